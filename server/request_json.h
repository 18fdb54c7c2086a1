/*
 * Reading requests: JSON text -> jansson's tree. jansson's own reader passes over allocations that fail (a
 * character of a string is then missing), which must not happen to a definition or an input. Private to
 * server/.
 */
#ifndef SW_SERVER_REQUEST_JSON_H
#define SW_SERVER_REQUEST_JSON_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Reads one JSON value of at most 64 levels. SW_EJSON, SW_ENOMEM. *ret_tree is new. Strings may hold U+0000;
 * members whose key holds it are dropped; numbers that are no 64-bit integers become reals of about their value,
 * within +-1e300. Of keys given twice the last one wins.
 */
enum sw_result sw_request_json(const char *text, size_t len, json_t **ret_tree);

/* Is it UTF-8, so that it can be quoted in an answer? */
bool sw_request_is_utf8(const char *text, size_t len);

#endif
