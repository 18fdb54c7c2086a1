/* Owning a data directory: engine, API and listening server on one libev loop. */
#ifndef SW_CLI_OWNER_H
#define SW_CLI_OWNER_H

#include "cli/cli.h"
#include "engine/adapters/libev.h"
#include "server/server.h"

struct owner {
	struct ev_loop *loop;
	struct sw_libev hooks;
	struct sw_engine *engine;
	struct sw_api *api;
	struct sw_server *server;
};

/*
 * Opens *owner in place (it must not move afterwards): the engine of options->data with resources and mocks,
 * and listens on the directory's socket, and on TCP when listen is not NULL. Executions do not advance before
 * sw_engine_resume. SW_EOWNED is answered with a text in err, without complaining; other failures are
 * complained about.
 */
enum sw_result owner_open(const struct options *options, const char *listen, struct owner *owner,
			  struct sw_error *err);
void owner_close(struct owner *owner);

#endif
