/* The doctor: nothing is wrong with what an engine wrote, and each kind of damage is found and named. */
#include "doctor_fixture.h"

/* ---- sound stores ------------------------------------------------------------------------------------- */

static int set_up_empty(void **state)
{
	*state = world_new();
	return 0;
}

static void an_empty_store_is_sound(void **state)
{
	struct findings found = check(*state);
	assert_int_equal(found.summary.records, 0);
	assert_int_equal(found.summary.errors + found.summary.warnings, 0);
	sw_buf_done(&found.text);
}

static void a_store_is_sound_while_an_engine_works_on_it_and_after(void **state)
{
	struct world *world = *state;
	world_open(world);
	fill(world);
	assert_sound(world);
	world_crash(world); /* what was in flight is still marked so */
	assert_sound(world);
	world_open(world);
	assert_sound(world);
	while (world->tasks_count > 0) {
		sw_task_succeed(world_take(world), "{\"a\":1}", 7);
		world_settle(world);
	}
	assert_sound(world);
	world_advance(world, 4 * 3600 * 1000); /* waits, retries and time-outs are over */
	assert_sound(world);
	struct findings found = check(world);
	assert_int_equal(found.summary.executions, FIXTURE_MACHINES + 1);
	assert_int_equal(found.summary.machines, FIXTURE_MACHINES);
	assert_true(found.summary.events > 5 * FIXTURE_MACHINES);
	sw_buf_done(&found.text);
}

static void stopping_deleting_and_updating_leaves_a_sound_store(void **state)
{
	struct world *world = *state;
	struct told told = {0};
	world_open(world);
	for (unsigned i = 0; i < 3; i++) {
		struct told started = world_start(world, i ? "fan" : "wait", NULL, NULL);
		assert_int_equal(world_stop(world, started.arn, "Gone", "away").result, SW_OK);
	}
	struct told redriven = world_start(world, "wait", "redriven", NULL);
	assert_int_equal(world_stop(world, redriven.arn, NULL, NULL).result, SW_OK);
	assert_int_equal(sw_engine_redrive(world->engine, redriven.arn, tell, &told, NULL), SW_OK);
	struct sw_machine_params express = {
		.name = "express", .definition = fixture_machines[0].definition, .type = SW_TYPE_EXPRESS};
	express.definition_len = strlen(express.definition);
	assert_int_equal(sw_engine_create_machine(world->engine, &express, tell, &told, NULL, NULL), SW_OK);
	world_start(world, "express", NULL, NULL);
	struct told done = world_start(world, "done", "again", "[1]");
	assert_int_equal(sw_engine_delete_execution(world->engine, done.arn, tell, &told, NULL), SW_OK);
	struct sw_machine_params params = {.name = "wait", .definition = fixture_machines[7].definition};
	params.definition_len = strlen(params.definition);
	assert_int_equal(sw_engine_update_machine(world->engine, &params, tell, &told, NULL, NULL), SW_OK);
	assert_int_equal(sw_engine_delete_machine(world->engine, "broken", tell, &told, NULL), SW_OK);
	assert_int_equal(sw_engine_delete_machine(world->engine, "map", tell, &told, NULL),
			 SW_OK); /* DELETING */
	world_settle(world);
	assert_sound(world);
	world_machine(world, "broken", fixture_machines[8].definition); /* again, with another number */
	assert_int_equal(world_start(world, "broken", "new", NULL).result, SW_OK);
	assert_sound(world);
	world_close(world);
	assert_sound(world);
}

static void a_large_history_is_looked_at_whole(void **state)
{
	struct world *world = *state;
	char input[6000] = "[0";
	for (unsigned i = 1; i < 2000; i++)
		strcat(input, ",0");
	strcat(input, "]");
	world_open(world);
	world_machine(world, "each",
		      ALONE("{\"Type\":\"Map\",\"End\":true,\"ItemProcessor\":" NAMED("Each", PASS) "}"));
	assert_int_equal(world_start(world, "each", "each", input).result, SW_OK);
	struct findings found = check(world);
	assert_true(found.summary.events > 8000);
	assert_int_equal(found.summary.errors + found.summary.warnings, 0);
	sw_buf_done(&found.text);
}

/* ---- damaged records ---------------------------------------------------------------------------------- */

static void a_damaged_head_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = execution_key(id_of(world, "wait"));
	change(world, SW_TABLE_EXECUTIONS, &key, 5, 'X', false);
	FOUND(world, "damaged-head executions 0");
}

static void a_record_of_a_newer_version_is_told_from_a_damaged_one(void **state)
{
	struct world *world = *state;
	struct sw_key key = execution_key(id_of(world, "done"));
	change(world, SW_TABLE_EXECUTIONS, &key, 0, SW_RECORD_VERSION + 1, true);
	FOUND(world, "newer-record executions 0");
}

static void a_damaged_branch_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = pair_key(id_of(world, "wait"), 0);
	change(world, SW_TABLE_BRANCHES, &key, 8, 'X', false);
	FOUND(world, "damaged-branch branches 0");
}

static void a_damaged_chunk_of_history_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = pair_key(id_of(world, "done"), 1);
	change(world, SW_TABLE_HISTORY, &key, 9, 'X', false);
	FOUND(world, "damaged-history history 0");
}

static void a_damaged_value_is_found_with_all_that_needs_it(void **state)
{
	struct world *world = *state;
	struct sw_key key = pair_key(id_of(world, "wait"), 0);
	change(world, SW_TABLE_VALUES, &key, 20, 'Y', false);
	FOUND(world, "damaged-value values 0", "damaged-head executions 0"); /* its input */
}

static void a_value_that_is_no_json_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = pair_key(id_of(world, "wait"), 0);
	change(world, SW_TABLE_VALUES, &key, 1, 'Y', true);
	FOUND(world, "damaged-value values 0");
}

static void a_missing_value_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = pair_key(id_of(world, "retry"), 0);
	remove_one(world, SW_TABLE_VALUES, &key);
	FOUND(world, "damaged-head executions 0");
}

static void a_value_that_the_head_does_not_know_is_found(void **state)
{
	struct world *world = *state;
	uint64_t id = id_of(world, "retry");
	struct sw_key first = pair_key(id, 0), other = pair_key(id, 77);
	struct sw_buf value = record_of(world, SW_TABLE_VALUES, &first);
	write_one(world, SW_TABLE_VALUES, &other, value.data, value.len);
	sw_buf_done(&value);
	FOUND(world, "damaged-value values 0");
}

static void a_damaged_machine_is_found_with_what_runs_it(void **state)
{
	struct world *world = *state;
	struct sw_key key;
	sw_key_machine(&key, "wait", 1);
	change(world, SW_TABLE_MACHINES, &key, 12, 'X', false);
	FOUND(world, "damaged-machine machines wait/1", "damaged-machine executions 0");
}

static void a_missing_revision_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key;
	sw_key_machine(&key, "done", 1);
	remove_one(world, SW_TABLE_MACHINES, &key);
	FOUND(world, "stale-number numbers ", "missing-machine executions 0", "missing-machine executions 0");
}

static void keys_of_no_meaning_are_found(void **state)
{
	struct world *world = *state;
	static const enum sw_table tables[] = {
		SW_TABLE_MACHINES, SW_TABLE_NUMBERS, SW_TABLE_BRANCHES, SW_TABLE_HISTORY,    SW_TABLE_VALUES,
		SW_TABLE_TIMERS,   SW_TABLE_NAMES,   SW_TABLE_LISTING,  SW_TABLE_EXECUTIONS, SW_TABLE_ENDED};
	struct sw_key key = {.bytes = "what?", .len = 5};
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		write_one(world, tables[i], &key, "x", 1);
	FOUND(world, "damaged-record machines 77686174", "damaged-record numbers 77686174",
	      "damaged-record branches 77686174", "damaged-record history 77686174",
	      "damaged-record values 77686174", "damaged-record timers 77686174",
	      "damaged-record names 77686174", "damaged-record listing 77686174",
	      "damaged-record executions 0000000000000000", "damaged-record ended 77686174");
}

static void settings_that_are_not_what_they_should_be_are_found(void **state)
{
	struct world *world = *state;
	struct sw_key ended = {.bytes = "ended", .len = 5}, removing = {.bytes = "removing", .len = 8},
		      retention = {.bytes = "retention", .len = 9};
	struct sw_key time = {.bytes = "time", .len = 4}, number = {.bytes = "number", .len = 6},
		      region = {.bytes = "region", .len = 6}, later = {.bytes = "colour", .len = 6};
	write_one(world, SW_TABLE_SETTINGS, &time, "noon", 4);
	write_one(world, SW_TABLE_SETTINGS, &number, "7", 1);
	write_one(world, SW_TABLE_SETTINGS, &region, "", 0);
	write_one(world, SW_TABLE_SETTINGS, &ended, "all", 3);
	write_one(world, SW_TABLE_SETTINGS, &removing, "", 0);
	write_one(world, SW_TABLE_SETTINGS, &retention, "90d", 3);
	write_one(world, SW_TABLE_SETTINGS, &later, "", 0); /* a later version's */
	FOUND(world, "damaged-record settings time", "damaged-record settings number",
	      "damaged-record settings region", "damaged-record settings ended",
	      "damaged-record settings removing", "damaged-record settings retention");
}

/* ---- what is missing ---------------------------------------------------------------------------------- */

static void a_missing_timer_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = find_timer(world, id_of(world, "wait"), 0);
	remove_one(world, SW_TABLE_TIMERS, &key);
	FOUND(world, "missing-timer branches 0");
}

static void a_missing_timer_of_the_whole_execution_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = find_timer(world, id_of(world, "late"), SW_NO_BRANCH);
	remove_one(world, SW_TABLE_TIMERS, &key);
	FOUND(world, "missing-timer executions 0");
}

static void a_task_in_flight_that_is_not_marked_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = timer_key(0, id_of(world, "task"), 0);
	remove_one(world, SW_TABLE_TIMERS, &key);
	FOUND(world, "missing-mark branches 0");
}

static void missing_entries_of_indexes_are_found(void **state)
{
	struct world *world = *state;
	struct sw_head head = head_of(world, "done");
	struct sw_key key;
	assert_int_equal(sw_key_name(&key, NULL, "done", "done"), SW_OK);
	remove_one(world, SW_TABLE_NAMES, &key);
	sw_key_listing(&key, head.machine_number, head.id);
	remove_one(world, SW_TABLE_LISTING, &key);
	sw_key_number(&key, head.machine_number);
	remove_one(world, SW_TABLE_NUMBERS, &key);
	sw_key_ended(&key, head.stop_ms, head.id);
	remove_one(world, SW_TABLE_ENDED, &key);
	sw_head_done(&head);
	FOUND(world, "missing-name executions 0", "missing-listing executions 0",
	      "missing-number machines done/1", "missing-ended executions 0");
}

static void a_running_execution_without_branches_is_found(void **state)
{
	struct world *world = *state;
	uint64_t id = id_of(world, "wait");
	struct sw_key key = pair_key(id, 0);
	remove_one(world, SW_TABLE_BRANCHES, &key);
	FOUND(world, "waits-for-nothing executions 0", "stale-timer timers 0");
}

static void a_parent_without_children_is_found(void **state)
{
	struct world *world = *state;
	uint64_t id = id_of(world, "fan");
	struct sw_key key = pair_key(id, 1);
	remove_one(world, SW_TABLE_BRANCHES, &key);
	key = pair_key(id, 2);
	remove_one(world, SW_TABLE_BRANCHES, &key);
	FOUND(world, "waits-for-nothing branches 0", "stale-timer timers 0", "stale-mark timers 0");
}

static void a_missing_child_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = pair_key(id_of(world, "fan"), 3);
	remove_one(world, SW_TABLE_BRANCHES, &key); /* it was done, and its output is lost */
	FOUND(world, "damaged-branch branches 0");
}

static void a_missing_root_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = pair_key(id_of(world, "fan"), 0);
	remove_one(world, SW_TABLE_BRANCHES, &key);
	FOUND(world, "damaged-branch executions 0", "damaged-branch branches 0", "damaged-branch branches 0",
	      "damaged-branch branches 0");
}

static enum sw_result load_value(void *user, uint64_t execution_id, uint32_t number,
				 struct sw_slice *ret_text)
{
	struct sw_key key = pair_key(execution_id, number);
	return sw_snapshot_get(user, SW_TABLE_VALUES, sw_key_slice(&key), ret_text);
}

/* Writes the only branch of the execution anew, as change makes it. */
static void rewrite_branch(struct world *world, const char *name, void (*alter)(struct sw_branch *branch))
{
	struct sw_head head = head_of(world, name);
	struct sw_execution execution = {.id = head.id, .next_value = head.next_value};
	struct sw_key key = pair_key(head.id, 0);
	struct sw_buf bytes = record_of(world, SW_TABLE_BRANCHES, &key), out = SW_BUF;
	struct sw_branch *branch = NULL;
	const char *definition = NULL;
	for (size_t i = 0; i < FIXTURE_MACHINES; i++)
		if (!strcmp(fixture_machines[i].name, name))
			definition = fixture_machines[i].definition;
	struct sw_value_writer writer = {&execution, NULL};
	struct sw_snapshot *snapshot = NULL;
	assert_int_equal(sw_store_begin(world->memory, &snapshot, NULL), SW_OK);
	struct sw_value_loader loader = {.execution_id = head.id, .load = load_value, .user = snapshot};
	assert_int_equal(sw_batch_new(&writer.batch), SW_OK);
	assert_int_equal(sw_machine_compile(definition, strlen(definition), &execution.machine, NULL, NULL),
			 SW_OK);
	assert_int_equal(
		sw_branch_decode(sw_slice(bytes.data, bytes.len), execution.machine, &loader, &branch, NULL),
		SW_OK);
	alter(branch);
	assert_int_equal(sw_branch_encode(&writer, branch, &out), SW_OK);
	write_one(world, SW_TABLE_BRANCHES, &key, out.data, out.len);
	sw_value_loader_done(&loader);
	sw_snapshot_end(snapshot);
	sw_branch_free(branch);
	sw_machine_unref(execution.machine);
	sw_batch_free(writer.batch);
	sw_buf_done(&bytes);
	sw_buf_done(&out);
	sw_head_done(&head);
}

static void forget_moment(struct sw_branch *branch)
{
	branch->due_ms = SW_NEVER;
}

static void lose_task(struct sw_branch *branch)
{
	branch->dispatchable = false;
	branch->due_ms = branch->timeout_due_ms = SW_NEVER;
}

static void run_ahead(struct sw_branch *branch)
{
	branch->previous_id = 1000;
}

static void finish(struct sw_branch *branch)
{
	branch->wait = SW_BRANCH_DONE;
	branch->due_ms = SW_NEVER;
}

static void lose_input(struct sw_branch *branch)
{
	sw_value_unref(branch->work);
	branch->work = NULL;
}

static void be_ready_for_nothing(struct sw_branch *branch)
{
	branch->wait = SW_BRANCH_READY;
	branch->phase = 9;
}

static void join_nobody(struct sw_branch *branch)
{
	branch->wait = SW_BRANCH_READY;
	branch->phase = 2;
}

static void be_done_and_due(struct sw_branch *branch)
{
	branch->wait = SW_BRANCH_DONE;
}

static void try_again(struct sw_branch *branch)
{
	branch->wait = SW_BRANCH_RETRY;
}

/* The step relies on what is found here: no engine goes on with such a branch. */
static void branches_that_cannot_be_are_found_and_end_their_executions(void **state)
{
	static const struct {
		const char *name, *wrong;
		void (*alter)(struct sw_branch *branch);
	} cases[] = {{"task", "it waits for a task that has no input", lose_input},
		     {"wait", "it is ready for nothing", be_ready_for_nothing},
		     {"token", "it waits for children, and its state has none", join_nobody},
		     {"late", "it waits to be tried again, and its state has no Retry", try_again},
		     {"retry", "it is due, and waits for no moment", be_done_and_due}};
	struct world *world = *state;
	char cause[200];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rewrite_branch(world, cases[i].name, cases[i].alter);
		struct findings found = check(world);
		assert_non_null(strstr(found.text.data, cases[i].wrong));
		sw_buf_done(&found.text);
	}
	world_open(world);
	world_advance(world, 10000000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char arn[SW_ARN_TEXT_BYTES];
		sw_arn_execution(arn, sizeof(arn), "us-east-1", "123456789012", cases[i].name, cases[i].name);
		assert_string_equal(world_status(world, arn), "FAILED");
		snprintf(cause, sizeof(cause), "stored record is damaged: branch 0: %s", cases[i].wrong);
		assert_string_equal(world_cause(world, arn), cause);
	}
	assert_string_equal(world_status(world, "arn:aws:states:us-east-1:123456789012:execution:done:done"),
			    "SUCCEEDED");
}

static void a_branch_under_the_number_of_another_ends_its_execution(void **state)
{
	struct world *world = *state;
	char arn[SW_ARN_TEXT_BYTES];
	uint64_t id = id_of(world, "fan");
	struct sw_key first = pair_key(id, 1), second = pair_key(id, 2);
	struct sw_buf record = record_of(world, SW_TABLE_BRANCHES, &second);
	write_one(world, SW_TABLE_BRANCHES, &first, record.data, record.len);
	sw_buf_done(&record);
	sw_arn_execution(arn, sizeof(arn), "us-east-1", "123456789012", "fan", "fan");
	world_open(world);
	assert_string_equal(world_status(world, arn), "FAILED");
	assert_string_equal(world_cause(world, arn),
			    "stored record is damaged: a branch stands under another number than its own");
}

static void branches_that_wait_in_vain_are_found(void **state)
{
	struct world *world = *state;
	rewrite_branch(world, "wait", forget_moment);
	FOUND(world, "waits-for-nothing branches 0", "stale-timer timers 0");
	rewrite_branch(world, "task", lose_task);
	FOUND(world, "waits-for-nothing branches 0", "stale-timer timers 0", "waits-for-nothing branches 0",
	      "stale-timer timers 0", "stale-mark timers 0");
}

static void a_root_that_is_done_is_found(void **state)
{
	struct world *world = *state;
	rewrite_branch(world, "wait", finish);
	FOUND(world, "waits-for-nothing branches 0", "stale-timer timers 0");
}

static void a_branch_ahead_of_its_history_is_found(void **state)
{
	struct world *world = *state;
	rewrite_branch(world, "token", run_ahead);
	FOUND(world, "damaged-branch branches 0");
}

/* ---- histories ---------------------------------------------------------------------------------------- */

static void gaps_in_a_history_are_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = pair_key(id_of(world, "done"), 1);
	remove_one(world, SW_TABLE_HISTORY, &key); /* the first chunk */
	FOUND(world, "damaged-history history 0");
}

static void a_history_that_stops_before_its_head_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = pair_key(id_of(world, "wait"), 1);
	remove_one(world, SW_TABLE_HISTORY, &key);
	FOUND(world, "damaged-history executions 0");
}

static void a_running_execution_whose_history_has_an_end_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = execution_key(id_of(world, "done"));
	change(world, SW_TABLE_EXECUTIONS, &key, 1, SW_STATUS_RUNNING, true);
	FOUND(world, "damaged-head executions 0", "damaged-head executions 0",
	      "waits-for-nothing executions 0", "damaged-history executions 0", "stale-ended ended 1");
}

static void an_ended_execution_whose_history_has_no_end_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = execution_key(id_of(world, "token"));
	change(world, SW_TABLE_EXECUTIONS, &key, 1, SW_STATUS_FAILED, true);
	FOUND(world, "damaged-head executions 0", "orphan executions 0", "damaged-history executions 0",
	      "stale-mark timers 0", "missing-ended executions 0");
}

static void an_ending_of_another_kind_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = execution_key(id_of(world, "broken"));
	change(world, SW_TABLE_EXECUTIONS, &key, 1, SW_STATUS_ABORTED, true);
	FOUND(world, "damaged-history executions 0");
}

/* Writes the second execution of a Pass anew, with events as given. */
static void write_history(struct world *world, const enum sw_history_type *types, const int64_t *times,
			  uint32_t count)
{
	struct sw_head head = head_of(world, "wait");
	struct sw_execution execution = {.id = head.id, .next_value = head.next_value};
	struct sw_batch *batch = NULL;
	struct sw_history_event events[8] = {0};
	struct sw_buf out = SW_BUF;
	struct sw_key key = pair_key(head.id, 1);
	assert_int_equal(sw_batch_new(&batch), SW_OK);
	struct sw_value_writer writer = {&execution, batch};
	for (uint32_t i = 0; i < count; i++)
		events[i] = (struct sw_history_event){
			.id = i + 1, .previous_id = i, .type = types[i], .time_ms = times[i]};
	assert_int_equal(sw_history_encode(&writer, events, count, &out), SW_OK);
	write_one(world, SW_TABLE_HISTORY, &key, out.data, out.len);
	sw_buf_done(&out);
	sw_batch_free(batch);
	sw_head_done(&head);
}

static void events_after_the_end_and_second_ends_are_found(void **state)
{
	struct world *world = *state;
	static const enum sw_history_type after[] = {SW_HISTORY_EXECUTION_FAILED, SW_HISTORY_WAIT_ENTERED};
	static const int64_t times[] = {1000, 1000};
	write_history(world, after, times, 2);
	FOUND(world, "damaged-history history 0", "damaged-history history 0",
	      "damaged-history executions 0");
	static const enum sw_history_type twice[] = {SW_HISTORY_EXECUTION_STARTED,
						     SW_HISTORY_EXECUTION_STARTED};
	write_history(world, twice, times, 2);
	FOUND(world, "damaged-history history 0");
}

static void time_that_goes_back_is_found(void **state)
{
	struct world *world = *state;
	static const enum sw_history_type types[] = {SW_HISTORY_EXECUTION_STARTED, SW_HISTORY_WAIT_ENTERED};
	static const int64_t times[] = {2000, 1000};
	write_history(world, types, times, 2);
	FOUND(world, "time-goes-back history 0");
}

/* ---- what is too much --------------------------------------------------------------------------------- */

static void what_belongs_to_no_execution_is_found(void **state)
{
	struct world *world = *state;
	struct sw_key key = execution_key(id_of(world, "task"));
	remove_one(world, SW_TABLE_EXECUTIONS, &key);
	FOUND(world, "orphan branches 0", "orphan history 0", "orphan values 0", "stale-timer timers 0",
	      "stale-mark timers 0", "stale-name names of 0", "stale-listing listing 3/0");
}

static void parts_that_are_on_their_way_out_are_no_orphans(void **state)
{
	struct world *world = *state;
	uint64_t id = id_of(world, "task");
	struct sw_key key = execution_key(id), removing = {.bytes = "removing", .len = 8};
	char text[17];
	remove_one(world, SW_TABLE_EXECUTIONS, &key);
	sw_id_print(id, text);
	write_one(world, SW_TABLE_SETTINGS, &removing, text, 16);
	FOUND(world, "stale-timer timers 0", "stale-mark timers 0", "stale-name names of 0",
	      "stale-listing listing 3/0");
}

static void entries_of_indexes_that_nobody_stands_behind_are_found(void **state)
{
	struct world *world = *state;
	uint64_t id = id_of(world, "done"), waiting = id_of(world, "wait");
	struct sw_key key = timer_key(5000, id, 0);
	write_one(world, SW_TABLE_TIMERS, &key, NULL, 0);
	key = timer_key(0, waiting, 0); /* it waits for a moment */
	write_one(world, SW_TABLE_TIMERS, &key, NULL, 0);
	key = timer_key(7000, waiting, 0); /* another moment */
	write_one(world, SW_TABLE_TIMERS, &key, NULL, 0);
	sw_key_listing(&key, 99, id);
	write_one(world, SW_TABLE_LISTING, &key, NULL, 0);
	sw_key_number(&key, 99);
	write_one(world, SW_TABLE_NUMBERS, &key, "done", 4);
	assert_int_equal(sw_key_name(&key, NULL, "done", "other"), SW_OK);
	struct sw_key named = execution_key(id);
	write_one(world, SW_TABLE_NAMES, &key, named.bytes, named.len);
	const uint64_t ended[] = {id, waiting, 77}; /* at another time, not yet, and nobody's */
	for (size_t i = 0; i < 3; i++) {
		sw_key_ended(&key, 99, ended[i]);
		write_one(world, SW_TABLE_ENDED, &key, NULL, 0);
	}
	FOUND(world, "stale-timer timers 0", "stale-mark timers 0", "stale-timer timers 0",
	      "stale-listing listing 99/0", "stale-number numbers 99", "stale-name names of 0",
	      "stale-ended ended 99/0", "stale-ended ended 99/0", "stale-ended ended 99/000000000000004d");
}

static void a_deletion_that_nobody_goes_on_with_is_found(void **state)
{
	struct world *world = *state;
	struct told told = {0};
	struct sw_key key = {.bytes = "deleting:1", .len = 10};
	world_open(world);
	assert_int_equal(sw_engine_delete_machine(world->engine, "wait", tell, &told, NULL), SW_OK);
	world_settle(world);
	world_close(world);
	assert_sound(world);
	remove_one(world, SW_TABLE_SETTINGS, &key);
	FOUND(world, "stuck-deletion machines wait/1");
}

static void damage_names_the_execution_and_how_bad_it_is(void **state)
{
	struct world *world = *state;
	struct sw_key key = find_timer(world, id_of(world, "wait"), 0);
	remove_one(world, SW_TABLE_TIMERS, &key);
	key = timer_key(1234, id_of(world, "done"), 0);
	write_one(world, SW_TABLE_TIMERS, &key, NULL, 0);
	struct findings found = check(world);
	assert_int_equal(found.summary.errors, 1);
	assert_int_equal(found.summary.warnings, 1);
	assert_int_equal(found.with_arn, 2);
	assert_non_null(strstr(found.text.data, "it is due at 2023-11-14T23:13:20.000Z, and has no timer"));
	sw_buf_done(&found.text);
}

/* An engine goes on over harmless leftovers, and removes those of timers. */
static void an_owner_removes_what_is_stale(void **state)
{
	struct world *world = *state;
	struct sw_key key = timer_key(5000, id_of(world, "done"), 0);
	write_one(world, SW_TABLE_TIMERS, &key, NULL, 0);
	key = timer_key(0, id_of(world, "done"), 0);
	write_one(world, SW_TABLE_TIMERS, &key, NULL, 0);
	world_open(world);
	world_start(world, "done", NULL, NULL); /* something that is committed */
	assert_sound(world);
}

/* ---- the store fails ---------------------------------------------------------------------------------- */

static void note_nothing(void *user, const struct sw_diagnosis *diagnosis)
{
	fail_msg("%s", diagnosis->text);
}

static void a_store_that_cannot_be_read_is_no_finding(void **state)
{
	struct world *world = *state;
	struct sw_reader *reader = NULL;
	struct sw_check_options options = {.diagnosis = note_nothing};
	assert_int_equal(sw_reader_new(world->store, NULL, NULL, &reader), SW_OK);
	uint64_t before = world->faults.operations;
	assert_int_equal(sw_reader_check(reader, &options, NULL, NULL), SW_OK);
	uint64_t operations = world->faults.operations - before;
	assert_true(operations > 100);
	for (uint64_t i = 0; i < operations; i++) {
		struct sw_error err = {0};
		world->faults.fail_at = world->faults.operations + 1 + i;
		world->faults.fail_with = SW_ENOMEM;
		assert_int_equal(sw_reader_check(reader, &options, NULL, &err), SW_ENOMEM);
		assert_true(err.text[0]);
	}
	sw_reader_close(reader);
}

#define FILLED(name) cmocka_unit_test_setup_teardown(name, set_up_filled, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_empty_store_is_sound, set_up_empty, tear_down),
		cmocka_unit_test_setup_teardown(a_store_is_sound_while_an_engine_works_on_it_and_after,
						set_up_empty, tear_down),
		FILLED(stopping_deleting_and_updating_leaves_a_sound_store),
		cmocka_unit_test_setup_teardown(a_large_history_is_looked_at_whole, set_up_empty, tear_down),
		FILLED(a_damaged_head_is_found),
		FILLED(a_record_of_a_newer_version_is_told_from_a_damaged_one),
		FILLED(a_damaged_branch_is_found),
		FILLED(a_damaged_chunk_of_history_is_found),
		FILLED(a_damaged_value_is_found_with_all_that_needs_it),
		FILLED(a_value_that_is_no_json_is_found),
		FILLED(a_missing_value_is_found),
		FILLED(a_value_that_the_head_does_not_know_is_found),
		FILLED(a_damaged_machine_is_found_with_what_runs_it),
		FILLED(a_missing_revision_is_found),
		FILLED(keys_of_no_meaning_are_found),
		FILLED(settings_that_are_not_what_they_should_be_are_found),
		FILLED(a_missing_timer_is_found),
		FILLED(a_missing_timer_of_the_whole_execution_is_found),
		FILLED(a_task_in_flight_that_is_not_marked_is_found),
		FILLED(missing_entries_of_indexes_are_found),
		FILLED(a_running_execution_without_branches_is_found),
		FILLED(a_parent_without_children_is_found),
		FILLED(a_missing_child_is_found),
		FILLED(a_missing_root_is_found),
		FILLED(branches_that_wait_in_vain_are_found),
		FILLED(branches_that_cannot_be_are_found_and_end_their_executions),
		FILLED(a_branch_under_the_number_of_another_ends_its_execution),
		FILLED(a_root_that_is_done_is_found),
		FILLED(a_branch_ahead_of_its_history_is_found),
		FILLED(gaps_in_a_history_are_found),
		FILLED(a_history_that_stops_before_its_head_is_found),
		FILLED(a_running_execution_whose_history_has_an_end_is_found),
		FILLED(an_ended_execution_whose_history_has_no_end_is_found),
		FILLED(an_ending_of_another_kind_is_found),
		FILLED(events_after_the_end_and_second_ends_are_found),
		FILLED(time_that_goes_back_is_found),
		FILLED(what_belongs_to_no_execution_is_found),
		FILLED(parts_that_are_on_their_way_out_are_no_orphans),
		FILLED(entries_of_indexes_that_nobody_stands_behind_are_found),
		FILLED(a_deletion_that_nobody_goes_on_with_is_found),
		FILLED(damage_names_the_execution_and_how_bad_it_is),
		FILLED(an_owner_removes_what_is_stale),
		FILLED(a_store_that_cannot_be_read_is_no_finding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
