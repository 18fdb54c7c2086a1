/* Results and errors: see error.h. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *sw_result_text(enum sw_result result)
{
	switch (result) {
#define SW_RESULT_TEXT(name, number, text) \
	case name:                         \
		return text;
		SW_RESULTS(SW_RESULT_TEXT)
#undef SW_RESULT_TEXT
	}
	return "unknown result";
}

void sw_error_clear(struct sw_error *err)
{
	if (!err)
		return;
	err->code = SW_OK;
	err->line = 0;
	err->column = 0;
	err->pointer[0] = '\0';
	err->text[0] = '\0';
}

/* Removes an UTF-8 character that was cut in the middle from the end of text. */
static void cut_at_character(char *text, size_t len)
{
	size_t start = len;
	while (start > 0 && len - start < 3 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
		start--;
	if (start == 0)
		return;
	unsigned char lead = (unsigned char)text[start - 1];
	size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
	if (want > 1 && len - (start - 1) < want)
		text[start - 1] = '\0';
}

enum sw_result sw_error_set(struct sw_error *err, enum sw_result code, const char *format, ...)
{
	if (!err || err->code != SW_OK)
		return code;
	va_list args;
	va_start(args, format);
	int len = vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	err->code = code;
	if (len < 0)
		snprintf(err->text, sizeof(err->text), "%s", sw_result_text(code));
	else if ((size_t)len >= sizeof(err->text))
		cut_at_character(err->text, sizeof(err->text) - 1);
	/* The text is one line, whatever a name in it holds. */
	for (char *p = err->text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			*p = ' ';
	return code;
}
