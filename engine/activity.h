/*
 * Activities: names under which tasks wait until a worker asks for them, and completes them by token. Public;
 * beside engine.h, whose rules for calls, replies and threads hold here, too (installed as
 * stepwell/activity.h).
 */
#ifndef STEPWELL_ACTIVITY_H
#define STEPWELL_ACTIVITY_H

#include "engine/engine.h"
#include "engine/versions.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Workers that may wait at one activity at a time. (AWS: 1,000.) */
#define SW_ACTIVITY_POLLS_MAX 10000
#define SW_ACTIVITY_POLL_MS 60000 /* how long GetActivityTask waits */

/*
 * Creates an activity; reply.arn and time_ms. A name that exists answers the first one (existed). SW_ENAME.
 * Source: CreateActivity.
 */
SW_API enum sw_result sw_engine_create_activity(struct sw_engine *engine, const char *name,
						sw_reply_fn *reply, void *user, struct sw_error *err);
/*
 * The same with tags; those of an activity that exists stay as they are. SW_ELIMIT: more than
 * SW_TAGS_MAX.
 */
SW_API enum sw_result sw_engine_create_tagged_activity(struct sw_engine *engine, const char *name,
						       const struct sw_tag *tags, size_t tags_count,
						       sw_reply_fn *reply, void *user, struct sw_error *err);
/* As sw_engine_tag, sw_engine_untag and sw_reader_tags (versions.h), of an activity. SW_ENOENT. */
SW_API enum sw_result sw_engine_tag_activity(struct sw_engine *engine, const char *name,
					     const struct sw_tag *tags, size_t count, sw_reply_fn *reply,
					     void *user, struct sw_error *err);
SW_API enum sw_result sw_engine_untag_activity(struct sw_engine *engine, const char *name,
					       const char *const *keys, size_t count, sw_reply_fn *reply,
					       void *user, struct sw_error *err);
SW_API enum sw_result sw_reader_activity_tags(struct sw_reader *reader, const char *name,
					      sw_each_tag_fn *each, void *user, struct sw_error *err);
/*
 * Deletes; what does not exist is no error. Tasks that wait under the name go on waiting; new ones fail.
 * Source: DeleteActivity.
 */
SW_API enum sw_result sw_engine_delete_activity(struct sw_engine *engine, const char *name,
						sw_reply_fn *reply, void *user, struct sw_error *err);

struct sw_activity_info {
	char *arn, *name; /* own */
	int64_t creation_ms;
};
SW_API void sw_activity_info_done(struct sw_activity_info *info);
/* SW_ENOENT. */
SW_API enum sw_result sw_reader_activity(struct sw_reader *reader, const char *name,
					 struct sw_activity_info *ret_info, struct sw_error *err);
/* A page, in the order of names; limit and cursors as in sw_reader_list_machines. */
typedef void sw_each_activity_fn(void *user, const struct sw_activity_info *info);
SW_API enum sw_result sw_reader_list_activities(struct sw_reader *reader, uint32_t limit, const char *cursor,
						sw_each_activity_fn *each, void *user, char **ret_cursor,
						struct sw_error *err);

/* A task that a worker was given; borrowed for the call. */
struct sw_activity_task {
	const char *token;
	const char *input; /* JSON text */
	size_t input_len;
};
/* task is NULL when none came in time, or when result is an error (SW_ECLOSED, SW_EIO, SW_ENOMEM). */
typedef void sw_activity_task_fn(void *user, enum sw_result result, const struct sw_activity_task *task,
				 const struct sw_error *err);
/*
 * Asks for the oldest task that waits under the name, and waits at most wait_ms for one. The task is given
 * after it is on disk that worker (may be NULL) has started it: from then on it waits for its token, and its
 * clocks run. reply is called once, unless the poll is cancelled; *ret_poll is good until then. SW_ENOENT,
 * SW_EBUSY (too many wait). Source: GetActivityTask.
 */
struct sw_poll;
SW_API enum sw_result sw_engine_poll_activity(struct sw_engine *engine, const char *name, const char *worker,
					      uint32_t wait_ms, sw_activity_task_fn *reply, void *user,
					      struct sw_poll **ret_poll, struct sw_error *err);
/*
 * Nobody waits for the answer any more: true, the poll has given up its place, and reply is not called.
 * False: a task is on its way to it already; reply will be called.
 */
SW_API bool sw_engine_cancel_poll(struct sw_engine *engine, struct sw_poll *poll);

#ifdef __cplusplus
}
#endif
#endif
