/* The servers of the HTTP rows, each a process of its own: `stepwell serve`, and libmicrohttpd with nothing behind it. */
#include "bench/bench.h"

#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The first port that the child's text names behind the last colon of an address. */
static unsigned port_announced(int fd)
{
	char text[512];
	size_t len = 0;
	while (len < sizeof(text) - 1 && !memchr(text, '\n', len)) {
		ssize_t n = read(fd, text + len, sizeof(text) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	text[len] = '\0';
	const char *address = strstr(text, "127.0.0.1:");
	if (!address)
		fprintf(stderr, "bench: a server did not come up: %s\n", text);
	return address ? (unsigned)strtoul(address + strlen("127.0.0.1:"), NULL, 10) : 0;
}

/* In the child: what it prints on standard error goes into the pipe; it ends with the benchmark. */
static void settle(const int *pipe_fds)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(pipe_fds[1], STDERR_FILENO);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static bool started(struct http_child *child, int *pipe_fds, pid_t pid)
{
	close(pipe_fds[1]);
	*child = (struct http_child){.pid = pid, .stderr_fd = pipe_fds[0]};
	child->port = pid > 0 ? port_announced(pipe_fds[0]) : 0;
	if (child->port)
		return true;
	http_child_end(child);
	return false;
}

bool http_child_stepwell(struct http_child *child, const char *program, const char *directory,
			 const char *partitions)
{
	int pipe_fds[2];
	if (pipe(pipe_fds) != 0)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		settle(pipe_fds);
		execl(program, program, "serve", "--listen", "127.0.0.1:0", "--data", directory,
		      "--partitions", partitions, (char *)NULL);
		perror(program);
		_exit(127);
	}
	return started(child, pipe_fds, pid);
}

/* ---- libmicrohttpd alone ---- */

static enum MHD_Result echo(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
			    const char *version, const char *upload, size_t *upload_bytes, void **slot)
{
	struct MHD_Response *response = cls;
	if (!*slot) {
		*slot = response; /* seen */
		return MHD_YES;
	}
	if (*upload_bytes) {
		*upload_bytes = 0;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

/*
 * Its own thread would do, but that of libmicrohttpd 0.9.75 waits for ever once 128 connections are ready at the
 * same moment.
 */
static void run_echo(struct MHD_Daemon *daemon, int epoll_fd)
{
	struct pollfd ready = {.fd = epoll_fd, .events = POLLIN};
	MHD_UNSIGNED_LONG_LONG timeout_ms;
	for (;;) {
		bool now = MHD_get_timeout(daemon, &timeout_ms) == MHD_YES && timeout_ms == 0;
		poll(&ready, 1, now ? 0 : 1000);
		MHD_run(daemon);
	}
}

/* One response, made once, with the headers that stepwell's have. */
static void serve_echo(size_t body_bytes)
{
	char *body = malloc(body_bytes ? body_bytes : 1);
	struct MHD_Response *response;
	if (!body)
		return;
	memset(body, 'x', body_bytes);
	response = MHD_create_response_from_buffer(body_bytes, body, MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/x-amz-json-1.0");
	MHD_add_response_header(response, "x-amzn-RequestId", "00000000-0000-0000-0000-000000000000");
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, echo, response,
						     MHD_OPTION_CONNECTION_LIMIT, 10000U, MHD_OPTION_END);
	const union MHD_DaemonInfo *info =
		daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
	if (!info)
		return;
	fprintf(stderr, "127.0.0.1:%u\n", (unsigned)info->port);
	info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
	run_echo(daemon, info->epoll_fd);
}

bool http_child_echo(struct http_child *child, size_t body_bytes)
{
	int pipe_fds[2];
	if (pipe(pipe_fds) != 0)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		settle(pipe_fds);
		serve_echo(body_bytes);
		_exit(1);
	}
	return started(child, pipe_fds, pid);
}

void http_child_end(struct http_child *child)
{
	if (child->pid > 0) {
		kill(child->pid, SIGTERM);
		waitpid(child->pid, NULL, 0);
	}
	if (child->stderr_fd >= 0)
		close(child->stderr_fd);
	*child = (struct http_child){.stderr_fd = -1};
}
