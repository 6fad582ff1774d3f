/*
 * A draft is pushed when the remote does not have it, or has what ours was
 * made of: never over commits that we do not have.
 */
#include "engine/cycle/offer.h"

#include <string.h>

#include "store/base/fault.h"
#include "store/base/text.h"

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
	return 0;
}
