/*
 * A world for the engine's tests: a store in memory that outlives engines, a virtual loop, a handler that
 * plays what the test tells it to, and short ways to ask and to look.
 */
#ifndef SW_TESTS_ENGINE_WORLD_H
#define SW_TESTS_ENGINE_WORLD_H

#include "base/mem.h"
#include "engine/internal.h"
#include "tests/lib/virtual_loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define WORLD_TASKS_MAX 4096

/* What a reply told. */
struct told {
	int calls;
	enum sw_result result;
	char arn[SW_ARN_TEXT_BYTES], revision_id[40], text[512];
	int64_t time_ms;
	bool existed;
};
void tell(void *user, enum sw_result result, const struct sw_reply *reply, const struct sw_error *err);

struct world {
	struct virtual_loop loop;
	struct sw_store *memory, *store; /* store: what engines work on; memory, or faulty over it */
	struct sw_store_faults faults;
	struct sw_engine_options options;
	struct sw_engine *engine;
	/* tasks of resources "function:held..." wait here; those of "function:echo..." answer their input at
	 * once */
	struct sw_task *tasks[WORLD_TASKS_MAX];
	unsigned tasks_count, delivered, cancelled;
	char last_key[128];
	bool last_redelivery;
	struct sw_buf text;
	unsigned logged;
	char last_log[512];
};
/* Memory store, synchronous commits, virtual time; no engine yet. */
struct world *world_new(void);
void world_free(struct world *world);
/* Opens an engine with the world's options, registers handlers, resumes ALL and settles. */
void world_open(struct world *world);
void world_open_own(struct world *world);
/* Opens only. */
void world_open_idle(struct world *world);
void world_close(struct world *world);
/* As if the process had died: nothing of the engine reaches the store any more. */
void world_crash(struct world *world);
void world_settle(struct world *world);
void world_advance(struct world *world, int64_t by_ms);

/* Creates a machine; must succeed. */
void world_machine(struct world *world, const char *name, const char *definition);
/* Starts and settles; returns what was told. name and input may be NULL. */
struct told world_start(struct world *world, const char *machine, const char *name, const char *input);
struct told world_stop(struct world *world, const char *arn, const char *error, const char *cause);
/* "RUNNING", ...; "NONE". */
const char *world_status(struct world *world, const char *arn);
/* Output of the execution, borrowed until the next look; "" when there is none. */
const char *world_output(struct world *world, const char *arn);
const char *world_error(struct world *world, const char *arn);
const char *world_cause(struct world *world, const char *arn);
/* Types of events, one after the other: "ExecutionStarted PassStateEntered ..."; also checks that ids have no
 * gaps. */
const char *world_history(struct world *world, const char *arn);
/* The task that was delivered last and is held; taken from the list. */
struct sw_task *world_take(struct world *world);

#endif
