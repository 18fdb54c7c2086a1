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

struct sw_route *sw_routes_find(const struct sw_routes *routes, const char *resource)
{
	for (size_t i = 0; i < routes->count; i++)
		if (sw_pattern_matches(routes->routes[i].route->pattern, resource))
			return routes->routes[i].route;
	return NULL;
}
