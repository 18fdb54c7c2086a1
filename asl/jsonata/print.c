/* Values as text: $string, & and messages. */
#include "asl/jsonata/tree.h"

#include "asl/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 1000
#define PRETTY 1
#define EXACT 2 /* numbers with all of their digits */

/* The digits of the shortest text that reads back as number, without point or exponent; *ret_exponent: where the
 * point stands behind the first of them. */
static int shortest(double number, char digits[20], int *ret_exponent)
{
	char text[40];
	int count = 0;
	/* Subnormal numbers have fewer digits, which more of them would not end in zeros. */
	for (int precision = number < 0x1p-1022 ? 1 : 15; precision <= 17; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision - 1, number);
		if (precision == 17 || strtod(text, NULL) == number)
			break;
	}
	const char *at = text;
	for (; *at && *at != 'e'; at++)
		if (*at >= '0' && *at <= '9')
			digits[count++] = *at;
	*ret_exponent = *at == 'e' ? atoi(at + 1) : 0;
	while (count > 1 && digits[count - 1] == '0')
		count--;
	return count;
}

static void print_integer(uint64_t number, struct sw_buf *out)
{
	char text[24];
	size_t at = sizeof(text);
	do
		text[--at] = (char)('0' + number % 10);
	while (number /= 10);
	sw_buf_append(out, text + at, sizeof(text) - at);
}

void sw_jn_print_number(double number, struct sw_buf *out)
{
	char digits[20];
	int exponent, count;
	if (!isfinite(number)) {
		sw_buf_text(out, isnan(number) ? "NaN" : number < 0 ? "-Infinity" : "Infinity");
		return;
	}
	if (number < 0)
		sw_buf_char(out, '-');
	number = fabs(number);
	if (number < 9007199254740992.0 && number == floor(number)) {
		print_integer((uint64_t)number, out);
		return;
	}
	count = shortest(number, digits, &exponent);
	if (exponent >= 21 || exponent < -6) {
		sw_buf_char(out, digits[0]);
		if (count > 1)
			sw_buf_char(out, '.');
		sw_buf_append(out, digits + 1, (size_t)count - 1);
		sw_buf_printf(out, "e%+d", exponent);
	} else if (exponent < 0) {
		sw_buf_text(out, "0.");
		for (int i = -1; i > exponent; i--)
			sw_buf_char(out, '0');
		sw_buf_append(out, digits, (size_t)count);
	} else {
		for (int i = 0; i <= exponent || i < count; i++) {
			if (i == exponent + 1)
				sw_buf_char(out, '.');
			sw_buf_char(out, i < count ? digits[i] : '0');
		}
	}
}

/* Whether number lies in the middle of two of 15 digits: then 16 digits are all it has, and the last is a 5. */
static bool is_tie(double number)
{
	char text[48];
	/* n / 2^m has the digits of n * 5^m: that are more than 16 from m = 23 on. */
	if (ldexp(number, 22) != floor(ldexp(number, 22)))
		return false;
	snprintf(text, sizeof(text), "%.30e", fabs(number));
	const char *digits = strpbrk(text, ".,");
	return digits && digits[15] == '5' && strspn(digits + 16, "0") == 15;
}

/* As toPrecision(15) rounds it, unless it is a whole number: away from zero in the middle. */
static double rounded(double number)
{
	char text[40];
	if (number == floor(number) || !isfinite(number))
		return number;
	bool tie = is_tie(number);
	snprintf(text, sizeof(text), "%.15g", tie ? nextafter(number, 2 * number) : number);
	return strtod(text, NULL);
}

/* As JSON.stringify: lower-case hex, and halves of surrogate pairs as escapes. */
static void quote(struct sw_buf *out, const char *text, size_t len)
{
	static const char shorts[] = "btn\0fr"; /* from \b to \r */
	size_t from = 0;
	sw_buf_char(out, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		bool half = c == 0xED && i + 2 < len && (unsigned char)text[i + 1] >= 0xA0;
		if (c >= 0x20 && c != '"' && c != '\\' && !half)
			continue;
		sw_buf_append(out, text + from, i - from);
		from = i + 1;
		if (half) {
			unsigned code = 0xD000 | (text[i + 1] & 0x3Fu) << 6 | (text[i + 2] & 0x3Fu);
			sw_buf_printf(out, "\\u%04x", code);
			i += 2;
			from = i + 1;
		} else if (c >= 0x20) {
			sw_buf_char(out, '\\');
			sw_buf_char(out, (char)c);
		} else if (c >= '\b' && c <= '\r' && shorts[c - '\b']) {
			sw_buf_char(out, '\\');
			sw_buf_char(out, shorts[c - '\b']);
		} else {
			sw_buf_printf(out, "\\u%04x", c);
		}
	}
	sw_buf_append(out, text + from, len - from);
	sw_buf_char(out, '"');
}

static void new_line(struct sw_buf *out, unsigned how, unsigned depth)
{
	if (!(how & PRETTY))
		return;
	sw_buf_char(out, '\n');
	for (unsigned i = 0; i < depth; i++)
		sw_buf_text(out, "  ");
}

static enum sw_result print(struct sw_jn_run *run, struct sw_jn_value value, unsigned how, unsigned depth,
			    struct sw_buf *out);

static enum sw_result print_array(struct sw_jn_run *run, struct sw_jn_value value, unsigned how,
				  unsigned depth, struct sw_buf *out)
{
	sw_buf_char(out, '[');
	for (uint32_t i = 0; i < value.len; i++) {
		struct sw_jn_value item = sw_jn_array_at(value, i);
		if (i)
			sw_buf_char(out, ',');
		new_line(out, how, depth + 1);
		if (print(run, item.kind == SW_JN_UNDEFINED ? sw_jn_null() : item, how, depth + 1, out) < 0)
			return run->failed;
	}
	if (value.len)
		new_line(out, how, depth);
	sw_buf_char(out, ']');
	return SW_OK;
}

static enum sw_result print_object(struct sw_jn_run *run, struct sw_jn_value value, unsigned how,
				   unsigned depth, struct sw_buf *out)
{
	struct sw_jn_walk at = {0};
	bool any = false;
	sw_buf_char(out, '{');
	while (sw_jn_object_next(value, &at)) {
		if (any)
			sw_buf_char(out, ',');
		any = true;
		new_line(out, how, depth + 1);
		quote(out, at.key, at.key_len);
		sw_buf_text(out, how & PRETTY ? ": " : ":");
		if (print(run, at.value, how, depth + 1, out) < 0)
			return run->failed;
	}
	if (any)
		new_line(out, how, depth);
	sw_buf_char(out, '}');
	return SW_OK;
}

static enum sw_result print(struct sw_jn_run *run, struct sw_jn_value value, unsigned how, unsigned depth,
			    struct sw_buf *out)
{
	int64_t exact;
	if (depth > DEPTH_MAX || out->len > run->bytes_max)
		return sw_jn_fail(run, "U1001", SW_JN_UNDEFINED_VALUE);
	if (sw_jn_steps(run, 1) < 0)
		return run->failed;
	switch (value.kind) {
	case SW_JN_UNDEFINED:
		return SW_OK;
	case SW_JN_NULL:
		sw_buf_text(out, "null");
		return SW_OK;
	case SW_JN_BOOLEAN:
		sw_buf_text(out, value.boolean ? "true" : "false");
		return SW_OK;
	case SW_JN_NUMBER:
		if (isnan(value.number) || (isinf(value.number) && how & EXACT)) {
			sw_buf_text(out, "null");
			return SW_OK;
		}
		if (isinf(value.number))
			return sw_jn_fail(run, "D1001", value);
		if (sw_jn_exact(value, &exact))
			sw_buf_printf(out, "%lld", (long long)exact);
		else
			sw_jn_print_number(how & EXACT ? value.number : rounded(value.number), out);
		return SW_OK;
	case SW_JN_STRING:
		quote(out, value.text, value.len);
		return SW_OK;
	case SW_JN_ARRAY:
		return print_array(run, value, how, depth, out);
	case SW_JN_OBJECT:
		return print_object(run, value, how, depth, out);
	default:
		sw_buf_text(out, "\"\"");
		return SW_OK;
	}
}

enum sw_result sw_jn_print(struct sw_jn_run *run, struct sw_jn_value value, bool pretty, struct sw_buf *out)
{
	if (value.kind == SW_JN_STRING) {
		sw_buf_append(out, value.text, value.len);
		return SW_OK;
	}
	if (value.kind == SW_JN_FUNCTION)
		return SW_OK;
	if (value.kind == SW_JN_NUMBER && !isfinite(value.number))
		return sw_jn_fail(run, "D3001", value);
	if (value.kind == SW_JN_ARRAY && value.flags & SW_JN_OUTER && value.len)
		value = sw_jn_array_at(value, 0);
	return print(run, value, pretty ? PRETTY : 0, 0, out);
}

enum sw_result sw_jn_print_exact(struct sw_jn_run *run, struct sw_jn_value value, struct sw_buf *out)
{
	return print(run, value, EXACT, 0, out);
}
