/*
 * A draft that is open has a branch and an anchor. One that was decided has
 * none: whoever decides it journals that first, then deals with the branch,
 * and takes the anchor away last. So an anchor that still stands beside a
 * draft that was decided is the mark of work that was not finished.
 */
#include "engine/cycle/restore.h"

#include <string.h>

#include "engine/cycle/branch.h"
#include "engine/cycle/halfway.h"
#include "store/draft.h"

/* Of two machines that drafted at once the first one's draft counts. */
static int correct(struct engine *engine, const struct draft_record *draft,
                   struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char *name = draft->branch + strlen(DRAFT_BRANCHES);
	int stray = draft_is_stray(engine->repo, name, &draft->tip, err);

	if (stray <= 0)
		return stray;
	int out = branch_is_out(
	        engine, arena_printf(&arena, "refs/heads/%s", draft->branch),
	        err);
	if (out != 0)
		return out < 0 ? -1 : 0;
	return draft_correct(engine->repo, name, &draft->tip, err);
}

/* In a clone that does not have the draft's commits there is nothing to make
 * it of. */
static int restore_open(struct engine *engine, const struct draft_record *draft,
                        struct error *err)
{
	struct repo *repo = engine->repo;
	const char *name = draft->branch + strlen(DRAFT_BRANCHES);
	enum draft_presence presence;
	struct oid tip;

	if (correct(engine, draft, err) < 0 ||
	    draft_look(repo, name, &presence, &tip, err) < 0)
		return -1;
	if (presence == DRAFT_DELETED || !repo_object_exists(repo, &draft->tip))
		return 0;
	if (presence == DRAFT_THERE)
		return draft_anchor(repo, name, &draft->tip, err);
	return draft_publish(repo, name, &draft->tip, err);
}

static int finish_decided(struct engine *engine, struct arena *arena,
                          const struct draft_record *draft, struct error *err)
{
	const char *name = draft->branch + strlen(DRAFT_BRANCHES);

	if (draft->state == DRAFT_REJECTED)
		return draft_set_aside(engine->repo, arena, name, &draft->tip,
		                       err)
		               ? 0
		               : -1;
	if (!draft_was_merged(draft->state))
		return 0;
	if (branch_drop(engine, draft->branch, &draft->tip, &draft->commit,
	                err) < 0)
		return -1;
	return draft_forget(engine->repo, name, err);
}

struct finishing {
	struct engine *engine;
	struct error *err;
};

/* Whoever decides it just now may be faster. */
static int finish(const struct finishing *finishing, struct arena *arena,
                  const struct draft_record *draft)
{
	auto_error struct error reason = { 0 };

	if (finish_decided(finishing->engine, arena, draft, &reason) == 0 ||
	    reason.code == ERR_CONFLICT)
		return 0;
	error_move(finishing->err, &reason);
	return -1;
}

static int look_at_anchor(void *state, const char *anchor,
                          const struct oid *oid)
{
	struct finishing *finishing = state;
	struct engine *engine = finishing->engine;
	auto_arena struct arena arena = { 0 };
	struct draft_record *drafts;
	size_t count;

	(void)oid; /* the draft's, as it was made */
	const char *branch = arena_printf(&arena, DRAFT_BRANCHES "%s",
	                                  anchor + strlen(DRAFT_ANCHORS));
	if (view_branch_drafts(engine->view, &arena, branch, &drafts, &count,
	                       finishing->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (finish(finishing, &arena, &drafts[i]) < 0)
			return -1;
	return 0;
}

int restore_all(struct engine *engine, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct finishing finishing = { engine, err };
	struct draft_record *drafts;
	size_t count;

	if (halfway_mend(engine, err) < 0)
		return -1;
	if (view_open_drafts(engine->view, &arena, &drafts, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (drafts[i].branch &&
		    restore_open(engine, &drafts[i], err) < 0)
			return -1;
	return repo_ref_list(engine->repo, DRAFT_ANCHORS, look_at_anchor,
	                     &finishing, err);
}
