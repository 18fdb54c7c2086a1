/*
 * Gives variables their slots. A frame is made by a lambda, by a block whose variables a closure may hold on to,
 * and for each tuple of a stream (@, #, %); the variables of other blocks live in the frame around them. Where a
 * variable may be found is known here, though not always which of the places holds it: `$x` before `$x := 1` is
 * the one of the scope outside. On the way: constants are folded, plain paths recognised, free names listed.
 */
#include "asl/jsonata/tree.h"

#include <math.h>
#include <stdlib.h>

struct frame {
	struct frame *parent;
	uint32_t depth, slots;
	bool tuple;
};

struct sw_jn_declaration {
	struct sw_jn_declaration *outer; /* of the same name */
	struct sw_jn_declaration *next;  /* of the same scope */
	uint32_t name, slot;
	const struct frame *frame;
	bool certain; /* a parameter: never without a value */
};

struct resolver {
	struct sw_jn_compiler *compiler;
	struct frame *frame;
	struct sw_jn_declaration *scope;
	bool bound; /* inside of a step: `$` is not the input of the expression */
	bool quiet; /* what is looked up is no reference of the expression's */
};

static enum sw_result visit(struct resolver *resolver, struct sw_jn_node *node);

static enum sw_result visit_all(struct resolver *resolver, const struct sw_jn_nodes *nodes)
{
	for (uint32_t i = 0; i < nodes->count; i++)
		if (visit(resolver, nodes->items[i]) < 0)
			return resolver->compiler->failed;
	return SW_OK;
}

/* ---- what captures a frame ---------------------------------------------------------------------------- */

static bool mark(struct sw_jn_node *node);

static bool mark_all(const struct sw_jn_nodes *nodes)
{
	bool closure = false;
	for (uint32_t i = 0; i < nodes->count; i++)
		closure |= mark(nodes->items[i]);
	return closure;
}

static bool mark_stages(const struct sw_jn_stages *stages)
{
	bool closure = false;
	for (uint32_t i = 0; i < stages->count; i++)
		closure |= mark(stages->items[i].filter);
	return closure;
}

static bool mark(struct sw_jn_node *node)
{
	if (!node)
		return false;
	bool closure = mark(node->lhs);
	closure |= mark(node->rhs);
	closure |= mark(node->other);
	closure |= mark_all(&node->items);
	closure |= mark_stages(&node->predicates);
	closure |= mark_stages(&node->stages);
	if (node->group)
		closure |= mark_all(&node->group->pairs);
	closure |= node->kind == SW_JN_NODE_LAMBDA || node->kind == SW_JN_NODE_TRANSFORM;
	node->closure = closure;
	node->dressed = node->predicates.count || node->group;
	return closure;
}

/* ---- scopes ------------------------------------------------------------------------------------------- */

static enum sw_result declare(struct resolver *resolver, uint32_t name, bool certain)
{
	struct sw_jn_name *entry = &resolver->compiler->names.items[name - 1];
	if (entry->declared && entry->declared->frame == resolver->frame)
		for (struct sw_jn_declaration *at = resolver->scope; at; at = at->next)
			if (at == entry->declared)
				return SW_OK;
	struct sw_jn_declaration *made = sw_jn_compiler_alloc(resolver->compiler, sizeof(*made));
	if (!made)
		return resolver->compiler->failed;
	*made = (struct sw_jn_declaration){.outer = entry->declared,
					   .next = resolver->scope,
					   .name = name,
					   .slot = resolver->frame->slots++,
					   .frame = resolver->frame,
					   .certain = certain};
	entry->declared = resolver->scope = made;
	return SW_OK;
}

static void close_scope(struct resolver *resolver, struct sw_jn_declaration *outer)
{
	for (struct sw_jn_declaration *at = resolver->scope; at; at = at->next)
		resolver->compiler->names.items[at->name - 1].declared = at->outer;
	resolver->scope = outer;
}

static enum sw_result declare_in(struct resolver *resolver, const struct sw_jn_node *node);

static enum sw_result declare_stages(struct resolver *resolver, const struct sw_jn_stages *stages)
{
	for (uint32_t i = 0; i < stages->count; i++)
		if (stages->items[i].filter && !stages->items[i].framed &&
		    declare_in(resolver, stages->items[i].filter) < 0)
			return resolver->compiler->failed;
	return SW_OK;
}

static enum sw_result declare_nodes(struct resolver *resolver, const struct sw_jn_nodes *nodes,
				    uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (declare_in(resolver, nodes->items[i]) < 0)
			return resolver->compiler->failed;
	return SW_OK;
}

/* The first step whose results are tuples; steps.count: none. */
static uint32_t first_tuple(const struct sw_jn_node *path)
{
	uint32_t i = 0;
	while (i < path->items.count && !path->items.items[i]->tuple)
		i++;
	return i;
}

/* Whatever := binds in the scope that node stands in. */
static enum sw_result declare_in(struct resolver *resolver, const struct sw_jn_node *node)
{
	struct sw_jn_compiler *compiler = resolver->compiler;
	uint32_t count = node ? node->items.count : 0;
	if (!node)
		return SW_OK;
	if (node->kind == SW_JN_NODE_BIND && declare(resolver, node->name, false) < 0)
		return compiler->failed;
	if (declare_stages(resolver, &node->predicates) < 0 || declare_stages(resolver, &node->stages) < 0)
		return compiler->failed;
	if (node->group && !node->group->framed &&
	    declare_nodes(resolver, &node->group->pairs, node->group->pairs.count) < 0)
		return compiler->failed;
	if (node->kind == SW_JN_NODE_LAMBDA || node->kind == SW_JN_NODE_BLOCK)
		return SW_OK;
	if (node->kind == SW_JN_NODE_SORT && node->own_frame)
		return SW_OK;
	if (node->kind == SW_JN_NODE_PATH) {
		count = first_tuple(node);
		/* A sort that starts the stream (#$i) still has plain items, and so has an array constructor. */
		if (count < node->items.count && (node->items.items[count]->kind == SW_JN_NODE_SORT ||
						  (count == 0 && node->items.items[0]->cons)))
			count++;
	}
	if (declare_in(resolver, node->lhs) < 0 || declare_in(resolver, node->rhs) < 0 ||
	    declare_in(resolver, node->other) < 0)
		return compiler->failed;
	return declare_nodes(resolver, &node->items, count);
}

/* Where frames of their own are needed: before anything is declared. */
static void frame_parts(struct sw_jn_node *node)
{
	bool stream = false;
	for (uint32_t i = 0; i < node->predicates.count; i++)
		node->predicates.items[i].framed = node->tuple;
	if (node->kind == SW_JN_NODE_PATH)
		for (uint32_t i = 0; i < node->items.count; i++) {
			struct sw_jn_node *step = node->items.items[i];
			if (step->kind == SW_JN_NODE_SORT)
				step->own_frame = stream;
			stream |= step->tuple;
			for (uint32_t at = 0; at < step->stages.count; at++)
				step->stages.items[at].framed = stream;
		}
	if (node->group)
		node->group->framed = stream || node->tuple;
}

static void frame_all(struct sw_jn_node *node)
{
	if (!node)
		return;
	frame_parts(node);
	frame_all(node->lhs);
	frame_all(node->rhs);
	frame_all(node->other);
	for (uint32_t i = 0; i < node->items.count; i++)
		frame_all(node->items.items[i]);
	for (uint32_t i = 0; i < node->predicates.count; i++)
		frame_all(node->predicates.items[i].filter);
	for (uint32_t i = 0; i < node->stages.count; i++)
		frame_all(node->stages.items[i].filter);
	if (node->group)
		for (uint32_t i = 0; i < node->group->pairs.count; i++)
			frame_all(node->group->pairs.items[i]);
}

/* ---- variables ------------------------------------------------------------------------------------------ */

struct places {
	struct sw_jn_place *items;
	uint32_t count, capacity;
};

static enum sw_result add_place(struct resolver *resolver, struct places *places, const struct frame *frame,
				bool by_name, uint32_t slot)
{
	struct sw_jn_place *items = sw_jn_compiler_grow(resolver->compiler, places->items, places->count,
							&places->capacity, sizeof(*items));
	if (!items)
		return resolver->compiler->failed;
	places->items = items;
	items[places->count++] = (struct sw_jn_place){
		.hops = (uint16_t)(resolver->frame->depth - frame->depth), .by_name = by_name, .slot = slot};
	return SW_OK;
}

/* All places of a name, nearest first, until one that certainly holds it. key: what tuples call it, 0: never in
 * one. */
static enum sw_result find_places(struct resolver *resolver, struct sw_jn_node *node,
				  const struct sw_jn_declaration *declared, uint32_t key, bool *ret_certain)
{
	struct places places = {0};
	*ret_certain = false;
	for (struct frame *frame = resolver->frame; frame && !*ret_certain; frame = frame->parent) {
		for (; declared && declared->frame == frame && !*ret_certain; declared = declared->outer) {
			if (add_place(resolver, &places, frame, false, declared->slot) < 0)
				return resolver->compiler->failed;
			*ret_certain = declared->certain;
		}
		if (!*ret_certain && frame->tuple && key &&
		    add_place(resolver, &places, frame, true, key) < 0)
			return resolver->compiler->failed;
		if (!declared && !key)
			break;
	}
	node->places = places.items;
	node->places_count = places.count;
	return SW_OK;
}

static const struct sw_jn_function *builtin(struct sw_jn_compiler *compiler, struct sw_jn_value name,
					    bool *ret_failed)
{
	const struct sw_jn_builtin *row = sw_jn_builtin_find(name.text, name.len, compiler->expr->flags);
	struct sw_jn_function *function;
	const char *code;
	uint32_t offset;
	*ret_failed = false;
	if (!row)
		return NULL;
	function = sw_jn_compiler_alloc(compiler, sizeof(*function));
	*ret_failed = !function;
	if (!function)
		return NULL;
	function->type = SW_JN_FUNCTION_BUILTIN;
	function->builtin = row;
	function->parameters = row->parameters;
	*ret_failed = row->signature && sw_jn_signature_parse(compiler, row->signature, &function->signature,
							      &code, &offset) < 0;
	return function;
}

static enum sw_result add_reference(struct resolver *resolver, const struct sw_jn_node *node,
				    struct sw_jn_value name, const struct sw_jn_node *member)
{
	struct sw_jsonata *expr = resolver->compiler->expr;
	if (resolver->quiet)
		return SW_OK;
	struct sw_jsonata_reference *items =
		sw_jn_compiler_grow(resolver->compiler, expr->references, expr->references_count,
				    &expr->references_capacity, sizeof(*items));
	if (!items)
		return resolver->compiler->failed;
	expr->references = items;
	struct sw_jsonata_reference *made = &items[expr->references_count];
	*made = (struct sw_jsonata_reference){
		.name = sw_arena_strdup(resolver->compiler->arena, name.text, name.len), .line = node->at};
	if (member)
		made->member =
			sw_arena_strdup(resolver->compiler->arena, member->value.text, member->value.len);
	if (!made->name || (member && !made->member))
		return resolver->compiler->failed = SW_ENOMEM;
	expr->references_count++;
	return SW_OK;
}

/* A name that may be free: its number among the free names. */
static enum sw_result add_global(struct resolver *resolver, struct sw_jn_name *name, uint32_t *ret_global)
{
	struct sw_jsonata *expr = resolver->compiler->expr;
	bool failed;
	if (!name->global) {
		struct sw_jn_global *items =
			sw_jn_compiler_grow(resolver->compiler, expr->globals, expr->globals_count,
					    &expr->globals_capacity, sizeof(*items));
		if (!items)
			return resolver->compiler->failed;
		expr->globals = items;
		struct sw_jn_global *made = &items[expr->globals_count];
		made->name = sw_arena_strdup(resolver->compiler->arena, name->text.text, name->text.len);
		made->len = name->text.len;
		made->builtin = builtin(resolver->compiler, name->text, &failed);
		if (failed || !made->name)
			return resolver->compiler->failed < 0 ? resolver->compiler->failed
							      : (resolver->compiler->failed = SW_ENOMEM);
		name->global = ++expr->globals_count;
	}
	*ret_global = name->global;
	return SW_OK;
}

static enum sw_result variable(struct resolver *resolver, struct sw_jn_node *node,
			       const struct sw_jn_node *member)
{
	bool certain;
	if (node->value.len == 0)
		return resolver->bound ? SW_OK : add_reference(resolver, node, node->value, member);
	if (sw_jn_is_string(node->value, "$") && !(node->places_count))
		return add_reference(resolver, node, node->value, member);
	uint32_t number = sw_jn_name_number(resolver->compiler, node->value);
	if (!number)
		return resolver->compiler->failed;
	struct sw_jn_name *name = &resolver->compiler->names.items[number - 1];
	if (find_places(resolver, node, name->declared, name->in_tuples ? number : 0, &certain) < 0)
		return resolver->compiler->failed;
	if (certain)
		return SW_OK;
	if (add_global(resolver, name, &node->global) < 0)
		return resolver->compiler->failed;
	if (node->places_count || resolver->compiler->expr->globals[node->global - 1].builtin)
		return SW_OK;
	return add_reference(resolver, node, node->value, member);
}

/* ---- nodes ---------------------------------------------------------------------------------------------- */

/* Visits something in a frame of its own, with a tuple in it. */
static enum sw_result visit_framed(struct resolver *resolver, struct sw_jn_node *const *nodes, uint32_t count,
				   uint32_t *ret_slots)
{
	struct frame frame = {.parent = resolver->frame, .depth = resolver->frame->depth + 1, .tuple = true};
	struct sw_jn_declaration *outer = resolver->scope;
	resolver->frame = &frame;
	resolver->scope = NULL;
	for (uint32_t i = 0; i < count; i++)
		if (declare_in(resolver, nodes[i]) < 0)
			return resolver->compiler->failed;
	for (uint32_t i = 0; i < count; i++)
		if (visit(resolver, nodes[i]) < 0)
			return resolver->compiler->failed;
	close_scope(resolver, outer);
	resolver->frame = frame.parent;
	*ret_slots = frame.slots;
	return SW_OK;
}

static enum sw_result visit_stages(struct resolver *resolver, struct sw_jn_stages *stages)
{
	bool bound = resolver->bound;
	resolver->bound = true;
	for (uint32_t i = 0; i < stages->count; i++) {
		struct sw_jn_stage *stage = &stages->items[i];
		bool expression = stage->filter && stage->filter->kind == SW_JN_NODE_BINARY;
		if (stage->filter && (stage->framed ? visit_framed(resolver, &stage->filter, 1, &stage->slots)
						    : visit(resolver, stage->filter)) < 0)
			return resolver->compiler->failed;
		if (expression)
			stage->filter->folded = stage->filter->kind == SW_JN_NODE_NUMBER;
	}
	resolver->bound = bound;
	return SW_OK;
}

static bool distinct_keys(const struct sw_jn_nodes *pairs)
{
	if (pairs->count > 64)
		return false;
	for (uint32_t i = 0; i < pairs->count; i += 2) {
		const struct sw_jn_node *key = pairs->items[i];
		if (key->kind != SW_JN_NODE_STRING || key->predicates.count || key->group ||
		    key->value.len > 15)
			return false;
		for (uint32_t at = 0; at < i; at += 2)
			if (sw_jn_equal(pairs->items[at]->value, key->value))
				return false;
	}
	return true;
}

static enum sw_result visit_group(struct resolver *resolver, struct sw_jn_group_by *group)
{
	bool bound = resolver->bound;
	resolver->bound = true;
	group->plain = distinct_keys(&group->pairs);
	enum sw_result r =
		group->framed ? visit_framed(resolver, group->pairs.items, group->pairs.count, &group->slots)
			      : visit_all(resolver, &group->pairs);
	resolver->bound = bound;
	return r;
}

static enum sw_result visit_sort(struct resolver *resolver, struct sw_jn_node *node)
{
	bool bound = resolver->bound;
	enum sw_result r = SW_OK;
	resolver->bound = true;
	if (node->own_frame) {
		struct frame frame = {
			.parent = resolver->frame, .depth = resolver->frame->depth + 1, .tuple = true};
		struct sw_jn_declaration *outer = resolver->scope;
		resolver->frame = &frame;
		resolver->scope = NULL;
		for (uint32_t i = 0; i < node->items.count && r == SW_OK; i++)
			r = declare_in(resolver, node->items.items[i]->lhs);
		for (uint32_t i = 0; i < node->items.count && r == SW_OK; i++)
			r = visit(resolver, node->items.items[i]->lhs);
		close_scope(resolver, outer);
		resolver->frame = frame.parent;
		node->frame_slots = frame.slots;
	} else {
		for (uint32_t i = 0; i < node->items.count && r == SW_OK; i++)
			r = visit(resolver, node->items.items[i]->lhs);
	}
	resolver->bound = bound;
	return r == SW_OK ? visit_stages(resolver, &node->stages) : r;
}

/* A step in a stream of tuples: its expression sees the tuple, and so do its filters. */
static enum sw_result visit_tuple_step(struct resolver *resolver, struct sw_jn_node *step)
{
	struct sw_jn_stages stages = step->stages;
	if (step->kind == SW_JN_NODE_SORT)
		return visit_sort(resolver, step);
	step->stages = (struct sw_jn_stages){0};
	if (visit_framed(resolver, &step, 1, &step->tuple_slots) < 0)
		return resolver->compiler->failed;
	step->stages = stages;
	return visit_stages(resolver, &step->stages);
}

static bool bare(const struct sw_jn_node *node)
{
	return !node->predicates.count && !node->stages.count && !node->group && !node->keep_array &&
	       !node->keep_singleton && !node->tuple && !node->focus && !node->index && !node->ancestor;
}

static void recognise(struct sw_jn_node *path)
{
	struct sw_jn_node *first = path->items.items[0];
	path->plain = first_tuple(path) == path->items.count;
	if (path->items.count != 1 || !first->plain || !bare(path))
		return;
	path->kind = SW_JN_NODE_FIELD;
	path->value = first->value;
	path->hash = first->hash;
}

static enum sw_result visit_path(struct resolver *resolver, struct sw_jn_node *path)
{
	bool bound = resolver->bound;
	uint32_t tuple = first_tuple(path);
	struct sw_jn_node **steps = path->items.items;
	enum sw_result r = SW_OK;
	for (uint32_t i = 0; i < path->items.count && r == SW_OK; i++) {
		if (i == 0 && steps[0]->kind == SW_JN_NODE_VARIABLE && bare(steps[0]) &&
		    path->items.count > 1 && steps[1]->kind == SW_JN_NODE_NAME)
			r = variable(resolver, steps[0], steps[1]);
		else
			r = i >= tuple && !(i == 0 && steps[0]->cons) ? visit_tuple_step(resolver, steps[i])
								      : visit(resolver, steps[i]);
		resolver->bound = true;
	}
	resolver->bound = bound;
	if (r == SW_OK)
		recognise(path);
	return r;
}

static enum sw_result visit_block(struct resolver *resolver, struct sw_jn_node *node)
{
	struct sw_jn_declaration *outer = resolver->scope;
	struct frame *around = resolver->frame;
	struct frame frame = {.parent = around, .depth = around->depth + 1};
	uint32_t first = around->slots;
	resolver->scope = NULL;
	node->own_frame = node->closure;
	if (node->own_frame)
		resolver->frame = &frame;
	if (declare_nodes(resolver, &node->items, node->items.count) < 0)
		return resolver->compiler->failed;
	if (node->own_frame && !frame.slots) {
		node->own_frame = false;
		resolver->frame = around;
	}
	node->slot_first = first;
	node->slots_count = around->slots - first;
	if (visit_all(resolver, &node->items) < 0)
		return resolver->compiler->failed;
	close_scope(resolver, outer);
	resolver->frame = around;
	node->frame_slots = frame.slots;
	return SW_OK;
}

static enum sw_result visit_lambda(struct resolver *resolver, struct sw_jn_node *node)
{
	struct sw_jn_declaration *outer = resolver->scope;
	struct frame frame = {.parent = resolver->frame, .depth = resolver->frame->depth + 1};
	resolver->frame = &frame;
	resolver->scope = NULL;
	for (uint32_t i = 0; i < node->items.count; i++) {
		/* Of two parameters of one name the last one counts. */
		frame.slots = i;
		if (declare(resolver, node->items.items[i]->name, true) < 0)
			return resolver->compiler->failed;
		struct sw_jn_name *name = &resolver->compiler->names.items[node->items.items[i]->name - 1];
		name->declared->slot = i;
	}
	/* cppcheck-suppress redundantAssignment ; declare has read the others through resolver->frame */
	frame.slots = node->items.count;
	if (declare_in(resolver, node->lhs) < 0 || visit(resolver, node->lhs) < 0)
		return resolver->compiler->failed;
	close_scope(resolver, outer);
	resolver->frame = frame.parent;
	node->frame_slots = frame.slots;
	return SW_OK;
}

static bool is_number(const struct sw_jn_node *node)
{
	return node->kind == SW_JN_NODE_NUMBER && bare(node);
}

/* 24 * 60 is 1440 once and for all. What fails or overflows is left to the evaluator. */
static void fold(struct sw_jn_compiler *compiler, struct sw_jn_node *node)
{
	double a, b, result;
	if (node->predicates.count || node->group || node->keep_array)
		return;
	if (node->op == SW_JN_OP_CONCAT && node->lhs->kind == SW_JN_NODE_STRING && bare(node->lhs) &&
	    node->rhs->kind == SW_JN_NODE_STRING && bare(node->rhs)) {
		size_t left = node->lhs->value.len, right = node->rhs->value.len;
		char *text = sw_jn_compiler_alloc(compiler, left + right + 1);
		if (!text)
			return;
		memcpy(text, node->lhs->value.text, left);
		memcpy(text + left, node->rhs->value.text, right);
		node->kind = SW_JN_NODE_STRING;
		node->value = sw_jn_string(text, left + right);
		return;
	}
	if (!is_number(node->lhs) || !is_number(node->rhs))
		return;
	a = node->lhs->value.number;
	b = node->rhs->value.number;
	switch (node->op) {
	case SW_JN_OP_ADD:
		result = a + b;
		break;
	case SW_JN_OP_SUBTRACT:
		result = a - b;
		break;
	case SW_JN_OP_MULTIPLY:
		result = a * b;
		break;
	case SW_JN_OP_DIVIDE:
		result = a / b;
		break;
	default:
		return;
	}
	if (!isfinite(result))
		return;
	node->kind = SW_JN_NODE_NUMBER;
	node->value = sw_jn_number(result);
}

/* A variable that the text does not name. */
static enum sw_result hidden_variable(struct resolver *resolver, struct sw_jn_node *node,
				      struct sw_jn_value name)
{
	node->variable = sw_jn_node_new(resolver->compiler, SW_JN_NODE_VARIABLE);
	if (!node->variable)
		return resolver->compiler->failed;
	node->variable->value = name;
	resolver->quiet = true;
	enum sw_result r = variable(resolver, node->variable, NULL);
	resolver->quiet = false;
	return r;
}

static enum sw_result visit_transform(struct resolver *resolver, struct sw_jn_node *node)
{
	bool bound = resolver->bound;
	resolver->bound = true;
	if (visit(resolver, node->lhs) < 0 || visit(resolver, node->rhs) < 0 ||
	    (node->other && visit(resolver, node->other) < 0))
		return resolver->compiler->failed;
	resolver->bound = bound;
	return hidden_variable(resolver, node, sw_jn_string("clone", 5));
}

static enum sw_result visit_name(struct resolver *resolver, struct sw_jn_node *node)
{
	struct sw_jsonata *expr = resolver->compiler->expr;
	node->hash = sw_jn_hash(node->value.text, node->value.len);
	node->plain = bare(node);
	if (resolver->bound || expr->top_level)
		return SW_OK;
	expr->top_level = sw_arena_strdup(resolver->compiler->arena, node->value.text, node->value.len);
	return expr->top_level ? SW_OK : (resolver->compiler->failed = SW_ENOMEM);
}

static enum sw_result visit_kind(struct resolver *resolver, struct sw_jn_node *node)
{
	bool certain;
	switch (node->kind) {
	case SW_JN_NODE_NAME:
		return visit_name(resolver, node);
	case SW_JN_NODE_VARIABLE:
		return variable(resolver, node, NULL);
	case SW_JN_NODE_PARENT:
		return find_places(resolver, node, NULL, SW_JN_LABEL | node->slot->label, &certain);
	case SW_JN_NODE_PATH:
		return visit_path(resolver, node);
	case SW_JN_NODE_SORT:
		return visit_sort(resolver, node);
	case SW_JN_NODE_BLOCK:
		return visit_block(resolver, node);
	case SW_JN_NODE_LAMBDA:
		return visit_lambda(resolver, node);
	case SW_JN_NODE_TRANSFORM:
		return visit_transform(resolver, node);
	case SW_JN_NODE_BIND: {
		bool found;
		if (visit(resolver, node->rhs) < 0)
			return resolver->compiler->failed;
		/* The nearest place is where it was declared: in this scope. */
		return find_places(resolver, node, resolver->compiler->names.items[node->name - 1].declared,
				   0, &found);
	}
	default:
		if ((node->lhs && visit(resolver, node->lhs) < 0) ||
		    (node->rhs && visit(resolver, node->rhs) < 0) ||
		    (node->other && visit(resolver, node->other) < 0) ||
		    visit_all(resolver, &node->items) < 0)
			return resolver->compiler->failed;
		if (node->kind == SW_JN_NODE_BINARY)
			fold(resolver->compiler, node);
		if (node->kind == SW_JN_NODE_OBJECT)
			node->distinct = distinct_keys(&node->items);
		if ((node->kind == SW_JN_NODE_FUNCTION || node->kind == SW_JN_NODE_PARTIAL) &&
		    node->lhs->kind == SW_JN_NODE_FIELD && node->lhs->value.len)
			return hidden_variable(resolver, node, node->lhs->value);
		return resolver->compiler->failed;
	}
}

static enum sw_result visit(struct resolver *resolver, struct sw_jn_node *node)
{
	if (visit_kind(resolver, node) < 0 || visit_stages(resolver, &node->predicates) < 0)
		return resolver->compiler->failed;
	if (node->kind != SW_JN_NODE_SORT && node->stages.count && visit_stages(resolver, &node->stages) < 0)
		return resolver->compiler->failed;
	return node->group ? visit_group(resolver, node->group) : SW_OK;
}

/* ---- what is free ----------------------------------------------------------------------------------------- */

static int compare_member(const char *a, const char *b)
{
	return !a || !b ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

static int by_name(const void *a, const void *b)
{
	const struct sw_jsonata_reference *left = a, *right = b;
	int order = strcmp(left->name, right->name);
	if (!order)
		order = compare_member(left->member, right->member);
	return order ? order : (left->line > right->line) - (left->line < right->line);
}

static int by_place(const void *a, const void *b)
{
	const struct sw_jsonata_reference *left = a, *right = b;
	return (left->line > right->line) - (left->line < right->line);
}

/* Each once, in the order of the text; line holds the byte until here. */
static void finish_references(struct sw_jsonata *expr)
{
	struct sw_jsonata_reference *items = expr->references;
	uint32_t kept = 0;
	size_t at = 0;
	uint32_t line = 1, column = 1;
	if (!items)
		return;
	qsort(items, expr->references_count, sizeof(*items), by_name);
	for (uint32_t i = 0; i < expr->references_count; i++)
		if (!kept || strcmp(items[kept - 1].name, items[i].name) ||
		    compare_member(items[kept - 1].member, items[i].member))
			items[kept++] = items[i];
	expr->references_count = kept;
	qsort(items, kept, sizeof(*items), by_place);
	for (uint32_t i = 0; i < kept; i++) {
		for (; at < items[i].line; at++) {
			column = expr->text[at] == '\n'            ? 1
				 : (expr->text[at] & 0xC0) == 0x80 ? column
								   : column + 1;
			line += expr->text[at] == '\n';
		}
		items[i].line = line;
		items[i].column = column;
	}
}

enum sw_result sw_jn_resolve(struct sw_jn_compiler *compiler, struct sw_jn_node *root)
{
	struct frame frame = {0};
	struct resolver resolver = {.compiler = compiler, .frame = &frame};
	mark(root);
	frame_all(root);
	if (declare_in(&resolver, root) < 0 || visit(&resolver, root) < 0)
		return compiler->failed;
	compiler->expr->root_slots = frame.slots;
	finish_references(compiler->expr);
	return SW_OK;
}
