/*
 * The API over several engines in memory, with their threads; and the same when memory is short somewhere: every call
 * is answered all the same, and nothing that was half made stays. Our own allocations only: those of jansson are in
 * its library.
 */
#include "base/hash.h"
#include "engine/metrics.h"
#include "server/partitions.h"
#include "server/server.h"
#include "tests/unit/server/engine_inside.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS_MAX 3000 /* of at most 10 ms */
#define COUNT 3
#define MACHINE "arn:aws:states:us-east-1:123456789012:stateMachine:"
#define ACTIVITY "arn:aws:states:us-east-1:123456789012:activity:work"

/* The next allocations until the one that fails, in whatever thread; 0 or less: none fails. */
static atomic_long countdown;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);

static bool fails_now(void)
{
	return atomic_load(&countdown) > 0 && atomic_fetch_sub(&countdown, 1) == 1;
}

void *__wrap_malloc(size_t bytes)
{
	return fails_now() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return fails_now() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *block, size_t bytes)
{
	return fails_now() ? NULL : __real_realloc(block, bytes);
}

struct fixture {
	struct sw_poll_loop *loop;
	struct sw_engine_options options;
	struct sw_engine *engine;
	struct sw_partitions *partitions;
	struct sw_api *api;
	int answers, status;
	char body[4096];
	atomic_uint handled;
};

static int open_engine(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	f->options = SW_ENGINE_OPTIONS;
	if (sw_poll_loop_new(&f->loop, NULL) != SW_OK)
		return -1;
	f->options.loop = sw_poll_loop_hooks(f->loop);
	return sw_engine_new(&f->options, &f->engine, NULL);
}

/* A function task, in the thread of its partition. */
static void handle(void *user, struct sw_task *task)
{
	atomic_fetch_add(&((struct fixture *)user)->handled, 1);
	sw_task_succeed(task, "1", 1);
}

static int open_all(void **state)
{
	if (open_engine(state))
		return -1;
	struct fixture *f = *state;
	if (sw_partitions_open(f->engine, &f->options, COUNT, &f->partitions, NULL) != SW_OK ||
	    sw_api_new_over(f->engine, f->partitions, &f->api) != SW_OK ||
	    sw_engine_on_task(f->engine, "function:f", handle, NULL, f, NULL) != SW_OK ||
	    sw_partitions_on_task(f->partitions, "function:f", handle, NULL, f, NULL) != SW_OK ||
	    sw_engine_resume(f->engine, SW_RESUME_ALL, NULL) != SW_OK)
		return -1;
	return sw_partitions_resume(f->partitions, SW_RESUME_ALL, NULL);
}

static int close_all(void **state)
{
	struct fixture *f = *state;
	sw_partitions_stop(f->partitions);
	sw_engine_free(f->engine);
	sw_partitions_free(f->partitions);
	sw_api_free(f->api);
	sw_poll_loop_free(f->loop);
	free(f);
	return 0;
}

static void take(void *user, int status, const char *error_type, const char *body, size_t len)
{
	struct fixture *f = user;
	f->answers++;
	f->status = status;
	snprintf(f->body, sizeof(f->body), "%.*s", (int)len, body);
}

/* The status; 0: it is cancelled after turns without an answer. */
static int call_for(struct fixture *f, int turns, const char *action, const char *body)
{
	struct sw_call *place = NULL;
	f->answers = 0;
	enum sw_result r = sw_api_call_at(f->api, action, body, strlen(body), take, f, &place);
	if (r != SW_OK)
		return 500;
	for (int i = 0; i < turns && !f->answers; i++)
		sw_poll_loop_run(f->loop, 10, NULL);
	if (!f->answers && place && sw_api_cancel(place))
		return 0;
	for (int i = 0; i < TURNS_MAX && !f->answers; i++)
		sw_poll_loop_run(f->loop, 10, NULL);
	assert_int_equal(f->answers, 1);
	return f->status;
}

static int call(struct fixture *f, const char *action, const char *body)
{
	return call_for(f, TURNS_MAX, action, body);
}

/* A member of the last answer that is a text. */
static const char *member(struct fixture *f, const char *name, char *text, size_t bytes)
{
	json_t *tree = json_loads(f->body, 0, NULL);
	const char *value = json_string_value(json_object_get(tree, name));
	snprintf(text, bytes, "%s", value ? value : "");
	json_decref(tree);
	return text;
}

static void create(struct fixture *f, const char *name, const char *resource)
{
	char body[1024];
	snprintf(body, sizeof(body),
		 "{\"name\":\"%s\",\"roleArn\":\"arn:aws:iam::123456789012:role/"
		 "r\",\"definition\":\"{\\\"StartAt\\\":"
		 "\\\"A\\\",\\\"States\\\":{\\\"A\\\":{\\\"Type\\\":\\\"Task\\\",\\\"End\\\":true,"
		 "\\\"Resource\\\":"
		 "\\\"%s\\\"}}}\"}",
		 name, resource);
	assert_int_equal(call(f, "CreateStateMachine", body), 200);
}

static const char *request(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *request(const char *format, ...)
{
	static char text[2048];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

static void functions_are_called_in_every_partition(void **state)
{
	struct fixture *f = *state;
	char arn[600], status[40];
	create(f, "m", "function:f");
	for (unsigned i = 1; i <= 2 * COUNT; i++) {
		assert_int_equal(call(f, "StartExecution", "{\"stateMachineArn\":\"" MACHINE "m\"}"), 200);
		member(f, "executionArn", arn, sizeof(arn));
		assert_int_equal(strtoul(strrchr(arn, ':') + 1, NULL, 16) >> 24, (i - 1) % COUNT);
		for (int turn = 0; turn < TURNS_MAX; turn++) {
			assert_int_equal(
				call(f, "DescribeExecution", request("{\"executionArn\":\"%s\"}", arn)), 200);
			if (strcmp(member(f, "status", status, sizeof(status)), "RUNNING") != 0)
				break;
			sw_poll_loop_run(f->loop, 10, NULL);
		}
		assert_string_equal(status, "SUCCEEDED");
		assert_int_equal(atomic_load(&f->handled), i);
	}
	assert_int_equal(sw_partitions_ready(f->partitions, NULL), SW_OK);
	assert_int_equal(sw_partitions_count(f->partitions), COUNT);
	assert_int_equal(sw_partitions_count(NULL), 1);
}

static void calls_that_wait_are_answered_when_all_ends(void **state)
{
	struct fixture *f = *state;
	create(f, "m", ACTIVITY);
	assert_int_equal(call(f, "CreateActivity", "{\"name\":\"work\"}"), 200);
	f->answers = 0;
	for (int i = 0; i < 4; i++) {
		const char *start = "{\"stateMachineArn\":\"" MACHINE "m\"}",
			   *poll = "{\"activityArn\":\"" ACTIVITY "\"}";
		assert_int_equal(sw_api_call(f->api, "StartExecution", start, strlen(start), take, f), SW_OK);
		assert_int_equal(sw_api_call(f->api, "GetActivityTask", poll, strlen(poll), take, f), SW_OK);
	}
	sw_partitions_stop(f->partitions);
	sw_engine_free(f->engine);
	f->engine = NULL;
	assert_int_equal(f->answers, 8);
}

static void a_change_of_resources_reaches_every_partition_or_none(void **state)
{
	struct fixture *f = *state;
	struct sw_error err = {0};
	bool mocks = true;
	assert_int_equal(sw_partitions_reload(f->partitions, "{\"resources\":{}}", NULL, &mocks, &err),
			 SW_OK);
	assert_int_equal(sw_partitions_reload(f->partitions, "{\"resources\":{]", NULL, &mocks, &err),
			 SW_EDEFINITION);
	assert_false(mocks);
}

/* A task that keeps the thread of its partition until it is let go. */
struct keeper {
	atomic_uint kept;
	pthread_mutex_t lock;
};

static void keep(void *user, struct sw_task *task)
{
	struct keeper *keeper = user;
	atomic_fetch_add(&keeper->kept, 1);
	pthread_mutex_lock(&keeper->lock);
	pthread_mutex_unlock(&keeper->lock);
	sw_task_succeed(task, "1", 1);
}

static void learn_to_keep(void *user, struct sw_engine *engine)
{
	assert_int_equal(sw_engine_on_task(engine, "function:keep", keep, NULL, user, NULL), SW_OK);
}

/* Starts one in each partition from 0 on: they have turns. */
static void start_everywhere(struct fixture *f, const char *machine)
{
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(call(f, "StartExecution",
				      request("{\"stateMachineArn\":\"" MACHINE "%s\"}", machine)),
				 200);
}

/* Its tasks wait in every partition, but no worker may have them any more. */
static void a_worker_is_told_when_the_activity_is_gone(void **state)
{
	struct fixture *f = *state;
	struct keeper keeper = {.lock = PTHREAD_MUTEX_INITIALIZER};
	const char *poll = "{\"activityArn\":\"" ACTIVITY "\"}";
	assert_int_equal(sw_engine_on_task(f->engine, "function:keep", handle, NULL, f, NULL), SW_OK);
	sw_partitions_each(f->partitions, learn_to_keep, &keeper);
	assert_int_equal(call(f, "CreateActivity", "{\"name\":\"work\"}"), 200);
	create(f, "m", ACTIVITY);
	create(f, "keep", "function:keep");
	start_everywhere(f, "m");
	pthread_mutex_lock(&keeper.lock);
	start_everywhere(f, "keep");
	while (atomic_load(&keeper.kept) < COUNT - 1)
		sw_poll_loop_run(f->loop, 10, NULL);
	while (!f->partitions->hunts) /* what the partitions told of their tasks */
		sw_poll_loop_run(f->loop, 10, NULL);
	assert_int_equal(sw_api_call(f->api, "GetActivityTask", poll, strlen(poll), take, f), SW_OK);
	assert_int_equal(call(f, "DeleteActivity", poll), 200);
	pthread_mutex_unlock(&keeper.lock);
	f->answers = 0;
	for (int turn = 0; turn < TURNS_MAX && !f->answers; turn++)
		sw_poll_loop_run(f->loop, 10, NULL);
	assert_int_equal(f->answers, 1);
	assert_int_equal(f->status, 400);
	assert_non_null(strstr(f->body, "Activity Does Not Exist"));
	/* They wait for workers of one that is made again. */
	assert_int_equal(call(f, "CreateActivity", "{\"name\":\"work\"}"), 200);
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(call(f, "GetActivityTask", poll), 200);
	assert_non_null(strstr(f->body, "taskToken"));
	assert_null(strstr(f->body, "\"taskToken\":null"));
}

struct taking {
	struct sw_engine *engine; /* where the name is taken */
	const char *name;
};

static void take_name(void *user, struct sw_engine *engine)
{
	const struct taking *taking = user;
	struct sw_start_params params = {.machine = "m", .name = taking->name};
	if (engine == taking->engine)
		assert_int_equal(sw_engine_start(engine, &params, NULL, NULL, NULL), SW_OK);
}

/*
 * When there were fewer partitions it was taken in another one than it would be now. Who cannot look for it must not
 * start it where it would be.
 */
static void a_name_is_taken_though_memory_is_short(void **state)
{
	struct fixture *f = *state;
	static const char arn[] = "arn:aws:states:us-east-1:123456789012:execution:m:n";
	uint32_t number = (uint32_t)(sw_hash64(arn, strlen(arn), 0) % COUNT) == 1 ? 2 : 1;
	struct taking taking = {f->partitions->others[number]->engine, "n"};
	uint32_t found = 0;
	create(f, "m", "function:f");
	sw_partitions_each(f->partitions, take_name, &taking);
	for (int i = 0; i < TURNS_MAX && found != number; i++) {
		sw_poll_loop_run(f->loop, 10, NULL);
		sw_reader_partition_of(f->partitions->reader, arn, &found, NULL);
	}
	assert_int_equal(found, number);
	for (long i = 1; i < 60; i++) {
		atomic_store(&countdown, i);
		int status = call(f, "StartExecution",
				  "{\"stateMachineArn\":\"" MACHINE "m\",\"name\":\"n\",\"input\":\"[1]\"}");
		atomic_store(&countdown, 0);
		assert_true(status == 400 || status == 500);
	}
}

/* Partition 0 does not know it: that must not be what the caller hears. */
static void an_execution_of_another_partition_is_found_or_not_looked_for(void **state)
{
	struct fixture *f = *state;
	char body[800], arn[600];
	create(f, "m", "function:f");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(call(f, "StartExecution", "{\"stateMachineArn\":\"" MACHINE "m\"}"), 200);
		member(f, "executionArn", arn, sizeof(arn));
	}
	snprintf(body, sizeof(body), "{\"executionArn\":\"%s\"}", arn);
	for (long i = 1; i < 60; i++) {
		atomic_store(&countdown, i);
		int status = call(f, "StopExecution", body);
		atomic_store(&countdown, 0);
		assert_true(status == 200 || status == 500);
	}
}

static void break_it(void *user, struct sw_engine *engine)
{
	if (engine == user)
		engine_break(engine);
}

static void look(void *user, struct sw_engine *engine)
{
}

/* It cannot say whether an execution of the state machine runs there, and is not asked again and again. */
static void a_deletion_does_not_press_a_partition_whose_store_has_failed(void **state)
{
	struct fixture *f = *state;
	struct sw_letter_box *home = &f->partitions->home;
	bool quiet = false;
	create(f, "m", "function:f");
	sw_partitions_each(f->partitions, break_it, f->partitions->others[1]->engine);
	assert_int_equal(call(f, "DeleteStateMachine", "{\"stateMachineArn\":\"" MACHINE "m\"}"), 200);
	for (int turn = 0; turn < TURNS_MAX && !f->partitions->leaving; turn++)
		sw_poll_loop_run(f->loop, 10, NULL);
	assert_non_null(f->partitions->leaving);
	for (int turn = 0; turn < 100 && !quiet; turn++) {
		sw_partitions_each(f->partitions, look, NULL); /* what was sent has come back */
		pthread_mutex_lock(&home->lock);
		quiet = !home->first;
		pthread_mutex_unlock(&home->lock);
		if (!quiet)
			sw_poll_loop_run(f->loop, 0, NULL);
	}
	assert_true(quiet);
	assert_int_equal(call(f, "DescribeStateMachine", "{\"stateMachineArn\":\"" MACHINE "m\"}"), 200);
	assert_non_null(strstr(f->body, "DELETING"));
}

static void opening_fails_whole_when_memory_is_short(void **state)
{
	struct fixture *f = *state;
	enum sw_result r = SW_ENOMEM;
	long i = 1;
	for (; r != SW_OK && i < 2000; i++) {
		atomic_store(&countdown, i);
		r = sw_partitions_open(f->engine, &f->options, COUNT, &f->partitions, NULL);
		atomic_store(&countdown, 0);
		assert_true(r == SW_OK || r == SW_ENOMEM);
		if (r != SW_OK)
			assert_null(f->partitions);
	}
	assert_int_equal(r, SW_OK);
	assert_true(i > 50);
}

/* One round of everything that travels; what fails, fails alone. */
static void round_of_calls(struct fixture *f, long number)
{
	char arn[600] = "", token[600] = "";
	static const char start[] = "{\"stateMachineArn\":\"" MACHINE "m\"}";
	for (int i = 0; i < COUNT; i++) {
		if (call(f, "StartExecution", start) == 200)
			member(f, "executionArn", arn, sizeof(arn));
	}
	call(f, "StartExecution",
	     request("{\"stateMachineArn\":\"" MACHINE "m\",\"name\":\"n%ld\"}", number));
	for (int i = 0; i < COUNT; i++) {
		if (call_for(f, 30, "GetActivityTask",
			     "{\"activityArn\":\"" ACTIVITY "\",\"workerName\":\"w\"}") == 200)
			member(f, "taskToken", token, sizeof(token));
	}
	call(f, "SendTaskSuccess", request("{\"taskToken\":\"%s\",\"output\":\"1\"}", token));
	call(f, "StopExecution", request("{\"executionArn\":\"%s\"}", arn));
	call(f, "ListExecutions", start);
	call(f, "StepwellStatus", "{}");
}

static void every_call_is_answered_when_memory_is_short(void **state)
{
	struct fixture *f = *state;
	char token[600];
	create(f, "m", ACTIVITY);
	assert_int_equal(call(f, "CreateActivity", "{\"name\":\"work\"}"), 200);
	for (long i = 1; i < 400; i += 7) {
		atomic_store(&countdown, i);
		round_of_calls(f, i);
		atomic_store(&countdown, 0);
	}
	/* And all is well afterwards: a new task finds its worker. */
	assert_int_equal(call(f, "StartExecution", "{\"stateMachineArn\":\"" MACHINE "m\"}"), 200);
	assert_int_equal(call(f, "GetActivityTask", "{\"activityArn\":\"" ACTIVITY "\"}"), 200);
	assert_true(*member(f, "taskToken", token, sizeof(token)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
	const struct CMUnitTest tests[] = {
		TEST(functions_are_called_in_every_partition),
		TEST(calls_that_wait_are_answered_when_all_ends),
		TEST(a_change_of_resources_reaches_every_partition_or_none),
		TEST(a_worker_is_told_when_the_activity_is_gone),
		TEST(a_name_is_taken_though_memory_is_short),
		TEST(an_execution_of_another_partition_is_found_or_not_looked_for),
		TEST(a_deletion_does_not_press_a_partition_whose_store_has_failed),
		TEST(every_call_is_answered_when_memory_is_short),
		cmocka_unit_test_setup_teardown(opening_fails_whole_when_memory_is_short, open_engine,
						close_all),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
