/* What an operator may change or ask while the engine runs: the resources file, the mocks; is it well? */
#include "engine/internal.h"

#include <string.h>

#define COMMIT_SLOW_MS 10000

enum sw_result sw_engine_reload(struct sw_engine *engine, const char *resources_json, const char *mocks_json,
				bool *ret_mocks, struct sw_error *err)
{
	struct sw_routes *routes = NULL;
	struct sw_mocks *mocks = NULL;
	bool in_mocks = false;
	enum sw_result r = sw_engine_check(engine, err);
	if (r == SW_OK && resources_json)
		r = sw_routes_new(&routes);
	if (r == SW_OK && resources_json)
		r = sw_resources_load(resources_json, strlen(resources_json), engine->commands, routes, err);
	if (r == SW_OK && mocks_json) {
		r = sw_mocks_new(mocks_json, strlen(mocks_json), &mocks, err);
		in_mocks = r < 0;
	}
	if (r == SW_OK && routes)
		r = sw_routes_replace(engine->routes, routes);
	sw_routes_free(routes);
	if (r < 0) {
		sw_mocks_free(mocks);
		if (ret_mocks)
			*ret_mocks = in_mocks;
		return sw_error_set(err, r, "%s", sw_result_text(r));
	}
	if (mocks) {
		sw_mocks_free(engine->mocks);
		engine->mocks = mocks;
	}
	return SW_OK;
}

enum sw_result sw_engine_ready(struct sw_engine *engine, struct sw_error *err)
{
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	if (engine->state != SW_ENGINE_RUNNING)
		return sw_error_set(err, SW_EINVAL, "the engine has not begun");
	if (engine->full)
		return sw_error_set(err, SW_EFULL, "the disk is full");
	if (engine->recovery.running)
		return sw_error_set(err, SW_EBUSY, "what was in flight is being delivered again");
	int64_t now_ms = engine->loop->ops->mono_ms(engine->loop->data);
	if (engine->flight && now_ms - engine->handed_mono_ms > COMMIT_SLOW_MS)
		return sw_error_set(err, SW_EBUSY, "a commit takes longer than %d seconds",
				    COMMIT_SLOW_MS / 1000);
	return SW_OK;
}
