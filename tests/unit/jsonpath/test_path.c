/* JSONPath by itself: what paths find, what they say when they do not, and what hostile ones cannot do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "asl/asl.h"
#include "path_fixture.h"

#include <stdio.h>

static const char shop[] =
	"{\"store\":{\"book\":["
	"{\"category\":\"reference\",\"author\":\"Nigel Rees\",\"title\":\"Sayings\",\"price\":8.95},"
	"{\"category\":\"fiction\",\"author\":\"Evelyn Waugh\",\"title\":\"Sword\",\"price\":12.99},"
	"{\"category\":\"fiction\",\"author\":\"Herman "
	"Melville\",\"title\":\"Moby\",\"isbn\":\"0-553\",\"price\":8.99},"
	"{\"category\":\"fiction\",\"author\":\"J. R. R. "
	"Tolkien\",\"title\":\"Lord\",\"isbn\":\"0-395\",\"price\":22.99}],"
	"\"bicycle\":{\"color\":\"red\",\"price\":19.95}},\"expensive\":10,\"none\":null,\"o'k\":1,\"a "
	"b\":2}";

static void finds(const char *json, const char *path, const char *result)
{
	char *text = NULL;
	const char *kind = NULL;
	struct sw_error err = {0};
	if (sw_jsonpath_query(path, strlen(path), json, strlen(json), &text, &kind, &err) != SW_OK)
		fail_msg("%s: %s: %s", path, kind, err.text);
	assert_string_equal(text, result);
	sw_text_free(text);
}

static void fails(const char *json, const char *path, const char *kind, const char *message)
{
	char *text = NULL;
	const char *found = NULL;
	struct sw_error err = {0};
	enum sw_result r = sw_jsonpath_query(path, strlen(path), json, strlen(json), &text, &found, &err);
	if (r != SW_EQUERY)
		fail_msg("%s: result %d %s", path, r, r == SW_OK ? text : err.text);
	assert_string_equal(found, kind);
	if (message)
		assert_string_equal(err.text, message);
}

static void names_and_indexes_lead_to_one_value(void **state)
{
	finds(shop, "$", shop);
	finds(shop, "$.store.bicycle.color", "\"red\"");
	finds(shop, "$['store']['book'][1]['title']", "\"Sword\"");
	finds(shop, "$[\"store\"].book[-1].title", "\"Lord\"");
	finds(shop, "$['o\\'k']", "1");
	finds(shop, "$.none", "null");
	finds("[[1,[2]]]", "$[0][1][0]", "2");
	finds("{\"\xC3\xA9\":{\"\":3}}", "$.\xC3\xA9['']", "3");
}

static void what_is_not_there_is_said_in_the_library_s_words(void **state)
{
	fails(shop, "$.nope", "not_found", "No results for path: $['nope']");
	fails(shop, "$.no.pe", "not_found", "Missing property in path $['no']");
	fails(shop, "$.store.book[9]", "not_found", "No results for path: $['store']['book'][9]");
	fails(shop, "$.store.book[1].x.y", "not_found",
	      "Missing property in path $['store']['book'][1]['x']");
	fails(shop, "$.expensive.b", "not_found",
	      "Expected to find an object with property ['b'] in path $['expensive'] but found "
	      "'java.lang.Integer'. "
	      "This is not a json object according to the JsonProvider: "
	      "'com.jayway.jsonpath.spi.json.JsonSmartJsonProvider'.");
	fails(shop, "$.none[0]", "not_found", "The path $['none'] is null");
	fails(shop, "$.store.bicycle.color[0].x", "not_found",
	      "Filter: [0]['x'] can only be applied to arrays. Current context is: red");
	fails(shop, "$.expensive[?(@.x)].y", "invalid_path",
	      "Filter: [?]['y'] can not be applied to primitives. Current context is: 10");
	/* Places are told as they were asked for. */
	fails(shop, "$.store.book[-1].x.y", "not_found",
	      "Missing property in path $['store']['book'][-1]['x']");
	fails(shop, "$[\"o'n\"]", "not_found", "No results for path: $[\"o'n\"]");
}

static void several_values_come_as_an_array(void **state)
{
	finds(shop, "$.store.book[*].price", "[8.95,12.99,8.99,22.99]");
	finds(shop, "$..isbn", "[\"0-553\",\"0-395\"]");
	finds(shop, "$.store.book[0,2].title", "[\"Sayings\",\"Moby\"]");
	finds(shop, "$.store.book[1:3].title", "[\"Sword\",\"Moby\"]");
	finds(shop, "$.store.book[-2:].title", "[\"Moby\",\"Lord\"]");
	finds(shop, "$.store.book[:-3].title", "[\"Sayings\"]");
	finds(shop, "$.store.bicycle['price','color']", "{\"price\":19.95,\"color\":\"red\"}");
	finds(shop, "$.store['bicycle','nope'].color", "[\"red\"]");
}

static void an_indefinite_path_may_find_nothing(void **state)
{
	finds(shop, "$.store.book[*].nope", "[]");
	finds(shop, "$..nope", "[]");
	finds(shop, "$.store.book[7:9]", "[]");
	fails(shop, "$.nope[*]", "not_found", "Missing property in path $['nope']");
}

/* Asked of Jayway 2.10.0: a scalar has no children, whatever the path wants of them. */
static void a_wildcard_passes_over_scalars(void **state)
{
	finds("{\"a\":1}", "$.a.*", "[]");
	finds("{\"a\":1}", "$.a.*.b", "[]");
	finds("{\"a\":1}", "$..a[*].b", "[]");
	finds("[{\"c\":{\"b\":1}},2,null]", "$[0:].*.b", "[1]");
	finds("[{\"a\":5},{\"a\":{\"x\":{\"b\":2}}}]", "$[?(@.a.*.b)]",
	      "[{\"a\":5},{\"a\":{\"x\":{\"b\":2}}}]");
}

static void filters_compare_by_type(void **state)
{
	finds(shop, "$.store.book[?(@.price < 10)].title", "[\"Sayings\",\"Moby\"]");
	finds(shop, "$.store.book[?(@.price > $.expensive && @.category == 'fiction')].title",
	      "[\"Sword\",\"Lord\"]");
	finds(shop, "$.store.book[?(@.isbn)].title", "[\"Moby\",\"Lord\"]");
	finds(shop, "$.store.book[?(!@.isbn)].title", "[\"Sayings\",\"Sword\"]");
	finds(shop, "$.store.book[?(!(@.isbn || @.price < 10))].title", "[\"Sword\"]");
	finds(shop, "$.store.book[?(@.author =~ /.*REES/i)].title", "[\"Sayings\"]");
	finds(shop, "$.store.book[?(@.title in ['Moby','Lord'])].price", "[8.99,22.99]");
	finds(shop, "$.store.book[?(@.title nin ['Moby','Lord'])].price", "[8.95,12.99]");
	finds(shop, "$.store[?(@.color == 'red')].price", "[]");
	finds("[{\"t\":[\"a\",\"b\"]},{\"t\":[\"c\"]},{\"t\":[]}]", "$[?(@.t subsetof ['a','b','x'])]",
	      "[{\"t\":[\"a\",\"b\"]},{\"t\":[]}]");
	finds("[{\"t\":[\"a\",\"b\"]},{\"t\":[\"c\"]}]", "$[?(@.t anyof ['b'])]", "[{\"t\":[\"a\",\"b\"]}]");
	finds("[{\"t\":[\"a\",\"b\"]},{\"t\":[\"c\"]}]", "$[?(@.t noneof ['b'])]", "[{\"t\":[\"c\"]}]");
	finds("[{\"t\":[\"a\",\"b\"]},{\"t\":\"cab\"}]", "$[?(@.t contains 'a')]",
	      "[{\"t\":[\"a\",\"b\"]},{\"t\":\"cab\"}]");
	finds("[{\"t\":[1,2]},{\"t\":\"\"}]", "$[?(@.t size 2)]", "[{\"t\":[1,2]}]");
	finds("[{\"t\":[1,2]},{\"t\":\"\"}]", "$[?(@.t empty true)]", "[{\"t\":\"\"}]");
	finds("[1,\"1\",1.0,2,null]", "$[?(@ == 1)]", "[1,\"1\",1.0]");
	finds("[1,\"1\",1.0,2,null]", "$[?(@ === 1)]", "[1,1.0]");
	finds("[18446744073709551616,5]", "$[?(@ > 18446744073709551615)]", "[18446744073709551616]");
	finds("[null,0,{}]", "$[?(@ == null)]", "[null]");
	/* Asked of Jayway 2.10.0: standing alone, $ is the item, too; beside an operator it is the root. */
	finds("{\"q\":1,\"a\":[{\"q\":1,\"x\":1},{\"x\":2}]}", "$.a[?($.q)].x", "[1]");
	finds("{\"q\":1,\"a\":[{\"q\":1,\"x\":1},{\"x\":2}]}", "$.a[?(!$.q)].x", "[2]");
	finds("{\"q\":1,\"a\":[{\"q\":1,\"x\":1},{\"x\":2}]}", "$.a[?(@.x == $.q)].x", "[1]");
	/* So it has it for "all", for lists of lists, and for names. */
	finds("[{\"t\":[\"a\"]},{\"x\":1}]", "$[?(@.t all ['a'])]", "[]");
	finds("[{\"t\":[\"a\"]},{\"x\":1}]", "$[?(!(@.t all ['b']))]", "[]");
	finds("[{\"t\":[\"a\"]},{\"x\":1}]", "$[?(@.x == 1 || @.t all ['a'])]", "[{\"x\":1}]");
	fails("[{\"t\":\"a\"}]", "$[?(@.t anyof [['a']])]", "evaluation", "Could not determine value type");
	finds("[{\"t\":[[1]]}]", "$[?(@.t size 1)]", "[{\"t\":[[1]]}]");
	fails("[{\"t\":\"a\"}]", "$[?(@.keys() == ['t'])]", "evaluation", NULL);
	finds("[{\"a\":1},{}]", "$[?(@.a != null)]", "[{\"a\":1},{}]");
}

static void functions_work_on_what_they_end(void **state)
{
	finds("{\"n\":[1,2,3]}", "$.n.sum()", "6.0");
	finds("{\"n\":[1,2,3]}", "$.n.avg()", "2.0");
	finds("{\"n\":[1,2,3]}", "$.n.length()", "3");
	finds("{\"n\":[1,2,3]}", "$.max($.n, 9)", "9.0");
	finds("{\"n\":[1,2,3]}", "$.n.last()", "3");
	finds("{\"n\":[1,2,3]}", "$.n.append(4).sum()", "10.0");
	finds("{\"n\":{\"a\":1,\"b\":2}}", "$.n.keys()", "[\"a\",\"b\"]");
	finds("{\"s\":[\"a\",\"b\"]}", "$.concat($.s, \"-\")", "\"ab-\"");
	finds(shop, "$..book.length()", "4");
	fails("{\"n\":[]}", "$.n.sum()", "evaluation",
	      "Aggregation function attempted to calculate value using empty array");
	fails("{\"n\":[1]}", "$.n.median()", "invalid_path", "Function with name: median does not exist.");
	fails("{\"n\":[1e308,1e308]}", "$.n.sum()", "evaluation", NULL);
}

static void a_document_is_never_changed(void **state)
{
	struct sw_owner owner;
	const struct sw_jsonpath *path;
	json_t *document = tree_of("{\"n\":[1,[2]]}"), *result = NULL;
	sw_owner_init(&owner);
	assert_int_equal(sw_jsonpath_compile("$.n.append(4)", 13, &owner, &path, NULL), SW_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sw_jsonpath_evaluate(path, document, &result, NULL), SW_JSONPATH_OK);
		assert_ptr_equal(json_array_get(result, 1),
				 json_array_get(json_object_get(document, "n"), 1));
		expect_tree(result, "[1,[2],4]");
	}
	expect_tree(document, "{\"n\":[1,[2]]}");
	sw_owner_done(&owner);
}

static void malformed_paths_are_refused_with_a_place(void **state)
{
	static const struct {
		const char *path;
		uint32_t column;
	} table[] = {
		{"$.", 2},
		{"$..", 3},
		{"$.a.", 4},
		{"$...a", 4},
		{"$a", 2},
		{"$.a b", 4},
		{"$['a", 5},
		{"$['a'", 0},
		{"$['a',]", 7},
		{"$[", 2},
		{"$[]", 2},
		{"$[a]", 2},
		{"$[?]", 3},
		{"$[?(@.a]", 4},
		{"$[?(@.a ~~ 1)]", 9},
		{"$[?(@.a == )]", 12},
		{"$[?(1)]", 0},
		{"$[?(@.a =~ /[/)]", 0},
		{"$[1:x]", 2},
		{"$[99999999999]", 3},
		{"$['\\u12']", 4},
		{"$.a.sum(", 8},
		{"", 1},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct sw_owner owner;
		struct sw_error err = {0};
		const struct sw_jsonpath *path;
		sw_owner_init(&owner);
		if (sw_jsonpath_compile(table[i].path, strlen(table[i].path), &owner, &path, &err) !=
		    SW_EQUERY)
			fail_msg("%s is taken", table[i].path);
		assert_true(err.text[0] != '\0');
		if (table[i].column && err.column != table[i].column)
			fail_msg("%s: %s at %u", table[i].path, err.text, err.column);
		sw_owner_done(&owner);
	}
}

static void a_path_knows_whether_it_is_definite(void **state)
{
	static const struct {
		const char *path;
		bool definite;
	} table[] = {{"$", true},       {"$.a[0]", true},  {"$.a.sum()", true},     {"$['a','b']", true},
		     {"$.a[*]", false}, {"$..a", false},   {"$['a','b'].c", false}, {"$.a[0,1]", false},
		     {"$[1:2]", false}, {"$[?(@)]", false}};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct sw_owner owner;
		const struct sw_jsonpath *path;
		sw_owner_init(&owner);
		assert_int_equal(
			sw_jsonpath_compile(table[i].path, strlen(table[i].path), &owner, &path, NULL),
			SW_OK);
		assert_int_equal(sw_jsonpath_is_definite(path), table[i].definite);
		sw_owner_done(&owner);
	}
}

static char *repeated(const char *head, const char *part, size_t count, const char *middle, const char *end)
{
	struct sw_buf out = SW_BUF;
	sw_buf_text(&out, head);
	for (size_t i = 0; i < count; i++)
		sw_buf_text(&out, part);
	sw_buf_text(&out, middle);
	for (size_t i = 0; end && i < count; i++)
		sw_buf_text(&out, end);
	return sw_buf_take(&out, NULL);
}

static void hostile_regular_expressions_stop(void **state)
{
	fails("[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"]", "$[?(@ =~ /(a|aa)+/)]",
	      "limit", NULL);
}

/* Ten thousand items that are each below the limit, and repetitions that run over much text at each step. */
static void regular_expressions_share_one_budget(void **state)
{
	char *items = repeated("[", "\"aaaaaaaaaaaaaaaaa\",", 10000, "\"a\"]", NULL);
	char *text = repeated("[\"", "aaaaaaaaaa", 6000, "\"]", NULL);
	char *few = repeated("[", "\"item-17\",", 5000, "\"x\"]", NULL);
	fails(items, "$[?(@ =~ /(a+)+[bc]/)]", "limit",
	      "the regular expression takes more than 1000000 steps");
	fails(items, "$[?(@ =~ /(x+x+)+y|(a+)+[bc]/)]", "limit", NULL);
	fails(text, "$[?(@ =~ /(?:a*+[bc]|a)*[de]/)]", "limit", NULL);
	fails(text, "$[?(@ =~ /(?:a*+(?=b)|a)*c?d/)]", "limit", NULL);
	finds(few, "$[?(@ =~ /item-[0-9]*8/)]", "[]");
	sw_free(items);
	sw_free(text);
	sw_free(few);
}

/* What a filter compares again and again counts, by its size. */
static void hostile_comparisons_stop(void **state)
{
	char *numbers = repeated("[", "1,", 20000, "2]", NULL),
	     *letters = repeated("\"", "aaaaaaaaaa", 5000, "\"", NULL);
	char *paths = repeated("[", "\"$.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",", 2000, "1]", NULL);
	char *digits = repeated("[", "\"1111111111111111111111111111111111111\",", 2000, "1]", NULL);
	char *document = sw_asprintf("{\"n\":%s,\"m\":%s,\"s\":%s,\"t\":%s,\"p\":%s,\"d\":%s,\"l\":[%s]}",
				     numbers, numbers, letters, letters, paths, digits, numbers);
	static const char *const filters[] = {"$.n[?($.n == $.m)]",     "$.n[?($.s contains $.t)]",
					      "$.n[?($.s size 3)]",     "$.n[?(@ in $.m)]",
					      "$.l[?(@ subsetof $.m)]", "$.p[?(@ in $.p)]",
					      "$.n[?(@ in $.d)]",       "$.n[?($.m anyof $.p)]"};
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		fails(document, filters[i], "limit", "the path visits more than 1000000 values");
	char *const all[] = {numbers, letters, paths, digits, document};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sw_free(all[i]);
}

static void hostile_documents_and_paths_stop(void **state)
{
	char *deep = repeated("", "[", 1000, "1", "]"),
	     *deep_object = repeated("", "{\"a\":", 1000, "1", "}");
	char *scans = repeated("$", "..*", 100, "", NULL), *steps = repeated("$", ".a", 1000, "", NULL);
	char *longer = repeated("$", ".a", 1001, "", NULL), *wide = repeated("[", "1,", 2000, "1]", NULL);
	char *filters = repeated("$", "[?(@", 200, "", ")]"),
	     *groups = repeated("$[?(", "(", 200, "@.a", ")");
	char *huge = repeated("$", ".a", 40000, "", NULL);
	finds(deep_object, steps, "1");
	fails(deep_object, longer, "invalid_path", NULL);
	fails(deep, huge, "invalid_path", NULL);
	fails(deep, scans, "limit", NULL);
	fails(deep, filters, "invalid_path", NULL);
	fails(deep, groups, "invalid_path", NULL);
	fails(deep, "$..[?(@..[?(@..[?(@ == 5)])])]", "limit", NULL);
	finds(wide, "$[?($[?($[?(@ == 2)] empty false)] empty false)]", "[]");
	char *text = NULL;
	assert_int_equal(sw_jsonpath_query("$..*", 4, deep, strlen(deep), &text, NULL, NULL), SW_OK);
	sw_text_free(text);
	/* Scans inside filters inside scans: each begins at the root again. */
	const char *nested = "$..[?($..[?($..[?($..[?($..[?($..[?(@ == 5)])])])])])]";
	struct sw_error err = {0};
	enum sw_result r = sw_jsonpath_query(nested, strlen(nested), deep, strlen(deep), &text, NULL, &err);
	assert_true(r == SW_OK || r == SW_EQUERY);
	if (r == SW_OK)
		sw_text_free(text);
	char *const all[] = {deep, deep_object, scans, steps, longer, wide, filters, groups, huge};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sw_free(all[i]);
}

static void json_in_filters_is_read_leniently_and_to_its_end(void **state)
{
	finds("[\"x\",\"true\",true,5]", "$[?(@ in ['x', true, 5])]", "[\"x\",true,5]");
	finds("[\"x y\",\"z\"]", "$[?(@ in [ x y ,, z, ])]", "[\"x y\",\"z\"]");
	finds("[{\"a\":1}]", "$[?(@ == {a: 1})]", "[{\"a\":1}]");
	/* Found by the fuzzer: a bracket of the other kind was waited for without end. */
	fails("[1]", "$[?(@ in [&X'1d{}}'])]", "evaluation", NULL);
}

static void a_document_that_is_no_json_is_another_error(void **state)
{
	char *text = NULL;
	const char *kind = "untouched";
	struct sw_error err = {0};
	assert_int_equal(sw_jsonpath_query("$", 1, "{", 1, &text, &kind, &err), SW_EJSON);
	assert_string_equal(kind, "untouched");
	assert_int_equal(err.column, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_indexes_lead_to_one_value),
		cmocka_unit_test(what_is_not_there_is_said_in_the_library_s_words),
		cmocka_unit_test(several_values_come_as_an_array),
		cmocka_unit_test(an_indefinite_path_may_find_nothing),
		cmocka_unit_test(a_wildcard_passes_over_scalars),
		cmocka_unit_test(filters_compare_by_type),
		cmocka_unit_test(functions_work_on_what_they_end),
		cmocka_unit_test(a_document_is_never_changed),
		cmocka_unit_test(malformed_paths_are_refused_with_a_place),
		cmocka_unit_test(a_path_knows_whether_it_is_definite),
		cmocka_unit_test(hostile_regular_expressions_stop),
		cmocka_unit_test(regular_expressions_share_one_budget),
		cmocka_unit_test(hostile_comparisons_stop),
		cmocka_unit_test(hostile_documents_and_paths_stop),
		cmocka_unit_test(json_in_filters_is_read_leniently_and_to_its_end),
		cmocka_unit_test(a_document_that_is_no_json_is_another_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
