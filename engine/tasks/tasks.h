/*
 * What a Task state can call: patterns over Resource, and the providers behind them (function handlers of the
 * host, commands of the operator; later http, activity, lambda, aws). The scheduler asks for a route and
 * dispatches; a provider completes through sw_task_succeed and sw_task_fail. Private to engine/.
 */
#ifndef SW_ENGINE_TASKS_TASKS_H
#define SW_ENGINE_TASKS_TASKS_H

#include "engine/engine.h"

/* ---- what a provider tells ------------------------------------------------------------------- */

enum sw_completion_kind {
	SW_COMPLETION_SUBMITTED,
	SW_COMPLETION_SUCCEEDED,
	SW_COMPLETION_FAILED,
	SW_COMPLETION_TIMED_OUT,
	SW_COMPLETION_HEARTBEAT
};

struct sw_completion {
	struct sw_completion *next;
	enum sw_completion_kind kind;
	uint64_t execution_id;
	uint32_t branch, attempt;
	char *output; /* own; JSON text, not yet checked */
	size_t output_len;
	char *error, *cause; /* own; may be NULL */
	struct sw_task
		*last_resort_of; /* not NULL: this is part of that task, to which it holds a reference */
};

/* ---- one attempt, made by the scheduler after its commit ------------------------------------- */

/*
 * Counted, because the handler and the scheduler both hold it; immutable but for provider_data and
 * last_resort. Any thread may read it. The public functions sw_task_* are implemented in task.c on top of
 * struct sw_inbox.
 */
struct sw_task {
	int references;         /* atomic */
	struct sw_inbox *inbox; /* where completions go; counted, so that it outlives the engine */
	uint64_t execution_id;
	uint32_t branch, attempt, retry_count;
	uint8_t token_random[16];
	char *resource, *input, *token, *idempotency_key, *execution_arn, *state_name;
	size_t input_len;
	bool redelivery;
	int64_t timeout_ms;     /* from now until the attempt's TimeoutSeconds; SW_NEVER: none */
	struct sw_route *route; /* borrowed from the routes */
	/* Completes the attempt (failed, without texts) when there is no memory to do it. Zeroed at first. */
	struct sw_completion last_resort;
	bool last_resort_used; /* atomic */
	void *provider_data;   /* the provider's, between start and its end */
};
struct sw_task *sw_task_ref(struct sw_task *task);
void sw_task_unref(struct sw_task *task);
/* Like sw_task_fail with States.Timeout, told as a time-out. Takes the task; cause may be NULL. */
enum sw_result sw_task_time_out(struct sw_task *task, const char *cause);

/* ---- completions from any thread ------------------------------------------------------------- */

void sw_completion_free(struct sw_completion *completion);

/* A locked queue and an eventfd that the engine watches. Counted. */
struct sw_inbox;
enum sw_result sw_inbox_new(struct sw_inbox **ret_inbox, struct sw_error *err);
struct sw_inbox *sw_inbox_ref(struct sw_inbox *inbox);
void sw_inbox_unref(struct sw_inbox *inbox);
int sw_inbox_fd(const struct sw_inbox *inbox); /* readable while there is something in it */
/* Takes completion. SW_ECLOSED (it is freed) after close. Any thread. */
enum sw_result sw_inbox_post(struct sw_inbox *inbox, struct sw_completion *completion);
/* Takes all, oldest first (a list by next); NULL when empty. Clears the descriptor. */
struct sw_completion *sw_inbox_take(struct sw_inbox *inbox);
void sw_inbox_close(struct sw_inbox *inbox);

/* ---- routes and providers -------------------------------------------------------------------- */

struct sw_route;
struct sw_provider_ops {
	/* Starts the attempt; takes the reference given to it. Failures are told through sw_task_fail, never
	 * here. */
	void (*start)(struct sw_route *route, struct sw_task *task);
	/* Nobody waits any more: end it. Completions that come all the same are ignored by the engine. */
	void (*cancel)(struct sw_route *route, struct sw_task *task);
	void (*free)(struct sw_route *route);
};
enum sw_redelivery {
	SW_REDELIVER,
	SW_REDELIVER_FAIL /* after a crash the attempt fails with Stepwell.Interrupted */
};
struct sw_route {
	char *pattern;
	const struct sw_provider_ops *ops;
	void *data; /* the provider's */
	enum sw_redelivery redelivery;
	int64_t timeout_ms; /* default when the state has none; SW_NEVER: none */
	uint32_t users;     /* tasks of this route that the scheduler holds */
};

/* '*' matches any run of characters; everything else itself. Linear time. */
bool sw_pattern_matches(const char *pattern, const char *text);

struct sw_routes;
enum sw_result sw_routes_new(struct sw_routes **ret_routes);
void sw_routes_free(struct sw_routes *routes);
/*
 * Functions of the host come before the resources file; of each, the longest literal prefix wins, then the
 * one that was added first. Takes route.
 */
enum sw_result sw_routes_add(struct sw_routes *routes, struct sw_route *route, bool from_host);
/*
 * The routes that do not come from the host are replaced by those of fresh, which is empty afterwards. Tasks may
 * still run by the old ones: these stay until they have no users and routes are replaced again. SW_ENOMEM: nothing
 * has changed.
 */
enum sw_result sw_routes_replace(struct sw_routes *routes, struct sw_routes *fresh);
struct sw_route *sw_routes_find(const struct sw_routes *routes, const char *resource); /* NULL: not mapped */

/* A route to a handler of the host. `function:NAME` in a definition is matched like any other resource. */
enum sw_result sw_function_route_new(const char *pattern, sw_task_fn *handler, sw_task_fn *cancel, void *user,
				     struct sw_route **ret_route);

/* ---- the resources file and commands --------------------------------------------------------- */

struct sw_commands_provider; /* the helper process, and all command routes */
struct sw_commands_options {
	const struct sw_loop *loop;
	const char *helper_path;    /* NULL: STEPWELL_LIBEXECDIR "/stepwell-helper" */
	const char *directory;      /* of relative paths in argv[0] and cwd; NULL: the current directory */
	const char *lock_directory; /* the data directory; the helper holds HELPER.LOCK in it until every
				       group has ended; NULL: none */
	struct sw_limits limits;
	struct sw_log log;
};
enum sw_result sw_commands_provider_new(const struct sw_commands_options *options,
					struct sw_commands_provider **ret_provider, struct sw_error *err);
/* Ends every process group and the helper; NULL allowed. Routes must not be used afterwards. */
void sw_commands_provider_free(struct sw_commands_provider *provider);
/* How many command tasks run or queue. */
uint32_t sw_commands_provider_busy(const struct sw_commands_provider *provider);
/*
 * True while processes of an earlier owner of lock_directory still run: nothing may be redelivered yet. The
 * engine asks again after a moment.
 */
bool sw_commands_provider_old_helper(struct sw_commands_provider *provider);

/*
 * Reads a resources file and adds its routes. {"resources": {PATTERN: {"command": [ARGV...],
 * "timeoutSeconds": N, "maxConcurrency": N, "redelivery": "again"|"fail", "environment": {..},
 * "workingDirectory": ".."}}}; unknown members are mistakes. SW_EDEFINITION with line, column and pointer.
 * docs/resources.md is its page.
 */
enum sw_result sw_resources_load(const char *text, size_t len, struct sw_commands_provider *provider,
				 struct sw_routes *routes, struct sw_error *err);

/* ---- mocks: the configuration format of Step Functions Local --------------------------------- */

struct sw_mocks;
enum sw_result sw_mocks_new(const char *text, size_t len, struct sw_mocks **ret_mocks, struct sw_error *err);
void sw_mocks_free(struct sw_mocks *mocks);
/* SW_OK, or SW_ENOENT when the machine has no such test case. */
enum sw_result sw_mocks_check(const struct sw_mocks *mocks, const char *machine, const char *test_case);
struct sw_mock {
	const char *output; /* JSON text; NULL: it throws */
	size_t output_len;
	const char *error, *cause; /* of a throw; NULL allowed */
};
/*
 * What the state's invocation (from 0) answers, borrowed: SW_OK; SW_ENOENT: the state is not mocked in this
 * case (it runs for real); SW_ELIMIT: it is, but not for this invocation (the task fails).
 */
enum sw_result sw_mocks_find(const struct sw_mocks *mocks, const char *machine, const char *test_case,
			     const char *state, uint32_t invocation, struct sw_mock *ret_mock);

#endif
