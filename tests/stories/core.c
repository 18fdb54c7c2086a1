/*
 * A story on the pure core. A crash writes the head, the branches and the history as the engine does, and goes on with
 * nothing but what can be read back.
 */
#include "stage.h"

#include "engine/records.h"
#include "tests/unit/step/world.h"

#include <string.h>

struct core {
	struct world *world;
	struct sw_batch *batch;         /* the long values of all crashes */
	uint32_t commands;              /* how many were told */
	uint32_t stored_events;         /* how many went through their records */
	struct sw_value_loader loader;  /* of the crash that is being survived */
	struct sw_execution *execution; /* what is read back meanwhile */
};

static struct world *world_of(const struct stage *stage)
{
	return ((struct core *)stage->own)->world;
}

static enum sw_result open_core(struct stage *stage, const char *definition, struct sw_error *err)
{
	struct core *core = sw_zalloc(sizeof(*core));
	if (!core)
		return SW_ENOMEM;
	stage->own = core;
	core->world = world_new(definition, strlen(definition), err);
	if (!core->world)
		return SW_EDEFINITION;
	core->world->now_ms = STORY_START_MS;
	return sw_batch_new(&core->batch);
}

static void close_core(struct stage *stage)
{
	struct core *core = stage->own;
	if (!core)
		return;
	world_free(core->world);
	sw_batch_free(core->batch);
	sw_free(core);
}

/* ---- commands ----------------------------------------------------------------------------------------- */

static void deliver(struct stage *stage, const struct sw_branch *branch, bool again)
{
	char token[SW_TOKEN_TEXT_BYTES];
	const struct sw_task_fields *task = &branch->state->as.task;
	sw_token_print(world_of(stage)->execution->id, branch->number, branch->attempt, branch->token, token);
	if (task->kind == SW_RESOURCE_ACTIVITY)
		stage_queue(stage, branch->number, branch->attempt, token);
	else
		stage_deliver(stage, branch->number, branch->attempt, token, again);
}

static void collect(struct stage *stage)
{
	struct core *core = stage->own;
	struct world *world = core->world;
	for (; core->commands < world->commands_count; core->commands++) {
		const struct sw_command *command = &world->commands[core->commands];
		const struct sw_branch *branch = sw_execution_branch(world->execution, command->branch);
		if (command->kind == SW_COMMAND_DISPATCH && branch)
			deliver(stage, branch, false);
		else if (command->kind == SW_COMMAND_CANCEL)
			stage_cancel(stage, command->branch, command->attempt);
	}
	stage->finished = world->execution->status != SW_STATUS_RUNNING;
}

/* ---- a crash ------------------------------------------------------------------------------------------ */

static enum sw_result load_value(void *user, uint64_t execution_id, uint32_t number,
				 struct sw_slice *ret_text)
{
	struct sw_key key;
	sw_key_pair(&key, execution_id, number);
	enum sw_result r = sw_batch_get(user, SW_TABLE_VALUES, sw_key_slice(&key), ret_text);
	return r == SW_EINVAL ? SW_ENOENT : r;
}

/* The events since the last crash, through one chunk. */
static enum sw_result store_events(struct core *core, struct sw_value_writer *writer)
{
	struct world *world = core->world;
	struct sw_history_event *events = &world->events[core->stored_events];
	uint32_t count = world->events_count - core->stored_events;
	struct sw_buf bytes = SW_BUF;
	struct sw_history_chunk chunk;
	enum sw_result r = count > 0 ? sw_history_encode(writer, events, count, &bytes) : SW_ENOENT;
	if (r == SW_OK)
		r = sw_history_chunk_open(sw_slice(bytes.data, bytes.len), &chunk, NULL);
	for (uint32_t i = 0; i < count && r == SW_OK; i++) {
		struct sw_history_event event = {0};
		r = sw_history_chunk_next(&chunk, &core->loader, &event, NULL);
		if (r < 0)
			break;
		sw_history_event_done(&events[i]);
		events[i] = event;
	}
	sw_buf_done(&bytes);
	core->stored_events = world->events_count;
	return r == SW_ENOENT && count == 0 ? SW_OK : r;
}

static enum sw_result store_branch(struct core *core, struct sw_value_writer *writer,
				   const struct sw_branch *branch)
{
	struct sw_buf bytes = SW_BUF;
	struct sw_branch *read = NULL;
	enum sw_result r = sw_branch_encode(writer, branch, &bytes);
	if (r == SW_OK)
		r = sw_branch_decode(sw_slice(bytes.data, bytes.len), core->world->machine, &core->loader,
				     &read, NULL);
	sw_buf_done(&bytes);
	if (r == SW_OK)
		r = sw_execution_add(core->execution, read);
	if (r == SW_OK && read->wait == SW_BRANCH_READY)
		sw_execution_enqueue(core->execution, read);
	return r;
}

static void move_text(char **to, char **from)
{
	sw_free(*to);
	*to = *from;
	*from = NULL;
}

/* What the head does not hold is what the engine makes of its own settings: it stays as it is. */
static void take_head(struct sw_execution *new, struct sw_execution *old, struct sw_head *head)
{
	move_text(&new->arn, &old->arn);
	move_text(&new->machine_arn, &old->machine_arn);
	move_text(&new->region, &old->region);
	move_text(&new->name, &head->name);
	move_text(&new->machine_name, &head->machine_name);
	move_text(&new->role_arn, &head->role_arn);
	new->status = head->status;
	new->failure = (struct sw_failure){head->error, head->cause};
	new->start_ms = head->start_ms;
	new->stop_ms = head->stop_ms;
	new->timeout_due_ms = head->timeout_due_ms;
	new->redrive_ms = head->redrive_ms;
	new->next_event_id = head->next_event_id;
	new->next_branch = head->next_branch;
	new->next_value = head->next_value;
	new->redrive_count = head->redrive_count;
	new->input = head->input;
	new->output = head->output;
	new->history_events_max = old->history_events_max;
	new->payload_bytes_max = old->payload_bytes_max;
	head->error = head->cause = NULL;
	head->input = head->output = NULL;
}

static enum sw_result store_head(struct core *core, struct sw_value_writer *writer)
{
	struct sw_buf bytes = SW_BUF;
	struct sw_head head = {0};
	struct sw_execution *old = core->world->execution;
	enum sw_result r = sw_head_encode(writer, old, &bytes);
	if (r == SW_OK)
		r = sw_head_decode(sw_slice(bytes.data, bytes.len), old->id, &core->loader, true, &head,
				   NULL);
	if (r == SW_OK)
		take_head(core->execution, old, &head);
	sw_head_done(&head);
	sw_buf_done(&bytes);
	return r;
}

/* Everything through its record, in the engine's order: the head comes last, because it counts the values. */
static enum sw_result store_all(struct core *core)
{
	struct sw_execution *old = core->world->execution;
	struct sw_value_writer writer = {old, core->batch};
	enum sw_result r = store_events(core, &writer);
	for (uint32_t i = 0; i < old->branches_count && r == SW_OK; i++)
		r = store_branch(core, &writer, old->branches[i]);
	return r < 0 ? r : store_head(core, &writer);
}

static enum sw_result survive(struct stage *stage)
{
	struct core *core = stage->own;
	struct world *world = core->world;
	enum sw_result r = sw_execution_new(world->machine, world->execution->id, &core->execution);
	if (r < 0)
		return r;
	core->loader = (struct sw_value_loader){
		.execution_id = world->execution->id, .load = load_value, .user = core->batch};
	r = store_all(core);
	sw_value_loader_done(&core->loader);
	if (r < 0) {
		stage_problem(stage, "the records cannot be written and read: %s", sw_result_text(r));
		sw_execution_free(core->execution);
		return r;
	}
	sw_execution_free(world->execution);
	world->execution = core->execution;
	return SW_OK;
}

/* What was in flight is delivered again, unless its time is over. */
static void deliver_again(struct stage *stage)
{
	int64_t now_ms = world_of(stage)->now_ms;
	const struct sw_execution *execution = world_of(stage)->execution;
	stage_forget_held(stage);
	if (execution->status != SW_STATUS_RUNNING || execution->timeout_due_ms <= now_ms)
		return;
	for (uint32_t i = 0; i < execution->branches_count; i++) {
		const struct sw_branch *branch = execution->branches[i];
		if (branch->wait == SW_BRANCH_TASK && branch->dispatchable && branch->due_ms > now_ms)
			deliver(stage, branch, true);
	}
}

/* ---- acting ------------------------------------------------------------------------------------------- */

static enum sw_result crash(struct stage *stage, int64_t time_ms)
{
	struct world *world = world_of(stage);
	enum sw_result r = survive(stage);
	if (r < 0)
		return r;
	if (world->now_ms < time_ms)
		world->now_ms = time_ms;
	deliver_again(stage);
	return world_advance(world, time_ms);
}

static bool is_callback(const struct world *world, uint32_t number)
{
	const struct sw_branch *branch = sw_execution_branch(world->execution, number);
	return branch && branch->state->type == SW_STATE_TASK &&
	       branch->state->as.task.pattern == SW_CALL_TOKEN;
}

/* Whoever runs a job of `.sync` tells its end alone: that it was submitted is told first. */
static enum sw_result submit(struct world *world, const struct sw_event *outcome)
{
	const struct sw_branch *branch = sw_execution_branch(world->execution, outcome->branch);
	bool waits = branch && branch->wait == SW_BRANCH_TASK && branch->attempt == outcome->attempt;
	if (!waits || branch->submitted || branch->state->as.task.pattern != SW_CALL_SYNC)
		return SW_OK;
	struct sw_event event = {
		.kind = SW_EVENT_TASK_SUBMITTED, .branch = outcome->branch, .attempt = outcome->attempt};
	enum sw_result r = sw_value_from_text("{}", 2, &event.output, NULL);
	if (r == SW_OK)
		r = world_send(world, event);
	sw_value_unref(event.output);
	return r;
}

static enum sw_result send_event(struct stage *stage, const struct action *action)
{
	static const enum sw_event_kind kinds[] = {
		[VERB_SUCCEED] = SW_EVENT_TASK_SUCCEEDED,   [VERB_FAIL] = SW_EVENT_TASK_FAILED,
		[VERB_STARTED] = SW_EVENT_TASK_STARTED,     [VERB_SUBMITTED] = SW_EVENT_TASK_SUBMITTED,
		[VERB_HEARTBEAT] = SW_EVENT_TASK_HEARTBEAT, [VERB_STOP] = SW_EVENT_STOP,
		[VERB_REDRIVE] = SW_EVENT_REDRIVE,
	};
	struct sw_event event = {.kind = kinds[action->verb],
				 .branch = action->branch,
				 .attempt = action->attempt,
				 .error = action->error,
				 .cause = action->cause,
				 .worker = action->worker_name};
	struct given *given = stage_given(stage, action->branch, action->attempt);
	bool outcome = action->verb == VERB_SUCCEED || action->verb == VERB_FAIL;
	enum sw_result r = SW_OK;
	if (action->verb == VERB_SUCCEED && is_callback(world_of(stage), action->branch))
		stage_cancel(stage, action->branch,
			     action->attempt); /* by its token: the request is of no use any more */
	if (given && (outcome || action->verb == VERB_SUBMITTED))
		given->held = false;
	if (action->json)
		r = sw_value_from_text(action->json, strlen(action->json), &event.output, NULL);
	if (r == SW_OK && outcome)
		r = submit(world_of(stage), &event);
	if (r == SW_OK)
		r = world_send(world_of(stage), event);
	sw_value_unref(event.output);
	/* To the core a branch that was removed was never there; the engine knows by the token that it was. */
	return r == SW_ENOENT && given ? SW_ETIMEDOUT : r;
}

static enum sw_result act_on_core(struct stage *stage, const struct action *action)
{
	struct world *world = world_of(stage);
	enum sw_result r;
	if (action->verb == VERB_START)
		r = world_start(world, action->json);
	else if (action->verb == VERB_ADVANCE)
		r = world_advance(world, action->time_ms);
	else if (action->verb == VERB_CRASH || action->verb == VERB_RESTART)
		r = crash(stage, action->time_ms);
	else
		r = send_event(stage, action);
	collect(stage);
	return r;
}

/* ---- looking ------------------------------------------------------------------------------------------ */

static void events_of_core(struct stage *stage, uint32_t after_id, sw_each_event_fn *each, void *user)
{
	struct world *world = world_of(stage);
	for (uint32_t id = after_id + 1; id <= world->events_count; id++) {
		const char *json = world_event(world, id);
		each(user, id, json, strlen(json));
	}
}

static int64_t now_of_core(const struct stage *stage)
{
	return world_of(stage)->now_ms;
}

static void end_of_core(struct stage *stage, struct sw_buf *out)
{
	struct world *world = world_of(stage);
	const struct sw_execution *execution = world->execution;
	bool running = execution->status == SW_STATUS_RUNNING;
	stage_tell_end(out, execution->status, execution->output ? world_output(world) : NULL,
		       execution->failure.error, execution->failure.cause,
		       running ? sw_execution_due_ms(execution) : SW_NEVER);
}

const struct stage_ops stage_core = {
	.name = "the core",
	.open = open_core,
	.close = close_core,
	.act = act_on_core,
	.events = events_of_core,
	.now_ms = now_of_core,
	.end = end_of_core,
};
