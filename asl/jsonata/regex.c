/* Regular expressions: compiled by PCRE2 with the expression, matched within limits. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "asl/jsonata/regex_translate.h"
#include "asl/jsonata/tree.h"

#include <math.h>
#include <pcre2.h>
#include <stdio.h>

#define MATCH_LIMIT 2000000 /* of PCRE2: backtracking steps of one match */
#define HEAP_LIMIT_KIB 16384
#define LONG_TEXT_BYTES 4096 /* from here on the matcher's way through the text is counted, too */
#define BYTES_OF_A_STEP 16   /* that the matcher looks at */

struct sw_jn_regex {
	struct sw_jn_regex *next;
	pcre2_code *code;
	const char *source; /* of the expression's text */
	size_t source_len;
	uint32_t number, groups_count, options;
	const char *translated;
	size_t translated_len;
};

enum sw_result sw_jn_regex_compile(struct sw_jn_compiler *compiler, const char *pattern, size_t len,
				   bool caseless, bool multiline, const struct sw_jn_regex **ret_regex)
{
	struct sw_jn_regex *regex = sw_jn_compiler_alloc(compiler, sizeof(*regex));
	struct sw_buf translated = SW_BUF;
	uint32_t options = PCRE2_UTF | PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS |
			   PCRE2_NEVER_BACKSLASH_C | (caseless ? PCRE2_CASELESS : 0);
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
	regex->options = options;
	regex->translated_len = translated.len;
	regex->translated = wrong ? NULL : sw_arena_strdup(compiler->arena, translated.data, translated.len);
	sw_buf_done(&translated);
	if (!wrong && !regex->translated) {
		pcre2_code_free(regex->code);
		return compiler->failed = SW_ENOMEM;
	}
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

struct matching {
	pcre2_general_context *memory;
	pcre2_match_context *limits;
	struct sw_jn_run *run;
	const char *text, *seen; /* the last text, and what the matcher sees of it */
	size_t len;
	size_t place; /* of the matcher in the text, when it was last seen */
};

/* PCRE2's own limit does not see how far one item of a pattern runs: \d+ may run through the whole text, again and
 * again. In long texts it is asked before each item. */
static int count_way(pcre2_callout_block *block, void *user)
{
	struct matching *matching = user;
	size_t from = matching->place, to = block->current_position;
	matching->place = to;
	return sw_jn_steps(matching->run, 1 + (from < to ? to - from : from - to) / BYTES_OF_A_STEP) < 0
		       ? PCRE2_ERROR_MATCHLIMIT
		       : 0;
}

/* Limits and memory, once for each run. */
static struct matching *limits(struct sw_jn_run *run)
{
	struct matching *matching = run->matching;
	if (matching)
		return matching;
	matching = sw_jn_alloc(run, sizeof(*matching));
	if (!matching)
		return NULL;
	matching->run = run;
	matching->memory = pcre2_general_context_create(matcher_alloc, matcher_free, run);
	matching->limits = matching->memory ? pcre2_match_context_create(matching->memory) : NULL;
	if (!matching->limits)
		return NULL;
	pcre2_set_match_limit(matching->limits, MATCH_LIMIT);
	pcre2_set_heap_limit(matching->limits, HEAP_LIMIT_KIB);
	pcre2_set_callout(matching->limits, count_way, matching);
	return run->matching = matching;
}

/* The pattern for texts of this length: for long ones it is compiled again, in memory of the run. */
static const pcre2_code *code_for(struct sw_jn_run *run, const struct sw_jn_regex *regex, size_t len,
				  struct matching *matching)
{
	void **counted = &run->matchers[run->expr->regexes_count + regex->number];
	PCRE2_SIZE offset;
	int code;
	if (len < LONG_TEXT_BYTES)
		return regex->code;
	if (!*counted) {
		pcre2_compile_context *memory = pcre2_compile_context_create(matching->memory);
		if (memory)
			*counted = pcre2_compile((PCRE2_SPTR)regex->translated, regex->translated_len,
						 regex->options | PCRE2_AUTO_CALLOUT, &code, &offset, memory);
	}
	return *counted;
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

/* PCRE2 trusts that texts are UTF-8: what is none (halves of surrogate pairs) is shown to it as U+FFFD or '?'.
 * The last text is remembered: $replace and $split ask for it again and again. */
static enum sw_result see(struct sw_jn_run *run, struct matching *matching, const char *text, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)text;
	char *copy = NULL;
	if (matching->text == text && matching->len == len)
		return SW_OK;
	matching->text = matching->seen = text;
	matching->len = len;
	for (size_t at = 0, step; at < len; at += step) {
		step = bytes[at] < 0x80 ? 1 : sw_jn_character(text + at, len - at);
		if (step)
			continue;
		if (!copy && !(copy = sw_jn_alloc(run, len)))
			return run->failed;
		if (matching->seen == text)
			memcpy(copy, text, len);
		matching->seen = copy;
		step = sw_jn_half_pair(text + at, len - at) ? 3 : 1;
		memcpy(copy + at, step == 3 ? "\xEF\xBF\xBD" : "?", step);
	}
	return SW_OK;
}

static int match_with(const pcre2_code *code, struct matching *matching, size_t from, pcre2_match_data *data)
{
	PCRE2_SPTR text = (PCRE2_SPTR)(matching->seen ? matching->seen : "");
	uint32_t options = PCRE2_NO_UTF_CHECK;
	matching->place = from;
	int found = pcre2_match(code, text, matching->len, from, options, data, matching->limits);
	if (found == PCRE2_ERROR_JIT_STACKLIMIT)
		found = pcre2_match(code, text, matching->len, from, options | PCRE2_NO_JIT, data,
				    matching->limits);
	return found;
}

enum sw_result sw_jn_regex_match(struct sw_jn_run *run, struct sw_jn_value value, const char *text,
				 size_t len, size_t from, struct sw_jn_match *ret_match, bool *ret_found)
{
	const struct sw_jn_regex *regex = value.function->node->regex;
	pcre2_match_data *data = run->matchers[regex->number];
	struct matching *matching = limits(run);
	const pcre2_code *code = matching ? code_for(run, regex, len, matching) : NULL;
	if (!data && code)
		data = run->matchers[regex->number] =
			pcre2_match_data_create(regex->groups_count + 1, matching->memory);
	if (!data || !code)
		return run->failed < 0 ? run->failed : (run->failed = SW_ENOMEM);
	if (see(run, matching, text, len) < 0 || sw_jn_steps(run, 1) < 0)
		return run->failed;
	while (from < len && ((unsigned char)matching->seen[from] & 0xC0) == 0x80)
		from++;
	int found = match_with(code, matching, from, data);
	*ret_found = found >= 0;
	if (found == PCRE2_ERROR_NOMATCH)
		return SW_OK;
	return found < 0 ? fail_match(run, found)
			 : copy_groups(run, data, regex->groups_count + 1, ret_match);
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

enum sw_result sw_jn_regex_next(struct sw_jn_run *run, struct sw_jn_value regex, struct sw_jn_value text,
				size_t from, struct sw_jn_value *ret_next)
{
	struct sw_jn_function *next = sw_jn_alloc(run, sizeof(*next));
	if (!next)
		return run->failed;
	*next = (struct sw_jn_function){
		.type = SW_JN_FUNCTION_NEXT, .node = regex.function->node, .input = text, .from = from};
	*ret_next = sw_jn_function_value(next);
	return SW_OK;
}

/* What a regular expression looks at when it is called with something that is no string, as JavaScript does. */
static enum sw_result as_text(struct sw_jn_run *run, struct sw_jn_value *text)
{
	if (text->kind != SW_JN_NUMBER && text->kind != SW_JN_BOOLEAN && text->kind != SW_JN_NULL)
		return SW_OK;
	sw_buf_reset(&run->scratch);
	if (text->kind == SW_JN_NUMBER)
		sw_jn_print_number(text->number, &run->scratch);
	else
		sw_buf_text(&run->scratch, text->kind == SW_JN_NULL ? "null"
					   : text->boolean          ? "true"
								    : "false");
	return sw_jn_scratch_value(run, text);
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
	struct sw_jn_value next;
	if (!object ||
	    sw_jn_regex_next(run, sw_jn_function_value(&regex), text, (size_t)whole->end, &next) < 0)
		return run->failed;
	if (sw_jn_object_put(run, object, "match", 5,
			     sw_jn_string(text.text + whole->start, (size_t)(whole->end - whole->start))) <
		    0 ||
	    sw_jn_object_put(run, object, "start", 5, sw_jn_number(units(text.text, whole->start))) < 0 ||
	    sw_jn_object_put(run, object, "end", 3, sw_jn_number(units(text.text, whole->end))) < 0 ||
	    match_groups(run, text, &match, object) < 0 || sw_jn_object_put(run, object, "next", 4, next) < 0)
		return run->failed;
	*ret_value = sw_jn_object(object);
	return SW_OK;
}

/* Bytes of so many UTF-16 units; more than len: there are not so many. */
static size_t bytes_of(const char *text, size_t len, double count)
{
	size_t at = 0;
	while (at < len && count > 0) {
		size_t bytes = sw_jn_character(text + at, len - at);
		count -= bytes == 4 ? 2 : 1;
		at += bytes ? bytes : sw_jn_half_pair(text + at, len - at) ? 3 : 1;
	}
	return count > 0 ? len + 1 : at;
}

enum sw_result sw_jn_regex_apply(struct sw_jn_run *run, const struct sw_jn_function *function,
				 const struct sw_jn_value *args, unsigned count,
				 struct sw_jn_value *ret_value)
{
	struct sw_jn_value text = count ? args[0] : SW_JN_UNDEFINED_VALUE;
	size_t from = 0;
	*ret_value = SW_JN_UNDEFINED_VALUE;
	if (as_text(run, &text) < 0 || text.kind != SW_JN_STRING)
		return run->failed;
	if (sw_jn_steps(run, text.len / BYTES_OF_A_STEP) < 0)
		return run->failed;
	if (count > 1 && args[1].kind == SW_JN_NUMBER)
		from = bytes_of(text.text, text.len, trunc(args[1].number));
	return from <= text.len ? sw_jn_regex_call(run, function, from, text, ret_value) : SW_OK;
}
