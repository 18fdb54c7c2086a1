/* Reading a JSON text whose form is known: see strict_json.h. */
#include "server/strict_json.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void sw_strict_init(struct sw_strict *in, const char *text, size_t len, char *strings, struct sw_error *err)
{
	*in = (struct sw_strict){.text = text, .at = text, .end = text + len, .err = err};
	in->strings = in->strings_at = strings;
}

/* ---- where the reader is ---- */

size_t sw_strict_enter(struct sw_strict *in, const char *key)
{
	size_t mark = strlen(in->pointer);
	snprintf(in->pointer + mark, sizeof(in->pointer) - mark, "/%s", key);
	return mark;
}

size_t sw_strict_enter_index(struct sw_strict *in, size_t index)
{
	size_t mark = strlen(in->pointer);
	snprintf(in->pointer + mark, sizeof(in->pointer) - mark, "/%zu", index);
	return mark;
}

void sw_strict_leave(struct sw_strict *in, size_t mark)
{
	if (!in->failed)
		in->pointer[mark] = '\0';
}

bool sw_strict_mistake(struct sw_strict *in, const char *place, const char *format, ...)
{
	char text[256];
	va_list args;
	if (in->failed)
		return false;
	in->failed = true;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	sw_error_set(in->err, SW_EDEFINITION, "%s", text);
	if (!in->err)
		return false;
	in->err->line = in->err->column = 1;
	for (const char *c = in->text; c < place; c++) {
		if (*c == '\n') {
			in->err->line++;
			in->err->column = 1;
		} else if (((unsigned char)*c & 0xC0) != 0x80) { /* characters, not bytes */
			in->err->column++;
		}
	}
	snprintf(in->err->pointer, sizeof(in->err->pointer), "%s", in->pointer);
	return false;
}

const char *sw_strict_place(struct sw_strict *in)
{
	while (in->at < in->end && (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r'))
		in->at++;
	return in->at;
}

/* ---- objects and arrays ---- */

/* The character that comes next behind white space; NUL at the end. */
static char peek(struct sw_strict *in)
{
	return sw_strict_place(in) < in->end ? *in->at : '\0';
}

static bool take(struct sw_strict *in, char c, const char *what)
{
	if (in->failed || peek(in) != c)
		return sw_strict_mistake(in, in->at, "%s", what);
	in->at++;
	return true;
}

bool sw_strict_open(struct sw_strict *in, char bracket, const char *what)
{
	return take(in, bracket, what);
}

bool sw_strict_more(struct sw_strict *in, char bracket, bool *first)
{
	bool object = bracket == '{', was_first = *first;
	*first = false;
	if (in->failed)
		return false;
	if (peek(in) == (object ? '}' : ']')) {
		in->at++;
		return false;
	}
	if (was_first)
		return true;
	return take(in, ',', object ? "expected \",\" or \"}\"" : "expected \",\" or \"]\"");
}

bool sw_strict_end(struct sw_strict *in)
{
	if (in->failed)
		return false;
	return sw_strict_place(in) == in->end ||
	       sw_strict_mistake(in, in->at, "nothing may follow the object");
}

/* ---- strings ---- */

/* Four hexadecimal digits. */
static bool read_unit(struct sw_strict *in, unsigned *ret_unit)
{
	unsigned unit = 0;
	if (in->end - in->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = *in->at++;
		unit <<= 4;
		if (c >= '0' && c <= '9')
			unit |= (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			unit |= (unsigned)((c | 32) - 'a' + 10);
		else
			return false;
	}
	*ret_unit = unit;
	return true;
}

static void put_code_point(struct sw_strict *in, unsigned c)
{
	if (c < 0x80) {
		*in->strings_at++ = (char)c;
		return;
	}
	if (c < 0x800) {
		*in->strings_at++ = (char)(0xC0 | c >> 6);
	} else if (c < 0x10000) {
		*in->strings_at++ = (char)(0xE0 | c >> 12);
		*in->strings_at++ = (char)(0x80 | (c >> 6 & 0x3F));
	} else {
		*in->strings_at++ = (char)(0xF0 | c >> 18);
		*in->strings_at++ = (char)(0x80 | (c >> 12 & 0x3F));
		*in->strings_at++ = (char)(0x80 | (c >> 6 & 0x3F));
	}
	*in->strings_at++ = (char)(0x80 | (c & 0x3F));
}

/* Behind "\u". A character takes fewer bytes than its escape. */
static bool read_unicode(struct sw_strict *in)
{
	unsigned c, low;
	if (!read_unit(in, &c) || c == 0 || (c >= 0xDC00 && c < 0xE000))
		return false;
	if (c >= 0xD800 && c < 0xDC00) {
		if (in->end - in->at < 2 || in->at[0] != '\\' || in->at[1] != 'u')
			return false;
		in->at += 2;
		if (!read_unit(in, &low) || low < 0xDC00 || low >= 0xE000)
			return false;
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
	}
	put_code_point(in, c);
	return true;
}

static bool read_escape(struct sw_strict *in)
{
	static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	if (in->at == in->end)
		return false;
	char c = *in->at++;
	if (c == 'u')
		return read_unicode(in);
	const char *name = c ? strchr(names, c) : NULL;
	if (!name)
		return false;
	*in->strings_at++ = meanings[name - names];
	return true;
}

static bool read_string(struct sw_strict *in, const char *what, const char **ret_text, size_t *ret_len)
{
	const char *start = sw_strict_place(in), *text = in->strings_at;
	if (!take(in, '"', what))
		return false;
	while (in->at < in->end && *in->at != '"') {
		const char *place = in->at;
		unsigned char c = (unsigned char)*in->at++;
		if (c < 0x20)
			return sw_strict_mistake(in, place, "a control character inside a string");
		if (c != '\\')
			*in->strings_at++ = (char)c;
		else if (!read_escape(in))
			return sw_strict_mistake(in, place, "an escape that is not allowed");
	}
	if (in->at == in->end)
		return sw_strict_mistake(in, start, "a string without its end");
	in->at++;
	*ret_len = (size_t)(in->strings_at - text);
	*in->strings_at++ = '\0';
	*ret_text = text;
	return true;
}

bool sw_strict_key(struct sw_strict *in, const char **ret_key)
{
	size_t len;
	return read_string(in, "expected the name of a member, in double quotes", ret_key, &len) &&
	       take(in, ':', "expected \":\"");
}

bool sw_strict_string(struct sw_strict *in, const char *what, const char **ret_text, size_t *ret_len)
{
	return read_string(in, what, ret_text, ret_len);
}
