/* stepwell task: takes tasks of an activity and completes them, so that a shell script can be a worker. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

/* The token on the first line, the input on the second; nothing when no task came (exit code 1). */
static int print_task(const struct options *options, const json_t *answer)
{
	const char *token = text_of(answer, "taskToken", NULL);
	if (options->json)
		print_json(answer);
	else if (token)
		printf("%s\n%s\n", token, text_of(answer, "input", "{}"));
	return token ? EXIT_OK : EXIT_FAILED;
}

static int poll_task(const struct options *options, struct client *client)
{
	json_t *answer = NULL;
	char *arn = NULL;
	int code = activity_arn(client, options->args[1], &arn);
	if (code)
		return code;
	if (client_owns(client)) {
		free(arn);
		return complain(EXIT_STORE,
				"nobody owns %s, so no task comes: start `stepwell serve`, or name it with "
				"--data or --endpoint",
				options->data);
	}
	json_t *request = json_pack("{s:s}", "activityArn", arn);
	if (options->name)
		json_object_set_new(request, "workerName", json_string(options->name));
	code = client_call(client, "GetActivityTask", request, &answer, NULL);
	if (code == EXIT_OK)
		code = print_task(options, answer);
	json_decref(answer);
	free(arn);
	return code;
}

/* Action and request for what is to be told of a task. EXIT_OK, or an exit code after complaining. */
static int outcome(const struct options *options, const char **ret_action, json_t **ret_request)
{
	const char *verb = options->args[0];
	json_t *request = json_pack("{s:s}", "taskToken", options->args[1]);
	char *output;
	if (!strcmp(verb, "succeed")) {
		*ret_action = "SendTaskSuccess";
		output = read_input(options->input);
		if (!output) {
			json_decref(request);
			return EXIT_USAGE;
		}
		json_object_set_new(request, "output", json_string(output));
		free(output);
	} else if (!strcmp(verb, "fail")) {
		*ret_action = "SendTaskFailure";
		if (options->error)
			json_object_set_new(request, "error", json_string(options->error));
		if (options->cause)
			json_object_set_new(request, "cause", json_string(options->cause));
	} else {
		*ret_action = "SendTaskHeartbeat";
	}
	*ret_request = request;
	return EXIT_OK;
}

int cmd_task(const struct options *options)
{
	static const char *const verbs[] = {"poll", "succeed", "fail", "heartbeat"};
	struct client *client = NULL;
	const char *action = NULL;
	json_t *request = NULL, *answer = NULL;
	size_t verb = 0;
	while (verb < 4 && strcmp(options->args[0], verbs[verb]))
		verb++;
	if (verb == 4)
		return complain(EXIT_USAGE, "task poll, succeed, fail or heartbeat, not \"%s\"",
				options->args[0]);
	int code = verb > 0 ? outcome(options, &action, &request) : EXIT_OK;
	if (code)
		return code;
	code = client_open_existing(options, CLIENT_WRITE, &client);
	if (code) {
		json_decref(request);
		return code;
	}
	if (verb == 0) {
		code = poll_task(options, client);
	} else {
		code = client_call(client, action, request, &answer, NULL);
		if (code == EXIT_OK && options->json)
			print_json(answer);
		json_decref(answer);
	}
	client_close(client);
	return code;
}
