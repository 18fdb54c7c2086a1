/*
 * What a story is played on: the pure core with its records (core.c), or the whole engine on a store in memory and in
 * virtual time (durable.c). Both tell what happens in the same words, so that one can be held against the other.
 */
#ifndef SW_TESTS_STORIES_STAGE_H
#define SW_TESTS_STORIES_STAGE_H

#include "base/buf.h"
#include "engine/engine.h"

#define STORY_START_MS INT64_C(1700000000000)
#define STORY_ATTEMPTS_MAX 64
#define STORY_TOKEN_BYTES 200

/* What comes from outside. */
enum verb {
	VERB_START,
	VERB_ADVANCE,
	VERB_SUCCEED,
	VERB_FAIL,
	VERB_STARTED,
	VERB_SUBMITTED,
	VERB_HEARTBEAT,
	VERB_STOP,
	VERB_REDRIVE,
	VERB_CRASH,   /* the process dies without notice, and another opens the store */
	VERB_RESTART, /* it ends as it should, and another opens the store */
};
struct action {
	enum verb verb;
	uint32_t branch, attempt;
	int64_t time_ms;                                /* ADVANCE, CRASH, RESTART: the moment it then is */
	const char *json, *error, *cause, *worker_name; /* START, SUCCEED, SUBMITTED; FAIL, STOP; STARTED */
};

struct stage;
struct stage_ops {
	const char *name;
	/* The machine is called "machine", the execution "run". */
	enum sw_result (*open)(struct stage *stage, const char *definition, struct sw_error *err);
	void (*close)(struct stage *stage);
	enum sw_result (*act)(struct stage *stage, const struct action *action);
	/* The events after that id, as GetExecutionHistory has them. */
	void (*events)(struct stage *stage, uint32_t after_id, sw_each_event_fn *each, void *user);
	int64_t (*now_ms)(const struct stage *stage);
	/* May be NULL: a problem, when what is stored is not sound. */
	void (*check)(struct stage *stage);
	void (*end)(struct stage *stage, struct sw_buf *out); /* "= SUCCEEDED {}" */
};

/* An attempt that was given out. */
struct given {
	uint32_t branch, attempt;
	char token[STORY_TOKEN_BYTES];
	bool held; /* somebody was called with it and has not ended it, nor submitted its request */
};

/* The process dies at a commit, while the story goes on: durable.c alone. */
struct death {
	unsigned at;  /* the commit, counted from the start of the execution; 0: it does not */
	bool applied; /* the commit is on disk all the same, and nobody was told */
	bool happened;
	bool stuck; /* what was lost with the process is of no use any more: a worker never got the token */
};

struct stage {
	const struct stage_ops *ops;
	struct death death;
	void *own; /* the implementation's */
	/* what was asked of the outside since the last look, a line each: "<cancel 0 1>", "<dispatch 0 1>", "<queue 0 1>" */
	struct sw_buf cancels, deliveries, queued;
	bool finished, finish_told;
	struct given given[STORY_ATTEMPTS_MAX];
	unsigned given_count;
	char problem[400]; /* something went wrong that no story can tell; "" */
};

extern const struct stage_ops stage_core, stage_durable;

/* Somebody is called with an attempt; again: after a crash. */
void stage_deliver(struct stage *stage, uint32_t branch, uint32_t attempt, const char *token, bool again);
/* It waits for a worker. */
void stage_queue(struct stage *stage, uint32_t branch, uint32_t attempt, const char *token);
/* Who has it is told that nobody waits for it any more. */
void stage_cancel(struct stage *stage, uint32_t branch, uint32_t attempt);
/* NULL: it was not given out. */
struct given *stage_given(struct stage *stage, uint32_t branch, uint32_t attempt);
/* The process that held them is gone. */
void stage_forget_held(struct stage *stage);
/* Appends text with each token as its attempt: "<token 0 1>". */
void stage_append_masked(const struct stage *stage, const char *text, size_t len, struct sw_buf *out);
/* The first problem counts. */
void stage_problem(struct stage *stage, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "= FAILED Error: cause, due 5000"; texts may be NULL, due_ms is a time or SW_NEVER. */
void stage_tell_end(struct sw_buf *out, enum sw_status status, const char *output, const char *error,
		    const char *cause, int64_t due_ms);

#endif
