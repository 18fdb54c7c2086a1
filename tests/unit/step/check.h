/* What the tests of engine/step share: begin an execution, look at how it went. Includes cmocka. */
#ifndef SW_TESTS_STEP_CHECK_H
#define SW_TESTS_STEP_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/step/world.h"

#include <stdio.h>
#include <string.h>

/* Compiles and starts; the world has run until it waits or has ended. */
static inline struct world *begin(const char *definition, const char *input)
{
	struct sw_error err = {0};
	struct world *world = world_new(definition, strlen(definition), &err);
	if (!world)
		fail_msg("the definition was refused: %s %s", err.pointer, err.text);
	assert_int_equal(world_start(world, input), SW_OK);
	return world;
}

/* Ended so; NULL: there is no error or cause. */
static inline void assert_ended(struct world *world, enum sw_status status, const char *error,
				const char *cause)
{
	const struct sw_failure *failure = &world->execution->failure;
	assert_int_equal(world->execution->status, status);
	if (error)
		assert_string_equal(failure->error ? failure->error : "(none)", error);
	else
		assert_null(failure->error);
	if (cause)
		assert_string_equal(failure->cause ? failure->cause : "(none)", cause);
	else
		assert_null(failure->cause);
	/* What has ended has neither branches, but for the root to be redriven, nor anything due. */
	assert_true(world->execution->branches_count == 0 || sw_execution_is_redrivable(world->execution));
	assert_true(world->execution->ready_first == SW_NO_BRANCH);
	assert_true(sw_execution_due_ms(world->execution) == SW_NEVER);
	assert_int_equal(world_count(world, SW_COMMAND_FINISH), 1);
}

static inline void assert_output(struct world *world, const char *output)
{
	assert_ended(world, SW_STATUS_SUCCEEDED, NULL, NULL);
	assert_string_equal(world_output(world), output);
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
}

static inline void assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in '%s'", part, text);
}

static inline uint32_t count_events(const struct world *world, enum sw_history_type type)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < world->events_count; i++)
		count += world->events[i].type == type;
	return count;
}

#endif
