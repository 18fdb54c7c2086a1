/* Is a mocked result one that the API could have given? Only APIs of the table are known. */
#include "engine/test_state_internal.h"

#include <string.h>

#define PREFIX "Mock result schema validation error: "
#define FIELD PREFIX "Field '%.100s' "

struct check {
	enum sw_mock_validation validation;
	struct sw_error *err;
};

static enum sw_result check_members(struct check *check, const struct sw_answer_field *fields,
				    const json_t *object);

/* A member that is null is none. */
static const json_t *member_of(const json_t *object, const struct sw_answer_field *field)
{
	const json_t *value = json_object_get(object, field->name);
	return json_is_null(value) ? NULL : value;
}

static enum sw_result check_kind(struct check *check, const char *name, bool good, const char *phrase)
{
	return good ? SW_OK : sw_error_set(check->err, SW_EINVAL, FIELD "must be %s", name, phrase);
}

/* Is text one of "|A|B|"? */
static bool is_one_of(const char *values, const char *text, size_t len)
{
	for (const char *at = values + 1; *at;) {
		size_t length = strcspn(at, "|");
		if (length == len && memcmp(at, text, len) == 0)
			return true;
		at += length + 1;
	}
	return false;
}

static size_t characters(const char *text, size_t len)
{
	size_t count = 0;
	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xC0) != 0x80;
	return count;
}

static enum sw_result check_string(struct check *check, const struct sw_answer_field *field, const char *name,
				   const json_t *value)
{
	enum sw_result r = check_kind(check, name, sw_json_is_string(value), "a string");
	if (r < 0)
		return r;
	const char *text = json_string_value(value);
	size_t len = json_string_length(value), length = characters(text, len);
	if (field->values && !is_one_of(field->values, text, len))
		return sw_error_set(check->err, SW_EINVAL, FIELD "is not an expected value", name);
	if ((double)length < field->min)
		return sw_error_set(check->err, SW_EINVAL, FIELD "is smaller than the minimum length", name);
	if (field->max > 0 && (double)length > field->max)
		return sw_error_set(check->err, SW_EINVAL, FIELD "exceeds the maximum length", name);
	return SW_OK;
}

static enum sw_result check_number(struct check *check, const struct sw_answer_field *field, const char *name,
				   const json_t *value)
{
	enum sw_result r = check_kind(check, name, sw_json_is_number(value), "a number");
	if (r < 0)
		return r;
	double number = sw_json_number(value);
	if (field->min > 0 && number < field->min)
		return sw_error_set(check->err, SW_EINVAL, FIELD "is less than the minimum value", name);
	if (field->max > 0 && number > field->max)
		return sw_error_set(check->err, SW_EINVAL, FIELD "exceeds the maximum value", name);
	return SW_OK;
}

/* The name is that of the nearest member: items have none. Recursion is bounded by the depth of the JSON. */
static enum sw_result check_value(struct check *check, const struct sw_answer_field *field, const char *name,
				  const json_t *value)
{
	enum sw_result r = SW_OK;
	const char *key;
	json_t *item;
	size_t index;
	switch (field->kind) {
	case SW_ANSWER_ANY:
		return SW_OK;
	case SW_ANSWER_STRING:
		return check_string(check, field, name, value);
	case SW_ANSWER_NUMBER:
		return check_number(check, field, name, value);
	case SW_ANSWER_BOOLEAN:
		return check_kind(check, name, json_is_boolean(value), "a boolean");
	case SW_ANSWER_OBJECT:
		r = check_kind(check, name, json_is_object(value), "an object");
		return r < 0 || !field->of ? r : check_members(check, field->of, value);
	case SW_ANSWER_LIST:
		r = check_kind(check, name, json_is_array(value), "an array");
		if (r < 0 || !field->of)
			return r;
		json_array_foreach(value, index, item)
		{
			r = check_value(check, field->of, name, item);
			if (r < 0)
				return r;
		}
		return SW_OK;
	case SW_ANSWER_PAIRS:
		r = check_kind(check, name, json_is_object(value), "an object");
		if (r < 0 || !field->of)
			return r;
		json_object_foreach((json_t *)value, key, item)
		{
			r = check_value(check, field->of, key, item);
			if (r < 0)
				return r;
		}
		return SW_OK;
	}
	return SW_EINVAL;
}

/* What is absent is told before what is wrong. */
static enum sw_result check_required(struct check *check, const struct sw_answer_field *fields,
				     const json_t *object)
{
	for (const struct sw_answer_field *field = fields; field->name; field++) {
		if (field->required && !member_of(object, field))
			return sw_error_set(check->err, SW_EINVAL,
					    PREFIX "Required field '%.100s' is missing", field->name);
	}
	return SW_OK;
}

static enum sw_result check_members(struct check *check, const struct sw_answer_field *fields,
				    const json_t *object)
{
	if (check->validation == SW_MOCK_STRICT && check_required(check, fields, object) < 0)
		return SW_EINVAL;
	for (const struct sw_answer_field *field = fields; field->name; field++) {
		const json_t *value = member_of(object, field);
		if (!value)
			continue;
		enum sw_result r = check_value(check, field, field->name, value);
		if (r < 0)
			return r;
	}
	return SW_OK;
}

enum sw_result sw_mock_check(const struct sw_task_fields *task, const json_t *result,
			     enum sw_mock_validation validation, struct sw_error *err)
{
	struct check check = {validation, err};
	/* The answer to a token is anything. "For testing .sync integrations ..., the mocked response is
	 * validated against the polling API's schema": such a call has a row of its own. */
	if (validation == SW_MOCK_NONE || task->kind != SW_RESOURCE_SERVICE || task->pattern == SW_CALL_TOKEN)
		return SW_OK;
	for (const struct sw_answer_shape *shape = sw_answer_shapes; shape->type; shape++) {
		if (strcmp(shape->type, task->resource_type) != 0 ||
		    strcmp(shape->name, task->resource_name) != 0)
			continue;
		if (!json_is_object(result))
			return sw_error_set(err, SW_EINVAL, "Mocked result must be a JSON object.");
		return check_members(&check, shape->fields, result);
	}
	return SW_OK;
}
