/*
 * Boxes and the commit thread: see commit.h. The loop and the thread share one slot, so that there is never
 * more than one batch on its way to the disk, and one wake-up for each commit.
 */
#include "engine/commit.h"

#include "base/assert.h"
#include "base/mem.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* ---- answers ------------------------------------------------------------------------------------------ */

void sw_answer_done(struct sw_answer *answer)
{
	sw_free(answer->arn);
	sw_free(answer->revision_id);
	sw_free(answer->version_arn);
	sw_free(answer->text);
	*answer = (struct sw_answer){0};
}

void sw_answer_give(struct sw_answer *answer)
{
	struct sw_answer given = *answer; /* the callback may make the array of actions move */
	*answer = (struct sw_answer){0};
	if (given.reply) {
		struct sw_reply reply = {.arn = given.arn,
					 .revision_id = given.revision_id,
					 .version_arn = given.version_arn,
					 .time_ms = given.time_ms,
					 .existed = given.existed};
		struct sw_error err = {0};
		if (given.result < 0)
			sw_error_set(&err, given.result, "%s",
				     given.text ? given.text : sw_result_text(given.result));
		given.reply(given.user, given.result, &reply, given.result < 0 ? &err : NULL);
	}
	sw_answer_done(&given);
}

/* ---- boxes -------------------------------------------------------------------------------------------- */

enum sw_result sw_box_init(struct sw_box *box)
{
	*box = (struct sw_box){0};
	return sw_batch_new(&box->batch);
}

void sw_box_done(struct sw_box *box)
{
	SW_ASSERT(box->acted == box->actions_count && box->pins_count == 0);
	sw_batch_free(box->batch);
	sw_free(box->actions);
	sw_free(box->pins);
	sw_buf_done(&box->log);
	*box = (struct sw_box){0};
}

void sw_box_reset(struct sw_box *box)
{
	SW_ASSERT(box->acted == box->actions_count && box->pins_count == 0);
	sw_batch_reset(box->batch);
	box->actions_count = 0;
	box->acted = 0;
	box->unpinned = 0;
	box->next = NULL;
	sw_buf_reset(&box->log);
	box->log_lines = 0;
	box->forgets = false;
}

bool sw_box_is_empty(const struct sw_box *box)
{
	return sw_batch_count(box->batch) == 0 && box->acted == box->actions_count && box->pins_count == 0 &&
	       box->log_lines == 0;
}

/* Makes room for `more` items behind `count`; the new block, or NULL when out of memory. */
static void *grown(void *block, size_t count, size_t *capacity, size_t more, size_t item_bytes)
{
	if (block && *capacity - count >= more)
		return block;
	size_t wanted = (count + more) * 2;
	void *larger = sw_realloc_array(block, wanted, item_bytes);
	if (larger)
		*capacity = wanted;
	return larger;
}

enum sw_result sw_box_reserve(struct sw_box *box, size_t actions, size_t pins)
{
	struct sw_action *more_actions = grown(box->actions, box->actions_count, &box->actions_capacity,
					       actions, sizeof(*box->actions));
	if (!more_actions)
		return SW_ENOMEM;
	box->actions = more_actions;
	struct sw_pin *more_pins =
		grown(box->pins, box->pins_count, &box->pins_capacity, pins, sizeof(*box->pins));
	if (!more_pins)
		return SW_ENOMEM;
	box->pins = more_pins;
	return SW_OK;
}

void sw_box_act(struct sw_box *box, const struct sw_action *action)
{
	SW_ASSERT(box->actions_count < box->actions_capacity);
	box->actions[box->actions_count++] = *action;
}

/* ---- the thread --------------------------------------------------------------------------------------- */

static uint64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void commit_one(struct sw_committer *committer, const struct sw_batch *batch)
{
	struct sw_error error = {0};
	uint64_t began_us = now_us();
	enum sw_result result =
		sw_batch_count(batch) ? sw_store_commit(committer->store, batch, &error) : SW_OK;
	uint64_t took_us = now_us() - began_us;
	pthread_mutex_lock(&committer->lock);
	committer->job = NULL;
	committer->took_us = took_us;
	committer->result = result;
	committer->error = error;
	atomic_store(&committer->ended, true);
	pthread_cond_broadcast(&committer->changed);
	pthread_mutex_unlock(&committer->lock);
	/* An eventfd refuses to be written only when it is at its maximum: then it is readable already. */
	if (eventfd_write(committer->event_fd, 1) != 0)
		SW_ASSERT(errno == EAGAIN);
}

static void *committer_main(void *user)
{
	struct sw_committer *committer = user;
	pthread_mutex_lock(&committer->lock);
	while (!committer->quit) {
		const struct sw_batch *job = committer->job;
		if (!job) {
			pthread_cond_wait(&committer->changed, &committer->lock);
			continue;
		}
		pthread_mutex_unlock(&committer->lock);
		commit_one(committer, job);
		pthread_mutex_lock(&committer->lock);
	}
	pthread_mutex_unlock(&committer->lock);
	return NULL;
}

/* Signals belong to the host: a thread of ours must never run a handler of its. */
static int start_blocked(struct sw_committer *committer)
{
	sigset_t all, before;
	sigfillset(&all);
	int error = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (error)
		return error;
	error = pthread_create(&committer->thread, NULL, committer_main, committer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

enum sw_result sw_committer_init(struct sw_committer *committer, struct sw_store *store, bool threaded,
				 struct sw_error *err)
{
	*committer = (struct sw_committer){.store = store, .event_fd = -1};
	if (pthread_mutex_init(&committer->lock, NULL) != 0)
		return sw_error_set(err, SW_ENOMEM, "cannot make a lock");
	if (pthread_cond_init(&committer->changed, NULL) != 0) {
		pthread_mutex_destroy(&committer->lock);
		return sw_error_set(err, SW_ENOMEM, "cannot make a condition variable");
	}
	committer->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (committer->event_fd < 0) {
		int error = errno;
		sw_committer_done(committer);
		return sw_error_set(err, SW_EIO, "eventfd: %s", strerror(error));
	}
	if (!threaded)
		return SW_OK;
	int error = start_blocked(committer);
	if (error) {
		sw_committer_done(committer);
		return sw_error_set(err, error == EAGAIN ? SW_ENOMEM : SW_EIO,
				    "cannot start the commit thread: %s", strerror(error));
	}
	committer->started = true;
	return SW_OK;
}

void sw_committer_done(struct sw_committer *committer)
{
	if (!committer->store)
		return;
	if (committer->started) {
		pthread_mutex_lock(&committer->lock);
		SW_ASSERT(!committer->job);
		committer->quit = true;
		pthread_cond_broadcast(&committer->changed);
		pthread_mutex_unlock(&committer->lock);
		pthread_join(committer->thread, NULL);
	}
	if (committer->event_fd >= 0)
		close(committer->event_fd);
	pthread_cond_destroy(&committer->changed);
	pthread_mutex_destroy(&committer->lock);
	*committer = (struct sw_committer){0};
}

void sw_committer_give(struct sw_committer *committer, const struct sw_batch *batch)
{
	if (!committer->started) {
		commit_one(committer, batch);
		return;
	}
	pthread_mutex_lock(&committer->lock);
	SW_ASSERT(!committer->job && !atomic_load(&committer->ended));
	committer->job = batch;
	pthread_cond_broadcast(&committer->changed);
	pthread_mutex_unlock(&committer->lock);
}

bool sw_committer_has_ended(const struct sw_committer *committer)
{
	return atomic_load(&committer->ended);
}

bool sw_committer_take(struct sw_committer *committer, enum sw_result *ret_result, uint64_t *ret_took_us,
		       struct sw_error *ret_error)
{
	eventfd_t number;
	pthread_mutex_lock(&committer->lock);
	/* Not readable yet when the thread is about to write it: then it is read, for nothing, in a later
	 * turn. */
	if (eventfd_read(committer->event_fd, &number) != 0)
		SW_ASSERT(errno == EAGAIN);
	bool ended = atomic_load(&committer->ended);
	if (ended) {
		*ret_result = committer->result;
		*ret_took_us = committer->took_us;
		*ret_error = committer->error;
		atomic_store(&committer->ended, false);
	}
	pthread_mutex_unlock(&committer->lock);
	return ended;
}

void sw_committer_wait(struct sw_committer *committer)
{
	pthread_mutex_lock(&committer->lock);
	while (committer->job)
		pthread_cond_wait(&committer->changed, &committer->lock);
	pthread_mutex_unlock(&committer->lock);
}
