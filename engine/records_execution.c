/* Heads: what an execution is as a whole. See records.h. */
#include "engine/record.h"

#include "base/assert.h"
#include "base/mem.h"

#include <string.h>

#define COUNTER_MAX (UINT32_MAX / 2) /* no counter comes near it; whoever counts on need not fear its end */

/* Which of the optional fields follow. */
enum head_flag {
	HEAD_STOPPED = 1,
	HEAD_TIMEOUT = 2,
	HEAD_MOCK_COUNTS = 4,
	HEAD_EXPRESS = 8, /* an EXPRESS execution that was started: it runs again from the start */
	HEAD_REDRIVEN = 16,
	HEAD_REDRIVABLE = 32, /* it has ended, and its root branch is kept */
	HEAD_VERSION = 64,
	HEAD_ALIAS = 128,
	HEAD_TOKENS = 256,
	HEAD_FLAGS_ALL = 511,
};

void sw_head_done(struct sw_head *head)
{
	sw_free(head->name);
	sw_free(head->machine_name);
	sw_free(head->role_arn);
	sw_free(head->trace_header);
	sw_free(head->test_case);
	sw_free(head->machine_alias);
	sw_free(head->error);
	sw_free(head->cause);
	sw_free(head->mock_counts);
	sw_redrive_tokens_done(&head->redrive_tokens);
	sw_value_unref(head->input);
	sw_value_unref(head->output);
	*head = (struct sw_head){0};
}

static void write_mock_counts(struct sw_record_writer *w, const struct sw_execution *execution)
{
	uint32_t count = execution->machine->states_count;
	sw_record_write_u32(w, count);
	for (uint32_t i = 0; i < count; i++)
		sw_record_write_u32(w, execution->mock_counts[i]);
}

static void write_tokens(struct sw_record_writer *w, const struct sw_execution *execution)
{
	const struct sw_redrive_tokens *tokens = &execution->redrive_tokens;
	sw_record_write_u32(w, tokens->count);
	for (uint32_t i = 0; i < tokens->count; i++) {
		sw_record_write_text(w, tokens->list[i].token);
		sw_record_write_time(w, tokens->list[i].time_ms, execution->start_ms);
	}
}

enum sw_result sw_head_encode(struct sw_value_writer *writer, const struct sw_execution *execution,
			      struct sw_buf *out)
{
	struct sw_record_writer w;
	SW_ASSERT(writer->execution == execution);
	SW_ASSERT(execution->id != 0 && execution->name && execution->machine_name);
	SW_ASSERT(execution->status <= SW_STATUS_PENDING_REDRIVE);
	unsigned flags = (execution->stop_ms != 0 ? HEAD_STOPPED : 0) |
			 (execution->timeout_due_ms != SW_NEVER ? HEAD_TIMEOUT : 0) |
			 (execution->mock_counts ? HEAD_MOCK_COUNTS : 0) |
			 (execution->express ? HEAD_EXPRESS : 0) |
			 (execution->redrive_ms != 0 ? HEAD_REDRIVEN : 0) |
			 (sw_execution_is_redrivable(execution) ? HEAD_REDRIVABLE : 0) |
			 (execution->machine_version ? HEAD_VERSION : 0) |
			 (execution->machine_alias ? HEAD_ALIAS : 0) |
			 (execution->redrive_tokens.count ? HEAD_TOKENS : 0);
	sw_record_begin(&w, writer, out);
	sw_buf_u8(out, (uint8_t)execution->status);
	sw_record_write_u32(&w, flags);
	sw_record_write_u32(&w, execution->machine_number);
	sw_record_write_u32(&w, execution->machine_revision);
	sw_record_write_time(&w, execution->start_ms, 0);
	if (flags & HEAD_STOPPED)
		sw_record_write_time(&w, execution->stop_ms, execution->start_ms);
	if (flags & HEAD_TIMEOUT)
		sw_record_write_time(&w, execution->timeout_due_ms, execution->start_ms);
	if (flags & HEAD_REDRIVEN)
		sw_record_write_time(&w, execution->redrive_ms, execution->start_ms);
	sw_record_write_u32(&w, execution->next_event_id);
	sw_record_write_u32(&w, execution->next_branch);
	sw_record_write_u32(&w, execution->redrive_count);
	sw_record_write_text(&w, execution->machine_name);
	sw_record_write_text(&w, execution->name);
	sw_record_write_text(&w, execution->role_arn);
	sw_record_write_text(&w, execution->trace_header);
	sw_record_write_text(&w, execution->test_case);
	sw_record_write_text(&w, execution->failure.error);
	sw_record_write_text(&w, execution->failure.cause);
	if (flags & HEAD_VERSION)
		sw_record_write_u32(&w, execution->machine_version);
	if (flags & HEAD_ALIAS)
		sw_record_write_text(&w, execution->machine_alias);
	if (flags & HEAD_TOKENS)
		write_tokens(&w, execution);
	if (flags & HEAD_MOCK_COUNTS)
		write_mock_counts(&w, execution);
	sw_record_write_value(&w, execution->input);
	sw_record_write_value(&w, execution->output);
	/* Behind the values, which may have taken numbers. */
	sw_record_write_u32(&w, execution->next_value);
	return sw_record_end(&w);
}

static void read_mock_counts(struct sw_record_reader *r, struct sw_head *head)
{
	uint32_t count = sw_record_read_count(r);
	if (sw_record_failed(r))
		return;
	head->mock_counts = sw_zalloc_array(count, sizeof(*head->mock_counts));
	if (!head->mock_counts) {
		r->result = SW_ENOMEM;
		return;
	}
	head->mock_counts_count = count;
	for (uint32_t i = 0; i < count; i++)
		head->mock_counts[i] = sw_record_read_u32(r);
}

static void read_tokens(struct sw_record_reader *r, struct sw_head *head)
{
	struct sw_redrive_tokens *tokens = &head->redrive_tokens;
	uint32_t count = sw_record_read_count(r);
	if (count > SW_REDRIVE_TOKENS_MAX)
		sw_record_refuse(r);
	if (sw_record_failed(r))
		return;
	tokens->list = sw_zalloc_array(count, sizeof(*tokens->list));
	if (!tokens->list) {
		r->result = SW_ENOMEM;
		return;
	}
	while (tokens->count < count && !sw_record_failed(r)) {
		struct sw_redrive_token *token = &tokens->list[tokens->count++];
		token->token = sw_record_read_name(r);
		token->time_ms = sw_record_read_time(r, head->start_ms);
	}
}

static void read_head(struct sw_record_reader *r, struct sw_head *head)
{
	uint8_t status = sw_cursor_u8(&r->cursor);
	uint32_t flags = sw_record_read_u32(r);
	if (status > SW_STATUS_PENDING_REDRIVE || flags > HEAD_FLAGS_ALL)
		sw_record_refuse(r);
	head->status = (enum sw_status)status;
	head->express = flags & HEAD_EXPRESS;
	head->machine_number = sw_record_read_u32(r);
	head->machine_revision = sw_record_read_u32(r);
	head->start_ms = sw_record_read_time(r, 0);
	head->stop_ms = flags & HEAD_STOPPED ? sw_record_read_time(r, head->start_ms) : 0;
	head->timeout_due_ms = flags & HEAD_TIMEOUT ? sw_record_read_time(r, head->start_ms) : SW_NEVER;
	head->redrive_ms = flags & HEAD_REDRIVEN ? sw_record_read_time(r, head->start_ms) : 0;
	head->redrivable = flags & HEAD_REDRIVABLE;
	head->next_event_id = sw_record_read_u32(r);
	head->next_branch = sw_record_read_u32(r);
	head->redrive_count = sw_record_read_u32(r);
	head->machine_name = sw_record_read_name(r);
	head->name = sw_record_read_name(r);
	head->role_arn = sw_record_read_text(r);
	head->trace_header = sw_record_read_text(r);
	head->test_case = sw_record_read_text(r);
	head->error = sw_record_read_text(r);
	head->cause = sw_record_read_text(r);
	head->machine_version = flags & HEAD_VERSION ? sw_record_read_u32(r) : 0;
	head->machine_alias = flags & HEAD_ALIAS ? sw_record_read_name(r) : NULL;
	if (flags & HEAD_TOKENS)
		read_tokens(r, head);
	if (flags & HEAD_MOCK_COUNTS)
		read_mock_counts(r, head);
	head->input = sw_record_read_value(r);
	head->output = sw_record_read_value(r);
	head->next_value = sw_record_read_u32(r);
	if (head->next_event_id == 0 || head->next_event_id > COUNTER_MAX ||
	    head->next_branch > COUNTER_MAX || head->next_value > COUNTER_MAX)
		sw_record_refuse(r);
}

enum sw_result sw_head_decode(struct sw_slice bytes, uint64_t id, struct sw_value_loader *loader,
			      bool with_values, struct sw_head *ret_head, struct sw_error *err)
{
	struct sw_record_reader r;
	struct sw_head head = {.id = id};
	enum sw_result result = sw_record_open(bytes, "execution", &r, err);
	if (result < 0)
		return result;
	r.loader = with_values ? loader : NULL;
	read_head(&r, &head);
	result = sw_record_check(&r, "execution", true, err);
	if (result < 0) {
		sw_head_done(&head);
		return result;
	}
	SW_ASSERT(head.name && head.machine_name);
	*ret_head = head;
	return SW_OK;
}
