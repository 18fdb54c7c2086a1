/*
 * Executions in memory: the table by id, the queue of those that have something to do, and what waits at
 * each. An execution is here while it has uncommitted records, something to do, an attempt that this process
 * delivers, or, while there are not many, a wait that ends within a second; all others are on disk only. loading.c brings them back.
 */
#include "engine/internal.h"

#include "base/assert.h"
#include "base/mem.h"

#include <string.h>

#define BUCKETS_FIRST 64
#define BUCKETS_KEPT 4096         /* a table of so many does not shrink */
#define IDLE_WAIT_MS 1000         /* a wait that is shorter is not worth a trip to the disk, */
#define IDLE_EXECUTIONS_MAX 10000 /* unless there are so many in memory already */

/* ---- tables ------------------------------------------------------------------------------------------- */

/* Ids rise by small steps; the multiplier spreads them (Fibonacci hashing). */
static size_t place_of(uint64_t id, size_t buckets_count)
{
	return (size_t)((id * 0x9E3779B97F4A7C15u) >> 32) & (buckets_count - 1);
}

static uint64_t name_hash(const uint8_t key[16])
{
	uint64_t hash;
	memcpy(&hash, key, sizeof(hash));
	return hash;
}

/* Another number of buckets. Out of memory is benign once there are some: chains are longer, or it takes more. */
static enum sw_result resize(struct sw_entry ***buckets, size_t *buckets_count, size_t count, bool names)
{
	struct sw_entry **larger = sw_zalloc_array(count, sizeof(struct sw_entry *));
	if (!larger)
		return *buckets_count ? SW_OK : SW_ENOMEM;
	for (size_t i = 0; i < *buckets_count; i++) {
		struct sw_entry *entry = (*buckets)[i];
		while (entry) {
			struct sw_entry *next = names ? entry->name_next : entry->bucket_next;
			size_t place = place_of(names ? name_hash(entry->name_key) : entry->id, count);
			if (names)
				entry->name_next = larger[place];
			else
				entry->bucket_next = larger[place];
			larger[place] = entry;
			entry = next;
		}
	}
	sw_free(*buckets);
	*buckets = larger;
	*buckets_count = count;
	return SW_OK;
}

struct sw_entry *sw_executions_get(const struct sw_executions *executions, uint64_t id)
{
	if (executions->buckets_count == 0)
		return NULL;
	struct sw_entry *entry = executions->buckets[place_of(id, executions->buckets_count)];
	while (entry && entry->id != id)
		entry = entry->bucket_next;
	return entry;
}

/* Room for one more among used ones. Where there was a crowd the table becomes small again; only here, where nobody
 * is walking over it. */
static enum sw_result make_room(struct sw_entry ***buckets, size_t *buckets_count, size_t used, bool names)
{
	size_t count = *buckets_count;
	if (used >= count)
		return resize(buckets, buckets_count, count ? 2 * count : BUCKETS_FIRST, names);
	if (count > BUCKETS_KEPT && used < count / 16)
		return resize(buckets, buckets_count, count / 4, names);
	return SW_OK;
}

enum sw_result sw_executions_add(struct sw_engine *engine, struct sw_execution *execution,
				 struct sw_entry **ret_entry)
{
	struct sw_executions *executions = &engine->executions;
	SW_ASSERT(!sw_executions_get(executions, execution->id));
	struct sw_entry *entry = sw_zalloc(sizeof(*entry));
	enum sw_result r = entry ? SW_OK : SW_ENOMEM;
	if (r == SW_OK)
		r = make_room(&executions->buckets, &executions->buckets_count, executions->count, false);
	if (r < 0) {
		sw_free(entry);
		sw_execution_free(execution);
		return r;
	}
	entry->id = execution->id;
	entry->execution = execution;
	entry->pending_end = &entry->pending_first;
	entry->stored_timeout_ms = SW_NEVER;
	entry->stored_ended_ms = SW_NEVER;
	execution->owner = entry;
	size_t place = place_of(entry->id, executions->buckets_count);
	entry->bucket_next = executions->buckets[place];
	executions->buckets[place] = entry;
	executions->count++;
	*ret_entry = entry;
	return SW_OK;
}

void sw_pending_free(struct sw_pending *pending)
{
	if (!pending)
		return;
	sw_value_unref(pending->output);
	sw_free(pending->error);
	sw_free(pending->cause);
	sw_free(pending->worker);
	sw_free(pending->client_token);
	sw_free(pending);
}

void sw_executions_remove(struct sw_engine *engine, struct sw_entry *entry)
{
	struct sw_executions *executions = &engine->executions;
	SW_ASSERT(!entry->queued && entry->pins == 0 && !entry->pending_first && engine->unrecorded != entry);
	/* Where no commit tells of its end: it is EXPRESS, its start was refused, or it cannot be read again. */
	if (entry->express || !entry->stored || entry->execution->status != SW_STATUS_RUNNING)
		sw_machines_execution_ended(engine, entry->execution);
	sw_executions_unname(executions, entry);
	sw_attempts_drop(engine, entry);
	struct sw_entry **link = &executions->buckets[place_of(entry->id, executions->buckets_count)];
	while (*link != entry)
		link = &(*link)->bucket_next;
	*link = entry->bucket_next;
	executions->count--;
	sw_execution_free(entry->execution);
	sw_free(entry->damage);
	sw_free(entry);
}

void sw_executions_done(struct sw_engine *engine)
{
	struct sw_executions *executions = &engine->executions;
	sw_pending_free(engine->unrecorded_pending);
	engine->unrecorded_pending = NULL;
	engine->unrecorded = NULL;
	while (sw_executions_dequeue(executions))
		continue;
	for (size_t i = 0; i < executions->buckets_count; i++) {
		while (executions->buckets[i]) {
			struct sw_entry *entry = executions->buckets[i];
			while (entry->pending_first) {
				struct sw_pending *pending = entry->pending_first;
				entry->pending_first = pending->next;
				sw_pending_free(pending);
			}
			entry->pins = 0;
			sw_executions_remove(engine, entry);
		}
	}
	sw_free(executions->buckets);
	sw_free(executions->names);
	*executions = (struct sw_executions){0};
}

/* ---- starts that had no turn yet, by name ------------------------------------------------------------- */

struct sw_entry *sw_executions_named(const struct sw_executions *executions, const uint8_t key[16])
{
	if (executions->names_buckets == 0)
		return NULL;
	struct sw_entry *entry = executions->names[place_of(name_hash(key), executions->names_buckets)];
	while (entry && memcmp(entry->name_key, key, sizeof(entry->name_key)) != 0)
		entry = entry->name_next;
	return entry;
}

enum sw_result sw_executions_name(struct sw_executions *executions, struct sw_entry *entry,
				  const uint8_t key[16])
{
	enum sw_result r =
		make_room(&executions->names, &executions->names_buckets, executions->names_count, true);
	if (r < 0)
		return r;
	memcpy(entry->name_key, key, sizeof(entry->name_key));
	size_t place = place_of(name_hash(key), executions->names_buckets);
	entry->name_next = executions->names[place];
	executions->names[place] = entry;
	executions->names_count++;
	entry->named = true;
	return SW_OK;
}

void sw_executions_unname(struct sw_executions *executions, struct sw_entry *entry)
{
	if (!entry->named)
		return;
	struct sw_entry **link =
		&executions->names[place_of(name_hash(entry->name_key), executions->names_buckets)];
	while (*link != entry)
		link = &(*link)->name_next;
	*link = entry->name_next;
	executions->names_count--;
	entry->named = false;
}

/* ---- the queue ---------------------------------------------------------------------------------------- */

void sw_executions_enqueue(struct sw_engine *engine, struct sw_entry *entry)
{
	struct sw_executions *executions = &engine->executions;
	if (entry->queued)
		return;
	entry->queued = true;
	entry->queue_next = NULL;
	if (!executions->queue_first)
		executions->queue_end = &executions->queue_first;
	*executions->queue_end = entry;
	executions->queue_end = &entry->queue_next;
	executions->queue_count++;
	sw_engine_wake(engine);
}

struct sw_entry *sw_executions_dequeue(struct sw_executions *executions)
{
	struct sw_entry *entry = executions->queue_first;
	if (!entry)
		return NULL;
	executions->queue_first = entry->queue_next;
	executions->queue_count--;
	entry->queue_next = NULL;
	entry->queued = false;
	return entry;
}

void sw_executions_post(struct sw_engine *engine, struct sw_entry *entry, struct sw_pending *pending)
{
	pending->next = NULL;
	*entry->pending_end = pending;
	entry->pending_end = &pending->next;
	sw_executions_enqueue(engine, entry);
}

enum sw_result sw_executions_tell(struct sw_engine *engine, struct sw_entry *entry, enum sw_event_kind kind,
				  uint32_t branch)
{
	struct sw_pending *pending = sw_zalloc(sizeof(*pending));
	if (!pending)
		return SW_ENOMEM;
	pending->kind = kind;
	pending->branch = branch;
	sw_executions_post(engine, entry, pending);
	return SW_OK;
}

/* ---- eviction ----------------------------------------------------------------------------------------- */

/* It will be needed in a moment. */
static bool is_worth_keeping(const struct sw_engine *engine, const struct sw_execution *execution)
{
	return engine->executions.count <= IDLE_EXECUTIONS_MAX &&
	       sw_execution_due_ms(execution) <= engine->clock.last_ms + IDLE_WAIT_MS;
}

void sw_executions_evict(struct sw_engine *engine, struct sw_entry *entry)
{
	const struct sw_execution *execution = entry->execution;
	if (entry->queued || entry->pins > 0 || entry->pending_first || entry->attempts || entry->more ||
	    entry->broken || entry->damage || entry == engine->unrecorded)
		return;
	if (execution->status == SW_STATUS_RUNNING && entry->express)
		return; /* it is nowhere else */
	if (execution->status == SW_STATUS_RUNNING) {
		/* In OWN mode timers are not read from disk: nothing would bring it back. */
		bool stays = engine->which == SW_RESUME_OWN || engine->state == SW_ENGINE_OPEN
				     ? entry->own
				     : is_worth_keeping(engine, execution);
		if (stays)
			return;
	}
	sw_executions_remove(engine, entry);
}
