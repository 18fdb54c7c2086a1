/*
 * The HTTP rows: `stepwell serve` in a process of its own, beside libmicrohttpd that answers as many bytes with
 * nothing behind it, and beside bare LMDB that commits the same records. Same client, same run; README.md has
 * the bars.
 */
#include "base/mem.h"
#include "bench/bench.h"
#include "engine/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUNDS 5
#define SECONDS_EACH 0.7
#define EXECUTIONS_DESCRIBED 64
#define MACHINE_ARN "arn:aws:states:us-east-1:123456789012:stateMachine:"
#define ROLE "arn:aws:iam::123456789012:role/bench"

struct call {
	const char *action;
	unsigned bar_percent; /* at 128 connections, of the floor */
	bool durable;         /* the floor is the lower of the echo and the bare LMDB of W1's records */
	struct sw_buf requests[EXECUTIONS_DESCRIBED];
	unsigned requests_count;
	size_t answer_bytes; /* of the body */
};

struct row {
	struct http_figures own;
	double echo_rate, bare_rate; /* bare LMDB: executions a second at batch 128 */
	struct floor_commit bare;    /* of 16 executions; ms */
};

struct place {
	const char *directory;
	const struct http_floor *floor;
	unsigned port, echo_port;
	unsigned replays; /* for names of directories */
};

/* A JSON string; the texts have nothing below U+0020. */
static void quote(struct sw_buf *out, const char *text)
{
	sw_buf_char(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			sw_buf_char(out, '\\');
		sw_buf_char(out, *text);
	}
	sw_buf_char(out, '"');
}

/* One request by a connection of its own; the body of the answer, or NULL. */
static char *ask(unsigned port, const char *action, const char *body)
{
	struct sw_buf request = SW_BUF;
	char answer[8192], *text = NULL;
	int fd = http_connect(port);
	ssize_t len = fd >= 0 && http_request_make(&request, action, body)
			      ? http_exchange(fd, &request, answer, sizeof(answer))
			      : -1;
	if (len > 0) {
		const char *end = memmem(answer, (size_t)len, "\r\n\r\n", 4);
		text = sw_memdup(end + 4, (size_t)(answer + len - end - 4));
	}
	if (!text)
		fprintf(stderr, "bench: %s was not answered 200\n", action);
	if (fd >= 0)
		close(fd);
	sw_buf_done(&request);
	return text;
}

static bool create(unsigned port, const char *name, const char *type, const char *definition)
{
	struct sw_buf body = SW_BUF;
	char *answer = NULL;
	sw_buf_printf(&body,
		      "{\"name\":\"%s\",\"type\":\"%s\",\"roleArn\":\"" ROLE "\",\"definition\":", name,
		      type);
	quote(&body, definition);
	sw_buf_char(&body, '}');
	if (sw_buf_result(&body) == SW_OK)
		answer = ask(port, "CreateStateMachine", body.data);
	sw_buf_done(&body);
	sw_free(answer);
	return answer != NULL;
}

/* A body that names a machine and has the payload of all rows as input. */
static void start_body(struct sw_buf *body, const char *machine, const char *input)
{
	sw_buf_printf(body, "{\"stateMachineArn\":\"" MACHINE_ARN "%s\",\"input\":", machine);
	quote(body, input);
	sw_buf_char(body, '}');
}

/* The requests of an action, and how long its answers are. */
static bool prepare_start(struct call *call, unsigned port, const char *machine, const char *input)
{
	struct sw_buf body = SW_BUF;
	char *answer = NULL;
	start_body(&body, machine, input);
	if (sw_buf_result(&body) == SW_OK && http_request_make(&call->requests[0], call->action, body.data))
		answer = ask(port, call->action, body.data);
	sw_buf_done(&body);
	call->requests_count = 1;
	call->answer_bytes = answer ? strlen(answer) : 0;
	sw_free(answer);
	return answer != NULL;
}

static bool prepare_describe(struct call *call, unsigned port, const char *machine, const char *input)
{
	struct sw_buf body = SW_BUF;
	bool good = true;
	start_body(&body, machine, input);
	good = sw_buf_result(&body) == SW_OK;
	for (unsigned i = 0; good && i < EXECUTIONS_DESCRIBED; i++) {
		char *answer = ask(port, "StartExecution", body.data), described[400];
		char *arn = answer ? strstr(answer, "arn:") : NULL;
		good = arn != NULL;
		if (good) {
			arn[strcspn(arn, "\"")] = '\0';
			snprintf(described, sizeof(described), "{\"executionArn\":\"%s\"}", arn);
			good = http_request_make(&call->requests[i], call->action, described);
			call->requests_count++;
		}
		if (good && i == EXECUTIONS_DESCRIBED - 1) {
			char *description = ask(port, call->action, described);
			call->answer_bytes = description ? strlen(description) : 0;
			good = description != NULL;
			sw_free(description);
		}
		sw_free(answer);
	}
	sw_buf_done(&body);
	return good;
}

static double median(double *numbers)
{
	return quantile(numbers, ROUNDS, 0.5);
}

/* Bare LMDB in a directory of its own. Seconds; < 0 on failure. */
static double replay(struct place *place, const struct recording *recording, struct floor_commit *ret_commit)
{
	char path[4300];
	snprintf(path, sizeof(path), "%s/http-floor-%u", place->directory, place->replays++);
	return mkdir(path, 0700) ? -1 : floor_replay(recording, path, SW_TABLES_COUNT, ret_commit);
}

/* What the row is held against takes turns with it, so that what else the machine does meets both. */
static bool measure_row(const struct call *call, struct place *place, unsigned connections,
			struct row *ret_row)
{
	double own[3][ROUNDS], echo[ROUNDS], bare[3][ROUNDS] = {0};
	struct http_load load = {.connections = connections,
				 .seconds = SECONDS_EACH,
				 .requests = call->requests,
				 .requests_count = call->requests_count};
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct http_figures figures;
		struct floor_commit commit = {0};
		double seconds = 1;
		if (call->durable && connections > 1)
			seconds = replay(place,
					 connections == 16 ? &place->floor->of_16 : &place->floor->of_128,
					 &commit);
		load.port = place->echo_port;
		if (seconds < 0 || !http_load_run(&load, &figures))
			return false;
		bare[0][round] = place->floor->executions_of_128 / seconds;
		bare[1][round] = commit.p50 * 1e3;
		bare[2][round] = commit.p99 * 1e3;
		echo[round] = figures.rate;
		load.port = place->port;
		if (!http_load_run(&load, &figures))
			return false;
		own[0][round] = figures.rate;
		own[1][round] = figures.p50_ms;
		own[2][round] = figures.p99_ms;
	}
	*ret_row = (struct row){.own = {median(own[0]), median(own[1]), median(own[2])},
				.echo_rate = median(echo),
				.bare_rate = median(bare[0]),
				.bare = {median(bare[1]), median(bare[2])}};
	return true;
}

static const char *verdict(bool held)
{
	return held ? "held" : "MISSED";
}

/* The bars of a row: its part of the floor at 128 connections, its slowest answers at 16. */
static void print_bars(const struct call *call, unsigned connections, const struct row *row)
{
	double floor = row->echo_rate, most_ms = 10 * row->bare.p50;
	if (connections == 128) {
		if (call->durable && row->bare_rate < floor)
			floor = row->bare_rate;
		printf("  %s: %.0f%%, at least %u%%",
		       verdict(row->own.rate * 100 >= floor * call->bar_percent), row->own.rate * 100 / floor,
		       call->bar_percent);
		if (call->durable)
			printf(" (bare LMDB %.0f/s)", row->bare_rate);
	} else if (connections == 16 && call->durable) {
		printf("  %s: p99 below %.2f ms (bare commit: p50 %.2f, p99 %.2f)",
		       verdict(row->own.p99_ms < most_ms), most_ms, row->bare.p50, row->bare.p99);
	}
	putchar('\n');
	fflush(stdout);
}

static bool measure_call(const struct call *call, struct place *place)
{
	static const unsigned connections[] = {1, 16, 128};
	struct http_child echo;
	bool good = http_child_echo(&echo, call->answer_bytes);
	place->echo_port = echo.port;
	for (size_t i = 0; good && i < 3; i++) {
		struct row row;
		good = measure_row(call, place, connections[i], &row);
		if (!good)
			break;
		printf("%-18s %11u %11.0f %8.2f %8.2f %9.0f %7.0f%%", call->action, connections[i],
		       row.own.rate, row.own.p50_ms, row.own.p99_ms, row.echo_rate,
		       row.own.rate * 100 / row.echo_rate);
		print_bars(call, connections[i], &row);
	}
	http_child_end(&echo);
	return good;
}

bool http_rows(const char *program, const char *directory, const char *definition, const char *input,
	       const struct http_floor *floor)
{
	static const char pass[] = "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}";
	struct call calls[] = {{.action = "StartExecution", .bar_percent = 20, .durable = true},
			       {.action = "StartSyncExecution", .bar_percent = 20},
			       {.action = "DescribeExecution", .bar_percent = 30}};
	struct http_child own;
	char path[4200];
	snprintf(path, sizeof(path), "%s/http", directory);
	if (mkdir(path, 0700) || !http_child_stepwell(&own, program, path, "1"))
		return false;
	struct place place = {.directory = directory, .floor = floor, .port = own.port};
	bool good = create(own.port, "durable", "STANDARD", definition) &&
		    create(own.port, "express", "EXPRESS", pass) &&
		    prepare_start(&calls[0], own.port, "durable", input) &&
		    prepare_start(&calls[1], own.port, "express", input) &&
		    prepare_describe(&calls[2], own.port, "durable", input);
	printf("\n%-18s %11s %11s %8s %8s %9s %8s  bar\n", "", "connections", "requests/s", "p50 ms",
	       "p99 ms", "echo/s", "ratio");
	for (size_t i = 0; good && i < 3; i++)
		good = measure_call(&calls[i], &place);
	http_child_end(&own);
	for (size_t i = 0; i < 3; i++)
		for (unsigned n = 0; n < EXECUTIONS_DESCRIBED; n++)
			sw_buf_done(&calls[i].requests[n]);
	return good;
}

/* ---- partitions ---------------------------------------------------------------------------------------- */

/* One action on one machine, asked of both servers in turns: requests a second, medians. */
static bool measure_partitions(const char *what, const char *action, const char *machine, const char *input,
			       const struct http_child servers[2])
{
	struct call call = {.action = action};
	double rates[2][ROUNDS];
	bool good = prepare_start(&call, servers[0].port, machine, input);
	for (unsigned round = 0; good && round < ROUNDS; round++) {
		for (unsigned i = 0; good && i < 2; i++) {
			struct http_figures figures = {0};
			struct http_load load = {.port = servers[i].port,
						 .connections = 128,
						 .seconds = SECONDS_EACH,
						 .requests = call.requests,
						 .requests_count = 1};
			good = http_load_run(&load, &figures);
			rates[i][round] = figures.rate;
		}
	}
	if (good) {
		double one = median(rates[0]), two = median(rates[1]);
		printf("%-30s %11.0f %11.0f %6.2f\n", what, one, two, two / one);
		fflush(stdout);
	}
	sw_buf_done(&call.requests[0]);
	return good;
}

bool partition_rows(const char *program, const char *directory, const struct workload *workloads)
{
	struct http_child servers[2] = {0};
	bool good = true;
	for (unsigned i = 0; good && i < 2; i++) {
		char path[4200], number[8];
		snprintf(path, sizeof(path), "%s/partitions-%u", directory, i + 1);
		snprintf(number, sizeof(number), "%u", i + 1);
		good = mkdir(path, 0700) == 0 && http_child_stepwell(&servers[i], program, path, number) &&
		       create(servers[i].port, "w1", "STANDARD", workloads[W1].definition) &&
		       create(servers[i].port, "w2p", "STANDARD", workloads[W2P].definition) &&
		       create(servers[i].port, "w5", "EXPRESS", workloads[W5].definition);
	}
	printf("\n%-30s %11s %11s %6s\n", "executions/s, 128 connections", "1 partition", "2 of them",
	       "times");
	good = good && measure_partitions("W1", "StartExecution", "w1", workloads[W1].input, servers) &&
	       measure_partitions("W2p", "StartExecution", "w2p", workloads[W2P].input, servers) &&
	       measure_partitions("W5, StartSyncExecution", "StartSyncExecution", "w5", workloads[W5].input,
				  servers);
	for (unsigned i = 0; i < 2; i++)
		if (servers[i].pid > 0)
			http_child_end(&servers[i]);
	return good;
}
