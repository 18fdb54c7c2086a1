/*
 * The process of stepwell-helper: started with posix_spawn, never forked (the host may be large, and may have
 * threads).
 *
 * The started process makes the helper proper and ends at once, so that the helper is nobody's child here: a
 * host that waits for all of its children does not wait for ours, and one whose loop takes every child's
 * status (libev's default loop) cannot take the helper's. What is left is one zombie, some milliseconds after
 * the start. It is taken by pidfd, which names that process and no other even if the host reaped it first and
 * its number was used again; the loop says when, so nothing blocks.
 */
#include "base/mem.h"
#include "engine/tasks/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STARTER_WAIT_MS 1000
#define HIGH_FD 10 /* above the numbers that the helper expects its descriptors at */

enum sw_result sw_helper_lock(const struct sw_commands_provider *provider, int *ret_fd, struct sw_error *err)
{
	*ret_fd = -1;
	if (!provider->lock_directory)
		return SW_OK;
	char *path = sw_asprintf("%s/HELPER.LOCK", provider->lock_directory);
	if (!path)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum sw_result r = SW_OK;
	if (fd < 0)
		r = sw_error_set(err, SW_EIO, "%s: %s", path, strerrordesc_np(errno));
	else if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		r = errno == EWOULDBLOCK
			    ? SW_EBUSY
			    : sw_error_set(err, SW_EIO, "%s: flock: %s", path, strerrordesc_np(errno));
	sw_free(path);
	if (r < 0 && fd >= 0)
		close(fd);
	if (r == SW_OK)
		*ret_fd = fd;
	return r;
}

void sw_helper_starter_reap(struct sw_commands_provider *provider, bool wait)
{
	siginfo_t info;
	if (provider->starter.fd < 0)
		return;
	if (wait) {
		struct pollfd ended = {provider->starter.fd, POLLIN, 0};
		poll(&ended, 1, STARTER_WAIT_MS);
	}
	info.si_pid = 0;
	/* ECHILD: the host was faster. */
	if (waitid(P_PIDFD, (id_t)provider->starter.fd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0 &&
	    !wait)
		return;
	provider->loop->ops->watch(provider->loop->data, &provider->starter, 0);
	close(provider->starter.fd);
	provider->starter.fd = -1;
}

static void starter_ready(struct sw_watch *watch, unsigned interest)
{
	sw_helper_starter_reap(watch->user, false);
}

static void watch_starter(struct sw_commands_provider *provider, pid_t pid)
{
	provider->starter = (struct sw_watch){
		.fd = (int)syscall(SYS_pidfd_open, pid, 0), .ready = starter_ready, .user = provider};
	/* Without either it stays until the host reaps it, or ends: benign. */
	if (provider->starter.fd >= 0 &&
	    provider->loop->ops->watch(provider->loop->data, &provider->starter, SW_READABLE) < 0)
		sw_helper_starter_reap(provider, true);
}

/* Nothing of the host reaches the helper: no descriptors, no signal mask, no handlers, no variables. Returns
 * errno. */
static int spawn(const char *path, int socket_fd, int lock_fd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	char name[] = "stepwell-helper", lock[] = "--lock";
	char *argv[] = {name, lock_fd >= 0 ? lock : NULL, NULL}, *env[] = {NULL};
	int error = posix_spawn_file_actions_init(&actions);
	if (error)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error) {
		posix_spawn_file_actions_destroy(&actions);
		return error;
	}
	sigemptyset(&none);
	sigfillset(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	for (int fd = 0; fd < 3 && !error; fd++)
		error = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, socket_fd, SW_HELPER_SOCKET_FD);
	if (!error && lock_fd >= 0)
		error = posix_spawn_file_actions_adddup2(&actions, lock_fd, SW_HELPER_LOCK_FD);
	if (!error)
		error = posix_spawn_file_actions_addclosefrom_np(&actions,
								 SW_HELPER_SOCKET_FD + 1 + (lock_fd >= 0));
	if (!error)
		error = posix_spawn(ret_pid, path, &actions, &attributes, argv, env);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* fd under a number that the helper's own do not meet; closes fd. -1 on failure. */
static int move_high(int fd)
{
	int high = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD) : -1;
	if (fd >= 0)
		close(fd);
	return high;
}

enum sw_result sw_helper_start(struct sw_commands_provider *provider, struct sw_error *err)
{
	int lock_fd, sockets[2];
	pid_t pid;
	if (provider->channel.fd >= 0)
		return SW_OK;
	sw_helper_starter_reap(provider, true);
	enum sw_result r = sw_helper_lock(provider, &lock_fd, err);
	if (r < 0)
		return r;
	bool locked = lock_fd >= 0;
	lock_fd = move_high(lock_fd);
	if ((locked && lock_fd < 0) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) != 0) {
		r = sw_error_set(err, SW_EIO, "no socket for stepwell-helper: %s", strerrordesc_np(errno));
		if (lock_fd >= 0)
			close(lock_fd);
		return r;
	}
	int theirs = move_high(sockets[1]);
	int error = theirs < 0 ? EMFILE : spawn(provider->helper_path, theirs, lock_fd, &pid);
	/* The lock is the helper's from here on: it belongs to the open file, not to the process. */
	if (lock_fd >= 0)
		close(lock_fd);
	if (theirs >= 0)
		close(theirs);
	if (error) {
		close(sockets[0]);
		return sw_error_set(err, SW_EIO, "cannot start %s: %s", provider->helper_path,
				    strerrordesc_np(error));
	}
	watch_starter(provider, pid);
	sw_channel_init(&provider->channel, sockets[0]);
	provider->greeted = false;
	return SW_OK;
}
