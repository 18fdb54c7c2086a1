/*
 * Runs executions through sw_step with mocked tasks and a virtual clock, for tests/conformance/replay.py.
 * Reads one JSON request a line: {"definition": text, "input": text, "name", "arn", "machineName",
 * "machineArn", "roleArn", "now": milliseconds, "mocks": {STATE: {"0": {"Return": ...}, "1-2": {"Throw":
 * {"Error", "Cause"}}}}}. Answers one line: {"status", "output", "error", "cause", "startMs", "stopMs",
 * "events": [...]} or {"refused": text}.
 */
#include "tests/unit/step/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 100000

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void replace(char **field, const char *text)
{
	if (!text)
		return;
	sw_free(*field);
	*field = sw_strdup(text);
}

/* The response of a mock for an invocation: its keys are "3" or "1-2"; the last one serves for all later
 * ones. */
static const json_t *response_of(const json_t *mock, uint32_t index)
{
	const json_t *last = NULL;
	json_t *object = (json_t *)mock;
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
		const char *key = json_object_iter_key(at), *dash = strchr(key, '-');
		unsigned long from = strtoul(key, NULL, 10), to = dash ? strtoul(dash + 1, NULL, 10) : from;
		if (index >= from && index <= to)
			return json_object_iter_value(at);
		last = json_object_iter_value(at);
	}
	return last;
}

static enum sw_result answer_with(struct world *world, struct sw_event event, const json_t *response)
{
	const json_t *value = json_object_get(response, "Return"),
		     *thrown = json_object_get(response, "Throw");
	if (value) {
		event.kind = SW_EVENT_TASK_SUCCEEDED;
		event.output = sw_value_from_tree_new(json_incref((json_t *)value));
		enum sw_result r = world_send(world, event);
		sw_value_unref(event.output);
		return r;
	}
	event.error = thrown ? text_of(thrown, "Error") : "Stepwell.ResourceNotMapped";
	event.cause = thrown ? text_of(thrown, "Cause") : "There is no mock for this state.";
	bool timeout = event.error && strcmp(event.error, "States.Timeout") == 0;
	event.kind = timeout ? SW_EVENT_TASK_TIMED_OUT : SW_EVENT_TASK_FAILED;
	return world_send(world, event);
}

static enum sw_result answer(struct world *world, const struct sw_command *command, const json_t *mocks)
{
	const struct sw_branch *branch = sw_execution_branch(world->execution, command->branch);
	if (!branch || branch->wait != SW_BRANCH_TASK || branch->attempt != command->attempt)
		return SW_OK;
	const struct sw_task_fields *task = &branch->state->as.task;
	const json_t *response = response_of(json_object_get(mocks, branch->state->name), branch->mock_index);
	struct sw_event event = {.branch = command->branch, .attempt = command->attempt};
	enum sw_result r = SW_OK;
	if (task->kind == SW_RESOURCE_ACTIVITY) {
		event.kind = SW_EVENT_TASK_STARTED;
		r = world_send(world, event);
	} else if (task->pattern != SW_CALL_RESPONSE) {
		struct sw_value *empty = sw_value_from_checked("{}", 2);
		event.kind = SW_EVENT_TASK_SUBMITTED;
		event.output = empty;
		r = world_send(world, event);
		sw_value_unref(empty);
		event.output = NULL;
	}
	return r < 0 ? r : answer_with(world, event, response);
}

static enum sw_result run(struct world *world, const json_t *request)
{
	const char *input = text_of(request, "input");
	enum sw_result r = world_start(world, input ? input : "{}");
	uint32_t at = 0;
	for (int i = 0; i < STEPS_MAX && r == SW_OK && world->execution->status == SW_STATUS_RUNNING; i++) {
		while (at < world->commands_count && world->commands[at].kind != SW_COMMAND_DISPATCH)
			at++;
		if (at < world->commands_count) {
			struct sw_command command = world->commands[at++];
			r = answer(world, &command, json_object_get(request, "mocks"));
		} else if (sw_execution_due_ms(world->execution) < SW_NEVER) {
			r = world_advance(world, sw_execution_due_ms(world->execution));
		} else {
			break;
		}
	}
	return r;
}

static void print_result(struct world *world)
{
	static const char *const names[] = {"RUNNING",   "SUCCEEDED", "FAILED",
					    "TIMED_OUT", "ABORTED",   "PENDING_REDRIVE"};
	const struct sw_execution *execution = world->execution;
	struct sw_buf out = SW_BUF;
	sw_buf_printf(&out, "{\"status\":\"%s\",\"startMs\":%" PRId64 ",\"stopMs\":%" PRId64 ",\"events\":[",
		      names[execution->status], execution->start_ms, execution->stop_ms);
	for (uint32_t i = 0; i < world->events_count; i++) {
		if (i > 0)
			sw_buf_char(&out, ',');
		sw_history_event_print(&world->events[i], true, &out);
	}
	sw_buf_char(&out, ']');
	if (execution->output) {
		sw_buf_text(&out, ",\"output\":");
		sw_json_quote(&out, world_output(world), strlen(world_output(world)));
	}
	const struct sw_failure *failure = &execution->failure;
	if (failure->error) {
		sw_buf_text(&out, ",\"error\":");
		sw_json_quote(&out, failure->error, strlen(failure->error));
	}
	if (failure->cause) {
		sw_buf_text(&out, ",\"cause\":");
		sw_json_quote(&out, failure->cause, strlen(failure->cause));
	}
	printf("%s}\n", out.data);
	sw_buf_done(&out);
}

static void refuse(const char *why)
{
	struct sw_buf out = SW_BUF;
	sw_json_quote(&out, why, strlen(why));
	printf("{\"refused\":%s}\n", out.data);
	sw_buf_done(&out);
}

static void serve(const json_t *request)
{
	const char *definition = text_of(request, "definition");
	struct sw_error err = {0};
	struct world *world = definition ? world_new(definition, strlen(definition), &err) : NULL;
	if (!world) {
		refuse(definition ? err.text : "no definition");
		return;
	}
	struct sw_execution *execution = world->execution;
	replace(&execution->name, text_of(request, "name"));
	replace(&execution->arn, text_of(request, "arn"));
	replace(&execution->machine_name, text_of(request, "machineName"));
	replace(&execution->machine_arn, text_of(request, "machineArn"));
	replace(&execution->role_arn, text_of(request, "roleArn"));
	replace(&execution->test_case, "replay");
	if (json_object_get(request, "now"))
		world->now_ms = json_integer_value(json_object_get(request, "now"));
	enum sw_result r = run(world, request);
	if (r < 0)
		refuse(sw_result_text(r));
	else
		print_result(world);
	world_free(world);
}

int main(void)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t len;
	while ((len = getline(&line, &capacity, stdin)) > 0) {
		json_t *request;
		struct sw_error err = {0};
		if (sw_json_parse(line, (size_t)len, 0, &request, &err) < 0) {
			refuse(err.text);
		} else {
			serve(request);
			json_decref(request);
		}
		fflush(stdout);
	}
	free(line);
	return 0;
}
