/* Reading files that hold secrets: see private_file.h. */
#include "server/private_file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void sw_private_file_free(char *text, size_t len)
{
	if (text)
		OPENSSL_cleanse(text, len);
	sw_free(text);
}

/*
 * root may let a group read what it owns: so are the keys that Debian's ssl-cert and systemd's LoadCredential hand
 * out (there the group's bits are the mask of an access control list).
 */
static enum sw_result check_mode(const struct stat *file, const char *path, const char *what,
				 struct sw_error *err)
{
	uid_t self = geteuid();
	mode_t refused = file->st_uid == 0 && self != 0 ? 0037 : 0077;
	if (file->st_uid != 0 && file->st_uid != self)
		return sw_error_set(
			err, SW_EINVAL,
			"%s %.200s belongs to another user, who can change it; remedy: chown it to the "
			"user that runs this",
			what, path);
	if (file->st_mode & refused)
		return sw_error_set(
			err, SW_EINVAL,
			"%s %.200s can be read or changed by others (mode %04o); remedy: chmod 600 %.200s",
			what, path, (unsigned)(file->st_mode & 07777), path);
	return SW_OK;
}

/* SW_ELIMIT: longer than bytes_max. */
static enum sw_result read_all(int fd, size_t bytes_max, char *text, size_t *ret_len)
{
	size_t len = 0;
	for (;;) {
		ssize_t n = read(fd, text + len, bytes_max + 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return SW_EIO;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > bytes_max)
			return SW_ELIMIT;
	}
	text[len] = '\0';
	*ret_len = len;
	return SW_OK;
}

static enum sw_result read_open(int fd, const char *path, const char *what, bool secret, size_t bytes_max,
				char **ret_text, size_t *ret_len, struct sw_error *err)
{
	struct stat file;
	if (fstat(fd, &file) != 0)
		return sw_error_set(err, SW_EIO, "%s %.200s: %s", what, path, strerror(errno));
	if (!S_ISREG(file.st_mode))
		return sw_error_set(err, SW_EINVAL, "%s %.200s is not a regular file", what, path);
	enum sw_result r = secret ? check_mode(&file, path, what, err) : SW_OK;
	if (r != SW_OK)
		return r;
	char *text = sw_alloc(bytes_max + 2);
	if (!text)
		return sw_error_set(err, SW_ENOMEM, "out of memory");
	r = read_all(fd, bytes_max, text, ret_len);
	if (r == SW_OK) {
		*ret_text = text;
		return SW_OK;
	}
	int error = errno;
	sw_private_file_free(text, bytes_max + 2);
	if (r == SW_ELIMIT)
		return sw_error_set(err, SW_EINVAL, "%s %.200s is longer than %zu bytes", what, path,
				    bytes_max);
	return sw_error_set(err, SW_EIO, "%s %.200s: %s", what, path, strerror(error));
}

enum sw_result sw_private_file_read(const char *path, const char *what, bool secret, size_t bytes_max,
				    char **ret_text, size_t *ret_len, struct sw_error *err)
{
	/* Not blocking: it may be a pipe that nobody writes to. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return sw_error_set(err, SW_EIO, "cannot open %s %.200s: %s", what, path, strerror(errno));
	enum sw_result r = read_open(fd, path, what, secret, bytes_max, ret_text, ret_len, err);
	close(fd);
	return r;
}
