/* Several stores as one: what is found where, and in which order. */
#include "fixture.h"

enum { STORES = 3 };

/* CATS are the first store's alone, DOGS have an id at 1 in their keys, BIRDS are merged as they are. */
static const struct sw_union_table tables[] = {[CATS] = {.stores = 1, .id_at = -1},
					       [DOGS] = {.stores = UINT64_MAX, .id_at = 1},
					       [BIRDS] = {.stores = UINT64_MAX, .id_at = -1}};

struct fixture {
	struct sw_store *stores[STORES], *all;
	struct sw_batch *batch;
	char *directory;
};

static int open_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->directory = fixture_directory();
	f->batch = batch_new();
	struct sw_store_options options = fixture_options(f->directory);
	for (int i = 0; i < STORES; i++)
		if (sw_store_open_memory(&options, &f->stores[i], NULL) != SW_OK)
			return -1;
	struct sw_union_options all = {.stores = f->stores,
				       .count = STORES,
				       .owned = 6, /* all but the first */
				       .tables = tables,
				       .tables_count = sizeof(tables) / sizeof(tables[0])};
	*state = f;
	return sw_store_open_union(&all, &f->all);
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;
	sw_store_close(f->all);
	sw_store_close(f->stores[0]);
	sw_batch_free(f->batch);
	fixture_directory_remove(f->directory);
	free(f);
	return 0;
}

/* A key of DOGS: a letter, the number of the store, seven bytes that end with time, and a tail. */
static struct sw_slice dog(char letter, int store, int time, const char *tail)
{
	static char room[4][32];
	static unsigned next;
	char *key = room[next++ % 4];
	memset(key, 0, 32);
	key[0] = letter;
	key[1] = (char)store;
	key[8] = (char)time;
	memcpy(key + 9, tail, strlen(tail));
	return sw_slice(key, 9 + strlen(tail));
}

static void put_dog(struct fixture *f, char letter, int store, int time, const char *tail)
{
	assert_int_equal(sw_batch_put(f->batch, DOGS, dog(letter, store, time, tail), text("dog")), SW_OK);
	commit(f->stores[store], f->batch);
}

/* "a10 a11x": letter, time and store, tail. */
static void assert_dogs(struct fixture *f, struct sw_slice from, bool backwards, const char *expected)
{
	struct sw_snapshot *snapshot = begin(f->all);
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	char found[512] = "";
	assert_int_equal(sw_scan_new(snapshot, DOGS, from, backwards, &scan), SW_OK);
	while (sw_scan_next(scan, &key, &value) == SW_OK) {
		const char *bytes = key.data;
		size_t len = strlen(found);
		snprintf(found + len, sizeof(found) - len, "%s%c%d%d%.*s", len ? " " : "", bytes[0], bytes[8],
			 bytes[1], (int)(key.len - 9), bytes + 9);
	}
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	assert_string_equal(found, expected);
}

static void a_table_of_one_store_is_read_there_alone(void **state)
{
	struct fixture *f = *state;
	put(f->batch, CATS, "tom", "grey");
	commit(f->stores[0], f->batch);
	put(f->batch, CATS, "tim", "black");
	commit(f->stores[1], f->batch);
	assert_stored(f->all, CATS, "tom", "grey");
	assert_stored(f->all, CATS, "tim", NULL);
	struct sw_snapshot *snapshot = begin(f->all);
	assert_scan(snapshot, CATS, "", false, "tom=grey");
	sw_snapshot_end(snapshot);
}

static void keys_without_an_id_are_looked_for_everywhere_and_merged(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < STORES; i++) {
		char name[2] = {(char)('c' - i), '\0'};
		put(f->batch, BIRDS, name, "x");
		commit(f->stores[i], f->batch);
	}
	assert_stored(f->all, BIRDS, "a", "x");
	assert_stored(f->all, BIRDS, "c", "x");
	assert_stored(f->all, BIRDS, "d", NULL);
	struct sw_snapshot *snapshot = begin(f->all);
	assert_scan(snapshot, BIRDS, "", false, "a=x b=x c=x");
	assert_scan(snapshot, BIRDS, "b", true, "b=x a=x");
	sw_snapshot_end(snapshot);
}

static void scans_go_by_time_and_not_by_store(void **state)
{
	struct fixture *f = *state;
	put_dog(f, 'a', 2, 1, "");
	put_dog(f, 'a', 0, 2, "");
	put_dog(f, 'a', 1, 2, "x");
	put_dog(f, 'a', 1, 2, "y");
	put_dog(f, 'a', 2, 2, "");
	put_dog(f, 'a', 0, 3, "");
	put_dog(f, 'b', 0, 1, "");
	assert_dogs(f, text(""), false, "a12 a20 a21x a21y a22 a30 b10");
	assert_dogs(f, text(""), true, "b10 a30 a22 a21y a21x a20 a12");
}

static void a_scan_begins_at_its_key_in_every_store(void **state)
{
	struct fixture *f = *state;
	for (int store = 0; store < STORES; store++) {
		for (int time = 1; time < 4; time++) {
			put_dog(f, 'a', store, time, "x");
			put_dog(f, 'a', store, time, "y");
		}
	}
	assert_dogs(f, dog('a', 1, 2, "y"), false, "a21y a22x a22y a30x a30y a31x a31y a32x a32y");
	assert_dogs(f, dog('a', 1, 2, ""), false, "a21x a21y a22x a22y a30x a30y a31x a31y a32x a32y");
	assert_dogs(f, dog('a', 1, 2, "x"), true, "a21x a20y a20x a12y a12x a11y a11x a10y a10x");
	assert_dogs(f, dog('a', 1, 2, ""), true, "a20y a20x a12y a12x a11y a11x a10y a10x");
	/* In between keys, and of a store that is not there. */
	assert_dogs(f, dog('a', 7, 2, ""), true,
		    "a22y a22x a21y a21x a20y a20x a12y a12x a11y a11x a10y a10x");
	assert_dogs(f, dog('a', 7, 2, ""), false, "a30x a30y a31x a31y a32x a32y");
	assert_dogs(f, dog('b', 0, 0, ""), false, "");
}

static void a_pair_is_looked_for_in_the_store_of_its_id(void **state)
{
	struct fixture *f = *state;
	struct sw_slice value;
	put_dog(f, 'a', 1, 1, "");
	struct sw_snapshot *snapshot = begin(f->all);
	assert_int_equal(sw_snapshot_get(snapshot, DOGS, dog('a', 1, 1, ""), &value), SW_OK);
	assert_int_equal(sw_snapshot_get(snapshot, DOGS, dog('a', 0, 1, ""), &value), SW_ENOENT);
	assert_int_equal(sw_snapshot_get(snapshot, DOGS, dog('a', 9, 1, ""), &value), SW_ENOENT);
	assert_int_equal(sw_snapshot_get(snapshot, DOGS, text("a"), &value), SW_ENOENT);
	sw_snapshot_end(snapshot);
}

static void batches_go_to_the_writer_alone(void **state)
{
	struct fixture *f = *state;
	struct sw_store *both = NULL;
	struct sw_union_options options = {.stores = f->stores,
					   .count = 2,
					   .tables = tables,
					   .tables_count = sizeof(tables) / sizeof(tables[0]),
					   .writer = f->stores[1]};
	put(f->batch, BIRDS, "a", "x");
	assert_int_equal(sw_store_commit(f->all, f->batch, NULL), SW_EINVAL);
	assert_int_equal(sw_store_open_union(&options, &both), SW_OK);
	commit(both, f->batch);
	assert_stored(both, BIRDS, "a", "x");
	assert_stored(f->stores[0], BIRDS, "a", NULL);
	assert_stored(f->stores[1], BIRDS, "a", "x");
	sw_store_close(both);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_table_of_one_store_is_read_there_alone, open_fixture,
						close_fixture),
		cmocka_unit_test_setup_teardown(keys_without_an_id_are_looked_for_everywhere_and_merged,
						open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(scans_go_by_time_and_not_by_store, open_fixture,
						close_fixture),
		cmocka_unit_test_setup_teardown(a_scan_begins_at_its_key_in_every_store, open_fixture,
						close_fixture),
		cmocka_unit_test_setup_teardown(a_pair_is_looked_for_in_the_store_of_its_id, open_fixture,
						close_fixture),
		cmocka_unit_test_setup_teardown(batches_go_to_the_writer_alone, open_fixture, close_fixture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
