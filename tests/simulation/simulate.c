/*
 * Runs simulations from seeds. usage: simulate [--seeds N] [--from SEED] [--seed SEED] [--trace] [--report]
 * Ends with "N passed, N failed". The seeds are printed; one that failed is run again with --seed S --trace.
 */
#include "simulation.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REDRIVES_MAX 6
#define STEPS_MAX 60
#define DRAIN_MAX 4000

/* ---- what may happen --------------------------------------------------------------------------------------- */

static void write_list(struct sw_buf *out, struct sw_rng *rng, unsigned *n, unsigned depth)
{
	unsigned count = depth ? (unsigned)sw_rng_below(rng, 4) : 0;
	sw_buf_char(out, '[');
	for (unsigned i = 0; i < count; i++) {
		sw_buf_printf(out, "%s{\"n\":%u,\"list\":", i ? "," : "", ++*n);
		write_list(out, rng, n, depth - 1);
		sw_buf_char(out, '}');
	}
	sw_buf_char(out, ']');
}

static void add_execution(struct simulation *s)
{
	struct sw_buf input = SW_BUF;
	unsigned n = (unsigned)sw_rng_below(&s->rng, 10);
	if (s->executions_count == EXECUTIONS_MAX)
		return;
	struct execution *execution = &s->executions[s->executions_count++];
	snprintf(execution->name, sizeof(execution->name), "e%u", s->executions_count);
	snprintf(execution->arn, sizeof(execution->arn),
		 "arn:aws:states:us-east-1:123456789012:execution:m:e%u", s->executions_count);
	sw_buf_printf(&input, "{\"n\":%u,\"list\":", n);
	write_list(&input, &s->rng, &n, 2);
	sw_buf_char(&input, '}');
	snprintf(execution->input, sizeof(execution->input), "%s",
		 input.len < 400 ? input.data : "{\"n\":1,\"list\":[]}");
	sw_buf_done(&input);
	life_start(s, execution);
}

static struct execution *any_execution(struct simulation *s)
{
	return s->executions_count ? &s->executions[sw_rng_below(&s->rng, s->executions_count)] : NULL;
}

static void arm_fault(struct simulation *s)
{
	uint64_t kind = sw_rng_below(&s->rng, 10);
	if (kind < 3) {
		allocations_fail(1 + (long)sw_rng_below(&s->rng, 300));
		note(s, "an allocation is to fail");
		return;
	}
	s->faults.fail_at = s->faults.operations + 1 + sw_rng_below(&s->rng, 12);
	s->faults.fail_with = kind < 5 || s->relaxed_ms ? SW_EFULL : SW_EIO;
	s->faults.commits_alone = s->faults.fail_with == SW_EFULL;
	s->faults.fail_onwards = s->faults.fail_with == SW_EIO;
	s->faults.applied_unknown = s->faults.fail_with == SW_EIO && sw_rng_below(&s->rng, 2);
	note(s, "operation %" PRIu64 " is to fail", s->faults.fail_at);
}

static void disarm(struct simulation *s)
{
	s->faults.fail_at = 0;
	allocations_fail(0);
}

static void reopen(struct simulation *s, bool crash)
{
	if (crash)
		life_crash(s);
	else
		life_close(s);
	/* The machine slept, or somebody set the clock. */
	s->loop.wall_ms += (int64_t)sw_rng_below(&s->rng, 20000) - 5000;
	life_open(s);
	life_settle(s);
}

/* What the first eras do not know. */
static void act_lately(struct simulation *s)
{
	uint64_t what = sw_rng_below(&s->rng, 4);
	if (what == 0)
		life_update(s);
	else if (what < 3 && s->machine.express.len > 0)
		life_start_express(s, what == 1);
	else
		script_poll(s);
}

static void act(struct simulation *s, struct coverage *coverage)
{
	struct execution *execution = any_execution(s);
	bool redrives = !s->machine.calm && era_of(s->seed) >= ERA_REDRIVES;
	uint64_t what = sw_rng_below(&s->rng, 100);
	if (what < 20) {
		add_execution(s);
	} else if (what < 26 && execution) {
		life_start(s, execution); /* the same name and input again */
	} else if (what < 30 && execution && !s->machine.calm) {
		life_stop(s, execution);
	} else if (what < 35 && execution && redrives && execution->redrives < REDRIVES_MAX &&
		   sw_rng_below(&s->rng, 2)) {
		life_redrive(s, execution);
	} else if (what < 35) {
		script_repeat(s);
	} else if (what < 45) {
		arm_fault(s);
	} else if (what < 52) {
		reopen(s, what < 49);
		disarm(s);
		check_all(s, false, coverage);
	} else if (what >= 85 && era_of(s->seed) >= ERA_LANGUAGES) {
		act_lately(s);
	} else if (what < 55) {
		s->loop.wall_ms += (int64_t)sw_rng_below(&s->rng, 100000) - 50000;
	} else {
		life_advance(s, (int64_t)sw_rng_below(&s->rng, 5000));
	}
	life_settle(s);
}

/* Workers take what there is. True: there was something. */
static bool poll_all(struct simulation *s)
{
	unsigned deliveries = s->deliveries, before;
	do {
		before = s->deliveries;
		if (era_of(s->seed) >= ERA_LANGUAGES)
			script_poll(s);
		life_settle(s);
	} while (s->deliveries > before && !s->failed);
	return s->deliveries > deliveries;
}

/* Until nothing runs any more. */
static void drain(struct simulation *s)
{
	disarm(s);
	if (!s->engine)
		life_open(s);
	for (unsigned i = 0; i < DRAIN_MAX && !s->failed; i++) {
		for (unsigned j = 0; j < s->executions_count; j++) {
			if (!s->executions[j].acknowledged)
				life_start(s, &s->executions[j]);
		}
		life_settle(s);
		if (poll_all(s))
			life_settle(s);
		int64_t next_ms = script_next_ms(s), alarm_ms = virtual_loop_next_ms(&s->loop);
		next_ms = alarm_ms < next_ms ? alarm_ms : next_ms;
		if (next_ms == SW_NEVER)
			break;
		life_advance(s, next_ms > s->loop.mono_ms ? next_ms - s->loop.mono_ms : 0);
	}
}

/* ---- one seed -------------------------------------------------------------------------------------------------- */

/* The same executions without any faults: what they come to. */
static void compare(struct simulation *s)
{
	struct simulation plain = {.seed = s->seed, .rng = sw_rng(s->seed), .machine = s->machine};
	struct sw_buf with = SW_BUF, without = SW_BUF;
	life_begin(&plain);
	life_open(&plain);
	life_create_machine(&plain);
	plain.executions_count = s->executions_count;
	memcpy(plain.executions, s->executions, sizeof(plain.executions));
	for (unsigned i = 0; i < plain.executions_count; i++)
		plain.executions[i].acknowledged = false;
	drain(&plain);
	for (unsigned i = 0; i < s->executions_count && !s->failed; i++) {
		outcome_of(s, s->executions[i].arn, &with);
		outcome_of(&plain, s->executions[i].arn, &without);
		if (strcmp(with.data, without.data) != 0)
			broken(s, "%s came to %.200s; without faults it comes to %.200s",
			       s->executions[i].name, with.data, without.data);
	}
	life_end(&plain);
	if (plain.failed)
		broken(s, "without faults: %s", plain.why);
	sw_buf_done(&with);
	sw_buf_done(&without);
}

static bool simulate(uint64_t seed, bool trace, uint32_t relaxed_ms, struct coverage *coverage,
		     uint64_t *ret_digest)
{
	struct simulation *s = sw_zalloc(sizeof(*s));
	if (!s)
		return false;
	s->seed = seed;
	s->trace = trace;
	s->relaxed_ms = relaxed_ms;
	s->rng = sw_rng(seed);
	entropy_begin(seed);
	machine_generate(&s->machine, &s->rng, seed % 2 == 0, era_of(seed));
	if (trace)
		printf("%s\n", s->machine.text.data);
	life_begin(s);
	life_open(s);
	life_create_machine(s);
	for (unsigned i = 0; i < STEPS_MAX && !s->failed; i++)
		act(s, coverage);
	if (!s->failed)
		drain(s);
	if (!s->failed)
		check_all(s, true, coverage);
	if (!s->failed && s->machine.calm)
		compare(s);
	if (!s->failed)
		retire_all(s);
	disarm(s);
	life_end(s);
	machine_done(&s->machine);
	bool good = !s->failed;
	if (!good)
		printf("seed %" PRIu64 " FAILED: %s\n", seed, s->why);
	*ret_digest = s->digest;
	sw_free(s);
	return good;
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

static char doing[64];

/* A failed assertion ends the process: the seed must be known. */
static void tell_seed(int signal_number)
{
	ssize_t ignored = write(STDOUT_FILENO, doing, strlen(doing));
	(void)ignored;
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static uint64_t number(const char *text)
{
	char *end;
	errno = 0;
	unsigned long long value = text ? strtoull(text, &end, 10) : 0;
	if (!text || errno || *end || end == text) {
		fprintf(stderr, "simulate: not a number: %s\n", text ? text : "");
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	static struct coverage coverage;
	uint64_t seeds = 200, from = 1, digest, again, passed = 0, failed = 0;
	uint32_t relaxed_ms = 0;
	bool trace = false, report = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0) {
			trace = true;
		} else if (strcmp(argv[i], "--report") == 0) {
			report = true;
		} else if (strcmp(argv[i], "--seeds") == 0) {
			seeds = number(argv[++i]);
		} else if (strcmp(argv[i], "--from") == 0) {
			from = number(argv[++i]);
		} else if (strcmp(argv[i], "--seed") == 0) {
			from = number(argv[++i]);
			seeds = 1;
		} else if (strcmp(argv[i], "--relaxed") == 0) {
			relaxed_ms = (uint32_t)number(argv[++i]);
		} else {
			fprintf(stderr,
				"usage: simulate [--seeds N] [--from SEED] [--seed SEED] [--relaxed MS] "
				"[--trace] [--report]\n");
			return 2;
		}
	}
	signal(SIGABRT, tell_seed);
	signal(SIGSEGV, tell_seed);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("seeds %" PRIu64 " to %" PRIu64 "\n", from, from + seeds - 1);
	for (uint64_t seed = from; seed < from + seeds; seed++) {
		snprintf(doing, sizeof(doing), "seed %" PRIu64 " FAILED: it died\n", seed);
		bool good = simulate(seed, trace, relaxed_ms, &coverage, &digest);
		/* Now and then twice: the same seed gives the same run. */
		if (good && seed % 16 == 0 &&
		    (!simulate(seed, trace, relaxed_ms, &coverage, &again) || again != digest)) {
			printf("seed %" PRIu64 " FAILED: it cannot be repeated\n", seed);
			good = false;
		}
		passed += good;
		failed += !good;
	}
	if (report)
		coverage_report(&coverage);
	printf("%" PRIu64 " passed, %" PRIu64 " failed\n", passed, failed);
	return failed ? 1 : 0;
}
