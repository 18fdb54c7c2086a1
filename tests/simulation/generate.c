/* Random machines that always end: every Next goes to a later state, every retry has its count. */
#include "simulation.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 3
#define TASKS_WANTED_MAX 24

struct generator {
	struct machine *machine;
	struct sw_rng *rng;
	struct sw_buf *out;
	bool several; /* catchers of a Task */
};

static unsigned below(struct generator *g, unsigned limit)
{
	return (unsigned)sw_rng_below(g->rng, limit);
}

static bool chance(struct generator *g, unsigned percent)
{
	return below(g, 100) < percent;
}

static void flow(struct generator *g, unsigned depth);

static const char *error_name(struct generator *g)
{
	static const char *const names[] = {"A", "B", "States.TaskFailed", "States.Timeout", "States.ALL"};
	return names[below(g, 5)];
}

/* A retrier that takes every error comes first where the script relies on it. */
static void retry(struct generator *g, struct state *state)
{
	bool all = state->branch ? g->machine->calm || chance(g, 50) : chance(g, 30);
	unsigned attempts = 1 + below(g, 3);
	state->interval_seconds = 1 + below(g, 4);
	state->retries = all ? attempts : 0;
	sw_buf_printf(g->out,
		      ",\"Retry\":[{\"ErrorEquals\":[\"%s\"],\"IntervalSeconds\":%u,\"MaxAttempts\":%u,"
		      "\"BackoffRate\":%u}]",
		      all ? "States.ALL" : error_name(g), state->interval_seconds, attempts, 1 + below(g, 2));
}

static void catcher(struct generator *g, const char *next)
{
	sw_buf_printf(g->out,
		      ",\"Catch\":[{\"ErrorEquals\":[\"%s\"],\"ResultPath\":\"$.e\",\"Next\":\"%s\"}]",
		      error_name(g), next);
}

/* Of a Task: known to the checks. The second is for what the first leaves, and leads elsewhere if it can. */
static void catchers(struct generator *g, struct state *state, const char *next, const char *later)
{
	unsigned count = g->several ? 1 + below(g, 2) : 1;
	sw_buf_text(g->out, ",\"Catch\":[");
	for (unsigned i = 0; i < count; i++) {
		const char *error = error_name(g), *target = i == 0 ? later : next;
		/* It may only come last. */
		if (i + 1 < count && strcmp(error, "States.ALL") == 0)
			error = "A";
		snprintf(state->catchers[i].error, sizeof(state->catchers[i].error), "%s", error);
		snprintf(state->catchers[i].next, sizeof(state->catchers[i].next), "%s", target);
		sw_buf_printf(g->out, "%s{\"ErrorEquals\":[\"%s\"],\"ResultPath\":\"$.e\",\"Next\":\"%s\"}",
			      i ? "," : "", error, target);
	}
	sw_buf_char(g->out, ']');
	state->catchers_count = count;
}

static void timeouts(struct generator *g, struct state *state)
{
	if (g->machine->calm || !chance(g, 40))
		return;
	state->timeout = true;
	state->heartbeat = chance(g, 40);
	sw_buf_printf(g->out, ",\"TimeoutSeconds\":%u", state->heartbeat ? 60 : 2 + below(g, 8));
	if (state->heartbeat)
		sw_buf_printf(g->out, ",\"HeartbeatSeconds\":5");
}

static void task(struct generator *g, struct state *state, const char *next, const char *later)
{
	static const char *const resources[] = {
		"function:work", "arn:aws:lambda:us-east-1:123456789012:function:work",
		"arn:aws:states:::aws-sdk:s3:getObject", "arn:aws:states:::sqs:sendMessage.waitForTaskToken"};
	unsigned which = below(g, 4);
	sw_buf_printf(g->out, "\"Type\":\"Task\",\"Resource\":\"%s\",\"ResultPath\":\"$.r\"",
		      resources[which]);
	sw_buf_printf(g->out, ",\"Parameters\":{\"n.$\":\"$.n\"%s}",
		      which == 3 ? ",\"token.$\":\"$$.Task.Token\"" : "");
	timeouts(g, state);
	if (chance(g, 60))
		retry(g, state);
	if (later && chance(g, 50))
		catchers(g, state, next, later);
}

static void choice(struct generator *g, const char *next, const char *later)
{
	sw_buf_printf(g->out,
		      "\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.n\",\"NumericGreaterThan\":%u,"
		      "\"Next\":\"%s\"}],\"Default\":\"%s\"",
		      below(g, 10), later, next);
}

static void parallel(struct generator *g, struct state *state, unsigned depth, const char *later)
{
	unsigned count = 1 + below(g, 3);
	sw_buf_printf(g->out, "\"Type\":\"Parallel\",\"ResultPath\":\"$.p\",\"Branches\":[");
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			sw_buf_char(g->out, ',');
		flow(g, depth + 1);
	}
	sw_buf_char(g->out, ']');
	if (!g->machine->calm && chance(g, 40))
		retry(g, state);
	if (later && chance(g, 50))
		catcher(g, later);
}

static void map(struct generator *g, struct state *state, unsigned depth, const char *later)
{
	sw_buf_printf(
		g->out,
		"\"Type\":\"Map\",\"ItemsPath\":\"$.list\",\"ResultPath\":\"$.m\",\"MaxConcurrency\":%u,"
		"\"ItemProcessor\":",
		below(g, 4));
	flow(g, depth + 1);
	if (!g->machine->calm && chance(g, 40))
		retry(g, state);
	if (later && chance(g, 50))
		catcher(g, later);
}

static void pass(struct generator *g)
{
	sw_buf_printf(g->out, "\"Type\":\"Pass\"");
	if (chance(g, 50))
		sw_buf_printf(g->out, ",\"Result\":{\"x\":%u},\"ResultPath\":\"$.r\"", below(g, 1000));
	if (chance(g, 30))
		sw_buf_printf(g->out, ",\"Assign\":{\"v\":%u}", below(g, 1000));
}

static void wait(struct generator *g, struct state *state)
{
	state->wait_seconds = below(g, 20);
	sw_buf_printf(g->out, "\"Type\":\"Wait\",\"Seconds\":%u", state->wait_seconds);
}

/* One state; next is NULL for the last of its flow, later some state behind it (NULL: none). */
static void write_state(struct generator *g, struct state *state, unsigned depth, const char *next,
			const char *later)
{
	unsigned kind = below(g, 100);
	bool full = g->machine->states_count > TASKS_WANTED_MAX || depth >= DEPTH_MAX;
	bool may_fail = depth == 0 || !g->machine->calm;
	sw_buf_printf(g->out, "\"%s\":{", state->name);
	if (next && kind < 15) {
		choice(g, next, later);
		sw_buf_char(g->out, '}');
		return;
	}
	if (!next && (kind < 12 || (kind < 24 && may_fail))) {
		bool fail = kind >= 12;
		sw_buf_printf(g->out, fail ? "\"Type\":\"Fail\",\"Error\":\"A\",\"Cause\":\"meant\"}"
					   : "\"Type\":\"Succeed\"}");
		return;
	}
	if (kind < 45)
		task(g, state, next, later);
	else if (kind < 57 && !full)
		parallel(g, state, depth, later);
	else if (kind < 70 && !full)
		map(g, state, depth, later);
	else if (kind < 85)
		pass(g);
	else
		wait(g, state);
	if (next)
		sw_buf_printf(g->out, ",\"Next\":\"%s\"}", next);
	else
		sw_buf_printf(g->out, ",\"End\":true}");
}

static void flow(struct generator *g, unsigned depth)
{
	struct machine *machine = g->machine;
	unsigned count = 1 + below(g, 4), first = machine->states_count;
	if (first + count > STATES_MAX)
		count = 1;
	machine->states_count += count;
	for (unsigned i = first; i < first + count; i++) {
		machine->states[i] = (struct state){.branch = depth > 0};
		snprintf(machine->states[i].name, sizeof(machine->states[i].name), "S%u", i);
	}
	sw_buf_printf(g->out, "{\"StartAt\":\"%s\",\"States\":{", machine->states[first].name);
	for (unsigned i = 0; i < count; i++) {
		const char *next = i + 1 < count ? machine->states[first + i + 1].name : NULL;
		const char *later =
			next ? machine->states[first + i + 1 + below(g, count - i - 1)].name : NULL;
		if (i > 0)
			sw_buf_char(g->out, ',');
		write_state(g, &machine->states[first + i], depth, next, later);
	}
	sw_buf_text(g->out, "}");
	if (depth == 0 && !machine->calm && chance(g, 10))
		sw_buf_printf(g->out, ",\"TimeoutSeconds\":%u", 5 + below(g, 60));
	sw_buf_text(g->out, "}");
}

void machine_generate(struct machine *machine, struct sw_rng *rng, bool calm, bool several)
{
	struct generator g = {machine, rng, &machine->text, several};
	machine->calm = calm;
	machine->states_count = 0;
	flow(&g, 0);
}

void machine_done(struct machine *machine)
{
	sw_buf_done(&machine->text);
}

const struct state *machine_state(const struct machine *machine, const char *name)
{
	for (unsigned i = 0; i < machine->states_count; i++) {
		if (strcmp(machine->states[i].name, name) == 0)
			return &machine->states[i];
	}
	return NULL;
}
