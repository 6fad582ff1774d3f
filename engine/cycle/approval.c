/*
 * How an approval is found: only when the slip is in the owner's tree now are
 * the first parents walked, oldest first, from where the draft began; the
 * first commit whose slip and artifacts fit is the one. What did not fit is
 * remembered as the problem, in case none does.
 */
#include "engine/cycle/approval.h"

#include <string.h>

#include "engine/bus/bus.h"
#include "engine/cycle/branch.h"
#include "engine/cycle/execute.h"
#include "engine/job/agent.h"
#include "engine/job/document.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/draft.h"

/* One commit that holds the slip, held against the draft. */
struct candidate {
	struct live_run *run;
	const struct draft_record *draft;
	const struct commit *commit;
	struct artifact_record *artifacts;
	size_t artifact_count;
	struct slip *slip;
	struct approval *approval;
	struct live_step **steps;    /* of each artifact; NULL: none now */
	const struct value **before; /* their outputs, until it is tried */
};

static const char *draft_name(const struct draft_record *draft)
{
	return draft->branch + strlen(DRAFT_BRANCHES);
}

/* ---- Does it fit? -------------------------------------------------------- */

/* The file at `path` in the commit: 1, 0 when there is none, -1. */
static int read_merged(struct candidate *candidate, const char *path,
                       struct buf *ret, struct oid *ret_oid, struct error *err)
{
	struct repo *repo = candidate->run->engine->repo;
	struct tree_entry entry;
	int found = repo_tree_find(repo, &candidate->commit->tree, path, &entry,
	                           err);

	if (found <= 0)
		return found;
	*ret_oid = entry.oid;
	return repo_blob_read(repo, &entry.oid, ret, err) < 0 ? -1 : 1;
}

static int fit_slip(struct candidate *candidate, struct error *err)
{
	struct live_run *run = candidate->run;
	auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);
	struct oid oid;

	if (read_merged(candidate, candidate->draft->slip, &bytes, &oid, err) <
	    0)
		return -1;
	candidate->slip = slip_parse(&run->arena, candidate->draft->slip,
	                             bytes.at, bytes.len, run->record.id, err);
	if (!candidate->slip)
		return -1;
	candidate->approval->revision = candidate->slip->revision;
	return 0;
}

static void add_row(struct candidate *candidate,
                    const struct artifact_record *artifact,
                    const struct oid *merged)
{
	struct arena *arena = &candidate->run->arena;
	struct value *row = value_map(arena);

	value_map_text(arena, row, "step", artifact->step);
	if (*artifact->item)
		value_map_text(arena, row, "item", artifact->item);
	value_map_text(arena, row, "field", artifact->field);
	value_map_text(arena, row, "path", artifact->path);
	value_map_text(arena, row, "blob", oid_text(arena, &artifact->drafted));
	if (merged)
		value_map_text(arena, row, "merged", oid_text(arena, merged));
	value_list_add(arena, candidate->approval->artifacts, row);
}

static void decline(struct candidate *candidate, const char *step,
                    const char *item)
{
	struct arena *arena = &candidate->run->arena;
	struct value *place = value_map(arena);

	value_map_text(arena, place, "step", step);
	if (*item)
		value_map_text(arena, place, "item", item);
	value_list_add(arena, candidate->approval->declined, place);
}

/* The schema of the agent that drafted it still holds. */
static int fit_schema(struct candidate *candidate, const struct step *step,
                      const char *path, const struct value *merged,
                      struct error *err)
{
	auto_errors struct errors errors = { 0 };

	if (!text_equal(step->kind->name, "agent"))
		return 0;
	const struct agent *agent =
	        workspace_agent(candidate->run->workspace, step->name, &errors);
	if (agent && (!agent->structured ||
	              schema_check(agent->schema, merged, path, &errors)))
		return 0;
	error_move(err, &errors.items[0]);
	return -1;
}

static int fit_artifact(struct candidate *candidate, size_t i,
                        struct error *err)
{
	const struct artifact_record *artifact = &candidate->artifacts[i];
	struct live_run *run = candidate->run;
	auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);
	struct live_step *live = candidate->steps[i];
	struct oid merged;
	int found =
	        read_merged(candidate, artifact->path, &bytes, &merged, err);

	if (found < 0)
		return -1;
	if (!live)
		return 0; /* its item is gone */
	if (found == 0) {
		decline(candidate, artifact->step, artifact->item);
		add_row(candidate, artifact, NULL);
		return 0;
	}
	struct value *value = document_parse(&run->arena, artifact->path,
	                                     bytes.at, bytes.len, err);
	if (!value ||
	    fit_schema(candidate, live->step, artifact->path, value, err) < 0)
		return -1;
	value = document_with_path(&run->arena, value, artifact->path);
	if (!artifact->field)
		live->output = value;
	run_describe_step(run, live);
	add_row(candidate, artifact, &merged);
	return 0;
}

static bool is_declined(const struct candidate *candidate, const char *step,
                        const char *item)
{
	const struct value *list = candidate->approval->declined;

	for (size_t i = 0; i < list->length; i++)
		if (text_equal(value_get_text(list->items[i], "step", NULL),
		               step) &&
		    text_equal(value_get_text(list->items[i], "item", ""),
		               item))
			return true;
	return false;
}

/* The text of an artifact as this commit holds it; what only a later effect
 * will give passes as a word. */
static int resolve_merged(void *state, const char *field,
                          const struct value *stand_in, struct value **ret,
                          struct error *err)
{
	struct candidate *candidate = state;
	struct arena *arena = &candidate->run->arena;
	const char *path = value_get_text(stand_in, "artifact", NULL);

	(void)field;
	*ret = value_string(arena, "later");
	if (!path)
		return 0;
	for (size_t i = 0; i < candidate->artifact_count; i++) {
		if (!text_equal(candidate->artifacts[i].path, path))
			continue;
		if (!candidate->steps[i] ||
		    is_declined(candidate, candidate->artifacts[i].step,
		                candidate->artifacts[i].item))
			return 0; /* what needs it will be skipped */
		const struct value *value = candidate->steps[i]->output;
		const struct value *text = value_get(value, "text");
		*ret = value_copy(arena, text ? text : value);
		return 0;
	}
	return error_set(err, ERR_CONFIG, "\"%s\" is no artifact of this draft",
	                 path);
}

/* An entry must be an effect of this draft, and one that could be done. */
static int prove_entry(struct candidate *candidate,
                       const struct slip_entry *entry, struct error *err)
{
	struct live_run *run = candidate->run;
	struct slip_resolver resolver = { resolve_merged, candidate };
	const struct live_step *live = live_at(run, entry->step, entry->item);
	struct bus_request request = {
		.arena = &run->arena,
		.env = &run->engine->env,
		.run = run->record.id,
		.run_name = run->name,
		.job = run->job->name,
		.step = entry->step,
		.item = entry->item,
		.effect = entry->effect,
		.released = true,
		.pinned = run->config,
	};

	if (!live || !text_equal(live->step->name, entry->effect)) {
		error_set(err, ERR_CONFIG,
		          "this draft has no effect \"%s\" of a step \"%s\"",
		          entry->effect, entry->step);
		return error_hint(err, "Entries may be changed or deleted, "
		                       "not added.");
	}
	if (slip_resolve(&run->arena, entry->with, &resolver, &request.with,
	                 err) < 0)
		return -1;
	if (!language_effect(&run->engine->language, entry->effect))
		return 0; /* an event, which takes anything */
	request.key = run_effect_key(run, live);
	request.current = engine_config(run->engine, err);
	return request.current ? bus_prove(&request, err) : -1;
}

/* With the place of the entry, where the reason has none of its own. */
static int fit_entries(struct candidate *candidate, struct error *err)
{
	for (size_t i = 0; i < candidate->slip->count; i++) {
		const struct slip_entry *entry = &candidate->slip->entries[i];
		auto_error struct error reason = { 0 };
		if (is_declined(candidate, entry->step, entry->item) ||
		    prove_entry(candidate, entry, &reason) == 0)
			continue;
		if (reason.pos.line) {
			error_move(err, &reason);
			return -1;
		}
		error_at(err, ERR_CONFIG, candidate->draft->slip, entry->pos,
		         "%s", reason.message);
		if (reason.hint)
			error_hint(err, "%s", reason.hint);
		return -1;
	}
	return 0;
}

/* The checks of the steps that drafted, and of the gate, on what was merged. */
static int fit_checks(struct candidate *candidate, struct error *err)
{
	struct live_run *run = candidate->run;
	const struct draft_record *draft = candidate->draft;

	for (size_t i = 0; i < candidate->artifact_count; i++) {
		const struct live_step *live = candidate->steps[i];
		if (live &&
		    !is_declined(candidate, live->step->id,
		                 live->block->item) &&
		    execute_checks(run, live, err) < 0)
			return -1;
	}
	const struct live_step *gate =
	        draft->step ? live_at(run, draft->step, draft->item) : NULL;
	if (gate && candidate->approval->declined->length == 0)
		return execute_checks(run, gate, err);
	return 0;
}

/* What was listed when the gate opened and is not in the slip any more. */
static void decline_entries(struct candidate *candidate)
{
	const struct value *listed = candidate->draft->effects;

	for (size_t i = 0; listed && i < listed->length; i++) {
		const char *step = value_get_text(listed->items[i], "step", "");
		const char *item = value_get_text(listed->items[i], "item", "");
		if (!slip_find(candidate->slip, step, item))
			decline(candidate, step, item);
	}
}

/* While it is tried, the drafting steps mean what the commit holds. */
static void begin_trial(struct candidate *candidate)
{
	struct live_run *run = candidate->run;
	size_t count = candidate->artifact_count;

	candidate->steps =
	        arena_array(&run->arena, count + 1, sizeof(struct live_step *));
	candidate->before = arena_array(&run->arena, count + 1,
	                                sizeof(const struct value *));
	for (size_t i = 0; i < count; i++) {
		candidate->steps[i] = live_at(run, candidate->artifacts[i].step,
		                              candidate->artifacts[i].item);
		if (candidate->steps[i])
			candidate->before[i] = candidate->steps[i]->output;
	}
}

static void end_trial(struct candidate *candidate)
{
	for (size_t i = candidate->artifact_count; i-- > 0;) {
		if (!candidate->steps[i])
			continue;
		candidate->steps[i]->output = candidate->before[i];
		run_describe_step(candidate->run, candidate->steps[i]);
	}
}

static int try_fit(struct candidate *candidate, struct error *err)
{
	if (fit_slip(candidate, err) < 0)
		return -1;
	for (size_t i = 0; i < candidate->artifact_count; i++)
		if (fit_artifact(candidate, i, err) < 0)
			return -1;
	decline_entries(candidate);
	if (fit_entries(candidate, err) < 0)
		return -1;
	return fit_checks(candidate, err);
}

static int fit(struct candidate *candidate, struct error *err)
{
	begin_trial(candidate);
	int status = try_fit(candidate, err);
	end_trial(candidate);
	return status;
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

static void empty_approval(struct live_run *run, const struct commit *commit,
                           struct approval *ret)
{
	ret->commit = commit->id;
	ret->tree = commit->tree;
	ret->author = commit->author.email;
	ret->artifacts = value_list(&run->arena);
	ret->declined = value_list(&run->arena);
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
	struct candidate candidate = {
		.run = run,
		.draft = draft,
		.commit = commit,
		.approval = ret,
	};
	empty_approval(run, commit, ret);
	if (view_artifacts(run->engine->view, &run->arena, draft,
	                   &candidate.artifacts, &candidate.artifact_count,
	                   err) < 0 ||
	    may_approve(run, commit, err) < 0 || fit(&candidate, err) < 0)
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
	struct value *data = execute_about(run, gate);
	struct value *output = value_map(arena);
	const char *commit = oid_text(arena, &approval->commit);

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
	if (draft_forget(engine->repo, draft_name(draft), err) < 0)
		return -1;
	return branch_drop(engine, draft->branch, &draft->tip,
	                   &approval->commit, err);
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
	auto_run struct live_run *run = run_load(tick->engine, draft->run, err);
	if (!run)
		return -1;
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

int approval_merge(struct engine *engine, const struct run_record *run,
                   const struct draft_record *draft, struct oid *ret_commit,
                   struct error *err)
{
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
	if (merge_commit(engine, run, draft, &tip, ret_commit, err) < 0)
		return error_hint(err, "Merge it by hand: git merge %s",
		                  draft->branch);
	return branch_advance(engine, ret_commit, err);
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
	if (!run_is_over(run->state)) {
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
	*ret_kept = draft_set_aside(engine->repo, arena, draft_name(draft),
	                            &draft->tip, err);
	return *ret_kept ? 0 : -1;
}
