/*
 * A walk over all files. An agent or template is looked at with each job that
 * refers to it, because what it is given differs; what that finds twice is
 * reported once.
 */
#include "engine/job/check.h"

#include <string.h>

#include "engine/job/check_private.h"
#include "store/base/text.h"

void check_hint_nearest(struct error *err, const char *word,
                        const char *const *names, size_t count)
{
	const char *nearest = text_nearest(word, names, count);

	if (nearest != NULL)
		error_hint(err, "Did you mean \"%s\"?", nearest);
}

/* Whether the step's kind names a thing of that sort: "agent", "effect", … */
bool check_is_kind(const struct step *step, const char *names)
{
	return text_equal(step->kind->names, names);
}

const struct step *check_shown(const struct job *job, const struct step *step)
{
	const struct step *shown = step;

	for (size_t i = step->parent; i != STEP_NONE; i = job->steps[i].parent)
		if (job->steps[i].other != NULL)
			shown = &job->steps[i];
	return shown;
}

static void check_steps(struct check *check, const struct job *job)
{
	for (size_t i = 0; i < job->step_count; i++) {
		const struct step *step = &job->steps[i];

		if (errors_full(check->errors))
			return;
		if (check_shown(job, step) != step)
			continue;
		check_references(check, step);
		check_parts(check, step);
		check_sql(check, step);
		check_shapes(check, step);
	}
}

static void run_check(struct check *check, const struct job *job)
{
	check->job = job;
	check->loops = arena_array(check->arena, 2 * job->step_count,
	                           sizeof(const struct shape *));
	check_title(check);
	check_steps(check, job);
	check_endings(check);
	check_artifacts(check);
	check_may(check);
	if (check->config != NULL)
		check_cover(check);
	check->job = NULL;
}

void check_job(struct workspace *workspace, const struct job *job,
               struct errors *errors, struct errors *warnings)
{
	auto_arena struct arena arena = { 0 };
	auto_expr_engine struct expr_engine *engine = expr_engine_new();
	auto_errors struct errors scratch = { 0 };
	struct check check = {
		.workspace = workspace,
		.config = workspace_config(workspace, &scratch),
		.arena = &arena,
		.engine = engine,
		.errors = errors,
		.warnings = warnings,
	};

	run_check(&check, job);
}

/* ---- events */

/* The types that some job emits; `complete` unless a job has errors. */
struct emitted {
	const char **types;
	size_t count;
	bool complete;
};

static void add_emitted(struct check *check, const struct job *job,
                        struct emitted *emitted)
{
	for (size_t i = 0; i < job->step_count; i++) {
		const struct step *step = &job->steps[i];

		if (!check_is_kind(step, "event"))
			continue;
		emitted->types =
		        arena_grow(check->arena, emitted->types, emitted->count,
		                   sizeof(*emitted->types));
		emitted->types[emitted->count++] = step->name;
	}
}

static void check_event(struct check *check, const struct job *job,
                        const struct trigger *trigger,
                        const struct emitted *emitted)
{
	struct error *err;

	for (size_t i = 0; i < emitted->count; i++)
		if (strcmp(emitted->types[i], trigger->event_type) == 0)
			return;
	err = errors_add(check->warnings, ERR_CONFIG, job->path, trigger->pos,
	                 "no job emits \"%s\"", trigger->event_type);
	check_hint_nearest(err, trigger->event_type, emitted->types,
	                   emitted->count);
}

static void check_events(struct check *check, const struct job *job,
                         const struct emitted *emitted)
{
	if (!emitted->complete)
		return;
	for (size_t i = 0; i < job->trigger_count; i++)
		if (job->triggers[i].kind == TRIGGER_EVENT)
			check_event(check, job, &job->triggers[i], emitted);
}

/* ---- the walk */

static int check_agents(struct check *check, struct error *err)
{
	const char *const *names;
	size_t count;

	if (workspace_agents(check->workspace, &names, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct agent *agent = workspace_agent(
		        check->workspace, names[i], check->errors);

		if (agent != NULL)
			check_agent(check, agent);
	}
	return 0;
}

static int check_jobs(struct check *check, struct error *err)
{
	struct emitted emitted = { .complete = true };
	const char *const *names;
	const struct job **jobs;
	size_t count;

	if (workspace_jobs(check->workspace, &names, &count, err) < 0)
		return -1;
	jobs = arena_array(check->arena, count, sizeof(const struct job *));
	for (size_t i = 0; i < count; i++) {
		jobs[i] = workspace_job(check->workspace, names[i],
		                        check->errors);
		if (jobs[i] != NULL)
			add_emitted(check, jobs[i], &emitted);
		else
			emitted.complete = false;
	}
	for (size_t i = 0; i < count; i++) {
		if (jobs[i] == NULL)
			continue;
		run_check(check, jobs[i]);
		check_events(check, jobs[i], &emitted);
	}
	return 0;
}

/* Lines of the policy that name a job. */
static int check_policy(struct check *check, struct error *err)
{
	const char *const *names;
	size_t count;

	if (workspace_jobs(check->workspace, &names, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < check->config->policy_count; i++) {
		const struct policy_line *line = &check->config->policy[i];
		bool found = line->job == NULL;
		struct error *added;

		for (size_t j = 0; !found && j < count; j++)
			found = strcmp(names[j], line->job) == 0;
		if (found)
			continue;
		added = errors_add(check->errors, ERR_CONFIG, "reeve.yaml",
		                   line->pos, "unknown job \"%s\"", line->job);
		check_hint_nearest(added, line->job, names, count);
	}
	return 0;
}

static bool same_error(const struct error *a, const struct error *b)
{
	return a->pos.line == b->pos.line && a->pos.column == b->pos.column &&
	       text_equal(a->file, b->file) &&
	       text_equal(a->message, b->message);
}

/* Sort, and keep one of equals. */
static void tidy_errors(struct errors *errors)
{
	size_t kept = 0;

	errors_sort(errors);
	for (size_t i = 0; i < errors->count; i++) {
		if (kept > 0 &&
		    same_error(&errors->items[kept - 1], &errors->items[i]))
			error_clear(&errors->items[i]);
		else
			error_move(&errors->items[kept++], &errors->items[i]);
	}
	errors->count = kept;
}

int check_workspace(struct workspace *workspace, struct errors *errors,
                    struct errors *warnings, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_expr_engine struct expr_engine *engine = expr_engine_new();
	struct check check = {
		.workspace = workspace,
		.config = workspace_config(workspace, errors),
		.arena = &arena,
		.engine = engine,
		.errors = errors,
		.warnings = warnings,
	};

	if (check_agents(&check, err) < 0 || check_jobs(&check, err) < 0 ||
	    (check.config != NULL && check_policy(&check, err) < 0))
		return -1;
	tidy_errors(errors);
	tidy_errors(warnings);
	return 0;
}
