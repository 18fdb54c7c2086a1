/* Opening the LMDB back end: the map, the checks of the files, the tables and the format; see lmdb_store.h.
 */
#include "base/mem.h"
#include "store/lmdb_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_BYTES_MAX ((size_t)1 << 40) /* address space is free */
#define MAP_BYTES_MIN ((size_t)16 << 20)
#define READERS_MAX 1022
#define LOCK_BYTES 69632 /* header and readers, in whole pages */
#define FILE_MODE 0640   /* payloads are nobody else's business; a group may read */
#define META_TABLE "meta"
#define META_FORMAT_KEY "format"

/* ---- the map ---------------------------------------------------------------------------------------- */

static enum sw_result map_resize(struct lmdb_store *store, size_t bytes, struct sw_error *err)
{
	int rc = mdb_env_set_mapsize(store->env, bytes);
	if (rc == 0)
		return SW_OK;
	/* LMDB has let go of the old map before it failed to make the new one. */
	atomic_store(&store->poisoned, true);
	sw_error_set(err, SW_EIO, "%s: the map cannot be made: %s", store->path, mdb_strerror(rc));
	return SW_EIO;
}

/* LMDB unmaps before it maps: make sure beforehand that the larger map has a place. */
static bool map_has_place(const struct lmdb_store *store, size_t bytes)
{
	mdb_filehandle_t fd;
	if (mdb_env_get_fd(store->env, &fd) != 0)
		return false;
	void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return false;
	munmap(map, bytes);
	return true;
}

enum sw_result sw_lmdb_map_double(struct lmdb_store *store, struct sw_error *err)
{
	enum sw_result r;
	pthread_mutex_lock(&store->lock);
	MDB_envinfo info;
	mdb_env_info(store->env, &info);
	if (store->live_count > 0) {
		r = sw_error_set(err, SW_EBUSY, "%s: the map is full and cannot grow under an open snapshot",
				 store->path);
	} else if (info.me_mapsize > SIZE_MAX / 2 || !map_has_place(store, info.me_mapsize * 2)) {
		r = sw_error_set(err, SW_EFULL,
				 "%s: the map is full and there is no address space for a larger one",
				 store->path);
	} else {
		sw_lmdb_drop_idle(store);
		r = map_resize(store, info.me_mapsize * 2, err);
	}
	pthread_mutex_unlock(&store->lock);
	return r;
}

enum sw_result sw_lmdb_map_follow(struct lmdb_store *store, unsigned ours, struct sw_error *err)
{
	enum sw_result r;
	pthread_mutex_lock(&store->lock);
	if (store->live_count > ours) {
		r = sw_error_set(err, SW_EBUSY, "%s: the map has grown and other snapshots are still open",
				 store->path);
	} else {
		sw_lmdb_drop_idle(store);
		r = map_resize(store, 0, err);
	}
	pthread_mutex_unlock(&store->lock);
	return r;
}

/* ---- opening ------------------------------------------------------------------------------------------ */

/* One try with a size of the map. On failure the environment is gone. */
static int env_try(struct lmdb_store *store, const char *path, size_t map_bytes, unsigned flags)
{
	int rc = mdb_env_create(&store->env);
	if (rc != 0) {
		store->env = NULL;
		return rc;
	}
	rc = mdb_env_set_mapsize(store->env, map_bytes);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(store->env, store->tables_count + 2);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(store->env, READERS_MAX);
	if (rc == 0)
		rc = mdb_env_open(store->env, path, flags | MDB_NOTLS, FILE_MODE);
	if (rc != 0) {
		mdb_env_close(store->env);
		store->env = NULL;
	}
	return rc;
}

static int env_open(struct lmdb_store *store, const char *path, unsigned flags)
{
	int rc = ENOMEM;
	/* EINVAL is what valgrind answers where the system says ENOMEM */
	for (size_t bytes = MAP_BYTES_MAX; (rc == ENOMEM || rc == EINVAL) && bytes >= MAP_BYTES_MIN;
	     bytes /= 2) {
		rc = env_try(store, path, bytes, flags);
		if (store->read_only && (rc == EACCES || rc == EROFS) && !(flags & MDB_NOLOCK)) {
			/*
			 * The lock file cannot be written. Without it the writer does not see this reader,
			 * and may use again the pages of a snapshot that is open while two more commits pass.
			 */
			SW_LOG(&store->log, SW_LOG_WARNING, "%s: reading without the lock file", store->path);
			flags |= MDB_NOLOCK;
			rc = env_try(store, path, bytes, flags);
		}
	}
	return rc;
}

/*
 * LMDB makes the lock file sparse and writes it through a map: on a full disk that is a signal that ends the
 * process, at the first use or when one more reader comes. So its blocks are there before LMDB opens it. 0 or
 * ENOSPC.
 */
static int lock_file_reserve(const struct lmdb_store *store)
{
	int fd = open(store->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return errno == ENOSPC || errno == EDQUOT ? errno : 0; /* LMDB will tell what is wrong */
	int rc = fallocate(fd, 0, 0, LOCK_BYTES) != 0 ? errno : 0;
	close(fd);
	return rc == ENOSPC || rc == EDQUOT ? rc : 0;
}

/* LMDB opens the data file twice (the second descriptor syncs the meta pages) and makes neither
 * close-on-exec. */
static void files_close_on_exec(struct lmdb_store *store)
{
	mdb_filehandle_t data_fd;
	struct stat data, other;
	if (mdb_env_get_fd(store->env, &data_fd) != 0 || fstat(data_fd, &data) != 0)
		return;
	fcntl(data_fd, F_SETFD, FD_CLOEXEC);
	DIR *descriptors = opendir("/proc/self/fd");
	if (!descriptors)
		return;
	struct stat lock;
	bool has_lock = stat(store->lock_path, &lock) == 0;
	for (struct dirent *entry; (entry = readdir(descriptors));) {
		int fd = atoi(entry->d_name);
		if (entry->d_name[0] == '.' || fstat(fd, &other) != 0)
			continue;
		if ((other.st_dev == data.st_dev && other.st_ino == data.st_ino) ||
		    (has_lock && other.st_dev == lock.st_dev && other.st_ino == lock.st_ino))
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	closedir(descriptors);
}

/* A truncated file opens, and then kills the process by a signal when a page beyond its end is touched. */
static enum sw_result check_length(struct lmdb_store *store, struct sw_error *err)
{
	MDB_stat stat_;
	mdb_filehandle_t fd;
	struct stat st;
	int rc = mdb_env_stat(store->env, &stat_);
	if (rc != 0)
		return sw_lmdb_error(store, rc, "reading the meta pages", err);
	store->page_bytes = stat_.ms_psize;
	/* The used end first, then the length: another process that owns the store makes both grow. */
	uint64_t used = sw_lmdb_used_bytes(store);
	if (mdb_env_get_fd(store->env, &fd) != 0 || fstat(fd, &st) != 0)
		return sw_lmdb_error(store, errno, "reading the length", err);
	store->file_bytes = (uint64_t)st.st_size;
	store->zeroed_bytes = used;
	if (store->file_bytes >= used)
		return SW_OK;
	return sw_error_set(err, SW_ECORRUPT, "%s: the file is truncated: it has %llu bytes, %llu are in use",
			    store->path, (unsigned long long)store->file_bytes, (unsigned long long)used);
}

/* What an older program must not write any more gets the number of this one. */
static enum sw_result raise_format(struct lmdb_store *store, MDB_txn *txn, MDB_dbi meta, uint32_t format,
				   struct sw_error *err)
{
	MDB_val key = {strlen(META_FORMAT_KEY), (void *)(uintptr_t)META_FORMAT_KEY};
	uint8_t bytes[4] = {(uint8_t)(format >> 24), (uint8_t)(format >> 16), (uint8_t)(format >> 8),
			    (uint8_t)format};
	MDB_val value = {sizeof(bytes), bytes};
	int rc = mdb_put(txn, meta, &key, &value, 0);
	return rc == 0 ? SW_OK : sw_lmdb_error(store, rc, "writing the format", err);
}

/* Reads the number of the format, or writes it into a store that is new. */
static enum sw_result check_format(struct lmdb_store *store, MDB_txn *txn, uint32_t format,
				   struct sw_error *err)
{
	MDB_dbi meta;
	MDB_val key = {strlen(META_FORMAT_KEY), (void *)(uintptr_t)META_FORMAT_KEY}, value;
	int rc = mdb_dbi_open(txn, META_TABLE, 0, &meta);
	if (rc == MDB_NOTFOUND) {
		MDB_dbi main_dbi;
		MDB_stat main_stat = {0};
		rc = mdb_dbi_open(txn, NULL, 0, &main_dbi);
		if (rc == 0)
			rc = mdb_stat(txn, main_dbi, &main_stat);
		if (rc == 0 && main_stat.ms_entries > 0)
			return sw_error_set(err, SW_ECORRUPT, "%s: the file was not made by this program",
					    store->path);
		/* made, and then nothing was written into it: a crash during creation */
		if (rc == 0 && store->read_only)
			return sw_error_set(err, SW_ENOENT, "%s: there is no store", store->path);
		if (rc == 0)
			rc = mdb_dbi_open(txn, META_TABLE, MDB_CREATE, &meta);
		return rc == 0 ? raise_format(store, txn, meta, format, err)
			       : sw_lmdb_error(store, rc, "creating the store", err);
	}
	if (rc == 0)
		rc = mdb_get(txn, meta, &key, &value);
	if (rc == MDB_NOTFOUND || (rc == 0 && value.mv_size != 4))
		return sw_error_set(err, SW_ECORRUPT, "%s: the format record is damaged", store->path);
	if (rc != 0)
		return sw_lmdb_error(store, rc, "reading the format", err);
	struct sw_cursor cursor = sw_cursor(sw_slice(value.mv_data, value.mv_size));
	uint32_t found = sw_cursor_be32(&cursor);
	if (found < format && !store->read_only)
		return raise_format(store, txn, meta, format, err);
	if (found <= format)
		return SW_OK;
	return sw_error_set(err, SW_EVERSION,
			    "%s: the store has format %u, which is newer than this program's format %u",
			    store->path, (unsigned)found, (unsigned)format);
}

static enum sw_result open_tables(struct lmdb_store *store, MDB_txn *txn,
				  const struct sw_store_options *options, struct sw_error *err)
{
	for (unsigned i = 0; i < options->tables_count; i++) {
		int rc = mdb_dbi_open(txn, options->table_names[i], store->read_only ? 0 : MDB_CREATE,
				      &store->tables[i]);
		if (rc == MDB_NOTFOUND && store->read_only)
			continue;
		if (rc != 0)
			return sw_lmdb_error(store, rc, "opening a table", err);
		store->tables_there[i] = true;
	}
	return SW_OK;
}

static enum sw_result open_content(struct lmdb_store *store, const struct sw_store_options *options,
				   struct sw_error *err)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(store->env, NULL, store->read_only ? MDB_RDONLY : 0, &txn);
	if (rc == MDB_MAP_RESIZED) {
		enum sw_result r = sw_lmdb_map_follow(store, 0, err);
		if (r < 0)
			return r;
		rc = mdb_txn_begin(store->env, NULL, store->read_only ? MDB_RDONLY : 0, &txn);
	}
	if (rc != 0)
		return sw_lmdb_error(store, rc, "opening the store", err);
	enum sw_result r = check_format(store, txn, options->format, err);
	if (r == SW_OK)
		r = open_tables(store, txn, options, err);
	if (r < 0) {
		mdb_txn_abort(txn);
		return r;
	}
	/* also where nothing was written: this is what makes the numbers of the tables last */
	rc = sw_lmdb_room_errno(store, mdb_txn_commit(txn), 0);
	return rc == 0 ? SW_OK : sw_lmdb_error(store, rc, "creating the store", err);
}

/* What LMDB makes is an environment without tables; an empty file is one that somebody began to make. */
static enum sw_result create_under(struct lmdb_store *store, const struct sw_store_options *options,
				   const char *path, struct sw_error *err)
{
	int rc = env_open(store, path, MDB_NOSUBDIR | MDB_NOLOCK);
	if (rc != 0)
		return sw_lmdb_error(store, sw_lmdb_room_errno(store, rc, 0), "creating the store", err);
	files_close_on_exec(store);
	enum sw_result r = open_content(store, options, err);
	mdb_env_close(store->env);
	store->env = NULL;
	return r;
}

/*
 * LMDB writes the two pages that make a file one of its own without a sync in between: after a power loss one of
 * them, or both, may not be there, and such a file opens no more. So a store gets its name when it is whole and on
 * disk.
 */
static enum sw_result create(struct lmdb_store *store, const struct sw_store_options *options,
			     struct sw_error *err)
{
	struct stat st;
	char *path = sw_asprintf("%s.%ld", store->path, (long)store->pid);
	if (!path)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	unlink(path); /* of a process of that number that died while it was here */
	enum sw_result r = create_under(store, options, path, err);
	if (r == SW_OK) {
		if (stat(store->path, &st) == 0 && st.st_size == 0)
			unlink(store->path);
		int rc = sw_lmdb_name_file(path, store->path);
		if (rc != 0 && rc != EEXIST) /* another process was faster, and its store is as good */
			r = sw_lmdb_error(store, rc, "naming the store", err);
	}
	unlink(path); /* not there any more when it has got its name */
	sw_free(path);
	return r;
}

/* The name of a new file is durable when its directory is. */
static enum sw_result sync_directory(const struct lmdb_store *store, const char *directory,
				     struct sw_error *err)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) != 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	/* some file systems cannot sync a directory, and say so */
	if (rc == 0 || rc == EINVAL)
		return SW_OK;
	return sw_lmdb_error(store, rc, "syncing the directory", err);
}

static enum sw_result check_options(const struct sw_store_options *options, struct sw_error *err)
{
	if (!options->directory || !options->tables_count || !options->table_names)
		return sw_error_set(err, SW_EINVAL, "a store needs a directory and tables");
	if (options->tables_count > SW_STORE_TABLES_MAX)
		return sw_error_set(err, SW_EINVAL, "a store has %u tables at most", SW_STORE_TABLES_MAX);
	for (unsigned i = 0; i < options->tables_count; i++)
		if (strcmp(options->table_names[i], META_TABLE) == 0)
			return sw_error_set(err, SW_EINVAL, "the table name %s is the store's own",
					    META_TABLE);
	return SW_OK;
}

static struct lmdb_store *store_new(const struct sw_store_options *options)
{
	struct lmdb_store *store = sw_zalloc(sizeof(*store));
	if (!store)
		return NULL;
	if (pthread_mutex_init(&store->lock, NULL) != 0) {
		sw_free(store);
		return NULL;
	}
	store->base.ops = &sw_lmdb_ops;
	store->tables_count = options->tables_count;
	store->read_only = options->read_only;
	store->log = options->log;
	store->pid = getpid();
	store->path = sw_asprintf("%s/data.mdb", options->directory);
	store->lock_path = sw_asprintf("%s/lock.mdb", options->directory);
	store->tables = sw_zalloc_array(options->tables_count, sizeof(*store->tables));
	store->tables_there = sw_zalloc_array(options->tables_count, sizeof(*store->tables_there));
	if (!store->path || !store->lock_path || !store->tables || !store->tables_there) {
		sw_lmdb_free(store);
		return NULL;
	}
	return store;
}

void sw_lmdb_free(struct lmdb_store *store)
{
	if (store->env)
		mdb_env_close(store->env);
	pthread_mutex_destroy(&store->lock);
	sw_free(store->tables);
	sw_free(store->tables_there);
	sw_free(store->path);
	sw_free(store->lock_path);
	sw_free(store);
}

static enum sw_result open_files(struct lmdb_store *store, const struct sw_store_options *options,
				 bool is_new, struct sw_error *err)
{
	int rc = lock_file_reserve(store);
	if (rc == 0 && is_new) {
		enum sw_result made = create(store, options, err);
		if (made < 0)
			return made;
	}
	if (rc == 0)
		rc = env_open(store, options->directory, store->read_only ? MDB_RDONLY : 0);
	if (rc != 0)
		return sw_lmdb_error(store, rc, "opening the file", err);
	files_close_on_exec(store);
	enum sw_result r = check_length(store, err);
	if (r < 0)
		return r;
	int dead = 0;
	if (mdb_reader_check(store->env, &dead) == 0 && dead > 0)
		SW_LOG(&store->log, SW_LOG_WARNING, "%s: %d snapshots of dead processes were dropped",
		       store->path, dead);
	r = open_content(store, options, err);
	if (r == SW_OK && is_new)
		r = sync_directory(store, options->directory, err);
	return r;
}

enum sw_result sw_store_open_lmdb(const struct sw_store_options *options, struct sw_store **ret_store,
				  struct sw_error *err)
{
	enum sw_result r = check_options(options, err);
	if (r < 0)
		return r;
	struct lmdb_store *store = store_new(options);
	if (!store)
		return sw_error_set(err, SW_ENOMEM, "%s", sw_result_text(SW_ENOMEM));
	struct stat st;
	bool is_new = stat(store->path, &st) != 0 ? errno == ENOENT : st.st_size == 0;
	if (is_new && options->read_only)
		r = sw_error_set(err, SW_ENOENT, "%s: there is no store", store->path);
	else
		r = open_files(store, options, is_new, err);
	if (r < 0) {
		/* Half a creation would look like a damaged store the next time. */
		if (is_new && !options->read_only)
			unlink(store->path);
		sw_lmdb_free(store);
		return r;
	}
	*ret_store = &store->base;
	return SW_OK;
}
