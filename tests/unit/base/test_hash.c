/* Digests against published values; the table hash by its spread. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void sha256_gives_the_published_digests(void **state)
{
	uint8_t digest[SW_SHA256_BYTES];
	char text[2 * SW_SHA256_BYTES + 1];
	assert_int_equal(sw_sha256("abc", 3, digest), SW_OK);
	sw_hex(digest, sizeof(digest), text);
	assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(sw_sha256(NULL, 0, digest), SW_OK);
	sw_hex(digest, sizeof(digest), text);
	assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void a_digester_gives_the_same_digest_each_time(void **state)
{
	uint8_t digest[SW_SHA256_BYTES], expected[SW_SHA256_BYTES];
	struct sw_digester *digester;
	assert_int_equal(sw_digester_new(&digester), SW_OK);
	assert_int_equal(sw_sha256("abc", 3, expected), SW_OK);
	for (int i = 0; i < 3; i++) {
		sw_digester_add(digester, "a", 1);
		sw_digester_add(digester, NULL, 0);
		sw_digester_add(digester, "bc", 2);
		assert_int_equal(sw_digester_end(digester, digest), SW_OK);
		assert_memory_equal(digest, expected, sizeof(digest));
	}
	sw_digester_free(digester);
	sw_digester_free(NULL);
}

static void crc32_gives_the_published_check_value(void **state)
{
	assert_int_equal(sw_crc32("123456789", 9), 0xCBF43926);
	assert_int_equal(sw_crc32(NULL, 0), 0);
}

static void hex_is_lower_case_and_ends_with_a_nul(void **state)
{
	char text[7] = "zzzzzz";
	sw_hex("\x00\xff\x1a", 3, text);
	assert_string_equal(text, "00ff1a");
	sw_hex("", 0, text);
	assert_string_equal(text, "");
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static void hash64_tells_lengths_and_contents_apart(void **state)
{
	/* every length of zeros, and every single bit set, under one seed: all different */
	static const uint8_t zeros[64];
	uint64_t seen[65 + 64 * 8];
	size_t count = 0;
	for (size_t len = 0; len <= 64; len++)
		seen[count++] = sw_hash64(len ? zeros : NULL, len, 42);
	for (size_t bit = 0; bit < 64 * 8; bit++) {
		uint8_t bytes[64] = {0};
		bytes[bit / 8] = (uint8_t)(1u << bit % 8);
		seen[count++] = sw_hash64(bytes, sizeof(bytes), 42);
	}
	qsort(seen, count, sizeof(*seen), compare_numbers);
	for (size_t i = 1; i < count; i++)
		assert_true(seen[i] != seen[i - 1]);
}

static void hash64_depends_on_the_seed_and_on_nothing_else(void **state)
{
	char bytes[33] = "0123456789abcdef0123456789abcdef";
	for (size_t len = 0; len <= 32; len++) {
		char copy[40] = "";
		memcpy(copy + 3, bytes, len); /* another alignment */
		assert_true(sw_hash64(bytes, len, 7) == sw_hash64(copy + 3, len, 7));
		assert_true(sw_hash64(bytes, len, 7) != sw_hash64(bytes, len, 8));
	}
}

static void hash64_spreads_counting_keys_over_few_buckets(void **state)
{
	unsigned buckets[256] = {0};
	for (uint64_t key = 0; key < 65536; key++)
		buckets[sw_hash64(&key, sizeof(key), 1) & 255]++;
	for (size_t i = 0; i < 256; i++)
		assert_in_range(buckets[i], 150, 370); /* 256 expected, standard deviation 16 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_published_digests),
		cmocka_unit_test(a_digester_gives_the_same_digest_each_time),
		cmocka_unit_test(crc32_gives_the_published_check_value),
		cmocka_unit_test(hex_is_lower_case_and_ends_with_a_nul),
		cmocka_unit_test(hash64_tells_lengths_and_contents_apart),
		cmocka_unit_test(hash64_depends_on_the_seed_and_on_nothing_else),
		cmocka_unit_test(hash64_spreads_counting_keys_over_few_buckets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
