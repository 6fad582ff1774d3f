/*
 * What a step's keys refer to beyond names: the inputs of another job, the
 * effect that takes another back, the mail that an event answers, the loop that
 * a gate decides item by item.
 */
#include <string.h>

#include "engine/job/check_private.h"
#include "store/base/text.h"

/* ---- the inputs of another job */

static void check_given(struct check *check, const struct step *step,
                        const struct member *member)
{
	const struct job *other = step->other;
	const char **names;
	struct error *err;

	if (job_input(other, member->name) != NULL)
		return;
	names = arena_array(check->arena, other->input_count, sizeof(*names));
	for (size_t i = 0; i < other->input_count; i++)
		names[i] = other->inputs[i].name;
	err = errors_add(check->errors, ERR_CONFIG, step->path, member->pos,
	                 "the job \"%s\" has no input \"%s\"", step->name,
	                 member->name);
	check_hint_nearest(err, member->name, names, other->input_count);
}

static void check_inputs(struct check *check, const struct step *step)
{
	const struct job *other = step->other;

	for (size_t i = 0; i < step->config->length; i++)
		check_given(check, step, &step->config->members[i]);
	for (size_t i = 0; i < other->input_count; i++) {
		const struct input *input = &other->inputs[i];

		if (input->required && input->otherwise == NULL &&
		    value_get(step->config, input->name) == NULL)
			error_hint(errors_add(check->errors, ERR_CONFIG,
			                      step->path, step->name_pos,
			                      "the job \"%s\" needs the input "
			                      "\"%s\"",
			                      step->name, input->name),
			           "Add \"%s\" to the step's \"with\".",
			           input->name);
	}
}

/* ---- undo */

static void check_undo(struct check *check, const struct step *step)
{
	const struct value *call = value_get(step->undo, "call");
	const struct value *with = value_get(step->undo, "with");
	const struct effect *effect = language_effect(
	        workspace_language(check->workspace), call->text);

	if (effect == NULL) {
		check_unknown_effect(check, call->text, step->path, call->pos);
		return;
	}
	if (with == NULL) {
		struct value *empty = value_map(check->arena);

		empty->pos = call->pos;
		with = empty;
	}
	check_effect_with(check, with, effect, step->path);
}

/* ---- answers */

static bool sends_message(struct check *check, const struct step *step)
{
	const struct effect *effect =
	        check_is_kind(step, "effect")
	                ? language_effect(workspace_language(check->workspace),
	                                  step->name)
	                : NULL;
	const struct shape_field *result =
	        effect != NULL ? effect->results : NULL;

	for (; result != NULL && result->name != NULL; result++)
		if (strcmp(result->name, "message_id") == 0)
			return true;
	/* What it calls is not known, which is an error of its own. */
	return check_is_kind(step, "effect") && effect == NULL;
}

static void check_answers(struct check *check, const struct step *named,
                          const char *file, struct pos pos)
{
	if (named == NULL || sends_message(check, named))
		return;
	error_hint(errors_add(check->errors, ERR_CONFIG, file, pos,
	                      "\"%s\" sends nothing that can be answered",
	                      named->local),
	           "Name a step that calls an effect which gives a "
	           "message_id, such as email.send.");
}

void check_endings(struct check *check)
{
	for (size_t i = 0; i < check->job->ending_count; i++) {
		const struct ending *ending = &check->job->endings[i];

		if (ending->answers != NULL)
			check_answers(check,
			              job_step_from(check->job, STEP_NONE,
			                            ending->answers),
			              check->job->path, ending->pos);
	}
}

static void check_wait(struct check *check, const struct step *step)
{
	const struct value *answers = value_get(step->config, "answers");

	if (answers != NULL)
		check_answers(
		        check,
		        job_step_from(check->job, step->parent, answers->text),
		        step->path, answers->pos);
}

/* ---- gate: items */

static bool has_files(const struct job *job, const struct step *block)
{
	for (size_t i = block->index; i < block->end; i++)
		if (job->steps[i].artifact != NULL ||
		    job->steps[i].artifacts != NULL)
			return true;
	return false;
}

/* Whether a step below `gate` names the loop, which then has its items. */
static bool is_named_below(struct check *check, const struct step *gate,
                           const struct step *loop)
{
	const struct job *job = check->job;

	for (size_t i = gate->index + 1; i < job->step_count; i++)
		for (size_t j = 0; j < job->steps[i].use_count; j++) {
			const char *name = job->steps[i].uses[j].name;

			if (strcmp(name_head(check->arena, name),
			           loop->local) == 0)
				return true;
		}
	return false;
}

static void check_gate(struct check *check, const struct step *step)
{
	const struct value *items = value_get(step->config, "items");
	const struct step *loop =
	        items != NULL
	                ? job_step_from(check->job, step->parent, items->text)
	                : NULL;

	if (loop == NULL)
		return;
	if (loop->fan == NULL)
		error_hint(errors_add(check->errors, ERR_CONFIG, step->path,
		                      items->pos, "\"%s\" has no items",
		                      loop->local),
		           "Name a step above the gate that has "
		           "\"for_each\".");
	else if (!has_files(check->job, loop) &&
	         !is_named_below(check, step, loop))
		error_hint(errors_add(check->errors, ERR_CONFIG, step->path,
		                      items->pos,
		                      "there is nothing of the items of \"%s\" "
		                      "to decide",
		                      loop->local),
		           "Its steps write no files, and nothing below the "
		           "gate goes through it.");
}

/* ---- the rows */

void check_parts(struct check *check, const struct step *step)
{
	if (step->other != NULL)
		check_inputs(check, step);
	if (step->undo != NULL)
		check_undo(check, step);
	if ((step->kind->flags & KIND_PASSES) != 0)
		check_wait(check, step);
	else if ((step->kind->flags & KIND_WALL) != 0)
		check_gate(check, step);
}
