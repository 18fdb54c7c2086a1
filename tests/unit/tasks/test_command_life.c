/* Time-outs, cancellation, queues, and the ends of helpers and owners. */
#include "fixture.h"

#include "engine/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Writes its own number and that of a process in the background into the file pids, and never ends. */
#define FOREVER "sleep 1000 & echo $$ $! > pids; wait"

static void wait_pids(struct fixture *f, pid_t *ret_leader, pid_t *ret_other)
{
	char *rest;
	*ret_leader = (pid_t)strtol(fixture_wait_file(f, "pids"), &rest, 10);
	*ret_other = (pid_t)strtol(rest, NULL, 10);
	assert_true(*ret_leader > 1 && *ret_other > 1);
}

static void a_time_out_of_the_resource_ends_the_whole_group(void **state)
{
	struct fixture *f = *state;
	pid_t leader, other;
	fixture_open(f,
		     "{`resources`: {`c`: {`command`: [`sh`, `-c`, `" FOREVER "`], `timeoutSeconds`: 1}}}");
	sw_task_unref(fixture_start(f, "c", "1"));
	wait_pids(f, &leader, &other);
	fixture_wait(f, 1);
	assert_int_equal(f->completions[0]->kind, SW_COMPLETION_TIMED_OUT);
	assert_string_equal(f->completions[0]->error, "States.Timeout");
	assert_non_null(strstr(f->completions[0]->cause, "1 seconds"));
	fixture_wait_process_end(f, leader);
	fixture_wait_process_end(f, other);
	fixture_wait_idle(f);
	assert_int_equal(f->count, 1);
}

static void the_time_out_of_the_state_comes_first(void **state)
{
	struct fixture *f = *state;
	pid_t leader, other;
	fixture_open(f, "{`resources`: {`c`: {`command`: [`sh`, `-c`, `" FOREVER
			"`], `timeoutSeconds`: 1000}}}");
	sw_task_unref(fixture_start_timed(f, "c", "1", 700));
	wait_pids(f, &leader, &other);
	fixture_wait(f, 1);
	assert_int_equal(f->completions[0]->kind, SW_COMPLETION_TIMED_OUT);
	assert_null(f->completions[0]->cause);
	fixture_wait_process_end(f, other);
}

static void an_attempt_can_time_out_while_it_waits_in_the_queue(void **state)
{
	struct fixture *f = *state;
	f->options.limits.command_processes_max = 1;
	fixture_open(f, "{`resources`: {`c`: {`command`: [`sleep`, `1000`]}}}");
	struct sw_task *first = fixture_start(f, "c", "1");
	sw_task_unref(fixture_start_timed(f, "c", "1", 50));
	assert_int_equal(sw_commands_provider_busy(f->provider), 2);
	fixture_wait(f, 1);
	assert_int_equal(f->completions[0]->execution_id, 2);
	assert_int_equal(f->completions[0]->kind, SW_COMPLETION_TIMED_OUT);
	assert_int_equal(sw_commands_provider_busy(f->provider), 1);
	fixture_cancel(f, first);
	sw_task_unref(first);
	fixture_wait_idle(f);
}

static void cancelling_ends_a_program_that_ignores_sigterm(void **state)
{
	struct fixture *f = *state;
	pid_t leader, other;
	fixture_open(f, "{`resources`: {`c`: {`command`: [`sh`, `-c`, `trap '' TERM; " FOREVER
			"; wait; wait`]}}}");
	struct sw_task *task = fixture_start(f, "c", "1");
	wait_pids(f, &leader, &other);
	fixture_cancel(f, task);
	fixture_cancel(f, task); /* once more does nothing */
	sw_task_unref(task);
	assert_int_equal(sw_commands_provider_busy(f->provider), 1);
	fixture_wait_idle(f);
	assert_true(process_ended(leader));
	assert_true(process_ended(other));
	assert_int_equal(f->count, 0);
}

static void a_stopped_program_hears_its_end(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, "{`resources`: {`c`: {`command`: [`sh`, `-c`, `trap 'echo 1 > bye; exit' TERM; echo "
			"1 > ready; kill -STOP $$; sleep 1000`]}}}");
	struct sw_task *task = fixture_start(f, "c", "1");
	fixture_wait_file(f, "ready");
	fixture_cancel(f, task);
	sw_task_unref(task);
	fixture_wait_file(f, "bye");
	fixture_wait_idle(f);
}

static void what_is_left_in_the_background_is_ended_and_not_waited_for(void **state)
{
	struct fixture *f = *state;
	pid_t leader, other;
	fixture_open(f, "{`resources`: {`c`: {`command`: [`sh`, `-c`, `sleep 1000 & echo $$ $! > pids; echo "
			"'[7]'`]}}}");
	assert_string_equal(fixture_run(f, "c", "1")->output, "[7]");
	wait_pids(f, &leader, &other);
	fixture_wait_process_end(f, other);
	fixture_wait_idle(f);
}

static void output_written_just_after_the_programs_end_is_kept(void **state)
{
	struct fixture *f = *state;
	fixture_open(f,
		     "{`resources`: {`c`: {`command`: [`sh`, `-c`, `(sleep 0.05; echo 2]) & echo [1,`]}}}");
	assert_string_equal(fixture_run(f, "c", "1")->output, "[1,\n2]");
}

static void one_at_a_time_and_in_order_by_max_concurrency(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, "{`resources`: {`c`: {`command`: [`sh`, `-c`, `read n; echo +$n >> log; sleep 0.02; "
			"echo -$n >> log; echo $n`],\n"
			"`maxConcurrency`: 1}}}");
	const char *inputs[] = {"1", "2", "3", "4", "5"};
	for (size_t i = 0; i < 5; i++)
		sw_task_unref(fixture_start(f, "c", inputs[i]));
	fixture_wait(f, 5);
	assert_string_equal(fixture_wait_file(f, "log"), "+1\n-1\n+2\n-2\n+3\n-3\n+4\n-4\n+5\n-5\n");
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(f->completions[i]->execution_id, i + 1);
}

static void the_overall_limit_is_first_come_first_served(void **state)
{
	struct fixture *f = *state;
	f->options.limits.command_processes_max = 1;
	fixture_open(f, "{`resources`: {`*`: {`command`: [`cat`]}, `a*`: {`command`: [`cat`]}, `b*`: "
			"{`command`: [`cat`]}}}");
	const char *resources[] = {"a", "b", "c", "b", "a", "c", "c", "a"};
	for (size_t i = 0; i < 8; i++)
		sw_task_unref(fixture_start(f, resources[i], "1"));
	fixture_wait(f, 8);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(f->completions[i]->execution_id, i + 1);
}

static void a_resource_that_is_full_does_not_hold_up_others(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, "{`resources`: {`slow`: {`command`: [`sleep`, `1000`], `maxConcurrency`: 1},\n"
			"`quick`: {`command`: [`cat`]}}}");
	struct sw_task *running = fixture_start(f, "slow", "1"), *waiting = fixture_start(f, "slow", "2");
	assert_string_equal(fixture_run(f, "quick", "3")->output, "3");
	fixture_cancel(f, waiting);
	assert_int_equal(sw_commands_provider_busy(f->provider), 1);
	fixture_cancel(f, running);
	fixture_wait_idle(f);
	assert_int_equal(f->count, 1);
	sw_task_unref(running);
	sw_task_unref(waiting);
}

static void two_hundred_quick_commands_leave_nothing_behind(void **state)
{
	struct fixture *f = *state;
	f->options.limits.command_processes_max = 16;
	fixture_open(f, "{`resources`: {`c`: {`command`: [`cat`]}}}");
	assert_string_equal(fixture_run(f, "c", "1")->output, "1");
	fixture_wait_idle(f);
	int fds = count_fds();
	for (int i = 0; i < 200; i++)
		sw_task_unref(fixture_start(f, "c", "{\"n\": 1}"));
	fixture_wait(f, 201);
	for (size_t i = 1; i < f->count; i++)
		assert_string_equal(f->completions[i]->output, "{\"n\": 1}");
	fixture_wait_idle(f);
	assert_int_equal(count_fds(), fds);
}

static void a_killed_helper_fails_what_ran_and_is_started_again(void **state)
{
	struct fixture *f = *state;
	f->options.lock_directory = f->directory;
	fixture_open(
		f, "{`resources`: {`c`: {`command`: [`sh`, `-c`, `sleep 1000 & echo $PPID $! > pids; wait`], "
		   "`maxConcurrency`: 1},\n"
		   "`quick`: {`command`: [`cat`]}}}");
	pid_t helper, program; /* of what the command started in the background */
	sw_task_unref(fixture_start(f, "c", "1"));
	wait_pids(f, &helper, &program);
	assert_int_equal(kill(helper, SIGKILL), 0);
	fixture_wait(f, 1);
	assert_failed(f->completions[0], "Stepwell.CommandFailed",
		      "stepwell-helper ended while the command ran");
	assert_int_equal(sw_commands_provider_busy(f->provider), 0);
	fixture_wait_process_end(f, program);
	assert_string_equal(fixture_run(f, "quick", "7")->output, "7");
}

static void signals_that_go_to_all_do_not_end_the_helper(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, "{`resources`: {`c`: {`command`: [`sh`, `-c`, `kill -TERM $PPID; kill -INT $PPID; "
			"kill -HUP $PPID; echo 1`]}}}");
	assert_string_equal(fixture_run(f, "c", "1")->output, "1");
	assert_string_equal(fixture_run(f, "c", "1")->output, "1");
}

static void a_helper_that_cannot_be_started_says_why(void **state)
{
	struct fixture *f = *state;
	f->options.helper_path = "/no/such/helper";
	fixture_open(f, "{`resources`: {`c`: {`command`: [`cat`]}}}");
	assert_failed(fixture_run(f, "c", "1"), "Stepwell.CommandFailed",
		      "cannot start /no/such/helper: No such file or directory");
	assert_int_equal(sw_commands_provider_busy(f->provider), 0);
}

static void a_program_that_is_no_helper_fails_the_task(void **state)
{
	struct fixture *f = *state;
	f->options.helper_path = "/bin/true";
	fixture_open(f, "{`resources`: {`c`: {`command`: [`cat`]}}}");
	assert_failed(fixture_run(f, "c", "1"), "Stepwell.CommandFailed", "stepwell-helper ended");
}

static void closing_ends_every_group_in_either_order(void **state)
{
	struct fixture *f = *state;
	pid_t leader, other;
	char path[128];
	snprintf(path, sizeof(path), "%s/pids", f->directory);
	for (int order = 0; order < 2; order++) {
		fixture_open(f, "{`resources`: {`c`: {`command`: [`sh`, `-c`, `" FOREVER
				"`], `maxConcurrency`: 1}}}");
		sw_task_unref(fixture_start(f, "c", "1"));
		sw_task_unref(fixture_start(f, "c", "2"));
		wait_pids(f, &leader, &other);
		if (order) {
			sw_routes_free(f->routes);
			f->routes = NULL;
		}
		fixture_close(f);
		fixture_wait_process_end(f, leader);
		fixture_wait_process_end(f, other);
		unlink(path);
	}
	assert_int_equal(f->count, 0);
}

static void closing_at_once_leaves_no_zombie(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, "{`resources`: {`c`: {`command`: [`cat`]}}}");
	sw_task_unref(fixture_start(f, "c", "1")); /* the teardown looks for children */
}

/* The process that is killed: owns a helper with a running command, and a copy of its socket is open
 * elsewhere. */
static _Noreturn void be_owner(struct fixture *f)
{
	static const char resources[] =
		"{`resources`: {`c`: {`command`: [`sh`, `-c`, `trap '' TERM; " FOREVER "; wait; wait`]}}}";
	struct sw_poll_loop *loop;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sw_poll_loop_new(&loop, NULL) < 0)
		_exit(1);
	f->options.loop = sw_poll_loop_hooks(loop);
	fixture_open(f, resources);
	sw_task_unref(fixture_start(f, "c", "1"));
	pid_t copy = fork();
	if (copy == 0)
		for (;;)
			pause();
	char path[128];
	snprintf(path, sizeof(path), "%s/copy", f->directory);
	FILE *file = fopen(path, "w");
	if (!file || fprintf(file, "%d\n", (int)copy) < 0 || fclose(file) != 0)
		_exit(1);
	for (;;)
		sw_poll_loop_run(loop, 1000, NULL);
}

static void the_next_owner_sees_the_helper_of_a_killed_one_until_all_has_ended(void **state)
{
	struct fixture *f = *state;
	pid_t leader, other;
	f->options.lock_directory = f->directory;
	pid_t owner = fork();
	if (owner == 0)
		be_owner(f);
	wait_pids(f, &leader, &other);
	pid_t copy = (pid_t)atoi(fixture_wait_file(f, "copy"));
	fixture_open(
		f, "{`resources`: {`c`: {`command`: [`sh`, `-c`, `kill -0 $(cat pids) 2> err; echo $?`]}}}");
	assert_true(sw_commands_provider_old_helper(f->provider));
	assert_int_equal(kill(owner, SIGKILL), 0);
	assert_int_equal(waitpid(owner, NULL, 0), owner);
	/* ignores SIGTERM, so that there is time to see that the lock is still held */
	assert_true(sw_commands_provider_old_helper(f->provider));
	/* and nothing starts before the old processes are gone, even if nobody asks */
	const struct sw_completion *done = fixture_run(f, "c", "1");
	assert_int_equal(done->kind, SW_COMPLETION_SUCCEEDED);
	assert_string_equal(done->output, "1");
	assert_true(process_ended(leader));
	assert_true(process_ended(other));
	assert_false(sw_commands_provider_old_helper(f->provider));
	assert_int_equal(kill(copy, SIGKILL), 0);
}

static void without_a_lock_directory_there_is_no_old_helper(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, "{`resources`: {}}");
	assert_false(sw_commands_provider_old_helper(f->provider));
	sw_commands_provider_free(NULL);
}

static void a_lock_that_cannot_be_made_fails_the_task(void **state)
{
	struct fixture *f = *state;
	f->options.lock_directory = "/no/such/directory";
	fixture_open(f, "{`resources`: {`c`: {`command`: [`cat`]}}}");
	assert_false(sw_commands_provider_old_helper(f->provider));
	assert_failed(fixture_run(f, "c", "1"), "Stepwell.CommandFailed",
		      "/no/such/directory/HELPER.LOCK: No such");
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(a_time_out_of_the_resource_ends_the_whole_group),
		WITH_FIXTURE(the_time_out_of_the_state_comes_first),
		WITH_FIXTURE(an_attempt_can_time_out_while_it_waits_in_the_queue),
		WITH_FIXTURE(cancelling_ends_a_program_that_ignores_sigterm),
		WITH_FIXTURE(a_stopped_program_hears_its_end),
		WITH_FIXTURE(what_is_left_in_the_background_is_ended_and_not_waited_for),
		WITH_FIXTURE(output_written_just_after_the_programs_end_is_kept),
		WITH_FIXTURE(one_at_a_time_and_in_order_by_max_concurrency),
		WITH_FIXTURE(the_overall_limit_is_first_come_first_served),
		WITH_FIXTURE(a_resource_that_is_full_does_not_hold_up_others),
		WITH_FIXTURE(two_hundred_quick_commands_leave_nothing_behind),
		WITH_FIXTURE(a_killed_helper_fails_what_ran_and_is_started_again),
		WITH_FIXTURE(signals_that_go_to_all_do_not_end_the_helper),
		WITH_FIXTURE(a_helper_that_cannot_be_started_says_why),
		WITH_FIXTURE(a_program_that_is_no_helper_fails_the_task),
		WITH_FIXTURE(closing_ends_every_group_in_either_order),
		WITH_FIXTURE(closing_at_once_leaves_no_zombie),
		WITH_FIXTURE(the_next_owner_sees_the_helper_of_a_killed_one_until_all_has_ended),
		WITH_FIXTURE(without_a_lock_directory_there_is_no_old_helper),
		WITH_FIXTURE(a_lock_that_cannot_be_made_fails_the_task),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
