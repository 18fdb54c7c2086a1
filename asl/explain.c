/*
 * What the compiler made of a definition: each state with the defaults filled in, what its expressions are, and
 * where it leads. For people who want to know what will happen.
 */
#include "asl/describe.h"
#include "asl/graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DELAYS_SHOWN_MAX 10
#define EXPLANATION_BYTES_MAX (64u << 20)

/* ---- expressions ------------------------------------------------------------------------------------- */

struct expressions {
	json_t *list;
	const char *field;
};

static void put_expression(struct expressions *all, const char *field, const char *pointer,
			   const struct sw_expr *expr)
{
	char place[320];
	if (!expr)
		return;
	snprintf(place, sizeof(place), "%s%s", field, pointer);
	sw_describe_text(&all->list, place, expr->text);
}

static void put_member(void *user, const char *pointer, const struct sw_expr *expr)
{
	struct expressions *all = user;
	put_expression(all, all->field, pointer, expr);
}

static void put_template(struct expressions *all, const char *field, const struct sw_template *template)
{
	if (!template)
		return;
	all->field = field;
	sw_template_each(template, put_member, all);
}

static void put_assign(struct expressions *all, const char *field, const struct sw_assign *assign)
{
	char place[320];
	for (uint32_t i = 0; i < assign->count; i++) {
		snprintf(place, sizeof(place), "%s/%s", field, assign->list[i].name);
		put_template(all, place, assign->list[i].value);
	}
}

static void put_rule(struct expressions *all, const char *place, const struct sw_rule *rule)
{
	char below[320];
	put_expression(all, place, "", rule->variable);
	put_expression(all, place, "", rule->condition);
	if (rule->path)
		put_expression(all, place, "/than", rule->path);
	for (uint32_t i = 0; i < rule->children_count; i++) {
		snprintf(below, sizeof(below), "%.200s/%u", place, (unsigned)i);
		put_rule(all, below, &rule->children[i]);
	}
}

static void put_choices(struct expressions *all, const struct sw_state *state)
{
	char place[64];
	for (uint32_t i = 0; i < state->as.choice.rules_count; i++) {
		const struct sw_rule *rule = &state->as.choice.rules[i];
		snprintf(place, sizeof(place), "Choices/%u", (unsigned)i);
		put_rule(all, place, rule);
		put_assign(all, place, &rule->assign);
		put_template(all, place, rule->output);
	}
}

static void put_map(struct expressions *all, const struct sw_map_fields *map)
{
	put_expression(all, "ItemsPath", "", map->items_path.expr);
	put_template(all, "Items", map->items);
	put_template(all, map->item_selector_is_parameters ? "Parameters" : "ItemSelector",
		     map->item_selector);
	put_expression(all, "MaxConcurrency", "", map->concurrency_max.expr);
	put_expression(all, "ToleratedFailureCount", "", map->tolerated_count.expr);
	put_expression(all, "ToleratedFailurePercentage", "", map->tolerated_percentage.expr);
}

static void put_type(struct expressions *all, const struct sw_state *state)
{
	switch (state->type) {
	case SW_STATE_TASK:
		put_expression(all, "TimeoutSeconds", "", state->as.task.timeout_seconds.expr);
		put_expression(all, "HeartbeatSeconds", "", state->as.task.heartbeat_seconds.expr);
		put_template(all, "Credentials", state->as.task.credentials);
		break;
	case SW_STATE_CHOICE:
		put_choices(all, state);
		break;
	case SW_STATE_WAIT:
		put_expression(all, "Seconds", "", state->as.wait.seconds.expr);
		put_expression(all, "Timestamp", "", state->as.wait.timestamp.expr);
		break;
	case SW_STATE_FAIL:
		put_expression(all, "Error", "", state->as.fail.error.expr);
		put_expression(all, "Cause", "", state->as.fail.cause.expr);
		break;
	case SW_STATE_MAP:
		put_map(all, &state->as.map);
		break;
	default:
		break;
	}
}

/* By their places in the state, as written. */
static json_t *explain_expressions(const struct sw_state *state)
{
	struct expressions all = {.list = json_object()};
	bool parameters = state->language == &sw_query_jsonpath;
	char place[64];
	put_expression(&all, "InputPath", "", state->input_path.expr);
	put_type(&all, state);
	put_template(&all, parameters ? "Parameters" : "Arguments", state->arguments);
	put_template(&all, "ResultSelector", state->result_selector);
	put_assign(&all, "Assign", &state->assign);
	put_template(&all, "Output", state->output);
	put_expression(&all, "OutputPath", "", state->output_path.expr);
	for (uint32_t i = 0; i < state->catchers_count; i++) {
		snprintf(place, sizeof(place), "Catch/%u", (unsigned)i);
		put_assign(&all, place, &state->catchers[i].assign);
		put_template(&all, place, state->catchers[i].output);
	}
	return all.list;
}

/* ---- errors ------------------------------------------------------------------------------------------- */

static json_t *explain_names(const char *const *names, uint32_t count)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < count; i++)
		sw_describe_add(&list, json_string(names[i]));
	return list;
}

/* Whole numbers without a fraction. */
static json_t *number_of(double number)
{
	return number == floor(number) && fabs(number) < 1e15 ? json_integer((json_int_t)number)
							      : json_real(number);
}

/* Seconds before each retry, the first ones. */
static json_t *explain_delays(const struct sw_retrier *retrier)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < retrier->attempts_max && i < DELAYS_SHOWN_MAX; i++) {
		double seconds = retrier->interval_seconds * pow(retrier->backoff_rate, i);
		if (retrier->delay_seconds_max > 0 && seconds > retrier->delay_seconds_max)
			seconds = retrier->delay_seconds_max;
		if (!isfinite(seconds))
			break;
		sw_describe_add(&list, number_of(seconds));
	}
	return list;
}

static json_t *explain_retriers(const struct sw_state *state)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < state->retriers_count; i++) {
		const struct sw_retrier *retrier = &state->retriers[i];
		json_t *tree = json_object();
		sw_describe_put(&tree, "errors", explain_names(retrier->errors, retrier->errors_count));
		sw_describe_put(&tree, "retries", json_integer(retrier->attempts_max));
		sw_describe_put(&tree, retrier->full_jitter ? "secondsBeforeAtMost" : "secondsBefore",
				explain_delays(retrier));
		sw_describe_add(&list, tree);
	}
	return list;
}

static json_t *explain_catchers(const struct sw_state *state)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < state->catchers_count; i++) {
		const struct sw_catcher *catcher = &state->catchers[i];
		json_t *tree = json_object();
		sw_describe_put(&tree, "errors", explain_names(catcher->errors, catcher->errors_count));
		sw_describe_text(&tree, "next", catcher->next->name);
		sw_describe_add(&list, tree);
	}
	return list;
}

/* ---- what a state does -------------------------------------------------------------------------------- */

static void put_number(json_t **tree, const char *name, const struct sw_number_field *field,
		       const char *fallback)
{
	if (!field->present)
		sw_describe_text(tree, name, fallback);
	else if (field->expr)
		sw_describe_text(tree, name, field->expr->text);
	else
		sw_describe_put(tree, name, number_of(field->literal));
}

static void explain_task(json_t **tree, const struct sw_task_fields *task)
{
	static const char *const kinds[] = {[SW_RESOURCE_LAMBDA] = "LambdaFunction events",
					    [SW_RESOURCE_ACTIVITY] = "Activity events; a worker polls for it",
					    [SW_RESOURCE_SERVICE] = "Task events",
					    [SW_RESOURCE_LOCAL] = "Task events; runs on this machine"};
	static const char *const patterns[] = {[SW_CALL_RESPONSE] = "the answer of the call",
					       [SW_CALL_SYNC] = "the end of the job that the call starts",
					       [SW_CALL_TOKEN] =
						       "SendTaskSuccess or SendTaskFailure with its token"};
	sw_describe_text(tree, "resource", task->resource);
	sw_describe_text(tree, "makes", kinds[task->kind]);
	sw_describe_text(tree, "endsWith",
			 task->kind == SW_RESOURCE_ACTIVITY ? patterns[SW_CALL_TOKEN]
							    : patterns[task->pattern]);
	put_number(tree, "timeoutSeconds", &task->timeout_seconds, "none");
	put_number(tree, "heartbeatSeconds", &task->heartbeat_seconds, NULL);
}

static void explain_choice(json_t **tree, const struct sw_state *state)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < state->as.choice.rules_count; i++) {
		const struct sw_rule *rule = &state->as.choice.rules[i];
		struct sw_buf text = SW_BUF;
		sw_rule_print(rule, &text);
		json_t *choice = sw_buf_result(&text) == SW_OK ? json_object() : NULL;
		sw_describe_put(&choice, "if", json_stringn(text.data ? text.data : "", text.len));
		sw_describe_text(&choice, "next", rule->next->name);
		sw_describe_add(&list, choice);
		sw_buf_done(&text);
	}
	sw_describe_put(tree, "choices", list);
	sw_describe_text(tree, "otherwise",
			 state->as.choice.fallback ? state->as.choice.fallback->name
						   : "fails with States.NoChoiceMatched");
}

static void explain_map(json_t **tree, const struct sw_map_fields *map)
{
	sw_describe_text(tree, "mode", map->distributed ? "distributed" : "inline");
	put_number(tree, "atOnce", &map->concurrency_max, "as many as there are (40 inline)");
	sw_describe_text(tree, "eachStartsAt", map->processor.start->name);
}

static void explain_parallel(json_t **tree, const struct sw_state *state)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < state->as.parallel.branches_count; i++)
		sw_describe_add(&list, json_string(state->as.parallel.branches[i].start->name));
	sw_describe_put(tree, "branchesStartAt", list);
}

static void explain_type(json_t **tree, const struct sw_state *state)
{
	switch (state->type) {
	case SW_STATE_TASK:
		explain_task(tree, &state->as.task);
		break;
	case SW_STATE_CHOICE:
		explain_choice(tree, state);
		break;
	case SW_STATE_WAIT:
		put_number(tree, "seconds", &state->as.wait.seconds, NULL);
		sw_describe_text(tree, "until",
				 state->as.wait.timestamp.expr ? state->as.wait.timestamp.expr->text
							       : state->as.wait.timestamp.literal);
		break;
	case SW_STATE_MAP:
		explain_map(tree, &state->as.map);
		break;
	case SW_STATE_PARALLEL:
		explain_parallel(tree, state);
		break;
	default:
		break;
	}
}

static json_t *explain_place(const struct sw_flow *flow)
{
	return flow->owner->type == SW_STATE_MAP
		       ? json_sprintf("each item of %s", flow->owner->name)
		       : json_sprintf("branch %u of %s", (unsigned)flow->index, flow->owner->name);
}

static bool has_next(const struct sw_state *state)
{
	return state->type != SW_STATE_CHOICE && state->type != SW_STATE_SUCCEED &&
	       state->type != SW_STATE_FAIL;
}

static json_t *explain_state(const struct sw_state *state)
{
	json_t *tree = json_object();
	sw_describe_text(&tree, "name", state->name);
	sw_describe_text(&tree, "type", sw_state_type_name(state->type));
	sw_describe_text(&tree, "pointer", state->pointer);
	sw_describe_text(&tree, "language", state->language->name);
	if (state->flow->owner)
		sw_describe_put(&tree, "in", explain_place(state->flow));
	explain_type(&tree, state);
	json_t *expressions = explain_expressions(state);
	if (!expressions || json_object_size(expressions) > 0)
		sw_describe_put(&tree, "expressions", expressions);
	else
		json_decref(expressions);
	if (state->retriers_count > 0)
		sw_describe_put(&tree, "retry", explain_retriers(state));
	if (state->catchers_count > 0)
		sw_describe_put(&tree, "catch", explain_catchers(state));
	if (has_next(state))
		sw_describe_text(&tree, "next", state->next ? state->next->name : "(end)");
	return tree;
}

/* ---- the doors ---------------------------------------------------------------------------------------- */

/* Takes tree. */
static enum sw_result print(json_t *tree, char **ret_json)
{
	struct sw_buf text = SW_BUF;
	enum sw_result r = tree ? sw_json_print(tree, &text, EXPLANATION_BYTES_MAX) : SW_ENOMEM;
	json_decref(tree);
	char *json = r == SW_OK ? sw_buf_take(&text, NULL) : NULL;
	sw_buf_done(&text);
	if (json)
		*ret_json = json;
	return r < 0 ? r : json ? SW_OK : SW_ENOMEM;
}

enum sw_result sw_machine_explain(const struct sw_machine *machine, char **ret_json)
{
	json_t *tree = json_object(), *states = json_array();
	char digest[SW_SHA256_BYTES * 2 + 1];
	for (size_t i = 0; i < SW_SHA256_BYTES; i++)
		snprintf(digest + i * 2, 3, "%02x", machine->hash[i]);
	sw_describe_text(&tree, "sha256", digest);
	sw_describe_text(&tree, "language", machine->language->name);
	sw_describe_text(&tree, "startAt", machine->flow.start->name);
	if (machine->timeout_seconds > 0)
		sw_describe_put(&tree, "timeoutSeconds", json_integer(machine->timeout_seconds));
	for (uint32_t i = 0; i < machine->states_count; i++)
		sw_describe_add(&states, explain_state(&machine->states[i]));
	sw_describe_put(&tree, "states", states);
	return print(tree, ret_json);
}

enum sw_result sw_expression_explain(const char *text, size_t len, char **ret_json, struct sw_error *err)
{
	bool jsonata = len >= 4 && memcmp(text, "{%", 2) == 0 && memcmp(text + len - 2, "%}", 2) == 0;
	const struct sw_query_ops *ops = jsonata ? &sw_query_jsonata : &sw_query_jsonpath;
	const struct sw_expr *expr = NULL;
	json_t *tree = NULL;
	struct sw_owner owner;
	sw_owner_init(&owner);
	/* Where the expression stands is not known: what there is somewhere may be read. */
	unsigned kinds = ops->template_kinds | (jsonata ? SW_QUERY_ERROR_OUTPUT | SW_QUERY_RESULT : 0);
	enum sw_result r = ops->compile(text, len, kinds, &owner, &expr, err);
	if (r == SW_OK) {
		tree = json_object();
		sw_describe_text(&tree, "language", ops->name);
		sw_describe_put(&tree, "compiled", ops->describe(expr));
		r = print(tree, ret_json);
	}
	sw_owner_done(&owner);
	return r;
}
