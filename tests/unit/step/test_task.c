/* Task: attempts, what they are told as, callbacks, time-outs of each kind, tokens. */
#include "tests/unit/step/check.h"

#define TASK(resource, fields)                                                                         \
	"{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" resource "\"" fields \
	",\"End\":true}}}"
#define LAMBDA "arn:aws:lambda:us-east-1:123456789012:function:f"
#define ACTIVITY "arn:aws:states:us-east-1:123456789012:activity:a"
#define SQS "arn:aws:states:::sqs:sendMessage.waitForTaskToken"

static void a_service_task_tells_resource_region_and_parameters(void **state)
{
	struct world *world = begin(TASK("arn:aws:states:::aws-sdk:dynamodb:putItem",
					 ",\"Parameters\":{\"Item.$\":\"$.i\"},\"TimeoutSeconds\":5"),
				    "{\"i\":1}");
	const struct sw_command *dispatch = world_dispatched(world);
	assert_non_null(dispatch);
	assert_int_equal(world_succeed(world, dispatch->branch, dispatch->attempt, "{\"ok\":1}"), SW_OK);
	assert_output(world, "{\"ok\":1}");
	assert_string_equal(
		world_trace(world),
		"1<-0 ExecutionStarted\n2<-0 TaskStateEntered\n3<-2 TaskScheduled\n4<-3 TaskStarted\n"
		"5<-4 TaskSucceeded\n6<-5 TaskStateExited\n7<-6 ExecutionSucceeded\n");
	assert_has(world_event(world, 3),
		   "\"taskScheduledEventDetails\":{\"resourceType\":\"aws-sdk:dynamodb\",\"resource\":"
		   "\"putItem\","
		   "\"region\":\"us-east-1\",\"parameters\":\"{\\\"Item\\\":1}\",\"timeoutInSeconds\":5}");
	assert_has(world_event(world, 4),
		   "\"taskStartedEventDetails\":{\"resourceType\":\"aws-sdk:dynamodb\","
		   "\"resource\":\"putItem\"}");
	assert_has(world_event(world, 5),
		   "\"output\":\"{\\\"ok\\\":1}\",\"outputDetails\":{\"truncated\":false}");
	world_free(world);
}

/* services/apigetway_task_service.invoke_with_headers_singlestringheader.92b2 */
static void headers_for_api_gateway_are_lists(void **state)
{
	static const char *const inputs[] = {"{\"h\":{\"x\":\"y\"}}", "{\"h\":\"y\"}",
					     "{\"h\":{\"x\":[\"y\"],\"z\":1}}"};
	(void)state;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		struct world *world = begin(
			TASK("arn:aws:states:::apigateway:invoke", ",\"Parameters\":{\"Headers.$\":\"$.h\"}"),
			inputs[i]);
		assert_int_equal(world->execution->status, SW_STATUS_FAILED);
		assert_string_equal(world->execution->failure.error, "States.Runtime");
		assert_has(world->execution->failure.cause, " could not be used to start the Task: [The "
							    "value of the field 'Headers' has an invalid "
							    "format]");
		assert_string_equal(world_trace(world),
				    "1<-0 ExecutionStarted\n2<-0 TaskStateEntered\n3<-2 ExecutionFailed\n");
		world_free(world);
	}
	struct world *world = begin(
		TASK("arn:aws:states:::apigateway:invoke", ",\"Parameters\":{\"Headers\":{\"x\":[\"y\"]}}"),
		"{}");
	assert_non_null(world_dispatched(world));
	world_free(world);
}

/* taskCredentials.roleArn is a string in the model of the API. */
static void the_role_of_credentials_is_a_string(void **state)
{
	static const struct {
		const char *credentials, *error, *cause; /* NULL: none */
	} tasks[] = {
		{"{\"RoleArn.$\":\"$.r\"}", NULL, NULL},
		{"{\"RoleArn.$\":\"$.n\"}", "States.Runtime",
		 "The field 'RoleArn' of Credentials must be a string."},
		{"{\"RoleArn\":\"{% $states.input.r %}\"},\"QueryLanguage\":\"JSONata\"", NULL, NULL},
		{"{\"RoleArn\":\"{% $states.input.n %}\"},\"QueryLanguage\":\"JSONata\"",
		 "States.QueryEvaluationError",
		 "The JSONata expression '$states.input.n' specified for the field 'Credentials/RoleArn' "
		 "returned an unexpected result type. Expected 'string', but was 'number' for value: 1"},
		{"\"{% $states.input.n %}\",\"QueryLanguage\":\"JSONata\"", "States.QueryEvaluationError",
		 "'Credentials' returned an unexpected result type. Expected 'object', but was 'number'"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
		char definition[400];
		snprintf(definition, sizeof(definition), TASK(LAMBDA, ",\"Credentials\":%s"),
			 tasks[i].credentials);
		struct world *world = begin(definition, "{\"r\":\"a role\",\"n\":1}");
		if (tasks[i].error) {
			assert_int_equal(world->execution->status, SW_STATUS_FAILED);
			assert_string_equal(world->execution->failure.error, tasks[i].error);
			assert_has(world->execution->failure.cause, tasks[i].cause);
		} else {
			assert_has(world_event(world, 3), "\"taskCredentials\":{\"roleArn\":\"a role\"}");
		}
		world_free(world);
	}
}

static void a_lambda_task_has_events_of_its_own(void **state)
{
	struct world *world = begin(TASK(LAMBDA, ""), "{\"i\":1}");
	assert_int_equal(world_fail(world, 0, 1, "E", "C"), SW_OK);
	assert_ended(world, SW_STATUS_FAILED, "E", "C");
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 TaskStateEntered\n3<-2 LambdaFunctionScheduled\n"
			    "4<-3 LambdaFunctionStarted\n5<-4 LambdaFunctionFailed\n6<-5 ExecutionFailed\n");
	assert_has(world_event(world, 3),
		   "\"lambdaFunctionScheduledEventDetails\":{\"resource\":\"" LAMBDA "\","
		   "\"input\":\"{\\\"i\\\":1}\",\"inputDetails\":{\"truncated\":false}}");
	assert_has_not(world_event(world, 4), "Details");
	world_free(world);
}

static void an_activity_starts_when_a_worker_takes_it(void **state)
{
	struct world *world = begin(TASK(ACTIVITY, ",\"TimeoutSeconds\":10,\"HeartbeatSeconds\":4"), "{}");
	int64_t start_ms = world->now_ms;
	/* The clocks do not run while it waits in the queue. */
	assert_true(sw_execution_due_ms(world->execution) == SW_NEVER);
	assert_int_equal(world_advance(world, start_ms + 60000), SW_OK);
	struct sw_event taken = {.kind = SW_EVENT_TASK_STARTED, .branch = 0, .attempt = 1, .worker = "w"};
	assert_int_equal(world_send(world, taken), SW_OK);
	assert_true(sw_execution_due_ms(world->execution) == start_ms + 64000);
	/* It is given to one worker only. */
	assert_int_equal(world_send(world, taken), SW_ETIMEDOUT);
	assert_int_equal(world_succeed(world, 0, 1, "2"), SW_OK);
	assert_output(world, "2");
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 TaskStateEntered\n3<-2 ActivityScheduled\n"
			    "4<-3 ActivityStarted\n5<-4 ActivitySucceeded\n6<-5 TaskStateExited\n"
			    "7<-6 ExecutionSucceeded\n");
	assert_has(world_event(world, 3), "\"timeoutInSeconds\":10,\"heartbeatInSeconds\":4");
	assert_has(world_event(world, 4), "\"activityStartedEventDetails\":{\"workerName\":\"w\"}");
	world_free(world);
}

static void a_callback_task_is_submitted_and_completed_later(void **state)
{
	struct world *world =
		begin(TASK(SQS, ",\"Parameters\":{\"Body\":{\"Token.$\":\"$$.Task.Token\"}}"), "{}");
	const struct sw_branch *branch = sw_execution_branch(world->execution, 0);
	assert_true(branch->dispatchable);
	struct sw_value *answer = sw_value_from_checked("{\"id\":1}", 8);
	struct sw_event submitted = {
		.kind = SW_EVENT_TASK_SUBMITTED, .branch = 0, .attempt = 1, .output = answer};
	assert_int_equal(world_send(world, submitted), SW_OK);
	sw_value_unref(answer);
	/* Nobody delivers it again: the request was made. */
	assert_false(branch->dispatchable);
	assert_true(branch->submitted);
	assert_int_equal(world_succeed(world, 0, 1, "true"), SW_OK);
	assert_output(world, "true");
	assert_has(world_trace(world), "4<-3 TaskStarted\n5<-4 TaskSubmitted\n6<-5 TaskSucceeded\n");
	assert_has(world_event(world, 5), "\"output\":\"{\\\"id\\\":1}\"");
	world_free(world);
}

static void the_token_in_the_parameters_names_the_attempt(void **state)
{
	struct world *world = begin(TASK(SQS, ",\"Parameters\":{\"t.$\":\"$$.Task.Token\"}"), "{}");
	const struct sw_branch *branch = sw_execution_branch(world->execution, 0);
	const json_t *parameters;
	assert_int_equal(sw_value_tree(branch->work, &parameters), SW_OK);
	const char *text = json_string_value(json_object_get(parameters, "t"));
	uint64_t id;
	uint32_t number, attempt;
	uint8_t random[SW_TOKEN_RANDOM_BYTES];
	assert_non_null(text);
	assert_true(sw_token_parse(text, strlen(text), &id, &number, &attempt, random));
	assert_true(id == 7 && number == 0 && attempt == 1);
	assert_memory_equal(random, branch->token, sizeof(random));
	world_free(world);
}

static void tasks_without_callback_have_no_token(void **state)
{
	struct world *world = begin(TASK(LAMBDA, ",\"Parameters\":{\"t.$\":\"$$.Task.Token\"}"), "{}");
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_string_equal(world->execution->failure.error, "States.Runtime");
	world_free(world);
}

static void a_timeout_is_told_without_a_cause_and_cancels(void **state)
{
	/* timeouts/fixed_timeout_service_lambda_with_path, timeouts/fixed_timeout_lambda */
	struct world *world =
		begin(TASK("arn:aws:states:::lambda:invoke", ",\"TimeoutSecondsPath\":\"$.t\""), "{\"t\":5}");
	assert_int_equal(world_advance(world, world->now_ms + 4999), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_RUNNING);
	assert_int_equal(world_advance(world, world->now_ms + 1), SW_OK);
	assert_ended(world, SW_STATUS_FAILED, "States.Timeout", NULL);
	assert_int_equal(world_count(world, SW_COMMAND_CANCEL), 1);
	assert_has(world_event(world, 5),
		   "\"taskTimedOutEventDetails\":{\"resourceType\":\"lambda\",\"resource\":"
		   "\"invoke\",\"error\":\"States.Timeout\"}");
	world_free(world);
	world = begin(TASK(LAMBDA, ",\"TimeoutSeconds\":5"), "{}");
	assert_int_equal(world_advance(world, world->now_ms + 5000), SW_OK);
	assert_has(world_event(world, 5), "LambdaFunctionTimedOut");
	world_free(world);
}

static void heartbeats_put_the_deadline_off_but_not_the_timeout(void **state)
{
	/* timeouts/heartbeats.heartbeat_timeout: a missed heartbeat is States.Timeout. */
	struct world *world = begin(TASK(SQS, ",\"HeartbeatSeconds\":5,\"TimeoutSeconds\":12"), "{}");
	struct sw_event beat = {.kind = SW_EVENT_TASK_HEARTBEAT, .branch = 0, .attempt = 1};
	int64_t start_ms = world->now_ms;
	assert_int_equal(world_advance(world, start_ms + 4000), SW_OK);
	assert_int_equal(world_send(world, beat), SW_OK);
	assert_true(sw_execution_due_ms(world->execution) == start_ms + 9000);
	assert_int_equal(world_advance(world, start_ms + 8000), SW_OK);
	assert_int_equal(world_send(world, beat), SW_OK);
	assert_true(sw_execution_due_ms(world->execution) == start_ms + 12000);
	assert_int_equal(world_advance(world, start_ms + 12000), SW_OK);
	assert_ended(world, SW_STATUS_FAILED, "States.Timeout", NULL);
	world_free(world);
	world = begin(TASK(SQS, ",\"HeartbeatSeconds\":5"), "{}");
	assert_int_equal(world_advance(world, world->now_ms + 5000), SW_OK);
	assert_ended(world, SW_STATUS_FAILED, "States.Timeout", NULL);
	assert_has(world_trace(world), "TaskTimedOut");
	world_free(world);
}

static void seconds_that_cannot_be_found_fail_before_scheduling(void **state)
{
	/* scenarios/invalid_jsonpath_st_invalid_jsonpath_in_timeoutsecondspath */
	struct world *world = begin(TASK(LAMBDA, ",\"TimeoutSecondsPath\":\"$.no\""), "{}");
	assert_ended(
		world, SW_STATUS_FAILED, "States.Runtime",
		"An error occurred while executing the state 'T' (entered at the event id #2). Invalid path "
		"'$.no' : No results for path: $['no']");
	assert_int_equal(world->events_count, 3);
	world_free(world);
}

static void completions_that_come_too_late_change_nothing(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
		      "\",\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"]}],\"End\":true}}}",
		      "{}");
	assert_int_equal(world_succeed(world, 5, 1, "1"), SW_ENOENT);
	assert_int_equal(world_succeed(world, 0, 2, "1"), SW_ENOENT);
	assert_int_equal(world_fail(world, 0, 1, "E", NULL), SW_OK);
	uint32_t events = world->events_count;
	assert_int_equal(world_succeed(world, 0, 1, "1"), SW_ETIMEDOUT);
	assert_int_equal(world_advance(world, world->now_ms + 1000), SW_OK);
	assert_int_equal(world->events_count, events + 2); /* scheduled and started again */
	assert_int_equal(world_succeed(world, 0, 1, "1"), SW_ETIMEDOUT);
	assert_int_equal(world_succeed(world, 0, 2, "2"), SW_OK);
	assert_output(world, "2");
	assert_int_equal(world_succeed(world, 0, 2, "2"), SW_ETIMEDOUT);
	world_free(world);
}

static void a_result_over_the_limit_is_a_failure_that_can_be_caught(void **state)
{
	/* error_handling/states_errors.task_lambda_..., service_task_lambada_...: States.ALL catches it. */
	const char *definition =
		"{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
		"\",\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"C\"}],\"End\":true},"
		"\"C\":{\"Type\":\"Pass\",\"End\":true}}}";
	struct world *world = world_new(definition, strlen(definition), NULL);
	assert_non_null(world);
	world->execution->payload_bytes_max = 300;
	assert_int_equal(world_start(world, "{}"), SW_OK);
	char large[400];
	memset(large, '1', sizeof(large));
	large[0] = large[301] = '"';
	large[302] = '\0';
	assert_int_equal(world_succeed(world, 0, 1, large), SW_OK);
	assert_output(
		world,
		"{\"Error\":\"States.DataLimitExceeded\",\"Cause\":\"The state/task '" LAMBDA
		"' returned a result with a size exceeding the maximum number of bytes service limit.\"}");
	assert_has(world_trace(world), "5<-4 LambdaFunctionFailed\n6<-5 TaskStateExited\n");
	world_free(world);
}

static void result_selector_and_result_path_shape_the_output(void **state)
{
	struct world *world =
		begin(TASK(LAMBDA, ",\"ResultSelector\":{\"r.$\":\"$.x\",\"n.$\":\"$$.State.RetryCount\"},"
				   "\"ResultPath\":\"$.out\",\"Assign\":{\"v.$\":\"$.r\"}"),
		      "{\"i\":1}");
	assert_int_equal(world_succeed(world, 0, 1, "{\"x\":[5]}"), SW_OK);
	assert_output(world, "{\"i\":1,\"out\":{\"r\":[5],\"n\":0}}");
	assert_has(world_event(world, 6), "\"assignedVariables\":{\"v\":\"[5]\"}");
	world_free(world);
}

static void mocks_count_how_often_a_state_was_scheduled(void **state)
{
	const char *definition = TASK(LAMBDA, ",\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"]}]");
	struct world *world = world_new(definition, strlen(definition), NULL);
	assert_non_null(world);
	world->execution->test_case = sw_strdup("case");
	assert_int_equal(world_start(world, "{}"), SW_OK);
	assert_int_equal(world->execution->mock_counts[0], 1);
	assert_int_equal(sw_execution_branch(world->execution, 0)->mock_index, 0);
	assert_int_equal(world_fail(world, 0, 1, "E", NULL), SW_OK);
	assert_int_equal(world_advance(world, world->now_ms + 1000), SW_OK);
	assert_int_equal(world->execution->mock_counts[0], 2);
	assert_int_equal(sw_execution_branch(world->execution, 0)->mock_index, 1);
	world_free(world);
}

static void a_local_resource_is_told_by_its_kind(void **state)
{
	struct world *world = begin(TASK("function:greet", ""), "{}");
	assert_has(world_event(world, 3), "\"resourceType\":\"function\",\"resource\":\"greet\"");
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_task_tells_resource_region_and_parameters),
		cmocka_unit_test(headers_for_api_gateway_are_lists),
		cmocka_unit_test(the_role_of_credentials_is_a_string),
		cmocka_unit_test(a_lambda_task_has_events_of_its_own),
		cmocka_unit_test(an_activity_starts_when_a_worker_takes_it),
		cmocka_unit_test(a_callback_task_is_submitted_and_completed_later),
		cmocka_unit_test(the_token_in_the_parameters_names_the_attempt),
		cmocka_unit_test(tasks_without_callback_have_no_token),
		cmocka_unit_test(a_timeout_is_told_without_a_cause_and_cancels),
		cmocka_unit_test(heartbeats_put_the_deadline_off_but_not_the_timeout),
		cmocka_unit_test(seconds_that_cannot_be_found_fail_before_scheduling),
		cmocka_unit_test(completions_that_come_too_late_change_nothing),
		cmocka_unit_test(a_result_over_the_limit_is_a_failure_that_can_be_caught),
		cmocka_unit_test(result_selector_and_result_path_shape_the_output),
		cmocka_unit_test(mocks_count_how_often_a_state_was_scheduled),
		cmocka_unit_test(a_local_resource_is_told_by_its_kind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
