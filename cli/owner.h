/* Owning a data directory: engine, API and listening server on one libev loop. */
#ifndef SW_CLI_OWNER_H
#define SW_CLI_OWNER_H

#include "cli/cli.h"
#include "cli/log.h"
#include "engine/adapters/libev.h"
#include "server/server.h"

/* What a daemon has beside the options. */
struct owner_setup {
	const char *listen; /* TCP; NULL: none */
	const int *sockets; /* that were passed; the owner's, also on failure */
	size_t sockets_count;
	struct logger logger;
	struct sw_execution_log execution_log;
	int64_t retention_ms; /* as in struct sw_engine_options, as is the next */
	uint32_t relaxed_ms;
	char *(*metrics)(void *user); /* as in struct sw_server_options */
	void *metrics_user;
};

struct owner {
	struct ev_loop *loop;
	struct logger logger;
	struct sw_libev hooks;
	struct sw_engine *engine;         /* of partition 0, or the only one */
	struct sw_partitions *partitions; /* the others; NULL: none */
	struct sw_api *api;
	struct sw_server *server;
	bool server_good; /* what the server will need was looked at */
};

/*
 * Opens *owner in place (it must not move afterwards): the engine of options->data with resources and mocks,
 * and listens on the directory's socket, and where setup says (NULL: nowhere else). Executions do not advance before
 * sw_engine_resume. SW_EOWNED is answered with a text in err, without complaining; other failures are
 * complained about.
 */
enum sw_result owner_open(const struct options *options, const struct owner_setup *setup, struct owner *owner,
			  struct sw_error *err);
/* As sw_engine_resume, of all partitions. */
enum sw_result owner_resume(struct owner *owner, enum sw_resume which, struct sw_error *err);
/*
 * Reads the resources file, the mock configuration and the credentials again. False after logging why not:
 * what has a mistake stays as it was, each file for itself (resources and mocks are one).
 */
bool owner_reload(const struct options *options, struct owner *owner);
void owner_close(struct owner *owner);

#endif
