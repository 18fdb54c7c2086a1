/*
 * Which partition a call belongs to, and its way there and back: see partitions.h. Everything that only reads, and
 * every change of state machines and activities, is done where the call came in, by partition 0's engine and the
 * reader of all stores.
 */
#include "server/partitions.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* ---- the way ------------------------------------------------------------------------------------------ */

struct errand {
	struct sw_letter letter; /* there and back */
	struct sw_call *call;    /* home's alone */
	const char *action;
	/* the way back: */
	int status;
	char *type, *answer; /* answer NULL: memory was short there */
	size_t answer_len;
	size_t body_len;
	char body[];
};

static void errand_free(struct errand *errand)
{
	sw_free(errand->type);
	sw_free(errand->answer);
	sw_free(errand);
}

static void back_home(struct sw_letter *letter)
{
	struct errand *errand = (struct errand *)(void *)letter;
	sw_call_pass_on(errand->call, errand->status, errand->type, errand->answer, errand->answer_len);
	errand_free(errand);
}

static void answered(void *user, int status, const char *type, const char *body, size_t len)
{
	struct errand *errand = user;
	errand->status = status;
	errand->type = type ? sw_strdup(type) : NULL;
	errand->answer = type && !errand->type ? NULL : sw_memdup(body, len);
	errand->answer_len = len;
	errand->letter.arrive = back_home;
	sw_letter_send(&errand->letter.partition->partitions->home, &errand->letter);
}

static void ask_there(struct sw_letter *letter)
{
	struct errand *errand = (struct errand *)(void *)letter;
	struct sw_api *api = letter->partition->api;
	if (sw_api_call(api, errand->action, errand->body, errand->body_len, answered, errand) == SW_OK)
		return;
	letter->arrive = back_home; /* without an answer */
	sw_letter_send(&letter->partition->partitions->home, letter);
}

/* Always true: the call will be answered. */
static bool send(struct sw_call *call, struct sw_partition *partition, const char *body, size_t len)
{
	struct errand *errand = sw_zalloc(sizeof(*errand) + len + 1);
	if (!errand) {
		sw_call_fail_result(call, SW_ENOMEM, NULL);
		return true;
	}
	errand->letter = (struct sw_letter){.arrive = ask_there, .partition = partition};
	errand->call = call;
	errand->action = call->action->name;
	errand->body_len = len;
	if (len)
		memcpy(errand->body, body, len);
	sw_letter_send(&partition->box, &errand->letter);
	return true;
}

/* ---- where to ----------------------------------------------------------------------------------------- */

/* Of an execution that exists; 0 says what is wrong with another one. An error: it cannot be told. */
static enum sw_result of_execution(const struct sw_partitions *partitions, const char *arn,
				   uint32_t *ret_number, struct sw_error *err)
{
	enum sw_result r = arn ? sw_reader_partition_of(partitions->reader, arn, ret_number, err) : SW_ENOENT;
	return r == SW_ENOENT || r == SW_EARN ? SW_OK : r;
}

/*
 * Where a name would be started: where it is taken already, else where its hash says. So it is always met by the
 * engine that knows of it, also before its start is on disk, and after the number of partitions has grown. When that
 * cannot be told it must not be started anywhere.
 */
static enum sw_result of_name(const struct sw_call *call, struct sw_slice machine, const char *name,
			      uint32_t *ret_number, struct sw_error *err)
{
	const struct sw_api *api = call->api;
	const struct sw_partitions *partitions = api->partitions;
	char *arn = sw_asprintf("arn:aws:states:%s:%s:execution:%.*s:%s", api->region, api->account,
				(int)machine.len, (const char *)machine.data, name);
	enum sw_result r = arn ? sw_reader_partition_of(partitions->reader, arn, ret_number, err) : SW_ENOMEM;
	if (r == SW_ENOENT || r == SW_EARN) {
		*ret_number = (uint32_t)(sw_hash64(arn, strlen(arn), 0) % partitions->count);
		r = SW_OK;
	}
	sw_free(arn);
	return r;
}

/* Mistakes are found by partition 0 as by any other. */
static enum sw_result of_start(const struct sw_call *call, uint32_t *ret_number, struct sw_error *err)
{
	struct sw_partitions *partitions = call->api->partitions;
	struct sw_buf message = SW_BUF;
	struct sw_arn_text arn;
	const char *name = sw_call_text(call, "name", NULL);
	const char *text = sw_call_text(call, "stateMachineArn", NULL);
	bool good = text && sw_arn_text_parse(text, "stateMachine", &arn, &message);
	sw_buf_done(&message);
	if (!good || (name && sw_name_check(name, NULL) != SW_OK))
		return SW_OK;
	if (name)
		return of_name(call, arn.name, name, ret_number, err);
	*ret_number = partitions->next++ % partitions->count;
	return SW_OK;
}

static uint32_t of_token(const struct sw_call *call)
{
	uint32_t number = 0;
	const char *token = sw_call_text(call, "taskToken", NULL);
	if (sw_token_partition(token, &number, NULL) != SW_OK)
		return 0;
	return number < call->api->partitions->count ? number : 0;
}

bool sw_partitions_take(struct sw_call *call, const char *body, size_t len)
{
	struct sw_partitions *partitions = call->api->partitions;
	void (*handle)(struct sw_call *) = call->action->handle;
	struct sw_error err = {0};
	enum sw_result r = SW_OK;
	uint32_t number = 0;
	if (handle == sw_call_start_execution || handle == sw_call_start_sync_execution)
		r = of_start(call, &number, &err);
	else if (handle == sw_call_stop_execution || handle == sw_call_redrive_execution ||
		 handle == sw_call_delete_execution)
		r = of_execution(partitions, sw_call_text(call, "executionArn", NULL), &number, &err);
	else if (handle == sw_call_send_task_success || handle == sw_call_send_task_failure ||
		 handle == sw_call_send_task_heartbeat)
		number = of_token(call);
	if (r < 0) {
		sw_call_fail_result(call, r, &err);
		return true;
	}
	return number > 0 && number < partitions->count && send(call, partitions->others[number], body, len);
}
