/* What is in a store, who owns a directory, backups and what comes of them. */
#include "doctor_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- status ------------------------------------------------------------------------------------------- */

static struct sw_store_status status_of(struct sw_store *store)
{
	struct sw_store_status status = {0};
	struct sw_reader *reader = NULL;
	assert_int_equal(sw_reader_new(store, NULL, NULL, &reader), SW_OK);
	assert_int_equal(sw_reader_status(reader, NULL, NULL, &status, NULL), SW_OK);
	sw_reader_close(reader);
	return status;
}

static void status_counts_what_there_is_and_what_it_waits_for(void **state)
{
	struct world *world = *state;
	struct sw_store_status status = status_of(world->memory);
	assert_int_equal(status.machines, FIXTURE_MACHINES);
	assert_int_equal(status.machines_deleting, 0);
	assert_int_equal(status.executions[SW_STATUS_RUNNING], 7);
	assert_int_equal(status.executions[SW_STATUS_SUCCEEDED], 2);
	assert_int_equal(status.executions[SW_STATUS_FAILED], 1);
	assert_int_equal(status.executions_damaged, 0);
	assert_int_equal(status.waits, 3);           /* wait, late, fan */
	assert_int_equal(status.tasks_in_flight, 5); /* task, token, fan, map twice */
	assert_int_equal(status.callbacks, 0);
	assert_int_equal(status.retries, 1);
	assert_int_equal(status.joins, 2);
	assert_int_equal(status.ready, 0);
	assert_int_equal(status.timers, 6); /* and the time-outs of late and task */
	assert_true(status.data_bytes > 0);
	sw_store_status_done(&status);
}

static void status_names_the_oldest_and_what_is_due_next(void **state)
{
	struct world *world = *state;
	struct sw_store_status status = status_of(world->memory);
	assert_string_equal(status.oldest.execution_arn,
			    "arn:aws:states:us-east-1:123456789012:execution:wait:wait");
	assert_string_equal(status.oldest.state, "A");
	assert_int_equal(status.oldest.time_ms, 1700000000000);
	assert_int_equal(status.next_count, SW_STATUS_TIMERS_MAX);
	assert_string_equal(status.next[0].execution_arn,
			    "arn:aws:states:us-east-1:123456789012:execution:task:task");
	assert_int_equal(status.next[0].time_ms, 1700000000000 + 600 * 1000);
	assert_string_equal(status.next[0].state, "A");
	assert_string_equal(strrchr(status.next[1].execution_arn, ':'), ":retry");
	assert_string_equal(status.next[4].state, "B1");
	sw_store_status_done(&status);
}

static void a_task_that_was_submitted_is_a_callback(void **state)
{
	struct world *world = *state;
	world_open(world);
	for (unsigned i = 0; i < world->tasks_count; i++) {
		struct sw_task *task = world->tasks[i];
		if (!strstr(sw_task_resource(task), "waitForTaskToken"))
			continue;
		world->tasks[i] = world->tasks[--world->tasks_count];
		sw_task_succeed(task, "{}", 2);
		break;
	}
	world_settle(world);
	struct sw_store_status status = status_of(world->memory);
	assert_int_equal(status.callbacks, 1);
	assert_int_equal(status.tasks_in_flight, 4);
	sw_store_status_done(&status);
	assert_sound(world);
}

static void status_goes_on_over_damage(void **state)
{
	struct world *world = *state;
	struct sw_key head = execution_key(id_of(world, "done")), branch = pair_key(id_of(world, "wait"), 0),
		      machine;
	sw_key_machine(&machine, "fan", 1);
	change(world, SW_TABLE_EXECUTIONS, &head, 5, 'X', false);
	change(world, SW_TABLE_BRANCHES, &branch, 5, 'X', false);
	change(world, SW_TABLE_MACHINES, &machine, 5, 'X', false);
	struct sw_store_status status = status_of(world->memory);
	assert_int_equal(status.executions_damaged, 1);
	assert_int_equal(status.branches_damaged, 5); /* and those of fan, whose states are not known */
	assert_int_equal(status.executions[SW_STATUS_RUNNING], 7);
	assert_int_equal(status.machines, FIXTURE_MACHINES);
	assert_non_null(status.oldest.execution_arn);
	assert_null(status.oldest.state);
	sw_store_status_done(&status);
}

static void the_status_of_an_empty_store_is_nothing(void **state)
{
	struct world *world = world_new();
	struct sw_store_status status = status_of(world->memory);
	assert_int_equal(status.machines, 0);
	assert_int_equal(status.next_count, 0);
	assert_null(status.oldest.execution_arn);
	sw_store_status_done(&status);
	world_free(world);
}

/* ---- directories -------------------------------------------------------------------------------------- */

/* An engine on disk, and room for copies of it. */
struct place {
	struct virtual_loop loop;
	struct sw_engine *engine;
	struct sw_task *task;
	char root[40], data[60], backup[60], other[60];
	struct sw_error err;
};

static int set_up_place(void **state)
{
	struct place *place = sw_zalloc(sizeof(*place));
	snprintf(place->root, sizeof(place->root), "/tmp/stepwell-place-XXXXXX");
	assert_non_null(mkdtemp(place->root));
	snprintf(place->data, sizeof(place->data), "%s/data", place->root);
	snprintf(place->backup, sizeof(place->backup), "%s/backup", place->root);
	snprintf(place->other, sizeof(place->other), "%s/new/data", place->root);
	virtual_loop_init(&place->loop, 1700000000000);
	*state = place;
	return 0;
}

static void close_engine(struct place *place)
{
	sw_engine_free(place->engine);
	place->engine = NULL;
	if (place->task)
		sw_task_release(place->task);
	place->task = NULL;
}

static int tear_down_place(void **state)
{
	struct place *place = *state;
	char command[80];
	close_engine(place);
	snprintf(command, sizeof(command), "rm -rf '%s'", place->root);
	assert_int_equal(system(command), 0);
	sw_free(place);
	return 0;
}

static void hold(void *user, struct sw_task *task)
{
	struct place *place = user;
	assert_null(place->task);
	place->task = task;
}

static void open_engine(struct place *place, const char *directory)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	options.data_directory = directory;
	options.loop = &place->loop.hooks;
	options.synchronous_commit = true;
	if (sw_engine_new(&options, &place->engine, &place->err) != SW_OK)
		fail_msg("%s", place->err.text);
	assert_int_equal(sw_engine_on_task(place->engine, "function:held", hold, NULL, place, NULL), SW_OK);
	assert_int_equal(sw_engine_resume(place->engine, SW_RESUME_ALL, NULL), SW_OK);
	virtual_loop_settle(&place->loop, 100000);
}

/* One execution whose task is held. */
static struct told start_one(struct place *place, const char *name)
{
	struct told told = {0};
	struct sw_machine_params machine = {.name = "m", .definition = ALONE(HELD(""))};
	struct sw_start_params start = {.machine = "m", .name = name};
	machine.definition_len = strlen(machine.definition);
	assert_int_equal(sw_engine_create_machine(place->engine, &machine, tell, &told, NULL, NULL), SW_OK);
	virtual_loop_settle(&place->loop, 100000);
	assert_int_equal(sw_engine_start(place->engine, &start, tell, &told, NULL), SW_OK);
	virtual_loop_settle(&place->loop, 100000);
	assert_int_equal(told.result, SW_OK);
	assert_non_null(place->task);
	return told;
}

static enum sw_status status_in(const char *directory, const char *arn)
{
	struct sw_reader *reader = NULL;
	struct sw_execution_info info = {0};
	assert_int_equal(sw_reader_open(directory, NULL, NULL, &reader, NULL), SW_OK);
	assert_int_equal(sw_reader_execution(reader, arn, false, &info, NULL), SW_OK);
	enum sw_status status = info.status;
	sw_execution_info_done(&info);
	sw_reader_close(reader);
	return status;
}

static void a_directory_has_an_owner_while_an_engine_is_open(void **state)
{
	struct place *place = *state;
	int64_t pid = 42;
	assert_int_equal(sw_directory_owner(place->data, &pid, NULL), SW_OK);
	assert_int_equal(pid, 0); /* it is not there */
	open_engine(place, place->data);
	assert_int_equal(sw_directory_owner(place->data, &pid, NULL), SW_OK);
	assert_int_equal(pid, getpid());
	close_engine(place);
	assert_int_equal(sw_directory_owner(place->data, &pid, NULL), SW_OK);
	assert_int_equal(pid, 0);
}

static void lock(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &whole), 0);
}

static void an_owner_whose_number_is_not_known_is_one_all_the_same(void **state)
{
	struct place *place = *state;
	char path[100];
	int64_t pid = 0;
	assert_int_equal(mkdir(place->data, 0700), 0);
	snprintf(path, sizeof(path), "%s/LOCK", place->data);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	lock(fd);
	assert_int_equal(sw_directory_owner(place->data, &pid, NULL), SW_OK);
	assert_int_equal(pid, -1);
	close(fd);
}

/* Whoever asks takes nothing. */
static void an_engine_opens_though_somebody_asks_for_the_owner(void **state)
{
	struct place *place = *state;
	open_engine(place, place->data);
	close_engine(place);
	pid_t child = fork();
	if (child == 0) {
		int64_t pid;
		for (;;)
			sw_directory_owner(place->data, &pid, NULL);
	}
	for (unsigned i = 0; i < 20; i++) {
		open_engine(place, place->data);
		close_engine(place);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* ---- backups ------------------------------------------------------------------------------------------ */

static void a_backup_goes_on_where_the_owner_was(void **state)
{
	struct place *place = *state;
	open_engine(place, place->data);
	struct told told = start_one(place, "one");
	char key[128];
	snprintf(key, sizeof(key), "%s", sw_task_idempotency_key(place->task));
	assert_int_equal(sw_reader_backup(sw_engine_reader(place->engine), place->backup, &place->err),
			 SW_OK);
	assert_int_equal(sw_task_succeed(place->task, "1", 1), SW_OK); /* the owner goes on */
	place->task = NULL;
	virtual_loop_settle(&place->loop, 100000);
	close_engine(place);
	assert_int_equal(status_in(place->data, told.arn), SW_STATUS_SUCCEEDED);
	assert_int_equal(status_in(place->backup, told.arn), SW_STATUS_RUNNING);

	assert_int_equal(sw_restore(place->backup, place->other, &place->err), SW_OK);
	open_engine(place, place->other);
	assert_non_null(place->task); /* delivered again, as after a crash */
	assert_true(sw_task_is_redelivery(place->task));
	assert_string_equal(sw_task_idempotency_key(place->task), key);
	assert_int_equal(sw_task_succeed(place->task, "2", 1), SW_OK);
	place->task = NULL;
	virtual_loop_settle(&place->loop, 100000);
	close_engine(place);
	assert_int_equal(status_in(place->other, told.arn), SW_STATUS_SUCCEEDED);
	assert_int_equal(status_in(place->backup, told.arn), SW_STATUS_RUNNING); /* untouched */
}

static void a_backup_is_made_by_the_name_of_the_directory_too(void **state)
{
	struct place *place = *state;
	open_engine(place, place->data);
	struct told told = start_one(place, NULL);
	close_engine(place);
	assert_int_equal(sw_backup(place->data, place->backup, &place->err), SW_OK);
	assert_int_equal(status_in(place->backup, told.arn), SW_STATUS_RUNNING);
	assert_int_equal(sw_backup(place->data, place->backup, &place->err), SW_EEXIST);
	assert_non_null(strstr(place->err.text, "backup"));
}

static void a_backup_of_nothing_is_refused(void **state)
{
	struct place *place = *state;
	assert_int_equal(sw_backup(place->data, place->backup, &place->err), SW_ENOENT);
	assert_int_not_equal(access(place->backup, F_OK), 0);
	struct world *world = world_new();
	world_open(world);
	assert_int_equal(sw_reader_backup(sw_engine_reader(world->engine), place->backup, NULL), SW_EINVAL);
	world_free(world);
}

static void a_restore_never_replaces_a_store(void **state)
{
	struct place *place = *state;
	open_engine(place, place->data);
	struct told told = start_one(place, "one");
	assert_int_equal(sw_reader_backup(sw_engine_reader(place->engine), place->backup, NULL), SW_OK);
	assert_int_equal(sw_restore(place->backup, place->data, &place->err), SW_EEXIST);
	close_engine(place);
	sw_error_clear(&place->err);
	assert_int_equal(sw_restore(place->backup, place->data, &place->err), SW_EEXIST);
	assert_int_equal(sw_restore(place->backup, place->backup, &place->err), SW_EEXIST);
	assert_int_equal(status_in(place->data, told.arn), SW_STATUS_RUNNING);
}

static void a_restore_into_a_directory_that_is_owned_is_refused(void **state)
{
	struct place *place = *state;
	char path[100];
	open_engine(place, place->data);
	close_engine(place);
	assert_int_equal(sw_backup(place->data, place->backup, NULL), SW_OK);
	snprintf(place->other, sizeof(place->other), "%s/other", place->root);
	assert_int_equal(mkdir(place->other, 0700), 0);
	snprintf(path, sizeof(path), "%s/LOCK", place->other);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	lock(fd);
	assert_int_equal(sw_restore(place->backup, place->other, &place->err), SW_EOWNED);
	close(fd);
	sw_error_clear(&place->err);
	assert_int_equal(sw_restore(place->backup, place->other, &place->err), SW_OK);
}

static void what_is_no_backup_is_not_restored(void **state)
{
	struct place *place = *state;
	char path[100];
	assert_int_equal(sw_restore(place->backup, place->other, &place->err), SW_ENOENT);
	assert_int_equal(mkdir(place->backup, 0700), 0);
	snprintf(path, sizeof(path), "%s/data.mdb", place->backup);
	FILE *file = fopen(path, "w");
	for (unsigned i = 0; i < 3000; i++)
		fputs("rubbish ", file);
	fclose(file);
	sw_error_clear(&place->err);
	assert_int_equal(sw_restore(place->backup, place->other, &place->err), SW_ECORRUPT);
	assert_non_null(strstr(place->err.text, "backup/data.mdb"));
	assert_int_not_equal(access(place->other, F_OK), 0); /* nothing was made for it */
}

#define FILLED(name) cmocka_unit_test_setup_teardown(name, set_up_filled, tear_down)
#define PLACED(name) cmocka_unit_test_setup_teardown(name, set_up_place, tear_down_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILLED(status_counts_what_there_is_and_what_it_waits_for),
		FILLED(status_names_the_oldest_and_what_is_due_next),
		FILLED(a_task_that_was_submitted_is_a_callback),
		FILLED(status_goes_on_over_damage),
		cmocka_unit_test(the_status_of_an_empty_store_is_nothing),
		PLACED(a_directory_has_an_owner_while_an_engine_is_open),
		PLACED(an_owner_whose_number_is_not_known_is_one_all_the_same),
		PLACED(an_engine_opens_though_somebody_asks_for_the_owner),
		PLACED(a_backup_goes_on_where_the_owner_was),
		PLACED(a_backup_is_made_by_the_name_of_the_directory_too),
		PLACED(a_backup_of_nothing_is_refused),
		PLACED(a_restore_never_replaces_a_store),
		PLACED(a_restore_into_a_directory_that_is_owned_is_refused),
		PLACED(what_is_no_backup_is_not_restored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
