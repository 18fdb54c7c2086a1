/* The one log hook: see log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#define LOG_LINE_BYTES 1024

void sw_log_printf(const struct sw_log *log, enum sw_log_level level, const char *file, int line,
		   const char *format, ...)
{
	if (!log || !log->write || level > log->level)
		return;
	/* No allocation: a line about being out of memory must get out. Longer lines are cut. */
	char text[LOG_LINE_BYTES];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len < 0)
		return;
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	log->write(log->user, level, file, line, text);
}
