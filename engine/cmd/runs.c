#include "engine/cmd/runs.h"

#include <inttypes.h>
#include <string.h>

#include "store/base/limits.h"
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
	if (strcmp(kind, "undo") == 0)
		return arena_printf(arena, "to undo %.8s",
		                    value_get_text(trigger, "of", "?"));
	if (strcmp(kind, "event") == 0)
		return arena_printf(arena, "by the event %s",
		                    value_get_text(trigger, "type", "?"));
	return "by hand";
}

int run_is_on_older_text(struct engine *engine, const struct run_record *run,
                         struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char *path = arena_printf(&arena, "jobs/%s.yaml", run->job);
	struct oid then;
	struct oid now;

	if (run->state != RUN_FAILED && run_is_over(run->state))
		return 0;
	if (engine_look(engine, err) < 0)
		return -1;
	auto_files struct files *files =
	        engine_files(engine, &run->tree, &run->library, err);
	if (!files)
		return -1;
	int found = files_find(files, path, LIMIT_JOB_FILE, &then, err);
	if (found > 0)
		found = files_find(engine->tip_files, path, LIMIT_JOB_FILE,
		                   &now, err);
	return found > 0 ? !oid_equal(&then, &now) : found;
}

const char *author_name(const char *address)
{
	return address && !text_starts(address, "reeve@") ? address : "reeve";
}

const char *step_name(struct arena *arena, const char *id, const char *item)
{
	if (!item || !*item)
		return id;
	return arena_printf(arena, "%s of %s", id, item);
}

/* ---- Finding a step ------------------------------------------------------ */

/* What was asked for, and the steps of the run. */
struct search {
	struct arena *arena;
	const struct run_record *run;
	const char *id;
	const char *item; /* NULL: none was named apart */
	const struct step_record *steps;
	size_t count;
};

/* As it is typed: one word. */
static const char *typed(struct arena *arena, const char *id, const char *item)
{
	return *item ? arena_printf(arena, "%s/%s", id, item) : id;
}

static bool is_asked(const struct search *search,
                     const struct step_record *step)
{
	if (search->item)
		return text_equal(step->step, search->id) &&
		       text_equal(step->item, search->item);
	if (!text_starts(search->id, step->step))
		return false;
	return text_equal(search->id,
	                  typed(search->arena, step->step, step->item)) ||
	       text_equal(search->id,
	                  step_name(search->arena, step->step, step->item));
}

static int no_such_step(const struct search *search, struct error *err)
{
	struct arena *arena = search->arena;
	const char **names =
	        arena_array(arena, search->count + 1, sizeof(*names));
	const char *asked = search->item
	                            ? typed(arena, search->id, search->item)
	                            : search->id;

	for (size_t i = 0; i < search->count; i++)
		names[i] = typed(arena, search->steps[i].step,
		                 search->steps[i].item);
	error_set(err, ERR_MISSING, "the run of \"%s\" has no step \"%s\"",
	          search->run->job, asked);
	const char *near = text_nearest(asked, names, search->count);
	if (near)
		return error_hint(err, "Did you mean \"%s\"?", near);
	return error_hint(err, "\"reeve status %.8s%s\" lists its steps.",
	                  search->run->id, search->item ? " --all" : "");
}

/* An id that stands for a step of each item: fine when there is one. */
static const struct step_record *find_only_item(const struct search *search,
                                                size_t *ret_items)
{
	const struct step_record *found = NULL;

	*ret_items = 0;
	for (size_t i = 0; !search->item && i < search->count; i++) {
		if (!text_equal(search->steps[i].step, search->id))
			continue;
		if ((*ret_items)++ == 0)
			found = &search->steps[i];
	}
	return found;
}

static const struct step_record *find_step(const struct search *search,
                                           struct error *err)
{
	const struct step_record *found;
	size_t items;

	for (size_t i = 0; i < search->count; i++)
		if (is_asked(search, &search->steps[i]))
			return &search->steps[i];
	found = find_only_item(search, &items);
	if (items == 1)
		return found;
	if (items == 0) {
		(void)no_such_step(search, err);
		return NULL;
	}
	error_set(err, ERR_USAGE, "\"%s\" was done for %zu items", search->id,
	          items);
	error_hint(err, "Name one: %s.",
	           typed(search->arena, found->step, found->item));
	return NULL;
}

const struct step_record *runs_find_step(struct engine *engine,
                                         struct arena *arena,
                                         const struct run_record *run,
                                         const char *id, const char *item,
                                         struct error *err)
{
	struct search search = {
		.arena = arena,
		.run = run,
		.id = id,
		.item = item,
	};
	struct step_record *steps;

	if (view_steps(engine->view, arena, run->id, &steps, &search.count,
	               err) < 0)
		return NULL;
	search.steps = steps;
	return find_step(&search, err);
}
