/*
 * Which workflow variables each state refers to: variableReferences of DescribeStateMachine. Read from the
 * JSON of the definition, because compiled expressions do not keep what they mention.
 */
#include "asl/asl.h"
#include "asl/value.h"
#include "base/buf.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* What a state has below it that is not the state's own. */
static const char *const inner_flows[] = {"ItemProcessor", "Iterator", "Branches"};

struct collector {
	json_t *states; /* name -> list of names; what is found */
	json_t *names;  /* of the state that is looked at: a set */
	enum sw_result result;
};

static bool is_name_char(unsigned char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80 ||
	       (!first && c >= '0' && c <= '9');
}

static size_t name_length(const char *text, size_t len)
{
	size_t at = 0;
	while (at < len && is_name_char((unsigned char)text[at], at == 0))
		at++;
	return at;
}

static void add(struct collector *collector, json_t *set, const char *name, size_t len)
{
	if (len > 0 && json_object_setn_new(set, name, len, json_true()) < 0)
		collector->result = SW_ENOMEM;
}

/* ---- JSONPath ---- */

/* "$name..." at its beginning; in intrinsic functions, wherever an argument begins that is not quoted. */
static void scan_jsonpath(struct collector *collector, const char *text, size_t len)
{
	bool quoted = false;
	if (len > 0 && text[0] == '$') {
		add(collector, collector->names, text + 1, name_length(text + 1, len - 1));
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (quoted && text[i] == '\\') {
			i++;
		} else if (text[i] == '\'') {
			quoted = !quoted;
		} else if (!quoted && text[i] == '$' && i > 0 && strchr("(, \t\r\n", text[i - 1])) {
			add(collector, collector->names, text + i + 1,
			    name_length(text + i + 1, len - i - 1));
		}
	}
}

static bool ends_with(const char *key, const char *end)
{
	size_t len = strlen(key), end_len = strlen(end);
	return len > end_len && strcmp(key + len - end_len, end) == 0;
}

/* Templates have expressions under keys that end in ".$"; fields with names, too, where fields is set. */
static void walk_jsonpath(struct collector *collector, const json_t *value, bool fields, unsigned depth)
{
	json_t *tree = (json_t *)value; /* jansson's iterators are not const */
	if (depth > SW_JSON_DEPTH_MAX)
		return;
	for (void *at = json_object_iter(tree); at; at = json_object_iter_next(tree, at)) {
		const char *key = json_object_iter_key(at);
		const json_t *member = json_object_iter_value(at);
		bool path = fields && (ends_with(key, "Path") || strcmp(key, "Variable") == 0);
		if ((path || ends_with(key, ".$")) && json_is_string(member))
			scan_jsonpath(collector, json_string_value(member), json_string_length(member));
		else
			walk_jsonpath(collector, member, fields && strcmp(key, "Parameters") != 0, depth + 1);
	}
	for (size_t i = 0; i < json_array_size(value); i++)
		walk_jsonpath(collector, json_array_get(value, i), fields, depth + 1);
}

/* The fields of a state that hold fields with paths of their own, not templates. */
static bool holds_fields(const char *key)
{
	static const char *const names[] = {"Choices", "ItemReader", "ItemBatcher", "ResultWriter"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], key) == 0)
			return true;
	}
	return false;
}

static bool is_inner_flow(const char *key)
{
	for (size_t i = 0; i < sizeof(inner_flows) / sizeof(inner_flows[0]); i++) {
		if (strcmp(inner_flows[i], key) == 0)
			return true;
	}
	return false;
}

static void state_jsonpath(struct collector *collector, const json_t *state)
{
	json_t *tree = (json_t *)state;
	for (void *at = json_object_iter(tree); at; at = json_object_iter_next(tree, at)) {
		const char *key = json_object_iter_key(at);
		const json_t *member = json_object_iter_value(at);
		if (is_inner_flow(key) || strcmp(key, "Result") == 0)
			continue;
		if (json_is_string(member) && ends_with(key, "Path"))
			scan_jsonpath(collector, json_string_value(member), json_string_length(member));
		else
			walk_jsonpath(collector, member, holds_fields(key), 0);
	}
}

/* ---- JSONata ---- */

/* Functions that are there without being called, too: $map($list, $uppercase). */
static bool is_own_name(const char *name, size_t len)
{
	static const char names[] =
		" states abs append assert average base64decode base64encode boolean ceil contains count "
		"decodeUrl decodeUrlComponent distinct each encodeUrl encodeUrlComponent error eval exists "
		"filter "
		"floor formatBase formatInteger formatNumber fromMillis hash join keys length lookup "
		"lowercase map "
		"match max merge millis min not now number pad parse parseInteger partition power random "
		"range "
		"reduce replace reverse round shuffle sift single sort split spread sqrt string substring "
		"substringAfter substringBefore sum toMillis trim type uppercase uuid zip ";
	for (const char *at = names + 1; *at; at += strcspn(at, " ") + 1) {
		if (strcspn(at, " ") == len && memcmp(at, name, len) == 0)
			return true;
	}
	return false;
}

/* The end of a string, quoted name or comment that begins at `at`; at itself when none does. */
static size_t skip_quoted(const char *text, size_t len, size_t at)
{
	char quote = text[at];
	if (quote == '/' && at + 1 < len && text[at + 1] == '*') {
		size_t i = at + 2;
		while (i + 1 < len && !(text[i] == '*' && text[i + 1] == '/'))
			i++;
		return i + 2 < len ? i + 2 : len;
	}
	if (quote != '"' && quote != '\'' && quote != '`')
		return at;
	for (size_t i = at + 1; i < len; i++) {
		if (text[i] == '\\' && quote != '`')
			i++;
		else if (text[i] == quote)
			return i + 1;
	}
	return len;
}

/* Is the list of parameters of a function open where text ends? "function($a, " */
static bool in_parameters(const char *text, size_t len)
{
	static const char word[] = "function";
	while (len > 0 && text[len - 1] != '(') {
		unsigned char c = (unsigned char)text[len - 1];
		if (!is_name_char(c, false) && !strchr("$, \t\r\n", c))
			return false;
		len--;
	}
	len -= len > 0;
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	return (len >= strlen(word) && memcmp(text + len - strlen(word), word, strlen(word)) == 0) ||
	       (len >= 2 && memcmp(text + len - 2, "\xCE\xBB", 2) == 0);
}

/* $name that is neither called nor bound within the expression. */
static void scan_jsonata(struct collector *collector, const char *text, size_t len)
{
	json_t *found = json_object(), *bound = json_object();
	if (!found || !bound)
		collector->result = SW_ENOMEM;
	for (size_t i = 0; i < len && collector->result == SW_OK; i++) {
		size_t after = skip_quoted(text, len, i);
		if (after > i) {
			i = after - 1;
			continue;
		}
		if (text[i] != '$')
			continue;
		const char *name = text + i + 1;
		size_t name_len = name_length(name, len - i - 1), next = i + 1 + name_len;
		while (next < len && strchr(" \t\r\n", text[next]))
			next++;
		if ((next + 1 < len && text[next] == ':' && text[next + 1] == '=') || in_parameters(text, i))
			add(collector, bound, name, name_len);
		else if (name_len > 0 && !(next < len && text[next] == '(') && !is_own_name(name, name_len))
			add(collector, found, name, name_len);
		i += name_len;
	}
	for (void *at = json_object_iter(found); at; at = json_object_iter_next(found, at)) {
		const char *name = json_object_iter_key(at);
		if (!json_object_get(bound, name))
			add(collector, collector->names, name, strlen(name));
	}
	json_decref(found);
	json_decref(bound);
}

static void walk_jsonata(struct collector *collector, const json_t *value, unsigned depth)
{
	json_t *tree = (json_t *)value;
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);
	if (depth > SW_JSON_DEPTH_MAX)
		return;
	if (text && len >= 4 && memcmp(text, "{%", 2) == 0 && memcmp(text + len - 2, "%}", 2) == 0)
		scan_jsonata(collector, text + 2, len - 4);
	for (void *at = json_object_iter(tree); at; at = json_object_iter_next(tree, at)) {
		if (depth > 0 || !is_inner_flow(json_object_iter_key(at)))
			walk_jsonata(collector, json_object_iter_value(at), depth + 1);
	}
	for (size_t i = 0; i < json_array_size(value); i++)
		walk_jsonata(collector, json_array_get(value, i), depth + 1);
}

/* ---- flows and states ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Recorded: the names of a state come sorted; a state without any is not there. */
static void keep_names(struct collector *collector, const char *state)
{
	size_t count = json_object_size(collector->names), i = 0;
	if (count == 0 || collector->result < 0)
		return;
	const char **names = sw_zalloc_array(count, sizeof(*names));
	json_t *list = json_array();
	if (!names || !list || json_object_set(collector->states, state, list) < 0)
		collector->result = SW_ENOMEM;
	for (void *at = json_object_iter(collector->names); at && names;
	     at = json_object_iter_next(collector->names, at))
		names[i++] = json_object_iter_key(at);
	if (collector->result == SW_OK)
		qsort(names, count, sizeof(*names), by_text);
	for (i = 0; i < count && collector->result == SW_OK; i++) {
		if (json_array_append_new(list, json_string(names[i])) < 0)
			collector->result = SW_ENOMEM;
	}
	json_decref(list);
	sw_free((void *)names);
}

static void collect_flow(struct collector *collector, const json_t *flow, bool jsonata, unsigned depth);

static void collect_state(struct collector *collector, const char *name, const json_t *state, bool jsonata,
			  unsigned depth)
{
	const char *language = json_string_value(json_object_get(state, "QueryLanguage"));
	bool own = language ? strcmp(language, "JSONata") == 0 : jsonata;
	json_object_clear(collector->names);
	if (own)
		walk_jsonata(collector, state, 0);
	else
		state_jsonpath(collector, state);
	keep_names(collector, name);
	for (size_t i = 0; i < sizeof(inner_flows) / sizeof(inner_flows[0]); i++) {
		const json_t *inner = json_object_get(state, inner_flows[i]);
		if (json_is_object(inner))
			collect_flow(collector, inner, jsonata, depth + 1);
		for (size_t j = 0; j < json_array_size(inner); j++)
			collect_flow(collector, json_array_get(inner, j), jsonata, depth + 1);
	}
}

/* A state's QueryLanguage is its own: what stands inside of it has the machine's. */
static void collect_flow(struct collector *collector, const json_t *flow, bool jsonata, unsigned depth)
{
	json_t *states = json_object_get(flow, "States");
	if (depth > SW_JSON_DEPTH_MAX)
		return;
	for (void *at = json_object_iter(states); at && collector->result == SW_OK;
	     at = json_object_iter_next(states, at))
		collect_state(collector, json_object_iter_key(at), json_object_iter_value(at), jsonata,
			      depth);
}

static enum sw_result print(const json_t *states, char **ret_json)
{
	struct sw_buf text = SW_BUF;
	enum sw_result r = sw_json_print(states, &text, SW_DEFINITION_BYTES_MAX);
	if (r == SW_OK)
		r = sw_buf_result(&text);
	if (r == SW_OK)
		*ret_json = sw_memdup(text.data, text.len);
	sw_buf_done(&text);
	return r == SW_OK && !*ret_json ? SW_ENOMEM : r;
}

enum sw_result sw_definition_variables(const char *text, size_t len, char **ret_json, struct sw_error *err)
{
	json_t *tree = NULL;
	struct collector collector = {.states = json_object(), .names = json_object()};
	char *json = NULL;
	enum sw_result r = sw_json_parse(text, len, 0, &tree, err);
	if (r == SW_OK && (!collector.states || !collector.names))
		r = SW_ENOMEM;
	if (r == SW_OK) {
		const char *language = json_string_value(json_object_get(tree, "QueryLanguage"));
		collect_flow(&collector, tree, language && strcmp(language, "JSONata") == 0, 0);
		r = collector.result;
	}
	if (r == SW_OK && json_object_size(collector.states) > 0)
		r = print(collector.states, &json);
	json_decref(collector.states);
	json_decref(collector.names);
	json_decref(tree);
	if (r < 0)
		return sw_error_set(err, r, "%s", sw_result_text(r));
	*ret_json = json;
	return SW_OK;
}
