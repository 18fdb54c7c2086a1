/*
 * Allocation i of an evaluation fails, for i = 1, 2, 3... until one in which none did: built-in functions without
 * memory say so, and give no other result. Linked with --wrap for the functions of libc; jansson is given the same
 * ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fn_fixture.h"
#include "tests/lib/failing_malloc.h"

#include <stdlib.h>

/* Evaluates with the nth allocation failing; whether there was one. */
static bool fails_cleanly(const char *text, long nth, const json_t *want)
{
	struct sw_jsonata *expr = NULL;
	struct sw_jsonata_error err = {0};
	struct sw_rng rng = sw_rng(1);
	struct sw_jsonata_env env = {.now_ms = NOW_MS, .rng = &rng};
	json_t *tree = NULL;
	assert_int_equal(sw_jsonata_compile(text, strlen(text), SW_JSONATA_STEP_FUNCTIONS, &expr, &err),
			 SW_OK);
	failing_malloc_begin(nth, 1);
	enum sw_result result = sw_jsonata_evaluate(expr, &env, &tree, &err);
	bool struck = failing_malloc_end() > 0;
	if (result != SW_ENOMEM && (result != SW_OK || !json_equal(tree, want)))
		fail_msg("%s, allocation %ld: %d %s", text, nth, (int)result, err.code);
	if (!struck)
		assert_int_equal(result, SW_OK);
	json_decref(tree);
	sw_jsonata_free(expr);
	return struck;
}

static void functions_without_memory_say_so(void **state)
{
	static const char *const exprs[] = {
		"$uppercase('straße') & $lowercase('ΑΣ') & $trim('  a  ') & $pad('a', 3000)",
		"$join($split('a,b,c', ',')) & $string({'a': [1.5]}, true)",
		"[$replace('abab', /(a)/, '$1x'), $replace('ab', /b/, function($m) {$m.match & 'y'})]",
		"[$match('abab', /(a)(b)/).groups, $split('a1b', /[0-9]/), $contains('ab', /b/)]",
		"$base64decode($base64encode('hello')) & $decodeUrl($encodeUrl('ä b'))",
		"[$number('1.5e3'), $round(2.675, 15), $formatBase(255, 16), $number('0xff')]",
		"[$formatNumber(1234.567, '#,##0.00'), $formatNumber(0.5, '0%', {'percent': 'pc'})]",
		"[$formatInteger(1234, '#,##0'), $formatInteger(1999, 'Ww'), $parseInteger('one hundred', "
		"'w')]",
		"[$fromMillis(0, '[Y]-[M01]-[D01] [FNn] [Z]'), $toMillis('2018-02', '[Y]-[M]'), $now()]",
		"[$append([1], [2, 3]), $sort([3, 1, 2]), $reverse([1, 2]), $distinct([1, 1, 2]), $zip([1], "
		"[2])]",
		"[$keys([{'a': 1}]), $spread({'a': 1}), $merge([{'a': 1}, {'b': 2}]), $lookup([{'a': 1}], "
		"'a')]",
		"[$map([1, 2], function($v) {$v + 1}), $each({'a': 1}, function($v) {$v}), $clone({'a': "
		"[0.5]})]",
		"[$partition([1, 2, 3], 2), $range(1, 3, 1), $hash('a', 'MD5'), $parse('{\"a\": [1]}'), "
		"$uuid()]",
	};
	for (size_t i = 0; i < sizeof(exprs) / sizeof(exprs[0]); i++) {
		struct sw_buf out = SW_BUF;
		json_t *want = NULL;
		put_result(exprs[i], SW_JSONATA_STEP_FUNCTIONS, 0, &out);
		assert_int_equal(sw_json_parse(out.data, out.len, 0, &want, NULL), SW_OK);
		long nth = 1;
		while (fails_cleanly(exprs[i], nth, want))
			nth++;
		assert_true(nth > 1);
		json_decref(want);
		sw_buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(functions_without_memory_say_so)};
	json_set_alloc_funcs(malloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
