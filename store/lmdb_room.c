/*
 * The data file ahead of need. LMDB itself makes the file grow page by page, and then each sync has to write
 * the file system's journal too (measured on ext4: 4,100 syncs of 4 KiB a second on a growing file, 4,500 on
 * one that is only reserved by fallocate, 7,500 where the blocks were written before). So the file is
 *
 *   reserved in steps (an eighth of it, 1 to 64 MiB), which is also where a full disk shows early, and
 *   filled with zeros a little ahead of its used part, as long as batches are small: that saves about a tenth of
 *   a millisecond a sync, and writes each new page twice, which a large batch feels more.
 *
 * The room between the used part and the end is kept at RESERVE_BYTES or more. When a step fails the disk is
 * full: batches are refused (SW_EFULL) but for those that may use the reserve, and for those that fit into
 * free pages inside the file. LMDB writes with pwrite, never through the map: what goes wrong after all is an
 * error there, not a signal (but see RLIMIT_FSIZE: a process that sets it must ignore SIGXFSZ).
 */
#include "store/lmdb_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define RESERVE_BYTES (1u << 20)
#define STEP_BYTES_MIN (1u << 20)
#define STEP_BYTES_MAX (64u << 20)
#define ZERO_BYTES_AHEAD (1u << 20)
#define ZERO_CHUNK_BYTES 65536
#define ZERO_BATCH_BYTES_MAX 65536
#define OP_BYTES 512 /* what an operation costs beside its bytes: its share of copied pages */

static int data_fd(const struct lmdb_store *store)
{
	mdb_filehandle_t fd = -1;
	mdb_env_get_fd(store->env, &fd);
	return fd;
}

uint64_t sw_lmdb_used_bytes(const struct lmdb_store *store)
{
	MDB_envinfo info;
	if (mdb_env_info(store->env, &info) != 0)
		return 0;
	return ((uint64_t)info.me_last_pgno + 1) * store->page_bytes;
}

void sw_lmdb_room_stats(const struct lmdb_store *store, struct sw_store_stats *stats)
{
	struct stat st;
	struct statvfs fs;
	if (fstat(data_fd(store), &st) == 0)
		stats->file_bytes = (uint64_t)st.st_size;
	MDB_envinfo info;
	if (mdb_env_info(store->env, &info) == 0)
		stats->map_bytes = info.me_mapsize;
	if (fstatvfs(data_fd(store), &fs) == 0)
		stats->disk_free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
}

int sw_lmdb_room_errno(const struct lmdb_store *store, int rc, size_t batch_bytes)
{
	struct statvfs fs;
	if (rc != EIO || fstatvfs(data_fd(store), &fs) != 0)
		return rc;
	return (uint64_t)fs.f_bavail * fs.f_frsize < 2 * (uint64_t)batch_bytes + RESERVE_BYTES ? ENOSPC : rc;
}

/*
 * Pages inside the file that nobody uses, in bytes: the values of LMDB's list of them start with their
 * counts. The list can be read in a reading transaction only.
 */
static uint64_t free_bytes(const struct lmdb_store *store)
{
	const MDB_dbi free_list = 0;
	MDB_txn *txn;
	MDB_cursor *cursor;
	MDB_val key, data;
	uint64_t pages = 0;
	if (mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn) != 0)
		return 0;
	if (mdb_cursor_open(txn, free_list, &cursor) == 0) {
		while (mdb_cursor_get(cursor, &key, &data, MDB_NEXT) == 0) {
			size_t count = 0;
			if (data.mv_size >= sizeof(count))
				memcpy(&count, data.mv_data, sizeof(count));
			pages += count;
		}
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
	return pages * store->page_bytes;
}

static bool only_deletes(const struct sw_batch *batch)
{
	enum sw_batch_op op;
	unsigned table;
	struct sw_slice key, value;
	for (size_t at = 0; sw_batch_each(batch, &at, &op, &table, &key, &value);)
		if (op == SW_BATCH_PUT || op == SW_BATCH_APPEND)
			return false;
	return true;
}

static bool is_full(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/* 0 or an error number. On file systems that cannot reserve (each says so in its way) the writes will tell.
 */
static int reserve_to(struct lmdb_store *store, uint64_t end)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && end > limit.rlim_cur)
		return EFBIG;
	int rc;
	do {
		rc = fallocate(data_fd(store), 0, (off_t)store->file_bytes, (off_t)(end - store->file_bytes));
	} while (rc != 0 && errno == EINTR);
	if (rc != 0 && (is_full(errno) || errno == EIO))
		return errno;
	store->file_bytes = end;
	return 0;
}

/* Writes zeros behind the used part. A full disk is not an error here: LMDB's own write will tell. */
static void zero_to(struct lmdb_store *store, uint64_t used, uint64_t end)
{
	static const char zeros[ZERO_CHUNK_BYTES];
	uint64_t at = store->zeroed_bytes > used ? store->zeroed_bytes : used;
	if (end > store->file_bytes)
		end = store->file_bytes;
	while (at < end) {
		size_t len = end - at < sizeof(zeros) ? (size_t)(end - at) : sizeof(zeros);
		ssize_t wrote = pwrite(data_fd(store), zeros, len, (off_t)at);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			break;
		at += (uint64_t)wrote;
	}
	store->zeroed_bytes = at;
}

enum sw_result sw_lmdb_room_make(struct lmdb_store *store, const struct sw_batch *batch, struct sw_error *err)
{
	uint64_t used = sw_lmdb_used_bytes(store);
	uint64_t need = 2 * (uint64_t)sw_batch_bytes(batch) + OP_BYTES * (uint64_t)sw_batch_count(batch);
	uint64_t enough = used + RESERVE_BYTES + need;
	if (store->file_bytes < enough) {
		uint64_t step = store->file_bytes / 8;
		step = step < STEP_BYTES_MIN ? STEP_BYTES_MIN : step > STEP_BYTES_MAX ? STEP_BYTES_MAX : step;
		uint64_t end = store->file_bytes + step;
		int error = reserve_to(store, end > enough ? end : enough);
		/* the last room of a disk comes in smaller pieces */
		if (is_full(error) && end > enough)
			error = reserve_to(store, enough);
		if (error && !is_full(error))
			return sw_lmdb_error(store, error, "extending the file", err);
		bool allowed = sw_batch_uses_reserve(batch) || only_deletes(batch);
		if (error && !allowed && free_bytes(store) < RESERVE_BYTES + 4 * need)
			return sw_lmdb_error(store, ENOSPC, "extending the file", err);
	}
	if (sw_batch_bytes(batch) <= ZERO_BATCH_BYTES_MAX && store->zeroed_bytes < used + need)
		zero_to(store, used, used + need + ZERO_BYTES_AHEAD);
	return SW_OK;
}

void sw_lmdb_room_check(struct lmdb_store *store)
{
	/*
	 * LMDB counts pages that it took and gave back within one transaction as used, but does not write
	 * them. At the end of the file that looks like a truncated file to the check at open. The room ahead
	 * makes it rare.
	 */
	uint64_t used = sw_lmdb_used_bytes(store);
	struct stat st;
	if (used <= store->file_bytes || fstat(data_fd(store), &st) != 0)
		return;
	store->file_bytes = (uint64_t)st.st_size;
	if (store->file_bytes < used && ftruncate(data_fd(store), (off_t)used) == 0)
		store->file_bytes = used;
}
