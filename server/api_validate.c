/* ValidateStateMachineDefinition: the compiler's findings as diagnostics. */
#include "server/api.h"

#include "asl/asl.h"
#include "server/json_mistake.h"

#include <string.h>

#define DIAGNOSTICS_MAX 100 /* "The default and maximum value is 100." */

static const struct sw_member validate_members[] = {
	{"definition", SW_MEMBER_TEXT, SW_REQUIRED | SW_SENSITIVE | SW_ANY_BYTES, 1, SW_DEFINITION_BYTES_MAX},
	{"type", SW_MEMBER_TEXT, .values = "[EXPRESS, STANDARD]"},
	{"severity", SW_MEMBER_TEXT, .values = "[ERROR, WARNING]"},
	{"maxResults", SW_MEMBER_INTEGER, 0, 0, DIAGNOSTICS_MAX},
};
const struct sw_shape sw_shape_validate_definition = SW_SHAPE(validate_members);

void sw_finding_words(const struct sw_finding *finding, const char *definition, size_t len,
		      struct sw_buf *message, struct sw_buf *location)
{
	size_t offset;
	if (strcmp(finding->code, "INVALID_JSON_DESCRIPTION") == 0 &&
	    sw_json_mistake(definition, len, message, &offset)) {
		sw_json_mistake_place(definition, len, offset, location);
		sw_buf_text(message, "\n at ");
		sw_buf_append(message, location->data ? location->data : "", location->len);
	} else {
		sw_buf_text(message, finding->aws_text);
		sw_buf_text(location, finding->aws_location);
	}
}

static void write_diagnostic(struct sw_body *out, const struct sw_finding *finding, const char *definition,
			     size_t len)
{
	struct sw_buf message = SW_BUF, location = SW_BUF;
	sw_finding_words(finding, definition, len, &message, &location);
	sw_body_open(out, NULL, '{');
	sw_body_text(out, "severity", finding->severity == SW_SEVERITY_ERROR ? "ERROR" : "WARNING");
	sw_body_text(out, "code", finding->code);
	sw_body_bytes(out, "message", message.data ? message.data : "", message.len);
	if (location.len)
		sw_body_bytes(out, "location", location.data, location.len);
	sw_body_close(out, '}');
	out->text.failed = out->text.failed || message.failed || location.failed;
	sw_buf_done(&message);
	sw_buf_done(&location);
}

void sw_call_validate_definition(struct sw_call *call)
{
	struct sw_machine *machine = NULL;
	struct sw_findings *findings = NULL;
	struct sw_error err = {0};
	struct sw_body out = SW_BODY;
	size_t len = 0;
	const char *definition = sw_call_text(call, "definition", &len);
	const char *type = sw_call_text(call, "type", NULL);
	/* "ERROR returns only ERROR diagnostics, whereas WARNING returns both [...]. The default is ERROR."
	 */
	const char *severity = sw_call_text(call, "severity", NULL);
	bool warnings = severity && strcmp(severity, "WARNING") == 0;
	uint32_t max = sw_call_max_results(call, DIAGNOSTICS_MAX), given = 0;
	bool truncated = false;

	enum sw_result r = sw_machine_compile(definition, len, &machine, &findings, &err);
	if (r != SW_OK && r != SW_EDEFINITION) {
		sw_call_fail_result(call, r, &err);
		return;
	}
	if (r == SW_OK && type && strcmp(type, "EXPRESS") == 0) {
		struct sw_findings *forbidden = NULL;
		r = sw_machine_check_express(machine, &forbidden, &err);
		if (forbidden) {
			sw_findings_free(findings);
			findings = forbidden;
		}
	}
	if (r != SW_OK && machine) {
		sw_machine_unref(machine);
		machine = NULL;
	}
	if (r != SW_OK && r != SW_EDEFINITION) {
		sw_findings_free(findings);
		sw_call_fail_result(call, r, &err);
		return;
	}
	sw_body_open(&out, NULL, '{');
	sw_body_text(&out, "result", r == SW_OK ? "OK" : "FAIL");
	sw_body_open(&out, "diagnostics", '[');
	for (size_t i = 0; i < sw_findings_count(findings); i++) {
		const struct sw_finding *finding = sw_findings_get(findings, i);
		if (finding->severity != SW_SEVERITY_ERROR && !warnings)
			continue;
		truncated = given == max;
		if (truncated)
			break;
		write_diagnostic(&out, finding, definition, len);
		given++;
	}
	sw_body_close(&out, ']');
	sw_body_boolean(&out, "truncated", truncated);
	sw_body_close(&out, '}');
	sw_findings_free(findings);
	sw_machine_unref(machine);
	sw_call_answer(call, &out);
}
