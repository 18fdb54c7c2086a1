/* What a step gives back: growing lists of events and commands. */
#include "engine/step/internal.h"

#include <string.h>

void sw_effects_reset(struct sw_effects *effects)
{
	for (uint32_t i = 0; i < effects->events_count; i++)
		sw_history_event_done(&effects->events[i]);
	effects->events_count = 0;
	effects->events_bytes = 0;
	effects->commands_count = 0;
	effects->transitions = 0;
	effects->more = false;
}

void sw_effects_done(struct sw_effects *effects)
{
	sw_effects_reset(effects);
	sw_free(effects->events);
	sw_free(effects->commands);
	*effects = (struct sw_effects){0};
}

/* Room for one more item of a list; false when out of memory. */
static bool reserve(void **list, uint32_t count, uint32_t *capacity, size_t item_bytes)
{
	if (count < *capacity)
		return true;
	if (count > UINT32_MAX / 4)
		return false;
	uint32_t wanted = count < 8 ? 8 : count * 2;
	void *grown = sw_realloc_array(*list, wanted, item_bytes);
	if (!grown)
		return false;
	*list = grown;
	*capacity = wanted;
	return true;
}

enum sw_result sw_effects_command(struct sw_effects *effects, enum sw_command_kind kind, uint32_t branch,
				  uint32_t attempt)
{
	void *list = effects->commands;
	bool room = reserve(&list, effects->commands_count, &effects->commands_capacity,
			    sizeof(*effects->commands));
	effects->commands = list;
	if (!room)
		return SW_ENOMEM;
	effects->commands[effects->commands_count++] = (struct sw_command){kind, branch, attempt};
	return SW_OK;
}

struct sw_history_event *sw_effects_event(struct sw_effects *effects)
{
	void *list = effects->events;
	bool room =
		reserve(&list, effects->events_count, &effects->events_capacity, sizeof(*effects->events));
	effects->events = list;
	if (!room)
		return NULL;
	struct sw_history_event *event = &effects->events[effects->events_count++];
	memset(event, 0, sizeof(*event));
	return event;
}
