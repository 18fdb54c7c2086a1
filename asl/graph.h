/*
 * The compiled machine as const structs: the inner door of asl/, for engine/ alone (not installed).
 * Everything lives in the machine's owner and is never changed after sw_machine_compile; any thread may read
 * it as long as it holds a reference.
 */
#ifndef SW_ASL_GRAPH_H
#define SW_ASL_GRAPH_H

#include "asl/asl.h"
#include "asl/jsonpath/jsonpath.h"
#include "asl/query.h"
#include "asl/state_types.h"
#include "base/hash.h"

struct sw_state;

/* A list of states with a start: the machine's own, a Parallel branch, an ItemProcessor. */
struct sw_flow {
	const struct sw_state *start;
	const struct sw_state
		*owner; /* the Parallel or Map state it belongs to; NULL for the machine's own */
	uint32_t index; /* place among the owner's branches */
};

/* A path field of JSONPath data flow: InputPath, OutputPath, ItemsPath. */
enum sw_path_mode {
	SW_PATH_DEFAULT, /* absent: $ */
	SW_PATH_NULL,    /* null: {} in, discard out */
	SW_PATH_EXPR,
};
struct sw_path_field {
	enum sw_path_mode mode;
	const struct sw_expr *expr;
};

/* A number that is written in the definition, found by a path (XPath), or computed. */
struct sw_number_field {
	bool present;
	double literal;             /* when expr is NULL */
	const struct sw_expr *expr; /* XPath field, or a JSONata string */
	const char *name;           /* the field as written: "TimeoutSecondsPath" */
};
/* The same for text: Error, Cause, Timestamp. */
struct sw_text_field {
	bool present;
	const char *literal;
	const struct sw_expr *expr;
	const char *name;
};

struct sw_assignment {
	const char *name;
	const struct sw_template *value;
};
struct sw_assign {
	const struct sw_assignment *list;
	uint32_t count;
};

struct sw_retrier {
	const char *const *errors; /* ErrorEquals */
	uint32_t errors_count;
	uint32_t interval_seconds;  /* default 1 */
	uint32_t attempts_max;      /* default 3 */
	double backoff_rate;        /* default 2.0 */
	uint32_t delay_seconds_max; /* 0: no cap */
	bool full_jitter;
};

struct sw_catcher {
	const char *const *errors;
	uint32_t errors_count;
	const struct sw_state *next;
	const struct sw_refpath *result_path; /* NULL with result_path_null false: the default, $ */
	bool result_path_null;
	const struct sw_template *output; /* JSONata */
	struct sw_assign assign;
};

enum sw_rule_kind {
	SW_RULE_AND,
	SW_RULE_OR,
	SW_RULE_NOT,
	SW_RULE_COMPARE,
	SW_RULE_MATCHES,
	SW_RULE_IS,
	SW_RULE_CONDITION
};

struct sw_rule {
	enum sw_rule_kind kind;
	const struct sw_rule *children; /* AND, OR: children_count of them; NOT: one */
	uint32_t children_count;
	const struct sw_expr *variable; /* COMPARE, MATCHES, IS */
	enum sw_operand_type operand;   /* COMPARE */
	enum sw_comparison comparison;  /* COMPARE */
	const json_t *literal;      /* COMPARE, MATCHES: what is compared with; NULL when a path gives it */
	const struct sw_expr *path; /* COMPARE: the ...Path twin */
	enum sw_is_test is;         /* IS */
	bool is_expected;           /* IS: true or false */
	const struct sw_expr *condition; /* CONDITION (JSONata); NULL: `literal` is a boolean */
	const char *operator_name;       /* as written, for messages: "StringEqualsPath" */
	/* of a top-level rule: */
	const struct sw_state *next;
	struct sw_assign assign;
	const struct sw_template *output; /* JSONata */
};

/* How a Task's Resource is called; decides which history events it makes (language.md, Service integrations).
 */
enum sw_resource_kind {
	SW_RESOURCE_LAMBDA,   /* arn:aws:lambda:...:function:f : LambdaFunction* events */
	SW_RESOURCE_ACTIVITY, /* arn:aws:states:R:A:activity:name : Activity* events */
	SW_RESOURCE_SERVICE,  /* arn:aws:states:::service:action[.suffix] : Task* events */
	SW_RESOURCE_LOCAL, /* function:NAME, command:NAME : Task* events, resourceType function or command */
};
enum sw_resource_pattern { SW_CALL_RESPONSE, SW_CALL_SYNC, SW_CALL_TOKEN };

struct sw_task_fields {
	const char *resource; /* as written */
	enum sw_resource_kind kind;
	enum sw_resource_pattern pattern; /* none, .sync or .sync:2, .waitForTaskToken */
	const char *resource_type;        /* events: "lambda", "aws-sdk:dynamodb", "states", "function" */
	const char *resource_name;        /* events: "invoke", "putItem", "startExecution.sync", "NAME" */
	struct sw_number_field timeout_seconds, heartbeat_seconds;
	const struct sw_template *credentials; /* NULL when absent */
};

struct sw_map_fields {
	struct sw_flow processor;
	bool distributed;                 /* ProcessorConfig.Mode is DISTRIBUTED */
	bool express;                     /* ProcessorConfig.ExecutionType is EXPRESS */
	bool item_selector_is_parameters; /* the old name was used */
	struct sw_path_field items_path;
	const struct sw_template *items;         /* JSONata Items; NULL when absent */
	const struct sw_template *item_selector; /* NULL: the item itself */
	struct sw_number_field concurrency_max, tolerated_count, tolerated_percentage;
	const char *label;
	const json_t *item_reader, *item_batcher,
		*result_writer; /* distributed: as written, checked; NULL when absent */
};

struct sw_state {
	uint32_t index;   /* place in sw_machine.states */
	const char *name; /* UTF-8, NUL-terminated */
	enum sw_state_type type;
	const struct sw_query_ops *language;
	const struct sw_flow *flow;  /* the list it stands in */
	const char *pointer;         /* /States/X, RFC 6901 */
	const struct sw_state *next; /* NULL: End (or Choice, Succeed, Fail) */

	/* data flow; fields a type does not have stay at their defaults */
	struct sw_path_field input_path, output_path;
	const struct sw_template *arguments;       /* Parameters or Arguments; NULL when absent */
	const struct sw_template *result_selector; /* NULL when absent */
	const struct sw_refpath *result_path;      /* NULL with result_path_null false: the default, $ */
	bool result_path_null;
	const struct sw_template *output; /* JSONata Output; NULL when absent */
	struct sw_assign assign;

	const struct sw_retrier *retriers;
	uint32_t retriers_count;
	const struct sw_catcher *catchers;
	uint32_t catchers_count;

	union {
		struct {
			const json_t *result; /* NULL when absent */
		} pass;
		struct sw_task_fields task;
		struct {
			const struct sw_rule *rules;
			uint32_t rules_count;
			const struct sw_state *fallback; /* Default; NULL when absent */
		} choice;
		struct {
			struct sw_number_field seconds;
			struct sw_text_field timestamp;
			int64_t timestamp_ms; /* of a literal Timestamp */
		} wait;
		struct {
			struct sw_text_field error, cause;
		} fail;
		struct {
			const struct sw_flow *branches;
			uint32_t branches_count;
		} parallel;
		struct sw_map_fields map;
	} as;
};

struct sw_machine {
	uint32_t references;           /* atomic */
	uint8_t hash[SW_SHA256_BYTES]; /* of the text */
	char *text;
	size_t text_len;
	struct sw_flow flow;
	const struct sw_state *states; /* all levels, in the order of the text */
	uint32_t states_count;
	int64_t timeout_seconds; /* 0: none */
	const char *comment;     /* NULL when absent */
	const struct sw_query_ops *language;
	const char *const *resources; /* of all Task states, in order */
	uint32_t resources_count;
	struct sw_owner owner;
};

/* A rule in words for people: "$.total > 100 and not ($.x is present)"; what goes on beyond about this is cut. */
#define SW_RULE_TEXT_BYTES 240
void sw_rule_print(const struct sw_rule *rule, struct sw_buf *out);

/* "Pass", ... */
const char *sw_state_type_name(enum sw_state_type type);

#endif
