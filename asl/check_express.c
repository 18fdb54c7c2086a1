/* What an EXPRESS state machine may not have. */
#include "asl/findings.h"
#include "asl/graph.h"
#include "base/limits.h"

#include <stdio.h>
#include <string.h>

struct express {
	struct sw_findings *findings;
	struct sw_arena places;
	enum sw_result result;
};

static const struct sw_place *keep(struct express *x, struct sw_place place)
{
	struct sw_place *kept = sw_arena_alloc(&x->places, sizeof(*kept));
	if (!kept) {
		x->result = SW_ENOMEM;
		return NULL;
	}
	*kept = place;
	return kept;
}

/* The place of a state, which the graph knows as text only. The depth is that of the definition. */
static const struct sw_place *place_of(struct express *x, const struct sw_state *state)
{
	const struct sw_state *owner = state->flow->owner;
	const struct sw_place *up = NULL;
	if (owner) {
		bool old = strncmp(state->pointer + strlen(owner->pointer), "/Iterator/", 10) == 0;
		up = place_of(x, owner);
		if (owner->type == SW_STATE_PARALLEL) {
			up = keep(x, SW_PLACE_KEY(up, "Branches"));
			up = keep(x, SW_PLACE_ITEM(up, state->flow->index));
		} else {
			up = keep(x, SW_PLACE_KEY(up, old ? "Iterator" : "ItemProcessor"));
		}
	}
	up = keep(x, SW_PLACE_KEY(up, "States"));
	return keep(x, SW_PLACE_KEY(up, state->name));
}

__attribute__((format(printf, 5, 6))) static void report(struct express *x, const struct sw_state *state,
							 const char *member, const char *aws,
							 const char *format, ...)
{
	if (sw_findings_errors(x->findings) >= SW_FINDINGS_MAX)
		return;
	struct sw_place at = SW_PLACE_KEY(place_of(x, state), member);
	struct sw_mistake mistake = {.code = SW_CODE_SCHEMA, .aws_text = aws, .at = &at};
	va_list args;

	va_start(args, format);
	if (x->result == SW_OK)
		x->result = sw_findings_add(x->findings, &mistake, format, args);
	va_end(args);
}

static void check_task(struct express *x, const struct sw_state *state)
{
	const struct sw_task_fields *task = &state->as.task;
	const char *pattern = task->pattern == SW_CALL_SYNC ? ".sync" : ".waitForTaskToken";
	char aws[120];

	if (task->kind == SW_RESOURCE_ACTIVITY) {
		report(x, state, "Resource", "Express state machine does not support Activity ARN",
		       "an EXPRESS state machine cannot call an activity");
	} else if (task->pattern != SW_CALL_RESPONSE) {
		snprintf(aws, sizeof(aws), "Express state machine does not support '%s' service integration",
			 pattern);
		report(x, state, "Resource", aws, "an EXPRESS state machine cannot wait for a task with %s",
		       pattern);
	}
}

static enum sw_result check_states(struct express *x, const struct sw_machine *machine)
{
	for (uint32_t i = 0; i < machine->states_count && x->result == SW_OK; i++) {
		const struct sw_state *state = &machine->states[i];
		if (state->type == SW_STATE_TASK)
			check_task(x, state);
		if (state->type == SW_STATE_MAP && state->as.map.distributed)
			report(x, state, "ItemProcessor",
			       "Express state machine does not support Distributed Map",
			       "an EXPRESS state machine cannot have a distributed Map");
	}
	return x->result == SW_OK ? sw_findings_settle(x->findings, machine->text, machine->text_len)
				  : x->result;
}

enum sw_result sw_machine_check_express(const struct sw_machine *machine, struct sw_findings **ret_findings,
					struct sw_error *err)
{
	struct express x = {.findings = sw_findings_new()};
	enum sw_result r = SW_ENOMEM;

	sw_arena_init(&x.places, 0);
	if (x.findings)
		r = check_states(&x, machine);
	if (r == SW_OK && sw_findings_errors(x.findings) > 0)
		r = SW_EDEFINITION;
	if (r == SW_EDEFINITION && err && err->code == SW_OK)
		*err = sw_findings_get(x.findings, 0)->error;
	if (r == SW_ENOMEM)
		sw_error_set(err, SW_ENOMEM, "out of memory");
	sw_arena_done(&x.places);
	if (r == SW_EDEFINITION && ret_findings)
		*ret_findings = x.findings;
	else
		sw_findings_free(x.findings);
	return r;
}
