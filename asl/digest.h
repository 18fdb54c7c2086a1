/* Digests by name, for the hash functions of both query languages. Private to asl/. */
#ifndef SW_ASL_DIGEST_H
#define SW_ASL_DIGEST_H

#include "base/buf.h"

/* Appends the lower-case hex digest. MD5, SHA-1, SHA-256, SHA-384, SHA-512; SW_EINVAL for another name;
 * SW_ENOMEM. */
enum sw_result sw_digest(const char *algorithm, const void *data, size_t len, struct sw_buf *out);

#endif
