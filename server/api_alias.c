/* Actions on aliases of state machines. Shapes: the API model, CreateStateMachineAliasInput and friends. */
#include "server/api.h"

#include "asl/asl.h"
#include "base/mem.h"
#include "engine/versions.h"

#include <string.h>

static const struct sw_member route_members[] = {
	{"stateMachineVersionArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"weight", SW_MEMBER_INTEGER, SW_REQUIRED, 0, 100},
};
static const struct sw_shape route = SW_SHAPE(route_members);
#define ROUTES(flags)                                                              \
	{                                                                          \
		"routingConfiguration", SW_MEMBER_LIST, (flags), 1, SW_ROUTES_MAX, \
			.values = "RoutingConfigurationListItem", .shape = &route  \
	}

static const struct sw_member create_members[] = {
	{"description", SW_MEMBER_TEXT, SW_SENSITIVE, 0, 256},
	{"name", SW_MEMBER_TEXT, SW_REQUIRED | SW_ALIAS_NAME, 1, 80},
	ROUTES(SW_REQUIRED),
};
const struct sw_shape sw_shape_create_alias = SW_SHAPE(create_members);

static const struct sw_member update_members[] = {
	{"stateMachineAliasArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"description", SW_MEMBER_TEXT, SW_SENSITIVE, 0, 256},
	ROUTES(0),
};
const struct sw_shape sw_shape_update_alias = SW_SHAPE(update_members);

static const struct sw_member arn_members[] = {
	{"stateMachineAliasArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
};
const struct sw_shape sw_shape_delete_alias = SW_SHAPE(arn_members);
const struct sw_shape sw_shape_describe_alias = SW_SHAPE(arn_members);

static const struct sw_member list_members[] = {
	{"stateMachineArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"maxResults", SW_MEMBER_INTEGER, 0, 0, SW_PAGE_RESULTS_MAX},
	{"nextToken", SW_MEMBER_TEXT, 0, 1, 1024},
};
const struct sw_shape sw_shape_list_aliases = SW_SHAPE(list_members);

/* The texts are recorded: api_aliasing/update_no_such_alias_arn, error_create_alias_not_idempotent. */
static void fail(struct sw_call *call, enum sw_result r, const struct sw_error *err)
{
	if (r == SW_ENOENT)
		sw_call_fail(call, "ResourceNotFound", "Request references a resource that does not exist.");
	else if (r == SW_EEXIST)
		sw_call_fail(call, "ConflictException",
			     "Failed to create alias because an alias with the same name and a different "
			     "routing configuration already exists.");
	else if (r == SW_ELIMIT)
		sw_call_fail(call, "ServiceQuotaExceededException", "%s", err->text);
	else
		sw_call_fail_result(call, r, err);
}

/* ---- routing configurations ---- */

/* "[a, b]" of the ARNs, or of the weights. */
static void fail_routes(struct sw_call *call, const json_t *list, const char *member, const char *text)
{
	struct sw_buf values = SW_BUF;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *value = json_object_get(json_array_get(list, i), member);
		sw_buf_text(&values, i ? ", " : "");
		if (json_is_string(value))
			sw_buf_text(&values, json_string_value(value));
		else
			sw_buf_printf(&values, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	}
	sw_call_fail_reason(call, "INVALID_ROUTING_CONFIGURATION", "%s Received: [%s]", text,
			    values.data ? values.data : "");
	sw_buf_done(&values);
}

static bool same_slice(struct sw_slice a, struct sw_slice b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* The version of an ARN; 0: it names none. False: it is no ARN of a machine, and that has been answered. */
static bool read_version(struct sw_call *call, const char *text, struct sw_arn_text *ret_arn,
			 uint32_t *ret_version)
{
	struct sw_buf message = SW_BUF;
	bool good = sw_arn_text_parse(text, "stateMachine", ret_arn, &message);
	if (!good)
		sw_call_fail(call, "InvalidArn", "Invalid Arn: '%s'", message.data ? message.data : "");
	sw_buf_done(&message);
	*ret_version = good ? sw_arn_text_version(ret_arn->qualifier.data, ret_arn->qualifier.len) : 0;
	return good;
}

static bool check_routes(struct sw_call *call, const json_t *list, const struct sw_alias_route *routes,
			 const struct sw_arn_text *arns)
{
	static const char member[] = "stateMachineVersionArn";
	size_t count = json_array_size(list);
	uint32_t sum = 0;
	bool versions = true;
	for (size_t i = 0; i < count; i++) {
		versions = versions && routes[i].version;
		sum += routes[i].weight;
	}
	if (!versions)
		fail_routes(call, list, member,
			    "Routing configuration must contain state machine version ARNs.");
	else if (count > 1 && !same_slice(arns[0].name, arns[1].name))
		fail_routes(call, list, member,
			    "Routing configuration must contain versions of one state machine.");
	else if (count > 1 && routes[0].version == routes[1].version)
		fail_routes(call, list, member,
			    "Routing configuration must contain distinct state machine version ARNs.");
	else if (sum != 100)
		fail_routes(call, list, "weight", "Sum of routing configuration weights must equal 100.");
	else
		return true;
	return false;
}

/* False when it has answered. Without a machine yet, that of the routes is the call's. */
static bool read_routes(struct sw_call *call, struct sw_alias_route *routes, struct sw_alias_params *params)
{
	const json_t *list = json_object_get(call->request, "routingConfiguration");
	struct sw_arn_text arns[SW_ROUTES_MAX] = {0};
	size_t count = json_array_size(list);
	if (!json_is_array(list))
		return true;
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);
		const char *text = json_string_value(json_object_get(item, "stateMachineVersionArn"));
		if (!read_version(call, text, &arns[i], &routes[i].version))
			return false;
		routes[i].weight = (uint32_t)json_integer_value(json_object_get(item, "weight"));
	}
	if (!check_routes(call, list, routes, arns))
		return false;
	char *machine = sw_memdup(arns[0].name.data, arns[0].name.len);
	bool owns = sw_call_owns(call, &arns[0]) && sw_call_owns(call, &arns[count - 1]);
	bool same = machine && (!call->machine || strcmp(machine, call->machine) == 0);
	if (call->machine)
		sw_free(machine);
	else
		call->machine = machine;
	if (!machine || !owns || !same) {
		fail(call, machine ? SW_ENOENT : SW_ENOMEM, NULL);
		return false;
	}
	params->routes = routes;
	params->routes_count = count;
	return true;
}

/* ---- creating and changing ---- */

static void created(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct sw_call *call = user;
	struct sw_body out = SW_BODY;
	if (result != SW_OK) {
		fail(call, result, err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_text(&out, "stateMachineAliasArn", reply->version_arn);
	sw_body_time(&out, "creationDate", reply->time_ms);
	sw_body_close(&out, '}');
	sw_call_answer(call, &out);
}

void sw_call_create_alias(struct sw_call *call)
{
	struct sw_alias_route routes[SW_ROUTES_MAX] = {0};
	struct sw_alias_params params = {0};
	struct sw_error err = {0};
	if (!read_routes(call, routes, &params))
		return;
	params.machine = call->machine;
	params.name = sw_call_text(call, "name", NULL);
	params.description = sw_call_text(call, "description", NULL);
	enum sw_result r = sw_engine_create_alias(call->api->engine, &params, created, call, &err);
	if (r != SW_OK)
		fail(call, r, &err);
}

/* stateMachineAliasArn. False when it has answered. */
static bool take_alias(struct sw_call *call)
{
	if (!sw_call_take_qualified(call, "stateMachineAliasArn"))
		return false;
	if (call->qualifier)
		return true;
	sw_call_fail(call, "ValidationException", "stateMachineAliasArn must name an alias: '%s'",
		     call->subject_text);
	return false;
}

static void updated(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct sw_call *call = user;
	struct sw_body out = SW_BODY;
	if (result != SW_OK) {
		fail(call, result, err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_time(&out, "updateDate", reply->time_ms);
	sw_body_close(&out, '}');
	sw_call_answer(call, &out);
}

void sw_call_update_alias(struct sw_call *call)
{
	struct sw_alias_route routes[SW_ROUTES_MAX] = {0};
	struct sw_alias_params params = {0};
	struct sw_error err = {0};
	if (!take_alias(call) || !read_routes(call, routes, &params))
		return;
	params.machine = call->machine;
	params.name = call->qualifier;
	params.description = sw_call_text(call, "description", NULL);
	if (!params.routes && !params.description) {
		sw_call_fail_reason(call, "MISSING_REQUIRED_PARAMETER",
				    "Either the description or the routingConfiguration must be specified");
		return;
	}
	enum sw_result r = sw_engine_update_alias(call->api->engine, &params, updated, call, &err);
	if (r != SW_OK)
		fail(call, r, &err);
}

/* What does not exist is deleted already: api_aliasing/delete_no_such_alias_arn. */
static void deleted(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct sw_call *call = user;
	if (result == SW_OK || result == SW_ENOENT)
		sw_call_answer_empty(call);
	else
		fail(call, result, err);
}

void sw_call_delete_alias(struct sw_call *call)
{
	struct sw_error err = {0};
	if (!take_alias(call))
		return;
	enum sw_result r = sw_engine_delete_alias(call->api->engine, call->machine, call->qualifier, deleted,
						  call, &err);
	if (r != SW_OK)
		deleted(call, r, NULL, &err);
}

/* ---- describing and listing ---- */

static void write_routes(struct sw_body *out, const struct sw_alias_info *info)
{
	size_t machine_len = strlen(info->arn) - strlen(info->name);
	sw_body_open(out, "routingConfiguration", '[');
	for (size_t i = 0; i < info->routes_count; i++) {
		struct sw_buf arn = SW_BUF;
		sw_buf_append(&arn, info->arn, machine_len);
		sw_buf_printf(&arn, "%u", info->routes[i].version);
		sw_body_open(out, NULL, '{');
		sw_body_bytes(out, "stateMachineVersionArn", arn.data ? arn.data : "", arn.len);
		sw_body_integer(out, "weight", info->routes[i].weight);
		sw_body_close(out, '}');
		out->text.failed = out->text.failed || arn.failed;
		sw_buf_done(&arn);
	}
	sw_body_close(out, ']');
}

void sw_call_describe_alias(struct sw_call *call)
{
	struct sw_alias_info info = {0};
	struct sw_error err = {0};
	struct sw_body out = SW_BODY;
	if (!take_alias(call))
		return;
	enum sw_result r = sw_reader_alias(call->api->reader, call->machine, call->qualifier, &info, &err);
	if (r != SW_OK) {
		fail(call, r, &err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_text(&out, "stateMachineAliasArn", info.arn);
	sw_body_text(&out, "name", info.name);
	sw_body_text(&out, "description", info.description);
	write_routes(&out, &info);
	sw_body_time(&out, "creationDate", info.creation_ms);
	sw_body_time(&out, "updateDate", info.update_ms);
	sw_body_close(&out, '}');
	sw_alias_info_done(&info);
	sw_call_answer(call, &out);
}

static void write_listed(void *user, const struct sw_alias_info *info)
{
	struct sw_body *out = user;
	sw_body_open(out, NULL, '{');
	sw_body_text(out, "stateMachineAliasArn", info->arn);
	sw_body_time(out, "creationDate", info->creation_ms);
	sw_body_close(out, '}');
}

/* "To list aliases that reference a state machine version, you can specify the version ARN." */
void sw_call_list_aliases(struct sw_call *call)
{
	struct sw_error err = {0};
	struct sw_body out = SW_BODY;
	uint32_t version = 0;
	char *next = NULL;

	if (!sw_call_take_qualified(call, "stateMachineArn"))
		return;
	if (call->qualifier)
		version = sw_arn_text_version(call->qualifier, strlen(call->qualifier));
	if (call->qualifier && !version) {
		fail(call, SW_ENOENT, NULL);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_open(&out, "stateMachineAliases", '[');
	enum sw_result r = sw_reader_list_aliases(
		call->api->reader, call->machine, version, sw_call_max_results(call, SW_PAGE_RESULTS_DEFAULT),
		sw_call_text(call, "nextToken", NULL), write_listed, &out, &next, &err);
	sw_call_answer_page(call, r, &out, next, &err);
}
