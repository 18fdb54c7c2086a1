/* What can be said only when all states are known: transitions, reachability, ends. */
#include "asl/compile.h"
#include "asl/suggest.h"

#include <stdio.h>
#include <string.h>

/* ---- transitions -------------------------------------------------------------------------------------- */

static const char *nearest_state(struct sw_compiler *c, const struct sw_target *target)
{
	struct sw_suggestion suggestion = sw_suggestion(target->name, &c->suggestions_left);
	if (sw_findings_errors(c->findings) >= SW_FINDINGS_MAX)
		return NULL;
	for (uint32_t i = 0; i < c->used && c->suggestions_left > 0; i++) {
		if (c->scope_of[i] == target->scope)
			sw_suggestion_offer(&suggestion, c->states[i].name);
	}
	return suggestion.best;
}

/*
 * "Missing 'Next' target: X" is AWS's text for StartAt, Next and Default alike. "A state in a branch can
 * transition only to states of the same branch, and none outside can enter it."
 */
static void report_target(struct sw_compiler *c, const struct sw_target *target)
{
	char aws[400], other[256] = "";
	const struct sw_state *elsewhere = sw_names_find(c->in_machine, NULL, target->name);

	snprintf(aws, sizeof(aws), "Missing 'Next' target: %.300s", target->name);
	struct sw_mistake mistake = sw_at(target->place, aws);
	mistake.code = SW_CODE_TARGET;
	if (elsewhere) {
		sw_place_print(c->place_of[elsewhere->index], other, sizeof(other));
		sw_report(c, mistake,
			  "%s: the state \"%.100s\" is %s; a transition cannot enter or leave a branch or an "
			  "ItemProcessor",
			  target->place->key, target->name, other);
		return;
	}
	const char *best = nearest_state(c, target);
	sw_report(c, mistake, "%s: there is no state \"%.100s\"%s%.100s%s", target->place->key, target->name,
		  best ? "; did you mean \"" : "", best ? best : "", best ? "\"?" : "");
}

/* Stands for a state that a state compiled alone leads to: it has a name and can be told, never entered. */
static const struct sw_state *outer_state(struct sw_compiler *c, const struct sw_target *target)
{
	struct sw_state *state = sw_compiler_take(c, 1, sizeof(*state));
	if (state) {
		state->name = target->name;
		state->type = SW_STATE_SUCCEED;
		state->language = c->language->ops;
		state->flow = target->scope->flow;
		state->pointer = "";
	}
	return state;
}

static void resolve_targets(struct sw_compiler *c)
{
	for (const struct sw_target *target = c->targets; target; target = target->next) {
		*target->slot = sw_names_find(c->in_flow, target->scope, target->name);
		if (!*target->slot && c->alone && !target->scope->flow->owner)
			*target->slot = outer_state(c, target);
		else if (!*target->slot)
			report_target(c, target);
	}
}

/* ---- reachability ------------------------------------------------------------------------------------- */

struct reach {
	bool *reached;
	const struct sw_state **queue;
	size_t head, tail;
};

static void reach_state(struct reach *r, const struct sw_state *state)
{
	if (!state || r->reached[state->index])
		return;
	r->reached[state->index] = true;
	r->queue[r->tail++] = state;
}

static void reach_next(struct reach *r, const struct sw_state *state)
{
	reach_state(r, state->next);
	for (uint32_t i = 0; i < state->catchers_count; i++)
		reach_state(r, state->catchers[i].next);
	if (state->type != SW_STATE_CHOICE)
		return;
	for (uint32_t i = 0; i < state->as.choice.rules_count; i++)
		reach_state(r, state->as.choice.rules[i].next);
	reach_state(r, state->as.choice.fallback);
}

/*
 * "MISSING_END_STATE: Workflow has no terminal state" is said of the machine's own list, and then nothing of
 * states that cannot be reached. In a branch AWS accepts it; the branch can end only by failing.
 */
static void report_no_terminal(struct sw_compiler *c, const struct sw_scope *scope)
{
	struct sw_place at = SW_PLACE_KEY(scope->place, "States");
	struct sw_mistake mistake = sw_at_key(&at, "Workflow has no terminal state");

	mistake.code = SW_CODE_END;
	mistake.aws_elsewhere = mistake.aws_nowhere = !scope->place;
	if (scope->place)
		mistake = sw_warning(mistake, SW_CODE_END);
	sw_report(c, mistake,
		  "no state ends this list: one must have \"End\": true or be a Succeed or Fail state");
}

static void report_unreachable(struct sw_compiler *c, const struct sw_state *state)
{
	char aws[400];
	snprintf(aws, sizeof(aws), "State \"%.300s\" is not reachable.", state->name);
	struct sw_mistake mistake = sw_at_key(c->place_of[state->index], aws);
	mistake.code = SW_CODE_TARGET;
	sw_report(c, mistake, "no transition leads to the state \"%.100s\"", state->name);
}

static void check_reach(struct sw_compiler *c, bool machine_ends)
{
	struct reach r = {0};
	r.reached = sw_arena_alloc(&c->scratch, c->count * sizeof(*r.reached));
	r.queue = sw_arena_alloc(&c->scratch, c->count * sizeof(struct sw_state *));
	if (!r.reached || !r.queue) {
		c->result = SW_ENOMEM;
		return;
	}
	for (const struct sw_scope *scope = c->scopes; scope; scope = scope->next)
		reach_state(&r, scope->flow->start);
	while (r.head < r.tail)
		reach_next(&r, r.queue[r.head++]);
	for (uint32_t i = 0; i < c->used && c->result == SW_OK; i++) {
		const struct sw_scope *scope = c->scope_of[i];
		if (!r.reached[i] && !scope->broken && (machine_ends || scope->place))
			report_unreachable(c, &c->states[i]);
	}
}

void sw_check_graph(struct sw_compiler *c)
{
	bool machine_ends = true;

	resolve_targets(c);
	for (const struct sw_scope *scope = c->scopes; scope; scope = scope->next) {
		if (scope->ends || scope->broken || (c->alone && !scope->flow->owner))
			continue;
		report_no_terminal(c, scope);
		if (!scope->place)
			machine_ends = false;
	}
	check_reach(c, machine_ends);
}
