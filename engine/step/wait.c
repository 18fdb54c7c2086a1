/*
 * "A Wait State causes the interpreter to delay the machine for a specified time", counted from the moment
 * the state was entered: Seconds, Timestamp, or their ...Path twins.
 */
#include "engine/step/internal.h"

#include "base/timestamp.h"

#define DELAY_SECONDS_MAX INT32_MAX /* recorded: 24,855 days are allowed, 24,856 are not */

static enum sw_result seconds_from(struct sw_turn *turn, const struct sw_number_field *field,
				   const json_t *tree, const char *shown, int64_t *ret_seconds)
{
	int64_t seconds;
	if (json_is_null(tree))
		return sw_turn_runtime(turn, "The %s parameter does not reference an input value: %s",
				       field->name, field->expr->text);
	if (!sw_read_integer(shown, &seconds))
		return sw_turn_runtime(turn, "The %s parameter cannot be parsed as a long value: %s == %s",
				       field->name, field->expr->text, shown);
	if (seconds < 0)
		return sw_turn_runtime(turn, "The %s parameter references a negative value: %s == %s",
				       field->name, field->expr->text, shown);
	*ret_seconds = seconds;
	return SW_OK;
}

static enum sw_result moment_from(struct sw_turn *turn, const struct sw_text_field *field, const json_t *tree,
				  const char *shown, int64_t *ret_ms)
{
	int64_t ms;
	int32_t ns;
	if (json_is_null(tree))
		return sw_turn_runtime(turn, "The %s parameter does not reference an input value: %s",
				       field->name, field->expr->text);
	if (!sw_json_is_string(tree) ||
	    !sw_timestamp_parse(json_string_value(tree), json_string_length(tree), &ms, &ns))
		return sw_turn_runtime(turn,
				       "The %s parameter does not reference a valid ISO-8601 extended offset "
				       "date-time format string: %s == %s",
				       field->name, field->expr->text, shown);
	/* Never early: what is below a millisecond is waited for. */
	*ret_ms = ns % 1000000 != 0 && ms < INT64_MAX ? ms + 1 : ms;
	return SW_OK;
}

/* JSONata: the value is held to the type of its field. */
static enum sw_result number_from_value(struct sw_turn *turn, const struct sw_number_field *field,
					const json_t *tree, int64_t *ret_seconds)
{
	int64_t seconds;
	if (!sw_json_is_number(tree) || !sw_json_whole(tree, &seconds))
		return sw_failure_unexpected(&turn->failure, field->expr, field->name, "integer", tree);
	if (seconds < 0)
		return sw_turn_query(turn, field->name, "The %s field cannot be negative: %lld", field->name,
				     (long long)seconds);
	*ret_seconds = seconds;
	return SW_OK;
}

/* Recorded: scenarios/wait_timestamp_jsonata_invalid_iso. */
static enum sw_result moment_from_value(struct sw_turn *turn, const struct sw_text_field *field,
					const json_t *tree, int64_t *ret_ms)
{
	int64_t ms;
	int32_t ns;
	if (!sw_json_is_string(tree))
		return sw_failure_unexpected(&turn->failure, field->expr, field->name, "string", tree);
	if (!sw_timestamp_parse(json_string_value(tree), json_string_length(tree), &ms, &ns))
		return sw_turn_query(turn, field->name,
				     "The %s field cannot be parsed as an ISO-8601 extended offset date-time "
				     "format string: %s",
				     field->name, json_string_value(tree));
	*ret_ms = ns % 1000000 != 0 && ms < INT64_MAX ? ms + 1 : ms;
	return SW_OK;
}

/* The value a path names, and its text. What is not there is told like null. */
static enum sw_result look_up(struct sw_turn *turn, struct sw_branch *branch, struct sw_value *input,
			      const struct sw_expr *expr, const char *field, json_t **ret_tree,
			      char **ret_shown)
{
	struct sw_evaluation evaluation;
	json_t *tree = NULL;
	sw_evaluation_init(&evaluation, turn, branch);
	enum sw_result r = sw_evaluation_input(&evaluation, input);
	if (r == SW_OK)
		r = sw_evaluate(&evaluation, expr, field, &tree);
	if (r == SW_EQUERY && expr->text[0] == '$' && !sw_evaluation_is_jsonata(&evaluation)) {
		sw_failure_done(&turn->failure);
		tree = json_null();
		r = SW_OK;
	}
	sw_evaluation_done(&evaluation);
	if (r < 0)
		return r;
	*ret_shown = sw_shown_text(tree);
	if (!*ret_shown) {
		json_decref(tree);
		return SW_ENOMEM;
	}
	*ret_tree = tree;
	return SW_OK;
}

static enum sw_result find_due(struct sw_turn *turn, struct sw_branch *branch, struct sw_value *input,
			       int64_t *ret_due_ms)
{
	const struct sw_number_field *seconds = &branch->state->as.wait.seconds;
	const struct sw_text_field *timestamp = &branch->state->as.wait.timestamp;
	const struct sw_expr *expr = seconds->present ? seconds->expr : timestamp->expr;
	int64_t number = seconds->present ? (int64_t)seconds->literal : branch->state->as.wait.timestamp_ms;
	if (expr) {
		json_t *tree;
		char *shown;
		bool jsonata = branch->state->language == &sw_query_jsonata;
		enum sw_result r = look_up(turn, branch, input, expr,
					   seconds->present ? seconds->name : timestamp->name, &tree, &shown);
		if (r == SW_OK) {
			if (jsonata)
				r = seconds->present ? number_from_value(turn, seconds, tree, &number)
						     : moment_from_value(turn, timestamp, tree, &number);
			else
				r = seconds->present ? seconds_from(turn, seconds, tree, shown, &number)
						     : moment_from(turn, timestamp, tree, shown, &number);
			json_decref(tree);
			sw_free(shown);
		}
		if (r < 0)
			return r;
	}
	int64_t delay_ms = seconds->present ? (number > DELAY_SECONDS_MAX ? INT64_MAX : number * 1000)
			   : number > branch->entered_ms ? number - branch->entered_ms
							 : 0;
	if (delay_ms / 1000 > DELAY_SECONDS_MAX)
		return sw_turn_runtime(turn, "Wait state delay is too long.");
	*ret_due_ms = branch->entered_ms + delay_ms;
	return SW_OK;
}

enum sw_result sw_step_wait(struct sw_turn *turn, struct sw_branch *branch)
{
	struct sw_value *input;
	int64_t due_ms = 0;
	enum sw_result r = sw_step_input(turn, branch, &input);
	if (r < 0)
		return r;
	r = find_due(turn, branch, input, &due_ms);
	if (r == SW_OK && due_ms <= turn->event->now_ms) {
		r = sw_step_leave_with(turn, branch, input);
	} else if (r == SW_OK) {
		branch->due_ms = due_ms;
		sw_step_move(branch, SW_BRANCH_TIMER);
	}
	sw_value_unref(input);
	return r;
}

enum sw_result sw_step_wait_due(struct sw_turn *turn, struct sw_branch *branch)
{
	struct sw_value *input;
	enum sw_result r = sw_step_input(turn, branch, &input);
	if (r < 0)
		return r;
	r = sw_step_leave_with(turn, branch, input);
	sw_value_unref(input);
	return r;
}
