/* Random numbers: see rng.h. */
#include "base/rng.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/random.h>

enum sw_result sw_entropy(void *buf, size_t len)
{
	uint8_t *at = buf;
	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return SW_EIO;
		at += got;
		len -= (size_t)got;
	}
	return SW_OK;
}

uint64_t sw_rng_next(struct sw_rng *rng)
{
	uint64_t z = rng->state += 0x9E3779B97F4A7C15u;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

double sw_rng_double(struct sw_rng *rng)
{
	/* 53 bits: as many as a double holds, so that 1.0 is never reached */
	return (double)(sw_rng_next(rng) >> 11) * 0x1p-53;
}

uint64_t sw_rng_below(struct sw_rng *rng, uint64_t exclusive)
{
	if (exclusive < 2)
		return 0;
	/* 2^64 mod exclusive numbers are drawn again, or the small remainders would come more often. */
	/* cppcheck-suppress oppositeExpression ; it is 2^64 - exclusive on the left */
	uint64_t reject_below = -exclusive % exclusive;
	uint64_t number;
	do {
		number = sw_rng_next(rng);
	} while (number < reject_below);
	return number % exclusive;
}

void sw_rng_uuid(struct sw_rng *rng, char text[37])
{
	static const char digits[] = "0123456789abcdef"; /* every request has one: no formatted print */
	uint64_t high = sw_rng_next(rng), low = sw_rng_next(rng);
	high = (high & ~(uint64_t)0xF000) | 0x4000;                   /* version 4 */
	low = (low & ~((uint64_t)0xC0 << 56)) | (uint64_t)0x80 << 56; /* variant of RFC 9562 */
	const uint64_t halves[2] = {high, low};
	for (int at = 0, digit = 0; at < 36; at++) {
		bool dash = at == 8 || at == 13 || at == 18 || at == 23;
		text[at] = dash ? '-' : digits[halves[digit / 16] >> (60 - 4 * (digit % 16)) & 0xF];
		digit += !dash;
	}
	text[36] = '\0';
}
