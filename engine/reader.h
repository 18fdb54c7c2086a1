/*
 * The reading door, inside: struct sw_reader over a store, and the views that its calls take. A view is one
 * snapshot; it lives as long as the call. Used by reader*.c, and by the engine for its own reader.
 */
#ifndef SW_ENGINE_READER_H
#define SW_ENGINE_READER_H

#include "engine/arn.h"
#include "engine/records.h"

#include <sys/types.h>

/* A page of a list looks at no more than this many records (large ones count more): it may then be short,
 * even empty. */
#define SW_PAGE_WORK_MAX 20000
/* A page of history ends once it holds this much text. */
#define SW_PAGE_BYTES_MAX (8u << 20)

struct sw_reader {
	struct sw_store *store;
	bool owns_store;
	pid_t process; /* that opened it: a handle does not survive a fork */
	char *region, *account;
};

/* A reader over a borrowed store, which must outlive it. Texts are copied; NULL: the defaults.
 * sw_reader_close ends it. */
enum sw_result sw_reader_new(struct sw_store *store, const char *region, const char *account,
			     struct sw_reader **ret_reader);

struct sw_view {
	const struct sw_reader *reader;
	struct sw_snapshot *snapshot;
	struct sw_value_loader loader; /* of the execution that was found last */
};
/* A view that has begun must be ended; one that failed to begin needs not. */
enum sw_result sw_view_begin(struct sw_reader *reader, struct sw_view *view, struct sw_error *err);
void sw_view_end(struct sw_view *view);

/* The current revision of a machine by name or ARN, one that is DELETING included. SW_ENOENT, SW_EARN. */
enum sw_result sw_view_machine(struct sw_view *view, const char *name_or_arn,
			       struct sw_machine_record *ret_record, struct sw_error *err);
/* A given revision, whatever became of the machine. */
enum sw_result sw_view_revision(struct sw_view *view, const char *name, uint32_t revision,
				struct sw_machine_record *ret_record, struct sw_error *err);
/* Moves texts from the record to *ret_info; what is left of the record is still the caller's. */
enum sw_result sw_machine_info_take(const struct sw_reader *reader, struct sw_machine_record *record,
				    struct sw_machine_info *ret_info);

/* SW_ENOENT: no head of that id (err is not set). */
enum sw_result sw_view_head(struct sw_view *view, uint64_t id, bool with_values, struct sw_head *ret_head,
			    struct sw_error *err);
/* The execution of a name of a machine (both not checked before). SW_ENOENT: there is none (err is not set).
 */
enum sw_result sw_view_named(struct sw_view *view, const char *machine, const char *name, bool with_values,
			     struct sw_head *ret_head, struct sw_error *err);
/* The execution of an ARN. SW_ENOENT and SW_EARN with AWS's texts. */
enum sw_result sw_view_execution(struct sw_view *view, const char *execution_arn, bool with_values,
				 struct sw_head *ret_head, struct sw_error *err);
/* Moves texts from the head to *ret_info, as above. */
enum sw_result sw_execution_info_take(const struct sw_reader *reader, struct sw_head *head,
				      struct sw_execution_info *ret_info);

#define SW_NAME_BYTES_MAX (4 * SW_NAME_CHARACTERS_MAX)
/* Cursors of lists in the order of names: the name that is next. kind tells lists apart. New; NULL: out of memory. */
char *sw_name_cursor(char kind, struct sw_slice name);
enum sw_result sw_name_cursor_parse(const char *text, char kind, struct sw_key *ret_from,
				    struct sw_error *err);

/* The result's own text, when nothing better is known. */
static inline enum sw_result sw_reader_fail(struct sw_error *err, enum sw_result result)
{
	return result < 0 ? sw_error_set(err, result, "%s", sw_result_text(result)) : result;
}

#endif
