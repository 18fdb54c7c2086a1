/* Binary operators. */
#include "asl/jsonata/tree.h"

#include <math.h>

#define RANGE_ITEMS_MAX 1e7

const char *sw_jn_op_text(uint8_t op)
{
	static const char *const texts[] = {
		[SW_JN_OP_ADD] = "+",
		[SW_JN_OP_SUBTRACT] = "-",
		[SW_JN_OP_MULTIPLY] = "*",
		[SW_JN_OP_DIVIDE] = "/",
		[SW_JN_OP_MODULO] = "%",
		[SW_JN_OP_EQUAL] = "=",
		[SW_JN_OP_NOT_EQUAL] = "!=",
		[SW_JN_OP_LESS] = "<",
		[SW_JN_OP_LESS_EQUAL] = "<=",
		[SW_JN_OP_GREATER] = ">",
		[SW_JN_OP_GREATER_EQUAL] = ">=",
		[SW_JN_OP_CONCAT] = "&",
		[SW_JN_OP_RANGE] = "..",
		[SW_JN_OP_IN] = "in",
		[SW_JN_OP_AND] = "and",
		[SW_JN_OP_OR] = "or",
	};
	return texts[op];
}

/* A failure of an operator names it, whatever failed before inside of it. */
static enum sw_result blame(struct sw_jn_run *run, const struct sw_jn_node *node)
{
	const char *text = sw_jn_op_text(node->op);
	run->err->token[0] = '\0';
	sw_jn_blame(run, node, text, strlen(text));
	return run->failed;
}

/* ---- numbers -------------------------------------------------------------------------------------------- */

static enum sw_result check_number(struct sw_jn_run *run, struct sw_jn_value value, const char *code)
{
	if (value.kind == SW_JN_UNDEFINED || (value.kind == SW_JN_NUMBER && isfinite(value.number)))
		return SW_OK;
	return sw_jn_fail(run, value.kind == SW_JN_NUMBER && isinf(value.number) ? "D1001" : code, value);
}

static enum sw_result arithmetic(struct sw_jn_run *run, uint8_t op, struct sw_jn_value lhs,
				 struct sw_jn_value rhs, struct sw_jn_value *ret_value)
{
	double result;
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (check_number(run, lhs, "T2001") < 0 || check_number(run, rhs, "T2002") < 0)
		return run->failed;
	if (lhs.kind == SW_JN_UNDEFINED || rhs.kind == SW_JN_UNDEFINED)
		return SW_OK;
	switch (op) {
	case SW_JN_OP_ADD:
		result = lhs.number + rhs.number;
		break;
	case SW_JN_OP_SUBTRACT:
		result = lhs.number - rhs.number;
		break;
	case SW_JN_OP_MULTIPLY:
		result = lhs.number * rhs.number;
		break;
	case SW_JN_OP_DIVIDE:
		result = lhs.number / rhs.number;
		break;
	default:
		result = fmod(lhs.number, rhs.number);
	}
	*ret_value = sw_jn_number(result);
	return SW_OK;
}

static bool is_integer(double number)
{
	return isfinite(number) && number == floor(number);
}

static enum sw_result range(struct sw_jn_run *run, struct sw_jn_value lhs, struct sw_jn_value rhs,
			    struct sw_jn_value *ret_value)
{
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (lhs.kind != SW_JN_UNDEFINED && (lhs.kind != SW_JN_NUMBER || !is_integer(lhs.number)))
		return sw_jn_fail(run, "T2003", lhs);
	if (rhs.kind != SW_JN_UNDEFINED && (rhs.kind != SW_JN_NUMBER || !is_integer(rhs.number)))
		return sw_jn_fail(run, "T2004", rhs);
	if (lhs.kind == SW_JN_UNDEFINED || rhs.kind == SW_JN_UNDEFINED || lhs.number > rhs.number)
		return SW_OK;
	double size = rhs.number - lhs.number + 1;
	if (size > RANGE_ITEMS_MAX || fabs(lhs.number) > 9007199254740992.0)
		return sw_jn_fail(run, "D2014", sw_jn_number(size));
	*ret_value = (struct sw_jn_value){.kind = SW_JN_ARRAY,
					  .form = SW_JN_RANGE,
					  .flags = SW_JN_SEQUENCE,
					  .len = (uint32_t)size,
					  .first = (int64_t)lhs.number};
	return SW_OK;
}

/* ---- comparing -------------------------------------------------------------------------------------------- */

static bool comparable(struct sw_jn_value value)
{
	return value.kind == SW_JN_UNDEFINED || value.kind == SW_JN_STRING || value.kind == SW_JN_NUMBER;
}

static enum sw_result compare(struct sw_jn_run *run, uint8_t op, struct sw_jn_value lhs,
			      struct sw_jn_value rhs, struct sw_jn_value *ret_value)
{
	bool less, equal;
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (!comparable(lhs) || !comparable(rhs))
		return sw_jn_fail(run, "T2010",
				  lhs.kind == SW_JN_STRING || lhs.kind == SW_JN_NUMBER ? rhs : lhs);
	if (lhs.kind == SW_JN_UNDEFINED || rhs.kind == SW_JN_UNDEFINED)
		return SW_OK;
	if (lhs.kind != rhs.kind)
		return sw_jn_fail_pair(run, "T2009", lhs, rhs);
	if (lhs.kind == SW_JN_NUMBER) {
		less = lhs.number < rhs.number;
		equal = lhs.number == rhs.number;
	} else {
		int order = sw_jn_string_compare(lhs, rhs);
		less = order < 0;
		equal = order == 0;
	}
	bool greater =
		!less && !equal && !(lhs.kind == SW_JN_NUMBER && (isnan(lhs.number) || isnan(rhs.number)));
	*ret_value = sw_jn_boolean(op == SW_JN_OP_LESS         ? less
				   : op == SW_JN_OP_LESS_EQUAL ? less || equal
				   : op == SW_JN_OP_GREATER    ? greater
							       : greater || equal);
	return SW_OK;
}

/* As JavaScript's ===: arrays and objects only when they are the same one. */
static bool identical(struct sw_jn_value a, struct sw_jn_value b)
{
	if (a.kind != b.kind)
		return false;
	if (a.kind == SW_JN_ARRAY)
		return a.form == b.form && a.len == b.len && a.first == b.first && a.form != SW_JN_RANGE;
	if (a.kind == SW_JN_OBJECT)
		return a.form == b.form && a.object == b.object;
	return sw_jn_equal(a, b);
}

static enum sw_result includes(struct sw_jn_run *run, struct sw_jn_value lhs, struct sw_jn_value rhs,
			       struct sw_jn_value *ret_value)
{
	*ret_value = sw_jn_boolean(false);
	if (lhs.kind == SW_JN_UNDEFINED || rhs.kind == SW_JN_UNDEFINED)
		return SW_OK;
	if (rhs.kind != SW_JN_ARRAY) {
		*ret_value = sw_jn_boolean(identical(lhs, rhs));
		return SW_OK;
	}
	if (sw_jn_steps(run, rhs.len) < 0)
		return run->failed;
	for (uint32_t i = 0; i < rhs.len && !ret_value->boolean; i++)
		ret_value->boolean = identical(lhs, sw_jn_array_at(rhs, i));
	return SW_OK;
}

/* ---- texts ------------------------------------------------------------------------------------------------ */

/* A value as the text that & makes of it. */
static enum sw_result text_of(struct sw_jn_run *run, struct sw_jn_value *value)
{
	if (value->kind == SW_JN_STRING)
		return SW_OK;
	if (value->kind == SW_JN_UNDEFINED) {
		*value = sw_jn_string("", 0);
		return SW_OK;
	}
	sw_buf_reset(&run->scratch);
	return sw_jn_print(run, *value, false, &run->scratch) < 0 ? run->failed
								  : sw_jn_scratch_value(run, value);
}

/* fresh: lhs was made by another & just now, and nothing else knows of it: it may grow where it is. */
static enum sw_result concat(struct sw_jn_run *run, struct sw_jn_value lhs, struct sw_jn_value rhs,
			     bool fresh, struct sw_jn_value *ret_value)
{
	bool simple = rhs.kind == SW_JN_STRING || rhs.kind == SW_JN_UNDEFINED;
	if (text_of(run, &lhs) < 0 || text_of(run, &rhs) < 0)
		return run->failed;
	size_t len = (size_t)lhs.len + rhs.len;
	if (len > UINT32_MAX)
		return sw_jn_fail(run, "U1001", SW_JN_UNDEFINED_VALUE);
	/* Bytes between the end of lhs and the memory at hand: what rounding left, when it was the last allocation. */
	uintptr_t end = (uintptr_t)lhs.text + lhs.len, room = (uintptr_t)run->room;
	size_t slack = lhs.len && end <= room ? room - end : SIZE_MAX;
	if (fresh && simple && rhs.len && slack < 16) {
		size_t more = rhs.len > slack ? (rhs.len - slack + 15) & ~(size_t)15 : 0;
		if (more <= (size_t)(run->room_end - run->room) && run->bytes_used + more <= run->bytes_max) {
			memcpy((char *)lhs.text + lhs.len, rhs.text, rhs.len);
			run->room += more;
			run->bytes_used += more;
			*ret_value = sw_jn_string(lhs.text, len);
			return SW_OK;
		}
	}
	char *text = sw_jn_alloc(run, len);
	if (!text)
		return run->failed;
	if (lhs.len)
		memcpy(text, lhs.text, lhs.len);
	if (rhs.len)
		memcpy(text + lhs.len, rhs.text, rhs.len);
	*ret_value = sw_jn_string(text, len);
	return SW_OK;
}

/* ---- dispatch --------------------------------------------------------------------------------------------- */

static enum sw_result logic(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			    struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	struct sw_jn_value side;
	if (sw_jn_eval(run, node->lhs, input, frame, &side) < 0)
		return run->failed;
	if (sw_jn_truthy(side) == (node->op == SW_JN_OP_AND)) {
		if (sw_jn_eval(run, node->rhs, input, frame, &side) < 0)
			return blame(run, node);
		*ret_value = sw_jn_boolean(sw_jn_truthy(side));
		return SW_OK;
	}
	*ret_value = sw_jn_boolean(node->op == SW_JN_OP_OR);
	return SW_OK;
}

enum sw_result sw_jn_eval_binary(struct sw_jn_run *run, const struct sw_jn_node *node,
				 struct sw_jn_value input, struct sw_jn_frame *frame,
				 struct sw_jn_value *ret_value)
{
	struct sw_jn_value lhs, rhs;
	enum sw_result r = SW_OK;
	if (node->op == SW_JN_OP_AND || node->op == SW_JN_OP_OR)
		return logic(run, node, input, frame, ret_value);
	if (sw_jn_eval(run, node->lhs, input, frame, &lhs) < 0 ||
	    sw_jn_eval(run, node->rhs, input, frame, &rhs) < 0)
		return run->failed;
	switch (node->op) {
	case SW_JN_OP_EQUAL:
	case SW_JN_OP_NOT_EQUAL:
		*ret_value = sw_jn_boolean(lhs.kind != SW_JN_UNDEFINED && rhs.kind != SW_JN_UNDEFINED &&
					   sw_jn_equal(lhs, rhs) == (node->op == SW_JN_OP_EQUAL));
		return SW_OK;
	case SW_JN_OP_LESS:
	case SW_JN_OP_LESS_EQUAL:
	case SW_JN_OP_GREATER:
	case SW_JN_OP_GREATER_EQUAL:
		r = compare(run, node->op, lhs, rhs, ret_value);
		break;
	case SW_JN_OP_CONCAT:
		r = concat(run, lhs, rhs,
			   node->lhs->kind == SW_JN_NODE_BINARY && node->lhs->op == SW_JN_OP_CONCAT &&
				   !node->lhs->dressed,
			   ret_value);
		break;
	case SW_JN_OP_RANGE:
		r = range(run, lhs, rhs, ret_value);
		break;
	case SW_JN_OP_IN:
		r = includes(run, lhs, rhs, ret_value);
		break;
	default:
		r = arithmetic(run, node->op, lhs, rhs, ret_value);
	}
	return r < 0 ? blame(run, node) : SW_OK;
}
