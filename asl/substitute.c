/* ${Name} inside the strings of a definition, as AWS SAM and CloudFormation replace it. */
#include "asl/asl.h"
#include "asl/json_scan.h"

#include <string.h>

/* "${" + letters, digits, '_', '.', ':', '-' + "}": the length of the name; 0 when this is none. */
static size_t placeholder_length(const char *at, const char *end)
{
	const char *name = at + 2, *p = name;
	if (end - at < 4 || at[0] != '$' || at[1] != '{')
		return 0;
	while (p < end && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
			   *p == '_' || *p == '.' || *p == ':' || *p == '-'))
		p++;
	return p < end && *p == '}' ? (size_t)(p - name) : 0;
}

static const struct sw_substitution *find(const struct sw_substitution *list, size_t count, const char *name,
					  size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(list[i].name) == len && memcmp(list[i].name, name, len) == 0)
			return &list[i];
	}
	return NULL;
}

/* The value as it stands inside a JSON string. */
static void append_escaped(struct sw_buf *out, const char *value)
{
	struct sw_buf quoted = SW_BUF;
	sw_json_quote(&quoted, value, strlen(value));
	if (quoted.failed || quoted.len < 2)
		out->failed = true;
	else
		sw_buf_append(out, quoted.data + 1, quoted.len - 2);
	sw_buf_done(&quoted);
}

static enum sw_result report_unknown(struct sw_error *err, const char *text, const char *at, size_t len)
{
	if (err && err->code == SW_OK)
		sw_json_place((const uint8_t *)text, (const uint8_t *)at, &err->line, &err->column);
	return sw_error_set(err, SW_EDEFINITION, "the placeholder ${%.*s} has no value",
			    (int)(len < 200 ? len : 200), at + 2);
}

static enum sw_result substitute(const char *text, size_t text_len, const struct sw_substitution *list,
				 size_t count, bool keep_unknown, struct sw_buf *out, struct sw_error *err)
{
	const char *end = text + text_len, *copied = text;
	bool in_string = false;

	for (const char *at = text; at < end;) {
		size_t len = in_string && *at == '$' ? placeholder_length(at, end) : 0;
		if (len > 0) {
			const struct sw_substitution *found = find(list, count, at + 2, len);
			if (!found && !keep_unknown)
				return report_unknown(err, text, at, len);
			if (found) {
				sw_buf_append(out, copied, (size_t)(at - copied));
				append_escaped(out, found->value);
				copied = at + len + 3;
			}
			at += len + 3;
		} else if (in_string && *at == '\\') {
			at += end - at > 1 ? 2 : 1;
		} else {
			in_string = *at == '"' ? !in_string : in_string;
			at++;
		}
	}
	sw_buf_append(out, copied, (size_t)(end - copied));
	return SW_OK;
}

enum sw_result sw_definition_substitute(const char *text, size_t len, const struct sw_substitution *list,
					size_t count, bool keep_unknown, char **ret_text, size_t *ret_len,
					struct sw_error *err)
{
	struct sw_buf out = SW_BUF;
	size_t out_len;

	enum sw_result r = substitute(text, len, list, count, keep_unknown, &out, err);
	if (r == SW_OK)
		r = sw_buf_result(&out);
	char *taken = r == SW_OK ? sw_buf_take(&out, &out_len) : NULL;
	sw_buf_done(&out);
	if (!taken)
		return r == SW_EDEFINITION ? r : sw_error_set(err, SW_ENOMEM, "out of memory");
	*ret_text = taken;
	if (ret_len)
		*ret_len = out_len;
	return SW_OK;
}
