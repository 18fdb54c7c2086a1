/*
 * A loop for tests whose clocks stand still until the test moves them. Descriptors are real: they are polled
 * without waiting, so that eventfds and pipes work as they do elsewhere.
 */
#ifndef SW_TESTS_VIRTUAL_LOOP_H
#define SW_TESTS_VIRTUAL_LOOP_H

#include "engine/loop.h"

#include <stdbool.h>

#define VIRTUAL_LOOP_SLOTS 64

struct virtual_loop {
	struct sw_loop hooks; /* what to give to sw_engine_new */
	int64_t mono_ms, wall_ms;
	struct sw_watch *watches[VIRTUAL_LOOP_SLOTS];
	unsigned interests[VIRTUAL_LOOP_SLOTS];
	struct sw_alarm *alarms[VIRTUAL_LOOP_SLOTS];
};

void virtual_loop_init(struct virtual_loop *loop, int64_t wall_ms);
/* Runs what is ready now, once. False: nothing was. */
bool virtual_loop_turn(struct virtual_loop *loop);
/* The next alarm; SW_NEVER: none. */
int64_t virtual_loop_next_ms(const struct virtual_loop *loop);
/* Turns until nothing is ready (at most turns_max times). */
void virtual_loop_settle(struct virtual_loop *loop, unsigned turns_max);
/* Moves both clocks forward, from alarm to alarm. */
void virtual_loop_advance(struct virtual_loop *loop, int64_t by_ms);
/* How many watches and alarms there are: none after everything is freed. */
unsigned virtual_loop_count(const struct virtual_loop *loop);

#endif
