/*
 * Writing JSON answers: members and items one after the other into a buffer. A failure to get memory is
 * remembered by the buffer. Private to server/.
 */
#ifndef SW_SERVER_BODY_H
#define SW_SERVER_BODY_H

#include "base/buf.h"

struct sw_body {
	struct sw_buf text;
	bool comma; /* the next member or item needs one before it */
};
#define SW_BODY ((struct sw_body){.comma = false})

/* key is NULL for items and for the outermost value. bracket is '{' or '['; close with '}' or ']'. */
void sw_body_open(struct sw_body *out, const char *key, char bracket);
void sw_body_close(struct sw_body *out, char bracket);
/* A string of len bytes (UTF-8, any bytes below U+0020 are escaped). text NULL: the member is left out. */
void sw_body_bytes(struct sw_body *out, const char *key, const char *text, size_t len);
void sw_body_text(struct sw_body *out, const char *key, const char *text);
void sw_body_integer(struct sw_body *out, const char *key, int64_t number);
void sw_body_boolean(struct sw_body *out, const char *key, bool truth);
/* AWS JSON: seconds since 1970 with milliseconds, e.g. 1700000000.123 */
void sw_body_time(struct sw_body *out, const char *key, int64_t time_ms);
/* Text that is JSON already. */
void sw_body_json(struct sw_body *out, const char *key, const char *json, size_t len);

#endif
