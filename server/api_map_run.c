/*
 * Map runs: the runs of Distributed Map states. There are none: an execution of a machine without such a state has
 * none on AWS either. Shapes: the API model, DescribeMapRunInput and friends.
 */
#include "server/api.h"

static const struct sw_member map_run_members[] = {
	{"mapRunArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 2000},
};
const struct sw_shape sw_shape_describe_map_run = SW_SHAPE(map_run_members);

static const struct sw_member update_members[] = {
	{"mapRunArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 2000},
	{"maxConcurrency", SW_MEMBER_INTEGER},
	{"toleratedFailurePercentage", SW_MEMBER_FLOAT, 0, 0, 100},
	{"toleratedFailureCount", SW_MEMBER_LONG},
};
const struct sw_shape sw_shape_update_map_run = SW_SHAPE(update_members);

static const struct sw_member list_members[] = {
	{"executionArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"maxResults", SW_MEMBER_INTEGER, 0, 0, SW_PAGE_RESULTS_MAX},
	{"nextToken", SW_MEMBER_TEXT, 0, 1, 1024},
};
const struct sw_shape sw_shape_list_map_runs = SW_SHAPE(list_members);

void sw_call_fail_map_run(struct sw_call *call)
{
	struct sw_arn_text arn;
	struct sw_buf message = SW_BUF;
	const char *text = sw_call_text(call, "mapRunArn", NULL);
	call->subject_text = text;
	if (sw_arn_text_parse(text, "mapRun", &arn, &message))
		sw_call_fail_resource(call, "ResourceNotFound", "Resource not found");
	else
		sw_call_fail(call, "InvalidArn", "Invalid Arn: '%s'", message.data ? message.data : "");
	sw_buf_done(&message);
}

void sw_call_describe_map_run(struct sw_call *call)
{
	sw_call_fail_map_run(call);
}

void sw_call_update_map_run(struct sw_call *call)
{
	sw_call_fail_map_run(call);
}

void sw_call_list_map_runs(struct sw_call *call)
{
	struct sw_execution_info info = {0};
	struct sw_error err = {0};
	struct sw_body out = SW_BODY;

	if (!sw_call_take_execution(call))
		return;
	enum sw_result r = sw_reader_execution(call->api->reader, call->subject_text, false, &info, &err);
	sw_execution_info_done(&info);
	/* No page was ever given that another one follows. */
	if (r == SW_OK && sw_call_text(call, "nextToken", NULL))
		r = SW_ETOKEN;
	if (r != SW_OK) {
		sw_call_fail_result(call, r, &err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_open(&out, "mapRuns", '[');
	sw_body_close(&out, ']');
	sw_body_close(&out, '}');
	sw_call_answer(call, &out);
}
