/*
 * Regular expressions of filters, on PCRE2. All those of one evaluation share one budget of steps: a step is an item of
 * the pattern that is tried, or SCAN_CHARACTERS of text that a repetition runs over. PCRE2's own limit counts per match,
 * and not what a possessive repetition runs over.
 */
#include "asl/jsonpath/path.h"

#include <string.h>

#define SCAN_CHARACTERS 32
#define HEAP_KIB_MAX 16384

/* What matching needs, made at the first match of an evaluation. */
struct sw_path_matcher {
	pcre2_match_data *data;
	pcre2_match_context *context;
	uint64_t work, work_max; /* in characters */
	PCRE2_SIZE position;
};

static void regex_done(void *thing)
{
	struct sw_path_regex *regex = thing;
	pcre2_code_free(regex->code);
	regex->code = NULL;
}

enum sw_result sw_path_regex_compile(const char *text, size_t len, uint32_t flags, struct sw_owner *owner,
				     const struct sw_path_regex **ret_regex, size_t *ret_offset,
				     struct sw_error *err)
{
	struct sw_path_regex *regex = sw_arena_alloc(&owner->arena, sizeof(*regex));
	int number;
	PCRE2_SIZE offset;
	if (!regex)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	/* The whole value must match, as with Java's Matcher.matches. */
	flags |=
		PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
	regex->code = pcre2_compile((PCRE2_SPTR)text, len, flags, &number, &offset, NULL);
	if (!regex->code) {
		char message[160];
		pcre2_get_error_message(number, (PCRE2_UCHAR *)message, sizeof(message));
		*ret_offset = offset;
		return sw_error_set(err, SW_EQUERY, "the regular expression is malformed: %s", message);
	}
	if (sw_owner_adopt(owner, regex, regex_done) < 0)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	*ret_regex = regex;
	return SW_OK;
}

/* Called before each item of the pattern. */
static int count_work(pcre2_callout_block *block, void *user)
{
	struct sw_path_matcher *matcher = user;
	PCRE2_SIZE at = block->current_position;
	matcher->work += SCAN_CHARACTERS;
	matcher->work += at > matcher->position ? at - matcher->position : matcher->position - at;
	matcher->position = at;
	return matcher->work > matcher->work_max ? PCRE2_ERROR_MATCHLIMIT : 0;
}

static struct sw_path_matcher *matcher_of(struct sw_path_run *run)
{
	if (run->matcher)
		return run->matcher;
	struct sw_path_matcher *matcher = sw_zalloc(sizeof(*matcher));
	if (!matcher)
		return NULL;
	run->matcher = matcher;
	matcher->work_max = (uint64_t)SW_REGEX_MATCH_STEPS_MAX * SCAN_CHARACTERS;
	matcher->data = pcre2_match_data_create(1, NULL);
	matcher->context = pcre2_match_context_create(NULL);
	if (!matcher->data || !matcher->context) {
		sw_path_matcher_free(matcher);
		run->matcher = NULL;
		return NULL;
	}
	pcre2_set_match_limit(matcher->context, SW_REGEX_MATCH_STEPS_MAX);
	pcre2_set_heap_limit(matcher->context, HEAP_KIB_MAX);
	pcre2_set_callout(matcher->context, count_work, matcher);
	return matcher;
}

void sw_path_matcher_free(struct sw_path_matcher *matcher)
{
	if (!matcher)
		return;
	pcre2_match_data_free(matcher->data);
	pcre2_match_context_free(matcher->context);
	sw_free(matcher);
}

enum sw_path_status sw_path_regex_match(struct sw_path_run *run, const struct sw_path_regex *regex,
					const char *text, size_t len, bool *ret_matches)
{
	struct sw_path_matcher *matcher = matcher_of(run);
	if (!matcher)
		return SW_PATH_MEMORY;
	matcher->position = 0;
	int found = pcre2_match(regex->code, (PCRE2_SPTR)text, len, 0, PCRE2_NO_UTF_CHECK, matcher->data,
				matcher->context);
	*ret_matches = found >= 0;
	if (found >= 0 || found == PCRE2_ERROR_NOMATCH)
		return SW_PATH_OK;
	if (found == PCRE2_ERROR_NOMEMORY)
		return SW_PATH_MEMORY;
	return sw_path_throw(run, SW_PATH_LIMIT, "the regular expression takes more than %d steps",
			     SW_REGEX_MATCH_STEPS_MAX);
}
