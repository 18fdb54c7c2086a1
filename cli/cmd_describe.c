/* stepwell describe EXECUTION|MACHINE. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

/* Is there a machine of that name, or is it the ARN of one? NULL: no, or it cannot be told. */
static char *as_machine(struct client *client, const char *name)
{
	json_t *machines, *machine;
	char *arn = NULL;
	size_t i;
	if (strstr(name, ":stateMachine:"))
		return strdup(name);
	if (strchr(name, ':') ||
	    list_all(client, "ListStateMachines", json_object(), "stateMachines", 0, &machines))
		return NULL;
	json_array_foreach(machines, i, machine) if (!arn && !strcmp(text_of(machine, "name", ""), name))
		arn = strdup(text_of(machine, "stateMachineArn", ""));
	json_decref(machines);
	return arn;
}

int cmd_describe(const struct options *options)
{
	struct client *client = NULL;
	json_t *answer;
	char *arn = NULL;
	int code = client_open(options, CLIENT_READ, &client);
	if (code)
		return code;
	arn = as_machine(client, options->args[0]);
	if (arn) {
		code = client_call(client, "DescribeStateMachine", json_pack("{s:s}", "stateMachineArn", arn),
				   &answer, NULL);
	} else {
		code = execution_arn(client, options->args[0], &arn);
		if (code == EXIT_OK)
			code = client_call(client, "DescribeExecution",
					   json_pack("{s:s}", "executionArn", arn), &answer, NULL);
	}
	if (code == EXIT_OK) {
		if (options->json)
			print_json(answer);
		else
			print_description(answer);
		json_decref(answer);
	}
	free(arn);
	client_close(client);
	return code;
}
