/* The functions that AWS Step Functions adds: $partition, $range, $hash, $random with a seed, $uuid, $parse. */
#include "asl/jsonata/builtins.h"

#include "asl/digest.h"
#include "asl/java_random.h"
#include "asl/value.h"

#include <math.h>

/* Every argument must be there and of its kind; numbers are finite. */
static enum sw_result require(struct sw_jn_call *call, const struct sw_jn_value *args, const char *kinds)
{
	for (unsigned i = 0; kinds[i]; i++) {
		enum sw_jn_kind kind = kinds[i] == 'a'   ? SW_JN_ARRAY
				       : kinds[i] == 's' ? SW_JN_STRING
							 : SW_JN_NUMBER;
		if (args[i].kind != kind || (kind == SW_JN_NUMBER && !isfinite(args[i].number)))
			return sw_jn_fail_index(call->run, "T0410", args[i], i + 1);
	}
	return SW_OK;
}

/* AWS tells its own mistakes with the code of $error (measured). */
static enum sw_result fail_in_words(struct sw_jn_run *run, const char *words)
{
	return sw_jn_fail_text(run, "D3137", words, strlen(words));
}

/* Where an integer is wanted AWS cuts other numbers towards zero: $range(-1.7, 2, 1) begins with -1 (measured). */
enum sw_result sw_jn_fn_partition(struct sw_jn_call *call, const struct sw_jn_value *args,
				  struct sw_jn_value *ret_value)
{
	struct sw_jn_run *run = call->run;
	enum sw_result result = require(call, args, "an");
	if (result)
		return result;
	double size = trunc(args[1].number);
	if (size < 0)
		return fail_in_words(run, "Second argument must be zero or greater");
	if (size < 1)
		return sw_jn_fail(run, "D3143", args[1]);
	uint32_t len = args[0].len, step = size < len ? (uint32_t)size : len;
	uint32_t count = len ? (len - 1) / step + 1 : 0;
	result = sw_jn_steps(run, len);
	struct sw_jn_value *parts = result ? NULL : sw_jn_alloc(run, ((size_t)count + len) * sizeof(*parts));
	if (!parts)
		return result ? result : run->failed;
	struct sw_jn_value *items = parts + count;
	for (uint32_t i = 0; i < len; i++)
		items[i] = sw_jn_array_at(args[0], i);
	for (uint32_t i = 0; i < count; i++)
		parts[i] = sw_jn_array(items + (size_t)i * step, i + 1 < count ? step : len - i * step, 0);
	*ret_value = sw_jn_array(parts, count, 0);
	return SW_OK;
}

/* One item comes out as itself, not as an array of one: recorded in aws-range/recorded-2. */
enum sw_result sw_jn_fn_range(struct sw_jn_call *call, const struct sw_jn_value *args,
			      struct sw_jn_value *ret_value)
{
	struct sw_jn_run *run = call->run;
	enum sw_result result = require(call, args, "nnn");
	if (result)
		return result;
	double first = trunc(args[0].number), last = trunc(args[1].number), step = trunc(args[2].number);
	if (step == 0)
		return sw_jn_fail(run, "D3144", args[2]);
	double count = floor((last - first) / step) + 1;
	if (count < 1)
		count = 0;
	/* The bound of the .. operator. */
	if (count > 1e7)
		return sw_jn_fail(run, "D2014", sw_jn_number(count));
	result = sw_jn_steps(run, (uint64_t)count);
	struct sw_jn_value *items = result ? NULL : sw_jn_alloc(run, (size_t)count * sizeof(*items));
	if (!items)
		return result ? result : run->failed;
	for (uint32_t i = 0; i < (uint32_t)count; i++)
		items[i] = sw_jn_number(first + i * step);
	*ret_value = sw_jn_array(items, (size_t)count, SW_JN_SEQUENCE);
	return SW_OK;
}

enum sw_result sw_jn_fn_hash(struct sw_jn_call *call, const struct sw_jn_value *args,
			     struct sw_jn_value *ret_value)
{
	struct sw_jn_run *run = call->run;
	char algorithm[16];
	enum sw_result result = require(call, args, "ss");
	if (result)
		return result;
	size_t len = args[1].len < sizeof(algorithm) ? args[1].len : 0;
	memcpy(algorithm, args[1].text, len);
	algorithm[len] = '\0';
	sw_buf_reset(&run->scratch);
	result = sw_digest(algorithm, args[0].text, args[0].len, &run->scratch);
	if (result == SW_EINVAL)
		return fail_in_words(run,
				     "The second argument of the hash function must be MD5, SHA-1, SHA-256, "
				     "SHA-384 or SHA-512");
	return result ? result : sw_jn_scratch_value(run, ret_value);
}

/* Towards zero; beyond its range what is nearest, as Java casts. */
static int64_t to_long(struct sw_jn_value value)
{
	int64_t exact;
	if (sw_jn_exact(value, &exact))
		return exact;
	if (value.number >= 0x1p63)
		return INT64_MAX;
	return value.number < -0x1p63 ? INT64_MIN : (int64_t)value.number;
}

enum sw_result sw_jn_fn_random_seeded(struct sw_jn_call *call, const struct sw_jn_value *args,
				      struct sw_jn_value *ret_value)
{
	if (args[0].kind == SW_JN_UNDEFINED)
		return sw_jn_fn_random(call, args, ret_value);
	enum sw_result result = require(call, args, "n");
	if (result)
		return result;
	struct sw_java_random random = sw_java_random((uint64_t)to_long(args[0]));
	*ret_value = sw_jn_number(sw_java_random_double(&random));
	return SW_OK;
}

enum sw_result sw_jn_fn_uuid(struct sw_jn_call *call, const struct sw_jn_value *args,
			     struct sw_jn_value *ret_value)
{
	char text[37];
	sw_rng_uuid(call->run->rng, text);
	return sw_jn_string_copy(call->run, text, 36, ret_value);
}

/* A parsed tree in memory of the run, which the tree does not outlive. Depth is bounded by the parser. */
static enum sw_result copy_tree(struct sw_jn_run *run, struct sw_jn_value tree, struct sw_jn_value *ret_value)
{
	enum sw_result result = sw_jn_steps(run, 1);
	if (tree.kind == SW_JN_STRING)
		return result ? result : sw_jn_string_copy(run, tree.text, tree.len, ret_value);
	*ret_value = tree;
	if (tree.kind == SW_JN_ARRAY) {
		struct sw_jn_list list = {0};
		if (!result)
			result = sw_jn_list_reserve(run, &list, tree.len);
		for (uint32_t i = 0; !result && i < tree.len; i++) {
			struct sw_jn_value item;
			result = copy_tree(run, sw_jn_array_at(tree, i), &item);
			if (!result)
				result = sw_jn_list_push(run, &list, item);
		}
		*ret_value = sw_jn_list_array(&list, 0);
	} else if (tree.kind == SW_JN_OBJECT) {
		struct sw_jn_object *object = sw_jn_object_new(run, sw_jn_object_count(tree));
		struct sw_jn_walk at = {0};
		if (!object)
			return run->failed;
		while (!result && sw_jn_object_next(tree, &at)) {
			struct sw_jn_value key, value;
			result = sw_jn_string_copy(run, at.key, at.key_len, &key);
			if (!result)
				result = copy_tree(run, at.value, &value);
			if (!result)
				result = sw_jn_object_put(run, object, key.text, key.len, value);
		}
		*ret_value = sw_jn_object(object);
	}
	return result;
}

enum sw_result sw_jn_fn_parse(struct sw_jn_call *call, const struct sw_jn_value *args,
			      struct sw_jn_value *ret_value)
{
	struct sw_jn_run *run = call->run;
	struct sw_error err = {0}, words = {0};
	json_t *tree;
	enum sw_result result = require(call, args, "s");
	if (result)
		return result;
	/* A key that is given twice is refused there, too. */
	result = sw_json_parse(args[0].text, args[0].len, SW_JSON_REJECT_DUPLICATES, &tree, &err);
	if (result == SW_ENOMEM)
		return result;
	if (result) {
		sw_error_set(&words, result, "Invalid JSON: %s", err.text);
		return fail_in_words(run, words.text);
	}
	result = copy_tree(run, sw_jn_from_json(tree), ret_value);
	json_decref(tree);
	return result;
}
