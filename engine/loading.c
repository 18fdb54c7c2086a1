/*
 * Executions from the store into memory. What is not in memory has no uncommitted records (evict sees to it),
 * so that the last commit is always the whole truth. The disk is hostile: a damaged record ends its
 * execution, with a cause that says what is wrong, and nothing else.
 */
#include "engine/internal.h"

#include "base/assert.h"
#include "base/mem.h"

#include <string.h>

/* What an execution whose machine cannot be read stands on until its turn, in which it fails. */
#define NOTHING_TO_RUN "{\"StartAt\":\"Fail\",\"States\":{\"Fail\":{\"Type\":\"Fail\"}}}"

static enum sw_result load_value(void *user, uint64_t execution_id, uint32_t number,
				 struct sw_slice *ret_text)
{
	struct sw_key key;
	sw_key_pair(&key, execution_id, number);
	return sw_snapshot_get(user, SW_TABLE_VALUES, sw_key_slice(&key), ret_text);
}

static bool is_in_flight(const struct sw_branch *branch)
{
	return branch->wait == SW_BRANCH_READY ||
	       (branch->wait == SW_BRANCH_TASK && branch->dispatchable && !branch->in_queue);
}

/* ---- branches ----------------------------------------------------------------------------------------- */

struct children {
	uint32_t count, done;
};

/* Each Parallel and Map has the children that it counts, from the first on, in order. */
static enum sw_result count_children(const struct sw_execution *execution, struct children *children,
				     struct sw_error *err)
{
	bool running = execution->status == SW_STATUS_RUNNING;
	for (uint32_t i = 0; i < execution->branches_count; i++) {
		const struct sw_branch *branch = execution->branches[i];
		bool held = branch->wait == SW_BRANCH_HELD, done = branch->wait == SW_BRANCH_DONE;
		if (running ? held : !held && !done)
			return sw_error_set(err, SW_ECORRUPT, "branch %u does not wait as its execution does",
					    branch->number);
		if (branch->parent == SW_NO_BRANCH)
			continue;
		struct children *siblings = &children[sw_execution_place(execution, branch->parent)];
		if (branch->index != siblings->count++)
			return sw_error_set(err, SW_ECORRUPT, "branch %u is not the next of its siblings",
					    branch->number);
		siblings->done += done;
	}
	for (uint32_t i = 0; i < execution->branches_count; i++) {
		const struct sw_branch *branch = execution->branches[i];
		if (branch->next_index != children[i].count || branch->finished != children[i].done ||
		    branch->running != children[i].count - children[i].done)
			return sw_error_set(err, SW_ECORRUPT,
					    "branch %u counts other children than there are", branch->number);
	}
	return SW_OK;
}

static enum sw_result check_children(const struct sw_execution *execution, struct sw_error *err)
{
	struct children *children = sw_zalloc_array(execution->branches_count, sizeof(*children));
	if (!children)
		return SW_ENOMEM;
	enum sw_result r = count_children(execution, children, err);
	sw_free(children);
	return r;
}

static enum sw_result check_branch(const struct sw_execution *execution, const struct sw_branch *branch,
				   struct sw_error *err)
{
	const char *wrong = sw_branch_impossible(branch);
	if (branch->number >= execution->next_branch)
		wrong = "it is not known to the head";
	else if (branch->entered_id >= execution->next_event_id ||
		 branch->previous_id >= execution->next_event_id ||
		 branch->approached_id >= execution->next_event_id)
		wrong = "it follows an event that is not in the history";
	else if (!wrong && branch->wait == SW_BRANCH_DONE && branch->parent == SW_NO_BRANCH)
		wrong = "it is done, and the execution is not";
	return wrong ? sw_error_set(err, SW_ECORRUPT, "branch %u: %s", branch->number, wrong) : SW_OK;
}

/* Records may be missing though each one that is there is sound. The step relies on what is checked here. */
static enum sw_result check_tree(const struct sw_execution *execution, struct sw_error *err)
{
	if (execution->branches_count == 0 || execution->branches[0]->number != 0)
		return sw_error_set(err, SW_ECORRUPT, "the root branch is missing");
	for (uint32_t i = 0; i < execution->branches_count; i++) {
		const struct sw_branch *branch = execution->branches[i];
		enum sw_result r = check_branch(execution, branch, err);
		if (r < 0)
			return r;
		if ((branch->parent == SW_NO_BRANCH) != (branch->number == 0))
			return sw_error_set(err, SW_ECORRUPT, "branch %u stands alone", branch->number);
		if (branch->number == 0)
			continue;
		const struct sw_branch *parent = branch->parent < branch->number
							 ? sw_execution_branch(execution, branch->parent)
							 : NULL;
		if (!parent || !sw_branch_may_have_children(parent))
			return sw_error_set(err, SW_ECORRUPT, "the parent of branch %u is missing",
					    branch->number);
	}
	return check_children(execution, err);
}

static enum sw_result load_branches(struct sw_execution *execution, struct sw_snapshot *snapshot,
				    struct sw_value_loader *loader, struct sw_error *err)
{
	struct sw_key prefix;
	struct sw_scan *scan = NULL;
	struct sw_slice key, bytes;
	sw_key_execution(&prefix, execution->id);
	enum sw_result r = sw_scan_new(snapshot, SW_TABLE_BRANCHES, sw_key_slice(&prefix), false, &scan);
	while (r == SW_OK && (r = sw_scan_next(scan, &key, &bytes)) == SW_OK) {
		struct sw_branch *branch = NULL;
		if (key.len != prefix.len + sizeof(uint32_t) ||
		    memcmp(key.data, prefix.bytes, prefix.len) != 0)
			break;
		struct sw_cursor number =
			sw_cursor(sw_slice((const char *)key.data + prefix.len, sizeof(uint32_t)));
		r = sw_branch_decode(bytes, execution->machine, loader, &branch, err);
		if (r < 0)
			break;
		if (branch->number != sw_cursor_be32(&number)) {
			sw_branch_free(branch);
			r = sw_error_set(err, SW_ECORRUPT,
					 "a branch stands under another number than its own");
			break;
		}
		sw_branch_clean(branch);
		branch->on_disk = true;
		branch->stored_due_ms = branch->due_ms;
		branch->stored_in_flight = is_in_flight(branch);
		r = sw_execution_add(execution, branch);
		if (r == SW_OK && branch->wait == SW_BRANCH_READY)
			sw_execution_enqueue(execution, branch);
	}
	sw_scan_free(scan);
	if (r == SW_ENOENT)
		r = SW_OK;
	return r < 0 ? r : check_tree(execution, err);
}

/* ---- executions --------------------------------------------------------------------------------------- */

/* Moves what the head holds into execution. */
static enum sw_result take_head(struct sw_engine *engine, struct sw_execution *execution,
				struct sw_head *head)
{
	char arn[SW_ARN_TEXT_BYTES], machine_arn[SW_ARN_TEXT_BYTES];
	enum sw_result named =
		head->express
			? sw_express_arn(engine, head->machine_name, head->name, head->id, arn, sizeof(arn))
			: sw_arn_execution(arn, sizeof(arn), engine->region, engine->account,
					   head->machine_name, head->name);
	if (named < 0 || sw_arn_machine(machine_arn, sizeof(machine_arn), engine->region, engine->account,
					head->machine_name) < 0)
		return SW_ECORRUPT;
	execution->arn = sw_strdup(arn);
	execution->machine_arn = sw_strdup(machine_arn);
	execution->region = sw_strdup(engine->region);
	if (!execution->arn || !execution->machine_arn || !execution->region)
		return SW_ENOMEM;
	execution->status = head->status;
	execution->express = head->express;
	execution->name = head->name;
	execution->machine_name = head->machine_name;
	execution->role_arn = head->role_arn;
	execution->trace_header = head->trace_header;
	execution->test_case = head->test_case;
	execution->failure = (struct sw_failure){head->error, head->cause};
	execution->machine_number = head->machine_number;
	execution->machine_revision = head->machine_revision;
	execution->machine_version = head->machine_version;
	execution->machine_alias = head->machine_alias;
	execution->start_ms = head->start_ms;
	execution->stop_ms = head->stop_ms;
	execution->timeout_due_ms = head->timeout_due_ms;
	execution->next_event_id = head->next_event_id;
	execution->next_branch = head->next_branch;
	execution->next_value = head->next_value;
	execution->redrive_count = head->redrive_count;
	execution->redrive_ms = head->redrive_ms;
	execution->input = head->input;
	execution->output = head->output;
	execution->history_events_max = head->express ? UINT32_MAX : engine->limits.history_events_max;
	execution->payload_bytes_max = engine->limits.payload_bytes_max;
	/* Counts that do not fit the machine are no use: the mocks begin anew. */
	if (head->mock_counts && head->mock_counts_count == execution->machine->states_count) {
		execution->mock_counts = head->mock_counts;
		head->mock_counts = NULL;
	} else if (execution->test_case) {
		execution->mock_counts = sw_zalloc_array(execution->machine->states_count, sizeof(uint32_t));
	}
	execution->redrive_tokens = head->redrive_tokens;
	uint32_t *mock_counts = head->mock_counts;
	*head = (struct sw_head){.mock_counts = mock_counts};
	return execution->test_case && !execution->mock_counts ? SW_ENOMEM : SW_OK;
}

/*
 * Makes the execution that head tells of. *ret_damage is set (new) when a record is damaged: the execution
 * then has no branches and is to fail.
 */
static enum sw_result build(struct sw_engine *engine, struct sw_snapshot *snapshot,
			    struct sw_value_loader *loader, struct sw_head *head,
			    struct sw_execution **ret_execution, char **ret_damage)
{
	struct sw_error error = {0};
	struct sw_machine *machine = NULL;
	struct sw_execution *execution = NULL;
	enum sw_result r =
		sw_machines_revision(engine, head->machine_name, head->machine_revision, &machine, &error);
	if (r < 0 && r != SW_ENOMEM && r != SW_EIO && r != SW_EBUSY) {
		*ret_damage = sw_asprintf("stored record is damaged: %s", error.text);
		r = *ret_damage
			    ? sw_machine_compile(NOTHING_TO_RUN, strlen(NOTHING_TO_RUN), &machine, NULL, NULL)
			    : SW_ENOMEM;
	}
	if (r == SW_OK)
		r = sw_execution_new(machine, head->id, &execution);
	sw_machine_unref(machine);
	if (r == SW_OK)
		r = take_head(engine, execution, head);
	if (r == SW_OK && !*ret_damage && !execution->express) {
		r = load_branches(execution, snapshot, loader, &error);
		if (r == SW_ECORRUPT || r == SW_EVERSION) {
			*ret_damage = sw_asprintf("stored record is damaged: %s",
						  *error.text ? error.text : sw_result_text(r));
			r = *ret_damage ? SW_OK : SW_ENOMEM;
		}
	}
	if (r < 0) {
		sw_execution_free(execution);
		sw_free(*ret_damage);
		*ret_damage = NULL;
		return r;
	}
	*ret_execution = execution;
	return SW_OK;
}

void sw_loading_begin(struct sw_engine *engine)
{
	SW_ASSERT(!engine->loads_many && !engine->loading);
	engine->loads_many = true;
}

void sw_loading_end(struct sw_engine *engine)
{
	sw_snapshot_end(engine->loading);
	engine->loading = NULL;
	engine->loads_many = false;
}

static enum sw_result begin(struct sw_engine *engine, struct sw_snapshot **ret_snapshot, struct sw_error *err)
{
	enum sw_result r = SW_OK;
	if (!engine->loading)
		r = sw_store_begin(engine->store, &engine->loading, err);
	if (r == SW_OK)
		*ret_snapshot = engine->loading;
	return r;
}

static void end(struct sw_engine *engine)
{
	if (engine->loads_many)
		return;
	sw_snapshot_end(engine->loading);
	engine->loading = NULL;
}

/* From the last commit. SW_ENOENT, SW_ETIMEDOUT (it has ended), SW_ECORRUPT (the head). */
static enum sw_result read_execution(struct sw_engine *engine, uint64_t id, bool ended,
				     struct sw_execution **ret_execution, char **ret_damage,
				     struct sw_error *err)
{
	struct sw_snapshot *snapshot = NULL;
	enum sw_result r = begin(engine, &snapshot, err);
	if (r < 0)
		return r;
	struct sw_value_loader loader = {.execution_id = id, .load = load_value, .user = snapshot};
	struct sw_head head = {0};
	struct sw_slice bytes;
	struct sw_key key;
	sw_key_execution(&key, id);
	r = sw_engine_lookup(engine, snapshot, SW_TABLE_EXECUTIONS, sw_key_slice(&key), &bytes, NULL);
	if (r == SW_OK)
		r = sw_head_decode(bytes, id, &loader, true, &head, err);
	if (r == SW_OK && head.status != SW_STATUS_RUNNING && !ended)
		r = SW_ETIMEDOUT;
	/* One that was interrupted begins again where executions are recovered, and nowhere else. */
	if (r == SW_OK && head.express &&
	    (engine->which != SW_RESUME_ALL || engine->state != SW_ENGINE_RUNNING))
		r = SW_ENOENT;
	if (r == SW_OK)
		r = build(engine, snapshot, &loader, &head, ret_execution, ret_damage);
	sw_head_done(&head);
	sw_value_loader_done(&loader);
	end(engine);
	return r < 0 ? sw_error_set(err, r, "%s", sw_result_text(r)) : SW_OK;
}

/* The near timers of an execution that was loaded: in memory it speaks for itself, and for its older self on
 * disk. */
static void settle(struct sw_engine *engine, struct sw_entry *entry)
{
	struct sw_execution *execution = entry->execution;
	entry->stored = true;
	entry->stored_timeout_ms = execution->timeout_due_ms;
	entry->stored_ended_ms = sw_status_is_final(execution->status) ? execution->stop_ms : SW_NEVER;
	if (execution->timeout_due_ms != SW_NEVER)
		sw_timers_set(engine, entry, SW_NO_BRANCH, execution->timeout_due_ms);
	for (uint32_t i = 0; i < execution->branches_count; i++) {
		const struct sw_branch *branch = execution->branches[i];
		if (branch->due_ms != SW_NEVER)
			sw_timers_set(engine, entry, branch->number, branch->due_ms);
	}
	if (!entry->damage)
		return;
	SW_LOG_ABOUT(&engine->log, SW_LOG_ERROR, execution->arn, "%s", entry->damage);
	sw_executions_enqueue(engine, entry); /* to fail, in its turn */
}

static enum sw_result load(struct sw_engine *engine, uint64_t id, bool ended, struct sw_entry **ret_entry,
			   struct sw_error *err)
{
	struct sw_entry *entry = sw_executions_get(&engine->executions, id);
	if (entry && entry->deleted)
		return sw_error_set(err, SW_ENOENT, "the execution does not exist");
	if (entry) {
		*ret_entry = entry;
		return SW_OK;
	}
	struct sw_execution *execution = NULL;
	char *damage = NULL;
	enum sw_result r = read_execution(engine, id, ended, &execution, &damage, err);
	if (r == SW_OK)
		r = sw_executions_add(engine, execution, &entry);
	if (r < 0) {
		sw_free(damage);
		return r;
	}
	entry->damage = damage;
	settle(engine, entry);
	if (execution->express)
		sw_express_revive(engine, entry);
	*ret_entry = entry;
	return SW_OK;
}

bool sw_loading_is_final(enum sw_result result)
{
	return result == SW_OK || result == SW_ENOENT || result == SW_ETIMEDOUT || result == SW_ECORRUPT ||
	       result == SW_EVERSION;
}

enum sw_result sw_executions_load(struct sw_engine *engine, uint64_t id, struct sw_entry **ret_entry,
				  struct sw_error *err)
{
	return load(engine, id, false, ret_entry, err);
}

enum sw_result sw_executions_load_ended(struct sw_engine *engine, uint64_t id, struct sw_entry **ret_entry,
					struct sw_error *err)
{
	return load(engine, id, true, ret_entry, err);
}

enum sw_result sw_executions_reload(struct sw_engine *engine, struct sw_entry *entry, struct sw_error *err)
{
	struct sw_execution *execution = NULL;
	char *damage = NULL;
	SW_ASSERT(entry->broken && entry->pins == 0);
	/* Also one that has ended: what it was before the step, which may have been a redrive. */
	enum sw_result r = read_execution(engine, entry->id, true, &execution, &damage, err);
	if (r < 0)
		return r;
	sw_execution_free(entry->execution);
	entry->execution = execution;
	sw_attempts_rejoin(entry);
	execution->owner = entry;
	entry->broken = false;
	if (damage) {
		sw_free(entry->damage);
		entry->damage = damage;
	}
	settle(engine, entry);
	return SW_OK;
}

enum sw_result sw_executions_head(struct sw_engine *engine, uint64_t id, struct sw_head *ret_head,
				  bool *ret_uncommitted, struct sw_error *err)
{
	struct sw_snapshot *snapshot = NULL;
	enum sw_result r = sw_store_begin(engine->store, &snapshot, err);
	if (r < 0)
		return r;
	struct sw_slice bytes;
	struct sw_key key;
	sw_key_execution(&key, id);
	r = sw_engine_lookup(engine, snapshot, SW_TABLE_EXECUTIONS, sw_key_slice(&key), &bytes,
			     ret_uncommitted);
	if (r == SW_OK)
		r = sw_head_decode(bytes, id, NULL, false, ret_head, err);
	sw_snapshot_end(snapshot);
	return r;
}
