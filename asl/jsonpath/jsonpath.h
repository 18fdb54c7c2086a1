/*
 * JSONPath as AWS evaluates it (Jayway JsonPath 2.10, default configuration), and reference paths. Usable
 * without the rest: knows JSON trees and base/, nothing of states. A path is compiled once; evaluation is
 * bounded by SW_PATH_STEPS_MAX visited nodes, SW_JSON_DEPTH_MAX levels and PCRE2's match limit, and allocates
 * only what it returns.
 */
#ifndef SW_ASL_JSONPATH_H
#define SW_ASL_JSONPATH_H

#include "asl/query.h"

/* Why a path could not be compiled or evaluated (the kinds of Jayway's exceptions). */
enum sw_jsonpath_error {
	SW_JSONPATH_OK,
	SW_JSONPATH_INVALID,    /* InvalidPathException */
	SW_JSONPATH_NOT_FOUND,  /* PathNotFoundException: "No results for path: $['x']", "Missing property in
				   path $['a']" */
	SW_JSONPATH_EVALUATION, /* what filters and functions throw */
	SW_JSONPATH_LIMIT,      /* one of our limits */
	SW_JSONPATH_MEMORY,
};

struct sw_jsonpath;

/*
 * Compiles `$...` (or `@...`). Memory belongs to owner. Returns SW_OK, SW_ENOMEM, or SW_EQUERY with err->text
 * and err->column.
 */
enum sw_result sw_jsonpath_compile(const char *text, size_t len, struct sw_owner *owner,
				   const struct sw_jsonpath **ret_path, struct sw_error *err);
/* A definite path names at most one value; an indefinite one (.., *, [?()], [1,2], slices) gives an array. */
bool sw_jsonpath_is_definite(const struct sw_jsonpath *path);
/*
 * Evaluates over root. On SW_JSONPATH_OK *ret_tree is new. Otherwise text (may be NULL) gets Jayway's
 * message.
 */
enum sw_jsonpath_error sw_jsonpath_evaluate(const struct sw_jsonpath *path, const json_t *root,
					    json_t **ret_tree, struct sw_buf *text);
/* The same within a budget that several evaluations share: visited values are taken off *steps_left. */
enum sw_jsonpath_error sw_jsonpath_evaluate_within(const struct sw_jsonpath *path, const json_t *root,
						   uint32_t *steps_left, json_t **ret_tree,
						   struct sw_buf *text);

/* ---- reference paths: $, .name, ['name'], [n] -------------------------------------------------------- */

struct sw_refpath; /* compiled; memory belongs to the owner */
enum sw_result sw_refpath_compile(const char *text, size_t len, struct sw_owner *owner,
				  const struct sw_refpath **ret_path, struct sw_error *err);
bool sw_refpath_is_root(const struct sw_refpath *path);
/*
 * ResultPath: a new tree that is `into` with `value` put at path. Missing objects are created; the old tree
 * is not changed (new spine, shared rest). SW_EQUERY with failure (AWS's text) where the path cannot be
 * applied (a field of a string, an index past the end...). into and value are borrowed.
 */
enum sw_result sw_refpath_insert(const struct sw_refpath *path, const json_t *into, const json_t *value,
				 json_t **ret_tree, struct sw_failure *failure);

#endif
