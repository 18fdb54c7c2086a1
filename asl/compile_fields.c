#include "asl/compile.h"
#include "asl/suggest.h"

#include <stdio.h>
#include <string.h>

bool sw_type_matches(const json_t *value, unsigned types)
{
	int64_t whole;
	if (sw_json_is_number(value))
		return (types & SW_TYPE_NUMBER) != 0 ||
		       ((types & SW_TYPE_INTEGER) != 0 &&
			(sw_json_whole(value, &whole) || sw_json_is_big(value)));
	if (sw_json_is_string(value))
		return (types & SW_TYPE_STRING) != 0;
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return (types & SW_TYPE_OBJECT) != 0;
	case JSON_ARRAY:
		return (types & SW_TYPE_ARRAY) != 0;
	case JSON_TRUE:
	case JSON_FALSE:
		return (types & SW_TYPE_BOOLEAN) != 0;
	case JSON_NULL:
		return (types & SW_TYPE_NULL) != 0;
	default:
		return false;
	}
}

const char *sw_type_phrase(const json_t *value)
{
	int64_t whole;
	if (sw_json_is_number(value))
		return sw_json_is_big(value) || sw_json_whole(value, &whole) ? "a number" : "a fraction";
	if (sw_json_is_string(value))
		return "a string";
	return json_is_object(value)    ? "an object"
	       : json_is_array(value)   ? "an array"
	       : json_is_boolean(value) ? "true or false"
					: "null";
}

const json_t *sw_member(const json_t *object, const char *name, unsigned types)
{
	const json_t *value = json_object_get(object, name);
	return value && sw_type_matches(value, types) ? value : NULL;
}

const char *sw_text(const json_t *value)
{
	if (!value || !sw_json_is_string(value))
		return NULL;
	const char *text = json_string_value(value);
	return strlen(text) == json_string_length(value) ? text : NULL;
}

bool sw_is_jsonata_string(const json_t *value)
{
	if (!value || !sw_json_is_string(value))
		return false;
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);
	return len >= 4 && memcmp(text, "{%", 2) == 0 && memcmp(text + len - 2, "%}", 2) == 0;
}

/* AWS's name of the type a field takes: the first one. */
static const char *expected_type(unsigned types)
{
	return types & SW_TYPE_INTEGER   ? "Integer"
	       : types & SW_TYPE_NUMBER  ? "Number"
	       : types & SW_TYPE_STRING  ? "String"
	       : types & SW_TYPE_OBJECT  ? "Object"
	       : types & SW_TYPE_ARRAY   ? "Array"
	       : types & SW_TYPE_BOOLEAN ? "Boolean"
					 : "Null";
}

/* "a whole number or null, not a string" */
static void print_types(unsigned types, bool expression, char *text, size_t bytes)
{
	static const struct {
		unsigned type;
		const char *name;
	} names[] = {
		{SW_TYPE_INTEGER, "a whole number"},
		{SW_TYPE_NUMBER, "a number"},
		{SW_TYPE_STRING, "a string"},
		{SW_TYPE_BOOLEAN, "true or false"},
		{SW_TYPE_OBJECT, "an object"},
		{SW_TYPE_ARRAY, "an array"},
		{SW_TYPE_NULL, "null"},
	};
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if ((types & names[i].type) && used < bytes)
			used += (size_t)snprintf(text + used, bytes - used, "%s%s", used ? " or " : "",
						 names[i].name);
	}
	if (expression && used < bytes)
		snprintf(text + used, bytes - used, " or a JSONata string \"{%% ... %%}\"");
}

static void check_type(struct sw_compiler *c, const struct sw_field *field,
		       const struct sw_language *language, const json_t *value, const struct sw_place *place)
{
	bool expression = language->jsonata && (field->flags & SW_FIELD_EXPRESSION);
	char aws[64], allowed[160];

	bool listed = (field->flags & SW_FIELD_LISTED) != 0;
	snprintf(aws, sizeof(aws), "Expected value of type %s",
		 listed ? "[STRING]" : expected_type(field->types));
	print_types(field->types, expression, allowed, sizeof(allowed));
	sw_report(c, sw_at(place, aws), "%s must be %s, not %s", field->name, allowed, sw_type_phrase(value));
}

static void check_range(struct sw_compiler *c, const struct sw_field *field, const json_t *value,
			const struct sw_place *place)
{
	char aws[64];
	double number = sw_json_number(value);
	bool below = number < field->minimum;
	/* "Minimum value is 0" of whole numbers, "Minimum value is 0.0" of the others. */
	int digits = field->types & SW_TYPE_INTEGER ? 0 : 1;

	if (field->maximum <= 0 || (!below && number <= field->maximum))
		return;
	snprintf(aws, sizeof(aws), "%s value is %.*f", below ? "Minimum" : "Maximum", digits,
		 below ? field->minimum : field->maximum);
	sw_report(c, sw_at(place, aws), "%s must be %s %.15g", field->name, below ? "at least" : "at most",
		  below ? field->minimum : field->maximum);
}

static void check_allowed(struct sw_compiler *c, const struct sw_field *field, const json_t *value,
			  const struct sw_place *place)
{
	char aws[160], near[32];
	const char *text = sw_text(value);

	if (text && sw_field_allows(field->allowed, text))
		return;
	if (field->flags & SW_FIELD_SELECTS)
		snprintf(aws, sizeof(aws), "The field '%s' should have one of these values: [%s]",
			 field->name, field->allowed);
	else
		snprintf(aws, sizeof(aws), "Value should be one of the following: [%s]", field->allowed);
	bool many = strchr(field->allowed, ',') != NULL;
	const char *best =
		text && many ? sw_suggestion_of_list(text, field->allowed, near, sizeof(near)) : NULL;
	sw_report(c, sw_at(place, aws), "%s must be %s%s%s%s%s", field->name, many ? "one of " : "",
		  field->allowed, best ? "; did you mean \"" : "", best ? best : "", best ? "\"?" : "");
}

static void check_text(struct sw_compiler *c, const struct sw_field *field,
		       const struct sw_language *language, const json_t *value, const struct sw_place *place)
{
	if (!sw_text(value)) {
		sw_report(c, sw_at(place, NULL), "%s must not contain the character U+0000", field->name);
		return;
	}
	if (language->jsonata && (field->flags & SW_FIELD_EXPRESSION) && sw_is_jsonata_string(value))
		return;
	if (field->allowed)
		check_allowed(c, field, value, place);
}

static void check_value(struct sw_compiler *c, const struct sw_field *field,
			const struct sw_language *language, const json_t *value, const struct sw_place *place)
{
	bool expression =
		language->jsonata && (field->flags & SW_FIELD_EXPRESSION) && sw_is_jsonata_string(value);
	if (!expression && !sw_type_matches(value, field->types)) {
		check_type(c, field, language, value, place);
		return;
	}
	if (field->types == SW_TYPE_ANY || expression)
		return;
	if (sw_json_is_string(value))
		check_text(c, field, language, value, place);
	else if (sw_json_is_number(value))
		check_range(c, field, value, place);
	else if ((field->flags & SW_FIELD_FILLED) && json_object_size(value) + json_array_size(value) == 0)
		sw_report(c, sw_at(place, "Value cannot be empty"), "%s must not be empty", field->name);
}

/* Which states have a field: "Task, Parallel and Map states"; false when it is no field of states. */
static bool print_owners(const char *name, char *text, size_t bytes)
{
	static const char *const types[] = {
#define TYPE_TEXT(NAME, name, text) text,
		SW_STATE_TYPES(TYPE_TEXT)
#undef TYPE_TEXT
	};
	unsigned having[SW_STATE_TYPES_COUNT], count = 0;
	size_t used = 0;
	for (unsigned i = 0; i < SW_STATE_TYPES_COUNT; i++) {
		if (sw_field_find(name, i))
			having[count++] = i;
	}
	for (unsigned i = 0; i < count && used < bytes; i++)
		used += (size_t)snprintf(text + used, bytes - used, "%s%s",
					 i == 0          ? ""
					 : i + 1 < count ? ", "
							 : " and ",
					 types[having[i]]);
	return count > 0 && used < bytes;
}

static const char *nearest_field(const char *name, unsigned context)
{
	struct sw_suggestion suggestion = sw_suggestion(name, NULL);
	for (size_t i = 0; sw_field_at(i); i++) {
		if (sw_field_at(i)->contexts & (1u << context))
			sw_suggestion_offer(&suggestion, sw_field_at(i)->name);
	}
	return suggestion.best;
}

/* "Field 'x' is not supported" at the object; the finding points at the key. */
static void report_unknown(struct sw_compiler *c, const char *name, unsigned context,
			   const struct sw_place *at)
{
	char aws[200], owners[120];
	const char *best = nearest_field(name, context);
	bool known = sw_field_find_anywhere(name) != NULL;

	snprintf(aws, sizeof(aws), "Field '%.120s' is not supported", name);
	if (known && context < SW_STATE_TYPES_COUNT && print_owners(name, owners, sizeof(owners)))
		sw_report(c, sw_at_member(at, aws), "%s cannot have the field \"%s\"; only %s states have it",
			  sw_context_name(context), name, owners);
	else if (best)
		sw_report(c, sw_at_member(at, aws), "%s has no field \"%.120s\"; did you mean \"%s\"?",
			  sw_context_name(context), name, best);
	else
		sw_report(c, sw_at_member(at, aws), "%s has no field \"%.120s\"", sw_context_name(context),
			  name);
}

static void report_other_language(struct sw_compiler *c, const struct sw_field *field,
				  const struct sw_language *language, const struct sw_place *at)
{
	char aws[200];
	const char *other = language->jsonata ? "JSONPath" : "JSONata";

	snprintf(aws, sizeof(aws),
		 "The QueryLanguage is set to '%s', but field '%s' is only supported for the '%s' "
		 "QueryLanguage",
		 language->name, field->name, other);
	sw_report(c, sw_at_member(at, aws), "%s is a field of %s, and the QueryLanguage here is %s",
		  field->name, other, language->name);
}

static void check_required(struct sw_compiler *c, const json_t *object, unsigned context,
			   const struct sw_place *place)
{
	char missing[160] = "", aws[200];
	size_t used = 0, count = 0;

	for (size_t i = 0; sw_field_at(i); i++) {
		const struct sw_field *field = sw_field_at(i);
		if (!(field->flags & SW_FIELD_REQUIRED) || !(field->contexts & (1u << context)) ||
		    json_object_get(object, field->name))
			continue;
		used += (size_t)snprintf(missing + used, sizeof(missing) - used, "%s%s", count++ ? ", " : "",
					 field->name);
	}
	if (count == 0)
		return;
	snprintf(aws, sizeof(aws), "These fields are required: [%s]", missing);
	sw_report(c, sw_at_key(place, aws), "%s must have the field%s %s", sw_context_name(context),
		  count > 1 ? "s" : "", missing);
}

static void check_choice(struct sw_compiler *c, const struct sw_field_choice *choice, const json_t *object,
			 unsigned context, const struct sw_place *place)
{
	char names[160] = "", aws[240];
	const char *second = NULL, *first = NULL;
	size_t used = 0, found = 0;

	for (size_t i = 0; i < 4 && choice->names[i]; i++) {
		bool present = json_object_get(object, choice->names[i]) != NULL;
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
					 choice->names[i]);
		if (present && found++ > 0)
			second = choice->names[i];
		else if (present)
			first = choice->names[i];
	}
	if (found > 1) {
		struct sw_place at = SW_PLACE_KEY(place, second);
		snprintf(aws, sizeof(aws), "There should only be one of the following fields: [%s]", names);
		sw_report(c, sw_at_member(&at, aws), "%s may have only one of %s; %s is there already",
			  sw_context_name(context), names, first);
	} else if (found == 0 && choice->needed) {
		snprintf(aws, sizeof(aws), "This object should have only one of the following fields: [%s]",
			 names);
		sw_report(c, sw_at_key(place, aws), "%s must have one of %s", sw_context_name(context),
			  names);
	}
}

bool sw_check_object(struct sw_compiler *c, const struct sw_language *language, const json_t *value,
		     unsigned context, unsigned flags, const struct sw_place *place)
{
	if (!json_is_object(value)) {
		sw_report(c, sw_at(place, "Expected value of type Object"), "%s must be an object, not %s",
			  sw_context_name(context), sw_type_phrase(value));
		return false;
	}
	const char *name;
	json_t *member;
	json_object_foreach((json_t *)value, name, member)
	{
		struct sw_place at = SW_PLACE_KEY(place, name);
		const struct sw_field *field = sw_field_find(name, context);
		unsigned other = language->jsonata ? SW_FIELD_JSONPATH : SW_FIELD_JSONATA;
		if (!field)
			report_unknown(c, name, context, &at);
		else if ((field->flags & other) && !(flags & SW_CHECK_ANY_LANGUAGE))
			report_other_language(c, field, language, &at);
		else
			check_value(c, field, language, member, &at);
	}
	check_required(c, value, context, place);
	for (size_t i = 0; sw_field_choice_at(i); i++) {
		if (sw_field_choice_at(i)->contexts & (1u << context))
			check_choice(c, sw_field_choice_at(i), value, context, place);
	}
	return true;
}
