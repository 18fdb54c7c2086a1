/* The eighteen intrinsic functions. */
#include "asl/digest.h"
#include "asl/json_scan.h"
#include "asl/jsonpath/intrinsic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RANGE_ITEMS_MAX 1000
#define CODED_CHARACTERS_MAX 10000
/* No text that a function makes is longer: a state's data is at most 256 KiB anyway. */
#define TEXT_BYTES_MAX (1u << 20)

static enum sw_result fails(const struct sw_intrinsic_call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static enum sw_result fails(const struct sw_intrinsic_call *call, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	sw_buf_vprintf(call->error, format, args);
	va_end(args);
	return SW_EQUERY;
}

static enum sw_result give(json_t *tree, json_t **ret_tree)
{
	*ret_tree = tree;
	return tree ? SW_OK : SW_ENOMEM;
}

/* Takes what was written to out, and ends it. */
static enum sw_result give_text(const struct sw_intrinsic_call *call, struct sw_buf *out, json_t **ret_tree)
{
	enum sw_result r = sw_buf_result(out);
	if (r == SW_OK && out->len > TEXT_BYTES_MAX)
		r = fails(call, "the result is too long");
	if (r == SW_OK)
		r = give(json_stringn_nocheck(out->data ? out->data : "", out->len), ret_tree);
	sw_buf_done(out);
	return r;
}

static const char *const ordinals[] = {"first", "second", "third"};

static enum sw_result need_array(const struct sw_intrinsic_call *call, size_t i)
{
	if (json_is_array(call->arguments[i]))
		return SW_OK;
	return fails(call, "the %s argument must be an array", ordinals[i]);
}

static enum sw_result need_string(const struct sw_intrinsic_call *call, size_t i)
{
	if (sw_json_is_string(call->arguments[i]))
		return SW_OK;
	return fails(call, "the %s argument must be a string", ordinals[i]);
}

/* The text of an argument that need_string saw to be a string. */
static const char *text_of(const struct sw_intrinsic_call *call, size_t i)
{
	const char *text = json_string_value(call->arguments[i]);
	return text ? text : "";
}

/* "If you specify a non-integer value, it is rounded to the nearest integer": by Math.round, halves go up. */
static enum sw_result need_integer(const struct sw_intrinsic_call *call, size_t i, int64_t *ret_number)
{
	const json_t *tree = call->arguments[i];
	if (!sw_json_is_number(tree))
		return fails(call, "the %s argument must be a number", ordinals[i]);
	if (sw_json_whole(tree, ret_number))
		return SW_OK;
	double number = floor(sw_json_number(tree) + 0.5);
	if (!(number >= -9223372036854775808.0 && number < 9223372036854775808.0))
		return fails(call, "the %s argument is out of range", ordinals[i]);
	*ret_number = (int64_t)number;
	return SW_OK;
}

/* ---- texts and JSON ----------------------------------------------------------------------------------- */

/*
 * A value inside States.Format. Recorded (generic.format_2): strings are bare, and an object is written as
 * Java's maps are, {Arg1=1, Arg2=[]}.
 */
static void put_java(struct sw_buf *out, const json_t *value, unsigned depth)
{
	json_t *tree = (json_t *)value; /* jansson's iterators are not const */
	if (depth > SW_JSON_DEPTH_MAX || out->len > TEXT_BYTES_MAX)
		return;
	if (sw_json_is_string(value)) {
		sw_buf_append(out, json_string_value(value), json_string_length(value));
	} else if (json_is_object(value)) {
		sw_buf_char(out, '{');
		for (void *at = json_object_iter(tree); at; at = json_object_iter_next(tree, at)) {
			sw_buf_printf(out, "%s%s=", at == json_object_iter(tree) ? "" : ", ",
				      json_object_iter_key(at));
			put_java(out, json_object_iter_value(at), depth + 1);
		}
		sw_buf_char(out, '}');
	} else if (json_is_array(value)) {
		sw_buf_char(out, '[');
		for (size_t i = 0; i < json_array_size(value); i++) {
			sw_buf_text(out, i > 0 ? ", " : "");
			put_java(out, json_array_get(value, i), depth + 1);
		}
		sw_buf_char(out, ']');
	} else {
		(void)sw_json_print(value, out, TEXT_BYTES_MAX); /* a scalar; a failure stays in the buffer */
	}
}

/* Each {} stands for the next argument; \{ \} and \\ for their second character. */
static enum sw_result format(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	struct sw_buf out = SW_BUF;
	size_t used = 1;
	enum sw_result r = need_string(call, 0);
	if (r < 0)
		return r;
	const char *at = json_string_value(call->arguments[0]);
	const char *end = at + json_string_length(call->arguments[0]);
	while (at < end && out.len <= TEXT_BYTES_MAX) {
		if (at + 1 < end && at[0] == '\\' && strchr("{}\\", at[1]) && at[1]) {
			sw_buf_char(&out, at[1]);
			at += 2;
		} else if (at + 1 < end && at[0] == '{' && at[1] == '}') {
			if (used < call->count)
				put_java(&out, call->arguments[used], 0);
			used++;
			at += 2;
		} else {
			sw_buf_char(&out, *at++);
		}
	}
	if (at == end && used != call->count) {
		sw_buf_done(&out);
		return fails(call,
			     "the number of arguments does not match the occurrences of {} in the string");
	}
	return give_text(call, &out, ret_tree);
}

static enum sw_result string_to_json(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	struct sw_error err = {0};
	enum sw_result r = need_string(call, 0);
	if (r < 0)
		return r;
	const char *text = json_string_value(call->arguments[0]);
	size_t len = json_string_length(call->arguments[0]);
	/* Recorded (json_manipulation.string_to_json): of nothing but blanks becomes null. */
	if (strspn(text, " \t\r\n") == len)
		return give(json_null(), ret_tree);
	r = sw_json_parse(text, len, 0, ret_tree, &err);
	if (r == SW_OK || r == SW_ENOMEM)
		return r;
	return fails(call, "the string is not JSON: %s (line %u, column %u)", err.text, err.line, err.column);
}

static enum sw_result json_to_string(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	struct sw_buf out = SW_BUF;
	enum sw_result r = sw_json_print(call->arguments[0], &out, TEXT_BYTES_MAX);
	if (r == SW_ENOMEM) {
		sw_buf_done(&out);
		return r;
	}
	if (r < 0) {
		sw_buf_done(&out);
		return fails(call, "the result is too long");
	}
	return give_text(call, &out, ret_tree);
}

/* "A third argument of true would merge deeply, which is not supported". */
static enum sw_result json_merge(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	if (!json_is_object(call->arguments[0]) || !json_is_object(call->arguments[1]))
		return fails(call, "the first two arguments must be objects");
	if (!json_is_false(call->arguments[2]))
		return fails(call, "the third argument must be false: deep merging is not supported");
	json_t *merged = sw_json_shallow_copy(call->arguments[0]);
	if (merged && json_object_update(merged, call->arguments[1]) != 0) {
		json_decref(merged);
		merged = NULL;
	}
	return give(merged, ret_tree);
}

/* How many bytes the character at `at` has. */
static size_t character_bytes(const char *at, const char *end)
{
	size_t len = 1;
	while (at + len < end && ((unsigned char)at[len] & 0xC0) == 0x80)
		len++;
	return len;
}

/* The characters that separate: a bit for each code point below the highest there is. */
struct separators {
	uint8_t *bits;
	uint32_t count;
};

static uint32_t code_point(const char *at, size_t len)
{
	static const uint8_t masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	uint32_t code = len <= 4 ? (unsigned char)at[0] & masks[len] : 0;
	for (size_t i = 1; i < len && i < 4; i++)
		code = code << 6 | ((unsigned char)at[i] & 0x3F);
	return code;
}

static bool separators_init(struct separators *separators, const char *set, size_t len)
{
	uint32_t highest = 0;
	for (size_t at = 0, bytes; at < len; at += bytes) {
		bytes = character_bytes(set + at, set + len);
		uint32_t code = code_point(set + at, bytes);
		highest = code > highest ? code : highest;
	}
	*separators = (struct separators){sw_zalloc(highest / 8 + 1), highest + 1};
	for (size_t at = 0, bytes; at < len && separators->bits; at += bytes) {
		bytes = character_bytes(set + at, set + len);
		uint32_t code = code_point(set + at, bytes);
		separators->bits[code / 8] |= (uint8_t)(1u << code % 8);
	}
	return separators->bits != NULL;
}

static bool separates(const struct separators *separators, const char *at, size_t len)
{
	uint32_t code = code_point(at, len);
	return code < separators->count && (separators->bits[code / 8] >> code % 8 & 1);
}

/* Appends the pieces; false when out of memory. */
static bool split(const char *text, size_t text_len, const struct separators *separators, json_t *pieces)
{
	for (size_t start = 0, at = 0; start < text_len;) {
		size_t len = at < text_len ? character_bytes(text + at, text + text_len) : 0;
		if (len > 0 && !separates(separators, text + at, len)) {
			at += len;
			continue;
		}
		if (at > start &&
		    json_array_append_new(pieces, json_stringn_nocheck(text + start, at - start)) != 0)
			return false;
		at += len;
		start = at;
	}
	return true;
}

/* Each character of the second argument separates; empty pieces are dropped (recorded:
 * string_split_context_object). */
static enum sw_result string_split(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	struct separators separators = {0};
	enum sw_result r = need_string(call, 0);
	if (r == SW_OK)
		r = need_string(call, 1);
	if (r < 0)
		return r;
	size_t set_len = json_string_length(call->arguments[1]);
	json_t *pieces = json_array();
	bool made = pieces && (set_len == 0 || separators_init(&separators, text_of(call, 1), set_len)) &&
		    split(text_of(call, 0), json_string_length(call->arguments[0]), &separators, pieces);
	sw_free(separators.bits);
	if (!made) {
		json_decref(pieces);
		return SW_ENOMEM;
	}
	return give(pieces, ret_tree);
}

/* ---- arrays ------------------------------------------------------------------------------------------- */

static enum sw_result array(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	json_t *items = json_array();
	for (size_t i = 0; items && i < call->count; i++) {
		if (json_array_append(items, call->arguments[i]) != 0) {
			json_decref(items);
			items = NULL;
		}
	}
	return give(items, ret_tree);
}

static enum sw_result array_partition(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	int64_t size;
	json_t *chunk = NULL;
	enum sw_result r = need_array(call, 0);
	if (r == SW_OK)
		r = need_integer(call, 1, &size);
	if (r < 0)
		return r;
	if (size <= 0)
		return fails(call, "the second argument must be a positive number");
	json_t *chunks = json_array();
	for (size_t i = 0; chunks && i < json_array_size(call->arguments[0]); i++) {
		if ((int64_t)i % size == 0) {
			chunk = json_array();
			if (json_array_append_new(chunks, chunk) != 0)
				chunk = NULL;
		}
		if (!chunk || json_array_append(chunk, json_array_get(call->arguments[0], i)) != 0) {
			json_decref(chunks);
			chunks = NULL;
		}
	}
	return give(chunks, ret_tree);
}

static enum sw_result array_contains(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	uint32_t own = SW_QUERY_STEPS_MAX, *steps_left = call->env->steps_left ? call->env->steps_left : &own;
	bool found = false;
	enum sw_result r = need_array(call, 0);
	if (r < 0)
		return r;
	for (size_t i = 0; !found && i < json_array_size(call->arguments[0]); i++)
		found = sw_json_equal_within(json_array_get(call->arguments[0], i), call->arguments[1],
					     steps_left);
	if (!found && *steps_left == 0)
		return fails(call, "more than %d values are compared", SW_QUERY_STEPS_MAX);
	return give(json_boolean(found), ret_tree);
}

/* From the first to the second number, both included, by steps of the third. */
static enum sw_result array_range(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	int64_t from, to, step;
	enum sw_result r = need_integer(call, 0, &from);
	if (r == SW_OK)
		r = need_integer(call, 1, &to);
	if (r == SW_OK)
		r = need_integer(call, 2, &step);
	if (r < 0)
		return r;
	if (step == 0)
		return fails(call, "the third argument must not be 0");
	json_t *items = json_array();
	for (int64_t at = from; items && (step > 0 ? at <= to : at >= to);) {
		if (json_array_size(items) == RANGE_ITEMS_MAX) {
			json_decref(items);
			return fails(call, "the array would have more than %d items", RANGE_ITEMS_MAX);
		}
		if (json_array_append_new(items, json_integer(at)) != 0) {
			json_decref(items);
			items = NULL;
		}
		if (__builtin_add_overflow(at, step, &at))
			break;
	}
	return give(items, ret_tree);
}

static enum sw_result array_get_item(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	int64_t index;
	enum sw_result r = need_array(call, 0);
	if (r == SW_OK)
		r = need_integer(call, 1, &index);
	if (r < 0)
		return r;
	if (index < 0 || (uint64_t)index >= json_array_size(call->arguments[0]))
		return fails(call, "the index %lld is outside of the array of %zu items", (long long)index,
			     json_array_size(call->arguments[0]));
	return give(json_incref(json_array_get(call->arguments[0], (size_t)index)), ret_tree);
}

static enum sw_result array_length(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	enum sw_result r = need_array(call, 0);
	return r < 0 ? r : give(json_integer((json_int_t)json_array_size(call->arguments[0])), ret_tree);
}

/* A text that equal values share: 1 and 1.0 have the same, members are sorted. */
static void put_key(struct sw_buf *out, const json_t *value, unsigned depth);

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_members_key(struct sw_buf *out, const json_t *value, unsigned depth)
{
	json_t *object = (json_t *)value; /* jansson's iterators are not const */
	size_t count = json_object_size(value), i = 0;
	const char **names = sw_zalloc_array(count, sizeof(*names));
	if (!names) {
		out->failed = true;
		return;
	}
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at))
		names[i++] = json_object_iter_key(at);
	qsort(names, count, sizeof(*names), by_text);
	for (i = 0; i < count; i++) {
		sw_json_quote(out, names[i], strlen(names[i]));
		put_key(out, json_object_get(value, names[i]), depth + 1);
	}
	sw_free((void *)names);
}

static void put_number_key(struct sw_buf *out, const json_t *value)
{
	int64_t whole;
	if (sw_json_whole(value, &whole))
		sw_buf_printf(out, "%lld", (long long)whole);
	else if (json_is_real(value) && fabs(json_real_value(value)) >= 9223372036854775808.0)
		sw_buf_printf(out, "%.0f", json_real_value(value)); /* as an integer of that size has it */
	else
		(void)sw_json_print(value, out, SIZE_MAX); /* a failure stays in the buffer */
}

static void put_key(struct sw_buf *out, const json_t *value, unsigned depth)
{
	if (depth > SW_JSON_DEPTH_MAX) {
		out->failed = true;
	} else if (sw_json_is_number(value)) {
		put_number_key(out, value);
	} else if (json_is_object(value)) {
		sw_buf_char(out, '{');
		put_members_key(out, value, depth);
		sw_buf_char(out, '}');
	} else if (json_is_array(value)) {
		sw_buf_char(out, '[');
		for (size_t i = 0; i < json_array_size(value); i++) {
			put_key(out, json_array_get(value, i), depth + 1);
			sw_buf_char(out, ',');
		}
		sw_buf_char(out, ']');
	} else {
		(void)sw_json_print(value, out, SIZE_MAX);
	}
}

/* Is there an equal one in seen? If not, it is put there. */
static enum sw_result seen_before(json_t *seen, const json_t *item, bool *ret_seen)
{
	struct sw_buf key = SW_BUF;
	put_key(&key, item, 0);
	enum sw_result r = sw_buf_result(&key);
	if (r == SW_OK) {
		*ret_seen = json_object_get(seen, key.data) != NULL;
		if (!*ret_seen && json_object_set_new_nocheck(seen, key.data, json_true()) != 0)
			r = SW_ENOMEM;
	}
	sw_buf_done(&key);
	return r;
}

static enum sw_result array_unique(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	enum sw_result r = need_array(call, 0);
	if (r < 0)
		return r;
	json_t *unique = json_array(), *seen = json_object();
	r = unique && seen ? SW_OK : SW_ENOMEM;
	for (size_t i = 0; r == SW_OK && i < json_array_size(call->arguments[0]); i++) {
		json_t *item = json_array_get(call->arguments[0], i);
		bool before;
		r = seen_before(seen, item, &before);
		if (r == SW_OK && !before && json_array_append(unique, item) != 0)
			r = SW_ENOMEM;
	}
	json_decref(seen);
	if (r < 0) {
		json_decref(unique);
		return r;
	}
	return give(unique, ret_tree);
}

/* ---- encodings ---------------------------------------------------------------------------------------- */

static const char base64_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static enum sw_result need_coded(const struct sw_intrinsic_call *call)
{
	enum sw_result r = need_string(call, 0);
	size_t characters = 0;
	for (size_t i = 0; r == SW_OK && i < json_string_length(call->arguments[0]); i++)
		characters += ((unsigned char)json_string_value(call->arguments[0])[i] & 0xC0) != 0x80;
	if (r == SW_OK && characters > CODED_CHARACTERS_MAX)
		return fails(call, "the string has more than %d characters", CODED_CHARACTERS_MAX);
	return r;
}

static enum sw_result base64_encode(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	struct sw_buf out = SW_BUF;
	enum sw_result r = need_coded(call);
	if (r < 0)
		return r;
	const unsigned char *bytes = (const unsigned char *)json_string_value(call->arguments[0]);
	size_t len = json_string_length(call->arguments[0]);
	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)bytes[i] << 16 | (i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0) |
				(i + 2 < len ? bytes[i + 2] : 0);
		sw_buf_char(&out, base64_letters[bits >> 18]);
		sw_buf_char(&out, base64_letters[bits >> 12 & 63]);
		sw_buf_char(&out, i + 1 < len ? base64_letters[bits >> 6 & 63] : '=');
		sw_buf_char(&out, i + 2 < len ? base64_letters[bits & 63] : '=');
	}
	return give_text(call, &out, ret_tree);
}

static enum sw_result base64_decode(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	struct sw_buf out = SW_BUF;
	uint32_t bits = 0;
	unsigned filled = 0;
	enum sw_result r = need_coded(call);
	if (r < 0)
		return r;
	const char *text = json_string_value(call->arguments[0]);
	size_t len = json_string_length(call->arguments[0]), padding = 0;
	while (len > 0 && padding < 2 && text[len - 1] == '=') {
		len--;
		padding++;
	}
	bool bad = padding > 0 ? (len + padding) % 4 != 0 : len % 4 == 1;
	for (size_t i = 0; i < len && !bad; i++) {
		const char *letter = text[i] ? strchr(base64_letters, text[i]) : NULL;
		bad = !letter;
		bits = letter ? bits << 6 | (uint32_t)(letter - base64_letters) : bits;
		filled += 6;
		if (filled >= 8) {
			filled -= 8;
			sw_buf_char(&out, (char)(bits >> filled & 0xFF));
		}
	}
	r = sw_buf_result(&out);
	if (r == SW_OK && bad)
		r = fails(call, "the string is not Base64");
	if (r == SW_OK && !sw_json_is_utf8(out.data ? out.data : "", out.len))
		r = fails(call, "the decoded bytes are not UTF-8");
	if (r == SW_OK)
		return give_text(call, &out, ret_tree);
	sw_buf_done(&out);
	return r;
}

static enum sw_result hash(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	struct sw_buf out = SW_BUF, text = SW_BUF;
	const json_t *data = call->arguments[0];
	enum sw_result r = need_string(call, 1);
	if (r < 0)
		return r;
	if (sw_json_is_string(data)) {
		r = need_coded(call);
		sw_buf_append(&text, json_string_value(data), json_string_length(data));
	} else if (sw_json_print(data, &text, CODED_CHARACTERS_MAX) == SW_ELIMIT) {
		r = fails(call, "the data has more than %d characters", CODED_CHARACTERS_MAX);
	}
	if (r == SW_OK)
		r = sw_buf_result(&text);
	if (r == SW_OK)
		r = sw_digest(json_string_value(call->arguments[1]), text.data ? text.data : "", text.len,
			      &out);
	sw_buf_done(&text);
	if (r == SW_OK)
		return give_text(call, &out, ret_tree);
	sw_buf_done(&out);
	if (r == SW_EINVAL)
		return fails(call, "the algorithm must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512");
	return r;
}

/* ---- numbers ------------------------------------------------------------------------------------------ */

/* "You must specify integer values in the range of -2147483648 and 2147483647." */
static enum sw_result math_add(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	int64_t numbers[2];
	for (size_t i = 0; i < 2; i++) {
		enum sw_result r = need_integer(call, i, &numbers[i]);
		if (r < 0)
			return r;
		if (numbers[i] < INT32_MIN || numbers[i] > INT32_MAX)
			return fails(call, "the %s argument must be between %d and %d", ordinals[i],
				     INT32_MIN, INT32_MAX);
	}
	return give(json_integer(numbers[0] + numbers[1]), ret_tree);
}

/* From the first number (included) to the second (excluded); with a third, always the same for it. */
static enum sw_result math_random(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	int64_t from, to, seed;
	enum sw_result r = need_integer(call, 0, &from);
	if (r == SW_OK)
		r = need_integer(call, 1, &to);
	if (r == SW_OK && call->count > 2)
		r = need_integer(call, 2, &seed);
	if (r < 0)
		return r;
	if (to <= from)
		return fails(call, "the second number must be greater than the first");
	struct sw_rng seeded = sw_rng(call->count > 2 ? (uint64_t)seed : 0);
	struct sw_rng *rng = call->count > 2 ? &seeded : call->env->rng;
	uint64_t offset = sw_rng_below(rng, (uint64_t)to - (uint64_t)from);
	return give(json_integer((json_int_t)((uint64_t)from + offset)), ret_tree);
}

static enum sw_result uuid(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	char text[37];
	sw_rng_uuid(call->env->rng, text);
	return give(json_string_nocheck(text), ret_tree);
}

/* ---- the table --------------------------------------------------------------------------------------- */

static const struct sw_intrinsic_function functions[] = {
	{"Format", 1, SW_INTRINSIC_ARGUMENTS_MAX, "s", format},
	{"StringToJson", 1, 1, "s", string_to_json},
	{"JsonToString", 1, 1, "", json_to_string},
	{"Array", 0, SW_INTRINSIC_ARGUMENTS_MAX, "", array},
	{"ArrayPartition", 2, 2, "*n", array_partition},
	{"ArrayContains", 2, 2, "", array_contains},
	{"ArrayRange", 3, 3, "nnn", array_range},
	{"ArrayGetItem", 2, 2, "*n", array_get_item},
	{"ArrayLength", 1, 1, "", array_length},
	{"ArrayUnique", 1, 1, "", array_unique},
	{"Base64Encode", 1, 1, "s", base64_encode},
	{"Base64Decode", 1, 1, "s", base64_decode},
	{"Hash", 2, 2, "*s", hash},
	{"JsonMerge", 3, 3, "", json_merge},
	{"MathRandom", 2, 3, "nnn", math_random},
	{"MathAdd", 2, 2, "nn", math_add},
	{"StringSplit", 2, 2, "ss", string_split},
	{"UUID", 0, 0, "", uuid},
};

const struct sw_intrinsic_function *sw_intrinsic_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (strlen(functions[i].name) == len && memcmp(functions[i].name, name, len) == 0)
			return &functions[i];
	}
	return NULL;
}
