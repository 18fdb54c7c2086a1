/* stepwell history EXECUTION: every step, as AWS records it. */
#include "cli/cli.h"

#include <stdlib.h>

/* When the execution started: what is shown may begin later. */
static double start_of(struct client *client, const char *arn, const json_t *events)
{
	size_t count = json_array_size(events), i;
	json_t *event, *answer = NULL, *error = NULL;
	double start = 0;
	json_array_foreach(events, i,
			   event) if (json_integer_value(json_object_get(event, "id")) ==
				      1) return json_number_value(json_object_get(event, "timestamp"));
	if (count > 0 && client_call(client, "GetExecutionHistory",
				     json_pack("{s:s, s:i}", "executionArn", arn, "maxResults", 1), &answer,
				     &error) == EXIT_OK)
		start = json_number_value(
			json_object_get(json_array_get(json_object_get(answer, "events"), 0), "timestamp"));
	json_decref(answer);
	json_decref(error);
	return start;
}

static int show(const struct options *options, struct client *client, const char *arn)
{
	json_t *request =
		json_pack("{s:s, s:b, s:i}", "executionArn", arn, "reverseOrder", (int)options->reverse,
			  "maxResults", (int)(options->max > 0 && options->max < 1000 ? options->max : 1000));
	json_t *events, *event, *shape;
	size_t i;
	/* cppcheck-suppress unreadVariable ; it is read behind a macro */
	double start = 0;
	int code = list_all(client, "GetExecutionHistory", request, "events", options->max, &events);
	if (code)
		return code;
	if (options->json) {
		shape = json_pack("{s:O}", "events", events);
		print_json(shape);
		json_decref(shape);
	} else {
		start = start_of(client, arn, events);
		json_array_foreach(events, i, event) print_event(stdout, event, start);
	}
	json_decref(events);
	return EXIT_OK;
}

int cmd_history(const struct options *options)
{
	struct client *client = NULL;
	char *arn = NULL;
	int code = client_open(options, CLIENT_READ, &client);
	if (code)
		return code;
	code = execution_arn(client, options->args[0], &arn);
	if (code == EXIT_OK)
		code = show(options, client, arn);
	free(arn);
	client_close(client);
	return code;
}
