/*
 * What the server counts, and /metrics: the engine's text, requests, the process. Counting is two clock readings and
 * a few additions for each request; everything else happens when somebody asks.
 */
#include "server/api.h"
#include "server/http.h"
#include "server/partitions.h"

#include "asl/asl.h"
#include "base/mem.h"
#include "base/prometheus.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#ifndef SW_VERSION
#define SW_VERSION "unknown"
#endif

/* ---- counting ---- */

static const char *const action_names[] = {
#define SW_ACTION_NAME(name, id, owner) name,
	SW_ACTIONS(SW_ACTION_NAME)
#undef SW_ACTION_NAME
};
enum {
	METER_NONE,    /* no action: paths of operators, mistakes of HTTP */
	METER_UNKNOWN, /* an action that does not exist */
	METER_ACTIONS, /* the first of the list */
	METERS_COUNT = METER_ACTIONS + sizeof(action_names) / sizeof(action_names[0]),
};

static const unsigned statuses[SW_REQUEST_STATUSES - 1] = {200, 400, 403, 404, 405, 413, 429, 500, 503};

struct sw_request_meter *sw_request_meters_new(void)
{
	return sw_zalloc_array(METERS_COUNT, sizeof(struct sw_request_meter));
}

unsigned sw_request_meter_of(const char *action)
{
	for (unsigned i = METER_ACTIONS; i < METERS_COUNT; i++) {
		if (strcmp(action_names[i - METER_ACTIONS], action) == 0)
			return i;
	}
	return METER_UNKNOWN;
}

const char *sw_request_meter_name(unsigned meter)
{
	if (meter == METER_NONE)
		return "none";
	return meter == METER_UNKNOWN ? "unknown" : action_names[meter - METER_ACTIONS];
}

int64_t sw_request_now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void sw_request_count(struct sw_request *request)
{
	struct sw_request_meter *meter = &request->server->meters[request->meter];
	int64_t took_us = sw_request_now_us() - request->began_us;
	unsigned at = 0;
	while (at < SW_REQUEST_STATUSES - 1 && statuses[at] != request->status)
		at++;
	meter->by_status[at]++;
	sw_histogram_add(&meter->seconds, took_us > 0 ? (uint64_t)took_us : 0);
}

/* ---- requests ---- */

static void print_requests(const struct sw_server *server, struct sw_buf *out)
{
	char code[16];
	unsigned open = 0;
	sw_metric_family(out, "stepwell_http_requests_total", "counter",
			 "Requests that were answered, by action and HTTP status.");
	for (unsigned i = 0; i < METERS_COUNT; i++) {
		for (unsigned s = 0; s < SW_REQUEST_STATUSES; s++) {
			if (server->meters[i].by_status[s] == 0)
				continue;
			snprintf(code, sizeof(code), "%u", s < SW_REQUEST_STATUSES - 1 ? statuses[s] : 0);
			sw_metric_count(out, "stepwell_http_requests_total", server->meters[i].by_status[s],
					"action", sw_request_meter_name(i), "code",
					s < SW_REQUEST_STATUSES - 1 ? code : "other", NULL);
		}
	}
	sw_metric_family(out, "stepwell_http_request_seconds", "histogram",
			 "Time from a request's head to its answer, by action.");
	for (unsigned i = 0; i < METERS_COUNT; i++) {
		if (sw_histogram_count(&server->meters[i].seconds) > 0)
			sw_metric_histogram(out, "stepwell_http_request_seconds", &server->meters[i].seconds,
					    "action", sw_request_meter_name(i), NULL);
	}
	for (const struct sw_request *request = server->requests; request; request = request->next)
		open += request->state != SW_REQUEST_ANSWERED;
	sw_metric_lone(out, "stepwell_http_requests_open", "gauge", "Requests that are not answered yet.",
		       open > 0 ? open - 1 : 0); /* without this one */
	uint64_t connections = 0;
	for (size_t i = 0; i < SW_LISTENERS_MAX; i++) {
		struct MHD_Daemon *daemon = server->listeners[i].daemon;
		const union MHD_DaemonInfo *info =
			daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS) : NULL;
		connections += info ? info->num_connections : 0;
	}
	sw_metric_lone(out, "stepwell_http_connections", "gauge", "Connections of clients.", connections);
}

/* ---- the process ---- */

/* The number behind "NAME:" in /proc/self/status, in KiB; 0: not there. */
static uint64_t status_kib(const char *text, const char *name)
{
	const char *line = strstr(text, name);
	return line ? strtoull(line + strlen(name), NULL, 10) : 0;
}

static bool read_proc(const char *path, char *text, size_t bytes)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	size_t len = fread(text, 1, bytes - 1, file);
	fclose(file);
	text[len] = '\0';
	return len > 0;
}

static uint64_t count_descriptors(void)
{
	uint64_t count = 0;
	DIR *directory = opendir("/proc/self/fd");
	if (!directory)
		return 0;
	while (readdir(directory))
		count++;
	closedir(directory);
	return count > 3 ? count - 3 : 0; /* ".", "..", and the directory's own */
}

/* When the process began, in seconds since 1970. "(22) starttime: the time the process started after system boot". */
static double start_seconds(void)
{
	char text[1024];
	if (!read_proc("/proc/self/stat", text, sizeof(text)))
		return 0;
	const char *at = strrchr(text, ')'); /* behind the name, which may hold anything */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	struct timespec wall, boot;
	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	double booted = (double)(wall.tv_sec - boot.tv_sec) + (double)(wall.tv_nsec - boot.tv_nsec) / 1e9;
	return at ? booted + (double)strtoull(at, NULL, 10) / (double)sysconf(_SC_CLK_TCK) : 0;
}

static void print_process(struct sw_buf *out)
{
	char text[4096];
	struct rusage usage = {0};
	struct rlimit limit = {0};
	getrusage(RUSAGE_SELF, &usage);
	getrlimit(RLIMIT_NOFILE, &limit);
	sw_metric_family(out, "process_cpu_seconds_total", "counter", "User and system time.");
	sw_metric_real(out, "process_cpu_seconds_total",
		       (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
		       NULL);
	if (read_proc("/proc/self/status", text, sizeof(text))) {
		sw_metric_lone(out, "process_resident_memory_bytes", "gauge",
			       "Memory in use, with the mapped pages of the store.",
			       status_kib(text, "\nVmRSS:") * 1024);
		sw_metric_lone(out, "stepwell_memory_anonymous_bytes", "gauge",
			       "Memory in use without mapped files (RssAnon).",
			       status_kib(text, "\nRssAnon:") * 1024);
	}
	sw_metric_lone(out, "process_open_fds", "gauge", "Open descriptors.", count_descriptors());
	sw_metric_lone(out, "process_max_fds", "gauge", "Limit of open descriptors.",
		       (uint64_t)limit.rlim_cur);
	sw_metric_family(out, "process_start_time_seconds", "gauge", "When the process began, since 1970.");
	sw_metric_real(out, "process_start_time_seconds", start_seconds(), NULL);
	sw_metric_family(out, "stepwell_build_info", "gauge", "1, with the version.");
	sw_metric_count(out, "stepwell_build_info", 1, "version", SW_VERSION, NULL);
}

static void add_engine(void *user, struct sw_engine *engine)
{
	sw_metrics_add(user, engine);
}

/* Of all partitions together. */
static char *engine_metrics(const struct sw_api *api, size_t *ret_len)
{
	struct sw_metrics_sum sum = {0};
	if (!api->partitions)
		return sw_engine_metrics_text(api->engine, ret_len);
	sw_metrics_add(&sum, api->engine);
	sw_partitions_each(api->partitions, add_engine, &sum);
	char *text = sw_metrics_sum_text(&sum, ret_len);
	sw_metrics_sum_done(&sum);
	return text;
}

static enum sw_result engines_ready(const struct sw_api *api, struct sw_error *err)
{
	enum sw_result r = sw_engine_ready(api->engine, err);
	return r == SW_OK ? sw_partitions_ready(api->partitions, err) : r;
}

char *sw_server_metrics_text(struct sw_server *server, size_t *ret_len)
{
	struct sw_buf out = SW_BUF;
	struct sw_engine *engine = server->api->engine;
	size_t len = 0;
	char *text = engine ? engine_metrics(server->api, &len) : NULL;
	if (engine && !text)
		return NULL;
	sw_buf_append(&out, text ? text : "", len);
	sw_text_free(text);
	print_requests(server, &out);
	sw_metric_lone(&out, "stepwell_ready", "gauge", "1 when /readyz answers 200.",
		       !server->draining && engine && engines_ready(server->api, NULL) == SW_OK);
	print_process(&out);
	text = server->options.metrics ? server->options.metrics(server->options.metrics_user) : NULL;
	if (text)
		sw_buf_text(&out, text);
	free(text);
	return sw_buf_take(&out, ret_len);
}

enum sw_result sw_server_ready(struct sw_server *server, struct sw_buf *out)
{
	struct sw_error err = {0};
	struct sw_body body = SW_BODY;
	enum sw_result r;
	if (server->draining)
		r = sw_error_set(&err, SW_ECLOSED, "the server is shutting down");
	else if (!server->api->engine)
		r = sw_error_set(&err, SW_EINVAL, "nobody runs this data directory");
	else
		r = engines_ready(server->api, &err);
	sw_body_open(&body, NULL, '{');
	sw_body_text(&body, "status", r == SW_OK ? "ready" : "unavailable");
	if (r != SW_OK)
		sw_body_text(&body, "reason", err.text);
	sw_body_close(&body, '}');
	*out = body.text;
	return r;
}
