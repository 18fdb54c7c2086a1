/*
 * A store in memory, for tests and simulation. A table is a treap (a search tree that is a heap of random
 * priorities, here the hashes of the keys) whose nodes are counted and never changed while anybody else can
 * reach them: a commit copies the path to what it changes, a snapshot holds the trees as they were.
 */
#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

struct record {
	atomic_size_t refs;
	size_t key_len, value_len;
	char bytes[]; /* key, value */
};

struct node {
	atomic_size_t refs;
	uint64_t priority;
	struct node *left, *right;
	struct record *record;
};

/* What one commit left behind: a tree for each table. */
struct version {
	atomic_size_t refs;
	uint64_t bytes; /* keys and values of all tables */
	struct node *roots[];
};

struct memory_store {
	struct sw_store base;
	unsigned tables_count;
	uint64_t seed;
	pthread_mutex_t lock; /* guards what follows */
	struct version *latest;
	struct sw_store_stats stats;
};

struct memory_snapshot {
	struct sw_snapshot base;
	struct version *version;
};

struct memory_scan {
	struct sw_scan base;
	const struct node *root;
	const struct record *at; /* what sw_scan_next gives next; NULL at the end */
	bool backwards;
};

static struct sw_slice record_key(const struct record *record)
{
	return sw_slice(record->bytes, record->key_len);
}

static struct sw_slice record_value(const struct record *record)
{
	return sw_slice(record->bytes + record->key_len, record->value_len);
}

/* True when the last reference is gone. */
static bool refs_drop(atomic_size_t *refs)
{
	return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

static void refs_add(atomic_size_t *refs)
{
	atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);
}

static void record_unref(struct record *record)
{
	if (record && refs_drop(&record->refs))
		sw_free(record);
}

static struct record *record_new(struct sw_slice key, struct sw_slice value)
{
	struct record *record = sw_alloc(sizeof(*record) + key.len + value.len);
	if (!record)
		return NULL;
	atomic_init(&record->refs, 1);
	record->key_len = key.len;
	record->value_len = value.len;
	memcpy(record->bytes, key.data, key.len);
	if (value.len)
		memcpy(record->bytes + key.len, value.data, value.len);
	return record;
}

static struct node *node_ref(struct node *node)
{
	if (node)
		refs_add(&node->refs);
	return node;
}

/* Recursion is as deep as the tree: a small multiple of log n, as nobody knows the seed of the priorities. */
static void node_unref(struct node *node)
{
	if (!node || !refs_drop(&node->refs))
		return;
	node_unref(node->left);
	node_unref(node->right);
	record_unref(node->record);
	sw_free(node);
}

static struct version *version_new(unsigned tables_count)
{
	struct version *version = sw_zalloc(sizeof(*version) + tables_count * sizeof(struct node *));
	if (version)
		atomic_init(&version->refs, 1);
	return version;
}

static void version_unref(struct version *version, unsigned tables_count)
{
	if (!version || !refs_drop(&version->refs))
		return;
	for (unsigned table = 0; table < tables_count; table++)
		node_unref(version->roots[table]);
	sw_free(version);
}

/* ---- changing trees ------------------------------------------------------------------------------- */

/*
 * One commit at work. The functions below take trees and give trees. When memory runs out they set failed and
 * give back a tree that may lack records but can be freed: the commit throws it away.
 */
struct edit {
	struct version *version;
	bool failed;
};

/* Gives the node itself where this commit alone can reach it, or else a copy. NULL: failed, node is as
 * before. */
static struct node *node_mine(struct edit *edit, struct node *node)
{
	if (atomic_load_explicit(&node->refs, memory_order_acquire) == 1)
		return node;
	struct node *copy = sw_alloc(sizeof(*copy));
	if (!copy) {
		edit->failed = true;
		return NULL;
	}
	atomic_init(&copy->refs, 1);
	copy->priority = node->priority;
	copy->left = node_ref(node->left);
	copy->right = node_ref(node->right);
	copy->record = node->record;
	refs_add(&copy->record->refs);
	node_unref(node);
	return copy;
}

/* Takes record. */
static struct node *node_new(struct edit *edit, uint64_t priority, struct record *record)
{
	struct node *node = sw_alloc(sizeof(*node));
	if (!node) {
		edit->failed = true;
		record_unref(record);
		return NULL;
	}
	atomic_init(&node->refs, 1);
	node->priority = priority;
	node->left = NULL;
	node->right = NULL;
	node->record = record;
	return node;
}

/* Takes record; it replaces the one with its key. */
static struct node *tree_put(struct edit *edit, struct node *tree, uint64_t priority, struct record *record)
{
	if (!tree)
		return node_new(edit, priority, record);
	struct node *node = node_mine(edit, tree);
	if (!node) {
		record_unref(record);
		return tree;
	}
	int order = sw_slice_compare(record_key(record), record_key(node->record));
	if (order == 0) {
		edit->version->bytes -= node->record->value_len + node->record->key_len;
		record_unref(node->record);
		node->record = record;
		return node;
	}
	struct node **side = order < 0 ? &node->left : &node->right;
	*side = tree_put(edit, *side, priority, record);
	struct node *child = *side;
	if (edit->failed || child->priority <= node->priority)
		return node;
	/* The child rises above the node: it is ours, as it is on the path. */
	if (order < 0) {
		node->left = child->right;
		child->right = node;
	} else {
		node->right = child->left;
		child->left = node;
	}
	return child;
}

/* Every key of low is below every key of high. */
static struct node *tree_join(struct edit *edit, struct node *low, struct node *high)
{
	if (!low)
		return high;
	if (!high)
		return low;
	struct node *upper = low->priority >= high->priority ? low : high;
	struct node *other = upper == low ? high : low;
	struct node *node = node_mine(edit, upper);
	if (!node) {
		node_unref(other);
		return upper;
	}
	if (upper == low)
		node->right = tree_join(edit, node->right, high);
	else
		node->left = tree_join(edit, low, node->left);
	return node;
}

/* The key must be there. */
static struct node *tree_delete(struct edit *edit, struct node *tree, struct sw_slice key)
{
	SW_ASSERT(tree);
	struct node *node = node_mine(edit, tree);
	if (!node)
		return tree;
	int order = sw_slice_compare(key, record_key(node->record));
	if (order < 0) {
		node->left = tree_delete(edit, node->left, key);
		return node;
	}
	if (order > 0) {
		node->right = tree_delete(edit, node->right, key);
		return node;
	}
	edit->version->bytes -= node->record->key_len + node->record->value_len;
	struct node *low = node->left, *high = node->right;
	node->left = NULL;
	node->right = NULL;
	node_unref(node);
	return tree_join(edit, low, high);
}

/* ---- looking things up ------------------------------------------------------------------------------ */

/* The nearest record at key or beyond it, in the direction of the search; `strictly` leaves key itself out.
 */
static const struct record *tree_find(const struct node *tree, struct sw_slice key, bool backwards,
				      bool strictly)
{
	const struct record *best = NULL;
	while (tree) {
		int order = sw_slice_compare(record_key(tree->record), key);
		if (order == 0 && !strictly)
			return tree->record;
		if (backwards ? order < 0 : order > 0) {
			best = tree->record;
			tree = backwards ? tree->right : tree->left;
		} else {
			tree = backwards ? tree->left : tree->right;
		}
	}
	return best;
}

static const struct record *tree_end(const struct node *tree, bool backwards)
{
	const struct record *record = NULL;
	for (; tree; tree = backwards ? tree->right : tree->left)
		record = tree->record;
	return record;
}

static bool begins_with(struct sw_slice key, struct sw_slice prefix)
{
	return key.len >= prefix.len && (prefix.len == 0 || memcmp(key.data, prefix.data, prefix.len) == 0);
}

/* ---- the back end ------------------------------------------------------------------------------------- */

static void edit_put(struct memory_store *store, struct edit *edit, struct node **root, struct sw_slice key,
		     struct sw_slice value)
{
	struct record *record = record_new(key, value);
	if (!record) {
		edit->failed = true;
		return;
	}
	edit->version->bytes += key.len + value.len;
	*root = tree_put(edit, *root, sw_hash64(key.data, key.len, store->seed), record);
}

static void edit_delete_prefix(struct edit *edit, struct node **root, struct sw_slice prefix)
{
	while (!edit->failed) {
		const struct record *record =
			prefix.len ? tree_find(*root, prefix, false, false) : tree_end(*root, false);
		if (!record || !begins_with(record_key(record), prefix))
			break;
		*root = tree_delete(edit, *root, record_key(record));
	}
}

static enum sw_result edit_apply(struct memory_store *store, struct edit *edit, const struct sw_batch *batch)
{
	enum sw_batch_op op;
	unsigned table;
	struct sw_slice key, value;
	for (size_t at = 0; !edit->failed && sw_batch_each(batch, &at, &op, &table, &key, &value);) {
		if (table >= store->tables_count)
			return SW_EINVAL;
		struct node **root = &edit->version->roots[table];
		switch (op) {
		case SW_BATCH_PUT:
		case SW_BATCH_APPEND:
			edit_put(store, edit, root, key, value);
			break;
		case SW_BATCH_DELETE: {
			const struct record *record = tree_find(*root, key, false, false);
			if (record && sw_slice_compare(record_key(record), key) == 0)
				*root = tree_delete(edit, *root, key);
			break;
		}
		case SW_BATCH_DELETE_PREFIX:
			edit_delete_prefix(edit, root, key);
			break;
		}
	}
	return edit->failed ? SW_ENOMEM : SW_OK;
}

static enum sw_result memory_commit(struct sw_store *base, const struct sw_batch *batch, struct sw_error *err)
{
	struct memory_store *store = (struct memory_store *)base;
	struct edit edit = {version_new(store->tables_count), false};
	if (!edit.version)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	/* Only commits change `latest`, and there is one at a time: reading it needs no lock. */
	struct version *old = store->latest;
	edit.version->bytes = old->bytes;
	for (unsigned table = 0; table < store->tables_count; table++)
		edit.version->roots[table] = node_ref(old->roots[table]);
	enum sw_result r = edit_apply(store, &edit, batch);
	if (r < 0) {
		version_unref(edit.version, store->tables_count);
		return sw_error_set(err, r, "%s",
				    r == SW_EINVAL ? "the batch names a table that the store does not have"
						   : sw_result_text(r));
	}
	pthread_mutex_lock(&store->lock);
	store->latest = edit.version;
	if (sw_batch_count(batch)) {
		store->stats.commits++;
		store->stats.syncs++;
		store->stats.bytes_written += sw_batch_bytes(batch);
	}
	pthread_mutex_unlock(&store->lock);
	version_unref(old, store->tables_count);
	return SW_OK;
}

static enum sw_result memory_begin(struct sw_store *base, struct sw_snapshot **ret_snapshot,
				   struct sw_error *err)
{
	struct memory_store *store = (struct memory_store *)base;
	struct memory_snapshot *snapshot = sw_zalloc(sizeof(*snapshot));
	if (!snapshot)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	snapshot->base.store = base;
	pthread_mutex_lock(&store->lock);
	snapshot->version = store->latest;
	refs_add(&snapshot->version->refs);
	pthread_mutex_unlock(&store->lock);
	*ret_snapshot = &snapshot->base;
	return SW_OK;
}

static void memory_end(struct sw_snapshot *base)
{
	struct memory_snapshot *snapshot = (struct memory_snapshot *)base;
	version_unref(snapshot->version, ((struct memory_store *)base->store)->tables_count);
	sw_free(snapshot);
}

static enum sw_result memory_get(struct sw_snapshot *base, unsigned table, struct sw_slice key,
				 struct sw_slice *ret_value)
{
	if (table >= ((struct memory_store *)base->store)->tables_count)
		return SW_EINVAL;
	const struct node *root = ((struct memory_snapshot *)base)->version->roots[table];
	const struct record *record = tree_find(root, key, false, false);
	if (!record || sw_slice_compare(record_key(record), key) != 0)
		return SW_ENOENT;
	*ret_value = record_value(record);
	return SW_OK;
}

static enum sw_result memory_scan_new(struct sw_snapshot *base, unsigned table, struct sw_slice from,
				      bool backwards, struct sw_scan **ret_scan)
{
	if (table >= ((struct memory_store *)base->store)->tables_count)
		return SW_EINVAL;
	struct memory_scan *scan = sw_zalloc(sizeof(*scan));
	if (!scan)
		return SW_ENOMEM;
	scan->base.snapshot = base;
	scan->root = ((struct memory_snapshot *)base)->version->roots[table];
	scan->backwards = backwards;
	scan->at = from.len ? tree_find(scan->root, from, backwards, false) : tree_end(scan->root, backwards);
	*ret_scan = &scan->base;
	return SW_OK;
}

static enum sw_result memory_scan_next(struct sw_scan *base, struct sw_slice *ret_key,
				       struct sw_slice *ret_value)
{
	struct memory_scan *scan = (struct memory_scan *)base;
	if (!scan->at)
		return SW_ENOENT;
	*ret_key = record_key(scan->at);
	*ret_value = record_value(scan->at);
	scan->at = tree_find(scan->root, *ret_key, scan->backwards, true);
	return SW_OK;
}

static void memory_scan_free(struct sw_scan *base)
{
	sw_free(base);
}

static void memory_stats(struct sw_store *base, struct sw_store_stats *ret_stats)
{
	struct memory_store *store = (struct memory_store *)base;
	pthread_mutex_lock(&store->lock);
	*ret_stats = store->stats;
	ret_stats->data_bytes = store->latest->bytes;
	pthread_mutex_unlock(&store->lock);
}

static void memory_close(struct sw_store *base)
{
	struct memory_store *store = (struct memory_store *)base;
	version_unref(store->latest, store->tables_count);
	pthread_mutex_destroy(&store->lock);
	sw_free(store);
}

static const struct sw_store_ops memory_ops = {
	.commit = memory_commit,
	.begin = memory_begin,
	.end = memory_end,
	.get = memory_get,
	.scan_new = memory_scan_new,
	.scan_next = memory_scan_next,
	.scan_free = memory_scan_free,
	.stats = memory_stats,
	.close = memory_close,
};

enum sw_result sw_store_open_memory(const struct sw_store_options *options, struct sw_store **ret_store,
				    struct sw_error *err)
{
	struct memory_store *store = sw_zalloc(sizeof(*store));
	if (!store)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	store->base.ops = &memory_ops;
	store->tables_count = options->tables_count;
	/* benign: without entropy the place in memory is the seed; no result depends on it */
	if (sw_entropy(&store->seed, sizeof(store->seed)) < 0)
		store->seed = (uint64_t)(uintptr_t)store;
	store->latest = version_new(store->tables_count);
	if (!store->latest || pthread_mutex_init(&store->lock, NULL) != 0) {
		sw_free(store->latest);
		sw_free(store);
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	}
	*ret_store = &store->base;
	return SW_OK;
}
