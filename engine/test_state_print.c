/* The response of TestState: which stations of data AWS shows for which type of state. */
#include "engine/test_state_internal.h"

#define BIT(station) (1u << (station))
#define INPUT_PATH BIT(SW_STATION_INPUT_PATH)
#define AFTER_WORK (BIT(SW_STATION_RESULT_SELECTOR) | BIT(SW_STATION_RESULT_PATH))

/*
 * As recorded (test_state/state_scenarios.*, test_state/state_mock_scenarios.*): a Pass state with a Result
 * does not show its input, nor does a Parallel state; Map and Parallel do not show their result.
 */
static unsigned shown_of_paths(const struct sw_state *state)
{
	switch (state->type) {
	case SW_STATE_PASS:
		return AFTER_WORK | (state->as.pass.result ? BIT(SW_STATION_RESULT)
							   : INPUT_PATH | BIT(SW_STATION_PARAMETERS));
	case SW_STATE_TASK:
		return INPUT_PATH | BIT(SW_STATION_PARAMETERS) | BIT(SW_STATION_RESULT) | AFTER_WORK;
	case SW_STATE_PARALLEL:
		return AFTER_WORK;
	case SW_STATE_MAP:
		return INPUT_PATH | BIT(SW_STATION_ITEMS_PATH) | BIT(SW_STATION_ITEMS_POINTER) |
		       BIT(SW_STATION_ITEM_SELECTOR) | AFTER_WORK;
	default:
		return INPUT_PATH;
	}
}

/* A language without paths has none of their stations. */
static unsigned shown_of_expressions(const struct sw_state *state)
{
	switch (state->type) {
	case SW_STATE_TASK:
		return BIT(SW_STATION_ARGUMENTS) | BIT(SW_STATION_RESULT);
	case SW_STATE_MAP:
		return BIT(SW_STATION_ITEM_SELECTOR);
	default:
		return 0;
	}
}

/* Adds a new member (takes it); false when out of memory. */
static bool put(json_t *object, const char *name, json_t *member)
{
	return json_object_set_new_nocheck(object, name, member) == 0;
}

static bool put_text(json_t *object, const char *name, const char *text)
{
	return !text || put(object, name, json_string_nocheck(text));
}

/* JSON travels as text. */
static bool put_value(json_t *object, const char *name, struct sw_value *value)
{
	struct sw_slice text;
	if (!value)
		return true;
	return sw_value_text(value, &text) == SW_OK &&
	       put(object, name, json_stringn_nocheck(text.data, text.len));
}

static bool put_stations(json_t *data, const struct sw_inspection *inspection)
{
	static const char *const names[] = {
#define STATION_NAME(station, name) name,
		SW_STATIONS(STATION_NAME)
#undef STATION_NAME
	};
	const struct sw_state *state = inspection->trial->state;
	unsigned shown =
		state->language == &sw_query_jsonpath ? shown_of_paths(state) : shown_of_expressions(state);
	for (unsigned i = 0; i < SW_STATIONS_COUNT; i++) {
		if ((shown & BIT(i)) && !put_value(data, names[i], inspection->seen[i]))
			return false;
	}
	return true;
}

static bool put_map(json_t *data, const struct sw_inspection *inspection)
{
	if (inspection->has_concurrency &&
	    !put(data, "maxConcurrency", json_integer(inspection->concurrency)))
		return false;
	if (inspection->has_tolerated_count &&
	    !put(data, "toleratedFailureCount", json_integer(inspection->tolerated_count)))
		return false;
	return !inspection->has_tolerated_percentage ||
	       put(data, "toleratedFailurePercentage", json_real(inspection->tolerated_percentage));
}

/* A retrier that names the error is told even when it retries no more (recorded:
 * test_state/state_configuration_retrier_retry_count_debug). */
static bool put_error_details(json_t *data, const struct sw_inspection *inspection)
{
	if (!inspection->found_retrier && !inspection->found_catcher)
		return true;
	json_t *details = json_object();
	if (!put(data, "errorDetails", details))
		return false;
	if (inspection->found_catcher && !put(details, "catchIndex", json_integer(inspection->catcher)))
		return false;
	if (inspection->found_retrier && !put(details, "retryIndex", json_integer(inspection->retrier)))
		return false;
	return !inspection->retries ||
	       put(details, "retryBackoffIntervalSeconds", json_integer(inspection->retry_delay_ms / 1000));
}

/* "The set will include variables assigned in the state and variables set up as test state input." */
static bool put_variables(json_t *data, const struct sw_inspection *inspection)
{
	const json_t *variables;
	if (!inspection->variables)
		return true;
	if (sw_value_tree(inspection->variables, &variables) < 0)
		return false;
	return json_object_size(variables) == 0 || put_value(data, "variables", inspection->variables);
}

static bool put_data(json_t *response, const struct sw_inspection *inspection)
{
	json_t *data = json_object();
	return put(response, "inspectionData", data) && put_value(data, "input", inspection->trial->input) &&
	       put_stations(data, inspection) && put_map(data, inspection) &&
	       put_error_details(data, inspection) && put_variables(data, inspection);
}

static bool put_all(json_t *response, const struct sw_inspection *inspection, enum sw_inspection_level level)
{
	static const char *const verdicts[] = {"SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR"};
	return put_value(response, "output", inspection->output) &&
	       put_text(response, "error", inspection->failure.error) &&
	       put_text(response, "cause", inspection->failure.cause) &&
	       (level == SW_INSPECT_INFO || put_data(response, inspection)) &&
	       put_text(response, "nextState", inspection->next ? inspection->next->name : NULL) &&
	       put_text(response, "status", verdicts[inspection->verdict]);
}

enum sw_result sw_inspection_print(const struct sw_inspection *inspection, enum sw_inspection_level level,
				   char **ret_text)
{
	struct sw_buf text = SW_BUF;
	json_t *response = json_object();
	enum sw_result r = response && put_all(response, inspection, level) ? SW_OK : SW_ENOMEM;
	if (r == SW_OK)
		r = sw_json_print(response, &text, SIZE_MAX);
	json_decref(response);
	char *taken = r == SW_OK ? sw_buf_take(&text, NULL) : NULL;
	sw_buf_done(&text);
	if (r == SW_OK && !taken)
		r = SW_ENOMEM;
	if (r == SW_OK)
		*ret_text = taken;
	return r;
}
