/*
 * Prometheus's text format (0.0.4), and the histograms of histogram.h. Used by engine/ and server/ when somebody
 * asks for metrics; only sw_histogram_add is called where time counts.
 */
#ifndef SW_BASE_PROMETHEUS_H
#define SW_BASE_PROMETHEUS_H

#include "base/buf.h"
#include "base/histogram.h"

void sw_histogram_add(struct sw_histogram *histogram, uint64_t value);
/* Upper bounds in the unit of the values, rising; *ret_count of them. Static. */
const uint64_t *sw_histogram_bounds(enum sw_bounds bounds, unsigned *ret_count);
uint64_t sw_histogram_count(const struct sw_histogram *histogram);

/* The lines HELP and TYPE ("counter", "gauge", "histogram"); its samples follow at once. help is one line. */
void sw_metric_family(struct sw_buf *out, const char *name, const char *type, const char *help);
/*
 * One sample. Labels are pairs of texts, name and value, ended by NULL; values may be any UTF-8. A histogram
 * prints its buckets, its sum and its count, all with the labels.
 */
void sw_metric_count(struct sw_buf *out, const char *name, uint64_t value, ...) __attribute__((sentinel));
void sw_metric_real(struct sw_buf *out, const char *name, double value, ...) __attribute__((sentinel));
void sw_metric_histogram(struct sw_buf *out, const char *name, const struct sw_histogram *histogram, ...)
	__attribute__((sentinel));
/* A family of one sample without labels. */
void sw_metric_lone(struct sw_buf *out, const char *name, const char *type, const char *help, uint64_t value);

#endif
