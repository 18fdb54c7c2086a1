/*
 * JSON text to trees. One driver serves sw_json_check, which allocates nothing (payloads that nobody looks
 * into are only checked), and sw_json_parse, which builds the tree on the way. It does not recurse: depth
 * costs a byte each.
 */
#include "asl/json_scan.h"
#include "base/mem.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More digits than this before the point are beyond a double, whatever follows. */
#define INTEGER_DIGITS_MAX 309
/* Numbers up to this length are copied to the stack for strtod. */
#define NUMBER_STACK_BYTES 128

struct level {
	json_t *container; /* owned by its parent, the outermost by the builder */
	const uint8_t *key, *key_end;
	bool key_escaped;
};

struct builder {
	struct level levels[SW_JSON_DEPTH_MAX];
	json_t *root;
	unsigned flags;
	struct sw_buf scratch;
};

struct number {
	const uint8_t *start, *end;
	bool negative, whole; /* whole: no fraction, no exponent */
	bool fits;            /* whole, and of 64 bits */
	uint64_t magnitude;   /* when it fits */
};

void sw_json_place(const uint8_t *text, const uint8_t *at, uint32_t *ret_line, uint32_t *ret_column)
{
	uint32_t line = 1, column = 1;
	for (const uint8_t *p = text; p < at; p++) {
		if (*p == '\n') {
			line++;
			column = 1;
		} else if ((*p & 0xC0) != 0x80) {
			column++;
		}
	}
	*ret_line = line;
	*ret_column = column;
}

/* Reports a mistake at the byte `at`; the first error wins. */
static enum sw_result mistake_at(struct sw_json_scan *scan, const uint8_t *at, enum sw_result code,
				 const char *text)
{
	struct sw_error *err = scan->err;
	if (err && err->code == SW_OK) {
		sw_error_set(err, code, "%s", text);
		sw_json_place(scan->start, at, &err->line, &err->column);
	}
	return code;
}

static enum sw_result mistake(struct sw_json_scan *scan, const char *text)
{
	return mistake_at(scan, scan->at, SW_EJSON, scan->at < scan->end ? text : "the text ends too early");
}

/* The same where a token was expected: what other formats allow gets words of its own. */
static enum sw_result mistake_token(struct sw_json_scan *scan, const char *text)
{
	const uint8_t *at = scan->at;
	size_t left = (size_t)(scan->end - at);
	if (left >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
		text = "a byte order mark is no JSON: save the file without one";
	else if (left >= 2 && at[0] == '/' && (at[1] == '/' || at[1] == '*'))
		text = "JSON has no comments";
	else if (left >= 1 && at[0] == '\'')
		text = "a string stands in double quotes, not in single ones";
	return mistake(scan, text);
}

/* ---- strings --------------------------------------------------------------------------------------- */

static bool hex4(const uint8_t *at, const uint8_t *end, uint32_t *ret_unit)
{
	uint32_t unit = 0;
	if (end - at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		uint8_t c = at[i];
		if (c >= '0' && c <= '9')
			unit = unit << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			unit = unit << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*ret_unit = unit;
	return true;
}

/* at is behind the backslash. */
static enum sw_result scan_escape(struct sw_json_scan *scan)
{
	uint32_t unit;
	if (scan->at >= scan->end)
		return mistake(scan, "");
	uint8_t c = *scan->at;
	if (c != 'u') {
		if (!c || !strchr("\"\\/bfnrt", c))
			return mistake(
				scan,
				"an unknown escape; known are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
		scan->at++;
		return SW_OK;
	}
	if (!hex4(scan->at + 1, scan->end, &unit))
		return mistake(scan, "expected four hexadecimal digits after \\u");
	const uint8_t *low = scan->at + 5;
	if (unit >= 0xDC00 && unit <= 0xDFFF)
		return mistake(scan, "a low surrogate without a high one before it");
	if (unit >= 0xD800 && unit <= 0xDBFF) {
		if (scan->end - low < 6 || low[0] != '\\' || low[1] != 'u' ||
		    !hex4(low + 2, scan->end, &unit) || unit < 0xDC00 || unit > 0xDFFF)
			return mistake(scan, "a high surrogate without a low one behind it");
		low += 6;
	}
	scan->at = low;
	return SW_OK;
}

/* Length of the valid UTF-8 sequence at a byte of 0x80 or more; 0 when there is none (RFC 3629). */
static size_t utf8_length(const uint8_t *at, const uint8_t *end)
{
	uint8_t lead = at[0], low = 0x80, high = 0xBF;
	size_t length;
	if (lead >= 0xC2 && lead <= 0xDF)
		length = 2;
	else if (lead >= 0xE0 && lead <= 0xEF)
		length = 3;
	else if (lead >= 0xF0 && lead <= 0xF4)
		length = 4;
	else
		return 0;
	if ((size_t)(end - at) < length)
		return 0;
	if (lead == 0xE0)
		low = 0xA0;
	else if (lead == 0xED)
		high = 0x9F;
	else if (lead == 0xF0)
		low = 0x90;
	else if (lead == 0xF4)
		high = 0x8F;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++) {
		if ((at[i] & 0xC0) != 0x80)
			return 0;
	}
	return length;
}

bool sw_json_is_utf8(const char *text, size_t len)
{
	const uint8_t *at = (const uint8_t *)text, *end = at + len;
	while (at < end) {
		size_t length = *at < 0x80 ? 1 : utf8_length(at, end);
		if (length == 0)
			return false;
		at += length;
	}
	return true;
}

/* Skips bytes that need no look: printable ASCII but " and \, eight at a time. */
static const uint8_t *skip_plain(const uint8_t *at, const uint8_t *end)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	while (end - at >= 8) {
		uint64_t w;
		memcpy(&w, at, 8);
		uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
		uint64_t special = w | (w - ones * 0x20) | (quote - ones) | (slash - ones);
		if (special & tops)
			break;
		at += 8;
	}
	while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return at;
}

enum sw_result sw_json_scan_string(struct sw_json_scan *scan, bool *ret_escaped)
{
	bool escaped = false;
	for (;;) {
		scan->at = skip_plain(scan->at, scan->end);
		if (scan->at >= scan->end)
			return mistake_at(scan, scan->at, SW_EJSON, "the text ends inside a string");
		uint8_t c = *scan->at;
		if (c == '"') {
			scan->at++;
			*ret_escaped = escaped;
			return SW_OK;
		}
		if (c == '\\') {
			escaped = true;
			scan->at++;
			enum sw_result r = scan_escape(scan);
			if (r < 0)
				return r;
		} else if (c < 0x20) {
			return mistake(scan,
				       "a control character in a string; write it as an escape such as \\n");
		} else {
			size_t length = utf8_length(scan->at, scan->end);
			if (length == 0)
				return mistake(scan, "bytes that are not UTF-8");
			scan->at += length;
		}
	}
}

static void put_utf8(struct sw_buf *out, uint32_t point)
{
	char bytes[4];
	size_t len = 0;
	if (point < 0x80) {
		bytes[len++] = (char)point;
	} else if (point < 0x800) {
		bytes[len++] = (char)(0xC0 | point >> 6);
		bytes[len++] = (char)(0x80 | (point & 0x3F));
	} else if (point < 0x10000) {
		bytes[len++] = (char)(0xE0 | point >> 12);
		bytes[len++] = (char)(0x80 | (point >> 6 & 0x3F));
		bytes[len++] = (char)(0x80 | (point & 0x3F));
	} else {
		bytes[len++] = (char)(0xF0 | point >> 18);
		bytes[len++] = (char)(0x80 | (point >> 12 & 0x3F));
		bytes[len++] = (char)(0x80 | (point >> 6 & 0x3F));
		bytes[len++] = (char)(0x80 | (point & 0x3F));
	}
	sw_buf_append(out, bytes, len);
}

void sw_json_unescape(const uint8_t *at, const uint8_t *end, struct sw_buf *out)
{
	static const char names[] = "bfnrt", codes[] = "\b\f\n\r\t";
	while (at < end) {
		const uint8_t *slash = memchr(at, '\\', (size_t)(end - at));
		sw_buf_append(out, at, (size_t)((slash ? slash : end) - at));
		if (!slash || end - slash < 2)
			return;
		at = slash + 2;
		const char *name = slash[1] ? strchr(names, slash[1]) : NULL;
		uint32_t unit, low;
		if (name) {
			sw_buf_char(out, codes[name - names]);
		} else if (slash[1] != 'u') {
			sw_buf_char(out, (char)slash[1]);
		} else if (hex4(at, end, &unit)) {
			at += 4;
			if (unit >= 0xD800 && unit <= 0xDBFF && end - at >= 6 && hex4(at + 2, end, &low)) {
				unit = 0x10000 + ((unit - 0xD800) << 10) + ((low - 0xDC00) & 0x3FF);
				at += 6;
			}
			put_utf8(out, unit);
		}
	}
}

/* ---- numbers --------------------------------------------------------------------------------------- */

/* strtod reads the point of the host's locale. */
static double read_double_slowly(const char *text, size_t len)
{
	char stack[NUMBER_STACK_BYTES], *copy = stack;
	const char *point = localeconv()->decimal_point;
	size_t point_len = strlen(point), used = 0;
	if (len + point_len >= sizeof(stack)) {
		copy = sw_alloc(len + point_len + 1);
		if (!copy)
			return NAN;
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.') {
			memcpy(copy + used, point, point_len);
			used += point_len;
		} else {
			copy[used++] = text[i];
		}
	}
	copy[used] = '\0';
	double number = strtod(copy, NULL);
	if (copy != stack)
		sw_free(copy);
	return number;
}

double sw_json_read_double(const char *text, size_t len)
{
	static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
					1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
					1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	uint64_t mantissa = 0;
	int exponent = 0, written = 0, sign = 1;
	size_t i = 0;
	bool negative = len > 0 && text[0] == '-', fraction = false;
	/* Up to 15 digits and a small power of ten: one exact operation on exact doubles is the right answer.
	 */
	if (len > 20)
		return read_double_slowly(text, len);
	for (i = negative; i < len && (text[i] == '.' || (text[i] >= '0' && text[i] <= '9')); i++) {
		if (text[i] == '.') {
			fraction = true;
			continue;
		}
		if (mantissa > 99999999999999u)
			return read_double_slowly(text, len);
		mantissa = mantissa * 10 + (uint64_t)(text[i] - '0');
		exponent -= fraction;
	}
	if (i < len) {
		i++;
		if (i < len && (text[i] == '+' || text[i] == '-'))
			sign = text[i++] == '-' ? -1 : 1;
		for (; i < len && written < 10000; i++)
			written = written * 10 + (text[i] - '0');
	}
	exponent += sign * written;
	if (exponent < -22 || exponent > 22)
		return read_double_slowly(text, len);
	double number =
		exponent < 0 ? (double)mantissa / powers[-exponent] : (double)mantissa * powers[exponent];
	return negative ? -number : number;
}

static bool is_digit(const struct sw_json_scan *scan)
{
	return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

static enum sw_result scan_digits(struct sw_json_scan *scan, const char *where)
{
	if (!is_digit(scan))
		return mistake(scan, where);
	while (is_digit(scan))
		scan->at++;
	return SW_OK;
}

static void read_magnitude(struct number *number, const uint8_t *at, const uint8_t *end)
{
	uint64_t limit = number->negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
	number->fits = number->whole && end - at <= 19;
	number->magnitude = 0;
	for (; number->fits && at < end; at++) {
		/* Nineteen digits are below 10^19 < 2^64. */
		number->magnitude = number->magnitude * 10 + (uint64_t)(*at - '0');
	}
	if (number->magnitude > limit)
		number->fits = false;
}

static enum sw_result scan_number(struct sw_json_scan *scan, struct number *number)
{
	enum sw_result r;
	number->start = scan->at;
	number->negative = *scan->at == '-';
	number->whole = true;
	scan->at += number->negative;
	const uint8_t *digits = scan->at;
	bool exponent = false;
	r = scan_digits(scan, "expected a digit after the minus sign");
	if (r < 0)
		return r;
	const uint8_t *digits_end = scan->at;
	if (*digits == '0' && digits_end - digits > 1)
		return mistake_at(scan, digits, SW_EJSON, "a number may not begin with 0");
	if (scan->at < scan->end && *scan->at == '.') {
		scan->at++;
		number->whole = false;
		r = scan_digits(scan, "expected a digit after the point");
	}
	if (r == SW_OK && scan->at < scan->end && (*scan->at | 0x20) == 'e') {
		scan->at++;
		number->whole = false;
		exponent = true;
		if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
			scan->at++;
		r = scan_digits(scan, "expected a digit in the exponent");
	}
	if (r < 0)
		return r;
	number->end = scan->at;
	read_magnitude(number, digits, digits_end);
	/* Beyond a double there is only infinity, which JSON cannot say again: refused, integers too. */
	if (digits_end - digits > INTEGER_DIGITS_MAX && !exponent)
		return mistake_at(scan, number->start, SW_EJSON, "the number is too large");
	if ((exponent || digits_end - digits == INTEGER_DIGITS_MAX) &&
	    isinf(sw_json_read_double((const char *)number->start, (size_t)(number->end - number->start))))
		return mistake_at(scan, number->start, SW_EJSON, "the number is too large");
	return SW_OK;
}

static json_t *number_new(const struct number *number)
{
	size_t len = (size_t)(number->end - number->start);
	if (number->fits) {
		uint64_t bits = number->negative ? 0 - number->magnitude : number->magnitude;
		return json_integer((json_int_t)bits);
	}
	if (!number->whole)
		return json_real(sw_json_read_double((const char *)number->start, len));
	char digits[INTEGER_DIGITS_MAX + 2];
	digits[0] = (char)0xFF;
	if (len > sizeof(digits) - 1)
		return NULL;
	memcpy(digits + 1, number->start, len);
	return json_stringn_nocheck(digits, len + 1);
}

/* ---- building ---------------------------------------------------------------------------------------- */

static enum sw_result build_member(struct sw_json_scan *scan, struct builder *builder, struct level *level,
				   json_t *item)
{
	struct sw_buf *scratch = &builder->scratch;
	sw_buf_reset(scratch);
	if (level->key_escaped)
		sw_json_unescape(level->key, level->key_end, scratch);
	else
		sw_buf_append(scratch, level->key, (size_t)(level->key_end - level->key));
	if (sw_buf_result(scratch) < 0) {
		json_decref(item);
		return sw_error_set(scan->err, SW_ENOMEM, "out of memory");
	}
	const char *key = scratch->len ? scratch->data : "";
	if ((builder->flags & SW_JSON_REJECT_DUPLICATES) && json_object_get(level->container, key)) {
		char text[160];
		snprintf(text, sizeof(text), "the key \"%.100s\" is given twice", key);
		json_decref(item);
		return mistake_at(scan, level->key - 1, SW_EJSON, text);
	}
	if (json_object_set_new_nocheck(level->container, key, item) != 0)
		return sw_error_set(scan->err, SW_ENOMEM, "out of memory");
	return SW_OK;
}

/* Puts item (new, or NULL when it could not be made) where the text has it. */
static enum sw_result build(struct sw_json_scan *scan, struct builder *builder, size_t depth, json_t *item)
{
	if (!item)
		return sw_error_set(scan->err, SW_ENOMEM, "out of memory");
	if (depth == 0) {
		builder->root = item;
		return SW_OK;
	}
	struct level *level = &builder->levels[depth - 1];
	if (json_is_object(level->container))
		return build_member(scan, builder, level, item);
	if (json_array_append_new(level->container, item) != 0)
		return sw_error_set(scan->err, SW_ENOMEM, "out of memory");
	return SW_OK;
}

static json_t *string_new(struct builder *builder, const uint8_t *at, const uint8_t *end, bool escaped)
{
	if (!escaped)
		return json_stringn_nocheck((const char *)at, (size_t)(end - at));
	sw_buf_reset(&builder->scratch);
	sw_json_unescape(at, end, &builder->scratch);
	if (sw_buf_result(&builder->scratch) < 0)
		return NULL;
	return json_stringn_nocheck(builder->scratch.data, builder->scratch.len);
}

/* ---- the driver --------------------------------------------------------------------------------------- */

static bool take_word(struct sw_json_scan *scan, const char *word, size_t len)
{
	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
		return false;
	scan->at += len;
	return true;
}

/* Anything but an array or object. */
static enum sw_result scan_scalar(struct sw_json_scan *scan, struct builder *builder, size_t depth)
{
	json_t *item = NULL;
	uint8_t c = scan->at < scan->end ? *scan->at : 0;
	if (c == '"') {
		bool escaped;
		const uint8_t *content = ++scan->at;
		enum sw_result r = sw_json_scan_string(scan, &escaped);
		if (r < 0)
			return r;
		if (builder)
			item = string_new(builder, content, scan->at - 1, escaped);
	} else if (c == '-' || (c >= '0' && c <= '9')) {
		struct number number = {0};
		enum sw_result r = scan_number(scan, &number);
		if (r < 0)
			return r;
		if (builder)
			item = number_new(&number);
	} else if (take_word(scan, "true", 4)) {
		item = json_true();
	} else if (take_word(scan, "false", 5)) {
		item = json_false();
	} else if (take_word(scan, "null", 4)) {
		item = json_null();
	} else {
		return mistake_token(
			scan,
			"expected a value (a string in double quotes, a number, true, false, null, [ or {)");
	}
	return builder ? build(scan, builder, depth, item) : SW_OK;
}

/* The key, the colon and the space behind it. */
static enum sw_result scan_key(struct sw_json_scan *scan, struct level *level)
{
	bool escaped;
	sw_json_scan_space(scan);
	if (scan->at >= scan->end || *scan->at != '"')
		return mistake_token(scan, scan->at < scan->end && *scan->at == '}'
						   ? "expected another member after the comma"
						   : "expected a key in double quotes");
	const uint8_t *key = ++scan->at;
	enum sw_result r = sw_json_scan_string(scan, &escaped);
	if (r < 0)
		return r;
	const uint8_t *end = scan->at - 1;
	if (escaped) {
		for (const uint8_t *p = key; end - p >= 6; p += *p == '\\' ? 2 : 1) {
			if (memcmp(p, "\\u0000", 6) == 0)
				return mistake_at(scan, p, SW_EJSON, "U+0000 is not allowed in a key");
		}
	}
	if (level)
		*level = (struct level){level->container, key, end, escaped};
	sw_json_scan_space(scan);
	if (scan->at >= scan->end || *scan->at != ':')
		return mistake(scan, "expected ':' after the key");
	scan->at++;
	return SW_OK;
}

/* Behind [ or {. *ret_empty: it was closed at once. */
static enum sw_result scan_open(struct sw_json_scan *scan, struct builder *builder, uint8_t *kinds,
				size_t depth, uint8_t kind, bool *ret_empty)
{
	enum sw_result r;
	struct level *level = NULL;
	if (depth >= SW_JSON_DEPTH_MAX)
		return mistake_at(scan, scan->at, SW_ELIMIT, "more than 1000 nested arrays and objects");
	scan->at++;
	if (builder) {
		json_t *container = kind == '{' ? json_object() : json_array();
		r = build(scan, builder, depth, container);
		if (r < 0)
			return r;
		level = &builder->levels[depth];
		*level = (struct level){.container = container};
	}
	kinds[depth] = kind;
	sw_json_scan_space(scan);
	*ret_empty = scan->at < scan->end && *scan->at == kind + 2; /* ']' is '[' + 2, '}' is '{' + 2 */
	if (*ret_empty) {
		scan->at++;
		return SW_OK;
	}
	return kind == '{' ? scan_key(scan, level) : SW_OK;
}

/* Behind a value: closes what ends here, goes over a comma to the next value. *depth 0 when all is closed. */
static enum sw_result scan_after_value(struct sw_json_scan *scan, struct builder *builder,
				       const uint8_t *kinds, size_t *depth)
{
	while (*depth > 0) {
		uint8_t kind = kinds[*depth - 1];
		sw_json_scan_space(scan);
		uint8_t c = scan->at < scan->end ? *scan->at : 0;
		if (c == ',') {
			scan->at++;
			if (kind == '{')
				return scan_key(scan, builder ? &builder->levels[*depth - 1] : NULL);
			return SW_OK;
		}
		if (c != kind + 2)
			return mistake_token(scan,
					     kind == '{' ? "expected ',' or '}'" : "expected ',' or ']'");
		scan->at++;
		--*depth;
	}
	return SW_OK;
}

static enum sw_result scan_document(struct sw_json_scan *scan, struct builder *builder)
{
	uint8_t kinds[SW_JSON_DEPTH_MAX];
	size_t depth = 0;
	do {
		enum sw_result r;
		sw_json_scan_space(scan);
		uint8_t c = scan->at < scan->end ? *scan->at : 0;
		if (c == '[' || c == '{') {
			bool empty = false;
			r = scan_open(scan, builder, kinds, depth, c, &empty);
			if (r == SW_OK && !empty) {
				depth++;
				continue;
			}
		} else {
			r = scan_scalar(scan, builder, depth);
		}
		if (r == SW_OK)
			r = scan_after_value(scan, builder, kinds, &depth);
		if (r < 0)
			return r;
	} while (depth > 0);
	sw_json_scan_space(scan);
	if (scan->at < scan->end)
		return mistake_token(scan, "there is more text after the value");
	return SW_OK;
}

enum sw_result sw_json_check(const char *text, size_t len, struct sw_error *err)
{
	const uint8_t *bytes = (const uint8_t *)(text ? text : "");
	struct sw_json_scan scan = {bytes, bytes, bytes + len, err};
	return scan_document(&scan, NULL);
}

enum sw_result sw_json_parse(const char *text, size_t len, unsigned flags, json_t **ret_tree,
			     struct sw_error *err)
{
	const uint8_t *bytes = (const uint8_t *)(text ? text : "");
	struct sw_json_scan scan = {bytes, bytes, bytes + len, err};
	struct builder *builder = sw_alloc(sizeof(*builder));
	if (!builder)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	builder->root = NULL;
	builder->flags = flags;
	builder->scratch = SW_BUF;
	enum sw_result r = scan_document(&scan, builder);
	if (r == SW_OK)
		*ret_tree = builder->root;
	else
		json_decref(builder->root);
	sw_buf_done(&builder->scratch);
	sw_free(builder);
	return r;
}
