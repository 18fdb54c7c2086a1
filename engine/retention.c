/*
 * Retention: executions that ended longer ago than the operator wants to keep them are removed, a few with
 * each commit. The table ENDED has a key for each execution that has ended, by the time of its end: it is
 * written and removed with the head, so that the walk below starts at the oldest and stops at the first that
 * is kept. Costs follow what is removed, not what is there.
 *
 * An execution vanishes in one commit, for readers too: its head, its places in the indexes, and, when it is
 * small, all its parts. The parts of a large one follow in steps; its id is in the setting "removing"
 * meanwhile.
 */
#include "engine/internal.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a commit that has nothing else to write; others take as many as they write for the work. */
#define STEP_OPERATIONS 512
#define STEP_OPERATIONS_MAX 4096
#define STEP_MS_MAX 2
#define IDLE_PAUSE_MS 10 /* between steps that are alone: others find the engine idle and the disk free */
#define PARTS_AT_ONCE 64 /* fewer records are deleted without looking at their keys */
#define LOOKS_EACH 100   /* one looks this often in a retention time, but not more seldom than: */
#define LOOK_MS_MAX 60000
#define FILLED UINT64_MAX

#define SETTING_KEEP "retention"
#define SETTING_FILLED "ended"
#define SETTING_REMOVING "removing"

static struct sw_slice text_slice(const char *text)
{
	return sw_slice(text, strlen(text));
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static enum sw_result read_number(struct sw_snapshot *snapshot, const char *name, uint64_t *ret_number)
{
	struct sw_slice value;
	enum sw_result r = sw_snapshot_get(snapshot, SW_TABLE_SETTINGS, text_slice(name), &value);
	if (r < 0)
		return r;
	return sw_id_read(value, ret_number) ? SW_OK : SW_ECORRUPT;
}

static enum sw_result put_number(struct sw_batch *batch, const char *name, uint64_t number)
{
	char text[17];
	sw_id_print(number, text);
	return sw_batch_put(batch, SW_TABLE_SETTINGS, text_slice(name), text_slice(text));
}

/* What the host says, else what is kept, else AWS's 90 days. */
static enum sw_result settle_keep(struct sw_retention *retention, struct sw_snapshot *snapshot,
				  struct sw_batch *batch)
{
	struct sw_slice value;
	char text[32] = "";
	int64_t kept_ms = 0;
	enum sw_result r = sw_snapshot_get(snapshot, SW_TABLE_SETTINGS, text_slice(SETTING_KEEP), &value);
	if (r < 0 && r != SW_ENOENT)
		return r;
	if (r == SW_OK && value.len < sizeof(text)) {
		memcpy(text, value.data, value.len);
		kept_ms = strtoll(text, NULL, 10);
	}
	if (retention->keep_ms == 0)
		retention->keep_ms = kept_ms > 0 ? kept_ms : SW_RETENTION_MS;
	if (kept_ms == retention->keep_ms)
		return SW_OK;
	snprintf(text, sizeof(text), "%" PRId64, retention->keep_ms);
	return sw_batch_put(batch, SW_TABLE_SETTINGS, text_slice(SETTING_KEEP), text_slice(text));
}

enum sw_result sw_retention_open(struct sw_engine *engine, struct sw_snapshot *snapshot,
				 struct sw_batch *batch)
{
	struct sw_retention *retention = &engine->retention;
	enum sw_result r = settle_keep(retention, snapshot, batch);
	if (r == SW_OK)
		r = read_number(snapshot, SETTING_FILLED, &retention->filled_id);
	if (r == SW_ENOENT || r == SW_ECORRUPT) {
		/* New, or of an older version: then the table is filled beside the work. */
		retention->filled_id = engine->last_id == 0 ? FILLED : 0;
		r = put_number(batch, SETTING_FILLED, retention->filled_id);
	}
	if (r == SW_OK)
		r = read_number(snapshot, SETTING_REMOVING, &retention->removing_id);
	return r == SW_ENOENT || r == SW_ECORRUPT ? SW_OK : r;
}

/* ---- with the records of a turn ----------------------------------------------------------------------- */

static int64_t add_ms(int64_t time_ms, int64_t more_ms)
{
	return time_ms > SW_NEVER - more_ms ? SW_NEVER : time_ms + more_ms;
}

enum sw_result sw_retention_record(struct sw_engine *engine, struct sw_entry *entry)
{
	const struct sw_execution *execution = entry->execution;
	struct sw_retention *retention = &engine->retention;
	struct sw_batch *batch = engine->open->batch;
	int64_t ended_ms = sw_status_is_final(execution->status) ? execution->stop_ms : SW_NEVER;
	struct sw_key key;
	enum sw_result r = SW_OK;
	if (entry->stored_ended_ms == ended_ms)
		return SW_OK;
	if (entry->stored_ended_ms != SW_NEVER) {
		sw_key_ended(&key, entry->stored_ended_ms, entry->id);
		r = sw_batch_delete(batch, SW_TABLE_ENDED, sw_key_slice(&key));
	}
	if (r == SW_OK && ended_ms != SW_NEVER) {
		sw_key_ended(&key, ended_ms, entry->id);
		r = sw_batch_append(batch, SW_TABLE_ENDED, sw_key_slice(&key), sw_slice(NULL, 0));
		int64_t due_ms = add_ms(ended_ms, retention->keep_ms);
		if (due_ms < retention->next_ms)
			retention->next_ms = due_ms;
	}
	if (r == SW_OK)
		entry->stored_ended_ms = ended_ms;
	return r;
}

/* ---- removing one ------------------------------------------------------------------------------------- */

static const enum sw_table part_tables[] = {SW_TABLE_BRANCHES, SW_TABLE_HISTORY, SW_TABLE_VALUES};
enum { PART_TABLES = sizeof(part_tables) / sizeof(part_tables[0]) };

/* The name that a caller gave may be another's by now. */
static enum sw_result forget_name(struct sw_engine *engine, struct sw_snapshot *snapshot,
				  struct sw_batch *batch, const struct sw_head *head)
{
	struct sw_key key;
	struct sw_slice value;
	enum sw_result r = sw_key_name(&key, engine->digester, head->machine_name, head->name);
	if (r == SW_OK)
		r = sw_engine_lookup(engine, snapshot, SW_TABLE_NAMES, sw_key_slice(&key), &value, NULL);
	if (r < 0)
		return r == SW_ENOENT ? SW_OK : r;
	struct sw_cursor cursor = sw_cursor(value);
	if (sw_cursor_be64(&cursor) != head->id || cursor.failed)
		return SW_OK;
	return sw_batch_delete(batch, SW_TABLE_NAMES, sw_key_slice(&key));
}

enum sw_result sw_retention_forget(struct sw_engine *engine, struct sw_snapshot *snapshot,
				   struct sw_batch *batch, const struct sw_head *head)
{
	struct sw_key key;
	uint64_t id;
	sw_key_execution(&key, head->id);
	enum sw_result r = sw_batch_delete(batch, SW_TABLE_EXECUTIONS, sw_key_slice(&key));
	sw_key_listing(&key, head->machine_number, head->id);
	if (r == SW_OK)
		r = sw_batch_delete(batch, SW_TABLE_LISTING, sw_key_slice(&key));
	sw_key_ended(&key, head->stop_ms, head->id);
	if (r == SW_OK)
		r = sw_batch_delete(batch, SW_TABLE_ENDED, sw_key_slice(&key));
	/* A name that the engine made is in no index. */
	if (r == SW_OK && !(sw_id_from_name(head->name, &id) && id == head->id))
		r = forget_name(engine, snapshot, batch, head);
	return r;
}

enum sw_result sw_retention_forget_parts(struct sw_batch *batch, uint64_t id)
{
	struct sw_key key;
	enum sw_result r = SW_OK;
	sw_key_execution(&key, id);
	for (size_t i = 0; i < PART_TABLES && r == SW_OK; i++)
		r = sw_batch_delete_prefix(batch, part_tables[i], sw_key_slice(&key));
	return r;
}

/* ---- steps -------------------------------------------------------------------------------------------- */

/* What goes along with one commit. Nothing of it counts before the batch is in the open box. */
struct step {
	struct sw_engine *engine;
	struct sw_snapshot *snapshot;
	struct sw_batch *batch;
	size_t operations_max;
	int64_t now_ms, ends_mono_ms;
	uint64_t removed;
	bool passed_over; /* one that is due was left where it is */
	struct sw_retention next;
};

static bool has_room(const struct step *step)
{
	const struct sw_loop *loop = step->engine->loop;
	return sw_batch_count(step->batch) < step->operations_max &&
	       loop->ops->mono_ms(loop->data) <= step->ends_mono_ms;
}

/* Deletes parts of an execution whose head is gone, one by one. */
static enum sw_result remove_parts(struct step *step, uint64_t id)
{
	struct sw_key prefix;
	bool whole = true;
	enum sw_result r = SW_OK;
	sw_key_execution(&prefix, id);
	for (size_t i = 0; i < PART_TABLES && r == SW_OK && whole; i++) {
		struct sw_scan *scan = NULL;
		struct sw_slice key, value;
		r = sw_scan_new(step->snapshot, part_tables[i], sw_key_slice(&prefix), false, &scan);
		while (r == SW_OK && whole && (r = sw_scan_next(scan, &key, &value)) == SW_OK) {
			if (key.len < prefix.len || memcmp(key.data, prefix.bytes, prefix.len) != 0)
				break;
			whole = has_room(step);
			if (whole)
				r = sw_batch_delete(step->batch, part_tables[i], key);
		}
		sw_scan_free(scan);
		r = r == SW_ENOENT ? SW_OK : r;
	}
	if (r < 0)
		return r;
	if (!whole) {
		step->next.removing_id = id;
		return put_number(step->batch, SETTING_REMOVING, id);
	}
	step->next.removing_id = 0;
	return step->engine->retention.removing_id
		       ? sw_batch_delete(step->batch, SW_TABLE_SETTINGS, text_slice(SETTING_REMOVING))
		       : SW_OK;
}

static enum sw_result remove_one(struct step *step, const struct sw_head *head)
{
	uint64_t parts = (uint64_t)head->next_event_id + head->next_branch + head->next_value;
	enum sw_result r = sw_retention_forget(step->engine, step->snapshot, step->batch, head);
	if (r == SW_OK)
		r = parts <= PARTS_AT_ONCE ? sw_retention_forget_parts(step->batch, head->id)
					   : remove_parts(step, head->id);
	step->removed += r == SW_OK;
	return r;
}

/* The head as the boxes have it, or the disk. */
static enum sw_result read_head(struct step *step, uint64_t id, struct sw_head *ret_head)
{
	struct sw_slice bytes;
	struct sw_key key;
	sw_key_execution(&key, id);
	enum sw_result r = sw_engine_lookup(step->engine, step->snapshot, SW_TABLE_EXECUTIONS,
					    sw_key_slice(&key), &bytes, NULL);
	return r < 0 ? r : sw_head_decode(bytes, id, NULL, false, ret_head, NULL);
}

/* One key of the table, whose time has come. */
static enum sw_result look_at(struct step *step, struct sw_slice key, int64_t stop_ms, uint64_t id)
{
	struct sw_head head = {0};
	struct sw_key expected;
	enum sw_result r = read_head(step, id, &head);
	if (r == SW_ENOENT)
		return sw_batch_delete(step->batch, SW_TABLE_ENDED, key);
	if (r == SW_ECORRUPT || r == SW_EVERSION) {
		step->passed_over = true; /* the doctor tells of it; whoever can mend it may want to */
		return SW_OK;
	}
	if (r < 0)
		return r;
	sw_key_ended(&expected, head.stop_ms, id);
	bool ended = sw_status_is_final(head.status) && !head.express &&
		     sw_slice_compare(key, sw_key_slice(&expected)) == 0;
	if (!ended)
		r = sw_batch_delete(step->batch, SW_TABLE_ENDED, key);
	else if (sw_executions_get(&step->engine->executions, id))
		step->passed_over = true; /* a redrive waits for its turn, or a task was not given back */
	else
		r = remove_one(step, &head);
	sw_head_done(&head);
	return r;
}

static int64_t look_again_ms(const struct step *step)
{
	int64_t pause_ms = step->engine->retention.keep_ms / LOOKS_EACH;
	pause_ms = pause_ms < 1 ? 1 : pause_ms > LOOK_MS_MAX ? LOOK_MS_MAX : pause_ms;
	return step->now_ms + pause_ms;
}

/* The walk is at its end: the next execution's time comes at due_ms. */
static void rest(struct step *step, int64_t due_ms)
{
	int64_t again_ms = look_again_ms(step);
	step->next.at.len = 0;
	step->next.next_ms = due_ms > again_ms && !step->passed_over ? due_ms : again_ms;
	if (due_ms == SW_NEVER && !step->passed_over)
		step->next.next_ms = SW_NEVER;
}

/* From the oldest on, or from where the last step stopped. */
static enum sw_result walk(struct step *step)
{
	const struct sw_retention *retention = &step->engine->retention;
	struct sw_slice from = sw_key_slice(&retention->at), key, value;
	struct sw_scan *scan = NULL;
	int64_t stop_ms;
	uint64_t id;
	step->passed_over = retention->passed_over && from.len > 0;
	enum sw_result r = sw_scan_new(step->snapshot, SW_TABLE_ENDED, from, false, &scan);
	while (r == SW_OK && step->next.removing_id == 0 && has_room(step)) {
		r = sw_scan_next(scan, &key, &value);
		if (r == SW_ENOENT)
			rest(step, SW_NEVER);
		if (r < 0)
			break;
		if (sw_slice_compare(key, from) == 0 || !sw_key_ended_read(key, &stop_ms, &id))
			continue;
		if (stop_ms > step->now_ms - retention->keep_ms) {
			rest(step, add_ms(stop_ms, retention->keep_ms));
			break;
		}
		r = look_at(step, key, stop_ms, id);
		sw_key_ended(&step->next.at, stop_ms, id);
	}
	sw_scan_free(scan);
	step->next.passed_over = step->passed_over;
	return r == SW_ENOENT ? SW_OK : r;
}

/* ---- stores that an older version wrote --------------------------------------------------------------- */

static enum sw_result fill_one(struct step *step, uint64_t id)
{
	struct sw_head head = {0};
	struct sw_key key;
	enum sw_result r = read_head(step, id, &head);
	if (r == SW_ENOENT || r == SW_ECORRUPT || r == SW_EVERSION)
		return SW_OK;
	if (r == SW_OK && sw_status_is_final(head.status) && !head.express) {
		sw_key_ended(&key, head.stop_ms, id);
		r = sw_batch_put(step->batch, SW_TABLE_ENDED, sw_key_slice(&key), sw_slice(NULL, 0));
	}
	sw_head_done(&head);
	return r;
}

/* Writes the keys of those that had ended before there was the table. What is later writes its own. */
static enum sw_result fill(struct step *step)
{
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	struct sw_key from;
	sw_key_execution(&from, step->next.filled_id + 1);
	enum sw_result r =
		sw_scan_new(step->snapshot, SW_TABLE_EXECUTIONS, sw_key_slice(&from), false, &scan);
	for (size_t looked = 0; r == SW_OK && looked < step->operations_max && has_room(step); looked++) {
		r = sw_scan_next(scan, &key, &value);
		struct sw_cursor cursor = sw_cursor(r == SW_OK ? key : sw_slice(NULL, 0));
		uint64_t id = r == SW_OK ? sw_cursor_be64(&cursor) : FILLED;
		if (cursor.failed || cursor.at != cursor.end)
			continue; /* no key of this table */
		if (r == SW_ENOENT || (r == SW_OK && id > step->engine->recovery.last_id)) {
			step->next.filled_id = FILLED;
			r = SW_ENOENT;
		} else if (r == SW_OK) {
			r = fill_one(step, id);
			step->next.filled_id = id;
		}
	}
	sw_scan_free(scan);
	if (r == SW_OK || r == SW_ENOENT)
		r = put_number(step->batch, SETTING_FILLED, step->next.filled_id);
	return r;
}

/* ---- beside the work ---------------------------------------------------------------------------------- */

static bool has_task(const struct sw_retention *retention)
{
	return retention->filled_id != FILLED || retention->removing_id != 0;
}

/* The engine's time of the next step; SW_NEVER: none, or something else comes first. */
static int64_t next_ms(const struct sw_engine *engine)
{
	const struct sw_retention *retention = &engine->retention;
	if (engine->state != SW_ENGINE_RUNNING || engine->which == SW_RESUME_NONE || engine->flight ||
	    engine->unrecorded || engine->changes_left || retention->written_in > engine->committed_number)
		return SW_NEVER;
	if (has_task(retention))
		return 0;
	return retention->keep_ms == SW_NEVER ? SW_NEVER : retention->next_ms;
}

int64_t sw_retention_next_mono_ms(const struct sw_engine *engine)
{
	int64_t due_ms = next_ms(engine);
	if (due_ms == SW_NEVER)
		return SW_NEVER;
	int64_t mono_ms = sw_clock_mono_ms(&engine->clock, due_ms);
	return mono_ms > engine->retention.pause_mono_ms ? mono_ms : engine->retention.pause_mono_ms;
}

static enum sw_result take_step(struct step *step)
{
	struct sw_engine *engine = step->engine;
	struct sw_answer nobody = {0};
	enum sw_result r = sw_store_begin(engine->store, &step->snapshot, NULL);
	if (r < 0)
		return r;
	if (step->next.removing_id)
		r = remove_parts(step, step->next.removing_id);
	else if (step->next.filled_id != FILLED)
		r = fill(step);
	else
		r = walk(step);
	sw_snapshot_end(step->snapshot);
	bool writes = r == SW_OK && sw_batch_count(step->batch) > 0;
	bool alone = sw_box_is_empty(engine->open);
	if (writes)
		r = sw_engine_write(engine, &nobody, NULL);
	if (r < 0)
		return r;
	engine->retention = step->next;
	if (writes && alone)
		engine->retention.pause_mono_ms =
			engine->loop->ops->mono_ms(engine->loop->data) + IDLE_PAUSE_MS;
	if (writes) {
		engine->retention.written_in = engine->open_number;
		engine->open->forgets = true;
		engine->meters.removed += step->removed;
	}
	return SW_OK;
}

void sw_retention_some(struct sw_engine *engine)
{
	const struct sw_loop *loop = engine->loop;
	int64_t mono_ms = loop->ops->mono_ms(loop->data);
	int64_t now_ms = engine->clock.last_ms;
	if (next_ms(engine) > now_ms || mono_ms < engine->retention.pause_mono_ms)
		return;
	struct step step = {.engine = engine,
			    .batch = sw_engine_changes(engine),
			    .operations_max = sw_batch_count(engine->open->batch),
			    .now_ms = now_ms,
			    .ends_mono_ms = mono_ms + STEP_MS_MAX,
			    .next = engine->retention};
	if (step.operations_max < STEP_OPERATIONS)
		step.operations_max = STEP_OPERATIONS;
	if (step.operations_max > STEP_OPERATIONS_MAX)
		step.operations_max = STEP_OPERATIONS_MAX;
	enum sw_result r = step.batch ? take_step(&step) : SW_ENOMEM;
	if (r == SW_OK)
		return;
	if (r != SW_ENOMEM)
		SW_LOG(&engine->log, SW_LOG_WARNING, "executions that are due to be removed have to wait: %s",
		       sw_result_text(r));
	engine->retention.pause_mono_ms = mono_ms + SW_RETRY_PAUSE_MS;
}
