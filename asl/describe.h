/*
 * Trees that tell people what something was compiled to (explain.c and the languages' describe.c). When memory is
 * short a tree becomes NULL and stays so: who makes one looks once, at the end. Private to asl/.
 */
#ifndef SW_ASL_DESCRIBE_H
#define SW_ASL_DESCRIBE_H

#include <jansson.h>

/* Takes value; NULL: out of memory. */
static inline void sw_describe_put(json_t **object, const char *name, json_t *value)
{
	if (json_object_set_new(*object, name, value) == 0)
		return;
	json_decref(*object);
	*object = NULL;
}
static inline void sw_describe_add(json_t **array, json_t *value)
{
	if (json_array_append_new(*array, value) == 0)
		return;
	json_decref(*array);
	*array = NULL;
}
static inline void sw_describe_text(json_t **object, const char *name, const char *text)
{
	if (text)
		sw_describe_put(object, name, json_string(text));
}

#endif
