/* stepwell run FILE: check, create or update, start, wait. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#define ROLE_ARN "arn:aws:iam::123456789012:role/stepwell"

/* Creates the machine, or updates it when it exists with another definition. EXIT_OK: *ret_arn is new. */
static int bring_machine(struct client *client, const char *name, const char *definition, char **ret_arn)
{
	json_t *answer = NULL, *error = NULL;
	char *arn = NULL;
	int code = client_call(
		client, "CreateStateMachine",
		json_pack("{s:s, s:s, s:s}", "name", name, "definition", definition, "roleArn", ROLE_ARN),
		&answer, &error);
	if (code == EXIT_OK) {
		arn = strdup(text_of(answer, "stateMachineArn", ""));
	} else if (is_error(error, "StateMachineAlreadyExists")) {
		code = machine_arn(client, name, &arn);
		if (code == EXIT_OK)
			code = client_call(
				client, "UpdateStateMachine",
				json_pack("{s:s, s:s}", "stateMachineArn", arn, "definition", definition),
				&answer, NULL);
	} else if (error) {
		code = complain_answer(error);
	}
	if (code == EXIT_OK && !arn)
		code = complain(EXIT_STORE, "out of memory");
	json_decref(answer);
	json_decref(error);
	if (code == EXIT_OK)
		*ret_arn = arn;
	else
		free(arn);
	return code;
}

static int start_and_wait(const struct options *options, struct client *client, const char *machine,
			  const char *input)
{
	/* Step Functions Local's form of a test case: ARN#CASE. */
	json_t *target = options->test_case ? json_sprintf("%s#%s", machine, options->test_case)
					    : json_string(machine);
	json_t *request = json_pack("{s:o, s:s}", "stateMachineArn", target, "input", input);
	json_t *answer, *description;
	bool express = false;
	char *arn;
	int code = machine_is_express(client, machine, &express);
	if (code) {
		json_decref(request);
		return code;
	}
	if (options->name)
		json_object_set_new(request, "name", json_string(options->name));
	code = client_call(client, express ? "StartSyncExecution" : "StartExecution", request, &answer, NULL);
	if (code)
		return code;
	if (express) {
		code = print_outcome(options, answer);
		json_decref(answer);
		return code;
	}
	arn = strdup(text_of(answer, "executionArn", ""));
	json_decref(answer);
	prepare_farewell(options, client, arn);
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
	if (client)
		code = check_owner(options, client);
	if (client && code == EXIT_OK)
		code = bring_machine(client, name, text, &arn);
	if (client && code == EXIT_OK)
		code = start_and_wait(options, client, arn, input);
	client_close(client);
	sw_machine_unref(machine);
	sw_text_free(text);
	free(name);
	free(arn);
	free(input);
	return code;
}
