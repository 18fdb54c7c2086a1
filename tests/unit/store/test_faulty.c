/* The store that fails on demand. */
#include "fixture.h"

struct fixture {
	struct sw_store *memory, *store;
	struct sw_store_faults faults;
	struct sw_batch *batch;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sw_store_options options = fixture_options(NULL);
	*state = f;
	f->batch = batch_new();
	return sw_store_open_memory(&options, &f->memory, NULL) < 0 ||
	       sw_store_open_faulty(f->memory, &f->faults, &f->store) < 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	sw_batch_free(f->batch);
	sw_store_close(f->store);
	sw_store_close(f->memory);
	free(f);
	return 0;
}

static void every_operation_is_counted(void **state)
{
	struct fixture *f = *state;
	put(f->batch, CATS, "a", "1");
	commit(f->store, f->batch);
	assert_int_equal(f->faults.operations, 1);
	struct sw_snapshot *snapshot = begin(f->store);
	assert_int_equal(f->faults.operations, 2);
	assert_value(snapshot, CATS, "a", "1");
	assert_int_equal(f->faults.operations, 3);
	assert_scan(snapshot, CATS, "", false, "a=1"); /* new, next, and the end twice */
	assert_int_equal(f->faults.operations, 7);
	sw_snapshot_end(snapshot);
	assert_int_equal(f->faults.operations, 7);
}

static void the_nth_operation_fails_and_later_ones_do_not(void **state)
{
	struct fixture *f = *state;
	f->faults = (struct sw_store_faults){.fail_at = 2, .fail_with = SW_EFULL};
	put(f->batch, CATS, "a", "1");
	commit(f->store, f->batch);
	put(f->batch, CATS, "a", "2");
	struct sw_error err = {0};
	assert_int_equal(sw_store_commit(f->store, f->batch, &err), SW_EFULL);
	assert_int_equal(err.code, SW_EFULL);
	assert_true(err.text[0] != '\0');
	assert_stored(f->store, CATS, "a", "1");
	assert_int_equal(sw_store_commit(f->store, f->batch, NULL), SW_OK);
	assert_stored(f->store, CATS, "a", "2");
}

static void onwards_means_until_the_fault_is_taken_away(void **state)
{
	struct fixture *f = *state;
	f->faults = (struct sw_store_faults){.fail_at = 1, .fail_with = SW_EIO, .fail_onwards = true};
	put(f->batch, CATS, "a", "1");
	struct sw_snapshot *snapshot = NULL;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sw_store_commit(f->store, f->batch, NULL), SW_EIO);
		assert_int_equal(sw_store_begin(f->store, &snapshot, NULL), SW_EIO);
		assert_null(snapshot);
	}
	f->faults.fail_at = 0;
	assert_stored(f->store, CATS, "a", NULL);
	assert_int_equal(sw_store_commit(f->store, f->batch, NULL), SW_OK);
	assert_stored(f->store, CATS, "a", "1");
}

static void a_failed_commit_can_be_applied_all_the_same(void **state)
{
	struct fixture *f = *state;
	f->faults = (struct sw_store_faults){.fail_at = 1, .fail_with = SW_EIO, .applied_unknown = true};
	put(f->batch, CATS, "a", "1");
	assert_int_equal(sw_store_commit(f->store, f->batch, NULL), SW_EIO);
	assert_stored(f->store, CATS, "a", "1");
}

static void reads_fail_too(void **state)
{
	struct fixture *f = *state;
	put(f->batch, CATS, "a", "1");
	commit(f->store, f->batch);
	struct sw_snapshot *snapshot = begin(f->store);
	struct sw_slice key, value = sw_slice("kept", 4);
	struct sw_scan *scan = NULL;
	f->faults.fail_with = SW_ENOMEM;
	f->faults.fail_at = f->faults.operations + 1;
	assert_int_equal(sw_snapshot_get(snapshot, CATS, text("a"), &value), SW_ENOMEM);
	assert_int_equal(value.len, 4);
	f->faults.fail_at = f->faults.operations + 1;
	assert_int_equal(sw_scan_new(snapshot, CATS, text(""), false, &scan), SW_ENOMEM);
	assert_null(scan);
	assert_int_equal(sw_scan_new(snapshot, CATS, text(""), false, &scan), SW_OK);
	f->faults.fail_at = f->faults.operations + 1;
	assert_int_equal(sw_scan_next(scan, &key, &value), SW_ENOMEM);
	assert_int_equal(sw_scan_next(scan, &key, &value), SW_OK);
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_operation_is_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_nth_operation_fails_and_later_ones_do_not, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(onwards_means_until_the_fault_is_taken_away, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_failed_commit_can_be_applied_all_the_same, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(reads_fail_too, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
