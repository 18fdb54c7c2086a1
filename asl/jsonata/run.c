/* The run of one evaluation: memory, limits, failures. */
#include "asl/jsonata/tree.h"

#include <stdio.h>

#define BLOCK_BYTES 65536
#define STACK_BYTES 3145728 /* of the C stack; threads of Stepwell have 8 MiB */

/* More memory at hand: a block of the arena. */
static bool refill(struct sw_jn_run *run, size_t bytes)
{
	size_t block = run->bytes_used < BLOCK_BYTES ? BLOCK_BYTES / 4 : BLOCK_BYTES;
	run->room = sw_arena_alloc(&run->arena, block);
	run->room_end = run->room ? run->room + block : NULL;
	return run->room != NULL;
}

void *sw_jn_alloc(struct sw_jn_run *run, size_t bytes)
{
	size_t rounded = (bytes + 15) & ~(size_t)15;
	void *memory;
	if (bytes > run->bytes_max || run->bytes_used + rounded > run->bytes_max) {
		sw_jn_fail(run, "U1001", SW_JN_UNDEFINED_VALUE);
		run->fail_text =
			"Expression evaluation memory limit exceeded: Check for excessive memory usage";
		return NULL;
	}
	run->bytes_used += rounded;
	if (rounded > (size_t)(run->room_end - run->room)) {
		/* Large things get a block of their own. */
		if (rounded > BLOCK_BYTES / 8)
			memory = sw_arena_alloc(&run->arena, rounded);
		else
			memory = refill(run, rounded) ? run->room : NULL;
		if (!memory)
			run->failed = SW_ENOMEM;
		else if (rounded <= BLOCK_BYTES / 8)
			run->room += rounded;
		return memory;
	}
	memory = run->room;
	run->room += rounded;
	return memset(memory, 0, rounded);
}

enum sw_result sw_jn_string_copy(struct sw_jn_run *run, const char *text, size_t len,
				 struct sw_jn_value *ret_value)
{
	char *copy;
	if (len > UINT32_MAX)
		return sw_jn_fail(run, "U1001", SW_JN_UNDEFINED_VALUE);
	copy = sw_jn_alloc(run, len);
	if (!copy)
		return run->failed;
	if (len)
		memcpy(copy, text, len);
	*ret_value = sw_jn_string(copy, len);
	return SW_OK;
}

enum sw_result sw_jn_scratch_value(struct sw_jn_run *run, struct sw_jn_value *ret_value)
{
	if (sw_buf_result(&run->scratch) < 0)
		return run->failed = SW_ENOMEM;
	return sw_jn_string_copy(run, run->scratch.data, run->scratch.len, ret_value);
}

enum sw_result sw_jn_steps(struct sw_jn_run *run, uint64_t steps)
{
	if (steps <= run->steps_left) {
		run->steps_left -= steps;
		return SW_OK;
	}
	run->steps_left = 0;
	sw_jn_fail(run, "U1001", SW_JN_UNDEFINED_VALUE);
	run->fail_text = "Expression evaluation timeout: Check for infinite loop";
	return run->failed;
}

enum sw_result sw_jn_deeper(struct sw_jn_run *run)
{
	const char *here = __builtin_frame_address(0);
	if (run->depth <= run->depth_max && (size_t)(run->stack_top - here) < STACK_BYTES)
		return SW_OK;
	return sw_jn_fail(run, "U1001", SW_JN_UNDEFINED_VALUE);
}

/* ---- failures ------------------------------------------------------------------------------------------- */

enum sw_result sw_jn_fail_index(struct sw_jn_run *run, const char *code, struct sw_jn_value value,
				unsigned index)
{
	if (run->failed < 0)
		return run->failed;
	snprintf(run->err->code, sizeof(run->err->code), "%s", code);
	run->fail_value = value;
	run->fail_index = index;
	return run->failed = SW_EQUERY;
}

enum sw_result sw_jn_fail(struct sw_jn_run *run, const char *code, struct sw_jn_value value)
{
	return sw_jn_fail_index(run, code, value, 0);
}

enum sw_result sw_jn_fail_pair(struct sw_jn_run *run, const char *code, struct sw_jn_value value,
			       struct sw_jn_value value2)
{
	run->fail_value2 = value2;
	return sw_jn_fail_index(run, code, value, 0);
}

enum sw_result sw_jn_fail_text(struct sw_jn_run *run, const char *code, const char *text, size_t len)
{
	if (run->failed < 0)
		return run->failed;
	sw_jn_fail(run, code, SW_JN_UNDEFINED_VALUE);
	run->err->thrown = true;
	char *copy = sw_arena_strdup(&run->arena, text, len);
	if (!copy)
		return run->failed = SW_ENOMEM;
	run->fail_text = copy;
	return run->failed;
}

void sw_jn_blame(struct sw_jn_run *run, const struct sw_jn_node *node, const char *token, size_t len)
{
	struct sw_jsonata_error *err = run->err;
	if (run->failed != SW_EQUERY)
		return;
	err->position = node->position;
	if (token && !err->token[0])
		snprintf(err->token, sizeof(err->token), "%.*s", (int)(len < 60 ? len : 60), token);
	if (!run->placed)
		sw_jn_error_place(err, run->expr->text, run->expr->len, node->at);
	run->placed = true;
}

/* ---- frames --------------------------------------------------------------------------------------------- */

struct sw_jn_frame *sw_jn_frame_new(struct sw_jn_run *run, struct sw_jn_frame *parent, uint32_t slots)
{
	struct sw_jn_frame *frame = slots < 8 ? run->free_frames[slots] : NULL;
	if (frame)
		run->free_frames[slots] = frame->parent;
	else
		frame = sw_jn_alloc(run, sizeof(*frame) + slots * sizeof(struct sw_jn_value));
	if (!frame)
		return NULL;
	frame->parent = parent;
	frame->tuple = NULL;
	frame->slots_count = slots;
	for (uint32_t i = 0; i < slots; i++)
		frame->slots[i].kind = SW_JN_KIND_UNBOUND;
	return frame;
}

void sw_jn_frame_free(struct sw_jn_run *run, struct sw_jn_frame *frame)
{
	if (frame->slots_count >= 8)
		return;
	frame->parent = run->free_frames[frame->slots_count];
	run->free_frames[frame->slots_count] = frame;
}
