/*
 * Deterministic simulation: the real engine on a store in memory and in virtual time, driven by one seed.
 * Random machines, scripted tasks, random stops; crashes that lose what was not synced, commits whose outcome
 * is unknown, full disks, failing allocations, clock jumps. What must hold is checked on the way and at the
 * end. See docs/testing.md.
 *
 * simulate.c runs seeds and reports, generate.c writes machines, script.c plays the tasks, life.c opens,
 * crashes and feeds the engine, check.c looks at what is on disk.
 */
#ifndef SW_TESTS_SIMULATION_H
#define SW_TESTS_SIMULATION_H

#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"
#include "engine/activity.h"
#include "engine/engine.h"
#include "engine/internal.h"
#include "engine/maintenance.h"
#include "tests/lib/virtual_loop.h"

#define EXECUTIONS_MAX 24
#define HELD_MAX 512
#define KEYS_MAX 2048
#define STATES_MAX 256

/* ---- machines: generate.c ------------------------------------------------------------------------------- */

/* What the checks and the script need to know of a state. */
struct state {
	char name[16];
	uint32_t wait_seconds;     /* of a Wait */
	uint32_t interval_seconds; /* of the first retrier */
	uint32_t retries;          /* the first retrier takes every error, so often */
	bool branch;               /* stands in a Parallel or Map */
	bool timeout, heartbeat;   /* has TimeoutSeconds, HeartbeatSeconds */
	unsigned catchers_count;   /* of a Task */
	struct {
		char error[32], next[16];
	} catchers[2];
};

struct machine {
	struct sw_buf text;
	struct sw_buf other;   /* what the machine is updated to, and back; empty: it is not */
	struct sw_buf express; /* a machine beside it; empty: there is none */
	unsigned other_first;  /* of the states: the first of another definition; 0: there is none */
	struct state states[STATES_MAX];
	unsigned states_count;
	/*
	 * Calm: what an execution comes to depends on the machine and its input alone. Tasks in branches do not
	 * fail for good, nothing has a timeout.
	 */
	bool calm;
};
/*
 * What happens in simulations has grown; seeds that found something stay what they were. The lowest seeds know nothing
 * of redrives and have one catcher a Task, those of the second era nothing of JSONata and what came with it: variables,
 * item selectors, activities, updates, EXPRESS machines and values with records of their own, those of the third no
 * catchers that fail.
 */
enum era { ERA_FIRST, ERA_REDRIVES, ERA_LANGUAGES, ERA_CATCHERS };
static inline enum era era_of(uint64_t seed)
{
	return seed < 10000    ? ERA_FIRST
	       : seed < 100000 ? ERA_REDRIVES
	       : seed < 200000 ? ERA_LANGUAGES
			       : ERA_CATCHERS;
}
void machine_generate(struct machine *machine, struct sw_rng *rng, bool calm, enum era era);
void machine_done(struct machine *machine);
const struct state *machine_state(const struct machine *machine, const char *name); /* NULL: there is none */

/* ---- a simulation ----------------------------------------------------------------------------------------- */

struct execution {
	char name[32], arn[SW_ARN_TEXT_BYTES];
	char input[400];
	bool acknowledged; /* the start was */
	bool stopped;      /* a stop was acknowledged, and no redrive was asked for since */
	unsigned redrives; /* asked for */
};

/* A task that the handler has and has not ended. */
struct held {
	struct sw_task *task; /* NULL: it was released, and is completed by its token */
	char token[SW_TOKEN_BYTES_MAX + 1];
	char key[160];
	int64_t due_ms; /* when the script goes on with it, on the loop's clock; SW_NEVER: it does not */
	uint64_t hash;  /* what becomes of it */
	unsigned heartbeats;
};

/* An attempt that was ended by the script. */
struct key {
	char text[160];
	bool durable; /* the end of the attempt is on disk */
};

struct simulation {
	uint64_t seed;
	struct sw_rng rng;
	bool trace; /* print as it goes */
	/*
	 * Not 0: relaxed mode, in which a crash may take back what was told, and an end, too, when the disk is full or
	 * memory short. Here both come when it is on disk, and commits fail for want of room only: so everything else
	 * must hold as ever.
	 */
	uint32_t relaxed_ms;
	uint64_t digest;
	struct machine machine;

	struct virtual_loop loop;
	struct sw_store *memory, *store;
	struct sw_store_faults faults;
	struct sw_engine *engine;

	struct execution executions[EXECUTIONS_MAX];
	unsigned executions_count;
	struct held held[HELD_MAX];
	unsigned held_count;
	struct key *keys;
	unsigned keys_count;

	unsigned polls;           /* workers that wait for a task of the activity */
	unsigned express_waiting; /* who waits for an EXPRESS execution to end */
	bool updated;             /* the machine was last asked to be machine.other */
	int64_t retention_ms;     /* 0: nothing is removed */
	int64_t doubt_until_ms;   /* what was asked for may wait for memory or disk until then */
	unsigned crashes, deliveries;
	bool failed;
	char why[600];
};

/* Notes what happens: into the digest, and onto the terminal with trace. */
void note(struct simulation *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Something that must hold does not. The first one counts. */
void broken(struct simulation *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- life.c ------------------------------------------------------------------------------------------------- */

void life_begin(struct simulation *s);
void life_end(struct simulation *s);
void life_open(struct simulation *s);
void life_close(struct simulation *s);
/* As if the process had died: nothing of the engine reaches the store any more. */
void life_crash(struct simulation *s);
/* Runs what is ready; if a fault came up meanwhile, the engine dies and is opened again. */
void life_settle(struct simulation *s);
void life_advance(struct simulation *s, int64_t by_ms);
void life_create_machine(struct simulation *s);
/* To its other definition, or back. */
void life_update(struct simulation *s);
/* One of the machine beside it, waited for or not. */
void life_start_express(struct simulation *s, bool synchronous);
void life_start(struct simulation *s, struct execution *execution);
void life_stop(struct simulation *s, struct execution *execution);
/* With a token that comes twice: the second time it is the same redrive. */
void life_redrive(struct simulation *s, struct execution *execution);

/* ---- retire.c ------------------------------------------------------------------------------------------------ */

/* Everything has ended: it is removed, with faults on the way. */
void retire_all(struct simulation *s);

/* ---- script.c ------------------------------------------------------------------------------------------------ */

void script_register(struct simulation *s);
/* Ends or goes on with what is due by now. */
void script_play(struct simulation *s);
/* A worker asks for a task of the activity, and does not wait for one. */
void script_poll(struct simulation *s);
/* When the next held task is due; SW_NEVER: none. */
int64_t script_next_ms(const struct simulation *s);
/* Completes an attempt a second time: it must be refused. */
void script_repeat(struct simulation *s);
/* Does the handler have a task of the execution that it was not told to drop? */
bool script_holds(const struct simulation *s, const char *arn);
/* The process that held them is gone. */
void script_forget(struct simulation *s);
/* What was ended so far is on disk. */
void script_settled(struct simulation *s);

/* ---- allocations: faults.c ------------------------------------------------------------------------------------- */

/* Where sw_entropy begins: all that is random in a simulation follows from its seed. */
void entropy_begin(uint64_t seed);
/* The allocation after next `countdown` fails, once; 0: none. */
void allocations_fail(long countdown);
/* The allocations of the simulation itself do not fail: go on with what pause gave. */
long allocations_pause(void);
void allocations_go_on(long countdown);
bool allocations_failed(void); /* since the last allocations_fail */

/* ---- check.c ----------------------------------------------------------------------------------------------------- */

/* Which events of which state types were seen, over all simulations of the process. */
struct coverage {
	unsigned seen[8][80]; /* by enum sw_state_type and number of the event type */
};
/* Everything that was acknowledged is there, and every history is well formed. ended: nothing may run. */
void check_all(struct simulation *s, bool ended, struct coverage *coverage);
/* The outcome of each execution is that of a run without faults. */
void check_same(struct simulation *s);
/* What an execution came to, as text: "SUCCEEDED {...}". */
void outcome_of(struct simulation *s, const char *arn, struct sw_buf *out);
void coverage_report(const struct coverage *coverage);

#endif
