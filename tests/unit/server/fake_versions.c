/* Versions, aliases and tags: the fake engine has none. */
#include "asl/asl.h"
#include "engine/versions.h"

static enum sw_result none(struct sw_error *err)
{
	return sw_error_set(err, SW_ENOENT, "the fake has none");
}

enum sw_result sw_definition_variables(const char *text, size_t len, char **ret_json, struct sw_error *err)
{
	*ret_json = NULL;
	return SW_OK;
}

enum sw_result sw_engine_publish_version(struct sw_engine *engine, const char *machine,
					 const char *revision_id, const char *description, sw_reply_fn *reply,
					 void *user, struct sw_error *err)
{
	return none(err);
}

enum sw_result sw_engine_delete_version(struct sw_engine *engine, const char *machine, uint32_t version,
					sw_reply_fn *reply, void *user, struct sw_error *err)
{
	return none(err);
}

enum sw_result sw_reader_list_versions(struct sw_reader *reader, const char *machine, uint32_t limit,
				       const char *cursor, sw_each_version_fn *each, void *user,
				       char **ret_cursor, struct sw_error *err)
{
	return none(err);
}

enum sw_result sw_engine_create_alias(struct sw_engine *engine, const struct sw_alias_params *params,
				      sw_reply_fn *reply, void *user, struct sw_error *err)
{
	return none(err);
}

enum sw_result sw_engine_update_alias(struct sw_engine *engine, const struct sw_alias_params *params,
				      sw_reply_fn *reply, void *user, struct sw_error *err)
{
	return none(err);
}

enum sw_result sw_engine_delete_alias(struct sw_engine *engine, const char *machine, const char *name,
				      sw_reply_fn *reply, void *user, struct sw_error *err)
{
	return none(err);
}

void sw_alias_info_done(struct sw_alias_info *info)
{
	*info = (struct sw_alias_info){0};
}

enum sw_result sw_reader_alias(struct sw_reader *reader, const char *machine, const char *name,
			       struct sw_alias_info *ret_info, struct sw_error *err)
{
	return none(err);
}

enum sw_result sw_reader_list_aliases(struct sw_reader *reader, const char *machine, uint32_t version,
				      uint32_t limit, const char *cursor, sw_each_alias_fn *each, void *user,
				      char **ret_cursor, struct sw_error *err)
{
	return none(err);
}

enum sw_result sw_engine_tag(struct sw_engine *engine, const char *machine, const struct sw_tag *tags,
			     size_t count, sw_reply_fn *reply, void *user, struct sw_error *err)
{
	return none(err);
}

enum sw_result sw_engine_untag(struct sw_engine *engine, const char *machine, const char *const *keys,
			       size_t count, sw_reply_fn *reply, void *user, struct sw_error *err)
{
	return none(err);
}

enum sw_result sw_reader_tags(struct sw_reader *reader, const char *machine, sw_each_tag_fn *each, void *user,
			      struct sw_error *err)
{
	return none(err);
}
