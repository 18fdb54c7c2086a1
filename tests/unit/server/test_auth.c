/*
 * AWS Signature Version 4. The signatures here were computed by two other implementations that agree: the standard
 * library of Python (hmac, hashlib), and botocore 1.29 (SigV4Auth, with the time set to 2015-08-30T12:36:00Z), for
 * the access key and secret of AWS's published test suite, region us-east-1, service states. "twice", "date" and the
 * requests that botocore does not make are by Python alone.
 */
#include "base/hash.h"
#include "server/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS                                                                                             \
	"{\"credentials\": [{\"accessKeyId\": \"AKIDEXAMPLE\", \"user\": \"ada\", \"secretAccessKey\": " \
	"\"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\"}]}"
#define SCOPE "AKIDEXAMPLE/20150830/us-east-1/states/aws4_request"
#define NOW_MS 1440938160000 /* 2015-08-30T12:36:00Z */
#define FIELDS 12

#define HOST                          \
	{                             \
		"Host", "example.com" \
	}
#define DATE                                     \
	{                                        \
		"X-Amz-Date", "20150830T123600Z" \
	}
#define TARGET                                                       \
	{                                                            \
		"X-Amz-Target", "AWSStepFunctions.ListStateMachines" \
	}
#define TYPE                                                 \
	{                                                    \
		"Content-Type", "application/x-amz-json-1.0" \
	}

struct pair {
	const char *name, *value;
};

/* A request; signed_headers NULL: the whole Authorization header is among the headers. */
struct asked {
	struct pair headers[FIELDS], query[FIELDS];
	const char *body, *signed_headers, *signature, *scope;
};

static struct sw_credentials *credentials(void)
{
	struct sw_credentials *parsed = NULL;
	struct sw_error err = {0};
	if (sw_credentials_parse(KEYS, strlen(KEYS), &parsed, &err) != SW_OK)
		fail_msg("%s", err.text);
	return parsed;
}

static size_t fill(const struct pair *pairs, struct sw_auth_field *fields)
{
	size_t count = 0;
	for (; count < FIELDS && pairs[count].name; count++)
		fields[count] = (struct sw_auth_field){pairs[count].name, pairs[count].value,
						       strlen(pairs[count].name),
						       pairs[count].value ? strlen(pairs[count].value) : 0};
	return count;
}

/* The verdict at a time; text gets the message. head: only what comes before the body. */
static enum sw_auth_verdict judge(const struct asked *asked, int64_t now_ms, bool head, char *text,
				  size_t bytes)
{
	struct sw_credentials *known = credentials();
	struct sw_auth_rules rules = {known, "us-east-1", now_ms};
	struct sw_auth_field headers[FIELDS + 1], query[FIELDS];
	struct sw_buf message = SW_BUF;
	const struct sw_credential *caller = NULL;
	char authorization[1024];
	struct sw_auth_request request = {
		"POST", "/", headers, query, fill(asked->headers, headers), fill(asked->query, query)};
	if (asked->signed_headers) {
		int len = snprintf(authorization, sizeof(authorization),
				   "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=%s, Signature=%s",
				   asked->scope ? asked->scope : SCOPE, asked->signed_headers,
				   asked->signature);
		headers[request.headers_count++] =
			(struct sw_auth_field){"Authorization", authorization, 13, (size_t)len};
	}
	const char *body = asked->body ? asked->body : "";
	enum sw_auth_verdict verdict =
		head ? sw_auth_check_head(&request, &rules, &message)
		     : sw_auth_check(&request, &rules, body, strlen(body), &caller, &message);
	assert_int_equal(verdict == SW_AUTH_VALID, message.len == 0);
	if (verdict == SW_AUTH_VALID && !head)
		assert_string_equal(caller->user, "ada");
	snprintf(text, bytes, "%s", message.data ? message.data : "");
	sw_buf_done(&message);
	sw_credentials_free(known);
	return verdict;
}

static void assert_valid(const struct asked *asked)
{
	char text[4096];
	if (judge(asked, NOW_MS, false, text, sizeof(text)) != SW_AUTH_VALID)
		fail_msg("%s", text);
	assert_int_equal(judge(asked, NOW_MS, true, text, sizeof(text)), SW_AUTH_VALID);
}

/* Refused before the body with just this text. */
static void assert_refused(const struct asked *asked, enum sw_auth_verdict verdict, const char *message)
{
	char text[4096];
	assert_int_equal(judge(asked, NOW_MS, true, text, sizeof(text)), verdict);
	assert_string_equal(text, message);
	assert_int_equal(judge(asked, NOW_MS, false, text, sizeof(text)), verdict);
}

static const struct asked typical = {
	.headers = {HOST, DATE, TARGET, TYPE},
	.body = "{\"maxResults\":7}",
	.signed_headers = "content-type;host;x-amz-date;x-amz-target",
	.signature = "ac0272d7db1da866f5010b8166351f34c3dd2a12928bf8e8b8367d29e412aa81",
};

/* ---- what is signed ---- */

static void test_requests_that_others_have_signed_are_valid(void **state)
{
	static const struct asked cases[] = {
		{.headers = {HOST, DATE},
		 .signed_headers = "host;x-amz-date",
		 .signature = "0828f3d7a7581a08299e6c8e009f1005f60803f1b9717ecb32643f7f69a0b75d"},
		{.headers = {HOST, DATE, {"My-Header1", "  value1"}, {"My-Header2", " \"a   b   c\"  "}},
		 .signed_headers = "host;my-header1;my-header2;x-amz-date",
		 .signature = "d42417d03d4e4d98aa7df0cc5b6a264402b1aca45ebcc4bd5059ad9ada4d5581"},
		{.headers = {HOST, DATE},
		 .query = {{"Param2", "value2"}, {"Param1", "value1"}},
		 .signed_headers = "host;x-amz-date",
		 .signature = "a957784384d119fac10c508f13e7d58ad099e304eeffe71e8461d70747325087"},
		{.headers = {HOST, DATE},
		 .query = {{"Param1", "value2"}, {"Param1", "Value1"}},
		 .signed_headers = "host;x-amz-date",
		 .signature = "3d2d3507d9e71bb61d3a361e8f2da3acce474617b0d3e2b6a132b59b59d659cd"},
		{.headers = {HOST, DATE},
		 .query = {{"a b", "x/y"}, {"\xE1\x88\xB4", "~*"}},
		 .signed_headers = "host;x-amz-date",
		 .signature = "9ab1b4d78fc7aed1c3eb6649d7b9afefac21452652c01c6e4bcaf574e1012e39"},
		{.headers = {HOST, DATE},
		 .query = {{"flag", NULL}},
		 .signed_headers = "host;x-amz-date",
		 .signature = "6ac7a97bcb9693bda5215c54688a08134cb633537c48640e9a190c910a8e7fb7"},
	};
	assert_valid(&typical);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_valid(&cases[i]);
}

static void test_a_header_that_came_several_times_is_one(void **state)
{
	assert_valid(&(struct asked){
		.headers = {HOST,
			    DATE,
			    {"My-Header1", "value2"},
			    {"my-header1", "value2"},
			    {"MY-HEADER1", "value1"}},
		.signed_headers = "host;my-header1;x-amz-date",
		.signature = "13e0eaa4edf70a37fcca81aa8fd10a2527655d267106937b12d8a372beb260a6"});
}

static void test_the_date_header_is_the_time_without_x_amz_date(void **state)
{
	assert_valid(&(struct asked){
		.headers = {HOST, {"Date", "Sun, 30 Aug 2015 12:36:00 GMT"}},
		.signed_headers = "date;host",
		.signature = "af7c02e062482d046342a19ff00f31b75628b97c1b140241f297efe91a6f3546"});
}

static void test_the_hash_of_the_body_in_a_header_must_be_right(void **state)
{
	struct asked asked = {
		.headers = {HOST,
			    DATE,
			    {"X-Amz-Content-Sha256",
			     "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}},
		.body = "{}",
		.signed_headers = "host;x-amz-content-sha256;x-amz-date",
		.signature = "c18d4a0dd8413c93a0431553c328e4a829e38767a035229915cf5f7a5b02ac32"};
	char text[4096];
	assert_valid(&asked);
	asked.body = "{ }";
	assert_int_equal(judge(&asked, NOW_MS, false, text, sizeof(text)), SW_AUTH_INVALID);
	assert_string_equal(text,
			    "The provided 'x-amz-content-sha256' header does not match what was computed.");
	asked.headers[2].value = "UNSIGNED-PAYLOAD";
	assert_int_equal(judge(&asked, NOW_MS, false, text, sizeof(text)), SW_AUTH_INVALID);
}

/* sha256 of the canonical requests get-vanilla and post-vanilla, as AWS's test suite has them. */
static void test_canonical_requests_are_those_of_the_published_suite(void **state)
{
	static const struct {
		const char *method, *digest;
	} cases[] = {{"GET", "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63"},
		     {"POST", "553f88c9e4d10fc9e109e2aeb65f030801b70c2f6468faca261d401ae622fc87"}};
	static const struct pair pairs[FIELDS] = {{"Host", "example.amazonaws.com"}, DATE};
	struct sw_auth_field headers[FIELDS];
	size_t count = fill(pairs, headers);
	for (size_t i = 0; i < 2; i++) {
		struct sw_auth_request request = {cases[i].method, "/", headers, NULL, count, 0};
		struct sw_buf text = SW_BUF;
		uint8_t digest[SW_SHA256_BYTES];
		char hex[2 * SW_SHA256_BYTES + 1];
		assert_int_equal(sw_auth_canonical(&request, sw_slice("host;x-amz-date", 15), &text), SW_OK);
		sw_buf_text(&text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
		assert_int_equal(sw_sha256(text.data, text.len, digest), SW_OK);
		sw_hex(digest, sizeof(digest), hex);
		assert_string_equal(hex, cases[i].digest);
		sw_buf_done(&text);
	}
}

static void test_nothing_that_is_signed_can_be_changed(void **state)
{
	char text[4096];
	for (int change = 0; change < 6; change++) {
		struct asked asked = typical;
		char signature[65];
		snprintf(signature, sizeof(signature), "%s", asked.signature);
		if (change == 0)
			asked.body = "{\"maxResults\":8}";
		else if (change == 1)
			asked.headers[2].value = "AWSStepFunctions.DeleteStateMachine";
		else if (change == 2)
			asked.headers[0].value = "example.net";
		else if (change == 3)
			asked.headers[1].value = "20150830T123601Z";
		else if (change == 4)
			asked.query[0] = (struct pair){"a", "b"};
		else
			signature[63] ^= 1;
		asked.signature = signature;
		assert_int_equal(judge(&asked, NOW_MS, true, text, sizeof(text)), SW_AUTH_VALID);
		assert_int_equal(judge(&asked, NOW_MS, false, text, sizeof(text)), SW_AUTH_INVALID);
	}
}

static void test_signatures_of_other_forms_are_wrong(void **state)
{
	static const char *const wrong[] = {
		"0", "zz", "AC0272D7DB1DA866F5010B8166351F34C3DD2A12928BF8E8B8367D29E412AA81",
		"ac0272d7db1da866f5010b8166351f34c3dd2a12928bf8e8b8367d29e412aa8",
		"ac0272d7db1da866f5010b8166351f34c3dd2a12928bf8e8b8367d29e412aa81ac"};
	char text[4096];
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct asked asked = typical;
		asked.signature = wrong[i];
		assert_int_equal(judge(&asked, NOW_MS, false, text, sizeof(text)), SW_AUTH_INVALID);
	}
}

static void test_a_wrong_signature_is_answered_with_what_should_have_been_signed(void **state)
{
	struct asked asked = typical;
	char text[4096];
	asked.signature = "0000000000000000000000000000000000000000000000000000000000000000";
	assert_int_equal(judge(&asked, NOW_MS, false, text, sizeof(text)), SW_AUTH_INVALID);
	assert_string_equal(
		text, "The request signature we calculated does not match the signature you provided. Check "
		      "your AWS Secret "
		      "Access Key and signing method. Consult the service documentation for details.\n\n"
		      "The Canonical String for this request should have been\n"
		      "'POST\n/\n\ncontent-type:application/"
		      "x-amz-json-1.0\nhost:example.com\nx-amz-date:20150830T123600Z\n"
		      "x-amz-target:AWSStepFunctions.ListStateMachines\n\ncontent-type;host;x-amz-date;x-amz-"
		      "target\n"
		      "022abfe2d04d5cf69c832281c2ab3d67c6d35dd2af6201fd2debb89ab101415c'\n\n"
		      "The String-to-Sign should have been\n"
		      "'AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/states/aws4_request\n"
		      "566de1a49cf5be64aad7664d0e5bd17ea42a2ed01fd00073c0042760daaa2828'\n");
	assert_null(strstr(text, typical.signature));
}

static void test_a_long_request_is_not_shown(void **state)
{
	struct asked asked = typical;
	char text[4096], *long_value = malloc(20001);
	memset(long_value, 'x', 20000);
	long_value[20000] = '\0';
	asked.headers[3].value = long_value;
	assert_int_equal(judge(&asked, NOW_MS, false, text, sizeof(text)), SW_AUTH_INVALID);
	assert_true(strlen(text) < 300);
	free(long_value);
}

/* ---- when ---- */

static void test_a_signature_is_good_for_five_minutes_before_and_after(void **state)
{
	char text[4096];
	assert_int_equal(judge(&typical, NOW_MS + 300000, false, text, sizeof(text)), SW_AUTH_VALID);
	assert_int_equal(judge(&typical, NOW_MS - 300000, false, text, sizeof(text)), SW_AUTH_VALID);
	assert_int_equal(judge(&typical, NOW_MS + 301000, true, text, sizeof(text)), SW_AUTH_INVALID);
	assert_string_equal(text, "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
				  "(20150830T124101Z - 5 min.)");
	assert_int_equal(judge(&typical, NOW_MS - 301000, true, text, sizeof(text)), SW_AUTH_INVALID);
	assert_string_equal(
		text, "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z "
		      "(20150830T123059Z + 5 min.)");
}

static void test_times_are_read_in_two_forms(void **state)
{
	static const char *const wrong[] = {"",
					    "20150830T123600",
					    "20150830T123600z",
					    "20150230T123600Z",
					    "2015-08-30T12:36:00Z",
					    "20150830 123600Z",
					    "2015083OT123600Z",
					    "Sun, 30 Aug 2015 12:36:00 CET",
					    "Sun, 30 Avg 2015 12:36:00 GMT",
					    "Sun, 30 ugS 2015 12:36:00 GMT",
					    "Sun. 30 Aug 2015 12:36:00 GMT"};
	static const char *const right[] = {"20150830T123600Z", "  20150830T123600Z ",
					    "Sun, 30 Aug 2015 12:36:00 GMT"};
	char stamp[SW_AUTH_TIME_BYTES];
	int64_t time_ms;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(sw_auth_time_parse(wrong[i], strlen(wrong[i]), stamp, &time_ms));
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		assert_true(sw_auth_time_parse(right[i], strlen(right[i]), stamp, &time_ms));
		assert_string_equal(stamp, "20150830T123600Z");
		assert_int_equal(time_ms, NOW_MS);
	}
}

static void test_the_time_must_be_there_once_and_well_formed(void **state)
{
	struct asked asked = typical;
	asked.headers[1] = (struct pair){"X-Other", "x"};
	assert_refused(
		&asked, SW_AUTH_INCOMPLETE,
		"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
	asked.headers[1] = (struct pair){"X-Amz-Date", "now"};
	assert_refused(&asked, SW_AUTH_INCOMPLETE,
		       "Date must be in ISO-8601 'basic format'. Got 'now'. See "
		       "http://en.wikipedia.org/wiki/ISO_8601");
	asked = typical;
	asked.headers[4] = (struct pair)DATE;
	assert_refused(&asked, SW_AUTH_INCOMPLETE,
		       "Date must be in ISO-8601 'basic format'. Got '20150830T123600Z'. See "
		       "http://en.wikipedia.org/wiki/ISO_8601");
}

/* ---- who, and for what ---- */

static void test_without_a_signature_it_is_missing(void **state)
{
	assert_refused(&(struct asked){.headers = {HOST, DATE}}, SW_AUTH_MISSING,
		       "Missing Authentication Token");
	assert_refused(&(struct asked){.headers = {HOST, DATE, {"Authorization", " "}}}, SW_AUTH_MISSING,
		       "Missing Authentication Token");
}

static void test_unknown_keys_and_session_tokens_are_refused_alike(void **state)
{
	static const char invalid[] = "The security token included in the request is invalid.";
	struct asked asked = typical;
	asked.scope = "AKIDEXAMPLF/20150830/us-east-1/states/aws4_request";
	assert_refused(&asked, SW_AUTH_UNKNOWN_KEY, invalid);
	asked = typical;
	asked.headers[4] = (struct pair){"X-Amz-Security-Token", "abc"};
	assert_refused(&asked, SW_AUTH_UNKNOWN_KEY, invalid);
}

static void test_the_scope_must_be_this_region_service_and_day(void **state)
{
	static const struct {
		const char *scope, *text;
	} cases[] = {
		{"AKIDEXAMPLE/20150830/eu-west-1/states/aws4_request",
		 "Credential should be scoped to a valid region, not 'eu-west-1': the region of this server "
		 "is "
		 "'us-east-1'. "},
		{"AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request",
		 "Credential should be scoped to correct service: 'states'. "},
		{"AKIDEXAMPLE/20150830/us-east-1/states/aws3",
		 "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws3'. "},
		{"AKIDEXAMPLE/20150829/us-east-1/states/aws4_request",
		 "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
		 "'20150829' != "
		 "'20150830', from '20150830T123600Z'."},
		{"AKIDEXAMPLE/20150830/us-east-2/sqs/aws4_request",
		 "Credential should be scoped to correct service: 'states'. Credential should be scoped to a "
		 "valid "
		 "region, not 'us-east-2': the region of this server is 'us-east-1'. "},
		{"AKIDEXAMPLE//us-east-1/states/aws4_request",
		 "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
		 "'' != "
		 "'20150830', from '20150830T123600Z'."},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct asked asked = typical;
		asked.scope = cases[i].scope;
		assert_refused(&asked, SW_AUTH_INVALID, cases[i].text);
	}
}

static void test_host_and_target_must_be_signed(void **state)
{
	struct asked asked = {.headers = {HOST, DATE, TARGET},
			      .signed_headers = "host;x-amz-date",
			      .signature =
				      "0828f3d7a7581a08299e6c8e009f1005f60803f1b9717ecb32643f7f69a0b75d"};
	assert_refused(&asked, SW_AUTH_INVALID,
		       "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
	asked.signed_headers = "x-amz-date;x-amz-target";
	assert_refused(&asked, SW_AUTH_INVALID,
		       "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
}

static void test_signed_headers_are_in_order_and_bounded(void **state)
{
	static const char *const wrong[] = {"x-amz-date;host", "host;host;x-amz-date",
					    "Host;X-Amz-Date", "host;;x-amz-date",
					    ";host",           "host;"};
	char many[1024] = "a";
	struct asked asked = typical;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]) + 1; i++) {
		for (int n = 0; n < 70 && i == 0; n++)
			snprintf(many + strlen(many), sizeof(many) - strlen(many), ";a%02d", n);
		asked.signed_headers = i == 0 ? many : wrong[i - 1];
		assert_refused(&asked, SW_AUTH_INCOMPLETE,
			       "SignedHeaders must be at most 64 names in lower case, in alphabetical order, "
			       "without "
			       "repetition.");
	}
}

static void test_a_malformed_authorization_header_is_incomplete(void **state)
{
	static const struct {
		const char *header, *text;
	} cases[] = {
		{"Bearer abc",
		 "Authorization header must begin with 'AWS4-HMAC-SHA256': requests are signed with AWS "
		 "Signature Version 4, nothing else is accepted."},
		{"AWS4-HMAC-SHA256X Credential=a",
		 "Authorization header must begin with 'AWS4-HMAC-SHA256': requests are "
		 "signed with AWS Signature Version 4, nothing else is accepted."},
		/* the digests: printf %s ... | openssl dgst -sha256 -binary | base64 */
		{"AWS4-HMAC-SHA256 abc",
		 "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with "
		 "SHA-256 and encoded with Base64): 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='."},
		{"AWS4-HMAC-SHA256",
		 "Authorization header requires 'Credential' parameter. Authorization header requires "
		 "'Signature' "
		 "parameter. Authorization header requires 'SignedHeaders' parameter. (Hashed with SHA-256 "
		 "and encoded "
		 "with Base64) Authorization=YI2YWea8FSxnksZL2ETHbs5elHm9HQufxTLK0W0ffV0="},
		{"AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=",
		 "Authorization header requires 'Signature' parameter. (Hashed with SHA-256 and encoded with "
		 "Base64) "
		 "Authorization=XR/fbFDyMLvp4EfW9czvkKaCQmXaDQV/uubGZYwE0yM="},
		{"AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=0",
		 "Credential must have exactly 5 slash-delimited elements, e.g. "
		 "keyid/date/region/service/term."},
		{"AWS4-HMAC-SHA256 Credential=a/b/c/d/e/f, SignedHeaders=host, Signature=0",
		 "Credential must have exactly 5 slash-delimited elements, e.g. "
		 "keyid/date/region/service/term."},
		{"AWS4-HMAC-SHA256 Signature=0, Signature=1", "Authorization header has a parameter twice."},
		{"AWS4-HMAC-SHA256 Region=x", "Authorization header has a parameter other than 'Credential', "
					      "'SignedHeaders' and 'Signature'."},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(&(struct asked){.headers = {HOST, DATE, {"Authorization", cases[i].header}}},
			       SW_AUTH_INCOMPLETE, cases[i].text);
}

static void test_white_space_between_parameters_does_not_matter(void **state)
{
	static const char *const forms[] = {
		"AWS4-HMAC-SHA256 Credential=" SCOPE ",SignedHeaders=host;x-amz-date,Signature="
		"0828f3d7a7581a08299e6c8e009f1005f60803f1b9717ecb32643f7f69a0b75d",
		"  AWS4-HMAC-SHA256   "
		"Signature=0828f3d7a7581a08299e6c8e009f1005f60803f1b9717ecb32643f7f69a0b75d , "
		"SignedHeaders=host;x-amz-date,  Credential=" SCOPE " ,"};
	for (size_t i = 0; i < 2; i++)
		assert_valid(&(struct asked){.headers = {HOST, DATE, {"authorization", forms[i]}}});
}

static void test_there_is_one_authorization_header(void **state)
{
	struct asked asked = typical;
	asked.headers[4] = (struct pair){"Authorization", "AWS4-HMAC-SHA256 Credential=x"};
	assert_refused(&asked, SW_AUTH_INCOMPLETE, "There is more than one Authorization header.");
}

static void test_presigned_requests_are_told_that_they_are_not_supported(void **state)
{
	assert_refused(&(struct asked){.headers = {HOST}, .query = {{"X-Amz-Signature", "0"}}},
		       SW_AUTH_INCOMPLETE,
		       "Signatures in the query string (presigned URLs) are not supported: sign with the "
		       "Authorization "
		       "header.");
}

static void test_bytes_that_are_not_ascii_do_not_get_into_the_answer(void **state)
{
	struct asked asked = typical;
	char text[4096];
	asked.headers[3].value = "caf\xE9";
	assert_int_equal(judge(&asked, NOW_MS, false, text, sizeof(text)), SW_AUTH_INVALID);
	assert_non_null(strstr(text, "content-type:caf?\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests_that_others_have_signed_are_valid),
		cmocka_unit_test(test_a_header_that_came_several_times_is_one),
		cmocka_unit_test(test_the_date_header_is_the_time_without_x_amz_date),
		cmocka_unit_test(test_the_hash_of_the_body_in_a_header_must_be_right),
		cmocka_unit_test(test_canonical_requests_are_those_of_the_published_suite),
		cmocka_unit_test(test_nothing_that_is_signed_can_be_changed),
		cmocka_unit_test(test_signatures_of_other_forms_are_wrong),
		cmocka_unit_test(test_a_wrong_signature_is_answered_with_what_should_have_been_signed),
		cmocka_unit_test(test_a_long_request_is_not_shown),
		cmocka_unit_test(test_a_signature_is_good_for_five_minutes_before_and_after),
		cmocka_unit_test(test_times_are_read_in_two_forms),
		cmocka_unit_test(test_the_time_must_be_there_once_and_well_formed),
		cmocka_unit_test(test_without_a_signature_it_is_missing),
		cmocka_unit_test(test_unknown_keys_and_session_tokens_are_refused_alike),
		cmocka_unit_test(test_the_scope_must_be_this_region_service_and_day),
		cmocka_unit_test(test_host_and_target_must_be_signed),
		cmocka_unit_test(test_signed_headers_are_in_order_and_bounded),
		cmocka_unit_test(test_a_malformed_authorization_header_is_incomplete),
		cmocka_unit_test(test_white_space_between_parameters_does_not_matter),
		cmocka_unit_test(test_there_is_one_authorization_header),
		cmocka_unit_test(test_presigned_requests_are_told_that_they_are_not_supported),
		cmocka_unit_test(test_bytes_that_are_not_ascii_do_not_get_into_the_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
