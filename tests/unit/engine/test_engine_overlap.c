/* The loop and the commit thread: who waits for whom. A store whose commits wait for the test stands between them. */
#include "engine_world.h"

#include <poll.h>
#include <semaphore.h>

#define PASS "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"

struct gate {
	struct sw_store base;
	struct sw_store *inner;
	sem_t open; /* so many commits may go through */
};

static enum sw_result gate_commit(struct sw_store *store, const struct sw_batch *batch, struct sw_error *err)
{
	struct gate *gate = (struct gate *)store;
	while (sem_wait(&gate->open) != 0)
		continue;
	return sw_store_commit(gate->inner, batch, err);
}

static enum sw_result gate_begin(struct sw_store *store, struct sw_snapshot **ret_snapshot,
				 struct sw_error *err)
{
	return sw_store_begin(((struct gate *)store)->inner, ret_snapshot, err);
}

static void gate_stats(struct sw_store *store, struct sw_store_stats *ret_stats)
{
	sw_store_stats(((struct gate *)store)->inner, ret_stats);
}

static const struct sw_store_ops gate_ops = {.commit = gate_commit, .begin = gate_begin, .stats = gate_stats};

/* What the engine was doing when a start was answered. */
struct answer {
	struct sw_engine *engine;
	unsigned calls;
	bool next_is_on_its_way;
	uint64_t committed;
};

static void note_answer(void *user, enum sw_result result, const struct sw_reply *reply,
			const struct sw_error *err)
{
	struct answer *answer = user;
	(void)reply;
	(void)err;
	assert_int_equal(result, SW_OK);
	answer->calls++;
	answer->next_is_on_its_way = answer->engine->flight != NULL;
	answer->committed = answer->engine->committed_number;
}

static void start(struct world *world, struct answer *answer)
{
	struct sw_start_params params = {.machine = "pass"};
	answer->engine = world->engine;
	assert_int_equal(sw_engine_start(world->engine, &params, note_answer, answer, NULL), SW_OK);
}

/* Gives the loop turns until so many boxes are on disk. */
static void wait_for_commits(struct world *world, uint64_t number)
{
	struct pollfd ended = {.fd = world->engine->committer.event_fd, .events = POLLIN};
	while (world->engine->committed_number < number) {
		assert_int_equal(poll(&ended, 1, 30000), 1);
		virtual_loop_turn(&world->loop);
	}
}

static void the_next_box_goes_before_the_last_one_is_told_of(void **state)
{
	struct world *world = world_new();
	struct gate gate = {.base = {&gate_ops}, .inner = world->store};
	struct answer first = {0}, second = {0};
	assert_int_equal(sem_init(&gate.open, 0, 1000), 0);
	world->store = &gate.base;
	world->options.synchronous_commit = false;
	world_open(world);
	struct told created = {0};
	struct sw_machine_params machine = {
		.name = "pass", .definition = PASS, .definition_len = strlen(PASS)};
	assert_int_equal(sw_engine_create_machine(world->engine, &machine, tell, &created, NULL, NULL),
			 SW_OK);
	while (created.calls == 0 || !sw_engine_is_idle(world->engine))
		virtual_loop_turn(&world->loop);
	while (sem_trywait(&gate.open) == 0)
		continue;

	start(world, &first);
	virtual_loop_turn(&world->loop);
	assert_non_null(world->engine->flight);
	start(world, &second);
	for (int turns = 0; turns < 5; turns++)
		virtual_loop_turn(&world->loop);
	assert_int_equal(first.calls, 0); /* nothing is told before its commit */
	uint64_t before = world->engine->committed_number;
	sem_post(&gate.open);
	wait_for_commits(world, before + 1);
	assert_int_equal(first.calls, 1);
	assert_true(first.next_is_on_its_way);
	assert_int_equal(first.committed, before + 1);
	assert_int_equal(second.calls, 0);
	sem_post(&gate.open);
	wait_for_commits(world, before + 2);
	assert_int_equal(second.calls, 1);
	assert_false(second.next_is_on_its_way);

	for (int i = 0; i < 100; i++)
		sem_post(&gate.open);
	world_close(world);
	world->store = gate.inner;
	sem_destroy(&gate.open);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_box_goes_before_the_last_one_is_told_of),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
