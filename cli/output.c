/* What the command prints: complaints, JSON, times, colours, lines of a history. */
#include "cli/cli.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int complain(int code, const char *format, ...)
{
	va_list args;
	char *text = NULL;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	fputs("stepwell: ", stderr);
	print_text(stderr, text ? text : format); /* what a server says is data */
	fputc('\n', stderr);
	free(text);
	return code;
}

int complain_error(int code, const char *file, const struct sw_error *err)
{
	print_text(stderr, file ? file : "stepwell");
	if (file && err->line)
		fprintf(stderr, ":%u:%u", err->line, err->column);
	fputs(": ", stderr);
	print_part(stderr, err->pointer, strlen(err->pointer));
	fputs(err->pointer[0] ? ": " : "", stderr);
	print_text(stderr, err->text[0] ? err->text : sw_result_text(err->code));
	fputc('\n', stderr);
	return code;
}

/* How many bytes the first `characters` characters of text have. */
static size_t bytes_of(const char *text, size_t characters)
{
	size_t len = 0;
	while (text[len] && (characters > 0 || ((unsigned char)text[len] & 0xC0) == 0x80)) {
		characters -= characters > 0 && ((unsigned char)text[len + 1] & 0xC0) != 0x80;
		len++;
	}
	return len;
}

int complain_expression(int code, const char *expression, const struct sw_error *err)
{
	enum { BEFORE = 60, SHOWN = 100 };
	/* Of a long text the part around the place. */
	size_t before = err->column ? err->column - 1 : 0, from = before > BEFORE ? before - BEFORE : 0;
	const char *start = expression + bytes_of(expression, from);
	fputs("stepwell: ", stderr);
	print_text(stderr, err->text[0] ? err->text : sw_result_text(err->code));
	fprintf(stderr, "\n  %s", from ? "..." : "");
	print_part(stderr, start, bytes_of(start, SHOWN));
	fputs(start[bytes_of(start, SHOWN)] ? "...\n" : "\n", stderr);
	if (err->column)
		fprintf(stderr, "  %*s^\n", (int)(before - from) + (from ? 3 : 0), "");
	return code;
}

const char *error_type(const json_t *error)
{
	const char *type = text_of(error, "__type", "error"), *hash = strchr(type, '#');
	return hash ? hash + 1 : type; /* com.amazonaws.states#StateMachineDoesNotExist */
}

/* One of the words in the name of an error? */
static bool has_word(const char *type, const char *const *words)
{
	while (*words && !strstr(type, *words))
		words++;
	return *words != NULL;
}

int complain_answer(const json_t *error)
{
	static const char *const other[] = {"DoesNotExist", "AlreadyExists", "Deleting",      "NotFound",
					    "Conflict",     "InUse",         "NotRedrivable", NULL};
	static const char *const refused[] = {
		"AccessDenied",        "Unauthorized", "UnrecognizedClient",   "Signature",
		"AuthenticationToken", "ExpiredToken", "InvalidClientTokenId", NULL};
	static const char *const service[] = {"ServiceUnavailable", "InternalFailure", "InternalServerError",
					      "Throttling",         "RequestTimeout",  NULL};
	const char *type = error_type(error),
		   *message = text_of(error, "message", text_of(error, "Message", ""));
	complain(EXIT_FAILED, "%s: %s", type, message);
	if (has_word(type, refused))
		return complain(EXIT_STORE, "requests are signed with AWS_ACCESS_KEY_ID and "
					    "AWS_SECRET_ACCESS_KEY of the environment");
	if (has_word(type, other))
		return EXIT_FAILED;
	return has_word(type, service) ? EXIT_STORE : EXIT_USAGE;
}

int exit_of(enum sw_result result)
{
	switch (result) {
	case SW_OK:
		return EXIT_OK;
	case SW_EINVAL:
	case SW_EJSON:
	case SW_EDEFINITION:
	case SW_EQUERY:
	case SW_EINPUT:
	case SW_ENAME:
	case SW_EARN:
		return EXIT_USAGE;
	case SW_ENOENT:
	case SW_EEXIST:
		return EXIT_FAILED;
	default:
		return EXIT_STORE;
	}
}

int exit_of_status(const char *status)
{
	if (!strcmp(status, "SUCCEEDED"))
		return EXIT_OK;
	if (!strcmp(status, "TIMED_OUT"))
		return EXIT_TIMED_OUT;
	if (!strcmp(status, "ABORTED"))
		return EXIT_ABORTED;
	return EXIT_FAILED;
}

void print_json(const json_t *tree)
{
	/* Thirteen digits: times are seconds with milliseconds. */
	json_dumpf(tree, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(13));
	putchar('\n');
}

const char *time_text(const json_t *seconds, char *text, size_t bytes)
{
	double value = json_number_value(seconds);
	time_t whole = (time_t)floor(value);
	struct tm parts;
	size_t used;
	if (!json_is_number(seconds) || !localtime_r(&whole, &parts))
		return "-";
	used = strftime(text, bytes, "%Y-%m-%d %H:%M:%S", &parts);
	snprintf(text + used, bytes - used, ".%03d", (int)((value - floor(value)) * 1000 + 0.5) % 1000);
	return text;
}

static bool is_coloured(FILE *stream)
{
	const char *off = getenv("NO_COLOR"), *terminal = getenv("TERM");
	return isatty(fileno(stream)) && (!off || !*off) && terminal && strcmp(terminal, "dumb") != 0;
}

const char *colour_of(FILE *stream, const char *word)
{
	if (!is_coloured(stream))
		return "";
	if (strstr(word, "Fail") || strstr(word, "FAILED") || strstr(word, "TimedOut") ||
	    strstr(word, "TIMED_OUT"))
		return "\033[31m";
	if (strstr(word, "Abort") || strstr(word, "ABORTED"))
		return "\033[33m";
	if (strstr(word, "Succeeded") || strstr(word, "SUCCEEDED"))
		return "\033[32m";
	if (strstr(word, "Entered") || strstr(word, "RUNNING"))
		return "\033[36m";
	return "";
}

const char *colour_end(FILE *stream)
{
	return is_coloured(stream) ? "\033[0m" : "";
}

const char *text_of(const json_t *object, const char *member, const char *fallback)
{
	const char *text = json_string_value(json_object_get(object, member));
	return text ? text : fallback;
}

int columns_of(const char *text, int columns)
{
	for (; *text; text++)
		columns += ((unsigned char)*text & 0xC0) == 0x80; /* printf counts bytes */
	return columns;
}

/*
 * One byte or character of a text for people: what controls a terminal becomes a space, also as U+0080 to U+009F. How
 * many bytes it has.
 */
static size_t print_byte(FILE *stream, const char *text)
{
	unsigned char ch = (unsigned char)*text, next = (unsigned char)text[1];
	bool is_long = ch == 0xC2 && next >= 0x80 && next <= 0x9F;
	fputc(ch < 0x20 || ch == 0x7f || is_long ? ' ' : ch, stream);
	return is_long ? 2 : 1;
}

void print_text(FILE *stream, const char *text)
{
	while (*text) {
		if (*text == '\n' || *text == '\t')
			fputc(*text++, stream);
		else
			text += print_byte(stream, text);
	}
}

void print_part(FILE *stream, const char *text, size_t len)
{
	for (const char *end = text + len; text < end && *text;)
		text += print_byte(stream, text);
}

void print_description(const json_t *description)
{
	const char *key;
	json_t *value;
	char text[40];
	json_object_foreach((json_t *)description, key, value)
	{
		bool is_time = strlen(key) > 4 && !strcmp(key + strlen(key) - 4, "Date");
		if (json_is_string(value)) {
			printf("%-22s ", key);
			print_text(stdout, json_string_value(value));
			putchar('\n');
		} else if (is_time) {
			printf("%-22s %s\n", key, time_text(value, text, sizeof(text)));
		} else if (json_is_integer(value)) {
			printf("%-22s %" JSON_INTEGER_FORMAT "\n", key, json_integer_value(value));
		}
	}
}

/* Control characters of data do not reach the terminal; long texts are cut. */
static void print_shown(FILE *stream, const char *text, size_t bytes_max)
{
	for (const char *start = text; *text && (size_t)(text - start) < bytes_max;)
		text += print_byte(stream, text);
	while ((*text & 0xC0) == 0x80) /* the rest of a character */
		fputc(*text++, stream);
	if (*text)
		fputs("...", stream);
}

static void print_detail(FILE *stream, const json_t *details, const char *member)
{
	const json_t *value = json_object_get(details, member);
	if (json_is_string(value)) {
		fputs("  ", stream);
		print_shown(stream, json_string_value(value), 100);
	} else if (json_is_integer(value)) {
		fprintf(stream, "  %s %" JSON_INTEGER_FORMAT, member, json_integer_value(value));
	}
}

void print_event(FILE *stream, const json_t *event, double start_seconds)
{
	static const char *const shown[] = {"name",     "index", "length", "resourceType",
					    "resource", "error", "cause",  "output"};
	const char *type = text_of(event, "type", "?"), *key;
	const json_t *value, *details = NULL;
	json_object_foreach((json_t *)event, key, value) if (json_is_object(value)) details = value;
	fprintf(stream, "%5" JSON_INTEGER_FORMAT " %9.3fs  %s%-26s%s",
		json_integer_value(json_object_get(event, "id")),
		json_number_value(json_object_get(event, "timestamp")) - start_seconds,
		colour_of(stream, type), type, colour_end(stream));
	for (size_t i = 0; details && i < sizeof(shown) / sizeof(*shown); i++)
		print_detail(stream, details, shown[i]);
	fputc('\n', stream);
}
