/*
 * What becomes of a failure: a retrier waits and tries again, a catcher goes on elsewhere, or the failure
 * goes up to the Parallel or Map state around it and at last ends the execution.
 */
#include "engine/step/internal.h"

#include "base/assert.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DELAY_SECONDS_MAX SW_WAIT_SECONDS_MAX

/* A failure on its way up. */
struct thrown {
	struct sw_failure failure;
	enum sw_thrower thrower;
};

enum sw_result sw_turn_throw(struct sw_turn *turn, enum sw_thrower thrower, const char *error,
			     const char *cause)
{
	char *copy = cause ? sw_strdup(cause) : NULL;
	if (cause && !copy)
		return SW_ENOMEM;
	enum sw_result r = sw_failure_take(&turn->failure, error, copy);
	turn->thrower = thrower;
	return r < 0 ? r : SW_EQUERY;
}

/* A failure of that name; its cause by printf format. */
static enum sw_result __attribute__((format(printf, 3, 0)))
fail_by(struct sw_turn *turn, const char *error, const char *format, va_list args)
{
	struct sw_buf cause = SW_BUF;
	sw_buf_vprintf(&cause, format, args);
	char *text = sw_buf_take(&cause, NULL);
	sw_buf_done(&cause);
	enum sw_result r = text ? sw_failure_take(&turn->failure, error, text) : SW_ENOMEM;
	return r < 0 ? r : SW_EQUERY;
}

enum sw_result sw_turn_runtime(struct sw_turn *turn, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	enum sw_result r = fail_by(turn, SW_ERROR_RUNTIME, format, args);
	va_end(args);
	return r;
}

enum sw_result sw_turn_query(struct sw_turn *turn, const char *location, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	enum sw_result r = fail_by(turn, SW_ERROR_QUERY, format, args);
	va_end(args);
	if (r == SW_EQUERY && location && sw_failure_locate(&turn->failure, location) < 0)
		r = SW_ENOMEM;
	return r;
}

/* ---- ErrorEquals -------------------------------------------------------------------------------------- */

static bool is_error(const struct thrown *thrown, const char *name)
{
	return thrown->failure.error && strcmp(thrown->failure.error, name) == 0;
}

static bool name_matches(const char *name, const struct thrown *thrown)
{
	bool timeout = is_error(thrown, SW_ERROR_TIMEOUT) || is_error(thrown, SW_ERROR_HEARTBEAT_TIMEOUT);
	/* "States.Runtime ... is not retriable, and ends the execution" whatever is named. */
	if (is_error(thrown, SW_ERROR_RUNTIME))
		return false;
	if (strcmp(name, "States.ALL") == 0)
		return true;
	if (strcmp(name, SW_ERROR_TASK_FAILED) == 0)
		return !timeout;
	/* A missed heartbeat is told as States.Timeout, and can be named by itself too. */
	if (strcmp(name, SW_ERROR_HEARTBEAT_TIMEOUT) == 0 && thrown->thrower == SW_THROWN_BY_HEARTBEAT)
		return true;
	return is_error(thrown, name);
}

static bool matches(const char *const *names, uint32_t count, const struct thrown *thrown)
{
	for (uint32_t i = 0; i < count; i++) {
		if (name_matches(names[i], thrown))
			return true;
	}
	return false;
}

/* ---- Retry -------------------------------------------------------------------------------------------- */

/* IntervalSeconds * BackoffRate ^ n, at most MaxDelaySeconds; FULL jitter comes after the cap. */
static int64_t delay_ms(struct sw_turn *turn, const struct sw_retrier *retrier, uint32_t retries)
{
	double seconds = retrier->interval_seconds * pow(retrier->backoff_rate, retries);
	double seconds_max = retrier->delay_seconds_max > 0 ? retrier->delay_seconds_max : DELAY_SECONDS_MAX;
	if (!(seconds < seconds_max))
		seconds = seconds_max;
	int64_t delay = (int64_t)(seconds * 1000 + 0.5);
	if (retrier->full_jitter)
		delay = (int64_t)sw_rng_below(&turn->rng, (uint64_t)delay + 1);
	return delay;
}

/* *ret_retried tells whether a retrier took the failure, which then belongs to the branch. */
static enum sw_result retry(struct sw_turn *turn, struct sw_branch *branch, struct thrown *thrown,
			    bool *ret_retried)
{
	const struct sw_state *state = branch->state;
	uint32_t i = 0;
	*ret_retried = false;
	while (i < state->retriers_count &&
	       !matches(state->retriers[i].errors, state->retriers[i].errors_count, thrown))
		i++;
	if (i == state->retriers_count)
		return SW_OK;
	if (turn->inspection) {
		turn->inspection->found_retrier = true;
		turn->inspection->retrier = i;
	}
	/* "The interpreter scans through the Retriers in order" and takes the first that names the error. */
	const struct sw_retrier *retrier = &state->retriers[i];
	if (retrier->attempts_max == 0 ||
	    (branch->retrier_counts && branch->retrier_counts[i] >= retrier->attempts_max))
		return SW_OK;
	if (!branch->retrier_counts)
		branch->retrier_counts = sw_zalloc_array(state->retriers_count, sizeof(uint32_t));
	if (!branch->retrier_counts)
		return SW_ENOMEM;
	enum sw_result r = sw_step_remove_children(turn, branch);
	if (r < 0)
		return r;
	sw_step_move(branch, SW_BRANCH_RETRY);
	branch->due_ms = turn->event->now_ms + delay_ms(turn, retrier, branch->retrier_counts[i]);
	branch->retrier_counts[i]++;
	branch->retry_count++;
	sw_failure_done(&branch->failure);
	branch->failure = thrown->failure;
	thrown->failure = (struct sw_failure){0};
	*ret_retried = true;
	return SW_OK;
}

/* ---- Catch -------------------------------------------------------------------------------------------- */

static enum sw_result catch_failure(struct sw_turn *turn, struct sw_branch *branch,
				    const struct thrown *thrown, bool *ret_caught)
{
	const struct sw_state *state = branch->state;
	struct sw_value *output, *assigned;
	uint32_t i = 0;
	*ret_caught = false;
	while (i < state->catchers_count &&
	       !matches(state->catchers[i].errors, state->catchers[i].errors_count, thrown))
		i++;
	if (i == state->catchers_count)
		return SW_OK;
	const struct sw_catcher *catcher = &state->catchers[i];
	if (turn->inspection) {
		turn->inspection->found_catcher = true;
		turn->inspection->catcher = i;
	}
	enum sw_result r = sw_step_catch_output(turn, branch, catcher, &thrown->failure, &output, &assigned);
	if (r < 0)
		return r;
	r = sw_step_remove_children(turn, branch);
	if (r < 0) {
		sw_value_unref(output);
		sw_value_unref(assigned);
		return r;
	}
	*ret_caught = true;
	return sw_step_exit(turn, branch, catcher->next, output, assigned);
}

/* ---- on its way up ------------------------------------------------------------------------------------ */

/*
 * The last event follows whatever was told last of what failed; that may be a ...StateSucceeded, which nothing else
 * follows (measured on AWS: floci-io/floci, AslExecutorBranchHistoryEventsTest).
 */
static enum sw_result fail_execution(struct sw_turn *turn, const struct sw_branch *branch,
				     const struct sw_failure *failure)
{
	struct sw_ending ending = {
		.status = SW_STATUS_FAILED,
		.type = SW_HISTORY_EXECUTION_FAILED,
		.previous_id = turn->joined_id > branch->previous_id ? turn->joined_id : branch->previous_id,
		.error = failure->error,
		.cause = failure->cause,
		.stop_ms = turn->event->now_ms,
	};
	return sw_step_finish(turn, &ending);
}

/* "An error occurred while executing the state 'X' (entered at the event id #2). ..." */
static enum sw_result add_place(const struct sw_branch *branch, struct sw_failure *failure)
{
	char *cause = sw_asprintf(
		"An error occurred while executing the state '%s' (entered at the event id #%u). %s",
		branch->state->name, branch->entered_id, failure->cause ? failure->cause : "");
	if (!cause)
		return SW_ENOMEM;
	struct sw_failure placed = {0};
	enum sw_result r = sw_failure_take(&placed, failure->error, cause);
	placed.location = failure->location;
	failure->location = NULL;
	sw_failure_done(failure);
	*failure = placed;
	return r;
}

/*
 * An expression could not be evaluated, or gave what its field does not take: an event of its own. What goes
 * wrong before the state has done anything follows what the state's own entering follows (recorded:
 * assign/...undefined_arguments, and all others of 2024-11); in a Wait it follows the entering
 * (scenarios/wait_timestamp_jsonata_no_z, of 2024-12; others measured that in 2026 for all types, docs/deviations.md).
 */
static enum sw_result write_evaluation_failed(struct sw_turn *turn, struct sw_branch *branch,
					      const struct sw_failure *failure)
{
	if (!failure->error || strcmp(failure->error, SW_ERROR_QUERY) != 0)
		return SW_OK;
	if (sw_branch_has_just_entered(branch) && branch->state->type != SW_STATE_WAIT)
		branch->previous_id = branch->approached_id;
	struct sw_event_writer event = sw_event_next(turn, SW_HISTORY_EVALUATION_FAILED, branch);
	sw_event_text(&event, SW_FIELD_CAUSE, failure->cause);
	sw_event_text(&event, SW_FIELD_ERROR, failure->error);
	sw_event_text(&event, SW_FIELD_LOCATION, failure->location);
	sw_event_name(&event, SW_FIELD_STATE, branch->state->name);
	return sw_event_end(&event);
}

static enum sw_result write_state_failed(struct sw_turn *turn, struct sw_branch *branch)
{
	enum sw_state_type type = branch->state->type;
	if (type != SW_STATE_PARALLEL && type != SW_STATE_MAP)
		return SW_OK;
	struct sw_event_writer event = sw_event_next(
		turn, type == SW_STATE_MAP ? SW_HISTORY_MAP_FAILED : SW_HISTORY_PARALLEL_FAILED, branch);
	return sw_event_end(&event);
}

/* From a child that failed to the state around it: the other children end. *branch becomes the parent. */
static enum sw_result go_up(struct sw_turn *turn, struct sw_branch **branch)
{
	struct sw_branch *child = *branch, *parent = sw_execution_branch(turn->execution, child->parent);
	uint32_t number = child->number, last_id = child->previous_id;
	SW_ASSERT(parent && parent->wait == SW_BRANCH_CHILDREN);
	/* Measured on AWS (floci-io/floci#3167): a Task whose failure ends its branch is told to be aborted. */
	enum sw_result r =
		child->state->type == SW_STATE_TASK ? sw_step_write_aborted(turn, child, last_id) : SW_OK;
	if (r == SW_OK)
		r = sw_step_stop_children(turn, parent, number, last_id);
	if (r == SW_OK && parent->state->type == SW_STATE_MAP) {
		struct sw_event_writer event = sw_event_after(turn, SW_HISTORY_ITERATION_FAILED, last_id);
		sw_event_name(&event, SW_FIELD_NAME, parent->state->name);
		sw_event_integer(&event, SW_FIELD_INDEX, child->index);
		r = sw_event_end(&event);
	}
	parent->previous_id = last_id;
	sw_branch_touch(parent);
	*branch = parent;
	return r;
}

/*
 * The Catch itself cannot be carried out. That is what the state fails of, and its catchers do not see it; it is told
 * from where the state stood before it failed for the first time (measured on AWS: floci-io/floci#3167).
 */
static enum sw_result fail_again(struct sw_turn *turn, struct sw_branch *branch, struct thrown *thrown,
				 uint32_t previous_id)
{
	enum sw_result r = SW_OK;
	sw_failure_done(&thrown->failure);
	*thrown = (struct thrown){turn->failure, SW_THROWN_BY_INTERPRETER};
	turn->failure = (struct sw_failure){0};
	if (!is_error(thrown, SW_ERROR_DATA_LIMIT))
		r = add_place(branch, &thrown->failure);
	if (r < 0 || !is_error(thrown, SW_ERROR_QUERY))
		return r;
	branch->previous_id = previous_id;
	r = write_evaluation_failed(turn, branch, &thrown->failure);
	return r < 0 ? r : write_state_failed(turn, branch);
}

/* One state deals with the failure. *ret_taken: nothing remains to be done. */
static enum sw_result deal_with(struct sw_turn *turn, struct sw_branch *branch, struct thrown *thrown,
				bool *ret_taken)
{
	enum sw_result r = retry(turn, branch, thrown, ret_taken);
	if (r < 0 || *ret_taken)
		return r;
	uint32_t previous_id = branch->previous_id;
	r = write_state_failed(turn, branch);
	if (r == SW_OK)
		r = catch_failure(turn, branch, thrown, ret_taken);
	return r == SW_EQUERY && !turn->inspection ? fail_again(turn, branch, thrown, previous_id) : r;
}

/* A failure of the interpreter ends the execution from wherever it happens; nothing is told of what is cut. */
static bool ends_execution(const struct thrown *thrown)
{
	return thrown->thrower == SW_THROWN_BY_INTERPRETER && is_error(thrown, SW_ERROR_RUNTIME);
}

static enum sw_result rise(struct sw_turn *turn, struct sw_branch *branch, struct thrown *thrown)
{
	for (;;) {
		bool taken = false;
		enum sw_result r = deal_with(turn, branch, thrown, &taken);
		if (r < 0 || taken)
			return r;
		if (ends_execution(thrown))
			return fail_execution(turn, branch, &thrown->failure);
		/* "If the state failed because of a States.DataLimitExceeded error, [it] is rerun, including the
		 * branches that were successful in the original execution attempt." */
		if (is_error(thrown, SW_ERROR_DATA_LIMIT))
			r = sw_step_remove_children(turn, branch);
		if (r < 0)
			return r;
		if (branch->parent == SW_NO_BRANCH)
			return fail_execution(turn, branch, &thrown->failure);
		r = go_up(turn, &branch);
		if (r < 0)
			return r;
	}
}

/* The state deals with the failure, or one of those around it. */
static enum sw_result rise_in_test(struct sw_turn *turn, struct sw_branch *branch, struct thrown *thrown,
				   bool *ret_taken)
{
	bool outside = true;
	enum sw_result r = SW_OK;
	*ret_taken = false;
	while (r == SW_OK && outside && !*ret_taken) {
		r = deal_with(turn, branch, thrown, ret_taken);
		if (r == SW_OK && !*ret_taken)
			r = sw_inspection_go_up(turn, branch, &outside);
	}
	return r;
}

/* A failure of a state that is tested alone: told as it is, without its place. */
static enum sw_result show(struct sw_turn *turn, struct sw_branch *branch, struct thrown *thrown)
{
	struct sw_inspection *inspection = turn->inspection;
	bool taken = false;
	enum sw_result r = sw_failure_set(&inspection->failure, thrown->failure.error, "%s",
					  thrown->failure.cause ? thrown->failure.cause : "");
	if (r < 0)
		return r;
	if (!thrown->failure.cause) {
		sw_free(inspection->failure.cause);
		inspection->failure.cause = NULL;
	}
	inspection->verdict = SW_VERDICT_FAILED;
	r = rise_in_test(turn, branch, thrown, &taken);
	if (r == SW_EQUERY) {
		/* The Catch itself cannot be carried out. */
		sw_failure_done(&inspection->failure);
		inspection->failure = turn->failure;
		turn->failure = (struct sw_failure){0};
		return SW_OK;
	}
	if (r < 0 || !taken)
		return r;
	inspection->retries = branch->wait == SW_BRANCH_RETRY;
	inspection->verdict = inspection->retries ? SW_VERDICT_RETRIABLE : SW_VERDICT_CAUGHT;
	if (inspection->retries)
		inspection->retry_delay_ms = branch->due_ms - turn->event->now_ms;
	return SW_OK;
}

enum sw_result sw_step_throw(struct sw_turn *turn, struct sw_branch *branch)
{
	struct thrown thrown = {turn->failure, turn->thrower};
	turn->failure = (struct sw_failure){0};
	turn->thrower = SW_THROWN_BY_INTERPRETER;
	bool interpreter = thrown.thrower == SW_THROWN_BY_INTERPRETER;
	enum sw_result r = SW_OK;
	if (turn->inspection) {
		r = show(turn, branch, &thrown);
		sw_failure_done(&thrown.failure);
		return r;
	}
	if (interpreter && !is_error(&thrown, SW_ERROR_DATA_LIMIT))
		r = add_place(branch, &thrown.failure);
	if (r == SW_OK && interpreter)
		r = write_evaluation_failed(turn, branch, &thrown.failure);
	if (r == SW_OK && ends_execution(&thrown)) {
		r = fail_execution(turn, branch, &thrown.failure);
	} else {
		if (r == SW_OK && branch->next_index > 0)
			r = sw_step_stop_children(turn, branch, SW_NO_BRANCH, branch->previous_id);
		if (r == SW_OK)
			r = rise(turn, branch, &thrown);
	}
	sw_failure_done(&thrown.failure);
	return r;
}
