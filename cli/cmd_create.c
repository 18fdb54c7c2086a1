/* stepwell create FILE: a machine that can be started by name. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

/* A machine's type stays: who asks for another one is told. */
static int check_type(const struct options *options, struct client *client, const char *name, const char *arn)
{
	json_t *answer;
	int code = EXIT_OK;
	if (!options->type)
		return EXIT_OK;
	code = client_call(client, "DescribeStateMachine",
			   json_pack("{s:s, s:s}", "stateMachineArn", arn, "includedData", "METADATA_ONLY"),
			   &answer, NULL);
	if (code)
		return code;
	if (strcmp(text_of(answer, "type", ""), options->type))
		code = complain(
			EXIT_FAILED,
			"the machine \"%s\" is of type %s, which cannot be changed: delete it first, or "
			"give another --name",
			name, text_of(answer, "type", "?"));
	json_decref(answer);
	return code;
}

static int update(const struct options *options, struct client *client, const char *name,
		  const char *definition, json_t **ret_answer)
{
	char *arn = NULL;
	int code = machine_arn(client, name, &arn);
	if (code == EXIT_OK)
		code = check_type(options, client, name, arn);
	if (code == EXIT_OK)
		code = client_call(client, "UpdateStateMachine",
				   json_pack("{s:s, s:s}", "stateMachineArn", arn, "definition", definition),
				   ret_answer, NULL);
	if (code == EXIT_OK)
		json_object_set_new(*ret_answer, "stateMachineArn", json_string(arn));
	free(arn);
	return code;
}

static int create(const struct options *options, struct client *client, const char *name,
		  const char *definition)
{
	json_t *answer = NULL, *error = NULL;
	int code = client_call(client, "CreateStateMachine",
			       json_pack("{s:s, s:s, s:s, s:s*}", "name", name, "definition", definition,
					 "roleArn", "arn:aws:iam::123456789012:role/stepwell", "type",
					 options->type),
			       &answer, &error);
	if (is_error(error, "StateMachineAlreadyExists") && options->update)
		code = update(options, client, name, definition, &answer);
	else if (is_error(error, "StateMachineAlreadyExists"))
		complain(EXIT_FAILED,
			 "a machine \"%s\" exists with another definition or type; --update changes "
			 "the definition",
			 name);
	else if (error)
		code = complain_answer(error);
	if (code == EXIT_OK && options->json)
		print_json(answer);
	else if (code == EXIT_OK)
		printf("%s\n", text_of(answer, "stateMachineArn", ""));
	json_decref(answer);
	json_decref(error);
	return code;
}

int cmd_create(const struct options *options)
{
	struct client *client = NULL;
	char *text = NULL, *name = options->name ? strdup(options->name) : name_of_file(options->args[0]);
	size_t len;
	int code = EXIT_USAGE;
	struct sw_machine *machine = load_machine(options, options->args[0], &text, &len);
	if (machine && name)
		code = client_open(options, CLIENT_WRITE, &client);
	if (client)
		code = create(options, client, name, text);
	client_close(client);
	sw_machine_unref(machine);
	sw_text_free(text);
	free(name);
	return code;
}
