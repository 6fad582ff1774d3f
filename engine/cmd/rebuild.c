/*
 * reeve rebuild: the view anew, from the journal alone, and what editors read
 * below .reeve/. It holds the engine lock, because a tick must not lose its
 * view while it runs.
 */
#include "engine/cmd/commands.h"
#include "engine/cmd/opening.h"
#include "engine/cmd/print.h"
#include "engine/cycle/engine.h"
#include "engine/report/schemas.h"
#include "store/lock.h"

static int fold_anew(struct engine *engine, size_t *ret_events,
                     struct error *err)
{
	/* Opening has done it already when there was nothing to open. */
	if (!view_was_empty(engine->view)) {
		if (view_reset(engine->view, err) < 0)
			return -1;
		journal_follow(engine->journal, view_sink(engine->view),
		               view_cursor(engine->view));
		if (journal_catch_up(engine->journal, err) < 0)
			return -1;
	}
	*ret_events = journal_given(engine->journal);
	return 0;
}

static void report(const struct invocation *invocation, size_t events,
                   int64_t voided)
{
	struct arena *arena = invocation->arena;

	if (invocation->json) {
		struct value *map = value_map(arena);
		value_map_int(arena, map, "events", (int64_t)events);
		value_map_int(arena, map, "voided", voided);
		print_json(invocation, map);
		return;
	}
	if (!invocation->quiet)
		say(invocation, "The view is made anew from %s.\n",
		    count_text(arena, events, "event", "events"));
	if (voided)
		say(invocation,
		    "%s met a state that does not allow it, and %s void.\n",
		    count_text(arena, (size_t)voided, "event", "events"),
		    voided == 1 ? "is" : "are");
}

static int run_rebuild(struct invocation *invocation, struct error *err)
{
	auto_engine struct engine *engine = open_workspace(invocation, err);
	size_t events = 0;

	if (!engine)
		return -1;
	auto_lock struct lock *lock = lock_try(engine->lock_dir, "engine", err);
	if (!lock || fold_anew(engine, &events, err) < 0)
		return -1;
	const char *dir = repo_work_dir(engine->repo);
	if (dir && schemas_put(dir, err) < 0)
		return -1;
	report(invocation, events, view_voided(engine->view));
	return EXIT_STATUS_DONE;
}

const struct command command_rebuild = {
	.name = "rebuild",
	.synopsis = "",
	.help = "make the view anew from the journal",
	.details = "Nothing is lost by \"rm -rf .reeve\": everything "
	           "below it is derived from the\n"
	           "journal and the workspace. Commands do this by "
	           "themselves when the view is\n"
	           "missing or damaged.",
	.run = run_rebuild,
};
