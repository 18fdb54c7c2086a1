/*
 * Runs stories: files with a definition, an input and what then happens, told line by line. A line with ">" is what
 * comes from outside; the lines below it are the events that follow, and what is asked of the outside, in angle
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
 *     [ 3000] > crash
 *     [ 9000] > advance 9000
 *     @5000 3<-2 WaitStateExited
 *     ...
 *     = SUCCEEDED {}
 *
 * "@5000" is when the event happened, when that is not the moment at the left. docs/testing.md lists the actions.
 *
 * Each story is played on the pure core and on the whole engine (stage.h), which must tell the same, down to the last
 * detail of each event; and on both once more with a crash after each line, which must come to the same events. Then the
 * engine dies at the first commit of the story, at the second, until there are none left, the commit lost or applied. With
 * --update the files are written anew as the core tells them; the difference is for people to read.
 */
#include "stage.h"

#include "asl/value.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEATHS_MAX 1000
#define LOOSE_TIMES "# times are not told\n"

/* One way to play a story. */
struct way {
	const struct stage_ops *ops;
	enum verb after_each; /* VERB_START: nothing */
	const char *name;
};
static const struct way ways[] = {
	{&stage_core, VERB_START, "the core"},
	{&stage_durable, VERB_START, "the engine"},
	{&stage_core, VERB_CRASH, "the core, from its records after each line"},
	{&stage_durable, VERB_CRASH, "the engine, with a crash after each line"},
	{&stage_durable, VERB_RESTART, "the engine, started again after each line"},
};

struct story {
	const char *path;
	char *file, *definition, *input;
	const char *lines; /* in file */
	bool loose_times;
};

/* What was told of a story. */
struct told {
	struct stage stage;
	const struct story *story;
	struct sw_buf text;    /* as in the file */
	struct sw_buf details; /* each event whole, with names in place of tokens */
	uint32_t last_id;
	bool commands; /* tell what is asked of the outside, and refusals */
};

/* ---- reading ------------------------------------------------------------------------------------------ */

static char *read_file(const char *path)
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
	return sw_buf_take(&text, NULL);
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

static void story_done(struct story *story)
{
	sw_free(story->file);
	sw_free(story->definition);
	sw_free(story->input);
}

static bool story_read(struct story *story, const char *path)
{
	*story = (struct story){.path = path, .file = read_file(path)};
	if (!story->file)
		return false;
	story->definition = section_of(story->file, "--- definition\n");
	story->input = section_of(story->file, "--- input\n");
	story->lines = strstr(story->file, "--- story\n");
	if (!story->definition || !story->input || !story->lines)
		return false;
	story->lines += strlen("--- story\n");
	story->loose_times = strstr(story->file, LOOSE_TIMES) != NULL;
	return true;
}

/* Points into line, which is changed. False: no such action. */
static bool read_action(const struct story *story, char *line, struct action *action)
{
	static const char *const verbs[] = {"start",   "advance",   "succeed",   "fail",
					    "started", "submitted", "heartbeat", "stop",
					    "redrive", "crash",     "restart"};
	char *rest = line, *verb = strsep(&rest, " ");
	size_t i = 0;
	while (i < sizeof(verbs) / sizeof(verbs[0]) && strcmp(verb, verbs[i]) != 0)
		i++;
	if (i == sizeof(verbs) / sizeof(verbs[0]))
		return false;
	*action = (struct action){.verb = (enum verb)i};
	if (action->verb == VERB_START)
		action->json = story->input;
	if (action->verb == VERB_ADVANCE || action->verb == VERB_CRASH || action->verb == VERB_RESTART)
		action->time_ms = STORY_START_MS + (rest ? strtoll(rest, NULL, 10) : 0);
	bool task = action->verb >= VERB_SUCCEED && action->verb <= VERB_HEARTBEAT;
	if (task && !rest)
		return false;
	if (task) {
		action->branch = (uint32_t)strtoul(rest, &rest, 10);
		action->attempt = (uint32_t)strtoul(rest, &rest, 10);
		rest += strspn(rest, " ");
	}
	if (action->verb == VERB_SUCCEED || action->verb == VERB_SUBMITTED)
		action->json = rest;
	if (action->verb == VERB_STARTED)
		action->worker_name = rest;
	if ((action->verb == VERB_FAIL || action->verb == VERB_STOP) && rest) {
		action->error = strsep(&rest, " ");
		action->cause = rest;
	}
	bool json =
		action->verb == VERB_START || action->verb == VERB_SUCCEED || action->verb == VERB_SUBMITTED;
	return !json || action->json;
}

/* ---- telling ------------------------------------------------------------------------------------------ */

static int64_t time_of(const json_t *event)
{
	return (int64_t)(json_number_value(json_object_get(event, "timestamp")) * 1000 + 0.5);
}

static void tell_event(void *user, uint32_t id, const char *json, size_t len)
{
	struct told *told = user;
	struct sw_value *value = NULL;
	const json_t *event;
	if (id != told->last_id + 1)
		stage_problem(&told->stage, "event %u follows %u", id, told->last_id);
	told->last_id = id;
	if (sw_value_from_text(json, len, &value, NULL) < 0 || sw_value_tree(value, &event) < 0) {
		stage_problem(&told->stage, "event %u is not JSON", id);
		sw_value_unref(value);
		return;
	}
	int64_t time_ms = time_of(event);
	if (!told->story->loose_times && time_ms != told->stage.ops->now_ms(&told->stage))
		sw_buf_printf(&told->text, "@%" PRId64 " ", time_ms - STORY_START_MS);
	sw_buf_printf(&told->text, "%u<-%" PRId64 " %s\n", id,
		      (int64_t)json_integer_value(json_object_get(event, "previousEventId")),
		      json_string_value(json_object_get(event, "type")));
	sw_value_unref(value);
	/* The time stands in the text; where it is not told, it is not compared. */
	const char *rest = memchr(json, ',', len);
	if (rest && strncmp(json, "{\"timestamp\":", 13) == 0)
		stage_append_masked(&told->stage, rest, len - (size_t)(rest - json), &told->details);
	else
		stage_append_masked(&told->stage, json, len, &told->details);
	sw_buf_char(&told->details, '\n');
}

static void tell_commands(struct told *told)
{
	struct stage *stage = &told->stage;
	struct sw_buf *const lists[] = {&stage->cancels, &stage->deliveries, &stage->queued};
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (told->commands)
			sw_buf_append(&told->text, lists[i]->len > 0 ? lists[i]->data : "", lists[i]->len);
		sw_buf_reset(lists[i]);
	}
	if (stage->finished && !stage->finish_told && told->commands)
		sw_buf_text(&told->text, "<finish>\n");
	stage->finish_told = stage->finished;
}

/* "x"*262143 is a string of so many characters, so that a large value is a short line. NULL: it is no such text. New. */
static char *large_text(const char *text)
{
	struct sw_buf out = SW_BUF;
	if (!text || strlen(text) < 5 || text[0] != '"' || text[2] != '"' || text[3] != '*')
		return NULL;
	sw_buf_char(&out, '"');
	for (unsigned long count = strtoul(text + 4, NULL, 10); count > 0; count--)
		sw_buf_char(&out, text[1]);
	sw_buf_char(&out, '"');
	return sw_buf_take(&out, NULL);
}

static void act(struct told *told, char *line, const struct way *way)
{
	struct stage *stage = &told->stage;
	struct action action;
	char *shown = sw_strdup(line);
	if (!shown || !read_action(told->story, line, &action)) {
		stage_problem(stage, "no such action: %s", shown);
		sw_free(shown);
		return;
	}
	char *large = large_text(action.json);
	if (large)
		action.json = large;
	enum sw_result r = stage->ops->act(stage, &action);
	sw_free(large);
	sw_buf_printf(&told->text, "[%5" PRId64 "] > %s\n", stage->ops->now_ms(stage) - STORY_START_MS,
		      shown);
	sw_free(shown);
	if (r < 0 && (told->commands || told->stage.death.at == 0))
		sw_buf_printf(&told->text, "! %s\n", sw_result_text(r));
	stage->ops->events(stage, told->last_id, tell_event, told);
	if (way->after_each != VERB_START) {
		action = (struct action){.verb = way->after_each, .time_ms = stage->ops->now_ms(stage)};
		stage->ops->act(stage, &action);
		stage->ops->events(stage, told->last_id, tell_event, told);
	}
	tell_commands(told);
}

/* Plays the story. False: the stage does not open. */
static bool play(struct told *told, const struct story *story, const struct way *way, struct death death)
{
	struct sw_error err = {0};
	*told = (struct told){.stage = {.ops = way->ops, .death = death}, .story = story};
	told->commands = way->after_each == VERB_START && death.at == 0;
	if (way->ops->open(&told->stage, story->definition, &err) < 0) {
		stage_problem(&told->stage, "not a story: %s", err.text);
		return false;
	}
	for (const char *line = story->lines; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *mark = strstr(line, "> ");
		if (*line != '[' || !mark || (size_t)(mark - line) >= strcspn(line, "\n"))
			continue;
		char *action = sw_memdup(mark + 2, strcspn(mark + 2, "\n"));
		if (action)
			act(told, action, way);
		sw_free(action);
	}
	way->ops->end(&told->stage, &told->text);
	if (way->ops->check)
		way->ops->check(&told->stage);
	return true;
}

static void told_done(struct told *told)
{
	told->stage.ops->close(&told->stage);
	sw_buf_done(&told->stage.cancels);
	sw_buf_done(&told->stage.deliveries);
	sw_buf_done(&told->stage.queued);
	sw_buf_done(&told->text);
	sw_buf_done(&told->details);
}

/* ---- comparing ---------------------------------------------------------------------------------------- */

/*
 * The story without what is asked of the outside: where it dies after each line, that is asked more often. Whoever dies
 * in the middle of it is refused more often, too.
 */
static char *without_commands(const char *text, bool refusals)
{
	struct sw_buf out = SW_BUF;
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		len += line[len] == '\n';
		if (*line != '<' && (*line != '!' || refusals))
			sw_buf_append(&out, line, len);
		line += len;
	}
	return sw_buf_take(&out, NULL);
}

/* The first line in which they differ. */
static void show_difference(const char *expected, const char *happened)
{
	unsigned number = 1;
	while (*expected && *happened) {
		size_t expected_len = strcspn(expected, "\n"), len = strcspn(happened, "\n");
		if (expected_len != len || memcmp(expected, happened, len) != 0)
			break;
		expected += len + (expected[len] == '\n');
		happened += len + (happened[len] == '\n');
		number++;
	}
	printf("  from line %u on, expected:\n%s\n  happened:\n%s\n", number, expected, happened);
}

static bool same(const struct told *told, const char *expected, const struct sw_buf *happened,
		 const char *name, const char *what)
{
	const char *text = happened->len > 0 ? happened->data : "";
	if (expected && strcmp(expected, text) == 0)
		return true;
	printf("--- %s: %s: %s\n", told->story->path, name, what);
	show_difference(expected ? expected : "", text);
	return false;
}

static bool write_back(const struct story *story, const struct sw_buf *text)
{
	FILE *out = fopen(story->path, "wb");
	if (!out)
		return false;
	fwrite(story->file, 1, (size_t)(story->lines - story->file), out);
	fwrite(text->data, 1, text->len, out);
	return fclose(out) == 0;
}

/* details: of the first way; *details is filled by it. */
static bool play_way(const struct story *story, const struct way *way, struct sw_buf *details, bool update)
{
	struct told told;
	bool first = way == &ways[0];
	bool good = play(&told, story, way, (struct death){0});
	char *expected = told.commands ? sw_strdup(story->lines) : without_commands(story->lines, true);
	if (good && first && update && !*told.stage.problem) {
		good = write_back(story, &told.text);
	} else if (good) {
		good = same(&told, expected, &told.text, way->name, "another story");
		if (good && !first)
			good = same(&told, details->data, &told.details, way->name,
				    "other details than those of the core");
	}
	if (*told.stage.problem) {
		printf("--- %s: %s: %s\n", story->path, way->name, told.stage.problem);
		good = false;
	}
	if (first) {
		*details = told.details;
		told.details = SW_BUF;
	}
	sw_free(expected);
	told_done(&told);
	return good;
}

/* One death. *ret_happened is false when the story has fewer commits. */
static bool play_death(const struct story *story, struct death death, const char *expected,
		       const struct sw_buf *details, bool *ret_happened)
{
	static const struct way way = {&stage_durable, VERB_START, "the engine"};
	struct told told;
	char name[80];
	snprintf(name, sizeof(name), "the engine that dies at commit %u, which is %s", death.at,
		 death.applied ? "applied" : "lost");
	bool good = play(&told, story, &way, death);
	*ret_happened = told.stage.death.happened;
	if (good && !told.stage.death.stuck)
		good = same(&told, expected, &told.text, name, "another story") &&
		       same(&told, details->data, &told.details, name,
			    "other details than those of the core");
	if (*told.stage.problem) {
		printf("--- %s: %s: %s\n", story->path, name, told.stage.problem);
		good = false;
	}
	told_done(&told);
	return good;
}

/* The process dies at each commit in turn. */
static bool sweep(const struct story *story, const struct sw_buf *details, unsigned *deaths)
{
	char *expected = without_commands(story->lines, false);
	bool good = true, happened = true;
	for (unsigned at = 1; good && happened && at < DEATHS_MAX; at++) {
		good = play_death(story, (struct death){.at = at}, expected, details, &happened) &&
		       play_death(story, (struct death){.at = at, .applied = true}, expected, details,
				  &happened);
		*deaths += 2 * happened;
	}
	sw_free(expected);
	return good;
}

static bool run_story(const char *path, bool update, unsigned *deaths)
{
	struct story story;
	struct sw_buf details = SW_BUF;
	bool good = story_read(&story, path);
	if (!good)
		printf("--- %s: not a story\n", path);
	for (size_t i = 0; good && i < sizeof(ways) / sizeof(ways[0]) && (i == 0 || !update); i++)
		good = play_way(&story, &ways[i], &details, update);
	if (good && !update)
		good = sweep(&story, &details, deaths);
	sw_buf_done(&details);
	story_done(&story);
	return good;
}

int main(int argc, char **argv)
{
	bool update = argc > 1 && strcmp(argv[1], "--update") == 0;
	int failed = 0, first = update ? 2 : 1;
	unsigned deaths = 0;
	for (int i = first; i < argc; i++)
		failed += !run_story(argv[i], update, &deaths);
	printf("%u deaths in the middle of a story\n", deaths);
	printf("%d passed, %d failed\n", argc - first - failed, failed);
	return failed > 0;
}
