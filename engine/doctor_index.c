/*
 * Settings, machines, and everything that points at executions: timers, names, listings; and records whose
 * execution does not exist. See doctor.h.
 */
#include "engine/doctor.h"

#include "asl/value.h"
#include "base/mem.h"
#include "engine/activities.h"
#include "engine/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys that cannot be ------------------------------------------------------------------------- */

static enum sw_result tell_key(struct sw_walk *walk, struct sw_slice key)
{
	struct sw_buf text = SW_BUF;
	const uint8_t *bytes = key.data;
	sw_buf_printf(&text, "%s ", sw_table_names[walk->table]);
	for (size_t i = 0; i < key.len && i < 64; i++)
		sw_buf_printf(&text, "%02x", bytes[i]);
	if (sw_buf_result(&text) == SW_OK)
		sw_doctor_tell(walk->user, SW_PROBLEM_DAMAGED_RECORD, NULL, text.data,
			       "its key is not one of this table");
	enum sw_result r = sw_buf_result(&text);
	sw_buf_done(&text);
	return r;
}

static bool read_pair(struct sw_slice key, uint64_t *ret_id, uint32_t *ret_number)
{
	struct sw_cursor cursor = sw_cursor(key);
	*ret_id = sw_cursor_be64(&cursor);
	*ret_number = sw_cursor_be32(&cursor);
	return !cursor.failed && cursor.at == cursor.end;
}

/* ---- heads that others point at ------------------------------------------------------------------ */

/* SW_OK: *ret_head is borrowed until the next call. SW_ENOENT: there is none. SW_ECORRUPT: it is told
 * elsewhere. */
static enum sw_result find_head(struct sw_walk *walk, uint64_t id, const struct sw_head **ret_head)
{
	struct sw_doctor *doctor = walk->user;
	struct sw_known_head *known = &doctor->known;
	if (known->views != walk->views || known->head.id != id) {
		if (known->views && known->result == SW_OK)
			sw_head_done(&known->head);
		known->head = (struct sw_head){0};
		known->result = sw_view_head(&walk->view, id, false, &known->head, NULL);
		known->head.id = id;
		known->views = walk->views;
		walk->work++;
	}
	if (known->result == SW_EVERSION)
		return SW_ECORRUPT;
	*ret_head = &known->head;
	return known->result;
}

/* Its ARN, or "" when its names are too long. */
static const char *arn_of(const struct sw_walk *walk, const struct sw_head *head, char arn[SW_ARN_TEXT_BYTES])
{
	if (sw_arn_execution(arn, SW_ARN_TEXT_BYTES, walk->reader->region, walk->reader->account,
			     head->machine_name, head->name) < 0)
		arn[0] = '\0';
	return arn;
}

/* Nobody knows the execution: told once for all its records in the table. */
static enum sw_result tell_orphan(struct sw_walk *walk, uint64_t id, uint32_t number)
{
	struct sw_doctor *doctor = walk->user;
	char place[SW_PLACE_BYTES];
	bool removing;
	if (doctor->orphan_id == id)
		return SW_OK;
	enum sw_result r = sw_doctor_is_removing(walk, id, &removing);
	if (r < 0 || removing)
		return r;
	doctor->orphan_id = id;
	sw_doctor_place(place, walk->table, id, number);
	sw_doctor_tell(doctor, SW_PROBLEM_ORPHAN, NULL, place, "its execution does not exist");
	return SW_OK;
}

/* ---- branches, history, values --------------------------------------------------------------------- */

enum sw_result sw_doctor_part(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	const struct sw_head *head;
	uint64_t id;
	uint32_t number;
	if (!read_pair(key, &id, &number))
		return tell_key(walk, key);
	/* What is in it was looked at with its execution. */
	enum sw_result r = find_head(walk, id, &head);
	if (r == SW_ENOENT)
		return tell_orphan(walk, id, number);
	return r == SW_ECORRUPT ? SW_OK : r;
}

static enum sw_result check_value(struct sw_walk *walk, const char *arn, const char *place,
				  struct sw_slice bytes)
{
	struct sw_record_reader record;
	struct sw_error error = {0};
	enum sw_result r = sw_record_open(bytes, "value", &record, &error);
	if (r == SW_OK)
		r = sw_json_check((const char *)record.cursor.at,
				  (size_t)(record.cursor.end - record.cursor.at), &error);
	return r < 0 ? sw_doctor_failed(walk->user, r, SW_PROBLEM_DAMAGED_VALUE, arn, place, &error) : SW_OK;
}

enum sw_result sw_doctor_value(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	const struct sw_head *head;
	char place[SW_PLACE_BYTES], arn[SW_ARN_TEXT_BYTES] = "";
	uint64_t id;
	uint32_t number;
	if (!read_pair(key, &id, &number))
		return tell_key(walk, key);
	enum sw_result r = find_head(walk, id, &head);
	sw_doctor_place(place, walk->table, id, number);
	if (r == SW_ENOENT)
		r = tell_orphan(walk, id, number);
	else if (r == SW_OK && number >= head->next_value)
		sw_doctor_tell(walk->user, SW_PROBLEM_DAMAGED_VALUE, arn_of(walk, head, arn), place,
			       "its head knows values up to %" PRIu32 " only", head->next_value);
	else if (r == SW_OK)
		arn_of(walk, head, arn);
	if (r < 0 && r != SW_ECORRUPT)
		return r;
	return check_value(walk, arn, place, value);
}

/* ---- timers ------------------------------------------------------------------------------------------ */

/* SW_ENOENT: there is no such branch. */
static enum sw_result read_branch(struct sw_walk *walk, const struct sw_head *head, uint32_t number,
				  struct sw_branch **ret_branch)
{
	struct sw_doctor *doctor = walk->user;
	const struct sw_revision *revision;
	struct sw_slice bytes;
	struct sw_key key;
	sw_key_pair(&key, head->id, number);
	enum sw_result r =
		sw_snapshot_get(walk->view.snapshot, SW_TABLE_BRANCHES, sw_key_slice(&key), &bytes);
	if (r < 0)
		return r;
	r = sw_revisions_get(&doctor->revisions, &walk->view, head->machine_name, head->machine_revision,
			     &revision, NULL);
	if (r == SW_OK)
		r = sw_branch_decode(bytes, revision->machine, NULL, ret_branch, NULL);
	walk->work++;
	if (r < 0)
		return r == SW_ENOMEM || r == SW_EIO ? r : SW_ECORRUPT;
	return SW_OK;
}

/* What the branch says that its timer should be. */
static enum sw_result read_timer(struct sw_walk *walk, const struct sw_head *head, uint32_t number,
				 int64_t *ret_due_ms, bool *ret_in_flight)
{
	struct sw_branch *branch = NULL;
	enum sw_result r = read_branch(walk, head, number, &branch);
	if (r < 0)
		return r;
	*ret_due_ms = branch->due_ms;
	*ret_in_flight = branch->wait == SW_BRANCH_READY ||
			 (branch->wait == SW_BRANCH_TASK && branch->dispatchable && !branch->in_queue);
	sw_branch_free(branch);
	return SW_OK;
}

/* Does somebody stand behind the timer? SW_ENOENT: nobody. */
static enum sw_result stands_behind(struct sw_walk *walk, const struct sw_head *head, int64_t due_ms,
				    uint32_t branch)
{
	int64_t expected_ms = SW_NEVER;
	bool in_flight = false;
	enum sw_result r = SW_OK;
	if (head->status != SW_STATUS_RUNNING)
		return SW_ENOENT;
	if (head->express)
		return due_ms == 0 && branch == 0 ? SW_OK : SW_ENOENT;
	if (branch == SW_NO_BRANCH)
		expected_ms = head->timeout_due_ms;
	else
		r = read_timer(walk, head, branch, &expected_ms, &in_flight);
	if (r < 0)
		return r;
	if (due_ms == 0)
		return in_flight ? SW_OK : SW_ENOENT;
	return expected_ms != SW_NEVER && due_ms == (expected_ms < 1 ? 1 : expected_ms) ? SW_OK : SW_ENOENT;
}

enum sw_result sw_doctor_timer(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	const struct sw_head *head = NULL;
	char place[SW_PLACE_BYTES], arn[SW_ARN_TEXT_BYTES] = "", moment[SW_MOMENT_BYTES];
	int64_t due_ms;
	uint64_t id;
	uint32_t branch;
	if (!sw_key_timer_read(key, &due_ms, &id, &branch))
		return tell_key(walk, key);
	enum sw_result r = find_head(walk, id, &head);
	if (r == SW_OK) {
		arn_of(walk, head, arn);
		r = stands_behind(walk, head, due_ms, branch);
	}
	if (r == SW_ENOENT) {
		sw_doctor_place(place, walk->table, id, branch);
		if (due_ms == 0)
			sw_doctor_tell(walk->user, SW_PROBLEM_STALE_MARK, arn, place,
				       "it marks what is not in flight");
		else
			sw_doctor_tell(walk->user, SW_PROBLEM_STALE_TIMER, arn, place,
				       "nothing waits for it; it is due at %s",
				       sw_doctor_moment(due_ms, moment));
	}
	/* Damaged heads and branches are told with their execution. */
	return r == SW_ENOENT || r == SW_ECORRUPT ? SW_OK : r;
}

/* ---- queues of activities ---------------------------------------------------------------------------- */

/* Does the branch wait there? SW_ENOENT: it does not. */
static enum sw_result waits_in_queue(struct sw_walk *walk, const struct sw_head *head, struct sw_slice key,
				     const struct sw_queue_at *at, struct sw_slice attempt)
{
	struct sw_branch *branch = NULL;
	struct sw_key expected = {.len = 0};
	struct sw_cursor cursor = sw_cursor(attempt);
	uint32_t number = sw_cursor_be32(&cursor);
	if (head->status != SW_STATUS_RUNNING || head->express)
		return SW_ENOENT;
	enum sw_result r = read_branch(walk, head, at->branch, &branch);
	if (r < 0)
		return r;
	if (branch->in_queue)
		sw_activities_key(&expected, &branch->stored_place, at->id, at->branch);
	bool same = branch->in_queue && !cursor.failed && cursor.at == cursor.end &&
		    branch->attempt == number && sw_slice_compare(key, sw_key_slice(&expected)) == 0;
	sw_branch_free(branch);
	return same ? SW_OK : SW_ENOENT;
}

enum sw_result sw_doctor_queue(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	const struct sw_head *head = NULL;
	char place[SW_PLACE_BYTES], arn[SW_ARN_TEXT_BYTES] = "";
	struct sw_slice activity;
	struct sw_queue_at at;
	if (!sw_key_queue_read(key, &activity, &at))
		return tell_key(walk, key);
	enum sw_result r = find_head(walk, at.id, &head);
	if (r == SW_OK) {
		arn_of(walk, head, arn);
		r = waits_in_queue(walk, head, key, &at, value);
	}
	if (r == SW_ENOENT) {
		sw_doctor_place(place, walk->table, at.id, at.branch);
		sw_doctor_tell(walk->user, SW_PROBLEM_STALE_MARK, arn, place,
			       "it stands in the queue of the activity '%.*s', and does not wait for it",
			       (int)activity.len, (const char *)activity.data);
	}
	/* Damaged heads and branches are told with their execution. */
	return r == SW_ENOENT || r == SW_ECORRUPT ? SW_OK : r;
}

/* ---- names, listings --------------------------------------------------------------------------------- */

enum sw_result sw_doctor_name(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	const struct sw_head *head = NULL;
	char place[SW_PLACE_BYTES], arn[SW_ARN_TEXT_BYTES] = "";
	struct sw_cursor cursor = sw_cursor(value);
	uint64_t id = sw_cursor_be64(&cursor);
	struct sw_key expected;
	if (key.len != 16 || cursor.failed || cursor.at != cursor.end)
		return tell_key(walk, key);
	enum sw_result r = find_head(walk, id, &head);
	if (r == SW_OK)
		r = sw_key_name(&expected, NULL, head->machine_name, head->name);
	bool other = r == SW_OK && sw_slice_compare(key, sw_key_slice(&expected)) != 0;
	snprintf(place, sizeof(place), "%s of %016" PRIx64, sw_table_names[walk->table], id);
	if (r == SW_ENOENT)
		sw_doctor_tell(walk->user, SW_PROBLEM_STALE_NAME, NULL, place,
			       "it is the name of an execution that does not exist");
	else if (other)
		sw_doctor_tell(walk->user, SW_PROBLEM_STALE_NAME, arn_of(walk, head, arn), place,
			       "it is another name than that of its execution");
	return r == SW_ENOENT || r == SW_ECORRUPT ? SW_OK : r;
}

enum sw_result sw_doctor_listing(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	const struct sw_head *head = NULL;
	char place[SW_PLACE_BYTES], arn[SW_ARN_TEXT_BYTES] = "";
	struct sw_cursor cursor = sw_cursor(key);
	uint32_t number = sw_cursor_be32(&cursor);
	uint64_t id = sw_cursor_be64(&cursor);
	if (cursor.failed || cursor.at != cursor.end)
		return tell_key(walk, key);
	enum sw_result r = find_head(walk, id, &head);
	snprintf(place, sizeof(place), "%s %" PRIu32 "/%016" PRIx64, sw_table_names[walk->table], number, id);
	if (r == SW_ENOENT)
		sw_doctor_tell(walk->user, SW_PROBLEM_STALE_LISTING, NULL, place,
			       "it lists an execution that does not exist");
	else if (r == SW_OK && head->machine_number != number)
		sw_doctor_tell(walk->user, SW_PROBLEM_STALE_LISTING, arn_of(walk, head, arn), place,
			       "it lists an execution of another state machine");
	return r == SW_ENOENT || r == SW_ECORRUPT ? SW_OK : r;
}

/* ---- those that have ended --------------------------------------------------------------------------- */

enum sw_result sw_doctor_ended(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	const struct sw_head *head = NULL;
	char place[SW_PLACE_BYTES], arn[SW_ARN_TEXT_BYTES] = "";
	int64_t stop_ms;
	uint64_t id;
	if (!sw_key_ended_read(key, &stop_ms, &id))
		return tell_key(walk, key);
	enum sw_result r = find_head(walk, id, &head);
	const char *stale = r == SW_ENOENT ? "its execution does not exist"
			    : r == SW_OK   ? sw_doctor_ended_stale(head, stop_ms)
					   : NULL;
	snprintf(place, sizeof(place), "%s %" PRId64 "/%016" PRIx64, sw_table_names[walk->table], stop_ms,
		 id);
	if (stale)
		sw_doctor_tell(walk->user, SW_PROBLEM_STALE_ENDED,
			       r == SW_OK ? arn_of(walk, head, arn) : NULL, place, "%s", stale);
	return r == SW_ENOENT || r == SW_ECORRUPT ? SW_OK : r;
}

/* ---- settings ---------------------------------------------------------------------------------------- */

static bool is(struct sw_slice key, const char *name)
{
	return sw_slice_compare(key, sw_slice(name, strlen(name))) == 0;
}

static bool is_number(struct sw_slice text)
{
	const char *at = text.data;
	for (size_t i = 0; i < text.len; i++)
		if (at[i] < '0' || at[i] > '9')
			return false;
	return text.len > 0 && text.len < 20;
}

/* A time, and behind a space the loop's time. */
static bool is_moment(struct sw_slice text)
{
	const char *space = memchr(text.data, ' ', text.len);
	size_t len = space ? (size_t)(space - (const char *)text.data) : text.len;
	return is_number(sw_slice(text.data, len)) &&
	       (!space || is_number(sw_slice(space + 1, text.len - len - 1)));
}

/* Settings that this version does not know are a later one's. */
enum sw_result sw_doctor_setting(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	const char *wrong = NULL;
	uint64_t id;
	if ((is(key, "region") || is(key, "account") || is(key, "store")) &&
	    (value.len == 0 || memchr(value.data, '\0', value.len)))
		wrong = "it is not a text";
	if (is(key, "time") && !is_moment(value))
		wrong = "it is not a moment";
	if (is(key, "number") && value.len != sizeof(uint32_t))
		wrong = "it is not a number";
	if ((is(key, "ended") || is(key, "removing")) && !sw_id_read(value, &id))
		wrong = "it is not the id of an execution";
	if (is(key, "retention") && !is_number(value))
		wrong = "it is not a time";
	if (wrong) {
		char place[SW_PLACE_BYTES];
		snprintf(place, sizeof(place), "%s %.*s", sw_table_names[walk->table], (int)key.len,
			 (const char *)key.data);
		sw_doctor_tell(walk->user, SW_PROBLEM_DAMAGED_RECORD, NULL, place, "%s", wrong);
	}
	return SW_OK;
}

/* ---- machines ---------------------------------------------------------------------------------------- */

/* The last revision speaks for the machine: is it listed, does its deletion go on? */
static enum sw_result check_current(struct sw_walk *walk, const struct sw_machine_record *record,
				    const char *place)
{
	struct sw_slice value;
	struct sw_key key;
	sw_key_machine(&key, record->name, record->revision + 1);
	enum sw_result r = sw_doctor_seek(walk, SW_TABLE_MACHINES, &key);
	if (r != SW_ENOENT || record->status == SW_MACHINE_DELETED)
		return r == SW_ENOENT ? SW_OK : r;
	((struct sw_doctor *)walk->user)->summary.machines++;
	sw_key_number(&key, record->number);
	r = sw_snapshot_get(walk->view.snapshot, SW_TABLE_NUMBERS, sw_key_slice(&key), &value);
	if (r == SW_ENOENT || (r == SW_OK && !is(value, record->name)))
		sw_doctor_tell(walk->user, SW_PROBLEM_MISSING_NUMBER, NULL, place,
			       "its number %" PRIu32 " is not in the list of state machines", record->number);
	if ((r < 0 && r != SW_ENOENT) || record->status != SW_MACHINE_DELETING)
		return r == SW_ENOENT ? SW_OK : r;
	char setting[32];
	snprintf(setting, sizeof(setting), "deleting:%" PRIu32, record->number);
	r = sw_snapshot_get(walk->view.snapshot, SW_TABLE_SETTINGS, sw_slice(setting, strlen(setting)),
			    &value);
	if (r == SW_ENOENT)
		sw_doctor_tell(walk->user, SW_PROBLEM_STUCK_DELETION, NULL, place,
			       "it is being deleted, and nobody goes on with that");
	return r == SW_ENOENT ? SW_OK : r;
}

enum sw_result sw_doctor_machine(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	struct sw_doctor *doctor = walk->user;
	const char *name = key.data;
	size_t name_len = key.len > 5 ? key.len - 5 : 0;
	char place[SW_PLACE_BYTES];
	if (name_len == 0 || memchr(name, '\0', key.len) != name + name_len)
		return tell_key(walk, key);
	struct sw_cursor cursor = sw_cursor(sw_slice(name + name_len + 1, sizeof(uint32_t)));
	uint32_t revision = sw_cursor_be32(&cursor);
	struct sw_machine_record record = {0};
	struct sw_machine *machine = NULL;
	struct sw_error error = {0};
	snprintf(place, sizeof(place), "%s %s/%" PRIu32, sw_table_names[walk->table], name, revision);
	enum sw_result r = sw_machine_record_decode(value, &record, &error);
	if (r < 0)
		return sw_doctor_failed(doctor, r, SW_PROBLEM_DAMAGED_MACHINE, NULL, place, &error);
	if (strcmp(record.name, name) != 0 || record.revision != revision)
		sw_doctor_tell(doctor, SW_PROBLEM_DAMAGED_MACHINE, NULL, place,
			       "its name or revision is not that of its key");
	walk->work += record.definition_len / 1024;
	r = sw_machine_compile(record.definition, record.definition_len, &machine, NULL, &error);
	if (r < 0)
		r = sw_doctor_failed(doctor, r, SW_PROBLEM_DAMAGED_MACHINE, NULL, place, &error);
	sw_machine_unref(machine);
	if (r == SW_OK)
		r = check_current(walk, &record, place);
	sw_machine_record_done(&record);
	return r;
}

enum sw_result sw_doctor_number(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	struct sw_cursor cursor = sw_cursor(key);
	uint32_t number = sw_cursor_be32(&cursor);
	struct sw_machine_record record = {0};
	char place[SW_PLACE_BYTES];
	if (cursor.failed || cursor.at != cursor.end)
		return tell_key(walk, key);
	char *name = sw_memdup(value.data, value.len);
	if (!name)
		return SW_ENOMEM;
	enum sw_result r = sw_view_machine(&walk->view, name, &record, NULL);
	sw_free(name);
	bool found = r == SW_OK;
	snprintf(place, sizeof(place), "%s %" PRIu32, sw_table_names[walk->table], number);
	if (r == SW_ENOENT || r == SW_EARN || (found && record.number != number))
		sw_doctor_tell(walk->user, SW_PROBLEM_STALE_NUMBER, NULL, place,
			       "no state machine has the number %" PRIu32, number);
	if (found)
		sw_machine_record_done(&record);
	/* A machine that cannot be read is told where its record is. */
	return r == SW_ENOMEM || r == SW_EIO ? r : SW_OK;
}

enum sw_result sw_doctor_activity(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	struct sw_activity_record record = {0};
	enum sw_result r = sw_activity_record_decode(value, &record, NULL);
	bool same = r == SW_OK && sw_slice_compare(key, sw_slice(record.name, strlen(record.name))) == 0;
	sw_activity_record_done(&record);
	if (r == SW_ECORRUPT || (r == SW_OK && !same))
		return tell_key(walk, key);
	return r;
}
