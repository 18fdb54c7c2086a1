/*
 * A request of anybody: lines "name: value" are its headers, lines "name=value" its query, what follows an empty line its
 * body. It is refused with a reason, in UTF-8, or it is signed; nobody here knows the secret.
 */
#include "server/auth.h"
#include "server/request_json.h"

#include <stdlib.h>
#include <string.h>

#define KEYS                                                                       \
	"{\"credentials\":[{\"accessKeyId\":\"AKIDEXAMPLE\",\"secretAccessKey\":"  \
	"\"aSecretThatNoInputHolds\"},{\"accessKeyId\":\"K\",\"secretAccessKey\":" \
	"\"01234567890123456789\"}]}"
#define NOW_MS 1440938160000 /* 2015-08-30T12:36:00Z */
#define FIELDS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One line; at moves behind it. Cut at what separates name and value. */
static void take_line(const char **at, const char *end, struct sw_auth_request *request,
		      struct sw_auth_field *headers, struct sw_auth_field *query)
{
	const char *stop = memchr(*at, '\n', (size_t)(end - *at));
	size_t len = (size_t)((stop ? stop : end) - *at);
	const char *colon = memchr(*at, ':', len), *equals = memchr(*at, '=', len);
	const char *cut = colon ? colon : equals;
	struct sw_auth_field field = {*at, NULL, len, 0};
	if (cut) {
		field.name_len = (size_t)(cut - *at);
		field.value = cut + 1;
		field.value_len = len - field.name_len - 1;
	}
	if (colon && request->headers_count < FIELDS)
		headers[request->headers_count++] = field;
	else if (!colon && request->query_count < FIELDS)
		query[request->query_count++] = field;
	*at = stop ? stop + 1 : end;
}

static void check(enum sw_auth_verdict verdict, struct sw_buf *message, bool may_be_valid)
{
	if (verdict == SW_AUTH_VALID ? !may_be_valid || message->len > 0 : message->len == 0)
		abort();
	if (message->data && !sw_request_is_utf8(message->data, message->len))
		abort();
	if (verdict != SW_AUTH_VALID && !sw_auth_error_type(verdict))
		abort();
	sw_buf_done(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_auth_field headers[FIELDS], query[FIELDS];
	struct sw_auth_request request = {"POST", "/", headers, query, 0, 0};
	struct sw_credentials *credentials = NULL;
	struct sw_authorization authorization;
	struct sw_buf message = SW_BUF;
	const struct sw_credential *caller = NULL;
	const char *at = (const char *)data, *end = at + size;
	char stamp[SW_AUTH_TIME_BYTES];
	int64_t time_ms;
	if (sw_credentials_parse(KEYS, strlen(KEYS), &credentials, NULL) != SW_OK)
		return 0;
	const struct sw_auth_rules rules = {credentials, "us-east-1", NOW_MS};
	(void)sw_auth_time_parse(size ? at : "", size, stamp, &time_ms);
	check(sw_authorization_parse(size ? at : "", size, &authorization, &message), &message, true);
	while (at < end && *at != '\n')
		take_line(&at, end, &request, headers, query);
	check(sw_auth_check_head(&request, &rules, &message), &message, true);
	check(sw_auth_check(&request, &rules, at, (size_t)(end - at), &caller, &message), &message, false);
	sw_credentials_free(credentials);
	return 0;
}
