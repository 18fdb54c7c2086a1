/*
 * Executions for counting instructions: the same ones at every run. Commits are synchronous, the clock stands still,
 * and what is random is seeded. instructions.py counts with callgrind; README.md says what the counts are for.
 *
 * usage: bench-instructions DIRECTORY WORKLOAD EXECUTIONS | --made-with
 */
#include "base/rng.h"
#include "bench/bench.h"
#include "engine/engine.h"
#include "tests/lib/virtual_loop.h"

#include <gnu/libc-version.h>
#include <jansson.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT 16
#define START_MS 1700000000000
#define TURNS_MAX 1000

struct run {
	struct virtual_loop loop;
	struct sw_engine *engine;
	const struct workload *workload;
	unsigned wanted, started, finished, failed;
};

/* Takes the place of the system's entropy (by the linker's --wrap), which seeds hash tables. */
enum sw_result __wrap_sw_entropy(void *buf, size_t len);
enum sw_result __wrap_sw_entropy(void *buf, size_t len)
{
	memset(buf, 0x5A, len);
	return SW_OK;
}

static void start_one(struct run *run);

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
	struct run *run = user;
	(void)reply;
	if (result == SW_OK)
		return;
	fprintf(stderr, "bench: %s\n", err->text);
	run->failed++;
}

static void observed(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	struct run *run = user;
	(void)arn;
	(void)last_event_id;
	if (status == SW_STATUS_RUNNING)
		return;
	run->failed += status != SW_STATUS_SUCCEEDED;
	run->finished++;
	start_one(run);
}

static void start_one(struct run *run)
{
	struct sw_start_params params = {
		.machine = "bench", .input = run->workload->input, .input_len = strlen(run->workload->input)};
	if (run->started == run->wanted)
		return;
	run->started++;
	if (sw_engine_start(run->engine, &params, replied, run, NULL) != SW_OK)
		run->failed++;
}

static bool open_engine(struct run *run, const char *directory)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	struct sw_machine_params params = {.name = "bench",
					   .definition = run->workload->definition,
					   .definition_len = strlen(run->workload->definition)};
	struct sw_error err = {0};
	virtual_loop_init(&run->loop, START_MS);
	options.data_directory = directory;
	options.loop = &run->loop.hooks;
	options.synchronous_commit = true;
	options.seed = 1;
	enum sw_result r = sw_engine_new(&options, &run->engine, &err);
	if (r == SW_OK)
		r = sw_engine_on_task(run->engine, "function:noop", noop, NULL, NULL, &err);
	if (r == SW_OK)
		r = sw_engine_observe(run->engine, NULL, observed, run, NULL);
	if (r == SW_OK)
		r = sw_engine_resume(run->engine, SW_RESUME_ALL, &err);
	if (r == SW_OK)
		r = sw_engine_create_machine(run->engine, &params, replied, run, NULL, &err);
	if (r == SW_OK)
		virtual_loop_settle(&run->loop, TURNS_MAX);
	else
		fprintf(stderr, "bench: %s\n", err.text);
	return r == SW_OK && run->failed == 0;
}

static bool run_all(struct run *run)
{
	for (unsigned i = 0; i < IN_FLIGHT; i++)
		start_one(run);
	while (run->finished < run->wanted && run->failed == 0)
		if (!virtual_loop_turn(&run->loop))
			return false; /* it waits for a time that will not come */
	return run->failed == 0;
}

/* Counts of one compiler and one set of libraries say nothing of those of another. */
static void made_with(void)
{
#ifdef __clang__
	const char *compiler = "clang " __VERSION__;
#else
	const char *compiler = "gcc " __VERSION__;
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(SW_SLOW_ASSERTIONS)
	const char *kind = "checked";
#elif defined(__OPTIMIZE__)
	const char *kind = "optimized";
#else
	const char *kind = "not optimized";
#endif
#ifdef __x86_64__
	const char *processor = "x86-64";
#else
	const char *processor = "another processor";
#endif
	printf("%s, %s, %s, glibc %s, LMDB %d.%d.%d, jansson %s\n", compiler, kind, processor,
	       gnu_get_libc_version(), MDB_VERSION_MAJOR, MDB_VERSION_MINOR, MDB_VERSION_PATCH,
	       jansson_version_str());
}

int main(int argc, char **argv)
{
	struct workload workloads[WORKLOADS_COUNT];
	struct run run = {0};
	bool good = false;
	if (argc == 2 && strcmp(argv[1], "--made-with") == 0) {
		made_with();
		return 0;
	}
	if (argc != 4 || !workloads_init(workloads))
		return 2;
	json_object_seed(1);
	for (size_t i = 0; i < WORKLOADS_COUNT; i++)
		if (strcmp(workloads[i].name, argv[2]) == 0)
			run.workload = &workloads[i];
	run.wanted = (unsigned)strtoul(argv[3], NULL, 10);
	if (run.workload && open_engine(&run, argv[1]))
		good = run_all(&run);
	sw_engine_free(run.engine);
	workloads_done(workloads);
	return good ? 0 : 1;
}
