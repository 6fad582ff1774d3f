/*
 * A draft is pushed when the remote does not have it, or has what ours was
 * made of: never over commits that we do not have. One that was decided is
 * taken away there when all of it is known: it is on the owner's branch, or
 * kept here as rejected.
 *
 * The owner's branch is pushed when there is nothing on it that the remote
 * lacks but merges of reeve's own; a commit of the owner's is the owner's to
 * push, and with it what stands behind.
 */
#include "engine/cycle/offer.h"

#include <string.h>

#include "store/base/fault.h"
#include "store/base/text.h"
#include "store/draft.h"

static void tell_refused(struct tick *tick, const char *ref, const char *why)
{
	auto_error struct error problem = { 0 };
	struct note note = { .kind = NOTE_PROBLEM, .problem = &problem };

	error_set(&problem, ERR_AWAY, "\"%s\" did not take %s: %s",
	          tick->engine->sharing->remote.name,
	          ref + strlen("refs/heads/"), why);
	tick_tell(tick, &note);
	tick->problems++;
}

/* Push `tip` as `ref`, and note that the remote has it. */
static int offer(struct tick *tick, const char *ref, const struct oid *tip,
                 struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error reason = { 0 };
	struct sharing *sharing = tick->engine->sharing;
	struct repo *repo = tick->engine->repo;
	const char *tracking = sync_tracking(sharing, &arena, ref);
	const char *why = NULL;
	struct oid had = { 0 };
	int taken =
	        remote_push(&sharing->remote, &arena, tip, ref, &why, &reason);

	if (taken <= 0) {
		tell_refused(tick, ref, taken < 0 ? reason.message : why);
		return 0;
	}
	FAULT("offer.pushed");
	if (repo_ref_read(repo, tracking, &had, err) < 0)
		return -1;
	/* git has done it already where the owner's refspec says so. */
	if (!oid_equal(&had, tip) &&
	    repo_ref_swap(repo, tracking, tip, &had, "reeve: pushed", err) < 0)
		return -1;
	return 0;
}

/* Whether the remote lacks something of `ref` at `tip` that it can be given
 * without losing anything: 1, 0, -1. */
static int lacks(struct tick *tick, const char *ref, const struct oid *tip,
                 struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct repo *repo = tick->engine->repo;
	struct oid had;
	int found = repo_ref_read(
	        repo, sync_tracking(tick->engine->sharing, &arena, ref), &had,
	        err);

	if (found <= 0)
		return found < 0 ? -1 : 1;
	if (oid_equal(&had, tip))
		return 0;
	return repo_is_ancestor(repo, &had, tip, err);
}

static int offer_draft(struct tick *tick, const struct draft_record *draft,
                       struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct repo *repo = tick->engine->repo;
	const char *ref = arena_printf(&arena, "refs/heads/%s", draft->branch);
	struct oid tip;
	int there = repo_ref_read(repo, ref, &tip, err);

	/* What is not of the journal's draft is no news to anybody. */
	if (there > 0)
		there = repo_object_exists(repo, &draft->tip)
		                ? repo_is_ancestor(repo, &draft->tip, &tip, err)
		                : 0;
	if (there <= 0)
		return there;
	int wanted = lacks(tick, ref, &tip, err);
	if (wanted <= 0)
		return wanted;
	return offer(tick, ref, &tip, err);
}

/* ---- The owner's branch -------------------------------------------------- */

/* The run that the commit's message names; NULL: none. */
static const char *run_of(struct arena *arena, const struct commit *commit)
{
	static const char trailer[] = "\nReeve-Run: ";
	const char *at = strstr(commit->message, trailer);

	if (!at)
		return NULL;
	at += strlen(trailer);
	return arena_strndup(arena, at, strcspn(at, "\n"));
}

/* Whether reeve has put the commit there by itself: 1, 0, -1. */
static int is_our_merge(struct engine *engine, const struct oid *oid,
                        struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct draft_record *drafts;
	struct commit commit;
	size_t count;

	if (repo_commit_read(engine->repo, &arena, oid, &commit, err) < 0)
		return -1;
	const char *run = run_of(&arena, &commit);
	if (!run)
		return 0;
	if (view_run_drafts(engine->view, &arena, run, &drafts, &count, err) <
	    0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!drafts[i].branch && draft_was_merged(drafts[i].state) &&
		    oid_equal(&drafts[i].commit, oid))
			return 1;
	return 0;
}

/* 1 when the remote's branch lacks merges of ours alone, 0, -1. */
static int is_ours_to_push(struct engine *engine, const struct oid *theirs,
                           struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct oid *commits;
	size_t count;
	int ahead =
	        repo_is_ancestor(engine->repo, theirs, &engine->own_tip, err);

	if (ahead <= 0)
		return ahead;
	if (repo_first_parents(engine->repo, &arena, &engine->own_tip, theirs,
	                       &commits, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int ours = is_our_merge(engine, &commits[i], err);
		if (ours <= 0)
			return ours;
	}
	return count > 0;
}

int offer_branch(struct tick *tick, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct engine *engine = tick->engine;
	const char *tracking =
	        sync_tracking(engine->sharing, &arena, engine->branch_ref);
	struct oid theirs;
	int there =
	        engine_look(engine, err) < 0
	                ? -1
	                : repo_ref_read(engine->repo, tracking, &theirs, err);

	if (there <= 0 || oid_equal(&theirs, &engine->own_tip))
		return there < 0 ? -1 : 0;
	int ours = is_ours_to_push(engine, &theirs, err);
	if (ours <= 0)
		return ours;
	return offer(tick, engine->branch_ref, &engine->own_tip, err);
}

/* ---- Drafts that were decided -------------------------------------------- */

/* Whether the remote's branch, at `there`, holds nothing that is not kept:
 * 1, 0, -1. */
static int is_kept(struct engine *engine, const struct draft_record *draft,
                   const struct oid *there, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct repo *repo = engine->repo;
	const char *name = draft->branch + strlen(DRAFT_BRANCHES);
	struct oid kept = draft->commit;

	if (draft->state == DRAFT_OPEN)
		return 0;
	if (draft_was_merged(draft->state)) {
		if (oid_equal(there, &draft->tip))
			return 1;
		return repo_object_exists(repo, &kept)
		               ? repo_is_ancestor(repo, there, &kept, err)
		               : 0;
	}
	int found = repo_ref_read(
	        repo, arena_printf(&arena, "refs/reeve/rejected/%s", name),
	        &kept, err);
	return found <= 0 ? found : repo_is_ancestor(repo, there, &kept, err);
}

struct withdrawing {
	struct tick *tick;
	struct error *err;
};

static int forget(struct repo *repo, const char *tracking,
                  const struct oid *there, struct error *err)
{
	struct oid now = *there;
	int found = repo_ref_read(repo, tracking, &now, err);

	/* git may have done it already. */
	return found <= 0 ? found : repo_ref_delete(repo, tracking, &now, err);
}

static int withdraw_draft(struct tick *tick, const struct draft_record *draft,
                          const char *tracking, const struct oid *there,
                          struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_error struct error reason = { 0 };
	struct sharing *sharing = tick->engine->sharing;
	const char *ref = arena_printf(&arena, "refs/heads/%s", draft->branch);
	const char *why = NULL;
	int kept = is_kept(tick->engine, draft, there, err);

	if (kept <= 0)
		return kept;
	/* Who has moved or deleted it meanwhile is seen by the next tick. */
	if (value_get(sharing->listed, ref) &&
	    remote_delete(&sharing->remote, &arena, ref, there, &why,
	                  &reason) <= 0)
		return 0;
	return forget(tick->engine->repo, tracking, there, err);
}

static int look_at_tracking(void *state, const char *name,
                            const struct oid *there)
{
	struct withdrawing *withdrawing = state;
	struct tick *tick = withdrawing->tick;
	auto_arena struct arena arena = { 0 };
	struct draft_record *drafts;
	size_t count;
	const char *branch = strstr(name, "/" DRAFT_BRANCHES);

	if (view_branch_drafts(tick->engine->view, &arena, branch + 1, &drafts,
	                       &count, withdrawing->err) < 0)
		return -1;
	if (count != 1)
		return 0;
	return withdraw_draft(tick, &drafts[0], name, there, withdrawing->err);
}

static int withdraw_all(struct tick *tick, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct withdrawing withdrawing = { tick, err };

	return repo_ref_list(tick->engine->repo,
	                     sync_tracking(tick->engine->sharing, &arena,
	                                   "refs/heads/" DRAFT_BRANCHES),
	                     look_at_tracking, &withdrawing, err);
}

int offer_all(struct tick *tick, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct draft_record *drafts;
	size_t count;

	if (view_open_drafts(tick->engine->view, &arena, &drafts, &count, err) <
	    0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (drafts[i].branch && offer_draft(tick, &drafts[i], err) < 0)
			return -1;
	return withdraw_all(tick, err);
}
