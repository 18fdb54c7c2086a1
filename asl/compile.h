/*
 * What the files of the compiler share. compile.c walks flows and states, compile_fields.c holds objects
 * against the table of fields, compile_data.c makes paths, templates and numbers, the other compile_*.c know
 * one kind of state each, check.c looks at the graph when it stands. Private to the compiler.
 *
 * Out of memory is remembered in the compiler; functions that make something then give NULL, and the
 * compilation ends with SW_ENOMEM.
 */
#ifndef SW_ASL_COMPILE_H
#define SW_ASL_COMPILE_H

#include "asl/fields.h"
#include "asl/findings.h"
#include "asl/graph.h"

/* A value of QueryLanguage. */
struct sw_language {
	const char *name;
	const struct sw_query_ops *ops;
	const struct sw_query_ops *catch_ops;  /* inside a Catcher */
	const struct sw_query_ops *result_ops; /* in Output and Assign of states that have a result */
	bool jsonata; /* expressions are "{% %}"; Arguments, Output... in place of the paths */
};

/* One list of states while it is compiled. */
struct sw_scope {
	const struct sw_flow *flow;
	const struct sw_place *place;
	bool ends;   /* has a state that ends it */
	bool broken; /* a transition or state could not be understood: what cannot be reached is not known */
	struct sw_scope *next;
};

/* A transition that is waiting for all states to be known. */
struct sw_target {
	const struct sw_state **slot;
	const struct sw_scope *scope;
	const struct sw_place *place;
	const char *name;
	struct sw_target *next;
};

struct sw_names;

struct sw_compiler {
	struct sw_machine *machine;
	struct sw_findings *findings;
	struct sw_arena scratch; /* places, scopes, targets, names: until the compilation ends */
	const struct sw_language *language;
	struct sw_state *states;
	struct sw_scope **scope_of; /* by state index */
	const struct sw_place **place_of;
	uint32_t used, count;
	struct sw_scope *scopes, **scopes_end;
	struct sw_target *targets, **targets_end;
	struct sw_names *in_flow, *in_machine, *labels;
	const char **resources;
	uint32_t suggestions_left;
	bool alone;            /* one state, without the machine around it: its targets need not exist */
	enum sw_result result; /* SW_OK, SW_ENOMEM, SW_ELIMIT */
};

/* ---- memory -------------------------------------------------------------------------------------------- */

/* Zeroed, owned by the machine; NULL (and the compiler remembers) when out of memory or count is 0. */
void *sw_compiler_take(struct sw_compiler *c, size_t count, size_t bytes);
/* A copy of one place that outlives the call. */
const struct sw_place *sw_compiler_place(struct sw_compiler *c, struct sw_place place);

/* ---- findings ----------------------------------------------------------------------------------------- */

/* A mistake at a value, at a key, or at a key for which AWS names the object around it. */
struct sw_mistake sw_at(const struct sw_place *at, const char *aws_text);
struct sw_mistake sw_at_key(const struct sw_place *at, const char *aws_text);
struct sw_mistake sw_at_member(const struct sw_place *at, const char *aws_text);
struct sw_mistake sw_warning(struct sw_mistake mistake, const char *code);
void sw_report(struct sw_compiler *c, struct sw_mistake mistake, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- objects and fields: compile_fields.c ------------------------------------------------------------- */

enum sw_check_flags {
	SW_CHECK_ANY_LANGUAGE = 1, /* the state's language is in doubt: do not hold fields against it */
};
/*
 * Holds an object against the table: unknown, misplaced, missing, excluding fields, types, ranges, closed
 * sets. False when value is no object (reported).
 */
bool sw_check_object(struct sw_compiler *c, const struct sw_language *language, const json_t *value,
		     unsigned context, unsigned flags, const struct sw_place *place);
/* The member when it is there and has one of the types; else NULL. */
const json_t *sw_member(const json_t *object, const char *name, unsigned types);
bool sw_type_matches(const json_t *value, unsigned types);
/* "a string", "a fraction"... */
const char *sw_type_phrase(const json_t *value);
/* The text of a string value without U+0000; NULL for anything else (such a string is reported by
 * sw_check_object). */
const char *sw_text(const json_t *value);
size_t sw_count_characters(const char *text);
/* "{% ... %}" */
bool sw_is_jsonata_string(const json_t *value);

/* ---- data: compile_data.c ----------------------------------------------------------------------------- */

/* All take the object, the context whose table row holds, and the object's place. Absent fields give the
 * default. */
void sw_compile_path_field(struct sw_compiler *c, const json_t *object, unsigned context, const char *name,
			   const struct sw_place *place, struct sw_path_field *ret_field);
const struct sw_expr *sw_compile_path(struct sw_compiler *c, const struct sw_field *field,
				      const json_t *value, const struct sw_place *place);
const struct sw_expr *sw_compile_expression(struct sw_compiler *c, const struct sw_language *language,
					    const json_t *value, const struct sw_place *place);
const struct sw_template *sw_compile_template(struct sw_compiler *c, const struct sw_language *language,
					      const json_t *value, const struct sw_place *place);
struct sw_assign sw_compile_assign(struct sw_compiler *c, const struct sw_language *language,
				   const json_t *object, const struct sw_place *place);
void sw_compile_result_path(struct sw_compiler *c, const json_t *object, const struct sw_place *place,
			    const struct sw_refpath **ret_path, bool *ret_null);
/* name: "TimeoutSeconds"; its twin "TimeoutSecondsPath" too. */
void sw_compile_number(struct sw_compiler *c, const struct sw_language *language, const json_t *object,
		       unsigned context, const char *name, const struct sw_place *place,
		       struct sw_number_field *ret_field);
void sw_compile_text(struct sw_compiler *c, const struct sw_language *language, const json_t *object,
		     unsigned context, const char *name, const struct sw_place *place,
		     struct sw_text_field *ret_field);
/* Structural checks of every "{% %}" string below value. */
void sw_check_jsonata_strings(struct sw_compiler *c, const json_t *value, const struct sw_place *place);

/* ---- states ------------------------------------------------------------------------------------------- */

/* A state being compiled. */
struct sw_work {
	struct sw_state *state;
	const json_t *json;
	const struct sw_place *place;
	struct sw_scope *scope;
	const struct sw_language *language;
	unsigned flags; /* for sw_check_object */
};
void sw_compile_task(struct sw_compiler *c, struct sw_work *w);     /* compile_task.c */
void sw_compile_choice(struct sw_compiler *c, struct sw_work *w);   /* compile_choice.c */
void sw_compile_map(struct sw_compiler *c, struct sw_work *w);      /* compile_map.c */
void sw_compile_parallel(struct sw_compiler *c, struct sw_work *w); /* compile.c */
void sw_compile_retry(struct sw_compiler *c, struct sw_work *w);    /* compile_retry.c */
void sw_compile_catch(struct sw_compiler *c, struct sw_work *w);    /* compile_retry.c */

/* A list of states; owner NULL for the machine's own. False: it was no object. */
bool sw_compile_flow(struct sw_compiler *c, const json_t *json, unsigned context,
		     const struct sw_state *owner, uint32_t index, const struct sw_place *place,
		     struct sw_flow *flow);
/*
 * *slot becomes the state that value names, once all are known. Anything but text is ignored (reported
 * already). The value stands at up/key; base is the place above that outlives the call.
 */
void sw_compile_target(struct sw_compiler *c, const json_t *value, struct sw_scope *scope,
		       const struct sw_place *base, const struct sw_place *up, const char *key,
		       const struct sw_state **slot);

/* ---- names -------------------------------------------------------------------------------------------- */

/* A table of names: what a flow holds, or a whole machine. */
struct sw_names *sw_names_new(struct sw_arena *arena, size_t count); /* NULL when out of memory */
/* Adds; false when it is there already. There is room for the count given to sw_names_new. */
bool sw_names_add(struct sw_names *names, const void *scope, const char *name, const struct sw_state *state);
const struct sw_state *sw_names_find(const struct sw_names *names, const void *scope, const char *name);

/* ---- check.c ------------------------------------------------------------------------------------------ */

void sw_check_graph(struct sw_compiler *c);

#endif
