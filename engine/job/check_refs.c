/*
 * What a named kind names, one row for each sort of thing.
 */
#include <string.h>

#include "engine/job/check_private.h"
#include "store/base/path.h"
#include "store/base/text.h"

/* ---- agents and templates */

static void check_agent_step(struct check *check, const struct step *step)
{
	auto_errors struct errors found = { 0 };
	const struct place place = { check->job->path, step->name_pos };
	const struct place nowhere = { NULL, { 0, 0 } };
	const struct agent *agent =
	        workspace_agent(check->workspace, step->name, &found);

	if (agent == NULL && found.items[0].code == ERR_MISSING) {
		struct error *err = errors_add(
		        check->errors, ERR_CONFIG, place.file, place.pos,
		        "unknown agent \"%s\"", step->name);

		if (found.items[0].hint != NULL)
			error_hint(err, "%s", found.items[0].hint);
		if (text_is_slug(step->name))
			error_hint(err, "Write agents/%s.yaml.", step->name);
		return;
	}
	for (size_t i = 0; i < found.count; i++)
		errors_take(check->errors, &found.items[i]);
	if (agent == NULL)
		return;
	check_agent(check, agent);
	check_page(check, agent->prompt, step, nowhere);
	if (agent->system != NULL)
		check_page(check, agent->system, step, nowhere);
	check_page(check, agent->offline, step, nowhere);
}

static void check_render_step(struct check *check, const struct step *step)
{
	const struct place place = { check->job->path, step->name_pos };

	check_page(check,
	           arena_printf(check->arena, "templates/%s", step->name), step,
	           place);
}

/* ---- events */

bool check_event_type(const char *text)
{
	auto_arena struct arena arena = { 0 };

	while (text != NULL) {
		const char *dot = strchr(text, '.');

		if (!text_is_name(name_head(&arena, text)))
			return false;
		text = dot != NULL ? dot + 1 : NULL;
	}
	return true;
}

static void check_emit_step(struct check *check, const struct step *step)
{
	if (!check_event_type(step->name))
		error_hint(errors_add(check->errors, ERR_CONFIG,
		                      check->job->path, step->name_pos,
		                      "\"%s\" cannot be the type of an event",
		                      step->name),
		           "Use lower-case words with dots between, such as "
		           "proposal.accepted.");
}

/* ---- effects */

static void unknown_effect(struct check *check, const char *name,
                           struct pos pos)
{
	const struct effect *const *effects =
	        workspace_language(check->workspace)->effects;
	const char **names = NULL;
	struct error *err;
	size_t count = 0;

	for (; effects[count] != NULL; count++) {
		names = arena_grow(check->arena, names, count, sizeof(*names));
		names[count] = effects[count]->name;
	}
	err = errors_add(check->errors, ERR_CONFIG, check->job->path, pos,
	                 "unknown effect \"%s\"", name);
	check_hint_nearest(err, name, names, count);
}

static void check_call_step(struct check *check, const struct step *step)
{
	const struct effect *effect = language_effect(
	        workspace_language(check->workspace), step->name);

	if (effect == NULL)
		unknown_effect(check, step->name, step->name_pos);
	else
		(void)fields_check(step->config, effect->fields, effect->name,
		                   check->job->path, check->errors);
}

static size_t count_calls(const struct job *job, const char *effect)
{
	size_t count = 0;

	for (size_t i = 0; i < job->step_count; i++)
		if (check_is_kind(&job->steps[i], "effect") &&
		    strcmp(job->steps[i].name, effect) == 0)
			count++;
	return count;
}

static const struct allowance *find_allowance(const struct job *job,
                                              const char *effect)
{
	for (size_t i = 0; i < job->may_count; i++)
		if (strcmp(job->may[i].effect, effect) == 0)
			return &job->may[i];
	return NULL;
}

static void check_allowance(struct check *check, const struct step *step)
{
	if (find_allowance(check->job, step->name) != NULL)
		return;
	error_hint(errors_add(check->errors, ERR_CONFIG, check->job->path,
	                      step->name_pos,
	                      "%s is not among the effects that the job may "
	                      "have",
	                      step->name),
	           "Add it at the top, as in \"may: { %s: %zu }\".", step->name,
	           count_calls(check->job, step->name));
}

void check_may(struct check *check)
{
	const struct language *language = workspace_language(check->workspace);
	const struct job *job = check->job;

	for (size_t i = 0; i < job->step_count; i++)
		if (check_is_kind(&job->steps[i], "effect") &&
		    language_effect(language, job->steps[i].name) != NULL)
			check_allowance(check, &job->steps[i]);
	for (size_t i = 0; i < job->may_count; i++) {
		const struct allowance *may = &job->may[i];
		size_t calls = count_calls(job, may->effect);

		if (language_effect(language, may->effect) == NULL)
			unknown_effect(check, may->effect, may->pos);
		else if (may->count > 0 && calls > (size_t)may->count)
			errors_add(check->errors, ERR_CONFIG, job->path,
			           may->pos,
			           "%zu steps call %s, but \"may\" allows %lld "
			           "a run",
			           calls, may->effect, (long long)may->count);
	}
}

/* ---- artifacts */

/* The path with an "x" for each tag, which is what a tag may give: text of one
 * segment. */
static const char *without_tags(struct arena *arena, const char *path)
{
	const char *text = "";

	for (;;) {
		const char *open = strstr(path, "{{");
		const char *close = open != NULL ? strstr(open, "}}") : NULL;

		if (close == NULL)
			return arena_printf(arena, "%s%s", text, path);
		text = arena_printf(arena, "%s%.*sx", text, (int)(open - path),
		                    path);
		path = close + 2;
		path += *path == '}';
	}
}

static void check_artifact(struct check *check, const struct step *step)
{
	auto_error struct error err = { 0 };
	const char *path;

	if (step->artifact == NULL)
		return;
	path = without_tags(check->arena, step->artifact->text);
	if (path_check_artifact(path, &err) < 0)
		errors_add(check->errors, ERR_CONFIG, check->job->path,
		           step->artifact->pos, "\"artifact\": %s",
		           err.message);
}

/* Within a run equal templates are equal paths. */
void check_artifacts(struct check *check)
{
	const struct job *job = check->job;

	for (size_t i = 0; i < job->step_count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct value *path = job->steps[i].artifact;
			const struct value *other = job->steps[j].artifact;

			if (path == NULL || other == NULL ||
			    strcmp(path->text, other->text) != 0)
				continue;
			errors_add(check->errors, ERR_CONFIG, job->path,
			           path->pos,
			           "the step \"%s\" (line %u) writes the "
			           "same file",
			           job->steps[j].id, other->pos.line);
			break;
		}
}

/* ---- the rows */

static const struct reference {
	const char *names; /* of step_kind */
	void (*check)(struct check *check, const struct step *step);
} references[] = {
	{ "agent", check_agent_step },
	{ "effect", check_call_step },
	{ "event", check_emit_step },
	{ "template", check_render_step },
};

void check_references(struct check *check, const struct step *step)
{
	for (size_t i = 0; i < ARRAY_LEN(references); i++)
		if (check_is_kind(step, references[i].names))
			references[i].check(check, step);
	check_artifact(check, step);
}
