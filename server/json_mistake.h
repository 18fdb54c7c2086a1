/*
 * What AWS's JSON parser (Jackson) says of a text that is not JSON: its message is part of the API's answers,
 * so the words are kept. Private to server/.
 */
#ifndef SW_SERVER_JSON_MISTAKE_H
#define SW_SERVER_JSON_MISTAKE_H

#include "base/buf.h"

/*
 * Appends the text of the first mistake. False when the text is fine, or holds a mistake Jackson passes over.
 * ret_offset (may be NULL) gets the place Jackson names: behind what it has read.
 */
bool sw_json_mistake(const char *text, size_t len, struct sw_buf *out, size_t *ret_offset);
/* Appends [Source: (String)"...the text's beginning..."; line: 1, column: 4] */
void sw_json_mistake_place(const char *text, size_t len, size_t offset, struct sw_buf *out);

#endif
