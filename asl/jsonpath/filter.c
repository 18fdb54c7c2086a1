/*
 * Does an item pass a filter? Jayway's evaluators: values are strings, numbers, booleans, null, JSON (arrays
 * and objects), patterns, or undefined; each operator says what it makes of which pair, and a pair it has no
 * rule for is an invalid path, by which the item just does not pass.
 */
#include "asl/jsonpath/path.h"

#include <stdlib.h>
#include <string.h>

/* What comparing and searching texts costs, beside the step of visiting the value. */
#define TEXT_BYTES_OF_A_STEP 512
#define SCANNED_BYTES_OF_A_STEP 64
/* Looking at the types of values only. */
#define VALUES_OF_A_STEP 16

/* A value while a filter is evaluated. Borrowed but for `own` and `copy`. */
struct node {
	enum sw_path_operand_kind kind;
	const char
		*text; /* STRING: content; NUMBER: decimal text, when known; JSON text that is not parsed */
	size_t len;
	const json_t *tree; /* NUMBER, JSON */
	bool boolean;
	bool unparsed; /* JSON: given as text */
	bool never;    /* a path inside a list: equal to nothing */
	const struct sw_path_regex *regex;
	json_t *own;
	char *copy;
};

static void node_done(struct node *node)
{
	json_decref(node->own);
	sw_free(node->copy);
	node->own = NULL;
	node->copy = NULL;
}

/* A value that a path found. */
static void node_of_tree(struct node *node, const json_t *tree)
{
	node->tree = tree;
	if (sw_json_is_number(tree)) {
		node->kind = SW_PATH_OPERAND_NUMBER;
	} else if (json_is_string(tree)) {
		node->kind = SW_PATH_OPERAND_STRING;
		node->text = json_string_value(tree);
		node->len = json_string_length(tree);
	} else if (json_is_boolean(tree)) {
		node->kind = SW_PATH_OPERAND_BOOLEAN;
		node->boolean = json_is_true(tree);
	} else if (json_is_null(tree)) {
		node->kind = SW_PATH_OPERAND_NULL;
	} else {
		node->kind = SW_PATH_OPERAND_JSON;
	}
}

/* ---- items of lists ----------------------------------------------------------------------------------- */

static bool looks_like_path(const char *text, size_t len)
{
	struct sw_owner owner;
	const struct sw_jsonpath *path;
	if (len == 0 || (text[0] != '$' && text[0] != '@'))
		return false;
	if (len == 1)
		return true;
	if (text[1] != '.' && text[1] != '[' && text[1] != ' ')
		return false;
	sw_owner_init(&owner);
	bool is_path = sw_jsonpath_compile(text, len, &owner, &path, NULL) == SW_OK;
	sw_owner_done(&owner);
	return is_path;
}

/* 'quoted' in quotes loses them, escapes are resolved: strings in lists are read as literals. */
static enum sw_path_status unquote(struct node *node)
{
	const char *text = node->text;
	size_t len = node->len;
	bool quoted = len > 1 && text[0] == text[len - 1] && (text[0] == '\'' || text[0] == '"');
	if (len < 2 || (!quoted && !memchr(text, '\\', len)))
		return SW_PATH_OK;
	struct sw_owner owner;
	struct sw_error err = {0};
	struct sw_path_lex outer = {.owner = &owner, .err = &err}, lex;
	sw_owner_init(&owner);
	sw_path_lex_init(&lex, text, len, 1, &outer);
	const char *plain = sw_path_lex_unescape(&lex, quoted, (long)len - quoted, &node->len);
	enum sw_path_status status = SW_PATH_EVALUATION;
	if (plain) {
		node->copy = sw_memdup(plain, node->len);
		node->text = node->copy;
		status = node->copy ? SW_PATH_OK : SW_PATH_MEMORY;
	}
	sw_owner_done(&owner);
	return status;
}

/* An array or object inside a list has no kind there. */
static enum sw_path_status node_of_item(struct sw_path_run *run, struct node *node, const json_t *item)
{
	*node = (struct node){0};
	if (json_is_array(item) || json_is_object(item))
		return sw_path_throw(run, SW_PATH_EVALUATION, "Could not determine value type");
	node_of_tree(node, item);
	if (node->kind != SW_PATH_OPERAND_STRING)
		return SW_PATH_OK;
	size_t len = node->len;
	const char *text = node->text;
	/* Texts that look like more than texts are read at each turn. */
	enum sw_path_status status = sw_path_charge(
		run, len > 1 && strchr("$@[{'\"", text[0]) ? 10 + len / 4 : len / TEXT_BYTES_OF_A_STEP);
	if (status != SW_PATH_OK)
		return status;
	if (looks_like_path(text, len)) {
		node->never = true;
	} else if (len > 1 &&
		   ((text[0] == '[' && text[len - 1] == ']') || (text[0] == '{' && text[len - 1] == '}')) &&
		   sw_json_check(text, len, NULL) == SW_OK) {
		node->kind = SW_PATH_OPERAND_JSON;
		node->unparsed = true;
	} else {
		return unquote(node);
	}
	return SW_PATH_OK;
}

/* ---- numbers ------------------------------------------------------------------------------------------ */

static int compare_big(const json_t *a, const json_t *b)
{
	const char *x = sw_json_big_digits(a), *y = sw_json_big_digits(b);
	int sign = *x == '-' ? -1 : 1;
	if ((*x == '-') != (*y == '-'))
		return sign;
	size_t len_x = strlen(x), len_y = strlen(y);
	if (len_x != len_y)
		return len_x < len_y ? -sign : sign;
	int order = strcmp(x, y);
	return order < 0 ? -sign : order > 0 ? sign : 0;
}

static int compare_numbers(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b)) {
		json_int_t x = json_integer_value(a), y = json_integer_value(b);
		return x < y ? -1 : x > y;
	}
	if (sw_json_is_big(a) && sw_json_is_big(b))
		return compare_big(a, b);
	if (sw_json_equal(a, b))
		return 0;
	/* A long double holds every int64_t exactly. */
	long double x = json_is_integer(a) ? (long double)json_integer_value(a) : sw_json_number(a);
	long double y = json_is_integer(b) ? (long double)json_integer_value(b) : sw_json_number(b);
	return x < y ? -1 : x > y;
}

/*
 * Text of a number as java.math.BigDecimal.toString writes it: 1.0E10 becomes 1.0E+10, 1.0E-4 becomes
 * 0.00010.
 */
static void put_decimal(struct sw_buf *out, const char *text, size_t len)
{
	struct sw_buf digits = SW_BUF;
	long scale = 0;
	bool fraction = false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '-' && i == 0) {
			sw_buf_char(out, '-');
		} else if (text[i] == '.') {
			fraction = true;
		} else if (text[i] == 'e' || text[i] == 'E') {
			char exponent[16] = "";
			memcpy(exponent, text + i + 1, len - i - 1 < 15 ? len - i - 1 : 15);
			scale -= strtol(exponent, NULL, 10);
			break;
		} else {
			if (digits.len == 1 && digits.data[0] == '0')
				digits.len = 0;
			sw_buf_char(&digits, text[i]);
			scale += fraction;
		}
	}
	long adjusted = -scale + (long)digits.len - 1;
	const char *p = digits.data ? digits.data : "0";
	if (scale == 0) {
		sw_buf_append(out, p, digits.len);
	} else if (scale > 0 && adjusted >= -6) {
		if ((long)digits.len <= scale) {
			sw_buf_text(out, "0.");
			for (long i = (long)digits.len; i < scale; i++)
				sw_buf_char(out, '0');
			sw_buf_append(out, p, digits.len);
		} else {
			sw_buf_append(out, p, digits.len - (size_t)scale);
			sw_buf_char(out, '.');
			sw_buf_append(out, p + digits.len - (size_t)scale, (size_t)scale);
		}
	} else {
		sw_buf_append(out, p, digits.len > 0);
		if (digits.len > 1) {
			sw_buf_char(out, '.');
			sw_buf_append(out, p + 1, digits.len - 1);
		}
		sw_buf_printf(out, "E%+ld", adjusted);
	}
	sw_buf_done(&digits);
}

/* A string's or number's text. */
static enum sw_path_status node_text(const struct node *node, struct sw_buf *out)
{
	if (node->kind == SW_PATH_OPERAND_STRING) {
		sw_buf_append(out, node->text, node->len);
	} else if (node->text) {
		put_decimal(out, node->text, node->len);
	} else {
		struct sw_buf text = SW_BUF;
		(void)sw_json_print(node->tree, &text, 1024); /* a failure stays in the buffer */
		put_decimal(out, text.data ? text.data : "", text.len);
		if (sw_buf_result(&text) < 0)
			out->failed = true;
		sw_buf_done(&text);
	}
	return sw_buf_result(out) < 0 ? SW_PATH_MEMORY : SW_PATH_OK;
}

/* ---- equality ----------------------------------------------------------------------------------------- */

/* Is the string a decimal number equal to the number? "1.0" is 1. */
static bool string_is_number(const struct node *number, const struct node *string)
{
	json_t *tree = NULL;
	const char *text = string->text;
	size_t len = string->len;
	if (len > 0 && text[0] == '+') {
		text++;
		len--;
	}
	if (len == 0 || !strchr("-0123456789", text[0]) || strchr(" \t\r\n", text[len - 1]) ||
	    sw_json_parse(text, len, 0, &tree, NULL) < 0)
		return false;
	bool same = sw_json_is_number(tree) && compare_numbers(number->tree, tree) == 0;
	json_decref(tree);
	return same;
}

/* As jansson's json_equal: 1 and 1.0 differ. Every value that is looked at is a step. */
static enum sw_path_status same_json(struct sw_path_run *run, const json_t *a, const json_t *b,
				     bool *ret_same)
{
	enum sw_path_status status = sw_path_charge(run, 1);
	*ret_same = a == b;
	if (status != SW_PATH_OK || a == b || !a || !b || json_typeof(a) != json_typeof(b))
		return status;
	if (json_is_array(a)) {
		*ret_same = json_array_size(a) == json_array_size(b);
		for (size_t i = 0; i < json_array_size(a) && *ret_same && status == SW_PATH_OK; i++)
			status = same_json(run, json_array_get(a, i), json_array_get(b, i), ret_same);
	} else if (json_is_object(a)) {
		json_t *object = (json_t *)a; /* jansson's iterators are not const */
		*ret_same = json_object_size(a) == json_object_size(b);
		for (void *at = json_object_iter(object); at && *ret_same && status == SW_PATH_OK;
		     at = json_object_iter_next(object, at))
			status = same_json(run, json_object_iter_value(at),
					   json_object_get(b, json_object_iter_key(at)), ret_same);
	} else {
		*ret_same = json_equal(a, b) == 1;
		status = sw_path_charge(run, json_string_length(a) / TEXT_BYTES_OF_A_STEP);
	}
	return status;
}

static enum sw_path_status equal_scalars(struct sw_path_run *run, const struct node *a, const struct node *b,
					 bool *ret_equal)
{
	*ret_equal = false;
	if (a->never || b->never)
		return SW_PATH_OK;
	/* Numbers in strings are read. */
	bool reads = (a->kind == SW_PATH_OPERAND_NUMBER) != (b->kind == SW_PATH_OPERAND_NUMBER);
	enum sw_path_status status = sw_path_charge(run, reads ? 1 + (a->len + b->len) / 16
							       : (a->len + b->len) / TEXT_BYTES_OF_A_STEP);
	if (status != SW_PATH_OK)
		return status;
	switch (a->kind) {
	case SW_PATH_OPERAND_STRING:
		if (b->kind == SW_PATH_OPERAND_STRING) {
			*ret_equal = a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
		} else if (b->kind == SW_PATH_OPERAND_NUMBER) {
			struct sw_buf text = SW_BUF;
			status = node_text(b, &text);
			*ret_equal = status == SW_PATH_OK && a->len == text.len &&
				     memcmp(a->text, text.data, a->len) == 0;
			sw_buf_done(&text);
		}
		break;
	case SW_PATH_OPERAND_NUMBER:
		if (b->kind == SW_PATH_OPERAND_NUMBER)
			*ret_equal = compare_numbers(a->tree, b->tree) == 0;
		else if (b->kind == SW_PATH_OPERAND_STRING)
			*ret_equal = string_is_number(a, b);
		break;
	case SW_PATH_OPERAND_BOOLEAN:
		*ret_equal = b->kind == SW_PATH_OPERAND_BOOLEAN && a->boolean == b->boolean;
		break;
	case SW_PATH_OPERAND_NULL:
		*ret_equal = b->kind == SW_PATH_OPERAND_NULL;
		break;
	case SW_PATH_OPERAND_JSON:
		/* Texts with texts, values with values (1 and 1.0 differ here). */
		if (b->kind == SW_PATH_OPERAND_JSON && a->unparsed && b->unparsed)
			*ret_equal = a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
		else if (b->kind == SW_PATH_OPERAND_JSON && !a->unparsed && !b->unparsed)
			status = same_json(run, a->tree, b->tree, ret_equal);
		break;
	default: /* undefined equals nothing */
		break;
	}
	return status;
}

/* ==: a JSON literal on the right is read when there is a value on the left; on the left it never is. */
static enum sw_path_status equal_nodes(struct sw_path_run *run, const struct node *a, const struct node *b,
				       bool *ret_equal)
{
	if (a->kind == SW_PATH_OPERAND_JSON && b->kind == SW_PATH_OPERAND_JSON) {
		*ret_equal = false;
		return a->unparsed || !a->tree || !b->tree ? SW_PATH_OK
							   : same_json(run, a->tree, b->tree, ret_equal);
	}
	return equal_scalars(run, a, b, ret_equal);
}

/* ---- lists -------------------------------------------------------------------------------------------- */

/* The array that a node is. *ret_list NULL when it is JSON but none; INVALID when it is something else. */
static enum sw_path_status as_list(struct sw_path_run *run, const struct node *node, const json_t **ret_list)
{
	*ret_list = NULL;
	if (node->kind != SW_PATH_OPERAND_JSON)
		return sw_path_throw(run, SW_PATH_INVALID, "Expected value list node");
	if (!node->tree)
		return sw_path_throw(run, SW_PATH_EVALUATION, "the JSON in the filter cannot be read");
	if (json_is_array(node->tree))
		*ret_list = node->tree;
	return SW_PATH_OK;
}

/* The same with a kind for each item: one that has none is an error whatever becomes of the list. */
static enum sw_path_status as_values(struct sw_path_run *run, const struct node *node,
				     const json_t **ret_list)
{
	enum sw_path_status status = as_list(run, node, ret_list);
	size_t count = status == SW_PATH_OK && *ret_list ? json_array_size(*ret_list) : 0;
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(*ret_list, i);
		if (json_is_array(item) || json_is_object(item))
			return sw_path_throw(run, SW_PATH_EVALUATION, "Could not determine value type");
	}
	return status == SW_PATH_OK ? sw_path_charge(run, count / VALUES_OF_A_STEP) : status;
}

static enum sw_path_status list_contains(struct sw_path_run *run, const json_t *list, const struct node *node,
					 bool *ret_contains)
{
	enum sw_path_status status = SW_PATH_OK;
	*ret_contains = false;
	/* All items get a kind first: one that has none is an error wherever it stands. */
	for (size_t i = 0; i < json_array_size(list) && status == SW_PATH_OK; i++) {
		struct node item;
		bool same = false;
		status = sw_path_charge(run, 1);
		if (status != SW_PATH_OK)
			return status;
		status = node_of_item(run, &item, json_array_get(list, i));
		if (status == SW_PATH_OK && !*ret_contains)
			status = equal_scalars(run, node, &item, &same);
		*ret_contains = *ret_contains || same;
		node_done(&item);
	}
	return status;
}

/* Counts the items of a that b contains. */
static enum sw_path_status count_common(struct sw_path_run *run, const json_t *a, const json_t *b,
					size_t *ret_count)
{
	enum sw_path_status status = SW_PATH_OK;
	*ret_count = 0;
	for (size_t i = 0; i < json_array_size(a) && status == SW_PATH_OK; i++) {
		struct node item;
		bool contains = false;
		status = node_of_item(run, &item, json_array_get(a, i));
		if (status == SW_PATH_OK)
			status = list_contains(run, b, &item, &contains);
		*ret_count += contains;
		node_done(&item);
	}
	return status;
}

static enum sw_path_status compare_lists(struct sw_path_run *run, enum sw_path_operator op,
					 const struct node *left, const struct node *right, bool *ret_true)
{
	const json_t *list, *others;
	size_t common;
	enum sw_path_status status = as_values(run, right, &others);
	if (status == SW_PATH_OK && others)
		status = as_values(run, left, &list);
	if (status != SW_PATH_OK || !others || !list) {
		*ret_true = false;
		return status;
	}
	status = count_common(run, list, others, &common);
	*ret_true = op == SW_PATH_SUBSETOF ? common == json_array_size(list)
					   : (common > 0) == (op == SW_PATH_ANYOF);
	return status;
}

static enum sw_path_status contains(struct sw_path_run *run, const struct node *left,
				    const struct node *right, bool *ret_true)
{
	const json_t *list;
	*ret_true = false;
	if (left->kind == SW_PATH_OPERAND_STRING && right->kind == SW_PATH_OPERAND_STRING) {
		*ret_true = memmem(left->text, left->len, right->text, right->len) != NULL;
		return sw_path_charge(run, left->len / SCANNED_BYTES_OF_A_STEP);
	}
	if (left->kind != SW_PATH_OPERAND_JSON)
		return SW_PATH_OK;
	enum sw_path_status status = as_list(run, left, &list);
	if (status == SW_PATH_OK && list)
		status = list_contains(run, list, right, ret_true);
	return status;
}

/* ---- other operators ---------------------------------------------------------------------------------- */

static size_t utf16_length(const char *text, size_t len)
{
	size_t count = 0;
	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xC0) != 0x80 ? ((unsigned char)text[i] >= 0xF0 ? 2 : 1)
								 : 0;
	return count;
}

static enum sw_path_status has_size(struct sw_path_run *run, const struct node *left,
				    const struct node *right, bool *ret_true)
{
	const json_t *list;
	*ret_true = false;
	if (right->kind != SW_PATH_OPERAND_NUMBER)
		return SW_PATH_OK;
	double wanted = sw_json_number(right->tree);
	wanted = wanted < INT32_MIN || wanted > INT32_MAX ? -2 : (double)(int32_t)wanted;
	if (left->kind == SW_PATH_OPERAND_STRING) {
		*ret_true = (double)utf16_length(left->text, left->len) == wanted;
		return sw_path_charge(run, left->len / SCANNED_BYTES_OF_A_STEP);
	} else if (left->kind == SW_PATH_OPERAND_JSON) {
		enum sw_path_status status = as_list(run, left, &list);
		if (status != SW_PATH_OK)
			return status;
		*ret_true = (list ? (double)json_array_size(list) : -1) == wanted;
	}
	return SW_PATH_OK;
}

static enum sw_path_status is_empty(struct sw_path_run *run, const struct node *left,
				    const struct node *right, bool *ret_true)
{
	bool empty;
	*ret_true = false;
	if (left->kind == SW_PATH_OPERAND_STRING)
		empty = left->len == 0;
	else if (left->kind == SW_PATH_OPERAND_JSON && json_is_array(left->tree))
		empty = json_array_size(left->tree) == 0;
	else if (left->kind == SW_PATH_OPERAND_JSON)
		/* The library takes an object for a collection, which it is not. */
		return sw_path_throw(
			run, SW_PATH_EVALUATION,
			"class java.util.LinkedHashMap cannot be cast to class java.util.Collection");
	else
		return SW_PATH_OK;
	if (right->kind != SW_PATH_OPERAND_BOOLEAN)
		return sw_path_throw(run, SW_PATH_INVALID, "Expected boolean node");
	*ret_true = empty == right->boolean;
	return SW_PATH_OK;
}

static enum sw_path_status regex_matches(struct sw_path_run *run, const struct sw_path_regex *regex,
					 const struct node *node, bool *ret_true)
{
	struct sw_buf text = SW_BUF;
	enum sw_path_status status = SW_PATH_OK;
	if (node->kind == SW_PATH_OPERAND_STRING)
		return sw_path_regex_match(run, regex, node->text ? node->text : "", node->len, ret_true);
	if (node->kind == SW_PATH_OPERAND_NUMBER)
		status = node_text(node, &text);
	else if (node->kind == SW_PATH_OPERAND_BOOLEAN)
		sw_buf_text(&text, node->boolean ? "true" : "false");
	if (sw_buf_result(&text) < 0)
		status = SW_PATH_MEMORY;
	if (status == SW_PATH_OK)
		status = sw_path_regex_match(run, regex, text.data ? text.data : "", text.len, ret_true);
	sw_buf_done(&text);
	return status;
}

static enum sw_path_status regex(struct sw_path_run *run, const struct node *left, const struct node *right,
				 bool *ret_true)
{
	bool left_is = left->kind == SW_PATH_OPERAND_PATTERN,
	     right_is = right->kind == SW_PATH_OPERAND_PATTERN;
	const struct node *value = left_is ? right : left;
	const struct sw_path_regex *pattern = left_is ? left->regex : right->regex;
	enum sw_path_status status = SW_PATH_OK;
	*ret_true = false;
	if (left_is == right_is)
		return SW_PATH_OK;
	if (value->kind != SW_PATH_OPERAND_JSON || !json_is_array(value->tree))
		return regex_matches(run, pattern, value, ret_true);
	for (size_t i = 0; i < json_array_size(value->tree) && status == SW_PATH_OK; i++) {
		struct node item;
		bool matches = false;
		status = node_of_item(run, &item, json_array_get(value->tree, i));
		if (status == SW_PATH_OK && !*ret_true)
			status = regex_matches(run, pattern, &item, &matches);
		*ret_true = *ret_true || matches;
		node_done(&item);
	}
	return status;
}

/* < <= > >=: two numbers or two strings; a mixed pair is not ordered. */
static bool ordered(enum sw_path_operator op, const struct node *left, const struct node *right)
{
	int order;
	if (left->kind == SW_PATH_OPERAND_NUMBER && right->kind == SW_PATH_OPERAND_NUMBER)
		order = compare_numbers(left->tree, right->tree);
	else if (left->kind == SW_PATH_OPERAND_STRING && right->kind == SW_PATH_OPERAND_STRING)
		order = sw_text_compare(left->text ? left->text : "", left->len,
					right->text ? right->text : "", right->len);
	else
		return false;
	switch (op) {
	case SW_PATH_LT:
		return order < 0;
	case SW_PATH_LTE:
		return order <= 0;
	case SW_PATH_GT:
		return order > 0;
	default:
		return order >= 0;
	}
}

static enum sw_path_status apply(struct sw_path_run *run, enum sw_path_operator op, const struct node *left,
				 const struct node *right, bool *ret_true)
{
	const json_t *list;
	enum sw_path_status status = SW_PATH_OK;
	*ret_true = false;
	switch (op) {
	case SW_PATH_EXISTS:
		if (left->kind != SW_PATH_OPERAND_BOOLEAN || right->kind != SW_PATH_OPERAND_BOOLEAN)
			return sw_path_throw(run, SW_PATH_EVALUATION, "Failed to evaluate exists expression");
		*ret_true = left->boolean == right->boolean;
		return SW_PATH_OK;
	case SW_PATH_TSEQ:
	case SW_PATH_TSNE:
		if (left->kind == right->kind)
			status = equal_nodes(run, left, right, ret_true);
		*ret_true = *ret_true == (op == SW_PATH_TSEQ);
		return status;
	case SW_PATH_EQ:
	case SW_PATH_NE:
		status = equal_nodes(run, left, right, ret_true);
		*ret_true = *ret_true == (op == SW_PATH_EQ);
		return status;
	case SW_PATH_LT:
	case SW_PATH_LTE:
	case SW_PATH_GT:
	case SW_PATH_GTE:
		*ret_true = ordered(op, left, right);
		return SW_PATH_OK;
	case SW_PATH_REGEX:
		return regex(run, left, right, ret_true);
	case SW_PATH_IN:
	case SW_PATH_NIN:
		status = as_list(run, right, &list);
		if (status == SW_PATH_OK && list)
			status = list_contains(run, list, left, ret_true);
		*ret_true = *ret_true == (op == SW_PATH_IN);
		return status;
	case SW_PATH_ALL: /* takes a list that only the library's own interface can make: passes nothing */
		return sw_path_throw(run, SW_PATH_INVALID, "Expected value list node");
	case SW_PATH_CONTAINS:
		return contains(run, left, right, ret_true);
	case SW_PATH_SIZE:
		return has_size(run, left, right, ret_true);
	case SW_PATH_EMPTY:
		return is_empty(run, left, right, ret_true);
	case SW_PATH_SUBSETOF:
	case SW_PATH_ANYOF:
	case SW_PATH_NONEOF:
		return compare_lists(run, op, left, right, ret_true);
	default:
		return sw_path_throw(run, SW_PATH_INVALID, "Expected class node");
	}
}

/* ---- operands ----------------------------------------------------------------------------------------- */

/* Results of $ paths do not change from item to item. */
static enum sw_path_status evaluate_operand_path(struct sw_path_run *run, const struct sw_jsonpath *path,
						 const json_t *item, json_t **ret_tree)
{
	if (!path->of_root)
		return sw_path_evaluate(run, path, item, false, ret_tree);
	for (struct sw_path_cached *at = run->cache; at; at = at->next) {
		if (at->path == path) {
			*ret_tree = json_incref(at->tree);
			return SW_PATH_OK;
		}
	}
	enum sw_path_status status = sw_path_evaluate(run, path, run->document, false, ret_tree);
	struct sw_path_cached *cached = status == SW_PATH_OK ? sw_alloc(sizeof(*cached)) : NULL;
	if (cached) { /* without it the path is evaluated again: benign */
		*cached = (struct sw_path_cached){run->cache, path, json_incref(*ret_tree)};
		run->cache = cached;
	}
	return status;
}

static enum sw_path_status path_operand(struct sw_path_run *run, const struct sw_path_operand *operand,
					bool exists, const json_t *item, struct node *node)
{
	const struct sw_jsonpath *path = operand->path;
	/* By itself also a path from $ is looked up in the item: the library has it so in [?($.a)]. */
	enum sw_path_status status = exists ? sw_path_evaluate(run, path, item, true, &node->own)
					    : evaluate_operand_path(run, path, item, &node->own);
	if (exists && (status == SW_PATH_OK || status == SW_PATH_NOT_FOUND)) {
		node->kind = SW_PATH_OPERAND_BOOLEAN;
		node->boolean = status == SW_PATH_OK;
		return SW_PATH_OK;
	}
	if (status == SW_PATH_NOT_FOUND) {
		node->kind = SW_PATH_OPERAND_UNDEFINED;
		return SW_PATH_OK;
	}
	/* The library cannot compare what keys() gives: a set of names is none of its kinds of value. */
	if (status == SW_PATH_OK && path->definite && path->tail->function == SW_PATH_KEYS &&
	    json_is_array(node->own))
		return sw_path_throw(run, SW_PATH_EVALUATION,
				     "Could not convert the keys of an object to a ValueNode");
	if (status == SW_PATH_OK)
		node_of_tree(node, node->own);
	return status;
}

static enum sw_path_status take_operand(struct sw_path_run *run, const struct sw_path_operand *operand,
					bool exists, const json_t *item, struct node *node)
{
	*node = (struct node){.kind = operand->kind,
			      .text = operand->text,
			      .len = operand->len,
			      .tree = operand->tree,
			      .boolean = operand->boolean,
			      .unparsed = operand->kind == SW_PATH_OPERAND_JSON,
			      .regex = operand->regex};
	if (operand->kind == SW_PATH_OPERAND_PATH)
		return path_operand(run, operand, exists, item, node);
	return SW_PATH_OK;
}

static enum sw_path_status compare(struct sw_path_run *run, const struct sw_path_filter *filter,
				   const json_t *item, bool *ret_true)
{
	struct node left, right = {0};
	bool exists = filter->op == SW_PATH_EXISTS;
	enum sw_path_status status = take_operand(run, &filter->left, exists, item, &left);
	if (status == SW_PATH_OK)
		status = take_operand(run, &filter->right, false, item, &right);
	if (status == SW_PATH_OK)
		status = apply(run, filter->op, &left, &right, ret_true);
	node_done(&left);
	node_done(&right);
	return status;
}

static enum sw_path_status evaluate_filter(struct sw_path_run *run, const struct sw_path_filter *filter,
					   const json_t *item, bool *ret_true)
{
	enum sw_path_status status = SW_PATH_OK;
	if (filter->kind == SW_PATH_COMPARE)
		return compare(run, filter, item, ret_true);
	if (filter->kind == SW_PATH_NOT) {
		status = evaluate_filter(run, filter->first, item, ret_true);
		*ret_true = !*ret_true;
		return status;
	}
	bool stop_at = filter->kind == SW_PATH_OR;
	*ret_true = !stop_at;
	for (const struct sw_path_filter *at = filter->first; at; at = at->next) {
		status = evaluate_filter(run, at, item, ret_true);
		if (status != SW_PATH_OK || *ret_true == stop_at)
			break;
	}
	return status;
}

enum sw_path_status sw_path_filter_accepts(struct sw_path_run *run, const struct sw_path_filter *filter,
					   const json_t *item, bool *ret_accepts)
{
	bool quiet = run->quiet;
	*ret_accepts = false;
	enum sw_path_status status = sw_path_charge(run, 1);
	if (status != SW_PATH_OK)
		return status;
	run->quiet = true;
	status = evaluate_filter(run, filter, item, ret_accepts);
	run->quiet = quiet;
	if (status == SW_PATH_INVALID) {
		*ret_accepts = false;
		return SW_PATH_OK;
	}
	return status;
}
