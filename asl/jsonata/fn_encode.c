/* Built-in functions that encode and decode strings: base 64 and the escapes of URLs. */
#include "asl/jsonata/builtins.h"

/* ---- base 64 -------------------------------------------------------------------------------------- */

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Writes count bytes (1 to 3) as four digits. */
static char *put_group(char *out, const unsigned char *bytes, unsigned count)
{
	uint32_t bits = (uint32_t)bytes[0] << 16 | (count > 1 ? (uint32_t)bytes[1] << 8 : 0) |
			(count > 2 ? bytes[2] : 0);
	for (unsigned i = 0; i < 4; i++)
		*out++ = i <= count ? base64_digits[bits >> (18 - 6 * i) & 63] : '=';
	return out;
}

/* Encodes UTF-16 units as one byte each and drops their upper half, as the reference implementation does. */
enum sw_result sw_jn_fn_base64encode(struct sw_jn_call *call, const struct sw_jn_value *args,
				     struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	/* The bytes stand behind the digits that they become. */
	size_t most = args[0].len, digits = (most + 2) / 3 * 4, at = 0;
	char *out = sw_jn_alloc(call->run, digits + most), *end = out;
	if (!out)
		return call->run->failed;
	unsigned char *plain = (unsigned char *)out + digits;
	unsigned bytes;
	for (size_t i = 0; i < args[0].len; i += bytes) {
		uint32_t code = sw_jn_char_at(args[0].text, args[0].len, i, &bytes);
		if (code >= 0x10000)
			plain[at++] = (unsigned char)((code - 0x10000) >> 10);
		plain[at++] = (unsigned char)code;
	}
	for (size_t i = 0; i < at; i += 3)
		end = put_group(end, plain + i, at - i < 3 ? (unsigned)(at - i) : 3);
	*ret_value = sw_jn_string(out, (size_t)(end - out));
	return SW_OK;
}

static int sextet(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/*
 * As lenient as Node: what is no digit is skipped, the first '=' ends the text, and of each UTF-16 unit the lower half
 * is looked at alone. Each byte that comes out becomes a character.
 */
enum sw_result sw_jn_fn_base64decode(struct sw_jn_call *call, const struct sw_jn_value *args,
				     struct sw_jn_value *ret_value)
{
	enum sw_result result;
	uint32_t bits = 0, code = 0;
	unsigned held = 0, bytes;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	/* Of two bytes of UTF-8 at most for six bits. */
	char *out = sw_jn_alloc(call->run, (size_t)args[0].len * 2);
	size_t len = 0;
	if (!out)
		return call->run->failed;
	for (size_t at = 0; at < args[0].len;) {
		/* The second unit of a pair comes after its first. */
		bool second = code >= 0x10000;
		code = second ? code & 0x3FF : sw_jn_char_at(args[0].text, args[0].len, at, &bytes);
		uint32_t unit = code < 0x10000 ? code : (code - 0x10000) >> 10;
		at += code < 0x10000 ? bytes : 0;
		if ((unit & 0xFF) == '=')
			break;
		int digit = sextet((unsigned char)unit);
		if (digit < 0)
			continue;
		bits = bits << 6 | (uint32_t)digit;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		unsigned byte = bits >> held & 0xFF;
		if (byte >= 0x80)
			out[len++] = (char)(0xC0 | byte >> 6);
		out[len++] = (char)(byte < 0x80 ? byte : 0x80 | (byte & 0x3F));
	}
	*ret_value = sw_jn_string(out, len);
	return SW_OK;
}

/* ---- URLs ----------------------------------------------------------------------------------------- */

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c > 0 && c < 0x80 && strchr("-_.!~*'()", c));
}

/* What separates the parts of a URL: encodeUrl leaves it, decodeUrl leaves its escapes. */
static bool is_reserved(unsigned char c)
{
	return c > 0 && c < 0x80 && strchr(";/?:@&=+$,#", c);
}

static enum sw_result encode(struct sw_jn_call *call, const struct sw_jn_value *args, bool whole,
			     struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	struct sw_buf *out = &call->run->scratch;
	unsigned bytes;
	sw_buf_reset(out);
	for (size_t at = 0; at < args[0].len; at += bytes) {
		uint32_t code = sw_jn_char_at(args[0].text, args[0].len, at, &bytes);
		if (code >= 0xD800 && code <= 0xDFFF)
			return sw_jn_fail(call->run, "D3140", args[0]);
		if (code < 0x80 &&
		    (is_unreserved((unsigned char)code) || (whole && is_reserved((unsigned char)code)))) {
			sw_buf_char(out, (char)code);
			continue;
		}
		for (unsigned i = 0; i < bytes; i++) {
			unsigned char byte = (unsigned char)args[0].text[at + i];
			char escape[3] = {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
			sw_buf_append(out, escape, sizeof(escape));
		}
	}
	return sw_jn_scratch_value(call->run, ret_value);
}

enum sw_result sw_jn_fn_encode_url(struct sw_jn_call *call, const struct sw_jn_value *args,
				   struct sw_jn_value *ret_value)
{
	return encode(call, args, true, ret_value);
}

enum sw_result sw_jn_fn_encode_url_component(struct sw_jn_call *call, const struct sw_jn_value *args,
					     struct sw_jn_value *ret_value)
{
	return encode(call, args, false, ret_value);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of an escape at text[at]; -1: there is none. */
static int escaped_byte(const char *text, size_t len, size_t at)
{
	if (len - at < 3 || text[at] != '%' || hex_digit(text[at + 1]) < 0 || hex_digit(text[at + 2]) < 0)
		return -1;
	return hex_digit(text[at + 1]) << 4 | hex_digit(text[at + 2]);
}

/* Reads the escapes of one character at text[at]; *ret_bytes of UTF-8 to bytes. False: malformed. */
static bool read_escapes(const char *text, size_t len, size_t at, char bytes[4], unsigned *ret_bytes)
{
	int first = escaped_byte(text, len, at);
	if (first < 0 || (first >= 0x80 && first < 0xC2) || first > 0xF4)
		return false;
	unsigned count = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4, decoded;
	bytes[0] = (char)first;
	for (unsigned i = 1; i < count; i++) {
		int byte = at + 3 * i < len ? escaped_byte(text, len, at + 3 * i) : -1;
		if (byte < 0)
			return false;
		bytes[i] = (char)byte;
	}
	uint32_t code = sw_jn_char_at(bytes, count, 0, &decoded);
	*ret_bytes = count;
	return decoded == count && (code < 0xD800 || code > 0xDFFF);
}

static enum sw_result decode(struct sw_jn_call *call, const struct sw_jn_value *args, bool whole,
			     struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	const char *text = args[0].text;
	struct sw_buf *out = &call->run->scratch;
	sw_buf_reset(out);
	for (size_t at = 0; at < args[0].len;) {
		char bytes[4];
		unsigned count;
		if (text[at] != '%') {
			sw_buf_char(out, text[at++]);
			continue;
		}
		if (!read_escapes(text, args[0].len, at, bytes, &count))
			return sw_jn_fail(call->run, "D3140", args[0]);
		if (whole && count == 1 && is_reserved((unsigned char)bytes[0]))
			sw_buf_append(out, text + at, 3);
		else
			sw_buf_append(out, bytes, count);
		at += (size_t)3 * count;
	}
	return sw_jn_scratch_value(call->run, ret_value);
}

enum sw_result sw_jn_fn_decode_url(struct sw_jn_call *call, const struct sw_jn_value *args,
				   struct sw_jn_value *ret_value)
{
	return decode(call, args, true, ret_value);
}

enum sw_result sw_jn_fn_decode_url_component(struct sw_jn_call *call, const struct sw_jn_value *args,
					     struct sw_jn_value *ret_value)
{
	return decode(call, args, false, ret_value);
}
