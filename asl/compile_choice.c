/* Choice states: rules of comparisons (JSONPath) or conditions (JSONata). */
#include "asl/compile.h"
#include "asl/suggest.h"
#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>

static const char *const selectors[] = {"And", "Or", "Not", "Variable", "Condition"};
#define SELECTORS_TEXT "And, Or, Not, Variable, Condition"
/* In AWS's order (captured: gabrielmoreira/tiny-asl-machine, Feature.ChoiceValidation-003 and -005). */
#define OPERATORS_TEXT                                                                           \
	"StringEquals, IsBoolean, StringLessThan, IsNumeric, BooleanEquals, "                    \
	"StringLessThanEqualsPath, NumericLessThan, NumericGreaterThan, NumericLessThanPath, "   \
	"StringMatches, TimestampLessThanEqualsPath, NumericEquals, TimestampGreaterThan, "      \
	"StringGreaterThanEqualsPath, TimestampGreaterThanEqualsPath, TimestampLessThanEquals, " \
	"NumericLessThanEqualsPath, TimestampEquals, BooleanEqualsPath, IsTimestamp, "           \
	"StringLessThanEquals, NumericLessThanEquals, StringLessThanPath, "                      \
	"TimestampGreaterThanPath, StringGreaterThan, StringGreaterThanPath, IsString, "         \
	"StringEqualsPath, TimestampEqualsPath, TimestampLessThan, StringGreaterThanEquals, "    \
	"NumericGreaterThanPath, NumericGreaterThanEquals, NumericEqualsPath, "                  \
	"TimestampLessThanPath, IsNull, IsPresent, TimestampGreaterThanEquals, "                 \
	"NumericGreaterThanEqualsPath"

/* The one member that says what the rule is; NULL when there is none or more than one (reported). */
static const char *find_selector(struct sw_compiler *c, const struct sw_language *language,
				 const json_t *rule, const struct sw_place *place)
{
	const char *found = NULL;
	size_t count = 0;
	for (size_t i = 0; i < sizeof(selectors) / sizeof(*selectors); i++) {
		if (json_object_get(rule, selectors[i])) {
			found = selectors[i];
			count++;
		}
	}
	if (count == 1)
		return found;
	sw_report(c,
		  sw_at_key(place,
			    "The object must have only one of the following fields, [" SELECTORS_TEXT "]"),
		  count == 0 && language->jsonata ? "a choice rule of a JSONata state must have a Condition"
		  : count == 0                    ? "a choice rule must have one of Variable, And, Or, Not"
			       : "a choice rule may have only one of Variable, And, Or, Not");
	return NULL;
}

/* The comparison of a rule with a Variable; NULL when there is not exactly one (reported). */
static const struct sw_field *find_operator(struct sw_compiler *c, const json_t *rule, unsigned context,
					    const struct sw_place *place)
{
	const struct sw_field *found = NULL, *second = NULL;
	bool unknown = false;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)rule, name, value)
	{
		const struct sw_field *field = sw_field_find(name, context);
		unknown = unknown || !field;
		if (!field || field->op == SW_OPERATOR_NONE)
			continue;
		if (found)
			second = field;
		else
			found = field;
	}
	if (second) {
		struct sw_place at = SW_PLACE_KEY(place, second->name);
		sw_report(c,
			  sw_at_member(&at, "There should only be one of the following fields: "
					    "[" OPERATORS_TEXT "]"),
			  "a choice rule has one comparison, and %s is there already", found->name);
		return NULL;
	}
	/* An unknown field is most likely the misspelt operator, and was reported. */
	if (!found && !unknown)
		sw_report(c,
			  sw_at_key(place, "This object should have only one of the following fields: "
					   "[" OPERATORS_TEXT "]"),
			  "a choice rule with a Variable must have a comparison such as StringEquals or "
			  "IsPresent");
	return found;
}

/* NO_PATH: "Field value looks like a path, but field name does not end with 'Path'." */
static void check_literal(struct sw_compiler *c, const struct sw_field *op, const json_t *value,
			  const struct sw_place *at)
{
	const char *text = sw_text(value);
	int64_t time_ms;

	if (op->op == SW_OPERATOR_COMPARE && op->operand == SW_OPERAND_TIMESTAMP && text &&
	    !sw_timestamp_parse(text, strlen(text), &time_ms, NULL)) {
		sw_report(c, sw_at(at, "String does not match RFC3339 timestamp"),
			  "%s must be a time like 2016-12-05T21:29:29Z: upper-case T, and Z or an offset",
			  op->name);
		return;
	}
	if (text && op->op == SW_OPERATOR_COMPARE &&
	    (strncmp(text, "$.", 2) == 0 || strncmp(text, "$$.", 3) == 0))
		sw_report(c, sw_warning(sw_at(at, NULL), "NO_PATH"),
			  "%s compares with the text \"%.100s\" itself; to compare with what is there use "
			  "%sPath",
			  op->name, text, op->name);
}

static void fill_comparison(struct sw_compiler *c, struct sw_work *w, const json_t *json, unsigned context,
			    const struct sw_place *place, struct sw_rule *rule)
{
	const struct sw_field *variable = sw_field_find("Variable", context);
	const struct sw_field *op = find_operator(c, json, context, place);
	struct sw_place variable_at = SW_PLACE_KEY(place, "Variable");

	(void)w;
	rule->kind = SW_RULE_COMPARE;
	rule->variable = sw_compile_path(c, variable, json_object_get(json, "Variable"), &variable_at);
	if (!op)
		return;
	const json_t *value = sw_member(json, op->name, op->types);
	struct sw_place at = SW_PLACE_KEY(place, op->name);
	rule->operator_name = op->name;
	rule->operand = op->operand;
	rule->comparison = op->comparison;
	if (!value)
		return;
	if (op->op == SW_OPERATOR_IS) {
		rule->kind = SW_RULE_IS;
		rule->is = op->is;
		rule->is_expected = json_is_true(value);
	} else if (op->kinds) {
		rule->path = sw_compile_path(c, op, value, &at);
	} else {
		rule->kind = op->op == SW_OPERATOR_MATCHES ? SW_RULE_MATCHES : SW_RULE_COMPARE;
		rule->literal = value;
		check_literal(c, op, value, &at);
	}
}

/* "Condition": a boolean, or a JSONata string. */
static void fill_condition(struct sw_compiler *c, struct sw_work *w, const json_t *json,
			   const struct sw_place *place, struct sw_rule *rule)
{
	const json_t *value = json_object_get(json, "Condition");
	struct sw_place at = SW_PLACE_KEY(place, "Condition");

	rule->kind = SW_RULE_CONDITION;
	rule->operator_name = "Condition";
	if (json_is_boolean(value))
		rule->literal = value;
	else if (sw_is_jsonata_string(value))
		rule->condition = sw_compile_expression(c, w->language, value, &at);
	else if (sw_json_is_string(value) && w->language->jsonata)
		sw_report(c, sw_at(&at, "JSONata string must start with {% and end with %}"),
			  "Condition must be true, false or a JSONata string \"{%% ... %%}\"");
}

static void compile_rule(struct sw_compiler *c, struct sw_work *w, const json_t *json, unsigned context,
			 const struct sw_place *place, struct sw_rule *rule);

/* A comparison beside And, Or or Not has no Variable to compare with. */
static void refuse_comparisons(struct sw_compiler *c, const json_t *rule, const char *selector,
			       unsigned context, const struct sw_place *place)
{
	const char *name;
	json_t *value;
	char aws[80];

	json_object_foreach((json_t *)rule, name, value)
	{
		const struct sw_field *field = sw_field_find(name, context);
		struct sw_place at = SW_PLACE_KEY(place, name);
		if (!field || field->op == SW_OPERATOR_NONE)
			continue;
		snprintf(aws, sizeof(aws), "Field '%s' is not supported", field->name);
		sw_report(c, sw_at_member(&at, aws),
			  "%s compares the Variable of its rule, and a rule with %s has none", field->name,
			  selector);
	}
}

/* And, Or: an array that is not empty; Not: one rule. The depth is bounded by that of the JSON text. */
static void fill_children(struct sw_compiler *c, struct sw_work *w, const json_t *json, const char *name,
			  const struct sw_place *place, struct sw_rule *rule)
{
	const json_t *value = json_object_get(json, name);
	bool negation = strcmp(name, "Not") == 0;
	struct sw_place children_at = SW_PLACE_KEY(place, name);
	size_t count = negation ? (json_is_object(value) ? 1 : 0) : json_array_size(value);
	struct sw_rule *children = sw_compiler_take(c, count, sizeof(*children));

	rule->kind = negation ? SW_RULE_NOT : strcmp(name, "And") == 0 ? SW_RULE_AND : SW_RULE_OR;
	rule->operator_name = negation ? "Not" : rule->kind == SW_RULE_AND ? "And" : "Or";
	rule->children = children;
	rule->children_count = children ? (uint32_t)count : 0;
	for (size_t i = 0; children && i < count && c->result == SW_OK; i++) {
		struct sw_place at = SW_PLACE_ITEM(&children_at, i);
		if (negation)
			compile_rule(c, w, value, SW_IN_NESTED_RULE, &children_at, children);
		else
			compile_rule(c, w, json_array_get(value, i), SW_IN_NESTED_RULE, &at, &children[i]);
	}
}

static void compile_rule(struct sw_compiler *c, struct sw_work *w, const json_t *json, unsigned context,
			 const struct sw_place *place, struct sw_rule *rule)
{
	if (!sw_check_object(c, w->language, json, context, w->flags, place)) {
		w->scope->broken = true;
		return;
	}
	const char *selector = find_selector(c, w->language, json, place);
	bool condition = selector && strcmp(selector, "Condition") == 0;
	/* One of the other language was reported, and is not looked into. */
	if (condition && w->language->jsonata)
		fill_condition(c, w, json, place, rule);
	else if (selector && !condition && !w->language->jsonata && strcmp(selector, "Variable") == 0)
		fill_comparison(c, w, json, context, place, rule);
	else if (selector && !condition && !w->language->jsonata) {
		refuse_comparisons(c, json, selector, context, place);
		fill_children(c, w, json, selector, place, rule);
	}
	if (context != SW_IN_RULE)
		return;
	struct sw_place output_at = SW_PLACE_KEY(place, "Output");
	sw_compile_target(c, json_object_get(json, "Next"), w->scope, w->place, place, "Next", &rule->next);
	rule->assign = sw_compile_assign(c, w->language, json, place);
	if (w->language->jsonata)
		rule->output =
			sw_compile_template(c, w->language, json_object_get(json, "Output"), &output_at);
}

void sw_compile_choice(struct sw_compiler *c, struct sw_work *w)
{
	const json_t *array = sw_member(w->json, "Choices", SW_TYPE_ARRAY);
	size_t count = array ? json_array_size(array) : 0;
	struct sw_rule *rules = sw_compiler_take(c, count, sizeof(*rules));
	struct sw_place choices_at = SW_PLACE_KEY(w->place, "Choices");
	const json_t *fallback = json_object_get(w->json, "Default");

	w->state->as.choice.rules = rules;
	w->state->as.choice.rules_count = rules ? (uint32_t)count : 0;
	if (count == 0)
		w->scope->broken = true;
	for (size_t i = 0; rules && i < count && c->result == SW_OK; i++) {
		struct sw_place at = SW_PLACE_ITEM(&choices_at, i);
		compile_rule(c, w, json_array_get(array, i), SW_IN_RULE, &at, &rules[i]);
	}
	if (fallback)
		sw_compile_target(c, fallback, w->scope, w->place, w->place, "Default",
				  &w->state->as.choice.fallback);
}
