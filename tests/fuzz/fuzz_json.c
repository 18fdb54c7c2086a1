/*
 * Any bytes as JSON: checking and parsing agree, what is parsed prints, and what is printed reads back as the
 * same.
 */
#include "asl/asl.h"
#include "asl/value.h"
#include "base/assert.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tree(const json_t *tree)
{
	struct sw_buf out = SW_BUF;
	json_t *again = NULL;
	uint32_t line, column;
	SW_ASSERT(sw_json_print(tree, &out, SIZE_MAX) == SW_OK);
	SW_ASSERT(sw_json_parse(out.data, out.len, SW_JSON_REJECT_DUPLICATES, &again, NULL) == SW_OK);
	SW_ASSERT(sw_json_equal(tree, again));
	(void)sw_json_locate(out.data, out.len, "/a/0", false, &line, &column);
	json_decref(again);
	sw_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct sw_error checked = {0}, parsed = {0};
	json_t *tree = NULL;
	char *pretty = NULL;
	uint32_t line, column;
	enum sw_result check = sw_json_check(text, size, &checked);
	enum sw_result parse = sw_json_parse(text, size, 0, &tree, &parsed);
	SW_ASSERT(check == parse && checked.line == parsed.line && checked.column == parsed.column);
	SW_ASSERT(strcmp(checked.text, parsed.text) == 0);
	(void)sw_json_locate(text, size, "/a/b~1c/1", true, &line, &column);
	if (parse == SW_OK) {
		check_tree(tree);
		json_decref(tree);
	}
	if (sw_text_pretty_json(text, size, &pretty, NULL) == SW_OK) {
		SW_ASSERT(sw_json_check(pretty, strlen(pretty), NULL) == SW_OK || strlen(pretty) < size);
		sw_text_free(pretty);
	}
	return 0;
}
