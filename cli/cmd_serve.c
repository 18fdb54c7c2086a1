/* stepwell serve: own the data directory, advance every execution, answer the API. */
#include "cli/owner.h"

#include <signal.h>
#include <string.h>

struct serving {
	struct owner owner;
	bool stopping;
	ev_timer drain;
	unsigned drained;
};

enum { DRAIN_CHECKS = 100 };
#define DRAIN_SECONDS 0.05

/* Replies that wait for the disk go out before the sockets close. */
static void check_drained(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct serving *serving = timer->data;
	bool busy = false;
	(void)events;
	sw_server_drain(serving->owner.server, &busy);
	if (!busy || ++serving->drained >= DRAIN_CHECKS)
		ev_break(loop, EVBREAK_ALL);
}

static void on_signal(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct serving *serving = signal->data;
	bool busy;
	(void)events;
	if (serving->stopping)
		return;
	serving->stopping = true;
	sw_server_drain(serving->owner.server, &busy);
	if (!busy) {
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	ev_timer_init(&serving->drain, check_drained, DRAIN_SECONDS, DRAIN_SECONDS);
	serving->drain.data = serving;
	ev_timer_start(loop, &serving->drain);
}

static void announce(const struct options *options, unsigned port)
{
	const char *listen = options->listen ? options->listen : "127.0.0.1:";
	const char *colon = strrchr(listen, ':');
	if (port && colon)
		fprintf(stderr, "stepwell: listening on %s://%.*s:%u, data in %s\n",
			options->tls_certificate ? "https" : "http", (int)(colon - listen), listen, port,
			options->data);
	else
		fprintf(stderr, "stepwell: data in %s\n", options->data);
}

static int serve(struct serving *serving, const struct options *options)
{
	struct sw_error err = {0};
	ev_signal term, interrupt;
	if (sw_engine_resume(serving->owner.engine, SW_RESUME_ALL, &err) != SW_OK)
		return complain_error(EXIT_STORE, NULL, &err);
	ev_signal_init(&term, on_signal, SIGTERM);
	ev_signal_init(&interrupt, on_signal, SIGINT);
	term.data = interrupt.data = serving;
	ev_signal_start(serving->owner.loop, &term);
	ev_signal_start(serving->owner.loop, &interrupt);
	if (!options->quiet)
		announce(options, sw_server_port(serving->owner.server));
	ev_run(serving->owner.loop, 0);
	ev_timer_stop(serving->owner.loop, &serving->drain);
	ev_signal_stop(serving->owner.loop, &term);
	ev_signal_stop(serving->owner.loop, &interrupt);
	return EXIT_OK;
}

int cmd_serve(const struct options *options)
{
	/* The port that users of Step Functions Local have in their settings. */
	const char *listen = options->listen ? options->listen : "127.0.0.1:8083";
	struct serving serving = {0};
	struct sw_error err = {0};
	enum sw_result r = owner_open(options, strcmp(listen, "none") ? listen : NULL, &serving.owner, &err);
	int code;
	if (r == SW_EOWNED)
		return complain_error(EXIT_STORE, NULL, &err);
	if (r != SW_OK)
		return r == SW_EDEFINITION || r == SW_EINVAL ? EXIT_USAGE : EXIT_STORE;
	ev_init(&serving.drain, check_drained);
	code = serve(&serving, options);
	owner_close(&serving.owner);
	return code;
}
