/* Chunks of history: what is written comes back, damage is refused, and nothing is written twice. */
#include "records_fixture.h"

#include <stdlib.h>

static const struct {
	enum sw_history_type type;
	uint32_t details_count;
	enum sw_history_field fields[4];
} shapes[] = {
	{SW_HISTORY_EXECUTION_STARTED, 2, {SW_FIELD_INPUT, SW_FIELD_ROLE_ARN}},
	{SW_HISTORY_PASS_ENTERED, 2, {SW_FIELD_NAME, SW_FIELD_INPUT}},
	{SW_HISTORY_PASS_EXITED, 3, {SW_FIELD_NAME, SW_FIELD_OUTPUT, SW_FIELD_ASSIGNED_VARIABLES}},
	{SW_HISTORY_TASK_SCHEDULED,
	 4,
	 {SW_FIELD_RESOURCE_TYPE, SW_FIELD_RESOURCE, SW_FIELD_PARAMETERS, SW_FIELD_TIMEOUT_SECONDS}},
	{SW_HISTORY_TASK_FAILED, 3, {SW_FIELD_RESOURCE, SW_FIELD_ERROR, SW_FIELD_CAUSE}},
	{SW_HISTORY_PARALLEL_STARTED, 0, {SW_FIELD_INPUT}},
	{SW_HISTORY_ITERATION_STARTED, 2, {SW_FIELD_NAME, SW_FIELD_INDEX}},
};

static bool is_text(enum sw_history_field field)
{
	return field == SW_FIELD_ROLE_ARN || field == SW_FIELD_NAME || field == SW_FIELD_RESOURCE_TYPE ||
	       field == SW_FIELD_RESOURCE || field == SW_FIELD_ERROR || field == SW_FIELD_CAUSE;
}

static bool is_integer(enum sw_history_field field)
{
	return field == SW_FIELD_TIMEOUT_SECONDS || field == SW_FIELD_INDEX;
}

static void random_event(struct sw_history_event *event, uint32_t *id, int64_t *time_ms, struct sw_rng *rng,
			 struct sw_value *shared)
{
	size_t shape = sw_rng_below(rng, sizeof(shapes) / sizeof(shapes[0]));
	*id += 1 + (sw_rng_below(rng, 20) == 0 ? (uint32_t)sw_rng_below(rng, 1000) : 0);
	*time_ms += (int64_t)sw_rng_below(rng, 3) - (*time_ms > 10);
	*event = (struct sw_history_event){
		.id = *id,
		.previous_id = sw_rng_below(rng, 4) ? *id - 1 : (uint32_t)sw_rng_below(rng, *id),
		.type = shapes[shape].type,
		.time_ms = *time_ms,
		.details_count = shapes[shape].details_count,
	};
	for (uint32_t i = 0; i < event->details_count; i++) {
		struct sw_history_detail *detail = &event->details[i];
		detail->field = shapes[shape].fields[i];
		if (is_integer(detail->field))
			detail->integer = (int64_t)sw_rng_next(rng);
		else if (is_text(detail->field))
			detail->text = sw_asprintf("text %d", (int)sw_rng_below(rng, 5));
		else if (sw_rng_below(rng, 2) || !(detail->value = random_value(rng)))
			detail->value = sw_value_ref(shared);
	}
}

static void assert_same_event(const struct sw_history_event *a, const struct sw_history_event *b)
{
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->previous_id, b->previous_id);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->time_ms, b->time_ms);
	assert_int_equal(a->details_count, b->details_count);
	for (uint32_t i = 0; i < a->details_count; i++) {
		assert_int_equal(a->details[i].field, b->details[i].field);
		assert_int_equal(a->details[i].integer, b->details[i].integer);
		assert_same_text(a->details[i].text, b->details[i].text);
		assert_same_value(a->details[i].value, b->details[i].value);
	}
}

static void assert_chunk(struct fixture *f, const struct sw_history_event *events, uint32_t count)
{
	struct sw_history_chunk chunk;
	struct sw_history_event event;
	struct sw_error err = {0};
	assert_int_equal(sw_history_chunk_open(fixture_bytes(f), &chunk, &err), SW_OK);
	assert_int_equal(chunk.next_id, events[0].id);
	assert_int_equal(chunk.left, count);
	for (uint32_t i = 0; i < count; i++) {
		if (sw_history_chunk_next(&chunk, &f->loader, &event, &err) != SW_OK)
			fail_msg("event %u: %s", i, err.text);
		assert_same_event(&events[i], &event);
		sw_history_event_done(&event);
	}
	assert_int_equal(sw_history_chunk_next(&chunk, &f->loader, &event, &err), SW_ENOENT);
	assert_int_equal(err.code, SW_OK);
}

static void any_chunk_of_history_comes_back_as_it_was_written(void **state)
{
	struct fixture f;
	struct sw_rng rng = sw_rng(99);
	struct sw_history_event events[120];
	fixture_init(&f);
	for (int turn = 0; turn < 150; turn++) {
		struct sw_value *shared = fixture_value("{\"shared\":\"by many events\"}");
		uint32_t id = (uint32_t)sw_rng_below(&rng, 20000),
			 count = 1 + (uint32_t)sw_rng_below(&rng, 120);
		int64_t time_ms = (int64_t)sw_rng_below(&rng, 1700000000000);
		for (uint32_t i = 0; i < count; i++)
			random_event(&events[i], &id, &time_ms, &rng, shared);
		sw_buf_reset(&f.out);
		assert_int_equal(sw_history_encode(&f.writer, events, count, &f.out), SW_OK);
		assert_chunk(&f, events, count);
		for (uint32_t i = 0; i < count; i++)
			sw_history_event_done(&events[i]);
		sw_value_unref(shared);
	}
	fixture_done(&f);
}

/* Reads all events of a chunk, then all without values: both must agree. */
static enum sw_result decode_history(void *user, struct sw_slice bytes)
{
	struct fixture *f = user;
	struct sw_history_chunk chunk, again;
	struct sw_history_event event;
	struct sw_error err = {0};
	fixture_reload(f);
	enum sw_result r = sw_history_chunk_open(bytes, &chunk, &err);
	again = chunk;
	uint32_t count = 0;
	while (r == SW_OK && (r = sw_history_chunk_next(&chunk, &f->loader, &event, &err)) == SW_OK) {
		struct sw_history_event skipped;
		assert_int_equal(sw_history_chunk_next(&again, NULL, &skipped, NULL), SW_OK);
		assert_int_equal(event.id, skipped.id);
		sw_history_event_done(&skipped);
		/* What was read is sound: it can be printed. */
		sw_buf_reset(&f->out);
		assert_int_equal(sw_history_event_print(&event, true, &f->out), SW_OK);
		sw_history_event_done(&event);
		count++;
	}
	if (r == SW_ENOENT) {
		assert_true(count > 0);
		return SW_OK;
	}
	assert_int_equal(err.code, r);
	return r;
}

static void a_damaged_chunk_of_history_is_refused(void **state)
{
	struct fixture f;
	struct sw_rng rng = sw_rng(5);
	struct sw_history_event events[12];
	struct sw_buf record = SW_BUF;
	struct sw_value *shared = fixture_value("{\"shared\":\"by many events\"}");
	fixture_init(&f);
	uint32_t id = 0;
	int64_t time_ms = 1700000000000;
	for (uint32_t i = 0; i < 12; i++)
		random_event(&events[i], &id, &time_ms, &rng, shared);
	assert_int_equal(sw_history_encode(&f.writer, events, 12, &record), SW_OK);
	fixture_damage(sw_slice(record.data, record.len), decode_history, &f);
	fixture_assert_newer_refused(sw_slice(record.data, record.len), decode_history, &f);
	for (uint32_t i = 0; i < 12; i++)
		sw_history_event_done(&events[i]);
	sw_value_unref(shared);
	sw_buf_done(&record);
	fixture_done(&f);
}

/* One event with texts and values that the test owns. */
static void set_event(struct sw_history_event *event, uint32_t id, uint32_t previous_id,
		      enum sw_history_type type)
{
	*event = (struct sw_history_event){
		.id = id, .previous_id = previous_id, .type = type, .time_ms = 1700000000000};
}

static void add_text(struct sw_history_event *event, enum sw_history_field field, const char *text)
{
	event->details[event->details_count++] =
		(struct sw_history_detail){.field = field, .text = (char *)(uintptr_t)text};
}

static void add_value(struct sw_history_event *event, enum sw_history_field field, struct sw_value *value)
{
	event->details[event->details_count++] = (struct sw_history_detail){.field = field, .value = value};
}

static void a_payload_and_a_name_are_written_once_in_a_chunk(void **state)
{
	struct fixture f;
	struct sw_history_event events[200];
	struct sw_value *value = fixture_long_value(300, 'p'), *equal = fixture_long_value(300, 'p');
	fixture_init(&f);
	for (uint32_t i = 0; i < 200; i++) {
		set_event(&events[i], i + 1, i, i % 2 ? SW_HISTORY_PASS_EXITED : SW_HISTORY_PASS_ENTERED);
		add_text(&events[i], SW_FIELD_NAME, "A state with quite a long name");
		add_value(&events[i], i % 2 ? SW_FIELD_OUTPUT : SW_FIELD_INPUT, i % 3 ? value : equal);
	}
	assert_int_equal(sw_history_encode(&f.writer, events, 200, &f.out), SW_OK);
	/* Two bytes of event, one and at most three for each detail. */
	assert_true(f.out.len < 400 + 200 * 10);
	assert_chunk(&f, events, 200);
	sw_value_unref(value);
	sw_value_unref(equal);
	fixture_done(&f);
}

static void many_different_payloads_in_a_chunk_stay_apart(void **state)
{
	enum { COUNT = 1500 };
	struct fixture f;
	struct sw_history_event *events = calloc(COUNT, sizeof(*events));
	struct sw_value *values[COUNT];
	char text[64];
	fixture_init(&f);
	assert_non_null(events);
	for (uint32_t i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "{\"number\":%u}", i % 700);
		values[i] = fixture_value(text);
		set_event(&events[i], i + 1, i, SW_HISTORY_PASS_ENTERED);
		add_value(&events[i], SW_FIELD_INPUT, values[i]);
	}
	assert_int_equal(sw_history_encode(&f.writer, events, COUNT, &f.out), SW_OK);
	assert_chunk(&f, events, COUNT);
	for (uint32_t i = 0; i < COUNT; i++)
		sw_value_unref(values[i]);
	free(events);
	fixture_done(&f);
}

/* What is left of an execution start, Pass, Succeed on disk, keys included; pages of the store add to it. */
static void an_execution_of_a_pass_and_a_succeed_takes_little_more_than_its_payload_twice(void **state)
{
	struct fixture f;
	struct sw_history_event events[6];
	struct sw_value *value = fixture_long_value(300, 'p');
	fixture_init(&f);
	fixture_sample(&f, NULL);
	sw_value_unref(f.execution.input);
	f.execution.input = sw_value_ref(value);
	f.execution.output = sw_value_ref(value);
	set_event(&events[0], 1, 0, SW_HISTORY_EXECUTION_STARTED);
	add_value(&events[0], SW_FIELD_INPUT, value);
	add_text(&events[0], SW_FIELD_ROLE_ARN, f.execution.role_arn);
	static const enum sw_history_type types[] = {SW_HISTORY_PASS_ENTERED, SW_HISTORY_PASS_EXITED,
						     SW_HISTORY_SUCCEED_ENTERED, SW_HISTORY_SUCCEED_EXITED};
	for (uint32_t i = 0; i < 4; i++) {
		set_event(&events[i + 1], i + 2, i ? i + 1 : 0, types[i]);
		add_text(&events[i + 1], SW_FIELD_NAME, i < 2 ? "Prepare the order" : "Done");
		add_value(&events[i + 1], i % 2 ? SW_FIELD_OUTPUT : SW_FIELD_INPUT, value);
	}
	set_event(&events[5], 6, 5, SW_HISTORY_EXECUTION_SUCCEEDED);
	add_value(&events[5], SW_FIELD_OUTPUT, value);
	assert_int_equal(sw_history_encode(&f.writer, events, 6, &f.out), SW_OK);
	size_t bytes = f.out.len + 12;
	sw_buf_reset(&f.out);
	assert_int_equal(sw_head_encode(&f.writer, &f.execution, &f.out), SW_OK);
	bytes += f.out.len + 8;
	if (bytes > 2 * 300 + 320)
		fail_msg("%zu bytes", bytes);
	sw_value_unref(value);
	fixture_sample_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_chunk_of_history_comes_back_as_it_was_written),
		cmocka_unit_test(a_damaged_chunk_of_history_is_refused),
		cmocka_unit_test(a_payload_and_a_name_are_written_once_in_a_chunk),
		cmocka_unit_test(many_different_payloads_in_a_chunk_stay_apart),
		cmocka_unit_test(
			an_execution_of_a_pass_and_a_succeed_takes_little_more_than_its_payload_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
