/*
 * Writing JSON answers: members and items one after the other into a buffer. A failure to get memory is
 * remembered by the buffer. Private to server/.
 */
#ifndef SW_SERVER_ANSWER_H
#define SW_SERVER_ANSWER_H

#include "base/buf.h"

struct sw_answer {
	struct sw_buf text;
	bool comma; /* the next member or item needs one before it */
};
#define SW_ANSWER ((struct sw_answer){.comma = false})

/* key is NULL for items and for the outermost value. bracket is '{' or '['; close with '}' or ']'. */
void sw_answer_open(struct sw_answer *out, const char *key, char bracket);
void sw_answer_close(struct sw_answer *out, char bracket);
/* A string of len bytes (UTF-8, any bytes below U+0020 are escaped). text NULL: the member is left out. */
void sw_answer_bytes(struct sw_answer *out, const char *key, const char *text, size_t len);
void sw_answer_text(struct sw_answer *out, const char *key, const char *text);
void sw_answer_integer(struct sw_answer *out, const char *key, int64_t number);
void sw_answer_boolean(struct sw_answer *out, const char *key, bool truth);
/* AWS JSON: seconds since 1970 with milliseconds, e.g. 1700000000.123 */
void sw_answer_time(struct sw_answer *out, const char *key, int64_t time_ms);
/* Text that is JSON already. */
void sw_answer_json(struct sw_answer *out, const char *key, const char *json, size_t len);

#endif
