/* The operator's resources file: which program runs a resource. docs/resources.md is its page. */
#include "base/mem.h"
#include "engine/tasks/command.h"
#include "engine/tasks/located.h"

#include <string.h>

#define RESOURCES_MAX 10000
#define CONCURRENCY_MAX 1000000
#define KNOWN "command, timeoutSeconds, maxConcurrency, redelivery, environment, workingDirectory"

struct reading {
	struct sw_located at;
	struct sw_commands_provider *provider;
	struct sw_routes *routes;
};

/* One resource while it is read. */
struct resource {
	struct sw_command_config config;
	int64_t timeout_ms;
	enum sw_redelivery redelivery;
};

/* New; "/a" stays, "b/c" is looked for in the provider's directory. */
static char *resolve(const struct sw_commands_provider *provider, const char *path)
{
	return path[0] == '/' ? sw_strdup(path) : sw_asprintf("%s/%s", provider->directory, path);
}

static enum sw_result read_command(struct reading *reading, const json_t *value, struct resource *resource)
{
	struct sw_located *at = &reading->at;
	size_t count = json_array_size(value);
	if (!json_is_array(value) || count == 0)
		return sw_located_mistake(
			at, false,
			"command must be an array: the program and its arguments (no shell is used)");
	char **argv = resource->config.argv = sw_zalloc_array(count + 1, sizeof(*argv));
	if (!argv)
		return SW_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(value, i);
		size_t mark = sw_located_enter_index(at, i);
		enum sw_result r = sw_located_text(at, item, "an argument");
		if (r == SW_OK && i == 0 && json_string_length(item) == 0)
			r = sw_located_mistake(at, false, "the name of the program must not be empty");
		if (r < 0)
			return r;
		sw_located_leave(at, mark);
		/* A bare name is looked for in PATH when it is started, a path where the file is. */
		const char *text = json_string_value(item);
		argv[i] = i == 0 && strchr(text, '/') ? resolve(reading->provider, text) : sw_strdup(text);
		if (!argv[i])
			return SW_ENOMEM;
	}
	return SW_OK;
}

static enum sw_result read_environment(struct reading *reading, const json_t *value,
				       struct resource *resource)
{
	struct sw_located *at = &reading->at;
	enum sw_result r = sw_located_object(at, value, "environment");
	if (r < 0)
		return r;
	char **entries = sw_zalloc_array(json_object_size(value) + 1, sizeof(*entries));
	if (!entries)
		return SW_ENOMEM;
	resource->config.environment = entries;
	void *iter = json_object_iter((json_t *)value);
	for (size_t i = 0; iter; i++, iter = json_object_iter_next((json_t *)value, iter)) {
		const char *name = json_object_iter_key(iter);
		const json_t *text = json_object_iter_value(iter);
		size_t mark = sw_located_enter(at, name);
		r = sw_located_text(at, text, "the value of a variable");
		if (r == SW_OK && (!*name || strchr(name, '=')))
			r = sw_located_mistake(at, true,
					       "the name of a variable must not be empty or hold \"=\"");
		if (r == SW_OK && strncmp(name, "STEPWELL_", 9) == 0)
			r = sw_located_mistake(at, true, "variables STEPWELL_... are set by Stepwell itself");
		if (r < 0)
			return r;
		sw_located_leave(at, mark);
		entries[i] = sw_asprintf("%s=%s", name, json_string_value(text));
		if (!entries[i])
			return SW_ENOMEM;
	}
	return SW_OK;
}

static enum sw_result read_number(struct reading *reading, const json_t *value, const char *name,
				  int64_t most, int64_t *ret_number)
{
	int64_t number;
	if (!sw_json_is_number(value) || !sw_json_whole(value, &number) || number < 1 || number > most)
		return sw_located_mistake(&reading->at, false, "%s must be a whole number from 1 to %lld",
					  name, (long long)most);
	*ret_number = number;
	return SW_OK;
}

static enum sw_result read_redelivery(struct reading *reading, const json_t *value, struct resource *resource)
{
	const char *text = sw_json_is_string(value) ? json_string_value(value) : "";
	if (strcmp(text, "again") == 0)
		resource->redelivery = SW_REDELIVER;
	else if (strcmp(text, "fail") == 0)
		resource->redelivery = SW_REDELIVER_FAIL;
	else
		return sw_located_mistake(&reading->at, false, "redelivery must be \"again\" or \"fail\"");
	return SW_OK;
}

static enum sw_result read_directory(struct reading *reading, const json_t *value, struct resource *resource)
{
	enum sw_result r = sw_located_text(&reading->at, value, "workingDirectory");
	if (r < 0)
		return r;
	if (json_string_length(value) == 0)
		return sw_located_mistake(&reading->at, false, "workingDirectory must not be empty");
	resource->config.directory = resolve(reading->provider, json_string_value(value));
	return resource->config.directory ? SW_OK : SW_ENOMEM;
}

static enum sw_result read_member(struct reading *reading, const char *name, const json_t *value,
				  struct resource *resource)
{
	int64_t number = 0;
	enum sw_result r;
	if (strcmp(name, "command") == 0)
		return read_command(reading, value, resource);
	if (strcmp(name, "environment") == 0)
		return read_environment(reading, value, resource);
	if (strcmp(name, "redelivery") == 0)
		return read_redelivery(reading, value, resource);
	if (strcmp(name, "workingDirectory") == 0)
		return read_directory(reading, value, resource);
	if (strcmp(name, "timeoutSeconds") == 0) {
		r = read_number(reading, value, name, SW_WAIT_SECONDS_MAX, &number);
		resource->timeout_ms = number * 1000;
		return r;
	}
	if (strcmp(name, "maxConcurrency") == 0) {
		r = read_number(reading, value, name, CONCURRENCY_MAX, &number);
		resource->config.concurrency_max = (uint32_t)number;
		return r;
	}
	return sw_located_mistake(&reading->at, true, "\"%.100s\" is not known here; known are " KNOWN, name);
}

/* Of resource, whatever happens, nothing is left. */
static enum sw_result add_resource(struct reading *reading, const char *pattern, struct resource *resource)
{
	struct sw_command_config *config = &resource->config;
	struct sw_route *route;
	if (!config->directory)
		config->directory = sw_strdup(reading->provider->directory);
	if (!config->environment)
		config->environment = sw_zalloc(sizeof(*config->environment));
	if (!config->directory || !config->environment)
		return SW_ENOMEM;
	enum sw_result r = sw_command_route_new(reading->provider, pattern, config, &route);
	if (r < 0)
		return r;
	route->timeout_ms = resource->timeout_ms;
	route->redelivery = resource->redelivery;
	return sw_routes_add(reading->routes, route, false);
}

/* check: only look for mistakes, so that a file with one adds nothing. */
static enum sw_result read_resource(struct reading *reading, const char *pattern, const json_t *value,
				    bool check)
{
	struct sw_located *at = &reading->at;
	struct resource resource = {.timeout_ms = SW_NEVER, .redelivery = SW_REDELIVER};
	enum sw_result r = sw_located_object(at, value, "a resource");
	if (r == SW_OK && !*pattern)
		r = sw_located_mistake(at, true, "the pattern of a resource must not be empty");
	void *iter = r == SW_OK ? json_object_iter((json_t *)value) : NULL;
	for (; iter && r == SW_OK; iter = json_object_iter_next((json_t *)value, iter)) {
		size_t mark = sw_located_enter(at, json_object_iter_key(iter));
		r = read_member(reading, json_object_iter_key(iter), json_object_iter_value(iter), &resource);
		sw_located_leave(at, mark);
	}
	if (r == SW_OK && !resource.config.argv)
		r = sw_located_mistake(at, true, "the resource says no command");
	if (r == SW_OK && !check)
		r = add_resource(reading, pattern, &resource);
	sw_command_config_done(&resource.config);
	return r;
}

static enum sw_result read_resources(struct reading *reading, const json_t *resources, bool check)
{
	enum sw_result r = SW_OK;
	void *iter = json_object_iter((json_t *)resources);
	for (; iter && r == SW_OK; iter = json_object_iter_next((json_t *)resources, iter)) {
		size_t mark = sw_located_enter(&reading->at, json_object_iter_key(iter));
		r = read_resource(reading, json_object_iter_key(iter), json_object_iter_value(iter), check);
		sw_located_leave(&reading->at, mark);
	}
	return r;
}

static enum sw_result read_file(struct reading *reading, const json_t *tree)
{
	struct sw_located *at = &reading->at;
	enum sw_result r = sw_located_object(at, tree, "a resources file");
	if (r < 0)
		return r;
	void *iter = json_object_iter((json_t *)tree);
	for (; iter; iter = json_object_iter_next((json_t *)tree, iter))
		if (strcmp(json_object_iter_key(iter), "resources") != 0)
			return sw_located_unknown(at, json_object_iter_key(iter), "resources");
	const json_t *resources = json_object_get(tree, "resources");
	if (!resources)
		return sw_located_mistake(at, false, "\"resources\" is missing");
	sw_located_enter(at, "resources");
	r = sw_located_object(at, resources, "resources");
	if (r == SW_OK && json_object_size(resources) > RESOURCES_MAX)
		r = sw_located_mistake(at, true, "more than %d resources", RESOURCES_MAX);
	if (r == SW_OK)
		r = read_resources(reading, resources, true);
	return r == SW_OK ? read_resources(reading, resources, false) : r;
}

enum sw_result sw_resources_load(const char *text, size_t len, struct sw_commands_provider *provider,
				 struct sw_routes *routes, struct sw_error *err)
{
	struct reading reading = {.provider = provider, .routes = routes};
	json_t *tree;
	enum sw_result r = sw_located_parse(&reading.at, text, len, &tree, err);
	if (r < 0)
		return r;
	r = read_file(&reading, tree);
	json_decref(tree);
	return r == SW_ENOMEM ? sw_error_set(err, SW_ENOMEM, "out of memory") : r;
}
