/* Whether an execution may be redriven, in AWS's words: for DescribeExecution and RedriveExecution alike. */
#include "engine/engine.h"

#include <stddef.h>

#define DAY_MS INT64_C(86400000)
#define REDRIVABLE_DAYS 14
#define EXECUTION_DAYS_MAX 365

const char *sw_redrive_reason(const struct sw_execution_info *info, int64_t now_ms)
{
	switch (info->status) {
	case SW_STATUS_RUNNING:
		return "Execution is RUNNING and cannot be redriven";
	case SW_STATUS_SUCCEEDED:
		return "Execution is SUCCEEDED and cannot be redriven";
	case SW_STATUS_PENDING_REDRIVE:
		return "Execution is PENDING_REDRIVE and cannot be redriven";
	default:
		break;
	}
	if (info->events_count >= SW_HISTORY_EVENTS_MAX - 1)
		return "Execution history event limit exceeded";
	if (now_ms - info->start_ms > EXECUTION_DAYS_MAX * DAY_MS)
		return "Execution has exceeded the max execution time";
	if (now_ms - info->stop_ms > REDRIVABLE_DAYS * DAY_MS)
		return "Execution redrivable period exceeded";
	if (!info->redrivable)
		return "The branches of the execution were not kept";
	if (info->machine_gone)
		return "State machine is in DELETING status";
	return NULL;
}
