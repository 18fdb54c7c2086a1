/*
 * Partitions, inside: the threads and what travels between them (partitions.c), which call goes where (route.c), and
 * the polls of workers (seek.c). Private to server/.
 *
 * Partition 0 lives in the loop of the server, the "home" loop; each other partition has an engine, a loop and a thread
 * of its own. Letters go from home to a partition and come back, or are sent by a partition on its own account; each
 * side has a box with a lock and an eventfd. Nothing else is shared but stores, which are read from anywhere.
 */
#ifndef SW_SERVER_PARTITIONS_H
#define SW_SERVER_PARTITIONS_H

#include "engine/partition.h"
#include "server/api.h"

#include <pthread.h>
#include <stdatomic.h>

struct sw_partition;

/* What travels. arrive is called by the side that takes it out, which then owns it. */
struct sw_letter {
	struct sw_letter *next;
	void (*arrive)(struct sw_letter *letter);
	struct sw_partition *partition; /* where it goes, or comes from */
};

struct sw_letter_box {
	pthread_mutex_t lock;
	struct sw_letter *first, **end; /* under the lock */
	struct sw_watch watch;
};

struct sw_partition {
	struct sw_partitions *partitions;
	uint32_t number;
	struct sw_poll_loop *loop;
	struct sw_engine *engine;
	struct sw_api *api;
	struct sw_letter_box box;
	pthread_t thread;
	bool runs, stopping;
	atomic_bool missed; /* memory was short for telling home of a task: home asks at every poll */
};

/* A state machine that is DELETING: where executions of it may still run. */
struct sw_drain {
	struct sw_letter letter; /* there and back */
	struct sw_leaving *leaving;
	enum sw_result result; /* SW_ENOMEM: memory was short there; another one: it will not say */
};
struct sw_leaving {
	struct sw_leaving *next;
	uint32_t machine_number;
	uint32_t waits;           /* partitions that have not answered */
	struct sw_drain drains[]; /* one for each partition */
};

struct sw_partitions {
	struct sw_engine *catalogue;
	const struct sw_loop *home_loop;
	struct sw_letter_box home;
	struct sw_partition *others[SW_PARTITIONS_MAX]; /* [0] is NULL */
	uint32_t count, next;                           /* next: where the next execution goes */
	struct sw_reader *reader;                       /* of all stores */
	struct sw_leaving *leaving;
	struct sw_hunt *hunts;
	struct sw_log log;
};

/* Never fails; wakes who reads the box. */
void sw_letter_send(struct sw_letter_box *box, struct sw_letter *letter);

/* Runs look(user, engine) in each of the other partitions' threads in turn, and waits for it. */
void sw_partitions_each(struct sw_partitions *partitions, void (*look)(void *user, struct sw_engine *engine),
			void *user);

/* route.c: true when the call went to another partition, which answers it. body is that of the call. */
bool sw_partitions_take(struct sw_call *call, const char *body, size_t len);

/* seek.c: GetActivityTask, of an activity that call->activity names. Takes the call. */
void sw_seek_begin(struct sw_call *call);
/* As sw_api_cancel: true when the call will not be answered any more (it is still the caller's then). */
bool sw_seek_cancel(struct sw_seek *seek);
/* A hook of the partition's engine, in its thread. */
void sw_seek_task_waits(void *user, const char *activity);
void sw_hunts_free(struct sw_partitions *partitions);

#endif
