/*
 * GetExecutionHistory. The page token is the id to go on with, the direction, and a check of the execution it
 * belongs to: everything else is in the request again.
 */
#include "server/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_BYTES 48
#define READ_EVENTS_MAX 200    /* asked of the reader at once */
#define PAGE_BYTES_MAX 4194304 /* of one answer: "the actual number of results might be fewer" */

static const struct sw_member history_members[] = {
	{"executionArn", SW_MEMBER_TEXT, SW_REQUIRED, 1, 256},
	{"maxResults", SW_MEMBER_INTEGER, 0, 0, SW_PAGE_RESULTS_MAX},
	{"reverseOrder", SW_MEMBER_BOOLEAN},
	{"nextToken", SW_MEMBER_TEXT, 0, 1, 1024},
	{"includeExecutionData", SW_MEMBER_BOOLEAN},
};
const struct sw_shape sw_shape_get_history = SW_SHAPE(history_members);

struct page {
	struct sw_body out;
	uint32_t given, next_id; /* next_id: the first event that found no place; 0: none */
};

/* FNV-1a: tells a token of another execution, no more. */
static uint32_t checksum(const char *text)
{
	uint32_t sum = 2166136261u;
	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 16777619u;
	return sum;
}

static void print_token(char token[TOKEN_BYTES], const char *arn, uint32_t id, bool reverse)
{
	snprintf(token, TOKEN_BYTES, "history-%08" PRIx32 "-%c%08" PRIx32, checksum(arn), reverse ? 'r' : 'f',
		 id);
}

/* What was printed, byte for byte, and nothing else. */
static bool read_token(const char *token, const char *arn, bool reverse, uint32_t *ret_id)
{
	char again[TOKEN_BYTES];
	const char *digits = strrchr(token, '-');
	uint32_t id;
	if (!digits || strlen(digits) != 10 || sscanf(digits + 2, "%8" SCNx32, &id) != 1 || id == 0)
		return false;
	print_token(again, arn, id, reverse);
	if (strcmp(token, again) != 0)
		return false;
	*ret_id = id;
	return true;
}

static void write_event(void *user, uint32_t id, const char *json, size_t len)
{
	struct page *page = user;
	if (page->next_id)
		return;
	if (page->given && page->out.text.len + len > PAGE_BYTES_MAX) {
		page->next_id = id;
		return;
	}
	sw_body_json(&page->out, NULL, json, len);
	page->given++;
}

void sw_call_get_history(struct sw_call *call)
{
	struct sw_error err = {0};
	struct page page = {.out = SW_BODY};
	char next[TOKEN_BYTES];
	uint32_t limit = sw_call_max_results(call, SW_PAGE_RESULTS_DEFAULT);
	bool reverse = sw_call_boolean(call, "reverseOrder", false);
	bool data = sw_call_boolean(call, "includeExecutionData", true);
	const char *token = sw_call_text(call, "nextToken", NULL);
	uint32_t id = reverse ? 0 : 1;

	if (!sw_call_take_execution(call))
		return;
	if (token && !read_token(token, call->subject_text, reverse, &id)) {
		sw_call_fail_result(call, SW_ETOKEN, NULL);
		return;
	}
	sw_body_open(&page.out, NULL, '{');
	sw_body_open(&page.out, "events", '[');
	enum sw_result r;
	uint32_t before;
	do {
		before = page.given;
		uint32_t want = limit - page.given < READ_EVENTS_MAX ? limit - page.given : READ_EVENTS_MAX;
		uint32_t after = 0;
		r = sw_reader_history(call->api->reader, call->subject_text, id, want, reverse, data,
				      write_event, &page, &after, &err);
		id = page.next_id ? page.next_id : after;
	} while (r == SW_OK && id && !page.next_id && page.given > before && page.given < limit);
	sw_body_close(&page.out, ']');
	if (r != SW_OK) {
		sw_buf_done(&page.out.text);
		sw_call_fail_result(call, r, &err);
		return;
	}
	if (id) {
		print_token(next, call->subject_text, id, reverse);
		sw_body_text(&page.out, "nextToken", next);
	}
	sw_body_close(&page.out, '}');
	sw_call_answer(call, &page.out);
}
