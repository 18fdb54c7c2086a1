/* Reading what the user names: files, standard input, --input. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The whole of a stream, at most bytes_max, new. NULL with a reason in err. */
static char *read_stream(FILE *stream, const char *path, size_t bytes_max, size_t *ret_len,
			 struct sw_error *err)
{
	size_t len = 0, capacity = 65536;
	char *text = malloc(capacity), *grown;
	while (text && len <= bytes_max) {
		len += fread(text + len, 1, capacity - len - 1, stream);
		if (len < capacity - 1)
			break;
		grown = realloc(text, capacity * 2);
		if (!grown)
			free(text);
		text = grown;
		capacity *= 2;
	}
	if (text && !ferror(stream) && len <= bytes_max) {
		text[len] = '\0';
		*ret_len = len;
		return text;
	}
	if (!text)
		sw_error_set(err, SW_ENOMEM, "%.300s: out of memory", path);
	else if (ferror(stream))
		sw_error_set(err, SW_EIO, "%.300s: %s", path, strerror(errno));
	else
		sw_error_set(err, SW_EIO, "%.300s: longer than %zu bytes", path, bytes_max);
	free(text);
	return NULL;
}

char *load_file(const char *path, size_t bytes_max, size_t *ret_len, struct sw_error *err)
{
	FILE *stream = strcmp(path, "-") ? fopen(path, "rb") : stdin;
	if (!stream) {
		sw_error_set(err, SW_EIO, "%.300s: %s", path, strerror(errno));
		return NULL;
	}
	char *text = read_stream(stream, path, bytes_max, ret_len, err);
	if (stream != stdin)
		fclose(stream);
	return text;
}

char *read_file(const char *path, size_t bytes_max, size_t *ret_len)
{
	struct sw_error err = {0};
	char *text = load_file(path, bytes_max, ret_len, &err);
	if (!text)
		complain(EXIT_USAGE, "%s", err.text);
	return text;
}

char *read_json(const char *option, const char *input)
{
	struct sw_error err = {0};
	size_t len;
	char *text;
	bool is_file = input && (*input == '@' || !strcmp(input, "-"));
	const char *path = is_file && *input == '@' ? input + 1 : input;
	if (is_file) {
		text = read_file(path, 16 * SW_PAYLOAD_BYTES_MAX, &len);
	} else {
		text = strdup(input ? input : "{}");
		len = text ? strlen(text) : 0;
	}
	if (text && sw_text_check_json(text, len, &err) != SW_OK) {
		complain_error(EXIT_USAGE, is_file ? path : option, &err);
		free(text);
		return NULL;
	}
	return text;
}

char *read_input(const char *input)
{
	return read_json("--input", input);
}
