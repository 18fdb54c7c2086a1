/* The context object ($$, $states.context) of a branch: built when an expression first asks for it. */
#include "base/timestamp.h"
#include "engine/step/internal.h"

#include <string.h>

/* AWS writes no trailing zeros in the fraction of a second. */
static json_t *moment(int64_t time_ms)
{
	char text[SW_TIMESTAMP_BYTES];
	sw_timestamp_print(time_ms, text);
	char *dot = strchr(text, '.');
	if (dot) {
		char *end = dot + strcspn(dot, "Z");
		while (end[-1] == '0')
			end--;
		if (end - 1 == dot)
			end = dot;
		memcpy(end, "Z", 2);
	}
	return json_string(text);
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

static bool put_execution(const struct sw_turn *turn, json_t *context)
{
	const struct sw_execution *execution = turn->execution;
	const json_t *input;
	json_t *object = json_object();
	if (sw_value_tree(execution->input, &input) < 0) {
		json_decref(object);
		return false;
	}
	if (!put(context, "Execution", object) || !put_text(object, "Id", execution->arn) ||
	    !put(object, "Input", json_incref((json_t *)input)) ||
	    !put(object, "StartTime", moment(execution->start_ms)) ||
	    !put_text(object, "Name", execution->name) || !put_text(object, "RoleArn", execution->role_arn))
		return false;
	/* Recorded: test_state/state_with_variables_base_expressions. */
	if (turn->inspection)
		return execution->role_arn || put(object, "RoleArn", json_null());
	/* "RedriveTime": only after a redrive. */
	if (execution->redrive_ms && !put(object, "RedriveTime", moment(execution->redrive_ms)))
		return false;
	/* Recorded: only what StartSyncExecution started has none (express_sync.query_runtime_memory). */
	return execution->synchronous || put(object, "RedriveCount", json_integer(execution->redrive_count));
}

static bool put_machine(const struct sw_execution *execution, json_t *context)
{
	json_t *object = json_object();
	return put(context, "StateMachine", object) && put_text(object, "Id", execution->machine_arn) &&
	       put_text(object, "Name", execution->machine_name);
}

static bool put_state(const struct sw_turn *turn, const struct sw_branch *branch, json_t *context)
{
	enum sw_state_type type = branch->state->type;
	const char *name = turn->inspection ? turn->inspection->trial->shown_name : branch->state->name;
	json_t *object = json_object();
	if (!put(context, "State", object) || !put_text(object, "Name", name) ||
	    !put(object, "EnteredTime", moment(branch->entered_ms)))
		return false;
	/* Only states that can be retried have a count (recorded: base/query_context_object_values). */
	if (type != SW_STATE_TASK && type != SW_STATE_PARALLEL && type != SW_STATE_MAP)
		return true;
	return put(object, "RetryCount", json_integer(branch->retry_count));
}

static bool put_task(const struct sw_execution *execution, const struct sw_branch *branch, json_t *context)
{
	const struct sw_state *state = branch->state;
	if (state->type != SW_STATE_TASK ||
	    (state->as.task.pattern != SW_CALL_TOKEN && state->as.task.kind != SW_RESOURCE_ACTIVITY))
		return true;
	char token[SW_TOKEN_TEXT_BYTES];
	sw_token_print(execution->id, branch->number, branch->attempt, branch->token, token);
	json_t *object = json_object();
	return put(context, "Task", object) && put_text(object, "Token", token);
}

static bool put_item(const struct sw_branch *iteration, json_t *context)
{
	const json_t *value;
	if (!iteration || !iteration->item)
		return true;
	if (sw_value_tree(iteration->item, &value) < 0)
		return false;
	json_t *map = json_object(), *item = json_object();
	if (!put(context, "Map", map)) {
		json_decref(item);
		return false;
	}
	return put(map, "Item", item) && put(item, "Index", json_integer(iteration->index)) &&
	       put(item, "Value", json_incref((json_t *)value)) && put_text(item, "Key", iteration->item_key);
}

/* A test that brings a context object of its own has nothing else in it but the item. */
static bool fill(const struct sw_evaluation *evaluation, json_t *context)
{
	const struct sw_turn *turn = evaluation->turn;
	const struct sw_branch *branch = evaluation->branch;
	if (!turn->inspection || !turn->inspection->trial->context) {
		if (!put_execution(turn, context) || !put_machine(turn->execution, context) ||
		    !put_state(turn, branch, context) || !put_task(turn->execution, branch, context))
			return false;
	}
	return put_item(evaluation->iteration, context);
}

const json_t *sw_context_of(void *user)
{
	struct sw_evaluation *evaluation = user;
	const struct sw_inspection *inspection = evaluation->turn->inspection;
	if (evaluation->context)
		return evaluation->context;
	json_t *context = inspection && inspection->trial->context
				  ? sw_json_shallow_copy(inspection->trial->context)
				  : json_object();
	if (!context || !fill(evaluation, context)) {
		json_decref(context);
		evaluation->failed = true;
		return NULL;
	}
	evaluation->context = context;
	return context;
}
