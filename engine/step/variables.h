/*
 * The variables that were assigned in one branch. Each is a value of its own, with a home of its own in the store:
 * assigning one of them again leaves what is stored of the others as it is, and one that nobody asks for is not
 * parsed.
 */
#ifndef SW_ENGINE_STEP_VARIABLES_H
#define SW_ENGINE_STEP_VARIABLES_H

#include "asl/value.h"

struct sw_variable {
	char *name;             /* own */
	struct sw_value *value; /* a reference */
};
struct sw_variables {
	struct sw_variable *list; /* own; in order of name, each name once */
	uint32_t count, capacity;
};

void sw_variables_done(struct sw_variables *variables);
/* Borrowed; NULL: there is none of that name. */
struct sw_value *sw_variables_find(const struct sw_variables *variables, const char *name, size_t len);
/* Behind the others, if its name is greater than theirs (SW_EINVAL). Takes neither. SW_ENOMEM. */
enum sw_result sw_variables_add(struct sw_variables *variables, const char *name, struct sw_value *value);
/* A new set: those of old, with the members of assigned (an object) over them. SW_ENOMEM. */
enum sw_result sw_variables_merge(const struct sw_variables *old, const json_t *assigned,
				  struct sw_variables *ret_merged);
/* Are they, as one object, at most bytes_max long? SW_ELIMIT, SW_ENOMEM. */
enum sw_result sw_variables_check_bytes(const struct sw_variables *variables, size_t bytes_max);
/* All of them as one object (new). SW_ENOMEM. */
enum sw_result sw_variables_object(const struct sw_variables *variables, struct sw_value **ret_object);

#endif
