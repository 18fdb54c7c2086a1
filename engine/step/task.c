/*
 * "The Task State causes the interpreter to execute the work identified by the state's Resource field":
 * schedules attempts, and tells what comes of them in the words of their kind (LambdaFunction...,
 * Activity..., Task...).
 */
#include "engine/step/internal.h"

#include "base/assert.h"

#include <string.h>

/* ---- the words of a kind ------------------------------------------------------------------------------ */

struct words {
	enum sw_history_type succeeded, failed, timed_out;
};

static const struct words *words_of(const struct sw_branch *branch)
{
	static const struct words lambda = {SW_HISTORY_LAMBDA_SUCCEEDED, SW_HISTORY_LAMBDA_FAILED,
					    SW_HISTORY_LAMBDA_TIMED_OUT};
	static const struct words activity = {SW_HISTORY_ACTIVITY_SUCCEEDED, SW_HISTORY_ACTIVITY_FAILED,
					      SW_HISTORY_ACTIVITY_TIMED_OUT};
	static const struct words task = {SW_HISTORY_TASK_SUCCEEDED, SW_HISTORY_TASK_FAILED,
					  SW_HISTORY_TASK_TIMED_OUT};
	enum sw_resource_kind kind = branch->state->as.task.kind;
	return kind == SW_RESOURCE_LAMBDA ? &lambda : kind == SW_RESOURCE_ACTIVITY ? &activity : &task;
}

/* Task... events say what was called; the others do not. */
static void tell_resource(struct sw_event_writer *event, const struct sw_branch *branch)
{
	const struct sw_task_fields *task = &branch->state->as.task;
	if (task->kind == SW_RESOURCE_LAMBDA || task->kind == SW_RESOURCE_ACTIVITY)
		return;
	sw_event_name(event, SW_FIELD_RESOURCE_TYPE, task->resource_type);
	sw_event_name(event, SW_FIELD_RESOURCE, task->resource_name);
}

/* What the failure text of a result that is too large calls the task (recorded). */
static const char *shown_name(const struct sw_branch *branch)
{
	const struct sw_task_fields *task = &branch->state->as.task;
	return task->kind == SW_RESOURCE_SERVICE ? task->resource_type : task->resource;
}

/* ---- scheduling --------------------------------------------------------------------------------------- */

/* What is evaluated for an attempt. */
struct attempt {
	struct sw_value *input;
	struct sw_value *credentials;               /* {"roleArn": ...}; NULL: none */
	int64_t timeout_seconds, heartbeat_seconds; /* 0: none */
};

static void attempt_done(struct attempt *attempt)
{
	sw_value_unref(attempt->input);
	sw_value_unref(attempt->credentials);
}

static enum sw_result find_seconds(struct sw_evaluation *evaluation, const struct sw_number_field *field,
				   int64_t *ret_seconds)
{
	if (!field->present)
		return SW_OK;
	enum sw_result r = sw_evaluate_integer(evaluation, field, ret_seconds);
	bool fits = r == SW_OK && *ret_seconds > 0 && *ret_seconds <= SW_WAIT_SECONDS_MAX;
	if (r == SW_OK && !fits && sw_evaluation_is_jsonata(evaluation))
		r = sw_turn_query(evaluation->turn, field->name,
				  "The %s field must be between 1 and %d, but was %lld.", field->name,
				  SW_WAIT_SECONDS_MAX, (long long)*ret_seconds);
	else if (r == SW_OK && !fits)
		r = sw_turn_runtime(evaluation->turn,
				    "The %s field refers to value \"%lld\" which is not between 1 and %d",
				    field->name ? field->name : "TimeoutSeconds", (long long)*ret_seconds,
				    SW_WAIT_SECONDS_MAX);
	return r;
}

static void find_role(void *user, const char *pointer, const struct sw_expr *expr)
{
	const struct sw_expr **ret_expr = user;
	if (strcmp(pointer, "/RoleArn") == 0)
		*ret_expr = expr;
}

/* What events tell as a string has to be one; JSONata's failure is that of all fields with a type. */
static enum sw_result check_credentials(struct sw_evaluation *evaluation, const struct sw_template *template,
					const json_t *tree)
{
	const struct sw_expr *expr = sw_template_expression(template);
	const json_t *role = json_object_get(tree, "RoleArn");
	if (expr && !json_is_object(tree))
		return sw_failure_unexpected(&evaluation->turn->failure, expr, "Credentials", "object", tree);
	if (!role || sw_json_is_string(role))
		return SW_OK;
	if (!expr)
		sw_template_each(template, find_role, &expr);
	if (expr && sw_evaluation_is_jsonata(evaluation))
		return sw_failure_unexpected(&evaluation->turn->failure, expr, "Credentials/RoleArn",
					     "string", role);
	return sw_turn_runtime(evaluation->turn, "The field 'RoleArn' of Credentials must be a string.");
}

/* AWS tells the role as "roleArn". */
static enum sw_result find_credentials(struct sw_evaluation *evaluation, struct sw_value **ret_credentials)
{
	const struct sw_template *template = evaluation->branch->state->as.task.credentials;
	struct sw_value *value;
	const json_t *tree;
	if (!template)
		return SW_OK;
	enum sw_result r = sw_evaluate_template(evaluation, template, "Credentials", &value);
	if (r < 0)
		return r;
	r = sw_value_tree(value, &tree);
	if (r == SW_OK)
		r = check_credentials(evaluation, template, tree);
	if (r == SW_OK) {
		json_t *role = json_object_get(tree, "RoleArn");
		*ret_credentials =
			sw_value_from_tree_new(role ? json_pack("{s:O}", "roleArn", role) : json_object());
		r = *ret_credentials ? SW_OK : SW_ENOMEM;
	}
	sw_value_unref(value);
	return r;
}

/*
 * What Step Functions itself checks before it calls API Gateway: "Headers" is an object of arrays (recorded:
 * services/apigetway_task_service.invoke_with_headers_singlestringheader).
 */
static enum sw_result check_parameters(struct sw_turn *turn, const struct sw_branch *branch,
				       const struct attempt *attempt)
{
	const struct sw_task_fields *task = &branch->state->as.task;
	const json_t *tree, *list;
	const char *name;
	struct sw_slice text;
	if (task->kind != SW_RESOURCE_SERVICE || strcmp(task->resource_type, "apigateway") != 0)
		return SW_OK;
	enum sw_result r = sw_value_tree(attempt->input, &tree);
	if (r < 0)
		return r;
	json_t *headers = json_object_get(tree, "Headers");
	bool good = !headers || json_is_object(headers);
	json_object_foreach(headers, name, list) good = good && json_is_array(list);
	if (good)
		return SW_OK;
	r = sw_value_text(attempt->input, &text);
	return r < 0 ? r
		     : sw_turn_runtime(
			       turn,
			       "The Parameters '%.*s' could not be used to start the Task: [The value of "
			       "the field 'Headers' has an invalid format]",
			       (int)text.len, (const char *)text.data);
}

static enum sw_result prepare(struct sw_turn *turn, struct sw_branch *branch, struct attempt *attempt)
{
	const struct sw_task_fields *task = &branch->state->as.task;
	struct sw_evaluation evaluation;
	struct sw_value *filtered;
	sw_evaluation_init(&evaluation, turn, branch);
	enum sw_result r = sw_step_filtered_input(&evaluation, &filtered);
	if (r < 0) {
		sw_evaluation_done(&evaluation);
		return r;
	}
	if (task->timeout_seconds.expr || task->heartbeat_seconds.expr || task->credentials)
		r = sw_evaluation_input(&evaluation, filtered);
	if (r == SW_OK)
		r = find_seconds(&evaluation, &task->timeout_seconds, &attempt->timeout_seconds);
	if (r == SW_OK)
		r = find_seconds(&evaluation, &task->heartbeat_seconds, &attempt->heartbeat_seconds);
	if (r == SW_OK)
		r = find_credentials(&evaluation, &attempt->credentials);
	if (r == SW_OK)
		r = sw_step_parameters(&evaluation, filtered, &attempt->input);
	if (r == SW_OK && attempt->input != branch->input)
		r = sw_step_check_size(turn, attempt->input, branch->state->name);
	if (r == SW_OK)
		r = check_parameters(turn, branch, attempt);
	sw_value_unref(filtered);
	sw_evaluation_done(&evaluation);
	return r;
}

static void tell_limits(struct sw_event_writer *event, const struct attempt *attempt)
{
	if (attempt->timeout_seconds > 0)
		sw_event_integer(event, SW_FIELD_TIMEOUT_SECONDS, attempt->timeout_seconds);
	if (attempt->heartbeat_seconds > 0)
		sw_event_integer(event, SW_FIELD_HEARTBEAT_SECONDS, attempt->heartbeat_seconds);
	sw_event_value(event, SW_FIELD_TASK_CREDENTIALS, attempt->credentials);
}

static enum sw_result write_scheduled(struct sw_turn *turn, struct sw_branch *branch,
				      const struct attempt *attempt)
{
	const struct sw_task_fields *task = &branch->state->as.task;
	bool lambda = task->kind == SW_RESOURCE_LAMBDA;
	struct sw_event_writer event;
	if (lambda || task->kind == SW_RESOURCE_ACTIVITY) {
		event = sw_event_next(
			turn, lambda ? SW_HISTORY_LAMBDA_SCHEDULED : SW_HISTORY_ACTIVITY_SCHEDULED, branch);
		sw_event_name(&event, SW_FIELD_RESOURCE, task->resource);
		sw_event_value(&event, SW_FIELD_INPUT, attempt->input);
	} else {
		event = sw_event_next(turn, SW_HISTORY_TASK_SCHEDULED, branch);
		tell_resource(&event, branch);
		sw_event_name(&event, SW_FIELD_REGION, turn->execution->region);
		sw_event_value(&event, SW_FIELD_PARAMETERS, attempt->input);
	}
	tell_limits(&event, attempt);
	return sw_event_end(&event);
}

/* The clocks of an attempt run from its ...Started event. */
static void start_clocks(struct sw_turn *turn, struct sw_branch *branch, int64_t timeout_ms)
{
	int64_t now_ms = turn->event->now_ms;
	branch->started = true;
	branch->timeout_due_ms = timeout_ms > 0 ? now_ms + timeout_ms : SW_NEVER;
	branch->heartbeat_due_ms = branch->heartbeat_ms > 0 ? now_ms + branch->heartbeat_ms : SW_NEVER;
	branch->due_ms = branch->timeout_due_ms < branch->heartbeat_due_ms ? branch->timeout_due_ms
									   : branch->heartbeat_due_ms;
	sw_branch_touch(branch);
}

static enum sw_result write_started(struct sw_turn *turn, struct sw_branch *branch)
{
	enum sw_resource_kind kind = branch->state->as.task.kind;
	enum sw_history_type type = kind == SW_RESOURCE_LAMBDA     ? SW_HISTORY_LAMBDA_STARTED
				    : kind == SW_RESOURCE_ACTIVITY ? SW_HISTORY_ACTIVITY_STARTED
								   : SW_HISTORY_TASK_STARTED;
	struct sw_event_writer event = sw_event_next(turn, type, branch);
	tell_resource(&event, branch);
	if (kind == SW_RESOURCE_ACTIVITY)
		sw_event_text(&event, SW_FIELD_WORKER_NAME, turn->event->worker);
	return sw_event_end(&event);
}

/* With a test case: counts how often the state was scheduled; mocks answer by that. */
static enum sw_result count_for_mocks(struct sw_execution *execution, struct sw_branch *branch)
{
	if (!execution->test_case)
		return SW_OK;
	if (!execution->mock_counts)
		execution->mock_counts = sw_zalloc_array(execution->machine->states_count, sizeof(uint32_t));
	if (!execution->mock_counts)
		return SW_ENOMEM;
	branch->mock_index = execution->mock_counts[branch->state->index]++;
	return SW_OK;
}

static enum sw_result schedule(struct sw_turn *turn, struct sw_branch *branch, const struct attempt *attempt)
{
	enum sw_result r = write_scheduled(turn, branch, attempt);
	if (r < 0)
		return r;
	sw_value_unref(branch->work);
	branch->work = sw_value_ref(attempt->input);
	sw_step_move(branch, SW_BRANCH_TASK);
	branch->dispatchable = true;
	branch->submitted = branch->started = false;
	branch->heartbeat_ms = attempt->heartbeat_seconds * 1000;
	/* An activity waits in its queue: "the count begins when GetActivityTask receives a token". */
	branch->timeout_due_ms = branch->heartbeat_due_ms = branch->due_ms = SW_NEVER;
	if (branch->state->as.task.kind != SW_RESOURCE_ACTIVITY) {
		r = write_started(turn, branch);
		if (r < 0)
			return r;
		start_clocks(turn, branch, attempt->timeout_seconds * 1000);
	}
	r = count_for_mocks(turn->execution, branch);
	if (r < 0)
		return r;
	return sw_effects_command(turn->effects, SW_COMMAND_DISPATCH, branch->number, branch->attempt);
}

enum sw_result sw_step_task(struct sw_turn *turn, struct sw_branch *branch)
{
	struct attempt attempt = {0};
	/* Parameters may hold $$.Task.Token: the attempt has its token before they are evaluated. */
	branch->attempt++;
	for (size_t i = 0; i < SW_TOKEN_RANDOM_BYTES; i += sizeof(uint64_t)) {
		uint64_t bits = sw_rng_next(&turn->rng);
		memcpy(branch->token + i, &bits, sizeof(bits));
	}
	sw_branch_touch(branch);
	enum sw_result r = prepare(turn, branch, &attempt);
	if (r == SW_OK)
		r = schedule(turn, branch, &attempt);
	attempt_done(&attempt);
	return r;
}

/* ---- what comes of it --------------------------------------------------------------------------------- */

static enum sw_result fail(struct sw_turn *turn, struct sw_branch *branch, enum sw_thrower thrower,
			   const char *error, const char *cause, bool timed_out)
{
	const struct words *words = words_of(branch);
	enum sw_history_type type = turn->event->not_scheduled ? SW_HISTORY_ACTIVITY_SCHEDULE_FAILED
				    : timed_out                ? words->timed_out
							       : words->failed;
	struct sw_event_writer event = sw_event_next(turn, type, branch);
	tell_resource(&event, branch);
	sw_event_text(&event, SW_FIELD_ERROR, error);
	sw_event_text(&event, SW_FIELD_CAUSE, cause);
	enum sw_result r = sw_event_end(&event);
	if (r < 0)
		return r;
	sw_step_move(branch, SW_BRANCH_READY); /* the attempt is over: nobody is to cancel it */
	return sw_turn_throw(turn, thrower, error, cause);
}

/* A result that is too large is a failure of the task. */
static enum sw_result check_result(struct sw_turn *turn, struct sw_branch *branch)
{
	enum sw_result r = sw_step_check_size(turn, turn->event->output, shown_name(branch));
	if (r != SW_EQUERY)
		return r;
	struct sw_failure failure = turn->failure;
	turn->failure = (struct sw_failure){0};
	r = fail(turn, branch, SW_THROWN_BY_WORK, failure.error, failure.cause, false);
	sw_failure_done(&failure);
	return r;
}

static enum sw_result succeeded(struct sw_turn *turn, struct sw_branch *branch)
{
	struct sw_value *output = turn->event->output;
	if (!output)
		return SW_EINVAL;
	enum sw_result r = check_result(turn, branch);
	if (r < 0)
		return r;
	struct sw_event_writer event = sw_event_next(turn, words_of(branch)->succeeded, branch);
	tell_resource(&event, branch);
	sw_event_value(&event, SW_FIELD_OUTPUT, output);
	r = sw_event_end(&event);
	if (r < 0)
		return r;
	sw_step_move(branch, SW_BRANCH_READY);
	return sw_step_leave_with(turn, branch, output);
}

/* The request was made; what it asked for answers later, by token or by polling. */
static enum sw_result submitted(struct sw_turn *turn, struct sw_branch *branch)
{
	if (branch->state->as.task.pattern == SW_CALL_RESPONSE)
		return SW_EINVAL;
	/* An attempt that was delivered again after a crash may submit again: it is told once. */
	if (branch->submitted)
		return SW_OK;
	enum sw_result r = turn->event->output ? check_result(turn, branch) : SW_OK;
	if (r < 0)
		return r;
	struct sw_event_writer event = sw_event_next(turn, SW_HISTORY_TASK_SUBMITTED, branch);
	tell_resource(&event, branch);
	sw_event_value(&event, SW_FIELD_OUTPUT, turn->event->output);
	r = sw_event_end(&event);
	if (r < 0)
		return r;
	branch->submitted = true;
	branch->dispatchable = branch->state->as.task.pattern == SW_CALL_SYNC;
	return SW_OK;
}

static enum sw_result started(struct sw_turn *turn, struct sw_branch *branch)
{
	if (branch->state->as.task.kind != SW_RESOURCE_ACTIVITY)
		return SW_EINVAL;
	if (branch->started)
		return SW_ETIMEDOUT;
	struct attempt attempt = {0};
	enum sw_result r = write_started(turn, branch);
	/* The same data gives the same seconds as when the task was scheduled. */
	if (r == SW_OK)
		r = prepare(turn, branch, &attempt);
	if (r == SW_OK) {
		start_clocks(turn, branch, attempt.timeout_seconds * 1000);
		branch->dispatchable = false; /* from here on its token is waited for */
	}
	attempt_done(&attempt);
	return r;
}

static enum sw_result heartbeat(struct sw_turn *turn, struct sw_branch *branch)
{
	if (branch->heartbeat_ms > 0 && branch->started) {
		branch->heartbeat_due_ms = turn->event->now_ms + branch->heartbeat_ms;
		branch->due_ms = branch->timeout_due_ms < branch->heartbeat_due_ms ? branch->timeout_due_ms
										   : branch->heartbeat_due_ms;
		sw_branch_touch(branch);
	}
	return SW_OK;
}

enum sw_result sw_step_task_event(struct sw_turn *turn, struct sw_branch *branch)
{
	const struct sw_event *event = turn->event;
	switch (event->kind) {
	case SW_EVENT_TASK_STARTED:
		return started(turn, branch);
	case SW_EVENT_TASK_SUBMITTED:
		return submitted(turn, branch);
	case SW_EVENT_TASK_SUCCEEDED:
		return succeeded(turn, branch);
	case SW_EVENT_TASK_HEARTBEAT:
		return heartbeat(turn, branch);
	case SW_EVENT_TASK_FAILED:
	case SW_EVENT_TASK_TIMED_OUT:
		return fail(turn, branch, SW_THROWN_BY_WORK, event->error, event->cause,
			    event->kind == SW_EVENT_TASK_TIMED_OUT);
	default:
		return SW_EINVAL;
	}
}

enum sw_result sw_step_task_due(struct sw_turn *turn, struct sw_branch *branch)
{
	int64_t now_ms = turn->event->now_ms;
	bool timeout = now_ms >= branch->timeout_due_ms;
	if (!timeout && now_ms < branch->heartbeat_due_ms)
		return SW_OK;
	enum sw_result r =
		sw_effects_command(turn->effects, SW_COMMAND_CANCEL, branch->number, branch->attempt);
	/* Recorded: a missed heartbeat is told as States.Timeout too, and neither has a cause. */
	return r < 0 ? r
		     : fail(turn, branch, timeout ? SW_THROWN_BY_WORK : SW_THROWN_BY_HEARTBEAT,
			    SW_ERROR_TIMEOUT, NULL, true);
}
