/*
 * A workload that a client with a ledger asks of an engine, in virtual time: for tests that let something fail in
 * between. Whatever was not acknowledged is asked for again, by another process if need be; so that whatever fails,
 * the workload comes to the same end. The ledger holds what was acknowledged and nothing else: it is plain data, can
 * be copied at any moment, and can be taken up by another scenario over what the first one left on disk.
 *
 * One execution, `rich`, has a bit of everything: a retry, a caught error, JSONata with variables, values with records
 * of their own, a Parallel of a Wait, a callback and a task, a Map. The full workload has others beside it: one that
 * is stopped, one that is redriven, versions and an alias, an update, an activity with a worker, deletions.
 */
#ifndef SW_TESTS_SCENARIO_H
#define SW_TESTS_SCENARIO_H

#include "engine/engine.h"
#include "tests/lib/virtual_loop.h"

#include "base/buf.h"
#include "base/rng.h"

#define SCENARIO_KEYS_MAX 64
#define SCENARIO_KEY_BYTES 96
#define SCENARIO_TOKEN_BYTES 256
#define SCENARIO_COMPLETIONS_MAX 64

enum scenario_request {
	CREATE_RICH,
	START_RICH,
	REQUESTS_RICH, /* so many make the small workload */
	CREATE_NAP = REQUESTS_RICH,
	START_NAP,
	STOP_NAP,
	CREATE_REDO,
	START_REDO,
	REDRIVE,
	CREATE_CHAIN,
	TAG_CHAIN,
	PUBLISH,
	CREATE_ALIAS,
	START_OLD,
	START_GONE,
	UPDATE,
	START_NEW,
	DELETE_GONE,
	CREATE_ACTIVITY,
	CREATE_WORK,
	START_WORK,
	CREATE_DOOMED,
	START_DOOMED,
	DELETE_DOOMED,
	REQUESTS_COUNT
};

enum scenario_execution { RICH, NAP, REDO, OLD, NEW, GONE, WORK, DOOMED, EXECUTIONS_COUNT };

struct scenario_key {
	char text[SCENARIO_KEY_BYTES]; /* the idempotency key of an attempt that was delivered; "": none */
	char execution;
	bool accepted; /* its completion was acknowledged */
	bool outlives; /* whoever completes it does not die with the engine */
	char token[SCENARIO_TOKEN_BYTES];
};

struct scenario_ledger {
	bool answered[REQUESTS_COUNT];
	int64_t time_ms[REQUESTS_COUNT];
	int ended[EXECUTIONS_COUNT]; /* 1 + the status that was shown; 0: not seen to have ended */
	struct scenario_key keys[SCENARIO_KEYS_MAX];
	int64_t wall_ms;
};

/* What a worker has to say, until it is acknowledged. */
struct scenario_completion {
	struct scenario *scenario;
	struct scenario_key *key; /* NULL: the place is free */
	bool asked, fails;
	const char *output;
};

/* Where the answer to a request is told. */
struct scenario_place {
	struct scenario *scenario;
	enum scenario_request request;
	bool asked;
};

struct scenario {
	struct virtual_loop loop;
	struct sw_engine_options options;
	/* must: opens an engine with the options and sets ->engine; anything it needs is found by ->user */
	enum sw_result (*open)(struct scenario *s, struct sw_error *err);
	void (*noted)(struct scenario *s);                  /* may: after each change of the ledger */
	void (*held_still)(struct scenario *s, bool still); /* may: around what must not be made to fail */
	bool (*stopped)(struct scenario *s);                /* may: has the process died? */
	void *user;
	bool full;  /* the whole workload, not only `rich` */
	bool mixed; /* asks for what is wanted in an order drawn by `order` */
	struct sw_rng order;
	bool early; /* broken on purpose: notes an acknowledgement when it asks */

	struct sw_engine *engine;
	bool polled;
	struct scenario_place places[REQUESTS_COUNT];
	enum sw_result refused; /* the last refusal */
	struct scenario_ledger ledger;
	struct scenario_completion completions[SCENARIO_COMPLETIONS_MAX];
	char problem[1024]; /* the first thing that is wrong; "": nothing */
};

void scenario_init(struct scenario *s);
/* Opens, registers, resumes. On failure there is no engine, and it may be tried again. */
enum sw_result scenario_open(struct scenario *s, struct sw_error *err);
/* Ends the engine; workers of its process are gone with it. */
void scenario_close(struct scenario *s);
/* Goes on with what another process had acknowledged. */
void scenario_take_up(struct scenario *s, const struct scenario_ledger *ledger);

/* Asks for what is wanted, and lets things happen; moves time when nothing happens by itself. */
void scenario_step(struct scenario *s);
/* Everything was answered, and every execution has ended. */
bool scenario_is_over(struct scenario *s);
/* Steps until it is over, something is wrong, or the engine has failed (false). */
bool scenario_run(struct scenario *s);

/* scenario_look.c */
/* Is everything there that was acknowledged, and is the store sound? Else ->problem is set. */
void scenario_check(struct scenario *s);
/* What it came to: outcomes and histories without times and tokens, in an order that does not depend on timing. */
void scenario_outcome(struct scenario *s, struct sw_buf *text);
/* Has it come to what was expected? Else ->problem is the first line that differs. */
void scenario_compare(struct scenario *s, const char *expected, const char *found);
/* ARN of an execution, into the buffer. */
const char *scenario_arn(enum scenario_execution execution, char *buffer, size_t bytes);
struct scenario_state {
	enum sw_status status;
	uint32_t events; /* 0: there is no such execution */
	uint32_t redrives;
	int64_t start_ms;
};
struct scenario_state scenario_state(struct scenario *s, enum scenario_execution execution);
void scenario_wrong(struct scenario *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
