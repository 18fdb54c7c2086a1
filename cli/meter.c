/* What a long look at a store shows on a terminal meanwhile, and how large things are. */
#include "cli/cli.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

enum { SHOWN_AFTER_MS = 500, SHOWN_EVERY_MS = 100 };

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct meter meter_start(void)
{
	return (struct meter){.shown_ms = now_ms() + SHOWN_AFTER_MS - SHOWN_EVERY_MS,
			      .terminal = isatty(STDERR_FILENO) == 1};
}

void meter_show(struct meter *meter, const char *what, uint64_t count)
{
	int64_t now = meter->terminal ? now_ms() : 0;
	if (!meter->terminal || now - meter->shown_ms < SHOWN_EVERY_MS)
		return;
	fprintf(stderr, "\r\033[K%s: %" PRIu64, what, count);
	meter->shown_ms = now;
	meter->shown = true;
}

void meter_clear(struct meter *meter)
{
	if (meter->shown)
		fputs("\r\033[K", stderr);
	meter->shown = false;
}

const char *size_text(uint64_t bytes, char *text, size_t text_bytes)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double size = (double)bytes;
	size_t unit = 0;
	while (size >= 1024 && unit + 1 < sizeof(units) / sizeof(*units)) {
		size /= 1024;
		unit++;
	}
	snprintf(text, text_bytes, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
	return text;
}
