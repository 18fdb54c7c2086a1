/* Lists of machines and executions: order, filters, pages, cursors. */
#include "reader_fixture.h"

/* ---- lists -------------------------------------------------------------------------------------------- */

/* Reads a whole list in pages; a bar in the text is a page's end. */
static void assert_machines(struct world *w, uint32_t limit, const char *expected)
{
	struct sw_buf text = SW_BUF;
	char *cursor = NULL;
	do {
		char *next;
		assert_int_equal(
			sw_reader_list_machines(w->reader, limit, cursor, note_machine, &text, &next, NULL),
			SW_OK);
		sw_free(cursor);
		cursor = next;
		if (cursor)
			sw_buf_text(&text, "| ");
	} while (cursor);
	assert_string_equal(text.data ? text.data : "", expected);
	sw_buf_done(&text);
}

static void assert_executions(struct world *w, const struct sw_list_filter *filter, uint32_t limit,
			      const char *expected)
{
	struct sw_buf text = SW_BUF;
	char *cursor = NULL;
	do {
		char *next;
		assert_int_equal(sw_reader_list_executions(w->reader, filter, limit, cursor, note_execution,
							   &text, &next, NULL),
				 SW_OK);
		sw_free(cursor);
		cursor = next;
		if (cursor)
			sw_buf_text(&text, "| ");
	} while (cursor);
	assert_string_equal(text.data ? text.data : "", expected);
	sw_buf_done(&text);
}

/* As AWS lists them: localstack/localstack, pull request 11106. */
static void machines_are_listed_by_name_without_the_deleted_ones(void **state)
{
	struct world w;
	world_init(&w);
	assert_machines(&w, 10, "");
	put_machine(&w, "zebra", 1, 1, SW_MACHINE_ACTIVE);
	put_machine(&w, "gone", 2, 1, SW_MACHINE_ACTIVE);
	put_machine(&w, "gone", 2, 2, SW_MACHINE_DELETED);
	put_machine(&w, "ant", 3, 1, SW_MACHINE_DELETING);
	put_machine(&w, "again", 4, 1, SW_MACHINE_DELETED);
	put_machine(&w, "again", 300, 2, SW_MACHINE_ACTIVE);
	put_machine(&w, "ant-1", 301, 1, SW_MACHINE_ACTIVE);
	put_machine(&w, "ant.1", 302, 1, SW_MACHINE_ACTIVE);
	put_machine(&w, "zoo", 303, 1, SW_MACHINE_DELETED);
	world_commit(&w);
	assert_machines(&w, 10, "again ant ant-1 ant.1 zebra ");
	assert_machines(&w, 5, "again ant ant-1 ant.1 zebra ");
	assert_machines(&w, 4, "again ant ant-1 ant.1 | zebra ");
	assert_machines(&w, 2, "again ant | ant-1 ant.1 | zebra ");
	assert_machines(&w, 1, "again | ant | ant-1 | ant.1 | zebra ");
	world_done(&w);
}

static void executions_are_listed_newest_first(void **state)
{
	struct world w;
	world_init(&w);
	assert_executions(&w, NULL, 10, "");
	put_ten_executions(&w);
	struct sw_list_filter filter = {0};
	assert_executions(&w, NULL, 100, "e9 e8 e7 e6 e5 e4 e3 e2 e1 e0 ");
	assert_executions(&w, &filter, 10, "e9 e8 e7 e6 e5 e4 e3 e2 e1 e0 ");
	assert_executions(&w, &filter, 4, "e9 e8 e7 e6 | e5 e4 e3 e2 | e1 e0 ");
	filter.machine = "orders";
	assert_executions(&w, &filter, 3, "e8 e6 e4 | e2 e0 ");
	filter.machine = ARN_OF ":stateMachine:bills";
	assert_executions(&w, &filter, 5, "e9 e7 e5 e3 e1 ");
	filter.machine = "idle";
	assert_executions(&w, &filter, 5, "");
	world_done(&w);
}

static void executions_are_listed_by_status_and_name(void **state)
{
	struct world w;
	world_init(&w);
	put_ten_executions(&w);
	struct sw_list_filter filter = {.by_status = true, .status = SW_STATUS_RUNNING};
	assert_executions(&w, &filter, 2, "e9 e6 | e3 e0 ");
	filter.machine = "orders";
	assert_executions(&w, &filter, 2, "e6 e0 ");
	filter.name = "e6";
	assert_executions(&w, &filter, 2, "e6 ");
	filter.status = SW_STATUS_FAILED;
	assert_executions(&w, &filter, 2, "");
	filter = (struct sw_list_filter){.name = "e7"};
	assert_executions(&w, &filter, 2, "e7 ");
	filter.machine = "orders"; /* e7 is of another */
	assert_executions(&w, &filter, 2, "");
	filter.name = "nobody";
	assert_executions(&w, &filter, 2, "");
	world_done(&w);
}

/* An older machine of the same name: its executions are still found by ARN, and in the list of all. */
static void executions_of_a_deleted_machine_are_not_listed_under_a_new_one(void **state)
{
	struct world w;
	world_init(&w);
	put_machine(&w, "orders", 1, 1, SW_MACHINE_DELETED);
	put_execution(&w, "orders", 1, 10, "old", SW_STATUS_SUCCEEDED);
	put_machine(&w, "orders", 2, 2, SW_MACHINE_ACTIVE);
	put_execution(&w, "orders", 2, 11, "new", SW_STATUS_SUCCEEDED);
	world_commit(&w);
	struct sw_list_filter filter = {.machine = "orders"};
	assert_executions(&w, &filter, 10, "new ");
	filter.name = "old";
	assert_executions(&w, &filter, 10, "");
	assert_executions(&w, NULL, 10, "new old ");
	world_done(&w);
}

static void a_list_of_what_is_no_machine_is_refused(void **state)
{
	struct world w;
	struct sw_error err = {0};
	struct sw_list_filter filter = {.machine = "nothing"};
	char *cursor = NULL;
	world_init(&w);
	assert_int_equal(sw_reader_list_executions(w.reader, &filter, 1, NULL, NULL, NULL, &cursor, &err),
			 SW_ENOENT);
	assert_string_equal(err.text, "State Machine Does Not Exist: 'nothing'");
	filter.machine = "arn:aws:states:x";
	assert_int_equal(sw_reader_list_executions(w.reader, &filter, 1, NULL, NULL, NULL, &cursor, NULL),
			 SW_EARN);
	assert_int_equal(sw_reader_list_executions(w.reader, NULL, 0, NULL, NULL, NULL, &cursor, NULL),
			 SW_EINVAL);
	assert_int_equal(sw_reader_list_executions(w.reader, NULL, SW_PAGE_RESULTS_MAX + 1, NULL, NULL, NULL,
						   &cursor, NULL),
			 SW_EINVAL);
	assert_int_equal(sw_reader_list_machines(w.reader, 0, NULL, NULL, NULL, &cursor, NULL), SW_EINVAL);
	world_done(&w);
}

static void ignore_execution(void *user, const struct sw_execution_info *info)
{
}

static void ignore_machine(void *user, const struct sw_machine_info *info)
{
}

static void assert_cursor_refused(struct world *w, const struct sw_list_filter *filter, const char *cursor)
{
	struct sw_error err = {0};
	char *next = NULL;
	assert_int_equal(
		sw_reader_list_executions(w->reader, filter, 5, cursor, ignore_execution, NULL, &next, &err),
		SW_ETOKEN);
	/* Recorded: api_aliasing/list_state_machine_aliases_pagination_invalid_next_token.a29f */
	assert_string_equal(err.text, "Invalid Token: 'Invalid token'");
}

static void cursors_are_good_for_their_own_list_only(void **state)
{
	struct world w;
	char *cursor = NULL, *next = NULL;
	world_init(&w);
	put_ten_executions(&w);
	struct sw_list_filter filter = {.machine = "orders"};
	assert_int_equal(
		sw_reader_list_executions(w.reader, &filter, 2, "", ignore_execution, NULL, &cursor, NULL),
		SW_OK);
	assert_non_null(cursor);
	assert_cursor_refused(&w, NULL, cursor);
	filter.machine = "bills";
	assert_cursor_refused(&w, &filter, cursor);
	filter.machine = "orders";
	filter.by_status = true;
	assert_cursor_refused(&w, &filter, cursor);
	assert_int_equal(sw_reader_list_machines(w.reader, 2, cursor, ignore_machine, NULL, &next, NULL),
			 SW_ETOKEN);
	filter.by_status = false;
	/* One digit changed, one cut, one added. */
	for (size_t i = 0; i < strlen(cursor); i++) {
		char digit = cursor[i];
		cursor[i] = digit == '0' ? '1' : '0';
		assert_cursor_refused(&w, &filter, cursor);
		cursor[i] = 'g';
		assert_cursor_refused(&w, &filter, cursor);
		cursor[i] = digit;
	}
	assert_cursor_refused(&w, &filter, cursor + 2);
	assert_cursor_refused(&w, &filter, "InvalidToken");
	char longer[64];
	snprintf(longer, sizeof(longer), "%s0", cursor);
	assert_cursor_refused(&w, &filter, longer);
	assert_int_equal(
		sw_reader_list_executions(w.reader, &filter, 9, cursor, ignore_execution, NULL, &next, NULL),
		SW_OK);
	assert_null(next);
	sw_free(cursor);
	world_done(&w);
}

static void a_page_goes_on_where_it_ended_though_others_start_and_go(void **state)
{
	struct world w;
	struct sw_buf text = SW_BUF;
	char *cursor = NULL, *next = NULL;
	struct sw_key key;
	world_init(&w);
	put_ten_executions(&w);
	assert_int_equal(
		sw_reader_list_executions(w.reader, NULL, 3, NULL, note_execution, &text, &cursor, NULL),
		SW_OK);
	put_execution(&w, "orders", 1, 2000, "newer", SW_STATUS_RUNNING);
	sw_key_execution(&key, 1006); /* where the next page was to start */
	assert_int_equal(sw_batch_delete(w.batch, SW_TABLE_EXECUTIONS, sw_key_slice(&key)), SW_OK);
	world_commit(&w);
	assert_int_equal(
		sw_reader_list_executions(w.reader, NULL, 3, cursor, note_execution, &text, &next, NULL),
		SW_OK);
	assert_string_equal(text.data, "e9 e8 e7 e5 e4 e3 ");
	sw_free(cursor);
	sw_free(next);
	sw_buf_done(&text);
	world_done(&w);
}

/* So that a filter which matches next to nothing does not hold up the loop. */
static void the_work_of_a_page_is_bounded(void **state)
{
	struct world w;
	char *cursor = NULL, *next = NULL;
	struct sw_buf text = SW_BUF;
	world_init(&w);
	put_machine(&w, "orders", 1, 1, SW_MACHINE_ACTIVE);
	put_execution(&w, "orders", 1, 1, "first", SW_STATUS_FAILED);
	begin_execution(&w, "orders", 1, 0, "one-of-many", SW_STATUS_SUCCEEDED);
	for (uint32_t i = 0; i < SW_PAGE_WORK_MAX + 10; i++) {
		w.execution.id = 100 + i;
		put_head(&w, false);
	}
	world_commit(&w);
	struct sw_list_filter filter = {.machine = "orders", .by_status = true, .status = SW_STATUS_FAILED};
	assert_int_equal(
		sw_reader_list_executions(w.reader, &filter, 5, NULL, note_execution, &text, &cursor, NULL),
		SW_OK);
	assert_int_equal(text.len, 0);
	assert_non_null(cursor);
	assert_int_equal(
		sw_reader_list_executions(w.reader, &filter, 5, cursor, note_execution, &text, &next, NULL),
		SW_OK);
	assert_string_equal(text.data, "first ");
	assert_null(next);
	sw_free(cursor);
	sw_buf_done(&text);
	world_done(&w);
}

/* The names of machines that are gone stay in the store. */
static void names_of_machines_that_are_gone_are_passed_over_in_bounded_work(void **state)
{
	struct world w;
	char *cursor = NULL, *next = NULL, name[16];
	struct sw_buf text = SW_BUF;
	world_init(&w);
	put_machine(&w, "a", 1, 1, SW_MACHINE_ACTIVE);
	for (uint32_t i = 0; i < SW_PAGE_WORK_MAX + 10; i++) {
		snprintf(name, sizeof(name), "gone%u", i);
		put_machine(&w, name, 2 + i, 1, SW_MACHINE_DELETED);
	}
	put_machine(&w, "z", 3 * SW_PAGE_WORK_MAX, 1, SW_MACHINE_ACTIVE);
	world_commit(&w);
	assert_int_equal(sw_reader_list_machines(w.reader, 5, NULL, note_machine, &text, &cursor, NULL),
			 SW_OK);
	assert_string_equal(text.data, "a ");
	assert_non_null(cursor);
	assert_int_equal(sw_reader_list_machines(w.reader, 5, cursor, note_machine, &text, &next, NULL),
			 SW_OK);
	assert_string_equal(text.data, "a z ");
	assert_null(next);
	sw_free(cursor);
	sw_buf_done(&text);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machines_are_listed_by_name_without_the_deleted_ones),
		cmocka_unit_test(names_of_machines_that_are_gone_are_passed_over_in_bounded_work),
		cmocka_unit_test(executions_are_listed_newest_first),
		cmocka_unit_test(executions_are_listed_by_status_and_name),
		cmocka_unit_test(executions_of_a_deleted_machine_are_not_listed_under_a_new_one),
		cmocka_unit_test(a_list_of_what_is_no_machine_is_refused),
		cmocka_unit_test(cursors_are_good_for_their_own_list_only),
		cmocka_unit_test(a_page_goes_on_where_it_ended_though_others_start_and_go),
		cmocka_unit_test(the_work_of_a_page_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
