/*
 * Stepwell inside a program that has a poll(2) loop of its own: the engine is one more descriptor in it.
 *
 *   cc embed-poll.c $(pkg-config --cflags --libs stepwell) && ./a.out /tmp/embedded
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <stepwell/engine.h>

static const char definition[] =
	"{\"StartAt\": \"Later\", \"States\": {"
	"  \"Later\": {\"Type\": \"Wait\", \"Seconds\": 1, \"Next\": \"Tick\"},"
	"  \"Tick\": {\"Type\": \"Task\", \"Resource\": \"function:tick\", \"End\": true}}}";

struct host {
	struct sw_engine *engine;
	bool over;
	int status;
};

static void tick(void *user, struct sw_task *task)
{
	(void)user;
	(void)sw_task_succeed(task, "\"tock\"", 6);
}

static void observe(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	struct host *host = user;
	struct sw_execution_info info;
	(void)last_event_id;
	if (status == SW_STATUS_RUNNING ||
	    sw_reader_execution(sw_engine_reader(host->engine), arn, true, &info, NULL) != SW_OK)
		return;
	printf("%s: %s\n", sw_status_name(status), info.output ? info.output : info.error);
	sw_execution_info_done(&info);
	host->over = true;
	host->status = status == SW_STATUS_SUCCEEDED ? 0 : 1;
}

/* Calls are answered when what they did is on disk. */
static void told(void *user, enum sw_result result, const struct sw_reply *reply, const struct sw_error *err)
{
	struct host *host = user;
	(void)reply;
	if (result == SW_OK)
		return;
	fprintf(stderr, "%s\n", err->text);
	host->over = true;
}

/* The host's loop: its own descriptors go beside Stepwell's one. */
static void serve(struct host *host, struct sw_poll_loop *loop)
{
	struct pollfd fds[] = {{.fd = sw_poll_loop_fd(loop), .events = POLLIN}};
	enum sw_result r = SW_OK;
	while (!host->over && r == SW_OK)
		if (poll(fds, 1, sw_poll_loop_timeout_ms(loop)) >= 0)
			r = sw_poll_loop_dispatch(loop, NULL);
}

int main(int argc, char **argv)
{
	struct host host = {.status = 1};
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	struct sw_machine_params machine = {
		.name = "clock", .definition = definition, .definition_len = strlen(definition)};
	struct sw_poll_loop *loop = NULL;
	struct sw_error err = {0};
	uint64_t observer;
	options.data_directory = argc > 1 ? argv[1] : NULL; /* NULL: in memory */
	options.loop = sw_poll_loop_new(&loop, &err) == SW_OK ? sw_poll_loop_hooks(loop) : NULL;
	if (!options.loop || sw_engine_new(&options, &host.engine, &err) != SW_OK ||
	    sw_engine_on_task(host.engine, "function:tick", tick, NULL, NULL, &err) != SW_OK ||
	    sw_engine_observe(host.engine, NULL, observe, &host, &observer) != SW_OK ||
	    sw_engine_resume(host.engine, SW_RESUME_ALL, &err) != SW_OK ||
	    sw_engine_create_machine(host.engine, &machine, told, &host, NULL, &err) != SW_OK ||
	    sw_engine_start(host.engine, &(struct sw_start_params){.machine = "clock"}, told, &host, &err) !=
		    SW_OK)
		fprintf(stderr, "%s\n", err.text);
	else
		serve(&host, loop);
	sw_engine_free(host.engine); /* what still runs goes on at the next start */
	sw_poll_loop_free(loop);
	return host.status;
}
