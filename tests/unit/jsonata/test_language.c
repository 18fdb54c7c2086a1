/* The language: parsing, evaluating, errors and their places. */
#include "asl/jsonata/jsonata.h"
#include "asl/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char document[] =
	"{\"Account\":{\"Name\":\"Firefly\",\"Order\":["
	"{\"ID\":\"o1\",\"Product\":[{\"Name\":\"Hat\",\"Price\":34.45,\"Quantity\":2},"
	"{\"Name\":\"Cap\",\"Price\":21.67,\"Quantity\":1}]},"
	"{\"ID\":\"o2\",\"Product\":[{\"Name\":\"Hat\",\"Price\":34.45,\"Quantity\":4},"
	"{\"Name\":\"Cloak\",\"Price\":107.99,\"Quantity\":1}]}]},\"one\":[1],\"none\":[],\"nested\":[[1,2],["
	"3]]}";

/* "undefined", the JSON of the result, or the code of the error and its place. */
static const char *answer(const char *expr, unsigned flags, char *out, size_t bytes)
{
	struct sw_jsonata_error err;
	struct sw_jsonata_query query = {.expr = expr,
					 .expr_len = strlen(expr),
					 .input = document,
					 .input_len = strlen(document),
					 .flags = flags};
	char *text = NULL;
	enum sw_result r = sw_jsonata_query(&query, false, &text, &err);
	if (r == SW_OK)
		snprintf(out, bytes, "%s", text ? text : "undefined");
	else
		snprintf(out, bytes, "%s %u:%u", err.code, err.line, err.column);
	free(text);
	return out;
}

struct row {
	const char *expr, *answer;
};

static void check(const struct row *rows, size_t count)
{
	char text[4096];
	for (size_t i = 0; i < count; i++)
		if (strcmp(answer(rows[i].expr, 0, text, sizeof(text)), rows[i].answer))
			fail_msg("%s gives %s, not %s", rows[i].expr, text, rows[i].answer);
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

static void sequences_of_one_item_are_that_item(void **state)
{
	static const struct row rows[] = {
		{"Account.Order.ID", "[\"o1\",\"o2\"]"},
		{"Account.Order[0].ID", "\"o1\""},
		{"Account.Order[0].ID[]", "[\"o1\"]"},
		{"Account.Order[ID='o2'].Product.Name", "[\"Hat\",\"Cloak\"]"},
		{"Account.Order.Product[0].Name", "[\"Hat\",\"Hat\"]"},
		{"(Account.Order.Product)[-1].Name", "\"Cloak\""},
		{"one", "[1]"},
		{"none", "[]"},
		{"none.x", "undefined"},
		{"nested", "[[1,2],[3]]"},
		{"nested[0]", "[1,2]"},
		{"nested.$", "[1,2,3]"},
		{"[nested.[$]]", "[[1,2],[3]]"},
		{"{\"a\": 1}.a", "1"},
		{"Account.\"Name\"", "\"Firefly\""},
		{"**.Price ~> $max", "107.99"},
		{"[1..3][1]", "2"},
		{"[5..1]", "[]"},
	};
	CHECK(rows);
}

static void tuples_remember_where_they_come_from(void **state)
{
	static const struct row rows[] = {
		{"Account.Order.Product.(Name & %.ID)", "[\"Hato1\",\"Capo1\",\"Hato2\",\"Cloako2\"]"},
		{"Account.Order.Product[%.ID='o2'].Name", "[\"Hat\",\"Cloak\"]"},
		{"Account.Order#$i.Product.($i & Name)", "[\"0Hat\",\"0Cap\",\"1Hat\",\"1Cloak\"]"},
		{"Account.Order@$o.($o.Product)[Price > 100].($o.ID & Name)", "\"o2Cloak\""},
		{"Account.Order.Product^(>Price, Name).Name", "[\"Cloak\",\"Hat\",\"Hat\",\"Cap\"]"},
		{"Account.Order.Product{Name: $sum(Quantity)}", "{\"Hat\":6,\"Cap\":1,\"Cloak\":1}"},
		{"Account.Order@$o{$o.ID: $count($o.Product)}", "{\"o1\":2,\"o2\":2}"},
		{"%.ID", "S0217 1:1"},
	};
	CHECK(rows);
}

/* A filter with `%` behind parentheses needs the tuples inside of them; nobody else may see them. */
static void what_is_no_step_sees_the_items_of_a_stream(void **state)
{
	static const struct row rows[] = {
		{"(Account.Order.ID)[$count(%) > 0] ~> $map($string)", "[\"o1\",\"o2\"]"},
		{"(Account.Order)[%.Name = 'Firefly'] ~> $lookup('ID')", "[\"o1\",\"o2\"]"},
		{"[(Account.Order.ID)[$count(%) > 0]].ID", "undefined"},
		{"((Account.Order)[%.Name = 'Firefly']).ID", "[\"o1\",\"o2\"]"},
		{"{'a': (Account.Order)[%.Name = 'Firefly'] ~> $count}", "{\"a\":2}"},
		{"(Account.Order)[%.Name = 'Firefly'].ID", "[\"o1\",\"o2\"]"},
	};
	CHECK(rows);
}

static void variables_are_those_of_the_nearest_scope_that_has_bound_them(void **state)
{
	static const struct row rows[] = {
		{"($x := 1; ($y := $x; $x := 2; $x + $y) + $x)", "4"},
		{"($f := function($n) { $n = 0 ? 'even' : $g($n - 1) };"
		 " $g := function($n) { $n = 0 ? 'odd' : $f($n - 1) }; $f(1001))",
		 "\"odd\""},
		{"($add := function($a) { function($b) { $a + $b } }; $map([$add(1), $add(2)], function($f) "
		 "{ $f(10) }))",
		 "[11,12]"},
		{"[1..3].($x := $; function() { $x }).$()", "[1,2,3]"},
		{"($x := undefined; $exists($x))", "false"},
		{"($twice := function($f) { function($x) { $f($f($x)) } }; $twice(function($x) { $x * 3 "
		 "})(7))",
		 "63"},
		{"function($a, $a) { $a }(1, 2)", "2"},
		{"[($v := $; [])]@$v.$keys({'a': $v})", "undefined"},
		{"nested@$v.($f := function($x) { $x }; $g := $f; $g($f(1)))", "[1,1]"},
		{"($f := (one#$i.|$|{'i': $i}|); {} ~> $f)", "{\"i\":0}"},
		{"($sum := 5; $sum)", "5"},
	};
	CHECK(rows);
}

static void functions_apply_in_part_and_in_chains(void **state)
{
	static const struct row rows[] = {
		{"($first := $substring(?, 0, 2); $first('hello'))", "\"he\""},
		{"($f := $uppercase ~> $length; $f('abc'))", "3"},
		{"'a,b' ~> $split(',') ~> $join('-')", "\"a-b\""},
		{"($f := function($x, $y) { $x - $y }; $f(?, 1)(5))", "4"},
		{"$substring(1)", "T0411 1:11"},
		{"(function($x)<n:n> { $x })('a')", "T0410 1:27"},
		{"substring('a', 1)", "T1005 1:10"},
		{"nothing(1)", "T1006 1:8"},
		{"$ ~> |Account.Order|{'n': $count(Product)}, 'Product'| ~> $lookup('Account') ~> "
		 "$lookup('Order')",
		 "[{\"ID\":\"o1\",\"n\":2},{\"ID\":\"o2\",\"n\":2}]"},
		{"Account.Order[0].Product[0].Price", "34.45"},
		{"(|$|{}|)()", "T0410 1:9"},
		{"{'a': 1} ~> function($x, $y)<l?o:o> { $exists($y) }", "false"},
		{"function($x, $y, $z)<l?n?s:s> { [$x, $exists($y), $exists($z)] }('a')",
		 "[\"a\",false,false]"},
	};
	CHECK(rows);
}

static void operators_follow_the_types_of_their_sides(void **state)
{
	static const struct row rows[] = {
		{"1 + 2 * 3 - 4 / 8", "6.5"},
		{"-5 % 3", "-2"},
		{"'a' & 1 & true & null & nothing & [1]", "\"a1truenull[1]\""},
		{"1 = '1'", "false"},
		{"nothing != 1", "false"},
		{"[1, {'a': 2}] = [1, {'a': 2}]", "true"},
		{"2 in [1, 2]", "true"},
		{"[1] in [[1]]", "false"},
		{"nothing ?: 'x'", "\"x\""},
		{"0 ?: 'x'", "\"x\""},
		{"0 ?? 'x'", "0"},
		{"nothing ?? 'x'", "\"x\""},
		{"1 + 'a'", "T2002 1:3"},
		{"{} < 1", "T2010 1:4"},
		{"1 < 'a'", "T2009 1:3"},
		{"1e300 * 1e300 + 1", "D1001 1:15"},
		{"[1..10000001]", "D2014 1:3"},
		{"$exists(1/0) and true", "true"},
	};
	CHECK(rows);
}

static void mistakes_are_told_with_their_place(void **state)
{
	static const struct row rows[] = {
		{"", "S0207 1:1"},
		{"'abc", "S0101 1:5"},
		{"a.\n  [1", "S0203 2:5"},
		{"a b", "S0201 1:3"},
		{"1.a", "S0213 1:1"},
		{"(1; ]", "S0211 1:5"},
		{"\"\\q\"", "S0103 1:3"},
		{"\"\\u12\"", "S0104 1:3"},
		{"/ab", "S0302 1:4"},
		{"/a(?i)b/", "S0303 1:1"},
		{"a := 1", "S0212 1:1"},
		{"a@b", "S0214 1:3"},
		{"a[0]@$x", "S0215 1:5"},
		{"function(a){1}", "S0208 1:10"},
		{"function($a)<s<n>>{1}", "S0401 1:15"},
		{"1e999", "S0102 1:1"},
		{"`abc", "S0105 1:5"},
		{"/* a", "S0106 1:1"},
		{"a ! b", "S0204 1:3"},
	};
	CHECK(rows);
}

/* As JSON.stringify in the reference implementation prints them, which $string does not. */
static void messages_hold_values_with_all_of_their_digits(void **state)
{
	static const struct {
		const char *expr, *message;
		unsigned position;
	} rows[] = {
		{"$sqrt(-4.649475107057766e-16)",
		 "The sqrt function cannot be applied to a negative number: -4.649475107057766e-16", 6},
		{"0.1 + 0.2 < 'a'",
		 "The values 0.30000000000000004 and \"a\" either side of operator \"<\" must be of the same "
		 "data type",
		 11},
		{"a 9007199254740993", "Syntax error: 9007199254740992", 18},
		{"a 1e20", "Syntax error: 100000000000000000000", 6},
		{"-'\\ud800😀'", "Cannot negate a non-numeric value: \"\\ud800😀\"", 1},
		{"'😀' + 1", "The left side of the \"+\" operator must evaluate to a number", 6},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sw_jsonata_error err;
		struct sw_jsonata_query query = {.expr = rows[i].expr, .expr_len = strlen(rows[i].expr)};
		char *text;
		assert_int_equal(sw_jsonata_query(&query, false, &text, &err), SW_EQUERY);
		assert_string_equal(err.message, rows[i].message);
		assert_int_equal(err.position, rows[i].position);
	}
}

static void what_never_ends_is_stopped(void **state)
{
	static const struct row rows[] = {
		{"($f := function($n) { 1 + $f($n) }; $f(0))", "U1001 1:27"},
		{"($f := function($x) { $f([$x, $x]) }; $f(1))", "U1001 1:24"},
		{"$match($pad('', 60, 'a') & 'b', /(a+)+$/) ~> $count()", "U1001 1:1"},
		{"$contains($pad('', 1000000, 'a'), /(?=(a+))\\1[bc]/)", "U1001 1:1"},
		{"({'a': {}} ~> |$|{'b': $}|) ~> $string()", "U1001 1:32"},
	};
	char text[4096];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(answer(rows[i].expr, 0, text, sizeof(text)), "U1001", 5))
			fail_msg("%s gives %s", rows[i].expr, text);
}

static void deep_texts_are_refused_without_deep_stacks(void **state)
{
	static const char *const openings[] = {"(", "[", "{\"a\":", "-", "a[", "$f(", "a?", "function(){"};
	static const char *const chains[] = {"+1",   ".a",   "&'a'", "[0]", "?1:a",
					     "~>$f", "^(a)", "#$x",  "[]",  "??a"};
	char *text = malloc(1200000);
	struct sw_jsonata_error err;
	struct sw_jsonata *expr;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		size_t len = 0;
		for (int n = 0; n < 90000; n++)
			len += (size_t)sprintf(text + len, "%s", openings[i]);
		assert_int_equal(sw_jsonata_compile(text, len, 0, &expr, &err), SW_ELIMIT);
		assert_string_equal(err.code, "S0500");
	}
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		size_t len = (size_t)sprintf(text, "a");
		for (int n = 0; n < 90000; n++)
			len += (size_t)sprintf(text + len, "%s", chains[i]);
		assert_true(sw_jsonata_compile(text, len, 0, &expr, &err) < 0);
	}
	free(text);
}

static void free_names_are_told_once_in_the_order_of_the_text(void **state)
{
	static const char text[] =
		"$states.input.x & $y & ($z := 1; $z)\n & $states.input & $sum([$, $$]) & a.$"
		" & function($p){ $p & $q }(1) & $states.context & phone.b";
	static const char *const names[] = {"states", "y", "", "$", "q", "states"};
	struct sw_jsonata_error err;
	struct sw_jsonata *expr;
	const struct sw_jsonata_reference *references;
	assert_int_equal(sw_jsonata_compile(text, strlen(text), SW_JSONATA_STEP_FUNCTIONS, &expr, &err),
			 SW_OK);
	assert_int_equal(sw_jsonata_references(expr, &references), 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(references[i].name, names[i]);
	assert_string_equal(references[0].member, "input");
	assert_null(references[1].member);
	assert_string_equal(references[5].member, "context");
	assert_int_equal(references[2].line, 2);
	assert_int_equal(references[2].column, 26);
	assert_string_equal(sw_jsonata_top_level(expr), "a");
	sw_jsonata_free(expr);
	assert_int_equal(sw_jsonata_compile("$x.a[b]", 7, 0, &expr, &err), SW_OK);
	assert_null(sw_jsonata_top_level(expr));
	sw_jsonata_free(expr);
}

static void each_dialect_has_its_functions(void **state)
{
	char text[256];
	assert_string_equal(answer("$eval('1+1')", SW_JSONATA_STEP_FUNCTIONS, text, sizeof(text)),
			    "T1006 1:6");
	assert_string_equal(answer("$partition([1..3], 2)", 0, text, sizeof(text)), "T1006 1:11");
	assert_string_equal(answer("$partition([1..3], 2)", SW_JSONATA_STEP_FUNCTIONS, text, sizeof(text)),
			    "[[1,2],[3]]");
}

static void an_input_that_is_no_json_is_told_with_its_place(void **state)
{
	struct sw_jsonata_error err;
	struct sw_jsonata_query query = {.expr = "a", .expr_len = 1, .input = "{\n\"a\":}", .input_len = 7};
	char *text = NULL;
	assert_int_equal(sw_jsonata_query(&query, false, &text, &err), SW_EJSON);
	assert_int_equal(err.line, 2);
	assert_int_equal(err.column, 5);
	query = (struct sw_jsonata_query){.expr = "a + $v",
					  .expr_len = 6,
					  .input = "{\"a\":1}",
					  .input_len = 7,
					  .variables = "{\"v\":2}",
					  .variables_len = 7};
	assert_int_equal(sw_jsonata_query(&query, false, &text, &err), SW_OK);
	assert_string_equal(text, "3");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences_of_one_item_are_that_item),
		cmocka_unit_test(tuples_remember_where_they_come_from),
		cmocka_unit_test(what_is_no_step_sees_the_items_of_a_stream),
		cmocka_unit_test(variables_are_those_of_the_nearest_scope_that_has_bound_them),
		cmocka_unit_test(functions_apply_in_part_and_in_chains),
		cmocka_unit_test(operators_follow_the_types_of_their_sides),
		cmocka_unit_test(mistakes_are_told_with_their_place),
		cmocka_unit_test(messages_hold_values_with_all_of_their_digits),
		cmocka_unit_test(what_never_ends_is_stopped),
		cmocka_unit_test(deep_texts_are_refused_without_deep_stacks),
		cmocka_unit_test(free_names_are_told_once_in_the_order_of_the_text),
		cmocka_unit_test(each_dialect_has_its_functions),
		cmocka_unit_test(an_input_that_is_no_json_is_told_with_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
