/*
 * Versions, aliases and tags of state machines: a public door of engine/ beside engine.h (installed as
 * stepwell/versions.h), with the same rules for threads, replies and errors.
 */
#ifndef STEPWELL_VERSIONS_H
#define STEPWELL_VERSIONS_H

#include "engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SW_VERSIONS_MAX 1000 /* of a machine */
#define SW_ALIASES_MAX 100   /* of a machine */
#define SW_TAGS_MAX 50       /* of a machine */
#define SW_ROUTES_MAX 2      /* of an alias */

/* ---- versions: numbered from 1, never changed, numbers are not used again ---- */

/*
 * Publishes the current revision; reply.version_arn and time_ms (its creation). A version of that revision
 * which is there already is the answer (existed). revision_id and description may be NULL; a revision id that
 * is not the current one is SW_EBUSY. SW_ENOENT (machine), SW_EDELETING, SW_ELIMIT. Source:
 * PublishStateMachineVersion.
 */
SW_API enum sw_result sw_engine_publish_version(struct sw_engine *engine, const char *machine,
						const char *revision_id, const char *description,
						sw_reply_fn *reply, void *user, struct sw_error *err);
/*
 * Deletes a version; running executions go on. What does not exist is no error (existed). SW_EBUSY: an alias
 * points at it. Source: DeleteStateMachineVersion.
 */
SW_API enum sw_result sw_engine_delete_version(struct sw_engine *engine, const char *machine,
					       uint32_t version, sw_reply_fn *reply, void *user,
					       struct sw_error *err);

struct sw_version_info {
	char *arn, *description; /* description NULL: none */
	uint32_t version;
	int64_t creation_ms;
};
/* Newest first. limit and cursors as those of sw_reader_list_machines. SW_ENOENT: no such machine. */
typedef void sw_each_version_fn(void *user, const struct sw_version_info *info);
SW_API enum sw_result sw_reader_list_versions(struct sw_reader *reader, const char *machine, uint32_t limit,
					      const char *cursor, sw_each_version_fn *each, void *user,
					      char **ret_cursor, struct sw_error *err);

/* ---- aliases: names that lead to one version or two ---- */

struct sw_alias_route {
	uint32_t version;
	uint32_t weight; /* per cent; those of an alias make 100 */
};
struct sw_alias_params {
	const char *machine, *name;
	const char *description;             /* NULL: none; an update leaves it as it is */
	const struct sw_alias_route *routes; /* NULL (an update only): they stay */
	size_t routes_count;                 /* 1 to SW_ROUTES_MAX */
};
/*
 * Creates an alias; reply.version_arn is its ARN, time_ms its creation. The same one again answers the first
 * (existed), another one of its name is SW_EEXIST. SW_ENOENT: no such machine or version. SW_EDELETING,
 * SW_ELIMIT, SW_ENAME, SW_EINVAL (routes). Source: CreateStateMachineAlias.
 */
SW_API enum sw_result sw_engine_create_alias(struct sw_engine *engine, const struct sw_alias_params *params,
					     sw_reply_fn *reply, void *user, struct sw_error *err);
/* reply.time_ms: of the update. SW_ENOENT, SW_EDELETING, SW_EINVAL. Source: UpdateStateMachineAlias. */
SW_API enum sw_result sw_engine_update_alias(struct sw_engine *engine, const struct sw_alias_params *params,
					     sw_reply_fn *reply, void *user, struct sw_error *err);
/* What does not exist is no error (existed). Source: DeleteStateMachineAlias. */
SW_API enum sw_result sw_engine_delete_alias(struct sw_engine *engine, const char *machine, const char *name,
					     sw_reply_fn *reply, void *user, struct sw_error *err);

struct sw_alias_info {
	char *arn, *name, *description; /* description NULL: none */
	struct sw_alias_route routes[SW_ROUTES_MAX];
	size_t routes_count;
	int64_t creation_ms, update_ms;
};
SW_API void sw_alias_info_done(struct sw_alias_info *info);
/* SW_ENOENT. */
SW_API enum sw_result sw_reader_alias(struct sw_reader *reader, const char *machine, const char *name,
				      struct sw_alias_info *ret_info, struct sw_error *err);
/* Oldest first; version not 0: only those that lead to it. SW_ENOENT: no such machine. */
typedef void sw_each_alias_fn(void *user, const struct sw_alias_info *info);
SW_API enum sw_result sw_reader_list_aliases(struct sw_reader *reader, const char *machine, uint32_t version,
					     uint32_t limit, const char *cursor, sw_each_alias_fn *each,
					     void *user, char **ret_cursor, struct sw_error *err);

/* ---- tags ---- */

/* Adds tags, and replaces the values of those that are there. SW_ENOENT, SW_EDELETING, SW_ELIMIT. Source:
 * TagResource. */
SW_API enum sw_result sw_engine_tag(struct sw_engine *engine, const char *machine, const struct sw_tag *tags,
				    size_t count, sw_reply_fn *reply, void *user, struct sw_error *err);
/* Keys that are not there are no error. SW_ENOENT, SW_EDELETING. Source: UntagResource. */
SW_API enum sw_result sw_engine_untag(struct sw_engine *engine, const char *machine, const char *const *keys,
				      size_t count, sw_reply_fn *reply, void *user, struct sw_error *err);
/* In the order in which they were added. SW_ENOENT. Source: ListTagsForResource. */
typedef void sw_each_tag_fn(void *user, const struct sw_tag *tag);
SW_API enum sw_result sw_reader_tags(struct sw_reader *reader, const char *machine, sw_each_tag_fn *each,
				     void *user, struct sw_error *err);

#ifdef __cplusplus
}
#endif
#endif
