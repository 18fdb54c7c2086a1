/* What the expressions of the fuzz targets see: an input, which is the context object and the variables $a... too. */
#ifndef TESTS_FUZZ_WORLD_H
#define TESTS_FUZZ_WORLD_H

#include "asl/query.h"
#include "base/assert.h"

#include <string.h>

struct world {
	json_t *input;
	struct sw_rng rng;
	struct sw_query_env env;
};

static inline const json_t *world_context(void *user)
{
	return ((struct world *)user)->input;
}

static inline const json_t *world_variable(void *user, const char *name, size_t len)
{
	return len > 0 && name[0] == 'a' ? ((struct world *)user)->input : NULL;
}

/* The first line is what is tried; the rest the input or, when that is no JSON, a small document. Returns the length of
 * the line. */
static inline size_t world_init(struct world *world, const char *text, size_t size)
{
	static const char document[] =
		"{\"a\":[{\"b\":1,\"c\":\"x\"},{\"b\":2.5,\"c\":null},[1,2,[3]]],\"n\":"
		"18446744073709551616,\"s\":\"text\",\"o\":{}}";
	const char *line = size ? memchr(text, '\n', size) : NULL;
	size_t len = line ? (size_t)(line - text) : size;
	*world = (struct world){.rng = sw_rng(1)};
	if (!line || sw_json_parse(line + 1, size - len - 1, 0, &world->input, NULL) != SW_OK)
		SW_ASSERT(sw_json_parse(document, strlen(document), 0, &world->input, NULL) == SW_OK);
	world->env = (struct sw_query_env){.input = world->input,
					   .context = world_context,
					   .variable = world_variable,
					   .user = world,
					   .rng = &world->rng};
	return len;
}

static inline void world_done(struct world *world)
{
	json_decref(world->input);
}

/* Two evaluations under the same seed gave the same; takes both. */
static inline void world_expect_same(enum sw_result one, json_t *tree, enum sw_result other, json_t *again)
{
	struct sw_buf left = SW_BUF, right = SW_BUF;
	SW_ASSERT(one == other && (one == SW_OK) == (tree != NULL) && (other == SW_OK) == (again != NULL));
	if (tree && sw_json_print(tree, &left, 1 << 22) == SW_OK &&
	    sw_json_print(again, &right, 1 << 22) == SW_OK)
		SW_ASSERT(left.len == right.len && memcmp(left.data, right.data, left.len) == 0);
	sw_buf_done(&left);
	sw_buf_done(&right);
	json_decref(tree);
	json_decref(again);
}

#endif
