/*
 * Gives every file of a folder to a fuzz target, without libFuzzer: the corpus as a test of every build. A
 * target ends the process when something is wrong.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATH_BYTES 4096
#define INPUT_BYTES_MAX (16 << 20)

/* As large as the input and no larger, so that reading beyond its end is seen. */
static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	long size = -1;
	if (file && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	uint8_t *data = size >= 0 && size <= INPUT_BYTES_MAX ? malloc(size > 0 ? (size_t)size : 1) : NULL;
	int read = 0;
	if (data) {
		rewind(file);
		read = fread(data, 1, (size_t)size, file) == (size_t)size;
	}
	if (file)
		fclose(file);
	if (read) {
		fprintf(stderr, "%s\n", path);
		LLVMFuzzerTestOneInput(data, (size_t)size);
	} else {
		printf("FAIL %s: %s\n", path, strerror(errno));
	}
	free(data);
	return read;
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	unsigned passed = 0, failed = 0;
	int count = argc == 2 ? scandir(argv[1], &entries, is_file, alphasort) : -1;
	if (count <= 0) {
		fprintf(stderr, "usage: replay FOLDER (with at least one file)\n");
		return 2;
	}
	for (int i = 0; i < count; i++) {
		char path[PATH_BYTES];
		int len = snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
		if (len > 0 && len < PATH_BYTES && replay(path))
			passed++;
		else
			failed++;
		free(entries[i]);
	}
	free(entries);
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
