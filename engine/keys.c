/* Keys of the store's tables: see keys.h and docs/store-format.md. */
#include "engine/keys.h"

#include "base/assert.h"
#include "base/hash.h"

#include <string.h>

/* Names stay as they are on disk; the order is that of enum sw_table. */
const char *const sw_table_names[SW_TABLES_COUNT] = {
	[SW_TABLE_SETTINGS] = "settings", [SW_TABLE_MACHINES] = "machines",
	[SW_TABLE_NUMBERS] = "numbers",   [SW_TABLE_EXECUTIONS] = "executions",
	[SW_TABLE_BRANCHES] = "branches", [SW_TABLE_HISTORY] = "history",
	[SW_TABLE_VALUES] = "values",     [SW_TABLE_TIMERS] = "timers",
	[SW_TABLE_NAMES] = "names",       [SW_TABLE_LISTING] = "listing",
	[SW_TABLE_VERSIONS] = "versions", [SW_TABLE_ALIASES] = "aliases",
	[SW_TABLE_TAGS] = "tags",         [SW_TABLE_ACTIVITIES] = "activities",
	[SW_TABLE_ENDED] = "ended",       [SW_TABLE_QUEUES] = "queues",
};

#define NAME_KEY_BYTES 16
#define QUEUE_AT_BYTES 21 /* behind an activity's name */

static void add_bytes(struct sw_key *key, const void *data, size_t len)
{
	SW_ASSERT(len <= sizeof(key->bytes) - key->len);
	if (len > 0)
		memcpy(key->bytes + key->len, data, len);
	key->len += len;
}

/* Big-endian: the bytes sort as the numbers do. */
static void add_number(struct sw_key *key, uint64_t number, size_t len)
{
	uint8_t bytes[8];
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(number >> (8 * (len - 1 - i)));
	add_bytes(key, bytes, len);
}

void sw_key_machine(struct sw_key *key, const char *name, uint32_t revision)
{
	key->len = 0;
	/* With the NUL: "a" and all its revisions sort before those of "ab". */
	add_bytes(key, name, strlen(name) + 1);
	add_number(key, revision, 4);
}

void sw_key_number(struct sw_key *key, uint32_t machine_number)
{
	key->len = 0;
	add_number(key, machine_number, 4);
}

void sw_key_execution(struct sw_key *key, uint64_t id)
{
	key->len = 0;
	add_number(key, id, 8);
}

void sw_key_pair(struct sw_key *key, uint64_t id, uint32_t number)
{
	key->len = 0;
	add_number(key, id, 8);
	add_number(key, number, 4);
}

void sw_key_timer(struct sw_key *key, int64_t due_ms, uint64_t id, uint32_t branch)
{
	SW_ASSERT(due_ms >= 0);
	key->len = 0;
	add_number(key, (uint64_t)due_ms, 8);
	add_number(key, id, 8);
	add_number(key, branch, 4);
}

bool sw_key_timer_read(struct sw_slice bytes, int64_t *ret_due_ms, uint64_t *ret_id, uint32_t *ret_branch)
{
	struct sw_cursor cursor = sw_cursor(bytes);
	uint64_t due_ms = sw_cursor_be64(&cursor);
	uint64_t id = sw_cursor_be64(&cursor);
	uint32_t branch = sw_cursor_be32(&cursor);
	if (cursor.failed || cursor.at != cursor.end || due_ms > INT64_MAX)
		return false;
	*ret_due_ms = (int64_t)due_ms;
	*ret_id = id;
	*ret_branch = branch;
	return true;
}

enum sw_result sw_key_name(struct sw_key *key, struct sw_digester *digester, const char *machine,
			   const char *name)
{
	uint8_t digest[SW_SHA256_BYTES];
	struct sw_digester *own = NULL;
	enum sw_result r = digester ? SW_OK : sw_digester_new(&own);
	if (r < 0)
		return r;
	digester = digester ? digester : own;
	sw_digester_add(digester, machine, strlen(machine) + 1);
	sw_digester_add(digester, name, strlen(name));
	r = sw_digester_end(digester, digest);
	sw_digester_free(own);
	if (r < 0)
		return r;
	key->len = 0;
	add_bytes(key, digest, NAME_KEY_BYTES);
	return SW_OK;
}

void sw_key_listing(struct sw_key *key, uint32_t machine_number, uint64_t id)
{
	key->len = 0;
	add_number(key, machine_number, 4);
	add_number(key, id, 8);
}

void sw_key_ended(struct sw_key *key, int64_t stop_ms, uint64_t id)
{
	key->len = 0;
	/* A time before 1970 is the mistake of a clock: such an execution is among the oldest. */
	add_number(key, stop_ms < 0 ? 0 : (uint64_t)stop_ms, 8);
	add_number(key, id, 8);
}

bool sw_key_ended_read(struct sw_slice bytes, int64_t *ret_stop_ms, uint64_t *ret_id)
{
	struct sw_cursor cursor = sw_cursor(bytes);
	uint64_t stop_ms = sw_cursor_be64(&cursor);
	uint64_t id = sw_cursor_be64(&cursor);
	if (cursor.failed || cursor.at != cursor.end || stop_ms > INT64_MAX)
		return false;
	*ret_stop_ms = (int64_t)stop_ms;
	*ret_id = id;
	return true;
}

void sw_key_activity(struct sw_key *key, const char *name)
{
	key->len = 0;
	add_bytes(key, name, strlen(name));
}

void sw_key_queue(struct sw_key *key, const char *activity, size_t activity_len, const struct sw_queue_at *at)
{
	key->len = 0;
	add_bytes(key, activity, activity_len);
	add_number(key, 0, 1); /* "a" and all that waits in it sort before "ab" */
	add_number(key, (uint64_t)at->entered_ms, 8);
	add_number(key, at->id, 8);
	add_number(key, at->branch, 4);
}

bool sw_key_queue_read(struct sw_slice bytes, struct sw_slice *ret_activity, struct sw_queue_at *ret_at)
{
	if (bytes.len <= QUEUE_AT_BYTES)
		return false;
	size_t len = bytes.len - QUEUE_AT_BYTES;
	struct sw_cursor cursor = sw_cursor(sw_slice((const uint8_t *)bytes.data + len, QUEUE_AT_BYTES));
	bool ends = sw_cursor_u8(&cursor) == 0;
	uint64_t entered_ms = sw_cursor_be64(&cursor);
	if (!ends || memchr(bytes.data, 0, len) || entered_ms > INT64_MAX)
		return false;
	*ret_activity = sw_slice(bytes.data, len);
	ret_at->entered_ms = (int64_t)entered_ms;
	ret_at->id = sw_cursor_be64(&cursor);
	ret_at->branch = sw_cursor_be32(&cursor);
	return true;
}
