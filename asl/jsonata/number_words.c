/* Numbers in English words, as the reference implementation writes and reads them. */
#include "asl/jsonata/number_words.h"

#include "asl/jsonata/builtins.h"
#include "asl/jsonata/format_integer.h"

#include <math.h>
#include <strings.h>

static const char *const cardinals[] = {
	"Zero",     "One",     "Two",     "Three",     "Four",     "Five",     "Six",
	"Seven",    "Eight",   "Nine",    "Ten",       "Eleven",   "Twelve",   "Thirteen",
	"Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
};
static const char *const ordinals[] = {
	"Zeroth",     "First",     "Second",    "Third",       "Fourth",     "Fifth",      "Sixth",
	"Seventh",    "Eighth",    "Ninth",     "Tenth",       "Eleventh",   "Twelfth",    "Thirteenth",
	"Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth",
};
/* Without the last letter, which is y or, in ordinals, ieth. */
static const char *const tens[] = {"Twent", "Thirt", "Fort", "Fift", "Sixt", "Sevent", "Eight", "Ninet"};
static const char *const magnitudes[] = {"Thousand", "Million", "Billion", "Trillion"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- writing -------------------------------------------------------------------------------------- */

static void put_below_hundred(unsigned number, bool ordinal, struct sw_buf *out)
{
	if (number >= 20) {
		sw_buf_text(out, tens[number / 10 - 2]);
		sw_buf_text(out, ordinal && number % 10 == 0 ? "ieth" : "y");
		if (number % 10 == 0)
			return;
		sw_buf_char(out, '-');
		number %= 10;
	}
	sw_buf_text(out, ordinal ? ordinals[number] : cardinals[number]);
}

/* continued: words stand before it. Recursion ends: each level divides by a thousand or more. */
static void put_words(double number, bool continued, bool ordinal, struct sw_buf *out)
{
	double factor = 100;
	if (number < 100) {
		sw_buf_text(out, continued ? " and " : "");
		put_below_hundred((unsigned)number, ordinal, out);
		return;
	}
	sw_buf_text(out, continued ? ", " : "");
	if (number < 1000) {
		sw_buf_text(out, cardinals[(unsigned)number / 100]);
		sw_buf_text(out, " Hundred");
	} else {
		int magnitude = (int)floor(log10(number) / 3);
		if (magnitude > (int)COUNT(magnitudes))
			magnitude = COUNT(magnitudes);
		factor = pow(10, 3 * magnitude);
		put_words(floor(number / factor), false, false, out);
		sw_buf_char(out, ' ');
		sw_buf_text(out, magnitudes[magnitude - 1]);
	}
	double rest = number - floor(number / factor) * factor;
	if (rest > 0)
		put_words(rest, true, ordinal, out);
	else
		sw_buf_text(out, ordinal ? "th" : "");
}

void sw_jn_words_put(double number, bool ordinal, struct sw_buf *out)
{
	if (isnan(number))
		sw_buf_text(out, "NaN");
	else
		put_words(number, false, ordinal, out);
}

/* ---- reading -------------------------------------------------------------------------------------- */

/* word is stem and ending, ignoring case. */
static bool is_word(const char *word, size_t len, const char *stem, const char *ending)
{
	size_t stem_len = strlen(stem);
	return len == stem_len + strlen(ending) && !strncasecmp(word, stem, stem_len) &&
	       !strncasecmp(word + stem_len, ending, len - stem_len);
}

/* The value of one word; NaN: it is none. */
static double word_value(const char *word, size_t len)
{
	for (unsigned i = 0; i < COUNT(cardinals); i++) {
		if (is_word(word, len, cardinals[i], "") || is_word(word, len, ordinals[i], ""))
			return i;
	}
	for (unsigned i = 0; i < COUNT(tens); i++) {
		if (is_word(word, len, tens[i], "y") || is_word(word, len, tens[i], "ieth"))
			return 20 + 10 * i;
	}
	if (is_word(word, len, "Hundred", "") || is_word(word, len, "Hundred", "th"))
		return 100;
	double value = 1000;
	for (unsigned i = 0; i < COUNT(magnitudes); i++, value *= 1000) {
		if (is_word(word, len, magnitudes[i], "") || is_word(word, len, magnitudes[i], "th"))
			return value;
	}
	return NAN;
}

/* Bytes of the separator at text[at]: ", ", " and ", white space, a hyphen or a backslash; 0: none. */
static size_t separator_bytes(const char *text, size_t len, size_t at)
{
	unsigned bytes, after;
	uint32_t code = sw_jn_char_at(text, len, at, &bytes);
	bool space = sw_jn_is_space(code);
	if (code == ',' && at + 1 < len && sw_jn_is_space(sw_jn_char_at(text, len, at + 1, &after)))
		return 1 + after;
	if (space && len - at > bytes + 3 && !strncasecmp(text + at + bytes, "and", 3) &&
	    sw_jn_is_space(sw_jn_char_at(text, len, at + bytes + 3, &after)))
		return bytes + 3 + after;
	return space || code == '-' || code == '\\' ? bytes : 0;
}

enum sw_result sw_jn_words_read(struct sw_jn_run *run, const char *text, size_t len, double *ret_number)
{
	/* Sums that are complete, and the one that the next word adds to or multiplies. */
	double complete = 0, open = 0;
	size_t start = 0, separator = 0;
	enum sw_result result = sw_jn_steps(run, len);
	for (size_t at = 0; !result && at <= len; at += separator ? separator : 1) {
		separator = at < len ? separator_bytes(text, len, at) : 1;
		if (!separator)
			continue;
		double value = word_value(text + start, at - start);
		start = at + separator;
		if (!(value < 100)) {
			open *= value;
		} else if (open >= 1000) {
			complete += open;
			open = value;
		} else {
			open += value;
		}
	}
	*ret_number = complete + open;
	return result;
}

/* ---- how far they go ------------------------------------------------------------------------------ */

/* Bytes of the longest word at text, "and" and one of "-, " included; 0: none. */
static size_t longest_word(const char *text, size_t len)
{
	size_t letters = 0, best = 0;
	if (len > 0 && memchr("-, ", text[0], 3))
		return 1;
	while (letters < len && letters < 12 &&
	       ((text[letters] >= 'a' && text[letters] <= 'z') ||
		(text[letters] >= 'A' && text[letters] <= 'Z')))
		letters++;
	for (size_t i = 3; i <= letters; i++) {
		if (!isnan(word_value(text, i)) || is_word(text, i, "and", ""))
			best = i;
	}
	return best;
}

size_t sw_jn_words_span(const char *text, size_t len, size_t at)
{
	size_t from = at, bytes;
	while ((bytes = longest_word(text + at, len - at)) > 0)
		at += bytes;
	return at - from;
}
