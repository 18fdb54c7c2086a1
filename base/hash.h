/* Digests by libcrypto, checksums by zlib, and a fast hash for tables in memory. */
#ifndef SW_BASE_HASH_H
#define SW_BASE_HASH_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define SW_SHA256_BYTES 32
enum sw_result sw_sha256(const void *data, size_t len, uint8_t ret_digest[SW_SHA256_BYTES]);
/* The same for who makes many: what libcrypto looks up for each digest is kept. Of one thread. */
struct sw_digester;
enum sw_result sw_digester_new(struct sw_digester **ret_digester);
void sw_digester_free(struct sw_digester *digester); /* NULL allowed */
void sw_digester_add(struct sw_digester *digester, const void *data, size_t len);
/* Of what was added; begins anew. SW_ENOMEM, also for what could not be added. */
enum sw_result sw_digester_end(struct sw_digester *digester, uint8_t ret_digest[SW_SHA256_BYTES]);
/* Lower-case hex of len bytes with a NUL: text holds 2 * len + 1. */
void sw_hex(const void *data, size_t len, char *text);
/* CRC-32 of the bytes (zlib), for records on disk. */
uint32_t sw_crc32(const void *data, size_t len);
/* Hash for tables in memory, keyed by a seed (hostile keys); not stable across versions, never on disk. */
uint64_t sw_hash64(const void *data, size_t len, uint64_t seed);

#endif
