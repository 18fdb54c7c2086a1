/*
 * A process that dies at any operation of its store: the first fails, then the second, and so on until nothing
 * fails any more. What was not acknowledged is asked for again, as a client does. Whatever the operation: the
 * execution comes to what it comes to without faults, and the doctor finds nothing.
 */
#include "engine_world.h"

#include "base/buf.h"
#include "engine/maintenance.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROUNDS_MAX 1000
#define OPERATIONS_MIN 40 /* a run with fewer would not be worth the name */
#define EXECUTION "arn:aws:states:us-east-1:123456789012:execution:m:e"
#define INPUT "{\"list\":[1,2]}"
#define MACHINE                                                                                             \
	"{\"StartAt\":\"A\",\"States\":{"                                                                   \
	"\"A\":{\"Type\":\"Task\",\"Resource\":\"function:a\",\"Next\":\"P\",\"Retry\":[{\"ErrorEquals\":[" \
	"\"States.ALL\"],\"IntervalSeconds\":1,\"MaxAttempts\":1}]},"                                       \
	"\"P\":{\"Type\":\"Parallel\",\"ResultPath\":\"$.p\",\"Next\":\"M\",\"Branches\":["                 \
	"{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":2,\"End\":true}}},"            \
	"{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"End\":true,"                             \
	"\"Resource\":\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\","                               \
	"\"Parameters\":{\"token.$\":\"$$.Task.Token\"}}}}]},"                                              \
	"\"M\":{\"Type\":\"Map\",\"ItemsPath\":\"$.list\",\"ResultPath\":\"$.m\",\"End\":true,"             \
	"\"ItemProcessor\":{\"StartAt\":\"B\",\"States\":{"                                                 \
	"\"B\":{\"Type\":\"Task\",\"Resource\":\"function:b\",\"End\":true}}}}}}"

struct sweep {
	struct world *world;
	char directory[64]; /* "": in memory */
	struct told created, started, completed;
	char token[SW_TOKEN_BYTES_MAX + 1]; /* of T, once it was delivered */
	struct sw_buf outcome;
};

/* ---- the process and its store --------------------------------------------------------------------------- */

static void open_store(struct sweep *s)
{
	struct sw_store_options options = {.table_names = sw_table_names,
					   .tables_count = SW_TABLES_COUNT,
					   .format = SW_STORE_FORMAT,
					   .directory = s->directory};
	if (*s->directory && !s->world->memory)
		assert_int_equal(sw_store_open_lmdb(&options, &s->world->memory, NULL), SW_OK);
	assert_int_equal(sw_store_open_faulty(s->world->memory, &s->world->faults, &s->world->store), SW_OK);
}

static void close_store(struct sweep *s)
{
	sw_store_close(s->world->store);
	s->world->store = NULL;
	if (*s->directory) {
		sw_store_close(s->world->memory);
		s->world->memory = NULL;
	}
}

/* A fails the first time; of T the token is kept, and comes back later. */
static void play(void *user, struct sw_task *task)
{
	struct sweep *s = user;
	const char *name = sw_task_state_name(task);
	size_t len;
	const char *input = sw_task_input(task, &len);
	if (strcmp(name, "A") == 0 && sw_task_attempt(task) == 0) {
		sw_task_fail(task, "Once", NULL);
		return;
	}
	if (strcmp(name, "T") == 0) {
		assert_false(s->completed.calls && s->completed.result == SW_OK);
		snprintf(s->token, sizeof(s->token), "%s", sw_task_token(task));
		sw_task_succeed(task, "{}", 2);
		return;
	}
	sw_task_succeed(task, input, len);
}

static void open_engine(struct sweep *s)
{
	struct world *world = s->world;
	if (sw_engine_new_on(&world->options, world->store, &world->engine, NULL) < 0)
		return; /* it died at once */
	assert_int_equal(sw_engine_on_task(world->engine, "function:*", play, NULL, s, NULL), SW_OK);
	assert_int_equal(sw_engine_on_task(world->engine, "arn:*", play, NULL, s, NULL), SW_OK);
	assert_int_equal(sw_engine_resume(world->engine, SW_RESUME_ALL, NULL), SW_OK);
}

/* Has the operation come that fails? From it on nothing reached the disk; the next process has no faults. */
static bool die(struct sweep *s)
{
	struct sw_store_faults *faults = &s->world->faults;
	if (faults->fail_at == 0 || faults->operations < faults->fail_at)
		return false;
	world_close(s->world);
	close_store(s);
	faults->fail_at = 0;
	open_store(s);
	return true;
}

/* ---- what is asked of it ---------------------------------------------------------------------------------- */

/* Is it to be asked for (again)? told is empty then. */
static bool is_wanted(struct told *told)
{
	bool answered = told->calls > 0 &&
			(told->result == SW_OK || told->result == SW_EEXIST || told->result == SW_ETIMEDOUT);
	if (!answered)
		*told = (struct told){0};
	return !answered;
}

static void ask(struct sweep *s)
{
	struct sw_engine *engine = s->world->engine;
	struct sw_machine_params machine = {
		.name = "m", .definition = MACHINE, .definition_len = strlen(MACHINE)};
	struct sw_start_params start = {
		.machine = "m", .name = "e", .input = INPUT, .input_len = strlen(INPUT)};
	if (is_wanted(&s->created))
		sw_engine_create_machine(engine, &machine, tell, &s->created, NULL, NULL);
	else if (is_wanted(&s->started))
		sw_engine_start(engine, &start, tell, &s->started, NULL);
	else if (*s->token && is_wanted(&s->completed))
		sw_engine_token_succeed(engine, s->token, "7", 1, tell, &s->completed, NULL);
	world_settle(s->world);
}

static void diagnose(void *user, const struct sw_diagnosis *diagnosis)
{
	if (sw_problem_badness(diagnosis->problem) == SW_BAD_ERROR)
		fail_msg("%s %s: %s", sw_problem_name(diagnosis->problem), diagnosis->record,
			 diagnosis->text);
}

static void look(struct sweep *s)
{
	struct sw_check_options options = {.diagnosis = diagnose};
	struct sw_check_summary summary;
	sw_buf_reset(&s->outcome);
	sw_buf_printf(&s->outcome, "%s ", world_status(s->world, EXECUTION));
	sw_buf_text(&s->outcome, world_output(s->world, EXECUTION));
	assert_int_equal(sw_reader_check(sw_engine_reader(s->world->engine), &options, &summary, NULL),
			 SW_OK);
}

/* One whole life of the execution, in which the operation fails (0: none). False: it never came to that. */
static bool live(struct sweep *s, uint64_t fail_at, bool applied)
{
	struct world *world = s->world = world_new();
	bool died = false;
	sw_store_close(world->store);
	if (*s->directory) {
		sw_store_close(world->memory);
		world->memory = NULL;
	}
	world->faults = (struct sw_store_faults){
		.fail_at = fail_at, .fail_with = SW_EIO, .fail_onwards = true, .applied_unknown = applied};
	s->created = s->started = s->completed = (struct told){0};
	*s->token = '\0';
	open_store(s);
	bool ended = false;
	for (unsigned round = 0; round < ROUNDS_MAX && !ended; round++) {
		if (!world->engine)
			open_engine(s);
		if (world->engine)
			ask(s);
		if (die(s)) {
			died = true;
			continue;
		}
		assert_non_null(world->engine);
		const char *status = world_status(world, EXECUTION);
		ended = strcmp(status, "RUNNING") != 0 && strcmp(status, "NONE") != 0;
		if (!ended && strcmp(status, "RUNNING") == 0 && (!*s->token || s->completed.calls))
			world_advance(world, virtual_loop_next_ms(&world->loop) - world->loop.mono_ms);
	}
	world->faults.fail_at = 0;
	look(s);
	world_close(world);
	close_store(s);
	world_free(world);
	return died;
}

/* ---- the sweep --------------------------------------------------------------------------------------------- */

static void make_directory(struct sweep *s)
{
	snprintf(s->directory, sizeof(s->directory), "/tmp/stepwell-sweep-XXXXXX");
	assert_non_null(mkdtemp(s->directory));
}

static void remove_directory(struct sweep *s)
{
	char path[96];
	static const char *const files[] = {"data.mdb", "lock.mdb"};
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", s->directory, files[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(s->directory), 0);
}

/* Until nothing fails any more. */
static void sweep(bool on_disk, bool applied)
{
	struct sweep s = {0};
	char expected[256];
	uint64_t at = 0;
	bool died = true;
	while (died) {
		if (on_disk)
			make_directory(&s);
		died = live(&s, at, applied);
		if (on_disk)
			remove_directory(&s);
		if (at == 0) {
			snprintf(expected, sizeof(expected), "%s", s.outcome.data);
			assert_string_equal(
				expected,
				"SUCCEEDED {\"list\":[1,2],\"p\":[{\"list\":[1,2]},7],\"m\":[1,2]}");
			died = true;
		} else if (strcmp(s.outcome.data, expected) != 0) {
			fail_msg("operation %u failed: %s", (unsigned)at, s.outcome.data);
		}
		at++;
	}
	assert_true(at > OPERATIONS_MIN);
	print_message("%u operations\n", (unsigned)at - 2);
	sw_buf_done(&s.outcome);
}

static void in_memory_a_process_may_die_at_any_operation(void **state)
{
	sweep(false, false);
}

static void in_memory_the_commit_it_died_in_may_have_been_applied(void **state)
{
	sweep(false, true);
}

static void on_disk_a_process_may_die_at_any_operation(void **state)
{
	sweep(true, false);
}

static void on_disk_the_commit_it_died_in_may_have_been_applied(void **state)
{
	sweep(true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_memory_a_process_may_die_at_any_operation),
		cmocka_unit_test(in_memory_the_commit_it_died_in_may_have_been_applied),
		cmocka_unit_test(on_disk_a_process_may_die_at_any_operation),
		cmocka_unit_test(on_disk_the_commit_it_died_in_may_have_been_applied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
