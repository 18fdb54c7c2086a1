/*
 * Tasks that wait for workers, and workers that wait for tasks: see activities.h. In each queue tasks go
 * oldest first, and polls in the order in which they came.
 */
#include "engine/internal.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"

#include <string.h>

#define TASK_BUCKETS_FIRST 64
#define TASKS_READ_MAX 64   /* of a queue on disk at once */
#define OFFERS_AT_ONCE 1000 /* before the loop sees to other things */

/* ---- queues ------------------------------------------------------------------------------------------- */

static struct sw_activity_queue **find_queue(struct sw_activities *activities, const char *name)
{
	size_t place = sw_hash64(name, strlen(name), 0) % SW_ACTIVITY_BUCKETS;
	struct sw_activity_queue **link = &activities->queues[place];
	while (*link && strcmp((*link)->name, name) != 0)
		link = &(*link)->next;
	return link;
}

/* The queue of a name, made when there is none. NULL: out of memory. */
static struct sw_activity_queue *open_queue(struct sw_activities *activities, const char *name)
{
	struct sw_activity_queue **link = find_queue(activities, name);
	if (*link)
		/* cppcheck-suppress identicalInnerCondition ; of the loop in find_queue, which ended */
		return *link;
	struct sw_activity_queue *queue = sw_zalloc(sizeof(*queue));
	char *own = sw_strdup(name);
	if (!queue || !own) {
		sw_free(queue);
		sw_free(own);
		return NULL;
	}
	queue->name = own;
	queue->seen.entered_ms = -1; /* nothing */
	queue->more = true;
	*link = queue;
	return queue;
}

static void queue_free(struct sw_activity_queue *queue)
{
	sw_heap_done(&queue->tasks);
	sw_free(queue->name);
	sw_free(queue);
}

/* Where both sides wait, sw_activities_run brings them together. */
static void look_at(struct sw_engine *engine, struct sw_activity_queue *queue)
{
	if (queue->ready || !queue->first || (queue->tasks.count == 0 && !queue->more))
		return;
	queue->ready = true;
	queue->ready_next = engine->activities.ready;
	engine->activities.ready = queue;
	sw_engine_wake(engine);
}

/*
 * Relaxed mode: what waits on disk is told of before it is there, and a reading now would miss it. The queue is read
 * again when that has been committed.
 */
static void look_again_later(struct sw_engine *engine, struct sw_activity_queue *queue)
{
	if (engine->relaxed_ms == 0)
		return;
	if (!queue->ahead_box) {
		queue->ahead_next = engine->activities.ahead;
		engine->activities.ahead = queue;
	}
	queue->ahead_box = engine->open_number;
}

/* ---- tasks -------------------------------------------------------------------------------------------- */

/* Times before 1970 would not sort. */
static int64_t place_ms(int64_t time_ms)
{
	return time_ms < 0 ? 0 : time_ms;
}

static int compare(const struct sw_queue_at *a, const struct sw_queue_at *b)
{
	if (a->entered_ms != b->entered_ms)
		return a->entered_ms < b->entered_ms ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->branch < b->branch ? -1 : a->branch > b->branch;
}

static struct sw_waiting_task **task_bucket(const struct sw_activities *activities, uint64_t id,
					    uint32_t branch)
{
	uint64_t hash = (id * 0x9E3779B97F4A7C15u + branch) * 0x9E3779B97F4A7C15u;
	return &activities->tasks[(size_t)(hash >> 32) & (activities->tasks_buckets - 1)];
}

static struct sw_waiting_task **find_task(const struct sw_activities *activities, uint64_t id,
					  uint32_t branch)
{
	if (activities->tasks_count == 0)
		return NULL;
	struct sw_waiting_task **link = task_bucket(activities, id, branch);
	while (*link && ((*link)->id != id || (*link)->branch != branch))
		link = &(*link)->bucket_next;
	return *link ? link : NULL;
}

/* Out of memory is benign once there are some: chains get longer. */
static enum sw_result grow_tasks(struct sw_activities *activities)
{
	struct sw_activities larger = {.tasks_buckets = activities->tasks_buckets
								? activities->tasks_buckets * 2
								: TASK_BUCKETS_FIRST};
	larger.tasks = sw_zalloc_array(larger.tasks_buckets, sizeof(struct sw_waiting_task *));
	if (!larger.tasks)
		return activities->tasks_buckets ? SW_OK : SW_ENOMEM;
	for (size_t i = 0; i < activities->tasks_buckets; i++) {
		while (activities->tasks[i]) {
			struct sw_waiting_task *task = activities->tasks[i];
			activities->tasks[i] = task->bucket_next;
			struct sw_waiting_task **bucket = task_bucket(&larger, task->id, task->branch);
			task->bucket_next = *bucket;
			*bucket = task;
		}
	}
	sw_free(activities->tasks);
	activities->tasks = larger.tasks;
	activities->tasks_buckets = larger.tasks_buckets;
	return SW_OK;
}

/* Puts a task into its queue and the table. SW_ENOMEM: it is in neither. */
static enum sw_result insert_task(struct sw_activities *activities, struct sw_waiting_task *task)
{
	enum sw_result r = SW_OK;
	if (activities->tasks_count >= activities->tasks_buckets)
		r = grow_tasks(activities);
	if (r == SW_OK)
		r = sw_heap_insert(&task->queue->tasks, &task->node);
	if (r < 0)
		return r;
	struct sw_waiting_task **bucket = task_bucket(activities, task->id, task->branch);
	task->bucket_next = *bucket;
	*bucket = task;
	activities->tasks_count++;
	activities->alone_count += !task->on_disk;
	return SW_OK;
}

static struct sw_waiting_task *take_task(struct sw_activities *activities, struct sw_waiting_task **link)
{
	struct sw_waiting_task *task = *link;
	*link = task->bucket_next;
	activities->tasks_count--;
	activities->alone_count -= !task->on_disk;
	sw_heap_remove(&task->queue->tasks, &task->node);
	return task;
}

/* Nobody polls: what is on disk, too, is read again when somebody does. */
static void leave_to_disk(struct sw_activities *activities, struct sw_activity_queue *queue)
{
	for (size_t i = 0; i < queue->tasks.count;) {
		struct sw_waiting_task *task = (struct sw_waiting_task *)(void *)queue->tasks.nodes[i];
		if (task->on_disk)
			sw_free(take_task(activities, find_task(activities, task->id, task->branch)));
		else
			i++;
	}
	queue->seen = (struct sw_queue_at){.entered_ms = -1};
	queue->more = true;
}

/* Frees a queue in which nothing waits; one in the list of ready ones is freed when that is walked. */
static void leave_queue(struct sw_activities *activities, struct sw_activity_queue *queue)
{
	if (queue->ready || queue->ahead_box || queue->polls_count > 0)
		return;
	leave_to_disk(activities, queue);
	if (queue->tasks.count > 0)
		return;
	struct sw_activity_queue **link = find_queue(activities, queue->name);
	SW_ASSERT(*link == queue);
	*link = queue->next;
	queue_free(queue);
}

void sw_activities_forget(struct sw_engine *engine, uint64_t id, uint32_t branch)
{
	struct sw_activities *activities = &engine->activities;
	struct sw_waiting_task **link = find_task(activities, id, branch);
	if (!link)
		return;
	struct sw_waiting_task *task = take_task(activities, link);
	leave_queue(activities, task->queue);
	sw_free(task);
}

static enum sw_result add_task(struct sw_engine *engine, struct sw_activity_queue *queue,
			       const struct sw_queue_at *at, uint32_t attempt, bool on_disk)
{
	struct sw_waiting_task *task = sw_zalloc(sizeof(*task));
	if (!task)
		return SW_ENOMEM;
	*task = (struct sw_waiting_task){
		.node = {.key = at->entered_ms, .minor = ++engine->activities.sequence},
		.queue = queue,
		.id = at->id,
		.branch = at->branch,
		.attempt = attempt,
		.on_disk = on_disk};
	enum sw_result r = insert_task(&engine->activities, task);
	if (r < 0)
		sw_free(task);
	return r;
}

/* In memory alone. */
static enum sw_result wait_alone(struct sw_engine *engine, const char *name, const struct sw_queue_at *at,
				 uint32_t attempt)
{
	struct sw_activity_queue *queue = open_queue(&engine->activities, name);
	if (!queue)
		return SW_ENOMEM;
	enum sw_result r = add_task(engine, queue, at, attempt, false);
	if (r < 0)
		leave_queue(&engine->activities, queue);
	else
		look_at(engine, queue);
	return r;
}

/* On disk: where the queue was read already it is told, else it will be read. */
static enum sw_result wait_on_disk(struct sw_engine *engine, const char *name, const struct sw_queue_at *at,
				   uint32_t attempt)
{
	struct sw_activity_queue *queue = *find_queue(&engine->activities, name);
	if (!queue)
		return SW_OK;
	enum sw_result r = SW_OK;
	if (compare(at, &queue->seen) > 0) {
		queue->more = true;
		look_again_later(engine, queue);
	} else {
		r = add_task(engine, queue, at, attempt, true);
	}
	look_at(engine, queue);
	return r;
}

/* Those who look after several partitions learn that a task waits in this one. */
static void tell_waits(const struct sw_activities *activities, const char *name)
{
	if (activities->task_waits)
		activities->task_waits(activities->task_waits_user, name);
}

enum sw_result sw_activities_wait(struct sw_engine *engine, const char *name, uint64_t id,
				  const struct sw_branch *branch, int64_t since_ms)
{
	struct sw_queue_at at = {since_ms, id, branch->number};
	bool alone = !branch->in_queue || engine->which != SW_RESUME_ALL;
	if (branch->started)
		return SW_OK;                             /* its token is waited for */
	sw_activities_forget(engine, id, branch->number); /* an earlier attempt of the branch */
	at.entered_ms = alone ? since_ms : place_ms(branch->entered_ms);
	enum sw_result r = alone ? wait_alone(engine, name, &at, branch->attempt)
				 : wait_on_disk(engine, name, &at, branch->attempt);
	if (r == SW_OK)
		tell_waits(&engine->activities, name);
	return r;
}

/* The activity behind name ("" at first) in whose queue on disk a task waits; SW_ENOENT: there is none. */
static enum sw_result next_name(struct sw_snapshot *snapshot, char *name, size_t bytes)
{
	struct sw_queue_at last = {INT64_MAX, UINT64_MAX, UINT32_MAX}, at;
	struct sw_slice key, value, found;
	struct sw_scan *scan = NULL;
	struct sw_key from;
	sw_key_queue(&from, name, strlen(name), &last);
	enum sw_result r = sw_scan_new(snapshot, SW_TABLE_QUEUES, sw_key_slice(&from), false, &scan);
	bool done = false;
	while (r == SW_OK && !done && (r = sw_scan_next(scan, &key, &value)) == SW_OK) {
		/* What is no key of this table is the doctor's. */
		done = sw_key_queue_read(key, &found, &at) && found.len < bytes &&
		       (found.len != strlen(name) || memcmp(found.data, name, found.len) != 0);
		if (done)
			snprintf(name, bytes, "%.*s", (int)found.len, (const char *)found.data);
	}
	sw_scan_free(scan);
	return r;
}

enum sw_result sw_activities_tell(struct sw_engine *engine, struct sw_error *err)
{
	char name[SW_ARN_TEXT_BYTES] = "";
	struct sw_snapshot *snapshot = NULL;
	if (!engine->activities.task_waits)
		return SW_OK;
	enum sw_result r = sw_store_begin(engine->store, &snapshot, err);
	while (r == SW_OK && (r = next_name(snapshot, name, sizeof(name))) == SW_OK)
		tell_waits(&engine->activities, name);
	sw_snapshot_end(snapshot);
	return r == SW_ENOENT ? SW_OK : r;
}

/* ---- the queue on disk -------------------------------------------------------------------------------- */

bool sw_activities_queues(const struct sw_engine *engine, const struct sw_execution *execution,
			  const struct sw_branch *branch)
{
	const struct sw_queue_place *place = &branch->stored_place;
	char name[SW_ARN_TEXT_BYTES];
	if (branch->wait != SW_BRANCH_TASK || !branch->dispatchable || branch->started ||
	    branch->state->type != SW_STATE_TASK || branch->state->as.task.kind != SW_RESOURCE_ACTIVITY)
		return false;
	/* It stays where it is, whatever resources were mapped since. */
	if (place->state == branch->state && place->entered_ms == branch->entered_ms &&
	    place->attempt == branch->attempt)
		return true;
	const char *resource = branch->state->as.task.resource;
	return !execution->express && !execution->test_case && !sw_routes_find(engine->routes, resource) &&
	       sw_activities_name(engine, resource, name, sizeof(name));
}

void sw_activities_key(struct sw_key *key, const struct sw_queue_place *place, uint64_t id, uint32_t branch)
{
	struct sw_queue_at at = {place_ms(place->entered_ms), id, branch};
	struct sw_arn arn = {.name = ""};
	sw_arn_parse(place->state->as.task.resource, &arn, NULL); /* it could be when the place was given */
	sw_key_queue(key, arn.name, strlen(arn.name), &at);
}

/* One record, read in order. SW_ENOENT: it is another activity's. */
static enum sw_result take_record(struct sw_engine *engine, struct sw_activity_queue *queue,
				  struct sw_slice key, struct sw_slice value)
{
	struct sw_slice name;
	struct sw_queue_at at;
	struct sw_cursor cursor = sw_cursor(value);
	uint32_t attempt = sw_cursor_be32(&cursor);
	if (key.len < strlen(queue->name) + 1 || memcmp(key.data, queue->name, strlen(queue->name) + 1) != 0)
		return SW_ENOENT;
	if (!sw_key_queue_read(key, &name, &at) || compare(&at, &queue->seen) <= 0)
		return SW_OK; /* no key of ours, or where the last reading ended */
	enum sw_result r = SW_OK;
	if (!cursor.failed && !find_task(&engine->activities, at.id, at.branch))
		r = add_task(engine, queue, &at, attempt, true);
	if (r == SW_OK)
		queue->seen = at;
	return r;
}

/* The tasks that come next: not more than there are workers. */
static enum sw_result read_tasks(struct sw_engine *engine, struct sw_activity_queue *queue)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_slice bytes, value;
	struct sw_error error = {0};
	struct sw_key key;
	size_t wanted = queue->polls_count < TASKS_READ_MAX ? queue->polls_count : TASKS_READ_MAX;
	struct sw_queue_at from = queue->seen;
	if (engine->which != SW_RESUME_ALL) {
		queue->more = false; /* what is there is not this process's own */
		return SW_OK;
	}
	if (from.entered_ms < 0)
		from.entered_ms = 0;
	sw_key_queue(&key, queue->name, strlen(queue->name), &from);
	enum sw_result r = sw_store_begin(engine->store, &snapshot, &error);
	if (r == SW_OK)
		r = sw_scan_new(snapshot, SW_TABLE_QUEUES, sw_key_slice(&key), false, &scan);
	while (r == SW_OK && queue->tasks.count < wanted) {
		r = sw_scan_next(scan, &bytes, &value);
		if (r == SW_OK)
			r = take_record(engine, queue, bytes, value);
	}
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	if (r == SW_ENOENT)
		queue->more = false;
	return r == SW_ENOENT ? SW_OK : r;
}

/* Nobody stands behind it any more; benign when memory is short: it is met again. */
static void delete_stale(struct sw_engine *engine, const struct sw_waiting_task *task)
{
	struct sw_queue_at at = {task->node.key, task->id, task->branch};
	struct sw_key key;
	sw_key_queue(&key, task->queue->name, strlen(task->queue->name), &at);
	if (task->on_disk)
		sw_batch_delete(engine->open->batch, SW_TABLE_QUEUES, sw_key_slice(&key));
}

/* ---- polls -------------------------------------------------------------------------------------------- */

static void poll_free(struct sw_poll *poll)
{
	sw_value_unref(poll->input);
	sw_free(poll->task);
	sw_free(poll->token);
	sw_free(poll->worker);
	sw_free(poll);
}

/* In front: it was offered a task that was over already. SW_ENOMEM. */
static enum sw_result enter_line(struct sw_poll *poll, bool in_front)
{
	struct sw_activity_queue *queue = poll->queue;
	poll->node.key = poll->end_mono_ms;
	enum sw_result r = sw_heap_insert(&poll->engine->activities.ends, &poll->node);
	if (r < 0)
		return r;
	poll->prev = in_front ? NULL : queue->last;
	poll->next = in_front ? queue->first : NULL;
	*(poll->prev ? &poll->prev->next : &queue->first) = poll;
	*(poll->next ? &poll->next->prev : &queue->last) = poll;
	return SW_OK;
}

static void leave_line(struct sw_poll *poll)
{
	struct sw_activity_queue *queue = poll->queue;
	*(poll->prev ? &poll->prev->next : &queue->first) = poll->next;
	*(poll->next ? &poll->next->prev : &queue->last) = poll->prev;
	poll->next = poll->prev = NULL;
	sw_heap_remove(&poll->engine->activities.ends, &poll->node);
}

/* The poll, which is in no line, is over; reply may use the engine. Takes poll. */
static void answer(struct sw_poll *poll, enum sw_result result, const struct sw_activity_task *task,
		   const struct sw_error *err)
{
	struct sw_engine *engine = poll->engine;
	poll->queue->polls_count--;
	leave_queue(&engine->activities, poll->queue);
	engine->calling++;
	poll->reply(poll->user, result, task, err);
	engine->calling--;
	poll_free(poll);
}

enum sw_result sw_engine_poll_activity(struct sw_engine *engine, const char *name, const char *worker,
				       uint32_t wait_ms, sw_activity_task_fn *reply, void *user,
				       struct sw_poll **ret_poll, struct sw_error *err)
{
	bool uncommitted = false;
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	if (!name || !reply)
		return sw_error_set(err, SW_EINVAL, "a poll needs a name and a reply");
	r = sw_activities_find(engine, name, NULL, &uncommitted, err);
	/* While its deletion is not on disk nobody has heard of it. */
	if (r < 0 && !(r == SW_ENOENT && uncommitted))
		return sw_error_set(err, r, "%s", sw_result_text(r));
	struct sw_activity_queue *queue = open_queue(&engine->activities, name);
	if (queue && queue->polls_count >= SW_ACTIVITY_POLLS_MAX)
		return sw_error_set(err, SW_EBUSY, "%d workers wait at this activity already",
				    SW_ACTIVITY_POLLS_MAX);
	struct sw_poll *poll = queue ? sw_zalloc(sizeof(*poll)) : NULL;
	r = poll ? SW_OK : SW_ENOMEM;
	if (r == SW_OK) {
		*poll = (struct sw_poll){.engine = engine, .queue = queue, .reply = reply, .user = user};
		poll->end_mono_ms = engine->loop->ops->mono_ms(engine->loop->data) + (int64_t)wait_ms;
		poll->node.minor = ++engine->activities.sequence;
		poll->worker = worker ? sw_strdup(worker) : NULL;
		r = worker && !poll->worker ? SW_ENOMEM : enter_line(poll, false);
	}
	if (r < 0) {
		if (poll)
			poll_free(poll);
		if (queue)
			leave_queue(&engine->activities, queue);
		return sw_error_set(err, r, "%s", sw_result_text(r));
	}
	queue->polls_count++;
	engine->meters.activity_polls++;
	look_again_later(engine, queue);
	look_at(engine, queue);
	sw_engine_wake(engine); /* its end may be the next thing that happens */
	if (ret_poll)
		*ret_poll = poll;
	return SW_OK;
}

void sw_activities_committed(struct sw_engine *engine)
{
	struct sw_activities *activities = &engine->activities;
	struct sw_activity_queue **link = &activities->ahead;
	while (*link) {
		struct sw_activity_queue *queue = *link;
		bool done = queue->ahead_box <= engine->committed_number;
		/* From its beginning: what comes after a failure keeps its place. */
		queue->seen = (struct sw_queue_at){.entered_ms = -1};
		queue->more = true;
		look_at(engine, queue);
		if (!done) {
			link = &queue->ahead_next;
			continue;
		}
		*link = queue->ahead_next;
		queue->ahead_box = 0;
		leave_queue(activities, queue);
	}
}

/* ---- offers ------------------------------------------------------------------------------------------- */

static void give_task(struct sw_poll *poll)
{
	struct sw_slice input = {"{}", 2};
	struct sw_error error = {0};
	if (poll->input && sw_value_text(poll->input, &input) < 0) {
		/* It waits for a token that nobody has, until it times out. */
		sw_error_set(&error, SW_ENOMEM, "out of memory");
		answer(poll, SW_ENOMEM, NULL, &error);
		return;
	}
	struct sw_activity_task task = {poll->token, input.data, input.len};
	answer(poll, SW_OK, &task, NULL);
}

static void end_offer(struct sw_poll *poll)
{
	sw_free(poll->task);
	sw_free(poll->token);
	sw_value_unref(poll->input);
	poll->task = NULL;
	poll->token = NULL;
	poll->input = NULL;
}

/* What came of the TASK_STARTED event: told after its commit. */
static void started(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct sw_poll *poll = user;
	bool over = result == SW_ENOENT || result == SW_ETIMEDOUT || result == SW_EINVAL;
	(void)reply;
	if (result == SW_OK) {
		give_task(poll);
		return;
	}
	end_offer(poll);
	if (!over || enter_line(poll, true) < 0) {
		answer(poll, over ? SW_ENOMEM : result, NULL, err);
		return;
	}
	look_at(poll->engine, poll->queue);
}

/* It went where its activity is mapped to now. */
static bool is_delivered(const struct sw_entry *entry, const struct sw_waiting_task *task)
{
	const struct sw_attempt *attempt = entry->attempts;
	while (attempt && (attempt->branch != task->branch || attempt->number != task->attempt))
		attempt = attempt->next;
	return attempt != NULL;
}

static bool still_waits(const struct sw_entry *entry, const struct sw_branch *branch,
			const struct sw_waiting_task *task)
{
	return branch && branch->wait == SW_BRANCH_TASK && branch->attempt == task->attempt &&
	       !branch->started && entry->execution->status == SW_STATUS_RUNNING &&
	       !is_delivered(entry, task);
}

/* What the poll will be told, kept until it may be. SW_ENOMEM. */
static enum sw_result prepare(struct sw_poll *poll, const struct sw_entry *entry,
			      const struct sw_branch *branch, struct sw_pending **ret_pending)
{
	char token[SW_TOKEN_TEXT_BYTES];
	sw_token_print(entry->id, branch->number, branch->attempt, branch->token, token);
	struct sw_pending *pending = sw_zalloc(sizeof(*pending));
	char *worker = pending && poll->worker ? sw_strdup(poll->worker) : NULL;
	poll->token = sw_strdup(token);
	if (!pending || !poll->token || (poll->worker && !worker)) {
		sw_free(pending);
		sw_free(worker);
		sw_free(poll->token);
		poll->token = NULL;
		return SW_ENOMEM;
	}
	*pending = (struct sw_pending){.kind = SW_EVENT_TASK_STARTED,
				       .branch = branch->number,
				       .attempt = branch->attempt,
				       .worker = worker,
				       .reply = started,
				       .user = poll};
	poll->input = branch->work ? sw_value_ref(branch->work) : NULL;
	*ret_pending = pending;
	return SW_OK;
}

/* The oldest task to the first poll, or away with it when nobody waits for it. SW_ENOMEM, SW_EIO: not now. */
static enum sw_result offer(struct sw_engine *engine, struct sw_activity_queue *queue)
{
	struct sw_activities *activities = &engine->activities;
	struct sw_waiting_task *task = (struct sw_waiting_task *)(void *)sw_heap_first(&queue->tasks);
	struct sw_waiting_task **link = find_task(activities, task->id, task->branch);
	struct sw_entry *entry = NULL;
	struct sw_pending *pending = NULL;
	struct sw_error error = {0};
	_Static_assert(offsetof(struct sw_waiting_task, node) == 0, "the node comes first");
	enum sw_result r = sw_executions_load(engine, task->id, &entry, &error);
	if (!sw_loading_is_final(r))
		return r;
	if (r == SW_OK && entry->broken)
		return SW_EBUSY; /* it is loaded again soon */
	const struct sw_branch *branch = NULL;
	if (r == SW_OK)
		/* cppcheck-suppress nullPointerRedundantCheck ; SW_OK brings an entry */
		branch = sw_execution_branch(entry->execution, task->branch);
	if (r < 0 || !still_waits(entry, branch, task)) {
		if (r < 0)
			delete_stale(engine, task);
		sw_free(take_task(activities, link));
		if (entry)
			sw_executions_evict(engine, entry);
		return SW_OK;
	}
	r = prepare(queue->first, entry, branch, &pending);
	if (r < 0) {
		sw_executions_evict(engine, entry);
		return r;
	}
	struct sw_poll *poll = queue->first;
	leave_line(poll);
	poll->task = take_task(activities, link);
	sw_executions_post(engine, entry, pending);
	return SW_OK;
}

/* Takes the offer back where the event had no turn yet. False: it is too late, or memory is short. */
static bool withdraw(struct sw_poll *poll)
{
	struct sw_engine *engine = poll->engine;
	struct sw_entry *entry = sw_executions_get(&engine->executions, poll->task->id);
	struct sw_pending **link = entry ? &entry->pending_first : NULL;
	while (link && *link && ((*link)->reply != started || (*link)->user != poll))
		link = &(*link)->next;
	if (!link || !*link || insert_task(&engine->activities, poll->task) < 0)
		return false;
	struct sw_pending *pending = *link;
	*link = pending->next;
	if (entry->pending_end == &pending->next)
		entry->pending_end = link;
	sw_pending_free(pending);
	poll->task = NULL;
	return true;
}

bool sw_engine_cancel_poll(struct sw_engine *engine, struct sw_poll *poll)
{
	struct sw_activity_queue *queue = poll->queue;
	if (sw_engine_check(engine, NULL) == SW_EFORKED)
		return false;
	if (!poll->task)
		leave_line(poll);
	else if (!withdraw(poll))
		return false;
	queue->polls_count--;
	poll_free(poll);
	look_at(engine, queue);
	leave_queue(&engine->activities, queue);
	return true;
}

/* More of them on disk than polls are here, waiting or offered one? When it cannot be read: perhaps. */
static bool more_on_disk(const struct sw_engine *engine, const char *activity, size_t polls)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	struct sw_queue_at from = {0, 0, 0};
	struct sw_key start;
	size_t count = 0, len = strlen(activity) + 1;
	struct sw_error error = {0};
	sw_key_queue(&start, activity, len - 1, &from);
	enum sw_result r = sw_store_begin(engine->store, &snapshot, &error);
	if (r == SW_OK)
		r = sw_scan_new(snapshot, SW_TABLE_QUEUES, sw_key_slice(&start), false, &scan);
	while (r == SW_OK && count <= polls && (r = sw_scan_next(scan, &key, &value)) == SW_OK) {
		if (key.len < len || memcmp(key.data, activity, len) != 0)
			break;
		count++;
	}
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	return count > polls || (r < 0 && r != SW_ENOENT);
}

bool sw_engine_activity_waits(const struct sw_engine *engine, const char *activity)
{
	size_t place = sw_hash64(activity, strlen(activity), 0) % SW_ACTIVITY_BUCKETS;
	const struct sw_activity_queue *queue = engine->activities.queues[place];
	while (queue && strcmp(queue->name, activity) != 0)
		queue = queue->next;
	size_t waiting = queue ? queue->tasks.count : 0;
	for (const struct sw_poll *poll = queue ? queue->first : NULL; poll && waiting > 0; poll = poll->next)
		waiting--;
	return waiting > 0 || more_on_disk(engine, activity, queue ? queue->polls_count : 0);
}

/* ---- in the loop -------------------------------------------------------------------------------------- */

static struct sw_poll *first_end(const struct sw_activities *activities)
{
	_Static_assert(offsetof(struct sw_poll, node) == 0, "the node comes first");
	return (struct sw_poll *)(void *)sw_heap_first(&activities->ends);
}

/* "If no task is available within 60 seconds": they are told so. */
static void end_polls(struct sw_engine *engine)
{
	int64_t now_ms = engine->loop->ops->mono_ms(engine->loop->data);
	uint64_t newest = engine->activities.sequence; /* those that callbacks begin have their time later */
	struct sw_poll *poll;
	while ((poll = first_end(&engine->activities)) && poll->end_mono_ms <= now_ms &&
	       poll->node.minor <= newest) {
		leave_line(poll);
		answer(poll, SW_OK, NULL, NULL);
	}
}

/*
 * Tasks are handed out oldest first: not before all that waited at the open are known, and not while the disk
 * is full, when their start could not be written.
 */
static bool may_offer(const struct sw_engine *engine)
{
	return engine->activities.ready && !engine->recovery.running && !engine->full &&
	       !engine->unrecorded && engine->executions.queue_count < SW_QUEUE_EXECUTIONS_MAX &&
	       sw_engine_may_fetch(engine);
}

/* The first of those that are ready; the others have their turn before it is tried again. */
static void go_behind(struct sw_activities *activities, struct sw_activity_queue *queue)
{
	struct sw_activity_queue **end = &activities->ready;
	*end = queue->ready_next;
	while (*end)
		end = &(*end)->ready_next;
	*end = queue;
	queue->ready_next = NULL;
}

bool sw_activities_run(struct sw_engine *engine)
{
	struct sw_activities *activities = &engine->activities;
	for (unsigned offers = 0; offers < OFFERS_AT_ONCE && may_offer(engine); offers++) {
		struct sw_activity_queue *queue = activities->ready;
		bool wants = queue->first && (queue->tasks.count > 0 || queue->more);
		if (wants) {
			if ((queue->tasks.count > 0 ? offer(engine, queue) : read_tasks(engine, queue)) ==
			    SW_OK)
				continue;
			sw_engine_fetch_later(engine);
			go_behind(activities, queue);
			break;
		}
		activities->ready = queue->ready_next;
		queue->ready = false;
		leave_queue(activities, queue);
	}
	end_polls(engine);
	/* A full disk is looked at again without being asked. */
	return activities->ready && !engine->full;
}

int64_t sw_activities_next_mono_ms(const struct sw_engine *engine)
{
	const struct sw_poll *poll = first_end(&engine->activities);
	return poll ? poll->end_mono_ms : SW_NEVER;
}

void sw_activities_give_up(struct sw_engine *engine, enum sw_result result)
{
	struct sw_error error = {0};
	struct sw_poll *poll;
	sw_error_set(&error, result, "%s", sw_result_text(result));
	while ((poll = first_end(&engine->activities))) {
		leave_line(poll);
		answer(poll, result, NULL, &error);
	}
}

void sw_activities_done(struct sw_activities *activities)
{
	for (size_t i = 0; i < activities->tasks_buckets; i++) {
		while (activities->tasks[i]) {
			struct sw_waiting_task *task = activities->tasks[i];
			activities->tasks[i] = task->bucket_next;
			sw_free(task);
		}
	}
	for (size_t i = 0; i < SW_ACTIVITY_BUCKETS; i++) {
		while (activities->queues[i]) {
			struct sw_activity_queue *queue = activities->queues[i];
			activities->queues[i] = queue->next;
			queue_free(queue);
		}
	}
	sw_heap_done(&activities->ends);
	sw_free(activities->tasks);
	*activities = (struct sw_activities){0};
}
