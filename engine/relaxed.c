/*
 * Relaxed mode: what is told before it is on disk, and those who wait until it is. docs/durability.md says
 * what the mode promises.
 */
#include "engine/internal.h"

#include "base/mem.h"

/* Somebody who waits for the commit of a box. */
struct sw_waiter {
	struct sw_waiter *next;
	uint64_t number;
	struct sw_answer answer;
};

/* The last box that holds what was acknowledged, and is not on disk; 0: none. */
static uint64_t last_number(const struct sw_engine *engine)
{
	const struct sw_box *open = engine->open;
	if (engine->relaxed_ms == 0)
		return 0;
	if (sw_batch_count(open->batch) > 0 || open->pins_count > 0)
		return engine->open_number;
	return engine->flight ? engine->open_number - 1 : 0;
}

enum sw_result sw_engine_settle(struct sw_engine *engine, sw_reply_fn *reply, void *user,
				struct sw_error *err)
{
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	struct sw_waiter *waiter = sw_zalloc(sizeof(*waiter));
	if (!waiter)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	uint64_t number = last_number(engine);
	*waiter = (struct sw_waiter){.number = number,
				     .answer = {.reply = reply, .user = user, .existed = number == 0}};
	struct sw_waiter **link = &engine->waiters;
	while (*link)
		link = &(*link)->next;
	*link = waiter;
	if (number > engine->hastened_number)
		engine->hastened_number = number;
	sw_engine_wake(engine);
	return SW_OK;
}

bool sw_engine_is_settled(const struct sw_engine *engine)
{
	return !engine || last_number(engine) == 0;
}

/* Those up to number are answered. A callback may ask again: its place is behind them. */
static void answer(struct sw_engine *engine, uint64_t number, enum sw_result result)
{
	while (engine->waiters && engine->waiters->number <= number) {
		struct sw_waiter *waiter = engine->waiters;
		engine->waiters = waiter->next;
		waiter->answer.result = result;
		engine->calling++;
		sw_answer_give(&waiter->answer);
		engine->calling--;
		sw_free(waiter);
	}
}

void sw_relaxed_tell(struct sw_engine *engine)
{
	answer(engine, engine->committed_number, SW_OK);
}

bool sw_relaxed_is_told(const struct sw_engine *engine)
{
	return !engine->waiters || engine->waiters->number > engine->committed_number;
}

void sw_relaxed_give_up(struct sw_engine *engine, enum sw_result result)
{
	const struct sw_box *boxes[] = {engine->flight, engine->open};
	size_t records = 0;
	for (size_t i = 0; i < 2 && engine->relaxed_ms > 0; i++)
		records += boxes[i] ? sw_batch_count(boxes[i]->batch) : 0;
	/* Once: when the store fails, or at the end when the disk is still full. */
	if (records > 0 && (!engine->poisoned || engine->state != SW_ENGINE_CLOSING))
		SW_LOG(&engine->log, SW_LOG_ERROR,
		       "relaxed mode: what was acknowledged since the last commit may be lost (%zu records)",
		       records);
	answer(engine, UINT64_MAX, result);
}

bool sw_relaxed_may_wait(const struct sw_engine *engine)
{
	return engine->relaxed_ms > 0 && engine->open_number > engine->hastened_number &&
	       engine->loop->ops->mono_ms(engine->loop->data) < engine->handed_mono_ms + engine->relaxed_ms;
}
