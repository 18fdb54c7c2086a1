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

/* A cause is at most SW_CAUSE_BYTES_MAX bytes (API model), cut at a character border. */
static void cut_cause(char *cause, size_t len)
{
	if (len <= SW_CAUSE_BYTES_MAX)
		return;
	len = SW_CAUSE_BYTES_MAX;
	while (len > 0 && ((unsigned char)cause[len] & 0xC0) == 0x80)
		len--;
	cause[len] = '\0';
}

enum sw_result sw_failure_take(struct sw_failure *failure, const char *error, char *cause)
{
	char *name = error ? sw_strdup(error) : NULL;
	if (error && !name) {
		sw_free(cause);
		return SW_ENOMEM;
	}
	sw_failure_done(failure);
	if (cause)
		cut_cause(cause, strlen(cause));
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
