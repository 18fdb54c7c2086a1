/* stepwell delete machine|execution NAME. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

int cmd_delete(const struct options *options)
{
	struct client *client = NULL;
	bool machine = !strcmp(options->args[0], "machine"),
	     execution = !strcmp(options->args[0], "execution");
	json_t *answer;
	char *arn = NULL;
	int code;
	if (!machine && !execution)
		return complain(EXIT_USAGE, "delete what? machine NAME or execution NAME, not \"%s\"",
				options->args[0]);
	code = client_open_existing(options, CLIENT_WRITE, &client);
	if (code)
		return code;
	code = machine ? machine_arn(client, options->args[1], &arn)
		       : execution_arn(client, options->args[1], &arn);
	if (code == EXIT_OK)
		code = client_call(client, machine ? "DeleteStateMachine" : "StepwellDeleteExecution",
				   json_pack("{s:s}", machine ? "stateMachineArn" : "executionArn", arn),
				   &answer, NULL);
	if (code == EXIT_OK) {
		client_settle(client);
		if (options->json)
			print_json(answer);
		json_decref(answer);
	}
	free(arn);
	client_close(client);
	return code;
}
