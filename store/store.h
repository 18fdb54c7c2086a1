/*
 * The store: numbered tables of ordered bytes, written by atomic batches and read through snapshots. The
 * engine uses it; the store knows keys and bytes, and nothing of workflows or JSON. Back ends: LMDB (lmdb.c),
 * memory (memory.c), and one that fails on demand over memory (faulty.c).
 *
 * Threads: sw_store_commit is called by one thread at a time (the engine's commit thread); snapshots are
 * begun, read and ended by any one thread each, at the same time as a commit.
 */
#ifndef SW_STORE_STORE_H
#define SW_STORE_STORE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"

#include <stdbool.h>
#include <stdint.h>

#define SW_STORE_KEY_BYTES_MAX 511
#define SW_STORE_TABLES_MAX 64

struct sw_store;
struct sw_snapshot;
struct sw_scan;

/* ---- batches: what one commit writes ---------------------------------------------------------- */

enum sw_batch_op { SW_BATCH_PUT, SW_BATCH_APPEND, SW_BATCH_DELETE, SW_BATCH_DELETE_PREFIX };

/*
 * Operations in the order in which they were added, copied into one buffer. Not locked: one thread fills a
 * batch, then hands it over.
 */
struct sw_batch;
enum sw_result sw_batch_new(struct sw_batch **ret_batch);
void sw_batch_free(struct sw_batch *batch);
void sw_batch_reset(struct sw_batch *batch); /* empty again, keeps its memory */
/* Writes key -> value, replacing what is there. */
enum sw_result sw_batch_put(struct sw_batch *batch, unsigned table, struct sw_slice key,
			    struct sw_slice value);
/* As put; a hint that the key is greater than every key of the table (falls back to put where it is not). */
enum sw_result sw_batch_append(struct sw_batch *batch, unsigned table, struct sw_slice key,
			       struct sw_slice value);
/* Deleting what is not there is no error. */
enum sw_result sw_batch_delete(struct sw_batch *batch, unsigned table, struct sw_slice key);
/* Deletes every key that begins with prefix (not seen by sw_batch_get). */
enum sw_result sw_batch_delete_prefix(struct sw_batch *batch, unsigned table, struct sw_slice prefix);
size_t sw_batch_bytes(const struct sw_batch *batch); /* keys and values so far */
size_t sw_batch_count(const struct sw_batch *batch);
/*
 * Lets the batch use the room that is kept back when the disk is full: for completions, stops and retention,
 * not for new work. A batch that only deletes may use it without asking. Off after new and reset.
 */
void sw_batch_use_reserve(struct sw_batch *batch, bool use);
bool sw_batch_uses_reserve(const struct sw_batch *batch);

/*
 * What the batch says of a key: SW_OK (ret_value borrowed until the batch changes), SW_ENOENT (the batch
 * deletes it), or SW_EINVAL (the batch does not name it: ask the next older source).
 */
enum sw_result sw_batch_get(const struct sw_batch *batch, unsigned table, struct sw_slice key,
			    struct sw_slice *ret_value);

/* ---- a store ------------------------------------------------------------------------------------ */

struct sw_store_options {
	const char *directory; /* LMDB: must exist; files data.mdb and lock.mdb appear in it */
	const char *const
		*table_names; /* table numbers are places in this array; names stay stable on disk */
	unsigned tables_count;
	uint32_t format; /* written at creation and over an older one; a newer one on disk is SW_EVERSION */
	bool read_only;  /* LMDB: another process may own and write it */
	struct sw_log log;
};

/*
 * Opens the LMDB store in a directory, creating it unless read_only. Checks the length of the data file
 * against its last used page first (a truncated file is SW_ECORRUPT). Errors: SW_EIO, SW_EFULL, SW_ECORRUPT,
 * SW_EVERSION, SW_ENOENT (read_only and nothing there), with a text that names the file.
 */
enum sw_result sw_store_open_lmdb(const struct sw_store_options *options, struct sw_store **ret_store,
				  struct sw_error *err);

/* A store in memory, for tests and simulation; options->directory is not used. */
enum sw_result sw_store_open_memory(const struct sw_store_options *options, struct sw_store **ret_store,
				    struct sw_error *err);

void sw_store_close(struct sw_store *store); /* NULL allowed; no snapshot may be open */

/*
 * Writes a batch: all of it or nothing, synced to disk when it returns SW_OK. Blocks. SW_EFULL leaves the
 * store usable. After SW_EIO the outcome is unknown: the store answers SW_EIO from then on and must be
 * opened again. SW_EBUSY (LMDB, and only when a terabyte is full): nothing was written, the map must grow,
 * and it cannot under an open snapshot: commit the batch again when the snapshots of this process have ended.
 */
enum sw_result sw_store_commit(struct sw_store *store, const struct sw_batch *batch, struct sw_error *err);

/*
 * Writes what the last commit left, compacted, as a new store into a directory (made when it is missing, its
 * parent not), and syncs it. The owner, in this process or another, goes on meanwhile; what it commits is not
 * in the copy, and the pages it frees stay until the copy is done. Blocks. SW_EEXIST: there is a store
 * already, and it stays as it is. SW_EINVAL: the back end (memory) has no copies. SW_EFULL, SW_EIO: nothing
 * is left behind.
 */
enum sw_result sw_store_copy(struct sw_store *store, const char *directory, struct sw_error *err);

struct sw_store_stats {
	uint64_t commits, syncs, bytes_written; /* by this handle: bytes of keys and values */
	uint64_t data_bytes;                    /* used pages on disk; memory: bytes held */
	uint64_t file_bytes, disk_free_bytes;   /* length of the file, room beside it; memory: 0 */
	uint64_t map_bytes;                     /* size of the memory map: address space; memory: 0 */
};
void sw_store_stats(struct sw_store *store, struct sw_store_stats *ret_stats);

/* ---- reading ------------------------------------------------------------------------------------ */

/* A consistent view of the last commit. Short-lived: it pins pages. SW_ENOMEM, SW_EBUSY: not now, but later. */
enum sw_result sw_store_begin(struct sw_store *store, struct sw_snapshot **ret_snapshot,
			      struct sw_error *err);
/* Ends it; slices read from it and scans over it are gone. NULL allowed. */
void sw_snapshot_end(struct sw_snapshot *snapshot);
/* SW_OK or SW_ENOENT; ret_value is borrowed until the snapshot ends. */
enum sw_result sw_snapshot_get(struct sw_snapshot *snapshot, unsigned table, struct sw_slice key,
			       struct sw_slice *ret_value);

/* How many keys the table has; LMDB knows, other back ends count. */
enum sw_result sw_snapshot_count(struct sw_snapshot *snapshot, unsigned table, uint64_t *ret_count);

/*
 * A scan over one table in key order. It starts at the first key >= from (backwards: the last key <= from; an
 * empty `from` means the end of the table on the side where the scan starts).
 */
enum sw_result sw_scan_new(struct sw_snapshot *snapshot, unsigned table, struct sw_slice from, bool backwards,
			   struct sw_scan **ret_scan);
/* The next pair, borrowed until the snapshot ends; SW_ENOENT at the end. */
enum sw_result sw_scan_next(struct sw_scan *scan, struct sw_slice *ret_key, struct sw_slice *ret_value);
void sw_scan_free(struct sw_scan *scan); /* NULL allowed; before the snapshot ends */

/* ---- several stores as one ------------------------------------------------------------------------ */

#define SW_UNION_STORES_MAX 64

/* How one table is shown. */
struct sw_union_table {
	uint64_t stores; /* bit i: it is read in stores[i] */
	/*
	 * >= 0: keys hold an id of 8 bytes here, whose first byte is the place of its store. A pair is looked for there
	 * alone, and the order of scans is that of the other 7 bytes, then of the first. -1: keys are merged as they are.
	 */
	int id_at;
};
struct sw_union_options {
	struct sw_store *const *stores; /* the array is copied; at most SW_UNION_STORES_MAX */
	size_t count;
	uint64_t owned;                      /* bit i: stores[i] is closed with the union; else borrowed */
	const struct sw_union_table *tables; /* copied */
	unsigned tables_count;
	struct sw_store *writer; /* one of stores, which batches go to; NULL: none */
};
/*
 * Snapshots of all stores are taken together, that of stores[0] last: what the others refer to is in it. A copy
 * (of a union without writer) has stores[0] in the directory itself and the others in its partition-1, ... SW_ENOMEM:
 * nothing was taken.
 */
enum sw_result sw_store_open_union(const struct sw_union_options *options, struct sw_store **ret_store);

/* Where the store of a partition is: the directory itself for 0, else its partition-NUMBER. */
#define SW_PARTITION_PATH_BYTES 4200
void sw_partition_path(const char *directory, size_t partition, char *path, size_t bytes);

/* ---- for those who write a back end -------------------------------------------------------------- */

struct sw_store_ops {
	/* must: */
	enum sw_result (*commit)(struct sw_store *store, const struct sw_batch *batch, struct sw_error *err);
	enum sw_result (*begin)(struct sw_store *store, struct sw_snapshot **ret_snapshot,
				struct sw_error *err);
	void (*end)(struct sw_snapshot *snapshot);
	enum sw_result (*get)(struct sw_snapshot *snapshot, unsigned table, struct sw_slice key,
			      struct sw_slice *ret_value);
	enum sw_result (*scan_new)(struct sw_snapshot *snapshot, unsigned table, struct sw_slice from,
				   bool backwards, struct sw_scan **ret_scan);
	enum sw_result (*scan_next)(struct sw_scan *scan, struct sw_slice *ret_key,
				    struct sw_slice *ret_value);
	void (*scan_free)(struct sw_scan *scan);
	void (*stats)(struct sw_store *store, struct sw_store_stats *ret_stats);
	void (*close)(struct sw_store *store);
	/* may: */
	enum sw_result (*count)(struct sw_snapshot *snapshot, unsigned table, uint64_t *ret_count);
	enum sw_result (*copy)(struct sw_store *store, const char *directory, struct sw_error *err);
};
/* First member of every back end's store, snapshot and scan. */
struct sw_store {
	const struct sw_store_ops *ops;
};
struct sw_snapshot {
	struct sw_store *store;
};
struct sw_scan {
	struct sw_snapshot *snapshot;
};
/* Walks a batch in order: *at starts at 0; false at its end. Slices are borrowed from the batch. */
bool sw_batch_each(const struct sw_batch *batch, size_t *at, enum sw_batch_op *ret_op, unsigned *ret_table,
		   struct sw_slice *ret_key, struct sw_slice *ret_value);

/* The same for one table: what is written to different tables of a batch may be written in any order. *place starts
 * at {0}. */
struct sw_batch_place {
	size_t seen, next;
};
bool sw_batch_each_of(const struct sw_batch *batch, unsigned table, struct sw_batch_place *place,
		      enum sw_batch_op *ret_op, struct sw_slice *ret_key, struct sw_slice *ret_value);
size_t sw_batch_count_of(const struct sw_batch *batch, unsigned table);

/* ---- a store that fails on demand, for tests ------------------------------------------------------ */

struct sw_store_faults {
	uint64_t fail_at; /* the operation (commit, begin, get, scan: counted from 1) that fails; 0: none */
	enum sw_result fail_with; /* SW_EIO, SW_EFULL or SW_ENOMEM */
	bool fail_onwards;        /* and every one after it */
	bool applied_unknown;     /* a failing commit is applied all the same */
	bool commits_alone;       /* only commits are counted */
	uint64_t operations;      /* counted so far */
};
/* Wraps inner (borrowed, must outlive it); faults is borrowed and may be changed between operations. */
enum sw_result sw_store_open_faulty(struct sw_store *inner, struct sw_store_faults *faults,
				    struct sw_store **ret_store);

#endif
