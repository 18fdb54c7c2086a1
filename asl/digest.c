/* Digests by libcrypto. */
#include "asl/digest.h"

#include "base/hash.h"

#include <openssl/evp.h>
#include <string.h>

enum sw_result sw_digest(const char *algorithm, const void *data, size_t len, struct sw_buf *out)
{
	static const struct {
		const char *name;
		const EVP_MD *(*kind)(void);
	} table[] = {
		{"MD5", EVP_md5},        {"SHA-1", EVP_sha1},     {"SHA-256", EVP_sha256},
		{"SHA-384", EVP_sha384}, {"SHA-512", EVP_sha512},
	};
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned bytes = 0;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].name, algorithm) != 0)
			continue;
		/* Fails when out of memory, or where MD5 is switched off. */
		if (EVP_Digest(data, len, digest, &bytes, table[i].kind(), NULL) != 1)
			return SW_ENOMEM;
		sw_hex(digest, bytes, hex);
		sw_buf_text(out, hex);
		return sw_buf_result(out);
	}
	return SW_EINVAL;
}
