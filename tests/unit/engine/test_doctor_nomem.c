/*
 * Allocation i fails, and all after it, for i = 1, 2, 3 ... until nothing fails: the doctor and the status
 * say that memory was short, never that the store is damaged, and leave nothing behind.
 */
#include "doctor_fixture.h"
#include "tests/lib/failing_malloc.h"

static void refuse_findings(void *user, const struct sw_diagnosis *diagnosis)
{
	failing_malloc_end();
	fail_msg("%s: %s", diagnosis->record, diagnosis->text);
}

static void short_memory_is_no_finding(void **state)
{
	struct world *world = *state;
	struct sw_reader *reader = NULL;
	struct sw_check_options options = {.diagnosis = refuse_findings};
	enum sw_result r = SW_ENOMEM;
	assert_int_equal(sw_reader_new(world->memory, NULL, NULL, &reader), SW_OK);
	for (long i = 2; r != SW_OK; i += 1 + i / 200) {
		failing_malloc_begin(i - 1, FAILING_MALLOC_ONWARDS);
		r = sw_reader_check(reader, &options, NULL, NULL);
		failing_malloc_end();
		if (r != SW_OK)
			assert_int_equal(r, SW_ENOMEM);
		assert_true(i < 1000000);
	}
	sw_reader_close(reader);
}

static void the_status_is_whole_or_refused(void **state)
{
	struct world *world = *state;
	struct sw_reader *reader = NULL;
	struct sw_store_status status = {0};
	enum sw_result r = SW_ENOMEM;
	assert_int_equal(sw_reader_new(world->memory, NULL, NULL, &reader), SW_OK);
	for (long i = 2; r != SW_OK; i++) {
		failing_malloc_begin(i - 1, FAILING_MALLOC_ONWARDS);
		r = sw_reader_status(reader, NULL, NULL, &status, NULL);
		failing_malloc_end();
		if (r != SW_OK)
			assert_int_equal(r, SW_ENOMEM);
		assert_true(i < 1000000);
	}
	assert_int_equal(status.executions[SW_STATUS_RUNNING], 7);
	assert_int_equal(status.branches_damaged + status.executions_damaged, 0);
	assert_int_equal(status.next_count, SW_STATUS_TIMERS_MAX);
	sw_store_status_done(&status);
	sw_reader_close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(short_memory_is_no_finding, set_up_filled, tear_down),
		cmocka_unit_test_setup_teardown(the_status_is_whole_or_refused, set_up_filled, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
