/* Retry and Catch. */
#include "asl/compile.h"
#include "asl/suggest.h"

#include <string.h>

/* Names that the specification and the service use; others may not begin with "States." */
static const char *const error_names[] = {
	"States.ALL",
	"States.TaskFailed",
	"States.Timeout",
	"States.HeartbeatTimeout",
	"States.Permissions",
	"States.DataLimitExceeded",
	"States.Runtime",
	"States.QueryEvaluationError",
	"States.ExceedToleratedFailureThreshold",
	"States.ItemReaderFailed",
	"States.ResultWriterFailed",
	"States.NoChoiceMatched",
	"States.BranchFailed",
	"States.IntrinsicFailure",
	"States.ParameterPathFailure",
	"States.ResultPathMatchFailure",
};
#define ERROR_NAMES_COUNT (sizeof(error_names) / sizeof(*error_names))

static void check_error_name(struct sw_compiler *c, const char *name, const struct sw_place *at)
{
	struct sw_suggestion suggestion = sw_suggestion(name, NULL);
	if (strncmp(name, "States.", 7) != 0 || strncmp(name, "States.Http.", 12) == 0)
		return;
	for (size_t i = 0; i < ERROR_NAMES_COUNT; i++) {
		if (strcmp(error_names[i], name) == 0)
			return;
		sw_suggestion_offer(&suggestion, error_names[i]);
	}
	sw_report(c, sw_warning(sw_at(at, NULL), SW_CODE_SCHEMA),
		  "no error has the name \"%.120s\": names that begin with States. are reserved%s%s%s", name,
		  suggestion.best ? "; did you mean \"" : "", suggestion.best ? suggestion.best : "",
		  suggestion.best ? "\"?" : "");
}

/* "States.ALL must appear alone in ErrorEquals, and in the last retrier or catcher." */
static const char *const *compile_errors(struct sw_compiler *c, const json_t *object, bool last,
					 const struct sw_place *place, uint32_t *ret_count)
{
	const json_t *array = sw_member(object, "ErrorEquals", SW_TYPE_ARRAY);
	size_t size = array ? json_array_size(array) : 0;
	const char **names = sw_compiler_take(c, size, sizeof(*names));
	struct sw_place errors_at = SW_PLACE_KEY(place, "ErrorEquals");
	uint32_t count = 0;

	/* "ErrorEquals: a non-empty array"; AWS takes an empty one, which matches nothing. */
	if (array && size == 0)
		sw_report(c, sw_warning(sw_at(&errors_at, NULL), SW_CODE_SCHEMA),
			  "ErrorEquals is empty and matches no error");
	for (size_t i = 0; names && i < size; i++) {
		struct sw_place at = SW_PLACE_ITEM(&errors_at, i);
		const char *name = sw_text(json_array_get(array, i));
		if (!name) {
			sw_report(c, sw_at(&at, "Expected value of type String"),
				  "ErrorEquals must hold names of errors, not %s",
				  sw_type_phrase(json_array_get(array, i)));
			continue;
		}
		names[count++] = name;
		check_error_name(c, name, &at);
		if (strcmp(name, "States.ALL") != 0)
			continue;
		/* Recorded by others on AWS: one text for both (badmintoncryer/cdk-preflight). */
		if (size > 1 || !last)
			sw_report(c, sw_at(&at, "States.ALL must appear alone and at end of list"),
				  size == 1 ? "States.ALL must stand in the last item only: those behind it "
					      "could never be used"
				  : last    ? "States.ALL must stand alone in ErrorEquals"
					 : "States.ALL must stand alone in ErrorEquals, and in the last item "
					   "only");
	}
	*ret_count = count;
	return names;
}

static int64_t whole_or(const json_t *object, const char *name, int64_t fallback)
{
	const json_t *value = sw_member(object, name, SW_TYPE_INTEGER);
	int64_t number = fallback;
	return value && sw_json_whole(value, &number) && number >= 0 && number <= UINT32_MAX ? number
											     : fallback;
}

void sw_compile_retry(struct sw_compiler *c, struct sw_work *w)
{
	const json_t *array = sw_member(w->json, "Retry", SW_TYPE_ARRAY);
	size_t size = array ? json_array_size(array) : 0;
	struct sw_retrier *list = sw_compiler_take(c, size, sizeof(*list));
	struct sw_place retry_at = SW_PLACE_KEY(w->place, "Retry");

	for (size_t i = 0; list && i < size; i++) {
		const json_t *json = json_array_get(array, i);
		struct sw_place at = SW_PLACE_ITEM(&retry_at, i);
		struct sw_retrier *r = &list[i];
		if (!sw_check_object(c, w->language, json, SW_IN_RETRIER, w->flags, &at))
			continue;
		const json_t *rate = sw_member(json, "BackoffRate", SW_TYPE_NUMBER);
		const char *jitter = sw_text(json_object_get(json, "JitterStrategy"));
		r->errors = compile_errors(c, json, i + 1 == size, &at, &r->errors_count);
		r->interval_seconds = (uint32_t)whole_or(json, "IntervalSeconds", 1);
		r->attempts_max = (uint32_t)whole_or(json, "MaxAttempts", 3);
		r->delay_seconds_max = (uint32_t)whole_or(json, "MaxDelaySeconds", 0);
		r->backoff_rate = rate ? sw_json_number(rate) : 2.0;
		r->full_jitter = jitter && strcmp(jitter, "FULL") == 0;
	}
	w->state->retriers = list;
	w->state->retriers_count = list ? (uint32_t)size : 0;
}

void sw_compile_catch(struct sw_compiler *c, struct sw_work *w)
{
	const json_t *array = sw_member(w->json, "Catch", SW_TYPE_ARRAY);
	size_t size = array ? json_array_size(array) : 0;
	struct sw_catcher *list = sw_compiler_take(c, size, sizeof(*list));
	struct sw_place catch_at = SW_PLACE_KEY(w->place, "Catch");
	struct sw_language language = *w->language;

	language.ops = language.catch_ops;

	for (size_t i = 0; list && i < size && c->result == SW_OK; i++) {
		const json_t *json = json_array_get(array, i);
		struct sw_place at = SW_PLACE_ITEM(&catch_at, i);
		struct sw_place output_at = SW_PLACE_KEY(&at, "Output");
		struct sw_catcher *k = &list[i];
		if (!sw_check_object(c, w->language, json, SW_IN_CATCHER, w->flags, &at)) {
			w->scope->broken = true;
			continue;
		}
		k->errors = compile_errors(c, json, i + 1 == size, &at, &k->errors_count);
		sw_compile_target(c, json_object_get(json, "Next"), w->scope, w->place, &at, "Next",
				  &k->next);
		if (w->language->jsonata)
			k->output = sw_compile_template(c, &language, json_object_get(json, "Output"),
							&output_at);
		else
			sw_compile_result_path(c, json, &at, &k->result_path, &k->result_path_null);
		k->assign = sw_compile_assign(c, &language, json, &at);
	}
	w->state->catchers = list;
	w->state->catchers_count = list ? (uint32_t)size : 0;
}
