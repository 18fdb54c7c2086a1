/* Reading the history of an execution: chunks from the store, events as AWS prints them. */
#include "engine/reader.h"

#include "base/mem.h"

#include <string.h>

/* What one call reads; ids count up from `id`, or down. */
struct history {
	struct sw_view view;
	uint64_t execution;
	struct sw_scan *scan; /* over the chunks, in the direction of reading */
	uint32_t id;          /* of the next event to give; 0: none is left */
	uint32_t last_id;
	uint32_t left; /* events of the page */
	size_t bytes;  /* that were printed */
	bool reverse, with_data;
	struct sw_buf text;
	sw_each_event_fn *each;
	void *user;
};

static bool page_full(const struct history *h)
{
	return h->left == 0 || h->bytes >= SW_PAGE_BYTES_MAX;
}

static enum sw_result gap(const struct history *h, struct sw_error *err)
{
	return sw_error_set(err, SW_ECORRUPT, "event %u of the history is missing", h->id);
}

/* The next chunk in the direction of the scan. SW_ENOENT: the execution has no more. */
static enum sw_result next_chunk(struct history *h, struct sw_history_chunk *ret_chunk, struct sw_error *err)
{
	struct sw_slice key, bytes;
	enum sw_result r = sw_scan_next(h->scan, &key, &bytes);
	if (r < 0)
		return r;
	struct sw_cursor cursor = sw_cursor(key);
	if (sw_cursor_be64(&cursor) != h->execution)
		return SW_ENOENT;
	uint32_t first_id = sw_cursor_be32(&cursor);
	r = sw_history_chunk_open(bytes, ret_chunk, err);
	if (r == SW_OK && (cursor.failed || cursor.at != cursor.end || ret_chunk->next_id != first_id))
		return sw_error_set(err, SW_ECORRUPT, "a history record stands under a wrong key");
	return r;
}

/*
 * Prints the next event of a chunk and gives it. Loaded values are not kept: a page of large ones would fill
 * the memory.
 */
static enum sw_result give_event(struct history *h, struct sw_history_chunk *chunk, struct sw_error *err)
{
	struct sw_history_event event;
	struct sw_value_loader *loader = h->with_data ? &h->view.loader : NULL;
	enum sw_result r = sw_history_chunk_next(chunk, loader, &event, err);
	if (r < 0)
		return r;
	if (event.id != h->id) {
		sw_history_event_done(&event);
		return gap(h, err);
	}
	sw_buf_reset(&h->text);
	r = sw_history_event_print(&event, h->with_data, &h->text);
	if (r == SW_OK)
		r = sw_buf_result(&h->text);
	sw_history_event_done(&event);
	sw_value_loader_done(&h->view.loader);
	if (r < 0)
		return r;
	h->left--;
	h->bytes += h->text.len;
	h->each(h->user, h->id, h->text.data, h->text.len);
	if (h->reverse)
		h->id--;
	else
		h->id = h->id == h->last_id ? 0 : h->id + 1;
	return SW_OK;
}

/* Steps over the events of a chunk up to an id; SW_ENOENT when it does not reach so far. */
static enum sw_result skip_to(struct sw_history_chunk *chunk, uint32_t id, struct sw_error *err)
{
	while (chunk->next_id < id) {
		struct sw_history_event event;
		enum sw_result r = sw_history_chunk_next(chunk, NULL, &event, err);
		if (r < 0)
			return r;
		sw_history_event_done(&event);
	}
	return SW_OK;
}

/* ---- forwards -------------------------------------------------------------------------------- */

/* Gives events of one chunk until it, the page or the history ends. */
static enum sw_result give_forwards(struct history *h, struct sw_history_chunk *chunk, struct sw_error *err)
{
	enum sw_result r = skip_to(chunk, h->id, err);
	while (r == SW_OK && h->id != 0 && !page_full(h))
		r = give_event(h, chunk, err);
	return r == SW_ENOENT ? SW_OK : r;
}

static enum sw_result read_forwards(struct history *h, struct sw_error *err)
{
	enum sw_result r = SW_OK;
	while (r == SW_OK && h->id != 0 && !page_full(h)) {
		struct sw_history_chunk chunk;
		r = next_chunk(h, &chunk, err);
		if (r == SW_OK)
			r = give_forwards(h, &chunk, err);
	}
	return r == SW_ENOENT ? gap(h, err) : r;
}

/* ---- backwards ------------------------------------------------------------------------------- */

/*
 * Events can only be read from the front of a chunk: one walk without values notes where each starts (a chunk
 * borrows everything, so its copy is a place), then they are given from the last wanted one down.
 */
static enum sw_result note_places(struct sw_history_chunk chunk, uint32_t last_id,
				  struct sw_history_chunk *places, uint32_t *ret_count, struct sw_error *err)
{
	uint32_t count = 0;
	while (chunk.left > 0) {
		struct sw_history_event event;
		struct sw_history_chunk place = chunk;
		enum sw_result r = sw_history_chunk_next(&chunk, NULL, &event, err);
		if (r < 0)
			return r;
		uint32_t id = event.id;
		sw_history_event_done(&event);
		if (id > last_id)
			break;
		places[count++] = place;
	}
	*ret_count = count;
	return SW_OK;
}

static enum sw_result give_backwards(struct history *h, const struct sw_history_chunk *chunk,
				     struct sw_error *err)
{
	uint32_t count = 0;
	/* The codec has checked that a chunk has no more events than bytes. */
	struct sw_history_chunk *places = sw_zalloc_array(chunk->left, sizeof(*places));
	if (!places)
		return SW_ENOMEM;
	enum sw_result r = note_places(*chunk, h->id, places, &count, err);
	while (r == SW_OK && count > 0 && !page_full(h))
		r = give_event(h, &places[--count], err);
	sw_free(places);
	return r;
}

static enum sw_result read_backwards(struct history *h, struct sw_error *err)
{
	enum sw_result r = SW_OK;
	while (r == SW_OK && h->id != 0 && !page_full(h)) {
		struct sw_history_chunk chunk;
		r = next_chunk(h, &chunk, err);
		if (r == SW_OK)
			r = give_backwards(h, &chunk, err);
	}
	return r == SW_ENOENT ? gap(h, err) : r;
}

/* ---- the door -------------------------------------------------------------------------------- */

/* A scan that starts at the chunk which holds event h->id: the last one whose first event is not behind it.
 */
static enum sw_result scan_from(struct history *h)
{
	struct sw_key key;
	struct sw_slice found, bytes;
	sw_key_pair(&key, h->execution, h->id);
	enum sw_result r =
		sw_scan_new(h->view.snapshot, SW_TABLE_HISTORY, sw_key_slice(&key), true, &h->scan);
	if (r < 0 || h->reverse)
		return r;
	r = sw_scan_next(h->scan, &found, &bytes);
	if (r < 0)
		return r;
	sw_scan_free(h->scan);
	h->scan = NULL;
	return sw_scan_new(h->view.snapshot, SW_TABLE_HISTORY, found, false, &h->scan);
}

static enum sw_result find_start(struct history *h, const char *execution_arn, uint32_t first_id,
				 struct sw_error *err)
{
	struct sw_head head;
	enum sw_result r = sw_view_execution(&h->view, execution_arn, false, &head, err);
	if (r < 0)
		return r;
	h->execution = head.id;
	h->last_id = head.next_event_id ? head.next_event_id - 1 : 0;
	sw_head_done(&head);
	if (h->reverse)
		h->id = first_id == 0 || first_id > h->last_id ? h->last_id : first_id;
	else if (first_id <= h->last_id)
		h->id = first_id > 0 ? first_id : h->last_id > 0;
	return SW_OK;
}

enum sw_result sw_reader_history(struct sw_reader *reader, const char *execution_arn, uint32_t first_id,
				 uint32_t limit, bool reverse, bool with_data, sw_each_event_fn *each,
				 void *user, uint32_t *ret_next_id, struct sw_error *err)
{
	struct history h = {
		.left = limit,
		.reverse = reverse,
		.with_data = with_data,
		.each = each,
		.user = user,
	};
	if (limit == 0)
		return sw_error_set(err, SW_EINVAL, "a page has at least one event");
	enum sw_result r = sw_view_begin(reader, &h.view, err);
	if (r < 0)
		return r;
	r = find_start(&h, execution_arn, first_id, err);
	if (r == SW_OK && h.id != 0) {
		r = scan_from(&h);
		if (r == SW_OK)
			r = reverse ? read_backwards(&h, err) : read_forwards(&h, err);
		else if (r == SW_ENOENT)
			r = gap(&h, err);
	}
	sw_scan_free(h.scan);
	sw_buf_done(&h.text);
	sw_view_end(&h.view);
	if (r < 0)
		return sw_reader_fail(err, r);
	*ret_next_id = h.id;
	return SW_OK;
}
