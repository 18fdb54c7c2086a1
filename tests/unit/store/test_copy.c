/* Copies of a store: whole, compact, of one moment, and never in the place of another. */
#include "fixture.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct fixture {
	char *directory, *target_parent;
	char target[200];
	struct sw_batch *batch;
	struct sw_error err;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->directory = fixture_directory();
	f->target_parent = fixture_directory();
	snprintf(f->target, sizeof(f->target), "%s/copy", f->target_parent);
	f->batch = batch_new();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	struct rlimit limit;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	sw_batch_free(f->batch);
	fixture_directory_remove(f->directory);
	fixture_directory_remove(f->target_parent);
	free(f);
	return 0;
}

static struct sw_store *open_at(struct fixture *f, const char *directory, bool read_only)
{
	struct sw_store_options options = fixture_options(directory);
	struct sw_store *store = NULL;
	options.read_only = read_only;
	sw_error_clear(&f->err);
	if (sw_store_open_lmdb(&options, &store, &f->err) != SW_OK)
		fail_msg("open: %s", f->err.text);
	return store;
}

static void copy(struct fixture *f, struct sw_store *store)
{
	sw_error_clear(&f->err);
	if (sw_store_copy(store, f->target, &f->err) != SW_OK)
		fail_msg("copy: %s", f->err.text);
}

static void assert_no_copy(struct fixture *f, struct sw_store *store, enum sw_result expected)
{
	sw_error_clear(&f->err);
	assert_int_equal(sw_store_copy(store, f->target, &f->err), expected);
	assert_int_equal(f->err.code, expected);
	assert_true(f->err.text[0]);
}

static unsigned files_in(const char *directory)
{
	DIR *entries = opendir(directory);
	unsigned count = 0;
	assert_non_null(entries);
	for (struct dirent *entry; (entry = readdir(entries));)
		count += entry->d_name[0] != '.';
	closedir(entries);
	return count;
}

static off_t length_of(const char *directory)
{
	char path[300];
	struct stat st;
	snprintf(path, sizeof(path), "%s/data.mdb", directory);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void fill(struct fixture *f, struct sw_store *store, unsigned keys, size_t bytes)
{
	char key[20], *value = malloc(bytes);
	memset(value, 'x', bytes);
	for (unsigned i = 0; i < keys; i++) {
		snprintf(key, sizeof(key), "%08u", i);
		assert_int_equal(sw_batch_put(f->batch, CATS, text(key), sw_slice(value, bytes)), SW_OK);
	}
	commit(store, f->batch);
	free(value);
}

/* ---- what a copy is ----------------------------------------------------------------------------------- */

static void a_copy_holds_what_the_last_commit_left(void **state)
{
	struct fixture *f = *state;
	struct sw_store *store = open_at(f, f->directory, false);
	put(f->batch, CATS, "a", "1");
	put(f->batch, DOGS, "b", "2");
	commit(store, f->batch);
	copy(f, store);
	put(f->batch, CATS, "later", "3");
	commit(store, f->batch);
	sw_store_close(store);

	assert_int_equal(files_in(f->target), 1); /* data.mdb alone */
	struct sw_store *copied = open_at(f, f->target, false);
	struct sw_snapshot *snapshot = begin(copied);
	assert_scan(snapshot, CATS, "", false, "a=1");
	assert_scan(snapshot, DOGS, "", false, "b=2");
	assert_scan(snapshot, BIRDS, "", false, "");
	sw_snapshot_end(snapshot);
	put(f->batch, BIRDS, "c", "3"); /* and is a store like any other */
	commit(copied, f->batch);
	assert_stored(copied, BIRDS, "c", "3");
	sw_store_close(copied);
}

static void a_copy_has_no_pages_that_nobody_uses(void **state)
{
	struct fixture *f = *state;
	struct sw_store *store = open_at(f, f->directory, false);
	fill(f, store, 400, 4000);
	put(f->batch, DOGS, "kept", "1");
	assert_int_equal(sw_batch_delete_prefix(f->batch, CATS, text("")), SW_OK);
	commit(store, f->batch);
	copy(f, store);
	sw_store_close(store);
	assert_true(length_of(f->target) * 10 < length_of(f->directory));
	struct sw_store *copied = open_at(f, f->target, true);
	assert_stored(copied, DOGS, "kept", "1");
	sw_store_close(copied);
}

static void an_empty_store_is_copied_too(void **state)
{
	struct fixture *f = *state;
	struct sw_store *store = open_at(f, f->directory, false);
	copy(f, store);
	sw_store_close(store);
	struct sw_store *copied = open_at(f, f->target, true);
	assert_stored(copied, CATS, "a", NULL);
	sw_store_close(copied);
}

static void a_copy_keeps_the_number_of_the_format(void **state)
{
	struct fixture *f = *state;
	struct sw_store *store = open_at(f, f->directory, false);
	copy(f, store);
	sw_store_close(store);
	struct sw_store_options options = fixture_options(f->target);
	options.format = 2;
	sw_error_clear(&f->err);
	assert_int_equal(sw_store_open_lmdb(&options, &store, &f->err), SW_EVERSION);
}

static void a_store_in_memory_has_no_copies(void **state)
{
	struct fixture *f = *state;
	struct sw_store_options options = fixture_options(NULL);
	struct sw_store *store = NULL;
	assert_int_equal(sw_store_open_memory(&options, &store, NULL), SW_OK);
	assert_no_copy(f, store, SW_EINVAL);
	sw_store_close(store);
}

/* ---- while the owner works ---------------------------------------------------------------------------- */

struct writer {
	struct sw_store *store;
	atomic_bool stop;
	atomic_uint commits;
};

/* Each commit writes the same number under two keys of two tables, and moves pages about. */
static void *write_on(void *user)
{
	struct writer *writer = user;
	struct sw_batch *batch = batch_new();
	for (unsigned i = 1; !atomic_load(&writer->stop); i++) {
		char number[20], key[20];
		snprintf(number, sizeof(number), "%u", i);
		snprintf(key, sizeof(key), "%u", i % 50);
		put(batch, CATS, "number", number);
		put(batch, DOGS, "number", number);
		put(batch, BIRDS, key, number);
		commit(writer->store, batch);
		atomic_store(&writer->commits, i);
	}
	sw_batch_free(batch);
	return NULL;
}

static void assert_of_one_moment(struct fixture *f, char *number, size_t bytes)
{
	struct sw_store *copied = open_at(f, f->target, true);
	struct sw_snapshot *snapshot = begin(copied);
	struct sw_slice cat, dog;
	assert_int_equal(sw_snapshot_get(snapshot, CATS, text("number"), &cat), SW_OK);
	assert_int_equal(sw_snapshot_get(snapshot, DOGS, text("number"), &dog), SW_OK);
	assert_int_equal(sw_slice_compare(cat, dog), 0);
	snprintf(number, bytes, "%.*s", (int)cat.len, (const char *)cat.data);
	sw_snapshot_end(snapshot);
	sw_store_close(copied);
}

static void copies_while_commits_come_are_of_one_moment_each(void **state)
{
	struct fixture *f = *state;
	struct writer writer = {.store = open_at(f, f->directory, false)};
	pthread_t thread;
	unsigned last = 0;
	fill(f, writer.store, 200, 3000);
	assert_int_equal(pthread_create(&thread, NULL, write_on, &writer), 0);
	for (unsigned i = 0; i < 5; i++) {
		unsigned before;
		while ((before = atomic_load(&writer.commits)) < 5 * (i + 1))
			usleep(100);
		snprintf(f->target, sizeof(f->target), "%s/copy%u", f->target_parent, i);
		copy(f, writer.store);
		char number[20];
		assert_of_one_moment(f, number, sizeof(number));
		last = (unsigned)strtoul(number, NULL, 10);
		assert_true(last >= before);
	}
	atomic_store(&writer.stop, true);
	pthread_join(thread, NULL);
	assert_true(atomic_load(&writer.commits) >= last);
	sw_store_close(writer.store);
}

static void another_process_copies_what_it_may_only_read(void **state)
{
	struct fixture *f = *state;
	int pipes[2], status = 0;
	assert_int_equal(pipe(pipes), 0);
	pid_t child = fork();
	if (child == 0) {
		char byte;
		struct sw_store *store = NULL;
		struct sw_store_options options = fixture_options(f->directory);
		options.read_only = true;
		if (read(pipes[0], &byte, 1) != 1 || sw_store_open_lmdb(&options, &store, NULL) != SW_OK ||
		    sw_store_copy(store, f->target, NULL) != SW_OK)
			_exit(1);
		sw_store_close(store);
		_exit(0);
	}
	struct writer writer = {.store = open_at(f, f->directory, false)};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, write_on, &writer), 0);
	while (atomic_load(&writer.commits) < 3)
		usleep(100);
	assert_int_equal(write(pipes[1], "x", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	atomic_store(&writer.stop, true);
	pthread_join(thread, NULL);
	sw_store_close(writer.store);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	char number[20];
	assert_of_one_moment(f, number, sizeof(number));
	close(pipes[0]);
	close(pipes[1]);
}

/* ---- what goes wrong ---------------------------------------------------------------------------------- */

static void a_store_that_is_there_is_not_overwritten(void **state)
{
	struct fixture *f = *state;
	struct sw_store *store = open_at(f, f->directory, false);
	put(f->batch, CATS, "a", "1");
	commit(store, f->batch);
	copy(f, store);
	put(f->batch, CATS, "a", "2");
	commit(store, f->batch);
	assert_no_copy(f, store, SW_EEXIST);
	snprintf(f->target, sizeof(f->target), "%s", f->directory); /* nor is the store itself */
	assert_no_copy(f, store, SW_EEXIST);
	sw_store_close(store);
	snprintf(f->target, sizeof(f->target), "%s/copy", f->target_parent);
	assert_int_equal(files_in(f->target), 1);
	struct sw_store *copied = open_at(f, f->target, true);
	assert_stored(copied, CATS, "a", "1");
	sw_store_close(copied);
}

static void a_directory_whose_parent_is_missing_is_not_made(void **state)
{
	struct fixture *f = *state;
	struct sw_store *store = open_at(f, f->directory, false);
	snprintf(f->target, sizeof(f->target), "%s/missing/copy", f->target_parent);
	assert_no_copy(f, store, SW_EIO);
	assert_non_null(strstr(f->err.text, "missing/copy"));
	sw_store_close(store);
}

static void a_copy_that_does_not_fit_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct sw_store *store = open_at(f, f->directory, false);
	struct rlimit limit;
	fill(f, store, 400, 4000);
	sw_store_close(store);
	store = open_at(f, f->directory, true); /* a limit on the size of files stops an owner, too */
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 256 << 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_no_copy(f, store, SW_EFULL);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(files_in(f->target), 0);
	copy(f, store); /* and the next one succeeds */
	sw_store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_copy_holds_what_the_last_commit_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_copy_has_no_pages_that_nobody_uses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_empty_store_is_copied_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_copy_keeps_the_number_of_the_format, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_store_in_memory_has_no_copies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(copies_while_commits_come_are_of_one_moment_each, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(another_process_copies_what_it_may_only_read, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_store_that_is_there_is_not_overwritten, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_directory_whose_parent_is_missing_is_not_made, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_copy_that_does_not_fit_leaves_nothing_behind, set_up,
						tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
