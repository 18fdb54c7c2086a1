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
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct client {
	const struct options *options;
	enum client_need need;
	/* remote */
	CURL *curl;
	int directory_fd; /* the socket is dialled through it, so that the path may be long */
	char socket_path[64];
	bool passing; /* the owner advances only what was started there, and ends soon: another run */
	bool lost;    /* it has ended */
	unsigned losses;
	json_t *started; /* the StartExecution that is to be given again to whoever owns the directory next */
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

/* ---- the owner's socket ------------------------------------------------------------------------------- */

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
	/* What the server says of itself when it ends. */
	client->lost = !answer->done ||
		       (status == 503 && answer->body && strstr(answer->body, "shutting down") != NULL);
	return answer->done;
}

/* Does the owner go when its own execution has ended? A server and a host that embeds the engine stay. */
static bool is_passing(struct client *client)
{
	struct answer answer = {0};
	json_t *status = NULL;
	bool passing = false;
	if (call_remote(client, "StepwellStatus", "{}", &answer))
		status = json_loadb(answer.body ? answer.body : "", answer.len, 0, NULL);
	if (client->lost || answer.status != 200)
		passing = client->lost;
	else
		passing = strcmp(text_of(status, "advances", "ALL"), "ALL") != 0;
	json_decref(status);
	free(answer.body);
	client->lost = false; /* the next call will see */
	return passing;
}

/* ---- this process ------------------------------------------------------------------------------------- */

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
	r = owner_open(client->options, NULL, client->owner, &err);
	if (r == SW_OK) {
		r = sw_engine_resume(client->owner->engine, advance ? SW_RESUME_OWN : SW_RESUME_NONE, &err);
		if (r != SW_OK)
			complain_error(EXIT_STORE, NULL, &err);
	}
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

/* ---- the door ----------------------------------------------------------------------------------------- */

enum { TRIES = 100, PAUSE_MS = 50 }; /* somebody who owns the directory is about to listen, or to go */
enum { LOSSES_MAX = 1000 };

/* Everything but what outlasts the owner. */
static void disconnect(struct client *client)
{
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
	client->curl = NULL;
	client->directory_fd = -1;
	client->owner = NULL;
	client->observer = 0;
	client->api = NULL;
	client->reader = NULL;
}

static int connect_client(struct client *client)
{
	enum sw_result r = SW_EOWNED;
	int code = EXIT_STORE;
	for (int i = 0; r == SW_EOWNED && i < TRIES; i++) {
		if (i > 0)
			nanosleep(&(struct timespec){0, PAUSE_MS * 1000000L}, NULL);
		if (open_remote(client)) {
			client->passing = client->need != CLIENT_ADVANCE || is_passing(client);
			return EXIT_OK;
		}
		if (client->need == CLIENT_READ)
			return open_reading(client);
		r = open_own(client, client->need == CLIENT_ADVANCE);
		code = r == SW_OK ? EXIT_OK : r == SW_EINVAL || r == SW_EDEFINITION ? EXIT_USAGE : EXIT_STORE;
	}
	if (r == SW_EOWNED)
		complain(EXIT_STORE, "%s is in use by another process that does not answer",
			 client->options->data);
	return code;
}

int client_open(const struct options *options, enum client_need need, struct client **ret_client)
{
	struct client *client = calloc(1, sizeof(*client));
	int code;
	if (!client)
		return complain(EXIT_STORE, "out of memory");
	client->options = options;
	client->need = need;
	client->directory_fd = -1;
	code = connect_client(client);
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
	disconnect(client);
	json_decref(client->started);
	free(client);
}

/* ---- calls -------------------------------------------------------------------------------------------- */

static bool call_once(struct client *client, const char *action, const char *body, struct answer *answer)
{
	*answer = (struct answer){0};
	return client->curl ? call_remote(client, action, body, answer)
			    : call_here(client, action, body, answer);
}

/*
 * The owner has gone: whoever owns the directory now is asked, or this process goes on itself. Not when the
 * owner was one that stays: then this process may lack the resources and mocks which that one has.
 */
static bool go_on(struct client *client)
{
	struct answer answer;
	char *body;
	bool ok;
	if (!client->passing || ++client->losses > LOSSES_MAX) {
		complain(EXIT_STORE, "the owner of %s has gone; what runs there goes on with the next one",
			 client->options->data);
		return false;
	}
	disconnect(client);
	client->lost = false;
	if (connect_client(client) != EXIT_OK)
		return false;
	if (!client->started)
		return true;
	/* "StartExecution is idempotent": the execution is advanced here from now on, if it has not ended. */
	body = json_dumps(client->started, JSON_COMPACT);
	ok = body && call_once(client, "StartExecution", body, &answer);
	if (body)
		free(answer.body);
	free(body);
	return ok || client->lost;
}

/* A name for a start that may have to be given again. False: it has one. */
static bool name_start(json_t *request)
{
	unsigned char random[16];
	char name[2 * sizeof(random) + 1];
	if (json_object_get(request, "name") || getrandom(random, sizeof(random), 0) != sizeof(random))
		return false;
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(name + 2 * i, 3, "%02x", random[i]);
	return json_object_set_new(request, "name", json_string(name)) == 0;
}

/* "Execution Already Exists: 'ARN'", of a name that nobody else has: the start whose answer was lost. */
static void accept_existing(struct answer *answer)
{
	json_t *tree = json_loadb(answer->body, answer->len, 0, NULL), *accepted = NULL;
	const char *arn = strchr(text_of(tree, "message", ""), '\'');
	char *text = NULL;
	if (answer->status == 400 && is_error(tree, "ExecutionAlreadyExists") && arn)
		accepted = json_pack("{s:s%}", "executionArn", arn + 1, strcspn(arn + 1, "'"));
	if (accepted)
		text = json_dumps(accepted, JSON_COMPACT);
	if (text) {
		free(answer->body);
		*answer = (struct answer){.done = true, .status = 200, .body = text, .len = strlen(text)};
	}
	json_decref(accepted);
	json_decref(tree);
}

/* The call, as often as owners go while it is made: every action that is called may be repeated. */
static bool call(struct client *client, const char *action, json_t *request, struct answer *answer)
{
	bool starts = client->need == CLIENT_ADVANCE && !strcmp(action, "StartExecution");
	bool named = starts && client->curl && client->passing && name_start(request), again = false;
	char *body;
	bool done;
	body = json_dumps(request, JSON_COMPACT);
	*answer = (struct answer){0};
	if (!body)
		return complain(EXIT_STORE, "out of memory"), false;
	done = call_once(client, action, body, answer);
	while (client->lost) {
		again = true;
		free(answer->body);
		*answer = (struct answer){0};
		done = go_on(client);
		if (!done)
			break;
		if (!client->lost)
			done = call_once(client, action, body, answer);
	}
	if (done && named && again && answer->body)
		accept_existing(answer);
	if (done && starts && client->curl && answer->status == 200)
		client->started = json_incref(request);
	free(body);
	return done;
}

int client_call(struct client *client, const char *action, json_t *request, json_t **ret_answer,
		json_t **ret_error)
{
	struct answer answer;
	json_t *tree = NULL;
	int code = EXIT_STORE;
	bool good;
	if (ret_error)
		*ret_error = NULL;
	if (!request)
		return complain(EXIT_USAGE, "%s cannot be asked for: a text is not UTF-8", action);
	good = call(client, action, request, &answer);
	json_decref(request);
	if (!good)
		return EXIT_STORE;
	tree = json_loadb(answer.body ? answer.body : "{}", answer.body ? answer.len : 2,
			  JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	free(answer.body);
	if (!tree) {
		complain(EXIT_STORE, "%s: an answer that is not JSON", action);
	} else if (answer.status == 200) {
		*ret_answer = tree;
		return EXIT_OK;
	} else if (ret_error) {
		*ret_error = tree;
		return EXIT_FAILED;
	} else {
		code = complain_answer(tree);
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

void client_settle(struct client *client)
{
	while (client->owner && !sw_engine_is_idle(client->owner->engine))
		ev_run(client->owner->loop, EVRUN_ONCE);
}

int check_owner(const struct options *options, const struct client *client)
{
	if (client_owns(client) || (!options->resources && !options->mock_config))
		return EXIT_OK;
	return complain(EXIT_USAGE,
			"%s is owned by a running stepwell, which has its own resources and mocks: leave out "
			"--resources and --mock-config, or give another --data",
			options->data);
}
