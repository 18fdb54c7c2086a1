/*
 * The loop of one descriptor: epoll for watches, a heap for alarms, and a timer descriptor inside the epoll
 * so that the one descriptor tells of alarms too (and at the right moment after the machine was suspended,
 * which poll's own timeout does not count). See loop.h.
 */
#include "engine/loop.h"

#include "base/assert.h"
#include "base/heap.h"
#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_PER_ROUND 64

/*
 * What a watch's slot points to. A slot that ends while a round is under way is kept, without its watch,
 * until the round's end, because events already taken from the kernel may name it.
 */
struct watch_slot {
	struct watch_slot *next, *previous; /* in the list of all, or (next alone) of those that ended */
	struct sw_watch *watch;             /* NULL: ended */
	int fd;
	unsigned interest;
};

struct alarm_slot {
	struct sw_heap_node node; /* first: the heap's pointers are ours */
	struct sw_alarm *alarm;
	struct alarm_slot *next, *previous; /* while it is due, in the round's list and in no heap */
	bool due;
};

struct sw_poll_loop {
	struct sw_loop hooks;
	int epoll_fd, timer_fd;
	struct watch_slot *watches, *ended;
	struct sw_heap alarms;
	struct alarm_slot *due_first, *due_last;
	uint64_t alarms_set;  /* breaks ties: first set, first fired */
	int64_t timer_due_ms; /* what the timer descriptor is set to */
	bool dispatching;
};

/* ---- clocks ---------------------------------------------------------------------------------- */

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t loop_mono_ms(void *data)
{
	return clock_ms(CLOCK_BOOTTIME);
}

static int64_t loop_wall_ms(void *data)
{
	return clock_ms(CLOCK_REALTIME);
}

/* ---- watches --------------------------------------------------------------------------------- */

static void watch_end(struct sw_poll_loop *loop, struct watch_slot *slot)
{
	/* Fails when the owner has closed the descriptor already: then the kernel has forgotten it. */
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, slot->fd, NULL);
	slot->watch->slot = NULL;
	slot->watch = NULL;
	if (slot->previous)
		slot->previous->next = slot->next;
	else
		loop->watches = slot->next;
	if (slot->next)
		slot->next->previous = slot->previous;
	if (loop->dispatching) {
		slot->next = loop->ended;
		loop->ended = slot;
	} else {
		sw_free(slot);
	}
}

static enum sw_result control(struct sw_poll_loop *loop, int operation, struct watch_slot *slot,
			      unsigned interest)
{
	struct epoll_event event = {.data = {.ptr = slot}};
	if (interest & SW_READABLE)
		event.events |= EPOLLIN;
	if (interest & SW_WRITABLE)
		event.events |= EPOLLOUT;
	if (epoll_ctl(loop->epoll_fd, operation, slot->fd, &event) < 0)
		return errno == ENOMEM || errno == ENOSPC ? SW_ENOMEM : SW_EIO;
	slot->interest = interest;
	return SW_OK;
}

static enum sw_result loop_watch(void *data, struct sw_watch *watch, unsigned interest)
{
	struct sw_poll_loop *loop = data;
	struct watch_slot *slot = watch->slot;
	interest &= SW_READABLE | SW_WRITABLE;
	if (slot && (interest == 0 || slot->fd != watch->fd)) {
		watch_end(loop, slot);
		slot = NULL;
	}
	if (interest == 0)
		return SW_OK;
	if (slot)
		return slot->interest == interest ? SW_OK : control(loop, EPOLL_CTL_MOD, slot, interest);
	slot = sw_zalloc(sizeof(*slot));
	if (!slot)
		return SW_ENOMEM;
	slot->fd = watch->fd;
	enum sw_result r = control(loop, EPOLL_CTL_ADD, slot, interest);
	if (r < 0) {
		sw_free(slot);
		return r;
	}
	slot->watch = watch;
	slot->next = loop->watches;
	if (slot->next)
		slot->next->previous = slot;
	loop->watches = slot;
	watch->slot = slot;
	return SW_OK;
}

/* ---- alarms ---------------------------------------------------------------------------------- */

static struct alarm_slot *first_alarm(const struct sw_poll_loop *loop)
{
	return (struct alarm_slot *)sw_heap_first(&loop->alarms);
}

/* Sets the timer descriptor to the first alarm; during a round once, at its end. */
static void set_timer(struct sw_poll_loop *loop)
{
	const struct alarm_slot *first = first_alarm(loop);
	int64_t due_ms = first ? first->node.key : SW_NEVER;
	struct itimerspec spec = {0};
	if (loop->dispatching || due_ms == loop->timer_due_ms)
		return;
	if (due_ms != SW_NEVER) {
		spec.it_value.tv_sec = (time_t)(due_ms / 1000);
		/* A time of 0 would stop the timer; 1 ns is past too. */
		spec.it_value.tv_nsec = due_ms > 0 ? (long)(due_ms % 1000) * 1000000 : 1;
	}
	/* Without it (it cannot fail with these arguments) sw_poll_loop_timeout_ms still tells. */
	timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
	loop->timer_due_ms = due_ms;
}

static void due_unlink(struct sw_poll_loop *loop, struct alarm_slot *slot)
{
	if (slot->previous)
		slot->previous->next = slot->next;
	else
		loop->due_first = slot->next;
	if (slot->next)
		slot->next->previous = slot->previous;
	else
		loop->due_last = slot->previous;
	slot->next = slot->previous = NULL;
	slot->due = false;
}

/* Takes the slot out of heap or list. */
static void alarm_unlink(struct sw_poll_loop *loop, struct alarm_slot *slot)
{
	if (slot->due)
		due_unlink(loop, slot);
	else
		sw_heap_remove(&loop->alarms, &slot->node);
}

static void alarm_end(struct sw_poll_loop *loop, struct alarm_slot *slot)
{
	alarm_unlink(loop, slot);
	slot->alarm->slot = NULL;
	sw_free(slot);
}

static enum sw_result loop_alarm(void *data, struct sw_alarm *alarm, int64_t due_ms)
{
	struct sw_poll_loop *loop = data;
	struct alarm_slot *slot = alarm->slot;
	enum sw_result r = SW_OK;
	alarm->due_ms = due_ms;
	if (due_ms < 0)
		due_ms = 0; /* as past as any */
	if (due_ms == SW_NEVER) {
		if (slot)
			alarm_end(loop, slot);
		set_timer(loop);
		return SW_OK;
	}
	if (slot && !slot->due && slot->node.key == due_ms)
		return SW_OK;
	if (slot)
		alarm_unlink(loop, slot);
	else
		slot = sw_zalloc(sizeof(*slot));
	if (!slot)
		return SW_ENOMEM;
	slot->alarm = alarm;
	slot->node = (struct sw_heap_node){.key = due_ms, .minor = loop->alarms_set++};
	r = sw_heap_insert(&loop->alarms, &slot->node);
	if (r < 0) {
		alarm->slot = NULL;
		sw_free(slot);
		return r;
	}
	alarm->slot = slot;
	set_timer(loop);
	return SW_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static const struct sw_loop_ops poll_loop_ops = {
	.watch = loop_watch,
	.alarm = loop_alarm,
	.mono_ms = loop_mono_ms,
	.wall_ms = loop_wall_ms,
};

enum sw_result sw_poll_loop_new(struct sw_poll_loop **ret_loop, struct sw_error *err)
{
	struct sw_poll_loop *loop = sw_zalloc(sizeof(*loop));
	if (!loop)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	loop->hooks = (struct sw_loop){&poll_loop_ops, loop};
	loop->timer_due_ms = SW_NEVER;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	/* The timer has no slot. */
	struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = NULL}};
	if (loop->epoll_fd < 0 || loop->timer_fd < 0 ||
	    epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->timer_fd, &event) < 0) {
		int reason = errno;
		sw_poll_loop_free(loop);
		return sw_error_set(err, reason == ENOMEM ? SW_ENOMEM : SW_EIO,
				    "no descriptor for a loop: %s", strerror(reason));
	}
	*ret_loop = loop;
	return SW_OK;
}

void sw_poll_loop_free(struct sw_poll_loop *loop)
{
	if (!loop)
		return;
	SW_ASSERT(!loop->dispatching);
	/* Their owners are gone, or do not look at them again. */
	while (loop->watches) {
		struct watch_slot *next = loop->watches->next;
		sw_free(loop->watches);
		loop->watches = next;
	}
	for (struct alarm_slot *slot = first_alarm(loop); slot; slot = first_alarm(loop)) {
		sw_heap_remove(&loop->alarms, &slot->node);
		sw_free(slot);
	}
	sw_heap_done(&loop->alarms);
	if (loop->timer_fd >= 0)
		close(loop->timer_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	sw_free(loop);
}

const struct sw_loop *sw_poll_loop_hooks(struct sw_poll_loop *loop)
{
	return &loop->hooks;
}

int sw_poll_loop_fd(const struct sw_poll_loop *loop)
{
	return loop->epoll_fd;
}

int sw_poll_loop_timeout_ms(const struct sw_poll_loop *loop)
{
	const struct alarm_slot *first = first_alarm(loop);
	if (!first)
		return -1;
	int64_t now_ms = clock_ms(CLOCK_BOOTTIME);
	if (first->node.key <= now_ms)
		return 0;
	/* Both are far from the limits of int64_t but for a due time that somebody made up. */
	uint64_t left_ms = (uint64_t)first->node.key - (uint64_t)now_ms;
	return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

/* ---- running --------------------------------------------------------------------------------- */

static void run_watches(const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++) {
		struct watch_slot *slot = events[i].data.ptr;
		if (!slot || !slot->watch)
			continue;
		unsigned ready = 0;
		if (events[i].events & EPOLLIN)
			ready |= SW_READABLE;
		if (events[i].events & EPOLLOUT)
			ready |= SW_WRITABLE;
		/* A broken or closed descriptor: reading or writing will tell its owner. */
		if (events[i].events & (EPOLLERR | EPOLLHUP))
			ready |= SW_READABLE | SW_WRITABLE;
		/* An earlier callback of this round may have lost interest. */
		ready &= slot->interest;
		if (ready)
			slot->watch->ready(slot->watch, ready);
	}
}

/*
 * Fires what is due now. The due ones are taken out first: an alarm that is set again from its callback, even
 * to a time that is past, waits for the next round.
 */
static void run_alarms(struct sw_poll_loop *loop)
{
	int64_t now_ms = clock_ms(CLOCK_BOOTTIME);
	for (struct alarm_slot *slot = first_alarm(loop); slot && slot->node.key <= now_ms;
	     slot = first_alarm(loop)) {
		sw_heap_remove(&loop->alarms, &slot->node);
		slot->due = true;
		slot->previous = loop->due_last;
		if (loop->due_last)
			loop->due_last->next = slot;
		else
			loop->due_first = slot;
		loop->due_last = slot;
	}
	while (loop->due_first) {
		struct sw_alarm *alarm = loop->due_first->alarm;
		alarm_end(loop, loop->due_first);
		alarm->fired(alarm);
	}
}

static void end_round(struct sw_poll_loop *loop)
{
	loop->dispatching = false;
	while (loop->ended) {
		struct watch_slot *next = loop->ended->next;
		sw_free(loop->ended);
		loop->ended = next;
	}
	/* An expired timer stays readable until it is set again. */
	if (loop->timer_due_ms != SW_NEVER && loop->timer_due_ms <= clock_ms(CLOCK_BOOTTIME)) {
		uint64_t expirations;
		ssize_t got = read(loop->timer_fd, &expirations, sizeof(expirations));
		(void)got;               /* nothing to read: it was not yet seen as expired */
		loop->timer_due_ms = -1; /* unlike every due time */
	}
	set_timer(loop);
}

/* One round: waits, then runs what is ready. */
static enum sw_result run_round(struct sw_poll_loop *loop, int timeout_ms, struct sw_error *err)
{
	struct epoll_event events[EVENTS_PER_ROUND];
	if (loop->dispatching)
		return sw_error_set(err, SW_EBUSY, "a loop cannot be run from one of its callbacks");
	int count = epoll_wait(loop->epoll_fd, events, EVENTS_PER_ROUND, timeout_ms);
	if (count < 0 && errno != EINTR)
		return sw_error_set(err, SW_EIO, "epoll_wait: %s", strerror(errno));
	loop->dispatching = true;
	run_watches(events, count);
	run_alarms(loop);
	end_round(loop);
	return SW_OK;
}

enum sw_result sw_poll_loop_dispatch(struct sw_poll_loop *loop, struct sw_error *err)
{
	return run_round(loop, 0, err);
}

enum sw_result sw_poll_loop_run(struct sw_poll_loop *loop, int timeout_ms, struct sw_error *err)
{
	int alarm_ms = sw_poll_loop_timeout_ms(loop);
	if (timeout_ms < 0 || (alarm_ms >= 0 && alarm_ms < timeout_ms))
		timeout_ms = alarm_ms;
	return run_round(loop, timeout_ms, err);
}
