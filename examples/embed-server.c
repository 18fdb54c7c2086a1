/*
 * Stepwell and its HTTP API inside a program: what is started over HTTP runs here, and its tasks are C functions.
 *
 *   cc embed-server.c $(pkg-config --cflags --libs stepwell-server) && ./a.out 127.0.0.1:8083 /tmp/embedded
 *   aws stepfunctions --endpoint http://127.0.0.1:8083 list-state-machines
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stepwell/engine.h>
#include <stepwell/server.h>

static volatile sig_atomic_t ending;

static void end(int number)
{
	(void)number;
	ending = 1;
}

/* For state machines with "Resource": "function:upper". */
static void upper(void *user, struct sw_task *task)
{
	size_t len;
	const char *input = sw_task_input(task, &len);
	char *output = strndup(input, len);
	(void)user;
	for (size_t i = 0; output && i < len; i++)
		if (output[i] >= 'a' && output[i] <= 'z' && !(i && output[i - 1] == '\\'))
			output[i] -= 'a' - 'A';
	if (output)
		(void)sw_task_succeed(task, output, len);
	else
		(void)sw_task_fail(task, "Memory", NULL);
	free(output);
}

/* Requests that are under way are answered first. */
static void leave(struct sw_poll_loop *loop, struct sw_server *server)
{
	bool busy = true;
	for (int turns = 0; busy && turns < 50; turns++) {
		sw_server_drain(server, &busy);
		if (busy && sw_poll_loop_run(loop, 100, NULL) != SW_OK)
			return;
	}
}

int main(int argc, char **argv)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	struct sw_server_options listen = SW_SERVER_OPTIONS;
	struct sw_poll_loop *loop = NULL;
	struct sw_engine *engine = NULL;
	struct sw_server *server = NULL;
	struct sw_error err = {0};
	signal(SIGTERM, end);
	signal(SIGINT, end);
	signal(SIGPIPE, SIG_IGN); /* clients go away */
	listen.listen = argc > 1 ? argv[1] : "127.0.0.1:0";
	listen.socket_directory = options.data_directory = argc > 2 ? argv[2] : NULL; /* NULL: in memory */
	listen.loop = options.loop = sw_poll_loop_new(&loop, &err) == SW_OK ? sw_poll_loop_hooks(loop) : NULL;
	bool good = options.loop && sw_engine_new(&options, &engine, &err) == SW_OK &&
		    sw_engine_on_task(engine, "function:upper", upper, NULL, NULL, &err) == SW_OK &&
		    sw_engine_resume(engine, SW_RESUME_ALL, &err) == SW_OK &&
		    sw_server_open(engine, &listen, &server, &err) == SW_OK;
	if (good) {
		printf("listening on port %u\n", sw_server_port(server));
		fflush(stdout);
		while (!ending && good)
			good = sw_poll_loop_run(loop, 200, &err) == SW_OK;
		leave(loop, server);
	}
	if (!good)
		fprintf(stderr, "%s\n", err.text);
	sw_server_free(server);
	sw_engine_free(engine);
	sw_poll_loop_free(loop);
	return good ? 0 : 1;
}
