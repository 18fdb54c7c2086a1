/* stepwell stop EXECUTION: its running tasks are cancelled. */
#include "cli/cli.h"

#include <stdlib.h>

int cmd_stop(const struct options *options)
{
	struct client *client = NULL;
	json_t *request, *answer;
	char *arn = NULL;
	int code = client_open_existing(options, CLIENT_WRITE, &client);
	if (code)
		return code;
	code = execution_arn(client, options->args[0], &arn);
	if (code == EXIT_OK) {
		request = json_pack("{s:s}", "executionArn", arn);
		if (options->error)
			json_object_set_new(request, "error", json_string(options->error));
		if (options->cause)
			json_object_set_new(request, "cause", json_string(options->cause));
		code = client_call(client, "StopExecution", request, &answer, NULL);
	}
	if (code == EXIT_OK) {
		if (options->json)
			print_json(answer);
		json_decref(answer);
	}
	free(arn);
	client_close(client);
	return code;
}
