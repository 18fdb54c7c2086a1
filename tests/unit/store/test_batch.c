/* Batches: order, copies, and reading one's own writes. */
#include "fixture.h"

static void operations_come_back_in_the_order_they_were_added(void **state)
{
	struct sw_batch *batch = batch_new();
	put(batch, CATS, "a", "1");
	assert_int_equal(sw_batch_append(batch, DOGS, text("b"), text("22")), SW_OK);
	assert_int_equal(sw_batch_delete(batch, CATS, text("c")), SW_OK);
	assert_int_equal(sw_batch_delete_prefix(batch, BIRDS, text("d")), SW_OK);
	put(batch, CATS, "a", "");
	assert_int_equal(sw_batch_count(batch), 5);
	assert_int_equal(sw_batch_bytes(batch), 2 + 3 + 1 + 1 + 1);
	static const struct {
		enum sw_batch_op op;
		unsigned table;
		const char *key, *value;
	} expected[] = {{SW_BATCH_PUT, CATS, "a", "1"},
			{SW_BATCH_APPEND, DOGS, "b", "22"},
			{SW_BATCH_DELETE, CATS, "c", ""},
			{SW_BATCH_DELETE_PREFIX, BIRDS, "d", ""},
			{SW_BATCH_PUT, CATS, "a", ""}};
	enum sw_batch_op op;
	unsigned table;
	struct sw_slice key, value;
	size_t at = 0, i = 0;
	for (; sw_batch_each(batch, &at, &op, &table, &key, &value); i++) {
		assert_true(i < 5);
		assert_int_equal(op, expected[i].op);
		assert_int_equal(table, expected[i].table);
		assert_int_equal(sw_slice_compare(key, text(expected[i].key)), 0);
		assert_int_equal(sw_slice_compare(value, text(expected[i].value)), 0);
	}
	assert_int_equal(i, 5);
	sw_batch_free(batch);
}

static void the_latest_operation_of_a_key_is_what_get_tells(void **state)
{
	struct sw_batch *batch = batch_new();
	struct sw_slice value = sw_slice("untouched", 9);
	assert_int_equal(sw_batch_get(batch, CATS, text("a"), &value), SW_EINVAL);
	put(batch, CATS, "a", "1");
	put(batch, DOGS, "a", "dog");
	put(batch, CATS, "a", "2");
	assert_int_equal(sw_batch_get(batch, BIRDS, text("a"), &value), SW_EINVAL);
	assert_int_equal(value.len, 9);
	assert_int_equal(sw_batch_get(batch, CATS, text("a"), &value), SW_OK);
	assert_int_equal(sw_slice_compare(value, text("2")), 0);
	assert_int_equal(sw_batch_get(batch, DOGS, text("a"), &value), SW_OK);
	assert_int_equal(sw_slice_compare(value, text("dog")), 0);
	assert_int_equal(sw_batch_delete(batch, CATS, text("a")), SW_OK);
	assert_int_equal(sw_batch_get(batch, CATS, text("a"), &value), SW_ENOENT);
	assert_int_equal(sw_batch_append(batch, CATS, text("a"), text("")), SW_OK);
	assert_int_equal(sw_batch_get(batch, CATS, text("a"), &value), SW_OK);
	assert_int_equal(value.len, 0);
	assert_int_equal(sw_batch_delete_prefix(batch, CATS, text("")), SW_OK);
	assert_int_equal(sw_batch_get(batch, CATS, text("a"), &value), SW_OK);
	sw_batch_free(batch);
}

static void a_batch_copies_what_it_is_given(void **state)
{
	struct sw_batch *batch = batch_new();
	char key[] = "key", bytes[] = "value";
	assert_int_equal(sw_batch_put(batch, CATS, text(key), text(bytes)), SW_OK);
	memset(key, 'x', 3);
	memset(bytes, 'x', 5);
	struct sw_slice value;
	assert_int_equal(sw_batch_get(batch, CATS, text("key"), &value), SW_OK);
	assert_int_equal(sw_slice_compare(value, text("value")), 0);
	sw_batch_free(batch);
}

static void reset_empties_the_batch_and_its_index(void **state)
{
	struct sw_batch *batch = batch_new();
	struct sw_slice value;
	for (int round = 0; round < 3; round++) {
		assert_false(sw_batch_uses_reserve(batch));
		sw_batch_use_reserve(batch, true);
		assert_true(sw_batch_uses_reserve(batch));
		for (int i = 0; i < 20000; i++) {
			char key[20];
			snprintf(key, sizeof(key), "key-%d-%d", i, round);
			put(batch, (unsigned)i % 7, key, key);
		}
		for (int i = 0; i < 20000; i++) {
			char key[20];
			snprintf(key, sizeof(key), "key-%d-%d", i, round);
			assert_int_equal(sw_batch_get(batch, (unsigned)i % 7, text(key), &value), SW_OK);
			assert_int_equal(sw_slice_compare(value, text(key)), 0);
			assert_int_equal(sw_batch_get(batch, (unsigned)i % 7 + 1, text(key), &value),
					 SW_EINVAL);
		}
		sw_batch_reset(batch);
		assert_int_equal(sw_batch_count(batch), 0);
		assert_int_equal(sw_batch_bytes(batch), 0);
		assert_int_equal(sw_batch_get(batch, 0, text("key-0-0"), &value), SW_EINVAL);
		put(batch, 0, "other", "1");
		assert_int_equal(sw_batch_get(batch, 0, text("key-0-0"), &value), SW_EINVAL);
		sw_batch_reset(batch);
	}
	sw_batch_free(batch);
	sw_batch_free(NULL);
}

static void keys_have_one_to_511_bytes(void **state)
{
	struct sw_batch *batch = batch_new();
	char key[SW_STORE_KEY_BYTES_MAX + 1];
	memset(key, 'k', sizeof(key));
	struct sw_slice longest = sw_slice(key, SW_STORE_KEY_BYTES_MAX), longer = sw_slice(key, sizeof(key));
	assert_int_equal(sw_batch_put(batch, CATS, longest, text("v")), SW_OK);
	assert_int_equal(sw_batch_put(batch, CATS, longer, text("v")), SW_EINVAL);
	assert_int_equal(sw_batch_append(batch, CATS, longer, text("v")), SW_EINVAL);
	assert_int_equal(sw_batch_delete(batch, CATS, longer), SW_EINVAL);
	assert_int_equal(sw_batch_delete_prefix(batch, CATS, longer), SW_EINVAL);
	assert_int_equal(sw_batch_put(batch, CATS, text(""), text("v")), SW_EINVAL);
	assert_int_equal(sw_batch_delete(batch, CATS, text("")), SW_EINVAL);
	assert_int_equal(sw_batch_count(batch), 1);
	assert_int_equal(sw_batch_delete_prefix(batch, CATS, text("")), SW_OK);
	sw_batch_free(batch);
}

static void the_operations_of_a_table_come_in_their_order_too(void **state)
{
	struct sw_batch *batch = batch_new();
	for (int round = 0; round < 2; round++) {
		struct sw_batch_place place = {0};
		enum sw_batch_op op;
		struct sw_slice key, value;
		put(batch, CATS, "a", "1");
		put(batch, DOGS, "x", "9");
		assert_int_equal(sw_batch_delete(batch, CATS, text("b")), SW_OK);
		put(batch, CATS, "a", "2");
		assert_int_equal(sw_batch_count_of(batch, CATS), 3);
		assert_int_equal(sw_batch_count_of(batch, DOGS), 1);
		assert_int_equal(sw_batch_count_of(batch, BIRDS), 0);
		assert_int_equal(sw_batch_count_of(batch, SW_STORE_TABLES_MAX), 0);
		assert_true(sw_batch_each_of(batch, CATS, &place, &op, &key, &value));
		assert_int_equal(sw_slice_compare(value, text("1")), 0);
		assert_true(sw_batch_each_of(batch, CATS, &place, &op, &key, &value));
		assert_int_equal(op, SW_BATCH_DELETE);
		assert_int_equal(sw_slice_compare(key, text("b")), 0);
		assert_true(sw_batch_each_of(batch, CATS, &place, &op, &key, &value));
		assert_int_equal(sw_slice_compare(value, text("2")), 0);
		assert_false(sw_batch_each_of(batch, CATS, &place, &op, &key, &value));
		place = (struct sw_batch_place){0};
		assert_false(sw_batch_each_of(batch, BIRDS, &place, &op, &key, &value));
		sw_batch_reset(batch);
		assert_int_equal(sw_batch_count_of(batch, CATS), 0);
	}
	assert_int_equal(sw_batch_put(batch, SW_STORE_TABLES_MAX, text("a"), text("v")), SW_EINVAL);
	sw_batch_free(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations_come_back_in_the_order_they_were_added),
		cmocka_unit_test(the_latest_operation_of_a_key_is_what_get_tells),
		cmocka_unit_test(a_batch_copies_what_it_is_given),
		cmocka_unit_test(reset_empties_the_batch_and_its_index),
		cmocka_unit_test(the_operations_of_a_table_come_in_their_order_too),
		cmocka_unit_test(keys_have_one_to_511_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
