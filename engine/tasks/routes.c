/* Which provider runs a resource: see tasks.h. The array is kept in the order in which routes are tried. */
#include "base/mem.h"
#include "engine/tasks/tasks.h"

#include <string.h>

struct ranked {
	struct sw_route *route;
	size_t literal_len; /* of the pattern before its first '*' */
	bool from_host;
};
struct sw_routes {
	struct ranked *routes;
	size_t count, capacity;
	struct sw_route **retired; /* of files that were replaced: tasks may still run by them */
	size_t retired_count;
};

enum sw_result sw_routes_new(struct sw_routes **ret_routes)
{
	struct sw_routes *routes = sw_zalloc(sizeof(*routes));
	if (!routes)
		return SW_ENOMEM;
	*ret_routes = routes;
	return SW_OK;
}

void sw_routes_free(struct sw_routes *routes)
{
	if (!routes)
		return;
	for (size_t i = 0; i < routes->count; i++)
		routes->routes[i].route->ops->free(routes->routes[i].route);
	for (size_t i = 0; i < routes->retired_count; i++)
		routes->retired[i]->ops->free(routes->retired[i]);
	sw_free(routes->retired);
	sw_free(routes->routes);
	sw_free(routes);
}

/* "Functions of the host come before the resources file; of each, the longest literal prefix wins". */
static bool goes_before(const struct ranked *a, const struct ranked *b)
{
	if (a->from_host != b->from_host)
		return a->from_host;
	return a->literal_len > b->literal_len;
}

enum sw_result sw_routes_add(struct sw_routes *routes, struct sw_route *route, bool from_host)
{
	if (routes->count == routes->capacity) {
		size_t capacity = routes->capacity ? routes->capacity * 2 : 16;
		struct ranked *more = sw_realloc_array(routes->routes, capacity, sizeof(*more));
		if (!more) {
			route->ops->free(route);
			return SW_ENOMEM;
		}
		routes->routes = more;
		routes->capacity = capacity;
	}
	struct ranked added = {route, strcspn(route->pattern, "*"), from_host};
	size_t at = routes->count;
	for (; at > 0 && goes_before(&added, &routes->routes[at - 1]); at--)
		routes->routes[at] = routes->routes[at - 1];
	routes->routes[at] = added;
	routes->count++;
	return SW_OK;
}

/* Frees what was retired and is not used any more. */
static void sweep(struct sw_routes *routes)
{
	size_t kept = 0;
	for (size_t i = 0; i < routes->retired_count; i++) {
		struct sw_route *route = routes->retired[i];
		if (route->users > 0)
			routes->retired[kept++] = route;
		else
			route->ops->free(route);
	}
	routes->retired_count = kept;
}

enum sw_result sw_routes_replace(struct sw_routes *routes, struct sw_routes *fresh)
{
	size_t from_host = 0;
	sweep(routes);
	struct sw_route **retired = sw_realloc_array(
		routes->retired, routes->retired_count + routes->count + 1, sizeof(*retired));
	if (!retired)
		return SW_ENOMEM;
	routes->retired = retired;
	size_t capacity = routes->count + fresh->count + 1;
	struct ranked *all = sw_zalloc_array(capacity, sizeof(*all));
	if (!all)
		return SW_ENOMEM;
	for (size_t i = 0; i < routes->count; i++) {
		if (routes->routes[i].from_host)
			all[from_host++] = routes->routes[i];
		else
			routes->retired[routes->retired_count++] = routes->routes[i].route;
	}
	/* Those of the host come first, and fresh is in its order already. */
	for (size_t i = 0; i < fresh->count; i++)
		all[from_host + i] = fresh->routes[i];
	sw_free(routes->routes);
	routes->routes = all;
	routes->count = from_host + fresh->count;
	routes->capacity = capacity;
	fresh->count = 0;
	sweep(routes);
	return SW_OK;
}

struct sw_route *sw_routes_find(const struct sw_routes *routes, const char *resource)
{
	for (size_t i = 0; i < routes->count; i++)
		if (sw_pattern_matches(routes->routes[i].route->pattern, resource))
			return routes->routes[i].route;
	return NULL;
}
