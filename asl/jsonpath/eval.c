/*
 * Evaluation of a compiled path: a walk over the tree that keeps to Jayway's rules (2.10, no options set),
 * including which missing things are errors. Where it is, for messages, is a list on the stack; nothing is
 * allocated but results.
 */
#include "asl/jsonpath/path.h"

#include <stdio.h>
#include <string.h>

/* Frames of one evaluation: a walk down the deepest tree, and the tokens of the longest path. */
#define EVALUATION_DEPTH_MAX 2200

/* A step from the root to here. Just one of name, names, index says which. */
struct place {
	const struct place *up;
	const char *root; /* "$" */
	const char *name;
	int64_t index; /* as the path has it: [-1] stays [-1] */
};

/* One path over one item. */
struct walk {
	struct sw_path_run *run;
	const struct sw_jsonpath *path;
	bool require;    /* missing properties are errors also behind .. and * */
	bool children;   /* as if the path ended in [*] */
	bool definite;   /* only the last result counts */
	long upstream;   /* Jayway's upstreamArrayIndex of the last token; -1 */
	json_t *results; /* array; or the last result, when definite */
};

/* ---- messages ----------------------------------------------------------------------------------------- */

enum sw_path_status sw_path_throw(struct sw_path_run *run, enum sw_path_status status, const char *format,
				  ...)
{
	va_list args;
	bool swallowed = run->quiet && (status == SW_PATH_NOT_FOUND || status == SW_PATH_INVALID);
	if (!run->text || swallowed)
		return status;
	sw_buf_reset(run->text);
	va_start(args, format);
	sw_buf_vprintf(run->text, format, args);
	va_end(args);
	return status;
}

static void put_place(struct sw_buf *out, const struct place *place)
{
	size_t count = 0;
	for (const struct place *at = place; at; at = at->up)
		count++;
	/* From the root down, while the list goes up. */
	for (; count > 0; count--) {
		const struct place *at = place;
		for (size_t i = 1; i < count; i++)
			at = at->up;
		if (at->root)
			sw_buf_text(out, at->root);
		else if (at->name)
			sw_buf_printf(out, "['%s']", at->name);
		else
			sw_buf_printf(out, "[%lld]", (long long)at->index);
	}
}

/* "What $['a'] more" */
static enum sw_path_status throw_at(struct walk *walk, const char *before, const struct place *place,
				    const char *after)
{
	struct sw_path_run *run = walk->run;
	if (run->text && !run->quiet) {
		sw_buf_reset(run->text);
		sw_buf_text(run->text, before);
		put_place(run->text, place);
		sw_buf_text(run->text, after);
	}
	return SW_PATH_NOT_FOUND;
}

/* The class that the Java library's parser makes of a value; its messages say it. */
static const char *java_class(const json_t *tree)
{
	switch (tree ? json_typeof(tree) : JSON_NULL) {
	case JSON_OBJECT:
		return "java.util.LinkedHashMap";
	case JSON_ARRAY:
		return "net.minidev.json.JSONArray";
	case JSON_STRING:
		return sw_json_is_big(tree) ? "java.math.BigInteger" : "java.lang.String";
	case JSON_INTEGER:
		return json_integer_value(tree) >= INT32_MIN && json_integer_value(tree) <= INT32_MAX
			       ? "java.lang.Integer"
			       : "java.lang.Long";
	case JSON_REAL:
		return "java.lang.Double";
	case JSON_NULL:
		return "null";
	default:
		return "java.lang.Boolean";
	}
}

static enum sw_path_status throw_no_object(struct walk *walk, const struct sw_path_token *token,
					   const struct place *place, const json_t *model)
{
	char before[300], after[300];
	snprintf(before, sizeof(before), "Expected to find an object with property %.220s in path ",
		 token->fragment);
	snprintf(after, sizeof(after),
		 " but found '%s'. This is not a json object according to the JsonProvider: "
		 "'com.jayway.jsonpath.spi.json.JsonSmartJsonProvider'.",
		 java_class(model));
	return throw_at(walk, before, place, after);
}

/* "Filter: [0]['b'] CAN NOT BE APPLIED. Current context is: 1": the rest of the path, and what is there. */
static void put_unfit(struct sw_path_run *run, const struct sw_path_token *token, const char *unfit,
		      const json_t *model)
{
	if (!run->text || run->quiet)
		return;
	sw_buf_reset(run->text);
	sw_buf_text(run->text, "Filter: ");
	for (; token; token = token->next)
		sw_buf_text(run->text, token->fragment);
	sw_buf_printf(run->text, " %s. Current context is: ", unfit);
	if (sw_json_is_string(model))
		sw_buf_append(run->text, json_string_value(model), json_string_length(model));
	else
		(void)sw_json_print(model, run->text, 1024); /* a cut message will do */
}

static enum sw_path_status throw_not_array(struct walk *walk, const struct sw_path_token *token,
					   const struct place *place, const json_t *model)
{
	if (json_is_null(model))
		return throw_at(walk, "The path ", place, " is null");
	put_unfit(walk->run, token, "can only be applied to arrays", model);
	return SW_PATH_NOT_FOUND;
}

enum sw_path_status sw_path_charge(struct sw_path_run *run, size_t work)
{
	if (work <= run->steps_max - run->steps) {
		run->steps += (uint32_t)work;
		return SW_PATH_OK;
	}
	run->steps = run->steps_max;
	if (run->steps_max < SW_PATH_STEPS_MAX)
		return sw_path_throw(run, SW_PATH_LIMIT,
				     "the expressions of the state visit more than %d values together",
				     SW_QUERY_STEPS_MAX);
	return sw_path_throw(run, SW_PATH_LIMIT, "the path visits more than %d values", SW_PATH_STEPS_MAX);
}

static enum sw_path_status step(struct walk *walk)
{
	return sw_path_charge(walk->run, 1);
}

/* ---- results ------------------------------------------------------------------------------------------ */

/* Takes item. */
static enum sw_path_status add_result_new(struct walk *walk, json_t *item)
{
	if (!item)
		return SW_PATH_MEMORY;
	if (walk->definite) {
		json_decref(walk->results);
		walk->results = item;
		return SW_PATH_OK;
	}
	enum sw_path_status status = step(walk);
	if (status != SW_PATH_OK) {
		json_decref(item);
		return status;
	}
	if (!walk->results)
		walk->results = json_array();
	if (!walk->results || json_array_append_new(walk->results, item) != 0) {
		if (!walk->results)
			json_decref(item);
		return SW_PATH_MEMORY;
	}
	return SW_PATH_OK;
}

static enum sw_path_status add_children(struct walk *walk, const json_t *model)
{
	enum sw_path_status status = SW_PATH_OK;
	json_t *tree = (json_t *)model; /* jansson's iterators are not const */
	if (json_is_object(model)) {
		for (void *at = json_object_iter(tree); at && status == SW_PATH_OK;
		     at = json_object_iter_next(tree, at))
			status = add_result_new(walk, json_incref(json_object_iter_value(at)));
	}
	for (size_t i = 0; json_is_array(model) && i < json_array_size(model) && status == SW_PATH_OK; i++)
		status = add_result_new(walk, json_incref(json_array_get(model, i)));
	return status;
}

static enum sw_path_status add_result(struct walk *walk, const json_t *model)
{
	if (walk->children)
		return add_children(walk, model);
	return add_result_new(walk, json_incref((json_t *)model));
}

/* ---- tokens ------------------------------------------------------------------------------------------- */

static enum sw_path_status visit(struct walk *walk, const struct sw_path_token *token,
				 const struct place *place, const json_t *model);

/* What token found: a result, or what the next token looks at. */
static enum sw_path_status deliver(struct walk *walk, const struct sw_path_token *token,
				   const struct place *place, const json_t *found)
{
	if (sw_path_is_leaf(token))
		return add_result(walk, found);
	return visit(walk, token->next, place, found);
}

/*
 * Behind ..[n] the library evaluates the last name for the items of every array and keeps those where the
 * token before it was [n]: $..[1].key. So it does for $..*.key, which therefore finds nothing in arrays.
 */
static bool upstream_allows(const struct walk *walk)
{
	const struct sw_path_token *before = walk->path->tail->prev;
	if (walk->upstream < 0)
		return true;
	return before && before->kind == SW_PATH_INDEX && !before->indexes->next &&
	       before->indexes->value == walk->upstream;
}

static enum sw_path_status visit_name(struct walk *walk, const struct sw_path_token *token,
				      const struct place *place, const json_t *model, const char *name)
{
	struct place here = {.up = place, .name = name};
	const json_t *value = json_object_get(model, name);
	if (!value) {
		if (sw_path_is_leaf(token))
			return walk->require ? throw_at(walk, "No results for path: ", &here, "")
					     : SW_PATH_OK;
		if (!(token->upstream_definite && token->definite) && !walk->require)
			return SW_PATH_OK;
		return throw_at(walk, "Missing property in path ", &here, "");
	}
	if (sw_path_is_leaf(token) && !upstream_allows(walk))
		return SW_PATH_OK;
	return deliver(walk, token, &here, value);
}

/* ['a','b'] at the end: one object of what there is. */
static enum sw_path_status merge_names(struct walk *walk, const struct sw_path_token *token,
				       const struct place *place, const json_t *model)
{
	json_t *merged = json_object();
	for (const struct sw_path_name *name = token->names; merged && name; name = name->next) {
		json_t *value = json_object_get(model, name->text);
		if (!value && walk->require) {
			json_decref(merged);
			return throw_at(walk, "Missing property in path ", place, token->fragment);
		}
		if (value && json_object_set_nocheck(merged, name->text, value) != 0) {
			json_decref(merged);
			return SW_PATH_MEMORY;
		}
	}
	if (!merged || !walk->children)
		return add_result_new(walk, merged);
	enum sw_path_status status = add_children(walk, merged);
	json_decref(merged);
	return status;
}

static enum sw_path_status visit_property(struct walk *walk, const struct sw_path_token *token,
					  const struct place *place, const json_t *model)
{
	enum sw_path_status status = SW_PATH_OK;
	if (!json_is_object(model))
		return token->upstream_definite ? throw_no_object(walk, token, place, model) : SW_PATH_OK;
	if (token->names->next && sw_path_is_leaf(token))
		return merge_names(walk, token, place, model);
	for (const struct sw_path_name *name = token->names; name && status == SW_PATH_OK; name = name->next)
		status = visit_name(walk, token, place, model, name->text);
	return status;
}

/* A negative index counts from the end; outside there is nothing, which is no error here. */
static enum sw_path_status visit_index(struct walk *walk, const struct sw_path_token *token,
				       const struct place *place, const json_t *model, int64_t index)
{
	int64_t at = index < 0 ? index + (int64_t)json_array_size(model) : index;
	if (at < 0 || (uint64_t)at >= json_array_size(model))
		return SW_PATH_OK;
	struct place here = {.up = place, .index = index};
	enum sw_path_status status = deliver(walk, token, &here, json_array_get(model, (size_t)at));
	return status == SW_PATH_BOUNDS ? SW_PATH_OK : status;
}

static enum sw_path_status visit_slice(struct walk *walk, const struct sw_path_token *token,
				       const struct place *place, const json_t *model)
{
	int64_t len = (int64_t)json_array_size(model), from = token->from,
		to = token->has_to ? token->to : len;
	enum sw_path_status status = SW_PATH_OK;
	/* [-2:] and [:-1] count from the end; [-3:-1] and [1:-1] do not, and find what is between the
	 * numbers. */
	if (token->has_from && !token->has_to)
		from = from < 0 ? (len + from > 0 ? len + from : 0) : from;
	if (!token->has_from)
		to = to < 0 ? len + to : to;
	to = to < len ? to : len;
	if (len > 0 && from < -len)
		from = -len; /* further ones are outside */
	for (int64_t i = from; len > 0 && i < to && status == SW_PATH_OK; i++)
		status = visit_index(walk, token, place, model, i);
	return status;
}

static enum sw_path_status visit_array(struct walk *walk, const struct sw_path_token *token,
				       const struct place *place, const json_t *model)
{
	enum sw_path_status status = SW_PATH_OK;
	if (!json_is_array(model))
		return token->upstream_definite ? throw_not_array(walk, token, place, model) : SW_PATH_OK;
	if (token->kind == SW_PATH_SLICE)
		return visit_slice(walk, token, place, model);
	for (const struct sw_path_number *at = token->indexes; at && status == SW_PATH_OK; at = at->next)
		status = visit_index(walk, token, place, model, at->value);
	return status;
}

static enum sw_path_status visit_wildcard(struct walk *walk, const struct sw_path_token *token,
					  const struct place *place, const json_t *model)
{
	enum sw_path_status status = SW_PATH_OK;
	json_t *tree = (json_t *)model; /* jansson's iterators are not const */
	if (json_is_object(model)) {
		for (void *at = json_object_iter(tree); at && status == SW_PATH_OK;
		     at = json_object_iter_next(tree, at))
			status = visit_name(walk, token, place, model, json_object_iter_key(at));
		return status;
	}
	if (json_is_array(model)) {
		for (size_t i = 0; i < json_array_size(model) && status == SW_PATH_OK; i++) {
			status = visit_index(walk, token, place, model, (int64_t)i);
			/* Of an array, items where the rest of the path does not fit are passed over. */
			if (status == SW_PATH_NOT_FOUND && !walk->require)
				status = SW_PATH_OK;
		}
		return status;
	}
	return SW_PATH_OK; /* a scalar has no children, which is no error */
}

static enum sw_path_status visit_filter(struct walk *walk, const struct sw_path_token *token,
					const struct place *place, const json_t *model)
{
	enum sw_path_status status = SW_PATH_OK;
	bool accepts;
	if (json_is_object(model)) {
		status = sw_path_filter_accepts(walk->run, token->filter, model, &accepts);
		if (status == SW_PATH_OK && accepts)
			status = deliver(walk, token, place, model);
		return status;
	}
	if (!json_is_array(model) && !token->upstream_definite)
		return SW_PATH_OK;
	if (!json_is_array(model)) {
		put_unfit(walk->run, token, "can not be applied to primitives", model);
		return SW_PATH_INVALID;
	}
	for (size_t i = 0; i < json_array_size(model) && status == SW_PATH_OK; i++) {
		status = sw_path_filter_accepts(walk->run, token->filter, json_array_get(model, i), &accepts);
		if (status == SW_PATH_OK && accepts)
			status = visit_index(walk, token, place, model, (int64_t)i);
	}
	return status;
}

static enum sw_path_status visit_function(struct walk *walk, const struct sw_path_token *token,
					  const struct place *place, const json_t *model)
{
	json_t *result = NULL;
	enum sw_path_status status = sw_path_function_call(walk->run, token, model, &result);
	if (status != SW_PATH_OK)
		return status;
	/* The result counts even when the path goes on. */
	status = walk->children ? add_children(walk, result) : add_result_new(walk, json_incref(result));
	if (status == SW_PATH_OK && !sw_path_is_leaf(token))
		status = visit(walk, token->next, place, result);
	json_decref(result);
	return status;
}

/* ---- .. ----------------------------------------------------------------------------------------------- */

/* Is model a place where the token behind .. is to be tried? */
static enum sw_path_status scan_matches(struct walk *walk, const struct sw_path_token *token,
					const json_t *model, bool *ret_matches)
{
	*ret_matches = false;
	switch (token->kind) {
	case SW_PATH_PROPERTY:
		*ret_matches = json_is_object(model);
		if (*ret_matches && token->definite) {
			for (const struct sw_path_name *name = token->names; name; name = name->next)
				*ret_matches = *ret_matches && json_object_get(model, name->text);
		}
		return SW_PATH_OK;
	case SW_PATH_INDEX:
	case SW_PATH_SLICE:
		*ret_matches = json_is_array(model);
		return SW_PATH_OK;
	case SW_PATH_WILDCARD:
		*ret_matches = true;
		return SW_PATH_OK;
	case SW_PATH_FILTER:
		return sw_path_filter_accepts(walk->run, token->filter, model, ret_matches);
	default:
		return SW_PATH_OK;
	}
}

/* An array that matches: its items are handed to what follows the token, whatever index the token asks for.
 */
static enum sw_path_status scan_items(struct walk *walk, const struct sw_path_token *token,
				      const struct place *place, const json_t *model)
{
	enum sw_path_status status = SW_PATH_OK;
	if (sw_path_is_leaf(token))
		return visit(walk, token, place, model);
	for (size_t i = 0; i < json_array_size(model) && status == SW_PATH_OK; i++) {
		struct place here = {.up = place, .index = (int64_t)i};
		if (sw_path_is_leaf(token->next))
			walk->upstream = (long)i;
		status = visit(walk, token->next, &here, json_array_get(model, i));
	}
	return status;
}

static enum sw_path_status scan(struct walk *walk, const struct sw_path_token *token,
				const struct place *place, const json_t *model)
{
	bool matches;
	json_t *tree = (json_t *)model; /* jansson's iterators are not const */
	if (!json_is_object(model) && !json_is_array(model))
		return SW_PATH_OK;
	enum sw_path_status status = step(walk);
	if (status == SW_PATH_OK && ++walk->run->depth > EVALUATION_DEPTH_MAX)
		status = sw_path_throw(walk->run, SW_PATH_LIMIT,
				       "the evaluation of the path is nested too deeply");
	if (status == SW_PATH_OK)
		status = scan_matches(walk, token, model, &matches);
	if (status == SW_PATH_OK && matches)
		status = json_is_array(model) ? scan_items(walk, token, place, model)
					      : visit(walk, token, place, model);
	if (json_is_object(model)) {
		for (void *at = json_object_iter(tree); at && status == SW_PATH_OK;
		     at = json_object_iter_next(tree, at)) {
			struct place here = {.up = place, .name = json_object_iter_key(at)};
			status = scan(walk, token, &here, json_object_iter_value(at));
		}
	}
	for (size_t i = 0; json_is_array(model) && i < json_array_size(model) && status == SW_PATH_OK; i++) {
		struct place here = {.up = place, .index = (int64_t)i};
		status = scan(walk, token, &here, json_array_get(model, i));
	}
	walk->run->depth--;
	return status;
}

static enum sw_path_status visit(struct walk *walk, const struct sw_path_token *token,
				 const struct place *place, const json_t *model)
{
	enum sw_path_status status = step(walk);
	if (status == SW_PATH_OK && walk->run->depth >= EVALUATION_DEPTH_MAX)
		status = sw_path_throw(walk->run, SW_PATH_LIMIT,
				       "the evaluation of the path is nested too deeply");
	if (status != SW_PATH_OK)
		return status;
	walk->run->depth++;
	switch (token->kind) {
	case SW_PATH_ROOT:
		status = deliver(walk, token, place, model);
		break;
	case SW_PATH_PROPERTY:
		status = visit_property(walk, token, place, model);
		break;
	case SW_PATH_INDEX:
	case SW_PATH_SLICE:
		status = visit_array(walk, token, place, model);
		break;
	case SW_PATH_WILDCARD:
		status = visit_wildcard(walk, token, place, model);
		break;
	case SW_PATH_SCAN:
		status = sw_path_is_leaf(token) ? sw_path_throw(walk->run, SW_PATH_EVALUATION,
								"Current path token is a leaf")
						: scan(walk, token->next, place, model);
		break;
	case SW_PATH_FILTER:
		status = visit_filter(walk, token, place, model);
		break;
	case SW_PATH_FUNCTION:
		status = visit_function(walk, token, place, model);
		break;
	}
	walk->run->depth--;
	return status;
}

/* ---- entry -------------------------------------------------------------------------------------------- */

static enum sw_path_status run_path(struct sw_path_run *run, const struct sw_jsonpath *path,
				    const json_t *item, bool require, bool children, json_t **ret_tree)
{
	struct walk walk = {.run = run,
			    .path = path,
			    .require = require,
			    .children = children,
			    .definite = path->definite,
			    .upstream = -1};
	struct place root = {.root = path->root->fragment};
	enum sw_path_status status = visit(&walk, path->root, &root, item);
	if (status == SW_PATH_OK && !walk.results) {
		if (path->definite)
			status = sw_path_throw(run, SW_PATH_NOT_FOUND, "No results for path: %s", path->text);
		else if (!(walk.results = json_array()))
			status = SW_PATH_MEMORY;
	}
	if (status != SW_PATH_OK) {
		json_decref(walk.results);
		return status;
	}
	*ret_tree = walk.results;
	return SW_PATH_OK;
}

enum sw_path_status sw_path_evaluate(struct sw_path_run *run, const struct sw_jsonpath *path,
				     const json_t *item, bool require, json_t **ret_tree)
{
	return run_path(run, path, item, require, false, ret_tree);
}

enum sw_path_status sw_path_evaluate_children(struct sw_path_run *run, const struct sw_jsonpath *path,
					      const json_t *item, json_t **ret_tree)
{
	return run_path(run, path, item, false, true, ret_tree);
}

enum sw_jsonpath_error sw_jsonpath_evaluate(const struct sw_jsonpath *path, const json_t *root,
					    json_t **ret_tree, struct sw_buf *text)
{
	uint32_t steps_left = SW_PATH_STEPS_MAX;
	return sw_jsonpath_evaluate_within(path, root, &steps_left, ret_tree, text);
}

enum sw_jsonpath_error sw_jsonpath_evaluate_within(const struct sw_jsonpath *path, const json_t *root,
						   uint32_t *steps_left, json_t **ret_tree,
						   struct sw_buf *text)
{
	static const enum sw_jsonpath_error errors[] = {
		[SW_PATH_OK] = SW_JSONPATH_OK,
		[SW_PATH_NOT_FOUND] = SW_JSONPATH_NOT_FOUND,
		[SW_PATH_INVALID] = SW_JSONPATH_INVALID,
		[SW_PATH_EVALUATION] = SW_JSONPATH_EVALUATION,
		[SW_PATH_BOUNDS] = SW_JSONPATH_EVALUATION,
		[SW_PATH_LIMIT] = SW_JSONPATH_LIMIT,
		[SW_PATH_MEMORY] = SW_JSONPATH_MEMORY,
	};
	struct sw_path_run run = {
		.document = root,
		.steps_max = *steps_left < SW_PATH_STEPS_MAX ? *steps_left : SW_PATH_STEPS_MAX,
		.text = text,
	};
	enum sw_path_status status = sw_path_evaluate(&run, path, root, false, ret_tree);
	while (run.cache) {
		struct sw_path_cached *cached = run.cache;
		run.cache = cached->next;
		json_decref(cached->tree);
		sw_free(cached);
	}
	sw_path_matcher_free(run.matcher);
	*steps_left -= run.steps;
	return errors[status];
}
