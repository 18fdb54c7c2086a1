/*
 * A reader that is led through a JSON text by whoever knows what must stand there: objects, arrays and strings, for
 * the credentials file. Strings are decoded into the caller's memory, so that a secret is in no memory but the
 * caller's. The first mistake stays: after it all calls say no. Private to server/.
 */
#ifndef SW_SERVER_STRICT_JSON_H
#define SW_SERVER_STRICT_JSON_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct sw_strict {
	const char *text, *at, *end;
	char *strings, *strings_at; /* decoded strings, each with a NUL; as long as the text, or longer */
	char pointer[160];          /* where the reader is */
	struct sw_error *err;
	bool failed;
};

/* strings must hold len bytes. err must not hold an error. */
void sw_strict_init(struct sw_strict *in, const char *text, size_t len, char *strings, struct sw_error *err);
/* bracket is '{' or '['; what: "the file must be an object", told when another value is there. */
bool sw_strict_open(struct sw_strict *in, char bracket, const char *what);
/*
 * Is there another member or item? False: the closing bracket was read, or a mistake. *first is true before the
 * first call and is kept by the reader.
 */
bool sw_strict_more(struct sw_strict *in, char bracket, bool *first);
/* The key of a member and its colon. */
bool sw_strict_key(struct sw_strict *in, const char **ret_key);
/* A string that is no key; what: "accessKeyId must be a string". */
bool sw_strict_string(struct sw_strict *in, const char *what, const char **ret_text, size_t *ret_len);
/* Nothing but white space may follow. */
bool sw_strict_end(struct sw_strict *in);

/* A mistake in the value that was read last, or that comes next. Returns false. */
bool sw_strict_mistake(struct sw_strict *in, const char *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The place of the value that comes next, for sw_strict_mistake. */
const char *sw_strict_place(struct sw_strict *in);
/* The pointer goes into a member or an item; gives the mark to leave it again. */
size_t sw_strict_enter(struct sw_strict *in, const char *key);
size_t sw_strict_enter_index(struct sw_strict *in, size_t index);
void sw_strict_leave(struct sw_strict *in, size_t mark);

#endif
