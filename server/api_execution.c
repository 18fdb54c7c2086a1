/* Actions on executions. */
#include "server/api.h"

#include "asl/asl.h"
#include "engine/versions.h"

#include <string.h>
#include <time.h>

static const struct sw_member start_members[] = {
	{"stateMachineArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"name", SW_MEMBER_TEXT, SW_ANY_BYTES, 1, 80},
	{"input", SW_MEMBER_TEXT,
	 SW_SENSITIVE | SW_ANY_BYTES}, /* its length is the engine's matter: SW_ELIMIT */
	{"traceHeader", SW_MEMBER_TEXT, SW_ASCII, 0, 256},
};
const struct sw_shape sw_shape_start_execution = SW_SHAPE(start_members);

static const struct sw_member start_sync_members[] = {
	{"stateMachineArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"name", SW_MEMBER_TEXT, SW_ANY_BYTES, 1, 80},
	{"input", SW_MEMBER_TEXT, SW_SENSITIVE | SW_ANY_BYTES},
	{"traceHeader", SW_MEMBER_TEXT, SW_ASCII, 0, 256},
	{"includedData", SW_MEMBER_TEXT, .values = "[ALL_DATA, METADATA_ONLY]"},
};
const struct sw_shape sw_shape_start_sync_execution = SW_SHAPE(start_sync_members);

static const struct sw_member stop_members[] = {
	{"executionArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"error", SW_MEMBER_TEXT, SW_SENSITIVE, 0, SW_ERROR_BYTES_MAX},
	{"cause", SW_MEMBER_TEXT, SW_SENSITIVE, 0, SW_CAUSE_BYTES_MAX},
};
const struct sw_shape sw_shape_stop_execution = SW_SHAPE(stop_members);

static const struct sw_member describe_members[] = {
	{"executionArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"includedData", SW_MEMBER_TEXT, .values = "[ALL_DATA, METADATA_ONLY]"},
};
const struct sw_shape sw_shape_describe_execution = SW_SHAPE(describe_members);

/* The order of the statuses is that of the recorded message (api/state_machine_status_filter). */
#define STATUSES "[SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]"

static const struct sw_member list_members[] = {
	{"stateMachineArn", SW_MEMBER_TEXT, 0, 1, 256},
	{"statusFilter", SW_MEMBER_TEXT, .values = STATUSES},
	{"maxResults", SW_MEMBER_INTEGER, 0, 0, SW_PAGE_RESULTS_MAX},
	{"nextToken", SW_MEMBER_TEXT, 0, 1, 3096},
	{"mapRunArn", SW_MEMBER_TEXT, 0, 1, 2000},
	{"redriveFilter", SW_MEMBER_TEXT, .values = "[NOT_REDRIVEN, REDRIVEN]"},
};
const struct sw_shape sw_shape_list_executions = SW_SHAPE(list_members);

static const struct sw_member list_all_members[] = {
	{"stateMachineArn", SW_MEMBER_TEXT, 0, 1, 256},
	{"statusFilter", SW_MEMBER_TEXT, .values = STATUSES},
	{"maxResults", SW_MEMBER_INTEGER, 0, 0, SW_PAGE_RESULTS_MAX},
	{"nextToken", SW_MEMBER_TEXT, 0, 1, 3096},
	{"name", SW_MEMBER_TEXT, SW_ANY_BYTES, 1, 80},
};
const struct sw_shape sw_shape_list_all_executions = SW_SHAPE(list_all_members);

/* ---- starting and stopping ---- */

static void started(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct sw_call *call = user;
	struct sw_body out = SW_BODY;
	if (result != SW_OK) {
		sw_call_fail_result(call, result, err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_text(&out, "executionArn", reply->arn);
	sw_body_time(&out, "startDate", reply->time_ms);
	sw_body_close(&out, '}');
	sw_call_answer(call, &out);
}

void sw_call_start_execution(struct sw_call *call)
{
	struct sw_start_params params = {0};
	struct sw_error err = {0};

	if (!sw_call_check_name(call, "name") || sw_call_refuse_label(call) ||
	    !sw_call_take_qualified(call, "stateMachineArn"))
		return;
	params.machine = call->machine;
	params.qualifier = call->qualifier;
	params.name = sw_call_text(call, "name", NULL);
	params.input = sw_call_text(call, "input", &params.input_len);
	params.test_case = call->test_case;
	params.trace_header = sw_call_text(call, "traceHeader", NULL);
	enum sw_result r = sw_engine_start(call->api->engine, &params, started, call, &err);
	sw_call_asked(call, r, &err);
}

static void stopped(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct sw_call *call = user;
	struct sw_body out = SW_BODY;
	if (result != SW_OK) {
		sw_call_fail_result(call, result, err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_time(&out, "stopDate", reply->time_ms);
	sw_body_close(&out, '}');
	sw_call_answer(call, &out);
}

void sw_call_stop_execution(struct sw_call *call)
{
	struct sw_error err = {0};
	if (!sw_call_take_execution(call))
		return;
	enum sw_result r =
		sw_engine_stop(call->api->engine, call->subject_text, sw_call_text(call, "error", NULL),
			       sw_call_text(call, "cause", NULL), stopped, call, &err);
	sw_call_asked(call, r, &err);
}

static const struct sw_member redrive_members[] = {
	{"executionArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"clientToken", SW_MEMBER_TEXT, SW_VISIBLE, 1, 64},
};
const struct sw_shape sw_shape_redrive_execution = SW_SHAPE(redrive_members);

static void fail_redrive(struct sw_call *call, enum sw_result result, const struct sw_error *err)
{
	if (result == SW_EBUSY)
		sw_call_fail(call, "ExecutionNotRedrivable", "%s", err->text);
	else
		sw_call_fail_result(call, result, err);
}

static void redriven(void *user, enum sw_result result, const struct sw_reply *reply,
		     const struct sw_error *err)
{
	struct sw_call *call = user;
	struct sw_body out = SW_BODY;
	if (result != SW_OK) {
		fail_redrive(call, result, err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_time(&out, "redriveDate", reply->time_ms);
	sw_body_close(&out, '}');
	sw_call_answer(call, &out);
}

void sw_call_redrive_execution(struct sw_call *call)
{
	struct sw_error err = {0};
	if (!sw_call_take_execution(call))
		return;
	enum sw_result r =
		sw_engine_redrive_once(call->api->engine, call->subject_text,
				       sw_call_text(call, "clientToken", NULL), redriven, call, &err);
	if (r != SW_OK)
		fail_redrive(call, r, &err);
}

/* ---- describing ---- */

static void write_included(struct sw_body *out, const char *details)
{
	sw_body_open(out, details, '{');
	sw_body_boolean(out, "included", true);
	sw_body_close(out, '}');
}

static void write_payload(struct sw_body *out, const char *key, const char *details, const char *text,
			  size_t len)
{
	if (!text)
		return;
	sw_body_bytes(out, key, text, len);
	write_included(out, details);
}

/* redriveStatus: whether RedriveExecution would be allowed, with AWS's reasons. */
static void write_redrive(struct sw_body *out, const struct sw_execution_info *info)
{
	sw_body_integer(out, "redriveCount", info->redrive_count);
	if (info->redrive_ms)
		sw_body_time(out, "redriveDate", info->redrive_ms);
	struct timespec now = {0};
	clock_gettime(CLOCK_REALTIME, &now);
	const char *reason = sw_redrive_reason(info, (int64_t)now.tv_sec * 1000);
	sw_body_text(out, "redriveStatus", reason ? "NOT_REDRIVABLE" : "REDRIVABLE");
	sw_body_text(out, "redriveStatusReason", reason);
}

static void write_execution(struct sw_body *out, const struct sw_execution_info *info)
{
	sw_body_text(out, "executionArn", info->arn);
	sw_body_text(out, "stateMachineArn", info->machine_arn);
	sw_body_text(out, "stateMachineVersionArn", info->version_arn);
	sw_body_text(out, "stateMachineAliasArn", info->alias_arn);
	sw_body_text(out, "name", info->name);
	sw_body_text(out, "status", sw_status_name(info->status));
	sw_body_time(out, "startDate", info->start_ms);
	if (info->stop_ms)
		sw_body_time(out, "stopDate", info->stop_ms);
}

void sw_call_describe_execution(struct sw_call *call)
{
	struct sw_execution_info info = {0};
	struct sw_error err = {0};
	struct sw_body out = SW_BODY;

	if (!sw_call_take_execution(call))
		return;
	bool data = !sw_call_metadata_only(call);
	enum sw_result r = sw_reader_execution(call->api->reader, call->subject_text, data, &info, &err);
	if (r != SW_OK) {
		sw_call_fail_result(call, r, &err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	write_execution(&out, &info);
	if (data) {
		write_payload(&out, "input", "inputDetails", info.input, info.input_len);
		write_payload(&out, "output", "outputDetails", info.output, info.output_len);
		sw_body_text(&out, "error", info.error);
		sw_body_text(&out, "cause", info.cause);
	}
	sw_body_text(&out, "traceHeader", info.trace_header);
	write_redrive(&out, &info);
	sw_body_close(&out, '}');
	sw_execution_info_done(&info);
	sw_call_answer(call, &out);
}

/* ---- StartSyncExecution ---- */

/* "StartSyncExecution will return a 200 OK response, even if your execution fails". */
static void came_to(void *user, enum sw_result result, const struct sw_outcome *outcome,
		    const struct sw_error *err)
{
	struct sw_call *call = user;
	struct sw_body out = SW_BODY;
	if (result != SW_OK) {
		sw_call_fail_result(call, result, err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_text(&out, "executionArn", outcome->arn);
	sw_body_text(&out, "stateMachineArn", outcome->machine_arn);
	sw_body_text(&out, "name", outcome->name);
	sw_body_time(&out, "startDate", outcome->start_ms);
	sw_body_time(&out, "stopDate", outcome->stop_ms);
	sw_body_text(&out, "status", sw_status_name(outcome->status));
	if (!sw_call_metadata_only(call)) {
		sw_body_text(&out, "error", outcome->error);
		sw_body_text(&out, "cause", outcome->cause);
		write_payload(&out, "input", "inputDetails", outcome->input, outcome->input_len);
		if (outcome->output)
			sw_body_bytes(&out, "output", outcome->output, outcome->output_len);
		/* Recorded without an output, too: express_sync.base_base_raise_failure. */
		write_included(&out, "outputDetails");
	}
	sw_body_text(&out, "traceHeader", outcome->trace_header);
	sw_body_open(&out, "billingDetails", '{');
	sw_body_integer(&out, "billedDurationInMilliseconds", outcome->billed_ms);
	sw_body_integer(&out, "billedMemoryUsedInMB", outcome->billed_mib);
	sw_body_close(&out, '}');
	sw_body_close(&out, '}');
	sw_call_answer(call, &out);
}

void sw_call_start_sync_execution(struct sw_call *call)
{
	struct sw_start_params params = {0};
	struct sw_machine_info info = {0};
	struct sw_error err = {0};

	if (!sw_call_check_name(call, "name") || !sw_call_take_qualified(call, "stateMachineArn"))
		return;
	enum sw_result r = sw_reader_machine(call->api->reader, call->machine, &info, &err);
	if (r != SW_OK) {
		sw_call_fail_result(call, r, &err);
		return;
	}
	enum sw_machine_type type = info.type;
	sw_machine_info_done(&info);
	if (type != SW_TYPE_EXPRESS) { /* api/start_sync_execution */
		sw_call_fail(call, "StateMachineTypeNotSupported",
			     "This operation is not supported by this type of state machine");
		return;
	}
	params.machine = call->machine;
	params.qualifier = call->qualifier;
	params.name = sw_call_text(call, "name", NULL);
	params.input = sw_call_text(call, "input", &params.input_len);
	params.test_case = call->test_case;
	params.trace_header = sw_call_text(call, "traceHeader", NULL);
	r = sw_engine_start_sync(call->api->engine, &params, came_to, call, &err);
	sw_call_asked(call, r, &err);
}

/* ---- listing ---- */

struct listing {
	struct sw_body out;
	const char *redrive_filter; /* NULL: all */
};

static void write_listed(void *user, const struct sw_execution_info *info)
{
	struct listing *listing = user;
	struct sw_body *out = &listing->out;
	if (listing->redrive_filter &&
	    (strcmp(listing->redrive_filter, "REDRIVEN") == 0) != (info->redrive_count > 0))
		return;
	sw_body_open(out, NULL, '{');
	write_execution(out, info);
	sw_body_integer(out, "redriveCount", info->redrive_count);
	if (info->redrive_ms)
		sw_body_time(out, "redriveDate", info->redrive_ms);
	sw_body_close(out, '}');
}

static enum sw_status status_named(const char *name)
{
	enum sw_status status = SW_STATUS_RUNNING;
	while (status != SW_STATUS_PENDING_REDRIVE && strcmp(sw_status_name(status), name) != 0)
		status++;
	return status;
}

static void list(struct sw_call *call)
{
	struct sw_error err = {0};
	struct listing listing = {.out = SW_BODY,
				  .redrive_filter = sw_call_text(call, "redriveFilter", NULL)};
	const char *status = sw_call_text(call, "statusFilter", NULL);
	struct sw_list_filter filter = {.machine = call->machine,
					.qualifier = call->qualifier,
					.name = sw_call_text(call, "name", NULL)};
	char *next = NULL;

	if (status) {
		filter.by_status = true;
		filter.status = status_named(status);
	}
	sw_body_open(&listing.out, NULL, '{');
	sw_body_open(&listing.out, "executions", '[');
	enum sw_result r = sw_reader_list_executions(
		call->api->reader, &filter, sw_call_max_results(call, SW_PAGE_RESULTS_DEFAULT),
		sw_call_text(call, "nextToken", NULL), write_listed, &listing, &next, &err);
	sw_call_answer_page(call, r, &listing.out, next, &err);
}

/* Does the version or the alias exist? */
static enum sw_result check_qualifier(struct sw_call *call, struct sw_error *err)
{
	struct sw_machine_info info = {0};
	struct sw_alias_info alias = {0};
	if (!call->qualifier)
		return SW_OK;
	if (strspn(call->qualifier, "0123456789") != strlen(call->qualifier)) {
		enum sw_result r =
			sw_reader_alias(call->api->reader, call->machine, call->qualifier, &alias, err);
		sw_alias_info_done(&alias);
		return r;
	}
	enum sw_result r = sw_reader_machine(call->api->reader, call->subject_text, &info, err);
	sw_machine_info_done(&info);
	return r;
}

/* False when it has answered. */
static bool check_machine(struct sw_call *call, bool standard)
{
	struct sw_machine_info info = {0};
	struct sw_error err = {0};
	enum sw_result r = sw_reader_machine(call->api->reader, call->machine, &info, &err);
	if (r == SW_OK)
		r = check_qualifier(call, &err);
	if (r != SW_OK) {
		sw_machine_info_done(&info);
		sw_call_fail_result(call, r, &err);
		return false;
	}
	enum sw_machine_type type = info.type;
	sw_machine_info_done(&info);
	if (standard && type == SW_TYPE_EXPRESS) {
		sw_call_fail(call, "StateMachineTypeNotSupported",
			     "This operation is not supported by this type of state machine");
		return false;
	}
	return true;
}

void sw_call_list_executions(struct sw_call *call)
{
	const char *map_run = sw_call_text(call, "mapRunArn", NULL);
	const char *machine = sw_call_text(call, "stateMachineArn", NULL);

	if (!map_run && !machine) { /* as AWS told cloudquery/cloudquery, pull request 7911 */
		sw_call_fail_reason(call, "MISSING_REQUIRED_PARAMETER",
				    "Must provide a StateMachine ARN or MapRun ARN");
		return;
	}
	if (map_run && machine) {
		sw_call_fail(call, "ValidationException",
			     "Exactly one of stateMachineArn and mapRunArn must be specified");
		return;
	}
	if (map_run) {
		sw_call_fail_map_run(call);
		return;
	}
	/* "If you provide a stateMachineArn and a PENDING_REDRIVE statusFilter, the API returns a validation
	 * exception." */
	const char *status = sw_call_text(call, "statusFilter", NULL);
	if (status && strcmp(status, "PENDING_REDRIVE") == 0) {
		sw_call_fail(call, "ValidationException",
			     "statusFilter PENDING_REDRIVE can only be specified with mapRunArn");
		return;
	}
	if (sw_call_take_qualified(call, "stateMachineArn") && check_machine(call, true))
		list(call);
}

/* As ListExecutions, but stateMachineArn may be left out, and executions can be found by name. */
void sw_call_list_all_executions(struct sw_call *call)
{
	if (!sw_call_check_name(call, "name"))
		return;
	if (!sw_call_text(call, "stateMachineArn", NULL) ||
	    (sw_call_take_qualified(call, "stateMachineArn") && check_machine(call, false)))
		list(call);
}
