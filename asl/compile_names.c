#include "asl/compile.h"

#include <string.h>

/* Open addressing; at least half of the places are free. */
struct sw_names {
	size_t mask;
	uint64_t seed;
	struct name {
		const char *name; /* NULL: free */
		const void *scope;
		const struct sw_state *state;
	} list[];
};

struct sw_names *sw_names_new(struct sw_arena *arena, size_t count)
{
	size_t places = 16;
	while (places < count * 2)
		places *= 2;
	struct sw_names *names = sw_arena_alloc(arena, sizeof(*names) + places * sizeof(names->list[0]));
	if (!names)
		return NULL;
	names->mask = places - 1;
	if (sw_entropy(&names->seed, sizeof(names->seed)) != SW_OK)
		names->seed = (uintptr_t)names;
	return names;
}

static size_t place_of(const struct sw_names *names, const void *scope, const char *name)
{
	uint64_t hash = sw_hash64(name, strlen(name), names->seed ^ (uintptr_t)scope);
	size_t at = (size_t)hash & names->mask;
	while (names->list[at].name &&
	       (names->list[at].scope != scope || strcmp(names->list[at].name, name) != 0))
		at = (at + 1) & names->mask;
	return at;
}

bool sw_names_add(struct sw_names *names, const void *scope, const char *name, const struct sw_state *state)
{
	struct name *at = &names->list[place_of(names, scope, name)];
	if (at->name)
		return false;
	*at = (struct name){name, scope, state};
	return true;
}

const struct sw_state *sw_names_find(const struct sw_names *names, const void *scope, const char *name)
{
	return names->list[place_of(names, scope, name)].state;
}
