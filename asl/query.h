/*
 * The seam between states and query languages: compile an expression once with the machine, evaluate it many
 * times with an environment. JSONPath (asl/jsonpath/) and later JSONata (asl/jsonata/) are each one
 * struct sw_query_ops; nothing outside them asks which language it is. Payload templates are shared: the
 * language only tells which members and strings are expressions.
 */
#ifndef SW_ASL_QUERY_H
#define SW_ASL_QUERY_H

#include "asl/value.h"
#include "base/mem.h"
#include "base/rng.h"

/* ---- a failure of the workflow: data, never a C error ------------------------------------------- */

/*
 * Error name and cause, each NULL when there is none (AWS leaves absent ones out), and of an evaluation that
 * failed where its expression stands ("Output/x"), which its EvaluationFailed event tells. Heap strings of the
 * holder.
 */
struct sw_failure {
	char *error, *cause, *location;
};
void sw_failure_done(struct sw_failure *failure);
/* Replaces what it holds; cause by printf format. SW_ENOMEM. Both are cut at what the API has room for. */
enum sw_result sw_failure_set(struct sw_failure *failure, const char *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Takes cause (may be NULL), copies error (may be NULL). */
enum sw_result sw_failure_take(struct sw_failure *failure, const char *error, char *cause);

/* ---- what a compiled thing owns ------------------------------------------------------------------- */

/* An arena, and things that need more than memory freed (trees, regexes). */
struct sw_owner {
	struct sw_arena arena;
	struct sw_owned *list;
};
void sw_owner_init(struct sw_owner *owner);
/* Calls done(thing) when the owner ends; also at once, when it returns SW_ENOMEM. */
enum sw_result sw_owner_adopt(struct sw_owner *owner, void *thing, void (*done)(void *thing));
json_t *sw_owner_adopt_tree_new(struct sw_owner *owner,
				json_t *tree); /* tree, or NULL; takes the reference */
void sw_owner_done(struct sw_owner *owner);

/* ---- languages ------------------------------------------------------------------------------------- */

/* Everything an expression may see. All trees are borrowed. */
struct sw_query_env {
	const json_t *input;        /* JSONPath: $; JSONata: $states.input */
	const json_t *result;       /* JSONata: $states.result, or NULL */
	const json_t *error_output; /* JSONata: $states.errorOutput, or NULL */
	/* The context object ($$), built at the first call and kept by the callee; NULL when out of memory.
	 */
	const json_t *(*context)(void *user);
	/* The value of a variable, or NULL when there is none of that name. */
	const json_t *(*variable)(void *user, const char *name, size_t len);
	void *user;
	uint32_t *
		steps_left; /* JSONPath: of SW_QUERY_STEPS_MAX, shared by evaluations; NULL: none is shared */
	int64_t now_ms;     /* the only clock */
	struct sw_rng *rng; /* the only randomness */
};

/* What a field takes (flags for compile). */
enum sw_query_kind {
	SW_QUERY_PATH = 1,          /* JSONPath: $..., also indefinite */
	SW_QUERY_REFERENCE = 2,     /* JSONPath: a reference path: $, .name, [n] only */
	SW_QUERY_CONTEXT = 4,       /* JSONPath: $$... */
	SW_QUERY_VARIABLE = 8,      /* JSONPath: $name... */
	SW_QUERY_INTRINSIC = 16,    /* JSONPath: States.X(...) */
	SW_QUERY_ERROR_OUTPUT = 32, /* JSONata: $states.errorOutput, which there is in a Catcher alone */
	SW_QUERY_RESULT = 64, /* JSONata: $states.result, in Output and Assign of states that have a result */
};

struct sw_query_ops;
/* A compiled expression; the language's own struct begins with it. Lives as long as its owner. */
struct sw_expr {
	const struct sw_query_ops *ops;
	const char *text; /* as written */
};

struct sw_query_ops {
	const char *name; /* "JSONPath", "JSONata": the value of QueryLanguage */
	/*
	 * Compiles text; kinds say what the field takes. SW_EQUERY: err->text says what is wrong, err->column
	 * where in the text (1-based; line is 1); column 0 when no place is known. SW_EINVAL likewise: the
	 * language has it, and it is not supported here. Memory comes from owner.
	 */
	enum sw_result (*compile)(const char *text, size_t len, unsigned kinds, struct sw_owner *owner,
				  const struct sw_expr **ret_expr, struct sw_error *err);
	/*
	 * Evaluates; *ret_tree is new. SW_EQUERY: failure holds the error name (States.Runtime, ...) and the
	 * bare cause
	 * ("No results for path: $['x']"), to which the caller adds where it happened. SW_ENOMEM.
	 */
	enum sw_result (*evaluate)(const struct sw_expr *expr, const struct sw_query_env *env,
				   json_t **ret_tree, struct sw_failure *failure);
	/*
	 * Is a member of a payload template an expression? JSONPath: the key ends in ".$" (the member's name
	 * is the key without it; a value that is no string is a mistake, reported by compile of the
	 * template). JSONata: the value is a string "{%...%}". key is NULL for items of arrays and the
	 * template itself.
	 */
	bool (*is_expression)(const char *key, const json_t *value);
	/* The length of the member's name in the result (JSONPath drops ".$"). */
	size_t (*name_length)(const char *key, const json_t *value);
	/* What sw_template_compile passes to compile for expressions inside templates. */
	unsigned template_kinds;
	const char *mistake_code; /* AWS's code of what compile refuses; NULL: the general one */
	const char *refusal_code; /* and of what it answers with SW_EINVAL */
	/*
	 * Called when evaluate failed, once it is known where the expression stands ("Output/x[0]"): leaves the
	 * failure in its final words. SW_ENOMEM. May be NULL: the failure stays as it is.
	 */
	enum sw_result (*locate)(const struct sw_expr *expr, const char *location,
				 struct sw_failure *failure);
	/*
	 * Called when evaluate failed for a member of a template (field: its key as written): gives a value
	 * after all (SW_OK, *ret_tree new), or leaves the failure in the words used of templates (SW_EQUERY).
	 * SW_ENOMEM. May be NULL: the failure stays as it is.
	 */
	enum sw_result (*explain)(const struct sw_expr *expr, const char *field,
				  const struct sw_query_env *env, json_t **ret_tree,
				  struct sw_failure *failure);
	/* Does it look into the input? May be NULL: an input of null is nothing special in the language. */
	bool (*reads_input)(const struct sw_expr *expr);
	/* What it was compiled to, as a tree for people (new); NULL: out of memory. */
	json_t *(*describe)(const struct sw_expr *expr);
};

extern const struct sw_query_ops sw_query_jsonpath;       /* asl/jsonpath/query.c */
extern const struct sw_query_ops sw_query_jsonata;        /* asl/query_jsonata.c */
extern const struct sw_query_ops sw_query_jsonata_catch;  /* the same inside a Catcher */
extern const struct sw_query_ops sw_query_jsonata_result; /* the same where there is a result */

#define SW_ERROR_QUERY "States.QueryEvaluationError"

/*
 * An expression of JSONata gave value for the field at location, which takes a `expected` ("array", "integer"):
 * the failure in AWS's words. Always SW_EQUERY or SW_ENOMEM.
 */
enum sw_result sw_failure_unexpected(struct sw_failure *failure, const struct sw_expr *expr,
				     const char *location, const char *expected, const json_t *value);
/* Sets failure->location (a copy). */
enum sw_result sw_failure_locate(struct sw_failure *failure, const char *location);

/* ---- payload templates ---------------------------------------------------------------------------- */

/* Parameters, ResultSelector, ItemSelector, Assign...; JSONata: Arguments, Output. Immutable. */
struct sw_template;

/* Called for each mistake: pointer below the template's own ("/a/b.$"), the AWS code, a message. */
typedef void sw_template_mistake_fn(void *user, const char *pointer, const char *code,
				    const struct sw_error *err);

/*
 * Compiles a template from its JSON (borrowed; what is kept is referenced through owner). All mistakes are
 * reported; SW_EQUERY when there was one; SW_ENOMEM.
 */
enum sw_result sw_template_compile(const json_t *source, const struct sw_query_ops *language,
				   struct sw_owner *owner, const struct sw_template **ret_template,
				   sw_template_mistake_fn *mistake, void *user);
/*
 * The same for the value of one member alone, as Assign needs it: key decides whether it is an expression
 * ("x.$"), the result of evaluating is the member's value. Pointers of mistakes begin below the member.
 */
enum sw_result sw_template_compile_member(const char *key, const json_t *value,
					  const struct sw_query_ops *language, struct sw_owner *owner,
					  const struct sw_template **ret_template,
					  sw_template_mistake_fn *mistake, void *user);
/*
 * Evaluates; *ret_tree is new and shares what is constant. SW_EQUERY with failure, in AWS's words, e.g.
 * States.Runtime, "The JSONPath '$.x' specified for the field 'value.$' could not be found in the input
 * '{...}'" (the caller adds the state). field is where the template stands: "Output", "Assign". SW_ENOMEM.
 */
enum sw_result sw_template_evaluate(const struct sw_template *template, const char *field,
				    const struct sw_query_env *env, json_t **ret_tree,
				    struct sw_failure *failure);
/* The expression that a template is as a whole; NULL: it is a constant, an object or an array. */
const struct sw_expr *sw_template_expression(const struct sw_template *template);

/* Calls each with every expression of the template and where it stands below it: "/a/0". */
typedef void sw_template_each_fn(void *user, const char *pointer, const struct sw_expr *expr);
void sw_template_each(const struct sw_template *template, sw_template_each_fn *each, void *user);

/* Does an expression of the template look into the input, in a language where that must not be null? */
bool sw_template_reads_input(const struct sw_template *template);

/* The failure text above, for a single field (Fail's CausePath uses it too). Prints at most
 * SW_CAUSE_BYTES_MAX. */
enum sw_result sw_failure_path_not_found(struct sw_failure *failure, const char *path, const char *field,
					 const json_t *input);

#endif
