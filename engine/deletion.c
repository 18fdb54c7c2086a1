/*
 * DeleteStateMachine: "the state machine is marked for deletion (DELETING) ... and deleted only once all its
 * executions are completed". Who still runs is not counted anywhere: the machine's listing is walked once, a
 * little at a time; at an execution that runs the walk stops until that one has ended.
 */
#include "engine/qualifiers.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WALKED_AT_ONCE 500
#define SETTING_PREFIX "deleting:"
#define BLOCKED_ELSEWHERE UINT64_MAX /* no execution has this id */

/* ---- jobs --------------------------------------------------------------------------------------------- */

static void setting_name(uint32_t number, char text[32])
{
	snprintf(text, 32, SETTING_PREFIX "%u", number);
}

static struct sw_deletion *deletion_new(const char *name, size_t name_len, uint32_t number)
{
	struct sw_deletion *deletion = sw_zalloc(sizeof(*deletion));
	char *copy = sw_memdup(name, name_len);
	if (!deletion || !copy) {
		sw_free(deletion);
		sw_free(copy);
		return NULL;
	}
	deletion->name = copy;
	deletion->number = number;
	return deletion;
}

static void deletion_free(struct sw_deletion *deletion)
{
	sw_free(deletion->name);
	sw_free(deletion);
}

/* Deletions that an earlier process began. */
static enum sw_result recover_deletions(struct sw_engine *engine, struct sw_snapshot *snapshot)
{
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	const size_t prefix_len = strlen(SETTING_PREFIX);
	enum sw_result r =
		sw_scan_new(snapshot, SW_TABLE_SETTINGS, sw_slice(SETTING_PREFIX, prefix_len), false, &scan);
	while (r == SW_OK && (r = sw_scan_next(scan, &key, &value)) == SW_OK) {
		char digits[16] = "";
		if (key.len < prefix_len || memcmp(key.data, SETTING_PREFIX, prefix_len) != 0)
			break;
		if (key.len - prefix_len >= sizeof(digits))
			continue;
		memcpy(digits, (const char *)key.data + prefix_len, key.len - prefix_len);
		struct sw_deletion *deletion =
			deletion_new(value.data, value.len, (uint32_t)strtoul(digits, NULL, 10));
		if (!deletion) {
			r = SW_ENOMEM;
			break;
		}
		deletion->next = engine->machines.deletions;
		engine->machines.deletions = deletion;
	}
	sw_scan_free(scan);
	return r == SW_ENOENT ? SW_OK : r;
}

enum sw_result sw_machines_recover(struct sw_engine *engine, struct sw_snapshot *snapshot,
				   struct sw_error *err)
{
	struct sw_machines *machines = &engine->machines;
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	machines->buckets = sw_zalloc_array(SW_MACHINES_CACHED_MAX, sizeof(struct sw_known_machine *));
	if (!machines->buckets)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	machines->buckets_count = SW_MACHINES_CACHED_MAX;
	/* The greatest number there is, or was: the listing of a machine that is gone must not become
	 * another's. */
	enum sw_result r = sw_scan_new(snapshot, SW_TABLE_NUMBERS, sw_slice(NULL, 0), true, &scan);
	if (r == SW_OK)
		r = sw_scan_next(scan, &key, &value);
	if (r == SW_OK) {
		struct sw_cursor cursor = sw_cursor(key);
		machines->last_number = sw_cursor_be32(&cursor);
	}
	sw_scan_free(scan);
	if (r == SW_OK || r == SW_ENOENT)
		r = sw_snapshot_get(snapshot, SW_TABLE_SETTINGS, sw_slice("number", 6), &value);
	if (r == SW_OK) {
		struct sw_cursor cursor = sw_cursor(value);
		uint32_t number = sw_cursor_be32(&cursor);
		if (number > machines->last_number)
			machines->last_number = number;
	}
	return r == SW_OK || r == SW_ENOENT ? recover_deletions(engine, snapshot) : r;
}

/* ---- DeleteStateMachine ------------------------------------------------------------------------------- */

static enum sw_result put_status(struct sw_batch *batch, const struct sw_known_machine *known,
				 enum sw_machine_status status)
{
	struct sw_machine_record record = known->record; /* borrowed */
	record.status = status;
	return sw_machines_put(batch, &record);
}

static enum sw_result mark(struct sw_engine *engine, struct sw_known_machine *known, struct sw_answer *answer,
			   struct sw_error *err)
{
	const struct sw_machine_record *record = &known->record;
	struct sw_batch *batch = sw_engine_changes(engine);
	struct sw_deletion *deletion = deletion_new(record->name, strlen(record->name), record->number);
	char setting[32];
	setting_name(record->number, setting);
	enum sw_result r = batch && deletion ? put_status(batch, known, SW_MACHINE_DELETING) : SW_ENOMEM;
	if (r == SW_OK)
		r = sw_batch_put(batch, SW_TABLE_SETTINGS, sw_slice(setting, strlen(setting)),
				 sw_slice(record->name, strlen(record->name)));
	if (r == SW_OK)
		r = sw_engine_write(engine, answer, err);
	else
		sw_answer_done(answer);
	if (r < 0) {
		if (deletion)
			deletion_free(deletion);
		return sw_error_set(err, r, "%s", sw_result_text(r));
	}
	known->record.status = SW_MACHINE_DELETING;
	known->written_in = deletion->written_in = engine->machines.changed_in = engine->open_number;
	deletion->next = engine->machines.deletions;
	engine->machines.deletions = deletion;
	return SW_OK;
}

enum sw_result sw_engine_delete_machine(struct sw_engine *engine, const char *name, sw_reply_fn *reply,
					void *user, struct sw_error *err)
{
	struct sw_known_machine *known = NULL;
	struct sw_answer answer = {.reply = reply, .user = user};
	char arn[SW_ARN_TEXT_BYTES] = "";
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	if (!name)
		return sw_error_set(err, SW_EINVAL, "which machine?");
	r = sw_machines_find(engine, name, &known, NULL);
	if (r < 0 && r != SW_ENOENT)
		return sw_error_set(err, r, "%s", sw_result_text(r));
	sw_arn_machine(arn, sizeof(arn), engine->region, engine->account, name);
	answer.arn = sw_strdup(arn);
	if (!answer.arn)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	if (r == SW_OK && known->record.status == SW_MACHINE_ACTIVE)
		return mark(engine, known, &answer, err);
	answer.existed = true; /* nothing was changed */
	return sw_engine_answer(engine, &answer, true, err);
}

/* ---- the walk ----------------------------------------------------------------------------------------- */

static bool runs(const struct sw_entry *entry)
{
	return !entry->deleted && (!entry->stored || entry->execution->status == SW_STATUS_RUNNING);
}

/* An execution that is in memory only, or whose start is not on disk yet. */
static uint64_t running_in_memory(const struct sw_engine *engine, uint32_t number)
{
	const struct sw_executions *executions = &engine->executions;
	for (size_t i = 0; i < executions->buckets_count; i++) {
		for (const struct sw_entry *entry = executions->buckets[i]; entry;
		     entry = entry->bucket_next) {
			if (entry->execution->machine_number == number && runs(entry))
				return entry->id;
		}
	}
	return 0;
}

/*
 * An execution that is about to go on: it was redriven before the mark was seen here, and has had no turn since. It runs
 * after that, or was refused.
 */
static bool redrive_waits(const struct sw_engine *engine, uint32_t number)
{
	const struct sw_executions *executions = &engine->executions;
	for (size_t i = 0; i < executions->buckets_count; i++) {
		for (const struct sw_entry *entry = executions->buckets[i]; entry;
		     entry = entry->bucket_next) {
			const struct sw_pending *pending = entry->pending_first;
			while (pending && pending->kind != SW_EVENT_REDRIVE)
				pending = pending->next;
			if (pending && entry->execution->machine_number == number)
				return true;
		}
	}
	return false;
}

/* Does the execution of a listing run? One that is damaged, or gone, is not waited for. */
static enum sw_result runs_on_disk(struct sw_engine *engine, struct sw_snapshot *snapshot, uint64_t id,
				   bool *ret_runs)
{
	const struct sw_entry *entry = sw_executions_get(&engine->executions, id);
	struct sw_head head = {0};
	struct sw_slice bytes;
	struct sw_key key;
	*ret_runs = entry && runs(entry);
	if (entry)
		return SW_OK;
	sw_key_execution(&key, id);
	enum sw_result r = sw_snapshot_get(snapshot, SW_TABLE_EXECUTIONS, sw_key_slice(&key), &bytes);
	if (r == SW_OK)
		r = sw_head_decode(bytes, id, NULL, false, &head, NULL);
	if (r == SW_OK)
		*ret_runs = head.status == SW_STATUS_RUNNING;
	sw_head_done(&head);
	return sw_loading_is_final(r) ? SW_OK : r;
}

/* SW_ENOENT: the end of the listing. SW_OK: somebody runs, or that is enough for now. Else it could not be read. */
static enum sw_result walk(struct sw_engine *engine, struct sw_deletion *deletion)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_slice bytes, value;
	struct sw_error error = {0};
	struct sw_key from;
	enum sw_result r = sw_store_begin(engine->store, &snapshot, &error);
	sw_key_listing(&from, deletion->number, deletion->seen_id + 1);
	if (r == SW_OK)
		r = sw_scan_new(snapshot, SW_TABLE_LISTING, sw_key_slice(&from), false, &scan);
	for (int i = 0; i < WALKED_AT_ONCE && r == SW_OK && deletion->blocked_by == 0; i++) {
		r = sw_scan_next(scan, &bytes, &value);
		if (r < 0)
			break;
		struct sw_cursor cursor = sw_cursor(bytes);
		uint32_t number = sw_cursor_be32(&cursor);
		uint64_t id = sw_cursor_be64(&cursor);
		bool blocked = false;
		r = cursor.failed || number != deletion->number
			    ? SW_ENOENT
			    : runs_on_disk(engine, snapshot, id, &blocked);
		if (blocked)
			deletion->blocked_by = id;
		else if (r == SW_OK)
			deletion->seen_id = id;
	}
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	return r;
}

/* The tombstone: the revisions stay, because executions that are kept tell what they ran. */
static enum sw_result bury(struct sw_engine *engine, const struct sw_deletion *deletion)
{
	struct sw_known_machine *known;
	struct sw_answer nobody = {0};
	struct sw_key number;
	char setting[32];
	enum sw_result r = sw_machines_find(engine, deletion->name, &known, NULL);
	struct sw_batch *batch = r == SW_OK ? sw_engine_changes(engine) : NULL;
	if (!batch)
		return r < 0 ? r : SW_ENOMEM;
	bool same = known->record.number == deletion->number && known->record.status == SW_MACHINE_DELETING;
	setting_name(deletion->number, setting);
	sw_key_number(&number, deletion->number);
	if (same)
		r = put_status(batch, known, SW_MACHINE_DELETED);
	if (r == SW_OK)
		r = sw_batch_delete(batch, SW_TABLE_NUMBERS, sw_key_slice(&number));
	if (r == SW_OK)
		r = sw_batch_delete(batch, SW_TABLE_SETTINGS, sw_slice(setting, strlen(setting)));
	if (r == SW_OK)
		r = sw_qualifiers_drop(batch, deletion->number);
	if (r == SW_OK)
		r = sw_engine_write(engine, &nobody, NULL);
	if (r == SW_OK && same) {
		known->record.status = SW_MACHINE_DELETED;
		known->written_in = engine->machines.changed_in = engine->open_number;
	}
	return r;
}

/* Other partitions are asked last: what runs here may take long. */
static bool runs_nowhere(struct sw_engine *engine, struct sw_deletion *deletion)
{
	const struct sw_partition_hooks *hooks = &engine->hooks;
	if (!hooks->runs_elsewhere)
		return true;
	engine->calling++;
	enum sw_result r = hooks->runs_elsewhere(hooks->user, deletion->number);
	engine->calling--;
	if (r == SW_EBUSY)
		deletion->blocked_by = BLOCKED_ELSEWHERE;
	else if (r < 0)
		sw_engine_fetch_later(engine);
	return r == SW_OK;
}

/* True: it is done. */
static bool delete_some(struct sw_engine *engine, struct sw_deletion *deletion)
{
	enum sw_result r = walk(engine, deletion);
	if (r < 0 && r != SW_ENOENT)
		sw_engine_fetch_later(engine);
	if (r != SW_ENOENT)
		return false;
	deletion->blocked_by = running_in_memory(engine, deletion->number);
	if (deletion->blocked_by)
		return false;
	if (deletion->drained && redrive_waits(engine, deletion->number))
		return false;
	if (deletion->drained) {
		engine->calling++;
		deletion->drained(deletion->drained_user, deletion->number);
		engine->calling--;
		return true;
	}
	if (!runs_nowhere(engine, deletion))
		return false;
	r = bury(engine, deletion);
	if (r == SW_ENOMEM)
		sw_engine_fetch_later(engine);
	if (r < 0 && r != SW_ENOMEM)
		SW_LOG(&engine->log, SW_LOG_ERROR, "the state machine '%s' cannot be deleted: %s",
		       deletion->name, sw_result_text(r));
	return r != SW_ENOMEM;
}

static bool is_ready(const struct sw_engine *engine, const struct sw_deletion *deletion)
{
	return deletion->blocked_by == 0 && deletion->written_in <= engine->committed_number;
}

bool sw_machines_may_delete(const struct sw_engine *engine)
{
	const struct sw_deletion *deletion = engine->machines.deletions;
	while (deletion && !is_ready(engine, deletion))
		deletion = deletion->next;
	return deletion != NULL;
}

/* Whoever was told of it may have added others in front. */
static void forget_deletion(struct sw_machines *machines, struct sw_deletion *deletion)
{
	struct sw_deletion **link = &machines->deletions;
	while (*link != deletion)
		link = &(*link)->next;
	*link = deletion->next;
	deletion_free(deletion);
}

void sw_machines_delete_some(struct sw_engine *engine)
{
	struct sw_deletion *deletion = engine->machines.deletions;
	while (deletion) {
		struct sw_deletion *next = deletion->next;
		if (is_ready(engine, deletion) && !engine->changes_left && sw_engine_may_fetch(engine) &&
		    delete_some(engine, deletion))
			forget_deletion(&engine->machines, deletion);
		deletion = next;
	}
}

void sw_machines_execution_ended(struct sw_engine *engine, const struct sw_execution *execution)
{
	for (struct sw_deletion *deletion = engine->machines.deletions; deletion; deletion = deletion->next) {
		if (deletion->blocked_by == execution->id) {
			deletion->blocked_by = 0;
			sw_engine_wake(engine);
		}
	}
}

/* ---- among partitions --------------------------------------------------------------------------------- */

void sw_engine_look_again(struct sw_engine *engine, uint32_t machine_number)
{
	for (struct sw_deletion *deletion = engine->machines.deletions; deletion; deletion = deletion->next) {
		if (deletion->number == machine_number && deletion->blocked_by == BLOCKED_ELSEWHERE) {
			deletion->blocked_by = 0;
			sw_engine_wake(engine);
		}
	}
}

enum sw_result sw_engine_drain_machine(struct sw_engine *engine, uint32_t machine_number,
				       sw_drained_fn *drained, void *user, struct sw_error *err)
{
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	struct sw_deletion *deletion = sw_zalloc(sizeof(*deletion));
	if (!deletion)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	/* What is not on disk is in memory: the walk waits for no commit. */
	*deletion = (struct sw_deletion){.next = engine->machines.deletions,
					 .number = machine_number,
					 .drained = drained,
					 .drained_user = user};
	engine->machines.deletions = deletion;
	sw_engine_wake(engine);
	return SW_OK;
}
