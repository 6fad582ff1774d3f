#include "engine/cmd/runs.h"

#include <inttypes.h>
#include <string.h>

#include "store/base/text.h"

const char *run_label(struct engine *engine, struct arena *arena,
                      const struct run_record *run)
{
	return arena_printf(arena, "%s-%s", run->job,
	                    engine_short(engine, arena, run->id));
}

const char *run_heading(const struct run_record *run)
{
	return run->title ? run->title : run->job;
}

const char *run_cause(struct arena *arena, const struct value *trigger)
{
	const char *kind = value_get_text(trigger, "kind", "");
	int64_t files = value_get_int(trigger, "files", 0);

	if (files > 1)
		return arena_printf(arena,
		                    "because %" PRId64 " files were committed",
		                    files);
	if (strcmp(kind, "schedule") == 0)
		return arena_printf(arena, "at the time %s",
		                    value_get_text(trigger, "slot", "?"));
	if (strcmp(kind, "batch") == 0)
		return arena_printf(arena, "by %" PRId64 " events %s",
		                    value_get_int(trigger, "count", 0),
		                    value_get_text(trigger, "type", "?"));
	if (strcmp(kind, "commit") == 0)
		return arena_printf(arena, "because %s was committed",
		                    value_get_text(trigger, "path", "a file"));
	if (strcmp(kind, "event") == 0)
		return arena_printf(arena, "by the event %s",
		                    value_get_text(trigger, "type", "?"));
	return "by hand";
}

const char *author_name(const char *address)
{
	return address && !text_starts(address, "reeve@") ? address : "reeve";
}

static int no_such_step(struct arena *arena, const struct run_record *run,
                        const char *id, const struct step_record *steps,
                        size_t count, struct error *err)
{
	const char **names = arena_array(arena, count + 1, sizeof(*names));

	for (size_t i = 0; i < count; i++)
		names[i] = steps[i].step;
	error_set(err, ERR_MISSING, "the run of \"%s\" has no step \"%s\"",
	          run->job, id);
	const char *near = text_nearest(id, names, count);
	if (near)
		return error_hint(err, "Did you mean \"%s\"?", near);
	return error_hint(err, "\"reeve status %.8s\" lists its steps.",
	                  run->id);
}

int runs_find_step(struct engine *engine, struct arena *arena,
                   const struct run_record *run, const char *id,
                   struct step_record *ret, struct error *err)
{
	struct step_record *steps;
	size_t count;

	if (view_steps(engine->view, arena, run->id, &steps, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!text_equal(steps[i].step, id))
			continue;
		*ret = steps[i];
		return 0;
	}
	return no_such_step(arena, run, id, steps, count, err);
}
