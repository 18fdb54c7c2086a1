/*
 * Stepwell inside a program that has a libev loop of its own: a C function as a task, one workflow, its result.
 *
 *   cc embed-libev.c $(pkg-config --cflags --libs stepwell) -lev && ./a.out /tmp/embedded
 */
#include <ev.h>
#include <stdio.h>
#include <string.h>

#include <stepwell/adapters/libev.h>
#include <stepwell/engine.h>

static const char definition[] =
	"{\"StartAt\": \"Greet\", \"States\": {"
	"  \"Greet\": {\"Type\": \"Task\", \"Resource\": \"function:greet\", \"Next\": \"Shout\"},"
	"  \"Shout\": {\"Type\": \"Task\", \"Resource\": \"function:greet\", \"End\": true}}}";

struct host {
	struct ev_loop *loop;
	struct sw_engine *engine;
	int status;
};

/* A task: input is JSON text, and so is the output. It may also be kept and completed later, from any thread.
 */
static void greet(void *user, struct sw_task *task)
{
	size_t len;
	const char *input = sw_task_input(task, &len);
	char output[256];
	(void)user;
	snprintf(output, sizeof(output), "{\"state\": \"%s\", \"got\": %.*s}", sw_task_state_name(task),
		 (int)len, input);
	sw_task_succeed(task, output, strlen(output));
}

/* After each commit that holds news of the execution. */
static void observe(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	struct host *host = user;
	struct sw_execution_info info;
	printf("%s: %u events\n", sw_status_name(status), last_event_id);
	if (status == SW_STATUS_RUNNING)
		return;
	if (sw_reader_execution(sw_engine_reader(host->engine), arn, true, &info, NULL) == SW_OK) {
		printf("%s\n", info.output ? info.output : info.cause);
		sw_execution_info_done(&info);
	}
	host->status = status == SW_STATUS_SUCCEEDED ? 0 : 1;
	ev_break(host->loop, EVBREAK_ALL);
}

/* Calls are answered when what they did is on disk. */
static void told(void *user, enum sw_result result, const struct sw_reply *reply, const struct sw_error *err)
{
	struct host *host = user;
	if (result == SW_OK) {
		printf("on disk: %s\n", reply->arn);
		return;
	}
	fprintf(stderr, "%s\n", err->text);
	ev_break(host->loop, EVBREAK_ALL);
}

int main(int argc, char **argv)
{
	struct host host = {.loop = ev_default_loop(0), .status = 1};
	struct sw_libev hooks;
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	struct sw_machine_params machine = {
		.name = "greeting", .definition = definition, .definition_len = strlen(definition)};
	struct sw_start_params start = {
		.machine = "greeting", .input = "{\"name\": \"Ada\"}", .input_len = 15};
	struct sw_error err = {0};
	uint64_t observer;
	sw_libev_init(&hooks, host.loop);
	options.data_directory = argc > 1 ? argv[1] : NULL; /* NULL: in memory */
	options.loop = &hooks.hooks;
	if (sw_engine_new(&options, &host.engine, &err) != SW_OK ||
	    sw_engine_on_task(host.engine, "function:greet", greet, NULL, NULL, &err) != SW_OK ||
	    sw_engine_observe(host.engine, NULL, observe, &host, &observer) != SW_OK ||
	    sw_engine_resume(host.engine, SW_RESUME_ALL, &err) != SW_OK ||
	    sw_engine_create_machine(host.engine, &machine, told, &host, NULL, &err) != SW_OK ||
	    sw_engine_start(host.engine, &start, told, &host, &err) != SW_OK)
		fprintf(stderr, "%s\n", err.text);
	else
		ev_run(host.loop, 0);
	sw_engine_free(host.engine);
	return host.status;
}
