/*
 * Machines: the records of their revisions, the compiled ones, and what changes them. Deleting is
 * deletion.c's.
 *
 * What is known of a name is kept in memory while it is used or not yet on disk; a change is made there at
 * once, so that the next call sees it, and told when it is committed.
 */
#include "engine/qualifiers.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"

#include <string.h>

#define REVISIONS_KEPT_MAX 8

/* ---- what is known ------------------------------------------------------------------------------------ */

static void known_free(struct sw_known_machine *known)
{
	if (!known)
		return;
	while (known->compiled) {
		struct sw_compiled *compiled = known->compiled;
		known->compiled = compiled->next;
		sw_machine_unref(compiled->machine);
		sw_free(compiled);
	}
	sw_machine_record_done(&known->record);
	sw_free(known);
}

void sw_machines_done(struct sw_machines *machines)
{
	for (size_t i = 0; i < machines->buckets_count; i++) {
		while (machines->buckets[i]) {
			struct sw_known_machine *known = machines->buckets[i];
			machines->buckets[i] = known->next;
			known_free(known);
		}
	}
	while (machines->deletions) {
		struct sw_deletion *deletion = machines->deletions;
		machines->deletions = deletion->next;
		sw_free(deletion->name);
		sw_free(deletion);
	}
	sw_free(machines->buckets);
	machines->buckets = NULL;
	machines->buckets_count = machines->count = 0;
}

static struct sw_known_machine **bucket_of(struct sw_machines *machines, const char *name)
{
	return &machines->buckets[sw_hash64(name, strlen(name), 0) % machines->buckets_count];
}

static struct sw_known_machine *recall(struct sw_machines *machines, const char *name)
{
	struct sw_known_machine *known = *bucket_of(machines, name);
	while (known && strcmp(known->record.name, name) != 0)
		known = known->next;
	if (known)
		known->used = ++machines->uses;
	return known;
}

/* Forgets what was not used for long and is on disk. */
static void forget_old(struct sw_engine *engine)
{
	struct sw_machines *machines = &engine->machines;
	for (size_t i = 0; i < machines->buckets_count; i++) {
		struct sw_known_machine **link = &machines->buckets[i];
		while (*link) {
			struct sw_known_machine *known = *link;
			if (known->written_in > engine->committed_number ||
			    known->used + SW_MACHINES_CACHED_MAX / 2 > machines->uses) {
				link = &known->next;
				continue;
			}
			*link = known->next;
			machines->count--;
			known_free(known);
		}
	}
}

/* Takes known. */
static void remember(struct sw_engine *engine, struct sw_known_machine *known)
{
	struct sw_machines *machines = &engine->machines;
	if (machines->count >= SW_MACHINES_CACHED_MAX)
		forget_old(engine);
	struct sw_known_machine **bucket = bucket_of(machines, known->record.name);
	known->used = ++machines->uses;
	known->next = *bucket;
	*bucket = known;
	machines->count++;
}

/* The record of the highest revision. */
static enum sw_result read_latest(struct sw_engine *engine, const char *name,
				  struct sw_machine_record *ret_record, struct sw_error *err)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_slice bytes, value;
	struct sw_key key;
	enum sw_result r = sw_store_begin(engine->store, &snapshot, err);
	if (r < 0)
		return r;
	sw_key_machine(&key, name, UINT32_MAX);
	r = sw_scan_new(snapshot, SW_TABLE_MACHINES, sw_key_slice(&key), true, &scan);
	if (r == SW_OK)
		r = sw_scan_next(scan, &bytes, &value);
	size_t prefix_len = key.len - sizeof(uint32_t);
	if (r == SW_OK && (bytes.len != key.len || memcmp(bytes.data, key.bytes, prefix_len) != 0))
		r = SW_ENOENT;
	if (r == SW_OK)
		r = sw_machine_record_decode(value, ret_record, err);
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	return r;
}

static enum sw_result not_there(struct sw_engine *engine, const char *name, struct sw_error *err)
{
	char arn[SW_ARN_TEXT_BYTES] = "";
	sw_arn_machine(arn, sizeof(arn), engine->region, engine->account, name);
	return sw_error_set(err, SW_ENOENT, "State Machine Does Not Exist: '%s'", arn);
}

/* Read before what it is to be compared with is read. */
static uint64_t catalogue_changes(const struct sw_engine *engine)
{
	return engine->catalogue ? atomic_load(&engine->catalogue->machines.changes) : 0;
}

enum sw_result sw_machines_find(struct sw_engine *engine, const char *name,
				struct sw_known_machine **ret_known, struct sw_error *err)
{
	struct sw_machine_record record = {0};
	*ret_known = recall(&engine->machines, name);
	if (*ret_known)
		return SW_OK;
	/* Longer names than any machine can have make keys that none can have. */
	if (strlen(name) > 4 * SW_NAME_CHARACTERS_MAX)
		return not_there(engine, name, err);
	uint64_t seen = catalogue_changes(engine);
	enum sw_result r = read_latest(engine, name, &record, err);
	if (r == SW_ENOENT)
		return not_there(engine, name, err);
	if (r < 0)
		return sw_error_set(err, r, "%s", sw_result_text(r));
	struct sw_known_machine *known = sw_zalloc(sizeof(*known));
	if (!known) {
		sw_machine_record_done(&record);
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	}
	known->record = record;
	known->seen = seen;
	remember(engine, known);
	*ret_known = known;
	return SW_OK;
}

/* ---- with a catalogue --------------------------------------------------------------------------------- */

void sw_machines_refresh(struct sw_engine *engine, const char *name)
{
	struct sw_machine_record record = {0};
	uint64_t now = catalogue_changes(engine);
	struct sw_known_machine *known = engine->catalogue ? recall(&engine->machines, name) : NULL;
	if (!known || known->seen == now)
		return;
	/* benign when it cannot be read: it is tried again */
	if (read_latest(engine, known->record.name, &record, NULL) < 0)
		return;
	sw_machine_record_done(&known->record);
	known->record = record;
	known->logging = SW_LOGGING_UNKNOWN;
	known->seen = now;
}

void sw_machines_committed(struct sw_engine *engine)
{
	struct sw_machines *machines = &engine->machines;
	if (!machines->changed_in)
		return;
	atomic_fetch_add(&machines->changes, 1);
	if (machines->changed_in <= engine->committed_number)
		machines->changed_in = 0;
}

/* ---- compiled revisions ------------------------------------------------------------------------------- */

/* Executions hold references of their own: what is dropped here is compiled again when it is asked for. */
static void drop_compiled(struct sw_known_machine *known)
{
	size_t count = 0;
	struct sw_compiled **link = &known->compiled;
	while (*link) {
		struct sw_compiled *compiled = *link;
		if (++count <= REVISIONS_KEPT_MAX) {
			link = &compiled->next;
			continue;
		}
		*link = compiled->next;
		sw_machine_unref(compiled->machine);
		sw_free(compiled);
	}
}

/* Takes machine, and the room for it. */
static void keep_compiled(struct sw_known_machine *known, struct sw_compiled *compiled, uint32_t revision,
			  struct sw_machine *machine)
{
	*compiled = (struct sw_compiled){known->compiled, revision, machine};
	known->compiled = compiled;
	drop_compiled(known);
}

/* The definition of an older revision. */
static enum sw_result compile_old(struct sw_engine *engine, const char *name, uint32_t revision,
				  struct sw_machine **ret_machine, struct sw_error *err)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_machine_record record = {0};
	struct sw_slice bytes;
	struct sw_key key;
	enum sw_result r = sw_store_begin(engine->store, &snapshot, err);
	if (r < 0)
		return r;
	sw_key_machine(&key, name, revision);
	r = sw_engine_lookup(engine, snapshot, SW_TABLE_MACHINES, sw_key_slice(&key), &bytes, NULL);
	if (r == SW_OK)
		r = sw_machine_record_decode(bytes, &record, err);
	if (r == SW_OK)
		r = sw_machine_compile(record.definition, record.definition_len, ret_machine, NULL, err);
	sw_machine_record_done(&record);
	sw_snapshot_end(snapshot);
	return r;
}

enum sw_result sw_machines_revision(struct sw_engine *engine, const char *name, uint32_t revision,
				    struct sw_machine **ret_machine, struct sw_error *err)
{
	struct sw_known_machine *known;
	struct sw_machine *machine = NULL;
	enum sw_result r = sw_machines_find(engine, name, &known, err);
	if (r < 0)
		return r;
	for (struct sw_compiled *compiled = known->compiled; compiled; compiled = compiled->next) {
		if (compiled->revision == revision) {
			*ret_machine = sw_machine_ref(compiled->machine);
			return SW_OK;
		}
	}
	if (known->record.revision == revision)
		r = sw_machine_compile(known->record.definition, known->record.definition_len, &machine, NULL,
				       err);
	else
		r = compile_old(engine, name, revision, &machine, err);
	if (r < 0)
		return sw_error_set(err, r, "revision %u of the state machine '%s': %s", revision, name,
				    sw_result_text(r));
	struct sw_compiled *compiled = sw_zalloc(sizeof(*compiled));
	if (compiled) /* else benign: it is compiled again the next time */
		keep_compiled(known, compiled, revision, sw_machine_ref(machine));
	*ret_machine = machine;
	return SW_OK;
}

/* ---- changes ------------------------------------------------------------------------------------------ */

/* A change on its way: everything that can fail comes before the records are in the open box. */
struct change {
	struct sw_machine_record record;
	struct sw_machine *machine;     /* NULL: the definition stays */
	struct sw_known_machine *known; /* new, when the name was not known */
	struct sw_compiled *compiled;   /* new, when there is a machine */
	struct sw_answer answer;
};

static void change_done(struct change *change)
{
	sw_machine_record_done(&change->record);
	sw_machine_unref(change->machine);
	sw_free(change->known);
	sw_free(change->compiled);
	sw_answer_done(&change->answer);
}

enum sw_result sw_machines_put(struct sw_batch *batch, const struct sw_machine_record *record)
{
	struct sw_buf bytes = SW_BUF;
	struct sw_key key;
	sw_key_machine(&key, record->name, record->revision);
	enum sw_result r = sw_machine_record_encode(record, &bytes);
	if (r == SW_OK)
		r = sw_batch_put(batch, SW_TABLE_MACHINES, sw_key_slice(&key),
				 sw_slice(bytes.data, bytes.len));
	sw_buf_done(&bytes);
	return r;
}

static enum sw_result fill_answer(struct sw_engine *engine, struct change *change, const char *revision_id,
				  int64_t time_ms)
{
	char arn[SW_ARN_TEXT_BYTES];
	enum sw_result r =
		sw_arn_machine(arn, sizeof(arn), engine->region, engine->account, change->record.name);
	if (r < 0)
		return r;
	change->answer.arn = sw_strdup(arn);
	change->answer.revision_id = revision_id && *revision_id ? sw_strdup(revision_id) : NULL;
	change->answer.time_ms = time_ms;
	return change->answer.arn && (!revision_id || !*revision_id || change->answer.revision_id)
		       ? SW_OK
		       : SW_ENOMEM;
}

/* Writes the record with a box, and makes it what is known. Takes what change holds, also on failure. */
static enum sw_result carry_out(struct sw_engine *engine, struct change *change, struct sw_batch *batch,
				struct sw_error *err)
{
	struct sw_known_machine *known = recall(&engine->machines, change->record.name);
	enum sw_result r = sw_machines_put(batch, &change->record);
	if (r == SW_OK && !known) {
		known = change->known = sw_zalloc(sizeof(*known));
		r = known ? SW_OK : SW_ENOMEM;
	}
	if (r == SW_OK && change->machine) {
		change->compiled = sw_zalloc(sizeof(*change->compiled));
		r = change->compiled ? SW_OK : SW_ENOMEM;
	}
	if (r == SW_OK) {
		r = sw_engine_write(engine, &change->answer, err);
		change->answer = (struct sw_answer){0};
	}
	if (r == SW_OK) {
		sw_machine_record_done(&known->record);
		known->record = change->record;
		known->logging = SW_LOGGING_UNKNOWN;
		known->written_in = engine->machines.changed_in = engine->open_number;
		change->record = (struct sw_machine_record){0};
		if (change->machine)
			keep_compiled(known, change->compiled, known->record.revision, change->machine);
		change->machine = NULL;
		change->compiled = NULL;
		if (change->known)
			remember(engine, known);
		change->known = NULL;
	}
	change_done(change);
	return r < 0 ? sw_error_set(err, r, "%s", sw_result_text(r)) : SW_OK;
}

static char *copy_or_null(const char *text, bool *failed)
{
	char *copy = text ? sw_strdup(text) : NULL;
	*failed = *failed || (text && !copy);
	return copy;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* What EXPRESS forbids counts as a mistake of the definition; the findings take the place of the warnings. */
static enum sw_result check_type(enum sw_machine_type type, struct change *change,
				 struct sw_findings **ret_findings, struct sw_error *err)
{
	struct sw_findings *findings = NULL;
	if (type != SW_TYPE_EXPRESS || !change->machine)
		return SW_OK;
	enum sw_result r = sw_machine_check_express(change->machine, &findings, err);
	if (r == SW_EDEFINITION && ret_findings) {
		sw_findings_free(*ret_findings);
		*ret_findings = findings;
		findings = NULL;
	}
	sw_findings_free(findings);
	return r;
}

static enum sw_result compile(struct sw_engine *engine, const struct sw_machine_params *params,
			      struct sw_machine **ret_machine, struct sw_findings **ret_findings,
			      struct sw_error *err)
{
	if (params->definition_len > engine->limits.definition_bytes_max)
		return sw_error_set(err, SW_ELIMIT, "the definition is longer than %u bytes",
				    engine->limits.definition_bytes_max);
	return sw_machine_compile(params->definition, params->definition_len, ret_machine, ret_findings, err);
}

/* ---- CreateStateMachine ------------------------------------------------------------------------------- */

/* "CreateStateMachine is an idempotent API": by name, definition, type, logging and tracing. */
static enum sw_result answer_existing(struct sw_engine *engine, const struct sw_known_machine *known,
				      const struct sw_machine_params *params, struct change *change,
				      struct sw_error *err)
{
	const struct sw_machine_record *record = &known->record;
	bool depends = known->written_in > engine->committed_number;
	bool same = record->definition_len == params->definition_len && record->type == params->type &&
		    memcmp(record->definition, params->definition, params->definition_len) == 0 &&
		    same_text(record->logging_json, params->logging_json) &&
		    same_text(record->tracing_json, params->tracing_json);
	enum sw_result r = fill_answer(engine, change, NULL, record->creation_ms);
	if (r == SW_OK && same && params->publish) {
		/* "The check is also based on the publish and versionDescription parameters." */
		r = sw_versions_of_revision(engine, record, params->version_description,
					    &change->answer.version_arn, &depends, err);
		same = r == SW_OK;
		r = r == SW_ENOENT ? SW_OK : r;
	}
	if (r < 0)
		return r;
	if (record->status == SW_MACHINE_DELETING) {
		change->answer.result = SW_EDELETING;
		change->answer.text = sw_asprintf("State Machine is being deleted: '%s'", change->answer.arn);
	} else if (!same) {
		change->answer.result = SW_EEXIST;
		change->answer.text = sw_asprintf("State Machine Already Exists: '%s'", change->answer.arn);
	} else {
		change->answer.existed = true;
	}
	struct sw_answer answer = change->answer;
	change->answer = (struct sw_answer){0};
	return sw_engine_answer(engine, &answer, depends, err);
}

static enum sw_result fill_new(struct sw_engine *engine, const struct sw_machine_params *params,
			       const struct sw_known_machine *before, struct sw_machine_record *record)
{
	bool failed = false;
	record->name = copy_or_null(params->name, &failed);
	record->revision_id = copy_or_null("", &failed); /* AWS tells none before the first update */
	record->role_arn = params->role_arn ? copy_or_null(params->role_arn, &failed)
					    : sw_asprintf("arn:aws:iam::%s:role/stepwell", engine->account);
	record->logging_json = copy_or_null(params->logging_json, &failed);
	record->tracing_json = copy_or_null(params->tracing_json, &failed);
	record->definition = sw_memdup(params->definition, params->definition_len);
	record->definition_len = params->definition_len;
	record->type = params->type;
	record->status = SW_MACHINE_ACTIVE;
	record->number = engine->machines.last_number + 1;
	record->revision = before ? before->record.revision + 1 : 1;
	record->creation_ms = record->update_ms = sw_clock_now_ms(&engine->clock);
	return failed || !record->role_arn || !record->definition ? SW_ENOMEM : SW_OK;
}

/* Where the machine is listed; and its number, which is never used again even if the machine goes. */
static enum sw_result put_number(struct sw_batch *batch, const struct sw_machine_record *record)
{
	struct sw_key number;
	sw_key_number(&number, record->number);
	enum sw_result r = sw_batch_put(batch, SW_TABLE_NUMBERS, sw_key_slice(&number),
					sw_slice(record->name, strlen(record->name)));
	if (r < 0)
		return r;
	return sw_batch_put(batch, SW_TABLE_SETTINGS, sw_slice("number", 6), sw_key_slice(&number));
}

/* The first version, and tags. */
static enum sw_result put_extras(struct sw_engine *engine, struct sw_batch *batch,
				 const struct sw_machine_params *params, struct change *change,
				 struct sw_error *err)
{
	enum sw_result r = SW_OK;
	if (params->publish)
		r = sw_versions_publish(engine, batch, &change->record, params->version_description, false,
					&change->answer, err);
	if (r == SW_OK && params->tags_count > 0)
		r = sw_tags_put(batch, change->record.number, params->tags, params->tags_count, err);
	return r;
}

enum sw_result sw_engine_create_machine(struct sw_engine *engine, const struct sw_machine_params *params,
					sw_reply_fn *reply, void *user, struct sw_findings **ret_findings,
					struct sw_error *err)
{
	struct sw_known_machine *known = NULL;
	struct change change = {.answer = {.reply = reply, .user = user}};
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	if (!params || !params->definition || !params->name)
		return sw_error_set(err, SW_EINVAL, "a machine needs a name and a definition");
	r = sw_name_check(params->name, err);
	if (r == SW_OK)
		r = compile(engine, params, &change.machine, ret_findings, err);
	if (r == SW_OK)
		r = check_type(params->type, &change, ret_findings, err);
	if (r < 0) {
		change_done(&change);
		return r;
	}
	r = sw_machines_find(engine, params->name, &known, NULL);
	struct sw_batch *batch = NULL;
	if (r == SW_OK && known->record.status != SW_MACHINE_DELETED) {
		change.record.name = sw_strdup(params->name);
		r = change.record.name ? answer_existing(engine, known, params, &change, err) : SW_ENOMEM;
		change_done(&change);
		return r < 0 ? sw_error_set(err, r, "%s", sw_result_text(r)) : SW_OK;
	}
	if (engine->full)
		r = sw_error_set(err, SW_EFULL, "the disk is full");
	else if (r == SW_OK || r == SW_ENOENT)
		r = fill_new(engine, params, known, &change.record);
	if (r == SW_OK)
		r = fill_answer(engine, &change, NULL, change.record.creation_ms);
	if (r == SW_OK)
		r = (batch = sw_engine_changes(engine)) ? put_number(batch, &change.record) : SW_ENOMEM;
	if (r == SW_OK)
		r = put_extras(engine, batch, params, &change, err);
	if (r < 0) {
		change_done(&change);
		return sw_error_set(err, r, "%s", sw_result_text(r));
	}
	uint32_t number = change.record.number;
	r = carry_out(engine, &change, batch, err);
	if (r == SW_OK)
		engine->machines.last_number = number;
	return r;
}

/* ---- UpdateStateMachine ------------------------------------------------------------------------------- */

/* The record as it will be. Running executions keep the revision they started with, so it is a new one. */
static enum sw_result fill_update(struct sw_engine *engine, const struct sw_machine_params *params,
				  const struct sw_machine_record *old, struct sw_machine_record *record)
{
	bool failed = false;
	bool definition =
		params->definition && (params->definition_len != old->definition_len ||
				       memcmp(params->definition, old->definition, old->definition_len) != 0);
	bool role = params->role_arn && strcmp(params->role_arn, old->role_arn) != 0;
	bool config = (params->logging_json && !same_text(params->logging_json, old->logging_json)) ||
		      (params->tracing_json && !same_text(params->tracing_json, old->tracing_json));
	bool changed = definition || role || config;
	struct sw_rng rng = sw_rng(sw_engine_seed(engine));
	char uuid[37];
	sw_rng_uuid(&rng, uuid);
	*record = *old; /* numbers; every text is replaced */
	record->name = copy_or_null(old->name, &failed);
	/* Recorded: the first update gives a revision id whatever it changes, unless it publishes what there
	 * is; later ones when something changed. */
	bool first = !*old->revision_id && !params->publish;
	record->revision_id = copy_or_null(changed || first ? uuid : old->revision_id, &failed);
	record->role_arn = copy_or_null(params->role_arn ? params->role_arn : old->role_arn, &failed);
	record->logging_json =
		copy_or_null(params->logging_json ? params->logging_json : old->logging_json, &failed);
	record->tracing_json =
		copy_or_null(params->tracing_json ? params->tracing_json : old->tracing_json, &failed);
	record->definition_len = definition ? params->definition_len : old->definition_len;
	record->definition =
		sw_memdup(definition ? params->definition : old->definition, record->definition_len);
	record->update_ms = sw_clock_now_ms(&engine->clock);
	if (changed)
		record->revision++;
	return failed || !record->definition ? SW_ENOMEM : SW_OK;
}

enum sw_result sw_machines_answer_gone(struct sw_engine *engine, const struct sw_known_machine *known,
				       sw_reply_fn *reply, void *user, struct sw_error *err)
{
	char arn[SW_ARN_TEXT_BYTES] = "";
	bool deleting = known->record.status == SW_MACHINE_DELETING;
	struct sw_answer answer = {
		.reply = reply, .user = user, .result = deleting ? SW_EDELETING : SW_ENOENT};
	sw_arn_machine(arn, sizeof(arn), engine->region, engine->account, known->record.name);
	answer.text = sw_asprintf(deleting ? "State Machine is being deleted: '%s'"
					   : "State Machine Does Not Exist: '%s'",
				  arn);
	return sw_engine_answer(engine, &answer, known->written_in > engine->committed_number, err);
}

enum sw_result sw_engine_update_machine(struct sw_engine *engine, const struct sw_machine_params *params,
					sw_reply_fn *reply, void *user, struct sw_findings **ret_findings,
					struct sw_error *err)
{
	struct sw_known_machine *known;
	struct change change = {.answer = {.reply = reply, .user = user}};
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	if (!params || !params->name)
		return sw_error_set(err, SW_EINVAL, "which machine?");
	if (!params->definition && !params->role_arn && !params->logging_json && !params->tracing_json)
		return sw_error_set(err, SW_EINVAL,
				    "Either the definition, the role ARN, the LoggingConfiguration, or "
				    "the TracingConfiguration must be specified");
	if (params->definition)
		r = compile(engine, params, &change.machine, ret_findings, err);
	if (r == SW_OK)
		r = sw_machines_find(engine, params->name, &known, err);
	if (r == SW_OK && known->record.status != SW_MACHINE_ACTIVE) {
		sw_machine_unref(change.machine);
		return sw_machines_answer_gone(engine, known, reply, user, err);
	}
	if (r == SW_OK)
		r = check_type(known->record.type, &change, ret_findings, err);
	if (r == SW_OK && engine->full)
		r = sw_error_set(err, SW_EFULL, "the disk is full");
	if (r == SW_OK)
		r = fill_update(engine, params, &known->record, &change.record);
	if (r == SW_OK)
		r = fill_answer(engine, &change, change.record.revision_id, change.record.update_ms);
	struct sw_batch *batch = r == SW_OK ? sw_engine_changes(engine) : NULL;
	if (r == SW_OK && !batch)
		r = SW_ENOMEM;
	if (r == SW_OK && params->publish)
		r = sw_versions_publish(engine, batch, &change.record, params->version_description, false,
					&change.answer, err);
	if (r < 0) {
		change_done(&change);
		return sw_error_set(err, r, "%s", sw_result_text(r));
	}
	if (change.record.revision == known->record.revision) {
		sw_machine_unref(change.machine); /* it is compiled already, or will be */
		change.machine = NULL;
	}
	return carry_out(engine, &change, batch, err);
}
