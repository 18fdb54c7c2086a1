/*
 * Any text as an expression of the JSONPath language: the first line is the expression, the rest the input
 * (or, when that is no JSON, a small document). It is also tried as a reference path to insert at.
 */
#include "asl/jsonpath/jsonpath.h"
#include "base/assert.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char document[] = "{\"a\":[{\"b\":1,\"c\":\"x\"},{\"b\":2.5,\"c\":null},[1,2,[3]]],\"n\":"
			       "18446744073709551616,\"s\":\"text\",\"o\":{}}";

struct world {
	json_t *input;
	struct sw_rng rng;
};

static const json_t *context_of(void *user)
{
	return ((struct world *)user)->input;
}

static const json_t *variable_of(void *user, const char *name, size_t len)
{
	return name[0] == 'a' ? ((struct world *)user)->input : NULL;
}

static void try_expression(struct world *world, const char *text, size_t len, struct sw_owner *owner)
{
	struct sw_query_env env = {.input = world->input,
				   .context = context_of,
				   .variable = variable_of,
				   .user = world,
				   .rng = &world->rng};
	struct sw_error err = {0};
	struct sw_failure failure = {0};
	const struct sw_expr *expr;
	json_t *tree = NULL;
	enum sw_result r =
		sw_query_jsonpath.compile(text, len, sw_query_jsonpath.template_kinds, owner, &expr, &err);
	SW_ASSERT(r == err.code);
	if (r != SW_OK)
		return;
	r = expr->ops->evaluate(expr, &env, &tree, &failure);
	SW_ASSERT((r == SW_OK) == (tree != NULL));
	if (r == SW_EQUERY) {
		SW_ASSERT(failure.error);
		r = expr->ops->explain(expr, "f.$", &env, &tree, &failure);
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
	const char *text = (const char *)data, *line = size ? memchr(text, '\n', size) : NULL;
	size_t len = line ? (size_t)(line - text) : size;
	struct world world = {.rng = sw_rng(1)};
	struct sw_owner owner;
	if (!line || sw_json_parse(line + 1, size - len - 1, 0, &world.input, NULL) != SW_OK)
		SW_ASSERT(sw_json_parse(document, strlen(document), 0, &world.input, NULL) == SW_OK);
	sw_owner_init(&owner);
	try_expression(&world, text, len, &owner);
	try_reference(&world, text, len, &owner);
	sw_owner_done(&owner);
	json_decref(world.input);
	return 0;
}
