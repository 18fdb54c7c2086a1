/* Private to engine/test_state*.c. */
#ifndef SW_ENGINE_TEST_STATE_INTERNAL_H
#define SW_ENGINE_TEST_STATE_INTERNAL_H

#include "engine/step/inspect.h"
#include "engine/test_state.h"

/* ---- test_state_context.c ----------------------------------------------------------------------------- */

/* Is context, an object, what the context object of that state could be? SW_EINVAL with AWS's text. */
enum sw_result sw_test_context_check(const struct sw_state *state, const json_t *context,
				     struct sw_error *err);

/* ---- test_state_items.c ------------------------------------------------------------------------------- */

/*
 * The items that an ItemReader, as written in the definition, makes of that data. *ret_items is new, an array;
 * untouched when they are not known: another format than JSON and JSONL, or no array. *ret_pointed: an
 * ItemsPointer has found them. SW_EINVAL: the data is no JSON.
 */
enum sw_result sw_test_items_read(const json_t *reader, const char *text, size_t len,
				  struct sw_value **ret_items, bool *ret_pointed, struct sw_error *err);

/* ---- test_state_mock.c: results of APIs --------------------------------------------------------------- */

enum sw_answer_kind {
	SW_ANSWER_ANY,
	SW_ANSWER_STRING,
	SW_ANSWER_NUMBER,
	SW_ANSWER_BOOLEAN,
	SW_ANSWER_OBJECT, /* of: its members */
	SW_ANSWER_LIST,   /* of: one row for the items; NULL: not looked into */
	SW_ANSWER_PAIRS,  /* an object with keys of the user's own; of: one row for the values */
};
/* A member of an answer; a list of them ends with a name that is NULL. Times and blobs are strings. */
struct sw_answer_field {
	const char *name;
	enum sw_answer_kind kind;
	bool required;
	double min, max; /* of a number, or of the length of a string; 0: no limit */
	const struct sw_answer_field *of;
	const char *values; /* "|A|B|": what a string may be; NULL: anything */
};
/* Each ends with a row of NULLs. */
struct sw_answer_shape {
	const char *type, *name; /* as in Resource: "lambda", "invoke" */
	const struct sw_answer_field *fields;
};
extern const struct sw_answer_shape sw_answer_shapes[]; /* test_state_shapes.c */

/* Holds the result of a Task's mock against what its API answers. SW_EINVAL with AWS's text. */
enum sw_result sw_mock_check(const struct sw_task_fields *task, const json_t *result,
			     enum sw_mock_validation validation, struct sw_error *err);

/* ---- test_state_print.c ------------------------------------------------------------------------------- */

/* The response. *ret_text is new. */
enum sw_result sw_inspection_print(const struct sw_inspection *inspection, enum sw_inspection_level level,
				   char **ret_text);

#endif
