/* Engines among partitions: these tests have one engine, and nothing here is called. */
#include "engine/metrics.h"
#include "engine/partition.h"

#include <stdlib.h>

#define NEVER(type, name, ...) \
	type name(__VA_ARGS__) \
	{                      \
		abort();       \
	}

NEVER(enum sw_result, sw_engine_partitions, struct sw_engine *engine, uint32_t *ret_count,
      struct sw_error *err)
NEVER(enum sw_result, sw_engine_set_partitions, struct sw_engine *engine, uint32_t count,
      struct sw_error *err)
NEVER(enum sw_result, sw_reader_of_partitions, struct sw_engine *const *engines, size_t count,
      struct sw_reader **ret_reader, struct sw_error *err)
NEVER(enum sw_result, sw_reader_partition_of, struct sw_reader *reader, const char *execution_arn,
      uint32_t *ret_partition, struct sw_error *err)
NEVER(enum sw_result, sw_token_partition, const char *token, uint32_t *ret_partition, struct sw_error *err)
NEVER(void, sw_engine_set_hooks, struct sw_engine *engine, const struct sw_partition_hooks *hooks)
NEVER(void, sw_engine_look_again, struct sw_engine *engine, uint32_t machine_number)
NEVER(enum sw_result, sw_engine_drain_machine, struct sw_engine *engine, uint32_t machine_number,
      sw_drained_fn *drained, void *user, struct sw_error *err)
NEVER(bool, sw_engine_activity_waits, const struct sw_engine *engine, const char *activity)
NEVER(enum sw_result, sw_engine_new, const struct sw_engine_options *options, struct sw_engine **ret_engine,
      struct sw_error *err)
NEVER(enum sw_result, sw_engine_on_task, struct sw_engine *engine, const char *pattern, sw_task_fn *handler,
      sw_task_fn *cancel, void *user, struct sw_error *err)
NEVER(enum sw_result, sw_engine_resume, struct sw_engine *engine, enum sw_resume which, struct sw_error *err)
NEVER(enum sw_result, sw_engine_reload, struct sw_engine *engine, const char *resources_json,
      const char *mocks_json, bool *ret_mocks, struct sw_error *err)
NEVER(void, sw_engine_free, struct sw_engine *engine)
NEVER(void, sw_reader_close, struct sw_reader *reader)
NEVER(void, sw_metrics_add, struct sw_metrics_sum *sum, struct sw_engine *engine)
NEVER(char *, sw_metrics_sum_text, const struct sw_metrics_sum *sum, size_t *ret_len)
NEVER(void, sw_metrics_sum_done, struct sw_metrics_sum *sum)
