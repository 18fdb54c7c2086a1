/*
 * What the files of the LMDB back end share: lmdb.c (commits, snapshots, scans), lmdb_open.c (opening and its
 * checks, the map), lmdb_room.c (the data file ahead of need), lmdb_copy.c (copies). Nobody else includes it.
 *
 * Rules that hold in all of them: always MDB_NOTLS, so that a snapshot belongs to a snapshot object and not
 * to a thread; never MDB_NOSYNC or MDB_WRITEMAP; one open handle a directory and process (LMDB's locks of the
 * lock file are per process: closing one of two handles would drop those of the other); after a fork the
 * child calls nothing of LMDB, not even to close: ending a transaction there would clear a reader slot of the
 * parent.
 */
#ifndef SW_STORE_LMDB_STORE_H
#define SW_STORE_LMDB_STORE_H

#include "store/store.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

struct lmdb_snapshot {
	struct sw_snapshot base;
	MDB_txn *txn;
	struct lmdb_snapshot *next; /* in the list of idle ones */
};

struct lmdb_store {
	struct sw_store base;
	MDB_env *env;
	MDB_dbi *tables;
	bool *tables_there; /* a read-only handle does not create what is missing: such a table is empty */
	unsigned tables_count;
	bool read_only;
	pid_t pid;
	struct sw_log log;
	char *path, *lock_path; /* of the data file, and of its neighbour */
	atomic_bool poisoned;   /* a write or sync failed: SW_EIO until it is opened again */

	/* of the thread that commits */
	size_t page_bytes;
	uint64_t file_bytes;   /* length of the data file */
	uint64_t zeroed_bytes; /* up to here it is known to be written, not only reserved */
	int64_t readers_checked_ms;

	pthread_mutex_t lock; /* guards what follows, and the map while it moves */
	struct lmdb_snapshot *idle;
	unsigned idle_count, live_count;
	struct sw_store_stats stats;
};

/* lmdb.c */
extern const struct sw_store_ops sw_lmdb_ops;
void sw_lmdb_drop_idle(struct lmdb_store *store); /* with the lock held */
/* A result for an error number of LMDB or of the system, with a text that names the file. */
enum sw_result sw_lmdb_error(const struct lmdb_store *store, int rc, const char *doing, struct sw_error *err);
/* Same, without the text. */
enum sw_result sw_lmdb_result(int rc);

/* lmdb_open.c */
void sw_lmdb_free(struct lmdb_store *store);
/*
 * Doubles the map after MDB_MAP_FULL; no transaction may be open in this process. SW_EBUSY while a snapshot
 * is live: the batch is not written, and the caller may commit it again when its snapshots have ended.
 */
enum sw_result sw_lmdb_map_double(struct lmdb_store *store, struct sw_error *err);
/* Takes over the map size of the writer after MDB_MAP_RESIZED; `ours` snapshots of the caller are known to be
 * idle. */
enum sw_result sw_lmdb_map_follow(struct lmdb_store *store, unsigned ours, struct sw_error *err);

/*
 * lmdb_room.c. Makes room ahead of a batch; called inside the write transaction, which keeps writers of other
 * processes away.
 */
enum sw_result sw_lmdb_room_make(struct lmdb_store *store, const struct sw_batch *batch,
				 struct sw_error *err);
/* The end of the used part of the file, by the last commit. */
uint64_t sw_lmdb_used_bytes(const struct lmdb_store *store);
/* After a commit: no used page may be beyond the end of the file. */
void sw_lmdb_room_check(struct lmdb_store *store);
/* Adds the length of the file and the room beside it. */
void sw_lmdb_room_stats(const struct lmdb_store *store, struct sw_store_stats *stats);
/*
 * LMDB reports a write that was cut short as EIO, and a full disk is what cuts writes short: ENOSPC instead
 * when the file system has less room than a batch of these bytes may have needed.
 */
int sw_lmdb_room_errno(const struct lmdb_store *store, int rc, size_t batch_bytes);

/* lmdb_copy.c. Gives a file its name unless something has it (EEXIST). 0 or an error number. */
int sw_lmdb_name_file(const char *part_path, const char *path);
/* sw_store_copy. */
enum sw_result sw_lmdb_copy(struct sw_store *store, const char *directory, struct sw_error *err);

#endif
