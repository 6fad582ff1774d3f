#include "engine/cycle/drafting.h"

#include <inttypes.h>
#include <string.h>

#include "engine/cycle/prune.h"
#include "engine/job/unseen.h"
#include "store/base/limits.h"
#include "store/base/text.h"

static bool has_gate_below(const struct live_run *run, const struct step *step)
{
	return run->last_wall != STEP_NONE && run->last_wall > step->index;
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

/* A draft of more steps than this has several of them in one commit. */
#define COMMITS 100

static const char *message_for(const struct drafting *drafting,
                               const struct live_step *live)
{
	struct live_run *run = drafting->run;
	auto_buf struct buf text = buf_make(LIMIT_ERROR_TEXT);

	buf_printf(&text, "%s: %s\n\nReeve-Run: %s\nReeve-Step: %s\n",
	           run->job->name, live->step->id, run->record.id,
	           live->step->id);
	if (live->key && !*live->block->item)
		buf_printf(&text, "Reeve-Key: %s\n", live->key);
	if (text_equal(live->step->kind->name, "agent"))
		buf_add_text(&text, "Reeve-Model: offline\n");
	buf_add_text(&text, "Reeve-Cost: 0\n");
	return arena_strdup(&run->arena, text.at);
}

static struct draft_commit *add_commit(struct drafting *drafting,
                                       const char *message)
{
	struct arena *arena = &drafting->run->arena;

	drafting->commits =
	        arena_grow(arena, drafting->commits, drafting->count,
	                   sizeof(*drafting->commits));
	drafting->commits[drafting->count] = (struct draft_commit){
		.message = message,
	};
	return &drafting->commits[drafting->count++];
}

static void add_change(struct drafting *drafting, struct draft_commit *commit,
                       const struct tree_change *change)
{
	struct tree_change *changes =
	        arena_grow(&drafting->run->arena, drafting->changes,
	                   drafting->change_count, sizeof(*changes));

	/* Those of one commit stand in a row; the array may move. */
	drafting->changes = changes;
	changes[drafting->change_count++] = *change;
	commit->change_count++;
}

static void add_file(struct drafting *drafting, struct draft_commit *commit,
                     const char *path, const struct oid *oid)
{
	const struct tree_change change = {
		.path = path,
		.oid = *oid,
		.mode = 0100644,
	};

	add_change(drafting, commit, &change);
}

/* Point each commit at its changes, now that they do not move any more. */
static void settle_changes(struct drafting *drafting)
{
	struct tree_change *at = drafting->changes;

	for (size_t i = 0; i < drafting->count; i++) {
		drafting->commits[i].changes = at;
		at += drafting->commits[i].change_count;
	}
}

/* The commit that the step's files go into: its own, or that of the one before
 * it when there are too many. */
static struct draft_commit *commit_for(struct drafting *drafting,
                                       const struct live_step *live)
{
	const struct live_step *last = drafting->last;

	drafting->last = live;
	if (drafting->count &&
	    ((last && last->step == live->step) || drafting->count >= COMMITS))
		return &drafting->commits[drafting->count - 1];
	return add_commit(drafting, message_for(drafting, live));
}

/* The blob of the file, which need not be written when the owner's branch has
 * it at that path. */
static int keep_bytes(struct drafting *drafting, const char *path,
                      const struct buf *bytes, struct oid *ret,
                      struct error *err)
{
	struct engine *engine = drafting->run->engine;
	struct tree_entry there;

	repo_blob_id(bytes->at, bytes->len, ret);
	int found = repo_tree_find(engine->repo, &engine->tip_tree, path,
	                           &there, err);
	if (found < 0)
		return -1;
	if (found && oid_equal(&there.oid, ret))
		return 0;
	drafting->differs = true;
	return repo_blob_write(engine->repo, bytes->at, bytes->len, ret, err);
}

static int add_artifact(struct drafting *drafting, struct live_step *live,
                        const struct live_file *file, struct error *err)
{
	struct live_run *run = drafting->run;
	struct arena *arena = &run->arena;
	auto_buf struct buf bytes = buf_make(LIMIT_OUTPUT);
	struct value *row = value_map(arena);
	size_t count = drafting->artifacts->length;
	struct oid oid;

	if (run_artifact(run, live, file, &bytes, err) < 0 ||
	    keep_bytes(drafting, file->path, &bytes, &oid, err) < 0)
		return -1;
	value_map_text(arena, row, "step", live->step->id);
	if (*live->block->item)
		value_map_text(arena, row, "item", live->block->item);
	value_map_text(arena, row, "field", file->field);
	value_map_text(arena, row, "path", file->path);
	value_map_text(arena, row, "blob", oid_text(arena, &oid));
	drafting->steps = arena_grow(arena, drafting->steps, count,
	                             sizeof(struct live_step *));
	drafting->files = arena_grow(arena, drafting->files, count,
	                             sizeof(const struct live_file *));
	drafting->steps[count] = live;
	drafting->files[count] = file;
	value_list_add(arena, drafting->artifacts, row);
	add_file(drafting, commit_for(drafting, live), file->path, &oid);
	return 0;
}

/* Whether `block` is `outer`, or stands in it. */
static bool is_within(const struct live_block *block,
                      const struct live_block *outer)
{
	while (block && block != outer)
		block = block->over ? block->over->block : NULL;
	return block == outer;
}

/* The block that a gate decides for: that of its item, else the whole run. */
static const struct live_block *reach_of(const struct live_step *gate)
{
	const struct live_block *block = gate->block;

	while (block->over && !live_is_loop(block->over))
		block = block->over->block;
	return block;
}

/* Whether what became of `live` is shown by `gate`, or by any draft. */
static bool is_reached(const struct live_step *live,
                       const struct live_step *gate)
{
	return step_has_output(live->state) &&
	       (!gate || (live->step->index <= gate->step->index &&
	                  is_within(live->block, reach_of(gate))));
}

static bool fits_choice(const struct live_run *run, const struct step *step,
                        enum drafting_choice choice)
{
	return choice == DRAFTING_ALL ||
	       drafting_merges(run, step) == (choice == DRAFTING_MERGES);
}

static bool is_chosen(const struct live_run *run, const struct live_step *live,
                      const struct live_step *gate, enum drafting_choice choice)
{
	return !live->drafted && live->file_count && is_reached(live, gate) &&
	       fits_choice(run, live->step, choice);
}

/* ---- Files of items that are gone ---------------------------------------- */

/* Loops in loops may come to the same file. */
static void add_pruned(struct drafting *drafting, struct value *known,
                       struct draft_commit *commit, const struct pruned *pruned)
{
	struct arena *arena = &drafting->run->arena;
	const struct tree_change change = { .path = pruned->path };
	struct value *row = value_map(arena);
	size_t count = drafting->artifacts->length;

	if (value_get(known, pruned->path))
		return;
	value_map_set(arena, known, pruned->path, value_bool(arena, true));
	value_map_text(arena, row, "step", pruned->step);
	value_map_text(arena, row, "item", pruned->item);
	value_map_text(arena, row, "path", pruned->path);
	drafting->steps = arena_grow(arena, drafting->steps, count,
	                             sizeof(struct live_step *));
	drafting->files = arena_grow(arena, drafting->files, count,
	                             sizeof(const struct live_file *));
	drafting->steps[count] = NULL;
	drafting->files[count] = NULL;
	value_list_add(arena, drafting->artifacts, row);
	drafting->differs = true;
	add_change(drafting, commit, &change);
}

static int prune_step(struct drafting *drafting, const struct live_step *loop,
                      const struct step *step, struct value *known,
                      struct error *err)
{
	struct live_run *run = drafting->run;
	struct pruned *pruned;
	int count = prune_find(run, loop, step, drafting->left, &pruned, err);

	if (count <= 0)
		return count;
	struct draft_commit *commit = add_commit(
	        drafting,
	        arena_printf(&run->arena,
	                     "%s: %s, items that are gone\n\nReeve-Run: %s\n"
	                     "Reeve-Step: %s\nReeve-Cost: 0\n",
	                     run->job->name, step->id, run->record.id,
	                     step->id));
	for (int i = 0; i < count; i++)
		add_pruned(drafting, known, commit, &pruned[i]);
	return 0;
}

static int prune_all(struct drafting *drafting, const struct live_step *gate,
                     enum drafting_choice choice, struct error *err)
{
	struct live_run *run = drafting->run;
	struct value *known = value_map(&run->arena);

	for (const struct live_step *live = live_first(run); live;
	     live = live_next(run, live)) {
		const struct step *step = live->step;
		if (!live_is_loop(live) || !step->fan->prune ||
		    !is_reached(live, gate))
			continue;
		for (size_t i = step->index; i < step->end; i++)
			if (fits_choice(run, &run->job->steps[i], choice) &&
			    prune_step(drafting, live, &run->job->steps[i],
			               known, err) < 0)
				return -1;
	}
	return 0;
}

/* ---- All of it ----------------------------------------------------------- */

static int gather_all(struct drafting *drafting, const struct live_step *gate,
                      enum drafting_choice choice, struct error *err)
{
	struct live_run *run = drafting->run;

	for (struct live_step *live = live_first(run); live;
	     live = live_next(run, live)) {
		if (!is_chosen(run, live, gate, choice))
			continue;
		for (size_t i = 0; i < live->file_count; i++)
			if (add_artifact(drafting, live, &live->files[i], err) <
			    0)
				return -1;
	}
	return 0;
}

int drafting_gather(struct live_run *run, const struct live_step *gate,
                    enum drafting_choice choice, struct drafting *ret,
                    struct error *err)
{
	struct arena *arena = &run->arena;

	*ret = (struct drafting){
		.run = run,
		.n = (int64_t)run->draft_count + 1,
		.artifacts = value_list(arena),
	};
	ret->name = arena_printf(
	        arena, "%s-%s.%" PRId64, run->job->name,
	        engine_short(run->engine, arena, run->record.id), ret->n);
	ret->slip = arena_printf(arena, "actions/%s.yaml", ret->name);
	ret->left = value_list(arena);
	if (gather_all(ret, gate, choice, err) < 0 ||
	    prune_all(ret, gate, choice, err) < 0)
		return -1;
	settle_changes(ret);
	return 0;
}

/* A commit that is of no step. */
static struct draft_commit *add_subject(struct drafting *drafting,
                                        const char *subject)
{
	const struct live_run *run = drafting->run;

	return add_commit(drafting, arena_printf(&drafting->run->arena,
	                                         "%s: %s\n\nReeve-Run: %s\n",
	                                         run->job->name, subject,
	                                         run->record.id));
}

void drafting_add_changes(struct drafting *drafting,
                          const struct tree_change *changes, size_t count,
                          const char *subject)
{
	struct draft_commit *commit = add_subject(drafting, subject);

	for (size_t i = 0; i < count; i++)
		add_change(drafting, commit, &changes[i]);
	settle_changes(drafting);
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
	add_file(drafting, add_subject(drafting, subject), path, &oid);
	settle_changes(drafting);
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

void drafting_none(struct drafting *drafting)
{
	for (size_t i = 0; i < drafting->artifacts->length; i++)
		if (drafting->steps[i])
			drafting->steps[i]->drafted = true;
}

void drafting_done(struct drafting *drafting)
{
	drafting_none(drafting);
	drafting->run->draft_count++;
}
