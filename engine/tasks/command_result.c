/* How a program ended, as a completion of its task. docs/resources.md says the same to operators. */
#include "asl/value.h"
#include "base/mem.h"
#include "engine/tasks/command.h"

#include <string.h>

#define COMMAND_FAILED "Stepwell.CommandFailed"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct sw_slice trim(struct sw_slice text)
{
	const char *at = text.data, *end = at + text.len;
	if (!text.len)
		return text;
	while (at < end && is_space(*at))
		at++;
	while (end > at && is_space(end[-1]))
		end--;
	return sw_slice(at, (size_t)(end - at));
}

static void fail_with(struct sw_task *task, struct sw_buf *cause)
{
	sw_task_fail(task, COMMAND_FAILED, sw_buf_result(cause) < 0 ? "out of memory" : cause->data);
	sw_buf_done(cause);
}

/* Appends ": " and the last lines of stderr: whole lines when it was cut, and no NUL, since it becomes a
 * text. */
static void append_tail(struct sw_buf *cause, struct sw_slice tail)
{
	struct sw_slice text = trim(tail);
	if (tail.len >= SW_STDERR_TAIL_BYTES) {
		const char *line = memchr(text.data, '\n', text.len);
		if (line)
			text = trim(sw_slice(line, text.len - (size_t)(line - (const char *)text.data)));
	}
	if (!text.len)
		return;
	sw_buf_text(cause, ": ");
	size_t from = cause->len;
	sw_buf_append(cause, text.data, text.len);
	if (cause->failed)
		return;
	for (char *at = cause->data + from; at < cause->data + cause->len; at++)
		if (*at == '\0')
			*at = ' ';
}

static void append_signal(struct sw_buf *cause, uint32_t number)
{
	const char *name = sigabbrev_np((int)number);
	if (name)
		sw_buf_printf(cause, "signal SIG%s", name);
	else
		sw_buf_printf(cause, "signal %u", number);
}

static const json_t *member(const json_t *object, const char *name, const char *other)
{
	const json_t *value = json_object_get(object, name);
	return value ? value : json_object_get(object, other);
}

/* {"error": "NAME", "cause": ...} on the standard output of a program that failed. False: it is not that. */
static bool fail_as_told(struct sw_task *task, const struct sw_command_result *result)
{
	json_t *tree;
	struct sw_buf text = SW_BUF;
	if (sw_json_parse(result->output.data, result->output.len, 0, &tree, NULL) < 0)
		return false;
	const json_t *error = member(tree, "error", "Error"), *cause = member(tree, "cause", "Cause");
	bool told = error && sw_json_is_string(error) && json_string_length(error) > 0;
	if (told) {
		if (cause && sw_json_is_string(cause))
			sw_buf_append(&text, json_string_value(cause), json_string_length(cause));
		else if (cause && !json_is_null(cause))
			sw_json_print(cause, &text, SW_CAUSE_BYTES_MAX); /* a cut text is as good */
		sw_task_fail(task, json_string_value(error), text.data && !text.failed ? text.data : NULL);
	}
	sw_buf_done(&text);
	json_decref(tree);
	return told;
}

static void succeed(struct sw_task *task, const char *program, const struct sw_command_result *result)
{
	struct sw_slice output = trim(result->output);
	struct sw_error err = {0};
	struct sw_buf cause = SW_BUF;
	if (!output.len) {
		sw_task_succeed(task, "{}", 2);
	} else if (sw_json_check(output.data, output.len, &err) == SW_OK) {
		sw_task_succeed(task, output.data, output.len);
	} else {
		sw_buf_printf(&cause, "the output of %s is not JSON: line %u, column %u: %s", program,
			      err.line, err.column, err.text);
		fail_with(task, &cause);
	}
}

/* What AWS says of a task's result that is too large; Catch and Retry know the name. */
static void fail_too_large(struct sw_task *task)
{
	struct sw_buf cause = SW_BUF;
	sw_buf_printf(
		&cause,
		"The state/task '%s' returned a result with a size exceeding the maximum number of bytes "
		"service limit.",
		task->resource);
	sw_task_fail(task, "States.DataLimitExceeded", cause.failed ? NULL : cause.data);
	sw_buf_done(&cause);
}

void sw_command_complete(struct sw_task *task, const struct sw_command_config *config,
			 const struct sw_command_result *result)
{
	const char *program = config->argv[0];
	struct sw_buf cause = SW_BUF;
	if (result->how == SW_COMMAND_EXITED && result->number == 0) {
		succeed(task, program, result);
		return;
	}
	switch (result->how) {
	case SW_COMMAND_EXITED:
		if (fail_as_told(task, result))
			return;
		sw_buf_printf(&cause, "%s ended with exit status %u", program, result->number);
		append_tail(&cause, result->tail);
		break;
	case SW_COMMAND_KILLED:
		sw_buf_printf(&cause, "%s was ended by ", program);
		append_signal(&cause, result->number);
		append_tail(&cause, result->tail);
		break;
	case SW_COMMAND_NO_CWD:
		sw_buf_printf(&cause, "cannot start %s in %s: %s", program, config->directory,
			      strerrordesc_np((int)result->number));
		break;
	case SW_COMMAND_TOO_LARGE:
		fail_too_large(task);
		return;
	default:
		sw_buf_printf(&cause, "cannot start %s: %s", program, strerrordesc_np((int)result->number));
		break;
	}
	fail_with(task, &cause);
}
