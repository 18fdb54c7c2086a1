/*
 * Whoever answers the API for a data directory: the owner's socket (over HTTP by libcurl, the protocol that
 * the AWS CLI speaks), this process as the owner, or this process reading the directory.
 */
#include "cli/owner.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct client {
	const struct options *options;
	/* remote */
	CURL *curl;
	int directory_fd; /* the socket is dialled through it, so that the path may be long */
	char socket_path[64];
	/* own */
	struct owner *owner;
	bool advance, happened;
	uint64_t observer;
	ev_timer timer;
	/* reading */
	struct sw_reader *reader;
	struct sw_api *api;
};

/* An answer on its way. */
struct answer {
	bool done;
	int status;
	char *body;
	size_t len, capacity;
};

static bool answer_append(struct answer *answer, const char *data, size_t len)
{
	char *grown;
	if (answer->len + len + 1 > answer->capacity) {
		grown = realloc(answer->body, 2 * (answer->len + len) + 64);
		if (!grown)
			return false;
		answer->body = grown;
		answer->capacity = 2 * (answer->len + len) + 64;
	}
	memcpy(answer->body + answer->len, data, len);
	answer->len += len;
	answer->body[answer->len] = '\0';
	return true;
}

/* ---- the owner's socket ----------------------------------------------------------------------------------
 */

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
	return answer_append(user, data, size * count) ? size * count : 0;
}

/* Is somebody listening? */
static bool socket_answers(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answers;
	if (fd < 0)
		return false;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	answers = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return answers;
}

static bool open_remote(struct client *client)
{
	client->directory_fd = open(client->options->data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (client->directory_fd < 0)
		return false;
	snprintf(client->socket_path, sizeof(client->socket_path), "/proc/self/fd/%d/stepwell.sock",
		 client->directory_fd);
	if (socket_answers(client->socket_path))
		client->curl = curl_easy_init();
	if (!client->curl) {
		close(client->directory_fd);
		client->directory_fd = -1;
		return false;
	}
	curl_easy_setopt(client->curl, CURLOPT_UNIX_SOCKET_PATH, client->socket_path);
	curl_easy_setopt(client->curl, CURLOPT_URL, "http://localhost/");
	curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
	return true;
}

static bool call_remote(struct client *client, const char *action, const char *body, struct answer *answer)
{
	char target[128];
	long status = 0;
	CURLcode code;
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/x-amz-json-1.0");
	snprintf(target, sizeof(target), "X-Amz-Target: AWSStepFunctions.%s", action);
	headers = curl_slist_append(headers, target);
	headers = curl_slist_append(headers, "Expect:");
	curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
	curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, answer);
	code = curl_easy_perform(client->curl);
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	answer->status = (int)status;
	answer->done = code == CURLE_OK;
	if (code != CURLE_OK)
		complain(EXIT_STORE, "the owner of %s does not answer: %s", client->options->data,
			 curl_easy_strerror(code));
	return answer->done;
}

/* ---- this process ----------------------------------------------------------------------------------------
 */

static void take_reply(void *user, int status, const char *error_type, const char *body, size_t len)
{
	struct answer *answer = user;
	answer->status = status;
	answer->done = true;
	answer->len = 0;
	(void)error_type;
	if (!answer_append(answer, body, len))
		answer->status = 0;
}

static bool call_here(struct client *client, const char *action, const char *body, struct answer *answer)
{
	struct sw_api *api = client->owner ? client->owner->api : client->api;
	enum sw_result r = sw_api_call(api, action, body, strlen(body), take_reply, answer);
	if (r != SW_OK)
		return complain(EXIT_STORE, "%s: %s", action, sw_result_text(r)), false;
	while (client->owner && !answer->done)
		ev_run(client->owner->loop, EVRUN_ONCE);
	return answer->done;
}

static void something_happened(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	struct client *client = user;
	(void)arn;
	(void)status;
	(void)last_event_id;
	client->happened = true;
	ev_break(client->owner->loop, EVBREAK_ONE);
}

static void timer_fired(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ONE);
}

static enum sw_result open_own(struct client *client, bool advance)
{
	struct sw_error err = {0};
	enum sw_result r;
	client->owner = calloc(1, sizeof(*client->owner));
	if (!client->owner)
		return SW_ENOMEM;
	r = owner_open(client->options, NULL, client->owner);
	if (r == SW_OK && advance)
		r = sw_engine_resume(client->owner->engine, SW_RESUME_OWN, &err);
	if (r == SW_OK && advance)
		r = sw_engine_observe(client->owner->engine, NULL, something_happened, client,
				      &client->observer);
	if (r != SW_OK) {
		owner_close(client->owner);
		free(client->owner);
		client->owner = NULL;
		return r;
	}
	client->advance = advance;
	ev_init(&client->timer, timer_fired);
	return SW_OK;
}

static int open_reading(struct client *client)
{
	struct sw_error err = {0};
	const struct options *options = client->options;
	enum sw_result r =
		sw_reader_open(options->data, options->region, options->account, &client->reader, &err);
	if (r == SW_OK)
		r = sw_api_new(NULL, client->reader, &client->api);
	if (r == SW_ENOENT)
		return complain(EXIT_STORE,
				"%s holds no data yet: `stepwell run FILE` or `stepwell serve` makes it",
				options->data);
	sw_error_set(&err, r, "%s", sw_result_text(r));
	return r == SW_OK ? EXIT_OK : complain_error(EXIT_STORE, NULL, &err);
}

/* ---- the door
 * ------------------------------------------------------------------------------------------------ */

enum { TRIES = 40, PAUSE_MS = 50 }; /* somebody who owns the directory is about to listen, or to go */

int client_open(const struct options *options, enum client_need need, struct client **ret_client)
{
	struct client *client = calloc(1, sizeof(*client));
	enum sw_result r = SW_EOWNED;
	int code = EXIT_STORE;
	if (!client)
		return complain(EXIT_STORE, "out of memory");
	client->options = options;
	client->directory_fd = -1;
	for (int i = 0; r == SW_EOWNED && i < TRIES; i++) {
		if (i > 0)
			nanosleep(&(struct timespec){0, PAUSE_MS * 1000000L}, NULL);
		if (open_remote(client)) {
			code = EXIT_OK;
			r = SW_OK;
		} else if (need == CLIENT_READ) {
			code = open_reading(client);
			r = SW_OK;
		} else {
			r = open_own(client, need == CLIENT_ADVANCE);
			code = r == SW_OK                              ? EXIT_OK
			       : r == SW_EINVAL || r == SW_EDEFINITION ? EXIT_USAGE
								       : EXIT_STORE;
		}
	}
	if (r == SW_EOWNED)
		complain(EXIT_STORE, "%s is in use by another process that does not answer", options->data);
	if (code != EXIT_OK) {
		client_close(client);
		return code;
	}
	*ret_client = client;
	return EXIT_OK;
}

void client_close(struct client *client)
{
	if (!client)
		return;
	if (client->curl)
		curl_easy_cleanup(client->curl);
	if (client->directory_fd >= 0)
		close(client->directory_fd);
	if (client->owner) {
		ev_timer_stop(client->owner->loop, &client->timer);
		if (client->observer)
			sw_engine_unobserve(client->owner->engine, client->observer);
		owner_close(client->owner);
		free(client->owner);
	}
	sw_api_free(client->api);
	sw_reader_close(client->reader);
	free(client);
}

int client_call(struct client *client, const char *action, json_t *request, json_t **ret_answer,
		json_t **ret_error)
{
	struct answer answer = {0};
	char *body = json_dumps(request, JSON_COMPACT);
	json_t *tree = NULL;
	int code = EXIT_STORE;
	bool good = body && (client->curl ? call_remote(client, action, body, &answer)
					  : call_here(client, action, body, &answer));
	if (ret_error)
		*ret_error = NULL;
	json_decref(request);
	free(body);
	if (good)
		tree = json_loadb(answer.body ? answer.body : "{}", answer.body ? answer.len : 2,
				  JSON_DECODE_ANY, NULL);
	free(answer.body);
	if (good && !tree) {
		complain(EXIT_STORE, "%s: an answer that is not JSON", action);
	} else if (good && answer.status == 200) {
		*ret_answer = tree;
		return EXIT_OK;
	} else if (good && ret_error) {
		*ret_error = tree;
		return EXIT_FAILED;
	} else if (good) {
		const char *type = text_of(tree, "__type", "error");
		bool is_missing = strstr(type, "DoesNotExist") || strstr(type, "AlreadyExists");
		complain(EXIT_FAILED, "%s: %s", type, text_of(tree, "message", ""));
		code = is_missing ? EXIT_FAILED : answer.status >= 500 ? EXIT_STORE : EXIT_USAGE;
	}
	json_decref(tree);
	return code;
}

void client_wait(struct client *client, int milliseconds)
{
	if (!client->owner) {
		nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000L}, NULL);
		return;
	}
	if (!client->happened) {
		ev_now_update(client->owner->loop);
		ev_timer_set(&client->timer, milliseconds / 1000.0, 0);
		ev_timer_start(client->owner->loop, &client->timer);
		ev_run(client->owner->loop, 0);
		ev_timer_stop(client->owner->loop, &client->timer);
	}
	client->happened = false;
}

bool client_owns(const struct client *client)
{
	return client->owner != NULL;
}
