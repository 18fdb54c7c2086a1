/*
 * What the two languages read differently is rewritten: escapes (\u, \v, \s, letters without a meaning), `.`,
 * `$` and `^` with JavaScript's line ends, `[` inside of classes, braces that are no quantifier; what only PCRE2
 * knows ((?i), (*VERB), x++, \Q) is refused or means what it means in JavaScript.
 */
#include "asl/jsonata/regex_translate.h"

#include <string.h>

#define SPACES               \
	"\\t\\n\\x0b\\f\\r " \
	"\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
#define NO_LINE_END "[^\\n\\r\\x{2028}\\x{2029}]"
#define LINE_START "(?:\\A|(?<=[\\n\\r\\x{2028}\\x{2029}]))"
#define LINE_END "(?=[\\n\\r\\x{2028}\\x{2029}]|\\z)"

struct translation {
	const char *at, *end;
	struct sw_buf *out;
	bool multiline, named; /* named: some group has a name, so that \k means it */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* count hex digits at text; -1 when they are not there. */
static int hex(const char *text, const char *end, int count)
{
	int number = 0;
	if (end - text < count)
		return -1;
	for (int i = 0; i < count; i++) {
		int digit = hex_digit(text[i]);
		if (digit < 0)
			return -1;
		number = number * 16 + digit;
	}
	return number;
}

/* \uXXXX, with a second half of a pair; at stands on the u. False: not one. */
static bool unicode(struct translation *translation)
{
	int unit = hex(translation->at + 1, translation->end, 4), low;
	if (unit < 0)
		return false;
	translation->at += 5;
	if (unit >= 0xD800 && unit < 0xDC00 && translation->end - translation->at >= 6 &&
	    !memcmp(translation->at, "\\u", 2)) {
		low = hex(translation->at + 2, translation->end, 4);
		if (low >= 0xDC00 && low < 0xE000) {
			unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
			translation->at += 6;
		}
	}
	/* Half a pair is in no text that PCRE2 looks at. */
	if (unit >= 0xD800 && unit < 0xE000)
		unit = 0x10FFFF;
	sw_buf_printf(translation->out, "\\x{%x}", (unsigned)unit);
	return true;
}

/* A letter that means itself. */
static void literal(struct translation *translation, char c)
{
	if ((unsigned char)c < 0x80 && !is_digit(c) && ((c | 32) < 'a' || (c | 32) > 'z'))
		sw_buf_char(translation->out, '\\');
	sw_buf_char(translation->out, c);
}

/* Behind a backslash. */
static void escape(struct translation *translation, bool in_class)
{
	char c = *translation->at;
	int number;
	if (c == 'u' && unicode(translation))
		return;
	if (c == 'x' && (number = hex(translation->at + 1, translation->end, 2)) >= 0) {
		sw_buf_printf(translation->out, "\\x{%x}", (unsigned)number);
		translation->at += 3;
		return;
	}
	translation->at++;
	if (c == 'v')
		sw_buf_text(translation->out, "\\x{b}");
	else if (c == 's')
		sw_buf_text(translation->out, in_class ? SPACES : "[" SPACES "]");
	else if (c == 'S')
		sw_buf_text(translation->out, in_class ? "\\S" : "[^" SPACES "]");
	else if (c == '0' && !(translation->at < translation->end && is_digit(*translation->at)))
		sw_buf_text(translation->out, "\\x{0}");
	else if (c == 'b')
		sw_buf_text(translation->out, in_class ? "\\x{8}" : "\\b");
	else if (strchr("dDwWtnfr", c) || (c == 'B' && !in_class) || is_digit(c) ||
		 (c == 'k' && translation->named && !in_class))
		sw_buf_printf(translation->out, "\\%c", c);
	else if (c == 'c' && translation->at < translation->end && ((*translation->at | 32) >= 'a') &&
		 ((*translation->at | 32) <= 'z'))
		sw_buf_printf(translation->out, "\\x{%x}", (unsigned)(*translation->at++ & 31));
	else
		literal(translation, c);
}

static const char *class(struct translation *translation)
{
	if (translation->at < translation->end && *translation->at == ']') {
		/* No character is in it. (PCRE2 does not repeat what it knows to fail.) */
		translation->at++;
		sw_buf_text(translation->out, "(?:(?!))");
		return NULL;
	}
	sw_buf_char(translation->out, '[');
	if (translation->at < translation->end && *translation->at == '^')
		sw_buf_char(translation->out, *translation->at++);
	while (translation->at < translation->end && *translation->at != ']') {
		char c = *translation->at++;
		if (c == '\\' && translation->at < translation->end)
			escape(translation, true);
		else if (c == '[')
			sw_buf_text(translation->out, "\\[");
		else
			sw_buf_char(translation->out, c);
	}
	if (translation->at >= translation->end)
		return "unterminated character class";
	translation->at++;
	sw_buf_char(translation->out, ']');
	return NULL;
}

/* {n}, {n,} or {n,m}: its length; 0: the brace means itself. */
static size_t braces(const struct translation *translation)
{
	const char *at = translation->at + 1;
	const char *start = at;
	while (at < translation->end && is_digit(*at))
		at++;
	if (at == start)
		return 0;
	if (at < translation->end && *at == ',')
		for (at++; at < translation->end && is_digit(*at);)
			at++;
	return at < translation->end && *at == '}' ? (size_t)(at + 1 - translation->at) : 0;
}

static const char *quantifier(struct translation *translation)
{
	size_t len = *translation->at == '{' ? braces(translation) : 1;
	if (!len) {
		sw_buf_text(translation->out, "\\{");
		translation->at++;
		return NULL;
	}
	sw_buf_append(translation->out, translation->at, len);
	translation->at += len;
	if (translation->at < translation->end && *translation->at == '?')
		sw_buf_char(translation->out, *translation->at++);
	if (translation->at < translation->end &&
	    (strchr("*+?", *translation->at) || (*translation->at == '{' && braces(translation))))
		return "nothing to repeat";
	return NULL;
}

/* An opening parenthesis, with what says its kind. */
static const char *group(struct translation *translation)
{
	static const char *const kinds[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!"};
	size_t left = (size_t)(translation->end - translation->at);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i]);
		if (left >= len && !memcmp(translation->at, kinds[i], len)) {
			sw_buf_append(translation->out, translation->at, len);
			translation->at += len;
			return NULL;
		}
	}
	if (left >= 2 && translation->at[1] == '*')
		return "nothing to repeat";
	if (left >= 2 && translation->at[1] == '?' && !(left >= 3 && translation->at[2] == '<'))
		return "invalid group";
	sw_buf_char(translation->out, *translation->at++);
	return NULL;
}

static const char *one(struct translation *translation)
{
	char c = *translation->at;
	switch (c) {
	case '\\':
		if (++translation->at == translation->end)
			return "\\ at end of pattern";
		escape(translation, false);
		return NULL;
	case '[':
		translation->at++;
		return class(translation);
	case '(':
		return group(translation);
	case '*':
	case '+':
	case '?':
	case '{':
		return quantifier(translation);
	case '.':
		sw_buf_text(translation->out, NO_LINE_END);
		break;
	case '^':
		sw_buf_text(translation->out, translation->multiline ? LINE_START : "\\A");
		break;
	case '$':
		sw_buf_text(translation->out, translation->multiline ? LINE_END : "\\z");
		break;
	default:
		sw_buf_char(translation->out, c);
	}
	translation->at++;
	return NULL;
}

static bool has_names(const char *pattern, size_t len)
{
	for (const char *at = pattern; (at = memmem(at, len - (size_t)(at - pattern), "(?<", 3)); at += 3)
		if (at + 3 < pattern + len && at[3] != '=' && at[3] != '!')
			return true;
	return false;
}

const char *sw_jn_regex_translate(const char *pattern, size_t len, bool multiline, struct sw_buf *out)
{
	struct translation translation = {.at = pattern,
					  .end = pattern + len,
					  .out = out,
					  .multiline = multiline,
					  .named = has_names(pattern, len)};
	const char *wrong = NULL;
	if (*pattern == '*' || *pattern == '+' || *pattern == '?')
		return "nothing to repeat";
	while (!wrong && translation.at < translation.end)
		wrong = one(&translation);
	return wrong;
}
