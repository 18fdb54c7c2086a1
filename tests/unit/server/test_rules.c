/* What the API reference says of actions that meet each other, over the real engine in memory. */
#include "real_engine.h"

#define MACHINES "arn:aws:states:eu-central-1:111122223333:stateMachine:"
#define MACHINE MACHINES "hello"
#define EXECUTION "arn:aws:states:eu-central-1:111122223333:execution:hello:run1"
#define PASS                                                                                                 \
	"{\\\"StartAt\\\":\\\"P\\\",\\\"States\\\":{\\\"P\\\":{\\\"Type\\\":\\\"Pass\\\",\\\"End\\\":true}}" \
	"}"
#define WAIT                                                                                               \
	"{\\\"StartAt\\\":\\\"W\\\",\\\"States\\\":{\\\"W\\\":{\\\"Type\\\":\\\"Wait\\\",\\\"Seconds\\\":" \
	"1000,\\\"End\\\":true}}}"
#define OF_MACHINE "{\"stateMachineArn\":\"" MACHINE "\"}"
#define OF_EXECUTION "{\"executionArn\":\"" EXECUTION "\"}"

static void gives(struct fixture *f, const char *action, const char *request)
{
	if (call(f, action, request) != 200)
		fail_msg("%s %s: %s", action, request, text(f, "message"));
}

static void refuses(struct fixture *f, const char *action, const char *request, const char *type,
		    const char *message)
{
	assert_int_equal(call(f, action, request), 400);
	assert_string_equal(text(f, "__type"), type);
	assert_string_equal(text(f, "message"), message);
}

/* hello is DELETING: its execution run2 goes on, run1 was stopped. */
static void begin_deletion(struct fixture *f)
{
	gives(f, "CreateStateMachine", "{\"name\":\"hello\",\"definition\":\"" WAIT "\"}");
	gives(f, "StartExecution", "{\"stateMachineArn\":\"" MACHINE "\",\"name\":\"run1\"}");
	gives(f, "StartExecution", "{\"stateMachineArn\":\"" MACHINE "\",\"name\":\"run2\"}");
	gives(f, "StopExecution", OF_EXECUTION);
	gives(f, "DescribeExecution", OF_EXECUTION);
	assert_string_equal(text(f, "redriveStatus"), "REDRIVABLE");
	gives(f, "DeleteStateMachine", OF_MACHINE);
	gives(f, "DescribeStateMachine", OF_MACHINE);
	assert_string_equal(text(f, "status"), "DELETING");
}

/* The text: Netflix/metaflow, pull request 1284, for CreateStateMachine. */
static void a_machine_that_is_being_deleted_is_named_by_its_arn(void **state)
{
	static const char message[] = "State Machine is being deleted: '" MACHINE "'";
	struct fixture *f = *state;
	begin_deletion(f);
	refuses(f, "CreateStateMachine", "{\"name\":\"hello\",\"definition\":\"" WAIT "\"}",
		"StateMachineDeleting", message);
	refuses(f, "StartExecution", OF_MACHINE, "StateMachineDeleting", message);
	refuses(f, "PublishStateMachineVersion", OF_MACHINE, "StateMachineDeleting", message);
	refuses(f, "UpdateStateMachine", "{\"stateMachineArn\":\"" MACHINE "\",\"definition\":\"" PASS "\"}",
		"StateMachineDeleting", message);
	refuses(f, "CreateStateMachineAlias",
		"{\"name\":\"prod\",\"routingConfiguration\":[{\"stateMachineVersionArn\":\"" MACHINE
		":1\",\"weight\":100}]}",
		"StateMachineDeleting", message);
}

/* "NOT_REDRIVABLE if calling the RedriveExecution API action would return the ExecutionNotRedrivable error" */
static void what_is_told_of_a_redrive_is_what_redriving_answers(void **state)
{
	static const char reason[] = "State machine is in DELETING status";
	struct fixture *f = *state;
	begin_deletion(f);
	gives(f, "DescribeExecution", OF_EXECUTION);
	assert_string_equal(text(f, "redriveStatus"), "NOT_REDRIVABLE");
	assert_string_equal(text(f, "redriveStatusReason"), reason);
	refuses(f, "RedriveExecution", OF_EXECUTION, "ExecutionNotRedrivable", reason);
}

/* The errors of TagResource and UntagResource in the API reference: StateMachineDeleting is not among them. */
static void a_machine_that_is_being_deleted_takes_no_tags(void **state)
{
	struct fixture *f = *state;
	begin_deletion(f);
	refuses(f, "TagResource",
		"{\"resourceArn\":\"" MACHINE "\",\"tags\":[{\"key\":\"k\",\"value\":\"v\"}]}",
		"ResourceNotFound", "Resource not found: '" MACHINE "'");
	refuses(f, "UntagResource", "{\"resourceArn\":\"" MACHINE "\",\"tagKeys\":[\"k\"]}",
		"ResourceNotFound", "Resource not found: '" MACHINE "'");
}

/* "The version ARN is a combination of state machine ARN and the version number" */
static void a_number_with_zeros_in_front_is_no_version(void **state)
{
	struct fixture *f = *state;
	gives(f, "CreateStateMachine", "{\"name\":\"hello\",\"publish\":true,\"definition\":\"" PASS "\"}");
	gives(f, "DeleteStateMachineVersion", "{\"stateMachineVersionArn\":\"" MACHINE ":01\"}");
	gives(f, "DeleteStateMachineVersion", "{\"stateMachineVersionArn\":\"" MACHINE ":4294967297\"}");
	gives(f, "DescribeStateMachine", "{\"stateMachineArn\":\"" MACHINE ":1\"}");
	refuses(f, "DescribeStateMachine", "{\"stateMachineArn\":\"" MACHINE ":01\"}",
		"StateMachineDoesNotExist", "State Machine Does Not Exist: '" MACHINE ":01'");
	refuses(f, "StartExecution", "{\"stateMachineArn\":\"" MACHINE ":01\"}", "StateMachineDoesNotExist",
		"State Machine Does Not Exist: '" MACHINE ":01'");
	refuses(f, "CreateStateMachineAlias",
		"{\"name\":\"prod\",\"routingConfiguration\":[{\"stateMachineVersionArn\":\"" MACHINE
		":01\",\"weight\":100}]}",
		"ValidationException",
		"Routing configuration must contain state machine version ARNs. Received: [" MACHINE ":01]");
	refuses(f, "ListStateMachineAliases", "{\"stateMachineArn\":\"" MACHINE ":01\"}", "ResourceNotFound",
		"Request references a resource that does not exist.");
}

/* "If you provide a qualified state machine ARN that refers to a Distributed Map state, the request fails with
 * ValidationException." */
static void an_arn_of_a_map_state_is_refused(void **state)
{
	static const char *const actions[] = {"StartExecution", "UpdateStateMachine", "DeleteStateMachine"};
	struct fixture *f = *state;
	gives(f, "CreateStateMachine", "{\"name\":\"hello\",\"definition\":\"" PASS "\"}");
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		refuses(f, actions[i], "{\"stateMachineArn\":\"" MACHINE "/label\"}", "ValidationException",
			"The ARN names a Distributed Map state, not a state machine: '" MACHINE "/label'");
		assert_string_equal(text(f, "reason"), "API_DOES_NOT_SUPPORT_LABELED_ARNS");
	}
}

/* "If you provide a stateMachineArn and a PENDING_REDRIVE statusFilter, the API returns a validation exception." */
static void only_map_runs_have_executions_that_wait_for_a_redrive(void **state)
{
	struct fixture *f = *state;
	gives(f, "CreateStateMachine", "{\"name\":\"hello\",\"definition\":\"" PASS "\"}");
	refuses(f, "ListExecutions",
		"{\"stateMachineArn\":\"" MACHINE "\",\"statusFilter\":\"PENDING_REDRIVE\"}",
		"ValidationException", "statusFilter PENDING_REDRIVE can only be specified with mapRunArn");
}

/* Members of the errors in the API model: ValidationException has reason, ResourceNotFound and TooManyTags have
 * resourceName. */
static void errors_tell_their_reason_and_their_resource(void **state)
{
	struct fixture *f = *state;
	char request[8192] = "", *at = request;
	gives(f, "CreateStateMachine", "{\"name\":\"hello\",\"publish\":true,\"definition\":\"" PASS "\"}");
	assert_int_equal(call(f, "CreateStateMachineAlias",
			      "{\"name\":\"prod\",\"routingConfiguration\":[{\"stateMachineVersionArn\":"
			      "\"" MACHINE ":1\",\"weight\":99}]}"),
			 400);
	assert_string_equal(text(f, "reason"), "INVALID_ROUTING_CONFIGURATION");
	gives(f, "CreateStateMachineAlias",
	      "{\"name\":\"prod\",\"routingConfiguration\":[{\"stateMachineVersionArn\":\"" MACHINE
	      ":1\",\"weight\":100}]}");
	assert_int_equal(
		call(f, "UpdateStateMachineAlias", "{\"stateMachineAliasArn\":\"" MACHINE ":prod\"}"), 400);
	assert_string_equal(text(f, "reason"), "MISSING_REQUIRED_PARAMETER");
	assert_int_equal(call(f, "ListTagsForResource", "{\"resourceArn\":\"" MACHINES "none\"}"), 400);
	assert_string_equal(text(f, "resourceName"), MACHINES "none");
	at += sprintf(at, "{\"name\":\"many\",\"definition\":\"%s\",\"tags\":[", PASS);
	for (int i = 0; i < 51; i++)
		at += sprintf(at, "%s{\"key\":\"k%d\",\"value\":\"\"}", i ? "," : "", i);
	sprintf(at, "]}");
	refuses(f, "CreateStateMachine", request, "TooManyTags", "Too many tags: '" MACHINES "many'");
	assert_string_equal(text(f, "resourceName"), MACHINES "many");
}

/* The text: hashicorp/terraform-provider-aws, issue 17682. */
static void the_arn_of_a_log_group_ends_with_a_star(void **state)
{
	static const char *const arns[] = {"arn:aws:logs:eu-central-1:111122223333:log-group:g", "x", "*"};
	struct fixture *f = *state;
	char request[600];
	gives(f, "CreateStateMachine", "{\"name\":\"hello\",\"definition\":\"" PASS "\"}");
	for (size_t i = 0; i < sizeof(arns) / sizeof(arns[0]); i++) {
		snprintf(request, sizeof(request),
			 "{\"stateMachineArn\":\"%s\",\"loggingConfiguration\":{\"level\":\"ALL\","
			 "\"destinations\":"
			 "[{\"cloudWatchLogsLogGroup\":{\"logGroupArn\":\"%s\"}}]}}",
			 MACHINE, arns[i]);
		refuses(f, "UpdateStateMachine", request, "InvalidLoggingConfiguration",
			"Invalid Logging Configuration: Log Group ARN must be provided with '*' qualifier.");
	}
	gives(f, "UpdateStateMachine",
	      "{\"stateMachineArn\":\"" MACHINE
	      "\",\"loggingConfiguration\":{\"level\":\"ALL\",\"destinations\":"
	      "[{\"cloudWatchLogsLogGroup\":{\"logGroupArn\":"
	      "\"arn:aws:logs:eu-central-1:111122223333:log-group:g:*\"}}]}}");
}

static unsigned java_hash(const char *text, size_t len)
{
	unsigned hash = 0;
	for (size_t i = 0; i < len; i++)
		hash = 31 * hash + (unsigned char)text[i];
	return hash;
}

/* As in the recording api/state_machine_status_filter.9a40; the rule is told at struct sw_member. */
static void values_of_enumerations_come_in_the_order_of_aws(void **state)
{
	static const char *const rows[][2] = {
		{"ListExecutions", "{\"stateMachineArn\":\"x\",\"statusFilter\":\"?\"}"},
		{"ListExecutions", "{\"stateMachineArn\":\"x\",\"redriveFilter\":\"?\"}"},
		{"DescribeExecution", "{\"executionArn\":\"x\",\"includedData\":\"?\"}"},
		{"CreateStateMachine", "{\"name\":\"x\",\"definition\":\"x\",\"type\":\"?\"}"},
		{"CreateStateMachine",
		 "{\"name\":\"x\",\"definition\":\"x\",\"loggingConfiguration\":{\"level\":\"?\"}}"},
		{"CreateActivity", "{\"name\":\"x\",\"encryptionConfiguration\":{\"type\":\"?\"}}"},
		{"ValidateStateMachineDefinition", "{\"definition\":\"x\",\"type\":\"?\"}"},
		{"ValidateStateMachineDefinition", "{\"definition\":\"x\",\"severity\":\"?\"}"},
		{"TestState", "{\"definition\":\"x\",\"inspectionLevel\":\"?\"}"},
		{"TestState", "{\"definition\":\"x\",\"mock\":{\"fieldValidationMode\":\"?\"}}"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(call(*state, rows[i][0], rows[i][1]), 400);
		const char *at = strstr(text(*state, "message"), "enum value set: [");
		assert_non_null(at);
		unsigned before = 0, count = 0;
		for (at += strlen("enum value set: ["); *at; at += strspn(at, ", ]"), count++) {
			size_t len = strcspn(at, ",]");
			unsigned place = java_hash(at, len) % 32;
			assert_true(before <= place);
			before = place;
			at += len;
		}
		assert_true(count >= 2);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_machine_that_is_being_deleted_is_named_by_its_arn),
		TEST(what_is_told_of_a_redrive_is_what_redriving_answers),
		TEST(a_machine_that_is_being_deleted_takes_no_tags),
		TEST(a_number_with_zeros_in_front_is_no_version),
		TEST(an_arn_of_a_map_state_is_refused),
		TEST(only_map_runs_have_executions_that_wait_for_a_redrive),
		TEST(errors_tell_their_reason_and_their_resource),
		TEST(the_arn_of_a_log_group_ends_with_a_star),
		TEST(values_of_enumerations_come_in_the_order_of_aws),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
