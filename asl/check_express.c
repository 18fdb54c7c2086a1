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

/* "ItemProcessor", or "Iterator" as it was called before; inner is a state inside of it. */
static const char *processor_key(const struct sw_state *map, const struct sw_state *inner)
{
	bool old = strncmp(inner->pointer + strlen(map->pointer), "/Iterator/", 10) == 0;
	return old ? "Iterator" : "ItemProcessor";
}

/* The place of a state, which the graph knows as text only. The depth is that of the definition. */
static const struct sw_place *place_of(struct express *x, const struct sw_state *state)
{
	const struct sw_state *owner = state->flow->owner;
	const struct sw_place *up = NULL;
	if (owner) {
		up = place_of(x, owner);
		if (owner->type == SW_STATE_PARALLEL) {
			up = keep(x, SW_PLACE_KEY(up, "Branches"));
			up = keep(x, SW_PLACE_ITEM(up, state->flow->index));
		} else {
			up = keep(x, SW_PLACE_KEY(up, processor_key(owner, state)));
		}
	}
	up = keep(x, SW_PLACE_KEY(up, "States"));
	return keep(x, SW_PLACE_KEY(up, state->name));
}

__attribute__((format(printf, 4, 5))) static void report(struct express *x, const struct sw_place *at,
							 const char *aws, const char *format, ...)
{
	struct sw_mistake mistake = {.code = SW_CODE_SCHEMA, .aws_text = aws, .at = at};
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
	struct sw_place at = SW_PLACE_KEY(place_of(x, state), "Resource");
	char aws[120];

	if (task->kind == SW_RESOURCE_ACTIVITY) {
		report(x, &at, "Express state machine does not support Activity ARN",
		       "an EXPRESS state machine cannot call an activity");
	} else if (task->pattern != SW_CALL_RESPONSE) {
		snprintf(aws, sizeof(aws), "Express state machine does not support '%s' service integration",
			 pattern);
		report(x, &at, aws, "an EXPRESS state machine cannot wait for a task with %s", pattern);
	}
}

/* The text is recorded by others on AWS (badmintoncryer/cdk-preflight); where it stands is not. */
static void check_map(struct express *x, const struct sw_state *state)
{
	struct sw_place processor =
		SW_PLACE_KEY(place_of(x, state), processor_key(state, state->as.map.processor.start));
	struct sw_place config = SW_PLACE_KEY(&processor, "ProcessorConfig");
	struct sw_place mode = SW_PLACE_KEY(&config, "Mode");
	report(x, &mode,
	       "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines",
	       "an EXPRESS state machine cannot have a distributed Map");
}

static enum sw_result check_states(struct express *x, const struct sw_machine *machine)
{
	for (uint32_t i = 0; i < machine->states_count && x->result == SW_OK; i++) {
		const struct sw_state *state = &machine->states[i];
		if (sw_findings_errors(x->findings) >= SW_FINDINGS_MAX)
			break;
		if (state->type == SW_STATE_TASK)
			check_task(x, state);
		if (state->type == SW_STATE_MAP && state->as.map.distributed)
			check_map(x, state);
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
