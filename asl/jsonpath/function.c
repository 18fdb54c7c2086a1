/*
 * Functions at the end of paths: $.a.sum(), $.max($.b, 3), $..c.length(). What they make of what is Jayway's;
 * no value of the document is changed.
 */
#include "asl/jsonpath/path.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum sw_path_function sw_path_function_find(const char *name)
{
	static const struct {
		const char *name;
		enum sw_path_function function;
	} table[] = {
		{"avg", SW_PATH_AVG},       {"stddev", SW_PATH_STDDEV}, {"sum", SW_PATH_SUM},
		{"min", SW_PATH_MIN},       {"max", SW_PATH_MAX},       {"concat", SW_PATH_CONCAT},
		{"length", SW_PATH_LENGTH}, {"size", SW_PATH_LENGTH},   {"append", SW_PATH_APPEND},
		{"keys", SW_PATH_KEYS},     {"first", SW_PATH_FIRST},   {"last", SW_PATH_LAST},
		{"index", SW_PATH_AT},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].name, name) == 0)
			return table[i].function;
	}
	return SW_PATH_UNKNOWN;
}

/* The arguments' values: an array (new). Paths are evaluated over the whole document. */
static enum sw_path_status evaluate_arguments(struct sw_path_run *run, const struct sw_path_token *token,
					      json_t **ret_values)
{
	json_t *values = json_array();
	enum sw_path_status status = values ? SW_PATH_OK : SW_PATH_MEMORY;
	for (const struct sw_path_argument *at = token->arguments; at && status == SW_PATH_OK;
	     at = at->next) {
		json_t *value = NULL;
		if (at->path)
			status = sw_path_evaluate(run, at->path, run->document, false, &value);
		else
			value = json_incref(at->value);
		if (status == SW_PATH_OK && json_array_append_new(values, value) != 0)
			status = SW_PATH_MEMORY;
	}
	if (status != SW_PATH_OK) {
		json_decref(values);
		return status;
	}
	*ret_values = values;
	return SW_PATH_OK;
}

/* ---- sums and such ------------------------------------------------------------------------------------ */

struct totals {
	double sum, sum_of_squares, min, max, count;
};

static void add_number(struct totals *totals, const json_t *item)
{
	if (!sw_json_is_number(item))
		return;
	double number = sw_json_number(item);
	totals->sum += number;
	totals->sum_of_squares += number * number;
	totals->min = number < totals->min ? number : totals->min;
	totals->max = number > totals->max ? number : totals->max;
	totals->count++;
}

static void add_numbers(struct totals *totals, const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		add_number(totals, json_array_get(array, i));
}

static enum sw_path_status aggregate(struct sw_path_run *run, enum sw_path_function function,
				     const json_t *model, const json_t *values, json_t **ret_tree)
{
	/* The largest number starts at the smallest positive one, as in the library: negative ones are never
	 * it. */
	struct totals totals = {.min = DBL_MAX, .max = DBL_TRUE_MIN};
	double result = 0;
	add_numbers(&totals, model);
	for (size_t i = 0; i < json_array_size(values); i++) {
		const json_t *value = json_array_get(values, i);
		if (json_is_array(value))
			add_numbers(&totals, value);
		else
			add_number(&totals, value);
	}
	if (totals.count == 0)
		return sw_path_throw(run, SW_PATH_EVALUATION,
				     "Aggregation function attempted to calculate value using empty array");
	if (function == SW_PATH_SUM)
		result = totals.sum;
	else if (function == SW_PATH_AVG)
		result = totals.sum / totals.count;
	else if (function == SW_PATH_MIN)
		result = totals.min;
	else if (function == SW_PATH_MAX)
		result = totals.max;
	else
		result = sqrt(totals.sum_of_squares / totals.count -
			      totals.sum * totals.sum / totals.count / totals.count);
	if (!isfinite(result))
		return sw_path_throw(run, SW_PATH_EVALUATION,
				     "the result is not a number that JSON can hold");
	*ret_tree = json_real(result);
	return *ret_tree ? SW_PATH_OK : SW_PATH_MEMORY;
}

/* ---- the others --------------------------------------------------------------------------------------- */

static void concat_item(struct sw_buf *out, const json_t *item)
{
	if (sw_json_is_string(item))
		sw_buf_append(out, json_string_value(item), json_string_length(item));
	else if (!json_is_null(item))
		(void)sw_json_print(item, out,
				    SW_PAYLOAD_BYTES_MAX * 4); /* the length is checked by the caller */
}

/* Strings of the array, then the arguments as text. */
static enum sw_path_status concat(struct sw_path_run *run, const json_t *model, const json_t *values,
				  json_t **ret_tree)
{
	struct sw_buf out = SW_BUF;
	for (size_t i = 0; i < json_array_size(model); i++) {
		if (sw_json_is_string(json_array_get(model, i)))
			concat_item(&out, json_array_get(model, i));
	}
	for (size_t i = 0; i < json_array_size(values) && out.len <= SW_PAYLOAD_BYTES_MAX * 4; i++) {
		const json_t *value = json_array_get(values, i);
		for (size_t k = 0; k < json_array_size(value) && out.len <= SW_PAYLOAD_BYTES_MAX * 4; k++)
			concat_item(&out, json_array_get(value, k));
		if (!json_is_array(value))
			concat_item(&out, value);
	}
	enum sw_path_status status = SW_PATH_OK;
	if (sw_buf_result(&out) < 0)
		status = SW_PATH_MEMORY;
	else if (out.len > SW_PAYLOAD_BYTES_MAX * 4)
		status = sw_path_throw(run, SW_PATH_LIMIT, "the text that concat() makes is too long");
	else if (!(*ret_tree = json_stringn_nocheck(out.data ? out.data : "", out.len)))
		status = SW_PATH_MEMORY;
	sw_buf_done(&out);
	return status;
}

/*
 * Without arguments the number of members of an array or object, else null. With a path, how many children it
 * has altogether; of a path to one value only its last child is looked at, and counted when it is an array.
 */
static enum sw_path_status length(struct sw_path_run *run, const struct sw_path_token *token,
				  const json_t *model, json_t **ret_tree)
{
	const struct sw_path_argument *argument = token->arguments;
	json_t *children = NULL;
	if (argument && !argument->path)
		return sw_path_throw(run, SW_PATH_EVALUATION, "the argument of length() must be a path");
	if (argument) {
		enum sw_path_status status =
			argument->path->tail->kind == SW_PATH_FUNCTION
				? sw_path_evaluate(run, argument->path, model, false, &children)
				: sw_path_evaluate_children(run, argument->path, model, &children);
		if (status != SW_PATH_OK)
			return status;
	}
	if (json_is_array(children))
		*ret_tree = json_integer((json_int_t)json_array_size(children));
	else if (json_is_array(model))
		*ret_tree = json_integer((json_int_t)json_array_size(model));
	else if (json_is_object(model))
		*ret_tree = json_integer((json_int_t)json_object_size(model));
	else
		*ret_tree = json_null();
	json_decref(children);
	return *ret_tree ? SW_PATH_OK : SW_PATH_MEMORY;
}

static enum sw_path_status append(const json_t *model, const json_t *values, json_t **ret_tree)
{
	json_t *longer = sw_json_shallow_copy(model);
	if (longer && json_is_array(model) && json_array_extend(longer, (json_t *)values) != 0) {
		json_decref(longer);
		longer = NULL;
	}
	*ret_tree = longer;
	return longer ? SW_PATH_OK : SW_PATH_MEMORY;
}

static enum sw_path_status keys(const json_t *model, json_t **ret_tree)
{
	json_t *tree = (json_t *)model; /* jansson's iterators are not const */
	json_t *names = json_is_object(model) ? json_array() : json_null();
	for (void *at = json_object_iter(tree); names && at; at = json_object_iter_next(tree, at)) {
		if (json_array_append_new(names, json_string_nocheck(json_object_iter_key(at))) != 0) {
			json_decref(names);
			names = NULL;
		}
	}
	*ret_tree = names;
	return names ? SW_PATH_OK : SW_PATH_MEMORY;
}

/* first(), last(), index(n). A negative number counts from the end, and never reaches the first item. */
static enum sw_path_status item_at(struct sw_path_run *run, enum sw_path_function function,
				   const json_t *model, const json_t *values, json_t **ret_tree)
{
	int64_t index = function == SW_PATH_LAST ? -1 : 0, size = (int64_t)json_array_size(model);
	if (!json_is_array(model))
		return sw_path_throw(run, SW_PATH_EVALUATION,
				     "Aggregation function attempted to calculate value using empty array");
	if (function == SW_PATH_AT) {
		const json_t *value = json_array_get(values, 0);
		if (json_is_array(value))
			value = json_array_get(value, 0);
		if (!sw_json_is_number(value))
			return sw_path_throw(run, SW_PATH_BOUNDS, "Index 0 out of bounds for length 0");
		double number = sw_json_number(value);
		index = number > INT32_MAX ? INT32_MAX : number < INT32_MIN ? INT32_MIN : (int64_t)number;
	}
	if (index < 0 && size + index <= 0)
		return sw_path_throw(run, SW_PATH_EVALUATION,
				     "Target index:%lld larger than object count:%lld", (long long)index,
				     (long long)size);
	if (index >= size)
		return sw_path_throw(run, SW_PATH_BOUNDS, "Index %lld out of bounds for length %lld",
				     (long long)index, (long long)size);
	*ret_tree = json_incref(json_array_get(model, (size_t)(index < 0 ? size + index : index)));
	return SW_PATH_OK;
}

enum sw_path_status sw_path_function_call(struct sw_path_run *run, const struct sw_path_token *token,
					  const json_t *model, json_t **ret_tree)
{
	json_t *values = NULL;
	if (token->function == SW_PATH_UNKNOWN)
		return sw_path_throw(run, SW_PATH_INVALID, "Function with name: %s does not exist.",
				     token->function_name);
	enum sw_path_status status = evaluate_arguments(run, token, &values);
	if (status != SW_PATH_OK)
		return status;
	switch (token->function) {
	case SW_PATH_CONCAT:
		status = concat(run, model, values, ret_tree);
		break;
	case SW_PATH_LENGTH:
		status = length(run, token, model, ret_tree);
		break;
	case SW_PATH_APPEND:
		status = append(model, values, ret_tree);
		break;
	case SW_PATH_KEYS:
		status = keys(model, ret_tree);
		break;
	case SW_PATH_FIRST:
	case SW_PATH_LAST:
	case SW_PATH_AT:
		status = item_at(run, token->function, model, values, ret_tree);
		break;
	default:
		status = aggregate(run, token->function, model, values, ret_tree);
		break;
	}
	json_decref(values);
	return status;
}
