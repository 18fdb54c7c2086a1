/* Writing the history of an execution: ids, what follows what, and the greatest number of events there may
 * be. */
#include "base/assert.h"
#include "engine/step/internal.h"

#include <string.h>

#define EVENT_BYTES 64 /* about what an event takes without its texts */

static bool ends_execution(enum sw_history_type type)
{
	switch (type) {
	case SW_HISTORY_EXECUTION_SUCCEEDED:
	case SW_HISTORY_EXECUTION_FAILED:
	case SW_HISTORY_EXECUTION_ABORTED:
	case SW_HISTORY_EXECUTION_TIMED_OUT:
		return true;
	default:
		return false;
	}
}

static struct sw_event_writer begin(struct sw_turn *turn, enum sw_history_type type, uint32_t previous_id,
				    struct sw_branch *branch)
{
	struct sw_execution *execution = turn->execution;
	struct sw_event_writer writer = {.turn = turn, .branch = branch, .result = SW_OK};
	if (execution->next_event_id >= execution->history_events_max && !ends_execution(type)) {
		/* The step is unwound, and the execution ended there: nothing is freed under anyone's feet.
		 */
		turn->full_after_id = previous_id;
		writer.result = SW_ECLOSED;
		return writer;
	}
	writer.event = sw_effects_event(turn->effects);
	if (!writer.event) {
		writer.result = SW_ENOMEM;
		return writer;
	}
	SW_ASSERT(previous_id < execution->next_event_id);
	writer.event->id = execution->next_event_id++;
	writer.event->previous_id = previous_id;
	writer.event->type = type;
	writer.event->time_ms = turn->event->now_ms;
	turn->effects->events_bytes += EVENT_BYTES;
	return writer;
}

struct sw_event_writer sw_event_next(struct sw_turn *turn, enum sw_history_type type,
				     struct sw_branch *branch)
{
	return begin(turn, type, branch->previous_id, branch);
}

struct sw_event_writer sw_event_after(struct sw_turn *turn, enum sw_history_type type, uint32_t previous_id)
{
	return begin(turn, type, previous_id, NULL);
}

static struct sw_history_detail *detail(struct sw_event_writer *writer, enum sw_history_field field)
{
	struct sw_history_event *event = writer->event;
	SW_ASSERT(event->details_count < SW_HISTORY_FIELDS_MAX);
	struct sw_history_detail *added = &event->details[event->details_count++];
	*added = (struct sw_history_detail){.field = field};
	return added;
}

void sw_event_text(struct sw_event_writer *writer, enum sw_history_field field, const char *text)
{
	if (writer->result < 0 || !text)
		return;
	struct sw_history_detail *added = detail(writer, field);
	added->text = sw_strdup(text);
	if (!added->text)
		writer->result = SW_ENOMEM;
	else
		writer->turn->effects->events_bytes += strlen(text);
}

void sw_event_name(struct sw_event_writer *writer, enum sw_history_field field, const char *text)
{
	if (writer->result < 0 || !text)
		return;
	struct sw_history_detail *added = detail(writer, field);
	added->text = text;
	added->borrowed = true;
	writer->turn->effects->events_bytes += strlen(text);
}

void sw_event_value(struct sw_event_writer *writer, enum sw_history_field field, struct sw_value *value)
{
	if (writer->result < 0 || !value)
		return;
	detail(writer, field)->value = sw_value_ref(value);
	/* What is passed on unchanged is stored once. */
	if (writer->turn->counted == value)
		return;
	struct sw_slice text;
	writer->result = sw_value_text(value, &text);
	if (writer->result == SW_OK)
		writer->turn->effects->events_bytes += text.len;
	writer->turn->counted = value;
}

void sw_event_integer(struct sw_event_writer *writer, enum sw_history_field field, int64_t integer)
{
	if (writer->result == SW_OK)
		detail(writer, field)->integer = integer;
}

enum sw_result sw_event_end(struct sw_event_writer *writer)
{
	if (writer->result == SW_OK && writer->branch) {
		writer->branch->previous_id = writer->event->id;
		sw_branch_touch(writer->branch);
	}
	return writer->result;
}
