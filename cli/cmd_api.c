/* stepwell api ACTION [JSON]: any action of the API, by its name. */
#include "cli/cli.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { ACTION_CHARACTERS_MAX = 64 };

/* Nothing but letters: it goes into a header. */
static bool is_action(const char *name)
{
	size_t len = 0;
	while (isalpha((unsigned char)name[len]))
		len++;
	return len > 0 && len <= ACTION_CHARACTERS_MAX && !name[len];
}

/* What a data directory must be opened for. */
static enum client_need need_of(const char *action)
{
	static const char *const reading[] = {"Describe",  "List",         "GetExecutionHistory", "Validate",
					      "TestState", "StepwellList", "StepwellStatus"};
	if (!strcmp(action, "StartSyncExecution"))
		return CLIENT_ADVANCE;
	for (size_t i = 0; i < sizeof(reading) / sizeof(*reading); i++)
		if (!strncmp(action, reading[i], strlen(reading[i])))
			return CLIENT_READ;
	return CLIENT_WRITE;
}

int cmd_api(const struct options *options)
{
	const char *action = options->args[0];
	struct client *client = NULL;
	json_t *request = NULL, *answer = NULL;
	char *text;
	int code;
	if (!is_action(action))
		return complain(EXIT_USAGE, "an action is a name such as DescribeExecution, not \"%s\"",
				action);
	text = read_json("request", options->args_count > 1 ? options->args[1] : NULL);
	if (!text)
		return EXIT_USAGE;
	request = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	free(text);
	if (!json_is_object(request)) {
		json_decref(request);
		return complain(EXIT_USAGE, "a request is a JSON object");
	}
	code = strncmp(action, "Create", 6) ? client_open_existing(options, need_of(action), &client)
					    : client_open(options, CLIENT_WRITE, &client);
	if (code) {
		json_decref(request);
		return code;
	}
	code = client_call(client, action, request, &answer, NULL);
	if (code == EXIT_OK && strstr(action, "Delete"))
		client_settle(client);
	if (code == EXIT_OK)
		print_json(answer);
	if (code == EXIT_OK && client_owns(client) &&
	    (!strcmp(action, "StartExecution") || !strcmp(action, "RedriveExecution")))
		fputs("stepwell: it goes on when `stepwell serve` runs\n", stderr);
	json_decref(answer);
	client_close(client);
	return code;
}
