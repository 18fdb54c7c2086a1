/*
 * Points in time: milliseconds since 1970-01-01T00:00:00Z (int64_t, _ms), and their texts. AWS writes
 * ISO 8601 in UTC with three digits of fraction in the context object ("2024-01-31T10:20:30.123Z").
 */
#ifndef SW_BASE_TIMESTAMP_H
#define SW_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SW_TIMESTAMP_BYTES 32
#define SW_TIMESTAMP_MS_MAX INT64_C(253402300799999) /* the last of the year 9999 */

/* Writes e.g. 2024-01-31T10:20:30.123Z with a NUL; years 0000 to 9999. */
void sw_timestamp_print(int64_t time_ms, char text[SW_TIMESTAMP_BYTES]);

/*
 * Reads the RFC 3339 profile that the States Language asks for: upper-case T, and Z or a numeric offset;
 * any number of fraction digits (nanoseconds kept in ret_ns when it is not NULL, 0..999999999, the part below
 * the second). False for anything else, impossible dates included (2024-02-30).
 */
bool sw_timestamp_parse(const char *text, size_t len, int64_t *ret_ms, int32_t *ret_ns);

#endif
