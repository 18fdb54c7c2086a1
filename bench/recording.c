#include "base/mem.h"
#include "bench/bench.h"

struct recording_store {
	struct sw_store base;
	struct sw_store *inner;
	struct recording *recording;
};

static struct sw_store *inner_of(struct sw_store *store)
{
	return ((struct recording_store *)store)->inner;
}

/* A copy of a batch, operation by operation. */
static struct sw_batch *copy_batch(const struct sw_batch *batch, size_t *ret_operations)
{
	struct sw_batch *copy;
	struct sw_slice key, value;
	enum sw_batch_op op;
	unsigned table;
	size_t at = 0;
	*ret_operations = 0;
	if (sw_batch_new(&copy) != SW_OK)
		return NULL;
	for (; sw_batch_each(batch, &at, &op, &table, &key, &value); ++*ret_operations) {
		if (op == SW_BATCH_PUT)
			sw_batch_put(copy, table, key, value);
		else if (op == SW_BATCH_APPEND)
			sw_batch_append(copy, table, key, value);
		else if (op == SW_BATCH_DELETE)
			sw_batch_delete(copy, table, key);
		else
			sw_batch_delete_prefix(copy, table, key);
	}
	return copy;
}

static enum sw_result record_commit(struct sw_store *store, const struct sw_batch *batch,
				    struct sw_error *err)
{
	struct recording *recording = ((struct recording_store *)store)->recording;
	size_t operations;
	if (recording->count == recording->capacity) {
		size_t capacity = recording->capacity ? 2 * recording->capacity : 1024;
		void *grown = sw_realloc_array(recording->batches, capacity, sizeof(*recording->batches));
		if (!grown)
			return SW_ENOMEM;
		recording->batches = grown;
		recording->capacity = capacity;
	}
	recording->batches[recording->count] = copy_batch(batch, &operations);
	if (!recording->batches[recording->count])
		return SW_ENOMEM;
	recording->count++;
	recording->operations += operations;
	recording->bytes += sw_batch_bytes(batch);
	return sw_store_commit(inner_of(store), batch, err);
}

static enum sw_result record_begin(struct sw_store *store, struct sw_snapshot **ret_snapshot,
				   struct sw_error *err)
{
	/* The snapshot is the inner store's own: reading costs what it costs without recording. */
	return sw_store_begin(inner_of(store), ret_snapshot, err);
}

static void record_stats(struct sw_store *store, struct sw_store_stats *ret_stats)
{
	sw_store_stats(inner_of(store), ret_stats);
}

static void record_close(struct sw_store *store)
{
	sw_store_close(inner_of(store));
	sw_free(store);
}

static const struct sw_store_ops recording_ops = {
	.commit = record_commit,
	.begin = record_begin,
	.stats = record_stats,
	.close = record_close,
};

struct sw_store *recording_store_new(struct sw_store *inner, struct recording *recording)
{
	struct recording_store *store = sw_zalloc(sizeof(*store));
	if (!store)
		return NULL;
	store->base.ops = &recording_ops;
	store->inner = inner;
	store->recording = recording;
	return &store->base;
}

void recording_done(struct recording *recording)
{
	for (size_t i = 0; i < recording->count; i++)
		sw_batch_free(recording->batches[i]);
	sw_free(recording->batches);
	*recording = (struct recording){0};
}
