/* One owner of executions that wait: starts them, or takes them over after another one was killed. */
#include "base/mem.h"
#include "bench/bench.h"
#include "bench/sleepers.h"
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define IN_FLIGHT 1024
#define LEFT_MS_MIN 8000 /* for the new owner, before they are due */
#define NEAR_S 30        /* so long before they are due their timers are held in memory */

/* A loop whose clocks can be put forward: what is due in an hour is due now. */
struct shifted_loop {
	struct sw_loop hooks;
	struct sw_poll_loop *inner;
	int64_t forward_ms;
};

struct owner {
	struct shifted_loop loop;
	struct sw_engine *engine;
	char *input;
	const char *directory;
	int64_t until_s; /* when all are due, since 1970 */
	unsigned count, started, acknowledged, woken, failed;
};

/* ---- the shifted loop ---------------------------------------------------------------------------------- */

static const struct sw_loop *inner_of(void *data)
{
	return sw_poll_loop_hooks(((struct shifted_loop *)data)->inner);
}

static enum sw_result shifted_watch(void *data, struct sw_watch *watch, unsigned interest)
{
	const struct sw_loop *inner = inner_of(data);
	return inner->ops->watch(inner->data, watch, interest);
}

static enum sw_result shifted_alarm(void *data, struct sw_alarm *alarm, int64_t due_ms)
{
	const struct sw_loop *inner = inner_of(data);
	int64_t forward_ms = ((struct shifted_loop *)data)->forward_ms;
	enum sw_result r =
		inner->ops->alarm(inner->data, alarm, due_ms == SW_NEVER ? due_ms : due_ms - forward_ms);
	alarm->due_ms = due_ms;
	return r;
}

static int64_t shifted_mono_ms(void *data)
{
	const struct sw_loop *inner = inner_of(data);
	return inner->ops->mono_ms(inner->data) + ((struct shifted_loop *)data)->forward_ms;
}

static int64_t shifted_wall_ms(void *data)
{
	const struct sw_loop *inner = inner_of(data);
	return inner->ops->wall_ms(inner->data) + ((struct shifted_loop *)data)->forward_ms;
}

static const struct sw_loop_ops shifted_ops = {
	.watch = shifted_watch,
	.alarm = shifted_alarm,
	.mono_ms = shifted_mono_ms,
	.wall_ms = shifted_wall_ms,
};

/* Until they are due. */
static int64_t left_ms(struct owner *owner)
{
	return owner->until_s * 1000 - shifted_wall_ms(&owner->loop);
}

/* ---- the engine ---------------------------------------------------------------------------------------- */

static double anonymous_bytes(void)
{
	char line[200];
	unsigned long kib = 0;
	FILE *file = fopen("/proc/self/status", "re");
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, "RssAnon:", 8) == 0)
			kib = strtoul(line + 8, NULL, 10);
	if (file)
		fclose(file);
	return (double)kib * 1024;
}

static double disk_bytes(struct owner *owner)
{
	struct sw_engine_stats stats;
	sw_engine_stats(owner->engine, &stats);
	return (double)stats.data_bytes;
}

static void failed(struct owner *owner, const char *doing, const struct sw_error *err)
{
	fprintf(stderr, "bench: %s: %s\n", doing, err ? err->text : "");
	owner->failed++;
}

static void start_one(struct owner *owner);

static void sleeper_started(void *user, enum sw_result result, const struct sw_reply *reply,
			    const struct sw_error *err)
{
	struct owner *owner = user;
	(void)reply;
	if (result != SW_OK)
		failed(owner, "start", err);
	owner->acknowledged++;
	start_one(owner);
}

static void start_one(struct owner *owner)
{
	struct sw_start_params params = {
		.machine = "sleep", .input = owner->input, .input_len = strlen(owner->input)};
	struct sw_error err = {0};
	if (owner->started == owner->count)
		return;
	owner->started++;
	if (sw_engine_start(owner->engine, &params, sleeper_started, owner, &err) != SW_OK)
		failed(owner, "start", &err);
}

static void observed(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	struct owner *owner = user;
	(void)last_event_id;
	owner->woken += status == SW_STATUS_SUCCEEDED && strstr(arn, ":sleep:") != NULL;
}

static bool open_engine(struct owner *owner)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	struct sw_error err = {0};
	uint64_t id;
	enum sw_result r = sw_poll_loop_new(&owner->loop.inner, &err);
	owner->loop.hooks = (struct sw_loop){&shifted_ops, &owner->loop};
	options.loop = &owner->loop.hooks;
	options.data_directory = owner->directory;
	if (r == SW_OK)
		r = sw_engine_new(&options, &owner->engine, &err);
	if (r == SW_OK)
		r = sw_engine_observe(owner->engine, NULL, observed, owner, &id);
	if (r == SW_OK)
		r = sw_engine_resume(owner->engine, SW_RESUME_ALL, &err);
	if (r != SW_OK)
		failed(owner, "open", &err);
	return r == SW_OK;
}

static void replied(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	(void)reply;
	if (result != SW_OK)
		fprintf(stderr, "bench: %s\n", err->text);
	*(enum sw_result *)user = result;
}

static bool wait_for(struct owner *owner, const enum sw_result *outcome)
{
	while (*outcome == SW_EBUSY)
		sw_poll_loop_run(owner->loop.inner, 1000, NULL);
	return *outcome == SW_OK;
}

static bool create(struct owner *owner, const char *name, const char *definition)
{
	struct sw_machine_params params = {
		.name = name, .definition = definition, .definition_len = strlen(definition)};
	enum sw_result outcome = SW_EBUSY;
	return sw_engine_create_machine(owner->engine, &params, replied, &outcome, NULL, NULL) == SW_OK &&
	       wait_for(owner, &outcome);
}

/* A request that a new owner serves: an execution of one Pass state, acknowledged. */
static bool serve_one(struct owner *owner)
{
	struct sw_start_params params = {.machine = "pass"};
	enum sw_result outcome = SW_EBUSY;
	return sw_engine_start(owner->engine, &params, replied, &outcome, NULL) == SW_OK &&
	       wait_for(owner, &outcome);
}

/* Until there is nothing to do but wait. */
static void settle(struct owner *owner)
{
	do
		sw_poll_loop_run(owner->loop.inner, 10, NULL);
	while (!sw_engine_is_idle(owner->engine));
}

/* ---- the two owners ------------------------------------------------------------------------------------ */

/* All are due at one moment. */
static bool create_machines(struct owner *owner)
{
	return create(owner, "sleep",
		      "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"TimestampPath\":\"$.until\","
		      "\"Next\":\"S\"},\"S\":{\"Type\":\"Succeed\"}}}") &&
	       create(owner, "pass",
		      "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}") &&
	       serve_one(owner);
}

static bool begin(struct owner *owner)
{
	if (!open_engine(owner) || !create_machines(owner))
		return false;
	settle(owner);
	double memory = anonymous_bytes(), disk = disk_bytes(owner), start = now_seconds();
	for (unsigned i = 0; i < IN_FLIGHT; i++)
		start_one(owner);
	while (owner->acknowledged < owner->count && !owner->failed)
		sw_poll_loop_run(owner->loop.inner, 1000, NULL);
	double seconds = now_seconds() - start;
	settle(owner);
	if (left_ms(owner) < LEFT_MS_MIN) {
		fprintf(stderr, "bench: %u executions took too long to start: %.0f s\n", owner->count,
			seconds);
		return false;
	}
	if (owner->failed)
		return false;
	printf("%.6f %.0f %.0f %.0f %.0f\n", seconds, memory, anonymous_bytes(), disk, disk_bytes(owner));
	fflush(stdout);
	pause();
	return true;
}

/*
 * The clocks of this process go forward at once, as when the machine was suspended, until so long before they are due.
 * A request wakes the engine, which would otherwise look at the clock within a second.
 */
static bool forward_to(struct owner *owner, int64_t before_ms)
{
	if (left_ms(owner) > before_ms)
		owner->loop.forward_ms += left_ms(owner) - before_ms;
	return serve_one(owner);
}

static bool wake(struct owner *owner, double process_start)
{
	if (!open_engine(owner) || !serve_one(owner))
		return false;
	double restart = now_seconds() - process_start;
	settle(owner);
	double restarted = anonymous_bytes();
	if (!forward_to(owner, NEAR_S * 1000))
		return false;
	settle(owner);
	if (owner->woken) {
		fprintf(stderr, "bench: they were due too early\n");
		return false;
	}
	double near = anonymous_bytes(), cpu = cpu_seconds(), due = now_seconds();
	if (!forward_to(owner, 0))
		return false;
	while (owner->woken < owner->count && !owner->failed)
		sw_poll_loop_run(owner->loop.inner, 1000, NULL);
	printf("%.6f %.0f %.0f %.6f %.3f\n", restart, restarted, near, now_seconds() - due,
	       (cpu_seconds() - cpu) * 1e6 / owner->count);
	fflush(stdout);
	return true;
}

/* The payload of the other workloads, and when it is due. */
static char *input_until(int64_t until_s)
{
	char *payload = workload_payload(), when[32], *input = NULL;
	time_t seconds = (time_t)until_s;
	struct tm tm;
	if (payload && gmtime_r(&seconds, &tm) && strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm))
		input = sw_asprintf("{\"until\":\"%s\",%s", when, payload + 1);
	sw_free(payload);
	return input;
}

int sleepers_owner(int argc, char **argv)
{
	struct owner owner = {0};
	bool good = false;
	if (argc != 5)
		return 2;
	owner.directory = argv[1];
	owner.count = (unsigned)strtoul(argv[2], NULL, 10);
	owner.until_s = strtoll(argv[3], NULL, 10);
	owner.input = input_until(owner.until_s);
	if (owner.input && strcmp(argv[0], "begin") == 0)
		good = begin(&owner);
	else if (owner.input)
		good = wake(&owner, strtod(argv[4], NULL));
	/* The engine ends with the process, as when it is killed. */
	return good && !owner.failed ? 0 : 1;
}
