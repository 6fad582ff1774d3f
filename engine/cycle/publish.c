/*
 * What is published without a gate.
 *
 * An artifact that is to be merged without a review becomes a draft of its own
 * without branch and slip, journalled as draft.opened; the publish phase makes
 * a commit of it on the owner's tip and moves the branch. When the working
 * tree does not allow that, the draft stays open and the next tick tries
 * again. A path that a person has edited since reeve last wrote it is never
 * written over: the draft waits for the owner's word.
 *
 * What is left at the end of a run goes into a review that nothing waits for.
 */
#include "engine/cycle/branch.h"
#include "engine/cycle/claim.h"
#include "engine/cycle/drafting.h"
#include "engine/cycle/execute.h"
#include "store/base/fault.h"
#include "store/base/limits.h"
#include "store/base/text.h"

#define MERGE_MS 1000 /* what moving a branch takes at most */

/* ---- Opening drafts that nothing waits for ------------------------------- */

static int journal_draft(struct live_run *run, struct drafting *drafting,
                         const struct oid *tip, struct error *err)
{
	struct arena *arena = &run->arena;
	struct engine *engine = run->engine;
	struct value *data = execute_about(run, NULL);

	value_map_int(arena, data, "n", drafting->n);
	value_map_text(arena, data, "title", run_title(run));
	value_map_text(arena, data, "priority", "low");
	value_map_text(arena, data, "base", oid_text(arena, &engine->tip));
	value_map_set(arena, data, "artifacts", drafting->artifacts);
	if (tip) {
		value_map_text(arena, data, "branch",
		               arena_printf(arena, DRAFT_BRANCHES "%s",
		                            drafting->name));
		value_map_text(arena, data, "slip", drafting->slip);
		value_map_text(arena, data, "tip", oid_text(arena, tip));
	}
	value_map_set(arena, data, "reused", execute_reused(run));
	journal_add(engine->journal, EVENT_DRAFT_OPENED, run->record.id, data);
	if (journal_flush(
	            engine->journal,
	            arena_printf(arena, "%s: drafts %zu file%s", run->name,
	                         drafting->artifacts->length,
	                         drafting->artifacts->length == 1 ? "" : "s"),
	            err) < 0)
		return -1;
	drafting_done(drafting);
	return 0;
}

/* 1 when there is one now. At the run's end none is needed for files that the
 * owner's branch has as they are; before, they may not stay so. */
static int open_merge(struct live_run *run, bool at_end, struct error *err)
{
	struct drafting drafting;

	if (drafting_gather(run, NULL, DRAFTING_MERGES, &drafting, err) < 0)
		return -1;
	if (drafting.artifacts->length == 0)
		return 0;
	if (at_end && !drafting.differs) {
		drafting_none(&drafting);
		return 0;
	}
	return journal_draft(run, &drafting, NULL, err) < 0 ? -1 : 1;
}

int publish_merges(struct tick *tick, struct live_run *run, bool at_end,
                   struct error *err)
{
	struct repo *repo = run->engine->repo;

	if (engine_look(run->engine, err) < 0)
		return -1;
	repo_batch_begin(repo);
	int opened = open_merge(run, at_end, err);
	opened = repo_batch_end(repo, opened, err);
	if (opened > 0)
		tick->changes++;
	return opened < 0 ? -1 : 0;
}

static int add_slip(struct live_run *run, struct drafting *drafting,
                    struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);
	struct slip slip = {
		.run = run->record.id,
		.title = run_title(run),
		.revision = 1,
	};

	if (slip_write(&bytes, &slip, err) < 0)
		return -1;
	return drafting_add_file(drafting, drafting->slip, &bytes,
	                         "slip of its files", err);
}

/* 1 when there is one now; its tip is in `ret`. */
static int open_review(struct live_run *run, struct drafting *drafting,
                       struct oid *ret, struct error *err)
{
	struct engine *engine = run->engine;

	if (drafting_gather(run, NULL, DRAFTING_ALL, drafting, err) < 0)
		return -1;
	if (!drafting->differs)
		return 0;
	if (add_slip(run, drafting, err) < 0 ||
	    drafting_build(drafting, &engine->tip, ret, err) < 0 ||
	    journal_draft(run, drafting, ret, err) < 0)
		return -1;
	return 1;
}

int publish_reviews(struct tick *tick, struct live_run *run, struct error *err)
{
	struct engine *engine = run->engine;
	struct drafting drafting;
	struct oid tip;

	if (engine_look(engine, err) < 0)
		return -1;
	repo_batch_begin(engine->repo);
	int opened = open_review(run, &drafting, &tip, err);
	opened = repo_batch_end(engine->repo, opened, err);
	if (opened <= 0)
		return opened;
	struct note note = {
		.kind = NOTE_GATE,
		.run = run->name,
		.state = "drafted",
		.text = run_title(run),
	};
	tick_tell(tick, &note);
	tick->changes++;
	return draft_publish(engine->repo, drafting.name, &tip, err);
}

/* ---- Merging what waits for it ------------------------------------------- */

struct merge {
	struct tick *tick;
	struct engine *engine;
	struct arena *arena;
	const struct draft_record *draft;
	struct run_record run;
	struct artifact_record *artifacts;
	size_t count;
	struct oid commit;
};

/* Of an item that is gone. */
static bool is_deleted(const struct artifact_record *artifact)
{
	return oid_is_zero(&artifact->drafted);
}

/* Whether reeve may write over what the owner's branch has at the path: there
 * is nothing, or it is as reeve last wrote it. */
static int is_ours(struct merge *merge, const struct artifact_record *artifact,
                   struct error *err)
{
	struct tree_entry there;
	int found =
	        repo_tree_find(merge->engine->repo, &merge->engine->tip_tree,
	                       artifact->path, &there, err);

	if (found < 0)
		return -1;
	if (!found || oid_equal(&there.oid, &artifact->drafted))
		return 1;
	return view_draft_brought(merge->engine->view, artifact->path,
	                          &there.oid, err);
}

static int build_merge(struct merge *merge, struct error *err)
{
	struct arena *arena = merge->arena;
	struct engine *engine = merge->engine;
	struct tree_change *changes =
	        arena_array(arena, merge->count + 1, sizeof(*changes));
	struct signature reeve = {
		.name = "reeve",
		.email = "reeve@localhost",
		.time_s = clock_wall_ms(&engine->clock) / 1000,
	};

	for (size_t i = 0; i < merge->count; i++)
		changes[i] = (struct tree_change){
			.path = merge->artifacts[i].path,
			.oid = merge->artifacts[i].drafted,
			.mode = is_deleted(&merge->artifacts[i]) ? 0 : 0100644,
		};
	struct draft_commit commit = {
		.message =
		        arena_printf(arena,
		                     "%s: %s\n\nReeve-Run: %s\nReeve-Step: %s\n"
		                     "Reeve-Cost: 0\n",
		                     merge->run.job, merge->artifacts[0].step,
		                     merge->run.id, merge->artifacts[0].step),
		.changes = changes,
		.change_count = merge->count,
	};
	merge->commit = engine->tip;
	repo_batch_begin(engine->repo);
	return repo_batch_end(engine->repo,
	                      draft_build(engine->repo, &commit, 1, &reeve,
	                                  &merge->commit, err),
	                      err);
}

static int journal_merged(struct merge *merge, struct error *err)
{
	struct arena *arena = merge->arena;
	struct value *data = value_map(arena);
	struct value *artifacts = value_list(arena);

	for (size_t i = 0; i < merge->count; i++) {
		struct value *row = value_map(arena);
		const char *blob =
		        oid_text(arena, &merge->artifacts[i].drafted);
		value_map_text(arena, row, "step", merge->artifacts[i].step);
		value_map_text(arena, row, "item", merge->artifacts[i].item);
		value_map_text(arena, row, "field", merge->artifacts[i].field);
		value_map_text(arena, row, "path", merge->artifacts[i].path);
		if (!is_deleted(&merge->artifacts[i])) {
			value_map_text(arena, row, "blob", blob);
			value_map_text(arena, row, "merged", blob);
		}
		value_list_add(arena, artifacts, row);
	}
	value_map_text(arena, data, "run", merge->run.id);
	value_map_int(arena, data, "n", merge->draft->n);
	value_map_text(arena, data, "commit", oid_text(arena, &merge->commit));
	value_map_text(arena, data, "author", "reeve@localhost");
	value_map_set(arena, data, "artifacts", artifacts);
	journal_add(merge->engine->journal, EVENT_DRAFT_MERGED, merge->run.id,
	            data);
	return journal_flush(
	        merge->engine->journal,
	        arena_printf(arena, "%s %s: merged %s", merge->run.job,
	                     engine_short(merge->engine, arena, merge->run.id),
	                     merge->artifacts[0].path),
	        err);
}

/* A problem for the owner, not for the tick. */
static int tell_problem(struct merge *merge, struct error *reason)
{
	struct note note = {
		.kind = NOTE_PROBLEM,
		.run = arena_printf(merge->arena, "%s %s", merge->run.job,
		                    engine_short(merge->engine, merge->arena,
		                                 merge->run.id)),
		.problem = reason,
	};

	tick_tell(merge->tick, &note);
	merge->tick->problems++;
	return 0;
}

/* Only one engine may move the owner's branch for it: 1 when that is this one
 * and the others know, 0 when not now, -1. */
static int may_merge(struct merge *merge, struct error *err)
{
	auto_error struct error reason = { 0 };
	struct env *env = &merge->engine->env;
	bool ours = false;

	if (env_ready(env, &reason) < 0)
		return 0;
	if (claims_take(merge->tick, &merge->run.id, 1, &ours, err) < 0)
		return -1;
	if (!ours || env_confirm(env, merge->run.id, MERGE_MS, &reason) == 0)
		return ours;
	if (reason.code == ERR_AWAY)
		return 0;
	error_move(err, &reason);
	return -1;
}

static int merge_one(struct merge *merge, struct error *err)
{
	auto_error struct error reason = { 0 };
	int may = may_merge(merge, err);

	if (may <= 0)
		return may;

	if (engine_look(merge->engine, err) < 0 ||
	    view_artifacts(merge->engine->view, merge->arena, merge->draft,
	                   &merge->artifacts, &merge->count, err) < 0)
		return -1;
	for (size_t i = 0; i < merge->count; i++) {
		int ours = is_ours(merge, &merge->artifacts[i], err);
		if (ours < 0)
			return -1;
		if (ours)
			continue;
		error_set(&reason, ERR_STATE,
		          "\"%s\" was edited since reeve last wrote it, so "
		          "it is not written over",
		          merge->artifacts[i].path);
		error_hint(&reason,
		           "Remove or rename your file, or reject "
		           "the draft: reeve reject %.8s.",
		           merge->run.id);
		return tell_problem(merge, &reason);
	}
	if (build_merge(merge, err) < 0 || FAULT_FAILS("merge.built", err))
		return -1;
	if (branch_advance(merge->engine, &merge->commit, &reason) < 0) {
		if (reason.code == ERR_STATE || reason.code == ERR_CONFLICT)
			return tell_problem(merge, &reason);
		error_move(err, &reason);
		return -1;
	}
	if (FAULT_FAILS("merge.moved", err) || journal_merged(merge, err) < 0)
		return -1;
	struct note note = {
		.kind = NOTE_MERGED,
		.run = arena_printf(merge->arena, "%s %s", merge->run.job,
		                    engine_short(merge->engine, merge->arena,
		                                 merge->run.id)),
		.text = merge->artifacts[0].path,
	};
	tick_tell(merge->tick, &note);
	merge->tick->changes++;
	return 0;
}

int publish_pending(struct tick *tick, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct draft_record *drafts;
	size_t count;

	if (view_open_drafts(tick->engine->view, &arena, &drafts, &count, err) <
	    0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct merge merge = {
			.tick = tick,
			.engine = tick->engine,
			.arena = &arena,
			.draft = &drafts[i],
		};
		if (drafts[i].branch)
			continue;
		if (view_run(tick->engine->view, &arena, drafts[i].run,
		             &merge.run, err) < 0 ||
		    merge_one(&merge, err) < 0)
			return -1;
	}
	return 0;
}
