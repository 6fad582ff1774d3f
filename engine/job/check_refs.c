/*
 * What a named kind names, one row for each sort of thing.
 */
#include <string.h>

#include "engine/job/check_private.h"
#include "store/base/text.h"

/* ---- agents and templates */

static void check_agent_step(struct check *check, const struct step *step)
{
	auto_errors struct errors found = { 0 };
	const struct place place = { step->path, step->name_pos };
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
	const struct place place = { step->path, step->name_pos };

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
		error_hint(errors_add(check->errors, ERR_CONFIG, step->path,
		                      step->name_pos,
		                      "\"%s\" cannot be the type of an event",
		                      step->name),
		           "Use lower-case words with dots between, such as "
		           "proposal.accepted.");
}

/* ---- effects */

void check_unknown_effect(struct check *check, const char *name,
                          const char *file, struct pos pos)
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
	err = errors_add(check->errors, ERR_CONFIG, file, pos,
	                 "unknown effect \"%s\"", name);
	check_hint_nearest(err, name, names, count);
}

/* A text is taken as it stands, so a tag in it would not mean anything; and in
 * a script its value would be part of the program. */
static void refuse_tags(struct check *check, const struct value *with,
                        const struct effect *effect, const char *file)
{
	for (size_t i = 0; i < with->length; i++) {
		const struct member *member = &with->members[i];
		const struct field *row =
		        field_find(effect->fields, member->name);

		if (row != NULL && row->type == FIELD_TEXT &&
		    render_has_tags(member->value))
			error_hint(errors_add(check->errors, ERR_CONFIG, file,
			                      member->value->pos,
			                      "\"%s\" takes no tags",
			                      member->name),
			           "It is taken as it stands; pass values "
			           "another way.");
	}
}

void check_effect_with(struct check *check, const struct value *with,
                       const struct effect *effect, const char *file)
{
	if (fields_check(with, effect->fields, effect->name, file,
	                 check->errors))
		refuse_tags(check, with, effect, file);
}

static void check_call_step(struct check *check, const struct step *step)
{
	const struct effect *effect = language_effect(
	        workspace_language(check->workspace), step->name);

	if (effect == NULL)
		check_unknown_effect(check, step->name, step->path,
		                     step->name_pos);
	else
		check_effect_with(check, step->config, effect, step->path);
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
}
