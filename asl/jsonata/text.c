/* Texts of JSONata: UTF-8 by code points, and JavaScript's ways of reading numbers. */
#include "asl/jsonata/builtins.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

uint32_t sw_jn_char_at(const char *text, size_t len, size_t at, unsigned *ret_bytes)
{
	const unsigned char *s = (const unsigned char *)text + at;
	unsigned bytes = s[0] < 0x80   ? 1
			 : s[0] < 0xC2 ? 0
			 : s[0] < 0xE0 ? 2
			 : s[0] < 0xF0 ? 3
			 : s[0] < 0xF5 ? 4
				       : 0;
	*ret_bytes = 1;
	if (bytes == 1)
		return s[0];
	if (bytes == 0 || len - at < bytes)
		return 0xFFFD;
	uint32_t code = s[0] & (0xFFu >> (bytes + 1));
	for (unsigned i = 1; i < bytes; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0xFFFD;
		code = code << 6 | (s[i] & 0x3F);
	}
	if ((bytes == 3 && code < 0x800) || (bytes == 4 && (code < 0x10000 || code > 0x10FFFF)))
		return 0xFFFD;
	*ret_bytes = bytes;
	return code;
}

void sw_jn_char_put(struct sw_buf *out, uint32_t code)
{
	char bytes[4];
	unsigned count = 0;
	if (code < 0x80) {
		sw_buf_char(out, (char)code);
		return;
	}
	if (code < 0x800) {
		bytes[count++] = (char)(0xC0 | code >> 6);
	} else {
		if (code < 0x10000) {
			bytes[count++] = (char)(0xE0 | code >> 12);
		} else {
			bytes[count++] = (char)(0xF0 | code >> 18);
			bytes[count++] = (char)(0x80 | (code >> 12 & 0x3F));
		}
		bytes[count++] = (char)(0x80 | (code >> 6 & 0x3F));
	}
	bytes[count++] = (char)(0x80 | (code & 0x3F));
	sw_buf_append(out, bytes, count);
}

size_t sw_jn_chars(const char *text, size_t len)
{
	size_t count = 0;
	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xC0) != 0x80;
	return count;
}

size_t sw_jn_units(const char *text, size_t len)
{
	size_t count = 0;
	for (size_t i = 0; i < len; i++)
		count += (((unsigned char)text[i] & 0xC0) != 0x80) + ((unsigned char)text[i] >= 0xF0);
	return count;
}

size_t sw_jn_skip_chars(const char *text, size_t len, size_t count)
{
	size_t at = 0;
	for (; at < len && count > 0; count--) {
		at++;
		while (at < len && ((unsigned char)text[at] & 0xC0) == 0x80)
			at++;
	}
	return at;
}

bool sw_jn_is_space(uint32_t code)
{
	return (code >= 9 && code <= 13) || code == ' ' || code == 0xA0 || code == 0x1680 ||
	       (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F ||
	       code == 0x205F || code == 0x3000 || code == 0xFEFF;
}

int64_t sw_jn_text_find(const char *text, size_t len, size_t from, const char *needle, size_t needle_len)
{
	if (from > len || needle_len > len - from)
		return -1;
	if (needle_len == 0)
		return (int64_t)from;
	const char *found = memmem(text + from, len - from, needle, needle_len);
	return found ? found - text : -1;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

double sw_jn_parse_int(struct sw_jn_run *run, const char *text, size_t len)
{
	size_t at = 0;
	while (at < len) {
		unsigned bytes;
		if (!sw_jn_is_space(sw_jn_char_at(text, len, at, &bytes)))
			break;
		at += bytes;
	}
	double sign = at < len && text[at] == '-' ? -1 : 1;
	if (at < len && (text[at] == '-' || text[at] == '+'))
		at++;
	bool hex = len - at >= 2 && text[at] == '0' && (text[at + 1] | 0x20) == 'x';
	at += hex ? 2 : 0;
	size_t end = at;
	while (end < len && digit_value(text[end]) < (hex ? 16 : 10))
		end++;
	if (end == at)
		return NAN;
	if (!hex)
		return sign * sw_jn_decimal(run, text + at, end - at, 0);
	double value = 0;
	for (; at < end; at++)
		value = value * 16 + digit_value(text[at]);
	return sign * value;
}

double sw_jn_decimal(struct sw_jn_run *run, const char *text, size_t len, int64_t shift)
{
	/* Without the decimal point, which strtod() takes from the locale. */
	struct sw_buf *digits = &run->scratch;
	bool fraction = false;
	size_t at = 0;
	sw_buf_reset(digits);
	for (; at < len && (text[at] | 0x20) != 'e'; at++) {
		if (text[at] == '.') {
			fraction = true;
			continue;
		}
		sw_buf_char(digits, text[at]);
		shift -= fraction;
	}
	if (at < len) {
		bool negative = at + 1 < len && text[at + 1] == '-';
		int64_t exponent = 0;
		for (at++; at < len; at++) {
			if (text[at] >= '0' && text[at] <= '9' && exponent < INT32_MAX)
				exponent = exponent * 10 + (text[at] - '0');
		}
		shift += negative ? -exponent : exponent;
	}
	sw_buf_printf(digits, "e%lld", (long long)shift);
	if (!digits->failed && digits->data)
		return strtod(digits->data, NULL);
	run->failed = SW_ENOMEM;
	return NAN;
}
