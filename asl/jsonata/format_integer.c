/* Integers by pictures: what XPath's fn:format-integer defines, as far as the reference implementation goes. */
#include "asl/jsonata/format_integer.h"

#include "asl/jsonata/builtins.h"
#include "asl/jsonata/number_words.h"

#include <ctype.h>
#include <math.h>

/* ---- the picture ---------------------------------------------------------------------------------- */

/* The digit 0 of the families of decimal digits in the basic plane. */
static const uint32_t families[] = {
	0x30,   0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6,
	0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0,
	0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
	0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
};

/* The digit 0 of the family that code belongs to; 0: code is no digit. */
static uint32_t family_of(uint32_t code)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (code >= families[i] && code <= families[i] + 9)
			return families[i];
	}
	return 0;
}

static uint32_t greatest_divisor(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* The distance at which the separators repeat; 0 when they differ or stand elsewhere, too. */
static uint32_t regular_distance(const struct sw_jn_separator *separators, uint32_t count)
{
	if (count == 0)
		return 0;
	uint32_t distance = separators[0].position;
	for (uint32_t i = 1; i < count; i++) {
		if (separators[i].character != separators[0].character)
			return 0;
		distance = greatest_divisor(distance, separators[i].position);
	}
	/* Positions grow: the n-th must be n times the distance, wherever two stand at the same place. */
	uint32_t want = 1;
	for (uint32_t i = 0; i < count; i++) {
		if ((uint64_t)want * distance == separators[i].position)
			want++;
	}
	return want == count + 1 ? distance : 0;
}

/* Takes the character that stands left of all that were taken before. */
static enum sw_result take_character(struct sw_jn_run *run, uint32_t code,
				     struct sw_jn_integer_format *format, uint32_t *position)
{
	uint32_t zero = family_of(code);
	if (zero && format->zero && zero != format->zero)
		return sw_jn_fail(run, "D3131", SW_JN_UNDEFINED_VALUE);
	if (zero) {
		format->zero = zero;
		format->mandatory++;
		++*position;
	} else if (code == '#') {
		format->optional++;
		++*position;
	} else {
		format->separators[format->separators_count++] = (struct sw_jn_separator){*position, code};
	}
	return SW_OK;
}

/* A pattern of digits when there is one in it; else the first token of a numbering that is not supported. */
static enum sw_result digit_picture(struct sw_jn_run *run, const char *text, size_t len,
				    struct sw_jn_integer_format *format)
{
	uint32_t position = 0;
	enum sw_result result = sw_jn_steps(run, len);
	format->separators = sw_jn_alloc(run, (len ? len : 1) * sizeof(*format->separators));
	if (!format->separators)
		return run->failed;
	for (size_t end = len; end > 0 && !result;) {
		unsigned bytes;
		size_t at = end - 1;
		while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
			at--;
		result = take_character(run, sw_jn_char_at(text, len, at, &bytes), format, &position);
		end = at;
	}
	if (format->zero == 0) {
		format->primary = SW_JN_NUMBERING;
		format->mandatory = format->optional = NAN;
		format->token = sw_jn_string(text, len);
	}
	if (format->zero)
		format->regular = regular_distance(format->separators, format->separators_count);
	if (format->regular)
		format->regular_character = format->separators[0].character;
	return result;
}

enum sw_result sw_jn_integer_picture(struct sw_jn_run *run, const char *text, size_t len,
				     struct sw_jn_integer_format *ret_format)
{
	static const struct {
		const char *picture;
		enum sw_jn_integer_primary primary;
		enum sw_jn_letter_case letters;
	} tokens[] = {
		{"A", SW_JN_LETTERS, SW_JN_UPPER}, {"a", SW_JN_LETTERS, SW_JN_LOWER},
		{"I", SW_JN_ROMAN, SW_JN_UPPER},   {"i", SW_JN_ROMAN, SW_JN_LOWER},
		{"W", SW_JN_WORDS, SW_JN_UPPER},   {"Ww", SW_JN_WORDS, SW_JN_TITLE},
		{"w", SW_JN_WORDS, SW_JN_LOWER},
	};
	const char *semicolon = len ? memrchr(text, ';', len) : NULL;
	size_t primary = semicolon ? (size_t)(semicolon - text) : len;
	*ret_format = (struct sw_jn_integer_format){.ordinal = semicolon && primary + 1 < len &&
							       semicolon[1] == 'o'};
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		if (strlen(tokens[i].picture) == primary && !memcmp(tokens[i].picture, text, primary)) {
			ret_format->primary = tokens[i].primary;
			ret_format->letters = tokens[i].letters;
			ret_format->mandatory = ret_format->optional = NAN;
			return SW_OK;
		}
	}
	return digit_picture(run, text, primary, ret_format);
}

/* ---- formatting ----------------------------------------------------------------------------------- */

/* A number as code points, while separators are put in between. */
struct cells {
	uint32_t *codes;
	size_t count;
};

/* JavaScript's substr(0, at) + character + substr(at): a place before the first is counted from the end again. */
static void insert(struct cells *cells, int64_t at, uint32_t character)
{
	size_t head = at > 0 ? (size_t)at : 0;
	size_t tail = at >= 0 ? (size_t)at
			      : (size_t)(at + (int64_t)cells->count > 0 ? at + (int64_t)cells->count : 0);
	size_t rest = cells->count - tail;
	memmove(cells->codes + head + 1, cells->codes + tail, rest * sizeof(*cells->codes));
	cells->codes[head] = character;
	cells->count = head + 1 + rest;
}

static enum sw_result group_digits(struct sw_jn_run *run, const struct sw_jn_integer_format *format,
				   struct cells *cells)
{
	if (format->regular == 0) {
		for (uint32_t i = format->separators_count; i-- > 0;) {
			struct sw_jn_separator separator = format->separators[i];
			insert(cells, (int64_t)cells->count - separator.position, separator.character);
			enum sw_result result = sw_jn_steps(run, cells->count / 64 + 1);
			if (result)
				return result;
		}
		return SW_OK;
	}
	/* From the end, so that each digit is moved once. */
	size_t groups = (cells->count - 1) / format->regular, from = cells->count, to = cells->count + groups;
	cells->count = to;
	for (size_t taken = 0; from > 0 && to > from; taken++) {
		if (taken > 0 && taken % format->regular == 0)
			cells->codes[--to] = format->regular_character;
		cells->codes[--to] = cells->codes[--from];
	}
	return SW_OK;
}

static const char *ordinal_suffix(const struct cells *cells)
{
	uint32_t last = cells->codes[cells->count - 1];
	if (cells->count > 1 && cells->codes[cells->count - 2] == '1')
		return "th";
	return last == '1' ? "st" : last == '2' ? "nd" : last == '3' ? "rd" : "th";
}

static enum sw_result put_decimal(struct sw_jn_run *run, double value,
				  const struct sw_jn_integer_format *format, struct sw_buf *out)
{
	struct sw_buf digits = SW_BUF;
	struct cells cells = {0};
	sw_jn_print_number(value, &digits);
	double missing = format->mandatory - (double)digits.len;
	/* More zeros than the run may use bytes: the allocation fails. */
	size_t pad = missing > 0 ? missing < 1e15 ? (size_t)missing : (size_t)1e15 : 0;
	if (digits.failed) {
		sw_buf_done(&digits);
		return SW_ENOMEM;
	}
	size_t count = pad + digits.len;
	size_t groups = format->regular ? count / format->regular : format->separators_count;
	cells.codes = sw_jn_alloc(run, (count + groups + 1) * sizeof(*cells.codes));
	if (!cells.codes) {
		sw_buf_done(&digits);
		return run->failed;
	}
	for (; cells.count < count; cells.count++)
		cells.codes[cells.count] =
			format->zero - '0' +
			(cells.count < pad ? (uint32_t)'0' : (unsigned char)digits.data[cells.count - pad]);
	sw_buf_done(&digits);
	enum sw_result result = group_digits(run, format, &cells);
	for (size_t i = 0; i < cells.count; i++)
		sw_jn_char_put(out, cells.codes[i]);
	if (format->ordinal)
		sw_buf_text(out, ordinal_suffix(&cells));
	return result;
}

static void put_letters(double value, char first, struct sw_buf *out)
{
	char letters[256];
	size_t at = sizeof(letters);
	while (value > 0 && at > 0) {
		letters[--at] = (char)(first + (int)fmod(value - 1, 26));
		value = floor((value - 1) / 26);
	}
	sw_buf_append(out, letters + at, sizeof(letters) - at);
}

static const struct {
	unsigned value;
	const char *lower, *upper;
} numerals[] = {
	{1000, "m", "M"}, {900, "cm", "CM"}, {500, "d", "D"},  {400, "cd", "CD"}, {100, "c", "C"},
	{90, "xc", "XC"}, {50, "l", "L"},    {40, "xl", "XL"}, {10, "x", "X"},    {9, "ix", "IX"},
	{5, "v", "V"},    {4, "iv", "IV"},   {1, "i", "I"},
};

static void put_roman(double value, bool upper, struct sw_buf *out)
{
	/* At most ROMAN_MAX; NaN has no digits. */
	uint32_t rest = value >= 1 ? (uint32_t)value : 0;
	for (size_t i = 0; i < sizeof(numerals) / sizeof(numerals[0]); i++) {
		for (; rest >= numerals[i].value; rest -= numerals[i].value)
			sw_buf_text(out, upper ? numerals[i].upper : numerals[i].lower);
	}
}

/* The largest number whose Roman digits the reference implementation's recursion gets through, roughly. */
#define ROMAN_MAX 1e7

enum sw_result sw_jn_integer_put(struct sw_jn_run *run, double value,
				 const struct sw_jn_integer_format *format, struct sw_buf *out)
{
	bool upper = format->letters == SW_JN_UPPER;
	double size = fabs(value);
	if ((isinf(value) && format->primary != SW_JN_DECIMAL) ||
	    (format->primary == SW_JN_ROMAN && size > ROMAN_MAX))
		return sw_jn_fail(run, "D1011", SW_JN_UNDEFINED_VALUE);
	if (value < 0)
		sw_buf_char(out, '-');
	switch (format->primary) {
	case SW_JN_DECIMAL:
		return put_decimal(run, size, format, out);
	case SW_JN_LETTERS:
		put_letters(size, upper ? 'A' : 'a', out);
		break;
	case SW_JN_ROMAN:
		put_roman(size, upper, out);
		break;
	case SW_JN_WORDS: {
		size_t from = out->len;
		sw_jn_words_put(size, format->ordinal, out);
		for (size_t i = from; i < out->len && format->letters != SW_JN_TITLE; i++)
			out->data[i] = (char)(upper ? toupper((unsigned char)out->data[i])
						    : tolower((unsigned char)out->data[i]));
		break;
	}
	case SW_JN_NUMBERING:
		return sw_jn_fail(run, "D3130", format->token);
	}
	return SW_OK;
}

/* ---- reading -------------------------------------------------------------------------------------- */

static double read_letters(const char *text, size_t len, char first)
{
	double value = 0, factor = 1;
	for (size_t end = len; end > 0; factor *= 26) {
		unsigned bytes;
		size_t at = end - 1;
		while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
			at--;
		value += ((double)sw_jn_char_at(text, len, at, &bytes) - first + 1) * factor;
		end = at;
	}
	return value;
}

static double read_roman(const char *text, size_t len, bool upper)
{
	static const char digits[] = "IVXLCDM";
	static const double values[] = {1, 5, 10, 50, 100, 500, 1000};
	double sum = 0, most = 1;
	for (size_t i = len; i-- > 0;) {
		char c = upper ? text[i] : (char)toupper((unsigned char)text[i]);
		const char *digit = c ? strchr(digits, c) : NULL;
		if (!digit)
			return NAN;
		double value = values[digit - digits];
		if (value < most) {
			sum -= value;
		} else {
			most = value;
			sum += value;
		}
	}
	return sum;
}

static bool is_separator(const struct sw_jn_integer_format *format, uint32_t code)
{
	/* The reference implementation knows no other separator that repeats. */
	if (format->regular)
		return code == ',';
	for (uint32_t i = 0; i < format->separators_count; i++) {
		if (format->separators[i].character == code)
			return true;
	}
	return false;
}

static enum sw_result read_decimal(struct sw_jn_run *run, const char *text, size_t len,
				   const struct sw_jn_integer_format *format, double *ret_value)
{
	struct sw_jn_value plain;
	unsigned bytes;
	if (format->ordinal)
		len = len > 2 ? len - 2 : 0;
	enum sw_result result = sw_jn_steps(run, len * (1 + format->separators_count / 64));
	sw_buf_reset(&run->scratch);
	for (size_t at = 0; at < len && !result; at += bytes) {
		uint32_t code = sw_jn_char_at(text, len, at, &bytes);
		if (is_separator(format, code))
			continue;
		if (format->zero != '0' && code + '0' < format->zero) {
			*ret_value = NAN;
			return SW_OK;
		}
		sw_jn_char_put(&run->scratch, code - format->zero + '0');
	}
	if (!result)
		result = sw_jn_scratch_value(run, &plain);
	if (!result)
		*ret_value = sw_jn_parse_int(run, plain.text, plain.len);
	return result;
}

enum sw_result sw_jn_integer_read(struct sw_jn_run *run, const char *text, size_t len,
				  const struct sw_jn_integer_format *format, double *ret_value)
{
	bool upper = format->letters == SW_JN_UPPER;
	switch (format->primary) {
	case SW_JN_DECIMAL:
		return read_decimal(run, text, len, format, ret_value);
	case SW_JN_LETTERS:
		*ret_value = read_letters(text, len, upper ? 'A' : 'a');
		return SW_OK;
	case SW_JN_ROMAN:
		*ret_value = read_roman(text, len, upper);
		return SW_OK;
	case SW_JN_WORDS:
		return sw_jn_words_read(run, text, len, ret_value);
	case SW_JN_NUMBERING:
		break;
	}
	return sw_jn_fail(run, "D3130", format->token);
}

/* ---- the functions -------------------------------------------------------------------------------- */

enum sw_result sw_jn_fn_format_integer(struct sw_jn_call *call, const struct sw_jn_value *args,
				       struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_integer_format format;
	if (!sw_jn_given(call, args, 0, SW_JN_NUMBER, ret_value, &result))
		return result;
	if (args[1].kind != SW_JN_STRING)
		return sw_jn_fail_index(call->run, "T0410", args[1], 2);
	result = sw_jn_integer_picture(call->run, args[1].text, args[1].len, &format);
	sw_buf_reset(&call->run->scratch);
	if (!result)
		result = sw_jn_integer_put(call->run, floor(args[0].number), &format, &call->run->scratch);
	return result ? result : sw_jn_scratch_value(call->run, ret_value);
}

enum sw_result sw_jn_fn_parse_integer(struct sw_jn_call *call, const struct sw_jn_value *args,
				      struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_integer_format format;
	double value;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	if (args[1].kind != SW_JN_STRING)
		return sw_jn_fail_index(call->run, "T0410", args[1], 2);
	result = sw_jn_integer_picture(call->run, args[1].text, args[1].len, &format);
	if (!result)
		result = sw_jn_integer_read(call->run, args[0].text, args[0].len, &format, &value);
	if (!result)
		*ret_value = sw_jn_number(value);
	return result;
}
