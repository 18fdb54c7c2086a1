/* Versions, aliases and tags in the engine. */
#include "engine_world.h"

#include "engine/versions.h"

#define PASS(result) \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Result\":" result ",\"End\":true}}}"
#define HELD                                                                                             \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\",\"End\"" \
	":true}}}"
#define MACHINE "arn:aws:states:us-east-1:123456789012:stateMachine:m"

static int open_world(void **state)
{
	struct world *world = world_new();
	world_open(world);
	*state = world;
	return 0;
}

static int close_world(void **state)
{
	world_free(*state);
	return 0;
}

/* What the last reply said of a version or an alias. */
struct said {
	enum sw_result result;
	char arn[SW_ARN_TEXT_BYTES], text[512];
	int64_t time_ms;
	bool existed;
	int calls;
};

static void say(void *user, enum sw_result result, const struct sw_reply *reply, const struct sw_error *err)
{
	struct said *said = user;
	said->calls++;
	said->result = result;
	said->existed = reply->existed;
	said->time_ms = reply->time_ms;
	snprintf(said->arn, sizeof(said->arn), "%s", reply->version_arn ? reply->version_arn : "");
	snprintf(said->text, sizeof(said->text), "%s", err ? err->text : "");
}

static struct said *settle(struct world *world, struct said *said, enum sw_result r,
			   const struct sw_error *err)
{
	world_settle(world);
	if (r < 0) {
		said->result = r;
		snprintf(said->text, sizeof(said->text), "%s", err->text);
	} else {
		assert_int_equal(said->calls, 1);
	}
	return said;
}

static struct said publish(struct world *world)
{
	struct said said = {0};
	struct sw_error err = {0};
	enum sw_result r = sw_engine_publish_version(world->engine, "m", NULL, NULL, say, &said, &err);
	return *settle(world, &said, r, &err);
}

static struct said delete_version(struct world *world, uint32_t version)
{
	struct said said = {0};
	struct sw_error err = {0};
	enum sw_result r = sw_engine_delete_version(world->engine, "m", version, say, &said, &err);
	return *settle(world, &said, r, &err);
}

static struct said update(struct world *world, const char *definition, bool publishes)
{
	struct said said = {0};
	struct sw_error err = {0};
	struct sw_machine_params params = {.name = "m",
					   .definition = definition,
					   .definition_len = strlen(definition),
					   .publish = publishes};
	enum sw_result r = sw_engine_update_machine(world->engine, &params, say, &said, NULL, &err);
	return *settle(world, &said, r, &err);
}

static struct said alias(struct world *world, const char *name, uint32_t first, uint32_t weight,
			 uint32_t second)
{
	struct said said = {0};
	struct sw_error err = {0};
	struct sw_alias_route routes[] = {{first, weight}, {second, 100 - weight}};
	struct sw_alias_params params = {
		.machine = "m", .name = name, .routes = routes, .routes_count = second ? 2 : 1};
	enum sw_result r = sw_engine_create_alias(world->engine, &params, say, &said, &err);
	return *settle(world, &said, r, &err);
}

static struct told start(struct world *world, const char *qualifier)
{
	struct told told = {0};
	struct sw_error err = {0};
	struct sw_start_params params = {.machine = "m", .qualifier = qualifier};
	enum sw_result r = sw_engine_start(world->engine, &params, tell, &told, &err);
	world_settle(world);
	if (r < 0)
		told.result = r;
	return told;
}

static void note_version(void *user, const struct sw_version_info *info)
{
	sw_buf_printf(user, "%u,", info->version);
}

static void note_alias(void *user, const struct sw_alias_info *info)
{
	sw_buf_printf(user, "%s,", info->name);
}

static void note_tag(void *user, const struct sw_tag *tag)
{
	sw_buf_printf(user, "%s=%s,", tag->key, tag->value);
}

static void expect_versions(struct world *world, uint32_t limit, const char *expected)
{
	struct sw_buf text = SW_BUF;
	char *cursor = NULL, *next;
	do {
		next = NULL;
		assert_int_equal(sw_reader_list_versions(sw_engine_reader(world->engine), "m", limit, cursor,
							 note_version, &text, &next, NULL),
				 SW_OK);
		sw_text_free(cursor);
		cursor = next;
	} while (cursor);
	assert_string_equal(text.data ? text.data : "", expected);
	sw_buf_done(&text);
}

/* api_versioning/idempotent_publish.5f3b, version_ids_between_deletions.73ba */
static void a_revision_is_published_once_and_numbers_are_not_used_again(void **state)
{
	struct world *world = *state;
	world_machine(world, "m", PASS("1"));
	struct said first = publish(world);
	assert_string_equal(first.arn, MACHINE ":1");
	world_advance(world, 1000);
	struct said again = publish(world);
	assert_string_equal(again.arn, MACHINE ":1");
	assert_true(again.existed);
	assert_int_equal(again.time_ms, first.time_ms);
	assert_string_equal(update(world, PASS("2"), true).arn, MACHINE ":2");
	assert_int_equal(delete_version(world, 2).result, SW_OK);
	assert_true(delete_version(world, 2).existed);
	assert_string_equal(publish(world).arn, MACHINE ":3");
	expect_versions(world, 10, "3,1,");
	expect_versions(world, 1, "3,1,");
}

static void publishing_twice_before_anything_is_on_disk_is_one_version(void **state)
{
	struct world *world = *state;
	struct said one = {0}, two = {0}, gone = {0};
	world_machine(world, "m", PASS("1"));
	assert_int_equal(sw_engine_publish_version(world->engine, "m", NULL, NULL, say, &one, NULL), SW_OK);
	assert_int_equal(sw_engine_publish_version(world->engine, "m", NULL, NULL, say, &two, NULL), SW_OK);
	assert_int_equal(sw_engine_delete_version(world->engine, "m", 1, say, &gone, NULL), SW_OK);
	world_settle(world);
	assert_string_equal(one.arn, MACHINE ":1");
	assert_string_equal(two.arn, MACHINE ":1");
	assert_int_equal(gone.result, SW_OK);
	expect_versions(world, 10, "");
}

static void a_revision_id_that_is_not_the_current_one_is_refused(void **state)
{
	struct world *world = *state;
	struct said said = {0};
	struct sw_error err = {0};
	world_machine(world, "m", PASS("1"));
	enum sw_result r = sw_engine_publish_version(world->engine, "m", "other", NULL, say, &said, &err);
	assert_int_equal(settle(world, &said, r, &err)->result, SW_EBUSY);
	err = (struct sw_error){0};
	r = sw_engine_publish_version(world->engine, "nobody", NULL, NULL, say, &said, &err);
	assert_int_equal(r, SW_ENOENT);
}

/* of the first event */
static void expect_version(void *user, uint32_t id, const char *json, size_t len)
{
	assert_non_null(strstr(json, "\"stateMachineVersionArn\":\"" MACHINE ":1\""));
}

/* api_versioning/start_version_execution.9dd2; and the execution stays with it after a crash. */
static void an_execution_of_a_version_runs_that_definition(void **state)
{
	struct world *world = *state;
	world_machine(world, "m", PASS("1"));
	publish(world);
	update(world, PASS("2"), false);
	assert_string_equal(world_output(world, start(world, NULL).arn), "2");
	struct told told = start(world, "1");
	assert_string_equal(world_output(world, told.arn), "1");
	uint32_t next;
	assert_int_equal(sw_reader_history(sw_engine_reader(world->engine), told.arn, 1, 1, false, true,
					   expect_version, NULL, &next, NULL),
			 SW_OK);
	world_crash(world);
	world_open(world);
	struct sw_execution_info info = {0};
	assert_int_equal(sw_reader_execution(sw_engine_reader(world->engine), told.arn, false, &info, NULL),
			 SW_OK);
	assert_string_equal(info.version_arn, MACHINE ":1");
	assert_null(info.alias_arn);
	sw_execution_info_done(&info);
	assert_int_equal(start(world, "7").result, SW_ENOENT);
	assert_int_equal(start(world, "prod").result, SW_ENOENT);
}

static void a_running_execution_keeps_version_and_alias_over_a_crash(void **state)
{
	struct world *world = *state;
	world_machine(world, "m", HELD);
	publish(world);
	alias(world, "prod", 1, 100, 0);
	struct told told = start(world, "prod");
	world_crash(world);
	world_open(world);
	world_stop(world, told.arn, NULL, NULL);
	struct sw_execution_info info = {0};
	assert_int_equal(sw_reader_execution(sw_engine_reader(world->engine), told.arn, false, &info, NULL),
			 SW_OK);
	assert_string_equal(info.version_arn, MACHINE ":1");
	assert_string_equal(info.alias_arn, MACHINE ":prod");
	assert_int_equal(info.status, SW_STATUS_ABORTED);
	sw_execution_info_done(&info);
}

/* api_aliasing/delete_version_with_alias.c7a9, error_create_alias_not_idempotent.de5d */
static void an_alias_holds_its_versions(void **state)
{
	struct world *world = *state;
	world_machine(world, "m", PASS("1"));
	publish(world);
	update(world, PASS("2"), true);
	struct said said = alias(world, "prod", 1, 100, 0);
	assert_string_equal(said.arn, MACHINE ":prod");
	assert_true(alias(world, "prod", 1, 100, 0).existed);
	assert_int_equal(alias(world, "prod", 1, 50, 2).result, SW_EEXIST);
	assert_int_equal(alias(world, "other", 9, 100, 0).result, SW_ENOENT);
	assert_int_equal(alias(world, "other", 1, 50, 1).result, SW_EINVAL);
	assert_int_equal(alias(world, "77", 1, 100, 0).result, SW_ENAME);
	said = delete_version(world, 1);
	assert_int_equal(said.result, SW_EBUSY);
	assert_string_equal(said.text,
			    "Version to be deleted must not be referenced by an alias. Current list of "
			    "aliases referencing this version: [prod]");
	struct said gone = {0};
	assert_int_equal(sw_engine_delete_alias(world->engine, "m", "prod", say, &gone, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(delete_version(world, 1).result, SW_OK);
}

static void weights_share_out_the_starts(void **state)
{
	struct world *world = *state;
	int first = 0;
	world_machine(world, "m", PASS("1"));
	publish(world);
	update(world, PASS("2"), true);
	alias(world, "half", 1, 50, 2);
	alias(world, "never", 1, 0, 2);
	for (int i = 0; i < 60; i++) {
		const char *output = world_output(world, start(world, "half").arn);
		first += strcmp(output, "1") == 0;
		assert_string_equal(world_output(world, start(world, "never").arn), "2");
	}
	assert_in_range(first, 10, 50);
}

static void aliases_are_listed_by_page_and_by_version(void **state)
{
	struct world *world = *state;
	struct sw_buf text = SW_BUF;
	char *cursor = NULL, *next = NULL;
	world_machine(world, "m", PASS("1"));
	publish(world);
	update(world, PASS("2"), true);
	alias(world, "a", 1, 100, 0);
	alias(world, "b", 2, 100, 0);
	alias(world, "c", 1, 50, 2);
	struct sw_reader *reader = sw_engine_reader(world->engine);
	assert_int_equal(sw_reader_list_aliases(reader, "m", 1, 1, NULL, note_alias, &text, &cursor, NULL),
			 SW_OK);
	assert_non_null(cursor);
	assert_int_equal(sw_reader_list_aliases(reader, "m", 0, 1, cursor, note_alias, &text, &next, NULL),
			 SW_ETOKEN);
	assert_int_equal(sw_reader_list_aliases(reader, "m", 1, 1, cursor, note_alias, &text, &next, NULL),
			 SW_OK);
	assert_null(next);
	assert_string_equal(text.data, "a,c,");
	sw_text_free(cursor);
	sw_buf_done(&text);
}

static void a_deleted_machine_takes_all_along(void **state)
{
	struct world *world = *state;
	struct told told = {0};
	struct said said = {0};
	struct sw_buf text = SW_BUF;
	const struct sw_tag tag = {"k", "v"};
	world_machine(world, "m", PASS("1"));
	publish(world);
	alias(world, "prod", 1, 100, 0);
	assert_int_equal(sw_engine_tag(world->engine, "m", &tag, 1, say, &said, NULL), SW_OK);
	assert_int_equal(sw_engine_delete_machine(world->engine, "m", tell, &told, NULL), SW_OK);
	world_settle(world);
	world_machine(world, "m", PASS("1"));
	assert_int_equal(start(world, "1").result, SW_ENOENT);
	assert_int_equal(start(world, "prod").result, SW_ENOENT);
	assert_int_equal(sw_reader_tags(sw_engine_reader(world->engine), "m", note_tag, &text, NULL), SW_OK);
	assert_int_equal(text.len, 0);
	expect_versions(world, 10, "");
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	assert_int_equal(sw_store_begin(world->memory, &snapshot, NULL), SW_OK);
	assert_int_equal(sw_scan_new(snapshot, SW_TABLE_ALIASES, sw_slice(NULL, 0), false, &scan), SW_OK);
	assert_int_equal(sw_scan_next(scan, &key, &value), SW_ENOENT);
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
}

/* api_tagging/tag_state_machine_tag_list3.298d, untag_state_machine_tag_keys3.c89f */
static void tags_are_set_replaced_and_taken_off(void **state)
{
	struct world *world = *state;
	struct said said = {0};
	struct sw_buf text = SW_BUF;
	const struct sw_tag tags[] = {{"a", "1"}, {"b", NULL}, {"a", "2"}};
	const char *const keys[] = {"b", "nobody"};
	world_machine(world, "m", PASS("1"));
	assert_int_equal(sw_engine_tag(world->engine, "m", tags, 3, say, &said, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(sw_reader_tags(sw_engine_reader(world->engine), "m", note_tag, &text, NULL), SW_OK);
	assert_string_equal(text.data, "a=2,b=,");
	assert_int_equal(sw_engine_untag(world->engine, "m", keys, 2, say, &said, NULL), SW_OK);
	world_settle(world);
	sw_buf_reset(&text);
	assert_int_equal(sw_reader_tags(sw_engine_reader(world->engine), "m", note_tag, &text, NULL), SW_OK);
	assert_string_equal(text.data, "a=2,");
	sw_buf_done(&text);
	struct sw_error err = {0};
	char names[SW_TAGS_MAX + 1][8];
	struct sw_tag many[SW_TAGS_MAX + 1];
	for (int i = 0; i <= SW_TAGS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "k%d", i);
		many[i] = (struct sw_tag){names[i], ""};
	}
	assert_int_equal(sw_engine_tag(world->engine, "m", many, SW_TAGS_MAX + 1, say, &said, &err),
			 SW_ELIMIT);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(a_revision_is_published_once_and_numbers_are_not_used_again),
		WITH_WORLD(publishing_twice_before_anything_is_on_disk_is_one_version),
		WITH_WORLD(a_revision_id_that_is_not_the_current_one_is_refused),
		WITH_WORLD(an_execution_of_a_version_runs_that_definition),
		WITH_WORLD(a_running_execution_keeps_version_and_alias_over_a_crash),
		WITH_WORLD(an_alias_holds_its_versions),
		WITH_WORLD(weights_share_out_the_starts),
		WITH_WORLD(aliases_are_listed_by_page_and_by_version),
		WITH_WORLD(a_deleted_machine_takes_all_along),
		WITH_WORLD(tags_are_set_replaced_and_taken_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
