/* What an ItemReader makes of the data that TestState is given for it: JSON and JSON Lines are understood. */
#include "engine/test_state_internal.h"

#include <string.h>

#define POINTER_BYTES_MAX 2000 /* AWS: "ItemsPointer" has fewer characters */

static const char not_json[] = "Map item reader data must be valid JSON";

/* The member or item that a step of a JSON pointer names; *ret_rest is what follows it. */
static const json_t *follow(const json_t *tree, const char *step, const char **ret_rest)
{
	char name[POINTER_BYTES_MAX];
	size_t len = 0;
	for (; *step && *step != '/' && len < sizeof(name) - 1; step++) {
		bool escaped = *step == '~' && (step[1] == '0' || step[1] == '1');
		name[len++] = !escaped ? *step : step[1] == '0' ? '~' : '/';
		step += escaped;
	}
	name[len] = '\0';
	*ret_rest = step;
	if (json_is_object(tree))
		return json_object_get(tree, name);
	size_t index = 0, digits = strspn(name, "0123456789");
	if (!json_is_array(tree) || digits == 0 || digits > 9 || name[digits] ||
	    (name[0] == '0' && digits > 1))
		return NULL;
	for (size_t i = 0; i < digits; i++)
		index = index * 10 + (size_t)(name[i] - '0');
	return json_array_get(tree, index);
}

/* RFC 6901; NULL when it leads nowhere. */
static const json_t *pointed_at(const json_t *tree, const char *pointer)
{
	while (tree && *pointer == '/')
		tree = follow(tree, pointer + 1, &pointer);
	return *pointer ? NULL : tree;
}

/* Takes the items of tree, an array, as far as MaxItems goes. */
static enum sw_result take_items(const json_t *config, const json_t *tree, struct sw_value **ret_items)
{
	const json_t *most = json_object_get(config, "MaxItems");
	size_t count = json_array_size(tree);
	int64_t count_max;
	if (sw_json_is_number(most) && sw_json_whole(most, &count_max) && count_max > 0 &&
	    (uint64_t)count_max < count)
		count = (size_t)count_max;
	json_t *items = json_array();
	bool good = items != NULL;
	for (size_t i = 0; i < count && good; i++)
		good = json_array_append(items, json_array_get(tree, i)) == 0;
	if (!good) {
		json_decref(items);
		return SW_ENOMEM;
	}
	*ret_items = sw_value_from_tree_new(items);
	return *ret_items ? SW_OK : SW_ENOMEM;
}

/* Parses one JSON text; nested too deeply is not JSON either. */
static enum sw_result parse(const char *text, size_t len, json_t **ret_tree, struct sw_error *err)
{
	enum sw_result r = sw_json_parse(text, len, 0, ret_tree, NULL);
	return r == SW_EJSON || r == SW_ELIMIT ? sw_error_set(err, SW_EINVAL, "%s", not_json) : r;
}

/* A JSON text on every line. */
static enum sw_result parse_lines(const char *text, size_t len, json_t **ret_tree, struct sw_error *err)
{
	json_t *lines = json_array(), *line;
	const char *end = text + len;
	enum sw_result r = lines ? SW_OK : SW_ENOMEM;
	while (r == SW_OK && text < end) {
		const char *feed = memchr(text, '\n', (size_t)(end - text));
		size_t line_len = (size_t)((feed ? feed : end) - text);
		size_t blanks = 0;
		while (blanks < line_len && strchr(" \t\r", text[blanks]) && text[blanks])
			blanks++;
		if (blanks < line_len)
			r = parse(text, line_len, &line, err);
		if (r == SW_OK && blanks < line_len && json_array_append_new(lines, line) < 0)
			r = SW_ENOMEM;
		text += line_len + 1;
	}
	if (r < 0)
		json_decref(lines);
	else
		*ret_tree = lines;
	return r;
}

enum sw_result sw_test_items_read(const json_t *reader, const char *text, size_t len,
				  struct sw_value **ret_items, bool *ret_pointed, struct sw_error *err)
{
	const json_t *config = json_object_get(reader, "ReaderConfig");
	const char *type = json_string_value(json_object_get(config, "InputType"));
	const char *pointer = json_string_value(json_object_get(config, "ItemsPointer"));
	json_t *tree = NULL;
	enum sw_result r = SW_OK;
	if (type && strcmp(type, "JSON") == 0)
		r = parse(text, len, &tree, err);
	else if (type && strcmp(type, "JSONL") == 0)
		r = parse_lines(text, len, &tree, err);
	if (r < 0 || !tree)
		return r;
	const json_t *items = pointer ? pointed_at(tree, pointer) : tree;
	if (json_is_array(items)) {
		*ret_pointed = pointer != NULL;
		r = take_items(config, items, ret_items);
	}
	json_decref(tree);
	return r;
}
