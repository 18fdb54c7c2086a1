/*
 * What the sweeps share: the small workload of a scenario (tests/lib/scenario.h) over a store in memory that outlives
 * engines, or over LMDB, with a store that fails on demand in front of it.
 */
#ifndef SW_TESTS_ENGINE_SWEEP_H
#define SW_TESTS_ENGINE_SWEEP_H

#include "engine/internal.h"
#include "tests/lib/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sweep {
	struct scenario scenario;
	bool on_disk;
	struct sw_store *inner, *store; /* what keeps it; what fails on demand */
	struct sw_store_faults faults;
	unsigned restarts; /* so far; some are in each life, so that what recovers it is swept too */
	uint64_t hidden_fail_at, hidden_operations; /* while it is held still */
	char directory[64];
	struct sw_buf expected, outcome;
};

/* In memory where that is possible: what a process leaves behind is there whether it is synced or not. */
static inline void sweep_make_directory(struct sweep *sweep)
{
	snprintf(sweep->directory, sizeof(sweep->directory), "/dev/shm/stepwell-sweep-XXXXXX");
	if (mkdtemp(sweep->directory))
		return;
	snprintf(sweep->directory, sizeof(sweep->directory), "/tmp/stepwell-sweep-XXXXXX");
	assert_non_null(mkdtemp(sweep->directory));
}

static inline void sweep_remove_directory(struct sweep *sweep)
{
	char path[96];
	static const char *const files[] = {"data.mdb", "lock.mdb"};
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", sweep->directory, files[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(sweep->directory), 0);
}

static inline void sweep_close_store(struct sweep *sweep)
{
	sw_store_close(sweep->store);
	sweep->store = NULL;
	if (sweep->on_disk) {
		sw_store_close(sweep->inner);
		sweep->inner = NULL;
	}
}

static inline enum sw_result sweep_open(struct scenario *s, struct sw_error *err)
{
	struct sweep *sweep = s->user;
	struct sw_store_options options = {.table_names = sw_table_names,
					   .tables_count = SW_TABLES_COUNT,
					   .format = SW_STORE_FORMAT,
					   .directory = sweep->directory};
	enum sw_result r = SW_OK;
	if (!sweep->inner)
		r = sweep->on_disk ? sw_store_open_lmdb(&options, &sweep->inner, err)
				   : sw_store_open_memory(&options, &sweep->inner, err);
	if (r == SW_OK && !sweep->store)
		r = sw_store_open_faulty(sweep->inner, &sweep->faults, &sweep->store);
	return r < 0 ? r : sw_engine_new_on(&s->options, sweep->store, &s->engine, err);
}

/* What the test itself reads neither counts nor fails. */
static inline void sweep_hold_still(struct scenario *s, bool still)
{
	struct sweep *sweep = s->user;
	if (still) {
		sweep->hidden_fail_at = sweep->faults.fail_at;
		sweep->hidden_operations = sweep->faults.operations;
		sweep->faults.fail_at = 0;
	} else {
		sweep->faults.fail_at = sweep->hidden_fail_at;
		sweep->faults.operations = sweep->hidden_operations;
	}
}

/* While C waits for its first retry, and when the callback and its neighbours are in flight. */
static inline bool sweep_restarts(struct sweep *sweep)
{
	const struct scenario_key *keys = sweep->scenario.ledger.keys;
	bool now = sweep->restarts == 0 ? keys[2].accepted : sweep->restarts == 1 && *keys[6].text;
	sweep->restarts += now;
	return now;
}

static inline void sweep_begin(struct sweep *sweep)
{
	scenario_init(&sweep->scenario);
	sweep->scenario.open = sweep_open;
	sweep->scenario.held_still = sweep_hold_still;
	sweep->scenario.user = sweep;
	sweep->scenario.options.log.level = SW_LOG_ERROR;
	sweep->faults = (struct sw_store_faults){0};
	sweep->restarts = 0;
	if (sweep->on_disk)
		sweep_make_directory(sweep);
}

/* Looks at what it came to; the first time that is what it must always come to. */
static inline void sweep_end(struct sweep *sweep, const char *what, unsigned at)
{
	struct scenario *s = &sweep->scenario;
	sweep->faults.fail_at = 0;
	if (*s->problem || !s->engine)
		fail_msg("%s %u: %s", what, at, *s->problem ? s->problem : "the engine cannot be opened");
	scenario_check(s);
	bool first = sweep->expected.len == 0;
	scenario_outcome(s, first ? &sweep->expected : &sweep->outcome);
	if (!first)
		scenario_compare(s, sweep->expected.data, sweep->outcome.data);
	if (*s->problem)
		fail_msg("%s %u: %s", what, at, s->problem);
	scenario_close(s);
	sweep_close_store(sweep);
	sw_store_close(sweep->inner);
	sweep->inner = NULL;
	if (sweep->on_disk)
		sweep_remove_directory(sweep);
}

static inline void sweep_done(struct sweep *sweep)
{
	sw_buf_done(&sweep->expected);
	sw_buf_done(&sweep->outcome);
}

#endif
