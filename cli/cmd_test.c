/* stepwell test FILE [STATE]: one state, tried without an execution. Needs no data directory. */
#include "cli/cli.h"
#include "engine/test_state.h"

#include <stdlib.h>
#include <string.h>

/* What is read for a test, to be freed. */
struct texts {
	char *definition, *input, *variables, *context, *mock;
};

static void texts_done(struct texts *texts)
{
	sw_text_free(texts->definition);
	free(texts->input);
	free(texts->variables);
	free(texts->context);
	free(texts->mock);
}

/* JSON of an option that may be absent. False after complaining. */
static bool read_optional(const char *name, const char *option, char **ret_text)
{
	*ret_text = option ? read_json(name, option) : NULL;
	return !option || *ret_text;
}

/* False after complaining. */
static bool read_texts(const struct options *options, struct texts *texts, size_t *ret_len)
{
	struct sw_error err = {0};
	const char *path = options->args[0];
	texts->definition = read_definition(options, path, ret_len, &err);
	if (!texts->definition) {
		complain_definition(path, &err);
		return false;
	}
	texts->input = read_input(options->input);
	return texts->input && read_optional("--variables", options->variables, &texts->variables) &&
	       read_optional("--context", options->context, &texts->context) &&
	       read_optional("--mock", options->mock, &texts->mock);
}

static size_t length_of(const char *text)
{
	return text ? strlen(text) : 0;
}

/* The work of a Task, Parallel or Map state is played: it gives a result, or fails. */
static void play(const struct options *options, const struct texts *texts,
		 struct sw_test_state_params *params)
{
	params->mock_result = texts->mock;
	params->mock_result_len = length_of(texts->mock);
	params->mock_fails = options->error || options->cause;
	params->mock_error = options->error;
	params->mock_cause = options->cause;
	params->mocked = texts->mock || params->mock_fails;
}

/* "FAILED  Card.Declined: too much; next: Refund" */
static void print_verdict(const json_t *answer)
{
	const char *status = text_of(answer, "status", "?"), *error = text_of(answer, "error", NULL),
		   *cause = text_of(answer, "cause", NULL), *next = text_of(answer, "nextState", NULL);
	const json_t *details = json_object_get(json_object_get(answer, "inspectionData"), "errorDetails");
	const json_t *pause = json_object_get(details, "retryBackoffIntervalSeconds");
	fprintf(stderr, "%s%s%s%s", colour_of(stderr, status), status, colour_end(stderr), error ? "  " : "");
	print_text(stderr, error ? error : "");
	fputs(cause ? ": " : "", stderr);
	print_text(stderr, cause ? cause : "");
	if (json_is_number(pause))
		fprintf(stderr, "; again after %g s", json_number_value(pause));
	fputs(next ? "; next: " : "", stderr);
	print_text(stderr, next ? next : "");
	fputc('\n', stderr);
}

static int print_answer(const struct options *options, const char *text)
{
	json_t *answer = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	const char *status = text_of(answer, "status", "?"), *output = text_of(answer, "output", NULL);
	int code = !strcmp(status, "SUCCEEDED") || !strcmp(status, "CAUGHT_ERROR") ? EXIT_OK : EXIT_FAILED;
	if (!answer)
		return complain(EXIT_STORE, "out of memory");
	if (options->json)
		print_json(answer);
	else if (output)
		printf("%s\n", output);
	if (!options->json)
		print_verdict(answer);
	json_decref(answer);
	return code;
}

/* What is to be changed when the state cannot be tried like this. */
static int complain_request(const struct options *options, const struct sw_test_state_params *params,
			    enum sw_result result, const struct sw_error *err)
{
	int code = complain(exit_of(result), "%s: %s", options->args[0],
			    err->text[0] ? err->text : sw_result_text(result));
	if (result == SW_EINVAL && params->state_name && strstr(err->text, "not found"))
		fprintf(stderr, "stepwell: `stepwell explain %s` shows its states\n", options->args[0]);
	else if (result == SW_EINVAL && strstr(err->text, "specify a mock"))
		fputs("stepwell: what the work of a Task, Parallel or Map gives is --mock JSON; or it fails "
		      "with "
		      "--error NAME\n",
		      stderr);
	return code;
}

/* A machine without the name of a state: what is meant cannot be known. */
static bool is_machine(const char *definition)
{
	json_t *tree = json_loads(definition, 0, NULL);
	bool is = json_object_get(tree, "States") && json_object_get(tree, "StartAt");
	json_decref(tree);
	return is;
}

static int test(const struct options *options, const struct sw_test_state_params *params)
{
	struct sw_error err = {0};
	struct sw_findings *findings = NULL;
	char *text = NULL;
	int code;
	enum sw_result r = sw_test_state(params, &text, &findings, &err);
	if (r == SW_OK)
		code = print_answer(options, text);
	else
		code = exit_of(r);
	if (r != SW_OK && sw_findings_count(findings) > 0)
		print_findings(options->args[0], findings);
	else if (r != SW_OK)
		complain_request(options, params, r, &err);
	sw_findings_free(findings);
	sw_text_free(text);
	return code;
}

int cmd_test(const struct options *options)
{
	struct sw_test_state_params params = SW_TEST_STATE_PARAMS;
	struct texts texts = {0};
	int code = EXIT_USAGE;
	if (options->mock && (options->error || options->cause))
		return complain(EXIT_USAGE,
				"the state's work gives a result (--mock) or fails (--error, --cause)");
	bool read = read_texts(options, &texts, &params.definition_len);
	if (read && options->args_count == 1 && is_machine(texts.definition)) {
		complain(EXIT_USAGE, "%s is a state machine: name the state, `stepwell test %s STATE`",
			 options->args[0], options->args[0]);
	} else if (read) {
		params.role_arn = "arn:aws:iam::123456789012:role/stepwell";
		params.definition = texts.definition;
		params.state_name = options->args_count > 1 ? options->args[1] : NULL;
		params.input = texts.input;
		params.input_len = length_of(texts.input);
		params.variables = texts.variables;
		params.variables_len = length_of(texts.variables);
		params.context = texts.context;
		params.context_len = length_of(texts.context);
		params.level = SW_INSPECT_DEBUG;
		play(options, &texts, &params);
		code = test(options, &params);
	}
	texts_done(&texts);
	return code;
}
