/*
 * One execution in memory: a tree of branches, and the events and commands of a step. Plain data, owned by
 * the scheduler, changed by sw_step alone; encoded by engine/records.c. Knows no store, loop or clock.
 */
#ifndef SW_ENGINE_STEP_EXECUTION_H
#define SW_ENGINE_STEP_EXECUTION_H

#include "asl/graph.h"
#include "engine/engine.h" /* enum sw_status */
#include "engine/step/history.h"
#include "engine/step/variables.h"

#define SW_NO_BRANCH UINT32_MAX
#define SW_TOKEN_RANDOM_BYTES 16
#define SW_EXPRESS_MS_MAX 300000 /* "Express Workflows: maximum execution time 5 minutes" */

enum sw_branch_wait {
	SW_BRANCH_READY,    /* has a transition to make */
	SW_BRANCH_TIMER,    /* a Wait state, until due_ms */
	SW_BRANCH_TASK,     /* an attempt is out */
	SW_BRANCH_RETRY,    /* a retrier's interval, until due_ms */
	SW_BRANCH_CHILDREN, /* Parallel, Map: children run */
	SW_BRANCH_DONE,     /* a child that has ended well; output is kept until the parent joins */
	SW_BRANCH_HELD, /* the execution has ended without success while it stood here: a redrive goes on */
};

/* Where a task that waits for a worker stands in its activity's queue on disk. */
struct sw_queue_place {
	const struct sw_state *state; /* whose resource is the activity; NULL: nowhere */
	int64_t entered_ms;
	uint32_t attempt;
};

struct sw_branch {
	uint32_t number; /* unique in the execution, rising, never used again; the root is 0 */
	uint32_t parent; /* SW_NO_BRANCH for the root */
	uint32_t index;  /* which branch of the Parallel, which iteration of the Map */
	const struct sw_state *state;
	enum sw_branch_wait wait;
	uint8_t phase;          /* of a READY branch: what its next transition is (step.c's own) */
	uint32_t entered_id;    /* the ...StateEntered event of the state */
	uint32_t approached_id; /* what that event followed; known until the state's first work is done */
	int64_t entered_ms;     /* State.EnteredTime */
	uint32_t previous_id;   /* what this branch's next event follows */
	int64_t due_ms;         /* the earliest moment the branch needs a TIMER event; SW_NEVER: none */

	struct sw_value *input; /* raw input of the state; of a DONE branch its output */
	struct sw_value *work;  /* Task: the input of the attempt; Parallel, Map: the effective input */
	struct sw_variables variables; /* assigned in this branch */

	uint32_t retry_count;      /* State.RetryCount */
	uint32_t *retrier_counts;  /* of each retrier of the state; NULL while all are 0 */
	struct sw_failure failure; /* of the attempt that is to be retried or thrown */

	/* a Task's attempt (wait TASK) */
	uint32_t attempt;    /* rising over the branch's life; with number it names the attempt */
	uint32_t mock_index; /* of the attempt, with a test case: which invocation of the state it is, from 0
			      */
	uint8_t token[SW_TOKEN_RANDOM_BYTES];
	bool dispatchable; /* in flight: is to be delivered (again after a crash); false once submitted for a
			      callback */
	bool in_queue;     /* dispatchable, and the scheduler has it in its activity's queue on disk */
	bool submitted, started; /* TaskSubmitted was written; a worker took the activity task */
	int64_t timeout_due_ms, heartbeat_due_ms; /* SW_NEVER: none */
	int64_t heartbeat_ms;                     /* 0: none */

	/* Parallel, Map (wait CHILDREN) */
	uint32_t length, next_index; /* how many children there are to be, and how many have been started */
	uint32_t running, finished;  /* children that run, that are DONE */
	uint32_t concurrency_max;    /* at once */
	uint32_t tolerated_max;      /* failed iterations that are tolerated (distributed) */
	uint32_t failed;
	struct sw_value *items; /* Map: the array (an object's pairs as [{"Key","Value"}]) */

	/* Map iteration (children of a Map) */
	struct sw_value *item; /* $$.Map.Item.Value */
	char *item_key;        /* $$.Map.Item.Key; NULL: none */

	/* bookkeeping of the scheduler; the step only marks the branch as changed */
	struct sw_execution *home; /* once it is one of its branches */
	bool dirty, on_disk;
	struct sw_branch *dirty_next, *dirty_previous; /* among the changed branches of home */
	void *delivery;        /* the attempt that is being delivered; the step never looks at it */
	int64_t stored_due_ms; /* what the timers table holds for the branch; SW_NEVER: nothing */
	bool stored_in_flight; /* the in-flight record exists */
	struct sw_queue_place stored_place; /* the record in the queue */
	uint32_t ready_next; /* number of the next ready branch in the queue; SW_NO_BRANCH: last */
	bool queued;
};

/* "idempotent responses for the last 10 client tokens used to successfully redrive the execution", "valid for up
 * to 15 minutes after they are first used" */
#define SW_REDRIVE_TOKENS_MAX 10
#define SW_REDRIVE_TOKEN_MS INT64_C(900000)
struct sw_redrive_token {
	char *token;     /* own */
	int64_t time_ms; /* of the redrive that it was used for */
};
struct sw_redrive_tokens {
	struct sw_redrive_token *list; /* own; in the order of their use */
	uint32_t count;
};
void sw_redrive_tokens_done(struct sw_redrive_tokens *tokens);
/* The one that is token and is valid still, or NULL. token may be NULL. */
const struct sw_redrive_token *sw_redrive_tokens_find(const struct sw_redrive_tokens *tokens,
						      const char *token, int64_t now_ms);

struct sw_execution {
	uint64_t id;
	struct sw_machine *machine; /* a reference */
	bool express, synchronous;  /* of an EXPRESS machine; by StartSyncExecution */
	enum sw_status status;
	char *name, *arn, *machine_name, *machine_arn, *role_arn; /* own strings */
	char *trace_header, *test_case;                           /* NULL: none */
	char *region;                                             /* of TaskScheduled events */
	uint32_t machine_number, machine_revision;                /* the scheduler's */
	uint32_t machine_version; /* it was started by a version, or by an alias that led there; 0: none */
	char *machine_alias;      /* own; NULL: none */
	uint32_t next_value;      /* the record codec's: number of the next stored value */
	struct sw_value *input, *output;
	struct sw_failure failure; /* of an execution that ended without success */
	int64_t start_ms, stop_ms;
	int64_t timeout_due_ms; /* of the whole execution; SW_NEVER: none */
	int64_t redrive_ms;     /* of the last redrive; 0: none */
	uint32_t next_event_id, next_branch, redrive_count;
	struct sw_redrive_tokens redrive_tokens;
	uint32_t history_events_max, payload_bytes_max;
	uint32_t
		*mock_counts; /* with a test case: how often each state (by index) was scheduled; else NULL */

	struct sw_branch **branches; /* in order of number */
	uint32_t branches_count, branches_capacity;
	struct sw_branch *dirty_first,
		*dirty_last;              /* those that are to be written, in the order of their change */
	uint32_t ready_first, ready_last; /* queue of READY branches; SW_NO_BRANCH: empty */

	/* branches removed since the scheduler last looked (their records go); it empties the list */
	struct sw_removed {
		uint32_t number;
		int64_t stored_due_ms;
		bool stored_in_flight, on_disk;
		struct sw_queue_place stored_place;
		void *delivery;
	} * removed;
	uint32_t removed_count, removed_capacity;

	void *owner; /* the scheduler's entry; the step never looks at it */
};

/* A new execution, without branches, RUNNING. Takes nothing: texts are copied, machine is referenced. */
enum sw_result sw_execution_new(struct sw_machine *machine, uint64_t id, struct sw_execution **ret_execution);
void sw_execution_free(struct sw_execution *execution); /* NULL allowed */
/* It has ended without success, and its branches were kept: HELD where they stood, or DONE. */
bool sw_execution_is_redrivable(const struct sw_execution *execution);
/* The branch of a number, or NULL. Borrowed; O(log n). */
struct sw_branch *sw_execution_branch(const struct sw_execution *execution, uint32_t number);
/* The place among the branches of the first one whose number is not less. */
uint32_t sw_execution_place(const struct sw_execution *execution, uint32_t number);
/* The place of the first one that may be below branch number (children are younger); SW_NO_BRANCH: of all. */
uint32_t sw_execution_place_below(const struct sw_execution *execution, uint32_t number);
/* Adds a branch whose number is greater than all there are (takes it; frees it when it fails). */
enum sw_result sw_execution_add(struct sw_execution *execution, struct sw_branch *branch);
/* Removes and frees it; notes it in removed. */
enum sw_result sw_execution_remove(struct sw_execution *execution, struct sw_branch *branch);
/* Nothing has happened since its state was entered. */
static inline bool sw_branch_has_just_entered(const struct sw_branch *branch)
{
	return branch->wait == SW_BRANCH_READY && branch->previous_id == branch->entered_id;
}
/* Marks it as changed: it is to be written; or as written. */
void sw_branch_touch(struct sw_branch *branch);
void sw_branch_clean(struct sw_branch *branch);
/* Is it in a Parallel or Map whose branches there may be? */
bool sw_branch_may_have_children(const struct sw_branch *branch);
/*
 * What of a branch that was read is impossible though each of its fields is possible, for messages; NULL: nothing. The
 * step relies on it.
 */
const char *sw_branch_impossible(const struct sw_branch *branch);
struct sw_branch *sw_branch_new(void); /* zeroed, times SW_NEVER, no parent; NULL when out of memory */
void sw_branch_free(struct sw_branch *branch);
/* Puts a READY branch at the end of the queue (no effect when it is in it); used after loading too. */
void sw_execution_enqueue(struct sw_execution *execution, struct sw_branch *branch);
/* How long the branch's flow goes up: the nearest Map iteration around it, itself included, or NULL. */
const struct sw_branch *sw_branch_iteration(const struct sw_execution *execution,
					    const struct sw_branch *branch);

/* ---- what happened ------------------------------------------------------------------------------------ */

enum sw_event_kind {
	SW_EVENT_START,    /* the first; the execution has no branch yet */
	SW_EVENT_CONTINUE, /* the turn was full: go on with the ready branches */
	SW_EVENT_TIMER,    /* branch: something of it is due at now_ms (Wait, retry, timeout, heartbeat) */
	SW_EVENT_EXECUTION_TIMEOUT, /* TimeoutSeconds of the machine */
	SW_EVENT_TASK_STARTED,      /* a worker took the activity task */
	SW_EVENT_TASK_SUBMITTED,    /* .sync and .waitForTaskToken: the request was made; output answers it */
	SW_EVENT_TASK_SUCCEEDED,
	SW_EVENT_TASK_FAILED,
	SW_EVENT_TASK_TIMED_OUT, /* as TASK_FAILED, but told as a time-out (mocks: States.Timeout) */
	SW_EVENT_TASK_HEARTBEAT,
	SW_EVENT_STOP,
	SW_EVENT_REDRIVE, /* it has ended without success: goes on where it ended */
};

struct sw_event {
	enum sw_event_kind kind;
	int64_t now_ms;            /* the only clock the core ever sees */
	uint64_t seed;             /* its only randomness: retry jitter, tokens, UUIDs */
	bool hold;                 /* what is ready stays so: no state is entered or left */
	uint32_t branch, attempt;  /* TIMER (branch alone), TASK_* */
	struct sw_value *output;   /* TASK_SUBMITTED, TASK_SUCCEEDED: borrowed */
	const char *error, *cause; /* TASK_FAILED, TASK_TIMED_OUT, STOP: NULL allowed; borrowed */
	bool not_scheduled;        /* TASK_FAILED: its activity does not exist */
	const char *worker;        /* TASK_STARTED: NULL allowed; borrowed */
	const char *client_token;  /* REDRIVE: NULL: none; borrowed */
};

/* ---- what is asked of the outside --------------------------------------------------------------------- */

enum sw_command_kind {
	SW_COMMAND_DISPATCH, /* deliver the attempt of branch */
	SW_COMMAND_CANCEL,   /* nobody waits for the attempt any more */
	SW_COMMAND_FINISH,   /* the execution has ended: status, output, failure, stop_ms are set */
};
struct sw_command {
	enum sw_command_kind kind;
	uint32_t branch, attempt;
};

/* What one step gives back. Start from {0}; reuse after sw_effects_reset. */
struct sw_effects {
	struct sw_history_event *events;
	uint32_t events_count, events_capacity;
	size_t events_bytes; /* about how large they are */
	struct sw_command *commands;
	uint32_t commands_count, commands_capacity;
	uint32_t transitions; /* states entered */
	bool more;            /* the turn was full: send SW_EVENT_CONTINUE later */
};
void sw_effects_reset(struct sw_effects *effects); /* frees the events, keeps the arrays */
void sw_effects_done(struct sw_effects *effects);

#endif
