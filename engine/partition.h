/*
 * Several engines over one data directory, each a partition: a set of executions with one loop and one store.
 * An execution never leaves its partition, whose number is in its id, and so in its task tokens and in the names
 * that the engine makes. Partition 0 is the catalogue, too: state machines, versions, aliases, tags and activities
 * are changed by its engine alone, and the others read them in its store. Part of the public door of engine/
 * (installed as stepwell/partition.h); docs/design/partitions.md tells why.
 *
 * An engine with a catalogue refuses to change what is in it (SW_EINVAL), and starts, stops and completes executions
 * of its own alone: the host carries each call to the right engine, as the server does (sw_partitions_open in server.h).
 *
 * The store of partition 0 is the data directory itself; that of partition K is its partition-K.
 */
#ifndef STEPWELL_PARTITION_H
#define STEPWELL_PARTITION_H

#include "engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SW_PARTITIONS_MAX 64

/*
 * How many partitions the data directory of partition 0's engine has: 1 for a new one, and it never becomes less.
 * Set before any engine is resumed, and after the engines of the new partitions were opened. SW_EINVAL: fewer than
 * there are.
 */
SW_API enum sw_result sw_engine_partitions(struct sw_engine *engine, uint32_t *ret_count,
					   struct sw_error *err);
SW_API enum sw_result sw_engine_set_partitions(struct sw_engine *engine, uint32_t count,
					       struct sw_error *err);

/*
 * A reader of all partitions, as if they were one store (new; sw_reader_close ends it). The engines must outlive it;
 * engines[0] is the catalogue's. Any one thread.
 */
SW_API enum sw_result sw_reader_of_partitions(struct sw_engine *const *engines, size_t count,
					      struct sw_reader **ret_reader, struct sw_error *err);

/* The partition in which the execution of an ARN is. SW_ENOENT, SW_EARN. */
SW_API enum sw_result sw_reader_partition_of(struct sw_reader *reader, const char *execution_arn,
					     uint32_t *ret_partition, struct sw_error *err);
/* The partition that a task token names. SW_ETOKEN. */
SW_API enum sw_result sw_token_partition(const char *token, uint32_t *ret_partition, struct sw_error *err);

/* What an engine asks of the host that runs several; each call comes from the engine's own loop. */
struct sw_partition_hooks {
	/*
	 * Of the catalogue's engine, before a state machine that is DELETING goes: does an execution of it run in another
	 * partition? SW_OK: none does. SW_EBUSY: perhaps; sw_engine_look_again follows. SW_ENOMEM: ask again.
	 */
	enum sw_result (*runs_elsewhere)(void *user, uint32_t machine_number);
	/* A task waits for a worker of the activity (borrowed for the call), now or again. */
	void (*task_waits)(void *user, const char *activity);
	void *user;
};
SW_API void sw_engine_set_hooks(struct sw_engine *engine, const struct sw_partition_hooks *hooks);
SW_API void sw_engine_look_again(struct sw_engine *engine, uint32_t machine_number);

/* Tells once, from the loop, that no execution of the state machine runs in this partition. SW_ENOMEM. */
typedef void sw_drained_fn(void *user, uint32_t machine_number);
SW_API enum sw_result sw_engine_drain_machine(struct sw_engine *engine, uint32_t machine_number,
					      sw_drained_fn *drained, void *user, struct sw_error *err);

/* Does a task wait for a worker of the activity that no poll of this engine is about to get? */
SW_API bool sw_engine_activity_waits(const struct sw_engine *engine, const char *activity);

#ifdef __cplusplus
}
#endif
#endif
