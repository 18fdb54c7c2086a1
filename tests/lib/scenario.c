/* A workload of a client with a ledger: see scenario.h. */
#include "scenario.h"

#include "engine/activity.h"
#include "engine/versions.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define START_MS INT64_C(1700000000000)
#define STEPS_MAX 5000
#define TURNS_MAX 200000
#define POLL_MS 5000

/* 600 bytes: a value with a record of its own. */
#define TEN(text) text text text text text text text text text text
#define BIG "\"" TEN(TEN("x") TEN("y") TEN("z") TEN("x") TEN("y") TEN("z")) "\""
#define RICH_INPUT "{\"list\":[1,2],\"big\":" BIG "}"

#define RICH_MACHINE                                                                                         \
	"{\"StartAt\":\"A\",\"States\":{"                                                                    \
	"\"A\":{\"Type\":\"Task\",\"Resource\":\"function:a\",\"Next\":\"C\",\"Retry\":[{\"ErrorEquals\":["  \
	"\"States.ALL\"],\"IntervalSeconds\":1,\"MaxAttempts\":1}]},"                                        \
	"\"C\":{\"Type\":\"Task\",\"Resource\":\"function:c\",\"Next\":\"D\",\"Retry\":[{\"ErrorEquals\":["  \
	"\"Bad\"],\"IntervalSeconds\":1,\"MaxAttempts\":2}],\"Catch\":[{\"ErrorEquals\":["                   \
	"\"Bad\"],\"ResultPath\":\"$.caught\",\"Next\":\"D\"}]},"                                            \
	"\"D\":{\"Type\":\"Pass\",\"QueryLanguage\":\"JSONata\",\"Next\":\"P\",\"Assign\":{\"count\":"       \
	"\"{% $count($states.input.list) %}\",\"kept\":\"{% $states.input.big %}\"},"                        \
	"\"Output\":\"{% $merge([$states.input, {'sum': $sum($states.input.list)}]) %}\"},"                  \
	"\"P\":{\"Type\":\"Parallel\",\"ResultPath\":\"$.p\",\"Next\":\"V\",\"Branches\":["                  \
	"{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":2,\"Next\":\"Wo\"},"            \
	"\"Wo\":{\"Type\":\"Pass\",\"Result\":\"waited\",\"End\":true}}},"                                   \
	"{\"StartAt\":\"L\",\"States\":{\"L\":{\"Type\":\"Task\",\"Resource\":\"function:l\",\"End\":true}}" \
	"},"                                                                                                 \
	"{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"End\":true,"                              \
	"\"Resource\":\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\","                                \
	"\"Parameters\":{\"token.$\":\"$$.Task.Token\"}}}}]},"                                               \
	"\"V\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$count\",\"NumericEquals\":2,"              \
	"\"Next\":\"M\"}],\"Default\":\"X\"},"                                                               \
	"\"X\":{\"Type\":\"Fail\"},"                                                                         \
	"\"M\":{\"Type\":\"Map\",\"ItemsPath\":\"$.list\",\"MaxConcurrency\":1,\"ResultPath\":\"$.m\","      \
	"\"Next\":\"Y\",\"ItemProcessor\":{\"StartAt\":\"B\",\"States\":{"                                   \
	"\"B\":{\"Type\":\"Task\",\"Resource\":\"function:b\",\"End\":true}}}},"                             \
	"\"Y\":{\"Type\":\"Pass\",\"End\":true,\"Parameters\":{\"m.$\":\"$.m\",\"p.$\":\"$.p\",\"sum.$\":"   \
	"\"$.sum\",\"error.$\":\"$.caught.Error\",\"kept.$\":\"$kept\",\"count.$\":\"$count\"}}}}"
#define NAP_MACHINE \
	"{\"StartAt\":\"Z\",\"States\":{\"Z\":{\"Type\":\"Wait\",\"Seconds\":9000000,\"End\":true}}}"
#define REDO_MACHINE                                                                                     \
	"{\"StartAt\":\"R1\",\"States\":{"                                                               \
	"\"R1\":{\"Type\":\"Task\",\"Resource\":\"function:r1\",\"ResultPath\":null,\"Next\":\"Each\"}," \
	"\"Each\":{\"Type\":\"Map\",\"ItemsPath\":\"$.list\",\"MaxConcurrency\":1,\"End\":true,"         \
	"\"ItemProcessor\":{\"StartAt\":\"R\",\"States\":{"                                              \
	"\"R\":{\"Type\":\"Task\",\"Resource\":\"function:r\",\"End\":true,\"Parameters\":{\"check.$\":" \
	"\"States.Format('item {} redrive {}', $, $$.Execution.RedriveCount)\"}}}}}}}"
#define CHAIN_MACHINE(word)                                                        \
	"{\"StartAt\":\"C1\",\"States\":{"                                         \
	"\"C1\":{\"Type\":\"Task\",\"Resource\":\"function:c1\",\"Next\":\"C2\"}," \
	"\"C2\":{\"Type\":\"Wait\",\"Seconds\":3,\"Next\":\"C3\"},"                \
	"\"C3\":{\"Type\":\"Pass\",\"Result\":\"" word "\",\"End\":true}}}"
#define WORK_MACHINE                                                                                  \
	"{\"StartAt\":\"K\",\"States\":{\"K\":{\"Type\":\"Task\",\"End\":true,\"TimeoutSeconds\":60," \
	"\"Retry\":[{\"ErrorEquals\":[\"States.Timeout\"],\"MaxAttempts\":9}],"                       \
	"\"Resource\":\"arn:aws:states:us-east-1:123456789012:activity:work\"}}}"

/* ---- the client's requests ------------------------------------------------------------------------------------ */

enum kind { CREATE, START, OTHER };

/* When it may be asked for: `after` was answered, and the execution has come so far. */
static const struct request {
	enum kind kind;
	enum scenario_request after; /* itself: at once */
	int execution;               /* that it is about, or that must be there; -1: none */
	uint32_t events_min;         /* it must have so many */
	bool ended;                  /* it must have ended */
	const char *machine, *text;  /* definition or input; NULL: {} */
} requests[REQUESTS_COUNT] = {
	[CREATE_RICH] = {CREATE, CREATE_RICH, -1, 0, false, "rich", RICH_MACHINE},
	[START_RICH] = {START, CREATE_RICH, RICH, 0, false, "rich", RICH_INPUT},
	[CREATE_NAP] = {CREATE, CREATE_NAP, -1, 0, false, "nap", NAP_MACHINE},
	[START_NAP] = {START, CREATE_NAP, NAP, 0, false, "nap", NULL},
	[STOP_NAP] = {OTHER, START_NAP, NAP, 2, false, NULL, NULL},
	[CREATE_REDO] = {CREATE, CREATE_REDO, -1, 0, false, "redo", REDO_MACHINE},
	[START_REDO] = {START, CREATE_REDO, REDO, 0, false, "redo", "{\"list\":[1,2,3]}"},
	[REDRIVE] = {OTHER, START_REDO, REDO, 0, true, NULL, NULL},
	[CREATE_CHAIN] = {CREATE, CREATE_CHAIN, -1, 0, false, "chain", CHAIN_MACHINE("old")},
	[TAG_CHAIN] = {OTHER, CREATE_CHAIN, -1, 0, false, NULL, NULL},
	[PUBLISH] = {OTHER, CREATE_CHAIN, -1, 0, false, NULL, NULL},
	[CREATE_ALIAS] = {OTHER, PUBLISH, -1, 0, false, NULL, NULL},
	[START_OLD] = {START, CREATE_ALIAS, OLD, 0, false, "chain", "{}"},
	[START_GONE] = {START, CREATE_ALIAS, GONE, 0, false, "chain", "{\"big\":" BIG "}"},
	[UPDATE] = {OTHER, START_OLD, -1, 0, false, "chain", CHAIN_MACHINE("new")},
	[START_NEW] = {START, UPDATE, NEW, 0, false, "chain", "{}"},
	[DELETE_GONE] = {OTHER, START_GONE, GONE, 0, true, NULL, NULL},
	[CREATE_ACTIVITY] = {OTHER, CREATE_ACTIVITY, -1, 0, false, NULL, NULL},
	[CREATE_WORK] = {CREATE, CREATE_ACTIVITY, -1, 0, false, "work", WORK_MACHINE},
	[START_WORK] = {START, CREATE_WORK, WORK, 0, false, "work", "{\"work\":1}"},
	[CREATE_DOOMED] = {CREATE, CREATE_DOOMED, -1, 0, false, "doomed", CHAIN_MACHINE("doomed")},
	[START_DOOMED] = {START, CREATE_DOOMED, DOOMED, 0, false, "doomed", "{}"},
	[DELETE_DOOMED] = {OTHER, START_DOOMED, DOOMED, 2, false, NULL, NULL},
};

static void note(struct scenario *s)
{
	s->ledger.wall_ms = s->loop.wall_ms;
	if (s->noted)
		s->noted(s);
}

/* What has only been asked for goes into the ledger that is noted, and into no other. */
static void note_early(struct scenario *s, bool *flag)
{
	*flag = true;
	note(s);
	*flag = false;
}

static const char *name_of(enum scenario_request request)
{
	static const char *const names[REQUESTS_COUNT] = {
		"create rich",   "start rich",   "create nap",      "start nap",    "stop nap",
		"create redo",   "start redo",   "redrive",         "create chain", "tag chain",
		"publish",       "create alias", "start old",       "start gone",   "update chain",
		"start new",     "delete gone",  "create activity", "create work",  "start work",
		"create doomed", "start doomed", "delete doomed"};
	return names[request];
}

/* A refusal that says: not now. */
static bool may_come_again(enum sw_result result)
{
	return result == SW_ENOMEM || result == SW_EIO || result == SW_ECLOSED || result == SW_EFULL;
}

/* Started and ended since, or deleted: and nobody was told. */
static bool was_done_before(enum scenario_request request, enum sw_result result)
{
	return (result == SW_EEXIST && requests[request].kind == START) ||
	       (result == SW_ENOENT && request == DELETE_GONE);
}

static void answered(struct scenario *s, enum scenario_request request, int64_t time_ms)
{
	s->ledger.answered[request] = true;
	s->ledger.time_ms[request] = time_ms;
	if (request == REDRIVE)
		s->ledger.ended[REDO] = 0;
	note(s);
}

static void told(void *user, enum sw_result result, const struct sw_reply *reply, const struct sw_error *err)
{
	struct scenario_place *place = user;
	struct scenario *s = place->scenario;
	enum scenario_request request = place->request;
	place->asked = false;
	bool done_before = was_done_before(request, result);
	if (result == SW_OK || done_before)
		answered(s, request, done_before ? 0 : reply->time_ms);
	else if (!may_come_again(result))
		scenario_wrong(s, "%s was refused: %s", name_of(request), err->text);
	else
		s->refused = result;
}

static enum sw_result ask_other(struct scenario *s, enum scenario_request request, void *place)
{
	struct sw_engine *engine = s->engine;
	const struct request *what = &requests[request];
	char arn[256];
	struct sw_machine_params machine = {.name = "chain",
					    .definition = what->text,
					    .definition_len = what->text ? strlen(what->text) : 0};
	struct sw_alias_route route = {.version = 1, .weight = 100};
	struct sw_alias_params alias = {
		.machine = "chain", .name = "live", .routes = &route, .routes_count = 1};
	struct sw_tag tag = {"color", "blue"};
	if (what->execution >= 0)
		scenario_arn((enum scenario_execution)what->execution, arn, sizeof(arn));
	switch (request) {
	case STOP_NAP:
		return sw_engine_stop(engine, arn, "Enough", NULL, told, place, NULL);
	case REDRIVE:
		return sw_engine_redrive_once(engine, arn, "once", told, place, NULL);
	case TAG_CHAIN:
		return sw_engine_tag(engine, "chain", &tag, 1, told, place, NULL);
	case PUBLISH:
		return sw_engine_publish_version(engine, "chain", NULL, NULL, told, place, NULL);
	case CREATE_ALIAS:
		return sw_engine_create_alias(engine, &alias, told, place, NULL);
	case UPDATE:
		return sw_engine_update_machine(engine, &machine, told, place, NULL, NULL);
	case DELETE_GONE:
		return sw_engine_delete_execution(engine, arn, told, place, NULL);
	case CREATE_ACTIVITY:
		return sw_engine_create_activity(engine, "work", told, place, NULL);
	case DELETE_DOOMED:
		return sw_engine_delete_machine(engine, "doomed", told, place, NULL);
	default:
		return SW_EINVAL;
	}
}

static enum sw_result ask_one(struct scenario *s, enum scenario_request request, void *place)
{
	const struct request *what = &requests[request];
	char name[16];
	if (what->kind == OTHER)
		return ask_other(s, request, place);
	if (what->kind == CREATE) {
		struct sw_machine_params machine = {.name = what->machine,
						    .definition = what->text,
						    .definition_len = strlen(what->text)};
		return sw_engine_create_machine(s->engine, &machine, told, place, NULL, NULL);
	}
	snprintf(name, sizeof(name), "e%d", what->execution);
	struct sw_start_params start = {.machine = what->machine,
					.name = name,
					.qualifier =
						request == START_OLD || request == START_GONE ? "live" : NULL,
					.input = what->text,
					.input_len = what->text ? strlen(what->text) : 0};
	return sw_engine_start(s->engine, &start, told, place, NULL);
}

static bool is_wanted(struct scenario *s, enum scenario_request request)
{
	const struct request *what = &requests[request];
	if (s->ledger.answered[request] || s->places[request].asked)
		return false;
	if (what->after != request && !s->ledger.answered[what->after])
		return false;
	if (!what->events_min && !what->ended)
		return true;
	struct scenario_state state = scenario_state(s, (enum scenario_execution)what->execution);
	if (state.events == 0)
		return true; /* deleted, and nobody was told */
	if (what->ended)
		return state.status != SW_STATUS_RUNNING || (request == REDRIVE && state.redrives > 0);
	return state.events >= what->events_min;
}

/* What the engine says of a call: it was accepted, or it may be tried again. */
static bool accepted(struct scenario *s, const char *what, enum sw_result r)
{
	if (r < 0 && !may_come_again(r))
		scenario_wrong(s, "%s: %s", what, sw_result_text(r));
	if (r < 0)
		s->refused = r;
	return r == SW_OK;
}

/* Asks for all that is wanted now. Did it ask for anything? */
static bool ask(struct scenario *s)
{
	bool any = false;
	for (int i = 0; i < (s->full ? REQUESTS_COUNT : REQUESTS_RICH); i++) {
		enum scenario_request request = (enum scenario_request)i;
		if ((s->mixed && sw_rng_below(&s->order, 2) == 0) || !is_wanted(s, request))
			continue;
		struct scenario_place *place = &s->places[request];
		place->asked = true;
		enum sw_result r = ask_one(s, request, place);
		if (was_done_before(request, r)) {
			place->asked = false;
			answered(s, request, 0);
		} else if (!accepted(s, name_of(request), r))
			place->asked = false;
		else if (s->early)
			note_early(s, &s->ledger.answered[request]);
		any = true;
	}
	return any;
}

/* ---- its workers ---------------------------------------------------------------------------------------------- */

static void completed(void *user, enum sw_result result, const struct sw_reply *reply,
		      const struct sw_error *err)
{
	struct scenario_completion *completion = user;
	struct scenario *s = completion->scenario;
	completion->asked = false;
	/* SW_ETIMEDOUT: it was completed before and nobody was told, or it took too long */
	if (result == SW_OK || result == SW_ETIMEDOUT) {
		completion->key->accepted = true;
		completion->key = NULL;
		note(s);
	} else if (!may_come_again(result)) {
		scenario_wrong(s, "the completion of %s was refused: %s", completion->key->text, err->text);
	} else {
		s->refused = result;
	}
}

static bool complete(struct scenario *s)
{
	bool any = false;
	for (int i = 0; i < SCENARIO_COMPLETIONS_MAX; i++) {
		struct scenario_completion *completion = &s->completions[i];
		if (!completion->key || completion->asked)
			continue;
		const char *token = completion->key->token;
		completion->asked = true;
		enum sw_result r = completion->fails
					   ? sw_engine_token_fail(s->engine, token, completion->output, NULL,
								  completed, completion, NULL)
					   : sw_engine_token_succeed(s->engine, token, completion->output,
								     strlen(completion->output), completed,
								     completion, NULL);
		if (r == SW_ETIMEDOUT)
			completed(completion, r, NULL, NULL);
		else if (!accepted(s, "a completion", r))
			completion->asked = false;
		else if (s->early)
			note_early(s, &completion->key->accepted);
		any = true;
	}
	return any;
}

/* An attempt that was handed out: is it one that may be? NULL: there are too many. */
static struct scenario_key *delivered(struct scenario *s, const char *key, const char *token, int execution)
{
	struct scenario_key *place = NULL;
	for (int i = 0; i < SCENARIO_KEYS_MAX && !place; i++)
		if (!*s->ledger.keys[i].text || strcmp(s->ledger.keys[i].text, key) == 0)
			place = &s->ledger.keys[i];
	if (!place) {
		scenario_wrong(s, "too many attempts");
		return NULL;
	}
	if (place->accepted)
		scenario_wrong(s, "the attempt %s was completed, and is delivered again", key);
	if (s->ledger.ended[execution])
		scenario_wrong(s, "the attempt %s is of an execution that has ended", key);
	snprintf(place->text, sizeof(place->text), "%s", key);
	snprintf(place->token, sizeof(place->token), "%s", token);
	place->execution = (char)execution;
	return place;
}

static void will_complete(struct scenario *s, struct scenario_key *key, bool fails, const char *output)
{
	for (int i = 0; i < SCENARIO_COMPLETIONS_MAX; i++) {
		struct scenario_completion *completion = &s->completions[i];
		if (completion->key && completion->key != key)
			continue;
		*completion = (struct scenario_completion){.scenario = s,
							   .key = key,
							   .asked = completion->asked,
							   .fails = fails,
							   .output = output};
		return;
	}
	scenario_wrong(s, "too many completions");
}

static int execution_of(const char *arn)
{
	const char *name = strrchr(arn, ':');
	int number = name && name[1] == 'e' ? name[2] - '0' : -1;
	return number >= 0 && number < EXECUTIONS_COUNT ? number : -1;
}

static const struct play {
	const char *state;
	bool directly; /* by the task itself, not by its token */
	const char *output;
} plays[] = {
	{"A", false, RICH_INPUT},       {"C", false, "Bad"},         {"L", true, BIG},
	{"B", true, "{\"done\":true}"}, {"T", true, "{}"},           {"R1", true, "1"},
	{"R", false, "\"item\""},       {"C1", false, "{\"c1\":1}"},
};

static void play(void *user, struct sw_task *task)
{
	struct scenario *s = user;
	const char *state = sw_task_state_name(task);
	size_t len, i = 0;
	const char *input = sw_task_input(task, &len);
	while (i < sizeof(plays) / sizeof(plays[0]) - 1 && strcmp(plays[i].state, state) != 0)
		i++;
	bool fails = (strcmp(state, "A") == 0 && sw_task_attempt(task) == 0) || strcmp(state, "C") == 0 ||
		     (strcmp(state, "R") == 0 && strstr(input, "item 2 redrive 0"));
	const char *output = fails && strcmp(state, "A") == 0 ? "Once" : fails ? "Bad" : plays[i].output;
	struct scenario_key *key = delivered(s, sw_task_idempotency_key(task), sw_task_token(task),
					     execution_of(sw_task_execution_arn(task)));
	bool callback = strcmp(state, "T") == 0;
	if (!key) {
		sw_task_release(task);
		return;
	}
	if (callback) {
		key->outlives = true;
		will_complete(s, key, false, "7");
	}
	note(s);
	if (!plays[i].directly) {
		sw_task_release(task);
		will_complete(s, key, fails, output);
		return;
	}
	/* An attempt whose completion finds no memory fails: that is another test's matter. */
	if (s->held_still)
		s->held_still(s, true);
	if (sw_task_succeed(task, output, strlen(output)) < 0)
		scenario_wrong(s, "a completion was refused");
	if (s->held_still)
		s->held_still(s, false);
}

static void worker_told(void *user, enum sw_result result, const struct sw_activity_task *task,
			const struct sw_error *err)
{
	struct scenario *s = user;
	s->polled = false;
	if (!task) {
		if (result < 0 && !may_come_again(result))
			scenario_wrong(s, "the poll was refused: %s", err->text);
		return;
	}
	struct scenario_key *key = delivered(s, task->token, task->token, WORK);
	if (!key)
		return;
	key->outlives = true;
	will_complete(s, key, false, "\"worked\"");
	note(s);
}

static bool poll_activity(struct scenario *s)
{
	struct sw_poll *poll;
	if (s->polled || !s->ledger.answered[START_WORK] || s->ledger.ended[WORK])
		return false;
	s->polled = true;
	s->polled = accepted(
		s, "a poll",
		sw_engine_poll_activity(s->engine, "work", "w", POLL_MS, worker_told, s, &poll, NULL));
	return true;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static void observed(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	struct scenario *s = user;
	int execution = execution_of(arn);
	if (execution < 0 || status == SW_STATUS_RUNNING || s->ledger.ended[execution])
		return;
	if (execution == REDO && status != SW_STATUS_SUCCEEDED)
		return; /* it goes on */
	s->ledger.ended[execution] = 1 + (int)status;
	note(s);
}

void scenario_init(struct scenario *s)
{
	*s = (struct scenario){0};
	virtual_loop_init(&s->loop, START_MS);
	s->options = SW_ENGINE_OPTIONS;
	s->options.loop = &s->loop.hooks;
	s->options.synchronous_commit = true;
	s->options.seed = 42;
	s->options.log.level = SW_LOG_ERROR;
	for (int i = 0; i < REQUESTS_COUNT; i++)
		s->places[i] = (struct scenario_place){.scenario = s, .request = (enum scenario_request)i};
}

void scenario_close(struct scenario *s)
{
	sw_engine_free(s->engine);
	s->engine = NULL;
	s->polled = false;
	for (int i = 0; i < REQUESTS_COUNT; i++)
		s->places[i].asked = false;
	for (int i = 0; i < SCENARIO_COMPLETIONS_MAX; i++) {
		struct scenario_completion *completion = &s->completions[i];
		completion->asked = false;
		if (completion->key && !completion->key->outlives)
			completion->key = NULL;
	}
}

void scenario_take_up(struct scenario *s, const struct scenario_ledger *ledger)
{
	s->ledger = *ledger;
	if (ledger->wall_ms > s->loop.wall_ms)
		s->loop.wall_ms = ledger->wall_ms;
	for (int i = 0; i < SCENARIO_KEYS_MAX; i++) {
		struct scenario_key *key = &s->ledger.keys[i];
		if (*key->text && key->outlives && !key->accepted)
			will_complete(s, key, false, key->execution == WORK ? "\"worked\"" : "7");
	}
}

static bool is_pending(const struct scenario *s)
{
	for (int i = 0; i < REQUESTS_COUNT; i++)
		if (s->places[i].asked)
			return true;
	for (int i = 0; i < SCENARIO_COMPLETIONS_MAX; i++)
		if (s->completions[i].key && s->completions[i].asked)
			return true;
	return false;
}

/* Lets everything happen that happens by itself; a commit thread is waited for, for a while. */
static void settle(struct scenario *s)
{
	const struct timespec nap = {0, 20000};
	for (unsigned waits = 0, turns = 0; turns < TURNS_MAX; turns++) {
		if (virtual_loop_turn(&s->loop))
			continue;
		if (s->options.synchronous_commit || waits++ > 500 ||
		    (sw_engine_is_idle(s->engine) && !is_pending(s)))
			return;
		nanosleep(&nap, NULL);
	}
}

enum sw_result scenario_open(struct scenario *s, struct sw_error *err)
{
	uint64_t observer;
	enum sw_result r = s->open(s, err);
	if (r < 0)
		return r;
	r = sw_engine_on_task(s->engine, "function:*", play, NULL, s, err);
	if (r == SW_OK)
		r = sw_engine_on_task(s->engine, "arn:aws:states:::sqs:*", play, NULL, s, err);
	if (r == SW_OK)
		r = sw_engine_observe(s->engine, NULL, observed, s, &observer);
	if (r == SW_OK)
		r = sw_engine_resume(s->engine, SW_RESUME_ALL, err);
	if (r < 0)
		scenario_close(s);
	else
		settle(s); /* what was in flight is delivered again, before anybody completes it by its token */
	return r;
}

void scenario_step(struct scenario *s)
{
	s->refused = SW_OK;
	bool asked = ask(s);
	asked = complete(s) || asked;
	poll_activity(s);
	settle(s);
	if ((asked && s->refused == SW_OK) || scenario_is_over(s))
		return;
	int64_t by_ms = virtual_loop_next_ms(&s->loop) - s->loop.mono_ms;
	virtual_loop_advance(&s->loop, by_ms < 1 ? 1 : by_ms > 10000 ? 10000 : by_ms);
	settle(s);
}

bool scenario_is_over(struct scenario *s)
{
	for (int i = 0; i < (s->full ? REQUESTS_COUNT : REQUESTS_RICH); i++)
		if (!s->ledger.answered[i])
			return false;
	for (int i = 0; i < (s->full ? EXECUTIONS_COUNT : 1); i++) {
		struct scenario_state state = scenario_state(s, (enum scenario_execution)i);
		if (state.status == SW_STATUS_RUNNING && state.events > 0)
			return false;
	}
	struct sw_machine_info info = {0};
	enum sw_result r =
		s->full ? sw_reader_machine(sw_engine_reader(s->engine), "doomed", &info, NULL) : SW_ENOENT;
	sw_machine_info_done(&info);
	return r == SW_ENOENT && !is_pending(s);
}

bool scenario_run(struct scenario *s)
{
	for (unsigned i = 0; i < STEPS_MAX && !*s->problem; i++) {
		if (scenario_is_over(s))
			return true;
		scenario_step(s);
		if (sw_engine_ready(s->engine, NULL) == SW_EIO || (s->stopped && s->stopped(s)))
			return false;
	}

	scenario_wrong(s, "it does not come to an end");
	return false;
}
