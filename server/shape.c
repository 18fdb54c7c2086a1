/* Requests against the tables of their members: see shape.h. */
#include "server/shape.h"

#include <inttypes.h>
#include <string.h>

#define PATH_BYTES 256
#define BUCKETS 16
/* No more is told of what is wrong with a request, nor of one list in it: AWS's limits are not known. */
#define TOLD_BYTES_MAX 65536

struct check {
	struct sw_buf *message; /* of the wrong type, at last of all violations */
	struct sw_buf violations;
	unsigned count;
	bool several; /* there are more than one: their order matters */
};

/* ---- types ---- */

static const char *token_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return "STRING_VALUE";
	case JSON_TRUE:
		return "TRUE_VALUE";
	case JSON_FALSE:
		return "FALSE_VALUE";
	case JSON_INTEGER:
		return "NUMBER_VALUE";
	case JSON_REAL:
		return "DECIMAL_VALUE";
	default:
		return "NULL_VALUE";
	}
}

static bool has_kind(const json_t *value, enum sw_member_kind kind)
{
	switch (kind) {
	case SW_MEMBER_TEXT:
		return json_is_string(value);
	case SW_MEMBER_INTEGER:
		return json_is_integer(value) && json_integer_value(value) >= INT32_MIN &&
		       json_integer_value(value) <= INT32_MAX;
	case SW_MEMBER_LONG:
		return json_is_integer(value);
	case SW_MEMBER_FLOAT:
		return json_is_number(value);
	case SW_MEMBER_BOOLEAN:
		return json_is_boolean(value);
	case SW_MEMBER_OBJECT:
		return json_is_object(value);
	case SW_MEMBER_LIST:
		return json_is_array(value);
	}
	return false;
}

static bool wrong_type(struct check *check, const json_t *value, enum sw_member_kind kind)
{
	static const char *const kinds[] = {"a String",  "an Integer",  "a Long", "a Float",
					    "a Boolean", "a Structure", "a List"};
	if (json_is_object(value))
		sw_buf_text(check->message, "Start of structure or map found where not expected.");
	else if (json_is_array(value))
		sw_buf_text(check->message, "Start of list found where not expected");
	else
		sw_buf_printf(check->message, "%s can not be converted to %s", token_name(value),
			      kinds[kind]);
	return false;
}

static bool check_types(struct check *check, const struct sw_shape *shape, const json_t *object);

static bool check_type(struct check *check, const struct sw_member *member, const json_t *value)
{
	if (!has_kind(value, member->kind))
		return wrong_type(check, value, member->kind);
	for (size_t i = 0; (member->flags & SW_TEXTS) && i < json_array_size(value); i++) {
		if (!json_is_string(json_array_get(value, i)))
			return wrong_type(check, json_array_get(value, i), SW_MEMBER_TEXT);
	}
	if (!member->shape)
		return true;
	if (member->kind == SW_MEMBER_OBJECT)
		return check_types(check, member->shape, value);
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);
		if (!json_is_object(item))
			return wrong_type(check, item, SW_MEMBER_OBJECT);
		if (!check_types(check, member->shape, item))
			return false;
	}
	return true;
}

/* The depth is that of the tables. */
static bool check_types(struct check *check, const struct sw_shape *shape, const json_t *object)
{
	for (size_t i = 0; i < shape->count; i++) {
		const json_t *value = json_object_get(object, shape->members[i].name);
		if (value && !json_is_null(value) && !check_type(check, &shape->members[i], value))
			return false;
	}
	return true;
}

/* ---- constraints ---- */

/* Further violations are neither told nor counted. */
static bool is_full(const struct check *check)
{
	return check->violations.len >= TOLD_BYTES_MAX;
}

/* Java counts UTF-16 units: a character of four bytes in UTF-8 counts twice. */
static size_t utf16_length(const char *text, size_t len)
{
	size_t units = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		units += (c & 0xC0) != 0x80;
		units += c >= 0xF0;
	}
	return units;
}

/* As Java prints a list of structures: [Item(arn=x, weight=50), Item(arn=y, weight=50)]; of texts: [x, y] */
static void print_list(struct sw_buf *out, const struct sw_member *member, const json_t *list)
{
	size_t begin = out->len;
	sw_buf_char(out, '[');
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		sw_buf_text(out, i ? ", " : "");
		if (out->len - begin > TOLD_BYTES_MAX) {
			sw_buf_text(out, "...");
			break;
		}
		if (member->flags & SW_TEXTS) {
			sw_buf_append(out, json_string_value(item), json_string_length(item));
			continue;
		}
		sw_buf_printf(out, "%s(", member->values ? member->values : "");
		for (size_t j = 0; member->shape && j < member->shape->count; j++) {
			const char *name = member->shape->members[j].name;
			const json_t *value = json_object_get(item, name);
			sw_buf_printf(out, "%s%s=", j ? ", " : "", name);
			if (json_is_string(value))
				sw_buf_append(out, json_string_value(value), json_string_length(value));
			else if (json_is_integer(value))
				sw_buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
			else
				sw_buf_text(out, "null");
		}
		sw_buf_char(out, ')');
	}
	sw_buf_char(out, ']');
}

/* As Java prints a float: 101.0 */
static void print_number(struct sw_buf *out, const json_t *value)
{
	double number = json_number_value(value);
	if (json_is_integer(value))
		sw_buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		sw_buf_printf(out,
			      number > -1e7 && number < 1e7 && (double)(long)number == number ? "%.1f"
											      : "%.7g",
			      number);
}

static void violation(struct check *check, const struct sw_member *member, const char *path,
		      const json_t *value, const char *rule)
{
	struct sw_buf *out = &check->violations;
	if (is_full(check))
		return;
	if (check->count++)
		sw_buf_text(out, "; ");
	if (!value) {
		sw_buf_text(out, "Value null");
	} else if (member->flags & SW_SENSITIVE) {
		sw_buf_text(out, "Value");
	} else if (json_is_string(value)) {
		sw_buf_text(out, "Value '");
		sw_buf_append(out, json_string_value(value), json_string_length(value));
		sw_buf_char(out, '\'');
	} else if (json_is_array(value)) {
		sw_buf_text(out, "Value '");
		print_list(out, member, value);
		sw_buf_char(out, '\'');
	} else {
		sw_buf_text(out, "Value '");
		print_number(out, value);
		sw_buf_char(out, '\'');
	}
	sw_buf_printf(out, " at '%s' failed to satisfy constraint: Member must %s", path, rule);
}

/* Is text one of "[A, B, C]"? */
static bool is_listed(const char *values, const char *text, size_t len)
{
	for (const char *at = values + 1; *at; at += strspn(at, ", ]")) {
		size_t word = strcspn(at, ",]");
		if (word == len && memcmp(at, text, len) == 0)
			return true;
		at += word;
	}
	return false;
}

static bool is_alias_name(const char *text, size_t len)
{
	bool digits = true;
	for (size_t i = 0; i < len; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';
		bool letter = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z');
		if (!digit && !letter && text[i] != '_' && text[i] != '-' && text[i] != '.')
			return false;
		digits = digits && digit;
	}
	return !digits;
}

static void check_text(struct check *check, const struct sw_member *member, const char *path,
		       const json_t *value)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value), units = utf16_length(text, len);
	char rule[160];

	if (member->values && !is_listed(member->values, text, len)) {
		snprintf(rule, sizeof(rule), "satisfy enum value set: %s", member->values);
		violation(check, member, path, value, rule);
	}
	if (units < member->min) {
		snprintf(rule, sizeof(rule), "have length greater than or equal to %" PRIu32, member->min);
		violation(check, member, path, value, rule);
	}
	if (member->max && units > member->max) {
		snprintf(rule, sizeof(rule), "have length less than or equal to %" PRIu32, member->max);
		violation(check, member, path, value, rule);
	}
	bool ascii = true, visible = len > 0;
	for (size_t i = 0; i < len; i++) {
		ascii = ascii && (unsigned char)text[i] < 0x80;
		visible = visible && text[i] >= '!' && text[i] <= '~';
	}
	if ((member->flags & SW_ASCII) && !ascii)
		violation(check, member, path, value, "satisfy regular expression pattern: \\p{ASCII}*");
	if ((member->flags & SW_VISIBLE) && !visible)
		violation(check, member, path, value, "satisfy regular expression pattern: [!-~]+");
	if ((member->flags & SW_ALIAS_NAME) && !is_alias_name(text, len))
		violation(check, member, path, value,
			  "satisfy regular expression pattern: "
			  "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$");
	if (!(member->flags & SW_ANY_BYTES) && memchr(text, 0, len))
		violation(check, member, path, value, "not contain U+0000");
}

static void check_number(struct check *check, const struct sw_member *member, const char *path,
			 const json_t *value)
{
	double number = json_number_value(value);
	char rule[80];

	if (number < member->min) {
		snprintf(rule, sizeof(rule), "have value greater than or equal to %" PRIu32, member->min);
		violation(check, member, path, value, rule);
	}
	if (member->max && number > member->max) {
		snprintf(rule, sizeof(rule), "have value less than or equal to %" PRIu32, member->max);
		violation(check, member, path, value, rule);
	}
}

static void check_length(struct check *check, const struct sw_member *member, const char *path,
			 const json_t *list)
{
	size_t count = json_array_size(list);
	char rule[80];

	if (count < member->min) {
		snprintf(rule, sizeof(rule), "have length greater than or equal to %" PRIu32, member->min);
		violation(check, member, path, list, rule);
	}
	if (member->max && count > member->max) {
		snprintf(rule, sizeof(rule), "have length less than or equal to %" PRIu32, member->max);
		violation(check, member, path, list, rule);
	}
}

/* Told once for all items, with both bounds. */
static void check_texts(struct check *check, const struct sw_member *member, const char *path,
			const json_t *list)
{
	bool good = true;
	char rule[200];
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		size_t units = utf16_length(json_string_value(item), json_string_length(item));
		good = good && units >= member->min && units <= member->max;
	}
	if (good)
		return;
	snprintf(rule, sizeof(rule),
		 "satisfy constraint: [Member must have length less than or equal to %" PRIu32
		 ", Member must have length greater than or equal to %" PRIu32 "]",
		 member->max, member->min);
	violation(check, member, path, list, rule);
}

static void check_members(struct check *check, const struct sw_shape *shape, const char *path,
			  const json_t *object);

static void check_member(struct check *check, const struct sw_member *member, const char *path,
			 const json_t *value)
{
	char inner[PATH_BYTES];
	if (member->kind == SW_MEMBER_TEXT) {
		check_text(check, member, path, value);
	} else if (member->kind == SW_MEMBER_INTEGER || member->kind == SW_MEMBER_LONG ||
		   member->kind == SW_MEMBER_FLOAT) {
		check_number(check, member, path, value);
	} else if (member->kind == SW_MEMBER_OBJECT && member->shape) {
		check_members(check, member->shape, path, value);
	} else if (member->flags & SW_TEXTS) {
		check_texts(check, member, path, value);
	} else if (member->kind == SW_MEMBER_LIST && member->shape) {
		check_length(check, member, path, value);
		for (size_t i = 0; i < json_array_size(value) && !is_full(check); i++) {
			snprintf(inner, sizeof(inner), "%.200s.%zu.member", path, i + 1);
			check_members(check, member->shape, inner, json_array_get(value, i));
		}
	}
}

static void check_one(struct check *check, const struct sw_member *member, const char *path,
		      const json_t *object)
{
	const json_t *value = json_object_get(object, member->name);
	char inner[PATH_BYTES];

	snprintf(inner, sizeof(inner), "%.180s%s%.64s", path, *path ? "." : "", member->name);
	if (value && !json_is_null(value))
		check_member(check, member, inner, value);
	else if (member->flags & SW_REQUIRED)
		violation(check, member, inner, NULL, "not be null");
}

/* Where java.util.HashMap keeps a key while it has no more than twelve. */
static unsigned bucket_of(const char *name)
{
	uint32_t hash = 0;
	for (; *name; name++)
		hash = 31 * hash + (unsigned char)*name;
	return (hash ^ hash >> 16) % BUCKETS;
}

static void check_members(struct check *check, const struct sw_shape *shape, const char *path,
			  const json_t *object)
{
	for (unsigned bucket = 0; check->several && bucket < BUCKETS; bucket++) {
		for (size_t i = 0; i < shape->count; i++) {
			if (bucket_of(shape->members[i].name) == bucket)
				check_one(check, &shape->members[i], path, object);
		}
	}
	for (size_t i = 0; !check->several && i < shape->count; i++)
		check_one(check, &shape->members[i], path, object);
}

enum sw_shape_verdict sw_shape_check(const struct sw_shape *shape, const json_t *request,
				     struct sw_buf *message)
{
	struct check check = {.message = message, .violations = SW_BUF};
	enum sw_shape_verdict verdict = SW_SHAPE_FITS;

	if (!check_types(&check, shape, request)) {
		verdict = SW_SHAPE_WRONG_TYPE;
	} else {
		check_members(&check, shape, "", request);
		if (check.count > 1) {
			check.several = true;
			check.count = 0;
			sw_buf_reset(&check.violations);
			check_members(&check, shape, "", request);
		}
		if (check.count) {
			verdict = SW_SHAPE_OUT_OF_RANGE;
			sw_buf_printf(message, "%u validation error%s detected: ", check.count,
				      check.count == 1 ? "" : "s");
			sw_buf_append(message, check.violations.data, check.violations.len);
			message->failed = message->failed || check.violations.failed;
		}
	}
	sw_buf_done(&check.violations);
	return verdict;
}

void sw_shape_too_long(struct sw_buf *message, const char *member, uint32_t max)
{
	sw_buf_printf(message,
		      "1 validation error detected: Value at '%s' failed to satisfy constraint: "
		      "Member must have length less than or equal to %" PRIu32,
		      member, max);
}
