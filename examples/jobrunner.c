/*
 * A small daemon: each line that comes in names a job and gives its input; jobs are durable workflows whose tasks are C
 * functions, carried out by a thread of their own; each result goes out as a line. After a crash or a restart with
 * the same DATA unfinished jobs go on, and their results are shown on standard output.
 *
 *   cc jobrunner.c $(pkg-config --cflags --libs stepwell) -ljansson -pthread -o jobrunner
 *   echo 'report {"text": "to be or not to be"}' | ./jobrunner -d /tmp/jobs     lines on standard input, until its end
 *   ./jobrunner -d /tmp/jobs -s /tmp/jobs.sock                                  lines on a Unix socket, until SIGTERM
 */
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <stepwell/asl.h>
#include <stepwell/engine.h>

#define CLIENTS_MAX 32
#define LINE_BYTES_MAX 65536

static const struct {
	const char *name, *definition;
} machines[] = {
	{"report",
	 "{\"StartAt\": \"Both\", \"States\": {\"Both\": {\"Type\": \"Parallel\", \"End\": true,"
	 "  \"ResultSelector\": {\"words.$\": \"$[0]\", \"digest.$\": \"$[1]\"}, \"Branches\": ["
	 "  {\"StartAt\": \"Words\", \"States\": {"
	 "    \"Words\": {\"Type\": \"Task\", \"Resource\": \"function:words\", \"End\": true}}},"
	 "  {\"StartAt\": \"Digest\", \"States\": {"
	 "    \"Digest\": {\"Type\": \"Task\", \"Resource\": \"function:digest\", \"End\": true}}}]}}}"},
	{"later", "{\"StartAt\": \"Sleep\", \"States\": {"
		  "  \"Sleep\": {\"Type\": \"Wait\", \"SecondsPath\": \"$.seconds\", \"Next\": \"Words\"},"
		  "  \"Words\": {\"Type\": \"Task\", \"Resource\": \"function:words\", \"End\": true}}}"},
};
#define MACHINES_COUNT (sizeof(machines) / sizeof(*machines))

/* ---- the functions: what a worker thread does for a task ---- */

static json_t *count_words(const char *text)
{
	json_int_t words = 0;
	for (const char *at = text; *(at += strspn(at, " \t\n")); at += strcspn(at, " \t\n"))
		words++;
	return json_integer(words);
}

static json_t *digest(const char *text)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	char hex[17];
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)hash);
	return json_string(hex);
}

static void carry_out(struct sw_task *task)
{
	size_t len;
	const char *given = sw_task_input(task, &len);
	json_t *input = json_loadb(given, len, JSON_DECODE_ANY, NULL);
	const char *text = json_string_value(json_object_get(input, "text"));
	bool counts = strcmp(sw_task_resource(task), "function:words") == 0;
	json_t *result = !text ? NULL : counts ? count_words(text) : digest(text);
	char *output = result ? json_dumps(result, JSON_ENCODE_ANY) : NULL;
	if (output)
		(void)sw_task_succeed(task, output, strlen(output));
	else
		(void)sw_task_fail(task, "Text.Missing", "the input has no text");
	free(output);
	json_decref(result);
	json_decref(input);
}

/* Tasks that wait for the thread, oldest first. */
struct piece {
	struct piece *next;
	struct sw_task *task;
};

struct worker {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t news;
	struct piece *first, **last;
	bool ending;
};

static void *work(void *user)
{
	struct worker *worker = user;
	pthread_mutex_lock(&worker->mutex);
	while (!worker->ending) {
		struct piece *piece = worker->first;
		if (!piece) {
			pthread_cond_wait(&worker->news, &worker->mutex);
			continue;
		}
		worker->first = piece->next;
		if (!worker->first)
			worker->last = &worker->first;
		pthread_mutex_unlock(&worker->mutex);
		carry_out(piece->task);
		free(piece);
		pthread_mutex_lock(&worker->mutex);
	}
	pthread_mutex_unlock(&worker->mutex);
	return NULL;
}

/* The engine's handler, on the loop's thread: it only hands the task over. */
static void accept_task(void *user, struct sw_task *task)
{
	struct worker *worker = user;
	struct piece *piece = calloc(1, sizeof(*piece));
	if (!piece) {
		(void)sw_task_fail(task, "Memory.Short", NULL);
		return;
	}
	piece->task = task;
	pthread_mutex_lock(&worker->mutex);
	*worker->last = piece;
	worker->last = &piece->next;
	pthread_cond_signal(&worker->news);
	pthread_mutex_unlock(&worker->mutex);
}

static bool worker_start(struct worker *worker)
{
	pthread_mutex_init(&worker->mutex, NULL);
	pthread_cond_init(&worker->news, NULL);
	worker->last = &worker->first;
	return pthread_create(&worker->thread, NULL, work, worker) == 0;
}

/* Tasks that were not begun are given back: the engine delivers them again at its next start. */
static void worker_end(struct worker *worker)
{
	pthread_mutex_lock(&worker->mutex);
	worker->ending = true;
	pthread_cond_signal(&worker->news);
	pthread_mutex_unlock(&worker->mutex);
	pthread_join(worker->thread, NULL);
	while (worker->first) {
		struct piece *piece = worker->first;
		worker->first = piece->next;
		sw_task_release(piece->task);
		free(piece);
	}
}

/* ---- clients and their jobs ---- */

struct client {
	int in, out; /* in: -1 when nothing more will come */
	bool gone;   /* it takes no results */
	char *line;  /* LINE_BYTES_MAX; NULL: this place is free */
	size_t len;
	unsigned lines, jobs;
};

struct job {
	struct job *next, *previous;
	struct runner *runner;
	struct client *client;
	char label[96];
	uint64_t observer; /* 0: none yet */
};

struct runner {
	struct sw_poll_loop *loop;
	struct sw_engine *engine;
	struct worker worker;
	struct client clients[CLIENTS_MAX]; /* the first is the console */
	struct job *jobs;
	int listener, signals;
	size_t machines_ready;
	bool over;
};

static bool client_open(struct client *client, int in, int out)
{
	*client = (struct client){.in = in, .out = out, .line = malloc(LINE_BYTES_MAX)};
	return client->line;
}

/* The place is free again when nothing more comes and nothing more goes. */
static void client_settle(struct runner *runner, struct client *client)
{
	if (client == runner->clients || !client->line || client->jobs || client->in >= 0)
		return;
	close(client->out);
	free(client->line);
	client->line = NULL;
}

static void client_hang_up(struct client *client)
{
	client->in = -1;
	client->len = 0;
}

/* A client that does not read its results gets no more of them; nobody waits for it. */
__attribute__((format(printf, 2, 3))) static void say(struct client *client, const char *format, ...)
{
	va_list args;
	char *text = NULL;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return;
	if (!client->gone && write(client->out, text, (size_t)len) != len) {
		client->gone = true;
		client_hang_up(client);
	}
	free(text);
}

static struct job *job_new(struct runner *runner, struct client *client)
{
	struct job *job = calloc(1, sizeof(*job));
	if (!job)
		return NULL;
	job->runner = runner;
	job->client = client;
	client->jobs++;
	job->next = runner->jobs;
	if (job->next)
		job->next->previous = job;
	runner->jobs = job;
	return job;
}

static void job_end(struct job *job)
{
	if (job->observer)
		sw_engine_unobserve(job->runner->engine, job->observer);
	if (job->next)
		job->next->previous = job->previous;
	*(job->previous ? &job->previous->next : &job->runner->jobs) = job->next;
	job->client->jobs--;
	client_settle(job->runner, job->client);
	free(job);
}

/* Shows the result, when there is one already. */
static void job_look(struct job *job, const char *arn)
{
	struct sw_execution_info info;
	if (sw_reader_execution(sw_engine_reader(job->runner->engine), arn, true, &info, NULL) != SW_OK)
		return;
	if (info.status != SW_STATUS_RUNNING) {
		say(job->client, "%s: %s %s\n", job->label, sw_status_name(info.status),
		    info.output  ? info.output
		    : info.error ? info.error
				 : "");
		job_end(job);
	}
	sw_execution_info_done(&info);
}

static void observe(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	(void)last_event_id;
	if (status != SW_STATUS_RUNNING)
		job_look(user, arn);
}

static void started(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct job *job = user;
	if (result == SW_OK)
		result = sw_engine_observe(job->runner->engine, reply->arn, observe, job, &job->observer);
	if (result == SW_OK) {
		job_look(job, reply->arn); /* it may be over already */
		return;
	}
	say(job->client, "%s: %s\n", job->label, err ? err->text : sw_result_text(result));
	job_end(job);
}

/* Jobs that an earlier process left. */
static void adopt(void *user, const struct sw_execution_info *info)
{
	struct runner *runner = user;
	struct job *job = job_new(runner, runner->clients);
	if (!job)
		return;
	snprintf(job->label, sizeof(job->label), "%s %.80s", info->machine_name, info->name);
	if (sw_engine_observe(runner->engine, info->arn, observe, job, &job->observer) != SW_OK)
		job_end(job);
}

/* "JOB JSON": the name of a workflow and its input. */
static void start(struct runner *runner, struct client *client, char *line)
{
	char *input = line + strcspn(line, " ");
	struct sw_error err = {0};
	struct job *job;
	client->lines++;
	if (!*line)
		return;
	if (*input)
		*input++ = '\0';
	job = job_new(runner, client);
	if (!job) {
		say(client, "%u: out of memory\n", client->lines);
		return;
	}
	snprintf(job->label, sizeof(job->label), "%u", client->lines);
	struct sw_start_params params = {
		.machine = line, .input = *input ? input : NULL, .input_len = strlen(input)};
	if (sw_engine_start(runner->engine, &params, started, job, &err) != SW_OK) {
		say(client, "%s: %s\n", job->label, err.text);
		job_end(job);
	}
}

static void take_lines(struct runner *runner, struct client *client)
{
	ssize_t got = read(client->in, client->line + client->len, LINE_BYTES_MAX - client->len);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	client->jobs++; /* it stays until its lines are taken */
	client->len += got > 0 ? (size_t)got : 0;
	char *line = client->line, *end;
	size_t left = client->len;
	while (left && (end = memchr(line, '\n', left))) {
		*end = '\0';
		start(runner, client, line);
		left -= (size_t)(end + 1 - line);
		line = end + 1;
	}
	if (got == 0 && left && client->len < LINE_BYTES_MAX) { /* the last, without an end */
		line[left] = '\0';
		start(runner, client, line);
		left = 0;
	}
	memmove(client->line, line, left);
	client->len = client->in < 0 ? 0 : left;
	if (client->len == LINE_BYTES_MAX)
		say(client, "%u: the line is too long\n", client->lines + 1);
	if (got <= 0 || client->len == LINE_BYTES_MAX)
		client_hang_up(client);
	client->jobs--;
	client_settle(runner, client);
}

/* ---- the loop ---- */

static void accept_client(struct runner *runner)
{
	struct client *client = runner->clients + 1;
	while (client < runner->clients + CLIENTS_MAX && client->line)
		client++;
	int fd = accept4(runner->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0 && (client == runner->clients + CLIENTS_MAX || !client_open(client, fd, fd)))
		close(fd);
}

static bool serve(struct runner *runner, struct sw_error *err)
{
	struct pollfd fds[3 + CLIENTS_MAX] = {{.fd = sw_poll_loop_fd(runner->loop), .events = POLLIN},
					      {.fd = runner->signals, .events = POLLIN},
					      {.fd = runner->listener, .events = POLLIN}};
	/* With a socket the console only shows what an earlier process left; else its end is the end. */
	while (!runner->over && (runner->listener >= 0 || runner->clients->in >= 0 || runner->jobs)) {
		bool ready = runner->machines_ready == MACHINES_COUNT;
		for (size_t i = 0; i < CLIENTS_MAX; i++) {
			const struct client *client = &runner->clients[i];
			fds[3 + i] = (struct pollfd){.fd = ready && client->line ? client->in : -1,
						     .events = POLLIN};
		}
		if (poll(fds, 3 + CLIENTS_MAX, sw_poll_loop_timeout_ms(runner->loop)) < 0)
			continue;
		if (sw_poll_loop_dispatch(runner->loop, err) != SW_OK)
			return false;
		for (size_t i = 0; i < CLIENTS_MAX; i++)
			if (fds[3 + i].revents && runner->clients[i].in == fds[3 + i].fd)
				take_lines(runner, &runner->clients[i]);
		if (fds[2].revents)
			accept_client(runner);
		runner->over = runner->over || fds[1].revents;
	}
	return runner->machines_ready == MACHINES_COUNT;
}

static void machine_ready(void *user, enum sw_result result, const struct sw_reply *reply,
			  const struct sw_error *err)
{
	struct runner *runner = user;
	(void)reply;
	if (result == SW_OK) {
		runner->machines_ready++;
		return;
	}
	fprintf(stderr, "%s\n", err->text);
	runner->over = true;
}

/* The directory is ours by now, and so is a socket that is there. */
static bool listen_at(struct runner *runner, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (!path)
		return true;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	runner->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (strlen(path) < sizeof(address.sun_path) && runner->listener >= 0 &&
	    bind(runner->listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(runner->listener, 16) == 0)
		return true;
	perror(path);
	return false;
}

static bool open_engine(struct runner *runner, const char *data, struct sw_error *err)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	struct sw_list_filter running = {.by_status = true, .status = SW_STATUS_RUNNING};
	char *cursor = NULL;
	if (sw_poll_loop_new(&runner->loop, err) != SW_OK)
		return false;
	options.loop = sw_poll_loop_hooks(runner->loop);
	options.data_directory = data;
	if (sw_engine_new(&options, &runner->engine, err) != SW_OK ||
	    sw_engine_on_task(runner->engine, "function:*", accept_task, NULL, &runner->worker, err) != SW_OK)
		return false;
	do {
		char *next = NULL;
		enum sw_result r = sw_reader_list_executions(sw_engine_reader(runner->engine), &running, 100,
							     cursor, adopt, runner, &next, err);
		sw_text_free(cursor);
		cursor = next;
		if (r != SW_OK)
			return false;
	} while (cursor);
	if (sw_engine_resume(runner->engine, SW_RESUME_ALL, err) != SW_OK)
		return false;
	for (size_t i = 0; i < MACHINES_COUNT; i++) {
		struct sw_machine_params params = {.name = machines[i].name,
						   .definition = machines[i].definition,
						   .definition_len = strlen(machines[i].definition)};
		if (sw_engine_create_machine(runner->engine, &params, machine_ready, runner, NULL, err) !=
		    SW_OK)
			return false;
	}
	return true;
}

static void close_all(struct runner *runner)
{
	for (struct job *job = runner->jobs, *next; job; job = next) {
		next = job->next;
		if (job->observer) /* the others are told by the engine that it is closed */
			job_end(job);
	}
	sw_engine_free(runner->engine);
	sw_poll_loop_free(runner->loop);
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (runner->clients[i].line && i)
			close(runner->clients[i].out);
		free(runner->clients[i].line);
	}
	close(runner->signals);
	if (runner->listener >= 0)
		close(runner->listener);
	pthread_cond_destroy(&runner->worker.news);
	pthread_mutex_destroy(&runner->worker.mutex);
}

int main(int argc, char **argv)
{
	struct runner runner = {.listener = -1};
	const char *data = NULL, *path = NULL;
	struct sw_error err = {0};
	sigset_t ends;
	for (int option; (option = getopt(argc, argv, "d:s:")) != -1;) {
		if (option == '?')
			return 2;
		*(option == 'd' ? &data : &path) = optarg;
	}
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ends, NULL); /* before there are other threads */
	runner.signals = signalfd(-1, &ends, SFD_CLOEXEC);
	if (!client_open(runner.clients, path ? -1 : STDIN_FILENO, STDOUT_FILENO) ||
	    !worker_start(&runner.worker))
		return 1;
	bool good = open_engine(&runner, data, &err) && listen_at(&runner, path) && serve(&runner, &err);
	if (err.code != SW_OK)
		fprintf(stderr, "%s\n", err.text);
	worker_end(&runner.worker);
	close_all(&runner);
	return good ? 0 : 1;
}
