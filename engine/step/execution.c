/* Executions and branches in memory: making, finding, queueing and removing them. */
#include "base/assert.h"
#include "engine/step/internal.h"

#include <string.h>

/* ---- branches ----------------------------------------------------------------------------------------- */

struct sw_branch *sw_branch_new(void)
{
	struct sw_branch *branch = sw_zalloc(sizeof(*branch));
	if (!branch)
		return NULL;
	branch->parent = SW_NO_BRANCH;
	branch->ready_next = SW_NO_BRANCH;
	branch->due_ms = SW_NEVER;
	branch->timeout_due_ms = SW_NEVER;
	branch->heartbeat_due_ms = SW_NEVER;
	branch->stored_due_ms = SW_NEVER;
	return branch;
}

static void link_dirty(struct sw_branch *branch)
{
	struct sw_execution *execution = branch->home;
	branch->dirty_next = NULL;
	branch->dirty_previous = execution->dirty_last;
	if (execution->dirty_last)
		execution->dirty_last->dirty_next = branch;
	else
		execution->dirty_first = branch;
	execution->dirty_last = branch;
}

void sw_branch_touch(struct sw_branch *branch)
{
	if (branch->dirty)
		return;
	branch->dirty = true;
	if (branch->home)
		link_dirty(branch);
}

void sw_branch_clean(struct sw_branch *branch)
{
	struct sw_execution *execution = branch->home;
	if (branch->dirty && execution) {
		if (branch->dirty_previous)
			branch->dirty_previous->dirty_next = branch->dirty_next;
		else
			execution->dirty_first = branch->dirty_next;
		if (branch->dirty_next)
			branch->dirty_next->dirty_previous = branch->dirty_previous;
		else
			execution->dirty_last = branch->dirty_previous;
		branch->dirty_next = branch->dirty_previous = NULL;
	}
	branch->dirty = false;
}

void sw_branch_free(struct sw_branch *branch)
{
	if (!branch)
		return;
	sw_branch_clean(branch);
	sw_value_unref(branch->input);
	sw_value_unref(branch->work);
	sw_variables_done(&branch->variables);
	sw_value_unref(branch->items);
	sw_value_unref(branch->item);
	sw_free(branch->item_key);
	sw_free(branch->retrier_counts);
	sw_failure_done(&branch->failure);
	sw_free(branch);
}

/* ---- executions --------------------------------------------------------------------------------------- */

enum sw_result sw_execution_new(struct sw_machine *machine, uint64_t id, struct sw_execution **ret_execution)
{
	struct sw_execution *execution = sw_zalloc(sizeof(*execution));
	if (!execution)
		return SW_ENOMEM;
	execution->id = id;
	execution->machine = sw_machine_ref(machine);
	execution->status = SW_STATUS_RUNNING;
	execution->timeout_due_ms = SW_NEVER;
	execution->next_event_id = 1;
	execution->history_events_max = SW_HISTORY_EVENTS_MAX;
	execution->payload_bytes_max = SW_PAYLOAD_BYTES_MAX;
	execution->ready_first = SW_NO_BRANCH;
	execution->ready_last = SW_NO_BRANCH;
	*ret_execution = execution;
	return SW_OK;
}

void sw_execution_free(struct sw_execution *execution)
{
	if (!execution)
		return;
	for (uint32_t i = 0; i < execution->branches_count; i++)
		sw_branch_free(execution->branches[i]);
	sw_free(execution->branches);
	sw_free(execution->removed);
	sw_free(execution->mock_counts);
	sw_free(execution->name);
	sw_free(execution->arn);
	sw_free(execution->machine_name);
	sw_free(execution->machine_arn);
	sw_free(execution->machine_alias);
	sw_free(execution->role_arn);
	sw_free(execution->trace_header);
	sw_free(execution->test_case);
	sw_free(execution->region);
	sw_redrive_tokens_done(&execution->redrive_tokens);
	sw_value_unref(execution->input);
	sw_value_unref(execution->output);
	sw_failure_done(&execution->failure);
	sw_machine_unref(execution->machine);
	sw_free(execution);
}

uint32_t sw_execution_place(const struct sw_execution *execution, uint32_t number)
{
	uint32_t low = 0, high = execution->branches_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (execution->branches[middle]->number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct sw_branch *sw_execution_branch(const struct sw_execution *execution, uint32_t number)
{
	uint32_t place = sw_execution_place(execution, number);
	if (place == execution->branches_count || execution->branches[place]->number != number)
		return NULL;
	return execution->branches[place];
}

enum sw_result sw_execution_add(struct sw_execution *execution, struct sw_branch *branch)
{
	uint32_t count = execution->branches_count;
	SW_ASSERT(count == 0 || execution->branches[count - 1]->number < branch->number);
	if (count == execution->branches_capacity) {
		uint32_t capacity = count < 4 ? 4 : count + count / 2;
		struct sw_branch **grown =
			capacity > count ? sw_realloc_array(execution->branches, capacity, sizeof(*grown))
					 : NULL;
		if (!grown) {
			sw_branch_free(branch);
			return SW_ENOMEM;
		}
		execution->branches = grown;
		execution->branches_capacity = capacity;
	}
	execution->branches[execution->branches_count++] = branch;
	branch->home = execution;
	if (branch->dirty)
		link_dirty(branch);
	return SW_OK;
}

/* ---- the queue of ready branches ---------------------------------------------------------------------- */

void sw_execution_enqueue(struct sw_execution *execution, struct sw_branch *branch)
{
	if (branch->queued)
		return;
	branch->queued = true;
	branch->ready_next = SW_NO_BRANCH;
	if (execution->ready_last == SW_NO_BRANCH)
		execution->ready_first = branch->number;
	else
		sw_execution_branch(execution, execution->ready_last)->ready_next = branch->number;
	execution->ready_last = branch->number;
}

struct sw_branch *sw_execution_next_ready(struct sw_execution *execution)
{
	if (execution->ready_first == SW_NO_BRANCH)
		return NULL;
	struct sw_branch *branch = sw_execution_branch(execution, execution->ready_first);
	SW_ASSERT(branch && branch->queued);
	execution->ready_first = branch->ready_next;
	if (execution->ready_first == SW_NO_BRANCH)
		execution->ready_last = SW_NO_BRANCH;
	branch->ready_next = SW_NO_BRANCH;
	branch->queued = false;
	return branch;
}

/* Takes those that `gone` names out of the queue. */
static void leave_queue(struct sw_execution *execution, const struct sw_branch *gone, uint32_t below)
{
	uint32_t number = execution->ready_first;
	execution->ready_first = execution->ready_last = SW_NO_BRANCH;
	while (number != SW_NO_BRANCH) {
		struct sw_branch *branch = sw_execution_branch(execution, number);
		number = branch->ready_next;
		branch->queued = false;
		branch->ready_next = SW_NO_BRANCH;
		if (gone ? branch != gone : !sw_branch_is_below(execution, branch, below))
			sw_execution_enqueue(execution, branch);
	}
}

/* ---- removal ------------------------------------------------------------------------------------------ */

static enum sw_result reserve_removed(struct sw_execution *execution, uint32_t more)
{
	if (more > UINT32_MAX / 2 - execution->removed_count)
		return SW_ENOMEM;
	uint32_t needed = execution->removed_count + more;
	if (needed <= execution->removed_capacity)
		return SW_OK;
	uint32_t capacity = needed + needed / 2;
	struct sw_removed *grown = sw_realloc_array(execution->removed, capacity, sizeof(*grown));
	if (!grown)
		return SW_ENOMEM;
	execution->removed = grown;
	execution->removed_capacity = capacity;
	return SW_OK;
}

static void note_removed(struct sw_execution *execution, const struct sw_branch *branch)
{
	SW_ASSERT(execution->removed_count < execution->removed_capacity);
	execution->removed[execution->removed_count++] = (struct sw_removed){
		.number = branch->number,
		.stored_due_ms = branch->stored_due_ms,
		.stored_in_flight = branch->stored_in_flight,
		.stored_place = branch->stored_place,
		.on_disk = branch->on_disk,
		.delivery = branch->delivery,
	};
}

enum sw_result sw_execution_remove(struct sw_execution *execution, struct sw_branch *branch)
{
	enum sw_result r = reserve_removed(execution, 1);
	if (r < 0)
		return r;
	if (branch->queued)
		leave_queue(execution, branch, 0);
	uint32_t place = sw_execution_place(execution, branch->number);
	SW_ASSERT(place < execution->branches_count && execution->branches[place] == branch);
	uint32_t behind = execution->branches_count - place - 1;
	memmove(&execution->branches[place], &execution->branches[place + 1], behind * sizeof(branch));
	execution->branches_count--;
	note_removed(execution, branch);
	sw_branch_free(branch);
	return SW_OK;
}

bool sw_branch_is_below(const struct sw_execution *execution, const struct sw_branch *branch, uint32_t number)
{
	if (number == SW_NO_BRANCH)
		return true;
	/* A parent's number is always less than its children's: the walk up ends there. */
	while (branch->parent != SW_NO_BRANCH && branch->parent > number)
		branch = sw_execution_branch(execution, branch->parent);
	return branch->parent == number;
}

uint32_t sw_execution_place_below(const struct sw_execution *execution, uint32_t number)
{
	return number == SW_NO_BRANCH ? 0 : sw_execution_place(execution, number + 1);
}

enum sw_result sw_execution_remove_below(struct sw_execution *execution, uint32_t number)
{
	uint32_t first = sw_execution_place_below(execution, number), count = execution->branches_count;
	uint32_t kept = 0;
	enum sw_result r = reserve_removed(execution, count - first);
	if (r < 0)
		return r;
	leave_queue(execution, NULL, number);
	/* Backwards, so that the parents that tell where a branch belongs are still there. Those that stay are
	 * gathered at the end meanwhile, behind what is looked at. */
	for (uint32_t i = count; i-- > first;) {
		struct sw_branch *branch = execution->branches[i];
		execution->branches_count = i;
		if (!sw_branch_is_below(execution, branch, number)) {
			execution->branches[count - ++kept] = branch;
			continue;
		}
		note_removed(execution, branch);
		sw_branch_free(branch);
	}
	if (kept > 0)
		memmove(&execution->branches[first], &execution->branches[count - kept],
			kept * sizeof(*execution->branches));
	execution->branches_count = first + kept;
	return SW_OK;
}

void sw_execution_unqueue_below(struct sw_execution *execution, uint32_t number)
{
	leave_queue(execution, NULL, number);
}

/* ---- looking ------------------------------------------------------------------------------------------ */

const struct sw_branch *sw_branch_iteration(const struct sw_execution *execution,
					    const struct sw_branch *branch)
{
	while (branch && branch->parent != SW_NO_BRANCH) {
		const struct sw_branch *parent = sw_execution_branch(execution, branch->parent);
		if (parent && parent->state->type == SW_STATE_MAP)
			return branch;
		branch = parent;
	}
	/* A state that is tested alone, as if in the first iteration of the Map around it. */
	return branch && branch->item ? branch : NULL;
}

bool sw_branch_may_have_children(const struct sw_branch *branch)
{
	if (branch->state->type != SW_STATE_PARALLEL && branch->state->type != SW_STATE_MAP)
		return false;
	return branch->wait == SW_BRANCH_CHILDREN || branch->wait == SW_BRANCH_HELD ||
	       (branch->wait == SW_BRANCH_READY && branch->phase == SW_PHASE_JOIN);
}

/* Of a branch that says it has children; those that are there are counted elsewhere. */
static const char *impossible_children(const struct sw_branch *branch)
{
	const struct sw_state *state = branch->state;
	if (!sw_branch_may_have_children(branch))
		return "it waits for children, and its state has none";
	if (branch->next_index > branch->length || branch->finished > branch->next_index || !branch->work)
		return "it has other children than it counts";
	if (branch->wait == SW_BRANCH_READY && branch->finished != branch->length)
		return "it joins children that are not done";
	if (branch->wait == SW_BRANCH_CHILDREN && branch->finished == branch->length)
		return "it waits for children, and all are done";
	if (state->type == SW_STATE_PARALLEL && branch->length != state->as.parallel.branches_count)
		return "it has other children than its state";
	if (state->type == SW_STATE_MAP && (!branch->items || branch->concurrency_max == 0))
		return "it has no items";
	return NULL;
}

const char *sw_branch_impossible(const struct sw_branch *branch)
{
	enum sw_state_type type = branch->state->type;
	enum sw_branch_wait wait = branch->wait;
	bool joins = wait == SW_BRANCH_READY && branch->phase == SW_PHASE_JOIN;
	if (!branch->input)
		return "it has no input";
	if (wait == SW_BRANCH_TASK && type != SW_STATE_TASK)
		return "it waits for a task, and its state is not a Task";
	if (wait == SW_BRANCH_TASK && !branch->work)
		return "it waits for a task that has no input";
	if (wait == SW_BRANCH_TIMER && type != SW_STATE_WAIT)
		return "it waits for a moment, and its state is not a Wait";
	if (wait == SW_BRANCH_RETRY && branch->state->retriers_count == 0)
		return "it waits to be tried again, and its state has no Retry";
	if (wait == SW_BRANCH_READY && branch->phase > SW_PHASE_JOIN)
		return "it is ready for nothing";
	if (branch->due_ms != SW_NEVER && wait != SW_BRANCH_TIMER && wait != SW_BRANCH_RETRY &&
	    wait != SW_BRANCH_TASK)
		return "it is due, and waits for no moment";
	return wait == SW_BRANCH_CHILDREN || joins || branch->next_index > 0 ? impossible_children(branch)
									     : NULL;
}

bool sw_execution_is_redrivable(const struct sw_execution *execution)
{
	return execution->status != SW_STATUS_RUNNING && execution->status != SW_STATUS_SUCCEEDED &&
	       execution->branches_count > 0 && execution->branches[0]->parent == SW_NO_BRANCH &&
	       execution->branches[0]->wait == SW_BRANCH_HELD;
}

int64_t sw_execution_due_ms(const struct sw_execution *execution)
{
	int64_t due_ms = execution->timeout_due_ms;
	for (uint32_t i = 0; i < execution->branches_count; i++) {
		if (execution->branches[i]->due_ms < due_ms)
			due_ms = execution->branches[i]->due_ms;
	}
	return due_ms;
}
