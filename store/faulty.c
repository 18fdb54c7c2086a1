/* A store that fails on demand, for tests: it counts the operations and passes the others on. */
#include "base/mem.h"
#include "store/store.h"

#include <pthread.h>

struct faulty_store {
	struct sw_store base;
	struct sw_store *inner;
	struct sw_store_faults *faults;
	pthread_mutex_t lock; /* the commit thread and readers count at the same time */
};

struct faulty_snapshot {
	struct sw_snapshot base;
	struct sw_snapshot *inner;
};

struct faulty_scan {
	struct sw_scan base;
	struct sw_scan *inner;
};

/* Counts an operation; SW_OK when it is to be carried out. */
static enum sw_result count_operation(struct sw_store *base, bool commit, bool *ret_applied)
{
	struct faulty_store *store = (struct faulty_store *)base;
	pthread_mutex_lock(&store->lock);
	struct sw_store_faults *faults = store->faults;
	bool counts = commit || !faults->commits_alone;
	uint64_t number = faults->operations += counts;
	bool fails = counts && faults->fail_at &&
		     (faults->fail_onwards ? number >= faults->fail_at : number == faults->fail_at);
	enum sw_result r = fails ? faults->fail_with : SW_OK;
	*ret_applied = faults->applied_unknown;
	pthread_mutex_unlock(&store->lock);
	return r;
}

static enum sw_result fault(struct sw_error *err, enum sw_result r)
{
	return sw_error_set(err, r, "a fault on demand: %s", sw_result_text(r));
}

static enum sw_result faulty_commit(struct sw_store *base, const struct sw_batch *batch, struct sw_error *err)
{
	struct faulty_store *store = (struct faulty_store *)base;
	bool applied;
	enum sw_result r = count_operation(base, true, &applied);
	if (r == SW_OK)
		return sw_store_commit(store->inner, batch, err);
	if (applied) {
		/* The caller hears of the fault, or of what really went wrong. */
		enum sw_result inner = sw_store_commit(store->inner, batch, err);
		if (inner < 0)
			return inner;
	}
	return fault(err, r);
}

static enum sw_result faulty_begin(struct sw_store *base, struct sw_snapshot **ret_snapshot,
				   struct sw_error *err)
{
	struct faulty_store *store = (struct faulty_store *)base;
	bool applied;
	enum sw_result r = count_operation(base, false, &applied);
	if (r < 0)
		return fault(err, r);
	struct faulty_snapshot *snapshot = sw_zalloc(sizeof(*snapshot));
	if (!snapshot)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	snapshot->base.store = base;
	r = sw_store_begin(store->inner, &snapshot->inner, err);
	if (r < 0) {
		sw_free(snapshot);
		return r;
	}
	*ret_snapshot = &snapshot->base;
	return SW_OK;
}

static void faulty_end(struct sw_snapshot *base)
{
	struct faulty_snapshot *snapshot = (struct faulty_snapshot *)base;
	sw_snapshot_end(snapshot->inner);
	sw_free(snapshot);
}

static enum sw_result faulty_get(struct sw_snapshot *base, unsigned table, struct sw_slice key,
				 struct sw_slice *ret_value)
{
	bool applied;
	enum sw_result r = count_operation(base->store, false, &applied);
	return r < 0 ? r : sw_snapshot_get(((struct faulty_snapshot *)base)->inner, table, key, ret_value);
}

static enum sw_result faulty_scan_new(struct sw_snapshot *base, unsigned table, struct sw_slice from,
				      bool backwards, struct sw_scan **ret_scan)
{
	bool applied;
	enum sw_result r = count_operation(base->store, false, &applied);
	if (r < 0)
		return r;
	struct faulty_scan *scan = sw_zalloc(sizeof(*scan));
	if (!scan)
		return SW_ENOMEM;
	scan->base.snapshot = base;
	r = sw_scan_new(((struct faulty_snapshot *)base)->inner, table, from, backwards, &scan->inner);
	if (r < 0) {
		sw_free(scan);
		return r;
	}
	*ret_scan = &scan->base;
	return SW_OK;
}

static enum sw_result faulty_scan_next(struct sw_scan *base, struct sw_slice *ret_key,
				       struct sw_slice *ret_value)
{
	bool applied;
	enum sw_result r = count_operation(base->snapshot->store, false, &applied);
	return r < 0 ? r : sw_scan_next(((struct faulty_scan *)base)->inner, ret_key, ret_value);
}

static void faulty_scan_free(struct sw_scan *base)
{
	struct faulty_scan *scan = (struct faulty_scan *)base;
	sw_scan_free(scan->inner);
	sw_free(scan);
}

static void faulty_stats(struct sw_store *base, struct sw_store_stats *ret_stats)
{
	sw_store_stats(((struct faulty_store *)base)->inner, ret_stats);
}

static void faulty_close(struct sw_store *base)
{
	struct faulty_store *store = (struct faulty_store *)base;
	pthread_mutex_destroy(&store->lock);
	sw_free(store);
}

static const struct sw_store_ops faulty_ops = {
	.commit = faulty_commit,
	.begin = faulty_begin,
	.end = faulty_end,
	.get = faulty_get,
	.scan_new = faulty_scan_new,
	.scan_next = faulty_scan_next,
	.scan_free = faulty_scan_free,
	.stats = faulty_stats,
	.close = faulty_close,
};

enum sw_result sw_store_open_faulty(struct sw_store *inner, struct sw_store_faults *faults,
				    struct sw_store **ret_store)
{
	struct faulty_store *store = sw_zalloc(sizeof(*store));
	if (!store)
		return SW_ENOMEM;
	if (pthread_mutex_init(&store->lock, NULL) != 0) {
		sw_free(store);
		return SW_ENOMEM;
	}
	store->base.ops = &faulty_ops;
	store->inner = inner;
	store->faults = faults;
	*ret_store = &store->base;
	return SW_OK;
}
