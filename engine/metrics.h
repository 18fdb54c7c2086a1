/*
 * What an engine counts of itself, for monitoring: as a struct, and as text that Prometheus reads. Public
 * (installed as stepwell/metrics.h); `stepwell serve` shows the text at /metrics. Counters are plain fields of
 * the engine, and nothing is computed before somebody asks. Loop's thread only.
 */
#ifndef STEPWELL_METRICS_H
#define STEPWELL_METRICS_H

#include "base/histogram.h"
#include "engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Time from the delivery of an attempt (activities and callbacks: from entering the state) to its completion. */
struct sw_resource_metrics {
	const char *resource; /* as in the definition */
	struct sw_histogram seconds;
};

/* Counters are since the engine was opened; indexes are enum sw_machine_type and enum sw_status. */
struct sw_engine_metrics {
	uint64_t started[2], ended[2][SW_STATUS_PENDING_REDRIVE + 1];
	uint64_t redriven[2];
	uint64_t removed; /* because they ended longer ago than they are kept */
	/*
	 * How many run. Those that are older than this process are counted in the background, from the first
	 * call of sw_engine_metrics on; running_known tells when that is done.
	 */
	int64_t running[2];
	bool running_known;
	uint64_t transitions;

	uint64_t executions_in_memory, executions_ready; /* ready: they wait for a turn */
	uint64_t timers_loaded, tasks_in_flight, commands_busy;
	uint64_t activity_tasks_waiting, activity_polls_waiting, activity_polls;
	uint64_t records_open,
		records_in_flight; /* that wait for their commit, or are on their way to the disk */
	uint64_t replies_waiting;  /* answers and deliveries that wait for a commit */

	struct sw_histogram commit_seconds; /* of writing and syncing one batch */
	struct sw_histogram batch_records, batch_bytes;
	uint64_t commits_failed;
	bool disk_full;

	const struct sw_resource_metrics *resources; /* borrowed until the loop turns */
	size_t resources_count;
	struct sw_histogram other_seconds; /* of all resources that came when the table was full */

	uint64_t store_used_bytes, store_file_bytes, store_map_bytes,
		disk_free_bytes;            /* memory: used alone */
	uint64_t log_lines, log_lines_lost; /* of the execution log: made; lost because memory was short */
};
SW_API void sw_engine_metrics(struct sw_engine *engine, struct sw_engine_metrics *ret_metrics);

/* The upper bounds of a histogram's buckets, rising, in the unit of its values; the last bucket has none. Static. */
SW_API const uint64_t *sw_metrics_bounds(enum sw_bounds bounds, unsigned *ret_count);

/* What sw_engine_metrics tells, in Prometheus's text format 0.0.4. New, free with sw_text_free; NULL when memory is short. */
SW_API char *sw_engine_metrics_text(struct sw_engine *engine, size_t *ret_len);

/* ---- several engines (partition.h) ---- */

/* Zero-initialised; what all engines count together. */
struct sw_metrics_sum {
	struct sw_engine_metrics metrics;
	struct sw_resource_metrics *resources; /* own, with their names: metrics.resources */
	bool begun, failed;                    /* failed: memory was short, and the sum is not whole */
};
/* Adds an engine, in its loop's thread. */
SW_API void sw_metrics_add(struct sw_metrics_sum *sum, struct sw_engine *engine);
/* As sw_engine_metrics_text; NULL also when the sum has failed. */
SW_API char *sw_metrics_sum_text(const struct sw_metrics_sum *sum, size_t *ret_len);
SW_API void sw_metrics_sum_done(struct sw_metrics_sum *sum);

#ifdef __cplusplus
}
#endif
#endif
