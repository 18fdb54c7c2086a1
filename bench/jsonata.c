/*
 * Evaluates the expressions of a list: bench-jsonata CASES MS. One line of JSON for each: how often a second when
 * compiled once, how often with compilation, and the result.
 */
#include "asl/jsonata/jsonata.h"
#include "asl/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct one {
	const char *text;
	size_t len;
	struct sw_jsonata *expr;
	struct sw_jsonata_env env;
};

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const json_t *variable(void *user, const char *name, size_t len)
{
	return json_object_getn(user, name, len);
}

static json_t *evaluate(const struct sw_jsonata *expr, const struct one *one)
{
	struct sw_jsonata_error err;
	json_t *result = NULL;
	if (sw_jsonata_evaluate(expr, &one->env, &result, &err) < 0) {
		fprintf(stderr, "%s: %s\n", one->text, err.message);
		exit(1);
	}
	return result;
}

static void step(const struct one *one, bool compile)
{
	struct sw_jsonata_error err;
	struct sw_jsonata *expr = one->expr;
	if (compile && sw_jsonata_compile(one->text, one->len, SW_JSONATA_STEP_FUNCTIONS, &expr, &err) < 0)
		exit(1);
	json_decref(evaluate(expr, one));
	if (compile)
		sw_jsonata_free(expr);
}

static double rate(double ms, const struct one *one, bool compile)
{
	double start = seconds(), stop = start + ms * 0.3e-3, now;
	uint64_t count = 0;
	while (seconds() < stop)
		step(one, compile);
	start = seconds();
	stop = start + ms / 1e3;
	do {
		for (int i = 0; i < 16; i++)
			step(one, compile);
		count += 16;
		now = seconds();
	} while (now < stop);
	return (double)count / (now - start);
}

static void measure(json_t *row, double ms)
{
	json_t *expr = json_object_get(row, "expr"), *bindings = json_object_get(row, "bindings");
	struct sw_jsonata_error err;
	struct one one = {.text = json_string_value(expr),
			  .len = json_string_length(expr),
			  .env = {.input = json_object_get(row, "data"),
				  .variable = bindings ? variable : NULL,
				  .user = bindings}};
	if (sw_jsonata_compile(one.text, one.len, SW_JSONATA_STEP_FUNCTIONS, &one.expr, &err) < 0) {
		fprintf(stderr, "%s: %s\n", one.text, err.message);
		exit(1);
	}
	json_t *result = evaluate(one.expr, &one);
	json_t *line = json_pack("{s:O, s:f, s:f, s:o}", "name", json_object_get(row, "name"), "many",
				 rate(ms, &one, false), "both", rate(ms, &one, true), "result",
				 result ? result : json_null());
	char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	if (!text)
		exit(1);
	puts(text);
	free(text);
	json_decref(line);
	sw_jsonata_free(one.expr);
}

int main(int argc, char **argv)
{
	json_error_t err;
	json_t *cases = argc == 3 ? json_load_file(argv[1], 0, &err) : NULL;
	size_t index;
	json_t *row;
	if (!cases) {
		fprintf(stderr, "usage: bench-jsonata CASES MS\n");
		return 2;
	}
	json_array_foreach(cases, index, row) measure(row, strtod(argv[2], NULL));
	json_decref(cases);
	return 0;
}
