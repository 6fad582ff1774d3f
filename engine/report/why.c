/*
 * A commit of a draft reaches the owner's branch by the commit A that approved
 * the draft: it is A, or an ancestor of A that is no ancestor of the draft's
 * base. When the draft was squashed or rebased, blame names A itself or a
 * commit that reeve has never seen; then A's ancestry still decides.
 */
#include "engine/report/why.h"

#include <string.h>

#include "engine/report/explain.h"
#include "store/base/limits.h"
#include "store/base/text.h"

struct search {
	struct env *env;
	struct arena *arena;
	struct why *why;
	struct error *err;
};

/* The draft `n` of `run`: 1, 0 when there is none, -1. */
static int find_draft(const struct search *search, const char *run, int64_t n,
                      struct draft_record *ret)
{
	struct draft_record *drafts;
	size_t count;

	if (view_run_drafts(search->env->view, search->arena, run, &drafts,
	                    &count, search->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (drafts[i].n != n)
			continue;
		*ret = drafts[i];
		return 1;
	}
	return 0;
}

/* Whether the merge of `draft` brought `commit` to the owner's branch. */
static int brought(const struct search *search,
                   const struct draft_record *draft, const struct oid *commit)
{
	struct repo *repo = search->env->repo;

	if (!draft_was_merged(draft->state) || oid_is_zero(&draft->commit))
		return 0;
	int above = repo_is_ancestor(repo, commit, &draft->commit, search->err);
	if (above <= 0)
		return above;
	int before = repo_is_ancestor(repo, commit, &draft->base, search->err);
	return before < 0 ? -1 : !before;
}

/* The drafts that had the file, latest first; of a line, the one that brought
 * its commit; of a file, the last one that was merged. */
static int find_origin(const struct search *search, bool *ret_found)
{
	struct why *why = search->why;
	struct artifact_record *artifacts;
	size_t count;

	if (view_artifacts_at(search->env->view, search->arena, why->path,
	                      &artifacts, &count, search->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct draft_record draft;
		int found = oid_is_zero(&artifacts[i].drafted)
		                    ? 0 /* it deletes the file */
		                    : find_draft(search, artifacts[i].run,
		                                 artifacts[i].n, &draft);
		if (found > 0)
			found = why->line ? brought(search, &draft,
			                            &why->commit.id)
			                  : draft_was_merged(draft.state);
		if (found < 0)
			return -1;
		if (!found)
			continue;
		why->artifact = artifacts[i];
		why->draft = draft;
		*ret_found = true;
		return 0;
	}
	return 0;
}

static int fill_in(const struct search *search)
{
	struct why *why = search->why;
	struct step_record *steps;
	size_t count;

	if (view_run(search->env->view, search->arena, why->artifact.run,
	             &why->run, search->err) < 0 ||
	    view_steps(search->env->view, search->arena, why->artifact.run,
	               &steps, &count, search->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(steps[i].step, why->artifact.step) != 0)
			continue;
		why->step = steps[i];
		why->explanation =
		        explain_step(search->env, search->arena, &why->run,
		                     &why->step, search->err);
		return why->explanation ? 0 : -1;
	}
	return error_set(search->err, ERR_CORRUPT,
	                 "the journal has no step \"%s\" in run %s",
	                 why->artifact.step, why->artifact.run);
}

/* A draft that waits may have what the branch does not. */
static int no_file(const struct search *search)
{
	const char *path = search->why->path;
	struct artifact_record *artifacts;
	struct draft_record draft;
	size_t count;

	if (view_artifacts_at(search->env->view, search->arena, path,
	                      &artifacts, &count, search->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int found = find_draft(search, artifacts[i].run, artifacts[i].n,
		                       &draft);
		if (found < 0)
			return -1;
		if (!found || draft.state != DRAFT_OPEN)
			continue;
		error_set(search->err, ERR_MISSING,
		          "the file \"%s\" is not on the branch yet", path);
		return error_hint(search->err,
		                  "It waits in a draft: \"reeve review %.8s\".",
		                  draft.run);
	}
	return error_set(search->err, ERR_MISSING,
	                 "there is no file \"%s\" on the branch", path);
}

/* The file must be there, also when no line is asked for. */
static int find_file(const struct search *search, const struct oid *tip)
{
	struct commit commit;
	struct tree_entry entry;

	if (repo_commit_read(search->env->repo, search->arena, tip, &commit,
	                     search->err) < 0)
		return -1;
	int found = repo_tree_find(search->env->repo, &commit.tree,
	                           search->why->path, &entry, search->err);
	if (found > 0 && entry.mode == 040000)
		return error_set(search->err, ERR_USAGE, "\"%s\" is a folder",
		                 search->why->path);
	if (found != 0)
		return found < 0 ? -1 : 0;
	return no_file(search);
}

/* Line `number` of `text`, without its newline; NULL when there is none. */
static const char *line_at(const char *text, unsigned number, size_t *ret_len)
{
	while (text && --number > 0) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	if (text)
		*ret_len = strcspn(text, "\n");
	return text;
}

static bool has_line(const char *text, const char *line, size_t len)
{
	while (text) {
		if (strcspn(text, "\n") == len && strncmp(text, line, len) == 0)
			return true;
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return false;
}

/* Whether the line stands in what reeve drafted; else the owner has written
 * it. Authors would tell, too, but not after a squash. */
static int is_drafted(const struct search *search, const struct oid *tip)
{
	auto_buf struct buf now = buf_make(LIMIT_DATA_FILE);
	auto_buf struct buf drafted = buf_make(LIMIT_DATA_FILE);
	struct repo *repo = search->env->repo;
	struct why *why = search->why;
	struct tree_entry entry;
	struct commit commit;
	size_t len;

	if (!why->line)
		return 1;
	if (repo_commit_read(repo, search->arena, tip, &commit, search->err) <
	            0 ||
	    repo_tree_find(repo, &commit.tree, why->path, &entry, search->err) <
	            0 ||
	    repo_blob_read(repo, &entry.oid, &now, search->err) < 0 ||
	    repo_blob_read(repo, &why->artifact.drafted, &drafted,
	                   search->err) < 0)
		return -1;
	const char *line = line_at(now.at, why->line, &len);
	return line && has_line(drafted.at, line, len);
}

static int find_commit(const struct search *search, const struct oid *tip)
{
	struct oid commit;
	unsigned line;

	if (!search->why->line)
		return 0;
	if (repo_blame_line(search->env->repo, tip, search->why->path,
	                    search->why->line, &commit, &line, search->err) < 0)
		return -1;
	return repo_commit_read(search->env->repo, search->arena, &commit,
	                        &search->why->commit, search->err);
}

/* What is known of a line that a draft brought. */
static int describe(const struct search *search, const struct oid *tip)
{
	int drafted = is_drafted(search, tip);

	if (drafted < 0)
		return -1;
	search->why->by_reeve = drafted;
	return fill_in(search);
}

int why_line(struct env *env, struct arena *arena, const struct oid *tip,
             struct why *why, struct error *err)
{
	struct search search = {
		.env = env,
		.arena = arena,
		.why = why,
		.err = err,
	};

	if (find_file(&search, tip) < 0 || find_commit(&search, tip) < 0 ||
	    find_origin(&search, &why->drafted) < 0)
		return -1;
	return why->drafted ? describe(&search, tip) : 0;
}
