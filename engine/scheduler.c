/*
 * The scheduler: what happens in one turn of the loop. What has come in is given to the executions it is for;
 * then, in portions, what a commit has made true is told (actions), and executions have their turns.
 *
 * One box is filled while another is on its way to the disk, and others that have landed there are told of.
 * Between two portions the loop looks whether the commit thread is idle, and hands the open box over: a box
 * that has landed makes way for the next one before it is told of. A full box that cannot be handed over yet
 * holds up the queue, never the loop.
 */
#include "engine/internal.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FAR_MS 3600000     /* an alarm is set at all times, so that setting it again needs no memory */
#define CLOCK_LOOK_MS 1000 /* the wall clock may jump: timers look at it at least this often */
#define DRAIN_ROUNDS_MAX 64
#define COMMITS_TRIED_MAX 6

static int64_t mono_ms(const struct sw_engine *engine)
{
	return engine->loop->ops->mono_ms(engine->loop->data);
}

static void set_alarm(struct sw_engine *engine, int64_t due_ms)
{
	if (engine->alarm.slot && engine->alarm.due_ms == due_ms)
		return;
	if (engine->loop->ops->alarm(engine->loop->data, &engine->alarm, due_ms) < 0)
		SW_LOG(&engine->log, SW_LOG_ERROR, "the loop cannot set an alarm");
}

void sw_engine_wake(struct sw_engine *engine)
{
	if (engine->working || engine->state == SW_ENGINE_CLOSING)
		return; /* it looks for itself when it is done */
	int64_t now_ms = mono_ms(engine);
	if (!engine->alarm.slot || engine->alarm.due_ms > now_ms)
		set_alarm(engine, now_ms);
}

static int64_t later(int64_t a_ms, int64_t b_ms)
{
	return a_ms > b_ms ? a_ms : b_ms;
}

bool sw_engine_may_fetch(const struct sw_engine *engine)
{
	return mono_ms(engine) >= later(engine->pause_mono_ms, engine->fetch_mono_ms);
}

void sw_engine_fetch_later(struct sw_engine *engine)
{
	engine->fetch_mono_ms = mono_ms(engine) + SW_RETRY_PAUSE_MS;
}

enum sw_result sw_engine_check(const struct sw_engine *engine, struct sw_error *err)
{
	if (!engine)
		return sw_error_set(err, SW_EINVAL, "no engine was given");
	SW_ASSERT(engine->magic == SW_ENGINE_MAGIC);
	if (getpid() != engine->pid)
		return sw_error_set(err, SW_EFORKED, "the engine belongs to the parent process");
	if (engine->state == SW_ENGINE_CLOSING)
		return sw_error_set(err, SW_ECLOSED, "the engine is shutting down");
	if (engine->poisoned)
		return sw_error_set(err, SW_EIO, "%s", engine->poison.text);
	return SW_OK;
}

/* Unguessable, because tokens are made of it; repeatable only where the host asked for that. */
uint64_t sw_engine_seed(struct sw_engine *engine)
{
	if (engine->seeded)
		return sw_rng_next(&engine->rng);
	if (engine->entropy_left == 0) {
		if (sw_entropy(engine->entropy, sizeof(engine->entropy)) < 0)
			return sw_rng_next(&engine->rng); /* seeded from entropy at the start */
		engine->entropy_left = sizeof(engine->entropy) / sizeof(engine->entropy[0]);
	}
	return engine->entropy[--engine->entropy_left];
}

/* ---- reading one's own writes ------------------------------------------------------------------------- */

enum sw_result sw_engine_lookup(struct sw_engine *engine, struct sw_snapshot *snapshot, enum sw_table table,
				struct sw_slice key, struct sw_slice *ret_value, bool *ret_uncommitted)
{
	const struct sw_box *boxes[] = {engine->open, engine->flight};
	for (size_t i = 0; i < 2; i++) {
		enum sw_result r =
			boxes[i] ? sw_batch_get(boxes[i]->batch, table, key, ret_value) : SW_EINVAL;
		if (r == SW_EINVAL)
			continue;
		if (ret_uncommitted)
			*ret_uncommitted = true;
		return r;
	}
	return sw_snapshot_get(snapshot, table, key, ret_value);
}

/* ---- what calls write --------------------------------------------------------------------------------- */

/* Copies operations that are not in the open box yet. False: memory is short. */
static bool write_changes(struct sw_engine *engine)
{
	enum sw_batch_op op;
	unsigned table;
	struct sw_slice key, value;
	struct sw_batch *batch = engine->open->batch;
	size_t at = engine->changes_at;
	while (sw_batch_each(engine->changes, &at, &op, &table, &key, &value)) {
		enum sw_result r = op == SW_BATCH_PUT      ? sw_batch_put(batch, table, key, value)
				   : op == SW_BATCH_APPEND ? sw_batch_append(batch, table, key, value)
				   : op == SW_BATCH_DELETE ? sw_batch_delete(batch, table, key)
							   : sw_batch_delete_prefix(batch, table, key);
		if (r < 0) {
			engine->changes_left = true;
			return false;
		}
		engine->changes_at = at;
	}
	engine->changes_left = false;
	return true;
}

struct sw_batch *sw_engine_changes(struct sw_engine *engine)
{
	if (engine->changes_left && !write_changes(engine))
		return NULL;
	sw_batch_reset(engine->changes);
	engine->changes_at = 0;
	return engine->changes;
}

enum sw_result sw_engine_write(struct sw_engine *engine, struct sw_answer *answer, struct sw_error *err)
{
	if (engine->catalogue && sw_partition_is_foreign(engine->changes)) {
		sw_answer_done(answer);
		return sw_error_set(err, SW_EINVAL,
				    "state machines and activities are changed in partition 0");
	}
	if (sw_box_reserve(engine->open, 1, 0) < 0 || (!write_changes(engine) && engine->changes_at == 0)) {
		engine->changes_left = false;
		sw_answer_done(answer);
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	}
	/* From here on it will be written: the box waits for what memory was too short for. */
	sw_box_act(engine->open, &(struct sw_action){.kind = SW_ACTION_REPLY, .answer = *answer});
	sw_engine_wake(engine);
	return SW_OK;
}

/* ---- after the commit --------------------------------------------------------------------------------- */

/* An execution that lived in memory has ended; nothing keeps it any more. */
static void act_outcome(struct sw_engine *engine, struct sw_entry *entry)
{
	sw_express_tell(engine, entry, SW_OK, NULL);
	entry->pins--;
	sw_executions_evict(engine, entry);
}

/* No more than most, of what there was when it began; callbacks may add more, which has its time later. */
static void act(struct sw_engine *engine, struct sw_box *box, size_t most)
{
	size_t count = box->actions_count;
	if (count - box->acted > most)
		count = box->acted + most;
	while (box->acted < count) {
		struct sw_action action = box->actions[box->acted];
		box->actions[box->acted++] = (struct sw_action){0};
		engine->calling++;
		if (action.kind == SW_ACTION_REPLY)
			sw_answer_give(&action.answer);
		else if (action.kind == SW_ACTION_DISPATCH)
			sw_dispatch(engine, action.attempt);
		else if (action.kind == SW_ACTION_OUTCOME)
			act_outcome(engine, action.entry);
		else
			sw_dispatch_cancel(engine, action.attempt);
		engine->calling--;
	}
}

static void unpin(struct sw_engine *engine, struct sw_box *box, size_t most)
{
	for (size_t i = 0; i < most && box->unpinned < box->pins_count; i++) {
		struct sw_pin pin = box->pins[box->unpinned++];
		sw_observers_tell(engine, &pin);
		if (pin.status != SW_STATUS_RUNNING)
			sw_machines_execution_ended(engine, pin.entry->execution);
		if (--pin.entry->pins == 0 && pin.entry->broken)
			sw_executions_enqueue(engine, pin.entry);
		sw_executions_evict(engine, pin.entry);
	}
}

/* Tells of boxes that have landed, in their order: at most so many actions and so many pins of each. */
static void tell(struct sw_engine *engine, size_t most)
{
	struct sw_box *box = engine->landed;
	while (box) {
		struct sw_box *next = box->next;
		sw_execution_log_tell(engine, box);
		act(engine, box, most);
		if (box->acted < box->actions_count)
			return;
		unpin(engine, box, most);
		if (box->unpinned < box->pins_count)
			return;
		box->pins_count = 0;
		engine->landed = next;
		engine->told_number++;
		sw_box_reset(box);
		box = next;
	}
}

static void tell_all(struct sw_engine *engine)
{
	while (engine->landed)
		tell(engine, SIZE_MAX);
}

/* Drops what can not come true any more: replies say result. */
static void give_up(struct sw_engine *engine, struct sw_box *box, enum sw_result result, const char *text)
{
	size_t count = box->actions_count;
	while (box->acted < count) {
		struct sw_action action = box->actions[box->acted];
		box->actions[box->acted++] = (struct sw_action){0};
		if (action.kind == SW_ACTION_OUTCOME) {
			sw_express_tell(engine, action.entry, result, text);
			action.entry->pins--;
			continue;
		}
		if (action.kind != SW_ACTION_REPLY) {
			sw_attempt_abandon(engine, action.attempt);
			continue;
		}
		struct sw_answer answer = {
			.reply = action.answer.reply, .user = action.answer.user, .result = result};
		sw_answer_done(&action.answer);
		answer.text = text ? sw_strdup(text) : NULL; /* benign: the result has a text of its own */
		engine->calling++;
		sw_answer_give(&answer);
		engine->calling--;
	}
	for (size_t i = 0; i < box->pins_count; i++) {
		box->pins[i].entry->pins--;
		box->pins[i].entry->open_pin = 0;
	}
	box->pins_count = 0;
}

/* Whoever waits for an event's outcome is told that there will be none. */
static void give_up_pending(struct sw_engine *engine, enum sw_result result, const char *text)
{
	struct sw_executions *executions = &engine->executions;
	for (size_t i = 0; i < executions->buckets_count; i++) {
		for (struct sw_entry *entry = executions->buckets[i]; entry; entry = entry->bucket_next) {
			for (struct sw_pending *pending = entry->pending_first; pending;
			     pending = pending->next) {
				struct sw_answer answer = {
					.reply = pending->reply, .user = pending->user, .result = result};
				pending->reply = NULL;
				answer.text = text && answer.reply ? sw_strdup(text) : NULL;
				engine->calling++;
				sw_answer_give(&answer);
				engine->calling--;
			}
			sw_express_tell(engine, entry, result, text);
		}
	}
	struct sw_pending *pending = engine->unrecorded_pending;
	if (pending) {
		struct sw_answer answer = {.reply = pending->reply, .user = pending->user, .result = result};
		pending->reply = NULL;
		engine->calling++;
		sw_answer_give(&answer);
		engine->calling--;
	}
}

void sw_engine_give_up(struct sw_engine *engine, enum sw_result result, const char *text)
{
	sw_relaxed_give_up(engine, result);
	give_up_pending(engine, result, text);
	give_up(engine, &engine->passing, result, text);
	if (engine->flight) {
		give_up(engine, engine->flight, result, text);
		sw_box_reset(engine->flight);
		engine->flight = NULL;
	}
	give_up(engine, engine->open, result, text);
	sw_activities_give_up(engine, result);
}

/* The outcome of a commit is unknown: nothing may be acknowledged any more. */
static void poison(struct sw_engine *engine, const struct sw_error *error)
{
	tell_all(engine); /* what is on disk stays true */
	engine->poisoned = true;
	sw_error_set(&engine->poison, SW_EIO, "the store failed (%s); close the engine and open it again",
		     *error->text ? error->text : sw_result_text(error->code));
	SW_LOG(&engine->log, SW_LOG_ERROR, "%s", engine->poison.text);
	sw_engine_give_up(engine, SW_EIO, engine->poison.text);
}

/* ---- committing --------------------------------------------------------------------------------------- */

/* The box in flight is on disk. */
static void land(struct sw_engine *engine)
{
	struct sw_box **end = &engine->landed;
	while (*end)
		end = &(*end)->next;
	*end = engine->flight;
	engine->flight = NULL;
	engine->committed_number++;
	sw_machines_committed(engine);
	sw_activities_committed(engine);
}

/* One that nobody uses, or NULL. */
static struct sw_box *free_box(struct sw_engine *engine)
{
	for (size_t i = 0; i < SW_BOXES; i++) {
		struct sw_box *box = &engine->boxes[i];
		bool used = box == engine->open || box == engine->flight;
		for (const struct sw_box *landed = engine->landed; landed && !used; landed = landed->next)
			used = box == landed;
		if (!used)
			return box;
	}
	return NULL;
}

/*
 * New work is refused from now on. What was accepted before may use what is kept back: at once, or when there
 * is not even that, after a pause.
 */
static void disk_is_full(struct sw_engine *engine, const struct sw_error *error)
{
	struct sw_batch *batch = engine->flight->batch;
	int64_t now_ms = mono_ms(engine);
	if (!engine->full)
		SW_LOG(&engine->log, SW_LOG_ERROR, "the disk is full, new work is refused: %s", error->text);
	engine->full = true;
	engine->probe_mono_ms = now_ms + SW_FULL_PAUSE_MS;
	engine->retry_mono_ms = sw_batch_uses_reserve(batch) ? engine->probe_mono_ms : now_ms;
	sw_batch_use_reserve(batch, true);
}

/* Looks whether the box in flight has landed. */
static void take_commit(struct sw_engine *engine)
{
	enum sw_result result;
	uint64_t took_us = 0;
	struct sw_error error = {0};
	if (!sw_committer_take(&engine->committer, &result, &took_us, &error) || !engine->flight)
		return;
	engine->meters.commits_failed += result != SW_OK;
	if (result == SW_OK) {
		struct sw_box *box = engine->flight;
		if (engine->full && !sw_batch_uses_reserve(box->batch)) {
			SW_LOG(&engine->log, SW_LOG_INFO, "there is room on the disk again");
			engine->full = false;
		}
		if (sw_batch_count(box->batch) > 0)
			sw_meters_committed(&engine->meters, took_us, box->batch);
		land(engine);
	} else if (result == SW_EFULL) {
		disk_is_full(engine, &error);
	} else if (result == SW_ENOMEM || result == SW_EBUSY) {
		engine->retry_mono_ms = mono_ms(engine) + SW_RETRY_PAUSE_MS;
	} else {
		error.code = result;
		poison(engine, &error);
	}
}

/*
 * The engine's time goes along about once a second, whenever the wall clock has moved it, and whenever something
 * is deleted: ids are never used again. The loop's time beside it tells the next process how much has passed since
 * then at least, so that the engine's clock does not go back when somebody sets the wall clock back meanwhile.
 */
static void write_time(struct sw_engine *engine)
{
	int64_t now_ms = engine->clock.last_ms;
	char text[48];
	if (!engine->open->forgets && now_ms - engine->time_written_ms < SW_TIME_WRITTEN_MS &&
	    engine->clock.offset_ms == engine->offset_written_ms)
		return;
	int len = snprintf(text, sizeof(text), "%" PRId64 " %" PRId64, now_ms, mono_ms(engine));
	/* benign when memory is short: the last execution's id tells nearly the same */
	if (sw_batch_put(engine->open->batch, SW_TABLE_SETTINGS, sw_slice("time", 4),
			 sw_slice(text, (size_t)len)) == SW_OK) {
		engine->time_written_ms = now_ms;
		engine->offset_written_ms = engine->clock.offset_ms;
	}
}

static void hand_over(struct sw_engine *engine)
{
	struct sw_box *box = engine->open, *next = free_box(engine);
	SW_ASSERT(!engine->flight && next);
	if (sw_batch_count(box->batch) > 0 || box->forgets)
		write_time(engine);
	/* While the disk is full: now and then without what is kept back, to see whether there is room again.
	 */
	sw_batch_use_reserve(box->batch, engine->full && mono_ms(engine) < engine->probe_mono_ms);
	for (size_t i = 0; i < box->pins_count; i++)
		box->pins[i].entry->open_pin = 0;
	engine->flight = box;
	engine->open = next;
	engine->open_number++;
	engine->handed_mono_ms = mono_ms(engine);
	engine->retry_mono_ms = SW_NEVER;
	sw_committer_give(&engine->committer, box->batch);
	if (engine->synchronous)
		take_commit(engine);
}

static void give_again(struct sw_engine *engine)
{
	engine->retry_mono_ms = SW_NEVER;
	sw_committer_give(&engine->committer, engine->flight->batch);
}

/* The open box holds a part of a turn or call: it must not go. */
static bool is_torn(const struct sw_engine *engine)
{
	return engine->unrecorded || engine->changes_left;
}

static bool box_is_full(const struct sw_engine *engine)
{
	return sw_batch_bytes(engine->open->batch) >= SW_BATCH_BYTES_MAX;
}

/* Is there something to hand over, and may it go? */
static bool may_hand_over(const struct sw_engine *engine)
{
	if (engine->flight || is_torn(engine) || sw_box_is_empty(engine->open))
		return false;
	return !sw_relaxed_may_wait(engine) || box_is_full(engine) || engine->state == SW_ENGINE_CLOSING;
}

static void flush(struct sw_engine *engine)
{
	/* Relaxed: acknowledged at hand-over to the box, committed with the next sync. */
	if (engine->relaxed_ms > 0 && !engine->poisoned) {
		for (struct sw_box *box = engine->landed; box; box = box->next)
			act(engine, box, SIZE_MAX); /* what callbacks added when it was handed over */
		act(engine, engine->open, SIZE_MAX);
	}
	if (engine->poisoned)
		return;
	/* Before anything is asked of the open box: what is told may add to it. */
	if (!engine->flight && !free_box(engine))
		tell_all(engine);
	if (engine->full && !engine->flight && !is_torn(engine) && mono_ms(engine) >= engine->probe_mono_ms) {
		engine->open->forgets = true; /* the time at least is written */
		hand_over(engine);
		return;
	}
	if (!may_hand_over(engine))
		return;
	/* Nothing to write: everything the replies tell is on disk already. */
	if (sw_batch_count(engine->open->batch) == 0 && engine->open->pins_count == 0) {
		if (engine->landed)
			return; /* in their order */
		size_t later = engine->open->actions_count;
		sw_execution_log_tell(engine, engine->open);
		act(engine, engine->open, SIZE_MAX);
		if (engine->open->actions_count == later && sw_batch_count(engine->open->batch) == 0)
			sw_box_reset(engine->open);
		return;
	}
	hand_over(engine);
}

/* What waits for no commit. */
static void pass(struct sw_engine *engine)
{
	sw_execution_log_tell(engine, &engine->passing);
	act(engine, &engine->passing, SIZE_MAX);
	if (engine->passing.acted == engine->passing.actions_count)
		sw_box_reset(&engine->passing);
}

/* ---- the turn of the loop ----------------------------------------------------------------------------- */

/* A portion of turns of executions, each in its order. False: no room, no time, or nothing left. */
static bool run_turns(struct sw_engine *engine, int64_t start_ms)
{
	if (start_ms < engine->pause_mono_ms)
		return false;
	uint64_t until = engine->stats.transitions + SW_PORTION_TRANSITIONS;
	for (unsigned turns = 0;
	     turns < SW_PORTION_TURNS && engine->stats.transitions < until && !engine->poisoned; turns++) {
		if (mono_ms(engine) - start_ms > SW_TURNS_MS_MAX)
			return false; /* the host has other things to do, too */
		bool going = sw_turn_record(engine);
		if (going && box_is_full(engine)) {
			flush(engine);
			if (box_is_full(engine))
				return false;
		}
		struct sw_entry *entry = going ? sw_executions_dequeue(&engine->executions) : NULL;
		if (going && !entry)
			return false;
		if (going)
			going = sw_turn_run(engine, entry);
		if (!going) {
			engine->pause_mono_ms = mono_ms(engine) + SW_RETRY_PAUSE_MS;
			return false;
		}
	}
	return true;
}

/* Tells and has turns, so that neither the commit thread nor the loop waits for the other. */
static void advance(struct sw_engine *engine)
{
	int64_t start_ms = mono_ms(engine);
	bool going = engine->state == SW_ENGINE_RUNNING;
	for (unsigned turns = 0; turns < SW_TURNS_MAX && !engine->poisoned; turns += SW_PORTION_TURNS) {
		tell(engine, SW_PORTION_TURNS);
		going = going && run_turns(engine, start_ms);
		if (sw_committer_has_ended(&engine->committer))
			take_commit(engine);
		flush(engine);
		if ((!going && !engine->landed) || mono_ms(engine) - start_ms > SW_TURNS_MS_MAX)
			return;
	}
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* When control is needed again, if nothing happens before. */
static void rearm(struct sw_engine *engine, bool more)
{
	int64_t now_ms = mono_ms(engine);
	int64_t due_ms = now_ms + FAR_MS;
	bool stalled = box_is_full(engine) && engine->flight; /* the commit wakes it */
	if (!sw_relaxed_is_told(engine))
		due_ms = now_ms;
	if (!engine->poisoned) {
		if (engine->flight)
			due_ms = earlier(due_ms, engine->retry_mono_ms);
		else if (is_torn(engine))
			due_ms = earlier(due_ms, now_ms + SW_RETRY_PAUSE_MS); /* it must not go */
		else if (engine->full)
			due_ms = earlier(due_ms, engine->probe_mono_ms);
		else if (engine->relaxed_ms > 0 && !sw_box_is_empty(engine->open))
			due_ms = earlier(due_ms, engine->handed_mono_ms + engine->relaxed_ms);
		if (is_torn(engine))
			due_ms = earlier(due_ms, now_ms + SW_RETRY_PAUSE_MS);
		else if (engine->landed || may_hand_over(engine) ||
			 (engine->relaxed_ms > 0 && engine->open->acted < engine->open->actions_count))
			due_ms = now_ms;
	}
	if (!engine->poisoned && engine->state == SW_ENGINE_RUNNING) {
		bool fetches =
			more || sw_machines_may_delete(engine) || (engine->activities.ready && !engine->full);
		if (!stalled && !is_torn(engine) && engine->executions.queue_first)
			due_ms = earlier(due_ms, later(now_ms, engine->pause_mono_ms));
		if (!stalled && !is_torn(engine) && fetches)
			due_ms = earlier(due_ms,
					 later(later(now_ms, engine->pause_mono_ms), engine->fetch_mono_ms));
		/* Timers that are due wait for those who have their turns before. */
		bool crowded = engine->executions.queue_count >= SW_QUEUE_EXECUTIONS_MAX;
		int64_t timers_ms = crowded ? SW_NEVER : sw_timers_next_ms(engine);
		if (timers_ms != SW_NEVER) {
			int64_t look_ms = sw_clock_mono_ms(&engine->clock, timers_ms);
			due_ms = earlier(due_ms, earlier(look_ms, now_ms + CLOCK_LOOK_MS));
		}
		if (engine->held || engine->left_in_inbox)
			due_ms = earlier(due_ms, now_ms + SW_RETRY_PAUSE_MS);
		due_ms = earlier(due_ms, sw_activities_next_mono_ms(engine));
		due_ms = earlier(due_ms, sw_retention_next_mono_ms(engine));
		/* Who is alone is looked for when all that came in has been received. */
		if (engine->attempts && !engine->left_in_inbox)
			due_ms = earlier(due_ms, engine->marked_alone ? now_ms : engine->sweep_mono_ms);
	}
	set_alarm(engine, due_ms < now_ms ? now_ms : due_ms);
}

void sw_engine_work(struct sw_engine *engine)
{
	bool more = false;
	if (engine->working || engine->state == SW_ENGINE_CLOSING)
		return;
	engine->working = true;
	int64_t now_ms = sw_clock_now_ms(&engine->clock);
	take_commit(engine);
	flush(engine);
	if (engine->flight && mono_ms(engine) >= engine->retry_mono_ms) {
		give_again(engine);
		if (engine->synchronous)
			take_commit(engine);
	}
	sw_relaxed_tell(engine);
	if (!engine->poisoned && engine->changes_left)
		write_changes(engine);
	if (!engine->poisoned && engine->state == SW_ENGINE_RUNNING) {
		sw_dispatch_inbox(engine);
		more = sw_recover_some(engine);
		more |= sw_timers_run(engine, now_ms);
		sw_machines_delete_some(engine);
		sw_retention_some(engine);
		sw_dispatch_held(engine);
		more |= sw_activities_run(engine);
	}
	advance(engine);
	if (!engine->poisoned && engine->state == SW_ENGINE_RUNNING) {
		pass(engine);
		more |= sw_meters_survey_some(engine);
	}
	flush(engine);
	engine->working = false;
	rearm(engine, more);
}

/* ---- the end ------------------------------------------------------------------------------------------ */

/* Commits what is open and in flight; waits for it. On a full disk what does not fit stays as it was before.
 */
static void commit_all(struct sw_engine *engine)
{
	tell_all(engine);
	for (int tries = 0; tries < COMMITS_TRIED_MAX && !engine->poisoned; tries++) {
		if (engine->flight) {
			if (engine->retry_mono_ms != SW_NEVER)
				give_again(engine);
			sw_committer_wait(&engine->committer);
			take_commit(engine);
		} else if (may_hand_over(engine)) {
			hand_over(engine);
		} else {
			return;
		}
		tell_all(engine);
	}
}

void sw_engine_drain(struct sw_engine *engine)
{
	bool running = engine->state == SW_ENGINE_RUNNING;
	engine->state = SW_ENGINE_CLOSING;
	engine->working = true;
	/* A completion that is on disk needs not be delivered again. Nothing new is dispatched: see
	 * sw_dispatch. */
	for (int round = 0; running && round < DRAIN_ROUNDS_MAX && !engine->poisoned; round++) {
		sw_dispatch_inbox(engine);
		if (!engine->executions.queue_first)
			break;
		for (unsigned turns = 0; turns < SW_TURNS_MAX; turns += SW_PORTION_TURNS) {
			if (!run_turns(engine, mono_ms(engine)))
				break;
		}
		commit_all(engine);
		pass(engine);
		commit_all(engine);
	}
	if (engine->changes_left)
		write_changes(engine);
	if (!engine->poisoned)
		commit_all(engine);
	sw_engine_give_up(engine, engine->poisoned ? SW_EIO : SW_ECLOSED, NULL);
}

bool sw_engine_is_idle(const struct sw_engine *engine)
{
	if (!engine || engine->poisoned)
		return true; /* nothing will ever happen */
	if (engine->flight || engine->landed || !sw_box_is_empty(engine->open) ||
	    !sw_box_is_empty(&engine->passing) || is_torn(engine))
		return false;
	if (engine->executions.queue_first || engine->attempts_count > 0 || engine->held ||
	    engine->left_in_inbox)
		return false;
	for (const struct sw_deletion *deletion = engine->machines.deletions; deletion;
	     deletion = deletion->next) {
		if (deletion->blocked_by == 0)
			return false;
	}
	const struct sw_heap_node *first = sw_heap_first(&engine->timers.heap);
	return !engine->recovery.running && !(first && first->key <= engine->clock.last_ms);
}
