/* An endpoint that --endpoint or STEPWELL_ENDPOINT names: time limits, what is tried again, what is said. */
#include "cli/wire.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct endpoint {
	struct wire_endpoint where;
	struct wire *wire;
	bool answered; /* it has answered before */
};

/* ---- opening ------------------------------------------------------------------------------------------- */

/* http or https, a host, and nothing that would be shown or sent along by mistake. */
static bool is_endpoint(const char *url)
{
	static const CURLUPart unwanted[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY,
					     CURLUPART_FRAGMENT};
	CURLU *parts = curl_url();
	char *part = NULL;
	bool ok = parts && !curl_url_set(parts, CURLUPART_URL, url, 0) &&
		  !curl_url_get(parts, CURLUPART_SCHEME, &part, 0) &&
		  (!strcmp(part, "http") || !strcmp(part, "https"));
	curl_free(part);
	for (size_t i = 0; ok && i < sizeof(unwanted) / sizeof(*unwanted); i++) {
		part = NULL;
		ok = curl_url_get(parts, unwanted[i], &part, 0) != CURLUE_OK;
		curl_free(part);
	}
	curl_url_cleanup(parts);
	return ok;
}

static const char *first_set(const char *const *names, const char *fallback)
{
	for (; *names; names++) {
		const char *value = getenv(*names);
		if (value && *value)
			return value;
	}
	return fallback;
}

int endpoint_open(const struct options *options, struct endpoint **ret_endpoint)
{
	static const char *const regions[] = {"AWS_REGION", "AWS_DEFAULT_REGION", NULL};
	static const char *const ca_files[] = {"STEPWELL_CA_FILE", NULL};
	struct endpoint *endpoint;
	if (!is_endpoint(options->endpoint))
		return complain(
			EXIT_USAGE,
			"an endpoint is http://HOST:PORT or https://HOST:PORT, without a user, not \"%s\"",
			options->endpoint);
	endpoint = calloc(1, sizeof(*endpoint));
	if (!endpoint)
		return complain(EXIT_STORE, "out of memory");
	endpoint->where.url = options->endpoint;
	endpoint->where.ca_file = options->ca_file ? options->ca_file : first_set(ca_files, NULL);
	endpoint->where.region = options->region ? options->region : first_set(regions, "us-east-1");
	endpoint->wire = wire_to_endpoint(&endpoint->where);
	if (!endpoint->wire) {
		free(endpoint);
		return complain(EXIT_STORE, "out of memory");
	}
	*ret_endpoint = endpoint;
	return EXIT_OK;
}

void endpoint_close(struct endpoint *endpoint)
{
	if (!endpoint)
		return;
	wire_close(endpoint->wire);
	free(endpoint);
}

/* ---- calling ------------------------------------------------------------------------------------------- */

/* How long an answer may take: GetActivityTask waits 60 s for a task, a synchronous execution takes 5 minutes. */
static long limit_seconds(const char *action)
{
	if (!strcmp(action, "GetActivityTask"))
		return 75;
	return !strcmp(action, "StartSyncExecution") ? 330 : 60;
}

/* Only reads: twice does no harm, also when the first was carried out. */
static bool is_reading(const char *action)
{
	static const char *const reading[] = {"Describe", "List",         "GetExecutionHistory",
					      "Validate", "StepwellList", "StepwellStatus"};
	for (size_t i = 0; i < sizeof(reading) / sizeof(*reading); i++)
		if (!strncmp(action, reading[i], strlen(reading[i])))
			return true;
	return false;
}

enum { TRIES_FIRST = 1, TRIES_ANSWER = 4, TRIES_GONE = 10, PAUSE_FIRST_MS = 200, PAUSE_MAX_MS = 3200 };

/*
 * How often a call is made that ends so. A server that says "not now" (500, 503, 429) has done nothing. One that
 * was there before and cannot be reached, or ends, may be starting again: it is waited for, and asked once more
 * for what was not sent or only reads.
 */
static int tries_allowed(const struct endpoint *endpoint, const char *action, enum wire_failure failure,
			 const struct answer *answer)
{
	switch (failure) {
	case WIRE_NONE:
		if (answer->status == 503 && endpoint->answered)
			return TRIES_GONE;
		return answer->status == 500 || answer->status == 503 || answer->status == 429 ? TRIES_ANSWER
											       : TRIES_FIRST;
	case WIRE_REFUSED:
		return endpoint->answered ? TRIES_GONE : TRIES_FIRST;
	case WIRE_BROKEN:
		return is_reading(action) ? TRIES_GONE : TRIES_FIRST;
	default:
		return TRIES_FIRST;
	}
}

/* HOST:PORT of the URL, for the remedy. */
static void listen_address(const char *url, char *text, size_t bytes)
{
	const char *host = strstr(url, "://");
	host = host ? host + 3 : url;
	snprintf(text, bytes, "%.*s", (int)strcspn(host, "/"), host);
}

static void explain(const struct endpoint *endpoint, const char *action, enum wire_failure failure)
{
	const char *url = endpoint->where.url, *reason = wire_reason(endpoint->wire);
	char address[256];
	listen_address(url, address, sizeof(address));
	switch (failure) {
	case WIRE_ADDRESS:
		complain(EXIT_STORE, "%s: there is no such host; is --endpoint right?", url);
		break;
	case WIRE_REFUSED:
		complain(EXIT_STORE,
			 "nobody listens at %s; start `stepwell serve --listen %s` there, or correct "
			 "--endpoint",
			 url, address);
		break;
	case WIRE_UNTRUSTED:
		complain(EXIT_STORE,
			 "the certificate of %s is not trusted (%s); --ca-file names the authority that made "
			 "it",
			 url, reason);
		break;
	case WIRE_NO_TLS:
		complain(EXIT_STORE, "no TLS connection to %s (%s); is it http:// there?", url, reason);
		break;
	case WIRE_NO_HTTP:
		complain(EXIT_STORE, "what answers at %s does not speak HTTP; is it https:// there?", url);
		break;
	case WIRE_TIMED_OUT:
		complain(EXIT_STORE, "%s: no answer from %s within %ld s; it may have been carried out",
			 action, url, limit_seconds(action));
		break;
	case WIRE_BROKEN:
		complain(EXIT_STORE, "%s: the connection to %s ended before the answer%s", action, url,
			 is_reading(action) ? "" : "; it may have been carried out");
		break;
	default:
		complain(EXIT_STORE, "%s: %s: %s", action, url, reason);
	}
}

bool endpoint_call(struct endpoint *endpoint, const char *action, const char *body, struct answer *answer)
{
	long pause_ms = PAUSE_FIRST_MS;
	enum wire_failure failure;
	for (int tries = 1;; tries++) {
		failure = wire_call(endpoint->wire, action, body, limit_seconds(action), answer);
		if (tries >= tries_allowed(endpoint, action, failure, answer))
			break;
		nanosleep(&(struct timespec){pause_ms / 1000, pause_ms % 1000 * 1000000L}, NULL);
		pause_ms = pause_ms < PAUSE_MAX_MS ? 2 * pause_ms : PAUSE_MAX_MS;
		free(answer->body);
		*answer = (struct answer){0};
	}
	if (failure == WIRE_NONE) {
		endpoint->answered = true;
		return true;
	}
	explain(endpoint, action, failure);
	free(answer->body);
	*answer = (struct answer){0};
	return false;
}
