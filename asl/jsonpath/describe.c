/* What a JSONPath or a call of an intrinsic function was compiled to, as a tree for people. */
#include "asl/describe.h"
#include "asl/jsonpath/intrinsic.h"

static json_t *describe_path(const struct sw_jsonpath *path);

/* ---- filters -------------------------------------------------------------------------------------------- */

static json_t *describe_operand(const struct sw_path_operand *operand)
{
	switch (operand->kind) {
	case SW_PATH_OPERAND_PATH:
		return describe_path(operand->path);
	case SW_PATH_OPERAND_BOOLEAN:
		return json_boolean(operand->boolean);
	case SW_PATH_OPERAND_NUMBER:
	case SW_PATH_OPERAND_JSON:
	case SW_PATH_OPERAND_STRING:
		if (operand->tree)
			return json_incref(operand->tree);
		return json_stringn(operand->text ? operand->text : "", operand->text ? operand->len : 0);
	case SW_PATH_OPERAND_PATTERN:
		return json_pack("{s:s%}", "pattern", operand->text ? operand->text : "",
				 operand->text ? operand->len : 0);
	case SW_PATH_OPERAND_NULL:
	case SW_PATH_OPERAND_UNDEFINED:
		break;
	}
	return json_null();
}

static json_t *describe_comparison(const struct sw_path_filter *filter)
{
	static const char *const names[] = {[SW_PATH_EXISTS] = "exists",
					    [SW_PATH_EQ] = "==",
					    [SW_PATH_NE] = "!=",
					    [SW_PATH_TSEQ] = "===",
					    [SW_PATH_TSNE] = "!==",
					    [SW_PATH_LT] = "<",
					    [SW_PATH_LTE] = "<=",
					    [SW_PATH_GT] = ">",
					    [SW_PATH_GTE] = ">=",
					    [SW_PATH_REGEX] = "=~",
					    [SW_PATH_IN] = "in",
					    [SW_PATH_NIN] = "nin",
					    [SW_PATH_ALL] = "all",
					    [SW_PATH_CONTAINS] = "contains",
					    [SW_PATH_SIZE] = "size",
					    [SW_PATH_EMPTY] = "empty",
					    [SW_PATH_SUBSETOF] = "subsetof",
					    [SW_PATH_ANYOF] = "anyof",
					    [SW_PATH_NONEOF] = "noneof",
					    [SW_PATH_NEVER] = "never"};
	json_t *tree = json_object();
	bool exists = filter->op == SW_PATH_EXISTS;
	sw_describe_text(&tree, "compare",
			 exists && !filter->left.must_exist ? "does not exist" : names[filter->op]);
	sw_describe_put(&tree, "left", describe_operand(&filter->left));
	if (!exists)
		sw_describe_put(&tree, "right", describe_operand(&filter->right));
	return tree;
}

/* As deep as the path's text is nested: SW_PATH_NESTING_MAX. */
static json_t *describe_filter(const struct sw_path_filter *filter)
{
	static const char *const names[] = {
		[SW_PATH_AND] = "and", [SW_PATH_OR] = "or", [SW_PATH_NOT] = "not"};
	if (filter->kind == SW_PATH_COMPARE)
		return describe_comparison(filter);
	json_t *tree = json_object(), *children = json_array();
	for (const struct sw_path_filter *child = filter->first; child; child = child->next)
		sw_describe_add(&children, describe_filter(child));
	sw_describe_put(&tree, names[filter->kind], children);
	return tree;
}

/* ---- paths ---------------------------------------------------------------------------------------------- */

static json_t *describe_names(const struct sw_path_token *token)
{
	json_t *list = json_array();
	for (const struct sw_path_name *name = token->names; name; name = name->next)
		sw_describe_add(&list, json_string(name->text));
	return list;
}

static json_t *describe_indexes(const struct sw_path_token *token)
{
	json_t *list = json_array();
	for (const struct sw_path_number *index = token->indexes; index; index = index->next)
		sw_describe_add(&list, json_integer(index->value));
	return list;
}

static json_t *describe_function(const struct sw_path_token *token)
{
	json_t *tree = json_pack("{s:s}", "function", token->function_name ? token->function_name : "");
	json_t *list = token->arguments ? json_array() : NULL;
	for (const struct sw_path_argument *at = token->arguments; at; at = at->next)
		sw_describe_add(&list, at->path ? describe_path(at->path) : json_incref(at->value));
	if (token->arguments)
		sw_describe_put(&tree, "arguments", list);
	return tree;
}

static json_t *describe_slice(const struct sw_path_token *token)
{
	json_t *range = json_object(), *tree = json_object();
	if (token->has_from)
		sw_describe_put(&range, "from", json_integer(token->from));
	if (token->has_to)
		sw_describe_put(&range, "to", json_integer(token->to));
	sw_describe_put(&tree, "slice", range);
	return tree;
}

static json_t *describe_token(const struct sw_path_token *token)
{
	json_t *tree;
	switch (token->kind) {
	case SW_PATH_PROPERTY:
		return json_pack("{s:o}", "member", describe_names(token));
	case SW_PATH_INDEX:
		return json_pack("{s:o}", "index", describe_indexes(token));
	case SW_PATH_SLICE:
		return describe_slice(token);
	case SW_PATH_FILTER:
		tree = json_object();
		sw_describe_put(&tree, "filter", describe_filter(token->filter));
		return tree;
	case SW_PATH_FUNCTION:
		return describe_function(token);
	case SW_PATH_WILDCARD:
		return json_string("every member or item");
	case SW_PATH_SCAN:
		return json_string("this and everything below it");
	case SW_PATH_ROOT:
		break;
	}
	return json_null();
}

static json_t *describe_path(const struct sw_jsonpath *path)
{
	json_t *tree = json_object(), *steps = json_array();
	sw_describe_text(&tree, "path", path->text);
	sw_describe_text(&tree, "gives", path->definite ? "one value" : "an array");
	for (const struct sw_path_token *token = path->root ? path->root->next : NULL; token;
	     token = token->next)
		sw_describe_add(&steps, describe_token(token));
	sw_describe_put(&tree, "steps", steps);
	return tree;
}

json_t *sw_any_path_describe(const struct sw_any_path *path)
{
	json_t *tree = describe_path(path->path);
	if (path->variable_len > 0)
		sw_describe_put(&tree, "of",
				json_pack("{s:s%}", "variable", path->variable, path->variable_len));
	else
		sw_describe_text(&tree, "of", path->of_context ? "the context object" : "the input");
	return tree;
}
