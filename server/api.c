/* One request in, one answer out: parsing, dispatch, and AWS's words for what went wrong. See api.h. */
#include "server/api.h"

#include "asl/asl.h"

#include "base/mem.h"
#include "engine/activity.h"
#include "server/access.h"
#include "server/json_mistake.h"
#include "server/partitions.h"
#include "server/request_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACTION_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const struct sw_action actions[] = {
#define SW_ACTION_ROW(name, id, owner) {name, sw_call_##id, &sw_shape_##id, owner},
	SW_ACTIONS(SW_ACTION_ROW)
#undef SW_ACTION_ROW
};

/* The answer when there is no memory for another one. */
static const char out_of_memory[] = "{\"__type\":\"InternalFailure\",\"message\":\"out of memory\"}";

/* ---- life ---- */

static void api_unref(struct sw_api *api)
{
	if (--api->refs > 0)
		return;
	sw_free(api->region);
	sw_free(api->account);
	sw_free(api);
}

enum sw_result sw_api_new(struct sw_engine *engine, struct sw_reader *reader, struct sw_api **ret_api)
{
	if (engine && !reader)
		reader = sw_engine_reader(engine);
	if (!reader)
		return SW_EINVAL;
	struct sw_api *api = sw_zalloc(sizeof(*api));
	if (!api)
		return SW_ENOMEM;
	api->refs = 1;
	api->engine = engine;
	api->reader = reader;
	api->region = sw_strdup(sw_reader_region(reader));
	api->account = sw_strdup(sw_reader_account(reader));
	if (!api->region || !api->account) {
		api_unref(api);
		return SW_ENOMEM;
	}
	*ret_api = api;
	return SW_OK;
}

const char *sw_api_region(const struct sw_api *api)
{
	return api->region;
}

/* Calls that wait hold references of their own: the engine answers them later. */
void sw_api_free(struct sw_api *api)
{
	if (api)
		api_unref(api);
}

/* ---- answering ---- */

static void call_free(struct sw_call *call)
{
	json_decref(call->request);
	sw_free(call->machine);
	sw_free(call->qualifier);
	sw_free(call->test_case);
	sw_free(call->activity);
	api_unref(call->api);
	sw_free(call);
}

/* Before the reply: the place may be gone afterwards. */
static void leave_place(struct sw_call *call)
{
	if (call->place)
		*call->place = NULL;
	call->place = NULL;
}

static void finish(struct sw_call *call, int status, const char *type, const struct sw_buf *body)
{
	leave_place(call);
	if (sw_buf_result(body) == SW_OK && body->data)
		call->reply(call->user, status, type, body->data, body->len);
	else
		call->reply(call->user, 500, "InternalFailure", out_of_memory, sizeof(out_of_memory) - 1);
	call_free(call);
}

void sw_call_answer(struct sw_call *call, struct sw_body *answer)
{
	finish(call, 200, NULL, &answer->text);
	sw_buf_done(&answer->text);
}

void sw_call_answer_empty(struct sw_call *call)
{
	leave_place(call);
	call->reply(call->user, 200, NULL, "{}", 2);
	call_free(call);
}

/* With a member more that the error's shape has in AWS's model; member NULL: none. */
static void fail_telling(struct sw_call *call, int status, const char *type, struct sw_buf *message,
			 const char *member, const char *value)
{
	struct sw_body body = SW_BODY;
	sw_body_open(&body, NULL, '{');
	sw_body_text(&body, "__type", type);
	sw_body_bytes(&body, "message", message->data ? message->data : "", message->len);
	if (member)
		sw_body_text(&body, member, value);
	sw_body_close(&body, '}');
	body.text.failed = body.text.failed || message->failed;
	sw_buf_done(message);
	finish(call, status, type, &body.text);
	sw_buf_done(&body.text);
}

static void fail_with(struct sw_call *call, int status, const char *type, struct sw_buf *message)
{
	fail_telling(call, status, type, message, NULL, NULL);
}

static void fail_status(struct sw_call *call, int status, const char *type, const char *text)
{
	struct sw_buf message = SW_BUF;
	sw_buf_text(&message, text);
	fail_with(call, status, type, &message);
}

void sw_call_fail(struct sw_call *call, const char *type, const char *format, ...)
{
	struct sw_buf message = SW_BUF;
	va_list args;
	va_start(args, format);
	sw_buf_vprintf(&message, format, args);
	va_end(args);
	fail_with(call, 400, type, &message);
}

void sw_call_fail_reason(struct sw_call *call, const char *reason, const char *format, ...)
{
	struct sw_buf message = SW_BUF;
	va_list args;
	va_start(args, format);
	sw_buf_vprintf(&message, format, args);
	va_end(args);
	fail_telling(call, 400, "ValidationException", &message, "reason", reason);
}

void sw_call_fail_resource(struct sw_call *call, const char *type, const char *text)
{
	const struct sw_api *api = call->api;
	const char *name = sw_call_text(call, "name", NULL);
	struct sw_buf message = SW_BUF, arn = SW_BUF;
	if (call->subject_text)
		sw_buf_text(&arn, call->subject_text);
	else /* it is being created */
		sw_buf_printf(&arn, "arn:aws:states:%s:%s:%s:%s", api->region, api->account,
			      call->subject == SW_SUBJECT_ACTIVITY ? "activity" : "stateMachine",
			      name ? name : "");
	sw_buf_printf(&message, "%s: '%s'", text, arn.data ? arn.data : "");
	message.failed = message.failed || arn.failed;
	fail_telling(call, 400, type, &message, "resourceName", arn.data);
	sw_buf_done(&arn);
}

void sw_call_fail_quoting(struct sw_call *call, const char *type, const char *prefix, const char *text,
			  size_t len)
{
	struct sw_buf message = SW_BUF;
	sw_buf_text(&message, prefix);
	sw_buf_append(&message, text, len);
	sw_buf_char(&message, '\'');
	fail_with(call, 400, type, &message);
}

static void fail_missing(struct sw_call *call, const struct sw_error *err)
{
	const char *text = call->subject_text ? call->subject_text : "";
	switch (call->subject) {
	case SW_SUBJECT_MACHINE:
		if (call->test_case && err->text[0]) /* it may be the test case that is not there */
			sw_call_fail(call, "StateMachineDoesNotExist",
				     "State Machine Does Not Exist: '%s' (%s)", text, err->text);
		else
			sw_call_fail(call, "StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'",
				     text);
		return;
	case SW_SUBJECT_EXECUTION:
		sw_call_fail(call, "ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", text);
		return;
	case SW_SUBJECT_ACTIVITY:
		sw_call_fail(call, "ActivityDoesNotExist", "Activity Does Not Exist: '%s'", text);
		return;
	case SW_SUBJECT_TASK:
		sw_call_fail(call, "TaskDoesNotExist", "Task Does Not Exist: 'Provided task does not exist'");
		return;
	}
}

/* Only creating a machine and starting an execution can meet a name that is taken. */
static void fail_existing(struct sw_call *call)
{
	const struct sw_api *api = call->api;
	const char *name = sw_call_text(call, "name", NULL);
	name = name ? name : "";
	if (call->machine)
		sw_call_fail(call, "ExecutionAlreadyExists",
			     "Execution Already Exists: 'arn:aws:states:%s:%s:execution:%s:%s'", api->region,
			     api->account, call->machine, name);
	else
		sw_call_fail(call, "StateMachineAlreadyExists",
			     "State Machine Already Exists: 'arn:aws:states:%s:%s:stateMachine:%s'",
			     api->region, api->account, name);
}

/* As AWS says it of CreateStateMachine, too, which knows the machine by its name. */
static void fail_deleting(struct sw_call *call)
{
	const struct sw_api *api = call->api;
	const char *name = call->machine ? call->machine : sw_call_text(call, "name", NULL);
	if (call->subject_text)
		sw_call_fail(call, "StateMachineDeleting", "State Machine is being deleted: '%s'",
			     call->subject_text);
	else
		sw_call_fail(call, "StateMachineDeleting",
			     "State Machine is being deleted: 'arn:aws:states:%s:%s:stateMachine:%s'",
			     api->region, api->account, name ? name : "");
}

/* Input of an execution or output of a task that is not JSON: what AWS's parser says of it. */
static void fail_payload(struct sw_call *call, const struct sw_error *err)
{
	bool task = call->subject == SW_SUBJECT_TASK;
	size_t len = 0;
	const char *text = sw_call_text(call, task ? "output" : "input", &len);
	struct sw_buf message = SW_BUF, mistake = SW_BUF;

	if (text && sw_json_mistake(text, len, &mistake, NULL)) {
		sw_buf_text(&message,
			    task ? "Invalid Output: '" : "Invalid State Machine Execution Input: '");
		sw_buf_append(&message, mistake.data ? mistake.data : "", mistake.len);
		sw_buf_char(&message, '\'');
	} else {
		sw_buf_text(&message, err->text);
	}
	message.failed = message.failed || mistake.failed;
	sw_buf_done(&mistake);
	fail_with(call, 400, task ? "InvalidOutput" : "InvalidExecutionInput", &message);
}

/* The one payload that an action has is too long, or there are too many executions. */
static void fail_limit(struct sw_call *call, const struct sw_error *err)
{
	static const struct {
		const char *member;
		uint32_t max;
	} payloads[] = {
		{"definition", SW_DEFINITION_BYTES_MAX},
		{"input", SW_PAYLOAD_BYTES_MAX},
		{"output", SW_PAYLOAD_BYTES_MAX},
	};
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		size_t len = 0;
		if (!sw_call_text(call, payloads[i].member, &len) || len <= payloads[i].max)
			continue;
		struct sw_buf message = SW_BUF;
		sw_shape_too_long(&message, payloads[i].member, payloads[i].max);
		fail_with(call, 400, "ValidationException", &message);
		return;
	}
	sw_call_fail(call,
		     call->subject == SW_SUBJECT_MACHINE && call->machine ? "ExecutionLimitExceeded"
									  : "ValidationException",
		     "%s", err->text);
}

/* "Invalid Arn: 'Invalid ARN prefix: x'", with or without its beginning. */
static void fail_arn(struct sw_call *call, const struct sw_error *err)
{
	if (strncmp(err->text, "Invalid Arn: ", 13) == 0)
		sw_call_fail(call, "InvalidArn", "%s", err->text);
	else
		sw_call_fail(call, "InvalidArn", "Invalid Arn: '%s'", err->text);
}

static void handle_again(void *user, enum sw_result result, const struct sw_reply *reply,
			 const struct sw_error *err)
{
	struct sw_call *call = user;
	(void)reply;
	if (result < 0)
		sw_call_fail_result(call, result, err);
	else
		call->action->handle(call);
}

/* In relaxed mode readers do not see what was acknowledged a moment ago: then the commit is waited for, once. */
static bool waits_for_commit(struct sw_call *call)
{
	struct sw_engine *engine = call->api->engine;
	if (call->again || call->action->needs_owner || sw_engine_is_settled(engine) ||
	    sw_engine_settle(engine, handle_again, call, NULL) < 0)
		return false;
	call->again = true;
	sw_free(call->machine);
	sw_free(call->qualifier);
	sw_free(call->test_case);
	sw_free(call->activity);
	call->machine = call->qualifier = call->test_case = call->activity = NULL;
	call->subject_text = NULL;
	return true;
}

void sw_call_fail_result(struct sw_call *call, enum sw_result result, const struct sw_error *err)
{
	struct sw_error none = {0};
	if (result == SW_ENOENT && waits_for_commit(call))
		return;
	if (!err)
		err = &none;
	const char *text = err->text[0] ? err->text : sw_result_text(result);

	switch (result) {
	case SW_ENOENT:
		fail_missing(call, err);
		return;
	case SW_EEXIST:
		fail_existing(call);
		return;
	case SW_EDELETING:
		fail_deleting(call);
		return;
	case SW_EARN:
		fail_arn(call, err);
		return;
	case SW_ENAME: {
		size_t len = 0;
		const char *name = sw_call_text(call, "name", &len);
		sw_call_fail_quoting(call, "InvalidName", "Invalid Name: '", name ? name : "",
				     name ? len : 0);
		return;
	}
	case SW_EINPUT:
	case SW_EJSON:
		fail_payload(call, err);
		return;
	case SW_EDEFINITION:
		sw_call_fail(call, "InvalidDefinition", "Invalid State Machine Definition: '%s'", text);
		return;
	case SW_ETOKEN:
		sw_call_fail(call, "InvalidToken", "Invalid Token: 'Invalid token'");
		return;
	case SW_ETIMEDOUT:
		sw_call_fail(call, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
		return;
	case SW_ELIMIT:
		fail_limit(call, err);
		return;
	case SW_EINVAL:
	case SW_EBUSY:
		sw_call_fail(call, "ValidationException", "%s", text);
		return;
	case SW_EFULL:
	case SW_ECLOSED:
		fail_status(call, 503, "ServiceUnavailable", text);
		return;
	default:
		fail_status(call, 500, "InternalFailure", text);
		return;
	}
}

void sw_call_asked(struct sw_call *call, enum sw_result result, const struct sw_error *err)
{
	if (result != SW_OK)
		sw_call_fail_result(call, result, err);
}

void sw_call_answer_page(struct sw_call *call, enum sw_result result, struct sw_body *out, char *next,
			 const struct sw_error *err)
{
	sw_body_close(out, ']');
	sw_body_text(out, "nextToken", next);
	sw_body_close(out, '}');
	sw_text_free(next);
	if (result == SW_OK) {
		sw_call_answer(call, out);
		return;
	}
	sw_buf_done(&out->text);
	sw_call_fail_result(call, result, err);
}

/* ---- what the request holds ---- */

const char *sw_call_text(const struct sw_call *call, const char *member, size_t *ret_len)
{
	const json_t *value = json_object_get(call->request, member);
	if (!json_is_string(value))
		return NULL;
	if (ret_len)
		*ret_len = json_string_length(value);
	return json_string_value(value);
}

bool sw_call_boolean(const struct sw_call *call, const char *member, bool otherwise)
{
	const json_t *value = json_object_get(call->request, member);
	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

uint32_t sw_call_max_results(const struct sw_call *call, uint32_t otherwise)
{
	json_int_t number = json_integer_value(json_object_get(call->request, "maxResults"));
	return number > 0 ? (uint32_t)number : otherwise;
}

bool sw_call_metadata_only(const struct sw_call *call)
{
	const char *included = sw_call_text(call, "includedData", NULL);
	return included && strcmp(included, "METADATA_ONLY") == 0;
}

bool sw_call_check_name(struct sw_call *call, const char *member)
{
	size_t len = 0;
	const char *name = sw_call_text(call, member, &len);
	if (!name || (strlen(name) == len && sw_name_check(name, NULL) == SW_OK))
		return true;
	sw_call_fail_quoting(call, "InvalidName", "Invalid Name: '", name, len);
	return false;
}

bool sw_call_owns(const struct sw_call *call, const struct sw_arn_text *arn)
{
	const struct sw_api *api = call->api;
	return arn->region.len == strlen(api->region) &&
	       memcmp(arn->region.data, api->region, arn->region.len) == 0 &&
	       arn->account.len == strlen(api->account) &&
	       memcmp(arn->account.data, api->account, arn->account.len) == 0;
}

static bool parse_arn(struct sw_call *call, const char *text, const char *type, struct sw_arn_text *ret_arn)
{
	struct sw_buf message = SW_BUF;
	bool good = sw_arn_text_parse(text, type, ret_arn, &message);
	if (!good)
		sw_call_fail(call, "InvalidArn", "Invalid Arn: '%s'", message.data ? message.data : "");
	sw_buf_done(&message);
	return good;
}

bool sw_call_take_qualified(struct sw_call *call, const char *member)
{
	struct sw_arn_text arn;
	const char *text = sw_call_text(call, member, NULL);
	if (!parse_arn(call, text, "stateMachine", &arn))
		return false;
	call->subject = SW_SUBJECT_MACHINE;
	call->subject_text = text;
	/* There is nothing in other regions and accounts. */
	if (!sw_call_owns(call, &arn)) {
		sw_call_fail_result(call, SW_ENOENT, NULL);
		return false;
	}
	call->machine = sw_memdup(arn.name.data, arn.name.len);
	if (arn.qualifier.len)
		call->qualifier = sw_memdup(arn.qualifier.data, arn.qualifier.len);
	if (arn.test_case.data)
		call->test_case = sw_memdup(arn.test_case.data, arn.test_case.len);
	if (!call->machine || (arn.test_case.data && !call->test_case) ||
	    (arn.qualifier.len && !call->qualifier)) {
		sw_call_fail_result(call, SW_ENOMEM, NULL);
		return false;
	}
	return true;
}

bool sw_call_refuse_label(struct sw_call *call)
{
	struct sw_arn_text arn;
	struct sw_buf message = SW_BUF;
	const char *text = sw_call_text(call, "stateMachineArn", NULL);
	bool labeled = sw_arn_text_parse(text, "stateMachine", &arn, &message) &&
		       memchr(arn.name.data, '/', arn.name.len);
	sw_buf_done(&message);
	if (labeled)
		sw_call_fail_reason(call, "API_DOES_NOT_SUPPORT_LABELED_ARNS",
				    "The ARN names a Distributed Map state, not a state machine: '%s'", text);
	return labeled;
}

bool sw_call_take_machine(struct sw_call *call)
{
	if (!sw_call_take_qualified(call, "stateMachineArn"))
		return false;
	if (!call->qualifier)
		return true;
	sw_call_fail_result(call, SW_ENOENT, NULL);
	return false;
}

bool sw_call_take_activity(struct sw_call *call)
{
	struct sw_arn_text arn;
	const char *text = sw_call_text(call, "activityArn", NULL);
	if (!parse_arn(call, text, "activity", &arn))
		return false;
	call->subject = SW_SUBJECT_ACTIVITY;
	call->subject_text = text;
	if (!sw_call_owns(call, &arn) || arn.qualifier.len)
		return true;
	call->activity = sw_memdup(arn.name.data, arn.name.len);
	if (call->activity)
		return true;
	sw_call_fail_result(call, SW_ENOMEM, NULL);
	return false;
}

bool sw_call_take_execution(struct sw_call *call)
{
	struct sw_arn_text arn;
	const char *text = sw_call_text(call, "executionArn", NULL);
	if (!parse_arn(call, text, "execution", &arn))
		return false;
	call->subject = SW_SUBJECT_EXECUTION;
	call->subject_text = text;
	if (!sw_call_owns(call, &arn)) {
		sw_call_fail_result(call, SW_ENOENT, NULL);
		return false;
	}
	return true;
}

/* ---- one call ---- */

static const struct sw_action *action_named(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	}
	return NULL;
}

/* False when it has answered. */
static bool parse_request(struct sw_call *call, const char *body, size_t len)
{
	enum sw_result r = len ? sw_request_json(body, len, &call->request) : SW_OK;
	struct sw_buf mistake = SW_BUF;

	if (len == 0)
		call->request = json_object();
	if (r == SW_OK && !call->request)
		r = SW_ENOMEM;
	if (r == SW_OK && json_is_object(call->request))
		return true;
	if (r == SW_ENOMEM)
		sw_call_fail_result(call, r, NULL);
	else if (r == SW_OK)
		sw_call_fail(call, "SerializationException", "the request is not a JSON object");
	else if (sw_request_is_utf8(body, len) && sw_json_mistake(body, len, &mistake, NULL))
		fail_with(call, 400, "SerializationException", &mistake);
	else
		sw_call_fail(call, "SerializationException", "the request is not JSON");
	sw_buf_done(&mistake);
	return false;
}

/* False when it has answered. */
static bool check_request(struct sw_call *call)
{
	struct sw_buf message = SW_BUF;
	enum sw_shape_verdict verdict = sw_shape_check(call->action->shape, call->request, &message);
	if (verdict == SW_SHAPE_FITS) {
		sw_buf_done(&message);
		return true;
	}
	fail_with(call, 400,
		  verdict == SW_SHAPE_WRONG_TYPE ? "SerializationException" : "ValidationException",
		  &message);
	return false;
}

/* False when it has answered. */
static bool check_access(struct sw_call *call, const struct sw_credential *caller)
{
	const struct sw_access access = {call->api->region, call->api->account, call->action->name,
					 call->request};
	struct sw_buf message = SW_BUF;
	if (!caller || sw_access_allows(caller, &access, &message))
		return true;
	fail_with(call, 400, "AccessDeniedException", &message);
	return false;
}

void sw_call_pass_on(struct sw_call *call, int status, const char *type, const char *body, size_t len)
{
	leave_place(call);
	if (body)
		call->reply(call->user, status, type, body, len);
	else
		call->reply(call->user, 500, "InternalFailure", out_of_memory, sizeof(out_of_memory) - 1);
	call_free(call);
}

enum sw_result sw_api_call(struct sw_api *api, const char *action, const char *body, size_t len,
			   sw_api_reply_fn *reply, void *user)
{
	return sw_api_call_at(api, action, body, len, reply, user, NULL);
}

bool sw_api_cancel(struct sw_call *call)
{
	if (call->seek ? !sw_seek_cancel(call->seek) : !sw_engine_cancel_poll(call->api->engine, call->poll))
		return false;
	leave_place(call);
	call_free(call);
	return true;
}

enum sw_result sw_api_call_at(struct sw_api *api, const char *action, const char *body, size_t len,
			      sw_api_reply_fn *reply, void *user, struct sw_call **place)
{
	return sw_api_call_as(api, NULL, NULL, action, body, len, reply, user, place);
}

/*
 * "If both sources are provided, Step Functions will use the header value (preferred) over the value in the request
 * body." What traceHeader cannot be is passed over. False when it has answered.
 */
static bool take_trace(struct sw_call *call, const char *trace)
{
	const struct sw_shape *shape = call->action->shape;
	size_t i = 0, len = trace ? strlen(trace) : 0;
	while (i < shape->count && strcmp(shape->members[i].name, "traceHeader") != 0)
		i++;
	if (i == shape->count || len == 0 || len > shape->members[i].max)
		return true;
	for (size_t at = 0; at < len; at++) {
		if ((unsigned char)trace[at] >= 0x80)
			return true;
	}
	if (json_object_set_new(call->request, "traceHeader", json_string(trace)) == 0)
		return true;
	sw_call_fail_result(call, SW_ENOMEM, NULL);
	return false;
}

/* Is the call another partition's? The request as it is now goes there. */
static bool pass_on(struct sw_call *call, const char *trace, const char *body, size_t len)
{
	if (!call->api->partitions)
		return false;
	char *changed = trace ? json_dumps(call->request, JSON_COMPACT) : NULL;
	bool passed = true;
	if (trace && !changed)
		sw_call_fail_result(call, SW_ENOMEM, NULL);
	else
		passed = sw_partitions_take(call, changed ? changed : body, changed ? strlen(changed) : len);
	free(changed);
	return passed;
}

enum sw_result sw_api_call_as(struct sw_api *api, const struct sw_credential *caller, const char *trace,
			      const char *action, const char *body, size_t len, sw_api_reply_fn *reply,
			      void *user, struct sw_call **place)
{
	struct sw_call *call = sw_zalloc(sizeof(*call));
	if (!call)
		return SW_ENOMEM;
	if (place)
		*place = NULL;
	call->place = place;
	call->api = api;
	api->refs++;
	call->reply = reply;
	call->user = user;
	call->action = action_named(action);
	if (!call->action) {
		/* from a header: anything may stand there */
		bool plain = strspn(action, ACTION_CHARACTERS) == strlen(action);
		sw_call_fail(call, "UnknownOperationException", "Stepwell does not have the action %.100s",
			     plain ? action : "that was asked for");
		return SW_OK;
	}
	if (!parse_request(call, body, len) || !take_trace(call, trace) || !check_request(call) ||
	    !check_access(call, caller))
		return SW_OK;
	if (call->action->needs_owner && !api->engine) {
		fail_status(call, 503, "ServiceUnavailable",
			    "no process runs this data directory: it can only be read");
		return SW_OK;
	}
	if (pass_on(call, trace, body, len))
		return SW_OK;
	call->action->handle(call);
	return SW_OK;
}
