#include "asl/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- paths -------------------------------------------------------------------------------------------- */

/* "ErrorPath and CausePath: a reference path, or an intrinsic function that gives a string." */
static bool gives_text(const char *text)
{
	static const char *const functions[] = {
		"States.Format",       "States.JsonToString", "States.ArrayGetItem", "States.Base64Encode",
		"States.Base64Decode", "States.Hash",         "States.UUID"};
	size_t len = strcspn(text, "( ");
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		if (len == strlen(functions[i]) && strncmp(text, functions[i], len) == 0)
			return true;
	}
	return false;
}

static void report_path(struct sw_compiler *c, const struct sw_field *field, const char *text, unsigned kinds,
			const struct sw_error *err, const struct sw_place *place)
{
	const char *aws = kinds & SW_QUERY_PATH ? "Value must be a valid JSONPath."
			  : text[0] == '$'
				  ? "Value is not a Reference Path"
				  : "Value is not a Reference Path: Reference path didn't start with '$'";
	struct sw_mistake mistake = sw_at(place, aws);
	mistake.inner_column = err->column;
	sw_report(c, mistake, "%s: %s", field->name, err->text);
}

const struct sw_expr *sw_compile_path(struct sw_compiler *c, const struct sw_field *field,
				      const json_t *value, const struct sw_place *place)
{
	const struct sw_expr *expr = NULL;
	const char *text = sw_text(value);
	struct sw_error err = {0};

	if (!text)
		return NULL;
	if ((field->kinds & SW_QUERY_INTRINSIC) && strncmp(text, "States.", 7) == 0 && !gives_text(text)) {
		sw_report(c,
			  sw_at(place,
				"Value must be a valid JSONPath or intrinsic function that returns a string"),
			  "%s takes a path or an intrinsic function that gives a string", field->name);
		return NULL;
	}
	enum sw_result r =
		sw_query_jsonpath.compile(text, strlen(text), field->kinds, &c->machine->owner, &expr, &err);
	if (r == SW_ENOMEM)
		c->result = r;
	else if (r != SW_OK)
		report_path(c, field, text, field->kinds, &err, place);
	return r == SW_OK ? expr : NULL;
}

/* "InputPath: null" gives {} to the state, "OutputPath: null" discards; absent and "$" are the same. */
void sw_compile_path_field(struct sw_compiler *c, const json_t *object, unsigned context, const char *name,
			   const struct sw_place *place, struct sw_path_field *ret_field)
{
	const struct sw_field *field = sw_field_find(name, context);
	const json_t *value = field ? json_object_get(object, name) : NULL;
	struct sw_place at = SW_PLACE_KEY(place, name);
	const char *text = sw_text(value);

	if (field && json_is_null(value) && (field->types & SW_TYPE_NULL))
		ret_field->mode = SW_PATH_NULL;
	if (!text || strcmp(text, "$") == 0)
		return;
	ret_field->expr = sw_compile_path(c, field, value, &at);
	if (ret_field->expr)
		ret_field->mode = SW_PATH_EXPR;
}

void sw_compile_result_path(struct sw_compiler *c, const json_t *object, const struct sw_place *place,
			    const struct sw_refpath **ret_path, bool *ret_null)
{
	const json_t *value = json_object_get(object, "ResultPath");
	const char *text = sw_text(value);
	struct sw_place at = SW_PLACE_KEY(place, "ResultPath");
	struct sw_error err = {0};

	*ret_null = json_is_null(value);
	if (!text)
		return;
	enum sw_result r = sw_refpath_compile(text, strlen(text), &c->machine->owner, ret_path, &err);
	if (r == SW_ENOMEM)
		c->result = r;
	else if (r != SW_OK)
		report_path(c, sw_field_find("ResultPath", SW_STATE_TASK), text, SW_QUERY_REFERENCE, &err,
			    &at);
}

/* ---- JSONata strings ---------------------------------------------------------------------------------- */

/*
 * "A string is an expression only if it starts {% and ends %} with nothing outside." With white space around
 * it is plain text (recorded on AWS); with one of the two marks it is a mistake.
 */
static void check_jsonata_string(struct sw_compiler *c, const json_t *value, const struct sw_place *place)
{
	const char *text = json_string_value(value), *end = text + json_string_length(value);
	if (sw_is_jsonata_string(value))
		return;
	bool begins = end - text >= 2 && memcmp(text, "{%", 2) == 0;
	bool ends = end - text >= 2 && memcmp(end - 2, "%}", 2) == 0;
	if (begins || ends)
		sw_report(c, sw_at(place, "JSONata string must start with {% and end with %}"),
			  "a JSONata string must start with {%% and end with %%}, with nothing before and "
			  "behind");
}

void sw_check_jsonata_strings(struct sw_compiler *c, const json_t *value, const struct sw_place *place)
{
	const char *key;
	json_t *child;
	size_t index;

	if (sw_json_is_string(value)) {
		check_jsonata_string(c, value, place);
		return;
	}
	json_object_foreach((json_t *)value, key, child)
	{
		struct sw_place at = SW_PLACE_KEY(place, key);
		sw_check_jsonata_strings(c, child, &at);
	}
	json_array_foreach(value, index, child)
	{
		struct sw_place at = SW_PLACE_ITEM(place, index);
		sw_check_jsonata_strings(c, child, &at);
	}
}

/*
 * AWS's words for a mistake in a JSONata expression: without the code of the library ("S0207: ") and without the advice
 * in brackets that ends our text. Measured by others: floci-io/floci#2745.
 */
static void print_jsonata_aws(const struct sw_error *err, char *aws, size_t bytes)
{
	const char *text = err->text, *advice;
	if (strlen(text) > 7 && strspn(text + 1, "0123456789") == 4 && strncmp(text + 5, ": ", 2) == 0)
		text += 7;
	snprintf(aws, bytes, "%s", text);
	advice = strstr(aws, ". (");
	if (advice)
		aws[advice - aws + 1] = '\0';
}

const struct sw_expr *sw_compile_expression(struct sw_compiler *c, const struct sw_language *language,
					    const json_t *value, const struct sw_place *place)
{
	const struct sw_expr *expr = NULL;
	const char *text = sw_text(value);
	struct sw_error err = {0};

	if (language->jsonata)
		sw_check_jsonata_strings(c, value, place);
	if (!text || (language->jsonata && !sw_is_jsonata_string(value)))
		return NULL;
	enum sw_result r = language->ops->compile(text, strlen(text), language->ops->template_kinds,
						  &c->machine->owner, &expr, &err);
	if (r == SW_ENOMEM)
		c->result = r;
	if (r == SW_EQUERY || r == SW_EINVAL) {
		char aws[sizeof(err.text)];
		print_jsonata_aws(&err, aws, sizeof(aws));
		struct sw_mistake mistake = sw_at(place, aws);
		const char *code = r == SW_EINVAL ? language->ops->refusal_code : language->ops->mistake_code;
		mistake.inner_column = err.column;
		mistake.code = code ? code : mistake.code;
		sw_report(c, mistake, "%s", err.text);
	}
	return r == SW_OK ? expr : NULL;
}

/* ---- payload templates -------------------------------------------------------------------------------- */

struct template_user {
	struct sw_compiler *c;
	const json_t *source;
	const struct sw_place *place; /* of the source */
	const struct sw_place *aws;   /* where AWS says its mistakes are */
	bool jsonata;
};

static void report_template(struct template_user *u, const struct sw_place *at, const char *code,
			    const struct sw_error *err)
{
	char aws[sizeof(err->text)];
	if (u->jsonata)
		print_jsonata_aws(err, aws, sizeof(aws));
	else
		snprintf(aws, sizeof(aws),
			 "The value for the field '%.100s' must be a valid JSONPath or a valid intrinsic "
			 "function call",
			 at && at->key ? at->key : "");
	struct sw_mistake mistake = sw_at(at, aws);
	/* Of a path AWS names the template, not the member; of JSONata the member. */
	mistake.aws = u->aws;
	mistake.aws_elsewhere = !u->jsonata;
	mistake.inner_column = err->column;
	if (code)
		mistake.code = code;
	sw_report(u->c, mistake, "%s%s%s", at && at->key ? at->key : "", at && at->key ? ": " : "",
		  err->text);
}

/* Walks the pointer down the source, a stack frame for each step, and reports at its end. */
static void report_below(struct template_user *u, const json_t *value, const char *pointer,
			 const struct sw_place *at, const char *code, const struct sw_error *err)
{
	char token[512];
	size_t used = 0;
	const char *p = pointer;

	if (*p != '/') {
		report_template(u, at, code, err);
		return;
	}
	for (p++; *p && *p != '/' && used + 1 < sizeof(token); p++) {
		token[used] = *p;
		if (*p == '~' && (p[1] == '0' || p[1] == '1'))
			token[used] = *++p == '0' ? '~' : '/';
		used++;
	}
	token[used] = '\0';
	/* The name in the tree outlives this frame; a cut pointer ends here. */
	void *member = json_is_object(value) ? json_object_iter_at((json_t *)value, token) : NULL;
	size_t index = json_is_array(value) ? strtoul(token, NULL, 10) : SIZE_MAX;
	struct sw_place below = SW_PLACE_ITEM(at, index);
	if (member) {
		below = SW_PLACE_KEY(at, json_object_iter_key(member));
		report_below(u, json_object_iter_value(member), p, &below, code, err);
	} else if (index < json_array_size(value)) {
		report_below(u, json_array_get(value, index), p, &below, code, err);
	} else {
		report_template(u, at, code, err);
	}
}

static void on_mistake(void *user, const char *pointer, const char *code, const struct sw_error *err)
{
	struct template_user *u = user;
	report_below(u, u->source, pointer, u->place, code, err);
}

static bool looks_like_expression(const json_t *value)
{
	if (!sw_json_is_string(value))
		return false;
	const char *text = json_string_value(value);
	return strncmp(text, "$.", 2) == 0 || strncmp(text, "$$.", 3) == 0 ||
	       (strncmp(text, "States.", 7) == 0 && strchr(text, '(') && text[strlen(text) - 1] == ')');
}

/* NO_DOLLAR: "No .$ on a field that appears to be a JSONPath or intrinsic function." */
static void check_plain_member(struct sw_compiler *c, const char *key, const json_t *value,
			       const struct sw_place *at)
{
	if (looks_like_expression(value))
		sw_report(
			c, sw_warning(sw_at(at, NULL), SW_CODE_NO_DOLLAR),
			"\"%.100s\" is plain text; for the value of the path or function write \"%.100s.$\"",
			key, key);
}

/* "x.$" and "x" would both give the member x. */
static void check_expression_member(struct sw_compiler *c, const json_t *object, const char *key, size_t len,
				    const struct sw_place *at)
{
	char *name = sw_memdup(key, len - 2);
	char aws[160];

	if (!name) {
		c->result = SW_ENOMEM;
		return;
	}
	snprintf(aws, sizeof(aws), "Duplicate field '%.100s'", name);
	if (json_object_get(object, name))
		sw_report(c, sw_at_key(at, aws),
			  "\"%.100s\" and \"%.100s\" would both give the member \"%.100s\"", key, name, name);
	sw_free(name);
}

/* What can be said of the members of a payload template before its expressions are looked into. */
static void check_members(struct sw_compiler *c, const json_t *value, const struct sw_place *place)
{
	const char *key;
	json_t *child;
	size_t index;

	json_object_foreach((json_t *)value, key, child)
	{
		struct sw_place at = SW_PLACE_KEY(place, key);
		size_t len = strlen(key);
		if (len > 2 && strcmp(key + len - 2, ".$") == 0)
			check_expression_member(c, value, key, len, &at);
		else
			check_plain_member(c, key, child, &at);
		check_members(c, child, &at);
	}
	json_array_foreach(value, index, child)
	{
		struct sw_place at = SW_PLACE_ITEM(place, index);
		check_members(c, child, &at);
	}
}

const struct sw_template *sw_compile_template(struct sw_compiler *c, const struct sw_language *language,
					      const json_t *value, const struct sw_place *place)
{
	const struct sw_template *compiled = NULL;
	struct template_user user = {c, value, place, place, language->jsonata};

	if (!value)
		return NULL;
	if (language->jsonata)
		sw_check_jsonata_strings(c, value, place);
	else
		check_members(c, value, place);
	enum sw_result r =
		sw_template_compile(value, language->ops, &c->machine->owner, &compiled, on_mistake, &user);
	if (r == SW_ENOMEM)
		c->result = r;
	return r == SW_OK ? compiled : NULL;
}

/* ---- variables ---------------------------------------------------------------------------------------- */

/*
 * "Variable names are Unicode identifiers (UAX #31) of at most 80 characters." Of characters beyond ASCII the
 * class is not looked at.
 */
static bool is_variable_name(const char *name, size_t len)
{
	size_t characters = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = (unsigned char)name[i];
		bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch >= 0x80;
		bool more = (ch >= '0' && ch <= '9') || ch == '_';
		if (!letter && !(more && i > 0))
			return false;
		characters += (ch & 0xC0) != 0x80;
	}
	return characters >= 1 && characters <= SW_NAME_CHARACTERS_MAX;
}

static void check_variable_name(struct sw_compiler *c, const char *name, size_t len,
				const struct sw_place *at)
{
	char aws[256] = "";
	struct sw_mistake mistake = sw_at_key(at, aws);

	if (len == 6 && strncmp(name, "states", 6) == 0) {
		snprintf(aws, sizeof(aws), "Cannot assign to reserved variable '$states'.");
		mistake.code = SW_CODE_RESERVED_VARIABLE;
		sw_report(c, mistake, "the variable name \"states\" is reserved");
	} else if (!is_variable_name(name, len)) {
		snprintf(aws, sizeof(aws),
			 "Invalid variable name '%.100s': the variable name contains invalid characters.",
			 name);
		mistake.code = SW_CODE_VARIABLE;
		sw_report(c, mistake,
			  "a variable name has 1 to %d letters, digits and underscores and begins with a "
			  "letter",
			  SW_NAME_CHARACTERS_MAX);
	}
}

static const struct sw_template *compile_assigned(struct sw_compiler *c, const struct sw_language *language,
						  const char *key, const json_t *value,
						  const struct sw_place *place)
{
	const struct sw_template *compiled = NULL;
	struct template_user user = {c, value, place, place->up, language->jsonata};

	if (language->jsonata)
		sw_check_jsonata_strings(c, value, place);
	enum sw_result r = sw_template_compile_member(key, value, language->ops, &c->machine->owner,
						      &compiled, on_mistake, &user);
	if (r == SW_ENOMEM)
		c->result = r;
	return r == SW_OK ? compiled : NULL;
}

struct sw_assign sw_compile_assign(struct sw_compiler *c, const struct sw_language *language,
				   const json_t *object, const struct sw_place *place)
{
	const json_t *source = sw_member(object, "Assign", SW_TYPE_OBJECT);
	struct sw_assignment *list = sw_compiler_take(c, json_object_size(source), sizeof(*list));
	struct sw_place assign_at = SW_PLACE_KEY(place, "Assign");
	uint32_t count = 0;
	const char *key;
	json_t *value;

	if (!list)
		return (struct sw_assign){0};
	if (!language->jsonata)
		check_members(c, source, &assign_at);
	json_object_foreach((json_t *)source, key, value)
	{
		struct sw_place at = SW_PLACE_KEY(&assign_at, key);
		size_t len = language->ops->name_length(key, value);
		check_variable_name(c, key, len, &at);
		list[count].name = sw_arena_strdup(&c->machine->owner.arena, key, len);
		list[count].value = compile_assigned(c, language, key, value, &at);
		if (!list[count++].name)
			c->result = SW_ENOMEM;
	}
	return (struct sw_assign){list, count};
}

/* ---- numbers and texts, written or computed ----------------------------------------------------------- */

/* The twin "<name>Path" of a field; NULL with no finding when it is absent. */
static const struct sw_expr *compile_twin(struct sw_compiler *c, const struct sw_language *language,
					  const json_t *object, unsigned context, const char *name,
					  const struct sw_place *place, const struct sw_field **ret_field)
{
	char twin[64];
	snprintf(twin, sizeof(twin), "%sPath", name);
	const struct sw_field *field = sw_field_find(twin, context);
	const json_t *value = field && !language->jsonata ? sw_member(object, twin, SW_TYPE_STRING) : NULL;
	if (!value)
		return NULL;
	struct sw_place at = SW_PLACE_KEY(place, field->name);
	*ret_field = field;
	return sw_compile_path(c, field, value, &at);
}

void sw_compile_number(struct sw_compiler *c, const struct sw_language *language, const json_t *object,
		       unsigned context, const char *name, const struct sw_place *place,
		       struct sw_number_field *ret_field)
{
	const struct sw_field *field = sw_field_find(name, context);
	const json_t *value = json_object_get(object, name);
	struct sw_place at = SW_PLACE_KEY(place, name);

	ret_field->expr = compile_twin(c, language, object, context, name, place, &field);
	if (!ret_field->expr && value && sw_json_is_number(value))
		ret_field->literal = sw_json_number(value);
	else if (!ret_field->expr && language->jsonata && value && sw_json_is_string(value))
		ret_field->expr = sw_compile_expression(c, language, value, &at);
	ret_field->present = ret_field->expr || (value && sw_json_is_number(value));
	ret_field->name = field->name;
}

void sw_compile_text(struct sw_compiler *c, const struct sw_language *language, const json_t *object,
		     unsigned context, const char *name, const struct sw_place *place,
		     struct sw_text_field *ret_field)
{
	const struct sw_field *field = sw_field_find(name, context);
	const json_t *value = json_object_get(object, name);
	struct sw_place at = SW_PLACE_KEY(place, name);

	ret_field->expr = compile_twin(c, language, object, context, name, place, &field);
	if (!ret_field->expr && language->jsonata && sw_is_jsonata_string(value)) {
		ret_field->expr = sw_compile_expression(c, language, value, &at);
	} else if (!ret_field->expr) {
		if (language->jsonata && value && sw_json_is_string(value))
			sw_check_jsonata_strings(c, value, &at);
		ret_field->literal = sw_text(value);
	}
	ret_field->present = ret_field->expr || ret_field->literal;
	ret_field->name = field->name;
}
