/* The rows of the engine. Figures that a row does not have are shown as a dash. */
#include "bench/bench.h"

#include <stdio.h>

void table_head(void)
{
	printf("%-12s %9s %11s %9s %8s %8s %8s %8s %8s %8s %8s %12s %7s\n", "", "in flight", "executions/s",
	       "steps/s", "p50 ms", "p99 ms", "syncs/ex", "bytes/ex", "file/ex", "CPU/ex", "CPU/step",
	       "bare LMDB/s", "ratio");
}

void table_row(const struct result *result)
{
	const struct plan *plan = &result->plan;
	const struct figures *f = &result->figures;
	unsigned steps = plan->workload->steps;
	char name[40], steps_rate[16] = "-", step_cpu[16] = "-";
	snprintf(name, sizeof(name), "%s", plan->workload->name);
	if (plan->relaxed_ms)
		snprintf(name, sizeof(name), "%s, %u ms", plan->workload->name, plan->relaxed_ms);
	if (steps) {
		snprintf(steps_rate, sizeof(steps_rate), "%.0f", f->rate * steps);
		snprintf(step_cpu, sizeof(step_cpu), "%.2f", f->cpu_us / steps);
	}
	printf("%-12s %9u %12.0f %9s %8.2f %8.2f %8.3f %8.0f %8.0f %8.1f %8s %12.0f %6.0f%%\n", name,
	       plan->in_flight, f->rate, steps_rate, f->p50_ms, f->p99_ms, f->syncs, f->bytes, f->growth,
	       f->cpu_us, step_cpu, f->floor_rate, 100 * f->floor_part);
	fflush(stdout);
}
