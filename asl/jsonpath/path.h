/*
 * The inside of a compiled JSONPath: tokens, filters, function calls, and the text cursor that the parsers
 * share. Private to asl/jsonpath/. Everything here lives in the arena of the owner that the path was compiled
 * with.
 */
#ifndef SW_ASL_JSONPATH_PATH_H
#define SW_ASL_JSONPATH_PATH_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include "asl/jsonpath/jsonpath.h"

#include <pcre2.h>

/* Paths inside filters inside paths; parentheses count, too. */
#define SW_PATH_NESTING_MAX 24
/* Tokens of one path: no tree is deeper. */
#define SW_PATH_TOKENS_MAX (SW_JSON_DEPTH_MAX + 1)

/* ---- tokens ---------------------------------------------------------------------------------------- */

enum sw_path_token_kind {
	SW_PATH_ROOT,
	SW_PATH_PROPERTY, /* ['a'], .a, ['a','b'] */
	SW_PATH_INDEX,    /* [1], [1,2] */
	SW_PATH_SLICE,    /* [1:2] */
	SW_PATH_WILDCARD, /* *, [*] */
	SW_PATH_SCAN,     /* .. */
	SW_PATH_FILTER,   /* [?(...)] */
	SW_PATH_FUNCTION, /* .sum() */
};

enum sw_path_function {
	SW_PATH_UNKNOWN, /* known to be wrong only when it is reached */
	SW_PATH_AVG,
	SW_PATH_STDDEV,
	SW_PATH_SUM,
	SW_PATH_MIN,
	SW_PATH_MAX,
	SW_PATH_CONCAT,
	SW_PATH_LENGTH,
	SW_PATH_APPEND,
	SW_PATH_KEYS,
	SW_PATH_FIRST,
	SW_PATH_LAST,
	SW_PATH_AT, /* index(n) */
};

/* An argument: a path over the whole document, or a JSON value. */
struct sw_path_argument {
	struct sw_path_argument *next;
	const struct sw_jsonpath *path; /* or NULL */
	json_t *value;
};

struct sw_path_name {
	struct sw_path_name *next;
	const char *text;
};

struct sw_path_number {
	struct sw_path_number *next;
	int32_t value;
};

struct sw_path_token {
	enum sw_path_token_kind kind;
	struct sw_path_token *next, *prev;
	bool definite;          /* names one value at most */
	bool upstream_definite; /* all tokens before it do */
	const char *fragment;   /* canonical text, for messages: ['a'] */
	struct sw_path_name *names;
	struct sw_path_number *indexes;
	bool has_from, has_to;
	int32_t from, to;
	const struct sw_path_filter *filter;
	enum sw_path_function function;
	const char *function_name;
	struct sw_path_argument *arguments;
};

struct sw_jsonpath {
	struct sw_path_token *root, *tail;
	const char *text; /* canonical: $['a'][0] */
	bool of_root;     /* begins with $, not @ */
	bool definite;
};

static inline bool sw_path_is_leaf(const struct sw_path_token *token)
{
	return token->next == NULL;
}

/* ---- filters ----------------------------------------------------------------------------------------- */

enum sw_path_operator {
	SW_PATH_EXISTS,
	SW_PATH_EQ,
	SW_PATH_NE,
	SW_PATH_TSEQ,
	SW_PATH_TSNE,
	SW_PATH_LT,
	SW_PATH_LTE,
	SW_PATH_GT,
	SW_PATH_GTE,
	SW_PATH_REGEX,
	SW_PATH_IN,
	SW_PATH_NIN,
	SW_PATH_ALL,
	SW_PATH_CONTAINS,
	SW_PATH_SIZE,
	SW_PATH_EMPTY,
	SW_PATH_SUBSETOF,
	SW_PATH_ANYOF,
	SW_PATH_NONEOF,
	SW_PATH_NEVER, /* TYPE, MATCHES: need operands that no filter text can give */
};

enum sw_path_operand_kind {
	SW_PATH_OPERAND_PATH,
	SW_PATH_OPERAND_STRING,
	SW_PATH_OPERAND_NUMBER,
	SW_PATH_OPERAND_BOOLEAN,
	SW_PATH_OPERAND_NULL,
	SW_PATH_OPERAND_JSON, /* an array or object */
	SW_PATH_OPERAND_PATTERN,
	SW_PATH_OPERAND_UNDEFINED, /* only while evaluating: the path found nothing */
};

struct sw_path_regex {
	pcre2_code *code;
};

struct sw_path_operand {
	enum sw_path_operand_kind kind;
	const struct sw_jsonpath *path;
	bool must_exist;  /* path: @.a, not !@.a */
	const char *text; /* string: content; number: as written; JSON: as written */
	size_t len;
	bool boolean;
	json_t *tree; /* number, JSON (NULL when it cannot be read) */
	const struct sw_path_regex *regex;
};

enum sw_path_filter_kind { SW_PATH_AND, SW_PATH_OR, SW_PATH_NOT, SW_PATH_COMPARE };

struct sw_path_filter {
	enum sw_path_filter_kind kind;
	const struct sw_path_filter *first, *next; /* children; siblings */
	enum sw_path_operator op;
	struct sw_path_operand left, right;
};

/* ---- the cursor over a path's text ------------------------------------------------------------------- */

struct sw_path_lex {
	const char *text;
	long len, at, end; /* end: the last character that counts */
	uint32_t column;   /* of text[0] in the whole expression */
	struct sw_owner *owner;
	struct sw_error *err;
	unsigned nesting;
};

void sw_path_lex_init(struct sw_path_lex *lex, const char *text, size_t len, uint32_t column,
		      const struct sw_path_lex *outer);
/* The character at i, or -1 outside. */
static inline int sw_path_lex_char(const struct sw_path_lex *lex, long i)
{
	return i >= 0 && i < lex->len ? (unsigned char)lex->text[i] : -1;
}
static inline int sw_path_lex_here(const struct sw_path_lex *lex)
{
	return sw_path_lex_char(lex, lex->at);
}
static inline bool sw_path_lex_inside(const struct sw_path_lex *lex, long i)
{
	return i >= 0 && i <= lex->end;
}
static inline bool sw_path_lex_is_tail(const struct sw_path_lex *lex)
{
	return lex->at >= lex->end;
}
void sw_path_lex_trim(struct sw_path_lex *lex);
void sw_path_lex_skip_blanks(struct sw_path_lex *lex);
/* The next character behind i that is no space, within the text; -1 when there is none. Its place in *ret_at.
 */
int sw_path_lex_next(const struct sw_path_lex *lex, long i, long *ret_at);
/* Place of the previous character that is no space; -1. */
long sw_path_lex_previous(const struct sw_path_lex *lex, long i);
/* Place of the next c behind i that no backslash escapes; -1. */
long sw_path_lex_unescaped(const struct sw_path_lex *lex, long i, int c);
/* Place of the bracket that closes the one at i; strings (and /regexes/) are skipped. -1. */
long sw_path_lex_closing(const struct sw_path_lex *lex, long i, int open, int close, bool skip_regex);
/* Always SW_EQUERY: sets the error at place i. */
enum sw_result sw_path_lex_fail(struct sw_path_lex *lex, long i, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Resolves \n, \', \u0041...; NULL with an error set. NUL-terminated, in the arena. */
const char *sw_path_lex_unescape(struct sw_path_lex *lex, long from, long to, size_t *ret_len);

/* ---- parsers ------------------------------------------------------------------------------------------- */

/* A whole path; for filters and arguments. */
enum sw_result sw_path_parse(const struct sw_path_lex *outer, const char *text, size_t len, uint32_t column,
			     const struct sw_jsonpath **ret_path);
/* Text is [?(...)]. */
enum sw_result sw_path_parse_filter(const struct sw_path_lex *outer, const char *text, size_t len,
				    uint32_t column, const struct sw_path_filter **ret_filter);
/* JSON as the library's lenient parser takes it: 'single quotes', bare words. SW_EJSON, SW_ENOMEM; *ret_tree
 * is new. */
enum sw_result sw_path_parse_lenient(const char *text, size_t len, json_t **ret_tree);
enum sw_path_function sw_path_function_find(const char *name);
/* Does it use nothing but $, .name, ['name'] and [n]? */
bool sw_path_is_reference(const struct sw_jsonpath *path);
/* Does a reference path end at an array that has no such index? */
bool sw_path_misses_index(const struct sw_jsonpath *path, const json_t *root);

/* ---- evaluation --------------------------------------------------------------------------------------- */

/* What one step of an evaluation ends with: kinds of exceptions. */
enum sw_path_status {
	SW_PATH_OK,
	SW_PATH_NOT_FOUND,  /* PathNotFoundException */
	SW_PATH_INVALID,    /* InvalidPathException */
	SW_PATH_EVALUATION, /* JsonPathException and others */
	SW_PATH_BOUNDS,     /* IndexOutOfBoundsException */
	SW_PATH_LIMIT,
	SW_PATH_MEMORY,
};

struct sw_path_cached {
	struct sw_path_cached *next;
	const struct sw_jsonpath *path;
	json_t *tree;
};

/* One call of sw_jsonpath_evaluate, shared by the paths inside its filters. */
struct sw_path_run {
	const json_t *document; /* $ */
	uint32_t steps, steps_max, depth;
	struct sw_path_cached *cache;    /* results of $ paths in filters */
	struct sw_path_matcher *matcher; /* of regular expressions; NULL before the first */
	struct sw_buf *text;             /* message; may be NULL */
	bool quiet;                      /* inside a filter, where what is not found is no error */
};

/* Evaluates path over item; *ret_tree is new on SW_PATH_OK. require: a missing property is an error
 * everywhere. */
enum sw_path_status sw_path_evaluate(struct sw_path_run *run, const struct sw_jsonpath *path,
				     const json_t *item, bool require, json_t **ret_tree);
/* The same as if the path ended in [*]: what length() counts. */
enum sw_path_status sw_path_evaluate_children(struct sw_path_run *run, const struct sw_jsonpath *path,
					      const json_t *item, json_t **ret_tree);
enum sw_path_status sw_path_filter_accepts(struct sw_path_run *run, const struct sw_path_filter *filter,
					   const json_t *item, bool *ret_accepts);
enum sw_path_status sw_path_function_call(struct sw_path_run *run, const struct sw_path_token *token,
					  const json_t *model, json_t **ret_tree);
/* Counts work steps; SW_PATH_LIMIT with the message when they are too many. */
enum sw_path_status sw_path_charge(struct sw_path_run *run, size_t work);

/* ---- regex.c ---- */

/* flags: of PCRE2, beside those that all have. SW_EQUERY: *ret_offset is the byte where the mistake is. */
enum sw_result sw_path_regex_compile(const char *text, size_t len, uint32_t flags, struct sw_owner *owner,
				     const struct sw_path_regex **ret_regex, size_t *ret_offset,
				     struct sw_error *err);
/* Does all of text match? */
enum sw_path_status sw_path_regex_match(struct sw_path_run *run, const struct sw_path_regex *regex,
					const char *text, size_t len, bool *ret_matches);
void sw_path_matcher_free(struct sw_path_matcher *matcher); /* NULL allowed */

/* Sets the message and gives back status. */
enum sw_path_status sw_path_throw(struct sw_path_run *run, enum sw_path_status status, const char *format,
				  ...) __attribute__((format(printf, 3, 4)));

#endif
