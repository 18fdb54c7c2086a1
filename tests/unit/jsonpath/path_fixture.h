/* What the JSONPath tests share: texts in, texts out. */
#ifndef TESTS_UNIT_JSONPATH_FIXTURE_H
#define TESTS_UNIT_JSONPATH_FIXTURE_H

#include "asl/jsonpath/jsonpath.h"

#include <string.h>

static inline json_t *tree_of(const char *text)
{
	json_t *tree = NULL;
	struct sw_error err = {0};
	if (sw_json_parse(text, strlen(text), 0, &tree, &err) != SW_OK)
		fail_msg("%s: %s", text, err.text);
	return tree;
}

/* Takes tree. */
static inline void expect_tree(json_t *tree, const char *text)
{
	struct sw_buf out = SW_BUF;
	assert_int_equal(sw_json_print(tree, &out, SIZE_MAX), SW_OK);
	assert_string_equal(out.data, text);
	sw_buf_done(&out);
	json_decref(tree);
}

#endif
