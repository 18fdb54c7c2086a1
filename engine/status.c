/* What is in a store, in numbers: see maintenance.h. */
#include "engine/survey.h"

#include "base/mem.h"

#include <string.h>

struct survey {
	struct sw_store_status status;
	struct sw_revisions revisions;
	uint64_t oldest_id; /* 0: nothing runs */
};

static void waiting_done(struct sw_waiting *waiting)
{
	sw_free(waiting->execution_arn);
	sw_free(waiting->state);
	*waiting = (struct sw_waiting){0};
}

void sw_store_status_done(struct sw_store_status *status)
{
	waiting_done(&status->oldest);
	for (size_t i = 0; i < SW_STATUS_TIMERS_MAX; i++)
		waiting_done(&status->next[i]);
	*status = (struct sw_store_status){0};
}

static bool is_fault_of_record(enum sw_result r)
{
	return r == SW_ECORRUPT || r == SW_EVERSION || r == SW_ENOENT || r == SW_EDEFINITION ||
	       r == SW_ELIMIT;
}

/* ---- what waits ---------------------------------------------------------------------------------- */

static enum sw_result set_arn(const struct sw_walk *walk, const struct sw_head *head,
			      struct sw_waiting *waiting)
{
	char arn[SW_ARN_TEXT_BYTES];
	if (waiting->execution_arn ||
	    sw_arn_execution(arn, sizeof(arn), walk->reader->region, walk->reader->account,
			     head->machine_name, head->name) < 0)
		return SW_OK;
	waiting->execution_arn = sw_strdup(arn);
	return waiting->execution_arn ? SW_OK : SW_ENOMEM;
}

/* A branch of an execution whose head is known, without its values. */
static enum sw_result decode_branch(struct sw_walk *walk, const struct sw_head *head, struct sw_slice bytes,
				    struct sw_branch **ret_branch)
{
	struct survey *survey = walk->user;
	const struct sw_revision *revision;
	enum sw_result r = sw_revisions_get(&survey->revisions, &walk->view, head->machine_name,
					    head->machine_revision, &revision, NULL);
	return r < 0 ? r : sw_branch_decode(bytes, revision->machine, NULL, ret_branch, NULL);
}

static enum sw_result set_state(struct sw_waiting *waiting, const struct sw_branch *branch)
{
	if (waiting->state)
		return SW_OK;
	waiting->state = sw_strdup(branch->state->name);
	return waiting->state ? SW_OK : SW_ENOMEM;
}

/* ---- the tables ---------------------------------------------------------------------------------- */

static enum sw_result count_machine(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	struct survey *survey = walk->user;
	struct sw_machine_record record = {0};
	char *name = sw_memdup(value.data, value.len);
	if (!name)
		return SW_ENOMEM;
	enum sw_result r = sw_view_machine(&walk->view, name, &record, NULL);
	sw_free(name);
	survey->status.machines++;
	if (r < 0)
		return r == SW_EARN || is_fault_of_record(r) ? SW_OK : r;
	survey->status.machines_deleting += record.status == SW_MACHINE_DELETING;
	sw_machine_record_done(&record);
	return SW_OK;
}

static enum sw_result count_execution(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	struct survey *survey = walk->user;
	struct sw_store_status *status = &survey->status;
	struct sw_cursor cursor = sw_cursor(key);
	uint64_t id = sw_cursor_be64(&cursor);
	struct sw_head head = {0};
	enum sw_result r = sw_head_decode(value, id, NULL, false, &head, NULL);
	if (r < 0) {
		status->executions_damaged += is_fault_of_record(r);
		return is_fault_of_record(r) ? SW_OK : r;
	}
	status->executions[head.status]++;
	/* Ids rise with time: the first that runs has run for the longest. */
	if (head.status == SW_STATUS_RUNNING && !survey->oldest_id) {
		survey->oldest_id = id;
		status->oldest.time_ms = head.start_ms;
		r = set_arn(walk, &head, &status->oldest);
	}
	sw_head_done(&head);
	return r;
}

static void count_wait(struct sw_store_status *status, const struct sw_branch *branch)
{
	switch (branch->wait) {
	case SW_BRANCH_READY:
		status->ready++;
		break;
	case SW_BRANCH_TIMER:
		status->waits++;
		break;
	case SW_BRANCH_TASK:
		if (branch->dispatchable)
			status->tasks_in_flight++;
		else
			status->callbacks++;
		break;
	case SW_BRANCH_RETRY:
		status->retries++;
		break;
	case SW_BRANCH_CHILDREN:
		status->joins++;
		break;
	case SW_BRANCH_DONE:
	case SW_BRANCH_HELD:
		break;
	}
}

static enum sw_result count_branch(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	struct survey *survey = walk->user;
	struct sw_cursor cursor = sw_cursor(key);
	uint64_t id = sw_cursor_be64(&cursor);
	struct sw_head head = {0};
	struct sw_branch *branch = NULL;
	enum sw_result r = sw_view_head(&walk->view, id, false, &head, NULL);
	if (r == SW_OK)
		r = decode_branch(walk, &head, value, &branch);
	if (r == SW_OK) {
		count_wait(&survey->status, branch);
		if (id == survey->oldest_id && branch->wait != SW_BRANCH_CHILDREN &&
		    branch->wait != SW_BRANCH_DONE)
			r = set_state(&survey->status.oldest, branch);
	}
	sw_branch_free(branch);
	sw_head_done(&head);
	walk->work++;
	if (!is_fault_of_record(r))
		return r;
	survey->status.branches_damaged++;
	return SW_OK;
}

/* The state whose branch the timer is for. */
static enum sw_result name_state(struct sw_walk *walk, const struct sw_head *head, uint32_t number,
				 struct sw_waiting *waiting)
{
	struct sw_branch *branch = NULL;
	struct sw_slice bytes;
	struct sw_key key;
	if (number == SW_NO_BRANCH)
		return SW_OK;
	sw_key_pair(&key, head->id, number);
	enum sw_result r =
		sw_snapshot_get(walk->view.snapshot, SW_TABLE_BRANCHES, sw_key_slice(&key), &bytes);
	if (r == SW_OK)
		r = decode_branch(walk, head, bytes, &branch);
	if (r == SW_OK)
		r = set_state(waiting, branch);
	sw_branch_free(branch);
	return r;
}

static enum sw_result count_timer(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	struct sw_store_status *status = &((struct survey *)walk->user)->status;
	struct sw_head head = {0};
	int64_t due_ms;
	uint64_t id;
	uint32_t branch;
	if (!sw_key_timer_read(key, &due_ms, &id, &branch) || due_ms == 0)
		return SW_OK;
	status->timers++;
	if (status->next_count == SW_STATUS_TIMERS_MAX)
		return SW_OK;
	enum sw_result r = sw_view_head(&walk->view, id, false, &head, NULL);
	if (r == SW_OK) {
		struct sw_waiting *waiting = &status->next[status->next_count++];
		waiting->time_ms = due_ms;
		r = set_arn(walk, &head, waiting);
		if (r == SW_OK)
			r = name_state(walk, &head, branch, waiting);
	}
	sw_head_done(&head);
	return is_fault_of_record(r) ? SW_OK : r;
}

/* ---- the door ------------------------------------------------------------------------------------ */

enum sw_result sw_reader_status(struct sw_reader *reader, sw_progress_fn *progress, void *user,
				struct sw_store_status *ret_status, struct sw_error *err)
{
	static const struct {
		enum sw_table table;
		enum sw_result (*look)(struct sw_walk *, struct sw_slice, struct sw_slice);
	} walks[] = {{SW_TABLE_NUMBERS, count_machine},
		     {SW_TABLE_EXECUTIONS, count_execution},
		     {SW_TABLE_BRANCHES, count_branch},
		     {SW_TABLE_TIMERS, count_timer}};
	struct survey survey = {0};
	struct sw_store_stats stats;
	enum sw_result r = SW_OK;
	if (!reader || !ret_status)
		return sw_error_set(err, SW_EINVAL, "whose status?");
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]) && r == SW_OK; i++) {
		struct sw_walk walk = {
			.reader = reader,
			.table = walks[i].table,
			.look = walks[i].look,
			.user = &survey,
			.progress = progress,
			.progress_user = user,
			.what = sw_table_names[walks[i].table],
		};
		r = sw_walk_run(&walk, err);
	}
	sw_revisions_done(&survey.revisions);
	if (r < 0) {
		sw_store_status_done(&survey.status);
		return r;
	}
	sw_store_stats(reader->store, &stats);
	survey.status.data_bytes = stats.data_bytes;
	survey.status.file_bytes = stats.file_bytes;
	survey.status.disk_free_bytes = stats.disk_free_bytes;
	*ret_status = survey.status;
	return SW_OK;
}
