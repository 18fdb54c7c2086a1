/* A question as text: see jsonata.h. Stands on the public door alone. */
#include "asl/jsonata/jsonata.h"
#include "asl/value.h"
#include "base/mem.h"
#include "base/rng.h"

#include <stdio.h>

#define TEXT_BYTES_MAX 134217728 /* of a result */

static const json_t *variable(void *user, const char *name, size_t len)
{
	return json_object_getn(user, name, len);
}

static enum sw_result parse(const char *text, size_t len, const char *what, json_t **ret_tree,
			    struct sw_jsonata_error *err)
{
	struct sw_error wrong = {0};
	enum sw_result r = sw_json_parse(text, len, 0, ret_tree, &wrong);
	if (r == SW_OK || r == SW_ENOMEM)
		return r;
	*err = (struct sw_jsonata_error){.line = wrong.line, .column = wrong.column};
	snprintf(err->message, sizeof(err->message), "%s: %.400s", what, wrong.text);
	return SW_EJSON;
}

static enum sw_result print(const json_t *tree, bool pretty, char **ret_text)
{
	struct sw_buf out = SW_BUF;
	enum sw_result r = pretty ? sw_json_print_pretty(tree, &out, TEXT_BYTES_MAX)
				  : sw_json_print(tree, &out, TEXT_BYTES_MAX);
	if (r == SW_OK && !(*ret_text = sw_buf_take(&out, NULL)))
		r = SW_ENOMEM;
	sw_buf_done(&out);
	return r;
}

static enum sw_result evaluate(const struct sw_jsonata_query *query, const json_t *input, json_t *variables,
			       json_t **ret_tree, struct sw_jsonata_error *err)
{
	struct sw_rng rng = sw_rng(query->seed);
	struct sw_jsonata_env env = {.input = input,
				     .variable = variables ? variable : NULL,
				     .user = variables,
				     .now_ms = query->now_ms,
				     .rng = &rng,
				     .steps_max = query->steps_max,
				     .depth_max = query->depth_max};
	struct sw_jsonata *expr;
	enum sw_result r = sw_jsonata_compile(query->expr, query->expr_len, query->flags, &expr, err);
	if (r < 0)
		return r;
	r = sw_jsonata_evaluate(expr, &env, ret_tree, err);
	sw_jsonata_free(expr);
	return r;
}

enum sw_result sw_jsonata_query(const struct sw_jsonata_query *query, bool pretty, char **ret_text,
				struct sw_jsonata_error *err)
{
	json_t *input = NULL, *variables = NULL, *tree = NULL;
	struct sw_jsonata_error ignored;
	char *text = NULL;
	enum sw_result r = SW_OK;
	if (!err)
		err = &ignored;
	*err = (struct sw_jsonata_error){0};
	if (query->input)
		r = parse(query->input, query->input_len, "input", &input, err);
	if (r == SW_OK && query->variables)
		r = parse(query->variables, query->variables_len, "variables", &variables, err);
	if (r == SW_OK)
		r = evaluate(query, input, variables, &tree, err);
	if (r == SW_OK && tree)
		r = print(tree, pretty, &text);
	if (r == SW_OK)
		*ret_text = text;
	json_decref(tree);
	json_decref(input);
	json_decref(variables);
	return r;
}
