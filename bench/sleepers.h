/*
 * W4 and the million: executions that wait. Processes of their own, so that memory is that of an owner and nothing
 * else, and so that the owner can be killed. sleepers.c has the rows, sleepers_owner.c is the owner.
 */
#ifndef SW_BENCH_SLEEPERS_H
#define SW_BENCH_SLEEPERS_H

#include <stdbool.h>

/* Of one count; medians when there were several rounds. All are doubles. */
struct sleepers {
	double count;
	double start_seconds;   /* to start them all, acknowledged */
	double anonymous_bytes; /* of the owner, more than before, for each */
	double owner_bytes;     /* all anonymous memory of that owner */
	double disk_bytes;      /* used part of the data file, more than before, for each */
	double restart_seconds; /* from the start of a new owner's process to its first acknowledged start */
	double restarted_bytes; /* all anonymous memory of the new owner */
	double near_bytes;      /* the same, a little before they are due */
	double woken_seconds;   /* from the moment when all are due until the last end was told */
	double woken_cpu_us;    /* of the loop's thread, for each */
};
/* Prints the rows of 10,000 and 100,000, and returns them; or the one of a million. False: something failed. */
bool sleepers_rows(const char *directory, struct sleepers *ret_few, struct sleepers *ret_many);
bool sleepers_million(const char *directory);
/* A few of them, once. */
bool sleepers_quick(const char *directory);
/* One line for each bar. */
void sleepers_bars(const struct sleepers *few, const struct sleepers *many);

/*
 * The process of an owner: argv is begin or wake, directory, count, when they are due (seconds since 1970), and when
 * the process was started (CLOCK_MONOTONIC). Prints a line of numbers; begin then waits to be killed. The exit status.
 */
int sleepers_owner(int argc, char **argv);

#endif
