/* The server's life, and libmicrohttpd in the host's loop: see http.h. */
#include "server/http.h"

#include "base/mem.h"
#include "server/tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define IDLE_SECONDS_MAX 120
#define BODY_BYTES_MAX 2097152
#define CONNECTION_MEMORY_BYTES 16384 /* the head of a request must fit; used again, all of it is touched */
#define TURNS_MAX 64                  /* runs of libmicrohttpd before others have their turn */
#define FAREWELL_TURNS 8              /* runs to send the last answers */

/* ---- in the loop ---- */

static void set_alarm(struct sw_listener *listener, uint64_t in_ms)
{
	const struct sw_loop *loop = listener->server->loop;
	int64_t due_ms = loop->ops->mono_ms(loop->data) + (int64_t)(in_ms < 3600000 ? in_ms : 3600000);
	/* benign: without the alarm the next event of any connection does its work */
	(void)loop->ops->alarm(loop->data, &listener->alarm, due_ms);
}

static unsigned count_connections(const struct sw_listener *listener)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
	return info ? info->num_connections : 0;
}

/*
 * After a connection was resumed the descriptor does not become readable and the time-out says nothing: run
 * once, and again while the time-out is 0. And again after a connection ended: when the limit was reached,
 * the next run is the one that listens again.
 */
static void run(struct sw_listener *listener)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms = 0;
	enum MHD_Result known = MHD_NO;
	bool more = true;

	listener->running = true;
	for (int turn = 0; more && turn < TURNS_MAX; turn++) {
		unsigned before = count_connections(listener);
		listener->again = false;
		MHD_run(listener->daemon);
		known = MHD_get_timeout(listener->daemon, &timeout_ms);
		more = listener->again || (known == MHD_YES && timeout_ms == 0) ||
		       count_connections(listener) < before;
	}
	listener->running = false;
	if (more)
		set_alarm(listener, 0);
	else if (known == MHD_YES)
		set_alarm(listener, timeout_ms);
	else
		(void)listener->server->loop->ops->alarm(listener->server->loop->data, &listener->alarm,
							 SW_NEVER);
}

static void on_ready(struct sw_watch *watch, unsigned interest)
{
	run(watch->user);
}

static void on_alarm(struct sw_alarm *alarm)
{
	run(alarm->user);
}

void sw_listener_wake(struct sw_listener *listener)
{
	if (listener->running)
		listener->again = true;
	else
		set_alarm(listener, 0); /* many answers of one commit: one run */
}

static void __attribute__((format(printf, 2, 0))) on_message(void *cls, const char *format, va_list args)
{
	struct sw_server *server = cls;
	char text[256];
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	SW_LOG(&server->options.log, SW_LOG_DEBUG, "libmicrohttpd: %s", text);
}

/* ---- life ---- */

/* Takes fd, also on failure. tls NULL: without. */
static enum sw_result serve(struct sw_server *server, struct sw_listener *listener, int fd,
			    const struct sw_tls *tls, struct sw_error *err)
{
	const struct sw_server_options *options = &server->options;
	const union MHD_DaemonInfo *info = NULL;
	struct MHD_OptionItem secure[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, tls ? tls->certificate : NULL},
					  {MHD_OPTION_HTTPS_MEM_KEY, 0, tls ? tls->key : NULL},
					  {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)SW_TLS_PRIORITIES},
					  {MHD_OPTION_END, 0, NULL}};
	struct MHD_OptionItem *more = tls ? secure : &secure[3];

	listener->server = server;
	listener->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0), 0,
		NULL, NULL, sw_request_handle, server, MHD_OPTION_EXTERNAL_LOGGER, on_message, server,
		MHD_OPTION_LISTEN_SOCKET, (MHD_socket)fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)options->connections_max + SW_CONNECTIONS_SPARE, MHD_OPTION_NOTIFY_CONNECTION,
		sw_connection_notify, listener, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)options->idle_seconds_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_NOTIFY_COMPLETED, sw_request_completed, server,
		MHD_OPTION_ARRAY, more, MHD_OPTION_END);
	if (!listener->daemon) {
		close(fd);
		return sw_error_set(err, SW_EIO, "cannot start the HTTP server: %s", strerror(errno));
	}
	info = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info || info->epoll_fd < 0)
		return sw_error_set(err, SW_EIO, "libmicrohttpd has no epoll descriptor");
	listener->watch = (struct sw_watch){.fd = info->epoll_fd, .ready = on_ready, .user = listener};
	listener->alarm = (struct sw_alarm){.fired = on_alarm, .user = listener};
	listener->patience = (struct sw_alarm){.fired = sw_connection_impatient, .user = listener};
	enum sw_result r = server->loop->ops->watch(server->loop->data, &listener->watch, SW_READABLE);
	return r == SW_OK ? SW_OK : sw_error_set(err, r, "the loop cannot watch the HTTP server");
}

static enum sw_result serve_tls(struct sw_server *server, struct sw_listener *listener, int fd,
				struct sw_error *err)
{
	const struct sw_server_options *options = &server->options;
	struct sw_tls tls = {0};
	int64_t now_ms = server->loop->ops->wall_ms(server->loop->data);
	enum sw_result r = SW_EINVAL;
	if (!options->tls_certificate_file || !options->tls_key_file)
		sw_error_set(err, r, "TLS needs both a certificate and its key");
	else if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		sw_error_set(err, r, "this libmicrohttpd was built without TLS");
	else
		r = sw_tls_load(options->tls_certificate_file, options->tls_key_file, now_ms, &options->log,
				&tls, err);
	if (r != SW_OK) {
		close(fd);
		return r;
	}
	server->tls = true;
	r = serve(server, listener, fd, &tls, err);
	sw_tls_done(&tls); /* libmicrohttpd has read it into memory of its own */
	return r;
}

/* Takes fd. name is how it is called in the log. */
static enum sw_result serve_tcp(struct sw_server *server, struct sw_listener *listener, int fd, bool loopback,
				const char *name, struct sw_error *err)
{
	const struct sw_server_options *options = &server->options;
	listener->tcp = true;
	if (options->tls_certificate_file || options->tls_key_file)
		return serve_tls(server, listener, fd, err);
	if (!loopback)
		SW_LOG(&options->log, SW_LOG_WARNING,
		       "listening on %.100s without TLS: requests are signed, but whoever is on the way can "
		       "read them",
		       name);
	return serve(server, listener, fd, NULL, err);
}

static enum sw_result listen_tcp(struct sw_server *server, struct sw_error *err)
{
	const struct sw_server_options *options = &server->options;
	bool loopback;
	int fd;
	enum sw_result r = sw_listen_tcp(options->listen, server->credentials != NULL, &fd, &server->port,
					 &loopback, err);
	return r == SW_OK ? serve_tcp(server, &server->listeners[0], fd, loopback, options->listen, err) : r;
}

/* Sockets the host has already. */
static enum sw_result listen_given(struct sw_server *server, struct sw_error *err)
{
	const struct sw_server_options *options = &server->options;
	enum sw_result r = SW_OK;
	for (size_t i = 0; i < options->sockets_count && r == SW_OK; i++) {
		struct sw_listener *listener = &server->listeners[2 + i];
		bool tcp, loopback;
		unsigned port = 0;
		int fd = options->sockets[i];
		r = sw_listen_check(fd, server->credentials != NULL, &tcp, &port, &loopback, err);
		if (r < 0)
			break;
		server->sockets_taken++;
		r = tcp ? serve_tcp(server, listener, fd, loopback, "a socket that was passed", err)
			: serve(server, listener, fd, NULL, err);
		server->port = server->port ? server->port : port;
	}
	return r;
}

static enum sw_result listen_all(struct sw_server *server, struct sw_error *err)
{
	const struct sw_server_options *options = &server->options;
	enum sw_result r = SW_OK;
	int fd;

	if (options->credentials_file) {
		server->credentials_file = sw_strdup(options->credentials_file);
		r = server->credentials_file ? sw_server_load_credentials(server, err)
					     : sw_error_set(err, SW_ENOMEM, "out of memory");
	}
	if (r == SW_OK && options->listen)
		r = listen_tcp(server, err);
	if (r == SW_OK && options->socket_directory) {
		r = sw_listen_unix(options->socket_directory, &fd, &server->directory_fd, &server->socket,
				   err);
		if (r == SW_OK)
			r = serve(server, &server->listeners[1], fd, NULL, err);
	}
	return r == SW_OK ? listen_given(server, err) : r;
}

/* An engine may make or divide a directory before there is a server: so mistakes are looked for beforehand. */
enum sw_result sw_server_check(const struct sw_server_options *options, struct sw_error *err)
{
	struct sw_server probe = {.credentials_file = (char *)options->credentials_file};
	const struct sw_log silent = {0};
	struct sw_error own = {0};
	struct sw_tls tls = {0};
	bool loopback;
	int fd;
	const char *certificate = options->tls_certificate_file, *key = options->tls_key_file;
	enum sw_result r = probe.credentials_file ? sw_server_load_credentials(&probe, err) : SW_OK;
	bool everywhere = probe.credentials != NULL;
	sw_credentials_free(probe.credentials);
	if (r == SW_OK && !certificate != !key)
		r = sw_error_set(err, SW_EINVAL, "TLS needs both a certificate and its key");
	if (r == SW_OK && certificate)
		r = sw_tls_load(certificate, key, options->loop->ops->wall_ms(options->loop->data), &silent,
				&tls, err);
	sw_tls_done(&tls);
	if (r != SW_OK || !options->listen)
		return r;
	r = sw_listen_tcp(options->listen, everywhere, &fd, &probe.port, &loopback, &own);
	if (r == SW_OK)
		close(fd);
	if (r == SW_OK || r == SW_EIO) /* in use: perhaps by the owner of the directory, which tells more */
		return SW_OK;
	return sw_error_set(err, r, "%s", own.text);
}

/* The host's sockets that no listener has: they are the server's from the call on. */
static void close_given(const struct sw_server_options *options, size_t from)
{
	for (size_t i = from; i < options->sockets_count; i++)
		close(options->sockets[i]);
}

enum sw_result sw_server_new(struct sw_api *api, const struct sw_server_options *options,
			     struct sw_server **ret_server, struct sw_error *err)
{
	uint64_t seed;
	struct sw_server *server = NULL;
	if (!api || !options->loop || options->sockets_count > SW_SERVER_SOCKETS_MAX) {
		close_given(options, 0);
		return sw_error_set(err, SW_EINVAL,
				    "the server needs an API and a loop, and takes at most %d sockets",
				    SW_SERVER_SOCKETS_MAX);
	}
	server = sw_zalloc(sizeof(*server));
	struct sw_request_meter *meters = server ? sw_request_meters_new() : NULL;
	if (!meters) {
		close_given(options, 0);
		sw_free(server);
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	}
	server->meters = meters;
	server->api = api;
	server->loop = options->loop;
	server->options = *options;
	server->directory_fd = -1;
	server->options.connections_max = sw_connections_max(server->options.connections_max);
	if (!server->options.idle_seconds_max)
		server->options.idle_seconds_max = IDLE_SECONDS_MAX;
	if (!server->options.body_bytes_max)
		server->options.body_bytes_max = BODY_BYTES_MAX;

	enum sw_result r = sw_entropy(&seed, sizeof(seed));
	if (r != SW_OK)
		sw_error_set(err, r, "the system gives no random numbers");
	server->rng = sw_rng(seed);
	if (r == SW_OK)
		r = listen_all(server, err);
	close_given(options, server->sockets_taken);
	/* borrowed for this call only */
	server->options.listen = server->options.socket_directory = NULL;
	server->options.sockets = NULL;
	server->options.credentials_file = NULL;
	server->options.tls_certificate_file = server->options.tls_key_file = NULL;
	if (r != SW_OK) {
		sw_server_free(server);
		return r;
	}
	if (server->port)
		SW_LOG(&server->options.log, SW_LOG_INFO, "listening on port %u", server->port);
	*ret_server = server;
	return SW_OK;
}

enum sw_result sw_server_open(struct sw_engine *engine, const struct sw_server_options *options,
			      struct sw_server **ret_server, struct sw_error *err)
{
	struct sw_api *api = NULL;
	struct sw_server *server = NULL;
	enum sw_result r = engine ? sw_api_new(engine, NULL, &api) : SW_EINVAL;
	if (r != SW_OK) {
		close_given(options, 0);
		return sw_error_set(err, r, "%s", engine ? sw_result_text(r) : "the server needs an engine");
	}
	r = sw_server_new(api, options, &server, err);
	if (r != SW_OK) {
		sw_api_free(api);
		return r;
	}
	server->own_api = api;
	*ret_server = server;
	return SW_OK;
}

unsigned sw_server_port(const struct sw_server *server)
{
	return server->port;
}

void sw_server_drain(struct sw_server *server, bool *ret_busy)
{
	for (size_t i = 0; i < SW_LISTENERS_MAX && !server->draining; i++) {
		struct sw_listener *listener = &server->listeners[i];
		MHD_socket fd = listener->daemon ? MHD_quiesce_daemon(listener->daemon) : MHD_INVALID_SOCKET;
		if (fd != MHD_INVALID_SOCKET)
			close(fd);
	}
	if (!server->draining) {
		sw_listen_unix_done(server->directory_fd, &server->socket);
		server->directory_fd = -1;
	}
	server->draining = true;
	*ret_busy = false;
	for (struct sw_request *request = server->requests; request; request = request->next) {
		sw_request_end_poll(request);
		*ret_busy = *ret_busy || request->state != SW_REQUEST_READING;
	}
}

/* All connections must be resumed before MHD_stop_daemon, which otherwise aborts. */
static void stop(struct sw_listener *listener)
{
	const struct sw_loop *loop = listener->server ? listener->server->loop : NULL;
	if (!listener->daemon)
		return;
	if (listener->watch.slot)
		(void)loop->ops->watch(loop->data, &listener->watch, 0);
	listener->running = true; /* no alarms any more */
	for (int turn = 0; turn < FAREWELL_TURNS; turn++)
		MHD_run(listener->daemon);
	(void)loop->ops->alarm(loop->data, &listener->alarm, SW_NEVER);
	MHD_stop_daemon(listener->daemon);
	(void)loop->ops->alarm(loop->data, &listener->patience, SW_NEVER);
}

void sw_server_free(struct sw_server *server)
{
	if (!server)
		return;
	server->draining = server->closing = true;
	for (struct sw_request *request = server->requests; request; request = request->next)
		sw_request_give_up(request);
	for (size_t i = 0; i < SW_LISTENERS_MAX; i++)
		stop(&server->listeners[i]);
	sw_listen_unix_done(server->directory_fd, &server->socket);
	sw_free(server->meters);
	sw_credentials_free(server->credentials);
	sw_free(server->credentials_file);
	sw_api_free(server->own_api);
	sw_free(server);
}
