/* The server over the real engine, in memory: what the fakes cannot tell, that both understand each other. */
#include "real_engine.h"

#define MACHINE "arn:aws:states:eu-central-1:111122223333:stateMachine:hello"
#define EXECUTION "arn:aws:states:eu-central-1:111122223333:execution:hello:run1"
#define PASS                                                                                                \
	"{\\\"StartAt\\\":\\\"P\\\",\\\"States\\\":{\\\"P\\\":{\\\"Type\\\":\\\"Pass\\\",\\\"Result\\\":1," \
	"\\\"End\\\":true}}}"
#define WAIT                                                                                               \
	"{\\\"StartAt\\\":\\\"W\\\",\\\"States\\\":{\\\"W\\\":{\\\"Type\\\":\\\"Wait\\\",\\\"Seconds\\\":" \
	"1000,"                                                                                            \
	"\\\"End\\\":true}}}"

static void wait_status(struct fixture *f, const char *status)
{
	for (int i = 0; i < TURNS_MAX; i++) {
		assert_int_equal(call(f, "DescribeExecution", "{\"executionArn\":\"" EXECUTION "\"}"), 200);
		if (strcmp(text(f, "status"), status) == 0)
			return;
		sw_poll_loop_run(f->loop, 10, NULL);
	}
	fail_msg("still %s", text(f, "status"));
}

static void a_machine_lives_its_life(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(call(f, "CreateStateMachine", "{\"name\":\"hello\",\"definition\":\"" PASS "\"}"),
			 200);
	assert_string_equal(text(f, "stateMachineArn"), MACHINE);
	double created = json_number_value(json_object_get(f->body, "creationDate"));
	assert_true(created > 1600000000);
	assert_int_equal(call(f, "CreateStateMachine", "{\"name\":\"hello\",\"definition\":\"" PASS "\"}"),
			 200);
	assert_true(json_number_value(json_object_get(f->body, "creationDate")) == created);
	assert_int_equal(call(f, "CreateStateMachine", "{\"name\":\"hello\",\"definition\":\"" WAIT "\"}"),
			 400);
	assert_string_equal(text(f, "__type"), "StateMachineAlreadyExists");
	assert_string_equal(text(f, "message"), "State Machine Already Exists: '" MACHINE "'");

	assert_int_equal(call(f, "DescribeStateMachine", "{\"stateMachineArn\":\"" MACHINE "\"}"), 200);
	assert_string_equal(text(f, "status"), "ACTIVE");
	assert_string_equal(text(f, "type"), "STANDARD");
	assert_null(json_object_get(f->body, "revisionId"));
	assert_int_equal(call(f, "UpdateStateMachine",
			      "{\"stateMachineArn\":\"" MACHINE "\",\"definition\":\"" WAIT "\"}"),
			 200);
	assert_int_equal(strlen(text(f, "revisionId")), 36);
	assert_int_equal(call(f, "ListStateMachines", "{}"), 200);
	assert_int_equal(json_array_size(json_object_get(f->body, "stateMachines")), 1);
	assert_int_equal(call(f, "DeleteStateMachine", "{\"stateMachineArn\":\"" MACHINE "\"}"), 200);
	/* "DeleteStateMachine is an asynchronous operation: the status is DELETING", until it is gone */
	for (int i = 0;
	     i < TURNS_MAX && call(f, "DescribeStateMachine", "{\"stateMachineArn\":\"" MACHINE "\"}") == 200;
	     i++) {
		assert_string_equal(text(f, "status"), "DELETING");
		sw_poll_loop_run(f->loop, 10, NULL);
	}
	assert_int_equal(f->status, 400);
	assert_string_equal(text(f, "__type"), "StateMachineDoesNotExist");
}

static void mistakes_of_a_definition_come_in_aws_words(void **state)
{
	struct fixture *f = *state;
	/* api/create_delete_invalid_sm */
	assert_int_equal(call(f, "CreateStateMachine",
			      "{\"name\":\"hello\",\"definition\":\"{\\\"Comment\\\":\\\"BASE_INVALID_"
			      "DER\\\",\\\"StartAt\\\":"
			      "\\\"State_1\\\"}\"}"),
			 400);
	assert_string_equal(text(f, "message"),
			    "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These "
			    "fields are required: [States] at /'");
}

static void an_execution_lives_its_life(void **state)
{
	struct fixture *f = *state;
	call(f, "CreateStateMachine", "{\"name\":\"hello\",\"definition\":\"" PASS "\"}");
	static const char start[] =
		"{\"stateMachineArn\":\"" MACHINE "\",\"name\":\"run1\",\"input\":\"{}\"}";
	assert_int_equal(call(f, "StartExecution", start), 200);
	assert_string_equal(text(f, "executionArn"), EXECUTION);
	wait_status(f, "SUCCEEDED");
	assert_string_equal(text(f, "output"), "1");
	assert_int_equal(call(f, "StartExecution", start), 400);
	assert_string_equal(text(f, "message"), "Execution Already Exists: '" EXECUTION "'");
	assert_int_equal(call(f, "StartExecution",
			      "{\"stateMachineArn\":\"" MACHINE "\",\"input\":\"not some json\"}"),
			 400);
	assert_string_equal(text(f, "__type"), "InvalidExecutionInput");

	assert_int_equal(
		call(f, "GetExecutionHistory", "{\"executionArn\":\"" EXECUTION "\",\"reverseOrder\":true}"),
		200);
	json_t *events = json_object_get(f->body, "events");
	assert_int_equal(json_array_size(events), 4);
	assert_string_equal(json_string_value(json_object_get(json_array_get(events, 0), "type")),
			    "ExecutionSucceeded");
	assert_int_equal(call(f, "ListExecutions",
			      "{\"stateMachineArn\":\"" MACHINE "\",\"statusFilter\":\"SUCCEEDED\"}"),
			 200);
	assert_int_equal(json_array_size(json_object_get(f->body, "executions")), 1);
	assert_int_equal(call(f, "DescribeStateMachineForExecution", "{\"executionArn\":\"" EXECUTION "\"}"),
			 200);
	assert_string_equal(text(f, "stateMachineArn"), MACHINE);
	assert_int_equal(call(f, "StepwellDeleteExecution", "{\"executionArn\":\"" EXECUTION "\"}"), 200);
	assert_int_equal(call(f, "DescribeExecution", "{\"executionArn\":\"" EXECUTION "\"}"), 400);
	assert_string_equal(text(f, "message"), "Execution Does Not Exist: '" EXECUTION "'");
}

static void a_running_execution_is_stopped(void **state)
{
	struct fixture *f = *state;
	call(f, "CreateStateMachine", "{\"name\":\"hello\",\"definition\":\"" WAIT "\"}");
	call(f, "StartExecution", "{\"stateMachineArn\":\"" MACHINE "\",\"name\":\"run1\"}");
	assert_int_equal(f->status, 200);
	assert_int_equal(call(f, "StepwellDeleteExecution", "{\"executionArn\":\"" EXECUTION "\"}"), 400);
	assert_int_equal(call(f, "StopExecution",
			      "{\"executionArn\":\"" EXECUTION "\",\"error\":\"E\",\"cause\":\"C\"}"),
			 200);
	wait_status(f, "ABORTED");
	assert_string_equal(text(f, "error"), "E");
	assert_string_equal(text(f, "cause"), "C");
}

static void tokens_and_cursors_are_checked(void **state)
{
	struct fixture *f = *state;
	static const char *const actions[] = {"SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(call(f, actions[i], "{\"taskToken\":\"nonsense\",\"output\":\"{}\"}"), 400);
		assert_string_equal(text(f, "message"), "Invalid Token: 'Invalid token'");
	}
	assert_int_equal(call(f, "ListStateMachines", "{\"nextToken\":\"nonsense\"}"), 400);
	assert_string_equal(text(f, "__type"), "InvalidToken");
	assert_int_equal(call(f, "StepwellListExecutions", "{\"nextToken\":\"nonsense\"}"), 400);
	assert_string_equal(text(f, "__type"), "InvalidToken");
}

static void calls_that_wait_are_answered_when_the_engine_ends(void **state)
{
	struct fixture *f = *state;
	static const char body[] = "{\"name\":\"hello\",\"definition\":\"" PASS "\"}";
	f->answers = 0;
	assert_int_equal(sw_api_call(f->api, "CreateStateMachine", body, strlen(body), take, f), SW_OK);
	sw_engine_free(f->engine);
	f->engine = NULL;
	assert_int_equal(f->answers, 1);
}

#define ACTIVITY "arn:aws:states:eu-central-1:111122223333:activity:lift"
#define LIFT                                                                               \
	"{\\\"StartAt\\\":\\\"T\\\",\\\"States\\\":{\\\"T\\\":{\\\"Type\\\":\\\"Task\\\"," \
	"\\\"Resource\\\":\\\"" ACTIVITY "\\\",\\\"End\\\":true}}}"

/* activities/activity_task_no_worker_name.85f4 and its relatives */
static void an_activity_lives_its_life(void **state)
{
	struct fixture *f = *state;
	char request[1024];
	assert_int_equal(call(f, "CreateActivity", "{\"name\":\"lift\"}"), 200);
	assert_string_equal(text(f, "activityArn"), ACTIVITY);
	assert_int_equal(call(f, "DescribeActivity", "{\"activityArn\":\"" ACTIVITY "\"}"), 200);
	assert_string_equal(text(f, "name"), "lift");
	assert_int_equal(call(f, "ListActivities", "{}"), 200);
	assert_int_equal(json_array_size(json_object_get(f->body, "activities")), 1);
	call(f, "CreateStateMachine", "{\"name\":\"hello\",\"definition\":\"" LIFT "\"}");
	call(f, "StartExecution", "{\"stateMachineArn\":\"" MACHINE "\",\"name\":\"run1\"}");
	assert_int_equal(
		call(f, "GetActivityTask", "{\"activityArn\":\"" ACTIVITY "\",\"workerName\":\"w\"}"), 200);
	assert_string_equal(text(f, "input"), "{}");
	snprintf(request, sizeof(request), "{\"taskToken\":\"%s\",\"output\":\"5\"}", text(f, "taskToken"));
	assert_int_equal(call(f, "SendTaskSuccess", request), 200);
	wait_status(f, "SUCCEEDED");
	assert_string_equal(text(f, "output"), "5");
	assert_int_equal(call(f, "SendTaskHeartbeat", request), 400);
	assert_string_equal(text(f, "__type"), "TaskTimedOut");
	for (int i = 0; i < 2; i++)
		assert_int_equal(call(f, "DeleteActivity", "{\"activityArn\":\"" ACTIVITY "\"}"), 200);
	assert_int_equal(call(f, "GetActivityTask", "{\"activityArn\":\"" ACTIVITY "\"}"), 400);
	assert_string_equal(text(f, "message"), "Activity Does Not Exist: '" ACTIVITY "'");
	assert_int_equal(call(f, "DescribeActivity", "{\"activityArn\":\"nothing\"}"), 400);
	assert_string_equal(text(f, "message"), "Invalid Arn: 'Invalid ARN prefix: nothing'");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void an_execution_that_was_stopped_is_redriven(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(call(f, "CreateStateMachine", "{\"name\":\"hello\",\"definition\":\"" WAIT "\"}"),
			 200);
	assert_int_equal(call(f, "StartExecution", "{\"stateMachineArn\":\"" MACHINE "\",\"name\":\"run1\"}"),
			 200);
	assert_int_equal(call(f, "RedriveExecution", "{\"executionArn\":\"" EXECUTION "\"}"), 400);
	assert_string_equal(text(f, "__type"), "ExecutionNotRedrivable");
	assert_string_equal(text(f, "message"), "Execution is RUNNING and cannot be redriven");
	assert_int_equal(call(f, "StopExecution", "{\"executionArn\":\"" EXECUTION "\"}"), 200);
	wait_status(f, "ABORTED");
	assert_string_equal(text(f, "redriveStatus"), "REDRIVABLE");
	assert_null(json_object_get(f->body, "redriveDate"));
	assert_int_equal(call(f, "RedriveExecution", "{\"executionArn\":\"" EXECUTION "\"}"), 200);
	double redriven = json_number_value(json_object_get(f->body, "redriveDate"));
	wait_status(f, "RUNNING");
	assert_true(json_number_value(json_object_get(f->body, "redriveDate")) == redriven);
	assert_int_equal(json_integer_value(json_object_get(f->body, "redriveCount")), 1);
	assert_int_equal(call(f, "ListExecutions",
			      "{\"stateMachineArn\":\"" MACHINE "\",\"redriveFilter\":\"REDRIVEN\"}"),
			 200);
	assert_int_equal(json_array_size(json_object_get(f->body, "executions")), 1);
}

static void an_express_execution_is_answered_when_it_has_ended(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(call(f, "CreateStateMachine",
			      "{\"name\":\"hello\",\"type\":\"EXPRESS\",\"definition\":\"" PASS "\"}"),
			 200);
	assert_int_equal(call(f, "StartSyncExecution", "{\"stateMachineArn\":\"" MACHINE "\"}"), 200);
	assert_string_equal(text(f, "status"), "SUCCEEDED");
	assert_string_equal(text(f, "output"), "1");
	assert_string_equal(text(f, "input"), "{}");
	assert_int_equal(
		call(f, "StartSyncExecution", "{\"stateMachineArn\":\"" MACHINE "\",\"input\":\"{\"}"), 400);
	assert_string_equal(text(f, "__type"), "InvalidExecutionInput");
	assert_int_equal(call(f, "ListExecutions", "{\"stateMachineArn\":\"" MACHINE "\"}"), 400);
	assert_string_equal(text(f, "__type"), "StateMachineTypeNotSupported");
}

static void a_version_of_an_express_machine_runs_synchronously(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(
		call(f, "CreateStateMachine",
		     "{\"name\":\"hello\",\"type\":\"EXPRESS\",\"publish\":true,\"definition\":\"" PASS
		     "\"}"),
		200);
	assert_int_equal(call(f, "StartSyncExecution", "{\"stateMachineArn\":\"" MACHINE ":1\"}"), 200);
	assert_string_equal(text(f, "status"), "SUCCEEDED");
	assert_string_equal(text(f, "output"), "1");
	assert_int_equal(call(f, "StartSyncExecution", "{\"stateMachineArn\":\"" MACHINE ":2\"}"), 400);
	assert_string_equal(text(f, "__type"), "StateMachineDoesNotExist");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_execution_that_was_stopped_is_redriven),
		TEST(an_express_execution_is_answered_when_it_has_ended),
		TEST(a_version_of_an_express_machine_runs_synchronously),
		TEST(a_machine_lives_its_life),
		TEST(mistakes_of_a_definition_come_in_aws_words),
		TEST(an_activity_lives_its_life),
		TEST(an_execution_lives_its_life),
		TEST(a_running_execution_is_stopped),
		TEST(tokens_and_cursors_are_checked),
		TEST(calls_that_wait_are_answered_when_the_engine_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
