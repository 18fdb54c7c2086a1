/* Built-in functions on objects. */
#include "asl/jsonata/builtins.h"

#include <math.h>

/* ---- $keys, $lookup, $spread, $merge -------------------------------------------------------------- */

static enum sw_result too_nested(struct sw_jn_run *run)
{
	return sw_jn_fail(run, "D1011", SW_JN_UNDEFINED_VALUE);
}

/* Puts the names of value's members, and of all objects in it when it is an array, into the set. */
static enum sw_result collect_keys(struct sw_jn_run *run, struct sw_jn_value value, struct sw_jn_object *set,
				   unsigned depth)
{
	enum sw_result result = sw_jn_steps(run, 1);
	if (depth > SW_JN_NESTING_MAX)
		return too_nested(run);
	if (value.kind == SW_JN_ARRAY && value.form != SW_JN_RANGE) {
		for (uint32_t i = 0; !result && i < value.len; i++)
			result = collect_keys(run, sw_jn_array_at(value, i), set, depth + 1);
	} else if (value.kind == SW_JN_OBJECT) {
		struct sw_jn_walk at = {0};
		while (!result && sw_jn_object_next(value, &at))
			result = sw_jn_object_put(run, set, at.key, at.key_len, sw_jn_boolean(true));
	}
	return result;
}

enum sw_result sw_jn_fn_keys(struct sw_jn_call *call, const struct sw_jn_value *args,
			     struct sw_jn_value *ret_value)
{
	struct sw_jn_run *run = call->run;
	struct sw_jn_list list = {0};
	struct sw_jn_value from = args[0];
	enum sw_result result = SW_OK;
	if (from.kind == SW_JN_ARRAY) {
		struct sw_jn_object *set = sw_jn_object_new(run, 8);
		result = set ? collect_keys(run, from, set, 0) : run->failed;
		from = sw_jn_object(set);
	}
	if (!result && from.kind == SW_JN_OBJECT) {
		result = sw_jn_list_reserve(run, &list, sw_jn_object_count(from));
		struct sw_jn_walk at = {0};
		while (!result && sw_jn_object_next(from, &at))
			result = sw_jn_list_push(run, &list, sw_jn_string(at.key, at.key_len));
	}
	*ret_value = sw_jn_list_array(&list, SW_JN_SEQUENCE);
	return result;
}

/* Pushes what a path step of this name finds in value, arrays in arrays included. */
static enum sw_result look_up_all(struct sw_jn_run *run, struct sw_jn_value value, struct sw_jn_value key,
				  struct sw_jn_list *list, unsigned depth)
{
	enum sw_result result = sw_jn_steps(run, 1);
	if (depth > SW_JN_NESTING_MAX)
		return too_nested(run);
	if (value.kind == SW_JN_ARRAY && value.form != SW_JN_RANGE) {
		for (uint32_t i = 0; !result && i < value.len; i++)
			result = look_up_all(run, sw_jn_array_at(value, i), key, list, depth + 1);
	} else if (value.kind == SW_JN_OBJECT && !result) {
		result = sw_jn_list_append(run, list, sw_jn_object_get(value, key.text, key.len));
	}
	return result;
}

enum sw_result sw_jn_fn_lookup(struct sw_jn_call *call, const struct sw_jn_value *args,
			       struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_list list = {0};
	if (!sw_jn_given(call, args, 1, SW_JN_STRING, ret_value, &result))
		return result;
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (args[0].kind == SW_JN_OBJECT)
		*ret_value = sw_jn_object_get(args[0], args[1].text, args[1].len);
	if (args[0].kind != SW_JN_ARRAY)
		return SW_OK;
	result = look_up_all(call->run, args[0], args[1], &list, 0);
	*ret_value = sw_jn_list_array(&list, SW_JN_SEQUENCE);
	return result;
}

static enum sw_result spread_into(struct sw_jn_run *run, struct sw_jn_value value, struct sw_jn_list *list,
				  unsigned depth)
{
	enum sw_result result = sw_jn_steps(run, 1);
	if (depth > SW_JN_NESTING_MAX)
		return too_nested(run);
	if (value.kind == SW_JN_ARRAY) {
		for (uint32_t i = 0; !result && i < value.len; i++)
			result = spread_into(run, sw_jn_array_at(value, i), list, depth + 1);
		return result;
	}
	if (value.kind != SW_JN_OBJECT)
		return result ? result : sw_jn_list_append(run, list, value);
	struct sw_jn_walk at = {0};
	while (!result && sw_jn_object_next(value, &at)) {
		struct sw_jn_object *one = sw_jn_object_new(run, 1);
		result = one ? sw_jn_object_put(run, one, at.key, at.key_len, at.value) : run->failed;
		if (!result)
			result = sw_jn_list_push(run, list, sw_jn_object(one));
	}
	return result;
}

enum sw_result sw_jn_fn_spread(struct sw_jn_call *call, const struct sw_jn_value *args,
			       struct sw_jn_value *ret_value)
{
	struct sw_jn_list list = {0};
	*ret_value = args[0];
	if (args[0].kind != SW_JN_ARRAY && args[0].kind != SW_JN_OBJECT)
		return SW_OK;
	enum sw_result result = spread_into(call->run, args[0], &list, 0);
	/* Spreading an array joins what its items gave as $append does, which makes a plain array. */
	bool plain = args[0].kind == SW_JN_ARRAY && args[0].len > 0;
	*ret_value = sw_jn_list_array(&list, plain ? 0 : SW_JN_SEQUENCE);
	return result;
}

enum sw_result sw_jn_fn_merge(struct sw_jn_call *call, const struct sw_jn_value *args,
			      struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_run *run = call->run;
	if (!sw_jn_given(call, args, 0, SW_JN_ARRAY, ret_value, &result))
		return result;
	result = sw_jn_steps(run, args[0].len);
	if (result)
		return result;
	if (args[0].len == 1 && sw_jn_array_at(args[0], 0).kind == SW_JN_OBJECT) {
		*ret_value = sw_jn_array_at(args[0], 0);
		return SW_OK;
	}
	uint32_t first = args[0].len ? sw_jn_object_count(sw_jn_array_at(args[0], 0)) : 0;
	struct sw_jn_object *merged = sw_jn_object_new(run, first + args[0].len);
	if (!merged)
		return run->failed;
	for (uint32_t i = 0; !result && i < args[0].len; i++) {
		struct sw_jn_value item = sw_jn_array_at(args[0], i);
		struct sw_jn_walk at = {0};
		if (item.kind != SW_JN_OBJECT)
			return sw_jn_fail_index(run, "T0412", args[0], 1);
		while (!result && sw_jn_object_next(item, &at))
			result = sw_jn_object_put(run, merged, at.key, at.key_len, at.value);
	}
	*ret_value = sw_jn_object(merged);
	return result;
}

/* ---- $sift, $each --------------------------------------------------------------------------------- */

enum sw_result sw_jn_fn_sift(struct sw_jn_call *call, const struct sw_jn_value *args,
			     struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_run *run = call->run;
	if (!sw_jn_given(call, args, 0, SW_JN_OBJECT, ret_value, &result))
		return result;
	struct sw_jn_object *sifted = sw_jn_object_new(run, 4);
	struct sw_jn_walk at = {0};
	result = sifted ? sw_jn_steps(run, sw_jn_object_count(args[0])) : run->failed;
	while (!result && sw_jn_object_next(args[0], &at)) {
		struct sw_jn_value verdict;
		result = sw_jn_call_item(run, args[1], at.value, sw_jn_string(at.key, at.key_len), args[0],
					 &verdict);
		if (!result && sw_jn_truthy(verdict))
			result = sw_jn_object_put(run, sifted, at.key, at.key_len, at.value);
	}
	if (!result)
		*ret_value = sifted->count ? sw_jn_object(sifted) : SW_JN_UNDEFINED_VALUE;
	return result;
}

enum sw_result sw_jn_fn_each(struct sw_jn_call *call, const struct sw_jn_value *args,
			     struct sw_jn_value *ret_value)
{
	enum sw_result result = SW_OK;
	struct sw_jn_run *run = call->run;
	struct sw_jn_list list = {0};
	if (args[0].kind == SW_JN_OBJECT) {
		struct sw_jn_walk at = {0};
		result = sw_jn_steps(run, sw_jn_object_count(args[0]));
		while (!result && sw_jn_object_next(args[0], &at)) {
			struct sw_jn_value value;
			result = sw_jn_call_item(run, args[1], at.value, sw_jn_string(at.key, at.key_len),
						 args[0], &value);
			if (!result && value.kind != SW_JN_UNDEFINED)
				result = sw_jn_list_push(run, &list, value);
		}
	} else if (args[0].kind != SW_JN_UNDEFINED) {
		return sw_jn_fail_index(run, "T0410", args[0], 1);
	}
	*ret_value = sw_jn_list_array(&list, SW_JN_SEQUENCE);
	return result;
}

/* ---- $clone --------------------------------------------------------------------------------------- */

/*
 * The reference implementation prints the value and parses it again. Values do not change here, so that most are
 * their own copy; what the way through a text changes is changed here, too: numbers have 15 digits, functions
 * are "".
 */
static enum sw_result clone(struct sw_jn_run *run, struct sw_jn_value value, unsigned depth,
			    struct sw_jn_value *ret_value);

static enum sw_result clone_number(struct sw_jn_run *run, struct sw_jn_value number,
				   struct sw_jn_value *ret_value)
{
	sw_buf_reset(&run->scratch);
	enum sw_result result = sw_jn_print(run, number, false, &run->scratch);
	struct sw_jn_value text;
	if (!result)
		result = sw_jn_scratch_value(run, &text);
	if (!result)
		*ret_value = sw_jn_number(sw_jn_decimal(run, text.text, text.len, 0));
	return result;
}

static enum sw_result clone_array(struct sw_jn_run *run, struct sw_jn_value array, unsigned depth,
				  struct sw_jn_value *ret_value)
{
	struct sw_jn_list list = {0};
	enum sw_result result = sw_jn_list_reserve(run, &list, array.len);
	for (uint32_t i = 0; !result && i < array.len; i++) {
		struct sw_jn_value item = SW_JN_UNDEFINED_VALUE;
		result = clone(run, sw_jn_array_at(array, i), depth + 1, &item);
		if (!result)
			result = sw_jn_list_push(run, &list, item);
	}
	*ret_value = sw_jn_list_array(&list, 0);
	return result;
}

static enum sw_result clone_object(struct sw_jn_run *run, struct sw_jn_value object, unsigned depth,
				   struct sw_jn_value *ret_value)
{
	struct sw_jn_object *copy = sw_jn_object_new(run, sw_jn_object_count(object));
	struct sw_jn_walk at = {0};
	enum sw_result result = copy ? SW_OK : run->failed;
	while (!result && sw_jn_object_next(object, &at)) {
		struct sw_jn_value value = SW_JN_UNDEFINED_VALUE;
		result = clone(run, at.value, depth + 1, &value);
		if (!result)
			result = sw_jn_object_put(run, copy, at.key, at.key_len, value);
	}
	*ret_value = sw_jn_object(copy);
	return result;
}

static enum sw_result clone(struct sw_jn_run *run, struct sw_jn_value value, unsigned depth,
			    struct sw_jn_value *ret_value)
{
	enum sw_result result = sw_jn_steps(run, 1);
	*ret_value = value;
	if (result)
		return result;
	if (depth > SW_JN_NESTING_MAX)
		return too_nested(run);
	switch ((enum sw_jn_kind)value.kind) {
	case SW_JN_UNDEFINED: /* in an array */
		*ret_value = sw_jn_null();
		break;
	case SW_JN_NUMBER:
		if (isfinite(value.number) && value.number == trunc(value.number))
			break;
		return clone_number(run, value, ret_value);
	case SW_JN_FUNCTION:
		*ret_value = sw_jn_string("", 0);
		break;
	case SW_JN_ARRAY:
		return value.form == SW_JN_RANGE ? SW_OK : clone_array(run, value, depth, ret_value);
	case SW_JN_OBJECT:
		return clone_object(run, value, depth, ret_value);
	case SW_JN_NULL:
	case SW_JN_BOOLEAN:
	case SW_JN_STRING:
		break;
	}
	return SW_OK;
}

enum sw_result sw_jn_fn_clone(struct sw_jn_call *call, const struct sw_jn_value *args,
			      struct sw_jn_value *ret_value)
{
	*ret_value = args[0];
	return args[0].kind == SW_JN_UNDEFINED ? SW_OK : clone(call->run, args[0], 0, ret_value);
}
