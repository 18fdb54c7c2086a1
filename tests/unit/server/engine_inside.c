/* See engine_inside.h. */
#include "tests/unit/server/engine_inside.h"

#include "engine/internal.h"

void engine_break(struct sw_engine *engine)
{
	engine->poisoned = true;
}
