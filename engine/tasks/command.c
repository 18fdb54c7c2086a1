/*
 * Commands of the operator: the queue, the jobs, and the conversation with stepwell-helper, which has the
 * processes. A job's place counts as taken until the last process of its group has ended, so that the limits
 * hold for what runs and not only for what is waited for.
 */
#include "engine/tasks/command.h"
#include "base/assert.h"
#include "base/mem.h"
#include "engine/tasks/libexecdir.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCK_RETRY_MS 100
#define HELLO_MS 10000               /* a helper that says nothing for so long is no helper */
#define OUTPUT_BYTES_MAX (32u << 20) /* of any limit: a RESULT must fit a frame */

static void dispatch(struct sw_commands_provider *provider);

/* ---- lists ----------------------------------------------------------------------------------- */

static void enqueue(struct sw_command_job *job)
{
	struct sw_command *command = job->command;
	struct sw_commands_provider *provider = command->provider;
	job->prev = command->last;
	if (command->last)
		command->last->next = job;
	else
		command->first = job;
	command->last = job;
	provider->waiting_count++;
	if (command->first != job)
		return;
	command->next = provider->waiting;
	if (command->next)
		command->next->prev = command;
	provider->waiting = command;
}

static void dequeue(struct sw_command_job *job)
{
	struct sw_command *command = job->command;
	struct sw_commands_provider *provider = command->provider;
	*(job->prev ? &job->prev->next : &command->first) = job->next;
	*(job->next ? &job->next->prev : &command->last) = job->prev;
	job->prev = job->next = NULL;
	provider->waiting_count--;
	if (command->first)
		return;
	*(command->prev ? &command->prev->next : &provider->waiting) = command->next;
	if (command->next)
		command->next->prev = command->prev;
	command->prev = command->next = NULL;
}

static void add_running(struct sw_command_job *job)
{
	struct sw_commands_provider *provider = job->provider;
	job->sent = true;
	job->next = provider->running;
	if (job->next)
		job->next->prev = job;
	provider->running = job;
	provider->running_count++;
	job->command->jobs_count++;
}

static void remove_running(struct sw_command_job *job)
{
	struct sw_commands_provider *provider = job->provider;
	*(job->prev ? &job->prev->next : &provider->running) = job->next;
	if (job->next)
		job->next->prev = job->prev;
	provider->running_count--;
	if (job->command)
		job->command->jobs_count--;
}

static struct sw_command_job *find_running(const struct sw_commands_provider *provider, uint64_t id)
{
	struct sw_command_job *job = provider->running;
	while (job && job->id != id)
		job = job->next;
	return job;
}

/* ---- one job --------------------------------------------------------------------------------- */

static enum sw_result set_alarm(struct sw_command_job *job, int64_t timeout_ms)
{
	const struct sw_loop *loop = job->provider->loop;
	int64_t due_ms = SW_NEVER;
	if (timeout_ms != SW_NEVER &&
	    __builtin_add_overflow(loop->ops->mono_ms(loop->data), timeout_ms, &due_ms))
		due_ms = SW_NEVER;
	return loop->ops->alarm(loop->data, &job->alarm, due_ms);
}

/* The task leaves the job, to be completed or let go. NULL when it did already. */
static struct sw_task *take_task(struct sw_command_job *job)
{
	struct sw_task *task = job->task;
	if (task) {
		task->provider_data = NULL;
		job->task = NULL;
		set_alarm(job, SW_NEVER);
	}
	return task;
}

/* job is in no list. */
static void job_free(struct sw_command_job *job)
{
	sw_task_unref(take_task(job));
	sw_free(job);
}

static void job_fail(struct sw_command_job *job, const char *cause)
{
	struct sw_task *task = take_task(job);
	if (task)
		sw_task_fail(task, "Stepwell.CommandFailed", cause);
}

/* ---- to the helper --------------------------------------------------------------------------- */

static void watch_channel(struct sw_commands_provider *provider)
{
	unsigned interest = SW_READABLE;
	if (sw_channel_pending(&provider->channel))
		interest |= SW_WRITABLE;
	if (interest != provider->interest &&
	    provider->loop->ops->watch(provider->loop->data, &provider->watch, interest) == SW_OK)
		provider->interest = interest;
}

/* A broken socket shows when it is read. */
static void flush(struct sw_commands_provider *provider)
{
	if (provider->channel.fd < 0)
		return;
	sw_channel_flush(&provider->channel);
	watch_channel(provider);
}

static void append_text(struct sw_channel *channel, const char *text)
{
	sw_channel_blob(channel, text, strlen(text) + 1);
}

/* NAME=VALUE; nothing when there is no value. Returns how many were written. */
static uint32_t append_variable(struct sw_channel *channel, const char *name, const char *value)
{
	size_t name_len = strlen(name), value_len = value ? strlen(value) : 0;
	if (!value)
		return 0;
	sw_buf_be32(&channel->out, (uint32_t)(name_len + value_len + 2));
	sw_buf_append(&channel->out, name, name_len);
	sw_buf_char(&channel->out, '=');
	sw_buf_append(&channel->out, value, value_len + 1);
	return 1;
}

static bool sets_variable(const struct sw_command_config *config, const char *name)
{
	size_t len = strlen(name);
	for (char **entry = config->environment; *entry; entry++)
		if (strncmp(*entry, name, len) == 0 && (*entry)[len] == '=')
			return true;
	return false;
}

/* Little of the host, what the operator says, and what the attempt is. */
static void append_environment(struct sw_channel *channel, const struct sw_command_job *job)
{
	static const char *const inherited[] = {"PATH", "HOME", "LANG", "TZ", "USER"};
	const struct sw_command_config *config = &job->command->config;
	const struct sw_task *task = job->task;
	char attempt[16];
	uint32_t count = 0;
	size_t count_at = channel->out.len;
	sw_buf_be32(&channel->out, 0);
	for (size_t i = 0; i < sizeof(inherited) / sizeof(inherited[0]); i++)
		if (!sets_variable(config, inherited[i]))
			count += append_variable(channel, inherited[i], getenv(inherited[i]));
	for (char **entry = config->environment; *entry; entry++, count++)
		append_text(channel, *entry);
	snprintf(attempt, sizeof(attempt), "%u", task->retry_count);
	count += append_variable(channel, "STEPWELL_TASK_TOKEN", task->token);
	count += append_variable(channel, "STEPWELL_IDEMPOTENCY_KEY", task->idempotency_key);
	count += append_variable(channel, "STEPWELL_EXECUTION_ARN", task->execution_arn);
	count += append_variable(channel, "STEPWELL_STATE_NAME", task->state_name);
	count += append_variable(channel, "STEPWELL_ATTEMPT", attempt);
	if (!channel->out.failed)
		for (int i = 0; i < 4; i++)
			channel->out.data[count_at + (size_t)i] = (char)(count >> (24 - 8 * i));
}

static enum sw_result send_run(struct sw_commands_provider *provider, const struct sw_command_job *job)
{
	struct sw_channel *channel = &provider->channel;
	const struct sw_command_config *config = &job->command->config;
	uint32_t output_bytes_max = provider->limits.command_output_bytes_max, argc = 0;
	bool forward = sw_log_wants(&provider->log, SW_LOG_DEBUG);
	size_t input_len = job->task->input_len;
	if (input_len >= SW_FRAME_BODY_BYTES_MAX)
		return SW_ELIMIT;
	size_t begun = sw_channel_begin(channel, SW_FRAME_RUN, job->id);
	sw_buf_be32(&channel->out, output_bytes_max < OUTPUT_BYTES_MAX ? output_bytes_max : OUTPUT_BYTES_MAX);
	sw_buf_be32(&channel->out, forward ? SW_RUN_FORWARD_STDERR : 0);
	append_text(channel, config->directory);
	while (config->argv[argc])
		argc++;
	sw_buf_be32(&channel->out, argc);
	for (char **arg = config->argv; *arg; arg++)
		append_text(channel, *arg);
	append_environment(channel, job);
	/* The input is one line, for programs that read lines. */
	sw_buf_be32(&channel->out, (uint32_t)input_len + 1);
	if (input_len)
		sw_buf_append(&channel->out, job->task->input, input_len);
	sw_buf_char(&channel->out, '\n');
	return sw_channel_end(channel, begun);
}

/* Nobody waits for it any more: its group is to end. Its place stays taken until then. */
static void end_running(struct sw_command_job *job)
{
	struct sw_commands_provider *provider = job->provider;
	size_t begun = sw_channel_begin(&provider->channel, SW_FRAME_END, job->id);
	if (sw_channel_end(&provider->channel, begun) < 0)
		SW_LOG(&provider->log, SW_LOG_WARNING, "out of memory: a command that was to end goes on");
	flush(provider);
}

/* ---- from the helper ------------------------------------------------------------------------- */

/* The helper is gone, or of no use: what it had failed, what waits gets a new one. */
static void helper_lost(struct sw_commands_provider *provider, const char *why)
{
	provider->loop->ops->watch(provider->loop->data, &provider->watch, 0);
	provider->interest = 0;
	sw_channel_done(&provider->channel);
	if (provider->running)
		SW_LOG(&provider->log, SW_LOG_ERROR, "%s; %u commands were running", why,
		       provider->running_count);
	while (provider->running) {
		struct sw_command_job *job = provider->running;
		/*
		 * A helper that was killed takes its programs with it, but not what those started. The number
		 * is still the group's own: the helper had not yet said that the group is gone.
		 */
		if (job->group > 1)
			kill(-job->group, SIGKILL);
		remove_running(job);
		job_fail(job, why);
		job_free(job);
	}
}

/* Each line of what a program wrote to stderr, in the debug log. */
static void log_stderr(struct sw_commands_provider *provider, const struct sw_command_job *job,
		       struct sw_slice text)
{
	const char *at = text.data, *end = at + text.len;
	while (job->command && text.len && at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);
		if (len)
			SW_LOG(&provider->log, SW_LOG_DEBUG, "%s: %.*s", job->command->config.argv[0],
			       len > 800 ? 800 : (int)len, at);
		at += len + 1;
	}
}

static bool result_frame(struct sw_command_job *job, struct sw_slice body)
{
	struct sw_cursor cursor = sw_cursor(body);
	struct sw_command_result result = {.how = (enum sw_command_how)sw_cursor_be32(&cursor)};
	result.number = sw_cursor_be32(&cursor);
	result.tail = sw_frame_blob(&cursor);
	result.output = sw_frame_blob(&cursor);
	if (cursor.failed)
		return false;
	struct sw_task *task = take_task(job);
	if (task)
		sw_command_complete(task, &job->command->config, &result);
	return true;
}

static const char *take_frame(struct sw_commands_provider *provider, const struct sw_frame *frame)
{
	static const char *const nonsense = "stepwell-helper sent something that is not understood";
	if (frame->kind == SW_FRAME_HELLO) {
		struct sw_cursor cursor = sw_cursor(frame->body);
		provider->greeted = true;
		provider->loop->ops->alarm(provider->loop->data, &provider->helper_alarm, SW_NEVER);
		return sw_cursor_be32(&cursor) == SW_HELPER_VERSION ? NULL
								    : "stepwell-helper is of another version";
	}
	struct sw_command_job *job = find_running(provider, frame->job);
	if (!provider->greeted || !job)
		return nonsense;
	switch (frame->kind) {
	case SW_FRAME_STARTED: {
		struct sw_cursor cursor = sw_cursor(frame->body);
		uint32_t group = sw_cursor_be32(&cursor);
		job->group = group > INT32_MAX ? 0 : (pid_t)group;
		return NULL;
	}
	case SW_FRAME_STDERR:
		log_stderr(provider, job, frame->body);
		return NULL;
	case SW_FRAME_RESULT:
		return result_frame(job, frame->body) ? NULL : nonsense;
	case SW_FRAME_GONE:
		remove_running(job);
		job_fail(job, nonsense); /* RESULT comes first; without it the task would wait for ever */
		job_free(job);
		return NULL;
	default:
		return nonsense;
	}
}

static void channel_ready(struct sw_watch *watch, unsigned interest)
{
	struct sw_commands_provider *provider = watch->user;
	struct sw_frame frame;
	const char *why = NULL;
	enum sw_result next = SW_OK, received = sw_channel_receive(&provider->channel);
	while (!why && (next = sw_channel_next(&provider->channel, &frame)) == SW_OK)
		why = take_frame(provider, &frame);
	if (!why && next == SW_ECORRUPT)
		why = "stepwell-helper sent something that is not understood";
	if (!why && received < 0)
		why = received == SW_ENOMEM ? "out of memory" : "stepwell-helper ended while the command ran";
	if (why)
		helper_lost(provider, why);
	flush(provider);
	dispatch(provider);
}

/* ---- the queue ------------------------------------------------------------------------------- */

static bool has_room(const struct sw_command *command)
{
	return command->config.concurrency_max == 0 || command->jobs_count < command->config.concurrency_max;
}

/* The oldest job that may start; NULL when none. */
static struct sw_command_job *next_job(const struct sw_commands_provider *provider)
{
	struct sw_command_job *oldest = NULL;
	if (provider->running_count >= provider->limits.command_processes_max)
		return NULL;
	for (struct sw_command *command = provider->waiting; command; command = command->next)
		if (has_room(command) && (!oldest || command->first->id < oldest->id))
			oldest = command->first;
	return oldest;
}

/* SW_OK: sent. SW_EBUSY: not now. */
static enum sw_result start_job(struct sw_commands_provider *provider, struct sw_command_job *job,
				struct sw_error *err)
{
	const struct sw_loop *loop = provider->loop;
	bool running = provider->channel.fd >= 0;
	enum sw_result r = sw_helper_start(provider, err);
	if (r < 0)
		return r;
	if (!running) {
		provider->watch.fd = provider->channel.fd;
		provider->interest = 0;
		watch_channel(provider);
		if (!provider->interest || loop->ops->alarm(loop->data, &provider->helper_alarm,
							    loop->ops->mono_ms(loop->data) + HELLO_MS) < 0) {
			helper_lost(provider, "");
			return sw_error_set(err, SW_ENOMEM, "the loop cannot watch stepwell-helper");
		}
	}
	r = send_run(provider, job);
	if (r < 0)
		return sw_error_set(err, r, r == SW_ENOMEM ? "out of memory" : "the input is too large");
	/* The time-out of the resource is for the program; that of the state began when the attempt did. */
	if (job->resource_timeout && set_alarm(job, job->task->route->timeout_ms) < 0)
		SW_LOG(&provider->log, SW_LOG_WARNING, "out of memory: a command runs without its time-out");
	return SW_OK;
}

static void dispatch(struct sw_commands_provider *provider)
{
	const struct sw_loop *loop = provider->loop;
	struct sw_command_job *job;
	while ((job = next_job(provider))) {
		struct sw_error err = {0};
		enum sw_result r = start_job(provider, job, &err);
		if (r == SW_EBUSY &&
		    loop->ops->alarm(loop->data, &provider->helper_alarm,
				     loop->ops->mono_ms(loop->data) + LOCK_RETRY_MS) == SW_OK)
			return;
		dequeue(job);
		if (r == SW_OK) {
			add_running(job);
			continue;
		}
		job_fail(job, r == SW_EBUSY ? "commands of an earlier engine still run" : err.text);
		job_free(job);
	}
	flush(provider);
}

static void helper_alarm_fired(struct sw_alarm *alarm)
{
	struct sw_commands_provider *provider = alarm->user;
	if (provider->channel.fd >= 0 && !provider->greeted)
		helper_lost(provider, "stepwell-helper does not answer");
	dispatch(provider);
}

static void job_alarm_fired(struct sw_alarm *alarm)
{
	struct sw_command_job *job = alarm->user;
	struct sw_commands_provider *provider = job->provider;
	struct sw_task *task = take_task(job);
	char cause[96];
	if (!task)
		return;
	snprintf(cause, sizeof(cause), "the command did not end within the %lld seconds of its resource",
		 (long long)(job->resource_timeout ? task->route->timeout_ms / 1000 : 0));
	sw_task_time_out(task, job->resource_timeout ? cause : NULL);
	if (job->sent) {
		end_running(job);
		return;
	}
	dequeue(job);
	job_free(job);
	dispatch(provider);
}

/* ---- the route ------------------------------------------------------------------------------- */

static void command_start(struct sw_route *route, struct sw_task *task)
{
	struct sw_command *command = route->data;
	struct sw_commands_provider *provider = command->provider;
	struct sw_command_job *job = sw_zalloc(sizeof(*job));
	if (!job) {
		sw_task_fail(task, "Stepwell.CommandFailed", "out of memory");
		return;
	}
	job->provider = provider;
	job->command = command;
	job->task = task;
	job->id = ++provider->last_id;
	job->resource_timeout = task->timeout_ms == SW_NEVER && route->timeout_ms != SW_NEVER;
	job->alarm = (struct sw_alarm){.fired = job_alarm_fired, .user = job};
	task->provider_data = job;
	if (set_alarm(job, task->timeout_ms) < 0) {
		job_fail(job, "out of memory");
		job_free(job);
		return;
	}
	enqueue(job);
	dispatch(provider);
}

static void command_cancel(struct sw_route *route, struct sw_task *task)
{
	struct sw_command_job *job = task->provider_data;
	if (!job)
		return;
	/* The reference that the caller has keeps the task until it returns. */
	sw_task_release(take_task(job));
	if (job->sent) {
		end_running(job);
		return;
	}
	dequeue(job);
	job_free(job);
}

static void free_texts(char **texts)
{
	for (char **text = texts; text && *text; text++)
		sw_free(*text);
	sw_free(texts);
}

void sw_command_config_done(struct sw_command_config *config)
{
	free_texts(config->argv);
	free_texts(config->environment);
	sw_free(config->directory);
	*config = (struct sw_command_config){0};
}

/* Routes and provider may be freed in either order: what is freed first leaves nothing of itself with the
 * other. */
static void command_free(struct sw_route *route)
{
	struct sw_command *command = route->data;
	while (command->first) {
		struct sw_command_job *job = command->first;
		dequeue(job);
		job_free(job);
	}
	struct sw_command_job *job = command->jobs_count ? command->provider->running : NULL;
	for (; job; job = job->next) {
		if (job->command != command)
			continue;
		sw_task_release(take_task(job));
		end_running(job);
		job->command = NULL;
	}
	sw_command_config_done(&command->config);
	sw_free(command);
	sw_free(route->pattern);
	sw_free(route);
}

static const struct sw_provider_ops command_ops = {command_start, command_cancel, command_free};

enum sw_result sw_command_route_new(struct sw_commands_provider *provider, const char *pattern,
				    struct sw_command_config *config, struct sw_route **ret_route)
{
	struct sw_route *route = sw_zalloc(sizeof(*route));
	struct sw_command *command = sw_zalloc(sizeof(*command));
	char *copy = sw_strdup(pattern);
	if (!route || !command || !copy) {
		sw_command_config_done(config);
		sw_free(route);
		sw_free(command);
		sw_free(copy);
		return SW_ENOMEM;
	}
	*command = (struct sw_command){.provider = provider, .config = *config};
	*config = (struct sw_command_config){0};
	*route = (struct sw_route){.pattern = copy,
				   .ops = &command_ops,
				   .data = command,
				   .redelivery = SW_REDELIVER,
				   .timeout_ms = SW_NEVER};
	*ret_route = route;
	return SW_OK;
}

/* ---- the provider ---------------------------------------------------------------------------- */

/* directory made absolute, because the helper lives in /. New; NULL with errno. */
static char *absolute(const char *directory)
{
	if (directory && directory[0] == '/')
		return sw_strdup(directory);
	char *here = getcwd(NULL, 0);
	if (!here)
		return NULL;
	char *path = directory && *directory ? sw_asprintf("%s/%s", here, directory) : sw_strdup(here);
	free(here);
	return path;
}

enum sw_result sw_commands_provider_new(const struct sw_commands_options *options,
					struct sw_commands_provider **ret_provider, struct sw_error *err)
{
	struct sw_commands_provider *provider = sw_zalloc(sizeof(*provider));
	if (!provider)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	provider->channel.fd = provider->starter.fd = -1;
	provider->loop = options->loop;
	provider->limits = options->limits;
	if (provider->limits.command_processes_max == 0)
		provider->limits.command_processes_max = 1;
	provider->log = options->log;
	provider->watch = (struct sw_watch){.fd = -1, .ready = channel_ready, .user = provider};
	provider->helper_alarm = (struct sw_alarm){.fired = helper_alarm_fired, .user = provider};
	provider->helper_path = sw_strdup(options->helper_path ? options->helper_path
							       : STEPWELL_LIBEXECDIR "/stepwell-helper");
	errno = ENOMEM;
	provider->directory = absolute(options->directory);
	int error = errno;
	provider->lock_directory = options->lock_directory ? sw_strdup(options->lock_directory) : NULL;
	if (!provider->helper_path || !provider->directory ||
	    (options->lock_directory && !provider->lock_directory)) {
		enum sw_result r = provider->directory || error == ENOMEM
					   ? sw_error_set(err, SW_ENOMEM, "out of memory")
					   : sw_error_set(err, SW_EIO, "the current directory: %s",
							  strerrordesc_np(error));
		sw_commands_provider_free(provider);
		return r;
	}
	*ret_provider = provider;
	return SW_OK;
}

void sw_commands_provider_free(struct sw_commands_provider *provider)
{
	if (!provider)
		return;
	const struct sw_loop *loop = provider->loop;
	while (provider->waiting) {
		struct sw_command_job *job = provider->waiting->first;
		dequeue(job);
		job_free(job);
	}
	while (provider->running) {
		struct sw_command_job *job = provider->running;
		remove_running(job);
		job_free(job);
	}
	loop->ops->alarm(loop->data, &provider->helper_alarm, SW_NEVER);
	if (provider->channel.fd >= 0)
		loop->ops->watch(loop->data, &provider->watch, 0);
	sw_channel_done(&provider->channel); /* which ends the helper, and every group */
	sw_helper_starter_reap(provider, true);
	sw_free(provider->helper_path);
	sw_free(provider->directory);
	sw_free(provider->lock_directory);
	sw_free(provider);
}

uint32_t sw_commands_provider_busy(const struct sw_commands_provider *provider)
{
	return provider->waiting_count + provider->running_count;
}

bool sw_commands_provider_old_helper(struct sw_commands_provider *provider)
{
	struct sw_error err = {0};
	int fd;
	if (provider->channel.fd >= 0)
		return false;
	enum sw_result r = sw_helper_lock(provider, &fd, &err);
	if (r == SW_OK && fd >= 0)
		close(fd);
	if (r < 0 && r != SW_EBUSY)
		SW_LOG(&provider->log, SW_LOG_WARNING, "%s", err.text);
	return r == SW_EBUSY;
}
