/*
 * Measures durable executions: the engine embedded in this program, beside bare LMDB that commits the same
 * records in the same batches, in the same run. bench/README.md explains every column.
 *
 * usage: bench [DIRECTORY [STEPWELL [engine|http]]]
 * STEPWELL is the command, for the HTTP rows; without it there are none.
 */
#include "bench/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many executions: some tenths of a second on a machine of two cores, and at least eight times those in flight. */
struct size {
	enum workload_id workload;
	unsigned in_flight, executions;
	uint32_t relaxed_ms;
};
static const struct size sizes[] = {
	{W1, 1, 2000, 0},          {W1, 16, 10000, 0},         {W1, 128, 25000, 0},
	{W1, 1024, 40000, 0},      {W1_NAMED, 1, 2000, 0},     {W1_NAMED, 16, 10000, 0},
	{W1_NAMED, 128, 25000, 0}, {W1_NAMED, 1024, 40000, 0}, {W2, 1, 200, 0},
	{W2, 16, 1200, 0},         {W2, 128, 3000, 0},         {W2, 1024, 8192, 0},
	{W2P, 1, 1500, 0},         {W2P, 16, 6000, 0},         {W2P, 128, 12000, 0},
	{W2P, 1024, 16384, 0},     {W3_PASS, 1, 40, 0},        {W3_PASS, 16, 64, 0},
	{W3_TASK, 1, 20, 0},       {W3_TASK, 16, 48, 0},       {W5, 1, 60, 0},
	{W5, 16, 160, 0},          {W1, 1024, 30000, 10},      {W1, 16384, 60000, 100},
	{W2, 1024, 6000, 10},      {W2, 1024, 6000, 100},
};

static bool engine_rows(const struct workload *workloads, const char *where)
{
	struct results results = {0};
	struct recording recording = {0};
	bool good = true;
	table_head();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct result *result = &results.list[results.count];
		result->plan = (struct plan){&workloads[sizes[i].workload], sizes[i].in_flight,
					     sizes[i].executions, sizes[i].relaxed_ms};
		if (measure(&result->plan, where, &recording, &result->figures)) {
			table_row(result);
			results.count++;
		} else {
			printf("%s, %u in flight: failed\n", result->plan.workload->name, sizes[i].in_flight);
			good = false;
		}
	}
	recording_done(&recording);
	bars_print(&results, workloads);
	return good;
}

static bool measure_http(const char *program, const struct workload *w1, const char *where)
{
	struct http_floor floor = {.executions_of_128 = 10000};
	struct plan of_16 = {w1, 16, 3000, 0}, of_128 = {w1, 128, floor.executions_of_128, 0};
	struct figures figures;
	char path[4100];
	snprintf(path, sizeof(path), "%s/data", where);
	bool good = measure_once(&of_16, path, &floor.of_16, &figures) &&
		    measure_once(&of_128, path, &floor.of_128, &figures) &&
		    http_rows(program, where, w1->definition, w1->input, &floor);
	recording_done(&floor.of_16);
	recording_done(&floor.of_128);
	return good;
}

int main(int argc, char **argv)
{
	struct workload workloads[WORKLOADS_COUNT];
	char directory[] = "/tmp/stepwell-bench-XXXXXX";
	const char *where = argc > 1 ? argv[1] : mkdtemp(directory);
	const char *rows = argc > 3 ? argv[3] : "all";
	bool good = true;
	if (!workloads_init(workloads) || !where) {
		fprintf(stderr, "bench: %s\n", strerror(errno));
		return 1;
	}
	printf("payload %zu bytes; fdatasync of 4 KiB alone: %.0f/s; data in %s\n\n",
	       strlen(workloads[W1].input), 500 / floor_sync(where, 500), where);
	if (strcmp(rows, "http") != 0)
		good = engine_rows(workloads, where);
	if (argc > 2 && strcmp(rows, "engine") != 0)
		good = measure_http(argv[2], &workloads[W1], where) && good;
	workloads_done(workloads);
	return good ? 0 : 1;
}
