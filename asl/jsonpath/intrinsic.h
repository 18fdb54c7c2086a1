/*
 * Calls of intrinsic functions, States.Format('{}', $.a): their syntax and their table. Private to
 * asl/jsonpath/.
 */
#ifndef SW_ASL_JSONPATH_INTRINSIC_H
#define SW_ASL_JSONPATH_INTRINSIC_H

#include "asl/jsonpath/path.h"

#define SW_INTRINSIC_NESTING_MAX 10
#define SW_INTRINSIC_ARGUMENTS_MAX 1000

struct sw_intrinsic;

/* What a function is called with. */
struct sw_intrinsic_call {
	const struct sw_query_env *env;
	json_t *const *arguments; /* borrowed */
	size_t count;
	struct sw_buf *error; /* what went wrong, for SW_EQUERY; nothing: the arguments */
};
typedef enum sw_result sw_intrinsic_fn(const struct sw_intrinsic_call *call, json_t **ret_tree);

struct sw_intrinsic_function {
	const char *name; /* without "States." */
	size_t arguments_min, arguments_max;
	/* of the first arguments: 'n' a number, 's' a string, '*' anything; for those that are written out */
	const char *takes;
	sw_intrinsic_fn *run;
};
/* NULL when there is none of that name. */
const struct sw_intrinsic_function *sw_intrinsic_find(const char *name, size_t len);

/* A call, nested ones in it. Memory comes from owner. SW_EQUERY with text and column. */
enum sw_result sw_intrinsic_compile(const char *text, size_t len, struct sw_owner *owner,
				    const struct sw_intrinsic **ret_call, struct sw_error *err);
enum sw_result sw_intrinsic_evaluate(const struct sw_intrinsic *call, const struct sw_query_env *env,
				     json_t **ret_tree, struct sw_failure *failure);

/* Is one of its arguments, at any depth, a path into the input? */
bool sw_intrinsic_reads_input(const struct sw_intrinsic *call);

/* ---- paths of all three kinds (query.c), which are arguments, too ------------------------------------- */

struct sw_any_path {
	const char *text; /* as written */
	bool of_context;  /* $$... */
	const char *variable;
	size_t variable_len;            /* $name...: not 0 */
	const struct sw_jsonpath *path; /* over the input, the context or the variable's value */
};
/* Into the input: no context object, no variable. */
bool sw_any_path_reads_input(const struct sw_any_path *path);
enum sw_result sw_any_path_compile(const char *text, size_t len, unsigned kinds, struct sw_owner *owner,
				   struct sw_any_path *path, struct sw_error *err);
/* SW_EQUERY: *ret_error says which kind, message why. *ret_tree is new. */
enum sw_result sw_any_path_evaluate(const struct sw_any_path *path, const struct sw_query_env *env,
				    json_t **ret_tree, enum sw_jsonpath_error *ret_error,
				    struct sw_buf *message);

/* ---- for people (describe.c): NULL: out of memory ------------------------------------------------------ */

json_t *sw_intrinsic_describe(const struct sw_intrinsic *call);
json_t *sw_any_path_describe(const struct sw_any_path *path);

#endif
