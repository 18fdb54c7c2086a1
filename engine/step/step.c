/*
 * The step: an event comes in, ready branches make one transition each in turn until all wait or the turn is
 * full. Here are the positions of branches: entering and leaving states, beginning and ending branches and
 * executions.
 */
#include "engine/step/internal.h"

#include "base/assert.h"

#include <stdio.h>

static const struct sw_state_ops state_ops[SW_STATE_TYPES_COUNT] = {
	[SW_STATE_PASS] = {SW_HISTORY_PASS_ENTERED, SW_HISTORY_PASS_EXITED, 0, sw_step_pass, NULL, NULL},
	[SW_STATE_TASK] = {SW_HISTORY_TASK_ENTERED, SW_HISTORY_TASK_EXITED, SW_HISTORY_TASK_ABORTED,
			   sw_step_task, sw_step_task_due, NULL},
	[SW_STATE_CHOICE] = {SW_HISTORY_CHOICE_ENTERED, SW_HISTORY_CHOICE_EXITED, 0, sw_step_choice, NULL,
			     NULL},
	[SW_STATE_WAIT] = {SW_HISTORY_WAIT_ENTERED, SW_HISTORY_WAIT_EXITED, SW_HISTORY_WAIT_ABORTED,
			   sw_step_wait, sw_step_wait_due, NULL},
	[SW_STATE_SUCCEED] = {SW_HISTORY_SUCCEED_ENTERED, SW_HISTORY_SUCCEED_EXITED, 0, sw_step_succeed, NULL,
			      NULL},
	[SW_STATE_FAIL] = {SW_HISTORY_FAIL_ENTERED, 0, 0, sw_step_fail, NULL, NULL},
	[SW_STATE_PARALLEL] = {SW_HISTORY_PARALLEL_ENTERED, SW_HISTORY_PARALLEL_EXITED,
			       SW_HISTORY_PARALLEL_ABORTED, sw_step_parallel, NULL, sw_step_parallel_join},
	[SW_STATE_MAP] = {SW_HISTORY_MAP_ENTERED, SW_HISTORY_MAP_EXITED, SW_HISTORY_MAP_ABORTED, sw_step_map,
			  NULL, sw_step_map_join},
};

const struct sw_state_ops *sw_state_ops(enum sw_state_type type)
{
	return &state_ops[type];
}

/* ---- positions ---------------------------------------------------------------------------------------- */

#define MAY(wait) (1u << (wait))

/* From what a branch waits for (row) to what it may wait for next. */
static const unsigned moves[] = {
	[SW_BRANCH_READY] = MAY(SW_BRANCH_READY) | MAY(SW_BRANCH_TIMER) | MAY(SW_BRANCH_TASK) |
			    MAY(SW_BRANCH_RETRY) | MAY(SW_BRANCH_CHILDREN) | MAY(SW_BRANCH_DONE) |
			    MAY(SW_BRANCH_HELD),
	[SW_BRANCH_TIMER] = MAY(SW_BRANCH_READY) | MAY(SW_BRANCH_DONE) | MAY(SW_BRANCH_HELD),
	[SW_BRANCH_TASK] =
		MAY(SW_BRANCH_READY) | MAY(SW_BRANCH_RETRY) | MAY(SW_BRANCH_DONE) | MAY(SW_BRANCH_HELD),
	[SW_BRANCH_RETRY] = MAY(SW_BRANCH_READY) | MAY(SW_BRANCH_HELD),
	[SW_BRANCH_CHILDREN] =
		MAY(SW_BRANCH_READY) | MAY(SW_BRANCH_RETRY) | MAY(SW_BRANCH_DONE) | MAY(SW_BRANCH_HELD),
	[SW_BRANCH_DONE] = 0,
	[SW_BRANCH_HELD] = MAY(SW_BRANCH_READY) | MAY(SW_BRANCH_CHILDREN), /* redriven */
};

void sw_step_move(struct sw_branch *branch, enum sw_branch_wait wait)
{
	SW_ASSERT(moves[branch->wait] & MAY(wait));
	if (wait != SW_BRANCH_TASK) {
		branch->dispatchable = branch->submitted = branch->started = false;
		branch->timeout_due_ms = branch->heartbeat_due_ms = SW_NEVER;
		branch->heartbeat_ms = 0;
	}
	if (wait != SW_BRANCH_TIMER && wait != SW_BRANCH_RETRY && wait != SW_BRANCH_TASK)
		branch->due_ms = SW_NEVER;
	branch->wait = wait;
	sw_branch_touch(branch);
}

void sw_step_ready(struct sw_turn *turn, struct sw_branch *branch, enum sw_phase phase)
{
	branch->phase = (uint8_t)phase;
	sw_step_move(branch, SW_BRANCH_READY);
	sw_execution_enqueue(turn->execution, branch);
}

void sw_step_forget_retries(struct sw_branch *branch)
{
	sw_free(branch->retrier_counts);
	sw_failure_done(&branch->failure);
	branch->retrier_counts = NULL;
	branch->retry_count = 0;
}

void sw_step_forget_state(struct sw_branch *branch)
{
	sw_value_unref(branch->work);
	sw_value_unref(branch->items);
	branch->work = branch->items = NULL;
	sw_step_forget_retries(branch);
	branch->length = branch->next_index = branch->running = branch->finished = branch->failed = 0;
	branch->concurrency_max = branch->tolerated_max = 0;
}

/* Puts the branch before a state, with its input (takes it). */
static void approach(struct sw_turn *turn, struct sw_branch *branch, const struct sw_state *state,
		     struct sw_value *input)
{
	sw_step_forget_state(branch);
	sw_value_unref(branch->input);
	branch->input = input;
	branch->state = state;
	sw_step_ready(turn, branch, SW_PHASE_ENTER);
}

static enum sw_result enter(struct sw_turn *turn, struct sw_branch *branch)
{
	branch->approached_id = branch->previous_id;
	struct sw_event_writer event = sw_event_next(turn, state_ops[branch->state->type].entered, branch);
	sw_event_value(&event, SW_FIELD_INPUT, branch->input);
	sw_event_name(&event, SW_FIELD_NAME, branch->state->name);
	enum sw_result r = sw_event_end(&event);
	if (r < 0)
		return r;
	turn->effects->transitions++;
	branch->entered_id = branch->previous_id;
	branch->entered_ms = turn->event->now_ms;
	/* The work is a transition of its own: the other branches enter their states first, as on AWS. */
	sw_step_ready(turn, branch, SW_PHASE_WORK);
	return SW_OK;
}

/* The branch has no next state. Takes output. */
static enum sw_result end_branch(struct sw_turn *turn, struct sw_branch *branch, struct sw_value *output)
{
	enum sw_result r;
	if (branch->parent != SW_NO_BRANCH) {
		r = sw_step_child_done(turn, branch, output);
	} else {
		struct sw_ending ending = {
			.status = SW_STATUS_SUCCEEDED,
			.type = SW_HISTORY_EXECUTION_SUCCEEDED,
			.previous_id = branch->previous_id,
			.output = output,
			.stop_ms = turn->event->now_ms,
		};
		r = sw_step_finish(turn, &ending);
	}
	sw_value_unref(output);
	return r;
}

enum sw_result sw_step_exit(struct sw_turn *turn, struct sw_branch *branch, const struct sw_state *next,
			    struct sw_value *output, struct sw_value *assigned)
{
	if (turn->inspection) {
		/* A state that is tested alone leads nowhere. */
		turn->inspection->output = output;
		turn->inspection->next = next;
		sw_value_unref(assigned);
		return SW_OK;
	}
	struct sw_event_writer event = sw_event_next(turn, state_ops[branch->state->type].exited, branch);
	sw_event_name(&event, SW_FIELD_NAME, branch->state->name);
	sw_event_value(&event, SW_FIELD_OUTPUT, output);
	sw_event_value(&event, SW_FIELD_ASSIGNED_VARIABLES, assigned);
	enum sw_result r = sw_event_end(&event);
	sw_value_unref(assigned);
	if (r < 0) {
		sw_value_unref(output);
		return r;
	}
	if (!next)
		return end_branch(turn, branch, output);
	approach(turn, branch, next, output);
	return SW_OK;
}

enum sw_result sw_step_leave(struct sw_turn *turn, struct sw_branch *branch, const struct sw_leaving *leaving)
{
	struct sw_value *output, *assigned;
	enum sw_result r = sw_step_output(turn, branch, leaving, &output, &assigned);
	return r < 0 ? r : sw_step_exit(turn, branch, leaving->next, output, assigned);
}

enum sw_result sw_step_leave_with(struct sw_turn *turn, struct sw_branch *branch, struct sw_value *result)
{
	const struct sw_state *state = branch->state;
	struct sw_leaving leaving = {result, state->next, &state->assign, state->output, {0}};
	return sw_step_leave(turn, branch, &leaving);
}

/* ---- branches ----------------------------------------------------------------------------------------- */

struct sw_branch *sw_step_branch_new(struct sw_turn *turn, struct sw_branch *parent,
				     const struct sw_flow *flow, uint32_t index, uint32_t previous_id)
{
	struct sw_branch *branch = sw_branch_new();
	if (!branch)
		return NULL;
	branch->number = turn->execution->next_branch++;
	branch->parent = parent ? parent->number : SW_NO_BRANCH;
	branch->index = index;
	branch->state = flow->start;
	branch->previous_id = previous_id;
	return branch;
}

enum sw_result sw_step_branch_start(struct sw_turn *turn, struct sw_branch *branch)
{
	enum sw_result r = sw_execution_add(turn->execution, branch);
	if (r < 0)
		return r;
	sw_step_ready(turn, branch, SW_PHASE_ENTER);
	return SW_OK;
}

/* ---- the end ------------------------------------------------------------------------------------------ */

static enum sw_result write_ending(struct sw_turn *turn, const struct sw_ending *ending)
{
	struct sw_event_writer event = sw_event_after(turn, ending->type, ending->previous_id);
	sw_event_value(&event, SW_FIELD_OUTPUT, ending->output);
	sw_event_text(&event, SW_FIELD_ERROR, ending->shown_error ? ending->shown_error : ending->error);
	sw_event_text(&event, SW_FIELD_CAUSE, ending->cause);
	return sw_event_end(&event);
}

enum sw_result sw_step_finish(struct sw_turn *turn, const struct sw_ending *ending)
{
	struct sw_execution *execution = turn->execution;
	SW_ASSERT(execution->status == SW_STATUS_RUNNING);
	char *cause = ending->cause ? sw_strdup(ending->cause) : NULL;
	if (ending->cause && !cause)
		return SW_ENOMEM;
	enum sw_result r = sw_failure_take(&execution->failure, ending->error, cause);
	if (r == SW_OK)
		r = write_ending(turn, ending);
	for (uint32_t i = 0; i < execution->branches_count && r == SW_OK; i++) {
		const struct sw_branch *branch = execution->branches[i];
		if (branch->wait == SW_BRANCH_TASK)
			r = sw_effects_command(turn->effects, SW_COMMAND_CANCEL, branch->number,
					       branch->attempt);
	}
	if (r < 0)
		return r;
	execution->status = ending->status;
	execution->output = sw_value_ref(ending->output);
	execution->stop_ms = ending->stop_ms;
	execution->timeout_due_ms = SW_NEVER;
	r = sw_step_let_go(execution, ending->torn);
	return r < 0 ? r : sw_effects_command(turn->effects, SW_COMMAND_FINISH, 0, 0);
}

/* ---- events ------------------------------------------------------------------------------------------- */

/* What it was started by, when by a version or an alias. */
static void write_qualifiers(struct sw_event_writer *event, const struct sw_execution *execution)
{
	char *version = NULL, *alias = NULL;
	if (execution->machine_version)
		version = sw_asprintf("%s:%u", execution->machine_arn, execution->machine_version);
	if (execution->machine_alias)
		alias = sw_asprintf("%s:%s", execution->machine_arn, execution->machine_alias);
	if ((execution->machine_version && !version) || (execution->machine_alias && !alias))
		event->result = event->result < 0 ? event->result : SW_ENOMEM;
	sw_event_text(event, SW_FIELD_MACHINE_ALIAS_ARN, alias);
	sw_event_text(event, SW_FIELD_MACHINE_VERSION_ARN, version);
	sw_free(version);
	sw_free(alias);
}

static enum sw_result start(struct sw_turn *turn)
{
	struct sw_execution *execution = turn->execution;
	if (execution->branches_count > 0 || execution->next_event_id != 1 || !execution->input)
		return SW_EINVAL;
	execution->start_ms = turn->event->now_ms;
	if (execution->machine->timeout_seconds > 0)
		execution->timeout_due_ms = execution->start_ms + execution->machine->timeout_seconds * 1000;
	int64_t last_ms = execution->start_ms + SW_EXPRESS_MS_MAX;
	if (execution->express && execution->timeout_due_ms > last_ms)
		execution->timeout_due_ms = last_ms;
	struct sw_event_writer event = sw_event_after(turn, SW_HISTORY_EXECUTION_STARTED, 0);
	sw_event_value(&event, SW_FIELD_INPUT, execution->input);
	sw_event_name(&event, SW_FIELD_ROLE_ARN, execution->role_arn);
	write_qualifiers(&event, execution);
	enum sw_result r = sw_event_end(&event);
	if (r < 0)
		return r;
	/* AWS: the first state's event follows 0, not the ExecutionStarted. */
	struct sw_branch *root = sw_step_branch_new(turn, NULL, &execution->machine->flow, 0, 0);
	if (!root)
		return SW_ENOMEM;
	root->input = sw_value_ref(execution->input);
	return sw_step_branch_start(turn, root);
}

static enum sw_result stop(struct sw_turn *turn)
{
	struct sw_ending ending = {
		.status = SW_STATUS_ABORTED,
		.type = SW_HISTORY_EXECUTION_ABORTED,
		.error = turn->event->error,
		.cause = turn->event->cause,
		.stop_ms = turn->event->now_ms,
	};
	return sw_step_finish(turn, &ending);
}

/* AWS: stopDate is startDate and exactly TimeoutSeconds; DescribeExecution tells no error, the event does. */
static enum sw_result execution_timeout(struct sw_turn *turn)
{
	int64_t due_ms = turn->execution->timeout_due_ms;
	if (turn->event->now_ms < due_ms)
		return SW_OK;
	struct sw_ending ending = {
		.status = SW_STATUS_TIMED_OUT,
		.type = SW_HISTORY_EXECUTION_TIMED_OUT,
		.shown_error = SW_ERROR_TIMEOUT,
		.stop_ms = due_ms,
	};
	return sw_step_finish(turn, &ending);
}

static enum sw_result timer(struct sw_turn *turn)
{
	struct sw_branch *branch = sw_execution_branch(turn->execution, turn->event->branch);
	if (!branch)
		return SW_ENOENT;
	if (turn->event->now_ms < branch->due_ms)
		return SW_OK;
	if (branch->wait == SW_BRANCH_RETRY) {
		sw_step_ready(turn, branch, SW_PHASE_WORK);
		return SW_OK;
	}
	const struct sw_state_ops *ops = &state_ops[branch->state->type];
	return ops->due ? sw_step_settle(turn, branch, ops->due(turn, branch)) : SW_OK;
}

static enum sw_result task_event(struct sw_turn *turn)
{
	struct sw_branch *branch = sw_execution_branch(turn->execution, turn->event->branch);
	if (!branch)
		return SW_ENOENT;
	if (branch->wait != SW_BRANCH_TASK || branch->attempt != turn->event->attempt)
		return branch->attempt < turn->event->attempt ? SW_ENOENT : SW_ETIMEDOUT;
	return sw_step_settle(turn, branch, sw_step_task_event(turn, branch));
}

/*
 * When nobody ran the execution for a while, the end of a Wait may be told before its last moment although both have
 * passed. No state is entered after that moment.
 */
static bool is_time_over(const struct sw_turn *turn)
{
	return turn->event->now_ms >= turn->execution->timeout_due_ms;
}

static enum sw_result apply(struct sw_turn *turn)
{
	switch (turn->event->kind) {
	case SW_EVENT_START:
		return start(turn);
	case SW_EVENT_CONTINUE:
		return is_time_over(turn) ? execution_timeout(turn) : SW_OK;
	case SW_EVENT_TIMER:
		return is_time_over(turn) ? execution_timeout(turn) : timer(turn);
	case SW_EVENT_EXECUTION_TIMEOUT:
		return execution_timeout(turn);
	case SW_EVENT_TASK_STARTED:
	case SW_EVENT_TASK_SUBMITTED:
	case SW_EVENT_TASK_SUCCEEDED:
	case SW_EVENT_TASK_FAILED:
	case SW_EVENT_TASK_TIMED_OUT:
	case SW_EVENT_TASK_HEARTBEAT:
		return task_event(turn);
	case SW_EVENT_STOP:
		return stop(turn);
	case SW_EVENT_REDRIVE:
		return sw_step_redrive(turn);
	}
	return SW_EINVAL;
}

/* ---- the turn ----------------------------------------------------------------------------------------- */

enum sw_result sw_step_settle(struct sw_turn *turn, struct sw_branch *branch, enum sw_result result)
{
	return result == SW_EQUERY ? sw_step_throw(turn, branch) : result;
}

static enum sw_result transition(struct sw_turn *turn, struct sw_branch *branch)
{
	const struct sw_state_ops *ops = &state_ops[branch->state->type];
	SW_ASSERT(branch->wait == SW_BRANCH_READY);
	turn->joined_id = 0;
	switch (branch->phase) {
	case SW_PHASE_ENTER:
		return enter(turn, branch);
	case SW_PHASE_WORK:
		return sw_step_settle(turn, branch, ops->work(turn, branch));
	default:
		SW_ASSERT(branch->phase == SW_PHASE_JOIN && ops->join);
		return sw_step_settle(turn, branch, ops->join(turn, branch));
	}
}

static enum sw_result run(struct sw_turn *turn)
{
	const struct sw_effects *effects = turn->effects;
	enum sw_result r = SW_OK;
	while (r == SW_OK && effects->transitions < SW_TURN_TRANSITIONS_MAX &&
	       effects->events_bytes < SW_TURN_HISTORY_BYTES_MAX) {
		struct sw_branch *branch = sw_execution_next_ready(turn->execution);
		if (!branch)
			break;
		r = transition(turn, branch);
	}
	return r;
}

/* AWS: event 25,000 is the ExecutionFailed that says why. */
static enum sw_result history_full(struct sw_turn *turn)
{
	char cause[96];
	snprintf(cause, sizeof(cause), "The execution reached the maximum number of history events (%u).",
		 turn->execution->history_events_max);
	struct sw_ending ending = {
		.status = SW_STATUS_FAILED,
		.type = SW_HISTORY_EXECUTION_FAILED,
		.torn = true,
		.previous_id = turn->full_after_id,
		.error = SW_ERROR_RUNTIME,
		.cause = cause,
		.stop_ms = turn->event->now_ms,
	};
	return sw_step_finish(turn, &ending);
}

enum sw_result sw_step(struct sw_execution *execution, const struct sw_event *event,
		       struct sw_effects *effects)
{
	if (execution->status != SW_STATUS_RUNNING && event->kind != SW_EVENT_REDRIVE)
		return SW_ETIMEDOUT;
	struct sw_turn turn = {
		.execution = execution,
		.event = event,
		.effects = effects,
		.rng = sw_rng(event->seed),
	};
	enum sw_result r = apply(&turn);
	if (r == SW_OK && !event->hold)
		r = run(&turn);
	sw_failure_done(&turn.failure);
	if (r == SW_ECLOSED)
		r = history_full(&turn);
	effects->more = r == SW_OK && execution->ready_first != SW_NO_BRANCH;
	return r;
}
