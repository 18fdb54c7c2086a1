#include "asl/asl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct sw_substitution values[] = {
	{"Name", "n"}, {"Quoted", "a\"b\\c\n"}, {"AWS::Region", "eu-west-1"}, {"My-Table.Arn_1", "arn:x"},
	{"Empty", ""},
};
#define VALUES_COUNT (sizeof(values) / sizeof(*values))

static void expect(const char *text, bool keep_unknown, const char *wanted)
{
	char *found = NULL;
	size_t len = 0;
	struct sw_error err = {0};
	assert_int_equal(sw_definition_substitute(text, strlen(text), values, VALUES_COUNT, keep_unknown,
						  &found, &len, &err),
			 SW_OK);
	assert_string_equal(found, wanted);
	assert_int_equal(len, strlen(wanted));
	sw_text_free(found);
}

static void placeholders_in_strings_are_replaced(void **unused)
{
	(void)unused;
	expect("{\"a\": \"${Name}\", \"${Name}\": \"x${AWS::Region}y${My-Table.Arn_1}\"}", false,
	       "{\"a\": \"n\", \"n\": \"xeu-west-1yarn:x\"}");
	expect("\"${Empty}\"", false, "\"\"");
	expect("", false, "");
}

static void values_are_escaped_for_json(void **unused)
{
	(void)unused;
	expect("\"${Quoted}\"", false, "\"a\\\"b\\\\c\\n\"");
}

static void what_is_no_placeholder_stays(void **unused)
{
	(void)unused;
	expect("{\"a\": \"$.x ${} ${a b} ${Name $ {Name} $Name ${\"}", false,
	       "{\"a\": \"$.x ${} ${a b} ${Name $ {Name} $Name ${\"}");
	expect("${Name} \"\\\"${Name}\" ${Name}", false, "${Name} \"\\\"n\" ${Name}");
	expect("\"\\\\${Name}\"", false, "\"\\\\n\"");
	expect("\"\\", false, "\"\\");
}

static void unknown_ones_are_an_error_with_a_place(void **unused)
{
	const char *text = "{\n  \"\xc3\xa4\": \"${Name} ${Other}\"\n}";
	char *found = NULL;
	struct sw_error err = {0};
	(void)unused;
	assert_int_equal(
		sw_definition_substitute(text, strlen(text), values, VALUES_COUNT, false, &found, NULL, &err),
		SW_EDEFINITION);
	assert_null(found);
	assert_int_equal(err.line, 2);
	assert_int_equal(err.column, 17);
	assert_string_equal(err.text, "the placeholder ${Other} has no value");
}

static void unknown_ones_can_be_kept(void **unused)
{
	(void)unused;
	expect("\"${Name} ${Other}\"", true, "\"n ${Other}\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placeholders_in_strings_are_replaced),
		cmocka_unit_test(values_are_escaped_for_json),
		cmocka_unit_test(what_is_no_placeholder_stays),
		cmocka_unit_test(unknown_ones_are_an_error_with_a_place),
		cmocka_unit_test(unknown_ones_can_be_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
