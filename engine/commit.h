/*
 * Commit, then act. A box is one batch with what is to be done once it is on disk; the committer is the
 * thread that writes one batch at a time while the loop fills the next box. Private to engine/; commit.c
 * knows nothing of what the actions mean (scheduler.c carries them out).
 */
#ifndef SW_ENGINE_COMMIT_H
#define SW_ENGINE_COMMIT_H

#include "base/buf.h"
#include "engine/engine.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

struct sw_attempt;
struct sw_entry;

/* ---- boxes: a batch, and what is done after its commit ------------------------------------------------ */

enum sw_action_kind { SW_ACTION_REPLY, SW_ACTION_DISPATCH, SW_ACTION_CANCEL, SW_ACTION_OUTCOME };

/* What a caller is told, copied: replies outlive the call that made them. */
struct sw_answer {
	sw_reply_fn *reply; /* NULL: nobody asked */
	void *user;
	enum sw_result result;
	char *arn, *revision_id, *version_arn, *text; /* own; NULL: none. text: why it failed */
	int64_t time_ms;
	bool existed;
};
void sw_answer_done(struct sw_answer *answer);
/* Calls reply once, and frees the texts. */
void sw_answer_give(struct sw_answer *answer);

struct sw_action {
	enum sw_action_kind kind;
	struct sw_answer answer;    /* REPLY */
	struct sw_attempt *attempt; /* DISPATCH, CANCEL: the action holds a reference */
	struct sw_entry *entry;     /* OUTCOME: the action holds a pin */
};

/* An execution that the batch writes: it stays in memory until the commit, then observers are told. */
struct sw_pin {
	struct sw_entry *entry;
	enum sw_status status;
	uint32_t last_event_id;
};

struct sw_box {
	struct sw_batch *batch;
	struct sw_action *actions;
	size_t actions_count, actions_capacity;
	size_t acted; /* so many actions are done already */
	struct sw_pin *pins;
	size_t pins_count, pins_capacity;
	size_t unpinned;     /* so many pins are gone already: the box has landed */
	struct sw_box *next; /* of those that have landed */
	struct sw_buf log;   /* lines of the execution log */
	uint32_t log_lines;
	bool forgets; /* something was deleted: the engine's time goes along, so that ids are never used again
		       */
};
enum sw_result sw_box_init(struct sw_box *box);
void sw_box_done(struct sw_box *box);  /* actions and pins must have been dealt with */
void sw_box_reset(struct sw_box *box); /* the same, and keeps the memory */
bool sw_box_is_empty(const struct sw_box *box);
/* Room for so many more, so that adding cannot fail. */
enum sw_result sw_box_reserve(struct sw_box *box, size_t actions, size_t pins);
void sw_box_act(struct sw_box *box,
		const struct sw_action *action); /* takes what it holds; room was reserved */

/* ---- the committer ------------------------------------------------------------------------------------ */

struct sw_committer {
	struct sw_store *store;
	int event_fd; /* readable when a commit has ended */
	bool started;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* below: under the lock */
	const struct sw_batch *job; /* NULL: idle */
	bool quit;
	atomic_bool ended;
	enum sw_result result;
	struct sw_error error;
	uint64_t took_us; /* of the commit that has ended */
};
/* Without a thread commits are done by sw_committer_run alone. */
enum sw_result sw_committer_init(struct sw_committer *committer, struct sw_store *store, bool threaded,
				 struct sw_error *err);
void sw_committer_done(struct sw_committer *committer);
/* Hands over; batch must not change until it is taken back. */
void sw_committer_give(struct sw_committer *committer, const struct sw_batch *batch);
/* Has the commit that was given ended? Costs next to nothing. */
bool sw_committer_has_ended(const struct sw_committer *committer);
/* True when the commit that was given has ended: its outcome. */
bool sw_committer_take(struct sw_committer *committer, enum sw_result *ret_result, uint64_t *ret_took_us,
		       struct sw_error *ret_error);
/* Blocks until it has ended. Only sw_engine_free may wait. */
void sw_committer_wait(struct sw_committer *committer);

#endif
