/* The one log hook. The library never prints; the host's callback gets each line. */
#ifndef STEPWELL_LOG_H
#define STEPWELL_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

enum sw_log_level { SW_LOG_ERROR, SW_LOG_WARNING, SW_LOG_INFO, SW_LOG_DEBUG };

/* Called on the loop's thread and on the commit thread; text is one line, borrowed for the call. */
typedef void sw_log_fn(void *user, enum sw_log_level level, const char *file, int line, const char *text);

struct sw_log {
	sw_log_fn *write; /* NULL: nothing is logged */
	void *user;
	enum sw_log_level level; /* lines above this level are not made */
};

void sw_log_printf(const struct sw_log *log, enum sw_log_level level, const char *file, int line,
		   const char *format, ...) __attribute__((format(printf, 5, 6)));
#define SW_LOG(log, level, ...) sw_log_printf((log), (level), __FILE__, __LINE__, __VA_ARGS__)

#ifdef __cplusplus
}
#endif
#endif
