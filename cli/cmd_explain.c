/* stepwell explain FILE|EXPR: what the compiler makes of it. */
#include "cli/cli.h"

#include <string.h>

/* ---- an outline of a tree ------------------------------------------------------------------------------- */

static bool is_plain(const json_t *value)
{
	return !json_is_object(value) && !json_is_array(value);
}

static void print_plain(const json_t *value)
{
	if (json_is_string(value)) {
		print_text(stdout, json_string_value(value));
		return;
	}
	char number[40];
	if (json_is_real(value)) {
		snprintf(number, sizeof(number), "%.15g", json_real_value(value));
		fputs(number, stdout);
	} else if (json_is_integer(value)) {
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else {
		fputs(json_is_null(value) ? "null" : json_is_true(value) ? "true" : "false", stdout);
	}
}

/* Plain things and lists of them, which stand in one line. */
static bool is_short(const json_t *value)
{
	size_t i;
	json_t *item;
	if (json_is_object(value))
		return false;
	json_array_foreach(value, i, item) if (!is_plain(item)) return false;
	return true;
}

static void print_short(const json_t *value)
{
	size_t i;
	json_t *item;
	if (is_plain(value))
		print_plain(value);
	json_array_foreach(value, i, item)
	{
		fputs(i ? ", " : "", stdout);
		print_plain(item);
	}
	putchar('\n');
}

static void print_outline(const json_t *tree, int depth, bool begun);

/* As deep as jansson reads: 2,048. */
static void print_below(const json_t *value, int depth)
{
	if (is_short(value)) {
		putchar(' ');
		print_short(value);
		return;
	}
	putchar('\n');
	print_outline(value, depth + 1, false);
}

/* begun: the line is indented already. */
static void print_outline(const json_t *tree, int depth, bool begun)
{
	const char *name;
	size_t i;
	json_t *value;
	json_array_foreach(tree, i, value)
	{
		printf("%*s- ", begun ? 0 : depth * 2, "");
		begun = false;
		if (is_short(value))
			print_short(value);
		else
			print_outline(value, depth + 1, true);
	}
	json_object_foreach((json_t *)tree, name, value)
	{
		printf("%*s", begun ? 0 : depth * 2, "");
		begun = false;
		print_text(stdout, name);
		putchar(':');
		print_below(value, depth);
	}
}

/* ---- machines ------------------------------------------------------------------------------------------- */

static void print_state(const json_t *state)
{
	const char *name;
	json_t *value;
	printf("\n%s%s%s  ", colour_of(stdout, "SUCCEEDED"), text_of(state, "type", ""), colour_end(stdout));
	print_text(stdout, text_of(state, "name", ""));
	putchar('\n');
	json_object_foreach((json_t *)state, name, value)
	{
		if (!strcmp(name, "name") || !strcmp(name, "type"))
			continue;
		printf("  %s:", name);
		print_below(value, 1);
	}
}

static void print_machine(json_t *machine)
{
	json_t *states = json_incref(json_object_get(machine, "states")), *state;
	size_t i;
	json_object_del(machine, "states");
	print_outline(machine, 0, false);
	json_array_foreach(states, i, state) print_state(state);
	json_decref(states);
}

static bool is_expression(const char *text)
{
	return text[0] == '$' || !strncmp(text, "{%", 2) || !strncmp(text, "States.", 7);
}

static int explain_expression(const struct options *options, const char *text)
{
	struct sw_error err = {0};
	char *json = NULL;
	enum sw_result r = sw_expression_explain(text, strlen(text), &json, &err);
	if (r == SW_EQUERY || r == SW_EINVAL)
		return complain_expression(EXIT_USAGE, text, &err);
	json_t *tree = r == SW_OK ? json_loads(json, 0, NULL) : NULL;
	sw_text_free(json);
	if (!tree)
		return complain(EXIT_STORE, "%s", r < 0 ? sw_result_text(r) : "the tree is too deep");
	if (options->json)
		print_json(tree);
	else
		print_outline(tree, 0, false);
	json_decref(tree);
	return EXIT_OK;
}

int cmd_explain(const struct options *options)
{
	char *json = NULL;
	if (is_expression(options->args[0]))
		return explain_expression(options, options->args[0]);
	struct sw_machine *machine = load_machine(options, options->args[0], NULL, NULL);
	if (!machine)
		return EXIT_USAGE;
	enum sw_result r = sw_machine_explain(machine, &json);
	sw_machine_unref(machine);
	json_t *tree = r == SW_OK ? json_loads(json, 0, NULL) : NULL;
	sw_text_free(json);
	if (!tree)
		return complain(exit_of(r < 0 ? r : SW_ENOMEM), "%s", sw_result_text(r < 0 ? r : SW_ENOMEM));
	if (options->json)
		print_json(tree);
	else
		print_machine(tree);
	json_decref(tree);
	return EXIT_OK;
}
