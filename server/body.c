/* Writing JSON answers: see body.h. */
#include "server/body.h"

#include <inttypes.h>
#include <string.h>

static void quote(struct sw_buf *buf, const char *text, size_t len)
{
	size_t start = 0;
	sw_buf_char(buf, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		sw_buf_append(buf, text + start, i - start);
		start = i + 1;
		/* Payloads are JSON in JSON: these two are frequent, and a formatted print is slow. */
		char escape[2] = {'\\', c == '\n' ? 'n' : (char)c};
		if (c >= 0x20 || c == '\n')
			sw_buf_append(buf, escape, sizeof(escape));
		else
			sw_buf_printf(buf, "\\u%04x", c);
	}
	sw_buf_append(buf, text + start, len - start);
	sw_buf_char(buf, '"');
}

static void begin(struct sw_body *out, const char *key)
{
	if (out->comma)
		sw_buf_char(&out->text, ',');
	out->comma = true;
	if (key) {
		quote(&out->text, key, strlen(key));
		sw_buf_char(&out->text, ':');
	}
}

void sw_body_open(struct sw_body *out, const char *key, char bracket)
{
	begin(out, key);
	sw_buf_char(&out->text, bracket);
	out->comma = false;
}

void sw_body_close(struct sw_body *out, char bracket)
{
	sw_buf_char(&out->text, bracket);
	out->comma = true;
}

void sw_body_bytes(struct sw_body *out, const char *key, const char *text, size_t len)
{
	if (!text)
		return;
	begin(out, key);
	quote(&out->text, text, len);
}

void sw_body_text(struct sw_body *out, const char *key, const char *text)
{
	if (text)
		sw_body_bytes(out, key, text, strlen(text));
}

void sw_body_integer(struct sw_body *out, const char *key, int64_t number)
{
	begin(out, key);
	sw_buf_printf(&out->text, "%" PRId64, number);
}

void sw_body_boolean(struct sw_body *out, const char *key, bool truth)
{
	begin(out, key);
	sw_buf_text(&out->text, truth ? "true" : "false");
}

void sw_body_time(struct sw_body *out, const char *key, int64_t time_ms)
{
	uint64_t ms = time_ms < 0 ? 0 - (uint64_t)time_ms : (uint64_t)time_ms;
	begin(out, key);
	sw_buf_printf(&out->text, "%s%" PRIu64 ".%03u", time_ms < 0 ? "-" : "", ms / 1000,
		      (unsigned)(ms % 1000));
}

void sw_body_json(struct sw_body *out, const char *key, const char *json, size_t len)
{
	begin(out, key);
	sw_buf_append(&out->text, json, len);
}
