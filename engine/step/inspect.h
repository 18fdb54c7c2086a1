/*
 * One state alone, its work played by what the caller says, and what its data looks like on the way: the core
 * of TestState. Pure, like sw_step.
 */
#ifndef SW_ENGINE_STEP_INSPECT_H
#define SW_ENGINE_STEP_INSPECT_H

#include "engine/step/step.h"

/* The stations of data that can be seen, and AWS's names of them. */
#define SW_STATIONS(X)                                       \
	X(SW_STATION_ARGUMENTS, "afterArguments")            \
	X(SW_STATION_INPUT_PATH, "afterInputPath")           \
	X(SW_STATION_PARAMETERS, "afterParameters")          \
	X(SW_STATION_ITEMS_PATH, "afterItemsPath")           \
	X(SW_STATION_ITEMS_POINTER, "afterItemsPointer")     \
	X(SW_STATION_ITEM_SELECTOR, "afterItemSelector")     \
	X(SW_STATION_RESULT, "result")                       \
	X(SW_STATION_RESULT_SELECTOR, "afterResultSelector") \
	X(SW_STATION_RESULT_PATH, "afterResultPath")

enum sw_station {
#define SW_STATION_ENUM(station, name) station,
	SW_STATIONS(SW_STATION_ENUM)
#undef SW_STATION_ENUM
		SW_STATIONS_COUNT
};

/* What is tested. All borrowed. */
struct sw_trial {
	const struct sw_state *state;
	const char *shown_name; /* $$.State.Name */
	struct sw_value *input;
	struct sw_value *item;      /* of the first iteration of a Map around the state; NULL: none */
	struct sw_value *variables; /* an object; NULL: none */
	const json_t *context;      /* what $$ is; NULL: the usual one */
	/* How the work of a Task, Parallel or Map ends: with result, else with error and cause. */
	struct sw_value *result;
	const char *error, *cause;
	uint32_t retry_count; /* how often the retrier that takes the failure has retried before */
	/* Map */
	struct sw_value *items; /* what its ItemReader has read, an array; NULL: not known */
	bool items_pointed;     /* found there by an ItemsPointer */
	bool counts_failures;   /* failures says how many iterations failed */
	uint32_t failures;
};

enum sw_verdict { SW_VERDICT_SUCCEEDED, SW_VERDICT_FAILED, SW_VERDICT_RETRIABLE, SW_VERDICT_CAUGHT };

/* What came of it. Start from {0}, end with sw_inspection_done. */
struct sw_inspection {
	const struct sw_trial *trial;
	enum sw_verdict verdict;
	struct sw_failure failure;   /* unless it succeeded */
	struct sw_value *output;     /* SUCCEEDED, CAUGHT */
	const struct sw_state *next; /* the same; NULL: End. As the machine lives */
	struct sw_value *variables;  /* after the state; NULL: none */
	struct sw_value
		*seen[SW_STATIONS_COUNT]; /* NULL: the state did not come so far, or has no such station */
	bool found_retrier, retries, found_catcher; /* one names the error; it still retries */
	uint32_t retrier, catcher;                  /* which */
	int64_t retry_delay_ms;
	/* Map, as found in the definition or by its paths */
	bool has_concurrency, has_tolerated_count, has_tolerated_percentage, has_length;
	int64_t concurrency, tolerated_count;
	double tolerated_percentage;
	size_t length; /* how many items there are */
};
void sw_inspection_done(struct sw_inspection *inspection);

/*
 * Tests a state of execution->machine. execution: new, as made by sw_execution_new with its texts and input
 * set; good for nothing afterwards. SW_OK whatever came of the state; SW_ENOMEM.
 */
enum sw_result sw_step_inspect(struct sw_execution *execution, const struct sw_trial *trial, int64_t now_ms,
			       uint64_t seed, struct sw_inspection *inspection);

#endif
