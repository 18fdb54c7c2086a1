/*
 * $formatNumber: numbers by pictures ("#,##0.00"), as XPath's fn:format-number defines it, in the reference
 * implementation's reading. It works on UTF-16 units, so this does, too: symbols may be any strings, and where they
 * are not one unit long, what comes out depends on it.
 */
#include "asl/jsonata/builtins.h"

#include <math.h>
#include <stdio.h>

/* ---- strings of UTF-16 units ---------------------------------------------------------------------- */

struct units {
	const uint16_t *at;
	size_t len;
};

#define NOT_FOUND SIZE_MAX

static enum sw_result to_units(struct sw_jn_run *run, struct sw_jn_value text, struct units *ret_units)
{
	uint16_t *copy = sw_jn_alloc(run, (size_t)text.len * sizeof(*copy) + 1);
	size_t len = 0;
	unsigned bytes;
	if (!copy)
		return run->failed;
	for (size_t at = 0; at < text.len; at += bytes) {
		uint32_t code = sw_jn_char_at(text.text, text.len, at, &bytes);
		if (code >= 0x10000) {
			copy[len++] = (uint16_t)(0xD800 + ((code - 0x10000) >> 10));
			code = 0xDC00 + ((code - 0x10000) & 0x3FF);
		}
		copy[len++] = (uint16_t)code;
	}
	*ret_units = (struct units){copy, len};
	return SW_OK;
}

static void put_units(struct sw_buf *out, struct units units)
{
	for (size_t i = 0; i < units.len; i++) {
		uint32_t code = units.at[i];
		bool pair = code >= 0xD800 && code < 0xDC00 && i + 1 < units.len &&
			    units.at[i + 1] >= 0xDC00 && units.at[i + 1] < 0xE000;
		if (pair)
			code = 0x10000 + ((code - 0xD800) << 10) + (units.at[++i] - 0xDC00u);
		/* Half of a pair has no UTF-8. */
		sw_jn_char_put(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
	}
}

/* JavaScript's substring(from, to), with from <= to. */
static struct units part(struct units units, size_t from, size_t to)
{
	from = from < units.len ? from : units.len;
	to = to < units.len ? to : units.len;
	return (struct units){units.at + from, to > from ? to - from : 0};
}

static bool stands_at(struct units units, size_t at, struct units needle)
{
	return needle.len <= units.len && at <= units.len - needle.len &&
	       !memcmp(units.at + at, needle.at, needle.len * sizeof(*needle.at));
}

static size_t find(struct units units, struct units needle, size_t from)
{
	for (size_t at = from; at + needle.len <= units.len; at++) {
		if (stands_at(units, at, needle))
			return at;
	}
	return NOT_FOUND;
}

static size_t find_last(struct units units, struct units needle)
{
	for (size_t at = units.len + 1; at-- > 0;) {
		if (stands_at(units, at, needle))
			return at;
	}
	return NOT_FOUND;
}

static bool contains(struct units units, struct units needle)
{
	return find(units, needle, 0) != NOT_FOUND;
}

/* charAt(at) === symbol: outside of the string the character is "". */
static bool is_symbol(struct units units, size_t at, struct units symbol)
{
	return at < units.len ? symbol.len == 1 && symbol.at[0] == units.at[at] : symbol.len == 0;
}

/* A string under construction. */
struct text {
	struct sw_jn_run *run;
	uint16_t *at;
	size_t len, capacity;
	enum sw_result result;
};

static struct units units_of(const struct text *text)
{
	return (struct units){text->at, text->len};
}

/* Puts count times piece at a place; one before the first counts from the end, as in slice(). */
static void insert(struct text *text, int64_t at, struct units piece, size_t count)
{
	size_t more = piece.len * count;
	if (at < 0)
		at = at + (int64_t)text->len > 0 ? at + (int64_t)text->len : 0;
	if (at > (int64_t)text->len)
		at = (int64_t)text->len;
	if (!text->result)
		text->result = sw_jn_steps(text->run, 1 + (text->len + more) / 64);
	if (!text->result && more > text->capacity - text->len) {
		size_t capacity = 2 * text->capacity + more;
		uint16_t *larger = sw_jn_alloc(text->run, capacity * sizeof(*larger));
		text->result = larger ? SW_OK : text->run->failed;
		if (larger) {
			memcpy(larger, text->at, text->len * sizeof(*larger));
			text->at = larger;
			text->capacity = capacity;
		}
	}
	if (text->result)
		return;
	memmove(text->at + at + more, text->at + at, (text->len - (size_t)at) * sizeof(*text->at));
	for (size_t i = 0; i < more; i++)
		text->at[(size_t)at + i] = piece.at[i % piece.len];
	text->len += more;
}

/* ---- symbols -------------------------------------------------------------------------------------- */

enum symbol { DECIMAL, GROUPING, EXPONENT, MINUS, PERCENT, PER_MILLE, ZERO, DIGIT, PATTERN, SYMBOLS };

static const struct {
	const char *name, *text;
} symbols[SYMBOLS] = {
	[DECIMAL] = {"decimal-separator", "."},
	[GROUPING] = {"grouping-separator", ","},
	[EXPONENT] = {"exponent-separator", "e"},
	[MINUS] = {"minus-sign", "-"},
	[PERCENT] = {"percent", "%"},
	[PER_MILLE] = {"per-mille", "\xE2\x80\xB0"},
	[ZERO] = {"zero-digit", "0"},
	[DIGIT] = {"digit", "#"},
	[PATTERN] = {"pattern-separator", ";"},
};

struct style {
	struct units symbol[SYMBOLS];
	bool has_digits; /* the zero digit is not "" */
};

static enum sw_result read_style(struct sw_jn_run *run, struct sw_jn_value options, struct style *ret_style)
{
	for (unsigned i = 0; i < SYMBOLS; i++) {
		struct sw_jn_value text = SW_JN_UNDEFINED_VALUE;
		enum sw_result result = SW_OK;
		if (options.kind == SW_JN_OBJECT)
			text = sw_jn_object_get(options, symbols[i].name, strlen(symbols[i].name));
		if (text.kind == SW_JN_UNDEFINED) {
			text = sw_jn_string(symbols[i].text, strlen(symbols[i].text));
		} else if (text.kind != SW_JN_STRING) {
			sw_buf_reset(&run->scratch);
			result = sw_jn_print(run, text, false, &run->scratch);
			if (!result)
				result = sw_jn_scratch_value(run, &text);
		}
		if (!result)
			result = to_units(run, text, &ret_style->symbol[i]);
		if (result)
			return result;
	}
	ret_style->has_digits = ret_style->symbol[ZERO].len > 0;
	return SW_OK;
}

static bool is_digit(const struct style *style, uint16_t unit)
{
	return style->has_digits && (uint16_t)(unit - style->symbol[ZERO].at[0]) < 10;
}

static bool is_optional(const struct style *style, uint16_t unit)
{
	return style->symbol[DIGIT].len == 1 && style->symbol[DIGIT].at[0] == unit;
}

/* One that means something in a picture, the exponent separator and percents aside. */
static bool is_active(const struct style *style, struct units units, size_t at)
{
	return is_digit(style, units.at[at]) || is_symbol(units, at, style->symbol[DECIMAL]) ||
	       is_symbol(units, at, style->symbol[GROUPING]) || is_symbol(units, at, style->symbol[DIGIT]) ||
	       is_symbol(units, at, style->symbol[PATTERN]);
}

static size_t count_digits(const struct style *style, struct units units, bool optional_too)
{
	size_t count = 0;
	for (size_t i = 0; i < units.len; i++)
		count += is_digit(style, units.at[i]) || (optional_too && is_optional(style, units.at[i]));
	return count;
}

/* ---- the picture ---------------------------------------------------------------------------------- */

struct picture {
	struct units whole, prefix, suffix, active, mantissa, exponent, integer, fraction;
	bool has_exponent;
	/* analysed: */
	size_t *integer_groups, integer_groups_count; /* digits to the right of each separator */
	size_t *fraction_groups, fraction_groups_count;
	size_t regular; /* distance of separators in the integer part; 0: irregular */
	size_t integer_min, scaling, fraction_min, fraction_max, exponent_min;
};

/* Parts of a picture. Positions are taken as the reference implementation takes them: the exponent's is one of
 * the whole picture but is used in the active part, and without a decimal point the suffix is the fraction. */
static void split_picture(const struct style *style, struct units whole, struct picture *picture)
{
	size_t first = 0, last = whole.len;
	*picture = (struct picture){.whole = whole};
	while (first < whole.len &&
	       (!is_active(style, whole, first) || is_symbol(whole, first, style->symbol[EXPONENT])))
		first++;
	while (last > 0 &&
	       (!is_active(style, whole, last - 1) || is_symbol(whole, last - 1, style->symbol[EXPONENT])))
		last--;
	if (first == whole.len) {
		first = 0;
		last = whole.len;
	}
	picture->prefix = part(whole, 0, first);
	picture->suffix = part(whole, last, whole.len);
	picture->active = part(whole, first, last);
	picture->mantissa = picture->active;
	size_t at = find(whole, style->symbol[EXPONENT], first);
	if (at != NOT_FOUND && at <= last) {
		picture->has_exponent = true;
		picture->mantissa = part(picture->active, 0, at);
		picture->exponent = part(picture->active, at + 1, picture->active.len);
	}
	at = find(picture->mantissa, style->symbol[DECIMAL], 0);
	picture->integer = part(picture->mantissa, 0, at);
	picture->fraction =
		at == NOT_FOUND ? picture->suffix : part(picture->mantissa, at + 1, picture->mantissa.len);
}

static bool stands_twice(struct units units, struct units symbol)
{
	return find(units, symbol, 0) != find_last(units, symbol);
}

static bool has_passive(const struct style *style, struct units active)
{
	for (size_t i = 0; i < active.len; i++) {
		if (!is_active(style, active, i) && !is_symbol(active, i, style->symbol[EXPONENT]))
			return true;
	}
	return false;
}

static bool has_double_grouping(struct units units, struct units grouping)
{
	for (size_t at = find(units, grouping, 0); at != NOT_FOUND; at = find(units, grouping, at + 1)) {
		if (stands_at(units, at + grouping.len, grouping))
			return true;
	}
	return false;
}

/* The last rule that is broken, as the reference implementation reports; NULL: none. */
static const char *broken_rule(const struct style *style, const struct picture *picture)
{
	const struct units *symbol = style->symbol;
	struct units whole = picture->whole, integer = picture->integer, fraction = picture->fraction;
	const char *code = NULL;
	bool percent = contains(whole, symbol[PERCENT]), per_mille = contains(whole, symbol[PER_MILLE]);
	size_t decimal = find(whole, symbol[DECIMAL], 0);
	if (stands_twice(whole, symbol[DECIMAL]))
		code = "D3081";
	if (stands_twice(whole, symbol[PERCENT]))
		code = "D3082";
	if (stands_twice(whole, symbol[PER_MILLE]))
		code = "D3083";
	if (percent && per_mille)
		code = "D3084";
	if (count_digits(style, picture->mantissa, true) == 0)
		code = "D3085";
	if (has_passive(style, picture->active))
		code = "D3086";
	if (decimal != NOT_FOUND) {
		/* Before the first character there is "". */
		if (is_symbol(whole, decimal ? decimal - 1 : whole.len, symbol[GROUPING]) ||
		    is_symbol(whole, decimal + 1, symbol[GROUPING]))
			code = "D3087";
	} else if (is_symbol(integer, integer.len ? integer.len - 1 : 0, symbol[GROUPING])) {
		code = "D3088";
	}
	if (has_double_grouping(whole, symbol[GROUPING]))
		code = "D3089";
	size_t optional = find(integer, symbol[DIGIT], 0);
	if (optional != NOT_FOUND && count_digits(style, part(integer, 0, optional), false))
		code = "D3090";
	optional = find_last(fraction, symbol[DIGIT]);
	if (optional != NOT_FOUND && count_digits(style, part(fraction, optional, fraction.len), false))
		code = "D3091";
	if (picture->has_exponent && picture->exponent.len && (percent || per_mille))
		code = "D3092";
	if (picture->has_exponent && (picture->exponent.len == 0 ||
				      count_digits(style, picture->exponent, false) != picture->exponent.len))
		code = "D3093";
	return code;
}

static size_t greatest_divisor(size_t a, size_t b)
{
	while (b) {
		size_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* The distance at which all separators stand; 0: they are irregular. Positions fall from the left to the right. */
static size_t regular_distance(const size_t *positions, size_t count)
{
	size_t distance = count ? positions[0] : 0, want = count;
	for (size_t i = 1; i < count; i++)
		distance = greatest_divisor(distance, positions[i]);
	for (size_t i = 0; i < count; i++)
		want -= positions[i] == want * distance;
	return want == 0 ? distance : 0;
}

/*
 * Digits beside each grouping separator of units: to the right of it, or to its left. After the first one the
 * reference implementation goes on in the integer part, whichever part it was asked about.
 */
static enum sw_result group_positions(struct sw_jn_run *run, const struct style *style, struct units units,
				      struct units integer, bool left, size_t **ret_positions,
				      size_t *ret_count)
{
	struct units grouping = style->symbol[GROUPING];
	size_t *positions = sw_jn_alloc(run, (units.len + integer.len + 1) * sizeof(*positions)), count = 0;
	if (!positions)
		return run->failed;
	for (size_t at = find(units, grouping, 0); at != NOT_FOUND; at = find(integer, grouping, at + 1)) {
		struct units beside = left ? part(units, 0, at) : part(units, at, units.len);
		positions[count++] = count_digits(style, beside, true);
		enum sw_result result = sw_jn_steps(run, 1 + units.len / 16);
		if (result)
			return result;
	}
	*ret_positions = positions;
	*ret_count = count;
	return SW_OK;
}

static enum sw_result analyse(struct sw_jn_run *run, const struct style *style, struct picture *picture)
{
	enum sw_result result = group_positions(run, style, picture->integer, picture->integer, false,
						&picture->integer_groups, &picture->integer_groups_count);
	if (!result)
		result = group_positions(run, style, picture->fraction, picture->integer, true,
					 &picture->fraction_groups, &picture->fraction_groups_count);
	if (result)
		return result;
	picture->regular = regular_distance(picture->integer_groups, picture->integer_groups_count);
	picture->integer_min = picture->scaling = count_digits(style, picture->integer, false);
	picture->fraction_min = count_digits(style, picture->fraction, false);
	picture->fraction_max = count_digits(style, picture->fraction, true);
	if (picture->integer_min == 0 && picture->fraction_max == 0) {
		if (picture->has_exponent)
			picture->fraction_min = picture->fraction_max = 1;
		else
			picture->integer_min = 1;
	}
	if (picture->has_exponent && picture->integer_min == 0 &&
	    contains(picture->integer, style->symbol[DIGIT]))
		picture->integer_min = 1;
	if (picture->integer_min == 0 && picture->fraction_min == 0)
		picture->fraction_min = 1;
	picture->exponent_min = picture->has_exponent ? count_digits(style, picture->exponent, false) : 0;
	return SW_OK;
}

/* ---- formatting ----------------------------------------------------------------------------------- */

/* Math.abs(number).toFixed(places) in the digits of the style. */
static void put_fixed(struct text *text, const struct style *style, double number, size_t places)
{
	struct sw_buf digits = SW_BUF;
	number = fabs(number);
	if (number < 1e21)
		sw_buf_printf(&digits, "%.*f", (int)places, number);
	else
		sw_jn_print_number(number, &digits);
	if (digits.failed)
		text->result = SW_ENOMEM;
	for (size_t i = 0; i < digits.len && !text->result; i++) {
		/* The locale may have another decimal point, of one byte or more. */
		unsigned char c = (unsigned char)digits.data[i];
		bool digit = c >= '0' && c <= '9', plain = digit || number >= 1e21 || isnan(number);
		uint16_t unit = digit   ? (uint16_t)(c - '0' + style->symbol[ZERO].at[0])
				: plain ? c
					: (uint16_t)'.';
		if (plain || (i > 0 && digits.data[i - 1] >= '0' && digits.data[i - 1] <= '9'))
			insert(text, (int64_t)text->len, (struct units){&unit, 1}, 1);
	}
	sw_buf_done(&digits);
}

/* Removes what stands in text[at, at + count). */
static void cut(struct text *text, size_t at, size_t count)
{
	memmove(text->at + at, text->at + at + count, (text->len - at - count) * sizeof(*text->at));
	text->len -= count;
}

/* The digits with their decimal separator, without zeros that the picture does not ask for. */
static void put_mantissa(struct text *text, const struct style *style, const struct picture *picture,
			 double number)
{
	static const uint16_t point[] = {'.'};
	struct units decimal = style->symbol[DECIMAL], zero = style->symbol[ZERO];
	put_fixed(text, style, number, picture->fraction_max);
	if (text->result)
		return;
	size_t at = find(units_of(text), (struct units){point, 1}, 0), zeros = 0;
	if (at != NOT_FOUND)
		cut(text, at, 1);
	insert(text, at == NOT_FOUND ? (int64_t)text->len : (int64_t)at, decimal, 1);
	while (text->len > 0 && zeros < text->len && is_symbol(units_of(text), zeros, zero))
		zeros++;
	cut(text, 0, zeros);
	while (text->len > 0 && is_symbol(units_of(text), text->len - 1, zero))
		text->len--;
	at = find(units_of(text), decimal, 0);
	int64_t place = at == NOT_FOUND ? -1 : (int64_t)at;
	int64_t left = (int64_t)picture->integer_min - place;
	int64_t right = (int64_t)picture->fraction_min - ((int64_t)text->len - place - 1);
	if (left > 0)
		insert(text, 0, zero, (size_t)left);
	if (right > 0)
		insert(text, (int64_t)text->len, zero, (size_t)right);
}

static void put_groups(struct text *text, const struct style *style, const struct picture *picture)
{
	struct units grouping = style->symbol[GROUPING], decimal = style->symbol[DECIMAL];
	size_t at = find(units_of(text), decimal, 0);
	int64_t place = at == NOT_FOUND ? -1 : (int64_t)at;
	if (picture->regular > 0) {
		int64_t distance = (int64_t)picture->regular;
		for (int64_t from = place - distance; from > 0 && !text->result; from -= distance)
			insert(text, from, grouping, 1);
	} else {
		for (size_t i = 0; i < picture->integer_groups_count && !text->result; i++)
			insert(text, place++ - (int64_t)picture->integer_groups[i], grouping, 1);
	}
	at = find(units_of(text), decimal, 0);
	place = at == NOT_FOUND ? -1 : (int64_t)at;
	for (size_t i = 0; i < picture->fraction_groups_count && !text->result; i++)
		insert(text, (int64_t)picture->fraction_groups[i] + place + 1, grouping, 1);
}

/* number as mantissa times ten to the power of the exponent, as many digits before the point as the picture has. */
static double scale(double number, const struct picture *picture, int *ret_exponent)
{
	double most = pow(10, (double)picture->scaling), least = pow(10, (double)picture->scaling - 1);
	*ret_exponent = 0;
	if (number == 0 || !isfinite(number))
		return number;
	while (fabs(number) < least && number != 0 && isfinite(least)) {
		number *= 10;
		--*ret_exponent;
	}
	while (fabs(number) > most) {
		number /= 10;
		++*ret_exponent;
	}
	return number;
}

static enum sw_result put_number(struct text *text, const struct style *style, const struct picture *picture,
				 double number)
{
	int exponent = 0;
	if (contains(picture->whole, style->symbol[PERCENT]))
		number *= 100;
	else if (contains(picture->whole, style->symbol[PER_MILLE]))
		number *= 1000;
	if (picture->exponent_min > 0)
		number = scale(number, picture, &exponent);
	/* As many digits as JavaScript's toFixed() gives. */
	if (picture->fraction_max > 100)
		return sw_jn_fail(text->run, "D1001", sw_jn_number((double)picture->fraction_max));
	put_mantissa(text, style, picture, sw_jn_round(text->run, number, (double)picture->fraction_max));
	put_groups(text, style, picture);
	if (text->result)
		return text->result;
	size_t at = find(units_of(text), style->symbol[DECIMAL], 0);
	if (text->len > 0 && (!contains(picture->whole, style->symbol[DECIMAL]) || at == text->len - 1))
		text->len--;
	if (picture->exponent_min > 0) {
		insert(text, (int64_t)text->len, style->symbol[EXPONENT], 1);
		if (exponent < 0)
			insert(text, (int64_t)text->len, style->symbol[MINUS], 1);
		size_t from = text->len;
		put_fixed(text, style, exponent, 0);
		size_t digits = text->len - from;
		if (digits < picture->exponent_min)
			insert(text, (int64_t)from, style->symbol[ZERO], picture->exponent_min - digits);
	}
	insert(text, 0, picture->prefix, 1);
	insert(text, (int64_t)text->len, picture->suffix, 1);
	return text->result;
}

/* One or two pictures: for numbers that are not negative, and for those that are. */
static enum sw_result read_pictures(struct sw_jn_run *run, struct sw_jn_value text, const struct style *style,
				    struct picture pictures[2], unsigned *ret_count)
{
	struct units whole, separator = style->symbol[PATTERN];
	enum sw_result result = to_units(run, text, &whole);
	size_t from = 0;
	for (*ret_count = 0; !result && from != NOT_FOUND; ++*ret_count) {
		/* An empty separator takes the picture apart. */
		size_t at = separator.len          ? find(whole, separator, from)
			    : from + 1 < whole.len ? from + 1
						   : NOT_FOUND;
		if (*ret_count == 2)
			return sw_jn_fail(run, "D3080", SW_JN_UNDEFINED_VALUE);
		split_picture(style, part(whole, from, at), &pictures[*ret_count]);
		from = at == NOT_FOUND ? NOT_FOUND : at + separator.len;
	}
	for (unsigned i = 0; !result && i < *ret_count; i++) {
		const char *code = broken_rule(style, &pictures[i]);
		if (code)
			return sw_jn_fail(run, code, SW_JN_UNDEFINED_VALUE);
	}
	for (unsigned i = 0; !result && i < *ret_count; i++)
		result = analyse(run, style, &pictures[i]);
	return result;
}

enum sw_result sw_jn_fn_format_number(struct sw_jn_call *call, const struct sw_jn_value *args,
				      struct sw_jn_value *ret_value)
{
	struct sw_jn_run *run = call->run;
	struct text text = {.run = run};
	struct picture pictures[2];
	struct style style;
	unsigned count;
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_NUMBER, ret_value, &result))
		return result;
	if (args[1].kind != SW_JN_STRING)
		return sw_jn_fail_index(run, "T0410", args[1], 2);
	result = read_style(run, args[2], &style);
	if (!result)
		result = read_pictures(run, args[1], &style, pictures, &count);
	if (result)
		return result;
	text.capacity = 64;
	text.at = sw_jn_alloc(run, text.capacity * sizeof(*text.at));
	if (!text.at)
		return run->failed;
	bool negative = !(args[0].number >= 0);
	result = put_number(&text, &style, &pictures[negative ? count - 1 : 0], args[0].number);
	if (negative && count == 1)
		insert(&text, 0, style.symbol[MINUS], 1);
	if (!result)
		result = text.result;
	if (result)
		return result;
	sw_buf_reset(&run->scratch);
	put_units(&run->scratch, units_of(&text));
	return sw_jn_scratch_value(run, ret_value);
}
