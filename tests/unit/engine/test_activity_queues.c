/*
 * The queues of activities on disk: who waits in them costs no memory and nothing at the open, and everybody's turn
 * comes once.
 */
#include "engine_world.h"

#include "base/rng.h"
#include "engine/maintenance.h"
#include "engine/metrics.h"
#include "engine/reader.h"

#define LIFT "arn:aws:states:us-east-1:123456789012:activity:lift"
#define TASK(name, activity, next) "\"" name "\":{\"Type\":\"Task\",\"Resource\":\"" activity "\"," next "}"
#define ONCE "{\"StartAt\":\"A\",\"States\":{" TASK("A", LIFT, "\"End\":true") "}}"
/* Three tasks: one after the other, and two at once. */
#define OFTEN                                                                                                \
	"{\"StartAt\":\"A\",\"States\":{" TASK(                                                              \
		"A", LIFT, "\"Next\":\"P\"") ","                                                             \
					     "\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":["      \
					     "{\"StartAt\":\"X\",\"States\":{" TASK(                         \
						     "X", LIFT,                                              \
						     "\"End\":true") "}},"                                   \
								     "{\"StartAt\":\"Y\",\"States\":{" TASK( \
									     "Y", LIFT,                      \
									     "\"End\":true") "}}]}}}"

static int setup(void **state)
{
	struct world *world = world_new();
	world_open(world);
	assert_int_equal(sw_engine_create_activity(world->engine, "lift", NULL, NULL, NULL), SW_OK);
	world_settle(world);
	world_machine(world, "once", ONCE);
	world_machine(world, "often", OFTEN);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	world_free(*state);
	return 0;
}

/* ---- workers ------------------------------------------------------------------------------------------ */

struct worker {
	struct sw_poll *poll; /* while it waits */
	char token[256], input[64];
};

static void give(void *user, enum sw_result result, const struct sw_activity_task *task,
		 const struct sw_error *err)
{
	struct worker *worker = user;
	(void)err;
	worker->poll = NULL;
	if (result != SW_OK || !task)
		return;
	snprintf(worker->token, sizeof(worker->token), "%s", task->token);
	snprintf(worker->input, sizeof(worker->input), "%.*s", (int)task->input_len, task->input);
}

static void ask(struct world *world, struct worker *worker)
{
	*worker = (struct worker){0};
	enum sw_result r = sw_engine_poll_activity(world->engine, "lift", "w", SW_ACTIVITY_POLL_MS, give,
						   worker, &worker->poll, NULL);
	assert_true(r == SW_OK || (r == SW_ENOMEM && world->faults.fail_with == SW_ENOMEM));
}

/* The input of the task that is given at once; "" when there is none. */
static const char *take(struct world *world, struct worker *worker)
{
	ask(world, worker);
	world_settle(world);
	if (worker->poll)
		assert_true(sw_engine_cancel_poll(world->engine, worker->poll));
	return worker->input;
}

/* ---- looking ------------------------------------------------------------------------------------------ */

static uint64_t in_queues(struct world *world)
{
	struct sw_snapshot *snapshot;
	uint64_t count;
	assert_int_equal(sw_store_begin(world->memory, &snapshot, NULL), SW_OK);
	assert_int_equal(sw_snapshot_count(snapshot, SW_TABLE_QUEUES, &count), SW_OK);
	sw_snapshot_end(snapshot);
	return count;
}

static void diagnose(void *user, const struct sw_diagnosis *diagnosis)
{
	(void)user;
	fprintf(stderr, "%s: %s\n", diagnosis->record, diagnosis->text);
}

static void the_store_is_sound(struct world *world)
{
	struct sw_check_options options = {.diagnosis = diagnose};
	struct sw_check_summary summary;
	assert_int_equal(sw_reader_check(sw_engine_reader(world->engine), &options, &summary, NULL), SW_OK);
	assert_int_equal(summary.errors + summary.warnings, 0);
}

static uint64_t waiting(struct world *world)
{
	struct sw_engine_metrics metrics = {0};
	sw_engine_metrics(world->engine, &metrics);
	return metrics.activity_tasks_waiting;
}

/* ---- tests -------------------------------------------------------------------------------------------- */

static void who_waits_for_a_worker_is_on_disk_alone(void **state)
{
	struct world *world = *state;
	struct worker worker;
	char input[16];
	for (int i = 0; i < 200; i++) {
		snprintf(input, sizeof(input), "%d", i);
		world_start(world, "once", NULL, input);
	}
	for (int round = 0; round < 2; round++) {
		assert_int_equal(world->engine->executions.count, 0);
		assert_int_equal(world->engine->activities.tasks_count, 0);
		assert_int_equal(in_queues(world), 200);
		assert_int_equal(waiting(world), 200);
		world_close(world);
		world_open(world);
	}
	for (int i = 0; i < 200; i++) {
		snprintf(input, sizeof(input), "%d", i);
		assert_string_equal(take(world, &worker), input);
		if (i % 50 == 0)
			assert_int_equal(world->engine->activities.tasks_count, 0);
	}
	assert_string_equal(take(world, &worker), "");
	assert_int_equal(in_queues(world), 0);
	assert_int_equal(waiting(world), 0);
}

/* What an open reads does not grow with them. */
static void an_open_reads_nothing_of_them(void **state)
{
	struct world *world = *state;
	uint64_t reads[2];
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 10 + 1000 * round; i++)
			world_start(world, "once", NULL, NULL);
		world_close(world);
		world->faults.operations = 0;
		world_open(world);
		reads[round] = world->faults.operations;
	}
	assert_int_equal(reads[0], reads[1]);
}

static void note(void *user, struct sw_task *task)
{
	++*(unsigned *)user;
	sw_task_succeed(task, "\"here\"", 6);
}

static void a_task_goes_where_its_activity_is_mapped_after_a_restart(void **state)
{
	struct world *world = *state;
	struct worker worker;
	struct told told[3];
	unsigned delivered = 0;
	assert_int_equal(sw_engine_create_activity(world->engine, "a", NULL, NULL, NULL), SW_OK);
	assert_int_equal(sw_engine_create_activity(world->engine, "lifting", NULL, NULL, NULL), SW_OK);
	world_settle(world);
	world_machine(world, "a",
		      "{\"StartAt\":\"A\",\"States\":{" TASK(
			      "A", "arn:aws:states:us-east-1:123456789012:activity:a", "\"End\":true") "}}");
	world_machine(world, "ing",
		      "{\"StartAt\":\"A\",\"States\":{" TASK("A", LIFT "ing", "\"End\":true") "}}");
	told[0] = world_start(world, "a", NULL, NULL);
	told[1] = world_start(world, "once", NULL, NULL);
	told[2] = world_start(world, "ing", NULL, NULL);
	for (int i = 0; i < 600; i++)
		world_start(world, i % 2 ? "a" : "once", NULL, NULL);
	world_close(world);
	world_open_idle(world);
	assert_int_equal(sw_engine_on_task(world->engine, LIFT, note, NULL, &delivered, NULL), SW_OK);
	assert_int_equal(sw_engine_resume(world->engine, SW_RESUME_ALL, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(delivered, 301);
	assert_string_equal(world_output(world, told[1].arn), "\"here\"");
	assert_string_equal(world_status(world, told[0].arn), "RUNNING");
	assert_string_equal(world_status(world, told[2].arn), "RUNNING");
	assert_int_equal(in_queues(world), 302);
	assert_string_equal(take(world, &worker), "");
	the_store_is_sound(world);
}

/* It was marked as in flight, as all were once. */
static void a_task_whose_route_is_gone_waits_for_a_worker(void **state)
{
	struct world *world = *state;
	struct worker worker;
	assert_int_equal(sw_engine_create_activity(world->engine, "held", NULL, NULL, NULL), SW_OK);
	world_settle(world);
	world_machine(
		world, "h",
		"{\"StartAt\":\"A\",\"States\":{" TASK(
			"A", "arn:aws:states:us-east-1:123456789012:activity:held", "\"End\":true") "}}");
	struct told told = world_start(world, "h", NULL, "5");
	assert_int_equal(world->tasks_count, 1);
	assert_int_equal(in_queues(world), 0);
	world_crash(world);
	assert_int_equal(sw_engine_new_on(&world->options, world->store, &world->engine, NULL), SW_OK);
	assert_int_equal(sw_engine_resume(world->engine, SW_RESUME_ALL, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(waiting(world), 1);
	worker = (struct worker){0};
	assert_int_equal(sw_engine_poll_activity(world->engine, "held", NULL, SW_ACTIVITY_POLL_MS, give,
						 &worker, &worker.poll, NULL),
			 SW_OK);
	world_settle(world);
	assert_string_equal(worker.input, "5");
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	assert_int_equal(waiting(world), 0);
}

/* An execution whose record is gone: its place in the queue goes when a worker comes to it. */
static void a_place_nobody_stands_behind_is_given_up(void **state)
{
	struct world *world = *state;
	struct worker worker;
	struct sw_batch *batch;
	struct sw_key key;
	struct sw_queue_at at = {1, 77, 0};
	sw_key_queue(&key, "lift", 4, &at);
	assert_int_equal(sw_batch_new(&batch), SW_OK);
	assert_int_equal(sw_batch_put(batch, SW_TABLE_QUEUES, sw_key_slice(&key), sw_slice("\0\0\0\1", 4)),
			 SW_OK);
	assert_int_equal(sw_batch_put(batch, SW_TABLE_QUEUES, sw_slice("lift\0odd", 8), sw_slice("", 0)),
			 SW_OK);
	assert_int_equal(sw_store_commit(world->memory, batch, NULL), SW_OK);
	sw_batch_free(batch);
	world_start(world, "once", NULL, "6");
	assert_string_equal(take(world, &worker), "6");
	world_settle(world);
	assert_int_equal(in_queues(world), 1); /* the key that means nothing */
}

/* ---- for people --------------------------------------------------------------------------------------- */

static void change(struct world *world, bool put, const char *activity, const struct sw_queue_at *at)
{
	struct sw_batch *batch;
	struct sw_key key;
	sw_key_queue(&key, activity, strlen(activity), at);
	assert_int_equal(sw_batch_new(&batch), SW_OK);
	assert_int_equal(
		put ? sw_batch_put(batch, SW_TABLE_QUEUES, sw_key_slice(&key), sw_slice("\0\0\0\1", 4))
		    : sw_batch_delete(batch, SW_TABLE_QUEUES, sw_key_slice(&key)),
		SW_OK);
	assert_int_equal(sw_store_commit(world->memory, batch, NULL), SW_OK);
	sw_batch_free(batch);
}

static void collect(void *user, const struct sw_diagnosis *diagnosis)
{
	struct sw_buf *found = user;
	sw_buf_printf(found, "%s %.6s; ", sw_problem_name(diagnosis->problem), diagnosis->record);
}

static void the_doctor_finds(struct world *world, const char *expected)
{
	struct sw_buf found = SW_BUF;
	struct sw_check_options options = {.diagnosis = collect, .user = &found};
	assert_int_equal(sw_reader_check(sw_engine_reader(world->engine), &options, NULL, NULL), SW_OK);
	assert_string_equal(found.data ? found.data : "", expected);
	sw_buf_done(&found);
}

static void the_doctor_compares_queues_and_branches(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "once", NULL, NULL);
	struct sw_queue_at at = {told.time_ms, world->engine->last_id, 0};
	the_doctor_finds(world, "");
	change(world, false, "lift", &at);
	the_doctor_finds(world, "missing-mark branch; ");
	change(world, true, "lift", &at);
	change(world, true, "lifting", &at);
	the_doctor_finds(world, "stale-mark queues; ");
	change(world, false, "lifting", &at);
	at.branch = 1;
	change(world, true, "lift", &at);
	at.id = 7;
	change(world, true, "lift", &at);
	the_doctor_finds(world, "stale-mark queues; stale-mark queues; ");
}

static void note_record(void *user, const struct sw_dump_record *record)
{
	sw_buf_printf(user, "%s %s %s\n", record->table, record->key, record->json);
}

static void a_dump_shows_places_in_queues_and_variables(void **state)
{
	struct world *world = *state;
	struct sw_buf text = SW_BUF;
	struct sw_dump_options options = {.record = note_record, .user = &text};
	world_machine(world, "assigns",
		      "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Assign\":{\"b\":[1,2],\"a\":"
		      "\"x\"},"
		      "\"Next\":\"A\"}," TASK("A", LIFT, "\"End\":true") "}}");
	struct told told = world_start(world, "assigns", NULL, NULL);
	options.execution = told.arn;
	assert_int_equal(sw_reader_dump(sw_engine_reader(world->engine), &options, NULL), SW_OK);
	assert_non_null(strstr(text.data, "\"inFlight\":true,\"inQueue\":true"));
	assert_non_null(strstr(text.data, "\"variables\":{\"a\":\"x\",\"b\":[1,2]}"));
	assert_non_null(strstr(text.data, "queues lift/"));
	assert_non_null(strstr(text.data, "/0 {\"attempt\":1}"));
	sw_buf_done(&text);
}

/* ---- a ledger ----------------------------------------------------------------------------------------- */

#define WORKERS 12
#define STARTS_MAX 60

struct ledger {
	struct world *world;
	struct sw_rng rng;
	struct worker workers[WORKERS];
	struct told executions[STARTS_MAX];
	bool stopped[STARTS_MAX];
	unsigned count;
};

static void answer(struct ledger *ledger, struct worker *worker)
{
	if (!worker->token[0])
		return;
	enum sw_result r =
		sw_engine_token_succeed(ledger->world->engine, worker->token, "{}", 2, NULL, NULL, NULL);
	/* it may have been stopped, or memory is short */
	assert_true(r == SW_OK || r == SW_ENOENT || r == SW_ETIMEDOUT || r == SW_ENOMEM);
	if (r != SW_ENOMEM)
		worker->token[0] = '\0';
}

static void restart(struct ledger *ledger, bool crash)
{
	ledger->world->faults.fail_at = 0;
	world_advance(ledger->world, 100); /* what was given was told, what was answered is on disk */
	if (crash)
		world_crash(ledger->world);
	else
		world_close(ledger->world);
	for (int i = 0; i < WORKERS; i++)
		ledger->workers[i].poll = NULL;
	world_open(ledger->world);
}

static void act(struct ledger *ledger)
{
	struct world *world = ledger->world;
	struct worker *worker = &ledger->workers[sw_rng_below(&ledger->rng, WORKERS)];
	uint64_t dice = sw_rng_below(&ledger->rng, 100);
	if (dice < 25 && ledger->count < STARTS_MAX) {
		world->faults.fail_at = 0;
		world_advance(world, 100);
		struct told told =
			world_start(world, sw_rng_below(&ledger->rng, 2) ? "once" : "often", NULL, NULL);
		assert_int_equal(told.result, SW_OK);
		ledger->executions[ledger->count++] = told;
	} else if (dice < 60) {
		if (!worker->poll && !worker->token[0])
			ask(world, worker);
	} else if (dice < 80) {
		answer(ledger, worker);
	} else if (dice < 86) {
		if (worker->poll && sw_engine_cancel_poll(world->engine, worker->poll))
			worker->poll = NULL;
	} else if (dice < 88 && ledger->count > 0) {
		uint64_t which = sw_rng_below(&ledger->rng, ledger->count);
		ledger->stopped[which] = true;
		sw_engine_stop(world->engine, ledger->executions[which].arn, NULL, NULL, NULL, NULL, NULL);
	} else if (dice < 90) {
		restart(ledger, sw_rng_below(&ledger->rng, 2) && !world->options.relaxed_ms);
	} else if (dice < 93) {
		/* one of the next reads or commits fails, and would not the next time */
		world->faults.fail_at = world->faults.operations + 1 + sw_rng_below(&ledger->rng, 10);
		world->faults.fail_with = SW_ENOMEM;
	} else {
		world_advance(world, (int64_t)sw_rng_below(&ledger->rng, 20));
	}
	for (uint64_t turns = sw_rng_below(&ledger->rng, 4); turns > 0; turns--)
		virtual_loop_turn(&world->loop);
}

/* All who work until nothing is left. */
static void finish(struct ledger *ledger)
{
	for (int round = 0; round < 3 * STARTS_MAX && in_queues(ledger->world) > 0; round++) {
		for (int i = 0; i < WORKERS; i++) {
			answer(ledger, &ledger->workers[i]);
			if (!ledger->workers[i].poll)
				ask(ledger->world, &ledger->workers[i]);
		}
		world_advance(ledger->world, 100);
	}
	for (int i = 0; i < WORKERS; i++)
		answer(ledger, &ledger->workers[i]);
	world_advance(ledger->world, 100);
}

/* What is told before it is on disk is not there yet when the queue is read. */
static void in_relaxed_mode_a_worker_gets_what_is_not_on_disk_yet(void **state)
{
	struct world *world = *state;
	struct worker workers[3];
	char input[16];
	world_close(world);
	world->options.relaxed_ms = 1000;
	world_open(world);
	world_advance(world, 5000);
	for (int i = 0; i < 3; i++)
		ask(world, &workers[i]);
	world_settle(world);
	for (int i = 0; i < 3; i++) {
		snprintf(input, sizeof(input), "%d", i);
		world_start(world, "once", NULL, input);
		world_advance(world, i == 0 ? 1 : 300);
	}
	world_advance(world, 2500);
	for (int i = 0; i < 3; i++) {
		snprintf(input, sizeof(input), "%d", i);
		assert_string_equal(workers[i].input, input);
		answer(&(struct ledger){.world = world}, &workers[i]);
	}
	world_advance(world, 3000);
	assert_int_equal(in_queues(world), 0);
	the_store_is_sound(world);
}

static void everybody_s_turn_comes_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct ledger ledger = {.rng = sw_rng(seed)};
		void *world;
		setup(&world);
		ledger.world = world;
		if (seed > 40) { /* and in relaxed mode, where a crash may take back what was told */
			ledger.world->options.relaxed_ms = 40;
			restart(&ledger, false);
		}
		for (int i = 0; i < 300; i++) {
			act(&ledger);
			if (i % 60 == 0) {
				ledger.world->faults.fail_at = 0;
				world_advance(world, 100);
				the_store_is_sound(world);
			}
		}
		ledger.world->faults.fail_at = 0;
		finish(&ledger);
		finish(&ledger); /* what the last answers led to */
		the_store_is_sound(world);
		assert_int_equal(in_queues(world), 0);
		for (unsigned i = 0; i < ledger.count; i++) {
			const char *status = world_status(world, ledger.executions[i].arn);
			if (!ledger.stopped[i] && strcmp(status, "SUCCEEDED") != 0)
				fail_msg("seed %d, execution %u: %s", (int)seed, i, status);
		}
		assert_int_equal(ledger.world->engine->executions.count, 0);
		teardown(&world);
	}
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(who_waits_for_a_worker_is_on_disk_alone),
		WITH_WORLD(an_open_reads_nothing_of_them),
		WITH_WORLD(a_task_goes_where_its_activity_is_mapped_after_a_restart),
		WITH_WORLD(a_task_whose_route_is_gone_waits_for_a_worker),
		WITH_WORLD(a_place_nobody_stands_behind_is_given_up),
		WITH_WORLD(the_doctor_compares_queues_and_branches),
		WITH_WORLD(a_dump_shows_places_in_queues_and_variables),
		WITH_WORLD(in_relaxed_mode_a_worker_gets_what_is_not_on_disk_yet),
		cmocka_unit_test(everybody_s_turn_comes_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
