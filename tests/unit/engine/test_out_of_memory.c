/*
 * Every allocation of a reading, of encoding and of decoding fails once: the call tells SW_ENOMEM, nothing
 * leaks, and the next call works. The linker sends malloc and its friends here (-Wl,--wrap).
 */
#include "reader_fixture.h"
#include "tests/lib/failing_malloc.h"

#include <stdlib.h>

/* Runs a body with the first, second, ... allocation failing, until one runs through. */
typedef enum sw_result body_fn(void *user);
static void sweep(body_fn *body, void *user, uint64_t allocations_min)
{
	for (uint64_t i = 1;; i++) {
		failing_malloc_begin((long)i, 1);
		enum sw_result r = body(user);
		bool failed = failing_malloc_end() > 0;
		if (!failed) {
			assert_int_equal(r, SW_OK);
			if (i <= allocations_min)
				fail_msg("only %d allocations were made", (int)i - 1);
			return;
		}
		/* A failure may be benign. */
		assert_true(r == SW_ENOMEM || r == SW_OK);
	}
}

static void ignore_event(void *user, uint32_t id, const char *json, size_t len)
{
}

static void ignore_machine(void *user, const struct sw_machine_info *info)
{
}

static void ignore_execution(void *user, const struct sw_execution_info *info)
{
}

static enum sw_result read_execution(void *user)
{
	struct sw_execution_info info;
	struct sw_error err = {0};
	enum sw_result r = sw_reader_execution(user, HISTORY_ARN, true, &info, &err);
	if (r == SW_OK)
		sw_execution_info_done(&info);
	assert_true(err.code == r);
	return r;
}

static enum sw_result read_machine(void *user)
{
	struct sw_machine_info info;
	struct sw_error err = {0};
	enum sw_result r = sw_reader_machine_of(user, HISTORY_ARN, &info, &err);
	if (r == SW_OK)
		sw_machine_info_done(&info);
	assert_true(err.code == r);
	return r;
}

static enum sw_result read_lists(void *user)
{
	struct sw_list_filter filter = {.machine = "orders", .by_status = true};
	struct sw_error err = {0};
	char *cursor = NULL;
	enum sw_result r =
		sw_reader_list_executions(user, &filter, 2, NULL, ignore_execution, NULL, &cursor, &err);
	if (r == SW_OK) {
		free(cursor);
		cursor = NULL;
		r = sw_reader_list_machines(user, 2, NULL, ignore_machine, NULL, &cursor, &err);
	}
	if (r == SW_OK)
		free(cursor);
	assert_true(err.code == r);
	return r;
}

static enum sw_result read_history(void *user)
{
	uint32_t next_id;
	struct sw_error err = {0};
	enum sw_result r =
		sw_reader_history(user, HISTORY_ARN, 2, 6, false, true, ignore_event, NULL, &next_id, &err);
	if (r == SW_OK)
		r = sw_reader_history(user, HISTORY_ARN, 0, 6, true, true, ignore_event, NULL, &next_id,
				      &err);
	assert_true(err.code == r);
	return r;
}

static void every_reading_survives_any_allocation_that_fails(void **state)
{
	struct world w;
	world_init(&w);
	put_ten_executions(&w);
	put_history(&w, (const uint32_t[]){3, 1, 4, 2}, 4);
	sweep(read_execution, w.reader, 5);
	sweep(read_machine, w.reader, 5);
	sweep(read_lists, w.reader, 15);
	sweep(read_history, w.reader, 15);
	world_done(&w);
}

/* The values of each turn are new: a failed encoding leaves an execution that is to be given up. */
static enum sw_result write_and_read(void *user)
{
	struct fixture *f = user;
	struct sw_branch *branch = NULL, *back = NULL;
	struct sw_value *values[3] = {0};
	enum sw_result r = SW_ENOMEM;
	fixture_reload(f);
	sw_buf_done(&f->out);
	sw_batch_reset(f->batch);
	f->execution.next_value = 0;
	branch = sw_branch_new();
	values[0] = sw_value_from_checked("{\"a\":1}", 7);
	values[1] = sw_value_from_tree_new(json_pack("[i,s]", 5, "a text that makes it a little longer"));
	char text[700];
	memset(text, '7', sizeof(text));
	values[2] = sw_value_from_checked(text, sizeof(text));
	if (branch && values[0] && values[1] && values[2]) {
		branch->state = &f->states[1];
		branch->input = sw_value_ref(values[0]);
		branch->work = sw_value_ref(values[1]);
		branch->items = sw_value_ref(values[2]);
		branch->retrier_counts = sw_zalloc_array(2, sizeof(uint32_t));
		branch->item_key = sw_strdup("a key");
		r = branch->retrier_counts && branch->item_key
			    ? sw_variables_add(&branch->variables, "x", values[2])
			    : SW_ENOMEM;
		if (r == SW_OK)
			r = sw_branch_encode(&f->writer, branch, &f->out);
	}
	if (r == SW_OK)
		r = sw_branch_decode(fixture_bytes(f), &f->machine, &f->loader, &back, NULL);
	sw_branch_free(branch);
	sw_branch_free(back);
	for (size_t i = 0; i < 3; i++)
		sw_value_unref(values[i]);
	return r;
}

static enum sw_result write_machine(void *user)
{
	struct sw_machine_record record = {
		.name = (char *)(uintptr_t) "n",
		.revision_id = (char *)(uintptr_t) "r",
		.role_arn = (char *)(uintptr_t) "a",
		.logging_json = (char *)(uintptr_t) "{}",
		.tracing_json = (char *)(uintptr_t) "{}",
		.definition = (char *)(uintptr_t) "{}",
		.definition_len = 2,
	};
	struct sw_machine_record back;
	struct sw_buf out = SW_BUF;
	enum sw_result r = sw_machine_record_encode(&record, &out);
	if (r == SW_OK)
		r = sw_machine_record_decode(sw_slice(out.data, out.len), &back, NULL);
	if (r == SW_OK)
		sw_machine_record_done(&back);
	sw_buf_done(&out);
	return r;
}

/* So many different names that the table of what was written grows: where it cannot, names are written again.
 */
static enum sw_result write_long_chunk(void *user)
{
	enum { COUNT = 60 };
	struct fixture *f = user;
	static char names[COUNT][16];
	static struct sw_history_event events[COUNT];
	struct sw_history_chunk chunk;
	struct sw_history_event event;
	for (uint32_t i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "state number %u", i % 50);
		events[i] = (struct sw_history_event){
			.id = i + 1, .previous_id = i, .type = SW_HISTORY_PASS_ENTERED, .details_count = 1};
		events[i].details[0] = (struct sw_history_detail){.field = SW_FIELD_NAME, .text = names[i]};
	}
	sw_buf_done(&f->out);
	enum sw_result r = sw_history_encode(&f->writer, events, COUNT, &f->out);
	if (r == SW_OK)
		r = sw_history_chunk_open(fixture_bytes(f), &chunk, NULL);
	for (uint32_t i = 0; r == SW_OK && i < COUNT; i++) {
		r = sw_history_chunk_next(&chunk, &f->loader, &event, NULL);
		if (r == SW_OK) {
			assert_string_equal(event.details[0].text, names[i]);
			sw_history_event_done(&event);
		}
	}
	return r;
}

static void every_codec_survives_any_allocation_that_fails(void **state)
{
	struct fixture f;
	fixture_init(&f);
	sweep(write_and_read, &f, 12);
	sweep(write_machine, &f, 7);
	sweep(write_long_chunk, &f, 62);
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reading_survives_any_allocation_that_fails),
		cmocka_unit_test(every_codec_survives_any_allocation_that_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
