/* Reading activities: one, and lists of them in the order of names. */
#include "engine/reader.h"

#include "base/mem.h"
#include "engine/activity.h"

#include <string.h>

#define CURSOR_KIND 'A'

void sw_activity_info_done(struct sw_activity_info *info)
{
	sw_free(info->arn);
	sw_free(info->name);
	*info = (struct sw_activity_info){0};
}

/* Takes the record's name. */
static enum sw_result info_take(const struct sw_reader *reader, struct sw_activity_record *record,
				struct sw_activity_info *ret_info)
{
	char arn[SW_ARN_TEXT_BYTES];
	enum sw_result r = sw_arn_activity(arn, sizeof(arn), reader->region, reader->account, record->name);
	char *text = r == SW_OK ? sw_strdup(arn) : NULL;
	if (!text)
		return r < 0 ? r : SW_ENOMEM;
	*ret_info = (struct sw_activity_info){
		.arn = text, .name = record->name, .creation_ms = record->creation_ms};
	record->name = NULL;
	return SW_OK;
}

static enum sw_result read_record(struct sw_reader *reader, const char *name,
				  struct sw_activity_record *ret_record, struct sw_error *err)
{
	struct sw_view view;
	struct sw_slice bytes;
	struct sw_key key;
	if (!*name || strlen(name) > SW_NAME_BYTES_MAX)
		return sw_reader_fail(err, SW_ENOENT);
	enum sw_result r = sw_view_begin(reader, &view, err);
	if (r < 0)
		return r;
	sw_key_activity(&key, name);
	r = sw_snapshot_get(view.snapshot, SW_TABLE_ACTIVITIES, sw_key_slice(&key), &bytes);
	if (r == SW_OK)
		r = sw_activity_record_decode(bytes, ret_record, err);
	sw_view_end(&view);
	return sw_reader_fail(err, r);
}

enum sw_result sw_reader_activity(struct sw_reader *reader, const char *name,
				  struct sw_activity_info *ret_info, struct sw_error *err)
{
	struct sw_activity_record record = {0};
	enum sw_result r = read_record(reader, name, &record, err);
	if (r == SW_OK)
		r = sw_reader_fail(err, info_take(reader, &record, ret_info));
	sw_activity_record_done(&record);
	return r;
}

enum sw_result sw_reader_activity_tags(struct sw_reader *reader, const char *name, sw_each_tag_fn *each,
				       void *user, struct sw_error *err)
{
	struct sw_activity_record record = {0};
	enum sw_result r = read_record(reader, name, &record, err);
	for (uint32_t i = 0; i < record.tags.count && r == SW_OK; i++)
		each(user, &record.tags.list[i]);
	sw_activity_record_done(&record);
	return r;
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* A damaged record is passed over: it must not hide all others. */
static enum sw_result give_one(const struct sw_reader *reader, struct sw_slice bytes,
			       sw_each_activity_fn *each, void *user, uint32_t *given)
{
	struct sw_activity_record record = {0};
	struct sw_activity_info info = {0};
	enum sw_result r = sw_activity_record_decode(bytes, &record, NULL);
	if (r == SW_OK)
		r = info_take(reader, &record, &info);
	if (r == SW_OK) {
		each(user, &info);
		++*given;
	}
	sw_activity_info_done(&info);
	sw_activity_record_done(&record);
	return r == SW_ECORRUPT ? SW_OK : r;
}

enum sw_result sw_reader_list_activities(struct sw_reader *reader, uint32_t limit, const char *cursor,
					 sw_each_activity_fn *each, void *user, char **ret_cursor,
					 struct sw_error *err)
{
	struct sw_view view;
	struct sw_scan *scan = NULL;
	struct sw_slice key, bytes;
	struct sw_key from;
	char *next = NULL;
	uint32_t given = 0;
	if (limit < 1 || limit > SW_PAGE_RESULTS_MAX)
		return sw_error_set(err, SW_EINVAL, "a page has 1 to %d results", SW_PAGE_RESULTS_MAX);
	enum sw_result r = sw_name_cursor_parse(cursor, CURSOR_KIND, &from, err);
	if (r == SW_OK)
		r = sw_view_begin(reader, &view, err);
	if (r < 0)
		return r;
	r = sw_scan_new(view.snapshot, SW_TABLE_ACTIVITIES, sw_key_slice(&from), false, &scan);
	while (r == SW_OK && (r = sw_scan_next(scan, &key, &bytes)) == SW_OK) {
		if (given == limit) {
			next = sw_name_cursor(CURSOR_KIND, key);
			r = next ? SW_ENOENT : SW_ENOMEM;
			break;
		}
		r = give_one(reader, bytes, each, user, &given);
	}
	sw_scan_free(scan);
	sw_view_end(&view);
	if (r < 0 && r != SW_ENOENT)
		return sw_reader_fail(err, r);
	*ret_cursor = next;
	return SW_OK;
}
