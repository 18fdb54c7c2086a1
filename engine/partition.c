/* One engine among several over one data directory: see partition.h. */
#include "engine/partition.h"

#include "base/mem.h"
#include "engine/internal.h"
#include "engine/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PARTITION_SHIFT 56
#define SETTING_COUNT "partitions" /* in the catalogue: how many there are */
#define SETTING_OF "partition"     /* in the others: which one it is, and of which store */

/* ---- tables ------------------------------------------------------------------------------------------- */

static bool is_catalogue(unsigned table)
{
	switch (table) {
	case SW_TABLE_MACHINES:
	case SW_TABLE_NUMBERS:
	case SW_TABLE_VERSIONS:
	case SW_TABLE_ALIASES:
	case SW_TABLE_TAGS:
	case SW_TABLE_ACTIVITIES:
		return true;
	default:
		return false;
	}
}

/* Where the id is in the keys of a table. */
static int id_at(unsigned table)
{
	switch (table) {
	case SW_TABLE_EXECUTIONS:
	case SW_TABLE_BRANCHES:
	case SW_TABLE_HISTORY:
	case SW_TABLE_VALUES:
		return 0;
	case SW_TABLE_LISTING:
		return 4;
	case SW_TABLE_TIMERS:
	case SW_TABLE_ENDED:
		return 8;
	default:
		return -1;
	}
}

bool sw_partition_is_foreign(const struct sw_batch *batch)
{
	enum sw_batch_op op;
	unsigned table;
	struct sw_slice key, value;
	for (size_t at = 0; sw_batch_each(batch, &at, &op, &table, &key, &value);) {
		if (is_catalogue(table))
			return true;
	}
	return false;
}

/* ---- stores ------------------------------------------------------------------------------------------- */

enum sw_result sw_partition_join(struct sw_store *catalogue, struct sw_store *own,
				 struct sw_store **ret_store)
{
	struct sw_store *const stores[] = {catalogue, own};
	struct sw_union_table tables[SW_TABLES_COUNT];
	for (unsigned i = 0; i < SW_TABLES_COUNT; i++)
		tables[i] = (struct sw_union_table){.stores = is_catalogue(i) ? 1 : 2, .id_at = -1};
	struct sw_union_options options = {.stores = stores,
					   .count = 2,
					   .owned = 2,
					   .tables = tables,
					   .tables_count = SW_TABLES_COUNT,
					   .writer = own};
	return sw_store_open_union(&options, ret_store);
}

enum sw_result sw_partition_unite(struct sw_store *const *stores, size_t count, bool owned,
				  struct sw_store **ret_store)
{
	struct sw_union_table tables[SW_TABLES_COUNT];
	for (unsigned i = 0; i < SW_TABLES_COUNT; i++) {
		bool one = is_catalogue(i) || i == SW_TABLE_SETTINGS;
		tables[i] = (struct sw_union_table){.stores = one ? 1 : UINT64_MAX, .id_at = id_at(i)};
	}
	struct sw_union_options options = {.stores = stores,
					   .count = count,
					   .owned = owned ? UINT64_MAX : 0,
					   .tables = tables,
					   .tables_count = SW_TABLES_COUNT};
	return sw_store_open_union(&options, ret_store);
}

/* ---- settings ----------------------------------------------------------------------------------------- */

/* *ret_text is "" when there is none. */
static enum sw_result read_setting(struct sw_snapshot *snapshot, const char *name, char *text, size_t bytes)
{
	struct sw_slice value;
	enum sw_result r = sw_snapshot_get(snapshot, SW_TABLE_SETTINGS, sw_slice(name, strlen(name)), &value);
	text[0] = '\0';
	if (r == SW_OK)
		snprintf(text, bytes, "%.*s", (int)(value.len < bytes ? value.len : bytes - 1),
			 (const char *)value.data);
	return r == SW_ENOENT ? SW_OK : r;
}

static enum sw_result put_setting(struct sw_batch *batch, const char *name, const char *text)
{
	return sw_batch_put(batch, SW_TABLE_SETTINGS, sw_slice(name, strlen(name)),
			    sw_slice(text, strlen(text)));
}

enum sw_result sw_partitions_stored(struct sw_store *store, uint32_t *ret_count, struct sw_error *err)
{
	struct sw_snapshot *snapshot = NULL;
	char text[24], of[64] = "";
	enum sw_result r = sw_store_begin(store, &snapshot, err);
	if (r < 0)
		return r;
	r = read_setting(snapshot, SETTING_COUNT, text, sizeof(text));
	if (r == SW_OK)
		r = read_setting(snapshot, SETTING_OF, of, sizeof(of));
	sw_snapshot_end(snapshot);
	if (r < 0)
		return sw_error_set(err, r, "%s", sw_result_text(r));
	if (of[0])
		return sw_error_set(err, SW_EINVAL,
				    "this is partition %u of another data directory, not one itself",
				    (unsigned)strtoul(of, NULL, 10));
	unsigned long count = text[0] ? strtoul(text, NULL, 10) : 1;
	if (count < 1 || count > SW_PARTITIONS_MAX)
		return sw_error_set(err, SW_ECORRUPT, "the number of partitions is damaged: '%s'", text);
	*ret_count = (uint32_t)count;
	return SW_OK;
}

enum sw_result sw_partition_settle(struct sw_engine *engine, struct sw_snapshot *snapshot,
				   struct sw_batch *batch, struct sw_error *err)
{
	char kept[64], wanted[64] = "", store[64];
	uint32_t count;
	if (!engine->catalogue)
		return sw_partitions_stored(engine->store, &count, err);
	snprintf(wanted, sizeof(wanted), "%u %s", engine->partition, engine->catalogue->store_name);
	enum sw_result r = read_setting(snapshot, SETTING_OF, kept, sizeof(kept));
	if (r == SW_OK)
		r = read_setting(snapshot, "store", store, sizeof(store));
	if (r < 0)
		return r;
	if (strcmp(kept, wanted) == 0)
		return SW_OK;
	if (kept[0] || store[0])
		return sw_error_set(err, SW_EINVAL, "%s is not partition %u of this data directory",
				    engine->directory ? engine->directory : "the store", engine->partition);
	return put_setting(batch, SETTING_OF, wanted);
}

/* A partition that was there must not be made anew. */
enum sw_result sw_partition_check(const struct sw_engine *engine, struct sw_error *err)
{
	struct stat st;
	uint32_t count;
	enum sw_result r = sw_partitions_stored(engine->catalogue->own_store, &count, err);
	if (r < 0 || !engine->directory || engine->partition >= count)
		return r;
	char *path = sw_asprintf("%s/data.mdb", engine->directory);
	if (!path)
		return SW_ENOMEM;
	bool missing = stat(path, &st) != 0 && errno == ENOENT;
	sw_free(path);
	return missing ? sw_error_set(err, SW_ECORRUPT, "partition %u is missing: there is no store in %s",
				      engine->partition, engine->directory)
		       : SW_OK;
}

enum sw_result sw_engine_partitions(struct sw_engine *engine, uint32_t *ret_count, struct sw_error *err)
{
	enum sw_result r = sw_engine_check(engine, err);
	return r < 0 ? r : sw_partitions_stored(engine->own_store, ret_count, err);
}

enum sw_result sw_engine_set_partitions(struct sw_engine *engine, uint32_t count, struct sw_error *err)
{
	struct sw_batch *batch = NULL;
	uint32_t before;
	char text[16];
	enum sw_result r = sw_engine_partitions(engine, &before, err);
	if (r < 0)
		return r;
	if (engine->state != SW_ENGINE_OPEN || engine->catalogue || count > SW_PARTITIONS_MAX ||
	    count < before)
		return sw_error_set(err, SW_EINVAL, "the data directory has %u partitions", before);
	if (count == before)
		return SW_OK;
	r = sw_batch_new(&batch);
	snprintf(text, sizeof(text), "%" PRIu32, count);
	if (r == SW_OK)
		r = put_setting(batch, SETTING_COUNT, text);
	/* Nothing was handed to the commit thread yet. */
	if (r == SW_OK)
		r = sw_store_commit(engine->own_store, batch, err);
	sw_batch_free(batch);
	return r < 0 ? sw_error_set(err, r, "%s", sw_result_text(r)) : SW_OK;
}

/* ---- reading all -------------------------------------------------------------------------------------- */

enum sw_result sw_reader_of_partitions(struct sw_engine *const *engines, size_t count,
				       struct sw_reader **ret_reader, struct sw_error *err)
{
	struct sw_store *stores[SW_PARTITIONS_MAX], *store = NULL;
	if (count < 1 || count > SW_PARTITIONS_MAX)
		return sw_error_set(err, SW_EINVAL, "1 to %d partitions", SW_PARTITIONS_MAX);
	for (size_t i = 0; i < count; i++)
		stores[i] = engines[i]->own_store;
	enum sw_result r = sw_partition_unite(stores, count, false, &store);
	if (r == SW_OK)
		r = sw_reader_new(store, engines[0]->region, engines[0]->account, ret_reader);
	if (r == SW_OK)
		(*ret_reader)->owns_store = true;
	else if (store)
		sw_store_close(store);
	return sw_reader_fail(err, r);
}

enum sw_result sw_reader_partition_of(struct sw_reader *reader, const char *execution_arn,
				      uint32_t *ret_partition, struct sw_error *err)
{
	struct sw_view view;
	struct sw_head head = {0};
	enum sw_result r = sw_view_begin(reader, &view, err);
	if (r < 0)
		return r;
	r = sw_view_execution(&view, execution_arn, false, &head, err);
	if (r == SW_OK)
		*ret_partition = (uint32_t)(head.id >> PARTITION_SHIFT);
	sw_head_done(&head);
	sw_view_end(&view);
	return r;
}

enum sw_result sw_token_partition(const char *token, uint32_t *ret_partition, struct sw_error *err)
{
	uint8_t random[SW_TOKEN_RANDOM_BYTES];
	uint32_t branch, attempt;
	uint64_t id;
	if (!token || strnlen(token, SW_TOKEN_BYTES_MAX + 1) > SW_TOKEN_BYTES_MAX ||
	    !sw_token_parse(token, strlen(token), &id, &branch, &attempt, random))
		return sw_error_set(err, SW_ETOKEN, "Invalid Token: 'Invalid token'");
	*ret_partition = (uint32_t)(id >> PARTITION_SHIFT);
	return SW_OK;
}

/* ---- hooks -------------------------------------------------------------------------------------------- */

void sw_engine_set_hooks(struct sw_engine *engine, const struct sw_partition_hooks *hooks)
{
	engine->hooks = *hooks;
	engine->activities.task_waits = hooks->task_waits;
	engine->activities.task_waits_user = hooks->user;
}
