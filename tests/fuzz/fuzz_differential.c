/*
 * Two lives of one execution: the same events go to both, and between any two of them one life is written to a store,
 * as the scheduler writes it, forgotten and read back. They must not differ: what an event answers, the history, the
 * commands, the timers, every field of every branch. A field that no record keeps, a change that no one marked as one,
 * a value that reads back otherwise: all end here.
 *
 * The input: a line with the input of the execution, the definition up to a NUL ("#NUMBER": the machine of the
 * simulation's seed), then two bytes for each event.
 */
#include "base/assert.h"
#include "engine/records.h"
#include "engine/step/step.h"
#include "tests/simulation/simulation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ID 77
#define NOW_MS INT64_C(1700000000000)
#define EVENTS_PLAYED_MAX 80
#define TURNS_MAX 40
#define DEFINITION_BYTES_MAX 8192
#define EVENTS_OF_HISTORY_MAX 1500 /* two full turns of a loop, and not the whole of it */
#define PAYLOAD_BYTES_MAX 8192

struct life {
	struct sw_machine *machine;
	struct sw_execution *execution;
	struct sw_effects effects;
	enum sw_result result;
	struct sw_store *store; /* of the life that is read back; NULL: the other */
	struct sw_batch *batch;
	struct sw_buf record, told;
};

struct pair {
	struct life straight, stored;
	int64_t now_ms;
	uint64_t seed;
	struct sw_buf history;
};

/* ---- a life in memory ----------------------------------------------------------------------------------- */

/* What no record keeps because it follows from the rest. */
static void name_texts(struct sw_execution *x)
{
	x->arn = sw_strdup("arn:aws:states:us-east-1:123456789012:execution:machine:run");
	x->machine_arn = sw_strdup("arn:aws:states:us-east-1:123456789012:stateMachine:machine");
	x->region = sw_strdup("us-east-1");
	x->history_events_max = EVENTS_OF_HISTORY_MAX;
	x->payload_bytes_max = PAYLOAD_BYTES_MAX;
	SW_ASSERT(x->arn && x->machine_arn && x->region);
}

static void life_new(struct life *life, struct sw_machine *machine, struct sw_value *input, bool mocked)
{
	life->machine = machine;
	SW_ASSERT(sw_execution_new(machine, ID, &life->execution) == SW_OK);
	struct sw_execution *x = life->execution;
	name_texts(x);
	x->name = sw_strdup("run");
	x->machine_name = sw_strdup("machine");
	x->role_arn = sw_strdup("arn:aws:iam::123456789012:role/stepwell");
	x->machine_version = mocked ? 3 : 0;
	x->machine_alias = mocked ? sw_strdup("live") : NULL;
	x->test_case = mocked ? sw_strdup("case") : NULL;
	x->mock_counts = mocked ? sw_zalloc_array(machine->states_count, sizeof(uint32_t)) : NULL;
	x->input = sw_value_ref(input);
}

static void life_done(struct life *life)
{
	sw_execution_free(life->execution);
	sw_effects_done(&life->effects);
	sw_store_close(life->store);
	sw_batch_free(life->batch);
	sw_buf_done(&life->record);
	sw_buf_done(&life->told);
}

/* Branches that a full turn left ready have their turns in order of number when they are read back. */
static void queue_anew(struct sw_execution *x)
{
	x->ready_first = x->ready_last = SW_NO_BRANCH;
	for (uint32_t i = 0; i < x->branches_count; i++) {
		x->branches[i]->queued = false;
		x->branches[i]->ready_next = SW_NO_BRANCH;
	}
	for (uint32_t i = 0; i < x->branches_count; i++) {
		if (x->branches[i]->wait == SW_BRANCH_READY)
			sw_execution_enqueue(x, x->branches[i]);
	}
}

/* ---- to the store, as turn.c does --------------------------------------------------------------------------- */

static void put(struct life *life, enum sw_table table, const struct sw_key *key)
{
	SW_ASSERT(sw_batch_put(life->batch, table, sw_key_slice(key),
			       sw_slice(life->record.data, life->record.len)) == SW_OK);
	sw_buf_reset(&life->record);
}

static void write_branches(struct life *life, struct sw_value_writer *writer)
{
	struct sw_execution *x = life->execution;
	struct sw_key key;
	for (uint32_t i = 0; i < x->removed_count; i++) {
		sw_key_pair(&key, ID, x->removed[i].number);
		SW_ASSERT(sw_batch_delete(life->batch, SW_TABLE_BRANCHES, sw_key_slice(&key)) == SW_OK);
	}
	for (uint32_t i = 0; i < x->branches_count; i++) {
		if (!x->branches[i]->dirty)
			continue;
		SW_ASSERT(sw_branch_encode(writer, x->branches[i], &life->record) == SW_OK);
		sw_key_pair(&key, ID, x->branches[i]->number);
		put(life, SW_TABLE_BRANCHES, &key);
	}
}

static void write_life(struct life *life)
{
	struct sw_execution *x = life->execution;
	struct sw_value_writer writer = {x, life->batch};
	struct sw_key key;
	sw_batch_reset(life->batch);
	write_branches(life, &writer);
	if (life->effects.events_count > 0) {
		SW_ASSERT(sw_history_encode(&writer, life->effects.events, life->effects.events_count,
					    &life->record) == SW_OK);
		sw_key_pair(&key, ID, life->effects.events[0].id);
		put(life, SW_TABLE_HISTORY, &key);
	}
	SW_ASSERT(sw_head_encode(&writer, x, &life->record) == SW_OK);
	sw_key_execution(&key, ID);
	put(life, SW_TABLE_EXECUTIONS, &key);
	SW_ASSERT(sw_store_commit(life->store, life->batch, NULL) == SW_OK);
}

/* ---- and back, as loading.c does ------------------------------------------------------------------------------ */

static enum sw_result load_value(void *user, uint64_t execution_id, uint32_t number,
				 struct sw_slice *ret_text)
{
	struct sw_key key;
	sw_key_pair(&key, execution_id, number);
	return sw_snapshot_get(user, SW_TABLE_VALUES, sw_key_slice(&key), ret_text);
}

/* Moves what the head holds. */
static void take_head(struct sw_execution *x, struct sw_head *head)
{
	x->status = head->status;
	x->name = head->name;
	x->machine_name = head->machine_name;
	x->role_arn = head->role_arn;
	x->trace_header = head->trace_header;
	x->test_case = head->test_case;
	x->failure = (struct sw_failure){head->error, head->cause};
	x->machine_number = head->machine_number;
	x->machine_revision = head->machine_revision;
	x->machine_version = head->machine_version;
	x->machine_alias = head->machine_alias;
	x->start_ms = head->start_ms;
	x->stop_ms = head->stop_ms;
	x->timeout_due_ms = head->timeout_due_ms;
	x->next_event_id = head->next_event_id;
	x->next_branch = head->next_branch;
	x->next_value = head->next_value;
	x->redrive_count = head->redrive_count;
	x->redrive_ms = head->redrive_ms;
	x->redrive_tokens = head->redrive_tokens;
	x->mock_counts = head->mock_counts;
	x->input = head->input;
	x->output = head->output;
	SW_ASSERT(!head->mock_counts || head->mock_counts_count == x->machine->states_count);
	*head = (struct sw_head){0};
}

static void read_branches(struct sw_execution *x, struct sw_snapshot *snapshot,
			  struct sw_value_loader *loader)
{
	struct sw_scan *scan;
	struct sw_slice key, bytes;
	SW_ASSERT(sw_scan_new(snapshot, SW_TABLE_BRANCHES, sw_slice(NULL, 0), false, &scan) == SW_OK);
	while (sw_scan_next(scan, &key, &bytes) == SW_OK) {
		struct sw_branch *branch;
		SW_ASSERT(sw_branch_decode(bytes, x->machine, loader, &branch, NULL) == SW_OK);
		SW_ASSERT(sw_execution_add(x, branch) == SW_OK);
	}
	sw_scan_free(scan);
}

static void read_life(struct life *life)
{
	struct sw_snapshot *snapshot;
	struct sw_slice bytes;
	struct sw_key key;
	struct sw_head head;
	struct sw_execution *x;
	SW_ASSERT(sw_store_begin(life->store, &snapshot, NULL) == SW_OK);
	struct sw_value_loader loader = {.execution_id = ID, .load = load_value, .user = snapshot};
	sw_key_execution(&key, ID);
	SW_ASSERT(sw_snapshot_get(snapshot, SW_TABLE_EXECUTIONS, sw_key_slice(&key), &bytes) == SW_OK);
	SW_ASSERT(sw_head_decode(bytes, ID, &loader, true, &head, NULL) == SW_OK);
	SW_ASSERT(sw_execution_new(life->machine, ID, &x) == SW_OK);
	name_texts(x);
	bool redrivable = head.redrivable;
	take_head(x, &head);
	read_branches(x, snapshot, &loader);
	SW_ASSERT(redrivable == sw_execution_is_redrivable(x));
	queue_anew(x);
	sw_value_loader_done(&loader);
	sw_snapshot_end(snapshot);
	sw_execution_free(life->execution);
	life->execution = x;
}

/* ---- telling ------------------------------------------------------------------------------------------------------ */

static void tell_text(struct sw_buf *out, const char *name, const char *text)
{
	if (text)
		sw_buf_printf(out, " %s=%s", name, text);
}

static void tell_value(struct sw_buf *out, const char *name, struct sw_value *value)
{
	struct sw_slice text;
	if (!value)
		return;
	SW_ASSERT(sw_value_text(value, &text) == SW_OK);
	sw_buf_printf(out, " %s=", name);
	sw_buf_append(out, text.data, text.len);
}

static void tell_attempt(struct sw_buf *out, const struct sw_branch *b)
{
	sw_buf_printf(out, " attempt=%u mock=%u dispatchable=%d submitted=%d started=%d", b->attempt,
		      b->mock_index, b->dispatchable, b->submitted, b->started);
	sw_buf_printf(out,
		      " timeout=%" PRId64 " beat=%" PRId64 " every=%" PRId64 " token=", b->timeout_due_ms,
		      b->heartbeat_due_ms, b->heartbeat_ms);
	for (unsigned i = 0; i < SW_TOKEN_RANDOM_BYTES; i++)
		sw_buf_printf(out, "%02x", b->token[i]);
}

static void tell_branch(struct sw_buf *out, const struct sw_branch *b)
{
	sw_buf_printf(out, "branch %u of %u, %u: state=%s wait=%d phase=%u entered=%u,%" PRId64, b->number,
		      b->parent, b->index, b->state->name, b->wait, b->phase, b->entered_id, b->entered_ms);
	sw_buf_printf(out, " after=%u due=%" PRId64, b->previous_id, b->due_ms);
	if (sw_branch_has_just_entered(b))
		sw_buf_printf(out, " approached=%u", b->approached_id);
	tell_value(out, "input", b->input);
	tell_value(out, "work", b->work);
	for (uint32_t i = 0; i < b->variables.count; i++)
		tell_value(out, b->variables.list[i].name, b->variables.list[i].value);
	sw_buf_printf(out, " retries=%u", b->retry_count);
	for (uint32_t i = 0; i < b->state->retriers_count; i++)
		sw_buf_printf(out, "/%u", b->retrier_counts ? b->retrier_counts[i] : 0);
	tell_text(out, "error", b->failure.error);
	tell_text(out, "cause", b->failure.cause);
	tell_attempt(out, b);
	sw_buf_printf(out, " length=%u next=%u running=%u finished=%u at-once=%u tolerated=%u failed=%u",
		      b->length, b->next_index, b->running, b->finished, b->concurrency_max, b->tolerated_max,
		      b->failed);
	tell_value(out, "items", b->items);
	tell_value(out, "item", b->item);
	tell_text(out, "key", b->item_key);
	sw_buf_char(out, '\n');
}

static void tell_execution(struct sw_buf *out, const struct sw_execution *x)
{
	sw_buf_printf(out, "execution %s: %" PRId64 " to %" PRId64 ", timeout=%" PRId64 " redriven=%" PRId64,
		      sw_status_name(x->status), x->start_ms, x->stop_ms, x->timeout_due_ms, x->redrive_ms);
	sw_buf_printf(out, " event=%u branch=%u redrives=%u due=%" PRId64, x->next_event_id, x->next_branch,
		      x->redrive_count, sw_execution_due_ms(x));
	tell_value(out, "input", x->input);
	tell_value(out, "output", x->output);
	tell_text(out, "error", x->failure.error);
	tell_text(out, "cause", x->failure.cause);
	for (uint32_t i = 0; i < x->redrive_tokens.count; i++)
		sw_buf_printf(out, " %s at %" PRId64, x->redrive_tokens.list[i].token,
			      x->redrive_tokens.list[i].time_ms);
	for (uint32_t i = 0; i < x->machine->states_count && x->mock_counts; i++)
		sw_buf_printf(out, " mocks=%u", x->mock_counts[i]);
	sw_buf_char(out, '\n');
	for (uint32_t i = 0; i < x->branches_count; i++)
		tell_branch(out, x->branches[i]);
}

static void tell_effects(struct sw_buf *out, const struct life *life)
{
	const struct sw_effects *effects = &life->effects;
	sw_buf_printf(out, "%s, %u transitions%s\n", sw_result_text(life->result), effects->transitions,
		      effects->more ? ", and more" : "");
	for (uint32_t i = 0; i < effects->events_count; i++) {
		SW_ASSERT(sw_history_event_print(&effects->events[i], true, out) == SW_OK);
		sw_buf_char(out, '\n');
	}
	for (uint32_t i = 0; i < effects->commands_count; i++)
		sw_buf_printf(out, "command %d %u %u\n", effects->commands[i].kind,
			      effects->commands[i].branch, effects->commands[i].attempt);
}

static void differ(const char *what, const struct sw_buf *straight, const struct sw_buf *stored)
{
	size_t at = 0;
	while (at < straight->len && at < stored->len && straight->data[at] == stored->data[at])
		at++;
	size_t from = at > 300 ? at - 300 : 0;
	fprintf(stderr, "%s: the two lives differ at byte %zu\n--- straight\n%.900s\n--- read back\n%.900s\n",
		what, at, straight->data + from, stored->data + from);
	abort();
}

static void compare(const char *what, const struct sw_buf *straight, const struct sw_buf *stored)
{
	SW_ASSERT(sw_buf_result(straight) == SW_OK && sw_buf_result(stored) == SW_OK);
	if (straight->len != stored->len || memcmp(straight->data, stored->data, straight->len) != 0)
		differ(what, straight, stored);
}

/* ---- one event for both ------------------------------------------------------------------------------------------- */

static void step(struct life *life, const struct sw_event *event)
{
	sw_effects_reset(&life->effects);
	life->result = sw_step(life->execution, event, &life->effects);
	sw_buf_reset(&life->told);
	tell_effects(&life->told, life);
	if (life->store) {
		write_life(life);
		read_life(life);
	} else {
		for (uint32_t i = 0; i < life->execution->branches_count; i++)
			sw_branch_clean(life->execution->branches[i]);
		life->execution->removed_count = 0;
		queue_anew(life->execution);
	}
	tell_execution(&life->told, life->execution);
}

static void send_once(struct pair *pair, struct sw_event event)
{
	event.now_ms = pair->now_ms;
	event.seed = pair->seed++;
	step(&pair->straight, &event);
	step(&pair->stored, &event);
	compare("after an event", &pair->straight.told, &pair->stored.told);
	/* Before the next event forgets them. */
	for (uint32_t i = 0; i < pair->straight.effects.events_count; i++) {
		SW_ASSERT(sw_history_event_print(&pair->straight.effects.events[i], true, &pair->history) ==
			  SW_OK);
		sw_buf_char(&pair->history, '\n');
	}
}

static void send(struct pair *pair, struct sw_event event)
{
	send_once(pair, event);
	for (unsigned i = 0; i < TURNS_MAX && pair->straight.effects.more; i++)
		send_once(pair, (struct sw_event){.kind = SW_EVENT_CONTINUE});
}

/* The history as it is on disk is what was told. */
static void compare_history(struct pair *pair)
{
	struct sw_snapshot *snapshot;
	struct sw_scan *scan;
	struct sw_slice key, bytes;
	struct sw_buf *out = &pair->stored.told;
	sw_buf_reset(out);
	SW_ASSERT(sw_store_begin(pair->stored.store, &snapshot, NULL) == SW_OK);
	struct sw_value_loader loader = {.execution_id = ID, .load = load_value, .user = snapshot};
	SW_ASSERT(sw_scan_new(snapshot, SW_TABLE_HISTORY, sw_slice(NULL, 0), false, &scan) == SW_OK);
	while (sw_scan_next(scan, &key, &bytes) == SW_OK) {
		struct sw_history_chunk chunk;
		struct sw_history_event event;
		SW_ASSERT(sw_history_chunk_open(bytes, &chunk, NULL) == SW_OK);
		while (sw_history_chunk_next(&chunk, &loader, &event, NULL) == SW_OK) {
			SW_ASSERT(sw_history_event_print(&event, true, out) == SW_OK);
			sw_buf_char(out, '\n');
			sw_history_event_done(&event);
		}
	}
	sw_scan_free(scan);
	sw_value_loader_done(&loader);
	sw_snapshot_end(snapshot);
	compare("the history", &pair->history, out);
}

/* ---- events from bytes ---------------------------------------------------------------------------------------------- */

static const char *const errors[] = {"A", "B", "States.Timeout", "States.TaskFailed", "States.Runtime", NULL};
static const char *const outputs[] = {"{\"v\":1,\"n\":2}",
				      "null",
				      "[1.0,1e300,18446744073709551617,\"\\ud83d\\ude00\"]",
				      "{\"list\":[{\"n\":1,\"list\":[]},{\"n\":-0.0},3],\"n\":1.50}",
				      "\"text\"",
				      NULL /* a long one */};

/* The branch that waits for a task, from the n-th on; any branch when none does. */
static const struct sw_branch *tasked(const struct sw_execution *x, unsigned n)
{
	for (uint32_t i = 0; i < x->branches_count; i++) {
		const struct sw_branch *branch = x->branches[(i + n) % x->branches_count];
		if (branch->wait == SW_BRANCH_TASK)
			return branch;
	}
	return x->branches_count ? x->branches[n % x->branches_count] : NULL;
}

static struct sw_value *output_of(unsigned n)
{
	struct sw_value *value = NULL;
	struct sw_buf text = SW_BUF;
	const char *known = outputs[n % 6];
	if (known)
		sw_buf_text(&text, known);
	else
		sw_buf_printf(&text, "{\"long\":\"%0*u\",\"n\":%u}", 600 + (int)n, n, n);
	SW_ASSERT(sw_value_from_text(text.data, text.len, &value, NULL) == SW_OK);
	sw_buf_done(&text);
	return value;
}

static void send_task(struct pair *pair, enum sw_event_kind kind, unsigned n)
{
	const struct sw_branch *branch = tasked(pair->straight.execution, n);
	if (!branch)
		return;
	struct sw_event event = {.kind = kind, .branch = branch->number, .attempt = branch->attempt};
	event.hold = n / 64 == 3;
	event.attempt -= n / 64 == 2 && event.attempt > 0; /* one that is over */
	if (kind == SW_EVENT_TASK_SUCCEEDED || kind == SW_EVENT_TASK_SUBMITTED)
		event.output = output_of(n);
	if (kind == SW_EVENT_TASK_FAILED || kind == SW_EVENT_TASK_TIMED_OUT) {
		event.error = errors[n % 6];
		event.cause = n & 1 ? "because" : NULL;
	}
	event.worker = kind == SW_EVENT_TASK_STARTED && n & 1 ? "worker" : NULL;
	event.not_scheduled = kind == SW_EVENT_TASK_FAILED && n % 16 == 15;
	send(pair, event);
	sw_value_unref(event.output);
}

/* The clock goes on to what is due next, and what is due gets its event. */
static void send_due(struct pair *pair, unsigned n)
{
	const struct sw_execution *x = pair->straight.execution;
	int64_t due_ms = sw_execution_due_ms(x);
	if (due_ms == SW_NEVER)
		return;
	if (due_ms > pair->now_ms)
		pair->now_ms = due_ms;
	if (x->timeout_due_ms <= pair->now_ms) {
		send(pair, (struct sw_event){.kind = SW_EVENT_EXECUTION_TIMEOUT});
		return;
	}
	for (uint32_t i = 0; i < x->branches_count; i++) {
		const struct sw_branch *branch = x->branches[(i + n) % x->branches_count];
		if (branch->due_ms <= pair->now_ms) {
			send(pair, (struct sw_event){.kind = SW_EVENT_TIMER, .branch = branch->number});
			return;
		}
	}
}

static void play(struct pair *pair, uint8_t what, uint8_t n)
{
	static const enum sw_event_kind tasks[] = {
		SW_EVENT_TASK_SUCCEEDED, SW_EVENT_TASK_SUCCEEDED, SW_EVENT_TASK_SUCCEEDED,
		SW_EVENT_TASK_FAILED,    SW_EVENT_TASK_FAILED,    SW_EVENT_TASK_TIMED_OUT,
		SW_EVENT_TASK_STARTED,   SW_EVENT_TASK_SUBMITTED, SW_EVENT_TASK_HEARTBEAT};
	static const char *const tokens[] = {NULL, "one", "two"};
	what %= 16;
	if (what < sizeof(tasks) / sizeof(tasks[0]))
		send_task(pair, tasks[what], n);
	else if (what < 13)
		send_due(pair, n);
	else if (what == 13)
		pair->now_ms += n * INT64_C(1000);
	else if (what == 14 && n < 64)
		send(pair,
		     (struct sw_event){.kind = SW_EVENT_STOP, .error = errors[n % 6], .cause = "stopped"});
	else if (what == 14)
		send(pair, (struct sw_event){.kind = SW_EVENT_TIMER, .branch = n});
	else
		send(pair, (struct sw_event){.kind = SW_EVENT_REDRIVE, .client_token = tokens[n % 3]});
}

/* ---- one input ------------------------------------------------------------------------------------------------------ */

static struct sw_machine *machine_of(const char *text, size_t len)
{
	struct sw_machine *machine = NULL;
	char number[20] = "";
	if (len == 0 || len > DEFINITION_BYTES_MAX)
		return NULL;
	if (text[0] != '#')
		return sw_machine_compile(text, len, &machine, NULL, NULL) == SW_OK ? machine : NULL;
	struct machine generated = {.text = SW_BUF};
	memcpy(number, text + 1, len - 1 < sizeof(number) - 1 ? len - 1 : sizeof(number) - 1);
	uint64_t seed = strtoull(number, NULL, 10);
	struct sw_rng rng = sw_rng(seed);
	machine_generate(&generated, &rng, seed % 2 == 0, era_of(seed));
	SW_ASSERT(sw_machine_compile(generated.text.data, generated.text.len, &machine, NULL, NULL) == SW_OK);
	machine_done(&generated);
	return machine;
}

static void live(struct sw_machine *machine, struct sw_value *input, const uint8_t *at, const uint8_t *end)
{
	struct sw_store_options options = {
		.table_names = sw_table_names, .tables_count = SW_TABLES_COUNT, .format = SW_STORE_FORMAT};
	struct pair pair = {.now_ms = NOW_MS, .seed = 1, .history = SW_BUF};
	bool mocked = at < end && *at >= 192;
	life_new(&pair.straight, machine, input, mocked);
	life_new(&pair.stored, machine, input, mocked);
	SW_ASSERT(sw_store_open_memory(&options, &pair.stored.store, NULL) == SW_OK);
	SW_ASSERT(sw_batch_new(&pair.stored.batch) == SW_OK);
	send(&pair, (struct sw_event){.kind = SW_EVENT_START});
	for (unsigned i = 0; i < EVENTS_PLAYED_MAX && end - at >= 2; i++, at += 2)
		play(&pair, at[0], at[1]);
	compare_history(&pair);
	life_done(&pair.straight);
	life_done(&pair.stored);
	sw_buf_done(&pair.history);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
	const uint8_t *nul = line ? memchr(line, '\0', (size_t)(end - line)) : NULL;
	struct sw_value *input;
	if (!line || sw_value_from_text((const char *)data, (size_t)(line - data), &input, NULL) < 0)
		return 0;
	line++;
	struct sw_machine *machine = machine_of((const char *)line, (size_t)((nul ? nul : end) - line));
	if (machine)
		live(machine, input, nul ? nul + 1 : end, end);
	sw_machine_unref(machine);
	sw_value_unref(input);
	return 0;
}
