/* The table of subcommands, the table of options, help. */
#include "cli/cli.h"
#include "engine/partition.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef STEPWELL_VERSION
#define STEPWELL_VERSION "unknown"
#endif

static const struct command commands[] = {
	{"run", "FILE", "run a workflow file from start to end", "draeYzmcinSFKqjv", 1, 1,
	 "Checks FILE, creates (or updates) a machine named after it, starts an execution and waits for its "
	 "end.\n"
	 "Only the output JSON goes to standard output; progress goes to standard error.\n"
	 "With --name, a run that was interrupted goes on where it was when it is started again.\n\n"
	 "  stepwell run order.json --input '{\"total\": 42}' --resources resources.json\n",
	 cmd_run},
	{"validate", "FILE...", "check workflow files, report every mistake", "ySFKj", 1, 100000,
	 "Reports file:line:column, the JSON pointer and what is wrong. Exit code 2 when any file has a "
	 "mistake.\n",
	 cmd_validate},
	{"create", "FILE", "create a machine from a workflow file", "draeYjnuSFKy", 1, 1,
	 "The machine is named by --name, else after the file. --update changes a machine that exists.\n",
	 cmd_create},
	{"start", "MACHINE", "start an execution", "draeYzmcijnwq", 1, 1,
	 "Prints the execution's ARN; with --wait waits for the end and prints the output.\n"
	 "Without a running `stepwell serve` only `start --wait` and `run` advance executions.\n",
	 cmd_start},
	{"list", "machines|executions", "list machines, or executions newest first", "draeYjMtx", 1, 1,
	 "  stepwell list executions --machine order --status RUNNING --max 20\n", cmd_list},
	{"describe", "EXECUTION|MACHINE", "show an execution or a machine", "draeYj", 1, 1,
	 "An execution is named by its ARN, by MACHINE:EXECUTION, or by its name when only one matches.\n",
	 cmd_describe},
	{"history", "EXECUTION", "show every step of an execution", "draeYjRx", 1, 1, "", cmd_history},
	{"watch", "EXECUTION", "follow a running execution to its end", "draeYj", 1, 1,
	 "Exit codes as for run: 0 succeeded, 1 failed, 3 timed out, 4 aborted.\n", cmd_watch},
	{"stop", "EXECUTION", "stop a running execution", "draeYjEC", 1, 1, "", cmd_stop},
	{"delete", "machine|execution NAME", "delete a machine, or a finished execution", "draeYj", 2, 2, "",
	 cmd_delete},
	{"redrive", "EXECUTION", "let an execution that ended badly go on where it ended", "draeYj", 1, 1,
	 "What ended well before that does not run again. `stepwell watch` follows it.\n", cmd_redrive},
	{"activity", "create|describe|delete NAME | list", "names under which tasks wait for workers",
	 "draeYjx", 1, 2,
	 "  stepwell activity create inspect       prints the ARN that a Task state names as its Resource\n",
	 cmd_activity},
	{"task", "poll ACTIVITY | succeed|fail|heartbeat TOKEN", "work on the tasks of an activity",
	 "draeYnijEC", 2, 2,
	 "  stepwell task poll ACTIVITY [--name WORKER]         prints the token and, on a second line, the "
	 "input\n"
	 "  stepwell task succeed TOKEN --input JSON\n"
	 "  stepwell task fail TOKEN --error NAME --cause TEXT\n"
	 "  stepwell task heartbeat TOKEN\n\n"
	 "poll waits up to 60 seconds; when no task came it prints nothing and its exit code is 1.\n",
	 cmd_task},
	{"api", "ACTION [JSON]", "call an action of the AWS Step Functions API by its name", "draeY", 1, 2,
	 "Prints the answer. JSON is the request: text, @FILE, or - for standard input (default: {}).\n"
	 "  stepwell api DescribeExecution '{\"executionArn\": \"arn:aws:...\"}'\n\n"
	 "Exit codes: 1 there is nothing of that name, or something else already; 2 a request with "
	 "mistakes;\n"
	 "5 refused, busy, or no connection.\n",
	 cmd_api},
	{"serve", "", "own the data directory and answer the AWS Step Functions API", "drazmlNATkLOXUBqv", 0,
	 0,
	 "  stepwell serve --listen 127.0.0.1:8083 --resources resources.json\n"
	 "  aws stepfunctions list-state-machines --endpoint-url http://127.0.0.1:8083\n\n"
	 "Ends cleanly on SIGTERM and SIGINT, at once on the second one. SIGHUP reads --resources, "
	 "--mock-config "
	 "and\n"
	 "--credentials again, and opens --execution-log again. --listen none: only the socket in the data "
	 "directory,\n"
	 "and those that systemd passes. docs/operating.md tells of logs, /metrics, /readyz and systemd.\n\n"
	 "Other addresses than loopback need --credentials; --tls-cert and --tls-key keep what is said "
	 "private:\n"
	 "  stepwell serve --listen 0.0.0.0:8083 --credentials keys.json --tls-cert cert.pem --tls-key "
	 "key.pem\n"
	 "--partitions N spreads executions over N engines, each with a thread and a store; N can grow, "
	 "never "
	 "shrink\n"
	 "(docs/operating.md).\n\n"
	 "--retention is kept in the data directory, for later owners; a new one has 90d, as AWS. --relaxed "
	 "risks "
	 "what\nwas answered in the last moments before a crash (docs/durability.md); without it nothing "
	 "that was "
	 "answered\nis lost.\n\n"
	 "With credentials every request on TCP must be signed, as the AWS tools do (docs/access.md); the "
	 "socket\n"
	 "in the data directory stays its owner's and unsigned.\n",
	 cmd_serve},
	{"graph", "FILE", "draw a workflow as Graphviz dot or Mermaid text", "fSFK", 1, 1,
	 "  stepwell graph order.json | dot -Tsvg > order.svg\n", cmd_graph},
	{"explain", "FILE|EXPR", "show what a workflow file or an expression is compiled to", "SFKj", 1, 1,
	 "Of a file: every state with its defaults filled in, where it leads, its expressions and where they "
	 "stand, the\n"
	 "seconds before each retry. Of an expression, which is a path ($.a), a call (States.Format(...)) or "
	 "JSONata\n"
	 "({% ... %}): its tree.\n"
	 "  stepwell explain order.json\n"
	 "  stepwell explain '$.items[?(@.price < 10)].name'\n"
	 "  stepwell explain '{% $sum($states.input.items.price) %}'\n",
	 cmd_explain},
	{"test", "FILE [STATE]", "try one state of a workflow without an execution", "iPECVGSFKj", 1, 2,
	 "FILE is a state machine, STATE the name of one of its states at any level; or FILE is a single "
	 "state.\n"
	 "Nothing is stored and nothing is called: what a Task, Parallel or Map gives is --mock, or --error "
	 "and\n"
	 "--cause. Standard output gets the state's output, standard error its status and what comes next.\n"
	 "  stepwell test order.json Charge --input '{\"total\": 42}' --mock '{\"id\": \"pay-1\"}'\n"
	 "  stepwell test order.json Charge --error Card.Declined\n\n"
	 "Exit code 1 when the state fails or would be retried. --json: the answer of TestState, with the "
	 "data on\n"
	 "its way through the state (inspection level DEBUG).\n",
	 cmd_test},
	{"status", "", "show what a data directory holds, and who owns it", "draeYj", 0, 0,
	 "Works with and without an owner; counts every execution, which takes a while when there are "
	 "many.\n",
	 cmd_status},
	{"doctor", "", "check every record of a data directory", "draj", 0, 0,
	 "Reads only, and works while the directory is owned. Exit code 1 when something was found.\n"
	 "  stepwell doctor --data BACKUP\n",
	 cmd_doctor},
	{"dump", "[TABLE|EXECUTION]", "print the records of a data directory as text", "draj", 0, 1,
	 "One record a line: table, key, and its fields as a JSON object (docs/store-format.md); with --json "
	 "all of "
	 "it\n"
	 "as one object. Everything, or one table, or what belongs to one execution (its ARN, or "
	 "MACHINE:NAME).\n"
	 "Reads only, and works while the directory is owned. Exit code 1 when a record is damaged: it is "
	 "shown\n"
	 "with what is wrong, and its bytes.\n"
	 "  stepwell dump order:first\n"
	 "  stepwell dump timers --json | head\n",
	 cmd_dump},
	{"backup", "DIR", "copy the store to a new directory while it is in use", "dj", 1, 1,
	 "The copy is of one moment, compact, and on disk when the command ends. DIR must not hold a store.\n"
	 "  stepwell backup /backups/monday && stepwell doctor --data /backups/monday\n",
	 cmd_backup},
	{"restore", "DIR", "make a data directory of a backup", "dj", 1, 1,
	 "The directory that --data names must not hold a store. Its next owner goes on from the moment of "
	 "the\n"
	 "backup: what has run since then runs again, under the same idempotency keys.\n"
	 "  stepwell restore /backups/monday --data /var/lib/stepwell\n",
	 cmd_restore},
	{"jsonata", "[EXPR [FILE]]", "evaluate a JSONata expression", "bo", 0, 2,
	 "  stepwell jsonata '$sum(items.(price * quantity))' order.json\n"
	 "  stepwell jsonata --compact 'items[price > 10]{name: price}' order.json\n\n"
	 "FILE defaults to standard input. Nothing is printed, and the exit code is 1, when there is no "
	 "result.\n"
	 "All of JSONata 2, and the functions that Step Functions adds ($partition, $range, $hash, $random,\n"
	 "$uuid, $parse). --batch: one request a line, {\"id\", \"expr\", \"data\", \"bindings\"}.\n",
	 cmd_jsonata},
	{"jsonpath", "[EXPR [FILE]]", "evaluate a JSONPath as Step Functions does", "b", 0, 2,
	 "  stepwell jsonpath '$.items[?(@.price < 10)]' order.json\n\n"
	 "FILE defaults to standard input. --batch: one request a line, {\"id\", \"path\", \"data\"}.\n",
	 cmd_jsonpath},
	{"intrinsic", "CALL [FILE]", "evaluate a call of an intrinsic function", "GVs", 1, 2,
	 "  stepwell intrinsic \"States.Format('{} of {}', $.done, \\$total)\" --variables '{\"total\": 9}' "
	 "in.json\n\n"
	 "FILE is the input ($); it defaults to standard input, and nothing there stands for {}.\n"
	 "Exit code 1 when the function fails: standard error then has the error name and the cause of an "
	 "execution.\n",
	 cmd_intrinsic},
};

static const struct {
	char letter;
	const char *name, *argument, *help;
	size_t place; /* in struct options: a const char * with an argument, else a bool (but for d, S, x and N) */
} option_table[] = {
	{'d', "data", "DIR", "data directory (default: $XDG_STATE_HOME/stepwell)",
	 offsetof(struct options, data)},
	{'e', "endpoint", "URL", "a server in place of a data directory (default: $STEPWELL_ENDPOINT)",
	 offsetof(struct options, endpoint)},
	{'Y', "ca-file", "FILE", "authority of an https:// endpoint's certificate",
	 offsetof(struct options, ca_file)},
	{'r', "region", "REGION", "what ARNs are built of (default: us-east-1)",
	 offsetof(struct options, region)},
	{'a', "account", "ACCOUNT", "what ARNs are built of (default: 123456789012)",
	 offsetof(struct options, account)},
	{'z', "resources", "FILE", "how Task resources run here", offsetof(struct options, resources)},
	{'m', "mock-config", "FILE", "mock configuration of Step Functions Local",
	 offsetof(struct options, mock_config)},
	{'c', "case", "NAME", "test case of the mock configuration", offsetof(struct options, test_case)},
	{'i', "input", "JSON", "input: JSON text, @FILE, or - for standard input (default: {})",
	 offsetof(struct options, input)},
	{'n', "name", "NAME", "name of the machine (default: that of the file)",
	 offsetof(struct options, name)},
	{'y', "type", "STANDARD|EXPRESS", "of the machine (default: STANDARD)",
	 offsetof(struct options, type)},
	{'w', "wait", NULL, "wait for the end", offsetof(struct options, wait)},
	{'u', "update", NULL, "change the machine when it exists", offsetof(struct options, update)},
	{'S', "set", "NAME=VALUE", "fill the placeholder ${NAME}; may be given often",
	 offsetof(struct options, set)},
	{'F', "substitutions", "FILE", "JSON object of placeholders and their values",
	 offsetof(struct options, substitutions)},
	{'K', "keep-placeholders", NULL, "leave placeholders without a value as they are",
	 offsetof(struct options, keep_placeholders)},
	{'M', "machine", "MACHINE", "only executions of this machine", offsetof(struct options, machine)},
	{'t', "status", "STATUS", "RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED",
	 offsetof(struct options, status)},
	{'x', "max", "N", "at most N", offsetof(struct options, max)},
	{'R', "reverse", NULL, "newest first", offsetof(struct options, reverse)},
	{'E', "error", "NAME", "name of the error of the stop", offsetof(struct options, error)},
	{'C', "cause", "TEXT", "cause of the stop", offsetof(struct options, cause)},
	{'l', "listen", "ADDRESS:PORT", "where to listen (default: 127.0.0.1:8083)",
	 offsetof(struct options, listen)},
	{'N', "partitions", "N",
	 "engines that share the executions, a thread each (default: as before, at first 1)",
	 offsetof(struct options, partitions)},
	{'L', "log-level", "LEVEL",
	 "error, warning, info or debug (default: warning; info when --log-format is given)",
	 offsetof(struct options, log_level)},
	{'O', "log-format", "text|logfmt|json", "how log lines on standard error look (default: text)",
	 offsetof(struct options, log_format)},
	{'X', "execution-log", "FILE|-", "events of executions, as their loggingConfiguration asks for",
	 offsetof(struct options, execution_log)},
	{'U', "retention", "TIME", "how long executions are kept after their end: 90d, 36h, 30m; 0: for ever",
	 offsetof(struct options, retention)},
	{'B', "relaxed", "MS", "answer first, and be on disk about MS milliseconds later",
	 offsetof(struct options, relaxed)},
	{'A', "credentials", "FILE", "who may call on TCP: requests must be signed by a key of FILE",
	 offsetof(struct options, credentials)},
	{'T', "tls-cert", "FILE", "speak TLS on TCP: certificate and chain in PEM form",
	 offsetof(struct options, tls_certificate)},
	{'k', "tls-key", "FILE", "key of the certificate; readable by its owner alone",
	 offsetof(struct options, tls_key)},
	{'f', "format", "dot|mermaid", "what to draw (default: dot)", offsetof(struct options, format)},
	{'b', "batch", NULL, "one JSON request a line on standard input, one answer a line",
	 offsetof(struct options, batch)},
	{'G', "context", "JSON", "the context object ($$): JSON text or @FILE (default: {})",
	 offsetof(struct options, context)},
	{'V', "variables", "JSON", "object of the variables ($name): JSON text or @FILE (default: {})",
	 offsetof(struct options, variables)},
	{'P', "mock", "JSON", "what the state's work gives: JSON text, @FILE, or -",
	 offsetof(struct options, mock)},
	{'s', "seed", "NUMBER", "the same random numbers and UUIDs for the same number",
	 offsetof(struct options, seed)},
	{'o', "compact", NULL, "print the result in one line", offsetof(struct options, compact)},
	{'q', "quiet", NULL, "no progress", offsetof(struct options, quiet)},
	{'v', "verbose", NULL, "log what the engine does", offsetof(struct options, verbose)},
	{'j', "json", NULL, "print the answer of the AWS action as JSON", offsetof(struct options, json)},
};
/* What an option means to one command, where that is not what it means to the others. */
static const struct {
	const char *command;
	char letter;
	const char *help;
} option_words[] = {
	{"run", 'n', "name of the execution; goes on with one that was interrupted"},
	{"start", 'n', "name of the execution"},
	{"task", 'n', "name of the worker, for the history"},
	{"task", 'i', "output of the task: JSON text, @FILE, or - for standard input (default: {})"},
	{"task", 'E', "name of the error, which a Retry or Catch matches"},
	{"task", 'C', "what is told of the error"},
	{"test", 'E', "the state's work fails with the error of this name"},
	{"test", 'C', "what is told of the error"},
	{"test", 'j', "print the answer of TestState as JSON"},
	{"validate", 'j', "print what was found as JSON"},
	{"explain", 'j', "print it as JSON"},
	{"doctor", 'j', "print what was found as JSON"},
	{"dump", 'j', "print each record as a JSON object"},
	{"status", 'j', "print it as JSON"},
	{"backup", 'j', "print what was copied as JSON"},
	{"restore", 'j', "print what was copied as JSON"},
};

enum {
	OPTION_WORDS_COUNT = sizeof(option_words) / sizeof(*option_words),
	OPTIONS_COUNT = sizeof(option_table) / sizeof(*option_table),
	COMMANDS_COUNT = sizeof(commands) / sizeof(*commands)
};

static void print_help(void)
{
	printf("usage: stepwell COMMAND [ARGUMENTS] [OPTIONS]\n\n"
	       "Runs AWS Step Functions workflows (Amazon States Language) durably on this machine.\n\n");
	for (size_t i = 0; i < COMMANDS_COUNT; i++)
		printf("  %-9s %-22s %s\n", commands[i].name, commands[i].arguments, commands[i].summary);
	printf("\n`stepwell COMMAND --help` tells more. Exit codes: 0 succeeded, 1 failed, 2 usage or "
	       "invalid definition,\n"
	       "3 timed out, 4 aborted, 5 store or connection.\n\n"
	       "Start here:  stepwell run examples/order-processing/order.json --resources \\\n"
	       "             examples/order-processing/resources.json\n");
}

static const char *words_of(const struct command *command, char letter, const char *otherwise)
{
	for (size_t i = 0; i < OPTION_WORDS_COUNT; i++)
		if (option_words[i].letter == letter && !strcmp(option_words[i].command, command->name))
			return option_words[i].help;
	return otherwise;
}

static void print_command_help(const struct command *command)
{
	printf("usage: stepwell %s %s%s[OPTIONS]\n\n%s.\n\n%s%s", command->name, command->arguments,
	       *command->arguments ? " " : "", command->summary, command->help, *command->help ? "\n" : "");
	for (size_t i = 0; i < OPTIONS_COUNT; i++) {
		char left[64];
		if (!strchr(command->options, option_table[i].letter))
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", option_table[i].name,
			 option_table[i].argument ? " " : "",
			 option_table[i].argument ? option_table[i].argument : "");
		printf("  %-26s %s\n", left, words_of(command, option_table[i].letter, option_table[i].help));
	}
	printf("  %-26s %s\n", "--help", "this text");
}

static char *default_data(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int made = state && *state == '/'
			   ? asprintf(&path, "%s/stepwell", state)
			   : asprintf(&path, "%s/.local/state/stepwell", home && *home ? home : "/tmp");
	return made < 0 ? NULL : path;
}

/* What goes into a request must be UTF-8; paths of files may be any bytes. */
static bool is_text(int letter, const char *argument)
{
	json_t *text = argument && !strchr("dzmFlSYATkX", letter) ? json_string(argument) : json_null();
	bool is = text != NULL;
	json_decref(text);
	return is;
}

/* Options that are kept as they are given. */
static void keep_option(struct options *options, int letter, const char *argument)
{
	for (size_t i = 0; i < OPTIONS_COUNT; i++) {
		void *place = (char *)options + option_table[i].place;
		if (option_table[i].letter != letter)
			continue;
		if (option_table[i].argument)
			*(const char **)place = argument;
		else
			*(bool *)place = true;
	}
}

static int take_option(struct options *options, int letter, char *argument)
{
	char *end;
	if (!is_text(letter, argument))
		return complain(EXIT_USAGE, "the value of an option is not UTF-8: \"%s\"", argument);
	if (letter == 'd') {
		if (!*argument)
			return complain(EXIT_USAGE, "--data takes the name of a directory");
		free(options->data);
		options->data = strdup(argument);
		return EXIT_OK;
	}
	if (letter == 'S') {
		if (!strchr(argument, '=') || *argument == '=' || options->set_count == SUBSTITUTIONS_MAX)
			return complain(EXIT_USAGE, "--set takes NAME=VALUE, at most %d times",
					SUBSTITUTIONS_MAX);
		options->set[options->set_count++] = argument;
		return EXIT_OK;
	}
	if (letter == 'x') {
		errno = 0;
		options->max = strtol(argument, &end, 10);
		if (errno || *end || options->max < 1)
			return complain(EXIT_USAGE, "--max takes a number from 1 on, not \"%s\"", argument);
		return EXIT_OK;
	}
	if (letter == 'N') {
		errno = 0;
		options->partitions = strtol(argument, &end, 10);
		if (errno || *end || options->partitions < 1 || options->partitions > SW_PARTITIONS_MAX)
			return complain(EXIT_USAGE, "--partitions takes a number from 1 to %d, not \"%s\"",
					SW_PARTITIONS_MAX, argument);
		return EXIT_OK;
	}
	keep_option(options, letter, argument);
	return EXIT_OK;
}

/*
 * Whom to call: --endpoint, else --data, else STEPWELL_ENDPOINT, else the data directory of the user. -1, or an
 * exit code after complaining.
 */
static int choose_door(const struct command *command, struct options *options)
{
	const char *variable = getenv("STEPWELL_ENDPOINT");
	if (options->endpoint && options->data)
		return complain(EXIT_USAGE, "either --data or --endpoint");
	if (!options->endpoint && !options->data && variable && *variable) {
		if (strchr(command->options, 'e'))
			options->endpoint = variable;
		else if (strchr(command->options, 'd') && strcmp(command->name, "serve"))
			return complain(EXIT_USAGE,
					"`%s` works on the files of a data directory, not over "
					"STEPWELL_ENDPOINT: name the directory with --data",
					command->name);
	}
	if (!options->data)
		options->data = default_data();
	return options->data ? -1 : complain(EXIT_STORE, "out of memory");
}

/* Is a word another one with a slip of the pen: at most two letters in one place? */
static bool is_near(const char *word, const char *other)
{
	enum { SLIP_MAX = 2 };
	size_t len = strlen(word), other_len = strlen(other), front = 0, back = 0;
	size_t shorter = len < other_len ? len : other_len, longer = len + other_len - shorter;
	while (front < shorter && word[front] == other[front])
		front++;
	while (back < shorter - front && word[len - 1 - back] == other[other_len - 1 - back])
		back++;
	return longer - front - back <= SLIP_MAX && 2 * (front + back) >= longer;
}

/* An option that the command does not have. */
static int complain_option(const struct command *command, const char *word)
{
	if (!strncmp(word, "--endpoint", 10) && strchr(command->options, 'd'))
		return complain(
			EXIT_USAGE,
			"`%s` works on the files of a data directory, not over an endpoint: run it where "
			"the directory is",
			command->name);
	for (size_t i = 0; i < OPTIONS_COUNT; i++)
		if (strchr(command->options, option_table[i].letter) && !strncmp(word, "--", 2) &&
		    is_near(word + 2, option_table[i].name))
			return complain(EXIT_USAGE, "`%s` has no option %s; did you mean --%s?",
					command->name, word, option_table[i].name);
	return complain(EXIT_USAGE, "`%s` has no option %s; see `stepwell %s --help`", command->name, word,
			command->name);
}

/* Reads the options of a command. -1: go on; else the exit code. */
static int options_read(const struct command *command, int argc, char **argv, struct options *options)
{
	struct option list[OPTIONS_COUNT + 2] = {0};
	size_t count = 0;
	int letter, code;
	for (size_t i = 0; i < OPTIONS_COUNT; i++)
		if (strchr(command->options, option_table[i].letter))
			list[count++] =
				(struct option){option_table[i].name,
						option_table[i].argument ? required_argument : no_argument,
						NULL, option_table[i].letter};
	list[count] = (struct option){"help", no_argument, NULL, 'h'};
	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":h", list, NULL)) != -1) {
		if (letter == 'h') {
			print_command_help(command);
			return EXIT_OK;
		}
		if (letter == ':')
			return complain(EXIT_USAGE, "%s needs a value; see `stepwell %s --help`",
					argv[optind - 1], command->name);
		if (letter == '?')
			return complain_option(command, argv[optind - 1]);
		code = take_option(options, letter, optarg);
		if (code)
			return code;
	}
	options->args = argv + optind;
	options->args_count = argc - optind;
	if (options->args_count < command->args_min || options->args_count > command->args_max)
		return complain(EXIT_USAGE, "usage: stepwell %s %s%s[OPTIONS]; see `stepwell %s --help`",
				command->name, command->arguments, *command->arguments ? " " : "",
				command->name);
	return choose_door(command, options);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS_COUNT; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int complain_command(const char *name)
{
	const char *meant = NULL;
	size_t len = strlen(name);
	for (size_t i = 0; i < COMMANDS_COUNT; i++) {
		const char *command = commands[i].name;
		if (len > 1 && !strncmp(command, name, len)) { /* an abbreviation */
			meant = command;
			break;
		}
		if (!meant && is_near(name, command))
			meant = command;
	}
	if (meant)
		return complain(EXIT_USAGE, "there is no command \"%s\"; did you mean \"%s\"?", name, meant);
	return complain(EXIT_USAGE, "there is no command \"%s\"; `stepwell --help` lists them", name);
}

/* What was not written is a failure; that a reader has seen enough (`| head`) is not worth a word. */
static int end_output(int code)
{
	struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
	errno = 0;
	if ((fflush(stdout) == 0 && !ferror(stdout)) || code != EXIT_OK)
		return code;
	if (errno == EPIPE || (poll(&output, 1, 0) > 0 && (output.revents & POLLERR)))
		return EXIT_STORE;
	return complain(EXIT_STORE, "standard output: %s",
			errno ? strerror(errno) : "it was not written whole");
}

int main(int argc, char **argv)
{
	struct options options = {0};
	const struct command *command;
	int code;
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		print_help();
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		command = argc > 2 ? find_command(argv[2]) : NULL;
		if (argc > 2 && !command)
			return complain_command(argv[2]);
		if (command)
			print_command_help(command);
		else
			print_help();
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version")) {
		printf("stepwell %s\n", STEPWELL_VERSION);
		return EXIT_OK;
	}
	command = find_command(argv[1]);
	if (!command)
		return complain_command(argv[1]);
	code = options_read(command, argc - 1, argv + 1, &options);
	if (code < 0)
		code = command->run(&options);
	free(options.data);
	return end_output(code);
}
