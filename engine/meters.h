/*
 * The engine's own counters: plain fields that the loop's thread adds to. metrics.h is how others see them;
 * meters.c counts and metrics.c shows. Private to engine/.
 */
#ifndef SW_ENGINE_METERS_H
#define SW_ENGINE_METERS_H

#include "engine/metrics.h"

#define SW_METERED_RESOURCES_MAX 64 /* the rest counts as "other" */

struct sw_entry;

enum sw_survey_state { SW_SURVEY_NONE, SW_SURVEY_RUNS, SW_SURVEY_DONE };

struct sw_meters {
	uint64_t started[2], ended[2][SW_STATUS_PENDING_REDRIVE + 1], redriven[2];
	uint64_t removed; /* by retention */
	int64_t running[2];
	/* those older than this process are counted from the first id to the last, when somebody has asked */
	enum sw_survey_state survey;
	uint64_t surveyed_id; /* up to here they are in running */
	uint64_t activity_polls;
	struct sw_histogram commit_seconds, batch_records, batch_bytes;
	uint64_t commits_failed;
	struct sw_resource_metrics *resources; /* in the order in which they came */
	uint64_t *hashes;                      /* of their names */
	size_t resources_count, resources_capacity;
	struct sw_histogram other_seconds; /* of the resources for which there was no place */
	uint64_t log_lines, log_lines_lost;
};

void sw_meters_init(struct sw_meters *meters);
void sw_meters_done(struct sw_meters *meters);
void sw_meters_started(struct sw_engine *engine, const struct sw_entry *entry);
void sw_meters_redriven(struct sw_engine *engine, const struct sw_entry *entry);
void sw_meters_ended(struct sw_engine *engine, const struct sw_entry *entry);
/* A commit has ended: how long it took, and what it wrote. */
struct sw_batch;
void sw_meters_committed(struct sw_meters *meters, uint64_t took_us, const struct sw_batch *batch);
/* An attempt on resource was completed. */
void sw_meters_task(struct sw_meters *meters, const char *resource, int64_t took_ms);
/* Counts some more of the running executions that are older than this process. True: come again soon. */
bool sw_meters_survey_some(struct sw_engine *engine);

#endif
