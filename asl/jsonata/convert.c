/* Results: values as trees of the caller. */
#include "asl/jsonata/tree.h"

#include "asl/value.h"

#include <math.h>
#include <unistr.h>

#define NODE_BYTES 48 /* of a tree, about */

static enum sw_result convert(struct sw_jn_run *run, struct sw_jn_value value, unsigned depth,
			      json_t **ret_tree);

static enum sw_result out_of_memory(struct sw_jn_run *run)
{
	return run->failed = SW_ENOMEM;
}

static json_t *number_tree(struct sw_jn_value value)
{
	double number = value.number;
	int64_t exact;
	if (sw_jn_exact(value, &exact))
		return json_integer(exact);
	if (number == floor(number) && fabs(number) < 9007199254740992.0)
		return json_integer((json_int_t)number);
	return json_real(number);
}

/* Measured on AWS: {'k': 1/0} is {"k": "Infinity"}. */
static json_t *not_finite_tree(double number)
{
	return json_string(isnan(number) ? "NaN" : number < 0 ? "-Infinity" : "Infinity");
}

/* UTF-8 it is, but for half surrogates from \u escapes: U+FFFD stands for each. */
static json_t *string_tree(struct sw_jn_run *run, struct sw_jn_value value)
{
	json_t *tree = json_stringn(value.text ? value.text : "", value.len);
	if (tree)
		return tree;
	sw_buf_reset(&run->scratch);
	for (uint32_t i = 0; i < value.len;) {
		size_t left = value.len - i, bytes = sw_jn_character(value.text + i, left);
		if (bytes)
			sw_buf_append(&run->scratch, value.text + i, bytes);
		else
			sw_buf_text(&run->scratch, "\xEF\xBF\xBD");
		i += bytes ? (uint32_t)bytes : sw_jn_half_pair(value.text + i, left) ? 3 : 1;
	}
	return run->scratch.failed ? NULL : json_stringn(run->scratch.data, run->scratch.len);
}

static enum sw_result array_tree(struct sw_jn_run *run, struct sw_jn_value value, unsigned depth,
				 json_t **ret_tree)
{
	json_t *array = json_array(), *item;
	for (uint32_t i = 0; array && i < value.len; i++) {
		if (convert(run, sw_jn_array_at(value, i), depth + 1, &item) < 0)
			break;
		if (json_array_append_new(array, item ? item : json_null()) < 0) {
			out_of_memory(run);
			break;
		}
	}
	if (!array)
		return out_of_memory(run);
	if (run->failed < 0)
		json_decref(array);
	else
		*ret_tree = array;
	return run->failed;
}

static enum sw_result object_tree(struct sw_jn_run *run, struct sw_jn_value value, unsigned depth,
				  json_t **ret_tree)
{
	json_t *object = json_object(), *item;
	struct sw_jn_walk at = {0};
	while (object && sw_jn_object_next(value, &at)) {
		if (convert(run, at.value, depth + 1, &item) < 0)
			break;
		if (item && json_object_setn_new(object, at.key, at.key_len, item) < 0) {
			/* A key that is no UTF-8 or holds U+0000. */
			if (u8_check((const uint8_t *)at.key, at.key_len))
				sw_jn_fail(run, "D3030", sw_jn_string(at.key, at.key_len));
			else
				out_of_memory(run);
			break;
		}
	}
	if (!object)
		return out_of_memory(run);
	if (run->failed < 0)
		json_decref(object);
	else
		*ret_tree = object;
	return run->failed;
}

static enum sw_result convert(struct sw_jn_run *run, struct sw_jn_value value, unsigned depth,
			      json_t **ret_tree)
{
	*ret_tree = NULL;
	if (depth > SW_JSON_DEPTH_MAX)
		return sw_jn_fail(run, "U1001", SW_JN_UNDEFINED_VALUE);
	if (sw_jn_steps(run, 1) < 0)
		return run->failed;
	/* Trees are no memory of the run, though they count as such. */
	run->bytes_used += NODE_BYTES;
	if (run->bytes_used > run->bytes_max) {
		sw_jn_fail(run, "U1001", SW_JN_UNDEFINED_VALUE);
		run->fail_text =
			"Expression evaluation memory limit exceeded: Check for excessive memory usage";
		return run->failed;
	}
	if ((value.kind == SW_JN_ARRAY || value.kind == SW_JN_OBJECT) && value.form == SW_JN_JSON) {
		*ret_tree = json_incref((json_t *)value.json);
		return SW_OK;
	}
	switch (value.kind) {
	case SW_JN_UNDEFINED:
		return SW_OK;
	case SW_JN_NULL:
		*ret_tree = json_null();
		return SW_OK;
	case SW_JN_BOOLEAN:
		*ret_tree = json_boolean(value.boolean);
		return SW_OK;
	case SW_JN_NUMBER:
		if (isfinite(value.number))
			*ret_tree = number_tree(value);
		else if (run->expr->flags & SW_JSONATA_STEP_FUNCTIONS)
			*ret_tree = not_finite_tree(value.number);
		else
			return sw_jn_fail(run, "D1001", value);
		break;
	case SW_JN_STRING:
		*ret_tree = string_tree(run, value);
		break;
	case SW_JN_ARRAY:
		return array_tree(run, value, depth, ret_tree);
	case SW_JN_OBJECT:
		return object_tree(run, value, depth, ret_tree);
	default:
		*ret_tree = json_string("");
		break;
	}
	return *ret_tree ? SW_OK : out_of_memory(run);
}

enum sw_result sw_jn_to_json(struct sw_jn_run *run, struct sw_jn_value value, json_t **ret_tree)
{
	json_t *tree;
	if (convert(run, value, 0, &tree) < 0)
		return run->failed;
	*ret_tree = tree;
	return SW_OK;
}
