/* Names that people type -> ARNs. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

bool is_error(const json_t *error, const char *type)
{
	return error && !strcmp(error_type(error), type);
}

int list_all(struct client *client, const char *action, json_t *request, const char *member, long max,
	     json_t **ret_list)
{
	json_t *list = json_array(), *answer;
	int code;
	for (;;) {
		const char *token;
		code = client_call(client, action, json_deep_copy(request), &answer, NULL);
		if (code)
			break;
		json_array_extend(list, json_object_get(answer, member));
		token = text_of(answer, "nextToken", NULL);
		if (token)
			json_object_set_new(request, "nextToken", json_string(token));
		json_decref(answer);
		if (!token || (max > 0 && json_array_size(list) >= (size_t)max))
			break;
	}
	json_decref(request);
	while (max > 0 && json_array_size(list) > (size_t)max)
		json_array_remove(list, json_array_size(list) - 1);
	if (code) {
		json_decref(list);
		return code;
	}
	*ret_list = list;
	return EXIT_OK;
}

/* The ARN of the machine of a name in a list of machines. Borrowed; NULL when there is none. */
static const char *find_machine(const json_t *machines, const char *name, size_t len)
{
	size_t i;
	json_t *machine;
	json_array_foreach(machines, i, machine)
	{
		const char *its = text_of(machine, "name", "");
		if (strlen(its) == len && !strncmp(its, name, len))
			return text_of(machine, "stateMachineArn", NULL);
	}
	return NULL;
}

static int give(char *arn, char **ret_arn)
{
	if (!arn)
		return complain(EXIT_STORE, "out of memory");
	*ret_arn = arn;
	return EXIT_OK;
}

int machine_arn(struct client *client, const char *name, char **ret_arn)
{
	json_t *machines;
	const char *arn;
	char *copy = NULL;
	int code;
	if (!strncmp(name, "arn:", 4))
		return give(strdup(name), ret_arn);
	code = list_all(client, "ListStateMachines", json_object(), "stateMachines", 0, &machines);
	if (code)
		return code;
	/* A mock test case goes behind the name: order#HappyPath. */
	arn = find_machine(machines, name, strcspn(name, "#"));
	if (!arn)
		code = complain(EXIT_FAILED,
				"there is no machine \"%s\"; `stepwell list machines` shows what there is",
				name);
	else
		code = give(asprintf(&copy, "%s%s", arn, name + strcspn(name, "#")) < 0 ? NULL : copy,
			    ret_arn);
	json_decref(machines);
	return code;
}

/* arn:...:stateMachine:M and E -> arn:...:execution:M:E. New. */
static char *join_execution(const char *machine, const char *name)
{
	const char *kind = strstr(machine, ":stateMachine:");
	char *arn = NULL;
	if (!kind ||
	    asprintf(&arn, "%.*s:execution:%s:%s", (int)(kind - machine), machine, kind + 14, name) < 0)
		return NULL;
	return arn;
}

/* EXIT_FAILED: there is none. */
static int look(struct client *client, const char *arn)
{
	json_t *answer = NULL, *error = NULL;
	int code = client_call(client, "DescribeExecution",
			       json_pack("{s:s, s:s}", "executionArn", arn, "includedData", "METADATA_ONLY"),
			       &answer, &error);
	/* A name that no execution can have is a name that none has. */
	if (error && !is_error(error, "ExecutionDoesNotExist") && !is_error(error, "InvalidArn") &&
	    !is_error(error, "ValidationException"))
		code = complain_answer(error);
	json_decref(answer);
	json_decref(error);
	return code;
}

/* Every machine's execution of that name: one is wanted. */
static int find_execution(struct client *client, const json_t *machines, const char *name, char **ret_arn)
{
	char *found = NULL;
	unsigned count = 0;
	size_t i;
	json_t *machine;
	int code = EXIT_FAILED;
	json_array_foreach(machines, i, machine)
	{
		char *arn = join_execution(text_of(machine, "stateMachineArn", ""), name);
		code = arn ? look(client, arn) : complain(EXIT_STORE, "out of memory");
		if (code == EXIT_OK && count++ == 0)
			found = arn;
		else
			free(arn);
		if (code != EXIT_OK && code != EXIT_FAILED)
			break;
	}
	if (count == 1 && (code == EXIT_OK || code == EXIT_FAILED))
		return give(found, ret_arn);
	free(found);
	if (code != EXIT_OK && code != EXIT_FAILED)
		return code;
	if (count == 0)
		return complain(
			EXIT_FAILED,
			"there is no execution \"%s\"; `stepwell list executions` shows what there is", name);
	return complain(EXIT_USAGE, "%u machines have an execution \"%s\": say MACHINE:%s", count, name,
			name);
}

int execution_arn(struct client *client, const char *name, char **ret_arn)
{
	const char *colon = strchr(name, ':');
	const char *machine;
	json_t *machines;
	int code;
	if (!strncmp(name, "arn:", 4))
		return give(strdup(name), ret_arn);
	code = list_all(client, "ListStateMachines", json_object(), "stateMachines", 0, &machines);
	if (code)
		return code;
	if (!colon) {
		code = find_execution(client, machines, name, ret_arn);
	} else {
		machine = find_machine(machines, name, (size_t)(colon - name));
		code = machine ? give(join_execution(machine, colon + 1), ret_arn)
			       : complain(EXIT_FAILED, "there is no machine \"%.*s\"", (int)(colon - name),
					  name);
	}
	json_decref(machines);
	return code;
}

int activity_arn(struct client *client, const char *name, char **ret_arn)
{
	json_t *status = NULL, *error = NULL;
	char *arn = NULL;
	int code;
	if (!strncmp(name, "arn:", 4))
		return give(strdup(name), ret_arn);
	code = client_call(client, "StepwellStatus", json_object(), &status, &error);
	if (is_error(error, "UnknownOperationException"))
		code = complain(
			EXIT_USAGE,
			"the endpoint does not tell what its ARNs are built of: give the activity's ARN");
	else if (error)
		code = complain_answer(error);
	json_decref(error);
	if (code)
		return code;
	if (asprintf(&arn, "arn:aws:states:%s:%s:activity:%s", text_of(status, "region", ""),
		     text_of(status, "account", ""), name) < 0)
		arn = NULL;
	json_decref(status);
	return give(arn, ret_arn);
}
