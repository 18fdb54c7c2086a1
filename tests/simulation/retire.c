/*
 * After all is over: the executions are removed because their retention time is, beside crashes, full disks and short
 * memory. In the end nothing of them is left, and on the way the doctor finds nothing.
 */
#include "simulation.h"

#include "base/mem.h"
#include "engine/maintenance.h"

#include <inttypes.h>

#define ROUNDS_MAX 12
#define KEPT_MS 1000

static void arm(struct simulation *s)
{
	uint64_t kind = sw_rng_below(&s->rng, 8);
	s->faults.fail_at = s->faults.operations + 1 + sw_rng_below(&s->rng, 60);
	s->faults.fail_with = kind < 2 ? SW_EFULL : kind < 4 ? SW_ENOMEM : SW_EIO;
	s->faults.fail_onwards = s->faults.fail_with == SW_EIO;
	s->faults.applied_unknown = s->faults.fail_onwards && kind == 7;
	if (kind < 4 && sw_rng_below(&s->rng, 2)) {
		s->faults.fail_at = 0;
		allocations_fail(1 + (long)sw_rng_below(&s->rng, 100));
	}
}

static void disarm(struct simulation *s)
{
	s->faults.fail_at = 0;
	allocations_fail(0);
}

static void diagnose(void *user, const struct sw_diagnosis *diagnosis)
{
	broken(user, "while executions are removed: %s %s: %s", sw_problem_name(diagnosis->problem),
	       diagnosis->record, diagnosis->text);
}

static void check(struct simulation *s)
{
	struct sw_check_options options = {.diagnosis = diagnose, .user = s};
	struct sw_check_summary summary;
	if (sw_reader_check(sw_engine_reader(s->engine), &options, &summary, NULL) < 0)
		broken(s, "the check of the store stops while executions are removed");
}

static void check_empty(struct simulation *s)
{
	static const enum sw_table tables[] = {SW_TABLE_EXECUTIONS, SW_TABLE_BRANCHES, SW_TABLE_HISTORY,
					       SW_TABLE_VALUES,     SW_TABLE_TIMERS,   SW_TABLE_NAMES,
					       SW_TABLE_LISTING,    SW_TABLE_ENDED};
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !s->failed; i++) {
		struct sw_snapshot *snapshot = NULL;
		struct sw_scan *scan = NULL;
		struct sw_slice key, value;
		enum sw_result r = sw_store_begin(s->memory, &snapshot, NULL);
		if (r == SW_OK)
			r = sw_scan_new(snapshot, tables[i], sw_slice(NULL, 0), false, &scan);
		if (r == SW_OK)
			r = sw_scan_next(scan, &key, &value);
		if (r != SW_ENOENT)
			broken(s, "records of %s are left of executions that were removed",
			       sw_table_names[tables[i]]);
		sw_scan_free(scan);
		sw_snapshot_end(snapshot);
	}
}

void retire_all(struct simulation *s)
{
	s->retention_ms = KEPT_MS;
	life_close(s);
	for (unsigned round = 0; round < ROUNDS_MAX && !s->failed; round++) {
		if (!s->engine)
			life_open(s);
		arm(s);
		life_advance(s, (int64_t)sw_rng_below(&s->rng, KEPT_MS / 2));
		disarm(s);
		if (sw_rng_below(&s->rng, 3) == 0) {
			life_crash(s);
			life_open(s);
		}
		life_settle(s);
		check(s);
	}
	/*
	 * Asynchronous EXPRESS executions for which memory was short begin again at the next open, and those that were begun
	 * anew have come to their end by then.
	 */
	life_close(s);
	life_open(s);
	life_advance(s, SW_EXPRESS_MS_MAX + 10 * KEPT_MS);
	check(s);
	check_empty(s);
}
