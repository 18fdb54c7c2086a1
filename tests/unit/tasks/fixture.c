#include "fixture.h"

#include "base/mem.h"
#include "engine/loop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURNS_MAX 3000 /* of 10 ms: the guard against waiting for ever, no statement about speed */
#define TURN_MS 10

int count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;
	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return count;
}

const char *quoted(const char *text)
{
	static char buffer[16384];
	assert_true(strlen(text) < sizeof(buffer));
	strcpy(buffer, text);
	for (char *at = buffer; *at; at++)
		if (*at == '`')
			*at = '"';
	return buffer;
}

int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	f->fds_before = count_fds();
	strcpy(f->directory, "/tmp/stepwell-tasks-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	assert_int_equal(sw_poll_loop_new(&f->loop, NULL), SW_OK);
	assert_int_equal(sw_inbox_new(&f->inbox, NULL), SW_OK);
	f->options = (struct sw_commands_options){
		.loop = sw_poll_loop_hooks(f->loop),
		.helper_path = getenv("STEPWELL_HELPER"),
		.directory = f->directory,
		.limits = SW_LIMITS,
	};
	*state = f;
	return 0;
}

static void remove_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		closedir(directory);
	rmdir(path);
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	fixture_close(f);
	sw_inbox_unref(f->inbox);
	sw_poll_loop_free(f->loop);
	for (size_t i = 0; i < f->count; i++)
		sw_completion_free(f->completions[i]);
	remove_directory(f->directory);
	assert_int_equal(count_fds(), f->fds_before);
	/* the helper is nobody's child here, and what started it was waited for */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	free(f);
	return 0;
}

void fixture_open(struct fixture *f, const char *resources)
{
	struct sw_error err = {0};
	const char *text = quoted(resources);
	assert_int_equal(sw_routes_new(&f->routes), SW_OK);
	assert_int_equal(sw_commands_provider_new(&f->options, &f->provider, &err), SW_OK);
	if (sw_resources_load(text, strlen(text), f->provider, f->routes, &err) != SW_OK)
		fail_msg("%u:%u: %s: %s", err.line, err.column, err.pointer, err.text);
}

void fixture_close(struct fixture *f)
{
	sw_commands_provider_free(f->provider);
	sw_routes_free(f->routes);
	f->provider = NULL;
	f->routes = NULL;
}

struct sw_task *fixture_task(struct fixture *f, const char *resource, const char *input)
{
	struct sw_task *task = sw_zalloc(sizeof(*task));
	assert_non_null(task);
	*task = (struct sw_task){
		.references = 2,
		.inbox = sw_inbox_ref(f->inbox),
		.execution_id = ++f->last_id,
		.attempt = 1,
		.resource = sw_strdup(resource),
		.input = sw_strdup(input),
		.input_len = strlen(input),
		.token = sw_strdup("the-token"),
		.idempotency_key = sw_strdup("the-key"),
		.execution_arn = sw_strdup("arn:aws:states:us-east-1:123456789012:execution:m:e"),
		.state_name = sw_strdup("Ship it"),
		.retry_count = 2,
		.timeout_ms = SW_NEVER,
	};
	return task;
}

struct sw_task *fixture_start_timed(struct fixture *f, const char *resource, const char *input,
				    int64_t timeout_ms)
{
	struct sw_task *task = fixture_task(f, resource, input);
	task->timeout_ms = timeout_ms;
	task->route = sw_routes_find(f->routes, resource);
	assert_non_null(task->route);
	task->route->ops->start(task->route, task);
	return task;
}

struct sw_task *fixture_start(struct fixture *f, const char *resource, const char *input)
{
	return fixture_start_timed(f, resource, input, SW_NEVER);
}

void fixture_cancel(struct fixture *f, struct sw_task *task)
{
	task->route->ops->cancel(task->route, task);
}

void fixture_turn(struct fixture *f, int timeout_ms)
{
	struct sw_completion *next = NULL;
	assert_int_equal(sw_poll_loop_run(f->loop, timeout_ms, NULL), SW_OK);
	for (struct sw_completion *at = sw_inbox_take(f->inbox); at; at = next) {
		next = at->next;
		assert_true(f->count < sizeof(f->completions) / sizeof(f->completions[0]));
		f->completions[f->count++] = at;
	}
}

void fixture_wait(struct fixture *f, size_t count)
{
	for (int turns = 0; f->count < count; turns++) {
		if (turns > TURNS_MAX)
			fail_msg("%zu of %zu completions came", f->count, count);
		fixture_turn(f, TURN_MS);
	}
}

void fixture_wait_idle(struct fixture *f)
{
	for (int turns = 0; sw_commands_provider_busy(f->provider) > 0; turns++) {
		if (turns > TURNS_MAX)
			fail_msg("%u commands still run", sw_commands_provider_busy(f->provider));
		fixture_turn(f, TURN_MS);
	}
}

/* Orphans of a killed helper may stay as zombies where nobody reaps them, as in a container. */
bool process_ended(pid_t pid)
{
	char path[64], text[256] = "";
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return true;
	size_t got = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[got] = '\0';
	const char *name_end = strrchr(text, ')');
	return !name_end || name_end[1] != ' ' || name_end[2] == 'Z' || name_end[2] == 'X';
}

void fixture_wait_process_end(struct fixture *f, pid_t pid)
{
	for (int turns = 0; !process_ended(pid); turns++) {
		if (turns > TURNS_MAX)
			fail_msg("process %d still runs", (int)pid);
		sw_poll_loop_run(f->loop, 0, NULL);
		usleep(TURN_MS * 1000);
	}
}

const struct sw_completion *fixture_run(struct fixture *f, const char *resource, const char *input)
{
	size_t before = f->count;
	sw_task_unref(fixture_start(f, resource, input));
	fixture_wait(f, before + 1);
	return f->completions[before];
}

const char *fixture_wait_file(struct fixture *f, const char *name)
{
	static char text[65536];
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", f->directory, name);
	for (int turns = 0;; turns++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t got = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
		if (fd >= 0)
			close(fd);
		if (got > 0 && text[got - 1] == '\n') {
			text[got] = '\0';
			return text;
		}
		if (turns > TURNS_MAX)
			fail_msg("%s is not there", path);
		sw_poll_loop_run(f->loop, 0, NULL);
		usleep(TURN_MS * 1000);
	}
}
