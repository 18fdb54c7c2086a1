/* Digests, checksums and the hash of tables in memory: see hash.h. */
#include "base/hash.h"
#include "base/mem.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

enum sw_result sw_sha256(const void *data, size_t len, uint8_t ret_digest[SW_SHA256_BYTES])
{
	unsigned digest_len = 0;
	if (!EVP_Digest(data ? data : "", len, ret_digest, &digest_len, EVP_sha256(), NULL))
		return SW_ENOMEM;
	return digest_len == SW_SHA256_BYTES ? SW_OK : SW_EIO;
}

struct sw_digester {
	EVP_MD_CTX *context;
	bool failed;
};

static void begin(struct sw_digester *digester, const EVP_MD *type)
{
	digester->failed = !EVP_DigestInit_ex(digester->context, type, NULL);
}

enum sw_result sw_digester_new(struct sw_digester **ret_digester)
{
	struct sw_digester *digester = sw_zalloc(sizeof(*digester));
	if (!digester)
		return SW_ENOMEM;
	digester->context = EVP_MD_CTX_new();
	if (digester->context)
		begin(digester, EVP_sha256());
	if (!digester->context || digester->failed) {
		sw_digester_free(digester);
		return SW_ENOMEM;
	}
	*ret_digester = digester;
	return SW_OK;
}

void sw_digester_free(struct sw_digester *digester)
{
	if (!digester)
		return;
	EVP_MD_CTX_free(digester->context);
	sw_free(digester);
}

void sw_digester_add(struct sw_digester *digester, const void *data, size_t len)
{
	if (len && !EVP_DigestUpdate(digester->context, data, len))
		digester->failed = true;
}

enum sw_result sw_digester_end(struct sw_digester *digester, uint8_t ret_digest[SW_SHA256_BYTES])
{
	unsigned digest_len = 0;
	bool good = !digester->failed && EVP_DigestFinal_ex(digester->context, ret_digest, &digest_len);
	begin(digester, NULL); /* the same type again */
	return good && digest_len == SW_SHA256_BYTES ? SW_OK : SW_ENOMEM;
}

void sw_hex(const void *data, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * len] = '\0';
}

uint32_t sw_crc32(const void *data, size_t len)
{
	/* crc32_z of no bytes with a NULL pointer would give the initial value too, but by another path. */
	return len ? (uint32_t)crc32_z(0, data, len) : 0;
}

/*
 * Each 16 bytes go through one 64 x 64 -> 128 bit product whose halves are folded together; the seed is in
 * both factors of the first product and the running state in every later one, so that without the seed nobody
 * can choose keys that meet. The constants are the fractional parts of the square roots of 2, 3, 5 and 7,
 * made odd.
 */
#define ROOT2 0x6A09E667F3BCC909u
#define ROOT3 0xBB67AE8584CAA73Bu
#define ROOT5 0x3C6EF372FE94F82Bu
#define ROOT7 0xA54FF53A5F1D36F1u

static uint64_t fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load8(const uint8_t *bytes)
{
	uint64_t number;
	memcpy(&number, bytes, sizeof(number));
	return number;
}

static uint64_t load4(const uint8_t *bytes)
{
	uint32_t number;
	memcpy(&number, bytes, sizeof(number));
	return number;
}

uint64_t sw_hash64(const void *data, size_t len, uint64_t seed)
{
	const uint8_t *at = data;
	uint64_t state = fold(seed ^ ROOT2, seed + ROOT3) ^ seed;
	size_t left = len;
	for (; left > 16; at += 16, left -= 16)
		state = fold(load8(at) ^ ROOT5 ^ state, load8(at + 8) ^ ROOT7 ^ (state << 32 | state >> 32)) +
			ROOT2;
	/* The last 16 bytes or fewer, in loads that may overlap: the length, which is in the end, tells them apart. */
	uint64_t low = 0, high = 0;
	if (left >= 8) {
		low = load8(at);
		high = load8(at + left - 8);
	} else if (left >= 4) {
		low = load4(at);
		high = load4(at + left - 4);
	} else if (left > 0) {
		low = (uint64_t)at[0] << 16 | (uint64_t)at[left / 2] << 8 | at[left - 1];
	}
	state = fold(low ^ ROOT5 ^ state, high ^ ROOT7 ^ (state << 32 | state >> 32));
	return fold(state ^ ROOT3, (uint64_t)len ^ seed ^ ROOT2);
}
