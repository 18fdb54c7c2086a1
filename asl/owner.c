/* What a compiled thing owns: an arena, and what needs more than its memory freed. */
#include "asl/query.h"

struct sw_owned {
	struct sw_owned *next;
	void *thing;
	void (*done)(void *thing);
};

void sw_owner_init(struct sw_owner *owner)
{
	sw_arena_init(&owner->arena, 0);
	owner->list = NULL;
}

enum sw_result sw_owner_adopt(struct sw_owner *owner, void *thing, void (*done)(void *thing))
{
	struct sw_owned *owned = sw_arena_alloc(&owner->arena, sizeof(*owned));
	if (!owned) {
		done(thing);
		return SW_ENOMEM;
	}
	*owned = (struct sw_owned){owner->list, thing, done};
	owner->list = owned;
	return SW_OK;
}

static void tree_done(void *thing)
{
	json_decref(thing);
}

json_t *sw_owner_adopt_tree_new(struct sw_owner *owner, json_t *tree)
{
	if (!tree || sw_owner_adopt(owner, tree, tree_done) < 0)
		return NULL;
	return tree;
}

void sw_owner_done(struct sw_owner *owner)
{
	for (struct sw_owned *at = owner->list; at; at = at->next)
		at->done(at->thing);
	owner->list = NULL;
	sw_arena_done(&owner->arena);
}
