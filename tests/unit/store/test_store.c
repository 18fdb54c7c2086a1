/* What every back end must do: the same tests on LMDB, on memory, and on the faulty store without faults. */
#include "fixture.h"

#include "base/rng.h"

#include <pthread.h>
#include <stdatomic.h>

struct fixture {
	struct sw_store *store, *inner;
	struct sw_store_faults faults;
	struct sw_batch *batch;
	char *directory;
};

static int open_fixture(void **state, const char *kind)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sw_error err = {0};
	f->directory = fixture_directory();
	f->batch = batch_new();
	struct sw_store_options options = fixture_options(f->directory);
	enum sw_result r = strcmp(kind, "lmdb") == 0 ? sw_store_open_lmdb(&options, &f->store, &err)
						     : sw_store_open_memory(&options, &f->store, &err);
	if (r == SW_OK && strcmp(kind, "faulty") == 0) {
		f->inner = f->store;
		r = sw_store_open_faulty(f->inner, &f->faults, &f->store);
	}
	if (r != SW_OK)
		fprintf(stderr, "%s: %s\n", kind, err.text);
	*state = f;
	return r;
}

static int open_lmdb(void **state)
{
	return open_fixture(state, "lmdb");
}

static int open_memory(void **state)
{
	return open_fixture(state, "memory");
}

static int open_faulty(void **state)
{
	return open_fixture(state, "faulty");
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;
	sw_batch_free(f->batch);
	sw_store_close(f->store);
	sw_store_close(f->inner);
	fixture_directory_remove(f->directory);
	free(f);
	return 0;
}

static void values_are_found_after_the_commit_and_not_before(void **state)
{
	struct fixture *f = *state;
	put(f->batch, CATS, "tom", "grey");
	put(f->batch, DOGS, "tom", "brown");
	put(f->batch, CATS, "empty", "");
	assert_stored(f->store, CATS, "tom", NULL);
	commit(f->store, f->batch);
	assert_stored(f->store, CATS, "tom", "grey");
	assert_stored(f->store, DOGS, "tom", "brown");
	assert_stored(f->store, CATS, "empty", "");
	assert_stored(f->store, BIRDS, "tom", NULL);
	assert_stored(f->store, CATS, "to", NULL);
	assert_stored(f->store, CATS, "tomm", NULL);
	put(f->batch, CATS, "tom", "a longer value than before");
	commit(f->store, f->batch);
	assert_stored(f->store, CATS, "tom", "a longer value than before");
}

static void deleting_what_is_not_there_is_no_error(void **state)
{
	struct fixture *f = *state;
	put(f->batch, CATS, "a", "1");
	assert_int_equal(sw_batch_delete(f->batch, CATS, text("a")), SW_OK);
	assert_int_equal(sw_batch_delete(f->batch, CATS, text("b")), SW_OK);
	assert_int_equal(sw_batch_delete(f->batch, BIRDS, text("a")), SW_OK);
	assert_int_equal(sw_batch_delete_prefix(f->batch, BIRDS, text("a")), SW_OK);
	assert_int_equal(sw_batch_delete_prefix(f->batch, BIRDS, text("")), SW_OK);
	commit(f->store, f->batch);
	assert_stored(f->store, CATS, "a", NULL);
}

static void operations_take_effect_in_their_order(void **state)
{
	struct fixture *f = *state;
	put(f->batch, CATS, "a", "1");
	assert_int_equal(sw_batch_delete_prefix(f->batch, CATS, text("")), SW_OK);
	put(f->batch, CATS, "b", "2");
	put(f->batch, CATS, "c", "3");
	assert_int_equal(sw_batch_delete(f->batch, CATS, text("c")), SW_OK);
	put(f->batch, CATS, "c", "4");
	commit(f->store, f->batch);
	struct sw_snapshot *snapshot = begin(f->store);
	assert_scan(snapshot, CATS, "", false, "b=2 c=4");
	sw_snapshot_end(snapshot);
}

static void appending_out_of_order_falls_back_to_put(void **state)
{
	struct fixture *f = *state;
	static const char *const keys[] = {"b", "d", "c", "d", "a", "e"};
	for (int i = 0; i < 6; i++) {
		char value[2] = {(char)('0' + i), '\0'};
		assert_int_equal(sw_batch_append(f->batch, CATS, text(keys[i]), text(value)), SW_OK);
	}
	commit(f->store, f->batch);
	struct sw_snapshot *snapshot = begin(f->store);
	assert_scan(snapshot, CATS, "", false, "a=4 b=0 c=2 d=3 e=5");
	sw_snapshot_end(snapshot);
}

static void a_prefix_deletes_its_keys_and_no_others(void **state)
{
	struct fixture *f = *state;
	static const char *const keys[] = {"a", "ab", "ab\xff", "abc", "abd/1", "ac", "b"};
	for (int i = 0; i < 7; i++)
		put(f->batch, CATS, keys[i], "x");
	put(f->batch, DOGS, "abc", "x");
	commit(f->store, f->batch);
	assert_int_equal(sw_batch_delete_prefix(f->batch, CATS, text("ab")), SW_OK);
	commit(f->store, f->batch);
	struct sw_snapshot *snapshot = begin(f->store);
	assert_scan(snapshot, CATS, "", false, "a=x ac=x b=x");
	assert_scan(snapshot, DOGS, "", false, "abc=x");
	sw_snapshot_end(snapshot);
	assert_int_equal(sw_batch_delete_prefix(f->batch, CATS, text("")), SW_OK);
	commit(f->store, f->batch);
	snapshot = begin(f->store);
	assert_scan(snapshot, CATS, "", false, "");
	sw_snapshot_end(snapshot);
}

static void scans_go_both_ways_from_any_key(void **state)
{
	struct fixture *f = *state;
	struct sw_snapshot *snapshot = begin(f->store);
	assert_scan(snapshot, CATS, "", false, "");
	assert_scan(snapshot, CATS, "", true, "");
	assert_scan(snapshot, CATS, "k", true, "");
	sw_snapshot_end(snapshot);
	put(f->batch, CATS, "d", "4");
	put(f->batch, CATS, "b", "2");
	put(f->batch, CATS, "f", "6");
	commit(f->store, f->batch);
	snapshot = begin(f->store);
	assert_scan(snapshot, CATS, "", false, "b=2 d=4 f=6");
	assert_scan(snapshot, CATS, "", true, "f=6 d=4 b=2");
	assert_scan(snapshot, CATS, "d", false, "d=4 f=6");
	assert_scan(snapshot, CATS, "d", true, "d=4 b=2");
	assert_scan(snapshot, CATS, "c", false, "d=4 f=6");
	assert_scan(snapshot, CATS, "c", true, "b=2");
	assert_scan(snapshot, CATS, "a", false, "b=2 d=4 f=6");
	assert_scan(snapshot, CATS, "a", true, "");
	assert_scan(snapshot, CATS, "b", true, "b=2");
	assert_scan(snapshot, CATS, "f", false, "f=6");
	assert_scan(snapshot, CATS, "g", false, "");
	assert_scan(snapshot, CATS, "g", true, "f=6 d=4 b=2");
	assert_scan(snapshot, DOGS, "", true, "");
	sw_snapshot_end(snapshot);
}

static void a_snapshot_does_not_change(void **state)
{
	struct fixture *f = *state;
	put(f->batch, CATS, "a", "old");
	put(f->batch, CATS, "b", "old");
	commit(f->store, f->batch);
	struct sw_snapshot *before = begin(f->store);
	struct sw_scan *scan;
	assert_int_equal(sw_scan_new(before, CATS, text(""), false, &scan), SW_OK);
	struct sw_slice key, value;
	assert_int_equal(sw_scan_next(scan, &key, &value), SW_OK);
	put(f->batch, CATS, "a", "new");
	assert_int_equal(sw_batch_delete(f->batch, CATS, text("b")), SW_OK);
	put(f->batch, CATS, "c", "new");
	commit(f->store, f->batch);
	struct sw_snapshot *after = begin(f->store);
	assert_int_equal(sw_slice_compare(value, text("old")), 0);
	assert_int_equal(sw_scan_next(scan, &key, &value), SW_OK);
	assert_int_equal(sw_slice_compare(key, text("b")), 0);
	assert_int_equal(sw_scan_next(scan, &key, &value), SW_ENOENT);
	sw_scan_free(scan);
	assert_scan(before, CATS, "", false, "a=old b=old");
	assert_scan(after, CATS, "", false, "a=new c=new");
	sw_snapshot_end(before);
	assert_scan(after, CATS, "", true, "c=new a=new");
	sw_snapshot_end(after);
	sw_snapshot_end(NULL);
	sw_scan_free(NULL);
}

static void assert_counts(struct sw_snapshot *snapshot, unsigned table, uint64_t expected)
{
	uint64_t count = 99;
	assert_int_equal(sw_snapshot_count(snapshot, table, &count), SW_OK);
	assert_int_equal(count, expected);
}

static void keys_are_counted(void **state)
{
	struct fixture *f = *state;
	put(f->batch, CATS, "a", "1");
	put(f->batch, CATS, "b", "");
	put(f->batch, DOGS, "a", "1");
	commit(f->store, f->batch);
	struct sw_snapshot *before = begin(f->store);
	assert_int_equal(sw_batch_delete(f->batch, CATS, text("a")), SW_OK);
	put(f->batch, DOGS, "a", "2");
	commit(f->store, f->batch);
	struct sw_snapshot *after = begin(f->store);
	uint64_t count;
	assert_counts(before, CATS, 2);
	assert_counts(after, CATS, 1);
	assert_counts(after, DOGS, 1);
	assert_counts(after, BIRDS, 0);
	assert_int_equal(sw_snapshot_count(after, TABLES, &count), SW_EINVAL);
	sw_snapshot_end(before);
	sw_snapshot_end(after);
}

static void tables_that_are_not_there_are_refused(void **state)
{
	struct fixture *f = *state;
	struct sw_slice value;
	struct sw_scan *scan;
	put(f->batch, CATS, "a", "1");
	put(f->batch, TABLES, "a", "1");
	struct sw_error err = {0};
	assert_int_equal(sw_store_commit(f->store, f->batch, &err), SW_EINVAL);
	assert_int_equal(err.code, SW_EINVAL);
	sw_batch_reset(f->batch);
	struct sw_snapshot *snapshot = begin(f->store);
	assert_value(snapshot, CATS, "a", NULL);
	assert_int_equal(sw_snapshot_get(snapshot, TABLES, text("a"), &value), SW_EINVAL);
	assert_int_equal(sw_scan_new(snapshot, TABLES, text("a"), false, &scan), SW_EINVAL);
	sw_snapshot_end(snapshot);
	put(f->batch, CATS, "a", "2");
	commit(f->store, f->batch);
	assert_stored(f->store, CATS, "a", "2");
}

static void impossible_keys_are_not_found(void **state)
{
	struct fixture *f = *state;
	char key[SW_STORE_KEY_BYTES_MAX + 1];
	memset(key, 'k', sizeof(key));
	struct sw_slice longest = sw_slice(key, SW_STORE_KEY_BYTES_MAX), found;
	assert_int_equal(sw_batch_put(f->batch, CATS, longest, text("v")), SW_OK);
	commit(f->store, f->batch);
	struct sw_snapshot *snapshot = begin(f->store);
	assert_int_equal(sw_snapshot_get(snapshot, CATS, sw_slice(key, sizeof(key)), &found), SW_ENOENT);
	assert_int_equal(sw_snapshot_get(snapshot, CATS, sw_slice(NULL, 0), &found), SW_ENOENT);
	assert_int_equal(sw_snapshot_get(snapshot, CATS, longest, &found), SW_OK);
	sw_snapshot_end(snapshot);
}

static void large_values_come_back_whole(void **state)
{
	struct fixture *f = *state;
	static char bytes[300000];
	struct sw_rng rng = sw_rng(1);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)sw_rng_next(&rng);
	for (size_t len = 1000; len <= sizeof(bytes); len = len * 3 / 2 + 1) {
		char key[30];
		snprintf(key, sizeof(key), "%zu", len);
		assert_int_equal(sw_batch_put(f->batch, CATS, text(key), sw_slice(bytes, len)), SW_OK);
	}
	commit(f->store, f->batch);
	struct sw_snapshot *snapshot = begin(f->store);
	for (size_t len = 1000; len <= sizeof(bytes); len = len * 3 / 2 + 1) {
		char key[30];
		struct sw_slice value;
		snprintf(key, sizeof(key), "%zu", len);
		assert_int_equal(sw_snapshot_get(snapshot, CATS, text(key), &value), SW_OK);
		assert_int_equal(value.len, len);
		assert_memory_equal(value.data, bytes, len);
	}
	sw_snapshot_end(snapshot);
}

#define MODEL_KEYS 300

/* Random batches against an array: after each commit the scan is what the array says. */
static void random_batches_do_what_a_simple_model_does(void **state)
{
	struct fixture *f = *state;
	int model[MODEL_KEYS], turn;
	struct sw_rng rng = sw_rng(7);
	memset(model, -1, sizeof(model));
	for (turn = 0; turn < 60; turn++) {
		for (uint64_t ops = sw_rng_below(&rng, 80); ops > 0; ops--) {
			int number = (int)sw_rng_below(&rng, MODEL_KEYS);
			char key[20], value[20];
			snprintf(key, sizeof(key), "%03d", number);
			snprintf(value, sizeof(value), "%d", turn);
			uint64_t kind = sw_rng_below(&rng, 10);
			if (kind == 0) {
				key[2] = '\0';
				assert_int_equal(sw_batch_delete_prefix(f->batch, CATS, text(key)), SW_OK);
				for (int i = number / 10 * 10; i < number / 10 * 10 + 10; i++)
					model[i] = -1;
			} else if (kind < 4) {
				assert_int_equal(sw_batch_delete(f->batch, CATS, text(key)), SW_OK);
				model[number] = -1;
			} else {
				put(f->batch, CATS, key, value);
				model[number] = turn;
			}
		}
		commit(f->store, f->batch);
		struct sw_buf forwards = SW_BUF, backwards = SW_BUF;
		for (int i = 0; i < MODEL_KEYS; i++) {
			if (model[i] >= 0)
				sw_buf_printf(&forwards, "%s%03d=%d", forwards.len ? " " : "", i, model[i]);
			int j = MODEL_KEYS - 1 - i;
			if (model[j] >= 0)
				sw_buf_printf(&backwards, "%s%03d=%d", backwards.len ? " " : "", j, model[j]);
		}
		struct sw_snapshot *snapshot = begin(f->store);
		assert_scan(snapshot, CATS, "", false, forwards.data ? forwards.data : "");
		assert_scan(snapshot, CATS, "", true, backwards.data ? backwards.data : "");
		sw_snapshot_end(snapshot);
		sw_buf_done(&forwards);
		sw_buf_done(&backwards);
	}
}

static void a_hundred_thousand_records_are_no_trouble(void **state)
{
	struct fixture *f = *state;
	struct sw_slice key, value;
	for (uint32_t i = 0; i < 100000; i++) {
		struct sw_buf bytes = SW_BUF;
		sw_buf_be32(&bytes, i);
		assert_int_equal(sw_batch_append(f->batch, CATS, sw_slice(bytes.data, 4), text("value")),
				 SW_OK);
		sw_buf_be32(&bytes, i * 2654435761u);
		assert_int_equal(sw_batch_put(f->batch, DOGS, sw_slice(bytes.data + 4, 4), text("value")),
				 SW_OK);
		sw_buf_done(&bytes);
		if (i % 20000 == 19999)
			commit(f->store, f->batch);
	}
	struct sw_snapshot *snapshot = begin(f->store);
	for (unsigned table = CATS; table <= DOGS; table++) {
		struct sw_scan *scan;
		uint32_t count = 0, last = 0;
		assert_int_equal(sw_scan_new(snapshot, table, text(""), false, &scan), SW_OK);
		while (sw_scan_next(scan, &key, &value) == SW_OK) {
			struct sw_cursor cursor = sw_cursor(key);
			uint32_t number = sw_cursor_be32(&cursor);
			assert_true(count == 0 || number > last);
			last = number;
			count++;
		}
		assert_int_equal(count, 100000);
		sw_scan_free(scan);
	}
	sw_snapshot_end(snapshot);
}

struct writer {
	struct sw_store *store;
	atomic_int commits;
	atomic_bool stop;
	enum sw_result result;
};

/* Keeps the same number in ten records of two tables. */
static void *write_until_stopped(void *user)
{
	struct writer *writer = user;
	struct sw_batch *batch = NULL;
	writer->result = sw_batch_new(&batch);
	for (int turn = 1; writer->result == SW_OK && !atomic_load(&writer->stop); turn++) {
		char key[2] = "0", value[20];
		snprintf(value, sizeof(value), "%d", turn);
		for (; key[0] <= '9'; key[0]++)
			writer->result |=
				sw_batch_put(batch, key[0] % 2 ? CATS : DOGS, text(key), text(value));
		if (writer->result == SW_OK)
			writer->result = sw_store_commit(writer->store, batch, NULL);
		sw_batch_reset(batch);
		atomic_fetch_add(&writer->commits, 1);
	}
	sw_batch_free(batch);
	return NULL;
}

static void *read_until_stopped(void *user)
{
	struct writer *writer = user;
	const char *wrong = NULL;
	while (!atomic_load(&writer->stop) && !wrong) {
		struct sw_snapshot *snapshot;
		if (sw_store_begin(writer->store, &snapshot, NULL) < 0)
			return (void *)(uintptr_t) "begin";
		struct sw_slice first, value;
		enum sw_result r = sw_snapshot_get(snapshot, DOGS, text("0"), &first);
		for (char key[2] = "1"; key[0] <= '9'; key[0]++)
			if (sw_snapshot_get(snapshot, key[0] % 2 ? CATS : DOGS, text(key), &value) != r ||
			    (r == SW_OK && sw_slice_compare(first, value) != 0))
				wrong = "a snapshot shows half a commit";
		sw_snapshot_end(snapshot);
	}
	return (void *)(uintptr_t)wrong;
}

static void snapshots_of_other_threads_see_whole_commits_only(void **state)
{
	struct fixture *f = *state;
	struct writer writer = {.store = f->store};
	pthread_t threads[4];
	assert_int_equal(pthread_create(&threads[0], NULL, write_until_stopped, &writer), 0);
	for (int i = 1; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_until_stopped, &writer), 0);
	while (atomic_load(&writer.commits) < 200)
		usleep(1000);
	atomic_store(&writer.stop, true);
	for (int i = 0; i < 4; i++) {
		void *wrong = NULL;
		pthread_join(threads[i], &wrong);
		if (wrong)
			fail_msg("%s", (char *)wrong);
	}
	assert_int_equal(writer.result, SW_OK);
}

static void stats_count_commits_and_bytes(void **state)
{
	struct fixture *f = *state;
	struct sw_store_stats before, after;
	sw_store_stats(f->store, &before);
	put(f->batch, CATS, "four", "sixsix");
	assert_int_equal(sw_batch_delete(f->batch, CATS, text("x")), SW_OK);
	commit(f->store, f->batch);
	commit(f->store, f->batch); /* nothing in it */
	sw_store_stats(f->store, &after);
	assert_int_equal(after.commits, before.commits + 1);
	assert_int_equal(after.syncs, before.syncs + 1);
	assert_int_equal(after.bytes_written, before.bytes_written + 11);
	assert_true(after.data_bytes >= 10);
}

#define ON(kind, test) cmocka_unit_test_setup_teardown(test, open_##kind, close_fixture)
#define ON_ALL(test) ON(lmdb, test), ON(memory, test), ON(faulty, test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_ALL(values_are_found_after_the_commit_and_not_before),
		ON_ALL(deleting_what_is_not_there_is_no_error),
		ON_ALL(operations_take_effect_in_their_order),
		ON_ALL(appending_out_of_order_falls_back_to_put),
		ON_ALL(a_prefix_deletes_its_keys_and_no_others),
		ON_ALL(scans_go_both_ways_from_any_key),
		ON_ALL(a_snapshot_does_not_change),
		ON_ALL(keys_are_counted),
		ON_ALL(tables_that_are_not_there_are_refused),
		ON_ALL(impossible_keys_are_not_found),
		ON_ALL(large_values_come_back_whole),
		ON_ALL(random_batches_do_what_a_simple_model_does),
		ON_ALL(snapshots_of_other_threads_see_whole_commits_only),
		ON_ALL(stats_count_commits_and_bytes),
		ON(lmdb, a_hundred_thousand_records_are_no_trouble),
		ON(memory, a_hundred_thousand_records_are_no_trouble),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
