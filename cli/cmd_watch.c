/* stepwell watch EXECUTION: follow it to its end. */
#include "cli/cli.h"

#include <stdlib.h>

int cmd_watch(const struct options *options)
{
	struct client *client = NULL;
	json_t *description;
	char *arn = NULL;
	int code = client_open(options, CLIENT_READ, &client);
	if (code)
		return code;
	code = execution_arn(client, options->args[0], &arn);
	if (code == EXIT_OK)
		code = follow(client, arn, options->json ? stderr : stdout, &description);
	if (code == EXIT_OK) {
		code = print_outcome(options, description);
		json_decref(description);
	}
	free(arn);
	client_close(client);
	return code;
}
