/*
 * The view knows who took an occasion. Effects are in the journal before
 * anything else is looked at, so two steps of one tick see each other, too.
 */
#include "engine/cycle/once.h"

#include "engine/bus/bus.h"
#include "engine/cycle/execute.h"
#include "engine/cycle/outbox.h"
#include "store/base/text.h"

/* "newsletter 7k2fq0ab": the run that did it, for people. */
static const char *name_of(struct live_run *run, const char *id)
{
	auto_error struct error ignored = { 0 }; /* then its id must do */
	struct engine *engine = run->engine;
	struct run_record record;

	if (view_run(engine->view, &run->arena, id, &record, &ignored) <= 0)
		return id;
	return arena_printf(&run->arena, "%s %s", record.job,
	                    engine_short(engine, &run->arena, id));
}

static int take_result(struct tick *tick, struct live_run *run,
                       struct live_step *live, const struct once_record *once,
                       const char *occasion, struct error *err)
{
	struct arena *arena = &run->arena;
	struct value *data = execute_about(run, live);
	const char *reason = arena_printf(arena, "done before by %s",
	                                  name_of(run, once->run));
	struct value *output = value_null(arena);

	if (once->output && journal_resolve(run->engine->env.repo, arena,
	                                    once->output, &output, err) < 0)
		return -1;
	value_map_text(arena, data, "kind", live->step->kind->name);
	value_map_text(arena, data, "once", occasion);
	value_map_text(arena, data, "reason", reason);
	value_map_set(arena, data, "output", output);
	journal_add(run->engine->journal, EVENT_STEP_FINISHED,
	            execute_subject(run, live), data);
	live->output = output;
	execute_settle(tick, run, live, STEP_DONE, reason);
	return 1;
}

/* What was just done is in the view with the next flush. */
static int look_up(struct live_run *run, const char *effect,
                   const char *occasion, struct once_record *ret,
                   struct error *err)
{
	struct engine *engine = run->engine;
	int found = view_once(engine->view, &run->arena, effect, occasion, ret,
	                      err);

	if (found <= 0 || ret->done || journal_pending(engine->journal) == 0)
		return found;
	if (journal_flush(engine->journal,
	                  arena_printf(&run->arena, "%s: goes on", run->name),
	                  err) < 0)
		return -1;
	return view_once(engine->view, &run->arena, effect, occasion, ret, err);
}

int once_look(struct tick *tick, struct live_run *run, struct live_step *live,
              const char **ret_occasion, struct error *err)
{
	const struct step *step = live->step;
	struct once_record once;

	*ret_occasion = NULL;
	if (!step->once)
		return 0;
	if (run_text(run, live, step->once, ret_occasion, err) < 0)
		return -1;
	int found = look_up(run, step->name, *ret_occasion, &once, err);
	if (found > 0 && !once.done &&
	    bus_round_has(outbox_round(tick->outbox), step->name,
	                  *ret_occasion))
		return 0; /* who began it is sent first */
	if (found <= 0 || text_equal(once.key, run_effect_key(run, live)))
		return found < 0 ? -1 : 0;
	if (once.done)
		return take_result(tick, run, live, &once, *ret_occasion, err);
	return error_at(err, ERR_FAILED, step->path, step->once->pos,
	                "%s began \"%s\", and nobody knows whether it was done",
	                name_of(run, once.run), *ret_occasion);
}
