/* TestState: what may be asked, and what the pure core makes of it. */
#include "engine/keys.h"
#include "engine/test_state_internal.h"

#include <string.h>
#include <time.h>

/* AWS's name of a state that is given without one. */
#define STATE_NAME "StateName"

struct test {
	const struct sw_test_state_params *params;
	struct sw_error *err;
	struct sw_machine *machine;
	const struct sw_state *state;
	struct sw_value *input, *variables, *context, *result, *items;
	bool items_pointed;
	struct sw_execution *execution;
};

static enum sw_result refuse(const struct test *test, const char *text)
{
	return sw_error_set(test->err, SW_EINVAL, "%s", text);
}

/* ---- the request -------------------------------------------------------------------------------------- */

/* "TestState does not support MapIterationFailureCount when a mock is not specified." is recorded. */
static enum sw_result check_without_mock(const struct test *test)
{
	const struct sw_test_state_params *params = test->params;
	const struct {
		bool given;
		const char *name;
	} members[] = {
		{params->context, "Context"},
		{params->map_iteration_failure_count >= 0, "MapIterationFailureCount"},
		{params->retrier_retry_count >= 0, "RetrierRetryCount"},
		{params->error_caused_by_state, "ErrorCausedByState"},
		{params->map_item_reader_data, "MapItemReaderData"},
	};
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (members[i].given)
			return sw_error_set(test->err, SW_EINVAL,
					    "TestState does not support %s when a mock is not specified.",
					    members[i].name);
	}
	return SW_OK;
}

static enum sw_result check_request(const struct test *test)
{
	const struct sw_test_state_params *params = test->params;
	if (!params->mocked)
		return check_without_mock(test);
	if (params->reveal_secrets)
		return refuse(test, "TestState does not support RevealSecrets when a mock is specified.");
	if (!params->mock_result == !params->mock_fails)
		return refuse(test, "A test mock should have only one of the following fields: [result, "
				    "errorOutput].");
	if (params->mock_fails && !params->mock_error)
		return refuse(test, "The errorOutput of a mock must have the field error.");
	if (params->retrier_retry_count > INT32_MAX || params->map_iteration_failure_count > INT32_MAX)
		return refuse(test, "A count of the stateConfiguration is too large.");
	return SW_OK;
}

/* ---- the state ---------------------------------------------------------------------------------------- */

static const struct sw_state *state_of_name(const struct sw_machine *machine, const char *name)
{
	for (uint32_t i = 0; i < machine->states_count; i++) {
		if (strcmp(machine->states[i].name, name) == 0)
			return &machine->states[i];
	}
	return NULL;
}

static enum sw_result find_state(struct test *test, struct sw_findings **ret_findings)
{
	const struct sw_test_state_params *params = test->params;
	const char *name = params->state_name;
	enum sw_result r;
	if (name)
		r = sw_machine_compile(params->definition, params->definition_len, &test->machine,
				       ret_findings, test->err);
	else
		r = sw_machine_compile_state(params->definition, params->definition_len, STATE_NAME,
					     &test->machine, ret_findings, test->err);
	if (r < 0)
		return r;
	test->state = name ? state_of_name(test->machine, name) : test->machine->flow.start;
	return test->state ? SW_OK : refuse(test, "State not found in definition");
}

/* "TestState only supports the following when a mock is specified: Activity tasks, .sync or .waitForTaskToken
 * service integration patterns, Parallel, or Map states." */
static enum sw_result check_unmocked(const struct test *test)
{
	const struct sw_state *state = test->state;
	if (state->type == SW_STATE_MAP || state->type == SW_STATE_PARALLEL)
		return sw_error_set(test->err, SW_EDEFINITION,
				    "TestState API does not support Map or Parallel states. Supported state "
				    "types include: [Task, Wait, Pass, Succeed, Fail, Choice]");
	if (state->type != SW_STATE_TASK)
		return SW_OK;
	if (!test->params->role_arn)
		return refuse(test, "RoleArn must be specified when testing a Task state");
	return refuse(test, "TestState calls no resources here: specify a mock when testing a Task state");
}

/* Is there a state of that name inside of it? */
static bool holds(const struct test *test, const char *name)
{
	for (uint32_t i = 0; i < test->machine->states_count; i++) {
		const struct sw_state *state = &test->machine->states[i];
		if (strcmp(state->name, name) != 0)
			continue;
		while (state && state != test->state)
			state = state->flow->owner;
		if (state && strcmp(state->name, name) != 0)
			return true;
	}
	return false;
}

static enum sw_result check_state(const struct test *test)
{
	const struct sw_state *state = test->state;
	const char *origin = test->params->error_caused_by_state;
	bool outer = state->type == SW_STATE_MAP || state->type == SW_STATE_PARALLEL;
	if (!test->params->mocked)
		return check_unmocked(test);
	if (!outer && state->type != SW_STATE_TASK)
		return sw_error_set(test->err, SW_EINVAL,
				    "State type '%s' is not supported when a mock is specified",
				    sw_state_type_name(state->type));
	if (outer && origin && !holds(test, origin))
		return sw_error_set(test->err, SW_EINVAL, "State '%.320s' not found in the %s state", origin,
				    sw_state_type_name(state->type));
	return SW_OK;
}

/* ---- values ------------------------------------------------------------------------------------------- */

/* text must be JSON, of that type when it is not JSON_NULL. */
static enum sw_result read_value(const struct test *test, const char *text, size_t len, json_type type,
				 const char *mistake, struct sw_value **ret_value)
{
	const json_t *tree;
	if (!text)
		return SW_OK;
	enum sw_result r = sw_value_from_text(text, len, ret_value, NULL);
	if (r == SW_EJSON)
		return refuse(test, mistake);
	if (r < 0 || type == JSON_NULL)
		return r;
	r = sw_value_tree(*ret_value, &tree);
	return r == SW_OK && json_typeof(tree) != type ? refuse(test, mistake) : r;
}

static enum sw_result read_input(struct test *test)
{
	const struct sw_test_state_params *params = test->params;
	if (!params->input) {
		test->input = sw_value_from_checked("{}", 2);
		return test->input ? SW_OK : SW_ENOMEM;
	}
	if (params->input_len > SW_PAYLOAD_BYTES_MAX)
		return sw_error_set(test->err, SW_ELIMIT, "the input is longer than %d bytes",
				    SW_PAYLOAD_BYTES_MAX);
	struct sw_error mistake = {0};
	enum sw_result r = sw_value_from_text(params->input, params->input_len, &test->input, &mistake);
	return r == SW_EJSON ? sw_error_set(test->err, SW_EINPUT, "%s", mistake.text) : r;
}

static enum sw_result check_context(const struct test *test)
{
	const json_t *context;
	if (!test->context)
		return SW_OK;
	enum sw_result r = sw_value_tree(test->context, &context);
	return r < 0 ? r : sw_test_context_check(test->state, context, test->err);
}

/* "The data read by ItemReader in Distributed Map states as found in its original source" */
static enum sw_result read_items(struct test *test)
{
	const struct sw_test_state_params *params = test->params;
	if (!params->map_item_reader_data || test->state->type != SW_STATE_MAP)
		return SW_OK;
	return sw_test_items_read(test->state->as.map.item_reader, params->map_item_reader_data,
				  params->map_item_reader_data_len, &test->items, &test->items_pointed,
				  test->err);
}

static enum sw_result read_values(struct test *test)
{
	const struct sw_test_state_params *params = test->params;
	enum sw_result r = read_input(test);
	if (r == SW_OK)
		r = read_value(test, params->variables, params->variables_len, JSON_OBJECT,
			       "Variables must be a valid JSON object", &test->variables);
	if (r == SW_OK)
		r = read_value(test, params->context, params->context_len, JSON_OBJECT,
			       "Invalid Context object provided: Context must be a valid JSON object",
			       &test->context);
	if (r == SW_OK)
		r = check_context(test);
	return r < 0 ? r : read_items(test);
}

/* ---- the mock ----------------------------------------------------------------------------------------- */

static const char count_too_large[] =
	"Map iteration failure count must be less than or equal to the number of Map iterations";

static enum sw_result check_map_result(const struct test *test, const json_t *result)
{
	bool written = test->state->as.map.result_writer != NULL;
	if (written && !json_is_object(result))
		return refuse(test, "Mocked result must be a JSON object.");
	if (!written && !json_is_array(result))
		return refuse(test, "Mocked result must be an array.");
	int64_t failures = test->params->map_iteration_failure_count;
	if (!written && failures >= 0 && (uint64_t)failures > json_array_size(result))
		return refuse(test, count_too_large);
	return SW_OK;
}

static enum sw_result check_parallel_result(const struct test *test, const json_t *result)
{
	if (!json_is_array(result))
		return refuse(test, "Mocked result must be an array.");
	if (json_array_size(result) != test->state->as.parallel.branches_count)
		return refuse(test, "Mocked result must contain the same number of items as number of "
				    "Parallel branches.");
	return SW_OK;
}

static enum sw_result read_mock(struct test *test)
{
	const struct sw_test_state_params *params = test->params;
	const json_t *result;
	if (!params->mock_result)
		return SW_OK;
	enum sw_result r = read_value(test, params->mock_result, params->mock_result_len, JSON_NULL,
				      "Mocked result must be valid JSON", &test->result);
	if (r == SW_OK)
		r = sw_value_tree(test->result, &result);
	if (r < 0)
		return r;
	switch (test->state->type) {
	case SW_STATE_MAP:
		return check_map_result(test, result);
	case SW_STATE_PARALLEL:
		return check_parallel_result(test, result);
	default:
		return sw_mock_check(&test->state->as.task, result, params->validation, test->err);
	}
}

/* ---- the trial ---------------------------------------------------------------------------------------- */

/* A name that looks like those AWS makes up. */
static void make_name(struct sw_rng *rng, int64_t now_ms, char text[37])
{
	uint64_t bits = sw_rng_next(rng);
	uint8_t random[8];
	memcpy(random, &bits, sizeof(random));
	sw_id_name(sw_id_next(bits & 0x3FFF, now_ms, 0), random, text);
}

/* Recorded: the ARN is one of an express execution without an id of its own. */
static enum sw_result make_execution(struct test *test, int64_t now_ms, uint64_t seed)
{
	const char *region = test->params->region ? test->params->region : "us-east-1";
	const char *account = test->params->account ? test->params->account : "123456789012";
	char name[37], machine[37];
	struct sw_rng rng = sw_rng(seed);
	enum sw_result r = sw_execution_new(test->machine, 0, &test->execution);
	if (r < 0)
		return r;
	struct sw_execution *execution = test->execution;
	make_name(&rng, now_ms, name);
	make_name(&rng, now_ms, machine);
	execution->name = sw_strdup(name);
	execution->machine_name = sw_strdup(machine);
	execution->arn = sw_asprintf("arn:aws:states:%s:%s:express:%s:%s", region, account, machine, name);
	execution->machine_arn =
		sw_asprintf("arn:aws:states:%s:%s:stateMachine:%s", region, account, machine);
	execution->region = sw_strdup(region);
	execution->input = sw_value_ref(test->input);
	if (test->params->role_arn)
		execution->role_arn = sw_strdup(test->params->role_arn);
	if (!execution->name || !execution->machine_name || !execution->arn || !execution->machine_arn ||
	    !execution->region || (test->params->role_arn && !execution->role_arn))
		return SW_ENOMEM;
	return SW_OK;
}

static int64_t clock_ms(void)
{
	struct timespec now;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return 0;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* "When testing a state within a Map state ... without providing a context parameter, ... $$.Map.Item.Index = 0
 * (first iteration), $$.Map.Item.Value = your input value" */
static bool is_inside_of_map(const struct sw_state *state)
{
	for (state = state->flow->owner; state; state = state->flow->owner) {
		if (state->type == SW_STATE_MAP)
			return true;
	}
	return false;
}

static enum sw_result make_trial(const struct test *test, struct sw_trial *trial)
{
	const struct sw_test_state_params *params = test->params;
	*trial = (struct sw_trial){
		.state = test->state,
		.shown_name = STATE_NAME,
		.input = test->input,
		.item = !test->context && is_inside_of_map(test->state) ? test->input : NULL,
		.variables = test->variables,
		.result = test->result,
		.error = params->mock_error,
		.cause = params->mock_cause,
		.items = test->items,
		.items_pointed = test->items_pointed,
		.counts_failures = params->map_iteration_failure_count >= 0,
	};
	if (params->retrier_retry_count > 0)
		trial->retry_count = (uint32_t)params->retrier_retry_count;
	if (trial->counts_failures)
		trial->failures = (uint32_t)params->map_iteration_failure_count;
	return test->context ? sw_value_tree(test->context, &trial->context) : SW_OK;
}

static enum sw_result run(struct test *test, char **ret_text)
{
	const struct sw_test_state_params *params = test->params;
	int64_t now_ms = params->now_ms ? params->now_ms : clock_ms();
	uint64_t seed = params->seed;
	struct sw_inspection inspection = {0};
	struct sw_trial trial;
	enum sw_result r = make_trial(test, &trial);
	if (r == SW_OK && seed == 0)
		r = sw_entropy(&seed, sizeof(seed));
	if (r == SW_OK)
		r = make_execution(test, now_ms, seed);
	if (r == SW_OK)
		r = sw_step_inspect(test->execution, &trial, now_ms, seed, &inspection);
	/* "cannot exceed the number of items in the input", which is known only now */
	if (r == SW_OK && trial.counts_failures && inspection.has_length &&
	    trial.failures > inspection.length)
		r = refuse(test, count_too_large);
	if (r == SW_OK)
		r = sw_inspection_print(&inspection, params->level, ret_text);
	sw_inspection_done(&inspection);
	return r;
}

static void test_done(struct test *test)
{
	sw_execution_free(test->execution);
	sw_value_unref(test->input);
	sw_value_unref(test->variables);
	sw_value_unref(test->context);
	sw_value_unref(test->result);
	sw_value_unref(test->items);
	sw_machine_unref(test->machine);
}

enum sw_result sw_test_state(const struct sw_test_state_params *params, char **ret_text,
			     struct sw_findings **ret_findings, struct sw_error *err)
{
	struct test test = {.params = params, .err = err};
	struct sw_findings *findings = NULL;
	enum sw_result r = check_request(&test);
	if (r == SW_OK)
		r = find_state(&test, &findings);
	bool unsound = r == SW_EDEFINITION;
	if (r == SW_OK)
		r = check_state(&test);
	if (r == SW_OK)
		r = read_mock(&test);
	if (r == SW_OK)
		r = read_values(&test);
	if (r == SW_OK)
		r = run(&test, ret_text);
	test_done(&test);
	if (ret_findings)
		*ret_findings = unsound ? findings : NULL;
	if (!ret_findings || !unsound)
		sw_findings_free(findings);
	if (r == SW_ENOMEM)
		sw_error_set(err, SW_ENOMEM, "out of memory");
	return r;
}
