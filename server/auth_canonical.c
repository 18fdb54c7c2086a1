/* The canonical form of a request, which is what a signature signs: see auth.h. */
#include "server/auth.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_named(const struct sw_auth_field *header, struct sw_slice name)
{
	const char *wanted = name.data;
	if (header->name_len != name.len)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (lower(header->name[i]) != lower(wanted[i]))
			return false;
	}
	return true;
}

const struct sw_auth_field *sw_auth_header(const struct sw_auth_request *request, const char *name,
					   bool *ret_again)
{
	const struct sw_auth_field *found = NULL;
	*ret_again = false;
	for (size_t i = 0; i < request->headers_count; i++) {
		if (!is_named(&request->headers[i], sw_slice(name, strlen(name))))
			continue;
		if (found)
			*ret_again = true;
		else
			found = &request->headers[i];
	}
	return found;
}

/* ---- the query ---- */

/* One argument, encoded: its name and value are ordered on their own, as AWS does. */
struct argument {
	struct sw_buf name, value;
};

static void encode(struct sw_buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			     c == '-' || c == '_' || c == '.' || c == '~';
		if (plain)
			sw_buf_char(out, (char)c);
		else
			sw_buf_printf(out, "%%%02X", c);
	}
}

static int compare_arguments(const void *a, const void *b)
{
	const struct argument *first = a, *second = b;
	int order = sw_slice_compare(sw_slice(first->name.data, first->name.len),
				     sw_slice(second->name.data, second->name.len));
	return order ? order
		     : sw_slice_compare(sw_slice(first->value.data, first->value.len),
					sw_slice(second->value.data, second->value.len));
}

static enum sw_result append_query(const struct sw_auth_request *request, struct sw_buf *out)
{
	size_t count = request->query_count;
	struct argument *arguments = count ? sw_zalloc_array(count, sizeof(*arguments)) : NULL;
	if (count && !arguments)
		return SW_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct sw_auth_field *field = &request->query[i];
		encode(&arguments[i].name, field->name, field->name_len);
		encode(&arguments[i].value, field->value, field->value ? field->value_len : 0);
		out->failed = out->failed || arguments[i].name.failed || arguments[i].value.failed;
	}
	if (count && !out->failed)
		qsort(arguments, count, sizeof(*arguments), compare_arguments);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			sw_buf_char(out, '&');
		sw_buf_append(out, arguments[i].name.data, arguments[i].name.len);
		sw_buf_char(out, '=');
		sw_buf_append(out, arguments[i].value.data, arguments[i].value.len);
		sw_buf_done(&arguments[i].name);
		sw_buf_done(&arguments[i].value);
	}
	sw_free(arguments);
	return sw_buf_result(out);
}

/* ---- the headers ---- */

/* "Trimall" of the specification: no white space around, one space for white space within. */
static void append_value(struct sw_buf *out, const char *value, size_t len)
{
	size_t i = 0, start;
	bool first = true;
	for (;;) {
		while (i < len && is_blank(value[i]))
			i++;
		if (i == len)
			return;
		if (!first)
			sw_buf_char(out, ' ');
		first = false;
		start = i;
		while (i < len && !is_blank(value[i]))
			i++;
		sw_buf_append(out, value + start, i - start);
	}
}

static void append_lower(struct sw_buf *out, struct sw_slice text)
{
	const char *bytes = text.data;
	for (size_t i = 0; i < text.len; i++)
		sw_buf_char(out, lower(bytes[i]));
}

/* A header that came several times is one with its values joined, in the order in which they came. */
static void append_header(const struct sw_auth_request *request, struct sw_slice name, struct sw_buf *out)
{
	bool first = true;
	append_lower(out, name);
	sw_buf_char(out, ':');
	for (size_t i = 0; i < request->headers_count; i++) {
		const struct sw_auth_field *header = &request->headers[i];
		if (!is_named(header, name))
			continue;
		if (!first)
			sw_buf_char(out, ',');
		first = false;
		append_value(out, header->value ? header->value : "", header->value ? header->value_len : 0);
	}
	sw_buf_char(out, '\n');
}

enum sw_result sw_auth_canonical(const struct sw_auth_request *request, struct sw_slice signed_headers,
				 struct sw_buf *out)
{
	const char *at = signed_headers.data, *end = at + signed_headers.len;
	sw_buf_printf(out, "%s\n%s\n", request->method, request->path);
	if (append_query(request, out) != SW_OK)
		return SW_ENOMEM;
	sw_buf_char(out, '\n');
	for (;;) {
		const char *stop = memchr(at, ';', (size_t)(end - at));
		append_header(request, sw_slice(at, (size_t)((stop ? stop : end) - at)), out);
		if (!stop)
			break;
		at = stop + 1;
	}
	sw_buf_char(out, '\n');
	append_lower(out, signed_headers);
	sw_buf_char(out, '\n');
	return sw_buf_result(out);
}
