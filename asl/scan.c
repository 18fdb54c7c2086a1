#include "asl/scan.h"
#include "asl/json_scan.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

/* A key of an object that is being read: its hash, and where it stands. */
struct seen_key {
	uint64_t hash;
	size_t offset, raw_len;
};

struct scan {
	const char *text, *end;
	struct seen_key *seen; /* keys of all open objects, innermost last */
	size_t seen_count, seen_capacity;
	struct sw_buf key; /* a key with its escapes resolved */
	uint64_t seed;
	sw_scan_duplicate_fn *duplicate;
	void *user;
};

static const char *skip_space(const struct scan *s, const char *at)
{
	while (at < s->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
		at++;
	return at;
}

/* Behind the string whose opening quote is at `at`. */
static const char *skip_string(const struct scan *s, const char *at)
{
	for (at++; at < s->end && *at != '"'; at++) {
		if (*at == '\\')
			at++;
	}
	return at < s->end ? at + 1 : s->end;
}

static int compare_seen(const void *a, const void *b)
{
	const struct seen_key *x = a, *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static enum sw_result remember(struct scan *s, uint64_t hash, size_t offset, size_t raw_len)
{
	if (s->seen_count == s->seen_capacity) {
		size_t capacity = s->seen_capacity ? s->seen_capacity * 2 : 64;
		struct seen_key *grown = sw_realloc_array(s->seen, capacity, sizeof(*grown));
		if (!grown)
			return SW_ENOMEM;
		s->seen = grown;
		s->seen_capacity = capacity;
	}
	s->seen[s->seen_count++] = (struct seen_key){hash, offset, raw_len};
	return SW_OK;
}

/* The keys of one object, from `first`: reports the repetitions and forgets them all. */
static enum sw_result report_repetitions(struct scan *s, size_t first, const struct sw_scan_frame *up)
{
	size_t count = s->seen_count - first;
	enum sw_result r = SW_OK;
	if (count > 1)
		qsort(s->seen + first, count, sizeof(*s->seen), compare_seen);
	for (size_t i = first + 1; i < s->seen_count && r == SW_OK; i++) {
		const struct seen_key *key = &s->seen[i];
		if (key->hash != key[-1].hash)
			continue;
		struct sw_scan_frame at = {up, s->text + key->offset + 1, key->raw_len, 0};
		r = s->duplicate(s->user, &at, key->offset);
	}
	s->seen_count = first;
	return r;
}

static struct sw_spot *child_of(struct sw_spot *spot, const char *key, size_t index)
{
	struct sw_spot *child = spot ? spot->children : NULL;
	while (child &&
	       (key ? !child->key || strcmp(child->key, key) != 0 : child->key || child->index != index))
		child = child->next;
	return child;
}

static enum sw_result scan_value(struct scan *s, const char **ret_at, struct sw_spot *spot,
				 const struct sw_scan_frame *frame);

/* "key": value; *ret_at is at the quote, then behind the value. */
static enum sw_result scan_member(struct scan *s, const char **ret_at, struct sw_spot *spot,
				  const struct sw_scan_frame *up)
{
	const char *start = *ret_at, *after = skip_string(s, start);
	size_t offset = (size_t)(start - s->text), raw_len = (size_t)(after - start) - 2;

	sw_buf_reset(&s->key);
	sw_json_unescape((const uint8_t *)start + 1, (const uint8_t *)after - 1, &s->key);
	if (sw_buf_result(&s->key) != SW_OK)
		return SW_ENOMEM;
	const char *key = s->key.data ? s->key.data : "";
	struct sw_spot *child = child_of(spot, key, 0);
	enum sw_result r = remember(s, sw_hash64(key, s->key.len, s->seed), offset, raw_len);
	if (r != SW_OK)
		return r;

	const char *at = skip_space(s, after);
	at = skip_space(s, at + 1); /* the colon */
	if (child) {                /* of keys given twice the last one counts, as in the tree */
		child->has_key = true;
		child->key_offset = offset;
	}
	struct sw_scan_frame frame = {up, start + 1, raw_len, 0};
	r = scan_value(s, &at, child, &frame);
	*ret_at = skip_space(s, at);
	return r;
}

static enum sw_result scan_object(struct scan *s, const char **ret_at, struct sw_spot *spot,
				  const struct sw_scan_frame *frame)
{
	const char *at = skip_space(s, *ret_at + 1);
	size_t first = s->seen_count;
	enum sw_result r = SW_OK;

	while (r == SW_OK && at < s->end && *at == '"') {
		r = scan_member(s, &at, spot, frame);
		if (at < s->end && *at == ',')
			at = skip_space(s, at + 1);
	}
	*ret_at = at < s->end ? at + 1 : at;
	return r == SW_OK ? report_repetitions(s, first, frame) : r;
}

static enum sw_result scan_array(struct scan *s, const char **ret_at, struct sw_spot *spot,
				 const struct sw_scan_frame *up)
{
	const char *at = skip_space(s, *ret_at + 1);
	enum sw_result r = SW_OK;

	for (size_t index = 0; r == SW_OK && at < s->end && *at != ']'; index++) {
		struct sw_scan_frame frame = {up, NULL, 0, index};
		r = scan_value(s, &at, child_of(spot, NULL, index), &frame);
		at = skip_space(s, at);
		if (at < s->end && *at == ',')
			at = skip_space(s, at + 1);
	}
	*ret_at = at < s->end ? at + 1 : at;
	return r;
}

/* The depth is bounded by SW_JSON_DEPTH_MAX: the text was parsed. */
static enum sw_result scan_value(struct scan *s, const char **ret_at, struct sw_spot *spot,
				 const struct sw_scan_frame *frame)
{
	const char *at = *ret_at;
	if (spot) {
		spot->found = true;
		spot->value_offset = (size_t)(at - s->text);
	}
	if (at >= s->end)
		return SW_OK;
	if (*at == '{')
		return scan_object(s, ret_at, spot, frame);
	if (*at == '[')
		return scan_array(s, ret_at, spot, frame);
	if (*at == '"') {
		*ret_at = skip_string(s, at);
		return SW_OK;
	}
	while (at < s->end && !strchr(",]} \n\r\t", *at))
		at++;
	*ret_at = at;
	return SW_OK;
}

enum sw_result sw_scan(const char *text, size_t len, struct sw_spot *root, sw_scan_duplicate_fn *duplicate,
		       void *user)
{
	struct scan s = {.text = text, .end = text + len, .duplicate = duplicate, .user = user};
	const char *at = skip_space(&s, text);

	if (sw_entropy(&s.seed, sizeof(s.seed)) != SW_OK)
		s.seed = (uintptr_t)&s;
	enum sw_result r = scan_value(&s, &at, root, NULL);
	sw_free(s.seen);
	sw_buf_done(&s.key);
	return r;
}
