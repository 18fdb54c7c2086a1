/* Engines on disk, with their commit thread, in real time: threads, ownership, and processes that die. */
#include "engine/engine.h"
#include "engine/internal.h"

#include "base/mem.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CHAIN                                                                   \
	"{\"StartAt\":\"A\",\"States\":{"                                       \
	"\"A\":{\"Type\":\"Task\",\"Resource\":\"function:a\",\"Next\":\"B\"}," \
	"\"B\":{\"Type\":\"Task\",\"Resource\":\"function:b\",\"Next\":\"C\"}," \
	"\"C\":{\"Type\":\"Task\",\"Resource\":\"function:c\",\"Next\":\"D\"}," \
	"\"D\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":\"E\"},"               \
	"\"E\":{\"Type\":\"Task\",\"Resource\":\"function:e\",\"End\":true}}}"
#define ONE                                                                                                  \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:a\",\"End\":true}}" \
	"}"

struct host {
	char directory[64];
	struct sw_poll_loop *loop;
	struct sw_engine *engine;
	struct sw_engine_options options;
	int replies;
	enum sw_result result;
	char arn[SW_ARN_TEXT_BYTES];
};

static int remove_directory(const char *directory)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command);
}

static int open_host(void **state)
{
	struct host *host = sw_zalloc(sizeof(*host));
	snprintf(host->directory, sizeof(host->directory), "/tmp/stepwell-engine-XXXXXX");
	assert_non_null(mkdtemp(host->directory));
	assert_int_equal(sw_poll_loop_new(&host->loop, NULL), SW_OK);
	host->options = SW_ENGINE_OPTIONS;
	host->options.data_directory = host->directory;
	host->options.loop = sw_poll_loop_hooks(host->loop);
	*state = host;
	return 0;
}

static int close_host(void **state)
{
	struct host *host = *state;
	sw_engine_free(host->engine);
	sw_poll_loop_free(host->loop);
	assert_int_equal(remove_directory(host->directory), 0);
	sw_free(host);
	return 0;
}

static void told(void *user, enum sw_result result, const struct sw_reply *reply, const struct sw_error *err)
{
	struct host *host = user;
	host->replies++;
	host->result = result;
	snprintf(host->arn, sizeof(host->arn), "%s", reply->arn ? reply->arn : "");
}

static void open_engine(struct host *host)
{
	struct sw_error err = {0};
	if (sw_engine_new(&host->options, &host->engine, &err) < 0)
		fail_msg("%s", err.text);
}

static void resume(struct host *host)
{
	assert_int_equal(sw_engine_resume(host->engine, SW_RESUME_ALL, NULL), SW_OK);
}

/* Runs the loop until so many replies have come (cmocka's timeout is the test's). */
static void await_replies(struct host *host, int replies)
{
	while (host->replies < replies)
		assert_int_equal(sw_poll_loop_run(host->loop, 1000, NULL), SW_OK);
}

static void await_idle(struct host *host)
{
	while (!sw_engine_is_idle(host->engine))
		assert_int_equal(sw_poll_loop_run(host->loop, 1000, NULL), SW_OK);
}

static void create(struct host *host, const char *name, const char *definition)
{
	struct sw_machine_params params = {
		.name = name, .definition = definition, .definition_len = strlen(definition)};
	int before = host->replies;
	assert_int_equal(sw_engine_create_machine(host->engine, &params, told, host, NULL, NULL), SW_OK);
	await_replies(host, before + 1);
	assert_int_equal(host->result, SW_OK);
}

static enum sw_status status_of(struct host *host, const char *arn)
{
	struct sw_execution_info info = {0};
	assert_int_equal(sw_reader_execution(sw_engine_reader(host->engine), arn, false, &info, NULL), SW_OK);
	enum sw_status status = info.status;
	sw_execution_info_done(&info);
	return status;
}

static void echo(void *user, struct sw_task *task)
{
	size_t len;
	const char *input = sw_task_input(task, &len);
	sw_task_succeed(task, input, len);
}

/* ---- threads ------------------------------------------------------------------------------------------ */

static void *complete_later(void *user)
{
	struct sw_task *task = user;
	usleep(1000);
	sw_task_heartbeat(task);
	sw_task_succeed(task, "\"from a thread\"", 15);
	return NULL;
}

static void hand_to_thread(void *user, struct sw_task *task)
{
	pthread_t *thread = user;
	assert_int_equal(pthread_create(thread, NULL, complete_later, task), 0);
}

static void a_task_may_be_completed_from_another_thread(void **state)
{
	struct host *host = *state;
	pthread_t thread;
	open_engine(host);
	assert_int_equal(sw_engine_on_task(host->engine, "function:a", hand_to_thread, NULL, &thread, NULL),
			 SW_OK);
	resume(host);
	create(host, "one", ONE);
	struct sw_start_params params = {.machine = "one"};
	assert_int_equal(sw_engine_start(host->engine, &params, told, host, NULL), SW_OK);
	await_replies(host, 2);
	await_idle(host);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(status_of(host, host->arn), SW_STATUS_SUCCEEDED);
}

static void keep(void *user, struct sw_task *task)
{
	*(struct sw_task **)user = task;
}

static void a_task_that_outlives_its_engine_is_told_that_it_is_closed(void **state)
{
	struct host *host = *state;
	struct sw_task *task = NULL;
	open_engine(host);
	assert_int_equal(sw_engine_on_task(host->engine, "function:a", keep, NULL, &task, NULL), SW_OK);
	resume(host);
	create(host, "one", ONE);
	struct sw_start_params params = {.machine = "one"};
	assert_int_equal(sw_engine_start(host->engine, &params, told, host, NULL), SW_OK);
	while (!task)
		assert_int_equal(sw_poll_loop_run(host->loop, 1000, NULL), SW_OK);
	sw_engine_free(host->engine);
	host->engine = NULL;
	assert_int_equal(sw_task_succeed(task, "1", 1), SW_ECLOSED);
}

static void many_executions_share_commits(void **state)
{
	struct host *host = *state;
	struct sw_engine_stats stats;
	open_engine(host);
	assert_int_equal(sw_engine_on_task(host->engine, "function:*", echo, NULL, NULL, NULL), SW_OK);
	resume(host);
	create(host, "one", ONE);
	struct sw_start_params params = {.machine = "one"};
	for (int i = 0; i < 2000; i++)
		assert_int_equal(sw_engine_start(host->engine, &params, told, host, NULL), SW_OK);
	await_replies(host, 2001);
	await_idle(host);
	sw_engine_stats(host->engine, &stats);
	assert_int_equal(stats.succeeded, 2000);
	assert_int_equal(stats.executions_in_memory, 0);
	assert_true(stats.commits < 500);
}

/* ---- ownership ---------------------------------------------------------------------------------------- */

static void a_directory_has_one_owner(void **state)
{
	struct host *host = *state;
	struct sw_engine *second = NULL;
	struct sw_error err = {0};
	char owner[32];
	open_engine(host);
	assert_int_equal(sw_engine_new(&host->options, &second, &err), SW_EOWNED);
	snprintf(owner, sizeof(owner), "process %d", (int)getpid());
	assert_non_null(strstr(err.text, owner));
	sw_engine_free(host->engine);
	open_engine(host); /* free again */
}

static void two_engines_in_one_process_share_nothing(void **state)
{
	struct host *first = *state, *second = NULL;
	open_host((void **)&second);
	open_engine(first);
	open_engine(second);
	for (int i = 0; i < 2; i++) {
		struct host *host = i ? second : first;
		assert_int_equal(sw_engine_on_task(host->engine, "function:*", echo, NULL, NULL, NULL),
				 SW_OK);
		resume(host);
		create(host, "one", ONE);
		struct sw_start_params params = {.machine = "one", .name = "n"};
		assert_int_equal(sw_engine_start(host->engine, &params, told, host, NULL), SW_OK);
	}
	await_replies(first, 2);
	await_replies(second, 2);
	await_idle(second);
	await_idle(first);
	assert_int_equal(status_of(first, first->arn), SW_STATUS_SUCCEEDED);
	assert_int_equal(status_of(second, second->arn), SW_STATUS_SUCCEEDED);
	close_host((void **)&second);
}

static void after_a_fork_the_child_is_refused(void **state)
{
	struct host *host = *state;
	open_engine(host);
	resume(host);
	pid_t child = fork();
	if (child == 0) {
		struct sw_start_params params = {.machine = "one"};
		bool refused = sw_engine_start(host->engine, &params, NULL, NULL, NULL) == SW_EFORKED;
		sw_engine_free(host->engine);
		_exit(refused ? 0 : 1);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	create(host, "one", ONE); /* the parent's goes on */
}

static unsigned descriptors(void)
{
	unsigned count = 0;
	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void nothing_is_left_behind(void **state)
{
	struct host *host = *state;
	unsigned before = descriptors();
	for (int i = 0; i < 3; i++) {
		open_engine(host);
		resume(host);
		if (i == 0)
			create(host, "one", ONE);
		sw_engine_free(host->engine);
		host->engine = NULL;
	}
	assert_int_equal(descriptors(), before);
}

/* ---- processes that die ------------------------------------------------------------------------------- */

/* Each task notes in a pipe that it ran: one whose completion was committed must not run again. */
struct witness {
	int fd;
};

struct note {
	char state;
	bool redelivery;
};

static void witnessed(void *user, struct sw_task *task)
{
	struct witness *witness = user;
	struct note note = {sw_task_resource(task)[9], sw_task_is_redelivery(task)};
	if (write(witness->fd, &note, sizeof(note)) != sizeof(note))
		_exit(9);
	echo(NULL, task);
}

static void run_and_die(struct host *host, int fd, uint64_t kill_at)
{
	struct witness witness = {fd};
	struct sw_engine_stats stats;
	if (sw_poll_loop_new(&host->loop, NULL) < 0)
		_exit(8);
	host->options.loop = sw_poll_loop_hooks(host->loop);
	if (sw_engine_new(&host->options, &host->engine, NULL) < 0)
		_exit(7);
	sw_engine_on_task(host->engine, "function:*", witnessed, NULL, &witness, NULL);
	sw_engine_resume(host->engine, SW_RESUME_ALL, NULL);
	struct sw_start_params params = {.machine = "chain", .name = "n", .input = "7", .input_len = 1};
	bool started = sw_engine_start(host->engine, &params, told, host, NULL) == SW_OK;
	do {
		sw_poll_loop_run(host->loop, 20, NULL);
		sw_engine_stats(host->engine, &stats);
	} while (started && stats.commits < kill_at && stats.succeeded == 0 && host->result == SW_OK);
	kill(getpid(), SIGKILL);
}

static void each_event(void *user, uint32_t id, const char *json, size_t len)
{
	uint32_t *last = user;
	assert_int_equal(id, *last + 1);
	*last = id;
}

static void no_death_makes_a_completed_task_run_again(void **state)
{
	struct host *host = *state;
	open_engine(host);
	create(host, "chain", CHAIN);
	sw_engine_free(host->engine);
	host->engine = NULL;
	/* Dies after its first commit, its second, ...; each child finds what the last one left. */
	int runs[128] = {0}, fresh[128] = {0}, pipes[2];
	assert_int_equal(pipe(pipes), 0);
	for (uint64_t kill_at = 1; kill_at <= 8; kill_at++) {
		host->replies = 0;
		host->result = SW_OK;
		pid_t child = fork();
		if (child == 0)
			run_and_die(host, pipes[1], 1 + kill_at % 3);
		int status = 0;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
	}
	struct witness witness = {pipes[1]};
	open_engine(host);
	assert_int_equal(sw_engine_on_task(host->engine, "function:*", witnessed, NULL, &witness, NULL),
			 SW_OK);
	resume(host);
	const char *arn = "arn:aws:states:us-east-1:123456789012:execution:chain:n";
	while (status_of(host, arn) == SW_STATUS_RUNNING)
		assert_int_equal(sw_poll_loop_run(host->loop, 100, NULL), SW_OK);
	assert_int_equal(status_of(host, arn), SW_STATUS_SUCCEEDED);
	close(pipes[1]);
	struct note note;
	char last = 'a';
	while (read(pipes[0], &note, sizeof(note)) == sizeof(note)) {
		runs[(unsigned char)note.state]++;
		fresh[(unsigned char)note.state] += !note.redelivery;
		assert_true(note.state >= last); /* never back to one that is done */
		last = note.state;
	}
	close(pipes[0]);
	for (const char *name = "abce"; *name; name++) {
		assert_true(runs[(unsigned char)*name] >= 1);
		assert_true(fresh[(unsigned char)*name] <= 1);
	}
	uint32_t last_id = 0, next_id;
	assert_int_equal(sw_reader_history(sw_engine_reader(host->engine), arn, 1, 1000, false, true,
					   each_event, &last_id, &next_id, NULL),
			 SW_OK);
	assert_int_equal(last_id, 24);
}

#define WITH_HOST(test) cmocka_unit_test_setup_teardown(test, open_host, close_host)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOST(a_task_may_be_completed_from_another_thread),
		WITH_HOST(a_task_that_outlives_its_engine_is_told_that_it_is_closed),
		WITH_HOST(many_executions_share_commits),
		WITH_HOST(a_directory_has_one_owner),
		WITH_HOST(two_engines_in_one_process_share_nothing),
		WITH_HOST(after_a_fork_the_child_is_refused),
		WITH_HOST(nothing_is_left_behind),
		WITH_HOST(no_death_makes_a_completed_task_run_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
