/* The heap of timers. */
#include "base/heap.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NODES 500

static void check_order(const struct sw_heap *heap)
{
	for (size_t i = 0; i < heap->count; i++) {
		const struct sw_heap_node *node = heap->nodes[i], *parent = heap->nodes[i ? (i - 1) / 2 : 0];
		assert_int_equal(node->index, i + 1);
		assert_true(parent->key < node->key ||
			    (parent->key == node->key && parent->minor <= node->minor));
	}
}

static void nodes_come_out_by_key_and_then_by_minor(void **state)
{
	struct sw_heap heap = {0};
	struct sw_heap_node nodes[NODES] = {0};
	struct sw_rng rng = sw_rng(1);
	assert_null(sw_heap_first(&heap));
	for (size_t i = 0; i < NODES; i++) {
		nodes[i].key = (int64_t)sw_rng_below(&rng, 50) - 25;
		nodes[i].minor = (i * 7919) % NODES;
		assert_int_equal(sw_heap_insert(&heap, &nodes[i]), SW_OK);
		check_order(&heap);
	}
	int64_t key = INT64_MIN;
	uint64_t minor = 0;
	for (size_t i = 0; i < NODES; i++) {
		struct sw_heap_node *first = sw_heap_first(&heap);
		assert_true(first->key > key || (first->key == key && first->minor > minor));
		key = first->key;
		minor = first->minor;
		sw_heap_remove(&heap, first);
		assert_int_equal(first->index, 0);
	}
	assert_null(sw_heap_first(&heap));
	sw_heap_done(&heap);
}

static void any_node_can_be_removed_at_any_time(void **state)
{
	struct sw_heap heap = {0};
	struct sw_heap_node nodes[NODES] = {0};
	struct sw_rng rng = sw_rng(2);
	size_t inside = 0;
	for (int turn = 0; turn < 5000; turn++) {
		struct sw_heap_node *node = &nodes[sw_rng_below(&rng, NODES)];
		if (node->index) {
			sw_heap_remove(&heap, node);
			inside--;
		} else {
			node->key = (int64_t)sw_rng_below(&rng, 1000);
			node->minor = (uint64_t)(node - nodes);
			assert_int_equal(sw_heap_insert(&heap, node), SW_OK);
			inside++;
		}
		assert_int_equal(heap.count, inside);
		if (turn % 50 == 0)
			check_order(&heap);
	}
	check_order(&heap);
	sw_heap_done(&heap);
}

static void removing_a_node_that_is_in_no_heap_does_nothing(void **state)
{
	struct sw_heap heap = {0};
	struct sw_heap_node inside = {.key = 1}, outside = {.key = 2};
	assert_int_equal(sw_heap_insert(&heap, &inside), SW_OK);
	sw_heap_remove(&heap, &outside);
	assert_int_equal(heap.count, 1);
	sw_heap_remove(&heap, &inside);
	sw_heap_remove(&heap, &inside);
	assert_int_equal(heap.count, 0);
	sw_heap_done(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_come_out_by_key_and_then_by_minor),
		cmocka_unit_test(any_node_can_be_removed_at_any_time),
		cmocka_unit_test(removing_a_node_that_is_in_no_heap_does_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
