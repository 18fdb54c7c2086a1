/* The pieces of the benchmark: a store that records what is committed, the floor that replays it, the
 * workloads. */
#ifndef SW_BENCH_BENCH_H
#define SW_BENCH_BENCH_H

#include "store/store.h"

/* Every commit that went through a recording store, in order. */
struct recording {
	struct sw_batch **batches;
	size_t count, capacity;
	size_t operations, bytes;
};
/* Wraps inner (taken: closed with the wrapper). NULL when out of memory. */
struct sw_store *recording_store_new(struct sw_store *inner, struct recording *recording);
void recording_done(struct recording *recording);

/* Commits the same records with bare LMDB, one synced transaction for each recorded commit. Seconds; < 0 on
 * failure. */
double floor_replay(const struct recording *recording, const char *directory, unsigned tables_count);
/* count times fdatasync of 4 KiB appended to a file. Seconds. */
double floor_sync(const char *directory, unsigned count);

double now_seconds(void);

#endif
