/*
 * Every record of a store as text: one JSON object each, by the fields of docs/store-format.md. Nothing is
 * changed, and a damaged record is shown as what it is.
 */
#include "engine/survey.h"

#include "base/mem.h"
#include "base/timestamp.h"
#include "engine/qualifiers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BYTES_SHOWN_MAX 4096

struct dump {
	const struct sw_dump_options *options;
	struct sw_revisions revisions;
	uint64_t execution_id; /* of options->execution */
	struct sw_buf json, key;
	bool first; /* no member of the innermost object is written yet */
};

/* ---- members ------------------------------------------------------------------------------------ */

static void name_member(struct dump *dump, const char *name)
{
	sw_buf_printf(&dump->json, dump->first ? "\"%s\":" : ",\"%s\":", name);
	dump->first = false;
}

static void open_object(struct dump *dump)
{
	sw_buf_char(&dump->json, '{');
	dump->first = true;
}

static void close_object(struct dump *dump)
{
	sw_buf_char(&dump->json, '}');
	dump->first = false;
}

static void put_text(struct dump *dump, const char *name, const char *text)
{
	if (!text)
		return;
	name_member(dump, name);
	sw_json_quote(&dump->json, text, strlen(text));
}

static void put_number(struct dump *dump, const char *name, int64_t number)
{
	name_member(dump, name);
	sw_buf_printf(&dump->json, "%" PRId64, number);
}

/* What is 0 as a rule, and then not worth a member. */
static void put_nonzero(struct dump *dump, const char *name, int64_t number)
{
	if (number != 0)
		put_number(dump, name, number);
}

static void put_flag(struct dump *dump, const char *name, bool flag)
{
	if (!flag)
		return;
	name_member(dump, name);
	sw_buf_text(&dump->json, "true");
}

static void put_time(struct dump *dump, const char *name, int64_t time_ms)
{
	char text[SW_TIMESTAMP_BYTES];
	if (time_ms == SW_NEVER)
		return;
	if (time_ms < 0 || time_ms > SW_TIMESTAMP_MS_MAX) {
		put_number(dump, name, time_ms);
		return;
	}
	sw_timestamp_print(time_ms, text);
	put_text(dump, name, text);
}

/* JSON as it was given, in one line: between tokens only there can be a line break. */
static void put_json(struct dump *dump, const char *name, struct sw_slice text)
{
	name_member(dump, name);
	size_t at = dump->json.len;
	sw_buf_append(&dump->json, text.data, text.len);
	for (; at < dump->json.len; at++) {
		char *c = &dump->json.data[at];
		*c = *c == '\n' || *c == '\r' ? ' ' : *c;
	}
}

static enum sw_result put_value(struct dump *dump, const char *name, struct sw_value *value)
{
	struct sw_slice text;
	if (!value)
		return SW_OK;
	enum sw_result r = sw_value_text(value, &text);
	if (r == SW_OK)
		put_json(dump, name, text);
	return r;
}

static void put_hex(struct dump *dump, const char *name, struct sw_slice bytes)
{
	const uint8_t *at = bytes.data;
	name_member(dump, name);
	sw_buf_char(&dump->json, '"');
	for (size_t i = 0; i < bytes.len && i < BYTES_SHOWN_MAX; i++)
		sw_buf_printf(&dump->json, "%02x", at[i]);
	sw_buf_char(&dump->json, '"');
}

static void put_tags(struct dump *dump, const struct sw_tags *tags)
{
	if (tags->count == 0)
		return;
	name_member(dump, "tags");
	open_object(dump);
	for (uint32_t i = 0; i < tags->count; i++) {
		sw_buf_text(&dump->json, i ? "," : "");
		sw_json_quote(&dump->json, tags->list[i].key, strlen(tags->list[i].key));
		sw_buf_char(&dump->json, ':');
		sw_json_quote(&dump->json, tags->list[i].value, strlen(tags->list[i].value));
	}
	close_object(dump);
}

/* ---- machines and what hangs on them -------------------------------------------------------------- */

static enum sw_result show_machine(struct sw_walk *walk, struct sw_slice bytes, struct sw_error *err)
{
	static const char *const statuses[] = {"ACTIVE", "DELETING", "DELETED"};
	struct dump *dump = walk->user;
	struct sw_machine_record record = {0};
	enum sw_result r = sw_machine_record_decode(bytes, &record, err);
	if (r < 0)
		return r;
	put_text(dump, "status", statuses[record.status]);
	put_text(dump, "type", record.type == SW_TYPE_EXPRESS ? "EXPRESS" : "STANDARD");
	put_number(dump, "number", record.number);
	put_number(dump, "revision", record.revision);
	put_time(dump, "created", record.creation_ms);
	put_time(dump, "updated", record.update_ms);
	put_text(dump, "name", record.name);
	put_text(dump, "revisionId", record.revision_id);
	put_text(dump, "roleArn", record.role_arn);
	put_text(dump, "logging", record.logging_json);
	put_text(dump, "tracing", record.tracing_json);
	name_member(dump, "definition");
	sw_json_quote(&dump->json, record.definition, record.definition_len);
	sw_machine_record_done(&record);
	return SW_OK;
}

static enum sw_result show_versions(struct sw_walk *walk, struct sw_slice bytes, struct sw_error *err)
{
	struct dump *dump = walk->user;
	struct sw_versions versions = {0};
	enum sw_result r = sw_versions_decode(bytes, &versions, err);
	if (r < 0)
		return r;
	put_number(dump, "last", versions.last);
	name_member(dump, "versions");
	sw_buf_char(&dump->json, '[');
	for (uint32_t i = 0; i < versions.count; i++) {
		const struct sw_version *version = &versions.list[i];
		sw_buf_text(&dump->json, i ? "," : "");
		open_object(dump);
		put_number(dump, "number", version->number);
		put_number(dump, "revision", version->revision);
		put_time(dump, "created", version->creation_ms);
		put_text(dump, "roleArn", version->role_arn);
		put_text(dump, "description", version->description);
		close_object(dump);
	}
	sw_buf_char(&dump->json, ']');
	sw_versions_done(&versions);
	return SW_OK;
}

static void put_alias(struct dump *dump, const struct sw_alias *alias)
{
	open_object(dump);
	put_text(dump, "name", alias->name);
	put_text(dump, "description", alias->description);
	put_time(dump, "created", alias->creation_ms);
	put_time(dump, "updated", alias->update_ms);
	name_member(dump, "routes");
	sw_buf_char(&dump->json, '[');
	for (uint32_t i = 0; i < alias->routes_count; i++) {
		sw_buf_text(&dump->json, i ? "," : "");
		open_object(dump);
		put_number(dump, "version", alias->routes[i].version);
		put_number(dump, "weight", alias->routes[i].weight);
		close_object(dump);
	}
	sw_buf_char(&dump->json, ']');
	close_object(dump);
}

static enum sw_result show_aliases(struct sw_walk *walk, struct sw_slice bytes, struct sw_error *err)
{
	struct dump *dump = walk->user;
	struct sw_aliases aliases = {0};
	enum sw_result r = sw_aliases_decode(bytes, &aliases, err);
	if (r < 0)
		return r;
	name_member(dump, "aliases");
	sw_buf_char(&dump->json, '[');
	for (uint32_t i = 0; i < aliases.count; i++) {
		sw_buf_text(&dump->json, i ? "," : "");
		put_alias(dump, &aliases.list[i]);
	}
	sw_buf_char(&dump->json, ']');
	sw_aliases_done(&aliases);
	return SW_OK;
}

static enum sw_result show_tags(struct sw_walk *walk, struct sw_slice bytes, struct sw_error *err)
{
	struct sw_tags tags = {0};
	enum sw_result r = sw_tags_decode(bytes, &tags, err);
	if (r == SW_OK)
		put_tags(walk->user, &tags);
	sw_tags_done(&tags);
	return r;
}

static enum sw_result show_activity(struct sw_walk *walk, struct sw_slice bytes, struct sw_error *err)
{
	struct dump *dump = walk->user;
	struct sw_activity_record record = {0};
	enum sw_result r = sw_activity_record_decode(bytes, &record, err);
	if (r < 0)
		return r;
	put_time(dump, "created", record.creation_ms);
	put_tags(dump, &record.tags);
	sw_activity_record_done(&record);
	return SW_OK;
}

/* ---- executions ------------------------------------------------------------------------------------ */

static void put_redrive_tokens(struct dump *dump, const struct sw_redrive_tokens *tokens)
{
	if (tokens->count == 0)
		return;
	name_member(dump, "redriveTokens");
	sw_buf_char(&dump->json, '[');
	for (uint32_t i = 0; i < tokens->count; i++) {
		sw_buf_text(&dump->json, i ? "," : "");
		open_object(dump);
		put_text(dump, "token", tokens->list[i].token);
		put_time(dump, "used", tokens->list[i].time_ms);
		close_object(dump);
	}
	sw_buf_char(&dump->json, ']');
}

static void put_counts(struct dump *dump, const char *name, const uint32_t *counts, uint32_t count)
{
	if (!counts)
		return;
	name_member(dump, name);
	sw_buf_char(&dump->json, '[');
	for (uint32_t i = 0; i < count; i++)
		sw_buf_printf(&dump->json, i ? ",%" PRIu32 : "%" PRIu32, counts[i]);
	sw_buf_char(&dump->json, ']');
}

static void put_head(struct dump *dump, const struct sw_head *head)
{
	put_text(dump, "status", sw_status_name(head->status));
	put_flag(dump, "express", head->express);
	put_flag(dump, "redrivable", head->redrivable);
	put_text(dump, "machine", head->machine_name);
	put_number(dump, "machineNumber", head->machine_number);
	put_number(dump, "machineRevision", head->machine_revision);
	put_nonzero(dump, "machineVersion", head->machine_version);
	put_text(dump, "machineAlias", head->machine_alias);
	put_text(dump, "name", head->name);
	put_text(dump, "roleArn", head->role_arn);
	put_text(dump, "traceHeader", head->trace_header);
	put_text(dump, "testCase", head->test_case);
	put_time(dump, "started", head->start_ms);
	if (head->status != SW_STATUS_RUNNING)
		put_time(dump, "stopped", head->stop_ms);
	put_time(dump, "timeoutDue", head->timeout_due_ms);
	if (head->redrive_count > 0)
		put_time(dump, "redriven", head->redrive_ms);
	put_nonzero(dump, "redriveCount", head->redrive_count);
	put_redrive_tokens(dump, &head->redrive_tokens);
	put_number(dump, "nextEvent", head->next_event_id);
	put_number(dump, "nextBranch", head->next_branch);
	put_number(dump, "nextValue", head->next_value);
	put_text(dump, "error", head->error);
	put_text(dump, "cause", head->cause);
	put_counts(dump, "mockCounts", head->mock_counts, head->mock_counts_count);
}

static enum sw_result show_execution(struct sw_walk *walk, struct sw_slice bytes, struct sw_error *err)
{
	struct dump *dump = walk->user;
	struct sw_head head = {0};
	enum sw_result r =
		sw_head_decode(bytes, walk->view.loader.execution_id, &walk->view.loader, true, &head, err);
	if (r < 0)
		return r;
	put_head(dump, &head);
	r = put_value(dump, "input", head.input);
	if (r == SW_OK)
		r = put_value(dump, "output", head.output);
	sw_head_done(&head);
	return r;
}

static void put_attempt(struct dump *dump, const struct sw_branch *branch)
{
	put_nonzero(dump, "attempt", branch->attempt);
	put_nonzero(dump, "mockIndex", branch->mock_index);
	if (branch->wait != SW_BRANCH_TASK)
		return;
	put_hex(dump, "token", sw_slice(branch->token, sizeof(branch->token)));
	put_flag(dump, "inFlight", branch->dispatchable);
	put_flag(dump, "submitted", branch->submitted);
	put_flag(dump, "startedByWorker", branch->started);
	put_time(dump, "timeoutDue", branch->timeout_due_ms);
	put_time(dump, "heartbeatDue", branch->heartbeat_due_ms);
	put_nonzero(dump, "heartbeatMs", branch->heartbeat_ms);
}

static enum sw_result put_children(struct dump *dump, const struct sw_branch *branch)
{
	if (branch->length == 0 && branch->next_index == 0)
		return SW_OK;
	put_number(dump, "children", branch->length);
	put_number(dump, "childrenStarted", branch->next_index);
	put_number(dump, "childrenRunning", branch->running);
	put_number(dump, "childrenDone", branch->finished);
	put_nonzero(dump, "childrenFailed", branch->failed);
	put_nonzero(dump, "concurrencyMax", branch->concurrency_max);
	put_nonzero(dump, "toleratedMax", branch->tolerated_max);
	return put_value(dump, "items", branch->items);
}

static enum sw_result put_branch(struct dump *dump, const struct sw_branch *branch)
{
	static const char *const waits[] = {"ready", "timer", "task", "retry", "children", "done", "held"};
	enum sw_result r;
	put_text(dump, "state", branch->state->name);
	put_text(dump, "waitsFor", waits[branch->wait]);
	put_nonzero(dump, "phase", branch->phase);
	if (branch->parent != SW_NO_BRANCH) {
		put_number(dump, "parent", branch->parent);
		put_number(dump, "index", branch->index);
	}
	put_time(dump, "entered", branch->entered_ms);
	put_number(dump, "enteredEvent", branch->entered_id);
	put_number(dump, "previousEvent", branch->previous_id);
	put_time(dump, "due", branch->due_ms);
	put_nonzero(dump, "retryCount", branch->retry_count);
	put_counts(dump, "retrierCounts", branch->retrier_counts, branch->state->retriers_count);
	put_text(dump, "error", branch->failure.error);
	put_text(dump, "cause", branch->failure.cause);
	put_attempt(dump, branch);
	r = put_children(dump, branch);
	put_text(dump, "itemKey", branch->item_key);
	if (r == SW_OK)
		r = put_value(dump, "item", branch->item);
	if (r == SW_OK)
		r = put_value(dump, branch->wait == SW_BRANCH_DONE ? "output" : "input", branch->input);
	if (r == SW_OK)
		r = put_value(dump, "work", branch->work);
	return r == SW_OK ? put_value(dump, "variables", branch->variables) : r;
}

/* States are stored by index: a branch is told with its machine, which its execution's head names. */
static enum sw_result show_branch(struct sw_walk *walk, struct sw_slice bytes, struct sw_error *err)
{
	struct dump *dump = walk->user;
	struct sw_head head = {0};
	struct sw_branch *branch = NULL;
	const struct sw_revision *revision;
	struct sw_value_loader *loader = &walk->view.loader;
	enum sw_result r = sw_view_head(&walk->view, loader->execution_id, false, &head, err);
	if (r < 0)
		return sw_error_set(err, r == SW_ENOENT ? SW_ECORRUPT : r, "%s",
				    r == SW_ENOENT ? "its execution is not there" : sw_result_text(r));
	r = sw_revisions_get(&dump->revisions, &walk->view, head.machine_name, head.machine_revision,
			     &revision, err);
	if (r == SW_OK)
		r = sw_branch_decode(bytes, revision->machine, loader, &branch, err);
	if (r == SW_OK)
		r = put_branch(dump, branch);
	sw_branch_free(branch);
	sw_head_done(&head);
	return r;
}

static enum sw_result show_history(struct sw_walk *walk, struct sw_slice bytes, struct sw_error *err)
{
	struct dump *dump = walk->user;
	struct sw_history_chunk chunk;
	struct sw_history_event event;
	enum sw_result r = sw_history_chunk_open(bytes, &chunk, err);
	if (r < 0)
		return r;
	name_member(dump, "events");
	sw_buf_char(&dump->json, '[');
	for (bool more = false; (r = sw_history_chunk_next(&chunk, &walk->view.loader, &event, err)) == SW_OK;
	     more = true) {
		sw_buf_text(&dump->json, more ? "," : "");
		r = sw_history_event_print(&event, true, &dump->json);
		sw_history_event_done(&event);
		if (r < 0)
			return r;
	}
	sw_buf_char(&dump->json, ']');
	return r == SW_ENOENT ? SW_OK : r;
}

/* Numbered apart from the record that refers to it. */
static enum sw_result show_value(struct sw_walk *walk, struct sw_slice bytes, struct sw_error *err)
{
	struct sw_record_reader record;
	enum sw_result r = sw_record_open(bytes, "value", &record, err);
	if (r < 0)
		return r;
	struct dump *dump = walk->user;
	struct sw_slice text = sw_slice(record.cursor.at, (size_t)(record.cursor.end - record.cursor.at));
	r = sw_json_check(text.data, text.len, err);
	if (r < 0)
		return sw_error_set(err, SW_ECORRUPT, "the value is not JSON");
	put_json(dump, "value", text);
	return SW_OK;
}

/* ---- tables whose values are plain ------------------------------------------------------------------ */

static enum sw_result show_text(struct sw_walk *walk, struct sw_slice bytes, struct sw_error *err)
{
	struct dump *dump = walk->user;
	bool text = true;
	(void)err;
	for (size_t i = 0; i < bytes.len; i++)
		text = text && ((const uint8_t *)bytes.data)[i] >= ' ';
	if (!text) {
		put_hex(dump, "bytes", bytes);
		return SW_OK;
	}
	name_member(dump, "text");
	sw_json_quote(&dump->json, bytes.data, bytes.len);
	return SW_OK;
}

static enum sw_result show_id(struct sw_walk *walk, struct sw_slice bytes, struct sw_error *err)
{
	struct dump *dump = walk->user;
	struct sw_cursor cursor = sw_cursor(bytes);
	char text[17];
	uint64_t id = sw_cursor_be64(&cursor);
	if (cursor.failed || cursor.at != cursor.end)
		return sw_error_set(err, SW_ECORRUPT, "the value is not an id");
	snprintf(text, sizeof(text), "%016" PRIx64, id);
	put_text(dump, "execution", text);
	return SW_OK;
}

static enum sw_result show_nothing(struct sw_walk *walk, struct sw_slice bytes, struct sw_error *err)
{
	(void)walk;
	return bytes.len == 0 ? SW_OK : sw_error_set(err, SW_ECORRUPT, "there should be nothing");
}

/* ---- keys -------------------------------------------------------------------------------------------- */

enum key_kind { KEY_TEXT, KEY_REVISION, KEY_NUMBER, KEY_ID, KEY_PAIR, KEY_TIMER, KEY_HASH, KEY_LISTING };

/* Names may be any UTF-8 but control characters, which a damaged key may hold. */
static void print_name(struct sw_buf *out, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sw_buf_printf(out, (unsigned char)name[i] < ' ' || name[i] == 0x7f ? "\\x%02x" : "%c",
			      (unsigned char)name[i]);
}

static bool print_revision(struct sw_buf *out, struct sw_slice key)
{
	const char *name = key.data;
	size_t len = strnlen(name, key.len);
	if (key.len != len + 1 + sizeof(uint32_t))
		return false;
	struct sw_cursor cursor = sw_cursor(sw_slice(name + len + 1, sizeof(uint32_t)));
	print_name(out, name, len);
	sw_buf_printf(out, "/%" PRIu32, sw_cursor_be32(&cursor));
	return true;
}

static bool print_timer(struct sw_buf *out, struct sw_slice key, uint64_t *ret_id)
{
	char text[SW_TIMESTAMP_BYTES] = "in-flight";
	int64_t due_ms;
	uint32_t branch;
	if (!sw_key_timer_read(key, &due_ms, ret_id, &branch))
		return false;
	if (due_ms > SW_TIMESTAMP_MS_MAX)
		snprintf(text, sizeof(text), "%" PRId64, due_ms);
	else if (due_ms > 0)
		sw_timestamp_print(due_ms, text);
	sw_buf_printf(out, "%s/%016" PRIx64, text, *ret_id);
	if (branch != SW_NO_BRANCH)
		sw_buf_printf(out, "/%" PRIu32, branch);
	return true;
}

/* The key for people; *ret_id: the execution that it names, or 0. False: it is not one of the table. */
static bool print_key(struct sw_buf *out, enum key_kind kind, struct sw_slice key, uint64_t *ret_id)
{
	struct sw_cursor cursor = sw_cursor(key);
	*ret_id = 0;
	switch (kind) {
	case KEY_TEXT:
		print_name(out, key.data, key.len);
		return true;
	case KEY_HASH:
		for (size_t i = 0; i < key.len; i++)
			sw_buf_printf(out, "%02x", ((const uint8_t *)key.data)[i]);
		return true;
	case KEY_REVISION:
		return print_revision(out, key);
	case KEY_TIMER:
		return print_timer(out, key, ret_id);
	case KEY_NUMBER:
		sw_buf_printf(out, "%" PRIu32, sw_cursor_be32(&cursor));
		break;
	case KEY_LISTING:
	case KEY_ID:
	case KEY_PAIR:
		if (kind == KEY_LISTING)
			sw_buf_printf(out, "%" PRIu32 "/", sw_cursor_be32(&cursor));
		*ret_id = sw_cursor_be64(&cursor);
		sw_buf_printf(out, "%016" PRIx64, *ret_id);
		if (kind == KEY_PAIR)
			sw_buf_printf(out, "/%" PRIu32, sw_cursor_be32(&cursor));
		break;
	}
	return !cursor.failed && cursor.at == cursor.end;
}

/* ---- the tables --------------------------------------------------------------------------------------- */

static const struct shown_table {
	enum key_kind key;
	enum sw_result (*show)(struct sw_walk *walk, struct sw_slice bytes, struct sw_error *err);
} shown_tables[] = {
	[SW_TABLE_SETTINGS] = {KEY_TEXT, show_text},
	[SW_TABLE_MACHINES] = {KEY_REVISION, show_machine},
	[SW_TABLE_NUMBERS] = {KEY_NUMBER, show_text},
	[SW_TABLE_EXECUTIONS] = {KEY_ID, show_execution},
	[SW_TABLE_BRANCHES] = {KEY_PAIR, show_branch},
	[SW_TABLE_HISTORY] = {KEY_PAIR, show_history},
	[SW_TABLE_VALUES] = {KEY_PAIR, show_value},
	[SW_TABLE_TIMERS] = {KEY_TIMER, show_nothing},
	[SW_TABLE_NAMES] = {KEY_HASH, show_id},
	[SW_TABLE_LISTING] = {KEY_LISTING, show_nothing},
	[SW_TABLE_VERSIONS] = {KEY_NUMBER, show_versions},
	[SW_TABLE_ALIASES] = {KEY_NUMBER, show_aliases},
	[SW_TABLE_TAGS] = {KEY_NUMBER, show_tags},
	[SW_TABLE_ACTIVITIES] = {KEY_TEXT, show_activity},
};
_Static_assert(sizeof(shown_tables) / sizeof(shown_tables[0]) == SW_TABLES_COUNT, "a row for each table");

/* Is it a fault of the record, and not of the disk or of this process? */
static bool is_damage(enum sw_result r)
{
	return r == SW_ECORRUPT || r == SW_EVERSION || r == SW_ENOENT || r == SW_EDEFINITION ||
	       r == SW_ELIMIT || r == SW_EJSON;
}

static bool belongs(const struct dump *dump, enum sw_table table, uint64_t id, struct sw_slice value)
{
	if (!dump->options->execution)
		return true;
	if (table == SW_TABLE_NAMES) {
		struct sw_cursor cursor = sw_cursor(value);
		id = sw_cursor_be64(&cursor);
	}
	return id == dump->execution_id;
}

static void show_damage(struct dump *dump, const char *text, struct sw_slice value)
{
	sw_buf_reset(&dump->json);
	open_object(dump);
	put_text(dump, "damaged", text);
	put_hex(dump, "bytes", value);
	close_object(dump);
}

static enum sw_result show_record(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	const struct shown_table *table = &shown_tables[walk->table];
	struct dump *dump = walk->user;
	struct sw_error error = {0};
	uint64_t id;
	sw_buf_reset(&dump->key);
	sw_buf_reset(&dump->json);
	bool good = print_key(&dump->key, table->key, key, &id);
	if (!belongs(dump, walk->table, id, value))
		return SW_OK;
	sw_value_loader_done(&walk->view.loader);
	walk->view.loader.execution_id = id;
	open_object(dump);
	enum sw_result r = good ? table->show(walk, value, &error)
				: sw_error_set(&error, SW_ECORRUPT, "the key is not one of this table");
	close_object(dump);
	if (r < 0 && !is_damage(r))
		return r;
	if (r < 0)
		show_damage(dump, *error.text ? error.text : sw_result_text(r), value);
	if (sw_buf_result(&dump->json) < 0 || sw_buf_result(&dump->key) < 0)
		return SW_ENOMEM;
	dump->options->record(dump->options->user,
			      &(struct sw_dump_record){.table = sw_table_names[walk->table],
						       .key = dump->key.data ? dump->key.data : "",
						       .json = dump->json.data,
						       .json_len = dump->json.len,
						       .damaged = r < 0});
	return SW_OK;
}

static enum sw_result dump_table(struct dump *dump, struct sw_reader *reader, enum sw_table table,
				 struct sw_error *err)
{
	const struct sw_dump_options *options = dump->options;
	struct sw_walk walk = {
		.reader = reader,
		.table = table,
		.look = show_record,
		.user = dump,
		.progress = options->progress,
		.progress_user = options->user,
		.what = sw_table_names[table],
	};
	struct sw_key prefix;
	enum key_kind kind = shown_tables[table].key;
	bool by_id = kind == KEY_ID || kind == KEY_PAIR;
	bool of_executions = by_id || kind == KEY_TIMER || kind == KEY_HASH || kind == KEY_LISTING;
	if (options->execution && !of_executions)
		return SW_OK;
	if (options->execution && by_id) {
		sw_key_execution(&prefix, dump->execution_id);
		walk.prefix = sw_key_slice(&prefix);
	}
	return sw_walk_run(&walk, err);
}

/* The id of options->execution. */
static enum sw_result find_execution(struct dump *dump, struct sw_reader *reader, struct sw_error *err)
{
	const char *text = dump->options->execution, *colon = strchr(text, ':');
	struct sw_head head = {0};
	struct sw_view view;
	enum sw_result r = sw_view_begin(reader, &view, err);
	if (r < 0)
		return r;
	if (strncmp(text, "arn:", 4) == 0 || !colon) {
		r = sw_view_execution(&view, text, false, &head, err);
	} else {
		char *machine = sw_memdup(text, (size_t)(colon - text));
		r = machine ? sw_view_named(&view, machine, colon + 1, false, &head, err) : SW_ENOMEM;
		sw_free(machine);
	}
	dump->execution_id = head.id;
	sw_head_done(&head);
	sw_view_end(&view);
	return r == SW_ENOENT && !(err && *err->text) ? sw_error_set(err, r, "there is no execution %s", text)
						      : r;
}

enum sw_result sw_reader_dump(struct sw_reader *reader, const struct sw_dump_options *options,
			      struct sw_error *err)
{
	if (!reader || !options || !options->record)
		return sw_error_set(err, SW_EINVAL,
				    "a dump needs a reader, and somebody to take the records");
	struct dump dump = {.options = options, .json = SW_BUF, .key = SW_BUF};
	enum sw_result r = options->execution ? find_execution(&dump, reader, err) : SW_OK;
	bool found = !options->table;
	for (unsigned table = 0; table < SW_TABLES_COUNT && r == SW_OK; table++) {
		if (options->table && strcmp(options->table, sw_table_names[table]) != 0)
			continue;
		found = true;
		r = dump_table(&dump, reader, (enum sw_table)table, err);
	}
	if (r == SW_OK && !found)
		r = sw_error_set(err, SW_EINVAL, "there is no table \"%s\"", options->table);
	sw_revisions_done(&dump.revisions);
	sw_buf_done(&dump.json);
	sw_buf_done(&dump.key);
	return r;
}
