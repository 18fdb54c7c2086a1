/* What built-in functions begin with: their arguments, and calls of the functions they are given. */
#include "asl/jsonata/builtins.h"

#include <math.h>

bool sw_jn_given(struct sw_jn_call *call, const struct sw_jn_value *args, unsigned index,
		 enum sw_jn_kind kind, struct sw_jn_value *ret_value, enum sw_result *ret_result)
{
	if (args[index].kind == kind)
		return true;
	*ret_result = SW_OK;
	if (args[index].kind == SW_JN_UNDEFINED)
		*ret_value = SW_JN_UNDEFINED_VALUE;
	else
		*ret_result = sw_jn_fail_index(call->run, "T0410", args[index], index + 1);
	return false;
}

enum sw_result sw_jn_optional(struct sw_jn_call *call, const struct sw_jn_value *args, unsigned index,
			      enum sw_jn_kind kind, bool *ret_given)
{
	*ret_given = args[index].kind == kind;
	if (*ret_given || args[index].kind == SW_JN_UNDEFINED)
		return SW_OK;
	return sw_jn_fail_index(call->run, "T0410", args[index], index + 1);
}

enum sw_result sw_jn_call_item(struct sw_jn_run *run, struct sw_jn_value function, struct sw_jn_value value,
			       struct sw_jn_value at, struct sw_jn_value whole, struct sw_jn_value *ret_value)
{
	if (function.kind != SW_JN_FUNCTION)
		return sw_jn_fail(run, "T1006", function);
	unsigned parameters = sw_jn_parameters(function);
	struct sw_jn_value args[3] = {value, at, whole};
	return sw_jn_apply(run, function, args, parameters >= 3 ? 3 : parameters == 2 ? 2 : 1, ret_value);
}

bool sw_jn_js_truthy(struct sw_jn_value value)
{
	switch ((enum sw_jn_kind)value.kind) {
	case SW_JN_UNDEFINED:
	case SW_JN_NULL:
		return false;
	case SW_JN_BOOLEAN:
		return value.boolean;
	case SW_JN_NUMBER:
		return value.number != 0 && !isnan(value.number);
	case SW_JN_STRING:
		return value.len > 0;
	case SW_JN_ARRAY:
	case SW_JN_OBJECT:
	case SW_JN_FUNCTION:
		break;
	}
	return true;
}

enum sw_result sw_jn_check_room(struct sw_jn_run *run, const struct sw_buf *buf)
{
	if (buf->failed)
		return SW_ENOMEM;
	return buf->len > run->bytes_max && !sw_jn_alloc(run, buf->len) ? run->failed : SW_OK;
}
