/*
 * Structs in memory <-> versioned, checksummed bytes in the store. Every record begins with a version byte
 * and ends with a CRC-32 of what stands before; decoding checks both, and every length and number, because
 * the disk is hostile: SW_ECORRUPT with a text, never a crash. Values longer than SW_VALUE_INLINE_BYTES_MAX
 * are written once, to SW_TABLE_VALUES, and referenced by number.
 */
#ifndef SW_ENGINE_RECORDS_H
#define SW_ENGINE_RECORDS_H

#include "engine/keys.h"
#include "engine/step/execution.h"

/* ---- machines ------------------------------------------------------------------------------------------ */

enum sw_machine_status { SW_MACHINE_ACTIVE, SW_MACHINE_DELETING, SW_MACHINE_DELETED };

struct sw_machine_record {
	char *name, *revision_id, *role_arn, *logging_json, *tracing_json; /* own; the last two may be NULL */
	uint32_t number, revision;
	enum sw_machine_status status;
	enum sw_machine_type type;
	int64_t creation_ms, update_ms;
	char *definition; /* own */
	size_t definition_len;
};
void sw_machine_record_done(struct sw_machine_record *record);
enum sw_result sw_machine_record_encode(const struct sw_machine_record *record, struct sw_buf *out);
enum sw_result sw_machine_record_decode(struct sw_slice bytes, struct sw_machine_record *ret_record,
					struct sw_error *err);

/* ---- values -------------------------------------------------------------------------------------------- */

/*
 * Writes a value into a record: inline, or into the batch's SW_TABLE_VALUES unless it has its home there
 * already. That takes numbers of execution->next_value, which the head keeps: in each batch the head is
 * encoded last. When encoding fails, or its batch is given up, the execution must be dropped with its values
 * and loaded again.
 */
struct sw_value_writer {
	struct sw_execution *execution; /* id, next_value */
	struct sw_batch *batch;
};
/* Gives a value of more than so many bytes a record of its own, unless it has one: wherever it is written later, its
 * number stands for it. */
enum sw_result sw_value_keep(struct sw_value_writer *writer, struct sw_value *value, size_t inline_bytes_max);
enum sw_result sw_value_write(struct sw_value_writer *writer, struct sw_buf *out, struct sw_value *value);

/*
 * Reads it back. load fetches the record of a stored value as it stands in SW_TABLE_VALUES (borrowed until
 * the next call): SW_ENOENT is SW_ECORRUPT. A loader is reused for all records of one execution, then done.
 */
struct sw_value_loader {
	uint64_t execution_id;
	enum sw_result (*load)(void *user, uint64_t execution_id, uint32_t number, struct sw_slice *ret_text);
	void *user;
	/* values loaded before, by number, so that shared ones are shared again; kept by the loader */
	struct sw_loaded_value *loaded;
	uint32_t loaded_count, loaded_capacity;
};
void sw_value_loader_done(struct sw_value_loader *loader);
/* *ret_value is new, or NULL when none was written. Both are for values that stand outside of the records
 * below. */
enum sw_result sw_value_read(struct sw_value_loader *loader, struct sw_cursor *cursor,
			     struct sw_value **ret_value);

/* ---- executions ---------------------------------------------------------------------------------------- */

enum sw_result sw_head_encode(struct sw_value_writer *writer, const struct sw_execution *execution,
			      struct sw_buf *out);
/* What can be known of a head without its machine; everything is its own, free with _done. */
struct sw_head {
	uint64_t id;
	char *name, *machine_name, *role_arn, *trace_header, *test_case, *error, *cause;
	uint32_t machine_number, machine_revision;
	uint32_t machine_version; /* it was started by; 0: none */
	char *machine_alias;      /* it was started by; NULL: none */
	enum sw_status status;
	bool express;    /* only its start is on disk: no branches, history, listing or name */
	bool redrivable; /* it has ended; the root branch is there still */
	int64_t start_ms, stop_ms, timeout_due_ms, redrive_ms;
	uint32_t next_event_id, next_branch, next_value, redrive_count;
	struct sw_value *input, *output; /* NULL unless with_values */
	struct sw_redrive_tokens redrive_tokens;
	uint32_t *mock_counts;
	uint32_t mock_counts_count;
};
void sw_head_done(struct sw_head *head);
/* Has an execution of that status ended? */
static inline bool sw_status_is_final(enum sw_status status)
{
	return status != SW_STATUS_RUNNING && status != SW_STATUS_PENDING_REDRIVE;
}
/* loader may be NULL without with_values. */
enum sw_result sw_head_decode(struct sw_slice bytes, uint64_t id, struct sw_value_loader *loader,
			      bool with_values, struct sw_head *ret_head, struct sw_error *err);

enum sw_result sw_branch_encode(struct sw_value_writer *writer, const struct sw_branch *branch,
				struct sw_buf *out);
/* States are stored by index and checked against the machine. *ret_branch is new; its bookkeeping says "as on
 * disk". */
enum sw_result sw_branch_decode(struct sw_slice bytes, const struct sw_machine *machine,
				struct sw_value_loader *loader, struct sw_branch **ret_branch,
				struct sw_error *err);

/* ---- tags ---------------------------------------------------------------------------------------------- */

/* Of one resource. */
struct sw_tags {
	struct sw_tag *list; /* texts are own, but const here */
	uint32_t count;
};
void sw_tags_done(struct sw_tags *tags);

/* ---- activities ---------------------------------------------------------------------------------------- */

struct sw_activity_record {
	char *name; /* own */
	int64_t creation_ms;
	struct sw_tags tags;
};
void sw_activity_record_done(struct sw_activity_record *record);
enum sw_result sw_activity_record_encode(const struct sw_activity_record *record, struct sw_buf *out);
enum sw_result sw_activity_record_decode(struct sw_slice bytes, struct sw_activity_record *ret_record,
					 struct sw_error *err);

/* ---- history ------------------------------------------------------------------------------------------- */

/* One chunk: at least one event, in the order of their ids, each detail with its text or value. */
enum sw_result sw_history_encode(struct sw_value_writer *writer, const struct sw_history_event *events,
				 uint32_t count, struct sw_buf *out);
/*
 * Reads events one after the other from a chunk; the caller frees each with sw_history_event_done. It borrows
 * the bytes and owns nothing: a copy of the struct is a place to come back to.
 */
struct sw_history_chunk {
	struct sw_cursor cursor;
	const uint8_t *start; /* of the record: what is written again refers to where it stood first */
	uint32_t left, next_id;
	int64_t time_ms;
};
enum sw_result sw_history_chunk_open(struct sw_slice bytes, struct sw_history_chunk *ret_chunk,
				     struct sw_error *err);
/* SW_ENOENT at the end. Without a loader values are skipped: they come as NULL. */
enum sw_result sw_history_chunk_next(struct sw_history_chunk *chunk, struct sw_value_loader *loader,
				     struct sw_history_event *ret_event, struct sw_error *err);

#endif
