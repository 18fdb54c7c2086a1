/* Writing and reading the parts of one record: see record.h. */
#include "engine/record.h"

#include "base/hash.h"
#include "base/mem.h"

#include <string.h>

#define BLOB_KIND_BITS 2
#define BLOB_KIND_MASK 3u
/* Shorter bytes are not looked for: a reference would hardly be shorter. */
#define BLOB_SHARED_BYTES_MIN 4
#define TIME_MS_MAX (INT64_C(1) << 56) /* beyond every time there can be, far below what overflows */

/* ---- bytes that were written before ---------------------------------------------------------- */

static struct sw_blob_place *places_of(struct sw_blob_table *table)
{
	return table->grown ? table->grown : table->first;
}

static void insert_place(struct sw_blob_place *places, uint32_t capacity, struct sw_blob_place place)
{
	uint32_t at = place.hash & (capacity - 1);
	while (places[at].offset)
		at = (at + 1) & (capacity - 1);
	places[at] = place;
}

/* Keeps at most half of the places in use. Out of memory is benign: equal bytes are then written again. */
static void remember_place(struct sw_blob_table *table, struct sw_blob_place place)
{
	if (2 * (table->count + 1) > table->capacity) {
		uint32_t capacity = table->capacity * 2;
		struct sw_blob_place *grown = sw_zalloc_array(capacity, sizeof(*grown));
		if (!grown)
			return;
		for (uint32_t i = 0; i < table->capacity; i++) {
			if (places_of(table)[i].offset)
				insert_place(grown, capacity, places_of(table)[i]);
		}
		sw_free(table->grown);
		table->grown = grown;
		table->capacity = capacity;
	}
	insert_place(places_of(table), table->capacity, place);
	table->count++;
}

static const struct sw_blob_place *find_place(struct sw_record_writer *record, uint32_t hash,
					      const void *data, size_t len)
{
	struct sw_blob_table *table = &record->blobs;
	const struct sw_blob_place *places = places_of(table);
	const char *start = record->out->data + record->start;
	for (uint32_t at = hash & (table->capacity - 1); places[at].offset;
	     at = (at + 1) & (table->capacity - 1)) {
		if (places[at].hash == hash && places[at].bytes == len &&
		    memcmp(start + places[at].at, data, len) == 0)
			return &places[at];
	}
	return NULL;
}

/* ---- writing --------------------------------------------------------------------------------- */

void sw_record_begin(struct sw_record_writer *record, struct sw_value_writer *values, struct sw_buf *out)
{
	*record = (struct sw_record_writer){.values = values, .out = out, .start = out->len};
	record->blobs.capacity = SW_BLOBS_AT_FIRST;
	sw_buf_u8(out, SW_RECORD_VERSION);
}

void sw_record_write_u32(struct sw_record_writer *record, uint32_t number)
{
	sw_buf_varint(record->out, number);
}

void sw_record_write_time(struct sw_record_writer *record, int64_t time_ms, int64_t base_ms)
{
	/* Unsigned, so that no two times are too far apart: the reader wraps around in the same way. */
	sw_buf_zigzag(record->out, (int64_t)((uint64_t)time_ms - (uint64_t)base_ms));
}

static void write_blob_head(struct sw_buf *out, enum sw_blob_kind kind, uint64_t number)
{
	sw_buf_varint(out, number << BLOB_KIND_BITS | kind);
}

/* The offset that a later blob may refer to; 0: none. */
static uint32_t write_bytes(struct sw_record_writer *record, const void *data, size_t len)
{
	struct sw_buf *out = record->out;
	size_t offset = out->len - record->start;
	bool shareable =
		len >= BLOB_SHARED_BYTES_MIN && !out->failed && len < UINT32_MAX && offset < UINT32_MAX;
	uint32_t hash = 0;
	if (shareable) {
		hash = (uint32_t)sw_hash64(data, len, (uintptr_t)record);
		const struct sw_blob_place *place = find_place(record, hash, data, len);
		if (place) {
			write_blob_head(out, SW_BLOB_AGAIN, place->offset);
			return place->offset;
		}
	}
	write_blob_head(out, SW_BLOB_INLINE, len);
	size_t at = out->len - record->start;
	sw_buf_append(out, data, len);
	if (!shareable || out->failed || at >= UINT32_MAX)
		return 0;
	remember_place(&record->blobs,
		       (struct sw_blob_place){hash, (uint32_t)offset, (uint32_t)at, (uint32_t)len});
	return (uint32_t)offset;
}

void sw_record_write_bytes(struct sw_record_writer *record, const void *data, size_t len)
{
	write_bytes(record, data, len);
}

void sw_record_write_text(struct sw_record_writer *record, const char *text)
{
	if (text)
		sw_record_write_bytes(record, text, strlen(text));
	else
		write_blob_head(record->out, SW_BLOB_NONE, 0);
}

static bool has_home(const struct sw_value_writer *writer, const struct sw_value *value, uint32_t *ret_number)
{
	return sw_value_home(value, writer->execution->id, ret_number) &&
	       *ret_number < writer->execution->next_value;
}

/* Gives a long value a record of its own in the batch, unless it has one. */
static enum sw_result store_value(struct sw_value_writer *writer, struct sw_value *value,
				  struct sw_slice text, uint32_t *ret_number)
{
	struct sw_execution *execution = writer->execution;
	if (has_home(writer, value, ret_number))
		return SW_OK;
	if (execution->next_value == UINT32_MAX)
		return SW_ELIMIT;
	struct sw_buf bytes = SW_BUF;
	sw_buf_reserve(&bytes, 1 + text.len + SW_RECORD_CRC_BYTES);
	sw_buf_u8(&bytes, SW_RECORD_VERSION);
	sw_buf_append(&bytes, text.data, text.len);
	sw_buf_be32(&bytes, sw_crc32(bytes.data, bytes.len));
	enum sw_result r = sw_buf_result(&bytes);
	if (r == SW_OK) {
		struct sw_key key;
		struct sw_slice record = sw_slice(bytes.data, bytes.len);
		sw_key_pair(&key, execution->id, execution->next_value);
		/* The first is most often that of the youngest execution. */
		r = execution->next_value == 0
			    ? sw_batch_append(writer->batch, SW_TABLE_VALUES, sw_key_slice(&key), record)
			    : sw_batch_put(writer->batch, SW_TABLE_VALUES, sw_key_slice(&key), record);
	}
	sw_buf_done(&bytes);
	if (r < 0)
		return r;
	*ret_number = execution->next_value++;
	sw_value_set_home(value, execution->id, *ret_number);
	return SW_OK;
}

enum sw_result sw_value_keep(struct sw_value_writer *writer, struct sw_value *value, size_t inline_bytes_max)
{
	struct sw_slice text;
	uint32_t number;
	enum sw_result r = sw_value_text(value, &text);
	return r < 0 || text.len <= inline_bytes_max ? r : store_value(writer, value, text, &number);
}

void sw_record_write_value(struct sw_record_writer *record, struct sw_value *value)
{
	struct sw_slice text;
	uint32_t number;
	if (!value) {
		write_blob_head(record->out, SW_BLOB_NONE, 0);
		return;
	}
	if (value == record->last && record->last_offset) {
		write_blob_head(record->out, SW_BLOB_AGAIN, record->last_offset);
		return;
	}
	enum sw_result r = sw_value_text(value, &text);
	if (r == SW_OK && text.len <= SW_VALUE_INLINE_BYTES_MAX &&
	    !has_home(record->values, value, &number)) {
		record->last_offset = write_bytes(record, text.data, text.len);
		record->last = value;
		return;
	}
	if (r == SW_OK)
		r = store_value(record->values, value, text, &number);
	if (r == SW_OK)
		write_blob_head(record->out, SW_BLOB_STORED, number);
	else if (record->result == SW_OK)
		record->result = r;
}

enum sw_result sw_record_end(struct sw_record_writer *record)
{
	struct sw_buf *out = record->out;
	sw_free(record->blobs.grown);
	record->blobs.grown = NULL;
	if (record->result == SW_OK && !out->failed)
		sw_buf_be32(out, sw_crc32(out->data + record->start, out->len - record->start));
	if (record->result == SW_OK)
		return sw_buf_result(out);
	if (!out->failed)
		out->len = record->start;
	return record->result;
}

/* ---- reading --------------------------------------------------------------------------------- */

enum sw_result sw_record_open(struct sw_slice bytes, const char *kind, struct sw_record_reader *ret_record,
			      struct sw_error *err)
{
	const uint8_t *data = bytes.data;
	if (bytes.len < 1 + SW_RECORD_CRC_BYTES)
		return sw_error_set(err, SW_ECORRUPT, "damaged %s record: it is too short", kind);
	size_t len = bytes.len - SW_RECORD_CRC_BYTES;
	struct sw_cursor checksum = sw_cursor(sw_slice(data + len, SW_RECORD_CRC_BYTES));
	if (sw_cursor_be32(&checksum) != sw_crc32(data, len))
		return sw_error_set(err, SW_ECORRUPT, "damaged %s record: its checksum is wrong", kind);
	/* Every version keeps its number in front and the checksum behind. */
	if (data[0] > SW_RECORD_VERSION)
		return sw_error_set(err, SW_EVERSION, "%s record of format %u; this program reads up to %u",
				    kind, data[0], SW_RECORD_VERSION);
	if (data[0] == 0)
		return sw_error_set(err, SW_ECORRUPT, "damaged %s record: it has no version", kind);
	*ret_record =
		(struct sw_record_reader){.cursor = sw_cursor(sw_slice(data + 1, len - 1)), .start = data};
	return SW_OK;
}

void sw_record_refuse(struct sw_record_reader *record)
{
	record->cursor.failed = true;
}

bool sw_record_failed(const struct sw_record_reader *record)
{
	return record->cursor.failed || record->result < 0;
}

enum sw_result sw_record_check(const struct sw_record_reader *record, const char *kind, bool at_end,
			       struct sw_error *err)
{
	if (record->result == SW_ECORRUPT)
		return sw_error_set(err, SW_ECORRUPT,
				    "damaged %s record: a value that it names is missing or damaged", kind);
	if (record->result < 0)
		return sw_error_set(err, record->result, "%s record not read: %s", kind,
				    sw_result_text(record->result));
	if (record->cursor.failed)
		return sw_error_set(err, SW_ECORRUPT, "damaged %s record: a field is impossible", kind);
	if (at_end && record->cursor.at != record->cursor.end)
		return sw_error_set(err, SW_ECORRUPT, "damaged %s record: it is too long", kind);
	return SW_OK;
}

uint32_t sw_record_read_u32(struct sw_record_reader *record)
{
	uint64_t number = sw_cursor_varint(&record->cursor);
	if (number > UINT32_MAX)
		sw_record_refuse(record);
	return sw_record_failed(record) ? 0 : (uint32_t)number;
}

uint32_t sw_record_read_count(struct sw_record_reader *record)
{
	uint32_t count = sw_record_read_u32(record);
	if (count > (size_t)(record->cursor.end - record->cursor.at))
		sw_record_refuse(record);
	return sw_record_failed(record) ? 0 : count;
}

/* Whoever adds to a time need not fear that it overflows. */
int64_t sw_record_read_time(struct sw_record_reader *record, int64_t base_ms)
{
	int64_t time_ms = (int64_t)((uint64_t)base_ms + (uint64_t)sw_cursor_zigzag(&record->cursor));
	if (time_ms < -TIME_MS_MAX || time_ms > TIME_MS_MAX)
		sw_record_refuse(record);
	return sw_record_failed(record) ? 0 : time_ms;
}

/* The bytes of an inline blob that stands at an offset before what is read now. */
static struct sw_slice earlier_bytes(struct sw_record_reader *record, const uint8_t *before, uint64_t offset)
{
	if (!record->start || offset == 0 || offset >= (uint64_t)(before - record->start)) {
		sw_record_refuse(record);
		return sw_slice(NULL, 0);
	}
	const uint8_t *at = record->start + offset;
	struct sw_cursor cursor = sw_cursor(sw_slice(at, (size_t)(before - at)));
	uint64_t head = sw_cursor_varint(&cursor);
	uint64_t len = head >> BLOB_KIND_BITS;
	if (cursor.failed || (head & BLOB_KIND_MASK) != SW_BLOB_INLINE ||
	    len > (uint64_t)(before - cursor.at)) {
		sw_record_refuse(record);
		return sw_slice(NULL, 0);
	}
	return sw_slice(cursor.at, (size_t)len);
}

/* Reads any blob: of an inline one or an earlier one ret_bytes, of a stored one its number. */
static enum sw_blob_kind read_blob(struct sw_record_reader *record, struct sw_slice *ret_bytes,
				   uint64_t *ret_number)
{
	const uint8_t *before = record->cursor.at;
	uint64_t head = sw_cursor_varint(&record->cursor);
	enum sw_blob_kind kind = (enum sw_blob_kind)(head & BLOB_KIND_MASK);
	uint64_t number = head >> BLOB_KIND_BITS;
	*ret_bytes = sw_slice(NULL, 0);
	*ret_number = number;
	if (kind == SW_BLOB_NONE && number != 0)
		sw_record_refuse(record);
	if (kind == SW_BLOB_INLINE) {
		if (number > (uint64_t)(record->cursor.end - record->cursor.at))
			sw_record_refuse(record);
		*ret_bytes = sw_cursor_bytes(&record->cursor, record->cursor.failed ? 0 : (size_t)number);
	}
	if (kind == SW_BLOB_AGAIN)
		*ret_bytes = earlier_bytes(record, before, number);
	return sw_record_failed(record) ? SW_BLOB_NONE : kind;
}

struct sw_slice sw_record_read_bytes(struct sw_record_reader *record)
{
	struct sw_slice bytes;
	uint64_t number;
	if (read_blob(record, &bytes, &number) == SW_BLOB_STORED)
		sw_record_refuse(record);
	return sw_record_failed(record) ? sw_slice(NULL, 0) : bytes;
}

char *sw_record_read_text(struct sw_record_reader *record)
{
	struct sw_slice bytes = sw_record_read_bytes(record);
	if (!bytes.data)
		return NULL;
	if (memchr(bytes.data, '\0', bytes.len)) {
		sw_record_refuse(record);
		return NULL;
	}
	char *text = sw_memdup(bytes.data, bytes.len);
	if (!text && record->result == SW_OK)
		record->result = SW_ENOMEM;
	return text;
}

char *sw_record_read_name(struct sw_record_reader *record)
{
	char *text = sw_record_read_text(record);
	if (!text && !sw_record_failed(record))
		sw_record_refuse(record);
	return text;
}

/* ---- values ---------------------------------------------------------------------------------- */

struct sw_loaded_value {
	uint32_t number;
	struct sw_value *value; /* a reference */
};

void sw_value_loader_done(struct sw_value_loader *loader)
{
	for (uint32_t i = 0; i < loader->loaded_count; i++)
		sw_value_unref(loader->loaded[i].value);
	sw_free(loader->loaded);
	loader->loaded = NULL;
	loader->loaded_count = loader->loaded_capacity = 0;
}

/* Where the value of a number stands, or belongs, in the list (in order of number). */
static uint32_t loaded_place(const struct sw_value_loader *loader, uint32_t number)
{
	uint32_t low = 0, high = loader->loaded_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (loader->loaded[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static enum sw_result keep_loaded(struct sw_value_loader *loader, uint32_t at, uint32_t number,
				  struct sw_value *value)
{
	if (loader->loaded_count == loader->loaded_capacity) {
		uint32_t capacity = loader->loaded_capacity ? loader->loaded_capacity * 2 : 8;
		struct sw_loaded_value *loaded = sw_realloc_array(loader->loaded, capacity, sizeof(*loaded));
		if (!loaded)
			return SW_ENOMEM;
		loader->loaded = loaded;
		loader->loaded_capacity = capacity;
	}
	memmove(loader->loaded + at + 1, loader->loaded + at,
		(loader->loaded_count - at) * sizeof(*loader->loaded));
	loader->loaded[at] = (struct sw_loaded_value){number, sw_value_ref(value)};
	loader->loaded_count++;
	return SW_OK;
}

static enum sw_result load_value(struct sw_value_loader *loader, uint32_t number, struct sw_value **ret_value)
{
	uint32_t at = loaded_place(loader, number);
	if (at < loader->loaded_count && loader->loaded[at].number == number) {
		*ret_value = sw_value_ref(loader->loaded[at].value);
		return SW_OK;
	}
	struct sw_slice bytes;
	enum sw_result r = loader->load(loader->user, loader->execution_id, number, &bytes);
	if (r < 0)
		return r == SW_ENOENT ? SW_ECORRUPT : r;
	struct sw_record_reader record;
	r = sw_record_open(bytes, "value", &record, NULL);
	if (r < 0)
		return r;
	size_t len = (size_t)(record.cursor.end - record.cursor.at);
	struct sw_value *value = sw_value_from_checked((const char *)record.cursor.at, len);
	if (!value)
		return SW_ENOMEM;
	/* It has its place on disk: it is not written again. */
	sw_value_set_home(value, loader->execution_id, number);
	r = keep_loaded(loader, at, number, value);
	if (r < 0) {
		sw_value_unref(value);
		return r;
	}
	*ret_value = value;
	return SW_OK;
}

struct sw_value *sw_record_read_value(struct sw_record_reader *record)
{
	struct sw_slice bytes;
	uint64_t number;
	struct sw_value *value = NULL;
	enum sw_result r = SW_OK;
	switch (read_blob(record, &bytes, &number)) {
	case SW_BLOB_NONE:
		break;
	case SW_BLOB_STORED:
		if (number > UINT32_MAX)
			sw_record_refuse(record);
		else if (record->loader)
			r = load_value(record->loader, (uint32_t)number, &value);
		break;
	case SW_BLOB_INLINE:
	case SW_BLOB_AGAIN:
		if (bytes.len == 0) /* no JSON text is empty */
			sw_record_refuse(record);
		else if (record->loader && !(value = sw_value_from_checked(bytes.data, bytes.len)))
			r = SW_ENOMEM;
		break;
	}
	if (r < 0 && record->result == SW_OK)
		record->result = r;
	return value;
}

/* ---- a value alone, in a record of somebody else's ------------------------------------------- */

enum sw_result sw_value_write(struct sw_value_writer *writer, struct sw_buf *out, struct sw_value *value)
{
	struct sw_record_writer record = {.values = writer, .out = out, .start = out->len};
	record.blobs.capacity = SW_BLOBS_AT_FIRST;
	sw_record_write_value(&record, value);
	sw_free(record.blobs.grown);
	return record.result < 0 ? record.result : sw_buf_result(out);
}

enum sw_result sw_value_read(struct sw_value_loader *loader, struct sw_cursor *cursor,
			     struct sw_value **ret_value)
{
	struct sw_record_reader record = {.cursor = *cursor, .loader = loader};
	struct sw_value *value = sw_record_read_value(&record);
	*cursor = record.cursor;
	if (sw_record_failed(&record)) {
		sw_value_unref(value);
		return record.result < 0 ? record.result : SW_ECORRUPT;
	}
	*ret_value = value;
	return SW_OK;
}
