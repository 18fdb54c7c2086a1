/* Retention: what ended long ago is removed beside the work, wholly, and nothing else is. */
#include "doctor_fixture.h"

#include "store/lmdb_store.h"

#include <stdlib.h>
#include <unistd.h>

#define KEPT_MS 100000
#define PASSES ALONE(PASS)
/* 5 events an iteration, and a value of 3,500 bytes. */
#define BIG                                                              \
	ALONE("{\"Type\":\"Map\",\"End\":true,\"ItemProcessor\":" NAMED( \
		"Each",                                                  \
		"{\"Type\":\"Task\",\"Resource\":\"function:large\",\"ResultPath\":null,\"End\":true}") "}")
#define BIG_ITEMS 3000

static int set_up(void **state)
{
	struct world *world = world_new();
	world->options.retention_ms = KEPT_MS;
	world_open(world);
	world_machine(world, "pass", PASSES);
	world_machine(world, "held", ALONE(HELD("")));
	*state = world;
	return 0;
}

/* ---- looking ------------------------------------------------------------------------------------------ */

static unsigned count_keys(struct world *world, enum sw_table table)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	unsigned count = 0;
	assert_int_equal(sw_store_begin(world->memory, &snapshot, NULL), SW_OK);
	assert_int_equal(sw_scan_new(snapshot, table, sw_slice(NULL, 0), false, &scan), SW_OK);
	while (sw_scan_next(scan, &key, &value) == SW_OK)
		count++;
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	return count;
}

/* Nothing is left of any execution, and the doctor has nothing to say. */
static void assert_nothing_left(struct world *world)
{
	static const enum sw_table tables[] = {SW_TABLE_EXECUTIONS, SW_TABLE_BRANCHES, SW_TABLE_HISTORY,
					       SW_TABLE_VALUES,     SW_TABLE_TIMERS,   SW_TABLE_NAMES,
					       SW_TABLE_LISTING,    SW_TABLE_ENDED};
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (count_keys(world, tables[i]) > 0)
			fail_msg("%u records of %s are left", count_keys(world, tables[i]),
				 sw_table_names[tables[i]]);
	}
	assert_sound(world);
}

static uint64_t removed(struct world *world)
{
	struct sw_engine_metrics metrics;
	sw_engine_metrics(world->engine, &metrics);
	return metrics.removed;
}

static void fails(struct world *world, const char *name, char arn[SW_ARN_TEXT_BYTES])
{
	struct told told = world_start(world, "held", name, NULL);
	assert_int_equal(told.result, SW_OK);
	sw_task_fail(world_take(world), "Broken", NULL);
	world_settle(world);
	assert_string_equal(world_status(world, told.arn), "FAILED");
	snprintf(arn, SW_ARN_TEXT_BYTES, "%s", told.arn);
}

/* ---- what goes, and when ------------------------------------------------------------------------------ */

static void an_execution_is_removed_when_its_time_is_over(void **state)
{
	struct world *world = *state;
	char text[1024], failed[SW_ARN_TEXT_BYTES];
	struct told first = world_start(world, "pass", "first", long_input(text));
	struct told nameless = world_start(world, "pass", NULL, NULL);
	fails(world, "failed", failed);
	assert_int_equal(count_keys(world, SW_TABLE_ENDED), 3);
	world_advance(world, KEPT_MS - 1);
	assert_string_equal(world_status(world, first.arn), "SUCCEEDED");
	assert_string_equal(world_status(world, failed), "FAILED");
	world_advance(world, KEPT_MS / 50);
	assert_string_equal(world_status(world, first.arn), "NONE");
	assert_string_equal(world_status(world, nameless.arn), "NONE");
	assert_string_equal(world_status(world, failed), "NONE");
	assert_nothing_left(world);
	assert_int_equal(removed(world), 3);
}

static void one_that_runs_is_not_touched(void **state)
{
	struct world *world = *state;
	struct told held = world_start(world, "held", "held", NULL);
	world_advance(world, 10 * KEPT_MS);
	assert_string_equal(world_status(world, held.arn), "RUNNING");
	sw_task_succeed(world_take(world), "1", 1);
	world_settle(world);
	world_advance(world, KEPT_MS - 1); /* its time began with its end */
	assert_string_equal(world_status(world, held.arn), "SUCCEEDED");
	world_advance(world, KEPT_MS / 50);
	assert_nothing_left(world);
}

static void after_a_redrive_the_time_counts_from_the_new_end(void **state)
{
	struct world *world = *state;
	struct told told = {0};
	char arn[SW_ARN_TEXT_BYTES];
	fails(world, "again", arn);
	world_advance(world, KEPT_MS / 2);
	assert_int_equal(sw_engine_redrive(world->engine, arn, tell, &told, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(told.result, SW_OK);
	assert_int_equal(count_keys(world, SW_TABLE_ENDED), 0);
	world_advance(world, 3 * KEPT_MS);
	assert_string_equal(world_status(world, arn), "RUNNING");
	assert_sound(world);
	world_crash(world);
	world_open(world);
	sw_task_fail(world_take(world), "Broken", NULL);
	world_settle(world);
	assert_int_equal(count_keys(world, SW_TABLE_ENDED), 1);
	world_advance(world, KEPT_MS - 1);
	assert_string_equal(world_status(world, arn), "FAILED");
	world_advance(world, KEPT_MS / 50);
	assert_nothing_left(world);
	told = (struct told){0};
	assert_int_equal(sw_engine_redrive(world->engine, arn, tell, &told, NULL), SW_ENOENT);
}

static void a_name_can_be_used_again(void **state)
{
	struct world *world = *state;
	assert_int_equal(world_start(world, "pass", "name", "1").result, SW_OK);
	assert_int_equal(world_start(world, "pass", "name", "2").result, SW_EEXIST);
	world_advance(world, KEPT_MS + KEPT_MS / 50);
	struct told again = world_start(world, "pass", "name", "2");
	assert_int_equal(again.result, SW_OK);
	assert_string_equal(world_output(world, again.arn), "2");
	assert_sound(world);
	world_advance(world, KEPT_MS + KEPT_MS / 50);
	assert_nothing_left(world);
}

static void executions_of_a_deleted_machine_are_removed_too(void **state)
{
	struct world *world = *state;
	struct told told = {0};
	struct told held = world_start(world, "held", "held", NULL);
	assert_int_equal(world_start(world, "held", NULL, NULL).result, SW_OK);
	assert_int_equal(sw_engine_delete_machine(world->engine, "held", tell, &told, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(world_stop(world, held.arn, NULL, NULL).result, SW_OK);
	world_advance(world, 2 * KEPT_MS); /* the deletion waits for the other one meanwhile */
	assert_string_equal(world_status(world, held.arn), "NONE");
	sw_task_succeed(world_take(world), "1", 1);
	world_settle(world);
	world_advance(world, 2 * KEPT_MS);
	assert_nothing_left(world);
	world_machine(world, "held", PASSES);
}

/* A handler that does not give its task back, though nobody waits for it any more. */
static void keep(void *user, struct sw_task *task)
{
	*(struct sw_task **)user = task;
}

static void a_task_that_is_not_given_back_holds_up_nothing(void **state)
{
	struct world *world = *state;
	struct sw_task *kept = NULL;
	assert_int_equal(sw_engine_on_task(world->engine, "function:kept", keep, NULL, &kept, NULL), SW_OK);
	world_machine(world, "kept",
		      ALONE("{\"Type\":\"Task\",\"Resource\":\"function:kept\",\"End\":true}"));
	struct told held = world_start(world, "kept", "kept", NULL);
	assert_int_equal(world_stop(world, held.arn, NULL, NULL).result, SW_OK);
	assert_non_null(kept);
	world_advance(world, 2 * KEPT_MS);
	assert_nothing_left(world);
	assert_int_equal(sw_task_succeed(kept, "1", 1), SW_OK); /* too late for everything */
	world_settle(world);
	assert_nothing_left(world);
}

/* A redrive that waits for its turn: posted, and the loop has not turned. */
static void a_redrive_that_waits_for_its_turn_keeps_its_execution(void **state)
{
	struct world *world = *state;
	struct told told = {0};
	char arn[SW_ARN_TEXT_BYTES];
	fails(world, "late", arn);
	world_advance(world, KEPT_MS - 1);
	world->loop.mono_ms += 5000;
	world->loop.wall_ms += 5000;
	assert_int_equal(sw_engine_redrive(world->engine, arn, tell, &told, NULL), SW_OK);
	struct told deleted = {0};
	assert_int_equal(sw_engine_delete_execution(world->engine, arn, tell, &deleted, NULL), SW_EBUSY);
	world_settle(world);
	assert_int_equal(told.result, SW_OK);
	assert_string_equal(world_status(world, arn), "RUNNING");
	assert_sound(world);
}

/* ---- the operator's wish ------------------------------------------------------------------------------ */

static void a_store_keeps_the_time_it_was_opened_with(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "pass", "one", NULL);
	world_close(world);
	world->options.retention_ms = 0;
	world_open(world);
	assert_int_equal(world->engine->retention.keep_ms, KEPT_MS);
	world_close(world);
	world->options.retention_ms = SW_NEVER;
	world_open(world);
	world_advance(world, INT64_C(40000000000));
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	world_close(world);
	world->options.retention_ms = 0; /* for ever */
	world_open(world);
	world_advance(world, KEPT_MS);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	world_close(world);
	world->options.retention_ms = -1;
	assert_int_equal(sw_engine_new_on(&world->options, world->store, &world->engine, NULL), SW_EINVAL);
}

static void a_new_store_keeps_executions_for_ninety_days(void **state)
{
	const int64_t day_ms = 86400000;
	struct world *world = world_new();
	*state = world;
	world_open(world);
	world_machine(world, "pass", PASSES);
	struct told told = world_start(world, "pass", "one", NULL);
	world_advance(world, 89 * day_ms);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	world_advance(world, day_ms + 2 * 60000);
	assert_string_equal(world_status(world, told.arn), "NONE");
}

static void a_process_for_its_own_executions_removes_and_an_idle_one_does_not(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "pass", "one", NULL);
	world_close(world);
	world->loop.mono_ms += 2 * KEPT_MS;
	world->loop.wall_ms += 2 * KEPT_MS;
	world_open_idle(world);
	assert_int_equal(sw_engine_resume(world->engine, SW_RESUME_NONE, NULL), SW_OK);
	world_advance(world, KEPT_MS);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	world_close(world);
	world_open_own(world);
	assert_string_equal(world_status(world, told.arn), "NONE");
	assert_nothing_left(world);
}

/* ---- readers ------------------------------------------------------------------------------------------ */

static void count_execution(void *user, const struct sw_execution_info *info)
{
	++*(unsigned *)user;
}

static void ignore_event(void *user, uint32_t id, const char *json, size_t len)
{
}

static void readers_meet_what_vanishes_between_pages(void **state)
{
	struct world *world = *state;
	struct sw_reader *reader = sw_engine_reader(world->engine);
	struct told old = world_start(world, "pass", "old", NULL);
	for (unsigned i = 0; i < 5; i++)
		world_start(world, "pass", NULL, NULL);
	world_advance(world, KEPT_MS / 2);
	for (unsigned i = 0; i < 5; i++)
		world_start(world, "pass", NULL, NULL);
	static const struct sw_list_filter filters[] = {{.machine = "pass"}, {.machine = NULL}};
	char *cursors[2] = {NULL, NULL}, *end = NULL;
	uint32_t next_id = 0;
	for (size_t i = 0; i < 2; i++) {
		unsigned seen = 0;
		assert_int_equal(sw_reader_list_executions(reader, &filters[i], 7, NULL, count_execution,
							   &seen, &cursors[i], NULL),
				 SW_OK);
		assert_int_equal(seen, 7);
		assert_non_null(cursors[i]); /* it names one that will be gone */
	}
	assert_int_equal(
		sw_reader_history(reader, old.arn, 1, 2, false, true, ignore_event, NULL, &next_id, NULL),
		SW_OK);
	assert_int_equal(next_id, 3);
	world_advance(world, KEPT_MS / 2 + KEPT_MS / 50);
	assert_int_equal(count_keys(world, SW_TABLE_EXECUTIONS), 5);
	for (size_t i = 0; i < 2; i++) {
		unsigned seen = 0;
		assert_int_equal(sw_reader_list_executions(reader, &filters[i], 7, cursors[i],
							   count_execution, &seen, &end, NULL),
				 SW_OK);
		assert_int_equal(seen, 0);
		assert_null(end);
		sw_text_free(cursors[i]);
	}
	/* As AWS answers: ExecutionDoesNotExist. */
	assert_int_equal(sw_reader_history(reader, old.arn, next_id, 2, false, true, ignore_event, NULL,
					   &next_id, NULL),
			 SW_ENOENT);
}

/* ---- steps -------------------------------------------------------------------------------------------- */

static void give_much(void *user, struct sw_task *task)
{
	char output[3501];
	memset(output, 'v', sizeof(output));
	output[0] = output[3499] = '"';
	sw_task_succeed(task, output, 3500);
}

static struct told run_big(struct world *world)
{
	struct sw_buf input = SW_BUF;
	assert_int_equal(sw_engine_on_task(world->engine, "function:large", give_much, NULL, NULL, NULL),
			 SW_OK);
	world_machine(world, "big", BIG);
	for (unsigned i = 0; i < BIG_ITEMS; i++)
		sw_buf_text(&input, i ? ",1" : "[1");
	sw_buf_text(&input, "]");
	struct told told = world_start(world, "big", "big", input.data);
	sw_buf_done(&input);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	return told;
}

static void a_large_execution_goes_in_steps_and_is_gone_with_the_first(void **state)
{
	struct world *world = *state;
	struct told big = run_big(world);
	unsigned values = count_keys(world, SW_TABLE_VALUES), histories = count_keys(world, SW_TABLE_HISTORY);
	struct sw_engine_stats before, after;
	assert_true(values >= BIG_ITEMS);
	sw_engine_stats(world->engine, &before);
	world_advance(world, KEPT_MS - 1);
	world->loop.mono_ms += KEPT_MS / 50;
	world->loop.wall_ms += KEPT_MS / 50;
	virtual_loop_turn(&world->loop);
	assert_string_equal(world_status(world, big.arn), "NONE");
	assert_true(count_keys(world, SW_TABLE_VALUES) + count_keys(world, SW_TABLE_HISTORY) >
		    values + histories - 1024);
	assert_sound(world); /* what is on its way out is no orphan */
	assert_int_equal(world_start(world, "pass", "beside", NULL).result, SW_OK);
	world_crash(world);
	assert_sound(world);
	world_open(world);
	assert_true(sw_engine_is_idle(world->engine)); /* between two steps nobody waits for the rest */
	assert_true(count_keys(world, SW_TABLE_VALUES) > 0);
	world_advance(world, 1000);
	sw_engine_stats(world->engine, &after);
	assert_int_equal(count_keys(world, SW_TABLE_EXECUTIONS), 1);
	assert_int_equal(count_keys(world, SW_TABLE_VALUES), 0);
	assert_sound(world);
	assert_true(after.commits - before.commits > (values + histories) / 1024);
	world_advance(world, 2 * KEPT_MS);
	assert_nothing_left(world);
}

/* Each commit takes a bounded number of operations beside the work's own. */
static void many_are_removed_in_bounded_steps(void **state)
{
	struct world *world = *state;
	struct sw_engine_stats before, after;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(world_start(world, "pass", NULL, NULL).result, SW_OK);
	sw_engine_stats(world->engine, &before);
	world_advance(world, KEPT_MS + KEPT_MS / 50);
	sw_engine_stats(world->engine, &after);
	assert_nothing_left(world);
	assert_in_range(after.commits - before.commits, 1000 * 6 / 600, 1000);
	assert_int_equal(removed(world), 1000);
}

/* ---- processes that die, disks that fail -------------------------------------------------------------- */

/* Some of each kind have ended; the next operations are those that remove them. */
static struct world *prepare(void)
{
	struct world *world = world_new();
	char text[1024], arn[SW_ARN_TEXT_BYTES], input[1300] = "[0";
	world->options.retention_ms = KEPT_MS;
	world_open(world);
	fill(world);
	world_machine(
		world, "many",
		ALONE("{\"Type\":\"Map\",\"End\":true,\"ItemProcessor\":" NAMED(
			"Each", "{\"Type\":\"Task\",\"Resource\":\"function:echo\",\"End\":true}") "}"));
	for (unsigned i = 1; i < 400; i++)
		strcat(input, ",0");
	strcat(input, "]");
	assert_string_equal(world_status(world, world_start(world, "many", "many", input).arn), "SUCCEEDED");
	world_machine(world, "failing", ALONE(HELD("")));
	world_machine(world, "pass", PASSES);
	assert_int_equal(world_start(world, "failing", "failing", long_input(text)).result, SW_OK);
	sw_task_fail(world_take(world), "Broken", NULL);
	world_settle(world);
	assert_int_equal(world_start(world, "pass", "passed", NULL).result, SW_OK);
	struct told stopped = world_start(world, "fan", "stopped", NULL);
	assert_int_equal(world_stop(world, stopped.arn, NULL, NULL).result, SW_OK);
	snprintf(arn, sizeof(arn), "%s", stopped.arn);
	assert_int_equal(count_keys(world, SW_TABLE_ENDED), 7);
	world_advance(world, KEPT_MS - 1);
	return world;
}

static void pass_time(struct world *world)
{
	world->loop.mono_ms += KEPT_MS / 50;
	world->loop.wall_ms += KEPT_MS / 50;
	world_advance(world, 1000);
}

/* From the operation on nothing works; is what is there sound, and does the next process come to the end? */
static bool die_at(uint64_t operation, bool applied)
{
	struct world *world = prepare();
	unsigned running = count_keys(world, SW_TABLE_LISTING) - 7;
	world->faults.fail_at = world->faults.operations + operation;
	world->faults.fail_with = SW_EIO;
	world->faults.fail_onwards = true;
	world->faults.applied_unknown = applied;
	pass_time(world);
	bool died = world->faults.operations >= world->faults.fail_at;
	world->faults.fail_at = 0;
	world_crash(world);
	assert_sound(world);
	world_open(world);
	world_advance(world, 1000);
	assert_int_equal(count_keys(world, SW_TABLE_ENDED), 0);
	assert_int_equal(count_keys(world, SW_TABLE_EXECUTIONS), running);
	assert_int_equal(count_keys(world, SW_TABLE_LISTING), running);
	assert_sound(world);
	world_free(world);
	return died;
}

static void a_process_may_die_at_any_operation(void **state)
{
	unsigned at = 1, rounds = 1;
	/* Each of the first ones; they are much alike later. */
	while (die_at(at, rounds++ % 2))
		at += 1 + at / 30;
	print_message("%u operations\n", at);
	assert_true(rounds > 60);
}

/* One that fails for want of room or memory is only late. */
static void an_operation_that_fails_once_delays(void **state)
{
	static const enum sw_result kinds[] = {SW_EFULL, SW_ENOMEM};
	for (size_t kind = 0; kind < 2; kind++) {
		bool done = false;
		for (uint64_t at = 1; !done; at += 1 + at / 30) {
			struct world *world = prepare();
			world->faults.fail_at = world->faults.operations + at;
			world->faults.fail_with = kinds[kind];
			pass_time(world);
			world_advance(world, 5000);
			done = world->faults.operations < world->faults.fail_at;
			world->faults.fail_at = 0;
			assert_int_equal(count_keys(world, SW_TABLE_ENDED), 0);
			assert_int_equal(removed(world), 7);
			assert_false(world->engine->full);
			assert_sound(world);
			world_free(world);
		}
	}
}

static void a_damaged_head_is_passed_over(void **state)
{
	struct world *world = *state;
	world_start(world, "pass", "pass", NULL);
	world_start(world, "pass", "other", NULL);
	struct sw_key key = execution_key(id_of(world, "pass"));
	world_close(world);
	change(world, SW_TABLE_EXECUTIONS, &key, 5, 'X', false);
	world_open(world);
	world_advance(world, 2 * KEPT_MS);
	assert_int_equal(removed(world), 1);
	assert_int_equal(count_keys(world, SW_TABLE_EXECUTIONS), 1);
	world_close(world);
	FOUND(world, "damaged-head executions 0");
}

static void stale_keys_are_removed(void **state)
{
	struct world *world = *state;
	assert_int_equal(world_start(world, "held", "held", NULL).result, SW_OK);
	uint64_t id = id_of(world, "held");
	struct sw_key key;
	sw_key_ended(&key, 5, id);
	write_one(world, SW_TABLE_ENDED, &key, NULL, 0);
	sw_key_ended(&key, 6, 77);
	write_one(world, SW_TABLE_ENDED, &key, NULL, 0);
	world_crash(world);
	world_open(world);
	assert_int_equal(count_keys(world, SW_TABLE_ENDED), 0);
	assert_int_equal(count_keys(world, SW_TABLE_EXECUTIONS), 1);
	assert_int_equal(removed(world), 0);
	assert_sound(world);
}

/* ---- stores of older versions ------------------------------------------------------------------------- */

/* As it was before there was the table. */
static void make_old(struct world *world)
{
	struct sw_batch *batch = NULL;
	assert_int_equal(sw_batch_new(&batch), SW_OK);
	sw_batch_delete_prefix(batch, SW_TABLE_ENDED, sw_slice(NULL, 0));
	sw_batch_delete(batch, SW_TABLE_SETTINGS, sw_slice("ended", 5));
	sw_batch_delete(batch, SW_TABLE_SETTINGS, sw_slice("retention", 9));
	assert_int_equal(sw_store_commit(world->memory, batch, NULL), SW_OK);
	sw_batch_free(batch);
}

static void the_table_of_an_old_store_is_filled_beside_the_work(void **state)
{
	struct world *world = *state;
	char failed[SW_ARN_TEXT_BYTES];
	struct told told = {0};
	for (unsigned i = 0; i < 700; i++)
		world_start(world, "pass", NULL, NULL);
	fails(world, "failed", failed);
	world_start(world, "held", "held", NULL);
	world_close(world);
	make_old(world);
	world->options.retention_ms = 0;
	assert_sound(world);
	world_open_idle(world);
	assert_int_equal(sw_engine_resume(world->engine, SW_RESUME_ALL, NULL), SW_OK);
	/* Redriven before the walk is there; it fails again while it goes on. */
	assert_int_equal(sw_engine_redrive(world->engine, failed, tell, &told, NULL), SW_OK);
	virtual_loop_turn(&world->loop);
	unsigned filled = count_keys(world, SW_TABLE_ENDED);
	assert_in_range(filled, 1, 600);
	assert_sound(world);
	world_crash(world);
	world_open(world);
	world_advance(world, 100);
	assert_int_equal(count_keys(world, SW_TABLE_ENDED), 700);
	assert_string_equal(world_status(world, failed), "RUNNING");
	assert_sound(world);
	world_advance(world, 2 * KEPT_MS);
	assert_int_equal(count_keys(world, SW_TABLE_ENDED), 700); /* the wish was forgotten, too: 90 days */
	world_close(world);
	world->options.retention_ms = KEPT_MS;
	world_open(world);
	world_advance(world, 1000);
	assert_int_equal(count_keys(world, SW_TABLE_EXECUTIONS), 2);
	assert_sound(world);
}

/* ---- on disk ------------------------------------------------------------------------------------------ */

struct disk {
	struct world *world;
	char directory[64];
};

static void open_disk(struct disk *disk)
{
	struct sw_store_options options = {.table_names = sw_table_names,
					   .tables_count = SW_TABLES_COUNT,
					   .format = SW_STORE_FORMAT,
					   .directory = disk->directory};
	struct world *world = disk->world;
	assert_int_equal(sw_store_open_lmdb(&options, &world->memory, NULL), SW_OK);
	assert_int_equal(sw_store_open_faulty(world->memory, &world->faults, &world->store), SW_OK);
}

static void close_disk(struct disk *disk)
{
	world_close(disk->world);
	sw_store_close(disk->world->store);
	sw_store_close(disk->world->memory);
	disk->world->store = disk->world->memory = NULL;
}

static int set_up_disk(void **state)
{
	struct disk *disk = sw_zalloc(sizeof(*disk));
	snprintf(disk->directory, sizeof(disk->directory), "/tmp/stepwell-retention-XXXXXX");
	assert_non_null(mkdtemp(disk->directory));
	disk->world = world_new();
	disk->world->options.retention_ms = KEPT_MS;
	close_disk(disk);
	open_disk(disk);
	world_open(disk->world);
	world_machine(disk->world, "pass", PASSES);
	world_machine(disk->world, "held", ALONE(HELD("")));
	*state = disk;
	return 0;
}

static int tear_down_disk(void **state)
{
	struct disk *disk = *state;
	char path[96];
	static const char *const files[] = {"data.mdb", "lock.mdb"};
	world_free(disk->world);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", disk->directory, files[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(disk->directory), 0);
	sw_free(disk);
	return 0;
}

static uint64_t used_bytes(struct world *world)
{
	struct sw_store_stats stats;
	sw_store_stats(world->memory, &stats);
	return stats.data_bytes;
}

static void start_named(struct world *world, const char *machine, unsigned generation, unsigned number,
			struct told *told)
{
	char text[1024], name[40];
	struct sw_start_params params = {.machine = machine, .input = long_input(text), .input_len = 1000};
	snprintf(name, sizeof(name), "%s-%u-%u", machine, generation, number);
	params.name = number % 2 ? name : NULL;
	assert_int_equal(sw_engine_start(world->engine, &params, tell, told, NULL), SW_OK);
}

/* Names, values, failures that keep their branches; a fifth of the retention time, and few commits. */
static void live_a_generation(struct world *world, unsigned generation)
{
	struct told told = {0};
	for (unsigned i = 0; i < 60; i++)
		start_named(world, i % 6 ? "pass" : "held", generation, i, &told);
	world_settle(world);
	assert_int_equal(told.calls, 60);
	assert_int_equal(world->tasks_count, 10);
	while (world->tasks_count > 0)
		sw_task_fail(world_take(world), "Broken", NULL);
	world_settle(world);
	world_advance(world, KEPT_MS / 5);
}

static void a_store_at_steady_state_does_not_grow(void **state)
{
	struct disk *disk = *state;
	struct world *world = disk->world;
	uint64_t warm = 0;
	for (unsigned generation = 0; generation < 60; generation++) {
		live_a_generation(world, generation);
		if (generation == 15)
			warm = used_bytes(world);
	}
	print_message("%u bytes used\n", (unsigned)used_bytes(world));
	assert_true(warm > 0 && used_bytes(world) <= warm + warm / 20);
	assert_true(removed(world) > 60 * 50);
	assert_true(count_keys(world, SW_TABLE_EXECUTIONS) <= 7 * 60);
	assert_sound(world);
}

/* It pins pages, and nothing else: executions go all the same, and the room is used again when it is gone. */
static void a_paused_reader_holds_up_nothing(void **state)
{
	struct disk *disk = *state;
	struct world *world = disk->world;
	struct sw_snapshot *paused = NULL;
	for (unsigned generation = 0; generation < 12; generation++)
		live_a_generation(world, generation);
	assert_int_equal(sw_store_begin(world->memory, &paused, NULL), SW_OK);
	for (unsigned generation = 0; generation < 12; generation++)
		live_a_generation(world, 100 + generation);
	assert_true(count_keys(world, SW_TABLE_EXECUTIONS) <= 7 * 60);
	sw_snapshot_end(paused);
	uint64_t grown = used_bytes(world);
	for (unsigned generation = 0; generation < 12; generation++)
		live_a_generation(world, 200 + generation);
	assert_true(used_bytes(world) <= grown + grown / 20);
}

/* Format 1: no table, and the number before. */
static void make_format_1(struct disk *disk)
{
	MDB_env *env = NULL;
	MDB_txn *txn = NULL;
	MDB_dbi table;
	uint8_t one[4] = {0, 0, 0, 1};
	MDB_val key = {6, (char[]){"format"}}, value = {4, one};
	close_disk(disk);
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, SW_TABLES_COUNT + 2), 0);
	assert_int_equal(mdb_env_set_mapsize(env, 64 << 20), 0); /* not the terabyte of the store */
	assert_int_equal(mdb_env_open(env, disk->directory, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "ended", 0, &table), 0);
	assert_int_equal(mdb_drop(txn, table, 1), 0);
	assert_int_equal(mdb_dbi_open(txn, "meta", 0, &table), 0);
	assert_int_equal(mdb_put(txn, table, &key, &value, 0), 0);
	assert_int_equal(mdb_dbi_open(txn, "settings", 0, &table), 0);
	key = (MDB_val){5, (char[]){"ended"}};
	assert_int_equal(mdb_del(txn, table, &key, NULL), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void a_store_of_format_1_is_read_and_goes_on(void **state)
{
	struct disk *disk = *state;
	struct world *world = disk->world;
	struct sw_reader *reader = NULL;
	struct sw_execution_info info = {0};
	char failed[SW_ARN_TEXT_BYTES];
	struct told passed = world_start(world, "pass", "passed", NULL);
	fails(world, "failed", failed);
	assert_int_equal(world_start(world, "held", "held", NULL).result, SW_OK);
	make_format_1(disk);
	assert_int_equal(sw_reader_open(disk->directory, NULL, NULL, &reader, NULL), SW_OK);
	assert_int_equal(sw_reader_execution(reader, passed.arn, true, &info, NULL), SW_OK);
	sw_execution_info_done(&info);
	struct findings found = {0};
	struct sw_check_options options = {note_diagnosis, NULL, &found};
	assert_int_equal(sw_reader_check(reader, &options, &found.summary, NULL), SW_OK);
	assert_int_equal(found.summary.errors + found.summary.warnings, 0);
	sw_reader_close(reader);
	open_disk(disk);
	world_open(world);
	assert_int_equal(count_keys(world, SW_TABLE_ENDED), 2);
	assert_sound(world);
	world_advance(world, 2 * KEPT_MS);
	assert_int_equal(count_keys(world, SW_TABLE_EXECUTIONS), 1);
	assert_sound(world);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define DISK(test) cmocka_unit_test_setup_teardown(test, set_up_disk, tear_down_disk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_execution_is_removed_when_its_time_is_over),
		TEST(one_that_runs_is_not_touched),
		TEST(after_a_redrive_the_time_counts_from_the_new_end),
		TEST(a_name_can_be_used_again),
		TEST(executions_of_a_deleted_machine_are_removed_too),
		TEST(a_task_that_is_not_given_back_holds_up_nothing),
		TEST(a_redrive_that_waits_for_its_turn_keeps_its_execution),
		TEST(a_store_keeps_the_time_it_was_opened_with),
		cmocka_unit_test_teardown(a_new_store_keeps_executions_for_ninety_days, tear_down),
		TEST(a_process_for_its_own_executions_removes_and_an_idle_one_does_not),
		TEST(readers_meet_what_vanishes_between_pages),
		TEST(a_large_execution_goes_in_steps_and_is_gone_with_the_first),
		TEST(many_are_removed_in_bounded_steps),
		cmocka_unit_test(a_process_may_die_at_any_operation),
		cmocka_unit_test(an_operation_that_fails_once_delays),
		TEST(a_damaged_head_is_passed_over),
		TEST(stale_keys_are_removed),
		TEST(the_table_of_an_old_store_is_filled_beside_the_work),
		DISK(a_store_at_steady_state_does_not_grow),
		DISK(a_paused_reader_holds_up_nothing),
		DISK(a_store_of_format_1_is_read_and_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
