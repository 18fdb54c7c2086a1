/* What the disk and LMDB give by themselves, in the same run: the floor that the engine is held against. */
#include "base/mem.h"
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TABLES_MAX 32

static int delete_prefix(MDB_txn *txn, MDB_dbi table, struct sw_slice prefix)
{
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, table, &cursor);
	while (rc == 0) {
		MDB_val key = {prefix.len, (void *)prefix.data}, value;
		rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
		if (rc || key.mv_size < prefix.len || memcmp(key.mv_data, prefix.data, prefix.len) != 0)
			break;
		rc = mdb_cursor_del(cursor, 0);
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int replay_one(MDB_txn *txn, MDB_dbi table, const struct recorded *operation)
{
	MDB_val key = {operation->key.len, (void *)operation->key.data};
	MDB_val value = {operation->value.len, (void *)operation->value.data};
	int rc = MDB_KEYEXIST;
	if (operation->op == SW_BATCH_DELETE_PREFIX)
		return delete_prefix(txn, table, operation->key);
	if (operation->op == SW_BATCH_DELETE) {
		rc = mdb_del(txn, table, &key, NULL);
		return rc == MDB_NOTFOUND ? 0 : rc;
	}
	if (operation->op == SW_BATCH_APPEND)
		rc = mdb_put(txn, table, &key, &value, MDB_APPEND);
	return rc == MDB_KEYEXIST ? mdb_put(txn, table, &key, &value, 0) : rc;
}

/* One recorded commit as one transaction. */
static int replay_commit(MDB_env *env, const MDB_dbi *tables, const struct recording *recording,
			 size_t commit)
{
	size_t at = recording_begin(recording, commit);
	struct recorded operation;
	MDB_txn *txn;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);
	if (rc)
		return rc;
	while (!rc && recording_each(recording, commit, &at, &operation))
		rc = replay_one(txn, tables[operation.table], &operation);
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

static int open_tables(MDB_env *env, MDB_dbi *tables, unsigned count)
{
	char name[16];
	MDB_txn *txn;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);
	for (unsigned i = 0; !rc && i < count; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		rc = mdb_dbi_open(txn, name, MDB_CREATE, &tables[i]);
	}
	return rc ? rc : mdb_txn_commit(txn);
}

double floor_replay(const struct recording *recording, const char *directory, unsigned tables_count,
		    struct floor_commit *ret_commit)
{
	MDB_dbi tables[TABLES_MAX];
	MDB_env *env;
	double start, seconds = -1, *each;
	int rc = tables_count > TABLES_MAX || recording->count == 0 ? -1 : mdb_env_create(&env);
	if (rc)
		return -1;
	each = sw_zalloc_array(recording->count, sizeof(*each));
	mdb_env_set_maxdbs(env, tables_count);
	mdb_env_set_mapsize(env, (size_t)1 << 36);
	rc = each ? mdb_env_open(env, directory, MDB_NOTLS, 0600) : ENOMEM;
	if (!rc)
		rc = open_tables(env, tables, tables_count);
	start = now_seconds();
	for (size_t i = 0; !rc && i < recording->count; i++) {
		double begun = now_seconds();
		rc = replay_commit(env, tables, recording, i);
		each[i] = now_seconds() - begun;
	}
	if (!rc) {
		seconds = now_seconds() - start;
		if (ret_commit)
			*ret_commit = (struct floor_commit){quantile(each, recording->count, 0.5),
							    quantile(each, recording->count, 0.99)};
	} else {
		fprintf(stderr, "bench: bare LMDB: %s\n", mdb_strerror(rc));
	}
	mdb_env_close(env);
	sw_free(each);
	return seconds;
}

double floor_sync(const char *directory, unsigned count)
{
	char path[4096], page[4096];
	double start;
	int fd;
	memset(page, 'x', sizeof(page));
	snprintf(path, sizeof(path), "%s/sync", directory);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	start = now_seconds();
	for (unsigned i = 0; i < count; i++)
		if (write(fd, page, sizeof(page)) != sizeof(page) || fdatasync(fd) != 0)
			break;
	start = now_seconds() - start;
	close(fd);
	unlink(path);
	return start;
}
