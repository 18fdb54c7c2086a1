/*
 * The built-in functions and what they share. Each is one function of the shape of sw_jn_builtin_fn; the table
 * in builtins.c gives it its name and signature. Private to asl/jsonata/.
 */
#ifndef SW_ASL_JSONATA_BUILTINS_H
#define SW_ASL_JSONATA_BUILTINS_H

#include "asl/jsonata/internal.h"

/* fn_string.c */
sw_jn_builtin_fn sw_jn_fn_string, sw_jn_fn_length, sw_jn_fn_substring, sw_jn_fn_substring_before,
	sw_jn_fn_substring_after, sw_jn_fn_lowercase, sw_jn_fn_uppercase, sw_jn_fn_trim, sw_jn_fn_pad,
	sw_jn_fn_join;
/* fn_regex.c */
sw_jn_builtin_fn sw_jn_fn_contains, sw_jn_fn_match, sw_jn_fn_replace, sw_jn_fn_split;
/* fn_encode.c */
sw_jn_builtin_fn sw_jn_fn_base64encode, sw_jn_fn_base64decode, sw_jn_fn_encode_url,
	sw_jn_fn_encode_url_component, sw_jn_fn_decode_url, sw_jn_fn_decode_url_component;
/* fn_numeric.c */
sw_jn_builtin_fn sw_jn_fn_number, sw_jn_fn_abs, sw_jn_fn_floor, sw_jn_fn_ceil, sw_jn_fn_round, sw_jn_fn_power,
	sw_jn_fn_sqrt, sw_jn_fn_random, sw_jn_fn_sum, sw_jn_fn_max, sw_jn_fn_min, sw_jn_fn_average,
	sw_jn_fn_format_base;
/* format_number.c, format_integer.c, datetime_format.c, datetime_parse.c */
sw_jn_builtin_fn sw_jn_fn_format_number, sw_jn_fn_format_integer, sw_jn_fn_parse_integer,
	sw_jn_fn_from_millis, sw_jn_fn_now, sw_jn_fn_millis, sw_jn_fn_to_millis;
/* fn_array.c */
sw_jn_builtin_fn sw_jn_fn_count, sw_jn_fn_append, sw_jn_fn_sort, sw_jn_fn_reverse, sw_jn_fn_shuffle,
	sw_jn_fn_distinct, sw_jn_fn_zip;
/* fn_object.c */
sw_jn_builtin_fn sw_jn_fn_keys, sw_jn_fn_lookup, sw_jn_fn_spread, sw_jn_fn_merge, sw_jn_fn_sift,
	sw_jn_fn_each, sw_jn_fn_clone;
/* fn_higher.c */
sw_jn_builtin_fn sw_jn_fn_map, sw_jn_fn_filter, sw_jn_fn_single, sw_jn_fn_reduce;
/* fn_misc.c */
sw_jn_builtin_fn sw_jn_fn_boolean, sw_jn_fn_not, sw_jn_fn_exists, sw_jn_fn_type, sw_jn_fn_error,
	sw_jn_fn_assert;
/* fn_aws.c */
sw_jn_builtin_fn sw_jn_fn_partition, sw_jn_fn_range, sw_jn_fn_hash, sw_jn_fn_random_seeded, sw_jn_fn_uuid,
	sw_jn_fn_parse;

/* ---- arguments (fn_args.c) ------------------------------------------------------------------------ */

/* How deep values may be nested that a built-in walks by recursion. */
#define SW_JN_NESTING_MAX 1000

/*
 * What nearly every built-in begins with: true when args[index] is of this kind. Otherwise the function ends
 * with *ret_result: success with an undefined result when the argument is undefined, else T0410 (arguments of
 * a built-in that was applied partially come past its signature).
 */
bool sw_jn_given(struct sw_jn_call *call, const struct sw_jn_value *args, unsigned index,
		 enum sw_jn_kind kind, struct sw_jn_value *ret_value, enum sw_result *ret_result);
/* For arguments that may be left out: *ret_given tells whether args[index] is there. T0410 for another kind. */
enum sw_result sw_jn_optional(struct sw_jn_call *call, const struct sw_jn_value *args, unsigned index,
			      enum sw_jn_kind kind, bool *ret_given);
/* Calls what $map, $filter, $each... are given: with as many of (value, at, whole) as it declares. */
enum sw_result sw_jn_call_item(struct sw_jn_run *run, struct sw_jn_value function, struct sw_jn_value value,
			       struct sw_jn_value at, struct sw_jn_value whole,
			       struct sw_jn_value *ret_value);
/* What JavaScript's if takes for true: all arrays, objects and functions. */
bool sw_jn_js_truthy(struct sw_jn_value value);
/* A buffer outside of the arena: fails as sw_jn_alloc does once it is larger than the run may be. */
enum sw_result sw_jn_check_room(struct sw_jn_run *run, const struct sw_buf *buf);

/* ---- texts (text.c) ------------------------------------------------------------------------------- */

/* Reads one character at text[at], at < len; *ret_bytes is at least 1. What is no UTF-8 is U+FFFD. Surrogates
 * that an escape of the language made are read as what they are. */
uint32_t sw_jn_char_at(const char *text, size_t len, size_t at, unsigned *ret_bytes);
void sw_jn_char_put(struct sw_buf *out, uint32_t code);
size_t sw_jn_chars(const char *text, size_t len); /* code points */
size_t sw_jn_units(const char *text, size_t len); /* UTF-16 units */
size_t sw_jn_skip_chars(const char *text, size_t len,
			size_t count); /* bytes of the first count code points */
bool sw_jn_is_space(uint32_t code);    /* JavaScript's \s */
/* Place of the first needle at or after from; -1: none. */
int64_t sw_jn_text_find(const char *text, size_t len, size_t from, const char *needle, size_t needle_len);

/* JavaScript's parseInt(text): NaN when there is no digit. */
double sw_jn_parse_int(struct sw_jn_run *run, const char *text, size_t len);
/* The value of [-]digits[.digits][e[+-]digits] times ten to the power of shift, rounded once. */
double sw_jn_decimal(struct sw_jn_run *run, const char *text, size_t len, int64_t shift);
/* $round: half to even, of the decimal digits that a number prints with. NaN as JavaScript makes it. */
double sw_jn_round(struct sw_jn_run *run, double number, double precision);

#endif
