/* The API over a real engine in memory: what test programs of the server share. */
#ifndef SW_TESTS_REAL_ENGINE_H
#define SW_TESTS_REAL_ENGINE_H

#include "server/server.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS_MAX 2000 /* of at most 10 ms */

struct fixture {
	struct sw_poll_loop *loop;
	struct sw_engine *engine;
	struct sw_api *api;
	int answers, status;
	json_t *body;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	assert_int_equal(sw_poll_loop_new(&f->loop, NULL), SW_OK);
	options.loop = sw_poll_loop_hooks(f->loop);
	options.region = "eu-central-1";
	options.account = "111122223333";
	assert_int_equal(sw_engine_new(&options, &f->engine, NULL), SW_OK);
	assert_int_equal(sw_engine_resume(f->engine, SW_RESUME_ALL, NULL), SW_OK);
	assert_int_equal(sw_api_new(f->engine, NULL, &f->api), SW_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	sw_engine_free(f->engine);
	sw_api_free(f->api);
	sw_poll_loop_free(f->loop);
	json_decref(f->body);
	free(f);
	return 0;
}

static void take(void *user, int status, const char *error_type, const char *body, size_t len)
{
	struct fixture *f = user;
	f->answers++;
	f->status = status;
	json_decref(f->body);
	f->body = json_loadb(body, len, JSON_ALLOW_NUL, NULL);
	assert_non_null(f->body);
}

static int call(struct fixture *f, const char *action, const char *body)
{
	f->answers = 0;
	assert_int_equal(sw_api_call(f->api, action, body, strlen(body), take, f), SW_OK);
	for (int i = 0; i < TURNS_MAX && !f->answers; i++)
		sw_poll_loop_run(f->loop, 10, NULL);
	assert_int_equal(f->answers, 1);
	return f->status;
}

static const char *text(struct fixture *f, const char *member)
{
	const char *value = json_string_value(json_object_get(f->body, member));
	return value ? value : "";
}

#endif
