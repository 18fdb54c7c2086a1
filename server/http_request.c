/*
 * One HTTP request: its head is checked, its body gathered, the API called, and the answer sent: at once, or,
 * when it depends on a commit, after the connection was suspended and resumed.
 */
#include "server/http.h"

#include "base/mem.h"
#include "server/api.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define TARGET_PREFIX "AWSStepFunctions."
#define AWS_JSON "application/x-amz-json-1.0"
#define LOOK_AGAIN_MS 500

static void request_unref(struct sw_request *request)
{
	if (--request->refs > 0)
		return;
	sw_buf_done(&request->body);
	sw_free(request->answer);
	sw_free(request);
}

static const char *header(const struct sw_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* ---- the answer ---- */

static void set_answer(struct sw_request *request, unsigned status, const char *error_type, const char *text,
		       size_t len)
{
	request->state = SW_REQUEST_ANSWERED;
	request->status = status;
	snprintf(request->error_type, sizeof(request->error_type), "%s", error_type ? error_type : "");
	request->answer = sw_memdup(text, len);
	request->answer_len = len;
	if (!request->answer) { /* the status says it */
		request->status = 500;
		request->answer_len = 0;
	}
}

static void set_error(struct sw_request *request, unsigned status, const char *error_type,
		      const char *message)
{
	char text[256];
	int len = snprintf(text, sizeof(text), "{\"__type\":\"%s\",\"message\":\"%s\"}", error_type, message);
	set_answer(request, status, error_type, text, (size_t)len);
}

void sw_request_refuse(struct sw_request *request, unsigned status, const char *error_type,
		       const char *message, size_t len)
{
	struct sw_body body = SW_BODY;
	sw_body_open(&body, NULL, '{');
	sw_body_text(&body, "__type", error_type);
	sw_body_bytes(&body, "message", message, len);
	sw_body_close(&body, '}');
	sw_buf_done(&request->body);
	if (sw_buf_result(&body.text) == SW_OK)
		set_answer(request, status, error_type, body.text.data, body.text.len);
	else
		set_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "InternalFailure", "out of memory");
	sw_buf_done(&body.text);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	/* benign: without memory the answer goes without this header */
	(void)MHD_add_response_header(response, name, value);
}

/* What was asked and how it ended: no payloads, no tokens. */
static void log_request(const struct sw_request *request, const char *id)
{
	const struct sw_log_field fields[] = {
		{.name = "action", .text = sw_request_meter_name(request->meter)},
		{.name = "status", .number = request->status},
		{.name = "us", .number = sw_request_now_us() - request->began_us},
		{.name = "bytes_in", .number = (int64_t)request->body_seen_bytes},
		{.name = "bytes_out", .number = (int64_t)request->answer_len},
		{.name = "request_id", .text = id},
		{.name = "error", .text = request->error_type},
	};
	const struct sw_log_event event = {.level = SW_LOG_DEBUG,
					   .file = __FILE__,
					   .line = __LINE__,
					   .text = "request",
					   .fields = fields,
					   .fields_count = sizeof(fields) / sizeof(fields[0]) -
							   !*request->error_type};
	sw_log_tell(&request->server->options.log, &event);
}

/* Gives the answer to libmicrohttpd. MHD_NO closes the connection. */
static enum MHD_Result send_answer(struct sw_request *request)
{
	char id[37];
	const char *error_type = request->error_type;
	struct MHD_Response *response;
	if (request->answer) {
		response = MHD_create_response_from_buffer_with_free_callback(request->answer_len,
									      request->answer, sw_free);
		if (response)
			request->answer = NULL; /* the response's */
	} else {
		response = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
	}
	if (!response)
		return MHD_NO;
	sw_rng_uuid(&request->server->rng, id);
	add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
		   request->content_type ? request->content_type : AWS_JSON);
	add_header(response, "x-amzn-RequestId", id);
	if (*error_type)
		add_header(response, "x-amzn-errortype", error_type);
	if (request->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		add_header(response, MHD_HTTP_HEADER_ALLOW, "POST");
	if (!sw_connection_go_on(request->connection) || request->server->draining)
		add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	sw_request_count(request);
	if (sw_log_wants(&request->server->options.log, SW_LOG_DEBUG))
		log_request(request, id);
	enum MHD_Result result = MHD_queue_response(request->connection, request->status, response);
	MHD_destroy_response(response);
	return result;
}

/* ---- is the client still there? ---- */

static void stop_watch(struct sw_request *request)
{
	/* The server may be gone; what is watched ended before. */
	if (!request->watch.slot && !request->look_again.slot)
		return;
	const struct sw_loop *loop = request->server->loop;
	if (request->watch.slot)
		(void)loop->ops->watch(loop->data, &request->watch, 0);
	if (request->look_again.slot)
		(void)loop->ops->alarm(loop->data, &request->look_again, SW_NEVER);
}

/* Gives up the API's call, if it is not too late; the request is to be answered then. */
static bool cancel_call(struct sw_request *request)
{
	stop_watch(request);
	if (request->state != SW_REQUEST_SUSPENDED || !request->call || !sw_api_cancel(request->call))
		return false;
	request_unref(request); /* the call's reference; libmicrohttpd has its own */
	return true;
}

static void client_is_gone(struct sw_request *request)
{
	if (!cancel_call(request))
		return;
	set_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, "ServiceUnavailable", "the client is gone");
	MHD_resume_connection(request->connection);
	sw_listener_wake(request->listener);
}

static void look_again(struct sw_request *request)
{
	const struct sw_loop *loop = request->server->loop;
	/* benign: as without a watch */
	(void)loop->ops->alarm(loop->data, &request->look_again,
			       loop->ops->mono_ms(loop->data) + LOOK_AGAIN_MS);
}

/* Behind what a TLS client has sent: did it end its side? */
static void looked_again(struct sw_alarm *alarm)
{
	struct sw_request *request = alarm->user;
	struct pollfd client = {.fd = request->watch.fd, .events = POLLRDHUP};
	if (poll(&client, 1, 0) > 0 && (client.revents & (POLLRDHUP | POLLHUP | POLLERR)))
		client_is_gone(request);
	else
		look_again(request);
}

/*
 * libmicrohttpd does not tell when the client of a suspended connection goes away. Whoever has ended its side
 * reads no answer to a poll; whoever sends its next request already is there, and is not watched any more. With
 * TLS what comes may also be the notice that it ends its side, which the end itself follows.
 */
static void client_stirs(struct sw_watch *watch, unsigned interest)
{
	struct sw_request *request = watch->user;
	char byte;
	(void)interest;
	ssize_t n = recv(watch->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_is_gone(request);
		return;
	}
	stop_watch(request);
	if (request->server->tls && request->listener->tcp)
		look_again(request);
}

static void watch_client(struct sw_request *request)
{
	const struct sw_loop *loop = request->server->loop;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (!info)
		return;
	request->watch = (struct sw_watch){.fd = info->connect_fd, .ready = client_stirs, .user = request};
	request->look_again = (struct sw_alarm){.fired = looked_again, .user = request};
	/* benign: without it the poll of a client that is gone takes a task, which then times out */
	(void)loop->ops->watch(loop->data, &request->watch, SW_READABLE);
}

void sw_request_end_poll(struct sw_request *request)
{
	static const char nothing[] = "{\"taskToken\":null}";
	if (!cancel_call(request))
		return;
	set_answer(request, MHD_HTTP_OK, NULL, nothing, sizeof(nothing) - 1);
	MHD_resume_connection(request->connection);
	sw_listener_wake(request->listener);
}

/* The API's answer. Takes the call's reference. */
static void answered(void *user, int status, const char *error_type, const char *body, size_t len)
{
	struct sw_request *request = user;
	bool suspended = request->state == SW_REQUEST_SUSPENDED;

	stop_watch(request);
	if (request->connection && request->state != SW_REQUEST_ANSWERED) {
		set_answer(request, (unsigned)status, error_type, body, len);
		if (suspended) {
			MHD_resume_connection(request->connection);
			sw_listener_wake(request->listener);
		}
	}
	request_unref(request);
}

void sw_request_give_up(struct sw_request *request)
{
	if (request->state != SW_REQUEST_SUSPENDED)
		return;
	(void)cancel_call(request); /* else its answer is dropped */
	set_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, "ServiceUnavailable", "the server is shutting down");
	MHD_resume_connection(request->connection);
}

/* ---- what is asked ---- */

/*
 * A browser names the page a request comes from. A page of another host must not reach the API, not even by a
 * name that was made to resolve to this machine.
 */
static bool origin_is_local(const char *origin)
{
	static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};
	const char *host = origin ? strstr(origin, "://") : NULL;
	if (!origin)
		return true;
	for (size_t i = 0; host && i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		size_t len = strlen(hosts[i]);
		if (strncmp(host + 3, hosts[i], len) == 0 && (host[3 + len] == '\0' || host[3 + len] == ':'))
			return true;
	}
	return false;
}

/* The action of the X-Amz-Target header, or NULL. */
static const char *target_action(const struct sw_request *request)
{
	const char *target = header(request, "X-Amz-Target");
	if (!target || strncmp(target, TARGET_PREFIX, strlen(TARGET_PREFIX)) != 0)
		return NULL;
	return target + strlen(TARGET_PREFIX);
}

/* The body is complete. */
static void call_api(struct sw_request *request, const char *action, const struct sw_credential *caller)
{
	request->state = SW_REQUEST_CALLING;
	request->meter = sw_request_meter_of(action);
	request->refs++;
	enum sw_result r = sw_api_call_as(request->server->api, caller, header(request, "X-Amzn-Trace-Id"),
					  action, request->body.data ? request->body.data : "",
					  request->body.len, answered, request, &request->call);
	if (r != SW_OK) {
		request->refs--;
		set_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "InternalFailure", sw_result_text(r));
	}
	sw_buf_done(&request->body);
	if (request->state == SW_REQUEST_CALLING) {
		request->state = SW_REQUEST_SUSPENDED;
		MHD_suspend_connection(request->connection);
		sw_connection_wait(request->connection);
		if (request->call)
			watch_client(request);
	}
}

static void answer_metrics(struct sw_request *request)
{
	size_t len = 0;
	char *text = sw_server_metrics_text(request->server, &len);
	if (!text) {
		set_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "InternalFailure", "out of memory");
		return;
	}
	request->state = SW_REQUEST_ANSWERED;
	request->status = MHD_HTTP_OK;
	request->content_type = "text/plain; version=0.0.4; charset=utf-8";
	request->answer = text;
	request->answer_len = len;
}

static void answer_ready(struct sw_request *request)
{
	struct sw_buf text = SW_BUF;
	enum sw_result r = sw_server_ready(request->server, &text);
	if (text.failed)
		set_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "InternalFailure", "out of memory");
	else
		set_answer(request, r == SW_OK ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, NULL, text.data,
			   text.len);
	sw_buf_done(&text);
}

/* What the operator asks. False: it is something else, or not for this client. */
static bool answer_operator(struct sw_request *request, const char *url)
{
	if (!sw_request_is_open(request, url))
		return false;
	if (strcmp(url, "/healthz") == 0)
		set_answer(request, MHD_HTTP_OK, NULL, "{\"status\":\"ok\"}", 15);
	else if (strcmp(url, "/readyz") == 0)
		answer_ready(request);
	else if (strcmp(url, "/metrics") == 0)
		answer_metrics(request);
	else
		return false;
	return true;
}

/* "A server MUST accept the absolute-form in requests": what a client sends that takes this server for its proxy. */
static const char *path_of(const char *url)
{
	static const char scheme[] = "http://";
	if (strncmp(url, scheme, strlen(scheme)) != 0)
		return url;
	url += strlen(scheme);
	url += strcspn(url, "/");
	return *url ? url : "/";
}

static void dispatch(struct sw_request *request, const char *url, const char *method)
{
	bool get = strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	const struct sw_credential *caller;
	const char *action;

	if (request->server->closing)
		set_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, "ServiceUnavailable",
			  "the server is shutting down");
	else if (request->body_too_large)
		set_error(request, MHD_HTTP_CONTENT_TOO_LARGE, "RequestEntityTooLarge",
			  "the request is too large");
	else if (sw_buf_result(&request->body) != SW_OK)
		set_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "InternalFailure", "out of memory");
	else if (get && answer_operator(request, url))
		return;
	else if (strcmp(url, "/") != 0)
		set_error(request, MHD_HTTP_NOT_FOUND, "UnknownOperationException",
			  "there is nothing at this path");
	else if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
		set_error(request, MHD_HTTP_METHOD_NOT_ALLOWED, "UnknownOperationException",
			  "only POST is allowed");
	else if (!origin_is_local(header(request, "Origin")))
		set_error(request, MHD_HTTP_FORBIDDEN, "AccessDeniedException",
			  "requests of other web sites are refused");
	else if (!sw_request_check_signature(request, url, method, &caller))
		return; /* it has answered */
	else if (!(action = target_action(request)))
		set_error(request, MHD_HTTP_BAD_REQUEST, "UnknownOperationException",
			  "the header X-Amz-Target must name an action: AWSStepFunctions.StartExecution");
	else
		call_api(request, action, caller);
}

/* ---- from libmicrohttpd ---- */

struct framing {
	unsigned lengths;
	bool odd; /* says of the body's end what nobody here understands */
};

static enum MHD_Result see_framing(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct framing *framing = cls;
	(void)kind;
	if (strcasecmp(key, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0)
		framing->odd = framing->odd || ++framing->lengths > 1;
	else if (strcasecmp(key, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0)
		framing->odd = framing->odd || !value || strcasecmp(value, "chunked") != 0;
	return MHD_YES;
}

/* A proxy could see the request's end elsewhere than libmicrohttpd, which takes the first length. */
static bool has_odd_framing(struct MHD_Connection *connection)
{
	struct framing framing = {0};
	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, see_framing, &framing);
	return framing.odd;
}

static enum MHD_Result begin(struct sw_server *server, struct MHD_Connection *connection, const char *url,
			     const char *method, void **slot)
{
	struct sw_request *request = sw_zalloc(sizeof(*request));
	const union MHD_ConnectionInfo *info;
	if (!request)
		return MHD_NO;
	request->refs = 1;
	request->server = server;
	request->connection = connection;
	request->began_us = sw_request_now_us();
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_DAEMON);
	request->listener = &server->listeners[0];
	for (size_t i = 1; info && i < SW_LISTENERS_MAX; i++)
		request->listener = info->daemon == server->listeners[i].daemon ? &server->listeners[i]
										: request->listener;
	request->next = server->requests;
	if (request->next)
		request->next->prev = request;
	server->requests = request;
	*slot = request;

	/* The body is not waited for: the connection ends with this answer. */
	if (has_odd_framing(connection)) {
		set_error(request, MHD_HTTP_BAD_REQUEST, "SerializationException",
			  "it is not clear where the request ends");
		return send_answer(request);
	}
	const char *length = header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
	if (length && strtoull(length, NULL, 10) > server->options.body_bytes_max) {
		request->body_too_large = true;
		set_error(request, MHD_HTTP_CONTENT_TOO_LARGE, "RequestEntityTooLarge",
			  "the request is too large");
		return send_answer(request);
	}
	/*
	 * A client that is refused here gets the answer behind its body, of which nothing is kept: to end the
	 * connection before could take the answer from it. One that asks before it sends the body is told at once.
	 */
	request->body_unwanted = !sw_request_check_head(request, url, method) || strcmp(url, "/") != 0;
	bool at_once = request->state == SW_REQUEST_ANSWERED && header(request, MHD_HTTP_HEADER_EXPECT);
	return at_once ? send_answer(request) : MHD_YES;
}

static enum MHD_Result gather(struct sw_request *request, const char *upload, size_t bytes)
{
	uint64_t max = request->server->options.body_bytes_max;
	request->body_seen_bytes += bytes;
	if (request->body_seen_bytes <= max) {
		if (!request->body_unwanted)
			sw_buf_append(&request->body, upload, bytes);
		return MHD_YES;
	}
	/* A chunked body does not say how long it is: a little more is read, for the sake of the answer. */
	request->body_too_large = true;
	sw_buf_done(&request->body);
	return request->body_seen_bytes <= 2 * max ? MHD_YES : MHD_NO;
}

enum MHD_Result sw_request_handle(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_bytes, void **slot)
{
	struct sw_request *request = *slot;
	if (!request)
		return begin(cls, connection, path_of(url), method, slot);
	if (*upload_bytes > 0) {
		size_t bytes = *upload_bytes;
		*upload_bytes = 0;
		return gather(request, upload, bytes);
	}
	if (request->state == SW_REQUEST_READING)
		dispatch(request, path_of(url), method);
	return request->state == SW_REQUEST_ANSWERED ? send_answer(request) : MHD_YES;
}

void sw_request_completed(void *cls, struct MHD_Connection *connection, void **slot,
			  enum MHD_RequestTerminationCode code)
{
	struct sw_request *request = *slot;
	if (!request)
		return;
	*slot = NULL;
	(void)cancel_call(request);
	(void)sw_connection_go_on(connection);
	if (request->prev)
		request->prev->next = request->next;
	else
		request->server->requests = request->next;
	if (request->next)
		request->next->prev = request->prev;
	request->connection = NULL;
	request_unref(request);
}
