/* The reading door: opening it, machines and executions one by one, and a store that fails. */
#include "reader_fixture.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- machines ------------------------------------------------------------------------------------------ */

static void a_machine_is_what_its_last_revision_says(void **state)
{
	struct world w;
	struct sw_machine_info info;
	world_init(&w);
	put_machine(&w, "orders", 1, 1, SW_MACHINE_ACTIVE);
	put_machine(&w, "orders", 1, 2, SW_MACHINE_ACTIVE);
	put_machine(&w, "orders", 1, 300, SW_MACHINE_ACTIVE);
	put_machine(&w, "orders2", 2, 1, SW_MACHINE_DELETING);
	world_commit(&w);
	static const char *const texts[] = {
		"orders",
		ARN_OF ":stateMachine:orders",
		ARN_OF ":stateMachine:orders#HappyPath",
	};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(sw_reader_machine(w.reader, texts[i], &info, NULL), SW_OK);
		assert_string_equal(info.name, "orders");
		assert_string_equal(info.arn, ARN_OF ":stateMachine:orders");
		assert_string_equal(info.definition, "{\"Comment\":\"revision 300\"}");
		assert_int_equal(info.definition_len, strlen(info.definition));
		assert_string_equal(info.revision_id, "rev-300");
		assert_string_equal(info.role_arn, "arn:aws:iam::" ACCOUNT ":role/r");
		assert_int_equal(info.creation_ms, 1001);
		assert_int_equal(info.update_ms, 2300);
		assert_false(info.deleting);
		sw_machine_info_done(&info);
	}
	assert_int_equal(sw_reader_machine(w.reader, ARN_OF ":stateMachine:orders:3", &info, NULL),
			 SW_ENOENT);
	assert_int_equal(sw_reader_machine(w.reader, "orders2", &info, NULL), SW_OK);
	assert_true(info.deleting);
	sw_machine_info_done(&info);
	assert_string_equal(sw_reader_region(w.reader), REGION);
	assert_string_equal(sw_reader_account(w.reader), ACCOUNT);
	world_done(&w);
}

static void assert_no_machine(struct world *w, const char *text, enum sw_result expected, const char *message)
{
	struct sw_machine_info info;
	struct sw_error err = {0};
	assert_int_equal(sw_reader_machine(w->reader, text, &info, &err), expected);
	assert_string_equal(err.text, message);
}

/* Recorded: api/invalid_start_execution_arn.7dab, api/describe_invalid_arn_sm.a90e */
static void what_is_no_machine_is_told_as_aws_tells_it(void **state)
{
	struct world w;
	char longest[400];
	world_init(&w);
	put_machine(&w, "orders", 1, 1, SW_MACHINE_ACTIVE);
	put_machine(&w, "orders", 1, 2, SW_MACHINE_DELETED);
	put_machine(&w, "other", 2, 1, SW_MACHINE_ACTIVE);
	world_commit(&w);
	assert_no_machine(&w, ARN_OF ":stateMachine:orders", SW_ENOENT,
			  "State Machine Does Not Exist: '" ARN_OF ":stateMachine:orders'");
	assert_no_machine(&w, "othe", SW_ENOENT, "State Machine Does Not Exist: 'othe'");
	assert_no_machine(&w, "z", SW_ENOENT, "State Machine Does Not Exist: 'z'");
	assert_no_machine(&w, "a", SW_ENOENT, "State Machine Does Not Exist: 'a'");
	assert_no_machine(&w, "", SW_ENOENT, "State Machine Does Not Exist: ''");
	assert_no_machine(&w, ARN_OF ":execution:orders:x", SW_EARN,
			  "Invalid Arn: 'Resource type not valid in this context: execution'");
	assert_no_machine(&w, "arn:aws:sqs:x", SW_EARN, "Invalid Arn: 'Invalid ARN prefix: arn:aws:sqs:x'");
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(sw_reader_machine(w.reader, longest, NULL, NULL), SW_ENOENT);
	world_done(&w);
}

/* ---- executions --------------------------------------------------------------------------------------- */

static void an_execution_is_found_by_its_name(void **state)
{
	struct world w;
	struct sw_execution_info info;
	world_init(&w);
	begin_execution(&w, "orders", 1, 77, "order-17", SW_STATUS_FAILED);
	w.execution.input = fixture_value("{\"order\":17}");
	w.execution.output = fixture_long_value(3000, 'o');
	w.execution.failure.error = (char *)(uintptr_t) "Oops";
	w.execution.failure.cause = (char *)(uintptr_t) "it was so";
	w.execution.trace_header = (char *)(uintptr_t) "Root=1";
	w.execution.redrive_count = 2;
	w.execution.next_event_id = 9;
	put_head(&w, true);
	sw_value_unref(w.execution.input);
	sw_value_unref(w.execution.output);
	world_commit(&w);
	assert_int_equal(
		sw_reader_execution(w.reader, ARN_OF ":execution:orders:order-17", true, &info, NULL), SW_OK);
	assert_string_equal(info.arn, ARN_OF ":execution:orders:order-17");
	assert_string_equal(info.machine_arn, ARN_OF ":stateMachine:orders");
	assert_string_equal(info.name, "order-17");
	assert_string_equal(info.machine_name, "orders");
	assert_string_equal(info.input, "{\"order\":17}");
	assert_int_equal(info.input_len, 12);
	assert_int_equal(info.output_len, 3000);
	assert_int_equal(info.output[1], 'o');
	assert_string_equal(info.error, "Oops");
	assert_string_equal(info.cause, "it was so");
	assert_string_equal(info.trace_header, "Root=1");
	assert_int_equal(info.status, SW_STATUS_FAILED);
	assert_int_equal(info.start_ms, 5077);
	assert_int_equal(info.stop_ms, 6077);
	assert_int_equal(info.events_count, 8);
	assert_int_equal(info.redrive_count, 2);
	sw_execution_info_done(&info);
	assert_int_equal(
		sw_reader_execution(w.reader, ARN_OF ":execution:orders:order-17", false, &info, NULL),
		SW_OK);
	assert_null(info.input);
	assert_null(info.output);
	sw_execution_info_done(&info);
	world_done(&w);
}

static void an_execution_whose_name_the_engine_made_is_found_without_the_names_table(void **state)
{
	struct world w;
	struct sw_execution_info info;
	char name[37], other[37], arn[SW_ARN_TEXT_BYTES];
	world_init(&w);
	sw_id_name(77, (const uint8_t[8]){1, 2, 3, 4, 5, 6, 7, 8}, name);
	sw_id_name(77, (const uint8_t[8]){1, 2, 3, 4, 5, 6, 7, 9}, other);
	begin_execution(&w, "orders", 1, 77, name, SW_STATUS_RUNNING);
	put_head(&w, false);
	world_commit(&w);
	sw_arn_execution(arn, sizeof(arn), REGION, ACCOUNT, "orders", name);
	assert_int_equal(sw_reader_execution(w.reader, arn, true, &info, NULL), SW_OK);
	assert_string_equal(info.name, name);
	assert_int_equal(info.stop_ms, 0);
	sw_execution_info_done(&info);
	/* The same id in another name, or of another machine, is not it. */
	sw_arn_execution(arn, sizeof(arn), REGION, ACCOUNT, "orders", other);
	assert_int_equal(sw_reader_execution(w.reader, arn, true, &info, NULL), SW_ENOENT);
	sw_arn_execution(arn, sizeof(arn), REGION, ACCOUNT, "others", name);
	assert_int_equal(sw_reader_execution(w.reader, arn, true, &info, NULL), SW_ENOENT);
	world_done(&w);
}

/* A caller may give a name of the engine's form. */
static void a_given_name_wins_over_the_id_that_it_seems_to_carry(void **state)
{
	struct world w;
	struct sw_execution_info info;
	char name[37], arn[SW_ARN_TEXT_BYTES];
	world_init(&w);
	sw_id_name(5, (const uint8_t[8]){0}, name);
	put_execution(&w, "orders", 1, 5, "five", SW_STATUS_RUNNING);
	put_execution(&w, "orders", 1, 6, name, SW_STATUS_RUNNING);
	world_commit(&w);
	sw_arn_execution(arn, sizeof(arn), REGION, ACCOUNT, "orders", name);
	assert_int_equal(sw_reader_execution(w.reader, arn, false, &info, NULL), SW_OK);
	assert_int_equal(info.start_ms, 5006);
	sw_execution_info_done(&info);
	world_done(&w);
}

static void assert_no_execution(struct world *w, const char *arn, enum sw_result expected,
				const char *message)
{
	struct sw_execution_info info;
	struct sw_machine_info machine;
	uint32_t next_id;
	struct sw_error err = {0};
	assert_int_equal(sw_reader_execution(w->reader, arn, true, &info, &err), expected);
	assert_string_equal(err.text, message);
	sw_error_clear(&err);
	assert_int_equal(sw_reader_machine_of(w->reader, arn, &machine, &err), expected);
	assert_string_equal(err.text, message);
	sw_error_clear(&err);
	assert_int_equal(sw_reader_history(w->reader, arn, 1, 1, false, true, NULL, NULL, &next_id, &err),
			 expected);
	assert_string_equal(err.text, message);
}

/* Recorded: api/describe_execution_no_such_state_machine.135f, api/get_execution_history_invalid_arn.eb4b */
static void what_is_no_execution_is_told_as_aws_tells_it(void **state)
{
	struct world w;
	world_init(&w);
	put_execution(&w, "orders", 1, 5, "five", SW_STATUS_RUNNING);
	world_commit(&w);
	assert_no_execution(&w, ARN_OF ":execution:orders:six", SW_ENOENT,
			    "Execution Does Not Exist: '" ARN_OF ":execution:orders:six'");
	assert_no_execution(&w, ARN_OF ":execution:order:five", SW_ENOENT,
			    "Execution Does Not Exist: '" ARN_OF ":execution:order:five'");
	assert_no_execution(&w, "invalid_state_machine_arn", SW_EARN,
			    "Invalid Arn: 'Invalid ARN prefix: invalid_state_machine_arn'");
	assert_no_execution(&w, ARN_OF ":stateMachine:orders", SW_EARN,
			    "Invalid Arn: 'Resource type not valid in this context: stateMachine'");
	world_done(&w);
}

static void the_machine_of_an_execution_is_the_revision_it_started_with(void **state)
{
	struct world w;
	struct sw_machine_info info;
	struct sw_error err = {0};
	world_init(&w);
	put_machine(&w, "orders", 1, 1, SW_MACHINE_ACTIVE);
	put_machine(&w, "orders", 1, 2, SW_MACHINE_DELETED);
	put_execution(&w, "orders", 1, 5, "five", SW_STATUS_RUNNING);
	begin_execution(&w, "orders", 1, 6, "six", SW_STATUS_RUNNING);
	w.execution.machine_revision = 9;
	put_head(&w, true);
	world_commit(&w);
	assert_int_equal(sw_reader_machine_of(w.reader, ARN_OF ":execution:orders:five", &info, NULL), SW_OK);
	assert_string_equal(info.revision_id, "rev-1");
	sw_machine_info_done(&info);
	assert_int_equal(sw_reader_machine_of(w.reader, ARN_OF ":execution:orders:six", &info, &err),
			 SW_ECORRUPT);
	assert_string_equal(err.text, "revision 9 of the machine \"orders\" is missing");
	world_done(&w);
}

static void a_damaged_head_fails_its_execution_and_no_list(void **state)
{
	struct world w;
	struct sw_execution_info info;
	struct sw_key key;
	struct sw_slice bytes;
	struct sw_error err = {0};
	char *cursor;
	world_init(&w);
	put_execution(&w, "orders", 1, 5, "five", SW_STATUS_RUNNING);
	sw_key_execution(&key, 5);
	assert_int_equal(sw_batch_get(w.batch, SW_TABLE_EXECUTIONS, sw_key_slice(&key), &bytes), SW_OK);
	char *damaged = sw_memdup(bytes.data, bytes.len);
	damaged[bytes.len / 2] ^= 0x20;
	put(&w, SW_TABLE_EXECUTIONS, &key, damaged, bytes.len);
	sw_free(damaged);
	world_commit(&w);
	assert_int_equal(sw_reader_execution(w.reader, ARN_OF ":execution:orders:five", true, &info, &err),
			 SW_ECORRUPT);
	assert_string_equal(err.text, "damaged execution record: its checksum is wrong");
	assert_int_equal(sw_reader_list_executions(w.reader, NULL, 10, NULL, NULL, NULL, &cursor, NULL),
			 SW_OK);
	assert_null(cursor);
	world_done(&w);
}

/* ---- failures of the store and of memory's limits ----------------------------------------------------- */

static void every_failure_of_the_store_is_told(void **state)
{
	struct world w;
	struct sw_store *faulty;
	struct sw_reader *reader;
	struct sw_store_faults faults = {0};
	world_init(&w);
	put_ten_executions(&w);
	put_history(&w, (const uint32_t[]){3, 1, 4, 2}, 4);
	assert_int_equal(sw_store_open_faulty(w.store, &faults, &faulty), SW_OK);
	assert_int_equal(sw_reader_new(faulty, NULL, NULL, &reader), SW_OK);
	for (uint64_t fail_at = 1;; fail_at++) {
		struct sw_buf text = SW_BUF;
		struct sw_execution_info info;
		struct sw_machine_info machine;
		struct sw_list_filter filter = {.machine = "orders"};
		struct sw_error errs[6] = {0};
		enum sw_result results[6];
		char *cursor = NULL;
		uint32_t next_id;
		faults = (struct sw_store_faults){.fail_at = fail_at, .fail_with = SW_EIO};
		results[0] = sw_reader_execution(reader, HISTORY_ARN, true, &info, &errs[0]);
		if (results[0] == SW_OK)
			sw_execution_info_done(&info);
		results[1] = sw_reader_machine_of(reader, HISTORY_ARN, &machine, &errs[1]);
		if (results[1] == SW_OK)
			sw_machine_info_done(&machine);
		results[2] = sw_reader_list_executions(reader, &filter, 3, NULL, note_execution, &text,
						       &cursor, &errs[2]);
		sw_free(cursor);
		cursor = NULL;
		results[3] = sw_reader_list_machines(reader, 2, NULL, note_machine, &text, &cursor, &errs[3]);
		sw_free(cursor);
		results[4] = sw_reader_history(reader, HISTORY_ARN, 2, 5, false, true, note_event, &text,
					       &next_id, &errs[4]);
		results[5] = sw_reader_history(reader, HISTORY_ARN, 0, 9, true, true, note_event, &text,
					       &next_id, &errs[5]);
		sw_buf_done(&text);
		unsigned failures = 0;
		for (size_t i = 0; i < 6; i++) {
			assert_int_equal(errs[i].code, results[i]);
			assert_true(results[i] == SW_OK || results[i] == SW_EIO);
			failures += results[i] < 0;
		}
		if (faults.operations < fail_at) {
			assert_int_equal(failures, 0);
			break;
		}
		assert_int_equal(failures, 1);
	}
	assert_true(faults.operations > 20);
	sw_reader_close(reader);
	sw_store_close(faulty);
	world_done(&w);
}

/* ---- directories -------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void a_reader_opens_a_directory_and_knows_its_region_and_account(void **state)
{
	char path[] = "/tmp/stepwell-test-XXXXXX";
	struct sw_store *store;
	struct sw_batch *batch;
	struct sw_reader *reader;
	assert_non_null(mkdtemp(path));
	struct sw_error err = {0};
	assert_int_equal(sw_reader_open(path, NULL, NULL, &reader, &err), SW_ENOENT);
	assert_int_equal(err.code, SW_ENOENT);
	struct sw_store_options options = store_options(path);
	assert_int_equal(sw_store_open_lmdb(&options, &store, NULL), SW_OK);
	assert_int_equal(sw_batch_new(&batch), SW_OK);
	assert_int_equal(
		sw_batch_put(batch, SW_TABLE_SETTINGS, sw_slice("region", 6), sw_slice("ap-south-1", 10)),
		SW_OK);
	sw_error_clear(&err);
	if (sw_store_commit(store, batch, &err) != SW_OK)
		fail_msg("%s", err.text);
	sw_store_close(store);
	assert_int_equal(sw_reader_open(path, NULL, NULL, &reader, NULL), SW_OK);
	assert_string_equal(sw_reader_region(reader), "ap-south-1");
	assert_string_equal(sw_reader_account(reader), "123456789012");
	sw_reader_close(reader);
	assert_int_equal(sw_reader_open(path, "us-west-2", "000000000007", &reader, NULL), SW_OK);
	assert_string_equal(sw_reader_region(reader), "us-west-2");
	assert_string_equal(sw_reader_account(reader), "000000000007");
	sw_reader_close(reader);
	assert_int_equal(sw_reader_open(path, "us:west", NULL, &reader, NULL), SW_EINVAL);
	assert_int_equal(sw_reader_open(path, NULL, "7", &reader, NULL), SW_EINVAL);
	assert_int_equal(sw_reader_open(NULL, NULL, NULL, &reader, NULL), SW_EINVAL);
	sw_batch_free(batch);
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void a_reader_does_not_survive_a_fork(void **state)
{
	struct world w;
	int status = 0;
	world_init(&w);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct sw_machine_info info;
		_exit(sw_reader_machine(w.reader, "x", &info, NULL) == SW_EFORKED ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_is_what_its_last_revision_says),
		cmocka_unit_test(what_is_no_machine_is_told_as_aws_tells_it),
		cmocka_unit_test(an_execution_is_found_by_its_name),
		cmocka_unit_test(an_execution_whose_name_the_engine_made_is_found_without_the_names_table),
		cmocka_unit_test(a_given_name_wins_over_the_id_that_it_seems_to_carry),
		cmocka_unit_test(what_is_no_execution_is_told_as_aws_tells_it),
		cmocka_unit_test(the_machine_of_an_execution_is_the_revision_it_started_with),
		cmocka_unit_test(a_damaged_head_fails_its_execution_and_no_list),
		cmocka_unit_test(every_failure_of_the_store_is_told),
		cmocka_unit_test(a_reader_opens_a_directory_and_knows_its_region_and_account),
		cmocka_unit_test(a_reader_does_not_survive_a_fork),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
