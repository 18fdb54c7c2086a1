#include "cli/owner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define DESCRIPTORS_WANTED 32768

/* The helper beside this program in the build tree or the installed tree; NULL: where it was installed. */
static char *find_helper(void)
{
	static const char *const places[] = {"../engine/tasks/stepwell-helper", "../libexec/stepwell-helper"};
	char self[4096], *path = NULL, *slash;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len <= 0)
		return NULL;
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (asprintf(&path, "%s/%s", self, places[i]) < 0)
			return NULL;
		if (access(path, X_OK) == 0)
			return path;
		free(path);
		path = NULL;
	}
	return NULL;
}

/* The directory a file stands in, where relative commands of a resources file start. New. */
static char *directory_of(const char *path)
{
	char *copy = strdup(path), *slash = copy ? strrchr(copy, '/') : NULL;
	if (!slash) {
		free(copy);
		return strdup(".");
	}
	slash[slash == copy] = '\0';
	return copy;
}

struct texts {
	char *resources, *mocks, *directory, *helper;
};

static bool read_texts(const struct options *options, struct texts *texts)
{
	size_t len;
	if (options->resources) {
		texts->resources = read_file(options->resources, 16 << 20, &len);
		texts->directory = directory_of(options->resources);
		if (!texts->resources || !texts->directory)
			return false;
	}
	if (options->mock_config) {
		texts->mocks = read_file(options->mock_config, 256 << 20, &len);
		if (!texts->mocks)
			return false;
	}
	texts->helper = find_helper();
	return true;
}

static void texts_done(struct texts *texts)
{
	free(texts->resources);
	free(texts->mocks);
	free(texts->directory);
	free(texts->helper);
}

/* The engine, and those of other partitions when the directory has them or is to have them. */
static enum sw_result open_engines(const struct options *options, const struct owner_setup *setup,
				   const struct texts *texts, struct owner *owner, struct sw_error *err)
{
	struct sw_engine_options engine_options = SW_ENGINE_OPTIONS;
	engine_options.data_directory = options->data;
	engine_options.loop = &owner->hooks.hooks;
	engine_options.region = options->region;
	engine_options.account = options->account;
	engine_options.helper_path = texts->helper;
	engine_options.resources_json = texts->resources;
	engine_options.resources_directory = texts->directory;
	engine_options.mocks_json = texts->mocks;
	engine_options.log = logger_hook(&owner->logger);
	engine_options.execution_log = setup->execution_log;
	engine_options.retention_ms = setup->retention_ms;
	engine_options.relaxed_ms = setup->relaxed_ms;
	enum sw_result r = sw_engine_new(&engine_options, &owner->engine, err);
	return r < 0 ? r
		     : sw_partitions_open(owner->engine, &engine_options, (uint32_t)options->partitions,
					  &owner->partitions, err);
}

/* Every connection takes a descriptor; the system's default is often 1,024. */
static void raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS_WANTED)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* benign: the server takes fewer connections then */
}

static struct sw_server_options server_options(const struct options *options, const struct owner_setup *setup,
					       struct owner *owner)
{
	struct sw_server_options server = SW_SERVER_OPTIONS;
	server.loop = &owner->hooks.hooks;
	server.listen = setup->listen;
	server.sockets = setup->sockets;
	server.sockets_count = setup->sockets_count;
	server.metrics = setup->metrics;
	server.metrics_user = setup->metrics_user;
	server.socket_directory = options->data;
	server.credentials_file = options->credentials;
	server.tls_certificate_file = options->tls_certificate;
	server.tls_key_file = options->tls_key;
	server.log = logger_hook(&owner->logger);
	return server;
}

/* Before a directory is made or divided: mistakes leave nothing behind. */
static enum sw_result check_server(const struct options *options, const struct sw_server_options *server,
				   struct sw_error *err)
{
	const char *files[] = {options->credentials, options->tls_certificate, options->tls_key};
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (files[i] && access(files[i], R_OK) != 0)
			return sw_error_set(err, SW_EINVAL, "%.200s: %s", files[i], strerror(errno));
	return sw_server_check(server, err);
}

/* Everything in place: the hooks and what watches the loop keep pointers to *owner. */
static enum sw_result open_all(const struct options *options, const struct owner_setup *setup,
			       struct owner *owner, struct sw_error *err)
{
	struct sw_server_options server;
	struct texts texts = {0};
	enum sw_result r = SW_EDEFINITION; /* complained about */
	if (!read_texts(options, &texts))
		goto out;
	owner->loop = ev_loop_new(EVFLAG_AUTO);
	if (!owner->loop) {
		r = sw_error_set(err, SW_EIO, "no event loop: %s", strerror(errno));
		goto out;
	}
	sw_libev_init(&owner->hooks, owner->loop);
	server = server_options(options, setup, owner);
	r = check_server(options, &server, err);
	owner->server_good = r == SW_OK;
	if (r == SW_OK)
		r = open_engines(options, setup, &texts, owner, err);
	if (r == SW_OK)
		r = sw_api_new_over(owner->engine, owner->partitions, &owner->api);
	if (r == SW_OK) {
		raise_descriptors();
		r = sw_server_new(owner->api, &server, &owner->server, err);
	}
	if (r != SW_OK)
		sw_error_set(err, r, "%s", sw_result_text(r));
out:
	texts_done(&texts);
	return r;
}

/* A mistake of the credentials, or of a resources file or mock configuration; the engine does not say which. */
static void complain_opening(const struct options *options, const struct owner *owner,
			     const struct sw_error *err)
{
	if (!owner->server_good || owner->api) { /* what failed is the server */
		complain_error(EXIT_STORE, err->line ? options->credentials : NULL, err);
		return;
	}
	const char *first = options->resources ? options->resources : options->mock_config;
	bool both = options->resources && options->mock_config;
	char *files = NULL;
	if (err->line &&
	    asprintf(&files, "%s%s%s", first, both ? " or " : "", both ? options->mock_config : "") < 0)
		files = NULL;
	complain_error(EXIT_STORE, files, err);
	free(files);
}

enum sw_result owner_open(const struct options *options, const struct owner_setup *setup, struct owner *owner,
			  struct sw_error *err)
{
	struct owner_setup plain = {0};
	enum sw_result r;
	*owner = (struct owner){0};
	if (!setup) {
		logger_init(&plain.logger, NULL, NULL, options->verbose);
		setup = &plain;
	}
	owner->logger = setup->logger;
	r = open_all(options, setup, owner, err);
	if (r == SW_OK)
		return SW_OK;
	if (r != SW_EOWNED && err->code != SW_OK)
		complain_opening(options, owner, err);
	owner_close(owner);
	return r;
}

enum sw_result owner_resume(struct owner *owner, enum sw_resume which, struct sw_error *err)
{
	enum sw_result r = sw_engine_resume(owner->engine, which, err);
	return r < 0 ? r : sw_partitions_resume(owner->partitions, which, err);
}

void owner_close(struct owner *owner)
{
	sw_server_free(owner->server);
	sw_partitions_stop(owner->partitions);
	sw_engine_free(owner->engine);
	sw_partitions_free(owner->partitions);
	sw_api_free(owner->api);
	if (owner->loop)
		ev_loop_destroy(owner->loop);
	*owner = (struct owner){0};
}

/* ---- again ---- */

static bool can_read(const char *path, const struct sw_log *log)
{
	if (!path || access(path, R_OK) == 0)
		return true;
	SW_LOG(log, SW_LOG_ERROR, "%s: %s; what was read before stays in force", path, strerror(errno));
	return false;
}

static bool complain_reload(const struct sw_log *log, const char *file, const struct sw_error *err)
{
	if (err->line)
		SW_LOG(log, SW_LOG_ERROR, "%s:%u:%u: %s: %s; what was read before stays in force",
		       file ? file : "", err->line, err->column, err->pointer, err->text);
	else
		SW_LOG(log, SW_LOG_ERROR, "reading again failed: %s; what was read before stays in force",
		       err->text);
	return false;
}

static bool reload_tasks(const struct options *options, struct owner *owner, const struct sw_log *log)
{
	if (!can_read(options->resources, log) || !can_read(options->mock_config, log))
		return false;
	struct texts texts = {0};
	struct sw_error err = {0};
	bool in_mocks = false;
	enum sw_result r = SW_EIO;
	if (read_texts(options, &texts))
		r = sw_engine_reload(owner->engine, texts.resources, texts.mocks, &in_mocks, &err);
	else
		sw_error_set(&err, r, "a file cannot be read");
	/* The same texts: what the first takes the others take. */
	if (r == SW_OK)
		r = sw_partitions_reload(owner->partitions, texts.resources, texts.mocks, &in_mocks, &err);
	texts_done(&texts);
	return r == SW_OK || complain_reload(log, in_mocks ? options->mock_config : options->resources, &err);
}

/* A key that is taken out must not stay because another file has a mistake: each is read for itself. */
bool owner_reload(const struct options *options, struct owner *owner)
{
	const struct sw_log log = logger_hook(&owner->logger);
	struct sw_error err = {0};
	bool tasks = reload_tasks(options, owner, &log);
	bool keys = sw_server_reload_credentials(owner->server, &err) == SW_OK ||
		    complain_reload(&log, options->credentials, &err);
	return tasks && keys;
}
