/* stepwell jsonpath EXPR [FILE]: one path, or with --batch many. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

static int evaluate(const char *path, const char *file)
{
	struct sw_error err = {0};
	size_t len;
	char *json = read_file(file, 64 << 20, &len), *text = NULL, *pretty = NULL;
	enum sw_result r;
	if (!json)
		return EXIT_USAGE;
	r = sw_jsonpath_query(path, strlen(path), json, len, &text, NULL, &err);
	if (r == SW_OK)
		r = sw_text_pretty_json(text, strlen(text), &pretty, &err);
	if (r == SW_OK)
		printf("%s\n", pretty);
	else if (r == SW_EJSON)
		complain_error(EXIT_USAGE, file, &err);
	else
		complain_expression(EXIT_USAGE, path, &err);
	sw_text_free(text);
	sw_text_free(pretty);
	free(json);
	return exit_of(r);
}

/* A member's text as it stands in the request line, so that numbers keep their digits. New; NULL when it has
 * none. */
static char *member_text(const char *line, size_t len, const char *path)
{
	char *text = NULL;
	return sw_jsonpath_query(path, strlen(path), line, len, &text, NULL, NULL) == SW_OK ? text : NULL;
}

static char *answer_error(const char *id, const char *kind, const char *message)
{
	json_t *error = json_pack("{s:s, s:s}", "code", kind, "message", message);
	char *text = error ? json_dumps(error, JSON_COMPACT) : NULL, *line = NULL;
	if (!text || asprintf(&line, "{\"id\":%s,\"error\":%s}", id, text) < 0)
		line = NULL;
	free(text);
	json_decref(error);
	return line;
}

/* One request line -> one answer line (new). */
static char *answer(const char *line, size_t len)
{
	char *id = member_text(line, len, "$.id"), *data = member_text(line, len, "$.data");
	char *quoted = member_text(line, len, "$.path"), *result = NULL, *text = NULL;
	json_t *path = quoted ? json_loads(quoted, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
	const char *kind = "invalid_request";
	struct sw_error err = {0};
	if (!json_is_string(path) || !data)
		sw_error_set(&err, SW_EINPUT, "a request is {\"id\", \"path\", \"data\"}");
	else if (sw_jsonpath_query(json_string_value(path), json_string_length(path), data, strlen(data),
				   &result, &kind, &err) == SW_OK &&
		 asprintf(&text, "{\"id\":%s,\"result\":%s}", id ? id : "null", result) < 0)
		text = NULL;
	if (!text)
		text = answer_error(id ? id : "null", kind ? kind : "error", err.text);
	json_decref(path);
	sw_text_free(id);
	sw_text_free(data);
	sw_text_free(quoted);
	sw_text_free(result);
	return text;
}

static int batch(void)
{
	char *line = NULL, *text;
	size_t capacity = 0;
	ssize_t len;
	while ((len = getline(&line, &capacity, stdin)) > 0) {
		text = answer(line, (size_t)len);
		if (!text)
			return complain(EXIT_STORE, "out of memory");
		puts(text);
		fflush(stdout);
		free(text);
	}
	free(line);
	return EXIT_OK;
}

int cmd_jsonpath(const struct options *options)
{
	if (options->batch)
		return batch();
	if (options->args_count == 0)
		return complain(EXIT_USAGE, "usage: stepwell jsonpath EXPR [FILE]");
	return evaluate(options->args[0], options->args_count > 1 ? options->args[1] : "-");
}
