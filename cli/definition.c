/* Workflow files: reading, placeholders, findings. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

/* --set and --substitutions as one list; the texts of the file live in *ret_file. -1 with err set. */
static long gather(const struct options *options, struct sw_substitution list[2 * SUBSTITUTIONS_MAX],
		   json_t **ret_file, char *names[SUBSTITUTIONS_MAX], struct sw_error *err)
{
	size_t count = 0, len;
	const char *key;
	json_t *value;
	for (unsigned i = 0; i < options->set_count; i++) {
		const char *equals = strchr(options->set[i], '=');
		names[i] = strndup(options->set[i], (size_t)(equals - options->set[i]));
		if (!names[i]) {
			sw_error_set(err, SW_ENOMEM, "out of memory");
			return -1;
		}
		list[count++] = (struct sw_substitution){names[i], equals + 1};
	}
	if (!options->substitutions)
		return (long)count;
	char *text = load_file(options->substitutions, SW_DEFINITION_BYTES_MAX, &len, err);
	json_error_t error;
	if (!text)
		return -1;
	*ret_file = json_loadb(text, len, 0, &error);
	free(text);
	if (!json_is_object(*ret_file)) {
		sw_error_set(err, SW_EIO, "%.300s: a JSON object of placeholder names and texts is needed",
			     options->substitutions);
		return -1;
	}
	json_object_foreach(*ret_file, key, value)
	{
		if (!json_is_string(value) || count == 2 * SUBSTITUTIONS_MAX) {
			sw_error_set(err, SW_EIO, "%.300s: \"%.80s\" must be a string (at most %d of them)",
				     options->substitutions, key, SUBSTITUTIONS_MAX);
			return -1;
		}
		list[count++] = (struct sw_substitution){key, json_string_value(value)};
	}
	return (long)count;
}

/* Some editors begin every file with it; it is no part of the definition. */
static void skip_byte_order_mark(char *text, size_t *len)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t mark_len = sizeof(mark) - 1;
	if (*len < mark_len || memcmp(text, mark, mark_len) != 0)
		return;
	*len -= mark_len;
	memmove(text, text + mark_len, *len + 1);
}

char *read_definition(const struct options *options, const char *path, size_t *ret_len, struct sw_error *err)
{
	struct sw_substitution list[2 * SUBSTITUTIONS_MAX];
	char *names[SUBSTITUTIONS_MAX] = {0}, *filled = NULL;
	json_t *file = NULL;
	size_t len;
	/* A little more than the limit, so that the compiler names it. */
	char *text = load_file(path, 2 * SW_DEFINITION_BYTES_MAX, &len, err);
	if (text)
		skip_byte_order_mark(text, &len);
	long count = text ? gather(options, list, &file, names, err) : -1;
	if (count >= 0)
		(void)sw_definition_substitute(text, len, list, (size_t)count, options->keep_placeholders,
					       &filled, ret_len, err); /* filled tells */
	for (unsigned i = 0; i < SUBSTITUTIONS_MAX; i++)
		free(names[i]);
	json_decref(file);
	free(text);
	return filled;
}

void hint_at_format(const char *path)
{
	const char *dot = strrchr(path, '.');
	if (dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml")))
		fprintf(stderr, "stepwell: definitions are JSON; `yq -o json %s` makes it of YAML\n", path);
}

void complain_definition(const char *path, const struct sw_error *err)
{
	complain_error(EXIT_USAGE, err->line ? path : NULL, err);
}

bool print_findings(const char *path, const struct sw_findings *findings)
{
	for (size_t i = 0; i < sw_findings_count(findings); i++) {
		const struct sw_finding *finding = sw_findings_get(findings, i);
		bool is_error = finding->severity == SW_SEVERITY_ERROR;
		print_text(stderr, path);
		if (finding->error.line) /* none: the place is round a single state, not in the file */
			fprintf(stderr, ":%u:%u", finding->error.line, finding->error.column);
		fprintf(stderr, ": %s%s%s: ", colour_of(stderr, is_error ? "FAILED" : "ABORTED"),
			is_error ? "error" : "warning", colour_end(stderr));
		print_part(stderr, finding->error.pointer, strlen(finding->error.pointer));
		fputs(finding->error.pointer[0] ? ": " : "", stderr);
		print_text(stderr, finding->error.text);
		fputc('\n', stderr);
	}
	return sw_findings_errors(findings) > 0;
}

struct sw_machine *load_machine(const struct options *options, const char *path, char **ret_text,
				size_t *ret_len)
{
	struct sw_machine *machine = NULL;
	struct sw_findings *findings = NULL;
	struct sw_error err = {0};
	size_t len;
	char *text = read_definition(options, path, &len, &err);
	if (!text) {
		complain_definition(path, &err);
		return NULL;
	}
	if (sw_machine_compile(text, len, &machine, &findings, &err) != SW_OK &&
	    sw_findings_count(findings) == 0)
		complain_error(EXIT_USAGE, path, &err);
	print_findings(path, findings);
	if (!machine)
		hint_at_format(path);
	sw_findings_free(findings);
	if (machine && ret_text) {
		*ret_text = text;
		*ret_len = len;
	} else {
		sw_text_free(text);
	}
	return machine;
}

char *name_of_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash ? slash + 1 : path), *dot;
	json_t *text;
	size_t len;
	if (!name)
		return NULL;
	dot = *name ? strchr(name + 1, '.') : NULL;
	if (dot)
		*dot = '\0';
	if (!strcmp(name, "-") || !*name) {
		free(name);
		return strdup("workflow");
	}
	len = strnlen(name, SW_NAME_CHARACTERS_MAX);
	while (len > 0 && (name[len] & 0xC0) == 0x80) /* not in the middle of a character */
		len--;
	name[len] = '\0';
	text = json_string(name);
	for (char *c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("<>{}[]?*\"#%\\^|~`$&,;:/", *c) ||
		    (!text && (*c & 0x80))) /* a file's name need not be UTF-8 */
			*c = '-';
	json_decref(text);
	return name;
}
