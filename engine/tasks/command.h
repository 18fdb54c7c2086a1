/*
 * The commands provider from inside: what command.c (queue and jobs), command_spawn.c (the helper's process),
 * command_result.c (how an exit becomes a completion) and resources.c share.
 */
#ifndef SW_ENGINE_TASKS_COMMAND_H
#define SW_ENGINE_TASKS_COMMAND_H

#include "engine/tasks/command_protocol.h"
#include "engine/tasks/tasks.h"

#include <sys/types.h>

/* How one resource runs; all its own. */
struct sw_command_config {
	char **argv;              /* ended by NULL; argv[0] is a bare name or an absolute path */
	char **environment;       /* NAME=VALUE, ended by NULL */
	char *directory;          /* absolute */
	uint32_t concurrency_max; /* 0: no limit of its own */
};
void sw_command_config_done(struct sw_command_config *config);

/* A resource: the data of its route. */
struct sw_command {
	struct sw_commands_provider *provider;
	struct sw_command_config config;
	uint32_t jobs_count;                 /* with processes */
	struct sw_command_job *first, *last; /* that wait, oldest first */
	struct sw_command *prev, *next;      /* of the commands for which something waits */
};

/* One attempt: waits in its command's queue, then is in the provider's list until its process group has
 * ended. */
struct sw_command_job {
	struct sw_command_job *prev, *next;
	struct sw_commands_provider *provider;
	struct sw_command *command; /* NULL when its route is gone and only its processes still end */
	struct sw_task *task; /* NULL when it was completed or cancelled and only its processes still end */
	uint64_t id;          /* rising, so that the smaller one came first */
	pid_t group;          /* 0: not known */
	bool sent;
	bool resource_timeout; /* the alarm is the resource's time-out, not the state's */
	struct sw_alarm alarm;
};

struct sw_commands_provider {
	const struct sw_loop *loop;
	char *helper_path, *directory, *lock_directory;
	struct sw_limits limits;
	struct sw_log log;

	struct sw_channel channel; /* to the helper; fd -1: none runs */
	struct sw_watch watch;
	unsigned interest;
	bool greeted;
	struct sw_alarm
		helper_alarm;    /* asks again for a lock that an old helper has; or the new one is silent */
	struct sw_watch starter; /* a pidfd of the process that started the helper and ended; fd -1: reaped */

	struct sw_command *waiting;
	struct sw_command_job *running;
	uint32_t waiting_count, running_count;
	uint64_t last_id;
};

/* A route to a command. Takes config (also on failure). */
enum sw_result sw_command_route_new(struct sw_commands_provider *provider, const char *pattern,
				    struct sw_command_config *config, struct sw_route **ret_route);

/*
 * Starts the helper unless it runs. SW_EBUSY: an old one has the lock; else failures have a text in err. On
 * SW_OK the channel is there and not yet watched.
 */
enum sw_result sw_helper_start(struct sw_commands_provider *provider, struct sw_error *err);
/* The old helper's lock: SW_OK with the descriptor (-1 without a lock directory), SW_EBUSY, SW_EIO. */
enum sw_result sw_helper_lock(const struct sw_commands_provider *provider, int *ret_fd, struct sw_error *err);
/* Takes the status of the process that started the helper; with `wait`, gives it a second to end. */
void sw_helper_starter_reap(struct sw_commands_provider *provider, bool wait);

/* How the program of a job ended, as the RESULT frame tells. */
struct sw_command_result {
	enum sw_command_how how;
	uint32_t number;
	struct sw_slice tail, output;
};
/* Completes task (takes it). */
void sw_command_complete(struct sw_task *task, const struct sw_command_config *config,
			 const struct sw_command_result *result);

#endif
