/* Values as text: $string, & and messages. */
#include "asl/jsonata/tree.h"

#include "asl/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 1000

/* The digits of the shortest text that reads back as number, without point or exponent; *ret_exponent: where the
 * point stands behind the first of them. */
static int shortest(double number, char digits[20], int *ret_exponent)
{
	char text[40];
	int precision = 0, count = 0;
	for (precision = 15; precision <= 17; precision++) {
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

/* As toPrecision(15) rounds it, unless it is a whole number. */
static double rounded(double number)
{
	char text[40];
	if (number == floor(number) || !isfinite(number))
		return number;
	snprintf(text, sizeof(text), "%.15g", number);
	return strtod(text, NULL);
}

static void new_line(struct sw_buf *out, bool pretty, unsigned depth)
{
	if (!pretty)
		return;
	sw_buf_char(out, '\n');
	for (unsigned i = 0; i < depth; i++)
		sw_buf_text(out, "  ");
}

static enum sw_result print(struct sw_jn_run *run, struct sw_jn_value value, bool pretty, unsigned depth,
			    struct sw_buf *out);

static enum sw_result print_array(struct sw_jn_run *run, struct sw_jn_value value, bool pretty, unsigned depth,
				  struct sw_buf *out)
{
	sw_buf_char(out, '[');
	for (uint32_t i = 0; i < value.len; i++) {
		struct sw_jn_value item = sw_jn_array_at(value, i);
		if (i)
			sw_buf_char(out, ',');
		new_line(out, pretty, depth + 1);
		if (print(run, item.kind == SW_JN_UNDEFINED ? sw_jn_null() : item, pretty, depth + 1, out) < 0)
			return run->failed;
	}
	if (value.len)
		new_line(out, pretty, depth);
	sw_buf_char(out, ']');
	return SW_OK;
}

static enum sw_result print_object(struct sw_jn_run *run, struct sw_jn_value value, bool pretty, unsigned depth,
				   struct sw_buf *out)
{
	struct sw_jn_walk at = {0};
	bool any = false;
	sw_buf_char(out, '{');
	while (sw_jn_object_next(value, &at)) {
		if (any)
			sw_buf_char(out, ',');
		any = true;
		new_line(out, pretty, depth + 1);
		sw_json_quote(out, at.key, at.key_len);
		sw_buf_text(out, pretty ? ": " : ":");
		if (print(run, at.value, pretty, depth + 1, out) < 0)
			return run->failed;
	}
	if (any)
		new_line(out, pretty, depth);
	sw_buf_char(out, '}');
	return SW_OK;
}

static enum sw_result print(struct sw_jn_run *run, struct sw_jn_value value, bool pretty, unsigned depth,
			    struct sw_buf *out)
{
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
		if (isnan(value.number)) {
			sw_buf_text(out, "null");
			return SW_OK;
		}
		if (isinf(value.number))
			return sw_jn_fail(run, "D1001", value);
		sw_jn_print_number(rounded(value.number), out);
		return SW_OK;
	case SW_JN_STRING:
		sw_json_quote(out, value.text, value.len);
		return SW_OK;
	case SW_JN_ARRAY:
		return print_array(run, value, pretty, depth, out);
	case SW_JN_OBJECT:
		return print_object(run, value, pretty, depth, out);
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
	return print(run, value, pretty, 0, out);
}
