/*
 * Credentials, signatures and limits with the first, second, third ... allocation failing, until none fails: nothing is
 * allowed by accident, nothing leaks.
 */
#include "server/access.h"
#include "server/auth.h"
#include "server/private_file.h"
#include "tests/lib/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the sweeps ---- */

#define KEYS                                                                                     \
	"{\"credentials\":[{\"accessKeyId\":\"AKIDEXAMPLE\",\"secretAccessKey\":"                \
	"\"wJalrXUtnFEMI/"                                                                       \
	"K7MDENG+bPxRfiCYEXAMPLEKEY\",\"actions\":[\"states:Start*\"],\"stateMachines\":[\"a\"," \
	"\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"order-*\"]}]}"
#define MACHINE "arn:aws:states:us-east-1:123456789012:stateMachine:"
#define NOW_MS 1440938160000 /* 2015-08-30T12:36:00Z */

static struct sw_credentials *parsed(void)
{
	struct sw_credentials *credentials = NULL;
	assert_int_equal(sw_credentials_parse(KEYS, strlen(KEYS), &credentials, NULL), SW_OK);
	return credentials;
}

static void a_file_is_read_whole_or_not_at_all(void **state)
{
	long fail_at = 1;
	for (bool failed = true; failed; fail_at++) {
		struct sw_credentials *credentials = NULL;
		struct sw_error err = {0};
		failing_malloc_begin(fail_at, 1);
		enum sw_result r = sw_credentials_parse(KEYS, strlen(KEYS), &credentials, &err);
		failed = failing_malloc_end() > 0;
		assert_int_equal(r, failed ? SW_ENOMEM : SW_OK);
		assert_int_equal(err.code, r);
		assert_int_equal(credentials != NULL, !failed);
		sw_credentials_free(credentials);
	}
	assert_true(fail_at > 5);
}

/* The same request with a signature (as in test_auth.c) that is right or wrong, or expired. */
static void sweep_signature(const char *signature, int64_t now_ms, enum sw_auth_verdict expected)
{
	struct sw_credentials *credentials = parsed();
	const struct sw_auth_rules rules = {credentials, "us-east-1", now_ms};
	char authorization[512];
	int len = snprintf(authorization, sizeof(authorization),
			   "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/states/aws4_request, "
			   "SignedHeaders=host;x-amz-date, Signature=%s",
			   signature);
	const struct sw_auth_field headers[] = {{"Host", "example.com", 4, 11},
						{"X-Amz-Date", "20150830T123600Z", 10, 16},
						{"Authorization", authorization, 13, (size_t)len}},
				   query[] = {{"Param2", "value2", 6, 6}, {"Param1", "value1", 6, 6}};
	const struct sw_auth_request request = {"POST", "/", headers, query, 3, 2};
	long fail_at = 1;
	for (bool failed = true; failed; fail_at++) {
		struct sw_buf message = SW_BUF;
		const struct sw_credential *caller = NULL;
		failing_malloc_begin(fail_at, 1);
		enum sw_auth_verdict verdict = sw_auth_check(&request, &rules, "", 0, &caller, &message);
		failed = failing_malloc_end() > 0;
		assert_int_equal(verdict, failed ? SW_AUTH_NO_MEMORY : expected);
		assert_int_equal(caller != NULL, verdict == SW_AUTH_VALID);
		sw_buf_done(&message);
	}
	assert_true(fail_at > 2);
	sw_credentials_free(credentials);
}

static void without_memory_no_signature_is_valid(void **state)
{
	static const char right[] = "a957784384d119fac10c508f13e7d58ad099e304eeffe71e8461d70747325087";
	static const char wrong[] = "b957784384d119fac10c508f13e7d58ad099e304eeffe71e8461d70747325087";
	sweep_signature(right, NOW_MS, SW_AUTH_VALID);
	sweep_signature(wrong, NOW_MS, SW_AUTH_INVALID);
	sweep_signature(right, NOW_MS + 3600000, SW_AUTH_INVALID);
}

static void without_memory_nothing_is_allowed(void **state)
{
	static const char *const cases[] = {"order-1", "pay"};
	struct sw_credentials *credentials = parsed();
	const struct sw_credential *caller = sw_credentials_find(credentials, "AKIDEXAMPLE", 11);
	for (size_t i = 0; i < 2; i++) {
		char arn[128];
		snprintf(arn, sizeof(arn), MACHINE "%s", cases[i]);
		json_t *request = json_pack("{s:s}", "stateMachineArn", arn);
		const struct sw_access access = {"us-east-1", "123456789012", "StartExecution", request};
		long fail_at = 1;
		for (bool failed = true; failed; fail_at++) {
			struct sw_buf message = SW_BUF;
			failing_malloc_begin(fail_at, 1);
			bool allowed = sw_access_allows(caller, &access, &message);
			failed = failing_malloc_end() > 0;
			assert_int_equal(allowed, !failed && i == 0);
			sw_buf_done(&message);
		}
		assert_true(fail_at > 2);
		json_decref(request);
	}
	sw_credentials_free(credentials);
}

static void a_private_file_is_read_or_not(void **state)
{
	char path[] = "/tmp/stepwell-private-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, "secret", 6) == 6);
	close(fd);
	for (long fail_at = 1; fail_at < 3; fail_at++) {
		char *text = NULL;
		size_t len = 0;
		failing_malloc_begin(fail_at, 1);
		enum sw_result r = sw_private_file_read(path, "the file", true, 6, &text, &len, NULL);
		failing_malloc_end();
		assert_int_equal(r, fail_at == 1 ? SW_ENOMEM : SW_OK);
		assert_int_equal(len, fail_at == 1 ? 0 : 6);
		sw_private_file_free(text, len);
	}
	char *text = NULL;
	size_t len = 0;
	assert_int_equal(sw_private_file_read(path, "the file", true, 5, &text, &len, NULL), SW_EINVAL);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(sw_private_file_read(path, "the file", true, 6, &text, &len, NULL), SW_EINVAL);
	assert_int_equal(sw_private_file_read(path, "the file", false, 6, &text, &len, NULL), SW_OK);
	assert_string_equal(text, "secret");
	sw_private_file_free(text, len);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_whole_or_not_at_all),
		cmocka_unit_test(without_memory_no_signature_is_valid),
		cmocka_unit_test(without_memory_nothing_is_allowed),
		cmocka_unit_test(a_private_file_is_read_or_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
