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
};

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

/* A quoted string, or a word up to one of the stops. New; NULL when it is no UTF-8 or is not closed. */
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
		return json_stringn(start, (size_t)(stop - start));
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
	if (in->at < in->end && sw_buf_result(&text) == SW_OK) {
		in->at++;
		word = json_stringn(text.data ? text.data : "", text.len);
	}
	sw_buf_done(&text);
	return word;
}

static json_t *read_value(struct lenient *in);

static json_t *read_array(struct lenient *in)
{
	json_t *array = json_array();
	while (array && !take(in, ']')) {
		if (take(in, ','))
			continue;
		json_t *item = in->at < in->end ? read_value(in) : NULL;
		if (!item || json_array_append_new(array, item) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *read_object(struct lenient *in)
{
	json_t *object = json_object();
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

json_t *sw_path_parse_lenient(const char *text, size_t len)
{
	json_t *tree = NULL;
	if (sw_json_parse(text, len, 0, &tree, NULL) == SW_OK)
		return tree;
	struct lenient in = {text, text + len, 0};
	skip_space(&in);
	if (in.at < in.end && (*in.at == '[' || *in.at == '{'))
		return read_value(&in);
	return json_stringn(text, len);
}
