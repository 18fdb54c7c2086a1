/*
 * Writing and reading the parts of one record: private to the codecs (records_*.c). A record is a version
 * byte, fields, and the CRC-32 of both. Writer and reader remember their first failure, as buffers and
 * cursors do, so that a codec checks once, at the end.
 *
 * Texts and values are blobs: a varint whose low two bits say what it is (none, a stored value, bytes that
 * follow, bytes that stand earlier in this record) and whose other bits are a number, a length or an offset.
 * Equal bytes are written once in a record, whoever asks for them.
 */
#ifndef SW_ENGINE_RECORD_H
#define SW_ENGINE_RECORD_H

#include "engine/records.h"

#define SW_RECORD_VERSION 1
#define SW_RECORD_CRC_BYTES 4

enum sw_blob_kind {
	SW_BLOB_NONE,   /* NULL */
	SW_BLOB_STORED, /* number of a value in SW_TABLE_VALUES */
	SW_BLOB_INLINE, /* length; the bytes follow */
	SW_BLOB_AGAIN,  /* offset in the record of an inline blob, its varint included */
};

/* Where the bytes of inline blobs stand: an open-addressing table, at first in the struct itself. */
#define SW_BLOBS_AT_FIRST 32
struct sw_blob_place {
	uint32_t hash;
	uint32_t offset;    /* of the varint, from the start of the record; 0: a free place (the version is
			       there) */
	uint32_t at, bytes; /* the bytes themselves */
};
struct sw_blob_table {
	struct sw_blob_place first[SW_BLOBS_AT_FIRST];
	struct sw_blob_place *grown; /* own; NULL while the first are enough */
	uint32_t count, capacity;
};

struct sw_record_writer {
	struct sw_value_writer *values; /* NULL: the record holds none */
	struct sw_buf *out;
	size_t start; /* of the record in out */
	enum sw_result result;
	/* The value that was written last, and where: what is passed on unchanged is not even looked at again. */
	const struct sw_value *last;
	uint32_t last_offset; /* 0: not to be referred to */
	struct sw_blob_table blobs;
};
void sw_record_begin(struct sw_record_writer *record, struct sw_value_writer *values, struct sw_buf *out);
void sw_record_write_u32(struct sw_record_writer *record, uint32_t number);
/* A time, as its distance from another. */
void sw_record_write_time(struct sw_record_writer *record, int64_t time_ms, int64_t base_ms);
void sw_record_write_text(struct sw_record_writer *record, const char *text); /* NULL allowed */
void sw_record_write_bytes(struct sw_record_writer *record, const void *data, size_t len);
void sw_record_write_value(struct sw_record_writer *record, struct sw_value *value); /* NULL allowed */
/* Adds the checksum, frees what the writer holds; the first failure. A record that failed is cut off again.
 */
enum sw_result sw_record_end(struct sw_record_writer *record);

struct sw_record_reader {
	struct sw_cursor cursor;        /* behind the version, up to the checksum */
	const uint8_t *start;           /* NULL: a part of a record, nothing can stand earlier */
	struct sw_value_loader *loader; /* NULL: values are checked and skipped, and come as NULL */
	enum sw_result result;          /* the first failure that is not the bytes' own */
};
/* Checks length, checksum and version. kind is a word for messages: "branch". */
enum sw_result sw_record_open(struct sw_slice bytes, const char *kind, struct sw_record_reader *ret_record,
			      struct sw_error *err);
uint32_t sw_record_read_u32(struct sw_record_reader *record);
/* A count of things that take at least one byte each: never more than bytes are left. */
uint32_t sw_record_read_count(struct sw_record_reader *record);
int64_t sw_record_read_time(struct sw_record_reader *record, int64_t base_ms);
char *sw_record_read_text(struct sw_record_reader *record); /* new; NULL: none was written, or a failure */
char *sw_record_read_name(struct sw_record_reader *record); /* the same; that none was written is a failure */
/* Bytes of an inline blob, borrowed from the record; data NULL: none, or a failure. */
struct sw_slice sw_record_read_bytes(struct sw_record_reader *record);
struct sw_value *sw_record_read_value(struct sw_record_reader *record); /* new; NULL: none, or a failure */
/* How many, then key and value of each. What was read is the caller's, also after a failure. */
void sw_record_write_tags(struct sw_record_writer *record, const struct sw_tags *tags);
void sw_record_read_tags(struct sw_record_reader *record, struct sw_tags *ret_tags);
void sw_record_refuse(struct sw_record_reader *record); /* a field has an impossible value */
bool sw_record_failed(const struct sw_record_reader *record);
/* The first failure; bytes left over are one when at_end. */
enum sw_result sw_record_check(const struct sw_record_reader *record, const char *kind, bool at_end,
			       struct sw_error *err);

#endif
