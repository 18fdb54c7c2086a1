/* "The Fail State terminates the machine and marks it as a failure": Error and Cause, written or found by a
 * path. */
#include "engine/step/internal.h"

/* *ret_text is new, or NULL when the field is absent. */
static enum sw_result text_of(struct sw_evaluation *evaluation, const struct sw_text_field *field,
			      char **ret_text)
{
	struct sw_turn *turn = evaluation->turn;
	json_t *tree;
	*ret_text = NULL;
	if (!field->present)
		return SW_OK;
	if (!field->expr) {
		*ret_text = sw_strdup(field->literal);
		return *ret_text ? SW_OK : SW_ENOMEM;
	}
	enum sw_result r = sw_evaluate(evaluation, field->expr, field->name, &tree);
	if (r == SW_EQUERY && field->expr->text[0] == '$' && !sw_evaluation_is_jsonata(evaluation)) {
		/* Recorded: scenarios/invalid_jsonpath_st_invalid_jsonpath_in_causepath. */
		r = sw_failure_path_not_found(&turn->failure, field->expr->text, field->name,
					      evaluation->env.input);
		return r < 0 ? r : SW_EQUERY;
	}
	if (r < 0)
		return r;
	char *text = sw_shown_text(tree);
	if (sw_json_is_string(tree)) {
		sw_free(text);
		text = sw_strdup(json_string_value(tree));
	} else if (text && sw_evaluation_is_jsonata(evaluation)) {
		r = sw_failure_unexpected(&turn->failure, field->expr, field->name, "string", tree);
	} else if (text) {
		r = sw_turn_runtime(turn, "The %s parameter does not reference a string value: %s == %s",
				    field->name, field->expr->text, text);
	}
	json_decref(tree);
	if (r == SW_OK && text) {
		*ret_text = text;
		return SW_OK;
	}
	sw_free(text);
	return r < 0 ? r : SW_ENOMEM;
}

enum sw_result sw_step_fail(struct sw_turn *turn, struct sw_branch *branch)
{
	struct sw_evaluation evaluation;
	char *error = NULL, *cause = NULL;
	sw_evaluation_init(&evaluation, turn, branch);
	enum sw_result r = SW_OK;
	sw_turn_see(turn, SW_STATION_INPUT_PATH, branch->input);
	if (branch->state->as.fail.error.expr || branch->state->as.fail.cause.expr)
		r = sw_evaluation_input(&evaluation, branch->input);
	if (r == SW_OK)
		r = text_of(&evaluation, &branch->state->as.fail.error, &error);
	if (r == SW_OK)
		r = text_of(&evaluation, &branch->state->as.fail.cause, &cause);
	sw_evaluation_done(&evaluation);
	if (r == SW_OK)
		r = sw_turn_throw(turn, SW_THROWN_BY_WORK, error, cause);
	sw_free(error);
	sw_free(cause);
	return r;
}
