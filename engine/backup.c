/* Owners of data directories, backups of what is in them: see maintenance.h. */
#include "engine/internal.h"
#include "engine/maintenance.h"
#include "engine/reader.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- owners ---------------------------------------------------------------------------------- */

/* The number in the file is for people: what counts is the lock. */
static int64_t pid_in(int fd)
{
	char text[24] = "";
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
	long long pid = len > 0 ? strtoll(text, NULL, 10) : 0;
	return pid > 0 ? pid : -1;
}

enum sw_result sw_directory_owner(const char *data_directory, int64_t *ret_pid, struct sw_error *err)
{
	if (!data_directory || !ret_pid)
		return sw_error_set(err, SW_EINVAL, "whose owner?");
	char *path = sw_asprintf("%s/LOCK", data_directory);
	if (!path)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	enum sw_result r = SW_OK;
	int64_t pid = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			r = sw_error_set(err, SW_EIO, "%s: %s", path, strerror(errno));
	} else {
		/* Asked without taking it: whoever opens the directory meanwhile is not in the way of anybody. */
		struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
		if (fcntl(fd, F_OFD_GETLK, &lock) != 0)
			r = sw_error_set(err, SW_EIO, "%s: %s", path, strerror(errno));
		else if (lock.l_type != F_UNLCK)
			pid = pid_in(fd);
		close(fd);
	}
	sw_free(path);
	if (r == SW_OK)
		*ret_pid = pid;
	return r;
}

/* ---- backups --------------------------------------------------------------------------------- */

enum sw_result sw_reader_backup(struct sw_reader *reader, const char *target_directory, struct sw_error *err)
{
	if (!reader || !target_directory)
		return sw_error_set(err, SW_EINVAL, "a backup needs a reader and a directory");
	if (reader->process != getpid())
		return sw_reader_fail(err, SW_EFORKED);
	return sw_store_copy(reader->store, target_directory, err);
}

enum sw_result sw_backup(const char *data_directory, const char *target_directory, struct sw_error *err)
{
	struct sw_reader *reader = NULL;
	enum sw_result r = sw_reader_open(data_directory, NULL, NULL, &reader, err);
	if (r == SW_OK)
		r = sw_reader_backup(reader, target_directory, err);
	sw_reader_close(reader);
	return r;
}

/* A store, or what another program left under its name. */
static enum sw_result check_vacant(const char *directory, struct sw_error *err)
{
	struct stat st;
	char *path = sw_asprintf("%s/data.mdb", directory);
	if (!path)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	bool taken = lstat(path, &st) == 0;
	sw_free(path);
	return taken ? sw_error_set(err, SW_EEXIST, "%s holds a store already", directory) : SW_OK;
}

/* With the target's lock held. The copy is opened once, as its next owner will. */
static enum sw_result restore(struct sw_reader *backup, const char *data_directory, struct sw_error *err)
{
	struct sw_reader *copy = NULL;
	enum sw_result r = sw_reader_backup(backup, data_directory, err);
	if (r == SW_OK)
		r = sw_reader_open(data_directory, NULL, NULL, &copy, err);
	sw_reader_close(copy);
	return r;
}

enum sw_result sw_restore(const char *backup_directory, const char *data_directory, struct sw_error *err)
{
	struct sw_reader *backup = NULL;
	int lock_fd = -1;
	if (!backup_directory || !data_directory)
		return sw_error_set(err, SW_EINVAL, "a restore needs a backup and a data directory");
	/* The backup first: nothing is made where nothing can be restored. */
	enum sw_result r = check_vacant(data_directory, err);
	if (r == SW_OK)
		r = sw_reader_open(backup_directory, NULL, NULL, &backup, err);
	if (r == SW_OK)
		r = sw_lock_take(data_directory, &lock_fd, err);
	if (r == SW_OK)
		r = check_vacant(data_directory, err);
	if (r == SW_OK)
		r = restore(backup, data_directory, err);
	sw_lock_release(lock_fd);
	sw_reader_close(backup);
	return r;
}
