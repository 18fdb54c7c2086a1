/*
 * One call of an action over HTTP, by libcurl: over the socket in a data directory, or to the URL of an
 * endpoint. For client.c only; direct access to a directory is there.
 */
#ifndef SW_CLI_WIRE_H
#define SW_CLI_WIRE_H

#include "cli/cli.h"

/* An answer on its way. */
struct answer {
	bool done;
	int status; /* of HTTP */
	char *body; /* freed by the caller; NULL: empty */
	size_t len, capacity;
};

/* False: out of memory, or more than an answer can be. */
bool answer_append(struct answer *answer, const char *data, size_t len);

/* ---- wire.c: HTTP -------------------------------------------------------------------------------------- */

struct wire;

/* How a call ended when there is no answer. */
enum wire_failure {
	WIRE_NONE,      /* there is one */
	WIRE_ADDRESS,   /* no such host */
	WIRE_REFUSED,   /* nobody listens; nothing was sent */
	WIRE_UNTRUSTED, /* the certificate */
	WIRE_NO_TLS,    /* what answers does not speak TLS */
	WIRE_NO_HTTP,   /* what answers does not speak HTTP */
	WIRE_TIMED_OUT, /* it may have been carried out */
	WIRE_BROKEN,    /* the connection ended; it may have been carried out */
	WIRE_OTHER,
};

/* How the wire of an endpoint is made. Borrowed for as long as the wire. */
struct wire_endpoint {
	const char *url, *ca_file, *region;
};

/* The socket of a data directory. NULL: nobody listens there. */
struct wire *wire_to_directory(const char *directory);
/* Nothing is dialled before the first call. NULL: out of memory. */
struct wire *wire_to_endpoint(const struct wire_endpoint *endpoint);
void wire_close(struct wire *wire); /* NULL allowed */
/* limit_seconds 0: none. answer must be zeroed; what it holds after a failure is to be freed, too. */
enum wire_failure wire_call(struct wire *wire, const char *action, const char *body, long limit_seconds,
			    struct answer *answer);
/* libcurl's words for the last failure. */
const char *wire_reason(const struct wire *wire);

/* ---- endpoint.c: what is tried again, and what is said ------------------------------------------------- */

struct endpoint;
/* EXIT_OK, or an exit code after complaining. */
int endpoint_open(const struct options *options, struct endpoint **ret_endpoint);
void endpoint_close(struct endpoint *endpoint); /* NULL allowed */
/* False after complaining: there is no answer. */
bool endpoint_call(struct endpoint *endpoint, const char *action, const char *body, struct answer *answer);

#endif
