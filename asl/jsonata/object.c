/* Objects: members in the order they were put in, found by hash once there are many. */
#include "asl/jsonata/tree.h"

#define INDEXED_MIN 9 /* members from which on there is an index */

uint32_t sw_jn_hash(const char *key, size_t len)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)key[i]) * 16777619u;
	return hash;
}

/* Place of a member; count: there is none. */
static uint32_t find(const struct sw_jn_object *object, const char *key, size_t len, uint32_t hash)
{
	if (object->slots_count) {
		uint32_t mask = object->slots_count - 1;
		for (uint32_t at = hash & mask; object->slots[at]; at = (at + 1) & mask) {
			const struct sw_jn_member *member = &object->members[object->slots[at] - 1];
			if (member->hash == hash && member->key_len == len && !memcmp(member->key, key, len))
				return object->slots[at] - 1;
		}
		return object->count;
	}
	for (uint32_t i = 0; i < object->count; i++) {
		const struct sw_jn_member *member = &object->members[i];
		if (member->hash == hash && member->key_len == len && !memcmp(member->key, key, len))
			return i;
	}
	return object->count;
}

struct sw_jn_value sw_jn_object_get(struct sw_jn_value object, const char *key, size_t len)
{
	if (object.form == SW_JN_JSON)
		return sw_jn_from_json(json_object_getn(object.json, key, len));
	uint32_t at = find(object.object, key, len, sw_jn_hash(key, len));
	return at < object.object->count ? object.object->members[at].value : SW_JN_UNDEFINED_VALUE;
}

uint32_t sw_jn_object_count(struct sw_jn_value object)
{
	return object.form == SW_JN_JSON ? (uint32_t)json_object_size(object.json) : object.object->count;
}

static bool next_json(const json_t *tree, struct sw_jn_walk *at)
{
	/* jansson's walk changes nothing, though its type says so. */
	json_t *object = (json_t *)tree;
	at->iterator = at->index++ ? json_object_iter_next(object, at->iterator) : json_object_iter(object);
	if (!at->iterator)
		return false;
	at->key = json_object_iter_key(at->iterator);
	at->key_len = (uint32_t)json_object_iter_key_len(at->iterator);
	at->value = sw_jn_from_json(json_object_iter_value(at->iterator));
	return true;
}

bool sw_jn_object_next(struct sw_jn_value object, struct sw_jn_walk *at)
{
	if (object.form == SW_JN_JSON)
		return next_json(object.json, at);
	if (at->index >= object.object->count)
		return false;
	const struct sw_jn_member *member = &object.object->members[at->index++];
	at->key = member->key;
	at->key_len = member->key_len;
	at->value = member->value;
	return true;
}

struct sw_jn_object *sw_jn_object_new(struct sw_jn_run *run, uint32_t capacity)
{
	struct sw_jn_object *object = sw_jn_alloc(run, sizeof(*object));
	if (!object || !capacity)
		return object;
	object->members = sw_jn_alloc(run, capacity * sizeof(*object->members));
	object->capacity = capacity;
	return object->members ? object : NULL;
}

static void index_all(struct sw_jn_object *object)
{
	uint32_t mask = object->slots_count - 1;
	memset(object->slots, 0, object->slots_count * sizeof(*object->slots));
	for (uint32_t i = 0; i < object->count; i++) {
		uint32_t at = object->members[i].hash & mask;
		while (object->slots[at])
			at = (at + 1) & mask;
		object->slots[at] = i + 1;
	}
}

/* Room for one more member, in the index, too. */
static enum sw_result grow(struct sw_jn_run *run, struct sw_jn_object *object)
{
	if (object->count == object->capacity) {
		uint32_t capacity = object->capacity ? object->capacity * 2 : 4;
		struct sw_jn_member *members = sw_jn_alloc(run, (size_t)capacity * sizeof(*members));
		if (!members)
			return run->failed;
		if (object->count)
			memcpy(members, object->members, object->count * sizeof(*members));
		object->members = members;
		object->capacity = capacity;
	}
	if (object->count + 1 < INDEXED_MIN || (object->count + 1) * 2 <= object->slots_count)
		return SW_OK;
	uint32_t slots_count = 32;
	while (slots_count < object->capacity * 2)
		slots_count *= 2;
	object->slots = sw_jn_alloc(run, (size_t)slots_count * sizeof(*object->slots));
	if (!object->slots)
		return run->failed;
	object->slots_count = slots_count;
	index_all(object);
	return SW_OK;
}

enum sw_result sw_jn_object_put(struct sw_jn_run *run, struct sw_jn_object *object, const char *key,
				size_t len, struct sw_jn_value value)
{
	uint32_t hash = sw_jn_hash(key, len), at;
	if (value.kind == SW_JN_UNDEFINED)
		return SW_OK;
	at = find(object, key, len, hash);
	if (at < object->count) {
		object->members[at].value = value;
		return SW_OK;
	}
	if (grow(run, object) < 0)
		return run->failed;
	object->members[object->count++] =
		(struct sw_jn_member){.key = key, .key_len = (uint32_t)len, .hash = hash, .value = value};
	if (object->slots_count) {
		uint32_t mask = object->slots_count - 1, slot = hash & mask;
		while (object->slots[slot])
			slot = (slot + 1) & mask;
		object->slots[slot] = object->count;
	}
	return SW_OK;
}

void sw_jn_object_remove(struct sw_jn_object *object, const char *key, size_t len)
{
	uint32_t at = find(object, key, len, sw_jn_hash(key, len));
	if (at == object->count)
		return;
	memmove(&object->members[at], &object->members[at + 1],
		(object->count - at - 1) * sizeof(*object->members));
	object->count--;
	if (object->slots_count)
		index_all(object);
}
