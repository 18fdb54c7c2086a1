/*
 * A world for sw_step in tests: one execution, a virtual clock, and a list of all that happened. It plays the
 * scheduler's part: turns that were full go on, timers fire when the clock is advanced, commands are
 * collected.
 */
#ifndef SW_TESTS_STEP_WORLD_H
#define SW_TESTS_STEP_WORLD_H

#include "engine/step/step.h"

struct world {
	struct sw_machine *machine;
	struct sw_execution *execution;
	struct sw_effects effects;
	int64_t now_ms;
	uint64_t seed;
	struct sw_history_event *events;
	uint32_t events_count, events_capacity;
	struct sw_command *commands;
	uint32_t commands_count, commands_capacity;
	uint32_t turns; /* calls of sw_step */
	struct sw_buf trace;
};

/* Compiles; NULL when the definition is refused (err says why) or memory is short. */
struct world *world_new(const char *definition, size_t len, struct sw_error *err);
void world_free(struct world *world);
/* Starts with a JSON text. */
enum sw_result world_start(struct world *world, const char *input);
/* Sends an event at the world's time, and CONTINUE until no turn is full. */
enum sw_result world_send(struct world *world, struct sw_event event);
/* The same for an attempt; output is JSON text. */
enum sw_result world_succeed(struct world *world, uint32_t branch, uint32_t attempt, const char *output);
enum sw_result world_fail(struct world *world, uint32_t branch, uint32_t attempt, const char *error,
			  const char *cause);
/* Moves the clock to time_ms, firing what is due on the way in its order. */
enum sw_result world_advance(struct world *world, int64_t time_ms);
/* "1<-0 ExecutionStarted\n2<-0 PassStateEntered\n..."; borrowed until the next call. */
const char *world_trace(struct world *world);
/* The JSON of an event by id, borrowed until the next call; "" when there is none. */
const char *world_event(struct world *world, uint32_t id);
/* The JSON text of the output; "" when there is none. */
const char *world_output(struct world *world);
/* The last DISPATCH that was collected; NULL: none. */
const struct sw_command *world_dispatched(const struct world *world);
uint32_t world_count(const struct world *world, enum sw_command_kind kind);

#endif
