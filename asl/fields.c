#include "asl/fields.h"

#include <string.h>

#define IN(context) (1u << (context))
#define TASK IN(SW_STATE_TASK)
#define PASS IN(SW_STATE_PASS)
#define CHOICE IN(SW_STATE_CHOICE)
#define WAIT IN(SW_STATE_WAIT)
#define SUCCEED IN(SW_STATE_SUCCEED)
#define FAIL IN(SW_STATE_FAIL)
#define PARALLEL IN(SW_STATE_PARALLEL)
#define MAP IN(SW_STATE_MAP)
#define WORK (TASK | PARALLEL | MAP) /* may fail: Retry and Catch */
#define MOVING (PASS | WAIT | WORK)  /* have Next or End */
#define DATA (MOVING | CHOICE | SUCCEED)
#define STATES (DATA | FAIL)
#define FLOWS (IN(SW_IN_MACHINE) | IN(SW_IN_BRANCH) | IN(SW_IN_PROCESSOR))
#define RULES (IN(SW_IN_RULE) | IN(SW_IN_NESTED_RULE))
#define RETRIER IN(SW_IN_RETRIER)
#define CATCHER IN(SW_IN_CATCHER)
#define READER IN(SW_IN_ITEM_READER)
#define READER_CONFIG IN(SW_IN_READER_CONFIG)
#define BATCHER IN(SW_IN_ITEM_BATCHER)
#define WRITER IN(SW_IN_RESULT_WRITER)
#define WRITER_CONFIG IN(SW_IN_WRITER_CONFIG)

#define STRING SW_TYPE_STRING
#define OBJECT SW_TYPE_OBJECT
#define ARRAY SW_TYPE_ARRAY
#define BOOLEAN SW_TYPE_BOOLEAN
#define INTEGER SW_TYPE_INTEGER
#define NUMBER SW_TYPE_NUMBER
#define NULLABLE SW_TYPE_NULL

#define REQUIRED SW_FIELD_REQUIRED
#define JSONPATH SW_FIELD_JSONPATH
#define JSONATA SW_FIELD_JSONATA
#define EXPRESSION SW_FIELD_EXPRESSION
#define FILLED SW_FIELD_FILLED
#define LISTED SW_FIELD_LISTED
#define SELECTS SW_FIELD_SELECTS

/* "ItemsPath, Variable, InputPath, OutputPath may use $$; variables work in every path field except
 * ResultPath." */
#define ANY_PATH (SW_QUERY_PATH | SW_QUERY_CONTEXT | SW_QUERY_VARIABLE)
#define VALUE_PATH (SW_QUERY_REFERENCE | SW_QUERY_VARIABLE)
#define WIDE_PATH (VALUE_PATH | SW_QUERY_CONTEXT)
#define TEXT_PATH (WIDE_PATH | SW_QUERY_INTRINSIC)

#define SECONDS_MAX SW_WAIT_SECONDS_MAX
#define MAP_COUNT_MAX 4294967295.0

static const struct sw_field fields[] = {
	/* machines and the flows inside states */
	{"StartAt", FLOWS, STRING, REQUIRED},
	{"States", FLOWS, OBJECT, REQUIRED | FILLED},
	{"Comment",
	 IN(SW_IN_MACHINE) | IN(SW_IN_BRANCH) | IN(SW_IN_PROCESSOR) | STATES | RULES | RETRIER | CATCHER,
	 STRING, 0},
	{"Version", IN(SW_IN_MACHINE), STRING, 0, .allowed = "1.0"},
	{"TimeoutSeconds", IN(SW_IN_MACHINE), INTEGER, 0, 0, SECONDS_MAX},
	{"QueryLanguage", IN(SW_IN_MACHINE) | STATES, STRING, LISTED, .allowed = "JSONPath, JSONata"},
	{"ProcessorConfig", IN(SW_IN_PROCESSOR), OBJECT, 0},
	{"Mode", IN(SW_IN_PROCESSOR_CONFIG), STRING, 0, .allowed = "INLINE, DISTRIBUTED"},
	{"ExecutionType", IN(SW_IN_PROCESSOR_CONFIG), STRING, 0, .allowed = "STANDARD, EXPRESS"},

	/* every state */
	{"Type", STATES, STRING, REQUIRED},
	{"Next", MOVING, STRING, 0},
	{"End", MOVING, BOOLEAN, 0},
	{"InputPath", DATA, STRING | NULLABLE, JSONPATH, .kinds = ANY_PATH},
	{"OutputPath", DATA, STRING | NULLABLE, JSONPATH, .kinds = ANY_PATH},
	{"Output", DATA | IN(SW_IN_RULE) | CATCHER, SW_TYPE_ANY, JSONATA},
	{"Assign", MOVING | CHOICE | IN(SW_IN_RULE) | CATCHER, OBJECT, 0},
	{"Parameters", PASS | WORK, SW_TYPE_ANY, JSONPATH},
	{"Arguments", TASK | PARALLEL, OBJECT, JSONATA | EXPRESSION},
	{"ResultSelector", WORK, OBJECT, JSONPATH},
	{"ResultPath", PASS | WORK | CATCHER, STRING | NULLABLE, JSONPATH, .kinds = SW_QUERY_REFERENCE},
	{"Retry", WORK, ARRAY, 0},
	{"Catch", WORK, ARRAY, 0},

	/* by type */
	{"Result", PASS, SW_TYPE_ANY, JSONPATH},
	{"Resource", TASK, STRING, REQUIRED},
	{"Credentials", TASK, OBJECT, EXPRESSION},
	{"TimeoutSeconds", TASK, INTEGER, EXPRESSION, 1, SECONDS_MAX},
	{"TimeoutSecondsPath", TASK, STRING, JSONPATH, .kinds = VALUE_PATH},
	{"HeartbeatSeconds", TASK, INTEGER, EXPRESSION, 1, SECONDS_MAX},
	{"HeartbeatSecondsPath", TASK, STRING, JSONPATH, .kinds = VALUE_PATH},
	{"Choices", CHOICE, ARRAY, REQUIRED | FILLED},
	{"Default", CHOICE, STRING, 0},
	{"Seconds", WAIT, INTEGER, EXPRESSION, 0, SECONDS_MAX},
	{"SecondsPath", WAIT, STRING, JSONPATH, .kinds = VALUE_PATH},
	{"Timestamp", WAIT, STRING, 0},
	{"TimestampPath", WAIT, STRING, JSONPATH, .kinds = VALUE_PATH},
	{"Error", FAIL, STRING, 0},
	{"ErrorPath", FAIL, STRING, JSONPATH | LISTED, .kinds = TEXT_PATH},
	{"Cause", FAIL, STRING, 0},
	{"CausePath", FAIL, STRING, JSONPATH | LISTED, .kinds = TEXT_PATH},
	{"Branches", PARALLEL, ARRAY, REQUIRED | FILLED},

	/* Map */
	{"ItemProcessor", MAP, OBJECT, 0},
	{"Iterator", MAP, OBJECT, 0},
	{"ItemsPath", MAP, STRING, JSONPATH, .kinds = WIDE_PATH},
	{"Items", MAP, ARRAY | OBJECT, JSONATA | EXPRESSION},
	{"ItemSelector", MAP, SW_TYPE_ANY, 0},
	{"MaxConcurrency", MAP, INTEGER, EXPRESSION, 0, MAP_COUNT_MAX},
	{"MaxConcurrencyPath", MAP, STRING, JSONPATH, .kinds = VALUE_PATH},
	{"ToleratedFailureCount", MAP, INTEGER, EXPRESSION, 0, MAP_COUNT_MAX},
	{"ToleratedFailureCountPath", MAP, STRING, JSONPATH, .kinds = VALUE_PATH},
	{"ToleratedFailurePercentage", MAP, NUMBER, EXPRESSION, 0, 100},
	{"ToleratedFailurePercentagePath", MAP, STRING, JSONPATH, .kinds = VALUE_PATH},
	{"Label", MAP, STRING, 0},
	{"ItemReader", MAP, OBJECT, 0},
	{"ItemBatcher", MAP, OBJECT, FILLED},
	{"ResultWriter", MAP, OBJECT, FILLED},

	/* distributed Map */
	{"Resource", READER | WRITER, STRING, 0},
	{"Parameters", READER | WRITER, OBJECT, JSONPATH},
	{"Arguments", READER | WRITER, OBJECT, JSONATA | EXPRESSION},
	{"ReaderConfig", READER, OBJECT, 0},
	{"InputType", READER_CONFIG, STRING, EXPRESSION | SELECTS,
	 .allowed = "MANIFEST, JSON, CSV, JSONL, PARQUET"},
	{"Transformation", READER_CONFIG, STRING, EXPRESSION, .allowed = "NONE, LOAD_AND_FLATTEN"},
	{"ManifestType", READER_CONFIG, STRING, EXPRESSION, .allowed = "ATHENA_DATA, S3_INVENTORY"},
	{"CSVHeaderLocation", READER_CONFIG, STRING, EXPRESSION, .allowed = "FIRST_ROW, GIVEN"},
	{"CSVHeaders", READER_CONFIG, ARRAY, EXPRESSION | FILLED},
	{"CSVDelimiter", READER_CONFIG, STRING, EXPRESSION, .allowed = "COMMA, PIPE, SEMICOLON, SPACE, TAB"},
	{"ItemsPointer", READER_CONFIG, STRING, EXPRESSION},
	{"MaxItems", READER_CONFIG, INTEGER, EXPRESSION, 0, 100000000},
	{"MaxItemsPath", READER_CONFIG, STRING, JSONPATH, .kinds = VALUE_PATH},
	{"MaxItemsPerBatch", BATCHER, INTEGER, EXPRESSION, 0, MAP_COUNT_MAX},
	{"MaxItemsPerBatchPath", BATCHER, STRING, JSONPATH, .kinds = VALUE_PATH},
	{"MaxInputBytesPerBatch", BATCHER, INTEGER, EXPRESSION, 0, 262144},
	{"MaxInputBytesPerBatchPath", BATCHER, STRING, JSONPATH, .kinds = VALUE_PATH},
	{"BatchInput", BATCHER, SW_TYPE_ANY, 0},
	{"WriterConfig", WRITER, OBJECT, FILLED},
	{"Transformation", WRITER_CONFIG, STRING, 0, .allowed = "NONE, COMPACT, FLATTEN"},
	/* AWS's own editor service: "Missing property OutputType" */
	{"OutputType", WRITER_CONFIG, STRING, REQUIRED, .allowed = "JSON, JSONL"},

	/* Retry and Catch. "IntervalSeconds: a positive integer". */
	{"ErrorEquals", RETRIER | CATCHER, ARRAY, REQUIRED},
	{"IntervalSeconds", RETRIER, INTEGER, 0, 1, SECONDS_MAX},
	{"MaxAttempts", RETRIER, INTEGER, 0, 0, SECONDS_MAX},
	{"BackoffRate", RETRIER, NUMBER, 0, 1, 1e15},
	{"MaxDelaySeconds", RETRIER, INTEGER, 0, 1, 31622400},
	{"JitterStrategy", RETRIER, STRING, 0, .allowed = "NONE, FULL"},
	{"Next", CATCHER | IN(SW_IN_RULE), STRING, REQUIRED},

	/* choice rules */
	{"Condition", IN(SW_IN_RULE), BOOLEAN | STRING, JSONATA},
	{"And", RULES, ARRAY, JSONPATH | FILLED},
	{"Or", RULES, ARRAY, JSONPATH | FILLED},
	{"Not", RULES, OBJECT, JSONPATH},
	{"Variable", RULES, STRING, JSONPATH, .kinds = WIDE_PATH},
#define COMPARE(TYPE, type, NAME, text, json)  \
	{type text,                            \
	 RULES,                                \
	 json,                                 \
	 JSONPATH,                             \
	 .op = SW_OPERATOR_COMPARE,            \
	 .operand = SW_OPERAND_##TYPE,         \
	 .comparison = SW_COMPARE_##NAME},     \
		{type text "Path",             \
		 RULES,                        \
		 STRING,                       \
		 JSONPATH,                     \
		 .kinds = WIDE_PATH,           \
		 .op = SW_OPERATOR_COMPARE,    \
		 .operand = SW_OPERAND_##TYPE, \
		 .comparison = SW_COMPARE_##NAME},
#define COMPARE_STRING(NAME, text) COMPARE(STRING, "String", NAME, text, STRING)
#define COMPARE_NUMERIC(NAME, text) COMPARE(NUMERIC, "Numeric", NAME, text, NUMBER)
#define COMPARE_TIMESTAMP(NAME, text) COMPARE(TIMESTAMP, "Timestamp", NAME, text, STRING)
	SW_COMPARISONS(COMPARE_STRING) SW_COMPARISONS(COMPARE_NUMERIC) SW_COMPARISONS(COMPARE_TIMESTAMP)
		COMPARE(BOOLEAN, "Boolean", EQUALS, "Equals", BOOLEAN)
#define IS(NAME, text)                                                                        \
	{                                                                                     \
		"Is" text, RULES, BOOLEAN, JSONPATH, .op = SW_OPERATOR_IS, .is = SW_IS_##NAME \
	}
			{"StringMatches", RULES, STRING, JSONPATH, .op = SW_OPERATOR_MATCHES},
	IS(NULL, "Null"),
	IS(PRESENT, "Present"),
	IS(NUMERIC, "Numeric"),
	IS(STRING, "String"),
	IS(BOOLEAN, "Boolean"),
	IS(TIMESTAMP, "Timestamp"),
};

static const struct sw_field_choice choices[] = {
	{TASK, false, {"TimeoutSeconds", "TimeoutSecondsPath"}},
	{TASK, false, {"HeartbeatSeconds", "HeartbeatSecondsPath"}},
	{WAIT, true, {"SecondsPath", "Seconds", "TimestampPath", "Timestamp"}},
	{FAIL, false, {"Error", "ErrorPath"}},
	{FAIL, false, {"Cause", "CausePath"}},
	{MAP, true, {"ItemProcessor", "Iterator"}},
	{MAP, false, {"ItemSelector", "Parameters"}},
	{MAP, false, {"MaxConcurrency", "MaxConcurrencyPath"}},
	{MAP, false, {"ToleratedFailureCount", "ToleratedFailureCountPath"}},
	{MAP, false, {"ToleratedFailurePercentage", "ToleratedFailurePercentagePath"}},
	{READER_CONFIG, false, {"MaxItems", "MaxItemsPath"}},
	{BATCHER, false, {"MaxItemsPerBatch", "MaxItemsPerBatchPath"}},
	{BATCHER, false, {"MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"}},
};

const struct sw_field *sw_field_find(const char *name, unsigned context)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if ((fields[i].contexts & IN(context)) && fields[i].name[0] == name[0] &&
		    strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

const struct sw_field *sw_field_find_anywhere(const char *name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

const struct sw_field *sw_field_at(size_t index)
{
	return index < sizeof(fields) / sizeof(*fields) ? &fields[index] : NULL;
}

const struct sw_field_choice *sw_field_choice_at(size_t index)
{
	return index < sizeof(choices) / sizeof(*choices) ? &choices[index] : NULL;
}

const char *sw_context_name(unsigned context)
{
	static const char *const names[SW_CONTEXTS_COUNT] = {
#define STATE_NAME(NAME, name, text) [SW_STATE_##NAME] = "a " text " state",
		SW_STATE_TYPES(STATE_NAME)
#undef STATE_NAME
			[SW_IN_MACHINE] = "a state machine",
		[SW_IN_BRANCH] = "a branch",
		[SW_IN_PROCESSOR] = "an ItemProcessor",
		[SW_IN_PROCESSOR_CONFIG] = "a ProcessorConfig",
		[SW_IN_RULE] = "a choice rule",
		[SW_IN_NESTED_RULE] = "a choice rule inside And, Or or Not",
		[SW_IN_RETRIER] = "a retrier",
		[SW_IN_CATCHER] = "a catcher",
		[SW_IN_ITEM_READER] = "an ItemReader",
		[SW_IN_READER_CONFIG] = "a ReaderConfig",
		[SW_IN_ITEM_BATCHER] = "an ItemBatcher",
		[SW_IN_RESULT_WRITER] = "a ResultWriter",
		[SW_IN_WRITER_CONFIG] = "a WriterConfig",
	};
	return names[context];
}

bool sw_field_allows(const char *allowed, const char *text)
{
	size_t len = strlen(text);
	for (const char *at = allowed; at; at = strstr(at, ", ") ? strstr(at, ", ") + 2 : NULL) {
		if (len > 0 && strncmp(at, text, len) == 0 && (at[len] == '\0' || at[len] == ','))
			return true;
	}
	return false;
}
