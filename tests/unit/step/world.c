#include "tests/unit/step/world.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

struct world *world_new(const char *definition, size_t len, struct sw_error *err)
{
	struct world *world = sw_zalloc(sizeof(*world));
	SW_ASSERT(world);
	world->now_ms = 1700000000000;
	world->seed = 1;
	if (sw_machine_compile(definition, len, &world->machine, NULL, err) < 0) {
		sw_free(world);
		return NULL;
	}
	SW_ASSERT(sw_execution_new(world->machine, 7, &world->execution) == SW_OK);
	world->execution->name = sw_strdup("run");
	world->execution->arn = sw_strdup("arn:aws:states:us-east-1:123456789012:execution:machine:run");
	world->execution->machine_name = sw_strdup("machine");
	world->execution->machine_arn =
		sw_strdup("arn:aws:states:us-east-1:123456789012:stateMachine:machine");
	world->execution->role_arn = sw_strdup("arn:aws:iam::123456789012:role/stepwell");
	world->execution->region = sw_strdup("us-east-1");
	return world;
}

void world_free(struct world *world)
{
	if (!world)
		return;
	for (uint32_t i = 0; i < world->events_count; i++)
		sw_history_event_done(&world->events[i]);
	sw_free(world->events);
	sw_free(world->commands);
	sw_buf_done(&world->trace);
	sw_effects_done(&world->effects);
	sw_execution_free(world->execution);
	sw_machine_unref(world->machine);
	sw_free(world);
}

/* Takes events and commands out of the effects. */
static void collect(struct world *world)
{
	struct sw_effects *effects = &world->effects;
	for (uint32_t i = 0; i < effects->events_count; i++) {
		if (world->events_count == world->events_capacity) {
			world->events_capacity = world->events_capacity * 2 + 64;
			world->events = sw_realloc_array(world->events, world->events_capacity,
							 sizeof(*world->events));
			SW_ASSERT(world->events);
		}
		world->events[world->events_count++] = effects->events[i];
	}
	effects->events_count = 0;
	for (uint32_t i = 0; i < effects->commands_count; i++) {
		if (world->commands_count == world->commands_capacity) {
			world->commands_capacity = world->commands_capacity * 2 + 64;
			world->commands = sw_realloc_array(world->commands, world->commands_capacity,
							   sizeof(*world->commands));
			SW_ASSERT(world->commands);
		}
		world->commands[world->commands_count++] = effects->commands[i];
	}
}

static enum sw_result step_once(struct world *world, struct sw_event *event)
{
	event->now_ms = world->now_ms;
	event->seed = world->seed++;
	sw_effects_reset(&world->effects);
	enum sw_result r = sw_step(world->execution, event, &world->effects);
	world->turns++;
	collect(world);
	world->execution->removed_count = 0;
	return r;
}

enum sw_result world_send(struct world *world, struct sw_event event)
{
	enum sw_result r = step_once(world, &event);
	while (r == SW_OK && world->effects.more) {
		struct sw_event more = {.kind = SW_EVENT_CONTINUE};
		r = step_once(world, &more);
	}
	return r;
}

enum sw_result world_start(struct world *world, const char *input)
{
	struct sw_value *value;
	enum sw_result r = sw_value_from_text(input, strlen(input), &value, NULL);
	if (r < 0)
		return r;
	world->execution->input = value;
	return world_send(world, (struct sw_event){.kind = SW_EVENT_START});
}

enum sw_result world_succeed(struct world *world, uint32_t branch, uint32_t attempt, const char *output)
{
	struct sw_value *value;
	enum sw_result r = sw_value_from_text(output, strlen(output), &value, NULL);
	if (r < 0)
		return r;
	r = world_send(world, (struct sw_event){.kind = SW_EVENT_TASK_SUCCEEDED,
						.branch = branch,
						.attempt = attempt,
						.output = value});
	sw_value_unref(value);
	return r;
}

enum sw_result world_fail(struct world *world, uint32_t branch, uint32_t attempt, const char *error,
			  const char *cause)
{
	return world_send(world, (struct sw_event){.kind = SW_EVENT_TASK_FAILED,
						   .branch = branch,
						   .attempt = attempt,
						   .error = error,
						   .cause = cause});
}

/* The branch that is due first, if it is due at time_ms; NULL: none. */
static const struct sw_branch *due_branch(const struct sw_execution *execution, int64_t time_ms)
{
	const struct sw_branch *first = NULL;
	for (uint32_t i = 0; i < execution->branches_count; i++) {
		const struct sw_branch *branch = execution->branches[i];
		if (branch->due_ms <= time_ms && (!first || branch->due_ms < first->due_ms))
			first = branch;
	}
	return first;
}

enum sw_result world_advance(struct world *world, int64_t time_ms)
{
	struct sw_execution *execution = world->execution;
	while (execution->status == SW_STATUS_RUNNING && sw_execution_due_ms(execution) <= time_ms) {
		struct sw_event event = {.kind = SW_EVENT_EXECUTION_TIMEOUT};
		if (sw_execution_due_ms(execution) > world->now_ms)
			world->now_ms = sw_execution_due_ms(execution);
		if (execution->timeout_due_ms > world->now_ms) {
			const struct sw_branch *branch = due_branch(execution, world->now_ms);
			SW_ASSERT(branch);
			event = (struct sw_event){.kind = SW_EVENT_TIMER, .branch = branch->number};
		}
		enum sw_result r = world_send(world, event);
		if (r < 0)
			return r;
	}
	if (world->now_ms < time_ms)
		world->now_ms = time_ms;
	return SW_OK;
}

const char *world_trace(struct world *world)
{
	sw_buf_reset(&world->trace);
	for (uint32_t i = 0; i < world->events_count; i++) {
		const struct sw_history_event *event = &world->events[i];
		sw_buf_printf(&world->trace, "%u<-%u %s\n", event->id, event->previous_id,
			      sw_history_type_text(event->type));
	}
	return world->trace.len > 0 ? world->trace.data : "";
}

const char *world_event(struct world *world, uint32_t id)
{
	sw_buf_reset(&world->trace);
	if (id == 0 || id > world->events_count)
		return "";
	SW_ASSERT(sw_history_event_print(&world->events[id - 1], true, &world->trace) == SW_OK);
	return world->trace.data;
}

const char *world_output(struct world *world)
{
	struct sw_slice text;
	if (!world->execution->output)
		return "";
	SW_ASSERT(sw_value_text(world->execution->output, &text) == SW_OK);
	return text.data;
}

const struct sw_command *world_dispatched(const struct world *world)
{
	for (uint32_t i = world->commands_count; i-- > 0;) {
		if (world->commands[i].kind == SW_COMMAND_DISPATCH)
			return &world->commands[i];
	}
	return NULL;
}

uint32_t world_count(const struct world *world, enum sw_command_kind kind)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < world->commands_count; i++)
		count += world->commands[i].kind == kind;
	return count;
}
