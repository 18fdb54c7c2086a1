/* The linear congruential generator that the documentation of java.util.Random describes. */
#include "asl/java_random.h"

#define FACTOR 0x5DEECE66Du
#define MASK ((1ULL << 48) - 1)

struct sw_java_random sw_java_random(uint64_t seed)
{
	return (struct sw_java_random){(seed ^ FACTOR) & MASK};
}

static uint64_t next(struct sw_java_random *random, unsigned bits)
{
	random->state = (random->state * FACTOR + 11) & MASK;
	return random->state >> (48 - bits);
}

double sw_java_random_double(struct sw_java_random *random)
{
	uint64_t high = next(random, 26);
	return (double)(high << 27 | next(random, 27)) / 9007199254740992.0; /* 53 bits */
}

uint32_t sw_java_random_below(struct sw_java_random *random, uint32_t bound)
{
	if ((bound & (bound - 1)) == 0)
		return (uint32_t)(bound * next(random, 31) >> 31);
	uint32_t bits, rest;
	do { /* those beyond the last multiple of bound would favour small numbers */
		bits = (uint32_t)next(random, 31);
		rest = bits % bound;
	} while (bits - rest > INT32_MAX - (bound - 1));
	return rest;
}
