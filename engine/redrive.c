/* RedriveExecution: an execution that ended without success goes on in the state where it ended. */
#include "engine/internal.h"

#include "base/mem.h"

#include <string.h>

/* What the reason depends on, as it is in memory, in the boxes or on disk. */
static enum sw_result look(struct sw_engine *engine, uint64_t id, struct sw_execution_info *ret_info,
			   char **ret_machine, uint32_t *ret_number, bool *depends, struct sw_error *err)
{
	const struct sw_entry *entry = sw_executions_get(&engine->executions, id);
	struct sw_head head = {0};
	if (entry) {
		const struct sw_execution *x = entry->execution;
		*depends |= entry->pins > 0 || !entry->stored;
		*ret_info = (struct sw_execution_info){.status = x->status,
						       .start_ms = x->start_ms,
						       .stop_ms = x->stop_ms,
						       .events_count = x->next_event_id - 1,
						       .redrivable = sw_execution_is_redrivable(x)};
		*ret_number = x->machine_number;
		*ret_machine = sw_strdup(x->machine_name);
		return *ret_machine ? SW_OK : SW_ENOMEM;
	}
	enum sw_result r = sw_executions_head(engine, id, &head, depends, err);
	if (r < 0)
		return r;
	*ret_info = (struct sw_execution_info){.status = head.status,
					       .start_ms = head.start_ms,
					       .stop_ms = head.stop_ms,
					       .events_count = head.next_event_id - 1,
					       .redrivable = head.redrivable};
	*ret_number = head.machine_number;
	*ret_machine = head.machine_name;
	head.machine_name = NULL;
	sw_head_done(&head);
	return SW_OK;
}

/* The machine must be there still; one of the same name that was created later is another one. */
static enum sw_result check_machine(struct sw_engine *engine, const char *name, uint32_t number,
				    const char **reason, struct sw_error *err)
{
	struct sw_known_machine *known = NULL;
	enum sw_result r = sw_machines_find(engine, name, &known, err);
	if (r < 0 && r != SW_ENOENT)
		return r;
	if (r == SW_ENOENT || known->record.status != SW_MACHINE_ACTIVE || known->record.number != number) {
		sw_error_clear(err);
		*reason = "State machine is in DELETING status";
	}
	return SW_OK;
}

static enum sw_result post(struct sw_engine *engine, uint64_t id, sw_reply_fn *reply, void *user,
			   struct sw_error *err)
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
	if (!pending) {
		sw_executions_evict(engine, entry);
		return SW_ENOMEM;
	}
	*pending = (struct sw_pending){.kind = SW_EVENT_REDRIVE, .reply = reply, .user = user};
	entry->own = true;
	sw_executions_post(engine, entry, pending);
	return SW_OK;
}

enum sw_result sw_engine_redrive(struct sw_engine *engine, const char *execution_arn, sw_reply_fn *reply,
				 void *user, struct sw_error *err)
{
	struct sw_execution_info info = {0};
	char *machine = NULL;
	uint32_t number = 0;
	uint64_t id = 0;
	bool depends = false;
	enum sw_result r = sw_engine_check(engine, err);
	if (r == SW_OK)
		r = sw_engine_find(engine, execution_arn, &id, &depends, err);
	if (r == SW_OK && engine->full)
		r = sw_error_set(err, SW_EFULL, "the disk is full: no executions are redriven");
	if (r == SW_OK)
		r = look(engine, id, &info, &machine, &number, &depends, err);
	if (r < 0)
		return sw_error_set(err, r, "%s", sw_result_text(r));
	const char *reason = sw_redrive_reason(&info, sw_clock_now_ms(&engine->clock));
	if (!reason)
		r = check_machine(engine, machine, number, &reason, err);
	sw_free(machine);
	if (r == SW_OK && reason) {
		struct sw_answer answer = {.reply = reply, .user = user, .result = SW_EBUSY};
		answer.text = sw_strdup(reason);
		return sw_engine_answer(engine, &answer, depends, err);
	}
	if (r == SW_OK)
		r = post(engine, id, reply, user, err);
	return r < 0 ? sw_error_set(err, r, "%s", sw_result_text(r)) : SW_OK;
}
