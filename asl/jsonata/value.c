/* Values: arrays in their three forms, lists, casts and comparisons. */
#include "asl/jsonata/tree.h"

#include "asl/value.h"

#include <math.h>

#define DEPTH_MAX 2000 /* of a value: transforms may build values that hold themselves */

struct sw_jn_value sw_jn_integer(int64_t integer)
{
	struct sw_jn_value value = sw_jn_number((double)integer);
	/* Of the greatest the double is 2^63, one more than an int64_t holds. */
	int64_t lacking = value.number < 0x1p63 ? integer - (int64_t)value.number : integer - INT64_MAX - 1;
	value.len = (uint32_t)(int32_t)lacking;
	value.flags = integer > 9007199254740991 || integer < -9007199254740991 ? SW_JN_EXACT : 0;
	return value;
}

bool sw_jn_exact(struct sw_jn_value value, int64_t *ret_integer)
{
	int32_t lacking = (int32_t)value.len;
	if (value.kind != SW_JN_NUMBER || !(value.flags & SW_JN_EXACT))
		return false;
	*ret_integer = value.number < 0x1p63 ? (int64_t)value.number + lacking : INT64_MAX + (lacking + 1);
	return true;
}

struct sw_jn_value sw_jn_from_json(const json_t *tree)
{
	struct sw_jn_value value = {.form = SW_JN_JSON, .json = tree};
	if (!tree)
		return SW_JN_UNDEFINED_VALUE;
	switch (json_typeof(tree)) {
	case JSON_OBJECT:
		value.kind = SW_JN_OBJECT;
		return value;
	case JSON_ARRAY:
		value.kind = SW_JN_ARRAY;
		value.len = (uint32_t)json_array_size(tree);
		return value;
	case JSON_STRING:
		if (sw_json_is_big(tree))
			return sw_jn_number(sw_json_number(tree));
		return sw_jn_string(json_string_value(tree), json_string_length(tree));
	case JSON_INTEGER:
		return sw_jn_integer(json_integer_value(tree));
	case JSON_REAL:
		return sw_jn_number(json_real_value(tree));
	case JSON_TRUE:
	case JSON_FALSE:
		return sw_jn_boolean(json_is_true(tree));
	default:
		return sw_jn_null();
	}
}

struct sw_jn_value sw_jn_array_at_slow(struct sw_jn_value array, uint32_t index)
{
	if (array.form == SW_JN_JSON)
		return sw_jn_from_json(json_array_get(array.json, index));
	return sw_jn_number((double)(array.first + index));
}

static bool truthy(struct sw_jn_value value, unsigned depth)
{
	switch (value.kind) {
	case SW_JN_BOOLEAN:
		return value.boolean;
	case SW_JN_NUMBER:
		return value.number != 0 && !isnan(value.number);
	case SW_JN_STRING:
		return value.len > 0;
	case SW_JN_ARRAY:
		for (uint32_t i = 0; i < value.len && depth < DEPTH_MAX; i++)
			if (truthy(sw_jn_array_at(value, i), depth + 1))
				return true;
		return false;
	case SW_JN_OBJECT:
		return sw_jn_object_count(value) > 0;
	default:
		return false;
	}
}

bool sw_jn_truthy(struct sw_jn_value value)
{
	return truthy(value, 0);
}

static bool equal(struct sw_jn_value a, struct sw_jn_value b, unsigned depth);

static bool arrays_equal(struct sw_jn_value a, struct sw_jn_value b, unsigned depth)
{
	if (a.len != b.len)
		return false;
	for (uint32_t i = 0; i < a.len; i++)
		if (!equal(sw_jn_array_at(a, i), sw_jn_array_at(b, i), depth + 1))
			return false;
	return true;
}

static bool objects_equal(struct sw_jn_value a, struct sw_jn_value b, unsigned depth)
{
	struct sw_jn_walk at = {0};
	if (sw_jn_object_count(a) != sw_jn_object_count(b))
		return false;
	while (sw_jn_object_next(a, &at)) {
		struct sw_jn_value other = sw_jn_object_get(b, at.key, at.key_len);
		if (other.kind == SW_JN_UNDEFINED || !equal(at.value, other, depth + 1))
			return false;
	}
	return true;
}

static bool equal(struct sw_jn_value a, struct sw_jn_value b, unsigned depth)
{
	if (a.kind != b.kind || depth > DEPTH_MAX)
		return false;
	switch (a.kind) {
	case SW_JN_BOOLEAN:
		return a.boolean == b.boolean;
	case SW_JN_NUMBER:
		return a.number == b.number;
	case SW_JN_STRING:
		return a.len == b.len && !memcmp(a.text, b.text, a.len);
	case SW_JN_ARRAY:
		return arrays_equal(a, b, depth);
	case SW_JN_OBJECT:
		return objects_equal(a, b, depth);
	case SW_JN_FUNCTION:
		return a.function == b.function;
	default:
		return true;
	}
}

bool sw_jn_equal(struct sw_jn_value a, struct sw_jn_value b)
{
	return equal(a, b, 0);
}

/* ---- lists ---------------------------------------------------------------------------------------------- */

enum sw_result sw_jn_list_reserve(struct sw_jn_run *run, struct sw_jn_list *list, uint32_t more)
{
	uint64_t wanted = (uint64_t)list->count + more;
	uint64_t capacity = list->capacity ? list->capacity : 4;
	if (wanted <= list->capacity)
		return SW_OK;
	while (capacity < wanted)
		capacity *= 2;
	if (capacity > UINT32_MAX / 2)
		return sw_jn_fail(run, "U1001", SW_JN_UNDEFINED_VALUE);
	unsigned char *end = list->items ? (unsigned char *)(list->items + list->capacity) : NULL;
	size_t growth = (size_t)(capacity - list->capacity) * sizeof(*list->items);
	if (end && end == run->room && growth <= (size_t)(run->room_end - run->room)) {
		/* The last thing that was allocated: it grows where it is. */
		run->room += growth;
		run->bytes_used += growth;
		list->capacity = (uint32_t)capacity;
		return SW_OK;
	}
	struct sw_jn_value *items = sw_jn_alloc(run, (size_t)capacity * sizeof(*items));
	if (!items)
		return run->failed;
	if (list->count)
		memcpy(items, list->items, list->count * sizeof(*items));
	list->items = items;
	list->capacity = (uint32_t)capacity;
	return SW_OK;
}

enum sw_result sw_jn_list_push(struct sw_jn_run *run, struct sw_jn_list *list, struct sw_jn_value value)
{
	if (list->count == list->capacity && sw_jn_list_reserve(run, list, 1) < 0)
		return run->failed;
	list->items[list->count++] = value;
	return SW_OK;
}

enum sw_result sw_jn_list_append(struct sw_jn_run *run, struct sw_jn_list *list, struct sw_jn_value value)
{
	if (value.kind == SW_JN_UNDEFINED)
		return SW_OK;
	if (value.kind != SW_JN_ARRAY)
		return sw_jn_list_push(run, list, value);
	if (sw_jn_list_reserve(run, list, value.len) < 0 || sw_jn_steps(run, value.len) < 0)
		return run->failed;
	for (uint32_t i = 0; i < value.len; i++)
		list->items[list->count++] = sw_jn_array_at(value, i);
	return SW_OK;
}

struct sw_jn_value sw_jn_list_sequence(const struct sw_jn_list *list)
{
	if (list->count == 0)
		return SW_JN_UNDEFINED_VALUE;
	return list->count == 1 ? list->items[0] : sw_jn_list_array(list, SW_JN_SEQUENCE);
}

/* The UTF-16 units of two texts are in the order of their bytes, but for those beyond U+FFFF against
 * U+E000..U+FFFF. */
int sw_jn_string_compare(struct sw_jn_value a, struct sw_jn_value b)
{
	uint32_t len = a.len < b.len ? a.len : b.len, i = 0;
	while (i < len && a.text[i] == b.text[i])
		i++;
	if (i == len)
		return (a.len > b.len) - (a.len < b.len);
	unsigned char left = (unsigned char)a.text[i], right = (unsigned char)b.text[i];
	if (left >= 0xF0 && right >= 0xEE && right < 0xF0)
		return -1;
	if (right >= 0xF0 && left >= 0xEE && left < 0xF0)
		return 1;
	return left < right ? -1 : 1;
}

size_t sw_jn_character(const char *bytes_of, size_t left)
{
	const unsigned char *text = (const unsigned char *)bytes_of;
	size_t bytes = text[0] < 0x80    ? 1
		       : text[0] >= 0xF0 ? 4
		       : text[0] >= 0xE0 ? 3
		       : text[0] >= 0xC2 ? 2
					 : 0;
	if (bytes > left || text[0] > 0xF4)
		return 0;
	for (size_t i = 1; i < bytes; i++)
		if ((text[i] & 0xC0) != 0x80)
			return 0;
	bool wrong = (text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] >= 0xA0) ||
		     (text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] >= 0x90);
	return wrong ? 0 : bytes;
}

bool sw_jn_half_pair(const char *text, size_t left)
{
	return left >= 3 && (unsigned char)text[0] == 0xED && (unsigned char)text[1] >= 0xA0;
}
