/* What a caller may do: see access.h. */
#include "server/access.h"

#include <string.h>

#define ROUTES "routingConfiguration"
#define ROUTE_VERSION "stateMachineVersionArn"

/* What an ARN names: an activity, or a machine. */
struct resource {
	bool activity;
	struct sw_slice name; /* in the ARN */
};

static bool is(struct sw_slice slice, const char *text)
{
	return slice.len == strlen(text) && memcmp(slice.data, text, slice.len) == 0;
}

/*
 * arn:aws:states:REGION:ACCOUNT:TYPE:NAME, and what may follow the name: a version or an alias, an execution, the
 * label of a map, a test case. False: it names no machine and no activity.
 */
static bool read_arn(const char *text, size_t len, struct sw_slice parts[6], struct resource *ret_resource)
{
	static const char *const machines[] = {"stateMachine", "execution", "express", "mapRun"};
	const char *at = text, *end = text + len;
	bool machine = false;
	for (size_t i = 0; i < 6; i++) {
		const char *colon = memchr(at, ':', (size_t)(end - at));
		if (!colon)
			return false;
		parts[i] = sw_slice(at, (size_t)(colon - at));
		at = colon + 1;
	}
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		machine = machine || is(parts[5], machines[i]);
	ret_resource->activity = is(parts[5], "activity");
	if (!is(parts[0], "arn") || !is(parts[2], "states") || (!machine && !ret_resource->activity))
		return false;
	size_t name_len = 0;
	while (at + name_len < end && !strchr(":/#", at[name_len])) /* a NUL ends it, too */
		name_len++;
	ret_resource->name = sw_slice(at, name_len);
	return name_len > 0;
}

/* A pattern that begins with "arn:" is held against the ARN of the machine or activity, another against its name. */
static bool is_listed(const struct sw_patterns *patterns, struct sw_slice arn, struct sw_slice name)
{
	for (size_t i = 0; i < patterns->count; i++) {
		const struct sw_patterns one = {&patterns->texts[i], 1};
		struct sw_slice text = strncmp(patterns->texts[i], "arn:", 4) == 0 ? arn : name;
		if (sw_patterns_match(&one, text.data, text.len, false))
			return true;
	}
	return false;
}

/* text: an ARN. */
static bool allows_arn(const struct sw_credential *caller, const char *text, size_t len)
{
	struct sw_slice parts[6];
	struct resource resource = {0};
	struct sw_buf arn = SW_BUF;
	if (!read_arn(text, len, parts, &resource))
		return false;
	for (size_t i = 0; i < 5; i++) {
		sw_buf_append(&arn, parts[i].data, parts[i].len);
		sw_buf_char(&arn, ':');
	}
	sw_buf_text(&arn, resource.activity ? "activity:" : "stateMachine:");
	sw_buf_append(&arn, resource.name.data, resource.name.len);
	bool allowed = sw_buf_result(&arn) == SW_OK &&
		       is_listed(resource.activity ? &caller->activities : &caller->machines,
				 sw_slice(arn.data, arn.len), resource.name);
	sw_buf_done(&arn);
	return allowed;
}

static bool refuse(const struct sw_credential *caller, const struct sw_access *access, const char *resource,
		   size_t len, struct sw_buf *message)
{
	sw_buf_printf(message,
		      "User: arn:aws:iam::%s:user/%s is not authorized to perform: states:%s on resource: ",
		      access->account, caller->user, access->action);
	sw_buf_append(message, resource, len);
	sw_buf_printf(message, " because no identity-based policy allows the states:%s action",
		      access->action);
	return false;
}

/* The ARN that an action without one is about: what is to be created, or all there are. Appended to out. */
static void append_own_arn(const struct sw_access *access, struct sw_buf *out)
{
	const json_t *name = json_object_get(access->request, "name");
	bool creates_activity = strcmp(access->action, "CreateActivity") == 0;
	bool creates = creates_activity || strcmp(access->action, "CreateStateMachine") == 0;
	bool activity = creates_activity || strcmp(access->action, "ListActivities") == 0;
	sw_buf_printf(out, "arn:aws:states:%s:%s:%s:", access->region, access->account,
		      activity ? "activity" : "stateMachine");
	if (creates && json_is_string(name))
		sw_buf_append(out, json_string_value(name), json_string_length(name));
	else
		sw_buf_char(out, '*');
}

/* The members that hold an ARN. */
static const json_t *arn_member(const json_t *request, size_t i)
{
	static const char *const members[] = {"stateMachineArn",
					      "stateMachineVersionArn",
					      "stateMachineAliasArn",
					      "executionArn",
					      "mapRunArn",
					      "activityArn",
					      "resourceArn"};
	return i < sizeof(members) / sizeof(members[0]) ? json_object_get(request, members[i]) : NULL;
}
enum { ARN_MEMBERS = 7 };

static const json_t *first_arn(const json_t *request)
{
	const json_t *found = NULL;
	for (size_t i = 0; i < ARN_MEMBERS && !found; i++)
		found = json_is_string(arn_member(request, i)) ? arn_member(request, i) : NULL;
	return found;
}

static bool check_arn(const struct sw_credential *caller, const struct sw_access *access, const json_t *arn,
		      struct sw_buf *message)
{
	if (!json_is_string(arn) || allows_arn(caller, json_string_value(arn), json_string_length(arn)))
		return true;
	return refuse(caller, access, json_string_value(arn), json_string_length(arn), message);
}

/* An alias leads to versions: it must not open a machine that is closed. */
static bool check_routes(const struct sw_credential *caller, const struct sw_access *access,
			 struct sw_buf *message)
{
	const json_t *routes = json_object_get(access->request, ROUTES);
	for (size_t i = 0; i < json_array_size(routes); i++) {
		if (!check_arn(caller, access, json_object_get(json_array_get(routes, i), ROUTE_VERSION),
			       message))
			return false;
	}
	return true;
}

static bool check_resources(const struct sw_credential *caller, const struct sw_access *access,
			    struct sw_buf *message)
{
	if (!caller->machines.texts && !caller->activities.texts)
		return true;
	for (size_t i = 0; i < ARN_MEMBERS; i++) {
		if (!check_arn(caller, access, arn_member(access->request, i), message))
			return false;
	}
	if (!check_routes(caller, access, message))
		return false;
	if (strcmp(access->action, "CreateStateMachine") != 0 &&
	    strcmp(access->action, "CreateActivity") != 0)
		return true;
	struct sw_buf arn = SW_BUF;
	append_own_arn(access, &arn);
	bool allowed = sw_buf_result(&arn) == SW_OK && allows_arn(caller, arn.data, arn.len);
	if (!allowed)
		refuse(caller, access, arn.data ? arn.data : "", arn.len, message);
	sw_buf_done(&arn);
	return allowed;
}

bool sw_access_allows(const struct sw_credential *caller, const struct sw_access *access,
		      struct sw_buf *message)
{
	struct sw_buf text = SW_BUF;
	sw_buf_printf(&text, "states:%s", access->action);
	bool allowed =
		sw_buf_result(&text) == SW_OK &&
		(!caller->actions.texts || sw_patterns_match(&caller->actions, text.data, text.len, true));
	sw_buf_done(&text);
	if (allowed)
		return check_resources(caller, access, message);
	const json_t *named = first_arn(access->request);
	struct sw_buf arn = SW_BUF;
	if (named)
		sw_buf_append(&arn, json_string_value(named), json_string_length(named));
	else
		append_own_arn(access, &arn);
	message->failed = message->failed || arn.failed;
	refuse(caller, access, arn.data ? arn.data : "", arn.len, message);
	sw_buf_done(&arn);
	return false;
}
