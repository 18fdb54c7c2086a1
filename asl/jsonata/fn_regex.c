/*
 * Built-in functions that look for something in a string: $contains, $match, $replace, $split. What they look for is
 * a string, a regular expression, or any function that answers as one: with {match, start, end, groups, next}.
 */
#include "asl/jsonata/builtins.h"

#include <math.h>
#include <stdio.h>

/* ---- matches, one after the other ----------------------------------------------------------------- */

struct finding {
	size_t start, end;         /* bytes of the text */
	struct sw_jn_value text;   /* what matched */
	struct sw_jn_value index;  /* its place in UTF-16 units, as JavaScript counts */
	struct sw_jn_value groups; /* array; members that took no part are undefined */
	struct sw_jn_value answer; /* of a function: its whole answer; else undefined */
};

struct matcher {
	struct sw_jn_run *run;
	struct sw_jn_value pattern, text;
	bool begun;
	size_t from;                /* where a regular expression goes on */
	size_t counted_to, counted; /* bytes, and the UTF-16 units in them */
	struct sw_jn_value next;    /* what a function gave to go on with */
};

static struct sw_jn_value unit_index(struct matcher *matcher, size_t at)
{
	if (at < matcher->counted_to)
		matcher->counted_to = matcher->counted = 0;
	matcher->counted += sw_jn_units(matcher->text.text + matcher->counted_to, at - matcher->counted_to);
	matcher->counted_to = at;
	return sw_jn_number((double)matcher->counted);
}

static enum sw_result regex_next(struct matcher *matcher, struct finding *ret_finding, bool *ret_found)
{
	struct sw_jn_run *run = matcher->run;
	struct sw_jn_match match;
	struct sw_jn_list groups = {0};
	const char *text = matcher->text.text;
	*ret_found = false;
	if (matcher->begun && matcher->from >= matcher->text.len)
		return SW_OK;
	enum sw_result result = sw_jn_regex_match(run, matcher->pattern, text, matcher->text.len,
						  matcher->from, &match, ret_found);
	if (result || !*ret_found)
		return result;
	size_t start = (size_t)match.groups[0].start, end = (size_t)match.groups[0].end;
	/* It would never go on. */
	if (matcher->begun && start == end)
		return sw_jn_fail(run, "D1004", SW_JN_UNDEFINED_VALUE);
	for (unsigned i = 1; !result && i < match.groups_count; i++) {
		struct sw_jn_group group = match.groups[i];
		result = sw_jn_list_push(run, &groups,
					 group.start < 0 ? SW_JN_UNDEFINED_VALUE
							 : sw_jn_string(text + group.start,
									(size_t)(group.end - group.start)));
	}
	matcher->begun = true;
	matcher->from = end;
	*ret_finding = (struct finding){start,
					end,
					sw_jn_string(text + start, end - start),
					unit_index(matcher, start),
					sw_jn_list_array(&groups, 0),
					SW_JN_UNDEFINED_VALUE};
	return result ? result : sw_jn_steps(run, 1);
}

/* The byte at which so many UTF-16 units end. */
static size_t unit_offset(struct sw_jn_value text, double units)
{
	size_t at = 0;
	while (at < text.len && units > 0) {
		unsigned bytes;
		units -= sw_jn_char_at(text.text, text.len, at, &bytes) >= 0x10000 ? 2 : 1;
		at += bytes;
	}
	return at;
}

static struct sw_jn_value member(struct sw_jn_value object, const char *name)
{
	return object.kind == SW_JN_OBJECT ? sw_jn_object_get(object, name, strlen(name))
					   : SW_JN_UNDEFINED_VALUE;
}

static enum sw_result function_next(struct matcher *matcher, struct finding *ret_finding, bool *ret_found)
{
	struct sw_jn_run *run = matcher->run;
	struct sw_jn_value function = matcher->begun ? matcher->next : matcher->pattern, answer;
	struct sw_jn_value argument = matcher->begun ? SW_JN_UNDEFINED_VALUE : matcher->text;
	if (function.kind != SW_JN_FUNCTION)
		return sw_jn_fail(run, "T1010", function);
	enum sw_result result = sw_jn_apply(run, function, &argument, 1, &answer);
	*ret_found = !result && answer.kind != SW_JN_UNDEFINED;
	if (!*ret_found)
		return result;
	struct sw_jn_value text = member(answer, "match"), start = member(answer, "start");
	struct sw_jn_value groups = member(answer, "groups");
	/* What is false in JavaScript is taken for a match without anything in it. */
	if (start.kind != SW_JN_NUMBER && groups.kind != SW_JN_ARRAY &&
	    member(answer, "next").kind != SW_JN_FUNCTION && sw_jn_js_truthy(answer))
		return sw_jn_fail(run, "T1010", answer);
	matcher->begun = true;
	matcher->next = member(answer, "next");
	/* Its match need not stand there: ends are counted from where it says that it begins. */
	double from = start.kind == SW_JN_NUMBER ? start.number : 0;
	double len = text.kind == SW_JN_STRING ? (double)sw_jn_units(text.text, text.len) : 0;
	*ret_finding = (struct finding){.start = unit_offset(matcher->text, from),
					.end = unit_offset(matcher->text, from + len),
					.text = text,
					.index = start,
					.groups = groups,
					.answer = answer};
	return sw_jn_steps(run, 1);
}

/* The next match, in the order of the text. *ret_found: there is one. */
static enum sw_result next_match(struct matcher *matcher, struct finding *ret_finding, bool *ret_found)
{
	if (sw_jn_is_regex(matcher->pattern))
		return regex_next(matcher, ret_finding, ret_found);
	return function_next(matcher, ret_finding, ret_found);
}

/* ---- $contains, $match, $split -------------------------------------------------------------------- */

enum sw_result sw_jn_fn_contains(struct sw_jn_call *call, const struct sw_jn_value *args,
				 struct sw_jn_value *ret_value)
{
	enum sw_result result;
	bool found = false;
	struct finding finding;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (args[1].kind == SW_JN_UNDEFINED)
		return SW_OK;
	struct matcher matcher = {.run = call->run, .pattern = args[1], .text = args[0]};
	if (args[1].kind == SW_JN_STRING)
		found = sw_jn_text_find(args[0].text, args[0].len, 0, args[1].text, args[1].len) >= 0;
	else
		result = next_match(&matcher, &finding, &found);
	*ret_value = sw_jn_boolean(found);
	return args[1].kind == SW_JN_STRING ? SW_OK : result;
}

/* The optional limit at args[index]: infinite when it is left out; a negative one fails with code. */
static enum sw_result read_limit(struct sw_jn_call *call, const struct sw_jn_value *args, unsigned index,
				 const char *code, double *ret_limit)
{
	bool given;
	enum sw_result result = sw_jn_optional(call, args, index, SW_JN_NUMBER, &given);
	if (result)
		return result;
	*ret_limit = given ? args[index].number : INFINITY;
	return *ret_limit < 0 ? sw_jn_fail_index(call->run, code, args[index], index + 1) : SW_OK;
}

static enum sw_result push_match(struct sw_jn_run *run, struct sw_jn_list *list,
				 const struct finding *finding)
{
	struct sw_jn_object *object = sw_jn_object_new(run, 3);
	enum sw_result result =
		object ? sw_jn_object_put(run, object, "match", 5, finding->text) : run->failed;
	if (!result)
		result = sw_jn_object_put(run, object, "index", 5, finding->index);
	if (!result)
		result = sw_jn_object_put(run, object, "groups", 6, finding->groups);
	return result ? result : sw_jn_list_push(run, list, sw_jn_object(object));
}

enum sw_result sw_jn_fn_match(struct sw_jn_call *call, const struct sw_jn_value *args,
			      struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_list list = {0};
	double limit;
	bool found;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	result = read_limit(call, args, 2, "D3040", &limit);
	struct matcher matcher = {.run = call->run, .pattern = args[1], .text = args[0]};
	/* The match after the last one that counts is looked for, too: it may be the one that fails. */
	for (double count = 0; !result && limit > 0; count++) {
		struct finding finding;
		result = next_match(&matcher, &finding, &found);
		if (result || !found || !(count < limit))
			break;
		result = push_match(call->run, &list, &finding);
	}
	*ret_value = sw_jn_list_array(&list, SW_JN_SEQUENCE);
	return result;
}

static enum sw_result push_part(struct sw_jn_run *run, struct sw_jn_list *list, struct sw_jn_value text,
				size_t start, size_t end)
{
	return sw_jn_list_push(run, list, sw_jn_string(text.text + start, end > start ? end - start : 0));
}

/* JavaScript's split(separator, limit); an empty separator splits code points, not UTF-16 units. */
static enum sw_result split_by_text(struct sw_jn_run *run, struct sw_jn_value text,
				    struct sw_jn_value separator, double limit, struct sw_jn_list *list)
{
	enum sw_result result = SW_OK;
	size_t at = 0;
	uint32_t most = isinf(limit) ? UINT32_MAX : (uint32_t)fmod(trunc(limit), 0x1p32);
	if (separator.len == 0) {
		while (!result && at < text.len && list->count < most) {
			size_t bytes = sw_jn_skip_chars(text.text + at, text.len - at, 1);
			result = push_part(run, list, text, at, at + bytes);
			at += bytes;
		}
		return result ? result : sw_jn_steps(run, list->count);
	}
	for (;;) {
		if (result || list->count >= most)
			return result ? result : sw_jn_steps(run, list->count);
		int64_t found = sw_jn_text_find(text.text, text.len, at, separator.text, separator.len);
		if (found < 0)
			return push_part(run, list, text, at, text.len);
		result = push_part(run, list, text, at, (size_t)found);
		at = (size_t)found + separator.len;
	}
}

static enum sw_result split_by_matches(struct matcher *matcher, double limit, struct sw_jn_list *list)
{
	size_t start = 0;
	double count = 0;
	bool found = true;
	for (;; count++) {
		struct finding finding;
		enum sw_result result = next_match(matcher, &finding, &found);
		if (result)
			return result;
		if (!found || !(count < limit))
			break;
		result = push_part(matcher->run, list, matcher->text, start, finding.start);
		if (result)
			return result;
		/* A function says itself where its match ends. */
		struct sw_jn_value end = member(finding.answer, "end");
		start = end.kind == SW_JN_NUMBER ? unit_offset(matcher->text, end.number) : finding.end;
	}
	return count < limit ? push_part(matcher->run, list, matcher->text, start, matcher->text.len) : SW_OK;
}

enum sw_result sw_jn_fn_split(struct sw_jn_call *call, const struct sw_jn_value *args,
			      struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_list list = {0};
	double limit;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	result = read_limit(call, args, 2, "D3020", &limit);
	if (!result && limit > 0) {
		struct matcher matcher = {.run = call->run, .pattern = args[1], .text = args[0]};
		result = args[1].kind == SW_JN_STRING
				 ? split_by_text(call->run, args[0], args[1], limit, &list)
				 : split_by_matches(&matcher, limit, &list);
	}
	*ret_value = sw_jn_list_array(&list, 0);
	return result;
}

/* ---- $replace ------------------------------------------------------------------------------------- */

/* Appends what a $ at replacement[at - 1] stands for; the place behind it. */
static size_t put_reference(struct sw_jn_run *run, struct sw_jn_value replacement, size_t at,
			    const struct finding *finding, struct sw_buf *out)
{
	char c = at < replacement.len ? replacement.text[at] : '\0';
	if (c == '$' || c == '0') {
		if (c == '$')
			sw_buf_char(out, '$');
		else
			sw_buf_append(out, finding->text.text, finding->text.len);
		return at + 1;
	}
	uint32_t groups = finding->groups.kind == SW_JN_ARRAY ? finding->groups.len : 0;
	/* As many digits as the number of the last group has. */
	size_t digits = groups ? (size_t)floor(log(groups) * M_LOG10E) + 1 : 1, rest = replacement.len - at;
	double index = sw_jn_parse_int(run, replacement.text + at, digits < rest ? digits : rest);
	if (digits > 1 && index > groups)
		index = sw_jn_parse_int(run, replacement.text + at, digits - 1 < rest ? digits - 1 : rest);
	if (isnan(index)) {
		sw_buf_char(out, '$');
		return at;
	}
	if (index >= 1 && index <= groups) {
		struct sw_jn_value group = sw_jn_array_at(finding->groups, (uint32_t)index - 1);
		if (group.kind == SW_JN_STRING)
			sw_buf_append(out, group.text, group.len);
	}
	char text[32];
	int len = snprintf(text, sizeof(text), "%.0f", index + 0.0);
	return len > 0 && at + (size_t)len < replacement.len ? at + (size_t)len : replacement.len;
}

static void put_replacement(struct sw_jn_run *run, struct sw_jn_value replacement,
			    const struct finding *finding, struct sw_buf *out)
{
	size_t at = 0;
	for (;;) {
		const char *dollar = at < replacement.len
					     ? memchr(replacement.text + at, '$', replacement.len - at)
					     : NULL;
		size_t end = dollar ? (size_t)(dollar - replacement.text) : replacement.len;
		sw_buf_append(out, replacement.text + at, end - at);
		if (!dollar)
			return;
		at = put_reference(run, replacement, end + 1, finding, out);
	}
}

/* Calls a function with the match, as the regular expression would have answered it; what it gives is appended. */
static enum sw_result put_called(const struct matcher *matcher, struct sw_jn_value function,
				 const struct finding *finding, struct sw_buf *out)
{
	struct sw_jn_run *run = matcher->run;
	struct sw_jn_value argument = finding->answer, given;
	enum sw_result result = SW_OK;
	if (argument.kind == SW_JN_UNDEFINED) {
		struct sw_jn_object *object = sw_jn_object_new(run, 5);
		struct sw_jn_value next;
		if (!object ||
		    sw_jn_regex_next(run, matcher->pattern, matcher->text, finding->end, &next) < 0)
			return run->failed;
		double end =
			finding->index.number + (double)sw_jn_units(finding->text.text, finding->text.len);
		result = sw_jn_object_put(run, object, "match", 5, finding->text);
		if (!result)
			result = sw_jn_object_put(run, object, "start", 5, finding->index);
		if (!result)
			result = sw_jn_object_put(run, object, "end", 3, sw_jn_number(end));
		if (!result)
			result = sw_jn_object_put(run, object, "groups", 6, finding->groups);
		if (!result)
			result = sw_jn_object_put(run, object, "next", 4, next);
		argument = sw_jn_object(object);
	}
	if (!result)
		result = sw_jn_apply(run, function, &argument, 1, &given);
	if (result)
		return result;
	if (given.kind != SW_JN_STRING)
		return sw_jn_fail(run, "D3012", given);
	sw_buf_append(out, given.text, given.len);
	return SW_OK;
}

static enum sw_result replace_matches(struct matcher *matcher, struct sw_jn_value replacement, double limit,
				      struct sw_buf *out)
{
	struct sw_jn_run *run = matcher->run;
	const char *text = matcher->text.text;
	size_t at = 0;
	for (double count = 0;; count++) {
		struct finding finding;
		bool found;
		enum sw_result result = next_match(matcher, &finding, &found);
		if (result)
			return result;
		if (!found || !(count < limit))
			break;
		if (finding.start > at)
			sw_buf_append(out, text + at, finding.start - at);
		if (replacement.kind == SW_JN_STRING)
			put_replacement(run, replacement, &finding, out);
		else if (replacement.kind == SW_JN_FUNCTION)
			result = put_called(matcher, replacement, &finding, out);
		else
			result = sw_jn_fail(run, "D3012", replacement);
		if (!result)
			result = sw_jn_check_room(run, out);
		if (result)
			return result;
		at = finding.end;
	}
	sw_buf_append(out, text + at, matcher->text.len - at);
	return SW_OK;
}

static enum sw_result replace_text(struct sw_jn_run *run, const struct sw_jn_value *args, double limit,
				   struct sw_buf *out)
{
	const char *text = args[0].text;
	size_t at = 0;
	for (uint64_t count = 0; (double)count < limit; count++) {
		int64_t found = sw_jn_text_find(text, args[0].len, at, args[1].text, args[1].len);
		if (found < 0)
			break;
		if (args[2].kind != SW_JN_STRING)
			return sw_jn_fail(run, "D3012", args[2]);
		sw_buf_append(out, text + at, (size_t)found - at);
		sw_buf_append(out, args[2].text, args[2].len);
		at = (size_t)found + args[1].len;
		enum sw_result result = sw_jn_check_room(run, out);
		if (result)
			return result;
	}
	sw_buf_append(out, text + at, args[0].len - at);
	return SW_OK;
}

enum sw_result sw_jn_fn_replace(struct sw_jn_call *call, const struct sw_jn_value *args,
				struct sw_jn_value *ret_value)
{
	enum sw_result result;
	struct sw_jn_run *run = call->run;
	double limit;
	if (!sw_jn_given(call, args, 0, SW_JN_STRING, ret_value, &result))
		return result;
	if (args[1].kind == SW_JN_STRING && args[1].len == 0)
		return sw_jn_fail_index(run, "D3010", args[1], 2);
	result = read_limit(call, args, 3, "D3011", &limit);
	*ret_value = args[0];
	if (result || limit == 0)
		return result;
	/* Not the scratch of the run: a function may be called in between. */
	struct sw_buf out = SW_BUF;
	struct matcher matcher = {.run = run, .pattern = args[1], .text = args[0]};
	result = args[1].kind == SW_JN_STRING ? replace_text(run, args, limit, &out)
					      : replace_matches(&matcher, args[2], limit, &out);
	if (!result && out.failed)
		result = SW_ENOMEM;
	if (!result)
		result = sw_jn_string_copy(run, out.data ? out.data : "", out.len, ret_value);
	sw_buf_done(&out);
	return result;
}
