/* Creating and deleting activities, and finding them. Who waits in them is polls.c's matter. */
#include "engine/internal.h"
#include "engine/qualifiers.h"

#include "base/mem.h"

#include <string.h>

#define NAME_BYTES_MAX (4 * SW_NAME_CHARACTERS_MAX)

bool sw_activities_name(const struct sw_engine *engine, const char *resource, char *name, size_t bytes)
{
	struct sw_arn arn;
	if (sw_arn_parse(resource, &arn, NULL) < 0 || strcmp(arn.kind, "activity") != 0 ||
	    strcmp(arn.region, engine->region) != 0 || strcmp(arn.account, engine->account) != 0 ||
	    strlen(arn.name) > NAME_BYTES_MAX || strlen(arn.name) >= bytes)
		return false;
	memcpy(name, arn.name, strlen(arn.name) + 1);
	return true;
}

static enum sw_result find_record(struct sw_engine *engine, const char *name,
				  struct sw_activity_record *ret_record, bool *ret_uncommitted,
				  struct sw_error *err)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_slice bytes;
	struct sw_key key;
	if (!*name || strlen(name) > NAME_BYTES_MAX)
		return SW_ENOENT;
	enum sw_result r = sw_store_begin(engine->store, &snapshot, err);
	if (r < 0)
		return r;
	sw_key_activity(&key, name);
	r = sw_engine_lookup(engine, snapshot, SW_TABLE_ACTIVITIES, sw_key_slice(&key), &bytes,
			     ret_uncommitted);
	if (r == SW_OK)
		r = sw_activity_record_decode(bytes, ret_record, err);
	sw_snapshot_end(snapshot);
	return r;
}

enum sw_result sw_activities_find(struct sw_engine *engine, const char *name, int64_t *ret_creation_ms,
				  bool *ret_uncommitted, struct sw_error *err)
{
	struct sw_activity_record record = {0};
	enum sw_result r = find_record(engine, name, &record, ret_uncommitted, err);
	if (r == SW_OK && ret_creation_ms)
		*ret_creation_ms = record.creation_ms;
	sw_activity_record_done(&record);
	return r;
}

/* The error's text, unless it has one already. */
static enum sw_result plain(struct sw_error *err, enum sw_result result)
{
	return result < 0 ? sw_error_set(err, result, "%s", sw_result_text(result)) : SW_OK;
}

static enum sw_result fill_answer(struct sw_engine *engine, const char *name, int64_t creation_ms,
				  struct sw_answer *answer)
{
	char arn[SW_ARN_TEXT_BYTES];
	enum sw_result r = sw_arn_activity(arn, sizeof(arn), engine->region, engine->account, name);
	if (r < 0)
		return r;
	answer->arn = sw_strdup(arn);
	answer->time_ms = creation_ms;
	return answer->arn ? SW_OK : SW_ENOMEM;
}

static enum sw_result put_record(struct sw_engine *engine, const struct sw_activity_record *record)
{
	struct sw_batch *batch = sw_engine_changes(engine);
	struct sw_buf bytes = SW_BUF;
	struct sw_key key;
	enum sw_result r = batch ? sw_activity_record_encode(record, &bytes) : SW_ENOMEM;
	sw_key_activity(&key, record->name);
	if (r == SW_OK)
		r = sw_batch_put(batch, SW_TABLE_ACTIVITIES, sw_key_slice(&key),
				 sw_slice(bytes.data, bytes.len));
	sw_buf_done(&bytes);
	return r;
}

static enum sw_result put_new(struct sw_engine *engine, const char *name, int64_t creation_ms,
			      const struct sw_tag *tags, size_t tags_count, struct sw_error *err)
{
	struct sw_activity_record record = {.name = sw_strdup(name), .creation_ms = creation_ms};
	enum sw_result r = record.name ? sw_tags_set(&record.tags, tags, tags_count, err) : SW_ENOMEM;
	if (r == SW_OK)
		r = put_record(engine, &record);
	sw_activity_record_done(&record);
	return r;
}

enum sw_result sw_engine_create_activity(struct sw_engine *engine, const char *name, sw_reply_fn *reply,
					 void *user, struct sw_error *err)
{
	return sw_engine_create_tagged_activity(engine, name, NULL, 0, reply, user, err);
}

enum sw_result sw_engine_create_tagged_activity(struct sw_engine *engine, const char *name,
						const struct sw_tag *tags, size_t tags_count,
						sw_reply_fn *reply, void *user, struct sw_error *err)
{
	struct sw_answer answer = {.reply = reply, .user = user};
	int64_t creation_ms = 0;
	bool uncommitted = false;
	enum sw_result r = sw_engine_check(engine, err);
	if (r == SW_OK)
		r = name ? sw_name_check(name, err) : sw_error_set(err, SW_EINVAL, "a name is needed");
	if (r < 0)
		return r;
	r = sw_activities_find(engine, name, &creation_ms, &uncommitted, err);
	if (r != SW_OK && r != SW_ENOENT)
		return plain(err, r);
	/* "CreateActivity is an idempotent API. Subsequent requests won't create a duplicate resource if it
	 * was already created." */
	answer.existed = r == SW_OK;
	if (!answer.existed)
		creation_ms = sw_clock_now_ms(&engine->clock);
	if (!answer.existed && engine->full)
		return sw_error_set(err, SW_EFULL, "%s", sw_result_text(SW_EFULL));
	r = fill_answer(engine, name, creation_ms, &answer);
	if (r == SW_OK && !answer.existed)
		r = put_new(engine, name, creation_ms, tags, tags_count, err);
	if (r < 0) {
		sw_answer_done(&answer);
		return plain(err, r);
	}
	return answer.existed ? sw_engine_answer(engine, &answer, true, err)
			      : sw_engine_write(engine, &answer, err);
}

enum sw_result sw_engine_delete_activity(struct sw_engine *engine, const char *name, sw_reply_fn *reply,
					 void *user, struct sw_error *err)
{
	struct sw_answer answer = {.reply = reply, .user = user};
	struct sw_key key;
	bool uncommitted = false;
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	if (!name)
		return sw_error_set(err, SW_EINVAL, "a name is needed");
	r = sw_activities_find(engine, name, NULL, &uncommitted, err);
	if (r == SW_ENOENT) {
		answer.existed = true;
		return sw_engine_answer(engine, &answer, true, err);
	}
	/* One that is damaged can be deleted, too. */
	if (r < 0 && r != SW_ECORRUPT)
		return plain(err, r);
	sw_error_clear(err);
	struct sw_batch *batch = sw_engine_changes(engine);
	sw_key_activity(&key, name);
	r = batch ? sw_batch_delete(batch, SW_TABLE_ACTIVITIES, sw_key_slice(&key)) : SW_ENOMEM;
	return r < 0 ? plain(err, r) : sw_engine_write(engine, &answer, err);
}

/* ---- tags ---- */

/* The record of an activity whose tags are to change. Free it with sw_activity_record_done, also on failure. */
static enum sw_result find_tagged(struct sw_engine *engine, const char *name,
				  struct sw_activity_record *ret_record, struct sw_error *err)
{
	bool uncommitted = false;
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	r = name ? find_record(engine, name, ret_record, &uncommitted, err) : SW_EINVAL;
	return r < 0 ? plain(err, r) : SW_OK;
}

static enum sw_result write_tagged(struct sw_engine *engine, const struct sw_activity_record *record,
				   sw_reply_fn *reply, void *user, struct sw_error *err)
{
	struct sw_answer answer = {.reply = reply, .user = user};
	enum sw_result r = put_record(engine, record);
	return r < 0 ? plain(err, r) : sw_engine_write(engine, &answer, err);
}

enum sw_result sw_engine_tag_activity(struct sw_engine *engine, const char *name, const struct sw_tag *tags,
				      size_t count, sw_reply_fn *reply, void *user, struct sw_error *err)
{
	struct sw_activity_record record = {0};
	enum sw_result r = find_tagged(engine, name, &record, err);
	if (r == SW_OK)
		r = sw_tags_set(&record.tags, tags, count, err);
	if (r == SW_OK)
		r = write_tagged(engine, &record, reply, user, err);
	sw_activity_record_done(&record);
	return r;
}

enum sw_result sw_engine_untag_activity(struct sw_engine *engine, const char *name, const char *const *keys,
					size_t count, sw_reply_fn *reply, void *user, struct sw_error *err)
{
	struct sw_activity_record record = {0};
	enum sw_result r = find_tagged(engine, name, &record, err);
	if (r == SW_OK) {
		sw_tags_take_out(&record.tags, keys, count);
		r = write_tagged(engine, &record, reply, user, err);
	}
	sw_activity_record_done(&record);
	return r;
}
