/*
 * "A Choice State adds branching logic": the first rule that is true says where to go, else Default.
 * Comparisons of JSONPath states; a JSONata rule is one expression.
 */
#include "engine/step/internal.h"

#include "base/timestamp.h"

#include <string.h>

/* ---- comparing ---------------------------------------------------------------------------------------- */

static int order_of(bool less, bool greater)
{
	return less ? -1 : greater;
}

static bool compare_strings(const json_t *a, const json_t *b, int *ret_order)
{
	if (!sw_json_is_string(a) || !sw_json_is_string(b))
		return false;
	*ret_order = sw_text_compare(json_string_value(a), json_string_length(a), json_string_value(b),
				     json_string_length(b));
	return true;
}

static bool compare_numbers(const json_t *a, const json_t *b, int *ret_order)
{
	if (!sw_json_is_number(a) || !sw_json_is_number(b))
		return false;
	if (json_is_integer(a) && json_is_integer(b)) {
		json_int_t left = json_integer_value(a), right = json_integer_value(b);
		*ret_order = order_of(left<right, left> right);
	} else if (sw_json_equal(a, b)) {
		*ret_order = 0;
	} else {
		double left = sw_json_number(a), right = sw_json_number(b);
		*ret_order = order_of(left<right, left> right);
	}
	return true;
}

static bool compare_booleans(const json_t *a, const json_t *b, int *ret_order)
{
	if (!json_is_boolean(a) || !json_is_boolean(b))
		return false;
	*ret_order = order_of(json_is_false(a) && json_is_true(b), json_is_true(a) && json_is_false(b));
	return true;
}

static bool read_timestamp(const json_t *tree, int64_t *ret_ms, int32_t *ret_ns)
{
	return sw_json_is_string(tree) &&
	       sw_timestamp_parse(json_string_value(tree), json_string_length(tree), ret_ms, ret_ns);
}

static bool compare_timestamps(const json_t *a, const json_t *b, int *ret_order)
{
	int64_t left_ms, right_ms;
	int32_t left_ns, right_ns;
	if (!read_timestamp(a, &left_ms, &left_ns) || !read_timestamp(b, &right_ms, &right_ns))
		return false;
	if (left_ms == right_ms)
		*ret_order = order_of(left_ns<right_ns, left_ns> right_ns);
	else
		*ret_order = order_of(left_ms<right_ms, left_ms> right_ms);
	return true;
}

/* Values of another type than the operator's are never equal, less or greater. */
static bool compare(const struct sw_rule *rule, const json_t *value, const json_t *with)
{
	int order;
	bool comparable = false;
	switch (rule->operand) {
	case SW_OPERAND_STRING:
		comparable = compare_strings(value, with, &order);
		break;
	case SW_OPERAND_NUMERIC:
		comparable = compare_numbers(value, with, &order);
		break;
	case SW_OPERAND_BOOLEAN:
		comparable = compare_booleans(value, with, &order);
		break;
	case SW_OPERAND_TIMESTAMP:
		comparable = compare_timestamps(value, with, &order);
		break;
	}
	if (!comparable)
		return false;
	switch (rule->comparison) {
	case SW_COMPARE_EQUALS:
		return order == 0;
	case SW_COMPARE_LESS:
		return order < 0;
	case SW_COMPARE_LESS_EQUALS:
		return order <= 0;
	case SW_COMPARE_GREATER:
		return order > 0;
	case SW_COMPARE_GREATER_EQUALS:
		return order >= 0;
	}
	return false;
}

/*
 * StringMatches: "*" matches any characters; "\\*" is a star, "\\\\" a backslash. Goes back to the last star
 * only, so that the time is at most the product of the lengths.
 */
static bool string_matches(const json_t *value, const json_t *pattern)
{
	if (!sw_json_is_string(value) || !sw_json_is_string(pattern))
		return false;
	const char *text = json_string_value(value), *text_end = text + json_string_length(value);
	const char *at = json_string_value(pattern), *end = at + json_string_length(pattern);
	const char *star = NULL, *star_text = NULL;
	while (text < text_end || at < end) {
		if (at < end && *at == '*') {
			star = ++at;
			star_text = text;
			continue;
		}
		const char *literal = at;
		if (at + 1 < end && *at == '\\' && (at[1] == '*' || at[1] == '\\'))
			literal = at + 1;
		if (at < end && text < text_end && *literal == *text) {
			at = literal + 1;
			text++;
			continue;
		}
		if (!star || star_text >= text_end)
			return false;
		at = star;
		text = ++star_text;
	}
	return true;
}

static bool is(const struct sw_rule *rule, const json_t *value)
{
	int64_t ms;
	int32_t ns;
	switch (rule->is) {
	case SW_IS_NULL:
		return json_is_null(value);
	case SW_IS_PRESENT:
		return true;
	case SW_IS_NUMERIC:
		return sw_json_is_number(value);
	case SW_IS_STRING:
		return sw_json_is_string(value);
	case SW_IS_BOOLEAN:
		return json_is_boolean(value);
	case SW_IS_TIMESTAMP:
		return read_timestamp(value, &ms, &ns);
	}
	return false;
}

/* ---- rules -------------------------------------------------------------------------------------------- */

/* *ret_tree is new. */
static enum sw_result look_up(struct sw_evaluation *evaluation, const struct sw_expr *expr, json_t **ret_tree)
{
	enum sw_result r = sw_evaluate(evaluation, expr, "Variable", ret_tree);
	if (r != SW_EQUERY)
		return r;
	sw_failure_done(&evaluation->turn->failure);
	return sw_turn_runtime(
		evaluation->turn,
		"Invalid path '%s': The choice state's condition path references an invalid value.",
		expr->text);
}

/*
 * What a Numeric...Path names need not be a number: AWS takes true as 1, false, lists and objects as 0
 * (captured: gabrielmoreira/tiny-asl-machine, Choice.NumericGreaterThanPath-008 and its neighbours). The
 * variable must be one.
 */
static enum sw_result as_number(json_t **tree)
{
	if (!json_is_boolean(*tree) && !json_is_array(*tree) && !json_is_object(*tree))
		return SW_OK;
	json_t *number = json_integer(json_is_true(*tree) ? 1 : 0);
	json_decref(*tree);
	*tree = number;
	return number ? SW_OK : SW_ENOMEM;
}

static enum sw_result test_variable(struct sw_evaluation *evaluation, const struct sw_rule *rule,
				    bool *ret_true)
{
	json_t *value, *with = NULL;
	enum sw_result r;
	if (rule->kind == SW_RULE_IS && rule->is == SW_IS_PRESENT) {
		r = sw_evaluate(evaluation, rule->variable, "Variable", &value);
		if (r == SW_EQUERY) {
			sw_failure_done(&evaluation->turn->failure);
			*ret_true = !rule->is_expected;
			return SW_OK;
		}
	} else {
		r = look_up(evaluation, rule->variable, &value);
	}
	if (r < 0)
		return r;
	if (rule->kind == SW_RULE_COMPARE && rule->path)
		r = look_up(evaluation, rule->path, &with);
	if (r == SW_OK && with && rule->operand == SW_OPERAND_NUMERIC)
		r = as_number(&with);
	if (r == SW_OK && rule->kind == SW_RULE_COMPARE)
		*ret_true = compare(rule, value, with ? with : rule->literal);
	else if (r == SW_OK && rule->kind == SW_RULE_MATCHES)
		*ret_true = string_matches(value, rule->literal);
	else if (r == SW_OK)
		*ret_true = is(rule, value) == rule->is_expected;
	json_decref(value);
	json_decref(with);
	return r;
}

static enum sw_result test_condition(struct sw_evaluation *evaluation, const struct sw_rule *rule,
				     bool *ret_true)
{
	json_t *value;
	char place[SW_PLACE_BYTES];
	if (!rule->condition) {
		*ret_true = json_is_true(rule->literal);
		return SW_OK;
	}
	enum sw_result r = sw_evaluate(evaluation, rule->condition, "Condition", &value);
	if (r < 0)
		return r;
	if (!json_is_boolean(value))
		r = sw_failure_unexpected(&evaluation->turn->failure, rule->condition,
					  sw_evaluation_place(evaluation, "Condition", place), "boolean",
					  value);
	else
		*ret_true = json_is_true(value);
	json_decref(value);
	return r;
}

/* And, Or and Not nest no deeper than the JSON of the definition may. */
static enum sw_result test(struct sw_evaluation *evaluation, const struct sw_rule *rule, bool *ret_true)
{
	bool holds = false;
	enum sw_result r = SW_OK;
	switch (rule->kind) {
	case SW_RULE_AND:
	case SW_RULE_OR:
		holds = rule->kind == SW_RULE_AND;
		for (uint32_t i = 0;
		     i < rule->children_count && r == SW_OK && holds == (rule->kind == SW_RULE_AND); i++)
			r = test(evaluation, &rule->children[i], &holds);
		break;
	case SW_RULE_NOT:
		r = test(evaluation, rule->children, &holds);
		holds = !holds;
		break;
	case SW_RULE_CONDITION:
		r = test_condition(evaluation, rule, &holds);
		break;
	case SW_RULE_COMPARE:
	case SW_RULE_MATCHES:
	case SW_RULE_IS:
		r = test_variable(evaluation, rule, &holds);
		break;
	}
	if (r == SW_OK)
		*ret_true = holds;
	return r;
}

static enum sw_result choose(struct sw_turn *turn, struct sw_branch *branch, struct sw_value *input,
			     struct sw_leaving *ret_leaving)
{
	const struct sw_state *state = branch->state;
	struct sw_evaluation evaluation;
	bool holds = false;
	sw_evaluation_init(&evaluation, turn, branch);
	enum sw_result r = sw_evaluation_input(&evaluation, input);
	for (uint32_t i = 0; i < state->as.choice.rules_count && r == SW_OK && !holds; i++) {
		const struct sw_rule *rule = &state->as.choice.rules[i];
		evaluation.within = (struct sw_place){"Choices", i};
		r = test(&evaluation, rule, &holds);
		if (r == SW_OK && holds)
			*ret_leaving = (struct sw_leaving){input, rule->next, &rule->assign, rule->output,
							   evaluation.within};
	}
	sw_evaluation_done(&evaluation);
	if (r < 0 || holds)
		return r;
	if (!state->as.choice.fallback)
		return sw_turn_runtime(turn,
				       "Failed to transition out of the state. The state does not point to a "
				       "next state.");
	*ret_leaving =
		(struct sw_leaving){input, state->as.choice.fallback, &state->assign, state->output, {0}};
	return SW_OK;
}

enum sw_result sw_step_choice(struct sw_turn *turn, struct sw_branch *branch)
{
	struct sw_value *input;
	struct sw_leaving leaving = {0};
	enum sw_result r = sw_step_input(turn, branch, &input);
	if (r < 0)
		return r;
	r = choose(turn, branch, input, &leaving);
	if (r == SW_OK)
		r = sw_step_leave(turn, branch, &leaving);
	sw_value_unref(input);
	return r;
}
