/* What is LMDB's alone: files, other processes, full disks. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct fixture {
	char *directory;
	struct sw_batch *batch;
	struct sw_error err;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->directory = fixture_directory();
	f->batch = batch_new();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	static const int limits[] = {RLIMIT_FSIZE, RLIMIT_AS};
	for (size_t i = 0; i < 2; i++) {
		struct rlimit limit;
		getrlimit(limits[i], &limit);
		limit.rlim_cur = limit.rlim_max;
		setrlimit(limits[i], &limit);
	}
	sw_batch_free(f->batch);
	umount2(f->directory, MNT_DETACH);
	fixture_directory_remove(f->directory);
	free(f);
	return 0;
}

static struct sw_store *open_with(struct fixture *f, const struct sw_store_options *options)
{
	struct sw_store *store = NULL;
	sw_error_clear(&f->err);
	if (sw_store_open_lmdb(options, &store, &f->err) != SW_OK)
		fail_msg("open: %s", f->err.text);
	return store;
}

static struct sw_store *open_store(struct fixture *f)
{
	struct sw_store_options options = fixture_options(f->directory);
	return open_with(f, &options);
}

/* Opens, and expects a refusal with a text that names the file. */
static void assert_refused(struct fixture *f, const struct sw_store_options *options, enum sw_result expected)
{
	struct sw_store *store = NULL;
	sw_error_clear(&f->err);
	assert_int_equal(sw_store_open_lmdb(options, &store, &f->err), expected);
	assert_null(store);
	assert_int_equal(f->err.code, expected);
	if (!strstr(f->err.text, "data.mdb"))
		fail_msg("the text does not name the file: %s", f->err.text);
}

static void data_path(const struct fixture *f, char path[200])
{
	snprintf(path, 200, "%s/data.mdb", f->directory);
}

/* Waits for a child that exits 0 when all went well, or else the line where it did not. */
static void assert_child_succeeds(pid_t child)
{
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the child ended with status %#x (check %d)", (unsigned)status, WEXITSTATUS(status));
}

/* In a child: cmocka's assertions would jump into the parent's tests. */
#define CHILD_CHECK(number, condition) \
	do {                           \
		if (!(condition))      \
			_exit(number); \
	} while (0)

static void records_are_there_after_reopening(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 5; i++) {
		struct sw_store *store = open_store(f);
		char key[20];
		snprintf(key, sizeof(key), "key%d", i);
		put(f->batch, DOGS, key, "value");
		commit(store, f->batch);
		for (int k = 0; k <= i; k++) {
			snprintf(key, sizeof(key), "key%d", k);
			assert_stored(store, DOGS, key, "value");
		}
		sw_store_close(store);
	}
}

static void tables_keep_their_names_when_more_are_added(void **state)
{
	struct fixture *f = *state;
	struct sw_store *store = open_store(f);
	put(f->batch, CATS, "tom", "1");
	commit(store, f->batch);
	sw_store_close(store);
	static const char *const other[] = {"fish", "birds", "cats"};
	struct sw_store_options options = fixture_options(f->directory);
	options.table_names = other;
	options.read_only = true;
	store = open_with(f, &options);
	struct sw_snapshot *snapshot = begin(store);
	assert_scan(snapshot, 2, "", false, "tom=1");
	assert_scan(snapshot, 0, "", false, ""); /* read only: not created, and empty */
	assert_value(snapshot, 0, "tom", NULL);
	sw_snapshot_end(snapshot);
	sw_store_close(store);
	options.read_only = false;
	store = open_with(f, &options);
	assert_stored(store, 2, "tom", "1");
	put(f->batch, 0, "nemo", "2");
	commit(store, f->batch);
	assert_stored(store, 0, "nemo", "2");
	sw_store_close(store);
}

static void a_newer_format_is_refused_and_an_older_one_is_read(void **state)
{
	struct fixture *f = *state;
	struct sw_store *store = open_store(f);
	put(f->batch, CATS, "tom", "1");
	commit(store, f->batch);
	sw_store_close(store);
	struct sw_store_options options = fixture_options(f->directory);
	options.format = 2;
	assert_refused(f, &options, SW_EVERSION);
	options.read_only = true;
	assert_refused(f, &options, SW_EVERSION);
	options.format = 4;
	store = open_with(f, &options);
	assert_stored(store, CATS, "tom", "1");
	sw_store_close(store);
	options.format = 3; /* it was only read */
	options.read_only = false;
	store = open_with(f, &options);
	sw_store_close(store);
}

static void an_older_program_refuses_what_a_newer_one_may_have_written(void **state)
{
	struct fixture *f = *state;
	struct sw_store *store = open_store(f);
	put(f->batch, CATS, "tom", "1");
	commit(store, f->batch);
	sw_store_close(store);
	struct sw_store_options options = fixture_options(f->directory);
	options.format = 4;
	store = open_with(f, &options);
	assert_stored(store, CATS, "tom", "1");
	sw_store_close(store);
	options.format = 3;
	assert_refused(f, &options, SW_EVERSION);
}

static void a_truncated_data_file_is_refused(void **state)
{
	struct fixture *f = *state;
	char path[200];
	struct stat st;
	data_path(f, path);
	struct sw_store *store = open_store(f);
	for (int i = 0; i < 500; i++) {
		char key[20], value[2000];
		snprintf(key, sizeof(key), "key%04d", i);
		memset(value, 'v', sizeof(value));
		assert_int_equal(sw_batch_put(f->batch, CATS, text(key), sw_slice(value, sizeof(value))),
				 SW_OK);
	}
	commit(store, f->batch);
	struct sw_store_stats stats;
	sw_store_stats(store, &stats);
	sw_store_close(store);
	assert_int_equal(stat(path, &st), 0);
	assert_true((uint64_t)st.st_size >= stats.data_bytes);
	struct sw_store_options options = fixture_options(f->directory);
	/* all of the used part is enough; the room behind it is not missed */
	assert_int_equal(truncate(path, (off_t)stats.data_bytes), 0);
	store = open_store(f);
	assert_stored(store, CATS, "key0499x", NULL);
	sw_store_close(store);
	const off_t lengths[] = {
		(off_t)stats.data_bytes - 1, (off_t)stats.data_bytes / 2, 8192, 5000, 4096, 100};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		assert_int_equal(truncate(path, lengths[i]), 0);
		options.read_only = i % 2;
		assert_refused(f, &options, SW_ECORRUPT);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, lengths[i]);
	}
}

static void files_that_are_no_store_are_refused(void **state)
{
	struct fixture *f = *state;
	char path[200];
	data_path(f, path);
	FILE *file = fopen(path, "w");
	for (int i = 0; i < 20000; i++)
		fputs("nonsense", file);
	fclose(file);
	struct sw_store_options options = fixture_options(f->directory);
	assert_refused(f, &options, SW_ECORRUPT);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	/* LMDB's, but not made by this program */
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	assert_int_equal(mdb_env_create(&env), 0);
	mdb_env_set_maxdbs(env, 1);
	assert_int_equal(mdb_env_open(env, f->directory, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "foreign", MDB_CREATE, &dbi), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	assert_refused(f, &options, SW_ECORRUPT);
	/* a table of the store's own name */
	static const char *const names[] = {"cats", "meta"};
	options.table_names = names;
	options.tables_count = 2;
	struct sw_store *store = NULL;
	assert_int_equal(sw_store_open_lmdb(&options, &store, NULL), SW_EINVAL);
}

static void an_empty_environment_is_a_creation_that_was_cut_short(void **state)
{
	struct fixture *f = *state;
	MDB_env *env;
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_open(env, f->directory, 0, 0600), 0);
	mdb_env_close(env);
	struct sw_store_options options = fixture_options(f->directory);
	options.read_only = true;
	assert_refused(f, &options, SW_ENOENT);
	struct sw_store *store = open_store(f);
	put(f->batch, CATS, "tom", "1");
	commit(store, f->batch);
	sw_store_close(store);
}

static void reading_needs_a_store_and_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct sw_store_options options = fixture_options(f->directory);
	options.read_only = true;
	assert_refused(f, &options, SW_ENOENT);
	char path[200];
	data_path(f, path);
	assert_int_equal(access(path, F_OK), -1);
	struct sw_store *store = open_store(f);
	sw_store_close(store);
	store = open_with(f, &options);
	put(f->batch, CATS, "tom", "1");
	assert_int_equal(sw_store_commit(store, f->batch, NULL), SW_EINVAL);
	sw_store_close(store);
	options.directory = "/nonexistent/stepwell";
	assert_refused(f, &options, SW_ENOENT);
	options.read_only = false;
	assert_refused(f, &options, SW_ENOENT);
}

static void another_process_reads_each_commit(void **state)
{
	struct fixture *f = *state;
	int to_child[2], to_parent[2];
	char byte = 0;
	struct sw_store *store = open_store(f);
	assert_int_equal(pipe(to_child), 0);
	assert_int_equal(pipe(to_parent), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct sw_store_options options = fixture_options(f->directory);
		struct sw_store *reader;
		struct sw_slice value;
		close(to_child[1]);
		close(to_parent[0]);
		options.read_only = true;
		CHILD_CHECK(1, sw_store_open_lmdb(&options, &reader, NULL) == SW_OK);
		for (int turn = '1'; turn <= '3'; turn++) {
			struct sw_snapshot *snapshot;
			CHILD_CHECK(2, read(to_child[0], &byte, 1) == 1);
			CHILD_CHECK(3, sw_store_begin(reader, &snapshot, NULL) == SW_OK);
			CHILD_CHECK(4, sw_snapshot_get(snapshot, CATS, text("tom"), &value) == SW_OK);
			CHILD_CHECK(5, value.len == 1 && *(const char *)value.data == turn);
			sw_snapshot_end(snapshot);
			CHILD_CHECK(6, write(to_parent[1], &byte, 1) == 1);
		}
		sw_store_close(reader);
		_exit(0);
	}
	close(to_parent[1]);
	for (int turn = '1'; turn <= '3'; turn++) {
		char value[2] = {(char)turn, '\0'};
		put(f->batch, CATS, "tom", value);
		commit(store, f->batch);
		assert_int_equal(write(to_child[1], &turn, 1), 1);
		if (read(to_parent[0], &byte, 1) != 1)
			break;
	}
	assert_child_succeeds(child);
	sw_store_close(store);
	close(to_child[0]);
	close(to_child[1]);
	close(to_parent[0]);
}

static void after_a_fork_the_handle_answers_an_error_and_the_parent_is_unharmed(void **state)
{
	struct fixture *f = *state;
	struct sw_store *store = open_store(f);
	put(f->batch, CATS, "tom", "1");
	commit(store, f->batch);
	struct sw_snapshot *snapshot = begin(store);
	struct sw_scan *scan;
	assert_int_equal(sw_scan_new(snapshot, CATS, text(""), false, &scan), SW_OK);
	put(f->batch, CATS, "tom", "2");
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct sw_slice key, value;
		struct sw_snapshot *other;
		struct sw_scan *other_scan;
		CHILD_CHECK(1, sw_store_commit(store, f->batch, NULL) == SW_EFORKED);
		CHILD_CHECK(2, sw_store_begin(store, &other, NULL) == SW_EFORKED);
		CHILD_CHECK(3, sw_snapshot_get(snapshot, CATS, text("tom"), &value) == SW_EFORKED);
		CHILD_CHECK(4, sw_scan_new(snapshot, CATS, text(""), false, &other_scan) == SW_EFORKED);
		CHILD_CHECK(5, sw_scan_next(scan, &key, &value) == SW_EFORKED);
		sw_scan_free(scan);
		sw_snapshot_end(snapshot);
		sw_store_close(store);
		_exit(0);
	}
	assert_child_succeeds(child);
	/* the snapshot still pins its pages */
	for (int i = 0; i < 20; i++)
		assert_int_equal(sw_store_commit(store, f->batch, NULL), SW_OK);
	assert_value(snapshot, CATS, "tom", "1");
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	assert_stored(store, CATS, "tom", "2");
	sw_store_close(store);
}

static void descriptors_do_not_survive_exec(void **state)
{
	struct fixture *f = *state;
	struct sw_store *store = open_store(f);
	char link[64], target[300];
	size_t ours = 0;
	for (int fd = 0; fd < 256; fd++) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		ssize_t len = readlink(link, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (!strstr(target, f->directory))
			continue;
		ours++;
		if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			fail_msg("%s is not close-on-exec", target);
	}
	assert_true(ours >= 2);
	sw_store_close(store);
}

static void a_directory_that_cannot_be_written_can_be_read(void **state)
{
	struct fixture *f = *state;
	if (geteuid() != 0)
		skip();
	struct sw_store *store = open_store(f);
	put(f->batch, CATS, "tom", "1");
	commit(store, f->batch);
	sw_store_close(store);
	char path[200];
	data_path(f, path);
	assert_int_equal(chmod(f->directory, 0755), 0);
	assert_int_equal(chmod(path, 0644), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct sw_store_options options = fixture_options(f->directory);
		struct sw_snapshot *snapshot;
		struct sw_slice value;
		CHILD_CHECK(1, setgid(65534) == 0 && setuid(65534) == 0);
		options.read_only = true;
		CHILD_CHECK(2, sw_store_open_lmdb(&options, &store, NULL) == SW_OK);
		CHILD_CHECK(3, sw_store_begin(store, &snapshot, NULL) == SW_OK);
		CHILD_CHECK(4, sw_snapshot_get(snapshot, CATS, text("tom"), &value) == SW_OK);
		CHILD_CHECK(5, value.len == 1);
		sw_snapshot_end(snapshot);
		sw_store_close(store);
		options.read_only = false;
		CHILD_CHECK(6, sw_store_open_lmdb(&options, &store, NULL) == SW_EIO);
		_exit(0);
	}
	assert_child_succeeds(child);
}

static void the_file_is_longer_than_its_used_part(void **state)
{
	struct fixture *f = *state;
	char path[200], value[3000] = "v";
	struct stat st;
	struct sw_store_stats stats;
	data_path(f, path);
	struct sw_store *store = open_store(f);
	for (int i = 0; i < 50; i++) {
		for (int k = 0; k < 50; k++) {
			char key[20];
			snprintf(key, sizeof(key), "%04d-%04d", i, k);
			assert_int_equal(
				sw_batch_append(f->batch, CATS, text(key), sw_slice(value, sizeof(value))),
				SW_OK);
		}
		commit(store, f->batch);
		sw_store_stats(store, &stats);
		assert_int_equal(stat(path, &st), 0);
		assert_true((uint64_t)st.st_size >= stats.data_bytes + (1 << 19));
		assert_true((uint64_t)st.st_size <= stats.data_bytes + (8 << 20));
	}
	/* what was made and dropped in one transaction counts as used: it must not look truncated */
	for (int k = 0; k < 2000; k++) {
		char key[20];
		snprintf(key, sizeof(key), "x%04d", k);
		assert_int_equal(sw_batch_put(f->batch, DOGS, text(key), sw_slice(value, sizeof(value))),
				 SW_OK);
	}
	assert_int_equal(sw_batch_delete_prefix(f->batch, DOGS, text("")), SW_OK);
	commit(store, f->batch);
	sw_store_close(store);
	store = open_store(f);
	assert_stored(store, CATS, "0049-0049x", NULL);
	sw_store_close(store);
}

/* Commits records of 10,000 bytes, one a batch, until that fails; gives the number that were written. */
static int fill_up(struct fixture *f, struct sw_store *store, unsigned table, enum sw_result *ret_result)
{
	static char value[10000];
	for (int i = 0;; i++) {
		char key[20];
		snprintf(key, sizeof(key), "%06d", i);
		sw_batch_reset(f->batch);
		assert_int_equal(sw_batch_put(f->batch, table, text(key), sw_slice(value, sizeof(value))),
				 SW_OK);
		sw_error_clear(&f->err);
		*ret_result = sw_store_commit(store, f->batch, &f->err);
		sw_batch_reset(f->batch);
		if (*ret_result < 0)
			return i;
		assert_true(i < 5000);
	}
}

static int count_records(struct sw_store *store, unsigned table)
{
	struct sw_snapshot *snapshot = begin(store);
	struct sw_scan *scan;
	struct sw_slice key, value;
	int count = 0;
	assert_int_equal(sw_scan_new(snapshot, table, text(""), false, &scan), SW_OK);
	while (sw_scan_next(scan, &key, &value) == SW_OK) {
		assert_int_equal(value.len, 10000);
		count++;
	}
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	return count;
}

/* After new work was refused: reads go on, the reserve serves, deleting makes room, and work resumes. */
static void check_full_store(struct fixture *f, struct sw_store *store)
{
	enum sw_result r;
	put(f->batch, DOGS, "before", "1");
	sw_batch_use_reserve(f->batch, true);
	commit(store, f->batch);
	int written = fill_up(f, store, CATS, &r);
	assert_int_equal(r, SW_EFULL);
	assert_int_equal(f->err.code, SW_EFULL);
	assert_non_null(strstr(f->err.text, "data.mdb"));
	assert_true(written > 50);
	assert_int_equal(count_records(store, CATS), written);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(fill_up(f, store, BIRDS, &r), 0);
		assert_int_equal(r, SW_EFULL);
		put(f->batch, DOGS, "completion", "2");
		sw_batch_use_reserve(f->batch, true);
		commit(store, f->batch);
	}
	/* retention: deleting needs no leave */
	for (int i = 0; i < written; i++) {
		char key[20];
		snprintf(key, sizeof(key), "%06d", i);
		assert_int_equal(sw_batch_delete(f->batch, CATS, text(key)), SW_OK);
		if (i % 10 == 9)
			commit(store, f->batch);
	}
	commit(store, f->batch);
	assert_int_equal(count_records(store, CATS), 0);
	int again = fill_up(f, store, CATS, &r);
	assert_int_equal(r, SW_EFULL);
	assert_true(again > written / 2);
	assert_int_equal(count_records(store, CATS), again);
	assert_stored(store, DOGS, "before", "1");
	assert_stored(store, DOGS, "completion", "2");
}

static void a_full_disk_refuses_new_work_and_loses_nothing(void **state)
{
	struct fixture *f = *state;
	if (mount("tmpfs", f->directory, "tmpfs", 0, "size=6m") != 0)
		skip();
	struct sw_store *store = open_store(f);
	check_full_store(f, store);
	/* so full that LMDB's own write fails, wherever it does: whole commits or nothing */
	enum sw_result r = SW_OK;
	int turns = 0;
	for (; r == SW_OK && turns < 2000; turns++) {
		char key[20], value[20000] = "v";
		snprintf(key, sizeof(key), "%06d", turns);
		for (unsigned table = DOGS; table <= BIRDS; table++)
			assert_int_equal(
				sw_batch_put(f->batch, table, text(key), sw_slice(value, sizeof(value))),
				SW_OK);
		sw_batch_use_reserve(f->batch, true);
		r = sw_store_commit(store, f->batch, &f->err);
		sw_batch_reset(f->batch);
	}
	assert_int_equal(r, SW_EFULL);
	for (int i = 0; i < turns; i++) {
		char key[20], value[20000] = "v";
		struct sw_slice found;
		snprintf(key, sizeof(key), "%06d", i);
		struct sw_snapshot *snapshot = begin(store);
		enum sw_result expected = i < turns - 1 ? SW_OK : SW_ENOENT;
		for (unsigned table = DOGS; table <= BIRDS; table++) {
			assert_int_equal(sw_snapshot_get(snapshot, table, text(key), &found), expected);
			if (expected == SW_OK)
				assert_memory_equal(found.data, value, sizeof(value));
		}
		sw_snapshot_end(snapshot);
	}
	sw_store_close(store);
	store = open_store(f);
	assert_stored(store, DOGS, "before", "1");
	sw_store_close(store);
}

static void a_limit_on_file_sizes_is_a_full_disk(void **state)
{
	struct fixture *f = *state;
	struct rlimit old, limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_IGN);
	limit = old;
	limit.rlim_cur = 6 << 20;
	struct sw_store *store = open_store(f);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	check_full_store(f, store);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_DFL);
	/* there is room again: work resumes by itself */
	put(f->batch, DOGS, "after", "3");
	commit(store, f->batch);
	assert_stored(store, DOGS, "after", "3");
	sw_store_close(store);
}

static void a_disk_that_is_full_at_creation_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	/* the lock file does not fit; the meta pages do not; the tables do not */
	static const char *const sizes[] = {"size=16k", "size=72k", "size=80k"};
	struct sw_store_options options = fixture_options(f->directory);
	char path[200];
	data_path(f, path);
	if (mount("tmpfs", f->directory, "tmpfs", 0, sizes[0]) != 0)
		skip();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(mount("tmpfs", f->directory, "tmpfs", MS_REMOUNT, sizes[i]), 0);
		assert_refused(f, &options, SW_EFULL);
		assert_int_equal(access(path, F_OK), -1);
	}
	assert_int_equal(mount("tmpfs", f->directory, "tmpfs", MS_REMOUNT, "size=8m"), 0);
	struct sw_store *store = open_store(f);
	put(f->batch, DOGS, "now", "1");
	commit(store, f->batch);
	sw_store_close(store);
}

static size_t address_space_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	size_t pages = 0;
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%zu", &pages), 1);
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void a_full_map_doubles_when_no_snapshot_is_open(void **state)
{
	struct fixture *f = *state;
	if (address_space_bytes() > (size_t)1 << 40)
		skip(); /* a sanitizer has taken it */
	struct rlimit old, limit;
	assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
	limit = old;
	limit.rlim_cur = address_space_bytes() + (30 << 20); /* room for a map of 16 MiB */
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	struct sw_store *store = open_store(f);
	assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
	static char value[1 << 20];
	struct sw_snapshot *snapshot = begin(store);
	int busy = 0, count = 30;
	for (int i = 0; i < count; i++) {
		char key[20];
		snprintf(key, sizeof(key), "%04d", i);
		assert_int_equal(sw_batch_put(f->batch, CATS, text(key), sw_slice(value, sizeof(value))),
				 SW_OK);
		enum sw_result r = sw_store_commit(store, f->batch, &f->err);
		if (r == SW_EBUSY) {
			busy++;
			assert_value(snapshot, CATS, "0000", NULL);
			sw_snapshot_end(snapshot);
			snapshot = NULL;
			commit(store, f->batch);
		} else {
			assert_int_equal(r, SW_OK);
			sw_batch_reset(f->batch);
		}
	}
	assert_int_equal(busy, 1);
	snapshot = begin(store);
	for (int i = 0; i < count; i++) {
		char key[20];
		struct sw_slice found;
		snprintf(key, sizeof(key), "%04d", i);
		assert_int_equal(sw_snapshot_get(snapshot, CATS, text(key), &found), SW_OK);
		assert_int_equal(found.len, sizeof(value));
	}
	sw_snapshot_end(snapshot);
	sw_store_close(store);
}

static void a_reader_with_a_small_map_follows_the_writer(void **state)
{
	struct fixture *f = *state;
	if (address_space_bytes() > (size_t)1 << 40)
		skip(); /* a sanitizer has taken it */
	int to_child[2], to_parent[2];
	char byte = 'x';
	struct sw_store *store = open_store(f);
	assert_int_equal(pipe(to_child), 0);
	assert_int_equal(pipe(to_parent), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct sw_store_options options = fixture_options(f->directory);
		struct sw_store *reader;
		struct sw_snapshot *snapshot;
		struct sw_slice value;
		struct rlimit old, limit;
		close(to_child[1]);
		close(to_parent[0]);
		getrlimit(RLIMIT_AS, &old);
		limit = old;
		limit.rlim_cur = address_space_bytes() + (30 << 20);
		options.read_only = true;
		CHILD_CHECK(1, setrlimit(RLIMIT_AS, &limit) == 0);
		CHILD_CHECK(2, sw_store_open_lmdb(&options, &reader, NULL) == SW_OK);
		CHILD_CHECK(3, setrlimit(RLIMIT_AS, &old) == 0);
		CHILD_CHECK(4, sw_store_begin(reader, &snapshot, NULL) == SW_OK);
		sw_snapshot_end(snapshot);
		CHILD_CHECK(5, write(to_parent[1], &byte, 1) == 1 && read(to_child[0], &byte, 1) == 1);
		CHILD_CHECK(6, sw_store_begin(reader, &snapshot, NULL) == SW_OK);
		CHILD_CHECK(7, sw_snapshot_get(snapshot, CATS, text("0029"), &value) == SW_OK);
		CHILD_CHECK(8, value.len == 1 << 20 && ((const char *)value.data)[value.len - 1] == 'v');
		sw_snapshot_end(snapshot);
		sw_store_close(reader);
		_exit(0);
	}
	close(to_parent[1]);
	assert_int_equal(read(to_parent[0], &byte, 1), 1);
	static char value[1 << 20];
	memset(value, 'v', sizeof(value));
	for (int i = 0; i < 30; i++) {
		char key[20];
		snprintf(key, sizeof(key), "%04d", i);
		assert_int_equal(sw_batch_put(f->batch, CATS, text(key), sw_slice(value, sizeof(value))),
				 SW_OK);
		if (i % 10 == 9)
			commit(store, f->batch);
	}
	assert_int_equal(write(to_child[1], &byte, 1), 1);
	assert_child_succeeds(child);
	sw_store_close(store);
	close(to_child[0]);
	close(to_child[1]);
	close(to_parent[0]);
}

static void snapshots_of_a_dead_process_are_dropped_at_open(void **state)
{
	struct fixture *f = *state;
	struct sw_store *store = open_store(f);
	put(f->batch, CATS, "tom", "1");
	commit(store, f->batch);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct sw_store_options options = fixture_options(f->directory);
		struct sw_snapshot *snapshot;
		options.read_only = true;
		CHILD_CHECK(1, sw_store_open_lmdb(&options, &store, NULL) == SW_OK);
		CHILD_CHECK(2, sw_store_begin(store, &snapshot, NULL) == SW_OK);
		_exit(0);
	}
	assert_child_succeeds(child);
	sw_store_close(store);
	/* the dead child's snapshot would pin every page: the file would grow with each commit */
	store = open_store(f);
	struct sw_store_stats before, after;
	static char value[100000];
	for (int i = 0; i < 40; i++) {
		assert_int_equal(sw_batch_put(f->batch, CATS, text("tom"), sw_slice(value, sizeof(value))),
				 SW_OK);
		commit(store, f->batch);
		if (i == 10)
			sw_store_stats(store, &before);
	}
	sw_store_stats(store, &after);
	assert_int_equal(after.data_bytes, before.data_bytes);
	sw_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_are_there_after_reopening),
		TEST(tables_keep_their_names_when_more_are_added),
		TEST(a_newer_format_is_refused_and_an_older_one_is_read),
		TEST(an_older_program_refuses_what_a_newer_one_may_have_written),
		TEST(a_truncated_data_file_is_refused),
		TEST(files_that_are_no_store_are_refused),
		TEST(an_empty_environment_is_a_creation_that_was_cut_short),
		TEST(reading_needs_a_store_and_writes_nothing),
		TEST(another_process_reads_each_commit),
		TEST(after_a_fork_the_handle_answers_an_error_and_the_parent_is_unharmed),
		TEST(descriptors_do_not_survive_exec),
		TEST(a_directory_that_cannot_be_written_can_be_read),
		TEST(the_file_is_longer_than_its_used_part),
		TEST(a_full_disk_refuses_new_work_and_loses_nothing),
		TEST(a_limit_on_file_sizes_is_a_full_disk),
		TEST(a_disk_that_is_full_at_creation_leaves_nothing_behind),
		TEST(a_full_map_doubles_when_no_snapshot_is_open),
		TEST(a_reader_with_a_small_map_follows_the_writer),
		TEST(snapshots_of_a_dead_process_are_dropped_at_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
