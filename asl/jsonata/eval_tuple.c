/* Streams of tuples (@, #, %), sorting and grouping. */
#include "asl/jsonata/tree.h"

/* ---- tuples --------------------------------------------------------------------------------------------- */

/* Room for what a step and its stages may add. */
static struct sw_jn_tuple *tuple_new(struct sw_jn_run *run, const struct sw_jn_tuple *from, uint32_t more)
{
	uint32_t count = from ? from->count : 0;
	struct sw_jn_tuple *tuple =
		sw_jn_alloc(run, sizeof(*tuple) + ((size_t)count + more) * sizeof(tuple->bound[0]));
	if (tuple && from)
		memcpy(tuple, from, sizeof(*from) + count * sizeof(from->bound[0]));
	return tuple;
}

static void put(struct sw_jn_tuple *tuple, uint32_t name, struct sw_jn_value value)
{
	uint32_t i = 0;
	while (i < tuple->count && tuple->bound[i].name != name)
		i++;
	tuple->bound[i] = (struct sw_jn_bound){.name = name, .value = value};
	if (i == tuple->count)
		tuple->count++;
}

void sw_jn_tuple_set(struct sw_jn_value tuple, uint32_t name, struct sw_jn_value value)
{
	put((struct sw_jn_tuple *)(void *)tuple.object, name, value);
}

static struct sw_jn_value tuple_value(const struct sw_jn_tuple *tuple)
{
	return (struct sw_jn_value){
		.kind = SW_JN_OBJECT, .form = SW_JN_FORM_TUPLE, .object = (const void *)tuple};
}

struct sw_jn_frame *sw_jn_tuple_frame(struct sw_jn_run *run, struct sw_jn_frame *parent, uint32_t slots,
				      struct sw_jn_value item, struct sw_jn_value *ret_item)
{
	struct sw_jn_frame *frame = sw_jn_frame_new(run, parent, slots);
	if (!frame)
		return NULL;
	frame->tuple = sw_jn_tuple_of(item);
	*ret_item = frame->tuple ? frame->tuple->item : item;
	return frame;
}

enum sw_result sw_jn_stream_items(struct sw_jn_run *run, struct sw_jn_value stream,
				  struct sw_jn_value *ret_array)
{
	struct sw_jn_list list = {0};
	for (uint32_t i = 0; i < stream.len; i++) {
		struct sw_jn_value item = sw_jn_array_at(stream, i);
		const struct sw_jn_tuple *tuple = sw_jn_tuple_of(item);
		if (sw_jn_list_push(run, &list, tuple ? tuple->item : item) < 0)
			return run->failed;
	}
	*ret_array = sw_jn_list_array(&list, SW_JN_SEQUENCE);
	return SW_OK;
}

/* One result of a step for a tuple, as the next tuple. */
static enum sw_result next_tuple(struct sw_jn_run *run, const struct sw_jn_node *step,
				 const struct sw_jn_tuple *from, struct sw_jn_value result, uint32_t index,
				 struct sw_jn_list *stream)
{
	const struct sw_jn_tuple *inner = sw_jn_tuple_of(result);
	struct sw_jn_tuple *made = tuple_new(run, from, 3 + step->stages.count + (inner ? inner->count : 0));
	if (!made)
		return run->failed;
	if (inner) {
		made->item = inner->item;
		for (uint32_t i = 0; i < inner->count; i++)
			put(made, inner->bound[i].name, inner->bound[i].value);
		return sw_jn_list_push(run, stream, tuple_value(made));
	}
	if (step->focus)
		put(made, step->focus, result);
	else
		made->item = result;
	if (step->index)
		put(made, step->index, sw_jn_number(index));
	if (step->ancestor)
		put(made, SW_JN_LABEL | step->ancestor->label, from->item);
	return sw_jn_list_push(run, stream, tuple_value(made));
}

/* A step for one tuple. */
static enum sw_result map_tuple(struct sw_jn_run *run, const struct sw_jn_node *step,
				const struct sw_jn_tuple *tuple, struct sw_jn_frame *frame,
				struct sw_jn_list *stream)
{
	struct sw_jn_frame *own = sw_jn_frame_new(run, frame, step->tuple_slots);
	struct sw_jn_value result;
	if (!own)
		return run->failed;
	own->tuple = tuple;
	if (sw_jn_eval_stream(run, step, tuple->item, own, &result) < 0)
		return run->failed;
	if (!step->closure)
		sw_jn_frame_free(run, own);
	if (result.kind == SW_JN_UNDEFINED)
		return SW_OK;
	if (result.kind != SW_JN_ARRAY)
		return next_tuple(run, step, tuple, result, 0, stream);
	if (sw_jn_steps(run, result.len) < 0)
		return run->failed;
	for (uint32_t i = 0; i < result.len; i++)
		if (next_tuple(run, step, tuple, sw_jn_array_at(result, i), i, stream) < 0)
			return run->failed;
	return SW_OK;
}

/* Items that have just been sorted, with their numbers. */
static enum sw_result number_sorted(struct sw_jn_run *run, const struct sw_jn_node *step,
				    struct sw_jn_value sorted, struct sw_jn_list *stream)
{
	for (uint32_t i = 0; i < sorted.len; i++) {
		struct sw_jn_tuple *tuple = tuple_new(run, NULL, 3 + step->stages.count);
		if (!tuple)
			return run->failed;
		tuple->item = sw_jn_array_at(sorted, i);
		if (step->index)
			put(tuple, step->index, sw_jn_number(i));
		if (sw_jn_list_push(run, stream, tuple_value(tuple)) < 0)
			return run->failed;
	}
	return SW_OK;
}

static enum sw_result sort_step(struct sw_jn_run *run, const struct sw_jn_node *step,
				struct sw_jn_value input, bool stream, struct sw_jn_frame *frame,
				struct sw_jn_value *ret_stream)
{
	struct sw_jn_list list = {0};
	if (sw_jn_eval_sort(run, step, input, frame, ret_stream) < 0)
		return run->failed;
	if (!stream) {
		if (number_sorted(run, step, *ret_stream, &list) < 0)
			return run->failed;
		*ret_stream = sw_jn_list_array(&list, SW_JN_SEQUENCE);
	}
	ret_stream->flags |= SW_JN_TUPLES;
	return sw_jn_eval_stages(run, &step->stages, ret_stream, frame);
}

enum sw_result sw_jn_eval_tuple_step(struct sw_jn_run *run, const struct sw_jn_node *step,
				     struct sw_jn_value input, bool stream, struct sw_jn_frame *frame,
				     struct sw_jn_value *ret_stream)
{
	struct sw_jn_list list = {0};
	if (step->kind == SW_JN_NODE_SORT)
		return sort_step(run, step, input, stream, frame, ret_stream);
	for (uint32_t i = 0; i < input.len; i++) {
		struct sw_jn_value item = sw_jn_array_at(input, i);
		const struct sw_jn_tuple *tuple = sw_jn_tuple_of(item);
		if (!tuple) {
			struct sw_jn_tuple *made = tuple_new(run, NULL, 0);
			if (!made)
				return run->failed;
			made->item = item;
			tuple = made;
		}
		if (map_tuple(run, step, tuple, frame, &list) < 0)
			return run->failed;
	}
	*ret_stream = sw_jn_list_array(&list, SW_JN_SEQUENCE | SW_JN_TUPLES);
	return sw_jn_eval_stages(run, &step->stages, ret_stream, frame);
}

/* ---- sorting -------------------------------------------------------------------------------------------- */

struct sorting {
	struct sw_jn_run *run;
	const struct sw_jn_node *node;
	struct sw_jn_frame *frame;
	struct sw_jn_value input,
		*keys; /* keys: of item i, term t at i * terms + t; unbound: not needed yet */
};

static enum sw_result key_of(struct sorting *sorting, uint32_t item, uint32_t term,
			     struct sw_jn_value *ret_key)
{
	struct sw_jn_run *run = sorting->run;
	struct sw_jn_value *key = &sorting->keys[(size_t)item * sorting->node->items.count + term];
	struct sw_jn_value context = sw_jn_array_at(sorting->input, item);
	struct sw_jn_frame *frame = sorting->frame;
	if (key->kind == SW_JN_KIND_UNBOUND) {
		if (sorting->node->own_frame &&
		    !(frame = sw_jn_tuple_frame(run, frame, sorting->node->frame_slots, context, &context)))
			return run->failed;
		if (sw_jn_eval(run, sorting->node->items.items[term]->lhs, context, frame, key) < 0)
			return run->failed;
	}
	*ret_key = *key;
	return SW_OK;
}

static bool sortable(struct sw_jn_value key)
{
	return key.kind == SW_JN_STRING || key.kind == SW_JN_NUMBER;
}

/* -1, 0, 1; undefined keys come last. */
static enum sw_result compare_keys(struct sorting *sorting, struct sw_jn_value a, struct sw_jn_value b,
				   bool descending, int *ret_order)
{
	struct sw_jn_run *run = sorting->run;
	if (a.kind == SW_JN_UNDEFINED || b.kind == SW_JN_UNDEFINED) {
		*ret_order = (a.kind == SW_JN_UNDEFINED) - (b.kind == SW_JN_UNDEFINED);
		return SW_OK;
	}
	if (!sortable(a) || !sortable(b))
		sw_jn_fail(run, "T2008", sortable(a) ? b : a);
	else if (a.kind != b.kind)
		sw_jn_fail_pair(run, "T2007", a, b);
	if (run->failed < 0) {
		sw_jn_blame(run, sorting->node, NULL, 0);
		return run->failed;
	}
	int order = a.kind == SW_JN_NUMBER ? (a.number > b.number) - (a.number < b.number)
					   : sw_jn_string_compare(a, b);
	*ret_order = descending ? -order : order;
	return SW_OK;
}

/* Does item a belong behind item b? */
static enum sw_result behind(struct sorting *sorting, uint32_t a, uint32_t b, bool *ret_behind)
{
	int order = 0;
	for (uint32_t term = 0; order == 0 && term < sorting->node->items.count; term++) {
		struct sw_jn_value left, right;
		if (key_of(sorting, a, term, &left) < 0 || key_of(sorting, b, term, &right) < 0 ||
		    compare_keys(sorting, left, right, sorting->node->items.items[term]->descending, &order) <
			    0)
			return sorting->run->failed;
	}
	*ret_behind = order > 0;
	return SW_OK;
}

/* Merge sort, halves and comparisons in the order of the reference implementation. */
static enum sw_result merge_sort(struct sorting *sorting, uint32_t *items, uint32_t count, uint32_t *spare)
{
	uint32_t middle = count / 2, left = 0, right = middle, at = 0;
	bool swap = false;
	if (count <= 1)
		return SW_OK;
	if (merge_sort(sorting, items, middle, spare) < 0 ||
	    merge_sort(sorting, items + middle, count - middle, spare) < 0)
		return sorting->run->failed;
	while (left < middle && right < count) {
		if (behind(sorting, items[left], items[right], &swap) < 0)
			return sorting->run->failed;
		spare[at++] = swap ? items[right++] : items[left++];
	}
	while (left < middle)
		spare[at++] = items[left++];
	memcpy(items, spare, at * sizeof(*items));
	return sw_jn_steps(sorting->run, count);
}

enum sw_result sw_jn_eval_sort(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			       struct sw_jn_frame *frame, struct sw_jn_value *ret_value)
{
	struct sorting sorting = {.run = run, .node = node, .frame = frame, .input = input};
	uint64_t keys = (uint64_t)input.len * node->items.count;
	*ret_value = input;
	if (input.len <= 1)
		return SW_OK;
	if (sw_jn_steps(run, keys) < 0)
		return run->failed;
	uint32_t *items = sw_jn_alloc(run, 2 * (size_t)input.len * sizeof(*items));
	struct sw_jn_value *sorted = sw_jn_alloc(run, input.len * sizeof(*sorted));
	sorting.keys = sw_jn_alloc(run, keys * sizeof(*sorting.keys));
	if (!items || !sorted || !sorting.keys)
		return run->failed;
	for (uint64_t i = 0; i < keys; i++)
		sorting.keys[i].kind = SW_JN_KIND_UNBOUND;
	for (uint32_t i = 0; i < input.len; i++)
		items[i] = i;
	if (merge_sort(&sorting, items, input.len, items + input.len) < 0)
		return run->failed;
	for (uint32_t i = 0; i < input.len; i++)
		sorted[i] = sw_jn_array_at(input, items[i]);
	*ret_value = sw_jn_array(sorted, input.len, input.flags & SW_JN_TUPLES);
	return SW_OK;
}

/* ---- grouping ------------------------------------------------------------------------------------------- */

struct entry {
	uint32_t pair, items_count;
	struct sw_jn_value key, first;
	struct sw_jn_list items; /* once there are more than the first */
};

struct grouping {
	struct sw_jn_run *run;
	const struct sw_jn_group_by *group;
	struct sw_jn_frame *frame;
	struct sw_jn_object *index; /* key -> number of its entry */
	struct entry *entries;
	uint32_t count, capacity;
};

static enum sw_result fail_key(struct grouping *grouping, const char *code, struct sw_jn_value key)
{
	const struct sw_jn_node place = {.position = grouping->group->position, .at = grouping->group->at};
	sw_jn_fail(grouping->run, code, key);
	sw_jn_blame(grouping->run, &place, NULL, 0);
	return grouping->run->failed;
}

static enum sw_result new_entry(struct grouping *grouping, struct sw_jn_value key, uint32_t pair,
				struct sw_jn_value item)
{
	struct sw_jn_run *run = grouping->run;
	if (grouping->count == grouping->capacity) {
		uint32_t capacity = grouping->capacity ? grouping->capacity * 2 : 8;
		struct entry *entries = sw_jn_alloc(run, capacity * sizeof(*entries));
		if (!entries)
			return run->failed;
		if (grouping->count)
			memcpy(entries, grouping->entries, grouping->count * sizeof(*entries));
		grouping->entries = entries;
		grouping->capacity = capacity;
	}
	grouping->entries[grouping->count] =
		(struct entry){.pair = pair, .key = key, .first = item, .items_count = 1};
	return sw_jn_object_put(run, grouping->index, key.text, key.len, sw_jn_number(grouping->count++));
}

/* Another item of a group: $append to what it has. */
static enum sw_result add_item(struct sw_jn_run *run, struct entry *entry, struct sw_jn_value item)
{
	if (entry->items_count == 1 && sw_jn_list_append(run, &entry->items, entry->first) < 0)
		return run->failed;
	entry->items_count = 2;
	return sw_jn_list_append(run, &entry->items, item);
}

static enum sw_result add_pair(struct grouping *grouping, uint32_t pair, struct sw_jn_value context,
			       struct sw_jn_value item, struct sw_jn_frame *frame)
{
	struct sw_jn_run *run = grouping->run;
	struct sw_jn_value key, found;
	if (sw_jn_eval(run, grouping->group->pairs.items[pair], context, frame, &key) < 0)
		return run->failed;
	if (key.kind == SW_JN_UNDEFINED)
		return SW_OK;
	if (key.kind != SW_JN_STRING)
		return fail_key(grouping, "T1003", key);
	if (sw_jn_is_string(key, "_jsonata_lambda") || sw_jn_is_string(key, "_jsonata_function"))
		return fail_key(grouping, "D1013", key);
	found = sw_jn_object_get(sw_jn_object(grouping->index), key.text, key.len);
	if (found.kind == SW_JN_UNDEFINED)
		return new_entry(grouping, key, pair, item);
	struct entry *entry = &grouping->entries[(uint32_t)found.number];
	return entry->pair == pair ? add_item(run, entry, item) : fail_key(grouping, "D1009", key);
}

static enum sw_result add_all(struct grouping *grouping, struct sw_jn_value item)
{
	struct sw_jn_run *run = grouping->run;
	struct sw_jn_frame *frame = grouping->frame;
	struct sw_jn_value context = item;
	if (grouping->group->framed &&
	    !(frame = sw_jn_tuple_frame(run, frame, grouping->group->slots, item, &context)))
		return run->failed;
	for (uint32_t pair = 0; pair < grouping->group->pairs.count; pair += 2)
		if (add_pair(grouping, pair, context, item, frame) < 0)
			return run->failed;
	return SW_OK;
}

enum sw_result sw_jn_tuples_reduce(struct sw_jn_run *run, struct sw_jn_value tuples,
				   struct sw_jn_value *ret_tuple)
{
	const struct sw_jn_tuple *first = tuples.len ? sw_jn_tuple_of(sw_jn_array_at(tuples, 0)) : NULL;
	*ret_tuple = tuples;
	if (!first)
		return SW_OK;
	struct sw_jn_list items = {0};
	struct sw_jn_tuple *made = tuple_new(run, first, 0);
	struct sw_jn_list *lists = sw_jn_alloc(run, (size_t)(first->count + 1) * sizeof(*lists));
	if (!made || !lists)
		return run->failed;
	for (uint32_t i = 0; i < tuples.len; i++) {
		const struct sw_jn_tuple *tuple = sw_jn_tuple_of(sw_jn_array_at(tuples, i));
		if (!tuple || sw_jn_list_append(run, &items, tuple->item) < 0)
			return run->failed;
		for (uint32_t at = 0; at < tuple->count; at++)
			for (uint32_t to = 0; to < first->count; to++)
				if (first->bound[to].name == tuple->bound[at].name &&
				    sw_jn_list_append(run, &lists[to], tuple->bound[at].value) < 0)
					return run->failed;
	}
	made->item = sw_jn_list_array(&items, 0);
	for (uint32_t to = 0; to < first->count; to++)
		made->bound[to].value = sw_jn_list_array(&lists[to], 0);
	*ret_tuple = tuple_value(made);
	return SW_OK;
}

/* The value of a group, put into the object. */
static enum sw_result finish(struct grouping *grouping, struct entry *entry, struct sw_jn_object *object)
{
	struct sw_jn_run *run = grouping->run;
	struct sw_jn_frame *frame = grouping->frame;
	struct sw_jn_value context = entry->first, value;
	if (entry->items_count > 1)
		context = sw_jn_list_array(&entry->items, 0);
	if (grouping->group->framed) {
		if (context.kind == SW_JN_ARRAY && sw_jn_tuples_reduce(run, context, &context) < 0)
			return run->failed;
		frame = sw_jn_tuple_frame(run, frame, grouping->group->slots, context, &context);
		if (!frame)
			return run->failed;
	}
	if (sw_jn_eval(run, grouping->group->pairs.items[entry->pair + 1], context, frame, &value) < 0)
		return run->failed;
	return sw_jn_object_put(run, object, entry->key.text, entry->key.len, value);
}

/* One item, and keys that are known and differ: an object constructor. */
static enum sw_result construct(struct sw_jn_run *run, const struct sw_jn_group_by *group,
				struct sw_jn_value item, struct sw_jn_frame *frame,
				struct sw_jn_value *ret_value)
{
	struct sw_jn_object *object = sw_jn_object_new(run, group->pairs.count / 2);
	struct sw_jn_value value;
	if (!object)
		return run->failed;
	for (uint32_t i = 0; i < group->pairs.count; i += 2) {
		struct sw_jn_value key = group->pairs.items[i]->value;
		if (sw_jn_eval(run, group->pairs.items[i + 1], item, frame, &value) < 0 ||
		    sw_jn_object_put(run, object, key.text, key.len, value) < 0)
			return run->failed;
	}
	*ret_value = sw_jn_object(object);
	return SW_OK;
}

enum sw_result sw_jn_eval_group(struct sw_jn_run *run, const struct sw_jn_group_by *group,
				struct sw_jn_value input, struct sw_jn_frame *frame,
				struct sw_jn_value *ret_value)
{
	struct grouping grouping = {.run = run, .group = group, .frame = frame};
	bool array = input.kind == SW_JN_ARRAY, tuples = array && input.flags & SW_JN_TUPLES;
	if (group->plain && !group->framed && (!array || input.len == 0))
		return construct(run, group, array ? SW_JN_UNDEFINED_VALUE : input, frame, ret_value);
	if (group->plain && !group->framed && input.len == 1)
		return construct(run, group, sw_jn_array_at(input, 0), frame, ret_value);
	struct sw_jn_object *object = sw_jn_object_new(run, 0);
	grouping.index = sw_jn_object_new(run, 0);
	if (!object || !grouping.index)
		return run->failed;
	if (!array || (input.len == 0 && !tuples)) {
		if (add_all(&grouping, array ? SW_JN_UNDEFINED_VALUE : input) < 0)
			return run->failed;
	} else {
		if (sw_jn_steps(run, input.len) < 0)
			return run->failed;
		for (uint32_t i = 0; i < input.len; i++)
			if (add_all(&grouping, sw_jn_array_at(input, i)) < 0)
				return run->failed;
	}
	for (uint32_t i = 0; i < grouping.count; i++)
		if (finish(&grouping, &grouping.entries[i], object) < 0)
			return run->failed;
	*ret_value = sw_jn_object(object);
	return SW_OK;
}
