/*
 * What systemd, or another supervisor, and a daemon tell each other: sockets that are passed, notices, the watchdog.
 * The protocols are a few lines each (sd_notify(3), sd_listen_fds(3)), so libsystemd is not needed. For cmd_serve.c.
 */
#ifndef SW_CLI_SERVICE_H
#define SW_CLI_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "READY=1", "STOPPING=1\nSTATUS=..."; nothing when nobody asked for notices. */
void service_notify(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* How often the supervisor wants to hear WATCHDOG=1, in microseconds; 0: it does not. */
uint64_t service_watchdog_us(void);
/* Now, as RELOADING=1 tells it (MONOTONIC_USEC). */
uint64_t service_now_us(void);
/*
 * The listening sockets that were passed (LISTEN_FDS), at most max; they are not passed on. Returns how many; more
 * than max: -1.
 */
int service_sockets(int *fds, int max);

#endif
