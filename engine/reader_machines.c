/* Listing machines in the order of their names, and the cursors of lists in that order. */
#include "engine/reader.h"

#include "engine/qualifiers.h"

#include "base/hash.h"
#include "base/mem.h"

#include <string.h>

#define CURSOR_KIND 'M'
#define REVISION_BYTES 4

/* ---- cursors ----------------------------------------------------------------------------------------- */

/* Hex of: kind, the name that is next, and a checksum of these. */
char *sw_name_cursor(char kind, struct sw_slice name)
{
	struct sw_buf bytes = SW_BUF;
	char *text = NULL;
	sw_buf_u8(&bytes, (uint8_t)kind);
	sw_buf_append(&bytes, name.data, name.len);
	if (!bytes.failed)
		sw_buf_be32(&bytes, sw_crc32(bytes.data, bytes.len));
	if (!bytes.failed)
		text = sw_alloc(2 * bytes.len + 1);
	if (text)
		sw_hex(bytes.data, bytes.len, text);
	sw_buf_done(&bytes);
	return text;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL and "" begin at the first. AWS's text of a wrong token is recorded. */
enum sw_result sw_name_cursor_parse(const char *text, char kind, struct sw_key *ret_from,
				    struct sw_error *err)
{
	uint8_t bytes[1 + SW_NAME_BYTES_MAX + 4];
	size_t len = text ? strnlen(text, 2 * sizeof(bytes) + 1) / 2 : 0;
	ret_from->len = 0;
	if (!text || !*text)
		return SW_OK;
	bool valid = len > 5 && len <= sizeof(bytes) && strlen(text) == 2 * len;
	for (size_t i = 0; i < len && valid; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
		valid = high >= 0 && low >= 0;
		bytes[i] = valid ? (uint8_t)(high << 4 | low) : 0;
	}
	if (valid) {
		struct sw_cursor sum = sw_cursor(sw_slice(bytes + len - 4, 4));
		valid = bytes[0] == (uint8_t)kind && sw_cursor_be32(&sum) == sw_crc32(bytes, len - 4);
	}
	if (!valid)
		return sw_error_set(err, SW_ETOKEN, "Invalid Token: 'Invalid token'");
	ret_from->len = len - 5;
	memcpy(ret_from->bytes, bytes + 1, ret_from->len);
	return SW_OK;
}

/* ---- the list ---------------------------------------------------------------------------------------- */

/* The first name from a key on, whatever became of its machine. */
static enum sw_result name_from(const struct sw_view *view, const struct sw_key *from,
				char ret_name[SW_NAME_BYTES_MAX + 1], struct sw_error *err)
{
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	enum sw_result r = sw_scan_new(view->snapshot, SW_TABLE_MACHINES, sw_key_slice(from), false, &scan);
	if (r == SW_OK)
		r = sw_scan_next(scan, &key, &value);
	if (r == SW_OK) {
		const char *end = memchr(key.data, 0, key.len);
		size_t len = end ? (size_t)(end - (const char *)key.data) : 0;
		if (len == 0 || len > SW_NAME_BYTES_MAX || key.len != len + 1 + REVISION_BYTES)
			r = sw_error_set(err, SW_ECORRUPT, "a key of the machines table is damaged");
		else
			memcpy(ret_name, key.data, len + 1);
	}
	sw_scan_free(scan);
	return r;
}

/* The key behind all revisions of a machine: no name has a control character. */
static void key_behind(const char *name, struct sw_key *ret_key)
{
	size_t len = strlen(name);
	ret_key->len = len + 1;
	memcpy(ret_key->bytes, name, len);
	ret_key->bytes[len] = 1;
}

/*
 * SW_EEXIST: the machine is gone, or its record is damaged (one must not hide all others from a list). Its definition is
 * left out.
 */
static enum sw_result machine_named(struct sw_view *view, const char *name, uint64_t *work,
				    struct sw_machine_info *ret_info, struct sw_error *err)
{
	struct sw_machine_record record = {0};
	struct sw_error missing = {0};
	enum sw_result r = sw_view_machine(view, name, &record, &missing);
	*work += 1 + record.definition_len / 4096;
	if (r == SW_ENOENT || r == SW_ECORRUPT)
		return SW_EEXIST;
	if (r < 0)
		return sw_error_set(err, r, "%s", missing.text);
	sw_free(record.definition);
	record.definition = NULL;
	record.definition_len = 0;
	r = sw_machine_info_take(view->reader, &record, ret_info);
	sw_machine_record_done(&record);
	return r;
}

/* ret_next: the name that the next page starts with; "": there is none. */
static enum sw_result list(struct sw_view *view, struct sw_key *from, uint32_t limit,
			   sw_each_machine_fn *each, void *user, char ret_next[SW_NAME_BYTES_MAX + 1],
			   struct sw_error *err)
{
	uint32_t given = 0;
	uint64_t work = 0;
	enum sw_result r;
	*ret_next = '\0';
	for (;;) {
		char name[SW_NAME_BYTES_MAX + 1];
		struct sw_machine_info info = {0};
		r = name_from(view, from, name, err);
		if (r < 0)
			return r == SW_ENOENT ? SW_OK : r;
		bool room = work < SW_PAGE_WORK_MAX;
		r = room ? machine_named(view, name, &work, &info, err) : SW_OK;
		if (r < 0 && r != SW_EEXIST)
			return r;
		if (!room || (r == SW_OK && given == limit)) {
			memcpy(ret_next, name, strlen(name) + 1);
			sw_machine_info_done(&info);
			return SW_OK;
		}
		if (r == SW_OK) {
			each(user, &info);
			given++;
		}
		sw_machine_info_done(&info);
		key_behind(name, from);
	}
}

enum sw_result sw_reader_list_machines(struct sw_reader *reader, uint32_t limit, const char *cursor,
				       sw_each_machine_fn *each, void *user, char **ret_cursor,
				       struct sw_error *err)
{
	struct sw_view view;
	struct sw_key from;
	char next[SW_NAME_BYTES_MAX + 1];
	char *next_cursor = NULL;
	enum sw_result r = sw_list_check_limit(limit, err);
	if (r == SW_OK)
		r = sw_name_cursor_parse(cursor, CURSOR_KIND, &from, err);
	if (r == SW_OK)
		r = sw_view_begin(reader, &view, err);
	if (r < 0)
		return r;
	r = list(&view, &from, limit, each, user, next, err);
	sw_view_end(&view);
	if (r == SW_OK && *next) {
		next_cursor = sw_name_cursor(CURSOR_KIND, sw_slice(next, strlen(next)));
		r = next_cursor ? SW_OK : SW_ENOMEM;
	}
	if (r < 0)
		return sw_reader_fail(err, r);
	*ret_cursor = next_cursor;
	return SW_OK;
}
