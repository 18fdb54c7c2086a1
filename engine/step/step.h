/*
 * The pure core: what an event does to an execution. No I/O, no clock, no randomness but the event's, no log;
 * it links without store, loop or clock. One file for each state type (pass.c, task.c, ... map.c) holds the
 * whole life of that type; retry.c, data.c, context.c and history.c are shared by all and called the same
 * way.
 */
#ifndef SW_ENGINE_STEP_STEP_H
#define SW_ENGINE_STEP_STEP_H

#include "engine/step/execution.h"

/*
 * Applies event to execution, then runs its ready branches until each waits, or the turn is full
 * (SW_TURN_TRANSITIONS_MAX, SW_TURN_HISTORY_BYTES_MAX): effects->more. Changed branches are marked dirty,
 * ended ones noted in execution->removed; effects get the history events and commands in order.
 *
 * SW_OK; SW_ENOENT: the event names a branch or attempt that is not there; SW_ETIMEDOUT: the attempt is over,
 * or the execution has ended (both: nothing changed); SW_ENOMEM: the execution must be dropped and loaded
 * again from its last stored state. A failure of the workflow is no error here: it is data.
 */
enum sw_result sw_step(struct sw_execution *execution, const struct sw_event *event,
		       struct sw_effects *effects);

/*
 * The earliest moment the execution as a whole or any branch is due: min of timeout_due_ms and every due_ms.
 */
int64_t sw_execution_due_ms(const struct sw_execution *execution);

/* The task token of a branch's attempt as it is shown in $$.Task.Token; 200 bytes are enough. engine/tokens.c
 * has the reverse. */
#define SW_TOKEN_TEXT_BYTES 200
void sw_token_print(uint64_t execution_id, uint32_t branch, uint32_t attempt,
		    const uint8_t random[SW_TOKEN_RANDOM_BYTES], char text[SW_TOKEN_TEXT_BYTES]);
/* False when the text is no token. */
bool sw_token_parse(const char *text, size_t len, uint64_t *ret_execution_id, uint32_t *ret_branch,
		    uint32_t *ret_attempt, uint8_t ret_random[SW_TOKEN_RANDOM_BYTES]);

#endif
