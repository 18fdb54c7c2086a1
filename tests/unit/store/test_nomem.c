/*
 * Allocation i fails, for i = 1, 2, 3 ... until nothing fails: each time the result is SW_ENOMEM, what was
 * there is there still, and the next try succeeds. Our own allocations only: LMDB's are in its library.
 */
#include "fixture.h"
#include "tests/lib/failing_malloc.h"

static void fail_at(long i)
{
	failing_malloc_begin(i, 1);
}

/* Ends the sweep step; true when the sweep is over. */
static bool quiet(enum sw_result r)
{
	bool failed = failing_malloc_end() > 0;
	assert_int_equal(r, failed ? SW_ENOMEM : SW_OK);
	return !failed;
}

static enum sw_result fill(struct sw_batch *batch)
{
	enum sw_result r = SW_OK;
	for (int i = 0; r == SW_OK && i < 200; i++) {
		char key[20];
		snprintf(key, sizeof(key), "key-%03d", i * 37 % 100);
		r = i % 5 == 4 ? sw_batch_delete(batch, CATS, text(key))
			       : sw_batch_put(batch, CATS, text(key), text(key));
	}
	return r;
}

static void a_batch_without_memory_stays_as_it_was(void **state)
{
	bool done = false;
	for (long i = 1; !done; i++) {
		struct sw_batch *batch = NULL;
		fail_at(i);
		enum sw_result r = sw_batch_new(&batch);
		if (r == SW_OK)
			r = fill(batch);
		done = quiet(r);
		if (batch) {
			enum sw_batch_op op;
			unsigned table;
			struct sw_slice key, value;
			size_t at = 0, count = 0;
			while (sw_batch_each(batch, &at, &op, &table, &key, &value))
				count++;
			assert_int_equal(count, sw_batch_count(batch));
			put(batch, CATS, "after", "1");
			assert_int_equal(sw_batch_get(batch, CATS, text("after"), &value), SW_OK);
		}
		sw_batch_free(batch);
	}
}

static void a_commit_to_memory_without_memory_changes_nothing(void **state)
{
	struct sw_store_options options = fixture_options(NULL);
	struct sw_batch *batch = batch_new();
	bool done = false;
	for (long i = 1; !done; i++) {
		struct sw_store *store = NULL;
		struct sw_snapshot *snapshot;
		assert_int_equal(sw_store_open_memory(&options, &store, NULL), SW_OK);
		sw_batch_reset(batch);
		put(batch, CATS, "key-002", "old");
		put(batch, CATS, "key-003", "old");
		put(batch, CATS, "other", "old");
		commit(store, batch);
		assert_int_equal(fill(batch), SW_OK);
		assert_int_equal(sw_batch_delete_prefix(batch, CATS, text("oth")), SW_OK);
		struct sw_snapshot *before = begin(store);
		fail_at(i);
		done = quiet(sw_store_commit(store, batch, NULL));
		snapshot = begin(store);
		if (!done)
			assert_scan(snapshot, CATS, "", false, "key-002=old key-003=old other=old");
		assert_scan(before, CATS, "", false, "key-002=old key-003=old other=old");
		sw_snapshot_end(snapshot);
		sw_snapshot_end(before);
		assert_int_equal(sw_store_commit(store, batch, NULL), SW_OK);
		assert_stored(store, CATS, "other", NULL);
		assert_stored(store, CATS, "key-000", "key-000");
		sw_store_close(store);
	}
	sw_batch_free(batch);
}

/* Opens, writes, reads, all three ways. */
static enum sw_result use_store(const struct sw_store_options *options, bool lmdb,
				const struct sw_batch *batch)
{
	struct sw_store *inner = NULL, *store = NULL;
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_store_faults none = {0};
	struct sw_error err = {0};
	struct sw_slice key, value;
	enum sw_result r = lmdb ? sw_store_open_lmdb(options, &inner, &err)
				: sw_store_open_memory(options, &inner, &err);
	if (r == SW_OK)
		r = sw_store_open_faulty(inner, &none, &store);
	if (r == SW_OK)
		r = sw_store_commit(store, batch, &err);
	if (r == SW_OK)
		r = sw_store_begin(store, &snapshot, &err);
	if (r == SW_OK)
		r = sw_scan_new(snapshot, CATS, text(""), true, &scan);
	if (r == SW_OK)
		r = sw_scan_next(scan, &key, &value);
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	sw_store_close(store);
	sw_store_close(inner);
	return r;
}

static void opening_and_reading_without_memory_is_an_error_and_leaks_nothing(void **state)
{
	struct sw_batch *batch = batch_new();
	put(batch, CATS, "tom", "1");
	for (int lmdb = 0; lmdb < 2; lmdb++) {
		bool done = false;
		for (long i = 1; !done; i++) {
			char *directory = fixture_directory();
			struct sw_store_options options = fixture_options(directory);
			fail_at(i);
			done = quiet(use_store(&options, lmdb, batch));
			if (!done)
				assert_int_equal(use_store(&options, lmdb, batch), SW_OK);
			fixture_directory_remove(directory);
		}
	}
	sw_batch_free(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_without_memory_stays_as_it_was),
		cmocka_unit_test(a_commit_to_memory_without_memory_changes_nothing),
		cmocka_unit_test(opening_and_reading_without_memory_is_an_error_and_leaks_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
