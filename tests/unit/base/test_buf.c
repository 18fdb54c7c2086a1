/* Buffers, slices and the numbers in records. */
#include "base/buf.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void slices_compare_as_unsigned_bytes_and_prefixes_sort_first(void **state)
{
	assert_true(sw_slice_compare(sw_slice("a", 1), sw_slice("b", 1)) < 0);
	assert_true(sw_slice_compare(sw_slice("\xff", 1), sw_slice("\x01", 1)) > 0);
	assert_true(sw_slice_compare(sw_slice("ab", 2), sw_slice("abc", 3)) < 0);
	assert_true(sw_slice_compare(sw_slice("abc", 3), sw_slice("ab", 2)) > 0);
	assert_int_equal(sw_slice_compare(sw_slice("ab", 2), sw_slice("ab", 2)), 0);
	assert_int_equal(sw_slice_compare(sw_slice(NULL, 0), sw_slice("", 0)), 0);
	assert_true(sw_slice_compare(sw_slice(NULL, 0), sw_slice("\0", 1)) < 0);
}

static void text_is_always_followed_by_a_nul(void **state)
{
	struct sw_buf buf = SW_BUF;
	sw_buf_text(&buf, "one");
	sw_buf_char(&buf, ' ');
	sw_buf_printf(&buf, "%d %s", 2, "three");
	assert_int_equal(sw_buf_result(&buf), SW_OK);
	assert_string_equal(buf.data, "one 2 three");
	assert_int_equal(buf.len, 11);
	sw_buf_reset(&buf);
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf.data, "");
	for (int i = 0; i < 10000; i++)
		sw_buf_append(&buf, "0123456789", 10);
	assert_int_equal(buf.len, 100000);
	assert_int_equal(strlen(buf.data), 100000);
	sw_buf_done(&buf);
	assert_null(buf.data);
}

static void a_printf_of_exactly_the_room_left_is_not_cut(void **state)
{
	for (int len = 0; len < 200; len++) {
		struct sw_buf buf = SW_BUF;
		sw_buf_printf(&buf, "%*s", len, "");
		sw_buf_printf(&buf, "%s", "x");
		assert_int_equal(buf.len, len + 1);
		assert_int_equal(buf.data[len], 'x');
		sw_buf_done(&buf);
	}
}

static void the_first_failure_is_remembered_until_reset(void **state)
{
	struct sw_buf buf = SW_BUF;
	sw_buf_text(&buf, "kept");
	assert_false(sw_buf_reserve(&buf, SIZE_MAX));
	assert_int_equal(sw_buf_result(&buf), SW_ENOMEM);
	sw_buf_text(&buf, "ignored");
	assert_int_equal(buf.len, 4);
	sw_buf_reset(&buf);
	assert_int_equal(sw_buf_result(&buf), SW_OK);
	sw_buf_text(&buf, "again");
	assert_string_equal(buf.data, "again");
	sw_buf_reserve(&buf, SIZE_MAX - 2);
	size_t len = 7;
	assert_null(sw_buf_take(&buf, &len));
	assert_int_equal(len, 7);
	assert_null(buf.data);
	assert_int_equal(sw_buf_result(&buf), SW_OK);
}

static void taking_an_empty_buffer_gives_an_empty_text(void **state)
{
	struct sw_buf buf = SW_BUF;
	size_t len = 7;
	char *text = sw_buf_take(&buf, &len);
	assert_non_null(text);
	assert_int_equal(len, 0);
	assert_string_equal(text, "");
	sw_free(text);
	sw_buf_text(&buf, "two");
	text = sw_buf_take(&buf, NULL);
	assert_string_equal(text, "two");
	assert_null(buf.data);
	sw_free(text);
}

static void numbers_read_back_as_they_were_written(void **state)
{
	static const uint64_t numbers[] = {0,          1,          127,        128,           16383,
					   16384,      UINT32_MAX, 1ull << 32, 1ull << 62,    1ull << 63,
					   UINT64_MAX, INT64_MAX,  300,        UINT64_MAX - 1};
	struct sw_buf buf = SW_BUF;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		sw_buf_varint(&buf, numbers[i]);
		sw_buf_zigzag(&buf, (int64_t)numbers[i]);
		sw_buf_be64(&buf, numbers[i]);
		sw_buf_be32(&buf, (uint32_t)numbers[i]);
		sw_buf_u8(&buf, (uint8_t)numbers[i]);
		sw_buf_blob(&buf, "bytes", i % 6);
	}
	struct sw_cursor cursor = sw_cursor(sw_slice(buf.data, buf.len));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		assert_true(sw_cursor_varint(&cursor) == numbers[i]);
		assert_true(sw_cursor_zigzag(&cursor) == (int64_t)numbers[i]);
		assert_true(sw_cursor_be64(&cursor) == numbers[i]);
		assert_true(sw_cursor_be32(&cursor) == (uint32_t)numbers[i]);
		assert_true(sw_cursor_u8(&cursor) == (uint8_t)numbers[i]);
		struct sw_slice blob = sw_cursor_blob(&cursor);
		assert_int_equal(sw_slice_compare(blob, sw_slice("bytes", i % 6)), 0);
	}
	assert_false(cursor.failed);
	assert_ptr_equal(cursor.at, cursor.end);
	sw_buf_done(&buf);
}

static void small_numbers_of_either_sign_take_one_byte(void **state)
{
	struct sw_buf buf = SW_BUF;
	sw_buf_zigzag(&buf, -64);
	assert_int_equal(buf.len, 1);
	sw_buf_zigzag(&buf, 63);
	assert_int_equal(buf.len, 2);
	sw_buf_varint(&buf, 127);
	assert_int_equal(buf.len, 3);
	sw_buf_zigzag(&buf, INT64_MIN);
	assert_int_equal(buf.len, 13);
	sw_buf_done(&buf);
}

static void big_endian_numbers_sort_like_numbers(void **state)
{
	static const uint64_t numbers[] = {0, 1, 255, 256, 65535, 1u << 31, 1ull << 40, UINT64_MAX};
	for (size_t i = 1; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct sw_buf a = SW_BUF, b = SW_BUF;
		sw_buf_be64(&a, numbers[i - 1]);
		sw_buf_be64(&b, numbers[i]);
		assert_true(sw_slice_compare(sw_slice(a.data, a.len), sw_slice(b.data, b.len)) < 0);
		sw_buf_done(&a);
		sw_buf_done(&b);
	}
}

static bool varint_fails(const char *bytes, size_t len)
{
	struct sw_cursor cursor = sw_cursor(sw_slice(bytes, len));
	uint64_t number = sw_cursor_varint(&cursor);
	assert_true(!cursor.failed || number == 0);
	return cursor.failed;
}

static void damaged_varints_fail(void **state)
{
	assert_true(varint_fails(NULL, 0));
	assert_true(varint_fails("\x80", 1));
	assert_true(varint_fails("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10));
	assert_true(varint_fails("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11));
	assert_true(varint_fails("\x81\x00", 2)); /* 1, spelled longer than needed */
	assert_false(varint_fails("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10));
	assert_false(varint_fails("\x00", 1));
}

static void a_cursor_remembers_its_first_failure(void **state)
{
	struct sw_cursor cursor = sw_cursor(sw_slice("\x05xy", 3));
	struct sw_slice blob = sw_cursor_blob(&cursor);
	assert_true(cursor.failed);
	assert_int_equal(blob.len, 0);
	assert_int_equal(sw_cursor_u8(&cursor), 0);
	assert_int_equal(sw_cursor_bytes(&cursor, 1).len, 0);
	assert_int_equal(sw_cursor_varint(&cursor), 0);
	cursor = sw_cursor(sw_slice("abc", 3));
	assert_int_equal(sw_cursor_be32(&cursor), 0);
	assert_true(cursor.failed);
	cursor = sw_cursor(sw_slice("abc", 3));
	assert_int_equal(sw_cursor_bytes(&cursor, 3).len, 3);
	assert_false(cursor.failed);
	assert_int_equal(sw_cursor_bytes(&cursor, 0).len, 0);
	assert_false(cursor.failed);
	sw_cursor_bytes(&cursor, SIZE_MAX);
	assert_true(cursor.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices_compare_as_unsigned_bytes_and_prefixes_sort_first),
		cmocka_unit_test(text_is_always_followed_by_a_nul),
		cmocka_unit_test(a_printf_of_exactly_the_room_left_is_not_cut),
		cmocka_unit_test(the_first_failure_is_remembered_until_reset),
		cmocka_unit_test(taking_an_empty_buffer_gives_an_empty_text),
		cmocka_unit_test(numbers_read_back_as_they_were_written),
		cmocka_unit_test(small_numbers_of_either_sign_take_one_byte),
		cmocka_unit_test(big_endian_numbers_sort_like_numbers),
		cmocka_unit_test(damaged_varints_fail),
		cmocka_unit_test(a_cursor_remembers_its_first_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
