/*
 * One turn: an event that waits at an execution, sw_step, and the records of what changed into the open box.
 * Nothing outside is told here: that is done by the box's actions, after its commit.
 *
 * When memory is short before the step, the event stays where it is. When the step itself fails, the
 * execution is dropped and loaded again as soon as all its boxes are on disk, and the event is applied again.
 * When it fails afterwards, while the records are written, they are written again from the start into the
 * same box, under the same keys; until they are complete the box is not handed over.
 */
#include "engine/internal.h"

#include "base/assert.h"
#include "base/mem.h"

#include <string.h>

#define TURNS_FAILED_LOGGED 8

bool sw_entry_advances(const struct sw_engine *engine, const struct sw_entry *entry)
{
	return engine->which == SW_RESUME_ALL || (engine->which == SW_RESUME_OWN && entry->own);
}

/* ---- records ------------------------------------------------------------------------------------------ */

static enum sw_result put_record(struct sw_engine *engine, enum sw_table table, const struct sw_key *key,
				 bool append)
{
	struct sw_slice value = sw_slice(engine->record.data, engine->record.len);
	struct sw_batch *batch = engine->open->batch;
	return append ? sw_batch_append(batch, table, sw_key_slice(key), value)
		      : sw_batch_put(batch, table, sw_key_slice(key), value);
}

/* The timer of a branch as the table holds it and as it should be. */
static enum sw_result move_timer(struct sw_engine *engine, uint64_t id, uint32_t branch, int64_t stored_ms,
				 int64_t due_ms)
{
	struct sw_batch *batch = engine->open->batch;
	struct sw_key key;
	enum sw_result r = SW_OK;
	/* Due times below 1 would be taken for the mark of what is in flight. */
	if (stored_ms == due_ms)
		return SW_OK;
	if (stored_ms != SW_NEVER) {
		sw_key_timer(&key, stored_ms < 1 ? 1 : stored_ms, id, branch);
		r = sw_batch_delete(batch, SW_TABLE_TIMERS, sw_key_slice(&key));
	}
	if (r == SW_OK && due_ms != SW_NEVER) {
		sw_key_timer(&key, due_ms < 1 ? 1 : due_ms, id, branch);
		r = sw_batch_put(batch, SW_TABLE_TIMERS, sw_key_slice(&key), sw_slice(NULL, 0));
	}
	return r;
}

static enum sw_result mark_in_flight(struct sw_engine *engine, uint64_t id, uint32_t branch, bool stored,
				     bool wanted)
{
	struct sw_key key;
	if (stored == wanted)
		return SW_OK;
	sw_key_timer(&key, 0, id, branch);
	if (!wanted)
		sw_activities_forget(engine, id, branch);
	return wanted ? sw_batch_put(engine->open->batch, SW_TABLE_TIMERS, sw_key_slice(&key),
				     sw_slice(NULL, 0))
		      : sw_batch_delete(engine->open->batch, SW_TABLE_TIMERS, sw_key_slice(&key));
}

/* Into its activity's queue, from one place in it to another, or out of it. */
static enum sw_result move_in_queue(struct sw_engine *engine, uint64_t id, uint32_t branch,
				    const struct sw_queue_place *stored, const struct sw_queue_place *place)
{
	struct sw_batch *batch = engine->open->batch;
	struct sw_key key;
	enum sw_result r = SW_OK;
	bool stays = stored->state == place->state && stored->entered_ms == place->entered_ms &&
		     stored->attempt == place->attempt;
	if (stays || (!stored->state && !place->state))
		return SW_OK;
	if (stored->state) {
		sw_activities_forget(engine, id, branch);
		sw_activities_key(&key, stored, id, branch);
		r = sw_batch_delete(batch, SW_TABLE_QUEUES, sw_key_slice(&key));
	}
	if (r == SW_OK && place->state) {
		struct sw_key attempt = {.len = 0};
		sw_key_number(&attempt, place->attempt);
		sw_activities_key(&key, place, id, branch);
		r = sw_batch_put(batch, SW_TABLE_QUEUES, sw_key_slice(&key), sw_key_slice(&attempt));
	}
	return r;
}

static enum sw_result record_branch(struct sw_engine *engine, struct sw_entry *entry,
				    struct sw_branch *branch)
{
	struct sw_execution *execution = entry->execution;
	struct sw_value_writer writer = {execution, engine->open->batch};
	struct sw_key key;
	struct sw_queue_place place = {0};
	branch->in_queue = sw_activities_queues(engine, execution, branch);
	if (branch->in_queue)
		place = (struct sw_queue_place){branch->state, branch->entered_ms, branch->attempt};
	bool in_flight = branch->wait == SW_BRANCH_READY ||
			 (branch->wait == SW_BRANCH_TASK && branch->dispatchable && !branch->in_queue);
	sw_buf_reset(&engine->record);
	enum sw_result r = sw_branch_encode(&writer, branch, &engine->record);
	if (r == SW_OK) {
		sw_key_pair(&key, execution->id, branch->number);
		r = put_record(engine, SW_TABLE_BRANCHES, &key, !entry->stored);
	}
	if (r == SW_OK)
		r = move_timer(engine, execution->id, branch->number, branch->stored_due_ms, branch->due_ms);
	if (r == SW_OK)
		r = mark_in_flight(engine, execution->id, branch->number, branch->stored_in_flight,
				   in_flight);
	if (r == SW_OK)
		r = move_in_queue(engine, execution->id, branch->number, &branch->stored_place, &place);
	if (r < 0)
		return r;
	branch->on_disk = true;
	branch->stored_in_flight = in_flight;
	branch->stored_place = place;
	if (branch->stored_due_ms != branch->due_ms) {
		branch->stored_due_ms = branch->due_ms;
		sw_timers_set(engine, entry, branch->number, branch->due_ms);
	}
	sw_attempt_doubt(entry, branch->delivery);
	sw_branch_clean(branch);
	return SW_OK;
}

static enum sw_result record_removed(struct sw_engine *engine, struct sw_entry *entry)
{
	struct sw_execution *execution = entry->execution;
	const struct sw_queue_place nowhere = {0};
	/* All at once, unless the root is kept. */
	bool ended = execution->status != SW_STATUS_RUNNING && execution->branches_count == 0;
	struct sw_key key;
	enum sw_result r = SW_OK;
	for (uint32_t i = 0; i < execution->removed_count && r == SW_OK; i++) {
		const struct sw_removed *removed = &execution->removed[i];
		if (removed->on_disk && !ended) {
			sw_key_pair(&key, execution->id, removed->number);
			r = sw_batch_delete(engine->open->batch, SW_TABLE_BRANCHES, sw_key_slice(&key));
		}
		if (r == SW_OK)
			r = move_timer(engine, execution->id, removed->number, removed->stored_due_ms,
				       SW_NEVER);
		if (r == SW_OK)
			r = mark_in_flight(engine, execution->id, removed->number, removed->stored_in_flight,
					   false);
		if (r == SW_OK)
			r = move_in_queue(engine, execution->id, removed->number, &removed->stored_place,
					  &nowhere);
		sw_timers_forget(engine, execution->id, removed->number);
		sw_attempt_doubt(entry, removed->delivery);
	}
	if (r == SW_OK && ended && entry->stored) {
		sw_key_execution(&key, execution->id);
		r = sw_batch_delete_prefix(engine->open->batch, SW_TABLE_BRANCHES, sw_key_slice(&key));
	}
	if (r == SW_OK)
		execution->removed_count = 0;
	return r;
}

static enum sw_result record_history(struct sw_engine *engine, struct sw_entry *entry)
{
	const struct sw_effects *effects = &engine->effects;
	struct sw_value_writer writer = {entry->execution, engine->open->batch};
	struct sw_key key;
	if (effects->events_count == 0)
		return SW_OK;
	sw_buf_reset(&engine->record);
	enum sw_result r =
		sw_history_encode(&writer, effects->events, effects->events_count, &engine->record);
	if (r < 0)
		return r;
	sw_key_pair(&key, entry->id, effects->events[0].id);
	return put_record(engine, SW_TABLE_HISTORY, &key, !entry->stored);
}

/* What is written once: where the execution is listed, its input, and the name a caller gave. */
static enum sw_result record_first(struct sw_engine *engine, struct sw_entry *entry)
{
	struct sw_value_writer writer = {entry->execution, engine->open->batch};
	struct sw_key key, id;
	sw_key_listing(&key, entry->execution->machine_number, entry->id);
	enum sw_result r =
		sw_batch_append(engine->open->batch, SW_TABLE_LISTING, sw_key_slice(&key), sw_slice(NULL, 0));
	/* The head is written with every turn, and most inputs go on to the first task. */
	if (r == SW_OK)
		r = sw_value_keep(&writer, entry->execution->input, SW_INPUT_INLINE_BYTES_MAX);
	if (r < 0 || !entry->named)
		return r;
	sw_key_execution(&id, entry->id);
	return sw_batch_put(engine->open->batch, SW_TABLE_NAMES,
			    sw_slice(entry->name_key, sizeof(entry->name_key)), sw_key_slice(&id));
}

static enum sw_result record_head(struct sw_engine *engine, struct sw_entry *entry)
{
	struct sw_execution *execution = entry->execution;
	struct sw_value_writer writer = {execution, engine->open->batch};
	struct sw_key key;
	sw_buf_reset(&engine->record);
	enum sw_result r = sw_head_encode(&writer, execution, &engine->record);
	if (r < 0)
		return r;
	sw_key_execution(&key, execution->id);
	return put_record(engine, SW_TABLE_EXECUTIONS, &key, !entry->stored);
}

static enum sw_result record_timeout(struct sw_engine *engine, struct sw_entry *entry)
{
	int64_t due_ms = entry->execution->timeout_due_ms;
	enum sw_result r = move_timer(engine, entry->id, SW_NO_BRANCH, entry->stored_timeout_ms, due_ms);
	if (r < 0 || entry->stored_timeout_ms == due_ms)
		return r;
	entry->stored_timeout_ms = due_ms;
	sw_timers_set(engine, entry, SW_NO_BRANCH, due_ms);
	return SW_OK;
}

/* All records of a turn, the head last (it tells how many values were stored). */
static enum sw_result record_all(struct sw_engine *engine, struct sw_entry *entry)
{
	struct sw_execution *execution = entry->execution;
	enum sw_result r = entry->stored ? SW_OK : record_first(engine, entry);
	if (r == SW_OK)
		r = record_removed(engine, entry);
	while (r == SW_OK && execution->dirty_first)
		r = record_branch(engine, entry, execution->dirty_first);
	if (r == SW_OK)
		r = record_timeout(engine, entry);
	if (r == SW_OK)
		r = record_history(engine, entry);
	if (r == SW_OK)
		r = record_head(engine, entry);
	return r == SW_OK ? sw_retention_record(engine, entry) : r;
}

static bool has_changed(const struct sw_engine *engine, const struct sw_entry *entry)
{
	const struct sw_execution *execution = entry->execution;
	return !entry->stored || engine->effects.events_count > 0 || execution->removed_count > 0 ||
	       execution->dirty_first;
}

/* ---- what follows the commit -------------------------------------------------------------------------- */

/* An attempt for each command to deliver one, unless it is over already. */
static enum sw_result make_attempts(struct sw_engine *engine, struct sw_entry *entry)
{
	const struct sw_execution *execution = entry->execution;
	for (uint32_t i = 0; i < engine->effects.commands_count; i++) {
		const struct sw_command *command = &engine->effects.commands[i];
		struct sw_branch *branch = sw_execution_branch(execution, command->branch);
		if (command->kind != SW_COMMAND_DISPATCH || !sw_entry_advances(engine, entry) || !branch)
			continue;
		if (branch->wait != SW_BRANCH_TASK || branch->attempt != command->attempt ||
		    !branch->dispatchable)
			continue;
		if (sw_attempt_of(branch))
			continue; /* made before memory was short */
		struct sw_attempt *attempt = sw_attempt_new(engine, entry, branch);
		if (!attempt)
			return SW_ENOMEM;
		if (!entry->fresh)
			entry->fresh = attempt;
	}
	return SW_OK;
}

static void act_cancel(struct sw_engine *engine, struct sw_attempt *attempt)
{
	attempt->references++;
	sw_box_act(sw_express_box(engine, attempt->entry),
		   &(struct sw_action){.kind = SW_ACTION_CANCEL, .attempt = attempt});
}

static void act_dispatch(struct sw_engine *engine, struct sw_entry *entry)
{
	for (struct sw_attempt *attempt = entry->fresh; attempt; attempt = attempt->next) {
		attempt->references++;
		sw_box_act(sw_express_box(engine, entry),
			   &(struct sw_action){.kind = SW_ACTION_DISPATCH, .attempt = attempt});
	}
	entry->fresh = NULL;
}

/* Room for what a turn of the entry may tell, wherever that is told. */
static enum sw_result reserve(struct sw_engine *engine, const struct sw_entry *entry, size_t actions)
{
	enum sw_result r = sw_box_reserve(engine->open, actions, 1);
	return r == SW_OK && entry->express ? sw_box_reserve(&engine->passing, actions, 1) : r;
}

/* One pin for each box, however many turns: the latest counts. */
static void pin(struct sw_engine *engine, struct sw_entry *entry)
{
	struct sw_box *box = engine->open;
	if (entry->open_pin == 0) {
		entry->pins++;
		entry->open_pin = ++box->pins_count;
	}
	box->pins[entry->open_pin - 1] =
		(struct sw_pin){entry, entry->execution->status, entry->execution->next_event_id - 1};
}

static void count_ending(struct sw_engine *engine, enum sw_status status)
{
	struct sw_engine_stats *stats = &engine->stats;
	stats->succeeded += status == SW_STATUS_SUCCEEDED;
	stats->failed += status == SW_STATUS_FAILED;
	stats->timed_out += status == SW_STATUS_TIMED_OUT;
	stats->aborted += status == SW_STATUS_ABORTED;
}

static enum sw_result make_answer(const struct sw_entry *entry, const struct sw_pending *pending,
				  struct sw_answer *ret_answer)
{
	const struct sw_execution *execution = entry->execution;
	*ret_answer = (struct sw_answer){.reply = pending->reply, .user = pending->user};
	if (!pending->reply)
		return SW_OK;
	bool start = pending->kind == SW_EVENT_START || pending->existed;
	ret_answer->time_ms = start ? execution->start_ms : execution->stop_ms;
	if (pending->kind == SW_EVENT_REDRIVE)
		ret_answer->time_ms = execution->redrive_ms;
	ret_answer->existed = pending->existed;
	ret_answer->arn = sw_strdup(execution->arn);
	return ret_answer->arn ? SW_OK : SW_ENOMEM;
}

/* The records are complete: from here on nothing can fail. */
static void settle(struct sw_engine *engine, struct sw_entry *entry, const struct sw_pending *pending,
		   struct sw_answer *answer, bool changed)
{
	const struct sw_execution *execution = entry->execution;
	struct sw_box *box = sw_express_box(engine, entry);
	if (answer->reply)
		sw_box_act(box, &(struct sw_action){.kind = SW_ACTION_REPLY, .answer = *answer});
	sw_attempts_sift(engine, entry, pending, act_cancel);
	act_dispatch(engine, entry);
	engine->stats.transitions += engine->effects.transitions;
	if (changed && !entry->express)
		pin(engine, entry);
	if (entry->outcome && execution->status != SW_STATUS_RUNNING) {
		entry->pins++;
		sw_box_act(box, &(struct sw_action){.kind = SW_ACTION_OUTCOME, .entry = entry});
	}
	if (!entry->stored) {
		engine->stats.started++;
		sw_meters_started(engine, entry);
	}
	if (pending->kind == SW_EVENT_REDRIVE)
		sw_meters_redriven(engine, entry);
	entry->stored = true;
	sw_executions_unname(&engine->executions, entry);
	if (changed && execution->status != SW_STATUS_RUNNING) {
		count_ending(engine, execution->status);
		sw_meters_ended(engine, entry);
	}
	if (engine->execution_log.write)
		sw_execution_log_turn(engine, entry, box);
	entry->more = engine->effects.more &&
		      engine->which != SW_RESUME_NONE; /* its record says that it is ready */
	entry->retries = 0;
	if (entry->more || entry->pending_first)
		sw_executions_enqueue(engine, entry);
}

/*
 * No record can hold what the turn made. What is in the box already stays there, with what it belongs to; the
 * execution is loaded again after it, and fails.
 */
static bool abandon(struct sw_engine *engine, struct sw_entry *entry, enum sw_result result)
{
	struct sw_pending *pending = engine->unrecorded_pending;
	SW_LOG_ABOUT(&engine->log, SW_LOG_ERROR, entry->execution->arn, "cannot be stored: %s",
		     sw_result_text(result));
	if (!entry->damage)
		entry->damage = sw_strdup("The state of the execution is too large to be stored.");
	entry->fresh = NULL; /* never delivered; their branches do not outlive the failure */
	pending->next = entry->pending_first;
	if (!entry->pending_first)
		entry->pending_end = &pending->next;
	entry->pending_first = pending;
	pin(engine, entry);
	entry->broken = true;
	engine->unrecorded = NULL;
	engine->unrecorded_pending = NULL;
	engine->unrecorded_changed = false;
	sw_effects_reset(&engine->effects);
	return true;
}

/* Its start cannot be stored. */
static bool abandon_express(struct sw_engine *engine, struct sw_entry *entry, enum sw_result result)
{
	struct sw_pending *pending = engine->unrecorded_pending;
	engine->unrecorded = NULL;
	engine->unrecorded_pending = NULL;
	engine->unrecorded_changed = false;
	sw_effects_reset(&engine->effects);
	pending->next = entry->pending_first;
	if (!entry->pending_first)
		entry->pending_end = &pending->next;
	entry->pending_first = pending;
	sw_express_abandon(engine, entry, result);
	return true;
}

bool sw_turn_record(struct sw_engine *engine)
{
	struct sw_entry *entry = engine->unrecorded;
	struct sw_pending *pending = engine->unrecorded_pending;
	struct sw_answer answer = {0};
	if (!entry)
		return true;
	/* Not asked anew when it is tried again: by then some records are in the box. */
	bool changed = engine->unrecorded_changed = engine->unrecorded_changed || has_changed(engine, entry);
	enum sw_result r = make_attempts(engine, entry);
	if (r == SW_OK)
		r = reserve(engine, entry, 2 + 2 * entry->attempts_count);
	if (r == SW_OK)
		r = make_answer(entry, pending, &answer);
	if (r == SW_OK && changed)
		r = entry->express ? sw_express_record(engine, entry) : record_all(engine, entry);
	if (r < 0 && r != SW_ENOMEM && entry->express) {
		sw_answer_done(&answer);
		return abandon_express(engine, entry, r);
	}
	if (r < 0) {
		sw_answer_done(&answer);
		return r == SW_ENOMEM ? false : abandon(engine, entry, r);
	}
	engine->unrecorded = NULL;
	engine->unrecorded_pending = NULL;
	engine->unrecorded_changed = false;
	settle(engine, entry, pending, &answer, changed);
	sw_pending_free(pending);
	sw_effects_reset(&engine->effects);
	sw_executions_evict(engine, entry);
	return true;
}

/* ---- the step ----------------------------------------------------------------------------------------- */

/* Is the token the branch's? What is over is told from what never was as the step does. */
static enum sw_result check_token(const struct sw_execution *execution, const struct sw_pending *pending)
{
	const struct sw_branch *branch = sw_execution_branch(execution, pending->branch);
	if (!branch)
		return pending->branch < execution->next_branch ? SW_ETIMEDOUT : SW_ENOENT;
	if (branch->wait != SW_BRANCH_TASK || branch->attempt != pending->attempt)
		return branch->attempt < pending->attempt ? SW_ENOENT : SW_ETIMEDOUT;
	/* In constant time: a token is a secret. */
	unsigned different = 0;
	for (size_t i = 0; i < sizeof(pending->random); i++)
		different |= (unsigned)(pending->random[i] ^ branch->token[i]);
	return different ? SW_ENOENT : SW_OK;
}

static enum sw_result step(struct sw_engine *engine, struct sw_entry *entry, const struct sw_pending *pending,
			   enum sw_event_kind kind, struct sw_value *output)
{
	struct sw_event event = {.kind = kind,
				 .now_ms = sw_clock_now_ms(&engine->clock),
				 .seed = sw_engine_seed(engine),
				 .hold = engine->which == SW_RESUME_NONE,
				 .branch = pending->branch,
				 .attempt = pending->attempt,
				 .output = output,
				 .error = pending->error,
				 .cause = pending->cause,
				 .not_scheduled = pending->not_scheduled,
				 .worker = pending->worker,
				 .client_token = pending->client_token};
	return sw_step(entry->execution, &event, &engine->effects);
}

static bool is_outcome(enum sw_event_kind kind)
{
	return kind == SW_EVENT_TASK_SUCCEEDED || kind == SW_EVENT_TASK_FAILED ||
	       kind == SW_EVENT_TASK_TIMED_OUT;
}

static enum sw_result submit(struct sw_engine *engine, struct sw_entry *entry,
			     const struct sw_pending *pending)
{
	struct sw_value *nothing = sw_value_from_checked("{}", 2);
	enum sw_result r =
		nothing ? step(engine, entry, pending, SW_EVENT_TASK_SUBMITTED, nothing) : SW_ENOMEM;
	sw_value_unref(nothing);
	return r;
}

/* The branch whose attempt the event is about, if it still waits. A step may have removed it: asked anew each
 * time. */
static const struct sw_branch *waiting(const struct sw_entry *entry, const struct sw_pending *pending)
{
	const struct sw_branch *branch = sw_execution_branch(entry->execution, pending->branch);
	bool waits = branch && branch->wait == SW_BRANCH_TASK && branch->attempt == pending->attempt;
	return waits ? branch : NULL;
}

/* Was a worker to be seen before the outcome, was the job to be submitted? SW_ECLOSED: nothing waits any
 * more. */
static enum sw_result step_before_outcome(struct sw_engine *engine, struct sw_entry *entry,
					  struct sw_pending *pending)
{
	const struct sw_branch *branch = waiting(entry, pending);
	enum sw_result r = SW_OK;
	if (branch->state->as.task.kind == SW_RESOURCE_ACTIVITY && !branch->started)
		r = step(engine, entry, pending, SW_EVENT_TASK_STARTED, NULL);
	branch = waiting(entry, pending);
	if (r < 0 || !branch)
		return r < 0 ? r : SW_ECLOSED;
	enum sw_resource_pattern pattern = branch->state->as.task.pattern;
	if (!branch->submitted && (pattern == SW_CALL_SYNC || (pattern == SW_CALL_TOKEN && pending->mocked)))
		r = submit(engine, entry, pending);
	if (r < 0)
		return r;
	return waiting(entry, pending) ? SW_OK : SW_ECLOSED;
}

/*
 * What a provider answers means what the resource's pattern says. `.waitForTaskToken`: the request was made,
 * and now the token is waited for. `.sync`: the job was submitted, and has ended. An activity's worker has
 * started.
 */
static enum sw_result step_task(struct sw_engine *engine, struct sw_entry *entry, struct sw_pending *pending)
{
	const struct sw_branch *branch = waiting(entry, pending);
	if (!branch || !is_outcome(pending->kind) || pending->unmapped ||
	    branch->state->type != SW_STATE_TASK)
		return step(engine, entry, pending, pending->kind, pending->output);
	if (branch->state->as.task.pattern == SW_CALL_TOKEN && !pending->mocked && !branch->submitted &&
	    pending->kind == SW_EVENT_TASK_SUCCEEDED)
		return step(engine, entry, pending, SW_EVENT_TASK_SUBMITTED, pending->output);
	enum sw_result r = step_before_outcome(engine, entry, pending);
	if (r == SW_ECLOSED)
		return SW_OK; /* the outcome comes too late for what happened before it */
	return r < 0 ? r : step(engine, entry, pending, pending->kind, pending->output);
}

/* An execution that cannot go on ends as if it were stopped, but as FAILED. */
static enum sw_result end_by_failure(struct sw_engine *engine, struct sw_entry *entry, const char *cause)
{
	struct sw_effects *effects = &engine->effects;
	struct sw_event event = {.kind = SW_EVENT_STOP,
				 .now_ms = sw_clock_now_ms(&engine->clock),
				 .seed = sw_engine_seed(engine),
				 .error = "States.Runtime",
				 .cause = cause};
	enum sw_result r = sw_step(entry->execution, &event, effects);
	if (r < 0)
		return r;
	entry->execution->status = SW_STATUS_FAILED;
	for (uint32_t i = 0; i < effects->events_count; i++) {
		if (effects->events[i].type == SW_HISTORY_EXECUTION_ABORTED)
			effects->events[i].type = SW_HISTORY_EXECUTION_FAILED;
	}
	return SW_OK;
}

/* Activities and callbacks: nothing here was in flight, so the time counts from entering the state. */
static void meter_token(struct sw_engine *engine, const struct sw_entry *entry,
			const struct sw_pending *pending)
{
	const struct sw_branch *branch = waiting(entry, pending);
	if (branch && is_outcome(pending->kind) && branch->state->type == SW_STATE_TASK)
		sw_meters_task(&engine->meters, branch->state->as.task.resource,
			       sw_clock_now_ms(&engine->clock) - branch->entered_ms);
}

static enum sw_result apply(struct sw_engine *engine, struct sw_entry *entry, struct sw_pending *pending)
{
	if (entry->damage && entry->execution->status == SW_STATUS_RUNNING)
		return end_by_failure(engine, entry, entry->damage);
	if ((entry->execution->status == SW_STATUS_RUNNING) == (pending->kind == SW_EVENT_REDRIVE))
		return pending->kind == SW_EVENT_REDRIVE ? SW_EINVAL : SW_ETIMEDOUT;
	if (pending->by_token) {
		enum sw_result r = check_token(entry->execution, pending);
		if (r < 0)
			return r;
		meter_token(engine, entry, pending);
	}
	return pending->by_task || pending->mocked
		       ? step_task(engine, entry, pending)
		       : step(engine, entry, pending, pending->kind, pending->output);
}

/* ---- turns -------------------------------------------------------------------------------------------- */

/* Two at a time: the other one was first. With the same token they are one. */
static void refuse_redrive(struct sw_engine *engine, const struct sw_execution *execution,
			   const struct sw_pending *pending, struct sw_answer *answer)
{
	const struct sw_redrive_token *token = sw_redrive_tokens_find(
		&execution->redrive_tokens, pending->client_token, sw_clock_now_ms(&engine->clock));
	answer->result = token ? SW_OK : SW_EBUSY;
	answer->existed = token != NULL;
	answer->time_ms = token ? token->time_ms : 0;
	if (!token)
		answer->text = sw_strdup("Execution is RUNNING and cannot be redriven");
	else if (pending->reply && !(answer->arn = sw_strdup(execution->arn)))
		answer->result = SW_ENOMEM;
}

/* The event changed nothing; room for the answer was reserved. */
static void refuse(struct sw_engine *engine, struct sw_entry *entry, struct sw_pending *pending,
		   enum sw_result result)
{
	struct sw_answer answer = {.reply = pending->reply, .user = pending->user, .result = result};
	const struct sw_execution *execution = entry->execution;
	if (result == SW_ETIMEDOUT && (pending->kind == SW_EVENT_STOP || pending->existed)) {
		/* It has ended, and is left as it is. */
		answer.arn = pending->reply ? sw_strdup(execution->arn) : NULL;
		answer.result = pending->reply && !answer.arn ? SW_ENOMEM : SW_OK;
		answer.existed = true;
		answer.time_ms = pending->existed ? execution->start_ms : execution->stop_ms;
	}
	if (pending->kind == SW_EVENT_REDRIVE && result == SW_EINVAL)
		refuse_redrive(engine, execution, pending, &answer);
	if (answer.reply)
		sw_box_act(sw_express_box(engine, entry),
			   &(struct sw_action){.kind = SW_ACTION_REPLY, .answer = answer});
	else
		sw_answer_done(&answer);
	sw_pending_free(pending);
}

static struct sw_pending *take_pending(struct sw_entry *entry)
{
	struct sw_pending *pending = entry->pending_first;
	entry->pending_first = pending->next;
	if (!entry->pending_first)
		entry->pending_end = &entry->pending_first;
	return pending;
}

/* A start for which there is no memory, or no room on the disk, is refused with all that waits behind it. */
static void refuse_start(struct sw_engine *engine, struct sw_entry *entry, enum sw_result result)
{
	while (entry->pending_first) {
		struct sw_pending *pending = take_pending(entry);
		enum sw_result r = reserve(engine, entry, 1);
		if (r == SW_OK) {
			refuse(engine, entry, pending, result);
			continue;
		}
		/* Not even that: nothing of it is on disk, so nothing has to be waited for. */
		struct sw_answer answer = {.reply = pending->reply, .user = pending->user, .result = result};
		engine->calling++;
		sw_answer_give(&answer);
		engine->calling--;
		sw_pending_free(pending);
	}
	sw_executions_remove(engine, entry);
}

/* The step could not be carried out; what it began to change is not to be used. */
static bool fail_turn(struct sw_engine *engine, struct sw_entry *entry, enum sw_result result)
{
	sw_effects_reset(&engine->effects);
	if (entry->express) {
		sw_express_abandon(engine, entry, result);
		return true;
	}
	if (!entry->stored) {
		refuse_start(engine, entry, result);
		return true;
	}
	/* No other failure is known of. If there is one it would be the same the next time. */
	if (result != SW_ENOMEM && !entry->damage)
		entry->damage = sw_asprintf("The execution cannot go on: %s.", sw_result_text(result));
	entry->broken = true;
	entry->more = true; /* READY branches are to go on when it is loaded again */
	if (++entry->retries == TURNS_FAILED_LOGGED)
		SW_LOG_ABOUT(&engine->log, SW_LOG_ERROR, entry->execution->arn, "memory is short, trying on");
	/* Its boxes first: the scheduler puts it into the queue when the last one is on disk. */
	if (entry->pins == 0)
		sw_executions_enqueue(engine, entry);
	return false;
}

/* Loads a broken execution again. False: not now. */
static bool mend(struct sw_engine *engine, struct sw_entry *entry)
{
	struct sw_error error = {0};
	if (entry->pins > 0)
		return true; /* the queue meets it again when they are gone */
	enum sw_result r = sw_executions_reload(engine, entry, &error);
	if (r == SW_OK) {
		sw_executions_enqueue(engine, entry);
		return true;
	}
	if (!sw_loading_is_final(r)) {
		sw_executions_enqueue(engine, entry);
		return false;
	}
	SW_LOG_ABOUT(&engine->log, SW_LOG_ERROR, entry->execution->arn, "%s", error.text);
	entry->broken = false;
	entry->more = false;
	entry->execution->status =
		SW_STATUS_FAILED; /* in memory only: every event is refused, then it is dropped */
	sw_executions_enqueue(engine, entry);
	return true;
}

/* What the turn is about: the first that waits, or that the last turn was full. NULL: nothing, or out of
 * memory. */
static struct sw_pending *choose(struct sw_entry *entry, bool *ret_nothing)
{
	*ret_nothing = false;
	if (entry->pending_first && !entry->damage)
		return entry->pending_first;
	*ret_nothing = !entry->more && !entry->damage;
	struct sw_pending *pending = *ret_nothing ? NULL : sw_zalloc(sizeof(*pending));
	if (!pending)
		return NULL;
	bool first = entry->express && entry->execution->next_event_id == 1 && !entry->damage;
	pending->kind = first ? SW_EVENT_START : SW_EVENT_CONTINUE;
	pending->next = entry->pending_first;
	if (!entry->pending_first)
		entry->pending_end = &pending->next;
	entry->pending_first = pending;
	return pending;
}

/* It has ended and cannot be made to go on: whoever asked for that is told why, and it stays as it is. */
static bool refuse_damaged(struct sw_engine *engine, struct sw_entry *entry)
{
	while (entry->pending_first) {
		if (reserve(engine, entry, 1) < 0) {
			sw_executions_enqueue(engine, entry);
			return false;
		}
		struct sw_pending *pending = take_pending(entry);
		if (pending->kind != SW_EVENT_REDRIVE || !pending->reply) {
			refuse(engine, entry, pending, SW_ETIMEDOUT);
			continue;
		}
		struct sw_answer answer = {.reply = pending->reply,
					   .user = pending->user,
					   .result = SW_ECORRUPT,
					   .text = sw_strdup(entry->damage)};
		sw_box_act(sw_express_box(engine, entry),
			   &(struct sw_action){.kind = SW_ACTION_REPLY, .answer = answer});
		sw_pending_free(pending);
	}
	sw_free(entry->damage);
	entry->damage = NULL;
	entry->more = false;
	sw_executions_evict(engine, entry);
	return true;
}

bool sw_turn_run(struct sw_engine *engine, struct sw_entry *entry)
{
	SW_ASSERT(!engine->unrecorded);
	if (entry->broken)
		return mend(engine, entry);
	if (entry->damage && entry->execution->status != SW_STATUS_RUNNING)
		return refuse_damaged(engine, entry);
	if (engine->full && !entry->stored && (!entry->express || entry->asynchronous)) {
		refuse_start(engine, entry, SW_EFULL);
		return true;
	}
	bool nothing;
	struct sw_pending *pending = choose(entry, &nothing);
	if (nothing) {
		sw_executions_evict(engine, entry);
		return true;
	}
	if (!pending || reserve(engine, entry, 1) < 0) {
		sw_executions_enqueue(engine, entry);
		return false;
	}
	enum sw_result r = apply(engine, entry, pending);
	if (r != SW_OK && r != SW_ENOENT && r != SW_ETIMEDOUT && r != SW_EINVAL)
		return fail_turn(engine, entry, r);
	take_pending(entry);
	if (r == SW_OK) {
		sw_free(entry->damage);
		entry->damage = NULL;
		engine->unrecorded = entry;
		engine->unrecorded_pending = pending;
		return sw_turn_record(engine);
	}
	if (entry->execution->status != SW_STATUS_RUNNING)
		entry->more = false;
	refuse(engine, entry, pending, r);
	sw_effects_reset(&engine->effects);
	if (entry->pending_first || entry->more)
		sw_executions_enqueue(engine, entry);
	sw_executions_evict(engine, entry);
	return true;
}
