/* A binary min-heap of nodes that live in the callers' structs: see heap.h. */
#include "base/heap.h"
#include "base/assert.h"
#include "base/mem.h"

static bool before(const struct sw_heap_node *a, const struct sw_heap_node *b)
{
	return a->key != b->key ? a->key < b->key : a->minor < b->minor;
}

static void place(struct sw_heap *heap, size_t at, struct sw_heap_node *node)
{
	heap->nodes[at] = node;
	node->index = at + 1;
}

static void sift_up(struct sw_heap *heap, size_t at, struct sw_heap_node *node)
{
	while (at > 0) {
		size_t parent = (at - 1) / 2;
		if (!before(node, heap->nodes[parent]))
			break;
		place(heap, at, heap->nodes[parent]);
		at = parent;
	}
	place(heap, at, node);
}

static void sift_down(struct sw_heap *heap, size_t at, struct sw_heap_node *node)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && before(heap->nodes[child + 1], heap->nodes[child]))
			child++;
		if (!before(heap->nodes[child], node))
			break;
		place(heap, at, heap->nodes[child]);
		at = child;
	}
	place(heap, at, node);
}

enum sw_result sw_heap_insert(struct sw_heap *heap, struct sw_heap_node *node)
{
	SW_ASSERT(node->index == 0);
	if (heap->count == heap->capacity) {
		size_t capacity = heap->capacity ? heap->capacity * 2 : 16;
		struct sw_heap_node **nodes =
			sw_realloc_array(heap->nodes, capacity, sizeof(struct sw_heap_node *));
		if (!nodes)
			return SW_ENOMEM;
		heap->nodes = nodes;
		heap->capacity = capacity;
	}
	sift_up(heap, heap->count++, node);
	return SW_OK;
}

void sw_heap_remove(struct sw_heap *heap, struct sw_heap_node *node)
{
	if (node->index == 0)
		return;
	size_t at = node->index - 1;
	SW_ASSERT(at < heap->count && heap->nodes[at] == node);
	node->index = 0;
	struct sw_heap_node *last = heap->nodes[--heap->count];
	if (last == node)
		return;
	/* The last node takes the free place; it may belong above it or below it. */
	if (at > 0 && before(last, heap->nodes[(at - 1) / 2]))
		sift_up(heap, at, last);
	else
		sift_down(heap, at, last);
}

struct sw_heap_node *sw_heap_first(const struct sw_heap *heap)
{
	return heap->count ? heap->nodes[0] : NULL;
}

void sw_heap_done(struct sw_heap *heap)
{
	sw_free(heap->nodes);
	*heap = (struct sw_heap){0};
}
