/* Branches: one position of an execution, with all it needs to go on from there. See records.h. */
#include "engine/record.h"

#include "base/assert.h"
#include "base/mem.h"

#include <string.h>

/* Which groups of fields follow: a group is written when one of its fields is not as in a new branch. */
enum branch_group {
	BRANCH_DUE = 1,
	BRANCH_RETRY = 2,
	BRANCH_FAILURE = 4,
	BRANCH_ATTEMPT = 8,
	BRANCH_CHILDREN = 16,
	BRANCH_ITERATION = 32,
	BRANCH_APPROACH = 64,
	BRANCH_VARIABLES = 128,
};

enum attempt_flag {
	ATTEMPT_DISPATCHABLE = 1,
	ATTEMPT_SUBMITTED = 2,
	ATTEMPT_STARTED = 4,
	ATTEMPT_TIMEOUT = 8,
	ATTEMPT_HEARTBEAT = 16,
	ATTEMPT_MOCKED = 32, /* not the first invocation of its state in a test case */
	ATTEMPT_QUEUED = 64, /* in its activity's queue */
	ATTEMPT_FLAGS_ALL = 127,
};

/* ---- writing --------------------------------------------------------------------------------- */

static bool has_attempt(const struct sw_branch *branch)
{
	static const uint8_t none[SW_TOKEN_RANDOM_BYTES];
	return branch->attempt || branch->dispatchable || branch->submitted || branch->started ||
	       branch->timeout_due_ms != SW_NEVER || branch->heartbeat_due_ms != SW_NEVER ||
	       branch->heartbeat_ms || branch->mock_index || memcmp(branch->token, none, sizeof(none)) != 0;
}

static bool has_children(const struct sw_branch *branch)
{
	return branch->length || branch->next_index || branch->running || branch->finished ||
	       branch->concurrency_max || branch->tolerated_max || branch->failed || branch->items;
}

static unsigned groups_of(const struct sw_branch *branch)
{
	return (branch->due_ms != SW_NEVER ? BRANCH_DUE : 0) |
	       (branch->retry_count || branch->retrier_counts ? BRANCH_RETRY : 0) |
	       (branch->failure.error || branch->failure.cause ? BRANCH_FAILURE : 0) |
	       (has_attempt(branch) ? BRANCH_ATTEMPT : 0) | (has_children(branch) ? BRANCH_CHILDREN : 0) |
	       (branch->item || branch->item_key ? BRANCH_ITERATION : 0) |
	       (sw_branch_has_just_entered(branch) && branch->approached_id ? BRANCH_APPROACH : 0) |
	       (branch->variables.count ? BRANCH_VARIABLES : 0);
}

static void write_retry(struct sw_record_writer *w, const struct sw_branch *branch)
{
	uint32_t count = branch->retrier_counts ? branch->state->retriers_count : 0;
	sw_record_write_u32(w, branch->retry_count);
	sw_record_write_u32(w, count);
	for (uint32_t i = 0; i < count; i++)
		sw_record_write_u32(w, branch->retrier_counts[i]);
}

static void write_attempt(struct sw_record_writer *w, const struct sw_branch *branch)
{
	unsigned flags = (branch->dispatchable ? ATTEMPT_DISPATCHABLE : 0) |
			 (branch->submitted ? ATTEMPT_SUBMITTED : 0) |
			 (branch->started ? ATTEMPT_STARTED : 0) |
			 (branch->timeout_due_ms != SW_NEVER ? ATTEMPT_TIMEOUT : 0) |
			 (branch->heartbeat_due_ms != SW_NEVER ? ATTEMPT_HEARTBEAT : 0) |
			 (branch->mock_index ? ATTEMPT_MOCKED : 0) | (branch->in_queue ? ATTEMPT_QUEUED : 0);
	sw_buf_u8(w->out, (uint8_t)flags);
	sw_record_write_u32(w, branch->attempt);
	sw_buf_append(w->out, branch->token, sizeof(branch->token));
	if (flags & ATTEMPT_TIMEOUT)
		sw_record_write_time(w, branch->timeout_due_ms, branch->entered_ms);
	if (flags & ATTEMPT_HEARTBEAT)
		sw_record_write_time(w, branch->heartbeat_due_ms, branch->entered_ms);
	sw_record_write_time(w, branch->heartbeat_ms, 0);
	if (flags & ATTEMPT_MOCKED)
		sw_record_write_u32(w, branch->mock_index);
}

static void write_children(struct sw_record_writer *w, const struct sw_branch *branch)
{
	sw_record_write_u32(w, branch->length);
	sw_record_write_u32(w, branch->next_index);
	sw_record_write_u32(w, branch->running);
	sw_record_write_u32(w, branch->finished);
	sw_record_write_u32(w, branch->concurrency_max);
	sw_record_write_u32(w, branch->tolerated_max);
	sw_record_write_u32(w, branch->failed);
	sw_record_write_value(w, branch->items);
}

static void write_variables(struct sw_record_writer *w, const struct sw_variables *variables)
{
	sw_record_write_u32(w, variables->count);
	for (uint32_t i = 0; i < variables->count; i++) {
		sw_record_write_text(w, variables->list[i].name);
		sw_record_write_value(w, variables->list[i].value);
	}
}

enum sw_result sw_branch_encode(struct sw_value_writer *writer, const struct sw_branch *branch,
				struct sw_buf *out)
{
	struct sw_record_writer w;
	const struct sw_machine *machine = writer->execution->machine;
	SW_ASSERT(branch->state && branch->state->index < machine->states_count);
	SW_ASSERT(branch->state == &machine->states[branch->state->index]);
	SW_ASSERT(branch->wait <= SW_BRANCH_HELD && branch->number != SW_NO_BRANCH);
	unsigned groups = groups_of(branch);
	sw_record_begin(&w, writer, out);
	sw_record_write_u32(&w, branch->number);
	/* A parent is older than its children; a root has none: 0 and the distance. */
	SW_ASSERT(branch->parent == SW_NO_BRANCH || branch->parent < branch->number);
	sw_record_write_u32(&w, branch->parent == SW_NO_BRANCH ? 0 : branch->number - branch->parent);
	sw_record_write_u32(&w, branch->index);
	sw_record_write_u32(&w, branch->state->index);
	sw_buf_u8(out, (uint8_t)branch->wait);
	sw_buf_u8(out, branch->phase);
	sw_buf_u8(out, (uint8_t)groups);
	sw_record_write_u32(&w, branch->entered_id);
	sw_record_write_u32(&w, branch->previous_id);
	sw_record_write_time(&w, branch->entered_ms, 0);
	sw_record_write_value(&w, branch->input);
	sw_record_write_value(&w, branch->work);
	sw_record_write_value(&w, NULL); /* where all variables stood as one object */
	if (groups & BRANCH_DUE)
		sw_record_write_time(&w, branch->due_ms, branch->entered_ms);
	if (groups & BRANCH_RETRY)
		write_retry(&w, branch);
	if (groups & BRANCH_FAILURE) {
		sw_record_write_text(&w, branch->failure.error);
		sw_record_write_text(&w, branch->failure.cause);
	}
	if (groups & BRANCH_ATTEMPT)
		write_attempt(&w, branch);
	if (groups & BRANCH_CHILDREN)
		write_children(&w, branch);
	if (groups & BRANCH_ITERATION) {
		sw_record_write_value(&w, branch->item);
		sw_record_write_text(&w, branch->item_key);
	}
	if (groups & BRANCH_APPROACH)
		sw_record_write_u32(&w, branch->approached_id);
	if (groups & BRANCH_VARIABLES)
		write_variables(&w, &branch->variables);
	return sw_record_end(&w);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Takes the value it replaces: a new branch has none, but the branch is the owner all the same. */
static void read_value(struct sw_record_reader *r, struct sw_value **place)
{
	struct sw_value *value = sw_record_read_value(r);
	sw_value_unref(*place);
	*place = value;
}

static void read_position(struct sw_record_reader *r, const struct sw_machine *machine,
			  struct sw_branch *branch)
{
	branch->number = sw_record_read_u32(r);
	uint32_t distance = sw_record_read_u32(r);
	branch->parent = distance ? branch->number - distance : SW_NO_BRANCH;
	branch->index = sw_record_read_u32(r);
	uint32_t state = sw_record_read_u32(r);
	uint8_t wait = sw_cursor_u8(&r->cursor);
	if (branch->number == SW_NO_BRANCH || distance > branch->number || state >= machine->states_count ||
	    wait > SW_BRANCH_HELD) {
		sw_record_refuse(r);
		return;
	}
	branch->state = &machine->states[state];
	branch->wait = (enum sw_branch_wait)wait;
	branch->phase = sw_cursor_u8(&r->cursor);
}

static void read_retry(struct sw_record_reader *r, struct sw_branch *branch)
{
	branch->retry_count = sw_record_read_u32(r);
	uint32_t count = sw_record_read_u32(r);
	if (count == 0 || sw_record_failed(r))
		return;
	if (count != branch->state->retriers_count) {
		sw_record_refuse(r);
		return;
	}
	branch->retrier_counts = sw_zalloc_array(count, sizeof(*branch->retrier_counts));
	if (!branch->retrier_counts) {
		r->result = SW_ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		branch->retrier_counts[i] = sw_record_read_u32(r);
}

static void read_attempt(struct sw_record_reader *r, struct sw_branch *branch)
{
	uint8_t flags = sw_cursor_u8(&r->cursor);
	if (flags > ATTEMPT_FLAGS_ALL)
		sw_record_refuse(r);
	branch->dispatchable = flags & ATTEMPT_DISPATCHABLE;
	branch->submitted = flags & ATTEMPT_SUBMITTED;
	branch->started = flags & ATTEMPT_STARTED;
	branch->in_queue = flags & ATTEMPT_QUEUED;
	/* Nothing else waits for a worker. */
	if (branch->in_queue &&
	    (!branch->dispatchable || branch->wait != SW_BRANCH_TASK || branch->started ||
	     branch->state->type != SW_STATE_TASK || branch->state->as.task.kind != SW_RESOURCE_ACTIVITY))
		sw_record_refuse(r);
	branch->attempt = sw_record_read_u32(r);
	struct sw_slice token = sw_cursor_bytes(&r->cursor, sizeof(branch->token));
	if (token.len == sizeof(branch->token))
		memcpy(branch->token, token.data, sizeof(branch->token));
	if (flags & ATTEMPT_TIMEOUT)
		branch->timeout_due_ms = sw_record_read_time(r, branch->entered_ms);
	if (flags & ATTEMPT_HEARTBEAT)
		branch->heartbeat_due_ms = sw_record_read_time(r, branch->entered_ms);
	branch->heartbeat_ms = sw_record_read_time(r, 0);
	if (flags & ATTEMPT_MOCKED)
		branch->mock_index = sw_record_read_u32(r);
}

static void read_children(struct sw_record_reader *r, struct sw_branch *branch)
{
	branch->length = sw_record_read_u32(r);
	branch->next_index = sw_record_read_u32(r);
	branch->running = sw_record_read_u32(r);
	branch->finished = sw_record_read_u32(r);
	branch->concurrency_max = sw_record_read_u32(r);
	branch->tolerated_max = sw_record_read_u32(r);
	branch->failed = sw_record_read_u32(r);
	read_value(r, &branch->items);
}

static void read_variables(struct sw_record_reader *r, struct sw_variables *variables)
{
	uint32_t count = sw_record_read_count(r);
	for (uint32_t i = 0; i < count && !sw_record_failed(r); i++) {
		char *name = sw_record_read_name(r);
		struct sw_value *value = sw_record_read_value(r);
		if (!sw_record_failed(r) && r->loader) {
			enum sw_result result = value ? sw_variables_add(variables, name, value) : SW_EINVAL;
			if (result == SW_ENOMEM)
				r->result = SW_ENOMEM;
			else if (result < 0)
				sw_record_refuse(r);
		}
		sw_free(name);
		sw_value_unref(value);
	}
}

/* Before they were stored one by one they were one object. */
static void read_old_variables(struct sw_record_reader *r, struct sw_variables *variables)
{
	struct sw_value *object = sw_record_read_value(r);
	const struct sw_variables none = {0};
	const json_t *tree;
	if (!object || sw_record_failed(r)) {
		sw_value_unref(object);
		return;
	}
	enum sw_result result = sw_value_tree(object, &tree);
	if (result == SW_OK)
		result = sw_variables_merge(&none, tree, variables);
	if (result == SW_ENOMEM)
		r->result = SW_ENOMEM;
	else if (result < 0)
		sw_record_refuse(r);
	sw_value_unref(object);
}

static void read_groups(struct sw_record_reader *r, uint8_t groups, struct sw_branch *branch)
{
	if (groups & BRANCH_DUE)
		branch->due_ms = sw_record_read_time(r, branch->entered_ms);
	if (groups & BRANCH_RETRY)
		read_retry(r, branch);
	if (groups & BRANCH_FAILURE) {
		branch->failure.error = sw_record_read_text(r);
		branch->failure.cause = sw_record_read_text(r);
	}
	if (groups & BRANCH_ATTEMPT)
		read_attempt(r, branch);
	if (groups & BRANCH_CHILDREN)
		read_children(r, branch);
	if (groups & BRANCH_ITERATION) {
		read_value(r, &branch->item);
		branch->item_key = sw_record_read_text(r);
	}
	if (groups & BRANCH_APPROACH)
		branch->approached_id = sw_record_read_u32(r);
	if (groups & BRANCH_VARIABLES)
		read_variables(r, &branch->variables);
}

static void read_branch(struct sw_record_reader *r, const struct sw_machine *machine,
			struct sw_branch *branch)
{
	read_position(r, machine, branch);
	uint8_t groups = sw_cursor_u8(&r->cursor);
	branch->entered_id = sw_record_read_u32(r);
	branch->previous_id = sw_record_read_u32(r);
	branch->entered_ms = sw_record_read_time(r, 0);
	read_value(r, &branch->input);
	read_value(r, &branch->work);
	read_old_variables(r, &branch->variables);
	/* From here on the state is needed. */
	if (!sw_record_failed(r))
		read_groups(r, groups, branch);
}

enum sw_result sw_branch_decode(struct sw_slice bytes, const struct sw_machine *machine,
				struct sw_value_loader *loader, struct sw_branch **ret_branch,
				struct sw_error *err)
{
	struct sw_record_reader r;
	enum sw_result result = sw_record_open(bytes, "branch", &r, err);
	if (result < 0)
		return result;
	struct sw_branch *branch = sw_branch_new();
	if (!branch)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	r.loader = loader;
	read_branch(&r, machine, branch);
	result = sw_record_check(&r, "branch", true, err);
	if (result < 0) {
		sw_branch_free(branch);
		return result;
	}
	SW_ASSERT(branch->state == &machine->states[branch->state->index]);
	/* In memory as on disk, the timers table included. */
	branch->on_disk = true;
	sw_branch_clean(branch);
	branch->stored_due_ms = branch->due_ms;
	branch->stored_in_flight =
		branch->dispatchable && branch->wait == SW_BRANCH_TASK && !branch->in_queue;
	if (branch->in_queue)
		branch->stored_place =
			(struct sw_queue_place){branch->state, branch->entered_ms, branch->attempt};
	*ret_branch = branch;
	return SW_OK;
}
