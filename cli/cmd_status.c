/* stepwell status. */
#include "cli/cli.h"
#include "engine/maintenance.h"

#include <inttypes.h>
#include <string.h>

static void take_progress(void *user, const char *what, uint64_t count)
{
	meter_show(user, what, count);
}

/* ---- the owner ---------------------------------------------------------------------------------------- */

/* What the owner says of itself: the answer of StepwellStatus (new); NULL when it does not answer. */
static json_t *ask_owner(const struct options *options)
{
	struct client *client = NULL;
	json_t *answer = NULL, *error = NULL;
	if (client_open(options, CLIENT_READ, &client) != EXIT_OK)
		return NULL;
	if (client_call(client, "StepwellStatus", json_object(), &answer, &error) != EXIT_OK)
		answer = NULL;
	json_decref(error);
	client_close(client);
	/* Nobody listens, and this process answered itself. */
	if (answer && !json_is_true(json_object_get(answer, "owner"))) {
		json_decref(answer);
		answer = NULL;
	}
	return answer;
}

/* Version, and what it has done since it was started. */
static void print_work(const json_t *answer)
{
	const json_t *stats = json_object_get(answer, "stats");
	const char *advances = text_of(answer, "advances", "ALL");
	printf("stepwell %s, advances %s\n", text_of(answer, "version", "?"),
	       !strcmp(advances, "ALL")   ? "every execution"
	       : !strcmp(advances, "OWN") ? "what was started there"
					  : "nothing");
	printf("since start  %" JSON_INTEGER_FORMAT " started, %" JSON_INTEGER_FORMAT
	       " transitions, %" JSON_INTEGER_FORMAT " commits, %" JSON_INTEGER_FORMAT
	       " executions in memory\n",
	       json_integer_value(json_object_get(stats, "started")),
	       json_integer_value(json_object_get(stats, "transitions")),
	       json_integer_value(json_object_get(stats, "commits")),
	       json_integer_value(json_object_get(stats, "executionsInMemory")));
}

static void print_owner(int64_t pid, const json_t *answer)
{
	if (pid == 0) {
		puts("owner        nobody; executions do not advance");
		return;
	}
	fputs("owner        ", stdout);
	if (pid > 0)
		printf("process %" PRId64, pid);
	else
		fputs("a process", stdout);
	if (!answer) {
		puts(", which does not answer");
		return;
	}
	fputs(", ", stdout);
	print_work(answer);
}

/* ---- people ------------------------------------------------------------------------------------------- */

static const char *moment(int64_t time_ms, char *text, size_t bytes)
{
	json_t *seconds = json_real((double)time_ms / 1000);
	const char *result = time_text(seconds, text, bytes);
	json_decref(seconds);
	return result;
}

/* "order:2f3c...", as `describe` takes it. */
static const char *short_arn(const char *arn)
{
	const char *marker = arn ? strstr(arn, ":execution:") : NULL;
	return marker ? marker + strlen(":execution:") : "an execution that cannot be read";
}

static void print_waiting(const char *label, const struct sw_waiting *waiting, const char *fallback)
{
	char text[40];
	printf("%-12s %s  ", label, moment(waiting->time_ms, text, sizeof(text)));
	print_text(stdout, short_arn(waiting->execution_arn));
	fputs("  ", stdout);
	print_text(stdout, waiting->state ? waiting->state : fallback);
	putchar('\n');
}

static void print_counts(const struct sw_store_status *status)
{
	printf("machines     %" PRIu64, status->machines);
	if (status->machines_deleting)
		printf(", %" PRIu64 " of them being deleted", status->machines_deleting);
	fputs("\nexecutions  ", stdout);
	for (unsigned i = 0; i < SW_STATUSES_COUNT; i++)
		if (status->executions[i] || i == SW_STATUS_RUNNING)
			printf(" %" PRIu64 " %s", status->executions[i], sw_status_name((enum sw_status)i));
	if (status->executions_damaged)
		printf(" %" PRIu64 " damaged", status->executions_damaged);
	printf("\nwaiting for  %" PRIu64 " tasks, %" PRIu64 " callbacks, %" PRIu64 " moments, %" PRIu64
	       " retries; %" PRIu64 " ready\n",
	       status->tasks_in_flight, status->callbacks, status->waits, status->retries, status->ready);
	if (status->branches_damaged)
		printf("damaged      %" PRIu64 " branches; see `stepwell doctor`\n",
		       status->branches_damaged);
}

static void print_status(const struct options *options, const struct sw_store_status *status, int64_t pid,
			 const json_t *answer)
{
	char used[32], file[32], room[32];
	printf("data         %s\n", options->data);
	print_owner(pid, answer);
	print_counts(status);
	if (status->oldest.execution_arn)
		print_waiting("oldest", &status->oldest, "");
	for (uint32_t i = 0; i < status->next_count; i++)
		print_waiting(i ? "" : "next due", &status->next[i], "(timeout)");
	if (status->timers > status->next_count)
		printf("             and %" PRIu64 " more\n", status->timers - status->next_count);
	printf("bytes        %s used, file of %s, %s free on the disk\n",
	       size_text(status->data_bytes, used, sizeof(used)),
	       size_text(status->file_bytes, file, sizeof(file)),
	       size_text(status->disk_free_bytes, room, sizeof(room)));
}

/* ---- JSON --------------------------------------------------------------------------------------------- */

static json_t *json_text(const char *text)
{
	json_t *string = text ? json_string(text) : NULL;
	return string ? string : json_null();
}

static json_t *json_waiting(const struct sw_waiting *waiting, const char *time_name)
{
	json_t *object = json_object();
	json_object_set_new(object, "executionArn", json_text(waiting->execution_arn));
	json_object_set_new(object, "state", json_text(waiting->state));
	json_object_set_new(object, time_name, json_real((double)waiting->time_ms / 1000));
	return object;
}

static void set_count(json_t *object, const char *name, uint64_t count)
{
	json_object_set_new(object, name, json_integer((json_int_t)count));
}

static void print_status_json(const struct options *options, const struct sw_store_status *status,
			      int64_t pid, json_t *answer)
{
	json_t *all = json_object(), *executions = json_object(), *waiting = json_object(),
	       *next = json_array();
	json_object_set_new(all, "data", json_text(options->data));
	json_object_set_new(all, "owned", json_boolean(pid != 0));
	json_object_set_new(all, "ownerPid", pid > 0 ? json_integer(pid) : json_null());
	json_object_set_new(all, "owner", answer ? json_incref(answer) : json_null());
	set_count(all, "machines", status->machines);
	set_count(all, "machinesDeleting", status->machines_deleting);
	for (unsigned i = 0; i < SW_STATUSES_COUNT; i++)
		set_count(executions, sw_status_name((enum sw_status)i), status->executions[i]);
	set_count(executions, "damaged", status->executions_damaged);
	json_object_set_new(all, "executions", executions);
	set_count(waiting, "tasks", status->tasks_in_flight);
	set_count(waiting, "callbacks", status->callbacks);
	set_count(waiting, "moments", status->waits);
	set_count(waiting, "retries", status->retries);
	set_count(waiting, "children", status->joins);
	set_count(waiting, "ready", status->ready);
	set_count(waiting, "damaged", status->branches_damaged);
	json_object_set_new(all, "waiting", waiting);
	json_object_set_new(all, "oldest",
			    status->oldest.execution_arn ? json_waiting(&status->oldest, "startDate")
							 : json_null());
	set_count(all, "timers", status->timers);
	for (uint32_t i = 0; i < status->next_count; i++)
		json_array_append_new(next, json_waiting(&status->next[i], "dueDate"));
	json_object_set_new(all, "nextDue", next);
	set_count(all, "dataBytes", status->data_bytes);
	set_count(all, "fileBytes", status->file_bytes);
	set_count(all, "diskFreeBytes", status->disk_free_bytes);
	print_json(all);
	json_decref(all);
}

/* ---- the command -------------------------------------------------------------------------------------- */

/* What a server tells of itself; what waits and how much room there is only the directory tells. */
static int status_of_endpoint(const struct options *options)
{
	struct client *client = NULL;
	json_t *answer = NULL;
	int code = client_open(options, CLIENT_READ, &client);
	if (code)
		return code;
	code = client_call(client, "StepwellStatus", json_object(), &answer, NULL);
	if (code == EXIT_OK && options->json) {
		print_json(answer);
	} else if (code == EXIT_OK) {
		printf("endpoint     %s\nserver       process %" JSON_INTEGER_FORMAT ", ", options->endpoint,
		       json_integer_value(json_object_get(answer, "pid")));
		print_work(answer);
		printf("ARNs         %s, account %s\n", text_of(answer, "region", "?"),
		       text_of(answer, "account", "?"));
	}
	json_decref(answer);
	client_close(client);
	return code;
}

static int status_of_directory(const struct options *options)
{
	struct meter meter = meter_start();
	struct sw_store_status status = {0};
	struct sw_reader *reader = NULL;
	struct sw_error err = {0};
	int64_t pid = 0;
	enum sw_result r = sw_reader_open(options->data, options->region, options->account, &reader, &err);
	if (r == SW_OK)
		r = sw_reader_status(reader, take_progress, &meter, &status, &err);
	sw_reader_close(reader);
	meter_clear(&meter);
	if (r == SW_OK)
		r = sw_directory_owner(options->data, &pid, &err);
	if (r != SW_OK) {
		sw_store_status_done(&status);
		return complain_store(options, r, &err);
	}
	/* Not before the reader is closed: whoever answers may be another reader of this process. */
	json_t *answer = pid ? ask_owner(options) : NULL;
	if (options->json)
		print_status_json(options, &status, pid, answer);
	else
		print_status(options, &status, pid, answer);
	json_decref(answer);
	sw_store_status_done(&status);
	return EXIT_OK;
}

int cmd_status(const struct options *options)
{
	return options->endpoint ? status_of_endpoint(options) : status_of_directory(options);
}
