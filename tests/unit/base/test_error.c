/* Results, and errors that never allocate. */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void every_result_has_a_text(void **state)
{
#define CHECK(name, number, text)       \
	assert_int_equal(name, number); \
	assert_string_equal(sw_result_text(name), text);
	SW_RESULTS(CHECK)
#undef CHECK
	assert_string_equal(sw_result_text((enum sw_result) - 9999), "unknown result");
	assert_string_equal(sw_result_text((enum sw_result)1), "unknown result");
}

static void the_first_error_wins(void **state)
{
	struct sw_error err = {0};
	assert_int_equal(sw_error_set(&err, SW_EIO, "disk %d", 3), SW_EIO);
	assert_int_equal(sw_error_set(&err, SW_ENOMEM, "later"), SW_ENOMEM);
	assert_int_equal(err.code, SW_EIO);
	assert_string_equal(err.text, "disk 3");
	err.line = 4;
	strcpy(err.pointer, "/States");
	sw_error_clear(&err);
	assert_int_equal(err.code, SW_OK);
	assert_int_equal(err.line, 0);
	assert_string_equal(err.pointer, "");
	assert_string_equal(err.text, "");
	assert_int_equal(sw_error_set(&err, SW_ENOMEM, "later"), SW_ENOMEM);
	assert_string_equal(err.text, "later");
}

static void no_error_struct_is_fine(void **state)
{
	assert_int_equal(sw_error_set(NULL, SW_EARN, "no %s", "one"), SW_EARN);
	sw_error_clear(NULL);
}

static void long_texts_are_cut_between_characters(void **state)
{
	static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
	for (size_t c = 0; c < 4; c++) {
		size_t width = strlen(characters[c]);
		for (size_t shift = 0; shift < width; shift++) {
			char text[1024] = "";
			memset(text, 'a', shift);
			for (size_t at = shift; at + width < sizeof(text); at += width)
				memcpy(text + at, characters[c], width);
			struct sw_error err = {0};
			sw_error_set(&err, SW_EINVAL, "%s", text);
			size_t len = strlen(err.text);
			assert_true(len <= 511 && len > 511 - width);
			assert_int_equal((len - shift) % width, 0);
			assert_memory_equal(err.text, text, len);
		}
	}
}

static void texts_stay_on_one_line(void **state)
{
	struct sw_error err = {0};
	sw_error_set(&err, SW_ENAME, "a\nb\r\tc\x7f");
	assert_string_equal(err.text, "a b  c ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_result_has_a_text),
		cmocka_unit_test(the_first_error_wins),
		cmocka_unit_test(no_error_struct_is_fine),
		cmocka_unit_test(long_texts_are_cut_between_characters),
		cmocka_unit_test(texts_stay_on_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
