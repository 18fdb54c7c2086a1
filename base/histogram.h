/*
 * A histogram with fixed bounds: plain counters that one thread adds to, and that somebody reads now and then.
 * Zeroed memory is an empty one of SW_BOUNDS_SECONDS. Installed as stepwell/histogram.h.
 */
#ifndef STEPWELL_HISTOGRAM_H
#define STEPWELL_HISTOGRAM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SW_HISTOGRAM_BOUNDS_MAX 18

enum sw_bounds {
	SW_BOUNDS_SECONDS, /* values are microseconds; bounds from half a millisecond to an hour */
	SW_BOUNDS_SIZES,   /* values are numbers or bytes; bounds are powers of four */
};

struct sw_histogram {
	enum sw_bounds bounds;
	uint64_t counts[SW_HISTOGRAM_BOUNDS_MAX + 1]; /* of values up to each bound and above the last one */
	uint64_t sum;
};

#ifdef __cplusplus
}
#endif
#endif
