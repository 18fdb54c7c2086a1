/*
 * The hooks of engine/loop.h over a host's own libev loop. A header alone: the host compiles it against its
 * own libev, because a library linked to another copy of libev could not share a loop. Installed as
 * stepwell/adapters/libev.h.
 *
 *	struct sw_libev adapter;
 *	sw_libev_init(&adapter, EV_DEFAULT);
 *	options.loop = &adapter.hooks;
 *	...
 *	ev_run(EV_DEFAULT, 0);
 *
 * The adapter must outlive everything that uses it, and the loop must outlive the adapter. It holds no
 * resources of its own: when its users are freed, nothing of it is left in the loop.
 */
#ifndef STEPWELL_ADAPTERS_LIBEV_H
#define STEPWELL_ADAPTERS_LIBEV_H

#include "engine/loop.h"

#include <ev.h>
#include <stdlib.h>
#include <time.h>

/*
 * libev's timers do not count the time a machine is suspended, alarms do: no sleep is longer than this, so
 * that an alarm is late by no more.
 */
#define SW_LIBEV_SLEEP_S_MAX 1.0

struct sw_libev {
	struct ev_loop *loop;
	struct sw_loop hooks;
};

struct sw_libev_watch {
	ev_io io; /* first */
	struct sw_watch *watch;
	unsigned interest;
};

struct sw_libev_alarm {
	ev_timer timer; /* first */
	struct sw_libev *adapter;
	struct sw_alarm *alarm;
};

static inline int64_t sw_libev_clock_ms(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline int64_t sw_libev_mono_ms(void *data)
{
	(void)data;
	return sw_libev_clock_ms(CLOCK_BOOTTIME);
}

static inline int64_t sw_libev_wall_ms(void *data)
{
	(void)data;
	return sw_libev_clock_ms(CLOCK_REALTIME);
}

static inline void sw_libev_io_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	struct sw_libev_watch *slot = (struct sw_libev_watch *)io;
	unsigned ready = 0;
	(void)loop;
	if (revents & EV_READ)
		ready |= SW_READABLE;
	if (revents & EV_WRITE)
		ready |= SW_WRITABLE;
	/* libev stops a watcher whose descriptor is bad: reading or writing will tell the owner. */
	if (revents & EV_ERROR)
		ready = slot->interest;
	ready &= slot->interest;
	/* The callback may end the slot. */
	if (ready)
		slot->watch->ready(slot->watch, ready);
}

static inline enum sw_result sw_libev_watch_set(void *data, struct sw_watch *watch, unsigned interest)
{
	struct sw_libev *adapter = (struct sw_libev *)data;
	struct sw_libev_watch *slot = (struct sw_libev_watch *)watch->slot;
	int events = (interest & SW_READABLE ? EV_READ : 0) | (interest & SW_WRITABLE ? EV_WRITE : 0);
	if (slot && slot->interest == interest && slot->io.fd == watch->fd && ev_is_active(&slot->io))
		return SW_OK;
	if (slot)
		ev_io_stop(adapter->loop, &slot->io); /* what is pending of it is forgotten too */
	if (events == 0) {
		free(slot);
		watch->slot = NULL;
		return SW_OK;
	}
	if (!slot) {
		slot = (struct sw_libev_watch *)malloc(sizeof(*slot));
		if (!slot)
			return SW_ENOMEM;
		slot->watch = watch;
		ev_init(&slot->io, sw_libev_io_ready);
		watch->slot = slot;
	}
	slot->interest = interest;
	ev_io_set(&slot->io, watch->fd, events);
	ev_io_start(adapter->loop, &slot->io);
	return SW_OK;
}

static inline void sw_libev_timer_start(struct sw_libev_alarm *slot)
{
	struct ev_loop *loop = slot->adapter->loop;
	int64_t now_ms = sw_libev_clock_ms(CLOCK_BOOTTIME);
	int64_t due_ms = slot->alarm->due_ms;
	double after_s = due_ms > now_ms ? ((double)due_ms - (double)now_ms) / 1000.0 : 0;
	if (after_s > SW_LIBEV_SLEEP_S_MAX)
		after_s = SW_LIBEV_SLEEP_S_MAX;
	/* Timers count from the loop's idea of now, which is as old as this iteration. */
	ev_now_update(loop);
	ev_timer_set(&slot->timer, after_s, 0);
	ev_timer_start(loop, &slot->timer);
}

static inline void sw_libev_timer_fired(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct sw_libev_alarm *slot = (struct sw_libev_alarm *)timer;
	struct sw_alarm *alarm = slot->alarm;
	(void)revents;
	if (sw_libev_clock_ms(CLOCK_BOOTTIME) < alarm->due_ms) {
		sw_libev_timer_start(slot); /* a slice of a long sleep, or clocks that differ a little */
		return;
	}
	ev_timer_stop(loop, timer);
	free(slot);
	alarm->slot = NULL;
	alarm->fired(alarm);
}

static inline enum sw_result sw_libev_alarm_set(void *data, struct sw_alarm *alarm, int64_t due_ms)
{
	struct sw_libev *adapter = (struct sw_libev *)data;
	struct sw_libev_alarm *slot = (struct sw_libev_alarm *)alarm->slot;
	if (slot && alarm->due_ms == due_ms)
		return SW_OK;
	alarm->due_ms = due_ms;
	if (slot)
		ev_timer_stop(adapter->loop, &slot->timer);
	if (due_ms == SW_NEVER) {
		free(slot);
		alarm->slot = NULL;
		return SW_OK;
	}
	if (!slot) {
		slot = (struct sw_libev_alarm *)malloc(sizeof(*slot));
		if (!slot)
			return SW_ENOMEM;
		slot->adapter = adapter;
		slot->alarm = alarm;
		ev_init(&slot->timer, sw_libev_timer_fired);
		alarm->slot = slot;
	}
	sw_libev_timer_start(slot);
	return SW_OK;
}

static inline void sw_libev_init(struct sw_libev *adapter, struct ev_loop *loop)
{
	static const struct sw_loop_ops ops = {
		sw_libev_watch_set,
		sw_libev_alarm_set,
		sw_libev_mono_ms,
		sw_libev_wall_ms,
	};
	adapter->loop = loop;
	adapter->hooks.ops = &ops;
	adapter->hooks.data = adapter;
}

#endif
