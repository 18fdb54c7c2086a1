#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/tasks/command_protocol.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct ends {
	struct sw_channel a, b;
};

static int setup(void **state)
{
	static struct ends ends;
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	sw_channel_init(&ends.a, fds[0]);
	sw_channel_init(&ends.b, fds[1]);
	*state = &ends;
	return 0;
}

static int teardown(void **state)
{
	struct ends *ends = *state;
	sw_channel_done(&ends->a);
	sw_channel_done(&ends->b);
	return 0;
}

static void frames_arrive_as_they_were_sent(void **state)
{
	struct ends *ends = *state;
	struct sw_frame frame;
	size_t begun = sw_channel_begin(&ends->a, SW_FRAME_RUN, 0x123456789ABCDEF0);
	sw_channel_blob(&ends->a, "abc", 3);
	sw_channel_blob(&ends->a, NULL, 0);
	assert_int_equal(sw_channel_end(&ends->a, begun), SW_OK);
	begun = sw_channel_begin(&ends->a, SW_FRAME_END, 7);
	assert_int_equal(sw_channel_end(&ends->a, begun), SW_OK);
	assert_int_equal(sw_channel_pending(&ends->a), 2 * SW_FRAME_HEAD_BYTES + 11);
	assert_int_equal(sw_channel_flush(&ends->a), SW_OK);
	assert_int_equal(sw_channel_pending(&ends->a), 0);

	assert_int_equal(sw_channel_next(&ends->b, &frame), SW_ENOENT);
	assert_int_equal(sw_channel_receive(&ends->b), SW_OK);
	assert_int_equal(sw_channel_next(&ends->b, &frame), SW_OK);
	assert_int_equal(frame.kind, SW_FRAME_RUN);
	assert_true(frame.job == 0x123456789ABCDEF0);
	struct sw_cursor cursor = sw_cursor(frame.body);
	struct sw_slice blob = sw_frame_blob(&cursor);
	assert_int_equal(blob.len, 3);
	assert_memory_equal(blob.data, "abc", 3);
	assert_int_equal(sw_frame_blob(&cursor).len, 0);
	assert_false(cursor.failed);
	sw_frame_blob(&cursor);
	assert_true(cursor.failed);
	assert_int_equal(sw_channel_next(&ends->b, &frame), SW_OK);
	assert_int_equal(frame.kind, SW_FRAME_END);
	assert_int_equal(frame.job, 7);
	assert_int_equal(sw_channel_next(&ends->b, &frame), SW_ENOENT);
}

static void a_frame_larger_than_the_socket_goes_in_pieces(void **state)
{
	struct ends *ends = *state;
	struct sw_frame frame;
	size_t len = 5000000;
	char *data = calloc(1, len);
	assert_non_null(data);
	data[len - 1] = 'z';
	size_t begun = sw_channel_begin(&ends->a, SW_FRAME_STDERR, 1);
	sw_buf_append(&ends->a.out, data, len);
	assert_int_equal(sw_channel_end(&ends->a, begun), SW_OK);
	enum sw_result r = SW_ENOENT;
	for (int i = 0; r == SW_ENOENT && i < 10000; i++) {
		assert_int_equal(sw_channel_flush(&ends->a), SW_OK);
		assert_int_equal(sw_channel_receive(&ends->b), SW_OK);
		r = sw_channel_next(&ends->b, &frame);
	}
	assert_int_equal(r, SW_OK);
	assert_int_equal(frame.body.len, len);
	assert_memory_equal(frame.body.data, data, len);
	free(data);
}

static void a_length_beyond_the_limit_is_refused_before_anything_is_kept_for_it(void **state)
{
	struct ends *ends = *state;
	struct sw_frame frame;
	const uint8_t head[SW_FRAME_HEAD_BYTES] = {0xFF, 0xFF, 0xFF, 0xFF};
	assert_int_equal(write(ends->a.fd, head, sizeof(head)), sizeof(head));
	assert_int_equal(sw_channel_receive(&ends->b), SW_OK);
	assert_int_equal(sw_channel_next(&ends->b, &frame), SW_ECORRUPT);
}

static void a_frame_that_would_be_too_large_is_left_out(void **state)
{
	struct ends *ends = *state;
	size_t begun = sw_channel_begin(&ends->a, SW_FRAME_RUN, 1);
	char *data = calloc(1, SW_FRAME_BODY_BYTES_MAX);
	assert_non_null(data);
	sw_channel_blob(&ends->a, data, SW_FRAME_BODY_BYTES_MAX);
	free(data);
	assert_int_equal(sw_channel_end(&ends->a, begun), SW_ELIMIT);
	assert_int_equal(sw_channel_pending(&ends->a), 0);
	begun = sw_channel_begin(&ends->a, SW_FRAME_END, 1);
	assert_int_equal(sw_channel_end(&ends->a, begun), SW_OK);
	assert_int_equal(sw_channel_pending(&ends->a), SW_FRAME_HEAD_BYTES);
}

static void the_other_ends_close_is_seen_after_what_it_sent(void **state)
{
	struct ends *ends = *state;
	struct sw_frame frame;
	size_t begun = sw_channel_begin(&ends->a, SW_FRAME_GONE, 9);
	assert_int_equal(sw_channel_end(&ends->a, begun), SW_OK);
	assert_int_equal(sw_channel_flush(&ends->a), SW_OK);
	sw_channel_done(&ends->a);
	enum sw_result r = SW_OK;
	for (int i = 0; r == SW_OK && i < 3; i++)
		r = sw_channel_receive(&ends->b);
	assert_int_equal(r, SW_ECLOSED);
	assert_int_equal(sw_channel_next(&ends->b, &frame), SW_OK);
	assert_int_equal(frame.job, 9);
	begun = sw_channel_begin(&ends->b, SW_FRAME_END, 9);
	assert_int_equal(sw_channel_end(&ends->b, begun), SW_OK);
	assert_int_equal(sw_channel_flush(&ends->b), SW_ECLOSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(frames_arrive_as_they_were_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(a_frame_larger_than_the_socket_goes_in_pieces, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_length_beyond_the_limit_is_refused_before_anything_is_kept_for_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_frame_that_would_be_too_large_is_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(the_other_ends_close_is_seen_after_what_it_sent, setup,
						teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
