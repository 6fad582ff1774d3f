/*
 * The owner could do the same by hand: delete the files of an item and its
 * entries. So it is a commit of theirs on the draft, and how it is approved
 * needs to know nothing of it.
 */
#include "engine/cycle/narrow.h"

#include <string.h>

#include "engine/cycle/run.h"
#include "engine/cycle/slip.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/draft.h"

struct narrow {
	struct engine *engine;
	struct live_run *run;
	const struct draft_record *draft;
	const struct live_step *items; /* the loop */
	struct value *left_out;        /* item: true */
	struct value *of;              /* "step item" of effects: their item */
};

static const char *place_of(struct arena *arena, const char *step,
                            const char *item)
{
	return arena_printf(arena, "%s %s", step, item);
}

/* ---- Which items --------------------------------------------------------- */

static const struct live_step *find_items(const struct narrow *narrow,
                                          struct error *err)
{
	struct live_run *run = narrow->run;
	const struct draft_record *draft = narrow->draft;
	const struct live_step *gate =
	        draft->step ? live_at(run, draft->step, draft->item) : NULL;
	const char *name =
	        gate ? value_get_text(gate->step->config, "items", NULL) : NULL;
	const struct step *step =
	        name ? job_step_from(run->job, gate->step->parent, name) : NULL;

	const struct live_step *items =
	        step ? live_find(run, gate->block, step->index) : NULL;

	if (items && live_is_loop(items))
		return items;
	error_set(err, ERR_STATE, "the draft of %s is not decided by item",
	          run->name);
	error_hint(err, "A gate with \"items:\" is. In this one, delete "
	                "files or entries of the slip, and merge it.");
	return NULL;
}

static int fail_unknown(const struct narrow *narrow, const char *name,
                        struct error *err)
{
	auto_buf struct buf list = buf_make(LIMIT_ERROR_TEXT);
	const struct live_step *items = narrow->items;

	for (size_t i = 0; i < items->part_count && i < 10; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", items->parts[i]->item);
	error_set(err, ERR_USAGE, "\"%s\" is no item of this draft", name);
	return error_hint(err, "Its items are %s%s.", list.at,
	                  items->part_count > 10 ? ", …" : "");
}

/* The names that were given, as a map to true. */
static int read_names(const struct narrow *narrow, const char *names,
                      struct value *ret, struct error *err)
{
	struct arena *arena = &narrow->run->arena;
	char *rest = arena_strdup(arena, names);
	const char *outer = narrow->items->block->item;

	while (rest) {
		const char *name = strsep(&rest, ",");
		const char *item =
		        *outer ? arena_printf(arena, "%s/%s", outer, name)
		               : name;
		if (!value_get(narrow->items->by_item, item))
			return fail_unknown(narrow, name, err);
		value_map_set(arena, ret, item, value_bool(arena, true));
	}
	return 0;
}

static int choose(struct narrow *narrow, struct narrowing *narrowing,
                  struct arena *arena, struct error *err)
{
	struct value *named = value_map(&narrow->run->arena);
	const struct live_step *items = narrow->items;

	if (read_names(narrow, narrowing->names, named, err) < 0)
		return -1;
	narrow->left_out = value_map(&narrow->run->arena);
	narrowing->left_out =
	        arena_array(arena, items->part_count + 1, sizeof(char *));
	for (size_t i = 0; i < items->part_count; i++) {
		const struct live_block *part = items->parts[i];
		bool is_named = value_get(named, part->item) != NULL;
		if (is_named != narrowing->except || !live_is_whole(part))
			continue;
		narrowing->left_out[narrowing->count++] =
		        arena_strdup(arena, part->item);
		value_map_set(&narrow->run->arena, narrow->left_out, part->item,
		              value_bool(&narrow->run->arena, true));
	}
	if (narrowing->count < items->part_count)
		return 0;
	error_set(err, ERR_USAGE, "that leaves out every item");
	return error_hint(err, "To refuse all of it: reeve reject %.8s.",
	                  narrow->run->record.id);
}

/* ---- What goes ----------------------------------------------------------- */

static bool is_left_out(const struct narrow *narrow, const char *item)
{
	return item && value_get(narrow->left_out, item);
}

/* Whether the step stands in an item that is left out. */
static bool stands_in_it(const struct narrow *narrow, const char *step,
                         const char *item)
{
	const struct live_step *live = live_at(narrow->run, step, item);
	const struct live_block *block = live ? live->block : NULL;

	while (block && block->over != narrow->items)
		block = block->over ? block->over->block : NULL;
	return block && is_left_out(narrow, block->item);
}

static bool keeps(void *state, const char *step, const char *item)
{
	struct narrow *narrow = state;
	const char *place = place_of(&narrow->run->arena, step, item);

	return !is_left_out(narrow, value_get_text(narrow->of, place, NULL));
}

static int read_effects(struct narrow *narrow, struct error *err)
{
	struct arena *arena = &narrow->run->arena;
	struct value *effects;

	if (view_draft_effects(narrow->engine->view, arena, narrow->draft,
	                       &effects, err) < 0)
		return -1;

	narrow->of = value_map(arena);
	for (size_t i = 0; i < effects->length; i++) {
		const struct value *row = effects->items[i];
		value_map_text(arena, narrow->of,
		               place_of(arena, value_get_text(row, "step", ""),
		                        value_get_text(row, "item", "")),
		               value_get_text(row, "of", NULL));
	}
	return 0;
}

/* The slip of the commit with the entries that are kept. */
static int strike(struct narrow *narrow, const struct oid *tree,
                  struct oid *ret, struct error *err)
{
	struct repo *repo = narrow->engine->repo;
	auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);
	auto_buf struct buf kept = buf_make(LIMIT_YAML_FILE);
	const char *path = narrow->draft->slip;
	struct tree_entry entry;
	int found = repo_tree_find(repo, tree, path, &entry, err);

	if (found == 0)
		error_set(err, ERR_STATE, "the draft has no \"%s\" any more",
		          path);
	if (found <= 0 || repo_blob_read(repo, &entry.oid, &bytes, err) < 0)
		return -1;
	const struct slip_filter filter = { keeps, narrow };
	if (slip_strike(&kept, path, &bytes, &filter, err) < 0)
		return -1;
	return repo_blob_write(repo, kept.at, kept.len, ret, err);
}

static int commit_rest(struct narrow *narrow, size_t left_out, struct oid *tip,
                       struct error *err)
{
	struct engine *engine = narrow->engine;
	struct arena *arena = &narrow->run->arena;
	struct artifact_record *artifacts;
	struct commit before;
	struct signature owner = { 0 };
	size_t count;

	if (view_artifacts(engine->view, arena, narrow->draft, &artifacts,
	                   &count, err) < 0 ||
	    repo_commit_read(engine->repo, arena, tip, &before, err) < 0 ||
	    repo_identity(engine->repo, arena, &owner.name, &owner.email, err) <
	            0)
		return -1;
	owner.time_s = clock_wall_ms(&engine->clock) / 1000;
	struct tree_change *changes =
	        arena_array(arena, count + 1, sizeof(*changes));
	size_t gone = 0;
	for (size_t i = 0; i < count; i++)
		if (stands_in_it(narrow, artifacts[i].step, artifacts[i].item))
			changes[gone++].path = artifacts[i].path;
	changes[gone].path = narrow->draft->slip;
	changes[gone].mode = 0100644;
	if (strike(narrow, &before.tree, &changes[gone].oid, err) < 0)
		return -1;
	struct draft_commit commit = {
		.message = arena_printf(
		        arena, "%s: leave out %zu item%s\n\nReeve-Run: %s\n",
		        narrow->run->record.job, left_out,
		        left_out == 1 ? "" : "s", narrow->run->record.id),
		.changes = changes,
		.change_count = gone + 1,
	};
	return draft_build(engine->repo, &commit, 1, &owner, tip, err);
}

int narrow_draft(struct engine *engine, struct arena *arena,
                 const struct draft_record *draft, struct narrowing *narrowing,
                 struct oid *tip, struct error *err)
{
	auto_run struct live_run *run = run_load(engine, draft->run, err);
	struct narrow narrow = { .engine = engine, .run = run, .draft = draft };

	if (!run)
		return -1;
	narrow.items = find_items(&narrow, err);
	if (!narrow.items || choose(&narrow, narrowing, arena, err) < 0)
		return -1;
	if (narrowing->count == 0)
		return 0;
	if (read_effects(&narrow, err) < 0)
		return -1;
	return commit_rest(&narrow, narrowing->count, tip, err);
}
