/* A store that notes what is committed, by copying bytes and no more: it is inside of what is measured. */
#include "base/mem.h"
#include "bench/bench.h"

#include <string.h>

struct recording_store {
	struct sw_store base;
	struct sw_store *inner;
	struct recording *recording;
};

/* Stands before the key and the value of each operation. */
struct header {
	uint32_t op, table, key_bytes, value_bytes;
};

static struct sw_store *inner_of(struct sw_store *store)
{
	return ((struct recording_store *)store)->inner;
}

static bool reserve_end(struct recording *recording)
{
	size_t capacity = recording->capacity ? 2 * recording->capacity : 1024;
	void *grown;
	if (recording->count < recording->capacity)
		return true;
	grown = sw_realloc_array(recording->ends, capacity, sizeof(*recording->ends));
	if (!grown)
		return false;
	recording->ends = grown;
	recording->capacity = capacity;
	return true;
}

static enum sw_result record_commit(struct sw_store *store, const struct sw_batch *batch,
				    struct sw_error *err)
{
	struct recording *recording = ((struct recording_store *)store)->recording;
	struct sw_buf *out = &recording->operations;
	struct sw_slice key, value;
	enum sw_batch_op op;
	unsigned table;
	for (size_t at = 0; sw_batch_each(batch, &at, &op, &table, &key, &value);) {
		struct header header = {op, table, (uint32_t)key.len, (uint32_t)value.len};
		sw_buf_append(out, &header, sizeof(header));
		sw_buf_append(out, key.data, key.len);
		sw_buf_append(out, value.data, value.len);
		recording->operations_count++;
	}
	if (sw_buf_result(out) != SW_OK || !reserve_end(recording))
		return sw_error_set(err, SW_ENOMEM, "no memory for the recording");
	recording->ends[recording->count++] = out->len;
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

size_t recording_begin(const struct recording *recording, size_t commit)
{
	return commit ? recording->ends[commit - 1] : 0;
}

bool recording_each(const struct recording *recording, size_t commit, size_t *at,
		    struct recorded *ret_operation)
{
	struct header header;
	const char *bytes = recording->operations.data + *at;
	if (*at == recording->ends[commit])
		return false;
	memcpy(&header, bytes, sizeof(header));
	bytes += sizeof(header);
	ret_operation->op = header.op;
	ret_operation->table = header.table;
	ret_operation->key = sw_slice(bytes, header.key_bytes);
	ret_operation->value = sw_slice(bytes + header.key_bytes, header.value_bytes);
	*at += sizeof(header) + header.key_bytes + header.value_bytes;
	return true;
}

void recording_reset(struct recording *recording)
{
	sw_buf_reset(&recording->operations);
	recording->count = recording->operations_count = 0;
}

void recording_done(struct recording *recording)
{
	sw_buf_done(&recording->operations);
	sw_free(recording->ends);
	*recording = (struct recording){0};
}
