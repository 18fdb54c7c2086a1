/*
 * The one log hook. The library never prints; the host's callback gets each line: as a text (write), or as what
 * it is made of (event), for hosts that log fields.
 */
#ifndef STEPWELL_LOG_H
#define STEPWELL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sw_log_level { SW_LOG_ERROR, SW_LOG_WARNING, SW_LOG_INFO, SW_LOG_DEBUG };

/* Called on the loop's thread and on the commit thread; text is one line, borrowed for the call. */
typedef void sw_log_fn(void *user, enum sw_log_level level, const char *file, int line, const char *text);

/* What an event tells beside its text. Never a payload, a token or another secret. */
struct sw_log_field {
	const char *name; /* letters and '_' */
	const char *text; /* NULL: number */
	int64_t number;
};
struct sw_log_event {
	enum sw_log_level level;
	const char *file; /* of the source, from the root: its first folder is the component */
	int line;
	const char *text;
	const char *execution; /* ARN of the execution it is about; NULL: none */
	const struct sw_log_field *fields;
	size_t fields_count;
};
/* As sw_log_fn. Texts are borrowed for the call. */
typedef void sw_log_event_fn(void *user, const struct sw_log_event *event);

struct sw_log {
	sw_log_fn *write; /* NULL: nothing is logged, unless there is event */
	void *user;
	enum sw_log_level level; /* lines above this level are not made */
	sw_log_event_fn *event;  /* not NULL: called instead of write */
};

/* Would a line of this level be logged? For those who make its fields first. */
bool sw_log_wants(const struct sw_log *log, enum sw_log_level level);
/* For write the execution comes before the text, and the fields behind it, as NAME=VALUE. */
void sw_log_tell(const struct sw_log *log, const struct sw_log_event *event);
void sw_log_printf(const struct sw_log *log, enum sw_log_level level, const char *file, int line,
		   const char *format, ...) __attribute__((format(printf, 5, 6)));
#define SW_LOG(log, level, ...) sw_log_printf((log), (level), __FILE__, __LINE__, __VA_ARGS__)
/* The same about an execution. */
void sw_log_about(const struct sw_log *log, enum sw_log_level level, const char *file, int line,
		  const char *execution, const char *format, ...) __attribute__((format(printf, 6, 7)));
#define SW_LOG_ABOUT(log, level, execution, ...) \
	sw_log_about((log), (level), __FILE__, __LINE__, (execution), __VA_ARGS__)

#ifdef __cplusplus
}
#endif
#endif
