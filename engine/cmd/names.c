/*
 * reeve names: what the tags and expressions of a step may name.
 *
 * The names come from the files of the working tree, as `reeve check` sees
 * them. What each was last comes from the latest run of the job, which is
 * loaded as a tick would: its frames say what the names mean there. In a loop
 * that is its first item.
 */
#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/cmd/print.h"
#include "engine/cmd/runs.h"
#include "engine/cycle/run.h"
#include "engine/job/check.h"
#include "store/base/json.h"
#include "store/base/text.h"

#define VALUE_COLUMNS 40
#define DEEPEST       8 /* levels of names below names */

struct page {
	const struct invocation *invocation;
	struct arena *arena;
	struct engine *engine; /* NULL: nothing has begun here */
	struct workspace *workspace;
	const struct job *job;
	const struct step *step;    /* NULL: behind all of them */
	struct live_run *run;       /* the latest, or NULL */
	const struct live_step *at; /* where that has the step, or NULL */
	struct value *rows;         /* list of {name, type, origin, …} */
};

/* ---- What was last ------------------------------------------------------- */

/* Where the run has the step: of a loop its first item. */
static const struct live_step *find_live(const struct page *page)
{
	const struct live_step *found = NULL;

	for (struct live_step *live = live_first(page->run); page->step && live;
	     live = live_next(page->run, live)) {
		if (!text_equal(live->step->id, page->step->id))
			continue;
		found = live;
		if (!live_is_loop(live))
			break;
	}
	return found;
}

/* What is said of steps is made only for those that the job asks about. */
static void ask_about(const struct page *page, const struct known_name *known)
{
	struct live_run *run = page->run;
	const struct step *step = job_step(run->job, known->step->id);
	const struct live_step *live =
	        step ? live_find(run, page->at ? page->at->block : run->root,
	                         step->index)
	             : NULL;

	if (!live)
		return;
	value_map_set(&run->arena, run->asked, live->step->local,
	              value_bool(&run->arena, true));
	run_describe_step(run, live);
}

/* What a field of `with` was. */
static const struct value *find_given(const struct page *page,
                                      const struct known_name *known)
{
	auto_error struct error not_there = { 0 };
	const struct live_step *at = page->at;
	struct value *given = NULL;
	struct render render;

	if (!at)
		return NULL;
	render = run_render(page->run, at);
	if (render_value(page->arena, at->step->path,
	                 value_get(page->step->config,
	                           known->name + strlen("with.")),
	                 &render, &given, &not_there) < 0)
		return NULL;
	return given;
}

static const struct value *find_value(const struct page *page,
                                      const struct known_name *known)
{
	struct name name = name_split(page->arena, known->name);
	const struct live_step *at = page->at;

	if (known->value || !page->run)
		return known->value;
	switch (known->origin) {
	case ORIGIN_ABOUT:
		ask_about(page, known);
		break;
	case ORIGIN_WITH:
		return find_given(page, known);
	case ORIGIN_ENTRY:
		return at ? value_get(at->output, known->name) : NULL;
	case ORIGIN_FIELD:
	case ORIGIN_KIND:
		return NULL;
	case ORIGIN_ITEM:
	case ORIGIN_STEP:
	case ORIGIN_INPUT:
	case ORIGIN_RUN:
	case ORIGIN_COMPANY:
		break;
	}
	return scope_find(at ? &at->block->frame : &page->run->root->frame,
	                  &name);
}

/* ---- Rows ---------------------------------------------------------------- */

static const char *type_text(const struct shape *shape,
                             const struct value *value)
{
	static const char *const kinds[] = {
		[VALUE_NULL] = "null",     [VALUE_BOOL] = "true or false",
		[VALUE_NUMBER] = "number", [VALUE_STRING] = "text",
		[VALUE_LIST] = "list",     [VALUE_MAP] = "map",
	};

	if (shape->word)
		return shape->word;
	if (shape->kind == SHAPE_LIST)
		return "list";
	if (shape->kind == SHAPE_MAP)
		return "map";
	if (value)
		return kinds[value->kind];
	return shape->kind == SHAPE_TEXT ? "single value" : "anything";
}

/* Whence it comes: in a word for programs, in a few for people. */
static void add_origin(const struct page *page, struct value *row,
                       const struct known_name *known)
{
	static const char *const words[] = {
		[ORIGIN_ITEM] = "item",       [ORIGIN_STEP] = "step",
		[ORIGIN_ENTRY] = "entry",     [ORIGIN_FIELD] = "where",
		[ORIGIN_KIND] = "kind",       [ORIGIN_WITH] = "template",
		[ORIGIN_INPUT] = "input",     [ORIGIN_RUN] = "run",
		[ORIGIN_COMPANY] = "company", [ORIGIN_ABOUT] = "steps",
	};
	const struct step *step = known->step;

	value_map_text(page->arena, row, "origin", words[known->origin]);
	if (step) {
		value_map_text(page->arena, row, "step", step->id);
		value_map_text(page->arena, row, "kind", step->kind->name);
	}
	if (known->input || step)
		value_map_int(page->arena, row, "line",
		              step ? step->pos.line : known->input->pos.line);
}

static void add_rows(struct page *page, const struct known_name *known,
                     const char *name, const struct shape *shape,
                     const struct value *value, unsigned depth);

static void add_below(struct page *page, const struct known_name *known,
                      const char *name, const struct shape *shape,
                      const struct value *value, unsigned depth)
{
	static const struct shape any = { .kind = SHAPE_ANY };
	struct arena *arena = page->arena;

	if (shape->kind == SHAPE_MAP) {
		for (size_t i = 0; i < shape->count; i++)
			add_rows(page, known,
			         arena_printf(arena, "%s.%s", name,
			                      shape->fields[i].name),
			         shape->fields[i].shape,
			         value_get(value, shape->fields[i].name),
			         depth);
		return;
	}
	for (size_t i = 0; shape->kind == SHAPE_ANY && value &&
	                   value->kind == VALUE_MAP && i < value->length;
	     i++)
		add_rows(page, known,
		         arena_printf(arena, "%s.%s", name,
		                      value->members[i].name),
		         &any, value->members[i].value, depth);
}

/* The name and, of a map, those below it; of a list those of an item, which
 * are the fields of each in a section. */
static void add_rows(struct page *page, const struct known_name *known,
                     const char *name, const struct shape *shape,
                     const struct value *value, unsigned depth)
{
	struct value *row = value_map(page->arena);

	value_map_text(page->arena, row, "name", name);
	value_map_text(page->arena, row, "type", type_text(shape, value));
	add_origin(page, row, known);
	run_share(page->arena, row, "value", value);
	value_list_add(page->arena, page->rows, row);
	if (depth == DEEPEST)
		return;
	if (shape->kind == SHAPE_LIST ||
	    (shape->kind == SHAPE_ANY && value && value->kind == VALUE_LIST)) {
		static const struct shape any = { .kind = SHAPE_ANY };
		bool some = value && value->kind == VALUE_LIST && value->length;
		add_below(page, known, arena_printf(page->arena, "%s[]", name),
		          shape->item ? shape->item : &any,
		          some ? value->items[0] : NULL, depth + 1);
		return;
	}
	add_below(page, known, name, shape, value, depth + 1);
}

/* ---- Printing ------------------------------------------------------------ */

static const char *origin_text(struct arena *arena, const struct value *row)
{
	const char *origin = value_get_text(row, "origin", "");
	const char *kind = value_get_text(row, "kind", NULL);
	int64_t line = value_get_int(row, "line", 0);

	if (strcmp(origin, "step") == 0)
		return arena_printf(arena, "%s, line %lld", kind,
		                    (long long)line);
	if (strcmp(origin, "steps") == 0)
		return arena_printf(arena, "about line %lld", (long long)line);
	if (strcmp(origin, "where") == 0 || strcmp(origin, "entry") == 0)
		return arena_printf(arena, "in %s",
		                    strcmp(origin, "where") == 0 ? "where"
		                                                 : kind);
	if (strcmp(origin, "kind") == 0)
		return arena_printf(arena, "in %s", kind);
	if (strcmp(origin, "template") == 0)
		return "in its template";
	if (line)
		return arena_printf(arena, "%s, line %lld", origin,
		                    (long long)line);
	return strcmp(origin, "company") == 0 ? "reeve.yaml" : origin;
}

static const char *value_text(struct arena *arena, const struct value *value)
{
	if (!value || value->kind == VALUE_MAP)
		return "";
	if (value->kind == VALUE_LIST)
		return count_text(arena, value->length, "item", "items");
	if (value->kind == VALUE_STRING)
		return cut_text(arena, value->text, VALUE_COLUMNS);
	return json_canonical(arena, value);
}

static void print_rows(const struct page *page)
{
	struct table table = { .arena = page->arena, .columns = 4 };

	for (size_t i = 0; i < page->rows->length; i++) {
		const struct value *row = page->rows->items[i];
		table_add(&table, TINT_BOLD, "%s",
		          value_get_text(row, "name", ""));
		table_add(&table, TINT_NONE, "%s",
		          value_get_text(row, "type", ""));
		table_add(&table, TINT_DIM, "%s",
		          origin_text(page->arena, row));
		table_add(&table, TINT_NONE, "%s",
		          value_text(page->arena, value_get(row, "value")));
	}
	if (!page->invocation->quiet) {
		if (page->step)
			say(page->invocation, "%s:%u: what \"%s\" may name",
			    page->job->path, page->step->pos.line,
			    page->step->id);
		else
			say(page->invocation,
			    "%s: what may be named behind all steps",
			    page->job->path);
		if (page->run)
			say(page->invocation, ", with the values of %s",
			    run_label(page->engine, page->arena,
			              &page->run->record));
		say(page->invocation, "\n\n");
	}
	table_print(page->invocation, &table);
}

static void print_value(const struct page *page)
{
	struct value *map = value_map(page->arena);

	value_map_text(page->arena, map, "job", page->job->name);
	if (page->step)
		value_map_text(page->arena, map, "step", page->step->id);
	if (page->run)
		value_map_text(page->arena, map, "run", page->run->record.id);
	value_map_set(page->arena, map, "names", page->rows);
	print_json_as_is(page->invocation, map);
}

/* ---- The command --------------------------------------------------------- */

static int no_such_step(const struct page *page, const char *id,
                        struct error *err)
{
	const struct job *job = page->job;
	const char **ids =
	        arena_array(page->arena, job->step_count, sizeof(*ids));
	const char *near;

	for (size_t i = 0; i < job->step_count; i++)
		ids[i] = job->steps[i].id;
	near = text_nearest(id, ids, job->step_count);
	error_set(err, ERR_MISSING, "%s has no step \"%s\"", job->path, id);
	return near ? error_hint(err, "Did you mean \"%s\"?", near) : -1;
}

/* The step, which stands in the job's own file. */
static int find_step(struct page *page, const char *id, struct error *err)
{
	page->step = job_step(page->job, id);
	if (!page->step)
		return no_such_step(page, id, err);
	if (text_equal(page->step->path, page->job->path))
		return 0;
	error_set(err, ERR_USAGE, "\"%s\" stands in %s", id, page->step->path);
	return error_hint(err, "Ask for the names of that job.");
}

static int find_job(struct page *page, const char *name, struct error *err)
{
	auto_errors struct errors errors = { 0 };

	page->job = workspace_job(page->workspace, name, &errors);
	if (page->job)
		return 0;
	error_move(err, &errors.items[0]);
	return -1;
}

/* The latest run of the job that can be loaded; a workspace in which nothing
 * has begun has none. */
static int find_run(struct page *page, struct error *err)
{
	struct run_record *runs;
	size_t count;

	if (!page->engine)
		return 0;
	if (view_runs(page->engine->view, page->arena, RUNS_ALL, &runs, &count,
	              err) < 0)
		return -1;
	while (count-- > 0) {
		if (!text_equal(runs[count].job, page->job->name))
			continue;
		page->run = run_load(page->engine, runs[count].id, err);
		if (!page->run)
			return -1;
		page->at = find_live(page);
		return 0;
	}
	return 0;
}

static int say_names(struct page *page, struct error *err)
{
	struct known_name *names;
	size_t count;

	if (find_run(page, err) < 0)
		return -1;
	check_names(page->workspace, page->job, page->step, page->arena, &names,
	            &count);
	page->rows = value_list(page->arena);
	for (size_t i = 0; i < count; i++)
		add_rows(page, &names[i], names[i].name, names[i].shape,
		         find_value(page, &names[i]), 0);
	if (page->invocation->json)
		print_value(page);
	else
		print_rows(page);
	return EXIT_STATUS_DONE;
}

static int run_names_command(struct invocation *invocation, struct error *err)
{
	auto_error struct error not_begun = { 0 };
	auto_engine struct engine *engine = engine_open(".", &not_begun);
	auto_repo struct repo *repo = repo_open(".", err);
	struct language language = engine_language();

	if (!repo)
		return -1;
	if (!engine && (not_begun.code != ERR_STATE || repo_is_bare(repo))) {
		error_move(err, &not_begun);
		return -1;
	}
	auto_files struct files *files =
	        engine_work_files(invocation->arena, repo_work_dir(repo));
	auto_workspace struct workspace *workspace =
	        workspace_new(files, &language);
	struct page page = {
		.invocation = invocation,
		.arena = invocation->arena,
		.engine = engine,
		.workspace = workspace,
	};

	if (find_job(&page, invocation->args[0], err) < 0 ||
	    (invocation->count > 1 &&
	     find_step(&page, invocation->args[1], err) < 0))
		return -1;
	int status = say_names(&page, err);
	run_free(page.run);
	return status;
}

const struct command command_names = {
	.name = "names",
	.synopsis = "JOB [STEP]",
	.help = "list what a step may name, with types and last values",
	.details = "Every name that tags and expressions of STEP may hold, or "
	           "without one what stands\nbehind all steps, such as "
	           "outputs: what it is, where it comes from and, when the "
	           "job\nhas run, what it was in the latest run, in a loop for "
	           "its first item. NAME[].FIELD\nis a field of each item of a "
	           "list: {{#NAME}}{{FIELD}}{{/NAME}}, or a column for a "
	           "query.",
	.least = 1,
	.most = 2,
	.run = run_names_command,
};
