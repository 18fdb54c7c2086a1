/*
 * Growing byte buffers and read-only slices. A buffer remembers its first failure: after it all appends do
 * nothing and sw_buf_result() tells SW_ENOMEM, so that a writer checks once, at the end.
 */
#ifndef SW_BASE_BUF_H
#define SW_BASE_BUF_H

#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that belong to somebody else. */
struct sw_slice {
	const void *data;
	size_t len;
};
static inline struct sw_slice sw_slice(const void *data, size_t len)
{
	return (struct sw_slice){data, len};
}
/* <0, 0, >0 in the order of unsigned bytes; a prefix sorts first. */
int sw_slice_compare(struct sw_slice a, struct sw_slice b);

struct sw_buf {
	char *data; /* always followed by a NUL byte that len does not count; NULL while empty */
	size_t len, capacity;
	bool failed;
};
/* An initial value: struct sw_buf buf = SW_BUF; */
#define SW_BUF ((struct sw_buf){0})

void sw_buf_done(struct sw_buf *buf);  /* frees; the buffer is empty again */
void sw_buf_reset(struct sw_buf *buf); /* len 0, keeps the memory, forgets a failure */
bool sw_buf_grow(struct sw_buf *buf, size_t more_bytes);
static inline bool sw_buf_reserve(struct sw_buf *buf, size_t more_bytes)
{
	/* capacity counts the place of the NUL byte too */
	return (!buf->failed && buf->capacity - buf->len > more_bytes) || sw_buf_grow(buf, more_bytes);
}
void sw_buf_append(struct sw_buf *buf, const void *data, size_t len);
void sw_buf_text(struct sw_buf *buf, const char *text);
void sw_buf_char(struct sw_buf *buf, char c);
void sw_buf_printf(struct sw_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sw_buf_vprintf(struct sw_buf *buf, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
enum sw_result sw_buf_result(const struct sw_buf *buf);
/* Takes the bytes out (free with sw_free); NULL when an append failed. Never NULL for an empty buffer. */
char *sw_buf_take(struct sw_buf *buf, size_t *ret_len);

/* Numbers in records: LEB128 varints and big-endian integers (these sort like the numbers). */
void sw_buf_varint(struct sw_buf *buf, uint64_t number);
void sw_buf_zigzag(struct sw_buf *buf, int64_t number);
static inline void sw_buf_u8(struct sw_buf *buf, uint8_t number)
{
	if (!sw_buf_reserve(buf, 1))
		return;
	buf->data[buf->len++] = (char)number;
	buf->data[buf->len] = '\0';
}
void sw_buf_be32(struct sw_buf *buf, uint32_t number);
void sw_buf_be64(struct sw_buf *buf, uint64_t number);
/* A varint length and the bytes. */
void sw_buf_blob(struct sw_buf *buf, const void *data, size_t len);

/* Reading the same back. A reader remembers its first failure: reads after it give 0 and empty slices. */
struct sw_cursor {
	const uint8_t *at, *end;
	bool failed;
};
static inline struct sw_cursor sw_cursor(struct sw_slice bytes)
{
	const uint8_t *at = (const uint8_t *)bytes.data;
	return (struct sw_cursor){at, bytes.len ? at + bytes.len : at, false};
}
uint64_t sw_cursor_varint(struct sw_cursor *cursor);
int64_t sw_cursor_zigzag(struct sw_cursor *cursor);
uint8_t sw_cursor_u8(struct sw_cursor *cursor);
uint32_t sw_cursor_be32(struct sw_cursor *cursor);
uint64_t sw_cursor_be64(struct sw_cursor *cursor);
struct sw_slice sw_cursor_blob(struct sw_cursor *cursor); /* borrowed from the bytes that are read */
struct sw_slice sw_cursor_bytes(struct sw_cursor *cursor, size_t len);

#endif
