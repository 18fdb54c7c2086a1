/* What the tests of the store share: a directory that goes away, tables, and short words for keys and values.
 */
#ifndef SW_TESTS_STORE_FIXTURE_H
#define SW_TESTS_STORE_FIXTURE_H

#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CATS, DOGS, BIRDS, TABLES };
static const char *const fixture_tables[] = {"cats", "dogs", "birds"};

static inline struct sw_store_options fixture_options(const char *directory)
{
	return (struct sw_store_options){
		.directory = directory, .table_names = fixture_tables, .tables_count = TABLES, .format = 3};
}

/* A new directory; its name stays in memory until fixture_directory_remove. */
static inline char *fixture_directory(void)
{
	char *path = strdup("/tmp/stepwell-test-XXXXXX");
	assert_non_null(path);
	assert_non_null(mkdtemp(path));
	return path;
}

static inline int fixture_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static inline void fixture_directory_remove(char *path)
{
	nftw(path, fixture_remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(path);
}

static inline struct sw_slice text(const char *chars)
{
	return sw_slice(chars, strlen(chars));
}

static inline struct sw_batch *batch_new(void)
{
	struct sw_batch *batch = NULL;
	assert_int_equal(sw_batch_new(&batch), SW_OK);
	return batch;
}

static inline void put(struct sw_batch *batch, unsigned table, const char *key, const char *value)
{
	assert_int_equal(sw_batch_put(batch, table, text(key), text(value)), SW_OK);
}

/* Commits and empties the batch. */
static inline void commit(struct sw_store *store, struct sw_batch *batch)
{
	struct sw_error err = {0};
	if (sw_store_commit(store, batch, &err) != SW_OK)
		fail_msg("commit: %s", err.text);
	sw_batch_reset(batch);
}

static inline struct sw_snapshot *begin(struct sw_store *store)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_error err = {0};
	if (sw_store_begin(store, &snapshot, &err) != SW_OK)
		fail_msg("begin: %s", err.text);
	return snapshot;
}

static inline void assert_value(struct sw_snapshot *snapshot, unsigned table, const char *key,
				const char *value)
{
	struct sw_slice found;
	enum sw_result r = sw_snapshot_get(snapshot, table, text(key), &found);
	if (!value) {
		assert_int_equal(r, SW_ENOENT);
		return;
	}
	assert_int_equal(r, SW_OK);
	if (sw_slice_compare(found, text(value)) != 0)
		fail_msg("%s: expected %s, found %.*s", key, value, (int)found.len, (const char *)found.data);
}

/* The value in the last commit. */
static inline void assert_stored(struct sw_store *store, unsigned table, const char *key, const char *value)
{
	struct sw_snapshot *snapshot = begin(store);
	assert_value(snapshot, table, key, value);
	sw_snapshot_end(snapshot);
}

/* Every key (and =value) of a scan, one space between them. */
static inline void assert_scan(struct sw_snapshot *snapshot, unsigned table, const char *from, bool backwards,
			       const char *expected)
{
	struct sw_scan *scan = NULL;
	struct sw_buf found = SW_BUF;
	struct sw_slice key, value;
	enum sw_result r;
	assert_int_equal(sw_scan_new(snapshot, table, text(from), backwards, &scan), SW_OK);
	while ((r = sw_scan_next(scan, &key, &value)) == SW_OK)
		sw_buf_printf(&found, "%s%.*s=%.*s", found.len ? " " : "", (int)key.len,
			      (const char *)key.data, (int)value.len, (const char *)value.data);
	assert_int_equal(r, SW_ENOENT);
	assert_int_equal(sw_scan_next(scan, &key, &value), SW_ENOENT);
	sw_scan_free(scan);
	assert_string_equal(found.data ? found.data : "", expected);
	sw_buf_done(&found);
}

#endif
