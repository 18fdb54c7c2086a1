/*
 * Any JSON as a payload template: the first line is the template, the rest the input. What compiles gives a value or a
 * failure with a cause, and the same one again; every mistake has a place and a text.
 */
#include "tests/fuzz/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void note_mistake(void *user, const char *pointer, const char *code, const struct sw_error *err)
{
	unsigned *count = user;
	SW_ASSERT(pointer && (*pointer == '\0' || *pointer == '/') && code && *err->text);
	++*count;
}

static enum sw_result evaluate(struct world *world, const struct sw_template *template, json_t **ret_tree)
{
	struct sw_failure failure = {0};
	world->rng = sw_rng(7);
	enum sw_result r = sw_template_evaluate(template, "Parameters", &world->env, ret_tree, &failure);
	SW_ASSERT(r != SW_EQUERY || (failure.error && failure.cause));
	sw_failure_done(&failure);
	return r;
}

/* key NULL: a whole template; else a member of Assign. */
static void try_template(struct world *world, const char *key, const json_t *source)
{
	const struct sw_template *template = NULL;
	struct sw_owner owner;
	json_t *tree = NULL, *again = NULL;
	unsigned mistakes = 0;
	sw_owner_init(&owner);
	enum sw_result r = key ? sw_template_compile_member(key, source, &sw_query_jsonpath, &owner,
							    &template, note_mistake, &mistakes)
			       : sw_template_compile(source, &sw_query_jsonpath, &owner, &template,
						     note_mistake, &mistakes);
	SW_ASSERT((r == SW_EQUERY) == (mistakes > 0));
	if (r == SW_OK) {
		r = evaluate(world, template, &tree);
		enum sw_result other = evaluate(world, template, &again);
		world_expect_same(r, tree, other, again);
	}
	sw_owner_done(&owner);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct world world;
	json_t *source = NULL;
	size_t len = world_init(&world, text, size);
	if (sw_json_parse(text, len, 0, &source, NULL) == SW_OK) {
		try_template(&world, NULL, source);
		try_template(&world, "x", source);
		try_template(&world, "x.$", source);
	}
	json_decref(source);
	world_done(&world);
	return 0;
}
