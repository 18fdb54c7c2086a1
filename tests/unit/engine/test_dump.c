/* The records of a store as text. */
#include "doctor_fixture.h"

#include <jansson.h>

struct shown {
	unsigned records, damaged, of_table[SW_TABLES_COUNT];
	struct sw_buf text; /* "table key json\n" */
};

static void note_record(void *user, const struct sw_dump_record *record)
{
	struct shown *shown = user;
	json_t *tree = json_loadb(record->json, record->json_len, JSON_REJECT_DUPLICATES, NULL);
	assert_true(json_is_object(tree));
	assert_null(strpbrk(record->json, "\n\r"));
	assert_int_equal(json_object_get(tree, "damaged") != NULL, record->damaged);
	json_decref(tree);
	for (unsigned i = 0; i < SW_TABLES_COUNT; i++)
		shown->of_table[i] += strcmp(record->table, sw_table_names[i]) == 0;
	shown->records++;
	shown->damaged += record->damaged;
	sw_buf_printf(&shown->text, "%s %s %s\n", record->table, record->key, record->json);
}

static enum sw_result dump(struct world *world, const char *table, const char *execution, struct shown *shown,
			   struct sw_error *err)
{
	struct sw_dump_options options = {
		.table = table, .execution = execution, .record = note_record, .user = shown};
	struct sw_reader *reader = NULL;
	*shown = (struct shown){.text = SW_BUF};
	assert_int_equal(sw_reader_new(world->memory, NULL, NULL, &reader), SW_OK);
	enum sw_result r = sw_reader_dump(reader, &options, err);
	sw_reader_close(reader);
	return r;
}

static void assert_shows(const struct shown *shown, const char *part)
{
	if (!shown->text.data || !strstr(shown->text.data, part))
		fail_msg("%s is not in\n%s", part, shown->text.data ? shown->text.data : "");
}

static unsigned count_records(struct world *world)
{
	struct findings found = check(world);
	unsigned records = (unsigned)found.summary.records;
	sw_buf_done(&found.text);
	return records;
}

static void every_record_is_shown_once(void **state)
{
	struct world *world = *state;
	struct shown shown;
	assert_int_equal(dump(world, NULL, NULL, &shown, NULL), SW_OK);
	assert_int_equal(shown.records, count_records(world));
	assert_int_equal(shown.damaged, 0);
	assert_int_equal(shown.of_table[SW_TABLE_MACHINES], FIXTURE_MACHINES);
	assert_int_equal(shown.of_table[SW_TABLE_EXECUTIONS], FIXTURE_MACHINES + 1);
	assert_shows(&shown, "settings region {\"text\":\"us-east-1\"}");
	assert_shows(&shown, "machines wait/1 {\"status\":\"ACTIVE\"");
	assert_shows(&shown, "\"waitsFor\":\"timer\"");
	assert_shows(&shown, "\"waitsFor\":\"task\"");
	assert_shows(&shown, "\"retryCount\":");
	assert_shows(&shown, "\"children\":4,\"childrenStarted\":2");
	assert_shows(&shown, "\"inFlight\":true");
	assert_shows(&shown, "timers in-flight/");
	assert_shows(&shown, "timers 2023-11-14T23:13:20.000Z/");
	assert_shows(&shown, "\"type\":\"TaskScheduled\"");
	assert_shows(&shown, "{\"value\":{\"long\":");
	sw_buf_done(&shown.text);
}

static void one_table_or_one_execution_can_be_asked_for(void **state)
{
	static const char arn[] = "arn:aws:states:us-east-1:123456789012:execution:fan:fan";
	struct world *world = *state;
	struct shown one, other;
	assert_int_equal(dump(world, "timers", NULL, &one, NULL), SW_OK);
	assert_true(one.records > 0 && one.records == one.of_table[SW_TABLE_TIMERS]);
	sw_buf_done(&one.text);
	assert_int_equal(dump(world, NULL, arn, &one, NULL), SW_OK);
	assert_int_equal(one.of_table[SW_TABLE_EXECUTIONS], 1);
	assert_int_equal(one.of_table[SW_TABLE_BRANCHES], 4);
	assert_int_equal(one.of_table[SW_TABLE_NAMES], 1);
	assert_int_equal(one.of_table[SW_TABLE_LISTING], 1);
	assert_int_equal(one.of_table[SW_TABLE_TIMERS], 2); /* B1 is due, B2 in flight */
	assert_int_equal(one.of_table[SW_TABLE_MACHINES], 0);
	assert_int_equal(dump(world, NULL, "fan:fan", &other, NULL), SW_OK);
	assert_string_equal(one.text.data, other.text.data);
	sw_buf_done(&one.text);
	sw_buf_done(&other.text);
}

static void what_there_is_not_is_said(void **state)
{
	struct world *world = *state;
	struct sw_error err = {0};
	struct shown shown;
	assert_int_equal(dump(world, "branch", NULL, &shown, &err), SW_EINVAL);
	assert_string_equal(err.text, "there is no table \"branch\"");
	err = (struct sw_error){0};
	assert_int_equal(dump(world, NULL, "fan:nobody", &shown, &err), SW_ENOENT);
	assert_string_equal(err.text, "there is no execution fan:nobody");
}

static void a_damaged_record_is_shown_with_its_bytes(void **state)
{
	struct world *world = *state;
	struct shown shown;
	struct sw_key key;
	sw_key_pair(&key, id_of(world, "wait"), 0);
	write_one(world, SW_TABLE_BRANCHES, &key, "\001\002\003\004\005\006", 6);
	write_one(world, SW_TABLE_TIMERS, &(struct sw_key){.bytes = "odd", .len = 3}, NULL, 0);
	assert_int_equal(dump(world, NULL, NULL, &shown, NULL), SW_OK);
	assert_int_equal(shown.damaged, 2);
	assert_int_equal(shown.records, count_records(world));
	assert_shows(&shown, "\"bytes\":\"010203040506\"}");
	assert_shows(&shown, "{\"damaged\":\"the key is not one of this table\"");
	sw_buf_done(&shown.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_record_is_shown_once, set_up_filled, tear_down),
		cmocka_unit_test_setup_teardown(one_table_or_one_execution_can_be_asked_for, set_up_filled,
						tear_down),
		cmocka_unit_test_setup_teardown(what_there_is_not_is_said, set_up_filled, tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_record_is_shown_with_its_bytes, set_up_filled,
						tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
