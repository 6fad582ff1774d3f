/*
 * Loading a run goes outside in: the pin's files, the job, each step's row,
 * the drafts, and last the scope. Below an approved gate a step with an
 * artifact means what was merged, so its output is parsed again from the
 * merged bytes; the step's own result is no longer looked at.
 */
#include "engine/cycle/run.h"

#include <stdlib.h>
#include <string.h>

#include "engine/job/document.h"
#include "store/base/alloc.h"
#include "store/base/date.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/key.h"

void run_free(struct live_run *run)
{
	if (!run)
		return;
	for (size_t i = 0; i < run->gate_count; i++)
		files_free(run->gates[i].files);
	workspace_free(run->workspace);
	files_free(run->files);
	files_free(run->pin);
	arena_clear(&run->arena);
	free(run);
}

void run_free_auto(struct live_run **run)
{
	run_free(*run);
}

/* ---- Names --------------------------------------------------------------- */

static void set_date(struct arena *arena, struct value *names, const char *zone,
                     int64_t time_ms)
{
	auto_buf struct buf text = buf_make(64);
	struct date date;
	int week_year;
	int week;

	zone_local(zone, time_ms, &date);
	date_iso_week(&date, &week_year, &week);
	value_map_text(arena, names, "date",
	               arena_printf(arena, "%04d-%02d-%02d", date.year,
	                            date.month, date.day));
	value_map_text(arena, names, "year",
	               arena_printf(arena, "%04d", date.year));
	value_map_text(arena, names, "month",
	               arena_printf(arena, "%04d-%02d", date.year, date.month));
	value_map_text(arena, names, "week",
	               arena_printf(arena, "%04d-W%02d", week_year, week));
	date_add_rfc3339(&text, time_ms);
	value_map_text(arena, names, "time", text.at);
}

struct value *run_names(struct arena *arena, const char *zone, const char *id,
                        const char *job, int64_t time_ms)
{
	struct value *names = value_map(arena);

	value_map_text(arena, names, "id", id);
	value_map_text(arena, names, "job", job);
	set_date(arena, names, zone, time_ms);
	return names;
}

void run_describe_step(struct live_run *run, const struct live_step *live)
{
	struct arena *arena = &run->arena;
	struct value *all = value_get(run->scope, "steps");
	struct value *about = value_map(arena);
	const char *zone = run->config->timezone;

	value_map_text(arena, about, "state", step_state_name(live->state));
	if (step_is_settled(live->state)) {
		set_date(arena, about, zone, live->at);
		value_map_text(arena, about, "cost", "0");
		value_map_text(arena, about, "error", live->reason);
	}
	value_map_set(arena, all, live->step->id, about);
	if (step_has_output(live->state) && live->output)
		value_map_set(arena, run->scope, live->step->id,
		              value_copy(arena, live->output));
}

/* The time of the trigger, which is the run's own: a replay sees it too. */
static int64_t trigger_time(const struct live_run *run)
{
	const char *text = value_get_text(run->record.trigger, "time", NULL);
	int64_t time_ms;

	if (text && date_parse_rfc3339(text, &time_ms))
		return time_ms;
	return run->record.started_at;
}

static void make_scope(struct live_run *run, size_t count)
{
	struct arena *arena = &run->arena;
	struct value *names =
	        run_names(arena, run->config->timezone, run->record.id,
	                  run->record.job, trigger_time(run));

	run->day = value_get_text(names, "date", "");
	value_map_text(arena, names, "title", run->record.title);
	run->scope = value_map(arena);
	value_map_set(arena, run->scope, "inputs",
	              run->record.inputs ? value_copy(arena, run->record.inputs)
	                                 : value_map(arena));
	value_map_set(arena, run->scope, "run", names);
	value_map_set(arena, run->scope, "company",
	              value_copy(arena, run->config->company));
	value_map_set(arena, run->scope, "steps", value_map(arena));
	for (size_t i = 0; i < count; i++)
		run_describe_step(run, &run->steps[i]);
}

/* ---- Rendering ----------------------------------------------------------- */

struct render run_render(const struct live_run *run, const struct step *step)
{
	return (struct render){
		.scope = run->scope,
		.strict = step ? step->strict : true,
		.locale = run->config->locale,
		.engine = run->engine->env.engine,
	};
}

int run_text(struct live_run *run, const struct step *step,
             const struct value *source, const char **ret, struct error *err)
{
	auto_buf struct buf text = buf_make(LIMIT_RENDERED);
	struct render render = run_render(run, step);
	struct template *template =
	        template_parse(&run->arena, run->job->path, source, err);

	if (!template || template_render(template, &render, &text, err) < 0)
		return -1;
	*ret = arena_strndup(&run->arena, text.at, text.len);
	return 0;
}

const char *run_title(struct live_run *run)
{
	auto_error struct error not_yet = { 0 };
	const char *title;

	if (run->job->title &&
	    run_text(run, NULL, run->job->title, &title, &not_yet) == 0)
		return title;
	return run->record.title ? run->record.title : run->job->name;
}

const char *run_effect_key(struct live_run *run, const struct step *step)
{
	return key_effect(&run->arena, &run->engine->env.root->secret,
	                  run->record.id, step->id, "", 0);
}

int run_artifact(struct live_run *run, const struct live_step *live,
                 struct buf *ret, struct error *err)
{
	struct arena *arena = &run->arena;
	const struct value *output = live->output;

	/* A note's path is where it is, not what it says. */
	if (live->step->kind->flags & KIND_ACTS) {
		struct value *note = value_map(arena);
		for (size_t i = 0; i < output->length; i++)
			if (strcmp(output->members[i].name, "path") != 0)
				value_map_set(arena, note,
				              output->members[i].name,
				              output->members[i].value);
		output = note;
	}
	return document_write(ret, live->path, output, err);
}

/* ---- Loading ------------------------------------------------------------- */

static int load_job(struct live_run *run, struct error *err)
{
	auto_errors struct errors errors = { 0 };
	struct engine *engine = run->engine;

	run->pin = files_from_tree(engine->repo, &run->record.tree);
	run->files = engine_files(engine, &run->record.tree,
	                          &run->record.library, err);
	if (!run->files)
		return -1;
	run->workspace = workspace_new(run->files, &engine->language);
	run->config = workspace_config(run->workspace, &errors);
	if (run->config)
		run->job =
		        workspace_job(run->workspace, run->record.job, &errors);
	if (run->job)
		return 0;
	error_move(err, &errors.items[0]);
	return error_wrap(err, "the job of run %s", run->record.id);
}

static struct live_step *find_step(struct live_run *run, const char *id)
{
	const struct step *step = job_step(run->job, id);

	return step ? &run->steps[step->index] : NULL;
}

static int load_steps(struct live_run *run, struct error *err)
{
	struct arena *arena = &run->arena;
	struct step_record *rows;
	size_t count;

	run->steps = arena_array(arena, run->job->step_count + 1,
	                         sizeof(*run->steps));
	for (size_t i = 0; i < run->job->step_count; i++)
		run->steps[i].step = &run->job->steps[i];
	if (view_steps(run->engine->view, arena, run->record.id, &rows, &count,
	               err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct live_step *live = find_step(run, rows[i].step);
		struct value *output = NULL;
		if (!live)
			continue;
		if (rows[i].output &&
		    journal_resolve(run->engine->repo, arena, rows[i].output,
		                    &output, err) < 0)
			return error_wrap(err, "the output of step \"%s\"",
			                  rows[i].step);
		live->state = rows[i].state;
		live->key = rows[i].key;
		live->event = rows[i].event;
		live->output = output;
		live->at = rows[i].at;
		live->reason = rows[i].reason;
		if (output && rows[i].state == STEP_DONE &&
		    strcmp(live->step->kind->name, "remember") == 0)
			live->path = value_get_text(output, "path", NULL);
	}
	return 0;
}

/* The artifact as it was merged: the step's output from here on. */
static int take_merged(struct live_run *run, struct live_step *live,
                       const struct artifact_record *artifact,
                       struct error *err)
{
	auto_buf struct buf bytes = buf_make(LIMIT_DATA_FILE);

	if (repo_blob_read(run->engine->repo, &artifact->merged, &bytes, err) <
	    0)
		return -1;
	struct value *merged = document_parse(&run->arena, artifact->path,
	                                      bytes.at, bytes.len, err);
	if (!merged)
		return error_wrap(err, "the merged artifact of step \"%s\"",
		                  live->step->id);
	live->output = document_with_path(&run->arena, merged, artifact->path);
	return 0;
}

static int load_artifacts(struct live_run *run,
                          const struct draft_record *draft, struct error *err)
{
	struct artifact_record *artifacts;
	size_t count;

	if (view_artifacts(run->engine->view, &run->arena, draft, &artifacts,
	                   &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct live_step *live = find_step(run, artifacts[i].step);
		if (!live)
			continue;
		live->drafted = true;
		live->path = artifacts[i].path;
		if (draft->state == DRAFT_MERGED &&
		    step_has_output(live->state) &&
		    !oid_is_zero(&artifacts[i].merged) &&
		    take_merged(run, live, &artifacts[i], err) < 0)
			return -1;
	}
	return 0;
}

static int load_gate(struct live_run *run, const struct draft_record *draft,
                     struct error *err)
{
	struct arena *arena = &run->arena;
	struct repo *repo = run->engine->repo;
	const struct step *step = job_step(run->job, draft->step);
	auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);
	struct tree_entry entry;
	struct commit commit;

	if (!step)
		return 0;
	if (repo_commit_read(repo, arena, &draft->commit, &commit, err) < 0)
		return error_wrap(err, "the commit that approved %s",
		                  run->name);
	int found =
	        repo_tree_find(repo, &commit.tree, draft->slip, &entry, err);
	if (found <= 0)
		return found < 0 ? -1
		                 : error_set(err, ERR_CORRUPT,
		                             "the commit that approved %s "
		                             "lacks its slip",
		                             run->name);
	if (repo_blob_read(repo, &entry.oid, &bytes, err) < 0)
		return -1;
	struct slip *slip = slip_parse(arena, draft->slip, bytes.at, bytes.len,
	                               run->record.id, err);
	if (!slip)
		return -1;
	run->gates = arena_grow(arena, run->gates, run->gate_count,
	                        sizeof(*run->gates));
	run->gates[run->gate_count++] = (struct live_gate){
		.step = step->index,
		.draft = draft,
		.slip = slip,
		.files = files_from_tree(repo, &commit.tree),
	};
	return 0;
}

static int load_drafts(struct live_run *run, struct error *err)
{
	if (view_run_drafts(run->engine->view, &run->arena, run->record.id,
	                    &run->drafts, &run->draft_count, err) < 0)
		return -1;
	for (size_t i = 0; i < run->draft_count; i++) {
		const struct draft_record *draft = &run->drafts[i];
		if (load_artifacts(run, draft, err) < 0)
			return -1;
		if (draft->step && draft->state == DRAFT_MERGED &&
		    load_gate(run, draft, err) < 0)
			return -1;
	}
	return 0;
}

/* Where the artifacts go that no draft holds yet: a tick that ended between a
 * step and its draft has left no other trace of it than the job. */
static int place_undrafted(struct live_run *run, struct error *err)
{
	for (size_t i = 0; i < run->job->step_count; i++) {
		struct live_step *live = &run->steps[i];
		if (live->path || !live->step->artifact ||
		    !step_has_output(live->state))
			continue;
		if (run_text(run, live->step, live->step->artifact, &live->path,
		             err) < 0)
			return error_wrap(err, "the artifact of step \"%s\"",
			                  live->step->id);
	}
	return 0;
}

struct live_run *run_load(struct engine *engine, const char *id,
                          struct error *err)
{
	auto_run struct live_run *run = mem_zalloc(1, sizeof(*run));
	int found = view_run(engine->view, &run->arena, id, &run->record, err);

	if (found <= 0) {
		if (found == 0)
			error_set(err, ERR_MISSING, "there is no run \"%s\"",
			          id);
		return NULL;
	}
	run->engine = engine;
	run->name = arena_printf(&run->arena, "%s %s", run->record.job,
	                         engine_short(engine, &run->arena, id));
	if (load_job(run, err) < 0 || load_steps(run, err) < 0 ||
	    load_drafts(run, err) < 0)
		return NULL;
	make_scope(run, run->job->step_count);
	if (place_undrafted(run, err) < 0)
		return NULL;
	return steal(&run);
}

const struct live_gate *run_gate(const struct live_run *run, size_t wall)
{
	for (size_t i = 0; i < run->gate_count; i++)
		if (run->gates[i].step == wall)
			return &run->gates[i];
	return NULL;
}

struct files *run_step_files(const struct live_run *run,
                             const struct step *step)
{
	const struct live_gate *gate =
	        step->wall == STEP_NONE ? NULL : run_gate(run, step->wall);

	return gate ? gate->files : run->pin;
}
