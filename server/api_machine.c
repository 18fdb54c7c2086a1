/* Actions on state machines. Shapes: the API model, CreateStateMachineInput and friends. */
#include "server/api.h"

#include "asl/asl.h"
#include "base/mem.h"
#include "engine/versions.h"

#include <string.h>

#define TYPES "[EXPRESS, STANDARD]"

static const struct sw_member log_group_members[] = {
	{"logGroupArn", SW_MEMBER_TEXT, 0, 1, 256},
};
static const struct sw_shape log_group = SW_SHAPE(log_group_members);
static const struct sw_member destination_members[] = {
	{"cloudWatchLogsLogGroup", SW_MEMBER_OBJECT, .shape = &log_group},
};
static const struct sw_shape destination = SW_SHAPE(destination_members);
static const struct sw_member logging_members[] = {
	{"level", SW_MEMBER_TEXT, .values = "[ALL, FATAL, ERROR, OFF]"},
	{"includeExecutionData", SW_MEMBER_BOOLEAN},
	{"destinations", SW_MEMBER_LIST, .shape = &destination},
};
static const struct sw_shape logging = SW_SHAPE(logging_members);
static const struct sw_member tracing_members[] = {
	{"enabled", SW_MEMBER_BOOLEAN},
};
static const struct sw_shape tracing = SW_SHAPE(tracing_members);
static const struct sw_member encryption_members[] = {
	{"type", SW_MEMBER_TEXT, SW_REQUIRED, .values = "[AWS_OWNED_KEY, CUSTOMER_MANAGED_KMS_KEY]"},
	{"kmsKeyId", SW_MEMBER_TEXT, 0, 1, 2048},
	{"kmsDataKeyReusePeriodSeconds", SW_MEMBER_INTEGER, 0, 60, 900},
};
static const struct sw_shape encryption = SW_SHAPE(encryption_members);

/* The longest definition is the engine's to decide (SW_ELIMIT): an operator may change it. */
static const struct sw_member create_members[] = {
	{"name", SW_MEMBER_TEXT, SW_REQUIRED | SW_ANY_BYTES, 1, 80},
	{"definition", SW_MEMBER_TEXT, SW_REQUIRED | SW_SENSITIVE | SW_ANY_BYTES, 1},
	{"roleArn", SW_MEMBER_TEXT, 0, 1, 256},
	{"type", SW_MEMBER_TEXT, .values = TYPES},
	{"loggingConfiguration", SW_MEMBER_OBJECT, .shape = &logging},
	{"tags", SW_MEMBER_LIST, .shape = &sw_tag_shape},
	{"tracingConfiguration", SW_MEMBER_OBJECT, .shape = &tracing},
	{"publish", SW_MEMBER_BOOLEAN},
	{"versionDescription", SW_MEMBER_TEXT, SW_SENSITIVE, 0, 256},
	{"encryptionConfiguration", SW_MEMBER_OBJECT, .shape = &encryption},
};
const struct sw_shape sw_shape_create_machine = SW_SHAPE(create_members);

static const struct sw_member update_members[] = {
	{"stateMachineArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"definition", SW_MEMBER_TEXT, SW_SENSITIVE | SW_ANY_BYTES, 1},
	{"roleArn", SW_MEMBER_TEXT, 0, 1, 256},
	{"loggingConfiguration", SW_MEMBER_OBJECT, .shape = &logging},
	{"tracingConfiguration", SW_MEMBER_OBJECT, .shape = &tracing},
	{"publish", SW_MEMBER_BOOLEAN},
	{"versionDescription", SW_MEMBER_TEXT, SW_SENSITIVE, 0, 256},
	{"encryptionConfiguration", SW_MEMBER_OBJECT, .shape = &encryption},
};
const struct sw_shape sw_shape_update_machine = SW_SHAPE(update_members);

static const struct sw_member machine_arn_members[] = {
	{"stateMachineArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"includedData", SW_MEMBER_TEXT, .values = "[ALL_DATA, METADATA_ONLY]"},
};
const struct sw_shape sw_shape_delete_machine = {machine_arn_members, 1};
const struct sw_shape sw_shape_describe_machine = SW_SHAPE(machine_arn_members);

static const struct sw_member describe_of_members[] = {
	{"executionArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"includedData", SW_MEMBER_TEXT, .values = "[ALL_DATA, METADATA_ONLY]"},
};
const struct sw_shape sw_shape_describe_machine_of = SW_SHAPE(describe_of_members);

static const struct sw_member list_members[] = {
	{"maxResults", SW_MEMBER_INTEGER, 0, 0, SW_PAGE_RESULTS_MAX},
	{"nextToken", SW_MEMBER_TEXT, 0, 1, 1024},
};
const struct sw_shape sw_shape_list_machines = SW_SHAPE(list_members);

/* ---- configurations ---- */

static const char *log_group_of(const json_t *item)
{
	return json_string_value(
		json_object_get(json_object_get(item, "cloudWatchLogsLogGroup"), "logGroupArn"));
}

/* As AWS shows it: what was not given has its default, but destinations are only there when they were given.
 */
static void write_logging(struct sw_body *out, const char *key, const json_t *config)
{
	const json_t *destinations = json_object_get(config, "destinations");
	const char *level = json_string_value(json_object_get(config, "level"));

	sw_body_open(out, key, '{');
	if (json_is_array(destinations)) {
		sw_body_open(out, "destinations", '[');
		for (size_t i = 0; i < json_array_size(destinations); i++) {
			sw_body_open(out, NULL, '{');
			sw_body_open(out, "cloudWatchLogsLogGroup", '{');
			sw_body_text(out, "logGroupArn", log_group_of(json_array_get(destinations, i)));
			sw_body_close(out, '}');
			sw_body_close(out, '}');
		}
		sw_body_close(out, ']');
	}
	sw_body_boolean(out, "includeExecutionData",
			json_is_true(json_object_get(config, "includeExecutionData")));
	sw_body_text(out, "level", level ? level : "OFF");
	sw_body_close(out, '}');
}

static void write_tracing(struct sw_body *out, const char *key, const json_t *config)
{
	sw_body_open(out, key, '{');
	sw_body_boolean(out, "enabled", json_is_true(json_object_get(config, "enabled")));
	sw_body_close(out, '}');
}

/* "Must specify exactly one Log Destination": unless nothing is logged (recorded: an empty list is then
 * fine). */
static bool logging_is_complete(const json_t *config)
{
	const json_t *destinations = json_object_get(config, "destinations");
	const char *level = json_string_value(json_object_get(config, "level"));
	size_t count = json_array_size(destinations);
	bool off = !level || strcmp(level, "OFF") == 0;

	for (size_t i = 0; i < count; i++) {
		if (!log_group_of(json_array_get(destinations, i)))
			return false;
	}
	return count == 1 || (off && count == 0);
}

/* "The ARN must end with :*" */
static bool has_qualifier(const char *arn)
{
	size_t len = strlen(arn);
	return len >= 2 && strcmp(arn + len - 2, ":*") == 0;
}

/* False when it has answered. */
static bool check_logging(struct sw_call *call, const json_t *config)
{
	const char *arn = log_group_of(json_array_get(json_object_get(config, "destinations"), 0));
	if (!logging_is_complete(config)) {
		sw_call_fail(call, "InvalidLoggingConfiguration",
			     "Invalid Logging Configuration: Must specify exactly one Log Destination.");
		return false;
	}
	if (!arn || has_qualifier(arn))
		return true;
	/* As AWS told hashicorp/terraform-provider-aws, issue 17682. */
	sw_call_fail(call, "InvalidLoggingConfiguration",
		     "Invalid Logging Configuration: Log Group ARN must be provided with '*' qualifier.");
	return false;
}

/* ---- creating and changing ---- */

/* What both have in common; the texts are owned here. */
struct wanted {
	struct sw_machine_params params;
	struct sw_body logging, tracing;
	struct sw_tag *tags;
};

static void wanted_done(struct wanted *wanted)
{
	sw_buf_done(&wanted->logging.text);
	sw_buf_done(&wanted->tracing.text);
	sw_free(wanted->tags);
}

/* Features that are not there are refused, not passed over. False when it has answered. */
static bool check_features(struct sw_call *call)
{
	const char *key_type = json_string_value(
		json_object_get(json_object_get(call->request, "encryptionConfiguration"), "type"));
	if (key_type && strcmp(key_type, "AWS_OWNED_KEY") != 0) {
		sw_call_fail(
			call, "InvalidEncryptionConfiguration",
			"Invalid Encryption Configuration: Stepwell does not support customer managed keys");
		return false;
	}
	if (sw_call_text(call, "versionDescription", NULL) && !sw_call_boolean(call, "publish", false)) {
		sw_call_fail(call, "ValidationException",
			     "Version description can only be set when publish is true");
		return false;
	}
	return true;
}

/* False when it has answered; wanted_done in any case. */
static bool read_wanted(struct sw_call *call, struct wanted *wanted)
{
	struct sw_machine_params *params = &wanted->params;
	const json_t *log = json_object_get(call->request, "loggingConfiguration");
	const json_t *trace = json_object_get(call->request, "tracingConfiguration");

	params->definition = sw_call_text(call, "definition", &params->definition_len);
	params->role_arn = sw_call_text(call, "roleArn", NULL);
	if (params->role_arn && !sw_arn_text_is_role(params->role_arn)) {
		sw_call_fail(call, "InvalidArn", "Invalid Role Arn: '%s'", params->role_arn);
		return false;
	}
	if (!check_features(call) || !sw_call_read_tags(call, &wanted->tags, &params->tags_count))
		return false;
	params->tags = wanted->tags;
	params->publish = sw_call_boolean(call, "publish", false);
	params->version_description = sw_call_text(call, "versionDescription", NULL);
	if (json_is_object(log)) {
		if (!check_logging(call, log))
			return false;
		write_logging(&wanted->logging, NULL, log);
		params->logging_json = wanted->logging.text.data;
	}
	if (json_is_object(trace)) {
		write_tracing(&wanted->tracing, NULL, trace);
		params->tracing_json = wanted->tracing.text.data;
	}
	if (wanted->logging.text.failed || wanted->tracing.text.failed) {
		sw_call_fail_result(call, SW_ENOMEM, NULL);
		return false;
	}
	return true;
}

/*
 * All mistakes at once, as AWS joins them: 'CODE: text at /place, CODE: text at /place'. Where the parser
 * names the place ([Source: ...]), its text has it already.
 */
static void add_finding(const struct sw_finding *finding, const char *definition, size_t len,
			struct sw_buf *list)
{
	struct sw_buf message = SW_BUF, location = SW_BUF;
	sw_finding_words(finding, definition, len, &message, &location);
	sw_buf_printf(list, "%s%s: ", list->len ? ", " : "", finding->code);
	sw_buf_append(list, message.data ? message.data : "", message.len);
	/* "MISSING_END_STATE: Workflow has no terminal state at null": recorded by others, floci-io/floci#2735. */
	if (location.len == 0 || location.data[0] != '[')
		sw_buf_printf(list, " at %s", location.len ? location.data : "null");
	list->failed = list->failed || message.failed || location.failed;
	sw_buf_done(&message);
	sw_buf_done(&location);
}

void sw_call_fail_definition(struct sw_call *call, const struct sw_findings *findings,
			     const struct sw_error *err)
{
	size_t len = 0;
	const char *definition = sw_call_text(call, "definition", &len);
	struct sw_buf list = SW_BUF;
	for (size_t i = 0; definition && i < sw_findings_count(findings); i++) {
		const struct sw_finding *finding = sw_findings_get(findings, i);
		if (finding->severity == SW_SEVERITY_ERROR)
			add_finding(finding, definition, len, &list);
	}
	if (list.failed)
		sw_call_fail_result(call, SW_ENOMEM, NULL);
	else if (list.len)
		sw_call_fail_quoting(call, "InvalidDefinition", "Invalid State Machine Definition: '",
				     list.data, list.len);
	else
		sw_call_fail_result(call, SW_EDEFINITION, err);
	sw_buf_done(&list);
}

static void asked(struct sw_call *call, enum sw_result r, struct sw_findings *findings,
		  const struct sw_error *err)
{
	size_t len = 0;
	if (r < 0) /* else the call may be gone */
		sw_call_text(call, "definition", &len);
	if (r == SW_EDEFINITION)
		sw_call_fail_definition(call, findings, err);
	else if (r == SW_ELIMIT && len <= SW_DEFINITION_BYTES_MAX) /* versions */
		sw_call_fail(call, "ServiceQuotaExceededException", "%s", err->text);
	else
		sw_call_asked(call, r, err);
	sw_findings_free(findings);
}

/* A machine that was never updated has no revision id: api/create_update_state_machine_base_definition. */
static void write_revision(struct sw_body *out, const char *revision_id)
{
	if (revision_id && *revision_id)
		sw_body_text(out, "revisionId", revision_id);
}

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
	sw_body_text(&out, "stateMachineArn", reply->arn);
	sw_body_time(&out, "creationDate", reply->time_ms);
	sw_body_text(&out, "stateMachineVersionArn", reply->version_arn);
	sw_body_close(&out, '}');
	sw_call_answer(call, &out);
}

void sw_call_create_machine(struct sw_call *call)
{
	struct wanted wanted = {{0}};
	struct sw_findings *findings = NULL;
	struct sw_error err = {0};
	const char *type = sw_call_text(call, "type", NULL);

	if (!sw_call_check_name(call, "name"))
		return;
	if (read_wanted(call, &wanted)) {
		wanted.params.name = sw_call_text(call, "name", NULL);
		wanted.params.type =
			type && strcmp(type, "EXPRESS") == 0 ? SW_TYPE_EXPRESS : SW_TYPE_STANDARD;
		enum sw_result r = sw_engine_create_machine(call->api->engine, &wanted.params, created, call,
							    &findings, &err);
		asked(call, r, findings, &err);
	}
	wanted_done(&wanted);
}

static void updated(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct sw_call *call = user;
	struct sw_body out = SW_BODY;
	if (result != SW_OK) {
		sw_call_fail_result(call, result, err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_time(&out, "updateDate", reply->time_ms);
	write_revision(&out, reply->revision_id);
	sw_body_text(&out, "stateMachineVersionArn", reply->version_arn);
	sw_body_close(&out, '}');
	sw_call_answer(call, &out);
}

void sw_call_update_machine(struct sw_call *call)
{
	struct wanted wanted = {{0}};
	struct sw_findings *findings = NULL;
	struct sw_error err = {0};

	if (sw_call_refuse_label(call) || !sw_call_take_machine(call))
		return;
	if (read_wanted(call, &wanted)) {
		const struct sw_machine_params *params = &wanted.params;
		wanted.params.name = call->machine;
		if (!params->definition && !params->role_arn && !params->logging_json &&
		    !params->tracing_json) {
			sw_call_fail(call, "MissingRequiredParameter",
				     "Either the definition, the role ARN, the LoggingConfiguration, or the "
				     "TracingConfiguration must be specified");
		} else {
			enum sw_result r = sw_engine_update_machine(call->api->engine, params, updated, call,
								    &findings, &err);
			asked(call, r, findings, &err);
		}
	}
	wanted_done(&wanted);
}

/* ---- deleting ---- */

static void deleted(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct sw_call *call = user;
	if (result == SW_OK || result == SW_ENOENT)
		sw_call_answer_empty(call);
	else
		sw_call_fail_result(call, result, err);
}

/* "If the state machine does not exist, DeleteStateMachine succeeds": recorded as api/delete_nonexistent_sm.
 */
void sw_call_delete_machine(struct sw_call *call)
{
	struct sw_arn_text arn;
	struct sw_buf message = SW_BUF;
	struct sw_error err = {0};
	const char *text = sw_call_text(call, "stateMachineArn", NULL);

	if (sw_call_refuse_label(call))
		return;
	bool good = sw_arn_text_parse(text, "stateMachine", &arn, &message);
	if (!good)
		sw_call_fail(call, "InvalidArn", "Invalid Arn: '%s'", message.data ? message.data : "");
	else if (!sw_call_owns(call, &arn) || arn.qualifier.len)
		sw_call_answer_empty(call);
	else if (sw_call_take_machine(call)) {
		enum sw_result r =
			sw_engine_delete_machine(call->api->engine, call->machine, deleted, call, &err);
		if (r == SW_ENOENT)
			sw_call_answer_empty(call);
		else
			sw_call_asked(call, r, &err);
	}
	sw_buf_done(&message);
}

/* ---- describing and listing ---- */

static void write_config(struct sw_body *out, const char *key, const char *stored,
			 void (*write)(struct sw_body *, const char *, const json_t *))
{
	json_t *config = stored ? json_loads(stored, JSON_ALLOW_NUL, NULL) : NULL;
	write(out, key, config);
	json_decref(config);
}

/* "If called with includedData = METADATA_ONLY, the returned definition will be {}." */
static void write_definition(struct sw_call *call, struct sw_body *out, const struct sw_machine_info *info)
{
	if (sw_call_metadata_only(call))
		sw_body_text(out, "definition", "{}");
	else
		sw_body_bytes(out, "definition", info->definition ? info->definition : "",
			      info->definition_len);
}

/* "AWS_OWNED_KEY: ... the default": told since 2024 (api_variable_references/base_reference_in_wait). */
static void write_encryption(struct sw_body *out)
{
	sw_body_open(out, "encryptionConfiguration", '{');
	sw_body_text(out, "type", "AWS_OWNED_KEY");
	sw_body_close(out, '}');
}

static const char *type_name(enum sw_machine_type type)
{
	return type == SW_TYPE_EXPRESS ? "EXPRESS" : "STANDARD";
}

/* variableReferences: which variables each state refers to; left out when none does. False: out of memory. */
static bool write_variables(struct sw_call *call, struct sw_body *out, const struct sw_machine_info *info)
{
	char *json = NULL;
	if (sw_call_metadata_only(call) || !info->definition)
		return true;
	enum sw_result r = sw_definition_variables(info->definition, info->definition_len, &json, NULL);
	if (r == SW_OK && json)
		sw_body_json(out, "variableReferences", json, strlen(json));
	sw_text_free(json);
	return r != SW_ENOMEM;
}

static void answer_whole(struct sw_call *call, struct sw_body *out, bool whole)
{
	if (whole) {
		sw_call_answer(call, out);
		return;
	}
	sw_buf_done(&out->text);
	sw_call_fail_result(call, SW_ENOMEM, NULL);
}

void sw_call_describe_machine(struct sw_call *call)
{
	struct sw_machine_info info = {0};
	struct sw_error err = {0};
	struct sw_body out = SW_BODY;

	if (!sw_call_take_qualified(call, "stateMachineArn"))
		return;
	const char *which = call->qualifier ? call->subject_text : call->machine;
	enum sw_result r = sw_reader_machine(call->api->reader, which, &info, &err);
	if (r != SW_OK) {
		sw_call_fail_result(call, r, &err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_text(&out, "stateMachineArn", info.arn);
	sw_body_text(&out, "name", info.name);
	sw_body_text(&out, "status", info.deleting ? "DELETING" : "ACTIVE");
	write_definition(call, &out, &info);
	sw_body_text(&out, "roleArn", info.role_arn);
	sw_body_text(&out, "type", type_name(info.type));
	sw_body_time(&out, "creationDate", info.creation_ms);
	write_config(&out, "loggingConfiguration", info.logging_json, write_logging);
	write_config(&out, "tracingConfiguration", info.tracing_json, write_tracing);
	write_revision(&out, info.revision_id);
	write_encryption(&out);
	sw_body_text(&out, "description", info.version_description);
	bool written = write_variables(call, &out, &info);
	sw_body_close(&out, '}');
	sw_machine_info_done(&info);
	answer_whole(call, &out, written);
}

void sw_call_describe_machine_of(struct sw_call *call)
{
	struct sw_machine_info info = {0};
	struct sw_error err = {0};
	struct sw_body out = SW_BODY;

	if (!sw_call_take_execution(call))
		return;
	enum sw_result r = sw_reader_machine_of(call->api->reader, call->subject_text, &info, &err);
	if (r != SW_OK) {
		sw_call_fail_result(call, r, &err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_text(&out, "stateMachineArn", info.arn);
	sw_body_text(&out, "name", info.name);
	write_definition(call, &out, &info);
	sw_body_text(&out, "roleArn", info.role_arn);
	sw_body_time(&out, "updateDate", info.update_ms);
	write_config(&out, "loggingConfiguration", info.logging_json, write_logging);
	write_config(&out, "tracingConfiguration", info.tracing_json, write_tracing);
	write_revision(&out, info.revision_id);
	write_encryption(&out);
	bool written = write_variables(call, &out, &info);
	sw_body_close(&out, '}');
	sw_machine_info_done(&info);
	answer_whole(call, &out, written);
}

static void write_listed(void *user, const struct sw_machine_info *info)
{
	struct sw_body *out = user;
	sw_body_open(out, NULL, '{');
	sw_body_text(out, "stateMachineArn", info->arn);
	sw_body_text(out, "name", info->name);
	sw_body_text(out, "type", type_name(info->type));
	sw_body_time(out, "creationDate", info->creation_ms);
	sw_body_close(out, '}');
}

void sw_call_list_machines(struct sw_call *call)
{
	struct sw_error err = {0};
	struct sw_body out = SW_BODY;
	char *next = NULL;

	sw_body_open(&out, NULL, '{');
	sw_body_open(&out, "stateMachines", '[');
	enum sw_result r = sw_reader_list_machines(
		call->api->reader, sw_call_max_results(call, SW_PAGE_RESULTS_DEFAULT),
		sw_call_text(call, "nextToken", NULL), write_listed, &out, &next, &err);
	sw_call_answer_page(call, r, &out, next, &err);
}
