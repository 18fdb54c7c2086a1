/*
 * Attempts on their way to those who work on them, and back. An attempt is delivered after the commit that
 * holds it, to its mock, or to the provider of its route; what comes back through the inbox becomes an event
 * at its execution.
 *
 * An attempt is in its entry's list from the turn that scheduled it until its branch waits for it no more; a
 * completion that finds no attempt is late and ignored.
 */
#include "engine/internal.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"

#include <string.h>

#define SWEEP_MS 1000

/* ---- attempts ----------------------------------------------------------------------------------------- */

struct sw_attempt *sw_attempt_of(const struct sw_branch *branch)
{
	struct sw_attempt *attempt = branch->delivery;
	return attempt && attempt->number == branch->attempt ? attempt : NULL;
}

void sw_attempt_doubt(struct sw_entry *entry, struct sw_attempt *attempt)
{
	if (!attempt || attempt->doubted)
		return;
	attempt->doubted = true;
	attempt->doubted_next = entry->doubted;
	entry->doubted = attempt;
}

void sw_attempts_rejoin(struct sw_entry *entry)
{
	for (struct sw_attempt *attempt = entry->attempts; attempt; attempt = attempt->next) {
		struct sw_branch *branch = sw_execution_branch(entry->execution, attempt->branch);
		if (branch && branch->attempt == attempt->number)
			branch->delivery = attempt;
		sw_attempt_doubt(entry, attempt);
	}
}

struct sw_attempt *sw_attempt_new(struct sw_engine *engine, struct sw_entry *entry, struct sw_branch *branch)
{
	struct sw_attempt *attempt = sw_zalloc(sizeof(*attempt));
	if (!attempt)
		return NULL;
	attempt->references = 1; /* the list's */
	attempt->entry = entry;
	attempt->branch = branch->number;
	attempt->number = branch->attempt;
	/* At the end: deliveries keep the order of the commands. */
	attempt->previous = entry->attempts_last;
	if (entry->attempts_last)
		entry->attempts_last->next = attempt;
	else
		entry->attempts = attempt;
	entry->attempts_last = attempt;
	entry->attempts_count++;
	sw_attempt_doubt(entry, branch->delivery); /* an earlier one */
	branch->delivery = attempt;
	return attempt;
}

void sw_attempt_unref(struct sw_attempt *attempt)
{
	if (!attempt || --attempt->references > 0)
		return;
	SW_ASSERT(!attempt->task && !attempt->held);
	sw_free(attempt);
}

/* The engine lets go of the task; the provider may still hold it. */
static void drop_task(struct sw_engine *engine, struct sw_attempt *attempt)
{
	if (!attempt->task)
		return;
	if (attempt->all_next)
		attempt->all_next->all_previous = attempt->all_previous;
	if (attempt->all_previous)
		attempt->all_previous->all_next = attempt->all_next;
	else
		engine->attempts = attempt->all_next;
	engine->attempts_count--;
	attempt->task->route->users--;
	sw_task_unref(attempt->task);
	attempt->task = NULL;
}

static void keep_task(struct sw_engine *engine, struct sw_attempt *attempt, struct sw_task *task)
{
	attempt->task = task;
	task->route->users++;
	attempt->delivered_mono_ms = engine->loop->ops->mono_ms(engine->loop->data);
	attempt->all_previous = NULL;
	attempt->all_next = engine->attempts;
	if (engine->attempts)
		engine->attempts->all_previous = attempt;
	else
		engine->sweep_mono_ms = engine->loop->ops->mono_ms(engine->loop->data) + SWEEP_MS;
	engine->attempts = attempt;
	engine->attempts_count++;
}

void sw_attempt_abandon(struct sw_engine *engine, struct sw_attempt *attempt)
{
	if (attempt->over)
		drop_task(engine, attempt);
	sw_attempt_unref(attempt);
}

static void undoubt(struct sw_entry *entry, struct sw_attempt *attempt)
{
	struct sw_attempt **link = &entry->doubted;
	if (!attempt->doubted)
		return;
	while (*link != attempt)
		link = &(*link)->doubted_next;
	*link = attempt->doubted_next;
	attempt->doubted = false;
}

/* Takes the attempt out of its entry's list. */
static void leave_entry(struct sw_engine *engine, struct sw_attempt *attempt, bool keep)
{
	struct sw_entry *entry = attempt->entry;
	struct sw_branch *branch = sw_execution_branch(entry->execution, attempt->branch);
	undoubt(entry, attempt);
	if (branch && branch->delivery == attempt)
		branch->delivery = NULL;
	if (entry->fresh == attempt)
		entry->fresh = attempt->next;
	if (attempt->previous)
		attempt->previous->next = attempt->next;
	else
		entry->attempts = attempt->next;
	if (attempt->next)
		attempt->next->previous = attempt->previous;
	else
		entry->attempts_last = attempt->previous;
	entry->attempts_count--;
	attempt->next = attempt->previous = NULL;
	attempt->over = true;
	attempt->entry = NULL;
	if (!keep)
		drop_task(engine, attempt);
	sw_attempt_unref(attempt);
}

static bool is_waited_for(const struct sw_execution *execution, const struct sw_attempt *attempt)
{
	const struct sw_branch *branch = sw_execution_branch(execution, attempt->branch);
	return branch && branch->wait == SW_BRANCH_TASK && branch->attempt == attempt->number &&
	       branch->dispatchable;
}

void sw_attempts_sift(struct sw_engine *engine, struct sw_entry *entry, const struct sw_pending *pending,
		      void (*cancel)(struct sw_engine *engine, struct sw_attempt *attempt))
{
	while (entry->doubted) {
		struct sw_attempt *attempt = entry->doubted;
		undoubt(entry, attempt);
		if (is_waited_for(entry->execution, attempt))
			continue;
		bool completed = pending && pending->by_task && pending->branch == attempt->branch &&
				 pending->attempt == attempt->number;
		bool told = attempt->task && !completed;
		if (completed && attempt->task)
			sw_meters_task(&engine->meters, attempt->task->resource,
				       engine->loop->ops->mono_ms(engine->loop->data) -
					       attempt->delivered_mono_ms);
		if (told)
			cancel(engine, attempt);
		leave_entry(engine, attempt, told);
	}
}

/* Removes it from what is to be tried again. */
static void unhold(struct sw_engine *engine, struct sw_attempt *attempt)
{
	if (!attempt->held)
		return;
	struct sw_attempt **link = &engine->held;
	while (*link != attempt)
		link = &(*link)->held_next;
	*link = attempt->held_next;
	if (engine->held_end == &attempt->held_next)
		engine->held_end = link;
	attempt->held = false;
	sw_attempt_unref(attempt);
}

void sw_attempts_drop(struct sw_engine *engine, struct sw_entry *entry)
{
	while (entry->attempts) {
		unhold(engine, entry->attempts);
		leave_entry(engine, entry->attempts, false);
	}
}

/* ---- delivery ----------------------------------------------------------------------------------------- */

static char *input_text(const struct sw_branch *branch, size_t *ret_len)
{
	struct sw_slice text = {"{}", 2};
	if (branch->work && sw_value_text(branch->work, &text) < 0)
		return NULL;
	*ret_len = text.len;
	return sw_memdup(text.data, text.len);
}

static char *print_number(char *at, uint32_t number)
{
	char digits[10];
	size_t count = 0;
	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	while (count > 0)
		*at++ = digits[--count];
	return at;
}

/* STORE-EXECUTION-BRANCH-ATTEMPT: the same after a crash, different for each attempt, in each store. Each task has one
 * made: no printf. */
static char *idempotency_key(const struct sw_engine *engine, const struct sw_branch *branch)
{
	char text[sizeof(engine->store_name) + 40];
	uint8_t id[8];
	size_t len = strlen(engine->store_name);
	memcpy(text, engine->store_name, len);
	for (size_t i = 0; i < sizeof(id); i++)
		id[i] = (uint8_t)(branch->home->id >> (56 - 8 * i));
	text[len] = '-';
	sw_hex(id, sizeof(id), text + len + 1);
	char *at = text + len + 17;
	*at++ = '-';
	at = print_number(at, branch->number);
	*at++ = '-';
	at = print_number(at, branch->attempt);
	return sw_memdup(text, (size_t)(at - text));
}

static struct sw_task *task_new(struct sw_engine *engine, const struct sw_attempt *attempt,
				const struct sw_branch *branch, struct sw_route *route)
{
	const struct sw_execution *execution = attempt->entry->execution;
	struct sw_task *task = sw_zalloc(sizeof(*task));
	char token[SW_TOKEN_TEXT_BYTES];
	if (!task)
		return NULL;
	sw_token_print(execution->id, branch->number, branch->attempt, branch->token, token);
	task->references = 1;
	task->inbox = sw_inbox_ref(engine->inbox);
	task->execution_id = execution->id;
	task->branch = branch->number;
	task->attempt = branch->attempt;
	task->retry_count = branch->retry_count;
	memcpy(task->token_random, branch->token, sizeof(task->token_random));
	task->resource = sw_strdup(branch->state->as.task.resource);
	task->input = input_text(branch, &task->input_len);
	task->token = sw_strdup(token);
	task->idempotency_key = idempotency_key(engine, branch);
	task->execution_arn = sw_strdup(execution->arn);
	task->state_name = sw_strdup(branch->state->name);
	task->redelivery = attempt->redelivery;
	task->route = route;
	task->timeout_ms = route->timeout_ms;
	if (branch->timeout_due_ms != SW_NEVER) {
		int64_t left_ms = branch->timeout_due_ms - engine->clock.last_ms;
		task->timeout_ms = left_ms > 0 ? left_ms : 0;
	}
	if (task->resource && task->input && task->token && task->idempotency_key && task->execution_arn &&
	    task->state_name)
		return task;
	sw_task_unref(task);
	return NULL;
}

static struct sw_pending *pending_new(const struct sw_attempt *attempt, enum sw_event_kind kind)
{
	struct sw_pending *pending = sw_zalloc(sizeof(*pending));
	if (!pending)
		return NULL;
	pending->kind = kind;
	pending->branch = attempt->branch;
	pending->attempt = attempt->number;
	pending->by_task = true;
	return pending;
}

/* The attempt fails before anybody has seen it. SW_ENOMEM. */
static enum sw_result fail_as(struct sw_engine *engine, struct sw_attempt *attempt, bool not_scheduled,
			      const char *error, char *cause)
{
	struct sw_pending *pending = cause ? pending_new(attempt, SW_EVENT_TASK_FAILED) : NULL;
	char *name = sw_strdup(error);
	if (!pending || !name) {
		sw_free(pending);
		sw_free(name);
		sw_free(cause);
		return SW_ENOMEM;
	}
	pending->unmapped = true;
	pending->not_scheduled = not_scheduled;
	pending->error = name;
	pending->cause = cause;
	sw_executions_post(engine, attempt->entry, pending);
	return SW_OK;
}

/* Both take cause (NULL: memory was short). */
static enum sw_result fail(struct sw_engine *engine, struct sw_attempt *attempt, const char *error,
			   char *cause)
{
	return fail_as(engine, attempt, false, error, cause);
}

static enum sw_result fail_scheduling(struct sw_engine *engine, struct sw_attempt *attempt, char *cause)
{
	return fail_as(engine, attempt, true, "ActivityDoesNotExist", cause);
}

/* Output that is not JSON fails the task: the mistake is the worker's, and the workflow can catch it. */
static enum sw_result set_output(struct sw_pending *pending, const struct sw_attempt *attempt,
				 const char *text, size_t len)
{
	struct sw_error error = {0};
	struct sw_slice input;
	const struct sw_branch *branch = sw_execution_branch(attempt->entry->execution, attempt->branch);
	/* What is handed back as it came has been checked, and is on disk once already. */
	if (branch && branch->work && sw_value_text(branch->work, &input) == SW_OK && input.len == len &&
	    memcmp(input.data, text, len) == 0) {
		pending->output = sw_value_ref(branch->work);
		return SW_OK;
	}
	enum sw_result r = sw_value_from_text(text, len, &pending->output, &error);
	if (r == SW_OK || r == SW_ENOMEM)
		return r;
	pending->kind = SW_EVENT_TASK_FAILED;
	pending->error = sw_strdup("Stepwell.InvalidOutput");
	pending->cause =
		error.line ? sw_asprintf(
				     "The output of the task is not acceptable JSON: line %u, column %u: %s.",
				     error.line, error.column, error.text)
			   : sw_asprintf("The output of the task is not acceptable JSON: %s.", error.text);
	return pending->error && pending->cause ? SW_OK : SW_ENOMEM;
}

/* What the mock configuration answers. SW_ENOENT: the state is not mocked. */
static enum sw_result answer_by_mock(struct sw_engine *engine, struct sw_attempt *attempt,
				     const struct sw_branch *branch)
{
	const struct sw_execution *execution = attempt->entry->execution;
	struct sw_mock mock = {0};
	if (!execution->test_case || !engine->mocks)
		return SW_ENOENT;
	enum sw_result r = sw_mocks_find(engine->mocks, execution->machine_name, execution->test_case,
					 branch->state->name, branch->mock_index, &mock);
	/* As Step Functions Local does: no Retry or Catch of the workflow hides a gap of the file. */
	if (r == SW_ELIMIT)
		return fail(
			engine, attempt, "States.Runtime",
			sw_asprintf("The test case '%s' has no response for invocation %u of the state '%s'.",
				    execution->test_case, branch->mock_index, branch->state->name));
	if (r < 0)
		return r;
	bool timed_out = !mock.output && mock.error && strcmp(mock.error, "States.Timeout") == 0;
	struct sw_pending *pending = pending_new(attempt, mock.output ? SW_EVENT_TASK_SUCCEEDED
							  : timed_out ? SW_EVENT_TASK_TIMED_OUT
								      : SW_EVENT_TASK_FAILED);
	r = pending ? SW_OK : SW_ENOMEM;
	if (r == SW_OK && mock.output)
		r = set_output(pending, attempt, mock.output, mock.output_len);
	if (r == SW_OK && !mock.output) {
		pending->error = mock.error ? sw_strdup(mock.error) : NULL;
		pending->cause = mock.cause ? sw_strdup(mock.cause) : NULL;
		if ((mock.error && !pending->error) || (mock.cause && !pending->cause))
			r = SW_ENOMEM;
	}
	if (r < 0) {
		sw_pending_free(pending);
		return r;
	}
	pending->mocked = true;
	sw_executions_post(engine, attempt->entry, pending);
	return SW_OK;
}

/* "An activity ... waits for a worker to poll for it": it waits in its queue, not in memory. */
static enum sw_result queue_activity(struct sw_engine *engine, struct sw_attempt *attempt,
				     const struct sw_branch *branch)
{
	const char *resource = branch->state->as.task.resource;
	char name[SW_ARN_TEXT_BYTES];
	enum sw_result r = SW_ENOENT;
	struct sw_error error = {0};
	/* What was scheduled once stays so, whatever became of the activity. */
	if (sw_activities_name(engine, resource, name, sizeof(name)))
		r = attempt->redelivery ? SW_OK : sw_activities_find(engine, name, NULL, NULL, &error);
	if (r == SW_OK)
		r = sw_activities_wait(engine, name, attempt->entry->id, branch,
				       attempt->redelivery ? branch->entered_ms
							   : sw_clock_now_ms(&engine->clock));
	if (r == SW_ENOENT)
		return fail_scheduling(engine, attempt,
				       sw_asprintf("Activity Does Not Exist: '%s'", resource));
	if (r == SW_OK)
		leave_entry(engine, attempt, false);
	return r;
}

/* Nobody here can work on it. */
static enum sw_result not_mapped(struct sw_engine *engine, struct sw_attempt *attempt,
				 const struct sw_branch *branch)
{
	const struct sw_execution *execution = attempt->entry->execution;
	const struct sw_task_fields *task = &branch->state->as.task;
	if (task->kind == SW_RESOURCE_ACTIVITY)
		return queue_activity(engine, attempt, branch);
	if (attempt->redelivery) {
		SW_LOG_ABOUT(
			&engine->log, SW_LOG_WARNING, execution->arn,
			"the task of state '%s' was in flight, and nothing here is mapped to its resource "
			"%s: it waits",
			branch->state->name, task->resource);
		leave_entry(engine, attempt, false);
		return SW_OK;
	}
	return fail(
		engine, attempt, "Stepwell.ResourceNotMapped",
		sw_asprintf(
			"Nothing is mapped to the resource '%s' of the state '%s'. Map it in the resources "
			"file, register a handler for it, or mock the state.",
			task->resource, branch->state->name));
}

static enum sw_result interrupt(struct sw_engine *engine, struct sw_attempt *attempt,
				const struct sw_branch *branch)
{
	return fail(engine, attempt, "Stepwell.Interrupted",
		    sw_asprintf("The task of the state '%s' was in flight when the engine stopped, and its "
				"resource '%s' "
				"is not to be called again.",
				branch->state->name, branch->state->as.task.resource));
}

/* SW_ENOMEM; SW_EBUSY: not now. */
static enum sw_result deliver(struct sw_engine *engine, struct sw_attempt *attempt)
{
	const struct sw_branch *branch = sw_execution_branch(attempt->entry->execution, attempt->branch);
	enum sw_result r = answer_by_mock(engine, attempt, branch);
	if (r != SW_ENOENT)
		return r;
	struct sw_route *route = sw_routes_find(engine->routes, branch->state->as.task.resource);
	if (!route)
		return not_mapped(engine, attempt, branch);
	/* What an earlier owner of the directory started may still run. */
	if (attempt->redelivery && sw_commands_provider_old_helper(engine->commands))
		return SW_EBUSY;
	if (attempt->redelivery && route->redelivery == SW_REDELIVER_FAIL)
		return interrupt(engine, attempt, branch);
	struct sw_task *task = task_new(engine, attempt, branch, route);
	if (!task)
		return SW_ENOMEM;
	keep_task(engine, attempt, task);
	sw_task_ref(task);
	engine->calling++;
	route->ops->start(route, task);
	engine->calling--;
	/* Released at once: nobody but a token will complete it. The next look at the inbox makes sure. */
	if (attempt->task && __atomic_load_n(&attempt->task->references, __ATOMIC_ACQUIRE) == 1)
		engine->sweep_mono_ms = engine->loop->ops->mono_ms(engine->loop->data);
	return SW_OK;
}

static void hold(struct sw_engine *engine, struct sw_attempt *attempt)
{
	attempt->held = true;
	attempt->held_next = NULL;
	attempt->references++;
	if (!engine->held)
		engine->held_end = &engine->held;
	*engine->held_end = attempt;
	engine->held_end = &attempt->held_next;
}

void sw_dispatch_later(struct sw_engine *engine, struct sw_attempt *attempt)
{
	hold(engine, attempt);
	sw_engine_wake(engine);
}

void sw_dispatch(struct sw_engine *engine, struct sw_attempt *attempt)
{
	/* While the engine closes nothing is started: the in-flight record brings it back. */
	bool wanted = !attempt->over && !attempt->task && !attempt->held &&
		      engine->state != SW_ENGINE_CLOSING && !engine->poisoned && !attempt->entry->broken &&
		      is_waited_for(attempt->entry->execution, attempt);
	if (!attempt->over && attempt->entry->broken)
		hold(engine, attempt); /* its branch is looked at when it is loaded again */
	else if (wanted && deliver(engine, attempt) < 0)
		hold(engine, attempt);
	sw_attempt_unref(attempt);
}

void sw_dispatch_cancel(struct sw_engine *engine, struct sw_attempt *attempt)
{
	struct sw_task *task = attempt->task ? sw_task_ref(attempt->task) : NULL;
	drop_task(engine, attempt);
	if (task && !engine->poisoned && engine->state != SW_ENGINE_CLOSING) {
		engine->calling++;
		task->route->ops->cancel(task->route, task);
		engine->calling--;
	}
	sw_task_unref(task);
	sw_attempt_unref(attempt);
}

void sw_dispatch_held(struct sw_engine *engine)
{
	struct sw_attempt *attempt = engine->held;
	engine->held = NULL;
	engine->held_end = &engine->held;
	while (attempt) {
		struct sw_attempt *next = attempt->held_next;
		attempt->held = false;
		attempt->held_next = NULL;
		uint64_t id = attempt->over ? 0 : attempt->entry->id;
		sw_dispatch(engine, attempt); /* holds it again, or lets go */
		struct sw_entry *entry = sw_executions_get(&engine->executions, id);
		if (entry)
			sw_executions_evict(engine, entry);
		attempt = next;
	}
}

/* ---- the inbox ---------------------------------------------------------------------------------------- */

static struct sw_attempt *find_attempt(struct sw_engine *engine, const struct sw_completion *completion)
{
	struct sw_entry *entry = sw_executions_get(&engine->executions, completion->execution_id);
	struct sw_branch *branch = entry ? sw_execution_branch(entry->execution, completion->branch) : NULL;
	struct sw_attempt *attempt = branch ? sw_attempt_of(branch) : NULL;
	return attempt && attempt->number == completion->attempt ? attempt : NULL;
}

static enum sw_event_kind event_of(enum sw_completion_kind kind)
{
	switch (kind) {
	case SW_COMPLETION_SUBMITTED:
		return SW_EVENT_TASK_SUBMITTED;
	case SW_COMPLETION_SUCCEEDED:
		return SW_EVENT_TASK_SUCCEEDED;
	case SW_COMPLETION_FAILED:
		return SW_EVENT_TASK_FAILED;
	case SW_COMPLETION_TIMED_OUT:
		return SW_EVENT_TASK_TIMED_OUT;
	case SW_COMPLETION_HEARTBEAT:
		return SW_EVENT_TASK_HEARTBEAT;
	}
	return SW_EVENT_TASK_FAILED;
}

/* SW_ENOMEM: it stays with the caller, unchanged. */
static enum sw_result receive(struct sw_engine *engine, struct sw_completion *completion)
{
	struct sw_attempt *attempt = find_attempt(engine, completion);
	if (!attempt)
		return SW_OK; /* late: nobody waits for it */
	struct sw_pending *pending = pending_new(attempt, event_of(completion->kind));
	enum sw_result r = pending ? SW_OK : SW_ENOMEM;
	bool has_output =
		completion->kind == SW_COMPLETION_SUCCEEDED || completion->kind == SW_COMPLETION_SUBMITTED;
	if (r == SW_OK && has_output)
		r = set_output(pending, attempt, completion->output ? completion->output : "",
			       completion->output_len);
	if (r < 0) {
		sw_pending_free(pending);
		return r;
	}
	if (!has_output) {
		pending->error = completion->error;
		pending->cause = completion->cause;
		completion->error = completion->cause = NULL;
	}
	if (completion->kind != SW_COMPLETION_HEARTBEAT)
		attempt->alone = false; /* it was completed, not released */
	sw_executions_post(engine, attempt->entry, pending);
	return SW_OK;
}

/* Marks the tasks that nobody but the engine holds; what completed them, if anything did, is in the inbox by
 * now. */
static void mark_alone(struct sw_engine *engine, int64_t now_ms)
{
	engine->sweep_mono_ms = now_ms + SWEEP_MS;
	engine->marked_alone = true;
	for (struct sw_attempt *attempt = engine->attempts; attempt; attempt = attempt->all_next)
		attempt->alone = __atomic_load_n(&attempt->task->references, __ATOMIC_ACQUIRE) == 1;
}

/* A task that was released will be completed by its token, or time out: the execution may leave memory. */
static void let_go(struct sw_engine *engine)
{
	struct sw_attempt *attempt = engine->attempts;
	while (attempt) {
		struct sw_attempt *next = attempt->all_next;
		struct sw_entry *entry = attempt->entry;
		if (attempt->alone && entry && !entry->pending_first && entry != engine->unrecorded) {
			leave_entry(engine, attempt, false);
			sw_executions_evict(engine, entry);
		}
		attempt = next;
	}
}

void sw_dispatch_inbox(struct sw_engine *engine)
{
	struct sw_completion **end = &engine->left_in_inbox;
	while (*end)
		end = &(*end)->next;
	*end = sw_inbox_take(engine->inbox);
	bool quiet = !engine->left_in_inbox;
	while (engine->left_in_inbox) {
		struct sw_completion *completion = engine->left_in_inbox;
		enum sw_result r = receive(engine, completion);
		if (r < 0) /* most often memory is there again, and nothing overtakes what came in first */
			r = receive(engine, completion);
		if (r < 0)
			return; /* memory is short: the rest waits with it */
		engine->left_in_inbox = completion->next;
		sw_completion_free(completion);
	}
	if (engine->marked_alone) {
		engine->marked_alone = false;
		let_go(engine);
		return;
	}
	/* Most that seem to be released are completed: when all of that has been received it is time to look.
	 */
	int64_t now_ms = engine->loop->ops->mono_ms(engine->loop->data);
	if (engine->attempts && now_ms >= engine->sweep_mono_ms + (quiet ? 0 : SWEEP_MS))
		mark_alone(engine, now_ms);
}
