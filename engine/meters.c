/* Counting: see meters.h. */
#include "engine/internal.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/prometheus.h"

#include <string.h>

#define SURVEYED_AT_ONCE 256
#define RESOURCES_AT_FIRST 8
#define RESOURCE_BYTES_MAX 256 /* of a name that has a line of its own */

void sw_meters_init(struct sw_meters *meters)
{
	meters->batch_records.bounds = meters->batch_bytes.bounds = SW_BOUNDS_SIZES;
}

void sw_meters_done(struct sw_meters *meters)
{
	for (size_t i = 0; i < meters->resources_count; i++)
		sw_free((char *)meters->resources[i].resource);
	sw_free(meters->resources);
	sw_free(meters->hashes);
	*meters = (struct sw_meters){0};
}

/* ---- executions --------------------------------------------------------------------------------------- */

static enum sw_machine_type type_of(const struct sw_entry *entry)
{
	return entry->express ? SW_TYPE_EXPRESS : SW_TYPE_STANDARD;
}

/* One that is older than this process is in running only when the survey has passed it. */
static void count_running(struct sw_engine *engine, const struct sw_entry *entry, int change)
{
	struct sw_meters *meters = &engine->meters;
	if (entry->id > engine->recovery.last_id || entry->id <= meters->surveyed_id)
		meters->running[type_of(entry)] += change;
}

void sw_meters_started(struct sw_engine *engine, const struct sw_entry *entry)
{
	engine->meters.started[type_of(entry)]++;
	count_running(engine, entry, 1);
}

void sw_meters_redriven(struct sw_engine *engine, const struct sw_entry *entry)
{
	engine->meters.redriven[type_of(entry)]++;
	count_running(engine, entry, 1);
}

void sw_meters_ended(struct sw_engine *engine, const struct sw_entry *entry)
{
	engine->meters.ended[type_of(entry)][entry->execution->status]++;
	count_running(engine, entry, -1);
}

/* ---- those that are older than this process ----------------------------------------------------------- */

/* What is in memory is newer than what is on disk; an entry that left memory is on disk. */
static enum sw_result survey_one(struct sw_engine *engine, uint64_t id, struct sw_slice record)
{
	struct sw_meters *meters = &engine->meters;
	const struct sw_entry *entry = sw_executions_get(&engine->executions, id);
	struct sw_head head = {0};
	if (entry) {
		meters->running[type_of(entry)] += entry->execution->status == SW_STATUS_RUNNING;
		return SW_OK;
	}
	enum sw_result r = sw_head_decode(record, id, NULL, false, &head, NULL);
	if (r == SW_OK)
		meters->running[head.express ? SW_TYPE_EXPRESS : SW_TYPE_STANDARD] +=
			head.status == SW_STATUS_RUNNING;
	sw_head_done(&head);
	return r == SW_ENOMEM ? r : SW_OK; /* a damaged head does not run */
}

bool sw_meters_survey_some(struct sw_engine *engine)
{
	struct sw_meters *meters = &engine->meters;
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_slice key = {NULL, 0}, value;
	struct sw_key from;
	if (meters->survey != SW_SURVEY_RUNS)
		return false;
	sw_key_execution(&from, meters->surveyed_id + 1);
	enum sw_result r = sw_store_begin(engine->store, &snapshot, NULL);
	if (r == SW_OK)
		r = sw_scan_new(snapshot, SW_TABLE_EXECUTIONS, sw_key_slice(&from), false, &scan);
	for (int i = 0; i < SURVEYED_AT_ONCE && r == SW_OK; i++) {
		r = sw_scan_next(scan, &key, &value);
		struct sw_cursor cursor = sw_cursor(key);
		uint64_t id = r == SW_OK ? sw_cursor_be64(&cursor) : 0;
		if (r == SW_OK && id > engine->recovery.last_id)
			r = SW_ENOENT;
		if (r == SW_OK)
			r = survey_one(engine, id, value);
		if (r == SW_OK)
			meters->surveyed_id = id;
	}
	sw_scan_free(scan);
	if (snapshot)
		sw_snapshot_end(snapshot);
	if (r == SW_ENOENT) {
		meters->surveyed_id = engine->recovery.last_id;
		meters->survey = SW_SURVEY_DONE;
	}
	return r == SW_OK; /* else: again when something else happens */
}

/* ---- commits and tasks -------------------------------------------------------------------------------- */

void sw_meters_committed(struct sw_meters *meters, uint64_t took_us, const struct sw_batch *batch)
{
	sw_histogram_add(&meters->commit_seconds, took_us);
	sw_histogram_add(&meters->batch_records, sw_batch_count(batch));
	sw_histogram_add(&meters->batch_bytes, sw_batch_bytes(batch));
}

static bool grow(struct sw_meters *meters)
{
	size_t capacity = meters->resources_capacity ? meters->resources_capacity * 2 : RESOURCES_AT_FIRST;
	if (meters->resources_count < meters->resources_capacity)
		return true;
	struct sw_resource_metrics *resources =
		sw_realloc_array(meters->resources, capacity, sizeof(*resources));
	if (!resources)
		return false;
	meters->resources = resources;
	uint64_t *hashes = sw_realloc_array(meters->hashes, capacity, sizeof(*hashes));
	if (!hashes)
		return false;
	meters->hashes = hashes;
	meters->resources_capacity = capacity;
	return true;
}

/* benign when memory is short: it counts as "other" */
static struct sw_histogram *histogram_of(struct sw_meters *meters, const char *resource)
{
	/* Two resources must not print alike. */
	if (strlen(resource) > RESOURCE_BYTES_MAX || strcmp(resource, "other") == 0)
		return &meters->other_seconds;
	uint64_t hash = sw_hash64(resource, strlen(resource), 0);
	for (size_t i = 0; i < meters->resources_count; i++) {
		if (meters->hashes[i] == hash && strcmp(meters->resources[i].resource, resource) == 0)
			return &meters->resources[i].seconds;
	}
	if (meters->resources_count == SW_METERED_RESOURCES_MAX || !grow(meters))
		return &meters->other_seconds;
	char *copy = sw_strdup(resource);
	if (!copy)
		return &meters->other_seconds;
	size_t at = meters->resources_count++;
	meters->hashes[at] = hash;
	meters->resources[at] = (struct sw_resource_metrics){.resource = copy};
	return &meters->resources[at].seconds;
}

void sw_meters_task(struct sw_meters *meters, const char *resource, int64_t took_ms)
{
	sw_histogram_add(histogram_of(meters, resource), took_ms > 0 ? (uint64_t)took_ms * 1000 : 0);
}
