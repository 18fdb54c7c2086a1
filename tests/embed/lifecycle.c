/*
 * The libraries in a process that opens and closes them often, and has two engines at once. Compiled by embed.py against
 * the installed tree. Says what is wrong; silence is good.
 *
 * usage: lifecycle DIRECTORY|-     (-: in memory)
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <stepwell/engine.h>
#include <stepwell/server.h>

#define ROUNDS 5
#define PATIENCE_MS 10000
#define WARMING_ROUNDS 2 /* libraries below keep something of their first use */

static const char definition[] = "{\"StartAt\": \"Who\", \"States\": {\"Who\": {\"Type\": \"Task\", "
				 "\"Resource\": \"function:who\", \"End\": true}}}";

/* One engine with its loop and its server. */
struct one {
	const char *name;
	struct sw_poll_loop *loop;
	bool shares; /* the other's loop */
	struct sw_engine *engine;
	struct sw_server *server;
	unsigned handled, succeeded, refused;
	char output[64], arn[256];
};

static unsigned entries(const char *directory)
{
	unsigned count = 0;
	DIR *dir = opendir(directory);
	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

static void who(void *user, struct sw_task *task)
{
	struct one *one = user;
	char output[64];
	one->handled++;
	snprintf(output, sizeof(output), "\"%s\"", one->name);
	(void)sw_task_succeed(task, output, strlen(output));
}

static void observe(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	struct one *one = user;
	struct sw_execution_info info;
	(void)last_event_id;
	if (status == SW_STATUS_RUNNING ||
	    sw_reader_execution(sw_engine_reader(one->engine), arn, true, &info, NULL) != SW_OK)
		return;
	one->succeeded += status == SW_STATUS_SUCCEEDED;
	snprintf(one->output, sizeof(one->output), "%s", info.output ? info.output : "");
	snprintf(one->arn, sizeof(one->arn), "%s", arn);
	sw_execution_info_done(&info);
}

static void told(void *user, enum sw_result result, const struct sw_reply *reply, const struct sw_error *err)
{
	struct one *one = user;
	(void)reply;
	if (result != SW_OK) {
		one->refused++;
		printf("%s: %s\n", one->name, err->text);
	}
}

/* With a loop of its own, unless there is one for both. */
static bool open_one(struct one *one, const char *name, const char *directory, const char *region,
		     struct sw_poll_loop *shared)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	struct sw_server_options listen = SW_SERVER_OPTIONS;
	struct sw_machine_params machine = {
		.name = "who", .definition = definition, .definition_len = strlen(definition)};
	struct sw_error err = {0};
	uint64_t observer;
	*one = (struct one){.name = name, .loop = shared, .shares = shared};
	listen.listen = "127.0.0.1:0";
	listen.socket_directory = options.data_directory = directory;
	options.region = region;
	if (shared || sw_poll_loop_new(&one->loop, &err) == SW_OK) {
		listen.loop = options.loop = sw_poll_loop_hooks(one->loop);
		if (sw_engine_new(&options, &one->engine, &err) == SW_OK &&
		    sw_engine_on_task(one->engine, "function:who", who, NULL, one, &err) == SW_OK &&
		    sw_engine_observe(one->engine, NULL, observe, one, &observer) == SW_OK &&
		    sw_engine_resume(one->engine, SW_RESUME_ALL, &err) == SW_OK &&
		    sw_server_open(one->engine, &listen, &one->server, &err) == SW_OK &&
		    sw_engine_create_machine(one->engine, &machine, told, one, NULL, &err) == SW_OK)
			return true;
	}
	printf("%s does not open: %s\n", name, err.text);
	return false;
}

static void close_one(struct one *one)
{
	sw_server_free(one->server);
	sw_engine_free(one->engine);
	if (!one->shares)
		sw_poll_loop_free(one->loop);
}

/* Both by turns, so that work of one is under way while the other's is. */
static bool run_both(struct one *a, struct one *b)
{
	struct sw_start_params start = {.machine = "who"};
	struct one *both[] = {a, b};
	bool good = true;
	for (unsigned phase = 0; phase < 2; phase++) {
		for (unsigned i = 0; phase && i < 2; i++)
			good = good && sw_engine_start(both[i]->engine, &start, told, both[i], NULL) == SW_OK;
		while (good && (!sw_engine_is_idle(a->engine) || !sw_engine_is_idle(b->engine)))
			for (unsigned i = 0; good && i < 2; i++)
				good = sw_poll_loop_run(both[i]->loop, 1, NULL) == SW_OK;
	}
	return good;
}

static bool check_one(const struct one *one, const char *region)
{
	char output[64];
	snprintf(output, sizeof(output), "\"%s\"", one->name);
	bool good = one->handled == 1 && one->succeeded == 1 && !one->refused &&
		    strcmp(one->output, output) == 0 && strstr(one->arn, region) &&
		    sw_server_port(one->server);
	if (!good)
		printf("%s: %u handled, %u succeeded, output %s of %s\n", one->name, one->handled,
		       one->succeeded, one->output, one->arn);
	return good;
}

static bool round_of_both(const char *first, const char *second, bool one_loop)
{
	struct one a, b = {0};
	bool good = open_one(&a, "first", first, "eu-west-1", NULL) &&
		    open_one(&b, "second", second, "us-east-2", one_loop ? a.loop : NULL) && run_both(&a, &b);
	good = good && check_one(&a, "eu-west-1") && check_one(&b, "us-east-2");
	if (good && sw_server_port(a.server) == sw_server_port(b.server)) {
		printf("both servers have one port\n");
		good = false;
	}
	close_one(&b); /* it may use the loop of the first */
	close_one(&a);
	return good;
}

/* A directory has one owner, also within a process; what does not open leaves nothing behind. */
static bool check_owner(const char *directory)
{
	struct one one;
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	struct sw_engine *engine = NULL;
	bool good = open_one(&one, "owner", directory, "eu-west-1", NULL);
	if (good) {
		options.data_directory = directory;
		options.loop = sw_poll_loop_hooks(one.loop);
		good = sw_engine_new(&options, &engine, NULL) == SW_EOWNED;
		if (!good)
			printf("a directory has two owners\n");
	}
	sw_engine_free(engine);
	close_one(&one);
	return good;
}

/* A server that does not open closes the sockets it was given, and leaves the engine as it was. */
static bool check_refusal(void)
{
	struct one one;
	struct sw_server_options listen = SW_SERVER_OPTIONS;
	struct sw_server *server = NULL;
	bool good = open_one(&one, "refused", NULL, "eu-west-1", NULL);
	int given = socket(AF_UNIX, SOCK_STREAM, 0), another = socket(AF_UNIX, SOCK_STREAM, 0);
	if (good) {
		listen.loop = sw_poll_loop_hooks(one.loop);
		listen.listen = "0.0.0.0:0"; /* no loopback address, and no credentials */
		listen.sockets = &given;
		listen.sockets_count = 1;
		good = sw_server_open(one.engine, &listen, &server, NULL) == SW_EINVAL && !server;
		listen.sockets = &another;
		good = sw_server_open(NULL, &listen, &server, NULL) == SW_EINVAL && !server && good;
		good = fcntl(given, F_GETFD) < 0 && fcntl(another, F_GETFD) < 0 && good;
		good = sw_engine_ready(one.engine, NULL) == SW_OK && good;
		if (!good)
			printf("a server that cannot listen is not refused as it should be\n");
	}
	close_one(&one);
	return good;
}

int main(int argc, char **argv)
{
	char first[512], second[512];
	bool kept = argc > 1 && strcmp(argv[1], "-") != 0, good = true;
	unsigned descriptors = 0, threads = 0;
	signal(SIGPIPE, SIG_IGN);
	snprintf(first, sizeof(first), "%s/first", kept ? argv[1] : "");
	snprintf(second, sizeof(second), "%s/second", kept ? argv[1] : "");
	for (int round = 0; good && round < ROUNDS; round++) {
		good = round_of_both(kept ? first : NULL, kept ? second : NULL, round % 2) &&
		       (!kept || check_owner(first)) && check_refusal();
		unsigned descriptors_now = entries("/proc/self/fd"), threads_now = entries("/proc/self/task");
		/* A thread that was joined is seen there for a moment still. */
		for (int i = 0; round >= WARMING_ROUNDS && threads_now > threads && i < PATIENCE_MS; i++) {
			nanosleep(&(struct timespec){0, 1000000}, NULL);
			threads_now = entries("/proc/self/task");
		}
		if (round >= WARMING_ROUNDS && (descriptors_now != descriptors || threads_now > threads)) {
			printf("descriptors: %u, then %u; threads: %u, then %u\n", descriptors,
			       descriptors_now, threads, threads_now);
			good = false;
		}
		descriptors = descriptors_now;
		threads = threads_now;
	}
	return good ? 0 : 1;
}
