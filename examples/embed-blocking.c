/*
 * Stepwell without an event loop: start some work, run until nothing is left to do, read what came of it.
 *
 *   cc embed-blocking.c $(pkg-config --cflags --libs stepwell) && ./a.out /tmp/embedded
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stepwell/asl.h>
#include <stepwell/engine.h>

static const char definition[] =
	"{\"StartAt\": \"Charge\", \"States\": {"
	"  \"Charge\": {\"Type\": \"Task\", \"Resource\": \"function:charge\", \"End\": true,"
	"    \"Catch\": [{\"ErrorEquals\": [\"Card.Declined\"], \"Next\": \"Apologize\"}]},"
	"  \"Apologize\": {\"Type\": \"Pass\", \"Parameters\": {\"sorry\": true, \"why.$\": \"$.Cause\"}, "
	"\"End\": true}}}";

/* The task: its input is a number, the amount. */
static void charge(void *user, struct sw_task *task)
{
	size_t len;
	const char *input = sw_task_input(task, &len);
	char output[64];
	(void)user;
	snprintf(output, sizeof(output), "{\"charged\": %.*s}", (int)len, input);
	if (strtol(input, NULL, 10) > 100)
		(void)sw_task_fail(task, "Card.Declined", "more than the card is good for");
	else
		(void)sw_task_succeed(task, output, strlen(output));
}

static void told(void *user, enum sw_result result, const struct sw_reply *reply, const struct sw_error *err)
{
	(void)user, (void)reply;
	if (result != SW_OK)
		fprintf(stderr, "%s\n", err->text);
}

static void show(void *user, const struct sw_execution_info *listed)
{
	struct sw_execution_info info;
	if (sw_reader_execution(user, listed->arn, true, &info, NULL) != SW_OK)
		return;
	printf("%s: %s\n", sw_status_name(info.status), info.output ? info.output : info.error);
	sw_execution_info_done(&info);
}

static enum sw_result work(struct sw_poll_loop *loop, struct sw_engine *engine, struct sw_error *err)
{
	struct sw_machine_params machine = {
		.name = "payment", .definition = definition, .definition_len = strlen(definition)};
	const char *amounts[] = {"12", "250", "99"};
	enum sw_result r = sw_engine_create_machine(engine, &machine, told, NULL, NULL, err);
	for (int i = 0; r == SW_OK && i < 3; i++) {
		struct sw_start_params start = {
			.machine = "payment", .input = amounts[i], .input_len = strlen(amounts[i])};
		r = sw_engine_start(engine, &start, told, NULL, err);
	}
	/* All that can be done now; what waits for a time or for a callback stays where it is. */
	while (r == SW_OK && !sw_engine_is_idle(engine))
		r = sw_poll_loop_run(loop, -1, err);
	return r;
}

int main(int argc, char **argv)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	struct sw_poll_loop *loop = NULL;
	struct sw_engine *engine = NULL;
	struct sw_list_filter payments = {.machine = "payment"};
	struct sw_error err = {0};
	char *cursor = NULL;
	options.data_directory = argc > 1 ? argv[1] : NULL; /* NULL: in memory */
	options.loop = sw_poll_loop_new(&loop, &err) == SW_OK ? sw_poll_loop_hooks(loop) : NULL;
	bool good = options.loop && sw_engine_new(&options, &engine, &err) == SW_OK &&
		    sw_engine_on_task(engine, "function:charge", charge, NULL, NULL, &err) == SW_OK &&
		    sw_engine_resume(engine, SW_RESUME_ALL, &err) == SW_OK &&
		    work(loop, engine, &err) == SW_OK &&
		    /* newest first; there may be more, behind the cursor */
		    sw_reader_list_executions(sw_engine_reader(engine), &payments, 3, NULL, show,
					      sw_engine_reader(engine), &cursor, &err) == SW_OK;
	if (!good)
		fprintf(stderr, "%s\n", err.text);
	sw_text_free(cursor);
	sw_engine_free(engine);
	sw_poll_loop_free(loop);
	return good ? 0 : 1;
}
