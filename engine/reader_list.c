/* Listing executions, a page at a time, by the indexes of the store. */
#include "engine/reader.h"

#include "engine/qualifiers.h"

#include "base/hash.h"
#include "base/mem.h"

#include <string.h>

/* ---- cursors --------------------------------------------------------------------------------- */

/*
 * Hex of: version, kind, the position where the next page starts (8 bytes), a digest of what was asked for
 * (4), and a checksum of these (4), so that a cursor is only good for the list it came from.
 */
#define CURSOR_VERSION 1
#define CURSOR_BYTES 18

enum list_kind { LIST_EXECUTIONS = 2, LIST_OF_MACHINE, LIST_OTHERS = 255 };

static char *cursor_print(enum list_kind kind, uint32_t digest, uint64_t position)
{
	char *text = sw_alloc(2 * CURSOR_BYTES + 1);
	struct sw_buf bytes = SW_BUF;
	sw_buf_u8(&bytes, CURSOR_VERSION);
	sw_buf_u8(&bytes, (uint8_t)kind);
	sw_buf_be64(&bytes, position);
	sw_buf_be32(&bytes, digest);
	sw_buf_be32(&bytes, sw_crc32(bytes.data, bytes.len));
	if (text && !bytes.failed)
		sw_hex(bytes.data, bytes.len, text);
	if (bytes.failed) {
		sw_free(text);
		text = NULL;
	}
	sw_buf_done(&bytes);
	return text;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_read(const char *text, uint8_t bytes[CURSOR_BYTES])
{
	if (strnlen(text, 2 * CURSOR_BYTES + 1) != 2 * CURSOR_BYTES)
		return false;
	for (size_t i = 0; i < CURSOR_BYTES; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* NULL and "" start at start. AWS's text of a wrong token is recorded: "Invalid Token: 'Invalid token'". */
static enum sw_result cursor_parse(const char *text, enum list_kind kind, uint32_t digest, uint64_t start,
				   uint64_t *ret_position, struct sw_error *err)
{
	uint8_t bytes[CURSOR_BYTES];
	if (!text || !*text) {
		*ret_position = start;
		return SW_OK;
	}
	bool valid = hex_read(text, bytes);
	if (valid) {
		struct sw_cursor cursor = sw_cursor(sw_slice(bytes, sizeof(bytes)));
		valid = sw_cursor_u8(&cursor) == CURSOR_VERSION && sw_cursor_u8(&cursor) == kind;
		*ret_position = sw_cursor_be64(&cursor);
		valid = valid && sw_cursor_be32(&cursor) == digest;
		valid = valid && sw_cursor_be32(&cursor) == sw_crc32(bytes, CURSOR_BYTES - 4);
	}
	return valid ? SW_OK : sw_error_set(err, SW_ETOKEN, "Invalid Token: 'Invalid token'");
}

/* ---- pages ----------------------------------------------------------------------------------- */

/* One page while it is made. */
struct page {
	struct sw_view view;
	struct sw_scan *scan;
	enum list_kind kind;
	uint32_t digest, limit, given;
	uint64_t work;
	uint64_t position; /* where it starts */
	uint64_t next;     /* where the next page starts */
	bool more;         /* there is one */
};

/* The page ends in front of this entry; it is the first of the next page. */
static enum sw_result end_before(struct page *page, uint64_t position)
{
	page->next = position;
	page->more = true;
	return SW_ENOENT;
}

/* Is there room for the work that a record of this size makes? */
static bool may_look(struct page *page, size_t bytes)
{
	if (page->work >= SW_PAGE_WORK_MAX)
		return false;
	page->work += 1 + bytes / 4096;
	return true;
}

static enum sw_result finish(struct page *page, enum sw_result r, char **ret_cursor, struct sw_error *err)
{
	char *cursor = NULL;
	sw_scan_free(page->scan);
	sw_view_end(&page->view);
	if (r < 0 && r != SW_ENOENT)
		return sw_reader_fail(err, r);
	if (page->more) {
		cursor = cursor_print(page->kind, page->digest, page->next);
		if (!cursor)
			return sw_reader_fail(err, SW_ENOMEM);
	}
	*ret_cursor = cursor;
	return SW_OK;
}

static enum sw_result check_limit(uint32_t limit, struct sw_error *err)
{
	if (limit >= 1 && limit <= SW_PAGE_RESULTS_MAX)
		return SW_OK;
	return sw_error_set(err, SW_EINVAL, "a page has 1 to %d results", SW_PAGE_RESULTS_MAX);
}

/* ---- cursors of other lists ------------------------------------------------------------------ */

char *sw_list_cursor(int kind, uint32_t digest, uint64_t position)
{
	return cursor_print((enum list_kind)kind, digest, position);
}

enum sw_result sw_list_cursor_parse(const char *text, int kind, uint32_t digest, uint64_t start,
				    uint64_t *ret_position, struct sw_error *err)
{
	return cursor_parse(text, (enum list_kind)kind, digest, start, ret_position, err);
}

enum sw_result sw_list_check_limit(uint32_t limit, struct sw_error *err)
{
	return check_limit(limit, err);
}

/* ---- executions ------------------------------------------------------------------------------ */

struct execution_list {
	struct page page;
	const struct sw_list_filter *filter;
	uint32_t machine_number; /* of LIST_OF_MACHINE */
	char *machine_name;      /* own */
	sw_each_execution_fn *each;
	void *user;
};

/* Started by the version, or the alias? */
static bool is_qualified(const struct sw_list_filter *filter, const struct sw_head *head)
{
	uint32_t version;
	if (!filter->qualifier)
		return true;
	if (sw_qualifier_number(filter->qualifier, &version))
		return head->machine_version == version;
	return head->machine_alias && strcmp(head->machine_alias, filter->qualifier) == 0;
}

static bool matches(const struct execution_list *list, const struct sw_head *head)
{
	const struct sw_list_filter *filter = list->filter;
	return (list->page.kind != LIST_OF_MACHINE || head->machine_number == list->machine_number) &&
	       (!filter->by_status || head->status == filter->status) && is_qualified(filter, head) &&
	       (!filter->name || strcmp(head->name, filter->name) == 0);
}

static enum sw_result give(struct execution_list *list, struct sw_head *head)
{
	struct sw_execution_info info;
	enum sw_result r = sw_execution_info_take(list->page.view.reader, head, &info);
	if (r < 0)
		return r;
	list->page.given++;
	list->each(list->user, &info);
	sw_execution_info_done(&info);
	return SW_OK;
}

/* The id in a key of the index; of another machine's keys SW_ENOENT. */
static enum sw_result id_of_key(const struct execution_list *list, struct sw_slice key, uint64_t *ret_id,
				struct sw_error *err)
{
	struct sw_cursor cursor = sw_cursor(key);
	if (list->page.kind == LIST_OF_MACHINE && sw_cursor_be32(&cursor) != list->machine_number)
		return SW_ENOENT;
	*ret_id = sw_cursor_be64(&cursor);
	if (cursor.failed || cursor.at != cursor.end)
		return sw_error_set(err, SW_ECORRUPT, "a key of a listing index is damaged");
	return SW_OK;
}

/* One step of the scan: an execution is given, passed over, or ends the page. */
static enum sw_result next_execution(struct execution_list *list, struct sw_error *err)
{
	struct page *page = &list->page;
	struct sw_slice key, bytes;
	struct sw_head head;
	uint64_t id = 0;
	enum sw_result r = sw_scan_next(page->scan, &key, &bytes);
	if (r == SW_OK)
		r = id_of_key(list, key, &id, err);
	if (r < 0)
		return r;
	if (!may_look(page, bytes.len))
		return end_before(page, id);
	if (page->kind == LIST_EXECUTIONS)
		r = sw_head_decode(bytes, id, NULL, false, &head, NULL);
	else
		r = sw_view_head(&page->view, id, false, &head, NULL);
	/* One damaged head must not hide all others from a list: reading that execution itself tells. */
	if (r == SW_ECORRUPT || r == SW_ENOENT)
		return SW_OK;
	if (r < 0)
		return sw_reader_fail(err, r);
	if (matches(list, &head))
		r = page->given == page->limit ? end_before(page, id) : give(list, &head);
	sw_head_done(&head);
	return r;
}

static enum sw_result digest_filter(const struct execution_list *list, uint32_t *ret_digest)
{
	const struct sw_list_filter *filter = list->filter;
	struct sw_buf text = SW_BUF;
	sw_buf_be32(&text, list->machine_number);
	sw_buf_u8(&text, filter->by_status ? (uint8_t)(1 + filter->status) : 0);
	if (filter->name)
		sw_buf_text(&text, filter->name);
	if (filter->qualifier) {
		sw_buf_u8(&text, 0);
		sw_buf_text(&text, filter->qualifier);
	}
	enum sw_result r = sw_buf_result(&text);
	*ret_digest = r == SW_OK ? sw_crc32(text.data, text.len) : 0;
	sw_buf_done(&text);
	return r;
}

static enum sw_result find_machine(struct execution_list *list, struct sw_error *err)
{
	struct sw_machine_record record;
	enum sw_result r = sw_view_machine(&list->page.view, list->filter->machine, &record, err);
	if (r < 0)
		return r;
	list->page.kind = LIST_OF_MACHINE;
	list->machine_number = record.number;
	list->machine_name = record.name;
	record.name = NULL;
	sw_machine_record_done(&record);
	return SW_OK;
}

/* A machine has one execution of a name at most: no scan is needed to find it. */
static enum sw_result give_named(struct execution_list *list, struct sw_error *err)
{
	struct sw_head head;
	enum sw_result r =
		sw_view_named(&list->page.view, list->machine_name, list->filter->name, false, &head, err);
	if (r < 0)
		return r;
	if (matches(list, &head))
		r = give(list, &head);
	sw_head_done(&head);
	return r;
}

static enum sw_result scan_executions(struct execution_list *list, struct sw_error *err)
{
	struct page *page = &list->page;
	struct sw_key from;
	unsigned table = SW_TABLE_EXECUTIONS;
	if (page->kind == LIST_OF_MACHINE) {
		table = SW_TABLE_LISTING;
		sw_key_listing(&from, list->machine_number, page->position);
	} else {
		sw_key_execution(&from, page->position);
	}
	enum sw_result r = sw_scan_new(page->view.snapshot, table, sw_key_slice(&from), true, &page->scan);
	while (r == SW_OK)
		r = next_execution(list, err);
	return r;
}

enum sw_result sw_reader_list_executions(struct sw_reader *reader, const struct sw_list_filter *filter,
					 uint32_t limit, const char *cursor, sw_each_execution_fn *each,
					 void *user, char **ret_cursor, struct sw_error *err)
{
	static const struct sw_list_filter all;
	struct execution_list list = {.filter = filter ? filter : &all, .each = each, .user = user};
	struct page *page = &list.page;
	*page = (struct page){.kind = LIST_EXECUTIONS, .limit = limit};
	enum sw_result r = check_limit(limit, err);
	if (r == SW_OK)
		r = sw_view_begin(reader, &page->view, err);
	if (r < 0)
		return r;
	if (list.filter->machine)
		r = find_machine(&list, err);
	if (r < 0) {
		/* Here SW_ENOENT is the machine's, not the end of the page. */
		sw_view_end(&page->view);
		return r;
	}
	r = digest_filter(&list, &page->digest);
	if (r == SW_OK)
		r = cursor_parse(cursor, page->kind, page->digest, UINT64_MAX, &page->position, err);
	if (r == SW_OK && list.machine_name && list.filter->name)
		r = give_named(&list, err);
	else if (r == SW_OK)
		r = scan_executions(&list, err);
	sw_free(list.machine_name);
	return finish(page, r, ret_cursor, err);
}
