#include "base/mem.h"
#include "fixture.h"

#include <string.h>

static int handled, cancelled;

static void handle(void *user, struct sw_task *task)
{
	handled += *(int *)user;
	sw_task_succeed(task, "1", 1);
}

static void keep(void *user, struct sw_task *task)
{
	*(struct sw_task **)user = task;
}

static void cancel(void *user, struct sw_task *task)
{
	struct sw_task **kept = user;
	assert_ptr_equal(*kept, task);
	cancelled++;
	sw_task_release(*kept);
	*kept = NULL;
}

static void add(struct sw_routes *routes, const char *pattern, bool from_host)
{
	struct sw_route *route;
	assert_int_equal(sw_function_route_new(pattern, handle, NULL, NULL, &route), SW_OK);
	assert_int_equal(sw_routes_add(routes, route, from_host), SW_OK);
}

static const char *found(const struct sw_routes *routes, const char *resource)
{
	const struct sw_route *route = sw_routes_find(routes, resource);
	return route ? route->pattern : "none";
}

static void the_longest_literal_prefix_wins(void **state)
{
	struct sw_routes *routes;
	assert_int_equal(sw_routes_new(&routes), SW_OK);
	add(routes, "*", false);
	add(routes, "arn:aws:lambda:*", false);
	add(routes, "arn:aws:lambda:us-east-1:*", false);
	add(routes, "arn:*:ship", false);
	assert_string_equal(found(routes, "arn:aws:lambda:us-east-1:ship"), "arn:aws:lambda:us-east-1:*");
	assert_string_equal(found(routes, "arn:aws:lambda:eu:ship"), "arn:aws:lambda:*");
	assert_string_equal(found(routes, "arn:aws:sqs:ship"), "arn:*:ship");
	assert_string_equal(found(routes, "else"), "*");
	sw_routes_free(routes);
}

static void functions_of_the_host_come_before_the_resources_file(void **state)
{
	struct sw_routes *routes;
	assert_int_equal(sw_routes_new(&routes), SW_OK);
	add(routes, "command:ship", false);
	add(routes, "command:*", true);
	assert_string_equal(found(routes, "command:ship"), "command:*");
	assert_string_equal(found(routes, "function:ship"), "none");
	sw_routes_free(routes);
}

static void of_equal_prefixes_the_first_added_wins(void **state)
{
	struct sw_routes *routes;
	assert_int_equal(sw_routes_new(&routes), SW_OK);
	add(routes, "a:*x", false);
	add(routes, "a:*", false);
	assert_string_equal(found(routes, "a:x"), "a:*x");
	assert_string_equal(found(routes, "a:y"), "a:*");
	for (int i = 0; i < 100; i++)
		add(routes, "b:*", false);
	add(routes, "a:*", true);
	assert_string_equal(found(routes, "a:x"), "a:*");
	sw_routes_free(routes);
}

static void no_routes_find_nothing(void **state)
{
	struct sw_routes *routes;
	assert_int_equal(sw_routes_new(&routes), SW_OK);
	assert_null(sw_routes_find(routes, "function:ship"));
	sw_routes_free(routes);
	sw_routes_free(NULL);
}

static void a_function_gets_the_task_and_completes_it(void **state)
{
	struct fixture *f = *state;
	struct sw_route *route;
	int weight = 7;
	handled = 0;
	assert_int_equal(sw_routes_new(&f->routes), SW_OK);
	assert_int_equal(sw_function_route_new("function:ship", handle, NULL, &weight, &route), SW_OK);
	assert_int_equal(sw_routes_add(f->routes, route, true), SW_OK);
	struct sw_task *task = fixture_start(f, "function:ship", "{}");
	fixture_wait(f, 1);
	assert_int_equal(handled, 7);
	assert_int_equal(f->completions[0]->kind, SW_COMPLETION_SUCCEEDED);
	fixture_cancel(f, task); /* without a handler for it: nothing happens */
	sw_task_unref(task);
}

static void a_cancelled_function_is_told_and_lets_the_task_go(void **state)
{
	struct fixture *f = *state;
	struct sw_route *route;
	struct sw_task *kept = NULL;
	cancelled = 0;
	assert_int_equal(sw_routes_new(&f->routes), SW_OK);
	assert_int_equal(sw_function_route_new("function:*", keep, cancel, &kept, &route), SW_OK);
	assert_int_equal(sw_routes_add(f->routes, route, true), SW_OK);
	struct sw_task *task = fixture_start(f, "function:ship", "{}");
	assert_ptr_equal(kept, task);
	fixture_cancel(f, task);
	assert_int_equal(cancelled, 1);
	sw_task_unref(task);
}

static void a_function_needs_a_pattern_and_a_handler(void **state)
{
	struct sw_route *route;
	assert_int_equal(sw_function_route_new("", handle, NULL, NULL, &route), SW_EINVAL);
	assert_int_equal(sw_function_route_new(NULL, handle, NULL, NULL, &route), SW_EINVAL);
	assert_int_equal(sw_function_route_new("a", NULL, NULL, NULL, &route), SW_EINVAL);
}

static int freed;

static void count_free(struct sw_route *route)
{
	freed++;
	sw_free(route->pattern);
	sw_free(route);
}

static const struct sw_provider_ops counted = {.free = count_free};

static struct sw_route *add_counted(struct sw_routes *routes, const char *pattern)
{
	struct sw_route *route = sw_zalloc(sizeof(*route));
	route->pattern = sw_strdup(pattern);
	route->ops = &counted;
	assert_int_equal(sw_routes_add(routes, route, false), SW_OK);
	return route;
}

static void routes_that_are_replaced_stay_while_tasks_use_them(void **state)
{
	struct sw_routes *routes, *fresh;
	assert_int_equal(sw_routes_new(&routes), SW_OK);
	assert_int_equal(sw_routes_new(&fresh), SW_OK);
	add(routes, "command:*", true);
	struct sw_route *used = add_counted(routes, "a:1");
	add_counted(routes, "a:2");
	used->users = 1;
	add_counted(fresh, "a:*");
	add_counted(fresh, "a:3");
	freed = 0;
	assert_int_equal(sw_routes_replace(routes, fresh), SW_OK);
	assert_int_equal(freed, 1);
	assert_string_equal(found(routes, "a:1"), "a:*");
	assert_string_equal(found(routes, "a:3"), "a:3");
	assert_string_equal(found(routes, "command:x"), "command:*");
	used->users = 0;
	assert_int_equal(sw_routes_replace(routes, fresh), SW_OK); /* by nothing */
	assert_int_equal(freed, 4);
	assert_string_equal(found(routes, "a:1"), "none");
	assert_string_equal(found(routes, "command:x"), "command:*");
	sw_routes_free(fresh);
	sw_routes_free(routes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_literal_prefix_wins),
		cmocka_unit_test(functions_of_the_host_come_before_the_resources_file),
		cmocka_unit_test(of_equal_prefixes_the_first_added_wins),
		cmocka_unit_test(no_routes_find_nothing),
		cmocka_unit_test(routes_that_are_replaced_stay_while_tasks_use_them),
		cmocka_unit_test(a_function_needs_a_pattern_and_a_handler),
		cmocka_unit_test_setup_teardown(a_function_gets_the_task_and_completes_it, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(a_cancelled_function_is_told_and_lets_the_task_go,
						fixture_setup, fixture_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
