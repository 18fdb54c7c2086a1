/*
 * Executions of EXPRESS machines: they live in memory, and their turns write nothing. So what a turn tells
 * waits for no commit, but for two: the machine's, when that was created a moment ago, and that of its own
 * start. An asynchronous execution ("at-least-once") that does not end in its first turn has its start on
 * disk, from which it runs again after a crash; the record goes when it ends.
 *
 * On disk: a head with the express flag, as it was before the first step, and a mark of what is in flight for
 * branch 0. No branches, no history, no listing, no name: AWS shows EXPRESS executions to nobody either.
 */
#include "engine/internal.h"

#include "base/mem.h"

#include <string.h>

#define BILLED_STEP_MS 100
#define BILLED_MEMORY_MIB 64

enum sw_result sw_express_arn(const struct sw_engine *engine, const char *machine, const char *name,
			      uint64_t id, char *text, size_t bytes)
{
	/* The same after a crash: it is made of the id alone. */
	struct sw_rng rng = sw_rng(id);
	uint64_t random = sw_rng_next(&rng);
	uint8_t filling[sizeof(random)];
	char uuid[37];
	memcpy(filling, &random, sizeof(random));
	sw_id_name(id, filling, uuid);
	return sw_arn_express(text, bytes, engine->region, engine->account, machine, name, uuid);
}

struct sw_box *sw_express_box(struct sw_engine *engine, const struct sw_entry *entry)
{
	return entry->express && entry->after_box <= engine->told_number ? &engine->passing : engine->open;
}

/* ---- what is kept of a turn --------------------------------------------------------------------------- */

/* The execution as it was before its first step: so it begins again. */
static enum sw_result record_start(struct sw_engine *engine, struct sw_entry *entry)
{
	struct sw_execution *execution = entry->execution;
	struct sw_execution first = *execution;
	struct sw_value_writer writer = {&first, engine->open->batch};
	struct sw_key key;
	first.next_event_id = 1;
	first.next_branch = 0;
	first.timeout_due_ms = SW_NEVER;
	first.mock_counts = NULL;
	sw_buf_reset(&engine->record);
	enum sw_result r = sw_head_encode(&writer, &first, &engine->record);
	execution->next_value = first.next_value;
	if (r < 0)
		return r;
	sw_key_execution(&key, entry->id);
	r = sw_batch_put(engine->open->batch, SW_TABLE_EXECUTIONS, sw_key_slice(&key),
			 sw_slice(engine->record.data, engine->record.len));
	sw_key_timer(&key, 0, entry->id, 0);
	if (r == SW_OK)
		r = sw_batch_put(engine->open->batch, SW_TABLE_TIMERS, sw_key_slice(&key), sw_slice(NULL, 0));
	if (r < 0)
		return r;
	entry->on_disk = true;
	entry->after_box = engine->open_number;
	return SW_OK;
}

static enum sw_result record_end(struct sw_engine *engine, struct sw_entry *entry)
{
	struct sw_batch *batch = engine->open->batch;
	struct sw_key key;
	sw_key_execution(&key, entry->id);
	enum sw_result r = sw_batch_delete(batch, SW_TABLE_EXECUTIONS, sw_key_slice(&key));
	if (r == SW_OK)
		r = sw_batch_delete_prefix(batch, SW_TABLE_VALUES, sw_key_slice(&key));
	sw_key_timer(&key, 0, entry->id, 0);
	if (r == SW_OK)
		r = sw_batch_delete(batch, SW_TABLE_TIMERS, sw_key_slice(&key));
	if (r == SW_OK)
		entry->on_disk = false;
	return r;
}

static void keep_timers(struct sw_engine *engine, struct sw_entry *entry)
{
	struct sw_execution *execution = entry->execution;
	for (uint32_t i = 0; i < execution->removed_count; i++) {
		sw_timers_forget(engine, entry->id, execution->removed[i].number);
		sw_attempt_doubt(entry, execution->removed[i].delivery);
	}
	execution->removed_count = 0;
	for (struct sw_branch *branch = execution->dirty_first; branch; branch = execution->dirty_first) {
		if (branch->stored_due_ms != branch->due_ms) {
			branch->stored_due_ms = branch->due_ms;
			sw_timers_set(engine, entry, branch->number, branch->due_ms);
		}
		sw_attempt_doubt(entry, branch->delivery);
		sw_branch_clean(branch);
	}
	if (entry->stored_timeout_ms != execution->timeout_due_ms) {
		entry->stored_timeout_ms = execution->timeout_due_ms;
		sw_timers_set(engine, entry, SW_NO_BRANCH, execution->timeout_due_ms);
	}
}

enum sw_result sw_express_record(struct sw_engine *engine, struct sw_entry *entry)
{
	bool runs = entry->execution->status == SW_STATUS_RUNNING;
	enum sw_result r = SW_OK;
	if (entry->asynchronous && runs && !entry->on_disk)
		r = record_start(engine, entry);
	else if (entry->on_disk && !runs)
		r = record_end(engine, entry);
	if (r == SW_OK)
		keep_timers(engine, entry);
	return r;
}

/* ---- the end ------------------------------------------------------------------------------------------ */

static const char *text_of(struct sw_value *value, size_t *ret_len, enum sw_result *result)
{
	struct sw_slice text = {NULL, 0};
	if (value && *result == SW_OK)
		*result = sw_value_text(value, &text);
	*ret_len = text.len;
	return text.data;
}

static void fill(const struct sw_execution *execution, struct sw_outcome *outcome)
{
	int64_t took_ms = execution->stop_ms - execution->start_ms;
	outcome->arn = execution->arn;
	outcome->name = execution->name;
	outcome->machine_arn = execution->machine_arn;
	outcome->trace_header = execution->trace_header;
	outcome->error = execution->failure.error;
	outcome->cause = execution->failure.cause;
	outcome->status = execution->status;
	outcome->start_ms = execution->start_ms;
	outcome->stop_ms = execution->stop_ms;
	/* "Duration is calculated [...] rounded up to the nearest 100ms"; memory "in 64-MB chunks". */
	outcome->billed_ms = (took_ms + BILLED_STEP_MS - 1) / BILLED_STEP_MS * BILLED_STEP_MS;
	if (outcome->billed_ms < BILLED_STEP_MS)
		outcome->billed_ms = BILLED_STEP_MS;
	outcome->billed_mib = BILLED_MEMORY_MIB;
}

void sw_express_tell(struct sw_engine *engine, struct sw_entry *entry, enum sw_result result,
		     const char *text)
{
	struct sw_outcome outcome = {0};
	struct sw_error err = {0};
	sw_outcome_fn *tell = entry->outcome;
	if (!tell)
		return;
	entry->outcome = NULL;
	if (result == SW_OK) {
		fill(entry->execution, &outcome);
		outcome.input = text_of(entry->execution->input, &outcome.input_len, &result);
		outcome.output = text_of(entry->execution->output, &outcome.output_len, &result);
	}
	if (result < 0)
		sw_error_set(&err, result, "%s", text ? text : sw_result_text(result));
	engine->calling++;
	tell(entry->outcome_user, result, result < 0 ? NULL : &outcome, result < 0 ? &err : NULL);
	engine->calling--;
}

void sw_express_abandon(struct sw_engine *engine, struct sw_entry *entry, enum sw_result result)
{
	SW_LOG_ABOUT(&engine->log, SW_LOG_ERROR, entry->execution->arn, "cannot go on: %s%s",
		     sw_result_text(result),
		     entry->on_disk ? "; it begins again when the engine is opened next" : "");
	while (entry->pending_first) {
		struct sw_pending *pending = entry->pending_first;
		struct sw_answer answer = {.reply = pending->reply, .user = pending->user, .result = result};
		entry->pending_first = pending->next;
		if (!entry->pending_first)
			entry->pending_end = &entry->pending_first;
		/* At once: what it was to wait for will not be written. */
		engine->calling++;
		sw_answer_give(&answer);
		engine->calling--;
		sw_pending_free(pending);
	}
	sw_express_tell(engine, entry, result, NULL);
	for (uint32_t i = 0; i < entry->execution->branches_count; i++)
		sw_timers_forget(engine, entry->id, entry->execution->branches[i]->number);
	sw_timers_forget(engine, entry->id, SW_NO_BRANCH);
	sw_executions_remove(engine, entry);
}

/* ---- after a crash ------------------------------------------------------------------------------------ */

void sw_express_revive(struct sw_engine *engine, struct sw_entry *entry)
{
	entry->express = entry->asynchronous = entry->on_disk = true;
	entry->more = true; /* it has no events: its first turn is its start */
	sw_executions_enqueue(engine, entry);
}
