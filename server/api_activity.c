/* Activities, and the long poll of their workers. Shapes: the API model, CreateActivityInput and friends. */
#include "server/api.h"

#include "asl/asl.h"
#include "base/mem.h"
#include "engine/activity.h"
#include "server/partitions.h"

#include <string.h>

static const struct sw_member encryption_members[] = {
	{"type", SW_MEMBER_TEXT, SW_REQUIRED, .values = "[AWS_OWNED_KEY, CUSTOMER_MANAGED_KMS_KEY]"},
	{"kmsKeyId", SW_MEMBER_TEXT, 0, 1, 2048},
	{"kmsDataKeyReusePeriodSeconds", SW_MEMBER_INTEGER, 0, 60, 900},
};
static const struct sw_shape encryption = SW_SHAPE(encryption_members);

static const struct sw_member create_members[] = {
	{"name", SW_MEMBER_TEXT, SW_REQUIRED | SW_ANY_BYTES, 1, 80},
	{"tags", SW_MEMBER_LIST, .shape = &sw_tag_shape},
	{"encryptionConfiguration", SW_MEMBER_OBJECT, .shape = &encryption},
};
const struct sw_shape sw_shape_create_activity = SW_SHAPE(create_members);

static const struct sw_member activity_members[] = {
	{"activityArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"workerName", SW_MEMBER_TEXT, 0, 1, 80},
};
const struct sw_shape sw_shape_delete_activity = {activity_members, 1};
const struct sw_shape sw_shape_describe_activity = {activity_members, 1};
const struct sw_shape sw_shape_get_activity_task = SW_SHAPE(activity_members);

static const struct sw_member list_members[] = {
	{"maxResults", SW_MEMBER_INTEGER, 0, 0, SW_PAGE_RESULTS_MAX},
	{"nextToken", SW_MEMBER_TEXT, 0, 1, 1024},
};
const struct sw_shape sw_shape_list_activities = SW_SHAPE(list_members);

/* ---- activities ---- */

static void created(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct sw_call *call = user;
	struct sw_body out = SW_BODY;
	if (result != SW_OK) {
		sw_call_fail_result(call, result, err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_text(&out, "activityArn", reply->arn);
	sw_body_time(&out, "creationDate", reply->time_ms);
	sw_body_close(&out, '}');
	sw_call_answer(call, &out);
}

void sw_call_create_activity(struct sw_call *call)
{
	struct sw_error err = {0};
	struct sw_tag *tags;
	size_t count;
	const char *key_type = json_string_value(
		json_object_get(json_object_get(call->request, "encryptionConfiguration"), "type"));

	if (!sw_call_check_name(call, "name"))
		return;
	call->subject = SW_SUBJECT_ACTIVITY;
	if (key_type && strcmp(key_type, "AWS_OWNED_KEY") != 0) {
		sw_call_fail(
			call, "InvalidEncryptionConfiguration",
			"Invalid Encryption Configuration: Stepwell does not support customer managed keys");
		return;
	}
	if (!sw_call_read_tags(call, &tags, &count))
		return;
	enum sw_result r = sw_engine_create_tagged_activity(
		call->api->engine, sw_call_text(call, "name", NULL), tags, count, created, call, &err);
	sw_free(tags);
	sw_call_asked(call, r, &err);
}

static void deleted(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct sw_call *call = user;
	(void)reply;
	if (result == SW_OK)
		sw_call_answer_empty(call);
	else
		sw_call_fail_result(call, result, err);
}

void sw_call_delete_activity(struct sw_call *call)
{
	struct sw_error err = {0};
	if (!sw_call_take_activity(call))
		return;
	/* Recorded: what does not exist is deleted without an error. */
	if (!call->activity) {
		sw_call_answer_empty(call);
		return;
	}
	enum sw_result r = sw_engine_delete_activity(call->api->engine, call->activity, deleted, call, &err);
	sw_call_asked(call, r, &err);
}

void sw_call_describe_activity(struct sw_call *call)
{
	struct sw_activity_info info = {0};
	struct sw_error err = {0};
	struct sw_body out = SW_BODY;

	if (!sw_call_take_activity(call))
		return;
	enum sw_result r = call->activity ? sw_reader_activity(call->api->reader, call->activity, &info, &err)
					  : SW_ENOENT;
	if (r != SW_OK) {
		sw_call_fail_result(call, r, &err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_text(&out, "activityArn", info.arn);
	sw_body_text(&out, "name", info.name);
	sw_body_time(&out, "creationDate", info.creation_ms);
	sw_body_open(&out, "encryptionConfiguration", '{');
	sw_body_text(&out, "type", "AWS_OWNED_KEY");
	sw_body_close(&out, '}');
	sw_body_close(&out, '}');
	sw_activity_info_done(&info);
	sw_call_answer(call, &out);
}

static void write_listed(void *user, const struct sw_activity_info *info)
{
	struct sw_body *out = user;
	sw_body_open(out, NULL, '{');
	sw_body_text(out, "activityArn", info->arn);
	sw_body_text(out, "name", info->name);
	sw_body_time(out, "creationDate", info->creation_ms);
	sw_body_close(out, '}');
}

void sw_call_list_activities(struct sw_call *call)
{
	struct sw_error err = {0};
	struct sw_body out = SW_BODY;
	char *next = NULL;

	sw_body_open(&out, NULL, '{');
	sw_body_open(&out, "activities", '[');
	enum sw_result r = sw_reader_list_activities(
		call->api->reader, sw_call_max_results(call, SW_PAGE_RESULTS_DEFAULT),
		sw_call_text(call, "nextToken", NULL), write_listed, &out, &next, &err);
	sw_call_answer_page(call, r, &out, next, &err);
}

/* ---- the long poll ---- */

/* "If no task is available within 60 seconds, the poll returns a taskToken with a null string." */
static void given(void *user, enum sw_result result, const struct sw_activity_task *task,
		  const struct sw_error *err)
{
	struct sw_call *call = user;
	struct sw_body out = SW_BODY;
	call->poll = NULL;
	if (result != SW_OK) {
		sw_call_fail_result(call, result, err);
		return;
	}
	sw_activity_task_write(&out, task);
	sw_call_answer(call, &out);
}

void sw_activity_task_write(struct sw_body *out, const struct sw_activity_task *task)
{
	sw_body_open(out, NULL, '{');
	if (task) {
		sw_body_text(out, "taskToken", task->token);
		sw_body_bytes(out, "input", task->input, task->input_len);
	} else {
		sw_body_json(out, "taskToken", "null", 4);
	}
	sw_body_close(out, '}');
}

void sw_call_fail_poll(struct sw_call *call, enum sw_result result, const struct sw_error *err)
{
	if (result == SW_EBUSY)
		sw_call_fail(call, "ActivityWorkerLimitExceeded", "Activity Worker Limit Exceeded: '%s'",
			     err->text);
	else
		sw_call_fail_result(call, result, err);
}

void sw_call_get_activity_task(struct sw_call *call)
{
	struct sw_error err = {0};
	enum sw_result r = SW_ENOENT;
	if (!sw_call_take_activity(call))
		return;
	if (call->activity && call->api->partitions) {
		sw_seek_begin(call);
		return;
	}
	if (call->activity)
		r = sw_engine_poll_activity(call->api->engine, call->activity,
					    sw_call_text(call, "workerName", NULL), SW_ACTIVITY_POLL_MS,
					    given, call, &call->poll, &err);
	if (r == SW_OK && call->place)
		*call->place = call;
	else if (r != SW_OK)
		sw_call_fail_poll(call, r, &err);
}
