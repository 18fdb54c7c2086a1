/* ARNs and names: what is taken apart, what is refused, and with which of AWS's texts. */
#include "engine/arn.h"
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void arns_are_made_as_aws_makes_them(void **state)
{
	char text[SW_ARN_TEXT_BYTES];
	assert_int_equal(sw_arn_machine(text, sizeof(text), "us-east-1", "123456789012", "orders"), SW_OK);
	assert_string_equal(text, "arn:aws:states:us-east-1:123456789012:stateMachine:orders");
	assert_int_equal(sw_arn_execution(text, sizeof(text), "us-east-1", "123456789012", "orders", "o-17"),
			 SW_OK);
	assert_string_equal(text, "arn:aws:states:us-east-1:123456789012:execution:orders:o-17");
	assert_int_equal(sw_arn_machine(text, 57, "us-east-1", "123456789012", "orders"), SW_ELIMIT);
	assert_int_equal(sw_arn_machine(text, 58, "us-east-1", "123456789012", "orders"), SW_OK);
	assert_int_equal(sw_arn_execution(text, 10, "us-east-1", "123456789012", "orders", "x"), SW_ELIMIT);
}

static void arns_are_taken_apart(void **state)
{
	static const struct {
		const char *text, *region, *account, *kind, *name, *execution, *qualifier, *test_case;
	} cases[] = {
		{"arn:aws:states:us-east-1:1:stateMachine:m", "us-east-1", "1", "stateMachine", "m", "", "",
		 ""},
		{"arn:aws-cn:states:cn-north-1:1:stateMachine:m", "cn-north-1", "1", "stateMachine", "m", "",
		 "", ""},
		{"arn:aws:states:r:1:stateMachine:m:7", "r", "1", "stateMachine", "m", "", "7", ""},
		{"arn:aws:states:r:1:stateMachine:m#Happy", "r", "1", "stateMachine", "m", "", "", "Happy"},
		{"arn:aws:states:r:1:stateMachine:m:PROD#A:b", "r", "1", "stateMachine", "m", "", "PROD",
		 "A:b"},
		{"arn:aws:states:r:1:execution:m:e", "r", "1", "execution", "m", "e", "", ""},
		{"arn:aws:states:r:1:express:m:e:uuid", "r", "1", "express", "m", "e", "uuid", ""},
		{"arn:aws:states:r:1:activity:a", "r", "1", "activity", "a", "", "", ""},
		{"arn:aws:states:r:1:mapRun:m/L:uuid", "r", "1", "mapRun", "m/L", "uuid", "", ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sw_arn arn;
		struct sw_error err = {0};
		if (sw_arn_parse(cases[i].text, &arn, &err) != SW_OK)
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_string_equal(arn.region, cases[i].region);
		assert_string_equal(arn.account, cases[i].account);
		assert_string_equal(arn.kind, cases[i].kind);
		assert_string_equal(arn.name, cases[i].name);
		assert_string_equal(arn.execution, cases[i].execution);
		assert_string_equal(arn.qualifier, cases[i].qualifier);
		assert_string_equal(arn.test_case, cases[i].test_case);
	}
}

static void assert_refused(const char *text, const char *message)
{
	struct sw_arn arn;
	struct sw_error err = {0};
	assert_int_equal(sw_arn_parse(text, &arn, &err), SW_EARN);
	assert_string_equal(err.text, message);
}

/* Recorded: api/describe_execution_invalid_arn.e8aa and others. */
static void a_text_without_the_prefix_is_told_as_aws_tells_it(void **state)
{
	assert_refused("invalid_state_machine_arn",
		       "Invalid Arn: 'Invalid ARN prefix: invalid_state_machine_arn'");
	assert_refused("", "Invalid Arn: 'Invalid ARN prefix: '");
	assert_refused("arn:aws:lambda:us-east-1:1:function:f",
		       "Invalid Arn: 'Invalid ARN prefix: arn:aws:lambda:us-east-1:1:function:f'");
}

static void other_resource_types_are_refused(void **state)
{
	assert_refused("arn:aws:states:r:1:thing:x",
		       "Invalid Arn: 'Resource type not valid in this context: thing'");
}

static void arns_with_missing_or_empty_parts_are_refused(void **state)
{
	static const char *const texts[] = {
		"arn:aws:states:r:1:stateMachine",    "arn:aws:states:r:1:stateMachine:",
		"arn:aws:states:r:1:stateMachine:m:", "arn:aws:states:r:1:stateMachine:m:v:w",
		"arn:aws:states:r:1:stateMachine:m#", "arn:aws:states:r:1:stateMachine:#c",
		"arn:aws:states:r:1:execution:m",     "arn:aws:states:r:1:execution:m:",
		"arn:aws:states:r:1:execution:m:e:f", "arn:aws:states:r:1:execution::e",
		"arn:aws:states:r:1:activity:a:b",    "arn:aws:states:r:1:express:m:e:u:v",
		"arn:aws:states:::lambda:invoke",     "arn:aws:states:r:1",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sw_arn arn;
		if (sw_arn_parse(texts[i], &arn, NULL) != SW_EARN)
			fail_msg("%s was taken", texts[i]);
	}
}

static void parts_of_any_length_are_held_or_refused(void **state)
{
	static const char *const forms[] = {
		"arn:aws:states:r:1:stateMachine:%s",   "arn:aws:states:r:1:stateMachine:m:%s",
		"arn:aws:states:r:1:stateMachine:m#%s", "arn:aws:states:r:1:execution:m:%s",
		"arn:aws:states:r:1:execution:%s:e",    "arn:aws:states:%s:1:execution:m:e",
		"arn:aws:states:r:%s:execution:m:e",    "arn:aws:states:r:1:%s:m",
		"arn:aws%s:states:r:1:activity:a",      "arn:aws:%s:r:1:activity:a",
	};
	char part[1001], text[1200];
	for (size_t form = 0; form < sizeof(forms) / sizeof(forms[0]); form++) {
		for (size_t len = 1; len <= 1000; len++) {
			struct sw_arn arn;
			memset(part, 'x', len);
			part[len] = '\0';
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(text, sizeof(text), forms[form], part);
#pragma GCC diagnostic pop
			enum sw_result r = sw_arn_parse(text, &arn, NULL);
			assert_true(r == SW_OK || r == SW_EARN);
			if (r == SW_OK && form == 0)
				assert_string_equal(arn.name, part);
		}
	}
}

static void every_status_has_its_name(void **state)
{
	assert_string_equal(sw_status_name(SW_STATUS_RUNNING), "RUNNING");
	assert_string_equal(sw_status_name(SW_STATUS_SUCCEEDED), "SUCCEEDED");
	assert_string_equal(sw_status_name(SW_STATUS_FAILED), "FAILED");
	assert_string_equal(sw_status_name(SW_STATUS_TIMED_OUT), "TIMED_OUT");
	assert_string_equal(sw_status_name(SW_STATUS_ABORTED), "ABORTED");
	assert_string_equal(sw_status_name(SW_STATUS_PENDING_REDRIVE), "PENDING_REDRIVE");
	assert_string_equal(sw_status_name((enum sw_status)99), "UNKNOWN");
}

static void names_of_80_characters_are_allowed_and_81_are_not(void **state)
{
	char name[4 * 81 + 1] = "";
	for (int i = 0; i < 80; i++)
		strcat(name, "\xf0\x9f\x90\x9d"); /* a bee, four bytes */
	assert_int_equal(sw_name_check(name, NULL), SW_OK);
	strcat(name, "x");
	assert_int_equal(sw_name_check(name, NULL), SW_ENAME);
	assert_int_equal(sw_name_check("a", NULL), SW_OK);
	assert_int_equal(sw_name_check("", NULL), SW_ENAME);
	assert_int_equal(sw_name_check(NULL, NULL), SW_ENAME);
}

/* Recorded: api_activities/create_describe_delete_activity_* */
static void ordinary_names_are_allowed(void **state)
{
	static const char *const names[] = {
		"activity1",  "activity-123_name", "ACTIVITY_NAME_v2.0",      "a.b",
		"(x)=1+2!@'", "\xc3\xa9t\xc3\xa9", "\xe6\xb3\xa8\xe6\x96\x87"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(sw_name_check(names[i], NULL), SW_OK);
}

/* Recorded: api_activities/create_activity_invalid_name_activity_* */
static void names_with_special_characters_are_told_as_aws_tells_them(void **state)
{
	static const char forbidden[] = " \t\n<>{}[]?*\"#%\\^|~`$&,;:/\x7f\x01";
	for (const char *c = forbidden; *c; c++) {
		char name[16], message[40];
		struct sw_error err = {0};
		snprintf(name, sizeof(name), "activity%cname", *c);
		assert_int_equal(sw_name_check(name, &err), SW_ENAME);
		snprintf(message, sizeof(message), "Invalid Name: 'activity%cname'",
			 (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c);
		assert_string_equal(err.text, message);
	}
}

static void names_with_other_forbidden_characters_or_broken_utf8_are_refused(void **state)
{
	static const char *const names[] = {
		"a\xc2\x85",         /* U+0085, a control character */
		"a\xc2\xa0",         /* a no-break space */
		"a\xe3\x80\x80",     /* an ideographic space */
		"a\xe2\x80\xa8",     /* a line separator */
		"a\xef\xbf\xbe",     /* U+FFFE */
		"a\xef\xbf\xbf",     /* U+FFFF */
		"a\xf4\x8f\xbf\xbf", /* U+10FFFF */
		"a\xed\xa0\x80",     /* a surrogate */
		"a\xc0\xaf",         /* an overlong slash */
		"a\xe0\x80\xaf",     /* another */
		"a\xf4\x90\x80\x80", /* beyond Unicode */
		"a\xc3",             /* cut */
		"a\xf0\x9f\x90",     /* cut */
		"\x80",              /* a continuation byte alone */
		"a\xff",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (sw_name_check(names[i], NULL) != SW_ENAME)
			fail_msg("name %zu was taken", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arns_are_made_as_aws_makes_them),
		cmocka_unit_test(arns_are_taken_apart),
		cmocka_unit_test(a_text_without_the_prefix_is_told_as_aws_tells_it),
		cmocka_unit_test(other_resource_types_are_refused),
		cmocka_unit_test(arns_with_missing_or_empty_parts_are_refused),
		cmocka_unit_test(parts_of_any_length_are_held_or_refused),
		cmocka_unit_test(every_status_has_its_name),
		cmocka_unit_test(names_of_80_characters_are_allowed_and_81_are_not),
		cmocka_unit_test(ordinary_names_are_allowed),
		cmocka_unit_test(names_with_special_characters_are_told_as_aws_tells_them),
		cmocka_unit_test(names_with_other_forbidden_characters_or_broken_utf8_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
