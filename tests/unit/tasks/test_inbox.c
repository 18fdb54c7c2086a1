#include "fixture.h"

#include "base/mem.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define POSTS 2000

static bool readable(const struct sw_inbox *inbox)
{
	struct pollfd poll_fd = {sw_inbox_fd(inbox), POLLIN, 0};
	return poll(&poll_fd, 1, 0) == 1;
}

static struct sw_completion *completion(uint64_t execution_id, uint32_t attempt)
{
	struct sw_completion *made = sw_zalloc(sizeof(*made));
	assert_non_null(made);
	made->execution_id = execution_id;
	made->attempt = attempt;
	return made;
}

static void the_descriptor_is_readable_while_there_is_something(void **state)
{
	struct fixture *f = *state;
	assert_false(readable(f->inbox));
	assert_null(sw_inbox_take(f->inbox));
	assert_int_equal(sw_inbox_post(f->inbox, completion(1, 1)), SW_OK);
	assert_int_equal(sw_inbox_post(f->inbox, completion(1, 2)), SW_OK);
	assert_true(readable(f->inbox));
	struct sw_completion *first = sw_inbox_take(f->inbox);
	assert_false(readable(f->inbox));
	assert_int_equal(first->attempt, 1);
	assert_int_equal(first->next->attempt, 2);
	assert_null(first->next->next);
	sw_completion_free(first->next);
	sw_completion_free(first);
	assert_int_equal(sw_inbox_post(f->inbox, completion(1, 3)), SW_OK);
	assert_true(readable(f->inbox)); /* what nobody takes is freed with the inbox */
}

static void a_closed_inbox_takes_nothing(void **state)
{
	struct fixture *f = *state;
	sw_inbox_close(f->inbox);
	assert_int_equal(sw_inbox_post(f->inbox, completion(1, 1)), SW_ECLOSED);
	assert_null(sw_inbox_take(f->inbox));
}

struct poster {
	pthread_t thread;
	struct sw_inbox *inbox;
	uint64_t id;
};

static void *post_many(void *arg)
{
	struct poster *poster = arg;
	for (uint32_t i = 0; i < POSTS; i++)
		sw_inbox_post(poster->inbox, completion(poster->id, i));
	sw_inbox_unref(poster->inbox);
	return NULL;
}

static void many_threads_lose_nothing_and_each_keeps_its_order(void **state)
{
	struct fixture *f = *state;
	struct poster posters[THREADS];
	uint32_t next[THREADS] = {0}, total = 0;
	for (uint64_t i = 0; i < THREADS; i++) {
		posters[i] = (struct poster){.inbox = sw_inbox_ref(f->inbox), .id = i};
		assert_int_equal(pthread_create(&posters[i].thread, NULL, post_many, &posters[i]), 0);
	}
	while (total < THREADS * POSTS) {
		struct pollfd poll_fd = {sw_inbox_fd(f->inbox), POLLIN, 0};
		assert_int_equal(poll(&poll_fd, 1, 20000), 1);
		struct sw_completion *at = sw_inbox_take(f->inbox), *after;
		assert_non_null(at);
		for (; at; at = after, total++) {
			after = at->next;
			assert_int_equal(at->attempt, next[at->execution_id]++);
			sw_completion_free(at);
		}
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(posters[i].thread, NULL);
	assert_null(sw_inbox_take(f->inbox));
	assert_false(readable(f->inbox));
}

static void a_task_tells_what_it_is(void **state)
{
	struct fixture *f = *state;
	size_t len;
	struct sw_task *task = fixture_task(f, "function:ship", "{\"a\":1}");
	task->redelivery = true;
	assert_string_equal(sw_task_resource(task), "function:ship");
	assert_string_equal(sw_task_input(task, &len), "{\"a\":1}");
	assert_int_equal(len, 7);
	assert_string_equal(sw_task_input(task, NULL), "{\"a\":1}");
	assert_string_equal(sw_task_token(task), "the-token");
	assert_string_equal(sw_task_idempotency_key(task), "the-key");
	assert_string_equal(sw_task_execution_arn(task),
			    "arn:aws:states:us-east-1:123456789012:execution:m:e");
	assert_string_equal(sw_task_state_name(task), "Ship it");
	assert_int_equal(sw_task_attempt(task), 2);
	assert_true(sw_task_is_redelivery(task));
	sw_task_unref(task);
	sw_task_release(task);
}

static void completions_carry_copies_and_the_attempts_address(void **state)
{
	struct fixture *f = *state;
	char output[] = "[1]";
	struct sw_task *task = fixture_task(f, "function:ship", "{}");
	task->branch = 5;
	task->attempt = 6;
	assert_int_equal(sw_task_heartbeat(task), SW_OK);
	assert_int_equal(sw_task_succeed(task, output, 3), SW_OK);
	output[1] = '2';
	assert_int_equal(sw_task_fail(task, "Mine.Error", NULL), SW_OK);
	task = fixture_task(f, "function:ship", "{}");
	assert_int_equal(sw_task_time_out(task, NULL), SW_OK);
	sw_task_unref(task);
	fixture_turn(f, 0);
	assert_int_equal(f->count, 4);
	assert_int_equal(f->completions[0]->kind, SW_COMPLETION_HEARTBEAT);
	assert_int_equal(f->completions[1]->kind, SW_COMPLETION_SUCCEEDED);
	assert_string_equal(f->completions[1]->output, "[1]");
	assert_int_equal(f->completions[1]->output_len, 3);
	assert_int_equal(f->completions[1]->execution_id, 1);
	assert_int_equal(f->completions[1]->branch, 5);
	assert_int_equal(f->completions[1]->attempt, 6);
	assert_int_equal(f->completions[2]->kind, SW_COMPLETION_FAILED);
	assert_string_equal(f->completions[2]->error, "Mine.Error");
	assert_null(f->completions[2]->cause);
	assert_int_equal(f->completions[3]->kind, SW_COMPLETION_TIMED_OUT);
	assert_string_equal(f->completions[3]->error, "States.Timeout");
}

static void after_the_close_the_task_is_taken_all_the_same(void **state)
{
	struct fixture *f = *state;
	struct sw_task *task = fixture_task(f, "function:ship", "{}");
	sw_inbox_close(f->inbox);
	assert_int_equal(sw_task_heartbeat(task), SW_ECLOSED);
	assert_int_equal(sw_task_fail(task, NULL, NULL), SW_ECLOSED);
	assert_int_equal(sw_task_succeed(task, "1", 1), SW_ECLOSED);
}

static void the_inbox_outlives_its_engine_for_the_tasks_that_are_out(void **state)
{
	struct fixture *f = *state;
	struct sw_inbox *inbox;
	assert_int_equal(sw_inbox_new(&inbox, NULL), SW_OK);
	struct sw_task *task = fixture_task(f, "function:ship", "{}");
	sw_inbox_unref(task->inbox);
	task->inbox = inbox;
	sw_inbox_ref(inbox);
	sw_inbox_close(inbox);
	sw_inbox_unref(inbox);
	sw_task_unref(task);
	assert_int_equal(sw_task_succeed(task, "1", 1), SW_ECLOSED);
}

static void names_and_causes_are_cleaned_and_cut(void **state)
{
	struct fixture *f = *state;
	char name[SW_ERROR_BYTES_MAX + 10], *cause = malloc(SW_CAUSE_BYTES_MAX + 10);
	assert_non_null(cause);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	memset(cause, 'c', SW_CAUSE_BYTES_MAX + 9);
	cause[SW_CAUSE_BYTES_MAX + 9] = '\0';
	memcpy(cause + SW_CAUSE_BYTES_MAX - 1, "\xC3\xA9", 2); /* é over the border */
	struct sw_task *task = fixture_task(f, "function:ship", "{}");
	sw_task_fail(task, name, cause);
	sw_task_fail(task, "bad \xFF name", "caf\xC3\xA9 \xE2\x82 \xED\xA0\x80!");
	fixture_turn(f, 0);
	assert_int_equal(strlen(f->completions[0]->error), SW_ERROR_BYTES_MAX);
	assert_int_equal(strlen(f->completions[0]->cause), SW_CAUSE_BYTES_MAX - 1);
	assert_string_equal(f->completions[1]->error, "bad \xEF\xBF\xBD name");
	assert_string_equal(f->completions[1]->cause,
			    "caf\xC3\xA9 \xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD!");
	free(cause);
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(the_descriptor_is_readable_while_there_is_something),
		WITH_FIXTURE(a_closed_inbox_takes_nothing),
		WITH_FIXTURE(many_threads_lose_nothing_and_each_keeps_its_order),
		WITH_FIXTURE(a_task_tells_what_it_is),
		WITH_FIXTURE(completions_carry_copies_and_the_attempts_address),
		WITH_FIXTURE(after_the_close_the_task_is_taken_all_the_same),
		WITH_FIXTURE(the_inbox_outlives_its_engine_for_the_tasks_that_are_out),
		WITH_FIXTURE(names_and_causes_are_cleaned_and_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
