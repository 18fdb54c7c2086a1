/*
 * A compiled JSONata expression: the tree, its scopes and slots, function values. Private to the parser, the
 * passes behind it and the evaluator; built-ins see internal.h alone. All of it lives in the arena of the
 * expression and is never changed once compiled.
 */
#ifndef SW_ASL_JSONATA_TREE_H
#define SW_ASL_JSONATA_TREE_H

#include "asl/jsonata/internal.h"

/* ---- nodes ---------------------------------------------------------------------------------------- */

enum sw_jn_node_kind {
	SW_JN_NODE_END, /* the end of the text, taken for an operand: a mistake */
	SW_JN_NODE_NAME,
	SW_JN_NODE_STRING,
	SW_JN_NODE_NUMBER,
	SW_JN_NODE_VALUE, /* true, false, null */
	SW_JN_NODE_VARIABLE,
	SW_JN_NODE_REGEX,
	SW_JN_NODE_OPERATOR, /* `and`, `or`, `in` as an operand: a name; `?` as an argument: left open */
	SW_JN_NODE_BINARY,
	SW_JN_NODE_NEGATE,
	SW_JN_NODE_ARRAY,
	SW_JN_NODE_OBJECT, /* items: key, value, key, value... */
	SW_JN_NODE_WILDCARD,
	SW_JN_NODE_DESCENDANT,
	SW_JN_NODE_PARENT,
	SW_JN_NODE_FUNCTION, /* lhs: what is called; items: arguments */
	SW_JN_NODE_PARTIAL,
	SW_JN_NODE_LAMBDA,    /* items: parameters; lhs: body */
	SW_JN_NODE_CONDITION, /* lhs ? rhs : other */
	SW_JN_NODE_ELVIS,     /* lhs ?: rhs */
	SW_JN_NODE_COALESCE,  /* lhs ?? rhs */
	SW_JN_NODE_BLOCK,
	SW_JN_NODE_TRANSFORM, /* |lhs|rhs,other| */
	/* made by the passes */
	SW_JN_NODE_PATH,  /* items: steps */
	SW_JN_NODE_FIELD, /* a path that is one plain name */
	SW_JN_NODE_SORT,  /* items: terms; a step */
	SW_JN_NODE_BIND,
	SW_JN_NODE_APPLY, /* lhs ~> rhs */
};

enum sw_jn_op {
	SW_JN_OP_NONE,
	SW_JN_OP_DOT,
	SW_JN_OP_FILTER,
	SW_JN_OP_GROUP,
	SW_JN_OP_SORT,
	SW_JN_OP_BIND,
	SW_JN_OP_FOCUS,
	SW_JN_OP_INDEX,
	SW_JN_OP_APPLY,
	SW_JN_OP_ADD,
	SW_JN_OP_SUBTRACT,
	SW_JN_OP_MULTIPLY,
	SW_JN_OP_DIVIDE,
	SW_JN_OP_MODULO,
	SW_JN_OP_EQUAL,
	SW_JN_OP_NOT_EQUAL,
	SW_JN_OP_LESS,
	SW_JN_OP_LESS_EQUAL,
	SW_JN_OP_GREATER,
	SW_JN_OP_GREATER_EQUAL,
	SW_JN_OP_CONCAT,
	SW_JN_OP_RANGE,
	SW_JN_OP_IN,
	SW_JN_OP_AND,
	SW_JN_OP_OR,
};

struct sw_jn_node;

struct sw_jn_nodes {
	struct sw_jn_node **items;
	uint32_t count, capacity;
};

/* Where a `%` gets its value from: the tuple entry of this label, set by the step that it names. */
struct sw_jn_ancestor {
	uint32_t label;
	int level;
};

struct sw_jn_ancestors {
	struct sw_jn_ancestor **items;
	uint32_t count, capacity;
};

/* [filter] or #$index behind a step. */
struct sw_jn_stage {
	struct sw_jn_node *filter; /* NULL: an index */
	uint32_t index;            /* the name it binds */
	bool framed;               /* evaluated in a frame of its own, with the tuple */
	uint32_t slots;
};

struct sw_jn_stages {
	struct sw_jn_stage *items;
	uint32_t count, capacity;
};

/* One frame that may hold a variable, nearest first. */
struct sw_jn_place {
	uint16_t hops;    /* frames to go out */
	uint16_t by_name; /* look in the tuple of that frame by name */
	uint32_t slot;
};

struct sw_jn_group_by {
	struct sw_jn_nodes pairs; /* key, value, key, value... */
	uint32_t position, at;
	bool plain; /* all keys are strings in the text and differ */
	bool framed;
	uint32_t slots;
};

struct sw_jn_regex;
struct sw_jn_signature;

struct sw_jn_node {
	uint8_t kind, op;
	bool keep_array, keep_singleton, cons, thunk, descending;
	bool tuple;        /* of steps: makes a stream of tuples; of paths and blocks: hands one on */
	bool closure;      /* holds something that captures its frame */
	bool own_frame;    /* of blocks: not part of the frame around it; of sorts: tuples are sorted */
	bool plain;        /* of paths: no tuples; of steps: a name and nothing else */
	bool distinct;     /* of objects: all keys are strings in the text and differ */
	bool folded;       /* a constant that was an expression */
	bool dressed;      /* has predicates or a group */
	uint32_t position; /* as the reference implementation counts: UTF-16 units up to the token's end */
	uint32_t at;       /* byte where the token starts */
	struct sw_jn_value value; /* literals; the text of names, variables, operators */
	uint32_t name;            /* of names that are bound: its number */
	uint32_t hash;            /* of names: as objects hash them */
	struct sw_jn_node *lhs, *rhs, *other;
	struct sw_jn_node
		*variable; /* of calls of a name: the variable that may be meant; of transforms: $clone */
	struct sw_jn_nodes items;
	struct sw_jn_stages predicates, stages;
	struct sw_jn_group_by *group;
	uint32_t focus, index; /* names bound by @ and #; 0: none */
	struct sw_jn_ancestor *ancestor, *slot;
	struct sw_jn_ancestors seeking;
	const struct sw_jn_signature *signature;
	const struct sw_jn_regex *regex;
	const struct sw_jn_place *places; /* of variables and %: where to look */
	uint32_t places_count;
	uint32_t global;                  /* of variables: 1 + number of the free name; 0: none */
	uint32_t slot_first, slots_count; /* of blocks without a frame of their own: slots to clear */
	uint32_t frame_slots;             /* slots of the frame made here */
	uint32_t tuple_slots;             /* of steps: slots of the frame that a tuple of the stream gets */
};

/* A name that no enclosing scope binds. */
struct sw_jn_global {
	const char *name;
	uint32_t len;
	const struct sw_jn_function *builtin; /* NULL: there is none */
};

struct sw_jsonata {
	struct sw_arena arena;
	char *text;
	size_t len;
	unsigned flags;
	struct sw_jn_node *root;
	uint32_t root_slots;
	struct sw_jn_global *globals;
	uint32_t globals_count, globals_capacity;
	struct sw_jn_regex *regexes; /* chained, for free */
	uint32_t regexes_count;
	struct sw_jsonata_reference *references;
	uint32_t references_count, references_capacity;
	const char *top_level;
};

/* ---- compiling ------------------------------------------------------------------------------------ */

enum sw_jn_token_kind {
	SW_JN_TOKEN_END,
	SW_JN_TOKEN_OPERATOR,
	SW_JN_TOKEN_NAME,
	SW_JN_TOKEN_VARIABLE,
	SW_JN_TOKEN_STRING,
	SW_JN_TOKEN_NUMBER,
	SW_JN_TOKEN_VALUE,
	SW_JN_TOKEN_REGEX,
};

struct sw_jn_token {
	uint8_t kind;
	uint8_t symbol; /* of operators: see lexer.c */
	uint32_t position, at;
	struct sw_jn_value value;
	const struct sw_jn_regex *regex;
};

/* Names of variables by number, 1 and up. */
struct sw_jn_name {
	struct sw_jn_value text;
	uint32_t hash, next;                /* of the same slot */
	bool in_tuples;                     /* some @ or # binds it */
	uint32_t global;                    /* 1 + its number there; 0: none yet */
	struct sw_jn_declaration *declared; /* while resolving: innermost first */
};
struct sw_jn_names {
	struct sw_jn_name *items;
	uint32_t count, capacity;
	uint32_t slots[64];
};

/* One compilation. */
struct sw_jn_compiler {
	struct sw_jsonata *expr;
	struct sw_arena *arena;
	struct sw_jsonata_error *err;
	enum sw_result failed;
	const char *text;
	size_t len, at;    /* of the lexer */
	uint32_t position; /* UTF-16 units before `at` */
	struct sw_jn_token token;
	uint32_t depth;
	bool bare_token;          /* the token of a failure is no text: messages hold it without quotes */
	struct sw_jn_names names; /* of variables bound by @, #, := and parameters: number 1 is the first */
	uint32_t labels;
};

/* Symbols of operators: bytes for those of one character, these for the others. */
enum sw_jn_symbol {
	SW_JN_SYMBOL_RANGE = 128,
	SW_JN_SYMBOL_BIND,
	SW_JN_SYMBOL_NOT_EQUAL,
	SW_JN_SYMBOL_GREATER_EQUAL,
	SW_JN_SYMBOL_LESS_EQUAL,
	SW_JN_SYMBOL_DESCENDANT,
	SW_JN_SYMBOL_APPLY,
	SW_JN_SYMBOL_ELVIS,
	SW_JN_SYMBOL_COALESCE,
	SW_JN_SYMBOL_AND,
	SW_JN_SYMBOL_OR,
	SW_JN_SYMBOL_IN,
};

#define SW_JN_NESTING_MAX 500     /* of an expression's text */
#define SW_JN_CHAIN_MAX 2000      /* operators of one chain: a & b & c... */
#define SW_JN_TEXT_MAX (1u << 20) /* bytes of an expression */

void *sw_jn_compiler_alloc(struct sw_jn_compiler *compiler, size_t bytes);
/* Fails with a code; value fills {{value}}, token {{token}}: JSON texts, may be NULL. Returns the result. */
enum sw_result sw_jn_compiler_fail(struct sw_jn_compiler *compiler, const char *code, uint32_t position,
				   uint32_t at, const char *token, const char *value);
enum sw_result sw_jn_lex(struct sw_jn_compiler *compiler, bool infix);
enum sw_result sw_jn_parse(struct sw_jn_compiler *compiler, struct sw_jn_node **ret_root);
enum sw_result sw_jn_process(struct sw_jn_compiler *compiler, struct sw_jn_node **root);
enum sw_result sw_jn_resolve(struct sw_jn_compiler *compiler, struct sw_jn_node *root);
struct sw_jn_node *sw_jn_node_new(struct sw_jn_compiler *compiler, enum sw_jn_node_kind kind);
enum sw_result sw_jn_nodes_push(struct sw_jn_compiler *compiler, struct sw_jn_nodes *nodes,
				struct sw_jn_node *node);
/* Room for one more of an array in the compiler's arena; NULL: out of memory. */
void *sw_jn_compiler_grow(struct sw_jn_compiler *compiler, void *items, uint32_t count, uint32_t *capacity,
			  size_t bytes);
/* The number of a name of variables, 1 and up; 0: out of memory. */
uint32_t sw_jn_name_number(struct sw_jn_compiler *compiler, struct sw_jn_value name);
enum sw_result sw_jn_regex_compile(struct sw_jn_compiler *compiler, const char *pattern, size_t len,
				   bool caseless, bool multiline, const struct sw_jn_regex **ret_regex);
void sw_jn_regex_free_all(struct sw_jn_regex *first);
const char *sw_jn_regex_source(const struct sw_jn_regex *regex, size_t *ret_len);

/* text is "<s-n?:s>", NUL-terminated; *ret_offset is where it is wrong. */
enum sw_result sw_jn_signature_parse(struct sw_jn_compiler *compiler, const char *text,
				     const struct sw_jn_signature **ret_signature, const char **ret_code,
				     uint32_t *ret_offset);
/* *ret_args is memory of the run or args itself, of at least room_min values. */
enum sw_result sw_jn_signature_validate(struct sw_jn_run *run, const struct sw_jn_signature *signature,
					const struct sw_jn_value *args, unsigned count,
					struct sw_jn_value context, unsigned room_min,
					const struct sw_jn_value **ret_args, unsigned *ret_count);
unsigned sw_jn_signature_length(const struct sw_jn_signature *signature);

#define SW_JN_LABEL 0x80000000u /* names of tuple entries that are labels of ancestors */

/* ---- evaluating ----------------------------------------------------------------------------------- */

#define SW_JN_KIND_UNBOUND 255 /* of slots that hold nothing yet, and of arguments left open */
#define SW_JN_FORM_THUNK 1     /* of functions: a tail call that the caller is to make */
#define SW_JN_OUTER 16         /* array flag: the wrapping of an input that is an array */
#define SW_JN_FORM_TUPLE 16    /* of objects: a tuple, an item of a stream with SW_JN_TUPLES */

struct sw_jn_bound {
	uint32_t name;
	struct sw_jn_value value;
};

struct sw_jn_tuple {
	struct sw_jn_value item; /* "@" */
	uint32_t count;
	struct sw_jn_bound bound[];
};

struct sw_jn_frame {
	struct sw_jn_frame *parent;
	const struct sw_jn_tuple *tuple;
	uint32_t slots_count;
	struct sw_jn_value slots[];
};

enum sw_jn_function_type {
	SW_JN_FUNCTION_BUILTIN,
	SW_JN_FUNCTION_LAMBDA,
	SW_JN_FUNCTION_PARTIAL,
	SW_JN_FUNCTION_REGEX,
	SW_JN_FUNCTION_NEXT, /* the member `next` of a match */
	SW_JN_FUNCTION_TRANSFORM,
	SW_JN_FUNCTION_CHAIN, /* f ~> g */
};

struct sw_jn_function {
	uint8_t type;
	uint32_t parameters;
	const struct sw_jn_builtin *builtin;
	const struct sw_jn_signature *signature;
	const struct sw_jn_node *node; /* of lambdas, transforms, regular expressions */
	struct sw_jn_frame *frame;
	struct sw_jn_value input;                    /* `$` where it was made; of next: the text */
	const struct sw_jn_function *first, *second; /* partial: of first; chain: second(first(x)) */
	const struct sw_jn_value *args;              /* of partial: unbound where left open */
	uint32_t args_count;
	size_t from; /* of next */
};

static inline struct sw_jn_value sw_jn_function_value(const struct sw_jn_function *function)
{
	return (struct sw_jn_value){.kind = SW_JN_FUNCTION, .function = function};
}

enum sw_result sw_jn_eval(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			  struct sw_jn_frame *frame, struct sw_jn_value *ret_value);
/* As sw_jn_eval; a path or block that hands on its stream of tuples gives it, for those who look inside. */
enum sw_result sw_jn_eval_stream(struct sw_jn_run *run, const struct sw_jn_node *node,
				 struct sw_jn_value input, struct sw_jn_frame *frame,
				 struct sw_jn_value *ret_value);
/* What the tuples of a stream are about, as a sequence. */
enum sw_result sw_jn_stream_items(struct sw_jn_run *run, struct sw_jn_value stream,
				  struct sw_jn_value *ret_array);
enum sw_result sw_jn_eval_path(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			       struct sw_jn_frame *frame, struct sw_jn_value *ret_value);
/* Of one [filter]; the result is an array, or the only item where that comes to the same. */
enum sw_result sw_jn_eval_filter(struct sw_jn_run *run, const struct sw_jn_stage *stage,
				 struct sw_jn_value input, struct sw_jn_frame *frame,
				 struct sw_jn_value *ret_value);
enum sw_result sw_jn_eval_stages(struct sw_jn_run *run, const struct sw_jn_stages *stages,
				 struct sw_jn_value *value, struct sw_jn_frame *frame);
enum sw_result sw_jn_eval_group(struct sw_jn_run *run, const struct sw_jn_group_by *group,
				struct sw_jn_value input, struct sw_jn_frame *frame,
				struct sw_jn_value *ret_value);
enum sw_result sw_jn_eval_sort(struct sw_jn_run *run, const struct sw_jn_node *node, struct sw_jn_value input,
			       struct sw_jn_frame *frame, struct sw_jn_value *ret_value);
/* A step in a stream of tuples; stream: the items of input are tuples already. */
enum sw_result sw_jn_eval_tuple_step(struct sw_jn_run *run, const struct sw_jn_node *step,
				     struct sw_jn_value input, bool stream, struct sw_jn_frame *frame,
				     struct sw_jn_value *ret_stream);
enum sw_result sw_jn_eval_function(struct sw_jn_run *run, const struct sw_jn_node *node,
				   struct sw_jn_value input, struct sw_jn_frame *frame,
				   const struct sw_jn_value *applied, struct sw_jn_value *ret_value);
enum sw_result sw_jn_eval_partial(struct sw_jn_run *run, const struct sw_jn_node *node,
				  struct sw_jn_value input, struct sw_jn_frame *frame,
				  struct sw_jn_value *ret_value);
enum sw_result sw_jn_eval_apply(struct sw_jn_run *run, const struct sw_jn_node *node,
				struct sw_jn_value input, struct sw_jn_frame *frame,
				struct sw_jn_value *ret_value);
enum sw_result sw_jn_eval_binary(struct sw_jn_run *run, const struct sw_jn_node *node,
				 struct sw_jn_value input, struct sw_jn_frame *frame,
				 struct sw_jn_value *ret_value);
enum sw_result sw_jn_transform(struct sw_jn_run *run, const struct sw_jn_function *function,
			       struct sw_jn_value object, struct sw_jn_value *ret_value);
/* A value as the only item of a sequence. */
enum sw_result sw_jn_wrap(struct sw_jn_run *run, struct sw_jn_value value, unsigned flags,
			  struct sw_jn_value *ret_array);
static inline const struct sw_jn_tuple *sw_jn_tuple_of(struct sw_jn_value value)
{
	return value.kind == SW_JN_OBJECT && value.form == SW_JN_FORM_TUPLE
		       ? (const struct sw_jn_tuple *)(const void *)value.object
		       : NULL;
}
/* What an expression gives for a sequence: nothing, its only item, or the sequence. */
static inline struct sw_jn_value sw_jn_unwrap(struct sw_jn_value value)
{
	if (value.kind != SW_JN_ARRAY || (value.flags & (SW_JN_SEQUENCE | SW_JN_TUPLES)) != SW_JN_SEQUENCE)
		return value;
	if (value.len == 0)
		return SW_JN_UNDEFINED_VALUE;
	return value.len == 1 && !(value.flags & SW_JN_KEEP_SINGLETON) ? sw_jn_array_at(value, 0) : value;
}
/* Puts or replaces an entry of a tuple, which has room for it and is seen by nobody else. */
void sw_jn_tuple_set(struct sw_jn_value tuple, uint32_t name, struct sw_jn_value value);
/* A frame for an item of a stream of tuples (or for a plain one); *ret_item is what it is about. */
struct sw_jn_frame *sw_jn_tuple_frame(struct sw_jn_run *run, struct sw_jn_frame *parent, uint32_t slots,
				      struct sw_jn_value item, struct sw_jn_value *ret_item);
/* As many tuples in one: what $append makes of their entries. */
enum sw_result sw_jn_tuples_reduce(struct sw_jn_run *run, struct sw_jn_value tuples,
				   struct sw_jn_value *ret_tuple);
/* What a variable is in this frame; also the values of `%`. */
enum sw_result sw_jn_eval_variable(struct sw_jn_run *run, const struct sw_jn_node *node,
				   struct sw_jn_frame *frame, struct sw_jn_value *ret_value);
enum sw_result sw_jn_apply_with(struct sw_jn_run *run, struct sw_jn_value function,
				const struct sw_jn_value *args, unsigned count, struct sw_jn_value focus,
				struct sw_jn_value *ret_value);
/* A frame in the memory of the run, its slots unbound. NULL: out of memory. */
struct sw_jn_frame *sw_jn_frame_new(struct sw_jn_run *run, struct sw_jn_frame *parent, uint32_t slots);
/* Gives back the memory of one that nothing holds on to. */
void sw_jn_frame_free(struct sw_jn_run *run, struct sw_jn_frame *frame);
/* Is the C stack nearly used up? SW_EQUERY with U1001. */
enum sw_result sw_jn_deeper(struct sw_jn_run *run);
/* The place of a failure, as the reference implementation reports it, and where the caret belongs. */
void sw_jn_blame(struct sw_jn_run *run, const struct sw_jn_node *node, const char *token, size_t len);
enum sw_result sw_jn_lookup(struct sw_jn_run *run, struct sw_jn_value input, const struct sw_jn_node *name,
			    struct sw_jn_value *ret_value);
/* Bytes of the character at text; 0: there is none that UTF-8 knows. */
size_t sw_jn_character(const char *text, size_t left);
/* Half of a surrogate pair, written like a character of three bytes. */
bool sw_jn_half_pair(const char *text, size_t left);
uint32_t sw_jn_hash(const char *key, size_t len);
/* Removes a member, if it is there. */
void sw_jn_object_remove(struct sw_jn_object *object, const char *key, size_t len);
/* A deep copy whose objects may be changed, as $clone makes it. */
enum sw_result sw_jn_clone(struct sw_jn_run *run, struct sw_jn_value value, struct sw_jn_value *ret_value);
/* Calls a regular expression as a function of a text and of where to begin (which $filter and others take for the
 * index of the item): a match object or undefined. */
enum sw_result sw_jn_regex_apply(struct sw_jn_run *run, const struct sw_jn_function *function,
				 const struct sw_jn_value *args, unsigned count,
				 struct sw_jn_value *ret_value);
/* The same, from a byte on. */
enum sw_result sw_jn_regex_call(struct sw_jn_run *run, const struct sw_jn_function *function, size_t from,
				struct sw_jn_value text, struct sw_jn_value *ret_value);

/* ---- errors ----------------------------------------------------------------------------------------- */

/* Text with {{token}} and friends, NULL for unknown codes. */
const char *sw_jn_error_text(const char *code);
/* What fills it: JSON texts; NULL: "undefined". */
struct sw_jn_fill {
	const char *token, *value, *value2, *type, *name, *message;
	unsigned index;
};
/* Replaces what is no UTF-8 in text: halves of surrogate pairs, and the character that was cut at its end. */
void sw_jn_error_clean(char *text);
void sw_jn_error_message(struct sw_jsonata_error *err, const struct sw_jn_fill *fill);
/* Line and column of byte `at`. */
void sw_jn_error_place(struct sw_jsonata_error *err, const char *text, size_t len, size_t at);

/* ---- for people ----------------------------------------------------------------------------------- */

const char *sw_jn_op_text(uint8_t op); /* "+" */

#endif
