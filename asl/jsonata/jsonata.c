/* The public door: compiling and evaluating. */
#include "asl/jsonata/tree.h"

#include "asl/value.h"

#include <stdio.h>

#define ROOM_BYTES 16384 /* on the C stack: what small evaluations need */

/* ---- compiling ------------------------------------------------------------------------------------------ */

void *sw_jn_compiler_alloc(struct sw_jn_compiler *compiler, size_t bytes)
{
	void *memory = sw_arena_alloc(compiler->arena, bytes);
	if (!memory)
		compiler->failed = SW_ENOMEM;
	return memory;
}

void *sw_jn_compiler_grow(struct sw_jn_compiler *compiler, void *items, uint32_t count, uint32_t *capacity,
			  size_t bytes)
{
	uint32_t larger = *capacity ? *capacity * 2 : 2;
	if (count < *capacity)
		return items;
	void *memory = sw_jn_compiler_alloc(compiler, larger * bytes);
	if (!memory)
		return NULL;
	if (count)
		memcpy(memory, items, count * bytes);
	*capacity = larger;
	return memory;
}

static void quote(const char *text, char *out, size_t bytes)
{
	struct sw_buf buf = SW_BUF;
	sw_json_quote(&buf, text, strlen(text));
	snprintf(out, bytes, "%s", buf.data ? buf.data : "");
	sw_buf_done(&buf);
}

enum sw_result sw_jn_compiler_fail(struct sw_jn_compiler *compiler, const char *code, uint32_t position,
				   uint32_t at, const char *token, const char *value)
{
	struct sw_jsonata_error *err = compiler->err;
	char quoted[512];
	struct sw_jn_fill fill = {.value = value, .token = compiler->bare_token ? err->token : quoted};
	if (compiler->failed < 0)
		return compiler->failed;
	snprintf(err->code, sizeof(err->code), "%s", code);
	err->position = position;
	snprintf(err->token, sizeof(err->token), "%s", token ? token : "");
	quote(err->token, quoted, sizeof(quoted));
	if (!strcmp(code, "S0303"))
		fill.message = value;
	sw_jn_error_message(err, &fill);
	sw_jn_error_place(err, compiler->text, compiler->len, at);
	return compiler->failed = strcmp(code, "S0500") ? SW_EQUERY : SW_ELIMIT;
}

uint32_t sw_jn_name_number(struct sw_jn_compiler *compiler, struct sw_jn_value name)
{
	struct sw_jn_names *names = &compiler->names;
	uint32_t hash = sw_jn_hash(name.text, name.len), *slot = &names->slots[hash % 64];
	for (uint32_t at = *slot; at; at = names->items[at - 1].next)
		if (names->items[at - 1].hash == hash && sw_jn_equal(names->items[at - 1].text, name))
			return at;
	struct sw_jn_name *items =
		sw_jn_compiler_grow(compiler, names->items, names->count, &names->capacity, sizeof(*items));
	if (!items)
		return 0;
	names->items = items;
	items[names->count] = (struct sw_jn_name){.text = name, .hash = hash, .next = *slot};
	return *slot = ++names->count;
}

static enum sw_result compile(struct sw_jn_compiler *compiler)
{
	struct sw_jsonata *expr = compiler->expr;
	if (compiler->len > SW_JN_TEXT_MAX)
		return sw_jn_compiler_fail(compiler, "S0500", 0, 0, NULL, NULL);
	expr->text = sw_arena_strdup(compiler->arena, compiler->text, compiler->len);
	if (!expr->text)
		return SW_ENOMEM;
	expr->len = compiler->len;
	compiler->text = expr->text;
	if (sw_jn_parse(compiler, &expr->root) < 0 || sw_jn_process(compiler, &expr->root) < 0 ||
	    sw_jn_resolve(compiler, expr->root) < 0)
		return compiler->failed;
	return SW_OK;
}

enum sw_result sw_jsonata_compile(const char *text, size_t len, unsigned flags, struct sw_jsonata **ret_expr,
				  struct sw_jsonata_error *err)
{
	struct sw_jsonata_error ignored;
	struct sw_jsonata *expr = sw_zalloc(sizeof(*expr));
	if (!err)
		err = &ignored;
	*err = (struct sw_jsonata_error){0};
	if (!expr)
		return SW_ENOMEM;
	sw_arena_init(&expr->arena, 2048);
	expr->flags = flags;
	struct sw_jn_compiler compiler = {
		.expr = expr, .arena = &expr->arena, .err = err, .text = text, .len = len};
	enum sw_result r = compile(&compiler);
	if (r == SW_OK)
		*ret_expr = expr;
	else
		sw_jsonata_free(expr);
	return r;
}

void sw_jsonata_free(struct sw_jsonata *expr)
{
	if (!expr)
		return;
	sw_jn_regex_free_all(expr->regexes);
	sw_arena_done(&expr->arena);
	sw_free(expr);
}

size_t sw_jsonata_references(const struct sw_jsonata *expr,
			     const struct sw_jsonata_reference **ret_references)
{
	*ret_references = expr->references;
	return expr->references_count;
}

const char *sw_jsonata_top_level(const struct sw_jsonata *expr)
{
	return expr->top_level;
}

/* ---- evaluating ----------------------------------------------------------------------------------------- */

/* A value in a message: JSON, cut where it gets long. */
static const char *fill_value(struct sw_jn_run *run, struct sw_jn_value value)
{
	struct sw_buf buf = SW_BUF;
	enum sw_result failed = run->failed;
	struct sw_jsonata_error *err = run->err, ignored;
	const char *text = NULL;
	if (value.kind == SW_JN_UNDEFINED || value.kind == SW_JN_FUNCTION)
		return NULL;
	run->failed = SW_OK;
	run->err = &ignored;
	if (sw_jn_print_exact(run, value, &buf) == SW_OK)
		text = buf.data ? sw_arena_strdup(&run->arena, buf.data, buf.len > 600 ? 600 : buf.len)
				: NULL;
	sw_buf_done(&buf);
	run->failed = failed;
	run->err = err;
	return text;
}

static void describe(struct sw_jn_run *run)
{
	char token[512];
	struct sw_jn_fill fill = {.token = run->err->token[0] ? token : NULL,
				  .name = run->err->token,
				  .message = run->fail_text};
	const char *deep = "Stack overflow error: Check for non-terminating recursive function. Consider "
			   "rewriting as tail-recursive.";
	quote(run->err->token, token, sizeof(token));
	fill.value = fill_value(run, run->fail_value);
	fill.value2 = fill_value(run, run->fail_value2);
	char type[40];
	if (run->fail_type) {
		snprintf(type, sizeof(type), "\"%s\"", run->fail_type);
		fill.type = type;
	}
	fill.index = run->fail_index;
	if (!fill.message)
		fill.message = deep;
	if (!strcmp(run->err->code, "T1005") || !strcmp(run->err->code, "T1007"))
		fill.token = run->err->token;
	sw_jn_error_message(run->err, &fill);
}

static enum sw_result evaluate(struct sw_jn_run *run, json_t **ret_tree)
{
	const struct sw_jsonata *expr = run->expr;
	struct sw_jn_value input = run->input, result = SW_JN_UNDEFINED_VALUE, wrapped[1] = {input};
	struct sw_jn_frame *frame = sw_jn_frame_new(run, NULL, expr->root_slots);
	run->globals = sw_jn_alloc(run, expr->globals_count * sizeof(*run->globals));
	run->matchers = sw_jn_alloc(run, 2 * expr->regexes_count * sizeof(*run->matchers));
	if (!frame || !run->globals || !run->matchers)
		return run->failed;
	for (uint32_t i = 0; i < expr->globals_count; i++)
		run->globals[i].kind = SW_JN_KIND_UNBOUND;
	if (input.kind == SW_JN_ARRAY)
		input = sw_jn_array(wrapped, 1, SW_JN_SEQUENCE | SW_JN_OUTER);
	if (sw_jn_eval(run, expr->root, input, frame, &result) < 0)
		return run->failed;
	if (result.kind == SW_JN_ARRAY && result.flags & SW_JN_OUTER && result.len)
		result = sw_jn_array_at(result, 0);
	return sw_jn_to_json(run, result, ret_tree);
}

enum sw_result sw_jsonata_evaluate(const struct sw_jsonata *expr, const struct sw_jsonata_env *env,
				   json_t **ret_tree, struct sw_jsonata_error *err)
{
	_Alignas(16) unsigned char room[ROOM_BYTES];
	struct sw_jsonata_error ignored;
	struct sw_jn_run run = {
		.env = env,
		.expr = expr,
		.input = sw_jn_from_json(env->input),
		.rng = env->rng,
		.bytes_max = env->bytes_max ? env->bytes_max : SW_JSONATA_BYTES_MAX,
		.steps_left = env->steps_max ? env->steps_max : SW_JSONATA_STEPS_MAX,
		.depth_max = env->depth_max ? env->depth_max : SW_JSONATA_DEPTH_MAX,
		.err = err ? err : &ignored,
		.room = room,
		.room_end = room + sizeof(room),
		.stack_top = __builtin_frame_address(0),
	};
	sw_arena_init(&run.arena, 0);
	if (!run.rng)
		run.rng = &run.own_rng;
	run.err->code[0] = run.err->token[0] = run.err->message[0] = '\0';
	run.err->position = run.err->line = run.err->column = 0;
	run.err->thrown = false;
	enum sw_result r = evaluate(&run, ret_tree);
	if (r == SW_EQUERY)
		describe(&run);
	sw_buf_done(&run.scratch);
	sw_arena_done(&run.arena);
	return r;
}
