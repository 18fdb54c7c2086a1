/* The variables of a branch: see variables.h. */
#include "engine/step/variables.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define MEMBER_BYTES 4 /* of an object's text, beside a member's name and value: "":, */

void sw_variables_done(struct sw_variables *variables)
{
	for (uint32_t i = 0; i < variables->count; i++) {
		sw_free(variables->list[i].name);
		sw_value_unref(variables->list[i].value);
	}
	sw_free(variables->list);
	*variables = (struct sw_variables){0};
}

/* As strcmp, for a name that need not end with a NUL. */
static int compare_name(const char *name, size_t len, const char *other)
{
	size_t other_len = strlen(other);
	int order = memcmp(name, other, len < other_len ? len : other_len);
	return order != 0 || len == other_len ? order : len < other_len ? -1 : 1;
}

struct sw_value *sw_variables_find(const struct sw_variables *variables, const char *name, size_t len)
{
	uint32_t low = 0, high = variables->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = compare_name(name, len, variables->list[middle].name);
		if (order == 0)
			return variables->list[middle].value;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* Takes value (NULL: memory was short); there is room. */
static enum sw_result append(struct sw_variables *variables, const char *name, struct sw_value *value)
{
	char *own = value ? sw_strdup(name) : NULL;
	if (!own) {
		sw_value_unref(value);
		return SW_ENOMEM;
	}
	variables->list[variables->count++] = (struct sw_variable){own, value};
	return SW_OK;
}

enum sw_result sw_variables_add(struct sw_variables *variables, const char *name, struct sw_value *value)
{
	uint32_t count = variables->count;
	if (count > 0 && strcmp(variables->list[count - 1].name, name) >= 0)
		return SW_EINVAL;
	if (count == variables->capacity) {
		uint32_t capacity = count ? 2 * count : 4;
		struct sw_variable *list = sw_realloc_array(variables->list, capacity, sizeof(*list));
		if (!list)
			return SW_ENOMEM;
		variables->list = list;
		variables->capacity = capacity;
	}
	return append(variables, name, sw_value_ref(value));
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of an object's members, in order. *ret_names is new; NULL when there are none. */
static enum sw_result sort_names(const json_t *object, const char ***ret_names, size_t *ret_count)
{
	json_t *tree = (json_t *)object; /* jansson's iterators are not const */
	size_t count = 0;
	const char **names = NULL;
	*ret_names = NULL;
	*ret_count = json_object_size(object);
	if (*ret_count == 0)
		return SW_OK;
	names = sw_zalloc_array(*ret_count, sizeof(*names));
	if (!names)
		return SW_ENOMEM;
	for (void *at = json_object_iter(tree); at; at = json_object_iter_next(tree, at))
		names[count++] = json_object_iter_key(at);
	qsort(names, count, sizeof(*names), compare_keys);
	*ret_names = names;
	return SW_OK;
}

static enum sw_result merge(const struct sw_variables *old, const json_t *assigned, const char *const *names,
			    size_t count, struct sw_variables *merged)
{
	enum sw_result r = SW_OK;
	uint32_t i = 0;
	for (size_t j = 0; r == SW_OK && (i < old->count || j < count);) {
		int order = i == old->count ? 1 : j == count ? -1 : strcmp(old->list[i].name, names[j]);
		if (order < 0) {
			r = append(merged, old->list[i].name, sw_value_ref(old->list[i].value));
			i++;
			continue;
		}
		json_t *tree = json_object_get(assigned, names[j]);
		r = append(merged, names[j], sw_value_from_tree_new(json_incref(tree)));
		i += order == 0;
		j++;
	}
	return r;
}

enum sw_result sw_variables_merge(const struct sw_variables *old, const json_t *assigned,
				  struct sw_variables *ret_merged)
{
	struct sw_variables merged = {0};
	const char **names;
	size_t count;
	enum sw_result r = sort_names(assigned, &names, &count);
	if (r == SW_OK && old->count + count > 0) {
		merged.capacity = (uint32_t)(old->count + count);
		merged.list = sw_zalloc_array(merged.capacity, sizeof(*merged.list));
		r = merged.list ? merge(old, assigned, names, count, &merged) : SW_ENOMEM;
	}
	sw_free(names);
	if (r < 0)
		sw_variables_done(&merged);
	else
		*ret_merged = merged;
	return r;
}

enum sw_result sw_variables_check_bytes(const struct sw_variables *variables, size_t bytes_max)
{
	size_t bytes = 2; /* the braces */
	for (uint32_t i = 0; i < variables->count; i++) {
		struct sw_slice text;
		enum sw_result r = sw_value_text(variables->list[i].value, &text);
		if (r < 0)
			return r;
		bytes += strlen(variables->list[i].name) + MEMBER_BYTES + text.len;
		if (bytes > bytes_max + 1) /* the last one has no comma */
			return SW_ELIMIT;
	}
	return SW_OK;
}

enum sw_result sw_variables_object(const struct sw_variables *variables, struct sw_value **ret_object)
{
	json_t *object = json_object();
	enum sw_result r = object ? SW_OK : SW_ENOMEM;
	for (uint32_t i = 0; i < variables->count && r == SW_OK; i++) {
		const json_t *tree;
		r = sw_value_tree(variables->list[i].value, &tree);
		if (r == SW_OK &&
		    json_object_set_nocheck(object, variables->list[i].name, (json_t *)tree) < 0)
			r = SW_ENOMEM;
	}
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret_object = sw_value_from_tree_new(object);
	return *ret_object ? SW_OK : SW_ENOMEM;
}
