/* Mistakes in an operator's file, with their places: see located.h. */
#include "engine/tasks/located.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum sw_result sw_located_parse(struct sw_located *at, const char *text, size_t len, json_t **ret_tree,
				struct sw_error *err)
{
	*at = (struct sw_located){.text = text, .len = len, .err = err};
	enum sw_result r = sw_json_parse(text, len, SW_JSON_REJECT_DUPLICATES, ret_tree, err);
	if (r == SW_OK || r == SW_ENOMEM)
		return r;
	if (err)
		err->code = SW_EDEFINITION;
	return SW_EDEFINITION;
}

size_t sw_located_enter(struct sw_located *at, const char *key)
{
	size_t mark = strlen(at->pointer);
	sw_pointer_push(at->pointer, sizeof(at->pointer), key);
	return mark;
}

size_t sw_located_enter_index(struct sw_located *at, size_t index)
{
	size_t mark = strlen(at->pointer);
	sw_pointer_push_index(at->pointer, sizeof(at->pointer), index);
	return mark;
}

void sw_located_leave(struct sw_located *at, size_t mark)
{
	at->pointer[mark] = '\0';
}

enum sw_result sw_located_mistake(const struct sw_located *at, bool key, const char *format, ...)
{
	struct sw_error *err = at->err;
	char text[sizeof(err->text)];
	if (!err || err->code != SW_OK)
		return SW_EDEFINITION;
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	sw_error_set(err, SW_EDEFINITION, "%s", text);
	/* A pointer that was cut would name something else. */
	if (strlen(at->pointer) < sizeof(err->pointer))
		memcpy(err->pointer, at->pointer, strlen(at->pointer) + 1);
	sw_json_locate(at->text, at->len, at->pointer, key, &err->line, &err->column);
	return SW_EDEFINITION;
}

enum sw_result sw_located_unknown(struct sw_located *at, const char *key, const char *known)
{
	size_t mark = sw_located_enter(at, key);
	enum sw_result r =
		sw_located_mistake(at, true, "\"%.100s\" is not known here; known are %s", key, known);
	sw_located_leave(at, mark);
	return r;
}

enum sw_result sw_located_object(const struct sw_located *at, const json_t *value, const char *what)
{
	if (json_is_object(value))
		return SW_OK;
	return sw_located_mistake(at, false, "%s must be an object, not %s", what, sw_json_type_name(value));
}

enum sw_result sw_located_text(const struct sw_located *at, const json_t *value, const char *what)
{
	if (!sw_json_is_string(value))
		return sw_located_mistake(at, false, "%s must be a string, not %s", what,
					  sw_json_type_name(value));
	if (strlen(json_string_value(value)) != json_string_length(value))
		return sw_located_mistake(at, false, "%s must not hold the character U+0000", what);
	return SW_OK;
}
