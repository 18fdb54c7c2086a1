/*
 * Allocation i of a story fails, for i = 1, 2, 3... until a run in which none did: a step without memory says
 * so, and what it leaves can be freed. Linked with --wrap for the functions of libc; jansson is given the
 * same ones.
 */
#include "tests/lib/failing_malloc.h"
#include "tests/unit/step/check.h"

#include <stdlib.h>

/* One step in which allocation `nth` fails, counted from the story's beginning. */
static enum sw_result step_once(struct world *world, struct sw_event event, long *nth)
{
	event.now_ms = world->now_ms;
	event.seed = world->seed++;
	sw_effects_reset(&world->effects);
	failing_malloc_go_on(*nth);
	enum sw_result r = sw_step(world->execution, &event, &world->effects);
	*nth = failing_malloc_pause();
	world->execution->removed_count = 0;
	return r;
}

static const char *const definition =
	"{\"StartAt\":\"V\",\"States\":{\"V\":{\"Type\":\"Pass\",\"Assign\":{\"x.$\":\"$[0]\"},\"Next\":"
	"\"P\"},"
	"\"P\":{\"Type\":\"Parallel\",\"ResultPath\":null,\"Retry\":[{\"ErrorEquals\":[\"E\"],"
	"\"MaxAttempts\":1}],"
	"\"Catch\":[{\"ErrorEquals\":[\"E\"],\"ResultPath\":\"$[1].e\",\"Next\":\"Z\"}],\"Branches\":["
	"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":2,"
	"\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value\",\"x.$\":\"$x\"},\"ItemProcessor\":{\"StartAt\":"
	"\"I\",\"States\":{"
	"\"I\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\","
	"\"TimeoutSeconds\":9,"
	"\"Parameters\":{\"t.$\":\"$$.Task.Token\"},\"ResultSelector\":{\"r.$\":\"$\"},\"End\":true}}},"
	"\"End\":true}}},"
	"{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$[0]\","
	"\"NumericEquals\":1,"
	"\"Next\":\"W\"}],\"Default\":\"F\"},\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":\"F\"},"
	"\"F\":{\"Type\":\"Fail\",\"Error\":\"E\"}}}],\"End\":true},\"Z\":{\"Type\":\"Succeed\"}}}";

/* Sends what the execution waits for. */
static struct sw_event next_event(struct world *world)
{
	const struct sw_execution *execution = world->execution;
	for (uint32_t i = 0; i < execution->branches_count; i++) {
		const struct sw_branch *branch = execution->branches[i];
		if (branch->wait == SW_BRANCH_TASK && branch->index == 0)
			return (struct sw_event){.kind = SW_EVENT_TASK_SUCCEEDED,
						 .branch = branch->number,
						 .attempt = branch->attempt,
						 .output = execution->input};
	}
	world->now_ms = sw_execution_due_ms(execution);
	for (uint32_t i = 0; i < execution->branches_count; i++) {
		if (execution->branches[i]->due_ms <= world->now_ms)
			return (struct sw_event){.kind = SW_EVENT_TIMER,
						 .branch = execution->branches[i]->number};
	}
	return (struct sw_event){.kind = SW_EVENT_STOP};
}

static enum sw_result tell_story(struct world *world, long nth)
{
	const struct sw_execution *execution = world->execution;
	enum sw_result r = step_once(world, (struct sw_event){.kind = SW_EVENT_START}, &nth);
	for (int i = 0; i < 50 && r == SW_OK; i++) {
		if (execution->status == SW_STATUS_RUNNING)
			r = step_once(world, next_event(world), &nth);
		else if (sw_execution_is_redrivable(execution) && execution->redrive_count < 2)
			r = step_once(world, (struct sw_event){.kind = SW_EVENT_REDRIVE}, &nth);
		else
			break;
	}
	return r;
}

/* It fails whenever its Wait is over, and is redriven. */
static const char *const failing =
	"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":["
	"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":1,\"ItemProcessor\":{"
	"\"StartAt\":"
	"\"I\",\"States\":{\"I\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sqs:sendMessage\","
	"\"End\":true}}},"
	"\"End\":true}}},"
	"{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":\"F\"},"
	"\"F\":{\"Type\":\"Fail\",\"Error\":\"E\"}}}]}}}";

static void sweep(const char *text, enum sw_status status)
{
	bool quiet = false;
	int failures = 0;
	for (long nth = 1; !quiet; nth++) {
		struct world *world = world_new(text, strlen(text), NULL);
		assert_non_null(world);
		world->execution->input = sw_value_from_checked("[1,{\"b\":2}]", 11);
		failing_malloc_begin(0, 1);
		enum sw_result r = tell_story(world, nth);
		bool struck = failing_malloc_end() > 0;
		quiet = !struck;
		/* What looks at a size may be asked again: such a failure goes unnoticed and does no harm. */
		if (r != SW_OK)
			assert_int_equal(r, SW_ENOMEM);
		else
			assert_int_equal(world->execution->status, status);
		assert_true(struck || r == SW_OK);
		failures += r == SW_ENOMEM;
		world_free(world);
		assert_in_range(nth, 1, 20000);
	}
	assert_in_range(failures, 20, 20000);
}

static void a_step_without_memory_says_so_and_leaves_nothing_behind(void **state)
{
	(void)state;
	sweep(definition, SW_STATUS_SUCCEEDED);
}

static void a_redrive_without_memory_says_so_and_leaves_nothing_behind(void **state)
{
	(void)state;
	sweep(failing, SW_STATUS_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_without_memory_says_so_and_leaves_nothing_behind),
		cmocka_unit_test(a_redrive_without_memory_says_so_and_leaves_nothing_behind),
	};
	json_set_alloc_funcs(__wrap_malloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
