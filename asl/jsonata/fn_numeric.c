/* Built-in functions on numbers. */
#include "asl/jsonata/builtins.h"

#include <math.h>

/* ---- $number -------------------------------------------------------------------------------------- */

static size_t count_digits(const char *text, size_t len, size_t at)
{
	size_t end = at;
	while (end < len && text[end] >= '0' && text[end] <= '9')
		end++;
	return end - at;
}

/* -?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)? */
static bool is_decimal(const char *text, size_t len)
{
	size_t at = len > 0 && text[0] == '-';
	size_t digits = count_digits(text, len, at);
	if (digits == 0)
		return false;
	at += digits;
	if (at < len && text[at] == '.') {
		digits = count_digits(text, len, at + 1);
		if (digits == 0)
			return false;
		at += 1 + digits;
	}
	if (at < len && (text[at] | 0x20) == 'e') {
		at++;
		at += at < len && (text[at] == '-' || text[at] == '+');
		digits = count_digits(text, len, at);
		if (digits == 0)
			return false;
		at += digits;
	}
	return at == len;
}

/* Bits of a digit of a prefixed literal: 4, 3, 1 for 0x, 0o, 0b; 0 when text has no such prefix. */
static unsigned literal_bits(const char *text, size_t len)
{
	if (len < 2 || text[0] != '0')
		return 0;
	switch (text[1] | 0x20) {
	case 'x':
		return 4;
	case 'o':
		return 3;
	case 'b':
		return 1;
	default:
		return 0;
	}
}

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 99;
}

/* The digits of a prefixed literal, rounded once; NaN when there is none or another character among them. */
static double literal_value(const char *text, size_t len, unsigned bits)
{
	uint64_t top = 0;
	bool sticky = false;
	int shift = 0;
	if (len <= 2)
		return NAN;
	for (size_t i = 2; i < len; i++) {
		unsigned digit = digit_of(text[i]);
		if (digit >= 1u << bits)
			return NAN;
		if (top >> 58) {
			sticky |= digit != 0;
			shift += shift < 4096 ? (int)bits : 0;
		} else {
			top = top << bits | digit;
		}
	}
	return ldexp((double)(top | sticky), shift);
}

/*
 * The reference implementation looks for prefixed literals with /^(0[xX][0-9A-Fa-f]+)|(0[oO][0-7]+)|(0[bB][0-1]+)$/,
 * which anchors only the outer ones, and leaves the rest to Number(): NaN when something else is around them.
 */
static bool has_literal(const char *text, size_t len)
{
	if (literal_bits(text, len) == 4 && len > 2 && digit_of(text[2]) < 16)
		return true;
	size_t end = len;
	while (end > 0 && (text[end - 1] == '0' || text[end - 1] == '1'))
		end--;
	if (end < len && end > 1 && literal_bits(text + end - 2, 2) == 1)
		return true;
	for (size_t i = 0; i + 2 < len; i++) {
		if (literal_bits(text + i, len - i) == 3 && digit_of(text[i + 2]) < 8)
			return true;
	}
	return false;
}

static double literal_number(const char *text, size_t len)
{
	unsigned bytes;
	while (len > 0 && sw_jn_is_space(sw_jn_char_at(text, len, 0, &bytes))) {
		text += bytes;
		len -= bytes;
	}
	while (len > 0) {
		size_t last = len - 1;
		while (last > 0 && ((unsigned char)text[last] & 0xC0) == 0x80)
			last--;
		if (!sw_jn_is_space(sw_jn_char_at(text, len, last, &bytes)))
			break;
		len = last;
	}
	unsigned bits = literal_bits(text, len);
	return bits ? literal_value(text, len, bits) : NAN;
}

enum sw_result sw_jn_fn_number(struct sw_jn_call *call, const struct sw_jn_value *args,
			       struct sw_jn_value *ret_value)
{
	struct sw_jn_value arg = args[0];
	*ret_value = arg;
	if (arg.kind == SW_JN_UNDEFINED || arg.kind == SW_JN_NUMBER)
		return SW_OK;
	if (arg.kind == SW_JN_BOOLEAN) {
		*ret_value = sw_jn_number(arg.boolean);
		return SW_OK;
	}
	if (arg.kind == SW_JN_STRING) {
		double number = INFINITY;
		if (is_decimal(arg.text, arg.len))
			number = sw_jn_decimal(call->run, arg.text, arg.len, 0);
		else if (has_literal(arg.text, arg.len))
			number = literal_number(arg.text, arg.len);
		*ret_value = sw_jn_number(number);
		if (!isinf(number))
			return SW_OK;
	}
	return sw_jn_fail_index(call->run, "D3030", arg, 1);
}

/* ---- rounding and arithmetic ---------------------------------------------------------------------- */

/* JavaScript's Math.round: halves go up; then those that made an odd number go to the even one below. */
static double round_half_even(double number)
{
	double result = floor(number);
	if (number - result >= 0.5)
		result += 1;
	if (fabs(result - number) == 0.5 && fabs(fmod(result, 2)) == 1)
		result -= 1;
	return result;
}

/* number times 10 to the power of digits, by the digits that number prints with. */
static double shift_decimal(struct sw_jn_run *run, double number, int64_t digits)
{
	char text[64];
	if (!isfinite(number))
		return NAN;
	sw_buf_reset(&run->scratch);
	sw_jn_print_number(number, &run->scratch);
	size_t len = run->scratch.len < sizeof(text) ? run->scratch.len : sizeof(text);
	if (run->scratch.failed || len == 0) {
		run->failed = SW_ENOMEM;
		return NAN;
	}
	memcpy(text, run->scratch.data, len);
	return sw_jn_decimal(run, text, len, digits);
}

/*
 * The same without texts, where that is certain: far enough from a half that the rounding error of the shift does not
 * matter, and with powers of ten and results that a double holds exactly. False: it is not.
 */
static bool round_quickly(double number, double precision, double *ret_number)
{
	static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
	if (!(precision >= 1 && precision <= 12) || precision != trunc(precision))
		return false;
	double power = powers[(int)precision], shifted = number * power, whole = floor(shifted);
	if (!(fabs(shifted) < 1e12) || fabs(shifted - whole - 0.5) < 1e-3)
		return false;
	*ret_number = (shifted - whole < 0.5 ? whole : whole + 1) / power + 0.0;
	return true;
}

double sw_jn_round(struct sw_jn_run *run, double number, double precision)
{
	double quick;
	if (round_quickly(number, precision, &quick))
		return quick;
	bool shift = precision != 0 && !isnan(precision);
	if (shift) {
		/* "1e2.5" is no number for JavaScript, either. */
		if (precision != trunc(precision) || fabs(precision) >= 1e21)
			return NAN;
		double far = fmin(fmax(precision, -100000), 100000);
		number = shift_decimal(run, number, (int64_t)far);
		number = shift_decimal(run, round_half_even(number), -(int64_t)far);
	} else {
		number = round_half_even(number);
	}
	return number + 0.0; /* no -0 */
}

enum sw_result sw_jn_fn_round(struct sw_jn_call *call, const struct sw_jn_value *args,
			      struct sw_jn_value *ret_value)
{
	enum sw_result result;
	bool given;
	if (!sw_jn_given(call, args, 0, SW_JN_NUMBER, ret_value, &result))
		return result;
	result = sw_jn_optional(call, args, 1, SW_JN_NUMBER, &given);
	*ret_value = sw_jn_number(sw_jn_round(call->run, args[0].number, given ? args[1].number : 0));
	return result;
}

enum sw_result sw_jn_fn_abs(struct sw_jn_call *call, const struct sw_jn_value *args,
			    struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_NUMBER, ret_value, &result))
		return result;
	*ret_value = sw_jn_number(fabs(args[0].number));
	return SW_OK;
}

enum sw_result sw_jn_fn_floor(struct sw_jn_call *call, const struct sw_jn_value *args,
			      struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_NUMBER, ret_value, &result))
		return result;
	*ret_value = sw_jn_number(floor(args[0].number));
	return SW_OK;
}

enum sw_result sw_jn_fn_ceil(struct sw_jn_call *call, const struct sw_jn_value *args,
			     struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_NUMBER, ret_value, &result))
		return result;
	*ret_value = sw_jn_number(ceil(args[0].number) + 0.0);
	return SW_OK;
}

enum sw_result sw_jn_fn_sqrt(struct sw_jn_call *call, const struct sw_jn_value *args,
			     struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_NUMBER, ret_value, &result))
		return result;
	if (args[0].number < 0)
		return sw_jn_fail_index(call->run, "D3060", args[0], 1);
	*ret_value = sw_jn_number(sqrt(args[0].number));
	return SW_OK;
}

enum sw_result sw_jn_fn_power(struct sw_jn_call *call, const struct sw_jn_value *args,
			      struct sw_jn_value *ret_value)
{
	enum sw_result result;
	bool given;
	if (!sw_jn_given(call, args, 0, SW_JN_NUMBER, ret_value, &result))
		return result;
	result = sw_jn_optional(call, args, 1, SW_JN_NUMBER, &given);
	if (result)
		return result;
	/* Where C says 1, JavaScript says NaN: 1 to the power of infinity or of NaN. */
	double exponent = given ? args[1].number : NAN;
	double power = isfinite(exponent) ? pow(args[0].number, exponent) : NAN;
	if (isinf(exponent) && fabs(args[0].number) != 1)
		power = pow(args[0].number, exponent);
	if (!isfinite(power))
		return sw_jn_fail_pair(call->run, "D3061", args[0], args[1]);
	*ret_value = sw_jn_number(power);
	return SW_OK;
}

enum sw_result sw_jn_fn_random(struct sw_jn_call *call, const struct sw_jn_value *args,
			       struct sw_jn_value *ret_value)
{
	*ret_value = sw_jn_number(sw_rng_double(call->run->rng));
	return SW_OK;
}

enum sw_result sw_jn_fn_format_base(struct sw_jn_call *call, const struct sw_jn_value *args,
				    struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_run *run = call->run;
	bool given;
	char digits[1100];
	if (!sw_jn_given(call, args, 0, SW_JN_NUMBER, ret_value, &result))
		return result;
	result = sw_jn_optional(call, args, 1, SW_JN_NUMBER, &given);
	if (result)
		return result;
	double value = sw_jn_round(run, args[0].number, 0);
	double radix = given ? sw_jn_round(run, args[1].number, 0) : 10;
	if (!(radix >= 2 && radix <= 36))
		return sw_jn_fail(run, "D3100", sw_jn_number(radix));
	sw_buf_reset(&run->scratch);
	if (radix == 10 || !isfinite(value)) {
		sw_jn_print_number(value, &run->scratch);
		return sw_jn_scratch_value(run, ret_value);
	}
	size_t at = sizeof(digits);
	double rest = fabs(value);
	/* As V8 prints it: zeros for digits that a double does not hold, and a rest with a fraction. */
	for (; rest / radix >= 0x1p53; rest /= radix)
		digits[--at] = '0';
	do {
		double digit = fmod(rest, radix);
		digits[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[(int)digit];
		rest = (rest - digit) / radix;
	} while (rest > 0);
	if (value < 0)
		digits[--at] = '-';
	return sw_jn_string_copy(run, digits + at, sizeof(digits) - at, ret_value);
}

/* ---- of arrays of numbers ------------------------------------------------------------------------- */

/* What $sum, $max, $min and $average need to know of their items. */
struct totals {
	double sum, max, min;
};

/* Walks the numbers once; false: the function ends with *ret_result. */
static bool numbers_given(struct sw_jn_call *call, const struct sw_jn_value *args,
			  struct sw_jn_value *ret_value, struct totals *ret_totals,
			  enum sw_result *ret_result)
{
	struct totals totals = {0, -INFINITY, INFINITY};
	if (!sw_jn_given(call, args, 0, SW_JN_ARRAY, ret_value, ret_result))
		return false;
	*ret_result = sw_jn_steps(call->run, args[0].len);
	if (*ret_result)
		return false;
	for (uint32_t i = 0; i < args[0].len; i++) {
		struct sw_jn_value item = sw_jn_array_at(args[0], i);
		if (item.kind != SW_JN_NUMBER) {
			*ret_result = sw_jn_fail_index(call->run, "T0412", args[0], 1);
			return false;
		}
		/* A NaN stays, as in Math.max. */
		totals.sum += item.number;
		if (item.number > totals.max || isnan(item.number))
			totals.max = item.number;
		if (item.number < totals.min || isnan(item.number))
			totals.min = item.number;
	}
	*ret_totals = totals;
	return true;
}

enum sw_result sw_jn_fn_sum(struct sw_jn_call *call, const struct sw_jn_value *args,
			    struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct totals totals;
	if (!numbers_given(call, args, ret_value, &totals, &result))
		return result;
	*ret_value = sw_jn_number(totals.sum);
	return SW_OK;
}

enum sw_result sw_jn_fn_average(struct sw_jn_call *call, const struct sw_jn_value *args,
				struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct totals totals;
	if (!numbers_given(call, args, ret_value, &totals, &result))
		return result;
	*ret_value = args[0].len ? sw_jn_number(totals.sum / args[0].len) : SW_JN_UNDEFINED_VALUE;
	return SW_OK;
}

enum sw_result sw_jn_fn_max(struct sw_jn_call *call, const struct sw_jn_value *args,
			    struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct totals totals;
	if (!numbers_given(call, args, ret_value, &totals, &result))
		return result;
	*ret_value = args[0].len ? sw_jn_number(totals.max) : SW_JN_UNDEFINED_VALUE;
	return SW_OK;
}

enum sw_result sw_jn_fn_min(struct sw_jn_call *call, const struct sw_jn_value *args,
			    struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct totals totals;
	if (!numbers_given(call, args, ret_value, &totals, &result))
		return result;
	*ret_value = args[0].len ? sw_jn_number(totals.min) : SW_JN_UNDEFINED_VALUE;
	return SW_OK;
}
