/*
 * Private to engine/step/: what the files of the pure core share. One struct sw_turn lives for one call of
 * sw_step.
 *
 * Results inside the core: SW_EQUERY says that the state at hand failed (turn->failure holds error and cause,
 * and the dispatcher in step.c throws it); SW_ECLOSED says that the history is full: sw_step ends the
 * execution when all have returned; SW_ENOMEM ends the step.
 */
#ifndef SW_ENGINE_STEP_INTERNAL_H
#define SW_ENGINE_STEP_INTERNAL_H

#include "engine/step/inspect.h"
#include "engine/step/step.h"

#define SW_ERROR_RUNTIME "States.Runtime"
#define SW_ERROR_TIMEOUT "States.Timeout"
#define SW_ERROR_HEARTBEAT_TIMEOUT "States.HeartbeatTimeout"
#define SW_ERROR_TASK_FAILED "States.TaskFailed"
#define SW_ERROR_DATA_LIMIT "States.DataLimitExceeded"

/* What the next transition of a READY branch is. The numbers are on disk and never change. */
enum sw_phase {
	SW_PHASE_ENTER = 0, /* write ...StateEntered */
	SW_PHASE_WORK = 1,  /* do the work of the state, first or again */
	SW_PHASE_JOIN = 2,  /* Parallel, Map: all children are done */
};

/* Who found the failure in turn->failure. */
enum sw_thrower {
	SW_THROWN_BY_INTERPRETER, /* the state could not be carried out as it is written */
	SW_THROWN_BY_WORK,        /* a task failed, a Fail state was reached */
	SW_THROWN_BY_HEARTBEAT,   /* a task's heartbeat was missed */
};

struct sw_turn {
	struct sw_execution *execution;
	const struct sw_event *event;
	struct sw_effects *effects;
	struct sw_rng rng;
	struct sw_failure failure; /* when a function returned SW_EQUERY */
	enum sw_thrower thrower;
	uint32_t joined_id;             /* ...StateSucceeded of this transition; 0: none */
	uint32_t full_after_id;         /* with SW_ECLOSED: what the event without room would have followed */
	const struct sw_value *counted; /* the last value that effects->events_bytes counts */
	struct sw_inspection *inspection; /* one state is tested alone; NULL: the usual case */
};

/* ---- inspect.c ----------------------------------------------------------------------------------------- */

void sw_inspection_see(struct sw_inspection *inspection, enum sw_station station, struct sw_value *value);
/* From a state that is tested alone, and has failed, to the one around it. */
enum sw_result sw_inspection_go_up(struct sw_turn *turn, struct sw_branch *branch, bool *ret_gone);
/* What the data is at a station, for who wants to know. */
static inline void sw_turn_see(struct sw_turn *turn, enum sw_station station, struct sw_value *value)
{
	if (turn->inspection)
		sw_inspection_see(turn->inspection, station, value);
}

/* ---- step.c: positions --------------------------------------------------------------------------------- */

/* The functions of a state type; each type has a file of its own. */
struct sw_state_ops {
	enum sw_history_type entered, exited, aborted; /* 0: the type has no such event */
	/* Does the work; leaves the state, or makes the branch wait. */
	enum sw_result (*work)(struct sw_turn *turn, struct sw_branch *branch);
	/* What the branch waited for is due; NULL: it never waits for a moment. */
	enum sw_result (*due)(struct sw_turn *turn, struct sw_branch *branch);
	/* All children are done; NULL: it has none. */
	enum sw_result (*join)(struct sw_turn *turn, struct sw_branch *branch);
};
const struct sw_state_ops *sw_state_ops(enum sw_state_type type);

#define SW_STATE_WORK_DECLARE(NAME, name, text) \
	enum sw_result sw_step_##name(struct sw_turn *turn, struct sw_branch *branch);
SW_STATE_TYPES(SW_STATE_WORK_DECLARE)
#undef SW_STATE_WORK_DECLARE
enum sw_result sw_step_task_due(struct sw_turn *turn, struct sw_branch *branch);
enum sw_result sw_step_wait_due(struct sw_turn *turn, struct sw_branch *branch);
enum sw_result sw_step_parallel_join(struct sw_turn *turn, struct sw_branch *branch);
enum sw_result sw_step_map_join(struct sw_turn *turn, struct sw_branch *branch);

/* Every change of what a branch waits for; asserts that it is a legal one. */
void sw_step_move(struct sw_branch *branch, enum sw_branch_wait wait);
/* The branch has a transition to make: it joins the queue. */
void sw_step_ready(struct sw_turn *turn, struct sw_branch *branch, enum sw_phase phase);

/* The rule of a Choice or the catcher that a field is of; list NULL: it is the state's own. */
struct sw_place {
	const char *list; /* "Choices", "Catch" */
	uint32_t index;
};

/* How a state is left. */
struct sw_leaving {
	struct sw_value *result;     /* of the work; borrowed. Choice, Wait, Succeed: the effective input */
	const struct sw_state *next; /* NULL: End */
	const struct sw_assign *assign;   /* NULL: none */
	const struct sw_template *output; /* JSONata's Output; NULL: ResultSelector, ResultPath, OutputPath */
	struct sw_place within;           /* that assign and output stand in */
};
/* Makes the output, assigns variables, writes ...StateExited, and enters the next state or ends the branch.
 */
enum sw_result sw_step_leave(struct sw_turn *turn, struct sw_branch *branch,
			     const struct sw_leaving *leaving);
/* The usual way: by Next or End, with the state's own Assign and Output. */
enum sw_result sw_step_leave_with(struct sw_turn *turn, struct sw_branch *branch, struct sw_value *result);
/* The last part alone (a Catch makes its output in another way); variables NULL: none were assigned. */
enum sw_result sw_step_exit(struct sw_turn *turn, struct sw_branch *branch, const struct sw_state *next,
			    struct sw_value *output, struct sw_value *assigned);
/* A new branch at the start of flow, not yet part of the execution. NULL: out of memory. */
struct sw_branch *sw_step_branch_new(struct sw_turn *turn, struct sw_branch *parent,
				     const struct sw_flow *flow, uint32_t index, uint32_t previous_id);
/* Adds it (takes it, also on failure) and makes it ready. */
enum sw_result sw_step_branch_start(struct sw_turn *turn, struct sw_branch *branch);

struct sw_ending {
	enum sw_status status;
	enum sw_history_type type;
	uint32_t previous_id;
	const char *error, *cause; /* borrowed; NULL: none */
	struct sw_value *output;   /* borrowed; NULL: none */
	const char *shown_error;   /* of the event alone; NULL: error */
	int64_t stop_ms;
	bool torn; /* the step stopped half-way */
};
/* Ends the execution: last event, commands; no branches any more, or they are held. */
enum sw_result sw_step_finish(struct sw_turn *turn, const struct sw_ending *ending);

/* Forgets what belonged to the state that is left; what was retried. */
void sw_step_forget_state(struct sw_branch *branch);
void sw_step_forget_retries(struct sw_branch *branch);

/* ---- redrive.c ---------------------------------------------------------------------------------------- */

/* The branch stays where it stands, and waits for nothing; one that is DONE stays so. It is not in the queue. */
void sw_step_hold(struct sw_branch *branch);
/* What becomes of the branches when the execution has ended. */
enum sw_result sw_step_let_go(struct sw_execution *execution, bool torn);
/* It goes on where it ended. SW_EINVAL: it cannot. */
enum sw_result sw_step_redrive(struct sw_turn *turn);

/* ---- history.c ---------------------------------------------------------------------------------------- */

/* Writes one event; the first failure is kept until sw_event_end. */
struct sw_event_writer {
	struct sw_turn *turn;
	struct sw_branch *branch; /* that the event belongs to; its next one follows it. NULL: none */
	struct sw_history_event *event;
	enum sw_result result;
};
/* The next event of branch. */
struct sw_event_writer sw_event_next(struct sw_turn *turn, enum sw_history_type type,
				     struct sw_branch *branch);
/* An event that follows previous_id and that nothing follows on its own. */
struct sw_event_writer sw_event_after(struct sw_turn *turn, enum sw_history_type type, uint32_t previous_id);
void sw_event_text(struct sw_event_writer *writer, enum sw_history_field field,
		   const char *text); /* NULL: left out */
/* The same for a text of the machine or the execution: it is not copied. */
void sw_event_name(struct sw_event_writer *writer, enum sw_history_field field, const char *text);
void sw_event_value(struct sw_event_writer *writer, enum sw_history_field field, struct sw_value *value);
void sw_event_integer(struct sw_event_writer *writer, enum sw_history_field field, int64_t integer);
/* SW_OK, SW_ENOMEM, or SW_ECLOSED: there is no room for the event. */
enum sw_result sw_event_end(struct sw_event_writer *writer);

/* ---- effects.c ---------------------------------------------------------------------------------------- */

enum sw_result sw_effects_command(struct sw_effects *effects, enum sw_command_kind kind, uint32_t branch,
				  uint32_t attempt);
struct sw_history_event *sw_effects_event(struct sw_effects *effects); /* zeroed; NULL: out of memory */

/* ---- execution.c -------------------------------------------------------------------------------------- */

/* Is branch below the one of that number? */
bool sw_branch_is_below(const struct sw_execution *execution, const struct sw_branch *branch,
			uint32_t number);
/* Removes all branches below number (SW_NO_BRANCH: all there are) in one pass. */
enum sw_result sw_execution_remove_below(struct sw_execution *execution, uint32_t number);
/* They leave the queue, and stay. */
void sw_execution_unqueue_below(struct sw_execution *execution, uint32_t number);
struct sw_branch *
sw_execution_next_ready(struct sw_execution *execution); /* takes it off the queue; NULL: none */

/* ---- retry.c: failures -------------------------------------------------------------------------------- */

/* Puts a failure of the work in the turn. Error and cause may be NULL. SW_EQUERY, SW_ENOMEM. */
enum sw_result sw_turn_throw(struct sw_turn *turn, enum sw_thrower thrower, const char *error,
			     const char *cause);
/* A States.Runtime failure. SW_EQUERY, SW_ENOMEM. */
enum sw_result sw_turn_runtime(struct sw_turn *turn, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The value of an expression is not what the field at location (NULL: none is told) takes: a failure of the
 * evaluation, States.QueryEvaluationError. SW_EQUERY, SW_ENOMEM. */
enum sw_result sw_turn_query(struct sw_turn *turn, const char *location, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Carries out what is in the turn: Retry, Catch, the states around it, or the end of the execution. */
enum sw_result sw_step_throw(struct sw_turn *turn, struct sw_branch *branch);
/* SW_OK passes; SW_EQUERY is thrown at branch. */
enum sw_result sw_step_settle(struct sw_turn *turn, struct sw_branch *branch, enum sw_result result);

/* ---- join.c: Parallel and Map ------------------------------------------------------------------------- */

/* A child has ended well. */
enum sw_result sw_step_child_done(struct sw_turn *turn, struct sw_branch *child, struct sw_value *output);
/*
 * Ends all that runs below branch: cancels, ...Aborted events (not of branch `failed`), all of which follow
 * previous_id, the last event of what failed (measured on AWS: floci-io/floci, AslExecutorParallelCutTest). It is
 * held: when nobody deals with the failure the execution ends, and may be redriven.
 */
enum sw_result sw_step_stop_children(struct sw_turn *turn, struct sw_branch *branch, uint32_t failed,
				     uint32_t previous_id);
/* ...StateAborted of the state that branch is in, if its type has that event. */
enum sw_result sw_step_write_aborted(struct sw_turn *turn, const struct sw_branch *branch,
				     uint32_t previous_id);
/* Nobody needs the branches below any more. */
enum sw_result sw_step_remove_children(struct sw_turn *turn, struct sw_branch *branch);
/* The children are done and joined: leaves by Next or End. */
enum sw_result sw_step_leave_joined(struct sw_turn *turn, struct sw_branch *branch, struct sw_value *result);
/* The array of the children's outputs, in order of index. SW_EQUERY when it is too large. */
enum sw_result sw_step_collect(struct sw_turn *turn, struct sw_branch *branch, struct sw_value **ret_value);
/* Evaluates what a Map needs before its first iteration: branch->work, ->items, ->length, ->concurrency_max.
 */
enum sw_result sw_step_map_prepare(struct sw_turn *turn, struct sw_branch *branch);
/* The input of the iteration that is to be child, whose item is set, by ItemSelector. */
enum sw_result sw_step_map_select(struct sw_turn *turn, struct sw_branch *branch, struct sw_branch *child);
/* Starts iterations while there is room; the first follows previous_id. */
enum sw_result sw_step_map_fill(struct sw_turn *turn, struct sw_branch *branch, uint32_t previous_id);

/* ---- task.c ------------------------------------------------------------------------------------------- */

enum sw_result sw_step_task_event(struct sw_turn *turn, struct sw_branch *branch);

/* ---- data.c, context.c -------------------------------------------------------------------------------- */

/* One or more expressions evaluated for a branch. */
struct sw_evaluation {
	struct sw_query_env env;
	struct sw_turn *turn;
	const struct sw_branch *branch;    /* whose state, retry count, token and variables are seen */
	const struct sw_branch *iteration; /* the Map iteration that is seen; NULL: none */
	struct sw_place within;            /* what the fields are told to stand in */
	json_t *context;                   /* built at first need */
	uint32_t steps_left;               /* of all its expressions */
	bool failed;                       /* out of memory inside a callback */
};
void sw_evaluation_init(struct sw_evaluation *evaluation, struct sw_turn *turn,
			const struct sw_branch *branch);
void sw_evaluation_done(struct sw_evaluation *evaluation);
/* Sets $ (JSONPath) and $states.input (JSONata). */
enum sw_result sw_evaluation_input(struct sw_evaluation *evaluation, struct sw_value *input);
#define SW_PLACE_BYTES 48
/* A field as failures name it: "Choices[1]/Condition", or as it is. text is room for that. */
const char *sw_evaluation_place(const struct sw_evaluation *evaluation, const char *field,
				char text[SW_PLACE_BYTES]);
/* field: where the expression stands, for failures ("Condition"). */
enum sw_result sw_evaluate(struct sw_evaluation *evaluation, const struct sw_expr *expr, const char *field,
			   json_t **ret_tree);
/* Is the state written in JSONata? Values are then held to the types of their fields. */
static inline bool sw_evaluation_is_jsonata(const struct sw_evaluation *evaluation)
{
	return evaluation->branch->state->language == &sw_query_jsonata;
}
/* The same for a path field of a state: failures read "Invalid path '...' : ...". */
enum sw_result sw_evaluate_path(struct sw_evaluation *evaluation, const struct sw_expr *expr,
				const char *field, json_t **ret_tree);
enum sw_result sw_evaluate_template(struct sw_evaluation *evaluation, const struct sw_template *template,
				    const char *field, struct sw_value **ret_value);
/* InputPath, OutputPath, ItemsPath applied to value. */
enum sw_result sw_evaluate_field(struct sw_evaluation *evaluation, const struct sw_path_field *field,
				 struct sw_value *value, struct sw_value **ret_value);
/* A whole number from a literal or path. */
enum sw_result sw_evaluate_integer(struct sw_evaluation *evaluation, const struct sw_number_field *field,
				   int64_t *ret_number);
/* A whole number as Java's parseLong reads it: a sign and digits, nothing else. */
bool sw_read_integer(const char *text, int64_t *ret_number);
/* A value as failure texts show it: a string without quotes, else JSON. New; NULL: out of memory. */
char *sw_shown_text(const json_t *tree);

/* The state's input after InputPath, and what Parameters (or Arguments) make of that. */
enum sw_result sw_step_filtered_input(struct sw_evaluation *evaluation, struct sw_value **ret_value);
enum sw_result sw_step_parameters(struct sw_evaluation *evaluation, struct sw_value *filtered,
				  struct sw_value **ret_value);
/* Both at once; SW_EQUERY too when it is larger than a payload may be. */
enum sw_result sw_step_input(struct sw_turn *turn, struct sw_branch *branch, struct sw_value **ret_value);
/* SW_EQUERY (States.DataLimitExceeded) when value is larger than a payload may be; name: of the state or
 * resource. */
enum sw_result sw_step_check_size(struct sw_turn *turn, struct sw_value *value, const char *name);
/* The output of a state and its variables. *ret_assigned: what the event tells, NULL when nothing was
 * assigned. */
enum sw_result sw_step_output(struct sw_turn *turn, struct sw_branch *branch,
			      const struct sw_leaving *leaving, struct sw_value **ret_output,
			      struct sw_value **ret_assigned);
/* Output and variables of a Catch. */
enum sw_result sw_step_catch_output(struct sw_turn *turn, struct sw_branch *branch,
				    const struct sw_catcher *catcher, const struct sw_failure *failure,
				    struct sw_value **ret_output, struct sw_value **ret_assigned);

/* The context object: for struct sw_query_env. */
const json_t *sw_context_of(void *evaluation);

#endif
