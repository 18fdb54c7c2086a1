/*
 * How the engine (and the server) see their host's event loop: watch a descriptor, set an alarm, tell the
 * time. Adapters fill these hooks: stepwell/adapters/libev.h for a host's own libev, sw_poll_loop (one
 * descriptor, for any poll loop; also what runs blocking), and a virtual clock in tests. Installed as
 * stepwell/loop.h.
 *
 * Hooks are idempotent and come from the loop's thread only. Callbacks may call any hook.
 */
#ifndef STEPWELL_LOOP_H
#define STEPWELL_LOOP_H

#include "base/error.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sw_interest { SW_READABLE = 1, SW_WRITABLE = 2 };

/*
 * One watched descriptor. The owner (engine, server) holds the memory and fills the first part; it stops the
 * watch before it closes the descriptor.
 */
struct sw_watch {
	int fd;
	void (*ready)(struct sw_watch *watch, unsigned interest); /* level-triggered */
	void *user;
	void *slot; /* the adapter's; NULL while not watched */
};

/* One alarm. */
struct sw_alarm {
	void (*fired)(struct sw_alarm *alarm); /* once, at due_ms or later; not before, not from inside set */
	void *user;
	int64_t due_ms; /* as set */
	void *slot;     /* the adapter's; NULL while not set */
};

#define SW_NEVER INT64_MAX

struct sw_loop_ops {
	/* Watches for interest (SW_READABLE | SW_WRITABLE); 0 stops and frees the slot. SW_ENOMEM, SW_EIO. */
	enum sw_result (*watch)(void *loop, struct sw_watch *watch, unsigned interest);
	/* Sets the alarm to a time of mono_ms; SW_NEVER stops it and frees the slot. SW_ENOMEM. */
	enum sw_result (*alarm)(void *loop, struct sw_alarm *alarm, int64_t due_ms);
	/* A clock that never goes back and counts suspended time (CLOCK_BOOTTIME). */
	int64_t (*mono_ms)(void *loop);
	/* The wall clock, milliseconds since 1970 (CLOCK_REALTIME). */
	int64_t (*wall_ms)(void *loop);
};

struct sw_loop {
	const struct sw_loop_ops *ops;
	void *data; /* passed to the hooks */
};

/* ---- a loop of one descriptor, for hosts with any poll loop, and for programs that just block -------- */

struct sw_poll_loop;
SW_API enum sw_result sw_poll_loop_new(struct sw_poll_loop **ret_loop, struct sw_error *err);
SW_API void sw_poll_loop_free(struct sw_poll_loop *loop); /* after everything that watches it; NULL allowed */
/* What to give to sw_engine_new; borrowed while the loop lives. */
SW_API const struct sw_loop *sw_poll_loop_hooks(struct sw_poll_loop *loop);
/* The descriptor to poll for reading (an epoll descriptor). */
SW_API int sw_poll_loop_fd(const struct sw_poll_loop *loop);
/* Milliseconds until the next alarm: 0 now, -1 none. The timeout for poll(2). */
SW_API int sw_poll_loop_timeout_ms(const struct sw_poll_loop *loop);
/* Runs what is ready without blocking. */
SW_API enum sw_result sw_poll_loop_dispatch(struct sw_poll_loop *loop, struct sw_error *err);
/* Waits at most timeout_ms (-1: no limit) for something to be ready, and runs it. */
SW_API enum sw_result sw_poll_loop_run(struct sw_poll_loop *loop, int timeout_ms, struct sw_error *err);

#ifdef __cplusplus
}
#endif
#endif
