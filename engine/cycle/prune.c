/*
 * The view knows which files runs of the job have brought for which item. An
 * item is gone when the loop, which came to its end, has no part for it. Of
 * its files only those are deleted of which reeve wrote the last word: a draft
 * merged them, no later one had the path, and the owner's branch has the very
 * same bytes.
 */
#include "engine/cycle/prune.h"

#include <string.h>

#include "store/base/text.h"

/* The part of `item` that names an item of the loop: "acme" of "acme/2"; NULL
 * when it is of another round of the loop around this one. */
static const char *item_of(struct live_run *run, const struct live_step *loop,
                           const char *item)
{
	const char *outer = loop->block->item;
	size_t len = strlen(outer);

	if (strncmp(item, outer, len) != 0 || (len > 0 && item[len] != '/'))
		return NULL;
	len += len > 0;
	len += strcspn(item + len, "/");
	return arena_strndup(&run->arena, item, len);
}

static bool is_gone(struct live_run *run, const struct live_step *loop,
                    const char *item)
{
	const char *name = item_of(run, loop, item);

	return name && *name && value_get_int(loop->by_item, name, -1) < 0;
}

enum standing {
	STANDS_NOT, /* it is not there, or not ours to delete */
	STANDS_MERGED,
	STANDS_EDITED,
};

/* Whether `artifact` is the last word on its path: 1, 0, -1. */
static int is_last(struct live_run *run, const struct artifact_record *artifact,
                   struct error *err)
{
	struct artifact_record *rows;
	size_t count;

	if (view_artifacts_at(run->engine->view, &run->arena, artifact->path,
	                      &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (text_equal(rows[i].run, run->record.id))
			return 0;
		if (!oid_is_zero(&rows[i].merged))
			return text_equal(rows[i].run, artifact->run) &&
			       rows[i].n == artifact->n;
	}
	return 0;
}

static int find_standing(struct live_run *run,
                         const struct artifact_record *artifact,
                         struct error *err)
{
	struct engine *engine = run->engine;
	struct tree_entry there;

	if (run_writer(run, artifact->path))
		return STANDS_NOT;
	int found = repo_tree_find(engine->repo, &engine->tip_tree,
	                           artifact->path, &there, err);
	if (found > 0)
		found = is_last(run, artifact, err);
	if (found <= 0)
		return found < 0 ? -1 : STANDS_NOT;
	return oid_equal(&there.oid, &artifact->merged) ? STANDS_MERGED
	                                                : STANDS_EDITED;
}

int prune_find(struct live_run *run, const struct live_step *live,
               const struct step *step, struct value *left, struct pruned **ret,
               struct error *err)
{
	struct arena *arena = &run->arena;
	struct artifact_record *rows;
	struct pruned *pruned;
	size_t count;
	int gone = 0;

	if (view_artifacts_of(run->engine->view, arena, run->job->name,
	                      step->id, &rows, &count, err) < 0)
		return -1;
	pruned = arena_array(arena, count + 1, sizeof(*pruned));
	for (size_t i = 0; i < count; i++) {
		if (!is_gone(run, live, rows[i].item))
			continue;
		int stands = find_standing(run, &rows[i], err);
		if (stands < 0)
			return -1;
		if (stands == STANDS_EDITED)
			value_list_add(arena, left,
			               value_string(arena, rows[i].path));
		if (stands == STANDS_MERGED)
			pruned[gone++] = (struct pruned){
				rows[i].step,
				rows[i].item,
				rows[i].path,
			};
	}
	*ret = pruned;
	return gone;
}
