/*
 * The HTTP side: listening sockets, libmicrohttpd in the host's loop, one request from its first byte to its
 * answer. Private to server/: http.c (life and loop), http_request.c, http_auth.c, http_listen.c.
 */
#ifndef SW_SERVER_HTTP_H
#define SW_SERVER_HTTP_H

#include "base/buf.h"
#include "base/histogram.h"
#include "base/rng.h"
#include "server/credentials.h"
#include "server/server.h"

#include <microhttpd.h>
#include <sys/stat.h>

/* One listening socket and the libmicrohttpd daemon that serves it. */
struct sw_listener {
	struct sw_server *server;
	struct MHD_Daemon *daemon; /* NULL: not in use */
	bool tcp;
	struct sw_watch watch; /* the daemon's epoll descriptor */
	struct sw_alarm alarm; /* its next time-out, or "now" after a connection was resumed */
	bool running;          /* inside MHD_run */
	bool again;            /* a connection was resumed meanwhile */
	/* http_connection.c: */
	struct sw_connection *first, *last; /* without a request that waits for the API; oldest first */
	uint32_t connections_count;
	struct sw_alarm patience; /* when the first has had its time */
};

#define SW_LISTENERS_MAX (2 + SW_SERVER_SOCKETS_MAX)

struct sw_server {
	struct sw_api *api;
	const struct sw_loop *loop;
	struct sw_server_options options;
	struct sw_listener listeners[SW_LISTENERS_MAX]; /* TCP, Unix, those the host gave */
	struct sw_request_meter *meters;                /* of each action, and two more: metrics.c */
	struct sw_request *requests;                    /* all that libmicrohttpd knows */
	struct sw_rng rng;                              /* of request ids */
	char *credentials_file;                         /* NULL: signatures are not looked at */
	struct sw_credentials *credentials;             /* what was read of it last */
	bool refusals_logged;
	int64_t refusal_logged_ms;  /* when the last line about a refused request was written */
	uint64_t refusals_unlogged; /* since then */
	unsigned port;
	size_t sockets_taken; /* of those the host gave */
	bool tls;
	int directory_fd;   /* of the Unix socket; -1: none */
	struct stat socket; /* what was bound there */
	bool draining;      /* takes no new connections */
	bool closing;       /* answers nothing but 503 */
};

enum sw_request_state {
	SW_REQUEST_READING,
	SW_REQUEST_CALLING,   /* inside sw_api_call */
	SW_REQUEST_SUSPENDED, /* waits for the API's answer */
	SW_REQUEST_ANSWERED,  /* the answer is here */
};

/* Counted: one reference is libmicrohttpd's, one the API call's that has not answered yet. */
struct sw_request {
	unsigned refs;
	enum sw_request_state state;
	struct sw_server *server;
	struct sw_listener *listener;
	struct MHD_Connection *connection; /* NULL: the client or the server is gone */
	struct sw_request *next, *prev;
	struct sw_buf body;
	uint64_t body_seen_bytes;
	bool body_too_large;
	bool body_unwanted; /* it is read and dropped */
	int64_t arrived_ms; /* wall clock; of requests that must be signed */
	/* the answer */
	struct sw_call *call;       /* the call can be cancelled */
	struct sw_watch watch;      /* while it can: is the client still there? */
	struct sw_alarm look_again; /* the same, when the watch does not tell */
	unsigned status;
	unsigned meter;           /* what was asked for: see metrics.c */
	int64_t began_us;         /* CLOCK_MONOTONIC */
	const char *content_type; /* NULL: AWS's JSON */
	char error_type[64];
	char *answer; /* NULL: a text of the status */
	size_t answer_len;
};

/* ---- http.c ---- */

/* Lets libmicrohttpd go on with connections that were resumed, in the next turn of the loop. */
void sw_listener_wake(struct sw_listener *listener);

/* ---- http_connection.c ---- */

/* Beyond the limit, for short requests while all others wait for the API. */
#define SW_CONNECTIONS_SPARE 32

struct sw_connection;
/* How many connections a listener may have; wanted 0: 12,000. The descriptors of the process may allow fewer. */
uint32_t sw_connections_max(uint32_t wanted);
void sw_connection_notify(void *listener, struct MHD_Connection *connection, void **slot,
			  enum MHD_ConnectionNotificationCode code);
void sw_connection_impatient(struct sw_alarm *alarm);
/* Its request waits for the API: nobody hurries it. */
void sw_connection_wait(struct MHD_Connection *connection);
/* The answer is to be taken, or the next request sent. False: it is one too many and should end with this answer. */
bool sw_connection_go_on(struct MHD_Connection *connection);

/* ---- http_request.c ---- */

enum MHD_Result sw_request_handle(void *server, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_bytes, void **slot);
void sw_request_completed(void *server, struct MHD_Connection *connection, void **slot,
			  enum MHD_RequestTerminationCode code);
/* A poll that waits is answered that nothing came. */
void sw_request_end_poll(struct sw_request *request);
/* Answers 503 to a request that waits; the API's answer, when it comes, is dropped. */
void sw_request_give_up(struct sw_request *request);

/* ---- metrics.c ---- */

#define SW_REQUEST_STATUSES 10 /* told apart; the last is "other" */
/* Of one action, or of one path. */
struct sw_request_meter {
	uint64_t by_status[SW_REQUEST_STATUSES];
	struct sw_histogram seconds;
};
/* One for each action and two more, zeroed; NULL: out of memory. */
struct sw_request_meter *sw_request_meters_new(void);
/* The meter of an action; NULL (no action) and unknown ones have one each. */
unsigned sw_request_meter_of(const char *action);
/* "StartExecution", "none", "unknown" */
const char *sw_request_meter_name(unsigned meter);
int64_t sw_request_now_us(void);
/* The answer of the request is on its way. */
void sw_request_count(struct sw_request *request);
/* The text of /metrics. New; NULL: out of memory. */
char *sw_server_metrics_text(struct sw_server *server, size_t *ret_len);
/* Of /readyz: SW_OK when it is ready; what it says, a JSON object, is added to out. */
enum sw_result sw_server_ready(struct sw_server *server, struct sw_buf *out);

/* Answers an error with any text (UTF-8), instead of what was asked for. */
void sw_request_refuse(struct sw_request *request, unsigned status, const char *error_type,
		       const char *message, size_t len);

/* ---- http_auth.c ---- */

/* Reads the credentials file; on failure the credentials stay as they are. */
enum sw_result sw_server_load_credentials(struct sw_server *server, struct sw_error *err);
/*
 * May this path be read without a signature? /healthz and /readyz by everybody; /metrics by everybody while there
 * are no credentials, else on the Unix socket and from loopback addresses. Of other paths: no.
 */
bool sw_request_is_open(const struct sw_request *request, const char *url);
/* Before the body. False: it has answered, and the body is not to be kept. */
bool sw_request_check_head(struct sw_request *request, const char *url, const char *method);
/* The body is complete. False: it has answered. *ret_caller is NULL for callers that may do everything. */
bool sw_request_check_signature(struct sw_request *request, const char *url, const char *method,
				const struct sw_credential **ret_caller);

/* ---- http_listen.c ---- */

/* A listening socket that somebody else made: SW_EINVAL with a text when it is none, or not loopback without everywhere. */
enum sw_result sw_listen_check(int fd, bool everywhere, bool *ret_tcp, unsigned *ret_port, bool *ret_loopback,
			       struct sw_error *err);

/*
 * "127.0.0.1:8083", "[::1]:0", "localhost:8083". SW_EINVAL: no address, or not loopback without everywhere; SW_EIO.
 * ret_loopback tells whether it is.
 */
enum sw_result sw_listen_tcp(const char *address, bool everywhere, int *ret_fd, unsigned *ret_port,
			     bool *ret_loopback, struct sw_error *err);
/* The socket "stepwell.sock" of a directory, 0600; a stale one is replaced. ret_socket tells it apart from
 * later ones. */
enum sw_result sw_listen_unix(const char *directory, int *ret_fd, int *ret_directory_fd,
			      struct stat *ret_socket, struct sw_error *err);
/* Removes the socket unless somebody else has bound a new one; closes the directory. -1 is allowed. */
void sw_listen_unix_done(int directory_fd, const struct stat *socket);

#endif
