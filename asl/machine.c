#include "asl/graph.h"

struct sw_machine *sw_machine_ref(struct sw_machine *machine)
{
	__atomic_add_fetch(&machine->references, 1, __ATOMIC_RELAXED);
	return machine;
}

void sw_machine_unref(struct sw_machine *machine)
{
	if (!machine || __atomic_sub_fetch(&machine->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	sw_owner_done(&machine->owner);
	sw_free(machine->text);
	sw_free(machine);
}

const char *sw_machine_text(const struct sw_machine *machine, size_t *ret_len)
{
	if (ret_len)
		*ret_len = machine->text_len;
	return machine->text;
}

const char *sw_machine_comment(const struct sw_machine *machine)
{
	return machine->comment;
}

const char *sw_machine_resource(const struct sw_machine *machine, size_t index)
{
	return index < machine->resources_count ? machine->resources[index] : NULL;
}
