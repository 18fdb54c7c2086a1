/* Machine records: a revision of a machine as it was created or updated. See records.h. */
#include "engine/record.h"

#include "base/assert.h"
#include "base/mem.h"

#include <string.h>

void sw_machine_record_done(struct sw_machine_record *record)
{
	sw_free(record->name);
	sw_free(record->revision_id);
	sw_free(record->role_arn);
	sw_free(record->logging_json);
	sw_free(record->tracing_json);
	sw_free(record->definition);
	*record = (struct sw_machine_record){0};
}

/* True before every write and after every read. */
static bool is_sound(const struct sw_machine_record *record)
{
	return record->name && record->revision_id && record->role_arn && record->definition &&
	       record->status <= SW_MACHINE_DELETED && record->type <= SW_TYPE_EXPRESS;
}

enum sw_result sw_machine_record_encode(const struct sw_machine_record *record, struct sw_buf *out)
{
	struct sw_record_writer w;
	SW_ASSERT(is_sound(record));
	sw_record_begin(&w, NULL, out);
	sw_buf_u8(out, (uint8_t)record->status);
	sw_buf_u8(out, (uint8_t)record->type);
	sw_record_write_u32(&w, record->number);
	sw_record_write_u32(&w, record->revision);
	sw_record_write_time(&w, record->creation_ms, 0);
	sw_record_write_time(&w, record->update_ms, record->creation_ms);
	sw_record_write_text(&w, record->name);
	sw_record_write_text(&w, record->revision_id);
	sw_record_write_text(&w, record->role_arn);
	sw_record_write_text(&w, record->logging_json);
	sw_record_write_text(&w, record->tracing_json);
	sw_record_write_bytes(&w, record->definition, record->definition_len);
	return sw_record_end(&w);
}

static void read_definition(struct sw_record_reader *r, struct sw_machine_record *record)
{
	struct sw_slice bytes = sw_record_read_bytes(r);
	if (!bytes.data) {
		sw_record_refuse(r);
		return;
	}
	record->definition = sw_memdup(bytes.data, bytes.len);
	record->definition_len = bytes.len;
	if (!record->definition && r->result == SW_OK)
		r->result = SW_ENOMEM;
}

enum sw_result sw_machine_record_decode(struct sw_slice bytes, struct sw_machine_record *ret_record,
					struct sw_error *err)
{
	struct sw_record_reader r;
	struct sw_machine_record record = {0};
	enum sw_result result = sw_record_open(bytes, "machine", &r, err);
	if (result < 0)
		return result;
	uint8_t status = sw_cursor_u8(&r.cursor);
	uint8_t type = sw_cursor_u8(&r.cursor);
	if (status > SW_MACHINE_DELETED || type > SW_TYPE_EXPRESS)
		sw_record_refuse(&r);
	record.status = (enum sw_machine_status)status;
	record.type = (enum sw_machine_type)type;
	record.number = sw_record_read_u32(&r);
	record.revision = sw_record_read_u32(&r);
	record.creation_ms = sw_record_read_time(&r, 0);
	record.update_ms = sw_record_read_time(&r, record.creation_ms);
	record.name = sw_record_read_name(&r);
	record.revision_id = sw_record_read_name(&r);
	record.role_arn = sw_record_read_name(&r);
	record.logging_json = sw_record_read_text(&r);
	record.tracing_json = sw_record_read_text(&r);
	if (!sw_record_failed(&r))
		read_definition(&r, &record);
	result = sw_record_check(&r, "machine", true, err);
	if (result < 0) {
		sw_machine_record_done(&record);
		return result;
	}
	SW_ASSERT(is_sound(&record));
	*ret_record = record;
	return SW_OK;
}
