/* Allocation and the arena. */
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void a_size_of_zero_gives_a_valid_pointer(void **state)
{
	void *blocks[] = {sw_alloc(0),
			  sw_zalloc(0),
			  sw_zalloc_array(0, 8),
			  sw_zalloc_array(8, 0),
			  sw_realloc_array(NULL, 0, 8),
			  sw_memdup(NULL, 0)};
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		assert_non_null(blocks[i]);
		sw_free(blocks[i]);
	}
	sw_free(NULL);
}

static void products_that_overflow_are_out_of_memory(void **state)
{
	volatile size_t half = SIZE_MAX / 2;
	assert_null(sw_zalloc_array(half, 4));
	char *block = sw_strdup("kept");
	assert_null(sw_realloc_array(block, half, 4));
	assert_string_equal(block, "kept");
	sw_free(block);
	volatile size_t all = SIZE_MAX;
	assert_null(sw_memdup("", all));
}

static void copies_end_with_a_nul(void **state)
{
	char *copy = sw_memdup("abcdef", 3);
	assert_string_equal(copy, "abc");
	sw_free(copy);
	copy = sw_strdup("");
	assert_string_equal(copy, "");
	sw_free(copy);
	copy = sw_asprintf("%s-%05d", "x", 42);
	assert_string_equal(copy, "x-00042");
	sw_free(copy);
}

static void arena_memory_is_zeroed_aligned_and_apart(void **state)
{
	struct sw_arena arena;
	sw_arena_init(&arena, 64);
	unsigned char *blocks[400];
	size_t sum = 0;
	for (size_t i = 0; i < 400; i++) {
		blocks[i] = sw_arena_alloc(&arena, i);
		assert_non_null(blocks[i]);
		assert_int_equal((uintptr_t)blocks[i] % 16, 0);
		for (size_t k = 0; k < i; k++)
			assert_int_equal(blocks[i][k], 0);
		memset(blocks[i], (int)(i % 255) + 1, i);
		sum += i;
	}
	for (size_t i = 0; i < 400; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_equal(blocks[i][k], i % 255 + 1);
	assert_true(arena.used_bytes >= sum);
	sw_arena_done(&arena);
	assert_int_equal(arena.used_bytes, 0);
	assert_non_null(sw_arena_alloc(&arena, 100000));
	assert_string_equal(sw_arena_strdup(&arena, "again and", 5), "again");
	sw_arena_done(&arena);
}

static void an_arena_without_init_uses_the_default(void **state)
{
	struct sw_arena arena = {0};
	assert_non_null(sw_arena_alloc(&arena, 1));
	assert_non_null(sw_arena_alloc(&arena, 5000)); /* behind the head: its room stays in use */
	struct sw_arena_block *head = arena.head;
	assert_non_null(sw_arena_alloc(&arena, 16));
	assert_ptr_equal(arena.head, head);
	volatile size_t all = SIZE_MAX;
	assert_null(sw_arena_alloc(&arena, all));
	assert_null(sw_arena_alloc(&arena, all - 40));
	assert_null(sw_arena_strdup(&arena, "", all));
	sw_arena_done(&arena);
	sw_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_size_of_zero_gives_a_valid_pointer),
		cmocka_unit_test(products_that_overflow_are_out_of_memory),
		cmocka_unit_test(copies_end_with_a_nul),
		cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(an_arena_without_init_uses_the_default),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
