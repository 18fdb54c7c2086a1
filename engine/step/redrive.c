/*
 * What is kept of an execution that ends without success, and how it goes on: "Step Functions continues the
 * failed execution from the unsuccessful step". Its branches are held where they stand; of a Parallel or Map those
 * that ended well keep their outputs, so that a redrive "reschedules and redrives only the iterations and branches
 * that failed or aborted".
 */
#include "engine/step/internal.h"

#include <string.h>

/* ---- holding ------------------------------------------------------------------------------------------ */

void sw_step_hold(struct sw_branch *branch)
{
	if (branch->wait == SW_BRANCH_DONE || branch->wait == SW_BRANCH_HELD)
		return;
	/* "Retry counts are reset": nothing of them is needed. */
	if (branch->next_index > 0)
		sw_step_forget_retries(branch);
	else
		sw_step_forget_state(branch);
	sw_step_move(branch, SW_BRANCH_HELD);
}

/* A step that stopped half-way may have left the tree as it must not be: then only a root that has no children. */
static enum sw_result hold_root(struct sw_execution *execution)
{
	struct sw_branch *root = sw_execution_branch(execution, 0);
	enum sw_state_type type = root ? root->state->type : SW_STATE_PARALLEL;
	if (type == SW_STATE_PARALLEL || type == SW_STATE_MAP)
		return sw_execution_remove_below(execution, SW_NO_BRANCH);
	enum sw_result r = sw_execution_remove_below(execution, root->number);
	if (r == SW_OK)
		sw_step_hold(root);
	return r;
}

enum sw_result sw_step_let_go(struct sw_execution *execution, bool torn)
{
	if (execution->status == SW_STATUS_SUCCEEDED || execution->express)
		return sw_execution_remove_below(execution, SW_NO_BRANCH);
	sw_execution_unqueue_below(execution, SW_NO_BRANCH);
	if (torn)
		return hold_root(execution);
	for (uint32_t i = 0; i < execution->branches_count; i++)
		sw_step_hold(execution->branches[i]);
	return SW_OK;
}

/* ---- client tokens ------------------------------------------------------------------------------------ */

void sw_redrive_tokens_done(struct sw_redrive_tokens *tokens)
{
	for (uint32_t i = 0; i < tokens->count; i++)
		sw_free(tokens->list[i].token);
	sw_free(tokens->list);
	*tokens = (struct sw_redrive_tokens){0};
}

const struct sw_redrive_token *sw_redrive_tokens_find(const struct sw_redrive_tokens *tokens,
						      const char *token, int64_t now_ms)
{
	for (uint32_t i = 0; i < tokens->count && token; i++) {
		if (strcmp(tokens->list[i].token, token) == 0 &&
		    now_ms - tokens->list[i].time_ms <= SW_REDRIVE_TOKEN_MS)
			return &tokens->list[i];
	}
	return NULL;
}

/* Those that are not valid any more go, and the oldest when there are too many. */
static enum sw_result remember_token(struct sw_redrive_tokens *tokens, const char *token, int64_t now_ms)
{
	uint32_t kept = 0;
	struct sw_redrive_token next = {.token = sw_strdup(token), .time_ms = now_ms};
	struct sw_redrive_token *list =
		sw_realloc_array(tokens->list, SW_REDRIVE_TOKENS_MAX, sizeof(*tokens->list));
	if (list)
		tokens->list = list;
	if (!list || !next.token) {
		sw_free(next.token);
		return SW_ENOMEM;
	}
	for (uint32_t i = 0; i < tokens->count; i++) {
		bool valid = now_ms - list[i].time_ms <= SW_REDRIVE_TOKEN_MS;
		if (valid && tokens->count - i < SW_REDRIVE_TOKENS_MAX)
			list[kept++] = list[i];
		else
			sw_free(list[i].token);
	}
	list[kept++] = next;
	tokens->count = kept;
	return SW_OK;
}

/* ---- going on ----------------------------------------------------------------------------------------- */

/* The state was entered before and is not entered again; a Wait waits anew. */
static void resume(struct sw_turn *turn, struct sw_branch *branch)
{
	if (branch->wait != SW_BRANCH_HELD)
		return;
	if (branch->next_index == 0) {
		if (branch->state->type == SW_STATE_WAIT)
			branch->entered_ms = turn->event->now_ms;
		sw_step_ready(turn, branch, branch->phase == SW_PHASE_ENTER ? SW_PHASE_ENTER : SW_PHASE_WORK);
	} else if (branch->finished == branch->length) {
		sw_step_ready(turn, branch, SW_PHASE_JOIN);
	} else {
		sw_step_move(branch, SW_BRANCH_CHILDREN);
	}
}

/* Iterations that were never started, where a Map has room for them. */
static enum sw_result fill_maps(struct sw_turn *turn)
{
	struct sw_execution *execution = turn->execution;
	enum sw_result r = SW_OK;
	for (uint32_t i = 0; i < execution->branches_count && r == SW_OK; i++) {
		struct sw_branch *branch = execution->branches[i];
		uint32_t number = branch->number;
		if (branch->wait != SW_BRANCH_CHILDREN || branch->state->type != SW_STATE_MAP ||
		    branch->running >= branch->concurrency_max || branch->next_index >= branch->length)
			continue;
		r = sw_step_settle(turn, branch, sw_step_map_fill(turn, branch, branch->previous_id));
		/* A failure may have ended the execution, or changed the list before this place. */
		if (execution->status != SW_STATUS_RUNNING)
			break;
		for (i = 0;
		     i + 1 < execution->branches_count && execution->branches[i + 1]->number <= number;)
			i++;
	}
	return r;
}

/*
 * "The machine's TimeoutSeconds and the counts of retriers begin anew." The root goes on after ExecutionRedriven, a
 * branch of a Parallel or Map after its own last event.
 */
enum sw_result sw_step_redrive(struct sw_turn *turn)
{
	struct sw_execution *execution = turn->execution;
	if (!sw_execution_is_redrivable(execution))
		return SW_EINVAL;
	const char *token = turn->event->client_token;
	if (token && remember_token(&execution->redrive_tokens, token, turn->event->now_ms) < 0)
		return SW_ENOMEM;
	struct sw_branch *root = execution->branches[0];
	execution->status = SW_STATUS_RUNNING;
	execution->stop_ms = 0;
	execution->redrive_ms = turn->event->now_ms;
	execution->redrive_count++;
	sw_failure_done(&execution->failure);
	if (execution->machine->timeout_seconds > 0)
		execution->timeout_due_ms = turn->event->now_ms + execution->machine->timeout_seconds * 1000;
	root->previous_id = execution->next_event_id - 1;
	sw_branch_touch(root);
	struct sw_event_writer event = sw_event_next(turn, SW_HISTORY_EXECUTION_REDRIVEN, root);
	sw_event_integer(&event, SW_FIELD_REDRIVE_COUNT, execution->redrive_count);
	enum sw_result r = sw_event_end(&event);
	for (uint32_t i = 0; i < execution->branches_count && r == SW_OK; i++)
		resume(turn, execution->branches[i]);
	return r < 0 ? r : fill_maps(turn);
}
