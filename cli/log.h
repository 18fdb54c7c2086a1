/*
 * What `stepwell serve` writes for operators: its own log on standard error, in one of three formats, and the
 * execution log. For the files of cli/ alone.
 */
#ifndef SW_CLI_LOG_H
#define SW_CLI_LOG_H

#include "base/log.h"

#include <stdint.h>
#include <stdio.h>

/* ---- log.c: lines of the daemon ---- */

enum log_format { LOG_TEXT, LOG_LOGFMT, LOG_JSON };

struct logger {
	enum log_format format;
	enum sw_log_level level;
	bool places; /* text: with file and line */
	int fd;
};
/* Reads the options; NULL means the default. False after complaining. */
bool logger_init(struct logger *logger, const char *format, const char *level, bool verbose);
/* The hook for engine and server. */
struct sw_log logger_hook(struct logger *logger);
/* One line, as the event of the time (milliseconds since 1970) looks in the logger's format; text is cut to fit. */
size_t logger_print(const struct logger *logger, const struct sw_log_event *event, int64_t time_ms,
		    char *text, size_t bytes);

/* ---- log_file.c: lines of the execution log ---- */

/*
 * Writes lines in a thread of its own, so that nobody waits for a disk or a pipe. What comes faster than it can be
 * written is lost beyond some mebibytes, and counted.
 */
struct log_file;
/* "-": standard output. NULL after complaining. */
struct log_file *log_file_open(const char *path, const struct sw_log *log);
/* The hook of struct sw_execution_log; user is the log_file. */
void log_file_write(void *user, const char *lines, size_t len, uint32_t lines_count);
/* The file is opened again before the next line: it was moved away. */
void log_file_reopen(struct log_file *file);
/* What is waiting is written, within a moment. NULL allowed. */
void log_file_close(struct log_file *file);
/* Its counters in Prometheus's text format, at most bytes. */
void log_file_metrics(struct log_file *file, char *text, size_t bytes);

#endif
