/* stepwell doctor. */
#include "cli/cli.h"
#include "engine/maintenance.h"

#include <inttypes.h>

struct examination {
	const struct options *options;
	struct meter meter;
	json_t *findings; /* with --json */
};

static const char *badness_text(enum sw_problem problem)
{
	return sw_problem_badness(problem) == SW_BAD_ERROR ? "error" : "warning";
}

/* Texts of damaged records may be anything. */
static json_t *text_or_null(const char *text)
{
	json_t *string = text ? json_string(text) : NULL;
	return string ? string : json_null();
}

static void note(struct examination *examination, const struct sw_diagnosis *diagnosis)
{
	json_t *finding = json_object();
	json_object_set_new(finding, "severity", json_string(badness_text(diagnosis->problem)));
	json_object_set_new(finding, "code", json_string(sw_problem_name(diagnosis->problem)));
	json_object_set_new(finding, "executionArn", text_or_null(diagnosis->execution_arn));
	json_object_set_new(finding, "record", text_or_null(diagnosis->record));
	json_object_set_new(finding, "text", text_or_null(diagnosis->text));
	json_object_set_new(finding, "advice", json_string(sw_problem_advice(diagnosis->problem)));
	json_array_append_new(examination->findings, finding);
}

static void print_line(const char *before, const char *text)
{
	fputs(before, stdout);
	print_text(stdout, text);
	putchar('\n');
}

static void take_diagnosis(void *user, const struct sw_diagnosis *diagnosis)
{
	struct examination *examination = user;
	enum sw_problem problem = diagnosis->problem;
	meter_clear(&examination->meter);
	if (examination->options->json) {
		note(examination, diagnosis);
		return;
	}
	/* The colours of failed and of aborted executions. */
	const char *word = sw_problem_badness(problem) == SW_BAD_ERROR ? "FAILED" : "ABORTED";
	printf("%s%s%s %s", colour_of(stdout, word), badness_text(problem), colour_end(stdout),
	       sw_problem_name(problem));
	print_line("  ", diagnosis->record);
	if (diagnosis->execution_arn)
		print_line("    ", diagnosis->execution_arn);
	print_line("    ", diagnosis->text);
	print_line("    ", sw_problem_advice(problem));
}

static void take_progress(void *user, const char *what, uint64_t count)
{
	meter_show(&((struct examination *)user)->meter, what, count);
}

static void print_summary(const struct examination *examination, const struct sw_check_summary *summary)
{
	if (!examination->options->json) {
		printf("%" PRIu64 " machines, %" PRIu64 " executions, %" PRIu64 " events, %" PRIu64
		       " records: %" PRIu64 " errors, %" PRIu64 " warnings\n",
		       summary->machines, summary->executions, summary->events, summary->records,
		       summary->errors, summary->warnings);
		return;
	}
	json_t *answer =
		json_pack("{s:O, s:I, s:I, s:I, s:I, s:I, s:I}", "findings", examination->findings, "errors",
			  (json_int_t)summary->errors, "warnings", (json_int_t)summary->warnings, "machines",
			  (json_int_t)summary->machines, "executions", (json_int_t)summary->executions,
			  "events", (json_int_t)summary->events, "records", (json_int_t)summary->records);
	print_json(answer);
	json_decref(answer);
}

int cmd_doctor(const struct options *options)
{
	struct examination examination = {
		.options = options, .meter = meter_start(), .findings = json_array()};
	struct sw_check_options check = {take_diagnosis, take_progress, &examination};
	struct sw_check_summary summary = {0};
	struct sw_reader *reader = NULL;
	struct sw_error err = {0};
	enum sw_result r = sw_reader_open(options->data, options->region, options->account, &reader, &err);
	if (r == SW_OK)
		r = sw_reader_check(reader, &check, &summary, &err);
	sw_reader_close(reader);
	meter_clear(&examination.meter);
	if (r == SW_OK)
		print_summary(&examination, &summary);
	json_decref(examination.findings);
	if (r != SW_OK)
		return complain_store(options, r, &err);
	return summary.errors + summary.warnings > 0 ? EXIT_FAILED : EXIT_OK;
}
