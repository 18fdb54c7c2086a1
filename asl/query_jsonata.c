/*
 * JSONata as a query language of states: strings "{% ... %}", $states, and failures in AWS's words. The
 * language itself is asl/jsonata/.
 */
#include "asl/jsonata/jsonata.h"
#include "asl/query.h"

#include <string.h>

/* Recorded by others on AWS: recursion that is no tail call ends near 100 calls; each takes three. */
#define DEPTH_MAX 302

struct jsonata_expr {
	struct sw_expr base;
	struct sw_jsonata *jsonata;
	bool sees_context; /* $states.context, or all of $states */
};

/* ---- compiling ---------------------------------------------------------------------------------------- */

static void free_jsonata(void *thing)
{
	sw_jsonata_free(thing);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The expression inside of "{% ... %}", without the white space around it, as failures show it. */
static const char *inner_text(const char *text, size_t *len)
{
	const char *from = text + 2, *to = text + *len - 2;
	while (from < to && is_space(*from))
		from++;
	while (to > from && is_space(to[-1]))
		to--;
	*len = (size_t)(to - from);
	return from;
}

/*
 * Where in the whole text, in characters from 1, line and column of the expression inside are; 0: no place is known.
 * (A string has one line in the file; an escaped line feed begins a new one in the expression.)
 */
static uint32_t column_in(const char *whole, const char *text, uint32_t line, uint32_t column)
{
	uint32_t before = (uint32_t)(text - whole); /* "{%" and white space: ASCII */
	if (line == 0 || column == 0)
		return 0;
	for (; line > 1 && *text; text++) {
		before += ((unsigned char)*text & 0xC0) != 0x80;
		line -= *text == '\n';
	}
	return before + column;
}

/*
 * The reference at `at`, in AWS's words (measured by others: floci-io/floci#2670, #2745) with advice behind them, which
 * compile_data.c takes off again.
 */
static enum sw_result refuse_reference(const struct sw_jsonata_reference *at, const char *text,
				       struct sw_error *err)
{
	if (err) {
		err->line = at->line;
		err->column = at->column;
	}
	return sw_error_set(err, SW_EINVAL, "%s", text);
}

/* NULL, or why a reference is refused where an expression may be of these kinds. */
static const char *reason_against(const struct sw_jsonata_reference *at, unsigned kinds)
{
	bool states = strcmp(at->name, "states") == 0;
	/* "$ and $$ at the top level are refused; use $states": what stands for an input there is none of. */
	if (at->name[0] == '\0')
		return "Reference to '$' at the top level is not supported. (the input is $states.input)";
	if (strcmp(at->name, "$") == 0)
		return "Reference to '$$' is not supported. (the input is $states.input)";
	/* "Attempting to access $states.result or $states.errorOutput in fields and states where they are not
	 * accessible will be caught at creation, update, or validation of the state machine." */
	if (states && at->member && strcmp(at->member, "errorOutput") == 0 &&
	    !(kinds & SW_QUERY_ERROR_OUTPUT))
		return "Field '$states.errorOutput' does not exist. (only Output and Assign of a Catcher "
		       "have it)";
	if (states && at->member && strcmp(at->member, "result") == 0 && !(kinds & SW_QUERY_RESULT))
		return "Field '$states.result' does not exist. (only Output and Assign of Task, Parallel and "
		       "Map "
		       "states have it)";
	return NULL;
}

static enum sw_result check_references(struct jsonata_expr *expr, unsigned kinds, struct sw_error *err)
{
	const struct sw_jsonata_reference *references;
	size_t count = sw_jsonata_references(expr->jsonata, &references);
	const char *field = sw_jsonata_top_level(expr->jsonata);
	if (field)
		return sw_error_set(
			err, SW_EINVAL,
			"Reference to '%s' at the top level is not supported. (the input is $states.input)",
			field);
	for (size_t i = 0; i < count; i++) {
		const struct sw_jsonata_reference *at = &references[i];
		const char *text = reason_against(at, kinds);
		if (text)
			return refuse_reference(at, text, err);
		if (strcmp(at->name, "states") == 0 && (!at->member || strcmp(at->member, "context") == 0))
			expr->sees_context = true;
	}
	return SW_OK;
}

static enum sw_result compile(const char *text, size_t len, unsigned kinds, struct sw_owner *owner,
			      const struct sw_expr **ret_expr, struct sw_error *err)
{
	struct sw_jsonata_error mistake = {0};
	struct jsonata_expr *expr = sw_arena_alloc(&owner->arena, sizeof(*expr));
	const char *whole = text;
	text = inner_text(text, &len);
	char *copy = expr ? sw_arena_strdup(&owner->arena, text, len) : NULL;
	if (!copy)
		return SW_ENOMEM;
	expr->base = (struct sw_expr){&sw_query_jsonata, copy};
	enum sw_result r = sw_jsonata_compile(text, len, SW_JSONATA_STEP_FUNCTIONS, &expr->jsonata, &mistake);
	if (r == SW_ENOMEM)
		return r;
	if (r < 0) {
		if (err)
			err->column = column_in(whole, text, mistake.line, mistake.column);
		return sw_error_set(err, SW_EQUERY, "%s: %s", mistake.code, mistake.message);
	}
	r = sw_owner_adopt(owner, expr->jsonata, free_jsonata);
	if (r == SW_OK)
		r = check_references(expr, kinds, err);
	if (r == SW_EINVAL && err) {
		err->column = column_in(whole, text, err->line, err->column);
		err->line = 1;
	}
	if (r < 0)
		return r;
	*ret_expr = &expr->base;
	return SW_OK;
}

/* ---- evaluating --------------------------------------------------------------------------------------- */

struct evaluation {
	const struct jsonata_expr *expr;
	const struct sw_query_env *env;
	json_t *states; /* built when it is first asked for */
	bool failed;    /* out of memory */
};

static bool put(json_t *object, const char *name, const json_t *value)
{
	return !value || json_object_set_nocheck(object, name, (json_t *)value) == 0;
}

/* "$states": the reserved variable with input, result, errorOutput and context. */
static const json_t *states_of(struct evaluation *evaluation)
{
	const struct sw_query_env *env = evaluation->env;
	if (evaluation->states)
		return evaluation->states;
	json_t *states = evaluation->states = json_object();
	const json_t *context =
		evaluation->expr->sees_context && env->context ? env->context(env->user) : NULL;
	if (!states || !put(states, "input", env->input) || !put(states, "result", env->result) ||
	    !put(states, "errorOutput", env->error_output) || !put(states, "context", context))
		evaluation->failed = true;
	return states;
}

static const json_t *variable(void *user, const char *name, size_t len)
{
	struct evaluation *evaluation = user;
	const struct sw_query_env *env = evaluation->env;
	if (len == 6 && memcmp(name, "states", 6) == 0)
		return states_of(evaluation);
	return env->variable ? env->variable(env->user, name, len) : NULL;
}

static enum sw_result evaluate(const struct sw_expr *base, const struct sw_query_env *env, json_t **ret_tree,
			       struct sw_failure *failure)
{
	struct evaluation evaluation = {.expr = (const struct jsonata_expr *)base, .env = env};
	struct sw_jsonata_env jsonata_env = {
		.variable = variable,
		.user = &evaluation,
		.now_ms = env->now_ms,
		.rng = env->rng,
		.depth_max = DEPTH_MAX,
	};
	struct sw_jsonata_error error = {0};
	json_t *tree = NULL;
	enum sw_result r = sw_jsonata_evaluate(evaluation.expr->jsonata, &jsonata_env, &tree, &error);
	json_decref(evaluation.states);
	if (evaluation.failed) {
		json_decref(tree);
		return SW_ENOMEM;
	}
	if (r == SW_OK && tree) {
		*ret_tree = tree;
		return SW_OK;
	}
	/* The rest of a sentence: locate() begins it. */
	if (r == SW_OK)
		r = sw_failure_set(failure, SW_ERROR_QUERY, "returned nothing (undefined).");
	else if (r == SW_EQUERY && strcmp(error.code, "U1001") == 0) /* a bound, which has no code on AWS */
		r = sw_failure_set(failure, SW_ERROR_QUERY, "threw an error during evaluation: %s",
				   error.message);
	else if (r == SW_EQUERY)
		r = sw_failure_set(failure, SW_ERROR_QUERY, "threw an error during evaluation. %s: %s",
				   error.code, error.message);
	return r < 0 ? r : SW_EQUERY;
}

static enum sw_result locate(const struct sw_expr *expr, const char *location, struct sw_failure *failure)
{
	struct sw_failure located = {0};
	enum sw_result r = sw_failure_set(&located, failure->error,
					  "The JSONata expression '%s' specified for the field '%s' %s",
					  expr->text, location, failure->cause ? failure->cause : "");
	if (r == SW_OK)
		r = sw_failure_locate(&located, location);
	if (r < 0) {
		sw_failure_done(&located);
		return r;
	}
	sw_failure_done(failure);
	*failure = located;
	return SW_OK;
}

enum sw_result sw_failure_unexpected(struct sw_failure *failure, const struct sw_expr *expr,
				     const char *location, const char *expected, const json_t *value)
{
	struct sw_buf shown = SW_BUF;
	enum sw_result r = sw_json_print(value, &shown, SW_CAUSE_BYTES_MAX);
	if (r == SW_OK || r == SW_ELIMIT)
		r = sw_failure_set(failure, SW_ERROR_QUERY,
				   "returned an unexpected result type. Expected '%s', but was '%s' for "
				   "value: %s",
				   expected, sw_json_type_name(value), shown.data);
	sw_buf_done(&shown);
	if (r == SW_OK)
		r = locate(expr, location, failure);
	return r < 0 ? r : SW_EQUERY;
}

/* ---- templates ---------------------------------------------------------------------------------------- */

/* "A string is an expression only if it starts {% and ends %} with nothing outside." */
static bool is_expression(const char *key, const json_t *value)
{
	if (!sw_json_is_string(value))
		return false;
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);
	return len >= 4 && memcmp(text, "{%", 2) == 0 && memcmp(text + len - 2, "%}", 2) == 0;
}

static size_t name_length(const char *key, const json_t *value)
{
	return strlen(key);
}

static json_t *describe(const struct sw_expr *expr)
{
	return sw_jsonata_describe(((const struct jsonata_expr *)expr)->jsonata);
}

#define OPERATIONS                                                                                   \
	.name = "JSONata", .compile = compile, .evaluate = evaluate, .is_expression = is_expression, \
	.name_length = name_length, .locate = locate, .mistake_code = "INVALID_JSONATA_EXPRESSION",  \
	.refusal_code = "UNSUPPORTED_JSONATA_EXPRESSION", .describe = describe

const struct sw_query_ops sw_query_jsonata = {OPERATIONS};
const struct sw_query_ops sw_query_jsonata_catch = {OPERATIONS, .template_kinds = SW_QUERY_ERROR_OUTPUT};
const struct sw_query_ops sw_query_jsonata_result = {OPERATIONS, .template_kinds = SW_QUERY_RESULT};
