/* Histograms, and Prometheus's text format. */
#include "base/prometheus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void a_value_counts_in_the_first_bucket_that_holds_it(void **state)
{
	struct sw_histogram histogram = {.bounds = SW_BOUNDS_SECONDS};
	unsigned count;
	const uint64_t *bounds = sw_histogram_bounds(SW_BOUNDS_SECONDS, &count);
	for (unsigned i = 0; i < count; i++) {
		sw_histogram_add(&histogram, bounds[i]); /* a bound is in its own bucket */
		assert_int_equal(histogram.counts[i], 1);
		sw_histogram_add(&histogram, bounds[i] + 1);
		assert_int_equal(histogram.counts[i + 1], 1);
		histogram.counts[i] = histogram.counts[i + 1] = 0;
	}
	sw_histogram_add(&histogram, 0);
	sw_histogram_add(&histogram, UINT64_MAX / 2);
	assert_int_equal(histogram.counts[0], 1);
	assert_int_equal(histogram.counts[count], 1);
	assert_int_equal(sw_histogram_count(&histogram), 2);
}

static void bounds_rise(void **state)
{
	for (int kind = SW_BOUNDS_SECONDS; kind <= SW_BOUNDS_SIZES; kind++) {
		unsigned count;
		const uint64_t *bounds = sw_histogram_bounds((enum sw_bounds)kind, &count);
		for (unsigned i = 1; i < count; i++)
			assert_true(bounds[i] > bounds[i - 1]);
	}
}

static void labels_are_escaped(void **state)
{
	struct sw_buf out = SW_BUF;
	sw_metric_count(&out, "a_total", 7, "resource", "a\"b\\c\nd\xC3\xA9", "x", "", NULL);
	sw_metric_count(&out, "b", UINT64_MAX, NULL);
	assert_string_equal(out.data, "a_total{resource=\"a\\\"b\\\\c\\nd\xC3\xA9\",x=\"\"} 7\n"
				      "b 18446744073709551615\n");
	sw_buf_done(&out);
}

static void long_labels_are_cut_between_characters(void **state)
{
	struct sw_buf out = SW_BUF;
	char label[600] = "";
	for (int i = 0; i < 299; i++)
		strcat(label + 2 * i, "\xC3\xA9");
	memmove(label + 1, label, strlen(label) + 1);
	label[0] = 'x'; /* so that the cut at an even place is inside a character */
	sw_metric_count(&out, "a", 1, "l", label, NULL);
	assert_true(out.len < 560);
	assert_non_null(strstr(out.data, "\xC3\xA9\"} 1\n"));
	sw_buf_done(&out);
}

static void a_family_begins_with_help_and_type(void **state)
{
	struct sw_buf out = SW_BUF;
	sw_metric_lone(&out, "a", "gauge", "What it is.", 3);
	sw_metric_real(&out, "b", 1.5, "k", "v", NULL);
	assert_string_equal(out.data, "# HELP a What it is.\n# TYPE a gauge\na 3\nb{k=\"v\"} 1.500\n");
	sw_buf_done(&out);
}

static void a_histogram_prints_sums_of_buckets_in_seconds(void **state)
{
	struct sw_buf out = SW_BUF;
	struct sw_histogram histogram = {.bounds = SW_BOUNDS_SECONDS};
	sw_histogram_add(&histogram, 400);
	sw_histogram_add(&histogram, 700);
	sw_histogram_add(&histogram, 2000000);
	sw_metric_histogram(&out, "t_seconds", &histogram, "who", "me", NULL);
	static const char *const lines[] = {"t_seconds_bucket{who=\"me\",le=\"0.0005\"} 1\n",
					    "t_seconds_bucket{who=\"me\",le=\"0.001\"} 2\n",
					    "t_seconds_bucket{who=\"me\",le=\"1\"} 2\n",
					    "t_seconds_bucket{who=\"me\",le=\"2.5\"} 3\n",
					    "t_seconds_bucket{who=\"me\",le=\"3600\"} 3\n",
					    "t_seconds_bucket{who=\"me\",le=\"+Inf\"} 3\n",
					    "t_seconds_sum{who=\"me\"} 2.0011\n",
					    "t_seconds_count{who=\"me\"} 3\n"};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strstr(out.data, lines[i]))
			fail_msg("%s is not in\n%s", lines[i], out.data);
	sw_buf_done(&out);
	struct sw_histogram sizes = {.bounds = SW_BOUNDS_SIZES};
	sw_histogram_add(&sizes, 5);
	sw_metric_histogram(&out, "s", &sizes, NULL);
	assert_non_null(strstr(out.data, "s_bucket{le=\"4\"} 0\ns_bucket{le=\"16\"} 1\n"));
	assert_non_null(strstr(out.data, "s_sum 5\ns_count 1\n"));
	sw_buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_counts_in_the_first_bucket_that_holds_it),
		cmocka_unit_test(bounds_rise),
		cmocka_unit_test(labels_are_escaped),
		cmocka_unit_test(long_labels_are_cut_between_characters),
		cmocka_unit_test(a_family_begins_with_help_and_type),
		cmocka_unit_test(a_histogram_prints_sums_of_buckets_in_seconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
