/*
 * Observers: told after each commit that holds new history of an execution. Those of all executions are a list; those
 * of one are found by its ARN, so that a host may wait for ten thousand of them.
 *
 * An observer's id carries the lower bits of its ARN's hash, which say in which chain it is.
 */
#include "engine/internal.h"

#include "base/hash.h"
#include "base/mem.h"

#include <string.h>

#define BUCKETS_FIRST 64
#define ID_HASH_BITS 16
#define ID_HASH_MASK ((UINT64_C(1) << ID_HASH_BITS) - 1) /* buckets at most, too, but one */
#define ID_OF_ONE (UINT64_C(1) << ID_HASH_BITS)
#define ID_COUNTER (UINT64_C(1) << (ID_HASH_BITS + 1))

struct sw_observer {
	struct sw_observer *next, *gone_next;
	uint64_t id;
	char *arn; /* NULL: all executions */
	uint64_t hash;
	sw_observe_fn *observe;
	void *user;
	bool gone; /* it may be in the middle of being told: freed when nobody walks its chain */
};

static uint64_t hash_of(const char *arn)
{
	return sw_hash64(arn, strlen(arn), 0);
}

/* Where the observer of an id is, if there is one. */
static struct sw_observer **chain_of(struct sw_observers *observers, uint64_t id)
{
	return id & ID_OF_ONE ? &observers->buckets[id & (observers->buckets_count - 1)] : &observers->all;
}

/* More chains. Not while one of them is walked. Out of memory is benign once there are some. */
static enum sw_result grow(struct sw_observers *observers)
{
	size_t count = observers->buckets_count ? observers->buckets_count * 4 : BUCKETS_FIRST;
	struct sw_observer **before = observers->buckets;
	size_t before_count = observers->buckets_count;
	struct sw_observer **buckets = sw_zalloc_array(count, sizeof(struct sw_observer *));
	if (!buckets)
		return before ? SW_OK : SW_ENOMEM;
	observers->buckets = buckets;
	observers->buckets_count = count;
	for (size_t i = 0; i < before_count; i++) {
		while (before[i]) {
			struct sw_observer *observer = before[i];
			struct sw_observer **chain = chain_of(observers, observer->id);
			before[i] = observer->next;
			observer->next = *chain;
			*chain = observer;
		}
	}
	sw_free(before);
	return SW_OK;
}

enum sw_result sw_engine_observe(struct sw_engine *engine, const char *execution_arn, sw_observe_fn *observe,
				 void *user, uint64_t *ret_id)
{
	struct sw_observers *observers = &engine->observers;
	enum sw_result r = sw_engine_check(engine, NULL);
	if (r < 0)
		return r;
	if (!observe)
		return SW_EINVAL;
	if (execution_arn && !observers->buckets && grow(observers) < 0)
		return SW_ENOMEM;
	struct sw_observer *observer = sw_zalloc(sizeof(*observer));
	char *arn = execution_arn ? sw_strdup(execution_arn) : NULL;
	if (!observer || (execution_arn && !arn)) {
		sw_free(observer);
		sw_free(arn);
		return SW_ENOMEM;
	}
	uint64_t hash = arn ? hash_of(arn) : 0;
	uint64_t id = ++observers->last_number * ID_COUNTER | (arn ? ID_OF_ONE | (hash & ID_HASH_MASK) : 0);
	struct sw_observer **chain = chain_of(observers, id);
	*observer = (struct sw_observer){
		.next = *chain, .id = id, .arn = arn, .hash = hash, .observe = observe, .user = user};
	*chain = observer;
	observers->of_one += arn != NULL;
	if (ret_id)
		*ret_id = id;
	return SW_OK;
}

static void free_one(struct sw_observer *observer)
{
	sw_free(observer->arn);
	sw_free(observer);
}

/* Frees those that are gone. */
static void sweep(struct sw_observers *observers)
{
	while (observers->gone) {
		struct sw_observer *observer = observers->gone;
		struct sw_observer **link = chain_of(observers, observer->id);
		observers->gone = observer->gone_next;
		while (*link != observer)
			link = &(*link)->next;
		*link = observer->next;
		observers->of_one -= observer->arn != NULL;
		free_one(observer);
	}
}

void sw_engine_unobserve(struct sw_engine *engine, uint64_t id)
{
	if (sw_engine_check(engine, NULL) == SW_EINVAL)
		return;
	struct sw_observers *observers = &engine->observers;
	if (id & ID_OF_ONE && !observers->buckets)
		return;
	struct sw_observer *observer = *chain_of(observers, id);
	while (observer && observer->id != id)
		observer = observer->next;
	if (!observer || observer->gone)
		return;
	observer->gone = true;
	observer->gone_next = observers->gone;
	observers->gone = observer;
	if (engine->calling == 0)
		sweep(observers);
}

/* New observers go to the front: one that a callback adds is not told of this commit. */
static void tell_chain(const struct sw_observer *observer, const struct sw_pin *pin, const char *arn,
		       uint64_t hash)
{
	for (; observer; observer = observer->next) {
		if (observer->gone)
			continue;
		if (!observer->arn || (observer->hash == hash && strcmp(observer->arn, arn) == 0))
			observer->observe(observer->user, arn, pin->status, pin->last_event_id);
	}
}

void sw_observers_tell(struct sw_engine *engine, const struct sw_pin *pin)
{
	struct sw_observers *observers = &engine->observers;
	const char *arn = pin->entry->execution->arn;
	if (engine->calling == 0 && observers->of_one > observers->buckets_count &&
	    observers->buckets_count * 4 <= ID_HASH_MASK + 1)
		grow(observers);
	engine->calling++;
	/* Both before anything is told: who is added meanwhile is not told of this commit. */
	uint64_t hash = observers->of_one ? hash_of(arn) : 0;
	const struct sw_observer *of_all = observers->all;
	const struct sw_observer *of_one =
		observers->of_one ? *chain_of(observers, ID_OF_ONE | (hash & ID_HASH_MASK)) : NULL;
	tell_chain(of_all, pin, arn, hash);
	tell_chain(of_one, pin, arn, hash);
	engine->calling--;
	if (engine->calling == 0)
		sweep(observers);
}

static void free_chain(struct sw_observer *observer)
{
	while (observer) {
		struct sw_observer *next = observer->next;
		free_one(observer);
		observer = next;
	}
}

void sw_observers_done(struct sw_observers *observers)
{
	free_chain(observers->all);
	for (size_t i = 0; i < observers->buckets_count; i++)
		free_chain(observers->buckets[i]);
	sw_free(observers->buckets);
	*observers = (struct sw_observers){0};
}
