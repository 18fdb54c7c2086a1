/* Prometheus's text format, and histograms: see prometheus.h. */
#include "base/prometheus.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LABEL_BYTES_MAX 512 /* of a value: longer ones are cut */

/* ---- histograms ---- */

static const uint64_t seconds[] = {500,     1000,     2500,     5000,     10000,     25000,
				   50000,   100000,   250000,   500000,   1000000,   2500000,
				   5000000, 10000000, 30000000, 60000000, 300000000, 3600000000};
static const uint64_t sizes[] = {1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304};

_Static_assert(sizeof(seconds) / sizeof(*seconds) <= SW_HISTOGRAM_BOUNDS_MAX, "bounds fit a histogram");
_Static_assert(sizeof(sizes) / sizeof(*sizes) <= SW_HISTOGRAM_BOUNDS_MAX, "bounds fit a histogram");

const uint64_t *sw_histogram_bounds(enum sw_bounds bounds, unsigned *ret_count)
{
	bool times = bounds == SW_BOUNDS_SECONDS;
	*ret_count = times ? sizeof(seconds) / sizeof(*seconds) : sizeof(sizes) / sizeof(*sizes);
	return times ? seconds : sizes;
}

void sw_histogram_add(struct sw_histogram *histogram, uint64_t value)
{
	unsigned count, at = 0;
	const uint64_t *bounds = sw_histogram_bounds(histogram->bounds, &count);
	while (at < count && value > bounds[at])
		at++;
	histogram->counts[at]++;
	histogram->sum += value;
}

uint64_t sw_histogram_count(const struct sw_histogram *histogram)
{
	uint64_t count = 0;
	for (unsigned i = 0; i <= SW_HISTOGRAM_BOUNDS_MAX; i++)
		count += histogram->counts[i];
	return count;
}

/* ---- text ---- */

void sw_metric_family(struct sw_buf *out, const char *name, const char *type, const char *help)
{
	sw_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* "Label values can be any sequence of UTF-8, but backslash, double-quote and line feed have to be escaped." */
static void print_label(struct sw_buf *out, const char *name, const char *value, bool first)
{
	size_t len = strnlen(value, LABEL_BYTES_MAX);
	while (len == LABEL_BYTES_MAX && len > 0 && ((unsigned char)value[len] & 0xC0) == 0x80)
		len--; /* not in the middle of a character */
	sw_buf_printf(out, "%c%s=\"", first ? '{' : ',', name);
	for (size_t i = 0; i < len; i++) {
		if (value[i] == '\n')
			sw_buf_text(out, "\\n");
		else if (value[i] == '"' || value[i] == '\\')
			sw_buf_printf(out, "\\%c", value[i]);
		else
			sw_buf_char(out, value[i]);
	}
	sw_buf_char(out, '"');
}

/* name, suffix, and the labels; le, when it is given, is the last one. */
static void print_name(struct sw_buf *out, const char *name, const char *suffix, const char *le,
		       va_list labels)
{
	bool first = true;
	const char *label;
	sw_buf_text(out, name);
	sw_buf_text(out, suffix);
	while ((label = va_arg(labels, const char *))) {
		print_label(out, label, va_arg(labels, const char *), first);
		first = false;
	}
	if (le)
		print_label(out, "le", le, first);
	sw_buf_text(out, first && !le ? " " : "} ");
}

void sw_metric_count(struct sw_buf *out, const char *name, uint64_t value, ...)
{
	va_list labels;
	va_start(labels, value);
	print_name(out, name, "", NULL, labels);
	va_end(labels);
	sw_buf_printf(out, "%" PRIu64 "\n", value);
}

void sw_metric_real(struct sw_buf *out, const char *name, double value, ...)
{
	va_list labels;
	va_start(labels, value);
	print_name(out, name, "", NULL, labels);
	va_end(labels);
	sw_buf_printf(out, "%.3f\n", value);
}

void sw_metric_lone(struct sw_buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
	sw_metric_family(out, name, type, help);
	sw_metric_count(out, name, value, NULL);
}

/* Microseconds are told in seconds; shortest without trailing zeros. */
static void print_value(char text[32], enum sw_bounds bounds, uint64_t value)
{
	if (bounds != SW_BOUNDS_SECONDS) {
		snprintf(text, 32, "%" PRIu64, value);
		return;
	}
	int len = snprintf(text, 32, "%" PRIu64 ".%06" PRIu64, value / 1000000, value % 1000000);
	while (len > 0 && text[len - 1] == '0')
		text[--len] = '\0';
	if (len > 0 && text[len - 1] == '.')
		text[--len] = '\0';
}

void sw_metric_histogram(struct sw_buf *out, const char *name, const struct sw_histogram *histogram, ...)
{
	char text[32];
	unsigned count;
	uint64_t total = 0;
	va_list labels;
	const uint64_t *bounds = sw_histogram_bounds(histogram->bounds, &count);
	for (unsigned i = 0; i <= count; i++) {
		total += histogram->counts[i];
		snprintf(text, sizeof(text), "+Inf");
		if (i < count)
			print_value(text, histogram->bounds, bounds[i]);
		va_start(labels, histogram);
		print_name(out, name, "_bucket", text, labels);
		va_end(labels);
		sw_buf_printf(out, "%" PRIu64 "\n", total);
	}
	va_start(labels, histogram);
	print_name(out, name, "_sum", NULL, labels);
	va_end(labels);
	print_value(text, histogram->bounds, histogram->sum);
	sw_buf_printf(out, "%s\n", text);
	va_start(labels, histogram);
	print_name(out, name, "_count", NULL, labels);
	va_end(labels);
	sw_buf_printf(out, "%" PRIu64 "\n", total);
}
