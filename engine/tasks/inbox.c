/*
 * Where completions of all threads meet the loop. The lock is held for a few pointers only; the descriptor is
 * written when the list was empty, so that a thousand completions between two turns of the loop cost one
 * wake-up.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "engine/tasks/tasks.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct sw_inbox {
	int references; /* atomic */
	int fd;         /* an eventfd; its number is not 0 while the list is not empty */
	pthread_mutex_t lock;
	/* below: under the lock */
	struct sw_completion *first, **end;
	bool closed;
};

void sw_completion_free(struct sw_completion *completion)
{
	if (!completion)
		return;
	sw_free(completion->output);
	sw_free(completion->error);
	sw_free(completion->cause);
	if (completion->last_resort_of)
		sw_task_unref(completion->last_resort_of);
	else
		sw_free(completion);
}

enum sw_result sw_inbox_new(struct sw_inbox **ret_inbox, struct sw_error *err)
{
	struct sw_inbox *inbox = sw_zalloc(sizeof(*inbox));
	if (!inbox)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	inbox->references = 1;
	inbox->end = &inbox->first;
	inbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (inbox->fd < 0) {
		sw_error_set(err, SW_EIO, "eventfd: %s", strerror(errno));
		sw_free(inbox);
		return SW_EIO;
	}
	if (pthread_mutex_init(&inbox->lock, NULL) != 0) {
		close(inbox->fd);
		sw_free(inbox);
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	}
	*ret_inbox = inbox;
	return SW_OK;
}

struct sw_inbox *sw_inbox_ref(struct sw_inbox *inbox)
{
	__atomic_add_fetch(&inbox->references, 1, __ATOMIC_RELAXED);
	return inbox;
}

void sw_inbox_unref(struct sw_inbox *inbox)
{
	if (!inbox || __atomic_sub_fetch(&inbox->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	while (inbox->first) {
		struct sw_completion *next = inbox->first->next;
		sw_completion_free(inbox->first);
		inbox->first = next;
	}
	pthread_mutex_destroy(&inbox->lock);
	close(inbox->fd);
	sw_free(inbox);
}

int sw_inbox_fd(const struct sw_inbox *inbox)
{
	return inbox->fd;
}

enum sw_result sw_inbox_post(struct sw_inbox *inbox, struct sw_completion *completion)
{
	completion->next = NULL;
	pthread_mutex_lock(&inbox->lock);
	bool closed = inbox->closed;
	if (!closed) {
		bool wake = !inbox->first;
		*inbox->end = completion;
		inbox->end = &completion->next;
		/* 1 onto 0: cannot block, cannot overflow */
		if (wake && eventfd_write(inbox->fd, 1) != 0)
			SW_ASSERT(errno == EAGAIN);
	}
	pthread_mutex_unlock(&inbox->lock);
	if (closed)
		sw_completion_free(completion);
	return closed ? SW_ECLOSED : SW_OK;
}

struct sw_completion *sw_inbox_take(struct sw_inbox *inbox)
{
	eventfd_t number;
	pthread_mutex_lock(&inbox->lock);
	struct sw_completion *first = inbox->first;
	inbox->first = NULL;
	inbox->end = &inbox->first;
	if (eventfd_read(inbox->fd, &number) != 0)
		SW_ASSERT(errno == EAGAIN);
	pthread_mutex_unlock(&inbox->lock);
	return first;
}

/*
 * What was posted before can still be taken, but for completions that are part of their task: such a one
 * holds the task, which holds the inbox, which would then hold itself.
 */
void sw_inbox_close(struct sw_inbox *inbox)
{
	struct sw_completion *dropped = NULL;
	pthread_mutex_lock(&inbox->lock);
	inbox->closed = true;
	inbox->end = &inbox->first;
	while (*inbox->end) {
		struct sw_completion *completion = *inbox->end;
		if (completion->last_resort_of) {
			*inbox->end = completion->next;
			completion->next = dropped;
			dropped = completion;
		} else {
			inbox->end = &completion->next;
		}
	}
	pthread_mutex_unlock(&inbox->lock);
	while (dropped) {
		struct sw_completion *next = dropped->next;
		sw_completion_free(dropped);
		dropped = next;
	}
}
