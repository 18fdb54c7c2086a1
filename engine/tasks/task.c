/* One attempt in the hands of a provider or of the host: the public functions sw_task_*, for any thread. */
#include "base/buf.h"
#include "base/mem.h"
#include "engine/tasks/tasks.h"

#include <string.h>

struct sw_task *sw_task_ref(struct sw_task *task)
{
	__atomic_add_fetch(&task->references, 1, __ATOMIC_RELAXED);
	return task;
}

void sw_task_unref(struct sw_task *task)
{
	if (!task || __atomic_sub_fetch(&task->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	sw_inbox_unref(task->inbox);
	sw_free(task->resource);
	sw_free(task->input);
	sw_free(task->token);
	sw_free(task->idempotency_key);
	sw_free(task->execution_arn);
	sw_free(task->state_name);
	sw_free(task);
}

const char *sw_task_resource(const struct sw_task *task)
{
	return task->resource;
}

const char *sw_task_input(const struct sw_task *task, size_t *ret_len)
{
	if (ret_len)
		*ret_len = task->input_len;
	return task->input;
}

const char *sw_task_token(const struct sw_task *task)
{
	return task->token;
}

const char *sw_task_idempotency_key(const struct sw_task *task)
{
	return task->idempotency_key;
}

const char *sw_task_execution_arn(const struct sw_task *task)
{
	return task->execution_arn;
}

const char *sw_task_state_name(const struct sw_task *task)
{
	return task->state_name;
}

uint32_t sw_task_attempt(const struct sw_task *task)
{
	return task->retry_count;
}

bool sw_task_is_redelivery(const struct sw_task *task)
{
	return task->redelivery;
}

/* ---- completions ----------------------------------------------------------------------------- */

static struct sw_completion completion_of(const struct sw_task *task, enum sw_completion_kind kind)
{
	return (struct sw_completion){.kind = kind,
				      .execution_id = task->execution_id,
				      .branch = task->branch,
				      .attempt = task->attempt};
}

static struct sw_completion *completion_new(const struct sw_task *task, enum sw_completion_kind kind)
{
	struct sw_completion *completion = sw_alloc(sizeof(*completion));
	if (completion)
		*completion = completion_of(task, kind);
	return completion;
}

/* Length of the UTF-8 character at text (RFC 3629), 0 when there is none. */
static size_t character_bytes(const unsigned char *text)
{
	unsigned char lead = text[0], low = 0x80, high = 0xBF;
	if (lead < 0x80)
		return 1;
	size_t bytes = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
	if (lead == 0xE0)
		low = 0xA0;
	else if (lead == 0xED)
		high = 0x9F;
	else if (lead == 0xF0)
		low = 0x90;
	else if (lead == 0xF4)
		high = 0x8F;
	for (size_t i = 1; i < bytes; i++) {
		if (text[i] < low || text[i] > high)
			return 0;
		low = 0x80;
		high = 0xBF;
	}
	return bytes;
}

/*
 * Error names and causes go into JSON: a copy of text (NULL: NULL) in which each byte that is no UTF-8 is
 * U+FFFD, of at most bytes_max, cut at a character. False when out of memory.
 */
static bool copy_clean(const char *text, size_t bytes_max, char **ret_copy)
{
	if (!text)
		return true;
	struct sw_buf clean = SW_BUF;
	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		size_t bytes = character_bytes(at);
		const void *character = bytes ? (const void *)at : "\xEF\xBF\xBD";
		size_t length = bytes ? bytes : 3;
		if (clean.len + length > bytes_max)
			break;
		sw_buf_append(&clean, character, length);
		if (clean.failed)
			break;
		at += bytes ? bytes : 1;
	}
	*ret_copy = sw_buf_take(&clean, NULL);
	return *ret_copy != NULL;
}

/* Takes both. */
static enum sw_result complete(struct sw_task *task, struct sw_completion *completion)
{
	enum sw_result r = sw_inbox_post(task->inbox, completion);
	sw_task_unref(task);
	return r;
}

/*
 * Takes the task. It is gone from its handler, and nobody will complete it again: an attempt that fails is
 * better than one that hangs, so the completion is made of the task itself.
 */
static enum sw_result complete_without_memory(struct sw_task *task, enum sw_completion_kind kind)
{
	if (__atomic_exchange_n(&task->last_resort_used, true, __ATOMIC_ACQ_REL)) {
		sw_task_unref(task);
		return SW_ENOMEM;
	}
	task->last_resort = completion_of(task, kind);
	task->last_resort.last_resort_of = task; /* with the reference */
	/* The post may free the completion, and with it the task, and with that the inbox. */
	struct sw_inbox *inbox = sw_inbox_ref(task->inbox);
	sw_inbox_post(inbox, &task->last_resort);
	sw_inbox_unref(inbox);
	return SW_ENOMEM;
}

enum sw_result sw_task_succeed(struct sw_task *task, const char *output, size_t output_len)
{
	struct sw_completion *completion = completion_new(task, SW_COMPLETION_SUCCEEDED);
	if (completion) {
		completion->output_len = output ? output_len : 0;
		completion->output = sw_memdup(output ? output : "", completion->output_len);
	}
	if (completion && completion->output)
		return complete(task, completion);
	sw_completion_free(completion);
	return complete_without_memory(task, SW_COMPLETION_FAILED);
}

static enum sw_result fail(struct sw_task *task, enum sw_completion_kind kind, const char *error,
			   const char *cause)
{
	struct sw_completion *completion = completion_new(task, kind);
	if (completion && copy_clean(error, SW_ERROR_BYTES_MAX, &completion->error) &&
	    copy_clean(cause, SW_CAUSE_BYTES_MAX, &completion->cause))
		return complete(task, completion);
	sw_completion_free(completion);
	return complete_without_memory(task, kind);
}

enum sw_result sw_task_fail(struct sw_task *task, const char *error, const char *cause)
{
	return fail(task, SW_COMPLETION_FAILED, error, cause);
}

enum sw_result sw_task_time_out(struct sw_task *task, const char *cause)
{
	return fail(task, SW_COMPLETION_TIMED_OUT, "States.Timeout", cause);
}

enum sw_result sw_task_heartbeat(struct sw_task *task)
{
	struct sw_completion *completion = completion_new(task, SW_COMPLETION_HEARTBEAT);
	return completion ? sw_inbox_post(task->inbox, completion) : SW_ENOMEM;
}

void sw_task_release(struct sw_task *task)
{
	sw_task_unref(task);
}
