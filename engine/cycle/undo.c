/*
 * An undo is a run as any other, of a job that is made for it: a gate, and
 * below it one call for each compensation. So its draft, slip, approval and
 * effects are the ordinary ones. The job stands in a tree of its own, the
 * owner's with two files more, which the run is pinned to: the job, and what
 * the gate is to know, that is the files and what stays.
 *
 * A file goes back to what it was before the run's merge: to what the owner's
 * branch had, down from the approving commit to where the draft began, before
 * it had the merged content. Whether it still has that is asked when the draft
 * is made.
 */
#include "engine/cycle/undo.h"

#include <stdlib.h>
#include <string.h>

#include "engine/bus/bus.h"
#include "engine/cycle/start.h"
#include "engine/job/check.h"
#include "store/base/fault.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/base/yaml.h"
#include "store/key.h"

#define UNDO_JOB  "undo"
#define UNDO_PATH "jobs/undo.yaml"
#define UNDO_PLAN "actions/undo.yaml"

struct undoing {
	struct engine *engine;
	struct arena *arena;
	struct live_run *run;
	struct value *files; /* path: {merged, blob, mode}, without the last
	                        two of a file that was not there */
	struct value *stays; /* list of texts */
	struct value *steps; /* of the job that is made */
	struct value *may;   /* effect: how many */
	const struct live_step **acts;
	size_t act_count;
};

/* ---- Files --------------------------------------------------------------- */

/* What `commit` has at `path`, with the id zero for nothing. */
static int look_in(struct undoing *undoing, const struct oid *id,
                   const char *path, struct tree_entry *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct repo *repo = undoing->engine->repo;
	struct commit commit;

	memset(ret, 0, sizeof(*ret));
	if (repo_commit_read(repo, &arena, id, &commit, err) < 0)
		return -1;
	return repo_tree_find(repo, &commit.tree, path, ret, err);
}

/* What was at the artifact's path before the merge: 1, 0 when the owner's
 * branch had the same content already, -1. */
static int find_before(struct undoing *undoing,
                       const struct draft_record *draft,
                       const struct artifact_record *artifact,
                       struct tree_entry *ret, struct error *err)
{
	struct oid *commits;
	size_t count;

	if (repo_first_parents(undoing->engine->repo, undoing->arena,
	                       &draft->commit, &draft->base, &commits, &count,
	                       err) < 0)
		return -1;
	while (count-- > 0) {
		const struct oid *below =
		        count ? &commits[count - 1] : &draft->base;
		if (look_in(undoing, below, artifact->path, ret, err) < 0)
			return -1;
		if (!oid_equal(&ret->oid, &artifact->merged))
			return 1;
	}
	return 0;
}

/* A file that was merged twice goes back to what it was before the first. */
static int add_file(struct undoing *undoing, const struct draft_record *draft,
                    const struct artifact_record *artifact, struct error *err)
{
	struct arena *arena = undoing->arena;
	struct value *row = value_get(undoing->files, artifact->path);
	struct tree_entry before;

	if (!row) {
		int changed =
		        find_before(undoing, draft, artifact, &before, err);
		if (changed <= 0)
			return changed;
		row = value_map(arena);
		value_map_set(arena, undoing->files, artifact->path, row);
		if (!oid_is_zero(&before.oid)) {
			value_map_text(arena, row, "blob",
			               oid_text(arena, &before.oid));
			value_map_int(arena, row, "mode", before.mode);
		}
	}
	value_map_text(arena, row, "merged",
	               oid_is_zero(&artifact->merged)
	                       ? ""
	                       : oid_text(arena, &artifact->merged));
	return 0;
}

/* Whether the merge did with the file what was drafted, or what the owner made
 * of it: 1, 0 when it left the file as it was, -1. */
static int was_merged(struct undoing *undoing, const struct draft_record *draft,
                      const struct artifact_record *artifact, struct error *err)
{
	struct tree_entry there;

	if (!oid_is_zero(&artifact->merged))
		return 1;
	if (!oid_is_zero(&artifact->drafted))
		return 0;
	if (look_in(undoing, &draft->commit, artifact->path, &there, err) < 0)
		return -1;
	return oid_is_zero(&there.oid);
}

static int gather_files(struct undoing *undoing, struct error *err)
{
	struct live_run *run = undoing->run;

	for (size_t i = 0; i < run->draft_count; i++) {
		const struct draft_record *draft = &run->drafts[i];
		struct artifact_record *artifacts;
		size_t count;
		if (!draft_was_merged(draft->state))
			continue;
		if (view_artifacts(undoing->engine->view, undoing->arena, draft,
		                   &artifacts, &count, err) < 0)
			return -1;
		for (size_t n = 0; n < count; n++) {
			int merged =
			        was_merged(undoing, draft, &artifacts[n], err);
			if (merged < 0 ||
			    (merged &&
			     add_file(undoing, draft, &artifacts[n], err) < 0))
				return -1;
		}
	}
	return 0;
}

enum standing {
	STANDS_BACK,   /* it is as it was before */
	STANDS_MERGED, /* as it was merged */
	STANDS_EDITED,
};

/* How the file of `row` stands on the owner's tip: an enum standing, or -1. */
static int find_standing(struct engine *engine, const struct member *row,
                         struct error *err)
{
	const char *blob = value_get_text(row->value, "blob", "");
	const char *merged = value_get_text(row->value, "merged", "");
	char text[OID_TEXT_BYTES] = "";
	struct tree_entry now;
	int found = repo_tree_find(engine->repo, &engine->tip_tree, row->name,
	                           &now, err);

	if (found < 0)
		return -1;
	if (found)
		oid_to_text(&now.oid, text);
	if (text_equal(text, blob))
		return STANDS_BACK;
	return text_equal(text, merged) ? STANDS_MERGED : STANDS_EDITED;
}

/* The paths of those of `files` that stand so; NULL with err. */
static struct value *paths_that_stand(struct engine *engine,
                                      struct arena *arena,
                                      const struct value *files,
                                      enum standing standing, struct error *err)
{
	struct value *paths = value_list(arena);

	for (size_t i = 0; i < files->length; i++) {
		const struct member *row = &files->members[i];
		int stands = find_standing(engine, row, err);
		if (stands < 0)
			return NULL;
		if (stands == (int)standing)
			value_list_add(arena, paths,
			               value_string(arena, row->name));
	}
	return paths;
}

/* ---- Effects ------------------------------------------------------------- */

/* Whether the step did something, or may have: 1, 0 when nothing of its own,
 * -1. */
static int has_acted(struct undoing *undoing, const struct live_step *live,
                     struct error *err)
{
	struct effect_record effect;

	if (!(live->step->kind->flags & KIND_ACTS) || live_is_block(live) ||
	    text_equal(live->step->kind->name, "remember"))
		return 0; /* what is remembered is a file */
	int found =
	        view_effect(undoing->engine->view, undoing->arena,
	                    run_effect_key(undoing->run, live), &effect, err);
	if (found < 0)
		return -1;
	if (live->state != STEP_DONE)
		return found && text_equal(effect.state, "intended");
	return found || !live->step->once; /* else another run did it */
}

static const char *name_of_act(const struct live_step *live)
{
	return text_equal(live->step->kind->name, "call")
	               ? live->step->name
	               : live->step->kind->name;
}

static void add_stay(struct undoing *undoing, const struct live_step *live,
                     const char *why)
{
	value_list_add(undoing->arena, undoing->stays,
	               value_printf(undoing->arena, "%s by %s%s",
	                            name_of_act(live),
	                            live_name(undoing->run, live), why));
}

/* As a template that gives the text: what would open a tag opens none. */
static const char *as_template(struct arena *arena, const char *text)
{
	auto_buf struct buf buf = buf_make(LIMIT_YAML_FILE);

	for (; *text; text++) {
		if (!text_starts(text, "{{")) {
			buf_add(&buf, text, 1);
			continue;
		}
		buf_add_text(&buf, "{{=<% %>=}}{{<%={{ }}=%>");
		text++;
	}
	return arena_strndup(arena, buf.at, buf.len);
}

static struct value *word_as_template(struct arena *arena,
                                      const struct value *value)
{
	return value->kind == VALUE_STRING
	               ? value_string(arena, as_template(arena, value->text))
	               : value_copy(arena, value);
}

/* The same of a field: a text, or a list or map of them. */
static struct value *as_templates(struct arena *arena,
                                  const struct value *value)
{
	struct value *all;

	if (value->kind != VALUE_LIST && value->kind != VALUE_MAP)
		return word_as_template(arena, value);
	all = value->kind == VALUE_LIST ? value_list(arena) : value_map(arena);
	for (size_t i = 0; i < value->length; i++)
		if (value->kind == VALUE_LIST)
			value_list_add(
			        arena, all,
			        word_as_template(arena, value->items[i]));
		else
			value_map_set(arena, all, value->members[i].name,
			              word_as_template(
			                      arena, value->members[i].value));
	return all;
}

/* The `with` of the step's compensation, in the names of the run. */
static struct value *render_with(struct undoing *undoing,
                                 const struct live_step *live,
                                 struct error *err)
{
	struct arena *arena = undoing->arena;
	struct render render = run_render(undoing->run, live);
	const struct value *source = value_get(live->step->undo, "with");
	struct value *with = value_map(arena);

	for (size_t i = 0; source && i < source->length; i++) {
		const struct member *member = &source->members[i];
		struct value *value;
		if (render_value(arena, live->step->path, member->value,
		                 &render, &value, err) < 0) {
			error_wrap(err, "the \"undo\" of step \"%s\"",
			           live_name(undoing->run, live));
			return NULL;
		}
		value_map_set(arena, with, member->name,
		              as_templates(arena, value));
	}
	return with;
}

static void add_call(struct undoing *undoing, const struct live_step *live,
                     const char *effect, struct value *with)
{
	struct arena *arena = undoing->arena;
	struct value *step = value_map(arena);

	value_map_text(arena, step, "id",
	               arena_printf(arena, "undo_%zu_%s",
	                            undoing->steps->length, live->step->local));
	value_map_text(arena, step, "call", effect);
	value_map_set(arena, step, "with", with);
	value_list_add(arena, undoing->steps, step);
	value_map_int(arena, undoing->may, effect,
	              value_get_int(undoing->may, effect, 0) + 1);
}

/* What the step says, else what its connector does, takes it back. */
static int add_compensation(struct undoing *undoing,
                            const struct live_step *live, struct error *err)
{
	struct arena *arena = undoing->arena;
	const struct effect_record effect = {
		.key = run_effect_key(undoing->run, live),
		.run = undoing->run->record.id,
		.step = live->step->id,
		.item = live->block->item,
		.effect = live->step->name,
	};
	struct takeback takeback = { 0 };

	if (live->step->undo) {
		takeback.effect = value_get_text(live->step->undo, "call", "");
		takeback.with = render_with(undoing, live, err);
		if (!takeback.with)
			return -1;
	} else if (text_equal(live->step->kind->name, "call") &&
	           bus_take_back(&undoing->engine->env, arena, &effect,
	                         live->output, &takeback, err) < 0) {
		return -1;
	}
	if (takeback.effect)
		add_call(undoing, live, takeback.effect, takeback.with);
	else
		add_stay(undoing, live,
		         takeback.why ? arena_printf(arena, ", since %s",
		                                     takeback.why)
		                      : "");
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct live_step *const *one = a;
	const struct live_step *const *other = b;

	if ((*one)->at != (*other)->at)
		return (*one)->at > (*other)->at ? -1 : 1;
	if ((*one)->step->index != (*other)->step->index)
		return (*one)->step->index > (*other)->step->index ? -1 : 1;
	return strcmp((*other)->block->item, (*one)->block->item);
}

static int find_acts(struct undoing *undoing, struct error *err)
{
	struct live_run *run = undoing->run;

	for (const struct live_step *live = live_first(run); live;
	     live = live_next(run, live)) {
		int acted = has_acted(undoing, live, err);
		if (acted < 0)
			return -1;
		if (!acted)
			continue;
		undoing->acts = arena_grow(undoing->arena, undoing->acts,
		                           undoing->act_count,
		                           sizeof(const struct live_step *));
		undoing->acts[undoing->act_count++] = live;
	}
	return 0;
}

/* What was done last is undone first. */
static int gather_effects(struct undoing *undoing, struct error *err)
{
	if (find_acts(undoing, err) < 0)
		return -1;
	if (undoing->act_count > 0)
		qsort(undoing->acts, undoing->act_count,
		      sizeof(const struct live_step *), by_time);
	for (size_t i = 0; i < undoing->act_count; i++) {
		const struct live_step *live = undoing->acts[i];
		if (live->state != STEP_DONE)
			add_stay(undoing, live,
			         ", and nobody knows whether it was done");
		else if (add_compensation(undoing, live, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- The job ------------------------------------------------------------- */

static const char *make_title(const struct undoing *undoing)
{
	struct arena *arena = undoing->arena;

	return as_template(
	        arena, arena_printf(arena, "Undo %s", run_title(undoing->run)));
}

static struct value *make_job(struct undoing *undoing)
{
	struct arena *arena = undoing->arena;
	struct value *job = value_map(arena);
	struct value *on = value_map(arena);

	value_map_set(arena, on, "manual", value_bool(arena, true));
	value_map_set(arena, job, "on", on);
	value_map_int(arena, job, "version", 1);
	value_map_text(arena, job, "name", UNDO_JOB);
	value_map_text(arena, job, "title", make_title(undoing));
	if (undoing->may->length)
		value_map_set(arena, job, "may", undoing->may);
	value_map_set(arena, job, "steps", undoing->steps);
	return job;
}

/* The gate is the first of the steps, so their count names the next. */
static void add_gate(struct undoing *undoing)
{
	struct arena *arena = undoing->arena;
	struct value *step = value_map(arena);
	struct value *gate = value_map(arena);

	value_map_text(arena, gate, "title", make_title(undoing));
	value_map_text(arena, step, "id", "review");
	value_map_set(arena, step, "gate", gate);
	value_list_add(arena, undoing->steps, step);
}

static int write_file(struct undoing *undoing, const char *path,
                      const struct value *value, struct tree_change *ret,
                      struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);

	*ret = (struct tree_change){ .path = path, .mode = 0100644 };
	if (yaml_write(&bytes, value, err) < 0)
		return -1;
	return repo_blob_write(undoing->engine->repo, bytes.at, bytes.len,
	                       &ret->oid, err);
}

/* The owner's tree with the job and what its gate is to know. */
static int write_tree(struct undoing *undoing, struct oid *ret,
                      struct error *err)
{
	struct engine *engine = undoing->engine;
	struct value *plan = value_map(undoing->arena);
	struct tree_change changes[2];

	value_map_set(undoing->arena, plan, "files", undoing->files);
	value_map_set(undoing->arena, plan, "stays", undoing->stays);
	if (write_file(undoing, UNDO_PATH, make_job(undoing), &changes[0],
	               err) < 0 ||
	    write_file(undoing, UNDO_PLAN, plan, &changes[1], err) < 0)
		return -1;
	return repo_tree_write(engine->repo, &engine->tip_tree, changes,
	                       ARRAY_LEN(changes), ret, err);
}

static int start_job(struct undoing *undoing, const struct oid *tree,
                     const struct cause *cause, const char **ret_run,
                     struct error *err)
{
	struct engine *engine = undoing->engine;
	auto_errors struct errors errors = { 0 };
	auto_errors struct errors warnings = { 0 };
	auto_files struct files *files = engine_files(engine, tree, NULL, err);

	if (!files)
		return -1;
	auto_workspace struct workspace *workspace =
	        workspace_new(files, &engine->language);
	const struct job *job = workspace_job(workspace, UNDO_JOB, &errors);
	if (job)
		check_job(workspace, job, &errors, &warnings);
	if (errors.count > 0) {
		errors_sort(&errors);
		error_move(err, &errors.items[0]);
		error_wrap(err, "%s cannot be undone", undoing->run->name);
		return -1;
	}
	return start_pinned(engine, undoing->arena, &(struct pin){ job, tree },
	                    cause, ret_run, err);
}

/* ---- The run ------------------------------------------------------------- */

/* The trigger's id for the next undo of the run: 1 and that one when there is
 * an undo already that was not refused, 0, -1. */
static int find_known(struct engine *engine, struct arena *arena,
                      const struct run_record *record, const char **ret_id,
                      struct run_record *ret, struct error *err)
{
	for (size_t n = 1;; n++) {
		*ret_id = n == 1 ? arena_printf(arena, "undo:%s", record->id)
		                 : arena_printf(arena, "undo:%s:%zu",
		                                record->id, n);
		const char *id = key_run(arena, &engine->env.root->secret,
		                         UNDO_JOB, *ret_id);
		int found = view_run(engine->view, arena, id, ret, err);
		if (found <= 0)
			return found;
		if (ret->state != RUN_REJECTED && ret->state != RUN_CANCELLED)
			return 1;
	}
}

static int refuse_undo(struct error *err, const struct run_record *record)
{
	const char *of = value_get_text(record->trigger, "of", "");

	error_set(err, ERR_STATE,
	          "%s %.8s is an undo itself, which is not undone", record->job,
	          record->id);
	return error_hint(err,
	                  "What it took back was done by %.8s: start that job "
	                  "again.",
	                  of);
}

static bool is_undo(const struct run_record *record)
{
	return text_equal(value_get_text(record->trigger, "kind", ""), "undo");
}

static int gather(struct undoing *undoing, struct undone *ret,
                  struct error *err)
{
	struct engine *engine = undoing->engine;
	struct value *back;

	add_gate(undoing);
	if (gather_files(undoing, err) < 0 || gather_effects(undoing, err) < 0)
		return -1;
	ret->stays = undoing->stays;
	ret->left = paths_that_stand(engine, undoing->arena, undoing->files,
	                             STANDS_EDITED, err);
	back = paths_that_stand(engine, undoing->arena, undoing->files,
	                        STANDS_MERGED, err);
	if (!ret->left || !back)
		return -1;
	return back->length > 0 || undoing->steps->length > 1;
}

int run_undo(struct engine *engine, struct arena *arena,
             const struct run_record *record, struct undone *ret,
             struct error *err)
{
	struct value *facts = value_map(arena);
	struct cause cause = {
		.kind = "undo",
		.says = arena_printf(arena, "undo of %s %.8s", record->job,
		                     record->id),
		.time_ms = clock_wall_ms(&engine->clock),
		.facts = facts,
	};
	struct undoing undoing = {
		.engine = engine,
		.arena = arena,
		.files = value_map(arena),
		.stays = value_list(arena),
		.steps = value_list(arena),
		.may = value_map(arena),
	};
	const char *id;
	struct oid tree;

	*ret = (struct undone){ 0 };
	value_map_text(arena, facts, "of", record->id);
	if (is_undo(record))
		return refuse_undo(err, record);
	int known =
	        find_known(engine, arena, record, &cause.id, &ret->run, err);
	if (known != 0)
		return known < 0 ? -1 : UNDO_KNOWN;
	auto_run struct live_run *run = run_load(engine, record->id, err);
	if (!run || engine_look(engine, err) < 0)
		return -1;
	undoing.run = run;
	int any = gather(&undoing, ret, err);
	if (any <= 0)
		return any < 0 ? -1 : UNDO_NOTHING;
	if (write_tree(&undoing, &tree, err) < 0 ||
	    FAULT_FAILS("undo.pinned", err) ||
	    start_job(&undoing, &tree, &cause, &id, err) < 0 ||
	    view_run(engine->view, arena, id, &ret->run, err) < 0)
		return -1;
	return UNDO_STARTED;
}

/* ---- Its draft ----------------------------------------------------------- */

static const struct value *read_plan(struct live_run *run, struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);

	if (files_read(run->pin, UNDO_PLAN, &bytes, NULL, err) < 0)
		return NULL;
	return yaml_parse(&run->arena, UNDO_PLAN, bytes.at, bytes.len, 1, err);
}

static int restore(struct live_run *run, const struct value *files,
                   struct drafting *drafting, struct error *err)
{
	struct arena *arena = &run->arena;
	struct tree_change *changes =
	        arena_array(arena, files->length + 1, sizeof(*changes));
	size_t count = 0;

	for (size_t i = 0; i < files->length; i++) {
		const struct member *row = &files->members[i];
		const char *blob = value_get_text(row->value, "blob", NULL);
		struct tree_change *change = &changes[count];
		int stands = find_standing(run->engine, row, err);
		if (stands < 0)
			return -1;
		if (stands != STANDS_MERGED)
			continue;
		*change = (struct tree_change){ .path = row->name };
		if (blob && oid_from_text(blob, &change->oid))
			change->mode = (unsigned)value_get_int(row->value,
			                                       "mode", 0100644);
		count++;
	}
	if (count > 0)
		drafting_add_changes(drafting, changes, count, "files");
	return 0;
}

int undo_draft(struct live_run *run, struct drafting *drafting,
               struct value *about, struct error *err)
{
	struct arena *arena = &run->arena;

	if (!is_undo(&run->record))
		return 0;
	const struct value *plan = read_plan(run, err);
	if (!plan)
		return -1;
	const struct value *files = value_get(plan, "files");
	const struct value *stays = value_get(plan, "stays");
	struct value *left =
	        paths_that_stand(run->engine, arena, files, STANDS_EDITED, err);
	if (!left)
		return -1;
	if (left->length)
		value_map_set(arena, about, "left", left);
	if (stays && stays->length)
		value_map_set(arena, about, "stays", value_copy(arena, stays));
	return restore(run, files, drafting, err);
}
