/*
 * One state alone. The work of Task, Parallel and Map is played; what is around the work is the code that
 * every execution runs, which tells what it sees by sw_turn_see and leaves the state by sw_step_exit.
 */
#include "engine/step/internal.h"

#define SELECTED_BYTES_MAX \
	(1u << 20) /* of all inputs of iterations together; beyond it they are not shown \
		    */

void sw_inspection_see(struct sw_inspection *inspection, enum sw_station station, struct sw_value *value)
{
	/* A state that waits looks at its input again when it goes on. */
	sw_value_unref(inspection->seen[station]);
	inspection->seen[station] = sw_value_ref(value);
}

void sw_inspection_done(struct sw_inspection *inspection)
{
	for (size_t i = 0; i < SW_STATIONS_COUNT; i++)
		sw_value_unref(inspection->seen[i]);
	sw_value_unref(inspection->output);
	sw_value_unref(inspection->variables);
	sw_failure_done(&inspection->failure);
	*inspection = (struct sw_inspection){0};
}

/* ---- Map ---------------------------------------------------------------------------------------------- */

/* A number of the definition, or of a path; *ret_present is false when there is none. */
static enum sw_result find_number(struct sw_turn *turn, struct sw_branch *branch,
				  const struct sw_number_field *field, double *ret_number, bool *ret_present)
{
	struct sw_evaluation evaluation;
	json_t *tree;
	*ret_present = field->present;
	*ret_number = field->literal;
	if (!field->present || !field->expr)
		return SW_OK;
	sw_evaluation_init(&evaluation, turn, branch);
	enum sw_result r = sw_evaluation_input(&evaluation, branch->work);
	if (r == SW_OK)
		r = sw_evaluate_path(&evaluation, field->expr, field->name, &tree);
	sw_evaluation_done(&evaluation);
	if (r < 0)
		return r;
	if (sw_json_is_number(tree))
		*ret_number = sw_json_number(tree);
	else
		r = sw_turn_runtime(turn, "The %s field refers to a value that is not a number: %s",
				    field->name, field->expr->text);
	json_decref(tree);
	return r;
}

static enum sw_result find_tolerance(struct sw_turn *turn, struct sw_branch *branch)
{
	const struct sw_map_fields *map = &branch->state->as.map;
	struct sw_inspection *inspection = turn->inspection;
	double count = 0;
	enum sw_result r =
		find_number(turn, branch, &map->tolerated_count, &count, &inspection->has_tolerated_count);
	if (r < 0)
		return r;
	if (inspection->has_tolerated_count && !(count >= 0 && count <= INT32_MAX))
		return sw_turn_runtime(turn, "ToleratedFailureCount must be a positive integer.");
	inspection->tolerated_count = (int64_t)count;
	r = find_number(turn, branch, &map->tolerated_percentage, &inspection->tolerated_percentage,
			&inspection->has_tolerated_percentage);
	if (r == SW_OK && inspection->has_tolerated_percentage &&
	    !(inspection->tolerated_percentage >= 0 && inspection->tolerated_percentage <= 100))
		r = sw_turn_runtime(turn, "ToleratedFailurePercentage must be between 0 and 100.");
	return r;
}

/* Appends the input of one iteration to list; *ret_bytes grows by its length. */
static enum sw_result select_one(struct sw_turn *turn, struct sw_branch *branch, json_t *list, json_t *item,
				 size_t *ret_bytes)
{
	struct sw_branch *child = sw_branch_new();
	struct sw_slice text = {0};
	const json_t *tree = NULL;
	if (!child)
		return SW_ENOMEM;
	child->parent = branch->number;
	child->index = (uint32_t)json_array_size(list);
	child->item = sw_value_from_tree_new(json_incref(item));
	enum sw_result r = child->item ? sw_step_map_select(turn, branch, child) : SW_ENOMEM;
	if (r == SW_OK)
		r = sw_value_text(child->input, &text);
	if (r == SW_OK)
		r = sw_value_tree(child->input, &tree);
	if (r == SW_OK && json_array_append_new(list, json_incref((json_t *)tree)) < 0)
		r = SW_ENOMEM;
	*ret_bytes += text.len + 1;
	sw_branch_free(child);
	return r;
}

/* What ItemSelector makes of the items. */
static enum sw_result select_items(struct sw_turn *turn, struct sw_branch *branch)
{
	const json_t *items;
	size_t bytes = 0;
	if (!branch->state->as.map.item_selector)
		return SW_OK;
	enum sw_result r = sw_value_tree(branch->items, &items);
	json_t *list = json_array();
	if (!list)
		return SW_ENOMEM;
	for (size_t i = 0; i < json_array_size(items) && r == SW_OK && bytes <= SELECTED_BYTES_MAX; i++)
		r = select_one(turn, branch, list, json_array_get(items, i), &bytes);
	if (r < 0 || bytes > SELECTED_BYTES_MAX) {
		json_decref(list);
		return r;
	}
	struct sw_value *selected = sw_value_from_tree_new(list);
	if (!selected)
		return SW_ENOMEM;
	sw_turn_see(turn, SW_STATION_ITEM_SELECTOR, selected);
	sw_value_unref(selected);
	return SW_OK;
}

/* A Map that names no tolerance is not held to one (recorded: test_state/map_state_failure_count_*). */
static bool exceeds_tolerance(const struct sw_inspection *inspection, size_t length)
{
	uint32_t failures = inspection->trial->failures;
	if (inspection->has_tolerated_count && failures > inspection->tolerated_count)
		return true;
	return inspection->has_tolerated_percentage && length > 0 &&
	       (double)failures * 100 > inspection->tolerated_percentage * (double)length;
}

static enum sw_result check_failures(struct sw_turn *turn, struct sw_branch *branch)
{
	const struct sw_trial *trial = turn->inspection->trial;
	const json_t *tree;
	size_t length = branch->length;
	if (!trial->counts_failures || !trial->result)
		return SW_OK;
	enum sw_result r = sw_value_tree(trial->result, &tree);
	if (r == SW_OK && !turn->inspection->has_length && json_is_array(tree))
		length = json_array_size(tree);
	if (r == SW_OK && exceeds_tolerance(turn->inspection, length))
		r = sw_turn_throw(turn, SW_THROWN_BY_WORK, "States.ExceedToleratedFailureThreshold",
				  "The specified tolerated failure threshold was exceeded");
	return r;
}

static enum sw_result prepare_map(struct sw_turn *turn, struct sw_branch *branch)
{
	enum sw_result r = sw_step_map_prepare(turn, branch);
	if (r == SW_OK && turn->inspection->trial->items_pointed)
		sw_turn_see(turn, SW_STATION_ITEMS_POINTER, branch->items);
	if (r == SW_OK)
		r = select_items(turn, branch);
	if (r == SW_OK)
		r = find_tolerance(turn, branch);
	if (r < 0)
		return r;
	turn->inspection->has_length = !branch->state->as.map.item_reader || turn->inspection->trial->items;
	turn->inspection->length = branch->length;
	return check_failures(turn, branch);
}

/* ---- the work ----------------------------------------------------------------------------------------- */

/* How the trial says that the work ends. */
static enum sw_result end_work(struct sw_turn *turn, struct sw_branch *branch)
{
	const struct sw_trial *trial = turn->inspection->trial;
	if (!trial->result)
		return sw_turn_throw(turn, SW_THROWN_BY_WORK, trial->error, trial->cause);
	enum sw_result r = sw_step_check_size(turn, trial->result, branch->state->name);
	return r < 0 ? r : sw_step_leave_with(turn, branch, trial->result);
}

/* A task is scheduled as ever, and its attempt ends at once. */
static enum sw_result play_task(struct sw_turn *turn, struct sw_branch *branch)
{
	const struct sw_trial *trial = turn->inspection->trial;
	enum sw_result r = sw_step_task(turn, branch);
	if (r < 0)
		return r;
	struct sw_event event = *turn->event;
	event.kind = trial->result ? SW_EVENT_TASK_SUCCEEDED : SW_EVENT_TASK_FAILED;
	event.output = trial->result;
	event.error = trial->error;
	event.cause = trial->cause;
	const struct sw_event *outer = turn->event;
	turn->event = &event;
	r = sw_step_task_event(turn, branch);
	turn->event = outer;
	return r;
}

static enum sw_result play(struct sw_turn *turn, struct sw_branch *branch)
{
	struct sw_value *input;
	enum sw_result r;
	switch (branch->state->type) {
	case SW_STATE_TASK:
		return play_task(turn, branch);
	case SW_STATE_PARALLEL:
		r = sw_step_input(turn, branch, &input);
		if (r < 0)
			return r;
		sw_value_unref(input);
		return end_work(turn, branch);
	case SW_STATE_MAP:
		r = prepare_map(turn, branch);
		return r < 0 ? r : end_work(turn, branch);
	case SW_STATE_WAIT:
		/* Nobody waits in a test. */
		r = sw_step_wait(turn, branch);
		return r == SW_OK && branch->wait == SW_BRANCH_TIMER ? sw_step_wait_due(turn, branch) : r;
	default:
		return sw_state_ops(branch->state->type)->work(turn, branch);
	}
}

/* "The number of retry attempts that have occurred for the state's Retry that applies to the error." */
static enum sw_result count_retries(struct sw_branch *branch, uint32_t retry_count)
{
	uint32_t count = branch->state->retriers_count;
	branch->retry_count = retry_count;
	if (count == 0)
		return SW_OK;
	branch->retrier_counts = sw_zalloc_array(count, sizeof(uint32_t));
	if (!branch->retrier_counts)
		return SW_ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		branch->retrier_counts[i] = retry_count;
	return SW_OK;
}

/*
 * "When testing states within Map or Parallel states, errors propagate to parent state error handlers just as
 * they would in a real execution." Not out of a distributed Map: its iterations fail by themselves.
 */
enum sw_result sw_inspection_go_up(struct sw_turn *turn, struct sw_branch *branch, bool *ret_gone)
{
	const struct sw_state *owner = branch->state->flow->owner;
	*ret_gone = owner && !(owner->type == SW_STATE_MAP && owner->as.map.distributed);
	if (!*ret_gone)
		return SW_OK;
	sw_value_unref(branch->item);
	sw_free(branch->retrier_counts);
	branch->item = NULL;
	branch->retrier_counts = NULL;
	branch->state = owner;
	return count_retries(branch, turn->inspection->trial->retry_count);
}

static enum sw_result take_variables(struct sw_value *object, struct sw_variables *ret_variables)
{
	const struct sw_variables none = {0};
	const json_t *tree;
	enum sw_result r = sw_value_tree(object, &tree);
	return r < 0 ? r : sw_variables_merge(&none, tree, ret_variables);
}

static enum sw_result approach(struct sw_turn *turn, const struct sw_trial *trial,
			       struct sw_branch **ret_branch)
{
	struct sw_flow flow = {.start = trial->state};
	struct sw_branch *branch = sw_step_branch_new(turn, NULL, &flow, 0, 0);
	if (!branch)
		return SW_ENOMEM;
	branch->phase = SW_PHASE_WORK;
	branch->entered_ms = turn->event->now_ms;
	branch->input = sw_value_ref(trial->input);
	branch->item = trial->item ? sw_value_ref(trial->item) : NULL;
	enum sw_result r = count_retries(branch, trial->retry_count);
	if (r == SW_OK && trial->variables)
		r = take_variables(trial->variables, &branch->variables);
	if (r < 0) {
		sw_branch_free(branch);
		return r;
	}
	*ret_branch = branch;
	return sw_execution_add(turn->execution, branch);
}

enum sw_result sw_step_inspect(struct sw_execution *execution, const struct sw_trial *trial, int64_t now_ms,
			       uint64_t seed, struct sw_inspection *inspection)
{
	struct sw_event event = {.kind = SW_EVENT_CONTINUE, .now_ms = now_ms, .seed = seed};
	struct sw_effects effects = {0};
	struct sw_branch *branch = NULL;
	struct sw_turn turn = {
		.execution = execution,
		.event = &event,
		.effects = &effects,
		.rng = sw_rng(seed),
		.inspection = inspection,
	};
	*inspection = (struct sw_inspection){.trial = trial};
	execution->start_ms = now_ms;
	enum sw_result r = approach(&turn, trial, &branch);
	if (r == SW_OK)
		r = sw_step_settle(&turn, branch, play(&turn, branch));
	if (r == SW_OK)
		r = sw_variables_object(&branch->variables, &inspection->variables);
	sw_failure_done(&turn.failure);
	sw_effects_done(&effects);
	return r;
}
