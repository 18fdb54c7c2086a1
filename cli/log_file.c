/*
 * The execution log's file. The loop adds lines to one buffer while a thread writes the other; they change places
 * under a lock that is never held while something is written. A pipe that nobody reads holds up the thread alone.
 */
#include "cli/log.h"

#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WAITING_BYTES_MAX (8u << 20)
#define POLL_MS 200
#define FAREWELL_ROUNDS 15 /* of POLL_MS, for a pipe that nobody reads */
#define FILE_MODE 0640

struct lines {
	char *data;
	size_t len, capacity;
	uint32_t count;
};

struct log_file {
	char *path; /* "-": standard output */
	const struct sw_log *log;
	int fd;      /* the thread's */
	bool stream; /* a pipe, socket or terminal: may have to be waited for */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* below: under the lock */
	struct lines waiting;
	bool reopen, quit;
	uint64_t written, lost, errors;
};

/* ---- in the thread ---- */

static int open_path(const char *path)
{
	if (!strcmp(path, "-"))
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, FILE_MODE);
}

static bool is_stream(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);
}

/* A new file of the same name; when it cannot be opened the old one stays. */
static void open_again(struct log_file *file)
{
	int fd = open_path(file->path);
	if (fd < 0) {
		SW_LOG(file->log, SW_LOG_ERROR, "%s: %s; the execution log goes on in the old file",
		       file->path, strerrordesc_np(errno));
		return;
	}
	close(file->fd);
	file->fd = fd;
	file->stream = is_stream(fd);
	SW_LOG(file->log, SW_LOG_INFO, "the execution log was opened again");
}

static bool quits(struct log_file *file)
{
	pthread_mutex_lock(&file->lock);
	bool quit = file->quit;
	pthread_mutex_unlock(&file->lock);
	return quit;
}

/* Waits until a stream takes something. False: it does not, and the program ends. */
static bool wait_writable(struct log_file *file, unsigned *rounds)
{
	struct pollfd poll_fd = {.fd = file->fd, .events = POLLOUT};
	while (poll(&poll_fd, 1, POLL_MS) == 0) {
		if (quits(file) && ++*rounds >= FAREWELL_ROUNDS)
			return false;
	}
	return true;
}

/* 0, or errno. */
static int write_lines(struct log_file *file, const struct lines *lines)
{
	unsigned rounds = 0;
	size_t at = 0;
	while (at < lines->len) {
		size_t len = lines->len - at;
		if (file->stream) {
			if (!wait_writable(file, &rounds))
				return EAGAIN;
			len = len < PIPE_BUF ? len : PIPE_BUF; /* so much fits when something fits */
		}
		ssize_t n = write(file->fd, lines->data + at, len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* The first failure is logged, all are counted. */
static void note(struct log_file *file, const struct lines *lines, int error)
{
	pthread_mutex_lock(&file->lock);
	bool first = error && file->errors == 0;
	file->written += error ? 0 : lines->count;
	file->lost += error ? lines->count : 0;
	file->errors += error != 0;
	pthread_mutex_unlock(&file->lock);
	if (first)
		SW_LOG(file->log, SW_LOG_ERROR,
		       "%s: %s: lines of the execution log are lost; stepwell_execution_log_dropped_total "
		       "counts them",
		       file->path, strerrordesc_np(error));
}

static void *write_all(void *user)
{
	struct log_file *file = user;
	struct lines lines = {0};
	bool quit = false;
	while (!quit || lines.len) {
		pthread_mutex_lock(&file->lock);
		while (!file->waiting.len && !file->reopen && !file->quit)
			pthread_cond_wait(&file->changed, &file->lock);
		struct lines full = file->waiting;
		file->waiting = (struct lines){.data = lines.data, .capacity = lines.capacity};
		lines = full;
		bool reopen = file->reopen;
		file->reopen = false;
		quit = file->quit;
		pthread_mutex_unlock(&file->lock);
		if (reopen)
			open_again(file);
		if (lines.len)
			note(file, &lines, write_lines(file, &lines));
		lines.len = lines.count = 0;
	}
	free(lines.data);
	return NULL;
}

/* ---- in the loop ---- */

static int start(struct log_file *file)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the loop's */
	int error = pthread_create(&file->thread, NULL, write_all, file);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static void file_free(struct log_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	pthread_cond_destroy(&file->changed);
	pthread_mutex_destroy(&file->lock);
	free(file->waiting.data);
	free(file->path);
	free(file);
}

struct log_file *log_file_open(const char *path, const struct sw_log *log)
{
	struct log_file *file = calloc(1, sizeof(*file));
	if (!file)
		goto out_of_memory;
	pthread_mutex_init(&file->lock, NULL);
	pthread_cond_init(&file->changed, NULL);
	file->log = log;
	file->fd = open_path(path);
	file->path = strdup(path);
	if (!file->path)
		goto out_of_memory;
	int error = file->fd < 0 ? errno : 0;
	if (!error) {
		file->stream = is_stream(file->fd);
		error = start(file);
	}
	if (!error)
		return file;
	complain(EXIT_USAGE, "--execution-log %s: %s", path, strerror(error));
	file_free(file);
	return NULL;
out_of_memory:
	if (file)
		file_free(file);
	complain(EXIT_STORE, "out of memory");
	return NULL;
}

void log_file_write(void *user, const char *data, size_t len, uint32_t lines_count)
{
	struct log_file *file = user;
	pthread_mutex_lock(&file->lock);
	struct lines *waiting = &file->waiting;
	bool fits = waiting->len + len <= WAITING_BYTES_MAX;
	if (fits && waiting->len + len > waiting->capacity) {
		size_t capacity = 2 * (waiting->len + len) + 4096;
		char *grown = realloc(waiting->data, capacity);
		fits = grown != NULL;
		if (grown) {
			waiting->data = grown;
			waiting->capacity = capacity;
		}
	}
	if (fits) {
		memcpy(waiting->data + waiting->len, data, len);
		waiting->len += len;
		waiting->count += lines_count;
		pthread_cond_signal(&file->changed);
	} else {
		file->lost += lines_count;
	}
	pthread_mutex_unlock(&file->lock);
}

void log_file_reopen(struct log_file *file)
{
	pthread_mutex_lock(&file->lock);
	file->reopen = true;
	pthread_cond_signal(&file->changed);
	pthread_mutex_unlock(&file->lock);
}

void log_file_close(struct log_file *file)
{
	if (!file)
		return;
	pthread_mutex_lock(&file->lock);
	file->quit = true;
	pthread_cond_signal(&file->changed);
	pthread_mutex_unlock(&file->lock);
	pthread_join(file->thread, NULL);
	file_free(file);
}

void log_file_metrics(struct log_file *file, char *text, size_t bytes)
{
	pthread_mutex_lock(&file->lock);
	uint64_t written = file->written, lost = file->lost, errors = file->errors;
	size_t waiting = file->waiting.len;
	pthread_mutex_unlock(&file->lock);
	snprintf(text, bytes,
		 "# HELP stepwell_execution_log_written_total Lines of the execution log that were written.\n"
		 "# TYPE stepwell_execution_log_written_total counter\n"
		 "stepwell_execution_log_written_total %" PRIu64 "\n"
		 "# HELP stepwell_execution_log_dropped_total Lines that could not be written or came too "
		 "fast.\n"
		 "# TYPE stepwell_execution_log_dropped_total counter\n"
		 "stepwell_execution_log_dropped_total %" PRIu64 "\n"
		 "# HELP stepwell_execution_log_errors_total Writes of the execution log that failed.\n"
		 "# TYPE stepwell_execution_log_errors_total counter\n"
		 "stepwell_execution_log_errors_total %" PRIu64 "\n"
		 "# HELP stepwell_execution_log_waiting_bytes Bytes that wait to be written.\n"
		 "# TYPE stepwell_execution_log_waiting_bytes gauge\n"
		 "stepwell_execution_log_waiting_bytes %zu\n",
		 written, lost, errors, waiting);
}
