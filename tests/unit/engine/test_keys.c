/* Keys sort as what they are made of; ids rise; names of the engine carry their id. */
#include "engine/keys.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static int compare(const struct sw_key *a, const struct sw_key *b)
{
	return sw_slice_compare(sw_key_slice(a), sw_key_slice(b));
}

static void every_table_has_a_name(void **state)
{
	for (unsigned i = 0; i < SW_TABLES_COUNT; i++) {
		assert_non_null(sw_table_names[i]);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(sw_table_names[i], sw_table_names[j]);
	}
	/* They stay as they are on disk. */
	assert_string_equal(sw_table_names[SW_TABLE_SETTINGS], "settings");
	assert_string_equal(sw_table_names[SW_TABLE_LISTING], "listing");
}

static void timers_sort_by_time_then_execution_then_branch(void **state)
{
	static const struct {
		int64_t due_ms;
		uint64_t id;
		uint32_t branch;
	} timers[] = {
		{0, 1, 0},
		{0, 1, 1},
		{0, UINT64_MAX, 0},
		{1, 0, 0},
		{255, 9, UINT32_MAX},
		{256, 0, 0},
		{1700000000000, 5, 3},
		{INT64_MAX, 0, 0},
	};
	struct sw_key previous, key;
	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
		int64_t due_ms;
		uint64_t id;
		uint32_t branch;
		sw_key_timer(&key, timers[i].due_ms, timers[i].id, timers[i].branch);
		assert_true(sw_key_timer_read(sw_key_slice(&key), &due_ms, &id, &branch));
		assert_int_equal(due_ms, timers[i].due_ms);
		assert_int_equal(id, timers[i].id);
		assert_int_equal(branch, timers[i].branch);
		if (i > 0)
			assert_true(compare(&previous, &key) < 0);
		previous = key;
	}
}

static void a_damaged_timer_key_is_not_read(void **state)
{
	struct sw_key key;
	int64_t due_ms;
	uint64_t id;
	uint32_t branch;
	sw_key_timer(&key, 1, 2, 3);
	assert_false(sw_key_timer_read(sw_slice(key.bytes, key.len - 1), &due_ms, &id, &branch));
	assert_false(sw_key_timer_read(sw_slice(key.bytes, key.len + 1), &due_ms, &id, &branch));
	assert_false(sw_key_timer_read(sw_slice(NULL, 0), &due_ms, &id, &branch));
	key.bytes[0] = 0x80; /* a time beyond all times */
	assert_false(sw_key_timer_read(sw_key_slice(&key), &due_ms, &id, &branch));
}

static void revisions_of_a_machine_stand_together_in_order(void **state)
{
	struct sw_key keys[5];
	sw_key_machine(&keys[0], "a", 0);
	sw_key_machine(&keys[1], "a", 255);
	sw_key_machine(&keys[2], "a", 256);
	sw_key_machine(&keys[3], "a", UINT32_MAX);
	sw_key_machine(&keys[4], "a-b", 0);
	for (size_t i = 1; i < 5; i++)
		assert_true(compare(&keys[i - 1], &keys[i]) < 0);
}

static void the_key_of_an_execution_begins_the_keys_of_its_parts(void **state)
{
	struct sw_key execution, part, other;
	sw_key_execution(&execution, 0x0102030405060708);
	sw_key_pair(&part, 0x0102030405060708, 9);
	assert_int_equal(execution.len, 8);
	assert_int_equal(part.len, 12);
	assert_memory_equal(execution.bytes, part.bytes, 8);
	sw_key_pair(&other, 0x0102030405060708, 10);
	assert_true(compare(&part, &other) < 0);
	sw_key_listing(&part, 5, UINT64_MAX);
	sw_key_listing(&other, 6, 0);
	assert_true(compare(&part, &other) < 0);
	sw_key_number(&other, 5);
	assert_memory_equal(part.bytes, other.bytes, 4);
}

static void the_names_table_keeps_machine_and_name_apart(void **state)
{
	struct sw_key a, b, c;
	assert_int_equal(sw_key_name(&a, NULL, "orders", "x1"), SW_OK);
	assert_int_equal(sw_key_name(&b, NULL, "ordersx", "1"), SW_OK);
	assert_int_equal(sw_key_name(&c, NULL, "orders", "x1"), SW_OK);
	assert_int_equal(a.len, 16);
	assert_int_not_equal(compare(&a, &b), 0);
	assert_int_equal(compare(&a, &c), 0);
}

static void ids_rise_whatever_the_clock_does(void **state)
{
	struct sw_rng rng = sw_rng(3);
	uint64_t last = 0;
	for (int i = 0; i < 100000; i++) {
		int64_t now_ms = 1700000000000 + (int64_t)sw_rng_below(&rng, 50) - 25;
		uint64_t id = sw_id_next(last, now_ms, 3);
		assert_true(id > last);
		assert_int_equal(id >> 56, 3);
		last = id;
	}
	assert_int_equal(sw_id_next(0, 1700000000000, 0), UINT64_C(1700000000000) << 14);
	assert_int_equal(sw_id_next(UINT64_C(1700000000000) << 14, 1700000000000, 0),
			 (UINT64_C(1700000000000) << 14) + 1);
	/* 0 is never an id. */
	assert_int_equal(sw_id_next(0, 0, 0), 1);
	assert_int_equal(sw_id_next(0, -5, 0), 1);
	assert_int_equal(sw_id_next(0, INT64_MAX, 0) >> 56, 0);
}

static void a_name_of_the_engine_carries_its_id(void **state)
{
	struct sw_rng rng = sw_rng(11);
	for (int i = 0; i < 10000; i++) {
		uint64_t id = sw_rng_next(&rng), back;
		uint8_t random[8];
		char name[37];
		for (size_t j = 0; j < 8; j++)
			random[j] = (uint8_t)sw_rng_next(&rng);
		sw_id_name(id, random, name);
		assert_int_equal(strlen(name), 36);
		assert_int_equal(name[14], '8');
		assert_true(strchr("89ab", name[19]) != NULL);
		assert_true(sw_id_from_name(name, &back));
		assert_int_equal(back, id);
	}
	char zeros[37], ones[37];
	sw_id_name(0, (const uint8_t[8]){0}, zeros);
	assert_string_equal(zeros, "00000000-0000-8000-8000-000000000000");
	sw_id_name(UINT64_MAX, (const uint8_t[8]){255, 255, 255, 255, 255, 255, 255, 255}, ones);
	assert_string_equal(ones, "ffffffff-ffff-8fff-bfff-ffffffffffff");
}

static void other_names_carry_no_id(void **state)
{
	static const char *const names[] = {
		"",
		"order-17",
		"00000000-0000-4000-8000-000000000000",  /* another version */
		"00000000-0000-8000-c000-000000000000",  /* another variant */
		"00000000-0000-8000-8000-00000000000",   /* shorter */
		"00000000-0000-8000-8000-0000000000000", /* longer */
		"00000000-0000-8000-8000-00000000000G",
		"00000000-0000-8000-8000-00000000000A", /* names are lower-case */
		"00000000_0000-8000-8000-000000000000",
		"000000000000080008000000000000000000",
	};
	uint64_t id;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(sw_id_from_name(names[i], &id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_table_has_a_name),
		cmocka_unit_test(timers_sort_by_time_then_execution_then_branch),
		cmocka_unit_test(a_damaged_timer_key_is_not_read),
		cmocka_unit_test(revisions_of_a_machine_stand_together_in_order),
		cmocka_unit_test(the_key_of_an_execution_begins_the_keys_of_its_parts),
		cmocka_unit_test(the_names_table_keeps_machine_and_name_apart),
		cmocka_unit_test(ids_rise_whatever_the_clock_does),
		cmocka_unit_test(a_name_of_the_engine_carries_its_id),
		cmocka_unit_test(other_names_carry_no_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
