/* What the tests of the reader share: a store in memory whose records are written by hand. */
#ifndef SW_TESTS_ENGINE_READER_FIXTURE_H
#define SW_TESTS_ENGINE_READER_FIXTURE_H

#include "records_fixture.h"

#include "engine/reader.h"

#define REGION "eu-central-1"
#define ACCOUNT "111122223333"
#define ARN_OF "arn:aws:states:" REGION ":" ACCOUNT

/* ---- a store with something in it ------------------------------------------------------------------- */

struct world {
	struct sw_store *store;
	struct sw_batch *batch;
	struct sw_reader *reader;
	struct sw_execution execution; /* that is written now */
	struct sw_value_writer writer;
};

static inline struct sw_store_options store_options(const char *directory)
{
	return (struct sw_store_options){
		.directory = directory,
		.table_names = sw_table_names,
		.tables_count = SW_TABLES_COUNT,
		.format = SW_STORE_FORMAT,
	};
}

static inline void world_init(struct world *w)
{
	struct sw_store_options options = store_options(NULL);
	memset(w, 0, sizeof(*w));
	assert_int_equal(sw_store_open_memory(&options, &w->store, NULL), SW_OK);
	assert_int_equal(sw_batch_new(&w->batch), SW_OK);
	assert_int_equal(sw_reader_new(w->store, REGION, ACCOUNT, &w->reader), SW_OK);
	w->writer = (struct sw_value_writer){&w->execution, w->batch};
}

static inline void world_commit(struct world *w)
{
	assert_int_equal(sw_store_commit(w->store, w->batch, NULL), SW_OK);
	sw_batch_reset(w->batch);
}

static inline void world_done(struct world *w)
{
	sw_reader_close(w->reader);
	sw_store_close(w->store);
	sw_batch_free(w->batch);
}

static inline void put(struct world *w, unsigned table, const struct sw_key *key, const void *data,
		       size_t len)
{
	assert_int_equal(sw_batch_put(w->batch, table, sw_key_slice(key), sw_slice(data, len)), SW_OK);
}

static inline void put_machine(struct world *w, const char *name, uint32_t number, uint32_t revision,
			       enum sw_machine_status status)
{
	char definition[40], revision_id[16];
	int len = snprintf(definition, sizeof(definition), "{\"Comment\":\"revision %u\"}", revision);
	snprintf(revision_id, sizeof(revision_id), "rev-%u", revision);
	struct sw_machine_record record = {
		.name = (char *)(uintptr_t)name,
		.revision_id = revision_id,
		.role_arn = (char *)(uintptr_t) "arn:aws:iam::" ACCOUNT ":role/r",
		.number = number,
		.revision = revision,
		.status = status,
		.creation_ms = 1000 + number,
		.update_ms = 2000 + revision,
		.definition = definition,
		.definition_len = (size_t)len,
	};
	struct sw_buf out = SW_BUF;
	struct sw_key key;
	assert_int_equal(sw_machine_record_encode(&record, &out), SW_OK);
	sw_key_machine(&key, name, revision);
	put(w, SW_TABLE_MACHINES, &key, out.data, out.len);
	sw_key_number(&key, number);
	put(w, SW_TABLE_NUMBERS, &key, name, strlen(name));
	sw_buf_done(&out);
}

/* Puts head and indexes of w->execution. */
static inline void put_head(struct world *w, bool named)
{
	struct sw_execution *x = &w->execution;
	struct sw_buf out = SW_BUF;
	struct sw_key key;
	assert_int_equal(sw_head_encode(&w->writer, x, &out), SW_OK);
	sw_key_execution(&key, x->id);
	put(w, SW_TABLE_EXECUTIONS, &key, out.data, out.len);
	sw_buf_done(&out);
	sw_key_listing(&key, x->machine_number, x->id);
	put(w, SW_TABLE_LISTING, &key, NULL, 0);
	if (named) {
		struct sw_buf id = SW_BUF;
		sw_buf_be64(&id, x->id);
		assert_int_equal(sw_key_name(&key, NULL, x->machine_name, x->name), SW_OK);
		put(w, SW_TABLE_NAMES, &key, id.data, id.len);
		sw_buf_done(&id);
	}
}

static inline void begin_execution(struct world *w, const char *machine, uint32_t machine_number, uint64_t id,
				   const char *name, enum sw_status status)
{
	w->execution = (struct sw_execution){
		.id = id,
		.status = status,
		.name = (char *)(uintptr_t)name,
		.machine_name = (char *)(uintptr_t)machine,
		.machine_number = machine_number,
		.machine_revision = 1,
		.start_ms = 5000 + (int64_t)id,
		.stop_ms = status == SW_STATUS_RUNNING ? 0 : 6000 + (int64_t)id,
		.timeout_due_ms = SW_NEVER,
		.next_event_id = 1,
	};
}

static inline void put_execution(struct world *w, const char *machine, uint32_t machine_number, uint64_t id,
				 const char *name, enum sw_status status)
{
	begin_execution(w, machine, machine_number, id, name, status);
	put_head(w, true);
}

static inline void put_ten_executions(struct world *w)
{
	static const enum sw_status statuses[] = {SW_STATUS_RUNNING, SW_STATUS_SUCCEEDED, SW_STATUS_FAILED};
	static char names[10][8];
	put_machine(w, "orders", 1, 1, SW_MACHINE_ACTIVE);
	put_machine(w, "bills", 2, 1, SW_MACHINE_ACTIVE);
	put_machine(w, "idle", 3, 1, SW_MACHINE_ACTIVE);
	for (uint32_t i = 0; i < 10; i++) {
		snprintf(names[i], sizeof(names[i]), "e%u", i);
		put_execution(w, i % 2 ? "bills" : "orders", i % 2 ? 2 : 1, 1000 + i, names[i],
			      statuses[i % 3]);
	}
	world_commit(w);
}

/* Names that a list gave, one space between them. */
static inline void note_machine(void *user, const struct sw_machine_info *info)
{
	assert_null(info->definition);
	sw_buf_printf(user, "%s ", info->name);
}

static inline void note_execution(void *user, const struct sw_execution_info *info)
{
	assert_null(info->input);
	sw_buf_printf(user, "%s ", info->name);
}

#define HISTORY_ARN ARN_OF ":execution:orders:e"

/* Chunks of the given sizes, ids from 1; event N enters a state "sN" with input N. */
static inline void put_history(struct world *w, const uint32_t *sizes, size_t count)
{
	begin_execution(w, "orders", 1, 50, "e", SW_STATUS_RUNNING);
	for (size_t chunk = 0; chunk < count; chunk++) {
		struct sw_history_event events[20];
		struct sw_buf out = SW_BUF;
		struct sw_key key;
		assert_true(sizes[chunk] <= 20);
		for (uint32_t i = 0; i < sizes[chunk]; i++) {
			uint32_t id = w->execution.next_event_id + i;
			char text[16];
			snprintf(text, sizeof(text), "%u", id);
			events[i] = (struct sw_history_event){
				.id = id,
				.previous_id = id - 1,
				.type = SW_HISTORY_PASS_ENTERED,
				.time_ms = 1700000000000 + id,
				.details_count = 2,
			};
			events[i].details[0] = (struct sw_history_detail){.field = SW_FIELD_NAME,
									  .text = sw_asprintf("s%u", id)};
			events[i].details[1] = (struct sw_history_detail){
				.field = SW_FIELD_INPUT,
				.value = id % 5 ? fixture_value(text) : fixture_long_value(600, 'v'),
			};
		}
		assert_int_equal(sw_history_encode(&w->writer, events, sizes[chunk], &out), SW_OK);
		sw_key_pair(&key, w->execution.id, w->execution.next_event_id);
		put(w, SW_TABLE_HISTORY, &key, out.data, out.len);
		for (uint32_t i = 0; i < sizes[chunk]; i++)
			sw_history_event_done(&events[i]);
		w->execution.next_event_id += sizes[chunk];
		sw_buf_done(&out);
	}
	put_head(w, true);
	/* Neighbours, so that a scan which runs on is noticed. */
	struct sw_key key;
	sw_key_pair(&key, 49, 7);
	put(w, SW_TABLE_HISTORY, &key, "x", 1);
	sw_key_pair(&key, 51, 1);
	put(w, SW_TABLE_HISTORY, &key, "x", 1);
	world_commit(w);
}

static inline void note_event(void *user, uint32_t id, const char *json, size_t len)
{
	char start[80];
	snprintf(start, sizeof(start), "\"type\":\"PassStateEntered\",\"id\":%u,", id);
	assert_int_equal(strlen(json), len);
	assert_non_null(strstr(json, start));
	sw_buf_printf(user, "%u ", id);
}

#endif
