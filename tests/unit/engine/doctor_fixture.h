/* What the tests of doctor and status share: a store that an engine has worked on, and tools to damage it by
 * hand. */
#ifndef SW_TESTS_ENGINE_DOCTOR_FIXTURE_H
#define SW_TESTS_ENGINE_DOCTOR_FIXTURE_H

#include "engine_world.h"

#include "base/hash.h"
#include "engine/maintenance.h"
#include "engine/reader.h"
#include "engine/record.h"

#include <stdio.h>

#define HELD(more) "{\"Type\":\"Task\",\"Resource\":\"function:held\"" more ",\"End\":true}"
#define NAMED(name, state) "{\"StartAt\":\"" name "\",\"States\":{\"" name "\":" state "}}"
#define ALONE(state) NAMED("A", state)
#define WAIT "{\"Type\":\"Wait\",\"Seconds\":3600,\"End\":true}"
#define PASS "{\"Type\":\"Pass\",\"End\":true}"
#define BRANCHES NAMED("B1", WAIT) "," NAMED("B2", HELD("")) "," NAMED("B3", PASS)

/* Each machine stands still in another way; "done" and "broken" do not. */
static const struct {
	const char *name, *definition;
} fixture_machines[] = {
	{"wait", ALONE(WAIT)},
	{"late", "{\"TimeoutSeconds\":7200,\"StartAt\":\"A\",\"States\":{\"A\":" WAIT "}}"},
	{"task", ALONE(HELD(",\"TimeoutSeconds\":600"))},
	{"token", ALONE("{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::held:do.waitForTaskToken\","
			"\"End\":true}")},
	{"retry", ALONE("{\"Type\":\"Task\",\"Resource\":\"function:broken\",\"End\":true,"
			"\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"],\"IntervalSeconds\":900}]}")},
	{"fan", ALONE("{\"Type\":\"Parallel\",\"End\":true,\"Branches\":[" BRANCHES "]}")},
	{"map", ALONE("{\"Type\":\"Map\",\"End\":true,\"MaxConcurrency\":2,\"ItemProcessor\":" NAMED(
			"Each", HELD("")) "}")},
	{"done", "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:echo\","
		 "\"Next\":\"B\"},"
		 "\"B\":" PASS "}}"},
	{"broken", ALONE("{\"Type\":\"Task\",\"Resource\":\"function:broken\",\"End\":true}")},
};
enum { FIXTURE_MACHINES = sizeof(fixture_machines) / sizeof(fixture_machines[0]) };

/* A text that is stored on its own. */
static inline const char *long_input(char text[1024])
{
	memset(text, 'x', 1000);
	memcpy(text, "{\"long\":\"", 9);
	memcpy(text + 998, "\"}", 3);
	return text;
}

/* Every machine with an execution of that name, and one more of "done" whose name is the engine's. */
static inline void fill(struct world *world)
{
	char text[1024];
	for (size_t i = 0; i < FIXTURE_MACHINES; i++) {
		const char *name = fixture_machines[i].name;
		world_machine(world, name, fixture_machines[i].definition);
		const char *input = !strcmp(name, "map") ? "[1,2,3,4]" : long_input(text);
		assert_int_equal(world_start(world, name, name, input).result, SW_OK);
	}
	assert_int_equal(world_start(world, "done", NULL, NULL).result, SW_OK);
}

/* A store like that, and nobody working on it. */
static inline int set_up_filled(void **state)
{
	struct world *world = world_new();
	world_open(world);
	fill(world);
	world_close(world);
	*state = world;
	return 0;
}

static inline int tear_down(void **state)
{
	world_free(*state);
	return 0;
}

/* ---- looking ------------------------------------------------------------------------------------------ */

struct findings {
	struct sw_buf text; /* "missing-timer branches 018bcfe568004000/0: text\n"; */
	struct sw_check_summary summary;
	unsigned with_arn, progress;
};

static inline void note_diagnosis(void *user, const struct sw_diagnosis *diagnosis)
{
	struct findings *found = user;
	assert_non_null(diagnosis->record);
	assert_true(strlen(diagnosis->text) > 0 && strlen(sw_problem_advice(diagnosis->problem)) > 0);
	found->with_arn += diagnosis->execution_arn != NULL;
	sw_buf_printf(&found->text, "%s %s: %s\n", sw_problem_name(diagnosis->problem), diagnosis->record,
		      diagnosis->text);
}

static inline void note_progress(void *user, const char *what, uint64_t count)
{
	struct findings *found = user;
	found->progress++;
}

static inline struct findings check(struct world *world)
{
	struct findings found = {0};
	struct sw_reader *reader = NULL;
	struct sw_check_options options = {note_diagnosis, note_progress, &found};
	assert_int_equal(sw_reader_new(world->memory, NULL, NULL, &reader), SW_OK);
	sw_buf_text(&found.text, "");
	assert_int_equal(sw_reader_check(reader, &options, &found.summary, NULL), SW_OK);
	assert_true(found.progress >= SW_TABLES_COUNT);
	sw_reader_close(reader);
	return found;
}

static inline void assert_sound(struct world *world)
{
	struct findings found = check(world);
	if (found.summary.errors + found.summary.warnings > 0)
		fail_msg("found:\n%s", found.text.data);
	sw_buf_done(&found.text);
}

/* Each line of expected begins a line of what was found, and there are no others. */
static inline void assert_found(struct world *world, const char *const *expected, size_t count)
{
	struct findings found = check(world);
	size_t lines = 0;
	for (const char *at = found.text.data ? found.text.data : ""; (at = strchr(at, '\n')); at++)
		lines++;
	for (size_t i = 0; i < count; i++) {
		char line[200];
		snprintf(line, sizeof(line), "\n%s", expected[i]);
		bool first = found.text.data && !strncmp(found.text.data, expected[i], strlen(expected[i]));
		if (!first && !(found.text.data && strstr(found.text.data, line)))
			fail_msg("not found: %s\nbut:\n%s", expected[i],
				 found.text.data ? found.text.data : "");
	}
	if (lines != count)
		fail_msg("%zu problems, expected %zu:\n%s", lines, count,
			 found.text.data ? found.text.data : "");
	assert_int_equal(found.summary.errors + found.summary.warnings, count);
	sw_buf_done(&found.text);
}
#define FOUND(world, ...)                                                                 \
	do {                                                                              \
		const char *const expected_[] = {__VA_ARGS__};                            \
		assert_found(world, expected_, sizeof(expected_) / sizeof(expected_[0])); \
	} while (0)

/* The execution of that machine and name. */
static inline struct sw_head head_of(struct world *world, const char *name)
{
	struct sw_reader *reader = NULL;
	struct sw_view view;
	struct sw_head head = {0};
	assert_int_equal(sw_reader_new(world->memory, NULL, NULL, &reader), SW_OK);
	assert_int_equal(sw_view_begin(reader, &view, NULL), SW_OK);
	assert_int_equal(sw_view_named(&view, name, name, false, &head, NULL), SW_OK);
	sw_view_end(&view);
	sw_reader_close(reader);
	return head;
}

static inline uint64_t id_of(struct world *world, const char *name)
{
	struct sw_head head = head_of(world, name);
	uint64_t id = head.id;
	sw_head_done(&head);
	return id;
}

/* ---- damaging ----------------------------------------------------------------------------------------- */

/* A copy of a record; SW_ENOENT when there is none. */
static inline struct sw_buf record_of(struct world *world, enum sw_table table, const struct sw_key *key)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_slice bytes;
	struct sw_buf copy = SW_BUF;
	assert_int_equal(sw_store_begin(world->memory, &snapshot, NULL), SW_OK);
	assert_int_equal(sw_snapshot_get(snapshot, table, sw_key_slice(key), &bytes), SW_OK);
	sw_buf_append(&copy, bytes.data, bytes.len);
	sw_snapshot_end(snapshot);
	return copy;
}

static inline void write_one(struct world *world, enum sw_table table, const struct sw_key *key,
			     const void *bytes, size_t len)
{
	struct sw_batch *batch = NULL;
	assert_int_equal(sw_batch_new(&batch), SW_OK);
	assert_int_equal(sw_batch_put(batch, table, sw_key_slice(key), sw_slice(bytes, len)), SW_OK);
	assert_int_equal(sw_store_commit(world->memory, batch, NULL), SW_OK);
	sw_batch_free(batch);
}

static inline void remove_one(struct world *world, enum sw_table table, const struct sw_key *key)
{
	struct sw_batch *batch = NULL;
	struct sw_buf there = record_of(world, table, key);
	sw_buf_done(&there);
	assert_int_equal(sw_batch_new(&batch), SW_OK);
	assert_int_equal(sw_batch_delete(batch, table, sw_key_slice(key)), SW_OK);
	assert_int_equal(sw_store_commit(world->memory, batch, NULL), SW_OK);
	sw_batch_free(batch);
}

/* Changes one byte; the checksum is as before, or made anew. */
static inline void change(struct world *world, enum sw_table table, const struct sw_key *key, size_t at,
			  char byte, bool sealed)
{
	struct sw_buf copy = record_of(world, table, key);
	assert_true(copy.len > at + SW_RECORD_CRC_BYTES);
	copy.data[at] = byte;
	if (sealed) {
		copy.len -= SW_RECORD_CRC_BYTES;
		sw_buf_be32(&copy, sw_crc32(copy.data, copy.len));
	}
	write_one(world, table, key, copy.data, copy.len);
	sw_buf_done(&copy);
}

static inline struct sw_key execution_key(uint64_t id)
{
	struct sw_key key;
	sw_key_execution(&key, id);
	return key;
}

static inline struct sw_key pair_key(uint64_t id, uint32_t number)
{
	struct sw_key key;
	sw_key_pair(&key, id, number);
	return key;
}

static inline struct sw_key timer_key(int64_t due_ms, uint64_t id, uint32_t branch)
{
	struct sw_key key;
	sw_key_timer(&key, due_ms, id, branch);
	return key;
}

/* The only timer of a branch. */
static inline struct sw_key find_timer(struct world *world, uint64_t id, uint32_t branch)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	struct sw_key found = {.len = 0};
	assert_int_equal(sw_store_begin(world->memory, &snapshot, NULL), SW_OK);
	assert_int_equal(sw_scan_new(snapshot, SW_TABLE_TIMERS, sw_slice(NULL, 0), false, &scan), SW_OK);
	while (sw_scan_next(scan, &key, &value) == SW_OK) {
		int64_t due_ms;
		uint64_t its_id;
		uint32_t its_branch;
		assert_true(sw_key_timer_read(key, &due_ms, &its_id, &its_branch));
		if (due_ms > 0 && its_id == id && its_branch == branch)
			sw_key_timer(&found, due_ms, id, branch);
	}
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	assert_true(found.len > 0);
	return found;
}

#endif
