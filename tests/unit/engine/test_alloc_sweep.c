/*
 * Allocation i fails, alone or with some after it, for i = 1, 2, 3 ... until nothing fails any more; from the opening
 * of the store to the end of the workload, with two restarts in it. What was refused is asked for again, as a client does: it comes to what it
 * comes to when memory is plenty, and the doctor finds nothing. Our own allocations and those of jansson; what LMDB,
 * pcre2 and libc allocate themselves does not fail here.
 */
#include "sweep.h"

#include "tests/lib/failing_malloc.h"

#include <jansson.h>

#define LIVES_MAX 1000
#define ALLOCATIONS_MIN 500 /* a run with fewer would not be worth the name */

static long paused;

static void hold_still(struct scenario *s, bool still)
{
	sweep_hold_still(s, still);
	if (still)
		paused = failing_malloc_pause();
	else
		failing_malloc_go_on(paused);
}

static bool stops(struct scenario *s)
{
	return sweep_restarts(s->user);
}

/* One whole life, in which the allocation fails (0: none). False: it never came to that. */
static bool live(struct sweep *sweep, bool full, long at, long failures)
{
	struct scenario *s = &sweep->scenario;
	unsigned lives = 0;
	sweep_begin(sweep);
	s->held_still = hold_still;
	s->stopped = stops;
	s->full = full;
	failing_malloc_begin(at, failures);
	while (lives++ < LIVES_MAX && !*s->problem) {
		if (scenario_open(s, NULL) == SW_OK && scenario_run(s))
			break;
		scenario_close(s);
		sweep_close_store(sweep);
	}
	long failed = failing_malloc_end();
	sweep_end(sweep, "allocation", (unsigned)at);
	return failed > 0;
}

static void sweep_all(bool on_disk, bool full, long failures, long step)
{
	struct sweep sweep = {.on_disk = on_disk};
	long at = 1;
	live(&sweep, full, 0, 0);
	while (live(&sweep, full, at, failures))
		at += step;
	assert_true(at > ALLOCATIONS_MIN);
	print_message("%ld allocations\n", at - 1);
	sweep_done(&sweep);
}

static void in_memory_any_allocation_may_fail(void **state)
{
	sweep_all(false, false, 1, 1);
}

static void in_memory_memory_may_be_short_for_a_while(void **state)
{
	sweep_all(false, false, 7, 3);
}

static void in_the_full_workload_many_an_allocation_may_fail(void **state)
{
	sweep_all(false, true, 1, 13);
}

static void on_disk_any_allocation_may_fail(void **state)
{
	sweep_all(true, false, 1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_memory_any_allocation_may_fail),
		cmocka_unit_test(in_memory_memory_may_be_short_for_a_while),
		cmocka_unit_test(in_the_full_workload_many_an_allocation_may_fail),
		cmocka_unit_test(on_disk_any_allocation_may_fail),
	};
	json_set_alloc_funcs(__wrap_malloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
