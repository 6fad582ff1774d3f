#include "engine/cmd/ticking.h"

#include <string.h>

#include "engine/cmd/print.h"
#include "engine/cmd/progress.h"
#include "store/base/text.h"

#define NOTHING "nothing to do"

/* What a tick tells, on its way to the terminal or into the JSON list. */
struct telling {
	struct invocation *invocation;
	struct engine *engine;
	struct value *list;
	struct value *known; /* problems that were told: a map by message */
	struct progress *progress; /* or NULL */
	size_t lines;
};

static const struct {
	const char *word; /* in JSON */
	enum tint tint;
	const char *says;
} kinds[] = {
	[NOTE_EMITTED] = { "emitted", TINT_BOLD, "told of by hand" },
	[NOTE_STARTED] = { "started", TINT_BOLD, "started by" },
	[NOTE_BEGAN] = { "began", TINT_DIM, NULL },
	[NOTE_ENDED] = { "ended", TINT_DIM, NULL },
	[NOTE_STEP] = { "step", TINT_DIM, NULL },
	[NOTE_GATE] = { "gate", TINT_YELLOW, "waits for you:" },
	[NOTE_APPROVED] = { "approved", TINT_GREEN, "merged by" },
	[NOTE_MERGED] = { "merged", TINT_GREEN, "merged" },
	[NOTE_FINISHED] = { "finished", TINT_BOLD, NULL },
	[NOTE_PROBLEM] = { "problem", TINT_RED, NULL },
};

static void add_json(struct telling *telling, const struct note *note)
{
	struct arena *arena = telling->invocation->arena;
	struct value *row = value_map(arena);

	value_map_text(arena, row, "kind", kinds[note->kind].word);
	value_map_text(arena, row, "run", note->run);
	value_map_text(arena, row, "step", note->step);
	value_map_text(arena, row, "state", note->state);
	value_map_text(arena, row, "text", note->text);
	value_map_text(arena, row, "hint", note->hint);
	if (note->problem) {
		value_map_text(arena, row, "text", note->problem->message);
		value_map_text(arena, row, "file", note->problem->file);
		if (note->problem->pos.line) {
			value_map_int(arena, row, "line",
			              note->problem->pos.line);
			value_map_int(arena, row, "column",
			              note->problem->pos.column);
		}
		value_map_text(arena, row, "hint", note->problem->hint);
	}
	value_list_add(arena, telling->list, row);
}

static void print_waiting(struct telling *telling, const struct note *note)
{
	const char *prefix = note->run
	                             ? arena_printf(telling->invocation->arena,
	                                            "%s: ", note->run)
	                             : "";

	print_problem(stderr, print_in_colour(stderr), prefix, "waiting",
	              telling->engine->env.work_dir, note->problem);
}

static void print_note(struct telling *telling, const struct note *note)
{
	const struct invocation *invocation = telling->invocation;
	const char *says = kinds[note->kind].says;

	say_tinted(invocation, TINT_BOLD, "%s", note->run ? note->run : "");
	if (note->step)
		say(invocation, "  %s", note->step);
	if (note->state)
		say_tinted(invocation, kinds[note->kind].tint, "  %s",
		           note->state);
	if (says)
		say(invocation, "  %s", says);
	if (note->text)
		say(invocation, "%s %s", note->state && !says ? ":" : "",
		    cut_text(invocation->arena, note->text, 160));
	say(invocation, "\n");
	if (note->hint)
		say(invocation, "hint: %s\n", note->hint);
}

/* The cycle goes round until nothing changes, and meets a problem each time. */
static bool is_known(struct telling *telling, const struct note *note)
{
	struct arena *arena = telling->invocation->arena;

	if (!note->problem)
		return false;
	if (value_get(telling->known, note->problem->message))
		return true;
	value_map_int(arena, telling->known, note->problem->message, 1);
	return false;
}

/* Those that are of no use once they have passed. */
static bool is_passing(const struct note *note)
{
	return note->kind == NOTE_BEGAN || note->kind == NOTE_ENDED;
}

/* What -q says nevertheless. */
static bool needs_attention(const struct note *note)
{
	return note->kind == NOTE_FINISHED && text_equal(note->state, "failed");
}

static void tell(void *state, const struct note *note)
{
	struct telling *telling = state;

	if (is_passing(note)) {
		progress_note(telling->progress, note);
		return;
	}
	if (is_known(telling, note))
		return;
	if (telling->invocation->json) {
		add_json(telling, note);
		return;
	}
	progress_hide(telling->progress);
	if (note->kind == NOTE_PROBLEM) {
		print_waiting(telling, note);
	} else if (!telling->invocation->quiet || needs_attention(note)) {
		print_note(telling, note);
		telling->lines++;
	}
	progress_note(telling->progress, note);
}

static void draw_now(void *state)
{
	const struct telling *telling = state;

	progress_draw(telling->progress);
}

static struct telling begin(struct invocation *invocation,
                            struct engine *engine)
{
	return (struct telling){
		.invocation = invocation,
		.engine = engine,
		.list = value_list(invocation->arena),
		.known = value_map(invocation->arena),
	};
}

static void print_end(const struct telling *telling, const char *otherwise)
{
	const struct invocation *invocation = telling->invocation;

	if (invocation->json)
		print_json(invocation, telling->list);
	else if (!invocation->quiet && otherwise)
		say(invocation, "%s\n", otherwise);
}

void tell_nothing(struct invocation *invocation)
{
	struct telling telling = begin(invocation, NULL);

	print_end(&telling, NOTHING);
}

static int go_on(struct telling *telling, int if_busy, struct error *err)
{
	auto_error struct error reason = { 0 };
	auto_progress struct progress *progress =
	        progress_begin(telling->invocation, &telling->engine->clock);
	struct tick tick = {
		.engine = telling->engine,
		.tell = tell,
		.idle = progress ? draw_now : NULL,
		.state = telling,
	};

	telling->progress = progress;
	int status = tick_run(&tick, &reason);
	progress_hide(progress);
	telling->progress = NULL;
	if (status < 0) {
		if (reason.code != ERR_BUSY || if_busy != EXIT_STATUS_DONE) {
			error_move(err, &reason);
			return -1;
		}
		print_end(telling, "the engine that is running goes on with "
		                   "it");
		return EXIT_STATUS_DONE;
	}
	print_end(telling, telling->lines || tick.problems ? NULL : NOTHING);
	return tick.failures ? EXIT_STATUS_FAILED : EXIT_STATUS_DONE;
}

int tick_aloud(struct invocation *invocation, struct engine *engine,
               int if_busy, struct error *err)
{
	struct telling telling = begin(invocation, engine);

	return go_on(&telling, if_busy, err);
}

int tick_after(struct invocation *invocation, struct engine *engine,
               const struct note *news, struct error *err)
{
	struct telling telling = begin(invocation, engine);

	tell(&telling, news);
	return go_on(&telling, EXIT_STATUS_DONE, err);
}

void tell_news(struct invocation *invocation, struct engine *engine,
               const struct note *news)
{
	struct telling telling = begin(invocation, engine);

	tell(&telling, news);
	print_end(&telling, NULL);
}

void tell_step_line(void *state, const struct note *note)
{
	const struct teller *teller = state;
	struct telling telling = begin(teller->invocation, teller->engine);

	if (!teller->invocation->json)
		tell(&telling, note);
}
