/*
 * The events of one execution: ids without a gap, each after one that was there before, the start first, and
 * one end exactly when the execution has ended. See doctor.h.
 */
#include "engine/doctor.h"

#include <inttypes.h>
#include <string.h>

struct story {
	const struct sw_patient *patient;
	char place[SW_PLACE_BYTES]; /* of the chunk */
	uint32_t next_id;           /* that is expected */
	int64_t time_ms;
	enum sw_history_type ending; /* 0: none yet */
	bool broken; /* something could not be read, or is missing: what follows is not judged by what was
			before */
	bool told_time;
};

static bool ends(enum sw_history_type type)
{
	return type == SW_HISTORY_EXECUTION_SUCCEEDED || type == SW_HISTORY_EXECUTION_FAILED ||
	       type == SW_HISTORY_EXECUTION_ABORTED || type == SW_HISTORY_EXECUTION_TIMED_OUT;
}

static enum sw_history_type ending_of(enum sw_status status)
{
	switch (status) {
	case SW_STATUS_SUCCEEDED:
		return SW_HISTORY_EXECUTION_SUCCEEDED;
	case SW_STATUS_FAILED:
		return SW_HISTORY_EXECUTION_FAILED;
	case SW_STATUS_TIMED_OUT:
		return SW_HISTORY_EXECUTION_TIMED_OUT;
	case SW_STATUS_ABORTED:
		return SW_HISTORY_EXECUTION_ABORTED;
	default:
		return 0;
	}
}

static void tell(struct story *story, const char *text, uint32_t id)
{
	sw_doctor_tell(story->patient->doctor, SW_PROBLEM_DAMAGED_HISTORY, story->patient->arn, story->place,
		       "event %" PRIu32 " %s", id, text);
}

static void follow_event(struct story *story, const struct sw_history_event *event)
{
	char moment[SW_MOMENT_BYTES];
	if (event->id != story->next_id && !story->broken)
		tell(story, "does not follow the one before it: ids are missing", event->id);
	if ((event->type == SW_HISTORY_EXECUTION_STARTED) != (event->id == 1))
		tell(story, event->id == 1 ? "is the first, and not the start" : "is a second start",
		     event->id);
	if (story->ending && event->type != SW_HISTORY_EXECUTION_REDRIVEN)
		tell(story, ends(event->type) ? "ends the execution again" : "comes after the end",
		     event->id);
	if (event->time_ms < story->time_ms && !story->told_time) {
		sw_doctor_tell(story->patient->doctor, SW_PROBLEM_TIME_GOES_BACK, story->patient->arn,
			       story->place, "event %" PRIu32 " is older than the one before it: %s",
			       event->id, sw_doctor_moment(event->time_ms, moment));
		story->told_time = true;
	}
	if (ends(event->type))
		story->ending = event->type;
	else if (event->type == SW_HISTORY_EXECUTION_REDRIVEN)
		story->ending = 0;
	story->next_id = event->id + 1;
	story->time_ms = event->time_ms;
	story->patient->doctor->summary.events++;
	story->patient->walk->work++;
}

static enum sw_result follow_chunk(struct story *story, uint32_t first_id, struct sw_slice bytes)
{
	struct sw_value_loader *loader = &story->patient->walk->view.loader;
	struct sw_history_chunk chunk;
	struct sw_history_event event;
	struct sw_error error = {0};
	enum sw_result r = sw_history_chunk_open(bytes, &chunk, &error);
	if (r == SW_OK && chunk.next_id != first_id)
		r = sw_error_set(&error, SW_ECORRUPT, "the first id is not that of its key");
	while (r == SW_OK && (r = sw_history_chunk_next(&chunk, loader, &event, &error)) == SW_OK) {
		follow_event(story, &event);
		sw_history_event_done(&event);
		story->broken = false;
	}
	sw_value_loader_done(loader);
	if (r == SW_ENOENT)
		return SW_OK;
	story->broken = true;
	return sw_doctor_failed(story->patient->doctor, r, SW_PROBLEM_DAMAGED_HISTORY, story->patient->arn,
				story->place, &error);
}

static void check_end(struct story *story)
{
	const struct sw_patient *patient = story->patient;
	const struct sw_head *head = patient->head;
	enum sw_history_type expected = ending_of(head->status);
	char place[SW_PLACE_BYTES];
	if (story->broken)
		return;
	sw_doctor_place(place, SW_TABLE_EXECUTIONS, head->id, 0);
	if (story->next_id != head->next_event_id)
		sw_doctor_tell(patient->doctor, SW_PROBLEM_DAMAGED_HISTORY, patient->arn, place,
			       "its history ends with event %" PRIu32 ", its head says %" PRIu32,
			       story->next_id - 1, head->next_event_id - 1);
	else if (head->status != SW_STATUS_PENDING_REDRIVE && story->ending != expected)
		sw_doctor_tell(patient->doctor, SW_PROBLEM_DAMAGED_HISTORY, patient->arn, place,
			       "it is %s, and its history %s%s", sw_status_name(head->status),
			       story->ending ? "ends with " : "has no end",
			       story->ending ? sw_history_type_text(story->ending) : "");
}

enum sw_result sw_doctor_history(const struct sw_patient *patient)
{
	struct story story = {.patient = patient, .next_id = 1, .time_ms = INT64_MIN};
	struct sw_key prefix;
	struct sw_scan *scan = NULL;
	struct sw_slice key, bytes;
	sw_key_execution(&prefix, patient->head->id);
	enum sw_result r = sw_scan_new(patient->walk->view.snapshot, SW_TABLE_HISTORY, sw_key_slice(&prefix),
				       false, &scan);
	while (r == SW_OK && (r = sw_scan_next(scan, &key, &bytes)) == SW_OK) {
		if (key.len < prefix.len || memcmp(key.data, prefix.bytes, prefix.len) != 0)
			break;
		if (key.len != prefix.len + sizeof(uint32_t))
			continue; /* told when its own table is walked */
		struct sw_cursor number =
			sw_cursor(sw_slice((const char *)key.data + prefix.len, sizeof(uint32_t)));
		uint32_t first_id = sw_cursor_be32(&number);
		sw_doctor_place(story.place, SW_TABLE_HISTORY, patient->head->id, first_id);
		r = follow_chunk(&story, first_id, bytes);
	}
	sw_scan_free(scan);
	if (r < 0 && r != SW_ENOENT)
		return r;
	check_end(&story);
	return SW_OK;
}
