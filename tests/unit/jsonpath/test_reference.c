/* Reference paths: what they may be, and what ResultPath makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "path_fixture.h"

static void only_names_and_indexes_are_taken(void **state)
{
	static const struct {
		const char *path;
		bool taken, root;
	} table[] = {
		{"$", true, true},           {"$.a", true, false},         {"$['a'].b[0]", true, false},
		{"$.a[*]", false, false},    {"$..a", false, false},       {"$.a[0,1]", false, false},
		{"$[0:1]", false, false},    {"$['a','b']", false, false}, {"$.a.length()", false, false},
		{"$[-1]", false, false},     {"a", false, false},          {"@.a", false, false},
		{"$[?(@.a)]", false, false}, {"$.", false, false}};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct sw_owner owner;
		struct sw_error err = {0};
		const struct sw_refpath *path = NULL;
		sw_owner_init(&owner);
		enum sw_result r =
			sw_refpath_compile(table[i].path, strlen(table[i].path), &owner, &path, &err);
		if (r != (table[i].taken ? SW_OK : SW_EQUERY))
			fail_msg("%s: %d %s", table[i].path, r, err.text);
		if (table[i].taken)
			assert_int_equal(sw_refpath_is_root(path), table[i].root);
		else
			assert_true(err.text[0] != '\0');
		sw_owner_done(&owner);
	}
}

/* result NULL: it cannot be applied, with this cause. */
static void inserts(const char *path_text, const char *into_text, const char *value_text, const char *result,
		    const char *cause)
{
	struct sw_owner owner;
	struct sw_failure failure = {0};
	const struct sw_refpath *path = NULL;
	json_t *into = tree_of(into_text), *value = tree_of(value_text), *tree = NULL;
	sw_owner_init(&owner);
	assert_int_equal(sw_refpath_compile(path_text, strlen(path_text), &owner, &path, NULL), SW_OK);
	assert_int_equal(sw_refpath_insert(path, into, value, &tree, &failure), result ? SW_OK : SW_EQUERY);
	if (result) {
		expect_tree(tree, result);
	} else {
		assert_string_equal(failure.error, "States.ResultPathMatchFailure");
		assert_string_equal(failure.cause, cause);
	}
	/* The old tree is as it was. */
	expect_tree(into, into_text);
	json_decref(value);
	sw_failure_done(&failure);
	sw_owner_done(&owner);
}

static void a_value_is_put_where_the_path_says(void **state)
{
	inserts("$", "{\"a\":1}", "5", "5", NULL);
	inserts("$.b", "{\"a\":1}", "5", "{\"a\":1,\"b\":5}", NULL);
	inserts("$.a", "{\"a\":1,\"c\":2}", "{\"x\":3}", "{\"a\":{\"x\":3},\"c\":2}", NULL);
	inserts("$.a.b.c", "{\"z\":1}", "5", "{\"z\":1,\"a\":{\"b\":{\"c\":5}}}", NULL);
	inserts("$['a b'].c", "{}", "null", "{\"a b\":{\"c\":null}}", NULL);
	inserts("$.a[1]", "{\"a\":[1,2,3]}", "9", "{\"a\":[1,9,3]}", NULL);
	inserts("$.a[1].b", "{\"a\":[1,{}]}", "9", "{\"a\":[1,{\"b\":9}]}", NULL);
	inserts("$[0]", "[1]", "9", "[9]", NULL);
}

static void a_path_that_does_not_fit_fails_in_aws_s_words(void **state)
{
	inserts("$.b", "\"text\"", "5", NULL, "Unable to apply ReferencePath $.b to input \"text\"");
	inserts("$.a.b", "{\"a\":1}", "5", NULL, "Unable to apply ReferencePath $.a.b to input {\"a\":1}");
	inserts("$.a[2]", "{\"a\":[1]}", "5", NULL,
		"Unable to apply ReferencePath $.a[2] to input {\"a\":[1]}");
	inserts("$.a[0]", "{}", "5", NULL, "Unable to apply ReferencePath $.a[0] to input {}");
	inserts("$.a", "[1]", "5", NULL, "Unable to apply ReferencePath $.a to input [1]");
}

static void the_rest_of_the_tree_is_shared(void **state)
{
	struct sw_owner owner;
	struct sw_failure failure = {0};
	const struct sw_refpath *path = NULL;
	json_t *into = tree_of("{\"big\":[1,2,3],\"a\":{\"k\":[4]}}"), *value = tree_of("{}"), *tree = NULL;
	sw_owner_init(&owner);
	assert_int_equal(sw_refpath_compile("$.a.b", 5, &owner, &path, NULL), SW_OK);
	assert_int_equal(sw_refpath_insert(path, into, value, &tree, &failure), SW_OK);
	assert_ptr_equal(json_object_get(tree, "big"), json_object_get(into, "big"));
	assert_ptr_equal(json_object_get(json_object_get(tree, "a"), "k"),
			 json_object_get(json_object_get(into, "a"), "k"));
	assert_ptr_equal(json_object_get(json_object_get(tree, "a"), "b"), value);
	json_decref(into);
	json_decref(value);
	json_decref(tree);
	sw_owner_done(&owner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_names_and_indexes_are_taken),
		cmocka_unit_test(a_value_is_put_where_the_path_says),
		cmocka_unit_test(a_path_that_does_not_fit_fails_in_aws_s_words),
		cmocka_unit_test(the_rest_of_the_tree_is_shared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
