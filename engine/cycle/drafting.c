#include "engine/cycle/drafting.h"

#include <inttypes.h>
#include <string.h>

#include "engine/job/unseen.h"
#include "store/base/limits.h"
#include "store/base/text.h"

static bool has_gate_below(const struct live_run *run, const struct step *step)
{
	for (size_t i = step->index + 1; i < run->job->step_count; i++)
		if (run->job->steps[i].kind->flags & KIND_WALL)
			return true;
	return false;
}

/* What stands above a gate is shown by that gate, unless the step itself says
 * otherwise. */
bool drafting_merges(const struct live_run *run, const struct step *step)
{
	enum publish publish = step->publish;

	if (publish == PUBLISH_UNSET && has_gate_below(run, step))
		return false;
	if (publish == PUBLISH_UNSET && (step->kind->flags & KIND_ACTS) &&
	    !unseen_goes_into(run->job, step))
		publish = PUBLISH_MERGE;
	if (publish == PUBLISH_UNSET)
		publish = run->job->publish;
	return publish == PUBLISH_MERGE;
}

static const char *message_for(const struct drafting *drafting,
                               const struct live_step *live)
{
	struct live_run *run = drafting->run;
	auto_buf struct buf text = buf_make(LIMIT_ERROR_TEXT);

	buf_printf(&text, "%s: %s\n\nReeve-Run: %s\nReeve-Step: %s\n",
	           run->job->name, live->step->id, run->record.id,
	           live->step->id);
	if (live->key)
		buf_printf(&text, "Reeve-Key: %s\n", live->key);
	if (text_equal(live->step->kind->name, "agent"))
		buf_add_text(&text, "Reeve-Model: offline\n");
	buf_add_text(&text, "Reeve-Cost: 0\n");
	return arena_strdup(&run->arena, text.at);
}

static void add_commit(struct drafting *drafting, const char *message,
                       const char *path, const struct oid *oid)
{
	struct arena *arena = &drafting->run->arena;
	struct tree_change *change = arena_new(arena, struct tree_change);

	*change = (struct tree_change){
		.path = path,
		.oid = *oid,
		.mode = 0100644,
	};
	drafting->commits =
	        arena_grow(arena, drafting->commits, drafting->count,
	                   sizeof(*drafting->commits));
	drafting->commits[drafting->count++] = (struct draft_commit){
		.message = message,
		.changes = change,
		.change_count = 1,
	};
}

static int add_artifact(struct drafting *drafting, struct live_step *live,
                        struct error *err)
{
	struct live_run *run = drafting->run;
	struct arena *arena = &run->arena;
	auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
	struct value *row = value_map(arena);
	struct oid oid;

	if (run_artifact(run, live, &bytes, err) < 0 ||
	    repo_blob_write(run->engine->repo, bytes.at, bytes.len, &oid, err) <
	            0)
		return -1;
	value_map_text(arena, row, "step", live->step->id);
	value_map_text(arena, row, "path", live->path);
	value_map_text(arena, row, "blob", oid_text(arena, &oid));
	drafting->steps[drafting->artifacts->length] = live;
	value_list_add(arena, drafting->artifacts, row);
	add_commit(drafting, message_for(drafting, live), live->path, &oid);
	return 0;
}

static bool is_chosen(const struct live_run *run, const struct live_step *live,
                      enum drafting_choice choice)
{
	if (live->drafted || !live->path || !step_has_output(live->state))
		return false;
	if (choice == DRAFTING_ALL)
		return true;
	return drafting_merges(run, live->step) == (choice == DRAFTING_MERGES);
}

int drafting_gather(struct live_run *run, size_t until,
                    enum drafting_choice choice, struct drafting *ret,
                    struct error *err)
{
	struct arena *arena = &run->arena;
	size_t count = until == STEP_NONE ? run->job->step_count : until;

	*ret = (struct drafting){
		.run = run,
		.n = (int64_t)run->draft_count + 1,
		.artifacts = value_list(arena),
		.steps = arena_array(arena, count + 1,
		                     sizeof(struct live_step *)),
	};
	ret->name = arena_printf(
	        arena, "%s-%s.%" PRId64, run->job->name,
	        engine_short(run->engine, arena, run->record.id), ret->n);
	ret->slip = arena_printf(arena, "actions/%s.yaml", ret->name);
	for (size_t i = 0; i < count; i++)
		if (is_chosen(run, &run->steps[i], choice) &&
		    add_artifact(ret, &run->steps[i], err) < 0)
			return -1;
	return 0;
}

int drafting_add_file(struct drafting *drafting, const char *path,
                      const struct buf *bytes, const char *subject,
                      struct error *err)
{
	struct live_run *run = drafting->run;
	struct oid oid;

	if (repo_blob_write(run->engine->repo, bytes->at, bytes->len, &oid,
	                    err) < 0)
		return -1;
	add_commit(drafting,
	           arena_printf(&run->arena, "%s: %s\n\nReeve-Run: %s\n",
	                        run->job->name, subject, run->record.id),
	           path, &oid);
	return 0;
}

int drafting_build(struct drafting *drafting, const struct oid *base,
                   struct oid *ret_tip, struct error *err)
{
	struct engine *engine = drafting->run->engine;
	struct signature reeve = {
		.name = "reeve",
		.email = "reeve@localhost",
		.time_s = clock_wall_ms(&engine->clock) / 1000,
	};
	struct oid tip = *base;

	if (draft_build(engine->repo, drafting->commits, drafting->count,
	                &reeve, &tip, err) < 0)
		return -1;
	*ret_tip = tip;
	return 0;
}

void drafting_done(struct drafting *drafting)
{
	for (size_t i = 0; i < drafting->artifacts->length; i++)
		drafting->steps[i]->drafted = true;
	drafting->run->draft_count++;
}
