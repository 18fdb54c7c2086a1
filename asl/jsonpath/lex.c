/*
 * The cursor over the text of a path. It sees the text as Jayway's CharacterIndex does: only the space is
 * blank, a trimmed end still has characters behind it.
 */
#include "asl/jsonpath/path.h"

#include <stdio.h>
#include <string.h>

void sw_path_lex_init(struct sw_path_lex *lex, const char *text, size_t len, uint32_t column,
		      const struct sw_path_lex *outer)
{
	*lex = (struct sw_path_lex){.text = text,
				    .len = (long)len,
				    .end = (long)len - 1,
				    .column = column,
				    .owner = outer->owner,
				    .err = outer->err,
				    .nesting = outer->nesting + 1};
}

void sw_path_lex_skip_blanks(struct sw_path_lex *lex)
{
	while (lex->at < lex->end && sw_path_lex_here(lex) == ' ')
		lex->at++;
}

void sw_path_lex_trim(struct sw_path_lex *lex)
{
	sw_path_lex_skip_blanks(lex);
	while (lex->at < lex->end && sw_path_lex_char(lex, lex->end) == ' ')
		lex->end--;
}

int sw_path_lex_next(const struct sw_path_lex *lex, long i, long *ret_at)
{
	i++;
	while (sw_path_lex_inside(lex, i) && sw_path_lex_char(lex, i) == ' ')
		i++;
	if (!sw_path_lex_inside(lex, i))
		return -1;
	if (ret_at)
		*ret_at = i;
	return sw_path_lex_char(lex, i);
}

long sw_path_lex_previous(const struct sw_path_lex *lex, long i)
{
	i--;
	while (sw_path_lex_inside(lex, i) && sw_path_lex_char(lex, i) == ' ')
		i--;
	return sw_path_lex_inside(lex, i) ? i : -1;
}

long sw_path_lex_unescaped(const struct sw_path_lex *lex, long i, int c)
{
	bool escaped = false;
	for (i++; sw_path_lex_inside(lex, i); i++) {
		if (escaped)
			escaped = false;
		else if (sw_path_lex_char(lex, i) == '\\')
			escaped = true;
		else if (sw_path_lex_char(lex, i) == c)
			return i;
	}
	return -1;
}

long sw_path_lex_closing(const struct sw_path_lex *lex, long i, int open, int close, bool skip_regex)
{
	long opened = 1;
	for (i++; sw_path_lex_inside(lex, i); i++) {
		int c = sw_path_lex_char(lex, i);
		if (c == '\'' || c == '"') {
			i = sw_path_lex_unescaped(lex, i, c);
			if (i < 0)
				return -1;
			i++;
		}
		if (skip_regex && sw_path_lex_char(lex, i) == '/') {
			i = sw_path_lex_unescaped(lex, i, '/');
			if (i < 0)
				return -1;
			i++;
		}
		c = sw_path_lex_char(lex, i);
		if (c == open)
			opened++;
		if (c == close && --opened == 0)
			return i;
	}
	return -1;
}

enum sw_result sw_path_lex_fail(struct sw_path_lex *lex, long i, const char *format, ...)
{
	struct sw_error *err = lex->err;
	char text[sizeof(err->text)];
	va_list args;
	if (err->code != SW_OK)
		return err->code;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	sw_error_set(err, SW_EQUERY, "%s", text);
	err->line = 1;
	err->column = lex->column;
	for (long at = 0; at < i && at < lex->len; at++)
		err->column += ((unsigned char)lex->text[at] & 0xC0) != 0x80;
	return SW_EQUERY;
}

static bool read_unit(const struct sw_path_lex *lex, long at, long to, uint32_t *ret_unit)
{
	uint32_t unit = 0;
	if (to - at < 4)
		return false;
	for (long i = at; i < at + 4; i++) {
		int c = sw_path_lex_char(lex, i);
		if (c >= '0' && c <= '9')
			unit = unit * 16 + (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			unit = unit * 16 + (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*ret_unit = unit;
	return true;
}

static size_t put_utf8(char *out, uint32_t point)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xC0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3F));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xE0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 0x3F));
		out[2] = (char)(0x80 | (point & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 0x3F));
	out[2] = (char)(0x80 | (point >> 6 & 0x3F));
	out[3] = (char)(0x80 | (point & 0x3F));
	return 4;
}

/* at is behind "\u". Returns where to go on, -1 for a mistake. */
static long unescape_unicode(struct sw_path_lex *lex, long at, long to, char *out, size_t *used)
{
	uint32_t unit, low;
	if (!read_unit(lex, at, to, &unit))
		return -1;
	at += 4;
	if (unit >= 0xD800 && unit <= 0xDBFF) {
		if (sw_path_lex_char(lex, at) != '\\' || sw_path_lex_char(lex, at + 1) != 'u' ||
		    !read_unit(lex, at + 2, to, &low) || low < 0xDC00 || low > 0xDFFF)
			return -1;
		unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
		at += 6;
	} else if ((unit >= 0xDC00 && unit <= 0xDFFF) || unit == 0) {
		return -1;
	}
	*used += put_utf8(out + *used, unit);
	return at;
}

const char *sw_path_lex_unescape(struct sw_path_lex *lex, long from, long to, size_t *ret_len)
{
	static const char names[] = "bfnrt", codes[] = "\b\f\n\r\t";
	size_t used = 0;
	char *out = sw_arena_alloc(&lex->owner->arena, (size_t)(to - from) + 1);
	if (!out) {
		sw_error_set(lex->err, SW_ENOMEM, "out of memory");
		return NULL;
	}
	for (long i = from; i < to;) {
		int c = sw_path_lex_char(lex, i++);
		if (c != '\\' || i >= to) {
			out[used++] = (char)c;
			continue;
		}
		c = sw_path_lex_char(lex, i++);
		const char *name = c > 0 ? strchr(names, c) : NULL;
		if (c == 'u') {
			long next = unescape_unicode(lex, i, to, out, &used);
			if (next < 0) {
				sw_path_lex_fail(
					lex, i - 2,
					"\\u must be followed by four hexadecimal digits of a character");
				return NULL;
			}
			i = next;
		} else {
			out[used++] = name ? codes[name - names] : (char)c;
		}
	}
	out[used] = '\0';
	*ret_len = used;
	return out;
}
