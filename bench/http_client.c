/*
 * The client of the HTTP rows: one thread, one epoll descriptor, connections that are kept open, and one request
 * on each at a time. It reads of an answer what it needs: status, length, end.
 */
#include "base/mem.h"
#include "bench/bench.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX 8192
#define EVENTS_PER_ROUND 128
#define PATIENCE_MS 10000

struct connection {
	int fd;
	double sent; /* when its request was */
	size_t len;
	char answer[ANSWER_BYTES_MAX];
};

struct client {
	const struct http_load *load;
	struct connection *connections;
	int epoll_fd;
	unsigned next; /* request */
	double *latencies;
	size_t count, capacity;
	const char *failure;
};

int http_connect(unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

bool http_request_make(struct sw_buf *out, const char *action, const char *body)
{
	sw_buf_printf(out,
		      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\n"
		      "X-Amz-Target: AWSStepFunctions.%s\r\nContent-Length: %zu\r\n\r\n%s",
		      action, strlen(body), body);
	return sw_buf_result(out) == SW_OK;
}

/* Bytes of the answer with its head when they are all there, 0 when more must come, -1: not an answer, or no success. */
static ssize_t answer_length(const char *answer, size_t len)
{
	static const char ok[] = "HTTP/1.1 200 ", field[] = "\r\nContent-Length: ";
	const char *end = memmem(answer, len, "\r\n\r\n", 4), *length;
	if (len >= sizeof(ok) - 1 && memcmp(answer, ok, sizeof(ok) - 1) != 0)
		return -1;
	if (!end)
		return 0;
	length = memmem(answer, (size_t)(end - answer), field, sizeof(field) - 1);
	if (!length)
		return -1;
	size_t whole = (size_t)(end + 4 - answer) + (size_t)strtoul(length + sizeof(field) - 1, NULL, 10);
	return len >= whole ? (ssize_t)whole : 0;
}

ssize_t http_exchange(int fd, const struct sw_buf *request, char *answer, size_t answer_bytes)
{
	size_t len = 0;
	ssize_t whole = 0;
	if (send(fd, request->data, request->len, MSG_NOSIGNAL) != (ssize_t)request->len)
		return -1;
	while (whole == 0 && len < answer_bytes) {
		ssize_t n = recv(fd, answer + len, answer_bytes - len, 0);
		if (n <= 0)
			return -1;
		len += (size_t)n;
		whole = answer_length(answer, len);
	}
	return whole > 0 ? (ssize_t)len : -1;
}

/* The requests are shorter than a socket's buffer, and each waits for the answer to the one before. */
static void send_next(struct client *client, struct connection *connection)
{
	const struct sw_buf *request = &client->load->requests[client->next];
	client->next = (client->next + 1) % client->load->requests_count;
	connection->len = 0;
	connection->sent = now_seconds();
	if (send(connection->fd, request->data, request->len, MSG_NOSIGNAL) != (ssize_t)request->len)
		client->failure = "a request could not be sent whole";
}

static void note(struct client *client, double latency)
{
	if (client->count == client->capacity) {
		size_t capacity = client->capacity ? 2 * client->capacity : 65536;
		double *grown = sw_realloc_array(client->latencies, capacity, sizeof(*grown));
		if (!grown) {
			client->failure = "out of memory";
			return;
		}
		client->latencies = grown;
		client->capacity = capacity;
	}
	client->latencies[client->count++] = latency;
}

static void receive(struct client *client, struct connection *connection)
{
	ssize_t n = recv(connection->fd, connection->answer + connection->len,
			 sizeof(connection->answer) - connection->len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client->failure = "a connection was closed";
		return;
	}
	connection->len += (size_t)n;
	ssize_t whole = answer_length(connection->answer, connection->len);
	if (whole == 0)
		return;
	if (whole < 0) {
		client->failure = "a request was not answered 200";
		return;
	}
	note(client, now_seconds() - connection->sent);
	send_next(client, connection);
}

static void run(struct client *client, double end)
{
	struct epoll_event events[EVENTS_PER_ROUND];
	while (!client->failure && now_seconds() < end) {
		int count = epoll_wait(client->epoll_fd, events, EVENTS_PER_ROUND, PATIENCE_MS);
		if (count <= 0 && !(count < 0 && errno == EINTR))
			client->failure = "nothing was answered for 10 seconds";
		for (int i = 0; i < count; i++)
			receive(client, events[i].data.ptr);
	}
}

static void open_connections(struct client *client)
{
	for (unsigned i = 0; i < client->load->connections && !client->failure; i++) {
		struct connection *connection = &client->connections[i];
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
		connection->fd = http_connect(client->load->port);
		if (connection->fd < 0 || epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event))
			client->failure = "cannot connect";
		else
			send_next(client, connection);
	}
}

bool http_load_run(const struct http_load *load, struct http_figures *ret_figures)
{
	struct client client = {.load = load, .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
	double start = now_seconds();
	client.connections = sw_zalloc_array(load->connections, sizeof(*client.connections));
	if (!client.connections || client.epoll_fd < 0)
		client.failure = "out of memory or descriptors";
	for (unsigned i = 0; client.connections && i < load->connections; i++)
		client.connections[i].fd = -1;
	open_connections(&client);
	run(&client, start + load->seconds);
	if (!client.failure && client.count == 0)
		client.failure = "nothing was answered";
	if (client.failure)
		fprintf(stderr, "bench: port %u, %u connections, %zu answers: %s\n", load->port,
			load->connections, client.count, client.failure);
	else
		*ret_figures = (struct http_figures){
			.rate = (double)client.count / (now_seconds() - start),
			.p50_ms = quantile(client.latencies, client.count, 0.5) * 1e3,
			.p99_ms = quantile(client.latencies, client.count, 0.99) * 1e3,
		};
	for (unsigned i = 0; client.connections && i < load->connections; i++)
		if (client.connections[i].fd >= 0)
			close(client.connections[i].fd);
	if (client.epoll_fd >= 0)
		close(client.epoll_fd);
	sw_free(client.connections);
	sw_free(client.latencies);
	return !client.failure;
}
