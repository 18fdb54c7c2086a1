/* stepwell run FILE: check, create or update, start, wait. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#define ROLE_ARN "arn:aws:iam::123456789012:role/stepwell"

/* Creates the machine, or updates it when it exists with another definition. The ARN is new; NULL after
 * complaining. */
static char *bring_machine(struct client *client, const char *name, const char *definition)
{
	json_t *answer = NULL, *error = NULL;
	char *arn = NULL;
	int code = client_call(
		client, "CreateStateMachine",
		json_pack("{s:s, s:s, s:s}", "name", name, "definition", definition, "roleArn", ROLE_ARN),
		&answer, &error);
	if (code == EXIT_OK) {
		arn = strdup(text_of(answer, "stateMachineArn", ""));
		json_decref(answer);
		return arn;
	}
	if (is_error(error, "StateMachineAlreadyExists")) {
		arn = machine_arn(client, name);
		if (arn &&
		    client_call(client, "UpdateStateMachine",
				json_pack("{s:s, s:s}", "stateMachineArn", arn, "definition", definition),
				&answer, NULL)) {
			free(arn);
			arn = NULL;
		}
		json_decref(answer);
	} else if (error) {
		complain(EXIT_USAGE, "%s: %s", text_of(error, "__type", "error"),
			 text_of(error, "message", ""));
	}
	json_decref(error);
	return arn;
}

static int start_and_wait(const struct options *options, struct client *client, const char *machine,
			  const char *input)
{
	/* Step Functions Local's form of a test case: ARN#CASE. */
	json_t *target = options->test_case ? json_sprintf("%s#%s", machine, options->test_case)
					    : json_string(machine);
	json_t *request = json_pack("{s:o, s:s}", "stateMachineArn", target, "input", input);
	json_t *answer, *description;
	char *arn;
	int code;
	if (options->name)
		json_object_set_new(request, "name", json_string(options->name));
	code = client_call(client, "StartExecution", request, &answer, NULL);
	if (code)
		return code;
	arn = strdup(text_of(answer, "executionArn", ""));
	json_decref(answer);
	code = follow(client, arn, options->quiet ? NULL : stderr, &description);
	free(arn);
	if (code)
		return code;
	code = print_outcome(options, description);
	json_decref(description);
	return code;
}

int cmd_run(const struct options *options)
{
	struct client *client = NULL;
	char *text = NULL, *name = name_of_file(options->args[0]), *arn = NULL, *input = NULL;
	size_t len;
	int code = EXIT_USAGE;
	struct sw_machine *machine = load_machine(options, options->args[0], &text, &len);
	if (machine && name && (input = read_input(options->input)) != NULL)
		code = client_open(options, CLIENT_ADVANCE, &client);
	if (client && !client_owns(client) && (options->resources || options->mock_config))
		code = complain(
			EXIT_USAGE,
			"%s is owned by a running stepwell, which has its own resources and mocks: leave out "
			"--resources and --mock-config, or give another --data",
			options->data);
	else if (client) {
		arn = bring_machine(client, name, text);
		code = arn ? start_and_wait(options, client, arn, input) : EXIT_FAILED;
	}
	client_close(client);
	sw_machine_unref(machine);
	sw_text_free(text);
	free(name);
	free(arn);
	free(input);
	return code;
}
