/*
 * The pieces of JSON text that json.c (parsing, checking), locate.c (places) and tools.c share. Private to
 * asl/. A scan never reads at or behind `end`; its functions leave `at` behind what they read, or on the
 * mistake.
 */
#ifndef SW_ASL_JSON_SCAN_H
#define SW_ASL_JSON_SCAN_H

#include "asl/value.h"

struct sw_json_scan {
	const uint8_t *start, *at, *end;
	struct sw_error *err; /* may be NULL */
};

static inline void sw_json_scan_space(struct sw_json_scan *scan)
{
	while (scan->at < scan->end &&
	       (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t'))
		scan->at++;
}

/* at is behind the opening quote; ends behind the closing one. Content is [at before, at after - 1). */
enum sw_result sw_json_scan_string(struct sw_json_scan *scan, bool *ret_escaped);

/* The content of a string that was scanned: escapes are resolved. */
void sw_json_unescape(const uint8_t *at, const uint8_t *end, struct sw_buf *out);

/* Line and column, from 1, of a byte of the text; columns count characters. */
void sw_json_place(const uint8_t *text, const uint8_t *at, uint32_t *ret_line, uint32_t *ret_column);

bool sw_json_is_utf8(const char *text, size_t len);

/* A finite double from the text of a JSON number, in any locale. HUGE_VAL (or its negative) when out of
 * range. */
double sw_json_read_double(const char *text, size_t len);

#endif
