/* What the tests of records and of the reader share: a machine made by hand, values, and a loader over a
 * batch. */
#ifndef SW_TESTS_ENGINE_RECORDS_FIXTURE_H
#define SW_TESTS_ENGINE_RECORDS_FIXTURE_H

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "engine/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define FIXTURE_ID UINT64_C(0x0012345678abcdef)

/* Four states: a Pass, a Task with two retriers, a Parallel, a Map with one. Codecs look at no more of a
 * machine. */
static inline void fixture_machine(struct sw_machine *machine, struct sw_state states[4])
{
	static const enum sw_state_type types[4] = {SW_STATE_PASS, SW_STATE_TASK, SW_STATE_PARALLEL,
						    SW_STATE_MAP};
	static const uint32_t retriers[4] = {0, 2, 0, 1};
	memset(states, 0, 4 * sizeof(states[0]));
	for (uint32_t i = 0; i < 4; i++) {
		states[i].index = i;
		states[i].name = "state";
		states[i].type = types[i];
		states[i].retriers_count = retriers[i];
	}
	*machine = (struct sw_machine){.states = states, .states_count = 4};
}

static inline struct sw_value *fixture_value(const char *text)
{
	struct sw_value *value = NULL;
	assert_int_equal(sw_value_from_text(text, strlen(text), &value, NULL), SW_OK);
	return value;
}

/* A JSON string whose text is len bytes long (at least 2). */
static inline struct sw_value *fixture_long_value(size_t len, char fill)
{
	char *text = sw_alloc(len);
	assert_non_null(text);
	memset(text, fill, len);
	text[0] = text[len - 1] = '"';
	struct sw_value *value = sw_value_from_checked(text, len);
	sw_free(text);
	assert_non_null(value);
	return value;
}

static inline void assert_value_text(struct sw_value *value, const char *expected)
{
	struct sw_slice text;
	assert_non_null(value);
	assert_int_equal(sw_value_text(value, &text), SW_OK);
	assert_string_equal((const char *)text.data, expected);
}

/* Both absent, or the same text. */
static inline void assert_same_value(struct sw_value *a, struct sw_value *b)
{
	struct sw_slice text_a, text_b;
	assert_int_equal(a != NULL, b != NULL);
	if (!a || !b)
		return;
	assert_int_equal(sw_value_text(a, &text_a), SW_OK);
	assert_int_equal(sw_value_text(b, &text_b), SW_OK);
	assert_int_equal(sw_slice_compare(text_a, text_b), 0);
}

static inline void assert_same_text(const char *a, const char *b)
{
	assert_int_equal(a != NULL, b != NULL);
	if (a && b)
		assert_string_equal(a, b);
}

/* load of a sw_value_loader whose user is a batch. */
static inline enum sw_result fixture_load(void *user, uint64_t execution_id, uint32_t number,
					  struct sw_slice *ret_text)
{
	struct sw_key key;
	sw_key_pair(&key, execution_id, number);
	enum sw_result r = sw_batch_get(user, SW_TABLE_VALUES, sw_key_slice(&key), ret_text);
	return r == SW_EINVAL ? SW_ENOENT : r;
}

/* What encoding and decoding need around them. */
struct fixture {
	struct sw_state states[4];
	struct sw_machine machine;
	struct sw_execution execution;
	struct sw_batch *batch;
	struct sw_value_writer writer;
	struct sw_value_loader loader;
	struct sw_buf out;
};

static inline void fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	fixture_machine(&f->machine, f->states);
	assert_int_equal(sw_batch_new(&f->batch), SW_OK);
	f->execution =
		(struct sw_execution){.id = FIXTURE_ID, .machine = &f->machine, .timeout_due_ms = SW_NEVER};
	f->writer = (struct sw_value_writer){&f->execution, f->batch};
	f->loader =
		(struct sw_value_loader){.execution_id = FIXTURE_ID, .load = fixture_load, .user = f->batch};
}

/* What has been loaded is forgotten: as another process would see it. */
static inline void fixture_reload(struct fixture *f)
{
	sw_value_loader_done(&f->loader);
}

static inline void fixture_done(struct fixture *f)
{
	sw_value_loader_done(&f->loader);
	sw_batch_free(f->batch);
	sw_buf_done(&f->out);
}

static inline struct sw_slice fixture_bytes(const struct fixture *f)
{
	return sw_slice(f->out.data, f->out.len);
}

/* Makes the checksum of a record right again after its bytes were changed. */
static inline void fixture_seal(uint8_t *bytes, size_t len)
{
	uint32_t crc = sw_crc32(bytes, len - 4);
	for (size_t i = 0; i < 4; i++)
		bytes[len - 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
}

/*
 * Decodes every damaged form of a record: cut at each place, and with each byte changed in several ways. A
 * record with a wrong checksum is refused; one whose checksum was made right again is read or refused, and
 * neither may crash.
 */
typedef enum sw_result fixture_decode_fn(void *user, struct sw_slice bytes);
static inline void fixture_damage(struct sw_slice record, fixture_decode_fn *decode, void *user)
{
	static const uint8_t masks[] = {0x01, 0x02, 0x04, 0x10, 0x40, 0x80, 0xFF};
	for (size_t len = 0; len < record.len; len++) {
		/* A block of its own, so that reading past its end is seen. */
		uint8_t *bytes = (uint8_t *)sw_memdup(record.data, len);
		assert_non_null(bytes);
		uint8_t *exact = sw_alloc(len);
		memcpy(exact, bytes, len);
		assert_int_equal(decode(user, sw_slice(exact, len)), SW_ECORRUPT);
		if (len > 4) {
			fixture_seal(exact, len);
			enum sw_result r = decode(user, sw_slice(exact, len));
			assert_true(r == SW_OK || r == SW_ECORRUPT || r == SW_EVERSION);
		}
		sw_free(exact);
		sw_free(bytes);
	}
	uint8_t *bytes = sw_alloc(record.len);
	for (size_t at = 0; at < record.len; at++) {
		for (size_t i = 0; i < sizeof(masks); i++) {
			memcpy(bytes, record.data, record.len);
			bytes[at] ^= masks[i];
			assert_int_equal(decode(user, sw_slice(bytes, record.len)), SW_ECORRUPT);
			fixture_seal(bytes, record.len);
			enum sw_result r = decode(user, sw_slice(bytes, record.len));
			assert_true(r == SW_OK || r == SW_ECORRUPT || r == SW_EVERSION);
		}
	}
	sw_free(bytes);
}

/* The same record with a higher version. */
static inline void fixture_assert_newer_refused(struct sw_slice record, fixture_decode_fn *decode, void *user)
{
	uint8_t *bytes = (uint8_t *)sw_memdup(record.data, record.len);
	assert_non_null(bytes);
	bytes[0]++;
	fixture_seal(bytes, record.len);
	assert_int_equal(decode(user, sw_slice(bytes, record.len)), SW_EVERSION);
	bytes[0] = 0;
	fixture_seal(bytes, record.len);
	assert_int_equal(decode(user, sw_slice(bytes, record.len)), SW_ECORRUPT);
	sw_free(bytes);
}

/* A small value, a large one, or none. */
static inline struct sw_value *random_value(struct sw_rng *rng)
{
	switch (sw_rng_below(rng, 5)) {
	case 0:
		return fixture_value("{}");
	case 1:
		return fixture_value("{\"a\":[1,2,3.5,\"\xc3\xa9\"]}");
	case 2:
		return fixture_long_value(2 + sw_rng_below(rng, 2 * SW_VALUE_INLINE_BYTES_MAX),
					  (char)('a' + sw_rng_below(rng, 3)));
	default:
		return NULL;
	}
}

/* An execution that has failed, with all its fields. */
static inline void fixture_sample(struct fixture *f, uint32_t mock_counts[4])
{
	struct sw_execution *x = &f->execution;
	x->status = SW_STATUS_FAILED;
	x->name = (char *)(uintptr_t) "order-17";
	x->machine_name = (char *)(uintptr_t) "orders";
	x->role_arn = (char *)(uintptr_t) "arn:aws:iam::123456789012:role/stepwell";
	x->machine_number = 7;
	x->machine_revision = 3;
	x->start_ms = 1700000000123;
	x->stop_ms = 1700000004567;
	x->timeout_due_ms = 1700000100123;
	x->next_event_id = 42;
	x->next_branch = 5;
	x->redrive_count = 1;
	static struct sw_redrive_token tokens[] = {{(char *)(uintptr_t) "first", 1700000005000},
						   {(char *)(uintptr_t) "second", 1700000006001}};
	x->redrive_ms = 1700000006001;
	x->redrive_tokens = (struct sw_redrive_tokens){tokens, 2};
	x->failure.error = (char *)(uintptr_t) "States.TaskFailed";
	x->failure.cause = (char *)(uintptr_t) "it did not work";
	x->test_case = (char *)(uintptr_t) "HappyPath";
	x->mock_counts = mock_counts;
	x->input = fixture_value("{\"order\":17}");
}

static inline void fixture_sample_done(struct fixture *f)
{
	sw_value_unref(f->execution.input);
	sw_value_unref(f->execution.output);
	fixture_done(f);
}

#endif
