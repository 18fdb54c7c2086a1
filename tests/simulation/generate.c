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
	enum era era;
	bool jsonata;                      /* the machine's language */
	bool express;                      /* nothing that ends it later */
	unsigned first;                    /* of the states: the first of this definition */
	unsigned variables[DEPTH_MAX + 2]; /* by depth: $v<n - 1> is assigned for sure; 0: none */
};

static unsigned below(struct generator *g, unsigned limit)
{
	return (unsigned)sw_rng_below(g->rng, limit);
}

static bool chance(struct generator *g, unsigned percent)
{
	return below(g, 100) < percent;
}

/* Of what the first eras do not have. */
static bool chance_now(struct generator *g, unsigned percent)
{
	return g->era >= ERA_LANGUAGES && chance(g, percent);
}

static void flow(struct generator *g, unsigned depth);

static const char *error_name(struct generator *g)
{
	static const char *const names[] = {
		"A", "B", "States.TaskFailed", "States.Timeout", "States.ALL", "States.QueryEvaluationError"};
	return names[below(g, g->era >= ERA_LANGUAGES ? 6 : 5)];
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

/* What a catcher makes of the failure; now and then it cannot be carried out itself. */
static const char *caught(struct generator *g, bool jsonata)
{
	if (g->era >= ERA_CATCHERS && !g->machine->calm && chance(g, 10))
		return jsonata ? "\"Output\":\"{% $states.input.missing %}\"" : "\"ResultPath\":\"$.n.x\"";
	return jsonata ? "\"Output\":\"{% $merge([$states.input,{'e':$states.errorOutput.Error}]) %}\""
		       : "\"ResultPath\":\"$.e\"";
}

static void catcher(struct generator *g, const char *next, bool jsonata)
{
	const char *error = error_name(g), *made = caught(g, jsonata);
	sw_buf_printf(g->out, ",\"Catch\":[{\"ErrorEquals\":[\"%s\"],%s,\"Next\":\"%s\"}]", error, made,
		      next);
}

/* Of a Task: known to the checks. The second is for what the first leaves, and leads elsewhere if it can. */
static void catchers(struct generator *g, struct state *state, const char *next, const char *later,
		     bool jsonata)
{
	unsigned count = g->era >= ERA_REDRIVES ? 1 + below(g, 2) : 1;
	sw_buf_text(g->out, ",\"Catch\":[");
	for (unsigned i = 0; i < count; i++) {
		const char *error = error_name(g), *target = i == 0 ? later : next;
		/* It may only come last. */
		if (i + 1 < count && strcmp(error, "States.ALL") == 0)
			error = "A";
		snprintf(state->catchers[i].error, sizeof(state->catchers[i].error), "%s", error);
		snprintf(state->catchers[i].next, sizeof(state->catchers[i].next), "%s", target);
		sw_buf_printf(g->out, "%s{\"ErrorEquals\":[\"%s\"],%s,\"Next\":\"%s\"}", i ? "," : "", error,
			      caught(g, jsonata), target);
	}
	sw_buf_char(g->out, ']');
	state->catchers_count = count;
}

/* always: nobody may be left who ends it. */
static void timeouts(struct generator *g, struct state *state, bool always)
{
	if (g->machine->calm || (!chance(g, 40) && !always))
		return;
	state->timeout = true;
	state->heartbeat = chance(g, 40);
	sw_buf_printf(g->out, ",\"TimeoutSeconds\":%u", state->heartbeat ? 60 : 2 + below(g, 8));
	if (state->heartbeat)
		sw_buf_printf(g->out, ",\"HeartbeatSeconds\":5");
}

/* ---- expressions ---------------------------------------------------------------------------------------- */

/* The innermost variable that is assigned here for sure; 0: none, else one more than its number. */
static unsigned variable_of(const struct generator *g, unsigned depth)
{
	unsigned variable = 0;
	for (unsigned i = 0; i <= depth; i++)
		variable = g->variables[i] ? g->variables[i] : variable;
	return variable;
}

/* May an expression fail here? In branches of calm machines the first failure would depend on the time. */
static bool may_fail(const struct generator *g, unsigned depth)
{
	return depth == 0 || !g->machine->calm;
}

/* A JSONata expression for the item's number; now and then one that fails. */
static void number(struct generator *g, unsigned depth)
{
	unsigned variable = variable_of(g, depth), kind = below(g, 10);
	if (kind == 0 && may_fail(g, depth))
		sw_buf_printf(g->out, "\"{%% $states.input.n > %u ? $error('meant') : $states.input.n %%}\"",
			      below(g, 10));
	else if (kind < 4 && variable)
		sw_buf_printf(g->out, "\"{%% $states.input.n + $v%u - $v%u %%}\"", variable - 1,
			      variable - 1);
	else if (kind < 6)
		sw_buf_text(g->out, "\"{% $sum([$states.input.n, $count($states.input.list), "
				    "-$count($states.input.list)]) %}\"");
	else
		sw_buf_text(g->out, "\"{% $states.input.n %}\"");
}

/* The input with a member more: JSONata's way of ResultPath. value is an expression. */
static void output(struct generator *g, unsigned depth, const char *member, const char *value)
{
	unsigned variable = variable_of(g, depth);
	sw_buf_printf(g->out, ",\"Output\":\"{%% $merge([$states.input,{'%s':%s", member, value);
	if (variable && chance(g, 30))
		sw_buf_printf(g->out, ",'w':$v%u", variable - 1);
	if (may_fail(g, depth) && chance(g, 10))
		sw_buf_printf(g->out, ",'q':$states.input.n > %u ? $error('meant')", below(g, 10));
	sw_buf_text(g->out, "}]) %}\"");
}

/* Nobody reads it but the checks of the store: each state has one of its own. */
static void assign(struct generator *g, const struct state *state, bool jsonata)
{
	if (!chance_now(g, 25))
		return;
	sw_buf_printf(g->out,
		      jsonata ? ",\"Assign\":{\"a%s\":\"{%% $states.input.n * 2 %%}\"}"
			      : ",\"Assign\":{\"a%s.$\":\"$$.Execution.Input.n\"}",
		      state->name);
}

/* ---- states ----------------------------------------------------------------------------------------------- */

enum { TOKEN = 3, ACTIVITY, SYNC }; /* of the resources */

static void arguments(struct generator *g, const struct state *state, unsigned depth, unsigned resource,
		      bool jsonata)
{
	static const char token[] = ",\"token.$\":\"$$.Task.Token\"",
			  token_jsonata[] = ",\"token\":\"{% $states.context.Task.Token %}\"";
	unsigned variable = g->era >= ERA_LANGUAGES ? variable_of(g, depth) : 0;
	sw_buf_text(g->out, jsonata ? ",\"Arguments\":{\"n\":" : ",\"Parameters\":{\"n.$\":");
	if (jsonata)
		number(g, depth);
	else
		sw_buf_text(g->out, "\"$.n\"");
	if (resource == TOKEN)
		sw_buf_text(g->out, jsonata ? token_jsonata : token);
	if (resource == ACTIVITY)
		sw_buf_printf(g->out,
			      jsonata ? ",\"s\":\"%s\",\"a\":\"{%% $states.context.State.RetryCount %%}\""
				      : ",\"s\":\"%s\",\"a.$\":\"$$.State.RetryCount\"",
			      state->name);
	if (variable && !jsonata && chance(g, 30))
		sw_buf_printf(g->out, ",\"w.$\":\"$v%u\"", variable - 1);
	sw_buf_char(g->out, '}');
}

static void task(struct generator *g, struct state *state, unsigned depth, const char *next,
		 const char *later, bool jsonata)
{
	static const char *const resources[] = {"function:work",
						"arn:aws:lambda:us-east-1:123456789012:function:work",
						"arn:aws:states:::aws-sdk:s3:getObject",
						"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
						"arn:aws:states:us-east-1:123456789012:activity:a",
						"arn:aws:states:::ecs:runTask.sync"};
	unsigned which = below(g, g->express ? 3 : 4);
	if (!g->machine->calm && !g->express && chance_now(g, 25))
		which = ACTIVITY;
	else if (!g->express && chance_now(g, 15))
		which = SYNC;
	sw_buf_printf(g->out, "\"Type\":\"Task\",\"Resource\":\"%s\"", resources[which]);
	if (jsonata)
		output(g, depth, "r", "$states.result");
	else
		sw_buf_text(g->out, ",\"ResultPath\":\"$.r\"");
	arguments(g, state, depth, which, jsonata);
	assign(g, state, jsonata);
	timeouts(g, state, which == ACTIVITY);
	if (chance(g, 60))
		retry(g, state);
	if (later && chance(g, 50))
		catchers(g, state, next, later, jsonata);
}

static void choice(struct generator *g, unsigned depth, const char *next, const char *later, bool jsonata)
{
	unsigned least = below(g, 10);
	if (!jsonata)
		sw_buf_printf(
			g->out,
			"\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.n\",\"NumericGreaterThan\":%u",
			least);
	else if (may_fail(g, depth) && chance(g, 15))
		sw_buf_printf(g->out,
			      "\"Type\":\"Choice\",\"Choices\":[{\"Condition\":\"{%% $states.input.n > %u ? "
			      "$error('meant') : true %%}\"",
			      least);
	else
		sw_buf_printf(
			g->out,
			"\"Type\":\"Choice\",\"Choices\":[{\"Condition\":\"{%% $states.input.n > %u %%}\"",
			least);
	sw_buf_printf(g->out, ",\"Next\":\"%s\"}],\"Default\":\"%s\"", later, next);
}

static void parallel(struct generator *g, struct state *state, unsigned depth, const char *later,
		     bool jsonata)
{
	unsigned count = 1 + below(g, 3);
	sw_buf_text(g->out, "\"Type\":\"Parallel\"");
	if (jsonata)
		output(g, depth, "p", "$states.result");
	else
		sw_buf_text(g->out, ",\"ResultPath\":\"$.p\"");
	assign(g, state, jsonata);
	sw_buf_text(g->out, ",\"Branches\":[");
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			sw_buf_char(g->out, ',');
		flow(g, depth + 1);
	}
	sw_buf_char(g->out, ']');
	if (!g->machine->calm && chance(g, 40))
		retry(g, state);
	if (later && chance(g, 50))
		catcher(g, later, jsonata);
}

static void items(struct generator *g, unsigned depth, bool jsonata)
{
	static const char
		selector[] = ",\"ItemSelector\":{\"n.$\":\"$$.Map.Item.Value.n\",\"list.$\":"
			     "\"$$.Map.Item.Value.list\",\"i.$\":\"$$.Map.Item.Index\"}",
		selector_jsonata[] =
			",\"ItemSelector\":\"{% $merge([$states.context.Map.Item.Value,"
			"{'i':$states.context.Map.Item.Index,'of':$count($states.input.list)}]) %}\"";
	if (jsonata) {
		output(g, depth, "m", "$states.result");
		/* A Map over an object has its pairs as items: they are made what the flow inside reads. */
		sw_buf_text(g->out, ",\"Items\":\"{% $states.input.list %}\"");
	} else {
		sw_buf_text(g->out, ",\"ItemsPath\":\"$.list\",\"ResultPath\":\"$.m\"");
	}
	sw_buf_printf(g->out, ",\"MaxConcurrency\":%u", below(g, 4));
	if (chance_now(g, 40))
		sw_buf_text(g->out, jsonata ? selector_jsonata : selector);
}

static void map(struct generator *g, struct state *state, unsigned depth, const char *later, bool jsonata)
{
	sw_buf_text(g->out, "\"Type\":\"Map\"");
	items(g, depth, jsonata);
	assign(g, state, jsonata);
	sw_buf_text(g->out, ",\"ItemProcessor\":");
	flow(g, depth + 1);
	if (!g->machine->calm && chance(g, 40))
		retry(g, state);
	if (later && chance(g, 50))
		catcher(g, later, jsonata);
}

static void pass(struct generator *g, const struct state *state, unsigned depth, bool jsonata)
{
	unsigned variable = g->era >= ERA_LANGUAGES ? variable_of(g, depth) : 0;
	char value[40];
	sw_buf_printf(g->out, "\"Type\":\"Pass\"");
	if (jsonata) {
		snprintf(value, sizeof(value), "{'x':%u}", below(g, 1000));
		output(g, depth, "r", value);
		assign(g, state, jsonata);
		return;
	}
	if (variable && chance(g, 40)) {
		sw_buf_printf(g->out,
			      ",\"Parameters\":{\"n.$\":\"$.n\",\"list.$\":\"$.list\",\"w.$\":\"States."
			      "MathAdd($v%u,"
			      "$.n)\"%s}",
			      variable - 1,
			      may_fail(g, depth) && chance(g, 5) ? ",\"q.$\":\"$.missing\"" : "");
		assign(g, state, jsonata);
		return;
	}
	if (chance(g, 50))
		sw_buf_printf(g->out, ",\"Result\":{\"x\":%u},\"ResultPath\":\"$.r\"", below(g, 1000));
	if (chance(g, 30))
		sw_buf_printf(g->out, ",\"Assign\":{\"v\":%u}", below(g, 1000));
}

/* The first state of a flow: from here on there is a variable. */
static void declare(struct generator *g, unsigned number, unsigned depth, bool jsonata)
{
	sw_buf_printf(g->out,
		      jsonata ? "\"Type\":\"Pass\",\"Assign\":{\"v%u\":\"{%% $states.input.n %%}\"}"
			      : "\"Type\":\"Pass\",\"Assign\":{\"v%u.$\":\"$.n\"}",
		      number);
	g->variables[depth] = number + 1;
}

static void wait(struct generator *g, struct state *state, unsigned depth, bool jsonata)
{
	state->wait_seconds = below(g, 20);
	if (!jsonata)
		sw_buf_printf(g->out, "\"Type\":\"Wait\",\"Seconds\":%u", state->wait_seconds);
	else if (may_fail(g, depth) && chance(g, 15))
		sw_buf_printf(g->out,
			      "\"Type\":\"Wait\",\"Seconds\":\"{%% $states.input.n > %u ? 'soon' : %u %%}\"",
			      below(g, 10), state->wait_seconds);
	else
		sw_buf_printf(
			g->out,
			"\"Type\":\"Wait\",\"Seconds\":\"{%% %u + $states.input.n - $states.input.n %%}\"",
			state->wait_seconds);
	assign(g, state, jsonata);
}

static void end_state(struct generator *g, const char *next)
{
	if (next)
		sw_buf_printf(g->out, ",\"Next\":\"%s\"}", next);
	else
		sw_buf_printf(g->out, ",\"End\":true}");
}

/* One state; next is NULL for the last of its flow, later some state behind it (NULL: none). */
static void write_state(struct generator *g, struct state *state, unsigned depth, const char *next,
			const char *later)
{
	unsigned kind = below(g, 100);
	bool full = g->machine->states_count - g->first > TASKS_WANTED_MAX || depth >= DEPTH_MAX;
	bool jsonata = g->jsonata || chance_now(g, 35);
	sw_buf_printf(g->out, "\"%s\":{", state->name);
	if (jsonata && !g->jsonata)
		sw_buf_text(g->out, "\"QueryLanguage\":\"JSONata\",");
	if (next && kind < 15) {
		choice(g, depth, next, later, jsonata);
		sw_buf_char(g->out, '}');
		return;
	}
	if (!next && (kind < 12 || (kind < 24 && may_fail(g, depth)))) {
		bool fail = kind >= 12;
		if (!fail && jsonata) {
			sw_buf_text(g->out, "\"Type\":\"Succeed\"");
			output(g, depth, "s", "true");
			sw_buf_char(g->out, '}');
			return;
		}
		sw_buf_printf(g->out, fail ? "\"Type\":\"Fail\",\"Error\":\"A\",\"Cause\":\"meant\"}"
					   : "\"Type\":\"Succeed\"}");
		return;
	}
	if (kind < 45)
		task(g, state, depth, next, later, jsonata);
	else if (kind < 57 && !full)
		parallel(g, state, depth, later, jsonata);
	else if (kind < 70 && !full)
		map(g, state, depth, later, jsonata);
	else if (kind < 85)
		pass(g, state, depth, jsonata);
	else
		wait(g, state, depth, jsonata);
	end_state(g, next);
}

static void write_first(struct generator *g, const struct state *state, unsigned number, unsigned depth,
			const char *next)
{
	bool jsonata = g->jsonata || chance(g, 35);
	sw_buf_printf(g->out, "\"%s\":{", state->name);
	if (jsonata && !g->jsonata)
		sw_buf_text(g->out, "\"QueryLanguage\":\"JSONata\",");
	declare(g, number, depth, jsonata);
	end_state(g, next);
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
	g->variables[depth] = 0;
	sw_buf_text(g->out, "{");
	if (depth == 0 && g->jsonata)
		sw_buf_text(g->out, "\"QueryLanguage\":\"JSONata\",");
	sw_buf_printf(g->out, "\"StartAt\":\"%s\",\"States\":{", machine->states[first].name);
	for (unsigned i = 0; i < count; i++) {
		const char *next = i + 1 < count ? machine->states[first + i + 1].name : NULL;
		const char *later =
			next ? machine->states[first + i + 1 + below(g, count - i - 1)].name : NULL;
		if (i > 0)
			sw_buf_char(g->out, ',');
		if (i == 0 && chance_now(g, 50))
			write_first(g, &machine->states[first], first, depth, next);
		else
			write_state(g, &machine->states[first + i], depth, next, later);
	}
	g->variables[depth] = 0;
	sw_buf_text(g->out, "}");
	if (depth == 0 && !machine->calm && chance(g, 10))
		sw_buf_printf(g->out, ",\"TimeoutSeconds\":%u", 5 + below(g, 60));
	sw_buf_text(g->out, "}");
}

/* Another definition of the same states does as well; a comment makes it another revision. */
static void generate_same(struct machine *machine)
{
	sw_buf_text(&machine->other, "{\"Comment\":\"again\",");
	sw_buf_text(&machine->other, machine->text.data + 1);
}

static void generate_more(struct machine *machine, struct sw_rng *rng, bool express)
{
	struct generator g = {.machine = machine,
			      .rng = rng,
			      .out = express ? &machine->express : &machine->other,
			      .era = ERA_LANGUAGES,
			      .express = express,
			      .first = machine->states_count};
	g.jsonata = chance(&g, 25);
	flow(&g, 0);
}

void machine_generate(struct machine *machine, struct sw_rng *rng, bool calm, enum era era)
{
	struct generator g = {.machine = machine, .rng = rng, .out = &machine->text, .era = era};
	machine->calm = calm;
	machine->states_count = 0;
	g.jsonata = chance_now(&g, 25);
	flow(&g, 0);
	if (era < ERA_LANGUAGES)
		return;
	if (calm) {
		generate_same(machine);
		return;
	}
	machine->other_first = machine->states_count;
	generate_more(machine, rng, false);
	generate_more(machine, rng, true);
}

void machine_done(struct machine *machine)
{
	sw_buf_done(&machine->text);
	sw_buf_done(&machine->other);
	sw_buf_done(&machine->express);
}

const struct state *machine_state(const struct machine *machine, const char *name)
{
	for (unsigned i = 0; i < machine->states_count; i++) {
		if (strcmp(machine->states[i].name, name) == 0)
			return &machine->states[i];
	}
	return NULL;
}
