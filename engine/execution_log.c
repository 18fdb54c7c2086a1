/*
 * The execution log: history events as AWS delivers them to CloudWatch Logs, one line each. The lines are made in
 * the turn, where the events are, wait in the box that holds the turn's records, and are told after its commit.
 * Where memory is short lines are lost, and counted; the execution goes on.
 */
#include "engine/internal.h"

#include <inttypes.h>
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

static bool print_line(const struct sw_execution *execution, const struct sw_history_event *event,
		       bool with_data, struct sw_buf *out)
{
	sw_buf_printf(out, "{\"id\":\"%" PRIu32 "\",\"type\":\"%s\",\"details\":", event->id,
		      sw_history_type_text(event->type));
	enum sw_result r = sw_history_details_print(event, with_data, out);
	sw_buf_printf(out,
		      ",\"previous_event_id\":\"%" PRIu32 "\",\"event_timestamp\":\"%" PRId64
		      "\",\"execution_arn\":",
		      event->previous_id, event->time_ms);
	sw_json_quote(out, execution->arn, strlen(execution->arn));
	sw_buf_printf(out, ",\"redrive_count\":\"%" PRIu32 "\"}\n", execution->redrive_count);
	return r == SW_OK && !out->failed;
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
		lines++;
		made += print_line(entry->execution, &effects->events[i], known->logs_data, &box->log);
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
