/*
 * From the tree of the grammar to that of the evaluator, as the reference implementation does it: paths become
 * lists of steps with their filters, `%` finds the step it means, calls in tail position are marked.
 */
#include "asl/jsonata/tree.h"

#include <stdio.h>

static enum sw_result process(struct sw_jn_compiler *compiler, struct sw_jn_node **slot);

#define DEPTH_MAX 2500 /* of the tree */

static enum sw_result fail_at(struct sw_jn_compiler *compiler, const char *code,
			      const struct sw_jn_node *node)
{
	return sw_jn_compiler_fail(compiler, code, node->position, node->at, NULL, NULL);
}

static enum sw_result stages_push(struct sw_jn_compiler *compiler, struct sw_jn_stages *stages,
				  struct sw_jn_node *filter, uint32_t index)
{
	struct sw_jn_stage *items = sw_jn_compiler_grow(compiler, stages->items, stages->count,
							&stages->capacity, sizeof(*items));
	if (!items)
		return compiler->failed;
	stages->items = items;
	items[stages->count++] = (struct sw_jn_stage){.filter = filter, .index = index};
	return SW_OK;
}

/* ---- the parent operator ---------------------------------------------------------------------------- */

static enum sw_result seeking_push(struct sw_jn_compiler *compiler, struct sw_jn_ancestors *list,
				   struct sw_jn_ancestor *slot)
{
	struct sw_jn_ancestor **items = sw_jn_compiler_grow(compiler, list->items, list->count,
							    &list->capacity, sizeof(struct sw_jn_ancestor *));
	if (!items)
		return compiler->failed;
	list->items = items;
	items[list->count++] = slot;
	return SW_OK;
}

static const char *kind_name(const struct sw_jn_node *node)
{
	static const char *const names[] = {
		[SW_JN_NODE_STRING] = "string",       [SW_JN_NODE_NUMBER] = "number",
		[SW_JN_NODE_VALUE] = "value",         [SW_JN_NODE_VARIABLE] = "variable",
		[SW_JN_NODE_REGEX] = "regex",         [SW_JN_NODE_BINARY] = "binary",
		[SW_JN_NODE_NEGATE] = "unary",        [SW_JN_NODE_ARRAY] = "unary",
		[SW_JN_NODE_OBJECT] = "unary",        [SW_JN_NODE_DESCENDANT] = "descendant",
		[SW_JN_NODE_PARENT] = "parent",       [SW_JN_NODE_FUNCTION] = "function",
		[SW_JN_NODE_PARTIAL] = "partial",     [SW_JN_NODE_LAMBDA] = "lambda",
		[SW_JN_NODE_CONDITION] = "condition", [SW_JN_NODE_ELVIS] = "condition",
		[SW_JN_NODE_COALESCE] = "condition",  [SW_JN_NODE_BLOCK] = "block",
		[SW_JN_NODE_TRANSFORM] = "transform", [SW_JN_NODE_PATH] = "path",
		[SW_JN_NODE_SORT] = "sort",           [SW_JN_NODE_BIND] = "bind",
		[SW_JN_NODE_APPLY] = "apply",         [SW_JN_NODE_NAME] = "name",
	};
	return node->kind < sizeof(names) / sizeof(names[0]) && names[node->kind] ? names[node->kind] : "";
}

static enum sw_result fail_ancestor(struct sw_jn_compiler *compiler, const struct sw_jn_node *node)
{
	return sw_jn_compiler_fail(compiler, "S0217", node->position, node->at, kind_name(node), NULL);
}

/* One step back from where slot stands; the step at level 0 is the one that binds it. */
static enum sw_result seek_parent(struct sw_jn_compiler *compiler, struct sw_jn_node *node,
				  struct sw_jn_ancestor *slot)
{
	uint32_t index;
	switch (node->kind) {
	case SW_JN_NODE_NAME:
	case SW_JN_NODE_WILDCARD:
		if (--slot->level)
			return SW_OK;
		if (node->ancestor)
			slot->label = node->ancestor->label;
		node->ancestor = slot;
		node->tuple = true;
		return SW_OK;
	case SW_JN_NODE_PARENT:
		slot->level++;
		return SW_OK;
	case SW_JN_NODE_BLOCK:
		if (!node->items.count)
			return SW_OK;
		node->tuple = true;
		return seek_parent(compiler, node->items.items[node->items.count - 1], slot);
	case SW_JN_NODE_PATH:
		node->tuple = true;
		index = node->items.count;
		do {
			if (seek_parent(compiler, node->items.items[--index], slot) < 0)
				return compiler->failed;
		} while (slot->level > 0 && index > 0);
		return SW_OK;
	default:
		return fail_ancestor(compiler, node);
	}
}

/* What value still seeks, result seeks. */
static enum sw_result push_ancestry(struct sw_jn_compiler *compiler, struct sw_jn_node *result,
				    const struct sw_jn_node *value)
{
	for (uint32_t i = 0; i < value->seeking.count; i++)
		if (seeking_push(compiler, &result->seeking, value->seeking.items[i]) < 0)
			return compiler->failed;
	return value->kind == SW_JN_NODE_PARENT ? seeking_push(compiler, &result->seeking, value->slot)
						: SW_OK;
}

static enum sw_result resolve_slot(struct sw_jn_compiler *compiler, struct sw_jn_node *path,
				   struct sw_jn_ancestor *slot)
{
	struct sw_jn_node **steps = path->items.items;
	int64_t index = (int64_t)path->items.count - 2;
	while (slot->level > 0) {
		if (index < 0)
			return seeking_push(compiler, &path->seeking, slot);
		struct sw_jn_node *step = steps[index--];
		/* Steps that bind the focus one after the other count as one. */
		while (index >= 0 && step->focus && steps[index]->focus)
			step = steps[index--];
		if (seek_parent(compiler, step, slot) < 0)
			return compiler->failed;
	}
	return SW_OK;
}

static enum sw_result resolve_ancestry(struct sw_jn_compiler *compiler, struct sw_jn_node *path)
{
	struct sw_jn_node *last = path->items.items[path->items.count - 1];
	for (uint32_t i = 0; i < last->seeking.count; i++)
		if (resolve_slot(compiler, path, last->seeking.items[i]) < 0)
			return compiler->failed;
	return last->kind == SW_JN_NODE_PARENT ? resolve_slot(compiler, path, last->slot) : SW_OK;
}

static enum sw_result parent(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	node->slot = sw_jn_compiler_alloc(compiler, sizeof(*node->slot));
	if (!node->slot)
		return compiler->failed;
	node->slot->label = ++compiler->labels;
	node->slot->level = 1;
	return SW_OK;
}

/* ---- paths ------------------------------------------------------------------------------------------ */

/* A path of one step. */
static struct sw_jn_node *path_of(struct sw_jn_compiler *compiler, struct sw_jn_node *step)
{
	struct sw_jn_node *path = sw_jn_node_new(compiler, SW_JN_NODE_PATH);
	if (!path || sw_jn_nodes_push(compiler, &path->items, step) < 0)
		return NULL;
	path->position = step->position;
	path->at = step->at;
	return path;
}

static struct sw_jn_node *last_step(struct sw_jn_node *node)
{
	return node->kind == SW_JN_NODE_PATH ? node->items.items[node->items.count - 1] : node;
}

/* Steps that are strings are names; other literals are mistakes. */
static enum sw_result check_step(struct sw_jn_compiler *compiler, struct sw_jn_node *step)
{
	char text[32] = "null";
	if (step->kind == SW_JN_NODE_STRING)
		step->kind = SW_JN_NODE_NAME;
	if (step->kind != SW_JN_NODE_NUMBER && step->kind != SW_JN_NODE_VALUE)
		return SW_OK;
	if (step->value.kind == SW_JN_NUMBER)
		snprintf(text, sizeof(text), "%.15g", step->value.number);
	else if (step->value.kind == SW_JN_BOOLEAN)
		snprintf(text, sizeof(text), "%s", step->value.boolean ? "true" : "false");
	return sw_jn_compiler_fail(compiler, "S0213", step->position, step->at, NULL, text);
}

static enum sw_result append_steps(struct sw_jn_compiler *compiler, struct sw_jn_node *path,
				   struct sw_jn_node *rest)
{
	if (rest->kind == SW_JN_NODE_PATH) {
		for (uint32_t i = 0; i < rest->items.count; i++)
			if (sw_jn_nodes_push(compiler, &path->items, rest->items.items[i]) < 0)
				return compiler->failed;
		return SW_OK;
	}
	if (rest->predicates.count) {
		rest->stages = rest->predicates;
		rest->predicates = (struct sw_jn_stages){0};
	}
	return sw_jn_nodes_push(compiler, &path->items, rest);
}

static enum sw_result dot(struct sw_jn_compiler *compiler, struct sw_jn_node *node, struct sw_jn_node **slot)
{
	if (process(compiler, &node->lhs) < 0)
		return compiler->failed;
	struct sw_jn_node *path = node->lhs;
	if (path->kind != SW_JN_NODE_PATH && !(path = path_of(compiler, path)))
		return compiler->failed;
	if (node->lhs->kind == SW_JN_NODE_PARENT &&
	    seeking_push(compiler, &path->seeking, node->lhs->slot) < 0)
		return compiler->failed;
	if (process(compiler, &node->rhs) < 0 || append_steps(compiler, path, node->rhs) < 0)
		return compiler->failed;
	for (uint32_t i = 0; i < path->items.count; i++) {
		struct sw_jn_node *step = path->items.items[i];
		if (check_step(compiler, step) < 0)
			return compiler->failed;
		if (step->keep_array)
			path->keep_singleton = true;
	}
	struct sw_jn_node *first = path->items.items[0], *last = path->items.items[path->items.count - 1];
	if (first->kind == SW_JN_NODE_ARRAY)
		first->cons = true;
	if (last->kind == SW_JN_NODE_ARRAY)
		last->cons = true;
	*slot = path;
	return resolve_ancestry(compiler, path);
}

static enum sw_result filter(struct sw_jn_compiler *compiler, struct sw_jn_node *node,
			     struct sw_jn_node **slot)
{
	if (process(compiler, &node->lhs) < 0)
		return compiler->failed;
	struct sw_jn_node *result = node->lhs, *step = last_step(result);
	bool staged = result->kind == SW_JN_NODE_PATH;
	if (step->group)
		return fail_at(compiler, "S0209", node);
	if (process(compiler, &node->rhs) < 0)
		return compiler->failed;
	struct sw_jn_ancestors seeking = node->rhs->seeking;
	for (uint32_t i = 0; i < seeking.count; i++) {
		if (seeking.items[i]->level != 1)
			seeking.items[i]->level--;
		else if (seek_parent(compiler, step, seeking.items[i]) < 0)
			return compiler->failed;
	}
	if (seeking.count && push_ancestry(compiler, step, node->rhs) < 0)
		return compiler->failed;
	*slot = result;
	return stages_push(compiler, staged ? &step->stages : &step->predicates, node->rhs, 0);
}

static enum sw_result group(struct sw_jn_compiler *compiler, struct sw_jn_node *node,
			    struct sw_jn_node **slot)
{
	if (process(compiler, &node->lhs) < 0)
		return compiler->failed;
	if (node->lhs->group)
		return fail_at(compiler, "S0210", node);
	struct sw_jn_group_by *made = sw_jn_compiler_alloc(compiler, sizeof(*made));
	if (!made)
		return compiler->failed;
	for (uint32_t i = 0; i < node->items.count; i++)
		if (process(compiler, &node->items.items[i]) < 0)
			return compiler->failed;
	made->pairs = node->items;
	made->position = node->position;
	made->at = node->at;
	node->lhs->group = made;
	*slot = node->lhs;
	return SW_OK;
}

static enum sw_result sort(struct sw_jn_compiler *compiler, struct sw_jn_node *node, struct sw_jn_node **slot)
{
	if (process(compiler, &node->lhs) < 0)
		return compiler->failed;
	struct sw_jn_node *path = node->lhs;
	struct sw_jn_node *step = sw_jn_node_new(compiler, SW_JN_NODE_SORT);
	if (path->kind != SW_JN_NODE_PATH)
		path = path_of(compiler, path);
	if (!path || !step)
		return compiler->failed;
	step->position = node->position;
	step->at = node->at;
	step->items = node->items;
	for (uint32_t i = 0; i < step->items.count; i++) {
		struct sw_jn_node *term = step->items.items[i];
		if (process(compiler, &term->lhs) < 0 || push_ancestry(compiler, step, term->lhs) < 0)
			return compiler->failed;
	}
	*slot = path;
	return sw_jn_nodes_push(compiler, &path->items, step) < 0 ? compiler->failed
								  : resolve_ancestry(compiler, path);
}

static enum sw_result focus(struct sw_jn_compiler *compiler, struct sw_jn_node *node,
			    struct sw_jn_node **slot)
{
	if (process(compiler, &node->lhs) < 0)
		return compiler->failed;
	struct sw_jn_node *step = last_step(node->lhs);
	if (step->stages.count || step->predicates.count)
		return fail_at(compiler, "S0215", node);
	if (step->kind == SW_JN_NODE_SORT)
		return fail_at(compiler, "S0216", node);
	if (node->keep_array)
		step->keep_array = true;
	step->focus = sw_jn_name_number(compiler, node->rhs->value);
	if (!step->focus)
		return compiler->failed;
	compiler->names.items[step->focus - 1].in_tuples = true;
	step->tuple = true;
	*slot = node->lhs;
	return SW_OK;
}

static enum sw_result position(struct sw_jn_compiler *compiler, struct sw_jn_node *node,
			       struct sw_jn_node **slot)
{
	if (process(compiler, &node->lhs) < 0)
		return compiler->failed;
	struct sw_jn_node *result = node->lhs, *step = last_step(result);
	uint32_t name = sw_jn_name_number(compiler, node->rhs->value);
	if (result->kind != SW_JN_NODE_PATH) {
		result = path_of(compiler, step);
		if (step->predicates.count) {
			step->stages = step->predicates;
			step->predicates = (struct sw_jn_stages){0};
		}
	}
	if (!name || !result)
		return compiler->failed;
	compiler->names.items[name - 1].in_tuples = true;
	if (!step->stages.count)
		step->index = name;
	else if (stages_push(compiler, &step->stages, NULL, name) < 0)
		return compiler->failed;
	step->tuple = true;
	*slot = result;
	return SW_OK;
}

/* ---- the others --------------------------------------------------------------------------------------- */

/* Both sides of an operator; with_ancestry: what they seek, it seeks. */
static enum sw_result both(struct sw_jn_compiler *compiler, struct sw_jn_node *node, bool with_ancestry)
{
	if (process(compiler, &node->lhs) < 0 || process(compiler, &node->rhs) < 0)
		return compiler->failed;
	if (with_ancestry &&
	    (push_ancestry(compiler, node, node->lhs) < 0 || push_ancestry(compiler, node, node->rhs) < 0))
		return compiler->failed;
	return SW_OK;
}

static enum sw_result binary(struct sw_jn_compiler *compiler, struct sw_jn_node *node,
			     struct sw_jn_node **slot)
{
	switch (node->op) {
	case SW_JN_OP_DOT:
		return dot(compiler, node, slot);
	case SW_JN_OP_FILTER:
		return filter(compiler, node, slot);
	case SW_JN_OP_GROUP:
		return group(compiler, node, slot);
	case SW_JN_OP_SORT:
		return sort(compiler, node, slot);
	case SW_JN_OP_FOCUS:
		return focus(compiler, node, slot);
	case SW_JN_OP_INDEX:
		return position(compiler, node, slot);
	case SW_JN_OP_BIND:
		node->kind = SW_JN_NODE_BIND;
		node->name = sw_jn_name_number(compiler, node->lhs->value);
		if (!node->name || process(compiler, &node->rhs) < 0)
			return compiler->failed;
		return push_ancestry(compiler, node, node->rhs);
	case SW_JN_OP_APPLY:
		node->kind = SW_JN_NODE_APPLY;
		if (both(compiler, node, false) < 0)
			return compiler->failed;
		node->keep_array = node->keep_array || node->lhs->keep_array || node->rhs->keep_array;
		return SW_OK;
	default:
		return both(compiler, node, true);
	}
}

static enum sw_result negate(struct sw_jn_compiler *compiler, struct sw_jn_node *node,
			     struct sw_jn_node **slot)
{
	if (process(compiler, &node->lhs) < 0)
		return compiler->failed;
	if (node->lhs->kind != SW_JN_NODE_NUMBER)
		return push_ancestry(compiler, node, node->lhs);
	*slot = node->lhs;
	(*slot)->value.number = -(*slot)->value.number;
	return SW_OK;
}

static enum sw_result items(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	for (uint32_t i = 0; i < node->items.count; i++)
		if (process(compiler, &node->items.items[i]) < 0 ||
		    push_ancestry(compiler, node, node->items.items[i]) < 0)
			return compiler->failed;
	return SW_OK;
}

static enum sw_result block(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	if (items(compiler, node) < 0)
		return compiler->failed;
	for (uint32_t i = 0; i < node->items.count; i++) {
		const struct sw_jn_node *part = node->items.items[i];
		if (part->cons || (part->kind == SW_JN_NODE_PATH && part->items.items[0]->cons))
			node->cons = true;
	}
	return SW_OK;
}

/* Calls whose result is the function's result are left to the caller, so that they take no depth. */
static void mark_tail_calls(struct sw_jn_node *node)
{
	for (; node; node = node->items.items[node->items.count - 1]) {
		if (node->predicates.count || node->group)
			return;
		if (node->kind == SW_JN_NODE_FUNCTION)
			node->thunk = true;
		if (node->kind == SW_JN_NODE_CONDITION) {
			mark_tail_calls(node->rhs);
			mark_tail_calls(node->other);
		}
		if (node->kind == SW_JN_NODE_ELVIS || node->kind == SW_JN_NODE_COALESCE)
			mark_tail_calls(node->rhs);
		if (node->kind != SW_JN_NODE_BLOCK || !node->items.count)
			return;
	}
}

static enum sw_result lambda(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	if (process(compiler, &node->lhs) < 0)
		return compiler->failed;
	for (uint32_t i = 0; i < node->items.count; i++) {
		struct sw_jn_node *parameter = node->items.items[i];
		parameter->name = sw_jn_name_number(compiler, parameter->value);
		if (!parameter->name)
			return compiler->failed;
	}
	mark_tail_calls(node->lhs);
	return SW_OK;
}

static enum sw_result condition(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	if (both(compiler, node, true) < 0)
		return compiler->failed;
	if (!node->other)
		return SW_OK;
	return process(compiler, &node->other) < 0 ? compiler->failed
						   : push_ancestry(compiler, node, node->other);
}

static enum sw_result transform(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	if (both(compiler, node, false) < 0)
		return compiler->failed;
	return node->other ? process(compiler, &node->other) : SW_OK;
}

static enum sw_result name(struct sw_jn_compiler *compiler, struct sw_jn_node *node, struct sw_jn_node **slot)
{
	node->kind = SW_JN_NODE_NAME;
	*slot = path_of(compiler, node);
	if (!*slot)
		return compiler->failed;
	(*slot)->keep_singleton = node->keep_array;
	return SW_OK;
}

static enum sw_result one(struct sw_jn_compiler *compiler, struct sw_jn_node *node, struct sw_jn_node **slot)
{
	switch (node->kind) {
	case SW_JN_NODE_BINARY:
		return binary(compiler, node, slot);
	case SW_JN_NODE_NEGATE:
		return negate(compiler, node, slot);
	case SW_JN_NODE_ARRAY:
	case SW_JN_NODE_OBJECT:
		return items(compiler, node);
	case SW_JN_NODE_FUNCTION:
	case SW_JN_NODE_PARTIAL:
		return items(compiler, node) < 0 ? compiler->failed : process(compiler, &node->lhs);
	case SW_JN_NODE_LAMBDA:
		return lambda(compiler, node);
	case SW_JN_NODE_CONDITION:
		return condition(compiler, node);
	case SW_JN_NODE_ELVIS:
	case SW_JN_NODE_COALESCE:
		return both(compiler, node, true);
	case SW_JN_NODE_TRANSFORM:
		return transform(compiler, node);
	case SW_JN_NODE_BLOCK:
		return block(compiler, node);
	case SW_JN_NODE_NAME:
		return name(compiler, node, slot);
	case SW_JN_NODE_OPERATOR:
		return sw_jn_is_string(node->value, "?") ? SW_OK : name(compiler, node, slot);
	case SW_JN_NODE_PARENT:
		return parent(compiler, node);
	case SW_JN_NODE_END:
		return sw_jn_compiler_fail(compiler, "S0207", node->position, node->at, "(end)", NULL);
	default:
		return SW_OK;
	}
}

static enum sw_result process(struct sw_jn_compiler *compiler, struct sw_jn_node **slot)
{
	struct sw_jn_node *node = *slot;
	if (++compiler->depth > DEPTH_MAX)
		return sw_jn_compiler_fail(compiler, "S0500", node->position, node->at, NULL, NULL);
	if (one(compiler, node, slot) < 0)
		return compiler->failed;
	if (node->keep_array)
		(*slot)->keep_array = true;
	compiler->depth--;
	return SW_OK;
}

enum sw_result sw_jn_process(struct sw_jn_compiler *compiler, struct sw_jn_node **root)
{
	compiler->depth = 0;
	if (process(compiler, root) < 0)
		return compiler->failed;
	if ((*root)->kind == SW_JN_NODE_PARENT || (*root)->seeking.count)
		return fail_ancestor(compiler, *root);
	return SW_OK;
}
