/*
 * Who owns a data directory: a lock on its LOCK file. LMDB's own lock does not stop a second open in one
 * process; a lock of the open file (F_OFD_SETLK) does, and it goes with the process however that ends. Unlike
 * flock's it can be asked for without being taken (sw_directory_owner), so that nobody who only looks is ever
 * in the way of one who opens.
 */
#include "engine/internal.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A directory that was made is there after a power loss when its parent was synced. Some file systems cannot do that,
 * and a parent that is somebody else's may not be opened: then it is there when they see to it.
 */
static int make_lasting(const char *directory)
{
	if (mkdir(directory, 0700) != 0)
		return errno;
	char *parent = sw_asprintf("%s/..", directory);
	if (!parent)
		return ENOMEM;
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = fd < 0 || fsync(fd) != 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	sw_free(parent);
	return error == EINVAL || error == EACCES ? 0 : error;
}

/* mkdir -p with mode 0700. */
static enum sw_result make_directory(const char *directory, struct sw_error *err)
{
	int error = make_lasting(directory);
	if (error == 0 || error == EEXIST)
		return SW_OK;
	char *parent = error == ENOENT ? sw_strdup(directory) : NULL;
	char *slash = parent ? strrchr(parent, '/') : NULL;
	while (slash && slash > parent && slash[1] == '\0') { /* a trailing one */
		*slash = '\0';
		slash = strrchr(parent, '/');
	}
	enum sw_result r = SW_EIO;
	if (slash && slash > parent) {
		*slash = '\0';
		r = make_directory(parent, err);
		error = r == SW_OK ? make_lasting(directory) : error;
		if (error != 0 && error != EEXIST)
			r = SW_EIO;
	}
	sw_free(parent);
	if (r == SW_OK)
		return SW_OK;
	return sw_error_set(err, error == ENOSPC ? SW_EFULL : SW_EIO, "%s: %s", directory, strerror(error));
}

static enum sw_result owned(int fd, const char *directory, struct sw_error *err)
{
	char text[24] = "";
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
	long pid = len > 0 ? strtol(text, NULL, 10) : 0;
	if (pid > 0)
		return sw_error_set(err, SW_EOWNED, "%s is in use by process %ld", directory, pid);
	return sw_error_set(err, SW_EOWNED, "%s is in use by another process", directory);
}

static int lock_exclusive(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	return fcntl(fd, F_OFD_SETLK, &lock);
}

enum sw_result sw_lock_take(const char *directory, int *ret_fd, struct sw_error *err)
{
	enum sw_result r = make_directory(directory, err);
	if (r < 0)
		return r;
	char *path = sw_asprintf("%s/LOCK", directory);
	if (!path)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		r = sw_error_set(err, errno == ENOSPC ? SW_EFULL : SW_EIO, "%s: %s", path, strerror(errno));
	} else if (lock_exclusive(fd) != 0) {
		r = errno == EAGAIN || errno == EACCES
			    ? owned(fd, directory, err)
			    : sw_error_set(err, SW_EIO, "%s: %s", path, strerror(errno));
		close(fd);
	} else {
		/* benign: the number is for people; the lock is what counts */
		char text[24];
		int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
		if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len)
			errno = 0;
		*ret_fd = fd;
	}
	sw_free(path);
	return r;
}

void sw_lock_release(int fd)
{
	if (fd >= 0)
		close(fd);
}
