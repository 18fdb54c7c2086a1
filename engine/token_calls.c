/* Completion by token, from the loop's thread: SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat. */
#include "engine/internal.h"

#include "base/mem.h"

#include <string.h>

/* What never was, and what is over, in AWS's words. */
static enum sw_result refuse(struct sw_error *err, enum sw_result result)
{
	if (result == SW_ENOENT)
		return sw_error_set(err, result, "Task does not exist");
	if (result == SW_ETIMEDOUT)
		return sw_error_set(err, result, "Task Timed Out: 'Provided task does not exist anymore'");
	return sw_error_set(err, result, "%s", sw_result_text(result));
}

/* Takes pending. */
static enum sw_result post(struct sw_engine *engine, const char *token, struct sw_pending *pending,
			   sw_reply_fn *reply, void *user, struct sw_error *err)
{
	struct sw_entry *entry = NULL;
	struct sw_error loading = {0};
	uint64_t id;
	if (!pending)
		return refuse(err, SW_ENOMEM);
	if (!token || strnlen(token, SW_TOKEN_BYTES_MAX + 1) > SW_TOKEN_BYTES_MAX ||
	    !sw_token_parse(token, strlen(token), &id, &pending->branch, &pending->attempt,
			    pending->random)) {
		sw_pending_free(pending);
		return sw_error_set(err, SW_ETOKEN, "Invalid Token: 'Invalid token'");
	}
	enum sw_result r = sw_executions_load(engine, id, &entry, &loading);
	if (r < 0) {
		sw_pending_free(pending);
		return refuse(err, r);
	}
	pending->by_token = true;
	pending->reply = reply;
	pending->user = user;
	sw_executions_post(engine, entry, pending);
	return SW_OK;
}

static struct sw_pending *pending_new(enum sw_event_kind kind)
{
	struct sw_pending *pending = sw_zalloc(sizeof(*pending));
	if (pending)
		pending->kind = kind;
	return pending;
}

enum sw_result sw_engine_token_succeed(struct sw_engine *engine, const char *token, const char *output,
				       size_t output_len, sw_reply_fn *reply, void *user,
				       struct sw_error *err)
{
	struct sw_error error = {0};
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	if (!output)
		return sw_error_set(err, SW_EINVAL, "an output is needed");
	if (output_len > engine->limits.payload_bytes_max)
		return sw_error_set(err, SW_ELIMIT, "the output is longer than %u bytes",
				    engine->limits.payload_bytes_max);
	struct sw_pending *pending = pending_new(SW_EVENT_TASK_SUCCEEDED);
	r = pending ? sw_value_from_text(output, output_len, &pending->output, &error) : SW_ENOMEM;
	if (r == SW_OK)
		return post(engine, token, pending, reply, user, err);
	sw_pending_free(pending);
	if (r == SW_ENOMEM)
		return refuse(err, r);
	return sw_error_set(err, SW_EINPUT, "Invalid Output: '%s (line %u, column %u)'", error.text,
			    error.line, error.column);
}

enum sw_result sw_engine_token_fail(struct sw_engine *engine, const char *token, const char *error,
				    const char *cause, sw_reply_fn *reply, void *user, struct sw_error *err)
{
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	if ((error && strlen(error) > SW_ERROR_BYTES_MAX) || (cause && strlen(cause) > SW_CAUSE_BYTES_MAX))
		return sw_error_set(err, SW_ELIMIT,
				    "the error is longer than %d or the cause longer than %d bytes",
				    SW_ERROR_BYTES_MAX, SW_CAUSE_BYTES_MAX);
	struct sw_pending *pending = pending_new(SW_EVENT_TASK_FAILED);
	if (pending) {
		pending->error = error ? sw_strdup(error) : NULL;
		pending->cause = cause ? sw_strdup(cause) : NULL;
		if ((error && !pending->error) || (cause && !pending->cause)) {
			sw_pending_free(pending);
			pending = NULL;
		}
	}
	return post(engine, token, pending, reply, user, err);
}

enum sw_result sw_engine_token_heartbeat(struct sw_engine *engine, const char *token, sw_reply_fn *reply,
					 void *user, struct sw_error *err)
{
	enum sw_result r = sw_engine_check(engine, err);
	return r < 0 ? r : post(engine, token, pending_new(SW_EVENT_TASK_HEARTBEAT), reply, user, err);
}
