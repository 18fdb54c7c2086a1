/* The rows of executions that wait: an owner starts them and is killed, another one takes over and wakes them. */
#include "bench/sleepers.h"
#include "bench/bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEGABYTE 1e6
#define MILLION_WAIT_S 3600

struct place {
	const char *directory;
	unsigned count, wait_s;
	int64_t until_s;
};

static void run_owner(const struct place *place, const char *what, int out_fd)
{
	char count[16], until_s[24], begun[40];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out_fd, STDOUT_FILENO);
	snprintf(count, sizeof(count), "%u", place->count);
	snprintf(until_s, sizeof(until_s), "%lld", (long long)place->until_s);
	snprintf(begun, sizeof(begun), "%.9f", now_seconds());
	execl("/proc/self/exe", "bench", "--sleepers", what, place->directory, count, until_s, begun,
	      (char *)NULL);
	perror("bench");
	_exit(127);
}

/* Reads the numbers of one line that an owner prints, then kills it. */
static bool ask_owner(const struct place *place, const char *what, double *numbers, size_t numbers_count)
{
	char line[300];
	int fds[2];
	if (pipe(fds) != 0)
		return false;
	pid_t pid = fork();
	if (pid == 0)
		run_owner(place, what, fds[1]);
	close(fds[1]);
	FILE *in = fdopen(fds[0], "r");
	bool good = pid > 0 && in && fgets(line, sizeof(line), in) != NULL;
	char *at = line;
	for (size_t i = 0; good && i < numbers_count; i++)
		numbers[i] = strtod(at, &at);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	if (in)
		fclose(in);
	else
		close(fds[0]);
	return good;
}

static bool measure_sleepers(struct place *place, struct sleepers *ret_sleepers)
{
	double begun[5], woken[5];
	place->until_s = time(NULL) + place->wait_s;
	bool good = ask_owner(place, "begin", begun, 5) && ask_owner(place, "wake", woken, 5);
	directory_remove(place->directory);
	if (!good)
		return false;
	*ret_sleepers = (struct sleepers){.count = place->count,
					  .start_seconds = begun[0],
					  .anonymous_bytes = (begun[2] - begun[1]) / place->count,
					  .owner_bytes = begun[2],
					  .disk_bytes = (begun[4] - begun[3]) / place->count,
					  .restart_seconds = woken[0],
					  .restarted_bytes = woken[1],
					  .near_bytes = woken[2],
					  .woken_seconds = woken[3],
					  .woken_cpu_us = woken[4]};
	return true;
}

static void print_head(const char *name)
{
	printf("\n%-12s %9s %9s %9s %9s %11s %9s %9s %9s\n", name, "started/s", "memory B", "disk B",
	       "owner MB", "restart ms", "then MB", "woken/s", "CPU/woken");
}

static void print_row(const struct sleepers *s)
{
	printf("%12.0f %9.0f %9.0f %9.0f %9.1f %11.1f %9.1f %9.0f %9.1f\n", s->count,
	       s->count / s->start_seconds, s->anonymous_bytes, s->disk_bytes, s->owner_bytes / MEGABYTE,
	       s->restart_seconds * 1e3, s->restarted_bytes / MEGABYTE, s->count / s->woken_seconds,
	       s->woken_cpu_us);
	fflush(stdout);
}

static bool measure_rounds(struct place *place, struct sleepers *ret_medians)
{
	struct sleepers rounds[TABLE_ROUNDS];
	for (size_t i = 0; i < TABLE_ROUNDS; i++) {
		progress("%u that wait: %zu of %d", place->count, i + 1, TABLE_ROUNDS);
		if (!measure_sleepers(place, &rounds[i]))
			return false;
	}
	progress(NULL);
	medians(rounds, sizeof(rounds[0]), ret_medians);
	return true;
}

bool sleepers_rows(const char *directory, struct sleepers *ret_few, struct sleepers *ret_many)
{
	char path[4100];
	struct place place = {.directory = path, .count = 10000, .wait_s = 60};
	snprintf(path, sizeof(path), "%s/sleepers", directory);
	print_head("W4");
	if (!measure_rounds(&place, ret_few))
		return false;
	print_row(ret_few);
	place.count = 100000;
	if (!measure_rounds(&place, ret_many))
		return false;
	print_row(ret_many);
	return true;
}

void sleepers_bars(const struct sleepers *few, const struct sleepers *many)
{
	at_most("W4, 100000", many->anonymous_bytes, 200, " bytes of memory for each that waits");
	at_most("W4, 100000", many->disk_bytes, 800, " bytes of disk for each that waits");
	at_most("W4, 10000", few->restart_seconds * 1e3, 300, " ms to restart");
	at_most("W4, 100000", many->restart_seconds * 1e3, 300, " ms to restart");
	at_most("W4, 100000 against 10000", (many->restart_seconds - few->restart_seconds) * 1e3, 50,
		" ms longer to restart");
	at_least("W4, 100000 due at once", many->count / many->woken_seconds, 30000, " woken/s");
}

bool sleepers_million(const char *directory)
{
	char path[4100];
	struct place place = {.directory = path, .count = 1000000, .wait_s = MILLION_WAIT_S};
	struct sleepers s;
	snprintf(path, sizeof(path), "%s/sleepers", directory);
	print_head("a million");
	progress("%u that wait", place.count);
	if (!measure_sleepers(&place, &s))
		return false;
	progress(NULL);
	print_row(&s);
	printf("\n");
	at_most("1000000 that wait", s.owner_bytes / MEGABYTE, 200, " MB of the owner's memory");
	at_most("1000000 that wait, soon due", s.near_bytes / MEGABYTE, 200, " MB of the owner's memory");
	at_most("1000000 that wait", s.restart_seconds * 1e3, 1000, " ms to restart");
	return true;
}

bool sleepers_quick(const char *directory)
{
	char path[4100];
	struct place place = {.directory = path, .count = 2000, .wait_s = 60};
	struct sleepers s;
	snprintf(path, sizeof(path), "%s/sleepers", directory);
	print_head("quick");
	if (!measure_sleepers(&place, &s))
		return false;
	print_row(&s);
	return true;
}
