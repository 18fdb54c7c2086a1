/*
 * The execution log: history events as AWS delivers them to CloudWatch Logs, one line each. The lines are made in
 * the turn, where the events are, wait in the box that holds the turn's records, and are told after its commit.
 * Where memory is short lines are lost, and counted; the execution goes on.
 */
#include "engine/internal.h"

#include <string.h>

#define LOG_OF_A_BOX_BYTES 65536 /* a buffer that grew beyond is given back when its box was told */

/* "Log levels": the least talkative level that still tells of an event. */
static enum sw_logging level_of(enum sw_history_type type)
{
	switch (type) {
	case SW_HISTORY_EXECUTION_FAILED:
	case SW_HISTORY_EXECUTION_ABORTED:
	case SW_HISTORY_EXECUTION_TIMED_OUT:
		return SW_LOGGING_FATAL;
	case SW_HISTORY_EVALUATION_FAILED:
	case SW_HISTORY_FAIL_ENTERED:
	case SW_HISTORY_WAIT_ABORTED:
	case SW_HISTORY_TASK_ABORTED:
	case SW_HISTORY_PARALLEL_FAILED:
	case SW_HISTORY_PARALLEL_ABORTED:
	case SW_HISTORY_MAP_FAILED:
	case SW_HISTORY_MAP_ABORTED:
	case SW_HISTORY_ITERATION_FAILED:
	case SW_HISTORY_ITERATION_ABORTED:
	case SW_HISTORY_MAP_RUN_FAILED:
	case SW_HISTORY_MAP_RUN_ABORTED:
	case SW_HISTORY_TASK_START_FAILED:
	case SW_HISTORY_TASK_SUBMIT_FAILED:
	case SW_HISTORY_TASK_FAILED:
	case SW_HISTORY_TASK_TIMED_OUT:
	case SW_HISTORY_ACTIVITY_SCHEDULE_FAILED:
	case SW_HISTORY_ACTIVITY_FAILED:
	case SW_HISTORY_ACTIVITY_TIMED_OUT:
	case SW_HISTORY_LAMBDA_SCHEDULE_FAILED:
	case SW_HISTORY_LAMBDA_START_FAILED:
	case SW_HISTORY_LAMBDA_FAILED:
	case SW_HISTORY_LAMBDA_TIMED_OUT:
		return SW_LOGGING_ERROR;
	default:
		return SW_LOGGING_ALL;
	}
}

static void read_configuration(struct sw_known_machine *known)
{
	static const struct {
		const char *name;
		enum sw_logging logging;
	} levels[] = {{"ALL", SW_LOGGING_ALL}, {"ERROR", SW_LOGGING_ERROR}, {"FATAL", SW_LOGGING_FATAL}};
	const char *text = known->record.logging_json;
	json_t *tree = NULL;
	known->logging = SW_LOGGING_OFF;
	known->logs_data = false;
	if (!text)
		return;
	enum sw_result r = sw_json_parse(text, strlen(text), 0, &tree, NULL);
	if (r == SW_ENOMEM)
		known->logging = SW_LOGGING_UNKNOWN; /* looked at again in the next turn */
	if (r < 0)
		return;
	const char *level = json_string_value(json_object_get(tree, "level"));
	for (size_t i = 0; level && i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(level, levels[i].name) == 0)
			known->logging = levels[i].logging;
	}
	known->logs_data = json_is_true(json_object_get(tree, "includeExecutionData"));
	json_decref(tree);
}

/* printf is too slow for what is done thousands of times a second. */
static void add_number(struct sw_buf *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);
	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	sw_buf_append(out, digits + at, sizeof(digits) - at);
}

/* What all lines of a turn end with. */
static void print_tail(const struct sw_execution *execution, struct sw_buf *out)
{
	sw_buf_reset(out);
	sw_buf_text(out, "\",\"execution_arn\":");
	sw_json_quote(out, execution->arn, strlen(execution->arn));
	sw_buf_text(out, ",\"redrive_count\":\"");
	add_number(out, execution->redrive_count);
	sw_buf_text(out, "\"}\n");
}

static bool print_line(const struct sw_history_event *event, bool with_data, const struct sw_buf *tail,
		       struct sw_buf *out)
{
	sw_buf_text(out, "{\"id\":\"");
	add_number(out, event->id);
	sw_buf_text(out, "\",\"type\":\"");
	sw_buf_text(out, sw_history_type_text(event->type));
	sw_buf_text(out, "\",\"details\":");
	enum sw_result r = sw_history_details_print(event, with_data, out);
	sw_buf_text(out, ",\"previous_event_id\":\"");
	add_number(out, event->previous_id);
	sw_buf_text(out, "\",\"event_timestamp\":\"");
	add_number(out, (uint64_t)event->time_ms);
	sw_buf_append(out, tail->data, tail->len);
	return r == SW_OK && !tail->failed && !out->failed;
}

/* All lines of the turn or none of them. */
static void print_turn(struct sw_engine *engine, const struct sw_entry *entry,
		       const struct sw_known_machine *known, struct sw_box *box)
{
	const struct sw_effects *effects = &engine->effects;
	size_t before = box->log.len;
	uint32_t lines = 0, made = 0;
	for (uint32_t i = 0; i < effects->events_count; i++) {
		if (known->logging < level_of(effects->events[i].type))
			continue;
		if (lines++ == 0)
			print_tail(entry->execution, &engine->record);
		made += print_line(&effects->events[i], known->logs_data, &engine->record, &box->log);
	}
	if (made == lines) {
		box->log_lines += lines;
		engine->meters.log_lines += lines;
		return;
	}
	engine->meters.log_lines_lost += lines;
	box->log.len = before;
	box->log.failed = false;
	if (box->log.data)
		box->log.data[before] = '\0';
}

void sw_execution_log_turn(struct sw_engine *engine, const struct sw_entry *entry, struct sw_box *box)
{
	struct sw_known_machine *known;
	if (engine->effects.events_count == 0)
		return;
	sw_machines_refresh(engine, entry->execution->machine_name);
	if (sw_machines_find(engine, entry->execution->machine_name, &known, NULL) < 0)
		return; /* deleted long ago, or memory is short */
	if (known->logging == SW_LOGGING_UNKNOWN)
		read_configuration(known);
	if (known->logging > SW_LOGGING_OFF)
		print_turn(engine, entry, known, box);
}

void sw_execution_log_tell(struct sw_engine *engine, struct sw_box *box)
{
	if (box->log_lines == 0)
		return;
	engine->calling++;
	engine->execution_log.write(engine->execution_log.user, box->log.data, box->log.len, box->log_lines);
	engine->calling--;
	box->log_lines = 0;
	if (box->log.capacity > LOG_OF_A_BOX_BYTES)
		sw_buf_done(&box->log);
	else
		sw_buf_reset(&box->log);
}
