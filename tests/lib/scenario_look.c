/* What a scenario has come to, and whether all of it is there: see scenario.h. */
#include "scenario.h"

#include "asl/asl.h"
#include "engine/activity.h"
#include "engine/maintenance.h"
#include "engine/versions.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 512
#define PAGE_EVENTS 1000

void scenario_wrong(struct scenario *s, const char *format, ...)
{
	va_list arguments;
	if (*s->problem)
		return;
	va_start(arguments, format);
	vsnprintf(s->problem, sizeof(s->problem), format, arguments);
	va_end(arguments);
}

const char *scenario_arn(enum scenario_execution execution, char *buffer, size_t bytes)
{
	static const char *const machines[EXECUTIONS_COUNT] = {"rich",  "nap",   "redo", "chain",
							       "chain", "chain", "work", "doomed"};
	snprintf(buffer, bytes, "arn:aws:states:us-east-1:123456789012:execution:%s:e%d", machines[execution],
		 (int)execution);
	return buffer;
}

static void hold_still(struct scenario *s, bool still)
{
	if (s->held_still)
		s->held_still(s, still);
}

struct scenario_state scenario_state(struct scenario *s, enum scenario_execution execution)
{
	char arn[256];
	struct sw_execution_info info = {0};
	struct scenario_state state = {.status = SW_STATUS_RUNNING};
	hold_still(s, true);
	enum sw_result r = sw_reader_execution(sw_engine_reader(s->engine),
					       scenario_arn(execution, arn, sizeof(arn)), false, &info, NULL);
	hold_still(s, false);
	if (r == SW_OK)
		state = (struct scenario_state){.status = info.status,
						.events = info.events_count,
						.redrives = info.redrive_count,
						.start_ms = info.start_ms};
	else if (r == SW_ECORRUPT)
		scenario_wrong(s, "%s cannot be read", arn);
	sw_execution_info_done(&info);
	return state;
}

/* ---- what must be there -------------------------------------------------------------------------------------- */

static void check_machine(struct scenario *s, enum scenario_request request, const char *name,
			  const char *part)
{
	struct sw_machine_info info = {0};
	if (!s->ledger.answered[request])
		return;
	enum sw_result r = sw_reader_machine(sw_engine_reader(s->engine), name, &info, NULL);
	if (r < 0)
		scenario_wrong(s, "the machine %s is lost: %s", name, sw_result_text(r));
	else if (part && !strstr(info.definition, part))
		scenario_wrong(s, "the update of %s is lost", name);
	sw_machine_info_done(&info);
}

static void check_started(struct scenario *s, enum scenario_request request,
			  enum scenario_execution execution)
{
	if (!s->ledger.answered[request])
		return;
	bool may_be_gone = (execution == GONE && s->ledger.answered[START_GONE]) ||
			   (execution == DOOMED && s->ledger.answered[START_DOOMED]);
	struct scenario_state state = scenario_state(s, execution);
	int64_t start_ms = s->ledger.time_ms[request];
	if (state.events == 0 && !may_be_gone)
		scenario_wrong(s, "the start of e%d is lost", (int)execution);
	if (state.events > 0 && start_ms && state.start_ms != start_ms)
		scenario_wrong(s, "e%d was told to have started at %lld, and started at %lld", (int)execution,
			       (long long)start_ms, (long long)state.start_ms);
	if (state.events > 0 && execution == GONE && s->ledger.answered[DELETE_GONE])
		scenario_wrong(s, "the deletion of e%d is lost", (int)execution);
	int ended = s->ledger.ended[execution];
	if (state.events > 0 && ended && ended != 1 + (int)state.status)
		scenario_wrong(s, "e%d was shown as %s, and is %s", (int)execution,
			       sw_status_name((enum sw_status)(ended - 1)), sw_status_name(state.status));
}

static void count_tag(void *user, const struct sw_tag *tag)
{
	*(unsigned *)user += strcmp(tag->key, "color") == 0 && strcmp(tag->value, "blue") == 0;
}

static void count_version(void *user, const struct sw_version_info *version)
{
	*(unsigned *)user += version->version == 1;
}

static void check_chain(struct scenario *s)
{
	struct sw_reader *reader = sw_engine_reader(s->engine);
	struct sw_alias_info alias = {0};
	unsigned tags = 0, versions = 0;
	char *cursor = NULL;
	check_machine(s, CREATE_CHAIN, "chain", NULL);
	check_machine(s, UPDATE, "chain", "\"new\"");
	if (s->ledger.answered[TAG_CHAIN] &&
	    (sw_reader_tags(reader, "chain", count_tag, &tags, NULL) < 0 || !tags))
		scenario_wrong(s, "the tag is lost");
	if (s->ledger.answered[PUBLISH] && (sw_reader_list_versions(reader, "chain", 10, NULL, count_version,
								    &versions, &cursor, NULL) < 0 ||
					    versions != 1))
		scenario_wrong(s, "the version is lost");
	if (s->ledger.answered[CREATE_ALIAS] &&
	    (sw_reader_alias(reader, "chain", "live", &alias, NULL) < 0 || alias.routes[0].version != 1))
		scenario_wrong(s, "the alias is lost");
	sw_alias_info_done(&alias);
	sw_text_free(cursor);
}

static void check_changes(struct scenario *s)
{
	const struct scenario_ledger *ledger = &s->ledger;
	struct sw_activity_info activity = {0};
	if (ledger->answered[STOP_NAP] && scenario_state(s, NAP).status != SW_STATUS_ABORTED)
		scenario_wrong(s, "the stop is lost");
	if (ledger->answered[REDRIVE] && scenario_state(s, REDO).redrives != 1)
		scenario_wrong(s, "the redrive is lost");
	if (ledger->answered[CREATE_ACTIVITY] &&
	    sw_reader_activity(sw_engine_reader(s->engine), "work", &activity, NULL) < 0)
		scenario_wrong(s, "the activity is lost");
	sw_activity_info_done(&activity);
}

static void diagnose(void *user, const struct sw_diagnosis *diagnosis)
{
	struct scenario *s = user;
	if (sw_problem_badness(diagnosis->problem) == SW_BAD_ERROR)
		scenario_wrong(s, "the doctor finds %s %s: %s", sw_problem_name(diagnosis->problem),
			       diagnosis->record, diagnosis->text);
}

void scenario_check(struct scenario *s)
{
	static const enum scenario_request starts[EXECUTIONS_COUNT] = {START_RICH, START_NAP,   START_REDO,
								       START_OLD,  START_NEW,   START_GONE,
								       START_WORK, START_DOOMED};
	struct sw_check_options options = {.diagnosis = diagnose, .user = s};
	struct sw_check_summary summary;
	struct sw_error err = {0};
	check_machine(s, CREATE_RICH, "rich", NULL);
	check_machine(s, CREATE_NAP, "nap", NULL);
	check_machine(s, CREATE_REDO, "redo", NULL);
	check_machine(s, CREATE_WORK, "work", NULL);
	check_chain(s);
	for (int i = 0; i < EXECUTIONS_COUNT; i++)
		check_started(s, starts[i], (enum scenario_execution)i);
	check_changes(s);
	if (sw_reader_check(sw_engine_reader(s->engine), &options, &summary, &err) < 0)
		scenario_wrong(s, "the doctor cannot look: %s", err.text);
}

/* ---- what it came to ------------------------------------------------------------------------------------------ */

struct history {
	struct scenario *s;
	char *lines[LINES_MAX];
	size_t count;
};

/* Every attempt has tokens of its own. */
static void mask_tokens(const struct scenario *s, char *line)
{
	for (int i = 0; i < SCENARIO_KEYS_MAX; i++) {
		const char *token = s->ledger.keys[i].token;
		size_t len = strlen(token);
		for (char *at = len ? strstr(line, token) : NULL; at; at = strstr(at, token)) {
			memmove(at + 1, at + len, strlen(at + len) + 1);
			*at = '*';
		}
	}
}

static void each_event(void *user, uint32_t id, const char *json, size_t len)
{
	struct history *history = user;
	json_error_t error;
	json_t *event = json_loadb(json, len, 0, &error);
	if (!event || id != history->count + 1 || history->count == LINES_MAX)
		scenario_wrong(history->s, "event %u: %s", (unsigned)id, event ? "a gap" : error.text);
	else if (json_integer_value(json_object_get(event, "previousEventId")) >= id)
		scenario_wrong(history->s, "event %u follows a later one", (unsigned)id);
	if (event && history->count < LINES_MAX) {
		json_object_del(event, "id");
		json_object_del(event, "previousEventId");
		json_object_del(event, "timestamp");
		char *line = json_dumps(event, JSON_COMPACT | JSON_SORT_KEYS);
		mask_tokens(history->s, line);
		history->lines[history->count++] = line;
	}
	json_decref(event);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* text: NULL: nothing is printed */
static void print_history(struct scenario *s, const char *arn, struct sw_buf *text)
{
	struct history history = {.s = s};
	uint32_t next_id = 1;
	while (next_id != 0) {
		struct sw_error err = {0};
		if (sw_reader_history(sw_engine_reader(s->engine), arn, next_id, PAGE_EVENTS, false, true,
				      each_event, &history, &next_id, &err) < 0) {
			scenario_wrong(s, "the history of %s: %s", arn, err.text);
			next_id = 0;
		}
	}
	qsort(history.lines, history.count, sizeof(history.lines[0]), compare_lines);
	for (size_t i = 0; i < history.count; i++) {
		if (text)
			sw_buf_printf(text, "  %s\n", history.lines[i]);
		free(history.lines[i]);
	}
}

void scenario_outcome(struct scenario *s, struct sw_buf *text)
{
	sw_buf_reset(text);
	hold_still(s, true);
	for (int i = 0; i < (s->full ? EXECUTIONS_COUNT : 1); i++) {
		char arn[256];
		struct sw_execution_info info = {0};
		unsigned keys = 0;
		scenario_arn((enum scenario_execution)i, arn, sizeof(arn));
		for (int k = 0; k < SCENARIO_KEYS_MAX; k++)
			keys += *s->ledger.keys[k].text && s->ledger.keys[k].execution == i;
		enum sw_result r = sw_reader_execution(sw_engine_reader(s->engine), arn, true, &info, NULL);
		sw_buf_printf(text, "%s: %s %s %s\n", arn,
			      r < 0 ? sw_result_text(r) : sw_status_name(info.status),
			      info.output ? info.output : "", info.error ? info.error : "");
		sw_execution_info_done(&info);
		/* A worker who was never told of his task lets it time out, as with AWS, and it is tried again. */
		if (i != WORK)
			sw_buf_printf(text, "  %u attempts\n", keys);
		if (r == SW_OK)
			print_history(s, arn, i != WORK ? text : NULL);
	}
	hold_still(s, false);
}

void scenario_compare(struct scenario *s, const char *expected, const char *found)
{
	size_t at = 0;
	if (strcmp(expected, found) == 0)
		return;
	while (expected[at] && expected[at] == found[at])
		at++;
	while (at > 0 && expected[at - 1] != '\n')
		at--;
	scenario_wrong(s, "it came to something else:\n  %.*s\ninstead of\n  %.*s",
		       (int)strcspn(found + at, "\n"), found + at, (int)strcspn(expected + at, "\n"),
		       expected + at);
}
