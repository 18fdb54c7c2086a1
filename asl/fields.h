/*
 * The one table of the States Language's fields: where each may stand, which JSON types and which query
 * language it takes, its range, and what its expressions may use. Used by the compiler alone; it knows
 * nothing of text, findings or the graph.
 */
#ifndef SW_ASL_FIELDS_H
#define SW_ASL_FIELDS_H

#include "asl/graph.h"

/* The objects of a definition that have fields. The first eight are enum sw_state_type. */
enum sw_context {
	SW_IN_MACHINE = SW_STATE_TYPES_COUNT,
	SW_IN_BRANCH,
	SW_IN_PROCESSOR,
	SW_IN_PROCESSOR_CONFIG,
	SW_IN_RULE,        /* an item of Choices */
	SW_IN_NESTED_RULE, /* a rule inside And, Or, Not */
	SW_IN_RETRIER,
	SW_IN_CATCHER,
	SW_IN_ITEM_READER,
	SW_IN_READER_CONFIG,
	SW_IN_ITEM_BATCHER,
	SW_IN_RESULT_WRITER,
	SW_IN_WRITER_CONFIG,
	SW_CONTEXTS_COUNT
};

/* JSON types, as bits. */
enum sw_field_type {
	SW_TYPE_NULL = 1,
	SW_TYPE_BOOLEAN = 2,
	SW_TYPE_INTEGER = 4,
	SW_TYPE_NUMBER = 8,
	SW_TYPE_STRING = 16,
	SW_TYPE_ARRAY = 32,
	SW_TYPE_OBJECT = 64,
	SW_TYPE_ANY = 127
};

enum sw_field_flags {
	SW_FIELD_REQUIRED = 1,
	SW_FIELD_JSONPATH = 2,   /* only for the JSONPath language */
	SW_FIELD_JSONATA = 4,    /* only for the JSONata language */
	SW_FIELD_EXPRESSION = 8, /* in JSONata a string "{% %}" may stand for the value */
	SW_FIELD_FILLED = 16,    /* an array or object that may not be empty */
	/* how AWS words its mistakes (measured by others: floci-io/floci#2972, #1588) */
	SW_FIELD_LISTED = 32,  /* "Expected value of type [STRING]" */
	SW_FIELD_SELECTS = 64, /* "The field 'InputType' should have one of these values: [...]" */
};

enum sw_operator_kind { SW_OPERATOR_NONE, SW_OPERATOR_COMPARE, SW_OPERATOR_MATCHES, SW_OPERATOR_IS };

struct sw_field {
	const char *name;
	unsigned contexts; /* bits: 1 << enum sw_context or enum sw_state_type */
	unsigned types;
	unsigned flags;
	double minimum, maximum; /* of numbers; both 0: no limits */
	unsigned kinds;          /* of path fields: what SW_QUERY_ kinds they take */
	const char *allowed;     /* of strings from a closed set: "STANDARD, EXPRESS"; NULL */
	/* of comparison operators: */
	enum sw_operator_kind op;
	enum sw_operand_type operand;
	enum sw_comparison comparison;
	enum sw_is_test is;
};

/* NULL when an object of this kind has no such field. */
const struct sw_field *sw_field_find(const char *name, unsigned context);
/* The first field of that name anywhere, NULL when the language has none. */
const struct sw_field *sw_field_find_anywhere(const char *name);
/* All fields, for lists; NULL at the end. */
const struct sw_field *sw_field_at(size_t index);
/* "a Pass state", "a retrier"... */
const char *sw_context_name(unsigned context);
/* Is text one of the comma-separated words of a closed set? */
bool sw_field_allows(const char *allowed, const char *text);

/* Fields of which one object may have only one; `needed`: and must have one. */
struct sw_field_choice {
	unsigned contexts;
	bool needed;
	const char *names[4]; /* in the order of AWS's messages */
};
const struct sw_field_choice *sw_field_choice_at(size_t index); /* NULL at the end */

#endif
