/*
 * Runs stories: files with a definition, an input and what then happens, told line by line. A line that
 * begins with
 * ">" is what comes from outside; the lines below it are the events that follow, and commands in angle
 * brackets:
 *
 *     # a Wait is timed from the moment it was entered
 *     --- definition
 *     {"StartAt": "Nap", ...}
 *     --- input
 *     {}
 *     --- story
 *     [    0] > start
 *     1<-0 ExecutionStarted
 *     [ 5000] > advance 5000
 *     ...
 *     = SUCCEEDED {}
 *
 * Actions: start, advance MS (to that time after the start), succeed BRANCH ATTEMPT JSON, fail BRANCH ATTEMPT
 * ERROR CAUSE, started BRANCH ATTEMPT WORKER, submitted BRANCH ATTEMPT JSON, heartbeat BRANCH ATTEMPT, stop
 * ERROR CAUSE. With --update the files are written anew as things are; the difference is for people to read.
 */
#include "tests/unit/step/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_MS 1700000000000

struct told {
	struct world *world;
	struct sw_buf text;
	uint32_t events, commands; /* how many were told */
};

static char *read_file(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "rb");
	struct sw_buf text = SW_BUF;
	char chunk[4096];
	size_t len;
	if (!file)
		return NULL;
	while ((len = fread(chunk, 1, sizeof(chunk), file)) > 0)
		sw_buf_append(&text, chunk, len);
	fclose(file);
	return sw_buf_take(&text, ret_len);
}

/* The text between a heading and the next one; NULL when it is not there. New. */
static char *section_of(const char *file, const char *heading)
{
	const char *at = strstr(file, heading);
	if (!at)
		return NULL;
	at += strlen(heading);
	const char *end = strstr(at, "\n--- ");
	return sw_memdup(at, end ? (size_t)(end - at) : strlen(at));
}

static void tell_news(struct told *told)
{
	static const char *const names[] = {"dispatch", "cancel", "finish"};
	struct world *world = told->world;
	for (; told->events < world->events_count; told->events++) {
		const struct sw_history_event *event = &world->events[told->events];
		sw_buf_printf(&told->text, "%u<-%u %s\n", event->id, event->previous_id,
			      sw_history_type_text(event->type));
	}
	for (; told->commands < world->commands_count; told->commands++) {
		const struct sw_command *command = &world->commands[told->commands];
		if (command->kind == SW_COMMAND_FINISH)
			sw_buf_text(&told->text, "<finish>\n");
		else
			sw_buf_printf(&told->text, "<%s %u %u>\n", names[command->kind], command->branch,
				      command->attempt);
	}
}

static void tell_end(struct told *told)
{
	const struct sw_execution *execution = told->world->execution;
	static const char *const names[] = {"RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"};
	sw_buf_printf(&told->text, "= %s", names[execution->status]);
	if (execution->output)
		sw_buf_printf(&told->text, " %s", world_output(told->world));
	if (execution->failure.error)
		sw_buf_printf(&told->text, " %s", execution->failure.error);
	if (execution->failure.cause)
		sw_buf_printf(&told->text, ": %s", execution->failure.cause);
	if (execution->status == SW_STATUS_RUNNING && sw_execution_due_ms(execution) < SW_NEVER)
		sw_buf_printf(&told->text, ", due %" PRId64, sw_execution_due_ms(execution) - START_MS);
	sw_buf_char(&told->text, '\n');
}

static enum sw_result send_task(struct world *world, const char *verb, char *rest)
{
	struct sw_event event = {0};
	struct sw_value *output = NULL;
	char *word = rest;
	event.branch = (uint32_t)strtoul(word, &word, 10);
	event.attempt = (uint32_t)strtoul(word, &word, 10);
	word += strspn(word, " ");
	if (strcmp(verb, "succeed") == 0 || strcmp(verb, "submitted") == 0) {
		event.kind =
			*verb == 's' && verb[2] == 'c' ? SW_EVENT_TASK_SUCCEEDED : SW_EVENT_TASK_SUBMITTED;
		if (sw_value_from_text(word, strlen(word), &output, NULL) < 0)
			return SW_EJSON;
		event.output = output;
	} else if (strcmp(verb, "fail") == 0) {
		event.kind = SW_EVENT_TASK_FAILED;
		event.error = strsep(&word, " ");
		event.cause = word;
	} else if (strcmp(verb, "started") == 0) {
		event.kind = SW_EVENT_TASK_STARTED;
		event.worker = word;
	} else if (strcmp(verb, "heartbeat") == 0) {
		event.kind = SW_EVENT_TASK_HEARTBEAT;
	} else {
		return SW_EINVAL;
	}
	enum sw_result r = world_send(world, event);
	sw_value_unref(output);
	return r;
}

static enum sw_result act(struct told *told, const char *input, char *action)
{
	struct world *world = told->world;
	char *rest = action, *verb = strsep(&rest, " ");
	if (strcmp(verb, "start") == 0)
		return world_start(world, input);
	if (strcmp(verb, "advance") == 0 && rest)
		return world_advance(world, START_MS + strtoll(rest, NULL, 10));
	if (strcmp(verb, "stop") == 0) {
		struct sw_event event = {.kind = SW_EVENT_STOP};
		event.error = rest ? strsep(&rest, " ") : NULL;
		event.cause = rest;
		return world_send(world, event);
	}
	return rest ? send_task(world, verb, rest) : SW_EINVAL;
}

/* Tells the story anew from its actions. */
static void retell(struct told *told, const char *input, const char *story)
{
	for (const char *line = story; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *mark = strstr(line, "> ");
		if (*line != '[' || !mark || (size_t)(mark - line) >= strcspn(line, "\n"))
			continue;
		char *action = sw_memdup(mark + 2, strcspn(mark + 2, "\n")), *copy = sw_strdup(action);
		enum sw_result r = act(told, input, action);
		sw_buf_printf(&told->text, "[%5" PRId64 "] > %s\n", told->world->now_ms - START_MS, copy);
		if (r < 0)
			sw_buf_printf(&told->text, "! %s\n", sw_result_text(r));
		tell_news(told);
		sw_free(action);
		sw_free(copy);
	}
	tell_end(told);
}

static bool write_back(const char *path, const char *file, const char *story, const struct sw_buf *text)
{
	FILE *out = fopen(path, "wb");
	if (!out)
		return false;
	fwrite(file, 1, (size_t)(story - file), out);
	fwrite(text->data, 1, text->len, out);
	return fclose(out) == 0;
}

static bool run_story(const char *path, bool update)
{
	size_t len;
	struct sw_error err = {0};
	char *file = read_file(path, &len);
	char *definition = file ? section_of(file, "--- definition\n") : NULL;
	char *input = file ? section_of(file, "--- input\n") : NULL;
	const char *story = file ? strstr(file, "--- story\n") : NULL;
	struct told told = {.text = SW_BUF};
	bool good = false;
	if (definition && input && story)
		told.world = world_new(definition, strlen(definition), &err);
	if (told.world) {
		story += strlen("--- story\n");
		told.world->now_ms = START_MS;
		retell(&told, input, story);
		good = strcmp(told.text.data, story) == 0 ||
		       (update && write_back(path, file, story, &told.text));
		if (!good)
			printf("--- %s\nexpected:\n%s\nhappened:\n%s\n", path, story, told.text.data);
	} else {
		printf("--- %s: not a story: %s\n", path, err.text);
	}
	world_free(told.world);
	sw_buf_done(&told.text);
	sw_free(definition);
	sw_free(input);
	sw_free(file);
	return good;
}

int main(int argc, char **argv)
{
	bool update = argc > 1 && strcmp(argv[1], "--update") == 0;
	int failed = 0;
	for (int i = update ? 2 : 1; i < argc; i++)
		failed += !run_story(argv[i], update);
	printf("%d stories, %d failed\n", argc - (update ? 2 : 1), failed);
	return failed > 0;
}
