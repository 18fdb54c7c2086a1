/*
 * How the compiler reports mistakes: a place is a chain of keys and indexes on the stack, and a finding
 * remembers it as a node of a tree of wanted places; when all is known, one walk over the text gives every
 * line and column. Private to the compiler.
 */
#ifndef SW_ASL_FINDINGS_H
#define SW_ASL_FINDINGS_H

#include "asl/asl.h"
#include "base/buf.h"

/* One step down from `up` (NULL: the whole document): a member, or an item when key is NULL. */
struct sw_place {
	const struct sw_place *up;
	const char *key; /* borrowed; lives at least until sw_findings_settle */
	size_t index;
};
#define SW_PLACE_KEY(up, key) ((struct sw_place){(up), (key), 0})
#define SW_PLACE_ITEM(up, index) ((struct sw_place){(up), NULL, (index)})

struct sw_mistake {
	enum sw_severity severity;
	const char *code;           /* static */
	const char *aws_text;       /* NULL: the text of the finding */
	const struct sw_place *at;  /* NULL: the whole document */
	bool key;                   /* the place is the key, not the value */
	const struct sw_place *aws; /* where AWS says it is, when that is not `at` */
	bool aws_elsewhere;         /* use `aws` (NULL there: the whole document) */
	bool aws_nowhere;           /* AWS names no place */
	uint32_t inner_column;      /* a place inside a string value, from 1; 0: none */
};

/* Codes of ValidateStateMachineDefinitionDiagnostic. */
#define SW_CODE_SCHEMA "SCHEMA_VALIDATION_FAILED"
#define SW_CODE_JSON "INVALID_JSON_DESCRIPTION"
#define SW_CODE_TARGET "MISSING_TRANSITION_TARGET"
#define SW_CODE_END "MISSING_END_STATE"
#define SW_CODE_DUPLICATE_STATE "DUPLICATE_STATE_NAME"
#define SW_CODE_STATE_NAME "INVALID_STATE_NAME"
#define SW_CODE_DUPLICATE_LABEL "DUPLICATE_LABEL_NAME"
#define SW_CODE_LABEL "INVALID_LABEL_NAME"
#define SW_CODE_VARIABLE "INVALID_VARIABLE_NAME"
#define SW_CODE_RESERVED_VARIABLE "RESERVED_VARIABLE_NAME"
#define SW_CODE_NO_DOLLAR "NO_DOLLAR"
#define SW_CODE_STATIC_RESULT "PASS_RESULT_IS_STATIC"

struct sw_findings *sw_findings_new(void); /* NULL when out of memory */
/* Adds one; beyond SW_FINDINGS_MAX errors (and as many warnings) nothing is added. SW_OK, SW_ENOMEM. */
enum sw_result sw_findings_add(struct sw_findings *findings, const struct sw_mistake *mistake,
			       const char *format, va_list args);
/* A finding with its place in the text known: the text is no JSON. */
enum sw_result sw_findings_add_error(struct sw_findings *findings, const char *code, const char *aws_text,
				     const struct sw_error *err);
/*
 * Reads the text (valid JSON) once: adds a finding for each key that is given twice, finds lines and columns,
 * sorts by place and drops repetitions. Call once, before the keys of places go away.
 */
enum sw_result sw_findings_settle(struct sw_findings *findings, const char *text, size_t len);

/* The text had that many lines before its own: what is found is told without them. */
void sw_findings_lift(struct sw_findings *findings, uint32_t lines);

/* AWS's way to write a place: /States/A/Branches[0]/StartAt, / for the document. Cut at the end. */
void sw_place_print_aws(const struct sw_place *place, char *text, size_t bytes);
/* RFC 6901. Cut at the end. */
void sw_place_print(const struct sw_place *place, char *text, size_t bytes);

#endif
