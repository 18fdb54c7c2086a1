/* Observers: told after each commit that holds new history of an execution. */
#include "engine/internal.h"

#include "base/hash.h"
#include "base/mem.h"

#include <string.h>

struct sw_observer {
	struct sw_observer *next;
	uint64_t id;
	char *arn;     /* NULL: all executions */
	uint64_t hash; /* of arn: a thousand observers are passed over quickly */
	sw_observe_fn *observe;
	void *user;
	bool gone; /* it may be in the middle of being told: freed when nobody walks the list */
};

enum sw_result sw_engine_observe(struct sw_engine *engine, const char *execution_arn, sw_observe_fn *observe,
				 void *user, uint64_t *ret_id)
{
	enum sw_result r = sw_engine_check(engine, NULL);
	if (r < 0)
		return r;
	if (!observe)
		return SW_EINVAL;
	struct sw_observer *observer = sw_zalloc(sizeof(*observer));
	char *arn = execution_arn ? sw_strdup(execution_arn) : NULL;
	if (!observer || (execution_arn && !arn)) {
		sw_free(observer);
		sw_free(arn);
		return SW_ENOMEM;
	}
	*observer = (struct sw_observer){.next = engine->observers.first,
					 .id = ++engine->observers.last_id,
					 .arn = arn,
					 .hash = arn ? sw_hash64(arn, strlen(arn), 0) : 0,
					 .observe = observe,
					 .user = user};
	engine->observers.first = observer;
	engine->observers.of_one += observer->arn != NULL;
	if (ret_id)
		*ret_id = observer->id;
	return SW_OK;
}

/* Frees those that are gone; all: every one. */
static void sweep(struct sw_observers *observers, bool all)
{
	struct sw_observer **link = &observers->first;
	while (*link) {
		struct sw_observer *observer = *link;
		if (!all && !observer->gone) {
			link = &observer->next;
			continue;
		}
		*link = observer->next;
		observers->of_one -= observer->arn != NULL;
		sw_free(observer->arn);
		sw_free(observer);
	}
	observers->swept = false;
}

void sw_engine_unobserve(struct sw_engine *engine, uint64_t id)
{
	if (sw_engine_check(engine, NULL) == SW_EINVAL)
		return;
	for (struct sw_observer *observer = engine->observers.first; observer; observer = observer->next) {
		if (observer->id == id) {
			observer->gone = true;
			engine->observers.swept = true;
		}
	}
	if (engine->observers.swept && engine->calling == 0)
		sweep(&engine->observers, false);
}

void sw_observers_tell(struct sw_engine *engine, const struct sw_pin *pin)
{
	const char *arn = pin->entry->execution->arn;
	uint64_t hash = engine->observers.of_one ? sw_hash64(arn, strlen(arn), 0) : 0;
	engine->calling++;
	/* New observers go to the front: one that a callback adds is not told of this commit. */
	for (struct sw_observer *observer = engine->observers.first; observer; observer = observer->next) {
		if (observer->gone)
			continue;
		if (!observer->arn || (observer->hash == hash && strcmp(observer->arn, arn) == 0))
			observer->observe(observer->user, arn, pin->status, pin->last_event_id);
	}
	engine->calling--;
	if (engine->observers.swept && engine->calling == 0)
		sweep(&engine->observers, false);
}

void sw_observers_done(struct sw_observers *observers)
{
	sweep(observers, true);
}
