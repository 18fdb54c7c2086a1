/* stepwell dump [TABLE | EXECUTION]: the records of a data directory, as text. */
#include "cli/cli.h"
#include "engine/maintenance.h"

#include <stdlib.h>
#include <string.h>

struct printing {
	const struct options *options;
	struct meter meter;
	uint64_t damaged;
};

static void print_record(void *user, const struct sw_dump_record *record)
{
	struct printing *printing = user;
	meter_clear(&printing->meter);
	printing->damaged += record->damaged;
	if (printing->options->json) {
		/* Keys of damaged records may be anything. */
		json_t *key = json_string(record->key);
		char *text = json_dumps(key ? key : json_null(), JSON_ENCODE_ANY);
		printf("{\"table\":\"%s\",\"key\":%s,\"record\":%s}\n", record->table, text ? text : "null",
		       record->json);
		free(text);
		json_decref(key);
		return;
	}
	const char *word = record->damaged ? "FAILED" : "SUCCEEDED";
	printf("%s%s%s ", colour_of(stdout, word), record->table, colour_end(stdout));
	print_text(stdout, record->key);
	fputs("  ", stdout);
	print_text(stdout, record->json);
	putchar('\n');
}

static void show_progress(void *user, const char *what, uint64_t count)
{
	meter_show(&((struct printing *)user)->meter, what, count);
}

int cmd_dump(const struct options *options)
{
	struct printing printing = {.options = options, .meter = meter_start()};
	struct sw_dump_options dump = {.record = print_record, .progress = show_progress, .user = &printing};
	const char *what = options->args_count ? options->args[0] : NULL;
	struct sw_reader *reader = NULL;
	struct sw_error err = {0};
	if (what && strchr(what, ':'))
		dump.execution = what;
	else
		dump.table = what;
	enum sw_result r = sw_reader_open(options->data, options->region, options->account, &reader, &err);
	bool opened = r == SW_OK;
	if (opened)
		r = sw_reader_dump(reader, &dump, &err);
	sw_reader_close(reader);
	meter_clear(&printing.meter);
	if (opened && r == SW_ENOENT)
		return complain(EXIT_FAILED, "%s", err.text);
	if (r == SW_EINVAL)
		return complain(EXIT_USAGE,
				"%s; tables are settings, machines, numbers, executions, branches, "
				"history, values, timers, names, listing, versions, aliases, tags "
				"and activities",
				err.text);
	if (r != SW_OK)
		return complain_store(options, r, &err);
	return printing.damaged > 0 ? EXIT_FAILED : EXIT_OK;
}
