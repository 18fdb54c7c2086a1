/*
 * Files that hold secrets: the credentials file, the key of TLS. They are read only when nobody else can read
 * them. Private to server/.
 */
#ifndef SW_SERVER_PRIVATE_FILE_H
#define SW_SERVER_PRIVATE_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads a regular file of at most bytes_max bytes. With secret, it must belong to this user, who alone may read
 * and write it, or to root, who may let a group read it; else SW_EINVAL with the remedy. SW_EIO, SW_ENOMEM; all texts
 * name what ("the credentials file") and the path. *ret_text is new, followed by a NUL: sw_private_file_free.
 */
enum sw_result sw_private_file_read(const char *path, const char *what, bool secret, size_t bytes_max,
				    char **ret_text, size_t *ret_len, struct sw_error *err);
/* Wipes and frees. NULL allowed. */
void sw_private_file_free(char *text, size_t len);

#endif
