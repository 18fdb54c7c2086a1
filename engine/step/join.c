/* What Parallel and Map share: children that run, end well, or are dropped, and the array of their outputs.
 */
#include "engine/step/internal.h"

#include "base/assert.h"

/* ---- children that end well --------------------------------------------------------------------------- */

/* All that a DONE branch keeps is its output. */
static void keep_output(struct sw_branch *child, struct sw_value *output)
{
	sw_value_unref(child->input);
	sw_variables_done(&child->variables);
	sw_value_unref(child->work);
	sw_value_unref(child->item);
	sw_free(child->item_key);
	sw_free(child->retrier_counts);
	sw_failure_done(&child->failure);
	child->input = sw_value_ref(output);
	child->work = child->item = NULL;
	child->item_key = NULL;
	child->retrier_counts = NULL;
}

/* Map: ...IterationSucceeded, and the next one. The next event of the Map follows *ret_id. */
static enum sw_result end_iteration(struct sw_turn *turn, struct sw_branch *map,
				    const struct sw_branch *child, uint32_t *ret_id)
{
	struct sw_event_writer event =
		sw_event_after(turn, SW_HISTORY_ITERATION_SUCCEEDED, child->previous_id);
	sw_event_name(&event, SW_FIELD_NAME, map->state->name);
	sw_event_integer(&event, SW_FIELD_INDEX, child->index);
	enum sw_result r = sw_event_end(&event);
	if (r == SW_OK)
		*ret_id = event.event->id;
	return r;
}

enum sw_result sw_step_child_done(struct sw_turn *turn, struct sw_branch *child, struct sw_value *output)
{
	struct sw_branch *parent = sw_execution_branch(turn->execution, child->parent);
	SW_ASSERT(parent && parent->wait == SW_BRANCH_CHILDREN && parent->running > 0);
	bool map = parent->state->type == SW_STATE_MAP;
	uint32_t last_id = child->previous_id;
	enum sw_result r = map ? end_iteration(turn, parent, child, &last_id) : SW_OK;
	if (r < 0)
		return r;
	keep_output(child, output);
	sw_step_move(child, SW_BRANCH_DONE);
	parent->running--;
	parent->finished++;
	sw_branch_touch(parent);
	if (parent->finished == parent->length) {
		/* The join is a transition of its own, so that nested states do not recurse. */
		parent->previous_id = last_id;
		sw_step_ready(turn, parent, SW_PHASE_JOIN);
		return SW_OK;
	}
	/* Recorded: the next MapIterationStarted follows the last event of the iteration that made room. */
	return map ? sw_step_settle(turn, parent, sw_step_map_fill(turn, parent, child->previous_id)) : SW_OK;
}

/* ---- children that are dropped ------------------------------------------------------------------------ */

enum sw_result sw_step_write_aborted(struct sw_turn *turn, const struct sw_branch *branch,
				     uint32_t previous_id)
{
	const struct sw_state_ops *ops = sw_state_ops(branch->state->type);
	bool entered = branch->wait != SW_BRANCH_READY || branch->phase != SW_PHASE_ENTER;
	if (!entered || ops->aborted == 0)
		return SW_OK;
	struct sw_event_writer event = sw_event_after(turn, ops->aborted, previous_id);
	return sw_event_end(&event);
}

static enum sw_result write_iteration_aborted(struct sw_turn *turn, const struct sw_branch *branch,
					      uint32_t previous_id)
{
	const struct sw_branch *parent = sw_execution_branch(turn->execution, branch->parent);
	if (parent->state->type != SW_STATE_MAP)
		return SW_OK;
	struct sw_event_writer event = sw_event_after(turn, SW_HISTORY_ITERATION_ABORTED, previous_id);
	sw_event_name(&event, SW_FIELD_NAME, parent->state->name);
	sw_event_integer(&event, SW_FIELD_INDEX, branch->index);
	return sw_event_end(&event);
}

static enum sw_result drop(struct sw_turn *turn, struct sw_branch *branch, uint32_t previous_id)
{
	enum sw_result r = SW_OK;
	if (branch->wait == SW_BRANCH_DONE || branch->wait == SW_BRANCH_HELD)
		return SW_OK;
	if (branch->wait == SW_BRANCH_TASK)
		r = sw_effects_command(turn->effects, SW_COMMAND_CANCEL, branch->number, branch->attempt);
	if (r == SW_OK)
		r = write_iteration_aborted(turn, branch, previous_id);
	return r < 0 ? r : sw_step_write_aborted(turn, branch, previous_id);
}

/* What is around comes before what is inside: children have greater numbers. */
enum sw_result sw_step_stop_children(struct sw_turn *turn, struct sw_branch *branch, uint32_t failed,
				     uint32_t previous_id)
{
	struct sw_execution *execution = turn->execution;
	sw_execution_unqueue_below(execution, branch->number);
	uint32_t first = sw_execution_place_below(execution, branch->number);
	for (uint32_t i = first; i < execution->branches_count; i++) {
		struct sw_branch *child = execution->branches[i];
		if (!sw_branch_is_below(execution, child, branch->number))
			continue;
		enum sw_result r = child->number == failed ? SW_OK : drop(turn, child, previous_id);
		if (r < 0)
			return r;
		sw_step_hold(child);
	}
	return SW_OK;
}

enum sw_result sw_step_remove_children(struct sw_turn *turn, struct sw_branch *branch)
{
	if (branch->next_index == 0)
		return SW_OK;
	branch->next_index = branch->running = branch->finished = branch->length = 0;
	branch->phase = SW_PHASE_WORK;
	sw_branch_touch(branch);
	return sw_execution_remove_below(turn->execution, branch->number);
}

enum sw_result sw_step_leave_joined(struct sw_turn *turn, struct sw_branch *branch, struct sw_value *result)
{
	const struct sw_state *state = branch->state;
	const struct sw_leaving leaving = {result, state->next, &state->assign, state->output, {0}};
	struct sw_value *output, *assigned;
	/* While the children are there: when it fails they are what a redrive goes on from. */
	enum sw_result r = sw_step_output(turn, branch, &leaving, &output, &assigned);
	if (r < 0)
		return r;
	r = sw_step_remove_children(turn, branch);
	if (r < 0) {
		sw_value_unref(output);
		sw_value_unref(assigned);
		return r;
	}
	return sw_step_exit(turn, branch, leaving.next, output, assigned);
}

/* ---- the array of outputs ----------------------------------------------------------------------------- */

/* Joins the texts: no output is parsed for it. */
enum sw_result sw_step_collect(struct sw_turn *turn, struct sw_branch *branch, struct sw_value **ret_value)
{
	const struct sw_execution *execution = turn->execution;
	struct sw_buf array = SW_BUF;
	struct sw_value *value = NULL;
	enum sw_result r = SW_OK;
	uint32_t index = 0;
	sw_buf_char(&array, '[');
	/* Children are made in the order of their index, and numbers rise. */
	uint32_t first = sw_execution_place_below(execution, branch->number);
	for (uint32_t i = first; index < branch->length && i < execution->branches_count && r == SW_OK; i++) {
		const struct sw_branch *child = execution->branches[i];
		struct sw_slice text;
		if (child->parent != branch->number)
			continue;
		SW_ASSERT(child->wait == SW_BRANCH_DONE && child->index == index);
		if (index++ > 0)
			sw_buf_char(&array, ',');
		r = sw_value_text(child->input, &text);
		if (r == SW_OK)
			sw_buf_append(&array, text.data, text.len);
		if (r == SW_OK && array.len > execution->payload_bytes_max)
			break; /* it is too large whatever follows */
	}
	sw_buf_char(&array, ']');
	if (r == SW_OK)
		r = sw_buf_result(&array);
	if (r == SW_OK) {
		value = sw_value_from_checked(array.data, array.len);
		r = value ? sw_step_check_size(turn, value, branch->state->name) : SW_ENOMEM;
	}
	sw_buf_done(&array);
	if (r < 0)
		sw_value_unref(value);
	else
		*ret_value = value;
	return r;
}
