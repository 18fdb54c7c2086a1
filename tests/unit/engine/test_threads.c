/*
 * An engine on disk with all its threads at once: the loop, the commit thread, threads of the host that carry out
 * tasks, and threads that look at everything meanwhile. `make tsan` runs it under ThreadSanitizer.
 */
#include "asl/asl.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "engine/maintenance.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define WORKERS 3
#define LOOKERS 2
#define EXECUTIONS 120
#define QUEUE_MAX 1024
#define MACHINE                                                                                   \
	"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"End\":true,\"ItemProcessor\":{" \
	"\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:work\","  \
	"\"Retry\":[{\"ErrorEquals\":[\"Again\"],\"IntervalSeconds\":1,\"MaxDelaySeconds\":2}],"  \
	"\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"B\"}],\"Next\":\"B\"},"          \
	"\"B\":{\"Type\":\"Pass\",\"End\":true}}}}}}"

struct crowd {
	char directory[64], other[80];
	struct sw_poll_loop *loop;
	struct sw_engine *engine;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct sw_task *queue[QUEUE_MAX]; /* under the lock */
	unsigned queued;
	bool quit;
	atomic_bool looking;
	atomic_uint findings, looks, failures;
	unsigned replies, ended;
};

/* ---- threads ------------------------------------------------------------------------------------------ */

static void hand_out(void *user, struct sw_task *task)
{
	struct crowd *crowd = user;
	pthread_mutex_lock(&crowd->lock);
	crowd->queue[crowd->queued++ % QUEUE_MAX] = task;
	pthread_cond_signal(&crowd->changed);
	pthread_mutex_unlock(&crowd->lock);
}

static struct sw_task *take(struct crowd *crowd)
{
	struct sw_task *task = NULL;
	pthread_mutex_lock(&crowd->lock);
	while (crowd->queued == 0 && !crowd->quit)
		pthread_cond_wait(&crowd->changed, &crowd->lock);
	if (crowd->queued > 0)
		task = crowd->queue[--crowd->queued];
	pthread_mutex_unlock(&crowd->lock);
	return task;
}

static void *work(void *user)
{
	struct crowd *crowd = user;
	struct sw_task *task;
	unsigned number = 0;
	while ((task = take(crowd))) {
		size_t len;
		const char *input = sw_task_input(task, &len);
		if (++number % 5 == 0)
			sw_task_heartbeat(task);
		if (number % 11 == 0)
			sw_task_fail(task, "Broken", "by its worker");
		else
			sw_task_succeed(task, input, len);
	}
	return NULL;
}

static void count_finding(void *user, const struct sw_diagnosis *diagnosis)
{
	struct crowd *crowd = user;
	atomic_fetch_add(&crowd->findings, 1);
	fprintf(stderr, "%s: %s\n", diagnosis->record, diagnosis->text);
}

static void look_at_one(void *user, const struct sw_execution_info *info)
{
	*(unsigned *)user += info->arn != NULL;
}

static void *look(void *user)
{
	struct crowd *crowd = user;
	struct sw_reader *reader = sw_engine_reader(crowd->engine);
	struct sw_check_options options = {.diagnosis = count_finding, .user = crowd};
	while (atomic_load(&crowd->looking)) {
		struct sw_store_status status = {0};
		struct sw_check_summary summary = {0};
		unsigned seen = 0;
		char *cursor = NULL;
		bool good = sw_reader_check(reader, &options, &summary, NULL) == SW_OK &&
			    sw_reader_status(reader, NULL, NULL, &status, NULL) == SW_OK &&
			    sw_reader_list_executions(reader, NULL, 10, NULL, look_at_one, &seen, &cursor,
						      NULL) == SW_OK;
		sw_store_status_done(&status);
		sw_text_free(cursor);
		atomic_fetch_add(&crowd->failures, !good);
		atomic_fetch_add(&crowd->looks, 1);
	}
	return NULL;
}

static void *back_up(void *user)
{
	struct crowd *crowd = user;
	enum sw_result r = sw_reader_backup(sw_engine_reader(crowd->engine), crowd->other, NULL);
	atomic_fetch_add(&crowd->failures, r != SW_OK);
	return NULL;
}

/* ---- the loop ----------------------------------------------------------------------------------------- */

static void replied(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct crowd *crowd = user;
	assert_int_equal(result, SW_OK);
	crowd->replies++;
}

static void observed(void *user, const char *execution_arn, enum sw_status status, uint32_t last_event_id)
{
	struct crowd *crowd = user;
	crowd->ended += status != SW_STATUS_RUNNING;
}

static void open_crowd(struct crowd *crowd, uint32_t relaxed_ms)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	const struct sw_machine_params machine = {
		.name = "m", .definition = MACHINE, .definition_len = strlen(MACHINE)};
	snprintf(crowd->directory, sizeof(crowd->directory), "/tmp/stepwell-threads-XXXXXX");
	assert_non_null(mkdtemp(crowd->directory));
	snprintf(crowd->other, sizeof(crowd->other), "%s/copy", crowd->directory);
	assert_int_equal(sw_poll_loop_new(&crowd->loop, NULL), SW_OK);
	options.data_directory = crowd->directory;
	options.loop = sw_poll_loop_hooks(crowd->loop);
	options.relaxed_ms = relaxed_ms;
	options.retention_ms = 100; /* they are removed beside all the rest */
	assert_int_equal(sw_engine_new(&options, &crowd->engine, NULL), SW_OK);
	assert_int_equal(sw_engine_on_task(crowd->engine, "function:work", hand_out, NULL, crowd, NULL),
			 SW_OK);
	assert_int_equal(sw_engine_observe(crowd->engine, NULL, observed, crowd, &(uint64_t){0}), SW_OK);
	assert_int_equal(sw_engine_resume(crowd->engine, SW_RESUME_ALL, NULL), SW_OK);
	assert_int_equal(sw_engine_create_machine(crowd->engine, &machine, replied, crowd, NULL, NULL),
			 SW_OK);
	while (crowd->replies < 1)
		assert_int_equal(sw_poll_loop_run(crowd->loop, 1000, NULL), SW_OK);
}

static void close_crowd(struct crowd *crowd)
{
	char command[128];
	sw_engine_free(crowd->engine);
	sw_poll_loop_free(crowd->loop);
	snprintf(command, sizeof(command), "rm -rf '%s'", crowd->directory);
	assert_int_equal(system(command), 0);
}

static void start_all(struct crowd *crowd)
{
	static const char input[] = "[1,2,3,4,5]";
	const struct sw_start_params start = {.machine = "m", .input = input, .input_len = sizeof(input) - 1};
	for (unsigned i = 0; i < EXECUTIONS; i++) {
		assert_int_equal(sw_engine_start(crowd->engine, &start, replied, crowd, NULL), SW_OK);
		if (i % 8 == 0)
			assert_int_equal(sw_poll_loop_run(crowd->loop, 1, NULL), SW_OK);
	}
	while (crowd->ended < EXECUTIONS || atomic_load(&crowd->looks) < LOOKERS)
		assert_int_equal(sw_poll_loop_run(crowd->loop, 100, NULL), SW_OK);
	assert_int_equal(crowd->replies, EXECUTIONS + 1);
}

static void live(uint32_t relaxed_ms)
{
	struct crowd *crowd = sw_zalloc(sizeof(*crowd));
	pthread_t workers[WORKERS], lookers[LOOKERS], copier;
	assert_int_equal(pthread_mutex_init(&crowd->lock, NULL), 0);
	assert_int_equal(pthread_cond_init(&crowd->changed, NULL), 0);
	atomic_store(&crowd->looking, true);
	open_crowd(crowd, relaxed_ms);
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&workers[i], NULL, work, crowd), 0);
	for (unsigned i = 0; i < LOOKERS; i++)
		assert_int_equal(pthread_create(&lookers[i], NULL, look, crowd), 0);
	assert_int_equal(pthread_create(&copier, NULL, back_up, crowd), 0);
	start_all(crowd);
	atomic_store(&crowd->looking, false);
	for (unsigned i = 0; i < LOOKERS; i++)
		assert_int_equal(pthread_join(lookers[i], NULL), 0);
	assert_int_equal(pthread_join(copier, NULL), 0);
	pthread_mutex_lock(&crowd->lock);
	crowd->quit = true;
	pthread_cond_broadcast(&crowd->changed);
	pthread_mutex_unlock(&crowd->lock);
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_join(workers[i], NULL), 0);
	assert_int_equal(atomic_load(&crowd->findings), 0);
	assert_int_equal(atomic_load(&crowd->failures), 0);
	close_crowd(crowd);
	pthread_cond_destroy(&crowd->changed);
	pthread_mutex_destroy(&crowd->lock);
	sw_free(crowd);
}

static void threads_work_and_look_while_the_loop_goes_on(void **state)
{
	live(0);
}

static void the_same_in_relaxed_mode(void **state)
{
	live(20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_work_and_look_while_the_loop_goes_on),
		cmocka_unit_test(the_same_in_relaxed_mode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
