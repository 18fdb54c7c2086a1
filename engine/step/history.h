/*
 * History events as AWS records them: the one list of types and the one list of detail fields, from which
 * printing and the record codec are made. Used by engine/step (which makes events) and engine (which stores
 * and shows them).
 */
#ifndef SW_ENGINE_STEP_HISTORY_H
#define SW_ENGINE_STEP_HISTORY_H

#include "asl/value.h"

/* Enum, number on disk (never changes), type as AWS names it, name of the details member (NULL: the event has
 * none). */
#define SW_HISTORY_TYPES(X)                                                                              \
	X(EXECUTION_STARTED, 1, "ExecutionStarted", "executionStartedEventDetails")                      \
	X(EXECUTION_SUCCEEDED, 2, "ExecutionSucceeded", "executionSucceededEventDetails")                \
	X(EXECUTION_FAILED, 3, "ExecutionFailed", "executionFailedEventDetails")                         \
	X(EXECUTION_ABORTED, 4, "ExecutionAborted", "executionAbortedEventDetails")                      \
	X(EXECUTION_TIMED_OUT, 5, "ExecutionTimedOut", "executionTimedOutEventDetails")                  \
	X(EXECUTION_REDRIVEN, 6, "ExecutionRedriven", "executionRedrivenEventDetails")                   \
	X(EVALUATION_FAILED, 7, "EvaluationFailed", "evaluationFailedEventDetails")                      \
	X(PASS_ENTERED, 10, "PassStateEntered", "stateEnteredEventDetails")                              \
	X(PASS_EXITED, 11, "PassStateExited", "stateExitedEventDetails")                                 \
	X(CHOICE_ENTERED, 12, "ChoiceStateEntered", "stateEnteredEventDetails")                          \
	X(CHOICE_EXITED, 13, "ChoiceStateExited", "stateExitedEventDetails")                             \
	X(SUCCEED_ENTERED, 14, "SucceedStateEntered", "stateEnteredEventDetails")                        \
	X(SUCCEED_EXITED, 15, "SucceedStateExited", "stateExitedEventDetails")                           \
	X(FAIL_ENTERED, 16, "FailStateEntered", "stateEnteredEventDetails")                              \
	X(WAIT_ENTERED, 17, "WaitStateEntered", "stateEnteredEventDetails")                              \
	X(WAIT_EXITED, 18, "WaitStateExited", "stateExitedEventDetails")                                 \
	X(WAIT_ABORTED, 19, "WaitStateAborted", NULL)                                                    \
	X(TASK_ENTERED, 20, "TaskStateEntered", "stateEnteredEventDetails")                              \
	X(TASK_EXITED, 21, "TaskStateExited", "stateExitedEventDetails")                                 \
	X(TASK_ABORTED, 22, "TaskStateAborted", NULL)                                                    \
	X(PARALLEL_ENTERED, 23, "ParallelStateEntered", "stateEnteredEventDetails")                      \
	X(PARALLEL_EXITED, 24, "ParallelStateExited", "stateExitedEventDetails")                         \
	X(PARALLEL_STARTED, 25, "ParallelStateStarted", NULL)                                            \
	X(PARALLEL_SUCCEEDED, 26, "ParallelStateSucceeded", NULL)                                        \
	X(PARALLEL_FAILED, 27, "ParallelStateFailed", NULL)                                              \
	X(PARALLEL_ABORTED, 28, "ParallelStateAborted", NULL)                                            \
	X(MAP_ENTERED, 29, "MapStateEntered", "stateEnteredEventDetails")                                \
	X(MAP_EXITED, 30, "MapStateExited", "stateExitedEventDetails")                                   \
	X(MAP_STARTED, 31, "MapStateStarted", "mapStateStartedEventDetails")                             \
	X(MAP_SUCCEEDED, 32, "MapStateSucceeded", NULL)                                                  \
	X(MAP_FAILED, 33, "MapStateFailed", NULL)                                                        \
	X(MAP_ABORTED, 34, "MapStateAborted", NULL)                                                      \
	X(ITERATION_STARTED, 35, "MapIterationStarted", "mapIterationStartedEventDetails")               \
	X(ITERATION_SUCCEEDED, 36, "MapIterationSucceeded", "mapIterationSucceededEventDetails")         \
	X(ITERATION_FAILED, 37, "MapIterationFailed", "mapIterationFailedEventDetails")                  \
	X(ITERATION_ABORTED, 38, "MapIterationAborted", "mapIterationAbortedEventDetails")               \
	X(MAP_RUN_STARTED, 39, "MapRunStarted", "mapRunStartedEventDetails")                             \
	X(MAP_RUN_SUCCEEDED, 40, "MapRunSucceeded", NULL)                                                \
	X(MAP_RUN_FAILED, 41, "MapRunFailed", "mapRunFailedEventDetails")                                \
	X(MAP_RUN_ABORTED, 42, "MapRunAborted", NULL)                                                    \
	X(MAP_RUN_REDRIVEN, 43, "MapRunRedriven", "mapRunRedrivenEventDetails")                          \
	X(TASK_SCHEDULED, 50, "TaskScheduled", "taskScheduledEventDetails")                              \
	X(TASK_STARTED, 51, "TaskStarted", "taskStartedEventDetails")                                    \
	X(TASK_START_FAILED, 52, "TaskStartFailed", "taskStartFailedEventDetails")                       \
	X(TASK_SUBMITTED, 53, "TaskSubmitted", "taskSubmittedEventDetails")                              \
	X(TASK_SUBMIT_FAILED, 54, "TaskSubmitFailed", "taskSubmitFailedEventDetails")                    \
	X(TASK_SUCCEEDED, 55, "TaskSucceeded", "taskSucceededEventDetails")                              \
	X(TASK_FAILED, 56, "TaskFailed", "taskFailedEventDetails")                                       \
	X(TASK_TIMED_OUT, 57, "TaskTimedOut", "taskTimedOutEventDetails")                                \
	X(ACTIVITY_SCHEDULED, 60, "ActivityScheduled", "activityScheduledEventDetails")                  \
	X(ACTIVITY_SCHEDULE_FAILED, 61, "ActivityScheduleFailed", "activityScheduleFailedEventDetails")  \
	X(ACTIVITY_STARTED, 62, "ActivityStarted", "activityStartedEventDetails")                        \
	X(ACTIVITY_SUCCEEDED, 63, "ActivitySucceeded", "activitySucceededEventDetails")                  \
	X(ACTIVITY_FAILED, 64, "ActivityFailed", "activityFailedEventDetails")                           \
	X(ACTIVITY_TIMED_OUT, 65, "ActivityTimedOut", "activityTimedOutEventDetails")                    \
	X(LAMBDA_SCHEDULED, 70, "LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails")        \
	X(LAMBDA_SCHEDULE_FAILED, 71, "LambdaFunctionScheduleFailed",                                    \
	  "lambdaFunctionScheduleFailedEventDetails")                                                    \
	X(LAMBDA_STARTED, 72, "LambdaFunctionStarted", NULL)                                             \
	X(LAMBDA_START_FAILED, 73, "LambdaFunctionStartFailed", "lambdaFunctionStartFailedEventDetails") \
	X(LAMBDA_SUCCEEDED, 74, "LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails")        \
	X(LAMBDA_FAILED, 75, "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails")                 \
	X(LAMBDA_TIMED_OUT, 76, "LambdaFunctionTimedOut", "lambdaFunctionTimedOutEventDetails")

enum sw_history_type {
#define SW_HISTORY_ENUM(NAME, number, text, details) SW_HISTORY_##NAME = number,
	SW_HISTORY_TYPES(SW_HISTORY_ENUM)
#undef SW_HISTORY_ENUM
};

/*
 * Detail fields: enum, number on disk, member name, kind. DATA prints the JSON text of a value as a string
 * and adds the member "<name>Details": {"truncated": false} (input, output); JSON prints the text of a value
 * as a string without it (parameters); TEXT is a string, INTEGER a number, STRINGS an object as it is
 * (assignedVariables).
 */
#define SW_HISTORY_FIELDS(X)                                       \
	X(INPUT, 1, "input", DATA)                                 \
	X(OUTPUT, 2, "output", DATA)                               \
	X(NAME, 3, "name", TEXT)                                   \
	X(ROLE_ARN, 4, "roleArn", TEXT)                            \
	X(ERROR, 5, "error", TEXT)                                 \
	X(CAUSE, 6, "cause", TEXT)                                 \
	X(RESOURCE, 7, "resource", TEXT)                           \
	X(RESOURCE_TYPE, 8, "resourceType", TEXT)                  \
	X(REGION, 9, "region", TEXT)                               \
	X(PARAMETERS, 10, "parameters", JSON)                      \
	X(TIMEOUT_SECONDS, 11, "timeoutInSeconds", INTEGER)        \
	X(HEARTBEAT_SECONDS, 12, "heartbeatInSeconds", INTEGER)    \
	X(LENGTH, 13, "length", INTEGER)                           \
	X(INDEX, 14, "index", INTEGER)                             \
	X(STATE, 15, "state", TEXT)                                \
	X(LOCATION, 16, "location", TEXT)                          \
	X(WORKER_NAME, 17, "workerName", TEXT)                     \
	X(ASSIGNED_VARIABLES, 18, "assignedVariables", STRINGS)    \
	X(MACHINE_VERSION_ARN, 19, "stateMachineVersionArn", TEXT) \
	X(MACHINE_ALIAS_ARN, 20, "stateMachineAliasArn", TEXT)     \
	X(MAP_RUN_ARN, 21, "mapRunArn", TEXT)                      \
	X(REDRIVE_COUNT, 22, "redriveCount", INTEGER)              \
	X(TASK_CREDENTIALS, 23, "taskCredentials", STRINGS)

enum sw_history_field {
#define SW_HISTORY_FIELD_ENUM(NAME, number, text, kind) SW_FIELD_##NAME = number,
	SW_HISTORY_FIELDS(SW_HISTORY_FIELD_ENUM)
#undef SW_HISTORY_FIELD_ENUM
		SW_HISTORY_FIELD_NUMBERS = 24 /* one more than the greatest */
};

#define SW_HISTORY_FIELDS_MAX 8

struct sw_history_detail {
	enum sw_history_field field;
	bool borrowed;          /* text is the machine's or the execution's, which outlive the event */
	int64_t integer;        /* INTEGER */
	const char *text;       /* TEXT: the event's own, unless borrowed */
	struct sw_value *value; /* DATA, JSON, STRINGS: a reference of the event's */
};

struct sw_history_event {
	uint32_t id, previous_id;
	enum sw_history_type type;
	int64_t time_ms;
	uint32_t details_count;
	struct sw_history_detail details[SW_HISTORY_FIELDS_MAX];
};

const char *sw_history_type_text(enum sw_history_type type); /* "PassStateEntered"; NULL for no such type */
const char *sw_history_details_name(enum sw_history_type type); /* NULL when it has none */
/* Frees texts and references, not the struct. */
void sw_history_event_done(struct sw_history_event *event);
/*
 * Appends the JSON of the event as GetExecutionHistory gives it:
 * {"timestamp":1700000000.123,"type":"...","id":2, "previousEventId":0,"stateEnteredEventDetails":{...}}.
 * Without with_data members of kind DATA, JSON and STRINGS are left out (includeExecutionData false).
 */
enum sw_result sw_history_event_print(const struct sw_history_event *event, bool with_data,
				      struct sw_buf *out);
/* Its details alone, an object: {"name":"Ship","input":"{}","inputDetails":{"truncated":false}}; {} for none. */
enum sw_result sw_history_details_print(const struct sw_history_event *event, bool with_data,
					struct sw_buf *out);

#endif
