/* stepwell graph FILE: the workflow as a picture's text. */
#include "cli/cli.h"

#include <string.h>

int cmd_graph(const struct options *options)
{
	const char *format = options->format ? options->format : "dot";
	struct sw_machine *machine;
	char *text = NULL;
	enum sw_result r;
	if (strcmp(format, "dot") && strcmp(format, "mermaid"))
		return complain(EXIT_USAGE, "--format is dot or mermaid, not \"%s\"", format);
	machine = load_machine(options, options->args[0], NULL, NULL);
	if (!machine)
		return EXIT_USAGE;
	r = sw_machine_draw(machine, strcmp(format, "dot") ? SW_DRAW_MERMAID : SW_DRAW_DOT, &text);
	sw_machine_unref(machine);
	if (r != SW_OK)
		return complain(exit_of(r), "%s", sw_result_text(r));
	fputs(text, stdout);
	sw_text_free(text);
	return EXIT_OK;
}
