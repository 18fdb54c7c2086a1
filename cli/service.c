/* The supervisor's protocols: see service.h. */
#include "cli/service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FIRST_PASSED_FD 3 /* SD_LISTEN_FDS_START */

void service_notify(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[512];
	va_list args;
	size_t len = path ? strlen(path) : 0;
	/* A path, or '@' and a name of Linux's abstract namespace. */
	if (len < 2 || (*path != '/' && *path != '@') || len >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, len);
	if (*path == '@')
		address.sun_path[0] = '\0';
	va_start(args, format);
	int written = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	/* Whoever does not listen is not waited for. */
	if (written > 0)
		(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

/* A whole decimal number; -1: it is none. */
static long long number_of(const char *text)
{
	char *end;
	if (!text || !*text)
		return -1;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	return errno || *end || number < 0 ? -1 : number;
}

uint64_t service_watchdog_us(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	long long us = number_of(getenv("WATCHDOG_USEC"));
	if (pid && number_of(pid) != getpid())
		return 0; /* another process's */
	return us > 0 ? (uint64_t)us : 0;
}

uint64_t service_now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int service_sockets(int *fds, int max)
{
	long long count = number_of(getenv("LISTEN_FDS"));
	bool ours = number_of(getenv("LISTEN_PID")) == getpid();
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	if (!ours || count <= 0)
		return 0;
	if (count > max)
		return -1;
	for (int i = 0; i < (int)count; i++) {
		fds[i] = FIRST_PASSED_FD + i;
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
	}
	return (int)count;
}
