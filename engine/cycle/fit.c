/*
 * The commit is tried in a preview: the drafting steps mean what its files say,
 * those whose file is gone are declined, and below the gate all is unfolded
 * with what is left. There each entry of the slip is held against the job and
 * the policy, and the checks are asked again.
 *
 * What is declined is known before: files that are gone, entries that were
 * listed when the gate opened and do not stand there any more, and with
 * `items:` each item that one of those belongs to.
 */
#include "engine/cycle/fit.h"

#include <string.h>

#include "engine/bus/bus.h"
#include "engine/cycle/edits.h"
#include "engine/cycle/execute.h"
#include "engine/cycle/preview.h"
#include "engine/job/agent.h"
#include "engine/job/document.h"
#include "store/base/limits.h"
#include "store/base/text.h"

struct fit {
	struct live_run *run;
	const struct draft_record *draft;
	const struct commit *commit;
	struct artifact_record *artifacts;
	size_t artifact_count;
	struct live_step **steps; /* of each artifact; NULL: none now */
	struct live_step *items;  /* the loop that is decided by item; NULL */
	struct slip *slip;
	struct preview preview;
	struct approval *approval;
	struct value *declined; /* "step item" of what is, to true */
	struct value *effects;  /* that the gate listed */
	struct value *listed;   /* "step item" of each effect, to its name */
	struct value *by_path;  /* of each artifact, to its number */
};

static const char *place_of(const struct fit *fit, const char *step,
                            const char *item)
{
	return arena_printf(&fit->run->arena, "%s %s", step, item);
}

/* ---- Declining ----------------------------------------------------------- */

static bool is_declined(const struct fit *fit, const char *step,
                        const char *item)
{
	return value_get(fit->declined, place_of(fit, step, item)) != NULL;
}

static void decline(struct fit *fit, const char *step, const char *item)
{
	struct arena *arena = &fit->run->arena;
	struct live_step *live = live_at(fit->run, step, item);
	struct value *place = value_map(arena);

	if (is_declined(fit, step, item))
		return;
	value_map_set(arena, fit->declined, place_of(fit, step, item),
	              value_bool(arena, true));
	value_map_text(arena, place, "step", step);
	if (*item)
		value_map_text(arena, place, "item", item);
	value_list_add(arena, fit->approval->declined, place);
	if (live && step_has_output(live->state))
		preview_set(&fit->preview, live, STEP_DECLINED, NULL);
}

/* The item of the gate's loop that the step belongs to; NULL: to none. */
static struct live_block *item_around(const struct fit *fit,
                                      const struct live_step *live)
{
	struct live_block *block = live->block;

	while (block && fit->items && block->over != fit->items)
		block = block->over ? block->over->block : NULL;
	return fit->items ? block : NULL;
}

/* An item is declined by the last of its steps that gave anything: then it is
 * none of those that its loop gives. */
static void decline_item(struct fit *fit, const struct live_block *part)
{
	for (size_t i = part->end; i-- > part->first;) {
		const struct live_step *live = &part->steps[i - part->first];
		if (!live->step || !step_has_output(live->state))
			continue;
		decline(fit, live->step->id, part->item);
		return;
	}
}

static bool is_item_declined(const struct fit *fit, const char *item)
{
	int64_t n =
	        fit->items ? value_get_int(fit->items->by_item, item, -1) : -1;

	return n >= 0 && !live_is_whole(fit->items->parts[n]);
}

static void decline_item_of(struct fit *fit, const char *item)
{
	int64_t n = fit->items && item
	                    ? value_get_int(fit->items->by_item, item, -1)
	                    : -1;

	if (n >= 0 && !is_item_declined(fit, item))
		decline_item(fit, fit->items->parts[n]);
}

/* What was listed when the gate opened and is not in the slip any more; and
 * what is, but for an item that was left out. */
static void decline_entries(struct fit *fit)
{
	const struct value *listed = fit->effects;

	for (size_t i = 0; i < listed->length; i++) {
		const struct value *row = listed->items[i];
		const char *step = value_get_text(row, "step", "");
		const char *item = value_get_text(row, "item", "");
		if (slip_find(fit->slip, step, item))
			continue;
		decline(fit, step, item);
		decline_item_of(fit, value_get_text(row, "of", NULL));
	}
	for (size_t i = 0; i < listed->length; i++) {
		const struct value *row = listed->items[i];
		const char *of = value_get_text(row, "of", NULL);
		if (of && is_item_declined(fit, of))
			decline(fit, value_get_text(row, "step", ""),
			        value_get_text(row, "item", ""));
	}
}

/* ---- Files --------------------------------------------------------------- */

/* The file at `path` in the commit: 1, 0 when there is none, -1. */
static int read_merged(struct fit *fit, const char *path, struct buf *ret,
                       struct oid *ret_oid, struct error *err)
{
	struct repo *repo = fit->run->engine->repo;
	struct tree_entry entry;
	int found = repo_tree_find(repo, &fit->commit->tree, path, &entry, err);

	if (found <= 0)
		return found;
	*ret_oid = entry.oid;
	return repo_blob_read(repo, &entry.oid, ret, err) < 0 ? -1 : 1;
}

static int fit_slip(struct fit *fit, struct error *err)
{
	struct live_run *run = fit->run;
	auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);
	struct oid oid;

	if (read_merged(fit, fit->draft->slip, &bytes, &oid, err) < 0)
		return -1;
	fit->slip = slip_parse(&run->arena, fit->draft->slip, bytes.at,
	                       bytes.len, run->record.id, err);
	if (!fit->slip)
		return -1;
	fit->approval->revision = fit->slip->revision;
	return 0;
}

static struct value *add_row(struct fit *fit,
                             const struct artifact_record *artifact)
{
	struct arena *arena = &fit->run->arena;
	struct value *row = value_map(arena);

	value_map_text(arena, row, "step", artifact->step);
	if (*artifact->item)
		value_map_text(arena, row, "item", artifact->item);
	value_map_text(arena, row, "field", artifact->field);
	value_map_text(arena, row, "path", artifact->path);
	value_map_text(arena, row, "blob", oid_text(arena, &artifact->drafted));
	value_list_add(arena, fit->approval->artifacts, row);
	return row;
}

/* How much the owner changed: lines that differ. */
static int count_edits(struct fit *fit, const struct artifact_record *artifact,
                       const struct buf *merged, struct value *row,
                       struct error *err)
{
	auto_buf struct buf drafted = buf_make(LIMIT_DATA_FILE);

	if (repo_blob_read(fit->run->engine->repo, &artifact->drafted, &drafted,
	                   err) < 0)
		return -1;
	value_map_int(&fit->run->arena, row, "edited",
	              (int64_t)edits_count(&drafted, merged));
	return 0;
}

/* The schema of the agent that drafted it still holds. */
static int fit_schema(struct fit *fit, const struct step *step,
                      const char *path, const struct value *merged,
                      struct error *err)
{
	auto_errors struct errors errors = { 0 };

	if (!text_equal(step->kind->name, "agent"))
		return 0;
	const struct agent *agent =
	        workspace_agent(fit->run->workspace, step->name, &errors);
	if (agent && (!agent->structured ||
	              schema_check(agent->schema, merged, path, &errors)))
		return 0;
	error_move(err, &errors.items[0]);
	return -1;
}

static int take_file(struct fit *fit, const struct artifact_record *artifact,
                     struct live_step *live, const struct buf *bytes,
                     struct error *err)
{
	struct live_run *run = fit->run;
	struct value *value = document_parse(&run->arena, artifact->path,
	                                     bytes->at, bytes->len, err);

	if (!value ||
	    (!artifact->field &&
	     fit_schema(fit, live->step, artifact->path, value, err) < 0))
		return -1;
	value = document_with_path(&run->arena, value, artifact->path);
	if (step_has_output(live->state))
		preview_set(&fit->preview, live, live->state,
		            run_with_file(run, live, artifact->field, value));
	return 0;
}

static int fit_artifact(struct fit *fit, size_t i, struct error *err)
{
	const struct artifact_record *artifact = &fit->artifacts[i];
	auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);
	struct live_step *live = fit->steps[i];
	struct oid merged;
	int found = read_merged(fit, artifact->path, &bytes, &merged, err);

	if (found < 0)
		return -1;
	if (!live)
		return 0; /* its item is gone */
	struct value *row = add_row(fit, artifact);
	if (found == 0) {
		decline(fit, artifact->step, artifact->item);
		return 0;
	}
	value_map_text(&fit->run->arena, row, "merged",
	               oid_text(&fit->run->arena, &merged));
	if (!oid_equal(&merged, &artifact->drafted) &&
	    count_edits(fit, artifact, &bytes, row, err) < 0)
		return -1;
	return take_file(fit, artifact, live, &bytes, err);
}

static int fit_artifacts(struct fit *fit, struct error *err)
{
	for (size_t i = 0; i < fit->artifact_count; i++)
		if (fit_artifact(fit, i, err) < 0)
			return -1;
	for (size_t i = 0; i < fit->artifact_count; i++) {
		const struct live_step *live = fit->steps[i];
		struct live_block *item = live ? item_around(fit, live) : NULL;
		if (item && live->state == STEP_DECLINED && live_is_whole(item))
			decline_item(fit, item);
	}
	return 0;
}

/* ---- Entries ------------------------------------------------------------- */

struct proof {
	struct fit *fit;
	const struct live_step *live;
};

/* The text of an artifact as this commit holds it. */
static int resolve_artifact(struct fit *fit, const struct value *stand_in,
                            const char *path, struct value **ret,
                            struct error *err)
{
	int64_t n = value_get_int(fit->by_path, path, -1);

	if (n < 0)
		return error_at(err, ERR_CONFIG, fit->draft->slip,
		                stand_in->pos,
		                "\"%s\" is no artifact of this draft", path);
	if (!fit->steps[n] || !step_has_output(fit->steps[n]->state))
		return 0; /* what needs it will be skipped */
	const char *field = fit->artifacts[n].field;
	const struct value *value = fit->steps[n]->output;
	if (field)
		value = value_get(value, field);
	const struct value *text = value_get(value, "text");
	*ret = value_copy(&fit->run->arena, text ? text : value);
	(*ret)->pos = stand_in->pos;
	return 0;
}

/* What only a later effect will give passes as a word. */
static int resolve_merged(void *state, const char *field,
                          const struct value *stand_in, struct value **ret,
                          struct error *err)
{
	struct proof *proof = state;
	struct live_run *run = proof->fit->run;
	struct render render = run_render(run, proof->live);
	const char *path = value_get_text(stand_in, "artifact", NULL);
	const struct step *step = proof->live->step;
	const struct value *source = value_get(step->config, field);

	*ret = value_string(&run->arena, "later");
	(*ret)->pos = stand_in->pos;
	if (path)
		return resolve_artifact(proof->fit, stand_in, path, ret, err);
	if (!value_get(stand_in, "each") || !source ||
	    preview_moment(&proof->fit->preview, proof->live, source) !=
	            MOMENT_NOW)
		return 0;
	return render_value(&run->arena, step->path, source, &render, ret, err);
}

/* An entry must be an effect of this draft, and one that could be done. */
static int prove_entry(struct fit *fit, const struct slip_entry *entry,
                       struct error *err)
{
	struct live_run *run = fit->run;
	struct proof proof = { fit, live_at(run, entry->step, entry->item) };
	struct slip_resolver resolver = { resolve_merged, &proof };
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
		.sender = value_get_text(run->record.trigger, "sender", NULL),
		.owner_files = run->engine->tip_files,
	};
	const char *place = place_of(fit, entry->step, entry->item);

	if (!text_equal(value_get_text(fit->listed, place, NULL),
	                entry->effect)) {
		error_set(err, ERR_CONFIG,
		          "this draft has no effect \"%s\" of a step \"%s\"",
		          entry->effect, entry->step);
		return error_hint(err, "Entries may be changed or deleted, "
		                       "not added.");
	}
	if (!proof.live)
		return 0; /* of an item that is left out */
	if (slip_resolve(&run->arena, entry->with, &resolver, &request.with,
	                 err) < 0)
		return -1;
	if (!language_effect(&run->engine->language, entry->effect))
		return 0; /* an event, which takes anything */
	request.key = run_effect_key(run, proof.live);
	request.current = engine_config(run->engine, err);
	return request.current ? bus_prove(&request, err) : -1;
}

/* Where to look: at the field whose text the reason quotes, else the entry. */
static struct pos pos_of(const struct slip_entry *entry, const char *reason)
{
	for (size_t i = 0; i < entry->with->length; i++) {
		const struct value *value = entry->with->members[i].value;
		if (value->kind == VALUE_STRING && value->length > 0 &&
		    strstr(reason, value->text))
			return value->pos;
	}
	return entry->pos;
}

/* With a place in the slip, where the reason has none of its own. */
static int fit_entries(struct fit *fit, struct error *err)
{
	for (size_t i = 0; i < fit->slip->count; i++) {
		const struct slip_entry *entry = &fit->slip->entries[i];
		auto_error struct error reason = { 0 };
		if (is_declined(fit, entry->step, entry->item) ||
		    prove_entry(fit, entry, &reason) == 0)
			continue;
		if (reason.pos.line && reason.file) {
			error_move(err, &reason);
			return -1;
		}
		error_at(err, ERR_CONFIG, fit->draft->slip,
		         reason.pos.line ? reason.pos
		                         : pos_of(entry, reason.message),
		         "%s", reason.message);
		if (reason.hint)
			error_hint(err, "%s", reason.hint);
		return -1;
	}
	return 0;
}

/* ---- Checks -------------------------------------------------------------- */

/* The checks of the steps that drafted, and of the gate, on what was merged. */
static int fit_checks(struct fit *fit, struct error *err)
{
	struct live_run *run = fit->run;

	for (size_t i = 0; i < fit->artifact_count; i++) {
		const struct live_step *live = fit->steps[i];
		if (live && step_has_output(live->state) &&
		    execute_checks(run, live, err) < 0)
			return -1;
	}
	if (fit->preview.gate && fit->approval->declined->length == 0)
		return execute_checks(run, fit->preview.gate, err);
	return 0;
}

/* ---- All of it ----------------------------------------------------------- */

static void read_listed(struct fit *fit)
{
	const struct value *listed = fit->effects;
	struct arena *arena = &fit->run->arena;

	for (size_t i = 0; i < listed->length; i++) {
		const struct value *row = listed->items[i];
		value_map_text(arena, fit->listed,
		               place_of(fit, value_get_text(row, "step", ""),
		                        value_get_text(row, "item", "")),
		               value_get_text(row, "effect", ""));
	}
}

static void find_steps(struct fit *fit)
{
	const struct live_step *gate = fit->preview.gate;
	struct live_run *run = fit->run;
	const char *items =
	        gate ? value_get_text(gate->step->config, "items", NULL) : NULL;
	const struct step *step =
	        items ? job_step_from(run->job, gate->step->parent, items)
	              : NULL;

	if (step)
		fit->items = live_find(run, gate->block, step->index);
	fit->steps = arena_array(&run->arena, fit->artifact_count + 1,
	                         sizeof(struct live_step *));
	for (size_t i = 0; i < fit->artifact_count; i++) {
		const struct artifact_record *artifact = &fit->artifacts[i];
		fit->steps[i] = live_at(run, artifact->step, artifact->item);
		value_map_int(&run->arena, fit->by_path, artifact->path,
		              (int64_t)i);
	}
}

static int try_fit(struct fit *fit, struct error *err)
{
	if (fit_slip(fit, err) < 0 || fit_artifacts(fit, err) < 0)
		return -1;
	decline_entries(fit);
	if (preview_begin(&fit->preview, err) < 0 || fit_entries(fit, err) < 0)
		return -1;
	return fit_checks(fit, err);
}

int fit_commit(struct live_run *run, const struct draft_record *draft,
               const struct commit *commit, struct approval *ret,
               struct error *err)
{
	struct arena *arena = &run->arena;
	struct fit fit = {
		.run = run,
		.draft = draft,
		.commit = commit,
		.approval = ret,
		.declined = value_map(arena),
		.listed = value_map(arena),
		.by_path = value_map(arena),
		.preview = { .run = run },
	};

	*ret = (struct approval){
		.commit = commit->id,
		.tree = commit->tree,
		.author = commit->author.email,
		.artifacts = value_list(arena),
		.declined = value_list(arena),
	};
	if (view_artifacts(run->engine->view, arena, draft, &fit.artifacts,
	                   &fit.artifact_count, err) < 0 ||
	    view_draft_effects(run->engine->view, arena, draft, &fit.effects,
	                       err) < 0)
		return -1;
	if (draft->step)
		fit.preview.gate = live_at(run, draft->step, draft->item);
	read_listed(&fit);
	find_steps(&fit);
	int status = try_fit(&fit, err);
	preview_end(&fit.preview);
	return status;
}
