/* Data flow of all states: InputPath, Parameters, ResultSelector, ResultPath, OutputPath, Output, Assign. */
#include "engine/step/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLES_BYTES_MAX (10u << 20) /* AWS: all variables of an execution together */
#define SHOWN_BYTES_MAX 1024            /* of a value in a failure's cause */

/* ---- expressions -------------------------------------------------------------------------------------- */

/* The nearest branch outwards that has the variable gives its value. */
static const json_t *variable_of(void *user, const char *name, size_t len)
{
	struct sw_evaluation *evaluation = user;
	const struct sw_branch *branch = evaluation->branch;
	while (branch) {
		struct sw_value *value = sw_variables_find(&branch->variables, name, len);
		const json_t *tree = NULL;
		if (value && sw_value_tree(value, &tree) < 0)
			evaluation->failed = true;
		if (value)
			return tree;
		branch = branch->parent == SW_NO_BRANCH
				 ? NULL
				 : sw_execution_branch(evaluation->turn->execution, branch->parent);
	}
	return NULL;
}

void sw_evaluation_init(struct sw_evaluation *evaluation, struct sw_turn *turn,
			const struct sw_branch *branch)
{
	*evaluation = (struct sw_evaluation){
		.turn = turn,
		.branch = branch,
		.iteration = sw_branch_iteration(turn->execution, branch),
		.steps_left = SW_QUERY_STEPS_MAX,
	};
	evaluation->env = (struct sw_query_env){
		.context = sw_context_of,
		.variable = variable_of,
		.user = evaluation,
		.steps_left = &evaluation->steps_left,
		.now_ms = turn->event->now_ms,
		.rng = &turn->rng,
	};
}

void sw_evaluation_done(struct sw_evaluation *evaluation)
{
	json_decref(evaluation->context);
	evaluation->context = NULL;
}

enum sw_result sw_evaluation_input(struct sw_evaluation *evaluation, struct sw_value *input)
{
	return sw_value_tree(input, &evaluation->env.input);
}

const char *sw_evaluation_place(const struct sw_evaluation *evaluation, const char *field,
				char text[SW_PLACE_BYTES])
{
	if (!evaluation->within.list)
		return field;
	snprintf(text, SW_PLACE_BYTES, "%s[%u]/%s", evaluation->within.list, evaluation->within.index, field);
	return text;
}

enum sw_result sw_evaluate(struct sw_evaluation *evaluation, const struct sw_expr *expr, const char *field,
			   json_t **ret_tree)
{
	char place[SW_PLACE_BYTES];
	struct sw_failure *failure = &evaluation->turn->failure;
	enum sw_result r = expr->ops->evaluate(expr, &evaluation->env, ret_tree, failure);
	if (r == SW_EQUERY && expr->ops->locate &&
	    expr->ops->locate(expr, sw_evaluation_place(evaluation, field, place), failure) < 0)
		r = SW_ENOMEM;
	if (evaluation->failed && r == SW_OK)
		json_decref(*ret_tree);
	return evaluation->failed ? SW_ENOMEM : r;
}

enum sw_result sw_evaluate_path(struct sw_evaluation *evaluation, const struct sw_expr *expr,
				const char *field, json_t **ret_tree)
{
	enum sw_result r = sw_evaluate(evaluation, expr, field, ret_tree);
	if (r != SW_EQUERY || expr->text[0] != '$' || sw_evaluation_is_jsonata(evaluation))
		return r;
	struct sw_failure bare = evaluation->turn->failure;
	evaluation->turn->failure = (struct sw_failure){0};
	char *cause = sw_asprintf("Invalid path '%s' : %s", expr->text, bare.cause ? bare.cause : "");
	r = cause ? sw_failure_take(&evaluation->turn->failure, bare.error, cause) : SW_ENOMEM;
	sw_failure_done(&bare);
	return r < 0 ? r : SW_EQUERY;
}

/* "States.Runtime: ... attempting to apply InputPath or OutputPath on a null JSON payload", templates as well. */
static enum sw_result null_input(struct sw_evaluation *evaluation)
{
	return sw_turn_runtime(evaluation->turn,
			       "Unable to apply Path transformation to null or empty input.");
}

enum sw_result sw_evaluate_template(struct sw_evaluation *evaluation, const struct sw_template *template,
				    const char *field, struct sw_value **ret_value)
{
	json_t *tree;
	char place[SW_PLACE_BYTES];
	if (json_is_null(evaluation->env.input) && sw_template_reads_input(template))
		return null_input(evaluation);
	enum sw_result r = sw_template_evaluate(template, sw_evaluation_place(evaluation, field, place),
						&evaluation->env, &tree, &evaluation->turn->failure);
	if (evaluation->failed) {
		if (r == SW_OK)
			json_decref(tree);
		return SW_ENOMEM;
	}
	if (r < 0)
		return r;
	struct sw_value *value = sw_value_from_tree_new(tree);
	if (!value)
		return SW_ENOMEM;
	*ret_value = value;
	return SW_OK;
}

enum sw_result sw_evaluate_field(struct sw_evaluation *evaluation, const struct sw_path_field *field,
				 struct sw_value *value, struct sw_value **ret_value)
{
	struct sw_value *found = NULL;
	if (field->mode == SW_PATH_DEFAULT) {
		/* Nothing is looked at: a payload that is passed on is not even parsed. */
		found = sw_value_ref(value);
	} else if (field->mode == SW_PATH_NULL) {
		found = sw_value_from_checked("{}", 2);
	} else {
		json_t *tree;
		const struct sw_query_ops *ops = field->expr->ops;
		enum sw_result r = sw_evaluation_input(evaluation, value);
		if (r == SW_OK && json_is_null(evaluation->env.input) && ops->reads_input &&
		    ops->reads_input(field->expr))
			r = null_input(evaluation);
		if (r == SW_OK)
			r = sw_evaluate_path(evaluation, field->expr, "", &tree);
		if (r < 0)
			return r;
		found = sw_value_from_tree_new(tree);
	}
	if (!found)
		return SW_ENOMEM;
	*ret_value = found;
	return SW_OK;
}

char *sw_shown_text(const json_t *tree)
{
	struct sw_buf out = SW_BUF;
	if (sw_json_is_string(tree))
		sw_buf_append(&out, json_string_value(tree),
			      strnlen(json_string_value(tree), SHOWN_BYTES_MAX));
	else
		sw_json_print(tree, &out, SHOWN_BYTES_MAX);
	char *text = sw_buf_take(&out, NULL);
	sw_buf_done(&out);
	return text;
}

bool sw_read_integer(const char *text, int64_t *ret_number)
{
	char *end;
	/* strtoll would skip white space. */
	if (*text != '-' && *text != '+' && (*text < '0' || *text > '9'))
		return false;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || end[-1] < '0' || end[-1] > '9')
		return false;
	*ret_number = number;
	return true;
}

enum sw_result sw_evaluate_integer(struct sw_evaluation *evaluation, const struct sw_number_field *field,
				   int64_t *ret_number)
{
	json_t *tree;
	if (!field->expr) {
		*ret_number = (int64_t)field->literal;
		return SW_OK;
	}
	enum sw_result r = sw_evaluate_path(evaluation, field->expr, field->name, &tree);
	if (r < 0)
		return r;
	if (sw_evaluation_is_jsonata(evaluation)) {
		if (!sw_json_is_number(tree) || !sw_json_whole(tree, ret_number))
			r = sw_failure_unexpected(&evaluation->turn->failure, field->expr, field->name,
						  "integer", tree);
		json_decref(tree);
		return r;
	}
	/* Recorded: "1" is taken for a number (assign/...map_state_reference_in_max_concurrency_path), 1.5 is
	 * not. */
	char *shown = sw_shown_text(tree);
	json_decref(tree);
	if (!shown)
		return SW_ENOMEM;
	if (!sw_read_integer(shown, ret_number))
		r = sw_turn_runtime(evaluation->turn,
				    "The %s field refers to value \"%s\" which is not a valid integer: %s",
				    field->name, shown, field->expr->text);
	sw_free(shown);
	return r;
}

/* ---- input -------------------------------------------------------------------------------------------- */

enum sw_result sw_step_filtered_input(struct sw_evaluation *evaluation, struct sw_value **ret_value)
{
	const struct sw_branch *branch = evaluation->branch;
	enum sw_result r =
		sw_evaluate_field(evaluation, &branch->state->input_path, branch->input, ret_value);
	if (r == SW_OK)
		sw_turn_see(evaluation->turn, SW_STATION_INPUT_PATH, *ret_value);
	return r;
}

enum sw_result sw_step_parameters(struct sw_evaluation *evaluation, struct sw_value *filtered,
				  struct sw_value **ret_value)
{
	const struct sw_template *arguments = evaluation->branch->state->arguments;
	enum sw_result r = SW_OK;
	if (arguments)
		r = sw_evaluation_input(evaluation, filtered);
	if (r == SW_OK && arguments)
		r = sw_evaluate_template(evaluation, arguments, "Arguments", ret_value);
	else if (r == SW_OK)
		*ret_value = sw_value_ref(filtered);
	if (r < 0)
		return r;
	/* One station, with a name in each language. */
	sw_turn_see(evaluation->turn, SW_STATION_PARAMETERS, *ret_value);
	sw_turn_see(evaluation->turn, SW_STATION_ARGUMENTS, *ret_value);
	return SW_OK;
}

enum sw_result sw_step_input(struct sw_turn *turn, struct sw_branch *branch, struct sw_value **ret_value)
{
	struct sw_evaluation evaluation;
	struct sw_value *filtered = NULL, *value;
	sw_evaluation_init(&evaluation, turn, branch);
	enum sw_result r = sw_step_filtered_input(&evaluation, &filtered);
	if (r == SW_OK)
		r = sw_step_parameters(&evaluation, filtered, &value);
	sw_evaluation_done(&evaluation);
	sw_value_unref(filtered);
	if (r < 0)
		return r;
	if (value != branch->input)
		r = sw_step_check_size(turn, value, branch->state->name);
	if (r < 0)
		sw_value_unref(value);
	else
		*ret_value = value;
	return r;
}

/* sw_value_fits says no when memory is short, too. Prints no further than the limit. */
static enum sw_result check_bytes(struct sw_value *value, size_t bytes_max)
{
	const json_t *tree;
	struct sw_slice text;
	struct sw_buf compact = SW_BUF;
	if (sw_value_fits(value, bytes_max))
		return SW_OK;
	enum sw_result r = sw_value_tree(value, &tree);
	if (r == SW_OK)
		r = sw_json_print(tree, &compact, bytes_max);
	sw_buf_done(&compact);
	if (r == SW_OK)
		r = sw_value_text(value, &text);
	if (r == SW_OK && text.len > bytes_max)
		r = SW_ELIMIT;
	return r;
}

enum sw_result sw_step_check_size(struct sw_turn *turn, struct sw_value *value, const char *name)
{
	enum sw_result r = check_bytes(value, turn->execution->payload_bytes_max);
	if (r != SW_ELIMIT)
		return r;
	r = sw_failure_set(&turn->failure, SW_ERROR_DATA_LIMIT,
			   "The state/task '%s' returned a result with a size exceeding the "
			   "maximum number of bytes service limit.",
			   name);
	return r < 0 ? r : SW_EQUERY;
}

/* ---- variables ---------------------------------------------------------------------------------------- */

/* The texts of what was assigned, as ...StateExited tells them: {"x": "42"}. */
static enum sw_result tell_assigned(const json_t *assigned, struct sw_value **ret_value)
{
	json_t *texts = json_object();
	enum sw_result r = texts ? SW_OK : SW_ENOMEM;
	struct sw_buf text = SW_BUF;
	json_t *object = (json_t *)assigned; /* jansson's iterators are not const */
	for (void *at = json_object_iter(object); at && r == SW_OK; at = json_object_iter_next(object, at)) {
		sw_buf_reset(&text);
		r = sw_json_print(json_object_iter_value(at), &text, SW_PAYLOAD_BYTES_MAX);
		if (r == SW_OK && json_object_set_new_nocheck(texts, json_object_iter_key(at),
							      json_stringn_nocheck(text.data, text.len)) < 0)
			r = SW_ENOMEM;
	}
	sw_buf_done(&text);
	if (r < 0) {
		json_decref(texts);
		return r;
	}
	*ret_value = sw_value_from_tree_new(texts);
	return *ret_value ? SW_OK : SW_ENOMEM;
}

/* Evaluates all of them first: "Assign sees values from state entry". *ret_assigned is new. */
static enum sw_result evaluate_assign(struct sw_evaluation *evaluation, const struct sw_assign *assign,
				      json_t **ret_assigned)
{
	char place[SW_PLACE_BYTES];
	const char *field = sw_evaluation_place(evaluation, "Assign", place);
	json_t *assigned = json_object();
	enum sw_result r = assigned ? SW_OK : SW_ENOMEM;
	for (uint32_t i = 0; i < assign->count && r == SW_OK; i++) {
		json_t *tree;
		r = sw_template_evaluate(assign->list[i].value, field, &evaluation->env, &tree,
					 &evaluation->turn->failure);
		if (r == SW_OK && json_object_set_new_nocheck(assigned, assign->list[i].name, tree) < 0)
			r = SW_ENOMEM;
	}
	if (evaluation->failed)
		r = SW_ENOMEM;
	if (r < 0)
		json_decref(assigned);
	else
		*ret_assigned = assigned;
	return r;
}

/* Carries out Assign. *ret_assigned: for the event; NULL when nothing is assigned. */
static enum sw_result assign_variables(struct sw_evaluation *evaluation, struct sw_branch *branch,
				       const struct sw_assign *assign, struct sw_value **ret_assigned)
{
	json_t *assigned = NULL;
	struct sw_value *told = NULL;
	struct sw_variables merged = {0};
	*ret_assigned = NULL;
	if (!assign || assign->count == 0)
		return SW_OK;
	enum sw_result r = evaluate_assign(evaluation, assign, &assigned);
	if (r < 0)
		return r;
	struct sw_value *all = sw_value_from_tree_new(json_incref(assigned));
	r = all ? sw_step_check_size(evaluation->turn, all, branch->state->name) : SW_ENOMEM;
	sw_value_unref(all);
	if (r == SW_OK)
		r = tell_assigned(assigned, &told);
	if (r == SW_OK)
		r = sw_variables_merge(&branch->variables, assigned, &merged);
	json_decref(assigned);
	if (r == SW_OK)
		r = sw_variables_check_bytes(&merged, VARIABLES_BYTES_MAX);
	if (r == SW_ELIMIT)
		r = sw_turn_runtime(evaluation->turn, "The variables exceed the maximum size of %u bytes.",
				    VARIABLES_BYTES_MAX);
	if (r < 0) {
		sw_value_unref(told);
		sw_variables_done(&merged);
		return r;
	}
	sw_variables_done(&branch->variables);
	branch->variables = merged;
	sw_branch_touch(branch);
	*ret_assigned = told;
	return SW_OK;
}

/* ---- output ------------------------------------------------------------------------------------------- */

/* Puts value into the state's raw input by ResultPath. *ret_value is new. */
static enum sw_result apply_result_path(struct sw_turn *turn, struct sw_branch *branch,
					const struct sw_refpath *path, bool null, struct sw_value *value,
					struct sw_value **ret_value)
{
	if (null || !path || sw_refpath_is_root(path)) {
		*ret_value = sw_value_ref(null ? branch->input : value);
		return SW_OK;
	}
	const json_t *into, *tree;
	json_t *combined;
	enum sw_result r = sw_value_tree(branch->input, &into);
	if (r == SW_OK)
		r = sw_value_tree(value, &tree);
	if (r == SW_OK)
		r = sw_refpath_insert(path, into, tree, &combined, &turn->failure);
	if (r < 0)
		return r;
	*ret_value = sw_value_from_tree_new(combined);
	return *ret_value ? SW_OK : SW_ENOMEM;
}

/*
 * What Assign and Output see. JSONPath has one root, $, which after the work is its result; JSONata has both,
 * $states.input and, where a state has work to do, $states.result.
 */
static enum sw_result look_back(struct sw_evaluation *evaluation, struct sw_value *result)
{
	const struct sw_branch *branch = evaluation->branch;
	enum sw_state_type type = branch->state->type;
	enum sw_result r = SW_OK;
	if (!sw_evaluation_is_jsonata(evaluation))
		return sw_evaluation_input(evaluation, result);
	if (type == SW_STATE_TASK || type == SW_STATE_PARALLEL || type == SW_STATE_MAP)
		r = sw_value_tree(result, &evaluation->env.result);
	return r < 0 ? r : sw_evaluation_input(evaluation, branch->input);
}

/* ResultSelector -> ResultPath -> OutputPath; or JSONata's Output. */
static enum sw_result make_output(struct sw_evaluation *evaluation, struct sw_branch *branch,
				  const struct sw_leaving *leaving, struct sw_value *selected,
				  struct sw_value **ret_output)
{
	const struct sw_state *state = branch->state;
	struct sw_value *combined;
	if (leaving->output)
		return sw_evaluate_template(evaluation, leaving->output, "Output", ret_output);
	enum sw_result r = apply_result_path(evaluation->turn, branch, state->result_path,
					     state->result_path_null, selected, &combined);
	if (r < 0)
		return r;
	sw_turn_see(evaluation->turn, SW_STATION_RESULT_PATH, combined);
	r = sw_evaluate_field(evaluation, &state->output_path, combined, ret_output);
	sw_value_unref(combined);
	return r;
}

static enum sw_result select_result(struct sw_evaluation *evaluation, struct sw_value *result,
				    struct sw_value **ret_selected)
{
	const struct sw_template *selector = evaluation->branch->state->result_selector;
	if (!selector) {
		*ret_selected = sw_value_ref(result);
		return SW_OK;
	}
	enum sw_result r = sw_evaluation_input(evaluation, result);
	return r < 0 ? r : sw_evaluate_template(evaluation, selector, "ResultSelector", ret_selected);
}

enum sw_result sw_step_output(struct sw_turn *turn, struct sw_branch *branch,
			      const struct sw_leaving *leaving, struct sw_value **ret_output,
			      struct sw_value **ret_assigned)
{
	struct sw_evaluation evaluation;
	struct sw_value *selected = NULL, *output = NULL, *assigned = NULL;
	bool looks_back = leaving->output || (leaving->assign && leaving->assign->count > 0);
	sw_evaluation_init(&evaluation, turn, branch);
	evaluation.within = leaving->within;
	sw_turn_see(turn, SW_STATION_RESULT, leaving->result);
	enum sw_result r = select_result(&evaluation, leaving->result, &selected);
	if (r == SW_OK)
		sw_turn_see(turn, SW_STATION_RESULT_SELECTOR, selected);
	if (r == SW_OK && looks_back)
		r = look_back(&evaluation, selected);
	if (r == SW_OK)
		r = make_output(&evaluation, branch, leaving, selected, &output);
	if (r == SW_OK && output != leaving->result && output != branch->input)
		r = sw_step_check_size(turn, output, branch->state->name);
	if (r == SW_OK && looks_back)
		r = look_back(&evaluation, selected);
	if (r == SW_OK)
		r = assign_variables(&evaluation, branch, leaving->assign, &assigned);
	sw_evaluation_done(&evaluation);
	sw_value_unref(selected);
	if (r < 0) {
		sw_value_unref(output);
		return r;
	}
	*ret_output = output;
	*ret_assigned = assigned;
	return SW_OK;
}

/* ---- Catch -------------------------------------------------------------------------------------------- */

/* The Error Output of the States Language: an object with Error and Cause. */
static struct sw_value *error_output_new(const struct sw_failure *failure)
{
	json_t *object = json_object();
	bool made = object != NULL;
	if (made && failure->error)
		made = json_object_set_new_nocheck(object, "Error", json_string_nocheck(failure->error)) == 0;
	if (made)
		made = json_object_set_new_nocheck(
			       object, "Cause", json_string_nocheck(failure->cause ? failure->cause : "")) ==
		       0;
	if (!made) {
		json_decref(object);
		return NULL;
	}
	return sw_value_from_tree_new(object);
}

enum sw_result sw_step_catch_output(struct sw_turn *turn, struct sw_branch *branch,
				    const struct sw_catcher *catcher, const struct sw_failure *failure,
				    struct sw_value **ret_output, struct sw_value **ret_assigned)
{
	struct sw_evaluation evaluation;
	struct sw_value *output = NULL, *assigned = NULL, *error_output = error_output_new(failure);
	if (!error_output)
		return SW_ENOMEM;
	sw_evaluation_init(&evaluation, turn, branch);
	enum sw_result r = sw_value_tree(error_output, &evaluation.env.error_output);
	if (r == SW_OK)
		r = look_back(&evaluation, error_output);
	evaluation.env.result = NULL;
	evaluation.within = (struct sw_place){"Catch", (uint32_t)(catcher - branch->state->catchers)};
	if (r == SW_OK && catcher->output)
		r = sw_evaluate_template(&evaluation, catcher->output, "Output", &output);
	else if (r == SW_OK)
		r = apply_result_path(turn, branch, catcher->result_path, catcher->result_path_null,
				      error_output, &output);
	if (r == SW_OK && output != branch->input)
		r = sw_step_check_size(turn, output, branch->state->name);
	if (r == SW_OK)
		r = assign_variables(&evaluation, branch, &catcher->assign, &assigned);
	sw_evaluation_done(&evaluation);
	sw_value_unref(error_output);
	if (r < 0) {
		sw_value_unref(output);
		return r;
	}
	*ret_output = output;
	*ret_assigned = assigned;
	return SW_OK;
}
