/*
 * Any text as a JSONata expression: the first line is the expression, the rest the input (or, when that is no
 * JSON, a small document). The bounds are small, so that what never ends ends soon.
 */
#include "asl/jsonata/jsonata.h"
#include "asl/value.h"
#include "base/assert.h"
#include "base/rng.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char document[] = "{\"a\":[{\"b\":1,\"c\":\"x\"},{\"b\":2.5,\"c\":null},[1,2,[3]]],\"n\":"
			       "18446744073709551616,\"s\":\"text\",\"o\":{},\"e\":[]}";

static const json_t *variable(void *user, const char *name, size_t len)
{
	return len == 1 && name[0] == 'a' ? user : NULL;
}

static void check_error(enum sw_result r, const struct sw_jsonata_error *err)
{
	if (r == SW_ENOMEM)
		return;
	SW_ASSERT(r == SW_EQUERY || r == SW_ELIMIT);
	SW_ASSERT(err->code[0] && strlen(err->message) < sizeof(err->message));
	json_t *message = json_string(err->message); /* it is UTF-8 */
	SW_ASSERT(message);
	json_decref(message);
}

/* What came out must be JSON, whatever went in. */
static void check_result(const json_t *tree)
{
	struct sw_buf out = SW_BUF;
	enum sw_result r = sw_json_print(tree, &out, 16 << 20);
	SW_ASSERT(r == SW_ELIMIT || r == SW_ENOMEM || sw_json_check(out.data, out.len, NULL) == SW_OK);
	sw_buf_done(&out);
}

static void try_expression(const char *text, size_t len, unsigned flags, const json_t *input)
{
	struct sw_jsonata_error err = {0};
	struct sw_jsonata *expr;
	const struct sw_jsonata_reference *references;
	enum sw_result r = sw_jsonata_compile(text, len, flags, &expr, &err);
	if (r != SW_OK) {
		check_error(r, &err);
		return;
	}
	for (size_t i = 0, count = sw_jsonata_references(expr, &references); i < count; i++)
		SW_ASSERT(references[i].name && references[i].line && references[i].column);
	struct sw_rng rng = sw_rng(1);
	struct sw_jsonata_env env = {.input = input,
				     .variable = variable,
				     .user = (void *)input,
				     .now_ms = 1700000000000,
				     .rng = &rng,
				     .bytes_max = 4 << 20,
				     .steps_max = 100000};
	json_t *tree = NULL;
	r = sw_jsonata_evaluate(expr, &env, &tree, &err);
	if (r != SW_OK)
		check_error(r, &err);
	else if (tree)
		check_result(tree);
	json_decref(tree);
	sw_jsonata_free(expr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *line = size ? memchr(text, '\n', size) : NULL;
	size_t len = line ? (size_t)(line - text) : size;
	json_t *input;
	if (!line || sw_json_parse(line + 1, size - len - 1, 0, &input, NULL) != SW_OK)
		SW_ASSERT(sw_json_parse(document, strlen(document), 0, &input, NULL) == SW_OK);
	try_expression(text, len, 0, input);
	try_expression(text, len, SW_JSONATA_STEP_FUNCTIONS, input);
	json_decref(input);
	return 0;
}
