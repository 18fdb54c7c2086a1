/* Who may call: signatures of requests on TCP, and which paths are open. See http.h and auth.h. */
#include "server/http.h"

#include "base/mem.h"
#include "server/api.h"
#include "server/auth.h"
#include "server/private_file.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define FIELDS_MAX 4096 /* headers, or arguments of the query: more do not fit into the head of a request */
#define REFUSAL_LOG_MS 1000

/* ---- the credentials ---- */

enum sw_result sw_server_load_credentials(struct sw_server *server, struct sw_error *err)
{
	struct sw_credentials *credentials = NULL;
	char *text = NULL;
	size_t len = 0;
	enum sw_result r = sw_private_file_read(server->credentials_file, "the credentials file", true,
						SW_CREDENTIALS_FILE_BYTES_MAX, &text, &len, err);
	if (r == SW_OK)
		r = sw_credentials_parse(text, len, &credentials, err);
	sw_private_file_free(text, len);
	if (r != SW_OK)
		return r;
	sw_credentials_free(server->credentials);
	server->credentials = credentials;
	return SW_OK;
}

enum sw_result sw_server_reload_credentials(struct sw_server *server, struct sw_error *err)
{
	if (!server->credentials_file)
		return SW_OK;
	enum sw_result r = sw_server_load_credentials(server, err);
	if (r == SW_OK)
		SW_LOG(&server->options.log, SW_LOG_INFO, "read %zu credentials again",
		       sw_credentials_count(server->credentials));
	return r;
}

/* ---- who is it? ---- */

static bool is_loopback_peer(const struct sw_request *request)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *peer = info ? info->client_addr : NULL;
	if (peer && peer->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)peer)->sin_addr.s_addr) >> 24 == 127;
	if (peer && peer->sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)peer)->sin6_addr);
	return false;
}

static bool on_tcp(const struct sw_request *request)
{
	return request->listener->tcp;
}

bool sw_request_is_open(const struct sw_request *request, const char *url)
{
	if (strcmp(url, "/healthz") == 0 || strcmp(url, "/readyz") == 0)
		return true;
	if (strcmp(url, "/metrics") == 0)
		return !request->server->credentials || !on_tcp(request) || is_loopback_peer(request);
	return false;
}

static bool must_sign(const struct sw_request *request, const char *url)
{
	return request->server->credentials && on_tcp(request) && strcmp(url, "/") == 0;
}

/* ---- what libmicrohttpd knows of a request ---- */

struct fields {
	struct sw_auth_field *list;
	size_t count, capacity;
};

static enum MHD_Result take_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len,
				  const char *value, size_t value_len)
{
	struct fields *fields = cls;
	(void)kind;
	if (fields->count == fields->capacity)
		return MHD_NO;
	fields->list[fields->count++] = (struct sw_auth_field){name, value, name_len, value_len};
	return MHD_YES;
}

/* The list is the caller's to free. */
static enum sw_result collect(struct sw_request *request, enum MHD_ValueKind kind, struct fields *ret_fields)
{
	int count = MHD_get_connection_values_n(request->connection, kind, NULL, NULL);
	struct fields fields = {.capacity = count > 0 ? (size_t)count : 0};
	if (fields.capacity > FIELDS_MAX)
		return SW_ELIMIT;
	fields.list = sw_zalloc_array(fields.capacity + 1, sizeof(*fields.list));
	if (!fields.list)
		return SW_ENOMEM;
	MHD_get_connection_values_n(request->connection, kind, take_field, &fields);
	*ret_fields = fields;
	return SW_OK;
}

/* ---- refusing ---- */

static void print_peer(const struct sw_request *request, char text[INET6_ADDRSTRLEN])
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *peer = info ? info->client_addr : NULL;
	snprintf(text, INET6_ADDRSTRLEN, "an unknown address");
	if (peer && peer->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)peer)->sin_addr, text, INET6_ADDRSTRLEN);
	else if (peer && peer->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)peer)->sin6_addr, text, INET6_ADDRSTRLEN);
}

/* At most a line a second, whatever comes in. Its text is the first line of the answer, printable. */
static void log_refusal(struct sw_request *request, const char *type, const struct sw_buf *message)
{
	struct sw_server *server = request->server;
	int64_t now_ms = server->loop->ops->mono_ms(server->loop->data);
	char peer[INET6_ADDRSTRLEN], text[200];
	size_t len = 0;
	if (server->refusals_logged && now_ms - server->refusal_logged_ms < REFUSAL_LOG_MS) {
		server->refusals_unlogged++;
		return;
	}
	for (; len < message->len && len < sizeof(text) - 1 && message->data[len] != '\n'; len++)
		text[len] = message->data[len] >= ' ' && message->data[len] < 0x7F ? message->data[len] : '?';
	text[len] = '\0';
	print_peer(request, peer);
	SW_LOG(&server->options.log, SW_LOG_WARNING, "refused a request from %s: %s: %s", peer, type, text);
	if (server->refusals_unlogged)
		SW_LOG(&server->options.log, SW_LOG_WARNING, "%llu more requests were refused before it",
		       (unsigned long long)server->refusals_unlogged);
	server->refusals_logged = true;
	server->refusal_logged_ms = now_ms;
	server->refusals_unlogged = 0;
}

static void refuse(struct sw_request *request, enum sw_auth_verdict verdict, const struct sw_buf *message)
{
	const char *type = sw_auth_error_type(verdict);
	if (verdict == SW_AUTH_NO_MEMORY) {
		sw_request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, type, "out of memory", 13);
		return;
	}
	log_refusal(request, type, message);
	sw_request_refuse(request, MHD_HTTP_BAD_REQUEST, type, message->data ? message->data : "",
			  message->len);
}

/* whole: the body is here. */
static bool check(struct sw_request *request, const char *url, const char *method, bool whole,
		  const struct sw_credential **ret_caller)
{
	const struct sw_server *server = request->server;
	const struct sw_auth_rules rules = {server->credentials, sw_api_region(server->api),
					    request->arrived_ms};
	struct fields headers = {0}, query = {0};
	struct sw_buf message = SW_BUF;
	enum sw_auth_verdict verdict = SW_AUTH_NO_MEMORY;

	enum sw_result r = collect(request, MHD_HEADER_KIND, &headers);
	if (r == SW_OK)
		r = collect(request, MHD_GET_ARGUMENT_KIND, &query);
	const struct sw_auth_request asked = {method,     url,           headers.list,
					      query.list, headers.count, query.count};
	if (r == SW_ELIMIT) {
		sw_buf_text(&message, "The request has too many headers or arguments.");
		verdict = SW_AUTH_INCOMPLETE;
	} else if (r == SW_OK && whole) {
		verdict = sw_auth_check(&asked, &rules, request->body.data, request->body.len, ret_caller,
					&message);
	} else if (r == SW_OK) {
		verdict = sw_auth_check_head(&asked, &rules, &message);
	}
	if (verdict != SW_AUTH_VALID)
		refuse(request, verdict, &message);
	sw_buf_done(&message);
	sw_free(headers.list);
	sw_free(query.list);
	return verdict == SW_AUTH_VALID;
}

bool sw_request_check_head(struct sw_request *request, const char *url, const char *method)
{
	if (!must_sign(request, url))
		return true;
	const struct sw_loop *loop = request->server->loop;
	request->arrived_ms = loop->ops->wall_ms(loop->data);
	return check(request, url, method, false, NULL);
}

bool sw_request_check_signature(struct sw_request *request, const char *url, const char *method,
				const struct sw_credential **ret_caller)
{
	*ret_caller = NULL;
	return !must_sign(request, url) || check(request, url, method, true, ret_caller);
}
