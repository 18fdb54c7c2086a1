#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/tasks/tasks.h"

#include <stdlib.h>
#include <string.h>

static void a_pattern_without_a_star_is_the_text_itself(void **state)
{
	assert_true(sw_pattern_matches("command:ship", "command:ship"));
	assert_false(sw_pattern_matches("command:ship", "command:shipping"));
	assert_false(sw_pattern_matches("command:ship", "command:shi"));
	assert_true(sw_pattern_matches("", ""));
	assert_false(sw_pattern_matches("", "a"));
}

static void a_star_matches_any_run_of_characters(void **state)
{
	assert_true(sw_pattern_matches("*", ""));
	assert_true(sw_pattern_matches("*", "anything:at all"));
	assert_true(sw_pattern_matches("**", "x"));
	assert_true(
		sw_pattern_matches("arn:aws:lambda:*:function:ship", "arn:aws:lambda:eu:1:function:ship"));
	assert_false(
		sw_pattern_matches("arn:aws:lambda:*:function:ship", "arn:aws:lambda:eu:1:function:shop"));
	assert_true(sw_pattern_matches("a*b*c", "abc"));
	assert_true(sw_pattern_matches("a*b*c", "a--b--b--c--c"));
	assert_false(sw_pattern_matches("a*b*c", "a--c--b"));
	assert_true(sw_pattern_matches("*ship", "friendship"));
	assert_true(sw_pattern_matches("ship*", "shipment"));
}

static void head_and_tail_do_not_share_characters(void **state)
{
	assert_false(sw_pattern_matches("ab*bc", "abc"));
	assert_true(sw_pattern_matches("ab*bc", "abbc"));
	assert_false(sw_pattern_matches("a*a", "a"));
	assert_false(sw_pattern_matches("*ab*b", "ab"));
}

static void other_characters_of_globs_are_themselves(void **state)
{
	assert_false(sw_pattern_matches("a?c", "abc"));
	assert_true(sw_pattern_matches("a?c", "a?c"));
	assert_false(sw_pattern_matches("[ab]", "a"));
	assert_true(sw_pattern_matches("[ab]\\*", "[ab]\\x"));
}

/* With backtracking this would take longer than any test may. */
static void a_hostile_pattern_takes_linear_time(void **state)
{
	size_t text_len = 1000000, stars = 20000;
	char *text = malloc(text_len + 1), *pattern = malloc(stars * 4 + 2);
	assert_non_null(text);
	assert_non_null(pattern);
	memset(text, 'a', text_len);
	text[text_len] = '\0';
	for (size_t i = 0; i < stars; i++)
		memcpy(pattern + i * 4, "*aaa", 4);
	strcpy(pattern + stars * 4, "b");
	for (int i = 0; i < 20; i++)
		assert_false(sw_pattern_matches(pattern, text));
	strcpy(pattern + stars * 4, "*");
	assert_true(sw_pattern_matches(pattern, text));
	memset(pattern, 'a', stars);
	pattern[0] = pattern[stars] = '*';
	pattern[stars - 1] = 'b';
	pattern[stars + 1] = '\0';
	for (int i = 0; i < 20; i++)
		assert_false(sw_pattern_matches(pattern, text));
	free(text);
	free(pattern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_without_a_star_is_the_text_itself),
		cmocka_unit_test(a_star_matches_any_run_of_characters),
		cmocka_unit_test(head_and_tail_do_not_share_characters),
		cmocka_unit_test(other_characters_of_globs_are_themselves),
		cmocka_unit_test(a_hostile_pattern_takes_linear_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
