/*
 * Whoever answers the API: an endpoint; or for a data directory the owner's socket, this process as the owner,
 * or this process reading the directory.
 */
#include "cli/owner.h"
#include "cli/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct client {
	const struct options *options;
	enum client_need need;
	struct endpoint *endpoint;
	/* the owner's socket */
	struct wire *wire;
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

/* ---- the owner's socket ------------------------------------------------------------------------------- */

static bool call_owner(struct client *client, const char *action, const char *body, struct answer *answer)
{
	(void)wire_call(client->wire, action, body, 0, answer);
	/* What the server says of itself when it ends. */
	client->lost = !answer->done || (answer->status == 503 && answer->body &&
					 strstr(answer->body, "shutting down") != NULL);
	return answer->done;
}

/* Does the owner go when its own execution has ended? A server and a host that embeds the engine stay. */
static bool is_passing(struct client *client)
{
	struct answer answer = {0};
	json_t *status = NULL;
	bool passing = false;
	if (call_owner(client, "StepwellStatus", "{}", &answer))
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
		r = owner_resume(client->owner, advance ? SW_RESUME_OWN : SW_RESUME_NONE, &err);
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

static int complain_empty(const struct options *options)
{
	return complain(EXIT_STORE, "%s holds no data yet: `stepwell run FILE` or `stepwell serve` makes it",
			options->data);
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
		return complain_empty(options);
	sw_error_set(&err, r, "%s", sw_result_text(r));
	return r == SW_OK ? EXIT_OK : complain_error(r == SW_EINVAL ? EXIT_USAGE : EXIT_STORE, NULL, &err);
}

/* ---- the door ----------------------------------------------------------------------------------------- */

enum { TRIES = 100, PAUSE_MS = 50 }; /* somebody who owns the directory is about to listen, or to go */
enum { LOSSES_MAX = 1000 };

/* Everything but what outlasts the owner. */
static void disconnect(struct client *client)
{
	wire_close(client->wire);
	if (client->owner) {
		ev_timer_stop(client->owner->loop, &client->timer);
		if (client->observer)
			sw_engine_unobserve(client->owner->engine, client->observer);
		owner_close(client->owner);
		free(client->owner);
	}
	sw_api_free(client->api);
	sw_reader_close(client->reader);
	client->wire = NULL;
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
		client->wire = wire_to_directory(client->options->data);
		if (client->wire) {
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

/* Is there a file of that name, or may there be? */
static bool has_file(const char *directory, const char *name)
{
	char *path = NULL;
	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return true;
	bool has = access(path, F_OK) == 0 || errno != ENOENT;
	free(path);
	return has;
}

int client_open_existing(const struct options *options, enum client_need need, struct client **ret_client)
{
	if (!options->endpoint && !has_file(options->data, "data.mdb") &&
	    !has_file(options->data, "stepwell.sock"))
		return complain_empty(options);
	return client_open(options, need, ret_client);
}

int client_open(const struct options *options, enum client_need need, struct client **ret_client)
{
	struct client *client = calloc(1, sizeof(*client));
	int code;
	if (!client)
		return complain(EXIT_STORE, "out of memory");
	client->options = options;
	client->need = need;
	code = options->endpoint ? endpoint_open(options, &client->endpoint) : connect_client(client);
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
	endpoint_close(client->endpoint);
	json_decref(client->started);
	free(client);
}

/* ---- calls -------------------------------------------------------------------------------------------- */

static bool call_once(struct client *client, const char *action, const char *body, struct answer *answer)
{
	*answer = (struct answer){0};
	if (client->endpoint)
		return endpoint_call(client->endpoint, action, body, answer);
	return client->wire ? call_owner(client, action, body, answer)
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
	bool named = starts && client->wire && client->passing && name_start(request), again = false;
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
	if (done && starts && client->wire && answer->status == 200)
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
	if (!good) {
		free(answer.body);
		return EXIT_STORE;
	}
	tree = json_loadb(answer.body ? answer.body : "{}", answer.body ? answer.len : 2,
			  JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	free(answer.body);
	if (!tree && client->endpoint) {
		complain(EXIT_STORE, "%s answered HTTP %d, not JSON: is it a Step Functions endpoint?",
			 client->options->endpoint, answer.status);
	} else if (!tree) {
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

/* What other partitions do is not told here: it is looked at. */
enum { LOOK_MS = 20 };

void client_wait(struct client *client, int milliseconds)
{
	if (client->owner && client->owner->partitions && milliseconds > LOOK_MS)
		milliseconds = LOOK_MS;
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

bool client_reads(const struct client *client)
{
	return client->reader != NULL;
}

bool client_owns(const struct client *client)
{
	return client->owner != NULL;
}

void client_settle(struct client *client)
{
	while (client->owner && !sw_engine_is_idle(client->owner->engine))
		ev_run(client->owner->loop, EVRUN_ONCE);
	while (client->owner && !sw_partitions_are_idle(client->owner->partitions))
		client_wait(client, LOOK_MS);
}

int check_owner(const struct options *options, const struct client *client)
{
	if (client_owns(client) || (!options->resources && !options->mock_config))
		return EXIT_OK;
	if (client->endpoint)
		return complain(
			EXIT_USAGE,
			"--resources and --mock-config are for the process that runs tasks: give them to "
			"`stepwell serve` at %s",
			options->endpoint);
	return complain(EXIT_USAGE,
			"%s is owned by a running stepwell, which has its own resources and mocks: leave out "
			"--resources and --mock-config, or give another --data",
			options->data);
}
