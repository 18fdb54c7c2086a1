/*
 * Answers JSONPath requests, one JSON a line, as `stepwell jsonpath --batch` does, without the rest of the
 * program:
 * {"id":1,"path":"$.a","data":{...}} gives {"id":1,"result":...} or
 * {"id":1,"error":{"code":"not_found","message":...}}.
 */
#include "asl/jsonpath/jsonpath.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const codes[] = {
	[SW_JSONPATH_OK] = "",
	[SW_JSONPATH_INVALID] = "invalid_path",
	[SW_JSONPATH_NOT_FOUND] = "not_found",
	[SW_JSONPATH_EVALUATION] = "evaluation",
	[SW_JSONPATH_LIMIT] = "limit",
	[SW_JSONPATH_MEMORY] = "memory",
};

static void put_error(struct sw_buf *out, enum sw_jsonpath_error error, const char *message)
{
	sw_buf_printf(out, "\"error\":{\"code\":\"%s\",\"message\":", codes[error]);
	sw_json_quote(out, message, strlen(message));
	sw_buf_text(out, "}");
}

static void answer(const char *line, size_t len, struct sw_buf *out)
{
	const struct sw_jsonpath *path;
	struct sw_error err = {0};
	struct sw_buf text = SW_BUF;
	struct sw_owner owner;
	json_t *request = NULL, *result = NULL;
	sw_owner_init(&owner);
	if (sw_json_parse(line, len, 0, &request, &err) < 0) {
		sw_buf_text(out, "{\"error\":{\"code\":\"request\"}}\n");
		return;
	}
	sw_buf_text(out, "{\"id\":");
	sw_json_print(json_object_get(request, "id"), out, 4096);
	sw_buf_char(out, ',');
	const json_t *path_text = json_object_get(request, "path");
	if (sw_jsonpath_compile(json_string_value(path_text), json_string_length(path_text), &owner, &path,
				&err) < 0) {
		put_error(out, SW_JSONPATH_INVALID, err.text);
	} else {
		enum sw_jsonpath_error error =
			sw_jsonpath_evaluate(path, json_object_get(request, "data"), &result, &text);
		if (error != SW_JSONPATH_OK) {
			put_error(out, error, text.data ? text.data : "");
		} else {
			sw_buf_text(out, "\"result\":");
			sw_json_print(result, out, 64u << 20);
		}
	}
	sw_buf_text(out, "}\n");
	json_decref(result);
	json_decref(request);
	sw_owner_done(&owner);
	sw_buf_done(&text);
}

int main(void)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t len;
	while ((len = getline(&line, &capacity, stdin)) > 0) {
		struct sw_buf out = SW_BUF;
		answer(line, (size_t)len, &out);
		fwrite(out.data, 1, out.len, stdout);
		fflush(stdout);
		sw_buf_done(&out);
	}
	free(line);
	return 0;
}
