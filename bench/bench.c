/*
 * Measures durable executions: the engine embedded in this program, beside bare LMDB that commits the same
 * records in the same batches, in the same run. bench/README.md explains every column.
 *
 * usage: bench DIRECTORY engine [ROW] | million | quick
 *        bench DIRECTORY http STEPWELL
 * quick runs a little of everything: a test that it works, no measurement.
 * ROW is how the names of rows begin: W1, "W3 task", W4, ...
 * STEPWELL is the command.
 */
#include "bench/bench.h"
#include "bench/sleepers.h"

#include <stdio.h>
#include <string.h>

/* How many executions: some tenths of a second each, on a disk that syncs some thousand times a second. */
struct size {
	enum workload_id workload;
	unsigned in_flight, executions;
	uint32_t relaxed_ms;
};
static const struct size sizes[] = {
	/* names made by the engine */
	{W1, 1, 2000, 0},
	{W1, 16, 10000, 0},
	{W1, 128, 25000, 0},
	{W1, 1024, 40000, 0},
	/* names given by the caller */
	{W1_NAMED, 1, 2000, 0},
	{W1_NAMED, 16, 10000, 0},
	{W1_NAMED, 128, 25000, 0},
	{W1_NAMED, 1024, 40000, 0},
	/* chains of ten states */
	{W2, 1, 200, 0},
	{W2, 16, 1200, 0},
	{W2, 128, 3000, 0},
	{W2, 1024, 8192, 0},
	{W2P, 1, 1500, 0},
	{W2P, 16, 6000, 0},
	{W2P, 128, 12000, 0},
	{W2P, 1024, 16384, 0},
	/* a thousand items, a thousand rounds: 16 in flight are thousands of steps already */
	{W3_PASS, 1, 40, 0},
	{W3_PASS, 16, 64, 0},
	{W3_TASK, 1, 20, 0},
	{W3_TASK, 16, 48, 0},
	{W5, 1, 60, 0},
	{W5, 16, 160, 0},
	/* relaxed: what is in flight waits for the next sync, so there must be more of it */
	{W1, 16384, 60000, 10},
	{W1, 16384, 60000, 100},
	{W2, 1024, 8192, 10},
	{W2, 1024, 8192, 100},
};

static bool wanted(const char *name, const char *row)
{
	return !row || strncmp(name, row, strlen(row)) == 0;
}

static bool table_rows(const struct workload *workloads, const char *where, const char *row,
		       struct results *results)
{
	struct recording recording = {0};
	bool good = true;
	table_head();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct workload *workload = &workloads[sizes[i].workload];
		struct result *result = &results->list[results->count];
		if (!wanted(workload->name, row))
			continue;
		result->plan =
			(struct plan){workload, sizes[i].in_flight, sizes[i].executions, sizes[i].relaxed_ms};
		if (measure(&result->plan, where, &recording, &result->figures)) {
			table_row(result);
			results->count++;
		} else {
			printf("%s, %u in flight: failed\n", workload->name, sizes[i].in_flight);
			good = false;
		}
	}
	recording_done(&recording);
	return good;
}

static bool engine_rows(const struct workload *workloads, const char *where, const char *row)
{
	struct results results = {0};
	struct sleepers few = {0}, many = {0};
	bool good = true;
	if (!row || !wanted("W4", row))
		good = table_rows(workloads, where, row, &results);
	if (wanted("W4", row))
		good = sleepers_rows(where, &few, &many) && good;
	putchar('\n');
	bars_print(&results, workloads);
	if (many.count > 0)
		sleepers_bars(&few, &many);
	return good;
}

static bool quick_rows(const struct workload *workloads, const char *where)
{
	struct results results = {0};
	struct recording recording = {0};
	char path[4100];
	bool good = true;
	snprintf(path, sizeof(path), "%s/data", where);
	table_head();
	for (unsigned i = 0; good && i < 2 * WORKLOADS_COUNT; i++) {
		struct result *result = &results.list[results.count++];
		bool relaxed = i >= WORKLOADS_COUNT;
		result->plan = (struct plan){&workloads[i % WORKLOADS_COUNT], 2, 4, relaxed ? 10 : 0};
		good = measure_once(&result->plan, path, &recording, &result->figures);
		if (good)
			table_row(result);
	}
	recording_done(&recording);
	bars_print(&results, workloads);
	return good && sleepers_quick(where);
}

static bool measure_http(const char *program, const struct workload *workloads, const char *where)
{
	const struct workload *w1 = &workloads[W1];
	struct http_floor floor = {0};
	struct plan of_16 = {w1, 16, 3000, 0}, of_128 = {w1, 128, 10000, 0};
	struct figures figures = {0};
	char path[4100];
	snprintf(path, sizeof(path), "%s/data", where);
	bool good = measure_once(&of_16, path, &floor.of_16, &figures) &&
		    measure_once(&of_128, path, &floor.of_128, &figures);
	floor.executions_of_128 = (unsigned)figures.executions;
	good = good && http_rows(program, where, w1->definition, w1->input, &floor) &&
	       partition_rows(program, where, workloads);
	recording_done(&floor.of_16);
	recording_done(&floor.of_128);
	return good;
}

static bool run(const struct workload *workloads, int argc, char **argv)
{
	const char *where = argv[1], *what = argv[2], *more = argc > 3 ? argv[3] : NULL;
	if (strcmp(what, "million") == 0)
		return sleepers_million(where);
	if (strcmp(what, "quick") == 0)
		return quick_rows(workloads, where);
	printf("payload %zu bytes; fdatasync of 4 KiB alone: %.0f/s; data in %s\n\n",
	       strlen(workloads[W1].input), 500 / floor_sync(where, 500), where);
	if (strcmp(what, "http") == 0)
		return more && measure_http(more, workloads, where);
	return engine_rows(workloads, where, more);
}

int main(int argc, char **argv)
{
	struct workload workloads[WORKLOADS_COUNT];
	if (argc > 2 && strcmp(argv[1], "--sleepers") == 0)
		return sleepers_owner(argc - 2, argv + 2);
	if (argc < 3) {
		fprintf(stderr, "usage: bench DIRECTORY engine [ROW] | million | quick\n"
				"       bench DIRECTORY http STEPWELL\n");
		return 2;
	}
	bool good = workloads_init(workloads) && run(workloads, argc, argv);
	workloads_done(workloads);
	return good ? 0 : 1;
}
