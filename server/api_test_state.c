/* TestState: one state, tried without an execution. */
#include "server/api.h"

#include "engine/test_state.h"

#include <string.h>

#define JSON_BYTES_MAX 262144

static const struct sw_member error_members[] = {
	{"error", SW_MEMBER_TEXT, SW_SENSITIVE, 0, SW_ERROR_BYTES_MAX},
	{"cause", SW_MEMBER_TEXT, SW_SENSITIVE, 0, SW_CAUSE_BYTES_MAX},
};
static const struct sw_shape error_output = SW_SHAPE(error_members);
static const struct sw_member mock_members[] = {
	{"result", SW_MEMBER_TEXT, SW_SENSITIVE | SW_ANY_BYTES, 0, JSON_BYTES_MAX},
	{"errorOutput", SW_MEMBER_OBJECT, .shape = &error_output},
	{"fieldValidationMode", SW_MEMBER_TEXT, .values = "[STRICT, NONE, PRESENT]"},
};
static const struct sw_shape mock = SW_SHAPE(mock_members);
static const struct sw_member configuration_members[] = {
	{"retrierRetryCount", SW_MEMBER_INTEGER, 0, 0, INT32_MAX},
	{"errorCausedByState", SW_MEMBER_TEXT, SW_SENSITIVE, 1, 80},
	{"mapIterationFailureCount", SW_MEMBER_INTEGER, 0, 0, INT32_MAX},
	{"mapItemReaderData", SW_MEMBER_TEXT, SW_SENSITIVE | SW_ANY_BYTES, 0, JSON_BYTES_MAX},
};
static const struct sw_shape configuration = SW_SHAPE(configuration_members);
static const struct sw_member test_state_members[] = {
	{"definition", SW_MEMBER_TEXT, SW_REQUIRED | SW_SENSITIVE | SW_ANY_BYTES, 1, SW_DEFINITION_BYTES_MAX},
	{"roleArn", SW_MEMBER_TEXT, 0, 1, 256},
	{"input", SW_MEMBER_TEXT, SW_SENSITIVE | SW_ANY_BYTES, 0, SW_PAYLOAD_BYTES_MAX},
	{"inspectionLevel", SW_MEMBER_TEXT, .values = "[TRACE, INFO, DEBUG]"},
	{"revealSecrets", SW_MEMBER_BOOLEAN},
	{"variables", SW_MEMBER_TEXT, SW_SENSITIVE | SW_ANY_BYTES, 0, JSON_BYTES_MAX},
	{"stateName", SW_MEMBER_TEXT, SW_SENSITIVE, 1, 80},
	{"mock", SW_MEMBER_OBJECT, .shape = &mock},
	{"context", SW_MEMBER_TEXT, SW_SENSITIVE | SW_ANY_BYTES, 0, JSON_BYTES_MAX},
	{"stateConfiguration", SW_MEMBER_OBJECT, .shape = &configuration},
};
const struct sw_shape sw_shape_test_state = SW_SHAPE(test_state_members);

/* A text of an object inside the request; NULL when it is absent. */
static const char *text_of(const json_t *object, const char *member, size_t *ret_len)
{
	const json_t *value = json_object_get(object, member);
	if (!json_is_string(value))
		return NULL;
	if (ret_len)
		*ret_len = json_string_length(value);
	return json_string_value(value);
}

static int64_t count_of(const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);
	return json_is_integer(value) ? json_integer_value(value) : -1;
}

static void read_mock(const struct sw_call *call, struct sw_test_state_params *params)
{
	const json_t *given = json_object_get(call->request, "mock");
	const json_t *error = json_object_get(given, "errorOutput");
	const char *mode = text_of(given, "fieldValidationMode", NULL);
	params->mocked = json_is_object(given);
	params->mock_result = text_of(given, "result", &params->mock_result_len);
	params->mock_fails = json_is_object(error);
	params->mock_error = text_of(error, "error", NULL);
	params->mock_cause = text_of(error, "cause", NULL);
	/* "If no value is specified, the default value is STRICT." */
	params->validation = !mode || strcmp(mode, "STRICT") == 0 ? SW_MOCK_STRICT
			     : strcmp(mode, "PRESENT") == 0       ? SW_MOCK_PRESENT
								  : SW_MOCK_NONE;
}

static void read_params(const struct sw_call *call, struct sw_test_state_params *params)
{
	const json_t *given = json_object_get(call->request, "stateConfiguration");
	const char *level = sw_call_text(call, "inspectionLevel", NULL);
	params->definition = sw_call_text(call, "definition", &params->definition_len);
	params->state_name = sw_call_text(call, "stateName", NULL);
	params->role_arn = sw_call_text(call, "roleArn", NULL);
	params->input = sw_call_text(call, "input", &params->input_len);
	params->variables = sw_call_text(call, "variables", &params->variables_len);
	params->context = sw_call_text(call, "context", &params->context_len);
	params->reveal_secrets = sw_call_boolean(call, "revealSecrets", false);
	params->level = !level || strcmp(level, "INFO") == 0 ? SW_INSPECT_INFO
			: strcmp(level, "DEBUG") == 0        ? SW_INSPECT_DEBUG
							     : SW_INSPECT_TRACE;
	read_mock(call, params);
	params->retrier_retry_count = count_of(given, "retrierRetryCount");
	params->map_iteration_failure_count = count_of(given, "mapIterationFailureCount");
	params->error_caused_by_state = text_of(given, "errorCausedByState", NULL);
	params->map_item_reader_data = text_of(given, "mapItemReaderData", &params->map_item_reader_data_len);
	params->region = call->api->region;
	params->account = call->api->account;
}

void sw_call_test_state(struct sw_call *call)
{
	struct sw_test_state_params params = SW_TEST_STATE_PARAMS;
	struct sw_findings *findings = NULL;
	struct sw_error err = {0};
	struct sw_body out = SW_BODY;
	char *text = NULL;

	read_params(call, &params);
	if (params.role_arn && !sw_arn_text_is_role(params.role_arn)) {
		sw_call_fail(call, "InvalidArn", "Invalid Role Arn: '%s'", params.role_arn);
		return;
	}
	enum sw_result r = sw_test_state(&params, &text, &findings, &err);
	if (r == SW_OK) {
		sw_body_json(&out, NULL, text, strlen(text));
		sw_call_answer(call, &out);
	} else if (r == SW_EDEFINITION && findings) {
		sw_call_fail_definition(call, findings, &err);
	} else if (r == SW_EDEFINITION) {
		sw_call_fail(call, "InvalidDefinition", "%s", err.text);
	} else {
		sw_call_fail_result(call, r, &err);
	}
	sw_findings_free(findings);
	sw_text_free(text);
}
