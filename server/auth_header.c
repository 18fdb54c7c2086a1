/* The Authorization header, and the time of a request: see auth.h. */
#include "server/auth.h"

#include "base/hash.h"
#include "base/timestamp.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define DIGEST_BASE64_BYTES 45

static bool is(struct sw_slice slice, const char *text)
{
	return slice.len == strlen(text) && memcmp(slice.data, text, slice.len) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct sw_slice trim(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	while (end > at && is_blank(end[-1]))
		end--;
	return sw_slice(at, (size_t)(end - at));
}

/* AWS names the header by its digest: it may be a password of another kind. */
static void append_digest(struct sw_buf *out, const char *value, size_t len)
{
	uint8_t digest[SW_SHA256_BYTES];
	unsigned char text[DIGEST_BASE64_BYTES];
	if (sw_sha256(value, len, digest) != SW_OK) {
		out->failed = true;
		return;
	}
	EVP_EncodeBlock(text, digest, sizeof(digest));
	sw_buf_text(out, (const char *)text);
}

/* One "key=value" of the header. */
static enum sw_auth_verdict take_element(struct sw_slice element, struct sw_authorization *authorization,
					 struct sw_buf *message)
{
	const char *text = element.data, *end = text + element.len, *equals = memchr(text, '=', element.len);
	if (!equals) {
		sw_buf_text(
			message,
			"Invalid key=value pair (missing equal-sign) in Authorization header (hashed with "
			"SHA-256 and encoded with Base64): '");
		append_digest(message, text, element.len);
		sw_buf_text(message, "'.");
		return SW_AUTH_INCOMPLETE;
	}
	struct sw_slice key = trim(text, equals), value = trim(equals + 1, end);
	struct sw_slice *place = is(key, "Credential")      ? &authorization->credential
				 : is(key, "SignedHeaders") ? &authorization->signed_headers
				 : is(key, "Signature")     ? &authorization->signature
							    : NULL;
	if (place && !place->data) {
		*place = value;
		return SW_AUTH_VALID;
	}
	sw_buf_text(
		message,
		place ? "Authorization header has a parameter twice."
		      : "Authorization header has a parameter other than 'Credential', 'SignedHeaders' and "
			"'Signature'.");
	return SW_AUTH_INCOMPLETE;
}

/* KEY/20150830/us-east-1/states/aws4_request */
static bool split_credential(struct sw_authorization *authorization)
{
	struct sw_slice *const parts[] = {&authorization->id, &authorization->day, &authorization->region,
					  &authorization->service, &authorization->terminator};
	const char *at = authorization->credential.data, *end = at + authorization->credential.len;
	for (size_t i = 0; i < 5; i++) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		if ((slash == NULL) != (i == 4))
			return false;
		*parts[i] = sw_slice(at, (size_t)((slash ? slash : end) - at));
		at = slash ? slash + 1 : end;
	}
	return authorization->id.len > 0;
}

static enum sw_auth_verdict check_complete(const struct sw_authorization *authorization, const char *value,
					   size_t len, struct sw_buf *message)
{
	const struct {
		const char *name;
		bool present;
	} needed[] = {{"Credential", authorization->credential.len > 0},
		      {"Signature", authorization->signature.len > 0},
		      {"SignedHeaders", authorization->signed_headers.len > 0}};
	for (size_t i = 0; i < 3; i++) {
		if (!needed[i].present)
			sw_buf_printf(message, "Authorization header requires '%s' parameter. ",
				      needed[i].name);
	}
	if (message->len == 0)
		return SW_AUTH_VALID;
	sw_buf_text(message, "(Hashed with SHA-256 and encoded with Base64) Authorization=");
	append_digest(message, value, len);
	return SW_AUTH_INCOMPLETE;
}

enum sw_auth_verdict sw_authorization_parse(const char *value, size_t len,
					    struct sw_authorization *ret_authorization,
					    struct sw_buf *message)
{
	struct sw_authorization authorization = {0};
	const char *at = value, *end = value + len;
	struct sw_slice whole = trim(at, end);
	at = whole.data;
	end = at + whole.len;
	if (whole.len == 0) {
		sw_buf_text(message, "Missing Authentication Token");
		return SW_AUTH_MISSING;
	}
	const char *space = memchr(at, ' ', whole.len);
	if (!is(sw_slice(at, (size_t)((space ? space : end) - at)), ALGORITHM)) {
		sw_buf_text(message,
			    "Authorization header must begin with '" ALGORITHM
			    "': requests are signed with AWS Signature Version 4, nothing else is accepted.");
		return SW_AUTH_INCOMPLETE;
	}
	at = space ? space : end;
	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		struct sw_slice element = trim(at, comma ? comma : end);
		enum sw_auth_verdict verdict =
			element.len ? take_element(element, &authorization, message) : SW_AUTH_VALID;
		if (verdict != SW_AUTH_VALID)
			return verdict;
		at = comma ? comma + 1 : end;
	}
	enum sw_auth_verdict verdict = check_complete(&authorization, value, len, message);
	if (verdict == SW_AUTH_VALID && !split_credential(&authorization)) {
		sw_buf_text(message, "Credential must have exactly 5 slash-delimited elements, e.g. "
				     "keyid/date/region/service/term.");
		verdict = SW_AUTH_INCOMPLETE;
	}
	if (verdict == SW_AUTH_VALID)
		*ret_authorization = authorization;
	return verdict;
}

/* ---- the time ---- */

void sw_auth_time_print(int64_t time_ms, char stamp[SW_AUTH_TIME_BYTES])
{
	char text[SW_TIMESTAMP_BYTES]; /* 2015-08-30T12:36:00.000Z */
	sw_timestamp_print(time_ms, text);
	snprintf(stamp, SW_AUTH_TIME_BYTES, "%.4s%.2s%.5s%.2s%.2sZ", text, text + 5, text + 8, text + 14,
		 text + 17);
}

static bool parse_basic(const char *text, int64_t *ret_ms)
{
	char extended[SW_TIMESTAMP_BYTES];
	int len = snprintf(extended, sizeof(extended), "%.4s-%.2s-%.5s:%.2s:%.2sZ", text, text + 4, text + 6,
			   text + 11, text + 13);
	return text[8] == 'T' && text[15] == 'Z' && sw_timestamp_parse(extended, (size_t)len, ret_ms, NULL);
}

/* "Sun, 30 Aug 2015 12:36:00 GMT": nothing checks that it was a Sunday. */
static bool parse_rfc1123(const char *text, int64_t *ret_ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char extended[SW_TIMESTAMP_BYTES], month[4];
	if (text[3] != ',' || text[4] != ' ' || text[7] != ' ' || text[11] != ' ' || text[16] != ' ' ||
	    strcmp(text + 25, " GMT") != 0)
		return false;
	memcpy(month, text + 8, 3);
	month[3] = '\0';
	const char *place = strstr(months, month);
	if (!place || (place - months) % 3 != 0)
		return false;
	int len = snprintf(extended, sizeof(extended), "%.4s-%02d-%.2sT%.8sZ", text + 12,
			   (int)(place - months) / 3 + 1, text + 5, text + 17);
	return sw_timestamp_parse(extended, (size_t)len, ret_ms, NULL);
}

bool sw_auth_time_parse(const char *text, size_t len, char stamp[SW_AUTH_TIME_BYTES], int64_t *ret_ms)
{
	char copy[32];
	struct sw_slice whole = trim(text, text + len);
	int64_t time_ms;
	if (whole.len >= sizeof(copy) || memchr(whole.data, '\0', whole.len))
		return false;
	memcpy(copy, whole.data, whole.len);
	copy[whole.len] = '\0';
	bool parsed = whole.len == SW_AUTH_TIME_BYTES - 1 ? parse_basic(copy, &time_ms)
		      : whole.len == 29                   ? parse_rfc1123(copy, &time_ms)
							  : false;
	if (!parsed)
		return false;
	sw_auth_time_print(time_ms, stamp);
	*ret_ms = time_ms;
	return true;
}
