/*
 * JSON as Jayway's provider reads it inside filters and function arguments: 'single quotes', bare words, a
 * comma too many. Strict JSON is tried first; what is neither is one bare string.
 */
#include "asl/jsonpath/path.h"

#include <string.h>

#define LENIENT_DEPTH_MAX 64

struct lenient {
	const char *at, *end;
	unsigned depth;
	bool no_memory;
};

/* What was just made: only for want of memory is it NULL. */
static json_t *keep(struct lenient *in, json_t *tree)
{
	if (!tree)
		in->no_memory = true;
	return tree;
}

static void skip_space(struct lenient *in)
{
	while (in->at < in->end && strchr(" \t\r\n", *in->at) && *in->at)
		in->at++;
}

static bool take(struct lenient *in, char c)
{
	skip_space(in);
	if (in->at >= in->end || *in->at != c)
		return false;
	in->at++;
	return true;
}

/* A quoted string, or a word up to one of the stops. New; NULL when it is empty or not closed. */
static json_t *read_word(struct lenient *in, const char *stops, bool *ret_quoted)
{
	static const char names[] = "bfnrt", codes[] = "\b\f\n\r\t";
	skip_space(in);
	char quote = in->at < in->end && (*in->at == '\'' || *in->at == '"') ? *in->at++ : '\0';
	const char *start = in->at;
	*ret_quoted = quote != '\0';
	if (!quote) {
		while (in->at < in->end && !strchr(stops, *in->at))
			in->at++;
		const char *stop = in->at;
		while (stop > start && strchr(" \t\r\n", stop[-1]))
			stop--;
		/* An empty word would be found here for ever. */
		return stop > start ? keep(in, json_stringn_nocheck(start, (size_t)(stop - start))) : NULL;
	}
	struct sw_buf text = SW_BUF;
	while (in->at < in->end && *in->at != quote) {
		char c = *in->at++;
		if (c == '\\' && in->at < in->end) {
			c = *in->at++;
			const char *name = c ? strchr(names, c) : NULL;
			c = name ? codes[name - names] : c;
		}
		sw_buf_char(&text, c);
	}
	json_t *word = NULL;
	if (sw_buf_result(&text) < 0) {
		in->no_memory = true;
	} else if (in->at < in->end) {
		in->at++;
		word = keep(in, json_stringn_nocheck(text.data ? text.data : "", text.len));
	}
	sw_buf_done(&text);
	return word;
}

static json_t *read_value(struct lenient *in);

static json_t *read_array(struct lenient *in)
{
	json_t *array = keep(in, json_array());
	while (array && !take(in, ']')) {
		if (take(in, ','))
			continue;
		json_t *item = in->at < in->end ? read_value(in) : NULL;
		if (!item || json_array_append_new(array, item) != 0) {
			in->no_memory = in->no_memory || item;
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *read_object(struct lenient *in)
{
	json_t *object = keep(in, json_object());
	while (object && !take(in, '}')) {
		bool quoted;
		if (take(in, ','))
			continue;
		json_t *key = in->at < in->end ? read_word(in, ":,}", &quoted) : NULL;
		json_t *value =
			key && strlen(json_string_value(key)) == json_string_length(key) && take(in, ':')
				? read_value(in)
				: NULL;
		int bad = !value || json_object_set_new_nocheck(object, json_string_value(key), value) != 0;
		json_decref(key);
		if (bad) {
			in->no_memory = in->no_memory || value;
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *read_value(struct lenient *in)
{
	bool quoted;
	json_t *value = NULL, *parsed = NULL;
	if (++in->depth > LENIENT_DEPTH_MAX)
		return NULL;
	if (take(in, '['))
		value = read_array(in);
	else if (take(in, '{'))
		value = read_object(in);
	else
		value = read_word(in, ",]}:", &quoted);
	/* A bare word that is a number, true, false or null is that. */
	if (json_is_string(value) && !quoted &&
	    sw_json_parse(json_string_value(value), json_string_length(value), 0, &parsed, NULL) == SW_OK) {
		json_decref(value);
		value = parsed;
	}
	in->depth--;
	return value;
}

enum sw_result sw_path_parse_lenient(const char *text, size_t len, json_t **ret_tree)
{
	enum sw_result r = sw_json_parse(text, len, 0, ret_tree, NULL);
	if (r == SW_OK || r == SW_ENOMEM)
		return r;
	struct lenient in = {.at = text, .end = text + len};
	skip_space(&in);
	json_t *tree = in.at < in.end && (*in.at == '[' || *in.at == '{')
			       ? read_value(&in)
			       : keep(&in, json_stringn_nocheck(text, len));
	if (!tree)
		return in.no_memory ? SW_ENOMEM : SW_EJSON;
	*ret_tree = tree;
	return SW_OK;
}
