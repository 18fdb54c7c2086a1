/*
 * Any bytes as records, keys, ARNs and names. The first byte chooses; a record's version and checksum are
 * made right, so that what lies behind them is reached. What is read must be fit to be written, and to be
 * read again.
 */
#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "engine/arn.h"
#include "engine/qualifiers.h"
#include "engine/records.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STATES 3
#define ID 1

/* Value 0 is there, 1 is damaged, others are missing. */
static enum sw_result load(void *user, uint64_t execution_id, uint32_t number, struct sw_slice *ret_text)
{
	static const char damaged[] = "\1{}abcd";
	const struct sw_buf *stored = user;
	if (number > 1)
		return SW_ENOENT;
	*ret_text =
		number == 0 ? sw_slice(stored->data, stored->len) : sw_slice(damaged, sizeof(damaged) - 1);
	return SW_OK;
}

struct fuzz {
	struct sw_state states[STATES];
	struct sw_machine machine;
	struct sw_execution execution;
	struct sw_value_writer writer;
	struct sw_value_loader loader;
	struct sw_buf stored, again;
};

static void fuzz_init(struct fuzz *f)
{
	memset(f, 0, sizeof(*f));
	for (uint32_t i = 0; i < STATES; i++) {
		f->states[i].index = i;
		f->states[i].retriers_count = i;
		f->states[i].type = i == 0 ? SW_STATE_PASS : SW_STATE_TASK;
	}
	f->machine = (struct sw_machine){.states = f->states, .states_count = STATES};
	f->execution = (struct sw_execution){.id = ID, .machine = &f->machine, .next_value = 2};
	SW_ASSERT(sw_batch_new(&f->writer.batch) == SW_OK);
	f->writer.execution = &f->execution;
	sw_buf_text(&f->stored, "\1{\"a\":1}");
	sw_buf_be32(&f->stored, sw_crc32(f->stored.data, f->stored.len));
	f->loader = (struct sw_value_loader){.execution_id = ID, .load = load, .user = &f->stored};
}

static void fuzz_done(struct fuzz *f)
{
	sw_value_loader_done(&f->loader);
	sw_batch_free(f->writer.batch);
	sw_buf_done(&f->stored);
	sw_buf_done(&f->again);
}

static struct sw_slice again_bytes(const struct fuzz *f)
{
	return sw_slice(f->again.data, f->again.len);
}

static void fuzz_machine(struct fuzz *f, struct sw_slice bytes)
{
	struct sw_machine_record record, back;
	if (sw_machine_record_decode(bytes, &record, NULL) < 0)
		return;
	SW_ASSERT(sw_machine_record_encode(&record, &f->again) == SW_OK);
	SW_ASSERT(sw_machine_record_decode(again_bytes(f), &back, NULL) == SW_OK);
	SW_ASSERT(strcmp(record.name, back.name) == 0 && record.definition_len == back.definition_len);
	sw_machine_record_done(&record);
	sw_machine_record_done(&back);
}

static void fuzz_head(struct fuzz *f, struct sw_slice bytes)
{
	struct sw_head head, back;
	enum sw_result r = sw_head_decode(bytes, ID, &f->loader, true, &head, NULL);
	if (r == SW_OK) {
		/* Without values it reads too. */
		SW_ASSERT(sw_head_decode(bytes, ID, NULL, false, &back, NULL) == SW_OK);
		SW_ASSERT(strcmp(head.name, back.name) == 0 && head.next_value == back.next_value);
		sw_head_done(&head);
		sw_head_done(&back);
	}
}

static void fuzz_branch(struct fuzz *f, struct sw_slice bytes)
{
	struct sw_branch *branch, *back;
	if (sw_branch_decode(bytes, &f->machine, &f->loader, &branch, NULL) < 0)
		return;
	SW_ASSERT(sw_branch_encode(&f->writer, branch, &f->again) == SW_OK);
	/* Long values were given numbers that load does not know. */
	enum sw_result r = sw_branch_decode(again_bytes(f), &f->machine, &f->loader, &back, NULL);
	SW_ASSERT(r == SW_OK || (r == SW_ECORRUPT && f->execution.next_value > 2));
	if (r == SW_OK) {
		SW_ASSERT(branch->state == back->state && branch->due_ms == back->due_ms);
		sw_branch_free(back);
	}
	sw_branch_free(branch);
}

static void fuzz_history(struct fuzz *f, struct sw_slice bytes)
{
	struct sw_history_chunk chunk, places;
	struct sw_history_event event, skipped;
	if (sw_history_chunk_open(bytes, &chunk, NULL) < 0)
		return;
	places = chunk;
	for (int i = 0; i < 100 && sw_history_chunk_next(&chunk, &f->loader, &event, NULL) == SW_OK; i++) {
		SW_ASSERT(sw_history_chunk_next(&places, NULL, &skipped, NULL) == SW_OK);
		SW_ASSERT(event.id == skipped.id && event.details_count == skipped.details_count);
		sw_buf_reset(&f->again);
		SW_ASSERT(sw_history_event_print(&event, true, &f->again) == SW_OK);
		sw_buf_reset(&f->again);
		SW_ASSERT(sw_history_event_print(&skipped, false, &f->again) == SW_OK);
		sw_buf_reset(&f->again);
		SW_ASSERT(sw_history_encode(&f->writer, &event, 1, &f->again) == SW_OK);
		sw_history_event_done(&event);
		sw_history_event_done(&skipped);
	}
}

static void fuzz_activity(struct fuzz *f, struct sw_slice bytes)
{
	struct sw_activity_record record, back;
	if (sw_activity_record_decode(bytes, &record, NULL) < 0)
		return;
	SW_ASSERT(sw_activity_record_encode(&record, &f->again) == SW_OK);
	SW_ASSERT(sw_activity_record_decode(again_bytes(f), &back, NULL) == SW_OK);
	SW_ASSERT(strcmp(record.name, back.name) == 0 && record.creation_ms == back.creation_ms);
	SW_ASSERT(record.tags.count == back.tags.count);
	sw_activity_record_done(&record);
	sw_activity_record_done(&back);
}

static void fuzz_versions(struct fuzz *f, struct sw_slice bytes)
{
	struct sw_versions versions;
	if (sw_versions_decode(bytes, &versions, NULL) < 0)
		return;
	for (uint32_t i = 0; i < versions.count; i++)
		SW_ASSERT(sw_versions_find(&versions, versions.list[i].number) && versions.list[i].role_arn);
	sw_versions_done(&versions);
}

static void fuzz_aliases(struct fuzz *f, struct sw_slice bytes)
{
	struct sw_aliases aliases;
	if (sw_aliases_decode(bytes, &aliases, NULL) < 0)
		return;
	for (uint32_t i = 0; i < aliases.count; i++) {
		SW_ASSERT(sw_aliases_find(&aliases, aliases.list[i].name));
		SW_ASSERT(aliases.list[i].routes_count >= 1 && aliases.list[i].routes_count <= SW_ROUTES_MAX);
		SW_ASSERT(sw_alias_leads_to(&aliases.list[i], aliases.list[i].routes[0].version));
	}
	sw_aliases_done(&aliases);
}

static void fuzz_tags(struct fuzz *f, struct sw_slice bytes)
{
	struct sw_tags tags;
	if (sw_tags_decode(bytes, &tags, NULL) < 0)
		return;
	for (uint32_t i = 0; i < tags.count; i++)
		SW_ASSERT(tags.list[i].key && tags.list[i].value);
	sw_tags_done(&tags);
}

static void fuzz_texts(const char *text)
{
	struct sw_arn arn;
	uint64_t id;
	struct sw_error err = {0};
	if (sw_arn_parse(text, &arn, &err) < 0)
		SW_ASSERT(err.code == SW_EARN);
	else
		SW_ASSERT(arn.name[0] && arn.kind[0]);
	sw_error_clear(&err);
	if (sw_name_check(text, &err) < 0)
		SW_ASSERT(err.code == SW_ENAME);
	else
		SW_ASSERT(strlen(text) <= 4 * SW_NAME_CHARACTERS_MAX);
	if (sw_id_from_name(text, &id))
		SW_ASSERT(sw_name_check(text, NULL) == SW_OK);
}

static void fuzz_key(struct sw_slice bytes)
{
	int64_t due_ms;
	uint64_t id;
	uint32_t branch;
	struct sw_key key;
	if (!sw_key_timer_read(bytes, &due_ms, &id, &branch))
		return;
	sw_key_timer(&key, due_ms, id, branch);
	SW_ASSERT(sw_slice_compare(sw_key_slice(&key), bytes) == 0);
}

/* version, the bytes, checksum. New. */
static uint8_t *seal(const uint8_t *data, size_t size)
{
	uint8_t *record = sw_alloc(size + 5);
	SW_ASSERT(record);
	record[0] = 1;
	if (size > 0)
		memcpy(record + 1, data, size);
	uint32_t crc = sw_crc32(record, size + 1);
	for (size_t i = 0; i < 4; i++)
		record[size + 1 + i] = (uint8_t)(crc >> (24 - 8 * i));
	return record;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(struct fuzz * f, struct sw_slice bytes) = {
		fuzz_machine, fuzz_head,     fuzz_branch,   fuzz_history, NULL,
		NULL,         fuzz_activity, fuzz_versions, fuzz_aliases, fuzz_tags};
	struct fuzz f;
	if (size == 0)
		return 0;
	uint8_t kind = data[0] % 10;
	data++;
	size--;
	if (kind == 4) {
		char *text = sw_memdup(data, size);
		SW_ASSERT(text);
		fuzz_texts(text);
		sw_free(text);
	} else if (kind == 5) {
		fuzz_key(sw_slice(data, size));
	} else {
		uint8_t *record = seal(data, size);
		fuzz_init(&f);
		kinds[kind](&f, sw_slice(record, size + 5));
		fuzz_done(&f);
		sw_free(record);
	}
	return 0;
}
