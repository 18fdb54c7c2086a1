/* A loop, an inbox and routes as the engine has them, for tests of providers. */
#ifndef TEST_TASKS_FIXTURE_H
#define TEST_TASKS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/tasks/tasks.h"

#include <sys/types.h>

struct fixture {
	struct sw_poll_loop *loop;
	struct sw_inbox *inbox;
	struct sw_routes *routes;
	struct sw_commands_provider *provider;
	struct sw_commands_options options;
	char directory[64]; /* of its own, removed at the end */
	uint64_t last_id;
	struct sw_completion *completions[512]; /* as they came */
	size_t count;
	int fds_before;
};

int fixture_setup(void **state);
/* Fails when descriptors, children or completions are left over. */
int fixture_teardown(void **state);

/* Makes the provider, with f->options, and the routes of a resources file ('`' stands for '"'). */
void fixture_open(struct fixture *f, const char *resources);
void fixture_close(struct fixture *f); /* frees the provider and the routes */

/* An attempt with a reference for the provider and one for the caller. execution_id is its number, from 1. */
struct sw_task *fixture_task(struct fixture *f, const char *resource, const char *input);
/* Dispatches a task that times out with its state after timeout_ms; gives the caller's reference. */
struct sw_task *fixture_start_timed(struct fixture *f, const char *resource, const char *input,
				    int64_t timeout_ms);
struct sw_task *fixture_start(struct fixture *f, const char *resource, const char *input);
void fixture_cancel(struct fixture *f, struct sw_task *task);

/* Runs the loop until so many completions are there; fails when they do not come. */
void fixture_wait(struct fixture *f, size_t count);
/* Runs the loop until nothing runs or queues. */
void fixture_wait_idle(struct fixture *f);
/* Runs the loop once for at most so long, and takes what completed. */
void fixture_turn(struct fixture *f, int timeout_ms);
/* Is the process no more (or a zombie)? */
bool process_ended(pid_t pid);
/* Runs the loop until it is. */
void fixture_wait_process_end(struct fixture *f, pid_t pid);
/* Dispatches one task, waits for its completion and gives it (the fixture's). */
const struct sw_completion *fixture_run(struct fixture *f, const char *resource, const char *input);

/* Runs the loop until a file of the directory holds text that ends with '\n'; gives it (static memory). */
const char *fixture_wait_file(struct fixture *f, const char *name);
/* text with '`' for '"' (static memory). */
const char *quoted(const char *text);
int count_fds(void);

#define assert_failed(completion, error_name, part_of_cause)                \
	do {                                                                \
		assert_int_equal((completion)->kind, SW_COMPLETION_FAILED); \
		assert_string_equal((completion)->error, error_name);       \
		if (!strstr((completion)->cause, part_of_cause))            \
			fail_msg("the cause is: %s", (completion)->cause);  \
	} while (0)

#endif
