/* stepwell validate FILE...: every mistake of every file. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

/* A file's name need not be UTF-8. */
static json_t *name_text(const char *path)
{
	json_t *text = json_string(path);
	char *copy = text ? NULL : strdup(path);
	if (!copy)
		return text;
	for (char *at = copy; *at; at++)
		*at = (char)((unsigned char)*at < 0x80 ? *at : '?');
	text = json_string(copy);
	free(copy);
	return text;
}

/* The shape of ValidateStateMachineDefinition, with the place in the text beside AWS's location. */
static json_t *diagnostics(const struct sw_findings *findings)
{
	json_t *list = json_array();
	for (size_t i = 0; i < sw_findings_count(findings); i++) {
		const struct sw_finding *finding = sw_findings_get(findings, i);
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "severity",
					finding->severity == SW_SEVERITY_ERROR ? "ERROR" : "WARNING", "code",
					finding->code, "message", finding->aws_text, "location",
					finding->aws_location, "pointer", finding->error.pointer, "text",
					finding->error.text, "line", (int)finding->error.line, "column",
					(int)finding->error.column));
	}
	return list;
}

/* What is no definition at all: it cannot be read, or it is too long. */
static json_t *refusal(const struct sw_error *err)
{
	json_t *text = name_text(err->text); /* it may have the name of a file in it */
	return json_pack("[{s:s, s:s, s:O, s:s, s:s, s:o, s:i, s:i}]", "severity", "ERROR", "code",
			 "INVALID_DEFINITION", "message", text, "location", "", "pointer", err->pointer,
			 "text", text, "line", (int)err->line, "column", (int)err->column);
}

static void add_report(json_t *report, const char *path, bool good, json_t *diagnostics)
{
	json_array_append_new(report, json_pack("{s:o, s:s, s:o}", "file", name_text(path), "result",
						good ? "OK" : "FAIL", "diagnostics", diagnostics));
}

/* What its --type forbids, of a machine that is a good one else; the findings take the place of its warnings. */
static bool fits_type(const struct options *options, const struct sw_machine *machine,
		      struct sw_findings **findings, struct sw_error *err)
{
	struct sw_findings *forbidden = NULL;
	if (!options->type || strcmp(options->type, "EXPRESS") != 0)
		return true;
	bool fits = sw_machine_check_express(machine, &forbidden, err) == SW_OK;
	if (forbidden) {
		sw_findings_free(*findings);
		*findings = forbidden;
	}
	return fits;
}

static bool validate(const struct options *options, const char *path, json_t *report)
{
	struct sw_machine *machine = NULL;
	struct sw_findings *findings = NULL;
	struct sw_error err = {0};
	size_t len;
	bool good;
	char *text = read_definition(options, path, &len, &err);
	if (!text) {
		if (report)
			add_report(report, path, false, refusal(&err));
		else
			complain_definition(path, &err);
		return false;
	}
	good = sw_machine_compile(text, len, &machine, &findings, &err) == SW_OK &&
	       fits_type(options, machine, &findings, &err);
	if (report)
		add_report(report, path, good,
			   good || sw_findings_count(findings) > 0 ? diagnostics(findings) : refusal(&err));
	else if (!good && sw_findings_count(findings) == 0)
		complain_error(EXIT_USAGE, path, &err);
	else
		print_findings(path, findings);
	if (!good && !report)
		hint_at_format(path);
	if (good && !report) {
		printf("%s: ok\n", path);
		fflush(stdout); /* findings of the next file go to stderr: in one log they come in order */
	}
	sw_machine_unref(machine);
	sw_findings_free(findings);
	sw_text_free(text);
	return good;
}

int cmd_validate(const struct options *options)
{
	json_t *report = options->json ? json_array() : NULL;
	bool good = true;
	if (options->type && strcmp(options->type, "EXPRESS") != 0 &&
	    strcmp(options->type, "STANDARD") != 0) {
		json_decref(report);
		return complain(EXIT_USAGE, "--type must be STANDARD or EXPRESS");
	}
	for (int i = 0; i < options->args_count; i++)
		good = validate(options, options->args[i], report) && good;
	if (report)
		print_json(json_array_size(report) == 1 ? json_array_get(report, 0) : report);
	json_decref(report);
	return good ? EXIT_OK : EXIT_USAGE;
}
