/* The server over real sockets, client and server in one process and one loop: for the tests of its HTTP side. */
#ifndef SW_TEST_SERVER_HTTP_FIXTURE_H
#define SW_TEST_SERVER_HTTP_FIXTURE_H

#include "fake.h"
#include "server/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TURNS_MAX 1000 /* of at most 10 ms */
#define RUN1 "{\"executionArn\":\"" FAKE_EXECUTION "\"}"
#define STOPPED "{\"stopDate\":1700000000.123}"

struct fixture {
	struct sw_engine engine;
	struct sw_poll_loop *loop;
	struct sw_api *api;
	struct sw_server *server;
	int descriptors; /* open at the start */
};

/* One connection and what came on it. */
struct client {
	int fd;
	char text[65536];
	size_t len;
	bool closed; /* by the server */
	int status;  /* of the last answer */
	char body[32768];
	char head[4096];
};

static inline int count_descriptors(void)
{
	int count = 0;
	DIR *directory = opendir("/proc/self/fd");
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static inline void serve(struct fixture *f, struct sw_server_options options)
{
	struct sw_error err = {0};
	options.loop = sw_poll_loop_hooks(f->loop);
	if (!options.socket_directory)
		options.listen = "127.0.0.1:0";
	if (sw_server_new(f->api, &options, &f->server, &err) != SW_OK)
		fail_msg("%s", err.text);
}

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->descriptors = count_descriptors();
	fake_init(&f->engine);
	assert_int_equal(sw_poll_loop_new(&f->loop, NULL), SW_OK);
	assert_int_equal(sw_api_new(&f->engine, NULL, &f->api), SW_OK);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;
	sw_server_free(f->server);
	sw_api_free(f->api);
	fake_answer(&f->engine);
	sw_poll_loop_free(f->loop);
	fake_done(&f->engine);
	assert_int_equal(count_descriptors(), f->descriptors);
	free(f);
	return 0;
}

/* ---- the client ---- */

static inline void turn(struct fixture *f)
{
	assert_int_equal(sw_poll_loop_run(f->loop, 10, NULL), SW_OK);
}

static inline struct client *client_new(struct fixture *f)
{
	struct client *c = calloc(1, sizeof(*c));
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)sw_server_port(f->server)),
				      .sin_addr = {htonl(INADDR_LOOPBACK)}};
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	return c;
}

static inline void client_free(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

static inline void say(struct fixture *f, struct client *c, const char *text, size_t len)
{
	for (int i = 0; len > 0 && i < TURNS_MAX; i++) {
		ssize_t sent = send(c->fd, text, len, MSG_NOSIGNAL);
		if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
			return;
		if (sent > 0) {
			text += sent;
			len -= (size_t)sent;
		} else {
			turn(f);
		}
	}
	assert_int_equal(len, 0);
}

static inline void hear(struct client *c)
{
	ssize_t got = recv(c->fd, c->text + c->len, sizeof(c->text) - 1 - c->len, 0);
	if (got > 0)
		c->len += (size_t)got;
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		c->closed = true;
	c->text[c->len] = '\0';
}

/* Takes one whole answer off the text; false when it is not there yet. */
static inline bool take(struct client *c)
{
	char *end = strstr(c->text, "\r\n\r\n");
	if (!end)
		return false;
	size_t head = (size_t)(end + 4 - c->text), body = 0;
	for (char *line = c->text; line && line < end; line = strstr(line, "\r\n")) {
		line += *line == '\r' ? 2 : 0;
		if (strncasecmp(line, "Content-Length:", 15) == 0)
			body = strtoul(line + 15, NULL, 10);
	}
	if (c->len < head + body)
		return false;
	c->status = atoi(c->text + 9);
	snprintf(c->head, sizeof(c->head), "%.*s", (int)head, c->text);
	assert_true(body < sizeof(c->body));
	memcpy(c->body, c->text + head, body);
	c->body[body] = '\0';
	c->len -= head + body;
	memmove(c->text, c->text + head + body, c->len + 1);
	return true;
}

/* Runs the loop until one more answer is here. */
static inline void wait_answer(struct fixture *f, struct client *c)
{
	for (int i = 0; i < TURNS_MAX; i++) {
		hear(c);
		if (take(c))
			return;
		assert_false(c->closed);
		turn(f);
	}
	fail_msg("no answer");
}

static inline void wait_closed(struct fixture *f, struct client *c)
{
	for (int i = 0; i < TURNS_MAX && !c->closed; i++) {
		hear(c);
		turn(f);
	}
	assert_true(c->closed);
}

static inline void wait_pending(struct fixture *f, unsigned count)
{
	for (int i = 0; i < TURNS_MAX && f->engine.pending_count < count; i++)
		turn(f);
	assert_int_equal(f->engine.pending_count, count);
}

static inline void post_with(struct fixture *f, struct client *c, const char *action, const char *headers,
			     const char *body)
{
	char text[2048];
	int len =
		snprintf(text, sizeof(text),
			 "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\n"
			 "X-Amz-Target: AWSStepFunctions.%s\r\n%sContent-Length: %zu\r\n\r\n%s",
			 action, headers, strlen(body), body);
	say(f, c, text, (size_t)len);
}

static inline void post(struct fixture *f, struct client *c, const char *action, const char *body)
{
	post_with(f, c, action, "", body);
}

/* The value of a header, or NULL; valid until the next call. */
static inline const char *header(const struct client *c, const char *name)
{
	static char value[256];
	for (const char *line = strstr(c->head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, strlen(name)) == 0 && line[2 + strlen(name)] == ':') {
			const char *at = line + 3 + strlen(name);
			at += *at == ' ';
			snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r"), at);
			return value;
		}
	}
	return NULL;
}

static inline void ask(struct fixture *f, struct client *c, const char *text)
{
	say(f, c, text, strlen(text));
	wait_answer(f, c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
