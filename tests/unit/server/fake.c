#include "fake.h"
#include "engine/metrics.h"
#include "engine/test_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sw_findings {
	struct sw_finding list[3];
	size_t count;
};

/* ---- the compiler: a text with "BAD" has two mistakes and a warning ---- */

static struct sw_findings *findings_new(const char *text, size_t len)
{
	struct sw_findings *findings = calloc(1, sizeof(*findings));
	if (!findings)
		return NULL;
	if (len == 1) {
		findings->count = 1;
		findings->list[0] = (struct sw_finding){SW_SEVERITY_ERROR,
							"SCHEMA_VALIDATION_FAILED",
							"Definition must be a valid JSON object",
							"",
							{0}};
	} else if (memmem(text, len, "not", 3)) {
		findings->count = 1;
		findings->list[0] = (struct sw_finding){
			SW_SEVERITY_ERROR, "INVALID_JSON_DESCRIPTION", "own words", "", {0}};
	} else if (memmem(text, len, "BAD", 3)) {
		findings->count = 3;
		findings->list[0] = (struct sw_finding){SW_SEVERITY_ERROR,
							"SCHEMA_VALIDATION_FAILED",
							"These fields are required: [States]",
							"/",
							{0}};
		findings->list[1] =
			(struct sw_finding){SW_SEVERITY_WARNING, "NO_DOLLAR", "looks like a path", "/X", {0}};
		findings->list[2] = (struct sw_finding){SW_SEVERITY_ERROR,
							"MISSING_TRANSITION_TARGET",
							"Missing 'Next' target: \"Y\"",
							"/States/X/Next",
							{0}};
	}
	return findings;
}

void sw_findings_free(struct sw_findings *findings)
{
	free(findings);
}

size_t sw_findings_count(const struct sw_findings *findings)
{
	return findings ? findings->count : 0;
}

const struct sw_finding *sw_findings_get(const struct sw_findings *findings, size_t index)
{
	return &findings->list[index];
}

/* A text with "SYNC" is not for EXPRESS. */
static bool forbidden;

enum sw_result sw_machine_compile(const char *text, size_t len, struct sw_machine **ret_machine,
				  struct sw_findings **ret_findings, struct sw_error *err)
{
	*ret_findings = findings_new(text, len);
	if (!*ret_findings)
		return SW_ENOMEM;
	if ((*ret_findings)->count)
		return sw_error_set(err, SW_EDEFINITION, "%s", (*ret_findings)->list[0].aws_text);
	*ret_machine = NULL;
	forbidden = memmem(text, len, "SYNC", 4) != NULL;
	return SW_OK;
}

enum sw_result sw_machine_check_express(const struct sw_machine *machine, struct sw_findings **ret_findings,
					struct sw_error *err)
{
	if (!forbidden)
		return SW_OK;
	*ret_findings = findings_new("BAD", 3);
	return *ret_findings ? sw_error_set(err, SW_EDEFINITION, "not for EXPRESS") : SW_ENOMEM;
}

void sw_machine_unref(struct sw_machine *machine)
{
}

void sw_text_free(char *text)
{
	free(text);
}

/* test_test_state.c has the real one. */
enum sw_result sw_test_state(const struct sw_test_state_params *params, char **ret_text,
			     struct sw_findings **ret_findings, struct sw_error *err)
{
	*ret_text = strdup("{\"status\":\"SUCCEEDED\"}");
	return *ret_text ? SW_OK : SW_ENOMEM;
}

/* ---- the engine ---- */

void fake_init(struct sw_engine *engine)
{
	memset(engine, 0, sizeof(*engine));
	engine->reply = (struct sw_reply){FAKE_MACHINE, NULL, 1700000000123, false};
	engine->reader.machine =
		(struct sw_machine_info){.arn = (char *)FAKE_MACHINE,
					 .name = (char *)"hello",
					 .role_arn = (char *)"arn:aws:iam::123456789012:role/r",
					 .definition = (char *)"{\"StartAt\":\"\xc3\xa9\"}",
					 .definition_len = 16,
					 .creation_ms = 1700000000001,
					 .update_ms = 1700000000002};
	engine->reader.execution = (struct sw_execution_info){.arn = (char *)FAKE_EXECUTION,
							      .name = (char *)"run1",
							      .machine_arn = (char *)FAKE_MACHINE,
							      .machine_name = (char *)"hello",
							      .input = (char *)"{}",
							      .input_len = 2,
							      .start_ms = 1700000000500,
							      .status = SW_STATUS_RUNNING};
}

void fake_done(struct sw_engine *engine)
{
	sw_buf_done(&engine->asked);
	sw_buf_done(&engine->reader.asked);
}

static void give(struct sw_engine *engine, sw_reply_fn *reply, void *user)
{
	struct sw_error err = {0};
	if (engine->reply_result != SW_OK)
		sw_error_set(&err, engine->reply_result, "%s", engine->reply_text ? engine->reply_text : "");
	reply(user, engine->reply_result, &engine->reply, &err);
}

void fake_answer(struct sw_engine *engine)
{
	unsigned count = engine->pending_count;
	engine->pending_count = 0;
	for (unsigned i = 0; i < count; i++)
		give(engine, engine->pending[i].reply, engine->pending[i].user);
}

static enum sw_result asked(struct sw_engine *engine, sw_reply_fn *reply, void *user, struct sw_error *err)
{
	if (engine->result != SW_OK)
		return sw_error_set(err, engine->result, "%s", engine->text ? engine->text : "");
	if (engine->later) {
		engine->pending[engine->pending_count].reply = reply;
		engine->pending[engine->pending_count++].user = user;
	} else {
		give(engine, reply, user);
	}
	return SW_OK;
}

static void note(struct sw_buf *asked, const char *name, const char *value)
{
	sw_buf_printf(asked, "%s=%s;", name, value ? value : "(null)");
}

static enum sw_result machine_asked(struct sw_engine *engine, const char *what,
				    const struct sw_machine_params *params, sw_reply_fn *reply, void *user,
				    struct sw_findings **ret_findings, struct sw_error *err)
{
	sw_buf_reset(&engine->asked);
	sw_buf_text(&engine->asked, what);
	note(&engine->asked, "name", params->name);
	note(&engine->asked, "definition", params->definition);
	note(&engine->asked, "role", params->role_arn);
	note(&engine->asked, "type", params->type == SW_TYPE_EXPRESS ? "EXPRESS" : "STANDARD");
	note(&engine->asked, "logging", params->logging_json);
	note(&engine->asked, "tracing", params->tracing_json);
	if (engine->result == SW_EDEFINITION && engine->with_findings)
		*ret_findings = findings_new(params->definition, params->definition_len);
	return asked(engine, reply, user, err);
}

enum sw_result sw_engine_create_machine(struct sw_engine *engine, const struct sw_machine_params *params,
					sw_reply_fn *reply, void *user, struct sw_findings **ret_findings,
					struct sw_error *err)
{
	return machine_asked(engine, "create ", params, reply, user, ret_findings, err);
}

enum sw_result sw_engine_update_machine(struct sw_engine *engine, const struct sw_machine_params *params,
					sw_reply_fn *reply, void *user, struct sw_findings **ret_findings,
					struct sw_error *err)
{
	return machine_asked(engine, "update ", params, reply, user, ret_findings, err);
}

/* Notes "what a=b;c=d;" and replies. */
static enum sw_result texts_asked(struct sw_engine *engine, const char *what, const char *const *pairs,
				  sw_reply_fn *reply, void *user, struct sw_error *err)
{
	sw_buf_reset(&engine->asked);
	sw_buf_text(&engine->asked, what);
	for (; pairs[0]; pairs += 2)
		note(&engine->asked, pairs[0], pairs[1]);
	return asked(engine, reply, user, err);
}

enum sw_result sw_engine_delete_machine(struct sw_engine *engine, const char *name, sw_reply_fn *reply,
					void *user, struct sw_error *err)
{
	return texts_asked(engine, "delete ", (const char *const[]){"name", name, NULL}, reply, user, err);
}

enum sw_result sw_engine_start(struct sw_engine *engine, const struct sw_start_params *params,
			       sw_reply_fn *reply, void *user, struct sw_error *err)
{
	const char *const pairs[] = {"machine", params->machine,      "name", params->name,
				     "input",   params->input,        "case", params->test_case,
				     "trace",   params->trace_header, NULL};
	return texts_asked(engine, "start ", pairs, reply, user, err);
}

enum sw_result sw_engine_start_sync(struct sw_engine *engine, const struct sw_start_params *params,
				    sw_outcome_fn *outcome, void *user, struct sw_error *err)
{
	sw_buf_reset(&engine->asked);
	sw_buf_printf(&engine->asked, "sync machine=%s;name=%s;", params->machine,
		      params->name ? params->name : "(null)");
	if (engine->result != SW_OK)
		return sw_error_set(err, engine->result, "%s", engine->text ? engine->text : "");
	outcome(user, SW_OK, &engine->outcome, NULL);
	return SW_OK;
}

enum sw_result sw_engine_stop(struct sw_engine *engine, const char *execution_arn, const char *error,
			      const char *cause, sw_reply_fn *reply, void *user, struct sw_error *err)
{
	const char *const pairs[] = {"arn", execution_arn, "error", error, "cause", cause, NULL};
	return texts_asked(engine, "stop ", pairs, reply, user, err);
}

enum sw_result sw_engine_redrive_once(struct sw_engine *engine, const char *execution_arn,
				      const char *client_token, sw_reply_fn *reply, void *user,
				      struct sw_error *err)
{
	const char *const pairs[] = {"arn", execution_arn, "token", client_token, NULL};
	return texts_asked(engine, "redrive ", pairs, reply, user, err);
}

enum sw_result sw_engine_delete_execution(struct sw_engine *engine, const char *execution_arn,
					  sw_reply_fn *reply, void *user, struct sw_error *err)
{
	return texts_asked(engine, "remove ", (const char *const[]){"arn", execution_arn, NULL}, reply, user,
			   err);
}

enum sw_result sw_engine_token_succeed(struct sw_engine *engine, const char *token, const char *output,
				       size_t output_len, sw_reply_fn *reply, void *user,
				       struct sw_error *err)
{
	const char *const pairs[] = {"token", token, "output", output, NULL};
	return texts_asked(engine, "succeed ", pairs, reply, user, err);
}

enum sw_result sw_engine_token_fail(struct sw_engine *engine, const char *token, const char *error,
				    const char *cause, sw_reply_fn *reply, void *user, struct sw_error *err)
{
	const char *const pairs[] = {"token", token, "error", error, "cause", cause, NULL};
	return texts_asked(engine, "fail ", pairs, reply, user, err);
}

enum sw_result sw_engine_token_heartbeat(struct sw_engine *engine, const char *token, sw_reply_fn *reply,
					 void *user, struct sw_error *err)
{
	return texts_asked(engine, "heartbeat ", (const char *const[]){"token", token, NULL}, reply, user,
			   err);
}

enum sw_resume sw_engine_resumed(const struct sw_engine *engine)
{
	return SW_RESUME_ALL;
}

bool sw_engine_is_idle(const struct sw_engine *engine)
{
	return engine->pending_count == 0;
}

void sw_engine_stats(struct sw_engine *engine, struct sw_engine_stats *ret_stats)
{
	*ret_stats = (struct sw_engine_stats){.started = 7, .data_bytes = 4096};
}

bool sw_engine_is_settled(const struct sw_engine *engine)
{
	return true;
}

enum sw_result sw_engine_settle(struct sw_engine *engine, sw_reply_fn *reply, void *user,
				struct sw_error *err)
{
	return SW_EBUSY;
}

enum sw_result sw_engine_ready(struct sw_engine *engine, struct sw_error *err)
{
	return engine->ready < 0 ? sw_error_set(err, engine->ready, "the disk is \"full\"") : SW_OK;
}

char *sw_engine_metrics_text(struct sw_engine *engine, size_t *ret_len)
{
	*ret_len = 9;
	return strdup("fake_up 1");
}

/* ---- the reader ---- */

struct sw_reader *sw_engine_reader(struct sw_engine *engine)
{
	return &engine->reader;
}

const char *sw_reader_region(const struct sw_reader *reader)
{
	return "us-east-1";
}

const char *sw_reader_account(const struct sw_reader *reader)
{
	return "123456789012";
}

static enum sw_result read(struct sw_reader *reader, struct sw_error *err)
{
	return reader->result == SW_OK
		       ? SW_OK
		       : sw_error_set(err, reader->result, "%s", reader->text ? reader->text : "");
}

enum sw_result sw_reader_machine(struct sw_reader *reader, const char *name_or_arn,
				 struct sw_machine_info *ret_info, struct sw_error *err)
{
	sw_buf_reset(&reader->asked);
	note(&reader->asked, "machine", name_or_arn);
	if (strcmp(name_or_arn, "hello") != 0)
		return sw_error_set(err, SW_ENOENT, "no such machine");
	*ret_info = reader->machine;
	return read(reader, err);
}

enum sw_result sw_reader_machine_of(struct sw_reader *reader, const char *execution_arn,
				    struct sw_machine_info *ret_info, struct sw_error *err)
{
	if (strcmp(execution_arn, FAKE_EXECUTION) != 0)
		return sw_error_set(err, SW_ENOENT, "no such execution");
	*ret_info = reader->machine;
	return read(reader, err);
}

void sw_machine_info_done(struct sw_machine_info *info)
{
}

enum sw_result sw_reader_execution(struct sw_reader *reader, const char *execution_arn, bool with_data,
				   struct sw_execution_info *ret_info, struct sw_error *err)
{
	if (strcmp(execution_arn, FAKE_EXECUTION) != 0)
		return sw_error_set(err, SW_ENOENT, "no such execution");
	*ret_info = reader->execution;
	if (!with_data)
		ret_info->input = ret_info->output = NULL;
	return read(reader, err);
}

void sw_execution_info_done(struct sw_execution_info *info)
{
}

static enum sw_result finish(struct sw_reader *reader, char **ret_cursor, struct sw_error *err)
{
	enum sw_result r = read(reader, err);
	if (r == SW_OK)
		*ret_cursor = reader->next ? strdup(reader->next) : NULL;
	return r;
}

enum sw_result sw_reader_list_machines(struct sw_reader *reader, uint32_t limit, const char *cursor,
				       sw_each_machine_fn *each, void *user, char **ret_cursor,
				       struct sw_error *err)
{
	sw_buf_reset(&reader->asked);
	sw_buf_printf(&reader->asked, "limit=%" PRIu32 ";", limit);
	note(&reader->asked, "cursor", cursor);
	each(user, &reader->machine);
	each(user, &reader->machine);
	return finish(reader, ret_cursor, err);
}

enum sw_result sw_reader_list_executions(struct sw_reader *reader, const struct sw_list_filter *filter,
					 uint32_t limit, const char *cursor, sw_each_execution_fn *each,
					 void *user, char **ret_cursor, struct sw_error *err)
{
	sw_buf_reset(&reader->asked);
	note(&reader->asked, "machine", filter->machine);
	note(&reader->asked, "status", filter->by_status ? sw_status_name(filter->status) : NULL);
	note(&reader->asked, "name", filter->name);
	sw_buf_printf(&reader->asked, "limit=%" PRIu32 ";", limit);
	note(&reader->asked, "cursor", cursor);
	each(user, &reader->execution);
	return finish(reader, ret_cursor, err);
}

static void give_event(struct sw_reader *reader, uint32_t id, sw_each_event_fn *each, void *user)
{
	size_t bytes = reader->event_bytes > 24 ? reader->event_bytes : 24;
	char *text = malloc(bytes + 1);
	if (!text)
		return;
	memset(text, ' ', bytes);
	text[bytes] = '\0';
	int len = snprintf(text, bytes, "{\"id\":%" PRIu32, id);
	text[len] = ' ';
	text[bytes - 1] = '}';
	each(user, id, text, bytes);
	free(text);
}

enum sw_result sw_reader_history(struct sw_reader *reader, const char *execution_arn, uint32_t first_id,
				 uint32_t limit, bool reverse, bool with_data, sw_each_event_fn *each,
				 void *user, uint32_t *ret_next_id, struct sw_error *err)
{
	sw_buf_reset(&reader->asked);
	sw_buf_printf(&reader->asked, "first=%" PRIu32 ";data=%d;", first_id, with_data);
	if (strcmp(execution_arn, FAKE_EXECUTION) != 0)
		return sw_error_set(err, SW_ENOENT, "no such execution");
	uint32_t id = reverse && first_id == 0 ? reader->events : first_id;
	for (; limit > 0 && id >= 1 && id <= reader->events; limit--, id += reverse ? UINT32_MAX : 1)
		give_event(reader, id, each, user);
	*ret_next_id = id >= 1 && id <= reader->events ? id : 0;
	return read(reader, err);
}

/* ---- activities: test_engine.c has the real ones ---- */

enum sw_result sw_engine_create_tagged_activity(struct sw_engine *engine, const char *name,
						const struct sw_tag *tags, size_t tags_count,
						sw_reply_fn *reply, void *user, struct sw_error *err)
{
	(void)name, (void)tags, (void)tags_count;
	return asked(engine, reply, user, err);
}

enum sw_result sw_engine_tag_activity(struct sw_engine *engine, const char *name, const struct sw_tag *tags,
				      size_t count, sw_reply_fn *reply, void *user, struct sw_error *err)
{
	(void)name, (void)tags, (void)count;
	return asked(engine, reply, user, err);
}

enum sw_result sw_engine_untag_activity(struct sw_engine *engine, const char *name, const char *const *keys,
					size_t count, sw_reply_fn *reply, void *user, struct sw_error *err)
{
	(void)name, (void)keys, (void)count;
	return asked(engine, reply, user, err);
}

enum sw_result sw_reader_activity_tags(struct sw_reader *reader, const char *name, sw_each_tag_fn *each,
				       void *user, struct sw_error *err)
{
	(void)reader, (void)name, (void)each, (void)user;
	return sw_error_set(err, SW_ENOENT, "there are none");
}

enum sw_result sw_engine_delete_activity(struct sw_engine *engine, const char *name, sw_reply_fn *reply,
					 void *user, struct sw_error *err)
{
	(void)name;
	return asked(engine, reply, user, err);
}

void sw_activity_info_done(struct sw_activity_info *info)
{
	free(info->arn);
	free(info->name);
}

enum sw_result sw_reader_activity(struct sw_reader *reader, const char *name,
				  struct sw_activity_info *ret_info, struct sw_error *err)
{
	(void)reader, (void)name, (void)ret_info;
	return sw_error_set(err, SW_ENOENT, "there are none");
}

enum sw_result sw_reader_list_activities(struct sw_reader *reader, uint32_t limit, const char *cursor,
					 sw_each_activity_fn *each, void *user, char **ret_cursor,
					 struct sw_error *err)
{
	(void)reader, (void)limit, (void)cursor, (void)each, (void)user, (void)ret_cursor, (void)err;
	return SW_OK;
}

/* One poll at a time, which is never given anything. */
enum sw_result sw_engine_poll_activity(struct sw_engine *engine, const char *name, const char *worker,
				       uint32_t wait_ms, sw_activity_task_fn *reply, void *user,
				       struct sw_poll **ret_poll, struct sw_error *err)
{
	(void)name, (void)worker, (void)wait_ms, (void)err;
	engine->poll_reply = reply;
	engine->poll_user = user;
	engine->polls++;
	*ret_poll = (struct sw_poll *)engine;
	return SW_OK;
}

bool sw_engine_cancel_poll(struct sw_engine *engine, struct sw_poll *poll)
{
	(void)poll;
	if (engine->poll_too_late)
		return false;
	engine->polls_cancelled++;
	return true;
}
