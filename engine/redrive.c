/* RedriveExecution: an execution that ended without success goes on in the state where it ended. */
#include "engine/internal.h"

#include "base/mem.h"

#include <string.h>

/* What the reason depends on, as it is in memory, in the boxes or on disk. */
struct look {
	struct sw_execution_info info;
	char *machine; /* own */
	uint32_t number;
	int64_t token_ms; /* of the redrive that the token was used for; 0: none */
	bool depends;
};

/* token may be NULL. ret_look->machine is the caller's to free, also on failure. */
static enum sw_result look(struct sw_engine *engine, uint64_t id, const char *token, struct look *ret_look,
			   struct sw_error *err)
{
	int64_t now_ms = sw_clock_now_ms(&engine->clock);
	const struct sw_redrive_token *used;
	const struct sw_entry *entry = sw_executions_get(&engine->executions, id);
	struct sw_head head = {0};
	if (entry) {
		const struct sw_execution *x = entry->execution;
		ret_look->depends |= entry->pins > 0 || !entry->stored;
		ret_look->info = (struct sw_execution_info){.status = x->status,
							    .start_ms = x->start_ms,
							    .stop_ms = x->stop_ms,
							    .events_count = x->next_event_id - 1,
							    .redrivable = sw_execution_is_redrivable(x)};
		ret_look->number = x->machine_number;
		used = sw_redrive_tokens_find(&x->redrive_tokens, token, now_ms);
		ret_look->token_ms = used ? used->time_ms : 0;
		ret_look->machine = sw_strdup(x->machine_name);
		return ret_look->machine ? SW_OK : SW_ENOMEM;
	}
	enum sw_result r = sw_executions_head(engine, id, &head, &ret_look->depends, err);
	if (r < 0)
		return r;
	ret_look->info = (struct sw_execution_info){.status = head.status,
						    .start_ms = head.start_ms,
						    .stop_ms = head.stop_ms,
						    .events_count = head.next_event_id - 1,
						    .redrivable = head.redrivable};
	ret_look->number = head.machine_number;
	ret_look->machine = head.machine_name;
	used = sw_redrive_tokens_find(&head.redrive_tokens, token, now_ms);
	ret_look->token_ms = used ? used->time_ms : 0;
	head.machine_name = NULL;
	sw_head_done(&head);
	return SW_OK;
}

/* The machine must be there still; one of the same name that was created later is another one. */
static enum sw_result check_machine(struct sw_engine *engine, const char *name, uint32_t number,
				    bool *ret_gone, struct sw_error *err)
{
	struct sw_known_machine *known = NULL;
	sw_machines_refresh(engine, name);
	enum sw_result r = sw_machines_find(engine, name, &known, err);
	if (r < 0 && r != SW_ENOENT)
		return r;
	if (r == SW_ENOENT || known->record.status != SW_MACHINE_ACTIVE || known->record.number != number) {
		sw_error_clear(err);
		*ret_gone = true;
	}
	return SW_OK;
}

static enum sw_result post(struct sw_engine *engine, uint64_t id, const char *token, sw_reply_fn *reply,
			   void *user, struct sw_error *err)
{
	struct sw_entry *entry = NULL;
	enum sw_result r = sw_executions_load_ended(engine, id, &entry, err);
	if (r < 0)
		return r;
	if (entry->damage && entry->execution->status != SW_STATUS_RUNNING) {
		/* It has ended, and stays as it is. */
		sw_error_set(err, SW_ECORRUPT, "%s", entry->damage);
		sw_free(entry->damage);
		entry->damage = NULL;
		sw_executions_evict(engine, entry);
		return SW_ECORRUPT;
	}
	struct sw_pending *pending = sw_zalloc(sizeof(*pending));
	char *copy = token ? sw_strdup(token) : NULL;
	if (!pending || (token && !copy)) {
		sw_free(pending);
		sw_free(copy);
		sw_executions_evict(engine, entry);
		return SW_ENOMEM;
	}
	*pending = (struct sw_pending){
		.kind = SW_EVENT_REDRIVE, .client_token = copy, .reply = reply, .user = user};
	entry->own = true;
	sw_executions_post(engine, entry, pending);
	return SW_OK;
}

/* "The API will return idempotent responses": the redrive that the token was used for. */
static enum sw_result answer_again(struct sw_engine *engine, const char *arn, const struct look *seen,
				   sw_reply_fn *reply, void *user, struct sw_error *err)
{
	struct sw_answer answer = {.reply = reply,
				   .user = user,
				   .existed = true,
				   .time_ms = seen->token_ms,
				   .arn = sw_strdup(arn)};
	if (!answer.arn)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	return sw_engine_answer(engine, &answer, seen->depends, err);
}

enum sw_result sw_engine_redrive(struct sw_engine *engine, const char *execution_arn, sw_reply_fn *reply,
				 void *user, struct sw_error *err)
{
	return sw_engine_redrive_once(engine, execution_arn, NULL, reply, user, err);
}

enum sw_result sw_engine_redrive_once(struct sw_engine *engine, const char *execution_arn,
				      const char *client_token, sw_reply_fn *reply, void *user,
				      struct sw_error *err)
{
	struct look seen = {0};
	uint64_t id = 0;
	enum sw_result r = sw_engine_check(engine, err);
	if (r == SW_OK)
		r = sw_engine_find(engine, execution_arn, &id, &seen.depends, err);
	if (r == SW_OK)
		r = look(engine, id, client_token, &seen, err);
	if (r == SW_OK && seen.token_ms) {
		sw_free(seen.machine);
		return answer_again(engine, execution_arn, &seen, reply, user, err);
	}
	if (r == SW_OK && engine->full)
		r = sw_error_set(err, SW_EFULL, "the disk is full: no executions are redriven");
	const char *reason = NULL;
	if (r == SW_OK)
		reason = sw_redrive_reason(&seen.info, sw_clock_now_ms(&engine->clock));
	if (r == SW_OK && !reason)
		r = check_machine(engine, seen.machine, seen.number, &seen.info.machine_gone, err);
	if (r == SW_OK && seen.info.machine_gone)
		reason = sw_redrive_reason(&seen.info, sw_clock_now_ms(&engine->clock));
	sw_free(seen.machine);
	if (r == SW_OK && reason) {
		struct sw_answer answer = {.reply = reply, .user = user, .result = SW_EBUSY};
		answer.text = sw_strdup(reason);
		return sw_engine_answer(engine, &answer, seen.depends, err);
	}
	if (r == SW_OK)
		r = post(engine, id, client_token, reply, user, err);
	return r < 0 ? sw_error_set(err, r, "%s", sw_result_text(r)) : SW_OK;
}
