/*
 * How an approval is found: only when the slip is in the owner's tree now are
 * the first parents walked, oldest first, from where the draft began; the
 * first commit whose slip and artifacts fit is the one. What did not fit is
 * remembered as the problem, in case none does.
 */
#include "engine/cycle/approval.h"

#include <string.h>

#include "engine/cycle/branch.h"
#include "engine/cycle/execute.h"
#include "engine/cycle/fit.h"
#include "engine/cycle/narrow.h"
#include "store/base/fault.h"
#include "store/base/text.h"
#include "store/draft.h"

static const char *draft_name(const struct draft_record *draft)
{
	return draft->branch + strlen(DRAFT_BRANCHES);
}

/* ---- Which commit? ------------------------------------------------------- */

static bool is_approver(const struct config *config, const char *address)
{
	for (size_t i = 0; i < config->approver_count; i++)
		if (text_equal(config->approvers[i], address))
			return true;
	return config->approver_count == 0;
}

/* By the pin, and still by the owner's branch today. */
static int may_approve(const struct live_run *run, const struct commit *commit,
                       struct error *err)
{
	const char *address = commit->author.email;
	const struct config *current = engine_config(run->engine, err);

	if (!current)
		return -1;
	if (is_approver(run->config, address) && is_approver(current, address))
		return 0;
	error_set(err, ERR_STATE,
	          "%s merged it, who is not among the approvers of reeve.yaml",
	          address);
	return error_hint(err, "One of them must merge it: revert the merge, "
	                       "or let them commit to the slip.");
}

/* 1 when the commit is the approval, 0 when it has no slip, -1 with what does
 * not fit. */
static int try_commit(struct live_run *run, const struct draft_record *draft,
                      const struct oid *id, struct approval *ret,
                      struct error *err)
{
	struct commit *commit = arena_new(&run->arena, struct commit);
	struct repo *repo = run->engine->repo;
	struct tree_entry slip;

	if (repo_commit_read(repo, &run->arena, id, commit, err) < 0)
		return -1;
	int found =
	        repo_tree_find(repo, &commit->tree, draft->slip, &slip, err);
	if (found <= 0)
		return found;
	if (may_approve(run, commit, err) < 0 ||
	    fit_commit(run, draft, commit, ret, err) < 0)
		return -1;
	return 1;
}

static int fail_deleted(const struct draft_record *draft, struct error *err)
{
	char text[OID_TEXT_BYTES];

	oid_to_text(&draft->tip, text);
	error_set(err, ERR_STATE, "the draft branch %s was deleted",
	          draft->branch);
	return error_hint(err,
	                  "That decides nothing. Bring it back with: git "
	                  "branch %s %.12s; or refuse it with: reeve reject "
	                  "%.8s.",
	                  draft->branch, text, draft->run);
}

/* The draft is not on the owner's branch: is its own branch still there? */
static int look_at_branch(struct engine *engine,
                          const struct draft_record *draft, struct error *err)
{
	enum draft_presence presence;
	struct oid tip;

	if (draft_look(engine->repo, draft_name(draft), &presence, &tip, err) <
	    0)
		return -1;
	return presence == DRAFT_DELETED ? fail_deleted(draft, err) : 0;
}

int approval_is_near(struct engine *engine, const struct draft_record *draft,
                     struct error *err)
{
	struct tree_entry slip;

	if (engine_look(engine, err) < 0)
		return -1;
	int there = repo_tree_find(engine->repo, &engine->tip_tree, draft->slip,
	                           &slip, err);
	return there == 0 ? look_at_branch(engine, draft, err) : there;
}

int approval_look(struct live_run *run, const struct draft_record *draft,
                  struct approval *ret, struct error *err)
{
	struct engine *engine = run->engine;
	auto_error struct error first = { 0 };
	struct oid *commits;
	size_t count;
	int near = approval_is_near(engine, draft, err);

	if (near <= 0)
		return near;
	if (repo_first_parents(engine->repo, &run->arena, &engine->tip,
	                       &draft->base, &commits, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		auto_error struct error reason = { 0 };
		int found = try_commit(run, draft, &commits[i], ret, &reason);
		if (found > 0)
			return 1;
		/* The latest misfit is the one that is there to be mended. */
		if (found < 0)
			error_move(&first, &reason);
	}
	if (!first.code)
		return 0;
	error_move(err, &first);
	return -1;
}

/* ---- Journalling it ------------------------------------------------------ */

static void journal_approval(struct live_run *run,
                             const struct draft_record *draft,
                             const struct approval *approval)
{
	struct arena *arena = &run->arena;
	const struct live_step *gate =
	        draft->step ? live_at(run, draft->step, draft->item) : NULL;
	struct value *data = value_map(arena); /* the owner's: of no epoch */
	struct value *output = value_map(arena);
	const char *commit = oid_text(arena, &approval->commit);

	value_map_text(arena, data, "run", run->record.id);
	if (gate) {
		value_map_text(arena, data, "step", gate->step->id);
		value_map_text(arena, data, "item", gate->block->item);
	}
	value_map_text(arena, output, "commit", commit);
	value_map_text(arena, output, "author", approval->author);
	value_map_int(arena, output, "revision", approval->revision);
	value_map_int(arena, data, "n", draft->n);
	value_map_text(arena, data, "commit", commit);
	value_map_text(arena, data, "author", approval->author);
	value_map_int(arena, data, "revision", approval->revision);
	value_map_set(arena, data, "artifacts", approval->artifacts);
	if (draft->step) {
		value_map_set(arena, data, "declined", approval->declined);
		value_map_set(arena, data, "output", output);
	}
	journal_add(run->engine->journal,
	            draft->step ? EVENT_GATE_APPROVED : EVENT_DRAFT_MERGED,
	            gate ? execute_subject(run, gate) : run->record.id, data);
}

static int take_approval(struct tick *tick, struct live_run *run,
                         const struct draft_record *draft,
                         const struct approval *approval, struct error *err)
{
	struct engine *engine = tick->engine;

	journal_approval(run, draft, approval);
	if (journal_flush(engine->journal,
	                  arena_printf(&run->arena, "%s: merged by %s",
	                               run->name, approval->author),
	                  err) < 0)
		return -1;
	struct note note = {
		.kind = NOTE_APPROVED,
		.run = run->name,
		.step = draft->step,
		.state = "approved",
		.text = approval->author,
	};
	tick_tell(tick, &note);
	tick->changes++;
	/* The anchor goes last: while it stands, this is not finished. */
	if (FAULT_FAILS("approval.journalled", err) ||
	    branch_drop(engine, draft->branch, &draft->tip, &approval->commit,
	                err) < 0 ||
	    FAULT_FAILS("approval.dropped", err))
		return -1;
	return draft_forget(engine->repo, draft_name(draft), err);
}

/* Problems of the owner's making are told; the machine's end the tick. */
static int tell_problem(struct tick *tick, const struct draft_record *draft,
                        struct error *reason, struct error *err)
{
	auto_arena struct arena arena = { 0 };

	if (reason->code == ERR_SYSTEM || reason->code == ERR_CORRUPT) {
		error_move(err, reason);
		return -1;
	}
	struct note note = {
		.kind = NOTE_PROBLEM,
		.run = arena_strdup(&arena, draft_name(draft)),
		.problem = reason,
	};
	tick_tell(tick, &note);
	tick->problems++;
	return 0;
}

static int collect_one(struct tick *tick, const struct draft_record *draft,
                       struct error *err)
{
	auto_error struct error reason = { 0 };
	struct approval approval = { 0 };
	int found = approval_is_near(tick->engine, draft, &reason);

	if (found <= 0)
		return found < 0 ? tell_problem(tick, draft, &reason, err) : 0;
	auto_run struct live_run *run =
	        run_load(tick->engine, draft->run, &reason);
	if (!run)
		return tell_problem(tick, draft, &reason, err);
	found = approval_look(run, draft, &approval, &reason);
	if (found < 0)
		return tell_problem(tick, draft, &reason, err);
	return found ? take_approval(tick, run, draft, &approval, err) : 0;
}

int approvals_collect(struct tick *tick, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct draft_record *drafts;
	size_t count;

	if (view_open_drafts(tick->engine->view, &arena, &drafts, &count, err) <
	    0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (drafts[i].branch && collect_one(tick, &drafts[i], err) < 0)
			return -1;
	return 0;
}

/* ---- Deciding by hand ---------------------------------------------------- */

static int merge_commit(struct engine *engine, const struct run_record *run,
                        const struct draft_record *draft,
                        const struct oid *draft_tip, struct oid *ret,
                        struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct oid parents[] = { engine->tip, *draft_tip };
	struct commit commit = {
		.parents = parents,
		.parent_count = ARRAY_LEN(parents),
	};
	struct signature *owner = &commit.author;

	if (repo_identity(engine->repo, &arena, &owner->name, &owner->email,
	                  err) < 0 ||
	    repo_merge_trees(engine->repo, &engine->tip, draft_tip,
	                     &commit.tree, err) < 0)
		return -1;
	owner->time_s = clock_wall_ms(&engine->clock) / 1000;
	commit.committer = commit.author;
	commit.message =
	        arena_printf(&arena, "%s\n\nReeve-Run: %s\n",
	                     draft->title ? draft->title : run->job, run->id);
	commit.message_len = strlen(commit.message);
	return repo_commit_write(engine->repo, &commit, ret, err);
}

int approval_merge(struct engine *engine, struct arena *arena,
                   const struct merging *merging, struct oid *ret_commit,
                   struct error *err)
{
	const struct draft_record *draft = merging->draft;
	enum draft_presence presence;
	struct oid tip;

	if (engine_look(engine, err) < 0 ||
	    draft_look(engine->repo, draft_name(draft), &presence, &tip, err) <
	            0)
		return -1;
	if (presence != DRAFT_THERE)
		return fail_deleted(draft, err);
	int merged = repo_is_ancestor(engine->repo, &tip, &engine->tip, err);
	if (merged != 0) {
		*ret_commit = engine->tip;
		return merged < 0 ? -1 : 0;
	}
	if (merging->narrowing &&
	    narrow_draft(engine, arena, draft, merging->narrowing, &tip, err) <
	            0)
		return -1;
	if (merge_commit(engine, merging->run, draft, &tip, ret_commit, err) <
	    0)
		return error_hint(err, "Merge it by hand: git merge %s",
		                  draft->branch);
	if (FAULT_FAILS("approve.built", err))
		return -1;
	return branch_advance(engine, ret_commit, err);
}

/* A gate of one item is refused for that item alone. */
static bool ends_the_run(const struct draft_record *draft)
{
	return !draft->step || !*draft->item;
}

int approval_reject(struct engine *engine, const struct rejection *rejection,
                    struct arena *arena, const char **ret_kept,
                    struct error *err)
{
	const struct run_record *run = rejection->run;
	const struct draft_record *draft = rejection->draft;
	struct value *data = value_map(arena);
	struct value *end = value_map(arena);

	value_map_text(arena, data, "run", run->id);
	value_map_text(arena, data, "step", draft->step);
	value_map_text(arena, data, "item", draft->item);
	value_map_int(arena, data, "n", draft->n);
	value_map_text(arena, data, "reason", rejection->reason);
	journal_add(engine->journal,
	            draft->step ? EVENT_GATE_REJECTED : EVENT_DRAFT_REJECTED,
	            run->id, data);
	if (!run_is_over(run->state) && ends_the_run(draft)) {
		value_map_text(arena, end, "run", run->id);
		value_map_text(arena, end, "state", "rejected");
		value_map_text(arena, end, "reason", rejection->reason);
		journal_add(engine->journal, EVENT_RUN_FINISHED, run->id, end);
	}
	if (journal_flush(engine->journal,
	                  arena_printf(arena, "%s %s: rejected", run->job,
	                               engine_short(engine, arena, run->id)),
	                  err) < 0)
		return -1;
	*ret_kept = NULL;
	if (!draft->branch)
		return 0;
	if (FAULT_FAILS("reject.journalled", err))
		return -1;
	*ret_kept = draft_set_aside(engine->repo, arena, draft_name(draft),
	                            &draft->tip, err);
	return *ret_kept ? 0 : -1;
}
