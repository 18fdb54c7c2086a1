/*
 * What the engine and stepwell-helper say to each other over their socket pair: frames of a fixed head and a
 * bounded body. Knows base/ only; both programs are built of it, so that there is one reading and one
 * writing.
 *
 *   head: body length (be32), kind (be32), job (be64)
 *
 *   to the helper
 *     RUN     output_bytes_max (be32), flags (be32), directory, argc (be32), argv..., envc (be32), env...,
 * input; texts and the input as be32 length and bytes END     empty: the job's process group is to end;
 * RESULT and GONE come all the same to the engine HELLO   version (be32); once, first STDERR  what the
 * program wrote, as it came (only when asked for; may be left out under load) RESULT  how (be32), number
 * (be32), end of stderr (be32 length and bytes), output (the same); once for each RUN GONE    empty: the last
 * process of the job's group has ended; once, behind RESULT
 *
 * The end of the socket is the order to end everything.
 */
#ifndef SW_ENGINE_TASKS_COMMAND_PROTOCOL_H
#define SW_ENGINE_TASKS_COMMAND_PROTOCOL_H

#include "base/buf.h"

#define SW_HELPER_VERSION 1
#define SW_HELPER_SOCKET_FD 3
#define SW_HELPER_LOCK_FD 4 /* there when the helper was started with "--lock" */
#define SW_FRAME_HEAD_BYTES 16
#define SW_FRAME_BODY_BYTES_MAX (64u << 20)
#define SW_STDERR_TAIL_BYTES 4096

enum sw_frame_kind {
	SW_FRAME_RUN = 1,
	SW_FRAME_END,
	SW_FRAME_HELLO = 65,
	SW_FRAME_STARTED,
	SW_FRAME_STDERR,
	SW_FRAME_RESULT,
	SW_FRAME_GONE,
};
enum sw_run_flags { SW_RUN_FORWARD_STDERR = 1 };

/* How a program ended, and what `number` is then. */
enum sw_command_how {
	SW_COMMAND_EXITED,     /* the exit status */
	SW_COMMAND_KILLED,     /* the signal */
	SW_COMMAND_NO_PROCESS, /* errno: no process or pipe was to be had */
	SW_COMMAND_NO_CWD,     /* errno of chdir */
	SW_COMMAND_NO_EXEC,    /* errno of execve */
	SW_COMMAND_TOO_LARGE,  /* the limit: it wrote more than output_bytes_max and was ended */
};

struct sw_frame {
	uint32_t kind;
	uint64_t job;
	struct sw_slice body; /* borrowed until the next call on the channel */
};

/* One end of the socket pair. Never blocks. */
struct sw_channel {
	int fd;
	struct sw_buf in, out;
	size_t in_done, out_done; /* how much of in was taken, of out was sent */
};
void sw_channel_init(struct sw_channel *channel, int fd);
void sw_channel_done(struct sw_channel *channel); /* closes fd */

/*
 * Writing: begin, append the body to channel->out, end. end gives SW_ENOMEM or SW_ELIMIT (body too large)
 * when the frame did not come about; it is then left out and the channel is as before.
 */
size_t sw_channel_begin(struct sw_channel *channel, enum sw_frame_kind kind, uint64_t job);
enum sw_result sw_channel_end(struct sw_channel *channel, size_t begun);
void sw_channel_blob(struct sw_channel *channel, const void *data, size_t len); /* be32 length and bytes */
/* Sends what the socket takes. SW_ECLOSED when the other end is gone. */
enum sw_result sw_channel_flush(struct sw_channel *channel);
size_t sw_channel_pending(const struct sw_channel *channel); /* bytes not yet sent */

/* Reading: receives what there is (bounded). SW_ECLOSED at the end, SW_ENOMEM. */
enum sw_result sw_channel_receive(struct sw_channel *channel);
/* SW_OK with the next whole frame; SW_ENOENT: none yet; SW_ECORRUPT: what came is no frame. */
enum sw_result sw_channel_next(struct sw_channel *channel, struct sw_frame *ret_frame);
struct sw_slice sw_frame_blob(struct sw_cursor *cursor); /* be32 length and bytes; borrowed from the frame */

#endif
