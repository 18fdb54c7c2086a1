/*
 * Several stores that look like one: see store.h. Reading alone is done here; a batch goes to one of them.
 *
 * Where the keys of a table hold an id whose first byte is the number of the store, a pair is looked for in that
 * store alone, and a scan goes in the order of the rest of the id, so that what is younger comes later whatever
 * store it is in. Scans of the stores run side by side, and the one that is next is taken.
 */
#include "base/mem.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_BYTES 8
#define TAIL_BYTES 16 /* longer than what follows an id in any key */

struct union_store {
	struct sw_store base;
	struct sw_union_options options; /* its arrays are own */
};

struct union_snapshot {
	struct sw_snapshot base;
	struct sw_snapshot *of[];
};

/* One store's part of a scan: what comes next of it. */
struct union_head {
	struct sw_scan *scan; /* NULL: it has ended */
	struct sw_slice key, value;
	bool there;
};

struct union_scan {
	struct sw_scan base;
	int id_at;
	bool backwards;
	uint8_t from[SW_STORE_KEY_BYTES_MAX];
	size_t from_len;
	size_t count;
	struct union_head heads[];
};

static const struct union_store *store_of(const struct sw_snapshot *snapshot)
{
	return (const struct union_store *)snapshot->store;
}

static bool holds(const struct sw_union_table *table, size_t store)
{
	return table->stores >> store & 1;
}

/* ---- snapshots ---------------------------------------------------------------------------------------- */

static void end_parts(struct union_snapshot *snapshot, size_t from, size_t count)
{
	for (size_t i = from; i < count; i++)
		sw_snapshot_end(snapshot->of[i]);
	sw_free(snapshot);
}

/* The first store's is the youngest: what the others refer to is in it. */
static enum sw_result union_begin(struct sw_store *base, struct sw_snapshot **ret_snapshot,
				  struct sw_error *err)
{
	const struct union_store *store = (const struct union_store *)base;
	size_t count = store->options.count;
	struct union_snapshot *snapshot = sw_zalloc(sizeof(*snapshot) + count * sizeof(snapshot->of[0]));
	if (!snapshot)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	snapshot->base.store = base;
	for (size_t i = count; i > 0; i--) {
		enum sw_result r = sw_store_begin(store->options.stores[i - 1], &snapshot->of[i - 1], err);
		if (r < 0) {
			end_parts(snapshot, i, count);
			return r;
		}
	}
	*ret_snapshot = &snapshot->base;
	return SW_OK;
}

static void union_end(struct sw_snapshot *base)
{
	end_parts((struct union_snapshot *)base, 0, store_of(base)->options.count);
}

static enum sw_result union_get(struct sw_snapshot *base, unsigned number, struct sw_slice key,
				struct sw_slice *ret_value)
{
	struct union_snapshot *snapshot = (struct union_snapshot *)base;
	const struct sw_union_options *options = &store_of(base)->options;
	if (number >= options->tables_count)
		return SW_EINVAL;
	const struct sw_union_table *table = &options->tables[number];
	enum sw_result r = SW_ENOENT;
	if (table->id_at >= 0 && key.len >= (size_t)table->id_at + ID_BYTES) {
		size_t at = ((const uint8_t *)key.data)[table->id_at];
		return at < options->count && holds(table, at)
			       ? sw_snapshot_get(snapshot->of[at], number, key, ret_value)
			       : SW_ENOENT;
	}
	for (size_t i = 0; i < options->count && r == SW_ENOENT; i++) {
		if (holds(table, i))
			r = sw_snapshot_get(snapshot->of[i], number, key, ret_value);
	}
	return r;
}

/* Keys are in one store each. */
static enum sw_result union_count(struct sw_snapshot *base, unsigned number, uint64_t *ret_count)
{
	struct union_snapshot *snapshot = (struct union_snapshot *)base;
	const struct sw_union_options *options = &store_of(base)->options;
	uint64_t sum = 0, more;
	enum sw_result r = number < options->tables_count ? SW_OK : SW_EINVAL;
	for (size_t i = 0; i < options->count && r == SW_OK; i++) {
		if (!holds(&options->tables[number], i))
			continue;
		r = sw_snapshot_count(snapshot->of[i], number, &more);
		sum += r == SW_OK ? more : 0;
	}
	if (r == SW_OK)
		*ret_count = sum;
	return r;
}

/* ---- scans -------------------------------------------------------------------------------------------- */

/* The order of a table's keys: an id's first byte counts after the rest of the id. */
static int compare(struct sw_slice a, struct sw_slice b, int id_at)
{
	const uint8_t *x = a.data, *y = b.data;
	size_t at = (size_t)id_at, end = at + ID_BYTES;
	if (id_at < 0 || a.len < end || b.len < end)
		return sw_slice_compare(a, b);
	int order = at ? memcmp(x, y, at) : 0;
	if (order == 0)
		order = memcmp(x + at + 1, y + at + 1, ID_BYTES - 1);
	if (order == 0)
		order = (int)x[at] - (int)y[at];
	return order ? order
		     : sw_slice_compare(sw_slice(x + end, a.len - end), sw_slice(y + end, b.len - end));
}

/*
 * Where the scan of one store begins so that nothing is left out; what lies before `from` is skipped afterwards, at
 * most the keys of one id.
 */
static struct sw_slice place_in(const struct union_scan *scan, size_t store,
				uint8_t room[SW_STORE_KEY_BYTES_MAX + TAIL_BYTES])
{
	size_t end = (size_t)scan->id_at + ID_BYTES, len = end;
	if (scan->id_at < 0 || scan->from_len < end || scan->from[scan->id_at] == store)
		return sw_slice(scan->from, scan->from_len);
	memcpy(room, scan->from, end);
	room[scan->id_at] = (uint8_t)store;
	if (scan->backwards && store < scan->from[scan->id_at]) {
		memset(room + end, 0xFF, TAIL_BYTES);
		len = end + TAIL_BYTES;
	}
	return sw_slice(room, len);
}

/* Reads what comes next of one store. SW_OK at its end, too. */
static enum sw_result fill(const struct union_scan *scan, struct union_head *head)
{
	struct sw_slice from = sw_slice(scan->from, scan->from_len);
	enum sw_result r = SW_OK;
	while (!head->there && head->scan) {
		r = sw_scan_next(head->scan, &head->key, &head->value);
		if (r == SW_ENOENT) {
			sw_scan_free(head->scan);
			head->scan = NULL;
			return SW_OK;
		}
		if (r < 0)
			return r;
		int order = from.len ? compare(head->key, from, scan->id_at) : 0;
		head->there = scan->backwards ? order <= 0 : order >= 0;
	}
	return r;
}

static enum sw_result union_scan_next(struct sw_scan *base, struct sw_slice *ret_key,
				      struct sw_slice *ret_value)
{
	struct union_scan *scan = (struct union_scan *)base;
	struct union_head *first = NULL;
	for (size_t i = 0; i < scan->count; i++) {
		struct union_head *head = &scan->heads[i];
		enum sw_result r = fill(scan, head);
		if (r < 0)
			return r;
		if (!head->there)
			continue;
		int order = first ? compare(head->key, first->key, scan->id_at) : 0;
		if (!first || (scan->backwards ? order > 0 : order < 0))
			first = head;
	}
	if (!first)
		return SW_ENOENT;
	first->there = false;
	*ret_key = first->key;
	*ret_value = first->value;
	return SW_OK;
}

static void union_scan_free(struct sw_scan *base)
{
	struct union_scan *scan = (struct union_scan *)base;
	for (size_t i = 0; i < scan->count; i++)
		sw_scan_free(scan->heads[i].scan);
	sw_free(scan);
}

static enum sw_result union_scan_new(struct sw_snapshot *base, unsigned number, struct sw_slice from,
				     bool backwards, struct sw_scan **ret_scan)
{
	struct union_snapshot *snapshot = (struct union_snapshot *)base;
	const struct sw_union_options *options = &store_of(base)->options;
	uint8_t room[SW_STORE_KEY_BYTES_MAX + TAIL_BYTES];
	if (number >= options->tables_count || from.len > SW_STORE_KEY_BYTES_MAX)
		return SW_EINVAL;
	const struct sw_union_table *table = &options->tables[number];
	struct union_scan *scan = sw_zalloc(sizeof(*scan) + options->count * sizeof(scan->heads[0]));
	enum sw_result r = scan ? SW_OK : SW_ENOMEM;
	if (!scan)
		return r;
	scan->base.snapshot = base;
	scan->id_at = table->id_at;
	scan->backwards = backwards;
	scan->from_len = from.len;
	if (from.len)
		memcpy(scan->from, from.data, from.len);
	for (size_t i = 0; i < options->count && r == SW_OK; i++) {
		if (holds(table, i))
			r = sw_scan_new(snapshot->of[i], number, place_in(scan, i, room), backwards,
					&scan->heads[scan->count++].scan);
	}
	if (r < 0) {
		union_scan_free(&scan->base);
		return r;
	}
	*ret_scan = &scan->base;
	return SW_OK;
}

/* ---- the rest ----------------------------------------------------------------------------------------- */

static enum sw_result union_commit(struct sw_store *base, const struct sw_batch *batch, struct sw_error *err)
{
	const struct sw_union_options *options = &((const struct union_store *)base)->options;
	if (!options->writer)
		return sw_error_set(err, SW_EINVAL, "the stores were opened for reading");
	return sw_store_commit(options->writer, batch, err);
}

static void union_stats(struct sw_store *base, struct sw_store_stats *ret_stats)
{
	const struct sw_union_options *options = &((const struct union_store *)base)->options;
	if (options->writer) {
		sw_store_stats(options->writer, ret_stats);
		return;
	}
	for (size_t i = 0; i < options->count; i++) {
		struct sw_store_stats stats;
		sw_store_stats(options->stores[i], &stats);
		ret_stats->commits += stats.commits;
		ret_stats->syncs += stats.syncs;
		ret_stats->bytes_written += stats.bytes_written;
		ret_stats->data_bytes += stats.data_bytes;
		ret_stats->file_bytes += stats.file_bytes;
		ret_stats->map_bytes += stats.map_bytes;
		ret_stats->disk_free_bytes = stats.disk_free_bytes; /* one disk */
	}
}

static void union_free(struct union_store *store)
{
	sw_free((void *)(uintptr_t)store->options.stores);
	sw_free((void *)(uintptr_t)store->options.tables);
	sw_free(store);
}

static void union_close(struct sw_store *base)
{
	struct union_store *store = (struct union_store *)base;
	for (size_t i = store->options.count; i > 0; i--) {
		if (store->options.owned >> (i - 1) & 1)
			sw_store_close(store->options.stores[i - 1]);
	}
	union_free(store);
}

/* ---- copies ------------------------------------------------------------------------------------------- */

void sw_partition_path(const char *directory, size_t partition, char *path, size_t bytes)
{
	if (partition == 0)
		snprintf(path, bytes, "%s", directory);
	else
		snprintf(path, bytes, "%s/partition-%zu", directory, partition);
}

static void remove_copy(const char *directory, size_t partition)
{
	char path[SW_PARTITION_PATH_BYTES], file[SW_PARTITION_PATH_BYTES + 16];
	sw_partition_path(directory, partition, path, sizeof(path));
	snprintf(file, sizeof(file), "%s/data.mdb", path);
	(void)unlink(file);
	(void)rmdir(path);
}

/* The first store's copy is the last, and so holds all that the others refer to. */
static enum sw_result union_copy(struct sw_store *base, const char *directory, struct sw_error *err)
{
	const struct sw_union_options *options = &((const struct union_store *)base)->options;
	char path[SW_PARTITION_PATH_BYTES];
	struct stat st;
	if (strlen(directory) + 32 > sizeof(path))
		return sw_error_set(err, SW_EINVAL, "the name of the directory is too long");
	snprintf(path, sizeof(path), "%s/data.mdb", directory);
	if (lstat(path, &st) == 0)
		return sw_error_set(err, SW_EEXIST, "%s: there is a store already", path);
	bool made = mkdir(directory, 0700) == 0;
	if (!made && errno != EEXIST)
		return sw_error_set(err, errno == ENOSPC ? SW_EFULL : SW_EIO, "%s: %s", directory,
				    strerror(errno));
	for (size_t i = options->count; i > 0; i--) {
		sw_partition_path(directory, i - 1, path, sizeof(path));
		enum sw_result r = sw_store_copy(options->stores[i - 1], path, err);
		if (r == SW_OK)
			continue;
		for (; i < options->count; i++)
			remove_copy(directory, i);
		if (made)
			(void)rmdir(directory);
		return r;
	}
	return SW_OK;
}

static const struct sw_store_ops union_ops = {
	.commit = union_commit,
	.begin = union_begin,
	.end = union_end,
	.get = union_get,
	.scan_new = union_scan_new,
	.scan_next = union_scan_next,
	.scan_free = union_scan_free,
	.stats = union_stats,
	.close = union_close,
	.copy = union_copy,
	.count = union_count,
};

enum sw_result sw_store_open_union(const struct sw_union_options *options, struct sw_store **ret_store)
{
	struct union_store *store = sw_zalloc(sizeof(*store));
	if (!store)
		return SW_ENOMEM;
	store->base.ops = &union_ops;
	store->options = *options;
	store->options.stores =
		(void *)sw_memdup(options->stores, options->count * sizeof(options->stores[0]));
	store->options.tables =
		(void *)sw_memdup(options->tables, options->tables_count * sizeof(options->tables[0]));
	if (!store->options.stores || !store->options.tables) {
		union_free(store);
		return SW_ENOMEM;
	}
	*ret_store = &store->base;
	return SW_OK;
}
