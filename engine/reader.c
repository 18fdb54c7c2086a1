/* The reading door: opening, and what one machine or one execution is. See engine.h, "reading". */
#include "engine/reader.h"

#include "engine/internal.h"
#include "engine/qualifiers.h"

#include "base/mem.h"

#include <string.h>
#include <unistd.h>

#define REGION_DEFAULT "us-east-1"
#define ACCOUNT_DEFAULT "123456789012"
/* No name that was let in is longer. */
#define NAME_BYTES_MAX (4 * SW_NAME_CHARACTERS_MAX)

/* ---- life ------------------------------------------------------------------------------------ */

enum sw_result sw_reader_new(struct sw_store *store, const char *region, const char *account,
			     struct sw_reader **ret_reader)
{
	struct sw_reader *reader = sw_zalloc(sizeof(*reader));
	if (!reader)
		return SW_ENOMEM;
	reader->store = store;
	reader->process = getpid();
	reader->region = sw_strdup(region ? region : REGION_DEFAULT);
	reader->account = sw_strdup(account ? account : ACCOUNT_DEFAULT);
	if (!reader->region || !reader->account) {
		sw_reader_close(reader);
		return SW_ENOMEM;
	}
	*ret_reader = reader;
	return SW_OK;
}

void sw_reader_close(struct sw_reader *reader)
{
	if (!reader)
		return;
	if (reader->owns_store)
		sw_store_close(reader->store);
	sw_free(reader->region);
	sw_free(reader->account);
	sw_free(reader);
}

/* A text of the settings table (new), or NULL when it is not there. */
static enum sw_result read_setting(struct sw_snapshot *snapshot, const char *key, char **ret_text)
{
	struct sw_slice value;
	enum sw_result r = sw_snapshot_get(snapshot, SW_TABLE_SETTINGS, sw_slice(key, strlen(key)), &value);
	*ret_text = NULL;
	if (r < 0)
		return r == SW_ENOENT ? SW_OK : r;
	*ret_text = sw_memdup(value.data, value.len);
	return *ret_text ? SW_OK : SW_ENOMEM;
}

/* What is not given is as the engine that wrote the store had it. */
static enum sw_result new_from_settings(struct sw_store *store, const char *region, const char *account,
					struct sw_reader **ret_reader, struct sw_error *err)
{
	struct sw_snapshot *snapshot;
	char *kept_region = NULL, *kept_account = NULL;
	enum sw_result r = sw_store_begin(store, &snapshot, err);
	if (r < 0)
		return sw_reader_fail(err, r);
	r = read_setting(snapshot, "region", &kept_region);
	if (r == SW_OK)
		r = read_setting(snapshot, "account", &kept_account);
	sw_snapshot_end(snapshot);
	if (r == SW_OK)
		r = sw_reader_new(store, region ? region : kept_region, account ? account : kept_account,
				  ret_reader);
	sw_free(kept_region);
	sw_free(kept_account);
	return sw_reader_fail(err, r);
}

static enum sw_result open_store(const char *directory, struct sw_store **ret_store, struct sw_error *err)
{
	struct sw_store_options options = {
		.directory = directory,
		.table_names = sw_table_names,
		.tables_count = SW_TABLES_COUNT,
		.format = SW_STORE_FORMAT,
		.read_only = true,
	};
	return sw_store_open_lmdb(&options, ret_store, err);
}

/* All partitions of the directory, whose own store is stores[0]. Takes that, also on failure. */
static enum sw_result open_partitions(const char *directory, struct sw_store *stores[SW_PARTITIONS_MAX],
				      uint32_t count, struct sw_store **ret_store, struct sw_error *err)
{
	char path[SW_PARTITION_PATH_BYTES];
	uint32_t opened = 1;
	enum sw_result r = strlen(directory) + 32 < sizeof(path)
				   ? SW_OK
				   : sw_error_set(err, SW_EINVAL, "the name of the directory is too long");
	for (; r == SW_OK && opened < count; opened++) {
		sw_partition_path(directory, opened, path, sizeof(path));
		r = open_store(path, &stores[opened], err);
		if (r == SW_ENOENT) {
			sw_error_clear(err);
			r = sw_error_set(err, SW_ECORRUPT, "partition %u is missing: there is no store in %s",
					 opened, path);
		}
		if (r < 0)
			break;
	}
	if (r == SW_OK)
		r = sw_partition_unite(stores, count, true, ret_store);
	for (uint32_t i = 0; r < 0 && i < opened; i++)
		sw_store_close(stores[i]);
	return r;
}

enum sw_result sw_reader_open(const char *data_directory, const char *region, const char *account,
			      struct sw_reader **ret_reader, struct sw_error *err)
{
	struct sw_store *stores[SW_PARTITIONS_MAX], *store;
	uint32_t count = 1;
	if (!data_directory || !ret_reader)
		return sw_error_set(err, SW_EINVAL, "a reader needs a data directory");
	enum sw_result r = sw_arn_check_owner(region, account, err);
	if (r == SW_OK)
		r = open_store(data_directory, &store, err);
	if (r < 0)
		return sw_reader_fail(err, r);
	r = sw_partitions_stored(store, &count, err);
	if (r < 0) {
		sw_store_close(store);
		return r;
	}
	stores[0] = store;
	if (count > 1)
		r = open_partitions(data_directory, stores, count, &store, err);
	if (r < 0)
		return sw_reader_fail(err, r);
	r = new_from_settings(store, region, account, ret_reader, err);
	if (r < 0)
		sw_store_close(store);
	else
		(*ret_reader)->owns_store = true;
	return r;
}

const char *sw_reader_region(const struct sw_reader *reader)
{
	return reader->region;
}

const char *sw_reader_account(const struct sw_reader *reader)
{
	return reader->account;
}

/* ---- views ----------------------------------------------------------------------------------- */

static enum sw_result load_value(void *user, uint64_t execution_id, uint32_t number,
				 struct sw_slice *ret_text)
{
	struct sw_view *view = user;
	struct sw_key key;
	sw_key_pair(&key, execution_id, number);
	return sw_snapshot_get(view->snapshot, SW_TABLE_VALUES, sw_key_slice(&key), ret_text);
}

enum sw_result sw_view_begin(struct sw_reader *reader, struct sw_view *view, struct sw_error *err)
{
	if (reader->process != getpid())
		return sw_reader_fail(err, SW_EFORKED);
	*view = (struct sw_view){.reader = reader, .loader = {.load = load_value, .user = view}};
	return sw_reader_fail(err, sw_store_begin(reader->store, &view->snapshot, err));
}

void sw_view_end(struct sw_view *view)
{
	sw_value_loader_done(&view->loader);
	sw_snapshot_end(view->snapshot);
}

/* ---- machines -------------------------------------------------------------------------------- */

void sw_machine_info_done(struct sw_machine_info *info)
{
	sw_free(info->arn);
	sw_free(info->name);
	sw_free(info->role_arn);
	sw_free(info->revision_id);
	sw_free(info->definition);
	sw_free(info->logging_json);
	sw_free(info->tracing_json);
	sw_free(info->version_description);
	*info = (struct sw_machine_info){0};
}

static enum sw_result machine_arn(const struct sw_reader *reader, const char *name, char **ret_arn)
{
	char text[SW_ARN_TEXT_BYTES];
	enum sw_result r = sw_arn_machine(text, sizeof(text), reader->region, reader->account, name);
	if (r < 0)
		return r;
	*ret_arn = sw_strdup(text);
	return *ret_arn ? SW_OK : SW_ENOMEM;
}

/* Moves a text: the place it comes from is empty then. */
static char *take_text(char **place)
{
	char *text = *place;
	*place = NULL;
	return text;
}

enum sw_result sw_machine_info_take(const struct sw_reader *reader, struct sw_machine_record *record,
				    struct sw_machine_info *ret_info)
{
	struct sw_machine_info info = {
		.type = record->type,
		.deleting = record->status == SW_MACHINE_DELETING,
		.creation_ms = record->creation_ms,
		.update_ms = record->update_ms,
		.definition_len = record->definition_len,
	};
	enum sw_result r = machine_arn(reader, record->name, &info.arn);
	if (r < 0)
		return r;
	info.name = take_text(&record->name);
	info.role_arn = take_text(&record->role_arn);
	info.revision_id = take_text(&record->revision_id);
	info.definition = take_text(&record->definition);
	info.logging_json = take_text(&record->logging_json);
	info.tracing_json = take_text(&record->tracing_json);
	*ret_info = info;
	return SW_OK;
}

enum sw_result sw_view_revision(struct sw_view *view, const char *name, uint32_t revision,
				struct sw_machine_record *ret_record, struct sw_error *err)
{
	struct sw_key key;
	struct sw_slice bytes;
	if (strlen(name) > NAME_BYTES_MAX)
		return SW_ENOENT;
	sw_key_machine(&key, name, revision);
	enum sw_result r = sw_snapshot_get(view->snapshot, SW_TABLE_MACHINES, sw_key_slice(&key), &bytes);
	return r < 0 ? r : sw_machine_record_decode(bytes, ret_record, err);
}

/* The last revision: the greatest key that begins with the name and its NUL. */
static enum sw_result last_revision(struct sw_view *view, const char *name,
				    struct sw_machine_record *ret_record, struct sw_error *err)
{
	struct sw_key from;
	struct sw_scan *scan;
	struct sw_slice key, bytes;
	size_t name_len = strlen(name);
	if (name_len == 0 || name_len > NAME_BYTES_MAX)
		return SW_ENOENT;
	sw_key_machine(&from, name, UINT32_MAX);
	enum sw_result r = sw_scan_new(view->snapshot, SW_TABLE_MACHINES, sw_key_slice(&from), true, &scan);
	if (r < 0)
		return r;
	r = sw_scan_next(scan, &key, &bytes);
	if (r == SW_OK && (key.len != from.len || memcmp(key.data, from.bytes, name_len + 1) != 0))
		r = SW_ENOENT;
	if (r == SW_OK)
		r = sw_machine_record_decode(bytes, ret_record, err);
	sw_scan_free(scan);
	return r;
}

enum sw_result sw_view_machine(struct sw_view *view, const char *name_or_arn,
			       struct sw_machine_record *ret_record, struct sw_error *err)
{
	struct sw_arn arn;
	struct sw_machine_record record;
	const char *name = name_or_arn;
	if (strncmp(name_or_arn, "arn:", 4) == 0) {
		enum sw_result r = sw_arn_parse(name_or_arn, &arn, err);
		if (r < 0)
			return r;
		if (strcmp(arn.kind, "stateMachine") != 0)
			return sw_error_set(err, SW_EARN,
					    "Invalid Arn: 'Resource type not valid in this context: %s'",
					    arn.kind);
		name = arn.name;
	}
	enum sw_result r = last_revision(view, name, &record, err);
	if (r == SW_OK && record.status == SW_MACHINE_DELETED) {
		sw_machine_record_done(&record);
		r = SW_ENOENT;
	}
	if (r == SW_ENOENT)
		return sw_error_set(err, r, "State Machine Does Not Exist: '%s'", name_or_arn);
	if (r < 0)
		return sw_reader_fail(err, r);
	*ret_record = record;
	return SW_OK;
}

/* The version that an ARN names; 0: it names none. An alias names no machine (SW_ENOENT). */
static enum sw_result version_of(const char *name_or_arn, uint32_t *ret_version)
{
	struct sw_arn arn;
	*ret_version = 0;
	if (strncmp(name_or_arn, "arn:", 4) != 0 || sw_arn_parse(name_or_arn, &arn, NULL) < 0 ||
	    !*arn.qualifier)
		return SW_OK;
	return sw_qualifier_number(arn.qualifier, ret_version) ? SW_OK : SW_ENOENT;
}

/* In the place of the machine's record, that of a version's revision. */
static enum sw_result read_version(struct sw_view *view, uint32_t number, struct sw_machine_record *record,
				   struct sw_machine_info *info, struct sw_error *err)
{
	struct sw_versions versions;
	struct sw_machine_record revision = {0};
	enum sw_result r = sw_versions_read(view->snapshot, record->number, &versions, err);
	if (r < 0)
		return r;
	const struct sw_version *version = sw_versions_find(&versions, number);
	r = version ? sw_view_revision(view, record->name, version->revision, &revision, err) : SW_ENOENT;
	if (r == SW_OK) {
		revision.status = record->status;
		revision.creation_ms = version->creation_ms;
		sw_machine_record_done(record);
		*record = revision;
		info->version = number;
		info->version_description = version->description ? sw_strdup(version->description) : NULL;
		r = version->description && !info->version_description ? SW_ENOMEM : SW_OK;
	}
	sw_versions_done(&versions);
	return r;
}

static enum sw_result take_version(const struct sw_reader *reader, struct sw_machine_record *record,
				   const struct sw_machine_info *version, struct sw_machine_info *ret_info)
{
	char *arn = NULL;
	if (version->version) {
		arn = sw_version_arn(reader->region, reader->account, record->name, version->version);
		if (!arn)
			return SW_ENOMEM;
	}
	enum sw_result r = sw_machine_info_take(reader, record, ret_info);
	if (r < 0) {
		sw_free(arn);
		return r;
	}
	if (arn) {
		sw_free(ret_info->arn);
		ret_info->arn = arn;
	}
	ret_info->version = version->version;
	ret_info->version_description = version->version_description;
	return SW_OK;
}

enum sw_result sw_reader_machine(struct sw_reader *reader, const char *name_or_arn,
				 struct sw_machine_info *ret_info, struct sw_error *err)
{
	struct sw_view view;
	struct sw_machine_record record;
	struct sw_machine_info version = {0};
	uint32_t number;
	enum sw_result r = sw_view_begin(reader, &view, err);
	if (r < 0)
		return r;
	r = sw_view_machine(&view, name_or_arn, &record, err);
	if (r < 0) {
		sw_view_end(&view);
		return r;
	}
	r = version_of(name_or_arn, &number);
	if (r == SW_OK && number)
		r = read_version(&view, number, &record, &version, err);
	sw_view_end(&view);
	if (r == SW_OK)
		r = take_version(reader, &record, &version, ret_info);
	if (r < 0)
		sw_machine_info_done(&version);
	sw_machine_record_done(&record);
	if (r == SW_ENOENT)
		return sw_error_set(err, r, "State Machine Does Not Exist: '%s'", name_or_arn);
	return sw_reader_fail(err, r);
}

enum sw_result sw_reader_machine_of(struct sw_reader *reader, const char *execution_arn,
				    struct sw_machine_info *ret_info, struct sw_error *err)
{
	struct sw_view view;
	struct sw_head head;
	struct sw_machine_record record;
	enum sw_result r = sw_view_begin(reader, &view, err);
	if (r < 0)
		return r;
	r = sw_view_execution(&view, execution_arn, false, &head, err);
	if (r < 0) {
		sw_view_end(&view);
		return r;
	}
	r = sw_view_revision(&view, head.machine_name, head.machine_revision, &record, err);
	sw_view_end(&view);
	if (r == SW_ENOENT)
		r = sw_error_set(err, SW_ECORRUPT, "revision %u of the machine \"%s\" is missing",
				 head.machine_revision, head.machine_name);
	sw_head_done(&head);
	if (r < 0)
		return sw_reader_fail(err, r);
	r = sw_machine_info_take(reader, &record, ret_info);
	sw_machine_record_done(&record);
	return sw_reader_fail(err, r);
}

/* ---- executions ------------------------------------------------------------------------------ */

void sw_execution_info_done(struct sw_execution_info *info)
{
	sw_free(info->arn);
	sw_free(info->name);
	sw_free(info->machine_arn);
	sw_free(info->machine_name);
	sw_free(info->input);
	sw_free(info->output);
	sw_free(info->error);
	sw_free(info->cause);
	sw_free(info->trace_header);
	sw_free(info->version_arn);
	sw_free(info->alias_arn);
	*info = (struct sw_execution_info){0};
}

enum sw_result sw_view_head(struct sw_view *view, uint64_t id, bool with_values, struct sw_head *ret_head,
			    struct sw_error *err)
{
	struct sw_key key;
	struct sw_slice bytes;
	sw_key_execution(&key, id);
	enum sw_result r = sw_snapshot_get(view->snapshot, SW_TABLE_EXECUTIONS, sw_key_slice(&key), &bytes);
	if (r < 0)
		return r;
	if (view->loader.execution_id != id)
		sw_value_loader_done(&view->loader);
	view->loader.execution_id = id;
	return sw_head_decode(bytes, id, &view->loader, with_values, ret_head, err);
}

/* The head of an id, if it is of that name and machine. */
static enum sw_result head_if_named(struct sw_view *view, uint64_t id, const char *machine, const char *name,
				    bool with_values, struct sw_head *ret_head, struct sw_error *err)
{
	struct sw_head head;
	enum sw_result r = sw_view_head(view, id, with_values, &head, err);
	if (r < 0)
		return r;
	if (strcmp(head.machine_name, machine) != 0 || strcmp(head.name, name) != 0) {
		sw_head_done(&head);
		return SW_ENOENT;
	}
	*ret_head = head;
	return SW_OK;
}

enum sw_result sw_view_named(struct sw_view *view, const char *machine, const char *name, bool with_values,
			     struct sw_head *ret_head, struct sw_error *err)
{
	struct sw_key key;
	struct sw_slice bytes;
	uint64_t id;
	enum sw_result r = sw_key_name(&key, NULL, machine, name);
	if (r == SW_OK)
		r = sw_snapshot_get(view->snapshot, SW_TABLE_NAMES, sw_key_slice(&key), &bytes);
	if (r == SW_OK) {
		struct sw_cursor cursor = sw_cursor(bytes);
		id = sw_cursor_be64(&cursor);
		if (cursor.failed || cursor.at != cursor.end)
			return sw_error_set(err, SW_ECORRUPT, "an entry of the names table is damaged");
		r = head_if_named(view, id, machine, name, with_values, ret_head, err);
	}
	/* A name that the engine made is in no table: it carries the id. */
	if (r == SW_ENOENT && sw_id_from_name(name, &id))
		r = head_if_named(view, id, machine, name, with_values, ret_head, err);
	return r;
}

enum sw_result sw_view_execution(struct sw_view *view, const char *execution_arn, bool with_values,
				 struct sw_head *ret_head, struct sw_error *err)
{
	struct sw_arn arn;
	enum sw_result r = sw_arn_parse(execution_arn, &arn, err);
	if (r < 0)
		return r;
	if (strcmp(arn.kind, "execution") != 0)
		return sw_error_set(err, SW_EARN,
				    "Invalid Arn: 'Resource type not valid in this context: %s'", arn.kind);
	r = sw_view_named(view, arn.name, arn.execution, with_values, ret_head, err);
	if (r == SW_ENOENT)
		return sw_error_set(err, r, "Execution Does Not Exist: '%s'", execution_arn);
	return sw_reader_fail(err, r);
}

static enum sw_result copy_value(struct sw_value *value, char **ret_text, size_t *ret_len)
{
	struct sw_slice text;
	if (!value)
		return SW_OK;
	enum sw_result r = sw_value_text(value, &text);
	if (r < 0)
		return r;
	*ret_text = sw_memdup(text.data, text.len);
	*ret_len = text.len;
	return *ret_text ? SW_OK : SW_ENOMEM;
}

static enum sw_result qualify(const struct sw_reader *reader, const struct sw_head *head,
			      struct sw_execution_info *info)
{
	if (head->machine_version)
		info->version_arn = sw_version_arn(reader->region, reader->account, head->machine_name,
						   head->machine_version);
	if (head->machine_alias)
		info->alias_arn = sw_qualified_arn(reader->region, reader->account, head->machine_name,
						   head->machine_alias);
	return (head->machine_version && !info->version_arn) || (head->machine_alias && !info->alias_arn)
		       ? SW_ENOMEM
		       : SW_OK;
}

enum sw_result sw_execution_info_take(const struct sw_reader *reader, struct sw_head *head,
				      struct sw_execution_info *ret_info)
{
	char arn[SW_ARN_TEXT_BYTES];
	struct sw_execution_info info = {
		.status = head->status,
		.start_ms = head->start_ms,
		.stop_ms = head->stop_ms,
		.events_count = head->next_event_id ? head->next_event_id - 1 : 0,
		.redrive_count = head->redrive_count,
		.redrive_ms = head->redrive_ms,
		.redrivable = head->redrivable,
	};
	enum sw_result r = sw_arn_execution(arn, sizeof(arn), reader->region, reader->account,
					    head->machine_name, head->name);
	if (r == SW_OK && !(info.arn = sw_strdup(arn)))
		r = SW_ENOMEM;
	if (r == SW_OK)
		r = machine_arn(reader, head->machine_name, &info.machine_arn);
	if (r == SW_OK)
		r = qualify(reader, head, &info);
	if (r == SW_OK)
		r = copy_value(head->input, &info.input, &info.input_len);
	if (r == SW_OK)
		r = copy_value(head->output, &info.output, &info.output_len);
	if (r < 0) {
		sw_execution_info_done(&info);
		return r;
	}
	info.name = take_text(&head->name);
	info.machine_name = take_text(&head->machine_name);
	info.error = take_text(&head->error);
	info.cause = take_text(&head->cause);
	info.trace_header = take_text(&head->trace_header);
	*ret_info = info;
	return SW_OK;
}

/* The machine of an execution that could be redriven; one of its name that was created later is another one. */
static enum sw_result is_machine_gone(struct sw_view *view, const struct sw_head *head, bool *ret_gone)
{
	struct sw_machine_record record = {0};
	struct sw_error err = {0};
	*ret_gone = false;
	if (head->status == SW_STATUS_RUNNING || head->status == SW_STATUS_SUCCEEDED)
		return SW_OK;
	enum sw_result r = sw_view_machine(view, head->machine_name, &record, &err);
	if (r == SW_OK)
		*ret_gone = record.status != SW_MACHINE_ACTIVE || record.number != head->machine_number;
	else
		*ret_gone = r == SW_ENOENT;
	sw_machine_record_done(&record);
	return r == SW_ENOMEM ? r : SW_OK; /* a damaged machine does not hide the execution */
}

enum sw_result sw_reader_execution(struct sw_reader *reader, const char *execution_arn, bool with_data,
				   struct sw_execution_info *ret_info, struct sw_error *err)
{
	struct sw_view view;
	struct sw_head head;
	bool machine_gone = false;
	enum sw_result r = sw_view_begin(reader, &view, err);
	if (r < 0)
		return r;
	r = sw_view_execution(&view, execution_arn, with_data, &head, err);
	if (r < 0) {
		sw_view_end(&view);
		return r;
	}
	r = is_machine_gone(&view, &head, &machine_gone);
	sw_view_end(&view);
	if (r == SW_OK)
		r = sw_execution_info_take(reader, &head, ret_info);
	if (r == SW_OK)
		ret_info->machine_gone = machine_gone;
	sw_head_done(&head);
	return sw_reader_fail(err, r);
}
