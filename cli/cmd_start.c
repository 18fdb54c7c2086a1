/* stepwell start MACHINE: an execution of a machine that exists. */
#include "cli/cli.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int wait_for_end(const struct options *options, struct client *client, const char *arn)
{
	json_t *description;
	prepare_farewell(options, client, arn);
	int code = follow(client, arn, options->quiet ? NULL : stderr, &description);
	if (code)
		return code;
	code = print_outcome(options, description);
	json_decref(description);
	return code;
}

int machine_is_express(struct client *client, const char *machine, bool *ret_express)
{
	json_t *answer;
	int code = client_call(
		client, "DescribeStateMachine",
		json_pack("{s:s, s:s}", "stateMachineArn", machine, "includedData", "METADATA_ONLY"), &answer,
		NULL);
	if (code)
		return code;
	*ret_express = !strcmp(text_of(answer, "type", ""), "EXPRESS");
	json_decref(answer);
	return EXIT_OK;
}

static int start(const struct options *options, struct client *client, const char *machine, const char *input)
{
	json_t *target = options->test_case ? json_sprintf("%s#%s", machine, options->test_case)
					    : json_string(machine);
	json_t *request = json_pack("{s:o, s:s}", "stateMachineArn", target, "input", input), *answer;
	bool express = false;
	int code;
	if (options->name)
		json_object_set_new(request, "name", json_string(options->name));
	code = options->wait ? machine_is_express(client, machine, &express) : EXIT_OK;
	if (code) {
		json_decref(request);
		return code;
	}
	code = client_call(client, express ? "StartSyncExecution" : "StartExecution", request, &answer, NULL);
	if (code)
		return code;
	if (express)
		code = print_outcome(options, answer);
	else if (options->wait)
		code = wait_for_end(options, client, text_of(answer, "executionArn", ""));
	else if (options->json)
		print_json(answer);
	else
		printf("%s\n", text_of(answer, "executionArn", ""));
	if (!options->wait && client_owns(client) && !options->quiet)
		fputs("stepwell: started; it goes on when `stepwell serve` runs (or with `start --wait`)\n",
		      stderr);
	json_decref(answer);
	return code;
}

int cmd_start(const struct options *options)
{
	struct client *client = NULL;
	char *machine = NULL, *input = read_input(options->input);
	int code =
		input ? client_open_existing(options, options->wait ? CLIENT_ADVANCE : CLIENT_WRITE, &client)
		      : EXIT_USAGE;
	if (client && options->wait)
		code = check_owner(options, client);
	if (client && code == EXIT_OK)
		code = machine_arn(client, options->args[0], &machine);
	if (client && code == EXIT_OK)
		code = start(options, client, machine, input);
	client_close(client);
	free(machine);
	free(input);
	return code;
}
