/*
 * Connections and their places. Everybody's request must come whole, and everybody's answer be taken, in the time
 * that a connection may be idle; a byte now and then, which libmicrohttpd counts as activity, buys no more. When
 * all places are taken, a new connection gets the place of the one that has been at this for longest. Only a
 * request that waits for the API keeps its place for as long as that takes.
 */
#include "server/http.h"

#include "base/mem.h"

#include <sys/resource.h>
#include <sys/socket.h>

#define CONNECTIONS_MAX 12000
#define DESCRIPTORS_KEPT 128 /* for the store, the helper, calls to others */
#define LOOKED_AT_MAX 16     /* for one whose place can be had */

struct sw_connection {
	struct sw_connection *next,
		*prev; /* of its listener, oldest first; not while the API has its request */
	struct sw_listener *listener;
	int fd;
	int64_t since_ms;
	bool listed;
	bool leaving; /* was shut down; libmicrohttpd does not know yet */
};

uint32_t sw_connections_max(uint32_t wanted)
{
	struct rlimit limit;
	uint32_t max = wanted ? wanted : CONNECTIONS_MAX;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return max;
	rlim_t left = limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? limit.rlim_cur - DESCRIPTORS_KEPT
							    : limit.rlim_cur / 2;
	left = left > SW_CONNECTIONS_SPARE ? left - SW_CONNECTIONS_SPARE : 1;
	return max < left ? max : (uint32_t)left;
}

/* ---- the list ---- */

static int64_t now_ms(const struct sw_listener *listener)
{
	const struct sw_loop *loop = listener->server->loop;
	return loop->ops->mono_ms(loop->data);
}

static void unlist(struct sw_connection *connection)
{
	struct sw_listener *listener = connection->listener;
	if (!connection->listed)
		return;
	connection->listed = false;
	if (connection->prev)
		connection->prev->next = connection->next;
	else
		listener->first = connection->next;
	if (connection->next)
		connection->next->prev = connection->prev;
	else
		listener->last = connection->prev;
	connection->next = connection->prev = NULL;
}

/* Its time begins anew. */
static void list(struct sw_connection *connection)
{
	struct sw_listener *listener = connection->listener;
	const struct sw_loop *loop = listener->server->loop;
	unlist(connection);
	if (connection->leaving)
		return;
	connection->since_ms = now_ms(listener);
	connection->prev = listener->last;
	if (listener->last)
		listener->last->next = connection;
	else
		listener->first = connection;
	listener->last = connection;
	connection->listed = true;
	if (!listener->patience.slot) /* benign: the next one sets it */
		(void)loop->ops->alarm(loop->data, &listener->patience,
				       connection->since_ms +
					       listener->server->options.idle_seconds_max * INT64_C(1000));
}

/* libmicrohttpd sees the end of the stream, and closes. */
static void dismiss(struct sw_connection *connection)
{
	unlist(connection);
	connection->leaving = true;
	connection->listener->connections_count--;
	(void)shutdown(connection->fd, SHUT_RDWR);
}

/* Has it sent what libmicrohttpd has not read yet? Its turn comes in a moment. */
static bool has_more(const struct sw_connection *connection)
{
	char byte;
	return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* A place for the connection that came last, when there are too many. */
static void make_room(struct sw_listener *listener)
{
	struct sw_connection *connection = listener->first;
	for (int i = 0; i < LOOKED_AT_MAX && connection && connection != listener->last; i++) {
		if (!has_more(connection)) {
			dismiss(connection);
			return;
		}
		connection = connection->next;
	}
}

void sw_connection_impatient(struct sw_alarm *alarm)
{
	struct sw_listener *listener = alarm->user;
	const struct sw_loop *loop = listener->server->loop;
	int64_t patience_ms = listener->server->options.idle_seconds_max * INT64_C(1000),
		now = now_ms(listener);
	while (listener->first && listener->first->since_ms + patience_ms <= now)
		dismiss(listener->first);
	if (listener->first)
		(void)loop->ops->alarm(loop->data, alarm, listener->first->since_ms + patience_ms);
}

/* ---- from libmicrohttpd, and for requests ---- */

void sw_connection_notify(void *cls, struct MHD_Connection *mhd, void **slot,
			  enum MHD_ConnectionNotificationCode code)
{
	struct sw_listener *listener = cls;
	struct sw_connection *connection = *slot;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
		connection = info ? sw_zalloc(sizeof(*connection)) : NULL;
		*slot = connection;
		if (!connection) /* benign: it is served, and keeps its place */
			return;
		connection->listener = listener;
		connection->fd = info->connect_fd;
		list(connection);
		if (++listener->connections_count > listener->server->options.connections_max)
			make_room(listener);
	} else if (connection) {
		unlist(connection);
		listener->connections_count -= !connection->leaving;
		*slot = NULL;
		sw_free(connection);
	}
}

static struct sw_connection *connection_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

void sw_connection_wait(struct MHD_Connection *mhd)
{
	struct sw_connection *connection = connection_of(mhd);
	if (connection)
		unlist(connection);
}

bool sw_connection_go_on(struct MHD_Connection *mhd)
{
	struct sw_connection *connection = connection_of(mhd);
	if (!connection)
		return true;
	list(connection);
	return connection->listener->connections_count <=
	       connection->listener->server->options.connections_max;
}
