/* Completion of tasks by token. */
#include "server/api.h"

static const struct sw_member success_members[] = {
	{"taskToken", SW_MEMBER_TEXT, SW_REQUIRED, 1, SW_TOKEN_BYTES_MAX},
	{"output", SW_MEMBER_TEXT, SW_REQUIRED | SW_SENSITIVE | SW_ANY_BYTES}, /* length: SW_ELIMIT */
};
const struct sw_shape sw_shape_send_task_success = SW_SHAPE(success_members);

static const struct sw_member failure_members[] = {
	{"taskToken", SW_MEMBER_TEXT, SW_REQUIRED, 1, SW_TOKEN_BYTES_MAX},
	{"error", SW_MEMBER_TEXT, SW_SENSITIVE, 0, SW_ERROR_BYTES_MAX},
	{"cause", SW_MEMBER_TEXT, SW_SENSITIVE, 0, SW_CAUSE_BYTES_MAX},
};
const struct sw_shape sw_shape_send_task_failure = SW_SHAPE(failure_members);
const struct sw_shape sw_shape_send_task_heartbeat = {failure_members, 1};

static void completed(void *user, enum sw_result result, const struct sw_reply *reply,
		      const struct sw_error *err)
{
	struct sw_call *call = user;
	if (result == SW_OK)
		sw_call_answer_empty(call);
	else
		sw_call_fail_result(call, result, err);
}

void sw_call_send_task_success(struct sw_call *call)
{
	struct sw_error err = {0};
	size_t len = 0;
	const char *output = sw_call_text(call, "output", &len);

	call->subject = SW_SUBJECT_TASK;
	enum sw_result r = sw_engine_token_succeed(call->api->engine, sw_call_text(call, "taskToken", NULL),
						   output, len, completed, call, &err);
	sw_call_asked(call, r, &err);
}

void sw_call_send_task_failure(struct sw_call *call)
{
	struct sw_error err = {0};
	call->subject = SW_SUBJECT_TASK;
	enum sw_result r = sw_engine_token_fail(call->api->engine, sw_call_text(call, "taskToken", NULL),
						sw_call_text(call, "error", NULL),
						sw_call_text(call, "cause", NULL), completed, call, &err);
	sw_call_asked(call, r, &err);
}

void sw_call_send_task_heartbeat(struct sw_call *call)
{
	struct sw_error err = {0};
	call->subject = SW_SUBJECT_TASK;
	enum sw_result r = sw_engine_token_heartbeat(call->api->engine, sw_call_text(call, "taskToken", NULL),
						     completed, call, &err);
	sw_call_asked(call, r, &err);
}
