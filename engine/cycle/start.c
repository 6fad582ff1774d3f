/*
 * A run's id is the hash of its job's name and its trigger's id, so the same
 * trigger never starts two runs, on any machine. The event names the owner's
 * tip and the library; its commit holds both trees, so that neither an amend
 * nor gc can lose them.
 */
#include "engine/cycle/start.h"

#include <string.h>

#include "engine/cycle/cancel.h"
#include "engine/cycle/run.h"
#include "engine/job/type.h"
#include "store/base/date.h"
#include "store/base/limits.h"
#include "store/base/text.h"
#include "store/key.h"

struct starting {
	struct engine *engine;
	struct arena *arena;
	const struct job *job;
	const struct cause *cause;
	const struct config *config;
	const struct oid *tree; /* that the run is pinned to */
	const char *run;
	const char *group;   /* or NULL */
	struct value *names; /* run.* */
	struct value *inputs;
};

/* ---- Inputs -------------------------------------------------------------- */

static int render_in(struct starting *start, struct value *scope,
                     const struct value *source, struct value **ret,
                     struct error *err)
{
	struct render render = {
		.scope = scope,
		.strict = true,
		.locale = start->config->locale,
	};

	value_map_set(start->arena, scope, "run", start->names);
	value_map_set(start->arena, scope, "company",
	              value_copy(start->arena, start->config->company));
	return render_value(start->arena, start->job->path, source, &render,
	                    ret, err);
}

static int render_input(struct starting *start, const struct value *source,
                        struct value **ret, struct error *err)
{
	struct value *scope = value_map(start->arena);
	struct value *trigger = value_copy(start->arena, start->cause->facts);

	value_map_text(start->arena, trigger, "time",
	               value_get_text(start->names, "time", NULL));
	value_map_text(start->arena, trigger, "date",
	               value_get_text(start->names, "date", NULL));
	value_map_set(start->arena, scope, "trigger", trigger);
	return render_in(start, scope, source, ret, err);
}

/* `concurrency`, which may name what the run is given. */
static int render_group(struct starting *start, const struct value *source,
                        struct value **ret, struct error *err)
{
	struct value *scope = value_map(start->arena);

	value_map_set(start->arena, scope, "inputs", start->inputs);
	return render_in(start, scope, source, ret, err);
}

/* The value for `input`; NULL in `ret` when nobody gives one. */
static int find_input(struct starting *start, const struct input *input,
                      struct value **ret, struct error *err)
{
	const struct value *given = value_get(start->cause->given, input->name);
	const struct value *with = value_get(start->cause->with, input->name);

	*ret = NULL;
	if (given)
		*ret = value_copy(start->arena, given);
	else if (with)
		return render_input(start, with, ret, err);
	else if (input->otherwise)
		return render_input(start, input->otherwise, ret, err);
	return 0;
}

static bool is_one_of(const struct value *words, const struct value *value)
{
	for (size_t i = 0; words && i < words->length; i++)
		if (value_equal(words->items[i], value))
			return true;
	return !words;
}

/* By hand everything comes as text: a number may be meant. */
static struct value *as_meant(struct starting *start, const struct type *type,
                              struct value *value)
{
	int64_t number;

	if (type->fits(value) || value->kind != VALUE_STRING)
		return value;
	if (text_to_int(value->text, INT64_MIN, INT64_MAX, &number))
		return value_int(start->arena, number);
	if (text_equal(value->text, "true") || text_equal(value->text, "false"))
		return value_bool(start->arena,
		                  text_equal(value->text, "true"));
	return value;
}

static int fit_input(struct starting *start, const struct input *input,
                     struct value *value, struct error *err)
{
	bool optional;
	const struct type *type =
	        type_find(input->type ? input->type : "string", &optional);

	if (!value && input->required) {
		error_at(err, ERR_CONFIG, start->job->path, input->pos,
		         "the input \"%s\" is required", input->name);
		return error_hint(err, "Give it: reeve run %s %s=…",
		                  start->job->name, input->name);
	}
	if (!value)
		return 0;
	value = type ? as_meant(start, type, value) : value;
	if (type && !type->fits(value))
		return error_at(err, ERR_CONFIG, start->job->path, input->pos,
		                "the input \"%s\" must be %s", input->name,
		                type->phrase);
	if (!is_one_of(input->words, value))
		return error_at(err, ERR_CONFIG, start->job->path, input->pos,
		                "the input \"%s\" is none of its words",
		                input->name);
	value_map_set(start->arena, start->inputs, input->name, value);
	return 0;
}

static int unknown_input(struct starting *start, const char *name,
                         struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const char **names = arena_array(&arena, start->job->input_count + 1,
	                                 sizeof(*names));

	for (size_t i = 0; i < start->job->input_count; i++)
		names[i] = start->job->inputs[i].name;
	const char *near = text_nearest(name, names, start->job->input_count);
	error_set(err, ERR_USAGE, "the job \"%s\" has no input \"%s\"",
	          start->job->name, name);
	return near ? error_hint(err, "Did you mean \"%s\"?", near) : -1;
}

static int read_inputs(struct starting *start, struct error *err)
{
	const struct value *given = start->cause->given;

	start->inputs = value_map(start->arena);
	for (size_t i = 0; given && i < given->length; i++)
		if (!job_input(start->job, given->members[i].name))
			return unknown_input(start, given->members[i].name,
			                     err);
	for (size_t i = 0; i < start->job->input_count; i++) {
		const struct input *input = &start->job->inputs[i];
		struct value *value;
		if (find_input(start, input, &value, err) < 0 ||
		    fit_input(start, input, value, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- The event ----------------------------------------------------------- */

/* What was said is data of the inputs that use it; the journal keeps what
 * started the run. */
static bool is_bulky(const char *fact)
{
	return strcmp(fact, "event") == 0 || strcmp(fact, "events") == 0 ||
	       strcmp(fact, "paths") == 0;
}

/* Whom an event is from, if it says so. */
static const char *sender_of(const struct value *facts)
{
	const struct value *event = value_get(facts, "event");

	return value_get_text(event, "from",
	                      value_get_text(event, "sender", NULL));
}

static struct value *trigger_of(const struct starting *start)
{
	auto_buf struct buf time = buf_make(64);
	struct value *trigger = value_map(start->arena);
	const struct value *facts = start->cause->facts;

	for (size_t i = 0; facts && i < facts->length; i++)
		if (!is_bulky(facts->members[i].name))
			value_map_set(start->arena, trigger,
			              facts->members[i].name,
			              facts->members[i].value);
	value_map_text(start->arena, trigger, "sender", sender_of(facts));
	value_map_text(start->arena, trigger, "kind", start->cause->kind);
	value_map_text(start->arena, trigger, "id", start->cause->id);
	date_add_rfc3339(&time, start->cause->time_ms);
	value_map_text(start->arena, trigger, "time", time.at);
	return trigger;
}

/* Whether there are as many of it as there are items. */
static bool is_in_loop(const struct job *job, const struct step *step)
{
	while (step->parent != STEP_NONE) {
		step = &job->steps[step->parent];
		if (step->fan)
			return true;
	}
	return false;
}

struct value *start_steps(struct arena *arena, const struct job *job)
{
	struct value *list = value_list(arena);

	for (size_t i = 0; i < job->step_count; i++) {
		const struct step *step = &job->steps[i];
		struct value *row = value_map(arena);
		value_map_text(arena, row, "id", step->id);
		value_map_text(arena, row, "kind", step->kind->name);
		if (is_in_loop(job, step))
			value_map_set(arena, row, "loop",
			              value_bool(arena, true));
		value_list_add(arena, list, row);
	}
	return list;
}

struct value *start_listens(struct arena *arena, const struct job *job)
{
	struct value *list = value_list(arena);

	for (size_t i = 0; i < job->ending_count; i++)
		value_list_add(arena, list,
		               value_string(arena, job->endings[i].event_type));
	return list->length ? list : NULL;
}

/* Put run.started into the next flush. */
static int add_start(struct starting *start, struct error *err)
{
	struct arena *arena = start->arena;
	struct engine *engine = start->engine;
	struct value *data = value_map(arena);
	struct oid library;

	if (engine_library(engine, &library, err) < 0)
		return -1;
	const char *library_id = oid_text(arena, &library);
	value_map_text(arena, data, "run", start->run);
	value_map_text(arena, data, "job", start->job->name);
	value_map_text(arena, data, "run_title", start->job->name);
	value_map_int(arena, data, "epoch", 0);
	value_map_set(arena, data, "trigger", trigger_of(start));
	value_map_set(arena, data, "inputs", start->inputs);
	value_map_text(arena, data, "commit", oid_text(arena, &engine->tip));
	value_map_text(arena, data, "tree", oid_text(arena, start->tree));
	value_map_text(arena, data, "library", library_id);
	value_map_text(arena, data, "group", start->group);
	value_map_set(arena, data, "listens", start_listens(arena, start->job));
	/* Nobody asks for those of a run that is only rehearsed. */
	if (!engine->rehearsing)
		value_map_set(arena, data, "steps",
		              start_steps(arena, start->job));
	journal_add(engine->journal, EVENT_RUN_STARTED, start->run, data);
	journal_keep(engine->journal,
	             arena_printf(arena, "pins/%s", start->run), start->tree,
	             040000);
	journal_keep(engine->journal,
	             arena_printf(arena, "library/%s", library_id), &library,
	             040000);
	return 0;
}

static int flush_start(struct starting *start, const char *what,
                       struct error *err)
{
	return journal_flush(start->engine->journal,
	                     arena_printf(start->arena, "%s %.8s: %s by %s",
	                                  start->job->name, start->run, what,
	                                  start->cause->says),
	                     err);
}

/* ---- Runs that come one after the other ---------------------------------- */

/* The group that the run is of: what `concurrency` says, else with `overlap`
 * all runs of the job; or none. */
static int find_group(struct starting *start, struct error *err)
{
	const struct job *job = start->job;
	struct value *group;

	if (!job->concurrency) {
		if (job->overlap != OVERLAP_ANY)
			start->group =
			        arena_printf(start->arena, "job %s", job->name);
		return 0;
	}
	if (render_group(start, job->concurrency, &group, err) < 0)
		return -1;
	if (group->kind != VALUE_STRING && group->kind != VALUE_NUMBER)
		return error_at(err, ERR_CONFIG, job->path,
		                job->concurrency->pos,
		                "\"concurrency\" must be a text, not a %s",
		                value_kind_name(group->kind));
	start->group = group->text;
	return 0;
}

/* The run is over before it began: looking again does not start it. */
static int skip_run(struct starting *start, const struct run_record *open,
                    struct error *err)
{
	const char *reason = arena_printf(
	        start->arena, "%s %s was not over", open->job,
	        engine_short(start->engine, start->arena, open->id));

	if (add_start(start, err) < 0)
		return -1;
	run_cancel_add(start->engine, start->run, reason);
	return flush_start(start, "skipped, wanted", err) < 0 ? -1
	                                                      : START_SKIPPED;
}

static int replace_runs(struct starting *start, const struct run_record *open,
                        size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (run_cancel(start->engine, &open[i],
		               arena_printf(start->arena, "replaced by %s %.8s",
		                            start->job->name, start->run),
		               NULL, err) < 0)
			return -1;
	return 0;
}

static int begin_run(struct starting *start, struct error *err)
{
	enum overlap overlap = start->job->overlap;
	struct run_record *open = NULL;
	size_t count = 0;

	if (find_group(start, err) < 0)
		return -1;
	if (start->group &&
	    view_group_runs(start->engine->view, start->arena, start->group,
	                    NULL, &open, &count, err) < 0)
		return -1;
	if (count > 0 && overlap == OVERLAP_SKIP)
		return skip_run(start, &open[0], err);
	if (overlap == OVERLAP_REPLACE &&
	    replace_runs(start, open, count, err) < 0)
		return -1;
	if (add_start(start, err) < 0 || flush_start(start, "started", err) < 0)
		return -1;
	return START_STARTED;
}

int start_pinned(struct engine *engine, struct arena *arena,
                 const struct pin *pin, const struct cause *cause,
                 const char **ret_run, struct error *err)
{
	auto_errors struct errors errors = { 0 };
	const struct job *job = pin->job;
	/* No look at the branch here: the job is of the tip that was. */
	struct starting start = {
		.engine = engine,
		.arena = arena,
		.job = job,
		.cause = cause,
		.config = workspace_config(engine->tip_workspace, &errors),
		.tree = pin->tree,
	};
	struct run_record known;

	if (!start.config) {
		error_move(err, &errors.items[0]);
		return -1;
	}
	start.run =
	        key_run(arena, &engine->env.root->secret, job->name, cause->id);
	start.names = run_names(arena, start.config->timezone, start.run,
	                        job->name, cause->time_ms);
	*ret_run = start.run;
	int there = view_run(engine->view, arena, start.run, &known, err);
	if (there != 0)
		return there < 0 ? -1 : START_KNOWN;
	if (read_inputs(&start, err) < 0)
		return error_wrap(err, "could not start \"%s\"", job->name);
	return begin_run(&start, err);
}

const struct value *start_inputs(struct engine *engine, struct arena *arena,
                                 const struct job *job,
                                 const struct cause *cause, const char *run,
                                 struct error *err)
{
	auto_errors struct errors errors = { 0 };
	struct starting start = {
		.engine = engine,
		.arena = arena,
		.job = job,
		.cause = cause,
		.config = workspace_config(engine->tip_workspace, &errors),
		.run = run,
	};

	if (!start.config) {
		error_move(err, &errors.items[0]);
		return NULL;
	}
	start.names = run_names(arena, start.config->timezone, run, job->name,
	                        cause->time_ms);
	return read_inputs(&start, err) < 0 ? NULL : start.inputs;
}

int start_run(struct engine *engine, struct arena *arena, const struct job *job,
              const struct cause *cause, const char **ret_run,
              struct error *err)
{
	/* Nothing begins that `check` would refuse. */
	if (engine_prove(engine, job, err) < 0)
		return -1;
	return start_pinned(engine, arena,
	                    &(struct pin){ job, &engine->tip_tree }, cause,
	                    ret_run, err);
}

int run_is_queued(struct engine *engine, const struct run_record *run,
                  struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct run_record *ahead;
	size_t count;

	if (!run->group)
		return 0;
	if (view_group_runs(engine->view, &arena, run->group, run->id, &ahead,
	                    &count, err) < 0)
		return -1;
	return count > 0;
}

/* ---- By hand ------------------------------------------------------------- */

int run_start_by_hand(struct engine *engine, struct arena *arena,
                      const char *job, const struct value *inputs,
                      const char **ret_run, struct error *err)
{
	auto_errors struct errors errors = { 0 };
	unsigned char random[16];
	struct hash hash;
	char id[HASH_TEXT_BYTES];

	if (engine_look(engine, err) < 0)
		return -1;
	const struct job *found =
	        workspace_job(engine->tip_workspace, job, &errors);
	if (!found) {
		error_move(err, &errors.items[0]);
		return -1;
	}
	clock_random(&engine->clock, random, sizeof(random));
	memcpy(&hash, random, sizeof(hash));
	hash_to_text(hash, id);
	struct cause cause = {
		.kind = "hand",
		.id = arena_printf(arena, "hand:%s", id),
		.says = "hand",
		.time_ms = clock_wall_ms(&engine->clock),
		.facts = value_map(arena),
		.given = inputs,
	};
	return start_run(engine, arena, found, &cause, ret_run, err) < 0 ? -1
	                                                                 : 0;
}
