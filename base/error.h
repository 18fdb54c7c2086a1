/*
 * Results and errors: what every function of Stepwell that can fail returns, and the located message
 * that goes with it. Used by every folder and by embedding programs (installed as stepwell/error.h).
 * It knows nothing else of Stepwell.
 */
#ifndef STEPWELL_ERROR_H
#define STEPWELL_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what the shared libraries export; everything else is hidden. */
#ifndef SW_API
#define SW_API __attribute__((visibility("default")))
#endif

/* The one list of results: name, number, text. Numbers never change. */
#define SW_RESULTS(X)                                                               \
	X(SW_OK, 0, "success")                                                      \
	X(SW_ENOMEM, -1, "out of memory")                                           \
	X(SW_EINVAL, -2, "a call that is not allowed, or an argument out of range") \
	X(SW_EBUSY, -3, "not allowed inside a callback, or still in use")           \
	X(SW_EJSON, -4, "the text is not JSON")                                     \
	X(SW_EDEFINITION, -5, "the state machine definition has mistakes")          \
	X(SW_EQUERY, -6, "the expression has a mistake")                            \
	X(SW_EINPUT, -7, "the input or output is not acceptable JSON")              \
	X(SW_ENAME, -8, "the name is not allowed")                                  \
	X(SW_EARN, -9, "the ARN is malformed")                                      \
	X(SW_ENOENT, -10, "there is no such thing")                                 \
	X(SW_EEXIST, -11, "it exists already")                                      \
	X(SW_EDELETING, -12, "the state machine is being deleted")                  \
	X(SW_ETOKEN, -13, "the token is malformed")                                 \
	X(SW_ETIMEDOUT, -14, "the task the token belongs to is over")               \
	X(SW_ELIMIT, -15, "a limit was reached")                                    \
	X(SW_EIO, -16, "an input or output operation failed")                       \
	X(SW_EFULL, -17, "the disk is full")                                        \
	X(SW_ECORRUPT, -18, "a record is damaged")                                  \
	X(SW_EVERSION, -19, "the format is newer than this program")                \
	X(SW_EOWNED, -20, "the data directory is in use by another process")        \
	X(SW_EFORKED, -21, "the handle belongs to the parent process")              \
	X(SW_ECLOSED, -22, "it is closed or shutting down")

enum sw_result {
#define SW_RESULT_ENUM(name, number, text) name = number,
	SW_RESULTS(SW_RESULT_ENUM)
#undef SW_RESULT_ENUM
};

/*
 * One error: caller-owned, fixed size, never allocates. Functions take it last and accept NULL.
 * The first error wins: sw_error_set() on an error that has a code changes nothing.
 */
struct sw_error {
	enum sw_result code;
	uint32_t line, column; /* 1-based; 0 when there is no source text */
	char pointer[256];     /* RFC 6901, e.g. /States/Ship/Next; empty for the whole document */
	char text[512];        /* one line, no trailing stop */
};

/* Returns the text of a result: a static string, for unknown numbers too. Any thread. */
SW_API const char *sw_result_text(enum sw_result result);

/* Makes err hold no error. NULL is allowed. */
SW_API void sw_error_clear(struct sw_error *err);

/*
 * Sets code and text of err unless it holds an error already; long texts are cut at a character
 * border. Returns code, so that a function can end with `return sw_error_set(err, SW_EINVAL, ...)`.
 */
SW_API enum sw_result sw_error_set(struct sw_error *err, enum sw_result code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif
#endif
