/*
 * Our own versions of the calls that change a file: see recorder.h. They are found before those of libc, by this
 * program and by the libraries that it uses, and go to the system. While nothing is recorded nothing is synced:
 * thousands of images are opened, and none of them must survive.
 */
#include "recorder.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MADE_MAX 8
#define VISIBLE __attribute__((visibility("default")))

/* This file sees the calls with lengths of 64 bits, whose names in the library end so; others use the plain names. */
VISIBLE ssize_t plain_pwrite(int fd, const void *bytes, size_t len, off_t offset) __asm__("pwrite");
VISIBLE ssize_t plain_pwritev(int fd, const struct iovec *parts, int count, off_t offset) __asm__("pwritev");
VISIBLE int plain_ftruncate(int fd, off_t length) __asm__("ftruncate");
VISIBLE int plain_fallocate(int fd, int mode, off_t offset, off_t len) __asm__("fallocate");

static struct {
	pthread_mutex_t lock;
	struct recording *recording; /* NULL: nothing is recorded */
	enum recorder_lie lie;
	bool marked; /* from the first mark on it lies */
	char directory[256];
	ino_t file;
	char made[MADE_MAX][256]; /* directories whose names nobody has synced */
} recorder = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- the list ----------------------------------------------------------------------------------------------- */

static void unexpected(const char *what)
{
	if (!*recorder.recording->unexpected)
		snprintf(recorder.recording->unexpected, sizeof(recorder.recording->unexpected), "%s", what);
}

static void add(struct op op, const void *bytes)
{
	struct recording *recording = recorder.recording;
	if (recording->count == recording->capacity) {
		recording->capacity = recording->capacity * 2 + 256;
		recording->ops = realloc(recording->ops, recording->capacity * sizeof(*recording->ops));
	}
	if (op.kind == OP_WRITE || op.kind == OP_MARK) {
		op.bytes = malloc(op.len + 1);
		memcpy(op.bytes, bytes, op.len);
	}
	recording->ops[recording->count++] = op;
}

void recorder_begin(struct recording *recording, const char *directory, enum recorder_lie lie)
{
	*recording = (struct recording){0};
	recorder.lie = lie;
	recorder.file = 0;
	recorder.marked = false;
	memset(recorder.made, 0, sizeof(recorder.made));
	snprintf(recorder.directory, sizeof(recorder.directory), "%s", directory);
	recorder.recording = recording;
}

void recorder_mark(const void *bytes, size_t len)
{
	pthread_mutex_lock(&recorder.lock);
	if (recorder.recording)
		add((struct op){.kind = OP_MARK, .len = len}, bytes);
	recorder.marked = true;
	pthread_mutex_unlock(&recorder.lock);
}

void recorder_end(void)
{
	recorder.recording = NULL;
}

void recording_done(struct recording *recording)
{
	for (size_t i = 0; i < recording->count; i++)
		free(recording->ops[i].bytes);
	free(recording->ops);
	*recording = (struct recording){0};
}

/* ---- which file --------------------------------------------------------------------------------------------- */

static bool is_data_path(const char *path)
{
	size_t len = strlen(recorder.directory);
	return strncmp(path, recorder.directory, len) == 0 && strncmp(path + len, "/data.mdb", 9) == 0;
}

/* With the lock held: is it the data file, under its name or the one it has until it is whole? */
static bool is_data(int fd)
{
	char link[64], path[512];
	struct stat st;
	if (!recorder.recording)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return false;
	path[len] = '\0';
	if (!is_data_path(path) || fstat(fd, &st) != 0)
		return false;
	if (!recorder.file && strcmp(strrchr(path, '/'), "/data.mdb") == 0)
		add((struct op){.kind = OP_NAMED}, NULL);
	if (recorder.file && recorder.file != st.st_ino)
		unexpected("a second data file");
	recorder.file = st.st_ino;
	return true;
}

/* The directory that a descriptor is of was synced: what was made in it has its name. */
static void names_synced(int fd)
{
	char link[64], path[512];
	bool all = true;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, path, sizeof(path) - 1);
	if (!recorder.recording || len <= 0)
		return;
	path[len] = '\0';
	for (int i = 0; i < MADE_MAX; i++) {
		char *made = recorder.made[i], *slash = strrchr(made, '/');
		if (slash && strncmp(made, path, (size_t)len) == 0 && slash == made + len)
			*made = '\0';
		all = all && !*made;
	}
	if (all && strcmp(path, recorder.directory) == 0)
		add((struct op){.kind = OP_NAMES}, NULL);
}

/* ---- writes ------------------------------------------------------------------------------------------------- */

/* Returns with the lock held when it was recorded. */
static bool begin_write(int fd, const struct iovec *parts, int count, uint64_t offset)
{
	pthread_mutex_lock(&recorder.lock);
	if (!is_data(fd)) {
		pthread_mutex_unlock(&recorder.lock);
		return false;
	}
	size_t len = 0, at = 0;
	for (int i = 0; i < count; i++)
		len += parts[i].iov_len;
	unsigned char *bytes = malloc(len + 1);
	for (int i = 0; i < count; at += parts[i++].iov_len)
		memcpy(bytes + at, parts[i].iov_base, parts[i].iov_len);
	add((struct op){.kind = OP_WRITE, .offset = offset, .len = len}, bytes);
	free(bytes);
	return true;
}

static void end_write(int fd, ssize_t wrote)
{
	const struct recording *recording = recorder.recording;
	size_t number = recording->count - 1;
	if (wrote < 0 || (uint64_t)wrote != recording->ops[number].len)
		unexpected("a write that was cut short");
	if ((fcntl(fd, F_GETFL) & O_DSYNC) && !(recorder.lie == LIE_NO_SYNCED_WRITE && recorder.marked))
		add((struct op){.kind = OP_SYNCED, .offset = number}, NULL);
	pthread_mutex_unlock(&recorder.lock);
}

VISIBLE ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	struct iovec part = {(void *)(uintptr_t)bytes, len};
	bool recorded = begin_write(fd, &part, 1, (uint64_t)offset);
	ssize_t wrote = syscall(SYS_pwrite64, fd, bytes, len, offset);
	if (recorded)
		end_write(fd, wrote);
	return wrote;
}

ssize_t plain_pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	return pwrite(fd, bytes, len, offset);
}

VISIBLE ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
	bool recorded = begin_write(fd, parts, count, (uint64_t)offset);
	ssize_t wrote = syscall(SYS_pwritev, fd, parts, (long)count, (long)offset, 0L);
	if (recorded)
		end_write(fd, wrote);
	return wrote;
}

ssize_t plain_pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
	return pwritev(fd, parts, count, offset);
}

static off_t place_of(int fd)
{
	off_t place = recorder.recording ? lseek(fd, 0, SEEK_CUR) : -1;
	return place < 0 ? 0 : place;
}

VISIBLE ssize_t write(int fd, const void *bytes, size_t len)
{
	struct iovec part = {(void *)(uintptr_t)bytes, len};
	bool recorded = recorder.recording && begin_write(fd, &part, 1, (uint64_t)place_of(fd));
	ssize_t wrote = syscall(SYS_write, fd, bytes, len);
	if (recorded)
		end_write(fd, wrote);
	return wrote;
}

VISIBLE ssize_t writev(int fd, const struct iovec *parts, int count)
{
	bool recorded = recorder.recording && begin_write(fd, parts, count, (uint64_t)place_of(fd));
	ssize_t wrote = syscall(SYS_writev, fd, parts, (long)count);
	if (recorded)
		end_write(fd, wrote);
	return wrote;
}

/* ---- lengths, syncs, names ------------------------------------------------------------------------------------ */

static void change_length(int fd, uint64_t length, bool grows)
{
	pthread_mutex_lock(&recorder.lock);
	if (is_data(fd))
		add((struct op){.kind = OP_LENGTH, .offset = length, .grows = grows}, NULL);
	pthread_mutex_unlock(&recorder.lock);
}

VISIBLE int ftruncate(int fd, off_t length)
{
	change_length(fd, (uint64_t)length, false);
	return (int)syscall(SYS_ftruncate, fd, length);
}

int plain_ftruncate(int fd, off_t length)
{
	return ftruncate(fd, length);
}

VISIBLE int fallocate(int fd, int mode, off_t offset, off_t len)
{
	if (mode == 0)
		change_length(fd, (uint64_t)(offset + len), true);
	else if (recorder.recording)
		unexpected("fallocate with a mode");
	return (int)syscall(SYS_fallocate, fd, mode, offset, len);
}

int plain_fallocate(int fd, int mode, off_t offset, off_t len)
{
	return fallocate(fd, mode, offset, len);
}

static int sync_file(int fd)
{
	/* What a file in memory or a fast disk does is not looked at: that it was asked for is what counts. */
	pthread_mutex_lock(&recorder.lock);
	if (is_data(fd) && !(recorder.lie == LIE_NO_SYNC && recorder.marked))
		add((struct op){.kind = OP_SYNC}, NULL);
	else
		names_synced(fd);
	pthread_mutex_unlock(&recorder.lock);
	return 0;
}

VISIBLE int fdatasync(int fd)
{
	return sync_file(fd);
}

VISIBLE int fsync(int fd)
{
	return sync_file(fd);
}

VISIBLE int msync(void *address, size_t len, int flags)
{
	if (recorder.recording)
		unexpected("msync: is the file written through its map?");
	return (int)syscall(SYS_msync, address, len, flags);
}

static void gets_name(const char *path)
{
	pthread_mutex_lock(&recorder.lock);
	if (recorder.recording && is_data_path(path) && strcmp(strrchr(path, '/'), "/data.mdb") == 0)
		add((struct op){.kind = OP_NAMED}, NULL);
	pthread_mutex_unlock(&recorder.lock);
}

VISIBLE int mkdir(const char *path, mode_t mode)
{
	int made = (int)syscall(SYS_mkdir, path, mode);
	pthread_mutex_lock(&recorder.lock);
	for (int i = 0; recorder.recording && made == 0 && i < MADE_MAX; i++) {
		if (!*recorder.made[i]) {
			snprintf(recorder.made[i], sizeof(recorder.made[i]), "%s", path);
			break;
		}
	}
	pthread_mutex_unlock(&recorder.lock);
	return made;
}

VISIBLE int rename(const char *from, const char *to)
{
	gets_name(to);
	return (int)syscall(SYS_rename, from, to);
}

VISIBLE int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	gets_name(to);
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

VISIBLE int link(const char *from, const char *to)
{
	gets_name(to);
	return (int)syscall(SYS_link, from, to);
}
