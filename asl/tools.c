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
		sw_buf_reset(&text);
		r = sw_json_print(tree, &text, TOOL_TEXT_BYTES_MAX);
		char *result = r == SW_OK ? sw_buf_take(&text, NULL) : NULL;
		if (result)
			*ret_text = result;
		else
			r = sw_error_set(err, r < 0 ? r : SW_ENOMEM, "the result cannot be printed");
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
