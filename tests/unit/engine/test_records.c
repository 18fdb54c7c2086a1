/* Records of machines, executions and branches, and values: what is written comes back, damage is refused. */
#include "records_fixture.h"

#include "engine/record.h"

/* ---- machines ------------------------------------------------------------------------------------- */

static struct sw_machine_record sample_machine(void)
{
	return (struct sw_machine_record){
		.name = (char *)(uintptr_t) "orders",
		.revision_id = (char *)(uintptr_t) "f4a7",
		.role_arn = (char *)(uintptr_t) "arn:aws:iam::123456789012:role/stepwell",
		.number = 7,
		.revision = 3,
		.status = SW_MACHINE_DELETING,
		.type = SW_TYPE_EXPRESS,
		.creation_ms = 1700000000123,
		.update_ms = 1700000009999,
		.definition = (char *)(uintptr_t) "{\"StartAt\":\"A\"}",
		.definition_len = 15,
	};
}

static void assert_same_machine(const struct sw_machine_record *a, const struct sw_machine_record *b)
{
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->revision_id, b->revision_id);
	assert_string_equal(a->role_arn, b->role_arn);
	assert_same_text(a->logging_json, b->logging_json);
	assert_same_text(a->tracing_json, b->tracing_json);
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->revision, b->revision);
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->creation_ms, b->creation_ms);
	assert_int_equal(a->update_ms, b->update_ms);
	assert_int_equal(a->definition_len, b->definition_len);
	assert_memory_equal(a->definition, b->definition, a->definition_len);
}

static enum sw_result decode_machine(void *user, struct sw_slice bytes)
{
	struct sw_machine_record record;
	struct sw_buf again = SW_BUF;
	struct sw_error err = {0};
	enum sw_result r = sw_machine_record_decode(bytes, &record, &err);
	assert_int_equal(err.code, r);
	if (r < 0)
		return r;
	/* What was read is sound: it can be written. */
	assert_int_equal(sw_machine_record_encode(&record, &again), SW_OK);
	sw_buf_done(&again);
	sw_machine_record_done(&record);
	return SW_OK;
}

static void a_machine_record_comes_back_as_it_was_written(void **state)
{
	struct sw_machine_record record = sample_machine(), back;
	struct sw_buf out = SW_BUF;
	assert_int_equal(sw_machine_record_encode(&record, &out), SW_OK);
	assert_int_equal(sw_machine_record_decode(sw_slice(out.data, out.len), &back, NULL), SW_OK);
	assert_same_machine(&record, &back);
	assert_null(back.logging_json);
	sw_machine_record_done(&back);
	sw_buf_reset(&out);
	record.logging_json = (char *)(uintptr_t) "{\"level\":\"OFF\"}";
	record.tracing_json = (char *)(uintptr_t) "";
	assert_int_equal(sw_machine_record_encode(&record, &out), SW_OK);
	assert_int_equal(sw_machine_record_decode(sw_slice(out.data, out.len), &back, NULL), SW_OK);
	assert_same_machine(&record, &back);
	sw_machine_record_done(&back);
	sw_buf_done(&out);
}

static void a_damaged_machine_record_is_refused(void **state)
{
	struct sw_machine_record record = sample_machine();
	struct sw_buf out = SW_BUF;
	record.logging_json = (char *)(uintptr_t) "{}";
	assert_int_equal(sw_machine_record_encode(&record, &out), SW_OK);
	fixture_damage(sw_slice(out.data, out.len), decode_machine, NULL);
	fixture_assert_newer_refused(sw_slice(out.data, out.len), decode_machine, NULL);
	sw_buf_done(&out);
}

static void a_refused_record_says_what_is_wrong(void **state)
{
	struct sw_machine_record record = sample_machine(), back;
	struct sw_buf out = SW_BUF;
	struct sw_error err = {0};
	assert_int_equal(sw_machine_record_encode(&record, &out), SW_OK);
	out.data[2] ^= 1;
	assert_int_equal(sw_machine_record_decode(sw_slice(out.data, out.len), &back, &err), SW_ECORRUPT);
	assert_string_equal(err.text, "damaged machine record: its checksum is wrong");
	out.data[0] = 9;
	fixture_seal((uint8_t *)out.data, out.len);
	sw_error_clear(&err);
	assert_int_equal(sw_machine_record_decode(sw_slice(out.data, out.len), &back, &err), SW_EVERSION);
	assert_string_equal(err.text, "machine record of format 9; this program reads up to 1");
	sw_buf_done(&out);
}

/* ---- heads ------------------------------------------------------------------------------------------ */

static void assert_same_head(const struct sw_execution *x, const struct sw_head *head)
{
	assert_string_equal(x->name, head->name);
	assert_string_equal(x->machine_name, head->machine_name);
	assert_same_text(x->role_arn, head->role_arn);
	assert_same_text(x->trace_header, head->trace_header);
	assert_same_text(x->test_case, head->test_case);
	assert_same_text(x->failure.error, head->error);
	assert_same_text(x->failure.cause, head->cause);
	assert_int_equal(x->id, head->id);
	assert_int_equal(x->machine_number, head->machine_number);
	assert_int_equal(x->machine_revision, head->machine_revision);
	assert_int_equal(x->status, head->status);
	assert_int_equal(x->start_ms, head->start_ms);
	assert_int_equal(x->stop_ms, head->stop_ms);
	assert_int_equal(x->timeout_due_ms, head->timeout_due_ms);
	assert_int_equal(x->next_event_id, head->next_event_id);
	assert_int_equal(x->next_branch, head->next_branch);
	assert_int_equal(x->next_value, head->next_value);
	assert_int_equal(x->redrive_count, head->redrive_count);
	assert_int_equal(x->redrive_ms, head->redrive_ms);
	assert_int_equal(x->redrive_tokens.count, head->redrive_tokens.count);
	for (uint32_t i = 0; i < head->redrive_tokens.count; i++) {
		assert_string_equal(x->redrive_tokens.list[i].token, head->redrive_tokens.list[i].token);
		assert_int_equal(x->redrive_tokens.list[i].time_ms, head->redrive_tokens.list[i].time_ms);
	}
	assert_int_equal(head->mock_counts_count, x->mock_counts ? x->machine->states_count : 0);
	for (uint32_t i = 0; i < head->mock_counts_count; i++)
		assert_int_equal(x->mock_counts[i], head->mock_counts[i]);
}

/* A step counts on from what it reads. */
static void a_head_whose_counters_cannot_be_is_damaged(void **state)
{
	static const uint32_t events[] = {0, UINT32_MAX, 5, 5}, branches[] = {1, 1, UINT32_MAX, 1},
			      values[] = {0, 0, 0, UINT32_MAX};
	for (size_t i = 0; i < 4; i++) {
		struct fixture f;
		struct sw_head head;
		char name[] = "m";
		fixture_init(&f);
		f.execution.name = f.execution.machine_name = name;
		f.execution.next_event_id = events[i];
		f.execution.next_branch = branches[i];
		f.execution.next_value = values[i];
		assert_int_equal(sw_head_encode(&f.writer, &f.execution, &f.out), SW_OK);
		assert_int_equal(sw_head_decode(fixture_bytes(&f), f.execution.id, NULL, false, &head, NULL),
				 SW_ECORRUPT);
		fixture_done(&f);
	}
}

static void a_head_comes_back_as_it_was_written(void **state)
{
	struct fixture f;
	struct sw_head head;
	uint32_t mock_counts[4] = {0, 3, 4000000000u, 1};
	fixture_init(&f);
	fixture_sample(&f, mock_counts);
	f.execution.output = fixture_long_value(SW_VALUE_INLINE_BYTES_MAX + 1, 'x');
	assert_int_equal(sw_head_encode(&f.writer, &f.execution, &f.out), SW_OK);
	/* The output took a number, and the head knows. */
	assert_int_equal(f.execution.next_value, 1);
	assert_int_equal(sw_head_decode(fixture_bytes(&f), FIXTURE_ID, &f.loader, true, &head, NULL), SW_OK);
	assert_same_head(&f.execution, &head);
	assert_same_value(f.execution.input, head.input);
	assert_same_value(f.execution.output, head.output);
	sw_head_done(&head);
	fixture_sample_done(&f);
}

static void a_head_with_too_many_tokens_is_damaged(void **state)
{
	struct fixture f;
	struct sw_head head;
	struct sw_redrive_token many[SW_REDRIVE_TOKENS_MAX + 1];
	fixture_init(&f);
	fixture_sample(&f, NULL);
	for (size_t i = 0; i < SW_REDRIVE_TOKENS_MAX + 1; i++)
		many[i] = f.execution.redrive_tokens.list[0];
	f.execution.redrive_tokens = (struct sw_redrive_tokens){many, SW_REDRIVE_TOKENS_MAX + 1};
	assert_int_equal(sw_head_encode(&f.writer, &f.execution, &f.out), SW_OK);
	assert_int_equal(sw_head_decode(fixture_bytes(&f), FIXTURE_ID, &f.loader, true, &head, NULL),
			 SW_ECORRUPT);
	fixture_sample_done(&f);
}

static void a_head_of_a_running_execution_has_no_end(void **state)
{
	struct fixture f;
	struct sw_head head;
	fixture_init(&f);
	f.execution.name = (char *)(uintptr_t) "n";
	f.execution.machine_name = (char *)(uintptr_t) "m";
	f.execution.start_ms = 1;
	f.execution.next_event_id = 1;
	assert_int_equal(sw_head_encode(&f.writer, &f.execution, &f.out), SW_OK);
	assert_true(f.out.len < 40);
	assert_int_equal(sw_head_decode(fixture_bytes(&f), FIXTURE_ID, &f.loader, true, &head, NULL), SW_OK);
	assert_same_head(&f.execution, &head);
	assert_null(head.input);
	assert_null(head.output);
	sw_head_done(&head);
	fixture_sample_done(&f);
}

static void a_head_is_read_without_values_and_without_a_loader(void **state)
{
	struct fixture f;
	struct sw_head head;
	fixture_init(&f);
	fixture_sample(&f, NULL);
	f.execution.output = fixture_long_value(SW_VALUE_INLINE_BYTES_MAX + 1, 'x');
	assert_int_equal(sw_head_encode(&f.writer, &f.execution, &f.out), SW_OK);
	assert_int_equal(sw_head_decode(fixture_bytes(&f), FIXTURE_ID, NULL, false, &head, NULL), SW_OK);
	assert_same_head(&f.execution, &head);
	assert_null(head.input);
	assert_null(head.output);
	sw_head_done(&head);
	fixture_sample_done(&f);
}

static enum sw_result decode_head(void *user, struct sw_slice bytes)
{
	struct fixture *f = user;
	struct sw_head head;
	struct sw_error err = {0};
	fixture_reload(f);
	enum sw_result r = sw_head_decode(bytes, FIXTURE_ID, &f->loader, true, &head, &err);
	assert_int_equal(err.code, r);
	if (r == SW_OK)
		sw_head_done(&head);
	return r;
}

static void a_damaged_head_is_refused(void **state)
{
	struct fixture f;
	uint32_t mock_counts[4] = {0, 3, 400, 1};
	fixture_init(&f);
	fixture_sample(&f, mock_counts);
	f.execution.output = fixture_long_value(SW_VALUE_INLINE_BYTES_MAX + 1, 'x');
	assert_int_equal(sw_head_encode(&f.writer, &f.execution, &f.out), SW_OK);
	fixture_damage(fixture_bytes(&f), decode_head, &f);
	fixture_assert_newer_refused(fixture_bytes(&f), decode_head, &f);
	fixture_sample_done(&f);
}

/* ---- branches ---------------------------------------------------------------------------------------- */

static void assert_same_attempt(const struct sw_branch *a, const struct sw_branch *b)
{
	assert_int_equal(a->attempt, b->attempt);
	assert_memory_equal(a->token, b->token, sizeof(a->token));
	assert_int_equal(a->dispatchable, b->dispatchable);
	assert_int_equal(a->submitted, b->submitted);
	assert_int_equal(a->started, b->started);
	assert_int_equal(a->timeout_due_ms, b->timeout_due_ms);
	assert_int_equal(a->heartbeat_due_ms, b->heartbeat_due_ms);
	assert_int_equal(a->heartbeat_ms, b->heartbeat_ms);
	assert_int_equal(a->mock_index, b->mock_index);
}

static void assert_same_branch(const struct sw_branch *a, const struct sw_branch *b)
{
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->parent, b->parent);
	assert_int_equal(a->index, b->index);
	assert_ptr_equal(a->state, b->state);
	assert_int_equal(a->wait, b->wait);
	assert_int_equal(a->phase, b->phase);
	assert_int_equal(a->entered_id, b->entered_id);
	if (sw_branch_has_just_entered(a))
		assert_int_equal(a->approached_id, b->approached_id);
	assert_int_equal(a->entered_ms, b->entered_ms);
	assert_int_equal(a->previous_id, b->previous_id);
	assert_int_equal(a->due_ms, b->due_ms);
	assert_same_value(a->input, b->input);
	assert_same_value(a->work, b->work);
	assert_int_equal(a->variables.count, b->variables.count);
	for (uint32_t i = 0; i < a->variables.count; i++) {
		assert_string_equal(a->variables.list[i].name, b->variables.list[i].name);
		assert_same_value(a->variables.list[i].value, b->variables.list[i].value);
	}
	assert_int_equal(a->retry_count, b->retry_count);
	assert_int_equal(a->retrier_counts != NULL, b->retrier_counts != NULL);
	for (uint32_t i = 0; a->retrier_counts && i < a->state->retriers_count; i++)
		assert_int_equal(a->retrier_counts[i], b->retrier_counts[i]);
	assert_same_text(a->failure.error, b->failure.error);
	assert_same_text(a->failure.cause, b->failure.cause);
	assert_same_attempt(a, b);
	assert_int_equal(a->length, b->length);
	assert_int_equal(a->next_index, b->next_index);
	assert_int_equal(a->running, b->running);
	assert_int_equal(a->finished, b->finished);
	assert_int_equal(a->concurrency_max, b->concurrency_max);
	assert_int_equal(a->tolerated_max, b->tolerated_max);
	assert_int_equal(a->failed, b->failed);
	assert_same_value(a->items, b->items);
	assert_same_value(a->item, b->item);
	assert_same_text(a->item_key, b->item_key);
}

static char *random_text(struct sw_rng *rng)
{
	static const char *const texts[] = {"", "x", "States.Timeout", "the same words again and again"};
	uint64_t which = sw_rng_below(rng, 6);
	return which < 4 ? sw_strdup(texts[which]) : NULL;
}

/* Small, large, or the greatest. */
static uint32_t random_u32(struct sw_rng *rng)
{
	switch (sw_rng_below(rng, 4)) {
	case 0:
		return 0;
	case 1:
		return (uint32_t)sw_rng_below(rng, 100);
	case 2:
		return (uint32_t)sw_rng_next(rng);
	default:
		return UINT32_MAX;
	}
}

static int64_t random_time(struct sw_rng *rng)
{
	uint64_t which = sw_rng_below(rng, 4);
	if (which == 0)
		return SW_NEVER;
	return which == 1 ? (int64_t)sw_rng_next(rng) / 1024
			  : 1700000000000 + (int64_t)sw_rng_below(rng, 1000000);
}

static void randomise_waiting(struct sw_branch *branch, struct sw_rng *rng)
{
	if (sw_rng_below(rng, 2)) {
		branch->attempt = random_u32(rng);
		for (size_t i = 0; i < sizeof(branch->token); i++)
			branch->token[i] = (uint8_t)sw_rng_next(rng);
		branch->dispatchable = sw_rng_below(rng, 2);
		branch->submitted = sw_rng_below(rng, 2);
		branch->started = sw_rng_below(rng, 2);
		branch->timeout_due_ms = random_time(rng);
		branch->heartbeat_due_ms = random_time(rng);
		branch->heartbeat_ms = (int64_t)sw_rng_below(rng, 1000000);
		branch->mock_index = (uint32_t)sw_rng_below(rng, 3);
	}
	if (sw_rng_below(rng, 2)) {
		branch->length = random_u32(rng);
		branch->next_index = random_u32(rng);
		branch->running = random_u32(rng);
		branch->finished = random_u32(rng);
		branch->concurrency_max = random_u32(rng);
		branch->tolerated_max = random_u32(rng);
		branch->failed = random_u32(rng);
		branch->items = random_value(rng);
	}
	if (sw_rng_below(rng, 2)) {
		branch->item = random_value(rng);
		branch->item_key = random_text(rng);
	}
}

static struct sw_branch *random_branch(const struct sw_machine *machine, struct sw_rng *rng)
{
	struct sw_branch *branch = sw_branch_new();
	assert_non_null(branch);
	branch->number = (uint32_t)sw_rng_below(rng, 5000);
	if (branch->number > 0 && sw_rng_below(rng, 2))
		branch->parent = (uint32_t)sw_rng_below(rng, branch->number);
	branch->index = random_u32(rng);
	branch->state = &machine->states[sw_rng_below(rng, machine->states_count)];
	branch->wait = (enum sw_branch_wait)sw_rng_below(rng, SW_BRANCH_HELD + 1);
	branch->phase = (uint8_t)sw_rng_next(rng);
	branch->entered_id = random_u32(rng);
	branch->previous_id = sw_rng_below(rng, 2) ? branch->entered_id : random_u32(rng);
	branch->approached_id = random_u32(rng);
	branch->entered_ms = (int64_t)sw_rng_next(rng) / 1024;
	branch->due_ms = random_time(rng);
	branch->input = random_value(rng);
	/* Often the same: it is then written once. */
	branch->work = sw_rng_below(rng, 2) ? sw_value_ref(branch->input) : random_value(rng);
	static const char *const names[] = {"a", "b", "longer", "\xC3\xA9"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct sw_value *value = sw_rng_below(rng, 2) ? random_value(rng) : NULL;
		if (value)
			assert_int_equal(sw_variables_add(&branch->variables, names[i], value), SW_OK);
		sw_value_unref(value);
	}
	if (sw_rng_below(rng, 2)) {
		branch->retry_count = random_u32(rng);
		branch->failure = (struct sw_failure){random_text(rng), random_text(rng)};
	}
	if (branch->state->retriers_count && sw_rng_below(rng, 2)) {
		branch->retrier_counts = sw_zalloc_array(branch->state->retriers_count, sizeof(uint32_t));
		assert_non_null(branch->retrier_counts);
		for (uint32_t i = 0; i < branch->state->retriers_count; i++)
			branch->retrier_counts[i] = random_u32(rng);
	}
	randomise_waiting(branch, rng);
	return branch;
}

static void a_new_branch_is_small_and_comes_back(void **state)
{
	struct fixture f;
	struct sw_branch *back, *branch = sw_branch_new();
	fixture_init(&f);
	branch->state = &f.states[0];
	branch->entered_ms = 1700000000000;
	branch->input = fixture_value("{}");
	branch->dirty = true;
	assert_int_equal(sw_branch_encode(&f.writer, branch, &f.out), SW_OK);
	assert_true(f.out.len <= 30);
	assert_int_equal(sw_branch_decode(fixture_bytes(&f), &f.machine, &f.loader, &back, NULL), SW_OK);
	assert_same_branch(branch, back);
	sw_branch_free(branch);
	sw_branch_free(back);
	fixture_done(&f);
}

static void a_branch_that_was_read_is_known_to_be_on_disk_with_its_timers(void **state)
{
	struct fixture f;
	struct sw_branch *back, *branch = sw_branch_new();
	fixture_init(&f);
	branch->state = &f.states[1];
	branch->wait = SW_BRANCH_TASK;
	branch->attempt = 1;
	branch->dispatchable = true;
	branch->due_ms = 5000;
	branch->dirty = true;
	branch->queued = true;
	assert_int_equal(sw_branch_encode(&f.writer, branch, &f.out), SW_OK);
	assert_int_equal(sw_branch_decode(fixture_bytes(&f), &f.machine, &f.loader, &back, NULL), SW_OK);
	assert_true(back->on_disk);
	assert_false(back->dirty);
	assert_false(back->queued);
	assert_true(back->stored_in_flight);
	assert_int_equal(back->stored_due_ms, 5000);
	sw_branch_free(back);
	/* Submitted for a callback: nothing is to be delivered again. */
	sw_buf_reset(&f.out);
	branch->dispatchable = false;
	branch->due_ms = SW_NEVER;
	assert_int_equal(sw_branch_encode(&f.writer, branch, &f.out), SW_OK);
	assert_int_equal(sw_branch_decode(fixture_bytes(&f), &f.machine, &f.loader, &back, NULL), SW_OK);
	assert_false(back->stored_in_flight);
	assert_int_equal(back->stored_due_ms, SW_NEVER);
	sw_branch_free(branch);
	sw_branch_free(back);
	fixture_done(&f);
}

/* A task in its activity's queue is nowhere else. */
static void a_branch_in_a_queue_knows_its_place(void **state)
{
	struct fixture f;
	struct sw_branch *back, *branch = sw_branch_new();
	fixture_init(&f);
	f.states[1].as.task.kind = SW_RESOURCE_ACTIVITY;
	branch->state = &f.states[1];
	branch->wait = SW_BRANCH_TASK;
	branch->entered_ms = 1700000000000;
	branch->attempt = 3;
	branch->dispatchable = branch->in_queue = true;
	assert_int_equal(sw_branch_encode(&f.writer, branch, &f.out), SW_OK);
	assert_int_equal(sw_branch_decode(fixture_bytes(&f), &f.machine, &f.loader, &back, NULL), SW_OK);
	assert_true(back->in_queue && back->dispatchable);
	assert_false(back->stored_in_flight);
	assert_ptr_equal(back->stored_place.state, &f.states[1]);
	assert_int_equal(back->stored_place.entered_ms, 1700000000000);
	assert_int_equal(back->stored_place.attempt, 3);
	sw_branch_free(back);
	/* What cannot be in a queue is damaged. */
	sw_buf_reset(&f.out);
	branch->started = true;
	assert_int_equal(sw_branch_encode(&f.writer, branch, &f.out), SW_OK);
	assert_int_equal(sw_branch_decode(fixture_bytes(&f), &f.machine, &f.loader, &back, NULL),
			 SW_ECORRUPT);
	sw_branch_free(branch);
	fixture_done(&f);
}

/* A branch in its state, with all its variables as one object, as they once were. */
static enum sw_result decode_old_variables(struct fixture *f, const char *object, struct sw_branch **ret_back)
{
	struct sw_record_writer w;
	struct sw_value *variables = sw_value_from_checked(object, strlen(object));
	assert_non_null(variables);
	sw_buf_reset(&f->out);
	sw_record_begin(&w, &f->writer, &f->out);
	for (int i = 0; i < 4; i++)
		sw_record_write_u32(&w, 0); /* number, parent, index, state */
	for (int i = 0; i < 3; i++)
		sw_buf_u8(&f->out, 0); /* wait, phase, groups */
	sw_record_write_u32(&w, 5);
	sw_record_write_u32(&w, 5);
	sw_record_write_time(&w, 1700000000000, 0);
	sw_record_write_value(&w, NULL);
	sw_record_write_value(&w, NULL);
	sw_record_write_value(&w, variables);
	sw_value_unref(variables);
	assert_int_equal(sw_record_end(&w), SW_OK);
	return sw_branch_decode(fixture_bytes(f), &f->machine, &f->loader, ret_back, NULL);
}

static void variables_that_were_one_object_are_read(void **state)
{
	struct fixture f;
	struct sw_branch *back;
	fixture_init(&f);
	assert_int_equal(decode_old_variables(&f, "{\"b\":[1,2],\"a\":{\"x\":1.50}}", &back), SW_OK);
	assert_int_equal(back->variables.count, 2);
	assert_string_equal(back->variables.list[0].name, "a");
	assert_value_text(sw_variables_find(&back->variables, "bread", 1), "[1,2]");
	assert_null(sw_variables_find(&back->variables, "bread", 2));
	assert_null(sw_variables_find(&back->variables, "", 0));
	sw_branch_free(back);
	assert_int_equal(decode_old_variables(&f, "7", &back), SW_OK);
	assert_int_equal(back->variables.count, 0);
	sw_branch_free(back);
	assert_int_equal(decode_old_variables(&f, "{\"b\":", &back), SW_ECORRUPT);
	fixture_done(&f);
}

static void any_branch_comes_back_as_it_was_written(void **state)
{
	struct fixture f;
	struct sw_rng rng = sw_rng(20240101);
	fixture_init(&f);
	for (int i = 0; i < 3000; i++) {
		struct sw_branch *back, *branch = random_branch(&f.machine, &rng);
		struct sw_error err = {0};
		sw_buf_reset(&f.out);
		assert_int_equal(sw_branch_encode(&f.writer, branch, &f.out), SW_OK);
		if (sw_branch_decode(fixture_bytes(&f), &f.machine, &f.loader, &back, &err) != SW_OK)
			fail_msg("branch %d: %s", i, err.text);
		assert_same_branch(branch, back);
		sw_branch_free(branch);
		sw_branch_free(back);
	}
	fixture_done(&f);
}

static enum sw_result decode_branch(void *user, struct sw_slice bytes)
{
	struct fixture *f = user;
	struct sw_branch *branch;
	struct sw_error err = {0};
	struct sw_buf again = SW_BUF;
	fixture_reload(f);
	enum sw_result r = sw_branch_decode(bytes, &f->machine, &f->loader, &branch, &err);
	assert_int_equal(err.code, r);
	if (r < 0)
		return r;
	/* What was read is sound: it can be written. */
	assert_int_equal(sw_branch_encode(&f->writer, branch, &again), SW_OK);
	sw_buf_done(&again);
	sw_branch_free(branch);
	return SW_OK;
}

static void a_damaged_branch_is_refused(void **state)
{
	struct fixture f;
	struct sw_rng rng = sw_rng(7);
	fixture_init(&f);
	for (int i = 0; i < 20; i++) {
		struct sw_branch *branch = random_branch(&f.machine, &rng);
		sw_buf_reset(&f.out);
		assert_int_equal(sw_branch_encode(&f.writer, branch, &f.out), SW_OK);
		fixture_damage(fixture_bytes(&f), decode_branch, &f);
		fixture_assert_newer_refused(fixture_bytes(&f), decode_branch, &f);
		sw_branch_free(branch);
	}
	fixture_done(&f);
}

static void a_branch_of_another_machine_is_refused(void **state)
{
	struct fixture f;
	struct sw_branch *back, *branch = sw_branch_new();
	struct sw_machine smaller;
	fixture_init(&f);
	branch->state = &f.states[3];
	assert_int_equal(sw_branch_encode(&f.writer, branch, &f.out), SW_OK);
	smaller = (struct sw_machine){.states = f.states, .states_count = 3};
	assert_int_equal(sw_branch_decode(fixture_bytes(&f), &smaller, &f.loader, &back, NULL), SW_ECORRUPT);
	/* The same state with other retriers. */
	branch->retrier_counts = sw_zalloc_array(1, sizeof(uint32_t));
	sw_buf_reset(&f.out);
	assert_int_equal(sw_branch_encode(&f.writer, branch, &f.out), SW_OK);
	f.states[3].retriers_count = 2;
	assert_int_equal(sw_branch_decode(fixture_bytes(&f), &f.machine, &f.loader, &back, NULL),
			 SW_ECORRUPT);
	sw_branch_free(branch);
	fixture_done(&f);
}

/* ---- values ------------------------------------------------------------------------------------------- */

static void a_long_value_is_stored_once_for_all_records(void **state)
{
	struct fixture f;
	struct sw_branch *back, *branch = sw_branch_new();
	fixture_init(&f);
	branch->state = &f.states[1];
	branch->input = fixture_long_value(100000, 'z');
	branch->work = sw_value_ref(branch->input);
	struct sw_value *variable = fixture_long_value(SW_VALUE_INLINE_BYTES_MAX, 'v');
	assert_int_equal(sw_variables_add(&branch->variables, "x", variable), SW_OK);
	sw_value_unref(variable);
	for (int i = 0; i < 3; i++) {
		sw_buf_reset(&f.out);
		assert_int_equal(sw_branch_encode(&f.writer, branch, &f.out), SW_OK);
	}
	assert_int_equal(f.execution.next_value, 1);
	assert_int_equal(sw_batch_count(f.batch), 1);
	assert_true(f.out.len < SW_VALUE_INLINE_BYTES_MAX + 50);
	/* What comes back is one value again, and is at home where it was. */
	assert_int_equal(sw_branch_decode(fixture_bytes(&f), &f.machine, &f.loader, &back, NULL), SW_OK);
	assert_ptr_equal(back->input, back->work);
	assert_same_branch(branch, back);
	sw_buf_reset(&f.out);
	assert_int_equal(sw_branch_encode(&f.writer, back, &f.out), SW_OK);
	assert_int_equal(sw_batch_count(f.batch), 1);
	sw_branch_free(branch);
	sw_branch_free(back);
	fixture_done(&f);
}

static void a_value_of_another_execution_is_stored_again(void **state)
{
	struct fixture f;
	struct sw_value *value = fixture_long_value(1000, 'z');
	fixture_init(&f);
	assert_int_equal(sw_value_write(&f.writer, &f.out, value), SW_OK);
	assert_int_equal(sw_value_write(&f.writer, &f.out, value), SW_OK);
	assert_int_equal(sw_batch_count(f.batch), 1);
	f.execution.id++;
	f.execution.next_value = 0;
	assert_int_equal(sw_value_write(&f.writer, &f.out, value), SW_OK);
	assert_int_equal(sw_batch_count(f.batch), 2);
	sw_value_unref(value);
	fixture_done(&f);
}

static void values_alone_come_back(void **state)
{
	struct fixture f;
	struct sw_value *small = fixture_value("[true]"), *large = fixture_long_value(600, 'q'), *back;
	fixture_init(&f);
	assert_int_equal(sw_value_write(&f.writer, &f.out, small), SW_OK);
	assert_int_equal(sw_value_write(&f.writer, &f.out, NULL), SW_OK);
	assert_int_equal(sw_value_write(&f.writer, &f.out, large), SW_OK);
	struct sw_cursor cursor = sw_cursor(fixture_bytes(&f));
	assert_int_equal(sw_value_read(&f.loader, &cursor, &back), SW_OK);
	assert_same_value(small, back);
	sw_value_unref(back);
	assert_int_equal(sw_value_read(&f.loader, &cursor, &back), SW_OK);
	assert_null(back);
	assert_int_equal(sw_value_read(&f.loader, &cursor, &back), SW_OK);
	assert_same_value(large, back);
	sw_value_unref(back);
	assert_int_equal(sw_value_read(&f.loader, &cursor, &back), SW_ECORRUPT);
	sw_value_unref(small);
	sw_value_unref(large);
	fixture_done(&f);
}

static void a_missing_or_damaged_value_is_a_damaged_record(void **state)
{
	struct fixture f;
	struct sw_branch *back, *branch = sw_branch_new();
	struct sw_error err = {0};
	struct sw_key key;
	fixture_init(&f);
	branch->state = &f.states[0];
	branch->input = fixture_long_value(1000, 'z');
	assert_int_equal(sw_branch_encode(&f.writer, branch, &f.out), SW_OK);
	sw_key_pair(&key, FIXTURE_ID, 0);
	assert_int_equal(
		sw_batch_put(f.batch, SW_TABLE_VALUES, sw_key_slice(&key), sw_slice("\1\"abc\"1234", 10)),
		SW_OK);
	assert_int_equal(sw_branch_decode(fixture_bytes(&f), &f.machine, &f.loader, &back, &err),
			 SW_ECORRUPT);
	assert_string_equal(err.text, "damaged branch record: a value that it names is missing or damaged");
	assert_int_equal(sw_batch_delete(f.batch, SW_TABLE_VALUES, sw_key_slice(&key)), SW_OK);
	assert_int_equal(sw_branch_decode(fixture_bytes(&f), &f.machine, &f.loader, &back, NULL),
			 SW_ECORRUPT);
	sw_branch_free(branch);
	fixture_done(&f);
}

static void the_loader_finds_each_of_many_values(void **state)
{
	struct fixture f;
	struct sw_value *values[100], *back;
	size_t starts[100];
	fixture_init(&f);
	for (size_t i = 0; i < 100; i++) {
		values[i] = fixture_long_value(513 + i, (char)('A' + i % 26));
		starts[i] = f.out.len;
		assert_int_equal(sw_value_write(&f.writer, &f.out, values[i]), SW_OK);
	}
	for (size_t turn = 0; turn < 300; turn++) {
		size_t i = turn * 37 % 100;
		struct sw_cursor cursor = sw_cursor(sw_slice(f.out.data + starts[i], f.out.len - starts[i]));
		assert_int_equal(sw_value_read(&f.loader, &cursor, &back), SW_OK);
		assert_same_value(values[i], back);
		sw_value_unref(back);
	}
	assert_int_equal(f.loader.loaded_count, 100);
	for (size_t i = 0; i < 100; i++)
		sw_value_unref(values[i]);
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_record_comes_back_as_it_was_written),
		cmocka_unit_test(a_damaged_machine_record_is_refused),
		cmocka_unit_test(a_refused_record_says_what_is_wrong),
		cmocka_unit_test(a_head_comes_back_as_it_was_written),
		cmocka_unit_test(a_head_whose_counters_cannot_be_is_damaged),
		cmocka_unit_test(a_head_with_too_many_tokens_is_damaged),
		cmocka_unit_test(a_head_of_a_running_execution_has_no_end),
		cmocka_unit_test(a_head_is_read_without_values_and_without_a_loader),
		cmocka_unit_test(a_damaged_head_is_refused),
		cmocka_unit_test(a_new_branch_is_small_and_comes_back),
		cmocka_unit_test(a_branch_that_was_read_is_known_to_be_on_disk_with_its_timers),
		cmocka_unit_test(a_branch_in_a_queue_knows_its_place),
		cmocka_unit_test(variables_that_were_one_object_are_read),
		cmocka_unit_test(any_branch_comes_back_as_it_was_written),
		cmocka_unit_test(a_damaged_branch_is_refused),
		cmocka_unit_test(a_branch_of_another_machine_is_refused),
		cmocka_unit_test(a_long_value_is_stored_once_for_all_records),
		cmocka_unit_test(a_value_of_another_execution_is_stored_again),
		cmocka_unit_test(values_alone_come_back),
		cmocka_unit_test(a_missing_or_damaged_value_is_a_damaged_record),
		cmocka_unit_test(the_loader_finds_each_of_many_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
