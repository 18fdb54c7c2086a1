/* Who has much to do does not keep others waiting: counted in states entered and in commits, never in time. */
#include "engine_world.h"

#define LOOP                                                                                       \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Next\":\"B\"},\"B\":{\"Type\":" \
	"\"Choice\",\"Choices\":[{\"Variable\":\"$.on\",\"BooleanEquals\":true,\"Next\":\"A\"}],"  \
	"\"Default\":\"C\"},\"C\":{\"Type\":\"Succeed\"}}}"
#define MAP                                                                                            \
	"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemProcessor\":{\"StartAt\":\"P\"," \
	"\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}},\"End\":true}}}"
#define PASS "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"
#define LOOPS 3
#define ITEMS 100000
#define STARTS 300

/* How the engine stood when something was told. */
struct moment {
	struct sw_engine *engine;
	struct sw_engine_stats stats;
	bool told;
};

static void note_end(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	struct moment *moment = user;
	(void)arn;
	(void)last_event_id;
	if (status == SW_STATUS_RUNNING || moment->told)
		return;
	moment->told = true;
	sw_engine_stats(moment->engine, &moment->stats);
}

static void ignore(void *user, enum sw_result result, const struct sw_reply *reply,
		   const struct sw_error *err)
{
	(void)user;
	(void)reply;
	(void)err;
	assert_int_equal(result, SW_OK);
}

static int open_world(void **state)
{
	struct world *world = world_new();
	world->options.limits.history_events_max = 10 * ITEMS;
	world_open(world);
	world_machine(world, "loop", LOOP);
	world_machine(world, "map", MAP);
	world_machine(world, "pass", PASS);
	*state = world;
	return 0;
}

static int close_world(void **state)
{
	world_free(*state);
	return 0;
}

static void begin(struct world *world, const char *machine, const char *name, const char *input, size_t len)
{
	struct sw_start_params params = {.machine = machine, .name = name, .input = input, .input_len = len};
	assert_int_equal(sw_engine_start(world->engine, &params, ignore, NULL, NULL), SW_OK);
}

/* Starts a small execution and waits for its end: what happened meanwhile. */
static struct sw_engine_stats pass_by(struct world *world)
{
	struct moment moment = {.engine = world->engine};
	struct sw_engine_stats before, meanwhile;
	uint64_t id;
	sw_engine_stats(world->engine, &before);
	assert_int_equal(sw_engine_observe(world->engine,
					   "arn:aws:states:us-east-1:123456789012:execution:pass:small",
					   note_end, &moment, &id),
			 SW_OK);
	begin(world, "pass", "small", "{}", 2);
	for (int turns = 0; turns < 100 && !moment.told; turns++)
		virtual_loop_turn(&world->loop);
	assert_true(moment.told);
	sw_engine_unobserve(world->engine, id);
	meanwhile = moment.stats;
	meanwhile.commits -= before.commits;
	meanwhile.transitions -= before.transitions;
	return meanwhile;
}

static void loops_that_never_pause_delay_others_by_no_more_than_a_batch(void **state)
{
	struct world *world = *state;
	for (int i = 0; i < LOOPS; i++)
		begin(world, "loop", NULL, "{\"on\":true}", 11);
	for (int turns = 0; turns < 5; turns++)
		assert_true(virtual_loop_turn(&world->loop));
	struct sw_engine_stats meanwhile = pass_by(world);
	assert_in_range(meanwhile.commits, 1, 2);
	/* one turn of each before it, and what a portion of turns has room for behind it */
	assert_true(meanwhile.transitions <= LOOPS * SW_TURN_TRANSITIONS_MAX + SW_PORTION_TRANSITIONS);
}

static void a_map_of_many_items_delays_others_by_no_more_than_a_batch(void **state)
{
	struct world *world = *state;
	struct sw_buf items = SW_BUF;
	sw_buf_char(&items, '[');
	for (int i = 0; i < ITEMS; i++)
		sw_buf_text(&items, i ? ",7" : "7");
	sw_buf_char(&items, ']');
	begin(world, "map", "big", items.data, items.len);
	for (int turns = 0; turns < 5; turns++)
		assert_true(virtual_loop_turn(&world->loop));
	struct sw_engine_stats meanwhile = pass_by(world);
	assert_in_range(meanwhile.commits, 1, 2);
	assert_true(meanwhile.transitions <= SW_TURN_TRANSITIONS_MAX + SW_PORTION_TRANSITIONS);
	world_settle(world);
	const char *arn = "arn:aws:states:us-east-1:123456789012:execution:map:big";
	assert_string_equal(world_status(world, arn), "SUCCEEDED");
	assert_string_equal(world_output(world, arn), items.data);
	sw_buf_done(&items);
}

/* ---- what is told in portions ------------------------------------------------------------------------- */

struct order {
	struct world *world;
	unsigned replies, ends;
	bool ends_too_early;
};

static void reply_in_order(void *user, enum sw_result result, const struct sw_reply *reply,
			   const struct sw_error *err)
{
	struct order *order = user;
	char name[16];
	(void)err;
	assert_int_equal(result, SW_OK);
	snprintf(name, sizeof(name), ":n%u", order->replies++);
	assert_string_equal(strrchr(reply->arn, ':'), name);
	/* Outsiders see it by now. */
	assert_string_equal(world_status(order->world, reply->arn), "SUCCEEDED");
}

static void end_in_order(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	struct order *order = user;
	char name[16];
	(void)last_event_id;
	assert_int_equal(status, SW_STATUS_SUCCEEDED);
	snprintf(name, sizeof(name), ":n%u", order->ends++);
	assert_string_equal(strrchr(arn, ':'), name);
	order->ends_too_early |= order->ends > order->replies;
}

static void what_has_landed_is_told_in_its_order(void **state)
{
	struct world *world = *state;
	struct order order = {.world = world};
	uint64_t id;
	assert_int_equal(sw_engine_observe(world->engine, NULL, end_in_order, &order, &id), SW_OK);
	for (int i = 0; i < STARTS; i++) {
		char name[16];
		snprintf(name, sizeof(name), "n%d", i);
		struct sw_start_params params = {.machine = "pass", .name = name};
		assert_int_equal(sw_engine_start(world->engine, &params, reply_in_order, &order, NULL),
				 SW_OK);
	}
	world_settle(world);
	assert_int_equal(order.replies, STARTS);
	assert_int_equal(order.ends, STARTS);
	assert_false(order.ends_too_early);
	assert_true(sw_engine_is_idle(world->engine));
	sw_engine_unobserve(world->engine, id);
}

/* Closing in the middle of it: all that is on disk is told. */
static void what_has_landed_is_told_before_the_engine_is_gone(void **state)
{
	struct world *world = *state;
	struct order order = {.world = world};
	uint64_t id;
	assert_int_equal(sw_engine_observe(world->engine, NULL, end_in_order, &order, &id), SW_OK);
	for (int i = 0; i < STARTS; i++) {
		char name[16];
		snprintf(name, sizeof(name), "n%d", i);
		struct sw_start_params params = {.machine = "pass", .name = name};
		assert_int_equal(sw_engine_start(world->engine, &params, reply_in_order, &order, NULL),
				 SW_OK);
	}
	virtual_loop_turn(&world->loop);
	assert_in_range(order.ends, 1, STARTS - 1);
	world_close(world);
	assert_int_equal(order.replies, STARTS);
	assert_int_equal(order.ends, STARTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(loops_that_never_pause_delay_others_by_no_more_than_a_batch,
						open_world, close_world),
		cmocka_unit_test_setup_teardown(a_map_of_many_items_delays_others_by_no_more_than_a_batch,
						open_world, close_world),
		cmocka_unit_test_setup_teardown(what_has_landed_is_told_in_its_order, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(what_has_landed_is_told_before_the_engine_is_gone, open_world,
						close_world),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
