/*
 * What the tasks do: a function of the seed, the state, the attempt and the item, so that it is the same again
 * after a crash and in another run.
 */
#include "simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEARTBEAT_MS 3000
#define RETRY_MS 100

static uint64_t mix(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return hash;
}

static struct key *find_key(struct simulation *s, const char *text)
{
	for (unsigned i = 0; i < s->keys_count; i++) {
		if (strcmp(s->keys[i].text, text) == 0)
			return &s->keys[i];
	}
	return NULL;
}

static struct key *add_key(struct simulation *s, const char *text)
{
	struct key *key = find_key(s, text);
	if (key || s->keys_count == KEYS_MAX)
		return key;
	key = &s->keys[s->keys_count++];
	snprintf(key->text, sizeof(key->text), "%s", text);
	key->durable = false;
	return key;
}

/* ---- delivery ------------------------------------------------------------------------------------------ */

static bool is_express(const struct sw_task *task)
{
	return strstr(sw_task_execution_arn(task), ":express:") != NULL;
}

static void check_delivery(struct simulation *s, const struct sw_task *task)
{
	const char *arn = sw_task_execution_arn(task);
	const struct key *key = find_key(s, sw_task_idempotency_key(task));
	/* An EXPRESS execution that was interrupted begins again. */
	if (is_express(task))
		return;
	if (key && key->durable)
		broken(s, "the attempt %s was ended, and is delivered again", key->text);
	for (unsigned i = 0; i < s->executions_count; i++) {
		if (s->executions[i].stopped && strcmp(s->executions[i].arn, arn) == 0)
			broken(s, "a task of %s is delivered after it was stopped", arn);
	}
}

static void forget_held(struct simulation *s, unsigned index)
{
	s->held[index] = s->held[--s->held_count];
}

static uint64_t plan(struct simulation *s, const char *state, unsigned attempt, const char *input)
{
	char text[64];
	const char *n = strstr(input, "\"n\":");
	snprintf(text, sizeof(text), "%s/%u/%d", state, attempt, n ? atoi(n + 4) : 0);
	struct sw_rng rng = sw_rng(mix(s->seed ^ UINT64_C(14695981039346656037), text));
	return sw_rng_next(&rng);
}

/* What becomes of the attempt, and when. */
static void arrange(struct simulation *s, struct held *held, const struct state *state, unsigned attempt)
{
	/* A third of them fails; of those in branches of calm machines only as often as the retrier takes. */
	bool fails = held->hash % 3 == 0;
	if (s->machine.calm && state->branch && attempt >= state->retries)
		fails = false;
	held->hash = held->hash / 3 * 2 + fails;
	held->heartbeats = state->heartbeat ? (unsigned)(held->hash >> 40) % 4 : 0;
	held->due_ms =
		s->loop.mono_ms + (held->heartbeats ? HEARTBEAT_MS : (int64_t)(held->hash >> 20) % 4000);
	if ((held->hash >> 10) % 10 < 4 && !held->heartbeats)
		held->due_ms = s->loop.mono_ms;
	if (state->timeout && (held->hash >> 14) % 8 == 0)
		held->due_ms = SW_NEVER;
}

static void hold(void *user, struct sw_task *task)
{
	struct simulation *s = user;
	const struct state *state = machine_state(&s->machine, sw_task_state_name(task));
	size_t len;
	s->deliveries++;
	check_delivery(s, task);
	for (unsigned i = 0; i < s->held_count; i++) {
		/* It was given away before the crash, and that is not known any more. */
		if (strcmp(s->held[i].key, sw_task_idempotency_key(task)) == 0)
			forget_held(s, i--);
	}
	if (!state || s->held_count == HELD_MAX) {
		broken(s, "too many tasks, or one of no state");
		sw_task_release(task);
		return;
	}
	struct held *held = &s->held[s->held_count++];
	*held = (struct held){.task = task};
	held->hash = plan(s, state->name, sw_task_attempt(task), sw_task_input(task, &len));
	snprintf(held->key, sizeof(held->key), "%s", sw_task_idempotency_key(task));
	snprintf(held->token, sizeof(held->token), "%s", sw_task_token(task));
	note(s, "deliver %s", held->key);
	arrange(s, held, state, sw_task_attempt(task));
	if (strstr(sw_task_resource(task), "waitForTaskToken")) {
		held->task = NULL;
		/* The request is answered, or nobody says that it was made. */
		/* One that finds no memory for it fails its attempt, which is another outcome. */
		long countdown = allocations_pause();
		if (era_of(s->seed) >= ERA_LANGUAGES && (held->hash >> 25) % 2)
			sw_task_succeed(task, "{\"id\":1}", 8);
		else
			sw_task_release(task);
		allocations_go_on(countdown);
	}
}

/* A worker was given a task of the activity; its input says of which state and attempt. */
static void work(void *user, enum sw_result result, const struct sw_activity_task *task,
		 const struct sw_error *err)
{
	struct simulation *s = user;
	char name[16] = "", key[160];
	const char *at = task ? strstr(task->input, "\"s\":\"") : NULL;
	const char *attempt = task ? strstr(task->input, "\"a\":") : NULL;
	s->polls--;
	if (!task)
		return;
	if (at)
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + 5, "\""), at + 5);
	const struct state *state = machine_state(&s->machine, name);
	snprintf(key, sizeof(key), "activity %016llx",
		 (unsigned long long)mix(UINT64_C(14695981039346656037), task->token));
	if (!state || !attempt || s->held_count == HELD_MAX) {
		broken(s, "a worker was given a task of no state: %.100s", task->input);
		return;
	}
	if (find_key(s, key))
		broken(s, "a worker was given the task %s again", key);
	s->deliveries++;
	struct held *held = &s->held[s->held_count++];
	*held = (struct held){.hash = plan(s, name, (unsigned)atoi(attempt + 4), task->input)};
	snprintf(held->key, sizeof(held->key), "%s", key);
	snprintf(held->token, sizeof(held->token), "%s", task->token);
	note(s, "a worker has %s of %s", key, name);
	arrange(s, held, state, (unsigned)atoi(attempt + 4));
}

void script_poll(struct simulation *s)
{
	struct sw_poll *poll;
	s->polls++;
	if (sw_engine_poll_activity(s->engine, "a", "worker", 0, work, s, &poll, NULL) < 0)
		s->polls--;
}

static void cancel(void *user, struct sw_task *task)
{
	struct simulation *s = user;
	for (unsigned i = 0; i < s->held_count; i++) {
		if (s->held[i].task == task) {
			note(s, "cancel %s", s->held[i].key);
			forget_held(s, i);
			sw_task_release(task);
			return;
		}
	}
}

void script_register(struct simulation *s)
{
	static const char *const patterns[] = {"function:*", "arn:*"}, *const without_activities[] = {
									       "function:*",
									       "arn:aws:states:::*",
									       "arn:aws:lambda:*"};
	bool workers = era_of(s->seed) >= ERA_LANGUAGES;
	for (unsigned i = 0; i < (workers ? 3 : 2); i++) {
		if (sw_engine_on_task(s->engine, workers ? without_activities[i] : patterns[i], hold, cancel,
				      s, NULL) < 0)
			broken(s, "no handler can be registered");
	}
}

/* ---- the end of an attempt ------------------------------------------------------------------------------- */

struct ending {
	struct simulation *s;
	struct held held;
};

/* Who has a token tries again when the engine could not take it. */
static void keep_token(struct simulation *s, const struct held *held, enum sw_result result)
{
	if (result == SW_OK || result == SW_ENOENT || result == SW_ETIMEDOUT || s->held_count == HELD_MAX)
		return;
	struct held *again = &s->held[s->held_count++];
	*again = *held;
	again->due_ms = s->loop.mono_ms + RETRY_MS;
}

static void token_told(void *user, enum sw_result result, const struct sw_reply *reply,
		       const struct sw_error *err)
{
	struct ending *ending = user;
	/* Accepted, or refused because the attempt is over: it was true on disk when that was said. */
	bool over = result == SW_OK || result == SW_ETIMEDOUT;
	struct key *key = over ? add_key(ending->s, ending->held.key) : NULL;
	note(ending->s, "token %s: %s", ending->held.key, sw_result_text(result));
	if (result == SW_OK && key && key->durable)
		broken(ending->s, "the token of %s was accepted though it was over", ending->held.key);
	if (key)
		key->durable = true;
	keep_token(ending->s, &ending->held, result);
	sw_free(ending);
}

static void end_by_token(struct simulation *s, const struct held *held, const char *output, const char *error)
{
	long countdown = allocations_pause();
	struct ending *ending = sw_zalloc(sizeof(*ending));
	allocations_go_on(countdown);
	if (!ending) {
		broken(s, "no memory for the simulation");
		return;
	}
	ending->s = s;
	ending->held = *held;
	enum sw_result r = error ? sw_engine_token_fail(s->engine, held->token, error, "by token", token_told,
							ending, NULL)
				 : sw_engine_token_succeed(s->engine, held->token, output, strlen(output),
							   token_told, ending, NULL);
	if (r < 0) {
		keep_token(s, held, r);
		sw_free(ending);
	}
}

#define OUTPUT_BYTES 2000

/* Some of it has a record of its own. */
static void write_output(const struct simulation *s, const struct held *held, char output[OUTPUT_BYTES])
{
	unsigned number = (unsigned)(held->hash % 1000), padding = 450 + (unsigned)(held->hash >> 33) % 1000;
	if (era_of(s->seed) >= ERA_LANGUAGES && (held->hash >> 30) % 8 == 0)
		snprintf(output, OUTPUT_BYTES, "{\"v\":%u,\"long\":\"%0*u\"}", number, (int)padding, number);
	else
		snprintf(output, OUTPUT_BYTES, "{\"v\":%u}", number);
}

static void end(struct simulation *s, unsigned index)
{
	struct held held = s->held[index];
	const char *error = held.hash & 1 ? ((held.hash >> 5) & 1 ? "A" : "B") : NULL;
	char output[OUTPUT_BYTES];
	write_output(s, &held, output);
	forget_held(s, index);
	note(s, "end %s %.60s", held.key, error ? error : output);
	if (!held.task) {
		end_by_token(s, &held, output, error);
		return;
	}
	/* What cannot be said for lack of memory is lost until the attempt times out or the engine opens again. */
	long countdown = allocations_pause();
	enum sw_result r = error ? sw_task_fail(held.task, error, "by the script")
				 : sw_task_succeed(held.task, output, strlen(output));
	allocations_go_on(countdown);
	if (r == SW_OK)
		add_key(s, held.key);
}

static void go_on(struct simulation *s, unsigned index)
{
	struct held *held = &s->held[index];
	if (held->heartbeats == 0) {
		end(s, index);
		return;
	}
	held->heartbeats--;
	held->due_ms = s->loop.mono_ms + HEARTBEAT_MS;
	if (held->task)
		sw_task_heartbeat(held->task);
	else
		sw_engine_token_heartbeat(s->engine, held->token, NULL, NULL, NULL);
}

void script_play(struct simulation *s)
{
	unsigned index = 0;
	while (index < s->held_count) {
		if (s->held[index].due_ms > s->loop.mono_ms)
			index++;
		else
			go_on(s, index);
	}
}

int64_t script_next_ms(const struct simulation *s)
{
	int64_t next_ms = SW_NEVER;
	for (unsigned i = 0; i < s->held_count; i++) {
		if (s->held[i].due_ms < next_ms)
			next_ms = s->held[i].due_ms;
	}
	return next_ms;
}

/* ---- after it ---------------------------------------------------------------------------------------------- */

/* A token that is in somebody's hands still is tried twice at once: one of them is refused. */
void script_repeat(struct simulation *s)
{
	for (unsigned i = 0; i < s->held_count; i++) {
		if (!s->held[i].task && s->held[i].heartbeats == 0) {
			struct held twice = s->held[i];
			char output[OUTPUT_BYTES];
			write_output(s, &twice, output);
			end(s, i);
			end_by_token(s, &twice, output,
				     twice.hash & 1 ? ((twice.hash >> 5) & 1 ? "A" : "B") : NULL);
			return;
		}
	}
}

bool script_holds(const struct simulation *s, const char *arn)
{
	for (unsigned i = 0; i < s->held_count; i++) {
		if (s->held[i].task && strcmp(sw_task_execution_arn(s->held[i].task), arn) == 0)
			return true;
	}
	return false;
}

void script_forget(struct simulation *s)
{
	unsigned index = 0;
	while (index < s->held_count) {
		if (s->held[index].task) {
			sw_task_release(s->held[index].task);
			forget_held(s, index);
		} else {
			index++;
		}
	}
}

void script_settled(struct simulation *s)
{
	for (unsigned i = 0; i < s->keys_count; i++)
		s->keys[i].durable = true;
}
