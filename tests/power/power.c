/*
 * Power loss. A workload is run on the real store while every write and every sync of its data file is recorded,
 * with what was acknowledged in between. Then the file is made as it may be after the power failed, at every point
 * between two syncs, and an engine is opened on it: it must open, the doctor must find nothing, everything that was
 * acknowledged must be there, nothing that was completed may be delivered again, and it must all come to what it came
 * to when the power stayed.
 *
 * usage: power [--rounds N] [--seed N] [--images N] [--only WINDOW.IMAGE] [--directory DIR]
 *        power --broken        the same of workloads that are broken on purpose: each must be found
 */
#include "image.h"
#include "recorder.h"
#include "tests/lib/scenario.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define IMAGE_SECONDS_MAX 120
#define SLEEP_MS 5000 /* that pass before the machine is up again; none in every other image */
#define OPERATIONS_MIN 200

struct options {
	uint64_t seed;
	unsigned rounds, images_max; /* images_max: of a round; 0: all */
	size_t only_window, only_image;
	bool only, broken;
	char directory[256];
};

/* What a workload is broken by, on purpose. */
struct breakage {
	const char *name;
	enum recorder_lie lie;
	bool early;
};

struct round {
	const struct options *options;
	const struct breakage *breakage;
	uint64_t seed;
	bool threaded;
	struct recording recording;
	struct sw_buf expected;
	uint64_t images, tried, failed;
	char store[300];       /* the directory of the engine */
	char (*verdict)[2048]; /* shared with the process that tries an image */
};

/* ---- directories ---------------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* In memory where that is possible: nothing of it is to survive a power loss. */
static bool make_work(struct options *options)
{
	const char *tmp = getenv("TMPDIR");
	const char *parents[] = {"/dev/shm", tmp ? tmp : "/tmp"};
	for (int i = 0; i < 2 && !*options->directory; i++) {
		snprintf(options->directory, sizeof(options->directory), "%s/stepwell-power-XXXXXX",
			 parents[i]);
		if (!mkdtemp(options->directory))
			*options->directory = '\0';
	}
	return *options->directory && (mkdir(options->directory, 0700) == 0 || errno == EEXIST);
}

/* ---- recording ------------------------------------------------------------------------------------------------ */

static enum sw_result open_engine(struct scenario *s, struct sw_error *err)
{
	return sw_engine_new(&s->options, &s->engine, err);
}

static void log_note(struct scenario *s)
{
	recorder_mark(&s->ledger, sizeof(s->ledger));
}

static struct scenario *scenario_of(struct round *round)
{
	struct scenario *s = sw_zalloc(sizeof(*s));
	if (!s)
		abort();
	scenario_init(s);
	s->open = open_engine;
	s->full = true;
	s->order = sw_rng(round->seed);
	s->mixed = true;
	s->user = round;
	s->options.data_directory = round->store;
	return s;
}

/* The recording, played to its end, is the file: nothing was missed. */
static bool is_complete(const struct round *round)
{
	struct window window = {0};
	char path[400];
	while (window_next(&window, &round->recording))
		;
	snprintf(path, sizeof(path), "%s/data.mdb", round->store);
	bool same = window_is_file(&window, path);
	window_done(&window);
	return same;
}

/* Runs the workload. An empty text: all is well. */
static void record(struct round *round, char *text, size_t text_bytes)
{
	struct scenario *s = scenario_of(round);
	struct sw_error err = {0};
	s->noted = log_note;
	s->early = round->breakage->early;
	s->options.synchronous_commit = !round->threaded;
	recorder_begin(&round->recording, round->store, round->breakage->lie);
	*text = '\0';
	if (scenario_open(s, &err) < 0)
		snprintf(text, text_bytes, "cannot open: %s", err.text);
	else if (!scenario_run(s))
		snprintf(text, text_bytes, "%s", *s->problem ? s->problem : "the engine failed");
	if (!*text) {
		scenario_outcome(s, &round->expected);
		scenario_check(s);
		snprintf(text, text_bytes, "%s", s->problem);
	}
	scenario_close(s);
	recorder_end();
	if (!*text && *round->recording.unexpected)
		snprintf(text, text_bytes, "%s", round->recording.unexpected);
	if (!*text && round->recording.count < OPERATIONS_MIN)
		snprintf(text, text_bytes, "only %zu operations were recorded", round->recording.count);
	if (!*text && round->breakage->lie == LIE_NONE && !is_complete(round))
		snprintf(text, text_bytes, "the recording is not what is in the file");
	remove_tree(round->store);
	sw_free(s);
}

/* ---- trying an image ------------------------------------------------------------------------------------------ */

static enum sw_result open_and_check(struct scenario *s, struct sw_error *err)
{
	enum sw_result r = open_engine(s, err);
	if (r == SW_OK)
		scenario_check(s);
	return r;
}

/* In a process of its own: what goes wrong may be its end. */
static void try_image(struct round *round, const struct op *mark, size_t image)
{
	struct scenario *s = scenario_of(round);
	struct sw_error err = {0};
	struct sw_buf outcome = {0};
	alarm(IMAGE_SECONDS_MAX);
	s->open = open_and_check;
	if (mark)
		scenario_take_up(s, (const struct scenario_ledger *)(const void *)mark->bytes);
	s->loop.wall_ms += image % 2 ? SLEEP_MS : 0;
	if (scenario_open(s, &err) < 0) {
		scenario_wrong(s, "it does not open: %s", err.text);
	} else if (!*s->problem && scenario_run(s)) {
		scenario_check(s);
		scenario_outcome(s, &outcome);
		scenario_compare(s, round->expected.data, outcome.data);
	} else {
		scenario_wrong(s, "the engine failed");
	}
	snprintf(*round->verdict, sizeof(*round->verdict), "%s", s->problem);
	scenario_close(s);
	sw_buf_done(&outcome);
	sw_free(s);
}

static void run_apart(struct round *round, const struct op *mark, size_t image)
{
	int status = 0;
	snprintf(*round->verdict, sizeof(*round->verdict), "it gave no verdict");
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		if (round->breakage->name) { /* it is expected to fail, and noisily */
			int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
			dup2(null, STDERR_FILENO);
		}
		try_image(round, mark, image);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		snprintf(*round->verdict, sizeof(*round->verdict), "the process ended by %s %d",
			 WIFSIGNALED(status) ? "signal" : "status",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static bool write_image(const struct round *round, const struct window *window, size_t image,
			const char *directory, char *text, size_t text_bytes)
{
	struct sw_rng rng = sw_rng(round->seed ^ (window->number << 32) ^ image);
	sw_rng_next(&rng);
	mkdir(directory, 0700);
	return window_write(window, image, &rng, directory, text, text_bytes);
}

static void tell_failure(struct round *round, const struct window *window, size_t image)
{
	char kept[300], text[256];
	snprintf(kept, sizeof(kept), "%s/failed", round->options->directory);
	remove_tree(kept);
	write_image(round, window, image, kept, text, sizeof(text));
	printf("FAIL seed %" PRIu64 "%s, image %zu.%zu (before operation %zu; %s):\n  %s\n", round->seed,
	       round->threaded ? " with a commit thread" : "", window->number, image, window->at, text,
	       *round->verdict);
	printf("the image is kept in %s\nrepeat: power --seed %" PRIu64 " --rounds 1 --only %zu.%zu\n", kept,
	       round->seed, window->number, image);
	fflush(stdout);
}

static bool is_chosen(const struct round *round, struct sw_rng *chance, const struct window *window,
		      size_t image)
{
	const struct options *options = round->options;
	if (options->only)
		return window->number == options->only_window && image == options->only_image;
	return !options->images_max || sw_rng_below(chance, round->images) < options->images_max;
}

/* Until the first failure. */
static void try_all(struct round *round)
{
	struct window window = {0};
	struct sw_rng chance = sw_rng(round->seed + 1);
	while (window_next(&window, &round->recording))
		round->images += window_images(&window);
	window_done(&window);
	while (round->failed == 0 && window_next(&window, &round->recording)) {
		for (size_t i = 0; i < window_images(&window) && round->failed == 0; i++) {
			char text[256];
			if (!is_chosen(round, &chance, &window, i))
				continue;
			remove_tree(round->store);
			if (!write_image(round, &window, i, round->store, text, sizeof(text))) {
				snprintf(*round->verdict, sizeof(*round->verdict), "cannot write the image");
			} else {
				run_apart(round, window.mark, i);
			}
			round->tried++;
			round->failed += **round->verdict != '\0';
			if (round->failed && !round->breakage->name)
				tell_failure(round, &window, i);
		}
	}
	window_done(&window);
	remove_tree(round->store);
}

/* ---- rounds --------------------------------------------------------------------------------------------------- */

static void run_round(struct round *round, char *text, size_t text_bytes)
{
	snprintf(round->store, sizeof(round->store), "%s/made/store", round->options->directory);
	record(round, text, text_bytes);
	if (!*text)
		try_all(round);
	else
		printf("FAIL seed %" PRIu64 ": %s\n", round->seed, text);
}

static void round_done(struct round *round)
{
	recording_done(&round->recording);
	sw_buf_done(&round->expected);
}

static int run(struct options *options, char (*verdict)[2048])
{
	static const struct breakage none = {NULL, LIE_NONE, false};
	unsigned failed = 0, passed = 0;
	for (unsigned i = 0; i < options->rounds && !failed; i++) {
		char text[2048];
		struct round round = {.options = options,
				      .breakage = &none,
				      .seed = options->seed + i,
				      .threaded = (options->seed + i) % 2 == 1,
				      .verdict = verdict};
		run_round(&round, text, sizeof(text));
		failed += *text || round.failed;
		passed += !*text && !round.failed;
		printf("seed %" PRIu64 ": %zu operations, %" PRIu64 " images, %" PRIu64 " of them tried\n",
		       round.seed, round.recording.count, round.images, round.tried);
		fflush(stdout);
		round_done(&round);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}

/* What was broken on purpose must be found, or the test proves nothing. */
static int run_broken(struct options *options, char (*verdict)[2048])
{
	static const struct breakage breakages[] = {{"no write is synced", LIE_NO_SYNC, false},
						    {"no meta page is synced", LIE_NO_SYNCED_WRITE, false},
						    {"told before it is synced", LIE_NONE, true}};
	unsigned found = 0, count = sizeof(breakages) / sizeof(breakages[0]);
	for (unsigned i = 0; i < count; i++) {
		char text[2048];
		struct round round = {.options = options,
				      .breakage = &breakages[i],
				      .seed = options->seed,
				      .verdict = verdict};
		run_round(&round, text, sizeof(text));
		printf("%s: %s after %" PRIu64 " images: %s\n", breakages[i].name,
		       round.failed ? "found" : "NOT FOUND", round.tried, *verdict);
		found += round.failed > 0 && !*text;
		round_done(&round);
	}
	printf("%u passed, %u failed\n", found, count - found);
	return found == count ? 0 : 1;
}

static bool take_option(struct options *options, const char *name, const char *value)
{
	char *end = NULL;
	if (strcmp(name, "--seed") == 0)
		options->seed = strtoull(value, &end, 10);
	else if (strcmp(name, "--rounds") == 0)
		options->rounds = (unsigned)strtoul(value, &end, 10);
	else if (strcmp(name, "--images") == 0)
		options->images_max = (unsigned)strtoul(value, &end, 10);
	else if (strcmp(name, "--directory") == 0)
		return snprintf(options->directory, sizeof(options->directory), "%s", value) > 0;
	else if (strcmp(name, "--only") == 0) {
		options->only = true;
		options->only_window = strtoul(value, &end, 10);
		if (end && *end == '.')
			options->only_image = strtoul(end + 1, &end, 10);
	}
	return end && end != value && *end == '\0';
}

static uint64_t seed_of_now(void)
{
	uint64_t seed = 0;
	return sw_entropy(&seed, sizeof(seed)) == SW_OK ? seed % 1000000000 : (uint64_t)time(NULL);
}

int main(int argc, char **argv)
{
	struct options options = {.rounds = 2, .seed = seed_of_now()};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--broken") == 0) {
			options.broken = true;
		} else if (i + 1 < argc && take_option(&options, argv[i], argv[i + 1])) {
			i++;
		} else {
			fprintf(stderr, "power: what is %s?\n", argv[i]);
			return 2;
		}
	}
	void *shared =
		mmap(NULL, sizeof(char[2048]), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || !make_work(&options)) {
		perror("power: cannot begin");
		return 1;
	}
	printf("first seed %" PRIu64 ", in %s\n", options.seed, options.directory);
	int status = options.broken ? run_broken(&options, shared) : run(&options, shared);
	char made[300];
	snprintf(made, sizeof(made), "%s/made", options.directory);
	remove_tree(made);
	rmdir(options.directory); /* not when something is kept in it */
	munmap(shared, sizeof(char[2048]));
	return status;
}
