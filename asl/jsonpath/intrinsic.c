/*
 * Calls of intrinsic functions: "States.Format('Hello, my name is {}.', $.name)". Arguments are strings in
 * single quotes, numbers, true, false, null, paths of all kinds and other calls.
 */
#include "asl/jsonpath/intrinsic.h"
#include "asl/describe.h"
#include "asl/json_scan.h"

#include <stdio.h>
#include <string.h>

struct argument {
	struct argument *next;
	json_t *literal;           /* or */
	struct sw_intrinsic *call; /* or */
	struct sw_any_path path;
};

struct sw_intrinsic {
	const struct sw_intrinsic_function *function;
	const char *text; /* as written; NULL inside another call */
	struct argument *arguments;
	size_t count;
};

struct call_parse {
	const char *text;
	size_t len, at;
	struct sw_owner *owner;
	struct sw_error *err;
	unsigned nesting;
};

static enum sw_result parse_call(struct call_parse *parse, struct sw_intrinsic **ret_call);

static enum sw_result fail(struct call_parse *parse, size_t at, const char *text)
{
	struct sw_error *err = parse->err;
	if (!err || err->code != SW_OK)
		return SW_EQUERY;
	sw_error_set(err, SW_EQUERY, "%s", text);
	err->line = 1;
	err->column = 1;
	for (size_t i = 0; i < at && i < parse->len; i++)
		err->column += ((unsigned char)parse->text[i] & 0xC0) != 0x80;
	return SW_EQUERY;
}

static enum sw_result no_memory(struct call_parse *parse)
{
	return sw_error_set(parse->err, SW_ENOMEM, "out of memory");
}

static int here(const struct call_parse *parse)
{
	return parse->at < parse->len ? (unsigned char)parse->text[parse->at] : -1;
}

static void skip_space(struct call_parse *parse)
{
	while (here(parse) == ' ' || here(parse) == '\t' || here(parse) == '\n' || here(parse) == '\r')
		parse->at++;
}

/* ---- arguments ---------------------------------------------------------------------------------------- */

/*
 * "A literal string in single quotes; \', \{, \} and \\ stand for the second character": all others are
 * refused (recorded: illegal_escapes_escape_sequences_illegal_intrinsic_function). States.Format needs to
 * tell \{ from {, so for it braces and backslashes keep theirs.
 */
static enum sw_result parse_string(struct call_parse *parse, bool template, json_t **ret_tree)
{
	struct sw_buf text = SW_BUF;
	size_t start = parse->at++;
	while (here(parse) >= 0 && here(parse) != '\'') {
		int c = here(parse);
		if (c == '\\') {
			parse->at++;
			c = here(parse);
			if (c != '\'' && c != '{' && c != '}' && c != '\\') {
				sw_buf_done(&text);
				return fail(parse, parse->at - 1,
					    "unknown escape in a string; known are \\' \\{ \\} \\\\");
			}
			if (template && c != '\'')
				sw_buf_char(&text, '\\');
		}
		sw_buf_char(&text, (char)c);
		parse->at++;
	}
	if (here(parse) < 0) {
		sw_buf_done(&text);
		return fail(parse, start, "the string is not closed by '");
	}
	parse->at++;
	if (sw_buf_result(&text) == SW_OK)
		*ret_tree = json_stringn_nocheck(text.data ? text.data : "", text.len);
	sw_buf_done(&text);
	return *ret_tree ? SW_OK : no_memory(parse);
}

/* A number, true, false or null: up to a comma, bracket or blank. */
static enum sw_result parse_word(struct call_parse *parse, json_t **ret_tree)
{
	size_t start = parse->at;
	while (here(parse) >= 0 && !strchr(",() \t\r\n'", here(parse)))
		parse->at++;
	enum sw_result r = sw_json_parse(parse->text + start, parse->at - start, 0, ret_tree, NULL);
	if (r == SW_ENOMEM)
		return no_memory(parse);
	if (r < 0 || sw_json_is_string(*ret_tree) || json_is_array(*ret_tree) || json_is_object(*ret_tree)) {
		json_decref(*ret_tree);
		*ret_tree = NULL;
		return fail(parse, start,
			    "expected an argument: a path, 'a string', a number, true, false, null or "
			    "States.X(...)");
	}
	return SW_OK;
}

/* The bytes before a column, which counts characters from 1 on. */
static size_t bytes_before(const char *text, size_t len, uint32_t column)
{
	size_t at = 0;
	for (uint32_t passed = 1; at < len && passed < column; passed++) {
		at++;
		while (at < len && ((unsigned char)text[at] & 0xC0) == 0x80)
			at++;
	}
	return at;
}

/* A path reaches to the comma or bracket that is in none of its own brackets and strings. */
static enum sw_result parse_path(struct call_parse *parse, struct sw_any_path *path)
{
	size_t start = parse->at, depth = 0;
	int quote = 0;
	for (; here(parse) >= 0; parse->at++) {
		int c = here(parse);
		if (quote) {
			if (c == '\\' && parse->at + 1 < parse->len)
				parse->at++;
			else if (c == quote)
				quote = 0;
		} else if (depth > 0 && (c == '\'' || c == '"')) {
			quote = c;
		} else if (c == '[' || c == '(') {
			depth++;
		} else if (depth > 0 && (c == ']' || c == ')')) {
			depth--;
		} else if (depth == 0 && (c == ',' || c == ')')) {
			break;
		}
	}
	size_t end = parse->at;
	while (end > start && strchr(" \t\r\n", parse->text[end - 1]))
		end--;
	struct sw_error inner = {0};
	enum sw_result r = sw_any_path_compile(parse->text + start, end - start,
					       sw_query_jsonpath.template_kinds, parse->owner, path, &inner);
	if (r == SW_EQUERY)
		return fail(parse, start + bytes_before(parse->text + start, end - start, inner.column),
			    inner.text);
	return r < 0 ? no_memory(parse) : SW_OK;
}

static enum sw_result parse_argument(struct call_parse *parse, bool template, struct argument *argument)
{
	enum sw_result r;
	int c = here(parse);
	if (c == '$')
		return parse_path(parse, &argument->path);
	if (c == 'S')
		return parse_call(parse, &argument->call);
	r = c == '\'' ? parse_string(parse, template, &argument->literal)
		      : parse_word(parse, &argument->literal);
	if (r == SW_OK && !sw_owner_adopt_tree_new(parse->owner, argument->literal))
		r = no_memory(parse);
	return r;
}

static enum sw_result parse_arguments(struct call_parse *parse, struct sw_intrinsic *call)
{
	struct argument **last = &call->arguments;
	bool format = strcmp(call->function->name, "Format") == 0;
	skip_space(parse);
	if (here(parse) == ')') {
		parse->at++;
		return SW_OK;
	}
	for (;;) {
		skip_space(parse);
		struct argument *argument = sw_arena_alloc(&parse->owner->arena, sizeof(*argument));
		if (!argument)
			return no_memory(parse);
		enum sw_result r = parse_argument(parse, format && call->count == 0, argument);
		if (r < 0)
			return r;
		*last = argument;
		last = &argument->next;
		if (++call->count > SW_INTRINSIC_ARGUMENTS_MAX)
			return fail(parse, parse->at, "too many arguments");
		skip_space(parse);
		int c = here(parse);
		if (c != ',' && c != ')')
			return fail(parse, parse->at, "expected ',' or ')' behind an argument");
		parse->at++;
		if (c == ')')
			return SW_OK;
	}
}

/* ---- calls -------------------------------------------------------------------------------------------- */

static enum sw_result check_count(struct call_parse *parse, const struct sw_intrinsic *call, size_t start)
{
	const struct sw_intrinsic_function *function = call->function;
	char text[160];
	if (call->count >= function->arguments_min && call->count <= function->arguments_max)
		return SW_OK;
	if (function->arguments_min == function->arguments_max)
		snprintf(text, sizeof(text), "States.%s takes %zu argument%s, not %zu", function->name,
			 function->arguments_min, function->arguments_min == 1 ? "" : "s", call->count);
	else
		snprintf(text, sizeof(text), "States.%s takes at least %zu argument%s%s, not %zu",
			 function->name, function->arguments_min, function->arguments_min == 1 ? "" : "s",
			 function->arguments_max < SW_INTRINSIC_ARGUMENTS_MAX ? " and one more" : "",
			 call->count);
	return fail(parse, start, text);
}

/* What is written out is known now: States.MathAdd(1, '-1') can never work. */
static enum sw_result check_types(struct call_parse *parse, const struct sw_intrinsic *call, size_t start)
{
	const char *takes = call->function->takes;
	const struct argument *at = call->arguments;
	char text[160];
	for (unsigned number = 1; at && *takes; at = at->next, takes++, number++) {
		bool wrong = at->literal && ((*takes == 'n' && !sw_json_is_number(at->literal)) ||
					     (*takes == 's' && !sw_json_is_string(at->literal)));
		if (!wrong)
			continue;
		snprintf(text, sizeof(text), "States.%s takes a %s as argument %u", call->function->name,
			 *takes == 'n' ? "number" : "string", number);
		return fail(parse, start, text);
	}
	return SW_OK;
}

static enum sw_result parse_call(struct call_parse *parse, struct sw_intrinsic **ret_call)
{
	static const char prefix[] = "States.";
	size_t start = parse->at, name = start + sizeof(prefix) - 1;
	if (++parse->nesting > SW_INTRINSIC_NESTING_MAX)
		return fail(parse, start, "more than 10 functions inside each other");
	if (parse->len - start < sizeof(prefix) ||
	    memcmp(parse->text + start, prefix, sizeof(prefix) - 1) != 0)
		return fail(parse, start, "expected States. and the name of a function");
	parse->at = name;
	while (here(parse) >= 0 && !strchr("( \t\r\n,)'", here(parse)))
		parse->at++;
	struct sw_intrinsic *call = sw_arena_alloc(&parse->owner->arena, sizeof(*call));
	if (!call)
		return no_memory(parse);
	call->function = sw_intrinsic_find(parse->text + name, parse->at - name);
	if (!call->function) {
		char text[160];
		size_t shown = parse->at - start < 80 ? parse->at - start : 80;
		while (start + shown < parse->len &&
		       ((unsigned char)parse->text[start + shown] & 0xC0) == 0x80)
			shown--; /* no half characters */
		snprintf(text, sizeof(text), "there is no function %.*s", (int)shown, parse->text + start);
		return fail(parse, start, text);
	}
	skip_space(parse);
	if (here(parse) != '(')
		return fail(parse, parse->at, "expected '(' behind the name of the function");
	parse->at++;
	enum sw_result r = parse_arguments(parse, call);
	if (r == SW_OK)
		r = check_count(parse, call, start);
	if (r == SW_OK)
		r = check_types(parse, call, start);
	if (r < 0)
		return r;
	parse->nesting--;
	*ret_call = call;
	return SW_OK;
}

enum sw_result sw_intrinsic_compile(const char *text, size_t len, struct sw_owner *owner,
				    const struct sw_intrinsic **ret_call, struct sw_error *err)
{
	struct call_parse parse = {.text = text, .len = len, .owner = owner, .err = err};
	if (len > SW_PATH_BYTES_MAX)
		return sw_error_set(err, SW_EQUERY, "the expression is longer than %d bytes",
				    SW_PATH_BYTES_MAX);
	if (!sw_json_is_utf8(text, len))
		return sw_error_set(err, SW_EQUERY, "the expression contains bytes that are not UTF-8");
	struct sw_intrinsic *call;
	enum sw_result r = parse_call(&parse, &call);
	if (r < 0)
		return r;
	size_t end = parse.at;
	skip_space(&parse);
	if (parse.at < len)
		return fail(&parse, parse.at, "there is more text behind the call");
	call->text = sw_arena_strdup(&owner->arena, text, end);
	if (!call->text)
		return no_memory(&parse);
	*ret_call = call;
	return SW_OK;
}

/* ---- for people ---------------------------------------------------------------------------------------- */

json_t *sw_intrinsic_describe(const struct sw_intrinsic *call)
{
	json_t *tree = json_object(), *list = json_array();
	sw_describe_put(&tree, "call", json_sprintf("States.%s", call->function->name));
	for (const struct argument *at = call->arguments; at; at = at->next)
		sw_describe_add(&list, at->literal ? json_incref(at->literal)
				       : at->call  ? sw_intrinsic_describe(at->call)
						   : sw_any_path_describe(&at->path));
	sw_describe_put(&tree, "arguments", list);
	return tree;
}

/* ---- evaluation --------------------------------------------------------------------------------------- */

/*
 * A path that has no value: AWS names the whole expression, not the inner call (measured:
 * floci-io/floci#2870).
 */
static enum sw_result argument_failed(const struct sw_intrinsic *whole, const char *message,
				      struct sw_failure *failure)
{
	enum sw_result r =
		sw_failure_set(failure, "States.Runtime", "The function '%s' had the following error: %s",
			       whole->text, message ? message : "");
	return r < 0 ? r : SW_EQUERY;
}

/*
 * A function that fails in itself. It is not the States.IntrinsicFailure of the specification (recorded:
 * gabrielmoreira/tiny-asl-machine, Feature.IntrinsicComposition-003 and many others).
 */
static enum sw_result function_failed(const struct sw_intrinsic *whole, const struct sw_intrinsic *call,
				      const struct sw_buf *message, struct sw_failure *failure)
{
	enum sw_result r =
		sw_failure_set(failure, "States.Runtime",
			       "There was an error while evaluating the intrinsic function: %s. %s%s",
			       whole->text, message->len > 0 ? message->data : "Invalid arguments in States.",
			       message->len > 0 ? "" : call->function->name);
	return r < 0 ? r : SW_EQUERY;
}

/*
 * As measured there: a path into the context object is told like one into the input, the input is that of the state
 * nevertheless, and an index into what is no array has the library's own text.
 */
static enum sw_result path_failed(const struct sw_intrinsic *whole, const struct sw_any_path *path,
				  const struct sw_query_env *env, enum sw_jsonpath_error error,
				  const struct sw_buf *message, struct sw_failure *failure)
{
	static const char no_array[] = "Filter: ";
	struct sw_buf text = SW_BUF;
	const char *told = message->data ? message->data : "";
	if (error != SW_JSONPATH_NOT_FOUND || strncmp(told, no_array, strlen(no_array)) == 0)
		return argument_failed(whole, told, failure);
	sw_buf_printf(&text, "The JsonPath argument for the field '%s' could not be found in the input '",
		      path->text + path->of_context);
	if (env->input)
		(void)sw_json_print(env->input, &text, SW_CAUSE_BYTES_MAX); /* cut: a cause is no longer */
	sw_buf_char(&text, '\'');
	enum sw_result r = sw_buf_result(&text);
	if (r == SW_OK)
		r = argument_failed(whole, text.data, failure);
	sw_buf_done(&text);
	return r;
}

static enum sw_result evaluate_call(const struct sw_intrinsic *whole, const struct sw_intrinsic *call,
				    const struct sw_query_env *env, json_t **ret_tree,
				    struct sw_failure *failure);

static enum sw_result evaluate_argument(const struct sw_intrinsic *whole, const struct argument *argument,
					const struct sw_query_env *env, json_t **ret_tree,
					struct sw_failure *failure)
{
	if (argument->call)
		return evaluate_call(whole, argument->call, env, ret_tree, failure);
	if (argument->literal) {
		*ret_tree = json_incref(argument->literal);
		return SW_OK;
	}
	struct sw_buf message = SW_BUF;
	enum sw_jsonpath_error error = SW_JSONPATH_OK;
	enum sw_result r = sw_any_path_evaluate(&argument->path, env, ret_tree, &error, &message);
	if (r == SW_EQUERY)
		r = path_failed(whole, &argument->path, env, error, &message, failure);
	sw_buf_done(&message);
	return r;
}

static enum sw_result evaluate_call(const struct sw_intrinsic *whole, const struct sw_intrinsic *call,
				    const struct sw_query_env *env, json_t **ret_tree,
				    struct sw_failure *failure)
{
	json_t **arguments = sw_zalloc_array(call->count, sizeof(*arguments));
	struct sw_buf message = SW_BUF;
	size_t count = 0;
	enum sw_result r = arguments ? SW_OK : SW_ENOMEM;
	for (const struct argument *at = call->arguments; at && r == SW_OK; at = at->next) {
		r = evaluate_argument(whole, at, env, &arguments[count], failure);
		count += r == SW_OK;
	}
	if (r == SW_OK) {
		struct sw_intrinsic_call given = {env, arguments, count, &message};
		r = call->function->run(&given, ret_tree);
		if (r == SW_EQUERY)
			r = function_failed(whole, call, &message, failure);
	}
	for (size_t i = 0; i < count; i++)
		json_decref(arguments[i]);
	sw_free(arguments);
	sw_buf_done(&message);
	return r;
}

enum sw_result sw_intrinsic_evaluate(const struct sw_intrinsic *call, const struct sw_query_env *env,
				     json_t **ret_tree, struct sw_failure *failure)
{
	return evaluate_call(call, call, env, ret_tree, failure);
}

bool sw_intrinsic_reads_input(const struct sw_intrinsic *call)
{
	for (const struct argument *at = call->arguments; at; at = at->next) {
		bool path = !at->literal && !at->call;
		if (path ? sw_any_path_reads_input(&at->path)
			 : at->call && sw_intrinsic_reads_input(at->call))
			return true;
	}
	return false;
}
