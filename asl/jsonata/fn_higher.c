/* Built-in functions that call a function for each item of an array. */
#include "asl/jsonata/builtins.h"

/* How $map, $filter and $single begin; false: the function ends with *ret_result. */
static bool items_given(struct sw_jn_call *call, const struct sw_jn_value *args,
			struct sw_jn_value *ret_value, enum sw_result *ret_result)
{
	if (!sw_jn_given(call, args, 0, SW_JN_ARRAY, ret_value, ret_result))
		return false;
	*ret_result = sw_jn_steps(call->run, args[0].len);
	return !*ret_result;
}

enum sw_result sw_jn_fn_map(struct sw_jn_call *call, const struct sw_jn_value *args,
			    struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_list list = {0};
	if (!items_given(call, args, ret_value, &result))
		return result;
	for (uint32_t i = 0; !result && i < args[0].len; i++) {
		struct sw_jn_value item = sw_jn_array_at(args[0], i), mapped;
		result = sw_jn_call_item(call->run, args[1], item, sw_jn_number(i), args[0], &mapped);
		if (!result && mapped.kind != SW_JN_UNDEFINED)
			result = sw_jn_list_push(call->run, &list, mapped);
	}
	*ret_value = sw_jn_list_array(&list, SW_JN_SEQUENCE);
	return result;
}

enum sw_result sw_jn_fn_filter(struct sw_jn_call *call, const struct sw_jn_value *args,
			       struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_list list = {0};
	if (!items_given(call, args, ret_value, &result))
		return result;
	for (uint32_t i = 0; !result && i < args[0].len; i++) {
		struct sw_jn_value item = sw_jn_array_at(args[0], i), verdict;
		result = sw_jn_call_item(call->run, args[1], item, sw_jn_number(i), args[0], &verdict);
		if (!result && sw_jn_truthy(verdict))
			result = sw_jn_list_push(call->run, &list, item);
	}
	*ret_value = sw_jn_list_array(&list, SW_JN_SEQUENCE);
	return result;
}

enum sw_result sw_jn_fn_single(struct sw_jn_call *call, const struct sw_jn_value *args,
			       struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_value found = SW_JN_UNDEFINED_VALUE;
	bool any = false;
	if (!items_given(call, args, ret_value, &result))
		return result;
	for (uint32_t i = 0; i < args[0].len; i++) {
		struct sw_jn_value item = sw_jn_array_at(args[0], i), verdict = sw_jn_boolean(true);
		if (args[1].kind != SW_JN_UNDEFINED)
			result =
				sw_jn_call_item(call->run, args[1], item, sw_jn_number(i), args[0], &verdict);
		if (result)
			return result;
		if (!sw_jn_truthy(verdict))
			continue;
		if (any)
			return sw_jn_fail_index(call->run, "D3138", SW_JN_UNDEFINED_VALUE, i);
		found = item;
		any = true;
	}
	*ret_value = found;
	return any ? SW_OK : sw_jn_fail(call->run, "D3139", SW_JN_UNDEFINED_VALUE);
}

enum sw_result sw_jn_fn_reduce(struct sw_jn_call *call, const struct sw_jn_value *args,
			       struct sw_jn_value *ret_value)
{
	enum sw_result result;
	if (!items_given(call, args, ret_value, &result))
		return result;
	if (args[1].kind != SW_JN_FUNCTION)
		return sw_jn_fail(call->run, "T1006", args[1]);
	unsigned parameters = sw_jn_parameters(args[1]);
	if (parameters < 2)
		return sw_jn_fail_index(call->run, "D3050", SW_JN_UNDEFINED_VALUE, 1);
	uint32_t i = 0;
	struct sw_jn_value so_far = args[2];
	if (so_far.kind == SW_JN_UNDEFINED && args[0].len > 0)
		so_far = sw_jn_array_at(args[0], i++);
	for (; i < args[0].len; i++) {
		struct sw_jn_value given[4] = {so_far, sw_jn_array_at(args[0], i), sw_jn_number(i), args[0]};
		result = sw_jn_apply(call->run, args[1], given, parameters < 4 ? parameters : 4, &so_far);
		if (result)
			return result;
	}
	*ret_value = so_far;
	return SW_OK;
}
