/* Calls about executions: StartExecution, StopExecution, removing one; and how calls are answered. */
#include "engine/qualifiers.h"

#include "base/mem.h"

#include <string.h>

/* ---- answers ------------------------------------------------------------------------------------------ */

enum sw_result sw_engine_answer(struct sw_engine *engine, struct sw_answer *answer, bool depends,
				struct sw_error *err)
{
	if (answer->result < 0 && !depends) {
		enum sw_result r = sw_error_set(err, answer->result, "%s",
						answer->text ? answer->text : sw_result_text(answer->result));
		sw_answer_done(answer);
		return r;
	}
	if (sw_box_reserve(engine->open, 1, 0) < 0) {
		sw_answer_done(answer);
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	}
	sw_box_act(engine->open, &(struct sw_action){.kind = SW_ACTION_REPLY, .answer = *answer});
	sw_engine_wake(engine);
	return SW_OK;
}

/* The error's text, unless it has one already. */
static enum sw_result plain(struct sw_error *err, enum sw_result result)
{
	return result < 0 ? sw_error_set(err, result, "%s", sw_result_text(result)) : SW_OK;
}

/* ---- finding ------------------------------------------------------------------------------------------ */

/* Is it the execution of this machine and name? */
static enum sw_result check_name(struct sw_engine *engine, uint64_t id, const char *machine, const char *name,
				 bool *depends, struct sw_error *err)
{
	const struct sw_entry *entry = sw_executions_get(&engine->executions, id);
	if (entry) {
		const struct sw_execution *execution = entry->execution;
		bool same =
			strcmp(execution->name, name) == 0 && strcmp(execution->machine_name, machine) == 0;
		*depends |= entry->pins > 0 || !entry->stored || entry->deleted;
		return same && !entry->deleted ? SW_OK : SW_ENOENT;
	}
	struct sw_head head = {0};
	enum sw_result r = sw_executions_head(engine, id, &head, depends, err);
	if (r < 0)
		return r;
	if (strcmp(head.name, name) != 0 || strcmp(head.machine_name, machine) != 0)
		r = SW_ENOENT;
	sw_head_done(&head);
	return r;
}

/* The execution of a name that a caller gave; key is that of the table of names. */
static enum sw_result find_named(struct sw_engine *engine, const struct sw_key *key, uint64_t *ret_id,
				 bool *depends, struct sw_error *err)
{
	const struct sw_entry *entry = sw_executions_named(&engine->executions, key->bytes);
	struct sw_snapshot *snapshot = NULL;
	struct sw_slice value;
	if (entry) {
		*depends = true;
		*ret_id = entry->id;
		return SW_OK;
	}
	enum sw_result r = sw_store_begin(engine->store, &snapshot, err);
	if (r < 0)
		return r;
	r = sw_engine_lookup(engine, snapshot, SW_TABLE_NAMES, sw_key_slice(key), &value, depends);
	if (r == SW_OK) {
		struct sw_cursor cursor = sw_cursor(value);
		*ret_id = sw_cursor_be64(&cursor);
		r = cursor.failed ? sw_error_set(err, SW_ECORRUPT, "a record of a name is damaged") : SW_OK;
	}
	sw_snapshot_end(snapshot);
	return r;
}

/* key is that of the table of names. */
static enum sw_result find_by_name(struct sw_engine *engine, const char *machine, const char *name,
				   const struct sw_key *key, uint64_t *ret_id, bool *depends,
				   struct sw_error *err)
{
	uint64_t id;
	/* A name that the engine made carries the id; a caller may have given one of that form, too. */
	if (sw_id_from_name(name, &id)) {
		enum sw_result r = check_name(engine, id, machine, name, depends, err);
		if (r == SW_OK)
			*ret_id = id;
		if (r != SW_ENOENT)
			return r;
	}
	enum sw_result r = find_named(engine, key, ret_id, depends, err);
	return r == SW_OK ? check_name(engine, *ret_id, machine, name, depends, err) : r;
}

enum sw_result sw_engine_find(struct sw_engine *engine, const char *arn, uint64_t *ret_id, bool *ret_depends,
			      struct sw_error *err)
{
	struct sw_arn parts;
	struct sw_key key;
	*ret_depends = false;
	if (!arn)
		return sw_error_set(err, SW_EINVAL, "which execution?");
	enum sw_result r = sw_arn_parse(arn, &parts, err);
	if (r < 0)
		return r;
	if (strcmp(parts.kind, "execution") != 0)
		return sw_error_set(err, SW_EARN,
				    "Invalid Arn: 'Resource type not valid in this context: %s'", parts.kind);
	r = SW_ENOENT;
	if (strcmp(parts.region, engine->region) == 0 && strcmp(parts.account, engine->account) == 0)
		r = sw_key_name(&key, engine->digester, parts.name, parts.execution);
	if (r == SW_OK)
		r = find_by_name(engine, parts.name, parts.execution, &key, ret_id, ret_depends, err);
	if (r == SW_ENOENT)
		return sw_error_set(err, r, "Execution Does Not Exist: '%s'", arn);
	return plain(err, r);
}

/* ---- StartExecution: the same name again -------------------------------------------------------------- */

static bool same_input(const struct sw_execution *execution, struct sw_value *input)
{
	struct sw_slice a, b;
	const json_t *left, *right;
	if (sw_value_text(execution->input, &a) == SW_OK && sw_value_text(input, &b) == SW_OK &&
	    sw_slice_compare(a, b) == 0)
		return true;
	return sw_value_tree(execution->input, &left) == SW_OK && sw_value_tree(input, &right) == SW_OK &&
	       sw_json_equal(left, right);
}

static enum sw_result answer_taken(struct sw_engine *engine, const char *arn, bool depends,
				   sw_reply_fn *reply, void *user, struct sw_error *err)
{
	struct sw_answer answer = {.reply = reply, .user = user, .result = SW_EEXIST};
	answer.text = sw_asprintf("Execution Already Exists: '%s'", arn);
	return sw_engine_answer(engine, &answer, depends, err);
}

/* "StartExecution is idempotent ... if it is called with the same name and input as a running execution". */
static enum sw_result answer_running(struct sw_engine *engine, struct sw_entry *entry, sw_reply_fn *reply,
				     void *user, struct sw_error *err)
{
	if (!entry->stored) {
		struct sw_pending *pending = sw_zalloc(sizeof(*pending));
		if (!pending)
			return plain(err, SW_ENOMEM);
		*pending = (struct sw_pending){
			.kind = SW_EVENT_CONTINUE, .existed = true, .reply = reply, .user = user};
		sw_executions_post(engine, entry, pending);
		return SW_OK;
	}
	struct sw_answer answer = {.reply = reply,
				   .user = user,
				   .existed = true,
				   .time_ms = entry->execution->start_ms,
				   .arn = sw_strdup(entry->execution->arn)};
	if (!answer.arn)
		return plain(err, SW_ENOMEM);
	return sw_engine_answer(engine, &answer, true, err);
}

/* In OWN mode an execution that is started again by its name is this process's from now on. */
static enum sw_result adopt(struct sw_engine *engine, struct sw_entry *entry)
{
	if (entry->own || engine->which != SW_RESUME_OWN || engine->state != SW_ENGINE_RUNNING) {
		entry->own = true;
		return SW_OK;
	}
	entry->own = true;
	const struct sw_execution *execution = entry->execution;
	sw_timers_set(engine, entry, SW_NO_BRANCH, execution->timeout_due_ms);
	for (uint32_t i = 0; i < execution->branches_count; i++)
		sw_timers_set(engine, entry, execution->branches[i]->number, execution->branches[i]->due_ms);
	return SW_OK;
}

/* The name is taken by id. */
static enum sw_result start_again(struct sw_engine *engine, uint64_t id, const char *arn,
				  struct sw_value *input, bool depends, sw_reply_fn *reply, void *user,
				  struct sw_error *err)
{
	struct sw_entry *entry = NULL;
	enum sw_result r = sw_executions_load(engine, id, &entry, err);
	if (r == SW_ETIMEDOUT) {
		sw_error_clear(err);
		return answer_taken(engine, arn, depends, reply, user, err);
	}
	if (r < 0)
		return r;
	if (entry->execution->status != SW_STATUS_RUNNING || !same_input(entry->execution, input)) {
		r = answer_taken(engine, arn, depends || entry->pins > 0 || !entry->stored, reply, user, err);
		sw_executions_evict(engine, entry);
		return r;
	}
	bool mine = entry->own;
	r = adopt(engine, entry);
	if (r == SW_OK)
		r = answer_running(engine, entry, reply, user, err);
	if (r == SW_OK && !mine && engine->which == SW_RESUME_OWN) {
		if (engine->state == SW_ENGINE_RUNNING)
			r = sw_recover_entry(engine, entry);
		if (r < 0) /* told already: it is tried when it is started once more */
			SW_LOG_ABOUT(&engine->log, SW_LOG_WARNING, arn, "%s", sw_result_text(r));
		return SW_OK;
	}
	sw_executions_evict(engine, entry);
	return r;
}

/* ---- StartExecution: a new one ------------------------------------------------------------------------ */

/* What a start needs on its way; freed by start_done. */
struct start {
	const struct sw_start_params *params;
	int64_t now_ms;
	const struct sw_known_machine *known;
	struct sw_choice choice; /* by a version or an alias */
	struct sw_machine *machine;
	struct sw_value *input;
	struct sw_execution *execution;
	uint64_t id;
	struct sw_key key; /* of a name that the caller gave */
	bool express;
	sw_outcome_fn *outcome; /* synchronous */
	char name[4 * SW_NAME_CHARACTERS_MAX + 1];
	char arn[SW_ARN_TEXT_BYTES];
};

/* The texts are left as they are: they are long. */
static void start_init(struct start *start, struct sw_engine *engine, const struct sw_start_params *params,
		       sw_outcome_fn *outcome)
{
	start->params = params;
	start->now_ms = sw_clock_now_ms(&engine->clock);
	start->known = NULL;
	start->choice = (struct sw_choice){0};
	start->machine = NULL;
	start->input = NULL;
	start->execution = NULL;
	start->id = 0;
	start->express = false;
	start->outcome = outcome;
}

static void start_done(struct start *start)
{
	sw_choice_done(&start->choice);
	sw_machine_unref(start->machine);
	sw_value_unref(start->input);
	sw_execution_free(start->execution);
}

static enum sw_result read_input(struct sw_engine *engine, struct start *start, struct sw_error *err)
{
	const struct sw_start_params *params = start->params;
	const char *text = params->input ? params->input : "{}";
	size_t len = params->input ? params->input_len : 2;
	struct sw_error error = {0};
	if (len > engine->limits.payload_bytes_max)
		return sw_error_set(err, SW_ELIMIT, "the input is longer than %u bytes",
				    engine->limits.payload_bytes_max);
	enum sw_result r = sw_value_from_text(text, len, &start->input, &error);
	if (r == SW_OK || r == SW_ENOMEM)
		return plain(err, r);
	return sw_error_set(err, SW_EINPUT,
			    "Invalid State Machine Execution Input: '%s (line %u, column %u)'", error.text,
			    error.line, error.column);
}

/* "aws:...:stateMachine:NAME#CASE" of a mock configuration. */
static enum sw_result check_test_case(struct sw_engine *engine, const struct sw_start_params *params,
				      struct sw_error *err)
{
	if (!params->test_case)
		return SW_OK;
	if (!engine->mocks || sw_mocks_check(engine->mocks, params->machine, params->test_case) < 0)
		return sw_error_set(err, SW_ENOENT, "the mock configuration has no test case '%s' for '%s'",
				    params->test_case, params->machine);
	return SW_OK;
}

/* "Express workflows: StartExecution isn't idempotent": names are no keys, and the ARN has a part of its own.
 */
static enum sw_result name_express(struct sw_engine *engine, struct start *start, struct sw_error *err)
{
	const char *name = start->params->name;
	struct sw_rng rng = sw_rng(sw_engine_seed(engine));
	enum sw_result r = SW_OK;
	start->id = sw_id_next(engine->last_id, start->now_ms, engine->partition);
	if (!name)
		sw_rng_uuid(&rng, start->name);
	else if ((r = sw_name_check(name, err)) == SW_OK && strlen(name) < sizeof(start->name))
		memcpy(start->name, name, strlen(name) + 1);
	else
		r = SW_ENAME;
	if (r == SW_OK)
		r = sw_express_arn(engine, start->params->machine, start->name, start->id, start->arn,
				   sizeof(start->arn));
	return plain(err, r);
}

static enum sw_result name_it(struct sw_engine *engine, struct start *start, struct sw_error *err)
{
	if (start->express)
		return name_express(engine, start, err);
	const struct sw_start_params *params = start->params;
	enum sw_result r = SW_OK;
	if (params->name) {
		r = sw_name_check(params->name, err);
		if (r == SW_OK && strlen(params->name) >= sizeof(start->name))
			r = SW_ENAME;
		if (r == SW_OK) {
			memcpy(start->name, params->name, strlen(params->name) + 1);
			r = sw_key_name(&start->key, engine->digester, params->machine, start->name);
		}
	} else {
		uint64_t random = sw_engine_seed(engine);
		uint8_t bytes[sizeof(random)];
		memcpy(bytes, &random, sizeof(random));
		start->id = sw_id_next(engine->last_id, start->now_ms, engine->partition);
		sw_id_name(start->id, bytes, start->name);
	}
	if (r == SW_OK)
		r = sw_arn_execution(start->arn, sizeof(start->arn), engine->region, engine->account,
				     params->machine, start->name);
	return plain(err, r);
}

static enum sw_result make_execution(struct sw_engine *engine, struct start *start)
{
	const struct sw_start_params *params = start->params;
	const struct sw_machine_record *record = &start->known->record;
	char machine_arn[SW_ARN_TEXT_BYTES];
	enum sw_result r = sw_execution_new(start->machine, start->id, &start->execution);
	if (r < 0)
		return r;
	r = sw_arn_machine(machine_arn, sizeof(machine_arn), engine->region, engine->account, record->name);
	if (r < 0)
		return r;
	struct sw_execution *x = start->execution;
	x->name = sw_strdup(start->name);
	x->arn = sw_strdup(start->arn);
	x->machine_name = sw_strdup(record->name);
	x->machine_arn = sw_strdup(machine_arn);
	x->role_arn = sw_strdup(start->choice.version ? start->choice.role_arn : record->role_arn);
	x->machine_version = start->choice.version;
	x->machine_alias = start->choice.alias;
	start->choice.alias = NULL;
	x->region = sw_strdup(engine->region);
	x->trace_header = params->trace_header ? sw_strdup(params->trace_header) : NULL;
	x->test_case = params->test_case ? sw_strdup(params->test_case) : NULL;
	if (params->test_case)
		x->mock_counts = sw_zalloc_array(start->machine->states_count, sizeof(uint32_t));
	x->machine_number = record->number;
	x->machine_revision = start->choice.version ? start->choice.revision : record->revision;
	x->express = start->express;
	x->synchronous = start->outcome != NULL;
	/* "Express Workflows: unlimited"; no event is kept. */
	x->history_events_max = start->express ? UINT32_MAX : engine->limits.history_events_max;
	x->payload_bytes_max = engine->limits.payload_bytes_max;
	x->input = sw_value_ref(start->input);
	x->start_ms = start->now_ms;
	bool complete = x->name && x->arn && x->machine_name && x->machine_arn && x->role_arn && x->region &&
			(x->trace_header || !params->trace_header) &&
			((x->test_case && x->mock_counts) || !params->test_case);
	return complete ? SW_OK : SW_ENOMEM;
}

/* The execution, with its start waiting for its turn. */
static enum sw_result begin(struct sw_engine *engine, struct start *start, sw_reply_fn *reply, void *user)
{
	struct sw_entry *entry = NULL;
	struct sw_pending *pending = sw_zalloc(sizeof(*pending));
	enum sw_result r = pending ? make_execution(engine, start) : SW_ENOMEM;
	if (r == SW_OK) {
		r = sw_executions_add(engine, start->execution, &entry);
		start->execution = NULL;
	}
	if (r == SW_OK && start->params->name && !start->express)
		r = sw_executions_name(&engine->executions, entry, start->key.bytes);
	if (r < 0) {
		if (entry)
			sw_executions_remove(engine, entry);
		sw_free(pending);
		return r;
	}
	engine->last_id = start->id;
	entry->own = true;
	if (start->express) {
		entry->express = true;
		entry->asynchronous = !start->outcome;
		entry->after_box = start->known->written_in;
		entry->outcome = start->outcome;
		entry->outcome_user = start->outcome ? user : NULL;
	}
	*pending = (struct sw_pending){.kind = SW_EVENT_START, .reply = reply, .user = user};
	sw_executions_post(engine, entry, pending);
	return SW_OK;
}

/* What the version or alias names. */
static enum sw_result choose(struct sw_engine *engine, struct start *start, sw_reply_fn *reply, void *user,
			     bool *ret_answered, struct sw_error *err)
{
	const struct sw_machine_record *record = &start->known->record;
	struct sw_answer answer = {.reply = reply, .user = user, .result = SW_ENOENT};
	bool depends = false;
	enum sw_result r = sw_choice_make(engine, record->number, start->params->qualifier, &start->choice,
					  &depends, err);
	if (r == SW_OK)
		return sw_machines_revision(engine, record->name, start->choice.revision, &start->machine,
					    err);
	if (r != SW_ENOENT)
		return r;
	char *arn = sw_qualified_arn(engine->region, engine->account, record->name, start->params->qualifier);
	answer.text = arn ? sw_asprintf("State Machine Does Not Exist: '%s'", arn) : NULL;
	sw_free(arn);
	*ret_answered = true;
	return sw_engine_answer(engine, &answer, depends, err);
}

/* The machine, if it takes starts. *ret_answered: the call has been answered. */
static enum sw_result find_machine(struct sw_engine *engine, struct start *start, sw_reply_fn *reply,
				   void *user, bool *ret_answered, struct sw_error *err)
{
	struct sw_known_machine *known = NULL;
	enum sw_result r = sw_machines_find(engine, start->params->machine, &known, err);
	if (r < 0)
		return r;
	start->known = known;
	start->express = known->record.type == SW_TYPE_EXPRESS;
	if (known->record.status == SW_MACHINE_ACTIVE && start->params->qualifier)
		return choose(engine, start, reply, user, ret_answered, err);
	if (known->record.status == SW_MACHINE_ACTIVE)
		return sw_machines_revision(engine, known->record.name, known->record.revision,
					    &start->machine, err);
	*ret_answered = true;
	return sw_machines_answer_gone(engine, known, reply, user, err);
}

enum sw_result sw_engine_start(struct sw_engine *engine, const struct sw_start_params *params,
			       sw_reply_fn *reply, void *user, struct sw_error *err)
{
	struct start start;
	bool answered = false, depends = false;
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	if (!params || !params->machine)
		return sw_error_set(err, SW_EINVAL, "which state machine?");
	sw_machines_refresh(engine, params->machine);
	start_init(&start, engine, params, NULL);
	r = find_machine(engine, &start, reply, user, &answered, err);
	if (r == SW_OK && !answered)
		r = check_test_case(engine, params, err);
	if (r == SW_OK && !answered)
		r = name_it(engine, &start, err);
	if (r == SW_OK && !answered)
		r = read_input(engine, &start, err);
	if (r == SW_OK && !answered && params->name && !start.express) {
		uint64_t id;
		r = find_by_name(engine, params->machine, start.name, &start.key, &id, &depends, err);
		if (r == SW_OK) {
			answered = true;
			r = start_again(engine, id, start.arn, start.input, depends, reply, user, err);
		} else if (r == SW_ENOENT) {
			r = SW_OK;
		}
	}
	if (r == SW_OK && !answered && engine->full)
		r = sw_error_set(err, SW_EFULL, "the disk is full: no new executions are accepted");
	if (r == SW_OK && !answered) {
		if (!start.id)
			start.id = sw_id_next(engine->last_id, start.now_ms, engine->partition);
		r = plain(err, begin(engine, &start, reply, user));
	}
	start_done(&start);
	return plain(err, r);
}

/* The machine as it is now, or what the version or alias names; answered at once, for nothing is stored. */
static enum sw_result pick_revision(struct sw_engine *engine, struct start *start, struct sw_error *err)
{
	const struct sw_machine_record *record = &start->known->record;
	uint32_t revision = record->revision;
	enum sw_result r = SW_OK;
	bool depends;
	if (start->params->qualifier) {
		r = sw_choice_make(engine, record->number, start->params->qualifier, &start->choice, &depends,
				   err);
		revision = start->choice.revision;
	}
	return r < 0 ? r : sw_machines_revision(engine, record->name, revision, &start->machine, err);
}

enum sw_result sw_engine_start_sync(struct sw_engine *engine, const struct sw_start_params *params,
				    sw_outcome_fn *outcome, void *user, struct sw_error *err)
{
	struct start start;
	struct sw_known_machine *known = NULL;
	enum sw_result r = sw_engine_check(engine, err);
	if (r < 0)
		return r;
	if (!params || !params->machine || !outcome)
		return sw_error_set(err, SW_EINVAL, "which state machine, and who waits?");
	if (engine->state != SW_ENGINE_RUNNING || engine->which == SW_RESUME_NONE)
		return sw_error_set(err, SW_EBUSY, "the engine does not carry out executions");
	sw_machines_refresh(engine, params->machine);
	start_init(&start, engine, params, outcome);
	r = sw_machines_find(engine, params->machine, &known, err);
	if (r == SW_OK && known->record.status != SW_MACHINE_ACTIVE) {
		r = known->record.status == SW_MACHINE_DELETING ? SW_EDELETING : SW_ENOENT;
	} else if (r == SW_OK && known->record.type != SW_TYPE_EXPRESS) {
		r = sw_error_set(err, SW_EINVAL,
				 "This operation is not supported by this type of state machine");
	} else if (r == SW_OK) {
		start.known = known;
		start.express = true;
		r = pick_revision(engine, &start, err);
	}
	if (r == SW_OK)
		r = check_test_case(engine, params, err);
	if (r == SW_OK)
		r = name_it(engine, &start, err);
	if (r == SW_OK)
		r = read_input(engine, &start, err);
	if (r == SW_OK)
		r = begin(engine, &start, NULL, user);
	start_done(&start);
	return plain(err, r);
}

/* ---- StopExecution ------------------------------------------------------------------------------------ */

/* It has ended before: left as it is. */
static enum sw_result answer_ended(struct sw_engine *engine, uint64_t id, const char *arn, sw_reply_fn *reply,
				   void *user, struct sw_error *err)
{
	struct sw_head head = {0};
	enum sw_result r = sw_executions_head(engine, id, &head, NULL, err);
	if (r < 0)
		return plain(err, r);
	struct sw_answer answer = {.reply = reply,
				   .user = user,
				   .existed = true,
				   .time_ms = head.stop_ms,
				   .arn = sw_strdup(arn)};
	sw_head_done(&head);
	return answer.arn ? sw_engine_answer(engine, &answer, true, err) : plain(err, SW_ENOMEM);
}

enum sw_result sw_engine_stop(struct sw_engine *engine, const char *execution_arn, const char *error,
			      const char *cause, sw_reply_fn *reply, void *user, struct sw_error *err)
{
	struct sw_entry *entry = NULL;
	uint64_t id = 0;
	bool depends = false;
	enum sw_result r = sw_engine_check(engine, err);
	if (r == SW_OK && error && strlen(error) > SW_ERROR_BYTES_MAX)
		r = sw_error_set(err, SW_ELIMIT, "the error is longer than %d bytes", SW_ERROR_BYTES_MAX);
	if (r == SW_OK && cause && strlen(cause) > SW_CAUSE_BYTES_MAX)
		r = sw_error_set(err, SW_ELIMIT, "the cause is longer than %d bytes", SW_CAUSE_BYTES_MAX);
	if (r == SW_OK)
		r = sw_engine_find(engine, execution_arn, &id, &depends, err);
	if (r == SW_ENOENT && depends) {
		struct sw_answer answer = {.reply = reply, .user = user, .result = r};
		answer.text = sw_asprintf("Execution Does Not Exist: '%s'", execution_arn);
		sw_error_clear(err);
		return sw_engine_answer(engine, &answer, true, err);
	}
	if (r < 0)
		return r;
	struct sw_error loading = {0};
	r = sw_executions_load(engine, id, &entry, &loading);
	if (r == SW_ETIMEDOUT)
		return answer_ended(engine, id, execution_arn, reply, user, err);
	if (r < 0)
		return sw_error_set(err, r, "%s", loading.text);
	struct sw_pending *pending = sw_zalloc(sizeof(*pending));
	if (pending) {
		*pending = (struct sw_pending){.kind = SW_EVENT_STOP,
					       .error = error ? sw_strdup(error) : NULL,
					       .cause = cause ? sw_strdup(cause) : NULL,
					       .reply = reply,
					       .user = user};
		if ((!error || pending->error) && (!cause || pending->cause)) {
			sw_executions_post(engine, entry, pending);
			return SW_OK;
		}
	}
	sw_pending_free(pending);
	sw_executions_evict(engine, entry);
	return plain(err, SW_ENOMEM);
}

/* ---- removing ----------------------------------------------------------------------------------------- */

static enum sw_result delete_records(struct sw_engine *engine, struct sw_batch *batch,
				     const struct sw_head *head, struct sw_error *err)
{
	struct sw_snapshot *snapshot = NULL;
	enum sw_result r = sw_store_begin(engine->store, &snapshot, err);
	if (r == SW_OK)
		r = sw_retention_forget(engine, snapshot, batch, head);
	sw_snapshot_end(snapshot);
	return r == SW_OK ? sw_retention_forget_parts(batch, head->id) : r;
}

enum sw_result sw_engine_delete_execution(struct sw_engine *engine, const char *execution_arn,
					  sw_reply_fn *reply, void *user, struct sw_error *err)
{
	struct sw_head head = {0};
	uint64_t id = 0;
	bool depends = false;
	enum sw_result r = sw_engine_check(engine, err);
	if (r == SW_OK)
		r = sw_engine_find(engine, execution_arn, &id, &depends, err);
	if (r < 0)
		return r;
	struct sw_entry *entry = sw_executions_get(&engine->executions, id);
	if (entry && (!entry->stored || entry->execution->status == SW_STATUS_RUNNING))
		return sw_error_set(err, SW_EBUSY, "the execution is running");
	if (entry && entry->pending_first)
		return sw_error_set(err, SW_EBUSY, "the execution is busy: events wait for it");
	r = sw_executions_head(engine, id, &head, NULL, err);
	if (r == SW_OK && head.status == SW_STATUS_RUNNING)
		r = sw_error_set(err, SW_EBUSY, "the execution is running");
	struct sw_batch *batch = r == SW_OK ? sw_engine_changes(engine) : NULL;
	struct sw_answer answer = {.reply = reply, .user = user, .time_ms = head.stop_ms};
	answer.arn = sw_strdup(execution_arn);
	if (r == SW_OK)
		r = batch && answer.arn ? delete_records(engine, batch, &head, err) : SW_ENOMEM;
	sw_head_done(&head);
	if (r < 0) {
		sw_answer_done(&answer);
		return plain(err, r);
	}
	r = sw_engine_write(engine, &answer, err);
	if (r < 0)
		return r;
	engine->open->forgets = true;
	if (entry)
		entry->deleted = true;
	return SW_OK;
}
