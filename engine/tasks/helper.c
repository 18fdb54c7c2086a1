/*
 * stepwell-helper: runs the commands of one engine. A library must not fork a large process, wait for
 * children or handle signals in somebody else's program; this small one does it instead, one thread, one poll
 * loop, and talks to its owner over a socket pair (command_protocol.h). It blocks on nobody: a child that
 * does not read, does not stop writing, ignores SIGTERM or leaves others behind that hold its pipes costs
 * only its own time.
 *
 * It lives until the owner's end of the socket closes, whatever the reason; then it ends every process group
 * and leaves. Until then it holds the lock it was given, so that the next owner of the directory knows when
 * nothing of the last one runs any more.
 */
#include "base/mem.h"
#include "engine/tasks/command_protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TERM_GRACE_MS 2000       /* between SIGTERM and SIGKILL */
#define DRAIN_MS 500             /* for output that others still hold open after the program ended */
#define CHECK_MS 100             /* between looks at groups whose leader has ended */
#define READ_BYTES 65536         /* at once from one pipe */
#define TEXTS_MAX 65536          /* arguments, and variables, of one program */
#define FORWARD_BYTES_MAX 262144 /* unsent bytes above which stderr is no longer passed on */
#define OWN_POLLS 3

struct job {
	struct job *next;
	uint64_t id;
	pid_t pid; /* also of the process group */
	int in_fd, out_fd, err_fd,
		exec_fd; /* -1 when closed; exec_fd tells what failed before the program ran */
	size_t poll_at;  /* place of its pipes in the poll list of this turn */
	char *input;
	size_t input_len, input_done;
	struct sw_buf output;
	uint32_t output_bytes_max;
	char tail[SW_STDERR_TAIL_BYTES]; /* the end of stderr */
	size_t tail_len;
	bool forward_stderr, too_large;
	bool reaped, reported, ending;
	bool gone; /* nobody is in the group any more: its number may soon be another's, and gets no signal */
	enum sw_command_how how;
	uint32_t number;
	int64_t drain_due_ms, kill_due_ms;
};

struct helper {
	struct sw_channel owner;
	int owner_fd;  /* a pidfd of the owner, or -1 */
	int signal_fd; /* SIGCHLD */
	bool ending;   /* the owner is gone */
	struct job *jobs;
	size_t jobs_count;
	struct pollfd *polls;
	size_t polls_capacity;
	struct rlimit descriptors; /* as the owner had them, for the programs */
};

/* What the child sees of a RUN frame. */
struct run {
	const char *directory, **argv, **env;
};
struct pipes {
	int in[2], out[2], err[2], exec[2];
};
struct start_failure {
	int how, number;
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- in the child, between fork and exec ----------------------------------------------------- */

static _Noreturn void child_fail(int exec_fd, enum sw_command_how how, int number)
{
	struct start_failure failure = {how, number};
	ssize_t written = write(exec_fd, &failure, sizeof(failure));
	_exit(written == (ssize_t)sizeof(failure) ? 127 : 126);
}

static const char *variable(const struct run *run, const char *name)
{
	size_t len = strlen(name);
	for (const char **entry = run->env; *entry; entry++)
		if (strncmp(*entry, name, len) == 0 && (*entry)[len] == '=')
			return *entry + len + 1;
	return NULL;
}

/*
 * execvp would start a shell on a file that the kernel does not know as a program; a command runs without
 * one. PATH is the program's own. Returns errno.
 */
static int child_exec(const struct run *run)
{
	char **argv = (char **)run->argv, **env = (char **)run->env;
	char path[4096];
	int error = ENOENT;
	if (strchr(argv[0], '/')) {
		execve(argv[0], argv, env);
		return errno;
	}
	const char *at = variable(run, "PATH");
	if (!at || !*at)
		at = "/usr/local/bin:/usr/bin:/bin";
	for (; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
		int len = (int)strcspn(at, ":");
		/* An empty or relative part would look into the working directory, which may be anybody's. */
		if (*at != '/' || len >= 4000)
			continue;
		int bytes = snprintf(path, sizeof(path), "%.*s/%s", len, at, argv[0]);
		if (bytes < 0 || (size_t)bytes >= sizeof(path))
			continue;
		execve(path, argv, env);
		if (errno != ENOENT && errno != ENOTDIR)
			error = errno;
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			break;
	}
	return error;
}

static _Noreturn void child_run(const struct helper *helper, const struct run *run, const struct pipes *pipes,
				pid_t helper_pid)
{
	int exec_fd = pipes->exec[1];
	sigset_t none;
	struct rlimit no_core = {0, 0};
	setpgid(0, 0);
	/* Should the helper be killed, the program goes with it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != helper_pid)
		_exit(126);
	for (int number = 1; number <= SIGRTMAX; number++)
		signal(number, SIG_DFL);
	setrlimit(RLIMIT_CORE, &no_core);
	setrlimit(RLIMIT_NOFILE, &helper->descriptors);
	if (dup2(pipes->in[0], 0) < 0 || dup2(pipes->out[1], 1) < 0 || dup2(pipes->err[1], 2) < 0)
		child_fail(exec_fd, SW_COMMAND_NO_PROCESS, errno);
	/* All of ours are made close-on-exec; this is for what came from before. */
	syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
	if (chdir(run->directory) != 0)
		child_fail(exec_fd, SW_COMMAND_NO_CWD, errno);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	child_fail(exec_fd, SW_COMMAND_NO_EXEC, child_exec(run));
}

/* ---- starting a job -------------------------------------------------------------------------- */

static void pipes_close(struct pipes *pipes)
{
	int *fds[] = {pipes->in, pipes->out, pipes->err, pipes->exec};
	for (size_t i = 0; i < 4; i++) {
		close_fd(&fds[i][0]);
		close_fd(&fds[i][1]);
	}
}

/* Our ends do not block; the program's do, as it expects. Returns errno. */
static int pipes_open(struct pipes *pipes)
{
	*pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	if (pipe2(pipes->in, O_CLOEXEC) != 0 || pipe2(pipes->out, O_CLOEXEC) != 0 ||
	    pipe2(pipes->err, O_CLOEXEC) != 0 || pipe2(pipes->exec, O_CLOEXEC) != 0 ||
	    fcntl(pipes->in[1], F_SETFL, O_NONBLOCK) != 0 || fcntl(pipes->out[0], F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(pipes->err[0], F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(pipes->exec[0], F_SETFL, O_NONBLOCK) != 0) {
		int error = errno;
		pipes_close(pipes);
		return error;
	}
	return 0;
}

/* Returns errno; 0: the job runs. */
static int job_fork(struct helper *helper, struct job *job, const struct run *run)
{
	struct pipes pipes;
	pid_t helper_pid = getpid();
	int error = pipes_open(&pipes);
	if (error)
		return error;
	pid_t pid = fork();
	if (pid == 0)
		child_run(helper, run, &pipes, helper_pid);
	if (pid < 0) {
		error = errno;
		pipes_close(&pipes);
		return error;
	}
	setpgid(pid, pid); /* here and there, so that the group is there before either goes on */
	job->pid = pid;
	job->in_fd = pipes.in[1];
	job->out_fd = pipes.out[0];
	job->err_fd = pipes.err[0];
	job->exec_fd = pipes.exec[0];
	pipes.in[1] = pipes.out[0] = pipes.err[0] = pipes.exec[0] = -1;
	pipes_close(&pipes);
	return 0;
}

/* A text of the frame, its NUL counted; NULL when it is none. */
static const char *frame_text(struct sw_cursor *cursor)
{
	struct sw_slice blob = sw_frame_blob(cursor);
	const char *text = blob.data;
	if (blob.len == 0 || memchr(text, 0, blob.len) != text + blob.len - 1) {
		cursor->failed = true;
		return NULL;
	}
	return text;
}

/* A new list of texts that points into the frame, ended by NULL; NULL when there is none. */
static const char **frame_texts(struct sw_cursor *cursor)
{
	uint32_t count = sw_cursor_be32(cursor);
	if (count > TEXTS_MAX)
		cursor->failed = true;
	const char **texts = cursor->failed ? NULL : sw_zalloc_array((size_t)count + 1, sizeof(*texts));
	for (uint32_t i = 0; texts && i < count; i++)
		texts[i] = frame_text(cursor);
	return texts;
}

static void job_free(struct job *job)
{
	close_fd(&job->in_fd);
	close_fd(&job->out_fd);
	close_fd(&job->err_fd);
	close_fd(&job->exec_fd);
	sw_free(job->input);
	sw_buf_done(&job->output);
	sw_free(job);
}

static struct job *job_new(struct helper *helper, uint64_t id)
{
	struct job *job = sw_zalloc(sizeof(*job));
	if (!job)
		return NULL;
	job->id = id;
	job->in_fd = job->out_fd = job->err_fd = job->exec_fd = -1;
	job->next = helper->jobs;
	helper->jobs = job;
	helper->jobs_count++;
	return job;
}

/* False: there is no memory even to say so; the owner is better off without this helper. */
static bool run_frame(struct helper *helper, const struct sw_frame *frame)
{
	struct sw_cursor cursor = sw_cursor(frame->body);
	struct job *job = job_new(helper, frame->job);
	if (!job)
		return false;
	job->output_bytes_max = sw_cursor_be32(&cursor);
	job->forward_stderr = sw_cursor_be32(&cursor) & SW_RUN_FORWARD_STDERR;
	struct run run = {.directory = frame_text(&cursor)};
	run.argv = frame_texts(&cursor);
	run.env = frame_texts(&cursor);
	struct sw_slice input = sw_frame_blob(&cursor);
	int error = cursor.failed ? EINVAL : 0;
	if (!error && (!run.argv || !run.env || !(job->input = sw_memdup(input.data, input.len))))
		error = ENOMEM;
	job->input_len = input.len;
	if (!error)
		error = run.argv[0] ? job_fork(helper, job, &run) : EINVAL;
	sw_free(run.argv);
	sw_free(run.env);
	if (error) {
		job->reaped = job->gone = true;
		job->how = SW_COMMAND_NO_PROCESS;
		job->number = (uint32_t)error;
		return true;
	}
	size_t begun = sw_channel_begin(&helper->owner, SW_FRAME_STARTED, job->id);
	sw_buf_be32(&helper->owner.out, (uint32_t)job->pid);
	sw_channel_end(&helper->owner, begun); /* benign: only for the case that this helper is killed */
	return true;
}

/* ---- ending ---------------------------------------------------------------------------------- */

/* The group, and the program itself, which may have left it. */
static void job_signal(const struct job *job, int number)
{
	if (job->gone)
		return;
	kill(-job->pid, number);
	if (!job->reaped)
		kill(job->pid, number);
}

static void job_end(struct job *job)
{
	if (job->ending)
		return;
	job->ending = true;
	job->kill_due_ms = now_ms() + TERM_GRACE_MS;
	job_signal(job, SIGTERM);
	job_signal(job, SIGCONT); /* a stopped process would not hear it */
}

static void look_at_group(struct job *job)
{
	if (job->reaped && !job->gone)
		job->gone = kill(-job->pid, 0) != 0 && errno == ESRCH;
}

/* No more work from here: what runs is ended, and nobody is told. */
static void owner_is_gone(struct helper *helper)
{
	helper->ending = true;
	sw_channel_done(&helper->owner);
	close_fd(&helper->owner_fd);
	for (struct job *job = helper->jobs; job; job = job->next)
		job_end(job);
}

static void job_reaped(struct job *job, int status)
{
	struct start_failure failure;
	job->reaped = true;
	job->drain_due_ms = now_ms() + DRAIN_MS;
	if (read(job->exec_fd, &failure, sizeof(failure)) == (ssize_t)sizeof(failure)) {
		job->how = (enum sw_command_how)failure.how;
		job->number = (uint32_t)failure.number;
	} else if (WIFSIGNALED(status)) {
		job->how = SW_COMMAND_KILLED;
		job->number = (uint32_t)WTERMSIG(status);
	} else {
		job->how = SW_COMMAND_EXITED;
		job->number = (uint32_t)WEXITSTATUS(status);
	}
	close_fd(&job->exec_fd);
}

/* Orphans of the programs come to us too (PR_SET_CHILD_SUBREAPER), so that their groups can become empty. */
static void reap(struct helper *helper)
{
	pid_t pid;
	int status;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (struct job *job = helper->jobs; job; job = job->next)
			if (job->pid == pid && !job->reaped)
				job_reaped(job, status);
}

/* ---- the pipes ------------------------------------------------------------------------------- */

static void feed_input(struct job *job)
{
	size_t left = job->input_len - job->input_done;
	ssize_t written = left ? write(job->in_fd, job->input + job->input_done, left) : 0;
	if (written < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (written > 0)
		job->input_done += (size_t)written;
	/* A program need not read its input: EPIPE is no failure. */
	if (written < 0 || job->input_done == job->input_len) {
		close_fd(&job->in_fd);
		sw_free(job->input);
		job->input = NULL;
	}
}

static void take_output(struct job *job, const char *data, size_t len)
{
	if (job->too_large)
		return;
	bool fits = len <= job->output_bytes_max - job->output.len;
	if (fits)
		sw_buf_append(&job->output, data, len);
	if (!fits || job->output.failed) {
		job->too_large = true;
		sw_buf_done(&job->output);
		job_end(job);
	}
}

static void take_stderr(struct helper *helper, struct job *job, const char *data, size_t len)
{
	if (job->forward_stderr && !helper->ending &&
	    sw_channel_pending(&helper->owner) < FORWARD_BYTES_MAX) {
		size_t begun = sw_channel_begin(&helper->owner, SW_FRAME_STDERR, job->id);
		sw_buf_append(&helper->owner.out, data, len);
		sw_channel_end(&helper->owner, begun); /* benign: progress may be lost */
	}
	if (len > sizeof(job->tail)) {
		data += len - sizeof(job->tail);
		len = sizeof(job->tail);
	}
	size_t keep = sizeof(job->tail) - len < job->tail_len ? sizeof(job->tail) - len : job->tail_len;
	memmove(job->tail, job->tail + job->tail_len - keep, keep);
	memcpy(job->tail + keep, data, len);
	job->tail_len = keep + len;
}

static void read_pipe(struct helper *helper, struct job *job, int *fd)
{
	char data[READ_BYTES];
	ssize_t got = read(*fd, data, sizeof(data));
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
		close_fd(fd);
	else if (fd == &job->out_fd)
		take_output(job, data, (size_t)got);
	else
		take_stderr(helper, job, data, (size_t)got);
}

/* ---- a turn ---------------------------------------------------------------------------------- */

/* False when it must be tried again. */
static bool job_report(struct helper *helper, struct job *job)
{
	if (!helper->ending) {
		struct sw_channel *owner = &helper->owner;
		enum sw_command_how how = job->too_large ? SW_COMMAND_TOO_LARGE : job->how;
		size_t begun = sw_channel_begin(owner, SW_FRAME_RESULT, job->id);
		sw_buf_be32(&owner->out, how);
		sw_buf_be32(&owner->out, job->too_large ? job->output_bytes_max : job->number);
		sw_channel_blob(owner, job->tail, job->tail_len);
		sw_channel_blob(owner, job->output.data, job->output.len);
		if (sw_channel_end(owner, begun) < 0)
			return false;
	}
	close_fd(&job->in_fd);
	close_fd(&job->out_fd);
	close_fd(&job->err_fd);
	sw_buf_done(&job->output);
	/* What the program leaves behind in its group has no limit and no owner any more. */
	job_end(job);
	return true;
}

/* True when the job is over and told. */
static bool job_advance(struct helper *helper, struct job *job)
{
	int64_t now = now_ms();
	look_at_group(job);
	if (job->ending && now >= job->kill_due_ms) {
		job_signal(job, SIGKILL);
		job->kill_due_ms = now + CHECK_MS; /* again, for what was just being made */
	}
	if (job->reaped && !job->reported) {
		bool quiet = job->out_fd < 0 && job->err_fd < 0;
		if (quiet || now >= job->drain_due_ms)
			job->reported = job_report(helper, job);
	}
	if (!job->reported || !job->gone)
		return false;
	if (!helper->ending) {
		size_t begun = sw_channel_begin(&helper->owner, SW_FRAME_GONE, job->id);
		if (sw_channel_end(&helper->owner, begun) < 0)
			return false;
	}
	return true;
}

static void advance_jobs(struct helper *helper)
{
	for (struct job **at = &helper->jobs; *at;) {
		struct job *job = *at;
		if (!job_advance(helper, job)) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		helper->jobs_count--;
		job_free(job);
	}
}

/* Milliseconds until a job needs us without a descriptor of its saying so; -1: none does. */
static int next_timeout_ms(const struct helper *helper)
{
	int64_t now = now_ms(), due = INT64_MAX;
	for (const struct job *job = helper->jobs; job; job = job->next) {
		if (job->ending && job->kill_due_ms < due)
			due = job->kill_due_ms;
		if (job->reaped && now + CHECK_MS < due)
			due = now + CHECK_MS;
	}
	if (due == INT64_MAX)
		return -1;
	return due <= now ? 0 : (int)(due - now);
}

static void add_poll(struct helper *helper, size_t at, int fd, short events)
{
	helper->polls[at] = (struct pollfd){.fd = fd, .events = events};
}

/* Fills the list of what to wait for; returns its length, OWN_POLLS when there is no memory for more. */
static size_t fill_polls(struct helper *helper)
{
	size_t want = OWN_POLLS + helper->jobs_count * 3, at = OWN_POLLS;
	if (want > helper->polls_capacity) {
		struct pollfd *polls = sw_realloc_array(helper->polls, want * 2, sizeof(*polls));
		if (polls) {
			helper->polls = polls;
			helper->polls_capacity = want * 2;
		}
	}
	bool pending = !helper->ending && sw_channel_pending(&helper->owner) > 0;
	add_poll(helper, 0, helper->owner.fd, POLLIN | (pending ? POLLOUT : 0));
	add_poll(helper, 1, helper->signal_fd, POLLIN);
	add_poll(helper, 2, helper->owner_fd, POLLIN);
	for (struct job *job = helper->jobs; job; job = job->next) {
		job->poll_at = 0;
		if (want > helper->polls_capacity)
			continue;
		job->poll_at = at;
		add_poll(helper, at++, job->in_fd, POLLOUT);
		add_poll(helper, at++, job->out_fd, POLLIN);
		add_poll(helper, at++, job->err_fd, POLLIN);
	}
	return at;
}

static void serve_jobs(struct helper *helper)
{
	for (struct job *job = helper->jobs; job; job = job->next) {
		const struct pollfd *polls = helper->polls + job->poll_at;
		if (!job->poll_at)
			continue;
		if (polls[0].revents && job->in_fd >= 0)
			feed_input(job);
		if (polls[1].revents && job->out_fd >= 0)
			read_pipe(helper, job, &job->out_fd);
		if (polls[2].revents && job->err_fd >= 0)
			read_pipe(helper, job, &job->err_fd);
	}
}

/* False: the owner is gone, or talks nonsense, which comes to the same. */
static bool serve_owner(struct helper *helper)
{
	struct sw_frame frame;
	enum sw_result r;
	if (sw_channel_receive(&helper->owner) < 0)
		return false;
	while ((r = sw_channel_next(&helper->owner, &frame)) == SW_OK) {
		if (frame.kind == SW_FRAME_RUN && !run_frame(helper, &frame))
			return false;
		for (struct job *job = helper->jobs; frame.kind == SW_FRAME_END && job; job = job->next)
			if (job->id == frame.job)
				job_end(job);
	}
	return r == SW_ENOENT;
}

static void turn(struct helper *helper)
{
	size_t count = fill_polls(helper);
	int timeout_ms = next_timeout_ms(helper);
	if (count == OWN_POLLS && helper->jobs)
		timeout_ms = CHECK_MS;
	if (poll(helper->polls, count, timeout_ms) < 0)
		for (size_t i = 0; i < count; i++)
			helper->polls[i].revents = 0;
	short from_owner = helper->polls[0].revents, from_owner_process = helper->polls[2].revents;
	if (helper->polls[1].revents) {
		struct signalfd_siginfo signals[16];
		if (read(helper->signal_fd, signals, sizeof(signals)) > 0)
			reap(helper);
	}
	serve_jobs(helper);
	if (!helper->ending && (from_owner_process || (from_owner && !serve_owner(helper))))
		owner_is_gone(helper);
	advance_jobs(helper);
	if (!helper->ending && sw_channel_flush(&helper->owner) < 0)
		owner_is_gone(helper);
}

/* ---- start ----------------------------------------------------------------------------------- */

/* Ends only with its owner: what a terminal or a service manager sends to all is for the owner to act upon.
 */
static int signals_open(void)
{
	sigset_t chld;
	const int ignored[] = {SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_SETMASK, &chld, NULL);
	return signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
}

/*
 * Leaves the owner's children: a host that waits for all of its children would wait for us for ever. The
 * owner's process is watched as well as the socket, because a copy of the socket may live on in a child that
 * the host forked.
 */
static int leave_owner(void)
{
	pid_t owner = getppid();
	int owner_fd = (int)syscall(SYS_pidfd_open, owner, 0); /* -1 is allowed: the socket says it too */
	if (getppid() != owner || owner == 1) {
		/* It ended meanwhile, or is the first process (of a container), which needs no watching. */
		close_fd(&owner_fd);
	}
	pid_t pid = fork();
	if (pid != 0)
		_exit(pid < 0);
	setsid();
	return owner_fd;
}

static bool helper_open(struct helper *helper)
{
	helper->owner_fd = leave_owner();
	fcntl(SW_HELPER_SOCKET_FD, F_SETFD, FD_CLOEXEC);
	sw_channel_init(&helper->owner, SW_HELPER_SOCKET_FD);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	getrlimit(RLIMIT_NOFILE, &helper->descriptors);
	struct rlimit all = {helper->descriptors.rlim_max, helper->descriptors.rlim_max};
	setrlimit(RLIMIT_NOFILE, &all);
	helper->signal_fd = signals_open();
	helper->polls = sw_zalloc_array(OWN_POLLS, sizeof(*helper->polls));
	helper->polls_capacity = OWN_POLLS;
	size_t begun = sw_channel_begin(&helper->owner, SW_FRAME_HELLO, 0);
	sw_buf_be32(&helper->owner.out, SW_HELPER_VERSION);
	return chdir("/") == 0 && helper->signal_fd >= 0 && helper->polls &&
	       sw_channel_end(&helper->owner, begun) == SW_OK && sw_channel_flush(&helper->owner) == SW_OK;
}

int main(int argc, char **argv)
{
	struct helper helper = {.owner_fd = -1, .signal_fd = -1};
	int type;
	socklen_t len = sizeof(type);
	if (getsockopt(SW_HELPER_SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &len) != 0 || type != SOCK_STREAM) {
		fprintf(stderr,
			"stepwell-helper runs the commands of a Stepwell engine, which starts it itself.\n");
		return 2;
	}
	if (argc > 1 && strcmp(argv[1], "--lock") == 0)
		fcntl(SW_HELPER_LOCK_FD, F_SETFD, FD_CLOEXEC);
	bool open = helper_open(&helper);
	while (open && (!helper.ending || helper.jobs))
		turn(&helper);
	sw_channel_done(&helper.owner);
	close_fd(&helper.owner_fd);
	close_fd(&helper.signal_fd);
	sw_free(helper.polls);
	return open ? 0 : 1;
}
