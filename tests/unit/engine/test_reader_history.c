/* Reading history: from any event, both ways, in pages. */
#include "reader_fixture.h"

/* ---- history ------------------------------------------------------------------------------------------ */

/* Reads in pages from first_id on; a bar is a page's end. */
static void assert_history(struct world *w, uint32_t first_id, uint32_t limit, bool reverse,
			   const char *expected)
{
	struct sw_buf text = SW_BUF;
	uint32_t next_id = first_id;
	do {
		struct sw_error err = {0};
		if (sw_reader_history(w->reader, HISTORY_ARN, next_id, limit, reverse, true, note_event,
				      &text, &next_id, &err) != SW_OK)
			fail_msg("%s", err.text);
		if (next_id)
			sw_buf_text(&text, "| ");
	} while (next_id);
	assert_string_equal(text.data ? text.data : "", expected);
	sw_buf_done(&text);
}

static void history_is_read_from_any_event_in_pages(void **state)
{
	struct world w;
	world_init(&w);
	put_history(&w, (const uint32_t[]){3, 1, 4, 2}, 4);
	assert_history(&w, 1, 100, false, "1 2 3 4 5 6 7 8 9 10 ");
	assert_history(&w, 0, 10, false, "1 2 3 4 5 6 7 8 9 10 ");
	assert_history(&w, 1, 4, false, "1 2 3 4 | 5 6 7 8 | 9 10 ");
	assert_history(&w, 1, 1, false, "1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 ");
	assert_history(&w, 6, 100, false, "6 7 8 9 10 ");
	assert_history(&w, 10, 100, false, "10 ");
	assert_history(&w, 11, 100, false, "");
	assert_history(&w, UINT32_MAX, 100, false, "");
	world_done(&w);
}

static void history_is_read_backwards_in_pages(void **state)
{
	struct world w;
	world_init(&w);
	put_history(&w, (const uint32_t[]){3, 1, 4, 2}, 4);
	assert_history(&w, 0, 100, true, "10 9 8 7 6 5 4 3 2 1 ");
	assert_history(&w, UINT32_MAX, 100, true, "10 9 8 7 6 5 4 3 2 1 ");
	assert_history(&w, 0, 4, true, "10 9 8 7 | 6 5 4 3 | 2 1 ");
	assert_history(&w, 0, 1, true, "10 | 9 | 8 | 7 | 6 | 5 | 4 | 3 | 2 | 1 ");
	assert_history(&w, 6, 100, true, "6 5 4 3 2 1 ");
	assert_history(&w, 1, 100, true, "1 ");
	world_done(&w);
}

static void an_execution_without_history_has_none(void **state)
{
	struct world w;
	world_init(&w);
	put_history(&w, NULL, 0);
	assert_history(&w, 0, 100, false, "");
	assert_history(&w, 0, 100, true, "");
	world_done(&w);
}

static void keep_text(void *user, uint32_t id, const char *json, size_t len)
{
	sw_buf_reset(user);
	sw_buf_append(user, json, len);
}

static void events_come_with_or_without_their_data(void **state)
{
	struct world w;
	struct sw_buf text = SW_BUF;
	uint32_t next_id;
	world_init(&w);
	put_history(&w, (const uint32_t[]){2}, 1);
	assert_int_equal(
		sw_reader_history(w.reader, HISTORY_ARN, 2, 1, false, true, keep_text, &text, &next_id, NULL),
		SW_OK);
	assert_string_equal(
		text.data,
		"{\"timestamp\":1700000000.002,\"type\":\"PassStateEntered\",\"id\":2,\"previousEventId\":1,"
		"\"stateEnteredEventDetails\":{\"name\":\"s2\",\"input\":\"2\","
		"\"inputDetails\":{\"truncated\":false}}}");
	for (int reverse = 0; reverse < 2; reverse++) {
		assert_int_equal(sw_reader_history(w.reader, HISTORY_ARN, 2, 1, reverse, false, keep_text,
						   &text, &next_id, NULL),
				 SW_OK);
		assert_string_equal(text.data,
				    "{\"timestamp\":1700000000.002,\"type\":\"PassStateEntered\",\"id\":2,"
				    "\"previousEventId\":1,\"stateEnteredEventDetails\":{\"name\":\"s2\"}}");
	}
	sw_buf_done(&text);
	world_done(&w);
}

static void assert_history_damaged(struct world *w, bool reverse, const char *message)
{
	struct sw_buf text = SW_BUF;
	uint32_t next_id;
	struct sw_error err = {0};
	assert_int_equal(sw_reader_history(w->reader, HISTORY_ARN, 0, 100, reverse, true, note_event, &text,
					   &next_id, &err),
			 SW_ECORRUPT);
	assert_string_equal(err.text, message);
	sw_buf_done(&text);
}

static void a_missing_or_misplaced_chunk_is_noticed(void **state)
{
	struct world w;
	struct sw_key key, other;
	struct sw_slice bytes;
	world_init(&w);
	put_history(&w, (const uint32_t[]){3, 1, 4, 2}, 4);
	sw_key_pair(&key, 50, 5);
	assert_int_equal(sw_batch_delete(w.batch, SW_TABLE_HISTORY, sw_key_slice(&key)), SW_OK);
	world_commit(&w);
	assert_history_damaged(&w, false, "event 5 of the history is missing");
	assert_history_damaged(&w, true, "event 8 of the history is missing");
	/* The chunk of event 1 under the key of event 5. */
	struct sw_snapshot *snapshot;
	assert_int_equal(sw_store_begin(w.store, &snapshot, NULL), SW_OK);
	sw_key_pair(&other, 50, 1);
	assert_int_equal(sw_snapshot_get(snapshot, SW_TABLE_HISTORY, sw_key_slice(&other), &bytes), SW_OK);
	put(&w, SW_TABLE_HISTORY, &key, bytes.data, bytes.len);
	sw_snapshot_end(snapshot);
	world_commit(&w);
	assert_history_damaged(&w, false, "a history record stands under a wrong key");
	assert_history_damaged(&w, true, "a history record stands under a wrong key");
	/* The last chunk. */
	sw_key_pair(&key, 50, 9);
	assert_int_equal(sw_batch_delete(w.batch, SW_TABLE_HISTORY, sw_key_slice(&key)), SW_OK);
	sw_key_pair(&key, 50, 5);
	assert_int_equal(sw_batch_delete(w.batch, SW_TABLE_HISTORY, sw_key_slice(&key)), SW_OK);
	world_commit(&w);
	assert_history_damaged(&w, false, "event 5 of the history is missing");
	assert_history_damaged(&w, true, "event 10 of the history is missing");
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(history_is_read_from_any_event_in_pages),
		cmocka_unit_test(history_is_read_backwards_in_pages),
		cmocka_unit_test(an_execution_without_history_has_none),
		cmocka_unit_test(events_come_with_or_without_their_data),
		cmocka_unit_test(a_missing_or_misplaced_chunk_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
