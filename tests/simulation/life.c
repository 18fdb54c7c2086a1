/* The life of the engine in a simulation: opening, dying, and what is asked of it. */
#include "simulation.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define START_MS INT64_C(1700000000000)
#define TURNS_MAX 100000
#define DOUBT_MS 10000 /* longer than the engine waits before it tries again */

void note(struct simulation *s, const char *format, ...)
{
	char line[400];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (const char *at = line; *at; at++)
		s->digest = (s->digest ^ (unsigned char)*at) * UINT64_C(1099511628211);
	if (s->trace)
		printf("[%8lld] %s\n", (long long)(s->loop.mono_ms), line);
}

void broken(struct simulation *s, const char *format, ...)
{
	va_list args;
	if (s->failed)
		return;
	s->failed = true;
	va_start(args, format);
	vsnprintf(s->why, sizeof(s->why), format, args);
	va_end(args);
	note(s, "BROKEN: %s", s->why);
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

static void quiet(void *user, enum sw_log_level level, const char *file, int line, const char *text)
{
	note(user, "log: %s", text);
}

void life_begin(struct simulation *s)
{
	struct sw_store_options options = {
		.table_names = sw_table_names, .tables_count = SW_TABLES_COUNT, .format = SW_STORE_FORMAT};
	virtual_loop_init(&s->loop, START_MS);
	s->keys = sw_zalloc_array(KEYS_MAX, sizeof(*s->keys));
	if (!s->keys || sw_store_open_memory(&options, &s->memory, NULL) < 0)
		broken(s, "no memory for the store");
}

void life_end(struct simulation *s)
{
	life_close(s);
	sw_store_close(s->memory);
	sw_free(s->keys);
	if (virtual_loop_count(&s->loop) != 0)
		broken(s, "watches or alarms are left behind");
}

static enum sw_result open_engine(struct simulation *s)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	struct sw_error err = {0};
	options.loop = &s->loop.hooks;
	options.synchronous_commit = true;
	options.relaxed_ms = s->relaxed_ms;
	options.retention_ms = s->retention_ms ? s->retention_ms : SW_NEVER; /* time flies here */
	options.seed = sw_rng_next(&s->rng) | 1;
	options.log = (struct sw_log){quiet, s, SW_LOG_WARNING};
	if (sw_store_open_faulty(s->memory, &s->faults, &s->store) < 0)
		return SW_ENOMEM;
	enum sw_result r = sw_engine_new_on(&options, s->store, &s->engine, &err);
	if (r < 0) {
		note(s, "open: %s", err.text);
		sw_store_close(s->store);
		s->store = NULL;
		return r;
	}
	script_register(s);
	return SW_OK;
}

void life_open(struct simulation *s)
{
	allocations_fail(0);
	if (open_engine(s) < 0) {
		/* A fault was in the way; without it there is no reason to refuse. */
		s->faults.fail_at = 0;
		allocations_fail(0);
		if (open_engine(s) < 0) {
			broken(s, "the store does not open");
			return;
		}
	}
	if (sw_engine_resume(s->engine, SW_RESUME_ALL, NULL) < 0)
		broken(s, "the engine does not resume");
}

/* In relaxed mode an end takes with it what was told and is not on disk, be it for want of room or memory. */
static void reach_disk(struct simulation *s)
{
	if (!s->relaxed_ms || !s->engine)
		return;
	allocations_fail(0);
	s->faults.fail_at = 0;
	virtual_loop_advance(&s->loop, DOUBT_MS);
}

void life_close(struct simulation *s)
{
	if (!s->engine)
		return;
	if (!s->faults.fail_onwards) /* no crash */
		reach_disk(s);
	sw_engine_free(s->engine);
	s->engine = NULL;
	script_forget(s);
	if (s->polls > 0 || s->express_waiting > 0)
		broken(s, "the engine is gone, and %u polls and %u starts were not answered", s->polls,
		       s->express_waiting);
	sw_store_close(s->store);
	s->store = NULL;
}

void life_crash(struct simulation *s)
{
	reach_disk(s);
	note(s, "crash");
	s->crashes++;
	s->faults.fail_at = s->faults.operations + 1;
	s->faults.fail_onwards = true;
	s->faults.fail_with = SW_EIO;
	s->faults.applied_unknown = false;
	life_close(s);
	s->faults = (struct sw_store_faults){.operations = s->faults.operations};
}

/* ---- time ------------------------------------------------------------------------------------------------ */

void life_settle(struct simulation *s)
{
	virtual_loop_settle(&s->loop, TURNS_MAX);
	bool fault = s->faults.fail_at && s->faults.operations >= s->faults.fail_at;
	if (!fault && !allocations_failed()) {
		if (s->loop.mono_ms >= s->doubt_until_ms)
			script_settled(s);
		return;
	}
	s->doubt_until_ms = s->loop.mono_ms + DOUBT_MS;
	allocations_fail(0);
	if (fault && s->faults.fail_with == SW_EIO) {
		life_crash(s);
		life_open(s);
		virtual_loop_settle(&s->loop, TURNS_MAX);
	} else if (fault) {
		s->faults.fail_at = 0;
	}
}

void life_advance(struct simulation *s, int64_t by_ms)
{
	int64_t until_ms = s->loop.mono_ms + by_ms;
	while (!s->failed) {
		int64_t next_ms = script_next_ms(s);
		if (next_ms > until_ms)
			break;
		if (next_ms > s->loop.mono_ms)
			virtual_loop_advance(&s->loop, next_ms - s->loop.mono_ms);
		script_play(s);
		life_settle(s);
	}
	if (until_ms > s->loop.mono_ms)
		virtual_loop_advance(&s->loop, until_ms - s->loop.mono_ms);
	life_settle(s);
}

/* ---- asking ------------------------------------------------------------------------------------------------ */

static void created(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct simulation *s = user;
	if (result < 0)
		broken(s, "the machine is not created: %s", err->text);
}

static void create_machine(struct simulation *s, const char *name, const struct sw_buf *definition,
			   enum sw_machine_type type)
{
	struct sw_error err = {0};
	struct sw_machine_params params = {.name = name,
					   .definition = definition->data,
					   .definition_len = definition->len,
					   .type = type};
	if (sw_engine_create_machine(s->engine, &params, created, s, NULL, &err) < 0)
		broken(s, "the machine is refused: %s: %s", err.pointer, err.text);
}

void life_create_machine(struct simulation *s)
{
	create_machine(s, "m", &s->machine.text, SW_TYPE_STANDARD);
	if (s->machine.express.len > 0)
		create_machine(s, "x", &s->machine.express, SW_TYPE_EXPRESS);
	if (era_of(s->seed) >= ERA_LANGUAGES &&
	    sw_engine_create_activity(s->engine, "a", created, s, NULL) < 0)
		broken(s, "the activity is refused");
	life_settle(s);
}

static void updated(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	note(user, "update: %s", sw_result_text(result));
}

void life_update(struct simulation *s)
{
	const struct sw_buf *definition = s->updated ? &s->machine.text : &s->machine.other;
	struct sw_machine_params params = {
		.name = "m", .definition = definition->data, .definition_len = definition->len};
	struct sw_error err = {0};
	s->updated = !s->updated;
	enum sw_result r = sw_engine_update_machine(s->engine, &params, updated, s, NULL, &err);
	if (r == SW_EDEFINITION)
		broken(s, "the update is refused: %s: %s", err.pointer, err.text);
}

struct request {
	struct simulation *s;
	struct execution *execution;
	unsigned redrives; /* that had been asked for before */
};

static void started(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct request *request = user;
	note(request->s, "start %s: %s", request->execution->name, sw_result_text(result));
	if (result == SW_OK) {
		if (strcmp(reply->arn, request->execution->arn) != 0)
			broken(request->s, "%s was started as %s", request->execution->name, reply->arn);
		request->execution->acknowledged = true;
	} else if (result == SW_EEXIST) {
		request->execution->acknowledged = true; /* it had been started, and has ended meanwhile */
	}
	sw_free(request);
}

static struct request *request_new(struct simulation *s, struct execution *execution)
{
	long countdown = allocations_pause();
	struct request *request = sw_zalloc(sizeof(*request));
	allocations_go_on(countdown);
	if (request)
		*request = (struct request){s, execution, execution->redrives};
	return request;
}

void life_start(struct simulation *s, struct execution *execution)
{
	struct sw_start_params params = {.machine = "m",
					 .name = execution->name,
					 .input = execution->input,
					 .input_len = strlen(execution->input)};
	struct request *request = request_new(s, execution);
	if (request && sw_engine_start(s->engine, &params, started, request, NULL) < 0)
		sw_free(request);
}

static void express_ended(void *user, enum sw_result result, const struct sw_outcome *outcome,
			  const struct sw_error *err)
{
	struct simulation *s = user;
	note(s, "express: %s %s", sw_result_text(result), outcome ? sw_status_name(outcome->status) : "");
	if (s->express_waiting == 0)
		broken(s, "an EXPRESS execution ends, and nobody waits for one");
	else
		s->express_waiting--;
	if ((result == SW_OK) != (outcome != NULL) || (outcome && outcome->status == SW_STATUS_RUNNING))
		broken(s, "an EXPRESS execution ends without having ended");
}

static void express_started(void *user, enum sw_result result, const struct sw_reply *reply,
			    const struct sw_error *err)
{
	note(user, "start of an EXPRESS execution: %s", sw_result_text(result));
}

void life_start_express(struct simulation *s, bool synchronous)
{
	static const char input[] =
		"{\"n\":4,\"list\":[{\"n\":1,\"list\":[]},{\"n\":6,\"list\":[{\"n\":2,\"list\":[]}]}]}";
	struct sw_start_params params = {.machine = "x", .input = input, .input_len = strlen(input)};
	if (!synchronous) {
		sw_engine_start(s->engine, &params, express_started, s, NULL);
		return;
	}
	s->express_waiting++;
	if (sw_engine_start_sync(s->engine, &params, express_ended, s, NULL) < 0)
		s->express_waiting--;
}

static void stopped(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct request *request = user;
	note(request->s, "stop %s: %s", request->execution->name, sw_result_text(result));
	/* What is on disk may be seen, and redriven, before it is told. */
	if (result == SW_OK && request->redrives == request->execution->redrives)
		request->execution->stopped = true;
	sw_free(request);
}

static void redriven(void *user, enum sw_result result, const struct sw_reply *reply,
		     const struct sw_error *err)
{
	struct request *request = user;
	note(request->s, "redrive %s: %s%s", request->execution->name, sw_result_text(result),
	     result == SW_OK && reply->existed ? ", again" : "");
	sw_free(request);
}

void life_redrive(struct simulation *s, struct execution *execution)
{
	char token[16];
	struct request *request = request_new(s, execution);
	snprintf(token, sizeof(token), "t%u", execution->redrives / 2);
	execution->redrives++;
	execution->stopped = false; /* whatever becomes of the answer */
	if (request && sw_engine_redrive_once(s->engine, execution->arn, token, redriven, request, NULL) < 0)
		sw_free(request);
}

void life_stop(struct simulation *s, struct execution *execution)
{
	struct request *request = request_new(s, execution);
	if (request && sw_engine_stop(s->engine, execution->arn, "Stopped", NULL, stopped, request, NULL) < 0)
		sw_free(request);
}
