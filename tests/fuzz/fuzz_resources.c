/* A resources file of anybody: its routes are added, or it is refused with a place and adds none. */
#include "engine/tasks/tasks.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing is started, so the loop has nothing to do. */
static enum sw_result no_watch(void *loop, struct sw_watch *watch, unsigned interest)
{
	return SW_OK;
}

static enum sw_result no_alarm(void *loop, struct sw_alarm *alarm, int64_t due_ms)
{
	return SW_OK;
}

static int64_t no_time(void *loop)
{
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sw_loop_ops ops = {no_watch, no_alarm, no_time, no_time};
	const struct sw_loop loop = {&ops, NULL};
	const struct sw_commands_options options = {.loop = &loop, .directory = "/d", .limits = SW_LIMITS};
	struct sw_commands_provider *provider = NULL;
	struct sw_routes *routes = NULL;
	struct sw_error err = {0};
	if (sw_routes_new(&routes) < 0 || sw_commands_provider_new(&options, &provider, NULL) < 0)
		abort();
	enum sw_result r = sw_resources_load((const char *)data, size, provider, routes, &err);
	if (r != err.code)
		abort();
	const struct sw_route *route = sw_routes_find(routes, "command:ship");
	if (route && (r < 0 || !sw_pattern_matches(route->pattern, "command:ship")))
		abort();
	sw_routes_free(routes);
	sw_commands_provider_free(provider);
	return 0;
}
