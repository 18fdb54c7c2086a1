/* Failures of a workflow: an error name and a cause, which are data and become history. */
#include "asl/query.h"

#include <stdio.h>
#include <string.h>

void sw_failure_done(struct sw_failure *failure)
{
	sw_free(failure->error);
	sw_free(failure->cause);
	sw_free(failure->location);
	*failure = (struct sw_failure){0};
}

/* Names and causes have a greatest length (API model); they are cut at a character border. */
static void cut(char *text, size_t bytes_max)
{
	size_t len = text ? strlen(text) : 0;
	if (len <= bytes_max)
		return;
	len = bytes_max;
	while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
		len--;
	text[len] = '\0';
}

enum sw_result sw_failure_take(struct sw_failure *failure, const char *error, char *cause)
{
	char *name = error ? sw_strdup(error) : NULL;
	if (error && !name) {
		sw_free(cause);
		return SW_ENOMEM;
	}
	sw_failure_done(failure);
	cut(name, SW_ERROR_BYTES_MAX);
	cut(cause, SW_CAUSE_BYTES_MAX);
	failure->error = name;
	failure->cause = cause;
	return SW_OK;
}

enum sw_result sw_failure_set(struct sw_failure *failure, const char *error, const char *format, ...)
{
	struct sw_buf cause = SW_BUF;
	va_list args;
	va_start(args, format);
	sw_buf_vprintf(&cause, format, args);
	va_end(args);
	char *text = sw_buf_take(&cause, NULL);
	if (!text) {
		sw_buf_done(&cause);
		return SW_ENOMEM;
	}
	return sw_failure_take(failure, error, text);
}

enum sw_result sw_failure_locate(struct sw_failure *failure, const char *location)
{
	char *copy = sw_strdup(location);
	sw_free(failure->location);
	failure->location = copy;
	return copy ? SW_OK : SW_ENOMEM;
}

enum sw_result sw_failure_path_not_found(struct sw_failure *failure, const char *path, const char *field,
					 const json_t *input)
{
	struct sw_buf cause = SW_BUF;
	sw_buf_printf(&cause,
		      "The JSONPath '%s' specified for the field '%s' could not be found in the input '",
		      path, field);
	enum sw_result r = input ? sw_json_print(input, &cause, SW_CAUSE_BYTES_MAX) : SW_OK;
	if (r == SW_OK)
		sw_buf_char(&cause, '\'');
	char *text = sw_buf_take(&cause, NULL);
	sw_buf_done(&cause);
	return text ? sw_failure_take(failure, "States.Runtime", text) : SW_ENOMEM;
}
