/* stepwell jsonata EXPR [FILE]: one expression, or with --batch many. */
#include "cli/cli.h"

#include "asl/jsonata/jsonata.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STEPS_PER_MS 5000 /* of a request's time limit: a bound that does not depend on the machine */

/* The library itself knows neither clock nor entropy. */
static void fill_in(struct sw_jsonata_query *query)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	query->now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	query->seed = (uint64_t)now.tv_nsec * 2654435761u ^ (uint64_t)getpid();
	query->flags = SW_JSONATA_STEP_FUNCTIONS;
}

/* ---- one expression ------------------------------------------------------------------------------------- */

/* The line of the expression that is wrong, and a caret below the place. */
static void point_at(const char *expr, const struct sw_jsonata_error *err)
{
	const char *line = expr;
	for (uint32_t i = 1; i < err->line && strchr(line, '\n'); i++)
		line = strchr(line, '\n') + 1;
	size_t len = strcspn(line, "\n");
	fputs("  ", stderr);
	print_part(stderr, line, len);
	fputs("\n  ", stderr);
	uint32_t column = 1;
	for (size_t i = 0; i < len && column < err->column; i++) {
		if (((unsigned char)line[i] & 0xC0) == 0x80)
			continue;
		column++;
		fputc(' ', stderr);
	}
	fprintf(stderr, "^\n");
}

static int complain_jsonata(enum sw_result r, const char *expr, const char *file,
			    const struct sw_jsonata_error *err)
{
	if (r == SW_EJSON) {
		fprintf(stderr, "stepwell: %s:%u:%u: %s\n", file, err->line, err->column, err->message);
		return EXIT_USAGE;
	}
	if (!err->code[0])
		return complain(exit_of(r), "%s", sw_result_text(r));
	fprintf(stderr, "stepwell: %s: ", err->code);
	print_text(stderr, err->message);
	fputc('\n', stderr);
	if (err->line)
		point_at(expr, err);
	return EXIT_USAGE;
}

/* file NULL: standard input, where nothing at all, and a terminal, stand for no input. */
static int evaluate(const struct options *options, const char *expr, const char *file)
{
	struct sw_jsonata_error err;
	struct sw_jsonata_query query = {.expr = expr, .expr_len = strlen(expr)};
	bool nothing = !file && isatty(STDIN_FILENO);
	char *json = nothing ? NULL : read_file(file ? file : "-", 64 << 20, &query.input_len), *text = NULL;
	if (!json && !nothing)
		return EXIT_USAGE;
	query.input = !file && query.input_len == 0 ? NULL : json;
	fill_in(&query);
	enum sw_result r = sw_jsonata_query(&query, !options->compact, &text, &err);
	if (r == SW_OK && text)
		printf("%s\n", text);
	int code = r < 0 ? complain_jsonata(r, expr, file ? file : "-", &err) : text ? EXIT_OK : EXIT_FAILED;
	sw_text_free(text);
	free(json);
	return code;
}

/* ---- many ------------------------------------------------------------------------------------------------- */

/* A member's text as it stands in the request line, so that numbers keep their digits. New; NULL when it has
 * none. */
static char *member_text(const char *line, size_t len, const char *path)
{
	char *text = NULL;
	return sw_jsonpath_query(path, strlen(path), line, len, &text, NULL, NULL) == SW_OK ? text : NULL;
}

static char *answer_error(const char *id, const struct sw_jsonata_error *err)
{
	json_t *error = json_pack("{s:s, s:s, s:i}", "code", err->code, "message", err->message, "position",
				  (int)err->position);
	if (error && err->token[0])
		json_object_set_new(error, "token", json_string(err->token));
	char *text = error ? json_dumps(error, JSON_COMPACT) : NULL, *line = NULL;
	if (!text || asprintf(&line, "{\"id\":%s,\"error\":%s}", id, text) < 0)
		line = NULL;
	free(text);
	json_decref(error);
	return line;
}

/* The unit of \\uXXXX at text; -1: there is none. */
static long unit_at(const char *text, size_t left)
{
	char digits[5] = "";
	if (left < 6 || text[0] != '\\' || text[1] != 'u' || strspn(text + 2, "0123456789abcdefABCDEF") < 4)
		return -1;
	memcpy(digits, text + 2, 4);
	return strtol(digits, NULL, 16);
}

/* Half surrogate pairs are no characters, so that no JSON text of ours holds one: they stay \\u escapes, one level
 * deeper, for the expression to read. New. */
static char *keep_halves(const char *line, size_t len, size_t *ret_len)
{
	char *out = malloc(len * 2 + 1);
	size_t to = 0, bytes;
	for (size_t i = 0; out && i < len; i += bytes) {
		long unit = unit_at(line + i, len - i),
		     low = unit < 0 ? -1 : unit_at(line + i + 6, len - i - 6);
		bool pair = unit >= 0xD800 && unit < 0xDC00 && low >= 0xDC00 && low < 0xE000;
		if (unit >= 0xD800 && unit < 0xE000 && !pair)
			out[to++] = '\\';
		bytes = pair ? 12 : unit >= 0 ? 6 : line[i] == '\\' && i + 1 < len ? 2 : 1;
		memcpy(out + to, line + i, bytes);
		to += bytes;
	}
	if (out) {
		out[to] = '\0';
		*ret_len = to;
	}
	return out;
}

struct request {
	char *id, *data, *bindings, *limit, *depth, *quoted;
	json_t *expr;
};

static void request_read(struct request *request, const char *line, size_t len)
{
	request->id = member_text(line, len, "$.id");
	request->data = member_text(line, len, "$.data");
	request->bindings = member_text(line, len, "$.bindings");
	request->limit = member_text(line, len, "$.timelimit");
	request->depth = member_text(line, len, "$.depth");
	request->quoted = member_text(line, len, "$.expr");
	request->expr =
		request->quoted ? json_loads(request->quoted, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
}

static void request_done(struct request *request)
{
	sw_text_free(request->id);
	sw_text_free(request->data);
	sw_text_free(request->bindings);
	sw_text_free(request->limit);
	sw_text_free(request->depth);
	sw_text_free(request->quoted);
	json_decref(request->expr);
}

/* One request line -> one answer line (new). */
static char *answer(const char *line, size_t len)
{
	struct request request = {0};
	struct sw_jsonata_error err = {.message = "a request is {\"id\", \"expr\", \"data\"}"};
	char *text = NULL, *out = NULL;
	enum sw_result r = SW_EINPUT;
	request_read(&request, line, len);
	const char *id = request.id ? request.id : "null";
	if (json_is_string(request.expr)) {
		struct sw_jsonata_query query = {.expr = json_string_value(request.expr),
						 .expr_len = json_string_length(request.expr),
						 .input = request.data,
						 .input_len = request.data ? strlen(request.data) : 0,
						 .variables = request.bindings};
		query.variables_len = query.variables ? strlen(query.variables) : 0;
		fill_in(&query);
		query.steps_max = request.limit ? strtoull(request.limit, NULL, 10) * STEPS_PER_MS : 0;
		query.depth_max = request.depth ? (uint32_t)strtoul(request.depth, NULL, 10) : 0;
		r = sw_jsonata_query(&query, false, &text, &err);
	}
	if (r < 0)
		out = answer_error(id, &err);
	else if (asprintf(&out, text ? "{\"id\":%s,\"result\":%s}" : "{\"id\":%s,\"undefined\":true}", id,
			  text) < 0)
		out = NULL;
	sw_text_free(text);
	request_done(&request);
	return out;
}

static int batch(void)
{
	char *line = NULL, *whole, *text;
	size_t capacity = 0, len;
	ssize_t got;
	while ((got = getline(&line, &capacity, stdin)) > 0) {
		whole = keep_halves(line, (size_t)got, &len);
		text = whole ? answer(whole, len) : NULL;
		free(whole);
		if (!text) {
			free(line);
			return complain(EXIT_STORE, "out of memory");
		}
		puts(text);
		fflush(stdout);
		free(text);
	}
	free(line);
	return EXIT_OK;
}

int cmd_jsonata(const struct options *options)
{
	if (options->batch)
		return batch();
	if (options->args_count == 0)
		return complain(EXIT_USAGE, "usage: stepwell jsonata EXPR [FILE]");
	return evaluate(options, options->args[0], options->args_count > 1 ? options->args[1] : NULL);
}
