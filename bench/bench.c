/*
 * Measures durable executions: the engine embedded in this program, beside bare LMDB that commits the same
 * records in the same batches, in the same run. bench/README.md explains every column.
 *
 * usage: bench [DIRECTORY [STEPWELL [engine|http]]]
 * STEPWELL is the command, for the HTTP rows; without it there are none.
 */
#include "bench/bench.h"
#include "base/mem.h"
#include "engine/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct workload {
	const char *name, *what, *machine;
	unsigned steps; /* tasks of one execution */
	char *definition;
	bool unnamed; /* the engine makes the names; no latencies then */
};

struct bench {
	struct sw_engine *engine;
	struct sw_poll_loop *loop;
	struct sw_store *store; /* outlives the engine */
	const struct workload *workload;
	unsigned wanted, started, finished, failed;
	double *starts, *latencies; /* by order of start; seconds */
	const char *input;
};

struct figures {
	double seconds, p50_ms, p99_ms, cpu_us;
	struct sw_engine_stats stats;
	double floor_seconds;
	size_t operations;
};

static double cpu_seconds(void)
{
	struct timespec used;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void start_one(struct bench *bench);

static void noop(void *user, struct sw_task *task)
{
	size_t len;
	const char *input = sw_task_input(task, &len);
	(void)user;
	sw_task_succeed(task, input, len);
}

static void replied(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct bench *bench = user;
	(void)reply;
	if (result != SW_OK) {
		fprintf(stderr, "bench: start: %s\n", err->text);
		bench->failed++;
	}
}

/* The names that are given here carry the number of the start. */
static void observed(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	struct bench *bench = user;
	const char *name = strrchr(arn, ':') + 1;
	unsigned number = (unsigned)strtoul(name + 1, NULL, 10);
	(void)last_event_id;
	if (status == SW_STATUS_RUNNING)
		return;
	if (status != SW_STATUS_SUCCEEDED)
		bench->failed++;
	if (number < bench->wanted && !bench->workload->unnamed)
		bench->latencies[number] = now_seconds() - bench->starts[number];
	bench->finished++;
	start_one(bench);
}

static void start_one(struct bench *bench)
{
	struct sw_start_params params = {.machine = bench->workload->machine,
					 .input = bench->input,
					 .input_len = strlen(bench->input)};
	struct sw_error err = {0};
	char name[32];
	if (bench->started == bench->wanted)
		return;
	snprintf(name, sizeof(name), "e%010u", bench->started);
	params.name = bench->workload->unnamed ? NULL : name;
	bench->starts[bench->started++] = now_seconds();
	if (sw_engine_start(bench->engine, &params, replied, bench, &err) != SW_OK) {
		fprintf(stderr, "bench: start: %s\n", err.text);
		bench->failed++;
	}
}

/* W1 and W2 as definitions. */
static char *chain_of(unsigned tasks)
{
	struct sw_buf text = SW_BUF;
	sw_buf_text(&text, "{\"StartAt\":\"S0\",\"States\":{");
	for (unsigned i = 0; i < tasks; i++)
		sw_buf_printf(&text,
			      "\"S%u\":{\"Type\":\"Task\",\"Resource\":\"function:noop\",\"Next\":\"S%u\"},",
			      i, i + 1);
	if (tasks == 0)
		sw_buf_text(&text,
			    "\"S0\":{\"Type\":\"Pass\",\"Next\":\"S1\"},\"S1\":{\"Type\":\"Succeed\"}}}");
	else
		sw_buf_printf(&text, "\"S%u\":{\"Type\":\"Succeed\"}}}", tasks);
	return sw_buf_take(&text, NULL);
}

static void machine_created(void *user, enum sw_result result, const struct sw_reply *reply,
			    const struct sw_error *err)
{
	(void)reply;
	*(bool *)user = true;
	if (result != SW_OK)
		fprintf(stderr, "bench: create: %s\n", err->text);
}

static bool open_engine(struct bench *bench, const char *directory, struct recording *recording)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	struct sw_store_options store_options = {.directory = directory,
						 .table_names = sw_table_names,
						 .tables_count = SW_TABLES_COUNT,
						 .format = SW_STORE_FORMAT};
	struct sw_machine_params params = {.name = bench->workload->machine,
					   .definition = bench->workload->definition,
					   .definition_len = strlen(bench->workload->definition)};
	struct sw_store *store = NULL;
	struct sw_error err = {0};
	bool is_created = false;
	uint64_t id;
	if (sw_poll_loop_new(&bench->loop, &err) != SW_OK ||
	    sw_store_open_lmdb(&store_options, &store, &err) != SW_OK)
		goto failed;
	bench->store = recording_store_new(store, recording);
	options.loop = sw_poll_loop_hooks(bench->loop);
	if (!bench->store || sw_engine_new_on(&options, bench->store, &bench->engine, &err) != SW_OK ||
	    sw_engine_on_task(bench->engine, "function:noop", noop, NULL, NULL, &err) != SW_OK ||
	    sw_engine_observe(bench->engine, NULL, observed, bench, &id) != SW_OK ||
	    sw_engine_resume(bench->engine, SW_RESUME_ALL, &err) != SW_OK ||
	    sw_engine_create_machine(bench->engine, &params, machine_created, &is_created, NULL, &err) !=
		    SW_OK)
		goto failed;
	while (!is_created)
		sw_poll_loop_run(bench->loop, -1, NULL);
	return true;
failed:
	fprintf(stderr, "bench: %s\n", err.text);
	return false;
}

/* What was committed is left in ret_recording, which the caller frees in any case. */
static bool measure(const struct workload *workload, const char *directory, unsigned in_flight,
		    unsigned executions, const char *input, struct figures *ret_figures,
		    struct recording *ret_recording)
{
	struct bench bench = {.workload = workload, .wanted = executions, .input = input};
	struct sw_engine_stats before, after;
	struct figures figures = {0};
	char path[4096], floor_path[4200];
	double start, cpu;
	bench.starts = sw_zalloc_array(executions, sizeof(double));
	bench.latencies = sw_zalloc_array(executions, sizeof(double));
	snprintf(path, sizeof(path), "%s/%s-%u", directory, workload->name, in_flight);
	snprintf(floor_path, sizeof(floor_path), "%s-floor", path);
	if (!bench.starts || !bench.latencies || mkdir(path, 0700) || mkdir(floor_path, 0700) ||
	    !open_engine(&bench, path, ret_recording))
		return false;
	sw_engine_stats(bench.engine, &before);
	start = now_seconds();
	cpu = cpu_seconds();
	for (unsigned i = 0; i < in_flight; i++)
		start_one(&bench);
	while (bench.finished < bench.wanted && bench.failed == 0)
		sw_poll_loop_run(bench.loop, 1000, NULL);
	figures.seconds = now_seconds() - start;
	figures.cpu_us = (cpu_seconds() - cpu) * 1e6 / executions;
	sw_engine_stats(bench.engine, &after);
	figures.stats.commits = after.commits - before.commits;
	figures.stats.syncs = after.syncs - before.syncs;
	figures.stats.bytes_written = after.bytes_written - before.bytes_written;
	sw_engine_free(bench.engine);
	sw_store_close(bench.store);
	sw_poll_loop_free(bench.loop);
	figures.p50_ms = quantile(bench.latencies, executions, 0.5) * 1e3;
	figures.p99_ms = quantile(bench.latencies, executions, 0.99) * 1e3;
	figures.operations = ret_recording->operations;
	figures.floor_seconds =
		bench.failed ? -1 : floor_replay(ret_recording, floor_path, SW_TABLES_COUNT, NULL);
	sw_free(bench.starts);
	sw_free(bench.latencies);
	*ret_figures = figures;
	return bench.failed == 0 && figures.floor_seconds > 0;
}

static void print_row(const struct workload *workload, unsigned in_flight, unsigned executions,
		      const struct figures *f)
{
	printf("%-3s %9u %11.0f %10.0f %8.2f %8.2f %9.3f %9.0f %8.1f %13.0f %6.0f%%\n", workload->name,
	       in_flight, executions / f->seconds,
	       workload->steps ? executions * workload->steps / f->seconds : 0.0, f->p50_ms, f->p99_ms,
	       (double)f->stats.commits / executions, (double)f->stats.bytes_written / executions, f->cpu_us,
	       executions / f->floor_seconds, 100 * f->floor_seconds / f->seconds);
	fflush(stdout);
}

/* W1 and W2 at every number in flight. */
static bool engine_rows(const struct workload *workloads, const char *where, const char *input)
{
	static const unsigned flights[] = {1, 16, 128, 1024};
	bool good = true;
	printf("%-3s %9s %11s %10s %8s %8s %9s %9s %8s %13s %7s\n", "", "in flight", "executions/s",
	       "steps/s", "p50 ms", "p99 ms", "syncs/ex", "bytes/ex", "CPU us", "bare LMDB/s", "ratio");
	for (size_t w = 0; w < 2; w++)
		for (size_t i = 0; i < 4; i++) {
			unsigned executions = (w ? 200 : 1000) + flights[i] * (w ? 10 : 40);
			struct recording recording = {0};
			struct figures figures;
			if (measure(&workloads[w], where, flights[i], executions, input, &figures,
				    &recording))
				print_row(&workloads[w], flights[i], executions, &figures);
			else
				good = false;
			recording_done(&recording);
		}
	return good;
}

static bool measure_http(const char *program, const struct workload *w1, const char *where, const char *input)
{
	struct workload unnamed = {"W1u", w1->what, w1->machine, 0, w1->definition, true};
	struct http_floor floor = {.executions_of_128 = 10000};
	struct figures figures;
	bool good = measure(&unnamed, where, 16, 3000, input, &figures, &floor.of_16) &&
		    measure(&unnamed, where, 128, floor.executions_of_128, input, &figures, &floor.of_128) &&
		    http_rows(program, where, w1->definition, input, &floor);
	recording_done(&floor.of_16);
	recording_done(&floor.of_128);
	return good;
}

int main(int argc, char **argv)
{
	struct workload workloads[] = {{"W1", "start, Pass, Succeed", "w1", 0, chain_of(0)},
				       {"W2", "a chain of 10 function tasks", "w2", 10, chain_of(10)}};
	char directory[] = "/tmp/stepwell-bench-XXXXXX", filler[271], input[340];
	const char *where = argc > 1 ? argv[1] : mkdtemp(directory);
	const char *rows = argc > 3 ? argv[3] : "all";
	bool good = true;
	memset(filler, 'x', sizeof(filler));
	filler[sizeof(filler) - 1] = '\0';
	snprintf(input, sizeof(input), "{\"order\":\"A-1001\",\"text\":\"%s\"}", filler);
	if (!where || !workloads[0].definition || !workloads[1].definition) {
		fprintf(stderr, "bench: %s\n", strerror(errno));
		return 1;
	}
	printf("payload %zu bytes; fdatasync of 4 KiB alone: %.0f/s; data in %s\n\n", strlen(input),
	       500 / floor_sync(where, 500), where);
	if (strcmp(rows, "http") != 0)
		good = engine_rows(workloads, where, input);
	if (argc > 2 && strcmp(rows, "engine") != 0)
		good = measure_http(argv[2], &workloads[0], where, input) && good;
	for (size_t w = 0; w < 2; w++)
		sw_free(workloads[w].definition);
	return good ? 0 : 1;
}
