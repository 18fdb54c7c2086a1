/* Reading what the user names: files, standard input, --input. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

char *read_file(const char *path, size_t bytes_max, size_t *ret_len)
{
	FILE *stream = strcmp(path, "-") ? fopen(path, "rb") : stdin;
	size_t len = 0, capacity = 65536;
	char *text = malloc(capacity), *grown = NULL;
	bool whole = false;
	if (!stream || !text) {
		complain(EXIT_USAGE, "%s: %s", path, strerror(errno));
		goto failed;
	}
	for (;;) {
		len += fread(text + len, 1, capacity - len - 1, stream);
		whole = len < capacity - 1;
		if (whole)
			break;
		grown = len > bytes_max ? NULL : realloc(text, capacity * 2);
		if (!grown)
			break;
		text = grown;
		capacity *= 2;
	}
	if (ferror(stream)) {
		complain(EXIT_USAGE, "%s: %s", path, strerror(errno));
		goto failed;
	}
	if (len > bytes_max) {
		complain(EXIT_USAGE, "%s: longer than %zu bytes", path, bytes_max);
		goto failed;
	}
	if (!whole) {
		complain(EXIT_STORE, "%s: out of memory", path);
		goto failed;
	}
	if (stream != stdin)
		fclose(stream);
	text[len] = '\0';
	*ret_len = len;
	return text;
failed:
	if (stream && stream != stdin)
		fclose(stream);
	free(text);
	return NULL;
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
