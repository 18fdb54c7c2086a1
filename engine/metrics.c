/* What an engine counts, for others: see metrics.h. */
#include "engine/metrics.h"

#include "base/prometheus.h"
#include "engine/internal.h"

/* Tasks in the queues of activities, as of the last commit; 0 when the store cannot be read. */
static uint64_t count_queued(const struct sw_engine *engine)
{
	struct sw_snapshot *snapshot;
	struct sw_error error = {0};
	uint64_t count = 0;
	if (sw_store_begin(engine->store, &snapshot, &error) < 0)
		return 0;
	if (sw_snapshot_count(snapshot, SW_TABLE_QUEUES, &count) < 0)
		count = 0;
	sw_snapshot_end(snapshot);
	return count;
}

static void fill_queues(const struct sw_engine *engine, struct sw_engine_metrics *metrics)
{
	const struct sw_box *open = engine->open, *flight = engine->flight;
	metrics->executions_in_memory = engine->executions.count;
	metrics->executions_ready = engine->executions.queue_count;
	metrics->timers_loaded = engine->timers.count;
	metrics->tasks_in_flight = engine->attempts_count;
	metrics->commands_busy = sw_commands_provider_busy(engine->commands);
	metrics->activity_tasks_waiting = engine->activities.alone_count + count_queued(engine);
	metrics->activity_polls_waiting = engine->activities.ends.count;
	metrics->records_open = sw_batch_count(open->batch);
	metrics->records_in_flight = flight ? sw_batch_count(flight->batch) : 0;
	metrics->replies_waiting = open->actions_count - open->acted;
	if (flight)
		metrics->replies_waiting += flight->actions_count - flight->acted;
	for (const struct sw_box *box = engine->landed; box; box = box->next)
		metrics->replies_waiting += box->actions_count - box->acted;
}

static void fill_counters(const struct sw_engine *engine, struct sw_engine_metrics *metrics)
{
	const struct sw_meters *meters = &engine->meters;
	for (int type = 0; type < 2; type++) {
		metrics->started[type] = meters->started[type];
		metrics->redriven[type] = meters->redriven[type];
		metrics->running[type] = meters->running[type];
		for (int status = 0; status <= SW_STATUS_PENDING_REDRIVE; status++)
			metrics->ended[type][status] = meters->ended[type][status];
	}
	metrics->removed = meters->removed;
	metrics->transitions = engine->stats.transitions;
	metrics->activity_polls = meters->activity_polls;
	metrics->commit_seconds = meters->commit_seconds;
	metrics->batch_records = meters->batch_records;
	metrics->batch_bytes = meters->batch_bytes;
	metrics->commits_failed = meters->commits_failed;
	metrics->disk_full = engine->full;
	metrics->resources = meters->resources;
	metrics->resources_count = meters->resources_count;
	metrics->other_seconds = meters->other_seconds;
	metrics->log_lines = meters->log_lines;
	metrics->log_lines_lost = meters->log_lines_lost;
}

void sw_engine_metrics(struct sw_engine *engine, struct sw_engine_metrics *ret_metrics)
{
	struct sw_store_stats store = {0};
	*ret_metrics = (struct sw_engine_metrics){0};
	if (sw_engine_check(engine, NULL) == SW_EINVAL)
		return;
	if (engine->meters.survey == SW_SURVEY_NONE) {
		engine->meters.survey = engine->recovery.last_id > 0 ? SW_SURVEY_RUNS : SW_SURVEY_DONE;
		sw_engine_wake(engine);
	}
	fill_queues(engine, ret_metrics);
	fill_counters(engine, ret_metrics);
	ret_metrics->running_known = engine->meters.survey == SW_SURVEY_DONE;
	sw_store_stats(engine->store, &store);
	ret_metrics->store_used_bytes = store.data_bytes;
	ret_metrics->store_file_bytes = store.file_bytes;
	ret_metrics->store_map_bytes = store.map_bytes;
	ret_metrics->disk_free_bytes = store.disk_free_bytes;
}

const uint64_t *sw_metrics_bounds(enum sw_bounds bounds, unsigned *ret_count)
{
	return sw_histogram_bounds(bounds, ret_count);
}

/* ---- as text ------------------------------------------------------------------------------------------ */

static const char *const type_names[] = {[SW_TYPE_STANDARD] = "STANDARD", [SW_TYPE_EXPRESS] = "EXPRESS"};

static void print_executions(struct sw_buf *out, const struct sw_engine_metrics *metrics)
{
	static const enum sw_status ends[] = {SW_STATUS_SUCCEEDED, SW_STATUS_FAILED, SW_STATUS_TIMED_OUT,
					      SW_STATUS_ABORTED};
	sw_metric_family(out, "stepwell_executions_started_total", "counter",
			 "Executions that were started.");
	for (int type = 0; type < 2; type++)
		sw_metric_count(out, "stepwell_executions_started_total", metrics->started[type], "type",
				type_names[type], NULL);
	sw_metric_family(out, "stepwell_executions_ended_total", "counter",
			 "Executions that ended, by status.");
	for (int type = 0; type < 2; type++) {
		for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
			sw_metric_count(out, "stepwell_executions_ended_total", metrics->ended[type][ends[i]],
					"type", type_names[type], "status", sw_status_name(ends[i]), NULL);
	}
	sw_metric_family(out, "stepwell_executions_redriven_total", "counter",
			 "Executions that went on by RedriveExecution.");
	for (int type = 0; type < 2; type++)
		sw_metric_count(out, "stepwell_executions_redriven_total", metrics->redriven[type], "type",
				type_names[type], NULL);
	sw_metric_lone(out, "stepwell_executions_removed_total", "counter",
		       "Executions that were removed because they ended longer ago than they are kept.",
		       metrics->removed);
	if (metrics->running_known) {
		sw_metric_family(out, "stepwell_executions_running", "gauge", "Executions that run.");
		for (int type = 0; type < 2; type++)
			sw_metric_count(out, "stepwell_executions_running",
					metrics->running[type] > 0 ? (uint64_t)metrics->running[type] : 0,
					"type", type_names[type], NULL);
	}
	sw_metric_lone(out, "stepwell_transitions_total", "counter", "States that were entered.",
		       metrics->transitions);
}

static void print_queues(struct sw_buf *out, const struct sw_engine_metrics *metrics)
{
	sw_metric_lone(out, "stepwell_executions_in_memory", "gauge", "Executions that are held in memory.",
		       metrics->executions_in_memory);
	sw_metric_lone(out, "stepwell_executions_ready", "gauge", "Executions that wait for their turn.",
		       metrics->executions_ready);
	sw_metric_lone(out, "stepwell_timers_loaded", "gauge", "Timers in memory: those that are due soon.",
		       metrics->timers_loaded);
	sw_metric_lone(out, "stepwell_tasks_in_flight", "gauge",
		       "Task attempts that were delivered and not yet completed or released.",
		       metrics->tasks_in_flight);
	sw_metric_lone(out, "stepwell_commands_busy", "gauge", "Command tasks that run or queue.",
		       metrics->commands_busy);
	sw_metric_lone(out, "stepwell_activity_tasks_waiting", "gauge",
		       "Activity tasks that wait for a worker.", metrics->activity_tasks_waiting);
	sw_metric_lone(out, "stepwell_activity_pollers", "gauge", "Workers that wait in GetActivityTask.",
		       metrics->activity_polls_waiting);
	sw_metric_lone(out, "stepwell_activity_polls_total", "counter",
		       "Calls of GetActivityTask that waited.", metrics->activity_polls);
	sw_metric_family(out, "stepwell_commit_queue_records", "gauge",
			 "Records that wait for a commit (open) or are being written (writing).");
	sw_metric_count(out, "stepwell_commit_queue_records", metrics->records_open, "stage", "open", NULL);
	sw_metric_count(out, "stepwell_commit_queue_records", metrics->records_in_flight, "stage", "writing",
			NULL);
	sw_metric_lone(out, "stepwell_commit_queue_actions", "gauge",
		       "Replies and deliveries that wait for a commit.", metrics->replies_waiting);
}

static void print_commits(struct sw_buf *out, const struct sw_engine_metrics *metrics)
{
	sw_metric_family(out, "stepwell_commit_seconds", "histogram", "Time to write and sync one batch.");
	sw_metric_histogram(out, "stepwell_commit_seconds", &metrics->commit_seconds, NULL);
	sw_metric_family(out, "stepwell_commit_records", "histogram", "Records of one batch.");
	sw_metric_histogram(out, "stepwell_commit_records", &metrics->batch_records, NULL);
	sw_metric_family(out, "stepwell_commit_bytes", "histogram", "Bytes of keys and values of one batch.");
	sw_metric_histogram(out, "stepwell_commit_bytes", &metrics->batch_bytes, NULL);
	sw_metric_lone(out, "stepwell_commit_failures_total", "counter",
		       "Commits that failed: the disk was full, memory was short, or the store broke.",
		       metrics->commits_failed);
	sw_metric_lone(out, "stepwell_disk_full", "gauge",
		       "1 while new work is refused because the disk is full.", metrics->disk_full);
	sw_metric_family(out, "stepwell_store_bytes", "gauge",
			 "Used pages, length of the file, size of the memory map (address space).");
	sw_metric_count(out, "stepwell_store_bytes", metrics->store_used_bytes, "what", "used", NULL);
	sw_metric_count(out, "stepwell_store_bytes", metrics->store_file_bytes, "what", "file", NULL);
	sw_metric_count(out, "stepwell_store_bytes", metrics->store_map_bytes, "what", "map", NULL);
	sw_metric_lone(out, "stepwell_disk_free_bytes", "gauge", "Room on the disk of the data directory.",
		       metrics->disk_free_bytes);
}

char *sw_engine_metrics_text(struct sw_engine *engine, size_t *ret_len)
{
	struct sw_engine_metrics metrics;
	struct sw_buf out = SW_BUF;
	if (sw_engine_check(engine, NULL) == SW_EINVAL)
		return NULL;
	sw_engine_metrics(engine, &metrics);
	print_executions(&out, &metrics);
	print_queues(&out, &metrics);
	print_commits(&out, &metrics);
	sw_metric_family(&out, "stepwell_task_seconds", "histogram",
			 "Time from the delivery of a task to its completion, by resource.");
	for (size_t i = 0; i < metrics.resources_count; i++)
		sw_metric_histogram(&out, "stepwell_task_seconds", &metrics.resources[i].seconds, "resource",
				    metrics.resources[i].resource, NULL);
	if (sw_histogram_count(&metrics.other_seconds) > 0)
		sw_metric_histogram(&out, "stepwell_task_seconds", &metrics.other_seconds, "resource",
				    "other", NULL);
	sw_metric_lone(&out, "stepwell_execution_log_lines_total", "counter",
		       "Lines made for the execution log.", metrics.log_lines);
	sw_metric_lone(&out, "stepwell_execution_log_lost_total", "counter",
		       "Lines of the execution log that were lost because memory was short.",
		       metrics.log_lines_lost);
	return sw_buf_take(&out, ret_len);
}
