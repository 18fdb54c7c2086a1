/* Stepwell's own actions, for its command; AWS has no such actions (docs/api.md). */
#include "server/api.h"
#include "server/partitions.h"

#include <unistd.h>

static const struct sw_member delete_members[] = {
	{"executionArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
};
const struct sw_shape sw_shape_delete_execution = SW_SHAPE(delete_members);
const struct sw_shape sw_shape_status = {delete_members, 0};

static void fail_deletion(struct sw_call *call, enum sw_result result, const struct sw_error *err)
{
	if (result == SW_EBUSY)
		sw_call_fail(call, "ValidationException", "Execution is RUNNING and cannot be deleted: '%s'",
			     call->subject_text);
	else
		sw_call_fail_result(call, result, err);
}

static void deleted(void *user, enum sw_result result, const struct sw_reply *reply,
		    const struct sw_error *err)
{
	struct sw_call *call = user;
	if (result == SW_OK)
		sw_call_answer_empty(call);
	else
		fail_deletion(call, result, err);
}

void sw_call_delete_execution(struct sw_call *call)
{
	struct sw_error err = {0};
	if (!sw_call_take_execution(call))
		return;
	enum sw_result r =
		sw_engine_delete_execution(call->api->engine, call->subject_text, deleted, call, &err);
	if (r != SW_OK)
		fail_deletion(call, r, &err);
}

static void write_stats(struct sw_body *out, const struct sw_engine_stats *stats)
{
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{"started", stats->started},
		{"succeeded", stats->succeeded},
		{"failed", stats->failed},
		{"timedOut", stats->timed_out},
		{"aborted", stats->aborted},
		{"transitions", stats->transitions},
		{"commits", stats->commits},
		{"syncs", stats->syncs},
		{"bytesWritten", stats->bytes_written},
		{"executionsInMemory", stats->executions_in_memory},
		{"tasksInFlight", stats->tasks_in_flight},
		{"timersLoaded", stats->timers_loaded},
		{"dataBytes", stats->data_bytes},
	};
	sw_body_open(out, "stats", '{');
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		sw_body_integer(out, rows[i].name, (int64_t)rows[i].value);
	sw_body_close(out, '}');
}

static void add_stats(void *user, struct sw_engine *engine)
{
	struct sw_engine_stats *sum = user, more = {0};
	sw_engine_stats(engine, &more);
	sum->started += more.started;
	sum->succeeded += more.succeeded;
	sum->failed += more.failed;
	sum->timed_out += more.timed_out;
	sum->aborted += more.aborted;
	sum->transitions += more.transitions;
	sum->commits += more.commits;
	sum->syncs += more.syncs;
	sum->bytes_written += more.bytes_written;
	sum->executions_in_memory += more.executions_in_memory;
	sum->tasks_in_flight += more.tasks_in_flight;
	sum->timers_loaded += more.timers_loaded;
	sum->data_bytes += more.data_bytes;
}

/* Which executions go on in this process. */
static const char *advances_text(enum sw_resume which)
{
	return which == SW_RESUME_ALL ? "ALL" : which == SW_RESUME_OWN ? "OWN" : "NONE";
}

void sw_call_status(struct sw_call *call)
{
	struct sw_body out = SW_BODY;
	struct sw_engine *engine = call->api->engine;

	sw_body_open(&out, NULL, '{');
	sw_body_text(&out, "version", SW_VERSION);
	sw_body_integer(&out, "pid", getpid());
	sw_body_boolean(&out, "owner", engine != NULL);
	sw_body_text(&out, "region", call->api->region);
	sw_body_text(&out, "account", call->api->account);
	if (engine) {
		struct sw_engine_stats stats = {0};
		bool idle = sw_engine_is_idle(engine) && sw_partitions_are_idle(call->api->partitions);
		add_stats(&stats, engine);
		sw_partitions_each(call->api->partitions, add_stats, &stats);
		sw_body_text(&out, "advances", advances_text(sw_engine_resumed(engine)));
		sw_body_boolean(&out, "idle", idle);
		sw_body_integer(&out, "partitions", sw_partitions_count(call->api->partitions));
		write_stats(&out, &stats);
	}
	sw_body_close(&out, '}');
	sw_call_answer(call, &out);
}
