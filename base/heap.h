/*
 * A binary min-heap of timers and other things ordered by time. The caller's struct holds a node; the heap
 * stores pointers to nodes, so that removal needs no search.
 */
#ifndef SW_BASE_HEAP_H
#define SW_BASE_HEAP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_heap_node {
	int64_t key;    /* smallest first */
	uint64_t minor; /* breaks ties, so that order never depends on chance */
	size_t index;   /* place in the heap + 1; 0 when it is in none */
};
struct sw_heap {
	struct sw_heap_node **nodes;
	size_t count, capacity;
};
enum sw_result sw_heap_insert(struct sw_heap *heap, struct sw_heap_node *node);
void sw_heap_remove(struct sw_heap *heap, struct sw_heap_node *node); /* no effect when it is in none */
struct sw_heap_node *sw_heap_first(const struct sw_heap *heap);       /* NULL when empty */
void sw_heap_done(struct sw_heap *heap);                              /* frees the array, not the nodes */

#endif
