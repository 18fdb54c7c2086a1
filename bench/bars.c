/* What the figures are held against: one line for each bar, held or MISSED, with the figure and the bar. */
#include "bench/bench.h"

#include <stdio.h>

/* How a bar's line begins. */
static void judge(bool held, const char *what)
{
	printf("%-7s %-31s ", held ? "held" : "MISSED", what);
}

void at_least(const char *what, double figure, double bar, const char *unit)
{
	judge(figure >= bar, what);
	printf("%.0f%s, at least %.0f\n", figure, unit, bar);
}

void at_most(const char *what, double figure, double bar, const char *unit)
{
	judge(figure <= bar, what);
	printf("%.1f%s, at most %.1f\n", figure, unit, bar);
}

/* A row that is not there was not measured, which the caller has said. */
static const struct result *find(const struct results *results, const struct workload *workload,
				 unsigned in_flight)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct plan *plan = &results->list[i].plan;
		if (plan->workload == workload && plan->in_flight == in_flight && plan->relaxed_ms == 0)
			return &results->list[i];
	}
	return NULL;
}

static double rate(const struct result *result)
{
	unsigned steps = result->plan.workload->steps;
	return result->figures.rate * (steps ? steps : 1);
}

static void single_executions(const struct results *results, const struct workload *workloads)
{
	const struct result *alone = find(results, &workloads[W1], 1);
	const struct result *named = find(results, &workloads[W1_NAMED], 1024);
	const struct result *many = find(results, &workloads[W1], 1024);
	if (alone)
		at_least("W1, 1 in flight", 100 * alone->figures.floor_part, 60, "% of bare LMDB");
	if (named) {
		at_least("W1 named, 1024 in flight", 100 * named->figures.floor_part, 50, "% of bare LMDB");
		at_least("W1 named, 1024 in flight", rate(named), 15000, " executions/s");
		at_most("W1 named, 1024 in flight", named->figures.growth, 1200,
			" bytes of file an execution");
	}
	if (many) {
		at_least("W1, 1024 in flight", rate(many), 30000, " executions/s");
		at_most("W1, 1024 in flight", many->figures.cpu_us, 30, " us CPU an execution");
		at_most("W1, 1024 in flight", many->figures.growth, 1200, " bytes of file an execution");
	}
}

static void chains(const struct results *results, const struct workload *workloads)
{
	const struct result *tasks = find(results, &workloads[W2], 1024);
	unsigned steps = workloads[W2].steps;
	if (!tasks)
		return;
	at_least("W2, 1024 in flight", rate(tasks), 30000, " steps/s");
	at_most("W2, 1024 in flight", tasks->figures.cpu_us / steps, 30, " us CPU a step");
	at_most("W2, 1024 in flight", tasks->figures.growth / steps, 600, " bytes of file a step");
}

/*
 * Nine more states cost no more commits: seen where each execution has its own. How many share one, when there are
 * more, is a matter of time.
 */
static void chains_of_pass(const struct results *results, const struct workload *workloads)
{
	double bytes = 0, cpu = 0;
	const struct result *single, *chain;
	for (size_t i = 0; i < results->count; i++) {
		chain = &results->list[i];
		single = find(results, &workloads[W1], chain->plan.in_flight);
		if (chain->plan.workload != &workloads[W2P] || !single)
			continue;
		double bytes_here = chain->figures.bytes / single->figures.bytes;
		double cpu_here = chain->figures.cpu_us / single->figures.cpu_us;
		bytes = bytes_here > bytes ? bytes_here : bytes;
		cpu = cpu_here > cpu ? cpu_here : cpu;
	}
	chain = find(results, &workloads[W2P], 1);
	single = find(results, &workloads[W1], 1);
	if (!chain || !single)
		return;
	at_most("W2p against W1, any in flight", bytes, 1.5, " times the bytes");
	judge(chain->figures.syncs < single->figures.syncs * 1.01, "W2p against W1, 1 in flight");
	printf("%.3f syncs an execution, as W1: %.3f\n", chain->figures.syncs, single->figures.syncs);
	at_most("W2p against W1, any in flight", cpu, 4, " times the CPU");
}

/* Of the rows of a workload the slowest. */
static void slowest(const struct results *results, const struct workload *workload, double bar,
		    const char *unit)
{
	const struct result *worst = NULL;
	char what[64];
	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->list[i];
		if (result->plan.workload != workload || result->plan.relaxed_ms)
			continue;
		if (!worst || rate(result) < rate(worst))
			worst = result;
	}
	if (!worst)
		return;
	snprintf(what, sizeof(what), "%s, %u in flight", workload->name, worst->plan.in_flight);
	at_least(what, rate(worst), bar, unit);
}

void bars_print(const struct results *results, const struct workload *workloads)
{
	single_executions(results, workloads);
	chains(results, workloads);
	chains_of_pass(results, workloads);
	slowest(results, &workloads[W3_PASS], 50000, " items/s");
	slowest(results, &workloads[W3_TASK], 20000, " items/s");
	slowest(results, &workloads[W5], 150000, " transitions/s");
}
