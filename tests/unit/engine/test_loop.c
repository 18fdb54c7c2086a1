/*
 * The loop of one descriptor, and the adapter for libev: every test of the hooks runs on both. Nothing here
 * depends on how long anything takes: an alarm is only known not to be early.
 */
#include "engine/adapters/libev.h"
#include "engine/loop.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- one of the two loops ----------------------------------------------------------------------------- */

struct host {
	const struct sw_loop *loop;
	struct sw_poll_loop *poll;
	struct sw_libev libev;
};

static int start_poll(void **state)
{
	struct host *host = sw_zalloc(sizeof(*host));
	assert_int_equal(sw_poll_loop_new(&host->poll, NULL), SW_OK);
	host->loop = sw_poll_loop_hooks(host->poll);
	*state = host;
	return 0;
}

static int start_libev(void **state)
{
	struct host *host = sw_zalloc(sizeof(*host));
	sw_libev_init(&host->libev, ev_loop_new(EVFLAG_AUTO));
	assert_non_null(host->libev.loop);
	host->loop = &host->libev.hooks;
	*state = host;
	return 0;
}

static int stop(void **state)
{
	struct host *host = *state;
	sw_poll_loop_free(host->poll);
	if (host->libev.loop)
		ev_loop_destroy(host->libev.loop);
	sw_free(host);
	return 0;
}

/* Waits for something to do, and does it. */
static void run_once(struct host *host)
{
	if (host->poll)
		assert_int_equal(sw_poll_loop_run(host->poll, -1, NULL), SW_OK);
	else
		ev_run(host->libev.loop, EVRUN_ONCE);
}

/* Does what is ready. */
static void run_ready(struct host *host)
{
	if (host->poll)
		assert_int_equal(sw_poll_loop_dispatch(host->poll, NULL), SW_OK);
	else
		ev_run(host->libev.loop, EVRUN_NOWAIT);
}

static enum sw_result watch(struct host *host, struct sw_watch *w, unsigned interest)
{
	return host->loop->ops->watch(host->loop->data, w, interest);
}

static enum sw_result set_alarm(struct host *host, struct sw_alarm *a, int64_t due_ms)
{
	return host->loop->ops->alarm(host->loop->data, a, due_ms);
}

static int64_t now_ms(struct host *host)
{
	return host->loop->ops->mono_ms(host->loop->data);
}

/* ---- watches ------------------------------------------------------------------------------------------- */

struct counted {
	struct sw_watch watch;
	struct host *host;
	unsigned calls, last;
	struct counted *victim; /* is stopped from the callback */
	bool stops_itself;
};

static void count_ready(struct sw_watch *w, unsigned interest)
{
	struct counted *c = w->user;
	c->calls++;
	c->last = interest;
	if (c->victim)
		assert_int_equal(watch(c->host, &c->victim->watch, 0), SW_OK);
	if (c->stops_itself)
		assert_int_equal(watch(c->host, &c->watch, 0), SW_OK);
}

static void counted_init(struct counted *c, struct host *host, int fd)
{
	*c = (struct counted){.host = host, .watch = {.fd = fd, .ready = count_ready, .user = c}};
}

static void pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
}

static void a_watch_is_told_what_it_asked_for(void **state)
{
	struct host *host = *state;
	struct counted c;
	int fds[2];
	pair(fds);
	counted_init(&c, host, fds[0]);
	assert_int_equal(watch(host, &c.watch, SW_READABLE), SW_OK);
	assert_non_null(c.watch.slot);
	run_ready(host);
	assert_int_equal(c.calls, 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	run_once(host);
	assert_int_equal(c.calls, 1);
	assert_int_equal(c.last, SW_READABLE);
	/* Level-triggered: it is still readable. */
	run_ready(host);
	assert_int_equal(c.calls, 2);
	assert_int_equal(watch(host, &c.watch, SW_READABLE | SW_WRITABLE), SW_OK);
	run_once(host);
	assert_int_equal(c.last, SW_READABLE | SW_WRITABLE);
	assert_int_equal(watch(host, &c.watch, SW_WRITABLE), SW_OK);
	assert_int_equal(watch(host, &c.watch, SW_WRITABLE), SW_OK);
	run_once(host);
	assert_int_equal(c.last, SW_WRITABLE);
	unsigned calls = c.calls;
	assert_int_equal(watch(host, &c.watch, 0), SW_OK);
	assert_null(c.watch.slot);
	assert_int_equal(watch(host, &c.watch, 0), SW_OK);
	run_ready(host);
	assert_int_equal(c.calls, calls);
	close(fds[0]);
	close(fds[1]);
}

static void a_closed_peer_is_told_to_who_waits_to_read(void **state)
{
	struct host *host = *state;
	struct counted c;
	int fds[2];
	pair(fds);
	counted_init(&c, host, fds[0]);
	assert_int_equal(watch(host, &c.watch, SW_READABLE), SW_OK);
	close(fds[1]);
	run_once(host);
	assert_int_equal(c.calls, 1);
	assert_int_equal(c.last, SW_READABLE);
	assert_int_equal(watch(host, &c.watch, 0), SW_OK);
	close(fds[0]);
}

/* Both are ready in the same round; whichever is called first stops and frees the other. */
static void a_watch_may_be_stopped_and_freed_from_the_callback_of_another(void **state)
{
	struct host *host = *state;
	for (int turn = 0; turn < 2; turn++) {
		struct counted *a = sw_zalloc(sizeof(*a)), *b = sw_zalloc(sizeof(*b));
		int first[2], second[2];
		pair(first);
		pair(second);
		counted_init(a, host, first[0]);
		counted_init(b, host, second[0]);
		a->victim = b;
		b->victim = a;
		assert_int_equal(watch(host, turn ? &b->watch : &a->watch, SW_READABLE), SW_OK);
		assert_int_equal(watch(host, turn ? &a->watch : &b->watch, SW_READABLE), SW_OK);
		assert_int_equal(write(first[1], "x", 1), 1);
		assert_int_equal(write(second[1], "x", 1), 1);
		run_ready(host);
		assert_int_equal(a->calls + b->calls, 1);
		assert_int_equal((a->watch.slot == NULL) + (b->watch.slot == NULL), 1);
		assert_int_equal(watch(host, &a->watch, 0), SW_OK);
		assert_int_equal(watch(host, &b->watch, 0), SW_OK);
		sw_free(a);
		sw_free(b);
		run_ready(host);
		for (int i = 0; i < 2; i++) {
			close(first[i]);
			close(second[i]);
		}
	}
}

static void a_watch_may_stop_itself(void **state)
{
	struct host *host = *state;
	struct counted c;
	int fds[2];
	pair(fds);
	counted_init(&c, host, fds[0]);
	c.stops_itself = true;
	assert_int_equal(write(fds[1], "x", 1), 1);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(watch(host, &c.watch, SW_READABLE), SW_OK);
		run_once(host);
		run_ready(host);
		assert_int_equal(c.calls, i);
		assert_null(c.watch.slot);
	}
	close(fds[0]);
	close(fds[1]);
}

static void a_watch_may_move_to_another_descriptor(void **state)
{
	struct host *host = *state;
	struct counted c;
	int first[2], second[2];
	pair(first);
	pair(second);
	counted_init(&c, host, first[0]);
	assert_int_equal(watch(host, &c.watch, SW_READABLE), SW_OK);
	assert_int_equal(write(first[1], "x", 1), 1);
	c.watch.fd = second[0];
	assert_int_equal(watch(host, &c.watch, SW_READABLE), SW_OK);
	run_ready(host);
	assert_int_equal(c.calls, 0);
	assert_int_equal(write(second[1], "x", 1), 1);
	run_once(host);
	assert_int_equal(c.calls, 1);
	assert_int_equal(watch(host, &c.watch, 0), SW_OK);
	for (int i = 0; i < 2; i++) {
		close(first[i]);
		close(second[i]);
	}
}

/* ---- alarms ------------------------------------------------------------------------------------------- */

struct rung {
	struct sw_alarm alarm;
	struct host *host;
	unsigned calls;
	unsigned again;      /* how often it sets itself again */
	struct rung *victim; /* is stopped from the callback */
	struct rung *helped; /* is set from the callback, to a time that is past */
	char name;
	char *order; /* where names are noted */
};

static void ring(struct sw_alarm *a)
{
	struct rung *r = a->user;
	r->calls++;
	assert_null(a->slot);
	assert_true(now_ms(r->host) >= a->due_ms);
	if (r->order)
		strncat(r->order, &r->name, 1);
	if (r->again) {
		r->again--;
		assert_int_equal(set_alarm(r->host, a, now_ms(r->host) - 5), SW_OK);
	}
	if (r->victim)
		assert_int_equal(set_alarm(r->host, &r->victim->alarm, SW_NEVER), SW_OK);
	if (r->helped)
		assert_int_equal(set_alarm(r->host, &r->helped->alarm, 0), SW_OK);
}

static void rung_init(struct rung *r, struct host *host)
{
	*r = (struct rung){.host = host, .alarm = {.fired = ring, .user = r}};
}

static void an_alarm_fires_once_and_not_before_its_time(void **state)
{
	struct host *host = *state;
	struct rung r;
	rung_init(&r, host);
	assert_int_equal(set_alarm(host, &r.alarm, now_ms(host) + 20), SW_OK);
	assert_non_null(r.alarm.slot);
	while (r.calls == 0)
		run_once(host);
	assert_null(r.alarm.slot);
	run_ready(host);
	assert_int_equal(r.calls, 1);
}

static void a_past_alarm_fires_in_the_next_round_and_not_at_once(void **state)
{
	struct host *host = *state;
	static const int64_t past[] = {INT64_MIN, -1, 0, 1};
	for (size_t i = 0; i < sizeof(past) / sizeof(past[0]); i++) {
		struct rung r;
		rung_init(&r, host);
		assert_int_equal(set_alarm(host, &r.alarm, past[i]), SW_OK);
		assert_int_equal(r.calls, 0);
		run_once(host);
		assert_int_equal(r.calls, 1);
	}
}

static void a_stopped_alarm_does_not_fire(void **state)
{
	struct host *host = *state;
	struct rung r;
	rung_init(&r, host);
	assert_int_equal(set_alarm(host, &r.alarm, 1), SW_OK);
	assert_int_equal(set_alarm(host, &r.alarm, SW_NEVER), SW_OK);
	assert_null(r.alarm.slot);
	assert_int_equal(set_alarm(host, &r.alarm, SW_NEVER), SW_OK);
	run_ready(host);
	assert_int_equal(r.calls, 0);
	/* One that is moved fires at its new time. */
	assert_int_equal(set_alarm(host, &r.alarm, INT64_MAX - 1), SW_OK);
	run_ready(host);
	assert_int_equal(r.calls, 0);
	assert_int_equal(set_alarm(host, &r.alarm, 1), SW_OK);
	run_once(host);
	assert_int_equal(r.calls, 1);
	assert_int_equal(set_alarm(host, &r.alarm, 1), SW_OK);
	assert_int_equal(set_alarm(host, &r.alarm, INT64_MAX - 1), SW_OK);
	run_ready(host);
	assert_int_equal(r.calls, 1);
	assert_int_equal(set_alarm(host, &r.alarm, SW_NEVER), SW_OK);
}

static void an_alarm_set_again_from_its_callback_lets_others_in_between(void **state)
{
	struct host *host = *state;
	struct rung a;
	struct counted c;
	int fds[2];
	pair(fds);
	rung_init(&a, host);
	counted_init(&c, host, fds[0]);
	a.again = 3;
	assert_int_equal(watch(host, &c.watch, SW_WRITABLE), SW_OK);
	assert_int_equal(set_alarm(host, &a.alarm, 1), SW_OK);
	while (a.calls < 4)
		run_ready(host);
	/* A round has one call of each at most. */
	assert_true(c.calls >= 3);
	assert_null(a.alarm.slot);
	assert_int_equal(watch(host, &c.watch, 0), SW_OK);
	close(fds[0]);
	close(fds[1]);
}

static void an_alarm_may_be_stopped_and_freed_from_the_callback_of_another(void **state)
{
	struct host *host = *state;
	struct rung *a = sw_zalloc(sizeof(*a)), *b = sw_zalloc(sizeof(*b));
	rung_init(a, host);
	rung_init(b, host);
	a->victim = b;
	b->victim = a;
	assert_int_equal(set_alarm(host, &a->alarm, 1), SW_OK);
	assert_int_equal(set_alarm(host, &b->alarm, 1), SW_OK);
	run_once(host);
	assert_int_equal(a->calls + b->calls, 1);
	assert_null(a->alarm.slot);
	assert_null(b->alarm.slot);
	sw_free(a);
	sw_free(b);
	run_ready(host);
}

static void a_due_alarm_that_is_moved_by_another_fires_once(void **state)
{
	struct host *host = *state;
	struct rung a, b;
	rung_init(&a, host);
	rung_init(&b, host);
	a.helped = &b;
	assert_int_equal(set_alarm(host, &a.alarm, 1), SW_OK);
	assert_int_equal(set_alarm(host, &b.alarm, 2), SW_OK);
	while (b.calls == 0)
		run_once(host);
	run_ready(host);
	/* libev fires b before a when it is moved; then a sets it once more. */
	assert_true(b.calls <= 2 && a.calls == 1);
	assert_int_equal(set_alarm(host, &b.alarm, SW_NEVER), SW_OK);
}

static void the_clocks_tell_time(void **state)
{
	struct host *host = *state;
	int64_t before = now_ms(host);
	assert_true(before > 0);
	assert_true(now_ms(host) >= before);
	/* The year 2020 is over. */
	assert_true(host->loop->ops->wall_ms(host->loop->data) > INT64_C(1609459200000));
}

/* ---- the loop of one descriptor ----------------------------------------------------------------------- */

static void due_alarms_fire_in_the_order_of_their_times_then_as_they_were_set(void **state)
{
	struct host *host = *state;
	struct rung r[5];
	static const int64_t due_ms[5] = {30, 10, 20, 10, 5};
	char order[16] = "";
	for (int i = 0; i < 5; i++) {
		rung_init(&r[i], host);
		r[i].name = (char)('a' + i);
		r[i].order = order;
		assert_int_equal(set_alarm(host, &r[i].alarm, due_ms[i]), SW_OK);
	}
	run_ready(host);
	assert_string_equal(order, "ebdca");
}

static bool is_readable(struct sw_poll_loop *loop, int timeout_ms)
{
	struct pollfd fd = {.fd = sw_poll_loop_fd(loop), .events = POLLIN};
	return poll(&fd, 1, timeout_ms) == 1;
}

static void the_one_descriptor_tells_of_watches_and_of_alarms(void **state)
{
	struct host *host = *state;
	struct rung r;
	struct counted c;
	int fds[2];
	pair(fds);
	rung_init(&r, host);
	counted_init(&c, host, fds[0]);
	assert_false(is_readable(host->poll, 0));
	assert_int_equal(watch(host, &c.watch, SW_READABLE), SW_OK);
	assert_false(is_readable(host->poll, 0));
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_true(is_readable(host->poll, 0));
	assert_int_equal(watch(host, &c.watch, 0), SW_OK);
	assert_false(is_readable(host->poll, 0));
	/* A far alarm is silent, a near one wakes who has no timeout of his own. */
	assert_int_equal(set_alarm(host, &r.alarm, INT64_MAX - 1), SW_OK);
	assert_false(is_readable(host->poll, 0));
	assert_int_equal(set_alarm(host, &r.alarm, now_ms(host) + 10), SW_OK);
	assert_true(is_readable(host->poll, -1));
	while (r.calls == 0)
		run_ready(host);
	assert_false(is_readable(host->poll, 0));
	/* Set again in its own round, it is not forgotten. */
	r.again = 1;
	assert_int_equal(set_alarm(host, &r.alarm, 1), SW_OK);
	run_ready(host);
	assert_int_equal(r.calls, 2);
	assert_true(is_readable(host->poll, -1));
	run_ready(host);
	assert_int_equal(r.calls, 3);
	assert_false(is_readable(host->poll, 0));
	/* A stopped one is. */
	assert_int_equal(set_alarm(host, &r.alarm, 1), SW_OK);
	assert_int_equal(set_alarm(host, &r.alarm, SW_NEVER), SW_OK);
	assert_false(is_readable(host->poll, 0));
	close(fds[0]);
	close(fds[1]);
}

static void the_timeout_is_that_of_the_next_alarm(void **state)
{
	struct host *host = *state;
	struct rung near, far;
	rung_init(&near, host);
	rung_init(&far, host);
	assert_int_equal(sw_poll_loop_timeout_ms(host->poll), -1);
	assert_int_equal(set_alarm(host, &far.alarm, INT64_MAX - 1), SW_OK);
	assert_int_equal(sw_poll_loop_timeout_ms(host->poll), INT32_MAX);
	assert_int_equal(set_alarm(host, &near.alarm, now_ms(host) + 1000000), SW_OK);
	int timeout_ms = sw_poll_loop_timeout_ms(host->poll);
	assert_true(timeout_ms > 0 && timeout_ms <= 1000000);
	assert_int_equal(set_alarm(host, &near.alarm, 0), SW_OK);
	assert_int_equal(sw_poll_loop_timeout_ms(host->poll), 0);
	/* With a limit the loop comes back although nothing happens. */
	assert_int_equal(set_alarm(host, &near.alarm, SW_NEVER), SW_OK);
	assert_int_equal(sw_poll_loop_run(host->poll, 1, NULL), SW_OK);
	assert_int_equal(near.calls + far.calls, 0);
	assert_int_equal(set_alarm(host, &far.alarm, SW_NEVER), SW_OK);
	assert_int_equal(sw_poll_loop_timeout_ms(host->poll), -1);
}

static void run_again(struct sw_alarm *a)
{
	struct rung *r = a->user;
	struct sw_error err = {0};
	r->calls++;
	assert_int_equal(sw_poll_loop_dispatch(r->host->poll, &err), SW_EBUSY);
	assert_int_equal(err.code, SW_EBUSY);
	assert_int_equal(sw_poll_loop_run(r->host->poll, 0, NULL), SW_EBUSY);
}

static void a_loop_is_not_run_from_its_own_callback(void **state)
{
	struct host *host = *state;
	struct rung r;
	rung_init(&r, host);
	r.alarm.fired = run_again;
	assert_int_equal(set_alarm(host, &r.alarm, 1), SW_OK);
	run_ready(host);
	assert_int_equal(r.calls, 1);
}

static void what_cannot_be_watched_is_refused(void **state)
{
	struct host *host = *state;
	struct counted c;
	counted_init(&c, host, -1);
	assert_int_equal(watch(host, &c.watch, SW_READABLE), SW_EIO);
	assert_null(c.watch.slot);
}

static void a_descriptor_closed_before_its_watch_is_stopped_does_no_harm(void **state)
{
	struct host *host = *state;
	struct counted c;
	int fds[2];
	pair(fds);
	counted_init(&c, host, fds[0]);
	assert_int_equal(watch(host, &c.watch, SW_READABLE), SW_OK);
	close(fds[0]);
	assert_int_equal(watch(host, &c.watch, 0), SW_OK);
	assert_null(c.watch.slot);
	run_ready(host);
	assert_int_equal(c.calls, 0);
	close(fds[1]);
}

static void freeing_a_loop_frees_what_is_left_in_it(void **state)
{
	struct sw_poll_loop *loop;
	struct sw_watch left = {.ready = count_ready};
	struct sw_alarm alarm = {.fired = ring};
	int fds[2];
	pair(fds);
	left.fd = fds[0];
	assert_int_equal(sw_poll_loop_new(&loop, NULL), SW_OK);
	const struct sw_loop *hooks = sw_poll_loop_hooks(loop);
	assert_int_equal(hooks->ops->watch(hooks->data, &left, SW_READABLE), SW_OK);
	assert_int_equal(hooks->ops->alarm(hooks->data, &alarm, 5), SW_OK);
	sw_poll_loop_free(loop);
	sw_poll_loop_free(NULL);
	close(fds[0]);
	close(fds[1]);
}

#define ON_BOTH(test)                                            \
	cmocka_unit_test_setup_teardown(test, start_poll, stop), \
		cmocka_unit_test_setup_teardown(test, start_libev, stop)
#define ON_POLL(test) cmocka_unit_test_setup_teardown(test, start_poll, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_watch_is_told_what_it_asked_for),
		ON_BOTH(a_closed_peer_is_told_to_who_waits_to_read),
		ON_BOTH(a_watch_may_be_stopped_and_freed_from_the_callback_of_another),
		ON_BOTH(a_watch_may_stop_itself),
		ON_BOTH(a_watch_may_move_to_another_descriptor),
		ON_BOTH(an_alarm_fires_once_and_not_before_its_time),
		ON_BOTH(a_past_alarm_fires_in_the_next_round_and_not_at_once),
		ON_BOTH(a_stopped_alarm_does_not_fire),
		ON_BOTH(an_alarm_set_again_from_its_callback_lets_others_in_between),
		ON_BOTH(an_alarm_may_be_stopped_and_freed_from_the_callback_of_another),
		ON_BOTH(a_due_alarm_that_is_moved_by_another_fires_once),
		ON_BOTH(the_clocks_tell_time),
		ON_POLL(due_alarms_fire_in_the_order_of_their_times_then_as_they_were_set),
		ON_POLL(the_one_descriptor_tells_of_watches_and_of_alarms),
		ON_POLL(the_timeout_is_that_of_the_next_alarm),
		ON_POLL(a_loop_is_not_run_from_its_own_callback),
		ON_POLL(what_cannot_be_watched_is_refused),
		ON_POLL(a_descriptor_closed_before_its_watch_is_stopped_does_no_harm),
		cmocka_unit_test(freeing_a_loop_frees_what_is_left_in_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
