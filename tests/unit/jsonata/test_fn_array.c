/* Built-in functions on arrays and those that take functions; results are the reference implementation's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fn_fixture.h"

static void arrays_are_appended(void **state)
{
	static const struct fn_case cases[] = {
		{"$append([1,2],[3])", "[1,2,3]"}, {"$append(1,2)", "[1,2]"},
		{"$append([1],nothing)", "[1]"},   {"$append(nothing,5)", "5"},
		{"$append([1],[[2]])", "[1,[2]]"},
	};
	EXPECT(cases);
}

static void appending_in_a_loop_takes_no_copies(void **state)
{
	/* 20,000 copies of the array would be far beyond the limit of memory. */
	expect_flags("$count($reduce([1..20000], function($a, $i) {$append($a, $i)}, []))", 0, "20000");
}

static void arrays_that_share_room_do_not_disturb_each_other(void **state)
{
	static const struct fn_case cases[] = {
		{"($a := $append([1,2],3); $b := $append($a,4); $c := $append($a,5); $d := $append($b,6); "
		 "[$b,0,$c,0,$d])",
		 "[1,2,3,4,0,1,2,3,5,0,1,2,3,4,6]"},
		{"($a := $append([1],2); $b := $append($a,3); $c := $append($a,9); $d := $append($c,4); "
		 "{\"b\":$b,\"c\":$c,\"d\":$d})",
		 "{\"b\":[1,2,3],\"c\":[1,2,9],\"d\":[1,2,9,4]}"},
	};
	EXPECT(cases);
}

static void sorting_is_stable_and_typed(void **state)
{
	static const struct fn_case cases[] = {
		{"$sort([3,1,2])", "[1,2,3]"},
		{"$sort([\"b\",\"a\",\"B\"])", "[\"B\",\"a\",\"b\"]"},
		{"$sort([1,\"a\"])", "D3070"},
		{"$sort([[1],[2]])", "D3070"},
		{"$sort([{\"k\":1,\"v\":\"b\"},{\"k\":1,\"v\":\"a\"},{\"k\":0,\"v\":\"c\"}],function($l,$r){$"
		 "l.k>$r.k}).v",
		 "[\"c\",\"b\",\"a\"]"},
		{"$sort([5,3,4,1,2],function($l,$r){$l<$r})", "[5,4,3,2,1]"},
		{"$sort(nothing)", "undefined"},
		{"$sort([1])", "[1]"},
		{"$sort([\"😀\",\"\\uFF5E\"])", "[\"😀\",\"～\"]"},
		{"$count($sort([1..100000],function($l,$r){$l<$r}))", "100000"},
	};
	EXPECT(cases);
}

static void order_and_length_may_change(void **state)
{
	static const struct fn_case cases[] = {
		{"$reverse([1,2,3])", "[3,2,1]"},
		{"$reverse([1..4])", "[4,3,2,1]"},
		{"$count($shuffle([1..10]))", "10"},
		{"$sum($shuffle([1..10]))", "55"},
		{"$zip([1,2,3],[4,5])", "[[1,4],[2,5]]"},
		{"$zip(1,[2])", "[[1,2]]"},
		{"$zip([1],nothing)", "[]"},
		{"$count(nothing)", "0"},
		{"$count([])", "0"},
		{"$count(\"a\")", "1"},
	};
	EXPECT(cases);
}

static void distinct_compares_deeply(void **state)
{
	static const struct fn_case cases[] = {
		{"$distinct([1,2,1,\"1\",null,null,true,1])", "[1,2,\"1\",null,true]"},
		{"$distinct([{\"a\":1,\"b\":[2]},{\"b\":[2],\"a\":1}])", "[{\"a\":1,\"b\":[2]}]"},
		{"$distinct([[1,2],[2,1],[1,2]])", "[[1,2],[2,1]]"},
		{"$distinct([0,-0])", "[0]"},
		{"$distinct(5)", "5"},
		{"$count($distinct([1..100000].($ % 7)))", "7"},
	};
	EXPECT(cases);
}

static void map_passes_what_the_function_declares(void **state)
{
	static const struct fn_case cases[] = {
		{"$map([1,2],function($v){$v*2})", "[2,4]"},
		{"$map([5,6],function($v,$i){$i})", "[0,1]"},
		{"$map([5,6],function($v,$i,$a){$count($a)})", "[2,2]"},
		{"$map([1],function($v){$v})", "1"},
		{"$map([1,2],function($v){nothing})", "undefined"},
		{"$map([\"a\",\"b\"],$uppercase)", "[\"A\",\"B\"]"},
		{"$map([1.25,1.25],$round)", "[1,1.2]"},
		{"$map([{\"a\":1},{\"b\":2}],$keys)", "[[\"a\"],[\"b\"]]"},
		{"$map([1],5)", "T0410"},
		{"$map([1,2],$string)", "[\"1\",\"2\"]"},
	};
	EXPECT(cases);
}

static void filter_single_and_reduce_pick(void **state)
{
	static const struct fn_case cases[] = {
		{"$filter([1,2,3,4],function($v){$v%2=0})", "[2,4]"},
		{"$filter([1,2],function($v){0})", "undefined"},
		{"$filter([\"a\",\"b\"],function($v,$i){$i=1})", "\"b\""},
		{"$single([1,2,3],function($v){$v=2})", "2"},
		{"$single([1,2,2],function($v){$v=2})", "D3138"},
		{"$single([1],function($v){$v=2})", "D3139"},
		{"$single([1,2])", "D3138"},
		{"$single([7])", "7"},
		{"$reduce([1,2,3],function($a,$b){$a+$b})", "6"},
		{"$reduce([1,2,3],function($a,$b){$a+$b},10)", "16"},
		{"$reduce([],function($a,$b){$a+$b},10)", "10"},
		{"$reduce([1,2],function($a){$a})", "D3050"},
		{"$reduce([3,4],function($a,$b,$i,$all){$a & $i & $count($all)},\"\")", "\"0212\""},
		{"$reduce(nothing,function($a,$b){$a})", "undefined"},
	};
	EXPECT(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_are_appended),
		cmocka_unit_test(appending_in_a_loop_takes_no_copies),
		cmocka_unit_test(arrays_that_share_room_do_not_disturb_each_other),
		cmocka_unit_test(sorting_is_stable_and_typed),
		cmocka_unit_test(order_and_length_may_change),
		cmocka_unit_test(distinct_compares_deeply),
		cmocka_unit_test(map_passes_what_the_function_declares),
		cmocka_unit_test(filter_single_and_reduce_pick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
