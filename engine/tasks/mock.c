/*
 * Mocked tasks, in the configuration format of Step Functions Local:
 *
 *   {"StateMachines": {MACHINE: {"TestCases": {CASE: {STATE: RESPONSE}}}},
 *    "MockedResponses": {RESPONSE: {"0": {"Return": ...}, "1-2": {"Throw": {"Error": ..., "Cause": ...}}}}}
 *
 * Everything is read once into sorted arrays of one arena; a look-up is three binary searches and one more
 * for the invocation. A file of a test suite may hold thousands of cases. docs/mocks.md is its page.
 */
#include "base/mem.h"
#include "engine/tasks/located.h"
#include "engine/tasks/tasks.h"

#include <stdlib.h>
#include <string.h>

#define OUTPUT_BYTES_MAX (16u << 20)

struct answer {
	uint32_t first, last; /* invocations, from 0 */
	struct sw_mock mock;
	size_t position; /* in the file, to name the one that overlaps */
};
struct response {
	struct answer *answers; /* by first; they do not overlap */
	size_t count;
};
/* A sorted table by name. What it leads to is a table, or a response. */
struct entry {
	const char *name;
	const void *value;
};
struct table {
	struct entry *entries;
	size_t count;
};
struct sw_mocks {
	struct sw_arena arena;
	struct table machines; /* -> cases -> states -> responses */
	struct table responses;
};

struct reading {
	struct sw_located at;
	struct sw_mocks *mocks;
};

/* Reads one value at the place; *ret_value lives in the arena. */
typedef enum sw_result read_fn(struct reading *reading, const json_t *value, const void **ret_value);

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static const void *find(const struct table *table, const char *name)
{
	const struct entry wanted = {name, NULL};
	if (!table->count)
		return NULL;
	const struct entry *found =
		bsearch(&wanted, table->entries, table->count, sizeof(wanted), compare_entries);
	return found ? found->value : NULL;
}

/* An object whose members are all read by `read` into a table. */
static enum sw_result read_table(struct reading *reading, const json_t *object, const char *what,
				 read_fn *read, struct table *table)
{
	enum sw_result r = sw_located_object(&reading->at, object, what);
	if (r < 0)
		return r;
	size_t count = json_object_size(object);
	table->entries =
		sw_arena_alloc(&reading->mocks->arena, (count ? count : 1) * sizeof(*table->entries));
	if (!table->entries)
		return SW_ENOMEM;
	void *iter = json_object_iter((json_t *)object);
	for (; iter; iter = json_object_iter_next((json_t *)object, iter)) {
		const char *key = json_object_iter_key(iter);
		struct entry *entry = &table->entries[table->count];
		size_t mark = sw_located_enter(&reading->at, key);
		r = read(reading, json_object_iter_value(iter), &entry->value);
		sw_located_leave(&reading->at, mark);
		if (r < 0)
			return r;
		entry->name = sw_arena_strdup(&reading->mocks->arena, key, strlen(key));
		if (!entry->name)
			return SW_ENOMEM;
		table->count++;
	}
	qsort(table->entries, table->count, sizeof(*table->entries), compare_entries);
	return SW_OK;
}

/* The one member that object must have, and may have; NULL after a mistake. */
static const json_t *only_member(struct reading *reading, const json_t *object, const char *what,
				 const char *name)
{
	if (sw_located_object(&reading->at, object, what) < 0)
		return NULL;
	void *iter = json_object_iter((json_t *)object);
	for (; iter; iter = json_object_iter_next((json_t *)object, iter)) {
		if (strcmp(json_object_iter_key(iter), name) != 0) {
			sw_located_unknown(&reading->at, json_object_iter_key(iter), name);
			return NULL;
		}
	}
	const json_t *member = json_object_get(object, name);
	if (!member)
		sw_located_mistake(&reading->at, false, "\"%s\" is missing", name);
	return member;
}

/* ---- MockedResponses ------------------------------------------------------------------------- */

/* A number of at most nine digits. */
static bool read_digits(const char **text, uint32_t *ret_number)
{
	uint32_t number = 0;
	size_t digits = strspn(*text, "0123456789");
	if (digits == 0 || digits > 9)
		return false;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (uint32_t)((*text)[i] - '0');
	*text += digits;
	*ret_number = number;
	return true;
}

/* "0" or "1-2". */
static bool read_range(const char *text, struct answer *answer)
{
	if (!read_digits(&text, &answer->first))
		return false;
	answer->last = answer->first;
	if (*text == '-') {
		text++;
		if (!read_digits(&text, &answer->last))
			return false;
	}
	return !*text && answer->first <= answer->last;
}

static enum sw_result read_return(struct reading *reading, const json_t *value, struct sw_mock *mock)
{
	struct sw_buf text = SW_BUF;
	enum sw_result r = sw_json_print(value, &text, OUTPUT_BYTES_MAX);
	if (r == SW_ELIMIT)
		r = sw_located_mistake(&reading->at, false, "the value is larger than %u bytes",
				       OUTPUT_BYTES_MAX);
	if (r == SW_OK)
		r = sw_buf_result(&text);
	if (r == SW_OK) {
		mock->output = sw_arena_strdup(&reading->mocks->arena, text.data, text.len);
		mock->output_len = text.len;
		r = mock->output ? SW_OK : SW_ENOMEM;
	}
	sw_buf_done(&text);
	return r;
}

static enum sw_result read_throw(struct reading *reading, const json_t *value, struct sw_mock *mock)
{
	struct sw_located *at = &reading->at;
	enum sw_result r = sw_located_object(at, value, "Throw");
	void *iter = r == SW_OK ? json_object_iter((json_t *)value) : NULL;
	for (; iter && r == SW_OK; iter = json_object_iter_next((json_t *)value, iter)) {
		const char *key = json_object_iter_key(iter);
		const json_t *text = json_object_iter_value(iter);
		bool error = strcmp(key, "Error") == 0;
		if (!error && strcmp(key, "Cause") != 0)
			return sw_located_unknown(at, key, "Error, Cause");
		size_t mark = sw_located_enter(at, key);
		r = sw_located_text(at, text, key);
		sw_located_leave(at, mark);
		if (r < 0)
			return r;
		const char *copy = sw_arena_strdup(&reading->mocks->arena, json_string_value(text),
						   json_string_length(text));
		if (!copy)
			return SW_ENOMEM;
		*(error ? &mock->error : &mock->cause) = copy;
	}
	if (r == SW_OK && !mock->error)
		r = sw_located_mistake(at, false, "Throw needs an \"Error\"");
	return r;
}

static enum sw_result read_answer(struct reading *reading, const json_t *value, struct answer *answer)
{
	struct sw_located *at = &reading->at;
	enum sw_result r = sw_located_object(at, value, "the answer to an invocation");
	if (r < 0)
		return r;
	void *iter = json_object_iter((json_t *)value);
	if (json_object_size(value) != 1)
		return sw_located_mistake(at, true, "an answer is either a \"Return\" or a \"Throw\"");
	const char *key = json_object_iter_key(iter);
	bool throws = strcmp(key, "Throw") == 0;
	if (!throws && strcmp(key, "Return") != 0)
		return sw_located_unknown(at, key, "Return, Throw");
	size_t mark = sw_located_enter(at, key);
	r = throws ? read_throw(reading, json_object_iter_value(iter), &answer->mock)
		   : read_return(reading, json_object_iter_value(iter), &answer->mock);
	sw_located_leave(at, mark);
	return r;
}

static int compare_answers(const void *a, const void *b)
{
	const struct answer *left = a, *right = b;
	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return left->position < right->position ? -1 : 1;
}

/* Which member of object stands at a position. */
static const char *key_at(const json_t *object, size_t position)
{
	void *iter = json_object_iter((json_t *)object);
	for (; position > 0; position--)
		iter = json_object_iter_next((json_t *)object, iter);
	return json_object_iter_key(iter);
}

static enum sw_result sort_answers(struct reading *reading, const json_t *object, struct response *response)
{
	qsort(response->answers, response->count, sizeof(*response->answers), compare_answers);
	for (size_t i = 1; i < response->count; i++) {
		const struct answer *before = &response->answers[i - 1], *answer = &response->answers[i];
		if (answer->first > before->last)
			continue;
		/* The one further down in the file is the mistake. */
		bool swap = before->position > answer->position;
		const char *late = key_at(object, swap ? before->position : answer->position);
		const char *early = key_at(object, swap ? answer->position : before->position);
		size_t mark = sw_located_enter(&reading->at, late);
		enum sw_result r =
			sw_located_mistake(&reading->at, true, "\"%s\" overlaps with \"%s\"", late, early);
		sw_located_leave(&reading->at, mark);
		return r;
	}
	return SW_OK;
}

static enum sw_result read_response(struct reading *reading, const json_t *value, const void **ret_response)
{
	struct sw_located *at = &reading->at;
	struct sw_arena *arena = &reading->mocks->arena;
	enum sw_result r = sw_located_object(at, value, "a mocked response");
	if (r < 0)
		return r;
	size_t count = json_object_size(value);
	struct response *response = sw_arena_alloc(arena, sizeof(*response));
	struct answer *answers = sw_arena_alloc(arena, (count ? count : 1) * sizeof(*answers));
	if (!response || !answers)
		return SW_ENOMEM;
	*response = (struct response){.answers = answers};
	void *iter = json_object_iter((json_t *)value);
	for (; iter; iter = json_object_iter_next((json_t *)value, iter)) {
		const char *key = json_object_iter_key(iter);
		struct answer *answer = &answers[response->count];
		size_t mark = sw_located_enter(at, key);
		answer->position = response->count++;
		if (!read_range(key, answer))
			r = sw_located_mistake(
				at, true,
				"\"%.100s\" is neither the number of an invocation (\"0\" is the "
				"first) nor a range (\"1-2\")",
				key);
		if (r == SW_OK)
			r = read_answer(reading, json_object_iter_value(iter), answer);
		sw_located_leave(at, mark);
		if (r < 0)
			return r;
	}
	*ret_response = response;
	return sort_answers(reading, value, response);
}

/* ---- StateMachines --------------------------------------------------------------------------- */

static enum sw_result read_state(struct reading *reading, const json_t *value, const void **ret_response)
{
	enum sw_result r = sw_located_text(&reading->at, value, "the name of a mocked response");
	if (r < 0)
		return r;
	*ret_response = find(&reading->mocks->responses, json_string_value(value));
	if (!*ret_response)
		return sw_located_mistake(&reading->at, false, "there is no mocked response named \"%.100s\"",
					  json_string_value(value));
	return SW_OK;
}

static enum sw_result read_case(struct reading *reading, const json_t *value, const void **ret_states)
{
	struct table *states = sw_arena_alloc(&reading->mocks->arena, sizeof(*states));
	if (!states)
		return SW_ENOMEM;
	*ret_states = states;
	return read_table(reading, value, "a test case", read_state, states);
}

static enum sw_result read_machine(struct reading *reading, const json_t *value, const void **ret_cases)
{
	const json_t *object = only_member(reading, value, "a state machine", "TestCases");
	struct table *cases = sw_arena_alloc(&reading->mocks->arena, sizeof(*cases));
	if (!object)
		return SW_EDEFINITION;
	if (!cases)
		return SW_ENOMEM;
	*ret_cases = cases;
	sw_located_enter(&reading->at, "TestCases");
	return read_table(reading, object, "TestCases", read_case, cases);
}

/* ---- the door -------------------------------------------------------------------------------- */

static enum sw_result read_file(struct reading *reading, const json_t *tree)
{
	struct sw_located *at = &reading->at;
	static const char *const known[] = {"MockedResponses", "StateMachines"};
	enum sw_result r = sw_located_object(at, tree, "a mock configuration");
	if (r < 0)
		return r;
	void *iter = json_object_iter((json_t *)tree);
	for (; iter; iter = json_object_iter_next((json_t *)tree, iter)) {
		const char *key = json_object_iter_key(iter);
		if (strcmp(key, known[0]) != 0 && strcmp(key, known[1]) != 0)
			return sw_located_unknown(at, key, "StateMachines, MockedResponses");
	}
	for (size_t i = 0; i < 2; i++)
		if (!json_object_get(tree, known[i]))
			return sw_located_mistake(at, false, "\"%s\" is missing", known[i]);
	size_t mark = sw_located_enter(at, known[0]);
	r = read_table(reading, json_object_get(tree, known[0]), known[0], read_response,
		       &reading->mocks->responses);
	sw_located_leave(at, mark);
	sw_located_enter(at, known[1]);
	return r < 0 ? r
		     : read_table(reading, json_object_get(tree, known[1]), known[1], read_machine,
				  &reading->mocks->machines);
}

enum sw_result sw_mocks_new(const char *text, size_t len, struct sw_mocks **ret_mocks, struct sw_error *err)
{
	struct reading reading;
	json_t *tree;
	enum sw_result r = sw_located_parse(&reading.at, text, len, &tree, err);
	if (r < 0)
		return r;
	reading.mocks = sw_zalloc(sizeof(*reading.mocks));
	r = reading.mocks ? SW_OK : SW_ENOMEM;
	if (r == SW_OK)
		r = read_file(&reading, tree);
	json_decref(tree);
	if (r < 0) {
		sw_mocks_free(reading.mocks);
		return r == SW_ENOMEM ? sw_error_set(err, SW_ENOMEM, "out of memory") : r;
	}
	*ret_mocks = reading.mocks;
	return SW_OK;
}

void sw_mocks_free(struct sw_mocks *mocks)
{
	if (mocks)
		sw_arena_done(&mocks->arena);
	sw_free(mocks);
}

static const struct table *find_case(const struct sw_mocks *mocks, const char *machine, const char *test_case)
{
	const struct table *cases = find(&mocks->machines, machine);
	return cases ? find(cases, test_case) : NULL;
}

enum sw_result sw_mocks_check(const struct sw_mocks *mocks, const char *machine, const char *test_case)
{
	return find_case(mocks, machine, test_case) ? SW_OK : SW_ENOENT;
}

enum sw_result sw_mocks_find(const struct sw_mocks *mocks, const char *machine, const char *test_case,
			     const char *state, uint32_t invocation, struct sw_mock *ret_mock)
{
	const struct table *states = find_case(mocks, machine, test_case);
	const struct response *response = states ? find(states, state) : NULL;
	if (!response)
		return SW_ENOENT;
	/* the last answer that begins at the invocation or before */
	size_t low = 0, high = response->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (response->answers[middle].first <= invocation)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || response->answers[low - 1].last < invocation)
		return SW_ELIMIT;
	*ret_mock = response->answers[low - 1].mock;
	return SW_OK;
}
