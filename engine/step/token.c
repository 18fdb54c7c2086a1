/*
 * Task tokens: base64url of a version byte, the execution's id, branch and attempt (big-endian) and 128
 * random bits. No table is needed to find the task a token belongs to.
 */
#include "engine/step/step.h"

#include <string.h>

#define TOKEN_VERSION 1
#define TOKEN_BYTES (1 + 8 + 4 + 4 + SW_TOKEN_RANDOM_BYTES) /* 33: no padding */
#define TOKEN_TEXT_LENGTH (TOKEN_BYTES / 3 * 4)

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void put_number(uint8_t *bytes, uint64_t number, size_t len)
{
	for (size_t i = len; i-- > 0; number >>= 8)
		bytes[i] = (uint8_t)number;
}

static uint64_t get_number(const uint8_t *bytes, size_t len)
{
	uint64_t number = 0;
	for (size_t i = 0; i < len; i++)
		number = number << 8 | bytes[i];
	return number;
}

void sw_token_print(uint64_t execution_id, uint32_t branch, uint32_t attempt,
		    const uint8_t random[SW_TOKEN_RANDOM_BYTES], char text[SW_TOKEN_TEXT_BYTES])
{
	_Static_assert(TOKEN_BYTES % 3 == 0 && TOKEN_TEXT_LENGTH < SW_TOKEN_TEXT_BYTES,
		       "no padding, and it fits");
	uint8_t bytes[TOKEN_BYTES];
	bytes[0] = TOKEN_VERSION;
	put_number(bytes + 1, execution_id, 8);
	put_number(bytes + 9, branch, 4);
	put_number(bytes + 13, attempt, 4);
	memcpy(bytes + 17, random, SW_TOKEN_RANDOM_BYTES);
	for (size_t i = 0, at = 0; i < TOKEN_BYTES; i += 3) {
		uint32_t group = (uint32_t)get_number(bytes + i, 3);
		for (int shift = 18; shift >= 0; shift -= 6)
			text[at++] = digits[group >> shift & 63];
	}
	text[TOKEN_TEXT_LENGTH] = '\0';
}

bool sw_token_parse(const char *text, size_t len, uint64_t *ret_execution_id, uint32_t *ret_branch,
		    uint32_t *ret_attempt, uint8_t ret_random[SW_TOKEN_RANDOM_BYTES])
{
	uint8_t bytes[TOKEN_BYTES];
	if (len != TOKEN_TEXT_LENGTH)
		return false;
	for (size_t i = 0, at = 0; i < len; i += 4, at += 3) {
		uint32_t group = 0;
		for (size_t k = 0; k < 4; k++) {
			const char *digit = text[i + k] ? strchr(digits, text[i + k]) : NULL;
			if (!digit)
				return false;
			group = group << 6 | (uint32_t)(digit - digits);
		}
		put_number(bytes + at, group, 3);
	}
	if (bytes[0] != TOKEN_VERSION)
		return false;
	*ret_execution_id = get_number(bytes + 1, 8);
	*ret_branch = (uint32_t)get_number(bytes + 9, 4);
	*ret_attempt = (uint32_t)get_number(bytes + 13, 4);
	memcpy(ret_random, bytes + 17, SW_TOKEN_RANDOM_BYTES);
	return true;
}
