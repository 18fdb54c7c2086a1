/*
 * Any text as an expression of the JSONPath language: the first line is the expression, the rest the input
 * (or, when that is no JSON, a small document). It is also tried as a reference path to insert at.
 */
#include "asl/jsonpath/jsonpath.h"
#include "tests/fuzz/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_expression(struct world *world, const char *text, size_t len, struct sw_owner *owner)
{
	struct sw_error err = {0};
	struct sw_failure failure = {0};
	const struct sw_expr *expr;
	json_t *tree = NULL;
	enum sw_result r =
		sw_query_jsonpath.compile(text, len, sw_query_jsonpath.template_kinds, owner, &expr, &err);
	SW_ASSERT(r == err.code);
	SW_ASSERT(err.column <= len + 1);
	if (r != SW_OK)
		return;
	r = expr->ops->evaluate(expr, &world->env, &tree, &failure);
	SW_ASSERT((r == SW_OK) == (tree != NULL));
	if (r == SW_EQUERY) {
		SW_ASSERT(failure.error);
		r = expr->ops->explain(expr, "f.$", &world->env, &tree, &failure);
		SW_ASSERT(r == SW_OK || (r == SW_EQUERY && failure.error && failure.cause));
	}
	json_decref(tree);
	sw_failure_done(&failure);
}

static void try_reference(struct world *world, const char *text, size_t len, struct sw_owner *owner)
{
	struct sw_failure failure = {0};
	const struct sw_refpath *path;
	json_t *tree = NULL;
	if (sw_refpath_compile(text, len, owner, &path, NULL) != SW_OK)
		return;
	(void)sw_refpath_insert(path, world->input, world->input, &tree, &failure);
	json_decref(tree);
	sw_failure_done(&failure);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct world world;
	struct sw_owner owner;
	size_t len = world_init(&world, text, size);
	sw_owner_init(&owner);
	try_expression(&world, text, len, &owner);
	try_reference(&world, text, len, &owner);
	sw_owner_done(&owner);
	world_done(&world);
	return 0;
}
