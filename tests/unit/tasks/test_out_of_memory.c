/*
 * The i-th allocation fails, for i = 1, 2, 3 ... until a run in which nothing failed. The linker puts the
 * functions here before those of libc (--wrap), for all of ours; jansson is told to use them too.
 */
#include "fixture.h"

#include "asl/value.h"
#include "tests/lib/failing_malloc.h"

#include <stdlib.h>
#include <string.h>

static void *json_malloc(size_t bytes)
{
	return __wrap_malloc(bytes);
}

static void json_free(void *block)
{
	free(block);
}

/* Sets the i-th allocation from here on to fail. */
static void fail_at(size_t i)
{
	failing_malloc_begin((long)i, 1);
}

/* Did one? */
static bool ended_with_failure(void)
{
	return failing_malloc_end() > 0;
}

static void mocks_are_read_or_refused(void **state)
{
	const char *text = quoted(
		"{`StateMachines`: {`m`: {`TestCases`: {`c`: {`S`: `r`, `T`: `q`}}}}, `MockedResponses`:"
		"{`r`: {`0`: {`Return`: {`a`: 1.5}}, `1-2`: {`Throw`: {`Error`: `E`, `Cause`: `c`}}},"
		" `q`: {}}}");
	for (size_t i = 1;; i++) {
		struct sw_mocks *mocks = NULL;
		struct sw_mock mock;
		struct sw_error err = {0};
		fail_at(i);
		enum sw_result r = sw_mocks_new(text, strlen(text), &mocks, &err);
		bool one_failed = ended_with_failure();
		assert_int_equal(r, one_failed ? SW_ENOMEM : SW_OK);
		assert_int_equal(err.code, r);
		if (!one_failed) {
			assert_int_equal(sw_mocks_find(mocks, "m", "c", "S", 2, &mock), SW_OK);
			sw_mocks_free(mocks);
			assert_true(i > 10);
			return;
		}
	}
}

static void resources_are_read_or_refused(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, "{`resources`: {}}");
	const char *text = quoted("{`resources`: {`a`: {`command`: [`./x`, `y`], `workingDirectory`: `z`,"
				  "`environment`: {`A`: `B`}}, `b`: {`command`: [`x`]}}}");
	for (size_t i = 1;; i++) {
		struct sw_commands_provider *provider = NULL;
		struct sw_routes *routes = NULL;
		struct sw_error err = {0};
		fail_at(i);
		enum sw_result r = sw_routes_new(&routes);
		if (r == SW_OK)
			r = sw_commands_provider_new(&f->options, &provider, &err);
		if (r == SW_OK)
			r = sw_resources_load(text, strlen(text), provider, routes, &err);
		bool one_failed = ended_with_failure();
		assert_int_equal(r, one_failed ? SW_ENOMEM : SW_OK);
		sw_commands_provider_free(provider);
		sw_routes_free(routes);
		if (!one_failed) {
			assert_true(i > 10);
			return;
		}
	}
}

static void a_completion_comes_even_without_memory_for_it(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 1; i < 8; i++) {
		struct sw_task *task = fixture_task(f, "c", "1");
		size_t before = f->count;
		fail_at(i);
		enum sw_result succeeded = sw_task_succeed(task, "[1]", 3);
		bool one_failed = ended_with_failure();
		assert_int_equal(succeeded, one_failed ? SW_ENOMEM : SW_OK);
		fixture_turn(f, 0);
		assert_int_equal(f->count, before + 1);
		assert_int_equal(f->completions[before]->kind,
				 one_failed ? SW_COMPLETION_FAILED : SW_COMPLETION_SUCCEEDED);
		assert_int_equal(f->completions[before]->execution_id, task->execution_id);
		sw_task_unref(task);

		task = fixture_task(f, "c", "1");
		fail_at(i);
		sw_task_time_out(task, "late");
		ended_with_failure();
		fixture_turn(f, 0);
		assert_int_equal(f->completions[before + 1]->kind, SW_COMPLETION_TIMED_OUT);
		sw_task_unref(task);
	}
	/* what is part of a task does not keep the task, and the inbox, for ever */
	struct sw_task *task = fixture_task(f, "c", "1");
	fail_at(1);
	assert_int_equal(sw_task_fail(task, "E", "c"), SW_ENOMEM);
	assert_true(ended_with_failure());
	sw_task_unref(task);
	sw_inbox_close(f->inbox);
}

/* From the start of the helper to the output. */
static void every_attempt_ends_whichever_allocation_fails(void **state)
{
	struct fixture *f = *state;
	bool one_failed = true;
	for (size_t i = 1; one_failed; i++) {
		fixture_open(f, "{`resources`: {`c`: {`command`: [`cat`], `maxConcurrency`: 1}}}");
		struct sw_task *task = fixture_task(f, "c", "{\"a\": [1]}");
		size_t before = f->count;
		task->route = sw_routes_find(f->routes, "c");
		fail_at(i);
		task->route->ops->start(task->route, task);
		for (int turns = 0; f->count == before && turns < 1000; turns++) {
			sw_poll_loop_run(f->loop, 10, NULL);
			fixture_turn(f, 0);
		}
		one_failed = ended_with_failure();
		assert_int_equal(f->count, before + 1);
		if (!one_failed)
			assert_string_equal(f->completions[before]->output, "{\"a\": [1]}");
		fixture_wait_idle(f);
		fixture_close(f);
		sw_task_unref(task);
	}
	assert_true(f->count > 5);
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mocks_are_read_or_refused),
		WITH_FIXTURE(resources_are_read_or_refused),
		WITH_FIXTURE(a_completion_comes_even_without_memory_for_it),
		WITH_FIXTURE(every_attempt_ends_whichever_allocation_fails),
	};
	json_set_alloc_funcs(json_malloc, json_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
