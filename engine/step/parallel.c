/*
 * "The Parallel State causes parallel execution of branches": each gets the effective input; the result is
 * the array of their outputs, in the order of the branches.
 */
#include "engine/step/internal.h"

static enum sw_result start_branches(struct sw_turn *turn, struct sw_branch *branch)
{
	const struct sw_state *state = branch->state;
	for (uint32_t i = 0; i < state->as.parallel.branches_count; i++) {
		struct sw_branch *child = sw_step_branch_new(turn, branch, &state->as.parallel.branches[i], i,
							     branch->previous_id);
		if (!child)
			return SW_ENOMEM;
		child->input = sw_value_ref(branch->work);
		enum sw_result r = sw_step_branch_start(turn, child);
		if (r < 0)
			return r;
		branch->next_index++;
		branch->running++;
	}
	return SW_OK;
}

enum sw_result sw_step_parallel(struct sw_turn *turn, struct sw_branch *branch)
{
	struct sw_value *input;
	enum sw_result r = sw_step_input(turn, branch, &input);
	if (r < 0)
		return r;
	sw_value_unref(branch->work);
	branch->work = input;
	struct sw_event_writer event = sw_event_next(turn, SW_HISTORY_PARALLEL_STARTED, branch);
	r = sw_event_end(&event);
	if (r < 0)
		return r;
	branch->length = branch->state->as.parallel.branches_count;
	branch->running = branch->finished = branch->next_index = 0;
	sw_step_move(branch, SW_BRANCH_CHILDREN);
	return start_branches(turn, branch);
}

enum sw_result sw_step_parallel_join(struct sw_turn *turn, struct sw_branch *branch)
{
	struct sw_value *result;
	enum sw_result r = sw_step_collect(turn, branch, &result);
	if (r < 0)
		return r;
	/* ...Succeeded and ...Exited both follow the last event of the branch that ended last. */
	struct sw_event_writer event =
		sw_event_after(turn, SW_HISTORY_PARALLEL_SUCCEEDED, branch->previous_id);
	r = sw_event_end(&event);
	if (r == SW_OK) {
		turn->joined_id = event.event->id;
		r = sw_step_leave_joined(turn, branch, result);
	}
	sw_value_unref(result);
	return r;
}
