/*
 * The pieces of the benchmark. workloads.c says what is run, measure.c runs it on an embedded engine whose commits
 * recording.c notes, floor.c commits the same with bare LMDB, table.c prints the rows, and bars.c says at the end
 * which of the bars were held. README.md explains every number.
 */
#ifndef SW_BENCH_BENCH_H
#define SW_BENCH_BENCH_H

#include "base/buf.h"
#include "store/store.h"

#include <sys/types.h>

#define TABLE_ROUNDS 3 /* of each row; the table shows medians */

/* ---- what is run: workloads.c -------------------------------------------------------------------------- */

enum workload_id { W1, W1_NAMED, W2, W2P, W3_PASS, W3_TASK, W5, WORKLOADS_COUNT };

struct workload {
	const char *name;
	unsigned steps;           /* of one execution: what steps/s counts; 0: the execution is all */
	bool named;               /* by the caller, with random names; else the engine makes them */
	char *definition, *input; /* own */
};
/* All of them, in the order of the enumeration. False: out of memory. */
bool workloads_init(struct workload workloads[WORKLOADS_COUNT]);
void workloads_done(struct workload workloads[WORKLOADS_COUNT]);
/* {"order":"A-1001","text":"xxx..."}, about 300 bytes; new, NULL when out of memory. */
char *workload_payload(void);

/* One row of the table before it is measured. */
struct plan {
	const struct workload *workload;
	unsigned in_flight;
	unsigned executions; /* at most: fewer when they take long */
	uint32_t relaxed_ms; /* 0: every commit is synced before it is told */
};

/* ---- measuring: measure.c ------------------------------------------------------------------------------ */

/* Of one run, or medians of some. What is not a time is for each execution. */
struct figures {
	double executions, rate; /* rate: executions a second */
	double p50_ms, p99_ms;
	double cpu_us;                 /* of the loop's thread */
	double syncs, bytes, growth;   /* growth: of the used part of the data file */
	double floor_rate, floor_part; /* part: rate / floor_rate */
};

struct recording;
/* One run in a directory that does not exist yet, and the floor of what it committed. False: something failed. */
bool measure_once(const struct plan *plan, const char *directory, struct recording *recording,
		  struct figures *ret_figures);
/* TABLE_ROUNDS of them below directory. */
bool measure(const struct plan *plan, const char *directory, struct recording *recording,
	     struct figures *ret_medians);

double now_seconds(void);
double cpu_seconds(void); /* of the calling thread */
/* Sorts the numbers; part 0.5 is the median. */
double quantile(double *numbers, size_t count, double part);
/* Of TABLE_ROUNDS structs that consist of doubles, each of so many bytes. */
void medians(const void *rounds, size_t bytes, void *ret_medians);
/* Removes a directory that holds files alone. */
void directory_remove(const char *path);
/* What is being done, on standard error when that is a terminal; NULL takes it away. */
void progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- every commit that went through a recording store, in order: recording.c --------------------------- */

struct recording {
	struct sw_buf operations; /* those of all commits, one behind the other */
	size_t *ends;             /* where each commit's end */
	size_t count, capacity;
	size_t operations_count;
};
/* Wraps inner (taken: closed with the wrapper). NULL when out of memory. */
struct sw_store *recording_store_new(struct sw_store *inner, struct recording *recording);
void recording_reset(struct recording *recording); /* empty again, keeps its memory */
void recording_done(struct recording *recording);
/* Walks a commit: *at starts at recording_begin(); false at its end. */
struct recorded {
	enum sw_batch_op op;
	unsigned table;
	struct sw_slice key, value;
};
size_t recording_begin(const struct recording *recording, size_t commit);
bool recording_each(const struct recording *recording, size_t commit, size_t *at,
		    struct recorded *ret_operation);

/* ---- what the disk and LMDB give by themselves: floor.c ------------------------------------------------ */

/*
 * Commits the same records with bare LMDB, one synced transaction for each recorded commit, in an empty
 * directory. Seconds; < 0 on failure. ret_commit (may be NULL): seconds of one.
 */
struct floor_commit {
	double p50, p99;
};
double floor_replay(const struct recording *recording, const char *directory, unsigned tables_count,
		    struct floor_commit *ret_commit);
/* count times fdatasync of 4 KiB appended to a file. Seconds. */
double floor_sync(const char *directory, unsigned count);

/* ---- the table and the bars: table.c, bars.c ----------------------------------------------------------- */

struct result {
	struct plan plan;
	struct figures figures;
};
struct results {
	struct result list[64];
	size_t count;
};
void table_head(void);
void table_row(const struct result *result);

/* A line: held or MISSED, the figure with its unit, the bar. */
void at_least(const char *what, double figure, double bar, const char *unit);
void at_most(const char *what, double figure, double bar, const char *unit);
/* The lines of the table's rows. */
void bars_print(const struct results *results, const struct workload *workloads);

/* ---- over HTTP: http.c (the rows), http_client.c, http_child.c ----------------------------------------- */

/* The commits of starts from within, which are those of starts over HTTP: 16 and 128 in each. */
struct http_floor {
	struct recording of_16, of_128;
	unsigned executions_of_128;
};
/* False when something failed. A missed bar is printed and is no failure: it may be the machine's. */
bool http_rows(const char *program, const char *directory, const char *definition, const char *input,
	       const struct http_floor *floor);

/* Executions over HTTP with one partition and with two, in turns. */
bool partition_rows(const char *program, const char *directory, const struct workload *workloads);

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
bool http_child_stepwell(struct http_child *child, const char *program, const char *directory,
			 const char *partitions);
/* libmicrohttpd alone, which answers body_bytes to everything. */
bool http_child_echo(struct http_child *child, size_t body_bytes);
void http_child_end(struct http_child *child);

#endif
