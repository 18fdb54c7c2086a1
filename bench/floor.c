/* What the disk and LMDB give by themselves, in the same run: the floor that the engine is held against. */
#include "base/mem.h"
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One recorded commit as one transaction. */
static int replay_batch(MDB_env *env, const MDB_dbi *tables, const struct sw_batch *batch)
{
	struct sw_slice key, value;
	enum sw_batch_op op;
	unsigned table;
	size_t at = 0;
	MDB_txn *txn;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);
	if (rc)
		return rc;
	while (!rc && sw_batch_each(batch, &at, &op, &table, &key, &value)) {
		MDB_val k = {key.len, (void *)key.data}, v = {value.len, (void *)value.data};
		if (op == SW_BATCH_DELETE) {
			rc = mdb_del(txn, tables[table], &k, NULL);
			rc = rc == MDB_NOTFOUND ? 0 : rc;
		} else if (op == SW_BATCH_APPEND) {
			rc = mdb_put(txn, tables[table], &k, &v, MDB_APPEND);
			if (rc == MDB_KEYEXIST)
				rc = mdb_put(txn, tables[table], &k, &v, 0);
		} else if (op == SW_BATCH_PUT) {
			rc = mdb_put(txn, tables[table], &k, &v, 0);
		} /* deletions by prefix: none of the workloads makes them */
	}
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

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

double quantile(double *numbers, size_t count, double part)
{
	size_t at = (size_t)((double)count * part);
	qsort(numbers, count, sizeof(*numbers), by_value);
	return numbers[at < count ? at : count - 1];
}

double floor_replay(const struct recording *recording, const char *directory, unsigned tables_count,
		    struct floor_commit *ret_commit)
{
	MDB_dbi tables[32];
	MDB_env *env;
	double start, seconds = -1, *each;
	int rc = tables_count > 32 || recording->count == 0 ? -1 : mdb_env_create(&env);
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
		rc = replay_batch(env, tables, recording->batches[i]);
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
