/*
 * History chunks: the events of one turn. Most events follow the one before them at the same moment, so ids
 * and times are distances, and those that are as expected are not written at all. See records.h.
 */
#include "engine/record.h"

#include "base/assert.h"

#include <string.h>

/* The byte behind the type: how many details, and which numbers follow. */
#define META_DETAILS_MASK 0x0F
enum meta_flag {
	META_ID = 0x10,       /* the id is not the next one: how many ids were left out */
	META_PREVIOUS = 0x20, /* the previous event is not the one before: how far back it is */
	META_TIME = 0x40,     /* the time is another than that of the event before: the distance */
};
#define META_UNKNOWN 0x80

enum field_kind { FIELD_NONE, FIELD_DATA, FIELD_JSON, FIELD_TEXT, FIELD_INTEGER, FIELD_STRINGS };

static enum field_kind kind_of(uint64_t field)
{
	switch (field) {
#define FIELD_KIND_CASE(NAME, number, text, kind) \
	case number:                              \
		return FIELD_##kind;
		SW_HISTORY_FIELDS(FIELD_KIND_CASE)
#undef FIELD_KIND_CASE
	default:
		return FIELD_NONE;
	}
}

/* ---- writing --------------------------------------------------------------------------------- */

static void write_detail(struct sw_record_writer *w, const struct sw_history_detail *detail)
{
	enum field_kind kind = kind_of(detail->field);
	SW_ASSERT(kind != FIELD_NONE);
	sw_buf_u8(w->out, (uint8_t)detail->field);
	if (kind == FIELD_INTEGER)
		sw_buf_zigzag(w->out, detail->integer);
	else if (kind == FIELD_TEXT) {
		SW_ASSERT(detail->text);
		sw_record_write_text(w, detail->text);
	} else {
		SW_ASSERT(detail->value);
		sw_record_write_value(w, detail->value);
	}
}

static void write_event(struct sw_record_writer *w, const struct sw_history_event *event, uint32_t next_id,
			int64_t time_ms)
{
	SW_ASSERT(sw_history_type_text(event->type) && event->type < 256);
	SW_ASSERT(event->id >= next_id && event->previous_id < event->id && event->time_ms >= 0);
	SW_ASSERT(event->details_count <= SW_HISTORY_FIELDS_MAX);
	unsigned meta = event->details_count | (event->id != next_id ? META_ID : 0) |
			(event->previous_id + 1 != event->id ? META_PREVIOUS : 0) |
			(event->time_ms != time_ms ? META_TIME : 0);
	sw_buf_u8(w->out, (uint8_t)event->type);
	sw_buf_u8(w->out, (uint8_t)meta);
	if (meta & META_ID)
		sw_record_write_u32(w, event->id - next_id);
	if (meta & META_PREVIOUS)
		sw_record_write_u32(w, event->id - event->previous_id);
	if (meta & META_TIME)
		sw_record_write_time(w, event->time_ms, time_ms);
	for (uint32_t i = 0; i < event->details_count; i++)
		write_detail(w, &event->details[i]);
}

enum sw_result sw_history_encode(struct sw_value_writer *writer, const struct sw_history_event *events,
				 uint32_t count, struct sw_buf *out)
{
	struct sw_record_writer w;
	SW_ASSERT(count > 0 && events[0].id > 0);
	sw_record_begin(&w, writer, out);
	sw_record_write_u32(&w, count);
	sw_record_write_u32(&w, events[0].id);
	sw_record_write_time(&w, events[0].time_ms, 0);
	uint32_t next_id = events[0].id;
	int64_t time_ms = events[0].time_ms;
	for (uint32_t i = 0; i < count; i++) {
		SW_ASSERT(events[i].id < UINT32_MAX);
		write_event(&w, &events[i], next_id, time_ms);
		next_id = events[i].id + 1;
		time_ms = events[i].time_ms;
	}
	return sw_record_end(&w);
}

/* ---- reading --------------------------------------------------------------------------------- */

enum sw_result sw_history_chunk_open(struct sw_slice bytes, struct sw_history_chunk *ret_chunk,
				     struct sw_error *err)
{
	struct sw_record_reader r;
	enum sw_result result = sw_record_open(bytes, "history", &r, err);
	if (result < 0)
		return result;
	struct sw_history_chunk chunk = {.start = r.start};
	chunk.left = sw_record_read_count(&r);
	chunk.next_id = sw_record_read_u32(&r);
	chunk.time_ms = sw_record_read_time(&r, 0);
	if (chunk.left == 0 || chunk.next_id == 0)
		sw_record_refuse(&r);
	result = sw_record_check(&r, "history", false, err);
	if (result < 0)
		return result;
	chunk.cursor = r.cursor;
	*ret_chunk = chunk;
	return SW_OK;
}

static void read_detail(struct sw_record_reader *r, struct sw_history_detail *detail)
{
	uint8_t field = sw_cursor_u8(&r->cursor);
	*detail = (struct sw_history_detail){.field = (enum sw_history_field)field};
	switch (kind_of(field)) {
	case FIELD_NONE:
		sw_record_refuse(r);
		break;
	case FIELD_INTEGER:
		detail->integer = sw_cursor_zigzag(&r->cursor);
		break;
	case FIELD_TEXT:
		detail->text = sw_record_read_name(r);
		break;
	case FIELD_DATA:
	case FIELD_JSON:
	case FIELD_STRINGS:
		/* A detail that is there has a value, even when it is skipped. */
		if (r->cursor.at != r->cursor.end && *r->cursor.at == SW_BLOB_NONE)
			sw_record_refuse(r);
		detail->value = sw_record_read_value(r);
		break;
	}
}

static void read_event(struct sw_record_reader *r, const struct sw_history_chunk *chunk,
		       struct sw_history_event *event)
{
	uint8_t type = sw_cursor_u8(&r->cursor);
	uint8_t meta = sw_cursor_u8(&r->cursor);
	uint32_t details_count = meta & META_DETAILS_MASK;
	uint32_t gap = meta & META_ID ? sw_record_read_u32(r) : 0;
	uint32_t back = meta & META_PREVIOUS ? sw_record_read_u32(r) : 1;
	uint64_t id = (uint64_t)chunk->next_id + gap;
	if (!sw_history_type_text((enum sw_history_type)type) || meta & META_UNKNOWN || id >= UINT32_MAX ||
	    back == 0 || back > id || details_count > SW_HISTORY_FIELDS_MAX)
		sw_record_refuse(r);
	event->time_ms = meta & META_TIME ? sw_record_read_time(r, chunk->time_ms) : chunk->time_ms;
	if (event->time_ms < 0)
		sw_record_refuse(r);
	if (sw_record_failed(r))
		return;
	event->type = (enum sw_history_type)type;
	event->id = (uint32_t)id;
	event->previous_id = (uint32_t)(id - back);
	for (; event->details_count < details_count && !sw_record_failed(r); event->details_count++)
		read_detail(r, &event->details[event->details_count]);
}

enum sw_result sw_history_chunk_next(struct sw_history_chunk *chunk, struct sw_value_loader *loader,
				     struct sw_history_event *ret_event, struct sw_error *err)
{
	if (chunk->left == 0)
		return SW_ENOENT;
	struct sw_record_reader r = {.cursor = chunk->cursor, .start = chunk->start, .loader = loader};
	struct sw_history_event event = {0};
	read_event(&r, chunk, &event);
	enum sw_result result = sw_record_check(&r, "history", chunk->left == 1, err);
	if (result < 0) {
		sw_history_event_done(&event);
		return result;
	}
	chunk->cursor = r.cursor;
	chunk->left--;
	chunk->next_id = event.id + 1;
	chunk->time_ms = event.time_ms;
	*ret_event = event;
	return SW_OK;
}
