/* The evaluator: one function for each kind of node. Paths, calls and operators have files of their own. */
#include "asl/jsonata/tree.h"

#include <math.h>

/* ---- variables ------------------------------------------------------------------------------------------ */

static bool tuple_get(const struct sw_jn_tuple *tuple, uint32_t name, struct sw_jn_value *ret_value)
{
	for (uint32_t i = 0; tuple && i < tuple->count; i++)
		if (tuple->bound[i].name == name) {
			*ret_value = tuple->bound[i].value;
			return true;
		}
	return false;
}

static struct sw_jn_value global(struct sw_jn_run *run, uint32_t number)
{
	struct sw_jn_value *value = &run->globals[number];
	const struct sw_jn_global *name = &run->expr->globals[number];
	const json_t *tree = NULL;
	if (value->kind != SW_JN_KIND_UNBOUND)
		return *value;
	if (run->env->variable)
		tree = run->env->variable(run->env->user, name->name, name->len);
	*value = tree ? sw_jn_from_json(tree) : SW_JN_UNDEFINED_VALUE;
	if (!tree && name->builtin)
		*value = sw_jn_function_value(name->builtin);
	return *value;
}

enum sw_result sw_jn_eval_variable(struct sw_jn_run *run, const struct sw_jn_node *node,
				   struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	uint32_t hops = 0;
	for (uint32_t i = 0; i < node->places_count; i++) {
		const struct sw_jn_place *place = &node->places[i];
		for (; hops < place->hops; hops++)
			frame = frame->parent;
		if (place->by_name) {
			if (tuple_get(frame->tuple, place->slot, ret_value))
				return SW_OK;
		} else if (frame->slots[place->slot].kind != SW_JN_KIND_UNBOUND) {
			*ret_value = frame->slots[place->slot];
			return SW_OK;
		}
	}
	*ret_value = node->global ? global(run, node->global - 1) : SW_JN_UNDEFINED_VALUE;
	return SW_OK;
}

static enum sw_result variable(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			       struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	if (node->value.len == 0) {
		bool outer = input.kind == SW_JN_ARRAY && input.flags & SW_JN_OUTER && input.len;
		*ret_value = outer ? sw_jn_array_at(input, 0) : input;
		return SW_OK;
	}
	if (!node->global && !node->places_count) {
		*ret_value = run->input; /* $$ */
		return SW_OK;
	}
	return sw_jn_eval_variable(run, node, frame, ret_value);
}

static enum sw_result bind(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			   struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	if (sw_jn_eval(run, node->rhs, input, frame, ret_value) < 0)
		return run->failed;
	for (uint32_t hops = node->places[0].hops; hops; hops--)
		frame = frame->parent;
	frame->slots[node->places[0].slot] = *ret_value;
	return SW_OK;
}

/* ---- fields --------------------------------------------------------------------------------------------- */

enum sw_result sw_jn_wrap(struct sw_jn_run *run, struct sw_jn_value value, unsigned flags,
			  struct sw_jn_value *ret_array)
{
	struct sw_jn_value *item = sw_jn_alloc(run, sizeof(*item));
	if (!item)
		return run->failed;
	*item = value;
	*ret_array = sw_jn_array(item, 1, flags);
	return SW_OK;
}

static enum sw_result lookup_all(struct sw_jn_run *run, struct sw_jn_value array,
				 const struct sw_jn_node *name, struct sw_jn_list *list)
{
	if (sw_jn_steps(run, array.len) < 0 || sw_jn_deeper(run) < 0)
		return run->failed;
	for (uint32_t i = 0; i < array.len; i++) {
		struct sw_jn_value item = sw_jn_array_at(array, i), found;
		if (item.kind == SW_JN_ARRAY) {
			if (lookup_all(run, item, name, list) < 0)
				return run->failed;
		} else if (item.kind == SW_JN_OBJECT) {
			found = sw_jn_object_get(item, name->value.text, name->value.len);
			if (found.kind != SW_JN_UNDEFINED && sw_jn_list_append(run, list, found) < 0)
				return run->failed;
		}
	}
	return SW_OK;
}

enum sw_result sw_jn_lookup(struct sw_jn_run *run, struct sw_jn_value input, const struct sw_jn_node *name,
			    struct sw_jn_value *ret_value)
{
	struct sw_jn_list list = {0};
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (input.kind == SW_JN_OBJECT)
		*ret_value = sw_jn_object_get(input, name->value.text, name->value.len);
	if (input.kind != SW_JN_ARRAY)
		return SW_OK;
	if (lookup_all(run, input, name, &list) < 0)
		return run->failed;
	*ret_value = list.count == 1 && name->keep_array
			     ? sw_jn_list_array(&list, SW_JN_SEQUENCE | SW_JN_KEEP_SINGLETON)
			     : sw_jn_list_sequence(&list);
	return SW_OK;
}

static enum sw_result field(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			    struct sw_jn_value *ret_value)
{
	if (input.kind == SW_JN_ARRAY)
		return sw_jn_eval_path(run, node, input, NULL, ret_value);
	*ret_value = input.kind == SW_JN_OBJECT ? sw_jn_object_get(input, node->value.text, node->value.len)
						: SW_JN_UNDEFINED_VALUE;
	return SW_OK;
}

static enum sw_result flatten(struct sw_jn_run *run, struct sw_jn_value value, struct sw_jn_list *list)
{
	if (value.kind != SW_JN_ARRAY)
		return sw_jn_list_push(run, list, value);
	if (sw_jn_steps(run, value.len) < 0 || sw_jn_deeper(run) < 0)
		return run->failed;
	for (uint32_t i = 0; i < value.len; i++)
		if (flatten(run, sw_jn_array_at(value, i), list) < 0)
			return run->failed;
	return SW_OK;
}

static enum sw_result wildcard(struct sw_jn_run *run, struct sw_jn_value input, struct sw_jn_value *ret_value)
{
	struct sw_jn_list list = {0};
	struct sw_jn_walk at = {0};
	unsigned flags = SW_JN_SEQUENCE;
	if (input.kind == SW_JN_ARRAY && input.flags & SW_JN_OUTER && input.len)
		input = sw_jn_array_at(input, 0);
	if (input.kind == SW_JN_ARRAY) {
		/* The members of an array are its items. */
		for (uint32_t i = 0; i < input.len; i++) {
			struct sw_jn_value item = sw_jn_array_at(input, i);
			if (item.kind == SW_JN_ARRAY)
				flags = 0;
			if (flatten(run, item, &list) < 0)
				return run->failed;
		}
	}
	while (input.kind == SW_JN_OBJECT && sw_jn_object_next(input, &at)) {
		if (at.value.kind == SW_JN_ARRAY)
			flags = 0;
		if (flatten(run, at.value, &list) < 0)
			return run->failed;
	}
	*ret_value = sw_jn_list_array(&list, flags);
	return sw_jn_steps(run, list.count);
}

static enum sw_result descend(struct sw_jn_run *run, struct sw_jn_value value, struct sw_jn_list *list)
{
	struct sw_jn_walk at = {0};
	if (sw_jn_steps(run, 1) < 0 || sw_jn_deeper(run) < 0)
		return run->failed;
	if (value.kind != SW_JN_ARRAY && sw_jn_list_push(run, list, value) < 0)
		return run->failed;
	for (uint32_t i = 0; value.kind == SW_JN_ARRAY && i < value.len; i++)
		if (descend(run, sw_jn_array_at(value, i), list) < 0)
			return run->failed;
	while (value.kind == SW_JN_OBJECT && sw_jn_object_next(value, &at))
		if (descend(run, at.value, list) < 0)
			return run->failed;
	return SW_OK;
}

static enum sw_result descendants(struct sw_jn_run *run, struct sw_jn_value input,
				  struct sw_jn_value *ret_value)
{
	struct sw_jn_list list = {0};
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (input.kind == SW_JN_UNDEFINED)
		return SW_OK;
	if (descend(run, input, &list) < 0)
		return run->failed;
	*ret_value = list.count == 1 ? list.items[0] : sw_jn_list_array(&list, SW_JN_SEQUENCE);
	return SW_OK;
}

/* ---- constructors, blocks, conditions --------------------------------------------------------------------- */

static enum sw_result array(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			    struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	struct sw_jn_list list = {0};
	unsigned flags = node->cons ? SW_JN_CONS : 0;
	for (uint32_t i = 0; i < node->items.count; i++) {
		const struct sw_jn_node *item = node->items.items[i];
		struct sw_jn_value value = SW_JN_UNDEFINED_VALUE;
		if (sw_jn_eval(run, item, input, frame, &value) < 0)
			return run->failed;
		if (value.kind == SW_JN_ARRAY && item->kind != SW_JN_NODE_ARRAY && node->items.count == 1) {
			/* Arrays are not changed: this one has the same items. */
			value.flags = (uint8_t)flags;
			*ret_value = value;
			return SW_OK;
		}
		if (value.kind == SW_JN_UNDEFINED)
			continue;
		if ((item->kind == SW_JN_NODE_ARRAY ? sw_jn_list_push(run, &list, value)
						    : sw_jn_list_append(run, &list, value)) < 0)
			return run->failed;
	}
	*ret_value = sw_jn_list_array(&list, flags);
	return SW_OK;
}

static enum sw_result object(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			     struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	const struct sw_jn_group_by group = {
		.pairs = node->items, .position = node->position, .at = node->at, .plain = node->distinct};
	return sw_jn_eval_group(run, &group, input, frame, ret_value);
}

static enum sw_result block(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			    struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (node->own_frame && !(frame = sw_jn_frame_new(run, frame, node->frame_slots)))
		return run->failed;
	for (uint32_t i = 0; i < node->slots_count; i++)
		frame->slots[node->slot_first + i].kind = SW_JN_KIND_UNBOUND;
	for (uint32_t i = 0; i < node->items.count; i++) {
		bool handed_on = node->tuple && i == node->items.count - 1;
		if ((handed_on ? sw_jn_eval_stream : sw_jn_eval)(run, node->items.items[i], input, frame,
								 ret_value) < 0)
			return run->failed;
	}
	return SW_OK;
}

static enum sw_result condition(struct sw_jn_run *run, const struct sw_jn_node *node,
				struct sw_jn_value input, struct sw_jn_frame *frame,
				struct sw_jn_value *ret_value)
{
	struct sw_jn_value chosen;
	if (sw_jn_eval(run, node->lhs, input, frame, &chosen) < 0)
		return run->failed;
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (sw_jn_truthy(chosen))
		return sw_jn_eval(run, node->rhs, input, frame, ret_value);
	return node->other ? sw_jn_eval(run, node->other, input, frame, ret_value) : SW_OK;
}

/* a ?: b and a ?? b: a when it is true, or there. */
static enum sw_result fallback(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			       struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	if (sw_jn_eval(run, node->lhs, input, frame, ret_value) < 0)
		return run->failed;
	if (node->kind == SW_JN_NODE_ELVIS ? sw_jn_truthy(*ret_value) : ret_value->kind != SW_JN_UNDEFINED)
		return SW_OK;
	return sw_jn_eval(run, node->rhs, input, frame, ret_value);
}

static enum sw_result negate(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			     struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	if (sw_jn_eval(run, node->lhs, input, frame, ret_value) < 0)
		return run->failed;
	if (ret_value->kind == SW_JN_UNDEFINED)
		return SW_OK;
	if (ret_value->kind != SW_JN_NUMBER || !isfinite(ret_value->number)) {
		sw_jn_fail(run, ret_value->kind == SW_JN_NUMBER ? "D1001" : "D1002", *ret_value);
		sw_jn_blame(run, node, "-", 1);
		return run->failed;
	}
	*ret_value = sw_jn_number(-ret_value->number);
	return SW_OK;
}

/* A function that remembers where it was made. */
static enum sw_result closure(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			      struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	struct sw_jn_function *function = sw_jn_alloc(run, sizeof(*function));
	if (!function)
		return run->failed;
	function->type = SW_JN_FUNCTION_LAMBDA;
	function->parameters = node->items.count;
	if (node->kind == SW_JN_NODE_TRANSFORM) {
		function->type = SW_JN_FUNCTION_TRANSFORM;
		function->parameters = 1;
	} else if (node->kind == SW_JN_NODE_REGEX) {
		function->type = SW_JN_FUNCTION_REGEX;
		function->parameters = 2;
	}
	function->signature = node->signature;
	function->node = node;
	function->frame = frame;
	function->input = input;
	*ret_value = sw_jn_function_value(function);
	return SW_OK;
}

/* ---- dispatch --------------------------------------------------------------------------------------------- */

static enum sw_result eval_kind(struct sw_jn_run *run, const struct sw_jn_node *node,
				struct sw_jn_value input, struct sw_jn_frame *frame,
				struct sw_jn_value *ret_value)
{
	switch (node->kind) {
	case SW_JN_NODE_NAME:
		return sw_jn_lookup(run, input, node, ret_value);
	case SW_JN_NODE_FIELD:
		return field(run, node, input, ret_value);
	case SW_JN_NODE_PATH:
		return sw_jn_eval_path(run, node, input, frame, ret_value);
	case SW_JN_NODE_STRING:
	case SW_JN_NODE_NUMBER:
	case SW_JN_NODE_VALUE:
		*ret_value = node->value;
		return SW_OK;
	case SW_JN_NODE_VARIABLE:
		return variable(run, node, input, frame, ret_value);
	case SW_JN_NODE_PARENT:
		return sw_jn_eval_variable(run, node, frame, ret_value);
	case SW_JN_NODE_BINARY:
		return sw_jn_eval_binary(run, node, input, frame, ret_value);
	case SW_JN_NODE_NEGATE:
		return negate(run, node, input, frame, ret_value);
	case SW_JN_NODE_ARRAY:
		return array(run, node, input, frame, ret_value);
	case SW_JN_NODE_OBJECT:
		return object(run, node, input, frame, ret_value);
	case SW_JN_NODE_WILDCARD:
		return wildcard(run, input, ret_value);
	case SW_JN_NODE_DESCENDANT:
		return descendants(run, input, ret_value);
	case SW_JN_NODE_FUNCTION:
		return sw_jn_eval_function(run, node, input, frame, NULL, ret_value);
	case SW_JN_NODE_PARTIAL:
		return sw_jn_eval_partial(run, node, input, frame, ret_value);
	case SW_JN_NODE_LAMBDA:
	case SW_JN_NODE_TRANSFORM:
	case SW_JN_NODE_REGEX:
		return closure(run, node, input, frame, ret_value);
	case SW_JN_NODE_CONDITION:
		return condition(run, node, input, frame, ret_value);
	case SW_JN_NODE_ELVIS:
	case SW_JN_NODE_COALESCE:
		return fallback(run, node, input, frame, ret_value);
	case SW_JN_NODE_BLOCK:
		return block(run, node, input, frame, ret_value);
	case SW_JN_NODE_BIND:
		return bind(run, node, input, frame, ret_value);
	case SW_JN_NODE_APPLY:
		return sw_jn_eval_apply(run, node, input, frame, ret_value);
	default:
		*ret_value = SW_JN_UNDEFINED_VALUE;
		return SW_OK;
	}
}

static enum sw_result dress(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_frame *frame,
			    struct sw_jn_value *value)
{
	if (node->predicates.count) {
		if (sw_jn_eval_stages(run, &node->predicates, value, frame) < 0)
			return run->failed;
		if (node->keep_array && value->kind != SW_JN_ARRAY && value->kind != SW_JN_UNDEFINED &&
		    sw_jn_wrap(run, *value, SW_JN_SEQUENCE, value) < 0)
			return run->failed;
	}
	if (node->group && node->kind != SW_JN_NODE_PATH)
		return sw_jn_eval_group(run, node->group, *value, frame, value);
	return SW_OK;
}

/* What the tuples of a stream are about, as an expression gives it. */
static enum sw_result items_of(struct sw_jn_run *run, struct sw_jn_value stream,
			       struct sw_jn_value *ret_value)
{
	if (sw_jn_stream_items(run, stream, ret_value) < 0)
		return run->failed;
	*ret_value = sw_jn_unwrap(*ret_value);
	return SW_OK;
}

static inline enum sw_result eval(struct sw_jn_run *run, const struct sw_jn_node *node,
				  struct sw_jn_value input, struct sw_jn_frame *frame,
				  struct sw_jn_value *ret_value)
{
	run->depth++;
	if (sw_jn_deeper(run) < 0 || sw_jn_steps(run, 1) < 0) {
		sw_jn_blame(run, node, NULL, 0);
		return run->failed;
	}
	if (eval_kind(run, node, input, frame, ret_value) < 0)
		return run->failed;
	if (node->dressed && dress(run, node, frame, ret_value) < 0)
		return run->failed;
	run->depth--;
	if (ret_value->kind != SW_JN_ARRAY ||
	    (ret_value->flags & (SW_JN_SEQUENCE | SW_JN_TUPLES)) != SW_JN_SEQUENCE)
		return SW_OK;
	if (node->keep_array)
		ret_value->flags |= SW_JN_KEEP_SINGLETON;
	*ret_value = sw_jn_unwrap(*ret_value);
	return SW_OK;
}

enum sw_result sw_jn_eval_stream(struct sw_jn_run *run, const struct sw_jn_node *node,
				 struct sw_jn_value input, struct sw_jn_frame *frame,
				 struct sw_jn_value *ret_value)
{
	return eval(run, node, input, frame, ret_value);
}

enum sw_result sw_jn_eval(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			  struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	if (eval(run, node, input, frame, ret_value) < 0)
		return run->failed;
	return ret_value->kind == SW_JN_ARRAY && ret_value->flags & SW_JN_TUPLES
		       ? items_of(run, *ret_value, ret_value)
		       : SW_OK;
}
