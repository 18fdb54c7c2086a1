/* Lines of the daemon's own log: text for people, logfmt and JSON for programs. */
#include "cli/log.h"

#include "cli/cli.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 16384
#define VALUE_BYTES_MAX 1024 /* of one text; longer ones are cut */

static const char *const level_names[] = {"error", "warning", "info", "debug"};
static const char *const format_names[] = {"text", "logfmt", "json"};

static int index_of(const char *word, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(word, names[i]))
			return i;
	return -1;
}

bool logger_init(struct logger *logger, const char *format, const char *level, bool verbose)
{
	int chosen = format ? index_of(format, format_names, 3) : LOG_TEXT;
	int wanted = format ? SW_LOG_INFO : SW_LOG_WARNING;
	if (verbose)
		wanted = SW_LOG_DEBUG;
	if (level)
		wanted = index_of(level, level_names, 4);
	if (chosen < 0)
		complain(EXIT_USAGE, "--log-format is text, logfmt or json, not \"%s\"", format);
	if (wanted < 0)
		complain(EXIT_USAGE, "--log-level is error, warning, info or debug, not \"%s\"", level);
	if (chosen < 0 || wanted < 0)
		return false;
	*logger = (struct logger){.format = (enum log_format)chosen,
				  .level = (enum sw_log_level)wanted,
				  .places = verbose,
				  .fd = STDERR_FILENO};
	return true;
}

/* ---- a line that is filled, and cut when it is full ---- */

struct line {
	char *text;
	size_t len, bytes;
};

static void add_char(struct line *line, char c)
{
	if (line->len + 1 < line->bytes)
		line->text[line->len++] = c;
}

static void add_text(struct line *line, const char *text)
{
	for (; *text; text++)
		add_char(line, *text);
}

/* How many bytes the UTF-8 character at text has; 0: none begins there. */
static size_t character_len(const unsigned char *text)
{
	size_t len = *text < 0x80   ? 1
		     : *text < 0xC2 ? 0
		     : *text < 0xE0 ? 2
		     : *text < 0xF0 ? 3
		     : *text < 0xF5 ? 4
				    : 0;
	for (size_t i = 1; i < len; i++)
		if ((text[i] & 0xC0) != 0x80)
			return 0;
	if ((text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] >= 0xA0) ||
	    (text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] >= 0x90))
		return 0; /* too long a form, a surrogate, beyond U+10FFFF */
	return len;
}

/* A JSON string; logfmt reads the same. What is not UTF-8 becomes U+FFFD. */
static void add_quoted(struct line *line, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	const unsigned char *end = at + strnlen(text, VALUE_BYTES_MAX);
	char escape[8];
	add_char(line, '"');
	while (at < end) {
		size_t len = character_len(at);
		if (len == 0 || at + len > end) {
			add_text(line, "\\ufffd");
			at++;
			continue;
		}
		if (*at == '"' || *at == '\\') {
			add_char(line, '\\');
			add_char(line, (char)*at);
		} else if (*at < 0x20 || *at == 0x7F) {
			snprintf(escape, sizeof(escape), "\\u%04x", *at);
			add_text(line, escape);
		} else {
			for (size_t i = 0; i < len; i++)
				add_char(line, (char)at[i]);
		}
		at += len;
	}
	add_char(line, '"');
}

/* May it stand in a logfmt line without quotes? */
static bool is_bare(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7F || strchr("\"=\\", *at))
			return false;
	return *text && strlen(text) <= VALUE_BYTES_MAX;
}

static void add_name(const struct logger *logger, struct line *line, const char *name)
{
	if (logger->format == LOG_JSON) {
		add_char(line, line->len ? ',' : '{');
		add_char(line, '"');
		add_text(line, name);
		add_text(line, "\":");
		return;
	}
	if (line->len)
		add_char(line, ' ');
	add_text(line, name);
	add_char(line, '=');
}

static void add_field(const struct logger *logger, struct line *line, const char *name, const char *text)
{
	add_name(logger, line, name);
	if (logger->format == LOG_LOGFMT && is_bare(text))
		add_text(line, text);
	else
		add_quoted(line, text);
}

static void add_number(const struct logger *logger, struct line *line, const char *name, int64_t number)
{
	char text[24];
	snprintf(text, sizeof(text), "%" PRId64, number);
	add_name(logger, line, name);
	add_text(line, text);
}

/* ---- events ---- */

/* The room the line comes from; the path may begin with where the sources lay. */
static const char *component_of(const char *file)
{
	static const char *const rooms[] = {"engine/", "store/", "server/", "cli/", "asl/", "base/"};
	static const char *const names[] = {"engine", "store", "server", "cli", "asl", "base"};
	for (const char *at = file; at; at = strchr(at, '/')) {
		at += *at == '/';
		for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms); i++)
			if (!strncmp(at, rooms[i], strlen(rooms[i])))
				return names[i];
	}
	return "stepwell";
}

/* MACHINE of arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME (or express). False: it is none. */
static bool machine_of(const char *arn, char text[128])
{
	const char *at = strstr(arn, ":execution:");
	size_t skip = 11;
	if (!at) {
		at = strstr(arn, ":express:");
		skip = 9;
	}
	if (!at)
		return false;
	size_t len = strcspn(at + skip, ":");
	snprintf(text, 128, "%.*s", len < 127 ? (int)len : 127, at + skip);
	return true;
}

static void print_time(char text[40], int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm utc;
	gmtime_r(&seconds, &utc);
	size_t len = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + len, 40 - len, ".%03dZ", (int)(time_ms % 1000));
}

static void print_fields(const struct logger *logger, const struct sw_log_event *event, int64_t time_ms,
			 struct line *line)
{
	char time[40], machine[128];
	print_time(time, time_ms);
	add_field(logger, line, "ts", time);
	add_field(logger, line, "level", level_names[event->level]);
	add_field(logger, line, "component", component_of(event->file));
	add_field(logger, line, "msg", event->text);
	if (event->execution)
		add_field(logger, line, "execution", event->execution);
	if (event->execution && machine_of(event->execution, machine))
		add_field(logger, line, "machine", machine);
	for (size_t i = 0; i < event->fields_count; i++) {
		const struct sw_log_field *field = &event->fields[i];
		if (field->text)
			add_field(logger, line, field->name, field->text);
		else
			add_number(logger, line, field->name, field->number);
	}
	if (logger->format == LOG_JSON)
		add_char(line, '}');
}

static void print_text_line(const struct logger *logger, const struct sw_log_event *event, struct line *line)
{
	char number[40];
	add_text(line, "stepwell: ");
	add_text(line, level_names[event->level]);
	add_text(line, ": ");
	if (event->execution) {
		add_text(line, event->execution);
		add_text(line, ": ");
	}
	for (const char *at = event->text; *at; at++)
		add_char(line, (unsigned char)*at < 0x20 ? ' ' : *at);
	struct logger quoting = {.format = LOG_LOGFMT};
	for (size_t i = 0; i < event->fields_count; i++) {
		const struct sw_log_field *field = &event->fields[i];
		if (field->text)
			add_field(&quoting, line, field->name, field->text);
		else
			add_number(&quoting, line, field->name, field->number);
	}
	if (logger->places) {
		snprintf(number, sizeof(number), ":%d)", event->line);
		add_text(line, " (");
		add_text(line, event->file);
		add_text(line, number);
	}
}

size_t logger_print(const struct logger *logger, const struct sw_log_event *event, int64_t time_ms,
		    char *text, size_t bytes)
{
	struct line line = {.text = text, .bytes = bytes - 1}; /* the line feed always fits */
	if (logger->format == LOG_TEXT)
		print_text_line(logger, event, &line);
	else
		print_fields(logger, event, time_ms, &line);
	text[line.len++] = '\n';
	return line.len;
}

static void log_event(void *user, const struct sw_log_event *event)
{
	const struct logger *logger = user;
	char text[LINE_BYTES];
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	size_t len = logger_print(logger, event, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, text,
				  sizeof(text));
	/* In one piece, so that lines of two threads do not mix. Where nobody reads there is nobody to tell. */
	ssize_t written = write(logger->fd, text, len);
	(void)written;
}

struct sw_log logger_hook(struct logger *logger)
{
	return (struct sw_log){.event = log_event, .user = logger, .level = logger->level};
}
