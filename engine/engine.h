/*
 * The durable scheduler: machines, executions, tasks. The public door of engine/ (installed as
 * stepwell/engine.h), used by the server, by the command, and by programs that embed Stepwell.
 *
 * Threads: one engine belongs to one loop; call everything from the loop's thread, except sw_task_* and
 * sw_engine_complete_*, which any thread may call. Callbacks come from the loop, never from inside the call
 * that asked. JSON crosses this door as text (UTF-8). Times are milliseconds since 1970 (_ms).
 *
 * A call with a reply callback: when it returns SW_OK, reply is called exactly once, after everything it
 * tells is on disk (or with SW_ECLOSED when the engine is freed first); when it returns an error, err says
 * why and reply is not called.
 */
#ifndef STEPWELL_ENGINE_H
#define STEPWELL_ENGINE_H

#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "engine/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sw_engine;
struct sw_task;
struct sw_reader;

/* ---- life --------------------------------------------------------------------------------------------- */

/*
 * The execution log: lines as AWS delivers them to CloudWatch Logs, of the executions of machines whose
 * loggingConfiguration asks for it (level, includeExecutionData), EXPRESS ones too. write gets whole lines, each
 * ended by a line feed, in the order of the events, from the loop and after their commit; it must not block.
 * Best effort, as AWS: what was committed just before a crash may be missing. docs/operating.md has the format.
 */
struct sw_execution_log {
	void (*write)(void *user, const char *lines, size_t len, uint32_t lines_count); /* NULL: none */
	void *user;
};

struct sw_engine_options {
	const char *data_directory; /* created (0700) when missing; NULL: nothing is kept (memory) */
	const struct sw_loop *loop; /* required; must outlive the engine */
	const char *region;  /* what ARNs are built of; NULL: as the store was opened last, us-east-1 */
	const char *account; /* NULL: 123456789012 */
	const char
		*helper_path; /* the stepwell-helper program for command tasks; NULL: where it is installed */
	const char *resources_json; /* text of the operator's resources file; NULL: none */
	const char
		*resources_directory; /* relative paths of commands start here; NULL: the current directory */
	const char *mocks_json;       /* text of a Step Functions Local mock configuration; NULL: none */
	struct sw_limits limits;
	struct sw_log log;
	struct sw_execution_log execution_log;
	/*
	 * 0: what is acknowledged is on disk. Else it is so about that much later, and a crash may take it back:
	 * docs/durability.md. Readers lag behind as far.
	 */
	uint32_t relaxed_ms;
	/*
	 * How long executions are kept after their end. 0: as long as they were when the store was opened last, and 90
	 * days in a new one (as AWS does); SW_NEVER: for ever. Negative: SW_EINVAL.
	 */
	int64_t retention_ms;
	bool synchronous_commit; /* commit on the loop's thread: for tests and simulation */
	uint64_t seed;           /* 0: from the system's entropy */
	/*
	 * One of several engines over one data directory: see partition.h. catalogue is the engine of partition 0, which
	 * must outlive this one; NULL: this is partition 0, or the only one. data_directory is that of the partition;
	 * region and account are the catalogue's.
	 */
	struct sw_engine *catalogue; /* its relaxed_ms is 0 */
	unsigned partition;          /* 1 to 63; 0 without a catalogue */
};
#ifndef __cplusplus
#define SW_ENGINE_OPTIONS ((struct sw_engine_options){.limits = SW_LIMITS, .log = {.level = SW_LOG_INFO}})
#else
#define SW_ENGINE_OPTIONS sw_engine_options_fresh()
inline struct sw_engine_options sw_engine_options_fresh()
{
	struct sw_engine_options fresh = {};
	fresh.limits = SW_LIMITS;
	fresh.log.level = SW_LOG_INFO;
	return fresh;
}
#endif

/*
 * Opens (or creates) the store, takes the directory's LOCK, recovers what was in flight; dispatches nothing
 * yet. SW_EOWNED: another process has the directory. SW_EVERSION, SW_ECORRUPT, SW_EIO, SW_EFULL,
 * SW_EDEFINITION (resources or mocks: err has line and column), SW_ENOMEM. Texts are copied.
 */
SW_API enum sw_result sw_engine_new(const struct sw_engine_options *options, struct sw_engine **ret_engine,
				    struct sw_error *err);

enum sw_resume {
	SW_RESUME_ALL,
	SW_RESUME_OWN, /* only executions started (or started again by name) here */
	SW_RESUME_NONE /* calls are carried out, but no execution goes on: one that is started has not entered
			  a state */
};
/* Begins: due timers fire, tasks that were in flight are delivered again under their idempotency keys. */
SW_API enum sw_result sw_engine_resume(struct sw_engine *engine, enum sw_resume which, struct sw_error *err);

/* As given to sw_engine_resume; SW_RESUME_NONE before. */
SW_API enum sw_resume sw_engine_resumed(const struct sw_engine *engine);

/*
 * Stops: running commands are ended, the open batch is committed, waiting replies get SW_ECLOSED, threads are
 * joined. Running executions go on at the next open. NULL allowed. Not from inside a callback.
 */
SW_API void sw_engine_free(struct sw_engine *engine);

/*
 * Can it take new work? SW_EFULL: the disk is full; SW_EIO: the store failed, open the engine again; SW_EBUSY: what
 * was in flight is still being delivered again, or a commit takes very long; SW_ECLOSED, SW_EINVAL (not resumed).
 * err says it in words.
 */
SW_API enum sw_result sw_engine_ready(struct sw_engine *engine, struct sw_error *err);

/*
 * Takes another resources file and mock configuration; what is NULL in both stays as it is. Tasks that run go on as
 * they began, and retries and new tasks go by the new ones. When a file has a mistake nothing changes: SW_EDEFINITION
 * with line and column; *ret_mocks (may be NULL) tells whether it is that of the mocks. SW_ENOMEM.
 */
SW_API enum sw_result sw_engine_reload(struct sw_engine *engine, const char *resources_json,
				       const char *mocks_json, bool *ret_mocks, struct sw_error *err);

/* True when nothing is ready, in flight to disk, or dispatched to a handler (waits may be pending). */
SW_API bool sw_engine_is_idle(const struct sw_engine *engine);

struct sw_engine_stats {
	uint64_t started, succeeded, failed, timed_out, aborted; /* executions, since open */
	uint64_t transitions;                                    /* states entered */
	uint64_t commits, syncs, bytes_written;
	uint64_t executions_in_memory, tasks_in_flight, timers_loaded;
	uint64_t data_bytes; /* of the store */
};
SW_API void sw_engine_stats(struct sw_engine *engine, struct sw_engine_stats *ret_stats);

/* ---- replies ------------------------------------------------------------------------------------------ */

/* What a reply tells; borrowed for the call. Fields that do not apply are NULL or 0. */
struct sw_reply {
	const char *arn;         /* of the machine or execution */
	const char *revision_id; /* of the machine */
	int64_t time_ms;         /* creationDate, updateDate, startDate, stopDate */
	bool existed;            /* the call was a repetition and changed nothing */
	const char *
		version_arn; /* of the version that was published; or of the alias, for calls about aliases */
};
typedef void sw_reply_fn(void *user, enum sw_result result, const struct sw_reply *reply,
			 const struct sw_error *err);

/*
 * Tells when everything that was acknowledged so far is on disk, and readers see it; reply.existed: it was already. In
 * relaxed mode it does not wait for the time to come. SW_EIO by reply: it cannot be written.
 */
SW_API enum sw_result sw_engine_settle(struct sw_engine *engine, sw_reply_fn *reply, void *user,
				       struct sw_error *err);
/* Is it? */
SW_API bool sw_engine_is_settled(const struct sw_engine *engine);

/* ---- machines ----------------------------------------------------------------------------------------- */

enum sw_machine_type { SW_TYPE_STANDARD, SW_TYPE_EXPRESS };

struct sw_findings; /* asl.h */

struct sw_tag;
struct sw_machine_params {
	const char *name; /* 1 to 80 characters (SW_ENAME) */
	const char *definition;
	size_t definition_len;
	const char *role_arn; /* NULL: arn:aws:iam::ACCOUNT:role/stepwell */
	enum sw_machine_type type;
	const char *logging_json; /* loggingConfiguration as given, kept and shown; NULL: none */
	const char *tracing_json; /* tracingConfiguration; NULL: none */
	bool publish;             /* a version of the machine as it then is; reply.version_arn names it */
	const char *version_description; /* of that version; NULL: none */
	const struct sw_tag *tags;       /* only when it is created */
	size_t tags_count;
};
struct sw_tag {
	const char *key, *value; /* value NULL: "" */
};

/*
 * Creates a machine. The same name with the same definition and type answers the first one (existed); other
 * content is SW_EEXIST. SW_EDEFINITION: *ret_findings (may be NULL) is new. SW_ENAME.
 * Source: CreateStateMachine.
 */
SW_API enum sw_result sw_engine_create_machine(struct sw_engine *engine,
					       const struct sw_machine_params *params, sw_reply_fn *reply,
					       void *user, struct sw_findings **ret_findings,
					       struct sw_error *err);
/*
 * Changes what is not NULL in params (name names the machine; type is not looked at). Running executions keep
 * what they started with. SW_ENOENT, SW_EDELETING by reply. Source: UpdateStateMachine.
 */
SW_API enum sw_result sw_engine_update_machine(struct sw_engine *engine,
					       const struct sw_machine_params *params, sw_reply_fn *reply,
					       void *user, struct sw_findings **ret_findings,
					       struct sw_error *err);
/* Deletes; running executions end first (status DELETING). What does not exist is no error. Source:
 * DeleteStateMachine. */
SW_API enum sw_result sw_engine_delete_machine(struct sw_engine *engine, const char *name, sw_reply_fn *reply,
					       void *user, struct sw_error *err);

/* ---- executions --------------------------------------------------------------------------------------- */

struct sw_start_params {
	const char *machine;   /* name */
	const char *qualifier; /* number of a version, or name of an alias; NULL: the machine as it is now */
	const char *name;      /* NULL: the engine makes one */
	const char *input;     /* JSON text; NULL: {} */
	size_t input_len;
	const char *test_case;    /* of the mock configuration; NULL: none */
	const char *trace_header; /* NULL: none */
};
/*
 * Starts an execution; reply.arn and time_ms when it is on disk. The same name and input while it runs
 * answers the first one (existed); otherwise a used name is SW_EEXIST. SW_ENOENT (machine), SW_EDELETING,
 * SW_EINPUT, SW_ENAME, SW_ELIMIT (payload). Source: StartExecution.
 */
SW_API enum sw_result sw_engine_start(struct sw_engine *engine, const struct sw_start_params *params,
				      sw_reply_fn *reply, void *user, struct sw_error *err);
/* Stops a running execution: its tasks are cancelled. Error and cause may be NULL. A finished one is left as
 * it is (existed). SW_ENOENT, SW_EARN. Source: StopExecution. */
SW_API enum sw_result sw_engine_stop(struct sw_engine *engine, const char *execution_arn, const char *error,
				     const char *cause, sw_reply_fn *reply, void *user, struct sw_error *err);
/*
 * An execution that FAILED, TIMED_OUT or was ABORTED goes on in the state where it ended; reply.time_ms is the
 * redriveDate. SW_EBUSY with the reason when it cannot be (also by reply). SW_ENOENT, SW_EARN. Source: RedriveExecution.
 */
SW_API enum sw_result sw_engine_redrive(struct sw_engine *engine, const char *execution_arn,
					sw_reply_fn *reply, void *user, struct sw_error *err);
/*
 * The same with a token (text of 1 to 64 bytes; NULL: none): when one of the last 10 tokens that the execution was
 * redriven with comes again within 15 minutes, it is answered as it was then (existed), and nothing is done.
 */
SW_API enum sw_result sw_engine_redrive_once(struct sw_engine *engine, const char *execution_arn,
					     const char *client_token, sw_reply_fn *reply, void *user,
					     struct sw_error *err);
/* Removes a finished execution and its history (SW_EBUSY while it runs). Stepwell's own; AWS has no such action. */
SW_API enum sw_result sw_engine_delete_execution(struct sw_engine *engine, const char *execution_arn,
						 sw_reply_fn *reply, void *user, struct sw_error *err);

enum sw_status {
	SW_STATUS_RUNNING,
	SW_STATUS_SUCCEEDED,
	SW_STATUS_FAILED,
	SW_STATUS_TIMED_OUT,
	SW_STATUS_ABORTED,
	SW_STATUS_PENDING_REDRIVE,
};
SW_API const char *sw_status_name(enum sw_status status); /* "RUNNING", ...; static */

/* What an EXPRESS execution came to; borrowed for the call. Texts that do not apply are NULL. */
struct sw_outcome {
	const char *arn, *name, *machine_arn, *input, *output, *error, *cause, *trace_header;
	size_t input_len, output_len;
	enum sw_status status;
	int64_t start_ms, stop_ms;
	int64_t billed_ms; /* the duration in whole 100 ms, as AWS bills it */
	uint32_t billed_mib;
};
/* outcome is NULL unless result is SW_OK. An execution that failed is SW_OK, with its status. */
typedef void sw_outcome_fn(void *user, enum sw_result result, const struct sw_outcome *outcome,
			   const struct sw_error *err);
/*
 * Runs an execution of an EXPRESS machine in memory; outcome is called once, when it has ended (SW_ECLOSED: the engine
 * is freed before). Nothing of it is stored. SW_EINVAL when the machine is STANDARD; else as sw_engine_start, but that
 * names may be used again. SW_EBUSY: the engine was not resumed, or carries out no executions. Source: StartSyncExecution.
 */
SW_API enum sw_result sw_engine_start_sync(struct sw_engine *engine, const struct sw_start_params *params,
					   sw_outcome_fn *outcome, void *user, struct sw_error *err);

/*
 * Told after each commit that holds new history of an execution: ids up to last_event_id are readable, and
 * whether it ended. For progress and waiting. One observer for each call; returns an id for
 * sw_engine_unobserve in *ret_id. execution_arn NULL observes all. May be called from inside callbacks.
 */
typedef void sw_observe_fn(void *user, const char *execution_arn, enum sw_status status,
			   uint32_t last_event_id);
SW_API enum sw_result sw_engine_observe(struct sw_engine *engine, const char *execution_arn,
					sw_observe_fn *observe, void *user, uint64_t *ret_id);
SW_API void sw_engine_unobserve(struct sw_engine *engine, uint64_t id);

/* ---- tasks -------------------------------------------------------------------------------------------- */

/*
 * A handler gets each attempt of tasks whose Resource matches pattern ('*' matches any characters). It is
 * called from the loop after the attempt is on disk, and may complete the task at once, later, or from any
 * thread. The task is the handler's: it ends with sw_task_succeed or sw_task_fail, or sw_task_release when it
 * will be completed by token. cancel (may be NULL) tells that nobody waits for the attempt any more (stop,
 * timeout): the task must still be released or completed; the completion is then ignored.
 */
typedef void sw_task_fn(void *user, struct sw_task *task);
SW_API enum sw_result sw_engine_on_task(struct sw_engine *engine, const char *pattern, sw_task_fn *handler,
					sw_task_fn *cancel, void *user, struct sw_error *err);

/* Borrowed while the task is the handler's. Any thread. */
SW_API const char *sw_task_resource(const struct sw_task *task);
SW_API const char *sw_task_input(const struct sw_task *task, size_t *ret_len); /* JSON text */
SW_API const char *sw_task_token(const struct sw_task *task);
SW_API const char *sw_task_idempotency_key(const struct sw_task *task); /* the same after a crash */
SW_API const char *sw_task_execution_arn(const struct sw_task *task);
SW_API const char *sw_task_state_name(const struct sw_task *task);
SW_API uint32_t sw_task_attempt(const struct sw_task *task); /* State.RetryCount: 0 for the first try */
SW_API bool sw_task_is_redelivery(const struct sw_task *task);

/*
 * Completes the attempt; takes the task (also on failure). Any thread. Output is JSON text of at most
 * payload_bytes_max; output that is not JSON fails the task. error and cause may be NULL.
 */
SW_API enum sw_result sw_task_succeed(struct sw_task *task, const char *output, size_t output_len);
SW_API enum sw_result sw_task_fail(struct sw_task *task, const char *error, const char *cause);
SW_API enum sw_result sw_task_heartbeat(struct sw_task *task); /* does not take it */
SW_API void sw_task_release(struct sw_task *task);

/*
 * Completion by token, for callbacks and activities. From the loop's thread, with a reply (may be NULL):
 * SW_OK once it is on disk, SW_ETOKEN (malformed), SW_ENOENT (no such task), SW_ETIMEDOUT (it is over).
 * Sources: SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat.
 */
SW_API enum sw_result sw_engine_token_succeed(struct sw_engine *engine, const char *token, const char *output,
					      size_t output_len, sw_reply_fn *reply, void *user,
					      struct sw_error *err);
SW_API enum sw_result sw_engine_token_fail(struct sw_engine *engine, const char *token, const char *error,
					   const char *cause, sw_reply_fn *reply, void *user,
					   struct sw_error *err);
SW_API enum sw_result sw_engine_token_heartbeat(struct sw_engine *engine, const char *token,
						sw_reply_fn *reply, void *user, struct sw_error *err);

/* ---- reading: committed state only -------------------------------------------------------------------- */

/*
 * A reader sees the last commit. sw_engine_reader gives the engine's own (borrowed, loop's thread);
 * sw_reader_open reads a directory that another process may own, or nobody (new; SW_ENOENT when there is no
 * store). Region and account as in the engine options (they are kept in the store: NULL uses what is kept
 * there).
 */
SW_API struct sw_reader *sw_engine_reader(struct sw_engine *engine);
SW_API enum sw_result sw_reader_open(const char *data_directory, const char *region, const char *account,
				     struct sw_reader **ret_reader, struct sw_error *err);
SW_API void sw_reader_close(struct sw_reader *reader); /* only of sw_reader_open; NULL allowed */
SW_API const char *sw_reader_region(const struct sw_reader *reader); /* borrowed while the reader lives */
SW_API const char *sw_reader_account(const struct sw_reader *reader);

/* All strings are the struct's own; absent ones are NULL. Free with the matching _done. */
struct sw_machine_info {
	char *arn, *name, *role_arn, *revision_id, *definition, *logging_json, *tracing_json;
	size_t definition_len;
	enum sw_machine_type type;
	bool deleting;
	int64_t creation_ms, update_ms;
	uint32_t version;          /* that was asked for; 0: the machine itself */
	char *version_description; /* of that version */
};
SW_API void sw_machine_info_done(struct sw_machine_info *info);

struct sw_execution_info {
	char *arn, *name, *machine_arn, *machine_name, *input, *output, *error, *cause, *trace_header;
	size_t input_len, output_len;
	enum sw_status status;
	int64_t start_ms, stop_ms; /* stop_ms 0 while it runs */
	uint32_t events_count;     /* history events so far */
	uint32_t redrive_count;
	int64_t redrive_ms; /* of the last redrive; 0: none */
	bool redrivable;    /* it has ended in a state from which it can go on: see sw_redrive_reason */
	bool machine_gone;  /* its state machine is DELETING or deleted; of sw_reader_execution alone */
	char *version_arn, *alias_arn; /* what it was started by, when by a version or an alias */
};
SW_API void sw_execution_info_done(struct sw_execution_info *info);

/* Why the execution cannot be redriven at now_ms, in AWS's words; NULL: it can be. Static. */
SW_API const char *sw_redrive_reason(const struct sw_execution_info *info, int64_t now_ms);

/* SW_ENOENT, SW_EARN. Name or ARN of a machine (with or without :version). */
SW_API enum sw_result sw_reader_machine(struct sw_reader *reader, const char *name_or_arn,
					struct sw_machine_info *ret_info, struct sw_error *err);
/* ARN of an execution. Without with_data, input and output stay NULL. */
SW_API enum sw_result sw_reader_execution(struct sw_reader *reader, const char *execution_arn, bool with_data,
					  struct sw_execution_info *ret_info, struct sw_error *err);
/* The machine an execution runs: the definition it started with. Source: DescribeStateMachineForExecution. */
SW_API enum sw_result sw_reader_machine_of(struct sw_reader *reader, const char *execution_arn,
					   struct sw_machine_info *ret_info, struct sw_error *err);

/*
 * Listing by index with a cursor. Each callback gets one entry (borrowed for the call). cursor: NULL or ""
 * starts; on return *ret_cursor (new, free with sw_text_free) is NULL at the end, else where to go on.
 * Cursors are opaque and checked (SW_ETOKEN). limit 1 to SW_PAGE_RESULTS_MAX. Machines come in
 * the order of their names (definition stays NULL); executions newest first.
 */
typedef void sw_each_machine_fn(void *user, const struct sw_machine_info *info);
SW_API enum sw_result sw_reader_list_machines(struct sw_reader *reader, uint32_t limit, const char *cursor,
					      sw_each_machine_fn *each, void *user, char **ret_cursor,
					      struct sw_error *err);
struct sw_list_filter {
	const char *machine;   /* name or ARN; NULL: executions of all machines */
	const char *qualifier; /* with machine: only those started by this version or alias; NULL: all */
	bool by_status;
	enum sw_status status; /* when by_status */
	const char *name;      /* only executions of this name; NULL: all */
};
typedef void sw_each_execution_fn(void *user,
				  const struct sw_execution_info *info); /* without input and output */
SW_API enum sw_result sw_reader_list_executions(struct sw_reader *reader, const struct sw_list_filter *filter,
						uint32_t limit, const char *cursor,
						sw_each_execution_fn *each, void *user, char **ret_cursor,
						struct sw_error *err);

/*
 * History events with ids from first_id on (reverse: downwards from first_id; 0 means the last one), at most
 * limit. Each event comes as the JSON text AWS gives in GetExecutionHistory. *ret_next_id is 0 at the end.
 */
typedef void sw_each_event_fn(void *user, uint32_t id, const char *json, size_t len);
SW_API enum sw_result sw_reader_history(struct sw_reader *reader, const char *execution_arn,
					uint32_t first_id, uint32_t limit, bool reverse, bool with_data,
					sw_each_event_fn *each, void *user, uint32_t *ret_next_id,
					struct sw_error *err);

/* ---- names and ARNs ----------------------------------------------------------------------------------- */

/* AWS's rule for names: SW_OK or SW_ENAME with what is wrong. Source: API reference, CreateStateMachine,
 * name. */
SW_API enum sw_result sw_name_check(const char *name, struct sw_error *err);

#ifdef __cplusplus
}
#endif
#endif
