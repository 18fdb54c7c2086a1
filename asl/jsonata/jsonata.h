/*
 * JSONata 2.x for C: compile an expression once, evaluate it many times, from any thread. Stands on jansson
 * and PCRE2 alone (and base/); knows nothing of state machines. The language: https://docs.jsonata.org; the
 * reference implementation: jsonata-js/jsonata. Time and randomness come from the caller, so that an
 * evaluation can be repeated exactly.
 */
#ifndef SW_ASL_JSONATA_H
#define SW_ASL_JSONATA_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sw_rng; /* of base/rng.h; a program that embeds leaves it NULL, or asks with sw_jsonata_query and a seed */

/* ---- errors --------------------------------------------------------------------------------------- */

/* What the reference implementation throws: a code (S0101, T2001, D3030, U1001...), the place, the words. */
struct sw_jsonata_error {
	char code[8];          /* "" while there is none */
	uint32_t position;     /* as the reference implementation counts: UTF-16 units read so far */
	uint32_t line, column; /* 1-based, in characters: where a caret belongs; 0: no place is known */
	char token[64];        /* the token or function blamed, "" when there is none; cut at its end */
	char message[512];     /* one line, with values filled in; cut at its end */
	bool thrown; /* message has words of its own: those of $error, $assert or a function of AWS (D3137, D3141) */
};

/* ---- expressions ---------------------------------------------------------------------------------- */

enum sw_jsonata_flags {
	/*
	 * The dialect of AWS Step Functions: $partition, $range, $hash, $uuid and $parse exist, and $random takes
	 * a seed. ($eval is in no dialect here.)
	 */
	SW_JSONATA_STEP_FUNCTIONS = 1,
};

/* A compiled expression: immutable; several threads may evaluate it at once. */
struct sw_jsonata;

/*
 * text is UTF-8 of len bytes, copied. SW_EQUERY: *err says what and where; SW_ELIMIT: it is nested too deeply
 * or too long (*err says so, too, with code S0500); SW_ENOMEM. *ret_expr is freed with sw_jsonata_free.
 */
SW_API enum sw_result sw_jsonata_compile(const char *text, size_t len, unsigned flags,
					 struct sw_jsonata **ret_expr, struct sw_jsonata_error *err);
SW_API void sw_jsonata_free(struct sw_jsonata *expr); /* NULL allowed */

/*
 * Which names of variables ($name) the expression reads that it does not bind itself and that are no built-in
 * functions, in the order of the text, each at most once; name "" is `$` where no input is bound by an
 * enclosing step, "$" is `$$`. Also the first bare field name that is looked up in the input itself ("phone.x":
 * top_level is "phone"), or NULL. Borrowed; valid as long as expr.
 */
struct sw_jsonata_reference {
	const char *name;      /* "states", "x" */
	const char *member;    /* of `$name.member`, e.g. "errorOutput"; NULL: used otherwise */
	uint32_t line, column; /* in the expression */
};
SW_API size_t sw_jsonata_references(const struct sw_jsonata *expr,
				    const struct sw_jsonata_reference **ret_references);
SW_API const char *sw_jsonata_top_level(const struct sw_jsonata *expr);

/* What it was compiled to, as a tree for people (its form is no promise). New; NULL: out of memory. */
SW_API json_t *sw_jsonata_describe(const struct sw_jsonata *expr);

/* ---- evaluating ----------------------------------------------------------------------------------- */

#define SW_JSONATA_BYTES_MAX 67108864 /* memory of one evaluation */
#define SW_JSONATA_STEPS_MAX 50000000 /* nodes of the tree that one evaluation may visit, items it may make */
#define SW_JSONATA_DEPTH_MAX 500      /* nested evaluations, counted as the reference implementation does */

/* Everything an evaluation may see. All trees are borrowed and stay unchanged while it runs. */
struct sw_jsonata_env {
	const json_t *input; /* NULL: undefined */
	/* The value of a variable, or NULL when there is none of that name (then a built-in function is
	 * looked for). May be NULL. */
	const json_t *(*variable)(void *user, const char *name, size_t len);
	void *user;
	int64_t now_ms;                /* $now, $millis: the same for all of one evaluation */
	struct sw_rng *rng;            /* $random, $shuffle, $uuid; NULL: a fixed seed */
	uint64_t bytes_max, steps_max; /* 0: the values above */
	uint32_t depth_max;
};

/*
 * *ret_tree is new (parts of the input are shared in it), or NULL when the result is undefined. Functions in
 * the result become "", as the reference implementation prints them. SW_EQUERY: *err says what and where
 * (limits, too: U1001 and D1010... as far as the reference has codes for them); SW_ENOMEM.
 */
SW_API enum sw_result sw_jsonata_evaluate(const struct sw_jsonata *expr, const struct sw_jsonata_env *env,
					  json_t **ret_tree, struct sw_jsonata_error *err);

/* ---- text in, text out ------------------------------------------------------------------------------ */

/* Everything that one question needs; what is left 0 has the meaning it has above. */
struct sw_jsonata_query {
	const char *expr; /* UTF-8 */
	size_t expr_len;
	const char *input; /* a JSON text; NULL: undefined */
	size_t input_len;
	const char *variables; /* a JSON object: name, without the $ -> value; NULL: none */
	size_t variables_len;
	unsigned flags; /* of sw_jsonata_flags */
	int64_t now_ms;
	uint64_t seed; /* of $random, $shuffle and $uuid */
	uint64_t steps_max;
	uint32_t depth_max;
};

/*
 * Compiles and evaluates. *ret_text is new JSON text, indented when pretty is true and freed with sw_text_free
 * (asl.h), or NULL when the result is undefined. Numbers keep their digits where the result is a part of the
 * input. SW_EQUERY and SW_ELIMIT: *err says what and where in the expression; SW_EJSON: its message says what is
 * wrong with the input or the variables, line and column where; SW_ENOMEM.
 */
SW_API enum sw_result sw_jsonata_query(const struct sw_jsonata_query *query, bool pretty, char **ret_text,
				       struct sw_jsonata_error *err);

#ifdef __cplusplus
}
#endif
#endif
