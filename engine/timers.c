/*
 * The near end of the timers' table. Timers live on disk, in the order of their due times; in memory are
 * those up to a horizon that moves ahead of the clock, a minute's worth and no more than so many: where more are
 * near the horizon comes back, so that a million waiting executions cost what a few thousand do.
 *
 * Executions in memory speak for themselves, committed or not: sw_timers_set tells of each change. What the
 * disk says counts for all others only. Together: every timer up to the horizon is in the heap, and one that
 * is in the heap but out of date is recognised when it fires, because the branch's own due_ms decides.
 */
#include "engine/internal.h"

#include "base/mem.h"

#include <stdlib.h>

#define BUCKETS_FIRST 64

struct sw_timer {
	struct sw_heap_node node; /* first; key is due_ms */
	struct sw_timer *next;
	uint64_t id;
	uint32_t branch;
};

enum sw_result sw_timers_init(struct sw_timers *timers)
{
	*timers = (struct sw_timers){.beyond_ms = 0, .shed_at = SW_TIMERS_HELD_MAX};
	/* Keys with due 0 are what was in flight: recover.c looks at them. */
	timers->horizon = (struct sw_timer_at){0, UINT64_MAX, UINT32_MAX};
	timers->buckets = sw_zalloc_array(BUCKETS_FIRST, sizeof(struct sw_timer *));
	if (!timers->buckets)
		return SW_ENOMEM;
	timers->buckets_count = BUCKETS_FIRST;
	return SW_OK;
}

void sw_timers_done(struct sw_timers *timers)
{
	struct sw_heap_node *node;
	while ((node = sw_heap_first(&timers->heap)) != NULL) {
		sw_heap_remove(&timers->heap, node);
		sw_free(node);
	}
	sw_heap_done(&timers->heap);
	sw_free(timers->buckets);
	*timers = (struct sw_timers){0};
}

/* ---- the set of near timers --------------------------------------------------------------------------- */

static int compare(const struct sw_timer_at *a, const struct sw_timer_at *b)
{
	if (a->due_ms != b->due_ms)
		return a->due_ms < b->due_ms ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->branch < b->branch ? -1 : a->branch > b->branch;
}

static struct sw_timer **bucket_of(const struct sw_timers *timers, uint64_t id, uint32_t branch)
{
	uint64_t hash = (id + branch * UINT64_C(0x632BE59BD9B4E019)) * UINT64_C(0x9E3779B97F4A7C15);
	return &timers->buckets[(size_t)(hash >> 32) & (timers->buckets_count - 1)];
}

/* Out of memory is benign: chains get longer. */
static void grow(struct sw_timers *timers)
{
	struct sw_timers larger = {.buckets_count = timers->buckets_count * 2};
	larger.buckets = sw_zalloc_array(larger.buckets_count, sizeof(struct sw_timer *));
	if (!larger.buckets)
		return;
	for (size_t i = 0; i < timers->buckets_count; i++) {
		struct sw_timer *timer = timers->buckets[i];
		while (timer) {
			struct sw_timer *next = timer->next;
			struct sw_timer **bucket = bucket_of(&larger, timer->id, timer->branch);
			timer->next = *bucket;
			*bucket = timer;
			timer = next;
		}
	}
	sw_free(timers->buckets);
	timers->buckets = larger.buckets;
	timers->buckets_count = larger.buckets_count;
}

static struct sw_timer **find(const struct sw_timers *timers, uint64_t id, uint32_t branch)
{
	struct sw_timer **link = bucket_of(timers, id, branch);
	while (*link && ((*link)->id != id || (*link)->branch != branch))
		link = &(*link)->next;
	return link;
}

static void drop(struct sw_timers *timers, struct sw_timer **link)
{
	struct sw_timer *timer = *link;
	if (!timer)
		return;
	*link = timer->next;
	timers->count--;
	sw_heap_remove(&timers->heap, &timer->node);
	sw_free(timer);
}

static enum sw_result put(struct sw_timers *timers, const struct sw_timer_at *at)
{
	struct sw_timer **link = find(timers, at->id, at->branch);
	if (*link && (*link)->node.key == at->due_ms)
		return SW_OK;
	drop(timers, link);
	struct sw_timer *timer = sw_zalloc(sizeof(*timer));
	if (!timer)
		return SW_ENOMEM;
	timer->node.key = at->due_ms;
	timer->node.minor = at->id;
	timer->id = at->id;
	timer->branch = at->branch;
	if (sw_heap_insert(&timers->heap, &timer->node) < 0) {
		sw_free(timer);
		return SW_ENOMEM;
	}
	if (timers->count >= timers->buckets_count)
		grow(timers);
	link = bucket_of(timers, at->id, at->branch);
	timer->next = *link;
	*link = timer;
	timers->count++;
	return SW_OK;
}

/* Memory is short or the disk does not answer: no sooner than in a moment again. */
static void pause_until(struct sw_timers *timers, int64_t time_ms)
{
	timers->not_before_ms = time_ms;
}

/* The horizon comes back to before at: what lies behind it will be read (again). */
static void retreat(struct sw_timers *timers, const struct sw_timer_at *at)
{
	struct sw_timer_at before = {at->due_ms - 1, UINT64_MAX, UINT32_MAX};
	if (compare(&before, &timers->horizon) < 0)
		timers->horizon = before;
	if (at->due_ms < timers->beyond_ms)
		timers->beyond_ms = at->due_ms;
}

static void forget(struct sw_timers *timers, uint64_t id, uint32_t branch)
{
	drop(timers, find(timers, id, branch));
}

void sw_timers_forget(struct sw_engine *engine, uint64_t id, uint32_t branch)
{
	forget(&engine->timers, id, branch);
}

void sw_timers_set(struct sw_engine *engine, const struct sw_entry *entry, uint32_t branch, int64_t due_ms)
{
	struct sw_timers *timers = &engine->timers;
	struct sw_timer_at at = {due_ms < 1 ? 1 : due_ms, entry->id, branch};
	if (due_ms == SW_NEVER || !sw_entry_advances(engine, entry)) {
		forget(timers, entry->id, branch);
		return;
	}
	if (compare(&at, &timers->horizon) > 0) {
		forget(timers, entry->id, branch);
		if (at.due_ms < timers->beyond_ms)
			timers->beyond_ms = at.due_ms;
	} else if (put(timers, &at) < 0) {
		retreat(timers, &at);
		pause_until(timers, engine->clock.last_ms + SW_RETRY_PAUSE_MS);
	}
	sw_engine_wake(engine);
}

/* ---- moving the horizon ------------------------------------------------------------------------------- */

static int compare_timers(const void *a, const void *b)
{
	const struct sw_timer *left = *(const struct sw_timer *const *)a;
	const struct sw_timer *right = *(const struct sw_timer *const *)b;
	struct sw_timer_at left_at = {left->node.key, left->id, left->branch};
	struct sw_timer_at right_at = {right->node.key, right->id, right->branch};
	return compare(&left_at, &right_at);
}

/* The horizon comes back to the place before a timer that is on disk. */
static void retreat_before(struct sw_timers *timers, const struct sw_timer *timer)
{
	struct sw_timer_at before = {timer->node.key, timer->id - 1, UINT32_MAX};
	if (timer->id == 0) /* of no execution, but it may be on disk */
		before = (struct sw_timer_at){timer->node.key - 1, UINT64_MAX, UINT32_MAX};
	if (compare(&before, &timers->horizon) < 0)
		timers->horizon = before;
	if (timer->node.key < timers->beyond_ms)
		timers->beyond_ms = timer->node.key;
}

/*
 * Leaves the farthest timers to the disk again: those of executions that are not in memory are all there. Without
 * memory to sort them nothing happens; it is tried again when there are twice as many.
 */
static void shed(struct sw_engine *engine)
{
	struct sw_timers *timers = &engine->timers;
	const struct sw_heap *heap = &timers->heap;
	size_t count = 0;
	struct sw_timer **asleep = sw_zalloc_array(heap->count, sizeof(*asleep));
	for (size_t i = 0; asleep && i < heap->count; i++) {
		struct sw_timer *timer = (struct sw_timer *)heap->nodes[i];
		if (!sw_executions_get(&engine->executions, timer->id))
			asleep[count++] = timer;
	}
	if (count > SW_TIMERS_LOAD_MAX) {
		qsort(asleep, count, sizeof(*asleep), compare_timers);
		retreat_before(timers, asleep[SW_TIMERS_LOAD_MAX]);
		for (size_t i = SW_TIMERS_LOAD_MAX; i < count; i++)
			drop(timers, find(timers, asleep[i]->id, asleep[i]->branch));
	}
	sw_free(asleep);
	timers->shed_at = 2 * timers->count > SW_TIMERS_HELD_MAX ? 2 * timers->count : SW_TIMERS_HELD_MAX;
}

/* Timers of executions in memory with due times between the old and the new horizon. */
static void take_from_memory(struct sw_engine *engine, const struct sw_timer_at *from)
{
	const struct sw_executions *executions = &engine->executions;
	for (size_t i = 0; i < executions->buckets_count; i++) {
		for (const struct sw_entry *entry = executions->buckets[i]; entry;
		     entry = entry->bucket_next) {
			const struct sw_execution *execution = entry->execution;
			if (execution->status != SW_STATUS_RUNNING)
				continue;
			if (execution->timeout_due_ms >= from->due_ms)
				sw_timers_set(engine, entry, SW_NO_BRANCH, execution->timeout_due_ms);
			for (uint32_t j = 0; j < execution->branches_count; j++) {
				const struct sw_branch *branch = execution->branches[j];
				if (branch->due_ms >= from->due_ms)
					sw_timers_set(engine, entry, branch->number, branch->due_ms);
			}
		}
	}
}

/* One key of the table, read in order. False: that is enough, the horizon is where it belongs. */
static bool take_from_disk(struct sw_engine *engine, const struct sw_timer_at *at, int64_t until_ms,
			   size_t *loaded)
{
	struct sw_timers *timers = &engine->timers;
	if (at->due_ms > until_ms || *loaded >= SW_TIMERS_LOAD_MAX) {
		timers->beyond_ms = at->due_ms;
		return false;
	}
	if (!sw_executions_get(&engine->executions, at->id)) {
		if (put(timers, at) < 0) {
			timers->beyond_ms = at->due_ms;
			pause_until(timers, engine->clock.last_ms + SW_RETRY_PAUSE_MS);
			return false;
		}
		++*loaded;
	}
	timers->horizon = *at;
	return true;
}

static enum sw_result read_window(struct sw_engine *engine, struct sw_snapshot *snapshot, int64_t until_ms)
{
	struct sw_timers *timers = &engine->timers;
	struct sw_scan *scan = NULL;
	struct sw_slice bytes, value;
	struct sw_key from;
	size_t loaded = 0;
	bool enough = false;
	sw_key_timer(&from, timers->horizon.due_ms, timers->horizon.id, timers->horizon.branch);
	timers->beyond_ms = SW_NEVER;
	enum sw_result r = sw_scan_new(snapshot, SW_TABLE_TIMERS, sw_key_slice(&from), false, &scan);
	while (r == SW_OK && !enough && (r = sw_scan_next(scan, &bytes, &value)) == SW_OK) {
		struct sw_timer_at at;
		if (!sw_key_timer_read(bytes, &at.due_ms, &at.id, &at.branch))
			continue; /* no key of ours: nothing can be due for it */
		if (compare(&at, &timers->horizon) > 0)
			enough = !take_from_disk(engine, &at, until_ms, &loaded);
	}
	sw_scan_free(scan);
	struct sw_timer_at end = {until_ms, UINT64_MAX, UINT32_MAX};
	if ((r == SW_ENOENT || (enough && timers->beyond_ms > until_ms)) &&
	    compare(&end, &timers->horizon) > 0)
		timers->horizon = end;
	return r == SW_ENOENT ? SW_OK : r;
}

/* When the next window is to be read. */
static int64_t load_at_ms(const struct sw_timers *timers)
{
	const struct sw_heap_node *first = sw_heap_first(&timers->heap);
	/* Those before the horizon come first. Behind it there may be some of executions in memory. */
	bool enough = timers->count >= SW_TIMERS_LOAD_MAX / 2 && first->key <= timers->horizon.due_ms;
	if (timers->beyond_ms == SW_NEVER || enough)
		return SW_NEVER;
	int64_t half_ms = timers->horizon.due_ms - SW_TIMERS_WINDOW_MS / 2;
	int64_t early_ms = timers->beyond_ms - SW_TIMERS_WINDOW_MS;
	return early_ms > half_ms ? early_ms : half_ms;
}

static void load(struct sw_engine *engine, int64_t now_ms)
{
	struct sw_timers *timers = &engine->timers;
	struct sw_timer_at from = timers->horizon;
	struct sw_snapshot *snapshot = NULL;
	struct sw_error error = {0};
	int64_t until_ms = now_ms + SW_TIMERS_WINDOW_MS;
	enum sw_result r = SW_OK;
	timers->shed_at = SW_TIMERS_HELD_MAX;
	if (engine->which == SW_RESUME_ALL) {
		r = sw_store_begin(engine->store, &snapshot, &error);
		if (r == SW_OK)
			r = read_window(engine, snapshot, until_ms);
		sw_snapshot_end(snapshot);
	} else {
		timers->horizon = (struct sw_timer_at){until_ms, UINT64_MAX, UINT32_MAX};
		timers->beyond_ms = SW_NEVER;
	}
	if (r < 0) {
		SW_LOG(&engine->log, SW_LOG_ERROR, "cannot read timers: %s",
		       *error.text ? error.text : sw_result_text(r));
		timers->beyond_ms = timers->horizon.due_ms + 1; /* tried again */
		pause_until(timers, now_ms + SW_FULL_PAUSE_MS);
	}
	take_from_memory(engine, &from);
}

/* ---- firing ------------------------------------------------------------------------------------------- */

/* A record that nobody stands behind; benign when memory is short: it is met again at the next open. */
static void delete_stale(struct sw_engine *engine, const struct sw_timer_at *at)
{
	struct sw_key key;
	sw_key_timer(&key, at->due_ms, at->id, at->branch);
	sw_batch_delete(engine->open->batch, SW_TABLE_TIMERS, sw_key_slice(&key));
}

static enum sw_result fire(struct sw_engine *engine, const struct sw_timer_at *at, int64_t now_ms)
{
	struct sw_entry *entry = NULL;
	struct sw_error error = {0};
	enum sw_result r = sw_executions_load(engine, at->id, &entry, &error);
	if (r < 0 && sw_loading_is_final(r)) {
		if (r != SW_ENOENT && r != SW_ETIMEDOUT)
			SW_LOG(&engine->log, SW_LOG_ERROR, "execution %016llx: %s",
			       (unsigned long long)at->id, error.text);
		delete_stale(engine, at);
		return SW_OK;
	}
	if (r < 0)
		return r;
	const struct sw_execution *execution = entry->execution;
	if (at->branch == SW_NO_BRANCH) {
		if (execution->timeout_due_ms <= now_ms)
			return sw_executions_tell(engine, entry, SW_EVENT_EXECUTION_TIMEOUT, SW_NO_BRANCH);
	} else {
		const struct sw_branch *branch = sw_execution_branch(execution, at->branch);
		if (branch && branch->due_ms <= now_ms)
			return sw_executions_tell(engine, entry, SW_EVENT_TIMER, at->branch);
	}
	/* It changed its mind since; what counts now was set by sw_timers_set. */
	sw_executions_evict(engine, entry);
	return SW_OK;
}

/* It has fired, unless it was set to another time by that. */
static void spend(struct sw_timers *timers, const struct sw_timer_at *at)
{
	struct sw_timer **link = find(timers, at->id, at->branch);
	if (*link && (*link)->node.key == at->due_ms)
		drop(timers, link);
}

/* True: there is more. */
static bool fire_due(struct sw_engine *engine, int64_t now_ms)
{
	struct sw_timers *timers = &engine->timers;
	struct sw_heap_node *first;
	while ((first = sw_heap_first(&timers->heap)) != NULL && first->key <= now_ms) {
		if (engine->executions.queue_count >= SW_QUEUE_EXECUTIONS_MAX)
			return true;
		const struct sw_timer *timer = (const struct sw_timer *)first;
		struct sw_timer_at at = {first->key, timer->id, timer->branch};
		enum sw_result r = fire(engine, &at, now_ms);
		if (r < 0) {
			SW_LOG(&engine->log, SW_LOG_WARNING, "a timer has to wait: %s", sw_result_text(r));
			pause_until(timers, now_ms + SW_RETRY_PAUSE_MS);
			return false;
		}
		spend(timers, &at);
	}
	return false;
}

bool sw_timers_run(struct sw_engine *engine, int64_t now_ms)
{
	struct sw_timers *timers = &engine->timers;
	if (now_ms < timers->not_before_ms)
		return false;
	if (timers->count > timers->shed_at)
		shed(engine);
	if (now_ms >= load_at_ms(timers))
		load(engine, now_ms);
	sw_loading_begin(engine);
	bool more = fire_due(engine, now_ms);
	sw_loading_end(engine);
	return more;
}

int64_t sw_timers_next_ms(const struct sw_engine *engine)
{
	const struct sw_heap_node *first = sw_heap_first(&engine->timers.heap);
	int64_t next_ms = load_at_ms(&engine->timers);
	if (first && first->key < next_ms)
		next_ms = first->key;
	return next_ms < engine->timers.not_before_ms ? engine->timers.not_before_ms : next_ms;
}
