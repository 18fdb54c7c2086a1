/*
 * Reference paths: "a Path with syntax limited in such a way that it can only identify a single node in a
 * JSON structure: ... $, .name, ['name'] and [n]". ResultPath puts a value there.
 */
#include "asl/jsonpath/path.h"

#include <string.h>

struct sw_refpath {
	const struct sw_jsonpath *path;
	const char *text;
};

bool sw_path_is_reference(const struct sw_jsonpath *path)
{
	if (!path->of_root)
		return false;
	for (const struct sw_path_token *token = path->root; token; token = token->next) {
		bool name = token->kind == SW_PATH_PROPERTY && !token->names->next;
		bool index =
			token->kind == SW_PATH_INDEX && !token->indexes->next && token->indexes->value >= 0;
		if (token->kind != SW_PATH_ROOT && !name && !index)
			return false;
	}
	return true;
}

enum sw_result sw_refpath_compile(const char *text, size_t len, struct sw_owner *owner,
				  const struct sw_refpath **ret_path, struct sw_error *err)
{
	const struct sw_jsonpath *path;
	if (len == 0 || text[0] != '$')
		return sw_error_set(err, SW_EQUERY, "a reference path begins with $");
	enum sw_result r = sw_jsonpath_compile(text, len, owner, &path, err);
	if (r < 0)
		return r;
	if (!sw_path_is_reference(path))
		return sw_error_set(
			err, SW_EQUERY,
			"this is no reference path: only $, .name, ['name'] and [index] may be used");
	struct sw_refpath *reference = sw_arena_alloc(&owner->arena, sizeof(*reference));
	char *copy = sw_arena_strdup(&owner->arena, text, len);
	if (!reference || !copy)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	*reference = (struct sw_refpath){path, copy};
	*ret_path = reference;
	return SW_OK;
}

bool sw_refpath_is_root(const struct sw_refpath *path)
{
	return sw_path_is_leaf(path->path->root);
}

/* What token names in tree (borrowed); NULL when it is not there. */
static json_t *child(const json_t *tree, const struct sw_path_token *token)
{
	if (token->kind == SW_PATH_PROPERTY)
		return json_object_get(tree, token->names->text);
	return json_array_get(tree, (size_t)token->indexes->value);
}

bool sw_path_misses_index(const struct sw_jsonpath *path, const json_t *root)
{
	const struct sw_path_token *token = path->root->next;
	if (!sw_path_is_reference(path))
		return false;
	while (token && child(root, token)) {
		root = child(root, token);
		token = token->next;
	}
	return token && token->kind == SW_PATH_INDEX && json_is_array(root);
}

/* Takes value. */
static int set_child(json_t *tree, const struct sw_path_token *token, json_t *value)
{
	if (token->kind == SW_PATH_PROPERTY)
		return json_object_set_new_nocheck(tree, token->names->text, value);
	return json_array_set_new(tree, (size_t)token->indexes->value, value);
}

/*
 * Can token be set in tree? "If the input has a field that the ResultPath names, it is replaced; if it does
 * not, it is created". Missing objects are made (tree NULL), members of anything but objects are not, items
 * of arrays only where there is one already.
 */
static bool fits(const json_t *tree, const struct sw_path_token *token)
{
	if (token->kind == SW_PATH_PROPERTY)
		return !tree || json_is_object(tree);
	return json_is_array(tree) && (size_t)token->indexes->value < json_array_size(tree);
}

/* A copy of tree with value at the place that token and those after it name; NULL when out of memory. */
static json_t *insert(const json_t *tree, const struct sw_path_token *token, const json_t *value)
{
	if (!token)
		return json_incref((json_t *)value);
	json_t *copy = tree ? sw_json_shallow_copy(tree) : json_object();
	json_t *inner = copy ? insert(child(tree, token), token->next, value) : NULL;
	if (!inner || set_child(copy, token, inner) != 0) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}

/* The cause as AWS words it; the input is printed behind it. */
static enum sw_result cannot_apply(const struct sw_refpath *path, const json_t *into,
				   struct sw_failure *failure)
{
	struct sw_buf cause = SW_BUF;
	sw_buf_printf(&cause, "Unable to apply ReferencePath %s to input ", path->text);
	(void)sw_json_print(into, &cause, SW_CAUSE_BYTES_MAX); /* cut: a cause is no longer */
	char *text = sw_buf_take(&cause, NULL);
	enum sw_result r = text ? sw_failure_take(failure, "States.ResultPathMatchFailure", text) : SW_ENOMEM;
	return r < 0 ? r : SW_EQUERY;
}

enum sw_result sw_refpath_insert(const struct sw_refpath *path, const json_t *into, const json_t *value,
				 json_t **ret_tree, struct sw_failure *failure)
{
	const struct sw_path_token *first = path->path->root->next;
	const json_t *tree = into;
	for (const struct sw_path_token *token = first; token; token = token->next) {
		if (!fits(tree, token))
			return cannot_apply(path, into, failure);
		tree = tree ? child(tree, token) : NULL;
	}
	json_t *result = insert(into, first, value);
	if (!result)
		return SW_ENOMEM;
	*ret_tree = result;
	return SW_OK;
}
