/* Handlers of the host: the shortest of the providers. */
#include "base/mem.h"
#include "engine/tasks/tasks.h"

struct function {
	sw_task_fn *handler, *cancel;
	void *user;
};

static void function_start(struct sw_route *route, struct sw_task *task)
{
	const struct function *function = route->data;
	function->handler(function->user, task); /* the task is the handler's from here on */
}

static void function_cancel(struct sw_route *route, struct sw_task *task)
{
	const struct function *function = route->data;
	if (function->cancel)
		function->cancel(function->user, task);
}

static void function_free(struct sw_route *route)
{
	sw_free(route->data);
	sw_free(route->pattern);
	sw_free(route);
}

static const struct sw_provider_ops function_ops = {function_start, function_cancel, function_free};

enum sw_result sw_function_route_new(const char *pattern, sw_task_fn *handler, sw_task_fn *cancel, void *user,
				     struct sw_route **ret_route)
{
	if (!pattern || !*pattern || !handler)
		return SW_EINVAL;
	struct sw_route *route = sw_zalloc(sizeof(*route));
	struct function *function = sw_zalloc(sizeof(*function));
	char *copy = sw_strdup(pattern);
	if (!route || !function || !copy) {
		sw_free(route);
		sw_free(function);
		sw_free(copy);
		return SW_ENOMEM;
	}
	*function = (struct function){handler, cancel, user};
	*route = (struct sw_route){.pattern = copy,
				   .ops = &function_ops,
				   .data = function,
				   .redelivery = SW_REDELIVER,
				   .timeout_ms = SW_NEVER};
	*ret_route = route;
	return SW_OK;
}
