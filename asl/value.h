/*
 * JSON: bounded parsing and printing of jansson trees, and struct sw_value, the only form of data in events,
 * commands and branches. Private to Stepwell (not installed: across a door JSON travels as text).
 *
 * Decisions (architecture, 7): numbers print in the shortest form that reads back; an integer beyond 64 bits
 * keeps its digits; of duplicate keys the last one wins, as in AWS's parser, unless the caller asks for an
 * error (definitions do); lone surrogates in \u escapes and bytes that are not UTF-8 are refused; U+0000 is
 * allowed in strings and refused in keys. Trees are immutable once shared. One thread.
 */
#ifndef SW_ASL_VALUE_H
#define SW_ASL_VALUE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- text and trees ------------------------------------------------------------------------------ */

enum sw_json_flags {
	SW_JSON_REJECT_DUPLICATES = 1, /* a key given twice is SW_EJSON */
};

/*
 * Parses one JSON value (any type) of at most SW_JSON_DEPTH_MAX levels; white space around it is allowed.
 * SW_EJSON with line, column and a text that says what was expected; SW_ELIMIT for depth; SW_ENOMEM.
 * *ret_tree is new.
 */
enum sw_result sw_json_parse(const char *text, size_t len, unsigned flags, json_t **ret_tree,
			     struct sw_error *err);

/* The same checks without building a tree. */
enum sw_result sw_json_check(const char *text, size_t len, struct sw_error *err);

/*
 * Appends the compact text of tree ({"a":1,"b":[true]}; members in insertion order; non-ASCII as it is; only
 * what must be is escaped). Stops with SW_ELIMIT as soon as more than bytes_max bytes were appended (shared
 * children may print to far more than they take in memory). The buffer then holds a cut text.
 */
enum sw_result sw_json_print(const json_t *tree, struct sw_buf *out, size_t bytes_max);

/* The same, indented by two spaces, for people; ": " after keys. */
enum sw_result sw_json_print_pretty(const json_t *tree, struct sw_buf *out, size_t bytes_max);

/* Appends a JSON string literal, quotes included. */
void sw_json_quote(struct sw_buf *out, const char *text, size_t len);

/*
 * Numbers. jansson knows 64-bit integers and doubles; an integer beyond that is kept as a string node whose
 * first byte is 0xFF (which no valid JSON string holds) followed by its digits. Use these in place of
 * json_is_number, json_is_string and friends wherever data of users is looked at.
 */
bool sw_json_is_number(const json_t *tree);
bool sw_json_is_string(const json_t *tree);
bool sw_json_is_big(const json_t *tree);            /* an integer beyond 64 bits */
const char *sw_json_big_digits(const json_t *tree); /* of such a one: sign and digits; borrowed */
double sw_json_number(const json_t *tree);          /* the value as a double */
/* True when the number has no fraction and fits; 1.0 and 1e3 count as whole numbers. */
bool sw_json_whole(const json_t *tree, int64_t *ret_number);
/* Shortest text of a double that reads back as the same ("1.1", "1.0E10" is written 1.0E10 by AWS: see
 * value.c). */
void sw_json_print_double(double number, struct sw_buf *out);
/* Deep equality as the States Language means it: numbers by value. Bounded by depth. */
bool sw_json_equal(const json_t *a, const json_t *b);
/* The same, taking what is compared off *steps_left; false when nothing is left. */
bool sw_json_equal_within(const json_t *a, const json_t *b, uint32_t *steps_left);
/* Order of two UTF-8 texts by their UTF-16 code units, as Java's String.compareTo has it. */
int sw_text_compare(const char *a, size_t a_len, const char *b, size_t b_len);
/* "null", "boolean", "number", "string", "array", "object". */
const char *sw_json_type_name(const json_t *tree);
/* A shallow copy (new) whose members and items are shared: the way to build a new spine. */
json_t *sw_json_shallow_copy(const json_t *tree);

/* ---- JSON pointers (RFC 6901) and places in the text --------------------------------------------- */

/* Appends /token to a pointer text of a fixed size; cut at the end. */
void sw_pointer_push(char *pointer, size_t bytes, const char *token);
void sw_pointer_push_index(char *pointer, size_t bytes, size_t index);
/*
 * Finds line and column (1-based, in characters) of what pointer names in text, by reading it again: of the
 * key when `key` is true and it is a member, else of the value. False when it is not there (0, 0).
 */
bool sw_json_locate(const char *text, size_t len, const char *pointer, bool key, uint32_t *ret_line,
		    uint32_t *ret_column);

/* ---- values ---------------------------------------------------------------------------------------- */

/*
 * Immutable, counted: bytes (checked once to be JSON) or a tree, each made from the other on demand and then
 * kept. A payload nobody looks into stays bytes and is never parsed. Not thread-safe: the loop's thread only.
 */
struct sw_value;

/* Copies text after sw_json_check; SW_EJSON with line and column, SW_ELIMIT, SW_ENOMEM. *ret_value is new. */
enum sw_result sw_value_from_text(const char *text, size_t len, struct sw_value **ret_value,
				  struct sw_error *err);
/* Copies text that is known to be JSON (it was checked before it was stored). New; NULL when out of memory.
 */
struct sw_value *sw_value_from_checked(const char *text, size_t len);
/* Takes the caller's reference to tree (also on failure). New; NULL when out of memory or tree is NULL. */
struct sw_value *sw_value_from_tree_new(json_t *tree);
/* New reference to a value with the same content as "{}" and friends is made by the caller through the above.
 */
struct sw_value *sw_value_ref(struct sw_value *value); /* NULL gives NULL */
void sw_value_unref(struct sw_value *value);           /* NULL allowed */

/* The tree, borrowed while the value lives. SW_ENOMEM. */
enum sw_result sw_value_tree(struct sw_value *value, const json_t **ret_tree);
/* The text, borrowed while the value lives, NUL-terminated. SW_ENOMEM, SW_ELIMIT (over 64 MiB). */
enum sw_result sw_value_text(struct sw_value *value, struct sw_slice *ret_text);
/* Is the text at most bytes_max long? Prints no further than the limit. */
bool sw_value_fits(struct sw_value *value, size_t bytes_max);

/*
 * Two numbers that the owner keeps with a value (the engine: the execution and record it was stored under, so
 * that an unchanged value is not written twice). 0 and 0 at first.
 */
void sw_value_set_home(struct sw_value *value, uint64_t owner, uint32_t number);
bool sw_value_home(const struct sw_value *value, uint64_t owner, uint32_t *ret_number);

#endif
