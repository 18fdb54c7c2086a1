/*
 * One row: executions of one machine on an engine in this program, in_flight of them at a time until all have ended.
 * An execution lasts from the call that starts it to the moment its end is told, which is after the commit.
 */
#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench/bench.h"
#include "engine/internal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_MAX 2 /* then a run starts nothing any more: it is a slow disk */

struct run;
struct start {
	struct run *run;
	double begun, took;
	char name[37]; /* when the caller names */
};
/* From an ARN's hash to the start; hash 0: free. */
struct known {
	uint64_t hash;
	uint32_t start;
};

struct run {
	const struct plan *plan;
	struct sw_engine *engine;
	struct sw_poll_loop *loop;
	struct sw_store *store; /* outlives the engine */
	unsigned wanted, started, finished, failed;
	double stop; /* nothing is started after it */
	struct start *starts;
	struct known *known;
	size_t known_mask;
	size_t input_len;
};

/* ---- time ---------------------------------------------------------------------------------------------- */

double now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double cpu_seconds(void)
{
	struct timespec used;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

double quantile(double *numbers, size_t count, double part)
{
	size_t at = (size_t)((double)count * part);
	qsort(numbers, count, sizeof(*numbers), by_value);
	return numbers[at < count ? at : count - 1];
}

void progress(const char *format, ...)
{
	va_list args;
	if (!isatty(STDERR_FILENO))
		return;
	fputs("\r\033[K", stderr);
	if (format) {
		va_start(args, format);
		vfprintf(stderr, format, args);
		va_end(args);
	}
	fflush(stderr);
}

/* ---- executions ---------------------------------------------------------------------------------------- */

static void start_one(struct run *run);

static void noop(void *user, struct sw_task *task)
{
	size_t len;
	const char *input = sw_task_input(task, &len);
	(void)user;
	sw_task_succeed(task, input, len);
}

/* The place of an ARN among the known ones, or the free place where it belongs. */
static struct known *known_find(const struct run *run, const char *arn)
{
	uint64_t hash = sw_hash64(arn, strlen(arn), 0) | 1;
	size_t at = hash >> 20 & run->known_mask;
	while (run->known[at].hash && run->known[at].hash != hash)
		at = (at + 1) & run->known_mask;
	if (!run->known[at].hash)
		run->known[at] = (struct known){hash, UINT32_MAX};
	return &run->known[at];
}

static void replied(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct start *start = user;
	struct run *run = start->run;
	if (result != SW_OK) {
		fprintf(stderr, "bench: start: %s\n", err->text);
		run->failed++;
		return;
	}
	known_find(run, reply->arn)->start = (uint32_t)(start - run->starts);
}

/* Comes after the reply, because both come after the same commit or that of the reply is an earlier one. */
static void observed(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	struct run *run = user;
	(void)last_event_id;
	if (status == SW_STATUS_RUNNING)
		return;
	uint32_t number = known_find(run, arn)->start;
	if (status != SW_STATUS_SUCCEEDED || number == UINT32_MAX)
		run->failed++;
	else
		run->starts[number].took = now_seconds() - run->starts[number].begun;
	run->finished++;
	start_one(run);
}

static void start_one(struct run *run)
{
	const struct workload *workload = run->plan->workload;
	struct sw_start_params params = {
		.machine = "bench", .input = workload->input, .input_len = run->input_len};
	struct sw_error err = {0};
	double now = now_seconds();
	if (now > run->stop)
		run->wanted = run->started;
	if (run->started == run->wanted)
		return;
	struct start *start = &run->starts[run->started++];
	params.name = workload->named ? start->name : NULL;
	start->begun = now;
	if (sw_engine_start(run->engine, &params, replied, start, &err) != SW_OK) {
		fprintf(stderr, "bench: start: %s\n", err.text);
		run->failed++;
	}
}

/* ---- an engine ----------------------------------------------------------------------------------------- */

static void created(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	(void)reply;
	*(enum sw_result *)user = result;
	if (result != SW_OK)
		fprintf(stderr, "bench: create: %s\n", err->text);
}

/* Over a store that records. *ret_store is to be closed in any case. */
static enum sw_result engine_new(struct run *run, const char *directory, struct recording *recording,
				 struct sw_error *err)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	struct sw_store_options store_options = {.directory = directory,
						 .table_names = sw_table_names,
						 .tables_count = SW_TABLES_COUNT,
						 .format = SW_STORE_FORMAT};
	struct sw_store *store = NULL;
	enum sw_result r = sw_poll_loop_new(&run->loop, err);
	if (r == SW_OK)
		r = sw_store_open_lmdb(&store_options, &store, err);
	if (r != SW_OK)
		return r;
	run->store = recording_store_new(store, recording);
	if (!run->store) {
		sw_store_close(store);
		return sw_error_set(err, SW_ENOMEM, "no memory for a store");
	}
	options.loop = sw_poll_loop_hooks(run->loop);
	options.relaxed_ms = run->plan->relaxed_ms;
	return sw_engine_new_on(&options, run->store, &run->engine, err);
}

static bool open_engine(struct run *run, const char *directory, struct recording *recording)
{
	const char *definition = run->plan->workload->definition;
	struct sw_machine_params params = {
		.name = "bench", .definition = definition, .definition_len = strlen(definition)};
	struct sw_error err = {0};
	enum sw_result outcome = SW_EBUSY;
	uint64_t id;
	enum sw_result r = engine_new(run, directory, recording, &err);
	if (r == SW_OK)
		r = sw_engine_on_task(run->engine, "function:noop", noop, NULL, NULL, &err);
	if (r == SW_OK)
		r = sw_engine_observe(run->engine, NULL, observed, run, &id);
	if (r == SW_OK)
		r = sw_engine_resume(run->engine, SW_RESUME_ALL, &err);
	if (r == SW_OK)
		r = sw_engine_create_machine(run->engine, &params, created, &outcome, NULL, &err);
	while (r == SW_OK && outcome == SW_EBUSY)
		r = sw_poll_loop_run(run->loop, 1000, &err);
	if (r != SW_OK)
		fprintf(stderr, "bench: %s\n", err.text);
	return r == SW_OK && outcome == SW_OK;
}

static bool run_init(struct run *run, const struct plan *plan)
{
	struct sw_rng rng = sw_rng(0);
	size_t places = 1024;
	while (places < 2 * (size_t)plan->executions)
		places *= 2;
	*run = (struct run){.plan = plan,
			    .wanted = plan->executions,
			    .starts = sw_zalloc_array(plan->executions, sizeof(struct start)),
			    .known = sw_zalloc_array(places, sizeof(struct known)),
			    .known_mask = places - 1,
			    .input_len = strlen(plan->workload->input)};
	if (!run->starts || !run->known || sw_entropy(&rng.state, sizeof(rng.state)) < 0)
		return false;
	for (unsigned i = 0; i < plan->executions; i++) {
		run->starts[i].run = run;
		sw_rng_uuid(&rng, run->starts[i].name);
	}
	return true;
}

static void run_done(struct run *run)
{
	sw_engine_free(run->engine);
	sw_store_close(run->store);
	sw_poll_loop_free(run->loop);
	sw_free(run->starts);
	sw_free(run->known);
}

/* ---- figures ------------------------------------------------------------------------------------------- */

/* The executions themselves: nothing else is in the figures. */
static bool run_all(struct run *run, struct figures *ret_figures)
{
	struct sw_engine_stats before, after;
	double *latencies = sw_zalloc_array(run->plan->executions, sizeof(double));
	struct figures f = {0};
	if (!latencies)
		return false;
	sw_engine_stats(run->engine, &before);
	double start = now_seconds(), cpu = cpu_seconds();
	run->stop = start + SECONDS_MAX;
	for (unsigned i = 0; i < run->plan->in_flight; i++)
		start_one(run);
	while (run->finished < run->wanted && run->failed == 0)
		sw_poll_loop_run(run->loop, 1000, NULL);
	f.executions = run->wanted;
	f.rate = f.executions / (now_seconds() - start);
	f.cpu_us = (cpu_seconds() - cpu) * 1e6 / f.executions;
	sw_engine_stats(run->engine, &after);
	f.syncs = (double)(after.syncs - before.syncs) / f.executions;
	f.bytes = (double)(after.bytes_written - before.bytes_written) / f.executions;
	f.growth = ((double)after.data_bytes - (double)before.data_bytes) / f.executions;
	for (unsigned i = 0; i < run->wanted; i++)
		latencies[i] = run->starts[i].took * 1e3;
	f.p50_ms = quantile(latencies, run->wanted, 0.5);
	f.p99_ms = quantile(latencies, run->wanted, 0.99);
	sw_free(latencies);
	*ret_figures = f;
	return run->failed == 0;
}

void directory_remove(const char *path)
{
	struct dirent *entry;
	DIR *directory = opendir(path);
	while (directory && (entry = readdir(directory)) != NULL)
		unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		closedir(directory);
	rmdir(path);
}

bool measure_once(const struct plan *plan, const char *directory, struct recording *recording,
		  struct figures *ret_figures)
{
	char floor_path[4200];
	struct figures figures = {0};
	struct run run;
	snprintf(floor_path, sizeof(floor_path), "%s-floor", directory);
	recording_reset(recording);
	bool good = run_init(&run, plan) && mkdir(directory, 0700) == 0 && mkdir(floor_path, 0700) == 0 &&
		    open_engine(&run, directory, recording) && run_all(&run, &figures);
	run_done(&run);
	double floor_seconds = good ? floor_replay(recording, floor_path, SW_TABLES_COUNT, NULL) : -1;
	figures.floor_rate = figures.executions / floor_seconds;
	figures.floor_part = figures.rate / figures.floor_rate;
	directory_remove(directory);
	directory_remove(floor_path);
	*ret_figures = figures;
	return floor_seconds > 0;
}

void medians(const void *rounds, size_t bytes, void *ret_medians)
{
	double numbers[TABLE_ROUNDS];
	for (size_t at = 0; at < bytes; at += sizeof(double)) {
		for (size_t i = 0; i < TABLE_ROUNDS; i++)
			memcpy(&numbers[i], (const char *)rounds + i * bytes + at, sizeof(double));
		double median = quantile(numbers, TABLE_ROUNDS, 0.5);
		memcpy((char *)ret_medians + at, &median, sizeof(median));
	}
}

bool measure(const struct plan *plan, const char *directory, struct recording *recording,
	     struct figures *ret_medians)
{
	struct figures rounds[TABLE_ROUNDS];
	char path[4100];
	for (size_t i = 0; i < TABLE_ROUNDS; i++) {
		progress("%s, %u in flight: %zu of %d", plan->workload->name, plan->in_flight, i + 1,
			 TABLE_ROUNDS);
		snprintf(path, sizeof(path), "%s/data", directory);
		if (!measure_once(plan, path, recording, &rounds[i]))
			return false;
	}
	progress(NULL);
	medians(rounds, sizeof(rounds[0]), ret_medians);
	return true;
}
