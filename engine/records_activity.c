/* Activity records. See records.h. */
#include "engine/record.h"

#include "base/assert.h"
#include "base/mem.h"

void sw_activity_record_done(struct sw_activity_record *record)
{
	sw_free(record->name);
	sw_tags_done(&record->tags);
	*record = (struct sw_activity_record){0};
}

enum sw_result sw_activity_record_encode(const struct sw_activity_record *record, struct sw_buf *out)
{
	struct sw_record_writer w;
	SW_ASSERT(record->name);
	sw_record_begin(&w, NULL, out);
	sw_record_write_time(&w, record->creation_ms, 0);
	sw_record_write_text(&w, record->name);
	if (record->tags.count > 0)
		sw_record_write_tags(&w, &record->tags);
	return sw_record_end(&w);
}

enum sw_result sw_activity_record_decode(struct sw_slice bytes, struct sw_activity_record *ret_record,
					 struct sw_error *err)
{
	struct sw_record_reader r;
	struct sw_activity_record record = {0};
	enum sw_result result = sw_record_open(bytes, "activity", &r, err);
	if (result < 0)
		return result;
	record.creation_ms = sw_record_read_time(&r, 0);
	record.name = sw_record_read_name(&r);
	if (!sw_record_failed(&r) && r.cursor.at != r.cursor.end)
		sw_record_read_tags(&r, &record.tags);
	result = sw_record_check(&r, "activity", true, err);
	if (result < 0) {
		sw_activity_record_done(&record);
		return result;
	}
	*ret_record = record;
	return SW_OK;
}
