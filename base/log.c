/* The one log hook: see log.h. */
#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOG_LINE_BYTES 1024

bool sw_log_wants(const struct sw_log *log, enum sw_log_level level)
{
	return log && (log->write || log->event) && level <= log->level;
}

/* Control characters become spaces: one event is one line. */
static void flatten(char *text)
{
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
}

static void add(char *line, const char *text)
{
	size_t len = strlen(line);
	snprintf(line + len, LOG_LINE_BYTES - len, "%s", text);
}

static void write_line(const struct sw_log *log, const struct sw_log_event *event)
{
	char line[LOG_LINE_BYTES] = "", number[32];
	if (event->execution) {
		add(line, event->execution);
		add(line, ": ");
	}
	add(line, event->text);
	for (size_t i = 0; i < event->fields_count; i++) {
		const struct sw_log_field *field = &event->fields[i];
		snprintf(number, sizeof(number), "%" PRId64, field->number);
		add(line, " ");
		add(line, field->name);
		add(line, "=");
		add(line, field->text ? field->text : number);
	}
	flatten(line);
	log->write(log->user, event->level, event->file, event->line, line);
}

void sw_log_tell(const struct sw_log *log, const struct sw_log_event *event)
{
	if (!sw_log_wants(log, event->level))
		return;
	if (log->event)
		log->event(log->user, event);
	else
		write_line(log, event);
}

static void __attribute__((format(printf, 3, 0)))
tell(const struct sw_log *log, struct sw_log_event event, const char *format, va_list args)
{
	/* No allocation: a line about being out of memory must get out. Longer lines are cut. */
	char text[LOG_LINE_BYTES];
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		return;
	flatten(text);
	event.text = text;
	sw_log_tell(log, &event);
}

void sw_log_printf(const struct sw_log *log, enum sw_log_level level, const char *file, int line,
		   const char *format, ...)
{
	struct sw_log_event event = {.level = level, .file = file, .line = line};
	va_list args;
	if (!sw_log_wants(log, level))
		return;
	va_start(args, format);
	tell(log, event, format, args);
	va_end(args);
}

void sw_log_about(const struct sw_log *log, enum sw_log_level level, const char *file, int line,
		  const char *execution, const char *format, ...)
{
	struct sw_log_event event = {.level = level, .file = file, .line = line, .execution = execution};
	va_list args;
	if (!sw_log_wants(log, level))
		return;
	va_start(args, format);
	tell(log, event, format, args);
	va_end(args);
}
