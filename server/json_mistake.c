/* The texts of AWS's JSON parser: see json_mistake.h. Only the texts matter: what is JSON is decided
 * elsewhere. */
#include "server/json_mistake.h"

#include "base/limits.h"

#include <ctype.h>
#include <string.h>

#define VALUES "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
#define TOKEN_CHARACTERS_MAX 256
#define SOURCE_BYTES_MAX 500

struct reader {
	const char *start, *at, *end;
	struct sw_buf *out;
	char open[SW_JSON_DEPTH_MAX + 1]; /* the brackets that are open */
	const char *opened[SW_JSON_DEPTH_MAX + 1];
	size_t depth;
};

static bool at_end(const struct reader *r)
{
	return r->at >= r->end;
}

static void skip_space(struct reader *r)
{
	while (!at_end(r) && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
		r->at++;
}

static const char *context(const struct reader *r)
{
	return r->depth == 0 ? "root" : r->open[r->depth] == '{' ? "Object" : "Array";
}

/* Bytes of the character at `at`; the text was checked to be UTF-8 when the request was read. */
static size_t character_bytes(const struct reader *r, const char *at)
{
	size_t len = 1;
	while (at + len < r->end && ((unsigned char)at[len] & 0xC0) == 0x80)
		len++;
	return len;
}

static unsigned character_code(const char *at, size_t len)
{
	unsigned code = (unsigned char)at[0];
	if (len > 1)
		code &= 0x7Fu >> len;
	for (size_t i = 1; i < len; i++)
		code = code << 6 | ((unsigned char)at[i] & 0x3F);
	return code;
}

/* 'x' (code 120), (CTRL-CHAR, code 10) */
static void print_character(struct reader *r, const char *at)
{
	size_t len = character_bytes(r, at);
	unsigned code = character_code(at, len);
	if (code < 0x20 || (code >= 0x7F && code < 0xA0)) {
		sw_buf_printf(r->out, "(CTRL-CHAR, code %u)", code);
		return;
	}
	sw_buf_printf(r->out, "'%.*s' (code %u", (int)len, at, code);
	if (code > 255)
		sw_buf_printf(r->out, " / 0x%x", code);
	sw_buf_char(r->out, ')');
}

static bool unexpected(struct reader *r, const char *at, const char *comment)
{
	sw_buf_text(r->out, "Unexpected character (");
	print_character(r, at);
	sw_buf_printf(r->out, "): %s", comment);
	r->at = at + character_bytes(r, at);
	return false;
}

static bool ends_early(struct reader *r, const char *where)
{
	sw_buf_printf(r->out, "Unexpected end-of-input%s", where);
	return false;
}

static bool ends_between(struct reader *r)
{
	sw_buf_printf(r->out, "Unexpected end-of-input within/between %s entries", context(r));
	return false;
}

void sw_json_mistake_place(const char *text, size_t len, size_t offset, struct sw_buf *out)
{
	unsigned line = 1, column = 1;
	size_t shown = len;
	for (size_t i = 0; i < offset; i++) {
		line += text[i] == '\n';
		column = text[i] == '\n' ? 1 : column + (((unsigned char)text[i] & 0xC0) != 0x80);
	}
	if (shown > SOURCE_BYTES_MAX) {
		for (shown = SOURCE_BYTES_MAX; shown > 0 && ((unsigned char)text[shown] & 0xC0) == 0x80;)
			shown--;
	}
	sw_buf_text(out, "[Source: (String)\"");
	sw_buf_append(out, text, shown);
	sw_buf_char(out, '"');
	if (shown < len)
		sw_buf_printf(out, "[truncated %zu chars]", len - shown);
	sw_buf_printf(out, "; line: %u, column: %u]", line, column);
}

static bool ends_open(struct reader *r)
{
	sw_buf_printf(r->out, "Unexpected end-of-input: expected close marker for %s (start marker at ",
		      context(r));
	sw_json_mistake_place(r->start, (size_t)(r->end - r->start), (size_t)(r->opened[r->depth] - r->start),
			      r->out);
	sw_buf_char(r->out, ')');
	return false;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool unknown_word(struct reader *r)
{
	const char *start = r->at;
	while (!at_end(r) && is_word(*r->at) && r->at - start < TOKEN_CHARACTERS_MAX)
		r->at++;
	while (r->at > start && !at_end(r) && ((unsigned char)*r->at & 0xC0) == 0x80)
		r->at--;
	sw_buf_printf(r->out, "Unrecognized token '%.*s%s': was expecting " VALUES, (int)(r->at - start),
		      start, r->at - start >= TOKEN_CHARACTERS_MAX ? "..." : "");
	return false;
}

static bool read_word(struct reader *r)
{
	static const char *const words[] = {"true", "false", "null"};
	for (size_t i = 0; i < 3; i++) {
		size_t len = strlen(words[i]);
		if ((size_t)(r->end - r->at) < len || memcmp(r->at, words[i], len) != 0)
			continue;
		if (r->at + len < r->end && is_word(r->at[len]))
			continue;
		r->at += len;
		return true;
	}
	return unknown_word(r);
}

static bool read_escape(struct reader *r)
{
	r->at++;
	if (at_end(r))
		return ends_early(r, " in character escape sequence");
	if (*r->at != 'u') {
		if (memchr("\"\\/bfnrt", *r->at, 8)) {
			r->at++;
			return true;
		}
		sw_buf_text(r->out, "Unrecognized character escape ");
		print_character(r, r->at);
		return false;
	}
	r->at++;
	for (int i = 0; i < 4; i++, r->at++) {
		if (at_end(r))
			return ends_early(r, " in character escape sequence");
		if (!isxdigit((unsigned char)*r->at))
			return unexpected(r, r->at, "expected a hex-digit for character escape sequence");
	}
	return true;
}

/* at is behind the opening quote. */
static bool read_string(struct reader *r, bool name)
{
	while (!at_end(r) && *r->at != '"') {
		if (*r->at == '\\') {
			if (!read_escape(r))
				return false;
		} else if ((unsigned char)*r->at < 0x20) {
			sw_buf_printf(
				r->out,
				"Illegal unquoted character ((CTRL-CHAR, code %d)): has to be escaped using "
				"backslash to be included in %s",
				*r->at, name ? "name" : "string value");
			return false;
		} else {
			r->at++;
		}
	}
	if (at_end(r))
		return ends_early(r, name ? " in field name"
					  : ": was expecting closing quote for a string value");
	r->at++;
	return true;
}

static bool read_digits(struct reader *r, const char *comment)
{
	if (at_end(r) || !isdigit((unsigned char)*r->at)) {
		if (at_end(r))
			return ends_early(r, " in numeric value");
		sw_buf_text(r->out, "Unexpected character (");
		print_character(r, r->at);
		sw_buf_printf(r->out, ") in numeric value: %s", comment);
		return false;
	}
	while (!at_end(r) && isdigit((unsigned char)*r->at))
		r->at++;
	return true;
}

static bool read_number(struct reader *r)
{
	if (*r->at == '-')
		r->at++;
	if (r->end - r->at > 1 && r->at[0] == '0' && isdigit((unsigned char)r->at[1])) {
		sw_buf_text(r->out, "Invalid numeric value: Leading zeroes not allowed");
		return false;
	}
	if (!read_digits(r, "expected digit (0-9) to follow minus sign, for valid numeric value"))
		return false;
	if (!at_end(r) && *r->at == '.') {
		r->at++;
		if (!read_digits(r, "Decimal point not followed by a digit"))
			return false;
	}
	if (!at_end(r) && (*r->at == 'e' || *r->at == 'E')) {
		r->at++;
		if (!at_end(r) && (*r->at == '+' || *r->at == '-'))
			r->at++;
		if (!read_digits(r, "Exponent indicator not followed by a digit"))
			return false;
	}
	return true;
}

static bool open_bracket(struct reader *r)
{
	if (r->depth == SW_JSON_DEPTH_MAX) {
		sw_buf_printf(r->out, "Document nesting depth (%d) exceeds the maximum allowed (%d)",
			      SW_JSON_DEPTH_MAX + 1, SW_JSON_DEPTH_MAX);
		return false;
	}
	r->depth++;
	r->open[r->depth] = *r->at;
	r->opened[r->depth] = r->at++;
	return true;
}

/* Up to the value of a member: "key" : */
static bool read_name(struct reader *r)
{
	if (*r->at != '"')
		return unexpected(r, r->at, "was expecting double-quote to start field name");
	r->at++;
	if (!read_string(r, true))
		return false;
	skip_space(r);
	if (at_end(r))
		return ends_between(r);
	if (*r->at != ':')
		return unexpected(r, r->at, "was expecting a colon to separate field name and value");
	r->at++;
	skip_space(r);
	return at_end(r) ? ends_between(r) : true;
}

/* A value, or the opening of one; at is not at the end. */
static bool read_value(struct reader *r)
{
	if (*r->at == '"') {
		r->at++;
		return read_string(r, false);
	}
	if (*r->at == '{' || *r->at == '[')
		return open_bracket(r);
	if (*r->at == '-' || isdigit((unsigned char)*r->at))
		return read_number(r);
	if (is_word(*r->at))
		return read_word(r);
	return unexpected(r, r->at, "expected a valid value " VALUES);
}

/* Behind a value: closing brackets, a comma. True at the next member or item, or at the end of the text. */
static bool read_separator(struct reader *r)
{
	for (skip_space(r); r->depth && !at_end(r) && (*r->at == '}' || *r->at == ']'); skip_space(r)) {
		char opened = r->open[r->depth];
		if ((opened == '{') != (*r->at == '}')) {
			sw_buf_printf(r->out, "Unexpected close marker '%c': expected '%c'", *r->at,
				      opened == '{' ? '}' : ']');
			return false;
		}
		r->depth--;
		r->at++;
	}
	if (r->depth == 0)
		return true;
	if (at_end(r))
		return ends_open(r);
	if (*r->at != ',') {
		sw_buf_text(r->out, "Unexpected character (");
		print_character(r, r->at);
		sw_buf_printf(r->out, "): was expecting comma to separate %s entries", context(r));
		return false;
	}
	r->at++;
	skip_space(r);
	return at_end(r) ? ends_between(r) : true;
}

static bool read_text(struct reader *r)
{
	skip_space(r);
	if (at_end(r)) { /* "Invalid State Machine Execution Input: 'Invalid execution input.'": recorded */
		sw_buf_text(r->out, "Invalid execution input.");
		return false;
	}
	do {
		if (r->depth && r->open[r->depth] == '{' && !read_name(r))
			return false;
		size_t depth = r->depth;
		if (!read_value(r))
			return false;
		skip_space(r);
		bool opened = r->depth > depth;
		if (opened && at_end(r))
			return ends_open(r);
		if (opened && *r->at != '}' && *r->at != ']')
			continue;
		if (!read_separator(r))
			return false;
	} while (r->depth > 0);
	return true;
}

bool sw_json_mistake(const char *text, size_t len, struct sw_buf *out, size_t *ret_offset)
{
	struct reader reader;
	reader.start = reader.at = text;
	reader.end = text + len;
	reader.out = out;
	reader.depth = 0;
	if (read_text(&reader))
		return false;
	if (ret_offset)
		*ret_offset = (size_t)(reader.at - text);
	return true;
}
