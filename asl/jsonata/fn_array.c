/* Built-in functions on arrays. */
#include "asl/jsonata/builtins.h"

#include "base/hash.h"

#include <math.h>

enum sw_result sw_jn_fn_count(struct sw_jn_call *call, const struct sw_jn_value *args,
			      struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (args[0].kind == SW_JN_UNDEFINED) {
		*ret_value = sw_jn_number(0);
		return SW_OK;
	}
	if (!sw_jn_given(call, args, 0, SW_JN_ARRAY, ret_value, &result))
		return result;
	*ret_value = sw_jn_number(args[0].len);
	return SW_OK;
}

/* ---- $append -------------------------------------------------------------------------------------- */

static void put_items(struct sw_jn_value *at, struct sw_jn_value value)
{
	if (value.kind != SW_JN_ARRAY) {
		*at = value;
		return;
	}
	for (uint32_t i = 0; i < value.len; i++)
		at[i] = sw_jn_array_at(value, i);
}

/*
 * Appending in a loop ($reduce with $append) would copy the array each time. Arrays do not change, but behind the
 * last item of the one that was made last there is room that nobody sees: it is used when exactly that array is
 * appended to.
 */
static enum sw_result append(struct sw_jn_run *run, struct sw_jn_value first, uint32_t first_count,
			     struct sw_jn_value second, uint32_t second_count, struct sw_jn_value *ret_value)
{
	uint64_t count = (uint64_t)first_count + second_count;
	bool again = first.kind == SW_JN_ARRAY && first.form == SW_JN_OWN && first.len > 0 &&
		     first.items == run->grown_items && first.len == run->grown_used;
	if (count > UINT32_MAX / 4)
		return sw_jn_alloc(run, SIZE_MAX / 2) ? SW_ENOMEM : run->failed;
	enum sw_result result = sw_jn_steps(run, again ? second_count : count);
	if (result)
		return result;
	if (!again || count > run->grown_capacity) {
		uint32_t capacity = (uint32_t)(again ? 2 * count : count);
		struct sw_jn_value *items = sw_jn_alloc(run, capacity * sizeof(*items));
		if (!items)
			return run->failed;
		put_items(items, first);
		run->grown_items = items;
		run->grown_capacity = capacity;
	}
	put_items(run->grown_items + first_count, second);
	run->grown_used = (uint32_t)count;
	*ret_value = sw_jn_array(run->grown_items, count, 0);
	return SW_OK;
}

enum sw_result sw_jn_fn_append(struct sw_jn_call *call, const struct sw_jn_value *args,
			       struct sw_jn_value *ret_value)
{
	*ret_value = args[0].kind == SW_JN_UNDEFINED ? args[1] : args[0];
	if (args[0].kind == SW_JN_UNDEFINED || args[1].kind == SW_JN_UNDEFINED)
		return SW_OK;
	return append(call->run, args[0], args[0].kind == SW_JN_ARRAY ? args[0].len : 1, args[1],
		      args[1].kind == SW_JN_ARRAY ? args[1].len : 1, ret_value);
}

/* ---- $sort ---------------------------------------------------------------------------------------- */

struct sorting {
	struct sw_jn_run *run;
	struct sw_jn_value comparator; /* undefined: by value */
	struct sw_jn_value *spare;
};

/* *ret_swap: right comes before left. */
static enum sw_result compare(struct sorting *sorting, struct sw_jn_value left, struct sw_jn_value right,
			      bool *ret_swap)
{
	struct sw_jn_value pair[2] = {left, right}, verdict;
	if (sorting->comparator.kind == SW_JN_UNDEFINED) {
		*ret_swap = left.kind == SW_JN_NUMBER ? left.number > right.number
						      : sw_jn_string_compare(left, right) > 0;
		return SW_OK;
	}
	enum sw_result result = sw_jn_apply(sorting->run, sorting->comparator, pair, 2, &verdict);
	if (!result)
		*ret_swap = sw_jn_js_truthy(verdict);
	return result;
}

/* A stable merge sort that asks the comparator the same questions as the reference implementation does. */
static enum sw_result merge_sort(struct sorting *sorting, struct sw_jn_value *items, uint32_t count)
{
	uint32_t middle = count / 2, left = 0, right = middle, at = 0;
	if (count <= 1)
		return SW_OK;
	enum sw_result result = merge_sort(sorting, items, middle);
	if (!result)
		result = merge_sort(sorting, items + middle, count - middle);
	while (!result && left < middle && right < count) {
		bool swap = false;
		result = compare(sorting, items[left], items[right], &swap);
		sorting->spare[at++] = swap ? items[right++] : items[left++];
	}
	if (result)
		return result;
	/* What is left of the right half stands where it belongs; of the left half, it comes last. */
	memmove(items + at, items + left, (middle - left) * sizeof(*items));
	memcpy(items, sorting->spare, at * sizeof(*items));
	return SW_OK;
}

/* Without a comparator all items must be numbers, or all strings. */
static enum sw_result check_comparable(struct sw_jn_run *run, const struct sw_jn_value *items, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (items[i].kind == SW_JN_NUMBER && isinf(items[i].number))
			return sw_jn_fail(run, "D1001", items[i]);
		if ((items[i].kind != SW_JN_NUMBER && items[i].kind != SW_JN_STRING) ||
		    items[i].kind != items[0].kind ||
		    (items[i].kind == SW_JN_NUMBER && isnan(items[i].number)))
			return sw_jn_fail_index(run, "D3070", SW_JN_UNDEFINED_VALUE, 1);
	}
	return SW_OK;
}

enum sw_result sw_jn_fn_sort(struct sw_jn_call *call, const struct sw_jn_value *args,
			     struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_run *run = call->run;
	bool given;
	if (!sw_jn_given(call, args, 0, SW_JN_ARRAY, ret_value, &result))
		return result;
	result = sw_jn_optional(call, args, 1, SW_JN_FUNCTION, &given);
	*ret_value = args[0];
	if (result || args[0].len <= 1)
		return result;
	uint32_t count = args[0].len;
	struct sw_jn_value *items = sw_jn_alloc(run, (size_t)count * sizeof(*items));
	struct sw_jn_value *spare = items ? sw_jn_alloc(run, (size_t)count * sizeof(*items)) : NULL;
	if (!spare)
		return run->failed;
	put_items(items, args[0]);
	result = sw_jn_steps(run, count);
	if (!result && !given)
		result = check_comparable(run, items, count);
	struct sorting sorting = {run, args[1], spare};
	if (!result)
		result = merge_sort(&sorting, items, count);
	*ret_value = sw_jn_array(items, count, 0);
	return result;
}

/* ---- $reverse, $shuffle, $zip --------------------------------------------------------------------- */

/* A plain copy of the items; NULL: the run holds why. */
static struct sw_jn_value *copy_items(struct sw_jn_run *run, struct sw_jn_value array)
{
	if (sw_jn_steps(run, array.len))
		return NULL;
	struct sw_jn_value *items = sw_jn_alloc(run, (size_t)array.len * sizeof(*items));
	if (items)
		put_items(items, array);
	return items;
}

enum sw_result sw_jn_fn_reverse(struct sw_jn_call *call, const struct sw_jn_value *args,
				struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_ARRAY, ret_value, &result))
		return result;
	*ret_value = args[0];
	if (args[0].len <= 1)
		return SW_OK;
	struct sw_jn_value *items = copy_items(call->run, args[0]);
	if (!items)
		return call->run->failed;
	for (uint32_t i = 0, j = args[0].len - 1; i < j; i++, j--) {
		struct sw_jn_value item = items[i];
		items[i] = items[j];
		items[j] = item;
	}
	*ret_value = sw_jn_array(items, args[0].len, 0);
	return SW_OK;
}

enum sw_result sw_jn_fn_shuffle(struct sw_jn_call *call, const struct sw_jn_value *args,
				struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!sw_jn_given(call, args, 0, SW_JN_ARRAY, ret_value, &result))
		return result;
	*ret_value = args[0];
	if (args[0].len <= 1)
		return SW_OK;
	struct sw_jn_value *items = copy_items(call->run, args[0]);
	if (!items)
		return call->run->failed;
	for (uint32_t i = args[0].len - 1; i > 0; i--) {
		uint32_t j = (uint32_t)sw_rng_below(call->run->rng, (uint64_t)i + 1);
		struct sw_jn_value item = items[i];
		items[i] = items[j];
		items[j] = item;
	}
	*ret_value = sw_jn_array(items, args[0].len, 0);
	return SW_OK;
}

enum sw_result sw_jn_fn_zip(struct sw_jn_call *call, const struct sw_jn_value *args,
			    struct sw_jn_value *ret_value)
{
	struct sw_jn_run *run = call->run;
	uint32_t count = call->count ? UINT32_MAX : 0;
	for (unsigned i = 0; i < call->count; i++) {
		uint32_t len = args[i].kind == SW_JN_ARRAY ? args[i].len : 0;
		count = len < count ? len : count;
	}
	enum sw_result result = sw_jn_steps(run, (uint64_t)count * call->count);
	if (result)
		return result;
	/* All tuples lie in one block behind their array. */
	size_t width = call->count;
	struct sw_jn_value *items = sw_jn_alloc(run, count * (width + 1) * sizeof(*items));
	if (!items)
		return run->failed;
	struct sw_jn_value *tuple = items + count;
	for (uint32_t i = 0; i < count; i++, tuple += width) {
		for (size_t j = 0; j < width; j++)
			tuple[j] = sw_jn_array_at(args[j], i);
		items[i] = sw_jn_array(tuple, width, 0);
	}
	*ret_value = sw_jn_array(items, count, 0);
	return SW_OK;
}

/* ---- $distinct ------------------------------------------------------------------------------------ */

#define HASHED_DEPTH 32 /* what lies deeper does not count for the hash, only for the comparison */

/* Equal values have equal hashes: the order of members does not count, 0 is -0. */
static uint64_t hash_value(struct sw_jn_value value, uint64_t seed, unsigned depth)
{
	uint64_t hash = value.kind * 0x9E3779B97F4A7C15u;
	switch ((enum sw_jn_kind)value.kind) {
	case SW_JN_UNDEFINED:
	case SW_JN_NULL:
	case SW_JN_FUNCTION:
		break;
	case SW_JN_BOOLEAN:
		return hash + value.boolean;
	case SW_JN_NUMBER:
		value.number += 0.0; /* no -0 */
		return sw_hash64(&value.number, sizeof(value.number), seed);
	case SW_JN_STRING:
		return sw_hash64(value.text, value.len, seed) ^ hash;
	case SW_JN_ARRAY:
		for (uint32_t i = 0; i < value.len && depth < HASHED_DEPTH; i++)
			hash = (hash ^ hash_value(sw_jn_array_at(value, i), seed, depth + 1)) *
			       0xBF58476D1CE4E5B9u;
		break;
	case SW_JN_OBJECT:
		if (depth < HASHED_DEPTH) {
			struct sw_jn_walk at = {0};
			while (sw_jn_object_next(value, &at))
				hash += sw_hash64(at.key, at.key_len, seed) *
					(hash_value(at.value, seed, depth + 1) | 1);
		}
		break;
	}
	return hash;
}

struct seen {
	uint32_t *slots; /* index of a kept item + 1; 0: free */
	uint64_t *hashes;
	uint32_t mask;
	uint64_t seed;
};

static bool was_seen(struct seen *seen, const struct sw_jn_list *kept, struct sw_jn_value value)
{
	uint64_t hash = hash_value(value, seen->seed, 0);
	uint32_t at = (uint32_t)(hash ^ hash >> 32) & seen->mask;
	for (; seen->slots[at]; at = (at + 1) & seen->mask) {
		uint32_t index = seen->slots[at] - 1;
		if (seen->hashes[index] == hash && sw_jn_equal(kept->items[index], value))
			return true;
	}
	seen->slots[at] = kept->count + 1;
	seen->hashes[kept->count] = hash;
	return false;
}

enum sw_result sw_jn_fn_distinct(struct sw_jn_call *call, const struct sw_jn_value *args,
				 struct sw_jn_value *ret_value)
{
	struct sw_jn_run *run = call->run;
	struct sw_jn_list kept = {0};
	*ret_value = args[0];
	if (args[0].kind != SW_JN_ARRAY || args[0].len <= 1)
		return SW_OK;
	if (args[0].form == SW_JN_RANGE) {
		ret_value->flags &= SW_JN_SEQUENCE;
		return SW_OK;
	}
	uint32_t capacity = 4;
	while (capacity < args[0].len * (uint64_t)2 && capacity < UINT32_MAX / 4)
		capacity *= 2;
	enum sw_result result = sw_jn_steps(run, args[0].len);
	if (result)
		return result;
	struct seen seen = {.mask = capacity - 1, .seed = (uintptr_t)run};
	seen.slots = sw_jn_alloc(run, capacity * sizeof(*seen.slots));
	seen.hashes = seen.slots ? sw_jn_alloc(run, args[0].len * sizeof(*seen.hashes)) : NULL;
	if (!seen.hashes)
		return run->failed;
	for (uint32_t i = 0; !result && i < args[0].len; i++) {
		struct sw_jn_value item = sw_jn_array_at(args[0], i);
		if (!was_seen(&seen, &kept, item))
			result = sw_jn_list_push(run, &kept, item);
	}
	*ret_value = sw_jn_list_array(&kept, args[0].flags & SW_JN_SEQUENCE);
	return result;
}
