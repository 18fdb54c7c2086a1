/*
 * Every limit has a name, and its home is here. AWS's value is the default (quotas page, API model); what an
 * operator may change is a field of struct sw_limits. Units are the last word of a name.
 */
#ifndef STEPWELL_LIMITS_H
#define STEPWELL_LIMITS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SW_PAYLOAD_BYTES_MAX 262144       /* input, output, state and task data */
#define SW_DEFINITION_BYTES_MAX 1048576   /* text of a definition */
#define SW_HISTORY_EVENTS_MAX 25000       /* event 25,000 is the ExecutionFailed */
#define SW_NAME_CHARACTERS_MAX 80         /* machines, executions, states, activities */
#define SW_ERROR_BYTES_MAX 256            /* error names (API model) */
#define SW_CAUSE_BYTES_MAX 32768          /* causes (API model) */
#define SW_TOKEN_BYTES_MAX 2048           /* task tokens (API model) */
#define SW_ARN_BYTES_MAX 256              /* API model */
#define SW_PAGE_RESULTS_MAX 1000          /* API model */
#define SW_PAGE_RESULTS_DEFAULT 100       /* API model: 0 means 100 */
#define SW_JSON_DEPTH_MAX 1000            /* nested arrays and objects */
#define SW_STATES_MAX 10000               /* states of a definition, all levels together */
#define SW_FINDINGS_MAX 200               /* mistakes reported of one definition */
#define SW_MAP_CONCURRENCY_MAX 40         /* inline Map: MaxConcurrency 0 means this */
#define SW_PATH_STEPS_MAX 1000000         /* nodes one JSONPath evaluation may visit */
#define SW_QUERY_STEPS_MAX 10000000       /* the same for all JSONPath expressions of a state together */
#define SW_PATH_BYTES_MAX 65536           /* text of one path */
#define SW_REGEX_MATCH_STEPS_MAX 1000000  /* steps of all regular expressions of one evaluation */
#define SW_WAIT_SECONDS_MAX 99999999      /* Wait, timeouts, intervals */
#define SW_TURN_TRANSITIONS_MAX 256       /* states one execution enters before others have their turn */
#define SW_TURN_HISTORY_BYTES_MAX 1048576 /* new history of one turn */
#define SW_BATCH_BYTES_MAX 4194304        /* one commit */
#define SW_VALUE_INLINE_BYTES_MAX 512     /* longer values have a record of their own */
#define SW_INPUT_INLINE_BYTES_MAX 96      /* the same for an execution's input, which every record may name */
#define SW_COMMAND_OUTPUT_BYTES_MAX 262144 /* standard output of a command task */
#define SW_COMMAND_PROCESSES_MAX 64        /* command tasks at once, all resources together */

/* How long executions are kept after their end: 90 days. */
#define SW_RETENTION_MS INT64_C(7776000000)

/* What an operator may change. Start from SW_LIMITS. */
struct sw_limits {
	uint32_t payload_bytes_max;
	uint32_t definition_bytes_max;
	uint32_t history_events_max;
	uint32_t command_processes_max;
	uint32_t command_output_bytes_max;
};
#define SW_LIMITS                                                                     \
	{                                                                             \
		SW_PAYLOAD_BYTES_MAX, SW_DEFINITION_BYTES_MAX, SW_HISTORY_EVENTS_MAX, \
			SW_COMMAND_PROCESSES_MAX, SW_COMMAND_OUTPUT_BYTES_MAX         \
	}

#ifdef __cplusplus
}
#endif
#endif
