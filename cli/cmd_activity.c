/* stepwell activity create|describe|delete|list: the names under which tasks wait for workers. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

static int list_activities(const struct options *options, struct client *client)
{
	json_t *activities, *activity, *shape;
	char text[40];
	size_t i;
	int code = list_all(client, "ListActivities", json_object(), "activities", options->max, &activities);
	if (code)
		return code;
	if (options->json) {
		shape = json_pack("{s:O}", "activities", activities);
		print_json(shape);
		json_decref(shape);
	} else {
		json_array_foreach(activities, i, activity)
			printf("%-*s %s\n", columns_of(text_of(activity, "name", ""), 50),
			       text_of(activity, "name", ""),
			       time_text(json_object_get(activity, "creationDate"), text, sizeof(text)));
	}
	json_decref(activities);
	return EXIT_OK;
}

/* DescribeActivity or DeleteActivity. */
static int call_of_one(struct client *client, const char *action, const char *name, json_t **ret_answer)
{
	char *arn = NULL;
	int code = activity_arn(client, name, &arn);
	if (code == EXIT_OK)
		code = client_call(client, action, json_pack("{s:s}", "activityArn", arn), ret_answer, NULL);
	free(arn);
	return code;
}

static int act(const struct options *options, struct client *client)
{
	const char *verb = options->args[0], *name = options->args[1];
	json_t *answer = NULL;
	int code;
	if (!strcmp(verb, "create"))
		code = client_call(client, "CreateActivity", json_pack("{s:s}", "name", name), &answer, NULL);
	else
		code = call_of_one(client, !strcmp(verb, "delete") ? "DeleteActivity" : "DescribeActivity",
				   name, &answer);
	if (code == EXIT_OK && options->json)
		print_json(answer);
	else if (code == EXIT_OK && !strcmp(verb, "create"))
		printf("%s\n", text_of(answer, "activityArn", ""));
	else if (code == EXIT_OK)
		print_description(answer);
	json_decref(answer);
	return code;
}

int cmd_activity(const struct options *options)
{
	static const char *const verbs[] = {"list", "create", "describe", "delete"};
	enum { LIST, CREATE, DESCRIBE, DELETE, VERBS_COUNT };
	struct client *client = NULL;
	int verb = 0, code;
	while (verb < VERBS_COUNT && strcmp(options->args[0], verbs[verb]))
		verb++;
	if (verb == VERBS_COUNT)
		return complain(EXIT_USAGE, "activity create, describe, delete or list, not \"%s\"",
				options->args[0]);
	if (options->args_count != (verb == LIST ? 1 : 2))
		return complain(EXIT_USAGE,
				verb == LIST ? "activity list takes no name" : "activity %s takes one name",
				verbs[verb]);
	if (verb == CREATE)
		code = client_open(options, CLIENT_WRITE, &client);
	else
		code = client_open_existing(options, verb == DELETE ? CLIENT_WRITE : CLIENT_READ, &client);
	if (code)
		return code;
	code = verb == LIST ? list_activities(options, client) : act(options, client);
	client_close(client);
	return code;
}
