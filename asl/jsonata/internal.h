/*
 * JSONata inside: values, the run of one evaluation, functions. Private to asl/jsonata/.
 *
 * Values are immutable and small (16 bytes, passed by value); what they point to lives in the arena of the run,
 * in the compiled expression, or in the caller's trees. Nothing of a run is freed before its end.
 */
#ifndef SW_ASL_JSONATA_INTERNAL_H
#define SW_ASL_JSONATA_INTERNAL_H

#include "asl/jsonata/jsonata.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"

#include <string.h>

/* ---- values --------------------------------------------------------------------------------------- */

enum sw_jn_kind {
	SW_JN_UNDEFINED,
	SW_JN_NULL,
	SW_JN_BOOLEAN,
	SW_JN_NUMBER,
	SW_JN_STRING,
	SW_JN_ARRAY,
	SW_JN_OBJECT,
	SW_JN_FUNCTION, /* built-in, lambda, partial application, regular expression */
};

enum sw_jn_form {
	SW_JN_OWN,   /* arrays: items; objects: object */
	SW_JN_JSON,  /* arrays and objects: a tree of the caller, looked at as far as needed */
	SW_JN_RANGE, /* arrays: first, first + 1, ... (len of them): [1..10000000] takes no memory */
};

/* What the reference implementation marks arrays with. */
enum sw_jn_array_flags {
	SW_JN_SEQUENCE = 1,       /* made by a path or a mapping: [x] is x, [] is undefined */
	SW_JN_KEEP_SINGLETON = 2, /* ...but [x] stays [x]: the path had [] */
	SW_JN_CONS = 4,           /* made by [ ... ]: not flattened into a sequence */
	SW_JN_TUPLES = 8,         /* a stream of tuples (@, #, %): never seen by functions */
};
#define SW_JN_EXACT 32 /* flag of numbers: see sw_jn_integer */

struct sw_jn_object;
struct sw_jn_function;

struct sw_jn_value {
	uint8_t kind, form, flags;
	uint32_t len; /* bytes of a string, items of an array; of integers: see sw_jn_integer */
	union {
		double number; /* as in JavaScript: every number is a double */
		bool boolean;
		const char *text; /* UTF-8, not terminated */
		const struct sw_jn_value *items;
		const json_t *json;
		int64_t first;
		const struct sw_jn_object *object;
		const struct sw_jn_function *function;
	};
};

#define SW_JN_UNDEFINED_VALUE ((struct sw_jn_value){.kind = SW_JN_UNDEFINED})

static inline struct sw_jn_value sw_jn_null(void)
{
	return (struct sw_jn_value){.kind = SW_JN_NULL};
}
static inline struct sw_jn_value sw_jn_boolean(bool boolean)
{
	return (struct sw_jn_value){.kind = SW_JN_BOOLEAN, .boolean = boolean};
}
static inline struct sw_jn_value sw_jn_number(double number)
{
	return (struct sw_jn_value){.kind = SW_JN_NUMBER, .number = number};
}
/*
 * An integer of a JSON text: calculated with as a double, but it keeps the digits that a double has no room for as
 * long as it is only handed on (as on AWS). len is what the double lacks.
 */
struct sw_jn_value sw_jn_integer(int64_t integer);
/* False: it is no such number, or one that every double holds. */
bool sw_jn_exact(struct sw_jn_value value, int64_t *ret_integer);
/* text is borrowed: a literal, a part of another value, or memory of the run. */
static inline struct sw_jn_value sw_jn_string(const char *text, size_t len)
{
	return (struct sw_jn_value){.kind = SW_JN_STRING, .len = (uint32_t)len, .text = text};
}
static inline struct sw_jn_value sw_jn_array(const struct sw_jn_value *items, size_t count, unsigned flags)
{
	return (struct sw_jn_value){.kind = SW_JN_ARRAY,
				    .form = SW_JN_OWN,
				    .flags = (uint8_t)flags,
				    .len = (uint32_t)count,
				    .items = items};
}

/* A tree of the caller as a value (borrowed, not walked). NULL is undefined. */
struct sw_jn_value sw_jn_from_json(const json_t *tree);
/* *ret_tree is new, NULL for undefined; parts that are trees already are shared. */
struct sw_jn_run;
enum sw_result sw_jn_to_json(struct sw_jn_run *run, struct sw_jn_value value, json_t **ret_tree);

/* index < array.len. */
struct sw_jn_value sw_jn_array_at_slow(struct sw_jn_value array, uint32_t index);
static inline struct sw_jn_value sw_jn_array_at(struct sw_jn_value array, uint32_t index)
{
	return array.form == SW_JN_OWN ? array.items[index] : sw_jn_array_at_slow(array, index);
}

static inline bool sw_jn_is_string(struct sw_jn_value value, const char *text)
{
	return value.kind == SW_JN_STRING && value.len == strlen(text) &&
	       !memcmp(value.text, text, value.len);
}
/* As $boolean casts (arrays: any true item; objects: not empty; functions: false). */
bool sw_jn_truthy(struct sw_jn_value value);
/* Deep equality, order of members aside; functions by identity. */
bool sw_jn_equal(struct sw_jn_value a, struct sw_jn_value b);

/* ---- objects -------------------------------------------------------------------------------------- */

/* Members in the order they were put in. Built by its maker, unchanged afterwards. */
struct sw_jn_member {
	const char *key;
	uint32_t key_len, hash;
	struct sw_jn_value value;
};
struct sw_jn_object {
	uint32_t count, capacity;
	struct sw_jn_member *members;
	uint32_t *slots; /* hash index, once there are many members */
	uint32_t slots_count;
};

/* Undefined when there is no such member. */
struct sw_jn_value sw_jn_object_get(struct sw_jn_value object, const char *key, size_t len);
uint32_t sw_jn_object_count(struct sw_jn_value object);
/* Walks members: struct sw_jn_walk at = {0}; while (sw_jn_object_next(object, &at)) use at.key, at.key_len,
 * at.value. */
struct sw_jn_walk {
	const char *key;
	uint32_t key_len;
	struct sw_jn_value value;
	uint32_t index;
	void *iterator;
};
bool sw_jn_object_next(struct sw_jn_value object, struct sw_jn_walk *at);

/* NULL: out of memory or over the limit (the run holds which). */
struct sw_jn_object *sw_jn_object_new(struct sw_jn_run *run, uint32_t capacity);
/* Puts or replaces; key is borrowed like the text of values; undefined values are not put. */
enum sw_result sw_jn_object_put(struct sw_jn_run *run, struct sw_jn_object *object, const char *key,
				size_t len, struct sw_jn_value value);
static inline struct sw_jn_value sw_jn_object(const struct sw_jn_object *object)
{
	return (struct sw_jn_value){.kind = SW_JN_OBJECT, .form = SW_JN_OWN, .object = object};
}

/* ---- lists: arrays under construction ------------------------------------------------------------- */

struct sw_jn_list {
	struct sw_jn_value *items;
	uint32_t count, capacity;
};
enum sw_result sw_jn_list_reserve(struct sw_jn_run *run, struct sw_jn_list *list, uint32_t more);
/* Undefined values are pushed like others. */
enum sw_result sw_jn_list_push(struct sw_jn_run *run, struct sw_jn_list *list, struct sw_jn_value value);
/* All items of an array, or the value itself when it is none; nothing when it is undefined ($append). */
enum sw_result sw_jn_list_append(struct sw_jn_run *run, struct sw_jn_list *list, struct sw_jn_value value);
static inline struct sw_jn_value sw_jn_list_array(const struct sw_jn_list *list, unsigned flags)
{
	return sw_jn_array(list->items, list->count, flags);
}
/* A sequence as a result: undefined, its only item, or the array itself with SW_JN_SEQUENCE. */
struct sw_jn_value sw_jn_list_sequence(const struct sw_jn_list *list);

/* ---- one evaluation ------------------------------------------------------------------------------- */

struct sw_jn_run {
	struct sw_arena arena;
	const struct sw_jsonata_env *env;
	struct sw_rng own_rng, *rng;
	uint64_t bytes_max, steps_left;
	uint32_t depth, depth_max;
	struct sw_jsonata_error *err;
	enum sw_result failed; /* the first failure: SW_EQUERY (err is set) or SW_ENOMEM */
	struct sw_buf scratch; /* for building texts: reset before use, then sw_jn_string_copy */

	/* What follows is the evaluator's own. */
	const struct sw_jsonata *expr;
	struct sw_jn_value input, *globals;
	struct sw_jn_value tail_input; /* of a tail call that is to be made */
	struct sw_jn_frame *tail_frame, *free_frames[8];
	unsigned char *room, *room_end; /* what is left of the memory at hand */
	uint64_t bytes_used;
	const char *stack_top;
	void **matchers; /* of regular expressions, by number */
	void *matching;  /* their memory and limits */
	struct sw_jn_value fail_value, fail_value2;
	unsigned fail_index;
	const char *fail_type, *fail_text;
	bool placed; /* line and column of err are known */
	/* The array that $append made last: behind it is room, so that appending to it again takes no copy. */
	struct sw_jn_value *grown_items;
	uint32_t grown_used, grown_capacity;
};

/* Memory of the run, zeroed; NULL: out of memory or over the limit (run->failed and err say which). */
void *sw_jn_alloc(struct sw_jn_run *run, size_t bytes);
enum sw_result sw_jn_string_copy(struct sw_jn_run *run, const char *text, size_t len,
				 struct sw_jn_value *ret_value);
/* What run->scratch holds, as a value; SW_ENOMEM also when an append to it failed. */
enum sw_result sw_jn_scratch_value(struct sw_jn_run *run, struct sw_jn_value *ret_value);
/* Counts work against the limit: a loop over n items calls it with n. SW_EQUERY with U1001. */
enum sw_result sw_jn_steps(struct sw_jn_run *run, uint64_t steps);

/*
 * Fails with a code of errors.c's table; value fills {{value}} of its text, index {{index}}. The evaluator adds
 * token and position of the call that is being made, as the reference implementation does. Returns SW_EQUERY.
 */
enum sw_result sw_jn_fail(struct sw_jn_run *run, const char *code, struct sw_jn_value value);
enum sw_result sw_jn_fail_index(struct sw_jn_run *run, const char *code, struct sw_jn_value value,
				unsigned index);
/* As sw_jn_fail; value2 fills {{value2}} and {{exp}}. */
enum sw_result sw_jn_fail_pair(struct sw_jn_run *run, const char *code, struct sw_jn_value value,
			       struct sw_jn_value value2);
/* The words of $error and $assert. */
enum sw_result sw_jn_fail_text(struct sw_jn_run *run, const char *code, const char *text, size_t len);

/* ---- functions ------------------------------------------------------------------------------------ */

/* What a built-in is called with. Arguments were matched against its signature and are count many (those left
 * out at the end are undefined up to the signature's length, so args[i] may be read for all its parameters).
 * A result with SW_JN_SEQUENCE may have no or one item: an expression that calls it unwraps it, sw_jn_apply does
 * not, as in the reference implementation. */
struct sw_jn_call {
	struct sw_jn_run *run;
	struct sw_jn_value focus; /* `$` where it is called: the context value */
	unsigned count;           /* arguments given */
};
typedef enum sw_result sw_jn_builtin_fn(struct sw_jn_call *call, const struct sw_jn_value *args,
					struct sw_jn_value *ret_value);

/* A row of the table of built-ins (builtins.c). */
struct sw_jn_builtin {
	const char *name;      /* without the $ */
	const char *signature; /* "<s-nn?:s>", as in the reference implementation; NULL: anything goes */
	sw_jn_builtin_fn *function;
	unsigned char parameters; /* how many the JavaScript function declares: what $map etc. pass it */
	bool step_functions, no_step_functions; /* only in, or not in, the dialect of Step Functions */
};
const struct sw_jn_builtin *sw_jn_builtin_find(const char *name, size_t len, unsigned flags);

/* Calls any function value (eval.c): lambdas with their signature, built-ins, partial applications, regular
 * expressions. */
enum sw_result sw_jn_apply(struct sw_jn_run *run, struct sw_jn_value function, const struct sw_jn_value *args,
			   unsigned count, struct sw_jn_value *ret_value);
/* How many parameters it declares: $map and others pass so many of (value, index, array). */
unsigned sw_jn_parameters(struct sw_jn_value function);
/* For the signature's type f and $typeOf; regular expressions are functions, too. */
bool sw_jn_is_regex(struct sw_jn_value value);

/* ---- regular expressions (regex.c) ------------------------------------------------------------------ */

/* One match: places in bytes of text, groups[0] the whole match; start < 0: the group took no part. */
struct sw_jn_match {
	unsigned groups_count; /* the whole match counts as one */
	const struct sw_jn_group {
		int64_t start, end;
	} * groups; /* memory of the run */
};
/* Finds the first match at or after byte from. *ret_found. SW_EQUERY when the matcher's limit is reached. */
enum sw_result sw_jn_regex_match(struct sw_jn_run *run, struct sw_jn_value regex, const char *text,
				 size_t len, size_t from, struct sw_jn_match *ret_match, bool *ret_found);

/* The member `next` of a match: finds the next one in text, at or after byte from. */
enum sw_result sw_jn_regex_next(struct sw_jn_run *run, struct sw_jn_value regex, struct sw_jn_value text,
				size_t from, struct sw_jn_value *ret_next);

/* ---- texts shared by built-ins and evaluator -------------------------------------------------------- */

/* As $string casts (number.c for numbers: 15 significant digits, JavaScript's exponents); appends to out. Strings
 * as they are at the top, functions "", numbers that are not finite fail with D3001. */
enum sw_result sw_jn_print(struct sw_jn_run *run, struct sw_jn_value value, bool pretty, struct sw_buf *out);
/* As messages show values: JSON.stringify, with all the digits of numbers. */
enum sw_result sw_jn_print_exact(struct sw_jn_run *run, struct sw_jn_value value, struct sw_buf *out);
/* A double as JavaScript's String(number) prints it: 1e21, 1e-7, 0.1, -0 as 0. */
void sw_jn_print_number(double number, struct sw_buf *out);
/* -1, 0, 1 by UTF-16 units, as JavaScript's < does. */
int sw_jn_string_compare(struct sw_jn_value a, struct sw_jn_value b);

#endif
