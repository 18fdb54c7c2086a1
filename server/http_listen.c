/* Listening sockets: TCP on loopback addresses, and the Unix socket of the data directory. */
#include "server/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_NAME "stepwell.sock"
#define BACKLOG 1024

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* ---- TCP ---- */

static bool parse_port(const char *text, in_port_t *ret_port)
{
	unsigned port = 0;
	if (!*text || strlen(text) > 5)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		port = port * 10 + (unsigned)(*text - '0');
	}
	*ret_port = htons((uint16_t)port);
	return port <= 65535;
}

/* HOST:PORT without name resolution. */
static bool parse_address(const char *text, union address *ret_address, socklen_t *ret_len)
{
	char host[64];
	const char *colon = strrchr(text, ':');
	union address address = {0};
	in_port_t port;
	if (!colon || !parse_port(colon + 1, &port))
		return false;
	size_t len = (size_t)(colon - text);
	bool v6 = len > 2 && text[0] == '[' && text[len - 1] == ']';
	if (v6) {
		text++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (v6) {
		address.v6.sin6_family = AF_INET6;
		address.v6.sin6_port = port;
		if (inet_pton(AF_INET6, host, &address.v6.sin6_addr) != 1)
			return false;
	} else {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = port;
		if (inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host,
			      &address.v4.sin_addr) != 1)
			return false;
	}
	*ret_address = address;
	*ret_len = v6 ? sizeof(address.v6) : sizeof(address.v4);
	return true;
}

static bool is_loopback(const union address *address)
{
	if (address->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
	return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
}

static enum sw_result bind_tcp(int fd, union address *address, socklen_t len)
{
	int one = 1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0)
		return SW_EIO;
	if (address->any.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) != 0)
		return SW_EIO;
	if (bind(fd, &address->any, len) != 0 || listen(fd, BACKLOG) != 0)
		return SW_EIO;
	return getsockname(fd, &address->any, &len) == 0 ? SW_OK : SW_EIO;
}

enum sw_result sw_listen_tcp(const char *text, bool everywhere, int *ret_fd, unsigned *ret_port,
			     bool *ret_loopback, struct sw_error *err)
{
	union address address;
	socklen_t len;
	if (!parse_address(text, &address, &len))
		return sw_error_set(
			err, SW_EINVAL,
			"cannot listen on %.200s: expected an address and a port, such as 127.0.0.1:8083 or "
			"[::1]:8083",
			text);
	*ret_loopback = is_loopback(&address);
	if (!everywhere && !*ret_loopback)
		return sw_error_set(
			err, SW_EINVAL,
			"will not listen on %.200s: without credentials (--credentials FILE) requests are "
			"not "
			"authenticated, so only loopback addresses (127.0.0.1, [::1]) are allowed",
			text);
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind_tcp(fd, &address, len) != SW_OK) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		return sw_error_set(err, SW_EIO, "cannot listen on %.200s: %s", text, strerror(error));
	}
	*ret_fd = fd;
	*ret_port = ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
	return SW_OK;
}

enum sw_result sw_listen_check(int fd, bool everywhere, bool *ret_tcp, unsigned *ret_port, bool *ret_loopback,
			       struct sw_error *err)
{
	union {
		union address in;
		struct sockaddr_storage any;
	} address = {0};
	socklen_t len = sizeof(address);
	int listens = 0, flags = fcntl(fd, F_GETFL);
	socklen_t listens_len = sizeof(listens);
	if (flags < 0 || getsockname(fd, &address.in.any, &len) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_len) != 0 || !listens)
		return sw_error_set(err, SW_EINVAL, "descriptor %d is no listening socket", fd);
	int family = address.in.any.sa_family;
	if (family != AF_UNIX && family != AF_INET && family != AF_INET6)
		return sw_error_set(err, SW_EINVAL, "descriptor %d listens on neither TCP nor a Unix socket",
				    fd);
	*ret_tcp = family != AF_UNIX;
	*ret_loopback = family == AF_UNIX || is_loopback(&address.in);
	if (!everywhere && !*ret_loopback)
		return sw_error_set(
			err, SW_EINVAL,
			"will not listen on descriptor %d: without credentials (--credentials FILE) "
			"only loopback addresses (127.0.0.1, [::1]) and Unix sockets are allowed",
			fd);
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return sw_error_set(err, SW_EIO, "descriptor %d: %s", fd, strerror(errno));
	*ret_port = family == AF_INET    ? ntohs(address.in.v4.sin_port)
		    : family == AF_INET6 ? ntohs(address.in.v6.sin6_port)
					 : 0;
	return SW_OK;
}

/* ---- the Unix socket ---- */

/* The caller owns the directory (its LOCK), so a socket that is there is stale. Anything else is left alone.
 */
static void remove_stale(int directory_fd)
{
	struct stat there;
	if (fstatat(directory_fd, SOCKET_NAME, &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(there.st_mode))
		unlinkat(directory_fd, SOCKET_NAME, 0);
}

/* Through the descriptor of the directory: a path of a socket is at most 107 bytes long. */
static int bind_unix(int fd, int directory_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" SOCKET_NAME, directory_fd);
	/* The mode of the descriptor becomes that of the file, so that it is never open to others. */
	if (fchmod(fd, 0600) != 0)
		return -1;
	return bind(fd, (const struct sockaddr *)&address, sizeof(address));
}

enum sw_result sw_listen_unix(const char *directory, int *ret_fd, int *ret_directory_fd,
			      struct stat *ret_socket, struct sw_error *err)
{
	int fd = -1;
	int directory_fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory_fd < 0)
		return sw_error_set(err, SW_EIO, "cannot open %.200s: %s", directory, strerror(errno));
	remove_stale(directory_fd);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind_unix(fd, directory_fd) != 0 || listen(fd, BACKLOG) != 0 ||
	    fstatat(directory_fd, SOCKET_NAME, ret_socket, AT_SYMLINK_NOFOLLOW) != 0) {
		int error = errno;
		if (fd >= 0)
			close(fd);
		close(directory_fd);
		return sw_error_set(err, SW_EIO, "cannot listen on %.200s/" SOCKET_NAME ": %s", directory,
				    strerror(error));
	}
	*ret_fd = fd;
	*ret_directory_fd = directory_fd;
	return SW_OK;
}

void sw_listen_unix_done(int directory_fd, const struct stat *socket)
{
	struct stat there;
	if (directory_fd < 0)
		return;
	if (fstatat(directory_fd, SOCKET_NAME, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    there.st_dev == socket->st_dev && there.st_ino == socket->st_ino)
		unlinkat(directory_fd, SOCKET_NAME, 0);
	close(directory_fd);
}
