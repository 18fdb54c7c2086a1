/* Ids of executions, and the names that carry them: see keys.h. */
#include "engine/keys.h"

#include "base/assert.h"
#include "base/hash.h"

#include <string.h>

#define PARTITION_SHIFT 56
#define COUNTER_BITS 14
#define TIME_MS_MAX ((INT64_C(1) << 42) - 1) /* in the year 2109 */

uint64_t sw_id_next(uint64_t last_id, int64_t now_ms, unsigned partition)
{
	SW_ASSERT(partition < 256);
	if (now_ms < 0)
		now_ms = 0;
	if (now_ms > TIME_MS_MAX)
		now_ms = TIME_MS_MAX;
	uint64_t id = (uint64_t)partition << PARTITION_SHIFT | (uint64_t)now_ms << COUNTER_BITS;
	/* More than one in a millisecond, or a clock that was set back: ids rise all the same. */
	return id > last_id ? id : last_id + 1;
}

/* Where the 32 digits of a UUID stand: 8-4-4-4-12. */
static bool is_dash(size_t at)
{
	return at == 8 || at == 13 || at == 18 || at == 23;
}

/*
 * RFC 9562, UUID version 8: 48 free bits, the version, 12 free bits, the variant, 62 free bits. The id is in
 * the first 64 of the free bits, so that names sort by time too.
 */
void sw_id_name(uint64_t id, const uint8_t random[8], char text[37])
{
	uint8_t bytes[16];
	char hex[33];
	for (size_t i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(id >> (56 - 8 * i));
	bytes[6] = (uint8_t)(0x80 | (id >> 12 & 0x0F));
	bytes[7] = (uint8_t)(id >> 4);
	bytes[8] = (uint8_t)(0x80 | (id & 0x0F) << 2 | (random[0] & 0x03));
	memcpy(bytes + 9, random + 1, 7);
	sw_hex(bytes, sizeof(bytes), hex);
	for (size_t at = 0, digit = 0; at < 36; at++)
		text[at] = is_dash(at) ? '-' : hex[digit++];
	text[36] = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool sw_id_from_name(const char *name, uint64_t *ret_id)
{
	uint8_t bytes[16] = {0};
	size_t digits = 0;
	if (strnlen(name, 37) != 36)
		return false;
	for (size_t at = 0; at < 36; at++) {
		int digit = hex_digit(name[at]);
		if (is_dash(at) ? name[at] != '-' : digit < 0)
			return false;
		if (is_dash(at))
			continue;
		bytes[digits / 2] = (uint8_t)(bytes[digits / 2] << 4 | digit);
		digits++;
	}
	if ((bytes[6] & 0xF0) != 0x80 || (bytes[8] & 0xC0) != 0x80)
		return false;
	uint64_t id = 0;
	for (size_t i = 0; i < 6; i++)
		id = id << 8 | bytes[i];
	id = id << 4 | (bytes[6] & 0x0F);
	id = id << 8 | bytes[7];
	*ret_id = id << 4 | (bytes[8] >> 2 & 0x0F);
	return true;
}

void sw_id_print(uint64_t id, char text[17])
{
	uint8_t bytes[8];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(id >> (56 - 8 * i));
	sw_hex(bytes, sizeof(bytes), text);
}

bool sw_id_read(struct sw_slice text, uint64_t *ret_id)
{
	uint64_t id = 0;
	if (text.len != 16)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int digit = hex_digit(((const char *)text.data)[i]);
		if (digit < 0)
			return false;
		id = id << 4 | (uint64_t)digit;
	}
	*ret_id = id;
	return true;
}
