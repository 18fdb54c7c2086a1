/*
 * Versions: PublishStateMachineVersion, DeleteStateMachineVersion, ListStateMachineVersions. "A version is a
 * numbered, immutable snapshot of a state machine": a number and the revision that it names, whose record
 * stays.
 */
#include "engine/qualifiers.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* ---- records ---- */

void sw_versions_done(struct sw_versions *versions)
{
	for (uint32_t i = 0; i < versions->count; i++) {
		sw_free(versions->list[i].role_arn);
		sw_free(versions->list[i].description);
	}
	sw_free(versions->list);
	*versions = (struct sw_versions){0};
}

static enum sw_result encode(const struct sw_versions *versions, struct sw_buf *out)
{
	struct sw_record_writer w;
	sw_record_begin(&w, NULL, out);
	sw_record_write_u32(&w, versions->last);
	sw_record_write_u32(&w, versions->count);
	for (uint32_t i = 0; i < versions->count; i++) {
		const struct sw_version *version = &versions->list[i];
		sw_record_write_u32(&w, version->number);
		sw_record_write_u32(&w, version->revision);
		sw_record_write_time(&w, version->creation_ms, 0);
		sw_record_write_text(&w, version->role_arn);
		sw_record_write_text(&w, version->description);
	}
	return sw_record_end(&w);
}

static void read_versions(struct sw_record_reader *r, struct sw_versions *versions)
{
	versions->last = sw_record_read_u32(r);
	uint32_t count = sw_record_read_count(r), before = 0;
	if (sw_record_failed(r))
		return;
	versions->list = sw_zalloc_array(count, sizeof(*versions->list));
	if (!versions->list) {
		r->result = SW_ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < count && !sw_record_failed(r); i++) {
		struct sw_version *version = &versions->list[versions->count++];
		version->number = sw_record_read_u32(r);
		version->revision = sw_record_read_u32(r);
		version->creation_ms = sw_record_read_time(r, 0);
		version->role_arn = sw_record_read_name(r);
		version->description = sw_record_read_text(r);
		if (version->number <= before || version->number > versions->last)
			sw_record_refuse(r);
		before = version->number;
	}
}

enum sw_result sw_versions_decode(struct sw_slice bytes, struct sw_versions *ret_versions,
				  struct sw_error *err)
{
	struct sw_record_reader r;
	struct sw_versions versions = {0};
	enum sw_result result = sw_record_open(bytes, "versions", &r, err);
	if (result < 0)
		return result;
	read_versions(&r, &versions);
	result = sw_record_check(&r, "versions", true, err);
	if (result < 0)
		sw_versions_done(&versions);
	else
		*ret_versions = versions;
	return result;
}

static enum sw_result put(struct sw_batch *batch, uint32_t machine_number, const struct sw_versions *versions)
{
	struct sw_buf bytes = SW_BUF;
	struct sw_key key;
	sw_key_number(&key, machine_number);
	enum sw_result r = encode(versions, &bytes);
	if (r == SW_OK)
		r = sw_batch_put(batch, SW_TABLE_VERSIONS, sw_key_slice(&key),
				 sw_slice(bytes.data, bytes.len));
	sw_buf_done(&bytes);
	return r;
}

/* ---- what versions, aliases and tags share ---- */

enum sw_result sw_qualifiers_fetch(struct sw_engine *engine, enum sw_table table, uint32_t machine_number,
				   struct sw_buf *out, bool *depends, struct sw_error *err)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_slice bytes;
	struct sw_key key;
	bool uncommitted = false;
	enum sw_result r = sw_store_begin(engine->store, &snapshot, err);
	if (r < 0)
		return r;
	sw_key_number(&key, machine_number);
	r = sw_engine_lookup(engine, snapshot, table, sw_key_slice(&key), &bytes, &uncommitted);
	if (r == SW_OK)
		sw_buf_append(out, bytes.data, bytes.len);
	sw_snapshot_end(snapshot);
	*depends |= uncommitted;
	if (r == SW_OK || r == SW_ENOENT)
		r = sw_buf_result(out);
	return sw_reader_fail(err, r);
}

enum sw_result sw_qualifiers_machine(struct sw_engine *engine, const char *name, sw_reply_fn *reply,
				     void *user, const struct sw_known_machine **ret_known,
				     bool *ret_answered, struct sw_error *err)
{
	struct sw_known_machine *known = NULL;
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	if (!name)
		return sw_error_set(err, SW_EINVAL, "which state machine?");
	r = sw_machines_find(engine, name, &known, err);
	if (r < 0)
		return r;
	*ret_known = known;
	if (known->record.status == SW_MACHINE_ACTIVE)
		return engine->full ? sw_error_set(err, SW_EFULL, "the disk is full") : SW_OK;
	*ret_answered = true;
	return sw_machines_answer_gone(engine, known, reply, user, err);
}

enum sw_result sw_qualifiers_drop(struct sw_batch *batch, uint32_t machine_number)
{
	static const enum sw_table tables[] = {SW_TABLE_VERSIONS, SW_TABLE_ALIASES, SW_TABLE_TAGS};
	struct sw_key key;
	enum sw_result r = SW_OK;
	sw_key_number(&key, machine_number);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && r == SW_OK; i++)
		r = sw_batch_delete(batch, tables[i], sw_key_slice(&key));
	return r;
}

bool sw_qualifier_number(const char *qualifier, uint32_t *ret_number)
{
	uint64_t number = 0;
	if (*qualifier < '1' || *qualifier > '9')
		return false;
	for (const char *at = qualifier; *at; at++) {
		if (*at < '0' || *at > '9' || at - qualifier >= 10)
			return false;
		number = number * 10 + (uint64_t)(*at - '0');
	}
	*ret_number = (uint32_t)number;
	return number <= UINT32_MAX;
}

char *sw_qualified_arn(const char *region, const char *account, const char *machine, const char *qualifier)
{
	char arn[SW_ARN_TEXT_BYTES];
	if (sw_arn_machine(arn, sizeof(arn), region, account, machine) < 0)
		return NULL;
	return sw_asprintf("%s:%s", arn, qualifier);
}

char *sw_version_arn(const char *region, const char *account, const char *machine, uint32_t version)
{
	char number[16];
	snprintf(number, sizeof(number), "%u", version);
	return sw_qualified_arn(region, account, machine, number);
}

/* ---- finding ---- */

const struct sw_version *sw_versions_find(const struct sw_versions *versions, uint32_t number)
{
	uint32_t low = 0, high = versions->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (versions->list[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < versions->count && versions->list[low].number == number ? &versions->list[low] : NULL;
}

enum sw_result sw_versions_load(struct sw_engine *engine, uint32_t machine_number,
				struct sw_versions *ret_versions, bool *depends, struct sw_error *err)
{
	struct sw_buf bytes = SW_BUF;
	*ret_versions = (struct sw_versions){0};
	enum sw_result r =
		sw_qualifiers_fetch(engine, SW_TABLE_VERSIONS, machine_number, &bytes, depends, err);
	if (r == SW_OK && bytes.len > 0)
		r = sw_versions_decode(sw_slice(bytes.data, bytes.len), ret_versions, err);
	sw_buf_done(&bytes);
	return sw_reader_fail(err, r);
}

enum sw_result sw_versions_read(struct sw_snapshot *snapshot, uint32_t machine_number,
				struct sw_versions *ret_versions, struct sw_error *err)
{
	struct sw_slice bytes;
	struct sw_key key;
	sw_key_number(&key, machine_number);
	*ret_versions = (struct sw_versions){0};
	enum sw_result r = sw_snapshot_get(snapshot, SW_TABLE_VERSIONS, sw_key_slice(&key), &bytes);
	if (r == SW_OK)
		r = sw_versions_decode(bytes, ret_versions, err);
	return r == SW_ENOENT ? SW_OK : sw_reader_fail(err, r);
}

static const struct sw_version *of_revision(const struct sw_versions *versions, uint32_t revision)
{
	for (uint32_t i = versions->count; i > 0; i--) {
		if (versions->list[i - 1].revision == revision)
			return &versions->list[i - 1];
	}
	return NULL;
}

enum sw_result sw_versions_of_revision(struct sw_engine *engine, const struct sw_machine_record *record,
				       const char *description, char **ret_arn, bool *depends,
				       struct sw_error *err)
{
	struct sw_versions versions;
	enum sw_result r = sw_versions_load(engine, record->number, &versions, depends, err);
	if (r < 0)
		return r;
	const struct sw_version *version = of_revision(&versions, record->revision);
	bool same = version && strcmp(version->description ? version->description : "",
				      description ? description : "") == 0;
	r = SW_ENOENT;
	if (same) {
		*ret_arn = sw_version_arn(engine->region, engine->account, record->name, version->number);
		r = *ret_arn ? SW_OK : SW_ENOMEM;
	}
	sw_versions_done(&versions);
	return r;
}

/* ---- publishing ---- */

/* A new one behind all others. Its texts are freed with the list. */
static enum sw_result add(struct sw_versions *versions, const struct sw_machine_record *record,
			  const char *description, int64_t now_ms, struct sw_error *err)
{
	if (versions->count >= SW_VERSIONS_MAX || versions->last == UINT32_MAX)
		return sw_error_set(err, SW_ELIMIT, "a state machine has at most %d versions",
				    SW_VERSIONS_MAX);
	struct sw_version *list =
		sw_realloc_array(versions->list, versions->count + 1, sizeof(*versions->list));
	if (!list)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	versions->list = list;
	struct sw_version *version = &list[versions->count++];
	*version = (struct sw_version){
		.number = ++versions->last, .revision = record->revision, .creation_ms = now_ms};
	version->role_arn = sw_strdup(record->role_arn);
	version->description = description ? sw_strdup(description) : NULL;
	return version->role_arn && (version->description || !description)
		       ? SW_OK
		       : sw_error_set(err, SW_ENOMEM, "out of memory");
}

enum sw_result sw_versions_publish(struct sw_engine *engine, struct sw_batch *batch,
				   const struct sw_machine_record *record, const char *description,
				   bool with_time, struct sw_answer *answer, struct sw_error *err)
{
	struct sw_versions versions;
	bool depends = false;
	enum sw_result r = sw_versions_load(engine, record->number, &versions, &depends, err);
	if (r < 0)
		return r;
	const struct sw_version *version = of_revision(&versions, record->revision);
	if (with_time)
		answer->existed = version != NULL;
	if (!version) {
		r = add(&versions, record, description, sw_clock_now_ms(&engine->clock), err);
		if (r == SW_OK)
			r = put(batch, record->number, &versions);
		if (r == SW_OK)
			version = &versions.list[versions.count - 1];
	}
	if (r == SW_OK) {
		answer->version_arn =
			sw_version_arn(engine->region, engine->account, record->name, version->number);
		r = answer->version_arn ? SW_OK : SW_ENOMEM;
	}
	if (r == SW_OK && with_time)
		answer->time_ms = version->creation_ms;
	sw_versions_done(&versions);
	return sw_reader_fail(err, r);
}

/* Recorded in part: "ConflictException" of a revision that is not the current one. */
static enum sw_result refuse_revision(struct sw_engine *engine, const struct sw_known_machine *known,
				      const char *revision_id, struct sw_answer *answer, struct sw_error *err)
{
	answer->result = SW_EBUSY;
	answer->text =
		sw_asprintf("Failed to publish the State Machine version for revision %s. The current "
			    "State Machine revision is %s.",
			    revision_id, *known->record.revision_id ? known->record.revision_id : "INITIAL");
	return sw_engine_answer(engine, answer, known->written_in > engine->committed_number, err);
}

enum sw_result sw_engine_publish_version(struct sw_engine *engine, const char *machine,
					 const char *revision_id, const char *description, sw_reply_fn *reply,
					 void *user, struct sw_error *err)
{
	const struct sw_known_machine *known;
	struct sw_answer answer = {.reply = reply, .user = user};
	bool answered = false;
	enum sw_result r = sw_qualifiers_machine(engine, machine, reply, user, &known, &answered, err);
	if (r < 0 || answered)
		return r;
	const char *current = *known->record.revision_id ? known->record.revision_id : "INITIAL";
	if (revision_id && strcmp(revision_id, current) != 0)
		return refuse_revision(engine, known, revision_id, &answer, err);
	struct sw_batch *batch = sw_engine_changes(engine);
	r = batch ? sw_versions_publish(engine, batch, &known->record, description, true, &answer, err)
		  : SW_ENOMEM;
	if (r < 0) {
		sw_answer_done(&answer);
		return sw_reader_fail(err, r);
	}
	return sw_engine_write(engine, &answer, err);
}

/* ---- deleting ---- */

/* Recorded as api_aliasing/delete_version_with_alias. NULL: no alias is in the way, or out of memory. */
static enum sw_result check_unused(struct sw_engine *engine, uint32_t machine_number, uint32_t version,
				   struct sw_answer *answer, bool *depends, struct sw_error *err)
{
	struct sw_aliases aliases;
	struct sw_buf names = SW_BUF;
	enum sw_result r = sw_aliases_load(engine, machine_number, &aliases, depends, err);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < aliases.count; i++) {
		if (sw_alias_leads_to(&aliases.list[i], version))
			sw_buf_printf(&names, "%s%s", names.len ? ", " : "", aliases.list[i].name);
	}
	r = sw_buf_result(&names);
	if (r == SW_OK && names.len) {
		answer->result = SW_EBUSY;
		answer->text =
			sw_asprintf("Version to be deleted must not be referenced by an alias. Current list "
				    "of aliases referencing this version: [%s]",
				    names.data);
	}
	sw_buf_done(&names);
	sw_aliases_done(&aliases);
	return sw_reader_fail(err, r);
}

static void take_out(struct sw_versions *versions, const struct sw_version *version)
{
	struct sw_version *gone = &versions->list[version - versions->list];
	sw_free(gone->role_arn);
	sw_free(gone->description);
	versions->count--;
	memmove(gone, gone + 1, (size_t)(versions->list + versions->count - gone) * sizeof(*gone));
}

static enum sw_result delete_version(struct sw_engine *engine, uint32_t machine_number,
				     struct sw_versions *versions, const struct sw_version *version,
				     struct sw_answer *answer, struct sw_error *err)
{
	struct sw_batch *batch = sw_engine_changes(engine);
	take_out(versions, version);
	enum sw_result r = batch ? put(batch, machine_number, versions) : SW_ENOMEM;
	if (r < 0) {
		sw_answer_done(answer);
		return sw_reader_fail(err, r);
	}
	return sw_engine_write(engine, answer, err);
}

enum sw_result sw_engine_delete_version(struct sw_engine *engine, const char *machine, uint32_t version,
					sw_reply_fn *reply, void *user, struct sw_error *err)
{
	const struct sw_known_machine *known;
	struct sw_versions versions = {0};
	struct sw_answer answer = {.reply = reply, .user = user};
	bool answered = false, depends = false;
	enum sw_result r = sw_qualifiers_machine(engine, machine, reply, user, &known, &answered, err);
	if (r < 0 || answered)
		return r;
	r = sw_versions_load(engine, known->record.number, &versions, &depends, err);
	const struct sw_version *found = r == SW_OK ? sw_versions_find(&versions, version) : NULL;
	if (found)
		r = check_unused(engine, known->record.number, version, &answer, &depends, err);
	if (r < 0) {
		sw_answer_done(&answer);
	} else if (found && answer.result == SW_OK) {
		r = delete_version(engine, known->record.number, &versions, found, &answer, err);
	} else {
		answer.existed = !found;
		r = sw_engine_answer(engine, &answer, depends, err);
	}
	sw_versions_done(&versions);
	return r;
}

/* ---- starting by a version or an alias ---- */

void sw_choice_done(struct sw_choice *choice)
{
	sw_free(choice->role_arn);
	sw_free(choice->alias);
	*choice = (struct sw_choice){0};
}

/* The version that an alias leads to this time; 0: there is no such alias. */
static enum sw_result choose_route(struct sw_engine *engine, uint32_t machine_number, const char *name,
				   uint32_t *ret_version, bool *depends, struct sw_error *err)
{
	struct sw_aliases aliases;
	enum sw_result r = sw_aliases_load(engine, machine_number, &aliases, depends, err);
	if (r < 0)
		return r;
	const struct sw_alias *alias = sw_aliases_find(&aliases, name);
	*ret_version = 0;
	if (alias && alias->routes_count == 1)
		*ret_version = alias->routes[0].version;
	else if (alias)
		*ret_version =
			alias->routes[sw_engine_seed(engine) % 100 < alias->routes[0].weight ? 0 : 1].version;
	sw_aliases_done(&aliases);
	return SW_OK;
}

enum sw_result sw_choice_make(struct sw_engine *engine, uint32_t machine_number, const char *qualifier,
			      struct sw_choice *ret_choice, bool *depends, struct sw_error *err)
{
	struct sw_versions versions;
	uint32_t number;
	enum sw_result r = SW_OK;
	bool alias = !sw_qualifier_number(qualifier, &number);
	if (alias)
		r = choose_route(engine, machine_number, qualifier, &number, depends, err);
	if (r == SW_OK)
		r = sw_versions_load(engine, machine_number, &versions, depends, err);
	if (r < 0)
		return r;
	const struct sw_version *version = sw_versions_find(&versions, number);
	struct sw_choice choice = {0};
	if (version) {
		choice = (struct sw_choice){.version = number, .revision = version->revision};
		choice.role_arn = sw_strdup(version->role_arn);
		choice.alias = alias ? sw_strdup(qualifier) : NULL;
		r = choice.role_arn && (choice.alias || !alias) ? SW_OK : SW_ENOMEM;
	}
	sw_versions_done(&versions);
	if (!version)
		return SW_ENOENT;
	if (r < 0) {
		sw_choice_done(&choice);
		return sw_reader_fail(err, r);
	}
	*ret_choice = choice;
	return SW_OK;
}

/* ---- reading ---- */

static enum sw_result give(struct sw_reader *reader, const char *machine, const struct sw_version *version,
			   sw_each_version_fn *each, void *user)
{
	struct sw_version_info info = {.version = version->number,
				       .creation_ms = version->creation_ms,
				       .description = version->description};
	info.arn = sw_version_arn(reader->region, reader->account, machine, version->number);
	if (!info.arn)
		return SW_ENOMEM;
	each(user, &info);
	sw_free(info.arn);
	return SW_OK;
}

/* The cursor's position is the number of the next version. */
enum sw_result sw_reader_list_versions(struct sw_reader *reader, const char *machine, uint32_t limit,
				       const char *cursor, sw_each_version_fn *each, void *user,
				       char **ret_cursor, struct sw_error *err)
{
	struct sw_view view;
	struct sw_machine_record record;
	struct sw_versions versions = {0};
	uint64_t position = 0;
	uint32_t given = 0;
	char *next = NULL;
	enum sw_result r = sw_list_check_limit(limit, err);
	if (r == SW_OK)
		r = sw_view_begin(reader, &view, err);
	if (r < 0)
		return r;
	r = sw_view_machine(&view, machine, &record, err);
	if (r == SW_OK) {
		r = sw_list_cursor_parse(cursor, SW_CURSOR_VERSIONS, record.number, UINT64_MAX, &position,
					 err);
		if (r == SW_OK)
			r = sw_versions_read(view.snapshot, record.number, &versions, err);
		for (uint32_t i = versions.count; i > 0 && r == SW_OK && !next; i--) {
			const struct sw_version *version = &versions.list[i - 1];
			if (version->number > position)
				continue;
			if (given++ < limit)
				r = give(reader, record.name, version, each, user);
			else if (!(next = sw_list_cursor(SW_CURSOR_VERSIONS, record.number, version->number)))
				r = SW_ENOMEM;
		}
		sw_versions_done(&versions);
		sw_machine_record_done(&record);
	}
	sw_view_end(&view);
	if (r == SW_OK)
		*ret_cursor = next;
	return sw_reader_fail(err, r);
}
