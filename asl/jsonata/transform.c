/* |pattern|update,delete|: a deep copy of an object, whose parts that match are changed before anyone sees it. */
#include "asl/jsonata/tree.h"

static enum sw_result clone_array(struct sw_jn_run *run, struct sw_jn_value value,
				  struct sw_jn_value *ret_value)
{
	struct sw_jn_list list = {0};
	struct sw_jn_value item;
	for (uint32_t i = 0; i < value.len; i++) {
		if (sw_jn_clone(run, sw_jn_array_at(value, i), &item) < 0)
			return run->failed;
		if (sw_jn_list_push(run, &list, item.kind == SW_JN_UNDEFINED ? sw_jn_null() : item) < 0)
			return run->failed;
	}
	*ret_value = sw_jn_list_array(&list, 0);
	return SW_OK;
}

enum sw_result sw_jn_clone(struct sw_jn_run *run, struct sw_jn_value value, struct sw_jn_value *ret_value)
{
	struct sw_jn_walk at = {0};
	struct sw_jn_value member;
	if (sw_jn_steps(run, 1) < 0 || sw_jn_deeper(run) < 0)
		return run->failed;
	*ret_value = value.kind == SW_JN_FUNCTION ? sw_jn_string("", 0) : value;
	if (value.kind == SW_JN_ARRAY && value.form != SW_JN_RANGE)
		return clone_array(run, value, ret_value);
	if (value.kind != SW_JN_OBJECT)
		return SW_OK;
	struct sw_jn_object *object = sw_jn_object_new(run, sw_jn_object_count(value));
	if (!object)
		return run->failed;
	while (sw_jn_object_next(value, &at))
		if (sw_jn_clone(run, at.value, &member) < 0 ||
		    sw_jn_object_put(run, object, at.key, at.key_len, member) < 0)
			return run->failed;
	*ret_value = sw_jn_object(object);
	return SW_OK;
}

/* The object in a match that may be changed; NULL: none. */
static struct sw_jn_object *changeable(struct sw_jn_value match)
{
	return match.kind == SW_JN_OBJECT && match.form == SW_JN_OWN ? (struct sw_jn_object *)match.object
								     : NULL;
}

static enum sw_result update(struct sw_jn_run *run, const struct sw_jn_function *function,
			     struct sw_jn_value match)
{
	const struct sw_jn_node *node = function->node->rhs;
	struct sw_jn_object *object = changeable(match);
	struct sw_jn_walk at = {0};
	struct sw_jn_value changes;
	if (sw_jn_eval(run, node, match, function->frame, &changes) < 0)
		return run->failed;
	if (changes.kind == SW_JN_UNDEFINED)
		return SW_OK;
	if (changes.kind != SW_JN_OBJECT) {
		sw_jn_fail(run, "T2011", changes);
		sw_jn_blame(run, node, NULL, 0);
		return run->failed;
	}
	/* Changing an object by itself changes nothing. */
	if (!object || changeable(changes) == object)
		return SW_OK;
	while (sw_jn_object_next(changes, &at))
		if (sw_jn_object_put(run, object, at.key, at.key_len, at.value) < 0)
			return run->failed;
	return SW_OK;
}

static enum sw_result delete_members(struct sw_jn_run *run, const struct sw_jn_function *function,
				     struct sw_jn_value match)
{
	const struct sw_jn_node *node = function->node->other;
	struct sw_jn_object *object = changeable(match);
	struct sw_jn_value names;
	if (!node)
		return SW_OK;
	if (sw_jn_eval(run, node, match, function->frame, &names) < 0)
		return run->failed;
	if (names.kind == SW_JN_UNDEFINED)
		return SW_OK;
	uint32_t count = names.kind == SW_JN_ARRAY ? names.len : 1;
	for (uint32_t i = 0; i < count; i++) {
		if ((names.kind == SW_JN_ARRAY ? sw_jn_array_at(names, i) : names).kind != SW_JN_STRING) {
			sw_jn_fail(run, "T2012", names);
			sw_jn_blame(run, node, NULL, 0);
			return run->failed;
		}
	}
	for (uint32_t i = 0; object && i < count; i++) {
		struct sw_jn_value name = names.kind == SW_JN_ARRAY ? sw_jn_array_at(names, i) : names;
		sw_jn_object_remove(object, name.text, name.len);
	}
	return SW_OK;
}

/* $clone, which an expression may have put something else in the place of. */
static enum sw_result copy(struct sw_jn_run *run, const struct sw_jn_function *function,
			   struct sw_jn_value object, struct sw_jn_value *ret_value)
{
	struct sw_jn_value cloner;
	if (sw_jn_eval_variable(run, function->node->variable, function->frame, &cloner) < 0)
		return run->failed;
	if (cloner.kind != SW_JN_FUNCTION) {
		sw_jn_fail(run, "T2013", SW_JN_UNDEFINED_VALUE);
		sw_jn_blame(run, function->node, NULL, 0);
		return run->failed;
	}
	if (cloner.function->type != SW_JN_FUNCTION_BUILTIN &&
	    sw_jn_apply(run, cloner, &object, 1, &object) < 0)
		return run->failed;
	return sw_jn_clone(run, object, ret_value);
}

enum sw_result sw_jn_transform(struct sw_jn_run *run, const struct sw_jn_function *function,
			       struct sw_jn_value object, struct sw_jn_value *ret_value)
{
	struct sw_jn_value matches;
	if (copy(run, function, object, ret_value) < 0 ||
	    sw_jn_eval(run, function->node->lhs, *ret_value, function->frame, &matches) < 0)
		return run->failed;
	if (matches.kind == SW_JN_UNDEFINED)
		return SW_OK;
	uint32_t count = matches.kind == SW_JN_ARRAY ? matches.len : 1;
	for (uint32_t i = 0; i < count; i++) {
		struct sw_jn_value match = matches.kind == SW_JN_ARRAY ? sw_jn_array_at(matches, i) : matches;
		if (update(run, function, match) < 0 || delete_members(run, function, match) < 0)
			return run->failed;
	}
	return SW_OK;
}
