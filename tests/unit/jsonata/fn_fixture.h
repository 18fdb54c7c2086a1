/* What the tests of built-in functions share: expressions in, results as JSON texts or codes of errors out. */
#ifndef TESTS_UNIT_JSONATA_FN_FIXTURE_H
#define TESTS_UNIT_JSONATA_FN_FIXTURE_H

#include "asl/jsonata/jsonata.h"
#include "asl/value.h"
#include "base/rng.h"

#include <string.h>

#define NOW_MS 1520000000123 /* 2018-03-02T14:13:20.123Z */

/* What expr gives: JSON, "undefined", or the code of its error. */
struct fn_case {
	const char *expr, *want;
};

/* Appends what the expression gives without an input. */
static inline void put_result(const char *expr_text, unsigned flags, uint64_t bytes_max, struct sw_buf *out)
{
	struct sw_jsonata *expr = NULL;
	struct sw_jsonata_error err = {0};
	struct sw_rng rng = sw_rng(1);
	struct sw_jsonata_env env = {.now_ms = NOW_MS, .rng = &rng, .bytes_max = bytes_max};
	json_t *tree = NULL;
	enum sw_result result = sw_jsonata_compile(expr_text, strlen(expr_text), flags, &expr, &err);
	if (result == SW_OK)
		result = sw_jsonata_evaluate(expr, &env, &tree, &err);
	if (result != SW_OK)
		sw_buf_text(out, result == SW_ENOMEM ? "no memory" : err.code);
	else if (!tree)
		sw_buf_text(out, "undefined");
	else
		assert_int_equal(sw_json_print(tree, out, SIZE_MAX), SW_OK);
	json_decref(tree);
	sw_jsonata_free(expr);
}

static inline void expect_flags(const char *expr, unsigned flags, const char *want)
{
	struct sw_buf out = SW_BUF;
	put_result(expr, flags, 0, &out);
	if (strcmp(out.data ? out.data : "", want) != 0)
		fail_msg("%s: %s, not %s", expr, out.data, want);
	sw_buf_done(&out);
}

static inline void expect_cases(const struct fn_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_flags(cases[i].expr, 0, cases[i].want);
}
#define EXPECT(cases) expect_cases(cases, sizeof(cases) / sizeof((cases)[0]))

#endif
