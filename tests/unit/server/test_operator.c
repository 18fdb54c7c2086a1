/* What operators ask of the server: readiness, metrics, the log of requests, sockets that are passed. */
#include "http_fixture.h"

static void readiness_says_why_not(void **state)
{
	struct fixture *f = *state;
	bool busy;
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = client_new(f);
	ask(f, c, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(c->status, 200);
	assert_string_equal(c->body, "{\"status\":\"ready\"}");
	f->engine.ready = SW_EFULL;
	ask(f, c, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(c->status, 503);
	assert_string_equal(c->body, "{\"status\":\"unavailable\",\"reason\":\"the disk is \\\"full\\\"\"}");
	f->engine.ready = SW_OK;
	sw_server_drain(f->server, &busy);
	ask(f, c, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(c->status, 503);
	assert_non_null(strstr(c->body, "shutting down"));
	client_free(c);
}

static char *host_metrics(void *user)
{
	return strdup(user);
}

static void metrics_count_what_was_asked(void **state)
{
	struct fixture *f = *state;
	struct sw_server_options options = SW_SERVER_OPTIONS;
	char own[] = "host_total 5\n";
	options.metrics = host_metrics;
	options.metrics_user = own;
	serve(f, options);
	struct client *c = client_new(f);
	ask(f, c,
	    "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\n"
	    "Content-Length: 2\r\n\r\n{}");
	assert_int_equal(c->status, 200);
	ask(f, c,
	    "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.Nonsense\r\n"
	    "Content-Length: 2\r\n\r\n{}");
	assert_int_equal(c->status, 400);
	ask(f, c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(c->status, 200);
	assert_string_equal(header(c, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
	static const char *const lines[] = {
		"fake_up 1",
		"\nstepwell_http_requests_total{action=\"ListStateMachines\",code=\"200\"} 1\n",
		"\nstepwell_http_requests_total{action=\"unknown\",code=\"400\"} 1\n",
		"\nstepwell_http_request_seconds_count{action=\"ListStateMachines\"} 1\n",
		"\nstepwell_http_connections 1\n",
		"\nstepwell_ready 1\n",
		"\nprocess_open_fds ",
		"\nstepwell_memory_anonymous_bytes ",
		"\nhost_total 5\n",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strstr(c->body, lines[i]))
			fail_msg("%s is not in\n%s", lines[i], c->body);
	ask(f, c, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
	assert_int_equal(c->status, 404);
	client_free(c);
}

static void remember_line(void *user, enum sw_log_level level, const char *file, int line, const char *text)
{
	if (strncmp(text, "request ", 8) == 0)
		snprintf(user, 500, "%d %s", (int)level, text);
}

static void each_request_is_a_line_of_the_debug_log(void **state)
{
	struct fixture *f = *state;
	struct sw_server_options options = SW_SERVER_OPTIONS;
	char line[500] = "";
	options.log = (struct sw_log){.write = remember_line, .user = line, .level = SW_LOG_DEBUG};
	serve(f, options);
	struct client *c = client_new(f);
	ask(f, c,
	    "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.StopExecution\r\n"
	    "Content-Length: 15\r\n\r\n{\"secret\":\"pw\"}");
	assert_int_equal(c->status, 400);
	assert_non_null(strstr(line, "3 request action=StopExecution status=400 us="));
	assert_non_null(strstr(line, "error=ValidationException"));
	assert_null(strstr(line, "secret"));
	client_free(c);
}

static int listening(int family, const struct sockaddr *address, socklen_t len)
{
	int fd = socket(family, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, address, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	return fd;
}

static void sockets_that_are_passed_are_served(void **state)
{
	struct fixture *f = *state;
	struct sw_server_options options = SW_SERVER_OPTIONS;
	struct sw_error err = {0};
	struct sockaddr_in tcp = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	snprintf(local.sun_path + 1, 60, "stepwell-test-%d", (int)getpid());
	socklen_t local_len =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(local.sun_path + 1));
	int sockets[2] = {listening(AF_INET, (struct sockaddr *)&tcp, sizeof(tcp)),
			  listening(AF_UNIX, (struct sockaddr *)&local, local_len)};
	options.loop = sw_poll_loop_hooks(f->loop);
	options.sockets = sockets;
	options.sockets_count = 2;
	assert_int_equal(sw_server_new(f->api, &options, &f->server, &err), SW_OK);
	assert_int_not_equal(sw_server_port(f->server), 0);
	struct client *c = client_new(f);
	ask(f, c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(c->status, 200);
	client_free(c);
	c = calloc(1, sizeof(*c));
	c->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&local, local_len), 0);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	/* An answer that waits wakes the listener it came by. */
	f->engine.later = true;
	char request[400];
	int len = snprintf(request, sizeof(request),
			   "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.StopExecution\r\n"
			   "Content-Length: %zu\r\n\r\n%s",
			   strlen(RUN1), RUN1);
	say(f, c, request, (size_t)len);
	for (int i = 0; i < TURNS_MAX && f->engine.pending_count == 0; i++)
		turn(f);
	fake_answer(&f->engine);
	wait_answer(f, c);
	assert_int_equal(c->status, 200);
	client_free(c);
}

static void only_local_listening_sockets_may_be_passed(void **state)
{
	struct fixture *f = *state;
	struct sw_server_options options = SW_SERVER_OPTIONS;
	struct sw_error err = {0};
	struct sockaddr_in everywhere = {.sin_family = AF_INET};
	int sockets[2] = {open("/dev/null", O_RDONLY),
			  listening(AF_INET, (struct sockaddr *)&everywhere, sizeof(everywhere))};
	options.loop = sw_poll_loop_hooks(f->loop);
	options.sockets = sockets;
	options.sockets_count = 2;
	assert_int_equal(sw_server_new(f->api, &options, &f->server, &err), SW_EINVAL);
	assert_non_null(strstr(err.text, "no listening socket"));
	err = (struct sw_error){0};
	sockets[0] = listening(AF_INET, (struct sockaddr *)&everywhere, sizeof(everywhere));
	options.sockets_count = 1;
	assert_int_equal(sw_server_new(f->api, &options, &f->server, &err), SW_EINVAL);
	assert_non_null(strstr(err.text, "loopback"));
	f->server = NULL; /* the teardown counts descriptors: those that were refused are closed */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(readiness_says_why_not),
		TEST(metrics_count_what_was_asked),
		TEST(each_request_is_a_line_of_the_debug_log),
		TEST(sockets_that_are_passed_are_served),
		TEST(only_local_listening_sockets_may_be_passed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
