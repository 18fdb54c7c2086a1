/*
 * The engine's own struct and what its files share. One engine is one loop, one store, one commit thread;
 * everything here is touched by the loop's thread alone, but for what commit.h says of the committer. Private
 * to engine/.
 *
 * How a change travels: an event waits at its entry (executions.c), has its turn (scheduler.c: sw_step, then
 * the records join the open box), the box is committed (commit.c), and only then its actions run: replies,
 * deliveries (dispatch.c), observers (observe.c).
 */
#ifndef SW_ENGINE_INTERNAL_H
#define SW_ENGINE_INTERNAL_H

#include "base/heap.h"
#include "base/rng.h"
#include "engine/activities.h"
#include "engine/arn.h"
#include "engine/commit.h"
#include "engine/engine.h"
#include "engine/meters.h"
#include "engine/partition.h"
#include "engine/records.h"
#include "engine/step/step.h"
#include "engine/tasks/tasks.h"

#include <stdatomic.h>
#include <sys/types.h>

#define SW_ENGINE_MAGIC 0x57E55E11u
#define SW_QUEUE_EXECUTIONS_MAX \
	1000             /* recovery and timers wake no more than this before the queue has drained */
#define SW_TURNS_MAX 256 /* executions that have a turn before the loop sees to other things */
/* A portion: so many executions have a turn, or so many states are entered, before the loop looks whether the commit
 * thread is idle. */
#define SW_PORTION_TURNS 32
#define SW_PORTION_TRANSITIONS 1024
#define SW_BOXES 4 /* open, in flight, and two that have landed and are being told of */
#define SW_TURNS_MS_MAX 5
#define SW_RETRY_PAUSE_MS 20                        /* when memory was short */
#define SW_TIME_WRITTEN_MS 1000                     /* how far the written time is behind at most */
#define SW_FULL_PAUSE_MS 1000                       /* when the disk was full */
#define SW_HELPER_PAUSE_MS 100                      /* while an earlier owner's commands still end */
#define SW_TIMERS_WINDOW_MS 60000                   /* how far ahead timers are held in memory */
#define SW_TIMERS_LOAD_MAX 20000                    /* timers loaded at once */
#define SW_TIMERS_HELD_MAX (2 * SW_TIMERS_LOAD_MAX) /* beside those of executions in memory */
#define SW_MACHINES_CACHED_MAX 256

/* ---- clock.c: the one engine clock -------------------------------------------------------------------- */

struct sw_clock {
	const struct sw_loop *loop;
	int64_t offset_ms; /* engine time - loop's mono_ms */
	int64_t last_ms;
};
void sw_clock_init(struct sw_clock *clock, const struct sw_loop *loop, int64_t not_before_ms);
int64_t sw_clock_now_ms(struct sw_clock *clock);
/* The loop's time at which the engine clock will show time_ms, if the wall clock does not jump before. */
int64_t sw_clock_mono_ms(const struct sw_clock *clock, int64_t time_ms);

/* ---- lock.c: who owns the directory ------------------------------------------------------------------- */

/* Makes the directory (0700) when it is missing and locks its LOCK file; SW_EOWNED names the owner. */
enum sw_result sw_lock_take(const char *directory, int *ret_fd, struct sw_error *err);
void sw_lock_release(int fd); /* -1 allowed */

/* ---- machines.c --------------------------------------------------------------------------------------- */

struct sw_compiled {
	struct sw_compiled *next;
	uint32_t revision;
	struct sw_machine *machine;
};
/* loggingConfiguration's level. */
enum sw_logging { SW_LOGGING_UNKNOWN, SW_LOGGING_OFF, SW_LOGGING_FATAL, SW_LOGGING_ERROR, SW_LOGGING_ALL };
/* What is known of a name: its latest record, the revisions that were compiled. */
struct sw_known_machine {
	struct sw_known_machine *next;
	struct sw_machine_record record;
	struct sw_compiled *compiled;
	uint64_t written_in;     /* number of the box that changed it; 0: none of this process */
	uint64_t used;           /* for forgetting the least used */
	uint64_t seen;           /* of the catalogue's changes when it was read */
	enum sw_logging logging; /* what of its executions is logged; UNKNOWN: not looked at yet */
	bool logs_data;          /* with input and output */
};
/* A machine that is DELETING: its listing is walked once, from one running execution to the next. */
struct sw_deletion {
	struct sw_deletion *next;
	char *name;
	uint32_t number;
	uint64_t seen_id;    /* executions up to here have ended */
	uint64_t blocked_by; /* the execution that is waited for; 0: walk on */
	uint64_t written_in; /* the walk begins when this box is on disk */
	/* Of another partition: who is told at the end of the walk; name is NULL, and nothing is written. */
	sw_drained_fn *drained;
	void *drained_user;
};
struct sw_machines {
	struct sw_known_machine **buckets;
	size_t buckets_count, count;
	uint64_t uses;
	uint32_t last_number;
	struct sw_deletion *deletions;
	atomic_uint_fast64_t
		changes;     /* grows with the commits of changed machines; other partitions look at it */
	uint64_t changed_in; /* the last box that changes one; 0: it is on disk */
};
/* The latest record of name (DELETED ones too); SW_ENOENT. Borrowed until the loop turns. */
enum sw_result sw_machines_find(struct sw_engine *engine, const char *name,
				struct sw_known_machine **ret_known, struct sw_error *err);
/* The compiled revision; a new reference. SW_ENOENT, SW_ECORRUPT. */
enum sw_result sw_machines_revision(struct sw_engine *engine, const char *name, uint32_t revision,
				    struct sw_machine **ret_machine, struct sw_error *err);
/* Answers a call about a machine that is DELETING or DELETED. */
enum sw_result sw_machines_answer_gone(struct sw_engine *engine, const struct sw_known_machine *known,
				       sw_reply_fn *reply, void *user, struct sw_error *err);
/* Adds a machine's record to a batch. */
enum sw_result sw_machines_put(struct sw_batch *batch, const struct sw_machine_record *record);
/*
 * What is known of the name goes along with the catalogue, where that is another engine's. Called where a call or turn
 * begins, while nothing is borrowed.
 */
void sw_machines_refresh(struct sw_engine *engine, const char *name);
/* A box is on disk. */
void sw_machines_committed(struct sw_engine *engine);
void sw_machines_done(struct sw_machines *machines);

/* ---- deletion.c --------------------------------------------------------------------------------------- */

enum sw_result sw_machines_recover(struct sw_engine *engine, struct sw_snapshot *snapshot,
				   struct sw_error *err);
/* Walks a little of the listings of DELETING machines, where nothing is waited for. */
void sw_machines_delete_some(struct sw_engine *engine);
bool sw_machines_may_delete(const struct sw_engine *engine);
void sw_machines_execution_ended(struct sw_engine *engine, const struct sw_execution *execution);

/* ---- executions.c: those in memory -------------------------------------------------------------------- */

/* Something that waits for its turn at an execution. */
struct sw_pending {
	struct sw_pending *next;
	enum sw_event_kind kind;
	uint32_t branch, attempt;
	struct sw_value *output;
	char *error, *cause, *worker;
	char *client_token; /* of a redrive; NULL: none */
	bool by_token;      /* random must be the branch's */
	bool by_task;       /* the provider's own completion: its attempt needs no cancelling */
	bool mocked;        /* a mock's: what AWS tells of a task before its outcome is told, too */
	bool existed;       /* no event: a start by a name that is taken waits for the first one */
	bool unmapped;      /* nobody took the task: nothing was submitted */
	bool not_scheduled; /* its activity does not exist */
	uint8_t random[SW_TOKEN_RANDOM_BYTES];
	sw_reply_fn *reply; /* NULL: nobody asked */
	void *user;
};
void sw_pending_free(struct sw_pending *pending);

/* One attempt that this process delivers. Counted: the entry's list and the actions of boxes hold it. */
struct sw_attempt {
	struct sw_attempt *next, *previous;         /* of the entry */
	struct sw_attempt *doubted_next;            /* in entry->doubted */
	struct sw_attempt *held_next;               /* in engine->held */
	struct sw_attempt *all_next, *all_previous; /* of those with a task */
	unsigned references;
	struct sw_entry *entry; /* valid until it is over */
	uint32_t branch, number;
	struct sw_task *task; /* once it was delivered */
	int64_t delivered_mono_ms;
	bool doubted;
	bool redelivery, held, over;
	bool alone; /* nobody but the engine holds the task: it was released, if no completion is in the inbox
		     */
};
void sw_attempt_unref(struct sw_attempt *attempt);
/* An action on it will not be carried out. Takes a reference. */
void sw_attempt_abandon(struct sw_engine *engine, struct sw_attempt *attempt);

struct sw_entry {
	uint64_t id;
	struct sw_execution *execution;
	struct sw_entry *bucket_next, *queue_next, *name_next;
	struct sw_pending *pending_first, **pending_end;
	struct sw_attempt *attempts, *attempts_last;
	size_t attempts_count;
	struct sw_attempt *fresh;   /* from here on their deliveries are not in a box yet */
	struct sw_attempt *doubted; /* those whose branch has changed or is gone */
	unsigned pins;              /* boxes not yet committed that hold it */
	size_t open_pin;            /* place + 1 among the pins of the open box; 0: none */
	int64_t stored_timeout_ms;  /* of the execution-wide timer on disk */
	int64_t stored_ended_ms;    /* of its key in the table of those that have ended; SW_NEVER: none */
	int64_t retry_at_ms;        /* a failed turn is tried again then (loop's time) */
	unsigned retries;
	bool queued, more; /* more: its last turn was full */
	bool own;          /* started, or started again by name, in this process */
	bool stored;       /* its first turn is in a box, or on disk */
	bool broken;       /* memory is not to be trusted: load it again when its boxes are on disk */
	bool deleted;
	char *damage; /* a record of it is damaged, and how: it fails in its next turn */
	bool express; /* see express.c: its turns write nothing, but for its start when it is asynchronous */
	bool asynchronous, on_disk; /* express: its start belongs on disk; it is there */
	uint64_t after_box;         /* express: what it tells waits for the commit of this box */
	sw_outcome_fn *outcome;     /* express, synchronous: who waits; NULL once told */
	void *outcome_user;
	bool named; /* in the table of names of starts that had no turn yet */
	uint8_t name_key[16];
};

struct sw_executions {
	struct sw_entry **buckets;
	size_t buckets_count, count;
	struct sw_entry **names; /* starts that had no turn yet, by key of name */
	size_t names_buckets, names_count;
	struct sw_entry *queue_first, **queue_end;
	size_t queue_count;
};

struct sw_entry *sw_executions_get(const struct sw_executions *executions,
				   uint64_t id); /* NULL: not in memory */
/* Takes execution (also on failure). */
enum sw_result sw_executions_add(struct sw_engine *engine, struct sw_execution *execution,
				 struct sw_entry **ret_entry);
void sw_executions_remove(struct sw_engine *engine, struct sw_entry *entry);
void sw_executions_done(struct sw_engine *engine);
/* Drops the entry from memory when nothing speaks for keeping it. */
void sw_executions_evict(struct sw_engine *engine, struct sw_entry *entry);
/* Starts that had no turn yet. */
struct sw_entry *sw_executions_named(const struct sw_executions *executions, const uint8_t key[16]);
enum sw_result sw_executions_name(struct sw_executions *executions, struct sw_entry *entry,
				  const uint8_t key[16]);
void sw_executions_unname(struct sw_executions *executions, struct sw_entry *entry);
/* The queue: executions that have something to do, each once. */
void sw_executions_enqueue(struct sw_engine *engine, struct sw_entry *entry);
struct sw_entry *sw_executions_dequeue(struct sw_executions *executions);
/* Takes pending; puts the entry into the queue. */
void sw_executions_post(struct sw_engine *engine, struct sw_entry *entry, struct sw_pending *pending);
/* The same for an event without payload. SW_ENOMEM. */
enum sw_result sw_executions_tell(struct sw_engine *engine, struct sw_entry *entry, enum sw_event_kind kind,
				  uint32_t branch);

/* ---- loading.c: from the store into memory ------------------------------------------------------------ */

/*
 * In memory, or loaded from the store. SW_ENOENT; SW_ETIMEDOUT: it has ended (and is not in memory). Where a
 * record is damaged the entry has no branches and fails in its turn; SW_ECORRUPT when not even the head can
 * be read.
 */
enum sw_result sw_executions_load(struct sw_engine *engine, uint64_t id, struct sw_entry **ret_entry,
				  struct sw_error *err);
/* Does it say something of the execution? Else it could not be read, and may be the next time. */
bool sw_loading_is_final(enum sw_result result);
/* The same for one that has ended, too. */
enum sw_result sw_executions_load_ended(struct sw_engine *engine, uint64_t id, struct sw_entry **ret_entry,
					struct sw_error *err);
/*
 * What is loaded between the two is read under one snapshot, which is begun when it is needed. No commit may be taken
 * note of meanwhile: what leaves memory after it would be older in the snapshot than it was.
 */
void sw_loading_begin(struct sw_engine *engine);
void sw_loading_end(struct sw_engine *engine);
/* Loads a broken entry's execution again. */
enum sw_result sw_executions_reload(struct sw_engine *engine, struct sw_entry *entry, struct sw_error *err);
/* The head as it is in the boxes or on disk, without values. */
enum sw_result sw_executions_head(struct sw_engine *engine, uint64_t id, struct sw_head *ret_head,
				  bool *ret_uncommitted, struct sw_error *err);

/* ---- timers.c: the near end of the timers' table ------------------------------------------------------ */

struct sw_timer_at {
	int64_t due_ms;
	uint64_t id;
	uint32_t branch;
};
struct sw_timers {
	struct sw_heap heap;
	struct sw_timer **buckets; /* by id and branch */
	size_t buckets_count, count;
	struct sw_timer_at horizon; /* every timer up to here is in memory */
	int64_t beyond_ms;          /* the first that is due later, as far as known; SW_NEVER: none */
	int64_t not_before_ms;      /* after a failure: nothing is tried again before */
	size_t shed_at;             /* so many are too many */
};
enum sw_result sw_timers_init(struct sw_timers *timers);
void sw_timers_done(struct sw_timers *timers);
/* One timer a branch (SW_NO_BRANCH: the execution's). SW_NEVER removes. Cannot fail: what does not fit is
 * read later. */
void sw_timers_set(struct sw_engine *engine, const struct sw_entry *entry, uint32_t branch, int64_t due_ms);
void sw_timers_forget(struct sw_engine *engine, uint64_t id, uint32_t branch);
/* Loads the next window if it is time, and tells executions whose timers are due. True: there is more to
 * fire. */
bool sw_timers_run(struct sw_engine *engine, int64_t now_ms);
/* When sw_timers_run should be called again (engine time). */
int64_t sw_timers_next_ms(const struct sw_engine *engine);

/* ---- recover.c ---------------------------------------------------------------------------------------- */

struct sw_recovery {
	uint64_t last_id; /* executions up to here may be older than this process */
	uint64_t at_id;   /* before this one all have been looked at */
	uint32_t at_branch;
	bool marks_left, queues_left; /* what there may be still; queues of activities that are mapped now */
	struct sw_key at_queued;      /* before it all have been looked at */
	bool running;
};
/* Reads settings and ends of tables, writes what a new store needs. */
enum sw_result sw_recover_open(struct sw_engine *engine, struct sw_error *err);
/* Delivers again a part of what was in flight. True: come again soon. */
bool sw_recover_some(struct sw_engine *engine);
/* Redelivers and continues what is in flight or ready in the entry and not known to this process. */
enum sw_result sw_recover_entry(struct sw_engine *engine, struct sw_entry *entry);

/* ---- retention.c: executions that ended long ago ------------------------------------------------------ */

struct sw_retention {
	int64_t keep_ms; /* how long they are kept; SW_NEVER: for ever */
	uint64_t
		filled_id; /* up to here those are in the table that ended before there was one; UINT64_MAX: all */
	uint64_t removing_id;  /* its head is gone, and parts of it are still there; 0: none */
	struct sw_key at;      /* the walk goes on behind this key; empty: it begins */
	bool passed_over;      /* it has left one behind that is due */
	int64_t next_ms;       /* of the engine's clock: nothing is due before */
	int64_t pause_mono_ms; /* after a failure: nothing is tried again before */
	uint64_t written_in;   /* the last step is in this box, and the next one waits for its commit */
};
/* Settles what is kept in the settings; adds what is new to batch. */
enum sw_result sw_retention_open(struct sw_engine *engine, struct sw_snapshot *snapshot,
				 struct sw_batch *batch);
/* The entry's key in the table, after its head. */
enum sw_result sw_retention_record(struct sw_engine *engine, struct sw_entry *entry);
/* Deletes the head of an execution, and what leads to it. */
enum sw_result sw_retention_forget(struct sw_engine *engine, struct sw_snapshot *snapshot,
				   struct sw_batch *batch, const struct sw_head *head);
/* Deletes its branches, history and values, all at once. */
enum sw_result sw_retention_forget_parts(struct sw_batch *batch, uint64_t id);
/* One step, if it is time: a bounded part of what is to be removed joins the open box. */
void sw_retention_some(struct sw_engine *engine);
/* The loop's time of the next step; SW_NEVER: none, or a commit comes first, which wakes the loop. */
int64_t sw_retention_next_mono_ms(const struct sw_engine *engine);

/* ---- dispatch.c --------------------------------------------------------------------------------------- */

/* A new attempt in the entry's list for a branch that waits for a task; NULL: out of memory. */
struct sw_attempt *sw_attempt_new(struct sw_engine *engine, struct sw_entry *entry, struct sw_branch *branch);
/* The one that is the branch's current attempt, or NULL. */
struct sw_attempt *sw_attempt_of(const struct sw_branch *branch);
/* Its branch has changed or is gone: the next sifting looks at it. attempt may be NULL. */
void sw_attempt_doubt(struct sw_entry *entry, struct sw_attempt *attempt);
/* The entry has other branches than before. */
void sw_attempts_rejoin(struct sw_entry *entry);
/* Delivers the attempt to its mock, provider, or nobody; or holds it for a while. Takes a reference. */
void sw_dispatch(struct sw_engine *engine, struct sw_attempt *attempt);
/* The same from the loop, not from inside the call that asked; takes a reference of its own. */
void sw_dispatch_later(struct sw_engine *engine, struct sw_attempt *attempt);
void sw_dispatch_cancel(struct sw_engine *engine, struct sw_attempt *attempt); /* takes a reference */
/* Doubted attempts whose branch does not wait for them any more leave the list. cancel: called with each that was not
 * completed by its own provider (borrowed). */
void sw_attempts_sift(struct sw_engine *engine, struct sw_entry *entry, const struct sw_pending *pending,
		      void (*cancel)(struct sw_engine *engine, struct sw_attempt *attempt));
void sw_attempts_drop(struct sw_engine *engine, struct sw_entry *entry); /* all, without telling anybody */
/* Reads the inbox; sees which tasks were released. */
void sw_dispatch_inbox(struct sw_engine *engine);
/* Tries what is held again. */
void sw_dispatch_held(struct sw_engine *engine);

/* ---- observe.c ---------------------------------------------------------------------------------------- */

struct sw_observers {
	struct sw_observer *all, **buckets; /* of all executions; of one, by its ARN */
	size_t buckets_count, of_one;       /* so many of one */
	struct sw_observer *gone;           /* to be freed when no chain is walked */
	uint64_t last_number;
};
void sw_observers_tell(struct sw_engine *engine, const struct sw_pin *pin);
void sw_observers_done(struct sw_observers *observers);

/* ---- execution_log.c ---------------------------------------------------------------------------------- */

/* Puts the lines of the turn's events into the box, as far as the machine asks for them. */
void sw_execution_log_turn(struct sw_engine *engine, const struct sw_entry *entry, struct sw_box *box);
/* The box has been committed: its lines go to whoever logs. */
void sw_execution_log_tell(struct sw_engine *engine, struct sw_box *box);

/* ---- start.c ------------------------------------------------------------------------------------------ */

/*
 * Answers a call: at once when result says an error that depends on nothing unwritten (returns it), else by
 * reply with the open box. Takes answer's texts.
 */
enum sw_result sw_engine_answer(struct sw_engine *engine, struct sw_answer *answer, bool depends,
				struct sw_error *err);
/* The id of an execution by its ARN. SW_EARN, SW_ENOENT. *ret_depends: the answer hangs on what is not yet on
 * disk. */
enum sw_result sw_engine_find(struct sw_engine *engine, const char *arn, uint64_t *ret_id, bool *ret_depends,
			      struct sw_error *err);

/* ---- turn.c: one event, one execution ----------------------------------------------------------------- */

/* Gives the execution a turn with what waits at it. False: memory is short, it is in the queue again. */
bool sw_turn_run(struct sw_engine *engine, struct sw_entry *entry);
/* Goes on with a turn whose records are not wholly in the open box. False: memory is still short. */
bool sw_turn_record(struct sw_engine *engine);
/* Does this process advance the execution? */
bool sw_entry_advances(const struct sw_engine *engine, const struct sw_entry *entry);

/* ---- express.c: executions that live in memory -------------------------------------------------------- */

/* The box that holds what the entry's turns tell: one that is never written, or the open one. */
struct sw_box *sw_express_box(struct sw_engine *engine, const struct sw_entry *entry);
/* What is kept of a turn: timers in memory, the start of an asynchronous one. SW_ENOMEM: again. */
enum sw_result sw_express_record(struct sw_engine *engine, struct sw_entry *entry);
/* Tells who waits how it ended (SW_OK), or that it will not (result). Once. */
void sw_express_tell(struct sw_engine *engine, struct sw_entry *entry, enum sw_result result,
		     const char *text);
/* A turn of it failed: it has no older state to go back to, and ends. */
void sw_express_abandon(struct sw_engine *engine, struct sw_entry *entry, enum sw_result result);
/* After a crash: an asynchronous one that was read from disk runs from its start. */
void sw_express_revive(struct sw_engine *engine, struct sw_entry *entry);
/* Its ARN; SW_ELIMIT. */
enum sw_result sw_express_arn(const struct sw_engine *engine, const char *machine, const char *name,
			      uint64_t id, char *text, size_t bytes);

/* ---- scheduler.c -------------------------------------------------------------------------------------- */

/* Asks for control at the end of this turn of the loop. */
void sw_engine_wake(struct sw_engine *engine);
/*
 * May more be brought into memory? Not while that is short, be it for turns or for what was to be brought in. Turns are
 * not held up by the latter: they are what makes room.
 */
bool sw_engine_may_fetch(const struct sw_engine *engine);
void sw_engine_fetch_later(struct sw_engine *engine);
/* Reads a key as the open box, the box in flight, and the snapshot have it. */
enum sw_result sw_engine_lookup(struct sw_engine *engine, struct sw_snapshot *snapshot, enum sw_table table,
				struct sw_slice key, struct sw_slice *ret_value, bool *ret_uncommitted);
/* An empty batch for the changes of one call; NULL: out of memory. */
struct sw_batch *sw_engine_changes(struct sw_engine *engine);
/* Adds them to the open box, all or none, and the answer (takes its texts, also on failure). SW_ENOMEM. */
enum sw_result sw_engine_write(struct sw_engine *engine, struct sw_answer *answer, struct sw_error *err);
/* Turns, hand-over, actions: what is to be done now. */
void sw_engine_work(struct sw_engine *engine);
/* Whoever waits for something that will not happen any more is told result. text may be NULL. */
void sw_engine_give_up(struct sw_engine *engine, enum sw_result result, const char *text);
/* Before the end: what has come in has its turn, and everything is committed. */
void sw_engine_drain(struct sw_engine *engine);
/* Every entry point begins with it: SW_EINVAL, SW_EFORKED, SW_EIO (poisoned), SW_ECLOSED. */
enum sw_result sw_engine_check(const struct sw_engine *engine, struct sw_error *err);
uint64_t sw_engine_seed(struct sw_engine *engine);

/* ---- relaxed.c: told before it is on disk -------------------------------------------------------------- */

struct sw_waiter;
/* Those who wait for a commit that has come. */
void sw_relaxed_tell(struct sw_engine *engine);
bool sw_relaxed_is_told(const struct sw_engine *engine); /* there are none of them */
/* All are told result. What was acknowledged and is not on disk is logged. */
void sw_relaxed_give_up(struct sw_engine *engine, enum sw_result result);
/* Nobody waits for the open box, and its time has not come. */
bool sw_relaxed_may_wait(const struct sw_engine *engine);

/* ---- partition.c -------------------------------------------------------------------------------------- */

/* A store that writes and reads own (taken), and reads the catalogue's tables in catalogue (borrowed). */
enum sw_result sw_partition_join(struct sw_store *catalogue, struct sw_store *own,
				 struct sw_store **ret_store);
/* All partitions as one, for reading; owned: takes them. On failure nothing is taken. */
enum sw_result sw_partition_unite(struct sw_store *const *stores, size_t count, bool owned,
				  struct sw_store **ret_store);
/* How many partitions a data directory has, as its own store tells. SW_EINVAL: it is a partition of another. */
enum sw_result sw_partitions_stored(struct sw_store *store, uint32_t *ret_count, struct sw_error *err);
/* At open: is it the partition that it is taken for? Writes that into a new one. */
enum sw_result sw_partition_settle(struct sw_engine *engine, struct sw_snapshot *snapshot,
				   struct sw_batch *batch, struct sw_error *err);
enum sw_result sw_partition_check(const struct sw_engine *engine, struct sw_error *err);
/* Does the batch change what only the catalogue's engine may change? */
bool sw_partition_is_foreign(const struct sw_batch *batch);

/* ---- the engine --------------------------------------------------------------------------------------- */

enum sw_engine_state { SW_ENGINE_OPEN, SW_ENGINE_RUNNING, SW_ENGINE_CLOSING };

struct sw_engine {
	uint32_t magic;
	enum sw_engine_state state;
	enum sw_resume which;
	pid_t pid;
	char *directory, *region, *account; /* directory NULL: memory */
	const struct sw_loop *loop;
	struct sw_limits limits;
	struct sw_log log;
	uint32_t relaxed_ms;
	bool synchronous;
	struct sw_digester *digester; /* of names */
	char store_name[17];          /* makes idempotency keys unique among stores */
	int lock_fd;

	struct sw_store *store;
	bool owns_store;
	struct sw_store *own_store; /* what is written: store itself, or with a catalogue the one behind it */
	struct sw_engine
		*catalogue; /* another engine, in another thread: its own_store and machines.changes alone */
	unsigned partition;
	struct sw_partition_hooks hooks;
	struct sw_reader *reader;
	struct sw_committer committer;
	struct sw_box boxes[SW_BOXES];
	struct sw_box *open, *flight; /* flight NULL: the committer is idle */
	struct sw_box *landed;        /* on disk, and not told of wholly: the oldest first */
	struct sw_box passing;        /* holds actions that wait for no commit; its batch stays empty */
	uint64_t open_number, committed_number;
	uint64_t hastened_number;  /* boxes up to here do not wait for it */
	struct sw_waiter *waiters; /* for a commit, in their order */
	uint64_t told_number;      /* the last box that was told of wholly */
	bool full;                 /* the box in flight did not fit on the disk */
	int64_t retry_mono_ms;     /* the box in flight is given again then; SW_NEVER: it is being written */
	int64_t probe_mono_ms;     /* full: a commit is tried without what is kept back */
	int64_t handed_mono_ms;    /* the last hand-over (relaxed mode) */
	bool poisoned;
	struct sw_error poison;
	int64_t pause_mono_ms; /* memory was short: turns go on then */
	int64_t fetch_mono_ms; /* memory was short for what is on disk alone: it is fetched then, turns go on */

	struct sw_clock clock;
	int64_t time_written_ms, offset_written_ms;
	uint64_t last_id;
	bool seeded;
	struct sw_rng rng; /* when seeded; else: */
	uint64_t entropy[64];
	unsigned entropy_left;

	struct sw_machines machines;
	struct sw_executions executions;
	struct sw_timers timers;
	struct sw_recovery recovery;
	struct sw_retention retention;
	struct sw_snapshot *loading; /* NULL: not begun */
	bool loads_many;
	struct sw_observers observers;
	struct sw_activities activities;

	/* the turn that was taken but is not wholly in the open box yet, because memory was short */
	struct sw_entry *unrecorded;
	struct sw_pending *unrecorded_pending;
	bool unrecorded_changed;
	struct sw_effects effects;
	struct sw_buf record;
	/* what a call writes: all of it reaches the open box, or the box waits (memory was short) */
	struct sw_batch *changes;
	bool changes_left;
	size_t changes_at;

	struct sw_inbox *inbox;
	struct sw_completion *left_in_inbox; /* taken out, and still to be received: memory was short */
	struct sw_routes *routes;
	struct sw_commands_provider *commands;
	struct sw_mocks *mocks;
	struct sw_attempt *attempts; /* with tasks */
	uint64_t attempts_count;
	struct sw_attempt *held, **held_end;
	int64_t sweep_mono_ms; /* when to look for released tasks */
	bool marked_alone;     /* the next look at the inbox tells which of them were completed after all */

	struct sw_watch inbox_watch, commit_watch;
	struct sw_alarm alarm;
	bool working;
	unsigned calling; /* callbacks of the host that are running */
	struct sw_engine_stats stats;
	struct sw_meters meters;
	struct sw_execution_log execution_log;
};

/* For tests and simulation: over a store of the caller's (borrowed, must outlive the engine), without LOCK.
 */
enum sw_result sw_engine_new_on(const struct sw_engine_options *options, struct sw_store *store,
				struct sw_engine **ret_engine, struct sw_error *err);

#endif
