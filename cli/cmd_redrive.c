/* stepwell redrive EXECUTION: one that ended badly goes on where it ended. */
#include "cli/cli.h"

#include <stdlib.h>

int cmd_redrive(const struct options *options)
{
	struct client *client = NULL;
	json_t *answer = NULL;
	char *arn = NULL;
	int code = client_open_existing(options, CLIENT_WRITE, &client);
	if (code)
		return code;
	code = execution_arn(client, options->args[0], &arn);
	if (code == EXIT_OK)
		code = client_call(client, "RedriveExecution", json_pack("{s:s}", "executionArn", arn),
				   &answer, NULL);
	if (code == EXIT_OK && options->json)
		print_json(answer);
	if (code == EXIT_OK && client_owns(client))
		fputs("stepwell: redriven; it goes on when `stepwell serve` runs\n", stderr);
	json_decref(answer);
	free(arn);
	client_close(client);
	return code;
}
