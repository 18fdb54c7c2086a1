/* Regular expressions: compiled by PCRE2 with the expression, matched within limits. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "asl/jsonata/regex_translate.h"
#include "asl/jsonata/tree.h"

#include <pcre2.h>
#include <stdio.h>

#define MATCH_LIMIT 2000000 /* of PCRE2: backtracking steps of one match */
#define HEAP_LIMIT_KIB 16384

struct sw_jn_regex {
	struct sw_jn_regex *next;
	pcre2_code *code;
	const char *source; /* of the expression's text */
	size_t source_len;
	uint32_t number, groups_count;
};

enum sw_result sw_jn_regex_compile(struct sw_jn_compiler *compiler, const char *pattern, size_t len,
				   bool caseless, bool multiline, const struct sw_jn_regex **ret_regex)
{
	struct sw_jn_regex *regex = sw_jn_compiler_alloc(compiler, sizeof(*regex));
	struct sw_buf translated = SW_BUF;
	uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_MATCH_UNSET_BACKREF |
			   PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NEVER_BACKSLASH_C |
			   (caseless ? PCRE2_CASELESS : 0);
	const char *wrong;
	PCRE2_UCHAR message[120];
	size_t offset;
	int code;
	if (!regex)
		return compiler->failed;
	wrong = sw_jn_regex_translate(pattern, len, multiline, &translated);
	if (!wrong && sw_buf_result(&translated) < 0)
		return compiler->failed = SW_ENOMEM;
	if (!wrong) {
		regex->code = pcre2_compile((PCRE2_SPTR)translated.data, translated.len, options, &code,
					    &offset, NULL);
		if (!regex->code) {
			pcre2_get_error_message(code, message, sizeof(message));
			wrong = (const char *)message;
		}
	}
	sw_buf_done(&translated);
	if (wrong)
		return sw_jn_compiler_fail(compiler, "S0303", compiler->position, compiler->token.at, NULL,
					   wrong);
	/* Without it, matching is slower and right all the same. */
	pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
	pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &regex->groups_count);
	regex->source = pattern;
	regex->source_len = len;
	regex->number = compiler->expr->regexes_count++;
	regex->next = compiler->expr->regexes;
	compiler->expr->regexes = regex;
	*ret_regex = regex;
	return SW_OK;
}

void sw_jn_regex_free_all(struct sw_jn_regex *first)
{
	for (; first; first = first->next)
		pcre2_code_free(first->code);
}

const char *sw_jn_regex_source(const struct sw_jn_regex *regex, size_t *ret_len)
{
	*ret_len = regex->source_len;
	return regex->source;
}

bool sw_jn_is_regex(struct sw_jn_value value)
{
	return value.kind == SW_JN_FUNCTION && value.function->type == SW_JN_FUNCTION_REGEX;
}

/* ---- matching ------------------------------------------------------------------------------------------- */

static void *matcher_alloc(size_t bytes, void *run)
{
	return sw_jn_alloc(run, bytes);
}

static void matcher_free(void *memory, void *run)
{
}

/* Limits and memory, once for each run. */
static pcre2_match_context *limits(struct sw_jn_run *run)
{
	pcre2_general_context *general;
	if (run->matching)
		return run->matching;
	general = pcre2_general_context_create(matcher_alloc, matcher_free, run);
	run->matching = general ? pcre2_match_context_create(general) : NULL;
	if (!run->matching)
		return NULL;
	pcre2_set_match_limit(run->matching, MATCH_LIMIT);
	pcre2_set_heap_limit(run->matching, HEAP_LIMIT_KIB);
	return run->matching;
}

static enum sw_result fail_match(struct sw_jn_run *run, int code)
{
	if (run->failed < 0)
		return run->failed;
	if (code == PCRE2_ERROR_NOMEMORY)
		return run->failed = SW_ENOMEM;
	sw_jn_fail(run, "U1001", SW_JN_UNDEFINED_VALUE);
	run->fail_text = "The regular expression takes more steps than it may take";
	return run->failed;
}

/* Copies the places of the groups into memory of the run. */
static enum sw_result copy_groups(struct sw_jn_run *run, pcre2_match_data *data, unsigned groups_count,
				  struct sw_jn_match *ret_match)
{
	size_t *places = pcre2_get_ovector_pointer(data);
	struct sw_jn_group *groups = sw_jn_alloc(run, groups_count * sizeof(*groups));
	if (!groups)
		return run->failed;
	for (unsigned i = 0; i < groups_count; i++) {
		bool unset = places[2 * i] == PCRE2_UNSET;
		groups[i] = (struct sw_jn_group){unset ? -1 : (int64_t)places[2 * i],
						 unset ? -1 : (int64_t)places[2 * i + 1]};
	}
	*ret_match = (struct sw_jn_match){.groups_count = groups_count, .groups = groups};
	return SW_OK;
}

enum sw_result sw_jn_regex_match(struct sw_jn_run *run, struct sw_jn_value value, const char *text,
				 size_t len, size_t from, struct sw_jn_match *ret_match, bool *ret_found)
{
	const struct sw_jn_regex *regex = value.function->node->regex;
	pcre2_match_data *data = run->matchers[regex->number];
	pcre2_match_context *context = limits(run);
	if (!data && context)
		data = run->matchers[regex->number] = pcre2_match_data_create(
			regex->groups_count + 1,
			pcre2_general_context_create(matcher_alloc, matcher_free, run));
	if (!data || !context)
		return run->failed < 0 ? run->failed : (run->failed = SW_ENOMEM);
	/* All matches of one text: that it is UTF-8 is looked at once. */
	uint32_t options = text == run->checked_text && len == run->checked_len ? PCRE2_NO_UTF_CHECK : 0;
	int code =
		pcre2_match(regex->code, (PCRE2_SPTR)(text ? text : ""), len, from, options, data, context);
	if (code == PCRE2_ERROR_JIT_STACKLIMIT)
		code = pcre2_match(regex->code, (PCRE2_SPTR)(text ? text : ""), len, from,
				   options | PCRE2_NO_JIT, data, context);
	size_t end = code > 0 ? pcre2_get_ovector_pointer(data)[1] : len;
	if (sw_jn_steps(run, 1 + (from < end ? end - from : 0) / 16) < 0)
		return run->failed;
	if (code > 0 || code == PCRE2_ERROR_NOMATCH) {
		run->checked_text = from == 0 ? text : run->checked_text;
		run->checked_len = from == 0 ? len : run->checked_len;
	}
	if (code == PCRE2_ERROR_NOMATCH) {
		*ret_found = false;
		return SW_OK;
	}
	if (code < 0)
		return fail_match(run, code);
	if (copy_groups(run, data, regex->groups_count + 1, ret_match) < 0)
		return run->failed;
	*ret_found = true;
	return SW_OK;
}

/* ---- as functions --------------------------------------------------------------------------------------- */

/* Places in the text as JavaScript counts them: UTF-16 units. */
static double units(const char *text, int64_t bytes)
{
	double count = 0;
	for (int64_t i = 0; i < bytes; i++) {
		unsigned char c = (unsigned char)text[i];
		count += (c & 0xC0) != 0x80;
		count += c >= 0xF0;
	}
	return count;
}

static enum sw_result match_groups(struct sw_jn_run *run, struct sw_jn_value text,
				   const struct sw_jn_match *match, struct sw_jn_object *object)
{
	struct sw_jn_list groups = {0};
	for (unsigned i = 1; i < match->groups_count; i++) {
		const struct sw_jn_group *group = &match->groups[i];
		struct sw_jn_value value = SW_JN_UNDEFINED_VALUE;
		if (group->start >= 0)
			value = sw_jn_string(text.text + group->start, (size_t)(group->end - group->start));
		if (sw_jn_list_push(run, &groups, value) < 0)
			return run->failed;
	}
	return sw_jn_object_put(run, object, "groups", 6, sw_jn_list_array(&groups, 0));
}

enum sw_result sw_jn_regex_call(struct sw_jn_run *run, const struct sw_jn_function *function, size_t from,
				struct sw_jn_value text, struct sw_jn_value *ret_value)
{
	struct sw_jn_match match;
	bool found = false, again = function->type == SW_JN_FUNCTION_NEXT;
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (text.kind != SW_JN_STRING || (again && from >= text.len))
		return SW_OK;
	const struct sw_jn_function regex = {.type = SW_JN_FUNCTION_REGEX, .node = function->node};
	if (sw_jn_regex_match(run, sw_jn_function_value(&regex), text.text, text.len, from, &match, &found) <
	    0)
		return run->failed;
	if (!found)
		return SW_OK;
	const struct sw_jn_group *whole = &match.groups[0];
	if (again && whole->start == whole->end)
		return sw_jn_fail(run, "D1004", SW_JN_UNDEFINED_VALUE);
	struct sw_jn_object *object = sw_jn_object_new(run, 5);
	struct sw_jn_function *next = sw_jn_alloc(run, sizeof(*next));
	if (!object || !next)
		return run->failed;
	*next = (struct sw_jn_function){.type = SW_JN_FUNCTION_NEXT,
					.node = function->node,
					.input = text,
					.from = (size_t)whole->end};
	if (sw_jn_object_put(run, object, "match", 5,
			     sw_jn_string(text.text + whole->start, (size_t)(whole->end - whole->start))) <
		    0 ||
	    sw_jn_object_put(run, object, "start", 5, sw_jn_number(units(text.text, whole->start))) < 0 ||
	    sw_jn_object_put(run, object, "end", 3, sw_jn_number(units(text.text, whole->end))) < 0 ||
	    match_groups(run, text, &match, object) < 0 ||
	    sw_jn_object_put(run, object, "next", 4, sw_jn_function_value(next)) < 0)
		return run->failed;
	*ret_value = sw_jn_object(object);
	return SW_OK;
}
