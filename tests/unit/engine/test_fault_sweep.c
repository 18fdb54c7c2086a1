/*
 * Operation i of the store fails, for i = 1, 2, 3 ... until nothing fails any more: alone, and the process goes on (or
 * opens the store again, where it has to); or it and all after it, and the process has died. What was not
 * acknowledged is asked for again, as a client does. Whatever the operation: it comes to what it comes to without
 * faults, and the doctor finds nothing.
 */
#include "sweep.h"

#define LIVES_MAX 1000
#define OPERATIONS_MIN 60 /* a run with fewer would not be worth the name */
#define COMMITS_MIN 10

/* How an operation fails. */
struct way {
	const char *name;
	enum sw_result result;
	bool dies;    /* and the process with it */
	bool full;    /* the full workload */
	bool applied; /* a commit that fails is on disk all the same */
};

/* The moment has come that the process dies in. */
static bool is_dead(struct scenario *s)
{
	const struct sw_store_faults *faults = &((struct sweep *)s->user)->faults;
	return faults->fail_at != 0 && faults->fail_onwards && faults->operations >= faults->fail_at;
}

static bool stops(struct scenario *s)
{
	return is_dead(s) || sweep_restarts(s->user);
}

/* One whole life of the workload, in which the operation fails (0: none). False: it never came to that. */
static bool live(struct sweep *sweep, const struct way *way, uint64_t fail_at)
{
	struct scenario *s = &sweep->scenario;
	bool failed = false;
	unsigned lives = 0;
	sweep_begin(sweep);
	s->stopped = stops;
	s->full = way->full;
	sweep->faults = (struct sw_store_faults){.fail_at = fail_at,
						 .fail_with = way->result,
						 .fail_onwards = way->dies,
						 .commits_alone = way->result == SW_EFULL,
						 .applied_unknown = way->applied};
	while (lives++ < LIVES_MAX && !*s->problem) {
		bool opened = scenario_open(s, NULL) == SW_OK;
		bool over = opened && scenario_run(s);
		failed = failed || (fail_at && sweep->faults.operations >= fail_at);
		if (over && !is_dead(s))
			break;
		/* the next process has no faults, a reopened store those that are left */
		scenario_close(s);
		sweep_close_store(sweep);
		if (way->dies && failed)
			sweep->faults.fail_at = 0;
	}
	sweep_end(sweep, way->name, (unsigned)fail_at);
	return failed;
}

static void sweep_all(bool on_disk, struct way way)
{
	struct sweep sweep = {.on_disk = on_disk};
	uint64_t at = 1;
	live(&sweep, &way, 0);
	while (live(&sweep, &way, at))
		at++;
	assert_true(at > (way.result == SW_EFULL ? COMMITS_MIN : OPERATIONS_MIN));
	print_message("%u operations\n", (unsigned)at - 1);
	sweep_done(&sweep);
}

static void in_memory_a_process_may_die_at_any_operation(void **state)
{
	sweep_all(false, (struct way){.name = "died at", .result = SW_EIO, .dies = true});
}

static void in_memory_the_commit_it_died_in_may_have_been_applied(void **state)
{
	sweep_all(false, (struct way){.name = "died after", .result = SW_EIO, .dies = true, .applied = true});
}

static void in_memory_any_operation_may_fail(void **state)
{
	sweep_all(false, (struct way){.name = "failed", .result = SW_EIO});
}

static void in_memory_a_commit_that_fails_may_have_been_applied(void **state)
{
	sweep_all(false, (struct way){.name = "failed after", .result = SW_EIO, .applied = true});
}

static void in_memory_any_operation_may_find_the_disk_full(void **state)
{
	sweep_all(false, (struct way){.name = "full", .result = SW_EFULL});
}

static void in_memory_any_operation_may_find_memory_short(void **state)
{
	sweep_all(false, (struct way){.name = "short", .result = SW_ENOMEM});
}

static void a_process_may_die_at_any_operation_of_the_full_workload(void **state)
{
	sweep_all(false, (struct way){.name = "died at", .result = SW_EIO, .dies = true, .full = true});
}

static void the_commit_it_died_in_may_have_been_applied_in_the_full_workload(void **state)
{
	sweep_all(
		false,
		(struct way){
			.name = "died after", .result = SW_EIO, .dies = true, .applied = true, .full = true});
}

static void any_operation_of_the_full_workload_may_fail(void **state)
{
	sweep_all(false, (struct way){.name = "failed", .result = SW_EIO, .full = true});
}

static void any_operation_of_the_full_workload_may_find_memory_short(void **state)
{
	sweep_all(false, (struct way){.name = "short", .result = SW_ENOMEM, .full = true});
}

static void on_disk_a_process_may_die_at_any_operation(void **state)
{
	sweep_all(true, (struct way){.name = "died at", .result = SW_EIO, .dies = true});
}

static void on_disk_the_commit_it_died_in_may_have_been_applied(void **state)
{
	sweep_all(true, (struct way){.name = "died after", .result = SW_EIO, .dies = true, .applied = true});
}

static void on_disk_any_operation_may_fail(void **state)
{
	sweep_all(true, (struct way){.name = "failed", .result = SW_EIO});
}

static void on_disk_a_commit_that_fails_may_have_been_applied(void **state)
{
	sweep_all(true, (struct way){.name = "failed after", .result = SW_EIO, .applied = true});
}

static void on_disk_any_operation_may_find_the_disk_full(void **state)
{
	sweep_all(true, (struct way){.name = "full", .result = SW_EFULL});
}

static void on_disk_any_operation_may_find_memory_short(void **state)
{
	sweep_all(true, (struct way){.name = "short", .result = SW_ENOMEM});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_memory_a_process_may_die_at_any_operation),
		cmocka_unit_test(in_memory_the_commit_it_died_in_may_have_been_applied),
		cmocka_unit_test(in_memory_any_operation_may_fail),
		cmocka_unit_test(in_memory_a_commit_that_fails_may_have_been_applied),
		cmocka_unit_test(in_memory_any_operation_may_find_the_disk_full),
		cmocka_unit_test(in_memory_any_operation_may_find_memory_short),
		cmocka_unit_test(a_process_may_die_at_any_operation_of_the_full_workload),
		cmocka_unit_test(the_commit_it_died_in_may_have_been_applied_in_the_full_workload),
		cmocka_unit_test(any_operation_of_the_full_workload_may_fail),
		cmocka_unit_test(any_operation_of_the_full_workload_may_find_memory_short),
		cmocka_unit_test(on_disk_a_process_may_die_at_any_operation),
		cmocka_unit_test(on_disk_the_commit_it_died_in_may_have_been_applied),
		cmocka_unit_test(on_disk_any_operation_may_fail),
		cmocka_unit_test(on_disk_a_commit_that_fails_may_have_been_applied),
		cmocka_unit_test(on_disk_any_operation_may_find_the_disk_full),
		cmocka_unit_test(on_disk_any_operation_may_find_memory_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
