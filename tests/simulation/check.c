/* What must hold of the store, whatever happened: see check_all. */
#include "simulation.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define EVENTS_MAX 4096
#define ROUND_MS 1 /* of times as JSON numbers */

struct event {
	char type[32], name[16], error[32];
	uint32_t previous;
	int64_t time_ms;
	unsigned ended;     /* events that end it: exits of an entering, ends of a scheduling */
	unsigned scheduled; /* attempts of a Task, at its entering */
};

struct history {
	struct simulation *s;
	struct coverage *coverage;
	const char *arn;
	struct event *events; /* from 1 */
	uint32_t count;
	uint32_t redriven; /* events ExecutionRedriven up to the one that is looked at */
};

/* ---- rules ------------------------------------------------------------------------------------------------- */

/*
 * What an event may follow: words that the type of the event before ends in, "0" for nothing. Types that are
 * not named may follow anything (joins follow the branch that happened to end last).
 */
static const struct rule {
	const char *type;
	const char *before[10];
} rules[] = {
	{"ExecutionStarted", {"0"}},
	{"ExecutionAborted", {"0"}},
	{"ExecutionTimedOut", {"0"}},
	{"ExecutionSucceeded", {"StateExited"}},
	{"PassStateEntered", {"0", "StateExited", "ParallelStateStarted", "MapIterationStarted"}},
	{"ChoiceStateEntered", {"0", "StateExited", "ParallelStateStarted", "MapIterationStarted"}},
	{"SucceedStateEntered", {"0", "StateExited", "ParallelStateStarted", "MapIterationStarted"}},
	{"FailStateEntered", {"0", "StateExited", "ParallelStateStarted", "MapIterationStarted"}},
	{"WaitStateEntered", {"0", "StateExited", "ParallelStateStarted", "MapIterationStarted"}},
	{"TaskStateEntered", {"0", "StateExited", "ParallelStateStarted", "MapIterationStarted"}},
	{"ParallelStateEntered", {"0", "StateExited", "ParallelStateStarted", "MapIterationStarted"}},
	{"MapStateEntered", {"0", "StateExited", "ParallelStateStarted", "MapIterationStarted"}},
	{"PassStateExited", {"PassStateEntered"}},
	{"ChoiceStateExited", {"ChoiceStateEntered"}},
	{"SucceedStateExited", {"SucceedStateEntered"}},
	{"WaitStateExited", {"WaitStateEntered"}},
	{"TaskScheduled", {"TaskStateEntered", "TaskFailed", "TaskTimedOut", "EvaluationFailed"}},
	{"TaskStarted", {"TaskScheduled"}},
	{"TaskSubmitted", {"TaskStarted"}},
	{"TaskSucceeded", {"TaskStarted", "TaskSubmitted"}},
	{"TaskFailed", {"TaskStarted", "TaskSubmitted"}},
	{"TaskTimedOut", {"TaskStarted", "TaskSubmitted", "TaskScheduled"}},
	{"TaskStateExited",
	 {"TaskSucceeded", "TaskFailed", "TaskTimedOut", "FunctionSucceeded", "FunctionFailed",
	  "FunctionTimedOut", "ActivitySucceeded", "ActivityFailed", "ActivityTimedOut", "EvaluationFailed"}},
	{"LambdaFunctionScheduled",
	 {"TaskStateEntered", "FunctionFailed", "FunctionTimedOut", "EvaluationFailed"}},
	{"LambdaFunctionStarted", {"LambdaFunctionScheduled"}},
	{"LambdaFunctionSucceeded", {"LambdaFunctionStarted"}},
	{"LambdaFunctionFailed", {"LambdaFunctionStarted"}},
	{"LambdaFunctionTimedOut", {"LambdaFunctionStarted"}},
	{"ActivityScheduled", {"TaskStateEntered", "ActivityFailed", "ActivityTimedOut", "EvaluationFailed"}},
	{"ActivityStarted", {"ActivityScheduled"}},
	{"ActivitySucceeded", {"ActivityStarted"}},
	{"ActivityFailed", {"ActivityStarted"}},
	{"ActivityTimedOut", {"ActivityStarted", "ActivityScheduled"}},
	{"MapIterationSucceeded", {"StateExited"}},
};

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);
	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void check_order(struct history *h, uint32_t id)
{
	const struct event *event = &h->events[id];
	const char *before = event->previous ? h->events[event->previous].type : "0";
	/* A redrive goes on wherever the execution stood. */
	if (h->redriven > 0)
		return;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (strcmp(rules[i].type, event->type) != 0)
			continue;
		for (unsigned j = 0; j < 10 && rules[i].before[j]; j++) {
			if (ends_in(before, rules[i].before[j]))
				return;
		}
		broken(h->s, "%s: event %u, %s, follows %u, %s", h->arn, (unsigned)id, event->type,
		       (unsigned)event->previous, before);
	}
}

/* ---- chains ------------------------------------------------------------------------------------------------- */

/* The nearest event backwards whose type ends so; 0: none. */
static uint32_t back_to(const struct history *h, uint32_t id, const char *end)
{
	while (id && !ends_in(h->events[id].type, end))
		id = h->events[id].previous;
	return id;
}

/*
 * The entering of the state that the event belongs to; 0: none. An expression that fails before the state has done
 * anything is told behind what the entering followed: from there the chain leads past it.
 */
static uint32_t entering_of(const struct history *h, uint32_t id)
{
	const char *state = NULL;
	while (id && !ends_in(h->events[id].type, "StateEntered")) {
		if (!state && strcmp(h->events[id].type, "EvaluationFailed") == 0)
			state = h->events[id].name;
		id = h->events[id].previous;
	}
	return id && state && strcmp(h->events[id].name, state) != 0 ? 0 : id;
}

static bool is_outcome(const char *type)
{
	static const char *const works[] = {"Task", "Function", "Activity"};
	static const char *const ends[] = {"Succeeded", "Failed", "TimedOut"};
	for (unsigned i = 0; i < 9; i++) {
		char end[24];
		snprintf(end, sizeof(end), "%s%s", works[i / 3], ends[i % 3]);
		if (ends_in(type, end))
			return true;
	}
	return false;
}

/* An entering has one exit, a scheduling one outcome. */
static void check_once(struct history *h, uint32_t id)
{
	const char *type = h->events[id].type;
	uint32_t begin = 0;
	if (is_outcome(type))
		begin = back_to(h, id, "Scheduled");
	else if (ends_in(type, "StateExited") && strcmp(type, "ParallelStateExited") != 0 &&
		 strcmp(type, "MapStateExited") != 0)
		begin = entering_of(h, id);
	if (begin && h->events[begin].ended++ > 0)
		broken(h->s, "%s: event %u, %s, ends once more what %u began", h->arn, (unsigned)id, type,
		       (unsigned)begin);
}

/* Timers are never early. */
static void check_time(struct history *h, uint32_t id)
{
	const struct event *event = &h->events[id];
	uint32_t entered = entering_of(h, id);
	const struct state *state = entered ? machine_state(&h->s->machine, h->events[entered].name) : NULL;
	int64_t least_ms = 0, from_ms = 0;
	if (!state)
		return;
	if (strcmp(event->type, "WaitStateExited") == 0) {
		least_ms = (int64_t)state->wait_seconds * 1000;
		from_ms = h->events[entered].time_ms;
	} else if (ends_in(event->type, "Scheduled") && event->previous != entered && h->redriven == 0) {
		least_ms = (int64_t)state->interval_seconds * 1000;
		from_ms = h->events[event->previous].time_ms;
	}
	if (event->time_ms - from_ms + ROUND_MS < least_ms && least_ms > 0)
		broken(h->s, "%s: event %u, %s, is early", h->arn, (unsigned)id, event->type);
}

/* A retrier that takes every error is not asked more often than it says, restarts or not. */
static void check_retries(struct history *h, uint32_t id)
{
	uint32_t entered = entering_of(h, id);
	const struct state *state = entered ? machine_state(&h->s->machine, h->events[entered].name) : NULL;
	if (!state || !ends_in(h->events[id].type, "Scheduled") || h->redriven > 0)
		return;
	if (++h->events[entered].scheduled > state->retries + 1 && state->retries > 0)
		broken(h->s, "%s: event %u, %s, is one attempt more than %u retries make", h->arn,
		       (unsigned)id, h->events[id].type, state->retries);
}

static bool catches(const char *name, const char *error)
{
	bool timeout = strcmp(error, "States.Timeout") == 0;
	return strcmp(name, "States.ALL") == 0 || strcmp(name, error) == 0 ||
	       (strcmp(name, "States.TaskFailed") == 0 && !timeout);
}

/* After a Task that failed and was left comes the state that its first fitting catcher names. */
static void check_catch(struct history *h, uint32_t id)
{
	const struct event *event = &h->events[id], *exit = &h->events[event->previous];
	const struct event *failed = &h->events[exit->previous];
	if (h->redriven > 0 || !ends_in(event->type, "StateEntered") ||
	    strcmp(exit->type, "TaskStateExited") != 0 ||
	    !(ends_in(failed->type, "Failed") || ends_in(failed->type, "TimedOut")))
		return;
	const struct state *state = machine_state(&h->s->machine, exit->name);
	unsigned i = 0;
	while (state && i < state->catchers_count && !catches(state->catchers[i].error, failed->error))
		i++;
	if (!state || i == state->catchers_count || strcmp(state->catchers[i].next, event->name) != 0)
		broken(h->s, "%s: event %u, %s %s, is not where %s leads after %s", h->arn, (unsigned)id,
		       event->type, event->name, exit->name, failed->error);
}

/* "Running executions will continue to use the previous definition": never states of both. */
static void check_definition(struct history *h, uint32_t id, unsigned *which)
{
	const struct machine *machine = &h->s->machine;
	const struct state *state = ends_in(h->events[id].type, "StateEntered")
					    ? machine_state(machine, h->events[id].name)
					    : NULL;
	if (!state || machine->other_first == 0)
		return;
	unsigned its = 1 + (state >= &machine->states[machine->other_first]);
	if (*which && *which != its)
		broken(h->s, "%s: event %u enters %s, which is in another definition than what it began with",
		       h->arn, (unsigned)id, state->name);
	*which = its;
}

static int state_type_of(const char *entered)
{
	static const char *const types[] = {"Task",    "Pass", "Choice",   "Wait",
					    "Succeed", "Fail", "Parallel", "Map"};
	for (int i = 0; i < 8; i++) {
		size_t len = strlen(types[i]);
		if (strncmp(entered, types[i], len) == 0 && strncmp(entered + len, "State", 5) == 0)
			return i;
	}
	return -1;
}

/* The state that an event tells of: its own, that of an expression that failed, or what the event follows. */
static int type_of(const struct history *h, uint32_t id)
{
	int type = -1;
	for (; id && type < 0; id = h->events[id].previous) {
		const struct event *event = &h->events[id];
		type = strncmp(event->type, "MapIteration", 12) == 0 ? 7 : state_type_of(event->type);
		/* Told behind what the state's entering followed: any entering of the state tells its type. */
		for (uint32_t i = id; i-- > 1 && strcmp(event->type, "EvaluationFailed") == 0 && type < 0;) {
			if (ends_in(h->events[i].type, "StateEntered") &&
			    strcmp(h->events[i].name, event->name) == 0)
				type = state_type_of(h->events[i].type);
		}
	}
	return type;
}

static void cover(struct history *h, uint32_t id)
{
	int type = type_of(h, id);
	for (unsigned number = 1; type >= 0 && number < 80; number++) {
		const char *text = sw_history_type_text((enum sw_history_type)number);
		if (text && strcmp(text, h->events[id].type) == 0)
			h->coverage->seen[type][number]++;
	}
}

/* ---- histories ----------------------------------------------------------------------------------------------- */

/* What went wrong, as the event tells it; "": nothing. */
static const char *error_of(json_t *tree)
{
	const char *key, *error = NULL;
	json_t *details;
	json_object_foreach(tree, key, details)
	{
		if (!error)
			error = json_string_value(json_object_get(details, "error"));
	}
	return error ? error : "";
}

/* Of the state that is entered or left, or whose expression has failed. */
static const char *name_of(json_t *tree)
{
	static const struct {
		const char *details, *member;
	} places[] = {{"stateEnteredEventDetails", "name"},
		      {"stateExitedEventDetails", "name"},
		      {"evaluationFailedEventDetails", "state"}};
	const char *name = NULL;
	for (unsigned i = 0; i < 3 && !name; i++)
		name = json_string_value(
			json_object_get(json_object_get(tree, places[i].details), places[i].member));
	return name;
}

static void each_event(void *user, uint32_t id, const char *json, size_t len)
{
	struct history *h = user;
	json_t *tree = json_loadb(json, len, 0, NULL);
	const char *type = json_string_value(json_object_get(tree, "type"));
	json_int_t previous = json_integer_value(json_object_get(tree, "previousEventId"));
	const char *name = name_of(tree);
	if (!type || id != h->count + 1 || id >= EVENTS_MAX || previous < 0 || previous >= id) {
		broken(h->s, "%s: event %u after %u: %.200s", h->arn, (unsigned)id, (unsigned)h->count, json);
		json_decref(tree);
		return;
	}
	struct event *event = &h->events[id];
	*event = (struct event){.previous = (uint32_t)previous};
	snprintf(event->type, sizeof(event->type), "%s", type);
	snprintf(event->name, sizeof(event->name), "%s", name ? name : "");
	snprintf(event->error, sizeof(event->error), "%s", error_of(tree));
	event->time_ms = llround(json_number_value(json_object_get(tree, "timestamp")) * 1000);
	h->count = id;
	if (id > 1 && event->time_ms + ROUND_MS < h->events[id - 1].time_ms)
		broken(h->s, "%s: time goes back at event %u, %s: %lld after %lld", h->arn, (unsigned)id,
		       type, (long long)event->time_ms, (long long)h->events[id - 1].time_ms);
	json_decref(tree);
}

static bool is_terminal(const char *type)
{
	static const char *const types[] = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted",
					    "ExecutionTimedOut"};
	for (unsigned i = 0; i < 4; i++) {
		if (strcmp(type, types[i]) == 0)
			return true;
	}
	return false;
}

static void check_history(struct simulation *s, const char *arn, enum sw_status status,
			  struct coverage *coverage)
{
	struct history h = {.s = s, .coverage = coverage, .arn = arn};
	uint32_t next_id = 1, terminal = 0;
	unsigned definition = 0;
	h.events = sw_zalloc_array(EVENTS_MAX, sizeof(*h.events));
	while (h.events && next_id && !s->failed) {
		if (sw_reader_history(sw_engine_reader(s->engine), arn, next_id, 1000, false, true,
				      each_event, &h, &next_id, NULL) < 0)
			broken(s, "%s: the history cannot be read", arn);
	}
	for (uint32_t id = 1; id <= h.count && !s->failed; id++) {
		h.redriven += strcmp(h.events[id].type, "ExecutionRedriven") == 0;
		check_order(&h, id);
		check_once(&h, id);
		check_time(&h, id);
		check_retries(&h, id);
		check_catch(&h, id);
		check_definition(&h, id, &definition);
		cover(&h, id);
		terminal += is_terminal(h.events[id].type);
	}
	bool ended = status != SW_STATUS_RUNNING;
	if (!s->failed && (terminal != ended + h.redriven || (ended && !is_terminal(h.events[h.count].type))))
		broken(s, "%s: %u terminal events, status %s", arn, (unsigned)terminal,
		       sw_status_name(status));
	sw_free(h.events);
}

/* ---- all --------------------------------------------------------------------------------------------------- */

static void diagnose(void *user, const struct sw_diagnosis *diagnosis)
{
	bool of_ended = diagnosis->problem == SW_PROBLEM_MISSING_ENDED ||
			diagnosis->problem == SW_PROBLEM_STALE_ENDED;
	if (of_ended || sw_problem_badness(diagnosis->problem) == SW_BAD_ERROR)
		broken(user, "%s %s: %s", sw_problem_name(diagnosis->problem), diagnosis->record,
		       diagnosis->text);
}

void check_all(struct simulation *s, bool ended, struct coverage *coverage)
{
	struct sw_reader *reader = sw_engine_reader(s->engine);
	for (unsigned i = 0; i < s->executions_count && !s->failed; i++) {
		const struct execution *execution = &s->executions[i];
		struct sw_execution_info info = {0};
		enum sw_result r = sw_reader_execution(reader, execution->arn, true, &info, NULL);
		if (r == SW_ENOENT && execution->acknowledged)
			broken(s, "%s was acknowledged and is lost", execution->name);
		else if (r < 0 && r != SW_ENOENT)
			broken(s, "%s cannot be read: %s", execution->name, sw_result_text(r));
		if (r == SW_OK && ended && info.status == SW_STATUS_RUNNING)
			broken(s, "%s does not end", execution->name);
		if (r == SW_OK && execution->stopped && info.status == SW_STATUS_RUNNING)
			broken(s, "%s was stopped and runs", execution->name);
		if (r == SW_OK && (execution->stopped || ended) && script_holds(s, execution->arn))
			broken(s, "%s has ended, and nobody said so to the handler that has a task of it",
			       execution->name);
		if (r == SW_OK)
			check_history(s, execution->arn, info.status, coverage);
		sw_execution_info_done(&info);
	}
	struct sw_check_options options = {.diagnosis = diagnose, .user = s};
	struct sw_check_summary summary;
	if (!s->failed && sw_reader_check(reader, &options, &summary, NULL) < 0)
		broken(s, "the check of the store stops");
}

void outcome_of(struct simulation *s, const char *arn, struct sw_buf *out)
{
	struct sw_execution_info info = {0};
	sw_buf_reset(out);
	if (sw_reader_execution(sw_engine_reader(s->engine), arn, true, &info, NULL) < 0)
		sw_buf_text(out, "NONE");
	else
		sw_buf_printf(out, "%s %s %s %s", sw_status_name(info.status), info.output ? info.output : "",
			      info.error ? info.error : "", info.cause ? info.cause : "");
	sw_execution_info_done(&info);
}

/* ---- coverage ------------------------------------------------------------------------------------------------- */

/* The events a state of each type can have; those that were not seen are told. */
void coverage_report(const struct coverage *coverage)
{
	static const char *const types[] = {"Task",    "Pass", "Choice",   "Wait",
					    "Succeed", "Fail", "Parallel", "Map"};
	static const char task_events[] =
		"TaskStateEntered TaskScheduled TaskStarted TaskSubmitted TaskSucceeded TaskFailed "
		"TaskTimedOut "
		"TaskStateExited TaskStateAborted LambdaFunctionScheduled LambdaFunctionStarted "
		"LambdaFunctionSucceeded LambdaFunctionFailed LambdaFunctionTimedOut ExecutionFailed "
		"ActivityScheduled ActivityStarted ActivitySucceeded ActivityFailed ActivityTimedOut "
		"EvaluationFailed ExecutionSucceeded ExecutionRedriven";
	static const char *const events[] = {
		task_events,
		"PassStateEntered PassStateExited EvaluationFailed ExecutionSucceeded ExecutionFailed",
		"ChoiceStateEntered ChoiceStateExited EvaluationFailed ExecutionFailed",
		"WaitStateEntered WaitStateExited WaitStateAborted EvaluationFailed ExecutionSucceeded "
		"ExecutionFailed",
		"SucceedStateEntered SucceedStateExited EvaluationFailed ExecutionSucceeded ExecutionFailed",
		"FailStateEntered ExecutionFailed ExecutionRedriven",
		"ParallelStateEntered ParallelStateStarted ParallelStateSucceeded ParallelStateFailed "
		"ParallelStateExited ParallelStateAborted EvaluationFailed ExecutionSucceeded "
		"ExecutionFailed",
		"MapStateEntered MapStateStarted MapIterationStarted MapIterationSucceeded "
		"MapIterationFailed "
		"MapIterationAborted MapStateSucceeded MapStateFailed MapStateExited MapStateAborted "
		"EvaluationFailed "
		"ExecutionSucceeded ExecutionFailed",
	};
	unsigned missing = 0;
	for (int type = 0; type < 8; type++) {
		for (unsigned number = 1; number < 80; number++) {
			const char *text = sw_history_type_text((enum sw_history_type)number);
			if (!text)
				continue;
			const char *at = strstr(events[type], text);
			bool word = at && (at[strlen(text)] == ' ' || at[strlen(text)] == '\0');
			if (coverage->seen[type][number])
				printf("  %-9s %-26s %u\n", types[type], text, coverage->seen[type][number]);
			else if (word)
				printf("  %-9s %-26s not taken\n", types[type], text);
			missing += word && !coverage->seen[type][number];
		}
	}
	printf("%u transitions (state type x event) were not taken\n", missing);
}
