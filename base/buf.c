/* Growing byte buffers, and the numbers in records: see buf.h. */
#include "base/buf.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#define VARINT_BYTES_MAX 10

int sw_slice_compare(struct sw_slice a, struct sw_slice b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.data, b.data, common) : 0;
	if (order)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

void sw_buf_done(struct sw_buf *buf)
{
	sw_free(buf->data);
	*buf = SW_BUF;
}

void sw_buf_reset(struct sw_buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->data)
		buf->data[0] = '\0';
}

bool sw_buf_grow(struct sw_buf *buf, size_t more_bytes)
{
	if (buf->failed)
		return false;
	size_t want;
	if (__builtin_add_overflow(buf->len, more_bytes, &want) || want > SIZE_MAX / 2 - 1) {
		buf->failed = true;
		return false;
	}
	size_t capacity = buf->capacity ? buf->capacity : 64;
	while (capacity <= want)
		capacity = capacity > SIZE_MAX / 4 ? want + 1 : capacity * 2;
	char *data = sw_realloc_array(buf->data, capacity, 1);
	if (!data) {
		buf->failed = true;
		return false;
	}
	data[buf->len] = '\0';
	buf->data = data;
	buf->capacity = capacity;
	return true;
}

void sw_buf_append(struct sw_buf *buf, const void *data, size_t len)
{
	if (!sw_buf_reserve(buf, len) || !len)
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void sw_buf_text(struct sw_buf *buf, const char *text)
{
	sw_buf_append(buf, text, strlen(text));
}

void sw_buf_char(struct sw_buf *buf, char c)
{
	sw_buf_append(buf, &c, 1);
}

void sw_buf_printf(struct sw_buf *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	sw_buf_vprintf(buf, format, args);
	va_end(args);
}

void sw_buf_vprintf(struct sw_buf *buf, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	if (len < 0)
		buf->failed = true;
	else if (sw_buf_reserve(buf, (size_t)len)) {
		vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

enum sw_result sw_buf_result(const struct sw_buf *buf)
{
	return buf->failed ? SW_ENOMEM : SW_OK;
}

char *sw_buf_take(struct sw_buf *buf, size_t *ret_len)
{
	/* An empty buffer has no memory yet; the caller still gets a text. */
	sw_buf_reserve(buf, 0);
	if (buf->failed) {
		sw_buf_done(buf);
		return NULL;
	}
	char *data = buf->data;
	if (ret_len)
		*ret_len = buf->len;
	*buf = SW_BUF;
	return data;
}

void sw_buf_varint(struct sw_buf *buf, uint64_t number)
{
	if (!sw_buf_reserve(buf, VARINT_BYTES_MAX))
		return;
	char *at = buf->data + buf->len;
	while (number >= 0x80) {
		*at++ = (char)(uint8_t)(number | 0x80);
		number >>= 7;
	}
	*at++ = (char)number;
	*at = '\0';
	buf->len = (size_t)(at - buf->data);
}

void sw_buf_zigzag(struct sw_buf *buf, int64_t number)
{
	uint64_t bits = (uint64_t)number;
	sw_buf_varint(buf, (bits << 1) ^ (number < 0 ? UINT64_MAX : 0));
}

void sw_buf_be32(struct sw_buf *buf, uint32_t number)
{
	uint8_t bytes[4];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(number >> (24 - 8 * i));
	sw_buf_append(buf, bytes, sizeof(bytes));
}

void sw_buf_be64(struct sw_buf *buf, uint64_t number)
{
	uint8_t bytes[8];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(number >> (56 - 8 * i));
	sw_buf_append(buf, bytes, sizeof(bytes));
}

void sw_buf_blob(struct sw_buf *buf, const void *data, size_t len)
{
	sw_buf_varint(buf, len);
	sw_buf_append(buf, data, len);
}

static size_t cursor_left(const struct sw_cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

uint64_t sw_cursor_varint(struct sw_cursor *cursor)
{
	uint64_t number = 0;
	for (unsigned i = 0; i < VARINT_BYTES_MAX; i++) {
		if (cursor->failed || cursor->at == cursor->end)
			break;
		uint8_t byte = *cursor->at++;
		/* The tenth byte holds the 64th bit alone; a last byte of zero would be a second spelling. */
		if ((i == VARINT_BYTES_MAX - 1 && byte > 1) || (i > 0 && byte == 0))
			break;
		number |= (uint64_t)(byte & 0x7F) << (7 * i);
		if (byte < 0x80)
			return number;
	}
	cursor->failed = true;
	return 0;
}

int64_t sw_cursor_zigzag(struct sw_cursor *cursor)
{
	uint64_t bits = sw_cursor_varint(cursor);
	return (int64_t)((bits >> 1) ^ (bits & 1 ? UINT64_MAX : 0));
}

struct sw_slice sw_cursor_bytes(struct sw_cursor *cursor, size_t len)
{
	if (cursor->failed || cursor_left(cursor) < len) {
		cursor->failed = true;
		return sw_slice(NULL, 0);
	}
	struct sw_slice bytes = sw_slice(cursor->at, len);
	if (len)
		cursor->at += len;
	return bytes;
}

/* A big-endian number of len bytes. */
static uint64_t cursor_be(struct sw_cursor *cursor, size_t len)
{
	struct sw_slice bytes = sw_cursor_bytes(cursor, len);
	const uint8_t *data = bytes.data;
	uint64_t number = 0;
	for (size_t i = 0; i < bytes.len; i++)
		number = number << 8 | data[i];
	return number;
}

uint8_t sw_cursor_u8(struct sw_cursor *cursor)
{
	return (uint8_t)cursor_be(cursor, 1);
}

uint32_t sw_cursor_be32(struct sw_cursor *cursor)
{
	return (uint32_t)cursor_be(cursor, 4);
}

uint64_t sw_cursor_be64(struct sw_cursor *cursor)
{
	return cursor_be(cursor, 8);
}

struct sw_slice sw_cursor_blob(struct sw_cursor *cursor)
{
	uint64_t len = sw_cursor_varint(cursor);
	if (len > cursor_left(cursor))
		cursor->failed = true;
	return sw_cursor_bytes(cursor, cursor->failed ? 0 : (size_t)len);
}
