/* Waiting for the end of an execution, and showing how it goes. */
#include "cli/cli.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

struct progress {
	FILE *events;
	json_int_t last_id;
	double start;
};

/* Pages of history, newest first, back to the last event that was shown. New. */
static json_t *read_new(struct client *client, const char *arn, json_int_t last_id)
{
	json_t *pages = json_array(), *page, *events;
	const char *token = NULL;
	json_int_t oldest;
	do {
		json_t *request = json_pack("{s:s, s:b, s:i}", "executionArn", arn, "reverseOrder", 1,
					    "maxResults", 100);
		if (token)
			json_object_set_new(request, "nextToken", json_string(token));
		if (client_call(client, "GetExecutionHistory", request, &page, NULL)) {
			json_decref(pages);
			return NULL;
		}
		json_array_append_new(pages, page);
		events = json_object_get(page, "events");
		oldest = json_integer_value(
			json_object_get(json_array_get(events, json_array_size(events) - 1), "id"));
		token = oldest > last_id + 1 ? text_of(page, "nextToken", NULL) : NULL;
	} while (token);
	return pages;
}

static int show_new(struct client *client, const char *arn, struct progress *progress)
{
	json_t *pages = read_new(client, arn, progress->last_id);
	if (!pages)
		return EXIT_STORE;
	for (size_t p = json_array_size(pages); p-- > 0;) {
		const json_t *events = json_object_get(json_array_get(pages, p), "events");
		for (size_t i = json_array_size(events); i-- > 0;) {
			const json_t *event = json_array_get(events, i);
			json_int_t id = json_integer_value(json_object_get(event, "id"));
			if (id <= progress->last_id)
				continue;
			if (progress->last_id == 0)
				progress->start = json_number_value(json_object_get(event, "timestamp"));
			progress->last_id = id;
			print_event(progress->events, event, progress->start);
		}
	}
	json_decref(pages);
	/* Whoever reads it in a pipe follows, too; when the pipe is gone, so is the reason to wait. */
	return fflush(progress->events) == 0 || progress->events != stdout ? EXIT_OK : EXIT_STORE;
}

/* What Ctrl-C leaves behind is told by the handler, which can be given nothing. */
static char farewell[2 * SW_ARN_BYTES_MAX + 200];

static void say_farewell(int number)
{
	ssize_t written = write(STDERR_FILENO, farewell, strlen(farewell));
	(void)written; /* nobody is left to be told */
	signal(number, SIG_DFL);
	raise(number);
}

void prepare_farewell(const struct options *options, const struct client *client, const char *arn)
{
	const char *name = strstr(arn, ":execution:");
	if (options->quiet || !client_owns(client) || !name)
		return;
	name += strlen(":execution:");
	snprintf(farewell, sizeof(farewell),
		 "\nstepwell: interrupted: %s stays as it is until `stepwell serve` runs, or the same "
		 "command with "
		 "--name %s; `stepwell stop %s` ends it\n",
		 name, strrchr(name, ':') + 1, name);
	signal(SIGINT, say_farewell);
}

int follow(struct client *client, const char *arn, FILE *events, json_t **ret_description)
{
	struct progress progress = {.events = events};
	int pause_ms = 5, code;
	bool told = false;
	for (;;) {
		json_t *description;
		bool running;
		/* The description first: an end that it tells has its events in what is read after it. */
		code = client_call(client, "DescribeExecution", json_pack("{s:s}", "executionArn", arn),
				   &description, NULL);
		if (code)
			return code;
		if (events)
			code = show_new(client, arn, &progress);
		running = !strcmp(text_of(description, "status", ""), "RUNNING");
		if (code || !running) {
			if (code)
				json_decref(description);
			else
				*ret_description = description;
			return code;
		}
		json_decref(description);
		if (client_reads(client) && !told)
			fputs("stepwell: nobody owns the data directory: it goes on when `stepwell serve` "
			      "runs\n",
			      stderr);
		told = true;
		client_wait(client, client_owns(client) ? 1000 : pause_ms);
		pause_ms = pause_ms < 200 ? pause_ms * 2 : 250;
	}
}

int print_outcome(const struct options *options, const json_t *description)
{
	const char *status = text_of(description, "status", "?"),
		   *output = text_of(description, "output", NULL);
	const char *error = text_of(description, "error", NULL), *cause = text_of(description, "cause", NULL);
	if (options->json)
		print_json(description);
	else if (output)
		printf("%s\n", output);
	if (strcmp(status, "SUCCEEDED")) {
		fprintf(stderr, "%s%s%s%s", colour_of(stderr, status), status, colour_end(stderr),
			error ? "  " : "");
		print_text(stderr, error ? error : "");
		fputs(cause ? ": " : "", stderr);
		print_text(stderr, cause ? cause : "");
		fputc('\n', stderr);
	}
	return exit_of_status(status);
}
