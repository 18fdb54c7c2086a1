/*
 * Aliases: names of a machine's that lead to one version or two. "You can create up to 100 aliases for each
 * state machine"; an execution that is started by an alias stays with the version that was chosen for it.
 */
#include "engine/qualifiers.h"

#include "base/mem.h"

#include <string.h>

/* ---- records ---- */

static void alias_done(struct sw_alias *alias)
{
	sw_free(alias->name);
	sw_free(alias->description);
}

void sw_aliases_done(struct sw_aliases *aliases)
{
	for (uint32_t i = 0; i < aliases->count; i++)
		alias_done(&aliases->list[i]);
	sw_free(aliases->list);
	*aliases = (struct sw_aliases){0};
}

static enum sw_result encode(const struct sw_aliases *aliases, struct sw_buf *out)
{
	struct sw_record_writer w;
	sw_record_begin(&w, NULL, out);
	sw_record_write_u32(&w, aliases->count);
	for (uint32_t i = 0; i < aliases->count; i++) {
		const struct sw_alias *alias = &aliases->list[i];
		sw_record_write_text(&w, alias->name);
		sw_record_write_text(&w, alias->description);
		sw_record_write_time(&w, alias->creation_ms, 0);
		sw_record_write_time(&w, alias->update_ms, alias->creation_ms);
		sw_record_write_u32(&w, alias->routes_count);
		for (uint32_t j = 0; j < alias->routes_count; j++) {
			sw_record_write_u32(&w, alias->routes[j].version);
			sw_record_write_u32(&w, alias->routes[j].weight);
		}
	}
	return sw_record_end(&w);
}

static void read_alias(struct sw_record_reader *r, struct sw_alias *alias)
{
	alias->name = sw_record_read_name(r);
	alias->description = sw_record_read_text(r);
	alias->creation_ms = sw_record_read_time(r, 0);
	alias->update_ms = sw_record_read_time(r, alias->creation_ms);
	uint32_t count = sw_record_read_count(r);
	if (count < 1 || count > SW_ROUTES_MAX) {
		sw_record_refuse(r);
		return;
	}
	alias->routes_count = count;
	for (uint32_t i = 0; i < count; i++) {
		alias->routes[i].version = sw_record_read_u32(r);
		alias->routes[i].weight = sw_record_read_u32(r);
	}
}

enum sw_result sw_aliases_decode(struct sw_slice bytes, struct sw_aliases *ret_aliases, struct sw_error *err)
{
	struct sw_record_reader r;
	struct sw_aliases aliases = {0};
	enum sw_result result = sw_record_open(bytes, "aliases", &r, err);
	if (result < 0)
		return result;
	uint32_t count = sw_record_read_count(&r);
	if (!sw_record_failed(&r) && !(aliases.list = sw_zalloc_array(count, sizeof(*aliases.list))))
		r.result = SW_ENOMEM;
	while (aliases.count < count && !sw_record_failed(&r))
		read_alias(&r, &aliases.list[aliases.count++]);
	result = sw_record_check(&r, "aliases", true, err);
	if (result < 0)
		sw_aliases_done(&aliases);
	else
		*ret_aliases = aliases;
	return result;
}

static enum sw_result put(struct sw_batch *batch, uint32_t machine_number, const struct sw_aliases *aliases)
{
	struct sw_buf bytes = SW_BUF;
	struct sw_key key;
	sw_key_number(&key, machine_number);
	enum sw_result r = encode(aliases, &bytes);
	if (r == SW_OK)
		r = sw_batch_put(batch, SW_TABLE_ALIASES, sw_key_slice(&key),
				 sw_slice(bytes.data, bytes.len));
	sw_buf_done(&bytes);
	return r;
}

/* ---- finding ---- */

struct sw_alias *sw_aliases_find(const struct sw_aliases *aliases, const char *name)
{
	for (uint32_t i = 0; i < aliases->count; i++) {
		if (strcmp(aliases->list[i].name, name) == 0)
			return &aliases->list[i];
	}
	return NULL;
}

bool sw_alias_leads_to(const struct sw_alias *alias, uint32_t version)
{
	for (uint32_t i = 0; i < alias->routes_count; i++) {
		if (alias->routes[i].version == version)
			return true;
	}
	return false;
}

enum sw_result sw_aliases_load(struct sw_engine *engine, uint32_t machine_number,
			       struct sw_aliases *ret_aliases, bool *depends, struct sw_error *err)
{
	struct sw_buf bytes = SW_BUF;
	*ret_aliases = (struct sw_aliases){0};
	enum sw_result r =
		sw_qualifiers_fetch(engine, SW_TABLE_ALIASES, machine_number, &bytes, depends, err);
	if (r == SW_OK && bytes.len > 0)
		r = sw_aliases_decode(sw_slice(bytes.data, bytes.len), ret_aliases, err);
	sw_buf_done(&bytes);
	return sw_reader_fail(err, r);
}

/* ---- changing ---- */

/* One call on its way; freed by change_done. */
struct change {
	struct sw_engine *engine;
	const struct sw_alias_params *params;
	const struct sw_known_machine *known;
	struct sw_aliases aliases;
	struct sw_answer answer;
	bool answered, depends;
};

static void change_done(struct change *change)
{
	sw_aliases_done(&change->aliases);
	sw_answer_done(&change->answer);
}

/* Takes the answer. */
static enum sw_result answer(struct change *change, enum sw_result result, struct sw_error *err)
{
	struct sw_answer given = change->answer;
	change->answer = (struct sw_answer){0};
	given.result = result;
	return sw_engine_answer(change->engine, &given, change->depends, err);
}

static enum sw_result begin(struct change *change, struct sw_error *err)
{
	const struct sw_alias_params *params = change->params;
	if (!params || !params->name)
		return sw_error_set(err, SW_EINVAL, "which alias?");
	enum sw_result r = sw_qualifiers_machine(change->engine, params->machine, change->answer.reply,
						 change->answer.user, &change->known, &change->answered, err);
	if (r < 0 || change->answered)
		return r;
	change->answer.version_arn = sw_qualified_arn(change->engine->region, change->engine->account,
						      params->machine, params->name);
	if (!change->answer.version_arn)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	return sw_aliases_load(change->engine, change->known->record.number, &change->aliases,
			       &change->depends, err);
}

/* The routes of a call: numbers and weights, and whether the versions exist (SW_ENOENT, without text in err).
 */
static enum sw_result check_routes(struct change *change, struct sw_error *err)
{
	const struct sw_alias_params *params = change->params;
	struct sw_versions versions;
	uint32_t sum = 0;
	if (params->routes_count < 1 || params->routes_count > SW_ROUTES_MAX)
		return sw_error_set(err, SW_EINVAL, "an alias leads to one or two versions");
	for (size_t i = 0; i < params->routes_count; i++) {
		if (params->routes[i].weight > 100)
			return sw_error_set(err, SW_EINVAL, "a weight is at most 100");
		sum += params->routes[i].weight;
	}
	if (sum != 100)
		return sw_error_set(err, SW_EINVAL, "Sum of routing configuration weights must equal 100.");
	if (params->routes_count > 1 && params->routes[0].version == params->routes[1].version)
		return sw_error_set(
			err, SW_EINVAL,
			"Routing configuration must contain distinct state machine version ARNs.");
	enum sw_result r = sw_versions_load(change->engine, change->known->record.number, &versions,
					    &change->depends, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < params->routes_count && r == SW_OK; i++) {
		if (!sw_versions_find(&versions, params->routes[i].version))
			r = SW_ENOENT;
	}
	sw_versions_done(&versions);
	return r;
}

static void set_routes(struct sw_alias *alias, const struct sw_alias_params *params)
{
	alias->routes_count = (uint32_t)params->routes_count;
	memcpy(alias->routes, params->routes, params->routes_count * sizeof(*params->routes));
}

/* Writes what the list has become. Takes the answer. */
static enum sw_result write_list(struct change *change, struct sw_error *err)
{
	struct sw_batch *batch = sw_engine_changes(change->engine);
	enum sw_result r = batch ? put(batch, change->known->record.number, &change->aliases) : SW_ENOMEM;
	if (r < 0)
		return sw_reader_fail(err, r);
	struct sw_answer given = change->answer;
	change->answer = (struct sw_answer){0};
	return sw_engine_write(change->engine, &given, err);
}

/* "CreateStateMachineAlias is an idempotent API": by name, description and routing configuration. */
static bool is_same(const struct sw_alias *alias, const struct sw_alias_params *params)
{
	return strcmp(alias->description ? alias->description : "",
		      params->description ? params->description : "") == 0 &&
	       alias->routes_count == params->routes_count &&
	       memcmp(alias->routes, params->routes, params->routes_count * sizeof(*params->routes)) == 0;
}

static enum sw_result add(struct change *change, struct sw_error *err)
{
	const struct sw_alias_params *params = change->params;
	struct sw_aliases *aliases = &change->aliases;
	if (aliases->count >= SW_ALIASES_MAX)
		return sw_error_set(err, SW_ELIMIT, "a state machine has at most %d aliases", SW_ALIASES_MAX);
	struct sw_alias *list = sw_realloc_array(aliases->list, aliases->count + 1, sizeof(*list));
	if (!list)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	aliases->list = list;
	struct sw_alias *alias = &list[aliases->count++];
	*alias = (struct sw_alias){.creation_ms = sw_clock_now_ms(&change->engine->clock)};
	alias->update_ms = change->answer.time_ms = alias->creation_ms;
	alias->name = sw_strdup(params->name);
	alias->description = params->description ? sw_strdup(params->description) : NULL;
	set_routes(alias, params);
	if (!alias->name || (params->description && !alias->description))
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	return write_list(change, err);
}

enum sw_result sw_engine_create_alias(struct sw_engine *engine, const struct sw_alias_params *params,
				      sw_reply_fn *reply, void *user, struct sw_error *err)
{
	struct change change = {.engine = engine, .params = params, .answer = {.reply = reply, .user = user}};
	uint32_t digits;
	enum sw_result r = begin(&change, err);
	if (r < 0 || change.answered) {
		change_done(&change);
		return r;
	}
	if (!params->routes || sw_name_check(params->name, NULL) < 0 ||
	    sw_qualifier_number(params->name, &digits))
		r = sw_error_set(err, params->routes ? SW_ENAME : SW_EINVAL, "a name and routes are needed");
	else
		r = check_routes(&change, err);
	const struct sw_alias *alias = sw_aliases_find(&change.aliases, params->name);
	if (r == SW_ENOENT) {
		r = answer(&change, SW_ENOENT, err);
	} else if (r == SW_OK && alias) {
		change.answer.existed = true;
		change.answer.time_ms = alias->creation_ms;
		r = answer(&change, is_same(alias, params) ? SW_OK : SW_EEXIST, err);
	} else if (r == SW_OK) {
		r = add(&change, err);
	}
	change_done(&change);
	return r;
}

static enum sw_result change_alias(struct change *change, struct sw_alias *alias, struct sw_error *err)
{
	const struct sw_alias_params *params = change->params;
	int64_t now_ms = sw_clock_now_ms(&change->engine->clock);
	if (params->routes)
		set_routes(alias, params);
	if (params->description) {
		char *description = sw_strdup(params->description);
		if (!description)
			return sw_error_set(err, SW_ENOMEM, "out of memory");
		sw_free(alias->description);
		alias->description = description;
	}
	change->answer.time_ms = alias->update_ms = now_ms;
	return write_list(change, err);
}

enum sw_result sw_engine_update_alias(struct sw_engine *engine, const struct sw_alias_params *params,
				      sw_reply_fn *reply, void *user, struct sw_error *err)
{
	struct change change = {.engine = engine, .params = params, .answer = {.reply = reply, .user = user}};
	enum sw_result r = begin(&change, err);
	if (r < 0 || change.answered) {
		change_done(&change);
		return r;
	}
	struct sw_alias *alias = sw_aliases_find(&change.aliases, params->name);
	r = alias ? SW_OK : SW_ENOENT;
	if (alias && params->routes)
		r = check_routes(&change, err);
	if (r == SW_ENOENT)
		r = answer(&change, SW_ENOENT, err);
	else if (r == SW_OK)
		r = change_alias(&change, alias, err);
	change_done(&change);
	return r;
}

enum sw_result sw_engine_delete_alias(struct sw_engine *engine, const char *machine, const char *name,
				      sw_reply_fn *reply, void *user, struct sw_error *err)
{
	struct sw_alias_params params = {.machine = machine, .name = name};
	struct change change = {
		.engine = engine, .params = &params, .answer = {.reply = reply, .user = user}};
	enum sw_result r = begin(&change, err);
	if (r < 0 || change.answered) {
		change_done(&change);
		return r;
	}
	struct sw_alias *alias = sw_aliases_find(&change.aliases, name);
	if (alias) {
		struct sw_aliases *aliases = &change.aliases;
		alias_done(alias);
		aliases->count--;
		memmove(alias, alias + 1, (size_t)(aliases->list + aliases->count - alias) * sizeof(*alias));
		r = write_list(&change, err);
	} else {
		change.answer.existed = true;
		r = answer(&change, SW_OK, err);
	}
	change_done(&change);
	return r;
}

/* ---- reading ---- */

void sw_alias_info_done(struct sw_alias_info *info)
{
	sw_free(info->arn);
	sw_free(info->name);
	sw_free(info->description);
	*info = (struct sw_alias_info){0};
}

/* Moves the texts. */
static enum sw_result info_take(const struct sw_reader *reader, const char *machine, struct sw_alias *alias,
				struct sw_alias_info *ret_info)
{
	struct sw_alias_info info = {.routes_count = alias->routes_count,
				     .creation_ms = alias->creation_ms,
				     .update_ms = alias->update_ms};
	info.arn = sw_qualified_arn(reader->region, reader->account, machine, alias->name);
	if (!info.arn)
		return SW_ENOMEM;
	memcpy(info.routes, alias->routes, sizeof(info.routes));
	info.name = alias->name;
	info.description = alias->description;
	alias->name = alias->description = NULL;
	*ret_info = info;
	return SW_OK;
}

/* The aliases of a machine as committed, and its number. */
static enum sw_result read_aliases(struct sw_reader *reader, const char *machine, uint32_t *ret_number,
				   struct sw_aliases *ret_aliases, struct sw_error *err)
{
	struct sw_view view;
	struct sw_machine_record record;
	struct sw_slice bytes;
	struct sw_key key;
	enum sw_result r = sw_view_begin(reader, &view, err);
	if (r < 0)
		return r;
	*ret_aliases = (struct sw_aliases){0};
	r = sw_view_machine(&view, machine, &record, err);
	if (r == SW_OK) {
		*ret_number = record.number;
		sw_machine_record_done(&record);
		sw_key_number(&key, *ret_number);
		r = sw_snapshot_get(view.snapshot, SW_TABLE_ALIASES, sw_key_slice(&key), &bytes);
		r = r == SW_OK ? sw_aliases_decode(bytes, ret_aliases, err) : r == SW_ENOENT ? SW_OK : r;
	}
	sw_view_end(&view);
	return sw_reader_fail(err, r);
}

enum sw_result sw_reader_alias(struct sw_reader *reader, const char *machine, const char *name,
			       struct sw_alias_info *ret_info, struct sw_error *err)
{
	struct sw_aliases aliases;
	uint32_t number;
	enum sw_result r = read_aliases(reader, machine, &number, &aliases, err);
	if (r < 0)
		return r;
	struct sw_alias *alias = sw_aliases_find(&aliases, name);
	r = alias ? info_take(reader, machine, alias, ret_info) : SW_ENOENT;
	sw_aliases_done(&aliases);
	return sw_reader_fail(err, r);
}

static enum sw_result give(struct sw_reader *reader, const char *machine, struct sw_alias *alias,
			   sw_each_alias_fn *each, void *user)
{
	struct sw_alias_info info;
	enum sw_result r = info_take(reader, machine, alias, &info);
	if (r < 0)
		return r;
	each(user, &info);
	sw_alias_info_done(&info);
	return SW_OK;
}

/* The cursor's position is the place in the list: aliases are few, and a page holds them all as a rule. */
enum sw_result sw_reader_list_aliases(struct sw_reader *reader, const char *machine, uint32_t version,
				      uint32_t limit, const char *cursor, sw_each_alias_fn *each, void *user,
				      char **ret_cursor, struct sw_error *err)
{
	struct sw_aliases aliases = {0};
	uint32_t number = 0, given = 0;
	uint64_t position = 0;
	char *next = NULL;
	enum sw_result r = sw_list_check_limit(limit, err);
	if (r == SW_OK)
		r = read_aliases(reader, machine, &number, &aliases, err);
	uint32_t digest = number ^ version * 2654435761u;
	if (r == SW_OK)
		r = sw_list_cursor_parse(cursor, SW_CURSOR_ALIASES, digest, 0, &position, err);
	for (uint64_t i = position; i < aliases.count && r == SW_OK && !next; i++) {
		if (version && !sw_alias_leads_to(&aliases.list[i], version))
			continue;
		if (given++ < limit)
			r = give(reader, machine, &aliases.list[i], each, user);
		else if (!(next = sw_list_cursor(SW_CURSOR_ALIASES, digest, i)))
			r = SW_ENOMEM;
	}
	sw_aliases_done(&aliases);
	if (r == SW_OK)
		*ret_cursor = next;
	return sw_reader_fail(err, r);
}
