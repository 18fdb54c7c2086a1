/* The table of built-in functions: names and signatures of the reference implementation, and AWS's additions. */
#include "asl/jsonata/builtins.h"

#include <stdlib.h>

/* In the order of strcmp; the two functions named random exist in one dialect each. */
static const struct sw_jn_builtin table[] = {
	{"abs", "<n-:n>", sw_jn_fn_abs, 1, false, false},
	{"append", "<xx:a>", sw_jn_fn_append, 2, false, false},
	{"assert", "<bs?:x>", sw_jn_fn_assert, 2, false, false},
	{"average", "<a<n>:n>", sw_jn_fn_average, 1, false, false},
	{"base64decode", "<s-:s>", sw_jn_fn_base64decode, 1, false, false},
	{"base64encode", "<s-:s>", sw_jn_fn_base64encode, 1, false, false},
	{"boolean", "<x-:b>", sw_jn_fn_boolean, 1, false, false},
	{"ceil", "<n-:n>", sw_jn_fn_ceil, 1, false, false},
	{"clone", "<(oa)-:o>", sw_jn_fn_clone, 1, false, false},
	{"contains", "<s-(sf):b>", sw_jn_fn_contains, 2, false, false},
	{"count", "<a:n>", sw_jn_fn_count, 1, false, false},
	{"decodeUrl", "<s-:s>", sw_jn_fn_decode_url, 1, false, false},
	{"decodeUrlComponent", "<s-:s>", sw_jn_fn_decode_url_component, 1, false, false},
	{"distinct", "<x:x>", sw_jn_fn_distinct, 1, false, false},
	{"each", "<o-f:a>", sw_jn_fn_each, 2, false, false},
	{"encodeUrl", "<s-:s>", sw_jn_fn_encode_url, 1, false, false},
	{"encodeUrlComponent", "<s-:s>", sw_jn_fn_encode_url_component, 1, false, false},
	{"error", "<s?:x>", sw_jn_fn_error, 1, false, false},
	{"exists", "<x:b>", sw_jn_fn_exists, 1, false, false},
	{"filter", "<af>", sw_jn_fn_filter, 2, false, false},
	{"floor", "<n-:n>", sw_jn_fn_floor, 1, false, false},
	{"formatBase", "<n-n?:s>", sw_jn_fn_format_base, 2, false, false},
	{"formatInteger", "<n-s:s>", sw_jn_fn_format_integer, 2, false, false},
	{"formatNumber", "<n-so?:s>", sw_jn_fn_format_number, 3, false, false},
	{"fromMillis", "<n-s?s?:s>", sw_jn_fn_from_millis, 3, false, false},
	{"hash", "<ss:s>", sw_jn_fn_hash, 2, true, false},
	{"join", "<a<s>s?:s>", sw_jn_fn_join, 2, false, false},
	{"keys", "<x-:a<s>>", sw_jn_fn_keys, 1, false, false},
	{"length", "<s-:n>", sw_jn_fn_length, 1, false, false},
	{"lookup", "<x-s:x>", sw_jn_fn_lookup, 2, false, false},
	{"lowercase", "<s-:s>", sw_jn_fn_lowercase, 1, false, false},
	{"map", "<af>", sw_jn_fn_map, 2, false, false},
	{"match", "<s-f<s:o>n?:a<o>>", sw_jn_fn_match, 3, false, false},
	{"max", "<a<n>:n>", sw_jn_fn_max, 1, false, false},
	{"merge", "<a<o>:o>", sw_jn_fn_merge, 1, false, false},
	{"millis", "<:n>", sw_jn_fn_millis, 0, false, false},
	{"min", "<a<n>:n>", sw_jn_fn_min, 1, false, false},
	{"not", "<x-:b>", sw_jn_fn_not, 1, false, false},
	{"now", "<s?s?:s>", sw_jn_fn_now, 2, false, false},
	{"number", "<(nsb)-:n>", sw_jn_fn_number, 1, false, false},
	{"pad", "<s-ns?:s>", sw_jn_fn_pad, 3, false, false},
	{"parse", "<s:x>", sw_jn_fn_parse, 1, true, false},
	{"parseInteger", "<s-s:n>", sw_jn_fn_parse_integer, 2, false, false},
	{"partition", "<an:a>", sw_jn_fn_partition, 2, true, false},
	{"power", "<n-n:n>", sw_jn_fn_power, 2, false, false},
	{"random", "<:n>", sw_jn_fn_random, 0, false, true},
	{"random", "<n?:n>", sw_jn_fn_random_seeded, 1, true, false},
	{"range", "<nnn:a>", sw_jn_fn_range, 3, true, false},
	{"reduce", "<afj?:j>", sw_jn_fn_reduce, 3, false, false},
	{"replace", "<s-(sf)(sf)n?:s>", sw_jn_fn_replace, 4, false, false},
	{"reverse", "<a:a>", sw_jn_fn_reverse, 1, false, false},
	{"round", "<n-n?:n>", sw_jn_fn_round, 2, false, false},
	{"shuffle", "<a:a>", sw_jn_fn_shuffle, 1, false, false},
	{"sift", "<o-f?:o>", sw_jn_fn_sift, 2, false, false},
	{"single", "<af?>", sw_jn_fn_single, 2, false, false},
	{"sort", "<af?:a>", sw_jn_fn_sort, 2, false, false},
	{"split", "<s-(sf)n?:a<s>>", sw_jn_fn_split, 3, false, false},
	{"spread", "<x-:a<o>>", sw_jn_fn_spread, 1, false, false},
	{"sqrt", "<n-:n>", sw_jn_fn_sqrt, 1, false, false},
	{"string", "<x-b?:s>", sw_jn_fn_string, 1, false, false},
	{"substring", "<s-nn?:s>", sw_jn_fn_substring, 3, false, false},
	{"substringAfter", "<s-s:s>", sw_jn_fn_substring_after, 2, false, false},
	{"substringBefore", "<s-s:s>", sw_jn_fn_substring_before, 2, false, false},
	{"sum", "<a<n>:n>", sw_jn_fn_sum, 1, false, false},
	{"toMillis", "<s-s?:n>", sw_jn_fn_to_millis, 2, false, false},
	{"trim", "<s-:s>", sw_jn_fn_trim, 1, false, false},
	{"type", "<x:s>", sw_jn_fn_type, 1, false, false},
	{"uppercase", "<s-:s>", sw_jn_fn_uppercase, 1, false, false},
	{"uuid", "<:s>", sw_jn_fn_uuid, 0, true, false},
	{"zip", "<a+>", sw_jn_fn_zip, 0, false, false},
};

static int compare(const char *name, size_t len, const struct sw_jn_builtin *row)
{
	size_t row_len = strlen(row->name);
	int order = memcmp(name, row->name, len < row_len ? len : row_len);
	return order ? order : (len > row_len) - (len < row_len);
}

const struct sw_jn_builtin *sw_jn_builtin_find(const char *name, size_t len, unsigned flags)
{
	bool steps = flags & SW_JSONATA_STEP_FUNCTIONS;
	size_t low = 0, high = sizeof(table) / sizeof(table[0]);
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (compare(name, len, &table[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < sizeof(table) / sizeof(table[0]) && !compare(name, len, &table[low]); low++) {
		if (steps ? !table[low].no_step_functions : !table[low].step_functions)
			return &table[low];
	}
	return NULL;
}
