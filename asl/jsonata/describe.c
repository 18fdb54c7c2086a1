/* What an expression was compiled to, as a tree for people. */
#include "asl/jsonata/tree.h"

#include "asl/describe.h"

#define DEPTH_SHOWN_MAX 200 /* what is deeper is left out */

static json_t *describe(const struct sw_jn_node *node, unsigned depth);

static json_t *text_of(struct sw_jn_value value)
{
	bool text = value.kind == SW_JN_STRING;
	return json_stringn(text ? value.text : "", text ? value.len : 0);
}

static json_t *describe_literal(struct sw_jn_value value)
{
	switch (value.kind) {
	case SW_JN_STRING:
		return text_of(value);
	case SW_JN_NUMBER:
		return value.number == (double)(json_int_t)value.number
			       ? json_integer((json_int_t)value.number)
			       : json_real(value.number);
	case SW_JN_BOOLEAN:
		return json_boolean(value.boolean);
	case SW_JN_NULL:
		return json_null();
	default:
		return json_string("a constant");
	}
}

static json_t *describe_list(const struct sw_jn_nodes *nodes, uint32_t first, uint32_t step, unsigned depth)
{
	json_t *list = json_array();
	for (uint32_t i = first; i < nodes->count; i += step)
		sw_describe_add(&list, describe(nodes->items[i], depth));
	return list;
}

/* Key and value in turn. */
static json_t *describe_pairs(const struct sw_jn_nodes *nodes, unsigned depth)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i + 1 < nodes->count; i += 2) {
		json_t *pair = json_object();
		sw_describe_put(&pair, "key", describe(nodes->items[i], depth));
		sw_describe_put(&pair, "value", describe(nodes->items[i + 1], depth));
		sw_describe_add(&list, pair);
	}
	return list;
}

static void put_child(json_t **tree, const char *name, const struct sw_jn_node *child, unsigned depth)
{
	if (child)
		sw_describe_put(tree, name, describe(child, depth));
}

static json_t *describe_regex(const struct sw_jn_node *node)
{
	size_t len;
	const char *source = sw_jn_regex_source(node->regex, &len);
	return json_pack("{s:s%}", "regex", source, len);
}

static json_t *describe_call(const struct sw_jn_node *node, unsigned depth)
{
	json_t *tree = json_object();
	bool partial = node->kind == SW_JN_NODE_PARTIAL;
	sw_describe_put(&tree, partial ? "partial call of" : "call of", describe(node->lhs, depth));
	sw_describe_put(&tree, "arguments", describe_list(&node->items, 0, 1, depth));
	if (node->thunk)
		sw_describe_put(&tree, "tail call", json_true());
	return tree;
}

static json_t *describe_lambda(const struct sw_jn_node *node, unsigned depth)
{
	json_t *tree = json_object();
	sw_describe_put(&tree, "function of", describe_list(&node->items, 0, 1, depth));
	put_child(&tree, "body", node->lhs, depth);
	return tree;
}

static json_t *describe_choice(const struct sw_jn_node *node, unsigned depth)
{
	static const char *const names[][3] = {{"if", "then", "else"},
					       {"value", "or, when it is not true", "-"},
					       {"value", "or, when there is none", "-"}};
	const char *const *words = names[node->kind - SW_JN_NODE_CONDITION];
	json_t *tree = json_object();
	put_child(&tree, words[0], node->lhs, depth);
	put_child(&tree, words[1], node->rhs, depth);
	put_child(&tree, words[2], node->other, depth);
	return tree;
}

static json_t *describe_transform(const struct sw_jn_node *node, unsigned depth)
{
	json_t *tree = json_object();
	put_child(&tree, "transform", node->lhs, depth);
	put_child(&tree, "update", node->rhs, depth);
	put_child(&tree, "delete", node->other, depth);
	return tree;
}

static json_t *describe_two(const struct sw_jn_node *node, const char *name, const char *left,
			    const char *right, unsigned depth)
{
	json_t *tree = json_object();
	sw_describe_text(&tree, "operator", name);
	put_child(&tree, left, node->lhs, depth);
	put_child(&tree, right, node->rhs, depth);
	return tree;
}

static json_t *describe_sort(const struct sw_jn_node *node, unsigned depth)
{
	json_t *list = json_array(), *tree = json_object();
	for (uint32_t i = 0; i < node->items.count; i++) {
		json_t *term = json_object();
		const struct sw_jn_node *holder = node->items.items[i];
		sw_describe_put(&term, holder->descending ? "descending" : "ascending",
				describe(holder->lhs, depth));
		sw_describe_add(&list, term);
	}
	sw_describe_put(&tree, "sort by", list);
	return tree;
}

static json_t *wrap(const char *name, json_t *value)
{
	json_t *tree = json_object();
	sw_describe_put(&tree, name, value);
	return tree;
}

/* The node without what is behind it: filters, groups. */
static json_t *describe_bare(const struct sw_jn_node *node, unsigned depth)
{
	switch ((enum sw_jn_node_kind)node->kind) {
	case SW_JN_NODE_NAME:
	case SW_JN_NODE_FIELD:
		return wrap("field", node->kind == SW_JN_NODE_FIELD && node->items.count
					     ? text_of(node->items.items[0]->value)
					     : text_of(node->value));
	case SW_JN_NODE_STRING:
	case SW_JN_NODE_NUMBER:
	case SW_JN_NODE_VALUE:
		return wrap(node->folded ? "constant, computed once" : "constant",
			    describe_literal(node->value));
	case SW_JN_NODE_VARIABLE:
		return wrap("variable", text_of(node->value));
	case SW_JN_NODE_REGEX:
		return describe_regex(node);
	case SW_JN_NODE_BINARY:
		return describe_two(node, sw_jn_op_text(node->op), "left", "right", depth);
	case SW_JN_NODE_NEGATE:
		return wrap("minus", describe(node->lhs, depth));
	case SW_JN_NODE_ARRAY:
		return wrap("array", describe_list(&node->items, 0, 1, depth));
	case SW_JN_NODE_OBJECT:
		return wrap("object", describe_pairs(&node->items, depth));
	case SW_JN_NODE_WILDCARD:
		return json_string("every member or item");
	case SW_JN_NODE_DESCENDANT:
		return json_string("this and everything below it");
	case SW_JN_NODE_PARENT:
		return json_string("the parent");
	case SW_JN_NODE_FUNCTION:
	case SW_JN_NODE_PARTIAL:
		return describe_call(node, depth);
	case SW_JN_NODE_LAMBDA:
		return describe_lambda(node, depth);
	case SW_JN_NODE_CONDITION:
	case SW_JN_NODE_ELVIS:
	case SW_JN_NODE_COALESCE:
		return describe_choice(node, depth);
	case SW_JN_NODE_BLOCK:
		return wrap("block", describe_list(&node->items, 0, 1, depth));
	case SW_JN_NODE_TRANSFORM:
		return describe_transform(node, depth);
	case SW_JN_NODE_PATH:
		return wrap("path", describe_list(&node->items, 0, 1, depth));
	case SW_JN_NODE_SORT:
		return describe_sort(node, depth);
	case SW_JN_NODE_BIND:
		return describe_two(node, ":=", "variable", "value", depth);
	case SW_JN_NODE_APPLY:
		return describe_two(node, "~>", "value", "function", depth);
	case SW_JN_NODE_OPERATOR:
	case SW_JN_NODE_END:
		break;
	}
	return json_string("left open");
}

static void put_stages(json_t **tree, const struct sw_jn_stages *stages, unsigned depth)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < stages->count; i++) {
		const struct sw_jn_stage *stage = &stages->items[i];
		sw_describe_add(&list, stage->filter ? describe(stage->filter, depth)
						     : json_string("bind the position"));
	}
	sw_describe_put(tree, "filters", list);
}

static json_t *describe(const struct sw_jn_node *node, unsigned depth)
{
	if (!node)
		return json_null();
	if (depth > DEPTH_SHOWN_MAX)
		return json_string("...");
	json_t *bare = describe_bare(node, depth + 1);
	if (!node->predicates.count && !node->stages.count && !node->group && !node->focus && !node->index)
		return bare;
	json_t *tree = json_is_object(bare) ? bare : wrap("step", bare);
	if (node->predicates.count)
		put_stages(&tree, &node->predicates, depth + 1);
	if (node->stages.count)
		put_stages(&tree, &node->stages, depth + 1);
	if (node->focus)
		sw_describe_put(&tree, "binds the item", json_true());
	if (node->index)
		sw_describe_put(&tree, "binds the position", json_true());
	if (node->group)
		sw_describe_put(&tree, "group by", describe_pairs(&node->group->pairs, depth + 1));
	return tree;
}

static json_t *describe_references(const struct sw_jsonata *expr)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < expr->references_count; i++) {
		const struct sw_jsonata_reference *at = &expr->references[i];
		sw_describe_add(&list, at->member ? json_sprintf("$%s.%s", at->name, at->member)
						  : json_sprintf("$%s", at->name));
	}
	return list;
}

json_t *sw_jsonata_describe(const struct sw_jsonata *expr)
{
	json_t *tree = json_object();
	sw_describe_put(&tree, "reads", describe_references(expr));
	sw_describe_put(&tree, "tree", describe(expr->root, 0));
	return tree;
}
