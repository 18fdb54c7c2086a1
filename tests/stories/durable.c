/*
 * A story on the whole engine: a store in memory that outlives engines, a loop whose clock the story moves. A crash
 * ends the engine while nothing reaches the store any more.
 */
#include "stage.h"

#include "base/mem.h"
#include "engine/internal.h"
#include "engine/maintenance.h"
#include "tests/lib/virtual_loop.h"

#include <stdio.h>
#include <string.h>

#define TASKS_MAX 64
#define TURNS_MAX 100000
#define RUN_ARN "arn:aws:states:us-east-1:123456789012:execution:machine:run"

struct durable {
	struct stage *stage;
	struct virtual_loop loop;
	int64_t start_mono_ms;
	struct sw_store *memory, *store;
	struct sw_store_faults faults;
	unsigned commits; /* of the story so far */
	struct sw_engine *engine;
	struct sw_task *tasks[TASKS_MAX]; /* the handler's */
	unsigned tasks_count;
	struct waiting {
		uint32_t branch, attempt;
	} queue[TASKS_MAX]; /* of activities */
	unsigned queue_count;
	struct given *worker; /* that a poll is to be given */
	enum sw_result replied;
	bool answered, existed;
};

/* ---- tasks -------------------------------------------------------------------------------------------- */

static void number_of(const char *token, uint32_t *ret_branch, uint32_t *ret_attempt)
{
	uint64_t id;
	uint8_t random[SW_TOKEN_RANDOM_BYTES];
	*ret_branch = *ret_attempt = 0;
	sw_token_parse(token, strlen(token), &id, ret_branch, ret_attempt, random);
}

static void on_task(void *user, struct sw_task *task)
{
	struct durable *durable = user;
	uint32_t branch, attempt;
	number_of(sw_task_token(task), &branch, &attempt);
	if (durable->tasks_count == TASKS_MAX) {
		stage_problem(durable->stage, "more than %d tasks at once", TASKS_MAX);
		sw_task_release(task);
		return;
	}
	durable->tasks[durable->tasks_count++] = task;
	stage_deliver(durable->stage, branch, attempt, sw_task_token(task), sw_task_is_redelivery(task));
}

/* Takes it from the list; NULL: nobody has it. */
static struct sw_task *take_task(struct durable *durable, uint32_t branch, uint32_t attempt)
{
	for (unsigned i = 0; i < durable->tasks_count; i++) {
		struct sw_task *task = durable->tasks[i];
		uint32_t its_branch, its_attempt;
		number_of(sw_task_token(task), &its_branch, &its_attempt);
		if (its_branch != branch || its_attempt != attempt)
			continue;
		durable->tasks[i] = durable->tasks[--durable->tasks_count];
		return task;
	}
	return NULL;
}

static void on_cancel(void *user, struct sw_task *task)
{
	struct durable *durable = user;
	uint32_t branch, attempt;
	number_of(sw_task_token(task), &branch, &attempt);
	stage_cancel(durable->stage, branch, attempt);
	struct sw_task *held = take_task(durable, branch, attempt);
	if (held != task)
		stage_problem(durable->stage, "a task is cancelled that nobody has");
	sw_task_release(held);
}

/* ---- life --------------------------------------------------------------------------------------------- */

static void write_log(void *user, enum sw_log_level level, const char *file, int line, const char *text)
{
}

/* Has the commit failed that was to fail? */
static bool has_died(const struct durable *durable)
{
	return durable->faults.fail_at > 0 && durable->faults.operations >= durable->faults.fail_at;
}

static void open_engine(struct durable *durable)
{
	/* All but activities, whose tasks wait for a worker unless there is a handler. */
	static const char *const patterns[] = {"arn:aws:lambda:*", "arn:aws:states:::*", "function:*"};
	struct sw_error err = {0};
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	options.loop = &durable->loop.hooks;
	options.synchronous_commit = true;
	options.seed = 42;
	options.log = (struct sw_log){write_log, durable, SW_LOG_ERROR};
	enum sw_result r = sw_store_open_faulty(durable->memory, &durable->faults, &durable->store);
	if (r == SW_OK)
		r = sw_engine_new_on(&options, durable->store, &durable->engine, &err);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]) && r == SW_OK; i++)
		r = sw_engine_on_task(durable->engine, patterns[i], on_task, on_cancel, durable, &err);
	if (r == SW_OK)
		r = sw_engine_resume(durable->engine, SW_RESUME_ALL, &err);
	if (r < 0 && !has_died(durable))
		stage_problem(durable->stage, "the engine does not open: %s", err.text);
	virtual_loop_settle(&durable->loop, TURNS_MAX);
}

static void close_engine(struct durable *durable)
{
	sw_engine_free(durable->engine);
	sw_store_close(durable->store);
	durable->engine = NULL;
	durable->store = NULL;
	for (unsigned i = 0; i < durable->tasks_count; i++)
		sw_task_release(durable->tasks[i]);
	durable->tasks_count = durable->queue_count = 0;
	stage_forget_held(durable->stage);
	if (virtual_loop_count(&durable->loop) != 0)
		stage_problem(durable->stage, "watches or alarms are left behind");
}

static enum sw_result reopen(struct durable *durable, bool crash, int64_t down_ms)
{
	struct sw_store_faults armed = durable->faults;
	if (crash)
		durable->faults =
			(struct sw_store_faults){.fail_at = 1, .fail_onwards = true, .fail_with = SW_EIO};
	close_engine(durable);
	if (crash)
		durable->faults = armed;
	if (down_ms > 0) {
		durable->loop.mono_ms += down_ms;
		durable->loop.wall_ms += down_ms;
	}
	if (!has_died(durable))
		open_engine(durable);
	return durable->engine && !has_died(durable) ? SW_OK : SW_EIO;
}

/* ---- asking ------------------------------------------------------------------------------------------- */

static void on_reply(void *user, enum sw_result result, const struct sw_reply *reply,
		     const struct sw_error *err)
{
	struct durable *durable = user;
	durable->answered = true;
	durable->replied = result;
	durable->existed = reply->existed;
}

/* What a call that was accepted comes to. */
static enum sw_result await(struct durable *durable, enum sw_result accepted)
{
	if (accepted < 0)
		return accepted;
	durable->answered = durable->existed = false;
	virtual_loop_settle(&durable->loop, TURNS_MAX);
	if (!durable->answered)
		stage_problem(durable->stage, "a call was not answered");
	return durable->replied;
}

/* Those that the definition names. */
static void create_activities(struct durable *durable, const char *definition)
{
	static const char mark[] = ":activity:";
	for (const char *at = strstr(definition, mark); at; at = strstr(at, mark)) {
		char name[81];
		at += strlen(mark);
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, "\""), at);
		if (await(durable,
			  sw_engine_create_activity(durable->engine, name, on_reply, durable, NULL)) < 0)
			stage_problem(durable->stage, "the activity %s is not created", name);
	}
}

static enum sw_result open_durable(struct stage *stage, const char *definition, struct sw_error *err)
{
	struct durable *durable = sw_zalloc(sizeof(*durable));
	struct sw_store_options options = {
		.table_names = sw_table_names, .tables_count = SW_TABLES_COUNT, .format = SW_STORE_FORMAT};
	if (!durable)
		return SW_ENOMEM;
	stage->own = durable;
	durable->stage = stage;
	virtual_loop_init(&durable->loop, STORY_START_MS);
	durable->start_mono_ms = durable->loop.mono_ms;
	enum sw_result r = sw_store_open_memory(&options, &durable->memory, err);
	if (r < 0)
		return r;
	open_engine(durable);
	if (!durable->engine)
		return SW_EIO;
	struct sw_machine_params params = {
		.name = "machine", .definition = definition, .definition_len = strlen(definition)};
	create_activities(durable, definition);
	return await(durable,
		     sw_engine_create_machine(durable->engine, &params, on_reply, durable, NULL, err));
}

static void close_durable(struct stage *stage)
{
	struct durable *durable = stage->own;
	if (!durable)
		return;
	if (durable->engine)
		close_engine(durable);
	sw_store_close(durable->memory);
	sw_free(durable);
}

/* ---- workers ------------------------------------------------------------------------------------------ */

static bool was_queued(const struct waiting *list, unsigned count, const struct waiting *task)
{
	for (unsigned i = 0; i < count; i++) {
		if (list[i].branch == task->branch && list[i].attempt == task->attempt)
			return true;
	}
	return false;
}

/* The tasks that wait for workers, as the store has them; how many. */
static unsigned read_queues(const struct durable *durable, struct waiting list[TASKS_MAX])
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_slice key, value, activity;
	struct sw_queue_at at;
	unsigned count = 0;
	if (sw_store_begin(durable->memory, &snapshot, NULL) < 0)
		return 0;
	if (sw_scan_new(snapshot, SW_TABLE_QUEUES, sw_slice(NULL, 0), false, &scan) == SW_OK) {
		while (count < TASKS_MAX && sw_scan_next(scan, &key, &value) == SW_OK) {
			struct sw_cursor cursor = sw_cursor(value);
			if (sw_key_queue_read(key, &activity, &at))
				list[count++] = (struct waiting){at.branch, sw_cursor_be32(&cursor)};
		}
	}
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	return count;
}

/* Tells the tasks that have joined the queues of activities. */
static void tell_queues(struct durable *durable)
{
	struct waiting now[TASKS_MAX];
	unsigned count = read_queues(durable, now);
	for (unsigned i = 0; i < count; i++) {
		if (!was_queued(durable->queue, durable->queue_count, &now[i]))
			stage_queue(durable->stage, now[i].branch, now[i].attempt, "");
	}
	memcpy(durable->queue, now, count * sizeof(now[0]));
	durable->queue_count = count;
}

static void on_work(void *user, enum sw_result result, const struct sw_activity_task *task,
		    const struct sw_error *err)
{
	struct durable *durable = user;
	uint32_t branch, attempt;
	durable->answered = true;
	durable->replied = result;
	if (!task) {
		durable->replied = SW_ETIMEDOUT;
		return;
	}
	number_of(task->token, &branch, &attempt);
	if (branch == durable->worker->branch && attempt == durable->worker->attempt)
		snprintf(durable->worker->token, sizeof(durable->worker->token), "%s", task->token);
	else
		stage_problem(durable->stage, "the worker was given attempt %u of branch %u", attempt,
			      branch);
}

/* The name of the first activity of the definition: stories have one. */
static enum sw_result activity_of(struct durable *durable, char *name, size_t bytes)
{
	struct sw_machine_info info = {0};
	enum sw_result r = sw_reader_machine(sw_engine_reader(durable->engine), "machine", &info, NULL);
	if (r < 0)
		return r;
	const char *at = strstr(info.definition, ":activity:");
	if (at)
		snprintf(name, bytes, "%.*s", (int)strcspn(at + 10, "\""), at + 10);
	sw_machine_info_done(&info);
	return at ? SW_OK : SW_EINVAL;
}

static enum sw_result start_work(struct durable *durable, const struct action *action)
{
	char name[81];
	struct sw_poll *poll = NULL;
	durable->worker = stage_given(durable->stage, action->branch, action->attempt);
	enum sw_result r = durable->worker ? activity_of(durable, name, sizeof(name)) : SW_ENOENT;
	if (r == SW_OK)
		r = sw_engine_poll_activity(durable->engine, name, action->worker_name, SW_ACTIVITY_POLL_MS,
					    on_work, durable, &poll, NULL);
	if (r < 0)
		return r;
	durable->answered = false;
	virtual_loop_settle(&durable->loop, TURNS_MAX);
	if (durable->answered)
		return durable->replied;
	sw_engine_cancel_poll(durable->engine, poll);
	return SW_ETIMEDOUT;
}

/* ---- acting ------------------------------------------------------------------------------------------- */

/* With a task in hand it is the handler's to end; a task that waits for its token is ended by that. */
static enum sw_result by_handler(struct durable *durable, const struct action *action, struct sw_task *task)
{
	enum sw_result r;
	if (action->verb == VERB_HEARTBEAT)
		r = sw_task_heartbeat(task);
	else if (action->verb == VERB_FAIL)
		r = sw_task_fail(task, action->error, action->cause);
	else
		r = sw_task_succeed(task, action->json, strlen(action->json));
	virtual_loop_settle(&durable->loop, TURNS_MAX);
	return r;
}

static enum sw_result by_token(struct durable *durable, const struct action *action, const char *token)
{
	struct sw_engine *engine = durable->engine;
	enum sw_result r;
	if (action->verb == VERB_HEARTBEAT)
		r = sw_engine_token_heartbeat(engine, token, on_reply, durable, NULL);
	else if (action->verb == VERB_FAIL)
		r = sw_engine_token_fail(engine, token, action->error, action->cause, on_reply, durable,
					 NULL);
	else
		r = sw_engine_token_succeed(engine, token, action->json, strlen(action->json), on_reply,
					    durable, NULL);
	return await(durable, r);
}

static enum sw_result end_task(struct durable *durable, const struct action *action)
{
	struct given *given = stage_given(durable->stage, action->branch, action->attempt);
	if (!given)
		return SW_ENOENT;
	if (!given->held)
		return by_token(durable, action, given->token);
	struct sw_task *task = take_task(durable, action->branch, action->attempt);
	if (!task) {
		stage_problem(durable->stage, "nobody has attempt %u of branch %u", action->attempt,
			      action->branch);
		return SW_ENOENT;
	}
	/* Whoever makes the request of a callback answers that it was made; the task succeeds by its token alone. */
	if (action->verb == VERB_SUCCEED && strstr(sw_task_resource(task), ".waitForTaskToken")) {
		durable->tasks[durable->tasks_count++] = task;
		return by_token(durable, action, given->token);
	}
	if (action->verb == VERB_HEARTBEAT)
		durable->tasks[durable->tasks_count++] = task;
	else
		given->held = false;
	return by_handler(durable, action, task);
}

static enum sw_result start(struct durable *durable, const struct action *action)
{
	struct sw_start_params params = {.machine = "machine",
					 .name = "run",
					 .input = action->json,
					 .input_len = strlen(action->json)};
	return await(durable, sw_engine_start(durable->engine, &params, on_reply, durable, NULL));
}

static enum sw_result stop(struct durable *durable, const struct action *action)
{
	enum sw_result r = await(durable, sw_engine_stop(durable->engine, RUN_ARN, action->error,
							 action->cause, on_reply, durable, NULL));
	/* The API leaves a finished one as it is; the core says that it is over. */
	return r == SW_OK && durable->existed ? SW_ETIMEDOUT : r;
}

static int64_t now_of_durable(const struct stage *stage)
{
	const struct durable *durable = stage->own;
	return STORY_START_MS + durable->loop.mono_ms - durable->start_mono_ms;
}

/* From alarm to alarm; the clock stands still for who has died. */
static void advance(struct durable *durable, int64_t by_ms)
{
	int64_t until_ms = durable->loop.mono_ms + by_ms;
	while (durable->loop.mono_ms < until_ms && !has_died(durable)) {
		int64_t next_ms = virtual_loop_next_ms(&durable->loop);
		int64_t to_ms = next_ms < until_ms ? next_ms : until_ms;
		virtual_loop_advance(&durable->loop, to_ms - durable->loop.mono_ms);
	}
}

static enum sw_result carry_out(struct durable *durable, const struct action *action)
{
	int64_t ahead_ms = action->time_ms - now_of_durable(durable->stage);
	switch (action->verb) {
	case VERB_START:
		return start(durable, action);
	case VERB_ADVANCE:
		advance(durable, ahead_ms);
		return SW_OK;
	case VERB_STOP:
		return stop(durable, action);
	case VERB_REDRIVE:
		return await(durable, sw_engine_redrive(durable->engine, RUN_ARN, on_reply, durable, NULL));
	case VERB_STARTED:
		return start_work(durable, action);
	case VERB_CRASH:
	case VERB_RESTART:
		return reopen(durable, action->verb == VERB_CRASH, ahead_ms);
	default:
		return end_task(durable, action);
	}
}

/* ---- dying on the way ---------------------------------------------------------------------------------- */

static void arm(struct durable *durable)
{
	const struct death *death = &durable->stage->death;
	durable->faults = (struct sw_store_faults){.commits_alone = true};
	if (death->at == 0 || death->happened)
		return;
	durable->faults.fail_at = death->at - durable->commits;
	durable->faults.fail_onwards = true;
	durable->faults.fail_with = SW_EIO;
	durable->faults.applied_unknown = death->applied;
}

static bool disarm(struct durable *durable)
{
	bool died = has_died(durable);
	durable->commits += (unsigned)durable->faults.operations;
	durable->faults = (struct sw_store_faults){0};
	return died;
}

static bool is_queued(const struct durable *durable, const struct action *action)
{
	struct waiting now[TASKS_MAX];
	unsigned count = read_queues(durable, now);
	return was_queued(now, count, &(struct waiting){action->branch, action->attempt});
}

/* Whoever did not get an answer asks again; a worker whose task is delivered again does it again. */
static void act_again(struct durable *durable, const struct action *action)
{
	const struct given *given = stage_given(durable->stage, action->branch, action->attempt);
	if (action->verb == VERB_STARTED && !is_queued(durable, action))
		durable->stage->death.stuck = !given || !*given->token;
	else if (action->verb == VERB_CRASH || action->verb == VERB_RESTART)
		return;
	else if (action->verb != VERB_SUBMITTED || (given && given->held))
		carry_out(durable, action);
}

/* The process died in the middle of it; the next one has all the luck. */
static void survive(struct durable *durable, const struct action *action)
{
	durable->stage->death.happened = true;
	reopen(durable, true, 0);
	if (durable->engine)
		act_again(durable, action);
}

static bool describe(struct durable *durable, struct sw_execution_info *ret_info)
{
	*ret_info = (struct sw_execution_info){0};
	return sw_reader_execution(sw_engine_reader(durable->engine), RUN_ARN, true, ret_info, NULL) == SW_OK;
}

static enum sw_result act_on_durable(struct stage *stage, const struct action *action)
{
	struct durable *durable = stage->own;
	struct sw_execution_info info;
	if (!durable->engine)
		return SW_ECLOSED;
	arm(durable);
	enum sw_result r = carry_out(durable, action);
	if (disarm(durable))
		survive(durable, action);
	if (!durable->engine)
		return SW_ECLOSED;
	tell_queues(durable);
	stage->finished = describe(durable, &info) && info.status != SW_STATUS_RUNNING;
	sw_execution_info_done(&info);
	return r;
}

/* ---- looking ------------------------------------------------------------------------------------------ */

static void events_of_durable(struct stage *stage, uint32_t after_id, sw_each_event_fn *each, void *user)
{
	struct durable *durable = stage->own;
	uint32_t next_id = after_id + 1;
	struct sw_execution_info info;
	if (!durable->engine || !describe(durable, &info))
		return;
	uint32_t count = info.events_count;
	sw_execution_info_done(&info);
	while (next_id != 0 && next_id <= count) {
		if (sw_reader_history(sw_engine_reader(durable->engine), RUN_ARN, next_id, 1000, false, true,
				      each, user, &next_id, NULL) < 0) {
			stage_problem(stage, "the history cannot be read");
			return;
		}
	}
}

static void on_diagnosis(void *user, const struct sw_diagnosis *diagnosis)
{
	stage_problem(user, "the doctor finds: %s: %s", diagnosis->record, diagnosis->text);
}

static void check_durable(struct stage *stage)
{
	struct durable *durable = stage->own;
	struct sw_check_options options = {.diagnosis = on_diagnosis, .user = stage};
	struct sw_check_summary summary;
	if (durable->engine &&
	    sw_reader_check(sw_engine_reader(durable->engine), &options, &summary, NULL) < 0)
		stage_problem(stage, "the doctor cannot look at the store");
}

static void end_of_durable(struct stage *stage, struct sw_buf *out)
{
	struct durable *durable = stage->own;
	struct sw_execution_info info;
	struct sw_store_status status = {0};
	if (!durable->engine || !describe(durable, &info)) {
		stage_problem(stage, "the execution is not there");
		return;
	}
	if (sw_reader_status(sw_engine_reader(durable->engine), NULL, NULL, &status, NULL) < 0)
		stage_problem(stage, "the status cannot be read");
	stage_tell_end(out, info.status, info.output, info.error, info.cause,
		       status.next_count > 0 ? status.next[0].time_ms : SW_NEVER);
	sw_store_status_done(&status);
	sw_execution_info_done(&info);
}

const struct stage_ops stage_durable = {
	.name = "the engine",
	.open = open_durable,
	.close = close_durable,
	.act = act_on_durable,
	.events = events_of_durable,
	.now_ms = now_of_durable,
	.check = check_durable,
	.end = end_of_durable,
};
