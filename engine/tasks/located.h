/*
 * Reading an operator's JSON file: where the reader is (a JSON pointer), and mistakes told with line and
 * column, which are looked up in the text only when there is something to tell. For resources.c and mock.c.
 */
#ifndef SW_ENGINE_TASKS_LOCATED_H
#define SW_ENGINE_TASKS_LOCATED_H

#include "asl/value.h"

#define SW_LOCATED_POINTER_BYTES 4096

struct sw_located {
	const char *text;
	size_t len;
	struct sw_error *err;
	char pointer[SW_LOCATED_POINTER_BYTES];
};

/* Parses text; mistakes are SW_EDEFINITION. *ret_tree is new. */
enum sw_result sw_located_parse(struct sw_located *at, const char *text, size_t len, json_t **ret_tree,
				struct sw_error *err);

/* Goes into a member or an item; gives the mark to go back to with sw_located_leave. */
size_t sw_located_enter(struct sw_located *at, const char *key);
size_t sw_located_enter_index(struct sw_located *at, size_t index);
void sw_located_leave(struct sw_located *at, size_t mark);

/* A mistake at the place: SW_EDEFINITION. With key, the key of the member is meant and not its value. */
enum sw_result sw_located_mistake(const struct sw_located *at, bool key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for a member of the place; unknown members and such. */
enum sw_result sw_located_unknown(struct sw_located *at, const char *key, const char *known);
/* SW_OK when value is an object, else the mistake. what: "a resource". */
enum sw_result sw_located_object(const struct sw_located *at, const json_t *value, const char *what);
/* SW_OK when value is a string without U+0000, else the mistake. */
enum sw_result sw_located_text(const struct sw_located *at, const json_t *value, const char *what);

#endif
