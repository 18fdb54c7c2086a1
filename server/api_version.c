/* Actions on versions of state machines. Shapes: the API model, PublishStateMachineVersionInput and friends.
 */
#include "server/api.h"

#include "asl/asl.h"
#include "engine/versions.h"

#include <string.h>

static const struct sw_member publish_members[] = {
	{"stateMachineArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"revisionId", SW_MEMBER_TEXT},
	{"description", SW_MEMBER_TEXT, SW_SENSITIVE, 0, 256},
};
const struct sw_shape sw_shape_publish_version = SW_SHAPE(publish_members);

static const struct sw_member delete_members[] = {
	{"stateMachineVersionArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 2000},
};
const struct sw_shape sw_shape_delete_version = SW_SHAPE(delete_members);

static const struct sw_member list_members[] = {
	{"stateMachineArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"maxResults", SW_MEMBER_INTEGER, 0, 0, SW_PAGE_RESULTS_MAX},
	{"nextToken", SW_MEMBER_TEXT, 0, 1, 1024},
};
const struct sw_shape sw_shape_list_versions = SW_SHAPE(list_members);

static void fail(struct sw_call *call, enum sw_result r, const struct sw_error *err)
{
	if (r == SW_EBUSY)
		sw_call_fail(call, "ConflictException", "%s", err->text);
	else if (r == SW_ELIMIT)
		sw_call_fail(call, "ServiceQuotaExceededException", "%s", err->text);
	else
		sw_call_fail_result(call, r, err);
}

static void published(void *user, enum sw_result result, const struct sw_reply *reply,
		      const struct sw_error *err)
{
	struct sw_call *call = user;
	struct sw_body out = SW_BODY;
	if (result != SW_OK) {
		fail(call, result, err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_time(&out, "creationDate", reply->time_ms);
	sw_body_text(&out, "stateMachineVersionArn", reply->version_arn);
	sw_body_close(&out, '}');
	sw_call_answer(call, &out);
}

void sw_call_publish_version(struct sw_call *call)
{
	struct sw_error err = {0};
	if (!sw_call_take_machine(call))
		return;
	enum sw_result r = sw_engine_publish_version(
		call->api->engine, call->machine, sw_call_text(call, "revisionId", NULL),
		sw_call_text(call, "description", NULL), published, call, &err);
	if (r != SW_OK)
		fail(call, r, &err);
}

/* What does not exist is deleted already: api_versioning/list_delete_version. */
static void deleted(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct sw_call *call = user;
	if (result == SW_OK || result == SW_ENOENT)
		sw_call_answer_empty(call);
	else
		fail(call, result, err);
}

void sw_call_delete_version(struct sw_call *call)
{
	struct sw_error err = {0};
	if (!sw_call_take_qualified(call, "stateMachineVersionArn"))
		return;
	const char *number = call->qualifier;
	if (!number || strspn(number, "0123456789") != strlen(number)) {
		sw_call_fail(call, "ValidationException", "stateMachineVersionArn must name a version: '%s'",
			     call->subject_text);
		return;
	}
	uint32_t version = sw_arn_text_version(number, strlen(number)); /* 0: there is none */
	enum sw_result r =
		sw_engine_delete_version(call->api->engine, call->machine, version, deleted, call, &err);
	if (r != SW_OK)
		deleted(call, r, NULL, &err);
}

static void write_listed(void *user, const struct sw_version_info *info)
{
	struct sw_body *out = user;
	sw_body_open(out, NULL, '{');
	sw_body_text(out, "stateMachineVersionArn", info->arn);
	sw_body_time(out, "creationDate", info->creation_ms);
	sw_body_close(out, '}');
}

void sw_call_list_versions(struct sw_call *call)
{
	struct sw_error err = {0};
	struct sw_body out = SW_BODY;
	char *next = NULL;

	if (!sw_call_take_machine(call))
		return;
	sw_body_open(&out, NULL, '{');
	sw_body_open(&out, "stateMachineVersions", '[');
	enum sw_result r = sw_reader_list_versions(
		call->api->reader, call->machine, sw_call_max_results(call, SW_PAGE_RESULTS_DEFAULT),
		sw_call_text(call, "nextToken", NULL), write_listed, &out, &next, &err);
	sw_call_answer_page(call, r, &out, next, &err);
}
