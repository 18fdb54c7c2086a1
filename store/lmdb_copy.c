/*
 * A copy of the LMDB store while its owner works: one snapshot, written without the pages that nobody uses.
 * The copy gets its name only when it is whole and on disk, so that what looks like a store is one; what an
 * attempt that died leaves behind is a file data.mdb.XXXXXX, which nobody opens.
 */
#include "base/mem.h"
#include "store/lmdb_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define ROOM_BYTES_MIN (1u << 20)

struct copy {
	const char *directory;
	char *path, *part_path; /* under its name, and under the one it has until it is whole */
	int fd;
};

/* A result for an error number, with a text that names the copy. */
static enum sw_result copy_error(const struct copy *copy, int rc, const char *doing, struct sw_error *err)
{
	struct statvfs fs;
	/* A full disk cuts writes short, and LMDB calls that EIO. */
	if (rc == EIO && copy->fd >= 0 && fstatvfs(copy->fd, &fs) == 0 &&
	    (uint64_t)fs.f_bavail * fs.f_frsize < ROOM_BYTES_MIN)
		rc = ENOSPC;
	enum sw_result r = rc == EEXIST ? SW_EEXIST : rc == ENOENT ? SW_EIO : sw_lmdb_result(rc);
	return sw_error_set(err, r, "%s: %s: %s", copy->path, doing, mdb_strerror(rc));
}

/* A directory that was made, and a name in it, are durable when their directory is synced. */
static int sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) != 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	return rc == EINVAL ? 0 : rc; /* some file systems cannot sync a directory, and say so */
}

static enum sw_result make_directory(const struct copy *copy, struct sw_error *err)
{
	bool made = mkdir(copy->directory, 0700) == 0;
	if (!made && errno != EEXIST)
		return copy_error(copy, errno, "making the directory", err);
	char *parent = sw_asprintf("%s/..", copy->directory);
	if (!parent)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	/* Somebody may have made it just now. It need not be his whose directory this is. */
	int rc = sync_path(parent);
	sw_free(parent);
	return rc == 0 || rc == EACCES || !made ? SW_OK : copy_error(copy, rc, "syncing the directory", err);
}

static enum sw_result open_part(struct copy *copy, struct sw_error *err)
{
	struct stat st;
	if (lstat(copy->path, &st) == 0)
		return sw_error_set(err, SW_EEXIST, "%s: there is a store already", copy->path);
	copy->fd = mkostemp(copy->part_path, O_CLOEXEC);
	return copy->fd >= 0 ? SW_OK : copy_error(copy, errno, "making the file", err);
}

/* One snapshot of the store into the file; `flags` are those of mdb_env_copyfd2. */
static int write_once(struct lmdb_store *store, const struct copy *copy, unsigned flags)
{
	if (ftruncate(copy->fd, 0) != 0 || lseek(copy->fd, 0, SEEK_SET) != 0)
		return errno;
	return mdb_env_copyfd2(store->env, copy->fd, flags);
}

static enum sw_result write_pages(struct lmdb_store *store, const struct copy *copy, struct sw_error *err)
{
	struct sw_snapshot *snapshot = NULL;
	/* LMDB reads through a transaction of its own; this one keeps the map where it is meanwhile. */
	enum sw_result r = sw_store_begin(&store->base, &snapshot, err);
	if (r < 0)
		return r;
	int rc = write_once(store, copy, MDB_CP_COMPACT);
	if (rc == MDB_INCOMPATIBLE) {
		/* Pages that are neither used nor free: they do no harm, but compacting refuses them. */
		SW_LOG(&store->log, SW_LOG_WARNING, "%s: pages are lost; the copy has them too", store->path);
		rc = write_once(store, copy, 0);
	}
	sw_snapshot_end(snapshot);
	if (rc == 0 && fsync(copy->fd) != 0)
		rc = errno;
	return rc == 0 ? SW_OK : copy_error(copy, rc, "copying the store", err);
}

int sw_lmdb_name_file(const char *part_path, const char *path)
{
	if (renameat2(AT_FDCWD, part_path, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	/* A file system that has no such rename. */
	if (link(part_path, path) != 0)
		return errno;
	return unlink(part_path) == 0 ? 0 : errno;
}

enum sw_result sw_lmdb_copy(struct sw_store *base, const char *directory, struct sw_error *err)
{
	struct lmdb_store *store = (struct lmdb_store *)base;
	struct copy copy = {.directory = directory, .fd = -1};
	copy.path = sw_asprintf("%s/data.mdb", directory);
	copy.part_path = sw_asprintf("%s/data.mdb.XXXXXX", directory);
	enum sw_result r = copy.path && copy.part_path
				   ? SW_OK
				   : sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	if (r == SW_OK)
		r = make_directory(&copy, err);
	if (r == SW_OK)
		r = open_part(&copy, err);
	if (r == SW_OK)
		r = write_pages(store, &copy, err);
	if (r == SW_OK) {
		int rc = sw_lmdb_name_file(copy.part_path, copy.path);
		if (rc == 0)
			rc = sync_path(directory);
		if (rc != 0)
			r = copy_error(&copy, rc, "naming the copy", err);
	}
	if (copy.fd >= 0) {
		close(copy.fd);
		if (r < 0)
			unlink(copy.part_path); /* gone already when only its directory could not be synced */
	}
	sw_free(copy.path);
	sw_free(copy.part_path);
	return r;
}
