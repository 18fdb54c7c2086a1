/*
 * Batches: operations one behind the other in one buffer, and an index of the latest operation of each key,
 * so that reading one's own writes does not depend on how many there are.
 */
#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "store/store.h"

#include <stddef.h>
#include <string.h>

#define SLOTS_MIN 64

/* What stands before the key and the value of an operation in the buffer. */
struct op_header {
	uint32_t op, table, key_len, value_len;
	size_t next; /* where the next operation of the table stands; 0: this is its last */
};

/* A slot of the index is in use when its generation is the batch's: a reset need not touch the slots. */
struct slot {
	uint32_t generation;
	uint32_t
		tag; /* upper half of the hash: most strangers are told apart without looking at their keys */
	size_t offset;
};

struct sw_batch {
	struct sw_buf ops;
	size_t count, payload_bytes;
	bool reserve;
	struct slot *slots;
	size_t slots_count, slots_used; /* slots_count is a power of two, or 0 */
	uint32_t generation;
	uint64_t seed;
	struct {
		size_t first, last; /* places in ops */
		size_t count;
	} tables[SW_STORE_TABLES_MAX];
};

enum sw_result sw_batch_new(struct sw_batch **ret_batch)
{
	struct sw_batch *batch = sw_zalloc(sizeof(*batch));
	if (!batch)
		return SW_ENOMEM;
	batch->generation = 1;
	/* benign: without entropy the place in memory is the seed */
	if (sw_entropy(&batch->seed, sizeof(batch->seed)) < 0)
		batch->seed = (uint64_t)(uintptr_t)batch;
	*ret_batch = batch;
	return SW_OK;
}

void sw_batch_free(struct sw_batch *batch)
{
	if (!batch)
		return;
	sw_buf_done(&batch->ops);
	sw_free(batch->slots);
	sw_free(batch);
}

void sw_batch_reset(struct sw_batch *batch)
{
	sw_buf_reset(&batch->ops);
	batch->count = 0;
	batch->payload_bytes = 0;
	batch->reserve = false;
	batch->slots_used = 0;
	memset(batch->tables, 0, sizeof(batch->tables));
	if (++batch->generation == 0) {
		if (batch->slots_count)
			memset(batch->slots, 0, batch->slots_count * sizeof(*batch->slots));
		batch->generation = 1;
	}
}

static struct op_header header_at(const struct sw_batch *batch, size_t offset)
{
	struct op_header header;
	memcpy(&header, batch->ops.data + offset, sizeof(header));
	return header;
}

static struct sw_slice key_at(const struct sw_batch *batch, size_t offset, const struct op_header *header)
{
	return sw_slice(batch->ops.data + offset + sizeof(*header), header->key_len);
}

static struct sw_slice value_at(const struct sw_batch *batch, size_t offset, const struct op_header *header)
{
	return sw_slice(batch->ops.data + offset + sizeof(*header) + header->key_len, header->value_len);
}

static uint64_t hash_key(const struct sw_batch *batch, unsigned table, struct sw_slice key)
{
	return sw_hash64(key.data, key.len, batch->seed + table * 0x9E3779B97F4A7C15u);
}

/* The slot of a key, or the free slot where it belongs. The index has free slots at all times. */
static struct slot *slot_find(const struct sw_batch *batch, uint64_t hash, unsigned table,
			      struct sw_slice key)
{
	size_t mask = batch->slots_count - 1;
	for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
		struct slot *slot = &batch->slots[at];
		if (slot->generation != batch->generation)
			return slot;
		if (slot->tag != (uint32_t)(hash >> 32))
			continue;
		struct op_header header = header_at(batch, slot->offset);
		if (header.table == table && sw_slice_compare(key_at(batch, slot->offset, &header), key) == 0)
			return slot;
	}
}

/* Makes room for one more key: at most three slots of four are in use. */
static enum sw_result slots_reserve(struct sw_batch *batch)
{
	if (batch->slots_count && batch->slots_used + 1 <= batch->slots_count / 4 * 3)
		return SW_OK;
	size_t count = batch->slots_count ? batch->slots_count * 2 : SLOTS_MIN;
	struct slot *slots = sw_zalloc_array(count, sizeof(*slots));
	if (!slots)
		return SW_ENOMEM;
	for (size_t i = 0; i < batch->slots_count; i++) {
		const struct slot *slot = &batch->slots[i];
		if (slot->generation != batch->generation)
			continue;
		struct op_header header = header_at(batch, slot->offset);
		uint64_t hash = hash_key(batch, header.table, key_at(batch, slot->offset, &header));
		size_t at = (size_t)hash & (count - 1);
		while (slots[at].generation == batch->generation)
			at = (at + 1) & (count - 1);
		slots[at] = *slot;
	}
	sw_free(batch->slots);
	batch->slots = slots;
	batch->slots_count = count;
	return SW_OK;
}

/* The operation that is about to stand at an offset is the last one of its table. */
static void chain(struct sw_batch *batch, unsigned table, size_t offset)
{
	if (batch->tables[table].count++ == 0)
		batch->tables[table].first = offset;
	else
		memcpy(batch->ops.data + batch->tables[table].last + offsetof(struct op_header, next),
		       &offset, sizeof(offset));
	batch->tables[table].last = offset;
}

static enum sw_result add(struct sw_batch *batch, enum sw_batch_op op, unsigned table, struct sw_slice key,
			  struct sw_slice value)
{
	bool indexed = op != SW_BATCH_DELETE_PREFIX;
	if (table >= SW_STORE_TABLES_MAX || key.len > SW_STORE_KEY_BYTES_MAX || (indexed && key.len == 0) ||
	    value.len > UINT32_MAX)
		return SW_EINVAL;
	/* All memory first: an operation that does not fit leaves the batch as it was. */
	if (indexed && slots_reserve(batch) < 0)
		return SW_ENOMEM;
	struct op_header header = {op, table, (uint32_t)key.len, (uint32_t)value.len, 0};
	if (!sw_buf_reserve(&batch->ops, sizeof(header) + key.len + value.len)) {
		batch->ops.failed = false;
		return SW_ENOMEM;
	}
	if (indexed) {
		uint64_t hash = hash_key(batch, table, key);
		struct slot *slot = slot_find(batch, hash, table, key);
		if (slot->generation != batch->generation)
			batch->slots_used++;
		*slot = (struct slot){batch->generation, (uint32_t)(hash >> 32), batch->ops.len};
	}
	chain(batch, table, batch->ops.len);
	sw_buf_append(&batch->ops, &header, sizeof(header));
	sw_buf_append(&batch->ops, key.data, key.len);
	sw_buf_append(&batch->ops, value.data, value.len);
	batch->count++;
	batch->payload_bytes += key.len + value.len;
	return SW_OK;
}

enum sw_result sw_batch_put(struct sw_batch *batch, unsigned table, struct sw_slice key,
			    struct sw_slice value)
{
	return add(batch, SW_BATCH_PUT, table, key, value);
}

enum sw_result sw_batch_append(struct sw_batch *batch, unsigned table, struct sw_slice key,
			       struct sw_slice value)
{
	return add(batch, SW_BATCH_APPEND, table, key, value);
}

enum sw_result sw_batch_delete(struct sw_batch *batch, unsigned table, struct sw_slice key)
{
	return add(batch, SW_BATCH_DELETE, table, key, sw_slice(NULL, 0));
}

enum sw_result sw_batch_delete_prefix(struct sw_batch *batch, unsigned table, struct sw_slice prefix)
{
	return add(batch, SW_BATCH_DELETE_PREFIX, table, prefix, sw_slice(NULL, 0));
}

size_t sw_batch_bytes(const struct sw_batch *batch)
{
	return batch->payload_bytes;
}

size_t sw_batch_count(const struct sw_batch *batch)
{
	return batch->count;
}

void sw_batch_use_reserve(struct sw_batch *batch, bool use)
{
	batch->reserve = use;
}

bool sw_batch_uses_reserve(const struct sw_batch *batch)
{
	return batch->reserve;
}

enum sw_result sw_batch_get(const struct sw_batch *batch, unsigned table, struct sw_slice key,
			    struct sw_slice *ret_value)
{
	if (batch->slots_used == 0)
		return SW_EINVAL;
	const struct slot *slot = slot_find(batch, hash_key(batch, table, key), table, key);
	if (slot->generation != batch->generation)
		return SW_EINVAL;
	struct op_header header = header_at(batch, slot->offset);
	if (header.op == SW_BATCH_DELETE)
		return SW_ENOENT;
	*ret_value = value_at(batch, slot->offset, &header);
	return SW_OK;
}

bool sw_batch_each(const struct sw_batch *batch, size_t *at, enum sw_batch_op *ret_op, unsigned *ret_table,
		   struct sw_slice *ret_key, struct sw_slice *ret_value)
{
	if (*at >= batch->ops.len)
		return false;
	struct op_header header = header_at(batch, *at);
	*ret_op = (enum sw_batch_op)header.op;
	*ret_table = header.table;
	*ret_key = key_at(batch, *at, &header);
	*ret_value = value_at(batch, *at, &header);
	*at += sizeof(header) + header.key_len + header.value_len;
	return true;
}

size_t sw_batch_count_of(const struct sw_batch *batch, unsigned table)
{
	return table < SW_STORE_TABLES_MAX ? batch->tables[table].count : 0;
}

bool sw_batch_each_of(const struct sw_batch *batch, unsigned table, struct sw_batch_place *place,
		      enum sw_batch_op *ret_op, struct sw_slice *ret_key, struct sw_slice *ret_value)
{
	if (place->seen == sw_batch_count_of(batch, table))
		return false;
	size_t at = place->seen++ == 0 ? batch->tables[table].first : place->next;
	struct op_header header = header_at(batch, at);
	*ret_op = (enum sw_batch_op)header.op;
	*ret_key = key_at(batch, at, &header);
	*ret_value = value_at(batch, at, &header);
	place->next = header.next;
	return true;
}
