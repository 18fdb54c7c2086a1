/* The LMDB back end: commits, snapshots, scans. Rules that all of it keeps: lmdb_store.h. */
#include "base/assert.h"
#include "base/mem.h"
#include "store/lmdb_store.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define IDLE_SNAPSHOTS_MAX 8
#define READERS_CHECK_MS 60000

/* ---- errors ------------------------------------------------------------------------------------------- */

enum sw_result sw_lmdb_result(int rc)
{
	switch (rc) {
	case 0:
		return SW_OK;
	case MDB_NOTFOUND:
	case ENOENT:
		return SW_ENOENT;
	case ENOMEM:
	case MDB_READERS_FULL: /* as short as memory, and as passing: so many look at it at the moment */
		return SW_ENOMEM;
	case ENOSPC:
	case EDQUOT:
	case EFBIG: /* a limit on the size of files is a full disk too */
		return SW_EFULL;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
	case MDB_CURSOR_FULL:
	case MDB_INCOMPATIBLE:
		return SW_ECORRUPT;
	case MDB_VERSION_MISMATCH:
		return SW_EVERSION;
	case MDB_TXN_FULL:
	case MDB_DBS_FULL:
		return SW_ELIMIT;
	case MDB_BAD_VALSIZE:
		return SW_EINVAL;
	default:
		return SW_EIO;
	}
}

enum sw_result sw_lmdb_error(const struct lmdb_store *store, int rc, const char *doing, struct sw_error *err)
{
	return sw_error_set(err, sw_lmdb_result(rc), "%s: %s: %s", store->path, doing, mdb_strerror(rc));
}

/* Every entry point begins here: SW_EFORKED in a child of the process that opened the store. */
static enum sw_result check_handle(const struct lmdb_store *store, struct sw_error *err)
{
	if (store->pid != getpid())
		return sw_error_set(err, SW_EFORKED, "%s: %s", store->path, sw_result_text(SW_EFORKED));
	if (atomic_load(&store->poisoned))
		return sw_error_set(err, SW_EIO,
				    "%s: an earlier write failed; the store must be opened again",
				    store->path);
	return SW_OK;
}

static struct lmdb_store *snapshot_store(const struct sw_snapshot *snapshot)
{
	return (struct lmdb_store *)snapshot->store;
}

static MDB_val to_val(struct sw_slice slice)
{
	return (MDB_val){slice.len, (void *)(uintptr_t)slice.data};
}

static struct sw_slice to_slice(MDB_val val)
{
	return sw_slice(val.mv_data, val.mv_size);
}

/* ---- commits ------------------------------------------------------------------------------------------ */

/* An empty prefix empties the table. */
static int delete_prefix(MDB_txn *txn, MDB_dbi table, struct sw_slice prefix)
{
	if (prefix.len == 0)
		return mdb_drop(txn, table, 0);
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, table, &cursor);
	while (rc == 0) {
		MDB_val key = to_val(prefix), value;
		rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
		if (rc != 0 || key.mv_size < prefix.len || memcmp(key.mv_data, prefix.data, prefix.len) != 0)
			break;
		rc = mdb_cursor_del(cursor, 0);
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int apply_one(MDB_cursor *cursor, enum sw_batch_op op, struct sw_slice key_slice,
		     struct sw_slice value_slice)
{
	MDB_val key = to_val(key_slice), value = to_val(value_slice);
	int rc = 0;
	switch (op) {
	case SW_BATCH_APPEND:
		rc = mdb_cursor_put(cursor, &key, &value, MDB_APPEND);
		return rc == MDB_KEYEXIST ? mdb_cursor_put(cursor, &key, &value, 0) : rc;
	case SW_BATCH_PUT:
		return mdb_cursor_put(cursor, &key, &value, 0);
	case SW_BATCH_DELETE:
		rc = mdb_cursor_get(cursor, &key, NULL, MDB_SET);
		rc = rc == 0 ? mdb_cursor_del(cursor, 0) : rc;
		return rc == MDB_NOTFOUND ? 0 : rc;
	case SW_BATCH_DELETE_PREFIX:
		return delete_prefix(mdb_cursor_txn(cursor), mdb_cursor_dbi(cursor), key_slice);
	}
	return EINVAL;
}

/* One table after the other, with one cursor each: it finds keys near to the last one without a walk from the root. */
static int apply_table(struct lmdb_store *store, MDB_txn *txn, const struct sw_batch *batch, unsigned table)
{
	struct sw_batch_place place = {0};
	enum sw_batch_op op;
	struct sw_slice key, value;
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, store->tables[table], &cursor);
	if (rc != 0)
		return rc;
	while (rc == 0 && sw_batch_each_of(batch, table, &place, &op, &key, &value))
		rc = apply_one(cursor, op, key, value);
	mdb_cursor_close(cursor);
	return rc;
}

static int apply(struct lmdb_store *store, MDB_txn *txn, const struct sw_batch *batch)
{
	int rc = 0;
	for (unsigned table = 0; table < store->tables_count && rc == 0; table++) {
		if (sw_batch_count_of(batch, table) > 0)
			rc = apply_table(store, txn, batch, table);
	}
	return rc;
}

static bool tables_are_ours(const struct lmdb_store *store, const struct sw_batch *batch)
{
	for (unsigned table = store->tables_count; table < SW_STORE_TABLES_MAX; table++)
		if (sw_batch_count_of(batch, table) > 0)
			return false;
	return true;
}

/*
 * What a failed transaction means. All of them are aborted, and the last commit stands. A write that failed
 * for want of room leaves the store usable: the pages of the aborted transaction belong to nobody and are
 * written whole when they are used again. Any other failure to write or sync is never tried again.
 */
static enum sw_result commit_failed(struct lmdb_store *store, int rc, size_t batch_bytes,
				    struct sw_error *err)
{
	rc = sw_lmdb_room_errno(store, rc, batch_bytes);
	enum sw_result r = sw_lmdb_error(store, rc, "writing", err);
	if (r == SW_EIO)
		atomic_store(&store->poisoned, true);
	return r;
}

/* One transaction. *ret_rc is what LMDB said, when it was LMDB. */
static enum sw_result commit_once(struct lmdb_store *store, const struct sw_batch *batch, int *ret_rc,
				  struct sw_error *err)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(store->env, NULL, 0, &txn);
	if (rc == 0) {
		enum sw_result r = sw_lmdb_room_make(store, batch, err);
		if (r < 0) {
			mdb_txn_abort(txn);
			if (r == SW_EIO)
				atomic_store(&store->poisoned, true);
			return r;
		}
		rc = apply(store, txn, batch);
		if (rc == 0)
			rc = mdb_txn_commit(txn);
		else
			mdb_txn_abort(txn);
	}
	*ret_rc = rc;
	if (rc == 0)
		sw_lmdb_room_check(store);
	return SW_OK;
}

/* Snapshots of processes that died pin pages for ever: they are looked for now and then. */
static void check_readers(struct lmdb_store *store)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (store->readers_checked_ms && now_ms - store->readers_checked_ms < READERS_CHECK_MS)
		return;
	int dead = 0;
	if (store->readers_checked_ms && mdb_reader_check(store->env, &dead) == 0 && dead > 0)
		SW_LOG(&store->log, SW_LOG_WARNING, "%s: %d snapshots of dead processes were dropped",
		       store->path, dead);
	store->readers_checked_ms = now_ms;
}

static enum sw_result lmdb_commit(struct sw_store *base, const struct sw_batch *batch, struct sw_error *err)
{
	struct lmdb_store *store = (struct lmdb_store *)base;
	enum sw_result r = check_handle(store, err);
	if (r < 0)
		return r;
	if (store->read_only)
		return sw_error_set(err, SW_EINVAL, "%s: the store was opened for reading", store->path);
	if (!tables_are_ours(store, batch))
		return sw_error_set(err, SW_EINVAL, "the batch names a table that the store does not have");
	if (sw_batch_count(batch) == 0)
		return SW_OK;
	check_readers(store);
	int rc;
	while ((r = commit_once(store, batch, &rc, err)) == SW_OK && rc != 0) {
		/* A full map: the batch was aborted; the map doubles, and the batch is written again. */
		if (rc == MDB_MAP_FULL)
			r = sw_lmdb_map_double(store, err);
		else if (rc == MDB_MAP_RESIZED)
			r = sw_lmdb_map_follow(store, 0, err);
		else
			r = commit_failed(store, rc, sw_batch_bytes(batch), err);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	pthread_mutex_lock(&store->lock);
	store->stats.commits++;
	store->stats.syncs++;
	store->stats.bytes_written += sw_batch_bytes(batch);
	pthread_mutex_unlock(&store->lock);
	return SW_OK;
}

/* ---- snapshots ---------------------------------------------------------------------------------------- */

static void snapshot_free(struct lmdb_snapshot *snapshot)
{
	if (snapshot->txn)
		mdb_txn_abort(snapshot->txn);
	sw_free(snapshot);
}

void sw_lmdb_drop_idle(struct lmdb_store *store)
{
	while (store->idle) {
		struct lmdb_snapshot *snapshot = store->idle;
		store->idle = snapshot->next;
		snapshot_free(snapshot);
	}
	store->idle_count = 0;
}

/* An idle snapshot, or a new one without a transaction; NULL: no memory. It counts as live from here on. */
static struct lmdb_snapshot *snapshot_take(struct lmdb_store *store)
{
	pthread_mutex_lock(&store->lock);
	struct lmdb_snapshot *snapshot = store->idle;
	if (snapshot) {
		store->idle = snapshot->next;
		store->idle_count--;
	} else {
		snapshot = sw_zalloc(sizeof(*snapshot));
	}
	if (snapshot)
		store->live_count++;
	pthread_mutex_unlock(&store->lock);
	return snapshot;
}

/* Keeps an ended snapshot, whose transaction is reset, for the next one who asks. */
static void snapshot_give(struct lmdb_store *store, struct lmdb_snapshot *snapshot)
{
	pthread_mutex_lock(&store->lock);
	SW_ASSERT(store->live_count > 0);
	store->live_count--;
	bool keep = snapshot->txn && store->idle_count < IDLE_SNAPSHOTS_MAX;
	if (keep) {
		snapshot->next = store->idle;
		store->idle = snapshot;
		store->idle_count++;
	} else {
		/* under the lock: a map must not move while a transaction is being ended */
		snapshot_free(snapshot);
	}
	pthread_mutex_unlock(&store->lock);
}

static int snapshot_start(struct lmdb_store *store, struct lmdb_snapshot *snapshot)
{
	if (snapshot->txn)
		return mdb_txn_renew(snapshot->txn);
	int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &snapshot->txn);
	if (rc != 0)
		snapshot->txn = NULL;
	return rc;
}

static enum sw_result lmdb_begin(struct sw_store *base, struct sw_snapshot **ret_snapshot,
				 struct sw_error *err)
{
	struct lmdb_store *store = (struct lmdb_store *)base;
	enum sw_result r = check_handle(store, err);
	if (r < 0)
		return r;
	struct lmdb_snapshot *snapshot = snapshot_take(store);
	if (!snapshot)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	int rc = snapshot_start(store, snapshot);
	if (rc == MDB_READERS_FULL && mdb_reader_check(store->env, NULL) == 0)
		rc = snapshot_start(store, snapshot);
	if (rc == MDB_MAP_RESIZED) {
		/* "mdb_env_set_mapsize() may be called at later times if no transactions are active" */
		if (snapshot->txn)
			mdb_txn_abort(snapshot->txn);
		snapshot->txn = NULL;
		r = sw_lmdb_map_follow(store, 1, err);
		rc = r < 0 ? 0 : snapshot_start(store, snapshot);
	}
	if (rc != 0)
		r = sw_lmdb_error(store, rc, "reading", err);
	if (r < 0) {
		if (snapshot->txn)
			mdb_txn_abort(snapshot->txn);
		snapshot->txn = NULL;
		snapshot_give(store, snapshot);
		return r;
	}
	snapshot->base.store = base;
	*ret_snapshot = &snapshot->base;
	return SW_OK;
}

static void lmdb_end(struct sw_snapshot *base)
{
	struct lmdb_store *store = snapshot_store(base);
	if (store->pid != getpid())
		return;
	struct lmdb_snapshot *snapshot = (struct lmdb_snapshot *)base;
	mdb_txn_reset(snapshot->txn);
	snapshot_give(store, snapshot);
}

static enum sw_result lmdb_get(struct sw_snapshot *base, unsigned table, struct sw_slice key_slice,
			       struct sw_slice *ret_value)
{
	const struct lmdb_store *store = snapshot_store(base);
	if (store->pid != getpid())
		return SW_EFORKED;
	if (table >= store->tables_count)
		return SW_EINVAL;
	if (!store->tables_there[table])
		return SW_ENOENT;
	MDB_val key = to_val(key_slice), value;
	int rc = mdb_get(((struct lmdb_snapshot *)base)->txn, store->tables[table], &key, &value);
	if (rc != 0)
		return sw_lmdb_result(rc);
	*ret_value = to_slice(value);
	return SW_OK;
}

static enum sw_result lmdb_count(struct sw_snapshot *base, unsigned table, uint64_t *ret_count)
{
	const struct lmdb_store *store = snapshot_store(base);
	MDB_stat stat = {0};
	if (store->pid != getpid())
		return SW_EFORKED;
	if (table >= store->tables_count)
		return SW_EINVAL;
	int rc = store->tables_there[table]
			 ? mdb_stat(((struct lmdb_snapshot *)base)->txn, store->tables[table], &stat)
			 : 0;
	*ret_count = stat.ms_entries;
	return sw_lmdb_result(rc);
}

/* ---- scans -------------------------------------------------------------------------------------------- */

struct lmdb_scan {
	struct sw_scan base;
	MDB_cursor *cursor; /* NULL: the table is not there */
	bool backwards;
	bool placed; /* the cursor is at the pair that comes next */
	int rc;      /* MDB_NOTFOUND after the end */
};

/* At the first key >= from, or the last key <= from. */
static int scan_place(struct lmdb_scan *scan, struct sw_slice from)
{
	MDB_val key = to_val(from), value;
	if (from.len == 0)
		return mdb_cursor_get(scan->cursor, &key, &value, scan->backwards ? MDB_LAST : MDB_FIRST);
	int rc = mdb_cursor_get(scan->cursor, &key, &value, MDB_SET_RANGE);
	if (!scan->backwards)
		return rc;
	if (rc == MDB_NOTFOUND)
		return mdb_cursor_get(scan->cursor, &key, &value, MDB_LAST);
	if (rc == 0 && sw_slice_compare(to_slice(key), from) != 0)
		return mdb_cursor_get(scan->cursor, &key, &value, MDB_PREV);
	return rc;
}

static enum sw_result lmdb_scan_new(struct sw_snapshot *base, unsigned table, struct sw_slice from,
				    bool backwards, struct sw_scan **ret_scan)
{
	const struct lmdb_store *store = snapshot_store(base);
	if (store->pid != getpid())
		return SW_EFORKED;
	if (table >= store->tables_count)
		return SW_EINVAL;
	struct lmdb_scan *scan = sw_zalloc(sizeof(*scan));
	if (!scan)
		return SW_ENOMEM;
	scan->base.snapshot = base;
	scan->backwards = backwards;
	scan->rc = MDB_NOTFOUND;
	if (store->tables_there[table]) {
		MDB_txn *txn = ((struct lmdb_snapshot *)base)->txn;
		int rc = mdb_cursor_open(txn, store->tables[table], &scan->cursor);
		if (rc != 0) {
			sw_free(scan);
			return sw_lmdb_result(rc);
		}
		scan->rc = scan_place(scan, from);
		scan->placed = true;
	}
	*ret_scan = &scan->base;
	return SW_OK;
}

static enum sw_result lmdb_scan_next(struct sw_scan *base, struct sw_slice *ret_key,
				     struct sw_slice *ret_value)
{
	struct lmdb_scan *scan = (struct lmdb_scan *)base;
	if (snapshot_store(base->snapshot)->pid != getpid())
		return SW_EFORKED;
	if (scan->rc != 0)
		return sw_lmdb_result(scan->rc);
	MDB_val key, value;
	MDB_cursor_op step = scan->backwards ? MDB_PREV : MDB_NEXT;
	scan->rc = mdb_cursor_get(scan->cursor, &key, &value, scan->placed ? MDB_GET_CURRENT : step);
	scan->placed = false;
	if (scan->rc != 0)
		return sw_lmdb_result(scan->rc);
	*ret_key = to_slice(key);
	*ret_value = to_slice(value);
	return SW_OK;
}

static void lmdb_scan_free(struct sw_scan *base)
{
	struct lmdb_scan *scan = (struct lmdb_scan *)base;
	if (snapshot_store(base->snapshot)->pid != getpid())
		return;
	if (scan->cursor)
		mdb_cursor_close(scan->cursor);
	sw_free(scan);
}

/* ---- the rest ----------------------------------------------------------------------------------------- */

static void lmdb_stats(struct sw_store *base, struct sw_store_stats *ret_stats)
{
	struct lmdb_store *store = (struct lmdb_store *)base;
	if (check_handle(store, NULL) < 0)
		return;
	pthread_mutex_lock(&store->lock);
	*ret_stats = store->stats;
	ret_stats->data_bytes = sw_lmdb_used_bytes(store);
	sw_lmdb_room_stats(store, ret_stats);
	pthread_mutex_unlock(&store->lock);
}

static void lmdb_close(struct sw_store *base)
{
	struct lmdb_store *store = (struct lmdb_store *)base;
	/* In a child the handle stays as it is: its memory is a copy, the files are the parent's. */
	if (store->pid != getpid())
		return;
	SW_ASSERT(store->live_count == 0);
	sw_lmdb_drop_idle(store);
	sw_lmdb_free(store);
}

const struct sw_store_ops sw_lmdb_ops = {
	.commit = lmdb_commit,
	.begin = lmdb_begin,
	.end = lmdb_end,
	.get = lmdb_get,
	.scan_new = lmdb_scan_new,
	.scan_next = lmdb_scan_next,
	.scan_free = lmdb_scan_free,
	.stats = lmdb_stats,
	.close = lmdb_close,
	.copy = sw_lmdb_copy,
	.count = lmdb_count,
};
