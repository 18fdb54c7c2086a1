/*
 * A store whose records were changed by somebody: each record is whole and its checksum right, and they do not fit
 * together. A sound store of every kind of record is damaged as the input says, five bytes for each change; then the
 * doctor looks at it, everything is listed and told, and an engine opens it and works on: time passes, tasks are
 * completed, what runs is stopped and begins again. A damaged record may cost its execution, and nothing else.
 */
#include "base/assert.h"
#include "base/hash.h"
#include "engine/activity.h"
#include "engine/internal.h"
#include "engine/maintenance.h"
#include "engine/reader.h"
#include "engine/versions.h"
#include "tests/lib/virtual_loop.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define START_MS INT64_C(1700000000000)
#define RETENTION_MS 150000 /* what ends early goes while the engine works */
#define CHANGES_MAX 12
#define RECORDS_MAX 512
#define HELD_MAX 64
#define TURNS_MAX 300
#define CRC_BYTES 4
#define EXECUTION_ARN "arn:aws:states:us-east-1:123456789012:execution:"

/* Each stands still in another way, or has ended. */
static const struct {
	const char *name, *definition;
} machines[] = {
	{"wait",
	 "{\"TimeoutSeconds\":7200,\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":50,"
	 "\"Next\":\"B\"},\"B\":{\"Type\":\"Pass\",\"Result\":{\"b\":1},\"End\":true}}}"},
	{"task",
	 "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\",\"Assign\":"
	 "{\"v.$\":\"$\"},\"TimeoutSeconds\":600,\"HeartbeatSeconds\":300,\"Retry\":[{\"ErrorEquals\":"
	 "[\"States.ALL\"]}],\"End\":true}}}"},
	{"token", "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":"
		  "\"arn:aws:states:::held:do.waitForTaskToken\",\"End\":true}}}"},
	{"retry",
	 "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:broken\",\"Retry\":"
	 "[{\"ErrorEquals\":[\"A\"],\"IntervalSeconds\":30}],\"End\":true}}}"},
	{"fan",
	 "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":["
	 "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":20,\"End\":true}}},"
	 "{\"StartAt\":\"H\",\"States\":{\"H\":{\"Type\":\"Task\",\"Resource\":\"function:held\",\"End\":"
	 "true}}},{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}]}}}"},
	{"map",
	 "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Map\",\"End\":true,\"MaxConcurrency\":2,"
	 "\"ItemsPath\":\"$.list\",\"ItemProcessor\":{\"StartAt\":\"E\",\"States\":{\"E\":{\"Type\":\"Task\","
	 "\"Resource\":\"function:held\",\"Retry\":[{\"ErrorEquals\":[\"B\"]}],\"End\":true}}}}}}"},
	{"worker", "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":"
		   "\"arn:aws:states:us-east-1:123456789012:activity:act\",\"End\":true}}}"},
	{"expression",
	 "{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":"
	 "\"{% $count($states.input.list) %}\",\"Assign\":{\"l\":\"{% $states.input.list %}\"},\"Next\":"
	 "\"B\"},\"B\":{\"Type\":\"Pass\",\"Output\":\"{% $l[0] %}\",\"End\":true}}}"},
	{"failed",
	 "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":[{"
	 "\"StartAt\":"
	 "\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}},{\"StartAt\":\"F\",\"States\":{\"F\":"
	 "{\"Type\":\"Fail\",\"Error\":\"E\"}}},{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\","
	 "\"Seconds\":9,\"End\":true}}}]}}}"},
	{"done", "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"},
};
#define MACHINES (sizeof(machines) / sizeof(machines[0]))

struct record {
	unsigned table;
	char *key, *value; /* own */
	size_t key_len, value_len;
};

struct records {
	struct record list[RECORDS_MAX];
	unsigned count;
	unsigned first[SW_TABLES_COUNT + 1]; /* of each table */
};

struct scene {
	struct virtual_loop loop;
	struct sw_store *store;
	struct sw_engine *engine;
	struct sw_task *held[HELD_MAX];
	unsigned held_count;
};

/* ---- an engine on a store -------------------------------------------------------------------------------------- */

static void quiet(void *user, enum sw_log_level level, const char *file, int line, const char *text)
{
}

static void hold(void *user, struct sw_task *task)
{
	struct scene *scene = user;
	if (scene->held_count == HELD_MAX)
		sw_task_release(task);
	else
		scene->held[scene->held_count++] = task;
}

static void drop(void *user, struct sw_task *task)
{
	struct scene *scene = user;
	for (unsigned i = 0; i < scene->held_count; i++) {
		if (scene->held[i] == task) {
			scene->held[i] = scene->held[--scene->held_count];
			sw_task_release(task);
			return;
		}
	}
}

static void fail(void *user, struct sw_task *task)
{
	sw_task_fail(task, "A", "it broke");
}

static void store_new(struct scene *scene)
{
	struct sw_store_options options = {
		.table_names = sw_table_names, .tables_count = SW_TABLES_COUNT, .format = SW_STORE_FORMAT};
	virtual_loop_init(&scene->loop, START_MS);
	SW_ASSERT(sw_store_open_memory(&options, &scene->store, NULL) == SW_OK);
}

/* False: the engine refuses the store. */
static bool open_engine(struct scene *scene)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	options.loop = &scene->loop.hooks;
	options.synchronous_commit = true;
	options.seed = 42;
	options.log = (struct sw_log){quiet, scene, SW_LOG_ERROR};
	options.retention_ms = RETENTION_MS;
	if (sw_engine_new_on(&options, scene->store, &scene->engine, NULL) < 0)
		return false;
	SW_ASSERT(sw_engine_on_task(scene->engine, "function:held", hold, drop, scene, NULL) == SW_OK);
	SW_ASSERT(sw_engine_on_task(scene->engine, "arn:aws:states:::*", hold, drop, scene, NULL) == SW_OK);
	SW_ASSERT(sw_engine_on_task(scene->engine, "function:broken", fail, NULL, scene, NULL) == SW_OK);
	SW_ASSERT(sw_engine_resume(scene->engine, SW_RESUME_ALL, NULL) == SW_OK);
	virtual_loop_settle(&scene->loop, TURNS_MAX);
	return true;
}

static void scene_done(struct scene *scene)
{
	sw_engine_free(scene->engine);
	while (scene->held_count > 0)
		sw_task_release(scene->held[--scene->held_count]);
	sw_store_close(scene->store);
	SW_ASSERT(virtual_loop_count(&scene->loop) == 0);
}

/* ---- the sound store --------------------------------------------------------------------------------------------- */

static void begin_machines(struct sw_engine *engine)
{
	static const char input[] = "{\"list\":[1,2,3,4],\"long\":\"%0600u\"}";
	char text[800];
	int len = snprintf(text, sizeof(text), input, 7u);
	for (size_t i = 0; i < MACHINES; i++) {
		struct sw_machine_params params = {.name = machines[i].name,
						   .definition = machines[i].definition,
						   .definition_len = strlen(machines[i].definition)};
		struct sw_start_params start = {
			.machine = params.name, .name = params.name, .input = text, .input_len = (size_t)len};
		SW_ASSERT(sw_engine_create_machine(engine, &params, NULL, NULL, NULL, NULL) == SW_OK);
		SW_ASSERT(sw_engine_start(engine, &start, NULL, NULL, NULL) == SW_OK);
	}
}

static void fill(struct scene *scene)
{
	struct sw_engine *engine = scene->engine;
	const struct sw_tag tag = {"team", "blue"};
	const struct sw_alias_route route = {1, 100};
	struct sw_alias_params alias = {
		.machine = "done", .name = "live", .routes = &route, .routes_count = 1};
	struct sw_start_params start = {.machine = "done"};
	SW_ASSERT(sw_engine_create_activity(engine, "act", NULL, NULL, NULL) == SW_OK);
	begin_machines(engine);
	virtual_loop_settle(&scene->loop, TURNS_MAX);
	SW_ASSERT(sw_engine_publish_version(engine, "done", NULL, "first", NULL, NULL, NULL) == SW_OK);
	virtual_loop_settle(&scene->loop, TURNS_MAX);
	SW_ASSERT(sw_engine_create_alias(engine, &alias, NULL, NULL, NULL) == SW_OK);
	SW_ASSERT(sw_engine_tag(engine, "done", &tag, 1, NULL, NULL, NULL) == SW_OK);
	SW_ASSERT(sw_engine_start(engine, &start, NULL, NULL, NULL) == SW_OK);
	virtual_loop_settle(&scene->loop, TURNS_MAX);
	/* Deleted while an execution of it runs. */
	SW_ASSERT(sw_engine_delete_machine(engine, "token", NULL, NULL, NULL) == SW_OK);
	virtual_loop_settle(&scene->loop, TURNS_MAX);
}

static void copy_records(struct sw_store *store, struct records *records)
{
	struct sw_snapshot *snapshot;
	SW_ASSERT(sw_store_begin(store, &snapshot, NULL) == SW_OK);
	for (unsigned table = 0; table < SW_TABLES_COUNT; table++) {
		struct sw_scan *scan;
		struct sw_slice key, value;
		records->first[table] = records->count;
		SW_ASSERT(sw_scan_new(snapshot, table, sw_slice(NULL, 0), false, &scan) == SW_OK);
		while (sw_scan_next(scan, &key, &value) == SW_OK) {
			SW_ASSERT(records->count < RECORDS_MAX);
			records->list[records->count++] =
				(struct record){table, sw_memdup(key.data, key.len),
						sw_memdup(value.data, value.len), key.len, value.len};
		}
		sw_scan_free(scan);
	}
	records->first[SW_TABLES_COUNT] = records->count;
	sw_snapshot_end(snapshot);
}

static void records_done(struct records *records)
{
	for (unsigned i = 0; i < records->count; i++) {
		sw_free(records->list[i].key);
		sw_free(records->list[i].value);
	}
	records->count = 0;
}

static void make_sound(struct records *records)
{
	struct scene scene = {0};
	store_new(&scene);
	SW_ASSERT(open_engine(&scene));
	fill(&scene);
	copy_records(scene.store, records);
	for (unsigned table = 0; table < SW_TABLES_COUNT; table++)
		SW_ASSERT(records->first[table] < records->first[table + 1]); /* of every kind */
	scene_done(&scene);
}

/* ---- damage ---------------------------------------------------------------------------------------------------------- */

static bool has_checksum(unsigned table)
{
	return table != SW_TABLE_SETTINGS && table != SW_TABLE_NUMBERS && table != SW_TABLE_TIMERS &&
	       table != SW_TABLE_NAMES && table != SW_TABLE_LISTING && table != SW_TABLE_ENDED &&
	       table != SW_TABLE_QUEUES;
}

static void seal(struct record *record)
{
	if (!has_checksum(record->table) || record->value_len <= CRC_BYTES)
		return;
	size_t len = record->value_len - CRC_BYTES;
	uint32_t crc = sw_crc32(record->value, len);
	for (size_t i = 0; i < CRC_BYTES; i++)
		record->value[len + i] = (char)(crc >> (24 - 8 * i));
}

/* Takes bytes out at a place of the value, or puts a byte there. */
static void resize(struct record *record, size_t at, bool grow, char byte)
{
	size_t len = record->value_len;
	char *value = sw_zalloc(len + 1);
	SW_ASSERT(value);
	memcpy(value, record->value, at);
	memcpy(value + at + grow, record->value + at + !grow, len - at - !grow);
	if (grow)
		value[at] = byte;
	sw_free(record->value);
	record->value = value;
	record->value_len = grow ? len + 1 : len - 1;
}

/* bytes: table, record, what, where, by what. */
static void change(struct records *records, const uint8_t *bytes)
{
	unsigned table = bytes[0] % SW_TABLES_COUNT;
	unsigned first = records->first[table], count = records->first[table + 1] - first;
	if (count == 0)
		return;
	struct record *record = &records->list[first + bytes[1] % count];
	const struct record *other = &records->list[first + bytes[4] % count];
	size_t at = record->value_len ? bytes[3] % record->value_len : 0;
	switch (bytes[2] % 8) {
	case 0: /* it is gone */
		record->table = SW_TABLES_COUNT;
		break;
	case 1:
	case 2:
		if (record->value_len > 0)
			record->value[at] = (char)bytes[4];
		break;
	case 3:
		if (record->value_len > 0)
			resize(record, at, bytes[2] & 8, (char)bytes[4]);
		break;
	case 4:
		record->key[bytes[3] % record->key_len] = (char)bytes[4];
		break;
	case 5: /* it has become another one */
		if (other == record)
			break;
		sw_free(record->value);
		record->value = sw_memdup(other->value, other->value_len);
		record->value_len = other->value_len;
		break;
	case 6:
		if (record->value_len > 0)
			record->value[at] ^= (char)(1 << bytes[4] % 8);
		break;
	default:
		record->value_len = at;
		break;
	}
	if (record->table < SW_TABLES_COUNT && bytes[2] < 240)
		seal(record);
}

static void write_records(struct sw_store *store, const struct records *records)
{
	struct sw_batch *batch;
	SW_ASSERT(sw_batch_new(&batch) == SW_OK);
	for (unsigned i = 0; i < records->count; i++) {
		const struct record *record = &records->list[i];
		if (record->table < SW_TABLES_COUNT)
			SW_ASSERT(sw_batch_put(batch, record->table, sw_slice(record->key, record->key_len),
					       sw_slice(record->value, record->value_len)) == SW_OK);
	}
	SW_ASSERT(sw_store_commit(store, batch, NULL) == SW_OK);
	sw_batch_free(batch);
}

/* ---- looking ---------------------------------------------------------------------------------------------------------- */

static void note_diagnosis(void *user, const struct sw_diagnosis *diagnosis)
{
	SW_ASSERT(diagnosis->record && diagnosis->text);
}

static void each_machine(void *user, const struct sw_machine_info *info)
{
	SW_ASSERT(info->name && info->arn);
}

static void each_execution(void *user, const struct sw_execution_info *info)
{
	SW_ASSERT(info->name && info->arn);
}

static void each_version(void *user, const struct sw_version_info *info)
{
	SW_ASSERT(info->arn);
}

static void each_alias(void *user, const struct sw_alias_info *info)
{
	SW_ASSERT(info->arn && info->name && info->routes_count > 0);
}

static void each_activity(void *user, const struct sw_activity_info *info)
{
	SW_ASSERT(info->arn && info->name);
}

static void each_tag(void *user, const struct sw_tag *tag)
{
	SW_ASSERT(tag->key && tag->value);
}

static void each_record(void *user, const struct sw_dump_record *record)
{
	SW_ASSERT(record->table && record->key && record->json_len > 0 && record->json[0] == '{');
}

static void each_event(void *user, uint32_t id, const char *json, size_t len)
{
	SW_ASSERT(id > 0 && len > 0 && json[0] == '{');
}

static void look_at_execution(struct sw_reader *reader, const char *arn)
{
	struct sw_execution_info info;
	struct sw_machine_info machine;
	uint32_t next_id;
	if (sw_reader_execution(reader, arn, true, &info, NULL) == SW_OK)
		sw_execution_info_done(&info);
	if (sw_reader_machine_of(reader, arn, &machine, NULL) == SW_OK)
		sw_machine_info_done(&machine);
	sw_reader_history(reader, arn, 1, 100, false, true, each_event, NULL, &next_id, NULL);
	sw_reader_history(reader, arn, 0, 100, true, true, each_event, NULL, &next_id, NULL);
}

static void look(struct sw_store *store)
{
	struct sw_reader *reader;
	struct sw_check_options options = {.diagnosis = note_diagnosis};
	struct sw_check_summary summary;
	struct sw_list_filter filter = {0};
	char *cursor = NULL;
	if (sw_reader_new(store, NULL, NULL, &reader) < 0)
		return;
	sw_reader_check(reader, &options, &summary, NULL);
	sw_reader_dump(reader, &(struct sw_dump_options){.record = each_record}, NULL);
	if (sw_reader_list_machines(reader, 100, NULL, each_machine, NULL, &cursor, NULL) == SW_OK)
		sw_text_free(cursor);
	if (sw_reader_list_executions(reader, &filter, 100, NULL, each_execution, NULL, &cursor, NULL) ==
	    SW_OK)
		sw_text_free(cursor);
	if (sw_reader_list_versions(reader, "done", 100, NULL, each_version, NULL, &cursor, NULL) == SW_OK)
		sw_text_free(cursor);
	if (sw_reader_list_aliases(reader, "done", 0, 100, NULL, each_alias, NULL, &cursor, NULL) == SW_OK)
		sw_text_free(cursor);
	if (sw_reader_list_activities(reader, 100, NULL, each_activity, NULL, &cursor, NULL) == SW_OK)
		sw_text_free(cursor);
	sw_reader_tags(reader, "done", each_tag, NULL, NULL);
	for (size_t i = 0; i < MACHINES; i++) {
		char arn[200];
		snprintf(arn, sizeof(arn), EXECUTION_ARN "%s:%s", machines[i].name, machines[i].name);
		look_at_execution(reader, arn);
	}
	sw_reader_close(reader);
}

/* ---- working ---------------------------------------------------------------------------------------------------------- */

static void end_held(struct scene *scene)
{
	while (scene->held_count > 0) {
		struct sw_task *task = scene->held[--scene->held_count];
		if (scene->held_count % 2)
			sw_task_fail(task, "B", "no");
		else
			sw_task_succeed(task, "{\"x\":1}", 7);
	}
	virtual_loop_settle(&scene->loop, TURNS_MAX);
}

/* A worker who got a task is done with it at once. */
static void given(void *user, enum sw_result result, const struct sw_activity_task *task,
		  const struct sw_error *err)
{
	struct scene *scene = user;
	if (result == SW_OK && task)
		sw_engine_token_succeed(scene->engine, task->token, "[1]", 3, NULL, NULL, NULL);
}

static void poll_activity(struct scene *scene)
{
	for (unsigned i = 0; i < 2; i++)
		sw_engine_poll_activity(scene->engine, "act", "w", 1000, given, scene, NULL, NULL);
	virtual_loop_settle(&scene->loop, TURNS_MAX);
}

static void work(struct scene *scene)
{
	for (unsigned i = 0; i < 3; i++) {
		virtual_loop_advance(&scene->loop, 30000);
		end_held(scene);
		poll_activity(scene);
	}
	for (size_t i = 0; i < 2 * MACHINES; i++) {
		char arn[200];
		const char *name = machines[i / 2].name;
		snprintf(arn, sizeof(arn), EXECUTION_ARN "%s:%s", name, name);
		if (i % 2 == 0)
			sw_engine_stop(scene->engine, arn, "S", NULL, NULL, NULL, NULL);
		else
			sw_engine_redrive(scene->engine, arn, NULL, NULL, NULL);
		virtual_loop_settle(&scene->loop, TURNS_MAX);
	}
	virtual_loop_advance(&scene->loop, 100000);
	end_held(scene);
	sw_engine_delete_machine(scene->engine, "map", NULL, NULL, NULL);
	virtual_loop_advance(&scene->loop, 2 * RETENTION_MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct records sound;
	struct records records = {0};
	struct scene scene = {0};
	if (sound.count == 0)
		make_sound(&sound);
	records = sound;
	for (unsigned i = 0; i < records.count; i++) {
		struct record *record = &records.list[i];
		record->key = sw_memdup(record->key, record->key_len);
		record->value = sw_memdup(record->value, record->value_len);
	}
	for (size_t at = 0; at + 5 <= size && at < (size_t)CHANGES_MAX * 5; at += 5)
		change(&records, data + at);
	store_new(&scene);
	write_records(scene.store, &records);
	records_done(&records);
	look(scene.store);
	if (open_engine(&scene))
		work(&scene);
	look(scene.store);
	scene_done(&scene);
	return 0;
}
