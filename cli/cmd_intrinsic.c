/* stepwell intrinsic CALL [FILE]: one call of an intrinsic function. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The input: a file; without one standard input, where nothing at all stands for {}. New; NULL after complaining. */
static char *read_document(const char *file)
{
	struct sw_error err = {0};
	size_t len;
	char *text;
	if (!file && isatty(STDIN_FILENO))
		return strdup("{}");
	text = read_file(file ? file : "-", 64 << 20, &len);
	if (text && !file && len == 0) {
		free(text);
		return strdup("{}");
	}
	if (text && sw_text_check_json(text, len, &err) != SW_OK) {
		complain_error(EXIT_USAGE, file ? file : "-", &err);
		free(text);
		return NULL;
	}
	return text;
}

/* Says what is wrong with the call (exit code 2), or how it failed, as an execution would (1). */
static int complain_call(const char *call, enum sw_result result, const char *error, const char *cause,
			 const struct sw_error *err)
{
	if (error || cause) {
		fprintf(stderr, "stepwell: %s: ", error ? error : "");
		print_text(stderr, cause ? cause : "");
		fputc('\n', stderr);
		return EXIT_FAILED;
	}
	return complain_expression(exit_of(result), call, err);
}

static int evaluate(const char *call, const struct sw_expression_env *env)
{
	struct sw_error err = {0};
	char *text = NULL, *pretty = NULL, *error = NULL, *cause = NULL;
	int code = EXIT_OK;
	enum sw_result r = sw_intrinsic_query(call, strlen(call), env, &text, &error, &cause, &err);
	if (r == SW_OK)
		r = sw_text_pretty_json(text, strlen(text), &pretty, &err);
	if (r == SW_OK)
		printf("%s\n", pretty);
	else
		code = complain_call(call, r, error, cause, &err);
	sw_text_free(text);
	sw_text_free(pretty);
	sw_text_free(error);
	sw_text_free(cause);
	return code;
}

/* False after complaining. */
static bool read_seed(const char *text, uint64_t *ret_seed)
{
	char *end;
	errno = 0;
	*ret_seed = (uint64_t)strtoll(text, &end, 10);
	if (errno || *end || end == text) {
		complain(EXIT_USAGE, "--seed takes a whole number, not \"%s\"", text);
		return false;
	}
	return true;
}

int cmd_intrinsic(const struct options *options)
{
	uint64_t seed = 0;
	int code = EXIT_USAGE;
	char *input, *context, *variables;
	if (options->seed && !read_seed(options->seed, &seed))
		return EXIT_USAGE;
	input = read_document(options->args_count > 1 ? options->args[1] : NULL);
	context = input ? read_json("--context", options->context) : NULL;
	variables = context ? read_json("--variables", options->variables) : NULL;
	if (variables) {
		struct sw_expression_env env = {input, context, variables, options->seed ? &seed : NULL};
		code = evaluate(options->args[0], &env);
	}
	free(input);
	free(context);
	free(variables);
	return code;
}
