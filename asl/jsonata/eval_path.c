/*
 * Paths: each step maps every item of the sequence before it, and what comes out is flattened by one level. A
 * sequence of one item is mostly that item itself here, so that `a.b.c` in objects makes no arrays.
 */
#include "asl/jsonata/tree.h"

#include <math.h>

struct sequence {
	bool many; /* value is an array that stands for its items; else: the only item */
	struct sw_jn_value value;
};

/* ---- filters -------------------------------------------------------------------------------------------- */

static enum sw_result only(struct sw_jn_run *run, struct sw_jn_value item, struct sw_jn_value *ret_value)
{
	*ret_value = item;
	/* An array here would be taken for a sequence; and nothing is not the same as no item. */
	if (item.kind == SW_JN_ARRAY || item.kind == SW_JN_UNDEFINED)
		return sw_jn_wrap(run, item, SW_JN_SEQUENCE, ret_value);
	return SW_OK;
}

static uint32_t from_end(double number, uint32_t len)
{
	number = floor(number);
	if (number < 0)
		number += len;
	return number >= 0 && number < len ? (uint32_t)number : len;
}

static enum sw_result at_index(struct sw_jn_run *run, double number, struct sw_jn_value input,
			       struct sw_jn_value *ret_value)
{
	struct sw_jn_value item = input;
	uint32_t len = input.kind == SW_JN_ARRAY ? input.len : 1, index = from_end(number, len);
	bool tuples = input.kind == SW_JN_ARRAY && input.flags & SW_JN_TUPLES;
	*ret_value = sw_jn_array(NULL, 0, SW_JN_SEQUENCE | (tuples ? SW_JN_TUPLES : 0));
	if (index >= len)
		return SW_OK;
	if (input.kind == SW_JN_ARRAY)
		item = sw_jn_array_at(input, index);
	if (item.kind == SW_JN_UNDEFINED)
		return SW_OK;
	if (tuples)
		return sw_jn_wrap(run, item, SW_JN_SEQUENCE | SW_JN_TUPLES, ret_value);
	*ret_value = item;
	return SW_OK;
}

/* Does what a filter gave choose the item at index of len? Numbers choose places; *ret_times: how often. */
static enum sw_result chooses(struct sw_jn_run *run, struct sw_jn_value result, uint32_t index, uint32_t len,
			      uint32_t *ret_times)
{
	bool numbers = result.kind == SW_JN_ARRAY;
	*ret_times = 0;
	if (result.kind == SW_JN_NUMBER && !isnan(result.number)) {
		if (isinf(result.number))
			return sw_jn_fail(run, "D1001", result);
		*ret_times = from_end(result.number, len) == index;
		return SW_OK;
	}
	for (uint32_t i = 0; numbers && i < result.len; i++)
		numbers = sw_jn_array_at(result, i).kind == SW_JN_NUMBER;
	if (!numbers) {
		*ret_times = sw_jn_truthy(result);
		return SW_OK;
	}
	for (uint32_t i = 0; i < result.len; i++)
		*ret_times += from_end(sw_jn_array_at(result, i).number, len) == index;
	return sw_jn_steps(run, result.len);
}

/* One item of input, at index. */
static enum sw_result filter_item(struct sw_jn_run *run, const struct sw_jn_stage *stage,
				  struct sw_jn_value item, uint32_t index, uint32_t len,
				  struct sw_jn_frame *frame, uint32_t *ret_times)
{
	struct sw_jn_value context = item, result;
	struct sw_jn_frame *own = NULL;
	if (stage->framed) {
		own = frame = sw_jn_tuple_frame(run, frame, stage->slots, item, &context);
		if (!own)
			return run->failed;
	}
	if (sw_jn_eval(run, stage->filter, context, frame, &result) < 0)
		return run->failed;
	if (own && !stage->filter->closure)
		sw_jn_frame_free(run, own);
	return chooses(run, result, index, len, ret_times);
}

enum sw_result sw_jn_eval_filter(struct sw_jn_run *run, const struct sw_jn_stage *stage,
				 struct sw_jn_value input, struct sw_jn_frame *frame,
				 struct sw_jn_value *ret_value)
{
	struct sw_jn_list list = {0};
	uint32_t times;
	if (stage->filter->kind == SW_JN_NODE_NUMBER && !stage->filter->folded)
		return at_index(run, stage->filter->value.number, input, ret_value);
	if (input.kind != SW_JN_ARRAY) {
		if (filter_item(run, stage, input, 0, 1, frame, &times) < 0)
			return run->failed;
		*ret_value = sw_jn_array(NULL, 0, SW_JN_SEQUENCE);
		if (times == 1)
			return only(run, input, ret_value);
		for (; times; times--)
			if (sw_jn_list_push(run, &list, input) < 0)
				return run->failed;
		*ret_value = sw_jn_list_array(&list, SW_JN_SEQUENCE);
		return SW_OK;
	}
	for (uint32_t i = 0; i < input.len; i++) {
		struct sw_jn_value item = sw_jn_array_at(input, i);
		if (filter_item(run, stage, item, i, input.len, frame, &times) < 0)
			return run->failed;
		for (; times; times--)
			if (sw_jn_list_push(run, &list, item) < 0)
				return run->failed;
	}
	*ret_value = sw_jn_list_array(&list, SW_JN_SEQUENCE | (input.flags & SW_JN_TUPLES));
	return SW_OK;
}

/* All [filters] of a step, and #$index among them: their numbers are put into the tuples, which are new. */
enum sw_result sw_jn_eval_stages(struct sw_jn_run *run, const struct sw_jn_stages *stages,
				 struct sw_jn_value *value, struct sw_jn_frame *frame)
{
	for (uint32_t i = 0; i < stages->count; i++) {
		const struct sw_jn_stage *stage = &stages->items[i];
		if (stage->filter) {
			if (sw_jn_eval_filter(run, stage, *value, frame, value) < 0)
				return run->failed;
			continue;
		}
		for (uint32_t at = 0; value->kind == SW_JN_ARRAY && at < value->len; at++) {
			struct sw_jn_value item = sw_jn_array_at(*value, at);
			if (sw_jn_tuple_of(item))
				sw_jn_tuple_set(item, stage->index, sw_jn_number(at));
		}
	}
	return SW_OK;
}

/* ---- steps ------------------------------------------------------------------------------------------------ */

static enum sw_result step_one(struct sw_jn_run *run, const struct sw_jn_node *step, struct sw_jn_value item,
			       struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	if (step->plain)
		return sw_jn_lookup(run, item, step, ret_value);
	if (sw_jn_eval(run, step, item, frame, ret_value) < 0)
		return run->failed;
	return step->stages.count ? sw_jn_eval_stages(run, &step->stages, ret_value, frame) : SW_OK;
}

/* What a step made of one item, as a sequence. */
static void spread(struct sw_jn_value result, bool last, struct sequence *sequence)
{
	bool array = result.kind == SW_JN_ARRAY;
	sequence->value = result;
	sequence->many = array || result.kind == SW_JN_UNDEFINED;
	if (result.kind == SW_JN_UNDEFINED)
		sequence->value = sw_jn_array(NULL, 0, SW_JN_SEQUENCE);
	if (!array || (last && !(result.flags & SW_JN_SEQUENCE)))
		return;
	if (result.flags & SW_JN_CONS)
		sequence->many = false;
	else
		sequence->value.flags = SW_JN_SEQUENCE;
}

static enum sw_result push_flat(struct sw_jn_run *run, struct sw_jn_list *list, struct sw_jn_value result)
{
	if (result.kind != SW_JN_ARRAY || result.flags & SW_JN_CONS)
		return sw_jn_list_push(run, list, result);
	if (sw_jn_list_reserve(run, list, result.len) < 0 || sw_jn_steps(run, result.len) < 0)
		return run->failed;
	for (uint32_t i = 0; i < result.len; i++)
		list->items[list->count++] = sw_jn_array_at(result, i);
	return SW_OK;
}

static enum sw_result step_all(struct sw_jn_run *run, const struct sw_jn_node *step, struct sw_jn_value input,
			       bool last, struct sw_jn_frame *frame, struct sequence *sequence)
{
	struct sw_jn_list list = {0};
	struct sw_jn_value result, first = SW_JN_UNDEFINED_VALUE;
	uint32_t count = 0;
	if (sw_jn_steps(run, input.len) < 0)
		return run->failed;
	for (uint32_t i = 0; i < input.len; i++) {
		if (step_one(run, step, sw_jn_array_at(input, i), frame, &result) < 0)
			return run->failed;
		if (result.kind == SW_JN_UNDEFINED)
			continue;
		if (++count == 1) {
			first = result;
			continue;
		}
		if (count == 2 && push_flat(run, &list, first) < 0)
			return run->failed;
		if (push_flat(run, &list, result) < 0)
			return run->failed;
	}
	if (count <= 1) {
		spread(first, last, sequence);
		return SW_OK;
	}
	*sequence = (struct sequence){.many = true, .value = sw_jn_list_array(&list, SW_JN_SEQUENCE)};
	return SW_OK;
}

/* A sequence as the array it is. */
static enum sw_result array_of(struct sw_jn_run *run, const struct sequence *sequence,
			       struct sw_jn_value *ret_array)
{
	*ret_array = sequence->value;
	return sequence->many ? SW_OK : sw_jn_wrap(run, sequence->value, SW_JN_SEQUENCE, ret_array);
}

static enum sw_result step(struct sw_jn_run *run, const struct sw_jn_node *path, uint32_t index,
			   struct sw_jn_frame *frame, struct sequence *sequence)
{
	const struct sw_jn_node *node = path->items.items[index];
	bool last = index == path->items.count - 1;
	struct sw_jn_value result;
	if (node->kind == SW_JN_NODE_SORT || (index == 0 && node->cons)) {
		struct sw_jn_value input;
		if (array_of(run, sequence, &input) < 0 ||
		    (node->kind == SW_JN_NODE_SORT ? sw_jn_eval_sort(run, node, input, frame, &result)
						   : sw_jn_eval(run, node, input, frame, &result)) < 0)
			return run->failed;
		if (node->kind == SW_JN_NODE_SORT &&
		    sw_jn_eval_stages(run, &node->stages, &result, frame) < 0)
			return run->failed;
		*sequence = (struct sequence){.many = true, .value = result};
		/* A filter may have left a single item, which no step can map: not even its fields. */
		if (result.kind != SW_JN_ARRAY) {
			sequence->many = node->kind != SW_JN_NODE_SORT && !last;
			if (sequence->many)
				sequence->value = sw_jn_array(NULL, 0, SW_JN_SEQUENCE);
		}
		return SW_OK;
	}
	if (sequence->many)
		return step_all(run, node, sequence->value, last, frame, sequence);
	if (step_one(run, node, sequence->value, frame, &result) < 0)
		return run->failed;
	spread(result, last, sequence);
	return SW_OK;
}

/* ---- paths ------------------------------------------------------------------------------------------------ */

/* What the stream carries, or, for a path that hands it on, the stream. */
static enum sw_result end_stream(struct sw_jn_run *run, const struct sw_jn_node *path,
				 struct sw_jn_value stream, struct sw_jn_value *ret_value)
{
	*ret_value = stream;
	return path->tuple || path->group ? SW_OK : sw_jn_stream_items(run, stream, ret_value);
}

/* Runs all steps; sequence starts as the input. *ret_stream: it ended as a stream of tuples. */
static enum sw_result steps(struct sw_jn_run *run, const struct sw_jn_node *path, struct sw_jn_frame *frame,
			    struct sequence *sequence, bool *ret_stream)
{
	bool tuples = false, started = false;
	for (uint32_t i = 0; i < path->items.count; i++) {
		const struct sw_jn_node *node = path->items.items[i];
		tuples = tuples || node->tuple;
		if (!tuples || (i == 0 && node->cons)) {
			struct sequence before = *sequence;
			if (step(run, path, i, frame, sequence) < 0)
				return run->failed;
			if (node->focus)
				*sequence = before;
			if (!tuples && sequence->many && sequence->value.len == 0)
				break;
			continue;
		}
		struct sw_jn_value input;
		if (array_of(run, sequence, &input) < 0 ||
		    sw_jn_eval_tuple_step(run, node, input, started, frame, &sequence->value) < 0)
			return run->failed;
		sequence->many = started = true;
	}
	*ret_stream = started;
	return SW_OK;
}

enum sw_result sw_jn_eval_path(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			       struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	struct sequence sequence = {.value = input};
	bool stream = false;
	sequence.many = input.kind == SW_JN_ARRAY && node->items.items[0]->kind != SW_JN_NODE_VARIABLE;
	if (steps(run, node, frame, &sequence, &stream) < 0)
		return run->failed;
	if (stream && end_stream(run, node, sequence.value, &sequence.value) < 0)
		return run->failed;
	if (node->keep_singleton || node->keep_array) {
		unsigned flags = sequence.value.flags;
		bool wrap = !sequence.many || (flags & (SW_JN_CONS | SW_JN_SEQUENCE)) == SW_JN_CONS;
		if (wrap && sw_jn_wrap(run, sequence.value, SW_JN_SEQUENCE, &sequence.value) < 0)
			return run->failed;
		sequence.many = true;
		if (node->keep_singleton)
			sequence.value.flags |= SW_JN_KEEP_SINGLETON;
	}
	if (node->group) {
		if (array_of(run, &sequence, &sequence.value) < 0)
			return run->failed;
		return sw_jn_eval_group(run, node->group, sequence.value, frame, ret_value);
	}
	*ret_value = sequence.value;
	return SW_OK;
}
