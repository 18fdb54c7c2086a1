/* stepwell serve: own the data directory, advance every execution, answer the API. */
#include "cli/owner.h"
#include "cli/service.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct serving {
	const struct options *options;
	struct owner owner;
	struct log_file *execution_log;
	struct sw_log log;
	bool stopping;
	ev_signal term, interrupt, hangup;
	ev_timer drain, watchdog;
	unsigned drained;
};

enum { DRAIN_CHECKS = 100, METRICS_BYTES = 2048, RELAXED_MS_MAX = 60000 };
#define DRAIN_SECONDS 0.05

/* ---- the end ---- */

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

/* The second one: nothing that was acknowledged is lost, as with kill -9. */
static void end_at_once(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}

static void on_end(struct ev_loop *loop, ev_signal *watcher, int events)
{
	struct serving *serving = watcher->data;
	bool busy;
	(void)events;
	if (serving->stopping)
		end_at_once(watcher->signum);
	serving->stopping = true;
	service_notify("STOPPING=1\nSTATUS=ends: answers what was asked");
	SW_LOG(&serving->log, SW_LOG_INFO, "ends: %s", strsignal(watcher->signum));
	sw_server_drain(serving->owner.server, &busy);
	if (!busy) {
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	ev_timer_init(&serving->drain, check_drained, DRAIN_SECONDS, DRAIN_SECONDS);
	serving->drain.data = serving;
	ev_timer_start(loop, &serving->drain);
}

/* ---- while it works ---- */

static void on_hangup(struct ev_loop *loop, ev_signal *watcher, int events)
{
	struct serving *serving = watcher->data;
	(void)loop;
	(void)events;
	if (serving->stopping)
		return;
	service_notify("RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reads its files again",
		       (unsigned long long)service_now_us());
	if (serving->execution_log)
		log_file_reopen(serving->execution_log);
	bool good = owner_reload(serving->options, &serving->owner);
	if (good)
		SW_LOG(&serving->log, SW_LOG_INFO,
		       "resources, mock configuration and credentials were read again");
	service_notify("READY=1\nSTATUS=%s",
		       good ? "serves" : "serves; the last reload failed, what was read before is in force");
}

/* A store that failed is not to be waited for: a supervisor starts the program again. */
static void on_watchdog(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct serving *serving = timer->data;
	(void)loop;
	(void)events;
	if (sw_engine_ready(serving->owner.engine, NULL) != SW_EIO &&
	    sw_partitions_ready(serving->owner.partitions, NULL) != SW_EIO)
		service_notify("WATCHDOG=1");
}

static void start_watchdog(struct serving *serving)
{
	uint64_t us = service_watchdog_us();
	double half = (double)us / 2e6;
	if (us == 0)
		return;
	ev_timer_init(&serving->watchdog, on_watchdog, half, half);
	serving->watchdog.data = serving;
	ev_timer_start(serving->owner.loop, &serving->watchdog);
}

static char *own_metrics(void *user)
{
	struct serving *serving = user;
	char *text = malloc(METRICS_BYTES);
	if (text)
		log_file_metrics(serving->execution_log, text, METRICS_BYTES);
	return text;
}

/* ---- the beginning ---- */

static void announce(const struct serving *serving, const char *listen)
{
	const struct options *options = serving->options;
	unsigned port = sw_server_port(serving->owner.server);
	const char *colon = listen ? strrchr(listen, ':') : NULL;
	if (serving->owner.logger.format != LOG_TEXT) {
		const struct sw_log_field fields[] = {{.name = "data", .text = options->data},
						      {.name = "port", .number = port},
						      {.name = "pid", .number = getpid()}};
		const struct sw_log_event event = {.level = SW_LOG_INFO,
						   .file = __FILE__,
						   .line = __LINE__,
						   .text = "serves",
						   .fields = fields,
						   .fields_count = sizeof(fields) / sizeof(fields[0])};
		sw_log_tell(&serving->log, &event);
	} else if (!options->quiet && port && colon) {
		fprintf(stderr, "stepwell: listening on %s://%.*s:%u, data in %s\n",
			options->tls_certificate ? "https" : "http", (int)(colon - listen), listen, port,
			options->data);
	} else if (!options->quiet) {
		fprintf(stderr, "stepwell: data in %s\n", options->data);
	}
}

static void start_signal(struct serving *serving, ev_signal *watcher, int number,
			 void (*call)(struct ev_loop *, ev_signal *, int))
{
	ev_signal_init(watcher, call, number);
	watcher->data = serving;
	ev_signal_start(serving->owner.loop, watcher);
}

static int serve(struct serving *serving, const char *listen)
{
	struct ev_loop *loop = serving->owner.loop;
	struct sw_error err = {0};
	if (owner_resume(&serving->owner, SW_RESUME_ALL, &err) != SW_OK)
		return complain_error(EXIT_STORE, NULL, &err);
	start_signal(serving, &serving->term, SIGTERM, on_end);
	start_signal(serving, &serving->interrupt, SIGINT, on_end);
	start_signal(serving, &serving->hangup, SIGHUP, on_hangup);
	start_watchdog(serving);
	announce(serving, listen);
	service_notify("READY=1\nSTATUS=serves\nMAINPID=%ld", (long)getpid());
	ev_run(loop, 0);
	ev_timer_stop(loop, &serving->drain);
	ev_timer_stop(loop, &serving->watchdog);
	/* From here on SIGTERM and SIGINT end the process as if it had no handlers. */
	ev_signal_stop(loop, &serving->term);
	ev_signal_stop(loop, &serving->interrupt);
	ev_signal_stop(loop, &serving->hangup);
	signal(SIGHUP, SIG_IGN);
	return EXIT_OK;
}

static int open_and_serve(struct serving *serving, struct owner_setup *setup)
{
	struct sw_error err = {0};
	enum sw_result r = owner_open(serving->options, setup, &serving->owner, &err);
	if (r == SW_EOWNED)
		return complain_error(EXIT_STORE, NULL, &err);
	if (r != SW_OK)
		return r == SW_EDEFINITION || r == SW_EINVAL ? EXIT_USAGE : EXIT_STORE;
	int code = serve(serving, setup->listen);
	owner_close(&serving->owner);
	return code;
}

/* "90d": a whole number with its unit. 0 stands for ever. */
static bool read_retention(const char *text, int64_t *ret_ms)
{
	static const struct {
		char letter;
		int64_t ms;
	} units[] = {{'d', 86400000}, {'h', 3600000}, {'m', 60000}, {'s', 1000}};
	char *end = NULL;
	if (strcmp(text, "0") == 0) {
		*ret_ms = SW_NEVER;
		return true;
	}
	long number = isdigit((unsigned char)*text) ? strtol(text, &end, 10) : 0;
	for (size_t i = 0; number > 0 && i < sizeof(units) / sizeof(*units); i++) {
		if (*end != units[i].letter || end[1] || number > INT64_C(1000000000000000) / units[i].ms)
			continue;
		*ret_ms = number * units[i].ms;
		return true;
	}
	return false;
}

static int read_times(const struct options *options, struct owner_setup *setup)
{
	char *end = NULL;
	if (options->retention && !read_retention(options->retention, &setup->retention_ms))
		return complain(EXIT_USAGE,
				"--retention takes a time like 90d, 36h, 30m or 45s, or 0, not \"%s\"",
				options->retention);
	if (!options->relaxed)
		return EXIT_OK;
	long ms = isdigit((unsigned char)*options->relaxed) ? strtol(options->relaxed, &end, 10) : 0;
	if (ms < 1 || ms > RELAXED_MS_MAX || *end)
		return complain(EXIT_USAGE, "--relaxed takes 1 to %d milliseconds, not \"%s\"",
				RELAXED_MS_MAX, options->relaxed);
	setup->relaxed_ms = (uint32_t)ms;
	return EXIT_OK;
}

int cmd_serve(const struct options *options)
{
	struct serving serving = {.options = options};
	struct owner_setup setup = {0};
	int sockets[SW_SERVER_SOCKETS_MAX], code;
	int count = service_sockets(sockets, SW_SERVER_SOCKETS_MAX);
	if (count < 0)
		return complain(EXIT_USAGE, "more than %d sockets were passed", SW_SERVER_SOCKETS_MAX);
	if (!logger_init(&setup.logger, options->log_format, options->log_level, options->verbose) ||
	    read_times(options, &setup) != EXIT_OK)
		return EXIT_USAGE;
	/* The port that users of Step Functions Local have in their settings; not beside sockets that were passed. */
	setup.listen = options->listen ? options->listen : count ? "none" : "127.0.0.1:8083";
	if (strcmp(setup.listen, "none") == 0)
		setup.listen = NULL;
	setup.sockets = sockets;
	setup.sockets_count = (size_t)count;
	serving.log = logger_hook(&setup.logger);
	ev_init(&serving.drain, check_drained);
	ev_init(&serving.watchdog, on_watchdog);
	if (options->execution_log) {
		serving.execution_log = log_file_open(options->execution_log, &serving.log);
		if (!serving.execution_log)
			return EXIT_USAGE;
		setup.execution_log = (struct sw_execution_log){log_file_write, serving.execution_log};
		setup.metrics = own_metrics;
		setup.metrics_user = &serving;
	}
	code = open_and_serve(&serving, &setup);
	log_file_close(serving.execution_log);
	return code;
}
