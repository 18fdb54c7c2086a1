/* Task states: the resource, timeouts, credentials. */
#include "asl/compile.h"
#include "asl/suggest.h"

#include <stdio.h>
#include <string.h>

/* arn:partition:service:region:account:rest */
struct arn {
	const char *service, *region, *account, *rest;
	size_t service_len, region_len, account_len;
};

static bool split_arn(const char *text, struct arn *ret_arn)
{
	const char *part[6];
	if (strncmp(text, "arn:", 4) != 0)
		return false;
	part[0] = text;
	for (int i = 1; i < 6; i++) {
		const char *colon = strchr(part[i - 1], ':');
		if (!colon)
			return false;
		part[i] = colon + 1;
	}
	*ret_arn = (struct arn){part[2],
				part[3],
				part[4],
				part[5],
				(size_t)(part[3] - part[2]) - 1,
				(size_t)(part[4] - part[3]) - 1,
				(size_t)(part[5] - part[4]) - 1};
	return part[1] < part[2] - 1 && ret_arn->service_len > 0 && ret_arn->rest[0] != '\0';
}

static bool is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);
	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static bool is_word(const char *text, size_t len, const char *more)
{
	for (size_t i = 0; i < len; i++) {
		char ch = text[i];
		bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
		if (!plain && !strchr(more, ch))
			return false;
	}
	return len > 0;
}

/*
 * Services with the actions and patterns that AWS has; the rest it refuses ("The resource provided
 * arn:...:dynamodb:query is not recognized"). Without a list of actions any is taken. The patterns are those of AWS's
 * table of optimised integrations, confirmed by others (badmintoncryer/cdk-preflight).
 */
static const struct {
	const char *service, *actions;
	bool sync, token;
} known_services[] = {
	{"dynamodb", "getItem, putItem, updateItem, deleteItem", false, false},
	{"sqs", "sendMessage", false, true},
	{"sns", "publish", false, true},
	{"events", "putEvents", false, true},
	{"states", "startExecution", true, true},
	{"http", "invoke", false, false},
	{"lambda", NULL, false, true},
	{"apigateway", NULL, false, true},
	{"athena", NULL, true, false},
	{"batch", NULL, true, false},
	{"codebuild", NULL, true, false},
	{"databrew", NULL, true, false},
	{"elasticmapreduce", NULL, true, false},
	{"emr-containers", NULL, true, false},
	{"emr-serverless", NULL, true, false},
	{"glue", NULL, true, false},
	{"mediaconvert", NULL, true, false},
	{"sagemaker", NULL, true, false},
	{"aws-sdk", NULL, false, true}, /* and the service behind it */
};

static void report_unknown_action(struct sw_compiler *c, const char *resource, const char *why,
				  const struct sw_place *at)
{
	char aws[480];
	snprintf(aws, sizeof(aws),
		 "The resource provided %.256s is not recognized. The value is not a valid resource ARN, or "
		 "the "
		 "resource is not available in this region.",
		 resource);
	sw_report(c, sw_at(at, aws), "Resource: %s", why);
}

static void check_action(struct sw_compiler *c, const struct sw_task_fields *task, const char *action,
			 const char *actions, const struct sw_place *at)
{
	char why[320], near[40];
	if (!actions || sw_field_allows(actions, action))
		return;
	const char *best = sw_suggestion_of_list(action, actions, near, sizeof(near));
	snprintf(why, sizeof(why), "the service %s has the actions %s, not \"%.80s\"%s%s%s",
		 task->resource_type, actions, action, best ? "; did you mean \"" : "", best ? best : "",
		 best ? "\"?" : "");
	report_unknown_action(c, task->resource, why, at);
}

static void check_service(struct sw_compiler *c, const struct sw_task_fields *task, const struct sw_place *at)
{
	const char *type = task->resource_type, *suffix = strchr(task->resource_name, '.');
	size_t action_len = strcspn(task->resource_name, "."), type_len = strcspn(type, ":");
	bool wrong = ends_with(task->resource_name, ".sync:2") && strcmp(type, "states") != 0;
	char action[80] = "", why[320];

	if (action_len < sizeof(action))
		memcpy(action, task->resource_name, action_len);
	for (size_t i = 0; i < sizeof(known_services) / sizeof(*known_services); i++) {
		if (!is(type, type_len, known_services[i].service))
			continue;
		check_action(c, task, action, known_services[i].actions, at);
		wrong = wrong || (task->pattern == SW_CALL_SYNC && !known_services[i].sync) ||
			(task->pattern == SW_CALL_TOKEN && !known_services[i].token);
	}
	if (wrong) {
		snprintf(why, sizeof(why), "%.100s:%s cannot be called with %.20s", type, action,
			 suffix ? suffix : "");
		report_unknown_action(c, task->resource, why, at);
	}
}

/* arn:aws:states:::service:action[.suffix], arn:aws:states:::aws-sdk:service:action[.suffix] */
static bool fill_service(struct sw_compiler *c, struct sw_task_fields *task, const char *rest)
{
	/* The action is behind the last colon, but ".sync:2" has one of its own. */
	size_t len = strlen(rest) - (ends_with(rest, ".sync:2") ? 2 : 0);
	while (len > 0 && rest[len - 1] != ':')
		len--;
	if (len < 2 || rest[len] == '\0')
		return false;
	task->kind = SW_RESOURCE_SERVICE;
	task->resource_type = sw_arena_strdup(&c->machine->owner.arena, rest, len - 1);
	task->resource_name = rest + len;
	task->pattern = ends_with(rest, ".sync") || ends_with(rest, ".sync:2") ? SW_CALL_SYNC
			: ends_with(rest, ".waitForTaskToken")                 ? SW_CALL_TOKEN
									       : SW_CALL_RESPONSE;
	if (!task->resource_type)
		c->result = SW_ENOMEM;
	return task->resource_type != NULL;
}

/* "arn:aws:lambda:region:account:function:name[:version or alias]" */
static bool is_function_name(const char *name)
{
	size_t len = strcspn(name, ":");
	const char *alias = name[len] == ':' ? name + len + 1 : NULL;
	return is_word(name, len, "-_.") &&
	       (!alias || strcmp(alias, "$LATEST") == 0 || is_word(alias, strlen(alias), "-_."));
}

static bool fill_arn(struct sw_compiler *c, struct sw_task_fields *task, const struct arn *arn)
{
	if (is(arn->service, arn->service_len, "lambda") && strncmp(arn->rest, "function:", 9) == 0) {
		task->kind = SW_RESOURCE_LAMBDA;
		task->resource_type = "lambda";
		task->resource_name = arn->rest + 9;
		return is_function_name(task->resource_name);
	}
	if (is(arn->service, arn->service_len, "states") && strncmp(arn->rest, "activity:", 9) == 0) {
		task->kind = SW_RESOURCE_ACTIVITY;
		task->resource_type = "activity";
		task->resource_name = arn->rest + 9;
		return task->resource_name[0] != '\0';
	}
	if (is(arn->service, arn->service_len, "states"))
		return fill_service(c, task, arn->rest);
	/* Anything else that has the form of an ARN is for the resources file to map. */
	task->kind = SW_RESOURCE_SERVICE;
	task->resource_type = sw_arena_strdup(&c->machine->owner.arena, arn->service, arn->service_len);
	task->resource_name = arn->rest;
	if (!task->resource_type)
		c->result = SW_ENOMEM;
	return true;
}

static bool fill_local(struct sw_task_fields *task, const char *text)
{
	size_t len = strcspn(text, ":");
	if (text[len] != ':' || (!is(text, len, "function") && !is(text, len, "command")))
		return false;
	task->kind = SW_RESOURCE_LOCAL;
	task->resource_type = is(text, len, "function") ? "function" : "command";
	task->resource_name = text + len + 1;
	return task->resource_name[0] != '\0';
}

static void report_resource(struct sw_compiler *c, const char *text, bool arn, const struct sw_place *at)
{
	const char *placeholder = strstr(text, "${");
	if (placeholder && strchr(placeholder, '}'))
		sw_report(c, sw_at(at, "Value is not a valid resource ARN"),
			  "Resource holds the placeholder %.*s: give it a value",
			  (int)(strcspn(placeholder, "}") + 1 < 100 ? strcspn(placeholder, "}") + 1 : 100),
			  placeholder);
	else if (arn)
		report_unknown_action(c, text,
				      "this is no ARN of a function, an activity or a service action", at);
	else
		sw_report(c, sw_at(at, "Value is not a valid resource ARN"),
			  "Resource must be an ARN, function:NAME or command:NAME");
}

/* What AWS requires of the parameters of some service actions (measured by others: badmintoncryer/cdk-preflight). */
static const struct {
	const char *service, *action, *fields[3];
} required_parameters[] = {
	{"lambda", "invoke", {"FunctionName"}},
	{"sqs", "sendMessage", {"QueueUrl", "MessageBody"}},
	{"sns", "publish", {"Message"}},
	{"dynamodb", "putItem", {"TableName", "Item"}},
	{"dynamodb", "getItem", {"TableName", "Key"}},
	{"states", "startExecution", {"StateMachineArn"}},
	{"events", "putEvents", {"Entries"}},
	{"ecs", "runTask", {"TaskDefinition"}},
	{"glue", "startJobRun", {"JobName"}},
};

static void warn_of_missing(struct sw_compiler *c, const struct sw_work *w, const json_t *parameters,
			    const char *field, const struct sw_place *at)
{
	char aws[120], path[64];
	snprintf(path, sizeof(path), "%s.$", field);
	if (json_object_get(parameters, field) ||
	    (!w->language->jsonata && json_object_get(parameters, path)))
		return;
	snprintf(aws, sizeof(aws), "The field '%s' is required but was missing", field);
	sw_report(c, sw_warning(sw_at_key(at, aws), SW_CODE_SCHEMA), "AWS refuses %s without the field %s",
		  w->state->as.task.resource, field);
}

/* AWS refuses these; a mock, a resources file or a function of another name may do without: warnings. */
static void check_parameters(struct sw_compiler *c, const struct sw_work *w,
			     const struct sw_place *resource_at)
{
	const struct sw_task_fields *task = &w->state->as.task;
	const char *name = w->language->jsonata ? "Arguments" : "Parameters";
	const json_t *parameters = json_object_get(w->json, name);
	struct sw_place at = SW_PLACE_KEY(w->place, name);
	size_t action_len = strcspn(task->resource_name, ".");
	char aws[400];

	if (!parameters) {
		snprintf(aws, sizeof(aws), "%s field is required for resource ARN: %.256s", name,
			 task->resource);
		sw_report(c, sw_warning(sw_at(resource_at, aws), SW_CODE_SCHEMA),
			  "AWS refuses this resource in a state without %s", name);
	}
	for (size_t i = 0; i < sizeof(required_parameters) / sizeof(*required_parameters); i++) {
		if (!json_is_object(parameters) ||
		    strcmp(required_parameters[i].service, task->resource_type) != 0 ||
		    !is(task->resource_name, action_len, required_parameters[i].action))
			continue;
		for (size_t k = 0; k < 3 && required_parameters[i].fields[k]; k++)
			warn_of_missing(c, w, parameters, required_parameters[i].fields[k], &at);
	}
}

static void compile_resource(struct sw_compiler *c, struct sw_work *w)
{
	struct sw_task_fields *task = &w->state->as.task;
	struct sw_place at = SW_PLACE_KEY(w->place, "Resource");
	struct arn arn;

	task->resource = sw_text(json_object_get(w->json, "Resource"));
	if (!task->resource)
		return;
	c->resources[c->machine->resources_count++] = task->resource;
	bool is_arn = split_arn(task->resource, &arn);
	if (is_arn ? !fill_arn(c, task, &arn) : !fill_local(task, task->resource)) {
		if (c->result == SW_OK)
			report_resource(c, task->resource, is_arn, &at);
	} else if (task->kind == SW_RESOURCE_SERVICE && is_arn &&
		   is(arn.service, arn.service_len, "states")) {
		check_service(c, task, &at);
		check_parameters(c, w, &at);
	}
}

/*
 * AWS: "The field 'RoleArn' is required but was missing". Other local engines give their tasks secrets by
 * other members, which do no harm: in JSONPath states that is a warning.
 */
static void compile_credentials(struct sw_compiler *c, struct sw_work *w)
{
	const json_t *value = json_object_get(w->json, "Credentials");
	struct sw_place at = SW_PLACE_KEY(w->place, "Credentials");
	const char *aws = "The field 'RoleArn' is required but was missing";

	if (!value || (!json_is_object(value) && !sw_is_jsonata_string(value)))
		return;
	w->state->as.task.credentials = sw_compile_template(c, w->language, value, &at);
	bool role = json_object_get(value, "RoleArn") ||
		    (!w->language->jsonata && json_object_get(value, "RoleArn.$"));
	if (json_is_object(value) && !role) {
		struct sw_mistake mistake = sw_at_key(&at, aws);
		if (!w->language->jsonata && json_object_size(value) > 0)
			mistake = sw_warning(mistake, mistake.code);
		sw_report(c, mistake, "Credentials must have the field RoleArn");
	}
	const json_t *arn = json_object_get(value, "RoleArn");
	struct sw_place arn_at = SW_PLACE_KEY(&at, "RoleArn");
	if (arn && !sw_json_is_string(arn))
		sw_report(c, sw_at(&arn_at, "Expected value of type String"),
			  "RoleArn must be a string, not %s", sw_type_phrase(arn));
	if (w->state->as.task.kind == SW_RESOURCE_ACTIVITY && w->state->as.task.resource)
		sw_report(c, sw_at_key(&at, "The field 'Credentials' is not supported for activities"),
			  "Credentials cannot be given for an activity");
}

void sw_compile_task(struct sw_compiler *c, struct sw_work *w)
{
	struct sw_task_fields *task = &w->state->as.task;
	struct sw_place at = SW_PLACE_KEY(w->place, "HeartbeatSeconds");

	compile_resource(c, w);
	compile_credentials(c, w);
	sw_compile_number(c, w->language, w->json, SW_STATE_TASK, "TimeoutSeconds", w->place,
			  &task->timeout_seconds);
	sw_compile_number(c, w->language, w->json, SW_STATE_TASK, "HeartbeatSeconds", w->place,
			  &task->heartbeat_seconds);
	/* "HeartbeatSeconds must be smaller than TimeoutSeconds." */
	const struct sw_number_field *timeout = &task->timeout_seconds, *heartbeat = &task->heartbeat_seconds;
	if (timeout->present && !timeout->expr && heartbeat->present && !heartbeat->expr &&
	    heartbeat->literal >= timeout->literal)
		sw_report(c, sw_at(&at, "HeartbeatSeconds should be smaller than TimeoutSeconds"),
			  "HeartbeatSeconds (%.0f) must be smaller than TimeoutSeconds (%.0f)",
			  heartbeat->literal, timeout->literal);
}
