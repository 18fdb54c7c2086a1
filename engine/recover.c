/*
 * Opening a store that somebody has worked on: settings, the engine's time, and what was in flight. Start-up
 * reads what is due and what was in flight, not everything that exists; and not all at once.
 */
#include "engine/internal.h"

#include "base/mem.h"
#include "base/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECOVERED_AT_ONCE 256

/* ---- opening ------------------------------------------------------------------------------------------ */

/* A copy of a setting; NULL in *ret_text when there is none. */
static enum sw_result read_setting(struct sw_snapshot *snapshot, const char *name, char **ret_text)
{
	struct sw_slice value;
	*ret_text = NULL;
	enum sw_result r = sw_snapshot_get(snapshot, SW_TABLE_SETTINGS, sw_slice(name, strlen(name)), &value);
	if (r == SW_ENOENT)
		return SW_OK;
	if (r == SW_OK) {
		*ret_text = sw_memdup(value.data, value.len);
		r = *ret_text ? SW_OK : SW_ENOMEM;
	}
	return r;
}

static enum sw_result put_setting(struct sw_batch *batch, const char *name, const char *text)
{
	return sw_batch_put(batch, SW_TABLE_SETTINGS, sw_slice(name, strlen(name)),
			    sw_slice(text, strlen(text)));
}

/* What the host says, else what is kept, else the default; what is new is kept. */
static enum sw_result settle_text(struct sw_snapshot *snapshot, struct sw_batch *batch, const char *name,
				  const char *fallback, char **text)
{
	char *kept = NULL;
	enum sw_result r = read_setting(snapshot, name, &kept);
	if (r == SW_OK && !*text) {
		*text = sw_strdup(kept ? kept : fallback);
		r = *text ? SW_OK : SW_ENOMEM;
	}
	if (r == SW_OK && (!kept || strcmp(kept, *text) != 0))
		r = put_setting(batch, name, *text);
	sw_free(kept);
	return r;
}

static enum sw_result settle_store_name(struct sw_engine *engine, struct sw_snapshot *snapshot,
					struct sw_batch *batch)
{
	char *kept = NULL;
	enum sw_result r = read_setting(snapshot, "store", &kept);
	if (r == SW_OK && kept) {
		snprintf(engine->store_name, sizeof(engine->store_name), "%s", kept);
	} else if (r == SW_OK) {
		snprintf(engine->store_name, sizeof(engine->store_name), "%016" PRIx64,
			 sw_engine_seed(engine));
		r = put_setting(batch, "store", engine->store_name);
	}
	sw_free(kept);
	return r;
}

static enum sw_result read_last_id(struct sw_engine *engine, struct sw_snapshot *snapshot)
{
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	enum sw_result r = sw_scan_new(snapshot, SW_TABLE_EXECUTIONS, sw_slice(NULL, 0), true, &scan);
	if (r == SW_OK)
		r = sw_scan_next(scan, &key, &value);
	if (r == SW_OK) {
		struct sw_cursor cursor = sw_cursor(key);
		engine->last_id = sw_cursor_be64(&cursor);
	}
	sw_scan_free(scan);
	return r == SW_ENOENT ? SW_OK : r;
}

/* The moment in an id: keys.h, 8 bits of partition, 42 of milliseconds, 14 of counter. */
static int64_t time_of_id(uint64_t id)
{
	return (int64_t)(id >> 14 & ((UINT64_C(1) << 42) - 1));
}

/*
 * The time that was written, and what has passed since then on the loop's clock. The machine was booted again when
 * that clock is behind; the time was then written at most a second before the last commit, and what was acknowledged
 * in relaxed mode, and is lost, may have been later.
 */
static int64_t written_time(struct sw_engine *engine, const char *text)
{
	char *end;
	int64_t time_ms = strtoll(text, &end, 10);
	int64_t mono_ms = *end == ' ' ? strtoll(end, NULL, 10) : INT64_MAX;
	int64_t now_ms = engine->loop->ops->mono_ms(engine->loop->data);
	return now_ms >= mono_ms ? time_ms + (now_ms - mono_ms)
				 : time_ms + SW_TIME_WRITTEN_MS + engine->relaxed_ms;
}

/* max(wall clock, last committed time): the time that was written, or the moment in the last id. */
static enum sw_result start_clock(struct sw_engine *engine, struct sw_snapshot *snapshot)
{
	char *text = NULL;
	enum sw_result r = read_setting(snapshot, "time", &text);
	if (r < 0)
		return r;
	int64_t time_ms = text ? written_time(engine, text) : 0;
	int64_t id_ms = time_of_id(engine->last_id);
	sw_free(text);
	sw_clock_init(&engine->clock, engine->loop, time_ms > id_ms ? time_ms : id_ms);
	return SW_OK;
}

enum sw_result sw_recover_open(struct sw_engine *engine, struct sw_error *err)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_batch *batch = engine->changes;
	enum sw_result r = sw_store_begin(engine->store, &snapshot, err);
	if (r < 0)
		return r;
	sw_batch_reset(batch);
	r = settle_text(snapshot, batch, "region", "us-east-1", &engine->region);
	if (r == SW_OK)
		r = settle_text(snapshot, batch, "account", "123456789012", &engine->account);
	if (r == SW_OK)
		r = sw_partition_settle(engine, snapshot, batch, err);
	if (r == SW_OK)
		r = settle_store_name(engine, snapshot, batch);
	if (r == SW_OK)
		r = read_last_id(engine, snapshot);
	if (r == SW_OK)
		r = start_clock(engine, snapshot);
	if (r == SW_OK)
		r = sw_retention_open(engine, snapshot, batch);
	if (r == SW_OK)
		r = sw_machines_recover(engine, snapshot, err);
	sw_snapshot_end(snapshot);
	if (r == SW_OK && sw_batch_count(batch) > 0)
		r = sw_store_commit(engine->store, batch, err);
	sw_batch_reset(batch);
	engine->recovery =
		(struct sw_recovery){.last_id = engine->last_id, .marks_left = true, .queues_left = true};
	return r < 0 ? sw_error_set(err, r, "%s", sw_result_text(r)) : SW_OK;
}

/* ---- what was in flight ------------------------------------------------------------------------------- */

/* Its time ran out while nobody was there: the timer says so, and nobody is to begin with it. */
static bool is_overdue(const struct sw_execution *execution, const struct sw_branch *branch, int64_t now_ms)
{
	return branch->due_ms <= now_ms || execution->timeout_due_ms <= now_ms;
}

/* A worker will poll for it; nothing is to be done, unless its activity is mapped to something now. */
static bool waits_on_disk(const struct sw_engine *engine, const struct sw_branch *branch)
{
	return branch->in_queue && engine->which == SW_RESUME_ALL &&
	       !sw_routes_find(engine->routes, branch->state->as.task.resource);
}

enum sw_result sw_recover_entry(struct sw_engine *engine, struct sw_entry *entry)
{
	const struct sw_execution *execution = entry->execution;
	int64_t now_ms = sw_clock_now_ms(&engine->clock);
	if (entry->broken || entry->damage || !entry->stored || entry == engine->unrecorded)
		return SW_OK; /* its turn comes */
	for (uint32_t i = 0; i < execution->branches_count; i++) {
		struct sw_branch *branch = execution->branches[i];
		if (branch->wait != SW_BRANCH_TASK || !branch->dispatchable || sw_attempt_of(branch) ||
		    is_overdue(execution, branch, now_ms) || waits_on_disk(engine, branch))
			continue;
		struct sw_attempt *attempt = sw_attempt_new(engine, entry, branch);
		if (!attempt)
			return SW_ENOMEM;
		attempt->redelivery = true;
		sw_dispatch_later(engine, attempt);
	}
	if (execution->ready_first != SW_NO_BRANCH) {
		entry->more = true;
		sw_executions_enqueue(engine, entry);
	}
	return SW_OK;
}

struct in_flight {
	uint64_t id;
	uint32_t branch;
};

/* The next records of what was in flight, from the last commit. */
static enum sw_result read_some(struct sw_engine *engine, struct in_flight list[RECOVERED_AT_ONCE],
				size_t *ret_count)
{
	struct sw_recovery *recovery = &engine->recovery;
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_slice bytes, value;
	struct sw_error error = {0};
	struct sw_key from;
	size_t count = 0;
	sw_key_timer(&from, 0, recovery->at_id, recovery->at_branch);
	enum sw_result r = sw_store_begin(engine->store, &snapshot, &error);
	if (r == SW_OK)
		r = sw_scan_new(snapshot, SW_TABLE_TIMERS, sw_key_slice(&from), false, &scan);
	while (r == SW_OK && count < RECOVERED_AT_ONCE && (r = sw_scan_next(scan, &bytes, &value)) == SW_OK) {
		int64_t due_ms;
		if (!sw_key_timer_read(bytes, &due_ms, &list[count].id, &list[count].branch))
			continue;
		/* What is later than the open is this process's own. */
		if (due_ms > 0 || list[count].id > recovery->last_id)
			r = SW_ENOENT;
		else
			count++;
	}
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	if (r == SW_ENOENT)
		recovery->marks_left = false;
	*ret_count = count;
	return r == SW_ENOENT ? SW_OK : r;
}

static bool is_mapped(const struct sw_engine *engine, struct sw_slice activity)
{
	char name[SW_STORE_KEY_BYTES_MAX + 1], arn[SW_ARN_TEXT_BYTES];
	memcpy(name, activity.data, activity.len);
	name[activity.len] = '\0';
	return sw_arn_activity(arn, sizeof(arn), engine->region, engine->account, name) == SW_OK &&
	       sw_routes_find(engine->routes, arn);
}

/* Behind key; behind all that wait in its activity's queue where that is not mapped. */
static void pass_queued(struct sw_key *at, struct sw_slice key, struct sw_slice activity, bool mapped)
{
	struct sw_slice passed = mapped ? key : activity;
	memcpy(at->bytes, passed.data, passed.len);
	at->len = passed.len;
	at->bytes[at->len++] = mapped ? 0 : 1; /* the end of a name is a 0 */
}

/* The next task that waits for a worker though its activity is mapped to something now. SW_ENOENT: there is none. */
static enum sw_result next_queued(struct sw_engine *engine, struct sw_snapshot *snapshot,
				  struct in_flight *ret_task)
{
	struct sw_recovery *recovery = &engine->recovery;
	struct sw_scan *scan = NULL;
	struct sw_slice key, value, activity;
	struct sw_queue_at at;
	enum sw_result r =
		sw_scan_new(snapshot, SW_TABLE_QUEUES, sw_key_slice(&recovery->at_queued), false, &scan);
	if (r == SW_OK)
		r = sw_scan_next(scan, &key, &value);
	if (r == SW_OK && key.len >= sizeof(recovery->at_queued.bytes))
		r = SW_ENOENT; /* none of ours, and nothing is behind it */
	if (r == SW_OK) {
		bool ours = sw_key_queue_read(key, &activity, &at);
		bool mapped = ours && is_mapped(engine, activity);
		pass_queued(&recovery->at_queued, key, ours ? activity : key, mapped || !ours);
		/* What is later than the open is this process's own. */
		*ret_task = (struct in_flight){mapped && at.id <= recovery->last_id ? at.id : 0, at.branch};
	}
	sw_scan_free(scan);
	return r;
}

/* The next ones of them. */
static enum sw_result read_queued(struct sw_engine *engine, struct in_flight list[RECOVERED_AT_ONCE],
				  size_t *ret_count)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_error error = {0};
	size_t count = 0;
	enum sw_result r = sw_store_begin(engine->store, &snapshot, &error);
	for (int looked = 0; r == SW_OK && looked < RECOVERED_AT_ONCE; looked++) {
		r = next_queued(engine, snapshot, &list[count]);
		if (r == SW_OK && list[count].id != 0)
			count++;
	}
	sw_snapshot_end(snapshot);
	if (r == SW_ENOENT)
		engine->recovery.queues_left = false;
	*ret_count = count;
	return r == SW_ENOENT ? SW_OK : r;
}

/* The records of one execution from at on; returns how many there are. */
static size_t same_execution(const struct in_flight *list, size_t at, size_t count)
{
	size_t end = at;
	while (end < count && list[end].id == list[at].id)
		end++;
	return end - at;
}

static enum sw_result recover_one(struct sw_engine *engine, const struct in_flight *list, size_t count)
{
	struct sw_entry *entry = NULL;
	struct sw_error error = {0};
	enum sw_result r = sw_executions_load(engine, list[0].id, &entry, &error);
	if (r == SW_OK) {
		r = sw_recover_entry(engine, entry);
		sw_executions_evict(engine, entry);
		return r;
	}
	if (!sw_loading_is_final(r))
		return r;
	if (r != SW_ENOENT && r != SW_ETIMEDOUT)
		SW_LOG(&engine->log, SW_LOG_ERROR, "execution %016" PRIx64 ": %s", list[0].id, error.text);
	for (size_t i = 0; i < count; i++) {
		struct sw_key key;
		sw_key_timer(&key, 0, list[i].id, list[i].branch);
		/* benign when memory is short: it is met again at the next open */
		sw_batch_delete(engine->open->batch, SW_TABLE_TIMERS, sw_key_slice(&key));
	}
	return SW_OK;
}

/* What was marked as in flight. */
static enum sw_result recover_marked(struct sw_engine *engine)
{
	struct sw_recovery *recovery = &engine->recovery;
	struct in_flight list[RECOVERED_AT_ONCE];
	size_t count = 0;
	enum sw_result r = read_some(engine, list, &count);
	for (size_t at = 0; at < count && r == SW_OK;) {
		size_t same = same_execution(list, at, count);
		r = recover_one(engine, &list[at], same);
		if (r < 0)
			break;
		at += same;
		recovery->at_id = list[at - 1].id;
		recovery->at_branch = list[at - 1].branch + 1;
		if (recovery->at_branch == 0) /* there was none greater */
			recovery->at_id++;
	}
	if (r < 0)
		recovery->marks_left = true;
	return r;
}

/* What waited for a worker, and has somewhere else to go now. */
static enum sw_result recover_queued(struct sw_engine *engine)
{
	struct sw_recovery *recovery = &engine->recovery;
	struct in_flight list[RECOVERED_AT_ONCE];
	struct sw_key before = recovery->at_queued;
	size_t count = 0;
	enum sw_result r = read_queued(engine, list, &count);
	for (size_t at = 0; at < count && r == SW_OK; at++)
		r = recover_one(engine, &list[at], 1);
	if (r < 0) {
		recovery->at_queued = before;
		recovery->queues_left = true;
	}
	return r;
}

bool sw_recover_some(struct sw_engine *engine)
{
	struct sw_recovery *recovery = &engine->recovery;
	if (!recovery->running || engine->unrecorded ||
	    engine->executions.queue_count >= SW_QUEUE_EXECUTIONS_MAX || !sw_engine_may_fetch(engine))
		return recovery->running;
	sw_loading_begin(engine);
	enum sw_result r = recovery->marks_left ? recover_marked(engine) : recover_queued(engine);
	sw_loading_end(engine);
	recovery->running = recovery->marks_left || recovery->queues_left;
	if (r < 0) {
		/* The rest stays where it is, and is read again. */
		SW_LOG(&engine->log, SW_LOG_WARNING, "recovery has to wait: %s", sw_result_text(r));
		sw_engine_fetch_later(engine);
	}
	return recovery->running;
}
