/* The credentials file, and what a credential allows. */
#include "server/access.h"
#include "server/credentials.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "\"secretAccessKey\": \"01234567890123456789\""
#define ARN "arn:aws:states:us-east-1:123456789012:"

static struct sw_credentials *parse(const char *text)
{
	struct sw_credentials *credentials = NULL;
	struct sw_error err = {0};
	if (sw_credentials_parse(text, strlen(text), &credentials, &err) != SW_OK)
		fail_msg("%u:%u: %s: %s", err.line, err.column, err.pointer, err.text);
	return credentials;
}

static const struct sw_credential *find(const struct sw_credentials *credentials, const char *id)
{
	return sw_credentials_find(credentials, id, strlen(id));
}

/* ---- the file ---- */

static void test_a_file_is_read_whatever_the_order_of_its_members(void **state)
{
	struct sw_credentials *credentials = parse(
		" {\"credentials\" : [ {\"user\":\"zoe\", " SECRET ", \"accessKeyId\":\"ZZ\"},\n"
		"{\"accessKeyId\": \"A\\u0041\", \"secretAccessKey\": \"\\\"\\\\\\/4567890123456789+\",\n"
		"\"actions\": [], \"stateMachines\": [\"a\\u00e4\\ud83d\\ude00*\"]}] }\n ");
	const struct sw_credential *zoe = find(credentials, "ZZ"), *aa = find(credentials, "AA");
	assert_int_equal(sw_credentials_count(credentials), 2);
	assert_string_equal(zoe->user, "zoe");
	assert_string_equal(zoe->secret, "01234567890123456789");
	assert_null(zoe->actions.texts);
	assert_null(zoe->machines.texts);
	assert_string_equal(aa->user, "AA");
	assert_string_equal(aa->secret, "\"\\/4567890123456789+");
	assert_non_null(aa->actions.texts);
	assert_int_equal(aa->actions.count, 0);
	assert_string_equal(aa->machines.texts[0], "a\xC3\xA4\xF0\x9F\x98\x80*");
	assert_null(find(credentials, "A"));
	assert_null(find(credentials, ""));
	assert_null(sw_credentials_find(credentials, "AA\0x", 4));
	sw_credentials_free(credentials);
	sw_credentials_free(NULL);
}

static void test_many_credentials_are_found(void **state)
{
	char *text = malloc(1 << 20), id[16];
	size_t len = (size_t)snprintf(text, 1 << 20, "{\"credentials\":[");
	for (int i = 0; i < 5000; i++)
		len += (size_t)snprintf(text + len, (1 << 20) - len,
					"%s{\"accessKeyId\":\"K%d\"," SECRET ",\"user\":\"u%d\"}",
					i ? "," : "", i * 7919 % 5000, i * 7919 % 5000);
	snprintf(text + len, (1 << 20) - len, "]}");
	struct sw_credentials *credentials = parse(text);
	for (int i = 0; i < 5000; i++) {
		snprintf(id, sizeof(id), "K%d", i);
		assert_int_equal(atoi(find(credentials, id)->user + 1), i);
	}
	sw_credentials_free(credentials);
	free(text);
}

static void test_mistakes_are_told_with_their_place_and_quote_nothing(void **state)
{
	static const struct {
		const char *text;
		uint32_t line, column;
		const char *pointer, *message;
	} cases[] = {
		{"", 1, 1, "", "the file must be a JSON object with the member \"credentials\""},
		{"[]", 1, 1, "", "the file must be a JSON object with the member \"credentials\""},
		{"{}", 1, 1, "", "the member \"credentials\" is missing"},
		{"{\"credentials\": {}}", 1, 17, "/credentials", "credentials must be an array"},
		{"{\"credentials\": []}", 1, 17, "/credentials", "there is no credential: nobody could call"},
		{"{\"users\": []}", 1, 2, "", "this member is not known; known is credentials"},
		{"{\"credentials\": [\n{\"accessKeyId\": \"A\", " SECRET "}], \"credentials\": []}", 2, 67,
		 "", "this member is there twice"},
		{"{\"credentials\": [\n  \"A\"]}", 2, 3, "/credentials/0", "a credential must be an object"},
		{"{\"credentials\": [\n  {\"accessKeyId\": 7}]}", 2, 19, "/credentials/0/accessKeyId",
		 "accessKeyId must be a string"},
		{"{\"credentials\": [{\"accessKeyId\": \"A B\"}]}", 1, 34, "/credentials/0/accessKeyId",
		 "accessKeyId must be 1 to 128 letters, digits and underscores (AWS's tools take 16 or "
		 "more)"},
		{"{\"credentials\": [{\"accessKeyId\": \"A\", \"secretAccessKey\": \"geheim\"}]}", 1, 58,
		 "/credentials/0/secretAccessKey",
		 "secretAccessKey must be 20 to 256 visible ASCII characters without spaces; `openssl rand "
		 "-base64 30` "
		 "makes one"},
		{"{\"credentials\": [{\"accessKeyId\": \"A\", " SECRET ", \"accessKeyId\": \"B\"}]}", 1, 82,
		 "/credentials/0/accessKeyId", "this member is there twice"},
		{"{\"credentials\": [{\"accessKeyId\": \"A\", " SECRET "}, {\"accessKeyId\": \"B\"}]}", 1, 83,
		 "/credentials/1", "a credential needs accessKeyId and secretAccessKey"},
		{"{\"credentials\": [{\"accessKeyId\": \"A\", " SECRET "},\n{\"accessKeyId\": \"B\", " SECRET
		 "},\n {\"accessKeyId\": \"A\", " SECRET "}]}",
		 3, 2, "/credentials/2", "this accessKeyId is there twice"},
		{"{\"credentials\": [{\"accessKeyId\": \"A\", " SECRET ", \"user\": \"a/b\"}]}", 1, 90,
		 "/credentials/0/user", "user must be 1 to 64 letters, digits and characters of _+=,.@-"},
		{"{\"credentials\": [{\"accessKeyId\": \"A\", " SECRET
		 ", \"actions\": [\"states:*\", \"StartExecution\"]}]}",
		 1, 106, "/credentials/0/actions/1",
		 "an action must begin with \"states:\", as states:StartExecution, or be \"*\""},
		{"{\"credentials\": [{\"accessKeyId\": \"A\", " SECRET ", \"stateMachines\": [\"\"]}]}", 1,
		 100, "/credentials/0/stateMachines/0", "a pattern must be 1 to 256 bytes long"},
		{"{\"credentials\": [{\"accessKeyId\": \"A\", " SECRET ", \"stateMachines\": \"*\"}]}", 1, 99,
		 "/credentials/0/stateMachines", "expected an array of patterns"},
		{"{\"credentials\": [{\"accessKeyId\": \"A\" " SECRET "}]}", 1, 38, "/credentials/0",
		 "expected \",\" or \"}\""},
		{"{\"credentials\": [{\"accessKeyId\": \"A\\u0000\"}]}", 1, 36, "/credentials/0/accessKeyId",
		 "an escape that is not allowed"},
		{"{\"credentials\": [{\"accessKeyId\": \"A\\ud83dx\"}]}", 1, 36, "/credentials/0/accessKeyId",
		 "an escape that is not allowed"},
		{"{\"credentials\": [{\"accessKeyId\": \"A\n\"}]}", 1, 36, "/credentials/0/accessKeyId",
		 "a control character inside a string"},
		{"{\"credentials\": [{\"accessKeyId\": \"A", 1, 34, "/credentials/0/accessKeyId",
		 "a string without its end"},
		{"{\"credentials\": [{\"accessKeyId\": \"A\", " SECRET "}]} x", 1, 84, "",
		 "nothing may follow the object"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sw_credentials *credentials = NULL;
		struct sw_error err = {0};
		assert_int_equal(
			sw_credentials_parse(cases[i].text, strlen(cases[i].text), &credentials, &err),
			SW_EDEFINITION);
		assert_string_equal(err.text, cases[i].message);
		assert_string_equal(err.pointer, cases[i].pointer);
		if (err.line != cases[i].line || err.column != cases[i].column)
			fail_msg("%s: %u:%u, not %u:%u", err.text, err.line, err.column, cases[i].line,
				 cases[i].column);
		assert_null(credentials);
	}
}

static void test_limits_of_the_file_hold_on_both_sides(void **state)
{
	static const struct {
		const char *before, *after;
		size_t most;
	} cases[] = {
		{"{\"credentials\":[{" SECRET ",\"accessKeyId\":\"", "\"}]}", SW_ACCESS_KEY_ID_BYTES_MAX},
		{"{\"credentials\":[{\"accessKeyId\":\"A\",\"secretAccessKey\":\"", "\"}]}",
		 SW_SECRET_BYTES_MAX},
		{"{\"credentials\":[{\"accessKeyId\":\"A\"," SECRET ",\"user\":\"", "\"}]}",
		 SW_USER_BYTES_MAX},
		{"{\"credentials\":[{\"accessKeyId\":\"A\"," SECRET ",\"stateMachines\":[\"", "\"]}]}",
		 SW_PATTERN_BYTES_MAX},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t more = 0; more < 2; more++) {
			struct sw_credentials *credentials = NULL;
			char text[1024], filling[512];
			memset(filling, 'x', sizeof(filling));
			int len = snprintf(text, sizeof(text), "%s%.*s%s", cases[i].before,
					   (int)(cases[i].most + more), filling, cases[i].after);
			enum sw_result r = sw_credentials_parse(text, (size_t)len, &credentials, NULL);
			assert_int_equal(r, more ? SW_EDEFINITION : SW_OK);
			sw_credentials_free(credentials);
		}
	}
	char *big = malloc(SW_CREDENTIALS_FILE_BYTES_MAX + 2);
	struct sw_credentials *credentials = NULL;
	memset(big, ' ', SW_CREDENTIALS_FILE_BYTES_MAX + 1);
	int len = snprintf(big, 200, "{\"credentials\":[{\"accessKeyId\":\"A\"," SECRET "}]}");
	big[len] = ' ';
	assert_int_equal(sw_credentials_parse(big, SW_CREDENTIALS_FILE_BYTES_MAX, &credentials, NULL), SW_OK);
	sw_credentials_free(credentials);
	assert_int_equal(sw_credentials_parse(big, SW_CREDENTIALS_FILE_BYTES_MAX + 1, &credentials, NULL),
			 SW_EDEFINITION);
	free(big);
}

static void test_bytes_that_are_not_utf8_are_refused(void **state)
{
	struct sw_credentials *credentials = NULL;
	struct sw_error err = {0};
	assert_int_equal(sw_credentials_parse("{\"\xFF\":1}", 7, &credentials, &err), SW_EDEFINITION);
	assert_string_equal(err.text, "the credentials file is not UTF-8");
}

/* ---- patterns ---- */

static void test_a_star_stands_for_any_text(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {{"*", "", true},         {"", "", true},         {"", "a", false},
		     {"a*", "a", true},       {"a*", "abc", true},    {"a*", "ba", false},
		     {"*c", "abc", true},     {"*c", "abcd", false},  {"a*b*c", "aXbYbZc", true},
		     {"a*b*c", "aXc", false}, {"**a**", "bab", true}, {"a", "A", false},
		     {"*ab", "aab", true},    {"*aab", "aaaab", true}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sw_patterns one = {&cases[i].pattern, 1};
		if (sw_patterns_match(&one, cases[i].text, strlen(cases[i].text), false) != cases[i].matches)
			fail_msg("%s against %s", cases[i].pattern, cases[i].text);
	}
	const char *star = "states:startE*";
	const struct sw_patterns one = {&star, 1};
	assert_true(sw_patterns_match(&one, "states:StartExecution", 21, true));
}

/* ---- what a credential allows ---- */

/* "" when it is allowed, else the text; borrowed until the next call. */
static const char *ask(const char *lists, const char *action, const char *request)
{
	static char text[1024];
	char file[2048];
	struct sw_buf message = SW_BUF;
	json_t *tree = json_loads(request, 0, NULL);
	snprintf(file, sizeof(file),
		 "{\"credentials\":[{\"accessKeyId\":\"A\",\"user\":\"ada\"," SECRET "%s}]}", lists);
	struct sw_credentials *credentials = parse(file);
	const struct sw_access access = {"us-east-1", "123456789012", action, tree};
	assert_non_null(tree);
	bool allowed = sw_access_allows(find(credentials, "A"), &access, &message);
	assert_int_equal(allowed, message.len == 0);
	snprintf(text, sizeof(text), "%s", message.data ? message.data : "");
	sw_buf_done(&message);
	json_decref(tree);
	sw_credentials_free(credentials);
	return text;
}

static bool may(const char *lists, const char *action, const char *request)
{
	return ask(lists, action, request)[0] == '\0';
}

static void test_a_credential_without_lists_may_do_everything(void **state)
{
	assert_true(may("", "StartExecution", "{\"stateMachineArn\":\"anything\"}"));
	assert_true(may("", "StepwellDeleteExecution", "{}"));
	assert_true(may("", "CreateActivity", "{\"name\":\"a\"}"));
}

static void test_actions_are_limited_by_their_list(void **state)
{
	static const char lists[] = ",\"actions\":[\"states:startexecution\",\"states:Describe*\"]";
	assert_true(may(lists, "StartExecution", "{\"stateMachineArn\":\"" ARN "stateMachine:m\"}"));
	assert_true(may(lists, "DescribeActivity", "{}"));
	assert_string_equal(
		ask(lists, "StopExecution", "{\"executionArn\":\"" ARN "execution:m:e\"}"),
		"User: arn:aws:iam::123456789012:user/ada is not authorized to perform: "
		"states:StopExecution on resource: " ARN
		"execution:m:e because no identity-based policy allows the states:StopExecution action");
	assert_string_equal(
		ask(lists, "ListStateMachines", "{}"),
		"User: arn:aws:iam::123456789012:user/ada is not authorized to perform: "
		"states:ListStateMachines on resource: " ARN
		"stateMachine:* because no identity-based policy allows the states:ListStateMachines action");
	assert_non_null(strstr(ask(lists, "CreateActivity", "{\"name\":\"w\"}"),
			       "on resource: " ARN "activity:w because"));
	assert_false(may(",\"actions\":[]", "ListStateMachines", "{}"));
	assert_true(may(",\"actions\":[\"*\"]", "StepwellStatus", "{}"));
}

static void test_machines_are_limited_however_they_are_named(void **state)
{
	static const char lists[] =
		",\"stateMachines\":[\"order-*\",\"arn:aws:states:*:123456789012:stateMachine:pay\"]";
	static const struct {
		const char *action, *request;
		bool allowed;
	} cases[] = {
		{"StartExecution", "{\"stateMachineArn\":\"" ARN "stateMachine:order-1\"}", true},
		{"StartExecution", "{\"stateMachineArn\":\"" ARN "stateMachine:order-1:prod\"}", true},
		{"StartExecution", "{\"stateMachineArn\":\"" ARN "stateMachine:order-1#Case\"}", true},
		{"StartExecution", "{\"stateMachineArn\":\"" ARN "stateMachine:pay:7\"}", true},
		{"StartExecution",
		 "{\"stateMachineArn\":\"arn:aws:states:us-east-1:999999999999:stateMachine:pay\"}", false},
		{"StartExecution", "{\"stateMachineArn\":\"" ARN "stateMachine:other\"}", false},
		{"StartExecution", "{\"stateMachineArn\":\"" ARN "stateMachine:other:order-1\"}", false},
		{"StartExecution", "{\"stateMachineArn\":\"" ARN "stateMachine:other#order-1\"}", false},
		{"StartExecution", "{\"stateMachineArn\":\"order-1\"}", false},
		{"StartExecution", "{\"stateMachineArn\":\"" ARN "stateMachine:\"}", false},
		{"StartExecution", "{\"stateMachineArn\":\"" ARN "lambda:order-1\"}", false},
		{"StopExecution", "{\"executionArn\":\"" ARN "execution:order-1:order\"}", true},
		{"StopExecution", "{\"executionArn\":\"" ARN "execution:other:order-1\"}", false},
		{"DescribeExecution", "{\"executionArn\":\"" ARN "express:order-1:a:b\"}", true},
		{"DescribeExecution", "{\"executionArn\":\"" ARN "express:other:order-1:b\"}", false},
		{"DescribeExecution", "{\"executionArn\":\"" ARN "execution:order-1/Each:5\"}", true},
		{"DescribeMapRun", "{\"mapRunArn\":\"" ARN "mapRun:other/order-1:5\"}", false},
		{"DescribeMapRun", "{\"mapRunArn\":\"" ARN "mapRun:order-1/Each:5\"}", true},
		{"TagResource", "{\"resourceArn\":\"" ARN "stateMachine:other\"}", false},
		{"TagResource", "{\"resourceArn\":\"" ARN "stateMachine:order-2\"}", true},
		{"CreateStateMachine", "{\"name\":\"order-3\"}", true},
		{"CreateStateMachine", "{\"name\":\"other\"}", false},
		{"StartExecution", "{\"stateMachineArn\":\"" ARN "stateMachine:order-1\",\"name\":\"other\"}",
		 true},
		{"DeleteStateMachineVersion", "{\"stateMachineVersionArn\":\"" ARN "stateMachine:other:1\"}",
		 false},
		{"DescribeStateMachineAlias", "{\"stateMachineAliasArn\":\"" ARN "stateMachine:other:a\"}",
		 false},
		{"CreateStateMachineAlias",
		 "{\"name\":\"a\",\"routingConfiguration\":[{\"stateMachineVersionArn\":\"" ARN
		 "stateMachine:order-1:1\"},{\"stateMachineVersionArn\":\"" ARN "stateMachine:other:1\"}]}",
		 false},
		{"CreateStateMachineAlias",
		 "{\"name\":\"a\",\"routingConfiguration\":[{\"stateMachineVersionArn\":\"" ARN
		 "stateMachine:order-1:1\"}]}",
		 true},
		{"DescribeActivity", "{\"activityArn\":\"" ARN "activity:order-1\"}", false},
		{"CreateActivity", "{\"name\":\"order-1\"}", false},
		{"ListStateMachines", "{}", true},
		{"SendTaskSuccess", "{\"taskToken\":\"t\"}", true},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (may(lists, cases[i].action, cases[i].request) != cases[i].allowed)
			fail_msg("%s %s", cases[i].action, cases[i].request);
	}
}

static void test_activities_are_limited_by_a_list_of_their_own(void **state)
{
	static const char lists[] = ",\"activities\":[\"pack*\"]";
	assert_true(may(lists, "GetActivityTask", "{\"activityArn\":\"" ARN "activity:pack-1\"}"));
	assert_false(may(lists, "GetActivityTask", "{\"activityArn\":\"" ARN "activity:ship\"}"));
	assert_true(may(lists, "CreateActivity", "{\"name\":\"pack\"}"));
	/* one list closes what the other one would open */
	assert_false(may(lists, "StartExecution", "{\"stateMachineArn\":\"" ARN "stateMachine:pack\"}"));
}

static void test_who_is_refused_is_told_the_machine_of_the_request(void **state)
{
	assert_string_equal(ask(",\"stateMachines\":[\"a\"]", "StartExecution",
				"{\"stateMachineArn\":\"" ARN "stateMachine:b:prod\"}"),
			    "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: "
			    "states:StartExecution on resource: " ARN
			    "stateMachine:b:prod because no identity-based policy allows the "
			    "states:StartExecution action");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_is_read_whatever_the_order_of_its_members),
		cmocka_unit_test(test_many_credentials_are_found),
		cmocka_unit_test(test_mistakes_are_told_with_their_place_and_quote_nothing),
		cmocka_unit_test(test_limits_of_the_file_hold_on_both_sides),
		cmocka_unit_test(test_bytes_that_are_not_utf8_are_refused),
		cmocka_unit_test(test_a_star_stands_for_any_text),
		cmocka_unit_test(test_a_credential_without_lists_may_do_everything),
		cmocka_unit_test(test_actions_are_limited_by_their_list),
		cmocka_unit_test(test_machines_are_limited_however_they_are_named),
		cmocka_unit_test(test_activities_are_limited_by_a_list_of_their_own),
		cmocka_unit_test(test_who_is_refused_is_told_the_machine_of_the_request),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
