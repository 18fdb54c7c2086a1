/* HTTP by libcurl: the protocol that the AWS CLI speaks, over a Unix socket or to a URL. */
#include "cli/wire.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* More than any answer: a page of history ends after 4 MiB of events. */
#define ANSWER_BYTES_MAX ((size_t)64 << 20)
enum { CONNECT_SECONDS = 10 };

struct wire {
	CURL *curl;
	/* Through it the socket is dialled, so that the path may be long; -1: an endpoint. */
	int directory_fd;
	struct curl_slist *headers; /* those that every request has */
	char reason[CURL_ERROR_SIZE];
};

bool answer_append(struct answer *answer, const char *data, size_t len)
{
	if (len > ANSWER_BYTES_MAX - answer->len)
		return false;
	if (answer->len + len + 1 > answer->capacity) {
		size_t capacity = 2 * (answer->len + len) + 64;
		char *grown = realloc(answer->body, capacity);
		if (!grown)
			return false;
		answer->body = grown;
		answer->capacity = capacity;
	}
	memcpy(answer->body + answer->len, data, len);
	answer->len += len;
	answer->body[answer->len] = '\0';
	return true;
}

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
	return answer_append(user, data, size * count) ? size * count : 0;
}

/* ---- opening ------------------------------------------------------------------------------------------- */

/* False: out of memory. The headers are then as they were. */
static bool add_header(struct curl_slist **headers, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*headers, line);
	if (longer)
		*headers = longer;
	return longer != NULL;
}

static struct wire *wire_new(void)
{
	struct wire *wire = calloc(1, sizeof(*wire));
	if (!wire)
		return NULL;
	wire->directory_fd = -1;
	wire->curl = curl_easy_init();
	/* No header that takes another away ("Expect:"): libcurl 7.88 signs it, and does not send it. */
	if (!wire->curl || !add_header(&wire->headers, "Content-Type: application/x-amz-json-1.0")) {
		wire_close(wire);
		return NULL;
	}
	curl_easy_setopt(wire->curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(wire->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(wire->curl, CURLOPT_ERRORBUFFER, wire->reason);
	curl_easy_setopt(wire->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	return wire;
}

/* Is somebody listening? */
static bool socket_answers(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answers;
	if (fd < 0)
		return false;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	answers = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return answers;
}

struct wire *wire_to_directory(const char *directory)
{
	char path[64];
	struct wire *wire = NULL;
	int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d/stepwell.sock", fd);
	if (socket_answers(path))
		wire = wire_new();
	if (!wire) {
		close(fd);
		return NULL;
	}
	wire->directory_fd = fd;
	curl_easy_setopt(wire->curl, CURLOPT_UNIX_SOCKET_PATH, path);
	curl_easy_setopt(wire->curl, CURLOPT_URL, "http://localhost/");
	return wire;
}

/* Keys in the environment, as every AWS tool takes them; without them requests are not signed. */
static bool sign(struct wire *wire, const char *region)
{
	const char *key = getenv("AWS_ACCESS_KEY_ID"), *secret = getenv("AWS_SECRET_ACCESS_KEY"),
		   *session = getenv("AWS_SESSION_TOKEN");
	char *scope = NULL, *header = NULL;
	bool ok;
	if (!key || !*key || !secret || !*secret)
		return true;
	ok = asprintf(&scope, "aws:amz:%s:states", region) >= 0;
	if (ok && session && *session) {
		ok = asprintf(&header, "X-Amz-Security-Token: %s", session) >= 0 &&
		     add_header(&wire->headers, header);
		free(header);
	}
	ok = ok && !curl_easy_setopt(wire->curl, CURLOPT_AWS_SIGV4, scope) &&
	     !curl_easy_setopt(wire->curl, CURLOPT_USERNAME, key) &&
	     !curl_easy_setopt(wire->curl, CURLOPT_PASSWORD, secret);
	free(scope);
	return ok;
}

struct wire *wire_to_endpoint(const struct wire_endpoint *endpoint)
{
	struct wire *wire = wire_new();
	if (!wire || curl_easy_setopt(wire->curl, CURLOPT_URL, endpoint->url) ||
	    !sign(wire, endpoint->region)) {
		wire_close(wire);
		return NULL;
	}
	curl_easy_setopt(wire->curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(wire->curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(wire->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (endpoint->ca_file)
		curl_easy_setopt(wire->curl, CURLOPT_CAINFO, endpoint->ca_file);
	return wire;
}

void wire_close(struct wire *wire)
{
	if (!wire)
		return;
	if (wire->curl)
		curl_easy_cleanup(wire->curl);
	curl_slist_free_all(wire->headers);
	if (wire->directory_fd >= 0)
		close(wire->directory_fd);
	free(wire);
}

/* ---- calling ------------------------------------------------------------------------------------------- */

static enum wire_failure failure_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return WIRE_NONE;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return WIRE_ADDRESS;
	case CURLE_COULDNT_CONNECT:
		return WIRE_REFUSED;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return WIRE_UNTRUSTED;
	case CURLE_SSL_CONNECT_ERROR:
		return WIRE_NO_TLS;
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 */
	case CURLE_WEIRD_SERVER_REPLY:
		return WIRE_NO_HTTP;
	case CURLE_OPERATION_TIMEDOUT:
		return WIRE_TIMED_OUT;
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return WIRE_BROKEN;
	default:
		return WIRE_OTHER;
	}
}

/* One whole exchange, with the headers of this request before those that all have. */
static CURLcode perform(struct wire *wire, const char *target, const char *body, long limit_seconds,
			struct answer *answer)
{
	struct curl_slist first = {.data = (char *)target, .next = wire->headers};
	long status = 0;
	CURLcode code;
	curl_easy_setopt(wire->curl, CURLOPT_HTTPHEADER, &first);
	curl_easy_setopt(wire->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
	curl_easy_setopt(wire->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(wire->curl, CURLOPT_TIMEOUT, limit_seconds);
	curl_easy_setopt(wire->curl, CURLOPT_WRITEDATA, answer);
	wire->reason[0] = '\0';
	code = curl_easy_perform(wire->curl);
	curl_easy_getinfo(wire->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_setopt(wire->curl, CURLOPT_HTTPHEADER, NULL);
	answer->status = (int)status;
	answer->done = code == CURLE_OK;
	return code;
}

enum wire_failure wire_call(struct wire *wire, const char *action, const char *body, long limit_seconds,
			    struct answer *answer)
{
	char target[128];
	double connect_seconds = 0;
	enum wire_failure failure;
	snprintf(target, sizeof(target), "X-Amz-Target: AWSStepFunctions.%s", action);
	CURLcode code = perform(wire, target, body, limit_seconds, answer);
	failure = failure_of(code);
	if (failure == WIRE_TIMED_OUT) {
		/* No connection within the time for connecting: nothing was sent. */
		curl_easy_getinfo(wire->curl, CURLINFO_CONNECT_TIME, &connect_seconds);
		failure = connect_seconds > 0 ? WIRE_TIMED_OUT : WIRE_REFUSED;
	}
	if (failure != WIRE_NONE && !wire->reason[0])
		snprintf(wire->reason, sizeof(wire->reason), "%s", curl_easy_strerror(code));
	return failure;
}

const char *wire_reason(const struct wire *wire)
{
	return wire->reason;
}
