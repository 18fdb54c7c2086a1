/* JSONata's tokens. A '/' is an operator where an operand was just read (infix) and starts a regex elsewhere. */
#include "asl/jsonata/tree.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static const struct {
	char text[3];
	uint8_t symbol;
} two_characters[] = {
	{"..", SW_JN_SYMBOL_RANGE},         {":=", SW_JN_SYMBOL_BIND},       {"!=", SW_JN_SYMBOL_NOT_EQUAL},
	{">=", SW_JN_SYMBOL_GREATER_EQUAL}, {"<=", SW_JN_SYMBOL_LESS_EQUAL}, {"**", SW_JN_SYMBOL_DESCENDANT},
	{"~>", SW_JN_SYMBOL_APPLY},         {"?:", SW_JN_SYMBOL_ELVIS},      {"??", SW_JN_SYMBOL_COALESCE},
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v';
}

/* Characters that are operators, or end a name. */
static bool is_operator(char c)
{
	return c != '\0' && strchr(".[]{}(),@#;:?+-*/%|=<>^&!~", c) != NULL;
}

static char peek(const struct sw_jn_compiler *compiler, size_t ahead)
{
	return compiler->at + ahead < compiler->len ? compiler->text[compiler->at + ahead] : '\0';
}

/* Goes on by bytes; positions are UTF-16 units: two of a character that takes four bytes. */
static void skip(struct sw_jn_compiler *compiler, size_t bytes)
{
	for (; bytes && compiler->at < compiler->len; bytes--, compiler->at++) {
		unsigned char c = (unsigned char)compiler->text[compiler->at];
		compiler->position += ((c & 0xC0) != 0x80) + (c >= 0xF0);
	}
}

static enum sw_result fail_here(struct sw_jn_compiler *compiler, const char *code, const char *token)
{
	return sw_jn_compiler_fail(compiler, code, compiler->position, compiler->at, token, NULL);
}

static enum sw_result skip_spaces_and_comments(struct sw_jn_compiler *compiler)
{
	for (;;) {
		while (compiler->at < compiler->len && is_space(compiler->text[compiler->at]))
			skip(compiler, 1);
		if (peek(compiler, 0) != '/' || peek(compiler, 1) != '*')
			return SW_OK;
		uint32_t position = compiler->position;
		size_t at = compiler->at;
		const char *end = compiler->at + 4 <= compiler->len
					  ? memmem(compiler->text + at + 2, compiler->len - at - 2, "*/", 2)
					  : NULL;
		if (!end)
			return sw_jn_compiler_fail(compiler, "S0106", position, (uint32_t)at, NULL, NULL);
		skip(compiler, (size_t)(end + 2 - (compiler->text + at)));
	}
}

static enum sw_result token(struct sw_jn_compiler *compiler, enum sw_jn_token_kind kind,
			    struct sw_jn_value value)
{
	compiler->token.kind = (uint8_t)kind;
	compiler->token.value = value;
	compiler->token.position = compiler->position;
	return SW_OK;
}

static enum sw_result operator_token(struct sw_jn_compiler *compiler, uint8_t symbol, size_t bytes)
{
	const char *text = compiler->text + compiler->at;
	skip(compiler, bytes);
	compiler->token.symbol = symbol;
	return token(compiler, SW_JN_TOKEN_OPERATOR, sw_jn_string(text, bytes));
}

/* The '/' that ends a pattern: outside of brackets, and not escaped. */
static bool closes_regex(const struct sw_jn_compiler *compiler, int depth)
{
	size_t backslashes = 0;
	if (compiler->text[compiler->at] != '/' || depth != 0)
		return false;
	while (compiler->at > backslashes && compiler->text[compiler->at - backslashes - 1] == '\\')
		backslashes++;
	return backslashes % 2 == 0;
}

static enum sw_result regex_token(struct sw_jn_compiler *compiler)
{
	size_t start = compiler->at + 1, end;
	bool caseless = false, multiline = false;
	int depth = 0;
	skip(compiler, 1);
	for (; compiler->at < compiler->len && !closes_regex(compiler, depth); skip(compiler, 1)) {
		char c = compiler->text[compiler->at];
		if (compiler->text[compiler->at - 1] == '\\')
			continue;
		if (c == '(' || c == '[' || c == '{')
			depth++;
		if (c == ')' || c == ']' || c == '}')
			depth--;
	}
	if (compiler->at >= compiler->len)
		return fail_here(compiler, "S0302", NULL);
	end = compiler->at;
	if (end == start)
		return fail_here(compiler, "S0301", NULL);
	for (skip(compiler, 1); peek(compiler, 0) == 'i' || peek(compiler, 0) == 'm'; skip(compiler, 1)) {
		caseless = caseless || peek(compiler, 0) == 'i';
		multiline = multiline || peek(compiler, 0) == 'm';
	}
	enum sw_result r = sw_jn_regex_compile(compiler, compiler->text + start, end - start, caseless,
					       multiline, &compiler->token.regex);
	return r == SW_OK ? token(compiler, SW_JN_TOKEN_REGEX,
				  sw_jn_string(compiler->text + start - 1, compiler->at - start + 1))
			  : r;
}

static bool four_digits(const struct sw_jn_compiler *compiler, size_t ahead, unsigned *ret_unit)
{
	unsigned unit = 0;
	for (size_t i = 0; i < 4; i++) {
		char c = peek(compiler, ahead + i);
		unsigned digit;
		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			digit = (unsigned)((c | 32) - 'a' + 10);
		else
			return false;
		unit = unit * 16 + digit;
	}
	*ret_unit = unit;
	return true;
}

/* UTF-8 of a code point; half a surrogate pair is written like any other (nothing is lost; printing it fails). */
static size_t put_character(char *out, unsigned c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xC0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xE0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3F));
		out[2] = (char)(0x80 | (c & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3F));
	out[2] = (char)(0x80 | (c >> 6 & 0x3F));
	out[3] = (char)(0x80 | (c & 0x3F));
	return 4;
}

/* Behind a backslash. *ret_len bytes are written to out. */
static enum sw_result escape(struct sw_jn_compiler *compiler, char *out, size_t *ret_len)
{
	static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	char c = peek(compiler, 0), text[5] = "";
	const char *name = c ? strchr(names, c) : NULL;
	unsigned unit, low;
	if (name) {
		*out = meanings[name - names];
		*ret_len = 1;
		skip(compiler, 1);
		return SW_OK;
	}
	if (c != 'u') {
		size_t bytes = 1;
		while (bytes < 4 && ((unsigned char)peek(compiler, bytes) & 0xC0) == 0x80)
			bytes++;
		if (compiler->at < compiler->len)
			memcpy(text, compiler->text + compiler->at, bytes);
		return fail_here(compiler, "S0103", text);
	}
	if (!four_digits(compiler, 1, &unit))
		return fail_here(compiler, "S0104", NULL);
	skip(compiler, 5);
	if (unit >= 0xD800 && unit < 0xDC00 && peek(compiler, 0) == '\\' && peek(compiler, 1) == 'u' &&
	    four_digits(compiler, 2, &low) && low >= 0xDC00 && low < 0xE000) {
		skip(compiler, 6);
		unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
	}
	*ret_len = put_character(out, unit);
	return SW_OK;
}

static enum sw_result string_token(struct sw_jn_compiler *compiler)
{
	char quote = compiler->text[compiler->at];
	size_t start = compiler->at + 1, end = start, len = 0, bytes = 0;
	while (end < compiler->len && compiler->text[end] != quote)
		end += compiler->text[end] == '\\' ? 2 : 1;
	skip(compiler, 1);
	if (end < compiler->len && !memchr(compiler->text + start, '\\', end - start)) {
		skip(compiler, end + 1 - start);
		return token(compiler, SW_JN_TOKEN_STRING, sw_jn_string(compiler->text + start, end - start));
	}
	/* What an escape means is never longer than the escape. */
	char *text = sw_jn_compiler_alloc(compiler, (end < compiler->len ? end : compiler->len) - start + 1);
	if (!text)
		return compiler->failed;
	while (compiler->at < compiler->len) {
		char c = compiler->text[compiler->at];
		skip(compiler, 1);
		if (c == quote)
			return token(compiler, SW_JN_TOKEN_STRING, sw_jn_string(text, len));
		if (c != '\\') {
			text[len++] = c;
			continue;
		}
		if (escape(compiler, text + len, &bytes) < 0)
			return compiler->failed;
		len += bytes;
	}
	return fail_here(compiler, "S0101", NULL);
}

static size_t digits(const struct sw_jn_compiler *compiler, size_t ahead)
{
	size_t count = 0;
	while (peek(compiler, ahead + count) >= '0' && peek(compiler, ahead + count) <= '9')
		count++;
	return count;
}

static enum sw_result number_token(struct sw_jn_compiler *compiler)
{
	size_t bytes = peek(compiler, 0) == '0' ? 1 : digits(compiler, 0), exponent;
	char text[400], *copy = text;
	if (peek(compiler, bytes) == '.' && digits(compiler, bytes + 1))
		bytes += 1 + digits(compiler, bytes + 1);
	if (peek(compiler, bytes) == 'e' || peek(compiler, bytes) == 'E') {
		exponent = peek(compiler, bytes + 1) == '+' || peek(compiler, bytes + 1) == '-' ? 2 : 1;
		if (digits(compiler, bytes + exponent))
			bytes += exponent + digits(compiler, bytes + exponent);
	}
	if (bytes >= sizeof(text) && !(copy = sw_jn_compiler_alloc(compiler, bytes + 1)))
		return compiler->failed;
	memcpy(copy, compiler->text + compiler->at, bytes);
	copy[bytes] = '\0';
	double number = strtod(copy, NULL);
	if (!isfinite(number))
		return fail_here(compiler, "S0102", copy);
	skip(compiler, bytes);
	return token(compiler, SW_JN_TOKEN_NUMBER, sw_jn_number(number));
}

static enum sw_result quoted_name_token(struct sw_jn_compiler *compiler)
{
	const char *start = compiler->text + compiler->at + 1;
	const char *end = memchr(start, '`', compiler->len - compiler->at - 1);
	skip(compiler, end ? (size_t)(end - start) + 2 : compiler->len);
	return end ? token(compiler, SW_JN_TOKEN_NAME, sw_jn_string(start, (size_t)(end - start)))
		   : fail_here(compiler, "S0105", NULL);
}

static enum sw_result name_token(struct sw_jn_compiler *compiler)
{
	const char *start = compiler->text + compiler->at;
	size_t len = 0;
	while (compiler->at + len < compiler->len && !is_space(start[len]) && !is_operator(start[len]))
		len++;
	skip(compiler, len);
	struct sw_jn_value name = sw_jn_string(start, len);
	if (*start == '$')
		return token(compiler, SW_JN_TOKEN_VARIABLE, sw_jn_string(start + 1, len - 1));
	uint8_t symbol = sw_jn_is_string(name, "or")    ? SW_JN_SYMBOL_OR
			 : sw_jn_is_string(name, "in")  ? SW_JN_SYMBOL_IN
			 : sw_jn_is_string(name, "and") ? SW_JN_SYMBOL_AND
							: 0;
	compiler->token.symbol = symbol;
	if (symbol)
		return token(compiler, SW_JN_TOKEN_OPERATOR, name);
	if (sw_jn_is_string(name, "true") || sw_jn_is_string(name, "false"))
		return token(compiler, SW_JN_TOKEN_VALUE, sw_jn_boolean(len == 4));
	if (sw_jn_is_string(name, "null"))
		return token(compiler, SW_JN_TOKEN_VALUE, sw_jn_null());
	return token(compiler, SW_JN_TOKEN_NAME, name);
}

enum sw_result sw_jn_lex(struct sw_jn_compiler *compiler, bool infix)
{
	if (skip_spaces_and_comments(compiler) < 0)
		return compiler->failed;
	compiler->token = (struct sw_jn_token){.at = (uint32_t)compiler->at};
	if (compiler->at >= compiler->len)
		return token(compiler, SW_JN_TOKEN_END, sw_jn_string("(end)", 5));
	char c = peek(compiler, 0);
	if (c == '/' && !infix)
		return regex_token(compiler);
	for (size_t i = 0; i < sizeof(two_characters) / sizeof(two_characters[0]); i++)
		if (c == two_characters[i].text[0] && peek(compiler, 1) == two_characters[i].text[1])
			return operator_token(compiler, two_characters[i].symbol, 2);
	if (is_operator(c))
		return operator_token(compiler, (uint8_t)c, 1);
	if (c == '"' || c == '\'')
		return string_token(compiler);
	if (c >= '0' && c <= '9')
		return number_token(compiler);
	return c == '`' ? quoted_name_token(compiler) : name_token(compiler);
}
