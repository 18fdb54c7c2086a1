/* Makes a store of another format, as a later version of the program would. */
#include "engine/keys.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct sw_error err = {0};
	struct sw_store *store = NULL;
	if (argc != 2) {
		fprintf(stderr, "usage: make_store DIRECTORY\n");
		return 2;
	}
	const struct sw_store_options options = {.directory = argv[1],
						 .table_names = sw_table_names,
						 .tables_count = SW_TABLES_COUNT,
						 .format = SW_STORE_FORMAT + 1};
	if (sw_store_open_lmdb(&options, &store, &err) != SW_OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	sw_store_close(store);
	return 0;
}
