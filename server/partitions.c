/* Engines in threads of their own, and letters between them and the server's loop: see partitions.h. */
#include "server/partitions.h"

#include "base/mem.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* ---- letters ------------------------------------------------------------------------------------------ */

void sw_letter_send(struct sw_letter_box *box, struct sw_letter *letter)
{
	const uint64_t one = 1;
	letter->next = NULL;
	pthread_mutex_lock(&box->lock);
	bool first = box->first == NULL;
	*box->end = letter;
	box->end = &letter->next;
	pthread_mutex_unlock(&box->lock);
	if (first)
		(void)!write(box->watch.fd, &one, sizeof(one)); /* full: it is readable anyway */
}

static void read_letters(struct sw_letter_box *box)
{
	pthread_mutex_lock(&box->lock);
	struct sw_letter *letter = box->first;
	box->first = NULL;
	box->end = &box->first;
	pthread_mutex_unlock(&box->lock);
	while (letter) {
		struct sw_letter *next = letter->next;
		letter->arrive(letter);
		letter = next;
	}
}

static void letters_came(struct sw_watch *watch, unsigned interest)
{
	uint64_t count;
	(void)interest;
	(void)!read(watch->fd, &count, sizeof(count));
	read_letters(watch->user);
}

static enum sw_result open_box(struct sw_letter_box *box, const struct sw_loop *loop, struct sw_error *err)
{
	pthread_mutex_init(&box->lock, NULL);
	box->end = &box->first;
	box->watch = (struct sw_watch){
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = letters_came, .user = box};
	if (box->watch.fd < 0)
		return sw_error_set(err, SW_EIO, "eventfd: %s", strerror(errno));
	enum sw_result r = loop->ops->watch(loop->data, &box->watch, SW_READABLE);
	return r < 0 ? sw_error_set(err, r, "%s", sw_result_text(r)) : SW_OK;
}

static void close_box(struct sw_letter_box *box, const struct sw_loop *loop)
{
	if (!box->end)
		return; /* it was not opened */
	if (box->watch.slot)
		loop->ops->watch(loop->data, &box->watch, 0);
	if (box->watch.fd >= 0)
		close(box->watch.fd);
	pthread_mutex_destroy(&box->lock);
	*box = (struct sw_letter_box){0};
}

/* ---- asking every partition --------------------------------------------------------------------------- */

struct question {
	struct sw_letter letter;
	void (*look)(void *user, struct sw_engine *engine);
	void *user;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool answered;
};

static void look_now(struct sw_letter *letter)
{
	struct question *question = (struct question *)(void *)letter;
	question->look(question->user, letter->partition->engine);
	pthread_mutex_lock(&question->lock);
	question->answered = true;
	pthread_cond_signal(&question->changed);
	pthread_mutex_unlock(&question->lock);
}

void sw_partitions_each(struct sw_partitions *partitions, void (*look)(void *user, struct sw_engine *engine),
			void *user)
{
	for (uint32_t i = 1; partitions && i < partitions->count; i++) {
		struct sw_partition *partition = partitions->others[i];
		struct question question = {
			.letter = {.arrive = look_now, .partition = partition}, .look = look, .user = user};
		if (!partition->runs) {
			if (partition->engine)
				look(user, partition->engine);
			continue;
		}
		pthread_mutex_init(&question.lock, NULL);
		pthread_cond_init(&question.changed, NULL);
		sw_letter_send(&partition->box, &question.letter);
		pthread_mutex_lock(&question.lock);
		while (!question.answered)
			pthread_cond_wait(&question.changed, &question.lock);
		pthread_mutex_unlock(&question.lock);
		pthread_cond_destroy(&question.changed);
		pthread_mutex_destroy(&question.lock);
	}
}

struct verdict {
	enum sw_result result;
	struct sw_error *err;
	const char *resources_json, *mocks_json;
	bool *ret_mocks;
	bool idle;
};

static void ask_ready(void *user, struct sw_engine *engine)
{
	struct verdict *verdict = user;
	if (verdict->result == SW_OK)
		verdict->result = sw_engine_ready(engine, verdict->err);
}

enum sw_result sw_partitions_ready(struct sw_partitions *partitions, struct sw_error *err)
{
	struct verdict verdict = {.err = err};
	sw_partitions_each(partitions, ask_ready, &verdict);
	return verdict.result;
}

static void ask_idle(void *user, struct sw_engine *engine)
{
	struct verdict *verdict = user;
	verdict->idle = verdict->idle && sw_engine_is_idle(engine);
}

bool sw_partitions_are_idle(struct sw_partitions *partitions)
{
	struct verdict verdict = {.idle = true};
	sw_partitions_each(partitions, ask_idle, &verdict);
	return verdict.idle;
}

static void ask_reload(void *user, struct sw_engine *engine)
{
	struct verdict *verdict = user;
	if (verdict->result == SW_OK)
		verdict->result = sw_engine_reload(engine, verdict->resources_json, verdict->mocks_json,
						   verdict->ret_mocks, verdict->err);
}

/* Commands queue in each engine for itself. */
static void warn_of_limits(const struct sw_partitions *partitions, const char *resources_json)
{
	if (resources_json && strstr(resources_json, "\"maxConcurrency\""))
		SW_LOG(&partitions->log, SW_LOG_WARNING,
		       "maxConcurrency holds in each of %u partitions: so many times as many may run at once",
		       partitions->count);
}

enum sw_result sw_partitions_reload(struct sw_partitions *partitions, const char *resources_json,
				    const char *mocks_json, bool *ret_mocks, struct sw_error *err)
{
	struct verdict verdict = {.err = err,
				  .resources_json = resources_json,
				  .mocks_json = mocks_json,
				  .ret_mocks = ret_mocks};
	sw_partitions_each(partitions, ask_reload, &verdict);
	if (partitions && verdict.result == SW_OK)
		warn_of_limits(partitions, resources_json);
	return verdict.result;
}

enum sw_result sw_partitions_on_task(struct sw_partitions *partitions, const char *pattern,
				     sw_task_fn *handler, sw_task_fn *cancel, void *user,
				     struct sw_error *err)
{
	enum sw_result r = SW_OK;
	for (uint32_t i = 1; partitions && i < partitions->count && r == SW_OK; i++)
		r = sw_engine_on_task(partitions->others[i]->engine, pattern, handler, cancel, user, err);
	return r;
}

uint32_t sw_partitions_count(const struct sw_partitions *partitions)
{
	return partitions ? partitions->count : 1;
}

/* ---- state machines that go --------------------------------------------------------------------------- */

static struct sw_leaving **find_leaving(struct sw_partitions *partitions, uint32_t machine_number)
{
	struct sw_leaving **link = &partitions->leaving;
	while (*link && (*link)->machine_number != machine_number)
		link = &(*link)->next;
	return link;
}

static void drain_here(struct sw_letter *letter);

static void drain_answered(struct sw_letter *letter)
{
	struct sw_drain *drain = (struct sw_drain *)(void *)letter;
	struct sw_leaving *leaving = drain->leaving;
	struct sw_partition *partition = letter->partition;
	if (drain->result == SW_ENOMEM && partition->runs) { /* again, until there is memory */
		letter->arrive = drain_here;
		sw_letter_send(&partition->box, letter);
	} else if (drain->result == SW_OK && --leaving->waits == 0) {
		sw_engine_look_again(partition->partitions->catalogue, leaving->machine_number);
	}
}

static void drained(void *user, uint32_t machine_number)
{
	struct sw_drain *drain = user;
	(void)machine_number;
	drain->letter.arrive = drain_answered;
	sw_letter_send(&drain->letter.partition->partitions->home, &drain->letter);
}

static void drain_here(struct sw_letter *letter)
{
	struct sw_drain *drain = (struct sw_drain *)(void *)letter;
	uint32_t number = drain->leaving->machine_number;
	drain->result = sw_engine_drain_machine(letter->partition->engine, number, drained, drain, NULL);
	if (drain->result < 0)
		drained(drain, number);
}

/* A hook of the catalogue's engine. */
static enum sw_result runs_elsewhere(void *user, uint32_t machine_number)
{
	struct sw_partitions *partitions = user;
	struct sw_leaving **link = find_leaving(partitions, machine_number), *leaving = *link;
	if (leaving && leaving->waits > 0)
		return SW_EBUSY;
	if (leaving) {
		*link = leaving->next;
		sw_free(leaving);
		return SW_OK;
	}
	leaving = sw_zalloc(sizeof(*leaving) + partitions->count * sizeof(leaving->drains[0]));
	if (!leaving)
		return SW_ENOMEM;
	*leaving = (struct sw_leaving){.next = partitions->leaving, .machine_number = machine_number};
	partitions->leaving = leaving;
	for (uint32_t i = 1; i < partitions->count; i++) {
		leaving->waits++;
		leaving->drains[i] = (struct sw_drain){
			.letter = {.arrive = drain_here, .partition = partitions->others[i]},
			.leaving = leaving};
		sw_letter_send(&partitions->others[i]->box, &leaving->drains[i].letter);
	}
	return SW_EBUSY;
}

/* ---- the threads -------------------------------------------------------------------------------------- */

static void *run(void *user)
{
	struct sw_partition *partition = user;
	struct sw_error err = {0};
	while (!partition->stopping) {
		if (sw_poll_loop_run(partition->loop, -1, &err) == SW_OK)
			continue;
		SW_LOG(&partition->partitions->log, SW_LOG_ERROR, "partition %u: %s", partition->number,
		       err.text);
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	}
	/* Waiting calls are answered from inside. */
	sw_engine_free(partition->engine);
	partition->engine = NULL;
	return NULL;
}

static void stop_here(struct sw_letter *letter)
{
	letter->partition->stopping = true;
}

/* Signals are the host's matter. */
static enum sw_result start_thread(struct sw_partition *partition, struct sw_error *err)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&partition->thread, NULL, run, partition);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return sw_error_set(err, SW_EIO, "no thread for partition %u: %s", partition->number,
				    strerror(error));
	partition->runs = true;
	return SW_OK;
}

enum sw_result sw_partitions_resume(struct sw_partitions *partitions, enum sw_resume which,
				    struct sw_error *err)
{
	enum sw_result r = SW_OK;
	for (uint32_t i = 1; partitions && i < partitions->count && r == SW_OK; i++) {
		r = sw_engine_resume(partitions->others[i]->engine, which, err);
		if (r == SW_OK)
			r = start_thread(partitions->others[i], err);
	}
	return r;
}

void sw_partitions_stop(struct sw_partitions *partitions)
{
	if (!partitions)
		return;
	for (uint32_t i = 1; i < partitions->count; i++) {
		struct sw_partition *partition = partitions->others[i];
		struct sw_letter letter = {.arrive = stop_here, .partition = partition};
		if (!partition)
			continue;
		if (partition->runs) {
			sw_letter_send(&partition->box, &letter);
			pthread_join(partition->thread, NULL);
			partition->runs = false;
		}
		sw_engine_free(partition->engine);
		partition->engine = NULL;
	}
	if (partitions->home.end)
		read_letters(&partitions->home);
}

/* ---- life --------------------------------------------------------------------------------------------- */

static enum sw_result open_one(struct sw_partitions *partitions, const struct sw_engine_options *options,
			       uint32_t number, struct sw_error *err)
{
	struct sw_partition_hooks own = {.task_waits = sw_seek_task_waits};
	struct sw_engine_options mine = *options;
	size_t bytes = options->data_directory ? strlen(options->data_directory) + 32 : 0;
	char *directory = bytes ? sw_alloc(bytes) : NULL;
	struct sw_partition *partition = sw_zalloc(sizeof(*partition));
	partitions->others[number] = partition;
	if (!partition || (bytes && !directory)) {
		sw_free(directory);
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	}
	if (directory)
		snprintf(directory, bytes, "%s/partition-%u", options->data_directory, number);
	partition->partitions = partitions;
	partition->number = number;
	own.user = partition;
	enum sw_result r = sw_poll_loop_new(&partition->loop, err);
	if (r == SW_OK) {
		mine.data_directory = directory;
		mine.loop = sw_poll_loop_hooks(partition->loop);
		mine.catalogue = partitions->catalogue;
		mine.partition = number;
		r = sw_engine_new(&mine, &partition->engine, err);
	}
	sw_free(directory);
	if (r == SW_OK)
		r = open_box(&partition->box, mine.loop, err);
	if (r < 0)
		return r;
	sw_engine_set_hooks(partition->engine, &own);
	r = sw_api_new(partition->engine, NULL, &partition->api);
	return r < 0 ? sw_error_set(err, r, "%s", sw_result_text(r)) : SW_OK;
}

static enum sw_result open_all(struct sw_partitions *partitions, const struct sw_engine_options *options,
			       struct sw_error *err)
{
	struct sw_engine *engines[SW_PARTITIONS_MAX] = {partitions->catalogue};
	const struct sw_partition_hooks hooks = {.runs_elsewhere = runs_elsewhere, .user = partitions};
	enum sw_result r = open_box(&partitions->home, partitions->home_loop, err);
	for (uint32_t i = 1; i < partitions->count && r == SW_OK; i++) {
		r = open_one(partitions, options, i, err);
		if (r == SW_OK)
			engines[i] = partitions->others[i]->engine;
	}
	if (r == SW_OK)
		r = sw_engine_set_partitions(partitions->catalogue, partitions->count, err);
	if (r == SW_OK)
		r = sw_reader_of_partitions(engines, partitions->count, &partitions->reader, err);
	if (r == SW_OK)
		sw_engine_set_hooks(partitions->catalogue, &hooks);
	return r;
}

enum sw_result sw_partitions_open(struct sw_engine *catalogue, const struct sw_engine_options *options,
				  uint32_t count, struct sw_partitions **ret_partitions, struct sw_error *err)
{
	uint32_t there = 1;
	*ret_partitions = NULL;
	enum sw_result r = sw_engine_partitions(catalogue, &there, err);
	if (r < 0)
		return r;
	if (options->relaxed_ms && (count > 1 || there > 1))
		return sw_error_set(err, SW_EINVAL,
				    "partitions need every commit to be on disk before it is acknowledged");
	if (count > SW_PARTITIONS_MAX)
		return sw_error_set(err, SW_EINVAL, "at most %d partitions", SW_PARTITIONS_MAX);
	if (count && count < there)
		return sw_error_set(err, SW_EINVAL,
				    "%s has %u partitions, and executions in each of them: it cannot have %u",
				    options->data_directory ? options->data_directory : "the store", there,
				    count);
	count = count ? count : there;
	if (count == 1)
		return SW_OK;
	struct sw_partitions *partitions = sw_zalloc(sizeof(*partitions));
	if (!partitions)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	partitions->catalogue = catalogue;
	partitions->home_loop = options->loop;
	partitions->count = count;
	partitions->log = options->log;
	r = open_all(partitions, options, err);
	if (r < 0) {
		sw_partitions_stop(partitions);
		sw_partitions_free(partitions);
		return r;
	}
	warn_of_limits(partitions, options->resources_json);
	*ret_partitions = partitions;
	return SW_OK;
}

enum sw_result sw_api_new_over(struct sw_engine *catalogue, struct sw_partitions *partitions,
			       struct sw_api **ret_api)
{
	enum sw_result r = sw_api_new(catalogue, partitions ? partitions->reader : NULL, ret_api);
	if (r == SW_OK)
		(*ret_api)->partitions = partitions;
	return r;
}

void sw_partitions_free(struct sw_partitions *partitions)
{
	if (!partitions)
		return;
	for (uint32_t i = 1; i < partitions->count; i++) {
		struct sw_partition *partition = partitions->others[i];
		if (!partition)
			continue;
		if (partition->loop)
			close_box(&partition->box, sw_poll_loop_hooks(partition->loop));
		sw_api_free(partition->api);
		sw_poll_loop_free(partition->loop);
		sw_free(partition);
	}
	close_box(&partitions->home, partitions->home_loop);
	while (partitions->leaving) {
		struct sw_leaving *leaving = partitions->leaving;
		partitions->leaving = leaving->next;
		sw_free(leaving);
	}
	sw_hunts_free(partitions);
	sw_reader_close(partitions->reader);
	sw_free(partitions);
}
