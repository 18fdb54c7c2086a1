/* Tags of resources. Shapes: the API model, TagResourceInput and friends. State machines and activities have
 * tags. */
#include "server/api.h"

#include "base/mem.h"
#include "engine/activity.h"
#include "engine/versions.h"

#include <string.h>

static const struct sw_member tag_members[] = {
	{"key", SW_MEMBER_TEXT, SW_REQUIRED, 1, 128},
	{"value", SW_MEMBER_TEXT, 0, 0, 256},
};
const struct sw_shape sw_tag_shape = SW_SHAPE(tag_members);

static const struct sw_member tag_resource_members[] = {
	{"resourceArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"tags", SW_MEMBER_LIST, SW_REQUIRED, .shape = &sw_tag_shape},
};
const struct sw_shape sw_shape_tag_resource = SW_SHAPE(tag_resource_members);

static const struct sw_member untag_resource_members[] = {
	{"resourceArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"tagKeys", SW_MEMBER_LIST, SW_REQUIRED | SW_TEXTS, 1, 128},
};
const struct sw_shape sw_shape_untag_resource = SW_SHAPE(untag_resource_members);

static const struct sw_member list_members[] = {
	{"resourceArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
};
const struct sw_shape sw_shape_list_tags = SW_SHAPE(list_members);

/* Recorded: api_tagging/tag_state_machine_version. TagResource does not have StateMachineDeleting. */
static void fail(struct sw_call *call, enum sw_result r, const struct sw_error *err)
{
	if (r == SW_ENOENT || r == SW_EDELETING)
		sw_call_fail_resource(call, "ResourceNotFound", "Resource not found");
	else if (r == SW_ELIMIT)
		sw_call_fail_resource(call, "TooManyTags", "Too many tags");
	else
		sw_call_fail_result(call, r, err);
}

bool sw_call_read_tags(struct sw_call *call, struct sw_tag **ret_tags, size_t *ret_count)
{
	const json_t *list = json_object_get(call->request, "tags");
	size_t count = json_array_size(list);
	*ret_tags = NULL;
	*ret_count = 0;
	if (count == 0)
		return true;
	if (count > SW_TAGS_MAX) {
		fail(call, SW_ELIMIT, NULL);
		return false;
	}
	struct sw_tag *tags = sw_zalloc_array(count, sizeof(*tags));
	if (!tags) {
		sw_call_fail_result(call, SW_ENOMEM, NULL);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);
		tags[i].key = json_string_value(json_object_get(item, "key"));
		tags[i].value = json_string_value(json_object_get(item, "value"));
	}
	*ret_tags = tags;
	*ret_count = count;
	return true;
}

/* resourceArn: call->machine, or call->activity. False when it has answered. */
static bool take_resource(struct sw_call *call)
{
	struct sw_arn_text arn;
	struct sw_buf message = SW_BUF;
	const char *text = sw_call_text(call, "resourceArn", NULL);
	bool activity = sw_arn_text_parse(text, "activity", &arn, &message);
	sw_buf_reset(&message);
	bool good = activity || sw_arn_text_parse(text, "stateMachine", &arn, &message);
	if (!good)
		sw_call_fail(call, "InvalidArn", "Invalid Arn: '%s'", message.data ? message.data : "");
	sw_buf_done(&message);
	if (!good)
		return false;
	call->subject_text = text;
	if (!sw_call_owns(call, &arn) || arn.qualifier.len || arn.test_case.data) {
		fail(call, SW_ENOENT, NULL);
		return false;
	}
	char *name = sw_memdup(arn.name.data, arn.name.len);
	if (!name)
		sw_call_fail_result(call, SW_ENOMEM, NULL);
	*(activity ? &call->activity : &call->machine) = name;
	return name != NULL;
}

static void changed(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct sw_call *call = user;
	if (result == SW_OK)
		sw_call_answer_empty(call);
	else
		fail(call, result, err);
}

void sw_call_tag_resource(struct sw_call *call)
{
	struct sw_error err = {0};
	struct sw_tag *tags;
	size_t count;
	if (!take_resource(call) || !sw_call_read_tags(call, &tags, &count))
		return;
	struct sw_engine *engine = call->api->engine;
	enum sw_result r =
		call->activity
			? sw_engine_tag_activity(engine, call->activity, tags, count, changed, call, &err)
			: sw_engine_tag(engine, call->machine, tags, count, changed, call, &err);
	sw_free(tags);
	if (r != SW_OK)
		fail(call, r, &err);
}

void sw_call_untag_resource(struct sw_call *call)
{
	struct sw_error err = {0};
	const json_t *list = json_object_get(call->request, "tagKeys");
	size_t count = json_array_size(list);
	if (!take_resource(call))
		return;
	const char **keys = sw_zalloc_array(count, sizeof(*keys));
	if (!keys) {
		sw_call_fail_result(call, SW_ENOMEM, NULL);
		return;
	}
	for (size_t i = 0; i < count; i++)
		keys[i] = json_string_value(json_array_get(list, i));
	struct sw_engine *engine = call->api->engine;
	enum sw_result r =
		call->activity
			? sw_engine_untag_activity(engine, call->activity, keys, count, changed, call, &err)
			: sw_engine_untag(engine, call->machine, keys, count, changed, call, &err);
	sw_free((void *)keys);
	if (r != SW_OK)
		fail(call, r, &err);
}

static void write_tag(void *user, const struct sw_tag *tag)
{
	struct sw_body *out = user;
	sw_body_open(out, NULL, '{');
	sw_body_text(out, "key", tag->key);
	sw_body_text(out, "value", tag->value);
	sw_body_close(out, '}');
}

void sw_call_list_tags(struct sw_call *call)
{
	struct sw_error err = {0};
	struct sw_body out = SW_BODY;
	if (!take_resource(call))
		return;
	sw_body_open(&out, NULL, '{');
	sw_body_open(&out, "tags", '[');
	struct sw_reader *reader = call->api->reader;
	enum sw_result r = call->activity
				   ? sw_reader_activity_tags(reader, call->activity, write_tag, &out, &err)
				   : sw_reader_tags(reader, call->machine, write_tag, &out, &err);
	sw_body_close(&out, ']');
	sw_body_close(&out, '}');
	if (r == SW_OK) {
		sw_call_answer(call, &out);
		return;
	}
	sw_buf_done(&out.text);
	fail(call, r, &err);
}
