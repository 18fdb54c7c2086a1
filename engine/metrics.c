/* What an engine counts, for others: see metrics.h. */
#include "engine/metrics.h"

#include "base/mem.h"
#include "base/prometheus.h"
#include "engine/internal.h"

#include <string.h>

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

static char *print(const struct sw_engine_metrics *metrics, size_t *ret_len)
{
	struct sw_buf out = SW_BUF;
	print_executions(&out, metrics);
	print_queues(&out, metrics);
	print_commits(&out, metrics);
	sw_metric_family(&out, "stepwell_task_seconds", "histogram",
			 "Time from the delivery of a task to its completion, by resource.");
	for (size_t i = 0; i < metrics->resources_count; i++)
		sw_metric_histogram(&out, "stepwell_task_seconds", &metrics->resources[i].seconds, "resource",
				    metrics->resources[i].resource, NULL);
	if (sw_histogram_count(&metrics->other_seconds) > 0)
		sw_metric_histogram(&out, "stepwell_task_seconds", &metrics->other_seconds, "resource",
				    "other", NULL);
	sw_metric_lone(&out, "stepwell_execution_log_lines_total", "counter",
		       "Lines made for the execution log.", metrics->log_lines);
	sw_metric_lone(&out, "stepwell_execution_log_lost_total", "counter",
		       "Lines of the execution log that were lost because memory was short.",
		       metrics->log_lines_lost);
	return sw_buf_take(&out, ret_len);
}

char *sw_engine_metrics_text(struct sw_engine *engine, size_t *ret_len)
{
	struct sw_engine_metrics metrics;
	if (sw_engine_check(engine, NULL) == SW_EINVAL)
		return NULL;
	sw_engine_metrics(engine, &metrics);
	return print(&metrics, ret_len);
}

/* ---- several engines ---------------------------------------------------------------------------------- */

static void add_histogram(struct sw_histogram *sum, const struct sw_histogram *more)
{
	sum->bounds = more->bounds;
	sum->sum += more->sum;
	for (size_t i = 0; i <= SW_HISTOGRAM_BOUNDS_MAX; i++)
		sum->counts[i] += more->counts[i];
}

/* One resource; when the table is full it counts among the others. */
static void add_resource(struct sw_metrics_sum *sum, const struct sw_resource_metrics *more)
{
	struct sw_engine_metrics *metrics = &sum->metrics;
	size_t i = 0;
	while (i < metrics->resources_count && strcmp(sum->resources[i].resource, more->resource) != 0)
		i++;
	if (i == metrics->resources_count && i < SW_METERED_RESOURCES_MAX) {
		sum->resources[i].resource = sw_strdup(more->resource);
		if (!sum->resources[i].resource) {
			sum->failed = true;
			return;
		}
		metrics->resources_count++;
	}
	add_histogram(i < metrics->resources_count ? &sum->resources[i].seconds : &metrics->other_seconds,
		      &more->seconds);
}

static void add_counters(struct sw_engine_metrics *sum, const struct sw_engine_metrics *more)
{
	for (int type = 0; type < 2; type++) {
		sum->started[type] += more->started[type];
		sum->redriven[type] += more->redriven[type];
		sum->running[type] += more->running[type];
		for (int status = 0; status <= SW_STATUS_PENDING_REDRIVE; status++)
			sum->ended[type][status] += more->ended[type][status];
	}
	sum->transitions += more->transitions;
	sum->removed += more->removed;
	sum->executions_in_memory += more->executions_in_memory;
	sum->executions_ready += more->executions_ready;
	sum->timers_loaded += more->timers_loaded;
	sum->tasks_in_flight += more->tasks_in_flight;
	sum->commands_busy += more->commands_busy;
	sum->activity_tasks_waiting += more->activity_tasks_waiting;
	sum->activity_polls_waiting += more->activity_polls_waiting;
	sum->activity_polls += more->activity_polls;
	sum->records_open += more->records_open;
	sum->records_in_flight += more->records_in_flight;
	sum->replies_waiting += more->replies_waiting;
	sum->commits_failed += more->commits_failed;
	sum->disk_full = sum->disk_full || more->disk_full;
	sum->store_used_bytes += more->store_used_bytes;
	sum->store_file_bytes += more->store_file_bytes;
	sum->store_map_bytes += more->store_map_bytes;
	sum->disk_free_bytes = more->disk_free_bytes; /* one disk */
	sum->log_lines += more->log_lines;
	sum->log_lines_lost += more->log_lines_lost;
}

void sw_metrics_add(struct sw_metrics_sum *sum, struct sw_engine *engine)
{
	struct sw_engine_metrics *metrics = &sum->metrics, more;
	sw_engine_metrics(engine, &more);
	if (!sum->resources)
		sum->resources = sw_zalloc_array(SW_METERED_RESOURCES_MAX, sizeof(sum->resources[0]));
	if (!sum->resources) {
		sum->failed = true;
		return;
	}
	if (!sum->begun) {
		*metrics = more;
		metrics->resources = sum->resources;
		metrics->resources_count = 0;
		sum->begun = true;
	} else {
		metrics->running_known = metrics->running_known && more.running_known;
		add_counters(metrics, &more);
		add_histogram(&metrics->commit_seconds, &more.commit_seconds);
		add_histogram(&metrics->batch_records, &more.batch_records);
		add_histogram(&metrics->batch_bytes, &more.batch_bytes);
		add_histogram(&metrics->other_seconds, &more.other_seconds);
	}
	for (size_t i = 0; i < more.resources_count; i++)
		add_resource(sum, &more.resources[i]);
}

char *sw_metrics_sum_text(const struct sw_metrics_sum *sum, size_t *ret_len)
{
	return sum->failed ? NULL : print(&sum->metrics, ret_len);
}

void sw_metrics_sum_done(struct sw_metrics_sum *sum)
{
	for (size_t i = 0; i < sum->metrics.resources_count; i++)
		sw_free((void *)(uintptr_t)sum->resources[i].resource);
	sw_free(sum->resources);
	*sum = (struct sw_metrics_sum){0};
}
