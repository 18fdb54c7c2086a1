/*
 * The AWS-compatible API over an engine: AWS JSON 1.0 (X-Amz-Target: AWSStepFunctions.<Action>) on TCP and on
 * the Unix socket of the data directory, by libmicrohttpd in the host's loop. The public door of server/
 * (installed as stepwell/server.h). Also used without sockets: sw_api_call answers one request, for the
 * command's direct access to a directory. Loop's thread only.
 */
#ifndef STEPWELL_SERVER_H
#define STEPWELL_SERVER_H

#include "engine/engine.h"
#include "engine/metrics.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the API without sockets ---- */

struct sw_api;
/*
 * engine NULL: only reading actions work, over reader; others are answered 503 ServiceUnavailable (nobody
 * owns the directory). With an engine, reader may be NULL (the engine's own). Both are borrowed and must
 * outlive the API.
 */
SW_API enum sw_result sw_api_new(struct sw_engine *engine, struct sw_reader *reader, struct sw_api **ret_api);
/* Calls that still wait are answered later, at the latest when the engine is freed. NULL allowed. */
SW_API void sw_api_free(struct sw_api *api);

/*
 * status is an HTTP status: 200, 400, or 500 and 503 when the server is at fault. body is the JSON answer, or
 * {"__type": error_type, "message": ...}. error_type is NULL with 200. All borrowed for the call.
 */
typedef void sw_api_reply_fn(void *user, int status, const char *error_type, const char *body, size_t len);
/*
 * Answers one request: action is a name such as "StartExecution" (docs/api.md lists them), body its JSON.
 * reply is called exactly once: from inside the call when the answer depends on committed state only, else
 * later from the loop. body is borrowed for the call. SW_ENOMEM: reply is not called.
 */
SW_API enum sw_result sw_api_call(struct sw_api *api, const char *action, const char *body, size_t len,
				  sw_api_reply_fn *reply, void *user);

/*
 * The same for callers that may go away. While the answer is waited for, *place is what sw_api_cancel takes, if
 * the action is one that can be cancelled (GetActivityTask); otherwise, and once reply was called, it is NULL.
 * place must stay until then; NULL allowed.
 */
struct sw_call;
SW_API enum sw_result sw_api_call_at(struct sw_api *api, const char *action, const char *body, size_t len,
				     sw_api_reply_fn *reply, void *user, struct sw_call **place);
/* Nobody waits for the answer. True: reply will not be called. False: it will, the answer is on its way. */
SW_API bool sw_api_cancel(struct sw_call *call);

/* ---- several partitions (engine/partition.h) ---- */

/*
 * The partitions of a data directory beside the first: an engine and a thread each. The API over partition 0 then
 * serves them all: it reads every store, carries a call that changes an execution to the partition of that
 * execution, and spreads new ones. docs/design/partitions.md. Calls come from partition 0's loop.
 */
struct sw_partitions;
/*
 * catalogue is the engine of partition 0, not resumed yet; options are those it was opened with (directory, loop,
 * region, account are replaced). count 0: as many as there are. More than there are: the directory is divided
 * further, for good; what exists stays where it is. SW_EINVAL: fewer than there are, or relaxed_ms. *ret_partitions is NULL when there
 * is one.
 */
SW_API enum sw_result sw_partitions_open(struct sw_engine *catalogue, const struct sw_engine_options *options,
					 uint32_t count, struct sw_partitions **ret_partitions,
					 struct sw_error *err);
/* The API over all of them; partitions NULL: over the one engine. Free it after the partitions. */
SW_API enum sw_result sw_api_new_over(struct sw_engine *catalogue, struct sw_partitions *partitions,
				      struct sw_api **ret_api);
/* As sw_engine_resume, of the others; before or after that of the first. The threads begin. */
SW_API enum sw_result sw_partitions_resume(struct sw_partitions *partitions, enum sw_resume which,
					   struct sw_error *err);
/* As sw_engine_on_task, in each of the others; the handlers are called in their threads. Before they are resumed. */
SW_API enum sw_result sw_partitions_on_task(struct sw_partitions *partitions, const char *pattern,
					    sw_task_fn *handler, sw_task_fn *cancel, void *user,
					    struct sw_error *err);
/* As sw_engine_reload, sw_engine_ready and sw_engine_is_idle, of the others. NULL allowed: there are none. */
SW_API enum sw_result sw_partitions_reload(struct sw_partitions *partitions, const char *resources_json,
					   const char *mocks_json, bool *ret_mocks, struct sw_error *err);
SW_API enum sw_result sw_partitions_ready(struct sw_partitions *partitions, struct sw_error *err);
SW_API bool sw_partitions_are_idle(struct sw_partitions *partitions);
/* How many there are, the first included. */
SW_API uint32_t sw_partitions_count(const struct sw_partitions *partitions);
/*
 * Ends the threads and their engines; calls that waited there are answered. After the server is freed and before
 * the catalogue's engine, which is freed before _free. NULL allowed in both.
 */
SW_API void sw_partitions_stop(struct sw_partitions *partitions);
SW_API void sw_partitions_free(struct sw_partitions *partitions);

/* ---- the server ---- */

struct sw_server;
struct sw_server_options {
	const struct sw_loop *loop;   /* the engine's */
	const char *listen;           /* "127.0.0.1:8083", "[::1]:8083"; port 0: any; NULL: no TCP */
	const char *socket_directory; /* listens on its socket "stepwell.sock" (0600); NULL: none */
	/*
	 * NULL: signatures on TCP are not looked at, and listen must be a loopback address. Else requests on TCP must
	 * be signed (AWS Signature Version 4) by a key of this file: docs/access.md. The socket's never are.
	 */
	const char *credentials_file;
	const char *tls_certificate_file, *tls_key_file; /* both: TCP is TLS 1.2 or later; PEM; NULL: none */
	uint32_t connections_max;  /* of each socket; 0: 12,000; fewer when RLIMIT_NOFILE is too low */
	uint32_t idle_seconds_max; /* 0: 120 */
	uint32_t body_bytes_max;   /* 0: 2 MiB */
	struct sw_log log;         /* each request is a line of level debug */
	/*
	 * Listening sockets that the host has already, TCP (loopback) or Unix; at most SW_SERVER_SOCKETS_MAX. The
	 * server's from the call on, also on failure. Borrowed array.
	 */
	const int *sockets;
	size_t sockets_count;
	/* What the host counts itself, in Prometheus's text format, shown at /metrics behind the rest. Returns new text
	 * (malloc), or NULL. */
	char *(*metrics)(void *user);
	void *metrics_user;
};
#define SW_SERVER_SOCKETS_MAX 8
#ifndef __cplusplus
#define SW_SERVER_OPTIONS ((struct sw_server_options){.log = {.level = SW_LOG_INFO}})
#else
#define SW_SERVER_OPTIONS sw_server_options_fresh()
inline struct sw_server_options sw_server_options_fresh()
{
	struct sw_server_options fresh = {};
	fresh.log.level = SW_LOG_INFO;
	return fresh;
}
#endif
/*
 * SW_EIO with a text that names the address. SW_EINVAL: no address, or not a loopback one without credentials, or a
 * credentials file or key that others can read. SW_EDEFINITION with line, column and pointer: a mistake in the
 * credentials file. Whoever gives socket_directory owns it: a socket that is there is stale and is replaced.
 */
SW_API enum sw_result sw_server_new(struct sw_api *api, const struct sw_server_options *options,
				    struct sw_server **ret_server, struct sw_error *err);
/*
 * Looks at what sw_server_new will need - the credentials file, certificate and key, the form of the address -
 * and opens nothing: before an engine makes or divides a data directory. Errors as above. That the address is in use, and
 * mistakes of the sockets, are found by sw_server_new.
 */
SW_API enum sw_result sw_server_check(const struct sw_server_options *options, struct sw_error *err);
/*
 * The whole of it in one call, for a host that has an engine: an API over the engine, which is the server's own, and
 * the server. options.loop must be the engine's. Free the server before the engine. Errors as above.
 */
SW_API enum sw_result sw_server_open(struct sw_engine *engine, const struct sw_server_options *options,
				     struct sw_server **ret_server, struct sw_error *err);
/*
 * Beside the API: GET /healthz (200 while the process answers), GET /readyz (200 when sw_engine_ready says so, else 503
 * with the reason) and GET /metrics (Prometheus's text format 0.0.4; with credentials only on Unix sockets and for
 * clients on this machine).
 */
/*
 * Reads the credentials file again, for requests that arrive from now on. SW_OK without one, too. On failure (as of
 * sw_server_new) the credentials stay as they were.
 */
SW_API enum sw_result sw_server_reload_credentials(struct sw_server *server, struct sw_error *err);
/* The TCP port it listens on; 0: none. */
SW_API unsigned sw_server_port(const struct sw_server *server);
/*
 * Stops accepting; *ret_busy tells whether requests still wait for an answer, or for their answer to be sent.
 * Call it again after turns of the loop until nothing is busy or patience ends; then sw_server_free.
 */
SW_API void sw_server_drain(struct sw_server *server, bool *ret_busy);
/* Closes all; waiting requests get 503. Before API, engine and loop are freed, not from inside a callback. NULL
 * allowed. */
SW_API void sw_server_free(struct sw_server *server);

#ifdef __cplusplus
}
#endif
#endif
