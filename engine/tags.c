/*
 * Tags of resources, and those of state machines: TagResource, UntagResource, ListTagsForResource. "Up to 50
 * tags for each resource." Those of activities are in activities.c.
 */
#include "engine/qualifiers.h"

#include "base/mem.h"

#include <string.h>

/* ---- records ---- */

static void tag_done(struct sw_tag *tag)
{
	sw_free((char *)tag->key);
	sw_free((char *)tag->value);
}

void sw_tags_done(struct sw_tags *tags)
{
	for (uint32_t i = 0; i < tags->count; i++)
		tag_done(&tags->list[i]);
	sw_free(tags->list);
	*tags = (struct sw_tags){0};
}

void sw_record_write_tags(struct sw_record_writer *record, const struct sw_tags *tags)
{
	sw_record_write_u32(record, tags->count);
	for (uint32_t i = 0; i < tags->count; i++) {
		sw_record_write_text(record, tags->list[i].key);
		sw_record_write_text(record, tags->list[i].value);
	}
}

void sw_record_read_tags(struct sw_record_reader *record, struct sw_tags *ret_tags)
{
	struct sw_tags tags = {0};
	uint32_t count = sw_record_read_count(record);
	if (!sw_record_failed(record) && count > 0 &&
	    !(tags.list = sw_zalloc_array(count, sizeof(*tags.list))))
		record->result = SW_ENOMEM;
	while (tags.count < count && !sw_record_failed(record)) {
		struct sw_tag *tag = &tags.list[tags.count++];
		tag->key = sw_record_read_name(record);
		tag->value = sw_record_read_name(record);
	}
	*ret_tags = tags;
}

enum sw_result sw_tags_decode(struct sw_slice bytes, struct sw_tags *ret_tags, struct sw_error *err)
{
	struct sw_record_reader r;
	struct sw_tags tags = {0};
	enum sw_result result = sw_record_open(bytes, "tags", &r, err);
	if (result < 0)
		return result;
	sw_record_read_tags(&r, &tags);
	result = sw_record_check(&r, "tags", true, err);
	if (result < 0)
		sw_tags_done(&tags);
	else
		*ret_tags = tags;
	return result;
}

static enum sw_result put(struct sw_batch *batch, uint32_t machine_number, const struct sw_tags *tags)
{
	struct sw_record_writer w;
	struct sw_buf bytes = SW_BUF;
	struct sw_key key;
	sw_key_number(&key, machine_number);
	if (tags->count == 0)
		return sw_batch_delete(batch, SW_TABLE_TAGS, sw_key_slice(&key));
	sw_record_begin(&w, NULL, &bytes);
	sw_record_write_tags(&w, tags);
	enum sw_result r = sw_record_end(&w);
	if (r == SW_OK)
		r = sw_batch_put(batch, SW_TABLE_TAGS, sw_key_slice(&key), sw_slice(bytes.data, bytes.len));
	sw_buf_done(&bytes);
	return r;
}

/* ---- changing ---- */

static uint32_t place_of(const struct sw_tags *tags, const char *key)
{
	uint32_t i = 0;
	while (i < tags->count && strcmp(tags->list[i].key, key) != 0)
		i++;
	return i;
}

static enum sw_result set(struct sw_tags *tags, const struct sw_tag *tag, struct sw_error *err)
{
	struct sw_tag copy = {sw_strdup(tag->key), sw_strdup(tag->value ? tag->value : "")};
	uint32_t i = place_of(tags, tag->key);
	struct sw_tag *list = tags->list;
	enum sw_result r = copy.key && copy.value ? SW_OK : SW_ENOMEM;
	if (r == SW_OK && i == tags->count) {
		if (tags->count >= SW_TAGS_MAX)
			r = SW_ELIMIT;
		else if (!(list = sw_realloc_array(tags->list, tags->count + 1, sizeof(*list))))
			r = SW_ENOMEM;
	}
	if (r < 0) {
		tag_done(&copy);
		return sw_error_set(err, r, "%s",
				    r == SW_ELIMIT ? "a resource has at most 50 tags" : sw_result_text(r));
	}
	tags->list = list;
	if (i == tags->count)
		tags->count++;
	else
		tag_done(&list[i]);
	list[i] = copy;
	return SW_OK;
}

enum sw_result sw_tags_set(struct sw_tags *tags, const struct sw_tag *list, size_t count,
			   struct sw_error *err)
{
	enum sw_result r = SW_OK;
	for (size_t i = 0; i < count && r == SW_OK; i++)
		r = set(tags, &list[i], err);
	return r;
}

enum sw_result sw_tags_put(struct sw_batch *batch, uint32_t machine_number, const struct sw_tag *tags,
			   size_t count, struct sw_error *err)
{
	struct sw_tags set = {0};
	enum sw_result r = sw_tags_set(&set, tags, count, err);
	if (r == SW_OK && set.count > 0)
		r = put(batch, machine_number, &set);
	sw_tags_done(&set);
	return sw_reader_fail(err, r);
}

/* The tags of an active machine, as the engine sees them. */
static enum sw_result load(struct sw_engine *engine, uint32_t machine_number, struct sw_tags *ret_tags,
			   struct sw_error *err)
{
	struct sw_buf bytes = SW_BUF;
	bool depends = false;
	enum sw_result r = sw_qualifiers_fetch(engine, SW_TABLE_TAGS, machine_number, &bytes, &depends, err);
	if (r == SW_OK && bytes.len > 0)
		r = sw_tags_decode(sw_slice(bytes.data, bytes.len), ret_tags, err);
	sw_buf_done(&bytes);
	return sw_reader_fail(err, r);
}

static enum sw_result write_tags(struct sw_engine *engine, uint32_t machine_number,
				 const struct sw_tags *tags, sw_reply_fn *reply, void *user,
				 struct sw_error *err)
{
	struct sw_answer answer = {.reply = reply, .user = user};
	struct sw_batch *batch = sw_engine_changes(engine);
	enum sw_result r = batch ? put(batch, machine_number, tags) : SW_ENOMEM;
	return r < 0 ? sw_reader_fail(err, r) : sw_engine_write(engine, &answer, err);
}

enum sw_result sw_engine_tag(struct sw_engine *engine, const char *machine, const struct sw_tag *list,
			     size_t count, sw_reply_fn *reply, void *user, struct sw_error *err)
{
	const struct sw_known_machine *known;
	struct sw_tags tags = {0};
	bool answered = false;
	enum sw_result r = sw_qualifiers_machine(engine, machine, reply, user, &known, &answered, err);
	if (r < 0 || answered)
		return r;
	r = load(engine, known->record.number, &tags, err);
	if (r == SW_OK)
		r = sw_tags_set(&tags, list, count, err);
	if (r == SW_OK)
		r = write_tags(engine, known->record.number, &tags, reply, user, err);
	sw_tags_done(&tags);
	return r;
}

static void take_out(struct sw_tags *tags, const char *key)
{
	uint32_t i = place_of(tags, key);
	if (i == tags->count)
		return;
	tag_done(&tags->list[i]);
	tags->count--;
	memmove(&tags->list[i], &tags->list[i + 1], (tags->count - i) * sizeof(*tags->list));
}

void sw_tags_take_out(struct sw_tags *tags, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		take_out(tags, keys[i]);
}

enum sw_result sw_engine_untag(struct sw_engine *engine, const char *machine, const char *const *keys,
			       size_t count, sw_reply_fn *reply, void *user, struct sw_error *err)
{
	const struct sw_known_machine *known;
	struct sw_tags tags = {0};
	bool answered = false;
	enum sw_result r = sw_qualifiers_machine(engine, machine, reply, user, &known, &answered, err);
	if (r < 0 || answered)
		return r;
	r = load(engine, known->record.number, &tags, err);
	if (r == SW_OK) {
		sw_tags_take_out(&tags, keys, count);
		r = write_tags(engine, known->record.number, &tags, reply, user, err);
	}
	sw_tags_done(&tags);
	return r;
}

/* ---- reading ---- */

enum sw_result sw_reader_tags(struct sw_reader *reader, const char *machine, sw_each_tag_fn *each, void *user,
			      struct sw_error *err)
{
	struct sw_view view;
	struct sw_machine_record record;
	struct sw_tags tags = {0};
	struct sw_slice bytes;
	struct sw_key key;
	enum sw_result r = sw_view_begin(reader, &view, err);
	if (r < 0)
		return r;
	r = sw_view_machine(&view, machine, &record, err);
	if (r == SW_OK) {
		sw_key_number(&key, record.number);
		sw_machine_record_done(&record);
		r = sw_snapshot_get(view.snapshot, SW_TABLE_TAGS, sw_key_slice(&key), &bytes);
		r = r == SW_OK ? sw_tags_decode(bytes, &tags, err) : r == SW_ENOENT ? SW_OK : r;
	}
	sw_view_end(&view);
	for (uint32_t i = 0; i < tags.count && r == SW_OK; i++)
		each(user, &tags.list[i]);
	sw_tags_done(&tags);
	return sw_reader_fail(err, r);
}
