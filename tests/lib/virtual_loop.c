/* A loop whose clocks the test moves: see virtual_loop.h. */
#include "virtual_loop.h"

#include <poll.h>
#include <stddef.h>

#define SETTLE_TURNS_MAX 100000

static enum sw_result watch(void *data, struct sw_watch *watch, unsigned interest)
{
	struct virtual_loop *loop = data;
	size_t place = VIRTUAL_LOOP_SLOTS;
	for (size_t i = 0; i < VIRTUAL_LOOP_SLOTS; i++) {
		if (loop->watches[i] == watch || (!loop->watches[i] && place == VIRTUAL_LOOP_SLOTS))
			place = i;
		if (loop->watches[i] == watch)
			break;
	}
	if (place == VIRTUAL_LOOP_SLOTS)
		return SW_ENOMEM;
	if (interest == 0 && loop->watches[place] != watch)
		return SW_OK;
	loop->watches[place] = interest ? watch : NULL;
	loop->interests[place] = interest;
	watch->slot = interest ? loop : NULL;
	return SW_OK;
}

static enum sw_result alarm_set(void *data, struct sw_alarm *alarm, int64_t due_ms)
{
	struct virtual_loop *loop = data;
	size_t place = VIRTUAL_LOOP_SLOTS;
	for (size_t i = 0; i < VIRTUAL_LOOP_SLOTS; i++) {
		if (loop->alarms[i] == alarm || (!loop->alarms[i] && place == VIRTUAL_LOOP_SLOTS))
			place = i;
		if (loop->alarms[i] == alarm)
			break;
	}
	if (place == VIRTUAL_LOOP_SLOTS)
		return SW_ENOMEM;
	if (due_ms == SW_NEVER && loop->alarms[place] != alarm)
		return SW_OK;
	loop->alarms[place] = due_ms == SW_NEVER ? NULL : alarm;
	alarm->due_ms = due_ms;
	alarm->slot = due_ms == SW_NEVER ? NULL : loop;
	return SW_OK;
}

static int64_t mono_ms(void *data)
{
	return ((struct virtual_loop *)data)->mono_ms;
}

static int64_t wall_ms(void *data)
{
	return ((struct virtual_loop *)data)->wall_ms;
}

static const struct sw_loop_ops ops = {watch, alarm_set, mono_ms, wall_ms};

void virtual_loop_init(struct virtual_loop *loop, int64_t now_ms)
{
	*loop = (struct virtual_loop){.mono_ms = 1000, .wall_ms = now_ms};
	loop->hooks = (struct sw_loop){&ops, loop};
}

static bool run_watches(struct virtual_loop *loop)
{
	bool ran = false;
	for (size_t i = 0; i < VIRTUAL_LOOP_SLOTS; i++) {
		struct sw_watch *ready = loop->watches[i];
		if (!ready)
			continue;
		unsigned interest = loop->interests[i];
		struct pollfd fd = {.fd = ready->fd,
				    .events = (short)((interest & SW_READABLE ? POLLIN : 0) |
						      (interest & SW_WRITABLE ? POLLOUT : 0))};
		if (poll(&fd, 1, 0) <= 0)
			continue;
		ran = true;
		ready->ready(ready, ((fd.revents & ~POLLOUT) ? (unsigned)SW_READABLE : 0) |
					    ((fd.revents & POLLOUT) ? (unsigned)SW_WRITABLE : 0));
	}
	return ran;
}

static bool run_alarms(struct virtual_loop *loop)
{
	bool ran = false;
	for (size_t i = 0; i < VIRTUAL_LOOP_SLOTS; i++) {
		struct sw_alarm *due = loop->alarms[i];
		if (!due || due->due_ms > loop->mono_ms)
			continue;
		loop->alarms[i] = NULL;
		due->slot = NULL;
		ran = true;
		due->fired(due);
	}
	return ran;
}

bool virtual_loop_turn(struct virtual_loop *loop)
{
	bool watches = run_watches(loop);
	return run_alarms(loop) || watches;
}

int64_t virtual_loop_next_ms(const struct virtual_loop *loop)
{
	int64_t next_ms = SW_NEVER;
	for (size_t i = 0; i < VIRTUAL_LOOP_SLOTS; i++) {
		if (loop->alarms[i] && loop->alarms[i]->due_ms < next_ms)
			next_ms = loop->alarms[i]->due_ms;
	}
	return next_ms;
}

void virtual_loop_settle(struct virtual_loop *loop, unsigned turns_max)
{
	for (unsigned i = 0; i < turns_max && virtual_loop_turn(loop); i++)
		continue;
}

void virtual_loop_advance(struct virtual_loop *loop, int64_t by_ms)
{
	int64_t until_ms = loop->mono_ms + by_ms;
	virtual_loop_settle(loop, SETTLE_TURNS_MAX);
	while (loop->mono_ms < until_ms) {
		int64_t next_ms = virtual_loop_next_ms(loop);
		int64_t to_ms = next_ms < until_ms ? next_ms : until_ms;
		loop->wall_ms += to_ms - loop->mono_ms;
		loop->mono_ms = to_ms;
		virtual_loop_settle(loop, SETTLE_TURNS_MAX);
	}
}

unsigned virtual_loop_count(const struct virtual_loop *loop)
{
	unsigned count = 0;
	for (size_t i = 0; i < VIRTUAL_LOOP_SLOTS; i++)
		count += (loop->watches[i] != NULL) + (loop->alarms[i] != NULL);
	return count;
}
