/*
 * Loading a run goes outside in: the pin's files, the job, the drafts, the
 * rows of its steps, then the blocks, whose steps take those rows on and make
 * the names that inner blocks are made of; last the gates that were passed.
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
	for (size_t i = 0; i < run->tree_count; i++)
		files_free(run->trees[i].files);
	workspace_free(run->workspace);
	files_free(run->files);
	files_free(run->pin);
	if (run->engine)
		expr_engine_forget(run->engine->env.engine);
	buf_clear(&run->json);
	arena_clear(&run->scratch);
	arena_clear(&run->arena);
	free(run);
}

void run_free_auto(struct live_run **run)
{
	run_free(*run);
}

/* ---- Names --------------------------------------------------------------- */

void run_set_date(struct arena *arena, struct value *names, const char *zone,
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
	run_set_date(arena, names, zone, time_ms);
	return names;
}

/* Results are not changed once they are made, so they are shared. */
static struct value *shared(const struct value *value)
{
	union {
		const struct value *kept;
		struct value *wanted;
	} both = { .kept = value };

	return both.wanted;
}

void run_share(struct arena *arena, struct value *map, const char *name,
               const struct value *value)
{
	value_map_put(arena, map, name, shared(value));
}

void run_describe_step(struct live_run *run, const struct live_step *live)
{
	struct arena *arena = &run->arena;
	struct live_block *block = live->block;
	struct value *about;

	if (step_has_output(live->state))
		run_share(arena, block->scope, live->step->local, live->output);
	if (!value_get(run->asked, live->step->local))
		return;
	about = value_map(arena);
	value_map_text(arena, about, "state", step_state_name(live->state));
	if (step_is_settled(live->state)) {
		run_set_date(arena, about, run->config->timezone, live->at);
		value_map_text(arena, about, "cost", "0");
		value_map_text(arena, about, "error", live->reason);
	}
	value_map_set(arena, block->about, live->step->local, about);
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

static struct value *make_scope(struct live_run *run)
{
	struct arena *arena = &run->arena;
	/* Each step has its name here, and there is what is set below. */
	struct value *scope = value_map_sized(arena, run->job->step_count + 4);
	struct value *names =
	        run_names(arena, run->config->timezone, run->record.id,
	                  run->record.job, trigger_time(run));

	run->names = names;
	run->day = value_get_text(names, "date", "");
	value_map_text(arena, names, "title", run->record.title);
	value_map_set(arena, scope, "inputs", value_map(arena));
	run_share(&run->arena, scope, "inputs", run->record.inputs);
	value_map_set(arena, scope, "run", names);
	run_share(&run->arena, scope, "company", run->config->company);
	return scope;
}

/* ---- Rendering ----------------------------------------------------------- */

struct render run_render(const struct live_run *run,
                         const struct live_step *live)
{
	return (struct render){
		.frame = live ? &live->block->frame : &run->root->frame,
		.strict = live ? live->step->strict : true,
		.locale = run->config->locale,
		.holidays = run->config->holidays,
		.engine = run->engine->env.engine,
	};
}

int run_text(struct live_run *run, const struct live_step *live,
             const struct value *source, const char **ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_buf struct buf text = buf_make(LIMIT_RENDERED);
	struct render render = run_render(run, live);
	struct template *template;

	if (!strstr(source->text, "{{")) {
		*ret = source->text;
		return 0;
	}
	template = template_parse(
	        &arena, live ? live->step->path : run->job->path, source, err);
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

const char *run_effect_key(struct live_run *run, const struct live_step *live)
{
	return key_effect(&run->arena, &run->engine->env.root->secret,
	                  run->record.id, live->step->id, live->block->item,
	                  value_get_int(run->passes, live->step->id, 0));
}

const char *run_hash(struct live_run *run, const char *record, const char *text)
{
	struct hasher *hasher =
	        hasher_new(&run->engine->env.root->secret, record);
	char name[HASH_TEXT_BYTES];

	hasher_text(hasher, text);
	hash_to_text(hasher_finish(hasher), name);
	return arena_strdup(&run->arena, name);
}

/* ---- Files --------------------------------------------------------------- */

/* A note's path is where it is, not what it says. */
static const struct value *without_path(struct live_run *run,
                                        const struct value *output)
{
	struct value *note = value_map(&run->arena);

	for (size_t i = 0; i < output->length; i++)
		if (strcmp(output->members[i].name, "path") != 0)
			run_share(&run->arena, note, output->members[i].name,
			          output->members[i].value);
	return note;
}

/* What goes into the file; NULL with err when there is no such field. */
static const struct value *content_of(struct live_run *run,
                                      const struct live_step *live,
                                      const struct live_file *file,
                                      struct error *err)
{
	const struct value *output = live->output;

	if (file->field)
		output = value_get(output, file->field);
	else if (live->step->kind->flags & KIND_ACTS)
		output = without_path(run, output);
	if (!output)
		error_set(err, ERR_FAILED,
		          "its output has no \"%s\" for \"%s\"", file->field,
		          file->path);
	return output;
}

int run_artifact(struct live_run *run, const struct live_step *live,
                 const struct live_file *file, struct buf *ret,
                 struct error *err)
{
	const struct value *content = content_of(run, live, file, err);

	return content ? document_write(ret, file->path, content, err) : -1;
}

int run_check_artifact(struct live_run *run, const struct live_step *live,
                       const struct live_file *file, struct error *err)
{
	const struct value *content = content_of(run, live, file, err);

	return content ? document_check(file->path, content, LIMIT_OUTPUT, err)
	               : -1;
}

static void add_file(struct live_run *run, struct live_step *live,
                     const char *field, const char *path)
{
	live->files = arena_grow(&run->arena, live->files, live->file_count,
	                         sizeof(*live->files));
	live->files[live->file_count++] = (struct live_file){ field, path };
}

int run_place_files(struct live_run *run, struct live_step *live,
                    struct error *err)
{
	const struct step *step = live->step;
	const char *path;

	live->file_count = 0;
	if (step->artifact) {
		if (run_text(run, live, step->artifact, &path, err) < 0)
			return -1;
		add_file(run, live, NULL, path);
	} else if (text_equal(step->kind->name, "remember")) {
		path = value_get_text(live->output, "path", NULL);
		if (path)
			add_file(run, live, NULL, path);
	}
	for (size_t i = 0; step->artifacts && i < step->artifacts->length;
	     i++) {
		const struct member *member = &step->artifacts->members[i];
		if (run_text(run, live, member->value, &path, err) < 0)
			return -1;
		add_file(run, live, member->name, path);
	}
	return 0;
}

/* The number of a path among `paths` is that of its writer. */
static void claim(struct live_run *run, const char *path,
                  struct live_step *writer)
{
	struct arena *arena = &run->arena;
	struct value *paths = run->paths;
	size_t number = paths->length;

	if (value_map_add(arena, paths, path, run->claimed))
		run->writers = arena_grow(arena, run->writers, number,
		                          sizeof(struct live_step *));
	else
		number = (size_t)(value_member(paths, path) - paths->members);
	run->writers[number] = writer;
}

void run_claim_files(struct live_run *run, struct live_step *live)
{
	for (size_t i = 0; i < live->file_count; i++)
		claim(run, live->files[i].path, live);
}

struct live_step *run_writer(const struct live_run *run, const char *path)
{
	const struct member *member = value_member(run->paths, path);

	return member ? run->writers[member - run->paths->members] : NULL;
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
	run->workspace = engine_workspace(engine, run->files);
	run->config = workspace_config(run->workspace, &errors);
	if (run->config)
		run->job =
		        workspace_job(run->workspace, run->record.job, &errors);
	if (run->job)
		return 0;
	error_move(err, &errors.items[0]);
	return error_wrap(err, "the job of run %s", run->record.id);
}

/* It was merged on another machine, which has told so and not pushed it. */
static int fail_elsewhere(const struct draft_record *draft, struct error *err)
{
	char text[OID_TEXT_BYTES];

	oid_to_text(&draft->commit, text);
	(void)error_set(err, ERR_AWAY,
	                "it was approved by commit %.12s, which is not here",
	                text);
	return error_hint(err, "Push the branch from where it was merged: "
	                       "git push.");
}

static int load_gate(struct live_run *run, const struct draft_record *draft,
                     struct error *err)
{
	struct arena *arena = &run->arena;
	struct repo *repo = run->engine->repo;
	const struct live_step *step = live_at(run, draft->step, draft->item);
	auto_buf struct buf bytes = buf_make(LIMIT_YAML_FILE);
	struct tree_entry entry;
	struct commit commit;

	if (!step)
		return 0;
	if (run->engine->sharing && !repo_object_exists(repo, &draft->commit))
		return fail_elsewhere(draft, err);
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
		.step = step,
		.draft = draft,
		.slip = slip,
		.tree = commit.tree,
	};
	return 0;
}

static int load_gates(struct live_run *run, struct error *err)
{
	for (size_t i = 0; i < run->draft_count; i++) {
		const struct draft_record *draft = &run->drafts[i];
		if (draft->step && draft->state == DRAFT_MERGED &&
		    load_gate(run, draft, err) < 0)
			return -1;
	}
	return 0;
}

static void ask_about(struct live_run *run, const char *name)
{
	if (text_starts(name, "steps."))
		value_map_set(&run->arena, run->asked,
		              name_head(&run->arena, name + strlen("steps.")),
		              value_bool(&run->arena, true));
}

static void ask_about_all(struct live_run *run, const struct value *source)
{
	auto_errors struct errors ignored = { 0 }; /* the job was parsed */
	struct name_use *uses = NULL;
	size_t count = 0;

	if (source)
		render_names(&run->arena, run->job->path, source, &uses, &count,
		             &ignored);
	for (size_t i = 0; i < count; i++)
		ask_about(run, uses[i].name);
}

/* What is said of a step besides its output costs something: it is only made
 * for those that somebody asks about. */
static void find_asked(struct live_run *run)
{
	run->asked = value_map(&run->arena);
	for (size_t i = 0; i < run->job->step_count; i++) {
		const struct step *step = &run->job->steps[i];
		for (size_t n = 0; n < step->use_count; n++)
			ask_about(run, step->uses[n].name);
		if (step->other)
			ask_about_all(run, step->other->outputs);
	}
	ask_about_all(run, run->job->title);
	ask_about_all(run, run->job->outputs);
}

static size_t find_last_wall(const struct job *job)
{
	for (size_t i = job->step_count; i-- > 0;)
		if (job->steps[i].kind->flags & KIND_WALL)
			return i;
	return STEP_NONE;
}

/* How many files the steps write, when none is in a loop. */
static size_t count_files(const struct job *job)
{
	size_t count = 0;

	for (size_t i = 0; i < job->step_count; i++) {
		const struct step *step = &job->steps[i];
		count += step->artifact != NULL;
		count += step->artifacts ? step->artifacts->length : 0;
	}
	return count;
}

static int load_steps(struct live_run *run, struct error *err)
{
	run->last_wall = find_last_wall(run->job);
	run->passes = view_passes(run->engine->view, &run->arena,
	                          run->record.id, err);
	if (!run->passes)
		return -1;
	if (view_run_drafts(run->engine->view, &run->arena, run->record.id,
	                    &run->drafts, &run->draft_count, err) < 0 ||
	    run_read_rows(run, err) < 0)
		return -1;
	run->paths = value_map_sized(&run->arena, count_files(run->job));
	run->claimed = value_null(&run->arena);
	run->owns = value_map(&run->arena);
	find_asked(run);
	live_order(run);
	return live_open(run, make_scope(run), err);
}

struct live_run *run_load(struct engine *engine, const char *id,
                          struct error *err)
{
	auto_run struct live_run *run = mem_zalloc(1, sizeof(*run));
	run->json = buf_make(SIZE_MAX / 2); /* of the size of what it shows */
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
	    load_gates(run, err) < 0)
		return NULL;
	return steal(&run);
}

const struct live_gate *run_gate_of(const struct live_run *run,
                                    const struct live_step *gate)
{
	for (size_t i = 0; gate && i < run->gate_count; i++)
		if (run->gates[i].step == gate)
			return &run->gates[i];
	return NULL;
}

const struct live_gate *run_gate(const struct live_run *run,
                                 const struct live_step *live)
{
	if (live->step->gate == STEP_NONE)
		return NULL;
	return run_gate_of(run, live_find(run, live->block, live->step->gate));
}

/* The last wall of the job that stands at `index`, or that step itself: a job
 * with one inside is a wall. NULL when it never came about. */
static const struct live_step *wall_at(const struct live_run *run,
                                       const struct live_block *block,
                                       size_t index)
{
	for (size_t i = run->job->steps[index].end; i-- > index;) {
		const struct live_step *live =
		        run->job->steps[i].kind->flags & KIND_WALL
		                ? live_find(run, block, i)
		                : NULL;
		if (live)
			return live;
	}
	return NULL;
}

/* The wall above `live` in its block, or in those around it. */
static const struct live_step *wall_above(const struct live_run *run,
                                          const struct live_step *live)
{
	while (live && live->step->wall == STEP_NONE)
		live = live->block->over;
	return live ? wall_at(run, live->block, live->step->wall) : NULL;
}

const struct oid *run_step_tree(const struct live_run *run,
                                const struct live_step *live)
{
	const struct live_step *wall = live;

	while ((wall = wall_above(run, wall)) != NULL) {
		const struct live_gate *gate = run_gate_of(run, wall);
		if (gate)
			return &gate->tree;
		if (wall->tree)
			return wall->tree;
	}
	return &run->record.tree;
}

struct files *run_step_files(struct live_run *run, const struct live_step *live)
{
	const struct oid *tree = run_step_tree(run, live);
	struct live_tree *added;

	if (tree == &run->record.tree)
		return run->pin;
	for (size_t i = 0; i < run->tree_count; i++)
		if (oid_equal(run->trees[i].oid, tree))
			return run->trees[i].files;
	run->trees = arena_grow(&run->arena, run->trees, run->tree_count,
	                        sizeof(*run->trees));
	added = &run->trees[run->tree_count++];
	added->oid = tree;
	added->files = files_from_tree(run->engine->repo, tree);
	return added->files;
}
