/* Is what TestState is given for the context object one? */
#include "engine/test_state_internal.h"

#include <string.h>

#define PREFIX "Invalid Context object provided: "

enum kind { ANYTHING, STRING, INTEGER };

struct field {
	const char *object, *name;
	enum kind kind;
};

/* The members of AWS's context object, but for Map. */
static const struct field fields[] = {
	{"Execution", "Id", STRING},
	{"Execution", "Input", ANYTHING},
	{"Execution", "Name", STRING},
	{"Execution", "RoleArn", STRING},
	{"Execution", "StartTime", STRING},
	{"Execution", "RedriveCount", INTEGER},
	{"Execution", "RedriveTime", STRING},
	{"State", "EnteredTime", STRING},
	{"State", "Name", STRING},
	{"State", "RetryCount", INTEGER},
	{"StateMachine", "Id", STRING},
	{"StateMachine", "Name", STRING},
	{"Task", "Token", STRING},
};
#define FIELDS_COUNT (sizeof(fields) / sizeof(fields[0]))

static bool is_of_kind(const json_t *value, enum kind kind)
{
	int64_t number;
	if (json_is_null(value) || kind == ANYTHING)
		return true;
	return kind == STRING ? sw_json_is_string(value)
			      : sw_json_is_number(value) && sw_json_whole(value, &number);
}

static bool is_known(const char *object, const char *name)
{
	for (size_t i = 0; i < FIELDS_COUNT; i++) {
		if (strcmp(fields[i].object, object) == 0 && (!name || strcmp(fields[i].name, name) == 0))
			return true;
	}
	return false;
}

static enum sw_result check_field(const json_t *context, const struct field *field, struct sw_error *err)
{
	const json_t *object = json_object_get(context, field->object);
	if (!object || json_is_null(object))
		return SW_OK;
	if (!json_is_object(object))
		return sw_error_set(err, SW_EINVAL, PREFIX "%s must be an object", field->object);
	const json_t *value = json_object_get(object, field->name);
	if (!value || is_of_kind(value, field->kind))
		return SW_OK;
	return sw_error_set(err, SW_EINVAL, PREFIX "%s.%s must be %s", field->object, field->name,
			    field->kind == STRING ? "a string" : "an integer");
}

/* Nothing that the context object does not have; in object, or when that is NULL in the whole. */
static enum sw_result check_names(const char *object, const json_t *members, struct sw_error *err)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)members, key, value)
	{
		if (!object && strcmp(key, "Map") == 0)
			return sw_error_set(err, SW_EINVAL,
					    PREFIX
					    "'Map' field is not supported when mocking a Context object");
		if (!is_known(object ? object : key, object ? key : NULL))
			return sw_error_set(err, SW_EINVAL, PREFIX "Field '%.100s' is not allowed", key);
		enum sw_result r = !object && json_is_object(value) ? check_names(key, value, err) : SW_OK;
		if (r < 0)
			return r;
	}
	return SW_OK;
}

enum sw_result sw_test_context_check(const struct sw_state *state, const json_t *context,
				     struct sw_error *err)
{
	for (size_t i = 0; i < FIELDS_COUNT; i++) {
		enum sw_result r = check_field(context, &fields[i], err);
		if (r < 0)
			return r;
	}
	enum sw_result r = check_names(NULL, context, err);
	if (r < 0 || !json_object_get(context, "Task"))
		return r;
	if (state->type == SW_STATE_TASK &&
	    (state->as.task.pattern != SW_CALL_RESPONSE || state->as.task.kind == SW_RESOURCE_ACTIVITY))
		return SW_OK;
	/* Recorded: test_state/state_context_object_invalid_states_token_task_not_sync. */
	return sw_error_set(err, SW_EINVAL,
			    PREFIX "Context object contains 'Task' when state is not a Task state with a "
				   "'.sync' or '.waitForTaskToken' service integration pattern");
}
