/*
 * JSONPath as a query language of states: paths ($...), paths into the context object ($$...), variables
 * ($name...) and intrinsic functions (States.X(...)), each where a field takes it.
 */
#include "asl/jsonpath/intrinsic.h"

#include <string.h>

struct jsonpath_expr {
	struct sw_expr base;
	struct sw_any_path path; /* path.path NULL: an intrinsic function */
	const struct sw_intrinsic *call;
};

/* ---- paths -------------------------------------------------------------------------------------------- */

static bool is_name_char(unsigned char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80 ||
	       (!first && c >= '0' && c <= '9');
}

static enum sw_result not_taken(struct sw_error *err, const char *what)
{
	return sw_error_set(err, SW_EQUERY, "%s is not allowed here", what);
}

/*
 * In ['...'] AWS takes \" for these two characters (recorded:
 * escape_sequence_parsing_escape_sequences_jsonpath.6cfa); the library would drop the backslash, so it gets two.
 * Copies the next character or escape of rest to own (room for three bytes); how many bytes were taken.
 */
static size_t copy_character(const char *rest, size_t len, bool *inside, char *own, size_t *ret_own_len)
{
	size_t taken = 0, used = 0;
	if (rest[0] == '\'')
		*inside = !*inside;
	if (*inside && rest[0] == '\\' && len > 1) {
		if (rest[1] == '"')
			own[used++] = '\\';
		own[used++] = rest[taken++];
	}
	own[used++] = rest[taken++];
	*ret_own_len = used;
	return taken;
}

/* The path's own text: "$" and what follows the prefix. */
static const char *own_text(const char *rest, size_t len, struct sw_owner *owner, size_t *ret_len)
{
	char *text = sw_arena_alloc(&owner->arena, len * 2 + 3);
	size_t used = 0, more;
	bool inside = false;
	if (!text)
		return NULL;
	text[used++] = '$';
	for (size_t i = 0; i < len; used += more)
		i += copy_character(rest + i, len - i, &inside, text + used, &more);
	text[used] = '\0';
	*ret_len = used;
	return text;
}

static size_t characters_of(const char *text, size_t len)
{
	size_t count = 0;
	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xC0) != 0x80;
	return count;
}

/* The column in "$" and rest of what is at column of its own text. */
static uint32_t column_of(const char *rest, size_t len, uint32_t column)
{
	size_t own = 1, here = 1, more;
	bool inside = false;
	char copy[3];
	for (size_t i = 0; i < len && own + 1 < column;) {
		size_t taken = copy_character(rest + i, len - i, &inside, copy, &more);
		own += characters_of(copy, more);
		here += characters_of(rest + i, taken);
		i += taken;
	}
	return column > 1 ? (uint32_t)here + 1 : column;
}

enum sw_result sw_any_path_compile(const char *text, size_t len, unsigned kinds, struct sw_owner *owner,
				   struct sw_any_path *path, struct sw_error *err)
{
	size_t prefix = 1, own_len;
	*path = (struct sw_any_path){.text = sw_arena_strdup(&owner->arena, text, len)};
	if (!path->text)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	if (len == 0 || text[0] != '$')
		return sw_error_set(err, SW_EQUERY, "a path begins with $");
	if (len > 1 && text[1] == '$') {
		if (!(kinds & SW_QUERY_CONTEXT))
			return not_taken(err, "a path into the context object ($$)");
		path->of_context = true;
		prefix = 2;
	} else if (len > 1 && is_name_char((unsigned char)text[1], true)) {
		if (!(kinds & SW_QUERY_VARIABLE))
			return not_taken(err, "a variable");
		while (prefix < len && is_name_char((unsigned char)text[prefix], false))
			prefix++;
		path->variable = path->text + 1;
		path->variable_len = prefix - 1;
	} else if (!(kinds & (SW_QUERY_PATH | SW_QUERY_REFERENCE))) {
		return not_taken(err, "a path");
	}
	const char *own = own_text(text + prefix, len - prefix, owner, &own_len);
	if (!own)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	struct sw_error inner = {0};
	enum sw_result r = sw_jsonpath_compile(own, own_len, owner, &path->path, &inner);
	if (r < 0) {
		if (inner.column > 0)
			inner.column = column_of(text + prefix, len - prefix, inner.column) +
				       (uint32_t)characters_of(text, prefix) - 1;
		if (err && err->code == SW_OK)
			*err = inner;
		return r;
	}
	if ((kinds & SW_QUERY_REFERENCE) && !(kinds & SW_QUERY_PATH) && !sw_path_is_reference(path->path))
		return sw_error_set(
			err, SW_EQUERY,
			"this is no reference path: only $, .name, ['name'] and [index] may be used");
	return SW_OK;
}

bool sw_any_path_reads_input(const struct sw_any_path *path)
{
	return !path->of_context && path->variable_len == 0;
}

/* What the path is evaluated over; NULL: a variable that there is not, or out of memory. */
static const json_t *root_of(const struct sw_any_path *path, const struct sw_query_env *env)
{
	if (path->of_context)
		return env->context ? env->context(env->user) : NULL;
	if (path->variable_len > 0)
		return env->variable ? env->variable(env->user, path->variable, path->variable_len) : NULL;
	return env->input;
}

enum sw_result sw_any_path_evaluate(const struct sw_any_path *path, const struct sw_query_env *env,
				    json_t **ret_tree, enum sw_jsonpath_error *ret_error,
				    struct sw_buf *message)
{
	const json_t *root = root_of(path, env);
	if (!root && path->variable_len > 0) {
		*ret_error = SW_JSONPATH_NOT_FOUND;
		sw_buf_reset(message);
		sw_buf_printf(message, "the variable $%.*s is not defined", (int)path->variable_len,
			      path->variable);
		return SW_EQUERY;
	}
	if (!root)
		return SW_ENOMEM;
	uint32_t own = SW_PATH_STEPS_MAX;
	enum sw_jsonpath_error error = sw_jsonpath_evaluate_within(
		path->path, root, env->steps_left ? env->steps_left : &own, ret_tree, message);
	if (error == SW_JSONPATH_OK)
		return SW_OK;
	/*
	 * An indefinite path that finds nothing is no failure on AWS, where Jayway throws: it gives an empty
	 * array (recorded: base/json_path_array_wildcard_or_slice_with_no_input_*).
	 */
	if (error == SW_JSONPATH_NOT_FOUND && !sw_jsonpath_is_definite(path->path)) {
		*ret_tree = json_array();
		return *ret_tree ? SW_OK : SW_ENOMEM;
	}
	*ret_error = error;
	return error == SW_JSONPATH_MEMORY ? SW_ENOMEM : SW_EQUERY;
}

/* ---- the language -------------------------------------------------------------------------------- */

static enum sw_result compile(const char *text, size_t len, unsigned kinds, struct sw_owner *owner,
			      const struct sw_expr **ret_expr, struct sw_error *err)
{
	struct jsonpath_expr *expr = sw_arena_alloc(&owner->arena, sizeof(*expr));
	char *copy = sw_arena_strdup(&owner->arena, text, len);
	enum sw_result r;
	if (!expr || !copy)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	expr->base = (struct sw_expr){&sw_query_jsonpath, copy};
	if (len > 7 && memcmp(text, "States.", 7) == 0) {
		if (!(kinds & SW_QUERY_INTRINSIC))
			return not_taken(err, "an intrinsic function");
		r = sw_intrinsic_compile(copy, len, owner, &expr->call, err);
	} else if (len == 0 || text[0] != '$') {
		r = sw_error_set(
			err, SW_EQUERY, "%s",
			kinds & SW_QUERY_INTRINSIC
				? "expected a path, which begins with $, or an intrinsic function, which "
				  "begins with States."
				: "a path begins with $");
	} else {
		r = sw_any_path_compile(text, len, kinds, owner, &expr->path, err);
	}
	if (r == SW_OK)
		*ret_expr = &expr->base;
	return r;
}

static enum sw_result evaluate(const struct sw_expr *base, const struct sw_query_env *env, json_t **ret_tree,
			       struct sw_failure *failure)
{
	const struct jsonpath_expr *expr = (const struct jsonpath_expr *)base;
	struct sw_buf message = SW_BUF;
	enum sw_jsonpath_error error;
	if (expr->call)
		return sw_intrinsic_evaluate(expr->call, env, ret_tree, failure);
	enum sw_result r = sw_any_path_evaluate(&expr->path, env, ret_tree, &error, &message);
	if (r == SW_EQUERY)
		r = sw_failure_set(failure, "States.Runtime", "%s", message.data ? message.data : "") < 0
			    ? SW_ENOMEM
			    : SW_EQUERY;
	sw_buf_done(&message);
	return r;
}

/*
 * In a template an index past the end of an array gives null (measured on AWS: floci-io/floci#3167); a path
 * that finds nothing has a text of its own (recorded: scenarios/invalid_jsonpath_in_string_expr), in which the input is
 * what was looked into (floci-io/floci#2870).
 */
static enum sw_result explain(const struct sw_expr *base, const char *field, const struct sw_query_env *env,
			      json_t **ret_tree, struct sw_failure *failure)
{
	const struct jsonpath_expr *expr = (const struct jsonpath_expr *)base;
	struct sw_buf message = SW_BUF;
	enum sw_jsonpath_error error = SW_JSONPATH_OK;
	if (expr->call)
		return SW_EQUERY;
	const json_t *root = root_of(&expr->path, env);
	if (root && sw_path_misses_index(expr->path.path, root)) {
		sw_failure_done(failure);
		*ret_tree = json_null();
		return SW_OK;
	}
	/* Again, for the kind of the failure. */
	enum sw_result r = sw_any_path_evaluate(&expr->path, env, ret_tree, &error, &message);
	sw_buf_done(&message);
	if (r == SW_EQUERY && error == SW_JSONPATH_NOT_FOUND &&
	    sw_failure_path_not_found(failure, base->text, field, expr->path.of_context ? root : env->input) <
		    0)
		r = SW_ENOMEM;
	return r;
}

static bool reads_input(const struct sw_expr *base)
{
	const struct jsonpath_expr *expr = (const struct jsonpath_expr *)base;
	return expr->call ? sw_intrinsic_reads_input(expr->call) : sw_any_path_reads_input(&expr->path);
}

static bool ends_in_dollar(const char *key)
{
	size_t len = key ? strlen(key) : 0;
	return len >= 2 && memcmp(key + len - 2, ".$", 2) == 0;
}

static bool is_expression(const char *key, const json_t *value)
{
	return ends_in_dollar(key);
}

static size_t name_length(const char *key, const json_t *value)
{
	return strlen(key) - (ends_in_dollar(key) ? 2 : 0);
}

static json_t *describe(const struct sw_expr *base)
{
	const struct jsonpath_expr *expr = (const struct jsonpath_expr *)base;
	return expr->call ? sw_intrinsic_describe(expr->call) : sw_any_path_describe(&expr->path);
}

const struct sw_query_ops sw_query_jsonpath = {
	.name = "JSONPath",
	.compile = compile,
	.evaluate = evaluate,
	.is_expression = is_expression,
	.name_length = name_length,
	.template_kinds = SW_QUERY_PATH | SW_QUERY_CONTEXT | SW_QUERY_VARIABLE | SW_QUERY_INTRINSIC,
	.explain = explain,
	.reads_input = reads_input,
	.describe = describe,
};
