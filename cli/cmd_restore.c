/* stepwell restore DIR. */
#include "cli/cli.h"
#include "engine/maintenance.h"

int cmd_restore(const struct options *options)
{
	struct sw_error err = {0};
	enum sw_result r = sw_restore(options->args[0], options->data, &err);
	if (r != SW_OK)
		return complain_store(options, r, &err);
	return print_copied(options, options->args[0], options->data);
}
