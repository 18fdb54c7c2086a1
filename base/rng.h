/* Random numbers: entropy of the system, and a small seeded generator for what must be repeatable. */
#ifndef SW_BASE_RNG_H
#define SW_BASE_RNG_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Fills buf from getrandom(2): tokens, seeds. */
enum sw_result sw_entropy(void *buf, size_t len);

/* SplitMix64: same seed, same numbers, on every machine. Not for secrets. */
struct sw_rng {
	uint64_t state;
};
static inline struct sw_rng sw_rng(uint64_t seed)
{
	return (struct sw_rng){seed};
}
uint64_t sw_rng_next(struct sw_rng *rng);
double sw_rng_double(struct sw_rng *rng);                      /* uniform in [0, 1) */
uint64_t sw_rng_below(struct sw_rng *rng, uint64_t exclusive); /* uniform in [0, exclusive) */
/* 37 bytes: a version 4 UUID text and a NUL. */
void sw_rng_uuid(struct sw_rng *rng, char text[37]);

#endif
