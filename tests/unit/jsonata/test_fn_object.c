/* Built-in functions on objects and on any value; results are the reference implementation's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fn_fixture.h"

static void keys_and_values_are_taken_apart(void **state)
{
	static const struct fn_case cases[] = {
		{"$keys({\"a\":1,\"b\":2})", "[\"a\",\"b\"]"},
		{"$keys([{\"a\":1},{\"b\":2,\"a\":3},[{\"c\":4}]])", "[\"a\",\"b\",\"c\"]"},
		{"$keys({})", "undefined"},
		{"$keys(\"a\")", "undefined"},
		{"$lookup({\"a\":1},\"a\")", "1"},
		{"$lookup([{\"a\":[1,2]},{\"a\":3},{\"b\":4}],\"a\")", "[1,2,3]"},
		{"$lookup({\"a\":null},\"a\")", "null"},
		{"$lookup([],\"a\")", "undefined"},
		{"$spread({\"a\":1,\"b\":2})", "[{\"a\":1},{\"b\":2}]"},
		{"$spread([{\"a\":1},5])", "[{\"a\":1},5]"},
		{"$spread(\"x\")", "\"x\""},
	};
	EXPECT(cases);
}

static void objects_are_put_together(void **state)
{
	static const struct fn_case cases[] = {
		{"$merge([{\"a\":1,\"b\":2},{\"b\":3,\"c\":4}])", "{\"a\":1,\"b\":3,\"c\":4}"},
		{"$merge({\"a\":1})", "{\"a\":1}"},
		{"$merge([])", "{}"},
		{"$merge([1])", "T0412"},
		{"$sift({\"a\":1,\"b\":2},function($v){$v>1})", "{\"b\":2}"},
		{"$sift({\"a\":1},function($v,$k){$k=\"b\"})", "undefined"},
		{"$sift({\"a\":1,\"b\":2},function($v,$k,$o){$count($keys($o))=2})", "{\"a\":1,\"b\":2}"},
		{"$each({\"a\":1,\"b\":2},function($v,$k){$k & $v})", "[\"a1\",\"b2\"]"},
		{"$each({},function($v){$v})", "undefined"},
		{"$clone({\"a\":[0.12345678901234567,$sum]})", "{\"a\":[0.123456789012346,\"\"]}"},
	};
	EXPECT(cases);
}

static void types_have_names(void **state)
{
	static const struct fn_case cases[] = {
		{"$type(1)", "\"number\""},      {"$type(\"a\")", "\"string\""},
		{"$type(null)", "\"null\""},     {"$type(true)", "\"boolean\""},
		{"$type([])", "\"array\""},      {"$type({})", "\"object\""},
		{"$type($sum)", "\"function\""}, {"$type(/a/)", "\"function\""},
		{"$type(nothing)", "undefined"}, {"$type(1/0)", "D1001"},
	};
	EXPECT(cases);
}

static void booleans_are_cast(void **state)
{
	static const struct fn_case cases[] = {
		{"$boolean([])", "false"}, {"$boolean([0])", "false"},      {"$boolean([0,[1]])", "true"},
		{"$boolean({})", "false"}, {"$boolean({\"a\":0})", "true"}, {"$boolean(\"\")", "false"},
		{"$boolean(0)", "false"},  {"$boolean($sum)", "false"},     {"$boolean(null)", "false"},
		{"$not(0)", "true"},       {"$not(nothing)", "undefined"},  {"$exists(nothing)", "false"},
		{"$exists(null)", "true"},
	};
	EXPECT(cases);
}

static void failing_on_purpose_keeps_the_words(void **state)
{
	struct sw_jsonata *expr = NULL;
	struct sw_jsonata_error err = {0};
	struct sw_jsonata_env env = {0};
	json_t *tree = NULL;
	const char *text = "$error('so it is')";
	assert_int_equal(sw_jsonata_compile(text, strlen(text), 0, &expr, &err), SW_OK);
	assert_int_equal(sw_jsonata_evaluate(expr, &env, &tree, &err), SW_EQUERY);
	assert_string_equal(err.code, "D3137");
	assert_string_equal(err.message, "so it is");
	assert_true(err.thrown);
	sw_jsonata_free(expr);
	expect_flags("$error()", 0, "D3137");
	expect_flags("$assert(1 = 2, 'no')", 0, "D3141");
	expect_flags("$assert(1 = 1, 'no')", 0, "undefined");
	expect_flags("$assert(1)", 0, "T0410");
}

static void values_that_are_nested_too_deeply_are_refused(void **state)
{
	/* Built by a loop, so that no depth of the parser or of calls stands in the way. */
	const char *calls[] = {"$lookup($d, 'k')", "$keys($d)", "$spread($d)", "$clone($d)", "$string($d)"};
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct sw_buf expr = SW_BUF, out = SW_BUF;
		sw_buf_printf(&expr, "($d := $reduce([1..5000], function($a, $i) {[[$a]]}, {'k': 1}); %s)",
			      calls[i]);
		put_result(expr.data, 0, 0, &out);
		if (strcmp(out.data, "D1011") != 0 && strcmp(out.data, "U1001") != 0)
			fail_msg("%s: %s", calls[i], out.data);
		sw_buf_done(&expr);
		sw_buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_values_are_taken_apart),
		cmocka_unit_test(objects_are_put_together),
		cmocka_unit_test(types_have_names),
		cmocka_unit_test(booleans_are_cast),
		cmocka_unit_test(failing_on_purpose_keeps_the_words),
		cmocka_unit_test(values_that_are_nested_too_deeply_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
