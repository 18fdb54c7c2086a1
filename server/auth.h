/*
 * AWS Signature Version 4: is a request signed with the secret of a known access key? Pure: method, path, query,
 * headers and body in, verdict out; no sockets, no clock, no log. Private to server/.
 *
 * The secret and what is derived from it are wiped before a call returns; signatures are compared in constant
 * time (CRYPTO_memcmp). What is answered quotes what the client sent, never anything of the secret.
 */
#ifndef SW_SERVER_AUTH_H
#define SW_SERVER_AUTH_H

#include "base/buf.h"
#include "server/credentials.h"

#define SW_AUTH_SKEW_MS 300000   /* AWS: five minutes */
#define SW_SIGNED_HEADERS_MAX 64 /* names in SignedHeaders */
#define SW_SIGNATURE_HEX_BYTES 64

/* A header, or an argument of the query with its escapes undone. */
struct sw_auth_field {
	const char *name, *value; /* value NULL: none, as in "?name" */
	size_t name_len, value_len;
};

struct sw_auth_request {
	const char *method, *path; /* the path as it was sent */
	const struct sw_auth_field *headers, *query;
	size_t headers_count, query_count;
};

struct sw_auth_rules {
	const struct sw_credentials *credentials;
	const char *region; /* what the scope of a signature must name */
	int64_t now_ms;
};

enum sw_auth_verdict {
	SW_AUTH_VALID,
	SW_AUTH_MISSING,     /* there is no signature */
	SW_AUTH_INCOMPLETE,  /* it is malformed */
	SW_AUTH_UNKNOWN_KEY, /* of nobody who is known */
	SW_AUTH_INVALID,     /* it is not the one that the request must have, or not of this time or region */
	SW_AUTH_NO_MEMORY,
};
/* AWS's name of the error, for __type: "InvalidSignatureException". */
const char *sw_auth_error_type(enum sw_auth_verdict verdict);

/*
 * What can be told before the body is here; a client that is not known goes no further. Unless valid, message
 * (empty before) gets the text of the answer: UTF-8, of bounded length.
 */
enum sw_auth_verdict sw_auth_check_head(const struct sw_auth_request *request,
					const struct sw_auth_rules *rules, struct sw_buf *message);
/* The same, and the signature over all. Valid: *ret_caller is who it is, borrowed from the credentials. */
enum sw_auth_verdict sw_auth_check(const struct sw_auth_request *request, const struct sw_auth_rules *rules,
				   const void *body, size_t body_len, const struct sw_credential **ret_caller,
				   struct sw_buf *message);

/* ---- auth_header.c: what the Authorization header says, and when ---- */

/* Slices of the header. */
struct sw_authorization {
	struct sw_slice credential, signed_headers, signature;
	struct sw_slice id, day, region, service, terminator; /* of the credential */
};
/* value is the header. SW_AUTH_VALID, SW_AUTH_MISSING, SW_AUTH_INCOMPLETE with the message. */
enum sw_auth_verdict sw_authorization_parse(const char *value, size_t len,
					    struct sw_authorization *ret_authorization,
					    struct sw_buf *message);
#define SW_AUTH_TIME_BYTES 17
/*
 * The time of the request: 20150830T123600Z as it is signed, from X-Amz-Date or the text of a Date header (RFC 1123,
 * too). False: it is not one.
 */
bool sw_auth_time_parse(const char *text, size_t len, char stamp[SW_AUTH_TIME_BYTES], int64_t *ret_ms);
void sw_auth_time_print(int64_t time_ms, char stamp[SW_AUTH_TIME_BYTES]);

/* ---- auth_canonical.c: what is signed ---- */

/* The first header of a name (in any case), and whether there are more. NULL: there is none. */
const struct sw_auth_field *sw_auth_header(const struct sw_auth_request *request, const char *name,
					   bool *ret_again);
/* Appends the canonical request, up to and without the hash of the body. SW_ENOMEM. */
enum sw_result sw_auth_canonical(const struct sw_auth_request *request, struct sw_slice signed_headers,
				 struct sw_buf *out);

#endif
