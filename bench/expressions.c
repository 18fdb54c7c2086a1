/*
 * Measures single evaluations: the paths, templates and ResultPaths of the examples, each over its example's input, and
 * some that are hard. For each row: how many there are, nanoseconds and allocations of one evaluation. The programs'
 * own allocations and jansson's are counted; PCRE2's are not. bench/README.md explains the rows.
 *
 * usage: bench-expressions EXAMPLES_DIRECTORY
 */
#include "asl/jsonpath/jsonpath.h"
#include "base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECONDS_OF_A_ROUND 0.05
#define ROUNDS 5
#define SUBJECTS_MAX 512
#define FILE_BYTES_MAX (1 << 20)

enum kind { PATH, TEMPLATE, RESULT_PATH, HARD, KINDS };

/* One thing to evaluate. */
struct subject {
	enum kind kind;
	const char *name; /* of a hard one */
	const struct sw_expr *expr;
	const struct sw_template *template;
	const struct sw_refpath *place;
	const json_t *input, *context; /* borrowed */
};

struct bench {
	struct sw_owner owner; /* of what is compiled and of the inputs */
	struct subject subjects[SUBJECTS_MAX];
	size_t count, left_out;
	json_t *inputs[3]; /* of the example that is read: its own, filled up; arrays; a scalar */
	struct sw_rng rng;
};

/* ---- counting allocations -------------------------------------------------------------------------------- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static size_t allocations;

void *__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	allocations++;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	allocations++;
	return __real_realloc(memory, size);
}

/* ---- evaluating ------------------------------------------------------------------------------------------- */

static const json_t *context_of(void *user)
{
	return ((const struct subject *)user)->context;
}

static const json_t *variable_of(void *user, const char *name, size_t len)
{
	return NULL;
}

static enum sw_result evaluate(struct bench *bench, const struct subject *subject)
{
	struct sw_query_env env = {.input = subject->input,
				   .context = context_of,
				   .variable = variable_of,
				   .user = (void *)subject,
				   .rng = &bench->rng};
	struct sw_failure failure = {0};
	json_t *tree = NULL;
	enum sw_result r;
	if (subject->expr)
		r = subject->expr->ops->evaluate(subject->expr, &env, &tree, &failure);
	else if (subject->template)
		r = sw_template_evaluate(subject->template, "Parameters", &env, &tree, &failure);
	else
		r = sw_refpath_insert(subject->place, subject->input, subject->input, &tree, &failure);
	json_decref(tree);
	sw_failure_done(&failure);
	return r;
}

static double now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Evaluates all subjects of a kind (only one of them, if it is given) for a while: the best of some rounds. */
static void measure(struct bench *bench, const char *name, enum kind kind, const struct subject *only)
{
	double best_ns = 0, each_allocations = 0;
	size_t subjects = 0;
	for (size_t i = 0; i < bench->count; i++)
		subjects += bench->subjects[i].kind == kind && (!only || only == &bench->subjects[i]);
	for (unsigned round = 0; round < ROUNDS && subjects > 0; round++) {
		double start = now_seconds(), end = start;
		size_t evaluations = 0, before = allocations;
		while (end - start < SECONDS_OF_A_ROUND) {
			for (size_t i = 0; i < bench->count; i++) {
				const struct subject *subject = &bench->subjects[i];
				if (subject->kind == kind && (!only || only == subject))
					(void)evaluate(bench, subject);
			}
			evaluations += subjects;
			end = now_seconds();
		}
		double ns = (end - start) * 1e9 / (double)evaluations;
		if (round == 0 || ns < best_ns)
			best_ns = ns;
		each_allocations = (double)(allocations - before) / (double)evaluations;
	}
	printf("%-44s %7zu %11.0f %11.1f\n", name, subjects, best_ns, each_allocations);
	fflush(stdout);
}

/* ---- what the examples hold ------------------------------------------------------------------------------- */

/* Keeps a subject with the first input over which it works. */
static void keep(struct bench *bench, struct subject subject)
{
	if (bench->count == SUBJECTS_MAX)
		return;
	subject.context = bench->inputs[0];
	for (size_t i = 0; i < sizeof(bench->inputs) / sizeof(*bench->inputs); i++) {
		subject.input = bench->inputs[i];
		if (evaluate(bench, &subject) == SW_OK) {
			bench->subjects[bench->count++] = subject;
			return;
		}
	}
	bench->left_out++;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);
	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool is_expression(const char *key)
{
	return ends_with(key, ".$") || (ends_with(key, "Path") && strcmp(key, "ResultPath") != 0) ||
	       strcmp(key, "Variable") == 0;
}

static void keep_text(struct bench *bench, const char *key, const char *text)
{
	struct subject subject = {.kind = PATH};
	if (strcmp(key, "ResultPath") == 0) {
		subject.kind = RESULT_PATH;
		if (sw_refpath_compile(text, strlen(text), &bench->owner, &subject.place, NULL) == SW_OK)
			keep(bench, subject);
	} else if (is_expression(key)) {
		if (sw_query_jsonpath.compile(text, strlen(text), sw_query_jsonpath.template_kinds,
					      &bench->owner, &subject.expr, NULL) == SW_OK)
			keep(bench, subject);
	}
}

static void keep_template(struct bench *bench, const char *key, const json_t *value)
{
	static const char *const names[] = {"Parameters", "ItemSelector", "ResultSelector", "Assign"};
	struct subject subject = {.kind = TEMPLATE};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(names[i], key) == 0 && json_is_object(value) &&
		    sw_template_compile(value, &sw_query_jsonpath, &bench->owner, &subject.template, NULL,
					NULL) == SW_OK)
			keep(bench, subject);
	}
}

static void walk(struct bench *bench, json_t *definition,
		 void (*visit)(struct bench *bench, const char *key, json_t *value))
{
	const char *key;
	json_t *value;
	size_t index;
	json_object_foreach(definition, key, value)
	{
		visit(bench, key, value);
		walk(bench, value, visit);
	}
	json_array_foreach(definition, index, value)
	{
		walk(bench, value, visit);
	}
}

/* Puts a value where a path of the definition looks, if nothing is there. */
static void fill_up(struct bench *bench, const char *key, json_t *value)
{
	const char *text = json_string_value(value);
	const struct sw_refpath *place;
	struct sw_failure failure = {0};
	json_t *sample = json_string("A-1001"), *filled;
	struct subject subject = {.input = bench->inputs[0], .context = bench->inputs[0]};
	if (text && is_expression(key) &&
	    sw_query_jsonpath.compile(text, strlen(text), sw_query_jsonpath.template_kinds, &bench->owner,
				      &subject.expr, NULL) == SW_OK &&
	    evaluate(bench, &subject) != SW_OK) {
		size_t skip = text[1] == '$'; /* the context object is the input here */
		if (sw_refpath_compile(text + skip, strlen(text) - skip, &bench->owner, &place, NULL) ==
			    SW_OK &&
		    sw_refpath_insert(place, bench->inputs[0], sample, &filled, &failure) == SW_OK) {
			json_decref(bench->inputs[0]);
			bench->inputs[0] = filled;
		}
	}
	json_decref(sample);
	sw_failure_done(&failure);
}

/* Deep places first: of "$.a" and "$.a.b" the second makes both. */
static void fill_up_deep(struct bench *bench, const char *key, json_t *value)
{
	const char *text = json_string_value(value);
	const char *dot = text && is_expression(key) ? strchr(text, '.') : NULL;
	if (dot && strchr(dot + 1, '.'))
		fill_up(bench, key, value);
}

static void keep_member(struct bench *bench, const char *key, json_t *value)
{
	if (json_is_string(value))
		keep_text(bench, key, json_string_value(value));
	else
		keep_template(bench, key, value);
}

/* ---- reading ---------------------------------------------------------------------------------------------- */

static json_t *read_json(const char *directory, const char *name)
{
	char path[4096];
	char *text = __real_malloc(FILE_BYTES_MAX);
	json_t *tree = NULL;
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *file = fopen(path, "rb");
	size_t len = file && text ? fread(text, 1, FILE_BYTES_MAX, file) : 0;
	if (len > 0 && sw_json_parse(text, len, 0, &tree, NULL) != SW_OK)
		tree = NULL;
	if (file)
		fclose(file);
	free(text);
	return tree;
}

/* The inputs stay until the end: what is kept borrows them. */
static void read_example(struct bench *bench, const char *directory, const char *name)
{
	json_t *definition = read_json(directory, name);
	if (!json_object_get(definition, "States")) {
		json_decref(definition);
		return;
	}
	bench->inputs[0] = read_json(directory, "input.json");
	if (!bench->inputs[0])
		bench->inputs[0] = json_object();
	walk(bench, definition, fill_up_deep);
	walk(bench, definition, fill_up);
	bench->inputs[1] = json_pack("[[{s:i}], [{s:i}], [{s:i}]]", "a", 1, "a", 2, "a", 3);
	bench->inputs[2] = json_pack("{s:[[i],[i]]}", "renditions", 1, 2);
	for (size_t i = 0; i < 3; i++)
		(void)sw_owner_adopt_tree_new(&bench->owner, bench->inputs[i]);
	walk(bench, definition, keep_member);
	json_decref(definition);
}

static void read_examples(struct bench *bench, const char *root)
{
	DIR *folders = opendir(root);
	char directory[4096];
	for (struct dirent *folder; folders && (folder = readdir(folders));) {
		if (folder->d_name[0] == '.')
			continue;
		snprintf(directory, sizeof(directory), "%s/%s", root, folder->d_name);
		DIR *files = opendir(directory);
		for (struct dirent *file; files && (file = readdir(files));) {
			if (ends_with(file->d_name, ".json") && strcmp(file->d_name, "input.json") != 0)
				read_example(bench, directory, file->d_name);
		}
		if (files)
			closedir(files);
	}
	if (folders)
		closedir(folders);
}

/* ---- hard ones ---------------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *text;
} hard[] = {
	{"a filter over 100 items", "$.items[?(@.price > 50)].name"},
	{"a filter by a regular expression", "$.items[?(@.name =~ /item-[0-9]*7/)]"},
	{"a search in depth, 100 items", "$..price"},
	{"a slice of 10", "$.items[-10:]"},
	{"States.Format with three arguments",
	 "States.Format('{} of {} at {}', $.items[0].name, 100, $.items[5].price)"},
	{"five calls inside each other", "States.ArrayGetItem(States.StringSplit(States.Format('{}-{}', "
					 "$.items[3].name, States.MathAdd(1, 2)), '-'), 1)"},
	{"States.Hash, SHA-256 of 4 KiB", "States.Hash($.text, 'SHA-256')"},
};

static void keep_hard(struct bench *bench)
{
	json_t *items = json_array(), *input;
	char name[32], text[4097];
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "item-%03d", i);
		json_array_append_new(items, json_pack("{s:s, s:i}", "name", name, "price", i));
	}
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	input = json_pack("{s:o, s:s}", "items", items, "text", text);
	(void)sw_owner_adopt_tree_new(&bench->owner, input);
	bench->inputs[0] = bench->inputs[1] = bench->inputs[2] = input;
	for (size_t i = 0; i < sizeof(hard) / sizeof(*hard); i++) {
		struct subject subject = {.kind = HARD, .name = hard[i].name};
		if (sw_query_jsonpath.compile(hard[i].text, strlen(hard[i].text),
					      sw_query_jsonpath.template_kinds, &bench->owner, &subject.expr,
					      NULL) == SW_OK)
			keep(bench, subject);
	}
}

int main(int argc, char **argv)
{
	static struct bench bench;
	json_set_alloc_funcs(__wrap_malloc, free);
	sw_owner_init(&bench.owner);
	bench.rng = sw_rng(1);
	read_examples(&bench, argc > 1 ? argv[1] : "examples");
	if (bench.count == 0) {
		fprintf(stderr, "bench: there are no examples in %s\n", argc > 1 ? argv[1] : "examples");
		return 1;
	}
	size_t left_out = bench.left_out;
	keep_hard(&bench);
	printf("%-44s %7s %11s %11s\n", "one evaluation", "of them", "ns", "allocations");
	measure(&bench, "paths of the examples", PATH, NULL);
	measure(&bench, "payload templates of the examples", TEMPLATE, NULL);
	measure(&bench, "ResultPaths of the examples", RESULT_PATH, NULL);
	for (size_t i = 0; i < bench.count; i++) {
		if (bench.subjects[i].kind == HARD)
			measure(&bench, bench.subjects[i].name, HARD, &bench.subjects[i]);
	}
	if (left_out > 0)
		printf("left out, because no input is known for them: %zu\n", left_out);
	sw_owner_done(&bench.owner);
	return 0;
}
