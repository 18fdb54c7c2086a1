/*
 * Trees to JSON text. Always valid JSON, numbers in the shortest form, bounded in depth and size: children
 * that are shared may print to far more than they take in memory.
 */
#include "asl/json_scan.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct printer {
	struct sw_buf *out;
	size_t len_max;
	bool pretty;
};

void sw_json_quote(struct sw_buf *out, const char *text, size_t len)
{
	static const char codes[] = "\b\f\n\r\t", names[] = "bfnrt";
	const char *at = text, *end = text + len;
	sw_buf_char(out, '"');
	while (at < end) {
		const char *plain = at;
		while (at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
			at++;
		if (at > plain)
			sw_buf_append(out, plain, (size_t)(at - plain));
		if (at == end)
			break;
		const char *code = *at ? strchr(codes, *at) : NULL;
		if (*at == '"' || *at == '\\') {
			char escape[2] = {'\\', *at};
			sw_buf_append(out, escape, 2);
		} else if (code) {
			char escape[2] = {'\\', names[code - codes]};
			sw_buf_append(out, escape, 2);
		} else {
			sw_buf_printf(out, "\\u%04X", (unsigned)(unsigned char)*at);
		}
		at++;
	}
	sw_buf_char(out, '"');
}

/*
 * The fewest digits that read back as the same double; *ret_exponent is that of the first digit. Neither
 * depends on the decimal point of the host's locale.
 */
static size_t shortest_digits(double number, char digits[24], int *ret_exponent)
{
	char text[64];
	/* Fifteen digits always survive in a normal double, so only below it is a shorter form looked for. */
	int precision = fabs(number) < DBL_MIN ? 0 : 14;
	for (;; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, number);
		if (precision >= 16 || strtod(text, NULL) == number)
			break;
	}
	size_t count = 0;
	char *p = text;
	for (; *p && *p != 'e'; p++) {
		if (*p >= '0' && *p <= '9' && count < 20)
			digits[count++] = *p;
	}
	*ret_exponent = *p == 'e' ? (int)strtol(p + 1, NULL, 10) : 0;
	while (count > 1 && digits[count - 1] == '0')
		count--;
	return count;
}

/*
 * AWS's interpreter is Java and writes doubles as Double.toString does: 1.0 stays 1.0, and from 10^7 on and
 * below 10^-3 there is one digit before the point and an exponent: 1.0E10. These are JSON as well.
 */
void sw_json_print_double(double number, struct sw_buf *out)
{
	char digits[24];
	int exponent;
	if (!isfinite(number)) {
		sw_buf_text(out, "null"); /* cannot be made; still valid JSON */
		return;
	}
	if (signbit(number))
		sw_buf_char(out, '-');
	if (number == 0) {
		sw_buf_text(out, "0.0");
		return;
	}
	size_t count = shortest_digits(fabs(number), digits, &exponent);
	int before = exponent >= -3 && exponent < 7 ? exponent + 1 : 1; /* digits before the point */
	if (before <= 0) {
		sw_buf_text(out, "0.");
		for (int i = before; i < 0; i++)
			sw_buf_char(out, '0');
		sw_buf_append(out, digits, count);
		return;
	}
	for (int i = 0; i < before; i++)
		sw_buf_char(out, (size_t)i < count ? digits[i] : '0');
	sw_buf_char(out, '.');
	if (count > (size_t)before)
		sw_buf_append(out, digits + before, count - (size_t)before);
	else
		sw_buf_char(out, '0');
	if (before != exponent + 1)
		sw_buf_printf(out, "E%d", exponent);
}

static void print_scalar(struct sw_buf *out, const json_t *tree)
{
	switch (json_typeof(tree)) {
	case JSON_STRING:
		if (sw_json_is_big(tree))
			sw_buf_text(out, sw_json_big_digits(tree));
		else
			sw_json_quote(out, json_string_value(tree), json_string_length(tree));
		break;
	case JSON_INTEGER: {
		char text[24];
		int len = snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(tree));
		sw_buf_append(out, text, (size_t)len);
		break;
	}
	case JSON_REAL:
		sw_json_print_double(json_real_value(tree), out);
		break;
	case JSON_TRUE:
		sw_buf_append(out, "true", 4);
		break;
	case JSON_FALSE:
		sw_buf_append(out, "false", 5);
		break;
	default:
		sw_buf_append(out, "null", 4);
		break;
	}
}

static void new_line(struct printer *printer, size_t depth)
{
	static const char spaces[] = "                                ";
	if (!printer->pretty)
		return;
	sw_buf_char(printer->out, '\n');
	for (size_t left = depth * 2; left > 0 && printer->out->len <= printer->len_max;) {
		size_t part = left < sizeof(spaces) - 1 ? left : sizeof(spaces) - 1;
		sw_buf_append(printer->out, spaces, part);
		left -= part;
	}
}

static bool over(const struct printer *printer)
{
	return printer->out->len > printer->len_max || printer->out->failed;
}

static enum sw_result print_value(struct printer *printer, const json_t *tree, size_t depth);

static enum sw_result print_object(struct printer *printer, const json_t *tree, size_t depth)
{
	json_t *object = (json_t *)tree; /* jansson's iterators are not const; nothing is changed */
	bool first = true;
	sw_buf_char(printer->out, '{');
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
		const char *key = json_object_iter_key(at);
		if (!first)
			sw_buf_char(printer->out, ',');
		first = false;
		new_line(printer, depth + 1);
		sw_json_quote(printer->out, key, strlen(key));
		sw_buf_append(printer->out, ": ", printer->pretty ? 2 : 1);
		enum sw_result r = print_value(printer, json_object_iter_value(at), depth + 1);
		if (r < 0)
			return r;
	}
	if (!first)
		new_line(printer, depth);
	sw_buf_char(printer->out, '}');
	return SW_OK;
}

static enum sw_result print_array(struct printer *printer, const json_t *tree, size_t depth)
{
	size_t count = json_array_size(tree);
	sw_buf_char(printer->out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			sw_buf_char(printer->out, ',');
		new_line(printer, depth + 1);
		enum sw_result r = print_value(printer, json_array_get(tree, i), depth + 1);
		if (r < 0)
			return r;
	}
	if (count > 0)
		new_line(printer, depth);
	sw_buf_char(printer->out, ']');
	return SW_OK;
}

static enum sw_result print_value(struct printer *printer, const json_t *tree, size_t depth)
{
	enum sw_result r = SW_OK;
	if (over(printer))
		return printer->out->failed ? SW_ENOMEM : SW_ELIMIT;
	if ((json_is_object(tree) || json_is_array(tree)) && depth >= SW_JSON_DEPTH_MAX)
		return SW_ELIMIT;
	if (json_is_object(tree))
		r = print_object(printer, tree, depth);
	else if (json_is_array(tree))
		r = print_array(printer, tree, depth);
	else if (tree)
		print_scalar(printer->out, tree);
	else
		sw_buf_text(printer->out, "null");
	return r;
}

static enum sw_result print(const json_t *tree, struct sw_buf *out, size_t bytes_max, bool pretty)
{
	struct printer printer = {out, SIZE_MAX - out->len < bytes_max ? SIZE_MAX : out->len + bytes_max,
				  pretty};
	enum sw_result r = print_value(&printer, tree, 0);
	if (r == SW_OK)
		r = sw_buf_result(out);
	if (r == SW_OK && over(&printer))
		r = SW_ELIMIT;
	return r;
}

enum sw_result sw_json_print(const json_t *tree, struct sw_buf *out, size_t bytes_max)
{
	return print(tree, out, bytes_max, false);
}

enum sw_result sw_json_print_pretty(const json_t *tree, struct sw_buf *out, size_t bytes_max)
{
	return print(tree, out, bytes_max, true);
}
