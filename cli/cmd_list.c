/* stepwell list machines|executions. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

static void print_machines(const json_t *machines)
{
	size_t i;
	json_t *machine;
	char text[40];
	json_array_foreach(machines, i, machine)
		printf("%-*s %-9s %s\n", columns_of(text_of(machine, "name", ""), 40),
		       text_of(machine, "name", ""), text_of(machine, "type", ""),
		       time_text(json_object_get(machine, "creationDate"), text, sizeof(text)));
}

/* order:2f3c..., as `describe` takes it. */
static void print_executions(const json_t *executions)
{
	size_t i;
	json_t *execution;
	char start[40], stop[40];
	json_array_foreach(executions, i, execution)
	{
		const char *machine = strrchr(text_of(execution, "stateMachineArn", ":"), ':') + 1;
		const char *status = text_of(execution, "status", "");
		printf("%s%-9s%s  %s  %-23s  %s:%s\n", colour_of(stdout, status), status, colour_end(stdout),
		       time_text(json_object_get(execution, "startDate"), start, sizeof(start)),
		       time_text(json_object_get(execution, "stopDate"), stop, sizeof(stop)), machine,
		       text_of(execution, "name", ""));
	}
}

static int list_of_machine(const struct options *options, struct client *client, const char *arn, json_t *all)
{
	json_t *request = json_pack("{s:s}", "stateMachineArn", arn), *list;
	int code;
	if (options->max > 0)
		json_object_set_new(request, "maxResults",
				    json_integer(options->max < 1000 ? options->max : 1000));
	if (options->status)
		json_object_set_new(request, "statusFilter", json_string(options->status));
	code = list_all(client, "ListExecutions", request, "executions", options->max, &list);
	if (code == EXIT_OK) {
		json_array_extend(all, list);
		json_decref(list);
	}
	return code;
}

static int by_start(const void *a, const void *b)
{
	double left = json_number_value(json_object_get(*(json_t *const *)a, "startDate"));
	double right = json_number_value(json_object_get(*(json_t *const *)b, "startDate"));
	return (left < right) - (left > right);
}

/* The executions of all machines, newest first. */
static json_t *merge(const json_t *all, long max)
{
	size_t count = json_array_size(all);
	json_t **list = calloc(count + 1, sizeof(*list)), *sorted = json_array();
	for (size_t i = 0; list && i < count; i++)
		list[i] = json_array_get(all, i);
	if (list)
		qsort(list, count, sizeof(*list), by_start);
	for (size_t i = 0; list && i < count && (max <= 0 || i < (size_t)max); i++)
		json_array_append(sorted, list[i]);
	free(list);
	return sorted;
}

static int list_executions(const struct options *options, struct client *client)
{
	json_t *all = json_array(), *machines = NULL, *machine, *sorted, *shape;
	size_t i;
	int code = EXIT_OK;
	if (options->machine) {
		char *arn = NULL;
		code = machine_arn(client, options->machine, &arn);
		if (code == EXIT_OK)
			code = list_of_machine(options, client, arn, all);
		free(arn);
	} else {
		code = list_all(client, "ListStateMachines", json_object(), "stateMachines", 0, &machines);
		for (i = 0; code == EXIT_OK && i < json_array_size(machines); i++) {
			machine = json_array_get(machines, i);
			if (!strcmp(text_of(machine, "type", ""), "EXPRESS"))
				continue; /* nothing is kept of its executions, and to ask for them is an error */
			code = list_of_machine(options, client, text_of(machine, "stateMachineArn", ""), all);
		}
		json_decref(machines);
	}
	if (code == EXIT_OK) {
		sorted = merge(all, options->max);
		shape = json_pack("{s:O}", "executions", sorted);
		if (options->json)
			print_json(shape);
		else
			print_executions(sorted);
		json_decref(shape);
		json_decref(sorted);
	}
	json_decref(all);
	return code;
}

static int list_machines(const struct options *options, struct client *client)
{
	json_t *machines, *shape;
	int code = list_all(client, "ListStateMachines", json_object(), "stateMachines", options->max,
			    &machines);
	if (code)
		return code;
	shape = json_pack("{s:O}", "stateMachines", machines);
	if (options->json)
		print_json(shape);
	else
		print_machines(machines);
	json_decref(shape);
	json_decref(machines);
	return EXIT_OK;
}

int cmd_list(const struct options *options)
{
	struct client *client = NULL;
	bool machines = !strcmp(options->args[0], "machines"),
	     executions = !strcmp(options->args[0], "executions");
	int code;
	if (!machines && !executions)
		return complain(EXIT_USAGE, "list what? machines or executions, not \"%s\"",
				options->args[0]);
	if (machines && (options->machine || options->status))
		return complain(EXIT_USAGE, "--machine and --status are for `list executions`");
	code = client_open(options, CLIENT_READ, &client);
	if (code)
		return code;
	code = machines ? list_machines(options, client) : list_executions(options, client);
	client_close(client);
	return code;
}
