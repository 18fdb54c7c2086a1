/* Built-in functions on any value: $boolean, $not, $exists, $type, and those that fail on purpose. */
#include "asl/jsonata/builtins.h"

#include <math.h>

/* An infinite number is no number for the reference implementation wherever it asks what a value is. */
static enum sw_result check_number(struct sw_jn_run *run, struct sw_jn_value value)
{
	if (value.kind == SW_JN_NUMBER && isinf(value.number))
		return sw_jn_fail(run, "D1001", value);
	return SW_OK;
}

enum sw_result sw_jn_fn_boolean(struct sw_jn_call *call, const struct sw_jn_value *args,
				struct sw_jn_value *ret_value)
{
	*ret_value = args[0].kind == SW_JN_UNDEFINED ? args[0] : sw_jn_boolean(sw_jn_truthy(args[0]));
	return check_number(call->run, args[0]);
}

enum sw_result sw_jn_fn_not(struct sw_jn_call *call, const struct sw_jn_value *args,
			    struct sw_jn_value *ret_value)
{
	*ret_value = args[0].kind == SW_JN_UNDEFINED ? args[0] : sw_jn_boolean(!sw_jn_truthy(args[0]));
	return check_number(call->run, args[0]);
}

enum sw_result sw_jn_fn_exists(struct sw_jn_call *call, const struct sw_jn_value *args,
			       struct sw_jn_value *ret_value)
{
	*ret_value = sw_jn_boolean(args[0].kind != SW_JN_UNDEFINED);
	return SW_OK;
}

enum sw_result sw_jn_fn_type(struct sw_jn_call *call, const struct sw_jn_value *args,
			     struct sw_jn_value *ret_value)
{
	static const char *const names[] = {
		[SW_JN_NULL] = "null",         [SW_JN_BOOLEAN] = "boolean", [SW_JN_NUMBER] = "number",
		[SW_JN_STRING] = "string",     [SW_JN_ARRAY] = "array",     [SW_JN_OBJECT] = "object",
		[SW_JN_FUNCTION] = "function",
	};
	*ret_value = args[0];
	if (args[0].kind == SW_JN_UNDEFINED)
		return SW_OK;
	*ret_value = sw_jn_string(names[args[0].kind], strlen(names[args[0].kind]));
	return check_number(call->run, args[0]);
}

static enum sw_result fail_with_words(struct sw_jn_run *run, const char *code, struct sw_jn_value words,
				      const char *otherwise)
{
	if (words.kind == SW_JN_STRING && words.len > 0)
		return sw_jn_fail_text(run, code, words.text, words.len);
	return sw_jn_fail_text(run, code, otherwise, strlen(otherwise));
}

enum sw_result sw_jn_fn_error(struct sw_jn_call *call, const struct sw_jn_value *args,
			      struct sw_jn_value *ret_value)
{
	return fail_with_words(call->run, "D3137", args[0], "$error() function evaluated");
}

enum sw_result sw_jn_fn_assert(struct sw_jn_call *call, const struct sw_jn_value *args,
			       struct sw_jn_value *ret_value)
{
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (sw_jn_js_truthy(args[0]))
		return SW_OK;
	return fail_with_words(call->run, "D3141", args[1], "$assert() statement failed");
}
