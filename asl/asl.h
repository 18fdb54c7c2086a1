/*
 * The language: text in, an immutable machine or a list of mistakes out. The public door of asl/ (installed
 * as stepwell/asl.h). It knows nothing of executions, storage or loops. No function here prints or keeps
 * state outside its arguments; handles are thread-compatible unless it says otherwise.
 */
#ifndef STEPWELL_ASL_H
#define STEPWELL_ASL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- findings: the mistakes of a definition, all at once ----------------------------------------- */

enum sw_severity { SW_SEVERITY_ERROR, SW_SEVERITY_WARNING };

struct sw_finding {
	enum sw_severity severity;
	/* AWS's code: SCHEMA_VALIDATION_FAILED, INVALID_JSON_DESCRIPTION, MISSING_TRANSITION_TARGET, ... */
	const char *code;
	/* AWS's text for it ("String does not match RFC3339 timestamp"); equal to error.text where AWS has
	 * none. */
	char aws_text[1280];
	/* Where AWS says it is ("/States/A/Branches[0]/StartAt", "/" for the whole); empty where AWS names no
	 * place. */
	char aws_location[256];
	struct sw_error error; /* line, column, JSON pointer, and a message that says how to mend it */
};

struct sw_findings; /* owned by the caller; in the order of the text, those of the whole last */
SW_API void sw_findings_free(struct sw_findings *findings); /* NULL allowed */
SW_API size_t sw_findings_count(const struct sw_findings *findings);
SW_API size_t sw_findings_errors(const struct sw_findings *findings); /* without warnings */
SW_API const struct sw_finding *sw_findings_get(const struct sw_findings *findings,
						size_t index); /* borrowed */

/* ---- machines ---------------------------------------------------------------------------------------- */

struct sw_machine; /* compiled, immutable, counted; ref and unref from any thread */

/*
 * Compiles an ASL definition (UTF-8 JSON text of at most SW_DEFINITION_BYTES_MAX bytes).
 * SW_OK: *ret_machine is new (sw_machine_unref). SW_EDEFINITION: there are mistakes. SW_ELIMIT, SW_ENOMEM.
 * *ret_findings (may be NULL) is set, new, on SW_OK (warnings) and SW_EDEFINITION; err gets the first
 * mistake. Source: States Language specification; CreateStateMachine and ValidateStateMachineDefinition of
 * the AWS API.
 */
SW_API enum sw_result sw_machine_compile(const char *text, size_t len, struct sw_machine **ret_machine,
					 struct sw_findings **ret_findings, struct sw_error *err);
/*
 * The same for the definition of one state alone, {"Type": "Pass", ...}: a machine of that state under the
 * given name, for looking at and for TestState. What its transitions lead to need not exist; such a machine
 * must not be started.
 */
SW_API enum sw_result sw_machine_compile_state(const char *text, size_t len, const char *name,
					       struct sw_machine **ret_machine,
					       struct sw_findings **ret_findings, struct sw_error *err);
/*
 * What an EXPRESS state machine may not have: activities, .sync and .waitForTaskToken calls, distributed
 * Maps. SW_OK, or SW_EDEFINITION with *ret_findings (may be NULL; new) and the first of them in err.
 * SW_ENOMEM.
 */
SW_API enum sw_result sw_machine_check_express(const struct sw_machine *machine,
					       struct sw_findings **ret_findings, struct sw_error *err);
SW_API struct sw_machine *sw_machine_ref(struct sw_machine *machine);
SW_API void sw_machine_unref(struct sw_machine *machine); /* NULL allowed */
/* The definition as it was given; borrowed while the machine lives. */
SW_API const char *sw_machine_text(const struct sw_machine *machine, size_t *ret_len);
SW_API const char *
sw_machine_comment(const struct sw_machine *machine); /* NULL when there is none; borrowed */
/* Every Resource that the machine names, in order, duplicates included. index from 0; NULL at the end. */
SW_API const char *sw_machine_resource(const struct sw_machine *machine, size_t index);

/*
 * The workflow variables that each state of a definition refers to, as DescribeStateMachine tells them:
 * {"State": ["name", ...], ...}, names sorted, only states that refer to any. *ret_json is new, NULL when there are
 * none (free with sw_text_free). SW_EJSON, SW_ENOMEM.
 */
SW_API enum sw_result sw_definition_variables(const char *text, size_t len, char **ret_json,
					      struct sw_error *err);

enum sw_draw_format { SW_DRAW_DOT, SW_DRAW_MERMAID };
/* Draws the machine. *ret_text is new (free with sw_text_free). Any text in names is escaped. */
SW_API enum sw_result sw_machine_draw(const struct sw_machine *machine, enum sw_draw_format format,
				      char **ret_text);
SW_API void sw_text_free(char *text); /* NULL allowed */

/*
 * What the compiler made of a machine, as JSON for people and tools (members may be added): every state with the
 * defaults filled in, where it leads, its expressions by their places, the delays of its retriers. *ret_json is new
 * (free with sw_text_free). SW_ENOMEM.
 */
SW_API enum sw_result sw_machine_explain(const struct sw_machine *machine, char **ret_json);
/*
 * The same for one expression: "{% ... %}" (JSONata), a path or a call of an intrinsic function. SW_EQUERY: err says
 * what is wrong and in which column; SW_EINVAL: it is not supported in a state machine; SW_ENOMEM.
 */
SW_API enum sw_result sw_expression_explain(const char *text, size_t len, char **ret_json,
					    struct sw_error *err);

/* ---- placeholders of deployment tools: ${Name} -------------------------------------------------------- */

struct sw_substitution {
	const char *name, *value;
};
/*
 * Replaces each ${Name} inside strings of the JSON text by its value, escaped for JSON. A placeholder is ${ +
 * letters, digits, '_', '.', ':', '-' + }. One without a value is SW_EDEFINITION, with its name, line and
 * column in err, unless keep_unknown. *ret_text is new. Source: AWS SAM and CloudFormation,
 * DefinitionSubstitutions.
 */
SW_API enum sw_result sw_definition_substitute(const char *text, size_t len,
					       const struct sw_substitution *list, size_t count,
					       bool keep_unknown, char **ret_text, size_t *ret_len,
					       struct sw_error *err);

/* ---- single expressions, for tools -------------------------------------------------------------------- */

/*
 * Evaluates one JSONPath over a JSON document, as AWS does. SW_OK: *ret_text (new) is the compact JSON
 * result. SW_EQUERY: the path is malformed (err->column), finds nothing or fails; *ret_kind (may be NULL) is
 * then "invalid_path", "not_found", "evaluation" or "limit" (static). SW_EJSON: the document is no JSON.
 */
SW_API enum sw_result sw_jsonpath_query(const char *path, size_t path_len, const char *json, size_t json_len,
					char **ret_text, const char **ret_kind, struct sw_error *err);

/* What an expression may see, as JSON texts that end with NUL; NULL stands for {}. */
struct sw_expression_env {
	const char *input, *context, *variables; /* $, $$, and the object of all $name */
	const uint64_t *seed; /* of States.MathRandom and States.UUID; NULL: another one at every call */
};
/*
 * Evaluates one call of an intrinsic function, "States.Format('{}', $.a)". SW_OK: *ret_text (new) is the compact JSON
 * result. SW_EQUERY: it is malformed (err->column) or it fails; then err->column is 0 and *ret_error (such as
 * States.Runtime) and *ret_cause, both new, say why as an execution would. SW_EJSON: one of the texts of env
 * is no JSON, and err->pointer names it ("/input"). Both ret_error and ret_cause may be NULL.
 */
SW_API enum sw_result sw_intrinsic_query(const char *call, size_t call_len,
					 const struct sw_expression_env *env, char **ret_text,
					 char **ret_error, char **ret_cause, struct sw_error *err);

/* Checks that text is one JSON value within the limits; SW_EJSON with line and column. */
SW_API enum sw_result sw_text_check_json(const char *text, size_t len, struct sw_error *err);
/* The same text indented for people, numbers unchanged. *ret_text is new. */
SW_API enum sw_result sw_text_pretty_json(const char *text, size_t len, char **ret_text,
					  struct sw_error *err);

#ifdef __cplusplus
}
#endif
#endif
