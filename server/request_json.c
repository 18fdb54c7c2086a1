/* Reading requests: see request_json.h. */
#include "server/request_json.h"

#include "base/buf.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX 64
#define REAL_EXPONENT_MAX 1000

struct reader {
	const char *at, *end;
	struct sw_buf scratch; /* the string that was read last, without escapes */
	unsigned depth;
};

static enum sw_result read_value(struct reader *r, json_t **ret_value);

static void skip_space(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
		r->at++;
}

/* Steps over c and the white space around it; false when it is not there. */
static bool take(struct reader *r, char c)
{
	skip_space(r);
	if (r->at >= r->end || *r->at != c)
		return false;
	r->at++;
	skip_space(r);
	return true;
}

/* ---- strings ---- */

/* Bytes of the UTF-8 character at `at`; 0 when there is none (overlong forms and surrogates are none). */
static size_t utf8_character(const unsigned char *at, const unsigned char *end)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = *at < 0x80 ? 1 : *at >= 0xF0 ? 4 : *at >= 0xE0 ? 3 : 2;
	if ((*at >= 0x80 && *at < 0xC2) || *at > 0xF4 || (size_t)(end - at) < len)
		return 0;
	uint32_t character = len == 1 ? *at : *at & (0x7Fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xC0) != 0x80)
			return 0;
		character = character << 6 | (at[i] & 0x3F);
	}
	if (character < least[len] || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF))
		return 0;
	return len;
}

bool sw_request_is_utf8(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + len;
	while (at < end) {
		size_t bytes = utf8_character(at, end);
		if (bytes == 0)
			return false;
		at += bytes;
	}
	return true;
}

/* The four digits behind \u. */
static bool read_hex(struct reader *r, uint32_t *ret_number)
{
	uint32_t number = 0;
	if (r->end - r->at < 4)
		return false;
	for (int i = 0; i < 4; i++, r->at++) {
		if (!isxdigit((unsigned char)*r->at))
			return false;
		number =
			number << 4 | (uint32_t)(isdigit((unsigned char)*r->at) ? *r->at - '0'
										: (*r->at | 0x20) - 'a' + 10);
	}
	*ret_number = number;
	return true;
}

static void append_character(struct sw_buf *out, uint32_t c)
{
	if (c >= 0x10000) {
		sw_buf_char(out, (char)(0xF0 | c >> 18));
		sw_buf_char(out, (char)(0x80 | (c >> 12 & 0x3F)));
	} else if (c >= 0x800) {
		sw_buf_char(out, (char)(0xE0 | c >> 12));
	} else {
		sw_buf_char(out, (char)(c < 0x80 ? c : 0xC0 | c >> 6));
		if (c < 0x80)
			return;
	}
	if (c >= 0x800)
		sw_buf_char(out, (char)(0x80 | (c >> 6 & 0x3F)));
	sw_buf_char(out, (char)(0x80 | (c & 0x3F)));
}

/* at is behind \u; surrogates come in pairs. */
static bool read_unicode(struct reader *r)
{
	uint32_t c, low;
	if (!read_hex(r, &c) || (c >= 0xDC00 && c <= 0xDFFF))
		return false;
	if (c >= 0xD800 && c <= 0xDBFF) {
		if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
			return false;
		r->at += 2;
		if (!read_hex(r, &low) || low < 0xDC00 || low > 0xDFFF)
			return false;
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
	}
	append_character(&r->scratch, c);
	return true;
}

static bool read_escape(struct reader *r)
{
	static const char names[] = "\"\\/bfnrt", codes[] = "\"\\/\b\f\n\r\t";
	char c = r->at < r->end ? *r->at++ : '\0';
	const char *name = c ? strchr(names, c) : NULL;
	if (c == 'u')
		return read_unicode(r);
	if (name)
		sw_buf_char(&r->scratch, codes[name - names]);
	return name != NULL;
}

/* at is behind the opening quote; the content goes to scratch. */
static enum sw_result read_string(struct reader *r)
{
	const char *start = r->at;
	sw_buf_reset(&r->scratch);
	while (r->at < r->end && *r->at != '"') {
		if (*r->at == '\\') {
			sw_buf_append(&r->scratch, start, (size_t)(r->at - start));
			r->at++;
			if (!read_escape(r))
				return SW_EJSON;
			start = r->at;
			continue;
		}
		size_t len = utf8_character((const unsigned char *)r->at, (const unsigned char *)r->end);
		if (len == 0 || (unsigned char)*r->at < 0x20)
			return SW_EJSON;
		r->at += len;
	}
	if (r->at >= r->end)
		return SW_EJSON;
	sw_buf_append(&r->scratch, start, (size_t)(r->at - start));
	r->at++;
	return sw_buf_result(&r->scratch);
}

static enum sw_result made(json_t *value, json_t **ret_value)
{
	*ret_value = value;
	return value ? SW_OK : SW_ENOMEM;
}

static enum sw_result read_text(struct reader *r, json_t **ret_value)
{
	r->at++;
	enum sw_result result = read_string(r);
	if (result != SW_OK)
		return result;
	return made(json_stringn_nocheck(r->scratch.data ? r->scratch.data : "", r->scratch.len), ret_value);
}

/* ---- numbers and words ---- */

static bool skip_digits(struct reader *r)
{
	const char *start = r->at;
	while (r->at < r->end && isdigit((unsigned char)*r->at))
		r->at++;
	return r->at > start;
}

/* What text (checked: digits, perhaps a fraction and an exponent) says, to about 15 digits: no locale's comma. */
static double read_real(const char *text, const char *end)
{
	double value = 0;
	int exponent = 0, written = 0;
	bool fraction = false, less = false;
	for (; text < end && (*text == '.' || isdigit((unsigned char)*text)); text++) {
		if (*text == '.') {
			fraction = true;
		} else if (value < 1e17) {
			value = value * 10 + (*text - '0');
			exponent -= fraction;
		} else if (!fraction && exponent < REAL_EXPONENT_MAX) {
			exponent++;
		}
	}
	for (; text < end; text++) {
		less = less || *text == '-';
		if (isdigit((unsigned char)*text) && written < REAL_EXPONENT_MAX)
			written = written * 10 + (*text - '0');
	}
	exponent = less ? exponent - written : exponent + written;
	for (; exponent > 0 && value < 1e299; exponent--)
		value *= 10;
	for (; exponent < 0 && value > 0; exponent++)
		value /= 10;
	return exponent > 0 && value > 0 ? 1e300 : value;
}

static enum sw_result read_number(struct reader *r, json_t **ret_value)
{
	bool negative = *r->at == '-', whole = true;
	r->at += negative;
	const char *digits = r->at;
	if (!skip_digits(r) || (*digits == '0' && r->at - digits > 1))
		return SW_EJSON;
	size_t len = (size_t)(r->at - digits);
	if (r->at < r->end && *r->at == '.') {
		whole = false;
		r->at++;
		if (!skip_digits(r))
			return SW_EJSON;
	}
	if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
		whole = false;
		r->at++;
		if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
			r->at++;
		if (!skip_digits(r))
			return SW_EJSON;
	}
	if (!whole || len > 18) {
		double real = read_real(digits, r->at);
		return made(json_real(negative ? -real : real), ret_value);
	}
	json_int_t number = 0;
	for (size_t i = 0; i < len; i++)
		number = number * 10 + (digits[i] - '0');
	return made(json_integer(negative ? -number : number), ret_value);
}

static bool take_word(struct reader *r, const char *word)
{
	size_t len = strlen(word);
	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return false;
	r->at += len;
	return true;
}

/* ---- arrays and objects ---- */

static enum sw_result read_items(struct reader *r, json_t *array)
{
	if (take(r, ']'))
		return SW_OK;
	do {
		json_t *item = NULL;
		enum sw_result result = read_value(r, &item);
		if (result != SW_OK)
			return result;
		if (json_array_append_new(array, item) != 0)
			return SW_ENOMEM;
	} while (take(r, ','));
	return take(r, ']') ? SW_OK : SW_EJSON;
}

/* "key": value */
static enum sw_result read_member(struct reader *r, json_t *object)
{
	json_t *value = NULL;
	struct sw_buf key = SW_BUF;
	skip_space(r);
	if (r->at >= r->end || *r->at++ != '"')
		return SW_EJSON;
	enum sw_result result = read_string(r);
	if (result != SW_OK)
		return result;
	size_t len = r->scratch.len;
	sw_buf_append(&key, r->scratch.data ? r->scratch.data : "", len);
	result = sw_buf_result(&key);
	if (result == SW_OK)
		result = take(r, ':') ? read_value(r, &value) : SW_EJSON;
	if (result == SW_OK && memchr(key.data, 0, len))
		json_decref(value);
	else if (result == SW_OK && json_object_set_new_nocheck(object, key.data, value) != 0)
		result = SW_ENOMEM;
	sw_buf_done(&key);
	return result;
}

static enum sw_result read_members(struct reader *r, json_t *object)
{
	if (take(r, '}'))
		return SW_OK;
	do {
		enum sw_result result = read_member(r, object);
		if (result != SW_OK)
			return result;
	} while (take(r, ','));
	return take(r, '}') ? SW_OK : SW_EJSON;
}

static enum sw_result read_container(struct reader *r, json_t **ret_value)
{
	bool object = *r->at++ == '{';
	json_t *value = object ? json_object() : json_array();
	if (!value)
		return SW_ENOMEM;
	enum sw_result result = ++r->depth > DEPTH_MAX ? SW_EJSON
				: object               ? read_members(r, value)
						       : read_items(r, value);
	r->depth--;
	if (result != SW_OK) {
		json_decref(value);
		return result;
	}
	*ret_value = value;
	return SW_OK;
}

/* The depth is bounded by DEPTH_MAX. */
static enum sw_result read_value(struct reader *r, json_t **ret_value)
{
	skip_space(r);
	if (r->at >= r->end)
		return SW_EJSON;
	if (*r->at == '"')
		return read_text(r, ret_value);
	if (*r->at == '{' || *r->at == '[')
		return read_container(r, ret_value);
	if (*r->at == '-' || isdigit((unsigned char)*r->at))
		return read_number(r, ret_value);
	if (take_word(r, "true"))
		return made(json_true(), ret_value);
	if (take_word(r, "false"))
		return made(json_false(), ret_value);
	if (take_word(r, "null"))
		return made(json_null(), ret_value);
	return SW_EJSON;
}

enum sw_result sw_request_json(const char *text, size_t len, json_t **ret_tree)
{
	struct reader r = {.at = text, .end = text + len, .scratch = SW_BUF};
	json_t *tree = NULL;
	enum sw_result result = read_value(&r, &tree);
	sw_buf_done(&r.scratch);
	skip_space(&r);
	if (result == SW_OK && r.at < r.end) {
		json_decref(tree);
		result = SW_EJSON;
	}
	if (result == SW_OK)
		*ret_tree = tree;
	return result;
}
