/*
 * The lines are made as one text; where it is the one that is shown already,
 * nothing is written. Each line ends with a newline and none is as wide as the
 * terminal, so that going up as many lines as were written and clearing from
 * there takes all of them away, and nothing else. They are written behind what
 * was printed to the same stream, and flushed with it.
 */
#include "engine/cmd/progress.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/cmd/print.h"
#include "store/base/alloc.h"
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/text.h"

/* Of a terminal that does not tell its size. */
#define USUAL_ROWS    24
#define USUAL_COLUMNS 80

/* A step whose program is at work. */
struct turn {
	char *run;
	char *step;
	int64_t began;
};

struct progress {
	const struct invocation *invocation;
	const struct clock *clock;
	struct turn *turns;
	size_t count;
	size_t done;
	size_t failed;
	char *next; /* step of the run `next_run`; or NULL */
	char *next_run;
	char *shown;  /* what stands there now; NULL: nothing */
	size_t lines; /* of it */
};

struct progress *progress_begin(const struct invocation *invocation,
                                const struct clock *clock)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): reeve has one thread */
	const char *term = getenv("TERM");

	if (invocation->json || invocation->quiet || !term ||
	    text_equal(term, "dumb") || !isatty(fileno(invocation->out)))
		return NULL;
	struct progress *progress = mem_zalloc(1, sizeof(*progress));
	progress->invocation = invocation;
	progress->clock = clock;
	return progress;
}

static void turn_clear(struct turn *turn)
{
	free(turn->run);
	free(turn->step);
}

void progress_end(struct progress *progress)
{
	if (!progress)
		return;
	progress_hide(progress);
	for (size_t i = 0; i < progress->count; i++)
		turn_clear(&progress->turns[i]);
	free(progress->turns);
	free(progress->next);
	free(progress->next_run);
	free(progress);
}

void progress_end_auto(struct progress **progress)
{
	progress_end(*progress);
}

/* ---- Taking on notes ----------------------------------------------------- */

static struct turn *find_turn(const struct progress *progress, const char *run,
                              const char *step)
{
	for (size_t i = 0; i < progress->count; i++)
		if (text_equal(progress->turns[i].run, run) &&
		    text_equal(progress->turns[i].step, step))
			return &progress->turns[i];
	return NULL;
}

static void set_next(struct progress *progress, const char *run,
                     const char *step)
{
	free(progress->next);
	free(progress->next_run);
	progress->next = step ? mem_strdup(step) : NULL;
	progress->next_run = step ? mem_strdup(run) : NULL;
}

static void add_turn(struct progress *progress, const struct note *note)
{
	progress->turns = mem_grow(progress->turns, progress->count,
	                           sizeof(*progress->turns));
	progress->turns[progress->count++] = (struct turn){
		.run = mem_strdup(note->run),
		.step = mem_strdup(note->step),
		.began = clock_boot_ms(progress->clock),
	};
	set_next(progress, note->run, note->text);
}

/* The others stay in their order: nobody's line jumps. */
static void drop_turn(struct progress *progress, const struct note *note)
{
	struct turn *turn = find_turn(progress, note->run, note->step);

	if (!turn)
		return;
	turn_clear(turn);
	struct turn *end = progress->turns + progress->count--;
	memmove(turn, turn + 1, (size_t)(end - (turn + 1)) * sizeof(*turn));
}

static void count_step(struct progress *progress, const struct note *note)
{
	progress->done += text_equal(note->state, "done") ||
	                  text_equal(note->state, "reused");
	progress->failed += text_equal(note->state, "failed");
	if (text_equal(progress->next, note->step) &&
	    text_equal(progress->next_run, note->run))
		set_next(progress, NULL, NULL);
}

void progress_note(struct progress *progress, const struct note *note)
{
	if (!progress)
		return;
	if (note->kind == NOTE_BEGAN)
		add_turn(progress, note);
	else if (note->kind == NOTE_ENDED)
		drop_turn(progress, note);
	else if (note->kind == NOTE_STEP)
		count_step(progress, note);
	progress_draw(progress);
}

/* ---- Drawing ------------------------------------------------------------- */

static struct winsize terminal_size(const struct progress *progress)
{
	struct winsize size = { 0 };

	if (ioctl(fileno(progress->invocation->out), TIOCGWINSZ, &size) < 0 ||
	    size.ws_row == 0 || size.ws_col == 0)
		size = (struct winsize){ .ws_row = USUAL_ROWS,
			                 .ws_col = USUAL_COLUMNS };
	return size;
}

static const char *elapsed_text(struct arena *arena, int64_t ms)
{
	long long seconds = ms / 1000;

	if (seconds < 60)
		return arena_printf(arena, "%lld s", seconds);
	if (seconds < 3600)
		return arena_printf(arena, "%lld min %lld s", seconds / 60,
		                    seconds % 60);
	return arena_printf(arena, "%lld h %lld min", seconds / 3600,
	                    seconds / 60 % 60);
}

static bool is_one_run(const struct progress *progress)
{
	for (size_t i = 1; i < progress->count; i++)
		if (strcmp(progress->turns[0].run, progress->turns[i].run) != 0)
			return false;
	return true;
}

/* What is at work, as people know it; safe for a terminal, and one line. */
static const char *turn_name(struct arena *arena, const struct turn *turn,
                             bool with_run)
{
	auto_buf struct buf name = buf_make(SIZE_MAX);

	if (with_run)
		buf_printf(&name, "%s  ", turn->run);
	buf_add_text(&name, turn->step);
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] == '\n' || name.at[i] == '\t')
			name.at[i] = ' ';
	auto_buf struct buf safe = buf_make(SIZE_MAX);
	text_add_printable(&safe, name.at, name.len);
	return arena_strdup(arena, safe.at);
}

/* Its time is whole however little room there is for the name. */
static void add_turn_line(struct arena *arena, const struct progress *progress,
                          const struct turn *turn, size_t columns,
                          struct buf *ret)
{
	const char *elapsed = elapsed_text(
	        arena, clock_boot_ms(progress->clock) - turn->began);
	size_t taken = strlen(elapsed) + 4;
	const char *name = turn_name(arena, turn, !is_one_run(progress));

	name = cut_text(arena, name, columns > taken ? columns - taken : 0);
	buf_add_text(ret,
	             cut_text(arena,
	                      arena_printf(arena, "  %s  %s", name, elapsed),
	                      columns));
	buf_add_char(ret, '\n');
}

static void add_counts(struct arena *arena, const struct progress *progress,
                       size_t columns, struct buf *ret)
{
	auto_buf struct buf line = buf_make(SIZE_MAX);
	const struct turn next = { .run = progress->next_run,
		                   .step = progress->next };

	buf_printf(&line, "  %zu done", progress->done);
	if (progress->failed)
		buf_printf(&line, ", %zu failed", progress->failed);
	buf_printf(&line, ", %zu running", progress->count);
	if (next.step && !find_turn(progress, next.run, next.step))
		buf_printf(&line, ", next: %s", turn_name(arena, &next, false));
	buf_add_text(ret, cut_text(arena, line.at, columns));
	buf_add_char(ret, '\n');
}

/* As many lines as leave one for the cursor and one for what was printed. */
static size_t make_lines(struct arena *arena, const struct progress *progress,
                         struct buf *ret)
{
	const struct winsize size = terminal_size(progress);
	size_t columns = size.ws_col - 1U;
	size_t room = size.ws_row > 4 ? size.ws_row - 3U : 1;
	size_t count = progress->count < room ? progress->count : room;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		add_turn_line(arena, progress, &progress->turns[i], columns,
		              ret);
	add_counts(arena, progress, columns, ret);
	return count + 1;
}

static void take_away(struct progress *progress)
{
	if (!progress->shown)
		return;
	fprintf(progress->invocation->out, "\r\033[%zuA\033[J",
	        progress->lines);
	free(progress->shown);
	progress->shown = NULL;
}

void progress_draw(struct progress *progress)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf text = buf_make(SIZE_MAX);

	if (!progress)
		return;
	size_t lines = make_lines(&arena, progress, &text);
	if (progress->shown && lines && strcmp(progress->shown, text.at) == 0)
		return;
	take_away(progress);
	if (lines) {
		say_tinted(progress->invocation, TINT_DIM, "%s", text.at);
		progress->shown = buf_take(&text);
		progress->lines = lines;
	}
	fflush(progress->invocation->out);
}

void progress_hide(struct progress *progress)
{
	if (!progress || !progress->shown)
		return;
	take_away(progress);
	fflush(progress->invocation->out);
}
