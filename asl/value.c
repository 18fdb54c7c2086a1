/*
 * struct sw_value, and what is known of single JSON values: numbers of all three forms, equality, types.
 */
#include "asl/value.h"

#include "asl/json_scan.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* No text of a value is made longer than this. */
#define VALUE_TEXT_BYTES_MAX (64u << 20)
/* Two trees whose children are shared may have more leaves than anyone can compare. */
#define EQUAL_STEPS_MAX 4000000

struct sw_value {
	size_t refs;
	char *text; /* NUL-terminated; own block, or `inlined`; NULL until asked for */
	size_t len;
	json_t *tree; /* NULL until asked for */
	uint64_t home_owner;
	uint32_t home_number;
	char inlined[];
};

/* ---- numbers ----------------------------------------------------------------------------------------- */

bool sw_json_is_big(const json_t *tree)
{
	return json_is_string(tree) && (unsigned char)json_string_value(tree)[0] == 0xFF;
}

bool sw_json_is_number(const json_t *tree)
{
	return json_is_number(tree) || sw_json_is_big(tree);
}

bool sw_json_is_string(const json_t *tree)
{
	return json_is_string(tree) && !sw_json_is_big(tree);
}

const char *sw_json_big_digits(const json_t *tree)
{
	return sw_json_is_big(tree) ? json_string_value(tree) + 1 : "0";
}

double sw_json_number(const json_t *tree)
{
	if (json_is_integer(tree))
		return (double)json_integer_value(tree);
	if (json_is_real(tree))
		return json_real_value(tree);
	if (sw_json_is_big(tree))
		return sw_json_read_double(sw_json_big_digits(tree), json_string_length(tree) - 1);
	return 0;
}

static bool whole_double(double number, int64_t *ret_number)
{
	/* -2^63 and 2^63 are doubles; the largest int64_t is not. */
	if (!(number >= -9223372036854775808.0 && number < 9223372036854775808.0) || number != floor(number))
		return false;
	*ret_number = (int64_t)number;
	return true;
}

bool sw_json_whole(const json_t *tree, int64_t *ret_number)
{
	if (json_is_integer(tree)) {
		*ret_number = json_integer_value(tree);
		return true;
	}
	return json_is_real(tree) && whole_double(json_real_value(tree), ret_number);
}

/* ---- equality ------------------------------------------------------------------------------------------ */

static bool equal_numbers(const json_t *a, const json_t *b)
{
	bool big_a = sw_json_is_big(a), big_b = sw_json_is_big(b);
	int64_t number;
	if (big_a && big_b)
		return strcmp(sw_json_big_digits(a), sw_json_big_digits(b)) == 0;
	if (big_b || (json_is_real(b) && json_is_integer(a))) {
		const json_t *other = a;
		a = b;
		b = other;
		big_a = big_b;
	}
	if (json_is_integer(a) && json_is_integer(b))
		return json_integer_value(a) == json_integer_value(b);
	if (json_is_real(a) && json_is_real(b))
		return json_real_value(a) == json_real_value(b);
	if (big_a && json_is_real(b)) {
		/* A double of that size is a whole number: all its digits are compared. */
		char text[400];
		snprintf(text, sizeof(text), "%.0f", json_real_value(b));
		return strcmp(text, sw_json_big_digits(a)) == 0;
	}
	if (big_a)
		return false;
	return whole_double(json_real_value(a), &number) && number == json_integer_value(b);
}

static bool equal(const json_t *a, const json_t *b, unsigned depth, uint32_t *steps_left)
{
	if (a == b)
		return true;
	if (!a || !b || depth > SW_JSON_DEPTH_MAX || *steps_left == 0)
		return false;
	--*steps_left;
	if (sw_json_is_number(a) && sw_json_is_number(b))
		return equal_numbers(a, b);
	if (json_typeof(a) != json_typeof(b))
		return false;
	switch (json_typeof(a)) {
	case JSON_STRING:
		return json_string_length(a) == json_string_length(b) &&
		       memcmp(json_string_value(a), json_string_value(b), json_string_length(a)) == 0;
	case JSON_ARRAY:
		if (json_array_size(a) != json_array_size(b))
			return false;
		for (size_t i = 0; i < json_array_size(a); i++) {
			if (!equal(json_array_get(a, i), json_array_get(b, i), depth + 1, steps_left))
				return false;
		}
		return true;
	case JSON_OBJECT: {
		json_t *object = (json_t *)a; /* jansson's iterators are not const */
		if (json_object_size(a) != json_object_size(b))
			return false;
		for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
			const json_t *other = json_object_get(b, json_object_iter_key(at));
			if (!equal(json_object_iter_value(at), other, depth + 1, steps_left))
				return false;
		}
		return true;
	}
	default: /* true, false and null */
		return true;
	}
}

bool sw_json_equal(const json_t *a, const json_t *b)
{
	uint32_t steps_left = EQUAL_STEPS_MAX;
	return equal(a, b, 0, &steps_left);
}

bool sw_json_equal_within(const json_t *a, const json_t *b, uint32_t *steps_left)
{
	return equal(a, b, 0, steps_left);
}

int sw_text_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t len = a_len < b_len ? a_len : b_len, at = 0;
	while (at < len && a[at] == b[at])
		at++;
	if (at == len)
		return a_len < b_len ? -1 : a_len > b_len;
	unsigned char x = (unsigned char)a[at], y = (unsigned char)b[at];
	/* Four bytes are two surrogates, which come before U+E000 to U+FFFF (0xEE and 0xEF). */
	if ((x >= 0xF0 && (y == 0xEE || y == 0xEF)) || (y >= 0xF0 && (x == 0xEE || x == 0xEF)))
		return x >= 0xF0 ? -1 : 1;
	return x < y ? -1 : 1;
}

const char *sw_json_type_name(const json_t *tree)
{
	if (sw_json_is_number(tree))
		return "number";
	if (json_is_string(tree))
		return "string";
	if (json_is_boolean(tree))
		return "boolean";
	return json_is_array(tree) ? "array" : json_is_object(tree) ? "object" : "null";
}

json_t *sw_json_shallow_copy(const json_t *tree)
{
	if (!json_is_array(tree) && !json_is_object(tree))
		return json_incref((json_t *)tree);
	json_t *copy = json_copy((json_t *)tree);
	/* jansson drops what does not fit into memory without saying so */
	bool whole = copy && (json_is_array(tree) ? json_array_size(copy) == json_array_size(tree)
						  : json_object_size(copy) == json_object_size(tree));
	if (!whole) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}

/* ---- values -------------------------------------------------------------------------------------------- */

enum sw_result sw_value_from_text(const char *text, size_t len, struct sw_value **ret_value,
				  struct sw_error *err)
{
	enum sw_result r = sw_json_check(text, len, err);
	if (r < 0)
		return r;
	struct sw_value *value = sw_value_from_checked(text, len);
	if (!value)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	*ret_value = value;
	return SW_OK;
}

struct sw_value *sw_value_from_checked(const char *text, size_t len)
{
	if (len > SIZE_MAX - sizeof(struct sw_value) - 1)
		return NULL;
	struct sw_value *value = sw_alloc(sizeof(*value) + len + 1);
	if (!value)
		return NULL;
	*value = (struct sw_value){.refs = 1, .text = value->inlined, .len = len};
	if (len > 0)
		memcpy(value->inlined, text, len);
	value->inlined[len] = '\0';
	return value;
}

struct sw_value *sw_value_from_tree_new(json_t *tree)
{
	struct sw_value *value = tree ? sw_alloc(sizeof(*value)) : NULL;
	if (!value) {
		json_decref(tree);
		return NULL;
	}
	*value = (struct sw_value){.refs = 1, .tree = tree};
	return value;
}

struct sw_value *sw_value_ref(struct sw_value *value)
{
	if (value)
		value->refs++;
	return value;
}

void sw_value_unref(struct sw_value *value)
{
	if (!value || --value->refs > 0)
		return;
	if (value->text != value->inlined)
		sw_free(value->text);
	json_decref(value->tree);
	sw_free(value);
}

enum sw_result sw_value_tree(struct sw_value *value, const json_t **ret_tree)
{
	if (!value->tree) {
		enum sw_result r = sw_json_parse(value->text, value->len, 0, &value->tree, NULL);
		if (r < 0)
			return r;
	}
	*ret_tree = value->tree;
	return SW_OK;
}

static enum sw_result make_text(struct sw_value *value, size_t bytes_max)
{
	struct sw_buf out = SW_BUF;
	if (value->text)
		return SW_OK;
	enum sw_result r = sw_json_print(value->tree, &out, bytes_max);
	if (r == SW_OK) {
		value->text = sw_buf_take(&out, &value->len);
		r = value->text ? SW_OK : SW_ENOMEM;
	}
	sw_buf_done(&out);
	return r;
}

enum sw_result sw_value_text(struct sw_value *value, struct sw_slice *ret_text)
{
	enum sw_result r = make_text(value, VALUE_TEXT_BYTES_MAX);
	if (r == SW_OK)
		*ret_text = sw_slice(value->text, value->len);
	return r;
}

bool sw_value_fits(struct sw_value *value, size_t bytes_max)
{
	return make_text(value, bytes_max) == SW_OK && value->len <= bytes_max;
}

void sw_value_set_home(struct sw_value *value, uint64_t owner, uint32_t number)
{
	value->home_owner = owner;
	value->home_number = number;
}

bool sw_value_home(const struct sw_value *value, uint64_t owner, uint32_t *ret_number)
{
	if (value->home_owner != owner || (owner == 0 && value->home_number == 0))
		return false;
	*ret_number = value->home_number;
	return true;
}
