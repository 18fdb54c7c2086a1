/* AWS Signature Version 4: see auth.h. */
#include "server/auth.h"

#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define SERVICE "states"
#define TERMINATOR "aws4_request"
#define QUOTED_BYTES_MAX 100         /* of what a client sent */
#define QUOTED_CANONICAL_BYTES 16384 /* longer ones are not shown */

const char *sw_auth_error_type(enum sw_auth_verdict verdict)
{
	switch (verdict) {
	case SW_AUTH_VALID:
		break;
	case SW_AUTH_MISSING:
		return "MissingAuthenticationTokenException";
	case SW_AUTH_INCOMPLETE:
		return "IncompleteSignatureException";
	case SW_AUTH_UNKNOWN_KEY:
		return "UnrecognizedClientException";
	case SW_AUTH_INVALID:
		return "InvalidSignatureException";
	case SW_AUTH_NO_MEMORY:
		return "InternalFailure";
	}
	return NULL;
}

static bool is(struct sw_slice slice, const char *text)
{
	return slice.len == strlen(text) && memcmp(slice.data, text, slice.len) == 0;
}

/* Bytes that are no ASCII become '?': an answer is UTF-8, a header need not be. */
static void quote(struct sw_buf *out, const char *text, size_t len, size_t max)
{
	for (size_t i = 0; i < len && i < max; i++)
		sw_buf_char(out, (unsigned char)text[i] < 0x80 && text[i] ? text[i] : '?');
}

static void quote_slice(struct sw_buf *out, struct sw_slice slice)
{
	quote(out, slice.data, slice.len, QUOTED_BYTES_MAX);
}

/* ---- the head ---- */

/* All that the head says of the signature. */
struct claim {
	struct sw_authorization authorization;
	const struct sw_credential *credential;
	char stamp[SW_AUTH_TIME_BYTES];
	int64_t time_ms;
};

static enum sw_auth_verdict refuse(struct sw_buf *message, enum sw_auth_verdict verdict, const char *text)
{
	sw_buf_text(message, text);
	return verdict;
}

static bool is_presigned(const struct sw_auth_request *request)
{
	for (size_t i = 0; i < request->query_count; i++) {
		const struct sw_auth_field *field = &request->query[i];
		if (field->name_len >= 6 && memcmp(field->name, "X-Amz-", 6) == 0)
			return true;
	}
	return false;
}

static enum sw_auth_verdict check_authorization(const struct sw_auth_request *request, struct claim *claim,
						struct sw_buf *message)
{
	bool again;
	const struct sw_auth_field *header = sw_auth_header(request, "authorization", &again);
	if (!header && is_presigned(request))
		return refuse(
			message, SW_AUTH_INCOMPLETE,
			"Signatures in the query string (presigned URLs) are not supported: sign with the "
			"Authorization header.");
	if (!header)
		return refuse(message, SW_AUTH_MISSING, "Missing Authentication Token");
	if (again)
		return refuse(message, SW_AUTH_INCOMPLETE, "There is more than one Authorization header.");
	return sw_authorization_parse(header->value ? header->value : "",
				      header->value ? header->value_len : 0, &claim->authorization, message);
}

static enum sw_auth_verdict check_key(const struct sw_auth_request *request,
				      const struct sw_auth_rules *rules, struct claim *claim,
				      struct sw_buf *message)
{
	static const char invalid[] = "The security token included in the request is invalid.";
	bool again;
	claim->credential = sw_credentials_find(rules->credentials, claim->authorization.id.data,
						claim->authorization.id.len);
	/* Temporary credentials have a token; there are none here, as AWS has none that it did not give out. */
	if (!claim->credential || sw_auth_header(request, "x-amz-security-token", &again))
		return refuse(message, SW_AUTH_UNKNOWN_KEY, invalid);
	return SW_AUTH_VALID;
}

static enum sw_auth_verdict check_date_header(const struct sw_auth_request *request, struct claim *claim,
					      struct sw_buf *message)
{
	bool again;
	const struct sw_auth_field *date = sw_auth_header(request, "x-amz-date", &again);
	if (!date)
		date = sw_auth_header(request, "date", &again);
	if (!date)
		return refuse(message, SW_AUTH_INCOMPLETE,
			      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
			      "header.");
	if (!again && date->value &&
	    sw_auth_time_parse(date->value, date->value_len, claim->stamp, &claim->time_ms))
		return SW_AUTH_VALID;
	sw_buf_text(message, "Date must be in ISO-8601 'basic format'. Got '");
	quote(message, date->value ? date->value : "", date->value ? date->value_len : 0, QUOTED_BYTES_MAX);
	sw_buf_text(message, "'. See http://en.wikipedia.org/wiki/ISO_8601");
	return SW_AUTH_INCOMPLETE;
}

/* AWS tells all that is wrong with a scope at once; so does this. */
static enum sw_auth_verdict check_scope(const struct sw_auth_rules *rules, const struct claim *claim,
					struct sw_buf *message)
{
	const struct sw_authorization *given = &claim->authorization;
	if (!is(given->terminator, TERMINATOR)) {
		sw_buf_text(message,
			    "Credential should be scoped with a valid terminator: '" TERMINATOR "', not '");
		quote_slice(message, given->terminator);
		sw_buf_text(message, "'. ");
	}
	if (!is(given->service, SERVICE))
		sw_buf_text(message, "Credential should be scoped to correct service: '" SERVICE "'. ");
	if (!is(given->region, rules->region)) {
		sw_buf_text(message, "Credential should be scoped to a valid region, not '");
		quote_slice(message, given->region);
		sw_buf_printf(message, "': the region of this server is '%s'. ", rules->region);
	}
	if (given->day.len == 8 && memcmp(given->day.data, claim->stamp, 8) == 0)
		return message->len ? SW_AUTH_INVALID : SW_AUTH_VALID;
	sw_buf_text(message, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
			     "from HTTP: '");
	quote_slice(message, given->day);
	sw_buf_printf(message, "' != '%.8s', from '%s'.", claim->stamp, claim->stamp);
	return SW_AUTH_INVALID;
}

static enum sw_auth_verdict check_age(const struct sw_auth_rules *rules, const struct claim *claim,
				      struct sw_buf *message)
{
	char now[SW_AUTH_TIME_BYTES], edge[SW_AUTH_TIME_BYTES];
	bool old = claim->time_ms < rules->now_ms - SW_AUTH_SKEW_MS;
	if (!old && claim->time_ms <= rules->now_ms + SW_AUTH_SKEW_MS)
		return SW_AUTH_VALID;
	sw_auth_time_print(rules->now_ms, now);
	sw_auth_time_print(rules->now_ms + (old ? -SW_AUTH_SKEW_MS : SW_AUTH_SKEW_MS), edge);
	sw_buf_printf(message, "Signature %s: %s is %s than %s (%s %c 5 min.)",
		      old ? "expired" : "not yet current", claim->stamp, old ? "now earlier" : "still later",
		      edge, now, old ? '-' : '+');
	return SW_AUTH_INVALID;
}

/* SignedHeaders is in lower case and in order; then no name can be there twice. */
static bool is_sorted(struct sw_slice signed_headers)
{
	const char *at = signed_headers.data, *end = at + signed_headers.len;
	struct sw_slice before = sw_slice("", 0);
	for (size_t count = 0; count < SW_SIGNED_HEADERS_MAX; count++) {
		const char *stop = memchr(at, ';', (size_t)(end - at));
		struct sw_slice name = sw_slice(at, (size_t)((stop ? stop : end) - at));
		for (size_t i = 0; i < name.len; i++) {
			if (at[i] >= 'A' && at[i] <= 'Z')
				return false;
		}
		if (sw_slice_compare(before, name) >= 0)
			return false;
		if (!stop)
			return true;
		before = name;
		at = stop + 1;
	}
	return false;
}

static bool is_listed(struct sw_slice signed_headers, const char *name)
{
	const char *at = signed_headers.data, *end = at + signed_headers.len;
	for (;;) {
		const char *stop = memchr(at, ';', (size_t)(end - at));
		if (is(sw_slice(at, (size_t)((stop ? stop : end) - at)), name))
			return true;
		if (!stop)
			return false;
		at = stop + 1;
	}
}

/* What decides where a request goes and what it does must be signed; the date is part of what is signed anyhow. */
static enum sw_auth_verdict check_signed_headers(const struct sw_auth_request *request,
						 const struct claim *claim, struct sw_buf *message)
{
	struct sw_slice listed = claim->authorization.signed_headers;
	bool again;
	if (!is_sorted(listed))
		return refuse(message, SW_AUTH_INCOMPLETE,
			      "SignedHeaders must be at most 64 names in lower case, in alphabetical order, "
			      "without "
			      "repetition.");
	if (!is_listed(listed, "host"))
		return refuse(message, SW_AUTH_INVALID,
			      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
	if (sw_auth_header(request, "x-amz-target", &again) && !is_listed(listed, "x-amz-target"))
		return refuse(message, SW_AUTH_INVALID,
			      "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
	return SW_AUTH_VALID;
}

static enum sw_auth_verdict check_claim(const struct sw_auth_request *request,
					const struct sw_auth_rules *rules, struct claim *claim,
					struct sw_buf *message)
{
	enum sw_auth_verdict verdict = check_authorization(request, claim, message);
	if (verdict == SW_AUTH_VALID)
		verdict = check_key(request, rules, claim, message);
	if (verdict == SW_AUTH_VALID)
		verdict = check_date_header(request, claim, message);
	if (verdict == SW_AUTH_VALID)
		verdict = check_scope(rules, claim, message);
	if (verdict == SW_AUTH_VALID)
		verdict = check_age(rules, claim, message);
	if (verdict == SW_AUTH_VALID)
		verdict = check_signed_headers(request, claim, message);
	return sw_buf_result(message) == SW_OK ? verdict : SW_AUTH_NO_MEMORY;
}

enum sw_auth_verdict sw_auth_check_head(const struct sw_auth_request *request,
					const struct sw_auth_rules *rules, struct sw_buf *message)
{
	struct claim claim = {0};
	return check_claim(request, rules, &claim, message);
}

/* ---- the signature ---- */

static bool hmac(const void *key, size_t key_len, const void *data, size_t len,
		 uint8_t ret_mac[SW_SHA256_BYTES])
{
	unsigned mac_len = 0;
	return HMAC(EVP_sha256(), key, (int)key_len, data, len, ret_mac, &mac_len) &&
	       mac_len == SW_SHA256_BYTES;
}

/* The hexadecimal signature of text by the secret. */
static bool sign(const struct claim *claim, const struct sw_buf *text,
		 char ret_hex[SW_SIGNATURE_HEX_BYTES + 1])
{
	const struct sw_authorization *scope = &claim->authorization;
	const struct sw_slice parts[] = {scope->day, scope->region, scope->service, scope->terminator,
					 sw_slice(text->data, text->len)};
	char first[4 + SW_SECRET_BYTES_MAX + 1];
	uint8_t key[SW_SHA256_BYTES], next[SW_SHA256_BYTES];
	size_t first_len = (size_t)snprintf(first, sizeof(first), "AWS4%s", claim->credential->secret);
	bool done = hmac(first, first_len, parts[0].data, parts[0].len, key);
	for (size_t i = 1; i < 5 && done; i++) {
		done = hmac(key, sizeof(key), parts[i].data, parts[i].len, next);
		if (done)
			memcpy(key, next, sizeof(key));
	}
	if (done)
		sw_hex(key, sizeof(key), ret_hex);
	OPENSSL_cleanse(first, sizeof(first));
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(next, sizeof(next));
	return done;
}

static void append_string_to_sign(const struct claim *claim, const struct sw_buf *canonical,
				  struct sw_buf *out)
{
	const struct sw_authorization *scope = &claim->authorization;
	const struct sw_slice parts[] = {scope->day, scope->region, scope->service};
	uint8_t digest[SW_SHA256_BYTES];
	char hex[2 * SW_SHA256_BYTES + 1];
	if (sw_sha256(canonical->data, canonical->len, digest) != SW_OK) {
		out->failed = true;
		return;
	}
	sw_hex(digest, sizeof(digest), hex);
	sw_buf_printf(out, "AWS4-HMAC-SHA256\n%s\n", claim->stamp);
	for (size_t i = 0; i < 3; i++) {
		sw_buf_append(out, parts[i].data, parts[i].len);
		sw_buf_char(out, '/');
	}
	sw_buf_printf(out, TERMINATOR "\n%s", hex);
}

/* The text that AWS gives to whoever looks for the mistake in his signing. */
static void explain(const struct sw_buf *canonical, const struct sw_buf *to_sign, struct sw_buf *message)
{
	sw_buf_text(
		message,
		"The request signature we calculated does not match the signature you provided. Check your "
		"AWS Secret Access Key and signing method. Consult the service documentation for details.");
	if (canonical->len > QUOTED_CANONICAL_BYTES)
		return;
	sw_buf_text(message, "\n\nThe Canonical String for this request should have been\n'");
	quote(message, canonical->data, canonical->len, QUOTED_CANONICAL_BYTES);
	sw_buf_text(message, "'\n\nThe String-to-Sign should have been\n'");
	quote(message, to_sign->data, to_sign->len, QUOTED_CANONICAL_BYTES);
	sw_buf_text(message, "'\n");
}

/* A client that tells the hash of its body must tell the right one. Other services take "UNSIGNED-PAYLOAD" there. */
static bool hash_fits(const struct sw_auth_request *request, const char *hex)
{
	bool again;
	const struct sw_auth_field *header = sw_auth_header(request, "x-amz-content-sha256", &again);
	return !header || (!again && header->value && is(sw_slice(header->value, header->value_len), hex));
}

static enum sw_auth_verdict check_signature(const struct sw_auth_request *request, const struct claim *claim,
					    const char *body_hex, struct sw_buf *message)
{
	struct sw_buf canonical = SW_BUF, to_sign = SW_BUF;
	struct sw_slice given = claim->authorization.signature;
	char expected[SW_SIGNATURE_HEX_BYTES + 1] = "";
	enum sw_auth_verdict verdict = SW_AUTH_NO_MEMORY;

	bool made = sw_auth_canonical(request, claim->authorization.signed_headers, &canonical) == SW_OK;
	if (made) {
		sw_buf_text(&canonical, body_hex);
		append_string_to_sign(claim, &canonical, &to_sign);
		made = sw_buf_result(&canonical) == SW_OK && sw_buf_result(&to_sign) == SW_OK &&
		       sign(claim, &to_sign, expected);
	}
	if (made)
		verdict = given.len == SW_SIGNATURE_HEX_BYTES &&
					  CRYPTO_memcmp(given.data, expected, SW_SIGNATURE_HEX_BYTES) == 0
				  ? SW_AUTH_VALID
				  : SW_AUTH_INVALID;
	if (verdict == SW_AUTH_INVALID)
		explain(&canonical, &to_sign, message);
	OPENSSL_cleanse(expected, sizeof(expected)); /* whoever has it can send this request */
	sw_buf_done(&canonical);
	sw_buf_done(&to_sign);
	return verdict;
}

enum sw_auth_verdict sw_auth_check(const struct sw_auth_request *request, const struct sw_auth_rules *rules,
				   const void *body, size_t body_len, const struct sw_credential **ret_caller,
				   struct sw_buf *message)
{
	struct claim claim = {0};
	uint8_t digest[SW_SHA256_BYTES];
	char hex[2 * SW_SHA256_BYTES + 1];
	enum sw_auth_verdict verdict = check_claim(request, rules, &claim, message);
	if (verdict != SW_AUTH_VALID)
		return verdict;
	if (sw_sha256(body, body_len, digest) != SW_OK)
		return SW_AUTH_NO_MEMORY;
	sw_hex(digest, sizeof(digest), hex);
	if (!hash_fits(request, hex))
		verdict = refuse(
			message, SW_AUTH_INVALID,
			"The provided 'x-amz-content-sha256' header does not match what was computed.");
	else
		verdict = check_signature(request, &claim, hex, message);
	if (sw_buf_result(message) != SW_OK)
		return SW_AUTH_NO_MEMORY;
	if (verdict == SW_AUTH_VALID)
		*ret_caller = claim.credential;
	return verdict;
}
