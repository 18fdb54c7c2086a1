/*
 * Any text as a call of an intrinsic function, with "States." before it unless it is there: the first line is the
 * call, the rest the input. A call gives the same under the same seed, and texts within their limit.
 */
#include "asl/jsonpath/intrinsic.h"
#include "tests/fuzz/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum sw_result evaluate(struct world *world, const struct sw_expr *expr, json_t **ret_tree)
{
	struct sw_failure failure = {0};
	world->rng = sw_rng(7);
	enum sw_result r = expr->ops->evaluate(expr, &world->env, ret_tree, &failure);
	SW_ASSERT(r != SW_EQUERY || (failure.error && failure.cause));
	SW_ASSERT(!failure.cause || strlen(failure.cause) <= SW_CAUSE_BYTES_MAX);
	sw_failure_done(&failure);
	return r;
}

static void try_call(struct world *world, const char *text, size_t len, struct sw_owner *owner)
{
	struct sw_error err = {0};
	const struct sw_expr *expr;
	json_t *tree = NULL, *again = NULL;
	enum sw_result r = sw_query_jsonpath.compile(text, len, SW_QUERY_INTRINSIC, owner, &expr, &err);
	SW_ASSERT(r == err.code);
	SW_ASSERT(err.column <= len + 1);
	if (r != SW_OK)
		return;
	r = evaluate(world, expr, &tree);
	enum sw_result other = evaluate(world, expr, &again);
	world_expect_same(r, tree, other, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char prefix[] = "States.";
	const char *text = (const char *)data;
	struct sw_buf call = SW_BUF;
	struct world world;
	struct sw_owner owner;
	size_t len = world_init(&world, text, size);
	if (len < strlen(prefix) || memcmp(text, prefix, strlen(prefix)) != 0)
		sw_buf_text(&call, prefix);
	sw_buf_append(&call, text, len);
	sw_owner_init(&owner);
	if (sw_buf_result(&call) == SW_OK)
		try_call(&world, call.data, call.len, &owner);
	sw_owner_done(&owner);
	sw_buf_done(&call);
	world_done(&world);
	return 0;
}
