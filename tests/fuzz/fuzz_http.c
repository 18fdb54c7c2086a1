/*
 * What is behind libmicrohttpd: a request's head and body as it hands them over, its checks, the API, the answer.
 * The functions of libmicrohttpd that requests use are played here, without sockets. An input is text like HTTP:
 * "METHOD URL", lines "Name: value", an empty line, the body; more requests may follow behind lines of "--". When the
 * input begins with the line "signed", requests must be signed, and the clock stands still. Every request gets exactly
 * one answer, unless it is refused by MHD_NO.
 */
#include "base/mem.h"
#include "server/http.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS_MAX 100
#define REQUESTS_MAX 8
#define HEADERS_MAX 32
#define BODY_BYTES_MAX 4096
#define SIGNED "signed\n"
#define SIGNED_MS INT64_C(1795305600000) /* 2026-11-22 00:00 UTC: corpus/http/signed-* */
#define CREDENTIALS                                                                               \
	"{\"credentials\":[{\"accessKeyId\":\"AKIDEXAMPLE\",\"secretAccessKey\":\"wJalrXUtnFEMI/" \
	"K7MDENG+bPxRfi\"},"                                                                      \
	"{\"accessKeyId\":\"READER\",\"secretAccessKey\":\"wJalrXUtnFEMI/"                        \
	"K7MDENG+reader\",\"actions\":[\"states:List*\"],"                                        \
	"\"stateMachines\":[\"m*\"]}]}"
#define PASS                                                                                                 \
	"{\\\"StartAt\\\":\\\"P\\\",\\\"States\\\":{\\\"P\\\":{\\\"Type\\\":\\\"Pass\\\",\\\"End\\\":true}}" \
	"}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct header {
	char *name, *value;
};

struct MHD_Response {
	char *body;
	size_t len;
	void (*free_body)(void *body);
	unsigned refs;
	bool has_error_type, has_id;
	char type[64]; /* of the content */
	char error_type[64];
};

struct MHD_Connection {
	char *head; /* what headers point into */
	struct header headers[HEADERS_MAX], arguments[HEADERS_MAX];
	size_t headers_count, arguments_count;
	bool suspended;
	unsigned status; /* 0: not answered */
	unsigned answers;
	struct MHD_Response *response;
	void *place; /* http_connection.c's */
	union MHD_ConnectionInfo info;
};

static void require(bool truth)
{
	if (!truth)
		abort();
}

/* ---- libmicrohttpd ---- */

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
					const char *key)
{
	for (size_t i = 0; kind == MHD_HEADER_KIND && i < connection->headers_count; i++)
		if (strcasecmp(connection->headers[i].name, key) == 0)
			return connection->headers[i].value;
	return NULL;
}

int MHD_get_connection_values_n(struct MHD_Connection *connection, enum MHD_ValueKind kind,
				MHD_KeyValueIteratorN iterator, void *cls)
{
	bool query = kind == MHD_GET_ARGUMENT_KIND;
	const struct header *list = query ? connection->arguments : connection->headers;
	size_t count = query                     ? connection->arguments_count
		       : kind == MHD_HEADER_KIND ? connection->headers_count
						 : 0;
	for (size_t i = 0; iterator && i < count; i++) {
		const struct header *one = &list[i];
		if (iterator(cls, kind, one->name, strlen(one->name), one->value,
			     one->value ? strlen(one->value) : 0) != MHD_YES)
			return (int)i + 1;
	}
	return (int)count;
}

struct plain_iterator {
	MHD_KeyValueIterator iterator;
	void *cls;
};

static enum MHD_Result iterate_plain(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_len,
				     const char *value, size_t value_len)
{
	const struct plain_iterator *plain = cls;
	(void)key_len;
	(void)value_len;
	return plain->iterator(plain->cls, kind, key, value);
}

int MHD_get_connection_values(struct MHD_Connection *connection, enum MHD_ValueKind kind,
			      MHD_KeyValueIterator iterator, void *cls)
{
	struct plain_iterator plain = {iterator, cls};
	return MHD_get_connection_values_n(connection, kind, iterate_plain, &plain);
}

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *connection,
							enum MHD_ConnectionInfoType type, ...)
{
	switch (type) {
	case MHD_CONNECTION_INFO_SOCKET_CONTEXT:
		connection->info.socket_context = connection->place;
		return &connection->info;
	case MHD_CONNECTION_INFO_CONNECTION_FD: /* -1 would not be watched either */
		if (connection->place)
			return NULL;
		connection->info.connect_fd = -1;
		return &connection->info;
	default:
		return NULL;
	}
}

void MHD_suspend_connection(struct MHD_Connection *connection)
{
	require(!connection->suspended);
	connection->suspended = true;
}

void MHD_resume_connection(struct MHD_Connection *connection)
{
	require(connection->suspended);
	connection->suspended = false;
}

struct MHD_Response *
MHD_create_response_from_buffer_with_free_callback(size_t size, void *buffer,
						   MHD_ContentReaderFreeCallback free_body)
{
	struct MHD_Response *response = sw_zalloc(sizeof(*response));
	require(response != NULL);
	response->body = buffer;
	response->len = size;
	response->free_body = free_body;
	response->refs = 1;
	return response;
}

struct MHD_Response *MHD_create_response_from_buffer(size_t size, void *buffer,
						     enum MHD_ResponseMemoryMode mode)
{
	require(mode == MHD_RESPMEM_PERSISTENT);
	return MHD_create_response_from_buffer_with_free_callback(size, buffer, NULL);
}

enum MHD_Result MHD_add_response_header(struct MHD_Response *response, const char *name, const char *value)
{
	/* What libmicrohttpd refuses: a header could otherwise be made of what a client sent. */
	require(*name && *value && !strpbrk(name, "\r\n\t ") && !strpbrk(value, "\r\n"));
	if (strcmp(name, "x-amzn-errortype") == 0) {
		response->has_error_type = true;
		snprintf(response->error_type, sizeof(response->error_type), "%s", value);
	}
	if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_TYPE) == 0)
		snprintf(response->type, sizeof(response->type), "%s", value);
	response->has_id = response->has_id || strcasecmp(name, "x-amzn-RequestId") == 0;
	return MHD_YES;
}

void MHD_destroy_response(struct MHD_Response *response)
{
	if (--response->refs > 0)
		return;
	if (response->free_body)
		response->free_body(response->body);
	sw_free(response);
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *connection, unsigned status,
				   struct MHD_Response *response)
{
	require(!connection->suspended && connection->answers++ == 0);
	connection->status = status;
	connection->response = response;
	response->refs++;
	return MHD_YES;
}

/* ---- the subject ---- */

struct subject {
	struct sw_poll_loop *loop;
	struct sw_engine *engine;
	struct sw_server server;
	struct sw_loop loop_of_server;
	struct sw_loop_ops ops;
};

static int64_t clock_that_stands_still(void *data)
{
	(void)data;
	return SIGNED_MS;
}

static void noted(void *user, int status, const char *error_type, const char *body, size_t len)
{
	(void)error_type;
	(void)body;
	(void)len;
	*(int *)user = status;
}

static void ask(struct subject *s, const char *action, const char *body)
{
	int status = 0;
	require(sw_api_call(s->server.api, action, body, strlen(body), noted, &status) == SW_OK);
	for (int i = 0; i < TURNS_MAX && !status; i++)
		require(sw_poll_loop_run(s->loop, 10, NULL) == SW_OK);
	require(status == 200);
}

static void subject_init(struct subject *s)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	memset(s, 0, sizeof(*s));
	require(sw_poll_loop_new(&s->loop, NULL) == SW_OK);
	options.loop = sw_poll_loop_hooks(s->loop);
	options.synchronous_commit = true;
	options.seed = 1;
	require(sw_engine_new(&options, &s->engine, NULL) == SW_OK);
	require(sw_engine_resume(s->engine, SW_RESUME_ALL, NULL) == SW_OK);
	require(sw_api_new(s->engine, NULL, &s->server.api) == SW_OK);
	s->server.loop = options.loop;
	s->server.rng = sw_rng(1);
	s->server.directory_fd = -1;
	s->server.meters = sw_request_meters_new();
	require(s->server.meters);
	s->server.listeners[0].tcp = true;
	s->server.options.connections_max = 2;
	s->server.options.idle_seconds_max = 120;
	s->server.options.body_bytes_max = BODY_BYTES_MAX;
	s->server.meters = sw_request_meters_new();
	require(s->server.meters != NULL);
	for (int i = 0; i < SW_LISTENERS_MAX; i++) {
		struct sw_listener *listener = &s->server.listeners[i];
		listener->server = &s->server;
		listener->running = true;
		listener->patience = (struct sw_alarm){.fired = sw_connection_impatient, .user = listener};
	}
	ask(s, "CreateStateMachine",
	    "{\"name\":\"m\",\"roleArn\":\"arn:aws:iam::123456789012:role/r\",\"definition\":\"" PASS "\"}");
	ask(s, "CreateStateMachine",
	    "{\"name\":\"x\",\"type\":\"EXPRESS\",\"roleArn\":\"arn:aws:iam::123456789012:role/r\","
	    "\"definition\":\"" PASS "\"}");
	ask(s, "CreateActivity", "{\"name\":\"a\"}");
	ask(s, "StartExecution",
	    "{\"stateMachineArn\":\"arn:aws:states:us-east-1:123456789012:stateMachine:m\",\"name\":\"n\"}");
}

static void must_be_signed(struct subject *s)
{
	s->ops = *s->server.loop->ops;
	s->ops.wall_ms = clock_that_stands_still;
	s->loop_of_server = (struct sw_loop){&s->ops, s->server.loop->data};
	s->server.loop = &s->loop_of_server;
	require(sw_credentials_parse(CREDENTIALS, sizeof(CREDENTIALS) - 1, &s->server.credentials, NULL) ==
		SW_OK);
}

static void subject_done(struct subject *s)
{
	const struct sw_loop *loop = s->server.loop;
	require(!s->server.requests);
	for (int i = 0; i < SW_LISTENERS_MAX; i++) {
		require(!s->server.listeners[i].first && s->server.listeners[i].connections_count == 0);
		(void)loop->ops->alarm(loop->data, &s->server.listeners[i].patience, SW_NEVER);
	}
	sw_free(s->server.meters);
	sw_credentials_free(s->server.credentials);
	sw_free(s->server.meters);
	sw_api_free(s->server.api);
	sw_engine_free(s->engine);
	sw_poll_loop_free(s->loop);
}

/* ---- one request ---- */

/* The lines of a head, each with its NUL; "Name: value" of all but the first go to the connection. */
static void read_head(struct MHD_Connection *connection, char **ret_method, char **ret_url)
{
	char *rest = connection->head, *line = strsep(&rest, "\n");
	*ret_method = strsep(&line, " ");
	*ret_url = line ? line : *ret_method + strlen(*ret_method);
	line = *ret_url;
	strsep(&line, "?");
	while (line && connection->arguments_count < HEADERS_MAX) {
		char *value = strsep(&line, "&"), *name = strsep(&value, "=");
		connection->arguments[connection->arguments_count++] = (struct header){name, value};
	}
	while ((line = strsep(&rest, "\n")) && connection->headers_count < HEADERS_MAX) {
		char *name = strsep(&line, ":");
		if (line && *name)
			connection->headers[connection->headers_count++] =
				(struct header){name, line + strspn(line, " ")};
	}
}

static void check_answer(const struct MHD_Connection *connection)
{
	const struct MHD_Response *response = connection->response;
	require(connection->answers == 1 && response->type[0] && response->has_id);
	require(connection->status >= 200 && connection->status < 600);
	if (strcmp(response->type, "application/x-amz-json-1.0") != 0)
		return; /* the operator's: metrics */
	require((connection->status == 200) == !response->has_error_type);
	json_t *tree = json_loadb(response->body, response->len, JSON_ALLOW_NUL, NULL);
	require(json_is_object(tree));
	if (response->has_error_type) {
		const char *type = json_string_value(json_object_get(tree, "__type"));
		require(type && strncmp(type, response->error_type, sizeof(response->error_type) - 1) == 0);
	}
	json_decref(tree);
}

/* Body pieces of growing size, then the end, then what comes after a suspension, as libmicrohttpd calls. */
static void hand_over(struct subject *s, struct MHD_Connection *connection, const char *method,
		      const char *url, const char *body, size_t len)
{
	static const char version[] = MHD_HTTP_VERSION_1_1;
	void *slot = NULL;
	size_t none = 0, piece = 1;
	enum MHD_Result good =
		sw_request_handle(&s->server, connection, url, method, version, NULL, &none, &slot);
	for (size_t at = 0; good == MHD_YES && !connection->answers && at < len; at += piece, piece *= 7) {
		piece = piece < len - at ? piece : len - at;
		size_t left = piece;
		good = sw_request_handle(&s->server, connection, url, method, version, body + at, &left,
					 &slot);
		require(good != MHD_YES || left == 0);
	}
	if (good == MHD_YES && !connection->answers)
		good = sw_request_handle(&s->server, connection, url, method, version, NULL, &none, &slot);
	for (int i = 0; i < TURNS_MAX && connection->suspended; i++) {
		struct sw_request *request = slot;
		if (request->call)
			sw_request_end_poll(request);
		else
			require(sw_poll_loop_run(s->loop, 10, NULL) == SW_OK);
	}
	require(!connection->suspended);
	if (good == MHD_YES && !connection->answers)
		good = sw_request_handle(&s->server, connection, url, method, version, NULL, &none, &slot);
	if (good == MHD_YES)
		check_answer(connection);
	sw_request_completed(&s->server, connection, &slot,
			     good == MHD_YES ? MHD_REQUEST_TERMINATED_COMPLETED_OK
					     : MHD_REQUEST_TERMINATED_WITH_ERROR);
	require(!slot);
}

/* One request of the input; returns what is behind it. */
static const char *request_of(struct subject *s, const char *at, const char *end)
{
	struct MHD_Connection connection = {0};
	char *method, *url;
	const char *stop = memmem(at, (size_t)(end - at), "\n--\n", 4);
	const char *last = stop ? stop : end;
	const char *blank = memmem(at, (size_t)(last - at), "\n\n", 2);
	const char *body = blank ? blank + 2 : last;
	/* A body of its own size, so that reading beyond its end is seen. */
	char *copy = sw_memdup(body, (size_t)(last - body));
	connection.head = sw_memdup(at, (size_t)((blank ? blank : last) - at));
	require(copy && connection.head);
	read_head(&connection, &method, &url);
	sw_connection_notify(&s->server.listeners[0], &connection, &connection.place,
			     MHD_CONNECTION_NOTIFY_STARTED);
	hand_over(s, &connection, method, url, copy, (size_t)(last - body));
	sw_connection_notify(&s->server.listeners[0], &connection, &connection.place,
			     MHD_CONNECTION_NOTIFY_CLOSED);
	if (connection.response)
		MHD_destroy_response(connection.response);
	sw_free(connection.head);
	sw_free(copy);
	return stop ? stop + 4 : end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;
	struct subject s;
	if (size == 0)
		return 0;
	subject_init(&s);
	if (size >= strlen(SIGNED) && memcmp(at, SIGNED, strlen(SIGNED)) == 0) {
		must_be_signed(&s);
		at += strlen(SIGNED);
	}
	for (int i = 0; at < end && i < REQUESTS_MAX; i++)
		at = request_of(&s, at, end);
	subject_done(&s);
	return 0;
}
