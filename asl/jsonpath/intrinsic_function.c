/* The eighteen intrinsic functions. */
#include "asl/digest.h"
#include "asl/java_random.h"
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

static enum sw_result need_array(const struct sw_intrinsic_call *call, size_t i)
{
	return json_is_array(call->arguments[i]) ? SW_OK : SW_EQUERY;
}

static enum sw_result need_string(const struct sw_intrinsic_call *call, size_t i)
{
	return sw_json_is_string(call->arguments[i]) ? SW_OK : SW_EQUERY;
}

/* The text of an argument that need_string saw to be a string. */
static const char *text_of(const struct sw_intrinsic_call *call, size_t i)
{
	const char *text = json_string_value(call->arguments[i]);
	return text ? text : "";
}

/* The documentation says that a number with a fraction is rounded; AWS cuts it (captured: ArrayPartition). */
static enum sw_result need_integer(const struct sw_intrinsic_call *call, size_t i, int64_t *ret_number)
{
	const json_t *tree = call->arguments[i];
	if (!sw_json_is_number(tree))
		return SW_EQUERY;
	if (sw_json_whole(tree, ret_number))
		return SW_OK;
	double number = trunc(sw_json_number(tree));
	if (!(number >= -9223372036854775808.0 && number < 9223372036854775808.0))
		return SW_EQUERY;
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
static enum sw_result fill_in(const struct sw_intrinsic_call *call, const struct sw_buf *template,
			      struct sw_buf *out)
{
	static const char unmatched[] =
		"Invalid template in States.Format: matching '%c' not found for '%c'.";
	const char *at = template->data, *end = at + template->len;
	size_t used = 1;
	while (at < end && out->len <= TEXT_BYTES_MAX) {
		char next = at + 1 < end ? at[1] : '\0';
		if (*at == '\\' && next && strchr("{}\\", next)) {
			sw_buf_char(out, next);
			at += 2;
		} else if (*at == '{' && next == '}') {
			if (used < call->count)
				put_java(out, call->arguments[used], 0);
			used++;
			at += 2;
		} else if (*at == '{' || *at == '}') {
			return fails(call, unmatched, '{' + '}' - *at, *at);
		} else {
			sw_buf_char(out, *at++);
		}
	}
	if (at == end && used != call->count)
		return fails(call, "Invalid arguments in States.Format: number of arguments do not match the "
				   "occurrences of {}.");
	return SW_OK;
}

/* A template that is no string is taken as its text. */
static enum sw_result format(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	struct sw_buf template = SW_BUF, out = SW_BUF;
	put_java(&template, call->arguments[0], 0);
	enum sw_result r = sw_buf_result(&template);
	if (r == SW_OK && template.len > 0)
		r = fill_in(call, &template, &out);
	else if (r == SW_OK && call->count > 1)
		r = SW_EQUERY;
	sw_buf_done(&template);
	if (r == SW_OK)
		return give_text(call, &out, ret_tree);
	sw_buf_done(&out);
	return r;
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
	return fails(
		call,
		"Cannot convert String to Json in States.StringToJson, caused by: %s (line %u, column %u)",
		err.text, err.line, err.column);
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
	const json_t *deep = call->arguments[2];
	if (!json_is_object(call->arguments[0]) || !json_is_object(call->arguments[1]) ||
	    json_is_true(deep) || (sw_json_is_string(deep) && strcmp(json_string_value(deep), "true") == 0))
		return SW_EQUERY;
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
		return SW_EQUERY;
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

/* AWS compares the texts: "1" is 1, and objects with their members in another order are not equal. */
static enum sw_result array_contains(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	uint32_t own = SW_QUERY_STEPS_MAX, *steps_left = call->env->steps_left ? call->env->steps_left : &own;
	struct sw_buf wanted = SW_BUF, text = SW_BUF;
	bool found = false;
	enum sw_result r = need_array(call, 0);
	if (r < 0)
		return r;
	put_java(&wanted, call->arguments[1], 0);
	r = sw_buf_result(&wanted);
	for (size_t i = 0; r == SW_OK && !found && i < json_array_size(call->arguments[0]); i++) {
		sw_buf_reset(&text);
		put_java(&text, json_array_get(call->arguments[0], i), 0);
		r = sw_buf_result(&text);
		uint32_t steps = (uint32_t)(text.len / 2) + 1;
		if (r == SW_OK && steps > *steps_left)
			r = fails(call, "more than %d values are compared", SW_QUERY_STEPS_MAX);
		*steps_left -= steps < *steps_left ? steps : *steps_left;
		found = text.len == wanted.len &&
			(text.len == 0 || memcmp(text.data, wanted.data, text.len) == 0);
	}
	if (r == SW_OK && (wanted.len > TEXT_BYTES_MAX || text.len > TEXT_BYTES_MAX))
		r = fails(call, "a value is too long");
	sw_buf_done(&wanted);
	sw_buf_done(&text);
	return r < 0 ? r : give(json_boolean(found), ret_tree);
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
		return SW_EQUERY;
	json_t *items = json_array();
	for (int64_t at = from; items && (step > 0 ? at <= to : at >= to);) {
		if (json_array_size(items) == RANGE_ITEMS_MAX) {
			json_decref(items);
			return SW_EQUERY;
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

/* Of an empty array, AWS gives null for whatever index is past its end. */
static enum sw_result array_get_item(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	int64_t index;
	enum sw_result r = need_array(call, 0);
	if (r == SW_OK)
		r = need_integer(call, 1, &index);
	if (r < 0)
		return r;
	size_t count = json_array_size(call->arguments[0]);
	if (index >= 0 && count == 0)
		return give(json_null(), ret_tree);
	if (index < 0 || (uint64_t)index >= count)
		return SW_EQUERY;
	return give(json_incref(json_array_get(call->arguments[0], (size_t)index)), ret_tree);
}

static enum sw_result array_length(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	enum sw_result r = need_array(call, 0);
	return r < 0 ? r : give(json_integer((json_int_t)json_array_size(call->arguments[0])), ret_tree);
}

/* A text that values share which are equal in Java: 1 and 1.0 have two, members are sorted. */
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

static void put_key(struct sw_buf *out, const json_t *value, unsigned depth)
{
	if (depth > SW_JSON_DEPTH_MAX) {
		out->failed = true;
	} else if (json_is_real(value)) {
		sw_buf_printf(out, "%.17gd", json_real_value(value));
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

/* String.hashCode(), of UTF-16 units. */
static uint32_t text_hash(const char *text, size_t len)
{
	uint32_t hash = 0;
	for (size_t at = 0, bytes; at < len; at += bytes) {
		bytes = character_bytes(text + at, text + len);
		uint32_t code = code_point(text + at, bytes);
		if (code > 0xFFFF) {
			hash = 31 * hash + (0xD7C0 + (code >> 10));
			code = 0xDC00 | (code & 0x3FF);
		}
		hash = 31 * hash + code;
	}
	return hash;
}

/* Of Integer, Long and Double; all larger integers are taken as one. */
static uint32_t number_hash(const json_t *value)
{
	uint64_t bits = 0;
	double real = json_is_real(value) ? json_real_value(value) : 0;
	if (json_is_integer(value))
		bits = (uint64_t)json_integer_value(value);
	if (json_is_integer(value) && (int64_t)bits >= INT32_MIN && (int64_t)bits <= INT32_MAX)
		return (uint32_t)bits;
	if (json_is_real(value))
		memcpy(&bits, &real, sizeof(bits));
	return (uint32_t)(bits ^ bits >> 32);
}

/* hashCode() of what Java has for a value. */
static uint32_t java_hash(const json_t *value, unsigned depth)
{
	json_t *tree = (json_t *)value; /* jansson's iterators are not const */
	uint32_t hash = json_is_array(value) ? 1 : 0;
	if (depth > SW_JSON_DEPTH_MAX || json_is_null(value))
		return 0;
	if (json_is_boolean(value))
		return json_is_true(value) ? 1231 : 1237;
	if (sw_json_is_string(value))
		return text_hash(json_string_value(value), json_string_length(value));
	if (sw_json_is_number(value))
		return number_hash(value);
	for (size_t i = 0; i < json_array_size(value); i++)
		hash = 31 * hash + java_hash(json_array_get(value, i), depth + 1);
	for (void *at = json_object_iter(tree); at; at = json_object_iter_next(tree, at)) {
		const char *name = json_object_iter_key(at);
		hash += text_hash(name, json_object_iter_key_len(at)) ^
			java_hash(json_object_iter_value(at), depth + 1);
	}
	return hash;
}

struct unique_item {
	json_t *item; /* borrowed */
	uint32_t bucket;
	size_t at;
};

static int by_bucket(const void *a, const void *b)
{
	const struct unique_item *one = a, *other = b;
	if (one->bucket != other->bucket)
		return one->bucket < other->bucket ? -1 : 1;
	return one->at < other->at ? -1 : 1;
}

/* How many buckets new HashSet<>(list) has. */
static uint32_t bucket_count(size_t items)
{
	float wanted = (float)items / 0.75f + 1;
	uint32_t count = 16;
	while ((float)count < floorf(wanted) && count < 1u << 30)
		count *= 2;
	return count;
}

/* In the order in which a HashSet of Java has them (recorded: States.ArrayUnique([true, false]) on AWS). */
static enum sw_result array_unique(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	enum sw_result r = need_array(call, 0);
	if (r < 0)
		return r;
	size_t size = json_array_size(call->arguments[0]), count = 0;
	uint32_t mask = bucket_count(size) - 1;
	json_t *unique = json_array(), *seen = json_object();
	struct unique_item *items = sw_zalloc_array(size + 1, sizeof(*items));
	r = unique && seen && items ? SW_OK : SW_ENOMEM;
	for (size_t i = 0; r == SW_OK && i < size; i++) {
		json_t *item = json_array_get(call->arguments[0], i);
		bool before = true;
		r = seen_before(seen, item, &before);
		if (r < 0 || before)
			continue;
		uint32_t hash = java_hash(item, 0);
		items[count++] = (struct unique_item){item, (hash ^ hash >> 16) & mask, i};
	}
	if (r == SW_OK)
		qsort(items, count, sizeof(*items), by_bucket);
	for (size_t i = 0; r == SW_OK && i < count; i++)
		r = json_array_append(unique, items[i].item) == 0 ? SW_OK : SW_ENOMEM;
	json_decref(seen);
	sw_free(items);
	if (r == SW_OK)
		return give(unique, ret_tree);
	json_decref(unique);
	return r;
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
		return SW_EQUERY;
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

/* How many bytes Java takes as one character, *ret_valid or not. */
static size_t utf8_bytes(const unsigned char *at, const unsigned char *end, bool *ret_valid)
{
	unsigned char lead = at[0];
	size_t have = 1, want = lead < 0x80                  ? 1
				: lead < 0xC2 || lead > 0xF4 ? 0
				: lead < 0xE0                ? 2
				: lead < 0xF0                ? 3
							     : 4;
	unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
	unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
	while (have < want && at + have < end && at[have] >= low && at[have] <= high) {
		low = 0x80;
		high = 0xBF;
		have++;
	}
	*ret_valid = have == want && !(lead == 0xED && at[1] >= 0xA0); /* no halves of surrogate pairs */
	return have;
}

/* What is not UTF-8 becomes U+FFFD. */
static void put_utf8(struct sw_buf *out, const struct sw_buf *bytes)
{
	const unsigned char *at = (const unsigned char *)bytes->data, *end = at + bytes->len;
	while (at < end) {
		bool valid;
		size_t len = utf8_bytes(at, end, &valid);
		sw_buf_append(out, valid ? (const char *)at : "\xEF\xBF\xBD", valid ? len : 3);
		at += len;
	}
}

/* As forgiving as AWS: what is no letter of it is passed over, = ends it, - and _ stand for + and /. */
static enum sw_result base64_decode(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	struct sw_buf bytes = SW_BUF, out = SW_BUF;
	uint32_t bits = 0;
	unsigned filled = 0;
	enum sw_result r = need_coded(call);
	if (r < 0)
		return r;
	const char *at = text_of(call, 0), *end = at + json_string_length(call->arguments[0]);
	for (; at < end && *at != '='; at++) {
		char c = *at == '-' ? '+' : *at == '_' ? '/' : *at;
		const char *letter = c ? strchr(base64_letters, c) : NULL;
		if (!letter)
			continue;
		bits = bits << 6 | (uint32_t)(letter - base64_letters);
		filled += 6;
		if (filled >= 8) {
			filled -= 8;
			sw_buf_char(&bytes, (char)(bits >> filled & 0xFF));
		}
	}
	r = sw_buf_result(&bytes);
	if (r == SW_OK && bytes.len > 0)
		put_utf8(&out, &bytes);
	sw_buf_done(&bytes);
	return r < 0 ? r : give_text(call, &out, ret_tree);
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
		r = SW_EQUERY;
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
	return r == SW_EINVAL ? SW_EQUERY : r;
}

/* ---- numbers ------------------------------------------------------------------------------------------ */

/*
 * "If you specify a non-integer value, it is rounded to the nearest integer": by Math.round, halves go up
 * (recorded: math_operations.math_add). Neither the numbers nor their sum leave the 32 bits.
 */
static enum sw_result math_add(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	int64_t sum = 0;
	for (size_t i = 0; i < 2; i++) {
		const json_t *tree = call->arguments[i];
		double number = sw_json_is_number(tree) ? floor(sw_json_number(tree) + 0.5) : INFINITY;
		if (!(number >= INT32_MIN && number <= INT32_MAX))
			return SW_EQUERY;
		sum += (int64_t)number;
	}
	return sum < INT32_MIN || sum > INT32_MAX ? SW_EQUERY : give(json_integer(sum), ret_tree);
}

/* From the first number to below the second; with a third, that of java.util.Random for it. */
static enum sw_result math_random(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	int64_t from = 0, to = 0, seed = 0;
	enum sw_result r = need_integer(call, 0, &from);
	if (r == SW_OK)
		r = need_integer(call, 1, &to);
	if (r == SW_OK && call->count > 2)
		r = need_integer(call, 2, &seed);
	if (r < 0 || to <= from)
		return SW_EQUERY;
	uint64_t span = (uint64_t)to - (uint64_t)from, offset;
	if (call->count > 2 && span <= INT32_MAX) {
		struct sw_java_random random = sw_java_random((uint64_t)seed);
		offset = sw_java_random_below(&random, (uint32_t)span);
	} else {
		struct sw_rng seeded = sw_rng(call->count > 2 ? (uint64_t)seed : 0);
		offset = sw_rng_below(call->count > 2 ? &seeded : call->env->rng, span);
	}
	return give(json_integer((json_int_t)((uint64_t)from + offset)), ret_tree);
}

/* AWS does not mind arguments. */
static enum sw_result uuid(const struct sw_intrinsic_call *call, json_t **ret_tree)
{
	char text[37];
	sw_rng_uuid(call->env->rng, text);
	return give(json_string_nocheck(text), ret_tree);
}

/* ---- the table --------------------------------------------------------------------------------------- */

static const struct sw_intrinsic_function functions[] = {
	{"Format", 1, SW_INTRINSIC_ARGUMENTS_MAX, "", format},
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
	{"UUID", 0, SW_INTRINSIC_ARGUMENTS_MAX, "", uuid},
};

const struct sw_intrinsic_function *sw_intrinsic_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (strlen(functions[i].name) == len && memcmp(functions[i].name, name, len) == 0)
			return &functions[i];
	}
	return NULL;
}
