/*
 * A gate covers values, not lines.
 *
 * Each value of an effect that a gate must release is followed back to where
 * it is made (unseen.h). Above the gate it is settled: the gate shows it. Below
 * the gate only what a kind computes from settled values is settled, too, and
 * what an effect gave back; what an agent, a program, memory or somebody
 * outside makes there has been seen by nobody.
 */
#include <string.h>

#include "engine/job/check_private.h"
#include "engine/job/unseen.h"
#include "store/base/text.h"

/* The effect that is looked at. */
struct cover {
	struct check *check;
	struct unseen *unseen;
	const struct step *step;
	const struct effect *effect;
};

/* `use` leads to `maker`; `tag` is the name in the effect's own `with`. */
static void add_uncovered(const struct cover *cover, const struct name_use *tag,
                          const struct name_use *use, const struct step *maker)
{
	struct check *check = cover->check;
	const struct step *gate = &check->job->steps[cover->step->gate];
	const char *name;
	const char *what =
	        cover->effect->class == EFFECT_CLIENT && !cover->effect->command
	                ? "send text"
	                : "use a value";
	const char *by = maker->kind->name;

	if (strcmp(tag->name, use->name) != 0)
		name = arena_printf(check->arena,
		                    "%s}} comes from {{%s}}, which", tag->name,
		                    use->name);
	else
		name = arena_printf(check->arena, "%s}}", tag->name);
	if (maker->name != NULL)
		by = arena_printf(check->arena, "%s %s", by, maker->name);
	error_hint(errors_add(check->errors, ERR_CONFIG, cover->step->path,
	                      tag->pos,
	                      "%s would %s that nobody has seen: {{%s is "
	                      "%s by %s (line %u), below the last gate "
	                      "(line %u)",
	                      cover->effect->name, what, name,
	                      maker->name != NULL ? "written" : "made", by,
	                      maker->name_pos.line, gate->name_pos.line),
	           "Put a gate between them.");
}

static void check_values(struct cover *cover)
{
	auto_errors struct errors scratch = { 0 };
	struct check *check = cover->check;
	struct name_use *uses = NULL;
	size_t count = 0;

	render_names(check->arena, cover->step->path, cover->step->config,
	             &uses, &count, &scratch);
	for (size_t i = 0; i < count; i++) {
		const struct name_use *through;
		const struct step *maker = unseen_find(
		        cover->unseen, cover->step, &uses[i], &through);

		if (maker != NULL)
			add_uncovered(cover, &uses[i], through, maker);
	}
}

static const char *harm(const struct effect *effect)
{
	switch (effect->class) {
	case EFFECT_INTERNAL:
		break;
	case EFFECT_CLIENT:
		if (effect->command)
			break;
		return "a client would get it unseen";
	case EFFECT_FINANCIAL:
		return "money would move unseen";
	}
	return "it would be done unseen";
}

static void add_no_gate(struct check *check, const struct step *step,
                        const struct effect *effect)
{
	struct error *err = errors_add(
	        check->errors, ERR_CONFIG, step->path, step->name_pos,
	        "%s has no gate above it: %s", effect->name, harm(effect));

	if (step->section != SECTION_STEPS)
		error_hint(err, "A gate of the steps before releases nothing "
		                "here; let the policy say \"auto\" for it, or "
		                "put a gate above it here.");
	error_hint(err, "Put a gate above it, such as \"gate: { title: Send "
	                "it? }\".");
}

/* The target, if the job's text alone says it. */
static const char *literal_target(const struct step *step,
                                  const struct effect *effect)
{
	const struct value *target =
	        effect->target != NULL ? value_get(step->config, effect->target)
	                               : NULL;

	if (target == NULL || target->kind != VALUE_STRING ||
	    strstr(target->text, "{{") != NULL)
		return NULL;
	return target->text;
}

static unsigned outlook_of(const struct config *config, const struct job *job,
                           const struct step *step, const struct effect *effect)
{
	return policy_outlook(config, effect, job->name,
	                      literal_target(step, effect));
}

bool check_needs_gate(const struct config *config, const struct job *job,
                      const struct step *step, const struct effect *effect)
{
	return (outlook_of(config, job, step, effect) & POLICY_GATE) != 0;
}

/* A line of the policy may let it pass when it is done; else it is not. */
static void warn_no_gate(struct check *check, const struct step *step,
                         const struct effect *effect)
{
	error_hint(errors_add(check->warnings, ERR_CONFIG, step->path,
	                      step->name_pos,
	                      "%s has no gate above it: the step fails when no "
	                      "line of the policy lets it pass",
	                      effect->name),
	           "Put a gate above it, if that is to ask you.");
}

static void check_effect(struct check *check, const struct step *step,
                         const struct effect *effect, struct unseen *unseen)
{
	struct cover cover = { check, unseen, step, effect };
	unsigned outlook = outlook_of(check->config, check->job, step, effect);

	if (outlook == POLICY_NEVER)
		error_hint(errors_add(check->errors, ERR_CONFIG, step->path,
		                      step->name_pos,
		                      "the policy never allows %s here",
		                      effect->name),
		           "See \"policy\" in reeve.yaml.");
	else if ((outlook & POLICY_GATE) == 0)
		return;
	else if (step->gate != STEP_NONE)
		check_values(&cover);
	else if ((outlook & POLICY_AUTO_IF) != 0)
		warn_no_gate(check, step, effect);
	else
		add_no_gate(check, step, effect);
}

void check_cover(struct check *check)
{
	const struct language *language = workspace_language(check->workspace);
	auto_unseen struct unseen *unseen = unseen_new(check->job);

	for (size_t i = 0; i < check->job->step_count; i++) {
		const struct step *step = &check->job->steps[i];
		const struct effect *effect =
		        check_is_kind(step, "effect")
		                ? language_effect(language, step->name)
		                : NULL;

		if (effect != NULL)
			check_effect(check, step, effect, unseen);
	}
}
