/*
 * "The Map State ... processes the elements of an array", inline: one branch of the execution for each
 * element, at most MaxConcurrency at once, started one by one as there is room. Their outputs stay with them
 * until the join.
 */
#include "engine/step/internal.h"

#include "base/assert.h"

/* ---- iterations --------------------------------------------------------------------------------------- */

static enum sw_result write_iteration_started(struct sw_turn *turn, const struct sw_branch *branch,
					      struct sw_branch *child)
{
	struct sw_event_writer event = sw_event_next(turn, SW_HISTORY_ITERATION_STARTED, child);
	sw_event_name(&event, SW_FIELD_NAME, branch->state->name);
	sw_event_integer(&event, SW_FIELD_INDEX, child->index);
	return sw_event_end(&event);
}

/* ItemSelector sees the Map's own state and input, and the item by $$.Map.Item. */
enum sw_result sw_step_map_select(struct sw_turn *turn, struct sw_branch *branch, struct sw_branch *child)
{
	const struct sw_template *selector = branch->state->as.map.item_selector;
	struct sw_evaluation evaluation;
	if (!selector) {
		child->input = sw_value_ref(child->item);
		return SW_OK;
	}
	sw_evaluation_init(&evaluation, turn, branch);
	evaluation.iteration = child;
	enum sw_result r = sw_evaluation_input(&evaluation, branch->work);
	if (r == SW_OK)
		r = sw_evaluate_template(&evaluation, selector, "ItemSelector", &child->input);
	sw_evaluation_done(&evaluation);
	return r < 0 ? r : sw_step_check_size(turn, child->input, branch->state->name);
}

static enum sw_result start_iteration(struct sw_turn *turn, struct sw_branch *branch, uint32_t previous_id)
{
	const json_t *items;
	enum sw_result r = sw_value_tree(branch->items, &items);
	if (r < 0)
		return r;
	json_t *item = json_array_get(items, branch->next_index);
	if (!item)
		return SW_ECORRUPT; /* the record of the branch counts more than there are */
	struct sw_branch *child = sw_step_branch_new(turn, branch, &branch->state->as.map.processor,
						     branch->next_index, previous_id);
	if (!child)
		return SW_ENOMEM;
	child->item = sw_value_from_tree_new(json_incref(item));
	r = child->item ? sw_step_map_select(turn, branch, child) : SW_ENOMEM;
	if (r == SW_OK)
		r = write_iteration_started(turn, branch, child);
	if (r < 0) {
		sw_branch_free(child);
		return r;
	}
	branch->next_index++;
	branch->running++;
	sw_branch_touch(branch);
	return sw_step_branch_start(turn, child);
}

enum sw_result sw_step_map_fill(struct sw_turn *turn, struct sw_branch *branch, uint32_t previous_id)
{
	enum sw_result r = SW_OK;
	while (r == SW_OK && branch->running < branch->concurrency_max && branch->next_index < branch->length)
		r = start_iteration(turn, branch, previous_id);
	return r;
}

/* ---- the state ---------------------------------------------------------------------------------------- */

/* As failure texts name it: a path into the context object is told like one into the input (recorded:
 * test_state/state_map_context_object_execution_input). */
static const char *shown_path(const struct sw_path_field *path)
{
	const char *text = path->mode == SW_PATH_EXPR ? path->expr->text : "$";
	return text[0] == '$' && text[1] == '$' ? text + 1 : text;
}

/* What is to be processed is no array. */
static enum sw_result refuse_items(struct sw_evaluation *evaluation, const json_t *tree)
{
	const struct sw_map_fields *map = &evaluation->branch->state->as.map;
	if (!sw_evaluation_is_jsonata(evaluation))
		return sw_turn_runtime(evaluation->turn, "Reference path \"%s\" must point to array.",
				       shown_path(&map->items_path));
	const struct sw_expr *expr = map->items ? sw_template_expression(map->items) : NULL;
	if (expr)
		return sw_failure_unexpected(&evaluation->turn->failure, expr, "Items", "array", tree);
	/* Recorded: scenarios/map_state_items_input_types_*. */
	struct sw_buf shown = SW_BUF;
	enum sw_result r = sw_json_print(tree, &shown, SW_CAUSE_BYTES_MAX);
	if (r == SW_OK || r == SW_ELIMIT)
		r = sw_turn_query(evaluation->turn, NULL, "Map state input must be an array but was: %s",
				  shown.data);
	sw_buf_done(&shown);
	return r;
}

/* *ret_items is new: an array. */
static enum sw_result find_items(struct sw_evaluation *evaluation, struct sw_value *input,
				 struct sw_value **ret_items)
{
	const struct sw_map_fields *map = &evaluation->branch->state->as.map;
	const json_t *tree;
	struct sw_value *items;
	enum sw_result r;
	if (map->items) {
		r = sw_evaluation_input(evaluation, input);
		if (r == SW_OK)
			r = sw_evaluate_template(evaluation, map->items, "Items", &items);
	} else {
		r = sw_evaluate_field(evaluation, &map->items_path, input, &items);
	}
	if (r < 0)
		return r;
	r = sw_value_tree(items, &tree);
	if (r == SW_OK && !json_is_array(tree))
		r = refuse_items(evaluation, tree);
	if (r == SW_OK && json_array_size(tree) > UINT32_MAX / 2)
		r = sw_turn_runtime(evaluation->turn, "The array has too many items.");
	if (r < 0) {
		sw_value_unref(items);
		return r;
	}
	sw_turn_see(evaluation->turn, SW_STATION_ITEMS_PATH, items);
	*ret_items = items;
	return SW_OK;
}

/* What an ItemReader has read in a test, if that is known. */
static enum sw_result take_read_items(const struct sw_turn *turn, struct sw_value **ret_items)
{
	const struct sw_inspection *inspection = turn->inspection;
	*ret_items = inspection && inspection->trial->items ? sw_value_ref(inspection->trial->items)
							    : sw_value_from_checked("[]", 2);
	return *ret_items ? SW_OK : SW_ENOMEM;
}

static enum sw_result find_concurrency(struct sw_evaluation *evaluation, struct sw_value *input,
				       uint32_t *ret_concurrency)
{
	const struct sw_number_field *field = &evaluation->branch->state->as.map.concurrency_max;
	int64_t number = 0;
	enum sw_result r = SW_OK;
	if (field->present && field->expr)
		r = sw_evaluation_input(evaluation, input);
	if (r == SW_OK && field->present)
		r = sw_evaluate_integer(evaluation, field, &number);
	if (r == SW_OK && number < 0 && sw_evaluation_is_jsonata(evaluation))
		r = sw_turn_query(evaluation->turn, field->name, "MaxConcurrency cannot be negative.");
	else if (r == SW_OK && number < 0)
		r = sw_turn_runtime(evaluation->turn, "MaxConcurrency cannot be negative.");
	if (r < 0)
		return r;
	if (evaluation->turn->inspection) {
		evaluation->turn->inspection->has_concurrency = true;
		evaluation->turn->inspection->concurrency = number;
	}
	/* "0 ... places no limit": AWS runs about 40 iterations of an inline Map at once. */
	bool own = number > 0 && number < SW_MAP_CONCURRENCY_MAX;
	*ret_concurrency = own ? (uint32_t)number : SW_MAP_CONCURRENCY_MAX;
	return SW_OK;
}

enum sw_result sw_step_map_prepare(struct sw_turn *turn, struct sw_branch *branch)
{
	struct sw_evaluation evaluation;
	struct sw_value *input, *items = NULL;
	const json_t *tree;
	enum sw_result r = sw_step_input(turn, branch, &input);
	if (r < 0)
		return r;
	sw_value_unref(branch->work);
	branch->work = input;
	sw_evaluation_init(&evaluation, turn, branch);
	r = branch->state->as.map.item_reader ? take_read_items(turn, &items)
					      : find_items(&evaluation, input, &items);
	if (r == SW_OK)
		r = find_concurrency(&evaluation, input, &branch->concurrency_max);
	sw_evaluation_done(&evaluation);
	if (r == SW_OK)
		r = sw_value_tree(items, &tree);
	if (r < 0) {
		sw_value_unref(items);
		return r;
	}
	sw_value_unref(branch->items);
	branch->items = items;
	branch->length = (uint32_t)json_array_size(tree);
	return SW_OK;
}

enum sw_result sw_step_map(struct sw_turn *turn, struct sw_branch *branch)
{
	if (branch->state->as.map.distributed)
		return sw_turn_runtime(turn, "Distributed Map is not supported yet: the Mode of its "
					     "ProcessorConfig must be INLINE.");
	enum sw_result r = sw_step_map_prepare(turn, branch);
	if (r < 0)
		return r;
	branch->running = branch->finished = branch->next_index = 0;
	struct sw_event_writer event = sw_event_next(turn, SW_HISTORY_MAP_STARTED, branch);
	sw_event_integer(&event, SW_FIELD_LENGTH, branch->length);
	r = sw_event_end(&event);
	if (r < 0)
		return r;
	sw_step_move(branch, SW_BRANCH_CHILDREN);
	if (branch->length > 0)
		return sw_step_map_fill(turn, branch, branch->previous_id);
	sw_step_ready(turn, branch, SW_PHASE_JOIN);
	return SW_OK;
}

enum sw_result sw_step_map_join(struct sw_turn *turn, struct sw_branch *branch)
{
	struct sw_value *result;
	enum sw_result r = sw_step_collect(turn, branch, &result);
	if (r < 0)
		return r;
	struct sw_event_writer event = sw_event_after(turn, SW_HISTORY_MAP_SUCCEEDED, branch->previous_id);
	r = sw_event_end(&event);
	if (r == SW_OK) {
		turn->joined_id = event.event->id;
		r = sw_step_leave_joined(turn, branch, result);
	}
	sw_value_unref(result);
	return r;
}
