/* A world for the engine's tests: see engine_world.h. */
#include "engine_world.h"

#define START_MS INT64_C(1700000000000)

void tell(void *user, enum sw_result result, const struct sw_reply *reply, const struct sw_error *err)
{
	struct told *told = user;
	told->calls++;
	told->result = result;
	snprintf(told->arn, sizeof(told->arn), "%s", reply->arn ? reply->arn : "");
	snprintf(told->revision_id, sizeof(told->revision_id), "%s",
		 reply->revision_id ? reply->revision_id : "");
	snprintf(told->text, sizeof(told->text), "%s", err ? err->text : "");
	told->time_ms = reply->time_ms;
	told->existed = reply->existed;
}

static void write_log(void *user, enum sw_log_level level, const char *file, int line, const char *text)
{
	struct world *world = user;
	world->logged++;
	snprintf(world->last_log, sizeof(world->last_log), "%s", text);
}

/* ---- life --------------------------------------------------------------------------------------------- */

struct world *world_new(void)
{
	struct world *world = sw_zalloc(sizeof(*world));
	assert_non_null(world);
	virtual_loop_init(&world->loop, START_MS);
	struct sw_store_options options = {
		.table_names = sw_table_names, .tables_count = SW_TABLES_COUNT, .format = SW_STORE_FORMAT};
	assert_int_equal(sw_store_open_memory(&options, &world->memory, NULL), SW_OK);
	assert_int_equal(sw_store_open_faulty(world->memory, &world->faults, &world->store), SW_OK);
	world->options = SW_ENGINE_OPTIONS;
	world->options.loop = &world->loop.hooks;
	world->options.synchronous_commit = true;
	world->options.seed = 42;
	world->options.log = (struct sw_log){write_log, world, SW_LOG_WARNING};
	return world;
}

static void release_tasks(struct world *world)
{
	for (unsigned i = 0; i < world->tasks_count; i++)
		sw_task_release(world->tasks[i]);
	world->tasks_count = 0;
}

void world_free(struct world *world)
{
	world_close(world);
	sw_store_close(world->store);
	sw_store_close(world->memory);
	sw_buf_done(&world->text);
	sw_free(world);
}

static void note(struct world *world, const struct sw_task *task)
{
	world->delivered++;
	world->last_redelivery = sw_task_is_redelivery(task);
	snprintf(world->last_key, sizeof(world->last_key), "%s", sw_task_idempotency_key(task));
}

static void hold(void *user, struct sw_task *task)
{
	struct world *world = user;
	note(world, task);
	assert_true(world->tasks_count < WORLD_TASKS_MAX);
	world->tasks[world->tasks_count++] = task;
}

static void cancel(void *user, struct sw_task *task)
{
	struct world *world = user;
	world->cancelled++;
	for (unsigned i = 0; i < world->tasks_count; i++) {
		if (world->tasks[i] == task) {
			world->tasks[i] = world->tasks[--world->tasks_count];
			sw_task_release(task);
			return;
		}
	}
}

static void echo(void *user, struct sw_task *task)
{
	struct world *world = user;
	size_t len;
	const char *input = sw_task_input(task, &len);
	note(world, task);
	sw_task_succeed(task, input, len);
}

static void break_it(void *user, struct sw_task *task)
{
	note(user, task);
	sw_task_fail(task, "Custom.Broken", "it broke");
}

static void babble(void *user, struct sw_task *task)
{
	note(user, task);
	sw_task_succeed(task, "{\"a\": ", 6);
}

static void let_go(void *user, struct sw_task *task)
{
	note(user, task);
	sw_task_release(task);
}

static void open_engine(struct world *world, enum sw_resume which, bool resume)
{
	struct sw_error err = {0};
	enum sw_result r = sw_engine_new_on(&world->options, world->store, &world->engine, &err);
	if (r < 0)
		fail_msg("cannot open: %s", err.text);
	static const struct {
		const char *pattern;
		sw_task_fn *handler;
	} handlers[] = {{"function:held*", hold},      {"function:echo", echo},
			{"function:broken", break_it}, {"function:babble", babble},
			{"function:released", let_go}, {"arn:*:held*", hold},
			{"arn:*:released*", let_go}};
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		assert_int_equal(sw_engine_on_task(world->engine, handlers[i].pattern, handlers[i].handler,
						   cancel, world, NULL),
				 SW_OK);
	if (!resume)
		return;
	assert_int_equal(sw_engine_resume(world->engine, which, NULL), SW_OK);
	world_settle(world);
}

void world_open(struct world *world)
{
	open_engine(world, SW_RESUME_ALL, true);
}

void world_open_own(struct world *world)
{
	open_engine(world, SW_RESUME_OWN, true);
}

void world_open_idle(struct world *world)
{
	open_engine(world, SW_RESUME_ALL, false);
}

void world_close(struct world *world)
{
	if (!world->engine)
		return;
	sw_engine_free(world->engine);
	world->engine = NULL;
	release_tasks(world);
	assert_int_equal(virtual_loop_count(&world->loop), 0);
}

void world_crash(struct world *world)
{
	struct sw_store_faults calm = world->faults;
	world->faults.fail_at = world->faults.operations + 1;
	world->faults.fail_onwards = true;
	world->faults.fail_with = SW_EIO;
	world_close(world);
	world->faults.fail_at = calm.fail_at;
	world->faults.fail_onwards = calm.fail_onwards;
	world->faults.fail_with = calm.fail_with;
	/* A handle that has failed stays so: the next engine has a new one. */
	sw_store_close(world->store);
	assert_int_equal(sw_store_open_faulty(world->memory, &world->faults, &world->store), SW_OK);
}

void world_settle(struct world *world)
{
	virtual_loop_settle(&world->loop, 100000);
}

void world_advance(struct world *world, int64_t by_ms)
{
	virtual_loop_advance(&world->loop, by_ms);
}

/* ---- asking ------------------------------------------------------------------------------------------- */

void world_machine(struct world *world, const char *name, const char *definition)
{
	struct told told = {0};
	struct sw_error err = {0};
	struct sw_machine_params params = {
		.name = name, .definition = definition, .definition_len = strlen(definition)};
	enum sw_result r = sw_engine_create_machine(world->engine, &params, tell, &told, NULL, &err);
	if (r < 0)
		fail_msg("%s: %s (%s)", name, err.text, err.pointer);
	world_settle(world);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.result, SW_OK);
}

struct told world_start(struct world *world, const char *machine, const char *name, const char *input)
{
	struct told told = {0};
	struct sw_error err = {0};
	struct sw_start_params params = {
		.machine = machine, .name = name, .input = input, .input_len = input ? strlen(input) : 0};
	enum sw_result r = sw_engine_start(world->engine, &params, tell, &told, &err);
	if (r == SW_OK) {
		world_settle(world);
		assert_int_equal(told.calls, 1);
		return told;
	}
	assert_int_equal(told.calls, 0);
	told.result = r;
	snprintf(told.text, sizeof(told.text), "%s", err.text);
	return told;
}

struct told world_stop(struct world *world, const char *arn, const char *error, const char *cause)
{
	struct told told = {0};
	struct sw_error err = {0};
	enum sw_result r = sw_engine_stop(world->engine, arn, error, cause, tell, &told, &err);
	if (r == SW_OK) {
		world_settle(world);
		assert_int_equal(told.calls, 1);
		return told;
	}
	told.result = r;
	snprintf(told.text, sizeof(told.text), "%s", err.text);
	return told;
}

/* ---- looking ------------------------------------------------------------------------------------------ */

static const char *look(struct world *world, const char *arn, char what)
{
	struct sw_execution_info info = {0};
	sw_buf_reset(&world->text);
	sw_buf_text(&world->text, "");
	enum sw_result r = sw_reader_execution(sw_engine_reader(world->engine), arn, true, &info, NULL);
	const char *text = r < 0         ? "NONE"
			   : what == 's' ? sw_status_name(info.status)
			   : what == 'o' ? info.output
			   : what == 'e' ? info.error
					 : info.cause;
	sw_buf_text(&world->text, text ? text : "");
	sw_execution_info_done(&info);
	return world->text.data ? world->text.data : "";
}

const char *world_status(struct world *world, const char *arn)
{
	return look(world, arn, 's');
}

const char *world_output(struct world *world, const char *arn)
{
	return look(world, arn, 'o');
}

const char *world_error(struct world *world, const char *arn)
{
	return look(world, arn, 'e');
}

const char *world_cause(struct world *world, const char *arn)
{
	return look(world, arn, 'c');
}

struct history {
	struct sw_buf *text;
	uint32_t last_id;
};

static void each_event(void *user, uint32_t id, const char *json, size_t len)
{
	struct history *history = user;
	assert_int_equal(id, history->last_id + 1);
	history->last_id = id;
	const char *type = strstr(json, "\"type\":\"");
	assert_non_null(type);
	type += strlen("\"type\":\"");
	if (history->text->len > 0)
		sw_buf_char(history->text, ' ');
	sw_buf_append(history->text, type, strcspn(type, "\""));
}

const char *world_history(struct world *world, const char *arn)
{
	struct history history = {.text = &world->text};
	uint32_t next_id = 1;
	sw_buf_reset(&world->text);
	while (next_id != 0) {
		enum sw_result r = sw_reader_history(sw_engine_reader(world->engine), arn, next_id, 1000,
						     false, true, each_event, &history, &next_id, NULL);
		assert_int_equal(r, SW_OK);
	}
	return world->text.data ? world->text.data : "";
}

struct sw_task *world_take(struct world *world)
{
	assert_true(world->tasks_count > 0);
	return world->tasks[--world->tasks_count];
}
