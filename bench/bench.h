/* The pieces of the benchmark: a store that records what is committed, the floor that replays it, the
 * workloads. */
#ifndef SW_BENCH_BENCH_H
#define SW_BENCH_BENCH_H

#include "base/buf.h"
#include "store/store.h"

#include <sys/types.h>

/* Every commit that went through a recording store, in order. */
struct recording {
	struct sw_batch **batches;
	size_t count, capacity;
	size_t operations, bytes;
};
/* Wraps inner (taken: closed with the wrapper). NULL when out of memory. */
struct sw_store *recording_store_new(struct sw_store *inner, struct recording *recording);
void recording_done(struct recording *recording);

/* Commits the same records with bare LMDB, one synced transaction for each recorded commit. Seconds; < 0 on
 * failure. ret_commit (may be NULL): seconds of one. */
struct floor_commit {
	double p50, p99;
};
double floor_replay(const struct recording *recording, const char *directory, unsigned tables_count,
		    struct floor_commit *ret_commit);
/* count times fdatasync of 4 KiB appended to a file. Seconds. */
double floor_sync(const char *directory, unsigned count);

double now_seconds(void);
/* Sorts the numbers; part 0.5 is the median. */
double quantile(double *numbers, size_t count, double part);

/* ---- over HTTP: http.c (the rows), http_client.c, http_child.c ---- */

/* The commits of starts from within, which are those of starts over HTTP: 16 and 128 in each. */
struct http_floor {
	struct recording of_16, of_128;
	unsigned executions_of_128;
};
/* False when something failed. A missed bar is printed and is no failure: it may be the machine's. */
bool http_rows(const char *program, const char *directory, const char *definition, const char *input,
	       const struct http_floor *floor);

struct http_load {
	unsigned port, connections;
	double seconds;
	const struct sw_buf *requests; /* sent in turn */
	unsigned requests_count;
};
struct http_figures {
	double rate, p50_ms, p99_ms;
};
bool http_load_run(const struct http_load *load, struct http_figures *ret_figures);
int http_connect(unsigned port); /* a descriptor, or -1 */
bool http_request_make(struct sw_buf *out, const char *action, const char *body);
/* Sends one request and waits for its answer, which must be 200. Bytes of the answer with its head, or -1. */
ssize_t http_exchange(int fd, const struct sw_buf *request, char *answer, size_t answer_bytes);

struct http_child {
	pid_t pid;
	unsigned port;
	int stderr_fd;
};
bool http_child_stepwell(struct http_child *child, const char *program, const char *directory);
/* libmicrohttpd alone, which answers body_bytes to everything. */
bool http_child_echo(struct http_child *child, size_t body_bytes);
void http_child_end(struct http_child *child);

#endif
