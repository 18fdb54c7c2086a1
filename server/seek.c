/*
 * GetActivityTask among partitions. A poll waits in the queue of partition 0's engine, as it would without others. A
 * partition in which a task begins to wait says so, and the poll that has waited longest is taken out of the queue and
 * asks there; when others got the task first it goes on to the next partition that has some, or back into the queue.
 *
 * So a poll is in one place at a time: no task is given twice. And no task is forgotten: that a partition has tasks is
 * remembered ("hot") until its own answer says that none waits there, and letters of a partition arrive in their order,
 * so that what it said last holds. Waiting costs nothing.
 */
#include "server/partitions.h"

#include "base/mem.h"
#include "engine/activity.h"

#include <string.h>

/* How long a poll waits in a partition that has tasks but cannot hand them out now. */
#define ASK_MS 100

/* What is known of one activity, while there is something to know. */
struct sw_hunt {
	struct sw_hunt *next;
	char *name;
	uint64_t hot;                 /* bit k: tasks wait in partition k */
	uint32_t turn;                /* the partition that was asked last */
	unsigned seeks;               /* that name it */
	struct sw_seek *first, **end; /* in partition 0's queue, in its order */
};

/* One poll. */
struct sw_seek {
	struct sw_letter letter; /* to a partition and back */
	struct sw_seek *next;    /* in the hunt's list, while it is in the queue */
	struct sw_hunt *hunt;
	struct sw_call *call;
	struct sw_poll *poll; /* in the queue; NULL: it asks a partition */
	int64_t end_mono_ms;
	bool gone; /* the client is: it will not wait any longer */
	/* the way back: */
	enum sw_result result;
	struct sw_error err;
	struct sw_buf answer; /* empty: no task */
	bool more;            /* tasks wait there */
	char worker[];        /* "": none was given */
};

struct notice {
	struct sw_letter letter;
	char activity[];
};

static int64_t mono_ms(const struct sw_partitions *partitions)
{
	return partitions->home_loop->ops->mono_ms(partitions->home_loop->data);
}

/* ---- hunts -------------------------------------------------------------------------------------------- */

/* NULL: out of memory. */
static struct sw_hunt *open_hunt(struct sw_partitions *partitions, const char *name)
{
	struct sw_hunt *hunt = partitions->hunts;
	while (hunt && strcmp(hunt->name, name) != 0)
		hunt = hunt->next;
	if (hunt)
		return hunt;
	hunt = sw_zalloc(sizeof(*hunt));
	char *own = sw_strdup(name);
	if (!hunt || !own) {
		sw_free(hunt);
		sw_free(own);
		return NULL;
	}
	hunt->name = own;
	hunt->end = &hunt->first;
	hunt->next = partitions->hunts;
	partitions->hunts = hunt;
	return hunt;
}

static void leave_hunt(struct sw_partitions *partitions, struct sw_hunt *hunt)
{
	struct sw_hunt **link = &partitions->hunts;
	if (hunt->hot || hunt->seeks > 0)
		return;
	while (*link != hunt)
		link = &(*link)->next;
	*link = hunt->next;
	sw_free(hunt->name);
	sw_free(hunt);
}

void sw_hunts_free(struct sw_partitions *partitions)
{
	while (partitions->hunts) {
		struct sw_hunt *hunt = partitions->hunts;
		partitions->hunts = hunt->next;
		sw_free(hunt->name);
		sw_free(hunt);
	}
}

static void leave_list(struct sw_seek *seek)
{
	struct sw_hunt *hunt = seek->hunt;
	struct sw_seek **link = &hunt->first;
	while (*link != seek)
		link = &(*link)->next;
	*link = seek->next;
	if (hunt->end == &seek->next)
		hunt->end = link;
	seek->next = NULL;
	seek->poll = NULL;
}

/* The call goes on without it. */
static struct sw_call *seek_free(struct sw_seek *seek)
{
	struct sw_call *call = seek->call;
	struct sw_partitions *partitions = call->api->partitions;
	seek->hunt->seeks--;
	leave_hunt(partitions, seek->hunt);
	sw_buf_done(&seek->answer);
	sw_free(seek);
	call->seek = NULL;
	return call;
}

static void answer_none(struct sw_seek *seek)
{
	struct sw_body out = SW_BODY;
	sw_activity_task_write(&out, NULL);
	sw_call_answer(seek_free(seek), &out);
}

static void answer_error(struct sw_seek *seek, enum sw_result result, const struct sw_error *err)
{
	sw_call_fail_poll(seek_free(seek), result, err);
}

/* ---- in the partition --------------------------------------------------------------------------------- */

static void back_home(struct sw_letter *letter);
static void notice_arrives(struct sw_letter *letter);

static void go_back(struct sw_seek *seek)
{
	struct sw_partition *partition = seek->letter.partition;
	seek->more = partition->engine && sw_engine_activity_waits(partition->engine, seek->hunt->name);
	seek->letter.arrive = back_home;
	sw_letter_send(&partition->partitions->home, &seek->letter);
}

static void given_there(void *user, enum sw_result result, const struct sw_activity_task *task,
			const struct sw_error *err)
{
	struct sw_seek *seek = user;
	struct sw_body out = SW_BODY;
	seek->result = result;
	if (err)
		seek->err = *err;
	if (result == SW_OK && task) {
		sw_activity_task_write(&out, task);
		seek->answer = out.text;
	}
	go_back(seek);
}

static void ask_there(struct sw_letter *letter)
{
	struct sw_seek *seek = (struct sw_seek *)(void *)letter;
	struct sw_engine *engine = letter->partition->engine;
	const char *worker = seek->worker[0] ? seek->worker : NULL;
	if (!sw_engine_activity_waits(engine, seek->hunt->name)) {
		go_back(seek);
		return;
	}
	seek->result = sw_engine_poll_activity(engine, seek->hunt->name, worker, ASK_MS, given_there, seek,
					       NULL, &seek->err);
	if (seek->result != SW_OK)
		go_back(seek);
}

void sw_seek_task_waits(void *user, const char *activity)
{
	struct sw_partition *partition = user;
	size_t len = strlen(activity);
	struct notice *notice = sw_zalloc(sizeof(*notice) + len + 1);
	if (!notice) {
		atomic_store(&partition->missed, true);
		return;
	}
	notice->letter = (struct sw_letter){.arrive = notice_arrives, .partition = partition};
	memcpy(notice->activity, activity, len + 1);
	sw_letter_send(&partition->partitions->home, &notice->letter);
}

/* ---- at home ------------------------------------------------------------------------------------------ */

static void ask(struct sw_seek *seek, uint32_t number)
{
	struct sw_partitions *partitions = seek->call->api->partitions;
	seek->hunt->turn = number;
	seek->result = SW_OK;
	seek->err = (struct sw_error){0};
	seek->letter = (struct sw_letter){.arrive = ask_there, .partition = partitions->others[number]};
	sw_letter_send(&partitions->others[number]->box, &seek->letter);
}

static void given_here(void *user, enum sw_result result, const struct sw_activity_task *task,
		       const struct sw_error *err)
{
	struct sw_seek *seek = user;
	struct sw_body out = SW_BODY;
	leave_list(seek);
	if (result != SW_OK) {
		answer_error(seek, result, err);
		return;
	}
	sw_activity_task_write(&out, task);
	sw_call_answer(seek_free(seek), &out);
}

static void wait_here(struct sw_seek *seek)
{
	struct sw_partitions *partitions = seek->call->api->partitions;
	struct sw_error err = {0};
	int64_t left_ms = seek->end_mono_ms - mono_ms(partitions);
	enum sw_result r = sw_engine_poll_activity(
		partitions->catalogue, seek->hunt->name, seek->worker[0] ? seek->worker : NULL,
		left_ms > 0 ? (uint32_t)left_ms : 0, given_here, seek, &seek->poll, &err);
	if (r != SW_OK) {
		answer_error(seek, r, &err);
		return;
	}
	*seek->hunt->end = seek;
	seek->hunt->end = &seek->next;
}

/* Partitions that have tasks take turns. */
static void go_on(struct sw_seek *seek)
{
	struct sw_partitions *partitions = seek->call->api->partitions;
	struct sw_hunt *hunt = seek->hunt;
	uint64_t hot = hunt->hot;
	if (sw_engine_activity_waits(partitions->catalogue, hunt->name))
		hot |= 1;
	for (uint32_t i = 1; hot && i <= partitions->count; i++) {
		uint32_t number = (hunt->turn + i) % partitions->count;
		if (!(hot >> number & 1))
			continue;
		hunt->turn = number;
		if (number == 0)
			break;
		ask(seek, number);
		return;
	}
	wait_here(seek);
}

/* The poll that has waited longest goes where a task waits. */
static void call_one(struct sw_partitions *partitions, struct sw_hunt *hunt, uint32_t number)
{
	struct sw_seek *seek = hunt->first;
	/* One that is about to get a task of partition 0 stays. */
	while (seek && !sw_engine_cancel_poll(partitions->catalogue, seek->poll))
		seek = seek->next;
	if (!seek)
		return;
	leave_list(seek);
	ask(seek, number);
}

static void note(struct sw_hunt *hunt, uint32_t number, bool waits)
{
	uint64_t bit = UINT64_C(1) << number;
	hunt->hot = waits ? hunt->hot | bit : hunt->hot & ~bit;
}

static void back_home(struct sw_letter *letter)
{
	struct sw_seek *seek = (struct sw_seek *)(void *)letter;
	struct sw_partition *partition = letter->partition;
	struct sw_partitions *partitions = partition->partitions;
	note(seek->hunt, partition->number, seek->more);
	/* The tasks of an activity that was deleted stay for one that is made again. */
	if (seek->more && partition->runs && seek->result != SW_ENOENT)
		call_one(partitions, seek->hunt, partition->number);
	if (seek->answer.data || seek->answer.failed) {
		struct sw_body out = {.text = seek->answer};
		seek->answer = SW_BUF;
		sw_call_answer(seek_free(seek), &out);
	} else if (seek->result != SW_OK) {
		struct sw_error err = seek->err;
		answer_error(seek, seek->result, &err);
	} else if (seek->gone || !partition->runs || seek->end_mono_ms <= mono_ms(partitions)) {
		answer_none(seek);
	} else {
		go_on(seek);
	}
}

static void notice_arrives(struct sw_letter *letter)
{
	struct notice *notice = (struct notice *)(void *)letter;
	struct sw_partition *partition = letter->partition;
	struct sw_partitions *partitions = partition->partitions;
	struct sw_hunt *hunt = partition->runs ? open_hunt(partitions, notice->activity) : NULL;
	if (hunt) {
		note(hunt, partition->number, true);
		call_one(partitions, hunt, partition->number);
	} else {
		atomic_store(&partition->missed, true);
	}
	sw_free(notice);
}

void sw_seek_begin(struct sw_call *call)
{
	struct sw_partitions *partitions = call->api->partitions;
	struct sw_activity_info info = {0};
	struct sw_error err = {0};
	enum sw_result r = sw_reader_activity(call->api->reader, call->activity, &info, &err);
	sw_activity_info_done(&info);
	struct sw_hunt *hunt = r == SW_OK ? open_hunt(partitions, call->activity) : NULL;
	const char *worker = sw_call_text(call, "workerName", NULL);
	size_t worker_len = worker ? strlen(worker) : 0;
	struct sw_seek *seek = hunt ? sw_zalloc(sizeof(*seek) + worker_len + 1) : NULL;
	if (!seek) {
		if (hunt)
			leave_hunt(partitions, hunt);
		sw_call_fail_poll(call, r == SW_OK ? SW_ENOMEM : r, &err);
		return;
	}
	*seek = (struct sw_seek){.hunt = hunt, .call = call, .answer = SW_BUF};
	if (worker)
		memcpy(seek->worker, worker, worker_len + 1);
	seek->end_mono_ms = mono_ms(partitions) + SW_ACTIVITY_POLL_MS;
	hunt->seeks++;
	for (uint32_t i = 1; i < partitions->count; i++) {
		if (atomic_load(&partitions->others[i]->missed))
			note(hunt, i, true);
	}
	call->seek = seek;
	if (call->place)
		*call->place = call;
	go_on(seek);
}

bool sw_seek_cancel(struct sw_seek *seek)
{
	seek->gone = true;
	if (!seek->poll || !sw_engine_cancel_poll(seek->call->api->engine, seek->poll))
		return false;
	leave_list(seek);
	(void)seek_free(seek);
	return true;
}
