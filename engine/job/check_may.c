/*
 * How often effects are had: by the steps that call them, those of other jobs
 * included, for which both jobs' `may` is asked; and what is done for each item
 * of a loop.
 */
#include <string.h>

#include "engine/job/check_private.h"
#include "store/base/text.h"

static bool calls(const struct step *step, const char *effect)
{
	return check_is_kind(step, "effect") && strcmp(step->name, effect) == 0;
}

static size_t count_calls(const struct job *job, const char *effect)
{
	size_t count = 0;

	for (size_t i = 0; i < job->step_count; i++)
		count += calls(&job->steps[i], effect);
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

/* Whether it is done once for each item of some loop. */
static bool is_repeated(const struct job *job, const struct step *step)
{
	while (step->fan == NULL) {
		if (step->parent == STEP_NONE)
			return false;
		step = &job->steps[step->parent];
	}
	return true;
}

static void add_refused(struct check *check, const struct step *step)
{
	const struct step *shown = check_shown(check->job, step);
	struct error *err;

	if (shown == step)
		err = errors_add(check->errors, ERR_CONFIG, step->path,
		                 step->name_pos,
		                 "%s is not among the effects that the job "
		                 "may have",
		                 step->name);
	else
		err = errors_add(check->errors, ERR_CONFIG, shown->path,
		                 shown->name_pos,
		                 "the job \"%s\" has the effect %s, which is "
		                 "not among those that this job may have",
		                 shown->name, step->name);
	error_hint(err, "Add it at the top, as in \"may: { %s: %zu }\".",
	           step->name, count_calls(check->job, step->name));
}

static void check_step(struct check *check, const struct step *step,
                       const struct effect *effect)
{
	const struct allowance *may = find_allowance(check->job, step->name);
	const struct step *shown = check_shown(check->job, step);

	if (may == NULL) {
		add_refused(check, step);
		return;
	}
	if (!is_repeated(check->job, step))
		return;
	if (may->count == 0)
		error_hint(errors_add(check->errors, ERR_CONFIG, shown->path,
		                      shown->name_pos,
		                      "%s is done for each item, but the list "
		                      "in \"may\" allows one a step",
		                      step->name),
		           "Say how many a run may be, as in \"may: { %s: 20 "
		           "}\".",
		           step->name);
	if (effect->class != EFFECT_INTERNAL && step->once == NULL &&
	    shown == step)
		error_hint(errors_add(check->warnings, ERR_CONFIG, step->path,
		                      step->name_pos,
		                      "%s is done for each item without "
		                      "\"once\"",
		                      step->name),
		           "Name its occasion, so that another run does not "
		           "do it again, as in \"once: report "
		           "{{client.slug}} {{run.month}}\".");
}

static void check_allowance(struct check *check, const struct allowance *may)
{
	size_t count = count_calls(check->job, may->effect);

	if (language_effect(workspace_language(check->workspace),
	                    may->effect) == NULL)
		check_unknown_effect(check, may->effect, check->job->path,
		                     may->pos);
	else if (may->count > 0 && count > (size_t)may->count)
		errors_add(check->errors, ERR_CONFIG, check->job->path,
		           may->pos,
		           "%zu steps call %s, but \"may\" allows %lld a run",
		           count, may->effect, (long long)may->count);
}

void check_may(struct check *check)
{
	const struct language *language = workspace_language(check->workspace);
	const struct job *job = check->job;

	for (size_t i = 0; i < job->step_count; i++) {
		const struct step *step = &job->steps[i];
		const struct effect *effect =
		        check_is_kind(step, "effect")
		                ? language_effect(language, step->name)
		                : NULL;

		if (effect != NULL && !errors_full(check->errors))
			check_step(check, step, effect);
	}
	for (size_t i = 0; i < job->may_count; i++)
		check_allowance(check, &job->may[i]);
}
