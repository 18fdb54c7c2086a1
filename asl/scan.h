/*
 * One walk over JSON text that is known to be valid: where wanted places stand, and which keys are given
 * twice. Private to findings.c and its tests.
 */
#ifndef SW_ASL_SCAN_H
#define SW_ASL_SCAN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A node of the tree of wanted places. */
struct sw_spot {
	const char *key; /* NULL: item `index` */
	size_t index;
	struct sw_spot *children, *next;
	bool found, has_key;
	size_t key_offset, value_offset;
};

/* A place in the text, for the report of a key that is given twice. */
struct sw_scan_frame {
	const struct sw_scan_frame *up;
	const char *raw; /* the key as it stands in the text, without quotes; NULL: item `index` */
	size_t raw_len, index;
};
typedef enum sw_result sw_scan_duplicate_fn(void *user, const struct sw_scan_frame *at, size_t key_offset);

enum sw_result sw_scan(const char *text, size_t len, struct sw_spot *root, sw_scan_duplicate_fn *duplicate,
		       void *user);

#endif
