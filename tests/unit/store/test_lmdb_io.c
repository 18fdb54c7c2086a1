/* Writes and syncs that fail: this program's own fdatasync and pwrite stand in for libc's, for LMDB too. */
#include "fixture.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>

#define META_BYTES 8192 /* the two meta pages: what is written there is the commit itself */

static struct {
	int fdatasync_error, meta_error, data_error;
} faults;

__attribute__((visibility("default"))) int fdatasync(int fd)
{
	if (faults.fdatasync_error) {
		errno = faults.fdatasync_error;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

/* pwrite has two names, by the width of off_t at the caller. */
__attribute__((visibility("default"))) ssize_t sw_test_pwrite(int fd, const void *bytes, size_t len,
							      off_t offset);
ssize_t sw_test_pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	int error = offset < META_BYTES ? faults.meta_error : faults.data_error;
	if (error) {
		errno = error;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, bytes, len, offset);
}
#undef pwrite
#undef pwrite64
__asm__(".globl pwrite\n.type pwrite, @function\n.set pwrite, sw_test_pwrite\n"
	".globl pwrite64\n.type pwrite64, @function\n.set pwrite64, sw_test_pwrite\n");

/* LMDB writes runs of pages with lseek and writev; the meta pages never. */
__attribute__((visibility("default"))) ssize_t writev(int fd, const struct iovec *parts, int count)
{
	if (faults.data_error) {
		errno = faults.data_error;
		return -1;
	}
	return syscall(SYS_writev, fd, parts, count);
}

struct fixture {
	char *directory;
	struct sw_store *store;
	struct sw_batch *batch;
	struct sw_error err;
};

static struct sw_store *open_store(struct fixture *f)
{
	struct sw_store_options options = fixture_options(f->directory);
	struct sw_store *store = NULL;
	sw_error_clear(&f->err);
	if (sw_store_open_lmdb(&options, &store, &f->err) != SW_OK)
		fail_msg("open: %s", f->err.text);
	return store;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->directory = fixture_directory();
	f->batch = batch_new();
	f->store = open_store(f);
	put(f->batch, CATS, "tom", "1");
	commit(f->store, f->batch);
	put(f->batch, CATS, "tom", "2");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	memset(&faults, 0, sizeof(faults));
	sw_store_close(f->store);
	sw_batch_free(f->batch);
	fixture_directory_remove(f->directory);
	free(f);
	return 0;
}

/* The store has answered SW_EIO: it goes on doing so until it is opened again. */
static void check_poisoned(struct fixture *f)
{
	struct sw_snapshot *snapshot = NULL;
	memset(&faults, 0, sizeof(faults));
	for (int i = 0; i < 2; i++) {
		sw_error_clear(&f->err);
		assert_int_equal(sw_store_commit(f->store, f->batch, &f->err), SW_EIO);
		assert_non_null(strstr(f->err.text, "data.mdb"));
		assert_int_equal(sw_store_begin(f->store, &snapshot, NULL), SW_EIO);
	}
	sw_store_close(f->store);
	f->store = open_store(f);
}

static void a_failed_sync_is_never_tried_again(void **state)
{
	struct fixture *f = *state;
	struct sw_snapshot *snapshot = begin(f->store);
	faults.fdatasync_error = EIO;
	assert_int_equal(sw_store_commit(f->store, f->batch, &f->err), SW_EIO);
	assert_value(snapshot, CATS, "tom", "1"); /* what is open goes on */
	sw_snapshot_end(snapshot);
	check_poisoned(f);
	assert_stored(f->store, CATS, "tom", "1");
	commit(f->store, f->batch);
	assert_stored(f->store, CATS, "tom", "2");
}

static void a_failed_write_of_the_meta_page_poisons_the_store(void **state)
{
	struct fixture *f = *state;
	faults.meta_error = EIO;
	assert_int_equal(sw_store_commit(f->store, f->batch, &f->err), SW_EIO);
	check_poisoned(f);
	commit(f->store, f->batch);
	assert_stored(f->store, CATS, "tom", "2");
}

static void a_failed_write_of_data_poisons_the_store(void **state)
{
	struct fixture *f = *state;
	faults.data_error = EIO;
	assert_int_equal(sw_store_commit(f->store, f->batch, &f->err), SW_EIO);
	check_poisoned(f);
	assert_stored(f->store, CATS, "tom", "1");
}

static void no_room_for_a_write_or_a_sync_leaves_the_store_usable(void **state)
{
	struct fixture *f = *state;
	static const int errors[] = {ENOSPC, EDQUOT, EFBIG};
	for (size_t i = 0; i < 3; i++) {
		faults.data_error = errors[i];
		assert_int_equal(sw_store_commit(f->store, f->batch, NULL), SW_EFULL);
		assert_stored(f->store, CATS, "tom", "1");
		faults.data_error = 0;
		faults.fdatasync_error = errors[i];
		assert_int_equal(sw_store_commit(f->store, f->batch, NULL), SW_EFULL);
		faults.fdatasync_error = 0;
		assert_stored(f->store, CATS, "tom", "1");
	}
	commit(f->store, f->batch);
	assert_stored(f->store, CATS, "tom", "2");
}

static void no_room_for_the_meta_page_leaves_the_outcome_unknown(void **state)
{
	/* only where each write takes new blocks: LMDB gives up its environment then, and so do we */
	struct fixture *f = *state;
	faults.meta_error = ENOSPC;
	assert_true(sw_store_commit(f->store, f->batch, NULL) < 0);
	check_poisoned(f);
	commit(f->store, f->batch);
	assert_stored(f->store, CATS, "tom", "2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_failed_sync_is_never_tried_again),
		TEST(a_failed_write_of_the_meta_page_poisons_the_store),
		TEST(a_failed_write_of_data_poisons_the_store),
		TEST(no_room_for_a_write_or_a_sync_leaves_the_store_usable),
		TEST(no_room_for_the_meta_page_leaves_the_outcome_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
