/*
 * Random stories over one machine that has everything nested in everything: after each step all that must
 * hold of an execution is checked. A failure names its seed.
 */
#include "tests/unit/step/check.h"

#define STORIES 400
#define TASK(name, fields)                                                                                 \
	"\"" name                                                                                          \
	"\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\"," fields \
	"\"End\":true}"

static const char *const definition =
	"{\"StartAt\":\"P\",\"TimeoutSeconds\":4000,\"States\":{\"P\":{\"Type\":\"Parallel\","
	"\"Branches\":["
	"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":3,"
	"\"ItemProcessor\":{\"StartAt\":\"Q\","
	"\"States\":{\"Q\":{\"Type\":\"Parallel\",\"Branches\":["
	"{\"StartAt\":\"A\",\"States\":{" TASK(
		"A", "\"TimeoutSeconds\":50,\"HeartbeatSeconds\":20,"
		     "\"Retry\":[{\"ErrorEquals\":[\"E\",\"States.Timeout\"],\"JitterStrategy\":\"FULL\"}]"
		     ",") "}},"
			  "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":10,\"End\":"
			  "true}}}],"
			  "\"Retry\":[{\"ErrorEquals\":[\"F\"]}],\"Catch\":[{\"ErrorEquals\":[\"G\"],"
			  "\"Next\":\"R\"}],\"End\":true},"
			  "\"R\":{\"Type\":\"Pass\",\"End\":true}}},"
			  "\"Retry\":[{\"ErrorEquals\":[\"E\"],\"MaxAttempts\":1}],\"End\":true}}},"
			  "{\"StartAt\":\"B\",\"States\":{" TASK(
				  "B", "") "}}],"
					   "\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"],\"MaxAttempts\":"
					   "2}],\"End\":true}}}";

struct story {
	struct world *world;
	struct sw_rng rng;
	uint32_t told;       /* completions that were accepted */
	uint32_t checked_id; /* events seen */
};

static void check_events(struct story *story)
{
	const struct world *world = story->world;
	for (uint32_t i = story->checked_id; i < world->events_count; i++) {
		assert_int_equal(world->events[i].id, i + 1);
		assert_true(world->events[i].previous_id <= i);
		assert_true(world->events[i].time_ms <= world->now_ms);
	}
	story->checked_id = world->events_count;
}

static void check_branch(const struct sw_execution *execution, const struct sw_branch *branch)
{
	uint32_t running = 0, finished = 0;
	const struct sw_branch *parent = sw_execution_branch(execution, branch->parent);
	bool timed = branch->wait == SW_BRANCH_TIMER || branch->wait == SW_BRANCH_RETRY ||
		     branch->wait == SW_BRANCH_TASK;
	assert_true(branch->due_ms == SW_NEVER || timed);
	assert_true(branch->number == 0 ? branch->parent == SW_NO_BRANCH : parent != NULL);
	if (parent)
		assert_true(sw_branch_may_have_children(parent) && parent->number < branch->number);
	bool ended = execution->status != SW_STATUS_RUNNING;
	assert_true(branch->wait == SW_BRANCH_HELD ? ended : !ended || branch->wait == SW_BRANCH_DONE);
	/* What a redrive does not need is not kept. */
	assert_true(branch->wait != SW_BRANCH_HELD || (!branch->retrier_counts && !branch->failure.error));
	for (uint32_t i = 0; i < execution->branches_count; i++) {
		if (execution->branches[i]->parent != branch->number)
			continue;
		running += execution->branches[i]->wait != SW_BRANCH_DONE;
		finished += execution->branches[i]->wait == SW_BRANCH_DONE;
	}
	assert_int_equal(branch->running, running);
	assert_int_equal(branch->finished, finished);
	assert_true(branch->running + branch->finished <= branch->length || branch->length == 0);
	/* The turn went on until everyone waits. */
	assert_true(branch->wait != SW_BRANCH_READY && !branch->queued);
}

static void check(struct story *story)
{
	const struct world *world = story->world;
	const struct sw_execution *execution = world->execution;
	uint32_t out = 0;
	check_events(story);
	for (uint32_t i = 0; i < execution->branches_count; i++) {
		check_branch(execution, execution->branches[i]);
		out += execution->branches[i]->wait == SW_BRANCH_TASK;
		if (i > 0)
			assert_true(execution->branches[i - 1]->number < execution->branches[i]->number);
	}
	assert_int_equal(execution->ready_first, SW_NO_BRANCH);
	/* Every attempt that was handed out was completed, cancelled, or is out. */
	assert_int_equal(world_count(world, SW_COMMAND_DISPATCH),
			 story->told + world_count(world, SW_COMMAND_CANCEL) + out);
	assert_int_equal(world_count(world, SW_COMMAND_FINISH),
			 execution->redrive_count + (execution->status != SW_STATUS_RUNNING));
	if (execution->status == SW_STATUS_RUNNING)
		assert_true(execution->branches_count > 0 && execution->stop_ms == 0);
	else
		assert_true(execution->status == SW_STATUS_SUCCEEDED ? execution->branches_count == 0
								     : sw_execution_is_redrivable(execution));
}

/* An attempt that is out, or was. */
static struct sw_command any_attempt(struct story *story)
{
	const struct world *world = story->world;
	struct sw_command command;
	do {
		command = world->commands[sw_rng_below(&story->rng, world->commands_count)];
	} while (command.kind != SW_COMMAND_DISPATCH);
	return command;
}

static void act(struct story *story)
{
	static const char *const errors[] = {"E", "F", "G", "H", "States.Runtime"};
	struct world *world = story->world;
	struct sw_command attempt = any_attempt(story);
	enum sw_result r = SW_OK;
	switch (sw_rng_below(&story->rng, 12)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		r = world_succeed(world, attempt.branch, attempt.attempt, "{\"ok\":true}");
		story->told += r == SW_OK;
		break;
	case 5:
	case 6:
		/* The worst error is rare. */
		r = world_fail(world, attempt.branch, attempt.attempt,
			       errors[sw_rng_below(&story->rng, sw_rng_below(&story->rng, 9) ? 4 : 5)],
			       "why");
		story->told += r == SW_OK;
		break;
	case 7:
		r = world_send(world, (struct sw_event){.kind = SW_EVENT_TASK_HEARTBEAT,
							.branch = attempt.branch,
							.attempt = attempt.attempt});
		break;
	case 8:
		r = world_send(world, (struct sw_event){.kind = SW_EVENT_TASK_SUBMITTED,
							.branch = attempt.branch,
							.attempt = attempt.attempt});
		break;
	case 9:
		if (sw_rng_below(&story->rng, 50) == 0)
			r = world_send(world, (struct sw_event){.kind = SW_EVENT_STOP});
		break;
	default:
		r = world_advance(world, world->now_ms + (int64_t)sw_rng_below(&story->rng, 15000));
	}
	assert_true(r == SW_OK || r == SW_ENOENT || r == SW_ETIMEDOUT);
}

static uint64_t last_seed;

static int name_seed(void **state)
{
	print_message("last seed: %llu\n", (unsigned long long)last_seed);
	return 0;
}

static void what_must_hold_holds_after_every_step(void **state)
{
	uint32_t ended[6] = {0}, redriven = 0;
	for (uint64_t seed = 1; seed <= STORIES; seed++) {
		struct story story = {.rng = sw_rng(seed)};
		last_seed = seed;
		story.world = world_new(definition, strlen(definition), NULL);
		assert_non_null(story.world);
		story.world->seed = seed * 1000000;
		assert_int_equal(world_start(story.world, "[1,2,3,4,5]"), SW_OK);
		check(&story);
		for (int i = 0; i < 2000 && story.world->execution->status == SW_STATUS_RUNNING; i++) {
			act(&story);
			check(&story);
			if (story.world->execution->status == SW_STATUS_RUNNING ||
			    story.world->execution->status == SW_STATUS_SUCCEEDED ||
			    story.world->execution->redrive_count == 4 || sw_rng_below(&story.rng, 3) == 0)
				continue;
			assert_int_equal(world_send(story.world, (struct sw_event){.kind = SW_EVENT_REDRIVE}),
					 SW_OK);
			check(&story);
			redriven++;
		}
		ended[story.world->execution->status]++;
		world_free(story.world);
	}
	/* The stories are not all alike. */
	assert_int_equal(ended[SW_STATUS_RUNNING], 0);
	assert_true(ended[SW_STATUS_SUCCEEDED] > 0 && ended[SW_STATUS_FAILED] > 0 &&
		    ended[SW_STATUS_ABORTED] > 0 && redriven > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_must_hold_holds_after_every_step, name_seed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
