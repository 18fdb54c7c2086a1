/*
 * Care for a data directory: who owns it, backups, what is in it, whether it is sound. Part of the public
 * door of engine/ (installed as stepwell/maintenance.h). Everything here reads the last commit and may run
 * while the owner works, in another process or in this one; the calls block and belong on a thread that may
 * wait.
 *
 * A process has at most one handle open on a data directory: an embedding program uses the calls that take a
 * reader with sw_engine_reader(), not those that take the name of the directory that it owns.
 */
#ifndef STEPWELL_MAINTENANCE_H
#define STEPWELL_MAINTENANCE_H

#include "base/error.h"
#include "engine/engine.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- owners ------------------------------------------------------------------------------------------- */

/*
 * *ret_pid is the process id of the owner of a data directory, 0 when nobody owns it (or it is not there), -1
 * when somebody does whose number is not known. SW_EIO: it cannot be told.
 */
SW_API enum sw_result sw_directory_owner(const char *data_directory, int64_t *ret_pid, struct sw_error *err);

/* ---- backups ------------------------------------------------------------------------------------------ */

/*
 * Writes the last commit as a new store into a directory (made when missing, not its parent): consistent,
 * compacted and synced. The owner goes on meanwhile. SW_EEXIST: there is a store in it already. SW_EFULL and
 * SW_EIO leave nothing behind. SW_EINVAL: the reader's store is in memory.
 */
SW_API enum sw_result sw_reader_backup(struct sw_reader *reader, const char *target_directory,
				       struct sw_error *err);
/* The same of a directory. SW_ENOENT: there is no store in it. */
SW_API enum sw_result sw_backup(const char *data_directory, const char *target_directory,
				struct sw_error *err);
/*
 * Makes a data directory of a backup: the next owner goes on from there. Checks first that the backup opens
 * and that its format is known. SW_EEXIST: the data directory holds a store; SW_EOWNED: somebody has it.
 * Neither is changed.
 */
SW_API enum sw_result sw_restore(const char *backup_directory, const char *data_directory,
				 struct sw_error *err);

/* ---- what is in it ------------------------------------------------------------------------------------ */

/* Told now and then by calls that take long: what is looked at, and how many of them so far. */
typedef void sw_progress_fn(void *user, const char *what, uint64_t count);

#define SW_STATUSES_COUNT (SW_STATUS_PENDING_REDRIVE + 1)
#define SW_STATUS_TIMERS_MAX 5

/* Something that waits; texts are the struct's own, NULL when they cannot be read. */
struct sw_waiting {
	char *execution_arn,
		*state;  /* state: name of the state that waits; NULL for a whole execution's timeout */
	int64_t time_ms; /* oldest: when the execution started; timers: when it is due */
};

struct sw_store_status {
	uint64_t executions[SW_STATUSES_COUNT]; /* by enum sw_status */
	uint64_t executions_damaged;            /* their heads cannot be read */
	uint64_t machines, machines_deleting;
	/* branches of RUNNING executions, by what they wait for */
	uint64_t ready, tasks_in_flight, callbacks, waits, retries, joins;
	uint64_t branches_damaged;
	uint64_t timers;
	struct sw_waiting oldest; /* the RUNNING execution that started first; execution_arn NULL: none */
	struct sw_waiting next[SW_STATUS_TIMERS_MAX]; /* the timers that are due next */
	uint32_t next_count;
	uint64_t data_bytes, file_bytes, disk_free_bytes; /* used; length of the file; room beside it */
};
/* Looks at every head and every branch, not at histories. progress may be NULL. */
SW_API enum sw_result sw_reader_status(struct sw_reader *reader, sw_progress_fn *progress, void *user,
				       struct sw_store_status *ret_status, struct sw_error *err);
SW_API void sw_store_status_done(struct sw_store_status *status);

/* ---- record by record --------------------------------------------------------------------------------- */

/*
 * One record, borrowed for the call. json is an object: its fields under the names of docs/store-format.md. Of a
 * record that cannot be read: {"damaged": why, "bytes": the first 4,096 of it in hexadecimal}.
 */
struct sw_dump_record {
	const char *table, *key; /* "branches", "018bcfe568004000/3" */
	const char *json;        /* UTF-8, NUL-terminated, without line breaks */
	size_t json_len;
	bool damaged;
};
typedef void sw_dump_fn(void *user, const struct sw_dump_record *record);
struct sw_dump_options {
	const char *table;        /* one table; NULL: all, in the order of docs/store-format.md */
	const char *execution;    /* only what belongs to it: its ARN, or MACHINE:NAME; NULL: all */
	sw_dump_fn *record;       /* required */
	sw_progress_fn *progress; /* NULL: none */
	void *user;
};
/*
 * Gives every record of the last commit, as text that people and programs can read. In short snapshots, as the
 * check below. SW_EINVAL: there is no such table; SW_ENOENT: no such execution.
 */
SW_API enum sw_result sw_reader_dump(struct sw_reader *reader, const struct sw_dump_options *options,
				     struct sw_error *err);

/* ---- is it sound? ------------------------------------------------------------------------------------- */

enum sw_badness {
	SW_BAD_WARNING, /* does no harm: it takes room, or a process that works on it removes it */
	SW_BAD_ERROR,   /* something is lost, will not happen, or cannot be shown */
};

/* Everything that can be wrong: enum, name, badness, what to do. Names never change. */
#define SW_PROBLEMS(X)                                                                                       \
	X(NEWER_RECORD, "newer-record", ERROR, "Use the version of Stepwell that wrote it.")                 \
	X(DAMAGED_RECORD, "damaged-record", ERROR, "Restore a backup, or keep the copy and start anew.")     \
	X(DAMAGED_MACHINE, "damaged-machine", ERROR,                                                         \
	  "Update the state machine; executions of this revision fail when they go on: start them again.")   \
	X(MISSING_MACHINE, "missing-machine", ERROR, "Restore a backup, or create the state machine again.") \
	X(DAMAGED_HEAD, "damaged-head", ERROR,                                                               \
	  "The execution is lost: restore a backup, or start it again.")                                     \
	X(DAMAGED_BRANCH, "damaged-branch", ERROR,                                                           \
	  "The execution fails when it goes on: restore a backup, or start it again.")                       \
	X(DAMAGED_HISTORY, "damaged-history", ERROR,                                                         \
	  "The history cannot be shown from here on: restore a backup if it matters.")                       \
	X(DAMAGED_VALUE, "damaged-value", ERROR,                                                             \
	  "What needs the value fails or cannot be shown: restore a backup.")                                \
	X(WAITS_FOR_NOTHING, "waits-for-nothing", ERROR,                                                     \
	  "Nothing will wake the execution: stop it and start it again, or restore a backup.")               \
	X(MISSING_TIMER, "missing-timer", ERROR,                                                             \
	  "It will not be woken after a restart: stop the execution and start it again.")                    \
	X(MISSING_MARK, "missing-mark", ERROR,                                                               \
	  "It will not go on after a restart: stop the execution and start it again.")                       \
	X(MISSING_NAME, "missing-name", ERROR,                                                               \
	  "The execution is not found by its name: restore a backup, or start it again.")                    \
	X(MISSING_LISTING, "missing-listing", ERROR,                                                         \
	  "Lists of its state machine leave the execution out; it is found by its name.")                    \
	X(MISSING_NUMBER, "missing-number", ERROR,                                                           \
	  "Lists leave the state machine out; it is found by its name.")                                     \
	X(STALE_TIMER, "stale-timer", WARNING, "Harmless: it is removed when it is due.")                    \
	X(STALE_MARK, "stale-mark", WARNING, "Harmless: it is removed when an owner opens the directory.")   \
	X(STALE_NAME, "stale-name", WARNING, "Harmless: the name is free.")                                  \
	X(STALE_LISTING, "stale-listing", WARNING, "Harmless: lists leave it out.")                          \
	X(STALE_NUMBER, "stale-number", WARNING, "Harmless: lists leave it out.")                            \
	X(STUCK_DELETION, "stuck-deletion", ERROR,                                                           \
	  "It stays as it is: restore a backup, or use another name.")                                       \
	X(ORPHAN, "orphan", WARNING, "Harmless: nothing belongs to it; it takes room.")                      \
	X(TIME_GOES_BACK, "time-goes-back", WARNING, "Harmless: the order of ids is the order of events.")

enum sw_problem {
#define SW_PROBLEM_ENUM(NAME, name, badness, advice) SW_PROBLEM_##NAME,
	SW_PROBLEMS(SW_PROBLEM_ENUM)
#undef SW_PROBLEM_ENUM
};
SW_API const char *sw_problem_name(enum sw_problem problem); /* "missing-timer"; static, as the next */
SW_API const char *sw_problem_advice(enum sw_problem problem);
SW_API enum sw_badness sw_problem_badness(enum sw_problem problem);

/* Borrowed for the call. */
struct sw_diagnosis {
	enum sw_problem problem;
	const char *execution_arn; /* NULL: of no execution, or of one whose head cannot be read */
	const char *record;        /* table and key: "branches 018bcfe568004000/3" (docs/store-format.md) */
	const char *text;          /* what is wrong with it */
};
typedef void sw_diagnosis_fn(void *user, const struct sw_diagnosis *diagnosis);

struct sw_check_options {
	sw_diagnosis_fn *diagnosis; /* required */
	sw_progress_fn *progress;   /* NULL: none */
	void *user;
};
struct sw_check_summary {
	uint64_t records, machines, executions, events; /* looked at */
	uint64_t errors, warnings;                      /* told */
};
/*
 * Walks every record and every index: decodes all of them, and compares what must agree. Reads in many short
 * snapshots, so that the owner's file does not grow because of it. SW_OK whatever was found; else what
 * stopped it.
 */
SW_API enum sw_result sw_reader_check(struct sw_reader *reader, const struct sw_check_options *options,
				      struct sw_check_summary *ret_summary, struct sw_error *err);

#ifdef __cplusplus
}
#endif
#endif
