/*
 * java.util.Random, of which AWS takes its numbers for a seed (measured: floci-io/floci#2662; recorded:
 * gabrielmoreira/tiny-asl-machine, States.MathRandom). Private to asl/.
 */
#ifndef SW_ASL_JAVA_RANDOM_H
#define SW_ASL_JAVA_RANDOM_H

#include <stdint.h>

struct sw_java_random {
	uint64_t state;
};
struct sw_java_random sw_java_random(uint64_t seed);

/* nextDouble(): from 0 to below 1. */
double sw_java_random_double(struct sw_java_random *random);

/* nextInt(bound): from 0 to below bound, which is at least 1 and at most INT32_MAX. */
uint32_t sw_java_random_below(struct sw_java_random *random, uint32_t bound);

#endif
