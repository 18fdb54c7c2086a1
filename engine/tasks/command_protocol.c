/* Frames over a stream socket: see command_protocol.h. */
#include "engine/tasks/command_protocol.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_BYTES 65536
#define RECEIVES_MAX 16 /* at once, so that one busy end does not starve the rest of the loop */
#define KEEP_BYTES_MAX (1u << 20)

void sw_channel_init(struct sw_channel *channel, int fd)
{
	*channel = (struct sw_channel){.fd = fd};
}

void sw_channel_done(struct sw_channel *channel)
{
	if (channel->fd >= 0)
		close(channel->fd);
	sw_buf_done(&channel->in);
	sw_buf_done(&channel->out);
	*channel = (struct sw_channel){.fd = -1};
}

size_t sw_channel_begin(struct sw_channel *channel, enum sw_frame_kind kind, uint64_t job)
{
	size_t begun = channel->out.len;
	sw_buf_be32(&channel->out, 0); /* the length, put in at the end */
	sw_buf_be32(&channel->out, kind);
	sw_buf_be64(&channel->out, job);
	return begun;
}

enum sw_result sw_channel_end(struct sw_channel *channel, size_t begun)
{
	struct sw_buf *out = &channel->out;
	size_t body = out->failed ? 0 : out->len - begun - SW_FRAME_HEAD_BYTES;
	if (out->failed || body > SW_FRAME_BODY_BYTES_MAX) {
		enum sw_result r = out->failed ? SW_ENOMEM : SW_ELIMIT;
		out->failed = false;
		out->len = begun;
		return r;
	}
	for (int i = 0; i < 4; i++)
		out->data[begun + (size_t)i] = (char)(body >> (24 - 8 * i));
	return SW_OK;
}

void sw_channel_blob(struct sw_channel *channel, const void *data, size_t len)
{
	if (len > SW_FRAME_BODY_BYTES_MAX)
		channel->out.failed = true;
	sw_buf_be32(&channel->out, (uint32_t)len);
	sw_buf_append(&channel->out, data, len);
}

/* Moves what is left to the front once it is the smaller part; lets go of memory that one large frame needed.
 */
static void drop_done(struct sw_buf *buf, size_t *done)
{
	size_t left = buf->len - *done;
	if (left == 0 && buf->capacity > KEEP_BYTES_MAX) {
		sw_buf_done(buf);
		*done = 0;
	} else if (*done && left <= *done) {
		memmove(buf->data, buf->data + *done, left);
		buf->len = left;
		*done = 0;
	}
}

enum sw_result sw_channel_flush(struct sw_channel *channel)
{
	enum sw_result r = SW_OK;
	while (channel->out_done < channel->out.len) {
		ssize_t sent = send(channel->fd, channel->out.data + channel->out_done,
				    channel->out.len - channel->out_done, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0) {
			r = errno == EAGAIN || errno == ENOBUFS ? SW_OK : SW_ECLOSED;
			break;
		}
		channel->out_done += (size_t)sent;
	}
	drop_done(&channel->out, &channel->out_done);
	return r;
}

size_t sw_channel_pending(const struct sw_channel *channel)
{
	return channel->out.len - channel->out_done;
}

enum sw_result sw_channel_receive(struct sw_channel *channel)
{
	drop_done(&channel->in, &channel->in_done);
	for (int i = 0; i < RECEIVES_MAX; i++) {
		if (!sw_buf_reserve(&channel->in, RECEIVE_BYTES)) {
			channel->in.failed = false;
			return SW_ENOMEM;
		}
		ssize_t got =
			recv(channel->fd, channel->in.data + channel->in.len, RECEIVE_BYTES, MSG_DONTWAIT);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? SW_OK : SW_ECLOSED;
		if (got == 0)
			return SW_ECLOSED;
		channel->in.len += (size_t)got;
		if (got < RECEIVE_BYTES)
			return SW_OK;
	}
	return SW_OK;
}

enum sw_result sw_channel_next(struct sw_channel *channel, struct sw_frame *ret_frame)
{
	if (channel->in.len - channel->in_done < SW_FRAME_HEAD_BYTES)
		return SW_ENOENT;
	struct sw_slice rest = {channel->in.data + channel->in_done, channel->in.len - channel->in_done};
	struct sw_cursor cursor = sw_cursor(rest);
	uint32_t length = sw_cursor_be32(&cursor);
	struct sw_frame frame = {.kind = sw_cursor_be32(&cursor)};
	frame.job = sw_cursor_be64(&cursor);
	if (length > SW_FRAME_BODY_BYTES_MAX)
		return SW_ECORRUPT;
	if (rest.len - SW_FRAME_HEAD_BYTES < length)
		return SW_ENOENT;
	frame.body = sw_cursor_bytes(&cursor, length);
	channel->in_done += SW_FRAME_HEAD_BYTES + length;
	*ret_frame = frame;
	return SW_OK;
}

struct sw_slice sw_frame_blob(struct sw_cursor *cursor)
{
	uint32_t length = sw_cursor_be32(cursor);
	return sw_cursor_bytes(cursor, length);
}
