/* What tests of the server do inside of an engine: its headers and the server's are not made to meet. */
#ifndef SW_TESTS_ENGINE_INSIDE_H
#define SW_TESTS_ENGINE_INSIDE_H

#include "engine/engine.h"

/* As if its store had failed. In its own thread. */
void engine_break(struct sw_engine *engine);

#endif
