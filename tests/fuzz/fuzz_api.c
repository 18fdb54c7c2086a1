/*
 * Requests of anybody, against an engine in memory that has the machine "m" and its execution "n". An input
 * is the name of an action, a line break and a body; more requests may follow behind lines of "--". Every
 * request gets exactly one answer, a JSON object of the documented form.
 */
#include "server/server.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS_MAX 100
#define REQUESTS_MAX 8
#define DEFINITION                                                                                           \
	"{\\\"StartAt\\\":\\\"P\\\",\\\"States\\\":{\\\"P\\\":{\\\"Type\\\":\\\"Pass\\\",\\\"End\\\":true}}" \
	"}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct subject {
	struct sw_poll_loop *loop;
	struct sw_engine *engine;
	struct sw_api *api;
};

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void take(void *user, int status, const char *error_type, const char *body, size_t len)
{
	int *answers = user;
	json_t *tree = json_loadb(body, len, JSON_ALLOW_NUL, NULL);
	require(++*answers == 1);
	require(json_is_object(tree));
	require((status == 200) == !error_type);
	require(status == 200 || status == 400 || status == 500 || status == 503);
	if (error_type) {
		const char *type = json_string_value(json_object_get(tree, "__type"));
		require(type && strcmp(type, error_type) == 0);
		require(json_is_string(json_object_get(tree, "message")));
	}
	json_decref(tree);
}

static void request(struct subject *s, const char *action, const char *body, size_t len)
{
	int answers = 0;
	require(sw_api_call(s->api, action, body, len, take, &answers) == SW_OK);
	for (int i = 0; i < TURNS_MAX && !answers; i++)
		require(sw_poll_loop_run(s->loop, 10, NULL) == SW_OK);
	require(answers == 1);
}

static void request_text(struct subject *s, const char *action, const char *body)
{
	request(s, action, body, strlen(body));
}

static void subject_init(struct subject *s)
{
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	require(sw_poll_loop_new(&s->loop, NULL) == SW_OK);
	options.loop = sw_poll_loop_hooks(s->loop);
	options.synchronous_commit = true;
	options.seed = 1;
	require(sw_engine_new(&options, &s->engine, NULL) == SW_OK);
	require(sw_engine_resume(s->engine, SW_RESUME_ALL, NULL) == SW_OK);
	require(sw_api_new(s->engine, NULL, &s->api) == SW_OK);
	request_text(s, "CreateStateMachine", "{\"name\":\"m\",\"definition\":\"" DEFINITION "\"}");
	request_text(s, "StartExecution",
		     "{\"stateMachineArn\":\"arn:aws:states:us-east-1:123456789012:stateMachine:m\",\"name\":"
		     "\"n\"}");
}

/* One request of the input; returns what is behind it. */
static const char *request_of(struct subject *s, const char *at, const char *end)
{
	char action[64] = "";
	const char *line = memchr(at, '\n', (size_t)(end - at));
	const char *body = line ? line + 1 : end;
	const char *stop = memmem(body, (size_t)(end - body), "\n--\n", 4);
	size_t len = (size_t)((line ? line : end) - at);

	snprintf(action, sizeof(action), "%.*s", (int)(len < 60 ? len : 60), at);
	request(s, action, body, (size_t)((stop ? stop : end) - body));
	return stop ? stop + 4 : end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;
	struct subject s;
	if (size == 0)
		return 0;
	subject_init(&s);
	for (int i = 0; at < end && i < REQUESTS_MAX; i++)
		at = request_of(&s, at, end);
	sw_api_free(s.api);
	sw_engine_free(s.engine);
	sw_poll_loop_free(s.loop);
	return 0;
}
