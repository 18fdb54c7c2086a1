#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "engine/tasks/tasks.h"

#include <stdio.h>
#include <string.h>

static const char *const shop =
	"{`StateMachines`: {`shop`: {`TestCases`: {\n"
	"   `happy`: {`Pay`: `paid`, `Ship`: `empty`},\n"
	"   `broke`: {`Pay`: `declined`}}}},\n"
	" `MockedResponses`: {\n"
	"   `paid`: {`0`: {`Return`: {`ok`: true, `price`: 1.10, `n`: 12345678901234567890}}},\n"
	"   `empty`: {},\n"
	"   `declined`: {`3-5`: {`Return`: `at last`}, `0`: {`Throw`: {`Error`: `Card.Declined`, `Cause`: "
	"`no`}},\n"
	"                `1-2`: {`Throw`: {`Error`: `Card.Busy`}}}}}";

static enum sw_result load(const char *text, struct sw_mocks **ret_mocks, struct sw_error *err)
{
	struct sw_buf buf = SW_BUF;
	for (; *text; text++)
		sw_buf_char(&buf, *text == '`' ? '"' : *text);
	memset(err, 0, sizeof(*err));
	enum sw_result r = sw_mocks_new(buf.data ? buf.data : "", buf.len, ret_mocks, err);
	sw_buf_done(&buf);
	return r;
}

static void a_return_is_compact_text(void **state)
{
	struct sw_mocks *mocks;
	struct sw_error err;
	struct sw_mock mock;
	assert_int_equal(load(shop, &mocks, &err), SW_OK);
	assert_int_equal(sw_mocks_find(mocks, "shop", "happy", "Pay", 0, &mock), SW_OK);
	assert_string_equal(mock.output, "{\"ok\":true,\"price\":1.1,\"n\":12345678901234567890}");
	assert_int_equal(mock.output_len, strlen(mock.output));
	assert_null(mock.error);
	sw_mocks_free(mocks);
	sw_mocks_free(NULL);
}

static void invocations_are_found_in_their_ranges(void **state)
{
	struct sw_mocks *mocks;
	struct sw_error err;
	struct sw_mock mock;
	assert_int_equal(load(shop, &mocks, &err), SW_OK);
	assert_int_equal(sw_mocks_find(mocks, "shop", "broke", "Pay", 0, &mock), SW_OK);
	assert_null(mock.output);
	assert_string_equal(mock.error, "Card.Declined");
	assert_string_equal(mock.cause, "no");
	for (uint32_t i = 1; i <= 2; i++) {
		assert_int_equal(sw_mocks_find(mocks, "shop", "broke", "Pay", i, &mock), SW_OK);
		assert_string_equal(mock.error, "Card.Busy");
		assert_null(mock.cause);
	}
	for (uint32_t i = 3; i <= 5; i++) {
		assert_int_equal(sw_mocks_find(mocks, "shop", "broke", "Pay", i, &mock), SW_OK);
		assert_string_equal(mock.output, "\"at last\"");
		assert_null(mock.error);
	}
	assert_int_equal(sw_mocks_find(mocks, "shop", "broke", "Pay", 6, &mock), SW_ELIMIT);
	assert_int_equal(sw_mocks_find(mocks, "shop", "broke", "Pay", UINT32_MAX, &mock), SW_ELIMIT);
	sw_mocks_free(mocks);
}

static void what_is_not_mocked_runs_for_real(void **state)
{
	struct sw_mocks *mocks;
	struct sw_error err;
	struct sw_mock mock;
	assert_int_equal(load(shop, &mocks, &err), SW_OK);
	assert_int_equal(sw_mocks_find(mocks, "shop", "broke", "Ship", 0, &mock), SW_ENOENT);
	assert_int_equal(sw_mocks_find(mocks, "shop", "other", "Pay", 0, &mock), SW_ENOENT);
	assert_int_equal(sw_mocks_find(mocks, "other", "happy", "Pay", 0, &mock), SW_ENOENT);
	/* a response without answers mocks the state, and answers nothing */
	assert_int_equal(sw_mocks_find(mocks, "shop", "happy", "Ship", 0, &mock), SW_ELIMIT);
	assert_int_equal(sw_mocks_check(mocks, "shop", "happy"), SW_OK);
	assert_int_equal(sw_mocks_check(mocks, "shop", "other"), SW_ENOENT);
	assert_int_equal(sw_mocks_check(mocks, "other", "happy"), SW_ENOENT);
	sw_mocks_free(mocks);
}

static void a_gap_between_ranges_answers_nothing(void **state)
{
	struct sw_mocks *mocks;
	struct sw_error err;
	struct sw_mock mock;
	assert_int_equal(load("{`StateMachines`: {`m`: {`TestCases`: {`c`: {`S`: `r`}}}}, `MockedResponses`:"
			      "{`r`: {`1`: {`Return`: null}, `5-6`: {`Return`: 5}}}}",
			      &mocks, &err),
			 SW_OK);
	assert_int_equal(sw_mocks_find(mocks, "m", "c", "S", 0, &mock), SW_ELIMIT);
	assert_int_equal(sw_mocks_find(mocks, "m", "c", "S", 1, &mock), SW_OK);
	assert_string_equal(mock.output, "null");
	assert_int_equal(sw_mocks_find(mocks, "m", "c", "S", 3, &mock), SW_ELIMIT);
	assert_int_equal(sw_mocks_find(mocks, "m", "c", "S", 6, &mock), SW_OK);
	sw_mocks_free(mocks);
}

static void a_file_may_hold_thousands_of_machines(void **state)
{
	struct sw_buf text = SW_BUF;
	struct sw_mocks *mocks;
	struct sw_mock mock;
	sw_buf_text(&text, "{\"StateMachines\": {");
	for (int i = 0; i < 3000; i++)
		sw_buf_printf(&text, "%s\"m%d\": {\"TestCases\": {\"c\": {\"S\": \"r%d\"}}}", i ? "," : "", i,
			      i);
	sw_buf_text(&text, "}, \"MockedResponses\": {");
	for (int i = 0; i < 3000; i++)
		sw_buf_printf(&text, "%s\"r%d\": {\"0\": {\"Return\": %d}}", i ? "," : "", i, i);
	sw_buf_text(&text, "}}");
	assert_int_equal(sw_mocks_new(text.data, text.len, &mocks, NULL), SW_OK);
	sw_buf_done(&text);
	for (int i = 0; i < 3000; i++) {
		char machine[16], number[16];
		snprintf(machine, sizeof(machine), "m%d", i);
		snprintf(number, sizeof(number), "%d", i);
		assert_int_equal(sw_mocks_find(mocks, machine, "c", "S", 0, &mock), SW_OK);
		assert_string_equal(mock.output, number);
	}
	sw_mocks_free(mocks);
}

static void mistakes_are_told_with_their_place(void **state)
{
#define MACHINES "{`StateMachines`: {`m`: {`TestCases`: {`c`: {`S`: `r`}}}},\n `MockedResponses`: "
	static const struct {
		const char *text;
		uint32_t line, column;
		const char *pointer, *part;
	} cases[] = {
		{"[]", 1, 1, "", "must be an object, not array"},
		{"{", 1, 2, "", ""},
		{"{`StateMachines`: {}}", 1, 1, "", "\"MockedResponses\" is missing"},
		{"{`MockedResponses`: {}}", 1, 1, "", "\"StateMachines\" is missing"},
		{"{`StateMachines`: {},\n`MockedResponse`: {}}", 2, 1, "/MockedResponse", "not known here"},
		{MACHINES "{}}", 1, 51, "/StateMachines/m/TestCases/c/S", "no mocked response named \"r\""},
		{"{`StateMachines`: {`m`: {`Cases`: 1}}, `MockedResponses`: {}}", 1, 26,
		 "/StateMachines/m/Cases", "known are TestCases"},
		{"{`StateMachines`: {`m`: {}}, `MockedResponses`: {}}", 1, 25, "/StateMachines/m",
		 "is missing"},
		{"{`StateMachines`: {`m`: {`TestCases`: {`c`: {`S`: 1}}}}, `MockedResponses`: {}}", 1, 51,
		 "/StateMachines/m/TestCases/c/S", "must be a string"},
		{MACHINES "{`r`: {`0`: {}}}}", 2, 28, "/MockedResponses/r/0",
		 "either a \"Return\" or a \"Throw\""},
		{MACHINES "{`r`: {`0`: {`Return`: 1, `Throw`: {}}}}}", 2, 28, "/MockedResponses/r/0",
		 "either"},
		{MACHINES "{`r`: {`0`: {`Retrun`: 1}}}}", 2, 34, "/MockedResponses/r/0/Retrun", "not known"},
		{MACHINES "{`r`: {`0`: {`Throw`: {}}}}}", 2, 43, "/MockedResponses/r/0/Throw",
		 "needs an \"Error\""},
		{MACHINES "{`r`: {`0`: {`Throw`: {`Error`: 1}}}}}", 2, 53, "/MockedResponses/r/0/Throw/Error",
		 "must be a string"},
		{MACHINES "{`r`: {`0`: {`Throw`: {`error`: `E`}}}}}", 2, 44,
		 "/MockedResponses/r/0/Throw/error", "known are Error, Cause"},
		{MACHINES "{`r`: {`2-1`: {`Return`: 1}}}}", 2, 28, "/MockedResponses/r/2-1", "nor a range"},
		{MACHINES "{`r`: {`-1`: {`Return`: 1}}}}", 2, 28, "/MockedResponses/r/-1", "nor a range"},
		{MACHINES "{`r`: {`1-`: {`Return`: 1}}}}", 2, 28, "/MockedResponses/r/1-", "nor a range"},
		{MACHINES "{`r`: {`1x`: {`Return`: 1}}}}", 2, 28, "/MockedResponses/r/1x", "nor a range"},
		{MACHINES "{`r`: {`99999999999`: {`Return`: 1}}}}", 2, 28, "/MockedResponses/r/99999999999",
		 "nor a range"},
		{MACHINES "{`r`: {`3`: {`Return`: 1},\n`1-4`: {`Return`: 1}}}}", 3, 1,
		 "/MockedResponses/r/1-4", "\"1-4\" overlaps with \"3\""},
		{MACHINES "{`r`: {`0`: {`Return`: 1},\n`00`: {`Return`: 1}}}}", 3, 1, "/MockedResponses/r/00",
		 "overlaps"},
		{MACHINES "{`r`: {`0`: {`Return`: 1},\n`0`: {`Return`: 1}}}}", 3, 1, "", ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sw_mocks *mocks = NULL;
		struct sw_error err;
		enum sw_result r = load(cases[i].text, &mocks, &err);
		if (r != SW_EDEFINITION || err.code != r || !strstr(err.text, cases[i].part) ||
		    strcmp(err.pointer, cases[i].pointer) != 0 || err.line != cases[i].line ||
		    (cases[i].column != err.column && cases[i].pointer[0]))
			fail_msg("%s\n%d %u:%u: %s: %s", cases[i].text, r, err.line, err.column, err.pointer,
				 err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_return_is_compact_text),
		cmocka_unit_test(invocations_are_found_in_their_ranges),
		cmocka_unit_test(what_is_not_mocked_runs_for_real),
		cmocka_unit_test(a_gap_between_ranges_answers_nothing),
		cmocka_unit_test(a_file_may_hold_thousands_of_machines),
		cmocka_unit_test(mistakes_are_told_with_their_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
