/* The door: opening, beginning, closing an engine; routes; what it tells of itself. */
#include "engine/engine.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "engine/internal.h"
#include "engine/reader.h"

#include <string.h>
#include <unistd.h>

/* ---- events of the loop ------------------------------------------------------------------------------- */

static void woken(struct sw_watch *watch, unsigned interest)
{
	(void)interest;
	sw_engine_work(watch->user);
}

static void alarmed(struct sw_alarm *alarm)
{
	sw_engine_work(alarm->user);
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static char *copy(const char *text, bool *failed)
{
	char *own = text ? sw_strdup(text) : NULL;
	*failed = *failed || (text && !own);
	return own;
}

static enum sw_result take_options(struct sw_engine *engine, const struct sw_engine_options *options)
{
	bool failed = false;
	uint64_t seed = options->seed;
	engine->loop = options->loop;
	engine->limits = options->limits;
	engine->log = options->log;
	engine->execution_log = options->execution_log;
	sw_meters_init(&engine->meters);
	engine->relaxed_ms = options->relaxed_ms;
	engine->synchronous = options->synchronous_commit;
	engine->directory = copy(options->data_directory, &failed);
	engine->catalogue = options->catalogue;
	engine->partition = options->partition;
	engine->retention.keep_ms = engine->catalogue && options->retention_ms == 0
					    ? engine->catalogue->retention.keep_ms
					    : options->retention_ms;
	engine->region = copy(engine->catalogue ? engine->catalogue->region : options->region, &failed);
	engine->account = copy(engine->catalogue ? engine->catalogue->account : options->account, &failed);
	engine->seeded = seed != 0;
	if (seed == 0 && sw_entropy(&seed, sizeof(seed)) < 0)
		return SW_EIO;
	engine->rng = sw_rng(seed);
	return failed ? SW_ENOMEM : SW_OK;
}

static enum sw_result open_store(struct sw_engine *engine, struct sw_error *err)
{
	struct sw_store_options options = {.directory = engine->directory,
					   .table_names = sw_table_names,
					   .tables_count = SW_TABLES_COUNT,
					   .format = SW_STORE_FORMAT,
					   .log = engine->log};
	enum sw_result r = engine->catalogue ? sw_partition_check(engine, err) : SW_OK;
	engine->owns_store = true;
	if (r == SW_OK && !engine->directory)
		return sw_store_open_memory(&options, &engine->store, err);
	if (r == SW_OK)
		r = sw_lock_take(engine->directory, &engine->lock_fd, err);
	return r < 0 ? r : sw_store_open_lmdb(&options, &engine->store, err);
}

/* State machines and activities are read where they are written. */
static enum sw_result join_catalogue(struct sw_engine *engine)
{
	engine->own_store = engine->store;
	return engine->catalogue
		       ? sw_partition_join(engine->catalogue->own_store, engine->own_store, &engine->store)
		       : SW_OK;
}

static enum sw_result open_parts(struct sw_engine *engine, struct sw_error *err)
{
	enum sw_result r = sw_batch_new(&engine->changes);
	if (r == SW_OK)
		r = sw_digester_new(&engine->digester);
	for (size_t i = 0; i < SW_BOXES && r == SW_OK; i++)
		r = sw_box_init(&engine->boxes[i]);
	if (r == SW_OK)
		r = sw_box_init(&engine->passing);
	if (r == SW_OK)
		r = sw_timers_init(&engine->timers);
	if (r < 0)
		return r;
	engine->open = &engine->boxes[0];
	engine->open_number = 1;
	engine->retry_mono_ms = SW_NEVER;
	engine->held_end = &engine->held;
	r = sw_recover_open(engine, err);
	if (r == SW_OK)
		r = sw_reader_new(engine->store, engine->region, engine->account, &engine->reader);
	if (r == SW_OK)
		r = sw_committer_init(&engine->committer, engine->store, !engine->synchronous, err);
	return r;
}

/* Who works on tasks. */
static enum sw_result open_routes(struct sw_engine *engine, const struct sw_engine_options *options,
				  struct sw_error *err)
{
	struct sw_commands_options commands = {.loop = engine->loop,
					       .helper_path = options->helper_path,
					       .directory = options->resources_directory,
					       .lock_directory = engine->directory,
					       .limits = engine->limits,
					       .log = engine->log};
	enum sw_result r = sw_inbox_new(&engine->inbox, err);
	if (r == SW_OK)
		r = sw_routes_new(&engine->routes);
	if (r == SW_OK)
		r = sw_commands_provider_new(&commands, &engine->commands, err);
	if (r == SW_OK && options->resources_json)
		r = sw_resources_load(options->resources_json, strlen(options->resources_json),
				      engine->commands, engine->routes, err);
	if (r == SW_OK && options->mocks_json)
		r = sw_mocks_new(options->mocks_json, strlen(options->mocks_json), &engine->mocks, err);
	return r;
}

static enum sw_result join_loop(struct sw_engine *engine, struct sw_error *err)
{
	const struct sw_loop *loop = engine->loop;
	engine->alarm = (struct sw_alarm){.fired = alarmed, .user = engine};
	engine->inbox_watch =
		(struct sw_watch){.fd = sw_inbox_fd(engine->inbox), .ready = woken, .user = engine};
	engine->commit_watch =
		(struct sw_watch){.fd = engine->committer.event_fd, .ready = woken, .user = engine};
	enum sw_result r = loop->ops->watch(loop->data, &engine->inbox_watch, SW_READABLE);
	if (r == SW_OK)
		r = loop->ops->watch(loop->data, &engine->commit_watch, SW_READABLE);
	/* Set at all times from here on: setting it to another moment then needs no memory. */
	if (r == SW_OK)
		r = loop->ops->alarm(loop->data, &engine->alarm, loop->ops->mono_ms(loop->data));
	return r < 0 ? sw_error_set(err, r, "the loop refused the engine's watches: %s", sw_result_text(r))
		     : SW_OK;
}

static void leave_loop(struct sw_engine *engine)
{
	const struct sw_loop *loop = engine->loop;
	if (engine->inbox_watch.slot)
		loop->ops->watch(loop->data, &engine->inbox_watch, 0);
	if (engine->commit_watch.slot)
		loop->ops->watch(loop->data, &engine->commit_watch, 0);
	if (engine->alarm.slot)
		loop->ops->alarm(loop->data, &engine->alarm, SW_NEVER);
}

/* Frees everything; a half-built engine too. */
static void destroy(struct sw_engine *engine)
{
	leave_loop(engine);
	if (engine->inbox)
		sw_inbox_close(
			engine->inbox); /* what ending commands post is not for this process any more */
	sw_executions_done(engine);
	sw_commands_provider_free(engine->commands);
	sw_routes_free(engine->routes);
	sw_mocks_free(engine->mocks);
	sw_inbox_unref(engine->inbox);
	while (engine->left_in_inbox) {
		struct sw_completion *completion = engine->left_in_inbox;
		engine->left_in_inbox = completion->next;
		sw_completion_free(completion);
	}
	sw_committer_done(&engine->committer);
	for (size_t i = 0; i < SW_BOXES; i++) {
		if (engine->boxes[i].batch)
			sw_box_done(&engine->boxes[i]);
	}
	if (engine->passing.batch)
		sw_box_done(&engine->passing);
	sw_batch_free(engine->changes);
	sw_digester_free(engine->digester);
	sw_effects_done(&engine->effects);
	sw_buf_done(&engine->record);
	sw_timers_done(&engine->timers);
	sw_activities_done(&engine->activities);
	sw_machines_done(&engine->machines);
	sw_observers_done(&engine->observers);
	sw_meters_done(&engine->meters);
	sw_reader_close(engine->reader);
	if (engine->owns_store)
		sw_store_close(engine->store);
	sw_lock_release(engine->lock_fd);
	sw_free(engine->directory);
	sw_free(engine->region);
	sw_free(engine->account);
	engine->magic = 0;
	sw_free(engine);
}

static enum sw_result engine_new(const struct sw_engine_options *options, struct sw_store *store,
				 struct sw_engine **ret_engine, struct sw_error *err)
{
	if (!options || !options->loop || !options->loop->ops || !ret_engine)
		return sw_error_set(err, SW_EINVAL, "an engine needs a loop");
	if (options->retention_ms < 0)
		return sw_error_set(err, SW_EINVAL, "the retention time is negative");
	if (options->partition >= SW_PARTITIONS_MAX ||
	    (options->partition > 0) != (options->catalogue != NULL))
		return sw_error_set(err, SW_EINVAL, "partitions 1 to %d have a catalogue, 0 has none",
				    SW_PARTITIONS_MAX - 1);
	if (sw_arn_check_owner(options->region, options->account, err) != SW_OK)
		return SW_EINVAL;
	struct sw_engine *engine = sw_zalloc(sizeof(*engine));
	if (!engine)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	engine->magic = SW_ENGINE_MAGIC;
	engine->pid = getpid();
	engine->lock_fd = -1;
	engine->store = store;
	enum sw_result r = take_options(engine, options);
	if (r == SW_OK) /* first: a mistake in what the host gave leaves no store behind */
		r = open_routes(engine, options, err);
	if (r == SW_OK && !store)
		r = open_store(engine, err);
	if (r == SW_OK)
		r = join_catalogue(engine);
	if (r == SW_OK)
		r = open_parts(engine, err);
	if (r == SW_OK)
		r = join_loop(engine, err);
	if (r < 0) {
		destroy(engine);
		return sw_error_set(err, r, "%s", sw_result_text(r));
	}
	*ret_engine = engine;
	return SW_OK;
}

enum sw_result sw_engine_new(const struct sw_engine_options *options, struct sw_engine **ret_engine,
			     struct sw_error *err)
{
	return engine_new(options, NULL, ret_engine, err);
}

enum sw_result sw_engine_new_on(const struct sw_engine_options *options, struct sw_store *store,
				struct sw_engine **ret_engine, struct sw_error *err)
{
	return engine_new(options, store, ret_engine, err);
}

/* ---- beginning and closing ---------------------------------------------------------------------------- */

enum sw_result sw_engine_resume(struct sw_engine *engine, enum sw_resume which, struct sw_error *err)
{
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	if (engine->state != SW_ENGINE_OPEN)
		return sw_error_set(err, SW_EINVAL, "the engine runs already");
	if (which == SW_RESUME_ALL && (r = sw_activities_tell(engine, err)) < 0)
		return r;
	engine->which = which;
	if (which != SW_RESUME_ALL) {
		/* Timers that were noted while nobody knew whose they are. */
		struct sw_timers fresh;
		r = sw_timers_init(&fresh);
		if (r < 0)
			return sw_error_set(err, r, "out of memory");
		sw_timers_done(&engine->timers);
		engine->timers = fresh;
	}
	engine->state = SW_ENGINE_RUNNING;
	engine->recovery.running = which == SW_RESUME_ALL && engine->recovery.last_id > 0;
	for (size_t i = 0; i < engine->executions.buckets_count && which == SW_RESUME_OWN; i++) {
		struct sw_entry *entry = engine->executions.buckets[i];
		for (; entry; entry = entry->bucket_next) {
			if (entry->own && sw_recover_entry(engine, entry) < 0)
				SW_LOG_ABOUT(&engine->log, SW_LOG_WARNING, entry->execution->arn,
					     "memory is short: it waits");
		}
	}
	sw_engine_wake(engine);
	return SW_OK;
}

enum sw_resume sw_engine_resumed(const struct sw_engine *engine)
{
	return engine && engine->state == SW_ENGINE_RUNNING ? engine->which : SW_RESUME_NONE;
}

void sw_engine_free(struct sw_engine *engine)
{
	if (!engine)
		return;
	SW_ASSERT(engine->magic == SW_ENGINE_MAGIC && engine->calling == 0 && !engine->working);
	if (getpid() != engine->pid)
		return; /* the parent's: its files, its thread; what is memory here goes with the process */
	sw_engine_drain(engine);
	destroy(engine);
}

/* ---- routes ------------------------------------------------------------------------------------------- */

enum sw_result sw_engine_on_task(struct sw_engine *engine, const char *pattern, sw_task_fn *handler,
				 sw_task_fn *cancel, void *user, struct sw_error *err)
{
	struct sw_route *route = NULL;
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	r = sw_function_route_new(pattern, handler, cancel, user, &route);
	if (r == SW_OK)
		r = sw_routes_add(engine->routes, route, true);
	return r < 0 ? sw_error_set(err, r, "%s", sw_result_text(r)) : SW_OK;
}

/* ---- looking in --------------------------------------------------------------------------------------- */

void sw_engine_stats(struct sw_engine *engine, struct sw_engine_stats *ret_stats)
{
	*ret_stats = (struct sw_engine_stats){0};
	if (sw_engine_check(engine, NULL) == SW_EINVAL)
		return;
	struct sw_store_stats store = {0};
	sw_store_stats(engine->store, &store);
	*ret_stats = engine->stats;
	ret_stats->commits = store.commits;
	ret_stats->syncs = store.syncs;
	ret_stats->bytes_written = store.bytes_written;
	ret_stats->data_bytes = store.data_bytes;
	ret_stats->executions_in_memory = engine->executions.count;
	ret_stats->tasks_in_flight = engine->attempts_count;
	ret_stats->timers_loaded = engine->timers.count;
}

struct sw_reader *sw_engine_reader(struct sw_engine *engine)
{
	return engine ? engine->reader : NULL;
}
