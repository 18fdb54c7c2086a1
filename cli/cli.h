/*
 * The command `stepwell`: a client of the installed headers. Each subcommand is a row of the table in main.c
 * and a file cmd_NAME.c; what they share is declared here. This is the only part of Stepwell that prints and
 * exits.
 */
#ifndef SW_CLI_CLI_H
#define SW_CLI_CLI_H

#include "asl/asl.h"
#include "base/error.h"
#include "engine/engine.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* What scripts can rely on. */
enum exit_code {
	EXIT_OK = 0,        /* succeeded */
	EXIT_FAILED = 1,    /* the execution failed; nothing of that name */
	EXIT_USAGE = 2,     /* usage, or a definition, input or path with mistakes */
	EXIT_TIMED_OUT = 3, /* the execution timed out */
	EXIT_ABORTED = 4,   /* the execution was stopped */
	EXIT_STORE = 5,     /* the store or the connection */
};

#define SUBSTITUTIONS_MAX 256

/* Every option of every subcommand; each subcommand says which of them it takes. */
struct options {
	char *data; /* the data directory; never NULL after options_read */
	const char *region, *account, *resources, *mock_config, *test_case, *input, *name, *machine, *status,
		*error, *cause;
	const char *listen, *format, *substitutions, *context, *variables, *seed, *mock;
	const char *endpoint; /* whom to call in place of a data directory; NULL: the directory */
	const char *ca_file, *type;
	const char *credentials, *tls_certificate, *tls_key;
	const char *log_format, *log_level, *execution_log;
	const char *retention, *relaxed;
	const char *set[SUBSTITUTIONS_MAX];
	unsigned set_count;
	long max, partitions;
	bool json, wait, quiet, update, batch, reverse, verbose, keep_placeholders, compact;
	int args_count; /* what is not an option */
	char **args;
};

struct command {
	const char *name, *arguments, *summary;
	const char *options; /* letters of main.c's option table */
	int args_min, args_max;
	const char *help; /* paragraphs below the usage line */
	int (*run)(const struct options *options);
};

int cmd_run(const struct options *options);
int cmd_validate(const struct options *options);
int cmd_create(const struct options *options);
int cmd_start(const struct options *options);
int cmd_list(const struct options *options);
int cmd_describe(const struct options *options);
int cmd_history(const struct options *options);
int cmd_watch(const struct options *options);
int cmd_stop(const struct options *options);
int cmd_delete(const struct options *options);
int cmd_redrive(const struct options *options);
int cmd_task(const struct options *options);
int cmd_test(const struct options *options);
int cmd_activity(const struct options *options);
int cmd_api(const struct options *options);
int cmd_serve(const struct options *options);
int cmd_graph(const struct options *options);
int cmd_intrinsic(const struct options *options);
int cmd_jsonata(const struct options *options);
int cmd_jsonpath(const struct options *options);
int cmd_status(const struct options *options);
int cmd_doctor(const struct options *options);
int cmd_dump(const struct options *options);
int cmd_explain(const struct options *options);
int cmd_backup(const struct options *options);
int cmd_restore(const struct options *options);

/* ---- output.c ------------------------------------------------------------------------------------------ */

/* "stepwell: ..." on standard error; returns code, so that callers can `return complain(EXIT_STORE, ...)`. */
int complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for an error; file may be NULL: "file:line:column: pointer: text". */
int complain_error(int code, const char *file, const struct sw_error *err);
/* The same for an expression of the user's, which is shown with a caret below the place. */
int complain_expression(int code, const char *expression, const struct sw_error *err);
/* The same for the error answer of an action, {"__type", "message"}: the exit code is that of its type. */
int complain_answer(const json_t *error);
/* The type of an error answer without its namespace. Borrowed. */
const char *error_type(const json_t *error);
/* Exit code for a result of the engine. */
int exit_of(enum sw_result result);
/* Exit code of an execution's status text. */
int exit_of_status(const char *status);
/* Prints JSON text of an answer, indented, and a newline. */
void print_json(const json_t *tree);
/* Local time for tables: 2024-01-31 10:20:30.123; "-" for none. bytes >= 32. */
const char *time_text(const json_t *seconds, char *text, size_t bytes);
/* Starts and ends a colour for a status or event, when stream is a terminal; "" otherwise. */
const char *colour_of(FILE *stream, const char *word);
const char *colour_end(FILE *stream);
/* One line of a history: "  12  0.034s  TaskStateExited  Ship". start is the time of the first event. */
void print_event(FILE *stream, const json_t *event, double start_seconds);
/* The width to give printf so that text fills so many columns. */
int columns_of(const char *text, int columns);
/* Text of any length for people: control characters of data do not reach the terminal. */
void print_text(FILE *stream, const char *text);
/* The same of len bytes in one line. */
void print_part(FILE *stream, const char *text, size_t len);
/* The members of an answer for people, one a line. */
void print_description(const json_t *description);
/* The text member of an answer, or fallback. Borrowed. */
const char *text_of(const json_t *object, const char *member, const char *fallback);

/* ---- files.c ------------------------------------------------------------------------------------------ */

/* Reads a whole file ("-": standard input), at most bytes_max. New; NULL with err set to a text that names the
 * file. */
char *load_file(const char *path, size_t bytes_max, size_t *ret_len, struct sw_error *err);
/* The same; NULL after complaining (EXIT_USAGE). */
char *read_file(const char *path, size_t bytes_max, size_t *ret_len);
/* An option's JSON text, @FILE, or - for standard input; NULL gives "{}". Checked to be JSON. New; NULL after
 * complaining. */
char *read_json(const char *option, const char *input);
/* The same for --input. */
char *read_input(const char *input);

/* ---- definition.c ------------------------------------------------------------------------------------- */

/* Reads a definition, fills placeholders. New text, or NULL with err set; its text names the file when it has no
 * line. */
char *read_definition(const struct options *options, const char *path, size_t *ret_len, struct sw_error *err);
/* After a definition with mistakes: a file that is called YAML is told to be none. */
void hint_at_format(const char *path);
/* What read_definition says was wrong. */
void complain_definition(const char *path, const struct sw_error *err);
/* Prints findings as file:line:column lines; true when there are errors. */
bool print_findings(const char *path, const struct sw_findings *findings);
/* Reads, fills, compiles; complains about mistakes. NULL then; *ret_text (may be NULL) is new. */
struct sw_machine *load_machine(const struct options *options, const char *path, char **ret_text,
				size_t *ret_len);
/* order.asl.json -> order; characters that names may not have become '-'. New. */
char *name_of_file(const char *path);

/* ---- client.c ----------------------------------------------------------------------------------------- */

/*
 * Whoever answers the API: the endpoint that the options name; else for a data directory the process that owns
 * it, by its socket, or this process, as the owner or, for reading, over the directory itself.
 */
struct client;
enum client_need {
	CLIENT_READ,    /* reading actions only */
	CLIENT_WRITE,   /* any action; executions do not advance here */
	CLIENT_ADVANCE, /* any action; executions that are started here advance while the client is open */
};
/* EXIT_OK, or an exit code after complaining. */
int client_open(const struct options *options, enum client_need need, struct client **ret_client);
/* The same for what needs something that is there already: a data directory is not made for it. */
int client_open_existing(const struct options *options, enum client_need need, struct client **ret_client);
void client_close(struct client *client); /* NULL allowed */
/*
 * One action. Takes request. EXIT_OK: *ret_answer is new. Otherwise error (may be NULL) gets {"__type",
 * "message"} (new, NULL when there was no answer), and nothing is printed when error is given.
 */
int client_call(struct client *client, const char *action, json_t *request, json_t **ret_answer,
		json_t **ret_error);
/* Lets about milliseconds pass, less when something happened here. */
void client_wait(struct client *client, int milliseconds);
/* True when nobody owns the directory, and this process only reads it. */
bool client_reads(const struct client *client);
/* True when this process advances executions itself. */
bool client_owns(const struct client *client);
/* Lets what was asked for come to its end, when this process is the owner. */
void client_settle(struct client *client);
/* EXIT_OK, or an exit code after complaining: whoever runs tasks elsewhere has resources and mocks of its own.
 */
int check_owner(const struct options *options, const struct client *client);

/* ---- names.c ------------------------------------------------------------------------------------------ */

/* A machine's ARN from a name or ARN. EXIT_OK: *ret_arn is new; else an exit code after complaining. */
int machine_arn(struct client *client, const char *name, char **ret_arn);
/* An execution's ARN from an ARN, M:E, or E when only one matches. The same. */
int execution_arn(struct client *client, const char *name, char **ret_arn);
/* An activity's ARN from a name or ARN; who answers tells its region and account. The same. */
int activity_arn(struct client *client, const char *name, char **ret_arn);
/* True when an error answer is of that type. */
bool is_error(const json_t *error, const char *type);
/* The paged members of a list action, all pages or at most max (0: all). Takes request. New array in
 * *ret_list. */
int list_all(struct client *client, const char *action, json_t *request, const char *member, long max,
	     json_t **ret_list);

/* ---- follow.c ----------------------------------------------------------------------------------------- */

/*
 * Waits until an execution has ended, showing its events on events (NULL: not at all). EXIT_OK:
 * *ret_description is the answer of DescribeExecution (new).
 */
int follow(struct client *client, const char *arn, FILE *events, json_t **ret_description);
/* When this process advances the execution, and is interrupted (Ctrl-C), it says how to go on. */
void prepare_farewell(const struct options *options, const struct client *client, const char *arn);
/* Prints the outcome: output on stdout (or the description with json), error and cause on stderr; returns the
 * exit code. */
int print_outcome(const struct options *options, const json_t *description);

/* ---- cmd_start.c, for cmd_run.c ----------------------------------------------------------------------- */

/* EXPRESS executions cannot be looked at: who waits for one is answered by StartSyncExecution itself. */
int machine_is_express(struct client *client, const char *machine, bool *ret_express);

/* ---- cmd_backup.c, for cmd_restore.c and others that read a store themselves -------------------------- */

/* What was copied; the exit code. */
int print_copied(const struct options *options, const char *from, const char *to);
/* A store that cannot be opened, read or written: EXIT_STORE. */
int complain_store(const struct options *options, enum sw_result result, struct sw_error *err);

/* ---- meter.c ------------------------------------------------------------------------------------------ */

/* A line on standard error that says how far a long look at a store is; only on a terminal. */
struct meter {
	int64_t shown_ms;
	bool terminal, shown;
};
struct meter meter_start(void);
void meter_show(struct meter *meter, const char *what, uint64_t count);
void meter_clear(struct meter *meter);
/* "1.5 MiB"; bytes >= 32. */
const char *size_text(uint64_t bytes, char *text, size_t text_bytes);

#endif
