/*
 * Activities, inside: who waits for tasks, which tasks wait for workers. Private to engine/.
 *
 * A task waits in the queue of its activity on disk (SW_TABLE_QUEUES) from the commit that schedules it until it
 * is offered to a poll; the offer is a TASK_STARTED event at its execution, and when that is on disk the poll is
 * answered. Only while workers wait is anything of that in memory: the tasks that come next, up to a place that moves
 * on. What is committed in front of that place comes by its dispatch.
 *
 * Some tasks wait in memory alone, marked as in flight: those of test cases, of EXPRESS executions, those that were
 * to go to a route that is gone; and all of them where only own executions go on. They leave when the record says so.
 */
#ifndef SW_ENGINE_ACTIVITIES_H
#define SW_ENGINE_ACTIVITIES_H

#include "base/heap.h"
#include "engine/activity.h"
#include "engine/keys.h"
#include "engine/step/execution.h"

#define SW_ACTIVITY_BUCKETS 1024

struct sw_batch;
struct sw_engine;
struct sw_entry;

struct sw_waiting_task {
	struct sw_heap_node node; /* oldest first */
	struct sw_waiting_task *bucket_next;
	struct sw_activity_queue *queue;
	uint64_t id;
	uint32_t branch, attempt;
	bool on_disk; /* in the queue on disk, under its node's key */
};

struct sw_poll {
	struct sw_heap_node node; /* by its end; in no heap while it is offered a task */
	struct sw_poll *next, *prev;
	struct sw_engine *engine;
	struct sw_activity_queue *queue;
	char *worker;
	int64_t end_mono_ms;
	sw_activity_task_fn *reply;
	void *user;
	/* while it is offered one */
	struct sw_waiting_task *task; /* own */
	struct sw_value *input;       /* own; NULL: {} */
	char *token;                  /* own */
};

/* Of one name; here while something waits in it. */
struct sw_activity_queue {
	struct sw_activity_queue *next, *ready_next;
	bool ready; /* in the list of those in which both sides may wait */
	char *name;
	struct sw_heap tasks;
	struct sw_poll *first, *last;
	size_t polls_count;      /* offered ones, too */
	struct sw_queue_at seen; /* what is on disk up to here was read */
	bool more;               /* there may be something behind */
	/* relaxed mode: tasks were told of ahead of their commit; more is behind with those of the boxes up to this one */
	uint64_t ahead_box; /* 0: none were */
	struct sw_activity_queue *ahead_next;
};

struct sw_activities {
	struct sw_activity_queue *queues[SW_ACTIVITY_BUCKETS];
	struct sw_activity_queue *ready;
	struct sw_activity_queue *ahead; /* those that wait for commits */
	struct sw_waiting_task **tasks;  /* by id and branch */
	size_t tasks_buckets, tasks_count;
	size_t alone_count;  /* tasks that are in memory alone */
	struct sw_heap ends; /* of polls that wait */
	uint64_t sequence;
	void (*task_waits)(void *user, const char *activity); /* partition.h; NULL: nobody wants to know */
	void *task_waits_user;
};

/* The name in an activity's ARN of this region and account. */
bool sw_activities_name(const struct sw_engine *engine, const char *resource, char *name, size_t bytes);
/* Does it exist? SW_ENOENT. *ret_uncommitted: what it says is not on disk yet. ret_creation_ms may be NULL.
 */
enum sw_result sw_activities_find(struct sw_engine *engine, const char *name, int64_t *ret_creation_ms,
				  bool *ret_uncommitted, struct sw_error *err);

/* Does the branch wait for a worker, in the queue on disk? Asked when it is recorded. */
bool sw_activities_queues(const struct sw_engine *engine, const struct sw_execution *execution,
			  const struct sw_branch *branch);
/* The key of a place in a queue. */
void sw_activities_key(struct sw_key *key, const struct sw_queue_place *place, uint64_t id, uint32_t branch);

/* A task waits for a worker since then. SW_ENOMEM. */
enum sw_result sw_activities_wait(struct sw_engine *engine, const char *name, uint64_t id,
				  const struct sw_branch *branch, int64_t since_ms);
/* At resume: tells task_waits of all that wait on disk. */
enum sw_result sw_activities_tell(struct sw_engine *engine, struct sw_error *err);
/* A box is on disk. */
void sw_activities_committed(struct sw_engine *engine);
/* It is not waited for, or has started. */
void sw_activities_forget(struct sw_engine *engine, uint64_t id, uint32_t branch);
/* Answers polls whose time is over, offers tasks to the others. True: come again soon. */
bool sw_activities_run(struct sw_engine *engine);
/* When sw_activities_run should be called again (loop's time). */
int64_t sw_activities_next_mono_ms(const struct sw_engine *engine);
/* All polls that wait are told result. */
void sw_activities_give_up(struct sw_engine *engine, enum sw_result result);
void sw_activities_done(struct sw_activities *activities);

#endif
