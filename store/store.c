/* The door of the store: what every back end has in common, then the back end's own function. */
#include "store/store.h"

/* Keys that no back end can hold are never there. */
static bool key_is_possible(struct sw_slice key)
{
	return key.len > 0 && key.len <= SW_STORE_KEY_BYTES_MAX;
}

void sw_store_close(struct sw_store *store)
{
	if (store)
		store->ops->close(store);
}

enum sw_result sw_store_commit(struct sw_store *store, const struct sw_batch *batch, struct sw_error *err)
{
	return store->ops->commit(store, batch, err);
}

enum sw_result sw_store_copy(struct sw_store *store, const char *directory, struct sw_error *err)
{
	if (!store->ops->copy)
		return sw_error_set(err, SW_EINVAL, "a store that is not on disk cannot be copied");
	return store->ops->copy(store, directory, err);
}

void sw_store_stats(struct sw_store *store, struct sw_store_stats *ret_stats)
{
	*ret_stats = (struct sw_store_stats){0};
	store->ops->stats(store, ret_stats);
}

enum sw_result sw_store_begin(struct sw_store *store, struct sw_snapshot **ret_snapshot, struct sw_error *err)
{
	return store->ops->begin(store, ret_snapshot, err);
}

void sw_snapshot_end(struct sw_snapshot *snapshot)
{
	if (snapshot)
		snapshot->store->ops->end(snapshot);
}

enum sw_result sw_snapshot_get(struct sw_snapshot *snapshot, unsigned table, struct sw_slice key,
			       struct sw_slice *ret_value)
{
	if (!key_is_possible(key))
		return SW_ENOENT;
	return snapshot->store->ops->get(snapshot, table, key, ret_value);
}

enum sw_result sw_scan_new(struct sw_snapshot *snapshot, unsigned table, struct sw_slice from, bool backwards,
			   struct sw_scan **ret_scan)
{
	return snapshot->store->ops->scan_new(snapshot, table, from, backwards, ret_scan);
}

enum sw_result sw_scan_next(struct sw_scan *scan, struct sw_slice *ret_key, struct sw_slice *ret_value)
{
	return scan->snapshot->store->ops->scan_next(scan, ret_key, ret_value);
}

void sw_scan_free(struct sw_scan *scan)
{
	if (scan)
		scan->snapshot->store->ops->scan_free(scan);
}

enum sw_result sw_snapshot_count(struct sw_snapshot *snapshot, unsigned table, uint64_t *ret_count)
{
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	uint64_t count = 0;
	if (snapshot->store->ops->count)
		return snapshot->store->ops->count(snapshot, table, ret_count);
	enum sw_result r = sw_scan_new(snapshot, table, sw_slice(NULL, 0), false, &scan);
	while (r == SW_OK && (r = sw_scan_next(scan, &key, &value)) == SW_OK)
		count++;
	sw_scan_free(scan);
	if (r != SW_ENOENT)
		return r;
	*ret_count = count;
	return SW_OK;
}
