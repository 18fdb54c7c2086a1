/* What both kinds of stage share: who was given what, and the words for it. See stage.h. */
#include "stage.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void stage_problem(struct stage *stage, const char *format, ...)
{
	va_list args;
	if (*stage->problem)
		return;
	va_start(args, format);
	vsnprintf(stage->problem, sizeof(stage->problem), format, args);
	va_end(args);
}

struct given *stage_given(struct stage *stage, uint32_t branch, uint32_t attempt)
{
	for (unsigned i = 0; i < stage->given_count; i++) {
		if (stage->given[i].branch == branch && stage->given[i].attempt == attempt)
			return &stage->given[i];
	}
	return NULL;
}

static struct given *give(struct stage *stage, uint32_t branch, uint32_t attempt, const char *token)
{
	struct given *given = stage_given(stage, branch, attempt);
	if (!given && stage->given_count == STORY_ATTEMPTS_MAX) {
		stage_problem(stage, "more than %d attempts", STORY_ATTEMPTS_MAX);
		return NULL;
	}
	if (!given)
		given = &stage->given[stage->given_count++];
	else if (strcmp(given->token, token) != 0)
		stage_problem(stage, "attempt %u of branch %u has another token than before", attempt,
			      branch);
	*given = (struct given){.branch = branch, .attempt = attempt};
	snprintf(given->token, sizeof(given->token), "%s", token);
	return given;
}

void stage_deliver(struct stage *stage, uint32_t branch, uint32_t attempt, const char *token, bool again)
{
	struct given *given = give(stage, branch, attempt, token);
	if (given)
		given->held = true;
	sw_buf_printf(&stage->deliveries, "<%s %u %u>\n", again ? "redeliver" : "dispatch", branch, attempt);
}

void stage_queue(struct stage *stage, uint32_t branch, uint32_t attempt, const char *token)
{
	give(stage, branch, attempt, token);
	sw_buf_printf(&stage->queued, "<queue %u %u>\n", branch, attempt);
}

void stage_cancel(struct stage *stage, uint32_t branch, uint32_t attempt)
{
	struct given *given = stage_given(stage, branch, attempt);
	if (!given || !given->held)
		return;
	given->held = false;
	sw_buf_printf(&stage->cancels, "<cancel %u %u>\n", branch, attempt);
}

void stage_forget_held(struct stage *stage)
{
	for (unsigned i = 0; i < stage->given_count; i++)
		stage->given[i].held = false;
}

static const struct given *token_at(const struct stage *stage, const char *text, size_t len)
{
	for (unsigned i = 0; i < stage->given_count; i++) {
		size_t token_len = strlen(stage->given[i].token);
		if (token_len > 0 && token_len <= len && memcmp(text, stage->given[i].token, token_len) == 0)
			return &stage->given[i];
	}
	return NULL;
}

void stage_append_masked(const struct stage *stage, const char *text, size_t len, struct sw_buf *out)
{
	for (size_t at = 0; at < len;) {
		const struct given *given = token_at(stage, text + at, len - at);
		if (given) {
			sw_buf_printf(out, "<token %u %u>", given->branch, given->attempt);
			at += strlen(given->token);
		} else {
			sw_buf_char(out, text[at++]);
		}
	}
}

void stage_tell_end(struct sw_buf *out, enum sw_status status, const char *output, const char *error,
		    const char *cause, int64_t due_ms)
{
	sw_buf_printf(out, "= %s", sw_status_name(status));
	if (output)
		sw_buf_printf(out, " %s", output);
	if (error)
		sw_buf_printf(out, " %s", error);
	if (cause)
		sw_buf_printf(out, ": %s", cause);
	if (status == SW_STATUS_RUNNING && due_ms < SW_NEVER)
		sw_buf_printf(out, ", due %" PRId64, due_ms - STORY_START_MS);
	sw_buf_char(out, '\n');
}
