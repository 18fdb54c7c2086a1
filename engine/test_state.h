/*
 * Trying one state without an execution: AWS's TestState. Nothing is stored, no task is run: the work of a
 * Task, Parallel or Map state is played by a mock. Needs no engine and no loop; any thread. Installed as
 * stepwell/test_state.h.
 */
#ifndef STEPWELL_TEST_STATE_H
#define STEPWELL_TEST_STATE_H

#include "asl/asl.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "INFO: shows the final state output. DEBUG: [...] along with the input and output data processing result.
 * TRACE: the HTTP request and response for an HTTP Task", which a mock does not have: the same as DEBUG. */
enum sw_inspection_level { SW_INSPECT_INFO, SW_INSPECT_DEBUG, SW_INSPECT_TRACE };

/* How a mocked result is held against the answer that the called API has by AWS's documentation. */
enum sw_mock_validation {
	SW_MOCK_STRICT,  /* required fields must be there, what is there must conform */
	SW_MOCK_PRESENT, /* what is there must conform */
	SW_MOCK_NONE,
};

/* The members of the request. Texts that are NULL are absent; JSON comes with its length. */
struct sw_test_state_params {
	const char
		*definition; /* of a state; with state_name: of a state machine that has it, at any level */
	size_t definition_len;
	const char *state_name;
	const char *role_arn;
	const char *input; /* absent: {} */
	size_t input_len;
	const char *variables; /* a JSON object */
	size_t variables_len;
	const char *context; /* the context object; absent: one is made up */
	size_t context_len;
	enum sw_inspection_level level;
	bool reveal_secrets;
	bool mocked;             /* there is a mock: either a result or an error */
	const char *mock_result; /* JSON */
	size_t mock_result_len;
	bool mock_fails; /* there is an errorOutput */
	const char *mock_error, *mock_cause;
	enum sw_mock_validation validation;
	/* stateConfiguration; numbers: -1 is absent */
	int64_t retrier_retry_count, map_iteration_failure_count;
	const char *error_caused_by_state;
	const char *map_item_reader_data;
	size_t map_item_reader_data_len;
	/* what the made-up context object is built of */
	const char *region, *account; /* NULL: us-east-1, 123456789012 */
	int64_t now_ms;               /* 0: the clock of the system */
	uint64_t seed;                /* 0: from the system's entropy */
};
#ifndef __cplusplus
#define SW_TEST_STATE_PARAMS \
	((struct sw_test_state_params){.retrier_retry_count = -1, .map_iteration_failure_count = -1})
#else
#define SW_TEST_STATE_PARAMS sw_test_state_params_fresh()
inline struct sw_test_state_params sw_test_state_params_fresh()
{
	struct sw_test_state_params fresh = {};
	fresh.retrier_retry_count = fresh.map_iteration_failure_count = -1;
	return fresh;
}
#endif

/*
 * Tries the state. SW_OK, also when the state failed: *ret_text (new, free with sw_text_free) is the response
 * as AWS's API has it: {"output", "error", "cause", "inspectionData", "nextState", "status"}. SW_EDEFINITION:
 * with *ret_findings (new; NULL when the definition is sound but cannot be tested like this). SW_EINVAL: what
 * AWS calls a ValidationException; SW_EINPUT: the input is no JSON. err->text is AWS's message where that is
 * known. SW_ELIMIT, SW_ENOMEM.
 */
SW_API enum sw_result sw_test_state(const struct sw_test_state_params *params, char **ret_text,
				    struct sw_findings **ret_findings, struct sw_error *err);

#ifdef __cplusplus
}
#endif
#endif
