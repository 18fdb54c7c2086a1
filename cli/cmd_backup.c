/* stepwell backup DIR. */
#include "cli/cli.h"
#include "engine/maintenance.h"
#include "engine/partition.h"

#include <stdlib.h>
#include <sys/stat.h>

/* Length of the store in a directory, all partitions; -1: it cannot be told. */
static json_int_t bytes_in(const char *directory)
{
	struct stat st = {0};
	json_int_t bytes = -1;
	for (unsigned i = 0; i < SW_PARTITIONS_MAX; i++) {
		char *path = NULL;
		int made = i == 0 ? asprintf(&path, "%s/data.mdb", directory)
				  : asprintf(&path, "%s/partition-%u/data.mdb", directory, i);
		bool there = made >= 0 && stat(path, &st) == 0;
		if (made >= 0)
			free(path);
		if (!there)
			break;
		bytes = (i == 0 ? 0 : bytes) + st.st_size;
	}
	return bytes;
}

int print_copied(const struct options *options, const char *from, const char *to)
{
	char text[32];
	json_int_t bytes = bytes_in(to);
	if (options->json) {
		json_t *answer = json_pack("{s:s, s:s, s:I}", "from", from, "to", to, "bytes", bytes);
		if (!answer)
			return complain(EXIT_STORE, "a name of a directory is not UTF-8");
		print_json(answer);
		json_decref(answer);
	} else {
		printf("%s -> %s: %s\n", from, to, size_text((uint64_t)bytes, text, sizeof(text)));
	}
	return EXIT_OK;
}

int complain_store(const struct options *options, enum sw_result result, struct sw_error *err)
{
	if (result == SW_ENOENT && !err->text[0])
		return complain(EXIT_STORE, "%s: there is no store", options->data);
	return complain_error(EXIT_STORE, NULL, err);
}

int cmd_backup(const struct options *options)
{
	struct sw_error err = {0};
	enum sw_result r = sw_backup(options->data, options->args[0], &err);
	if (r != SW_OK)
		return complain_store(options, r, &err);
	return print_copied(options, options->data, options->args[0]);
}
