/* Single expressions and JSON texts, for tools: the last part of asl.h. */
#include "asl/asl.h"

#include "asl/json_scan.h"
#include "asl/jsonpath/jsonpath.h"

#include <string.h>

/* What a tool may make of one document. */
#define TOOL_TEXT_BYTES_MAX (64u << 20)

void sw_text_free(char *text)
{
	sw_free(text);
}

static const char *kind_name(enum sw_jsonpath_error error)
{
	switch (error) {
	case SW_JSONPATH_INVALID:
		return "invalid_path";
	case SW_JSONPATH_NOT_FOUND:
		return "not_found";
	case SW_JSONPATH_LIMIT:
		return "limit";
	default:
		return "evaluation";
	}
}

/* *ret_text is new. */
static enum sw_result give_text(const json_t *tree, char **ret_text, struct sw_error *err)
{
	struct sw_buf text = SW_BUF;
	enum sw_result r = sw_json_print(tree, &text, TOOL_TEXT_BYTES_MAX);
	char *result = r == SW_OK ? sw_buf_take(&text, NULL) : NULL;
	sw_buf_done(&text);
	if (!result)
		return sw_error_set(err, r < 0 ? r : SW_ENOMEM, "the result cannot be printed");
	*ret_text = result;
	return SW_OK;
}

static enum sw_result evaluate(const struct sw_jsonpath *path, const json_t *document, char **ret_text,
			       const char **ret_kind, struct sw_error *err)
{
	struct sw_buf text = SW_BUF;
	json_t *tree = NULL;
	enum sw_jsonpath_error error = sw_jsonpath_evaluate(path, document, &tree, &text);
	enum sw_result r = SW_OK;
	if (error == SW_JSONPATH_MEMORY) {
		r = sw_error_set(err, SW_ENOMEM, "out of memory");
	} else if (error != SW_JSONPATH_OK) {
		*ret_kind = kind_name(error);
		r = sw_error_set(err, SW_EQUERY, "%s", text.len ? text.data : "the path cannot be evaluated");
	} else {
		r = give_text(tree, ret_text, err);
	}
	json_decref(tree);
	sw_buf_done(&text);
	return r;
}

enum sw_result sw_jsonpath_query(const char *path, size_t path_len, const char *json, size_t json_len,
				 char **ret_text, const char **ret_kind, struct sw_error *err)
{
	const struct sw_jsonpath *compiled;
	const char *kind = NULL;
	json_t *document = NULL;
	struct sw_owner owner;
	enum sw_result r = sw_json_parse(json, json_len, 0, &document, err);
	if (r < 0)
		return r;
	sw_owner_init(&owner);
	r = sw_jsonpath_compile(path, path_len, &owner, &compiled, err);
	if (r == SW_OK)
		r = evaluate(compiled, document, ret_text, &kind, err);
	else if (r == SW_EQUERY)
		kind = "invalid_path";
	if (r == SW_EQUERY && ret_kind)
		*ret_kind = kind;
	sw_owner_done(&owner);
	json_decref(document);
	return r;
}

/* ---- calls of intrinsic functions ---------------------------------------------------------------------- */

/* The texts of struct sw_expression_env, parsed. */
struct world {
	json_t *input, *context, *variables;
};

static const json_t *context_of(void *user)
{
	return ((struct world *)user)->context;
}

static const json_t *variable_of(void *user, const char *name, size_t len)
{
	return json_object_getn(((struct world *)user)->variables, name, len);
}

static enum sw_result parse_part(const char *text, const char *name, json_t **ret_tree, struct sw_error *err)
{
	struct sw_error inner = {0};
	enum sw_result r = sw_json_parse(text ? text : "{}", text ? strlen(text) : 2, 0, ret_tree, &inner);
	if (r < 0) {
		sw_pointer_push(inner.pointer, sizeof(inner.pointer), name);
		if (err && err->code == SW_OK)
			*err = inner;
	}
	return r;
}

static enum sw_result world_parse(struct world *world, const struct sw_expression_env *env,
				  struct sw_error *err)
{
	enum sw_result r = parse_part(env->input, "input", &world->input, err);
	if (r == SW_OK)
		r = parse_part(env->context, "context", &world->context, err);
	if (r == SW_OK)
		r = parse_part(env->variables, "variables", &world->variables, err);
	if (r == SW_OK && !json_is_object(world->variables))
		r = sw_error_set(err, SW_EINPUT, "the variables must be a JSON object, by their names");
	return r;
}

static void world_done(struct world *world)
{
	json_decref(world->input);
	json_decref(world->context);
	json_decref(world->variables);
}

/* Hands over what the failure holds to those who asked. */
static enum sw_result tell_failure(struct sw_failure *failure, char **ret_error, char **ret_cause,
				   struct sw_error *err)
{
	sw_error_set(err, SW_EQUERY, "%s", failure->cause ? failure->cause : "the function failed");
	if (ret_error) {
		*ret_error = failure->error;
		failure->error = NULL;
	}
	if (ret_cause) {
		*ret_cause = failure->cause;
		failure->cause = NULL;
	}
	return SW_EQUERY;
}

enum sw_result sw_intrinsic_query(const char *call, size_t call_len, const struct sw_expression_env *env,
				  char **ret_text, char **ret_error, char **ret_cause, struct sw_error *err)
{
	struct world world = {0};
	uint64_t seed = env->seed ? *env->seed : 0;
	uint32_t steps_left = SW_QUERY_STEPS_MAX;
	struct sw_query_env query = {
		.context = context_of, .variable = variable_of, .user = &world, .steps_left = &steps_left};
	struct sw_failure failure = {0};
	const struct sw_expr *expr = NULL;
	struct sw_owner owner;
	json_t *tree = NULL;
	enum sw_result r = world_parse(&world, env, err);
	if (r == SW_OK && !env->seed && sw_entropy(&seed, sizeof(seed)) < 0)
		r = sw_error_set(err, SW_EIO, "no random numbers");
	struct sw_rng rng = sw_rng(seed);
	query.rng = &rng;
	query.input = world.input;
	sw_owner_init(&owner);
	if (r == SW_OK)
		r = sw_query_jsonpath.compile(call, call_len, SW_QUERY_INTRINSIC, &owner, &expr, err);
	if (r == SW_OK) {
		r = expr->ops->evaluate(expr, &query, &tree, &failure);
		if (r == SW_OK)
			r = give_text(tree, ret_text, err);
		else if (r == SW_EQUERY)
			r = tell_failure(&failure, ret_error, ret_cause, err);
		else
			sw_error_set(err, r, "%s", sw_result_text(r));
	}
	json_decref(tree);
	sw_failure_done(&failure);
	sw_owner_done(&owner);
	world_done(&world);
	return r;
}

/* ---- JSON texts ----------------------------------------------------------------------------------------- */

enum sw_result sw_text_check_json(const char *text, size_t len, struct sw_error *err)
{
	return sw_json_check(text, len, err);
}

static void new_line(struct sw_buf *out, size_t depth)
{
	static const char spaces[] = "                                ";
	sw_buf_char(out, '\n');
	for (size_t left = depth * 2; left > 0;) {
		size_t part = left < sizeof(spaces) - 1 ? left : sizeof(spaces) - 1;
		sw_buf_append(out, spaces, part);
		left -= part;
	}
}

/* The next token of text that is known to be JSON. */
static const uint8_t *token_end(struct sw_json_scan *scan)
{
	bool escaped;
	const uint8_t *start = scan->at++;
	if (*start == '"') {
		(void)sw_json_scan_string(scan, &escaped); /* was checked */
	} else if (!strchr("{}[],:", *start)) {
		while (scan->at < scan->end && !strchr("{}[],: \t\r\n", *scan->at))
			scan->at++;
	}
	return scan->at;
}

enum sw_result sw_text_pretty_json(const char *text, size_t len, char **ret_text, struct sw_error *err)
{
	const uint8_t *bytes = (const uint8_t *)(text ? text : "");
	struct sw_json_scan scan = {bytes, bytes, bytes + len, NULL};
	struct sw_buf out = SW_BUF;
	size_t depth = 0;
	uint8_t before = 0;
	enum sw_result r = sw_json_check(text, len, err);
	if (r < 0)
		return r;
	for (sw_json_scan_space(&scan); scan.at < scan.end; sw_json_scan_space(&scan)) {
		const uint8_t *start = scan.at, *end = token_end(&scan);
		bool open = before == '{' || before == '[', close = *start == '}' || *start == ']';
		depth -= close;
		if ((open || before == ',') ? !close : close)
			new_line(&out, depth);
		sw_buf_append(&out, start, (size_t)(end - start));
		if (*start == ':')
			sw_buf_char(&out, ' ');
		depth += *start == '{' || *start == '[';
		before = *start;
		if (out.len > TOOL_TEXT_BYTES_MAX) {
			sw_buf_done(&out);
			return sw_error_set(err, SW_ELIMIT, "the indented text is too long");
		}
	}
	char *result = sw_buf_take(&out, NULL);
	if (!result)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	*ret_text = result;
	return SW_OK;
}
