/* JSONPath as a query language: which kinds a field takes, the context object, variables, failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "path_fixture.h"

struct world {
	json_t *input, *context, *x;
	unsigned context_calls;
};

static const json_t *context_of(void *user)
{
	struct world *world = user;
	world->context_calls++;
	return world->context;
}

static const json_t *variable_of(void *user, const char *name, size_t len)
{
	struct world *world = user;
	return len == 1 && name[0] == 'x' ? world->x : NULL;
}

static int set_up(void **state)
{
	static struct world world;
	world = (struct world){tree_of("{\"a\":{\"b\":[1,2]},\"Test\\\\\\\"\\\"Name\\\"\":\"quoted\"}"),
			       tree_of("{\"Execution\":{\"Name\":\"e\"}}"), tree_of("{\"k\":[7,8]}"), 0};
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	json_decref(world->input);
	json_decref(world->context);
	json_decref(world->x);
	return 0;
}

static struct sw_query_env env_of(struct world *world)
{
	return (struct sw_query_env){
		.input = world->input, .context = context_of, .variable = variable_of, .user = world};
}

static void gives(struct world *world, const char *text, unsigned kinds, const char *result)
{
	struct sw_owner owner;
	struct sw_error err = {0};
	struct sw_failure failure = {0};
	const struct sw_expr *expr = NULL;
	struct sw_query_env env = env_of(world);
	json_t *tree = NULL;
	sw_owner_init(&owner);
	if (sw_query_jsonpath.compile(text, strlen(text), kinds, &owner, &expr, &err) != SW_OK)
		fail_msg("%s: %s", text, err.text);
	assert_string_equal(expr->text, text);
	assert_ptr_equal(expr->ops, &sw_query_jsonpath);
	if (expr->ops->evaluate(expr, &env, &tree, &failure) != SW_OK)
		fail_msg("%s: %s", text, failure.cause);
	expect_tree(tree, result);
	sw_owner_done(&owner);
}

static void refuses(const char *text, unsigned kinds)
{
	struct sw_owner owner;
	struct sw_error err = {0};
	const struct sw_expr *expr = NULL;
	sw_owner_init(&owner);
	if (sw_query_jsonpath.compile(text, strlen(text), kinds, &owner, &expr, &err) != SW_EQUERY)
		fail_msg("%s is taken", text);
	assert_int_equal(err.code, SW_EQUERY);
	assert_true(err.text[0] != '\0');
	sw_owner_done(&owner);
}

#define ALL (SW_QUERY_PATH | SW_QUERY_CONTEXT | SW_QUERY_VARIABLE | SW_QUERY_INTRINSIC)

static void paths_look_into_input_context_and_variables(void **state)
{
	struct world *world = *state;
	gives(world, "$", ALL, "{\"a\":{\"b\":[1,2]},\"Test\\\\\\\"\\\"Name\\\"\":\"quoted\"}");
	gives(world, "$.a.b[1]", ALL, "2");
	gives(world, "$['a']", ALL, "{\"b\":[1,2]}");
	assert_int_equal(world->context_calls, 0);
	gives(world, "$$.Execution.Name", ALL, "\"e\"");
	gives(world, "$$", ALL, "{\"Execution\":{\"Name\":\"e\"}}");
	assert_int_equal(world->context_calls, 2);
	gives(world, "$x", ALL, "{\"k\":[7,8]}");
	gives(world, "$x.k[0]", ALL, "7");
	gives(world, "$x['k'][*]", ALL, "[7,8]");
	gives(world, "States.ArrayLength($x.k)", ALL, "2");
}

/* scenarios/escape_sequence_parsing_escape_sequences_jsonpath.6cfa: \" in a name is these two characters. */
static void a_backslash_before_a_double_quote_stays(void **state)
{
	gives(*state, "$['Test\\\"\"Name\"']", ALL, "\"quoted\"");
}

/* base/json_path_array_wildcard_or_slice_with_no_input_item_items.cb48 and its likes */
static void an_indefinite_path_that_finds_nothing_is_an_empty_array(void **state)
{
	gives(*state, "$.none.items[*]", SW_QUERY_PATH, "[]");
	gives(*state, "$.none[1:5]", SW_QUERY_PATH, "[]");
	gives(*state, "$.none[*].value", SW_QUERY_PATH, "[]");
}

static void a_field_takes_only_its_kinds(void **state)
{
	refuses("$$.a", SW_QUERY_PATH);
	refuses("$x", SW_QUERY_PATH | SW_QUERY_CONTEXT);
	refuses("States.UUID()", SW_QUERY_PATH);
	refuses("$.a", SW_QUERY_CONTEXT);
	refuses("$.a[*]", SW_QUERY_REFERENCE);
	refuses("$x.k[*]", SW_QUERY_REFERENCE | SW_QUERY_VARIABLE);
	refuses("a.b", ALL);
	refuses("", ALL);
	refuses("$.a.", ALL);
	refuses("$1", ALL);
	refuses("$.a[?(@.b ==]", ALL);
	refuses("States.", ALL);
	gives(*state, "$.a.b[0]", SW_QUERY_REFERENCE, "1");
}

static void the_bare_cause_is_the_library_s(void **state)
{
	static const char *const table[][2] = {
		{"$.x", "No results for path: $['x']"},        {"$.x.y", "Missing property in path $['x']"},
		{"$$.Nope", "No results for path: $['Nope']"}, {"$x.nope", "No results for path: $['nope']"},
		{"$y.a", "the variable $y is not defined"},
	};
	struct world *world = *state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct sw_owner owner;
		struct sw_failure failure = {0};
		const struct sw_expr *expr = NULL;
		struct sw_query_env env = env_of(world);
		json_t *tree = NULL;
		sw_owner_init(&owner);
		assert_int_equal(
			sw_query_jsonpath.compile(table[i][0], strlen(table[i][0]), ALL, &owner, &expr, NULL),
			SW_OK);
		assert_int_equal(expr->ops->evaluate(expr, &env, &tree, &failure), SW_EQUERY);
		assert_null(tree);
		assert_string_equal(failure.error, "States.Runtime");
		assert_string_equal(failure.cause, table[i][1]);
		sw_failure_done(&failure);
		sw_owner_done(&owner);
	}
}

static void members_that_end_in_dollar_are_expressions(void **state)
{
	assert_true(sw_query_jsonpath.is_expression("a.$", NULL));
	assert_true(sw_query_jsonpath.is_expression(".$", NULL));
	assert_false(sw_query_jsonpath.is_expression("a$", NULL));
	assert_false(sw_query_jsonpath.is_expression("a", NULL));
	assert_false(sw_query_jsonpath.is_expression(NULL, NULL));
	assert_int_equal(sw_query_jsonpath.name_length("a.$", NULL), 1);
	assert_int_equal(sw_query_jsonpath.name_length("abc", NULL), 3);
	assert_string_equal(sw_query_jsonpath.name, "JSONPath");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(paths_look_into_input_context_and_variables, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_backslash_before_a_double_quote_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_indefinite_path_that_finds_nothing_is_an_empty_array,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_field_takes_only_its_kinds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_bare_cause_is_the_library_s, set_up, tear_down),
		cmocka_unit_test(members_that_end_in_dollar_are_expressions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
