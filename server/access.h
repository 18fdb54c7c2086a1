/*
 * What a caller may do: the lists of its credential against an action and the machines and activities that a
 * request names. docs/access.md says which member of a request counts. Private to server/.
 */
#ifndef SW_SERVER_ACCESS_H
#define SW_SERVER_ACCESS_H

#include "base/buf.h"
#include "server/credentials.h"

#include <jansson.h>

/* A call, as far as access is concerned. */
struct sw_access {
	const char *region, *account; /* of the server: for names that are no ARNs */
	const char *action;           /* "StartExecution" */
	const json_t *request;        /* an object */
};

/*
 * May the caller? False: message (empty before) gets AWS's text. Whatever member of the request the action goes by,
 * every machine and activity that the request names must be allowed.
 */
bool sw_access_allows(const struct sw_credential *caller, const struct sw_access *access,
		      struct sw_buf *message);

#endif
