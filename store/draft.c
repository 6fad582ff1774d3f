#include "store/draft.h"

#include <string.h>

#include "store/base/fault.h"

static const char *branch_ref(struct arena *arena, const char *name)
{
	return arena_printf(arena, "refs/heads/" DRAFT_BRANCHES "%s", name);
}

static const char *anchor_ref(struct arena *arena, const char *name)
{
	return arena_printf(arena, DRAFT_ANCHORS "%s", name);
}

static int build_one(struct repo *repo, const struct draft_commit *draft,
                     const struct signature *author, struct oid *tip,
                     struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct commit before;
	struct oid tree;
	struct oid parent = *tip;

	if (repo_commit_read(repo, &arena, tip, &before, err) < 0 ||
	    repo_tree_write(repo, &before.tree, draft->changes,
	                    draft->change_count, &tree, err) < 0)
		return -1;
	if (oid_equal(&tree, &before.tree))
		return 0;
	struct commit commit = {
		.tree = tree,
		.parents = &parent,
		.parent_count = 1,
		.author = *author,
		.committer = *author,
		.message = draft->message,
		.message_len = strlen(draft->message),
	};
	return repo_commit_write(repo, &commit, tip, err);
}

int draft_build(struct repo *repo, const struct draft_commit *commits,
                size_t count, const struct signature *author, struct oid *tip,
                struct error *err)
{
	struct oid now = *tip;

	for (size_t i = 0; i < count; i++)
		if (build_one(repo, &commits[i], author, &now, err) < 0)
			return -1;
	*tip = now;
	return 0;
}

int draft_publish(struct repo *repo, const char *name, const struct oid *tip,
                  struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const struct oid nothing = { 0 };
	const char *refs[] = { branch_ref(&arena, name),
		               anchor_ref(&arena, name) };

	/* The branch first: a crash in between is `there`, and mended by
	 * draft_anchor(). */
	for (size_t i = 0; i < ARRAY_LEN(refs); i++) {
		struct oid there;
		int found = repo_ref_read(repo, refs[i], &there, err);
		if (found < 0)
			return -1;
		if (found && !oid_equal(&there, tip))
			return error_set(err, ERR_CONFLICT,
			                 "\"%s\" is there already", refs[i]);
		if (!found && repo_ref_swap(repo, refs[i], tip, &nothing,
		                            "reeve: draft", err) < 0)
			return -1;
		FAULT("draft.branch");
	}
	return 0;
}

int draft_anchor(struct repo *repo, const char *name, const struct oid *tip,
                 struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char *ref = anchor_ref(&arena, name);
	const struct oid nothing = { 0 };
	struct oid there;
	int found = repo_ref_read(repo, ref, &there, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	return repo_ref_swap(repo, ref, tip, &nothing, "reeve: draft", err);
}

int draft_is_stray(struct repo *repo, const char *name, const struct oid *tip,
                   struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct oid made;
	struct oid now;
	int there = repo_ref_read(repo, branch_ref(&arena, name), &now, err);
	int anchored = there > 0 ? repo_ref_read(repo, anchor_ref(&arena, name),
	                                         &made, err)
	                         : there;

	if (anchored <= 0 || !oid_equal(&now, &made) || oid_equal(&now, tip) ||
	    !repo_object_exists(repo, tip))
		return anchored < 0 ? -1 : 0;
	int holds = repo_is_ancestor(repo, tip, &now, err);
	return holds < 0 ? -1 : !holds;
}

int draft_correct(struct repo *repo, const char *name, const struct oid *tip,
                  struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char *refs[] = { branch_ref(&arena, name),
		               anchor_ref(&arena, name) };

	/* The branch first: a crash in between leaves nothing to do. */
	for (size_t i = 0; i < ARRAY_LEN(refs); i++) {
		struct oid there = { 0 };
		if (repo_ref_read(repo, refs[i], &there, err) < 0 ||
		    repo_ref_swap(repo, refs[i], tip, &there, "reeve: draft",
		                  err) < 0)
			return -1;
	}
	return 0;
}

int draft_look(struct repo *repo, const char *name, enum draft_presence *ret,
               struct oid *ret_tip, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct oid anchor;
	int branch =
	        repo_ref_read(repo, branch_ref(&arena, name), ret_tip, err);

	if (branch < 0)
		return -1;
	if (branch) {
		*ret = DRAFT_THERE;
		return 0;
	}
	int anchored =
	        repo_ref_read(repo, anchor_ref(&arena, name), &anchor, err);
	if (anchored < 0)
		return -1;
	*ret = anchored ? DRAFT_DELETED : DRAFT_NEVER_MADE;
	return 0;
}

/* Delete whatever `ref` is now; nothing there is fine. */
static int delete_ref(struct repo *repo, const char *ref, struct error *err)
{
	struct oid now;
	int found = repo_ref_read(repo, ref, &now, err);

	return found <= 0 ? found : repo_ref_delete(repo, ref, &now, err);
}

const char *draft_set_aside(struct repo *repo, struct arena *arena,
                            const char *name, const struct oid *tip,
                            struct error *err)
{
	const char *branch = branch_ref(arena, name);
	const char *kept = arena_printf(arena, "refs/reeve/rejected/%s", name);
	const struct oid nothing = { 0 };
	struct oid last = *tip;
	struct oid there;

	/* The owner's last edits are kept, not only what was drafted. */
	int found = repo_ref_read(repo, branch, &there, err);
	if (found < 0)
		return NULL;
	if (found)
		last = there;
	int kept_already = repo_ref_read(repo, kept, &there, err);
	if (kept_already < 0)
		return NULL;
	if (!kept_already &&
	    repo_ref_swap(repo, kept, &last, &nothing, "reeve reject", err) < 0)
		return NULL;
	if (FAULT_FAILS("draft.kept", err) ||
	    delete_ref(repo, branch, err) < 0 ||
	    FAULT_FAILS("draft.dropped", err) ||
	    delete_ref(repo, anchor_ref(arena, name), err) < 0)
		return NULL;
	return kept;
}

int draft_forget(struct repo *repo, const char *name, struct error *err)
{
	auto_arena struct arena arena = { 0 };

	return delete_ref(repo, anchor_ref(&arena, name), err);
}
